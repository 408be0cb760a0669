//! The options of a command line as they were read, and the [`Spec`] that they become. Options are read in
//! the order of the words; what depends on several is decided here, when all are known.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::asked::Instead;
use super::fault::Fault;
use super::flags::{self, Set};
use super::getopt::Given;
use super::inject::Injects;
use super::sets::Calls;
use super::stopping;
use super::table::{OptionRow, Standing};
use super::whom;
use super::words::{self, Clock, both};
use crate::exit;
use crate::schema::plan::Detail;
use crate::spec::*;

/// `attach` and `personality` of `-e quiet=`, in the order of its words.
pub const QUIET_ATTACH: u8 = 0b01001;
/// Frames of a stack at most, when nobody says.
const FRAMES: u32 = 256;
const QUIET_EXIT: u8 = 0b00010;
const QUIET_PATHS: u8 = 0b00100;
const QUIET_PERSONALITY: u8 = 0b01000;
const QUIET_SUPERSEDED: u8 = 0b10000;

/// Options as they were given.
#[derive(Debug)]
pub struct Opts {
    pub pids: Vec<i32>,
    pub env: Vec<OsString>,
    pub user: Option<OsString>,
    pub argv0: Option<OsString>,
    pub all: bool,
    pub cgroup: Option<PathBuf>,
    pub comm: Option<Vec<u8>>,
    pub uid: Option<u32>,
    pub follow_short: u8,
    pub follow_long: bool,
    pub follow_old: bool,
    pub separate: bool,
    pub interrupt: Option<Interrupt>,
    pub seccomp: bool,
    pub kill_on_exit: bool,
    pub daemonize_short: u8,
    pub daemonize: Option<Daemonize>,
    pub backend: Backend,
    pub ring_size: Option<usize>,
    pub btf: Option<PathBuf>,
    pub strict: bool,
    pub injects: Injects,
    pub trace: Option<Calls>,
    pub signals: Option<u64>,
    pub status: Option<StatusSet>,
    pub z_count: u8,
    pub paths: Vec<Vec<u8>>,
    pub trace_fds: Option<Numbers>,
    pub reads: Numbers,
    pub writes: Numbers,
    pub limit: Option<u64>,
    pub leave_on_exec: bool,
    pub column: usize,
    pub abbrev: Option<Calls>,
    pub verbose: Option<Calls>,
    pub raw: Option<Calls>,
    pub ip: bool,
    pub number: bool,
    pub arg_names: bool,
    pub output: Option<OsString>,
    pub append: bool,
    pub quiet_short: u8,
    pub quiet: Option<u8>,
    pub relative: Option<u8>,
    pub strlen: u32,
    pub t_short: u8,
    pub t_long: bool,
    pub stamp: (Option<Clock>, u8),
    pub duration: Option<u8>,
    pub x_short: u8,
    pub hex: Option<Hex>,
    pub names: NameStyle,
    pub y_short: u8,
    pub fds: Option<u64>,
    pub pid_details: Pids,
    pub beside: Beside,
    pub always_pid: bool,
    /// Stacks: with lines of the source, or without.
    pub stack: Option<bool>,
    pub frames: Option<u32>,
    pub color: Color,
    pub form: OutputForm,
    pub record: Option<PathBuf>,
    pub only_table: bool,
    pub table: bool,
    pub sort_given: bool,
    pub sort: Option<Column>,
    pub columns: Option<Vec<Column>>,
    pub wall: bool,
    pub by_process: bool,
    pub histogram: bool,
    pub help: bool,
    pub version: bool,
    /// What is made of a recording that is not shown.
    pub instead: Option<Instead>,
    /// Options that were given.
    pub given: usize,
    /// A recording is replayed: options about live processes are refused.
    pub replay: bool,
}

impl Opts {
    /// The defaults.
    pub fn new(replay: bool) -> Self {
        Opts {
            pids: Vec::new(),
            env: Vec::new(),
            user: None,
            argv0: None,
            all: false,
            cgroup: None,
            comm: None,
            uid: None,
            follow_short: 0,
            follow_long: false,
            follow_old: false,
            separate: false,
            interrupt: None,
            seccomp: false,
            kill_on_exit: false,
            daemonize_short: 0,
            daemonize: None,
            backend: Backend::Auto,
            ring_size: None,
            btf: None,
            strict: false,
            injects: Injects::default(),
            trace: None,
            signals: None,
            status: None,
            z_count: 0,
            paths: Vec::new(),
            trace_fds: None,
            reads: Numbers::default(),
            writes: Numbers::default(),
            limit: None,
            leave_on_exec: false,
            column: 40,
            abbrev: None,
            verbose: None,
            raw: None,
            ip: false,
            number: false,
            arg_names: false,
            output: None,
            append: false,
            quiet_short: 0,
            quiet: None,
            relative: None,
            strlen: 32,
            t_short: 0,
            t_long: false,
            stamp: (None, 0),
            duration: None,
            x_short: 0,
            hex: None,
            names: NameStyle::Abbrev,
            y_short: 0,
            fds: None,
            pid_details: Pids::default(),
            beside: Beside::default(),
            always_pid: false,
            stack: None,
            frames: None,
            color: Color::Auto,
            form: OutputForm::TEXT,
            record: None,
            only_table: false,
            table: false,
            sort_given: false,
            sort: Some(Column::TimeTotal),
            columns: None,
            wall: false,
            by_process: false,
            histogram: false,
            help: false,
            version: false,
            instead: None,
            given: 0,
            replay,
        }
    }

