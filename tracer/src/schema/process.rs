//! Processes: how they begin, become another program, wait and end, and how one refers to another.

use super::time::TIMEVAL;
use super::types::Ty::*;
use super::types::class::*;
use super::types::{Row, Special as S};
use crate::{records, selectors, sets, syscalls};

sets! {
    /// clone(2) flags without the signal in the low byte. include/uapi/linux/sched.h
    CLONE "CLONE_"
    bits: CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_PIDFD = 0x1000,
          CLONE_PTRACE = 0x2000, CLONE_VFORK = 0x4000, CLONE_PARENT = 0x8000, CLONE_THREAD = 0x10000,
          CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000, CLONE_SETTLS = 0x80000, CLONE_PARENT_SETTID = 0x100000,
          CLONE_CHILD_CLEARTID = 0x200000, CLONE_DETACHED = 0x400000, CLONE_UNTRACED = 0x800000,
          CLONE_CHILD_SETTID = 0x1000000, CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000,
          CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000,
          CLONE_IO = 0x80000000;

    /// clone3(2) flags: the low byte is no signal there. include/uapi/linux/sched.h
    CLONE3 "CLONE_"
    bits: CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_PIDFD = 0x1000,
          CLONE_PTRACE = 0x2000, CLONE_VFORK = 0x4000, CLONE_PARENT = 0x8000, CLONE_THREAD = 0x10000,
          CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000, CLONE_SETTLS = 0x80000, CLONE_PARENT_SETTID = 0x100000,
          CLONE_CHILD_CLEARTID = 0x200000, CLONE_UNTRACED = 0x800000, CLONE_CHILD_SETTID = 0x1000000,
          CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000,
          CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000, CLONE_IO = 0x80000000, CLONE_NEWTIME = 0x80,
          CLONE_CLEAR_SIGHAND = 0x1_0000_0000, CLONE_INTO_CGROUP = 0x2_0000_0000;

    /// unshare(2) flags. include/uapi/linux/sched.h
    UNSHARE "CLONE_"
    bits: CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_THREAD = 0x10000,
          CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000, CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000,
          CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000,
          CLONE_NEWTIME = 0x80;

    /// wait4(2) options. include/uapi/linux/wait.h
    WAIT4 "W???"
    bits: WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x0100_0000, __WNOTHREAD = 0x2000_0000,
          __WALL = 0x4000_0000, __WCLONE = 0x8000_0000;

    /// waitid(2) kinds of id. include/uapi/linux/wait.h
    P_ID "P_"
    choice all: P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3;

    /// execveat(2) flags. include/uapi/linux/fcntl.h
    EXECVEAT "AT_"
    bits: AT_SYMLINK_NOFOLLOW = 0x100, AT_EMPTY_PATH = 0x1000, AT_EXECVE_CHECK = 0x10000;

    /// pidfd_open(2) flags. include/uapi/linux/pidfd.h
    PIDFD_OPEN "PIDFD_"
    bits: PIDFD_NONBLOCK = 0o4000, PIDFD_THREAD = 0o200, PIDFD_AUTOKILL = 0o1000;

    /// pidfd_send_signal(2) flags. include/uapi/linux/pidfd.h
    PIDFD_SIGNAL "PIDFD_SIGNAL_"
    bits: PIDFD_SIGNAL_THREAD = 1, PIDFD_SIGNAL_THREAD_GROUP = 2, PIDFD_SIGNAL_PROCESS_GROUP = 4;

    /// kcmp(2) types. include/uapi/linux/kcmp.h
    KCMP "KCMP_"
    choice all: KCMP_FILE = 0, KCMP_VM = 1, KCMP_FILES = 2, KCMP_FS = 3, KCMP_SIGHAND = 4, KCMP_IO = 5,
                KCMP_SYSVSEM = 6, KCMP_EPOLL_TFD = 7;

    /// Execution domains and their flags. include/uapi/linux/personality.h
    PERSONA "PER_"
    choice 0xff: PER_LINUX = 0, PER_SVR4 = 1, PER_SVR3 = 2, PER_SCOSVR3 = 3, PER_WYSEV386 = 4, PER_ISCR4 = 5,
                 PER_BSD = 6, PER_XENIX = 7, PER_LINUX32 = 8, PER_IRIX32 = 9, PER_IRIXN32 = 0xa, PER_IRIX64 = 0xb,
                 PER_RISCOS = 0xc, PER_SOLARIS = 0xd, PER_UW7 = 0xe, PER_OSF4 = 0xf, PER_HPUX = 0x10;
    bits: UNAME26 = 0x20000, ADDR_NO_RANDOMIZE = 0x40000, FDPIC_FUNCPTRS = 0x80000, MMAP_PAGE_ZERO = 0x100000,
          ADDR_COMPAT_LAYOUT = 0x200000, READ_IMPLIES_EXEC = 0x400000, ADDR_LIMIT_32BIT = 0x800000,
          SHORT_INODE = 0x1000000, WHOLE_SECONDS = 0x2000000, STICKY_TIMEOUTS = 0x4000000,
          ADDR_LIMIT_3GB = 0x8000000;
}

