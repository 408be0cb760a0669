//! unistd.h, sys/wait.h, spawn.h, sched.h, getopt.h, argp.h, termios.h, pty.h, sys/resource.h: programs that are started, waited for and
//! told how to run, and their terminals.

use crate::schema::open::OPEN;
use crate::schema::process::{P_ID, RUSAGE, WAIT4};
use crate::schema::ptrace::PTRACE;
use crate::schema::sched::{PRIO, RLIMIT, RLIMITS, RUSAGE_WHO, SCHED, TMS};
use crate::schema::system::{REBOOT_CMD, SYSINFO};
use crate::schema::types::Len::{Fixed, Ret};
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, sets};

use super::names::{CONFSTR, SYSCONF};

sets! {
    /// Flags of posix_spawn(3). spawn.h
    SPAWN "POSIX_SPAWN_"
    bits: POSIX_SPAWN_RESETIDS = 1, POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8,
          POSIX_SPAWN_SETSCHEDPARAM = 0x10, POSIX_SPAWN_SETSCHEDULER = 0x20, POSIX_SPAWN_USEVFORK = 0x40, POSIX_SPAWN_SETSID = 0x80;

    /// When tcsetattr(3) does it. bits/termios-tcflow.h
    TCSA "TCSA"
    choice all: TCSANOW = 0, TCSADRAIN = 1, TCSAFLUSH = 2;

    /// What tcflow(3) does. bits/termios.h
    TCFLOW "TC"
    choice all: TCOOFF = 0, TCOON = 1, TCIOFF = 2, TCION = 3;

    /// What tcflush(3) throws away. bits/termios.h
    TCFLUSH "TC"
    choice all: TCIFLUSH = 0, TCOFLUSH = 1, TCIOFLUSH = 2;
}

prototypes! { pub STARTING:
    execl(path: Path, arg: Text) -> Int;
    execlp(file: Path, arg: Text) -> Int;
    execle(path: Path, arg: Text) -> Int;
    execv(path: Path, argv: Argv) -> Int;
    execvp(file: Path, argv: Argv) -> Int;
    execvpe(file: Path, argv: Argv, envp: Envp) -> Int;
    fexecve(fd: Fd, argv: Argv, envp: Envp) -> Int;
    system(command: Text) -> Int;
    __libc_system(command: Text) -> Int;
    posix_spawn(pid: Out(&Ptr(&Pid)), path: Path, file_actions: Addr, attrp: Addr, argv: Argv, envp: Envp) -> Int;
    posix_spawnp(pid: Out(&Ptr(&Pid)), file: Path, file_actions: Addr, attrp: Addr, argv: Argv, envp: Envp) -> Int;
    posix_spawn_file_actions_init(file_actions: Addr) -> Int;
    posix_spawn_file_actions_destroy(file_actions: Addr) -> Int;
    posix_spawn_file_actions_adddup2(file_actions: Addr, fildes: Fd, newfildes: Fd) -> Int;
    posix_spawn_file_actions_addopen(file_actions: Addr, fildes: Int, path: Path, oflag: Set32(&OPEN), mode: Perm) -> Int;
    posix_spawn_file_actions_addclose(file_actions: Addr, fildes: Fd) -> Int;
    posix_spawn_file_actions_addchdir_np(file_actions: Addr, path: Path) -> Int;
    posix_spawn_file_actions_addfchdir_np(file_actions: Addr, fildes: Fd) -> Int;
    posix_spawn_file_actions_addclosefrom_np(file_actions: Addr, from: Int) -> Int;
    posix_spawn_file_actions_addtcsetpgrp_np(file_actions: Addr, fildes: Fd) -> Int;
    posix_spawnattr_init(attr: Addr) -> Int;
    posix_spawnattr_destroy(attr: Addr) -> Int;
    posix_spawnattr_setflags(attr: Addr, flags: Set32(&SPAWN)) -> Int;
    posix_spawnattr_getflags(attr: Addr, flags: Addr) -> Int;
    posix_spawnattr_setpgroup(attr: Addr, pgroup: Pgid) -> Int;
    posix_spawnattr_getpgroup(attr: Addr, pgroup: Out(&Ptr(&Pgid))) -> Int;
    posix_spawnattr_setsigmask(attr: Addr, sigmask: SigSet(Fixed(8))) -> Int;
    posix_spawnattr_getsigmask(attr: Addr, sigmask: Out(&SigSet(Fixed(8)))) -> Int;
    posix_spawnattr_setsigdefault(attr: Addr, sigdefault: SigSet(Fixed(8))) -> Int;
    posix_spawnattr_getsigdefault(attr: Addr, sigdefault: Out(&SigSet(Fixed(8)))) -> Int;
    posix_spawnattr_setschedparam(attr: Addr, schedparam: Ptr(&Int)) -> Int;
    posix_spawnattr_getschedparam(attr: Addr, schedparam: Out(&Ptr(&Int))) -> Int;
    posix_spawnattr_setschedpolicy(attr: Addr, schedpolicy: Set32(&SCHED)) -> Int;
    posix_spawnattr_getschedpolicy(attr: Addr, schedpolicy: Out(&Ptr(&Set32(&SCHED)))) -> Int;
    clone(r#fn: Addr, stack: Addr, flags: Special(S::CloneFlags), arg: Addr) -> Pid;
    __clone(r#fn: Addr, stack: Addr, flags: Special(S::CloneFlags), arg: Addr) -> Pid;
    daemon(nochdir: Int, noclose: Int) -> Int;
    wait(wstatus: Positive(&Special(S::WaitStatus))) -> Pid;
    __wait(wstatus: Positive(&Special(S::WaitStatus))) -> Pid;
    waitpid(pid: PidOrPgid, wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4)) -> Pid;
    __waitpid(pid: PidOrPgid, wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4)) -> Pid;
    wait3(wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4), rusage: Positive(&Rec(&RUSAGE))) -> Pid;
    wait4(pid: PidOrPgid, wstatus: Positive(&Special(S::WaitStatus)), options: Set32(&WAIT4), rusage: Positive(&Rec(&RUSAGE))) -> Pid;
    waitid(idtype: Set32(&P_ID), id: Pid, infop: Out(&Special(S::Siginfo)), options: Set32(&WAIT4)) -> Int;
    ptrace(request: Set32(&PTRACE), pid: Tid, addr: Addr, data: Addr) -> Long;
    syscall(number: Long, arg1: Word, arg2: Word, arg3: Word, arg4: Word, arg5: Word) -> Word;
}