    /// Sets one option, or says why it is refused.
    pub fn take(&mut self, row: &OptionRow<Set>, given: &Given<'_>) -> Result<(), Fault> {
        if let Standing::Refused(why) = row.flag.standing {
            return Err(Fault::plain(format!("{} is not supported: {why}", given.spelled)));
        }
        if self.replay && !row.flag.replay {
            let why = "a replay traces no process";
            return Err(Fault::plain(format!("{} is not supported here: {why}", given.spelled)));
        }
        if !self.replay && !row.flag.live {
            let why = "it is for a recording; tracer audit --report html=FILE makes a page of a run";
            return Err(Fault::plain(format!("{} is not supported here: {why}", given.spelled)));
        }
        self.given += 1;
        (row.set)(self, given)
    }

    /// Decides what depends on several options. `program` is the name in messages; `own`: called as tracer,
    /// not as strace.
    pub fn into_spec(mut self, program: &str, own: bool, command: Vec<OsString>) -> Result<Spec, Fault> {
        let system_wide = self.all || self.cgroup.is_some() || self.comm.is_some() || self.uid.is_some();
        if command.is_empty() && self.pids.is_empty() && !system_wide && !self.replay {
            return Err(Fault::usage("must have PROG [ARGS] or -p PID"));
        }
        if command.is_empty() && self.argv0.is_some() {
            return Err(Fault::usage("PROG [ARGS] must be specified with --argv0"));
        }
        let mut notices = Vec::new();
        let stamp = self.stamp()?;
        let hex = self.hex()?;
        let fds = self.fds()?;
        let follow = self.follow(&mut notices)?;
        let summary = self.summary(&mut notices)?;
        self.useless(stamp, fds, &mut notices);
        let tampering = stopping::settle(&mut self, system_wide, &mut notices)?;
        let target = whom::settle(&mut self, system_wide, command)?;
        let (to, record, form) = self.sink(own)?;
        let quiet = self.quiet(target.command.is_some())?;
        let interrupt = self.interrupt.unwrap_or(match (&self.output, &target.command) {
            (_, Some(command)) if command.daemonize.is_some() => Interrupt::NeverTstp,
            (Some(_), Some(_)) => Interrupt::Never,
            _ => Interrupt::Waiting,
        });

        let verbose = match self.abbrev.take().map(Calls::others) {
            None => Verbose::None,
            Some(full) if full.iter().all(|&x| x) => Verbose::All,
            Some(full) if full.iter().all(|&x| !x) => Verbose::None,
            Some(full) => Verbose::Some(full),
        };
        let detail = Detail {
            data: form != OutputForm::Summary || record.is_some() || self.by_file(),
            strlen: self.strlen,
            fds: fds != Fds::default() && form != OutputForm::Summary || record.is_some() || !self.paths.is_empty(),
            env: record.is_some() || verbose.environments(),
        };
        let show = Show {
            status: self.status.unwrap_or(StatusSet::ALL),
            signals: self.signals.unwrap_or(u64::MAX),
            paths: std::mem::take(&mut self.paths),
            fds: self.trace_fds.take(),
            reads: std::mem::take(&mut self.reads),
            writes: std::mem::take(&mut self.writes),
            limit: self.limit,
            quiet_exit: quiet & QUIET_EXIT != 0,
            quiet_attach: quiet & QUIET_ATTACH & !QUIET_PERSONALITY != 0,
            quiet_superseded: quiet & QUIET_SUPERSEDED != 0,
            quiet_personality: quiet & QUIET_PERSONALITY != 0,
            quiet_paths: quiet & QUIET_PATHS != 0,
        };
        let output = Output {
            form,
            summary,
            to,
            record,
            color: self.color,
            style: Style {
                strlen: self.strlen as usize,
                column: self.column,
                verbose,
                addresses: self.verbose.take().map(Calls::others).filter(|s| s.contains(&true)).unwrap_or_default(),
                raw: self.raw.take().map(Calls::into_set).filter(|s| s.contains(&true)).unwrap_or_default(),
                hex,
                names: self.names,
                fds,
                pids: self.pid_details,
                beside: self.beside,
                stamp,
                relative: self.relative,
                duration: self.duration,
                number: self.number,
                arg_names: self.arg_names,
                ip: self.ip,
                always_pid: self.always_pid,
                stack: self.stack.is_some(),
                library: LibraryStyle::default(),
            },
        };
        // What is counted depends on how calls end, and on their files: only events tell.
        let counting = output.counting().filter(|_| show.counts_all() && output.record.is_none());
        let watch = Watch {
            program: program.to_owned(),
            target,
            follow,
            calls: self.trace.take().map_or(CallFilter::everything(), Calls::into_filter),
            detail,
            whole: Whole { read: !show.reads.is_empty(), written: !show.writes.is_empty(), arrays: show.by_file() },
            leave_on_exec: self.leave_on_exec,
            evidence: false,
            counting,
            names: self.pid_details != Pids::default(),
            beside: self.beside,
            signals: counting.is_none(),
            stacks: self.stack.map(|lines| Stacks { lines, limit: self.frames.unwrap_or(FRAMES) }),
            library: None,
            backend: self.backend,
            ring_size: self.ring_size,
            seccomp: self.seccomp && follow,
            tampering,
            kill_on_exit: self.kill_on_exit,
            unheld: true,
            btf: self.btf,
        };
        let failure = if own { exit::FAILED } else { exit::STRACE_USAGE };
        Ok(Spec { watch, view: View { show, output, interrupt, strict: self.strict, failure, notices } })
    }

