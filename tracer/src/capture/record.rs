//! A record under construction: the head, then blob after blob, in the layout of
//! `tracer_common::event`. Sources that read user memory themselves build their records here, so that
//! padding, counts and limits are decided in one place.

use tracer_common::event::{Blob, File, Head, align, flag, kind, path, status};
use tracer_common::plan::{BLOB_MAX, is_rooted, shape};

/// Bytes of one record at most; a blob that does not fit is left out and `flag::FULL` is set.
pub const RECORD_MAX: usize = 256 * 1024;

/// A record under construction; reused from call to call.
#[derive(Debug, Default)]
pub struct Record {
    /// What is known of the event; `len` and `blobs` are filled in by [`Record::send`].
    pub head: Head,
    body: Vec<u8>,
    blobs: u16,
    /// A bit for each argument that is a path which begins at the root (`plan::is_rooted`).
    rooted: u8,
}

/// Where a blob belongs: everything of its head but the lengths.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Argument, 0 to 5, or `plan::ARG_RET`.
    pub arg: u8,
    /// A word of `plan::shape`.
    pub shape: u8,
    /// A word of `plan::phase`.
    pub phase: u8,
    /// Piece of the shape.
    pub part: u16,
}

impl Record {
    /// Begins a new record.
    pub fn start(&mut self, head: Head) {
        self.head = head;
        self.body.clear();
        self.blobs = 0;
        self.rooted = 0;
    }

    /// Adds a blob of `bytes`; `want` is what there was (bytes or elements). Longer than the contract
    /// allows is cut, and said so.
    pub fn blob(&mut self, place: Place, status: u8, bytes: &[u8], want: u64) {
        let (bytes, status) = match bytes.get(..BLOB_MAX) {
            Some(front) if bytes.len() > BLOB_MAX => (front, status::CUT),
            _ => (bytes, status),
        };
        let size = size_of::<Blob>() + align(bytes.len());
        if size_of::<Head>() + self.body.len() + size > RECORD_MAX || self.blobs == u16::MAX {
            self.head.flags |= flag::FULL;
            return;
        }
        let blob = Blob {
            arg: place.arg,
            shape: place.shape,
            status,
            phase: place.phase,
            part: place.part,
            pad: 0,
            len: bytes.len() as u32,
            want: want.min(u64::from(u32::MAX)) as u32,
        };
        self.body.extend_from_slice(blob.bytes());
        self.body.extend_from_slice(bytes);
        self.body.resize(align(self.body.len()), 0);
        self.blobs += 1;
        let first = |at| bytes.get(at).copied().unwrap_or(0);
        self.rooted |= u8::from(place.shape == shape::TEXT && is_rooted(first(0), first(1))) << (place.arg & 7);
    }

    /// Whether all of these paths, a bit for the argument of each, begin at the root.
    pub fn is_rooted(&self, paths: u8) -> bool {
        !self.rooted & paths == 0
    }

    /// Whether a blob of this length still fits.
    pub fn room(&self) -> usize {
        RECORD_MAX.saturating_sub(size_of::<Head>() + size_of::<Blob>() + self.body.len())
    }

    /// Appends the whole record to `out`. The record stays as it is, so that a call that is running can
    /// be shown and sent again at its end.
    pub fn send(&self, out: &mut Vec<u8>) {
        let head = Head { len: (size_of::<Head>() + self.body.len()) as u32, blobs: self.blobs, ..self.head };
        out.extend_from_slice(head.bytes());
        out.extend_from_slice(&self.body);
    }

    /// Appends a record that was made elsewhere, with the blobs of this one behind its own.
    pub fn send_behind(&self, head: &Head, record: &[u8], out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(record);
        out.extend_from_slice(&self.body);
        let len = (record.len() + self.body.len()) as u32;
        let head = Head { len, blobs: head.blobs.saturating_add(self.blobs), ..*head };
        out[begin..begin + size_of::<Head>()].copy_from_slice(head.bytes());
    }

    /// Appends a record without blobs.
    pub fn send_bare(head: Head, out: &mut Vec<u8>) {
        out.extend_from_slice(Head { len: size_of::<Head>() as u32, blobs: 0, ..head }.bytes());
    }
}

