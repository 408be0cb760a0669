//! Open files as lsof(8) shows them: columns, fields for programs, JSON. Rows come finished; which are
//! shown was decided before.

mod escape;
mod fields;
mod json;
mod row;
mod table;

#[cfg(test)]
mod tests;

pub use row::{Amount, Connection, Entry, FileRow, Node};

use crate::tools::lsof::request::{Layout, Show};

/// How a listing is written, beyond what was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Text of others is UTF-8, and the reader's locale shows it.
    pub utf8: bool,
    /// Colours are shown.
    pub color: bool,
}

/// A listing on its way out: what is written goes on in pieces, so that a long one is never kept whole.
pub struct Out<'w> {
    /// What is not on its way yet.
    pub bytes: Vec<u8>,
    to: &'w mut dyn std::io::Write,
    failed: Option<std::io::Error>,
}

impl<'w> Out<'w> {
    /// Bytes that are kept before they go on.
    const PIECE: usize = 64 << 10;

    /// Nothing yet.
    pub fn new(to: &'w mut dyn std::io::Write) -> Out<'w> {
        Out { bytes: Vec::new(), to, failed: None }
    }

    /// Sends what there is on its way when it is enough for a piece.
    fn pass(&mut self) {
        if self.bytes.len() >= Self::PIECE {
            self.send();
        }
    }

    fn send(&mut self) {
        if self.failed.is_none() {
            self.failed = self.to.write_all(&self.bytes).err();
        }
        self.bytes.clear();
    }

    /// Sends the rest.
    ///
    /// # Errors
    /// What writing gave first.
    pub fn end(mut self) -> std::io::Result<()> {
        self.send();
        match self.failed {
            Some(error) => Err(error),
            None => self.to.flush(),
        }
    }
}

/// Appends a listing to `out`. `unreadable`: processes that could not be looked into, which JSON tells.
pub fn write(entries: &[Entry], show: &Show, terminal: Terminal, unreadable: u64, out: &mut Out<'_>) {
    match show.form {
        Layout::Table => table::write(entries, show, terminal, out),
        Layout::Pids => pids(entries, &mut out.bytes),
        Layout::Fields { fields, nul } => fields::write(entries, show, fields, nul, terminal, out),
        Layout::Json(fields) => json::document(entries, show, fields, unreadable, &mut out.bytes),
        Layout::JsonLines(fields) => json::lines(entries, show, fields, unreadable, out),
    }
}

/// What ends a listing of `-r`.
pub fn marker(show: &Show, text: Option<&str>, out: &mut Vec<u8>) {
    match show.form {
        Layout::Fields { nul, .. } => {
            out.push(b'm');
            out.extend_from_slice(text.unwrap_or_default().as_bytes());
            out.extend_from_slice(if nul { b"\0\n" } else { b"\n" });
        }
        // Each listing is a document, or lines, of its own.
        Layout::Json(_) | Layout::JsonLines(_) => {}
        Layout::Table | Layout::Pids => {
            out.extend_from_slice(text.unwrap_or("=======").as_bytes());
            out.push(b'\n');
        }
    }
}

/// Process ids, a line each; tasks of a process are not told apart.
fn pids(entries: &[Entry], out: &mut Vec<u8>) {
    let mut last = None;
    for entry in entries.iter().filter(|entry| !entry.rows.is_empty()) {
        if last.replace(entry.pid) != Some(entry.pid) {
            out.extend_from_slice(itoa::Buffer::new().format(entry.pid).as_bytes());
            out.push(b'\n');
        }
    }
}
