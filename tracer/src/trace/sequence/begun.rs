//! The call that began last and has no line behind it yet, while the sequencer plays its points.

use tracer_common::event::Head;

use super::{Part, Stage, Step, record_at};
use crate::schema::records::Told;

/// The same between two rounds: its record is our own.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) tid: u32,
    pub(super) start: u64,
    pub(super) record: Vec<u8>,
}

/// The open call while points are played: its record is our own or among the held ones.
pub(super) enum Begun {
    /// From an earlier round.
    Kept(Open),
    /// Of this round: where its record stands among the held ones.
    Held { tid: u32, start: u64, off: u32 },
}

impl Begun {
    /// The task that made it.
    pub(super) fn tid(&self) -> u32 {
        match self {
            Begun::Kept(open) => open.tid,
            Begun::Held { tid, .. } => *tid,
        }
    }

    /// When it began: with the task, its identity.
    pub(super) fn start(&self) -> u64 {
        match self {
            Begun::Kept(open) => open.start,
            Begun::Held { start, .. } => *start,
        }
    }

    /// Whether it is this call.
    pub(super) fn is(&self, tid: u32, start: u64) -> bool {
        self.tid() == tid && self.start() == start
    }

    /// Its record; `held` are the bytes that the sequencer holds.
    pub(super) fn record<'a>(&'a self, held: &'a [u8]) -> &'a [u8] {
        match self {
            Begun::Kept(open) => &open.record,
            Begun::Held { off, .. } => record_at(held, *off),
        }
    }

    /// How it is shown when the line of record `next` comes behind it.
    pub(super) fn before(&self, next: &[u8]) -> Part {
        match Head::read(next).map(|head| Told::of(&head)) {
            Some(Told::Exec { from, moved: true, .. }) if from == self.tid() => Part::Changed,
            _ => Part::Unfinished,
        }
    }

    /// Shows the entry, as that of the task that made it.
    pub(super) fn show(&self, stage: &mut impl Stage, part: Part, held: &[u8]) {
        let record = self.record(held);
        if let Some(head) = Head::read(record) {
            stage.step(Step { part, record, head: &Head { tid: self.tid(), ..head }, shown: true });
        }
    }

    /// As what outlives the held records.
    pub(super) fn keep(self, held: &[u8]) -> Open {
        match self {
            Begun::Kept(open) => open,
            Begun::Held { tid, start, off } => Open { tid, start, record: record_at(held, off).to_vec() },
        }
    }
}
