//! The run: starts the command under a source, and has evidence made of its events.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::net::{SocketAddrAny, SocketAddrUnix};
use tracer_common::event::Head;
use tracer_common::loss::Loss;

use super::interruption::Stopping;
use super::plugins::Plugins;
use super::resolve::Machine;
use super::say;
use crate::capture::{self, Losses, interrupt};
use crate::decode;
use crate::decode::value::FileView;
use crate::schema::{errno, signal_names};
use crate::spec::{Style, Target, Watch};
use crate::system::files::{Files, Link, Look};
use crate::system::process::has_ended;
use crate::system::procfs::who::Who;
use crate::tools::audit::evidence::collect::Collector;
use crate::tools::audit::evidence::collect::inherited::{Inherited, inet, of_family};
use crate::tools::audit::evidence::units::{Rules, shown};
use crate::tools::audit::evidence::{Evidence, GapKind, Given, Object, Op, Timeline, Variables};
use crate::tools::audit::policy::Asked;
use crate::tools::audit::request::Audit;
use crate::trace;
use crate::trace::drive::{Drive, Driven, Ended, Over, Turn};
use crate::trace::output::Order;
use crate::trace::sequence::{Stage, Step};

/// How long one read waits: an interrupt is noticed at once, what else ends a run within this.
const WAIT: Duration = Duration::from_millis(100);
/// Bytes of strings that are read: whole paths.
pub(super) const STRLEN: u32 = u16::MAX as u32;
/// How long processes that the command left behind are waited for.
const GRACE: Duration = Duration::from_secs(2);

/// What is lost and hides nothing: blobs and 32-bit calls are looked at one by one, submissions to io_uring by unit; what began
/// before cannot be.
const NO_GAP: &[Loss] = &[Loss::BlobCut, Loss::BlobFault, Loss::Compat, Loss::IoUring, Loss::BeganBefore];

