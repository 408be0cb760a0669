//! The loop that every trace is, whatever is made of it: read from a source, keep, put in order, hand to a stage; and how it ends.
//! `tracer` itself, `tracer audit` and `tracer inspect --watch` drive it, each with a stage of its own.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::record::first;

use super::ending;
use super::output::Order;
use super::output::record::Recorder;
use super::pressure::Pressure;
use super::sequence::{Sequencer, Stage};
use crate::capture::widen::widen;
use crate::capture::{Batch, Source, Status, interrupt};
use crate::schema::records::{Course, is_restarted, running};

/// The longest that records wait to be put in order while the source is idle.
const MARK_IDLE: Duration = Duration::from_millis(10);
/// The same, while the source is busy.
const MARK_BUSY: Duration = Duration::from_millis(100);
/// Bytes of held records at which a mark is asked for at once.
const MARK_HELD: usize = 8 << 20;
/// Idle time after which a running call is printed on a live terminal.
const REVEAL: Duration = Duration::from_millis(50);
/// How long a read waits when nothing is due.
const WAIT: Duration = Duration::from_secs(1);

/// A stage that a trace is driven for: it says how long, too.
pub trait Driven: Stage {
    /// Somebody watches: a call that runs for long is shown before it ends.
    fn is_live(&self) -> bool {
        false
    }

    /// How long a read may wait at most.
    fn patience(&self) -> Duration {
        WAIT
    }

    /// What was read was handed on: whether it goes on.
    fn turn(&mut self, turn: &Turn) -> ControlFlow<()>;

    /// A signal asked tracer to stop: whether it goes on nevertheless.
    fn interrupted(&mut self, _signal: i32, _turn: &Turn) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    /// Events come faster than they are taken, as this says.
    fn pressed(&mut self, _said: &str) {}

    /// Comes from time to time, while events are put in order.
    fn tick(&mut self) {}

    /// Tasks that live were let go.
    fn let_go(&mut self) {}
}

/// What is known between two reads.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// The last read gave no records.
    pub idle: bool,
    /// The command that was started and is not waited for yet.
    pub command: Option<u32>,
    /// Events are kept.
    pub recorded: bool,
    /// Some wait to be put in order.
    pub waiting: bool,
}

/// Why a trace is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// No traced task is left.
    Done,
    /// The stage had enough.
    Enough,
    /// By this signal.
    Interrupted(i32),
}

/// A trace that runs.
pub struct Drive<S> {
    source: Box<dyn Source>,
    sequencer: Sequencer,
    /// What takes the events.
    pub stage: S,
    recorder: Option<Recorder>,
    batch: Batch,
    marked: Instant,
    pressure: Pressure,
    /// When the last event came, for a watcher, until what runs since is shown.
    quiet_since: Option<Instant>,
}

/// A trace that ended: nothing is traced any more, and all was handed on.
pub struct Ended<S> {
    /// Where the events came from: it still knows what was lost, and counts.
    pub source: Box<dyn Source>,
    /// What took them.
    pub stage: S,
    /// What kept them.
    pub recorder: Option<Recorder>,
}

impl<S: Driven> Drive<S> {
    /// A trace of what `source` delivers, for `stage`; `recorder` keeps it.
    pub fn new(source: Box<dyn Source>, order: Order, stage: S, recorder: Option<Recorder>) -> Drive<S> {
        let now = Instant::now();
        Drive {
            source,
            sequencer: Sequencer::new(order),
            stage,
            recorder,
            batch: Batch::new(),
            marked: now,
            pressure: Pressure::new(now),
            quiet_since: None,
        }
    }

    /// Hands events on until no traced task is left, or until a signal or the stage ends it.
    ///
    /// # Errors
    /// Those of a source that breaks down.
    pub fn follow(&mut self) -> Result<Over> {
        let mut idle = true;
        loop {
            if let Some(signal) = interrupt::interrupted() {
                let turn = self.turn(idle);
                if self.stage.interrupted(signal, &turn).is_break() {
                    return Ok(Over::Interrupted(signal));
                }
                interrupt::take();
            }
            let wait = self.patience();
            let status = self.source.read(&mut self.batch, wait)?;
            self.take();
            idle = status != Status::More;
            if self.mark_due(idle) {
                self.mark()?;
            }
            self.watch_pressure();
            if self.quiet_since.is_some_and(|since| since.elapsed() >= REVEAL) {
                self.mark()?;
                self.sequencer.reveal(&mut self.stage);
                self.quiet_since = None;
            }
            if let (Some(recorder), true) = (&mut self.recorder, idle) {
                recorder.flush();
            }
            let turn = self.turn(idle);
            let flow = self.stage.turn(&turn);
            if status == Status::Done {
                return Ok(Over::Done);
            }
            if flow.is_break() {
                return Ok(Over::Enough);
            }
        }
    }

    /// Ends a trace: lets the tasks go, and hands on what is left. A signal that ended it ends the command as well.
    ///
    /// # Errors
    /// Those of a source that breaks down.
    pub fn end(mut self, interrupted: Option<i32>) -> Result<Ended<S>> {
        self.source.pending(&mut self.batch)?;
        self.take();
        if let (Some(signal), Some(pid)) = (interrupted, self.source.command()) {
            ending::stop_command(pid, signal);
        }
        self.source.detach(&mut self.batch)?;
        cut_short(&mut self.batch);
        self.take();
        if self.sequencer.held() > 0 || interrupted.is_some() {
            self.stage.let_go();
        }
        self.sequencer.finish(&mut self.stage);
        Ok(Ended { source: self.source, stage: self.stage, recorder: self.recorder })
    }

    fn turn(&self, idle: bool) -> Turn {
        Turn {
            idle,
            command: self.source.command(),
            recorded: self.recorder.is_some(),
            waiting: self.sequencer.held() > 0,
        }
    }

    /// Says so when events come faster than they are taken.
    fn watch_pressure(&mut self) {
        let now = Instant::now();
        if self.pressure.due(now)
            && let Some(said) = self.pressure.look(now, self.source.throughput())
        {
            self.stage.pressed(&said);
        }
    }

    /// Has the source tell what runs, so that all before it can be shown.
    fn mark(&mut self) -> Result<()> {
        self.source.pending(&mut self.batch)?;
        self.feed();
        self.marked = Instant::now();
        self.stage.tick();
        Ok(())
    }

    /// Takes what was read through the sequencer to the stage.
    fn take(&mut self) {
        if !self.batch.is_empty() && self.stage.is_live() {
            self.quiet_since = Some(Instant::now());
        }
        self.feed();
    }

    fn feed(&mut self) {
        if let Some(recorder) = &mut self.recorder {
            recorder.push(&self.batch);
        }
        widen(&mut self.batch);
        self.sequencer.feed(&mut self.batch, &mut self.stage);
    }

    fn mark_due(&self, idle: bool) -> bool {
        let held = self.sequencer.held();
        let after = if idle { MARK_IDLE } else { MARK_BUSY };
        self.sequencer.wants_marks() && held > 0 && (held > MARK_HELD || self.marked.elapsed() >= after)
    }

    fn patience(&self) -> Duration {
        let due = if self.sequencer.wants_marks() && self.sequencer.held() > 0 {
            MARK_IDLE.saturating_sub(self.marked.elapsed())
        } else if let Some(since) = self.quiet_since {
            REVEAL.saturating_sub(since.elapsed())
        } else {
            WAIT
        };
        due.min(self.stage.patience())
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
