//! The structures that have no fields in the rows: those of the vectors, and of the forms that code decodes.

use std::borrow::Cow;

use super::{Fill, Known, Layout, Move, WORD};
use crate::schema::types::{Special, Ty};

/// A word of 4 bytes that has 8 in the native structure.
const fn word(from: u16, to: u16) -> Move {
    Move { from: (from, WORD), to: (to, 8), fill: Fill::Zero }
}

/// The same, with a sign.
const fn signed(from: u16, to: u16) -> Move {
    Move { from: (from, WORD), to: (to, 8), fill: Fill::Sign }
}

/// So many bytes that are the same.
const fn bytes(from: u16, n: u16, to: u16) -> Move {
    Move { from: (from, n), to: (to, n), fill: Fill::Zero }
}

/// A number that has other widths.
const fn number(from: u16, width: u16, to: u16, wide: u16) -> Move {
    Move { from: (from, width), to: (to, wide), fill: Fill::Zero }
}

/// struct iovec: include/linux/compat.h
const IOVEC: &[Move] = &[word(0, 0), word(4, 8)];
/// struct compat_msghdr. include/net/compat.h
const MSGHDR: &[Move] =
    &[word(0, 0), bytes(4, 4, 8), word(8, 16), word(12, 24), word(16, 32), word(20, 40), bytes(24, 4, 48)];
/// struct compat_mmsghdr
const MMSGHDR: &[Move] = &[
    word(0, 0),
    bytes(4, 4, 8),
    word(8, 16),
    word(12, 24),
    word(16, 32),
    word(20, 40),
    bytes(24, 4, 48),
    bytes(28, 4, 56),
];
/// Two or four `long`s, as struct utimbuf, `struct timeval[2]` and `struct timespec[2]` are.
const LONGS: &[Move] = &[signed(0, 0), signed(4, 8), signed(8, 16), signed(12, 24)];
/// struct sigaction of the kernel: include/linux/compat.h
const SIGACTION: &[Move] = &[word(0, 0), word(4, 8), word(8, 16), bytes(12, 8, 24)];
/// struct compat_sigevent. include/linux/compat.h
const SIGEVENT: &[Move] = &[word(0, 0), bytes(4, 4, 8), bytes(8, 4, 12), word(12, 16), word(16, 24)];
/// struct compat_ifconf. include/linux/compat.h
const IFCONF: &[Move] = &[bytes(0, 4, 0), word(4, 8)];
/// struct stat, i386: arch/x86/include/uapi/asm/stat.h. What it becomes is that of x86_64.
const STAT: &[Move] = &[
    number(0, 4, 0, 8),
    number(4, 4, 8, 8),
    number(8, 2, 24, 4),
    number(10, 2, 16, 8),
    number(12, 2, 28, 4),
    number(14, 2, 32, 4),
    number(16, 4, 40, 8),
    number(20, 4, 48, 8),
    number(24, 4, 56, 8),
    number(28, 4, 64, 8),
    signed(32, 72),
    number(36, 4, 80, 8),
    signed(40, 88),
    number(44, 4, 96, 8),
    signed(48, 104),
    number(52, 4, 112, 8),
];
/// struct stat64, i386: arch/x86/include/uapi/asm/stat.h
const STAT64: &[Move] = &[
    bytes(0, 8, 0),
    bytes(88, 8, 8),
    bytes(16, 4, 24),
    number(20, 4, 16, 8),
    bytes(24, 4, 28),
    bytes(28, 4, 32),
    bytes(32, 8, 40),
    bytes(44, 8, 48),
    number(52, 4, 56, 8),
    bytes(56, 8, 64),
    signed(64, 72),
    number(68, 4, 80, 8),
    signed(72, 88),
    number(76, 4, 96, 8),
    signed(80, 104),
    number(84, 4, 112, 8),
];

/// What all of struct compat_siginfo's kinds have (include/linux/compat.h), and then what each has.
const SIGINFO: &[Move] = &[bytes(0, 12, 0)];
const KILLED: &[Move] = &[bytes(0, 12, 0), bytes(12, 8, 16), word(20, 24)];
const CHILD: &[Move] = &[bytes(0, 12, 0), bytes(12, 12, 16), signed(24, 32), signed(28, 40)];
const FAULT: &[Move] = &[bytes(0, 12, 0), word(12, 16), bytes(16, 2, 24), word(20, 32), word(24, 40)];
const POLL: &[Move] = &[bytes(0, 12, 0), signed(12, 16), bytes(16, 4, 24)];
const SYSCALL: &[Move] = &[bytes(0, 12, 0), word(12, 16), bytes(16, 8, 24)];

