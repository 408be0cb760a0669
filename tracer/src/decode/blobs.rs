//! The blobs of a record, found by what they are: one pass over the record when it is opened, a short
//! scan after that.

use smallvec::SmallVec;
use tracer_common::event::{Blob, Head, flag, status};
use tracer_common::plan::phase;
use tracer_common::record;

/// The blobs of one record.
#[derive(Debug, Default)]
pub struct Blobs<'a>(SmallVec<[(Blob, &'a [u8]); 4]>, bool);

/// What is known of a piece of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory<'a> {
    /// Nothing was copied: the pointer is NULL, nobody asked, or there was no room.
    Missing,
    /// The first byte could not be read, or not enough of what follows.
    Fault(&'a [u8]),
    /// Bytes, and how many there were (more than these when the copy was cut).
    Bytes(&'a [u8], usize),
}

impl<'a> Memory<'a> {
    /// The bytes that are there.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Memory::Missing => &[],
            Memory::Fault(bytes) | Memory::Bytes(bytes, _) => bytes,
        }
    }

    /// The first `n` bytes; `None` when fewer were read.
    pub fn take(self, n: usize) -> Option<&'a [u8]> {
        self.bytes().get(..n)
    }
}

impl<'a> Blobs<'a> {
    /// Indexes the blobs of `record`.
    pub fn new(record: &'a [u8], head: &Head) -> Blobs<'a> {
        Blobs(record::blobs(head, record).collect(), head.flags & flag::BEFORE != 0)
    }

    /// A blob with its head: the last one, since what could not be read at entry was read again at the end.
    /// `when` is ENTER for what was copied at entry, anything else for the end.
    pub fn find(&self, arg: u8, shape: u8, when: u8, part: u16) -> Option<(Blob, &'a [u8])> {
        let at_entry = when == phase::ENTER;
        let is = |b: &Blob| b.arg == arg && b.shape == shape && b.part == part;
        let exact = self.0.iter().rev().find(|(b, _)| is(b) && (b.phase == phase::ENTER) == at_entry);
        // A call that began before tracing did has its entry's data from the end.
        exact.or_else(|| if self.1 && at_entry { self.0.iter().rev().find(|(b, _)| is(b)) } else { None }).copied()
    }

    /// The memory a blob holds.
    pub fn memory(&self, arg: u8, shape: u8, when: u8, part: u16) -> Memory<'a> {
        match self.find(arg, shape, when, part) {
            None => Memory::Missing,
            Some((blob, bytes)) => match blob.status {
                status::WHOLE | status::CUT => Memory::Bytes(bytes, (blob.want as usize).max(bytes.len())),
                status::FAULT => Memory::Fault(bytes),
                _ => Memory::Missing,
            },
        }
    }
}
