//! A recording as a source. Files come from anywhere: every length is checked before memory is
//! reserved, every record before it is handed on, and what is wrong is said with its place. What
//! stands whole before the place is given first.

use std::io::{self, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use thiserror::Error;
use tracer_common::event::{Head, kind};
use tracer_common::record::{self, Broken};

use super::count::Counter;
use super::recording::{Header, MAGIC, SECTION, Sum, Tag, Trailer, VERSION};
use super::{Batch, Count, Losses, Source, Status};
use crate::schema::records::Course;
use crate::spec::CallFilter;
use crate::system::place::{self, shown};

/// Why a file is not, or not all of, a recording. Places are bytes from the file's start.
#[derive(Debug, Error)]
#[error("{path}: {what}")]
pub struct ReplayError {
    /// The file.
    pub path: String,
    /// What is wrong with it, and where.
    pub what: Wrong,
}

/// What is wrong with a recording.
#[derive(Debug, Error)]
pub enum Wrong {
    /// It can not be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It begins with something else.
    #[error("not a recording of tracer")]
    Foreign,
    /// It went through something that changed its line ends.
    #[error("a recording of tracer, damaged in transfer: line ends were changed")]
    LineEnds,
    /// Another version of the form.
    #[error("a recording of form {0}; this tracer reads form {VERSION}")]
    Version(u32),
    /// Made on another architecture.
    #[error("recorded on {0}; this tracer shows recordings of {arch}", arch = std::env::consts::ARCH)]
    Arch(String),
    /// It ends too early.
    #[error("the recording is cut: it ends at byte {at}, {within}")]
    Cut {
        /// Where the file ends.
        at: u64,
        /// In the middle of what.
        within: &'static str,
    },
    /// Something in it is not as it was written.
    #[error("the recording is corrupt at byte {at}: {why}")]
    Corrupt {
        /// Where.
        at: u64,
        /// What is wrong.
        why: String,
    },
}

/// Reads a recording, from a file or anything else that has bytes.
pub struct ReplaySource {
    input: Box<dyn Read>,
    path: String,
    /// Bytes read so far.
    at: u64,
    sum: Sum,
    header: Header,
    records: u64,
    /// Records checked and not yet given, and how many of their bytes were.
    ready: Vec<u8>,
    given: usize,
    end: Reading,
    losses: Losses,
    exit_code: Option<i32>,
    counts: Option<Counter>,
    last_time: u64,
}

/// How far reading has come.
enum Reading {
    Open,
    /// To be told when all that is ready was given.
    Failed(Option<Wrong>),
    Whole,
}

/// Bytes given with one read, about.
const BATCH: usize = 1 << 20;

impl ReplaySource {
    /// Opens a recording and reads what it says of itself.
    pub fn open(path: &Path) -> Result<ReplaySource, ReplayError> {
        let name = shown(path);
        match place::open(path) {
            Ok(file) => ReplaySource::from_reader(Box::new(BufReader::new(file)), name),
            Err(e) => Err(ReplayError { path: name, what: io::Error::from(e).into() }),
        }
    }

    /// As [`ReplaySource::open`]; `name` is for messages.
    pub fn from_reader(input: Box<dyn Read>, name: String) -> Result<ReplaySource, ReplayError> {
        let mut source = ReplaySource {
            input,
            path: name,
            at: 0,
            sum: Sum::default(),
            header: Header::default(),
            records: 0,
            ready: Vec::new(),
            given: 0,
            end: Reading::Open,
            losses: Losses::default(),
            exit_code: None,
            counts: None,
            last_time: 0,
        };
        source.begin().map_err(|what| source.error(what))?;
        Ok(source)
    }

    /// What the recording says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The exit code that the recorded run ended with; known at the end.
    pub fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// From now on calls are only counted, as by a source that was opened for `-c`.
    pub fn count_only(&mut self, by_process: bool) {
        self.counts.get_or_insert_with(|| Counter::new(by_process, CallFilter::everything()));
    }

    fn error(&self, what: Wrong) -> ReplayError {
        ReplayError { path: self.path.clone(), what }
    }

    fn begin(&mut self) -> Result<(), Wrong> {
        let start = self.bytes(MAGIC.len() + 4)?;
        let (magic, version) = start.split_at(start.len().min(MAGIC.len()));
        if magic != MAGIC {
            let tail = magic.get(6..).unwrap_or_default();
            return Err(match magic.starts_with(&MAGIC[..6]) && !MAGIC[6..].starts_with(tail) {
                true => Wrong::LineEnds,
                false if !magic.is_empty() && MAGIC.starts_with(magic) => {
                    Wrong::Cut { at: self.at, within: "within its first bytes" }
                }
                false => Wrong::Foreign,
            });
        }
        let version: [u8; 4] =
            version.try_into().map_err(|_| Wrong::Cut { at: self.at, within: "within its first bytes" })?;
        match u32::from_le_bytes(version) {
            VERSION => {}
            other => return Err(Wrong::Version(other)),
        }
        let at = self.at;
        let Some((Tag::Head, text)) = self.section()? else {
            return Err(Wrong::Corrupt { at, why: "a recording begins with its header".to_owned() });
        };
        self.header =
            serde_json::from_slice(&text).map_err(|e| Wrong::Corrupt { at, why: format!("its header: {e}") })?;
        if self.header.arch != std::env::consts::ARCH {
            return Err(Wrong::Arch(self.header.arch.escape_default().to_string()));
        }
        Ok(())
    }

    /// Up to `n` bytes, fewer at the end of the file. Memory grows with what is there, not with `n`.
    fn bytes(&mut self, n: usize) -> Result<Vec<u8>, Wrong> {
        let mut bytes = Vec::new();
        (&mut self.input).take(n as u64).read_to_end(&mut bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes)
    }

    /// The next section; `None` when its kind is `RECS` and it was cut: what there is of it is ready.
    fn section(&mut self) -> Result<Option<(Tag, Vec<u8>)>, Wrong> {
        let at = self.at;
        let head = self.bytes(SECTION)?;
        if head.is_empty() {
            return Err(Wrong::Cut {
                at: self.at,
                within: "between two sections, without the trailer that says what was lost",
            });
        }
        let word = |i: usize| head.get(i..i + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
        let (Some(tag), Some(len), Some(sum), Some(zero)) = (word(0), word(4), word(8), word(12)) else {
            return Err(Wrong::Cut { at: self.at, within: "within the head of a section" });
        };
        let tag = Tag::read(tag).ok_or_else(|| Wrong::Corrupt { at, why: "no section begins here".to_owned() })?;
        let len = u32::from_le_bytes(len);
        if len > tag.max() {
            return Err(Wrong::Corrupt {
                at,
                why: format!("a section of {len} bytes, where {} are the most", tag.max()),
            });
        }
        if zero != [0; 4] {
            return Err(Wrong::Corrupt { at, why: "the head of a section".to_owned() });
        }
        let start = self.at;
        let bytes = self.bytes(len as usize)?;
        if bytes.len() < len as usize {
            if tag == Tag::Records {
                // No sum covers these; the records that are whole are shown all the same, and the error follows.
                self.take_records(bytes, start, true)?;
                return Err(Wrong::Cut { at: self.at, within: "within a section of records" });
            }
            let within = if tag == Tag::Head { "within its header" } else { "within its trailer" };
            return Err(Wrong::Cut { at: self.at, within });
        }
        if self.sum.add(tag, &bytes) != u32::from_le_bytes(sum) {
            return Err(Wrong::Corrupt { at, why: "the sum of this section is wrong".to_owned() });
        }
        Ok(Some((tag, bytes)))
    }

    /// Checks records and makes them ready. Of a cut section, the last may be incomplete.
    fn take_records(&mut self, mut bytes: Vec<u8>, start: u64, cut: bool) -> Result<(), Wrong> {
        let mut done = 0;
        let result = loop {
            if done == bytes.len() {
                break Ok(());
            }
            match record::whole(&bytes[done..]) {
                Ok((head, record)) => {
                    done += record.len();
                    self.records += 1;
                    self.last_time = self.last_time.max(head.time.saturating_add(head.dur));
                }
                Err(Broken::Short) if cut => break Ok(()),
                Err(broken) => {
                    break Err(Wrong::Corrupt { at: start + done as u64, why: broken_record(broken).to_owned() });
                }
            }
        };
        bytes.truncate(done);
        self.ready = bytes;
        self.given = 0;
        result
    }

    /// Reads on until records are ready or the end is known.
    fn advance(&mut self) {
        let at = self.at;
        let outcome = self.section().and_then(|section| match section {
            Some((Tag::Records, bytes)) => self.take_records(bytes, at + SECTION as u64, false),
            Some((Tag::Tail, text)) => self.finish(&text, at),
            Some((Tag::Head, _)) | None => Err(Wrong::Corrupt { at, why: "a second header".to_owned() }),
        });
        if let Err(wrong) = outcome {
            self.end = Reading::Failed(Some(wrong));
        }
    }

    fn finish(&mut self, text: &[u8], at: u64) -> Result<(), Wrong> {
        let corrupt = |at, why: String| Wrong::Corrupt { at, why };
        let trailer: Trailer = serde_json::from_slice(text).map_err(|e| corrupt(at, format!("its trailer: {e}")))?;
        self.losses = trailer.losses();
        self.exit_code = trailer.exit_code;
        if trailer.records != self.records {
            return Err(corrupt(at, format!("{} records where the trailer counts {}", self.records, trailer.records)));
        }
        let end = self.at;
        if !self.bytes(1)?.is_empty() {
            return Err(corrupt(end, "something follows the trailer".to_owned()));
        }
        self.end = Reading::Whole;
        Ok(())
    }

    /// Moves ready records to `batch`: as many as its bound allows.
    fn give(&mut self, batch: &mut Batch) {
        let limit = batch.len() + BATCH;
        while let Ok((head, record)) = record::first(&self.ready[self.given..]) {
            let next = self.given + record.len();
            match &mut self.counts {
                Some(counts) if Course::of(head.kind) == Course::Span => {
                    counts.add(&head);
                }
                _ => batch.extend_from_slice(record),
            }
            self.given = next;
            if batch.len() >= limit {
                return;
            }
        }
        self.ready.clear();
        self.given = 0;
    }
}

impl Source for ReplaySource {
    fn read(&mut self, batch: &mut Batch, _wait: Duration) -> Result<Status> {
        if self.given == self.ready.len() && matches!(self.end, Reading::Open) {
            self.advance();
        }
        if self.given < self.ready.len() {
            self.give(batch);
            return Ok(Status::More);
        }
        match &mut self.end {
            Reading::Open => Ok(Status::More),
            Reading::Whole | Reading::Failed(None) => Ok(Status::Done),
            Reading::Failed(wrong) => match wrong.take() {
                Some(what) => Err(self.error(what).into()),
                None => Ok(Status::Done),
            },
        }
    }

    /// What was running when the recording ended is in it; nothing runs now.
    fn pending(&mut self, batch: &mut Batch) -> Result<()> {
        let mark = Head { len: size_of::<Head>() as u32, kind: kind::MARK, time: self.last_time, ..Head::default() };
        batch.extend_from_slice(mark.bytes());
        Ok(())
    }

    fn detach(&mut self, _batch: &mut Batch) -> Result<()> {
        self.ready.clear();
        self.given = 0;
        self.end = Reading::Whole;
        Ok(())
    }

    fn losses(&mut self) -> Losses {
        self.losses.clone()
    }

    fn counts(&mut self) -> Result<Vec<Count>> {
        Ok(self.counts.as_ref().map(Counter::counts).unwrap_or_default())
    }

    fn counts_by_process(&mut self) -> Result<Vec<(u32, Count)>> {
        Ok(self.counts.as_ref().map(Counter::by_process).unwrap_or_default())
    }

    fn name(&self) -> &'static str {
        "replay"
    }
}

impl std::fmt::Debug for ReplaySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReplaySource").field("path", &self.path).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What is wrong with a record, in a section that has all its bytes.
fn broken_record(broken: Broken) -> &'static str {
    match broken {
        Broken::Short => "a record runs beyond its section",
        Broken::Length => "a record of impossible length",
        Broken::NoBlob => "a record is too short for its blobs",
        Broken::LongBlob => "a blob runs beyond its record",
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
