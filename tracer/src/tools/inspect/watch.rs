//! `--watch`: traces the process and its children for a while, through the sources that `tracer -p` has.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::event::Head;

use crate::capture::{self, interrupt};
use crate::decode;
use crate::schema::records::{Told, is_restarted};
use crate::spec::{Target, Watch};
use crate::tools::inspect::report::activity::Activity;
use crate::tools::inspect::request::Inspect;
use crate::trace::drive::{Drive, Driven, Over, Turn};
use crate::trace::output::Order;
use crate::trace::sequence::{Stage, Step};

/// Bytes of strings that are read: paths are told, data is not.
const STRLEN: u32 = 64;

/// Watches a process.
///
/// # Errors
/// Those of opening a source, and of a source that breaks down.
pub fn watch(spec: &Inspect, pid: u32, time: Duration) -> Result<Activity> {
    let target = Target { pids: vec![pid as i32], ..Target::default() };
    let watch = Watch::events(&spec.program, target, spec.backend, STRLEN);
    interrupt::install()?;
    let source = capture::open(&watch)?;
    let activity = Activity { source: source.name().to_owned(), ..Activity::default() };
    let options = decode::Options::events(STRLEN);
    let watcher = Watcher { options, activity, begun: Instant::now(), time };
    let mut drive = Drive::new(source, Order::Arrival, watcher, None);
    let over = drive.follow()?;
    let watched = drive.stage.begun.elapsed();
    let mut ended = drive.end(None)?;
    let losses = ended.source.losses();
    let losses = losses.lost().map(|(loss, count)| (loss.name(), count)).collect();
    let activity = ended.stage.activity;
    Ok(Activity { ended: over == Over::Done, watched: watched.as_nanos() as u64, losses, ..activity })
}

/// Takes events for a while.
struct Watcher {
    options: decode::Options,
    activity: Activity,
    begun: Instant,
    time: Duration,
}

impl Stage for Watcher {
    fn visible(&mut self, _: &Head, _: &[u8]) -> bool {
        true
    }

    fn step(&mut self, step: Step<'_>) {
        let head = step.head;
        match Told::of(head) {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            Told::Call {} if is_restarted(head) => {}
            Told::Call {} | Told::Operation {} => self.activity.call(&decode::decode(step.record, &self.options)),
            Told::Fork { process, .. } => self.activity.fork(process == head.tgid),
            Told::Signal { signal, .. } => self.activity.signal(signal.0),
            _ => {}
        }
    }
}

impl Driven for Watcher {
    fn patience(&self) -> Duration {
        self.time.saturating_sub(self.begun.elapsed())
    }

    fn turn(&mut self, _: &Turn) -> ControlFlow<()> {
        if self.begun.elapsed() < self.time { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
