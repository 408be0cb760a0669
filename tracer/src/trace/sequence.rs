//! From batches of records to the order in which lines are shown.
//!
//! A source sends a call when it ends, and sends the calls of several tasks in about the order of their
//! ends. Readers expect strace's order: a call stands where it began, and is cut into `<unfinished ...>`
//! and `<... resumed>` when another line comes before its end. So every call becomes two points in time,
//! everything else one; points are sorted and played through one rule, the one strace itself follows: at
//! most one call is *open* (begun, with nothing behind it), and any other line closes it unfinished.
//!
//! What can not be known from ended calls alone is what still runs. Records are therefore held until a
//! `MARK` says that all before it was sent, with a `PENDING` record of each call that was running then.
//! While only one task was ever seen nothing can come between: its records pass straight through.
//!
//! Nothing is dropped here. A record older than what was shown already is shown late, whole.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;

use tracer_common::event::{Head, flag, kind};

/// How a record is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The whole call, or an event.
    Whole,
    /// The entry of a call that another line comes after.
    Unfinished,
    /// The end of a call whose entry was shown.
    Resumed,
    /// A call that still ran when tracing ended and was not shown before.
    Detached,
    /// The entry of a running call with nothing behind it, for eyes that wait: [`Sequencer::reveal`]. It
    /// comes again in another form.
    Entered,
}

/// One thing to show, or (with `shown` false) only to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// How to show it.
    pub form: Form,
    /// The whole record, head and blobs.
    pub record: &'a [u8],
    /// Its head.
    pub head: &'a Head,
    /// It makes a line, as [`Stage::visible`] decided.
    pub shown: bool,
}

/// What takes the steps.
pub trait Stage {
    /// Whether a record makes a line. Records that make none do not cut the lines of others.
    fn visible(&mut self, head: &Head, record: &[u8]) -> bool;

    /// The next step, in order.
    fn step(&mut self, step: Step<'_>);
}

/// How calls of several tasks are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As strace: a call stands where it began, cut when another line comes before its end.
    Split,
    /// Whole calls, where they ended (`-z`, JSON).
    Ends,
    /// As they come: only the order within a task counts (`-ff`, `-c`).
    Arrival,
}

/// Bytes of held records beyond which a mark is no longer waited for.
const HELD_MAX: usize = 64 << 20;

/// Puts records in order. See the module's words.
#[derive(Debug)]
pub struct Sequencer {
    order: Order,
    /// The only task there is, while there is only one.
    only: Option<u32>,
    /// More than one task lives, or records wait.
    several: bool,
    /// Records that wait, back to back.
    held: Vec<u8>,
    points: Vec<Point>,
    /// The call that began last, with no line behind it.
    open: Option<Open>,
    /// Calls whose entry was shown, by task: when they began.
    unfinished: Tids<u64>,
    tasks: Tids<Task>,
    /// Records of running calls, where calls are not split; for the end.
    running: Tids<Vec<u8>>,
    /// All points before this time were played.
    played: u64,
    /// The latest mark that came and was not played yet.
    mark: u64,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    time: u64,
    /// Start of the call as its record says it, with `tid` the call's identity.
    start: u64,
    off: u32,
    tid: u32,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Start,
    End,
    /// An event that makes a line.
    Event,
    /// A record that makes none.
    Quiet,
}

