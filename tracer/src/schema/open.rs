//! Descriptors: how they are made, copied, configured and closed.

use super::set::arch;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// open(2) flags, in strace's order. include/uapi/asm-generic/fcntl.h
    OPEN "O_"
    choice 3: O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3;
    bits: O_CREAT = 0o100, O_EXCL = 0o200, O_NOCTTY = 0o400, O_TRUNC = 0o1000, O_APPEND = 0o2000, O_NONBLOCK = 0o4000,
          O_SYNC = 0o4010000, O_DSYNC = 0o10000, O_DIRECT = arch(0o40000, 0o200000),
          O_LARGEFILE = arch(0o100000, 0o400000), O_NOFOLLOW = arch(0o400000, 0o100000), O_NOATIME = 0o1000000,
          O_CLOEXEC = 0o2000000, O_PATH = 0o10000000, O_TMPFILE = arch(0o20200000, 0o20040000),
          O_DIRECTORY = arch(0o200000, 0o40000), O_EMPTYPATH = 0o400000000, FASYNC = 0o20000;

    /// The flags of dup3 and pipe2, where 0 is no access mode. include/uapi/asm-generic/fcntl.h
    OPEN_BITS "O_"
    bits: O_CREAT = 0o100, O_EXCL = 0o200, O_NOCTTY = 0o400, O_TRUNC = 0o1000, O_APPEND = 0o2000, O_NONBLOCK = 0o4000,
          O_SYNC = 0o4010000, O_DSYNC = 0o10000, O_DIRECT = arch(0o40000, 0o200000),
          O_LARGEFILE = arch(0o100000, 0o400000), O_NOFOLLOW = arch(0o400000, 0o100000), O_NOATIME = 0o1000000,
          O_CLOEXEC = 0o2000000, O_PATH = 0o10000000, O_TMPFILE = arch(0o20200000, 0o20040000),
          O_DIRECTORY = arch(0o200000, 0o40000), O_EMPTYPATH = 0o400000000, FASYNC = 0o20000;

    /// fcntl(2) commands. include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h
    FCNTL "F_"
    choice all: F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETLK = 5, F_SETLK = 6, F_SETLKW = 7,
          F_SETOWN = 8, F_GETOWN = 9, F_SETSIG = 10, F_GETSIG = 11, F_GETLK64 = 12, F_SETLK64 = 13, F_SETLKW64 = 14,
          F_SETOWN_EX = 15, F_GETOWN_EX = 16, F_GETOWNER_UIDS = 17, F_OFD_GETLK = 36, F_OFD_SETLK = 37,
          F_OFD_SETLKW = 38, F_SETLEASE = 1024, F_GETLEASE = 1025, F_NOTIFY = 1026, F_DUPFD_QUERY = 1027,
          F_CREATED_QUERY = 1028, F_CANCELLK = 1029, F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032,
          F_ADD_SEALS = 1033, F_GET_SEALS = 1034, F_GET_RW_HINT = 1035, F_SET_RW_HINT = 1036, F_GET_FILE_RW_HINT = 1037,
          F_SET_FILE_RW_HINT = 1038, F_GETDELEG = 1039, F_SETDELEG = 1040;

    /// Descriptor flags of F_GETFD and F_SETFD. include/uapi/asm-generic/fcntl.h
    FD_FLAGS "FD_"
    bits: FD_CLOEXEC = 1;

    /// Kinds of lock and lease. include/uapi/asm-generic/fcntl.h
    LOCK_TYPE "F_"
    choice all: F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2, F_EXLCK = 4, F_SHLCK = 8;

    /// Whom F_SETOWN_EX names. include/uapi/asm-generic/fcntl.h
    OWNER "F_OWNER_"
    choice all: F_OWNER_TID = 0, F_OWNER_PID = 1, F_OWNER_PGRP = 2;

    /// Seals of a memfd. include/uapi/linux/fcntl.h
    SEALS "F_SEAL_"
    bits: F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8, F_SEAL_FUTURE_WRITE = 16,
          F_SEAL_EXEC = 32;

    /// Directory events of F_NOTIFY. include/uapi/linux/fcntl.h
    DNOTIFY "DN_"
    bits: DN_ACCESS = 1, DN_MODIFY = 2, DN_CREATE = 4, DN_DELETE = 8, DN_RENAME = 16, DN_ATTRIB = 32,
          DN_MULTISHOT = 0x80000000;

    /// Write life time hints. include/uapi/linux/fcntl.h
    RW_HINT "RWH_WRITE_LIFE_"
    choice all: RWH_WRITE_LIFE_NOT_SET = 0, RWH_WRITE_LIFE_NONE = 1, RWH_WRITE_LIFE_SHORT = 2,
          RWH_WRITE_LIFE_MEDIUM = 3, RWH_WRITE_LIFE_LONG = 4, RWH_WRITE_LIFE_EXTREME = 5;

    /// flock(2) operations. include/uapi/asm-generic/fcntl.h
    FLOCK_OP "LOCK_"
    bits: LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8, LOCK_MAND = 32, LOCK_RW = 192, LOCK_READ = 64,
          LOCK_WRITE = 128;

    /// lseek(2) and lock origins. include/uapi/linux/fs.h
    SEEK "SEEK_"
    choice all: SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4;

    /// openat2(2) resolution. include/uapi/linux/openat2.h
    RESOLVE "RESOLVE_"
    bits: RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8,
          RESOLVE_IN_ROOT = 16, RESOLVE_CACHED = 32;

    /// close_range(2) flags. include/uapi/linux/close_range.h
    CLOSE_RANGE "CLOSE_RANGE_"
    bits: CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4;

    /// memfd_create(2) flags below the huge page size. include/uapi/linux/memfd.h
    MFD "MFD_"
    bits: MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16;

    /// The flag of memfd_secret(2). include/uapi/asm-generic/fcntl.h
    SECRET ""
    bits: O_CLOEXEC = 0o2000000;

    /// name_to_handle_at(2) flags. include/uapi/linux/fcntl.h
    AT_HANDLE "AT_"
    bits: AT_HANDLE_MNT_ID_UNIQUE = 1, AT_HANDLE_CONNECTABLE = 2, AT_HANDLE_FID = 0x200, AT_SYMLINK_FOLLOW = 0x400,
          AT_EMPTY_PATH = 0x1000;
}

