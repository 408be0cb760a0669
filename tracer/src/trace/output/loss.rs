//! What is missing, said: one line for people, an object for programs, and the exit code that
//! `--strict` makes of it. Counting is done where things get lost; nothing is decided here but words.

use std::collections::BTreeMap;
use std::fmt::Write;

use tracer_common::loss::Loss;

use crate::capture::{Losses, LostCall};
use crate::render::json::object::{self, Object};
use crate::schema::types::{Row, class};
use crate::schema::{Abi, NO_PLAN, by_nr};

/// Exit code of an incomplete result under `--strict`.
pub const INCOMPLETE: i32 = 4;

/// What a reason takes away from the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// Whole events are not shown.
    Event,
    /// Events are shown, but something in them is missing.
    Detail,
    /// Tasks, or everything, were not watched: how much is missing is not known.
    Blind,
}

/// What a reason takes away; of one that is a remark (`Loss::is_remark`) nobody asks.
pub const fn kind(loss: Loss) -> LossKind {
    match loss {
        Loss::RingFull
        | Loss::LifecycleLost
        | Loss::NotRun
        | Loss::QueueFull
        | Loss::OutputFailed
        | Loss::EndMissing
        | Loss::OperationLost
        | Loss::SignalLost
        | Loss::TooDeep
        | Loss::LibraryFull
        | Loss::BlocksFull
        | Loss::BlockUnended
        | Loss::BlockReused
        | Loss::MappedFull => LossKind::Event,
        Loss::BlobCut
        | Loss::BlobFault
        | Loss::FdUnresolved
        | Loss::ProcGone
        | Loss::BeganBefore
        | Loss::Compat
        | Loss::OperationUnread
        | Loss::StackCut
        | Loss::StackFile
        | Loss::StackGone
        | Loss::StackFull
        | Loss::ByProcess => LossKind::Detail,
        Loss::MapFull | Loss::ChildNotFollowed | Loss::IoUring | Loss::Silent | Loss::Unprobed | Loss::LateProbes => {
            LossKind::Blind
        }
    }
}

/// What helps against a reason, where something does.
pub const fn remedy(loss: Loss) -> Option<&'static str> {
    match loss {
        Loss::LibraryFull => Some("fewer functions with -e, or -c"),
        Loss::MappedFull => Some("a larger --ring-size"),
        Loss::RingFull | Loss::LifecycleLost | Loss::StackFull => {
            Some("a larger --ring-size, or fewer calls with -e trace=")
        }
        Loss::MapFull => Some("watch fewer tasks"),
        Loss::NotRun => Some("from Linux 7 on, a mounted tracefs makes it rare (tracer doctor)"),
        Loss::ByProcess => Some("count fewer calls with -e trace="),
        Loss::QueueFull => Some("a faster output: -o FILE or --record FILE"),
        Loss::OutputFailed => Some("room or rights for the output"),
        Loss::BlobFault => Some("--backend ptrace reads memory that is not present"),
        Loss::ChildNotFollowed => Some("--backend ebpf follows every child"),
        Loss::IoUring => Some("with eBPF, -e trace=%io_uring, or no -e trace=, shows operations"),
        Loss::OperationLost => Some("a larger --ring-size, or -e trace='!%io_uring'"),
        Loss::ProcGone => Some("--backend ebpf resolves in the kernel"),
        Loss::StackCut | Loss::StackGone => Some("--backend ptrace looks at stacks while their tasks stand still"),
        _ => None,
    }
}

