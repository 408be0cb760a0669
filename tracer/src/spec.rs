//! What was asked of a trace, in the core's own words. A command line is turned into a [`Spec`] and nothing else;
//! everything behind works from it alone.

pub mod library;
mod numbers;
mod style;
pub mod tampering;

use std::ffi::OsString;
use std::path::PathBuf;

use tracer_common::plan::{PLANS, plan_index};

pub use self::library::Library;
pub use self::numbers::Numbers;
pub use self::style::{Beside, CallSet, Fds, Hex, LibraryStyle, NameStyle, Pids, Stamp, Style, Verbose};
use self::tampering::Tampering;
use crate::schema::NUMBERS;
use crate::schema::plan::Detail;

/// A tracing request.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Whom and what to watch: all that a source is told.
    pub watch: Watch,
    /// How to show it.
    pub view: View,
}

/// Whom and what to watch.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The name by which tracer was called, for messages.
    pub program: String,
    /// Whom to trace.
    pub target: Target,
    /// Follow children (`-f`).
    pub follow: bool,
    /// Which calls.
    pub calls: CallFilter,
    /// How much of each call is copied.
    pub detail: Detail,
    /// What is copied as far as a source can, whatever `detail` says.
    pub whole: Whole,
    /// Processes are let go when they run another program (`-b execve`).
    pub leave_on_exec: bool,
    /// What `tracer audit` needs is copied besides.
    pub evidence: bool,
    /// Calls are only counted: a source that can count hands over none.
    pub counting: Option<Counting>,
    /// What tells of the names of tasks and of their numbers in pid namespaces is seen, whether it is shown or not.
    pub names: bool,
    /// What is looked up beside calls.
    pub beside: Beside,
    /// Signals are told of, if the source has something for them alone.
    pub signals: bool,
    /// Stacks of calls and signals (`-k`).
    pub stacks: Option<Stacks>,
    /// Calls of library functions.
    pub library: Option<Library>,
    /// Where events come from.
    pub backend: Backend,
    /// Bytes of the ring buffer; `None` chooses by memory and CPUs.
    pub ring_size: Option<usize>,
    /// With ptrace, have the kernel pass unwanted calls without a stop (`--seccomp-bpf`).
    pub seccomp: bool,
    /// What is done to calls (`-e inject=`).
    pub tampering: Tampering,
    /// The traced tasks end with tracer, however it ends (`--kill-on-exit`).
    pub kill_on_exit: bool,
    /// A process to attach to that another tracer holds is refused, whatever the source could do.
    pub unheld: bool,
    /// A file of BTF instead of the kernel's own (`--btf`).
    pub btf: Option<PathBuf>,
}

/// How to show what was seen, and how to end.
#[derive(Debug, Clone)]
pub struct View {
    /// Which of the events are shown.
    pub show: Show,
    /// What is made of the events.
    pub output: Output,
    /// When a signal may end tracing (`-I`).
    pub interrupt: Interrupt,
    /// Any loss ends with exit code 4.
    pub strict: bool,
    /// Exit code when tracer itself can not do its job: 1 as strace, else 125.
    pub failure: u8,
    /// Lines for stderr, before tracing begins: options that change nothing. Without the program's name.
    pub notices: Vec<String>,
}

/// Data that is copied as far as a source can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Whole {
    /// What is read from descriptors.
    pub read: bool,
    /// What is written to them.
    pub written: bool,
    /// Arrays of descriptors.
    pub arrays: bool,
}

/// How calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    /// By process too.
    pub by_process: bool,
    /// By the time for which they had a CPU.
    pub cpu_time: bool,
}

/// What is wanted of stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stacks {
    /// Lines of the source too (`-kk`).
    pub lines: bool,
    /// Frames of each at most.
    pub limit: u32,
}

impl Watch {
    /// All calls of `target` and its children, with files and addresses, strings up to `strlen` bytes; to be decoded in
    /// [`Style::events`].
    pub fn events(program: &str, target: Target, backend: Backend, strlen: u32) -> Watch {
        Watch {
            program: program.to_owned(),
            target,
            follow: true,
            calls: CallFilter::everything(),
            detail: Detail { data: true, strlen, fds: true, env: false },
            whole: Whole::default(),
            leave_on_exec: false,
            evidence: false,
            counting: None,
            names: false,
            beside: Beside::default(),
            signals: true,
            stacks: None,
            library: None,
            backend,
            ring_size: None,
            seccomp: false,
            tampering: Tampering::default(),
            kill_on_exit: false,
            unheld: false,
            btf: None,
        }
    }
}