records! {
    /// struct flock, as it goes in. include/uapi/asm-generic/fcntl.h
    FLOCK 32 { l_type: 0 2 Set(&LOCK_TYPE), l_whence: 2 2 Set(&SEEK), l_start: 8 8 Long, l_len: 16 8 Long, l_pid: 24 4 Hidden }
    /// struct flock, as F_GETLK gives it back. include/uapi/asm-generic/fcntl.h
    FLOCK_FOUND 32 { l_type: 0 2 Set(&LOCK_TYPE), l_whence: 2 2 Set(&SEEK), l_start: 8 8 Long, l_len: 16 8 Long,
                     l_pid: 24 4 Pid }
    /// struct flock64, as it goes in; in the 64-bit ABI it is struct flock. include/uapi/asm-generic/fcntl.h
    FLOCK64 32 { l_type: 0 2 Set(&LOCK_TYPE), l_whence: 2 2 Set(&SEEK), l_start: 8 8 Wide(&Long), l_len: 16 8 Wide(&Long),
                 l_pid: 24 4 Hidden }
    /// struct flock64, as F_OFD_GETLK gives it back. include/uapi/asm-generic/fcntl.h
    FLOCK64_FOUND 32 { l_type: 0 2 Set(&LOCK_TYPE), l_whence: 2 2 Set(&SEEK), l_start: 8 8 Wide(&Long), l_len: 16 8 Wide(&Long),
                       l_pid: 24 4 Pid }
    /// struct f_owner_ex. include/uapi/asm-generic/fcntl.h
    /// struct open_how. include/uapi/linux/openat2.h
    OPEN_HOW 24 same { flags: 0 8 Set(&OPEN), mode: 8 8 NonZero(&Octal),
                  resolve: 16 8 Set(&RESOLVE) }
}

/// open(2) takes a mode when one of these is set: O_CREAT and __O_TMPFILE.
const MODE: u64 = 0o100 | 0o20000000;

