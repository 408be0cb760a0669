//! Where bytes go: stderr, a file, the input of a command, or a file per task. A sink keeps what it is
//! given until the caller's tick or until 64 KiB are there, and it keeps books: the caller says how
//! many records it hands over, and the sink knows afterwards how many of them did not get out. After
//! the first failed write it writes no more, so that what is in the file is all there was up to
//! that point; a half-written record is cut off again where the file allows it.
//!
//! A reader that went away (`| head`) is no failure: output ends quietly.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, fstat, ftruncate};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::typed::show;
use crate::spec::{Color, To};
use crate::system::kept::{Changed, Kept, Sum, sum_from};
use crate::system::place::{Place, file_id};

/// Whether output is coloured: when asked for, else on a terminal that can, unless NO_COLOR (no-color.org) says otherwise.
pub fn colored(color: Color, is_terminal: impl FnOnce() -> bool) -> bool {
    let dumb = || std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let refused = || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal() && !dumb() && !refused(),
    }
}

/// Bytes that are kept at most before they are written.
const KEEP: usize = 64 * 1024;
/// The same for each of the files of `-ff`.
const KEEP_EACH: usize = 8 * 1024;
/// Files of `-ff` that are open at a time at most.
const OPEN_MAX: usize = 200;

/// Whether output still has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Go on.
    Open,
    /// Nobody reads any more: end quietly.
    Closed,
}

/// What became of the output.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Records that were handed over and could not be written.
    pub unwritten: u64,
    /// The first failure: which output, and the error.
    pub error: Option<(String, io::Error)>,
    /// The reader went away; what was not written after that is not counted.
    pub closed: bool,
    /// How the command of `-o '|cmd'` ended.
    pub command: Option<ExitStatus>,
    /// What somebody else did to the file, in words.
    pub changed: Option<String>,
    /// The name of a recording, and the sum of all that is in it.
    pub sum: Option<(String, Sum)>,
}

impl Outcome {
    /// The line for stderr, without a newline; `None` when everything was written. With a line, tracer
    /// has to end with a failing code.
    pub fn line(&self, program: &str) -> Option<String> {
        let (name, error) = self.error.as_ref()?;
        let records =
            if self.unwritten == 1 { "1 record was".to_owned() } else { format!("{} records were", self.unwritten) };
        Some(format!("{program}: {records} not written to {name}: {error}"))
    }

    /// Notes what became of the file of this name meanwhile.
    pub fn look(&mut self, name: &str, kept: Option<Kept>) -> Option<Sum> {
        match kept?.look() {
            Ok(sum) => Some(sum),
            Err(changed) => {
                self.changed.get_or_insert_with(|| format!("output {name}: {changed}"));
                None
            }
        }
    }
}

/// A place for output.
#[derive(Debug)]
pub struct Sink {
    out: Out,
    child: Option<Child>,
}

#[derive(Debug)]
enum Out {
    One(Box<Stream>),
    Each(Box<Each>),
}

impl Sink {
    /// Opens the output. Links that others could have made are not followed, see [`crate::system::place`].
    pub fn open(to: &To) -> Result<Sink> {
        let (stream, child) = match to {
            To::Stderr => (Stream::new(Fd::Stderr(io::stderr()), "stderr", None), None),
            To::Stdout => (Stream::new(Fd::Stdout(io::stdout()), "stdout", None), None),
            To::File(path, append) => {
                let place = Place::find(path)?;
                let file = place.create(*append)?;
                let kept = Kept::of(place, &file);
                (Stream::of_file(OwnedFd::from(file), &show(path), kept), None)
            }
            To::Pipe(command) => {
                let mut child = Command::new("/bin/sh")
                    .arg("-c")
                    .arg(command)
                    .stdin(Stdio::piped())
                    .spawn()
                    .context("starting /bin/sh for the output")?;
                let stdin = child.stdin.take().context("the output command has no standard input")?;
                let name = format!("'|{}'", show(command));
                (Stream::new(Fd::Owned(OwnedFd::from(stdin)), &name, None), Some(child))
            }
            To::Each(path) => {
                return Ok(Sink { out: Out::Each(Box::new(Each::new(path)?)), child: None });
            }
        };
        Ok(Sink { out: Out::One(Box::new(stream)), child })
    }