/// The line for stderr, without a newline; `None` when nothing was lost. `source`: what events came from, which is no remedy.
///
/// `tracer: incomplete: 1200 events lost (1200 ring_full), 34 details missing (34 blob_faulted); for ring_full: ...`
pub fn line(program: &str, source: &str, losses: &Losses) -> Option<String> {
    if losses.total() == 0 {
        return None;
    }
    let mut text = format!("{program}: incomplete: ");
    let groups =
        [(LossKind::Event, "events lost"), (LossKind::Detail, "details missing"), (LossKind::Blind, "blind spots")];
    let mut first = true;
    for (which, words) in groups {
        let of_kind = || losses.lost().filter(move |&(loss, n)| n > 0 && kind(loss) == which);
        let total = of_kind().fold(0u64, |sum, (_, n)| sum.saturating_add(n));
        if total == 0 {
            continue;
        }
        let words = if total == 1 { words.replacen("s ", " ", 1).replace("spots", "spot") } else { words.to_owned() };
        let list: Vec<String> = of_kind().map(|(loss, n)| format!("{n} {}", loss.name())).collect();
        let _ = write!(text, "{}{total} {words} ({})", if first { "" } else { ", " }, list.join(", "));
        first = false;
    }
    text.push_str(&whose(losses));
    for (loss, _) in losses.lost().filter(|(_, n)| *n > 0) {
        let there = format!("--backend {source} ");
        if let Some(remedy) = remedy(loss).filter(|remedy| !remedy.starts_with(&there)) {
            let _ = write!(text, "; for {}: {remedy}", loss.name());
        }
    }
    Some(text)
}

/// The line for stderr about what is no loss, without a newline.
///
/// `tracer: 2 calls had already begun when tracer attached; their starts are not known`
pub fn remark(program: &str, losses: &Losses) -> Option<String> {
    Some(match losses.began_before() {
        0 => return None,
        1 => format!("{program}: 1 call had already begun when tracer attached; its start is not known"),
        n => format!("{program}: {n} calls had already begun when tracer attached; their starts are not known"),
    })
}

/// Which calls found no room, by class, and whose they were: `; of them 700 %desc, 12 %network; 690 by process 7, 22 by
/// 4 others`. Empty when none is known.
fn whose(losses: &Losses) -> String {
    const PROCESSES: usize = 3;
    let (mut classes, mut processes): (BTreeMap<&str, u64>, BTreeMap<u32, u64>) = Default::default();
    for (call, n) in &losses.calls {
        *classes.entry(class_of(call)).or_default() += n;
        *processes.entry(call.process).or_default() += n;
    }
    if classes.is_empty() {
        return String::new();
    }
    let ranked = |list: Vec<(String, u64)>| {
        let mut list = list;
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        list
    };
    let classes = ranked(classes.into_iter().map(|(class, n)| (class.to_owned(), n)).collect());
    let processes = ranked(processes.into_iter().map(|(pid, n)| (format!("process {pid}"), n)).collect());
    let mut list: Vec<String> = classes.iter().map(|(class, n)| format!("{n} {class}")).collect();
    let mut text = format!("; of them {}", list.join(", "));
    list = processes.iter().take(PROCESSES).map(|(process, n)| format!("{n} by {process}")).collect();
    if let Some(rest) = processes.get(PROCESSES..).filter(|rest| !rest.is_empty()) {
        let n: u64 = rest.iter().map(|(_, n)| n).sum();
        list.push(format!("{n} by {} other{}", rest.len(), if rest.len() == 1 { "" } else { "s" }));
    }
    let _ = write!(text, "; {}", list.join(", "));
    text
}

/// The row of a call, where it has one.
fn row(call: &LostCall) -> Option<&'static Row> {
    by_nr(if call.compat { Abi::I386 } else { Abi::NATIVE }, call.nr)
}

/// The class that says most of a call, as `-e trace=` names it.
fn class_of(call: &LostCall) -> &'static str {
    const FIRST: [u32; 7] = [class::NET, class::FILE, class::PROC, class::SIG, class::IPC, class::MEM, class::DESC];
    const NAMES: [&str; 7] = ["%network", "%file", "%process", "%signal", "%ipc", "%memory", "%desc"];
    let of = row(call).map_or(0, |row| row.class);
    FIRST.iter().zip(NAMES).find(|(bit, _)| of & **bit != 0).map_or("of no class", |(_, name)| name)
}

/// Appends the JSON list of the calls that found no room, most of them first, 100 entries at most:
/// `[{"pid":7,"call":"read","class":"%desc","calls":12},...]`.
pub fn calls_json(losses: &Losses, out: &mut Vec<u8>) {
    const MOST: usize = 100;
    let mut calls: Vec<_> = losses.calls.iter().collect();
    calls.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    object::list(out, calls.into_iter().take(MOST), |(call, n), out| {
        let name = match row(call) {
            Some(row) => row.name.to_owned(),
            None if call.nr == NO_PLAN => "other".to_owned(),
            None => format!("syscall_{:#x}", call.nr),
        };
        let mut object = Object::begin(out);
        object.number("pid", call.process);
        object.text("call", &name);
        object.word("class", class_of(call));
        object.number("calls", *n);
        object.end();
    });
}

