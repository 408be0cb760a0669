//! Calls that only 32-bit x86 has. Their structures are not the native ones, so nothing behind a pointer
//! is described here but names and strings; the rows give them their names and numbers.
#![expect(non_upper_case_globals, reason = "argument names stand for their values in the table")]

use super::types::Ty::*;
use super::types::class::*;
use crate::{selectors, syscalls};

// What socketcall(2) does. include/uapi/linux/net.h
selectors! {
    SYS_SOCKET = 1, SYS_ACCEPT = 5, SYS_GETSOCKNAME = 6, SYS_GETPEERNAME = 7, SYS_SOCKETPAIR = 8, SYS_RECV = 10,
    SYS_RECVFROM = 12, SYS_SHUTDOWN = 13, SYS_SETSOCKOPT = 14, SYS_GETSOCKOPT = 15, SYS_RECVMSG = 17, SYS_ACCEPT4 = 18,
    SYS_RECVMMSG = 19,
}

syscalls! { pub IA32 harmless "the 32-bit form of a call that is harmless":
    waitpid         [_ 7 _]   (pid: Pid, wstatus: Addr, options: Hex32)                         -> Pid, PROC;
    r#break         [_ 17 _]  ()                                                                -> Int, MEM;
    oldstat         [_ 18 _]  (pathname: Path, statbuf: Addr) -> Int, FILE | STAT | STATLIKE, does [Asks(pathname)];
    umount          [_ 22 _]  (target: Path) -> Int, FILE, names "names below the mount mean something else from now on";
    stime           [_ 25 _]  (t: Addr)                                                         -> Int, CLOCK;
    oldfstat        [_ 28 _]  (fd: Fd, statbuf: Addr) -> Int, DESC | FSTAT | STATLIKE, does [Asks(fd)];
    stty            [_ 31 _]  ()                                                                -> Int, 0;
    gtty            [_ 32 _]  ()                                                                -> Int, 0;
    nice            [_ 34 _]  (inc: Int)                                                        -> Int, 0;
    ftime           [_ 35 _]  ()                                                                -> Int, 0;
    prof            [_ 44 _]  ()                                                                -> Int, 0;
    signal          [_ 48 _]  (signum: Signal, handler: Addr)                                   -> Hex, SIG;
    lock            [_ 53 _]  ()                                                                -> Int, 0;
    mpx             [_ 56 _]  ()                                                                -> Int, 0;
    ulimit          [_ 58 _]  ()                                                                -> Int, 0;
    oldolduname     [_ 59 _]  (buf: Addr)                                                       -> Int, 0;
    sigaction       [_ 67 _]  (signum: Signal, act: Addr, oldact: Addr)                         -> Int, SIG;
    sgetmask        [_ 68 _]  ()                                                                -> Hex, SIG;
    ssetmask        [_ 69 _]  (newmask: Hex32)                                                  -> Hex, SIG;
    sigsuspend      [_ 72 _]  (unused1: Int, unused2: Int, mask: Hex32)                         -> Int, SIG;
    sigpending      [_ 73 _]  (set: Addr)                                                       -> Int, SIG;
    oldlstat        [_ 84 _]  (pathname: Path, statbuf: Addr) -> Int, FILE | LSTAT | STATLIKE, does [Asks(pathname)];
    readdir         [_ 89 _]  (fd: Fd, dirp: Addr, count: Uint)                                 -> Int, DESC, does [Lists(fd)];
    old_mmap        [_ 90 _]  (arg: Addr) -> Hex, DESC | MEM, unread "its arguments are not read";
    profil          [_ 98 _]  ()                                                                -> Int, 0;
    socketcall      [_ 102 _] (call: Int, args: Addr) -> Int, DESC, unread "its arguments are not read",
        by call {
            SYS_SOCKET | SYS_GETSOCKNAME | SYS_GETPEERNAME | SYS_SOCKETPAIR | SYS_ACCEPT | SYS_ACCEPT4 | SYS_RECV | SYS_SHUTDOWN
            | SYS_SETSOCKOPT | SYS_GETSOCKOPT | SYS_RECVFROM | SYS_RECVMSG | SYS_RECVMMSG
                => (call: Int, args: Addr) -> Int, harmless "names no address";
        };
    olduname        [_ 109 _] (buf: Addr)                                                       -> Int, 0;
    idle            [_ 112 _] ()                                                                -> Int, 0;
    vm86old         [_ 113 _] (v86: Addr)                                                       -> Int, 0;
    ipc             [_ 117 _] (call: Uint, first: Int, second: Hex, third: Hex, ptr: Addr, fifth: Hex) -> Int, IPC;
    sigreturn       [_ 119 _] ()                                                                -> Int, SIG;
    sigprocmask     [_ 126 _] (how: Int, set: Addr, oldset: Addr)                               -> Int, SIG;
    bdflush         [_ 134 _] (func: Int, data: Hex)                                            -> Int, 0;
    _llseek         [_ 140 _] (fd: Fd, offset_high: Uint, offset_low: Uint, result: Addr, whence: Int) -> Int, DESC;
    _newselect      [_ 142 _] (nfds: Int, readfds: Addr, writefds: Addr, exceptfds: Addr, timeout: Addr) -> Int, DESC;
    vm86            [_ 166 _] (func: Hex, v86: Addr)                                            -> Int, 0;
    ugetrlimit      [_ 191 _] (resource: Uint, rlim: Addr)                                      -> Int, 0;
    mmap2           [_ 192 _] (addr: Addr, length: Uint, prot: Hex32, flags: Hex32, fd: Fd, pgoffset: Hex32) -> Hex, DESC | MEM, does [Maps(fd, prot, flags)];
    truncate64      [_ 193 _] (pathname: Path, length_low: Uint, length_high: Uint) -> Int, FILE, does [Truncates(pathname)];
    ftruncate64     [_ 194 _] (fd: Fd, length_low: Uint, length_high: Uint)                     -> Int, DESC, does [Truncates(fd)];
    stat64          [_ 195 _] (pathname: Path, statbuf: Addr) -> Int, FILE | STAT | STATLIKE, does [Asks(pathname)];
    lstat64         [_ 196 _] (pathname: Path, statbuf: Addr) -> Int, FILE | LSTAT | STATLIKE, does [Asks(pathname)];
    fstat64         [_ 197 _] (fd: Fd, statbuf: Addr) -> Int, DESC | FSTAT | STATLIKE, does [Asks(fd)];
    lchown32        [_ 198 _] (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Itself)];
    getuid32        [_ 199 _] ()                                                                -> Id, CREDS | PURE;
    getgid32        [_ 200 _] ()                                                                -> Id, CREDS | PURE;
    geteuid32       [_ 201 _] ()                                                                -> Id, CREDS | PURE;
    getegid32       [_ 202 _] ()                                                                -> Id, CREDS | PURE;
    setreuid32      [_ 203 _] (ruid: Id, euid: Id)                                              -> Int, CREDS;
    setregid32      [_ 204 _] (rgid: Id, egid: Id)                                              -> Int, CREDS;
    getgroups32     [_ 205 _] (size: Int, list: Addr)                                           -> Int, CREDS;
    setgroups32     [_ 206 _] (size: Int, list: Addr)                                           -> Int, CREDS;
    fchown32        [_ 207 _] (fd: Fd, owner: Id, group: Id) -> Int, DESC, does [Changes(Owner, fd, Itself)];
    setresuid32     [_ 208 _] (ruid: Id, euid: Id, suid: Id)                                    -> Int, CREDS;
    getresuid32     [_ 209 _] (ruid: Addr, euid: Addr, suid: Addr)                              -> Int, CREDS;
    setresgid32     [_ 210 _] (rgid: Id, egid: Id, sgid: Id)                                    -> Int, CREDS;
    getresgid32     [_ 211 _] (rgid: Addr, egid: Addr, sgid: Addr)                              -> Int, CREDS;
    chown32         [_ 212 _] (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Followed)];
    setuid32        [_ 213 _] (uid: Id)                                                         -> Int, CREDS;
    setgid32        [_ 214 _] (gid: Id)                                                         -> Int, CREDS;
    setfsuid32      [_ 215 _] (fsuid: Id)                                                       -> Id, CREDS;
    setfsgid32      [_ 216 _] (fsgid: Id)                                                       -> Id, CREDS;
    fcntl64         [_ 221 _] (fd: Fd, cmd: Hex32, arg: Hex32)                                  -> Int, DESC;
    sendfile64      [_ 239 _] (out_fd: Fd, in_fd: Fd, offset: Addr, count: Uint) -> Int, DESC | NET, does [Reads(in_fd), Writes(out_fd)];
    statfs64        [_ 268 _] (pathname: Path, size: Uint, buf: Addr) -> Int, FILE | STATFS | STATFSLIKE, does [Asks(pathname)];
    fstatfs64       [_ 269 _] (fd: Fd, size: Uint, buf: Addr) -> Int, DESC | FSTATFS | STATFSLIKE, does [Asks(fd)];
    fadvise64_64    [_ 272 _] (fd: Fd, offset_low: Uint, offset_high: Uint, len_low: Uint, len_high: Uint, advice: Int) -> Int, DESC;
    fstatat64       [_ 300 _] (dirfd: DirFd, pathname: Path, statbuf: Addr, flags: Hex32) -> Int, DESC | FILE | FSTAT | STATLIKE, does [Asks(pathname)];
    clock_gettime64 [_ 403 _] (clockid: Int, tp: Addr)                                          -> Int, CLOCK;
    clock_settime64 [_ 404 _] (clockid: Int, tp: Addr)                                          -> Int, CLOCK;
    clock_adjtime64 [_ 405 _] (clockid: Int, buf: Addr)                                         -> Int, CLOCK;
    clock_getres_time64 [_ 406 _] (clockid: Int, res: Addr)                                     -> Int, CLOCK;
    clock_nanosleep_time64 [_ 407 _] (clockid: Int, flags: Hex32, rqtp: Addr, rmtp: Addr)       -> Int, 0;
    timer_gettime64 [_ 408 _] (timerid: Int, value: Addr)                                       -> Int, 0;
    timer_settime64 [_ 409 _] (timerid: Int, flags: Hex32, new_value: Addr, old_value: Addr)    -> Int, 0;
    timerfd_gettime64 [_ 410 _] (fd: Fd, value: Addr)                                           -> Int, DESC;
    timerfd_settime64 [_ 411 _] (fd: Fd, flags: Hex32, new_value: Addr, old_value: Addr)        -> Int, DESC;
    utimensat_time64 [_ 412 _] (dirfd: DirFd, pathname: Path, times: Addr, flags: Hex32) -> Int, DESC | FILE, does [Changes(Times, pathname, Unless(flags))];
    pselect6_time64 [_ 413 _] (nfds: Int, readfds: Addr, writefds: Addr, exceptfds: Addr, timeout: Addr, sigmask: Addr) -> Int, DESC;
    ppoll_time64    [_ 414 _] (fds: Addr, nfds: Uint, tmo_p: Addr, sigmask: Addr, sigsetsize: Uint) -> Int, DESC;
    io_pgetevents_time64 [_ 416 _] (ctx_id: Hex32, min_nr: Int, nr: Int, events: Addr, timeout: Addr, sigmask: Addr) -> Int, 0;
    recvmmsg_time64 [_ 417 _] (sockfd: Fd, msgvec: Addr, vlen: Uint, flags: Hex32, timeout: Addr) -> Int, DESC | NET, does [Receives(msgvec)];
    mq_timedsend_time64 [_ 418 _] (mqdes: Fd, msg_ptr: Addr, msg_len: Uint, msg_prio: Uint, abs_timeout: Addr) -> Int, DESC;
    mq_timedreceive_time64 [_ 419 _] (mqdes: Fd, msg_ptr: Addr, msg_len: Uint, msg_prio: Addr, abs_timeout: Addr) -> Int, DESC;
    semtimedop_time64 [_ 420 _] (semid: Int, sops: Addr, nsops: Uint, timeout: Addr)            -> Int, IPC;
    rt_sigtimedwait_time64 [_ 421 _] (set: Addr, info: Addr, timeout: Addr, sigsetsize: Uint)   -> Int, SIG;
    futex_time64    [_ 422 _] (uaddr: Addr, op: Hex32, val: Uint, timeout: Addr, uaddr2: Addr, val3: Hex32) -> Int, 0;
    sched_rr_get_interval_time64 [_ 423 _] (pid: Pid, tp: Addr)                                 -> Int, 0;
}
