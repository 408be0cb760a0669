//! Keeps what a source gave, to be shown again by `tracer replay`. The form is described in
//! [`crate::capture::recording`]. A recording is written in sections of whole records, each with its
//! sum: whatever ends the writing, a full disk or `kill -9`, what was written can be read, and is seen
//! to be incomplete.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tracer_common::event::{Head, flag, kind};
use tracer_common::record::records;

use crate::capture::Losses;
use crate::capture::recording::{Header, MAGIC, RECORDS_MAX, SECTION, Sum, Tag, Trailer, VERSION};
use crate::render::sink::Outcome;
use crate::render::typed::show;
use crate::schema::reach::may_reach;
use crate::spec::CallFilter;
use crate::system::kept::Kept;
use crate::system::place::Place;

/// Bytes of records that are kept before they are written as a section.
const KEEP: usize = 256 * 1024;

/// The file of a recording, made before the command runs: what that does with its name comes too late.
#[derive(Debug)]
pub struct Reserved {
    path: PathBuf,
    file: File,
    /// What it is from now on, where it is a regular file.
    kept: Option<Kept>,
}

impl Reserved {
    /// Makes it.
    ///
    /// # Errors
    /// It cannot be made, or not without being led elsewhere.
    pub fn make(path: &Path) -> Result<Reserved> {
        let place = Place::find(path)?;
        let file = place.create(false)?;
        let path = place.path().to_owned();
        Ok(Reserved { path, kept: Kept::of(place, &file), file })
    }
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    /// What was written to a regular file.
    written: Option<Kept>,
    name: String,
    sum: Sum,
    kept: Vec<u8>,
    kept_records: u64,
    records: u64,
    /// Where the last whole section ends.
    end: u64,
    unwritten: u64,
    error: Option<io::Error>,
    /// Calls that were asked for: others are seen, and not kept.
    asked: CallFilter,
}

impl Recorder {
    /// Begins a recording: mode 0600, and no link is followed that others could have made.
    pub fn create(path: &Path, header: &Header) -> Result<Recorder> {
        Recorder::begin(Reserved::make(path)?, header)
    }

    /// Begins a recording in a file that was made for it.
    pub fn begin(Reserved { path, file, kept }: Reserved, header: &Header) -> Result<Recorder> {
        let name = show(&path);
        let mut recorder = Recorder {
            written: kept,
            file,
            name,
            sum: Sum::default(),
            kept: Vec::new(),
            kept_records: 0,
            records: 0,
            end: 0,
            unwritten: 0,
            error: None,
            asked: CallFilter::everything(),
        };
        let mut start = MAGIC.to_vec();
        start.extend_from_slice(&VERSION.to_le_bytes());
        recorder.put(&start).with_context(|| format!("writing {}", show(&path)))?;
        let header = serde_json::to_vec(header).context("describing the recording")?;
        recorder.section(Tag::Head, &header).with_context(|| format!("writing {}", show(&path)))?;
        Ok(recorder)
    }

    /// From now on leaves out calls that are seen only because they may lay hands on tracer.
    pub fn keep(&mut self, asked: &CallFilter) {
        self.asked = asked.clone();
    }

    fn is_asked(&self, head: &Head) -> bool {
        let compat = head.flags & flag::COMPAT != 0;
        let is_call = matches!(head.kind, kind::CALL | kind::PENDING);
        !is_call || !may_reach(compat, head.nr) || self.asked.wants(head.nr, compat)
    }

    /// Takes over whole records, as [`crate::capture::Source::read`] gave them.
    pub fn push(&mut self, batch: &[u8]) {
        let mut records = records(batch);
        for (head, record) in &mut records {
            if !self.is_asked(&head) {
                continue;
            }
            if self.error.is_some() {
                self.unwritten += 1;
            } else {
                if self.kept.len() + record.len() > RECORDS_MAX as usize {
                    self.flush();
                }
                self.kept.extend_from_slice(record);
                self.kept_records += 1;
            }
        }
        if !records.rest().is_empty() {
            // A source gives whole records; should it not, the bytes can not be kept.
            self.unwritten += 1;
            self.error.get_or_insert_with(|| io::Error::other("a broken record"));
            return;
        }
        if self.kept.len() >= KEEP {
            self.flush();
        }
    }

    /// Writes what is kept. To be called at each tick.
    pub fn flush(&mut self) {
        if self.kept.is_empty() {
            return;
        }
        let kept = std::mem::take(&mut self.kept);
        let records = std::mem::take(&mut self.kept_records);
        match self.error {
            None => match self.section(Tag::Records, &kept) {
                Ok(()) => self.records += records,
                Err(error) => {
                    self.unwritten += records;
                    self.error = Some(error);
                }
            },
            Some(_) => self.unwritten += records,
        }
        self.kept = kept;
        self.kept.clear();
    }

    /// Records that could not be written so far.
    pub fn unwritten(&self) -> u64 {
        self.unwritten
    }

    /// Ends the recording with what was lost.
    pub fn finish(mut self, losses: &Losses, exit_code: Option<i32>) -> Outcome {
        self.flush();
        if self.error.is_none() {
            let trailer = Trailer { records: self.records, losses: Trailer::names(losses), exit_code };
            let written =
                serde_json::to_vec(&trailer).map_err(io::Error::other).and_then(|t| self.section(Tag::Tail, &t));
            self.error = written.err();
        }
        let error = self.error.map(|error| (self.name.clone(), error));
        let mut outcome = Outcome { unwritten: self.unwritten, error, ..Outcome::default() };
        outcome.sum = outcome.look(&self.name, self.written).map(|sum| (self.name, sum));
        outcome
    }

    fn section(&mut self, tag: Tag, bytes: &[u8]) -> io::Result<()> {
        let len = u32::try_from(bytes.len()).ok().filter(|len| *len <= tag.max());
        let len = len.ok_or_else(|| io::Error::other("a section is too long"))?;
        let mut sum = self.sum.clone();
        let mut head = Vec::with_capacity(SECTION + bytes.len());
        head.extend_from_slice(&tag.bytes());
        head.extend_from_slice(&len.to_le_bytes());
        head.extend_from_slice(&sum.add(tag, bytes).to_le_bytes());
        head.extend_from_slice(&[0; 4]);
        head.extend_from_slice(bytes);
        self.put(&head)?;
        self.sum = sum;
        Ok(())
    }

    /// Writes all of it, or takes back what was written of it.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.end += bytes.len() as u64;
                if let Some(written) = &mut self.written {
                    written.wrote(bytes);
                }
                Ok(())
            }
            Err(error) => {
                // A pipe can not be cut; its reader sees the cut section.
                if self.file.set_len(self.end).is_err() {
                    self.written = None;
                }
                Err(error)
            }
        }
    }
}
