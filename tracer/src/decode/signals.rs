//! Names of signals.

use std::borrow::Cow;

/// Names by number; the first stands for no signal. include/uapi/asm-generic/signal.h
pub const NAMES: [&str; 32] = [
    "0",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// `SIGUSR1`, `SIGRTMIN`, `SIGRT_3`; numbers that are no signal's stay numbers.
pub fn name(number: i32) -> Cow<'static, str> {
    match number {
        0..=31 => Cow::Borrowed(NAMES[number as usize]),
        32 => Cow::Borrowed("SIGRTMIN"),
        33..=64 => Cow::Owned(format!("SIGRT_{}", number - 32)),
        _ => Cow::Owned(number.to_string()),
    }
}
