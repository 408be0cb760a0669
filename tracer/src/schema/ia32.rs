//! Calls that only 32-bit x86 has. What they point to is told where it becomes the structure of a native call ([`super::narrow`]): `Wide`
//! is what has the native layout here already, as the times of 64 bits. The oldest calls show addresses; so do those that are many in one,
//! where a source could not single out what is meant ([`super::parts`]).

use super::aio::IO_EVENT;
use super::file::AT;
use super::io::FADVISE;
use super::ipc::SEMBUF;
use super::memory::PROT;
use super::net::MSG;
use super::open::SEEK;
use super::process::WAIT4;
use super::sched::{RLIMIT, RLIMITS};
use super::signal::SIG_HOW;
use super::stat::STATFS64;
use super::time::{CLOCKS, ITIMERSPEC, TFD, TIME_STATE, TIMER, TIMESPEC, TIMEVAL, TIMEX};
use super::types::Len;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// What socketcall(2) does. include/uapi/linux/net.h
    SOCKETCALL "SYS_"
    choice all: SYS_SOCKET = 1, SYS_BIND = 2, SYS_CONNECT = 3, SYS_LISTEN = 4, SYS_ACCEPT = 5, SYS_GETSOCKNAME = 6,
                SYS_GETPEERNAME = 7, SYS_SOCKETPAIR = 8, SYS_SEND = 9, SYS_RECV = 10, SYS_SENDTO = 11, SYS_RECVFROM = 12,
                SYS_SHUTDOWN = 13, SYS_SETSOCKOPT = 14, SYS_GETSOCKOPT = 15, SYS_SENDMSG = 16, SYS_RECVMSG = 17,
                SYS_ACCEPT4 = 18, SYS_RECVMMSG = 19, SYS_SENDMMSG = 20;

    /// What ipc(2) does. include/uapi/linux/ipc.h
    IPC_CALL "IPC_"
    choice all: SEMOP = 1, SEMGET = 2, SEMCTL = 3, SEMTIMEDOP = 4, MSGSND = 11, MSGRCV = 12, MSGGET = 13, MSGCTL = 14,
                SHMAT = 21, SHMDT = 22, SHMGET = 23, SHMCTL = 24;
}

records! {
    /// What the oldest calls point to, and those that are many in one.
    UNTOLD 4 untold "only programs of before 1996 pass it, or it is the arguments of a call that could not be singled out" {}
}

/// Bytes of a signal mask of the oldest calls.
const MASK: Len = Len::Fixed(4);

