//! The eBPF source: loads the kernel side, tells it whom and what to trace, and reads its ring.

mod available;
mod blocks;
mod bpf;
mod btf;
mod counts;
mod entered;
mod fold;
mod growing;
mod joined;
mod library;
mod lives;
mod load;
mod log;
mod losses;
mod mapping;
mod object;
mod operations;
mod perf;
mod ring;
mod sleepable;
pub mod snapshot;
mod stacks;
mod targets;
pub mod times;
mod trial;

pub use available::{available, only};
pub use load::VMLINUX;
pub use perf::needs_tracefs;
pub use trial::attempt;

use std::collections::BTreeSet;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use aya::maps::{Array, HashMap, PerCpuArray};
use tracer_common::config::walk;
use tracer_common::event::kind;
use tracer_common::loss::Loss;
use tracer_common::task::Task;

use self::blocks::Blocks;
use self::entered::Entries;
use self::joined::Joined;
use self::library::Probes;
use self::object::{Image, MapRow, ProgramRow};
use self::stacks::Copies;
use self::targets::Targets;
use super::command::{Started, find};
use super::refused::Refused;
use super::{Batch, Count, Losses, Source, Status, Throughput};
use crate::spec::Watch;
use crate::system::procfs::who::Who;
use crate::system::threads;

/// The kernel side that this crate was built with.
static IMAGE: Image = include!(concat!(env!("OUT_DIR"), "/tracer.bpf.rs"));

/// Whether memory that is not present when a call begins is read all the same: programs of tracepoints may sleep (Linux 7.2). `btf`: the
/// file with the kernel's types.
pub fn may_sleep(btf: &Path) -> bool {
    sleepable::may_sleep(&IMAGE, btf)
}

/// The kernel side wakes the reader when the ring fills and when a task ends that was asked for. Otherwise the reader polls:
/// at this interval while records come,
const LOOK_BUSY: Duration = Duration::from_millis(10);
/// and at this one when it is idle.
const LOOK_IDLE: Duration = Duration::from_millis(40);
/// The most walks over the running calls for one mark, where they do not fit into the ring at once.
const WALKS: usize = 16;
/// Time without records after which the reader is idle.
const BUSY: Duration = Duration::from_millis(500);
/// Idle time after which the source checks that the traced tasks still live.
const LIVES: Duration = Duration::from_millis(300);

/// The kernel refused to load the kernel side: nothing is traced, and the command waits at its gate still.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unloaded(String);

/// Events from the kernel.
pub struct EbpfSource {
    loaded: load::Loaded,
    /// Which way the source stops: nothing more will be traced, only read.
    detached: bool,
    targets: Targets,
    joined: Joined,
    /// Where they are asked for.
    stacks: Option<Copies>,
    entries: Option<Entries>,
    losses: Losses,
    /// The tracer's own thread is noted, so that its heartbeat shows.
    beating: bool,
    command: Option<Started>,
    /// The command has ended and was waited for: its id may be another process's.
    reaped: bool,
    /// Processes that are not attached to.
    refused: Vec<Refused>,
    /// Records that were not read from the ring.
    held: Batch,
    /// Running calls that the last walk did not tell of.
    untold: u32,
    /// When the last record came.
    active: Instant,
    /// When it was last seen which tasks live.
    checked: Instant,
}