/// Runs the command, and gives what it did, and when. `asked`: what rules speak of.
///
/// # Errors
/// A command that cannot be started, a source that does not work or breaks down, a recording that cannot be written.
pub fn watch(audit: &Audit, variables: &Variables, asked: &Asked) -> Result<(Evidence, Timeline)> {
    let mut command = audit.command.clone();
    let plugins = Plugins::install(&mut command, audit.pytest, audit.node)?;
    let (inherited, given) = inherited();
    let watch = request(audit, command);
    interrupt::install()?;
    let source = capture::open(&watch)?;
    let recorder = trace::recorder(audit.record.as_deref(), &watch, &*source)?;
    let mut machine = Machine::new();
    let options = decode::Options::new(&Style::events(STRLEN));
    let mut collector = Collector::new(&mut machine, options, rules(audit, variables));
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
    collector.streams(&streams());
    given.into_iter().for_each(|given| collector.inherits(given));
    collector.watch(&asked.denied);
    collector.name_programs(asked.programs);
    collector.hear_hosts(asked.hosts);
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
    if let Some(recorder) = recorder {
        let outcome = recorder.finish(&losses, None);
        if let Some(line) = outcome.line(&audit.program) {
            trace::notice::tell_line(&line);
        }
    }
    let (mut evidence, timeline) = collector.finish(source.name(), gaps(&losses));
    evidence.command = watch.target.command.iter().flat_map(|c| &c.argv).map(|word| word.as_bytes().to_vec()).collect();
    evidence.not_run = not_run;
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
    let hides = |(loss, count): (&Loss, &u64)| (!NO_GAP.contains(loss) && *count > 0).then(|| (loss.name(), *count));
    losses.reasons.iter().filter_map(hides)
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

/// The files behind the first three descriptors, which the command inherits, and what each may be used for.
fn streams() -> Vec<(Vec<u8>, Given)> {
    let stream = |fd: i32| {
        let path = Who::Myself.link(format_args!("fd/{fd}")).ok().filter(|path| path.starts_with(b"/"))?;
        // SAFETY: fcntl takes integers; a descriptor that is not open gives an error.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        let mode = flags & libc::O_ACCMODE;
        let given = Given { read: mode != libc::O_WRONLY, write: mode != libc::O_RDONLY };
        (flags >= 0).then_some((path, given))
    };
    (0..3).filter_map(stream).collect()
}

/// The descriptors beyond the first three that the command inherits, in words, and what they may be used for.
fn inherited() -> (Vec<String>, Vec<Inherited>) {
    let (mut list, mut given) = (Vec::new(), Vec::new());
    let (mut files, mut bytes) = (Files::default(), Vec::new());
    let numbers = Who::Myself.descriptors().unwrap_or_default();
    for fd in numbers.into_iter().filter_map(|fd| i32::try_from(fd).ok()).filter(|fd| *fd > 2) {
        // SAFETY: fcntl takes integers; a descriptor that is not open gives an error.
        let [of_descriptor, of_file] = [libc::F_GETFD, libc::F_GETFL].map(|ask| unsafe { libc::fcntl(fd, ask) });
        if of_descriptor < 0 || of_descriptor & libc::FD_CLOEXEC != 0 {
            continue;
        }
        let myself = std::process::id();
        if files.look(myself, myself, Link::Fd(fd), &mut bytes) != Look::Absent
            && let Some(view) = decode::file_view(&bytes)
        {
            given.extend(may_use(&view, of_file, fd));
        }
        let Ok(target) = Who::Myself.link(format_args!("fd/{fd}")) else { continue };
        // The number of a pipe or a socket is of this run only.
        let target = shown(&target);
        let kind = target.split_once(":[").map(|(kind, _)| kind).filter(|kind| matches!(*kind, "pipe" | "socket"));
        list.push((fd, kind.map_or_else(|| target.clone(), |kind| format!("a {kind}"))));
    }
    list.sort();
    let words = list.into_iter().map(|(fd, target)| format!("descriptor {fd} was inherited: {target}"));
    (words.collect(), given)
}

/// What an inherited descriptor may be used for without a call that is seen and names it.
fn may_use(view: &FileView<'_>, flags: i32, fd: i32) -> Vec<Inherited> {
    if let Some(sock) = &view.sock {
        // SAFETY: it was found open, and nobody closes what the command inherits.
        let fd = unsafe { BorrowedFd::borrow_raw(fd) };
        let unix = |address: Option<SocketAddrAny>| {
            let address = SocketAddrUnix::try_from(address?).ok()?;
            let name = address.abstract_name().map(|name| [b"@", name].concat());
            name.or_else(|| Some(address.path()?.to_bytes().to_vec())).map(Object::Unix)
        };
        let own = || {
            let own = inet(sock, sock.saddr, sock.sport);
            own.or_else(|| unix(rustix::net::getsockname(fd).ok())).or_else(|| of_family(sock))
        };
        if rustix::net::sockopt::socket_acceptconn(fd) == Ok(true) {
            return own().map(|own| Inherited::Listener(view.file.ino, own)).into_iter().collect();
        }
        let peer = inet(sock, sock.daddr, sock.dport).or_else(|| unix(rustix::net::getpeername(fd).ok()?));
        let socket = peer.map(|peer| (Op::Connect, peer)).or_else(|| Some((Op::Bind, own()?)));
        return socket.map(|(op, object)| Inherited::Socket(view.file.ino, op, object)).into_iter().collect();
    }
    let is_directory = view.file.mode & libc::S_IFMT == libc::S_IFDIR;
    if flags < 0 || flags & libc::O_PATH != 0 || is_directory || !view.path.starts_with(b"/") {
        return Vec::new();
    }
    let path = || view.path.to_vec();
    match flags & libc::O_ACCMODE {
        libc::O_RDONLY => vec![Inherited::Read(path())],
        libc::O_WRONLY => vec![Inherited::Written(path())],
        _ => vec![Inherited::Read(path()), Inherited::Written(path())],
    }
}
