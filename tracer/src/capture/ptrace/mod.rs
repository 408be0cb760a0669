//! The source for machines without eBPF, and for tracing as an ordinary user: ptrace(2). Every stop of a
//! task is turned into the records that the kernel side would send, with the same plans; then the task
//! goes on at once. All work happens in the thread that opened the source, because ptrace ties tasks to a
//! thread; `read` is that thread's loop, bounded in time and size.
//!
//! Tasks are attached with PTRACE_SEIZE, without EXITKILL: when tracer dies, however it dies, the
//! kernel detaches and the tasks go on. The exceptions are a seccomp filter ([`Options::seccomp`]) and `--kill-on-exit`, which have
//! to be asked for.

mod attach;
mod beside;
mod called;
mod children;
mod detach;
mod filters;
mod follow;
mod held;
#[cfg(target_arch = "x86_64")]
mod library;
#[cfg(not(target_arch = "x86_64"))]
#[path = "library/absent.rs"]
mod library;
mod ourselves;
mod passed;
mod rights;
mod seccomp;
mod stack;
mod stops;
mod sys;
mod tamper;
mod task;
mod timer;
mod untraced;

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use anyhow::{Context, Result};
use tracer_common::loss::Loss;

use super::command::Started;
use super::count::Counter;
use super::interpret::Scratch;
use super::memory::Memory;
use super::paths::Paths;
use super::plans::Plans;
use super::refused::Refused;
use super::stacks::Stacks;
use super::{Batch, Count, Losses, Source, Status, interrupt};
use crate::spec::Watch;
use crate::spec::tampering::Tampering;
use crate::system::files::Files;
use beside::Beside;
use follow::Follow;
use held::HeldTasks;
use library::Library;
pub use stops::now;
use sys::Waited;
use task::Tasks;
use timer::Timer;

/// Attaches to a child of its own and lets it go (`tracer doctor`). The child does nothing but wait.
///
/// # Errors
/// EPERM where a security module or a seccomp filter forbids ptrace; those of fork(2).
pub fn attempt() -> io::Result<()> {
    // SAFETY: the child only waits for a signal, and ends with its parent.
    let pid = unsafe {
        match libc::fork() {
            -1 => return Err(io::Error::last_os_error()),
            0 => {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::pause();
                libc::_exit(0)
            }
            pid => pid,
        }
    };
    let seized = sys::seize(pid as u32, 0);
    // SAFETY: the child is ours and was not waited for, so the id is its own.
    unsafe {
        libc::kill(pid, libc::SIGKILL);
        while libc::waitpid(pid, std::ptr::null_mut(), libc::__WALL) == pid {}
    }
    seized
}

/// The filter that the command of a request installs, where it may.
pub fn filter(watch: &Watch) -> Option<super::command::Filter> {
    seccomp::filter(watch, Options { seccomp: watch.seccomp })
}

/// What a request does not say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Let the kernel pass unwanted calls without a stop (`--seccomp-bpf`). Used only for a command that is
    /// followed, with a restricted set of calls and CAP_SYS_ADMIN. A filter can not be taken back: without a
    /// tracer its calls would fail with ENOSYS, so the tasks die with tracer, as with strace.
    pub seccomp: bool,
}

/// Events of stopped tasks.
pub struct PtraceSource {
    follow: bool,
    options: i32,
    /// How tasks go on that are in no call.
    go: sys::Go,
    /// The command was told to install a filter; whether it could is known at its execve.
    filter_asked: bool,
    plans: Plans,
    tasks: Tasks,
    /// New tasks that stopped before their parent told of them, with their wait status.
    early: HashMap<u32, i32>,
    /// Records made outside `read`.
    held: Batch,
    memory: Memory,
    files: Files,
    scratch: Scratch,
    losses: Losses,
    /// The pid namespace of each new task is told.
    names: bool,
    /// Calls of library functions, where they are asked for.
    library: Option<Library>,
    beside: Beside,
    /// A process that runs another program is let go.
    leave_on_exec: bool,
    /// Where they are asked for.
    stacks: Option<Stacks>,
    tally: Option<Counter>,
    /// Addresses are read again when a call ends: nothing else tells whether they were changed.
    rereads: bool,
    /// How long the process of the last stop has had a CPU in the kernel, ns; `None` when nobody asked for it.
    system: Option<u64>,
    started: Option<Started>,
    refused: Vec<Refused>,
    reaped: Vec<(u32, i32)>,
    timer: Timer,
    near: Follow,
    /// What is done to calls, to those on which paths, and the tasks that are held for it.
    tampering: Tampering,
    paths: Paths,
    held_tasks: HeldTasks,
    /// The name by which tracer was called, for messages.
    program: String,
    detached: bool,
    /// A task that the kernel does not let go on, and why.
    stuck: Option<(u32, io::Error)>,
}

