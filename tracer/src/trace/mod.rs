//! The pipeline: read from a source, put in order, learn, filter, render, write; and how a trace ends.
//! Everything happens on one thread, batch by batch: a source that has more keeps it until asked.

pub mod ending;
pub mod filter;
pub mod notice;
pub mod output;
mod pressure;
mod render;
pub mod sequence;
pub mod stage;
pub mod tasks;

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::loss::Loss;
use tracer_common::record::first;

pub use self::ending::{Ending, die, said};
use self::output::Order;
use self::pressure::Pressure;
use self::sequence::Sequencer;
use self::stage::Shower;
use crate::capture::recording::Header;
use crate::capture::replay::ReplaySource;
use crate::capture::{self, Batch, Source, Status, interrupt};
use crate::exit;
use crate::render::sink::{Flow, Outcome};
use crate::schema::errno;
use crate::schema::records::{Course, is_restarted, running};
use crate::spec::{Form, Spec, To};
use crate::trace::output::record::Recorder;

/// While nothing comes, records are held for an order at most this long.
const MARK_IDLE: Duration = Duration::from_millis(10);
/// And this long while more comes all the time.
const MARK_BUSY: Duration = Duration::from_millis(100);
/// Bytes of held records at which a mark is asked for at once.
const MARK_HELD: usize = 8 << 20;
/// How long nothing may come before a watcher is shown the call that runs.
const REVEAL: Duration = Duration::from_millis(50);
/// How long a read waits when nothing is due.
const WAIT: Duration = Duration::from_secs(1);

/// Carries a request out, from the source's opening to the loss report.
///
/// # Errors
/// Those of opening source and output, and of a source that breaks down.
pub fn run(spec: &Spec) -> Result<Ending> {
    for notice in &spec.notices {
        notice::tell(&spec.program, notice);
    }
    let mut shower = Shower::open(spec)?;
    interrupt::install()?;
    let source = capture::open(spec)?;
    ending::set_signals(spec.interrupt)?;
    if let Some(pid) = source.command() {
        shower.expect(pid);
    }
    let recorder =
        spec.output.record.as_deref().map(|path| Recorder::create(path, &header(spec, &*source))).transpose()?;
    let mut trace = Trace::new(spec, source, shower);
    trace.recorder = recorder;
    let interrupted = trace.follow()?;
    trace.end(interrupted)
}

/// Shows a recording as `spec` asks.
///
/// # Errors
/// A file that is no recording, or not a whole one, once all that stands whole before was shown.
pub fn replay(file: &Path, spec: &Spec) -> Result<Ending> {
    let mut source = ReplaySource::open(file)?;
    let header = source.header();
    let mut spec = spec.clone();
    spec.follow = header.follow;
    spec.target.pids.clone_from(&header.pids);
    spec.show.quiet_attach = true;
    let mut shower = Shower::open(&spec)?;
    shower.recorded(header.clock_offset);
    if header.command_pid != 0 {
        shower.expect(header.command_pid);
    }
    if spec.output.only_counts() {
        source.count_only(spec.output.by_process());
    }
    interrupt::install()?;
    let mut trace = Trace::new(&spec, Box::new(source), shower);
    let followed = trace.follow();
    let ending = trace.end(None)?;
    match followed? {
        Some(signal) => Ok(Ending::Signal(signal)),
        None => Ok(if ending == Ending::Code(exit::LOSS) { ending } else { Ending::Code(exit::OK) }),
    }
}

/// What a recording says of itself.
pub fn header(spec: &Spec, source: &dyn Source) -> Header {
    let words = spec.target.command.iter().flat_map(|c| &c.argv);
    Header {
        source: source.name().to_owned(),
        command: words.map(|word| word.as_bytes().to_vec()).collect(),
        command_pid: source.command().unwrap_or(0),
        pids: spec.target.pids.clone(),
        follow: spec.follow,
        detail: spec.detail.into(),
        ..Header::of_host()
    }
}

/// A trace that runs.
pub struct Trace<'a> {
    spec: &'a Spec,
    source: Box<dyn Source>,
    sequencer: Sequencer,
    shower: Shower,
    recorder: Option<Recorder>,
    batch: Batch,
    marked: Instant,
    pressure: Pressure,
    /// Somebody watches: what runs for long is shown before it ends. With the time of the last event, until
    /// what runs since is shown.
    live: bool,
    quiet_since: Option<Instant>,
}