impl EbpfSource {
    /// Loads the kernel side for `watch` and begins to trace; its command may wait at its gate already.
    ///
    /// # Errors
    /// What the kernel refuses and why; a command that can not be started; a process that is not there.
    pub fn open(watch: &Watch, started: &mut Option<Started>) -> Result<EbpfSource> {
        // Before any thread is started: the child is a copy of this one alone.
        if let (None, Some(command)) = (&started, &watch.target.command) {
            *started = Some(Started::spawn(command)?);
        }
        let loaded = load::load(watch, &IMAGE).map_err(|error| Unloaded(format!("{error:#}")))?;
        super::ourselves::owns_maps();
        let command = started.take();
        let endless = only(&watch.target);
        let mut source = EbpfSource {
            loaded,
            detached: false,
            targets: Targets { endless, leave_on_exec: watch.leave_on_exec, ..Targets::default() },
            joined: Joined::default(),
            stacks: watch.stacks.filter(|_| watch.counting.is_none()).map(Copies::new),
            entries: (watch.beside.namespaces && watch.counting.is_none()).then(Entries::default),
            losses: Losses::default(),
            beating: false,
            command: None,
            reaped: false,
            refused: Vec::new(),
            held: Batch::new(),
            untold: 0,
            active: Instant::now(),
            checked: Instant::now(),
        };
        source.adopt(watch)?;
        if let Some(mut command) = command {
            if let Some(probes) = &mut source.loaded.probes {
                probes.keep()?;
                let argv = watch.target.command.iter().flat_map(|command| &command.argv);
                if let Some(Ok(program)) = argv.map(|word| find(word)).next() {
                    probes.foresee(&program, command.pid(), &mut source.losses);
                }
            }
            source.mark(command.pid())?;
            command.release().context("the command was gone before it began")?;
            source.command = Some(command);
        }
        ring::hurry();
        Ok(source)
    }

    /// Traces a command that waits at its gate: nothing of it is shown before its execve.
    fn mark(&mut self, pid: u32) -> Result<()> {
        let pidfd = rustix::process::pidfd_open(
            rustix::process::Pid::from_raw(pid as i32).context("pid 0")?,
            rustix::process::PidfdFlags::empty(),
        )
        .with_context(|| format!("cannot open process {pid}"))?;
        let ours = if self.loaded.probes.is_some() { Task::OURS } else { 0 };
        self.note(&pidfd, pid, Task::GATED | Task::ROOT | ours)?;
        self.targets.alive.insert(pid);
        self.targets.unstarted = Some(pid);
        self.targets.seen = true;
        Ok(())
    }

    /// Notes a process in the task storage.
    fn note(&self, pidfd: &OwnedFd, pid: u32, flags: u32) -> Result<()> {
        let mut task = Task::NEW;
        task.head.tid = pid;
        task.head.tgid = pid;
        task.flags = flags;
        bpf::update(self.loaded.tasks.as_raw_fd(), &pidfd.as_raw_fd(), &task)
            .with_context(|| format!("cannot mark process {pid}"))
    }

