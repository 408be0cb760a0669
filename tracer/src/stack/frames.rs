//! Frames as a record carries them: in a blob of the shape `STACK` each source puts what it found, so that a recording shows the same
//! frames for ever, and nobody behind the source needs the process. Reading is total: bytes that make no sense end the list.

use tracer_common::event::{Blob, Head};
use tracer_common::plan::{BLOB_MAX, phase, shape};
use tracer_common::record::blobs;

/// The longest text of a frame that is kept.
const TEXT_MAX: usize = 3072;
/// Bytes of all frames of a record at most.
const BYTES_MAX: usize = 96 << 10;
/// Bytes of an entry before its texts.
const FIXED: usize = 32;

/// A frame, or why there are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// The stack goes on, but here the list ends.
    Ends(End, u64),
}

/// A frame.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The mapped file that has its code.
    pub file: &'a [u8],
    /// The function.
    pub symbol: Option<&'a [u8]>,
    /// How far into the function it is.
    pub offset: u64,
    /// Where in the file it is.
    pub address: u64,
    /// File and line of the source.
    pub source: Option<(&'a [u8], u32)>,
}

macro_rules! ends {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// Why a list of frames ends before the stack does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum End { $($(#[$doc])* $name),* }

        impl End {
            const ALL: &'static [(End, u8, &'static str)] = &[$((End::$name, $code, $words)),*];
        }
    };
}

ends! {
    /// No more were asked for.
    TooMany = 1, "too many stack frames";
    /// The code at this address is of no mapped file.
    NoFile = 2, "unexpected_backtracing_error";
    /// What was copied of the stack ends here.
    Cut = 3, "the copy of the stack ends here";
    /// Which files the process had mapped could not be learnt.
    NoMappings = 4, "the mappings of the process are not known";
}

impl End {
    /// The reason in words; the first two are strace's.
    pub fn words(self) -> &'static str {
        End::ALL.iter().find(|(end, ..)| *end == self).map_or("", |(_, _, words)| words)
    }
}

/// Frames to be put into a record.
#[derive(Debug, Default)]
pub struct Frames {
    bytes: Vec<u8>,
    /// Where each entry ends.
    ends: Vec<usize>,
}

impl Frames {
    /// Forgets what is there.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Its entries, from the innermost frame on.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        entries(&self.bytes)
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// Whether another frame fits.
    pub fn has_room(&self) -> bool {
        self.bytes.len() < BYTES_MAX
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let out = &mut self.bytes;
        let mut fixed = |kind: u8, offset: u64, address: u64, line: u32, lens: [usize; 3]| {
            out.extend_from_slice(&[kind, 0]);
            lens.iter().for_each(|&len| out.extend_from_slice(&(len as u16).to_ne_bytes()));
            out.extend_from_slice(&offset.to_ne_bytes());
            out.extend_from_slice(&address.to_ne_bytes());
            out.extend_from_slice(&line.to_ne_bytes());
            out.extend_from_slice(&[0; 4]);
        };
        match entry {
            Entry::Ends(end, address) => {
                let code = End::ALL.iter().find(|(known, ..)| known == end).map_or(0, |(_, code, _)| *code);
                fixed(code, 0, *address, 0, [0; 3]);
            }
            Entry::Frame(frame) => {
                let short = |text: &[u8]| text.len().min(TEXT_MAX);
                let (source, line) = frame.source.unwrap_or_default();
                let symbol = frame.symbol.unwrap_or_default();
                let lens = [short(frame.file), short(symbol), short(source)];
                fixed(0, frame.offset, frame.address, line, lens);
                for (text, len) in [frame.file, symbol, source].into_iter().zip(lens) {
                    out.extend_from_slice(&text[..len]);
                }
            }
        }
        self.ends.push(self.bytes.len());
    }

    /// The entries in pieces, each of which fits into a blob.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        let mut next = 0;
        std::iter::from_fn(move || {
            let begin = from;
            while let Some(&end) = self.ends.get(next).filter(|&&end| end - begin <= BLOB_MAX) {
                from = end;
                next += 1;
            }
            (from > begin).then(|| &self.bytes[begin..from])
        })
    }
}