/// Bytes of records after which `read` returns.
const BATCH_MAX: usize = 256 * 1024;
/// How long `read` gathers more once it has something: long enough to spare the reader a turn per call,
/// too short for eyes.
const GATHER: Duration = Duration::from_millis(2);

impl PtraceSource {
    /// Attaches to the processes of `watch` and starts its command, or takes the one that waits at its gate.
    ///
    /// # Errors
    /// A command that can not be started ([`super::command::StartError`] inside), or when no process could
    /// be attached to. Single refusals are in [`PtraceSource::refused`].
    pub fn open(watch: &Watch, started: Option<Started>) -> Result<PtraceSource> {
        PtraceSource::open_with(watch, Options { seccomp: watch.seccomp }, started)
    }

    /// As [`PtraceSource::open`], with options.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_with(watch: &Watch, options: Options, started: Option<Started>) -> Result<PtraceSource> {
        let target = &watch.target;
        anyhow::ensure!(
            !target.all && target.cgroup.is_none() && target.comm.is_none() && target.uid.is_none(),
            "ptrace can only trace a command and processes given by their ids"
        );
        let filter = seccomp::filter(watch, options);
        let mut source = PtraceSource {
            follow: watch.follow,
            options: attach::options(watch, filter.is_some()),
            go: sys::Go::Syscall,
            filter_asked: filter.is_some(),
            // What is mapped can be asked for while a task stands still.
            plans: Plans::new(&Watch { stacks: None, ..watch.clone() }),
            tasks: Tasks::default(),
            early: HashMap::new(),
            held: Batch::new(),
            memory: Memory::default(),
            files: Files::default(),
            scratch: Scratch::default(),
            losses: Losses::default(),
            stuck: None,
            names: watch.names,
            library: Library::new(watch)?,
            beside: Beside::new(watch),
            leave_on_exec: watch.leave_on_exec,
            stacks: watch.stacks.filter(|_| watch.counting.is_none()).map(Stacks::new),
            tally: watch.counting.map(|counting| Counter::new(counting.by_process, watch.calls.clone())),
            rereads: !watch.evidence,
            system: watch.counting.filter(|counting| counting.cpu_time).map(|_| 0),
            started: None,
            refused: Vec::new(),
            reaped: Vec::new(),
            timer: Timer::new().context("a timer")?,
            near: Follow::default(),
            tampering: watch.tampering.clone(),
            paths: Paths::new(&watch.tampering.paths, |_, _| {}),
            held_tasks: HeldTasks::default(),
            program: watch.program.clone(),
            detached: false,
        };
        if !watch.follow || !target.pids.is_empty() {
            // A task that is not seen, or was not from its start, may have registered memory.
            source.memory.careful();
        }
        if let Some(command) = &target.command {
            source.start(command, started, filter.as_ref())?;
        }
        source.attach(&target.pids)?;
        Ok(source)
    }

    /// The started command's process.
    pub fn command_pid(&self) -> Option<u32> {
        self.started.as_ref().map(Started::pid)
    }

    /// The errno with which the command's execve failed, if it did: strace says `exec: ...` then.
    pub fn exec_error(&mut self) -> Option<i32> {
        self.started.as_mut().and_then(Started::exec_error)
    }

    /// Processes that could not be attached to.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Children of tracer itself that ended and were reaped on the way, with their wait statuses: the shell
    /// behind `-o '|cmd'` is one, when this thread started it.
    pub fn reaped(&mut self) -> Vec<(u32, i32)> {
        std::mem::take(&mut self.reaped)
    }

    fn lose(&mut self, loss: Loss, n: u64) {
        self.losses.add(loss, n);
    }

    /// Handles stops until the batch is full, the time is over, or tracer is asked to stop.
    fn collect(&mut self, batch: &mut Batch, wait: Duration) -> Result<Status> {
        let start = batch.len();
        let mut gathering = false;
        loop {
            self.wake(false);
            if let Some((tid, error)) = self.stuck.take() {
                return Err(error).with_context(|| format!("process {tid} cannot be let go on"));
            }
            self.ended_meanwhile(batch);
            if self.tasks.is_empty() && self.early.is_empty() {
                return Ok(Status::Done);
            }
            if batch.len() - start >= BATCH_MAX {
                return Ok(Status::More);
            }
            if self.timer.over() || interrupt::interrupted().is_some() {
                return Ok(if batch.len() > start { Status::More } else { Status::Idle });
            }
            let block = !wait.is_zero();
            let system = &mut self.system;
            let mut look = || sys::wait_timed(false, system.as_mut()).ok().filter(|w| *w != Waited::Nothing);
            let looked = if block { self.near.look(&mut look) } else { None };
            let waited = match looked {
                Some(found) => found,
                None => sys::wait_timed(block, self.system.as_mut()).context("waitpid")?,
            };
            match waited {
                Waited::Task(tid, status) => {
                    self.near.stopped(tid);
                    let held = self.held_tasks.len();
                    self.stop(tid, status, batch);
                    let gathers = !gathering && batch.len() > start;
                    gathering |= gathers;
                    if !wait.is_zero() && (gathers || self.held_tasks.len() > held) {
                        self.timer.start(self.held_tasks.bound(if gathering { GATHER } else { wait }));
                    }
                }
                Waited::Nothing => return Ok(Status::Idle),
                Waited::Interrupted => {}
                Waited::NoTasks => return Ok(Status::Done),
            }
        }
    }
}

