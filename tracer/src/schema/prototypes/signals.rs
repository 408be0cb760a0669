//! signal.h: signals, with libc's structures and sets, which are larger than the kernel's.

use crate::schema::signal::{SA, SIG_HOW, STACK};
use crate::schema::time::TIMESPEC;
use crate::schema::types::Len::Fixed;
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;
use crate::{prototypes, records, sets};

sets! {
    /// Handlers that are none. bits/signum-generic.h
    HANDLER ""
    choice all: SIG_DFL = 0, SIG_IGN = 1, SIG_HOLD = 2, SIG_ERR = 0xffff_ffff_ffff_ffff;
}

records! {
    /// struct sigaction of libc: its set of signals has 128 bytes, of which the kernel has the first 8. bits/sigaction.h
    SIGACTION 152 untold "no program of the 32-bit ABI has its functions shown" {
        sa_handler: 0 8 Set(&HANDLER), sa_mask: 8 8 SigSet(Fixed(8)), sa_flags: 136 4 Set32(&SA), sa_restorer: 144 8 NonZero(&Addr) }
}

prototypes! { pub SIGNALS:
    signal(signum: Signal, handler: Set(&HANDLER)) -> Set(&HANDLER);
    bsd_signal(signum: Signal, handler: Set(&HANDLER)) -> Set(&HANDLER);
    sysv_signal(signum: Signal, handler: Set(&HANDLER)) -> Set(&HANDLER);
    __sysv_signal(signum: Signal, handler: Set(&HANDLER)) -> Set(&HANDLER);
    ssignal(signum: Signal, handler: Set(&HANDLER)) -> Set(&HANDLER);
    gsignal(signum: Signal) -> Int;
    sigset(sig: Signal, disp: Set(&HANDLER)) -> Set(&HANDLER);
    sighold(sig: Signal) -> Int;
    sigrelse(sig: Signal) -> Int;
    sigignore(sig: Signal) -> Int;
    sigaction(signum: Signal, act: Rec(&SIGACTION), oldact: Out(&Rec(&SIGACTION))) -> Int;
    __sigaction(signum: Signal, act: Rec(&SIGACTION), oldact: Out(&Rec(&SIGACTION))) -> Int;
    __libc_sigaction(signum: Signal, act: Rec(&SIGACTION), oldact: Out(&Rec(&SIGACTION))) -> Int;
    sigprocmask(how: Set32(&SIG_HOW), set: SigSet(Fixed(8)), oldset: Out(&SigSet(Fixed(8)))) -> Int;
    pthread_sigmask(how: Set32(&SIG_HOW), set: SigSet(Fixed(8)), oldset: Out(&SigSet(Fixed(8)))) -> Int;
    sigpending(set: Out(&SigSet(Fixed(8)))) -> Int;
    sigsuspend(mask: SigSet(Fixed(8))) -> Int;
    __sigsuspend(mask: SigSet(Fixed(8))) -> Int;
    sigwait(set: SigSet(Fixed(8)), sig: Out(&Ptr(&Signal))) -> Int;
    sigwaitinfo(set: SigSet(Fixed(8)), info: Out(&Special(S::Siginfo))) -> Int;
    sigtimedwait(set: SigSet(Fixed(8)), info: Out(&Special(S::Siginfo)), timeout: Rec(&TIMESPEC)) -> Int;
    __sigtimedwait(set: SigSet(Fixed(8)), info: Out(&Special(S::Siginfo)), timeout: Rec(&TIMESPEC)) -> Int;
    sigqueue(pid: Pid, sig: Signal, value: Hex) -> Int;
    pthread_sigqueue(thread: Hex, sig: Signal, value: Hex) -> Int;
    pthread_kill(thread: Hex, sig: Signal) -> Int;
    raise(sig: Signal) -> Int;
    killpg(pgrp: Pgid, sig: Signal) -> Int;
    siginterrupt(sig: Signal, flag: Int) -> Int;
    sigaltstack(ss: Rec(&STACK), old_ss: Out(&Rec(&STACK))) -> Int;
    sigstack(ss: Addr, oss: Addr) -> Int;
    sigreturn(scp: Addr) -> Int, never;
    sigemptyset(set: Out(&SigSet(Fixed(8)))) -> Int;
    sigfillset(set: Out(&SigSet(Fixed(8)))) -> Int;
    sigaddset(set: InOut(&SigSet(Fixed(8))), signum: Signal) -> Int;
    sigdelset(set: InOut(&SigSet(Fixed(8))), signum: Signal) -> Int;
    sigismember(set: SigSet(Fixed(8)), signum: Signal) -> Int;
    __sigaddset(set: InOut(&SigSet(Fixed(8))), signum: Signal) -> Int;
    __sigdelset(set: InOut(&SigSet(Fixed(8))), signum: Signal) -> Int;
    __sigismember(set: SigSet(Fixed(8)), signum: Signal) -> Int;
    sigisemptyset(set: SigSet(Fixed(8))) -> Int;
    sigorset(dest: Out(&SigSet(Fixed(8))), left: SigSet(Fixed(8)), right: SigSet(Fixed(8))) -> Int;
    sigandset(dest: Out(&SigSet(Fixed(8))), left: SigSet(Fixed(8)), right: SigSet(Fixed(8))) -> Int;
    sigblock(mask: Hex32) -> Hex32;
    sigsetmask(mask: Hex32) -> Hex32;
    siggetmask() -> Hex32;
    sigpause(sig_or_mask: Hex32) -> Int;
    __sigpause(sig_or_mask: Int, is_sig: Int) -> Int;
    __xpg_sigpause(sig: Signal) -> Int;
    __libc_current_sigrtmin() -> Int;
    __libc_current_sigrtmax() -> Int;
    __libc_allocate_rtsig(high: Int) -> Int;
}
