//! The calls of 32-bit x86 that are many in one: `socketcall` and `ipc`. Their first argument says which one is meant, and its arguments
//! stand in memory, or in another order. A source singles out the part before anything else is known of the call: its record then is
//! that of `connect`, `semop` ..., with the mark [`PART`]. kernel: net/socket.c, ipc/syscall.c.

/// Numbers of those calls on i386.
pub const SOCKETCALL: u32 = 102;
/// The other.
pub const IPC: u32 = 117;

/// Bit of a call's `Head::cpu`: its task passed the number of one of those calls.
pub const PART: u32 = 1 << 31;

/// Words of a table of parts: of `socketcall`, of `ipc`, and of `ipc` with a version in the upper half of its first argument.
pub const PARTS: usize = 128;
/// Numbers that each of them can tell apart.
const EACH: u32 = 32;

/// Where an argument of a part comes from. Of `socketcall`: a place among the words that are read. Of `ipc`: its own argument 1 to 5
/// by that number, or one of two words that its argument 4 points to.
pub mod from {
    /// The first word.
    pub const WORD: u8 = 6;
    /// The second.
    pub const SECOND_WORD: u8 = 7;
    /// Nothing: 0. Of `socketcall`.
    pub const NOWHERE: u8 = 7;
    /// The same of `ipc`.
    pub const NOTHING: u8 = 0;
}

/// How a part is singled out, as a word: its own number (9 bits; 0: it is not known), how many words are read (3), and where each of its
/// arguments comes from (3 each).
pub const fn part(nr: u32, words: u32, from: [u8; 6]) -> u32 {
    let mut word = nr & 511 | (words & 7) << 9;
    let mut i = 0;
    while i < 6 {
        word |= (from[i] as u32 & 7) << (12 + 3 * i);
        i += 1;
    }
    word
}

/// The number of a part; 0 where none is known.
#[inline(always)]
pub const fn number(word: u32) -> u32 {
    word & 511
}

/// Whether a 32-bit call is many in one.
#[inline(always)]
pub const fn is_many(nr: u32) -> bool {
    nr == SOCKETCALL || nr == IPC
}

/// The place in a table of parts; [`PARTS`] less one, which is always free, for what no such call means.
#[inline(always)]
pub const fn place(nr: u32, meant: u64) -> usize {
    let meant = meant as u32;
    let number = if nr == IPC { meant & 0xffff } else { meant };
    let bank = if nr != IPC {
        0
    } else if meant >> 16 == 0 {
        1
    } else {
        2
    };
    if number < EACH { (bank * EACH + number) as usize } else { PARTS - 1 }
}

/// What came of singling out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Single {
    /// The number of the part and its arguments.
    Part(u32, [u64; 6]),
    /// No part that is known.
    Unknown,
    /// The memory with its arguments could not be read.
    Unread,
}

/// Singles out a part. `word`: that of the table. `read` puts so many words from an address to the front, and says whether it could.
#[inline(always)]
pub fn single_out(nr: u32, args: &[u64; 6], word: u32, read: impl FnOnce(u64, usize, &mut [u32; 6]) -> bool) -> Single {
    let number = number(word);
    if number == 0 {
        return Single::Unknown;
    }
    let is_ipc = nr == IPC;
    let count = (word >> 9) as usize & 7;
    let mut words = [0u32; 6];
    if count != 0 && !read(if is_ipc { args[4] } else { args[1] }, count, &mut words) {
        return Single::Unread;
    }
    let [a, b, c, d, e, f] = words.map(|word| word as u64);
    let values = if is_ipc { [0, args[1], args[2], args[3], args[4], args[5], a, b] } else { [a, b, c, d, e, f, 0, 0] };
    let mut found = [0; 6];
    let mut i = 0;
    while i < 6 {
        found[i] = values[(word >> (12 + 3 * i)) as usize & 7];
        i += 1;
    }
    Single::Part(number, found)
}
