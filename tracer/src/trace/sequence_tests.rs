//! Orders of records, told as words.

use super::*;
use proptest::prelude::*;
use tracer_common::event::kind;

/// Writes what it is given as words: `tid+` unfinished, `tid-` resumed, `tid` whole, each with its start.
#[derive(Default)]
struct Log(Vec<(u32, Part, u8, u64)>);

impl Stage for Log {
    fn visible(&mut self, head: &Head, _: &[u8]) -> bool {
        !matches!(head.kind, kind::FORK | kind::ATTACH) && (head.kind != kind::EXEC || head.flags & flag::MOVED != 0)
    }
    fn step(&mut self, step: Step<'_>) {
        if step.shown {
            self.0.push((step.head.tid, step.part, step.head.kind, step.head.time));
        }
    }
}

impl Log {
    fn words(&self) -> String {
        let word = |&(tid, part, what, time): &(u32, Part, u8, u64)| {
            let sign = match part {
                Part::Unfinished => "+",
                Part::Changed => "~",
                Part::Resumed => "-",
                Part::Detached => "!",
                Part::Entered => "?",
                Part::Whole if what == kind::CALL => "",
                Part::Whole => "*",
            };
            format!("{tid}@{time}{sign}")
        };
        self.0.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

fn record(what: u8, tid: u32, time: u64, end: u64) -> Vec<u8> {
    let dur = end.saturating_sub(time);
    Head { len: 104, kind: what, tid, tgid: tid, time, dur, ..Head::default() }.bytes().to_vec()
}
fn call(tid: u32, time: u64, end: u64) -> Vec<u8> {
    record(kind::CALL, tid, time, end)
}
fn operation(tid: u32, time: u64, end: u64) -> Vec<u8> {
    record(kind::OPERATION, tid, time, end)
}
fn pending(tid: u32, time: u64) -> Vec<u8> {
    record(kind::PENDING, tid, time, 0)
}
fn mark(time: u64) -> Vec<u8> {
    record(kind::MARK, 0, time, 0)
}
fn exit(tid: u32, time: u64) -> Vec<u8> {
    record(kind::EXIT, tid, time, 0)
}
fn fork(tid: u32, child: u32, time: u64) -> Vec<u8> {
    let args = [u64::from(child), u64::from(child), 0, 0, 0, 0];
    Head { len: 104, kind: kind::FORK, tid, tgid: tid, time, ret: 1, args, ..Head::default() }.bytes().to_vec()
}

fn run(order: Order, batches: &[&[Vec<u8>]]) -> Log {
    let (mut seq, mut log) = (Sequencer::new(order), Log::default());
    for batch in batches {
        seq.feed(&mut batch.concat(), &mut log);
    }
    seq.finish(&mut log);
    log
}

#[test]
fn operations_stand_where_they_ended_and_cut_only_the_calls_of_others() {
    // One task: as they come, before the call in which they ended.
    let one = run(Order::Split, &[&[call(1, 10, 20), operation(1, 30, 35), call(1, 28, 40)]]);
    assert_eq!(one.words(), "1@10 1@30* 1@28");
    // Of several tasks: task 2's call is cut, task 1's own is not.
    let several =
        [fork(1, 2, 5), operation(1, 12, 30), call(1, 10, 40), call(2, 50, 70), operation(1, 45, 60), mark(100)];
    assert_eq!(run(Order::Split, &[&several]).words(), "1@12* 1@10 2@50+ 1@45* 2@50-");
    assert_eq!(run(Order::Ends, &[&several]).words(), "1@12* 1@10 1@45* 2@50");
    // After its task is gone.
    let late = run(Order::Split, &[&[fork(1, 2, 5), exit(2, 20), operation(2, 10, 30), call(1, 15, 40), mark(100)]]);
    assert_eq!(late.words(), "1@15+ 2@20* 2@10* 1@15-");
}

#[test]
fn a_running_call_outlasts_the_operations_in_it() {
    let log = run(Order::Split, &[&[fork(1, 2, 5), pending(1, 10), operation(1, 12, 20), mark(50)], &[mark(60)]]);
    assert_eq!(log.words(), "1@12* 1@10!");
}

#[test]
fn calls_are_split_where_another_line_comes_between() {
    let check = |records: &[Vec<u8>], expected: &str| {
        assert_eq!(run(Order::Split, &[records]).words(), expected);
        let single: Vec<_> = records.iter().map(std::slice::from_ref).collect();
        assert_eq!(run(Order::Split, &single).words(), expected, "a record a batch");
    };
    check(&[call(1, 10, 11), call(1, 12, 13)], "1@10 1@12");
    check(&[call(1, 10, 11), call(2, 12, 13), call(1, 14, 15)], "1@10 2@12 1@14");
    check(&[fork(1, 2, 1), call(2, 12, 13), call(1, 10, 20)], "1@10+ 2@12 1@10-");
    check(&[fork(1, 2, 1), call(1, 10, 20), call(2, 12, 30)], "1@10+ 2@12+ 1@10- 2@12-");
    // The parent waits, the child runs and ends; the mark comes before the wait does.
    check(
        &[fork(1, 2, 5), call(1, 4, 6), call(2, 8, 9), pending(1, 7), mark(10), exit(2, 12), call(1, 7, 13)],
        "1@4 1@7+ 2@8 2@12* 1@7-",
    );
    // A running call with nothing behind it stays whole.
    check(&[fork(1, 2, 5), call(2, 6, 7), pending(1, 8), mark(10), call(1, 8, 13)], "2@6 1@8");
    // Still running at the end: the last is detached, an earlier one was shown already.
    check(&[fork(1, 2, 5), pending(1, 6), pending(2, 8), mark(10)], "1@6+ 2@8!");
    check(&[pending(1, 6), mark(10)], "1@6!");
    // The same running call is told with every mark, and once more when it ended already.
    check(
        &[fork(1, 2, 1), pending(1, 6), mark(10), pending(1, 6), mark(20), call(1, 6, 25), pending(1, 6), mark(30)],
        "1@6",
    );
}

#[test]
fn a_running_call_can_be_looked_at() {
    let (mut seq, mut log) = (Sequencer::new(Order::Split), Log::default());
    let mut feed = |records: &[Vec<u8>], expected: &str| {
        seq.feed(&mut records.concat(), &mut log);
        seq.reveal(&mut log);
        assert_eq!(log.words(), expected);
    };
    feed(&[call(1, 1, 2), pending(1, 3), mark(5)], "1@1 1@3?");
    feed(&[call(1, 3, 6)], "1@1 1@3? 1@3");
    feed(&[fork(1, 2, 7), call(2, 8, 9)], "1@1 1@3? 1@3");
    feed(&[pending(1, 10), mark(11)], "1@1 1@3? 1@3 2@8 1@10?");
    feed(&[call(2, 12, 13), mark(14)], "1@1 1@3? 1@3 2@8 1@10? 1@10+ 2@12");
}

#[test]
fn execve_in_a_thread_begins_under_its_own_id() {
    let exec = Head {
        len: 104,
        kind: kind::EXEC,
        flags: flag::MOVED,
        tid: 1,
        time: 12,
        args: [2, 0, 0, 0, 0, 0],
        ..Head::default()
    };
    let execve = Head { len: 104, kind: kind::CALL, flags: flag::MOVED, tid: 1, time: 10, dur: 10, ..Head::default() };
    let records = [fork(1, 2, 1), call(1, 8, 11), exec.bytes().to_vec(), execve.bytes().to_vec()];
    assert_eq!(run(Order::Split, &[&records]).words(), "1@8+ 2@10+ 1@8- 1@12* 1@10-");
    let pending = [fork(1, 2, 1), pending(2, 10), mark(11), exec.bytes().to_vec(), execve.bytes().to_vec()];
    assert_eq!(run(Order::Split, &[&pending]).words(), "2@10~ 1@12* 1@10-");
    // The source tells that it runs after it came to the leader's id, and once more when it has ended.
    let moved = Head { kind: kind::PENDING, dur: 0, ..execve }.bytes().to_vec();
    let told =
        [fork(1, 2, 1), exec.bytes().to_vec(), moved.clone(), mark(15), execve.bytes().to_vec(), moved, mark(30)];
    assert_eq!(run(Order::Split, &[&told]).words(), "2@10~ 1@12* 1@10-");
    let single: Vec<_> = told.iter().map(std::slice::from_ref).collect();
    assert_eq!(run(Order::Split, &single).words(), "2@10~ 1@12* 1@10-", "a record a batch");
}

#[test]
fn a_late_record_is_shown_late_and_whole() {
    let records = [call(1, 1, 2), call(2, 3, 4), mark(10), call(1, 5, 6), mark(20), call(2, 11, 12)];
    let single: Vec<_> = records.iter().map(std::slice::from_ref).collect();
    assert_eq!(run(Order::Split, &single).words(), "1@1 2@3 1@5 2@11");
}

#[test]
fn whole_calls_stand_where_they_end() {
    let records = [fork(1, 2, 1), call(2, 12, 13), call(1, 10, 20), pending(2, 15), mark(30)];
    assert_eq!(run(Order::Ends, &[&records]).words(), "2@12 1@10 2@15!");
}

/// Random lives of up to four tasks: the records in the order of their ends, with marks and the calls
/// that run at each.
fn story() -> impl Strategy<Value = (Vec<Vec<u8>>, usize)> {
    (prop::collection::vec((0u32..4, 1u64..6, 0u64..40), 1..60), prop::collection::vec(1u64..400, 0..6)).prop_map(
        |(steps, marks)| {
            let mut clock = [1000u64, 1001, 1002, 1003];
            let mut calls: Vec<(u64, u64, u32)> = Vec::new();
            for (i, (task, gap, dur)) in steps.into_iter().enumerate() {
                let now = &mut clock[task as usize];
                // Distinct times, as a clock of ns gives them.
                let (start, end) = (*now * 100 + i as u64, (*now + gap + dur) * 100 + i as u64);
                *now += gap + dur + 1;
                calls.push((start, end, task + 1));
            }
            let made = calls.len();
            let mut timed: Vec<(u64, Vec<u8>)> = calls.iter().map(|&(s, e, t)| (e, call(t, s, e))).collect();
            for at in marks {
                let at = (1000 + at) * 100 + 99;
                let mut bytes = Vec::new();
                for &(s, _, t) in calls.iter().filter(|&&(s, e, _)| s < at && e >= at) {
                    bytes.extend(pending(t, s));
                }
                bytes.extend(mark(at));
                timed.push((at, bytes));
            }
            timed.sort_by_key(|(time, _)| *time);
            // Both tasks are known from the start, as after an attach.
            let mut records: Vec<Vec<u8>> = (1..=4).map(|t| record(kind::ATTACH, t, 1, 0)).collect();
            for (_, bytes) in timed {
                records.extend(bytes.chunks(104).map(<[u8]>::to_vec));
            }
            (records, made)
        },
    )
}

proptest! {
    #[test]
    fn every_call_once_in_order_however_batches_are_cut((records, made) in story(), cuts in prop::collection::vec(any::<bool>(), 400)) {
        let whole = run(Order::Split, &[&records]);
        let mut batches = Vec::new();
        let mut from = 0;
        for i in 1..records.len() {
            if cuts[i % cuts.len()] {
                batches.push(&records[from..i]);
                from = i;
            }
        }
        batches.push(&records[from..]);
        let cut = run(Order::Split, &batches);
        prop_assert_eq!(cut.words(), whole.words());

        let mut ended = 0;
        let mut running: HashMap<u32, u64> = HashMap::new();
        let mut last: HashMap<u32, u64> = HashMap::new();
        for &(tid, part, what, time) in &whole.0 {
            prop_assert!(matches!(what, kind::CALL | kind::PENDING));
            match part {
                Part::Resumed => prop_assert_eq!(running.remove(&tid), Some(time)),
                _ => {
                    prop_assert!(!running.contains_key(&tid));
                    prop_assert!(last.insert(tid, time).is_none_or(|t| t < time), "a task's calls in order");
                    if part == Part::Unfinished {
                        running.insert(tid, time);
                    }
                }
            }
            ended += usize::from(matches!(part, Part::Whole | Part::Resumed));
        }
        prop_assert!(running.is_empty());
        prop_assert_eq!(ended, made);
    }
}
