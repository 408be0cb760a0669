//! A first family, to start narrow: what a small program does to read a file.
#![expect(non_upper_case_globals, reason = "argument names stand for their values in the table")]

use super::set::arch;
use super::types::Len::*;
use super::types::Ty::*;
use super::types::class::*;
use crate::{sets, syscalls};

sets! {
    /// open(2) flags. include/uapi/asm-generic/fcntl.h
    OPEN "O_"
    choice 3: O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2;
    bits: O_CREAT = 0o100, O_EXCL = 0o200, O_NOCTTY = 0o400, O_TRUNC = 0o1000, O_APPEND = 0o2000, O_NONBLOCK = 0o4000,
          O_SYNC = 0o4010000, O_DSYNC = 0o10000, FASYNC = 0o20000, O_DIRECT = arch(0o40000, 0o200000),
          O_LARGEFILE = arch(0o100000, 0o400000), O_TMPFILE = arch(0o20200000, 0o20040000),
          O_DIRECTORY = arch(0o200000, 0o40000), O_NOFOLLOW = arch(0o400000, 0o100000), O_NOATIME = 0o1000000,
          O_CLOEXEC = 0o2000000, O_PATH = 0o10000000;

    /// fcntl(2) commands. include/uapi/asm-generic/fcntl.h
    FCNTL "F_"
    choice all: F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4;
}

/// A value of a `sets!` family as a variant's selector.
pub const F_SETFL: u64 = 4;

syscalls! { pub BASIC:
    read        [0 3 63]      (fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong)                     -> Long, DESC;
    write       [1 4 64]      (fd: Fd, buf: Bytes(count), count: Ulong)                         -> Long, DESC;
    openat      [257 295 56]  (dirfd: DirFd, pathname: Path, flags: Set32(&OPEN),
                               mode: When(flags, 0o100, &Perm))                                 -> Fd, DESC | FILE;
    fcntl       [72 55 25]    (fd: Fd, cmd: Set32(&FCNTL), arg: Hex)                            -> Int, DESC,
        by cmd {
            F_SETFL => (fd: Fd, cmd: Set32(&FCNTL), flags: Set32(&OPEN)) -> Int;
        };
}