    /// The process of `-o '|cmd'`, which is not to be traced and not to be waited for by others.
    pub fn child(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Takes over `bytes`, which are `records` whole records of task `tid`.
    pub fn write(&mut self, tid: u32, bytes: &[u8], records: u64) -> Flow {
        match &mut self.out {
            Out::One(stream) => stream.push(bytes, records, KEEP),
            Out::Each(each) => {
                each.write(tid, bytes, records);
                Flow::Open
            }
        }
    }

    /// Writes everything that is kept. To be called at each tick, and before waiting for long.
    pub fn flush(&mut self) -> Flow {
        match &mut self.out {
            Out::One(stream) => stream.flush(),
            Out::Each(each) => {
                each.open.values_mut().for_each(|task| _ = task.stream.flush());
                Flow::Open
            }
        }
    }

    /// No more comes from task `tid`: its file, if it has one, is closed.
    pub fn task_gone(&mut self, tid: u32) {
        if let Out::Each(each) = &mut self.out {
            each.close(tid);
        }
    }

    /// Records that could not be written so far.
    pub fn unwritten(&self) -> u64 {
        match &self.out {
            Out::One(stream) => stream.outcome.unwritten,
            Out::Each(each) => {
                each.outcome.unwritten + each.open.values().map(|t| t.stream.outcome.unwritten).sum::<u64>()
            }
        }
    }

    /// Writes what is kept, closes, and waits for the command of `-o '|cmd'`.
    pub fn finish(self) -> Outcome {
        let mut outcome = match self.out {
            Out::One(stream) => stream.finish(),
            Out::Each(each) => each.finish(),
        };
        // Somebody else in this process may have waited for it already (waitpid(-1)): no status then.
        outcome.command = self.child.and_then(|mut child| child.wait().ok());
        outcome
    }
}

#[derive(Debug)]
enum Fd {
    Stderr(io::Stderr),
    Stdout(io::Stdout),
    Owned(OwnedFd),
}

impl Fd {
    fn borrow(&self) -> BorrowedFd<'_> {
        match self {
            Fd::Stderr(stderr) => stderr.as_fd(),
            Fd::Stdout(stdout) => stdout.as_fd(),
            Fd::Owned(fd) => fd.as_fd(),
        }
    }
}

/// One open output with its buffer.
#[derive(Debug)]
pub(super) struct Stream {
    fd: Fd,
    name: String,
    kept: Vec<u8>,
    /// Where each hand-over ends in `kept`, and its records.
    marks: Vec<(usize, u64)>,
    /// Of a regular file: where our bytes will end up next.
    offset: Option<u64>,
    /// Of a regular file that its path leads to: what was written to it.
    sum: Option<Kept>,
    /// The same of a file of a task, which is looked for when all have ended.
    hasher: Option<Sha256>,
    outcome: Outcome,
}

impl Stream {
    fn new(fd: Fd, name: &str, offset: Option<u64>) -> Stream {
        let (name, outcome) = (name.to_owned(), Outcome::default());
        Stream { fd, name, kept: Vec::new(), marks: Vec::new(), offset, sum: None, hasher: None, outcome }
    }

    /// An open file, empty or to be appended to.
    pub(super) fn of_file(fd: OwnedFd, name: &str, sum: Option<Kept>) -> Stream {
        let offset = fstat(&fd)
            .ok()
            .filter(|s| FileType::from_raw_mode(s.st_mode) == FileType::RegularFile)
            .and_then(|s| u64::try_from(s.st_size).ok());
        Stream { sum, ..Stream::new(Fd::Owned(fd), name, offset) }
    }

    /// Keeps `bytes`, and writes when more than `keep` are there.
    pub(super) fn push(&mut self, bytes: &[u8], records: u64, keep: usize) -> Flow {
        if self.outcome.closed {
            return Flow::Closed;
        }
        if self.outcome.error.is_some() {
            self.outcome.unwritten += records;
            return Flow::Open;
        }
        self.kept.extend_from_slice(bytes);
        self.marks.push((self.kept.len(), records));
        if self.kept.len() >= keep { self.flush() } else { Flow::Open }
    }

