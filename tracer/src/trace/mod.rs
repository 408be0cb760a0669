//! The pipeline: read from a source, put in order, learn, filter, render, write; and how a trace ends.
//! Everything happens on one thread, batch by batch: a source that has more keeps it until asked.

pub mod filter;
pub mod sequence;
pub mod stage;

use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::loss::Loss;

use self::sequence::{Order, Sequencer};
use self::stage::Shower;
use crate::capture::{self, Batch, Losses, Source, Status, interrupt};
use crate::exit;
use crate::output::sink::Flow;
use crate::output;
use crate::spec::{Form, Interrupt, Spec, To};

/// While nothing comes, records are held for an order at most this long.
const MARK_IDLE: Duration = Duration::from_millis(10);
/// And this long while more comes all the time.
const MARK_BUSY: Duration = Duration::from_millis(100);
/// Bytes of held records at which a mark is asked for at once.
const MARK_HELD: usize = 8 << 20;
/// How long a read waits when nothing is due.
const WAIT: Duration = Duration::from_secs(1);

/// How tracer itself is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit code.
    Code(u8),
    /// By this signal, as the command did or as it was asked to.
    Signal(i32),
}

/// Carries a request out, from the source's opening to the loss report.
///
/// # Errors
/// Those of opening source and output, and of a source that breaks down.
pub fn run(spec: &Spec) -> Result<Ending> {
    for notice in &spec.notices {
        eprintln!("{}: {notice}", spec.program);
    }
    let shower = Shower::open(spec, output::renderer(spec))?;
    interrupt::install()?;
    let source = capture::open(spec)?;
    set_signals(spec)?;
    let mut trace = Trace::new(spec, source, shower);
    let interrupted = trace.follow()?;
    trace.end(interrupted)
}

/// A trace that runs.
pub struct Trace<'a> {
    spec: &'a Spec,
    source: Box<dyn Source>,
    sequencer: Sequencer,
    shower: Shower,
    batch: Batch,
    marked: Instant,
}

impl<'a> Trace<'a> {
    /// A trace of what `source` delivers.
    pub fn new(spec: &'a Spec, source: Box<dyn Source>, shower: Shower) -> Trace<'a> {
        let sequencer = Sequencer::new(order(spec));
        Trace { spec, source, sequencer, shower, batch: Batch::new(), marked: Instant::now() }
    }

    /// Shows events until no traced task is left, or until a signal (which is returned) or a reader that
    /// went away ends it.
    pub fn follow(&mut self) -> Result<Option<i32>> {
        loop {
            if let Some(signal) = interrupt::interrupted() {
                return Ok(Some(signal));
            }
            let wait = self.patience();
            let status = self.source.read(&mut self.batch, wait)?;
            self.take();
            let idle = status != Status::More;
            if self.mark_due(idle) {
                self.source.pending(&mut self.batch)?;
                self.take();
                self.marked = Instant::now();
                self.shower.tick();
            }
            if self.shower.deliver(idle) == Flow::Closed || status == Status::Done {
                return Ok(None);
            }
        }
    }

    /// Ends a trace: lets the tasks go, shows what is left, reports, and says how tracer ends.
    pub fn end(mut self, interrupted: Option<i32>) -> Result<Ending> {
        self.source.pending(&mut self.batch)?;
        self.take();
        if let (Some(signal), Some(pid)) = (interrupted, self.shower.command.pid) {
            stop_command(pid, signal);
        }
        self.source.detach(&mut self.batch)?;
        self.take();
        if self.sequencer.held() > 0 || interrupted.is_some() {
            self.shower.detached();
        }
        self.sequencer.finish(&mut self.shower);
        let mut losses = self.source.losses();
        let command = self.shower.command;
        let outcome = self.shower.finish();
        losses.add(Loss::OutputFailed, outcome.unwritten);
        if let Some(line) = outcome.line(&self.spec.program) {
            eprintln!("{line}");
        }
        if let Some(line) = output::loss::line(&self.spec.program, &losses) {
            eprintln!("{line}");
        }
        Ok(ending(self.spec.strict, interrupted, command.status, &losses, outcome.error.is_some()))
    }

    /// Takes what was read through the sequencer to the lines.
    fn take(&mut self) {
        self.sequencer.feed(&mut self.batch, &mut self.shower);
    }

    fn mark_due(&self, idle: bool) -> bool {
        let held = self.sequencer.held();
        let after = if idle { MARK_IDLE } else { MARK_BUSY };
        self.sequencer.wants_marks() && held > 0 && (held > MARK_HELD || self.marked.elapsed() >= after)
    }

    fn patience(&self) -> Duration {
        if self.sequencer.wants_marks() && self.sequencer.held() > 0 {
            MARK_IDLE.saturating_sub(self.marked.elapsed())
        } else {
            WAIT
        }
    }
}

/// The order that an output needs.
fn order(spec: &Spec) -> Order {
    match spec.output.form {
        Form::Summary | Form::None => Order::Arrival,
        _ if matches!(spec.output.to, To::Each(_)) => Order::Arrival,
        Form::Text if filter::all(spec.show.status) => Order::Split,
        Form::Text | Form::Json => Order::Ends,
    }
}

/// What signals do to tracer while it traces, as `-I` says. Set after the command was started, so that it
/// inherits none of it.
fn set_signals(spec: &Spec) -> Result<()> {
    use nix::sys::signal::{SigHandler, Signal, signal};
    let ignored: &[Signal] = match spec.interrupt {
        Interrupt::Anywhere | Interrupt::Waiting => &[],
        Interrupt::Never => &[Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM],
        Interrupt::NeverTstp => &[Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGTSTP],
    };
    for &which in ignored {
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { signal(which, SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// A command that tracer started does not outlive an interrupted trace: it is woken and given the signal.
fn stop_command(pid: u32, signal: i32) {
    for signal in [libc::SIGCONT, signal] {
        // SAFETY: kill takes two integers. The command is a child that was not waited for: the id is its own.
        unsafe { libc::kill(pid as i32, signal) };
    }
}

fn ending(strict: bool, interrupted: Option<i32>, status: Option<i32>, losses: &Losses, failed: bool) -> Ending {
    if failed {
        return Ending::Code(exit::FAILED);
    }
    if strict && losses.total() > 0 {
        return Ending::Code(exit::LOSS);
    }
    match (interrupted, status) {
        (Some(signal), _) => Ending::Signal(signal),
        (None, Some(status)) if status & 0x7f != 0 => Ending::Signal(status & 0x7f),
        (None, Some(status)) => Ending::Code((status >> 8) as u8),
        (None, None) => Ending::Code(exit::OK),
    }
}
