//! fcntl.h, sys/stat.h, unistd.h, dirent.h, ftw.h, fts.h, glob.h, fnmatch.h, stdlib.h: files and directories, where libc's function is not
//! the system call of the same name.

use crate::schema::file::{ACCESS, AT};
use crate::schema::io::{FADVISE, FALLOC, RWF};
use crate::schema::ipc::MQ_ATTR;
use crate::schema::open::{FCNTL, OPEN, OPEN_BITS, SEEK};
use crate::schema::poll::{EFD, EPOLL_EVENT, SFD};
use crate::schema::stat::STATFS_BUF;
use crate::schema::time::{TIMESPEC, TIMEVAL};
use crate::schema::types::Len::{Fixed, Ret};
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

use super::names::PATHCONF;

sets! {
    /// What lockf(3) does. unistd.h
    LOCKF "F_"
    choice all: F_ULOCK = 0, F_LOCK = 1, F_TLOCK = 2, F_TEST = 3;

    /// Flags of fnmatch(3). fnmatch.h
    FNM "FNM_"
    bits: FNM_PATHNAME = 1, FNM_NOESCAPE = 2, FNM_PERIOD = 4, FNM_LEADING_DIR = 8, FNM_CASEFOLD = 0x10, FNM_EXTMATCH = 0x20;

    /// What fnmatch(3) returns. fnmatch.h
    FNM_RESULT "#"
    choice all: FNM_NOMATCH = 1;

    /// Flags of glob(3). glob.h
    GLOB "GLOB_"
    bits: GLOB_ERR = 1, GLOB_MARK = 2, GLOB_NOSORT = 4, GLOB_DOOFFS = 8, GLOB_NOCHECK = 0x10, GLOB_APPEND = 0x20, GLOB_NOESCAPE = 0x40,
          GLOB_PERIOD = 0x80, GLOB_MAGCHAR = 0x100, GLOB_ALTDIRFUNC = 0x200, GLOB_BRACE = 0x400, GLOB_NOMAGIC = 0x800, GLOB_TILDE = 0x1000,
          GLOB_ONLYDIR = 0x2000, GLOB_TILDE_CHECK = 0x4000;

    /// What glob(3) returns. glob.h
    GLOB_RESULT "#"
    choice all: GLOB_NOSPACE = 1, GLOB_ABORTED = 2, GLOB_NOMATCH = 3, GLOB_NOSYS = 4;

    /// Flags of nftw(3). ftw.h
    FTW "FTW_"
    bits: FTW_PHYS = 1, FTW_MOUNT = 2, FTW_CHDIR = 4, FTW_DEPTH = 8, FTW_ACTIONRETVAL = 0x10;

    /// Options of fts_open(3). fts.h
    FTS "FTS_"
    bits: FTS_COMFOLLOW = 1, FTS_LOGICAL = 2, FTS_NOCHDIR = 4, FTS_NOSTAT = 8, FTS_PHYSICAL = 0x10, FTS_SEEDOT = 0x20, FTS_XDEV = 0x40,
          FTS_WHITEOUT = 0x80;

    /// What fts_set(3) asks for. fts.h
    FTS_INSTR "FTS_"
    choice all: FTS_AGAIN = 1, FTS_FOLLOW = 2, FTS_NOINSTR = 3, FTS_SKIP = 4;
}

/// Flags of open(2) with which a mode is passed: O_CREAT, and the bit of O_TMPFILE.
const MAKES: u64 = 0o100 | 0o20000000;