    /// Writes what is kept.
    pub(super) fn flush(&mut self) -> Flow {
        let mut done = 0;
        while done < self.kept.len() {
            match rustix::io::write(self.fd.borrow(), &self.kept[done..]) {
                Ok(0) => {
                    self.fail(done, io::ErrorKind::WriteZero.into());
                    break;
                }
                Ok(n) => done += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait(self.fd.borrow()),
                Err(Errno::PIPE) => {
                    self.outcome.closed = true;
                    break;
                }
                Err(e) => {
                    self.fail(done, e.into());
                    break;
                }
            }
        }
        if self.outcome.error.is_none() {
            if let Some(offset) = &mut self.offset {
                *offset += done as u64;
            }
            self.wrote(done);
        }
        self.kept.clear();
        self.marks.clear();
        if self.outcome.closed { Flow::Closed } else { Flow::Open }
    }

    /// The first of the kept bytes are in the file.
    fn wrote(&mut self, n: usize) {
        if let Some(sum) = &mut self.sum {
            sum.wrote(&self.kept[..n]);
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&self.kept[..n]);
        }
    }

    /// `done` of the kept bytes were written, the next was not: counts the records behind, and takes
    /// the begun one back.
    fn fail(&mut self, done: usize, error: io::Error) {
        let mut start = 0;
        let mut whole = 0;
        for &(end, records) in &self.marks {
            if end <= done {
                whole = end;
            } else {
                let (out, at) = lines(&self.kept[start..end], done.saturating_sub(start), records);
                self.outcome.unwritten += records - out;
                if out > 0 {
                    whole = start + at;
                }
            }
            start = end;
        }
        if let Some(offset) = self.offset
            && fstat(self.fd.borrow()).is_ok_and(|s| s.st_size as u64 == offset + done as u64)
        {
            match ftruncate(self.fd.borrow(), offset + whole as u64) {
                Ok(()) => self.wrote(whole),
                // It stays cut in the middle of a record.
                Err(_) => (self.sum, self.hasher) = (None, None),
            }
        }
        self.outcome.error = Some((self.name.clone(), error));
    }

    /// Writes what is kept and closes.
    pub(super) fn finish(mut self) -> Outcome {
        let _ = self.flush();
        if let Fd::Owned(fd) = self.fd
            && let Err(e) = nix::unistd::close(fd)
            && self.outcome.error.is_none()
        {
            self.outcome.error = Some((format!("{}, it may be incomplete: closing failed", self.name), e.into()));
        }
        self.outcome.look(&self.name, self.sum);
        self.outcome
    }
}

/// Of a hand-over of which `done` bytes were written: how many records are whole, and where the last
/// of these ends. Known when a record is a line; else none counts as written.
fn lines(bytes: &[u8], done: usize, records: u64) -> (u64, usize) {
    if done == 0 || memchr::memchr_iter(b'\n', bytes).count() as u64 != records {
        return (0, 0);
    }
    let written = &bytes[..done.min(bytes.len())];
    (memchr::memchr_iter(b'\n', written).count() as u64, memchr::memrchr(b'\n', written).map_or(0, |at| at + 1))
}

/// Waits until a non-blocking output (somebody else's terminal) takes more.
fn wait(fd: BorrowedFd<'_>) {
    // Whatever it says, the next write finds out.
    let _ = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None);
}

/// A file per task.
#[derive(Debug)]
struct Each {
    place: Place,
    open: HashMap<u32, TaskFile>,
    /// Files made so far, by device and inode, and those that could not be.
    known: HashMap<u32, Known>,
    most: usize,
    clock: u64,
    outcome: Outcome,
}

#[derive(Debug)]
struct TaskFile {
    stream: Stream,
    used: u64,
}

#[derive(Debug, Clone)]
enum Known {
    Made {
        id: (u64, u64),
        /// Bytes in it, when it was closed, and what they were.
        size: Option<u64>,
        hasher: Option<Sha256>,
    },
    Failed,
}

impl Each {
    fn new(path: &Path) -> Result<Each> {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = usize::try_from(limit / 2).unwrap_or(usize::MAX).clamp(1, OPEN_MAX);
        let place = Place::find(path)?;
        Ok(Each { place, open: HashMap::new(), known: HashMap::new(), most, clock: 0, outcome: Outcome::default() })
    }

