//! The namespaces that calls led to (`-e namespace=new`). Nobody stands still here: what /proc has of a task is what its call gave it only
//! if it has not gone on to others meanwhile. So a task is looked at when the record of its call was read; then the kernel side tells of
//! every call that runs, and all records are read that were made until then. Where one of them says that the task may have changed before
//! it was looked at, or had ended, nothing is told of its namespaces, and that is counted.

use std::collections::HashMap;

use tracer_common::event::{Head, kind};
use tracer_common::loss::Loss;
use tracer_common::record::records;

use super::ring;
use crate::capture::record::Record;
use crate::capture::{Batch, Losses, namespaces};
use crate::schema::namespaces::{Asked, Entered, KINDS, TIME, got, may_lead};
use crate::schema::records::Told;

/// Calls whose namespaces were looked up, until it is known what to think of that.
#[derive(Debug, Default)]
pub struct Entries {
    /// The last child of each task.
    children: HashMap<u32, u32>,
    looked: Vec<Looked>,
}

/// A call, and what was found.
#[derive(Debug)]
struct Looked {
    /// Whose call it was, and when it began.
    caller: (u32, u64),
    /// Whom it put into the namespaces, and since when.
    who: u32,
    since: u64,
    asked: Asked,
    found: Vec<Entered>,
    /// When that was.
    at: u64,
}

impl Entries {
    /// Looks at the tasks whose calls are among new records; whether there is one.
    pub fn look(&mut self, new: &[u8]) -> bool {
        for (head, record) in records(new) {
            match Told::of(&head) {
                Told::Fork { child, traced: true, .. } => drop(self.children.insert(head.tid, child)),
                Told::Exit { .. } => drop(self.children.remove(&head.tid)),
                _ => {}
            }
            let Some(asked) = got(&head, record) else { continue };
            let end = head.time.saturating_add(head.dur);
            // A child that is not followed is not seen to go on.
            let (who, since) = match (asked.child, self.children.get(&head.tid)) {
                (false, _) => (head.tid, end),
                (true, Some(child)) => (*child, 0),
                (true, None) => continue,
            };
            let found = namespaces::look(who, asked.flags);
            self.looked.push(Looked { caller: (head.tid, head.time), who, since, asked, found, at: ring::now() });
        }
        !self.looked.is_empty()
    }

    /// Has the calls of the records from `from` on tell of what was found, but for what cannot be known: `all_told` says that all
    /// records are there which tell of that.
    pub fn settle(&mut self, batch: &mut Batch, from: usize, all_told: bool, losses: &mut Losses) {
        let looked = std::mem::take(&mut self.looked);
        let new = batch.split_off(from);
        for (head, record) in records(&new) {
            let of = |looked: &&Looked| head.kind == kind::CALL && looked.caller == (head.tid, head.time);
            let Some(looked) = looked.iter().find(of) else {
                batch.extend_from_slice(record);
                continue;
            };
            let holds = all_told && !records(&new).any(|(other, record)| looked.may_have_changed(&other, record));
            let wanted = KINDS.iter().filter(|(kind, _)| looked.asked.flags & kind != 0).count();
            if holds && looked.found.len() == wanted {
                let mut told = Record::default();
                namespaces::tell(&looked.found, &mut told);
                told.send_behind(&head, record, batch);
            } else {
                losses.add(Loss::ProcGone, 1);
                batch.extend_from_slice(record);
            }
        }
    }
}

impl Looked {
    /// Whether a record says that the task may have been in other namespaces when it was looked at, or gone.
    fn may_have_changed(&self, head: &Head, record: &[u8]) -> bool {
        if head.tid != self.who || head.time >= self.at {
            return false;
        }
        match head.kind {
            kind::EXIT => true,
            // The namespace of time of a new program is that which was made for children.
            kind::EXEC => self.asked.flags & TIME != 0,
            kind::CALL | kind::PENDING if head.time >= self.since => may_lead(head, record) & self.asked.flags != 0,
            _ => false,
        }
    }
}