prototypes! { pub OPENING:
    open64(pathname: Path, flags: Set32(&OPEN), mode: When(flags, MAKES, &Perm)) -> Fd;
    __open(pathname: Path, flags: Set32(&OPEN), mode: When(flags, MAKES, &Perm)) -> Fd;
    __open64(pathname: Path, flags: Set32(&OPEN), mode: When(flags, MAKES, &Perm)) -> Fd;
    openat64(dirfd: DirFd, pathname: Path, flags: Set32(&OPEN), mode: When(flags, MAKES, &Perm)) -> Fd;
    creat64(pathname: Path, mode: Perm) -> Fd;
    fcntl64(fd: Fd, cmd: Set32(&FCNTL), arg: Word) -> Int;
    __fcntl(fd: Fd, cmd: Set32(&FCNTL), arg: Word) -> Int;
    __libc_fcntl64(fd: Fd, cmd: Set32(&FCNTL), arg: Word) -> Int;
    __close(fd: Fd) -> Int;
    closefrom(lowfd: Int) -> Void;
    __dup2(oldfd: Fd, newfd: Fd) -> Fd;
    __pipe(pipefd: Out(&Array(&Fd, Fixed(2)))) -> Int;
    getdtablesize() -> Int;
    isfdtype(fd: Fd, fdtype: Mode) -> Int;
    mkstemp(template: Text) -> Fd;
    mkstemp64(template: Text) -> Fd;
    mkostemp(template: Text, flags: Set32(&OPEN_BITS)) -> Fd;
    mkostemp64(template: Text, flags: Set32(&OPEN_BITS)) -> Fd;
    mkstemps(template: Text, suffixlen: Int) -> Fd;
    mkstemps64(template: Text, suffixlen: Int) -> Fd;
    mkostemps(template: Text, suffixlen: Int, flags: Set32(&OPEN_BITS)) -> Fd;
    mkostemps64(template: Text, suffixlen: Int, flags: Set32(&OPEN_BITS)) -> Fd;
    mkdtemp(template: Text) -> Text;
    mktemp(template: Text) -> Text;
    __mktemp(template: Text) -> Text;
    lockf(fd: Fd, cmd: Set32(&LOCKF), len: Long) -> Int;
    lockf64(fd: Fd, cmd: Set32(&LOCKF), len: Long) -> Int;
    eventfd(initval: Uint, flags: Set32(&EFD)) -> Fd;
    eventfd_read(fd: Fd, value: Out(&Ptr(&Ulong))) -> Int;
    eventfd_write(fd: Fd, value: Ulong) -> Int;
    signalfd(fd: Fd, mask: SigSet(Fixed(8)), flags: Set32(&SFD)) -> Fd;
}

