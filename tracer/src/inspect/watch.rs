//! `--watch`: traces the process and its children for a while, through the sources that `tracer -p` has.

use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::event::{Head, kind};

use crate::capture::{self, Batch, Source, Status, interrupt};
use crate::decode;
use crate::model::inspect::activity::Activity;
use crate::schema::plan::Detail;
use crate::spec::inspect::Inspect;
use crate::spec::{
    CallFilter, Color, Fds, Form, Hex, Interrupt, Names, Output, Show, Spec, Stamp, StatusSet, Style, Target, To,
    Verbose,
};

/// How long one read waits: an interrupt is noticed at once, the end of the time within this.
const WAIT: Duration = Duration::from_millis(100);

/// Watches a process.
///
/// # Errors
/// Those of opening a source, and of a source that breaks down.
pub fn watch(spec: &Inspect, pid: u32, time: Duration) -> Result<Activity> {
    let spec = request(spec, pid);
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
    let mut rest = batch.as_slice();
    while let Some(head) = Head::read(rest) {
        let len = (head.len as usize).max(size_of::<Head>());
        let Some(record) = rest.get(..len) else { break };
        match head.kind {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            kind::CALL if (-516..=-512).contains(&head.ret) => {}
            kind::CALL => activity.call(&decode::decode(record, options)),
            kind::FORK => activity.fork(head.args[1] as u32 == head.tgid),
            kind::SIGNAL => activity.signal(head.ret as i32),
            _ => {}
        }
        rest = &rest[len..];
    }
    batch.clear();
}

/// What is asked of the source: all calls, with files and addresses, without data.
fn request(spec: &Inspect, pid: u32) -> Spec {
    Spec {
        program: spec.program.clone(),
        target: Target { pids: vec![pid as i32], ..Target::default() },
        follow: true,
        calls: CallFilter { nrs: Vec::new(), all: true },
        show: Show {
            status: StatusSet { successful: true, failed: true, unfinished: true, unavailable: true, detached: true },
            signals: u64::MAX,
            paths: Vec::new(),
            quiet_exit: true,
            quiet_attach: true,
            quiet_superseded: true,
            quiet_personality: true,
            quiet_paths: true,
        },
        detail: Detail { data: true, strlen: 64, fds: true, env: false },
        backend: spec.backend,
        seccomp: false,
        ring_size: None,
        output: Output {
            form: Form::None,
            summary: None,
            to: To::Stderr,
            record: None,
            color: Color::Never,
            style: Style {
                strlen: 64,
                column: 40,
                verbose: Verbose::None,
                addresses: Vec::new(),
                raw: Vec::new(),
                hex: Hex::None,
                names: Names::Abbrev,
                fds: Fds { path: true, socket: true, dev: false, pidfd: false },
                comm: false,
                stamp: Stamp::None,
                relative: None,
                duration: None,
                number: false,
                arg_names: false,
                ip: false,
                always_pid: false,
            },
        },
        strict: false,
        btf: None,
        interrupt: Interrupt::Anywhere,
        failure: crate::exit::FAILED,
        notices: Vec::new(),
    }
}
