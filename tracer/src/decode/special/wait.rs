//! `int *wstatus` of wait4(2), by the macros of wait(2).

use crate::decode::scalar;
use crate::decode::value::{Tail, Value};
use crate::schema::signal_names;

/// `[{WIFEXITED(s) && WEXITSTATUS(s) == 1}]` of four bytes.
pub fn status<'a>(bytes: &[u8]) -> Value<'a> {
    let status = scalar::at(bytes, 0, 4) as u32;
    Value::Array(vec![Value::Text(words(status))], Tail::Whole)
}

/// The macros a wait status answers to, in braces.
pub fn words(status: u32) -> String {
    let low = status & 0x7f;
    let second = status >> 8 & 0xff;
    let rest = status & !0xffff;
    let text = if status == 0xffff {
        return "{WIFCONTINUED(s)}".to_owned();
    } else if status & 0xff == 0x7f {
        let sig = second & 0x7f;
        let trap = if second & 0x80 != 0 { " | 0x80" } else { "" };
        let mut text = format!("{{WIFSTOPPED(s) && WSTOPSIG(s) == {}{trap}}}", signal_names::name(sig as i32));
        // PTRACE_EVENT_*: a tracer's stop.
        if rest != 0 {
            text.push_str(&match EVENTS.get((rest >> 16) as usize) {
                Some(name) if !name.is_empty() => format!(" | {name} << 16"),
                _ => format!(" | {:#x} << 16", rest >> 16),
            });
        }
        return text;
    } else if low == 0 {
        format!("{{WIFEXITED(s) && WEXITSTATUS(s) == {second}}}")
    } else {
        let core = if status & 0x80 != 0 { " && WCOREDUMP(s)" } else { "" };
        format!("{{WIFSIGNALED(s) && WTERMSIG(s) == {}{core}}}", signal_names::name(low as i32))
    };
    let rest = if low == 0 { rest } else { status & !0xff };
    if rest == 0 { text } else { format!("{text} | {rest:#x}") }
}

const EVENTS: [&str; 9] = [
    "",
    "PTRACE_EVENT_FORK",
    "PTRACE_EVENT_VFORK",
    "PTRACE_EVENT_CLONE",
    "PTRACE_EVENT_EXEC",
    "PTRACE_EVENT_VFORK_DONE",
    "PTRACE_EVENT_EXIT",
    "PTRACE_EVENT_SECCOMP",
    "",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_end_has_its_words() {
        for (status, expected) in [
            (0, "{WIFEXITED(s) && WEXITSTATUS(s) == 0}"),
            (42 << 8, "{WIFEXITED(s) && WEXITSTATUS(s) == 42}"),
            (10, "{WIFSIGNALED(s) && WTERMSIG(s) == SIGUSR1}"),
            (0x8b, "{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}"),
            (0x137f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}"),
            (0x857f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP | 0x80}"),
            (0xffff, "{WIFCONTINUED(s)}"),
            (0x1_057f, "{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTRAP} | PTRACE_EVENT_FORK << 16"),
        ] {
            assert_eq!(words(status), expected);
        }
    }
}
