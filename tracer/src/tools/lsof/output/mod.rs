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

/// Appends a listing to `out`. `unreadable`: processes that could not be looked into, which JSON tells.
pub fn write(entries: &[Entry], show: &Show, terminal: Terminal, unreadable: u64, out: &mut Vec<u8>) {
    match show.form {
        Layout::Table => table::write(entries, show, terminal, out),
        Layout::Pids => pids(entries, out),
        Layout::Fields { fields, nul } => fields::write(entries, show, fields, nul, terminal, out),
        Layout::Json(fields) => json::document(entries, show, fields, unreadable, out),
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
