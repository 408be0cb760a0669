//! The run: starts the command under a source, and has evidence made of its events.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::event::Head;
use tracer_common::loss::Loss;

use super::inherited;
use super::interruption::Stopping;
use super::plugins::Plugins;
use super::resolve::Machine;
use super::say;
use crate::capture::ourselves::Noted;
use crate::capture::{self, Losses, interrupt, ourselves, waker};
use crate::decode;
use crate::schema::{errno, signal_names};
use crate::spec::{Target, Watch};
use crate::system::confine::Work;
use crate::system::process::has_ended;
use crate::system::procfs::who::Who;
use crate::tools::audit::evidence::collect::Collector;
use crate::tools::audit::evidence::units::{Rules, shown};
use crate::tools::audit::evidence::{Evidence, Gap, GapKind, Timeline, Variables};
use crate::tools::audit::policy::Asked;
use crate::tools::audit::request::Audit;
use crate::trace;
use crate::trace::drive::{Drive, Driven, Ended, Over, Turn};
use crate::trace::output::Order;
use crate::trace::output::record::Reserved;
use crate::trace::sequence::{Stage, Step};

/// How long one read waits: an interrupt is noticed at once, what else ends a run within this.
const WAIT: Duration = Duration::from_millis(100);
/// Bytes of strings that are read: whole paths.
pub(super) const STRLEN: u32 = u16::MAX as u32;
/// How long processes that the command left behind are waited for.
const GRACE: Duration = Duration::from_secs(2);

/// What is lost and hides nothing: blobs and 32-bit calls are looked at one by one, submissions to io_uring by unit.
const NO_GAP: &[Loss] = &[Loss::BlobCut, Loss::BlobFault, Loss::Compat, Loss::IoUring];

/// Runs the command, and gives what it did, and when. `asked`: what rules speak of; `last`: no other run follows, which would inherit what
/// rights this one gives up.
///
/// # Errors
/// A command that cannot be started, a source that does not work or breaks down, a recording that cannot be written.
pub fn watch(audit: &Audit, variables: &Variables, asked: &Asked, last: bool) -> Result<(Evidence, Timeline)> {
    let mut command = audit.command.clone();
    let plugins = Plugins::install(&mut command, audit.pytest, audit.node)?;
    let (inherited, given, shared) = inherited::descriptors();
    let watch = request(audit, command);
    interrupt::install()?;
    ourselves::watch()?;
    waker::start();
    let mut machine = Machine::new();
    let options = decode::Options::events(STRLEN);
    let mut collector = Collector::new(&mut machine, options, rules(audit, variables));
    // Of what rules speak is looked at before the command can make something else of it.
    collector.watch(&asked.denied);
    let reserved = audit.record.as_deref().map(Reserved::make).transpose()?;
    let source = capture::open(&watch)?;
    let recorder = trace::recorder(reserved, &watch, &*source)?;
    ourselves::keep_to_ourselves();
    if last {
        trace::notice::confine(&audit.program, Work::Others);
    }
    if let Some(temporary) = variables.path("TMPDIR") {
        collector.temporary(temporary);
    }
    if let Some(plugins) = &plugins {
        collector.ignore(plugins.directory().as_os_str().as_bytes());
    }
    if let Some(pid) = source.command() {
        collector.expect(pid, &own_program());
    }
    collector.sees_operations(source.sees_operations());
    collector.sees_datagrams(source.sees_datagrams());
    collector.is_read_before_filters(source.reads_before_filters());
    collector.streams(&inherited::streams());
    given.into_iter().for_each(|given| collector.inherits(given));
    shared.into_iter().for_each(|(socket, lead)| collector.shares(socket, lead));
    collector.name_programs(asked.programs);
    collector.know_programs(asked.runs);
    collector.know_paths(asked.paths, &asked.fronts);
    collector.hear_hosts(asked.hosts);
    collector.is_judged(asked.judged);
    if audit.cgroup.is_some() {
        collector.expect_others();
    }
    let watcher = Watcher { collector, cgroup: audit.cgroup.is_some(), keep: audit.keep, ended: None, stopping: None };
    let mut drive = Drive::new(source, Order::Arrival, watcher, recorder);
    if drive.follow()? != Over::Done {
        drive.stage.tell_left_behind();
    }
    let Ended { mut source, stage: Watcher { collector, .. }, recorder } = drive.end(None)?;
    let not_run = source.exec_error();
    if let Some(errno) = not_run {
        say(audit, &format!("exec: {}", errno::strerror(errno)));
    }
    let losses = source.losses();
    let (mut changed, mut unwritten) = (None, None);
    if let Some(recorder) = recorder {
        let outcome = recorder.finish(&losses, None);
        if let Some(line) = outcome.line(&audit.program) {
            trace::notice::tell_line(&line);
            unwritten = Some("a recording that could not be written".to_owned());
        }
        if let (Some((name, sum)), false) = (&outcome.sum, audit.quiet) {
            say(audit, &format!("recording {name}: sha256 {sum}"));
        }
        changed = outcome.changed;
    }
    let (mut evidence, timeline) = collector.finish(source.name(), gaps(&losses));
    evidence.command = watch.target.command.iter().flat_map(|c| &c.argv).map(|word| word.as_bytes().to_vec()).collect();
    evidence.not_run = not_run;
    for ((noted, what), count) in ourselves::noted() {
        let kind = match noted {
            Noted::Reached => GapKind::Tampered,
            Noted::Changed => GapKind::Unseen,
        };
        evidence.gaps.push(Gap { kind, unit: None, what, count });
    }
    evidence.gaps.extend(changed.map(|what| Gap { kind: GapKind::Tampered, unit: None, what, count: 1 }));
    evidence.gaps.extend(unwritten.map(|what| Gap { kind: GapKind::Lost, unit: None, what, count: 1 }));
    evidence.remarks.extend(inherited);
    Ok((evidence, timeline))
}

