//! What is missing, said: one line for people, an object for programs, and the exit code that
//! `--strict` makes of it. Counting is done where things get lost; nothing is decided here but words.

use std::fmt::Write;

use tracer_common::loss::Loss;

use crate::capture::Losses;

/// Exit code of an incomplete result under `--strict`.
pub const INCOMPLETE: i32 = 4;

/// What a reason takes away from the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole events are not shown.
    Event,
    /// Events are shown, but something in them is missing.
    Detail,
    /// Tasks, or everything, were not watched: how much is missing is not known.
    Blind,
}

/// What a reason takes away.
pub const fn kind(loss: Loss) -> Kind {
    match loss {
        Loss::RingFull
        | Loss::LifecycleLost
        | Loss::NotRun
        | Loss::QueueFull
        | Loss::OutputFailed
        | Loss::EndMissing
        | Loss::SignalLost => Kind::Event,
        Loss::BlobCut
        | Loss::BlobFault
        | Loss::FdUnresolved
        | Loss::ProcGone
        | Loss::BeganBefore
        | Loss::Compat
        | Loss::ByProcess => Kind::Detail,
        Loss::MapFull | Loss::ChildNotFollowed | Loss::IoUring | Loss::Silent => Kind::Blind,
    }
}

/// What helps against a reason, where something does.
pub const fn remedy(loss: Loss) -> Option<&'static str> {
    match loss {
        Loss::RingFull | Loss::LifecycleLost => Some("a larger --ring-size, or fewer calls with -e trace="),
        Loss::MapFull => Some("watch fewer tasks"),
        Loss::ByProcess => Some("count fewer calls with -e trace="),
        Loss::QueueFull => Some("a faster output: -o FILE or --record FILE"),
        Loss::OutputFailed => Some("room or rights for the output"),
        Loss::BlobFault => Some("--backend ptrace reads memory that is not present"),
        Loss::ChildNotFollowed => Some("--backend ebpf follows every child"),
        Loss::ProcGone | Loss::FdUnresolved => Some("--backend ebpf resolves in the kernel"),
        _ => None,
    }
}

/// The line for stderr, without a newline; `None` when nothing was lost.
///
/// `tracer: incomplete: 1200 events lost (1200 ring_full), 34 details missing (34 blob_faulted); for ring_full: ...`
pub fn line(program: &str, losses: &Losses) -> Option<String> {
    if losses.total() == 0 {
        return None;
    }
    let mut text = format!("{program}: incomplete: ");
    let groups = [(Kind::Event, "events lost"), (Kind::Detail, "details missing"), (Kind::Blind, "blind spots")];
    let mut first = true;
    for (which, words) in groups {
        let of_kind = || losses.0.iter().filter(move |&(&loss, &n)| n > 0 && kind(loss) == which);
        let total = of_kind().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        if total == 0 {
            continue;
        }
        let words = if total == 1 { words.replacen("s ", " ", 1).replace("spots", "spot") } else { words.to_owned() };
        let list: Vec<String> = of_kind().map(|(loss, n)| format!("{n} {}", loss.name())).collect();
        let _ = write!(text, "{}{total} {words} ({})", if first { "" } else { ", " }, list.join(", "));
        first = false;
    }
    for (loss, _) in losses.0.iter().filter(|(_, n)| **n > 0) {
        if let Some(remedy) = remedy(*loss) {
            let _ = write!(text, "; for {}: {remedy}", loss.name());
        }
    }
    Some(text)
}

/// Appends the JSON object of all reasons, those that are zero too: `{"ring_full":0,...}`.
pub fn json(losses: &Losses, out: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    for (i, loss) in Loss::ALL.iter().enumerate() {
        out.push(if i == 0 { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(loss.name().as_bytes());
        out.extend_from_slice(b"\":");
        out.extend_from_slice(digits.format(losses.0.get(loss).copied().unwrap_or(0)).as_bytes());
    }
    out.push(b'}');
}

/// The exit code: `code`, or 4 when the request is strict and anything was lost. What is fatal under
/// `--strict` is every reason, for each hides something.
pub fn exit_code(strict: bool, losses: &Losses, code: i32) -> i32 {
    if strict && losses.total() > 0 { INCOMPLETE } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(list: &[(Loss, u64)]) -> Losses {
        let mut losses = Losses::default();
        for &(loss, n) in list {
            losses.add(loss, n);
        }
        losses
    }

    #[test]
    fn says_what_is_missing_and_what_helps() {
        let check = |list: &[(Loss, u64)], expected: Option<&str>| {
            assert_eq!(line("tracer", &losses(list)).as_deref(), expected);
        };
        check(&[], None);
        check(&[(Loss::RingFull, 0)], None);
        check(
            &[(Loss::RingFull, 1200), (Loss::BlobFault, 34)],
            Some(
                "tracer: incomplete: 1200 events lost (1200 ring_full), 34 details missing (34 blob_faulted); \
                 for ring_full: a larger --ring-size, or fewer calls with -e trace=; \
                 for blob_faulted: --backend ptrace reads memory that is not present",
            ),
        );
        check(&[(Loss::EndMissing, 1)], Some("tracer: incomplete: 1 event lost (1 end_not_seen)"));
        check(
            &[(Loss::EndMissing, 1), (Loss::SignalLost, 2), (Loss::Silent, 1)],
            Some("tracer: incomplete: 3 events lost (1 end_not_seen, 2 signal_lost), 1 blind spot (1 source_silent)"),
        );
    }

    #[test]
    fn strict_makes_every_reason_fatal() {
        for &loss in Loss::ALL {
            assert_eq!(exit_code(true, &losses(&[(loss, 1)]), 0), 4, "{}", loss.name());
            assert_eq!(exit_code(false, &losses(&[(loss, 1)]), 7), 7);
            assert!(line("tracer", &losses(&[(loss, 1)])).unwrap().contains(loss.name()));
        }
        assert_eq!(exit_code(true, &Losses::default(), 3), 3);
    }

    #[test]
    fn json_names_every_reason() {
        let mut out = Vec::new();
        json(&losses(&[(Loss::RingFull, 5)]), &mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["ring_full"], 5);
        assert_eq!(value.as_object().unwrap().len(), Loss::ALL.len());
        assert!(Loss::ALL.iter().all(|l| value[l.name()].is_u64()));
    }
}