prototypes! { pub INPUT_AND_OUTPUT:
    __read(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong) -> Long;
    __write(fd: Fd, buf: Bytes(count), count: Ulong) -> Long;
    pread(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Long) -> Long;
    pwrite(fd: Fd, buf: Bytes(count), count: Ulong, offset: Long) -> Long;
    __pread64(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Long) -> Long;
    __pwrite64(fd: Fd, buf: Bytes(count), count: Ulong, offset: Long) -> Long;
    __libc_pread(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Long) -> Long;
    __libc_pwrite(fd: Fd, buf: Bytes(count), count: Ulong, offset: Long) -> Long;
    preadv64(fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Int, offset: Long) -> Long;
    pwritev64(fd: Fd, iov: Iovec(iovcnt), iovcnt: Int, offset: Long) -> Long;
    preadv2(fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Int, offset: Long, flags: Set32(&RWF)) -> Long;
    pwritev2(fd: Fd, iov: Iovec(iovcnt), iovcnt: Int, offset: Long, flags: Set32(&RWF)) -> Long;
    preadv64v2(fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Int, offset: Long, flags: Set32(&RWF)) -> Long;
    pwritev64v2(fd: Fd, iov: Iovec(iovcnt), iovcnt: Int, offset: Long, flags: Set32(&RWF)) -> Long;
    lseek64(fd: Fd, offset: Long, whence: Set32(&SEEK)) -> Long;
    __lseek(fd: Fd, offset: Long, whence: Set32(&SEEK)) -> Long;
    ftruncate64(fd: Fd, length: Long) -> Int;
    truncate64(path: Path, length: Long) -> Int;
    sendfile64(out_fd: Fd, in_fd: Fd, offset: Special(S::MovedOffset), count: Ulong) -> Long;
    fallocate64(fd: Fd, mode: Set32(&FALLOC), offset: Long, len: Long) -> Int;
    posix_fallocate(fd: Fd, offset: Long, len: Long) -> Int;
    posix_fallocate64(fd: Fd, offset: Long, len: Long) -> Int;
    posix_fadvise(fd: Fd, offset: Long, len: Long, advice: Set32(&FADVISE)) -> Int;
    posix_fadvise64(fd: Fd, offset: Long, len: Long, advice: Set32(&FADVISE)) -> Int;
    poll(fds: Special(S::PollFds), nfds: Ulong, timeout: Int) -> Int;
    __poll(fds: Special(S::PollFds), nfds: Ulong, timeout: Int) -> Int;
    ppoll(fds: Special(S::PollFds), nfds: Ulong, tmo_p: Rec(&TIMESPEC), sigmask: SigSet(Fixed(8))) -> Int;
    select(nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet), exceptfds: Special(S::FdSet), timeout: Rec(&TIMEVAL)) -> Int;
    __select(nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet), exceptfds: Special(S::FdSet), timeout: Rec(&TIMEVAL)) -> Int;
    pselect(nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet), exceptfds: Special(S::FdSet), timeout: Rec(&TIMESPEC),
            sigmask: SigSet(Fixed(8))) -> Int;
    epoll_pwait(epfd: Fd, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)), maxevents: Int, timeout: Int, sigmask: SigSet(Fixed(8))) -> Int;
    epoll_pwait2(epfd: Fd, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)), maxevents: Int, timeout: Rec(&TIMESPEC), sigmask: SigSet(Fixed(8))) -> Int;
    aio_read(aiocbp: Addr) -> Int;
    aio_read64(aiocbp: Addr) -> Int;
    aio_write(aiocbp: Addr) -> Int;
    aio_write64(aiocbp: Addr) -> Int;
    aio_fsync(op: Set32(&OPEN), aiocbp: Addr) -> Int;
    aio_fsync64(op: Set32(&OPEN), aiocbp: Addr) -> Int;
    aio_error(aiocbp: Addr) -> Int;
    aio_error64(aiocbp: Addr) -> Int;
    aio_return(aiocbp: Addr) -> Long;
    aio_return64(aiocbp: Addr) -> Long;
    aio_suspend(aiocb_list: Array(&Addr, nitems), nitems: Int, timeout: Rec(&TIMESPEC)) -> Int;
    aio_suspend64(aiocb_list: Array(&Addr, nitems), nitems: Int, timeout: Rec(&TIMESPEC)) -> Int;
    aio_cancel(fd: Fd, aiocbp: Addr) -> Int;
    aio_cancel64(fd: Fd, aiocbp: Addr) -> Int;
    lio_listio(mode: Int, aiocb_list: Array(&Addr, nitems), nitems: Int, sevp: Special(S::Sigevent)) -> Int;
    lio_listio64(mode: Int, aiocb_list: Array(&Addr, nitems), nitems: Int, sevp: Special(S::Sigevent)) -> Int;
    mq_close(mqdes: Fd) -> Int;
    mq_getattr(mqdes: Fd, attr: Out(&Rec(&MQ_ATTR))) -> Int;
    mq_setattr(mqdes: Fd, newattr: Rec(&MQ_ATTR), oldattr: Out(&Rec(&MQ_ATTR))) -> Int;
    mq_send(mqdes: Fd, msg_ptr: Bytes(msg_len), msg_len: Ulong, msg_prio: Uint) -> Int;
    mq_receive(mqdes: Fd, msg_ptr: Out(&Bytes(Ret)), msg_len: Ulong, msg_prio: Out(&Ptr(&Uint))) -> Long;
}