/// Which signals end tracing, `-I`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// Every one, at any time: tracer ends at once, and whom it traced goes on.
    Anywhere,
    /// Fatal signals, between events.
    Waiting,
    /// None of SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM: the command gets them, tracer goes on to its end.
    Never,
    /// Nor does SIGTSTP stop tracer.
    NeverTstp,
}

/// Whom to trace. A command and attached processes may go together.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// A program to start.
    pub command: Option<Command>,
    /// Processes to attach to, with all their threads.
    pub pids: Vec<i32>,
    /// Every process of the system (`--all`).
    pub all: bool,
    /// Every process in this cgroup v2 directory or below.
    pub cgroup: Option<PathBuf>,
    /// Every process with this name.
    pub comm: Option<Vec<u8>>,
    /// Every process of this user.
    pub uid: Option<u32>,
}

/// A program to start under trace.
#[derive(Debug, Clone, Default)]
pub struct Command {
    /// Program and arguments; the first is looked up in PATH.
    pub argv: Vec<OsString>,
    /// `--argv0`.
    pub argv0: Option<OsString>,
    /// Environment changes in order: set (`-E A=B`) or remove (`-E A`).
    pub env: Vec<(OsString, Option<OsString>)>,
    /// `-u`: run as this user.
    pub user: Option<User>,
    /// `-D`: the process that was started becomes the command, and tracer its grandchild.
    pub daemonize: Option<Daemonize>,
}

/// Where tracer goes on as the command's grandchild, `-D`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daemonize {
    /// In the command's process group.
    Grandchild,
    /// In a process group of its own (`-DD`).
    Group,
    /// In a session of its own (`-DDD`).
    Session,
}

/// A user to run as, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name, for the supplementary groups; empty when given by number.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// A set of calls, as `-e trace=` gives it: the union of the words, negated or not.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// The calls that are in, of both ABIs, by their places: `tracer_common::plan::plan_index`.
    pub places: Vec<bool>,
    /// Operations of io_uring are in.
    pub operations: bool,
    /// Nothing was restricted.
    pub all: bool,
}

impl CallFilter {
    /// Nothing is restricted.
    pub fn everything() -> CallFilter {
        CallFilter { places: Vec::new(), operations: true, all: true }
    }

    /// Whether call `nr` was asked for; `compat`: it is a 32-bit call. Numbers that have no place always are.
    pub fn wants(&self, nr: u32, compat: bool) -> bool {
        let place = if nr < NUMBERS { plan_index(nr, compat) as usize } else { PLANS };
        self.all || self.places.get(place).copied().unwrap_or(true)
    }
}

/// Which events are shown, after they were seen.
#[derive(Debug, Clone)]
pub struct Show {
    /// Calls that succeeded, failed, never returned.
    pub status: StatusSet,
    /// Signals shown, bit 0 is signal 1.
    pub signals: u64,
    /// Only calls that touch one of these paths (`-P`), as given.
    pub paths: Vec<Vec<u8>>,
    /// Or calls that use one of these descriptors (`-e fd=`).
    pub fds: Option<Numbers>,
    /// Descriptors of which all data that is read is dumped (`-e read=`).
    pub reads: Numbers,
    /// The same of what is written (`-e write=`).
    pub writes: Numbers,
    /// No more calls than these are shown: then tracing ends (`--syscall-limit`).
    pub limit: Option<u64>,
    /// No `+++ exited` lines (`-qq`).
    pub quiet_exit: bool,
    /// No `Process N attached` notices (`-q`).
    pub quiet_attach: bool,
    /// No `+++ superseded` lines.
    pub quiet_superseded: bool,
    /// No `Process PID=N runs in 32 bit mode` notices.
    pub quiet_personality: bool,
    /// No `Requested path ... resolved into ...` notices.
    pub quiet_paths: bool,
}

impl Show {
    /// Calls are shown by what they use.
    pub fn by_file(&self) -> bool {
        !self.paths.is_empty() || self.fds.is_some()
    }

    /// Every call is counted, whatever it was on and however it ended: a source can count.
    pub fn counts_all(&self) -> bool {
        !self.by_file() && self.limit.is_none() && self.status.all()
    }
}

