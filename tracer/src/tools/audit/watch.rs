//! The run: starts the command under a source, and has evidence made of its events.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::loss::Loss;

use super::interruption::Stopping;
use super::plugin::{Plugin, is_pytest};
use super::resolve::Machine;
use super::say;
use crate::capture::{self, Batch, Losses, Status, interrupt};
use crate::decode;
use crate::schema::{errno, signal_names};
use crate::spec::{Spec, Target};
use crate::system::process::has_ended;
use crate::system::procfs::who::Who;
use crate::tools::audit::evidence::collect::Collector;
use crate::tools::audit::evidence::units::{Rules, shown};
use crate::tools::audit::evidence::{Evidence, GapKind, Variables};
use crate::tools::audit::request::Audit;
use crate::trace;
use crate::trace::output::record::Recorder;

/// How long one read waits: an interrupt is noticed at once, what else ends a run within this.
const WAIT: Duration = Duration::from_millis(100);
/// How long processes that the command left behind are waited for.
const GRACE: Duration = Duration::from_secs(2);

/// What is lost and hides nothing: blobs and 32-bit calls are looked at one by one, submissions to io_uring by unit; what began
/// before cannot be.
const NO_GAP: &[Loss] = &[Loss::BlobCut, Loss::BlobFault, Loss::Compat, Loss::IoUring, Loss::BeganBefore];

/// Runs the command, and gives what it did.
///
/// # Errors
/// A command that cannot be started, a source that does not work or breaks down, a recording that cannot be written.
pub fn watch(audit: &Audit, variables: &Variables) -> Result<Evidence> {
    let mut command = audit.command.clone();
    let pytest = audit.pytest.unwrap_or_else(|| is_pytest(&command));
    let plugin = if pytest { Some(Plugin::install(&mut command)?) } else { None };
    let inherited = inherited();
    let spec = request(audit, command);
    interrupt::install()?;
    let mut source = capture::open(&spec)?;
    let mut recorder =
        audit.record.as_deref().map(|path| Recorder::create(path, &trace::header(&spec, &*source))).transpose()?;
    let mut machine = Machine::new();
    let mut collector = Collector::new(&mut machine, decode::Options::new(&spec.output.style), rules(audit, variables));
    if let Some(temporary) = variables.path("TMPDIR") {
        collector.temporary(temporary);
    }
    if let Some(plugin) = &plugin {
        collector.ignore(plugin.directory().as_os_str().as_bytes());
    }
    if let Some(pid) = source.command() {
        collector.expect(pid, &own_program());
    }
    collector.streams(&streams());
    if audit.cgroup.is_some() {
        collector.expect_others();
    }
    let mut batch = Batch::new();
    let mut take = |batch: &mut Batch, collector: &mut Collector<'_>| {
        if let Some(recorder) = &mut recorder {
            recorder.push(batch);
        }
        capture::records(batch).for_each(|(_, record)| collector.take(record));
        batch.clear();
    };
    let mut ended: Option<Instant> = None;
    let mut stopping: Option<Stopping> = None;
    let left_behind = loop {
        let status = source.read(&mut batch, WAIT)?;
        take(&mut batch, &mut collector);
        if status == Status::Done {
            break false;
        }
        if let Some(signal) = interrupt::take() {
            collector.gap(GapKind::Interrupted, None, signal_names::name(signal).into_owned(), 1);
            match &mut stopping {
                Some(stopping) => stopping.hurry(),
                None => stopping = Some(Stopping::new(signal, audit.keep)),
            }
        }
        if stopping.as_mut().is_some_and(|stopping| stopping.step(&collector, source.command())) {
            break true;
        }
        if ended.is_none() && collector.status().is_some() {
            ended = Some(Instant::now());
        }
        // Others may come into a cgroup at any time: the source waits for them.
        if stopping.is_none() && ended.is_some() && audit.cgroup.is_some() && collector.running().is_empty() {
            break false;
        }
        if stopping.is_none() && ended.is_some_and(|ended| ended.elapsed() >= GRACE) {
            break true;
        }
    };
    if left_behind {
        let running = collector.running().into_iter().filter(|(pid, _)| runs(*pid));
        let programs: Vec<String> = running.map(|(_, program)| shown(program)).collect();
        for program in programs {
            collector.gap(GapKind::StillRunning, None, program, 1);
        }
    }
    source.detach(&mut batch)?;
    take(&mut batch, &mut collector);
    let not_run = source.exec_error();
    if let Some(errno) = not_run {
        say(audit, &format!("exec: {}", errno::strerror(errno)));
    }
    let losses = source.losses();
    if let Some(recorder) = recorder {
        let outcome = recorder.finish(&losses, None);
        if let Some(line) = outcome.line(&audit.program) {
            trace::notice::tell_line(&line);
        }
    }
    let mut evidence = collector.finish(source.name(), gaps(&losses));
    evidence.command = spec.target.command.iter().flat_map(|c| &c.argv).map(|word| word.as_bytes().to_vec()).collect();
    evidence.not_run = not_run;
    evidence.remarks.extend(inherited);
    Ok(evidence)
}

/// What the source lost that may hide something.
fn gaps(losses: &Losses) -> impl Iterator<Item = (&'static str, u64)> {
    let hides = |(loss, count): (&Loss, &u64)| (!NO_GAP.contains(loss) && *count > 0).then(|| (loss.name(), *count));
    losses.reasons.iter().filter_map(hides)
}

/// What is asked of the source.
fn request(audit: &Audit, command: crate::spec::Command) -> Spec {
    let target = Target { command: Some(command), cgroup: audit.cgroup.clone(), ..Target::default() };
    Spec {
        calls: capture::evidence::calls(),
        evidence: true,
        ring_size: audit.ring_size,
        ..Spec::events(&audit.program, target, audit.backend, u16::MAX.into())
    }
}

fn rules(audit: &Audit, variables: &Variables) -> Rules {
    let globs = audit.unit_programs.iter().filter_map(|glob| globset::Glob::new(glob).ok());
    Rules {
        variables: audit.unit_variables.clone(),
        programs: globs.map(|glob| glob.compile_matcher()).collect(),
        workspace: variables.path("WORKSPACE").unwrap_or_default().to_vec(),
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

/// The files behind the first three descriptors, which the command inherits.
fn streams() -> Vec<Vec<u8>> {
    let path = |fd: u32| Who::Myself.link(format_args!("fd/{fd}")).ok();
    (0..3).filter_map(path).filter(|path| path.starts_with(b"/")).collect()
}

/// The descriptors beyond the first three that the command inherits: through them it may read and write what it did not open.
fn inherited() -> Vec<String> {
    let Ok(numbers) = Who::Myself.descriptors() else { return Vec::new() };
    let mut list: Vec<(i32, String)> = Vec::new();
    for fd in numbers.into_iter().filter_map(|fd| i32::try_from(fd).ok()) {
        // SAFETY: fcntl takes integers; a descriptor that is not open gives an error.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        if fd > 2
            && flags >= 0
            && flags & libc::FD_CLOEXEC == 0
            && let Ok(target) = Who::Myself.link(format_args!("fd/{fd}"))
        {
            // The number of a pipe or a socket is of this run only.
            let target = shown(&target);
            let kind = target.split_once(":[").map(|(kind, _)| kind).filter(|kind| matches!(*kind, "pipe" | "socket"));
            list.push((fd, kind.map_or_else(|| target.clone(), |kind| format!("a {kind}"))));
        }
    }
    list.sort();
    list.into_iter().map(|(fd, target)| format!("descriptor {fd} was inherited: {target}")).collect()
}