// Commands that choose a form of fcntl.
const F_DUPFD: u64 = 0;
const F_GETFD: u64 = 1;
const F_SETFD: u64 = 2;
const F_GETFL: u64 = 3;
/// Sets the flags of an open file.
pub const F_SETFL: u64 = 4;
const F_GETLK: u64 = 5;
const F_SETLK: u64 = 6;
const F_SETLKW: u64 = 7;
const F_SETOWN: u64 = 8;
const F_GETOWN: u64 = 9;
const F_SETSIG: u64 = 10;
const F_GETSIG: u64 = 11;
const F_GETLK64: u64 = 12;
const F_SETLK64: u64 = 13;
const F_SETLKW64: u64 = 14;
const F_SETOWN_EX: u64 = 15;
const F_GETOWN_EX: u64 = 16;
const F_OFD_GETLK: u64 = 36;
const F_OFD_SETLK: u64 = 37;
const F_OFD_SETLKW: u64 = 38;
const F_SETLEASE: u64 = 1024;
const F_GETLEASE: u64 = 1025;
const F_NOTIFY: u64 = 1026;
const F_DUPFD_QUERY: u64 = 1027;
const F_CREATED_QUERY: u64 = 1028;
const F_DUPFD_CLOEXEC: u64 = 1030;
const F_SETPIPE_SZ: u64 = 1031;
const F_GETPIPE_SZ: u64 = 1032;
const F_ADD_SEALS: u64 = 1033;
const F_GET_SEALS: u64 = 1034;
const F_GET_RW_HINT: u64 = 1035;
const F_SET_RW_HINT: u64 = 1036;
const F_GET_FILE_RW_HINT: u64 = 1037;
const F_SET_FILE_RW_HINT: u64 = 1038;

syscalls! { pub OPENING harmless "another number, or none, for what is open already":
    open            [2 5 _]         (pathname: Path, flags: Set32(&OPEN), mode: When(flags, MODE, &Perm)) -> Fd, DESC | FILE, does [Opens(pathname, Arg(flags))];
    openat          [257 295 56]    (dirfd: DirFd, pathname: Path, flags: Set32(&OPEN),
                                     mode: When(flags, MODE, &Perm)) -> Fd, DESC | FILE, does [Opens(pathname, Arg(flags))];
    openat2         [437 437 437]   (dirfd: DirFd, pathname: Path, how: Sized(&OPEN_HOW, size), size: Ulong)
                                        -> Fd, DESC | FILE, does [Opens(pathname, How(how))];
    creat           [85 8 _]        (pathname: Path, mode: Perm) -> Fd, DESC | FILE, does [Opens(pathname, Implied(0o1101))];
    close           [3 6 57]        (fd: Fd)                                            -> Int, DESC, does [Closes(fd)];
    close_range     [436 436 436]   (first: Uint, last: Uint, flags: Set32(&CLOSE_RANGE)) -> Int, 0;
    dup             [32 41 23]      (oldfd: Fd)                                         -> Fd, DESC, does [Copies(oldfd)];
    dup2            [33 63 _]       (oldfd: Fd, newfd: Fd)                              -> Fd, DESC, does [Copies(oldfd)];
    dup3            [292 330 24]    (oldfd: Fd, newfd: Fd, flags: Set32(&OPEN_BITS))    -> Fd, DESC, does [Copies(oldfd)];
    pipe            [22 42 _]       (pipefd: Out(&Array(&Fd, Fixed(2))))                -> Int, DESC;
    pipe2           [293 331 59]    (pipefd: Out(&Array(&Fd, Fixed(2))), flags: Set32(&OPEN_BITS)) -> Int, DESC;
    flock           [73 143 32]     (fd: Fd, operation: Set32(&FLOCK_OP))               -> Int, DESC;
    memfd_create    [319 356 279]   (name: Text, flags: Special(S::MemfdFlags)) -> Fd, DESC;
    memfd_secret    [447 447 447]   (flags: Set32(&SECRET))                             -> Fd, DESC;
    name_to_handle_at [303 341 264] (dirfd: DirFd, pathname: Path, handle: Special(S::FileHandleOut),
                                     mount_id: Out(&Ptr(&Int)), flags: Set32(&AT_HANDLE)) -> Int, DESC | FILE, does [Asks(pathname)];
    open_by_handle_at [304 342 265] (mount_fd: DirFd, handle: Special(S::FileHandle),
                                     flags: Set32(&OPEN)) -> Fd, DESC, does [OpensUnnamed(Arg(flags))];
}