/// The stack of a record.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stack<'a> {
    record: &'a [u8],
}

impl<'a> Stack<'a> {
    /// That of a record, which may have none.
    pub fn of(record: &'a [u8]) -> Stack<'a> {
        Stack { record }
    }

    fn blobs(self) -> impl Iterator<Item = (Blob, &'a [u8])> {
        let head = Head::read(self.record).unwrap_or_default();
        blobs(&head, self.record).filter(|(blob, _)| blob.shape == shape::STACK)
    }

    /// It was taken when the call had begun, not when it had ended.
    pub fn is_of_entry(self) -> bool {
        self.blobs().next().is_some_and(|(blob, _)| blob.phase == phase::ENTER)
    }

    /// There is none.
    pub fn is_empty(self) -> bool {
        self.blobs().next().is_none()
    }

    /// Its entries, from the innermost frame on.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        self.blobs().flat_map(|(_, bytes)| entries(bytes))
    }
}

/// Takes a blob apart.
fn entries(mut rest: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let (fixed, behind) = rest.split_first_chunk::<FIXED>()?;
        let half = |at: usize| usize::from(u16::from_ne_bytes([fixed[at], fixed[at + 1]]));
        let long = |at: usize| fixed[at..].first_chunk().map_or(0, |bytes| u64::from_ne_bytes(*bytes));
        let (offset, address, line) = (long(8), long(16), long(24) as u32);
        if fixed[0] != 0 {
            rest = behind;
            let (end, ..) = End::ALL.iter().find(|(_, code, _)| *code == fixed[0])?;
            return Some(Entry::Ends(*end, address));
        }
        let (file, behind) = behind.split_at_checked(half(2))?;
        let (symbol, behind) = behind.split_at_checked(half(4))?;
        let (source, behind) = behind.split_at_checked(half(6))?;
        rest = behind;
        let symbol = (!symbol.is_empty()).then_some(symbol);
        let source = (!source.is_empty()).then_some((source, line));
        Some(Entry::Frame(Frame { file, symbol, offset, address, source }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(file: &'static str, symbol: Option<&'static str>, line: u32) -> Entry<'static> {
        let source = (line > 0).then_some((&b"a.c"[..], line));
        Entry::Frame(Frame { file: file.as_bytes(), symbol: symbol.map(str::as_bytes), offset: 5, address: 77, source })
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let list = [
            frame("/bin/a", Some("main"), 12),
            frame("[vdso]", None, 0),
            Entry::Ends(End::TooMany, 0),
            Entry::Ends(End::NoFile, 0xdead),
        ];
        let mut frames = Frames::default();
        list.iter().for_each(|entry| frames.push(entry));
        let pieces: Vec<&[u8]> = frames.pieces().collect();
        assert_eq!(pieces.len(), 1);
        assert_eq!(entries(pieces[0]).collect::<Vec<_>>(), list);
    }

    #[test]
    fn many_frames_are_several_blobs() {
        let mut frames = Frames::default();
        let long: &'static str = Box::leak("x".repeat(5000).into_boxed_str());
        (0..20).for_each(|_| frames.push(&frame(long, Some(long), 0)));
        let pieces: Vec<&[u8]> = frames.pieces().collect();
        assert!(pieces.iter().all(|piece| piece.len() <= BLOB_MAX));
        assert_eq!(pieces.iter().map(|piece| entries(piece).count()).sum::<usize>(), 20);
        assert!(!frames.has_room());
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        for (n, (end, code, words)) in End::ALL.iter().enumerate() {
            assert!(*code > 0 && End::ALL[..n].iter().all(|(_, other, _)| other != code), "{end:?}");
            assert_eq!(end.words(), *words);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            assert!(entries(&bytes).count() <= bytes.len());
            assert!(Stack::of(&bytes).entries().count() <= bytes.len());
        }
    }
}