records! {
    /// struct rusage. include/uapi/linux/resource.h
    RUSAGE 144 {
        ru_utime: 0 16 Rec(&TIMEVAL), ru_stime: 16 16 Rec(&TIMEVAL);
        verbose: ru_maxrss: 32 8 Ulong, ru_ixrss: 40 8 Ulong, ru_idrss: 48 8 Ulong, ru_isrss: 56 8 Ulong,
                 ru_minflt: 64 8 Ulong, ru_majflt: 72 8 Ulong, ru_nswap: 80 8 Ulong, ru_inblock: 88 8 Ulong,
                 ru_oublock: 96 8 Ulong, ru_msgsnd: 104 8 Ulong, ru_msgrcv: 112 8 Ulong, ru_nsignals: 120 8 Ulong,
                 ru_nvcsw: 128 8 Ulong, ru_nivcsw: 136 8 Ulong
    }
}

records! {
    /// struct kcmp_epoll_slot. include/uapi/linux/kcmp.h
    EPOLL_SLOT 12 { efd: 0 4 Uint, tfd: 4 4 Uint, toff: 8 4 Uint }
}

selectors! {
    KCMP_FILE = 0, KCMP_VM = 1, KCMP_FILES = 2, KCMP_FS = 3, KCMP_SIGHAND = 4, KCMP_IO = 5, KCMP_SYSVSEM = 6,
    KCMP_EPOLL_TFD = 7, PERSONA_QUERY = 0xffff_ffff, P_PGID = 2,
}

/// Flags of clone with which `parent_tid` is written: CLONE_PARENT_SETTID or CLONE_PIDFD.
const WITH_PARENT: u64 = 0x10_1000;
/// CLONE_SETTLS.
const WITH_TLS: u64 = 0x8_0000;
/// CLONE_CHILD_SETTID or CLONE_CHILD_CLEARTID.
const WITH_CHILD: u64 = 0x120_0000;

#[cfg(target_arch = "x86_64")]
syscalls! { pub CLONES harmless "what a new task does is seen":
    clone       [56 120 220]  (flags: Special(S::CloneFlags), child_stack: Addr,
                               parent_tid: When(flags, WITH_PARENT, &Out(&Ptr(&Tid))),
                               child_tidptr: When(flags, WITH_CHILD, &Late(&Addr)),
                               tls: When(flags, WITH_TLS, &Late(&Hex)))                         -> Pid, PROC, order &[1, 0, 2, 4, 3];
}

#[cfg(not(target_arch = "x86_64"))]
syscalls! { pub CLONES harmless "what a new task does is seen":
    clone       [56 120 220]  (flags: Special(S::CloneFlags), child_stack: Addr,
                               parent_tid: When(flags, WITH_PARENT, &Out(&Ptr(&Tid))),
                               tls: When(flags, WITH_TLS, &Late(&Hex)),
                               child_tidptr: When(flags, WITH_CHILD, &Late(&Addr)))             -> Pid, PROC, order &[1, 0, 2, 3, 4];
}