/// struct ifreq: name, and a union; of a map the union is wider.
const IFREQ: &[Move] = &[bytes(0, 32, 0)];
const IFMAP: &[Move] = &[bytes(0, 16, 0), word(16, 16), word(20, 24), bytes(24, 5, 32)];
/// SIOCGIFMAP. include/uapi/linux/sockios.h
const GETS_MAP: u64 = 0x8970;

/// A `long`; two of them, as a time has; struct sock_fprog.
const LONG: &[Move] = &[signed(0, 0)];
const TIMEVAL: &[Move] = &[signed(0, 0), signed(4, 8)];
const FPROG: &[Move] = &[bytes(0, 2, 0), word(4, 8)];

const fn layout(narrow: u16, native: u16, moves: &'static [Move]) -> Layout {
    Layout { narrow, native, align: WORD, moves: Cow::Borrowed(moves), open: false }
}

pub fn iovec() -> Layout {
    layout(8, 16, IOVEC)
}

pub fn msghdr() -> Layout {
    layout(28, 56, MSGHDR)
}

pub fn mmsghdr() -> Layout {
    layout(32, 64, MMSGHDR)
}

/// What is known of a form. The native structures are those of x86_64: no other kernel carries out calls of i386.
pub fn form(special: Special) -> Known {
    Known::Laid(match special {
        Special::Stat => layout(64, 144, STAT),
        Special::Stat64 => layout(96, 144, STAT64),
        Special::Siginfo => layout(128, 128, SIGINFO),
        Special::Sigaction => layout(20, 32, SIGACTION),
        Special::Sigevent => layout(64, 64, SIGEVENT),
        Special::Utimbuf => layout(8, 16, TIMEVAL),
        Special::Timevals | Special::Timespecs => layout(16, 32, LONGS),
        Special::MovedOffset => layout(4, 8, LONG),
        Special::Ifreq => layout(32, 40, IFREQ),
        Special::Ifconf => layout(8, 16, IFCONF),
        Special::MaskPair => iovec(),
        Special::MsgBuf(_) => Layout { open: true, ..layout(4, 8, LONG) },
        // Words of 32 bits are shown by their number; what a signal has left on the stack is another frame.
        Special::NodeMask(_) | Special::SigFrame => return Known::Untold,
        _ => return Known::Same,
    })
}

/// The native bytes of a form whose layout depends on what it holds, or on other arguments.
pub fn own(ty: &Ty, args: &[u64; 6], held: &[u8]) -> Option<Vec<u8>> {
    let laid = |narrow, native, moves| {
        let mut out = Vec::new();
        layout(narrow, native, moves).widen(held, &mut out);
        Some(out)
    };
    let Ty::Special(special) = ty else { return None };
    match *special {
        Special::Siginfo => laid(128, 128, siginfo(held)),
        Special::Ifreq if args[1] == GETS_MAP => laid(32, 40, IFMAP),
        Special::Dirents => Some(dirents(held)),
        // SOL_SOCKET: SO_ATTACH_FILTER and SO_ATTACH_REUSEPORT_CBPF.
        Special::SockOptSet | Special::SockOptGet
            if args[1] as u32 == 1 && held.len() == 8 && matches!(args[2] as u32, 26 | 51) =>
        {
            laid(8, 16, FPROG)
        }
        _ => None,
    }
}

/// The members that a `siginfo_t` has, by its signal and code.
fn siginfo(held: &[u8]) -> &'static [Move] {
    let number = |at: usize| held.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, i32::from_le_bytes);
    let (signal, code) = (number(0), number(8));
    match signal {
        // Whoever sent it filled it in: a process, a timer, a queue.
        _ if code <= 0 && code != -5 => KILLED,
        libc::SIGCHLD => CHILD,
        libc::SIGILL | libc::SIGFPE | libc::SIGSEGV | libc::SIGBUS | libc::SIGTRAP => FAULT,
        libc::SIGIO => POLL,
        libc::SIGSYS => SYSCALL,
        _ => KILLED,
    }
}

/// Where the length of a directory entry stands: after its number and offset.
pub fn reclen(ty: &Ty) -> u8 {
    if matches!(ty, Ty::Out(Ty::Special(Special::Dirents))) { 8 } else { 16 }
}

/// struct compat_linux_dirent (fs/readdir.c): number and offset of 4 bytes each, length, name; the type is the last byte.
fn dirents(mut held: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(&[low, high]) = held.get(8..10) {
        let len = usize::from(u16::from_le_bytes([low, high]));
        let Some(entry) = held.get(..len).filter(|entry| entry.len() > 10) else { break };
        for word in [&entry[..4], &entry[4..8]] {
            out.extend_from_slice(word);
            out.extend_from_slice(&[0; 4]);
        }
        out.extend_from_slice(&(len as u16).wrapping_add(8).to_le_bytes());
        out.extend_from_slice(&entry[10..]);
        held = &held[len..];
    }
    out
}
