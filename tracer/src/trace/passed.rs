//! What was not in memory when a call began is read at its end (the kernel side cannot wait for it). Where the call's line was cut
//! before, the end of the line shows it.

use std::collections::HashMap;

use tracer_common::event::{Blob, Head, status};
use tracer_common::plan::phase;
use tracer_common::record::blobs;

/// Calls whose entry was shown, by process and begin: how many copies of what was passed had been made by then.
#[derive(Debug, Default)]
pub struct Passed(HashMap<(u32, u64), usize>);

impl Passed {
    /// The entry of a call is shown.
    pub fn shown(&mut self, head: &Head, record: &[u8]) {
        self.0.insert((head.tgid, head.time), copies(head, record));
    }

    /// Whether the end of a call has more of what was passed than its entry had.
    pub fn has_more(&mut self, head: &Head, record: &[u8]) -> bool {
        self.0.remove(&(head.tgid, head.time)).is_some_and(|before| before < copies(head, record))
    }

    /// A process is gone: what its threads were in never ends.
    pub fn gone(&mut self, process: u32) {
        self.0.retain(|(of, _), _| *of != process);
    }
}

/// How many copies of what was passed to a call a record has.
fn copies(head: &Head, record: &[u8]) -> usize {
    let whole = |blob: &Blob| blob.phase == phase::ENTER && matches!(blob.status, status::WHOLE | status::CUT);
    blobs(head, record).filter(|(blob, _)| whole(blob)).count()
}