/// Appends the JSON object of all reasons, those that are zero too: `{"ring_full":0,...}`.
pub fn json(losses: &Losses, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    for loss in Loss::ALL.iter().filter(|loss| !loss.is_remark()) {
        object.number(loss.name(), losses.reasons.get(loss).copied().unwrap_or(0));
    }
    object.end();
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
            assert_eq!(line("tracer", "ebpf", &losses(list)).as_deref(), expected);
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
        check(&[(Loss::BeganBefore, 3)], None);
        assert_eq!(
            remark("tracer", &losses(&[(Loss::BeganBefore, 1), (Loss::RingFull, 2)])).as_deref(),
            Some("tracer: 1 call had already begun when tracer attached; its start is not known")
        );
        assert_eq!(
            remark("tracer", &losses(&[(Loss::BeganBefore, 3)])).as_deref(),
            Some("tracer: 3 calls had already begun when tracer attached; their starts are not known")
        );
        assert_eq!(remark("tracer", &losses(&[(Loss::RingFull, 2)])), None);
        assert_eq!(exit_code(true, &losses(&[(Loss::BeganBefore, 3)]), 0), 0);
        let on_ptrace = line("tracer", "ptrace", &losses(&[(Loss::BlobFault, 1)]));
        assert_eq!(on_ptrace.as_deref(), Some("tracer: incomplete: 1 detail missing (1 blob_faulted)"));
        check(&[(Loss::EndMissing, 1)], Some("tracer: incomplete: 1 event lost (1 end_not_seen)"));
        check(
            &[(Loss::EndMissing, 1), (Loss::SignalLost, 2), (Loss::Silent, 1)],
            Some("tracer: incomplete: 3 events lost (1 end_not_seen, 2 signal_lost), 1 blind spot (1 source_silent)"),
        );
    }

    #[test]
    fn says_whose_calls_found_no_room() {
        let mut lost = losses(&[(Loss::RingFull, 60)]);
        let read = u32::from(crate::schema::by_name("read").expect("a row").nr[Abi::NATIVE as usize]);
        for (process, nr, n) in [(7, read, 40), (8, read, 9), (9, 511, 1), (10, read, 3), (11, read, 2)] {
            lost.calls.insert(LostCall { process, compat: false, nr }, n);
        }
        let said = line("tracer", "ebpf", &lost).expect("something was lost");
        let expected = "lost (60 ring_full); of them 54 %desc, 1 of no class; 40 by process 7, 9 by process 8, \
                        3 by process 10, 3 by 2 others; for ring_full";
        assert!(said.contains(expected), "{said}");
        let mut out = Vec::new();
        calls_json(&lost, &mut out);
        let list: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(list[0], serde_json::json!({"pid": 7, "call": "read", "class": "%desc", "calls": 40}));
        assert_eq!(list.as_array().map(Vec::len), Some(5));
    }

    #[test]
    fn strict_makes_every_reason_fatal_that_is_no_remark() {
        for &loss in Loss::ALL {
            let code = if loss.is_remark() { 0 } else { 4 };
            assert_eq!(exit_code(true, &losses(&[(loss, 1)]), 0), code, "{}", loss.name());
            assert_eq!(exit_code(false, &losses(&[(loss, 1)]), 7), 7);
            assert!(
                line("tracer", "ebpf", &losses(&[(loss, 1)])).is_some_and(|line| line.contains(loss.name()))
                    != loss.is_remark()
            );
        }
        assert_eq!(exit_code(true, &Losses::default(), 3), 3);
    }

    #[test]
    fn json_names_every_reason() {
        let mut out = Vec::new();
        json(&losses(&[(Loss::RingFull, 5)]), &mut out);
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["ring_full"], 5);
        assert_eq!(value.as_object().unwrap().len(), Loss::ALL.iter().filter(|loss| !loss.is_remark()).count());
        assert!(Loss::ALL.iter().all(|loss| value[loss.name()].is_u64() != loss.is_remark()));
    }
}