    /// Calls are shown by what they use.
    fn by_file(&self) -> bool {
        !self.paths.is_empty() || self.trace_fds.is_some()
    }

    fn stamp(&mut self) -> Result<Stamp, Fault> {
        if self.t_short > 0 && self.t_long {
            return Err(both("-t", "--absolute-timestamps"));
        }
        let short = ["", "format:time", "precision:us,format:time", "format:unix,precision:us"];
        if self.t_short > 0 {
            words::stamp(short[usize::from(self.t_short.min(3))], &mut self.stamp);
        }
        Ok(match self.stamp {
            (None, _) => Stamp::None,
            (Some(Clock::Time), digits) => Stamp::Clock(digits),
            (Some(Clock::Unix), digits) => Stamp::Unix(digits),
        })
    }

    fn hex(&self) -> Result<Hex, Fault> {
        match (self.x_short, self.hex) {
            (0, hex) => Ok(hex.unwrap_or(Hex::None)),
            (_, Some(_)) => Err(both("-x", "--strings-in-hex")),
            (1, None) => Ok(Hex::NonAscii),
            (_, None) => Ok(Hex::All),
        }
    }

    fn fds(&self) -> Result<Fds, Fault> {
        let mask = match (self.y_short, self.fds) {
            (0, mask) => mask.unwrap_or(0),
            (_, Some(_)) => return Err(both("-y", "--decode-fds")),
            (1, None) => 1,
            (_, None) => u64::MAX,
        };
        let [path, socket, dev, pidfd, eventfd, signalfd] = std::array::from_fn(|i| mask >> i & 1 == 1);
        Ok(Fds { path, socket, dev, pidfd, eventfd, signalfd })
    }

    fn follow(&mut self, notices: &mut Vec<String>) -> Result<bool, Fault> {
        if self.follow_short > 0 && self.follow_long {
            return Err(both("-f", "--follow-forks"));
        }
        if self.follow_short > 1 && self.separate {
            return Err(both("-ff", "--output-separately"));
        }
        self.separate |= self.follow_short > 1;
        let follow = self.follow_short > 0 || self.follow_long;
        if self.seccomp && !follow {
            notices.push("--seccomp-bpf cannot be used without -f/--follow-forks, disabling".to_owned());
        }
        match (self.follow_old, follow) {
            (true, true) => notices.push("deprecated option -F ignored".to_owned()),
            (true, false) => notices.push("option -F is deprecated, please use -f/--follow-forks instead".to_owned()),
            _ => {}
        }
        Ok(follow || self.follow_old)
    }

