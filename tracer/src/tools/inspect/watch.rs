//! `--watch`: traces the process and its children for a while, through the sources that `tracer -p` has.

use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::record::records;

use crate::capture::{self, Batch, Source, Status, interrupt};
use crate::decode;
use crate::schema::records::{Told, is_restarted};
use crate::spec::{Spec, Target};
use crate::tools::inspect::report::activity::Activity;
use crate::tools::inspect::request::Inspect;

/// How long one read waits: an interrupt is noticed at once, the end of the time within this.
const WAIT: Duration = Duration::from_millis(100);

/// Watches a process.
///
/// # Errors
/// Those of opening a source, and of a source that breaks down.
pub fn watch(spec: &Inspect, pid: u32, time: Duration) -> Result<Activity> {
    let target = Target { pids: vec![pid as i32], ..Target::default() };
    let spec = Spec::events(&spec.program, target, spec.backend, 64);
    let options = decode::Options::new(&spec.output.style);
    interrupt::install()?;
    let mut source = capture::open(&spec)?;
    let begun = Instant::now();
    let mut activity = Activity { source: source.name().to_owned(), ..Activity::default() };
    let mut batch = Batch::new();
    while let Some(left) = time.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) {
        let status = source.read(&mut batch, left.min(WAIT))?;
        take(&mut batch, &options, &mut activity);
        activity.ended = status == Status::Done;
        if activity.ended || interrupt::interrupted().is_some() {
            break;
        }
    }
    activity.watched = begun.elapsed().as_nanos() as u64;
    finish(&mut *source, batch, &options, &mut activity)?;
    Ok(activity)
}

/// Lets the process go, and takes what is still to come.
fn finish(source: &mut dyn Source, mut batch: Batch, options: &decode::Options, activity: &mut Activity) -> Result<()> {
    source.detach(&mut batch)?;
    take(&mut batch, options, activity);
    let losses = source.losses();
    activity.losses = losses.reasons.iter().map(|(loss, &count)| (loss.name(), count)).collect();
    Ok(())
}

/// Takes the records of a batch, which is emptied.
fn take(batch: &mut Batch, options: &decode::Options, activity: &mut Activity) {
    for (head, record) in records(batch) {
        match Told::of(&head) {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            Told::Call {} if is_restarted(&head) => {}
            Told::Call {} => activity.call(&decode::decode(record, options)),
            Told::Fork { process, .. } => activity.fork(process == head.tgid),
            Told::Signal { signal, .. } => activity.signal(signal.0),
            _ => {}
        }
    }
    batch.clear();
}