prototypes! { pub ASKING:
    sysconf(name: Set32(&SYSCONF)) -> Long;
    __sysconf(name: Set32(&SYSCONF)) -> Long;
    confstr(name: Set32(&CONFSTR), buf: Out(&Text), size: Ulong) -> Ulong;
    getpagesize() -> Int;
    __getpagesize() -> Int;
    get_nprocs() -> Int;
    get_nprocs_conf() -> Int;
    get_phys_pages() -> Long;
    get_avphys_pages() -> Long;
    getloadavg(loadavg: Addr, nelem: Int) -> Int;
    sysinfo(info: Out(&Rec(&SYSINFO))) -> Int;
    gnu_get_libc_version() -> Text;
    gnu_get_libc_release() -> Text;
    gethostname(name: Out(&Text), len: Ulong) -> Int;
    getdomainname(name: Out(&Text), len: Ulong) -> Int;
    gethostid() -> Hex;
    sethostid(hostid: Hex) -> Int;
    __getpid() -> Pid;
    __getpgid(pid: Pid) -> Pgid;
    __setpgid(pid: Pid, pgid: Pgid) -> Int;
    setpgrp() -> Int;
    __bsd_getpgrp(pid: Pid) -> Pgid;
    seteuid(euid: Id) -> Int;
    setegid(egid: Id) -> Int;
    getgroups(size: Int, list: Out(&Array(&Id, Ret))) -> Int;
    group_member(gid: Id) -> Int;
    times(buf: Out(&Rec(&TMS))) -> Long;
    nice(inc: Int) -> Int;
    getpriority(which: Set32(&PRIO), who: Int) -> Int;
    getrlimit64(resource: Set32(&RLIMIT), rlim: Out(&Rec(&RLIMITS))) -> Int;
    __getrlimit(resource: Set32(&RLIMIT), rlim: Out(&Rec(&RLIMITS))) -> Int;
    setrlimit64(resource: Set32(&RLIMIT), rlim: Rec(&RLIMITS)) -> Int;
    prlimit(pid: Pid, resource: Set32(&RLIMIT), new_limit: Rec(&RLIMITS), old_limit: Out(&Rec(&RLIMITS))) -> Int;
    ulimit(cmd: Int, newlimit: Long) -> Long;
    vlimit(resource: Int, value: Int) -> Int;
    vtimes(current: Addr, child: Addr) -> Int;
    getrusage(who: Set32(&RUSAGE_WHO), usage: Out(&Rec(&RUSAGE))) -> Int;
    sched_getcpu() -> Int;
    getcpu(cpu: Out(&Ptr(&Uint)), node: Out(&Ptr(&Uint))) -> Int;
    sched_getaffinity(pid: Tid, cpusetsize: Ulong, mask: Out(&Special(S::CpuMask(cpusetsize)))) -> Int;
    sched_setaffinity(pid: Tid, cpusetsize: Ulong, mask: Special(S::CpuMask(cpusetsize))) -> Int;
    __sched_getparam(pid: Tid, param: Out(&Ptr(&Int))) -> Int;
    __sched_getscheduler(pid: Tid) -> Set32(&SCHED);
    __sched_setscheduler(pid: Tid, policy: Set32(&SCHED), param: Ptr(&Int)) -> Int;
    __sched_get_priority_max(policy: Set32(&SCHED)) -> Int;
    __sched_get_priority_min(policy: Set32(&SCHED)) -> Int;
    __sched_yield() -> Int;
    __sched_cpualloc(count: Ulong) -> Addr;
    __sched_cpucount(setsize: Ulong, setp: Special(S::CpuMask(setsize))) -> Int;
    __sched_cpufree(set: Addr) -> Void;
    reboot(op: Set32(&REBOOT_CMD)) -> Int;
    klogctl(r#type: Special(S::SyslogAction), bufp: Addr, len: Int) -> Int;
    __arch_prctl(op: Hex32, addr: Hex) -> Int;
}

prototypes! { pub OPTIONS:
    getopt(argc: Int, argv: Addr, optstring: Text) -> Char;
    __posix_getopt(argc: Int, argv: Addr, optstring: Text) -> Char;
    getopt_long(argc: Int, argv: Addr, optstring: Text, longopts: Addr, longindex: Out(&Ptr(&Int))) -> Char;
    getopt_long_only(argc: Int, argv: Addr, optstring: Text, longopts: Addr, longindex: Out(&Ptr(&Int))) -> Char;
    getsubopt(optionp: Addr, tokens: Argv, valuep: Addr) -> Int;
    argp_parse(argp: Addr, argc: Int, argv: Addr, flags: Hex32, arg_index: Out(&Ptr(&Int)), input: Addr) -> Int, calls back;
    argp_help(argp: Addr, stream: Stream, flags: Hex32, name: Text) -> Void, calls back;
    argp_state_help(state: Addr, stream: Stream, flags: Hex32) -> Void, calls back;
    argp_usage(state: Addr) -> Void, calls back;
    argp_error(state: Addr, fmt: Format) -> Void, calls back;
    argp_failure(state: Addr, status: Int, errnum: Int, fmt: Format) -> Void, calls back;
    wordexp(s: Text, p: Addr, flags: Hex32) -> Int;
    wordfree(p: Addr) -> Void;
}

prototypes! { pub TERMINALS:
    isatty(fd: Fd) -> Int;
    ttyname(fd: Fd) -> Text;
    ttyname_r(fd: Fd, buf: Out(&Text), buflen: Ulong) -> Int;
    ttyslot() -> Int;
    tcgetattr(fd: Fd, termios_p: Addr) -> Int;
    tcsetattr(fd: Fd, optional_actions: Set32(&TCSA), termios_p: Addr) -> Int;
    tcsendbreak(fd: Fd, duration: Int) -> Int;
    tcdrain(fd: Fd) -> Int;
    tcflush(fd: Fd, queue_selector: Set32(&TCFLUSH)) -> Int;
    tcflow(fd: Fd, action: Set32(&TCFLOW)) -> Int;
    tcgetpgrp(fd: Fd) -> Pgid;
    tcsetpgrp(fd: Fd, pgrp: Pgid) -> Int;
    tcgetsid(fd: Fd) -> Sid;
    cfmakeraw(termios_p: Addr) -> Void;
    cfgetispeed(termios_p: Addr) -> Uint;
    cfgetospeed(termios_p: Addr) -> Uint;
    cfsetispeed(termios_p: Addr, speed: Uint) -> Int;
    cfsetospeed(termios_p: Addr, speed: Uint) -> Int;
    cfsetspeed(termios_p: Addr, speed: Uint) -> Int;
    openpty(amaster: Out(&Ptr(&Fd)), aslave: Out(&Ptr(&Fd)), name: Out(&Text), termp: Addr, winp: Addr) -> Int;
    forkpty(amaster: Out(&Ptr(&Fd)), name: Out(&Text), termp: Addr, winp: Addr) -> Pid;
    login_tty(fd: Fd) -> Int;
    posix_openpt(flags: Set32(&OPEN)) -> Fd;
    getpt() -> Fd;
    grantpt(fd: Fd) -> Int;
    unlockpt(fd: Fd) -> Int;
    ptsname(fd: Fd) -> Text;
    ptsname_r(fd: Fd, buf: Out(&Text), buflen: Ulong) -> Int;
    getpass(prompt: Text) -> Text;
}