    fn summary(&mut self, notices: &mut Vec<String>) -> Result<Option<Summary>, Fault> {
        let table = self.only_table || self.table;
        if self.separate && table {
            return Err(Fault::usage(
                "(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive",
            ));
        }
        let needs = "(-c/--summary-only or -C/--summary)";
        if self.wall && !table {
            return Err(Fault::usage(format!("-w/--summary-wall-clock must be given with {needs}")));
        }
        if self.columns.is_some() && !table {
            return Err(Fault::usage(format!("-U/--summary-columns must be given with {needs}")));
        }
        if self.by_process && !table {
            return Err(Fault::usage(format!("--summary-by must be given with {needs}")));
        }
        if self.histogram && !table {
            return Err(Fault::usage(format!("--histogram must be given with {needs}")));
        }
        if self.sort_given && !table {
            notices.push(format!("-S/--summary-sort-by has no effect without {needs}"));
        }
        let columns = self.columns.take().unwrap_or_else(|| flags::COLUMNS.to_vec());
        Ok(table.then_some(Summary {
            columns,
            sort: self.sort,
            wall: self.wall,
            by_process: self.by_process,
            histogram: self.histogram,
            json: self.form == OutputForm::JSON,
        }))
    }

    /// Notices about options that have no effect beside the others.
    fn useless(&self, stamp: Stamp, fds: Fds, notices: &mut Vec<String>) {
        let mut without_lines = |given: bool, option: &str| {
            if given && self.only_table {
                notices.push(format!("{option} has no effect with -c/--summary-only"));
            }
        };
        without_lines(self.ip, "-i/--instruction-pointer");
        without_lines(self.number, "-n/--syscall-number");
        without_lines(self.relative.is_some(), "-r/--relative-timestamps");
        without_lines(stamp != Stamp::None, "-t/--absolute-timestamps");
        without_lines(self.duration.is_some(), "-T/--syscall-times");
        without_lines(fds != Fds::default(), "-y/--decode-fds");
        without_lines(self.stack.is_some(), "-k/--stack-trace");
        if self.frames.is_some() && self.stack.is_none() {
            notices.push("--stack-trace-frame-limit has no effect without -k/--stack-trace".to_owned());
        }
        if self.output.is_none() {
            if self.separate && self.follow_short == 0 && !self.follow_long && !self.follow_old {
                notices.push("--output-separately has no effect without -o/--output".to_owned());
            }
            if self.append {
                notices.push("-A/--output-append-mode has no effect without -o/--output".to_owned());
            }
        }
        if self.z_count > 1 {
            notices.push(
                "Only the last of -z/--successful-only/-Z/--failed-only options will take effect. See status \
                 qualifier for more complex filters."
                    .to_owned(),
            );
        }
    }

    /// Where the output goes, where a recording goes, and the form of the output.
    fn sink(&mut self, own: bool) -> Result<(To, Option<PathBuf>, OutputForm), Fault> {
        let form = if self.only_table { OutputForm::Summary } else { self.form };
        let record = self.record.take();
        let Some(name) = &self.output else { return Ok((To::Stderr, record, form)) };
        if let [b'|' | b'!', shell @ ..] = name.as_bytes() {
            if self.separate {
                return Err(Fault::usage("piping the output and -ff/--output-separately are mutually exclusive"));
            }
            return Ok((To::Pipe(std::ffi::OsStr::from_bytes(shell).to_owned()), record, form));
        }
        if name == "-" {
            return match self.separate {
                true => Err(Fault::usage("-o - and -ff/--output-separately are mutually exclusive")),
                false => Ok((To::Stdout, record, form)),
            };
        }
        if own && !self.replay && Path::new(name).extension().is_some_and(|e| e == "trace") {
            if record.is_some() || self.separate || self.append || form != OutputForm::TEXT || self.table {
                let others = "--record, -ff, -A, --json, -c and -C";
                return Err(Fault::usage(format!("a recording (-o FILE.trace) and ({others}) are mutually exclusive"))
                    .hint("to record besides other output, use --record FILE"));
            }
            return Ok((To::Stderr, Some(name.into()), OutputForm::None));
        }
        if self.separate && self.append {
            return Err(Fault::usage("-A/--output-append-mode is not supported with -ff/--output-separately"));
        }
        let to = if self.separate { To::Each(name.into()) } else { To::File(name.into(), self.append) };
        Ok((to, record, form))
    }

    /// The messages that are suppressed.
    fn quiet(&self, command: bool) -> Result<u8, Fault> {
        let implied = u8::from(self.output.is_some() && command && self.quiet.is_none());
        match (self.quiet_short.max(implied), self.quiet) {
            (0, quiet) => Ok(quiet.unwrap_or(0)),
            (_, Some(_)) => Err(both("-q", "-e quiet/--quiet")),
            (1, None) => Ok(QUIET_ATTACH),
            (2, None) => Ok(QUIET_ATTACH | QUIET_EXIT),
            (_, None) => Ok(u8::MAX),
        }
    }
}
