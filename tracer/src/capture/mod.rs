//! Where events come from: the kernel (eBPF), stopped children (ptrace), or a recording. All give the
//! same records, laid out as `tracer_common::event` says; none decodes them.

pub mod command;
pub mod count;
pub mod ebpf;
pub mod evidence;
pub mod inherited;
pub mod interpret;
pub mod interrupt;
mod library;
pub mod lookup;
mod mappings;
pub mod memory;
mod namespaces;
pub mod ourselves;
pub mod paths;
pub mod plans;
pub mod ptrace;
pub mod record;
pub mod recording;
pub mod refused;
pub mod replay;
mod stacks;
#[cfg(test)]
pub mod testing;
pub mod waker;
pub mod widen;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{Result, bail};
use tracer_common::loss::Loss;

use self::command::Started;
pub use self::count::Count;
use self::refused::Refused;
use crate::spec::{Backend, Watch};
use crate::system::procfs::machine;

/// Events of one read, back to back, each a record of `tracer_common::event`.
pub type Batch = Vec<u8>;

/// What a read came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There may be more at once.
    More,
    /// Nothing more for now.
    Idle,
    /// Nothing will ever come: every traced task is gone, or the recording is at its end.
    Done,
}

/// A source of events. Synchronous and pulled: the caller owns time and screen.
pub trait Source {
    /// Appends whole records to `batch`. Waits for the first at most `wait`; returns early when a
    /// signal asks tracer to stop. The batch is bounded: what does not fit comes with the next call.
    fn read(&mut self, batch: &mut Batch, wait: Duration) -> Result<Status>;

    /// Asks for a `PENDING` record of every call that is running, and a `MARK` behind them.
    fn pending(&mut self, batch: &mut Batch) -> Result<()>;

    /// Stops tracing; traced programs go on. Appends what is still to come.
    fn detach(&mut self, batch: &mut Batch) -> Result<()>;

    /// Everything known to be missing so far, by reason.
    fn losses(&mut self) -> Losses;

    /// How the source keeps up, asked for about once a second; a source that loses nothing has nothing to say.
    fn throughput(&mut self) -> Throughput {
        Throughput::default()
    }

    /// Counts per call, when the source was opened to count only (`-c`); no events come then but those
    /// of processes.
    fn counts(&mut self) -> Result<Vec<Count>>;

    /// The same by process, each with its id, when the source was opened to count by process too. Together they
    /// are what [`Source::counts`] gives, but for what a loss tells of.
    fn counts_by_process(&mut self) -> Result<Vec<(u32, Count)>> {
        Ok(Vec::new())
    }

    /// What was counted of these processes, which have ended, is no longer wanted: a source may give the room to others.
    fn forget(&mut self, _processes: &BTreeSet<u32>) {}

    /// Counts of library functions, each with its number, of which a record has told.
    fn called(&mut self) -> Result<Vec<(u32, Count)>> {
        Ok(Vec::new())
    }

