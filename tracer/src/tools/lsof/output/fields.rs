//! `-F`: a field per line, each begun by its letter (lsof(8), OUTPUT FOR OTHER PROGRAMS).

use super::escape::safe;
use super::row::{Amount, Entry, FileRow, Node};
use super::table::{name, offset};
use super::{Out, Terminal};
use crate::tools::lsof::request::{Fields, FlagsColumn, Show};

/// Appends fields; each ends with a newline, or with `nul` with a NUL, and then each set with a newline.
pub fn write(entries: &[Entry], show: &Show, fields: Fields, nul: bool, terminal: Terminal, to: &mut Out<'_>) {
    let end = if nul { 0 } else { b'\n' };
    for entry in entries.iter().filter(|entry| !entry.rows.is_empty()) {
        FieldWriter { fields, end, out: &mut to.bytes }.entry(entry, show, terminal);
        for row in &entry.rows {
            let mut form = FieldWriter { fields, end, out: &mut to.bytes };
            let before = form.out.len();
            form.row(row, show, terminal);
            if nul && form.out.len() > before {
                form.out.push(b'\n');
            }
            to.pass();
        }
    }
}

struct FieldWriter<'o> {
    fields: Fields,
    end: u8,
    out: &'o mut Vec<u8>,
}

impl FieldWriter<'_> {
    /// A field when its letter was asked for.
    fn field(&mut self, letter: u8, value: impl FnOnce(&mut Vec<u8>)) {
        if self.fields.has(letter) {
            self.out.push(letter);
            value(self.out);
            self.out.push(self.end);
        }
    }

    fn number(&mut self, letter: u8, n: u64) {
        self.field(letter, |out| out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes()));
    }

    fn text(&mut self, letter: u8, text: &[u8], terminal: Terminal) {
        self.field(letter, |out| {
            safe(text, false, terminal.utf8, None, out);
        });
    }

    fn entry(&mut self, entry: &Entry, show: &Show, terminal: Terminal) {
        self.number(b'p', entry.pid.into());
        if let Some(tid) = entry.tid {
            self.number(b'K', tid.into());
        }
        if let Some(comm) = &entry.task_comm {
            self.text(b'M', comm, terminal);
        }
        if show.group {
            self.number(b'g', entry.pgid.into());
        }
        if show.parent {
            self.number(b'R', entry.ppid.into());
        }
        self.text(b'c', &entry.comm, terminal);
        self.number(b'u', entry.uid.into());
        if let Some(login) = &entry.login {
            self.text(b'L', login.as_bytes(), terminal);
        }
        if let Some(label) = &entry.label {
            self.text(b'Z', label, terminal);
        }
        if self.end == 0 {
            self.out.push(b'\n');
        }
    }

    fn row(&mut self, row: &FileRow, show: &Show, terminal: Terminal) {
        self.field(b'f', |out| row.fd(out));
        self.field(b'a', |out| out.push(row.access));
        self.field(b'l', |out| out.push(row.lock));
        if !row.kind.is_empty() {
            self.field(b't', |out| out.extend_from_slice(row.kind.as_bytes()));
        }
        if row.flags.is_some() {
            self.field(b'G', |out| out.extend_from_slice(flags_text(row, FlagsColumn::Hex).as_bytes()));
        }
        if let Some(text) = &row.device_text {
            self.field(b'd', |out| out.extend_from_slice(text));
        }
        for (letter, dev) in [(b'D', row.dev), (b'r', row.rdev)] {
            if let Some(dev) = dev {
                self.field(letter, |out| out.extend_from_slice(format!("{:#x}", dev.word()).as_bytes()));
            }
        }
        match row.amount {
            Amount::None => {}
            Amount::Size(n) => self.number(b's', n),
            Amount::Offset(n) => self.field(b'o', |out| offset(n, show.offset_digits, out)),
        }
        if let Some(n) = row.offset {
            self.field(b'o', |out| offset(n, show.offset_digits, out));
        }
        if let Node::Inode(n) = row.node {
            self.number(b'i', n);
        }
        if let Some(n) = row.links.filter(|_| show.links) {
            self.number(b'k', n);
        }
        if let Node::Protocol(protocol) = &row.node {
            self.field(b'P', |out| out.extend_from_slice(protocol.as_bytes()));
        }
        self.field(b'n', |out| name(row, show, terminal, false, out));
        if let Some(connection) = row.connection {
            if let Some(state) = connection.state.filter(|_| show.state) {
                self.field(b'T', |out| out.extend_from_slice(format!("ST={state}").as_bytes()));
            }
            if let Some((received, sent)) = connection.queues.filter(|_| show.queues) {
                self.field(b'T', |out| out.extend_from_slice(format!("QR={received}").as_bytes()));
                self.field(b'T', |out| out.extend_from_slice(format!("QS={sent}").as_bytes()));
            }
        }
    }
}

/// Flags of open(2) by lsof's abbreviations, in its order; include/uapi/asm-generic/fcntl.h.
const FLAGS: &[(i32, &str)] = &[
    (libc::O_WRONLY, "W"),
    (libc::O_RDWR, "RW"),
    (libc::O_CREAT, "CR"),
    (libc::O_EXCL, "EXCL"),
    (libc::O_NOCTTY, "NTTY"),
    (libc::O_TRUNC, "TR"),
    (libc::O_APPEND, "AP"),
    (libc::O_NDELAY, "ND"),
    (libc::O_SYNC, "SYN"),
    (libc::O_ASYNC, "ASYN"),
    (libc::O_DIRECT, "DIR"),
    (libc::O_DIRECTORY, "DTY"),
    (libc::O_NOFOLLOW, "NFLK"),
    (libc::O_NOATIME, "NATM"),
    (libc::O_DSYNC, "DSYN"),
    (0o100000, "LG"),
    (libc::O_CLOEXEC, "CX"),
    (libc::O_PATH, "PATH"),
    (libc::O_TMPFILE, "TMPF"),
];

/// Flags as they are shown; nothing where they are not known.
pub fn flags_text(row: &FileRow, column: FlagsColumn) -> String {
    let Some(flags) = row.flags else { return String::new() };
    if column == FlagsColumn::Hex {
        // Behind the semicolon, flags of the process's table: Linux has none that are not in the first.
        return format!("{flags:#x};0x0");
    }
    let mut left = flags;
    let mut words = Vec::new();
    for (bits, word) in FLAGS {
        if left & *bits as u32 != 0 {
            words.push((*word).to_owned());
            left &= !(*bits as u32);
        }
    }
    if left != 0 {
        words.push(format!("{left:#x}"));
    }
    words.join(",")
}
