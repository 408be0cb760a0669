//! Counting calls instead of sending them (`-c`).

use std::collections::BTreeMap;

use tracer_common::event::{Head, flag};

use crate::capture::Count;
use crate::capture::interpret::failed;

/// Counts per call.
#[derive(Debug, Default)]
pub struct Tally {
    calls: BTreeMap<(bool, u32), Count>,
}

impl Tally {
    /// Counts a call by its finished head.
    pub fn add(&mut self, head: &Head) {
        let compat = head.flags & flag::COMPAT != 0;
        let count = self.calls.entry((compat, head.nr)).or_insert(Count {
            compat,
            nr: head.nr,
            min: u64::MAX,
            ..Count::default()
        });
        count.calls += 1;
        if head.flags & flag::NO_RETURN == 0 {
            count.errors += u64::from(failed(head.ret));
        }
        count.total += head.dur;
        count.min = count.min.min(head.dur);
        count.max = count.max.max(head.dur);
    }

    /// Everything counted, by number.
    pub fn counts(&self) -> Vec<Count> {
        self.calls.values().copied().collect()
    }
}
