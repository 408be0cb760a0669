//! Columns, each as wide as its widest value, as lsof(8) lays them out. Widths are found in a first pass
//! that formats as little as it can: a listing has hundreds of thousands of lines.

use super::escape::safe;
use super::fields::flags_text;
use super::row::{Amount, Entry, FileRow, Node};
use super::{Out, Terminal, row};
use crate::render::escape::Color;
use crate::system::snapshot::Slot;
use crate::tools::lsof::request::{FlagsColumn, Show, SizeColumn};

/// The title of the column of labels.
const LABEL: &str = "SECURITY-CONTEXT";

/// Columns of a number of a user, at least.
const UID_WIDTH: usize = 8;

/// Widths of columns.
#[derive(Debug, Default)]
struct Widths {
    command: usize,
    pid: usize,
    tid: Option<usize>,
    task: Option<usize>,
    ppid: usize,
    pgid: usize,
    user: usize,
    fd: usize,
    kind: usize,
    flags: usize,
    device: usize,
    amount: usize,
    label: Option<usize>,
    links: usize,
    node: usize,
}

/// The title of SIZE/OFF.
fn amount_title(show: &Show) -> &'static str {
    match show.size {
        SizeColumn::Both => "SIZE/OFF",
        SizeColumn::Size => "SIZE",
        SizeColumn::Offset => "OFFSET",
    }
}

/// Appends the table; nothing when there is no file.
pub fn write(entries: &[Entry], show: &Show, terminal: Terminal, to: &mut Out<'_>) {
    if entries.iter().all(|entry| entry.rows.is_empty()) {
        return;
    }
    let widths = measure(entries, show, terminal);
    Color::Title.around(terminal.color, &mut to.bytes, |out| header(&widths, show, out));
    to.bytes.push(b'\n');
    let mut scratch = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.rows.is_empty()) {
        let mut head = Vec::new();
        entry_columns(entry, &widths, show, terminal, &mut head);
        for row in &entry.rows {
            let out = &mut to.bytes;
            out.extend_from_slice(&head);
            row_columns(row, &widths, show, &mut scratch, out);
            let paint = terminal.color && row.name.ends_with(b"(deleted)");
            Color::Gone.around(paint, out, |out| name(row, show, terminal, true, out));
            out.push(b'\n');
            to.pass();
        }
    }
}

fn measure(entries: &[Entry], show: &Show, terminal: Terminal) -> Widths {
    let mut w = Widths {
        command: "COMMAND".len(),
        pid: "PID".len(),
        ppid: "PPID".len(),
        pgid: "PGID".len(),
        user: "USER".len(),
        fd: 0,
        kind: "TYPE".len(),
        flags: "FILE-FLAG".len(),
        device: "DEVICE".len(),
        amount: amount_title(show).len(),
        links: "NLINK".len(),
        node: "NODE".len(),
        ..Widths::default()
    };
    let mut scratch = Vec::new();
    let mut command = |text: &[u8]| {
        scratch.clear();
        let len = safe(text, true, terminal.utf8, None, &mut scratch);
        if show.command_width == 0 { len } else { len.min(show.command_width) }
    };
    for entry in entries.iter().filter(|entry| !entry.rows.is_empty()) {
        w.command = w.command.max(command(comm(entry)));
        w.pid = w.pid.max(digits(entry.pid.into()));
        w.ppid = w.ppid.max(digits(entry.ppid.into()));
        w.pgid = w.pgid.max(digits(entry.pgid.into()));
        if let Some(tid) = entry.tid {
            w.tid = Some(w.tid.unwrap_or("TID".len()).max(digits(tid.into())));
        }
        if let Some(task) = &entry.task_comm {
            w.task = Some(w.task.unwrap_or("TASKCMD".len()).max(command(task)));
        }
        if show.labels {
            let label = entry.label.as_ref().map_or(0, |label| label.len());
            w.label = Some(w.label.unwrap_or(LABEL.len()).max(label));
        }
        w.user = w.user.max(match &entry.login {
            Some(name) => name.chars().count(),
            None => digits(entry.uid.into()).max(UID_WIDTH),
        });
        for row in &entry.rows {
            w.fd = w.fd.max(fd_width(row.slot));
            w.kind = w.kind.max(row.kind.len());
            w.device = w.device.max(match (row.device(), &row.device_text) {
                (Some(dev), _) => digits(dev.major.into()) + 1 + digits(dev.minor.into()),
                (None, text) => text.as_ref().map_or(0, |text| text.len()),
            });
            w.amount = w.amount.max(match row.amount {
                Amount::None => 0,
                Amount::Size(n) if show.human => human(n).len(),
                Amount::Size(n) => digits(n),
                Amount::Offset(n) => offset_width(n, show.offset_digits),
            });
            if show.links {
                w.links = w.links.max(row.links.map_or(0, |n| digits(n) + 1));
            }
            if show.flags != FlagsColumn::None {
                w.flags = w.flags.max(flags_text(row, show.flags).len());
            }
            w.node = w.node.max(match &row.node {
                Node::None => 0,
                Node::Inode(n) => digits(*n),
                Node::Protocol(name) => name.len(),
            });
        }
    }
    w
}

