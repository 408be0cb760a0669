//! JSON of the shape that lsof 4.99.7 gives for `-J` (a document: processes with their files) and `-j` (an
//! object per file, with the process's fields in it): the same keys, the same types, the same order. What
//! differs: names that are not UTF-8 are `{"b64": ...}` rather than bytes that are no JSON; `ends` and
//! `note` have what lsof leaves out, the addresses of sockets and what could not be done; processes that
//! could not be looked into are counted in `not_readable`.

use super::Out;
use super::row::{Amount, Entry, FileRow, Node};
use crate::render::json::object::Object;
use crate::tools::lsof::output::fields::flags_text;
use crate::tools::lsof::request::{Fields, FlagsColumn, Show};

/// The version whose shape this is.
const SHAPE: &str = "4.99.7";

/// `-J`
pub fn document(entries: &[Entry], show: &Show, fields: Fields, unreadable: u64, out: &mut Vec<u8>) {
    let mut document = Object::begin(out);
    document.text("lsof_version", SHAPE);
    document.list("processes", entries.iter().filter(|entry| !entry.rows.is_empty()), |entry, out| {
        let mut object = Chosen { fields, object: Object::begin(out) };
        object.entry(entry, show);
        object.object.list("files", &entry.rows, |row, out| {
            let mut file = Chosen { fields, object: Object::begin(out) };
            file.row(row, show);
            file.object.end();
        });
        object.object.end();
    });
    not_readable(unreadable, &mut document);
    document.line();
}

/// `-j`
pub fn lines(entries: &[Entry], show: &Show, fields: Fields, unreadable: u64, to: &mut Out<'_>) {
    for entry in entries {
        for row in &entry.rows {
            let mut object = Chosen { fields, object: Object::begin(&mut to.bytes) };
            object.entry(entry, show);
            object.row(row, show);
            object.object.line();
            to.pass();
        }
    }
    if unreadable > 0 {
        let mut object = Object::begin(&mut to.bytes);
        not_readable(unreadable, &mut object);
        object.line();
    }
}

fn not_readable(unreadable: u64, object: &mut Object<'_>) {
    object.maybe("not_readable", Some(unreadable).filter(|&n| n > 0));
}

/// An object that has the fields whose letters were asked for.
struct Chosen<'o> {
    fields: Fields,
    object: Object<'o>,
}

impl Chosen<'_> {
    fn number(&mut self, letter: u8, key: &'static str, n: u64) {
        if self.fields.has(letter) {
            self.object.number(key, n);
        }
    }

    fn text(&mut self, letter: u8, key: &'static str, text: &str) {
        if self.fields.has(letter) {
            self.object.text(key, text);
        }
    }

    fn bytes(&mut self, letter: u8, key: &'static str, text: &[u8]) {
        if self.fields.has(letter) {
            self.object.bytes(key, text);
        }
    }

    fn entry(&mut self, entry: &Entry, show: &Show) {
        self.number(b'p', "pid", entry.pid.into());
        if let Some(tid) = entry.tid {
            self.number(b'K', "tid", tid.into());
        }
        if let Some(comm) = &entry.task_comm {
            self.bytes(b'M', "task_cmd", comm);
        }
        if show.group {
            self.number(b'g', "pgid", entry.pgid.into());
        }
        if show.parent {
            self.number(b'R', "ppid", entry.ppid.into());
        }
        self.bytes(b'c', "command", &entry.comm);
        self.number(b'u', "uid", entry.uid.into());
        if let Some(login) = &entry.login {
            self.text(b'L', "login", login);
        }
        if let Some(label) = &entry.label {
            self.bytes(b'Z', "security_context", label);
        }
    }

    /// Sizes and inodes are strings, as lsof has them: a reader whose numbers are doubles keeps them whole.
    fn row(&mut self, row: &FileRow, show: &Show) {
        let mut fd = Vec::new();
        row.fd(&mut fd);
        self.bytes(b'f', "fd", &fd);
        for (letter, key, value) in [(b'a', "access", row.access), (b'l', "lock", row.lock)] {
            if value != b' ' {
                self.bytes(letter, key, &[value]);
            }
        }
        if !row.kind.is_empty() {
            self.text(b't', "type", &row.kind);
        }
        if let Some(text) = &row.device_text {
            self.bytes(b'd', "device", text);
        }
        for (letter, key, dev) in [(b'D', "device_number", row.dev), (b'r', "raw_device", row.rdev)] {
            if let Some(dev) = dev {
                self.text(letter, key, &format!("{:#x}", dev.word()));
            }
        }
        match row.amount {
            Amount::None => {}
            Amount::Size(n) => self.text(b's', "size", &n.to_string()),
            Amount::Offset(n) => self.text(b'o', "offset", &n.to_string()),
        }
        if let Some(n) = row.offset {
            self.text(b'o', "offset", &n.to_string());
        }
        if let Node::Inode(n) = row.node {
            self.text(b'i', "inode", &n.to_string());
        }
        if let Some(n) = row.links.filter(|_| show.links) {
            self.number(b'k', "nlink", n);
        }
        if let Node::Protocol(protocol) = &row.node {
            self.text(b'P', "protocol", protocol);
        }
        if row.flags.is_some() {
            self.text(b'G', "flags", &flags_text(row, FlagsColumn::Names));
        }
        if !row.name.is_empty() {
            self.bytes(b'n', "name", &row.name);
        }
        for (key, text) in [("ends", &row.ends), ("note", &row.note)] {
            if let Some(text) = text {
                self.text(b'n', key, text);
            }
        }
        if let Some(connection) = row.connection.filter(|_| self.fields.has(b'T')) {
            let fields = self.fields;
            let mut info = Chosen { fields, object: Object::begin(self.object.member("tcp_info")) };
            if let Some(state) = connection.state.filter(|_| show.state) {
                info.text(b'T', "state", state);
            }
            if let Some((received, sent)) = connection.queues.filter(|_| show.queues) {
                info.number(b'T', "recv_queue", received);
                info.number(b'T', "send_queue", sent);
            }
            info.object.end();
        }
    }
}