/// The call in both of its forms: of 32-bit programs the second knows locks of large files.
macro_rules! controls {
    ($table:ident: $name:ident $numbers:tt, $($get:ident)*, $($set:ident)*) => { syscalls! { pub $table harmless "locks, leases and flags of what is open already":
        $name $numbers (fd: Fd, cmd: Set32(&FCNTL), arg: Hex) -> Int, DESC,
            by cmd {
                F_DUPFD | F_DUPFD_CLOEXEC       => (fd: Fd, cmd: Set32(&FCNTL), arg: Int)                       -> Fd, does [Copies(fd)];
                F_DUPFD_QUERY                   => (fd: Fd, cmd: Set32(&FCNTL), arg: Fd)                        -> Int;
                F_CREATED_QUERY                 => (fd: Fd, cmd: Set32(&FCNTL))                                 -> Int;
                F_GETFD                         => (fd: Fd, cmd: Set32(&FCNTL))            -> Noted("flags ", &FD_FLAGS);
                F_SETFD                         => (fd: Fd, cmd: Set32(&FCNTL), flags: Set32(&FD_FLAGS))        -> Int;
                F_GETFL                         => (fd: Fd, cmd: Set32(&FCNTL))                -> Noted("flags ", &OPEN);
                F_SETFL                         => (fd: Fd, cmd: Set32(&FCNTL), flags: Set32(&OPEN))            -> Int;
                F_GETLK                         => (fd: Fd, cmd: Set32(&FCNTL), lock: Out(&Rec(&FLOCK_FOUND)))  -> Int;
                F_SETLK | F_SETLKW              => (fd: Fd, cmd: Set32(&FCNTL), lock: Rec(&FLOCK))              -> Int;
                F_OFD_GETLK $(| $get)*          => (fd: Fd, cmd: Set32(&FCNTL), lock: Out(&Rec(&FLOCK64_FOUND))) -> Int;
                F_OFD_SETLK | F_OFD_SETLKW $(| $set)* => (fd: Fd, cmd: Set32(&FCNTL), lock: Rec(&FLOCK64))      -> Int;
                F_SETOWN                        => (fd: Fd, cmd: Set32(&FCNTL), owner: PidOrPgid)               -> Int;
                F_GETOWN                        => (fd: Fd, cmd: Set32(&FCNTL))                                 -> PidOrPgid;
                F_SETSIG                        => (fd: Fd, cmd: Set32(&FCNTL), sig: Signal)                    -> Int;
                F_GETSIG                        => (fd: Fd, cmd: Set32(&FCNTL)) -> Special(S::SignalRet);
                F_SETOWN_EX                     => (fd: Fd, cmd: Set32(&FCNTL), owner: Special(S::OwnerEx))     -> Int;
                F_GETOWN_EX                     => (fd: Fd, cmd: Set32(&FCNTL), owner: Out(&Special(S::OwnerEx)))  -> Int;
                F_SETLEASE                      => (fd: Fd, cmd: Set32(&FCNTL), lease: Set32(&LOCK_TYPE))       -> Int;
                F_GETLEASE                      => (fd: Fd, cmd: Set32(&FCNTL))                -> Noted("", &LOCK_TYPE);
                F_NOTIFY                        => (fd: Fd, cmd: Set32(&FCNTL), events: Set32(&DNOTIFY))        -> Int;
                F_SETPIPE_SZ                    => (fd: Fd, cmd: Set32(&FCNTL), size: Ulong)                    -> Int;
                F_GETPIPE_SZ                    => (fd: Fd, cmd: Set32(&FCNTL))                                 -> Int;
                F_ADD_SEALS                     => (fd: Fd, cmd: Set32(&FCNTL), seals: Set32(&SEALS))           -> Int;
                F_GET_SEALS                     => (fd: Fd, cmd: Set32(&FCNTL))               -> Noted("seals ", &SEALS);
                F_GET_RW_HINT | F_GET_FILE_RW_HINT
                                                => (fd: Fd, cmd: Set32(&FCNTL), hint: Out(&Ptr(&Wide(&Set(&RW_HINT))))) -> Int;
                F_SET_RW_HINT | F_SET_FILE_RW_HINT
                                                => (fd: Fd, cmd: Set32(&FCNTL), hint: Ptr(&Wide(&Set(&RW_HINT))))      -> Int;
            };
    } };
}
controls!(CONTROLS: fcntl [72 55 25], , );
controls!(LARGE_CONTROLS: fcntl64 [_ 221 _], F_GETLK64, F_SETLK64 F_SETLKW64);