/// `-e status=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusSet {
    /// Calls that returned without error.
    pub successful: bool,
    /// Calls that returned an error.
    pub failed: bool,
    /// Calls that did not return.
    pub unfinished: bool,
    /// Calls whose result could not be fetched.
    pub unavailable: bool,
    /// Calls running when tracing ended.
    pub detached: bool,
}

impl StatusSet {
    /// All of them.
    pub const ALL: StatusSet =
        StatusSet { successful: true, failed: true, unfinished: true, unavailable: true, detached: true };

    /// Nothing is filtered by status.
    pub fn all(self) -> bool {
        self.successful && self.failed && self.unfinished && self.unavailable && self.detached
    }
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// eBPF where it works, else ptrace.
    Auto,
    /// eBPF or an error.
    Ebpf,
    /// ptrace or an error.
    Ptrace,
}

/// What is made of the events.
#[derive(Debug, Clone)]
pub struct Output {
    /// Lines, objects, table.
    pub form: OutputForm,
    /// A table at the end besides (`-C`).
    pub summary: Option<Summary>,
    /// Where to.
    pub to: To,
    /// Also keep a recording here.
    pub record: Option<PathBuf>,
    /// `--color`.
    pub color: Color,
    /// How text looks.
    pub style: Style,
}

impl Output {
    /// Calls are counted, and no event is shown: a source that can count hands over none.
    pub fn only_counts(&self) -> bool {
        self.form == OutputForm::Summary
    }

    /// Calls are counted by process too.
    pub fn by_process(&self) -> bool {
        self.summary.as_ref().is_some_and(|summary| summary.by_process)
    }

    /// Calls are counted by the time for which they had a CPU: as strace counts, but for what it does not have.
    /// Percentiles and histograms tell how long calls took.
    fn cpu_time(&self) -> bool {
        let of_times = |column: &Column| matches!(column, Column::TimeP50 | Column::TimeP90 | Column::TimeP99);
        self.only_counts()
            && self.summary.as_ref().is_some_and(|summary| {
                !summary.wall && !summary.histogram && !summary.json && !summary.columns.iter().any(of_times)
            })
    }

    /// What a source is asked to count.
    pub fn counting(&self) -> Option<Counting> {
        self.only_counts().then(|| Counting { by_process: self.by_process(), cpu_time: self.cpu_time() })
    }
}

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputForm {
    /// Lines of the form of that name: a row of `trace::output::FORMS`.
    Lines(&'static str),
    /// Only the summary (`-c`).
    Summary,
    /// Only the recording.
    None,
}

impl OutputForm {
    /// strace's lines.
    pub const TEXT: OutputForm = OutputForm::Lines("text");
    /// Those of ltrace.
    pub const LTRACE: OutputForm = OutputForm::Lines("ltrace");
    /// What was not freed.
    pub const LEAKS: OutputForm = OutputForm::Lines("leaks");
    /// JSON Lines.
    pub const JSON: OutputForm = OutputForm::Lines("json");
}

/// Where output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// stderr, as strace.
    Stderr,
    /// stdout (`-o -`).
    Stdout,
    /// A file (`-o`), appended to with `-A`.
    File(PathBuf, bool),
    /// The input of a shell command (`-o '|cmd'`).
    Pipe(OsString),
    /// A file per task, `PATH.PID` (`-ff`).
    Each(PathBuf),
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal without NO_COLOR.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

/// The summary table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Columns in order (`-U`).
    pub columns: Vec<Column>,
    /// Sort key (`-S`).
    pub sort: Option<Column>,
    /// Time from begin to end (`-w`); see [`Counting::cpu_time`].
    pub wall: bool,
    /// A table for each process besides (`--summary-by=process`).
    pub by_process: bool,
    /// Draw how long calls took (`--histogram`).
    pub histogram: bool,
    /// As JSON (`--json`), which has all of it.
    pub json: bool,
}

/// A column of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Share of the time.
    TimePercent,
    /// Seconds in all.
    TimeTotal,
    /// The shortest call.
    TimeMin,
    /// The longest call.
    TimeMax,
    /// Microseconds a call.
    TimeAvg,
    /// What half of the calls took at most.
    TimeP50,
    /// What 90 of 100 calls took at most.
    TimeP90,
    /// What 99 of 100 calls took at most.
    TimeP99,
    /// Number of calls.
    Calls,
    /// Number of failed calls.
    Errors,
    /// Name.
    Name,
}