    /// Makes a call that the kernel side must see, and counts it as a loss when it did not: a source that
    /// has died gives no events, and that must not look like a program that does nothing.
    fn heartbeat(&mut self) {
        let me = std::process::id();
        if rustix::thread::gettid().as_raw_nonzero().get() as u32 != me {
            return;
        }
        if !self.beating {
            let pidfd = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty());
            self.beating = pidfd.is_ok_and(|fd| self.note(&fd, me, Task::HEART).is_ok());
        }
        let beats =
            |loaded: &load::Loaded| Array::<_, u64>::try_from(&loaded.beats).and_then(|m| m.get(&0, 0)).unwrap_or(0);
        let before = beats(&self.loaded);
        // SAFETY: no such call exists, so it returns ENOSYS and does nothing.
        unsafe { libc::syscall(libc::c_long::from(Task::HEART_NR as i32)) };
        if beats(&self.loaded) == before {
            self.losses.add(Loss::Silent, 1);
        }
    }

    /// Begins to trace running processes with all their threads, and whatever the target's property names.
    fn adopt(&mut self, watch: &Watch) -> Result<()> {
        let pids = &watch.target.pids;
        if pids.is_empty() && !self.targets.endless {
            return Ok(());
        }
        let mut adopt: HashMap<_, u32, u32> = HashMap::try_from(&mut self.loaded.adopt)?;
        let mut adopted = Vec::new();
        for &pid in pids {
            let held = || if watch.unheld { Refused::held(&watch.program, pid) } else { None };
            let refused = Refused::hidden(&watch.program, pid).or_else(|| Refused::none(&watch.program, pid));
            if let Some(refused) = refused.or_else(held) {
                self.refused.push(refused);
                continue;
            }
            let process = process_of(pid)?;
            adopt.insert(process, 1, 0).with_context(|| format!("cannot mark process {pid}"))?;
            adopted.push(process);
        }
        if adopted.is_empty() && watch.target.command.is_none() && !self.targets.endless {
            let last = self.refused.pop().context("nobody to attach to")?;
            super::say(&watch.program, &self.refused);
            return Err(last.into());
        }
        self.targets.seen = true;
        self.walk(walk::ADOPT)?;
        for process in adopted {
            if let Some(probes) = &mut self.loaded.probes {
                probes.look(process, false, &mut self.held, &mut self.losses);
            }
            self.tell_stopped(process);
        }
        Ok(())
    }

    /// Processes that are not attached to, while others are.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Runs the task iterator; how many running calls it did not tell of, because the ring was half full.
    fn walk(&mut self, what: u32) -> Result<u32> {
        let mut control: Array<_, u32> = Array::try_from(&mut self.loaded.walk)?;
        control.set(walk::WHAT, what, 0)?;
        control.set(walk::UNTOLD, 0, 0)?;
        let mut file = self.loaded.iterate()?;
        let mut nothing = [0u8; 64];
        while file.read(&mut nothing).context("the task iterator failed")? > 0 {}
        Ok(Array::<_, u32>::try_from(&self.loaded.walk)?.get(&walk::UNTOLD, 0)?)
    }

    fn drain(&mut self, batch: &mut Batch) -> bool {
        let from = batch.len();
        let more = self.take(batch);
        let Some(entries) = &mut self.entries else { return more };
        if !entries.look(&batch[from..]) {
            return more;
        }
        // What has begun until now is known then, or runs and is told of.
        let untold = self.walk(walk::PENDING);
        let more = self.take(batch);
        let all_told = matches!(untold, Ok(0)) && !more;
        if let Some(entries) = &mut self.entries {
            entries.settle(batch, from, all_told, &mut self.losses);
        }
        more
    }

    /// Takes what the ring has.
    fn take(&mut self, batch: &mut Batch) -> bool {
        if let Some(log) = &mut self.loaded.log {
            log.flush();
        }
        let missed = self.missed_of_blocks();
        let (targets, joined, from) = (&mut self.targets, &mut self.joined, batch.len());
        let (probes, losses) = (&mut self.loaded.probes, &mut self.losses);
        let more = self.loaded.ring.drain(batch, |head, record, batch| {
            if let Some(probes) = probes {
                if let Some(blocks) = &mut probes.blocks
                    && !blocks.pass(head, record, batch, missed)
                {
                    return;
                }
                let mut told = *head;
                if !probes.pass(&mut told, batch, losses) {
                    return;
                }
                if matches!(head.kind, kind::ENTERED | kind::RETURNED) {
                    batch.extend_from_slice(told.bytes());
                    batch.extend_from_slice(&record[size_of_val(head)..]);
                    return;
                }
            }
            match head.kind {
                kind::BEGUN => return joined.begun(head, record, batch),
                kind::ENDED => return joined.ended(head, record, batch),
                kind::EXIT if head.args[0] == 1 => joined.gone(head.tgid, batch),
                _ => {}
            }
            targets.pass(head, record, batch);
        });
        if let Some(stacks) = &mut self.stacks {
            stacks.settle(batch, from, &mut self.losses);
        }
        more
    }
}

/// What all CPUs have counted: what one has may have been taken back on another.
fn sum(per_cpu: &[u64]) -> u64 {
    per_cpu.iter().fold(0, |sum, n| sum.wrapping_add(*n))
}

impl Source for EbpfSource {
    fn read(&mut self, batch: &mut Batch, wait: Duration) -> Result<Status> {
        let before = batch.len();
        let mut more = self.drain(batch);
        batch.append(&mut self.held);
        if batch.len() == before {
            if self.detached || self.targets.done() {
                return Ok(Status::Done);
            }
            let look = if self.active.elapsed() < BUSY { LOOK_BUSY } else { LOOK_IDLE };
            self.loaded.ring.wait(wait.min(look))?;
            more = self.drain(batch);
        }
        self.reap();
        self.tell_blocks_when_due(batch);
        if batch.len() > before {
            self.active = Instant::now();
        } else if self.active.elapsed() > LIVES && self.checked.elapsed() > LIVES {
            self.check_lives(batch);
        }
        Ok(if more { Status::More } else { Status::Idle })
    }

