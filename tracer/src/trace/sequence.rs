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

mod begun;
mod tids;

use std::collections::HashMap;
use std::mem;

use tracer_common::event::{Head, flag};
use tracer_common::record::{first, records};

use self::begun::{Begun, Open};
use self::tids::Tids;
use super::output::Order;
use crate::schema::records::{Course, Told};

/// How a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole call, or an event.
    Whole,
    /// The entry of a call that another line comes after.
    Unfinished,
    /// The same, where that line says that its task goes on as the first of its process: it was an execve.
    Changed,
    /// The end of a call whose entry was shown.
    Resumed,
    /// A call that still ran when tracing ended and was not shown before.
    Detached,
    /// The entry of a running call with nothing behind it, for a live terminal: [`Sequencer::reveal`]. It
    /// comes again in another part.
    Entered,
}

/// One thing to show, or (with `shown` false) only to learn from.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// How to show it.
    pub part: Part,
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
    tasks: Tids<TaskState>,
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
    /// One that cuts no line of its task.
    Aside,
    /// A record that makes none.
    Quiet,
}

#[derive(Debug, Default, Clone, Copy)]
struct TaskState {
    /// The running call whose start is known from a `PENDING` record.
    begun: Option<u64>,
    /// When its last record ended.
    last: u64,
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
            while let Ok((head, record)) = first(&self.held[off..]) {
                let end = off + record.len();
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

    /// Gives the running call that comes next in the order, if it is known, as [`Part::Entered`].
    pub fn reveal(&self, stage: &mut impl Stage) {
        if let (Some(open), true) = (&self.open, self.points.is_empty()) {
            show(stage, Part::Entered, &open.record, true);
        }
    }

    /// Plays all that waits, and the calls that still run as [`Part::Detached`].
    pub fn finish(&mut self, stage: &mut impl Stage) {
        self.play(u64::MAX, stage);
        if let Some(open) = self.open.take() {
            show(stage, Part::Detached, &open.record, true);
        }
        let mut left: Vec<_> = self.running.drain().collect();
        left.sort_by_key(|(tid, _)| *tid);
        for (_, record) in left {
            show(stage, Part::Detached, &record, true);
        }
    }

    /// Plays records as they come, up to the first that shows a second task. Returns how far it came.
    fn straight(&mut self, batch: &[u8], stage: &mut impl Stage) -> usize {
        let mut at = 0;
        for (head, record) in records(batch) {
            if Course::of(head.kind) == Course::Span && (self.only == Some(head.tid) || self.order == Order::Arrival) {
                self.ended(&head);
                let shown = stage.visible(&head, record);
                stage.step(Step { part: Part::Whole, record, head: &head, shown });
                at += record.len();
                continue;
            }
            if self.order != Order::Arrival && self.second(&head) {
                self.several = true;
                self.tasks.extend(self.only.map(|tid| (tid, TaskState { begun: self.begun(tid), last: self.played })));
                return at;
            }
            match Course::of(head.kind) {
                Course::Mark => {}
                Course::Running => self.runs(&head, record, stage),
                Course::Beside => {
                    let shown = stage.visible(&head, record);
                    stage.step(Step { part: Part::Whole, record, head: &head, shown });
                }
                Course::Span | Course::Point => {
                    let shown = stage.visible(&head, record);
                    if matches!(Told::of(&head), Told::Exit { .. }) {
                        self.gone(head.tid);
                    }
                    self.played = self.played.max(head.time);
                    stage.step(Step { part: Part::Whole, record, head: &head, shown });
                }
            }
            at += record.len();
        }
        batch.len()
    }

    /// Whether a record shows that there is another task than the only one so far.
    fn second(&mut self, head: &Head) -> bool {
        if Course::of(head.kind) == Course::Mark {
            return false;
        }
        let only = *self.only.get_or_insert(head.tid);
        only != head.tid || matches!(Told::of(head), Told::Fork { traced: true, .. })
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
        let course = Course::of(head.kind);
        if course == Course::Mark {
            self.mark = self.mark.max(head.time);
            return;
        }
        let record = &self.held[off..end];
        let visible = stage.visible(head, record);
        let mut point = Point { time: head.time, start: head.time, off: off as u32, tid: head.tid, what: What::Quiet };
        if course == Course::Beside {
            point.time = head.time.saturating_add(head.dur);
            point.what = if visible { What::Aside } else { What::Quiet };
            self.points.push(point);
            return;
        }
        let task = self.tasks.entry(head.tid).or_default();
        match course {
            Course::Span => {
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
                        let tid = self.began_as(head);
                        self.points.push(Point { what: What::Start, tid, ..point });
                    }
                    point.what = What::End;
                }
                self.points.push(Point { time: stop, ..point });
            }
            Course::Running => {
                let stale = task.begun == Some(head.time) || (head.time < task.last && head.flags & flag::BEFORE == 0);
                if !visible || stale {
                    return;
                }
                if self.order == Order::Split {
                    task.begun = Some(head.time);
                    let time = head.time.max(task.last);
                    let tid = self.began_as(head);
                    self.points.push(Point { what: What::Start, time, tid, ..point });
                } else {
                    self.running.insert(head.tid, record.to_vec());
                }
            }
            Course::Point | Course::Beside | Course::Mark => {
                if visible {
                    point.what = What::Event;
                    point.time = point.time.max(task.last);
                    task.last = point.time;
                }
                match Told::of(head) {
                    Told::Fork { child, traced: true, .. } => {
                        self.tasks.entry(child).or_default().last = head.time;
                    }
                    Told::Exit { .. } => {
                        point.time = point.time.max(task.last);
                        self.tasks.remove(&head.tid);
                    }
                    Told::Exec { from, moved: true, .. } => {
                        let from = self.tasks.remove(&from).unwrap_or_default();
                        // Its call began before it came to this id.
                        self.tasks.insert(head.tid, from);
                    }
                    _ => {}
                }
                self.points.push(point);
            }
        }
    }

    /// Who began a call: after execve in a thread that was not the leader, the call ends under the leader's id.
    fn began_as(&self, call: &Head) -> u32 {
        if call.flags & flag::MOVED == 0 {
            return call.tid;
        }
        let heads = self.points.iter().rev().filter_map(|p| Head::read(record_at(&self.held, p.off)));
        let mut moved = heads.filter(|head| head.tid == call.tid).filter_map(|head| match Told::of(&head) {
            Told::Exec { from, moved: true, .. } => Some(from),
            _ => None,
        });
        moved.next().unwrap_or(call.tid)
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
                    show(stage, Part::Whole, record, false);
                    continue;
                }
                What::Aside if open.as_ref().is_none_or(|o| o.tid() == p.tid) => {
                    show(stage, Part::Whole, record, true);
                    continue;
                }
                What::End if is_open => {
                    open = None;
                    show(stage, Part::Whole, record, true);
                    continue;
                }
                _ => {}
            }
            if let Some(begun) = open.take() {
                self.unfinished.insert(begun.tid(), begun.start());
                begun.show(stage, begun.before(record), &self.held);
            }
            match p.what {
                What::Start => open = Some(Begun::Held { tid: p.tid, start: p.start, off: p.off }),
                What::End if self.unfinished.get(&p.tid) == Some(&p.start) => {
                    self.unfinished.remove(&p.tid);
                    show(stage, Part::Resumed, record, true);
                }
                _ => {
                    if let Some(head) = Head::read(record) {
                        self.unfinished = moved(mem::take(&mut self.unfinished), &head, &mut open, &self.points);
                    }
                    show(stage, Part::Whole, record, true);
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

/// After execve in a thread that was not the leader, its running call goes on under the leader's id; a
/// task that is gone runs nothing.
fn moved(mut unfinished: Tids<u64>, head: &Head, open: &mut Option<Begun>, points: &[Point]) -> Tids<u64> {
    match Told::of(head) {
        Told::Exec { from, moved: true, .. } => {
            if let Some(start) = unfinished.remove(&from) {
                unfinished.insert(head.tid, start);
            }
        }
        Told::Exit { .. } => {
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
    first(&held[off as usize..]).map_or(&[], |(_, record)| record)
}

fn show(stage: &mut impl Stage, part: Part, record: &[u8], shown: bool) {
    if let Some(head) = Head::read(record) {
        stage.step(Step { part, record, head: &head, shown });
    }
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;
