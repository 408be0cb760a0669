//! Records of what a process has not freed: one of all of it, then one of each stack, those of the most bytes first.

use std::collections::HashMap;

use tracer_common::blocks::Block;
use tracer_common::event::{Head, kind, status};
use tracer_common::plan::{ARG_SP, phase, shape};

use super::stacks::Stacks;
use crate::capture::Batch;
use crate::capture::record::{Place, Record};

/// A block, and where it is.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Its address.
    pub address: u64,
    /// What is known of it.
    pub block: Block,
}

/// What is told of a process.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// The process.
    pub process: u32,
    /// The task whose end is that of the process.
    pub tid: u32,
    /// Until when.
    pub time: u64,
    /// The process has ended.
    pub ended: bool,
    /// Blocks that it gave back, and that nobody had seen given.
    pub unknown: u64,
    /// What was missed.
    pub missed: u64,
}

/// Blocks of the same frames.
struct Group<'a> {
    by: &'a [u8],
    pieces: Vec<&'a [u8]>,
    number: u32,
    bytes: u64,
    blocks: u64,
    oldest: Held,
    youngest: u64,
}

impl Report {
    /// Appends the records.
    pub fn send(self, held: Vec<Held>, stacks: &Stacks, batch: &mut Batch) {
        // Until then: what came later is another report's.
        let held: Vec<Held> = held.into_iter().filter(|it| it.block.time <= self.time).collect();
        let found: Vec<_> = held.iter().map(|it| stacks.of(it.block.stack, it.block.function)).collect();
        let mut groups: HashMap<(&[u8], Vec<&[u8]>), Group<'_>> = HashMap::new();
        for (held, stack) in held.iter().zip(&found) {
            let pieces: Vec<&[u8]> = stack.frames.pieces().collect();
            let group = groups.entry((&stack.by, pieces.clone())).or_insert_with(|| Group {
                by: &stack.by,
                pieces,
                number: held.block.function,
                bytes: 0,
                blocks: 0,
                oldest: *held,
                youngest: 0,
            });
            group.bytes = group.bytes.saturating_add(held.block.size);
            group.blocks += 1;
            group.youngest = group.youngest.max(held.block.time);
            if held.block.time < group.oldest.block.time {
                group.oldest = *held;
            }
        }
        let mut groups: Vec<Group<'_>> = groups.into_values().collect();
        groups.sort_by(|a, b| {
            (b.bytes, b.blocks).cmp(&(a.bytes, a.blocks)).then(a.oldest.block.time.cmp(&b.oldest.block.time))
        });
        let bytes = groups.iter().fold(0u64, |sum, group| sum.saturating_add(group.bytes));
        let Report { process: tgid, tid, time, .. } = self;
        let head = Head { tid, tgid, time, ret: self.ended.into(), ..Head::default() };
        let args = [bytes, held.len() as u64, groups.len() as u64, self.unknown, self.missed, 0];
        Record::send_bare(Head { kind: kind::HEAP, args, ..head }, batch);
        for group in groups {
            let since = |then: u64| time.saturating_sub(then);
            let (oldest, youngest) = (since(group.oldest.block.time), since(group.youngest));
            let args = [group.bytes, group.blocks, oldest, youngest, group.oldest.address, 0];
            let mut record = Record::default();
            record.start(Head { kind: kind::UNFREED, nr: group.number, args, ..head });
            let by = Place { arg: 0, shape: shape::TEXT, phase: phase::ENTER, part: 0 };
            record.blob(by, status::WHOLE, group.by, group.by.len() as u64);
            for (part, piece) in (0..).zip(group.pieces) {
                let place = Place { arg: ARG_SP, shape: shape::STACK, phase: phase::ENTER, part };
                record.blob(place, status::WHOLE, piece, piece.len() as u64);
            }
            record.send(batch);
        }
    }
}
