//! Running programs for a measurement: with a bound on their time, their output in files (a pipe that nobody reads would stop
//! them), and never outliving us.
//!
//! Nothing is timed here. Loads time themselves; this process sleeps while they run.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::command;

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// How long a tracer may take to say that it is attached, and to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(20);

/// The folder of a bench: outputs, fixtures, servers' files. Removed when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, under TMPDIR or /tmp.
    pub fn new() -> Result<Scratch> {
        let dir = std::env::temp_dir().join(format!("xtask-bench-{}", std::process::id()));
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        Ok(Scratch(dir))
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: cannot remove {}: {error}", self.0.display());
        }
    }
}

/// A program that runs; killed when dropped.
pub struct Job {
    child: Child,
    line: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// How a program ended, and what it printed.
pub struct Done {
    /// Its status.
    pub status: ExitStatus,
    /// What it wrote to stdout; bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Job {
    /// Starts it, with stdin as the command has it, and stdout and stderr in files of this name in `scratch`.
    pub fn start(mut command: Command, scratch: &Scratch, name: &str) -> Result<Job> {
        let (stdout, stderr) = (scratch.path(&format!("{name}.stdout")), scratch.path(&format!("{name}.stderr")));
        command.stdout(File::create(&stdout)?).stderr(File::create(&stderr)?).env("LC_ALL", "C").process_group(0);
        // Its folders in LD_LIBRARY_PATH would be searched, by more calls, at the start of each measured process.
        crate::run::without_cargo(&mut command);
        // SAFETY: prctl(2) may be called between fork and exec: it takes no lock and allocates nothing.
        unsafe { command.pre_exec(die_with_parent) };
        let line = command::line(&command);
        let child = command.spawn().with_context(|| format!("cannot run `{line}`"))?;
        Ok(Job { child, line, stdout, stderr })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stderr so far.
    pub fn stderr(&self) -> String {
        text(&self.stderr)
    }

    /// The process's stdin, where the command made a pipe of it.
    pub fn stdin(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits until `ready`; an error when it ends before, or takes longer than anything that works.
    pub fn wait_until(&mut self, mut ready: impl FnMut(&Job) -> bool) -> Result<()> {
        let begin = Instant::now();
        while !ready(self) {
            if let Some(status) = self.child.try_wait()? {
                bail!("`{}` ended too early ({status}): {}", self.line, last_line(&self.stderr()));
            }
            if begin.elapsed() > PATIENCE {
                bail!("`{}` is not ready after {PATIENCE:?}", self.line);
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Waits for its end, looking at it with `look` meanwhile; kills it after `limit`, which is an error.
    pub fn wait(mut self, limit: Duration, mut look: impl FnMut(u32)) -> Result<Done> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Done { status, stdout: text(&self.stdout), stderr: self.stderr() });
            }
            if begin.elapsed() > limit {
                // Dropping it kills it.
                bail!("`{}` took longer than {} s", self.line, limit.as_secs());
            }
            look(self.pid());
            std::thread::sleep(LOOK);
        }
    }

    /// Interrupts it, as ^C would, and waits for its end.
    pub fn interrupt(self) -> Result<Done> {
        signal(self.child.id().cast_signed(), libc::SIGINT);
        self.wait(PATIENCE, |_| ())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // The whole group: what a killed tracer started would run on.
            signal(-self.child.id().cast_signed(), libc::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

/// Runs a program to its end within `limit`; one that fails is an error.
pub fn run(command: Command, scratch: &Scratch, name: &str, limit: Duration) -> Result<Done> {
    let job = Job::start(command, scratch, name)?;
    let line = job.line.clone();
    let done = job.wait(limit, |_| ())?;
    if !done.status.success() {
        return Err(failed(&line, &done));
    }
    Ok(done)
}

/// A program, its command line, and how it failed.
pub fn failed(line: &str, done: &Done) -> anyhow::Error {
    let how = match done.status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit code {}", done.status.code().unwrap_or(-1)),
    };
    anyhow!("`{line}`: {how}: {}", last_line(&done.stderr))
}

/// The last line that says something.
fn last_line(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message")
}

fn text(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// A command that reads nothing.
pub fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// Asks the kernel to kill this process when the one that started it is gone.
fn die_with_parent() -> std::io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a number and touches no memory.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Signals a process of ours, or with a negative number its group. That it is gone already is no error.
fn signal(pid: i32, signal: i32) {
    // SAFETY: kill(2) touches no memory; the process is our child and not yet waited for, so that the number is still its own.
    unsafe { libc::kill(pid, signal) };
}