/// Has evidence made of events, and says when the run is over.
struct Watcher<'w> {
    collector: Collector<'w>,
    /// Processes of a cgroup are watched, too.
    cgroup: bool,
    /// What was left behind lives on.
    keep: bool,
    /// When the command had ended.
    ended: Option<Instant>,
    stopping: Option<Stopping>,
}

impl Watcher<'_> {
    /// Notes the programs that run on.
    fn tell_left_behind(&mut self) {
        let running = self.collector.running().into_iter().filter(|(pid, _)| runs(*pid));
        let programs: Vec<String> = running.map(|(_, program)| shown(program)).collect();
        for program in programs {
            self.collector.gap(GapKind::StillRunning, None, program, 1);
        }
    }

    /// Goes on with ending an interrupted run; true when there is nothing left to do.
    fn stop(&mut self, turn: &Turn) -> bool {
        self.stopping.as_mut().is_some_and(|stopping| stopping.step(&self.collector, turn.command))
    }
}

impl Stage for Watcher<'_> {
    fn visible(&mut self, _: &Head, _: &[u8]) -> bool {
        true
    }

    fn step(&mut self, step: Step<'_>) {
        ourselves::look(step.head);
        self.collector.take(step.record);
    }
}

impl Driven for Watcher<'_> {
    fn patience(&self) -> Duration {
        WAIT
    }

    fn interrupted(&mut self, signal: i32, turn: &Turn) -> ControlFlow<()> {
        self.collector.gap(GapKind::Interrupted, None, signal_names::name(signal).into_owned(), 1);
        match &mut self.stopping {
            Some(stopping) => stopping.hurry(),
            None => self.stopping = Some(Stopping::new(signal, self.keep)),
        }
        if self.stop(turn) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn turn(&mut self, turn: &Turn) -> ControlFlow<()> {
        let over = match self.stopping {
            Some(_) => self.stop(turn),
            None => {
                if self.ended.is_none() && self.collector.status().is_some() {
                    self.ended = Some(Instant::now());
                }
                // Others may come into a cgroup at any time: the source waits for them.
                let alone = || self.cgroup && self.collector.running().is_empty();
                self.ended.is_some_and(|ended| ended.elapsed() >= GRACE || alone())
            }
        };
        if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// What the source lost that may hide something.
pub(super) fn gaps(losses: &Losses) -> impl Iterator<Item = (&'static str, u64)> {
    losses.lost().filter(|(loss, count)| !NO_GAP.contains(loss) && *count > 0).map(|(loss, count)| (loss.name(), count))
}

/// What is asked of the source.
fn request(audit: &Audit, command: crate::spec::Command) -> Watch {
    let target = Target { command: Some(command), cgroup: audit.cgroup.clone(), ..Target::default() };
    Watch {
        calls: capture::evidence::calls(),
        evidence: true,
        // They do nothing that a report tells of; a recording has them.
        signals: audit.record.is_some(),
        ring_size: audit.ring_size,
        ..Watch::events(&audit.program, target, audit.backend, STRLEN)
    }
}

fn rules(audit: &Audit, variables: &Variables) -> Rules {
    let globs = audit.unit_programs.iter().filter_map(|glob| globset::Glob::new(glob).ok());
    Rules {
        variables: audit.unit_variables.clone(),
        programs: globs.map(|glob| glob.compile_matcher()).collect(),
        workspace: variables.path("WORKSPACE").unwrap_or_default().to_vec(),
        pytest: audit.pytest,
        node: audit.node,
    }
}

/// Whether a process is there, and is more than what its parent has not waited for.
fn runs(pid: u32) -> bool {
    Who::Id(pid).stat().is_some_and(|stat| !has_ended(stat.state))
}

/// The program that starts the command.
fn own_program() -> Vec<u8> {
    std::env::current_exe().map(|path| OsString::from(path).as_bytes().to_vec()).unwrap_or_default()
}