/// Puts the path of an `event::File` together; false when it has none, or not all of it.
pub fn whole_path(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(file) = File::read(bytes) else { return false };
    let len = usize::from(file.path_len);
    // Its ends may stand before a socket's path; details of a descriptor stand behind that of others.
    let from = match file.mode & libc::S_IFMT {
        libc::S_IFSOCK => bytes.len().checked_sub(len),
        _ => Some(size_of::<File>()),
    };
    let Some(text) = from.and_then(|from| bytes.get(from..from + len)) else { return false };
    out.clear();
    match file.path {
        path::TEXT => out.extend_from_slice(text),
        path::NAMES => {
            for name in text.split(|&b| b == 0).rev().filter(|name| !name.is_empty()) {
                out.push(b'/');
                out.extend_from_slice(name);
            }
            if out.is_empty() {
                out.push(b'/');
            }
        }
        _ => return false,
    }
    true
}

/// Puts a task's name (at most 16 bytes with its NUL) into `args[4..6]`, as events of tasks carry it.
pub fn set_comm(head: &mut Head, comm: &[u8]) {
    debug_assert!(head.kind != kind::CALL);
    let mut name = [0u8; 16];
    let n = comm.len().min(15);
    name[..n].copy_from_slice(&comm[..n]);
    let (low, high) = name.split_at(8);
    for (arg, half) in head.args[4..6].iter_mut().zip([low, high]) {
        *arg = half.iter().rev().fold(0, |word, &b| word << 8 | u64::from(b));
    }
    if cfg!(target_endian = "big") {
        head.args[4..6].iter_mut().for_each(|word| *word = word.swap_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_padded_and_counted() {
        let mut record = Record::default();
        record.start(Head { kind: kind::CALL, tid: 7, ..Head::default() });
        let place = Place { arg: 1, shape: 2, phase: 0, part: 0 };
        record.blob(place, status::WHOLE, b"abc", 3);
        record.blob(place, status::CUT, b"12345678", 99);
        let mut out = Vec::new();
        record.send(&mut out);
        let head = Head::read(&out).expect("a head");
        assert_eq!((head.len as usize, head.blobs, head.tid), (out.len(), 2, 7));
        assert_eq!(out.len(), 104 + 16 + 8 + 16 + 8);
        let second = Blob::read(&out[104 + 24..]).expect("a blob");
        assert_eq!((second.len, second.want, second.status), (8, 99, status::CUT));
    }

    #[test]
    fn what_does_not_fit_is_flagged() {
        let mut record = Record::default();
        record.start(Head::default());
        let place = Place { arg: 0, shape: 2, phase: 0, part: 0 };
        for _ in 0..RECORD_MAX / BLOB_MAX + 2 {
            record.blob(place, status::WHOLE, &[0; BLOB_MAX], BLOB_MAX as u64);
        }
        assert_ne!(record.head.flags & flag::FULL, 0);
        let mut out = Vec::new();
        record.send(&mut out);
        assert!(out.len() <= RECORD_MAX);
    }

    #[test]
    fn blobs_go_behind_those_of_another_record() {
        let place = Place { arg: 1, shape: 2, phase: 0, part: 0 };
        let (mut one, mut two, mut whole) = (Record::default(), Record::default(), Record::default());
        let head = Head { kind: kind::CALL, tid: 7, ..Head::default() };
        [&mut one, &mut two, &mut whole].into_iter().for_each(|record| record.start(head));
        one.blob(place, status::WHOLE, b"abc", 3);
        two.blob(place, status::WHOLE, b"12345678", 8);
        whole.blob(place, status::WHOLE, b"abc", 3);
        whole.blob(place, status::WHOLE, b"12345678", 8);
        let (mut first, mut joined, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        one.send(&mut first);
        two.send_behind(&Head::read(&first).expect("a head"), &first, &mut joined);
        whole.send(&mut expected);
        assert_eq!(joined, expected);
    }

    #[test]
    fn names_lie_in_memory_order() {
        let mut head = Head { kind: kind::FORK, ..Head::default() };
        set_comm(&mut head, b"cat");
        assert_eq!(&head.args[4].to_ne_bytes()[..4], b"cat\0");
    }
}