impl<'a> Trace<'a> {
    /// A trace of what `source` delivers.
    pub fn new(spec: &'a Spec, source: Box<dyn Source>, shower: Shower) -> Trace<'a> {
        let sequencer = Sequencer::new(order(spec));
        let live = spec.output.form == Form::TEXT
            && spec.output.to == To::Stderr
            && spec.output.style.relative.is_none()
            && std::io::stderr().is_terminal();
        let now = Instant::now();
        Trace {
            spec,
            source,
            sequencer,
            shower,
            recorder: None,
            batch: Batch::new(),
            marked: now,
            pressure: Pressure::new(now),
            live,
            quiet_since: None,
        }
    }

    /// Shows events until no traced task is left, or until a signal (which is returned) or a reader that
    /// went away ends it: the latter only where nothing else waits for the end.
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
                self.mark()?;
            }
            self.watch_pressure();
            if self.live && self.quiet_since.is_some_and(|since| since.elapsed() >= REVEAL) {
                self.mark()?;
                self.sequencer.reveal(&mut self.shower);
                self.quiet_since = None;
            }
            if let (Some(recorder), true) = (&mut self.recorder, idle) {
                recorder.flush();
            }
            let unread = self.shower.deliver(idle) == Flow::Closed && self.ends_unread();
            if unread || status == Status::Done {
                return Ok(None);
            }
        }
    }

    /// Says so when events come faster than they are shown.
    fn watch_pressure(&mut self) {
        let now = Instant::now();
        if self.pressure.due(now)
            && let Some(said) = self.pressure.look(now, self.source.throughput())
        {
            self.shower.say(&said);
        }
    }

    /// Whether a trace that nobody reads any more is over. A command goes on to its end, which is tracer's as
    /// well; a recording is still written.
    fn ends_unread(&self) -> bool {
        self.shower.command.pid.is_none() && self.recorder.is_none()
    }

    /// Ends a trace: lets the tasks go, shows what is left, reports, and says how tracer ends.
    pub fn end(mut self, interrupted: Option<i32>) -> Result<Ending> {
        self.source.pending(&mut self.batch)?;
        self.take();
        if let (Some(signal), Some(pid)) = (interrupted, self.source.command()) {
            ending::stop_command(pid, signal);
        }
        self.source.detach(&mut self.batch)?;
        cut_short(&mut self.batch);
        self.take();
        if self.sequencer.held() > 0 || interrupted.is_some() {
            self.shower.detached();
        }
        self.sequencer.finish(&mut self.shower);
        let mut failed = false;
        if self.spec.output.summary.is_some() {
            self.shower.count(&self.source.counts()?, &self.source.counts_by_process()?);
        }
        if let Some(errno) = self.source.exec_error() {
            self.shower.say(&format!("exec: {}", errno::strerror(errno)));
        }
        let mut losses = self.source.losses();
        let command = self.shower.command;
        let program = &self.spec.program;
        let ending = ending::of(self.spec.strict, interrupted, command.status, &losses);
        if let Some(recorder) = self.recorder {
            let outcome = recorder.finish(&losses, Some(ending.code()));
            failed |= report(program, &outcome);
            losses.add(Loss::OutputFailed, outcome.unwritten);
        }
        losses.add(Loss::OutputFailed, self.shower.unwritten());
        let outcome = self.shower.finish(self.source.name(), &losses);
        failed |= report(program, &outcome);
        if let Some(line) = output::loss::line(program, &losses) {
            notice::tell_line(&line);
        }
        Ok(if failed { Ending::Code(self.spec.failure) } else { ending })
    }

    /// Has the source tell what runs, so that all before it can be shown.
    fn mark(&mut self) -> Result<()> {
        self.source.pending(&mut self.batch)?;
        self.feed();
        self.marked = Instant::now();
        self.shower.tick();
        Ok(())
    }

    /// Takes what was read through the sequencer to the lines.
    fn take(&mut self) {
        if self.live && !self.batch.is_empty() {
            self.quiet_since = Some(Instant::now());
        }
        self.feed();
    }

    fn feed(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.push(&self.batch);
        }
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
        } else if let Some(since) = self.quiet_since {
            REVEAL.saturating_sub(since.elapsed())
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
        Form::Lines(name) => output::form(name).map_or(Order::Ends, |form| (form.order)(spec)),
    }
}

/// To let a task go, ptrace stops it: that ends its call for a moment, to be restarted unseen by the program.
/// Such a call is still running.
fn cut_short(batch: &mut [u8]) {
    let mut at = 0;
    while let Ok((head, record)) = first(&batch[at..]) {
        let end = at + record.len();
        if Course::of(head.kind) == Course::Span && is_restarted(&head) {
            let head = running(&head);
            batch[at..at + size_of_val(&head)].copy_from_slice(head.bytes());
        }
        at = end;
    }
}

/// Says what could not be written; true when something could not.
fn report(program: &str, outcome: &Outcome) -> bool {
    let line = outcome.line(program);
    if let Some(line) = &line {
        notice::tell_line(line);
    }
    line.is_some()
}

#[cfg(test)]
mod tests;