syscalls! { pub PROCESS harmless "what a process does is seen, whoever started it":
    fork        [57 2 _]      ()                                                                -> Pid, PROC;
    vfork       [58 190 _]    ()                                                                -> Pid, PROC;
    clone3      [435 435 435] (cl_args: Special(S::CloneArgs), size: Ulong)                     -> Pid, PROC;
    execve      [59 11 221]   (pathname: Path, argv: Argv, envp: Envp) -> Int, FILE | PROC, does [Runs(pathname)];
    execveat    [322 358 281] (dirfd: DirFd, pathname: Path, argv: Argv, envp: Envp, flags: Set32(&EXECVEAT)) -> Int, DESC | FILE | PROC, does [Runs(pathname)];
    exit        [60 1 93]     (status: Int)                                                     -> Int, PROC;
    exit_group  [231 252 94]  (status: Int)                                                     -> Int, PROC;
    wait4       [61 114 260]  (pid: PidOrPgid, wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4),
                               rusage: Positive(&Rec(&RUSAGE)))                                 -> Pid, PROC;
    waitid      [247 284 95]  (idtype: Set32(&P_ID), id: Pid, infop: Out(&Special(S::Siginfo)), options: Set32(&WAIT4),
                               rusage: Out(&Rec(&RUSAGE)))                                      -> Int, PROC,
        by idtype {
            P_PGID => (idtype: Set32(&P_ID), id: Pgid, infop: Out(&Special(S::Siginfo)), options: Set32(&WAIT4),
                               rusage: Out(&Rec(&RUSAGE)))                                      -> Int;
        };
    getpid      [39 20 172]   ()                                                                -> Pid, PURE;
    gettid      [186 224 178] ()                                                                -> Tid, PURE;
    getppid     [110 64 173]  ()                                                                -> Pid, PURE;
    getpgrp     [111 65 _]    ()                                                                -> Pgid, PURE;
    getpgid     [121 132 155] (pid: Pid)                                                        -> Pgid, 0;
    setpgid     [109 57 154]  (pid: Pid, pgid: Pgid)                                            -> Int, 0;
    getsid      [124 147 156] (pid: Pid)                                                        -> Sid, 0;
    setsid      [112 66 157]  ()                                                                -> Sid, 0;
    set_tid_address [218 258 96] (tidptr: Addr)                                                 -> Tid, 0;
    unshare     [272 310 97]  (flags: Set32(&UNSHARE)) -> Int, 0, does [Unshares(flags)];
    personality [135 136 92]  (persona: Special(S::Personality))                                -> Note(&Hex32, &Special(S::Personality)), 0,
        by persona {
            PERSONA_QUERY => (persona: Hex32)                                                   -> Note(&Hex32, &Special(S::Personality));
        };
    pidfd_open  [434 434 434] (pid: Pid, flags: Set32(&PIDFD_OPEN))                             -> Fd, DESC;
    pidfd_send_signal [424 424 424] (pidfd: Fd, sig: Signal, info: Special(S::Siginfo), flags: Set32(&PIDFD_SIGNAL)) -> Int, DESC | SIG | PROC, harmless "a signal touches no file and reaches no host";
    pidfd_getfd [438 438 438] (pidfd: Fd, targetfd: Int, flags: Hex32)                          -> Fd, DESC, does [Takes];
    process_mrelease [448 448 448] (pidfd: Fd, flags: Hex32) -> Int, DESC, harmless "frees the memory of a process that has ended";
    kcmp        [312 349 272] (pid1: Pid, pid2: Pid, r#type: Set32(&KCMP), idx1: Hex, idx2: Hex) -> Int, 0,
        by r#type {
            KCMP_FILE => (pid1: Pid, pid2: Pid, r#type: Set32(&KCMP), idx1: Int, idx2: Int) -> Int;
            KCMP_EPOLL_TFD => (pid1: Pid, pid2: Pid, r#type: Set32(&KCMP), idx1: Int, idx2: Rec(&EPOLL_SLOT)) -> Int;
            KCMP_VM | KCMP_FILES | KCMP_FS | KCMP_SIGHAND | KCMP_IO | KCMP_SYSVSEM => (pid1: Pid, pid2: Pid, r#type: Set32(&KCMP)) -> Int;
        };
}

/// Whether a call waits for a process: when it ends so, the process has no number any more.
pub fn waits(row: &Row) -> bool {
    row.args.iter().any(|arg| matches!(arg.ty, Set32(set) if std::ptr::eq(set, &WAIT4)))
}
