//! One run: started in a folder and a process group of its own, with pipes whose end tells that everybody is gone, the traced command too;
//! ended by us when that takes too long.

use std::fs::{self, File};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::run::without_cargo;

/// How long a run may take: fifty times what one takes.
const BOUND: Duration = Duration::from_secs(10);

/// What came of a run.
#[derive(Debug, Default)]
pub struct Done {
    /// The exit code, if it exited.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What was written to stdout.
    pub stdout: String,
    /// What was written to stderr.
    pub stderr: String,
    /// Somebody was still there at the bound, and was killed.
    pub hung: bool,
}

/// A folder that is removed when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one, where files of a run are.
    pub fn new(name: &str) -> Result<Folder> {
        let dir = std::env::temp_dir().join(format!("xtask-faults-{}-{name}", std::process::id()));
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Folder(dir))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it, as far as it is text.
    pub fn text(&self, name: &str) -> String {
        fs::read(self.0.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: cannot remove {}: {error}", self.0.display());
        }
    }
}

/// Runs it in the folder, to the end of everybody who has its stdout or stderr.
pub fn run(command: Command, dir: &Path) -> Result<Done> {
    start(command, dir, None, |_| ())
}

/// The same, but it is killed after a while, and nobody else; `look` is asked right before, with its process id.
pub fn killed(command: Command, dir: &Path, after: Duration, look: impl FnOnce(u32)) -> Result<Done> {
    start(command, dir, Some(after), look)
}

fn start(mut command: Command, dir: &Path, kill: Option<Duration>, look: impl FnOnce(u32)) -> Result<Done> {
    let (out, out_writer) = io::pipe()?;
    let (err, err_writer) = io::pipe()?;
    command.current_dir(dir).stdin(Stdio::from(File::open("/dev/null")?)).stdout(out_writer).stderr(err_writer);
    command.env("LC_ALL", "C").process_group(0);
    without_cargo(&mut command);
    let mut child = command.spawn().context("cannot start it")?;
    // Our own ends for writing.
    drop(command);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut pipes = [(out, &mut stdout), (err, &mut stderr)];
    let mut ended = false;
    if let Some(after) = kill {
        ended = drain(&mut pipes, Instant::now() + after)?;
        look(child.id());
        // It is our child and not waited for, so the number is its own, also where it has ended.
        child.kill()?;
    }
    let hung = !ended && !drain(&mut pipes, Instant::now() + BOUND)?;
    if hung {
        // SAFETY: kill(2) touches no memory; the group is that of our child, which is not waited for yet, so it is still its own.
        unsafe { libc::kill(-child.id().cast_signed(), libc::SIGKILL) };
    }
    let status = child.wait()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Done { code: status.code(), signal: status.signal(), stdout: text(&stdout), stderr: text(&stderr), hung })
}

/// Reads all pipes to their ends; false when there is none in time.
fn drain(pipes: &mut [(PipeReader, &mut Vec<u8>)], end: Instant) -> Result<bool> {
    let mut open = vec![true; pipes.len()];
    while open.contains(&true) {
        let left = end.saturating_duration_since(Instant::now());
        let poll = |(at, (pipe, _)): (usize, &(PipeReader, &mut Vec<u8>))| libc::pollfd {
            fd: if open[at] { pipe.as_fd().as_raw_fd() } else { -1 },
            events: libc::POLLIN,
            revents: 0,
        };
        let mut polls: Vec<libc::pollfd> = pipes.iter().enumerate().map(poll).collect();
        // SAFETY: the array is as long as it is said to be, and there for the call.
        let ready = unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as u64, left.as_millis().min(60_000) as i32) };
        if ready == 0 && left.is_zero() {
            return Ok(false);
        }
        for (at, poll) in polls.iter().enumerate().filter(|(_, poll)| poll.revents != 0 && poll.fd >= 0) {
            let mut part = [0; 65536];
            let read = pipes[at].0.read(&mut part)?;
            open[at] = read > 0 && poll.revents & libc::POLLNVAL == 0;
            pipes[at].1.extend_from_slice(&part[..read]);
        }
    }
    Ok(true)
}
