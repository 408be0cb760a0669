//! Signals: sending, catching, blocking and waiting for them.

use super::time::TIMESPEC;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// sigaction(2) flags, in the order in which strace shows them. include/uapi/asm-generic/signal-defs.h
    SA "SA_"
    bits: SA_RESTORER = 0x0400_0000, SA_ONSTACK = 0x0800_0000, SA_RESTART = 0x1000_0000, SA_INTERRUPT = 0x2000_0000,
          SA_NODEFER = 0x4000_0000, SA_RESETHAND = 0x8000_0000, SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4,
          SA_UNSUPPORTED = 0x400, SA_EXPOSE_TAGBITS = 0x800;

    /// sigprocmask(2) ways. include/uapi/asm-generic/signal-defs.h
    SIG_HOW "SIG_"
    choice all: SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2;

    /// sigaltstack(2) flags. include/uapi/linux/signal.h
    SS "SS_"
    bits: SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = 0x8000_0000;
}

records! {
    /// stack_t. include/uapi/asm-generic/signal.h
    STACK 24 { ss_sp: 0 8 Addr, ss_flags: 8 4 Set32(&SS), ss_size: 16 8 Ulong }
}

syscalls! { pub SIGNALS harmless "a signal touches no file and reaches no host":
    kill            [62 37 129]   (pid: PidOrPgid, sig: Signal)                                       -> Int, SIG | PROC;
    tkill           [200 238 130] (tid: Tid, sig: Signal)                                       -> Int, SIG | PROC;
    tgkill          [234 270 131] (tgid: Pid, tid: Tid, sig: Signal)                            -> Int, SIG | PROC;
    pause           [34 29 _]     ()                                                            -> Int, SIG;
    rt_sigaction    [13 174 134]  (signum: Signal, act: Special(S::Sigaction), oldact: Out(&Special(S::Sigaction)), sigsetsize: Ulong) -> Int, SIG;
    rt_sigprocmask  [14 175 135]  (how: Set32(&SIG_HOW), set: SigSet(sigsetsize), oldset: Out(&SigSet(sigsetsize)), sigsetsize: Ulong) -> Int, SIG;
    rt_sigreturn    [15 173 139]  (frame: Special(S::SigFrame))                                 -> Long, SIG;
    rt_sigpending   [127 176 136] (set: Out(&SigSet(sigsetsize)), sigsetsize: Ulong)            -> Int, SIG;
    rt_sigtimedwait [128 177 137] (set: SigSet(sigsetsize), info: Out(&Special(S::Siginfo)), timeout: Rec(&TIMESPEC), sigsetsize: Ulong) -> Note(&Int, &Signal), SIG;
    rt_sigqueueinfo [129 178 138] (tgid: Pid, sig: Signal, info: Special(S::Siginfo))           -> Int, SIG | PROC;
    rt_tgsigqueueinfo [297 335 240] (tgid: Pid, tid: Tid, sig: Signal, info: Special(S::Siginfo)) -> Int, SIG | PROC;
    rt_sigsuspend   [130 179 133] (mask: SigSet(sigsetsize), sigsetsize: Ulong)                 -> Int, SIG;
    sigaltstack     [131 186 132] (ss: Rec(&STACK), old_ss: Out(&Rec(&STACK)))                  -> Int, SIG;
    restart_syscall [219 0 128]   ()                                                            -> Long, 0;
}
