//! Events for tests, by what their records say.

use tracer_common::event::{Blob, Head, align, flag, kind};

use super::{Event, Item};
use crate::schema::records::RecordKind;

/// The event of a record, in a line of this name.
pub fn event(line: &str, head: Head) -> Item<'static> {
    event_with(line, head, &[])
}

/// The same, of a record with this blob.
pub fn event_with(line: &str, head: Head, blob: &[u8]) -> Item<'static> {
    let kind = RecordKind::of(head.kind).expect("a row");
    let line = kind.lines.iter().find(|kind| kind.name == line).expect("a line");
    let len = (size_of::<Head>() + size_of::<Blob>() + align(blob.len())) as u32;
    let head = Head { len, blobs: 1, ..head };
    let of = Blob { len: blob.len() as u32, want: blob.len() as u32, ..Blob::default() };
    let mut record = [head.bytes(), of.bytes(), blob].concat();
    record.resize(len as usize, 0);
    Item::Event(Event::new(kind, line, &head, record.leak()))
}

/// A signal, with the first bytes of its siginfo.
pub fn signal(signal: i32, info: &[u8], ignored: bool) -> Item<'static> {
    let flags = if ignored { flag::IGNORED } else { 0 };
    event_with("signal", Head { kind: kind::SIGNAL, ret: signal.into(), flags, ..Head::default() }, info)
}

/// A task stopped.
pub fn stopped(signal: i64) -> Item<'static> {
    event("stopped", Head { kind: kind::STOPPED, ret: signal, ..Head::default() })
}

/// A task is gone, with this wait status.
pub fn ended(status: i64) -> Item<'static> {
    let line = if status & 0x7f == 0 { "exit" } else { "kill" };
    event(line, Head { kind: kind::EXIT, ret: status, ..Head::default() })
}

/// A thread executed a program, which this one was.
pub fn executed(line: &str, from: u64) -> Item<'static> {
    event(line, Head { kind: kind::EXEC, flags: flag::MOVED, args: [from, 0, 0, 0, 0, 0], ..Head::default() })
}

/// A task made another.
pub fn forked(child: u64, process: u64) -> Item<'static> {
    event("fork", Head { kind: kind::FORK, ret: 1, args: [child, process, 0, 0, 0, 0], ..Head::default() })
}
