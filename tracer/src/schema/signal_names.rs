//! Names of signals, and their numbers by what somebody may write for one.

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

/// `USR1`, as strace has it in sets and in `-e signal=`; for signals 1 to 31.
pub fn short(number: i32) -> Option<&'static str> {
    NAMES.get(usize::try_from(number).ok()?)?.strip_prefix("SIG")
}

/// The number of `INT`, `SIGINT`, `sigint`, `2`, `RTMIN` or `RT_3` (the kernel's first real-time signal is 32).
pub fn number(word: &str) -> Option<u32> {
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return word.parse().ok().filter(|&n| n <= 255);
    }
    let upper = word.to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(number) = (1..32).find(|&number| short(number) == Some(bare)) {
        return Some(number as u32);
    }
    match bare.strip_prefix("RT")? {
        "MIN" => Some(32),
        rest => rest
            .strip_prefix('_')
            .filter(|n| !n.starts_with(['+', '0']))
            .and_then(|n| n.parse().ok())
            .filter(|n| (1..=32).contains(n))
            .map(|n: u32| 32 + n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_for_a_signal_is_read_back() {
        for signal in 1..=64 {
            assert_eq!(number(&name(signal)), Some(signal as u32));
        }
        for (word, expected) in [
            ("int", Some(2)),
            ("SIGINT", Some(2)),
            ("2", Some(2)),
            ("0", Some(0)),
            ("256", None),
            ("RT_32", Some(64)),
            ("RT_33", None),
            ("RT_01", None),
            ("SIGNOT", None),
            ("", None),
        ] {
            assert_eq!(number(word), expected, "{word}");
        }
    }
}