fn comm(entry: &Entry) -> &[u8] {
    if entry.comm.is_empty() { b"(unknown)" } else { &entry.comm }
}

fn header(w: &Widths, show: &Show, out: &mut Vec<u8>) {
    left("COMMAND".as_bytes(), w.command, out);
    let mut column = |title: &str, width: usize| {
        out.push(b' ');
        right(title.as_bytes(), width, out);
    };
    column("PID", w.pid);
    if let Some(width) = w.tid {
        column("TID", width);
    }
    if let Some(width) = w.task {
        out.push(b' ');
        left(b"TASKCMD", width, out);
    }
    let mut column = |title: &str, width: usize| {
        out.push(b' ');
        right(title.as_bytes(), width, out);
    };
    if show.parent {
        column("PPID", w.ppid);
    }
    if show.group {
        column("PGID", w.pgid);
    }
    if let Some(width) = w.label {
        out.push(b' ');
        left(LABEL.as_bytes(), width, out);
    }
    let mut column = |title: &str, width: usize| {
        out.push(b' ');
        right(title.as_bytes(), width, out);
    };
    column("USER", w.user);
    column("FD", w.fd);
    out.extend_from_slice(b"  ");
    let mut column = |title: &str, width: usize| {
        out.push(b' ');
        right(title.as_bytes(), width, out);
    };
    column("TYPE", w.kind);
    if show.flags != FlagsColumn::None {
        column("FILE-FLAG", w.flags);
    }
    column("DEVICE", w.device);
    column(amount_title(show), w.amount);
    if show.links {
        column("NLINK", w.links);
    }
    column("NODE", w.node);
    out.extend_from_slice(b" NAME");
}

/// What is the same for all files of a process.
fn entry_columns(entry: &Entry, w: &Widths, show: &Show, terminal: Terminal, out: &mut Vec<u8>) {
    let padded = |text: &[u8], width: usize, out: &mut Vec<u8>| {
        let used = safe(text, true, terminal.utf8, Some(width), out);
        blanks(width - used.min(width), out);
    };
    padded(comm(entry), w.command, out);
    out.push(b' ');
    decimal(entry.pid.into(), w.pid, out);
    if let Some(width) = w.tid {
        out.push(b' ');
        match entry.tid {
            Some(tid) => decimal(tid.into(), width, out),
            None => blanks(width, out),
        }
    }
    if let Some(width) = w.task {
        out.push(b' ');
        padded(entry.task_comm.as_deref().unwrap_or_default(), width, out);
    }
    if show.parent {
        out.push(b' ');
        decimal(entry.ppid.into(), w.ppid, out);
    }
    if show.group {
        out.push(b' ');
        decimal(entry.pgid.into(), w.pgid, out);
    }
    if let Some(width) = w.label {
        out.push(b' ');
        padded(entry.label.as_deref().unwrap_or_default(), width, out);
    }
    out.push(b' ');
    match &entry.login {
        Some(name) => {
            blanks(w.user.saturating_sub(name.chars().count()), out);
            safe(name.as_bytes(), false, terminal.utf8, None, out);
        }
        None => decimal(entry.uid.into(), w.user, out),
    }
}