syscalls! { pub IA32 harmless "the 32-bit form of a call that is harmless":
    waitpid         [_ 7 _]   (pid: PidOrPgid, wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4)) -> Pid, PROC;
    r#break         [_ 17 _]  ()                                                                -> Int, MEM;
    oldstat         [_ 18 _]  (pathname: Path, statbuf: Rec(&UNTOLD)) -> Int, FILE | STAT | STATLIKE, does [Asks(pathname)];
    umount          [_ 22 _]  (target: Path) -> Int, FILE, names "names below the mount mean something else from now on";
    stime           [_ 25 _]  (t: Ptr(&Special(S::TimeComment)))                                -> Int, CLOCK, gap "the clock of the machine may be another from now on";
    oldfstat        [_ 28 _]  (fd: Fd, statbuf: Rec(&UNTOLD)) -> Int, DESC | FSTAT | STATLIKE, does [Asks(fd)];
    stty            [_ 31 _]  ()                                                                -> Int, 0;
    gtty            [_ 32 _]  ()                                                                -> Int, 0;
    nice            [_ 34 _]  (inc: Int)                                                        -> Int, 0;
    ftime           [_ 35 _]  ()                                                                -> Int, 0;
    prof            [_ 44 _]  ()                                                                -> Int, 0;
    signal          [_ 48 _]  (signum: Signal, handler: Addr)                                   -> Hex, SIG;
    lock            [_ 53 _]  ()                                                                -> Int, 0;
    mpx             [_ 56 _]  ()                                                                -> Int, 0;
    ulimit          [_ 58 _]  ()                                                                -> Int, 0;
    oldolduname     [_ 59 _]  (buf: Rec(&UNTOLD))                                                       -> Int, 0;
    sigaction       [_ 67 _]  (signum: Signal, act: Rec(&UNTOLD), oldact: Rec(&UNTOLD))                         -> Int, SIG;
    sgetmask        [_ 68 _]  ()                                                                -> Hex, SIG;
    ssetmask        [_ 69 _]  (newmask: Hex32)                                                  -> Hex, SIG;
    sigsuspend      [_ 72 _]  (unused1: Int, unused2: Int, mask: Hex32)                         -> Int, SIG;
    sigpending      [_ 73 _]  (set: Out(&SigSet(MASK)))                                                       -> Int, SIG;
    oldlstat        [_ 84 _]  (pathname: Path, statbuf: Rec(&UNTOLD)) -> Int, FILE | LSTAT | STATLIKE, does [Asks(pathname)];
    readdir         [_ 89 _]  (fd: Fd, dirp: Rec(&UNTOLD), count: Uint)                                 -> Int, DESC, does [Lists(fd)];
    old_mmap        [_ 90 _]  (arg: Rec(&UNTOLD)) -> Hex, DESC | MEM, unread "its arguments are not read";
    profil          [_ 98 _]  ()                                                                -> Int, 0;
    socketcall      [_ 102 _] (call: Set32(&SOCKETCALL), args: Rec(&UNTOLD)) -> Int, DESC, unread "its arguments are not read";
    olduname        [_ 109 _] (buf: Rec(&UNTOLD))                                                       -> Int, 0;
    idle            [_ 112 _] ()                                                                -> Int, 0;
    vm86old         [_ 113 _] (v86: Addr)                                                       -> Int, 0;
    ipc             [_ 117 _] (call: Set32(&IPC_CALL), first: Hex, second: Hex, third: Hex, ptr: Rec(&UNTOLD), fifth: Hex) -> Int, IPC,
        unread "its arguments are not read";
    sigreturn       [_ 119 _] ()                                                                -> Int, SIG;
    sigprocmask     [_ 126 _] (how: Set32(&SIG_HOW), set: SigSet(MASK), oldset: Out(&SigSet(MASK)))                               -> Int, SIG;
    bdflush         [_ 134 _] (func: Int, data: Hex)                                            -> Int, 0;
    _llseek         [_ 140 _] (fd: Fd, offset: Wide(&Long), result: Out(&Ptr(&Wide(&Long))), whence: Set32(&SEEK)) -> Int, DESC;
    old_select      [_ 82 _]  (args: Rec(&UNTOLD))                                                      -> Int, DESC;
    _newselect      [_ 142 _] (nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet), exceptfds: Special(S::FdSet),
                               timeout: Rec(&TIMEVAL)) -> Special(S::SelectRet), DESC;
    vm86            [_ 166 _] (func: Hex, v86: Addr)                                            -> Int, 0;
    ugetrlimit      [_ 191 _] (resource: Set32(&RLIMIT), rlim: Out(&Rec(&RLIMITS)))             -> Int, 0;
    mmap2           [_ 192 _] (addr: Addr, length: Ulong, prot: Set(&PROT), flags: Special(S::MmapFlags), fd: Fd, pgoffset: Special(S::PageOffset)) -> Hex, DESC | MEM, does [Maps(fd, prot, flags)];
    truncate64      [_ 193 _] (pathname: Path, length: Wide(&Ulong)) -> Int, FILE, does [Truncates(pathname)];
    ftruncate64     [_ 194 _] (fd: Fd, length: Wide(&Ulong))                                    -> Int, DESC, does [Truncates(fd)];
    stat64          [_ 195 _] (pathname: Path, statbuf: Out(&Special(S::Stat64))) -> Int, FILE | STAT | STATLIKE, does [Asks(pathname)];
    lstat64         [_ 196 _] (pathname: Path, statbuf: Out(&Special(S::Stat64))) -> Int, FILE | LSTAT | STATLIKE, does [Asks(pathname)];
    fstat64         [_ 197 _] (fd: Fd, statbuf: Out(&Special(S::Stat64))) -> Int, DESC | FSTAT | STATLIKE, does [Asks(fd)];
    lchown32        [_ 198 _] (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Itself)];
    getuid32        [_ 199 _] ()                                                                -> Id, CREDS | PURE;
    getgid32        [_ 200 _] ()                                                                -> Id, CREDS | PURE;
    geteuid32       [_ 201 _] ()                                                                -> Id, CREDS | PURE;
    getegid32       [_ 202 _] ()                                                                -> Id, CREDS | PURE;
    setreuid32      [_ 203 _] (ruid: Id, euid: Id)                                              -> Int, CREDS;
    setregid32      [_ 204 _] (rgid: Id, egid: Id)                                              -> Int, CREDS;
    getgroups32     [_ 205 _] (size: Int, list: Out(&Array(&Id, Len::Ret)))                     -> Int, CREDS;
    setgroups32     [_ 206 _] (size: Int, list: Array(&Id, size))                               -> Int, CREDS;
    fchown32        [_ 207 _] (fd: Fd, owner: Id, group: Id) -> Int, DESC, does [Changes(Owner, fd, Itself)];
    setresuid32     [_ 208 _] (ruid: Id, euid: Id, suid: Id)                                    -> Int, CREDS;
    getresuid32     [_ 209 _] (ruid: Out(&Ptr(&Id)), euid: Out(&Ptr(&Id)), suid: Out(&Ptr(&Id)))     -> Int, CREDS;
    setresgid32     [_ 210 _] (rgid: Id, egid: Id, sgid: Id)                                    -> Int, CREDS;
    getresgid32     [_ 211 _] (rgid: Out(&Ptr(&Id)), egid: Out(&Ptr(&Id)), sgid: Out(&Ptr(&Id)))     -> Int, CREDS;
    chown32         [_ 212 _] (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Followed)];
    setuid32        [_ 213 _] (uid: Id)                                                         -> Int, CREDS;
    setgid32        [_ 214 _] (gid: Id)                                                         -> Int, CREDS;
    setfsuid32      [_ 215 _] (fsuid: Id)                                                       -> Id, CREDS;
    setfsgid32      [_ 216 _] (fsgid: Id)                                                       -> Id, CREDS;
    sendfile64      [_ 239 _] (out_fd: Fd, in_fd: Fd, offset: Wide(&Special(S::MovedOffset)), count: Ulong) -> Int, DESC | NET, does [Reads(in_fd), Writes(out_fd)];
    statfs64        [_ 268 _] (pathname: Path, size: Uint, buf: Out(&Rec(&STATFS64))) -> Int, FILE | STATFS | STATFSLIKE, does [Asks(pathname)];
    fstatfs64       [_ 269 _] (fd: Fd, size: Uint, buf: Out(&Rec(&STATFS64))) -> Int, DESC | FSTATFS | STATFSLIKE, does [Asks(fd)];
    fadvise64_64    [_ 272 _] (fd: Fd, offset: Wide(&Long), len: Wide(&Long), advice: Set32(&FADVISE)) -> Int, DESC;
    fstatat64       [_ 300 _] (dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat64)), flags: Set32(&AT)) -> Int, DESC | FILE | FSTAT | STATLIKE, does [Asks(pathname)];
    clock_gettime64 [_ 403 _] (clockid: Set32(&CLOCKS), tp: Out(&Wide(&Rec(&TIMESPEC))))                         -> Int, CLOCK;
    clock_settime64 [_ 404 _] (clockid: Set32(&CLOCKS), tp: Wide(&Rec(&TIMESPEC)))                               -> Int, CLOCK, gap "the clock of the machine may be another from now on";
    clock_adjtime64 [_ 405 _] (clockid: Set32(&CLOCKS), buf: Out(&Wide(&Rec(&TIMEX))))          -> Note(&Int, &Set32(&TIME_STATE)), CLOCK, clock "the clock of the machine may be another from now on";
    clock_getres_time64 [_ 406 _] (clockid: Set32(&CLOCKS), res: Out(&Wide(&Rec(&TIMESPEC))))                    -> Int, CLOCK;
    clock_nanosleep_time64 [_ 407 _] (clockid: Set32(&CLOCKS), flags: Set32(&TIMER), rqtp: Wide(&Rec(&TIMESPEC)), rmtp: Interrupted(&Wide(&Rec(&TIMESPEC)))) -> Int, 0;
    timer_gettime64 [_ 408 _] (timerid: Int, value: Out(&Wide(&Rec(&ITIMERSPEC))))                                 -> Int, 0;
    timer_settime64 [_ 409 _] (timerid: Int, flags: Set32(&TIMER), new_value: Wide(&Rec(&ITIMERSPEC)), old_value: Out(&Wide(&Rec(&ITIMERSPEC)))) -> Int, 0;
    timerfd_gettime64 [_ 410 _] (fd: Fd, value: Out(&Wide(&Rec(&ITIMERSPEC))))                                     -> Int, DESC;
    timerfd_settime64 [_ 411 _] (fd: Fd, flags: Set32(&TFD), new_value: Wide(&Rec(&ITIMERSPEC)), old_value: Out(&Wide(&Rec(&ITIMERSPEC)))) -> Int, DESC;
    utimensat_time64 [_ 412 _] (dirfd: DirFd, pathname: Path, times: Wide(&Special(S::Timespecs)), flags: Set32(&AT)) -> Int, DESC | FILE, does [Changes(Times, pathname, Unless(flags))];
    pselect6_time64 [_ 413 _] (nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet), exceptfds: Special(S::FdSet), timeout: Wide(&Rec(&TIMESPEC)), sigmask: Special(S::MaskPair)) -> Special(S::Pselect6Ret), DESC;
    ppoll_time64    [_ 414 _] (fds: Special(S::PollFds), nfds: Uint, tmo_p: Wide(&Rec(&TIMESPEC)), sigmask: SigSet(sigsetsize), sigsetsize: Ulong) -> Special(S::PpollRet), DESC;
    io_pgetevents_time64 [_ 416 _] (ctx_id: Addr, min_nr: Long, nr: Long, events: Out(&Array(&Rec(&IO_EVENT), Len::Ret)), timeout: Wide(&Rec(&TIMESPEC)), usig: Special(S::MaskPair)) -> Long, 0;
    recvmmsg_time64 [_ 417 _] (fd: Fd, msgvec: Out(&Mmsghdr(Len::Ret)), vlen: Uint, flags: Set32(&MSG), timeout: Wide(&Rec(&TIMESPEC))) -> Special(S::MmsgRet), DESC | NET, does [Receives(msgvec)];
    mq_timedsend_time64 [_ 418 _] (mqdes: Fd, msg_ptr: Bytes(msg_len), msg_len: Ulong, msg_prio: Uint, abs_timeout: Wide(&Rec(&TIMESPEC))) -> Int, DESC;
    mq_timedreceive_time64 [_ 419 _] (mqdes: Fd, msg_ptr: Out(&Bytes(Len::Ret)), msg_len: Ulong, msg_prio: Out(&Ptr(&Uint)), abs_timeout: Wide(&Rec(&TIMESPEC))) -> Int, DESC;
    semtimedop_time64 [_ 420 _] (semid: Int, sops: Array(&Rec(&SEMBUF), nsops), nsops: Uint, timeout: Wide(&Rec(&TIMESPEC))) -> Int, IPC;
    rt_sigtimedwait_time64 [_ 421 _] (set: SigSet(sigsetsize), info: Out(&Special(S::Siginfo)), timeout: Wide(&Rec(&TIMESPEC)), sigsetsize: Ulong) -> Note(&Int, &Signal), SIG;
    sched_rr_get_interval_time64 [_ 423 _] (pid: Tid, tp: Out(&Wide(&Rec(&TIMESPEC))))                           -> Int, 0;
}