#[derive(Debug)]
struct Open {
    tid: u32,
    start: u64,
    record: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Task {
    /// The running call whose start is known from a `PENDING` record.
    begun: Option<u64>,
    /// When its last record ended.
    last: u64,
}

type Tids<V> = HashMap<u32, V, BuildHasherDefault<TidHasher>>;

/// Task ids are small, dense and not chosen by others: one multiplication spreads them.
#[derive(Debug, Default)]
struct TidHasher(u64);

impl Hasher for TidHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.write_u32(u32::from(b));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.0 = (self.0 ^ u64::from(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

impl Sequencer {
    /// A sequencer that has seen nothing.
    pub fn new(order: Order) -> Sequencer {
        Sequencer {
            order,
            only: None,
            several: false,
            held: Vec::new(),
            points: Vec::new(),
            open: None,
            unfinished: Tids::default(),
            tasks: Tids::default(),
            running: Tids::default(),
            played: 0,
            mark: 0,
        }
    }

    /// Takes the records of a batch (it is left empty) and plays what is known to be in order.
    pub fn feed(&mut self, batch: &mut Vec<u8>, stage: &mut impl Stage) {
        let mut at = 0;
        if !self.several {
            at = self.straight(batch, stage);
        }
        if at < batch.len() {
            let mut off = self.held.len();
            if off == 0 && at == 0 {
                mem::swap(&mut self.held, batch);
            } else {
                self.held.extend_from_slice(&batch[at..]);
            }
            while let Some(head) = Head::read(&self.held[off..]) {
                let end = off + head.len as usize;
                if (head.len as usize) < size_of::<Head>() || end > self.held.len() {
                    break;
                }
                self.hold(&head, off, end, stage);
                off = end;
            }
            self.held.truncate(off);
            if self.mark > 0 {
                let mark = mem::take(&mut self.mark);
                self.play(mark, stage);
            } else if self.held.len() > HELD_MAX {
                self.play(u64::MAX, stage);
            }
        }
        batch.clear();
    }

    /// Bytes of records that wait for a mark.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Records wait, or may have to.
    pub fn wants_marks(&self) -> bool {
        self.several && self.order != Order::Arrival
    }

    /// Gives the running call that comes next in the order, if it is known, as [`Form::Entered`].
    pub fn reveal(&self, stage: &mut impl Stage) {
        if let (Some(open), true) = (&self.open, self.points.is_empty()) {
            show(stage, Form::Entered, &open.record, true);
        }
    }

    /// Plays all that waits, and the calls that still run as [`Form::Detached`].
    pub fn finish(&mut self, stage: &mut impl Stage) {
        self.play(u64::MAX, stage);
        if let Some(open) = self.open.take() {
            show(stage, Form::Detached, &open.record, true);
        }
        let mut left: Vec<_> = self.running.drain().collect();
        left.sort_by_key(|(tid, _)| *tid);
        for (_, record) in left {
            show(stage, Form::Detached, &record, true);
        }
    }

    /// Plays records as they come, up to the first that shows a second task. Returns how far it came.
    fn straight(&mut self, batch: &[u8], stage: &mut impl Stage) -> usize {
        let mut at = 0;
        while let Some(head) = Head::read(&batch[at..]) {
            let end = at + head.len as usize;
            if (head.len as usize) < size_of::<Head>() || end > batch.len() {
                return batch.len();
            }
            let record = &batch[at..end];
            if head.kind == kind::CALL && (self.only == Some(head.tid) || self.order == Order::Arrival) {
                self.ended(&head);
                let shown = stage.visible(&head, record);
                stage.step(Step { form: Form::Whole, record, head: &head, shown });
                at = end;
                continue;
            }
            if self.order != Order::Arrival && self.second(&head) {
                self.several = true;
                self.tasks.extend(self.only.map(|tid| (tid, Task { begun: self.begun(tid), last: self.played })));
                return at;
            }
            match head.kind {
                kind::MARK => {}
                kind::PENDING => self.runs(&head, record, stage),
                _ => {
                    let shown = stage.visible(&head, record);
                    if head.kind == kind::EXIT {
                        self.gone(head.tid);
                    }
                    self.played = self.played.max(head.time);
                    stage.step(Step { form: Form::Whole, record, head: &head, shown });
                }
            }
            at = end;
        }
        at
    }

    /// Whether a record shows that there is another task than the only one so far.
    fn second(&mut self, head: &Head) -> bool {
        if head.kind == kind::MARK {
            return false;
        }
        let only = *self.only.get_or_insert(head.tid);
        only != head.tid || (head.kind == kind::FORK && head.ret == 1)
    }

    /// The start of the running call of the only task.
    fn begun(&self, tid: u32) -> Option<u64> {
        self.open.as_ref().filter(|o| o.tid == tid).map(|o| o.start)
    }

    /// A call of the only task ended.
    fn ended(&mut self, head: &Head) {
        self.played = self.played.max(head.time.saturating_add(head.dur));
        self.open = None;
        if !self.running.is_empty() {
            self.running.remove(&head.tid);
        }
    }

    fn gone(&mut self, tid: u32) {
        self.running.remove(&tid);
        self.unfinished.remove(&tid);
        self.tasks.remove(&tid);
        if self.open.as_ref().is_some_and(|o| o.tid == tid) {
            self.open = None;
        }
        if self.only == Some(tid) {
            self.only = None;
        }
    }

    /// A call of the only task runs.
    fn runs(&mut self, head: &Head, record: &[u8], stage: &mut impl Stage) {
        // It may have ended between the source's look at it and its telling.
        let stale = self.order == Order::Split && head.time < self.played && head.flags & flag::BEFORE == 0;
        if stale || !stage.visible(head, record) {
            return;
        }
        if self.order == Order::Split {
            self.open = Some(Open { tid: head.tid, start: head.time, record: record.to_vec() });
        } else {
            self.running.insert(head.tid, record.to_vec());
        }
    }

    /// Makes the points of the record at `off`.
    fn hold(&mut self, head: &Head, off: usize, end: usize, stage: &mut impl Stage) {
        if head.kind == kind::MARK {
            self.mark = self.mark.max(head.time);
            return;
        }
        let record = &self.held[off..end];
        let visible = stage.visible(head, record);
        let mut point =
            Point { time: head.time, start: head.time, off: off as u32, tid: head.tid, what: What::Quiet };
        let task = self.tasks.entry(head.tid).or_default();
        match head.kind {
            kind::CALL => {
                let before = head.flags & flag::BEFORE != 0;
                let stop = head.time.saturating_add(head.dur);
                let stop = if before { stop.max(self.played) } else { stop };
                task.last = task.last.max(stop);
                let begun = task.begun.take() == Some(head.time);
                if !self.running.is_empty() {
                    self.running.remove(&head.tid);
                }
                if visible || begun {
                    if self.order == Order::Split && !begun && !before && head.time >= self.played {
                        self.points.push(Point { what: What::Start, ..point });
                    }
                    point.what = What::End;
                }
                self.points.push(Point { time: stop, ..point });
            }
            kind::PENDING => {
                let stale = task.begun == Some(head.time) || (head.time < task.last && head.flags & flag::BEFORE == 0);
                if !visible || stale {
                    return;
                }
                if self.order == Order::Split {
                    task.begun = Some(head.time);
                    self.points.push(Point { what: What::Start, time: head.time.max(task.last), ..point });
                } else {
                    self.running.insert(head.tid, record.to_vec());
                }
            }
            _ => {
                if visible {
                    point.what = What::Event;
                    point.time = point.time.max(task.last);
                    task.last = point.time;
                }
                if head.kind == kind::FORK && head.ret == 1 {
                    self.tasks.entry(head.args[0] as u32).or_default().last = head.time;
                } else if head.kind == kind::EXIT {
                    point.time = point.time.max(task.last);
                    self.tasks.remove(&head.tid);
                } else if head.kind == kind::EXEC && head.flags & flag::MOVED != 0 {
                    let from = self.tasks.remove(&(head.args[0] as u32)).unwrap_or_default();
                    self.tasks.entry(head.tid).or_default().begun = from.begun;
                }
                self.points.push(point);
            }
        }
    }

    /// Plays all points before `mark`, in order.
    fn play(&mut self, mark: u64, stage: &mut impl Stage) {
        self.points.sort_by_key(|p| p.time);
        let n = self.points.partition_point(|p| p.time < mark);
        let mut open = self.open.take().map(Begun::Kept);
        for p in &self.points[..n] {
            let record = record_at(&self.held, p.off);
            let is_open = open.as_ref().is_some_and(|o| o.is(p.tid, p.start));
            match p.what {
                What::Quiet => {
                    if let Some(head) = Head::read(record) {
                        self.unfinished = moved(mem::take(&mut self.unfinished), &head, &mut open, &self.points);
                    }
                    show(stage, Form::Whole, record, false);
                    continue;
                }
                What::End if is_open => {
                    open = None;
                    show(stage, Form::Whole, record, true);
                    continue;
                }
                _ => {}
            }
            if let Some(begun) = open.take() {
                self.unfinished.insert(begun.tid(), begun.start());
                show(stage, Form::Unfinished, begun.record(&self.held), true);
            }
            match p.what {
                What::Start => open = Some(Begun::Held { tid: p.tid, start: p.start, off: p.off }),
                What::End if self.unfinished.get(&p.tid) == Some(&p.start) => {
                    self.unfinished.remove(&p.tid);
                    show(stage, Form::Resumed, record, true);
                }
                _ => {
                    if let Some(head) = Head::read(record) {
                        self.unfinished = moved(mem::take(&mut self.unfinished), &head, &mut open, &self.points);
                    }
                    show(stage, Form::Whole, record, true);
                }
            }
        }
        self.open = open.map(|o| o.keep(&self.held));
        let newest = self.points[..n].last().map_or(0, |p| p.time);
        self.played = self.played.max(if mark == u64::MAX { newest } else { mark });
        self.points.drain(..n);
        self.compact();
        if self.points.is_empty() && self.tasks.len() <= 1 && self.unfinished.is_empty() {
            let tid = self.tasks.keys().next().copied();
            if self.open.as_ref().is_none_or(|o| Some(o.tid) == tid) {
                self.only = tid;
                self.several = false;
                self.tasks.clear();
            }
        }
    }

    /// Drops the bytes of records that no point needs any more.
    fn compact(&mut self) {
        if self.points.is_empty() {
            self.held.clear();
            return;
        }
        let mut kept = Vec::new();
        let mut places: HashMap<u32, u32> = HashMap::new();
        for p in &mut self.points {
            p.off = *places.entry(p.off).or_insert_with(|| {
                let to = kept.len() as u32;
                kept.extend_from_slice(record_at(&self.held, p.off));
                to
            });
        }
        self.held = kept;
    }
}

/// The open call while points are played: its record is our own or among the held ones.
enum Begun {
    Kept(Open),
    Held { tid: u32, start: u64, off: u32 },
}

impl Begun {
    fn tid(&self) -> u32 {
        match self {
            Begun::Kept(open) => open.tid,
            Begun::Held { tid, .. } => *tid,
        }
    }

    fn start(&self) -> u64 {
        match self {
            Begun::Kept(open) => open.start,
            Begun::Held { start, .. } => *start,
        }
    }

    fn is(&self, tid: u32, start: u64) -> bool {
        self.tid() == tid && self.start() == start
    }

    fn record<'a>(&'a self, held: &'a [u8]) -> &'a [u8] {
        match self {
            Begun::Kept(open) => &open.record,
            Begun::Held { off, .. } => record_at(held, *off),
        }
    }

    fn keep(self, held: &[u8]) -> Open {
        match self {
            Begun::Kept(open) => open,
            Begun::Held { tid, start, off } => Open { tid, start, record: record_at(held, off).to_vec() },
        }
    }
}

/// After execve in a thread that was not the leader, its running call goes on under the leader's id; a
/// task that is gone runs nothing.
fn moved(mut unfinished: Tids<u64>, head: &Head, open: &mut Option<Begun>, points: &[Point]) -> Tids<u64> {
    match head.kind {
        kind::EXEC if head.flags & flag::MOVED != 0 => {
            if let Some(start) = unfinished.remove(&(head.args[0] as u32)) {
                unfinished.insert(head.tid, start);
            }
        }
        kind::EXIT => {
            // The old leader of a process whose other thread called execve: that call's end comes under its id.
            let ends = |start| points.iter().any(|p| p.what == What::End && p.tid == head.tid && p.start == start);
            if unfinished.get(&head.tid).is_some_and(|&start| !ends(start)) {
                unfinished.remove(&head.tid);
            }
            if open.as_ref().is_some_and(|o| o.tid() == head.tid) {
                *open = None;
            }
        }
        _ => {}
    }
    unfinished
}

fn record_at(held: &[u8], off: u32) -> &[u8] {
    let rest = &held[off as usize..];
    let len = Head::read(rest).map_or(0, |h| h.len as usize);
    &rest[..len.min(rest.len())]
}

fn show(stage: &mut impl Stage, form: Form, record: &[u8], shown: bool) {
    if let Some(head) = Head::read(record) {
        stage.step(Step { form, record, head: &head, shown });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Writes what it is given as words: `tid+` unfinished, `tid-` resumed, `tid` whole, each with its start.
    #[derive(Default)]
    struct Log(Vec<(u32, Form, u8, u64)>);

    impl Stage for Log {
        fn visible(&mut self, head: &Head, _: &[u8]) -> bool {
            !matches!(head.kind, kind::FORK | kind::ATTACH) && (head.kind != kind::EXEC || head.flags & flag::MOVED != 0)
        }
        fn step(&mut self, step: Step<'_>) {
            if step.shown {
                self.0.push((step.head.tid, step.form, step.head.kind, step.head.time));
            }
        }
    }

    impl Log {
        fn words(&self) -> String {
            let word = |&(tid, form, what, time): &(u32, Form, u8, u64)| {
                let sign = match form {
                    Form::Unfinished => "+",
                    Form::Resumed => "-",
                    Form::Detached => "!",
                    Form::Entered => "?",
                    Form::Whole if what == kind::CALL => "",
                    Form::Whole => "*",
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
            for &(tid, form, what, time) in &whole.0 {
                prop_assert!(matches!(what, kind::CALL | kind::PENDING));
                match form {
                    Form::Resumed => prop_assert_eq!(running.remove(&tid), Some(time)),
                    _ => {
                        prop_assert!(!running.contains_key(&tid));
                        prop_assert!(last.insert(tid, time).is_none_or(|t| t < time), "a task's calls in order");
                        if form == Form::Unfinished {
                            running.insert(tid, time);
                        }
                    }
                }
                ended += usize::from(matches!(form, Form::Whole | Form::Resumed));
            }
            prop_assert!(running.is_empty());
            prop_assert_eq!(ended, made);
        }
    }
}