    fn pending(&mut self, batch: &mut Batch) -> Result<()> {
        let time = ring::now();
        let mut untold = self.walk(walk::PENDING)?;
        let mut more = self.drain(batch);
        for _ in 0..WALKS {
            if untold == 0 {
                break;
            }
            more = self.drain(batch);
            untold = self.walk(walk::PENDING)?;
        }
        // What is drained in one go was all there when it began, or the rest is told to come.
        more |= self.drain(batch);
        // A running call that was not told of is shown late; without marks nothing would be shown at all.
        if !more {
            ring::mark(batch, time);
        }
        self.untold = untold;
        Ok(())
    }

    fn detach(&mut self, batch: &mut Batch) -> Result<()> {
        if !self.detached {
            self.detached = true;
            let mut links = std::mem::take(&mut self.loaded.links);
            if let Some(probes) = &mut self.loaded.probes {
                links.append(&mut probes.take_links());
            }
            // Where nobody is left who could be seen, nobody has to wait for it.
            if self.targets.done() {
                let _ = threads::start(move || drop(links));
            }
        }
        while self.drain(batch) {}
        self.tell_blocks(batch);
        if let Some(probes) = &mut self.loaded.probes {
            probes.end();
        }
        self.joined.finish(batch);
        Ok(())
    }

    fn losses(&mut self) -> Losses {
        if !self.detached {
            self.heartbeat();
        }
        let mut losses = self.losses.clone();
        losses.add(Loss::Unprobed, self.blind().len() as u64);
        if self.detached {
            // They will not be told of any more.
            losses.add(Loss::LifecycleLost, self.untold.into());
        }
        for (reason, n) in self.loaded.losses().reasons {
            losses.add(reason, n);
        }
        self.loaded.missed(&mut losses);
        let blocks = self.loaded.probes.as_ref().and_then(|probes| probes.blocks.as_ref());
        losses.add(Loss::Silent, blocks.map_or(0, Blocks::unread));
        losses
    }

    fn throughput(&mut self) -> Throughput {
        let lost = PerCpuArray::<_, u64>::try_from(&self.loaded.lost).map_or(0, |lost| {
            let of = |reason: Loss| lost.get(&(reason as u32), 0).map_or(0, |per_cpu| sum(&per_cpu));
            of(Loss::RingFull) + of(Loss::LifecycleLost)
        });
        Throughput { read: self.loaded.ring.read(), lost }
    }

    fn command(&self) -> Option<u32> {
        self.command.as_ref().filter(|command| !self.reaped && command.is_child()).map(Started::pid)
    }

    fn exec_error(&mut self) -> Option<i32> {
        self.command.as_mut().and_then(Started::exec_error)
    }

    fn counts(&mut self) -> Result<Vec<Count>> {
        self.counts_of_all()
    }

    fn counts_by_process(&mut self) -> Result<Vec<(u32, Count)>> {
        self.counts_of_each()
    }

    fn forget(&mut self, processes: &BTreeSet<u32>) {
        self.forget_counts(processes);
    }

    fn called(&mut self) -> Result<Vec<(u32, Count)>> {
        self.loaded.probes.as_ref().map_or_else(|| Ok(Vec::new()), |probes| probes.counts())
    }

    fn unwatched(&mut self) -> Vec<String> {
        let mut lines = self.loaded.probes.as_ref().map_or_else(Vec::new, Probes::unwatched);
        lines.extend(self.blind().iter().map(|pid| format!("process {pid}: no function was found that gives blocks")));
        lines
    }

    fn sees_datagrams(&self) -> bool {
        self.loaded.reached
    }

    fn sees_operations(&self) -> bool {
        self.loaded.operations
    }

    fn name(&self) -> &'static str {
        "ebpf"
    }
}

/// The process that a task belongs to: `-p` takes both.
fn process_of(tid: i32) -> Result<u32> {
    let status = u32::try_from(tid).ok().and_then(|tid| Who::Id(tid).status().ok());
    Ok(status.ok_or(NoProcess(tid))?.tgid)
}

/// A process to attach to does not exist.
#[derive(Debug, thiserror::Error)]
#[error("attach: cannot trace {0}: No such process")]
pub struct NoProcess(pub i32);