    /// What could not be watched, and why, in words for stderr; each is counted as a loss as well.
    fn unwatched(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// The process of the command that was started, where this source started one as a child and has not waited for it yet: until then
    /// the id is its own.
    fn command(&self) -> Option<u32> {
        None
    }

    /// The errno with which the command's execve failed, if it did.
    fn exec_error(&mut self) -> Option<i32> {
        None
    }

    /// Operations of io_uring come as records of their own. Where they do not, what goes through a ring is not seen.
    fn sees_operations(&self) -> bool {
        false
    }

    /// To which unix socket a datagram comes is told, or that others may have changed its address (Linux 6.3 for eBPF).
    fn sees_datagrams(&self) -> bool {
        true
    }

    /// What calls are given is read before a seccomp filter of the program asks somebody about them (SECCOMP_RET_USER_NOTIF).
    fn reads_before_filters(&self) -> bool {
        false
    }

    /// The source's name in messages: `ebpf`, `ptrace`, `replay`.
    fn name(&self) -> &'static str;
}

/// Opens the source that `watch` asks for: eBPF where it works, else ptrace with one line on stderr that says
/// why and what it costs.
///
/// # Errors
/// A command that can not be started ([`command::StartError`] inside), processes that can not be attached to,
/// or a source that was asked for by name and does not work here.
pub fn open(watch: &Watch) -> Result<Box<dyn Source>> {
    open_started(watch, None)
}

/// As [`open`]; the command waits at its gate already, where there is one.
///
/// # Errors
/// As `open`.
pub fn open_started(watch: &Watch, mut started: Option<Started>) -> Result<Box<dyn Source>> {
    let needs_ebpf = ebpf::only(&watch.target);
    // What descriptors are is read there by ptrace, and what rights there are by eBPF.
    let reads = !watch.target.pids.is_empty() || watch.detail.fds || watch.backend == Backend::Ebpf;
    if reads {
        machine::check().map_err(anyhow::Error::msg)?;
    }
    match watch.backend {
        Backend::Ptrace => open_ptrace(watch, started),
        Backend::Ebpf => ebpf::available(watch).and_then(|()| open_ebpf(watch, &mut started)),
        Backend::Auto if !watch.tampering.is_empty() => {
            fall_back(watch, "only a stopped task's calls can be changed");
            open_ptrace(watch, started)
        }
        Backend::Auto if watch.kill_on_exit => {
            fall_back(watch, "only tasks that it traces end with it");
            open_ptrace(watch, started)
        }
        Backend::Auto if watch.beside.exits => {
            fall_back(watch, "why a virtual CPU stopped can only be read while its thread stands still");
            open_ptrace(watch, started)
        }
        Backend::Auto => match ebpf::available(watch) {
            // A kernel may refuse the programs though all that is asked for is there: a seccomp filter, lockdown, no memory.
            Ok(()) => match open_ebpf(watch, &mut started) {
                Err(reason) if reason.is::<ebpf::Unloaded>() && !needs_ebpf => {
                    fall_back(watch, &format!("{reason:#}"));
                    open_ptrace(watch, started)
                }
                opened => opened,
            },
            Err(reason) if needs_ebpf => Err(reason.context("tracing more than named processes needs eBPF")),
            Err(reason) => {
                fall_back(watch, &format!("{reason:#}"));
                open_ptrace(watch, started)
            }
        },
    }
}

/// Says that ptrace is used, and why.
fn fall_back(watch: &Watch, reason: &str) {
    let program = &watch.program;
    let _ = writeln!(io::stderr(), "{program}: using ptrace, which slows the traced program down: {reason}");
}

fn open_ebpf(watch: &Watch, started: &mut Option<Started>) -> Result<Box<dyn Source>> {
    let source = ebpf::EbpfSource::open(watch, started)?;
    say(&watch.program, source.refused());
    Ok(Box::new(source))
}

fn open_ptrace(watch: &Watch, started: Option<Started>) -> Result<Box<dyn Source>> {
    if watch.library.as_ref().is_some_and(|library| library.leaks.is_some()) {
        // An empty report would say that nothing leaks.
        bail!("--leaks needs eBPF: ptrace keeps no account of blocks");
    }
    let source = ptrace::PtraceSource::open(watch, started)?;
    say(&watch.program, source.refused());
    Ok(Box::new(source))
}

/// Says which processes are not traced, while others are.
fn say(program: &str, refused: &[Refused]) {
    for refused in refused {
        let _ = writeln!(io::stderr(), "{program}: {refused}");
    }
}

/// What is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Losses {
    /// Counts by reason.
    pub reasons: BTreeMap<Loss, u64>,
    /// Of `ring_full`: whose calls, and which. What is not in here is of unknown processes.
    pub calls: BTreeMap<LostCall, u64>,
}

/// A call of a process that was not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LostCall {
    /// The process.
    pub process: u32,
    /// A 32-bit call of a 64-bit kernel.
    pub compat: bool,
    /// Number of the call; 511 stands for all that have a larger one.
    pub nr: u32,
}

/// How much came through, and how much did not, since the source was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Throughput {
    /// Records that were read.
    pub read: u64,
    /// Records that found no room.
    pub lost: u64,
}

impl Losses {
    /// Adds `n` to a reason.
    pub fn add(&mut self, loss: Loss, n: u64) {
        if n > 0 {
            let count = self.reasons.entry(loss).or_default();
            *count = count.saturating_add(n);
        }
    }

    /// All of them together, without those that are remarks. A recording may name numbers whose sum is none: it never becomes 0.
    pub fn total(&self) -> u64 {
        self.lost().fold(0, |sum, (_, n)| sum.saturating_add(n))
    }

    /// By reason, without those that are remarks.
    pub fn lost(&self) -> impl Iterator<Item = (Loss, u64)> {
        self.reasons.iter().filter(|(loss, _)| !loss.is_remark()).map(|(loss, n)| (*loss, *n))
    }

    /// How many calls had begun before they could be seen.
    pub fn began_before(&self) -> u64 {
        self.reasons.get(&Loss::BeganBefore).copied().unwrap_or(0)
    }
}
