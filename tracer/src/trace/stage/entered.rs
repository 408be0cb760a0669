//! Lines of calls that run, shown before they end where somebody watches.

use tracer_common::event::Head;

use super::Shower;
use crate::trace::output::Item;

/// The beginning of a line that is shown already: a call that runs, with nothing behind it yet.
#[derive(Debug)]
pub(super) struct Entered {
    tid: u32,
    start: u64,
    text: Vec<u8>,
}

impl Shower {
    /// Shows the beginning of a line. What follows it is found when the whole line is made: it begins with
    /// the same bytes.
    pub(super) fn enter(&mut self, head: &Head, record: &[u8], item: Item<'_>) {
        const REST: &[u8] = b" <unfinished ...>\n";
        if self.entered.as_ref().is_some_and(|e| e.tid == head.tid && e.start == head.time) {
            return;
        }
        self.hand_over();
        self.line(head, record, head.time, item);
        let Some(text) = self.lines.strip_suffix(REST) else { return };
        self.entered = Some(Entered { tid: head.tid, start: head.time, text: text.to_vec() });
        self.lines.truncate(self.lines.len() - REST.len());
        self.count = 0;
    }

    /// A line was made behind a shown beginning: it is that line's rest, or comes below it.
    pub(super) fn leave(&mut self, head: &Head, from: usize) {
        let Some(entered) = self.entered.take() else { return };
        let same = entered.tid == head.tid && entered.start == head.time;
        if same && self.lines[from..].starts_with(&entered.text) {
            self.lines.drain(from..from + entered.text.len());
        } else {
            self.lines.insert(from, b'\n');
        }
    }
}
