//! Names of signals, and their numbers by what somebody may write for one.

use std::borrow::Cow;

/// Names and meanings by number; the first stands for no signal. include/uapi/asm-generic/signal.h, strsignal(3) of glibc.
const SIGNALS: [(&str, &str); 32] = [
    ("0", ""),
    ("SIGHUP", "Hangup"),
    ("SIGINT", "Interrupt"),
    ("SIGQUIT", "Quit"),
    ("SIGILL", "Illegal instruction"),
    ("SIGTRAP", "Trace/breakpoint trap"),
    ("SIGABRT", "Aborted"),
    ("SIGBUS", "Bus error"),
    ("SIGFPE", "Floating point exception"),
    ("SIGKILL", "Killed"),
    ("SIGUSR1", "User defined signal 1"),
    ("SIGSEGV", "Segmentation fault"),
    ("SIGUSR2", "User defined signal 2"),
    ("SIGPIPE", "Broken pipe"),
    ("SIGALRM", "Alarm clock"),
    ("SIGTERM", "Terminated"),
    ("SIGSTKFLT", "Stack fault"),
    ("SIGCHLD", "Child exited"),
    ("SIGCONT", "Continued"),
    ("SIGSTOP", "Stopped (signal)"),
    ("SIGTSTP", "Stopped"),
    ("SIGTTIN", "Stopped (tty input)"),
    ("SIGTTOU", "Stopped (tty output)"),
    ("SIGURG", "Urgent I/O condition"),
    ("SIGXCPU", "CPU time limit exceeded"),
    ("SIGXFSZ", "File size limit exceeded"),
    ("SIGVTALRM", "Virtual timer expired"),
    ("SIGPROF", "Profiling timer expired"),
    ("SIGWINCH", "Window changed"),
    ("SIGIO", "I/O possible"),
    ("SIGPWR", "Power failure"),
    ("SIGSYS", "Bad system call"),
];

/// Names by number.
pub const NAMES: [&str; 32] = {
    let mut names = [""; 32];
    let mut at = 0;
    while at < names.len() {
        names[at] = SIGNALS[at].0;
        at += 1;
    }
    names
};

/// What a signal means, in words: `Child exited`; nothing for those that have no name.
pub fn meaning(number: i32) -> Option<&'static str> {
    usize::try_from(number).ok().and_then(|at| SIGNALS.get(at)).map(|(_, text)| *text).filter(|text| !text.is_empty())
}

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