prototypes! { pub ATTRIBUTES:
    stat64(pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    lstat64(pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    fstat64(fd: Fd, statbuf: Out(&Special(S::Stat))) -> Int;
    fstatat(dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat)), flags: Set32(&AT)) -> Int;
    fstatat64(dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat)), flags: Set32(&AT)) -> Int;
    __fstat64(fd: Fd, statbuf: Out(&Special(S::Stat))) -> Int;
    __xstat(ver: Int, pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    __xstat64(ver: Int, pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    __lxstat(ver: Int, pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    __lxstat64(ver: Int, pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int;
    __fxstat(ver: Int, fd: Fd, statbuf: Out(&Special(S::Stat))) -> Int;
    __fxstat64(ver: Int, fd: Fd, statbuf: Out(&Special(S::Stat))) -> Int;
    __fxstatat(ver: Int, dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat)), flags: Set32(&AT)) -> Int;
    __fxstatat64(ver: Int, dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat)), flags: Set32(&AT)) -> Int;
    __xmknod(ver: Int, pathname: Path, mode: Mode, dev: Ptr(&Dev)) -> Int;
    __xmknodat(ver: Int, dirfd: DirFd, pathname: Path, mode: Mode, dev: Ptr(&Dev)) -> Int;
    statfs64(path: Path, buf: Out(&Rec(&STATFS_BUF))) -> Int;
    fstatfs64(fd: Fd, buf: Out(&Rec(&STATFS_BUF))) -> Int;
    __statfs(path: Path, buf: Out(&Rec(&STATFS_BUF))) -> Int;
    statvfs(path: Path, buf: Addr) -> Int;
    statvfs64(path: Path, buf: Addr) -> Int;
    fstatvfs(fd: Fd, buf: Addr) -> Int;
    fstatvfs64(fd: Fd, buf: Addr) -> Int;
    mkfifo(pathname: Path, mode: Perm) -> Int;
    mkfifoat(dirfd: DirFd, pathname: Path, mode: Perm) -> Int;
    lchmod(pathname: Path, mode: Perm) -> Int;
    fchmodat(dirfd: DirFd, pathname: Path, mode: Perm, flags: Set32(&AT)) -> Int;
    futimens(fd: Fd, times: Special(S::Timespecs)) -> Int;
    futimes(fd: Fd, tv: Special(S::Timevals)) -> Int;
    lutimes(filename: Path, tv: Special(S::Timevals)) -> Int;
    faccessat(dirfd: DirFd, pathname: Path, mode: Set32(&ACCESS), flags: Set32(&AT)) -> Int;
    eaccess(pathname: Path, mode: Set32(&ACCESS)) -> Int;
    euidaccess(pathname: Path, mode: Set32(&ACCESS)) -> Int;
    pathconf(path: Path, name: Set32(&PATHCONF)) -> Long;
    fpathconf(fd: Fd, name: Set32(&PATHCONF)) -> Long;
    gnu_dev_major(dev: Hex) -> Uint;
    gnu_dev_minor(dev: Hex) -> Uint;
    gnu_dev_makedev(maj: Uint, min: Uint) -> Hex;
}