impl Source for PtraceSource {
    fn read(&mut self, batch: &mut Batch, wait: Duration) -> Result<Status> {
        if !self.held.is_empty() {
            batch.append(&mut self.held);
            return Ok(Status::More);
        }
        if !wait.is_zero() {
            self.timer.start(self.held_tasks.bound(wait));
        }
        let status = self.collect(batch, wait);
        self.timer.stop();
        status
    }

    fn pending(&mut self, batch: &mut Batch) -> Result<()> {
        self.send_pending(batch);
        Ok(())
    }

    fn detach(&mut self, batch: &mut Batch) -> Result<()> {
        batch.append(&mut self.held);
        self.let_go(batch);
        Ok(())
    }

    fn losses(&mut self) -> Losses {
        self.losses.clone()
    }

    fn counts(&mut self) -> Result<Vec<Count>> {
        Ok(self.tally.as_ref().map(Counter::counts).unwrap_or_default())
    }

    fn counts_by_process(&mut self) -> Result<Vec<(u32, Count)>> {
        Ok(self.tally.as_ref().map(Counter::by_process).unwrap_or_default())
    }

    fn called(&mut self) -> Result<Vec<(u32, Count)>> {
        Ok(self.library.as_ref().map(Library::counts).unwrap_or_default())
    }

    fn unwatched(&mut self) -> Vec<String> {
        self.library.as_ref().map(Library::unwatched).unwrap_or_default()
    }

    fn command(&self) -> Option<u32> {
        self.started.as_ref().filter(|started| started.is_child()).map(Started::pid)
    }

    fn exec_error(&mut self) -> Option<i32> {
        PtraceSource::exec_error(self)
    }

    fn reads_before_filters(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "ptrace"
    }
}

impl Drop for PtraceSource {
    fn drop(&mut self) {
        self.let_go(&mut Batch::new());
    }
}

#[cfg(test)]
mod tests;