/// The columns of a file but for its name.
fn row_columns(row: &FileRow, w: &Widths, show: &Show, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    out.push(b' ');
    scratch.clear();
    match row.slot {
        Slot::Number(n) if n >= 10_000 => {
            scratch.push(b'*');
            let end = n % 1000;
            scratch.extend_from_slice(&[100, 10, 1].map(|unit| b'0' + (end / unit % 10) as u8));
        }
        Slot::Number(n) => decimal(n.into(), 0, scratch),
        slot => scratch.extend_from_slice(slot.word().as_bytes()),
    }
    right(scratch, w.fd, out);
    out.push(if row.lock != b' ' && row.access == b' ' { b'-' } else { row.access });
    out.push(row.lock);
    out.push(b' ');
    right(row.kind.as_bytes(), w.kind, out);
    if show.flags != FlagsColumn::None {
        out.push(b' ');
        right(flags_text(row, show.flags).as_bytes(), w.flags, out);
    }
    out.push(b' ');
    scratch.clear();
    match (row.device(), &row.device_text) {
        (Some(dev), _) => {
            decimal(dev.major.into(), 0, scratch);
            scratch.push(b',');
            decimal(dev.minor.into(), 0, scratch);
        }
        (None, text) => scratch.extend_from_slice(text.as_deref().unwrap_or_default()),
    }
    right(scratch, w.device, out);
    out.push(b' ');
    scratch.clear();
    match row.amount {
        Amount::None => {}
        Amount::Size(n) if show.human => scratch.extend_from_slice(human(n).as_bytes()),
        Amount::Size(n) => decimal(n, 0, scratch),
        Amount::Offset(n) => offset(n, show.offset_digits, scratch),
    }
    right(scratch, w.amount, out);
    if show.links {
        out.push(b' ');
        match row.links {
            Some(n) => decimal(n, w.links, out),
            None => blanks(w.links, out),
        }
    }
    out.push(b' ');
    match &row.node {
        Node::None => blanks(w.node, out),
        Node::Inode(n) => decimal(*n, w.node, out),
        Node::Protocol(name) => right(name.as_bytes(), w.node, out),
    }
    out.push(b' ');
}

/// NAME: the name, both ends, notes, and with `state` what is known of the connection.
pub fn name(row: &FileRow, show: &Show, terminal: Terminal, state: bool, out: &mut Vec<u8>) {
    let from = out.len();
    safe(&row.name, false, terminal.utf8, None, out);
    for more in [&row.ends, &row.note].into_iter().flatten() {
        if out.len() > from {
            out.push(b' ');
        }
        safe(more.as_bytes(), false, terminal.utf8, None, out);
    }
    if !(state && (show.state || show.queues)) {
        return;
    }
    let Some(row::Connection { state, queues }) = row.connection else { return };
    if out.len() > from {
        out.push(b' ');
    }
    let mut open = b'(';
    if let Some(word) = state.filter(|_| show.state) {
        out.push(open);
        open = b' ';
        out.extend_from_slice(word.as_bytes());
    }
    if let Some((received, sent)) = queues.filter(|_| show.queues) {
        for (word, n) in [("QR=", received), ("QS=", sent)] {
            out.push(open);
            open = b' ';
            out.extend_from_slice(word.as_bytes());
            decimal(n, 0, out);
        }
    }
    if open == b' ' {
        out.push(b')');
    }
}

fn fd_width(slot: Slot) -> usize {
    match slot {
        // Four columns hold a number; more are told by their end.
        Slot::Number(n) => digits(n.into()).min(4),
        slot => slot.word().len(),
    }
}

/// A size for people: `574B`, `4.0K`, in powers of 1024.
fn human(n: u64) -> String {
    const UNITS: [char; 6] = ['K', 'M', 'G', 'T', 'P', 'E'];
    if n < 1024 {
        return format!("{n}B");
    }
    let power = (n.ilog2() / 10) as usize;
    format!("{:.1}{}", n as f64 / (1u64 << (10 * power)) as f64, UNITS[power - 1])
}

/// `0t123`, or `0x7b` when the digits are more than `most` (0: never).
pub fn offset(n: u64, most: usize, out: &mut Vec<u8>) {
    if most != 0 && digits(n) > most {
        out.extend_from_slice(format!("{n:#x}").as_bytes());
    } else {
        out.extend_from_slice(b"0t");
        decimal(n, 0, out);
    }
}

fn offset_width(n: u64, most: usize) -> usize {
    if most != 0 && digits(n) > most { 2 + (64 - n.leading_zeros() as usize).div_ceil(4) } else { 2 + digits(n) }
}

fn digits(n: u64) -> usize {
    n.checked_ilog10().unwrap_or(0) as usize + 1
}

fn decimal(n: u64, width: usize, out: &mut Vec<u8>) {
    right(itoa::Buffer::new().format(n).as_bytes(), width, out);
}

fn right(text: &[u8], width: usize, out: &mut Vec<u8>) {
    blanks(width.saturating_sub(text.len()), out);
    out.extend_from_slice(text);
}

fn left(text: &[u8], width: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(text);
    blanks(width.saturating_sub(text.len()), out);
}

fn blanks(n: usize, out: &mut Vec<u8>) {
    out.resize(out.len() + n, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        for (n, expected) in [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1.0K"),
            (1588, "1.6K"),
            (102_399, "100.0K"),
            (1_048_575, "1024.0K"),
            (1 << 20, "1.0M"),
            (1_234_567_890_123, "1.1T"),
            (u64::MAX, "16.0E"),
        ] {
            assert_eq!(human(n), expected);
        }
    }
}
