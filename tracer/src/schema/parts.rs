//! The parts of `socketcall` and `ipc`: which call each of them is, and where its arguments stand. What they do, show and point to is said
//! by the row of that call, whose number on i386 is its own, or one that no call has: five of them are only parts.

use std::sync::LazyLock;

use tracer_common::event::{Head, flag, kind};
use tracer_common::parts::{self, IPC, PART, PARTS, SOCKETCALL, from};

use super::types::{NO_NR, Row};
use super::{Abi, by_name};

/// What `socketcall` does, from 1 on. include/uapi/linux/net.h
const SOCKETS: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

const FIRST: u8 = 1;
const SECOND: u8 = 2;
const THIRD: u8 = 3;
const POINTER: u8 = 4;
const FIFTH: u8 = 5;

/// What `ipc` does: the number, the call, the words that its pointer leads to, its arguments. include/uapi/linux/ipc.h, ipc/syscall.c
/// Not among them are `shmat`, which does not return the address, and `semctl`, `msgctl` and `shmctl`, whose structures are other ones
/// without `IPC_64` in the command: these are shown as `ipc`.
const IPCS: &[(u64, &str, u32, &[u8])] = &[
    (1, "semop", 0, &[FIRST, POINTER, SECOND]),
    (2, "semget", 0, &[FIRST, SECOND, THIRD]),
    (4, "semtimedop", 0, &[FIRST, POINTER, SECOND, FIFTH]),
    (11, "msgsnd", 0, &[FIRST, POINTER, SECOND, THIRD]),
    (12, "msgrcv", 2, &[FIRST, from::WORD, SECOND, from::SECOND_WORD, THIRD]),
    (13, "msgget", 0, &[FIRST, SECOND]),
    (22, "shmdt", 0, &[POINTER]),
    (23, "shmget", 0, &[FIRST, SECOND, THIRD]),
];
/// A version in the upper half.
const VERSION: u64 = 1 << 16;
/// Only `msgrcv` is another with a version.
const OF_VERSION: (u64, &str, u32, &[u8]) = (12 | VERSION, "msgrcv", 0, &[FIRST, POINTER, SECOND, FIFTH, THIRD]);

/// From here on no call has its number on i386: rows have these for their parts alone.
const ONLY_PARTS: u16 = 506;

/// Each part: the call that it is one of, what its first argument is, the row, how it is singled out.
fn all() -> impl Iterator<Item = (u32, u64, &'static Row, u32)> {
    let number = |row: &Row| Some(row.nr[Abi::I386 as usize]).filter(|nr| *nr != NO_NR).map(u32::from);
    let sockets = (1..).zip(SOCKETS).filter_map(move |(meant, name)| {
        let row = by_name(name)?;
        let words = row.args.len();
        let given = std::array::from_fn(|at| if at < words { at as u8 } else { from::NOWHERE });
        Some((SOCKETCALL, meant, row, parts::part(number(row)?, words as u32, given)))
    });
    let versions =
        IPCS.iter().flat_map(|row| [(row.0, row), (row.0 | VERSION, row)]).chain([(OF_VERSION.0, &OF_VERSION)]);
    let ipcs = versions.filter_map(move |(meant, &(_, name, words, given))| {
        let row = by_name(name)?;
        let given = std::array::from_fn(|at| given.get(at).copied().unwrap_or(from::NOTHING));
        Some((IPC, meant, row, parts::part(number(row)?, words, given)))
    });
    sockets.chain(ipcs)
}

/// The table for a source: empty where the kernel has no such calls.
pub fn table() -> &'static [u32; PARTS] {
    static TABLE: LazyLock<[u32; PARTS]> = LazyLock::new(|| {
        let mut table = [0; PARTS];
        if cfg!(target_arch = "x86_64") {
            for (nr, meant, _, part) in all() {
                table[parts::place(nr, meant)] = part;
            }
        }
        table
    });
    &TABLE
}

/// The calls of which a part is one, by number: of those whose numbers `wanted` says yes to.
pub fn many(wanted: impl Fn(u32) -> bool) -> impl Iterator<Item = u32> {
    let of = |many| (0..).take(PARTS).map(move |meant| parts::number(table()[parts::place(many, meant)]));
    [SOCKETCALL, IPC].into_iter().filter(move |&many| of(many).any(|nr| nr != 0 && wanted(nr)))
}