    fn write(&mut self, tid: u32, bytes: &[u8], records: u64) {
        self.clock += 1;
        if !self.open.contains_key(&tid) {
            match self.start(tid) {
                Ok(Some(stream)) => _ = self.open.insert(tid, TaskFile { stream, used: 0 }),
                Ok(None) => return self.outcome.unwritten += records,
                Err((name, error)) => {
                    self.known.insert(tid, Known::Failed);
                    self.outcome.unwritten += records;
                    self.outcome.error.get_or_insert((name, error));
                    return;
                }
            }
        }
        if let Some(task) = self.open.get_mut(&tid) {
            task.used = self.clock;
            // Whether somebody reads a file is not known: it is never `Closed`.
            let _ = task.stream.push(bytes, records, KEEP_EACH);
        }
    }

    /// Opens the file of a task; `None` when that failed before.
    fn start(&mut self, tid: u32) -> Result<Option<Stream>, (String, io::Error)> {
        while self.open.len() >= self.most {
            let Some(oldest) = self.open.iter().min_by_key(|(_, task)| task.used).map(|(&tid, _)| tid) else { break };
            self.close(oldest);
        }
        let suffix = format!(".{tid}");
        let mut path = self.place.path().as_os_str().to_owned();
        path.push(&suffix);
        let name = show(path);
        let file = match self.known.get(&tid) {
            Some(Known::Failed) => return Ok(None),
            Some(Known::Made { id, .. }) => match self.place.reopen_beside(&suffix, *id) {
                Ok(Some(file)) => file,
                Ok(None) => return Err((name, io::Error::other("another file took its place"))),
                Err(e) => return Err((name, io::Error::other(e))),
            },
            None => self.place.create_beside(&suffix, false).map_err(|e| (name.clone(), io::Error::other(e)))?,
        };
        let stat = fstat(&file).map_err(|e| (name.clone(), e.into()))?;
        let hasher = match self.known.insert(tid, Known::Made { id: file_id(&stat), size: None, hasher: None }) {
            Some(Known::Made { hasher, .. }) => hasher,
            _ => Some(Sha256::new()),
        };
        Ok(Some(Stream { hasher, ..Stream::of_file(OwnedFd::from(file), &name, None) }))
    }

    fn close(&mut self, tid: u32) {
        if let Some(mut task) = self.open.remove(&tid) {
            let _ = task.stream.flush();
            if let Some(Known::Made { size, hasher, .. }) = self.known.get_mut(&tid) {
                (*size, *hasher) = (task.stream.offset, task.stream.hasher.take());
            }
            let one = task.stream.finish();
            self.outcome.unwritten += one.unwritten;
            if let Some(error) = one.error {
                self.known.insert(tid, Known::Failed);
                self.outcome.error.get_or_insert(error);
            }
        }
    }

    fn finish(mut self) -> Outcome {
        let mut tids: Vec<u32> = self.open.keys().copied().collect();
        tids.sort_unstable();
        tids.into_iter().for_each(|tid| self.close(tid));
        let changed = self.changed();
        Outcome { changed, ..self.outcome }
    }

    /// What became of the files meanwhile: of the first that is not what it was.
    fn changed(&self) -> Option<String> {
        let mut made: Vec<_> = self.known.iter().collect();
        made.sort_unstable_by_key(|(tid, _)| **tid);
        let made = made.into_iter().filter_map(|(tid, known)| match known {
            Known::Made { id, size: Some(size), hasher } => Some((tid, *id, *size, hasher.clone())),
            _ => None,
        });
        made.map(|(tid, id, size, hasher)| {
            let file = self.place.open_beside(&format!(".{tid}"), id).ok().flatten();
            let changed = changed(file.as_ref(), size, hasher)?;
            Some(format!("output {}.{tid}: {changed}", show(self.place.path())))
        })
        .find_map(|changed| changed)
    }
}

/// What became of a file with so many bytes.
fn changed(file: Option<&File>, size: u64, hasher: Option<Sha256>) -> Option<Changed> {
    let Some(file) = file else { return Some(Changed::Replaced) };
    match file.metadata().map_or(size, |found| found.len()) {
        found if found != size => Some(Changed::Resized(found, size)),
        _ => {
            let sum = Sum::of(hasher?);
            (sum_from(file, 0).ok()? != sum).then_some(Changed::Written)
        }
    }
}

#[cfg(test)]
#[path = "sink_tests.rs"]
mod tests;
