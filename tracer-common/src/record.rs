//! Taking records apart: the one walker over the records of a batch, and the one over the blobs of a record. Lengths are never
//! trusted: what reaches past the end is not given, and ends the walk.

use crate::event::{Blob, Head, align};

/// Why bytes are not a whole record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// They end before the record does.
    Short,
    /// No record has this length.
    Length,
    /// The record ends before the head of a blob does.
    NoBlob,
    /// A blob is longer than what is left of its record.
    LongBlob,
}

/// The record that stands first, and its head.
///
/// # Errors
/// There is none, or not all of it. Its blobs are not looked at: [`whole`] does.
pub fn first(bytes: &[u8]) -> Result<(Head, &[u8]), Broken> {
    let head = Head::read(bytes).ok_or(Broken::Short)?;
    let len = head.len as usize;
    if len < size_of::<Head>() || len != align(len) {
        return Err(Broken::Length);
    }
    Ok((head, bytes.get(..len).ok_or(Broken::Short)?))
}

/// The same, with all of its blobs.
///
/// # Errors
/// There is none, or something of it is missing.
pub fn whole(bytes: &[u8]) -> Result<(Head, &[u8]), Broken> {
    let (head, record) = first(bytes)?;
    let mut blobs = blobs(&head, record);
    while blobs.step()?.is_some() {}
    Ok((head, record))
}

/// The records of a batch, with their heads.
pub fn records(batch: &[u8]) -> Records<'_> {
    Records { rest: batch }
}

/// See [`records`].
#[derive(Debug, Clone)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// What was not given yet: at the end of the walk, what is no record.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (Head, &'a [u8]);

    fn next(&mut self) -> Option<(Head, &'a [u8])> {
        let (head, record) = first(self.rest).ok()?;
        self.rest = self.rest.get(record.len()..).unwrap_or_default();
        Some((head, record))
    }
}

/// The blobs of a record, with their bytes.
pub fn blobs<'a>(head: &Head, record: &'a [u8]) -> Blobs<'a> {
    let record = record.get(..head.len as usize).unwrap_or(record);
    Blobs { rest: record.get(size_of::<Head>()..).unwrap_or_default(), left: head.blobs }
}

/// See [`blobs`].
#[derive(Debug, Clone)]
pub struct Blobs<'a> {
    rest: &'a [u8],
    left: u16,
}

impl<'a> Blobs<'a> {
    /// What was not given yet: at the end of the walk, what is no blob.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn step(&mut self) -> Result<Option<(Blob, &'a [u8])>, Broken> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let blob = Blob::read(self.rest).ok_or(Broken::NoBlob)?;
        let behind = self.rest.get(size_of::<Blob>()..).unwrap_or_default();
        let bytes = behind.get(..blob.len as usize).ok_or(Broken::LongBlob)?;
        self.rest = behind.get(align(bytes.len())..).unwrap_or_default();
        Ok(Some((blob, bytes)))
    }
}

impl<'a> Iterator for Blobs<'a> {
    type Item = (Blob, &'a [u8]);

    fn next(&mut self) -> Option<(Blob, &'a [u8])> {
        let step = self.step();
        if step.is_err() {
            self.left = 0;
        }
        step.ok().flatten()
    }
}