/// The number that a call's task passed.
pub fn passed(head: &Head) -> u32 {
    let is_part = head.kind != kind::OPERATION && head.flags & flag::COMPAT != 0 && head.cpu & PART != 0;
    match super::by_nr(Abi::I386, head.nr).filter(|_| is_part) {
        Some(row) if SOCKETS.contains(&row.name) => SOCKETCALL,
        Some(_) => IPC,
        None => head.nr,
    }
}

/// Whether a call has its number on i386 for its parts alone.
pub fn is_only_part(row: &Row) -> bool {
    (ONLY_PARTS..NO_NR).contains(&row.nr[Abi::I386 as usize])
}

/// Whether a record's number is one that no call has, and its task passed that number.
pub fn is_no_call(head: &Head, row: &Row) -> bool {
    head.flags & flag::COMPAT != 0 && head.cpu & PART == 0 && is_only_part(row)
}

#[cfg(test)]
mod tests {
    use tracer_common::parts::{Single, place, single_out};

    use super::*;

    /// What a source makes of a call whose memory has these words.
    fn single(nr: u32, args: [u64; 6], memory: &[u32]) -> Option<(&'static str, Vec<u64>)> {
        let found = single_out(nr, &args, table()[place(nr, args[0])], |from, count, words| {
            assert_eq!(from, 0x1000);
            words[..count].copy_from_slice(&memory[..count]);
            true
        });
        let Single::Part(nr, args) = found else { return None };
        let row = crate::schema::by_nr(Abi::I386, nr)?;
        Some((row.name, args[..row.args.len()].to_vec()))
    }

    #[test]
    fn parts_are_singled_out() {
        if Abi::NATIVE != Abi::X86_64 {
            println!("SKIP parts_are_singled_out: this machine has no calls of i386");
            return;
        }
        let sockets = |meant, memory: &[u32]| single(SOCKETCALL, [meant, 0x1000, 9, 9, 9, 9], memory);
        assert_eq!(sockets(1, &[2, 1, 6]), Some(("socket", vec![2, 1, 6])));
        assert_eq!(sockets(5, &[3, 4, 5]), Some(("accept", vec![3, 4, 5])));
        assert_eq!(sockets(11, &[1, 2, 3, 4, 5, 6]), Some(("sendto", vec![1, 2, 3, 4, 5, 6])));
        assert_eq!(sockets(13, &[1, 2]), Some(("shutdown", vec![1, 2])));
        for unknown in [0, 21, 31, 32, 1 << 16 | 1, 1 << 32] {
            assert_eq!(sockets(unknown, &[]), None, "{unknown:#x}");
        }
        let ipc = |meant| single(IPC, [meant, 1, 2, 3, 0x1000, 5], &[7, 8]);
        assert_eq!(ipc(1), Some(("semop", vec![1, 0x1000, 2])));
        assert_eq!(ipc(4), Some(("semtimedop", vec![1, 0x1000, 2, 5])));
        assert_eq!(ipc(1 << 16 | 4), ipc(4), "a version that means nothing");
        assert_eq!(ipc(12), Some(("msgrcv", vec![1, 7, 2, 8, 3])));
        assert_eq!(ipc(1 << 16 | 12), Some(("msgrcv", vec![1, 0x1000, 2, 5, 3])));
        assert_eq!(ipc(22), Some(("shmdt", vec![0x1000])));
        for other in [0, 3, 14, 21, 24, 99, 0xffff] {
            assert_eq!(ipc(other), None, "{other}");
        }
    }

    #[test]
    fn they_are_those_of_the_headers() {
        let checked = ["net", "ipc"].map(|header| {
            let Ok(text) = std::fs::read_to_string(format!("/usr/include/linux/{header}.h")) else { return 0 };
            let numbers = text.lines().filter_map(|line| {
                let mut words = line.strip_prefix("#define ")?.split_whitespace();
                Some((words.next()?, words.next()?.parse::<u64>().ok()?))
            });
            let meant = |nr: u32, name: &str| {
                let row = all().find(|&(many, number, row, _)| many == nr && number < VERSION && row.name == name);
                row.map(|(_, meant, ..)| meant)
            };
            let checked = numbers.filter_map(|(word, number)| {
                let found = match word.strip_prefix("SYS_") {
                    Some(name) => Some(meant(SOCKETCALL, &name.to_lowercase()).unwrap_or_else(|| panic!("no {word}"))),
                    None => meant(IPC, &word.to_lowercase()),
                }?;
                assert_eq!(found, number, "{word}");
                Some(())
            });
            checked.count()
        });
        match checked {
            [0, 0] => println!("SKIP they_are_those_of_the_headers: none is installed"),
            checked => assert_eq!(checked, [SOCKETS.len(), IPCS.len()]),
        }
    }
}