prototypes! { pub DIRECTORIES:
    opendir(name: Path) -> Dir => hands;
    fdopendir(fd: Fd) -> Dir => hands;
    closedir(dirp: Dir) -> Int;
    readdir(dirp: Dir) -> Special(S::Dirent);
    readdir64(dirp: Dir) -> Special(S::Dirent);
    readdir_r(dirp: Dir, entry: Addr, result: Out(&Ptr(&Addr))) -> Int;
    readdir64_r(dirp: Dir, entry: Addr, result: Out(&Ptr(&Addr))) -> Int;
    rewinddir(dirp: Dir) -> Void;
    seekdir(dirp: Dir, loc: Long) -> Void;
    telldir(dirp: Dir) -> Long;
    dirfd(dirp: Dir) -> Fd;
    getdents64(fd: Fd, dirp: Addr, count: Ulong) -> Long;
    getdirentries(fd: Fd, buf: Addr, nbytes: Ulong, basep: Addr) -> Long;
    getdirentries64(fd: Fd, buf: Addr, nbytes: Ulong, basep: Addr) -> Long;
    scandir(dirp: Path, namelist: Out(&Ptr(&Addr)), filter: Addr, compar: Addr) -> Int, calls back => hands;
    scandir64(dirp: Path, namelist: Out(&Ptr(&Addr)), filter: Addr, compar: Addr) -> Int, calls back => hands;
    scandirat(dirfd: DirFd, dirp: Path, namelist: Out(&Ptr(&Addr)), filter: Addr, compar: Addr) -> Int, calls back => hands;
    scandirat64(dirfd: DirFd, dirp: Path, namelist: Out(&Ptr(&Addr)), filter: Addr, compar: Addr) -> Int, calls back => hands;
    alphasort(a: Addr, b: Addr) -> Int;
    alphasort64(a: Addr, b: Addr) -> Int;
    versionsort(a: Addr, b: Addr) -> Int;
    versionsort64(a: Addr, b: Addr) -> Int;
    getcwd(buf: Addr, size: Ulong) -> Text => hands;
    getwd(buf: Addr) -> Text;
    get_current_dir_name() -> Text => hands;
    realpath(path: Path, resolved_path: Addr) -> Text => hands;
    canonicalize_file_name(path: Path) -> Text => hands;
    ftw(dirpath: Path, r#fn: Addr, nopenfd: Int) -> Int, calls back;
    ftw64(dirpath: Path, r#fn: Addr, nopenfd: Int) -> Int, calls back;
    nftw(dirpath: Path, r#fn: Addr, nopenfd: Int, flags: Set32(&FTW)) -> Int, calls back;
    nftw64(dirpath: Path, r#fn: Addr, nopenfd: Int, flags: Set32(&FTW)) -> Int, calls back;
    fts_open(path_argv: Argv, options: Set32(&FTS), compar: Addr) -> Addr, calls back;
    fts64_open(path_argv: Argv, options: Set32(&FTS), compar: Addr) -> Addr, calls back;
    fts_read(ftsp: Addr) -> Addr, calls back;
    fts64_read(ftsp: Addr) -> Addr, calls back;
    fts_children(ftsp: Addr, options: Int) -> Addr, calls back;
    fts64_children(ftsp: Addr, options: Int) -> Addr, calls back;
    fts_set(ftsp: Addr, f: Addr, instr: Set32(&FTS_INSTR)) -> Int;
    fts64_set(ftsp: Addr, f: Addr, instr: Set32(&FTS_INSTR)) -> Int;
    fts_close(ftsp: Addr) -> Int;
    fts64_close(ftsp: Addr) -> Int;
    glob(pattern: Text, flags: Set32(&GLOB), errfunc: Addr, pglob: Addr) -> Set32(&GLOB_RESULT), calls back;
    glob64(pattern: Text, flags: Set32(&GLOB), errfunc: Addr, pglob: Addr) -> Set32(&GLOB_RESULT), calls back;
    globfree(pglob: Addr) -> Void;
    globfree64(pglob: Addr) -> Void;
    glob_pattern_p(pattern: Text, quote: Int) -> Int;
    fnmatch(pattern: Text, string: Text, flags: Set32(&FNM)) -> Set32(&FNM_RESULT);
    setmntent(filename: Text, r#type: Text) -> Stream;
    getmntent(stream: Stream) -> Addr;
    getmntent_r(stream: Stream, mntbuf: Addr, buf: Addr, buflen: Int) -> Addr;
    addmntent(stream: Stream, mnt: Addr) -> Int;
    endmntent(stream: Stream) -> Int;
    hasmntopt(mnt: Addr, opt: Text) -> Text;
    __setmntent(filename: Text, r#type: Text) -> Stream;
    __getmntent_r(stream: Stream, mntbuf: Addr, buf: Addr, buflen: Int) -> Addr;
    __endmntent(stream: Stream) -> Int;
    setfsent() -> Int;
    getfsent() -> Addr;
    getfsspec(special_file: Text) -> Addr;
    getfsfile(mount_point: Text) -> Addr;
    endfsent() -> Void;
}
