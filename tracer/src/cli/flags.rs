//! Every option of a trace, a row each (`table`): its parser, its help, the man page, the completions and the table of compatibility
//! with strace come from them. A row says what the option does to `Opts`; an option of strace that is not built has a row as well,
//! which says why.

use super::asked::Instead;
use super::fault::{Fault, nearest, show};
use super::getopt::Given;
use super::opts::Opts;
use super::sets::{self, Calls};
use super::table::{self, Completes, Flag, OptionRow, Takes};
use super::whom;
use super::words::{self, bad, text};
use crate::schema::types::class;
use crate::spec::{Column, Interrupt, OutputForm, Pids, StatusSet};

/// Notes an option in the options read so far.
pub type Set = fn(&mut Opts, &Given<'_>) -> Result<(), Fault>;

/// The parts of help, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// What is traced, and how it is started.
    Startup,
    /// How tracing goes.
    Tracing,
    /// Which events are shown.
    Filtering,
    /// How they look.
    Output,
    /// The table.
    Statistics,
    /// Changing what calls do.
    Tampering,
    /// The rest.
    Miscellaneous,
}

impl Group {
    /// The title in help.
    const fn title(self) -> &'static str {
        match self {
            Startup => "Startup",
            Tracing => "Tracing",
            Filtering => "Filtering",
            Output => "Output format",
            Statistics => "Statistics",
            Tampering => "Tampering",
            Miscellaneous => "Miscellaneous",
        }
    }
}

impl OptionRow<Set> {
    const fn own(mut self) -> Self {
        self.flag.own = true;
        self
    }
    const fn live(mut self) -> Self {
        self.flag.replay = false;
        self
    }
    const fn recorded(mut self) -> Self {
        self.flag.live = false;
        self
    }
    const fn qual(mut self, quals: &'static [&'static str]) -> Self {
        self.flag.quals = quals;
        self
    }
}

const fn flag(
    short: &'static str,
    long: &'static [&'static str],
    takes: Takes,
    group: Group,
    help: &'static str,
    set: Set,
) -> OptionRow<Set> {
    let mut flag = Flag::new(if short.is_empty() { None } else { Some(short) }, long, takes, help);
    flag.group = group.title();
    OptionRow { flag, set }
}

/// Sets nothing.
fn nothing(_: &mut Opts, _: &Given<'_>) -> Result<(), Fault> {
    Ok(())
}

/// Stores a value, or refuses one that was not understood.
fn put<T>(slot: &mut T, value: Option<T>, given: &Given<'_>) -> Result<(), Fault> {
    *slot = value.ok_or_else(|| bad(given))?;
    Ok(())
}

/// Sets a switch that has one word.
fn only(slot: &mut bool, qual: &str, word: &str, given: &Given<'_>) -> Result<(), Fault> {
    *slot = text(given) == word;
    let said = || format!("invalid -e {qual}= argument: '{}'", show(given.value.unwrap_or_default()));
    if *slot { Ok(()) } else { Err(Fault::plain(said())) }
}

/// What is written has one form.
fn form(o: &mut Opts, form: OutputForm) -> Result<(), Fault> {
    if o.form != OutputForm::TEXT && o.form != form {
        return Err(Fault::usage("--json and --perfetto are mutually exclusive"));
    }
    o.form = form;
    Ok(())
}

/// Sets a switch.
fn on(slot: &mut bool) -> Result<(), Fault> {
    *slot = true;
    Ok(())
}

/// Counts a repeated letter.
fn count(slot: &mut u8) -> Result<(), Fault> {
    *slot = slot.saturating_add(1);
    Ok(())
}

fn calls(slot: &mut Option<Calls>, given: &Given<'_>) -> Result<(), Fault> {
    *slot = Some(Calls::parse(given.value.unwrap_or_default())?);
    Ok(())
}

const STATUSES: &[&str] = &["successful", "failed", "unfinished", "unavailable", "detached"];
const NOTICES: &[&str] = &["attach", "exit", "path-resolution", "personality", "thread-execve", "exits", "superseded"];
const FD_DETAILS: &[&str] = &["path", "socket", "dev", "pidfd", "eventfd", "signalfd"];
const PID_DETAILS: &[&str] = &["comm", "pidns"];

use Group::*;
use Takes::*;

/// The options, in the order in which help lists them.
#[rustfmt::skip]
pub static FLAGS: &[OptionRow<Set>] = &[
    flag("-E", &["--env"], Value("VAR[=VAL]"), Startup, "Set VAR to VAL in the command's environment; without VAL, remove it. May be repeated.",
        |o, g| { o.env.extend(g.value.map(Into::into)); Ok(()) }).live(),
    flag("-p", &["--attach"], Value("PID"), Startup, "Attach to a running process, with all its threads; a list works too: -p \"$(pidof nginx)\". May be repeated.",
        |o, g| words::pids(g.value.unwrap_or_default(), &mut o.pids)).live().completes(Completes::Pids),
    flag("", &["--pid"], Value("PID"), Startup, "Same as --attach.",
        |o, g| words::pids(g.value.unwrap_or_default(), &mut o.pids)).own().live().completes(Completes::Pids),
    flag("-u", &["--user"], Value("USER"), Startup, "Run the command as USER (login name or UID:GID); setuid and setgid bits take effect.",
        |o, g| { o.user = g.value.map(Into::into); Ok(()) }).live().completes(Completes::Users),
    flag("", &["--argv0"], Value("NAME"), Startup, "Set argv[0] of the command to NAME.",
        |o, g| { o.argv0 = g.value.map(Into::into); Ok(()) }).live(),
    flag("", &["--all"], Nothing, Startup, "Trace every process of the system (eBPF only).",
        |o, _| on(&mut o.all)).own().live(),
    flag("", &["--cgroup"], Value("PATH"), Startup, "Trace every process in this cgroup v2 directory and below it (eBPF only).",
        |o, g| { o.cgroup = g.value.map(Into::into); Ok(()) }).own().live().files(),
    flag("", &["--comm"], Value("NAME"), Startup, "Trace every process named NAME, as in /proc/PID/comm (eBPF only).",
        |o, g| put(&mut o.comm, g.value.map(|v| Some(v.as_encoded_bytes().to_vec())).filter(|v| v.as_ref().is_some_and(|n| (1..16).contains(&n.len()))), g)).own().live(),
    flag("", &["--uid"], Value("USER"), Startup, "Trace every process of USER (login name or number; eBPF only).",
        |o, g| put(&mut o.uid, g.value.and_then(words::uid).map(Some), g)).own().live().completes(Completes::Users),

    flag("-b", &["--detach-on"], Value("execve"), Tracing, "Detach from a process when it runs another program.",
        |o, g| if text(g) == "execve" { on(&mut o.leave_on_exec) } else { Err(Fault::plain(format!("Syscall '{}' for -b isn't supported", show(g.value.unwrap_or_default())))) }).live().words(&["execve"]),
    flag("-D", &["--daemonize", "--daemonised", "--daemonized"], Maybe("MODE"), Tracing, "Run the tracer as a detached grandchild; -DD, -DDD: in its own process group, session.",
        |o, g| if g.short { count(&mut o.daemonize_short) } else { put(&mut o.daemonize, whom::daemonize(g.value).map(Some), g) }).live().words(&["grandchild", "pgroup", "session"]),
    flag("-f", &["--follow-forks"], Nothing, Tracing, "Follow child processes and new threads; -ff with -o FILE: write FILE.PID for each process.",
        |o, g| if g.short { count(&mut o.follow_short) } else { on(&mut o.follow_long) }),
    flag("-F", &[], Nothing, Tracing, "Deprecated name of -f.",
        |o, _| on(&mut o.follow_old)),
    flag("", &["--output-separately"], Nothing, Tracing, "Write FILE.PID for each process (with -o FILE).",
        |o, _| on(&mut o.separate)),
    flag("-I", &["--interruptible"], Value("WHEN"), Tracing, "Let signals end tracing: 1 or anywhere: at once, and the command goes on; 2 or waiting (the default): with the command; 3 or never (the default with -o FILE COMMAND); 4 or never_tstp (the default with -D): never, and ^Z is ignored too.",
        |o, g| put(&mut o.interrupt, interrupt(&text(g)).map(Some), g)).live().words(&["anywhere", "waiting", "never", "never_tstp"]),
    flag("", &["--kill-on-exit"], Nothing, Tracing, "Kill the traced processes when the tracer ends, however it ends (ptrace only).",
        |o, _| on(&mut o.kill_on_exit)).live(),
    flag("", &["--seccomp-bpf"], Nothing, Tracing, "Stop tasks only at the calls of -e trace (ptrace; eBPF never stops them). The tasks then die with tracer.",
        |o, _| on(&mut o.seccomp)).live(),
    flag("", &["--syscall-limit"], Value("NUMBER"), Tracing, "End tracing after NUMBER calls, and let the processes go on.",
        |o, g| put(&mut o.limit, words::number(&text(g)).filter(|&n| n > 0).map(|n| Some(n.into())), g)),
    flag("", &["--backend"], Value("SOURCE"), Tracing, "Source of events: auto (the default), ebpf or ptrace.",
        |o, g| put(&mut o.backend, table::meaning(&table::BACKENDS, table::SOURCES, g.value.unwrap_or_default()), g)).own().live().words(&table::BACKENDS),
    flag("", &["--ring-size"], Value("BYTES"), Tracing, "Size of the eBPF ring buffer: 4096 to 1G, with K, M or G; rounded up to a power of two.",
        |o, g| put(&mut o.ring_size, words::ring_size(&text(g)).map(Some), g)).own().live(),
    flag("", &["--btf"], Value("FILE"), Tracing, "Read the kernel's types from FILE instead of /sys/kernel/btf/vmlinux.",
        |o, g| { o.btf = g.value.map(Into::into); Ok(()) }).own().live().files(),
    flag("", &["--strict"], Nothing, Tracing, "Exit with code 4 when anything was lost.",
        |o, _| on(&mut o.strict)).own(),

    flag("-e", &[], Value("EXPR"), Filtering, "Any option listed below as -e OPTION=SET; a SET alone means trace=SET. SET is [!]all, [!]none or [!]VALUE[,VALUE]...; ! means all but these.",
        expression).completes(Completes::From(expressions)),
    flag("", &["--trace"], Value("SET"), Filtering, "Show only these calls: names, numbers, %CLASS or /REGEX; NAME@64 and NAME@32 are of 64-bit and 32-bit programs only, ?NAME may be unknown. Classes: %clock %creds %desc %file %fstat %fstatfs %ipc %lstat %memory %network (%net) %process %pure %signal %stat %%stat %statfs %%statfs; %io_uring: operations of io_uring (eBPF).",
        |o, g| calls(&mut o.trace, g)).qual(&["trace", "t"]).completes(Completes::From(call_words)),
    flag("", &["--trace-fds", "--trace-fd"], Value("SET"), Filtering, "Show only calls that use these descriptors.",
        |o, g| { o.trace_fds = Some(sets::descriptors(g.value.unwrap_or_default())?); Ok(()) }).qual(&["trace-fds", "trace-fd", "fd", "fds"]),
    flag("", &["--signal", "--signals"], Value("SET"), Filtering, "Show only these signals: names or numbers.",
        |o, g| { o.signals = Some(sets::signals(g.value.unwrap_or_default())?); Ok(()) }).qual(&["signal", "signals", "s"]),
    flag("", &["--status"], Value("SET"), Filtering, "Show only calls with this outcome: successful, failed, unfinished, unavailable, detached.",
        |o, g| { o.status = Some(status(words_of(g, "status", STATUSES)?)); Ok(()) }).qual(&["status"]).words(STATUSES),
    flag("-P", &["--trace-path"], Value("PATH"), Filtering, "Show only calls that access PATH, by name or by descriptor. May be repeated.",
        |o, g| { o.paths.extend(g.value.map(|v| v.as_encoded_bytes().to_vec())); Ok(()) }).files(),
    flag("-z", &["--successful-only"], Nothing, Filtering, "Show only calls that succeeded.",
        |o, _| { o.status = Some(status(1)); count(&mut o.z_count) }),
    flag("-Z", &["--failed-only", "--failing-only"], Nothing, Filtering, "Show only calls that failed.",
        |o, _| { o.status = Some(status(2)); count(&mut o.z_count) }),

    flag("-a", &["--columns"], Value("COLUMN"), Output, "Align results at this column (default 40).",
        |o, g| put(&mut o.column, words::number(&text(g)).map(|n| n as usize), g)),
    flag("", &["--abbrev"], Value("SET"), Output, "Abbreviate structures in these calls only (default all).",
        |o, g| calls(&mut o.abbrev, g)).qual(&["abbrev", "a"]).completes(Completes::From(call_words)),
    flag("", &["--verbose"], Value("SET"), Output, "Dereference structures in these calls only (default all).",
        |o, g| calls(&mut o.verbose, g)).qual(&["verbose", "v"]).completes(Completes::From(call_words)),
    flag("", &["--raw"], Value("SET"), Output, "Show arguments of these calls undecoded, in hexadecimal.",
        |o, g| calls(&mut o.raw, g)).qual(&["raw", "x"]).completes(Completes::From(call_words)),
    flag("", &["--read"], Value("SET"), Output, "Dump all data read from these descriptors.",
        |o, g| { o.reads = sets::descriptors(g.value.unwrap_or_default())?; Ok(()) }).qual(&["read", "reads", "r"]),
    flag("", &["--write"], Value("SET"), Output, "Dump all data written to these descriptors.",
        |o, g| { o.writes = sets::descriptors(g.value.unwrap_or_default())?; Ok(()) }).qual(&["write", "writes", "w"]),
    flag("", &["--kvm"], Value("vcpu"), Output, "Show why a virtual CPU stopped (ptrace only): vcpu.",
        |o, g| match text(g).as_ref() {
            "vcpu+" => Err(Fault::plain(format!("{}=vcpu+ is not supported: of struct kvm_run only the reason is shown, by vcpu", g.spelled))),
            _ => only(&mut o.beside.exits, "kvm", "vcpu", g),
        }).qual(&["kvm"]).words(&["vcpu"]),
    flag("", &["--namespace"], Value("new"), Output, "Show which namespaces clone, clone3, setns and unshare led to: new.",
        |o, g| only(&mut o.beside.namespaces, "namespace", "new", g)).qual(&["namespace"]).words(&["new"]),
    flag("-i", &["--instruction-pointer"], Nothing, Output, "Show the instruction pointer at each call.",
        |o, _| on(&mut o.ip)),
    flag("-k", &["--stack-traces", "--stack-trace"], Maybe("MODE"), Output, "Show the stack after each call and signal; MODE is symbol (the default) or source: with file and line. -kk is the latter.",
        |o, g| { let mode = words::stack(g, o.stack).map(Some); put(&mut o.stack, mode, g) }).words(&["symbol", "source"]),
    flag("", &["--stack-trace-frame-limit"], Value("NUMBER"), Output, "Show at most NUMBER frames of a stack (default 256).",
        |o, g| put(&mut o.frames, words::number(&text(g)).filter(|&n| n > 0).map(Some), g)),
    flag("-n", &["--syscall-number"], Nothing, Output, "Show the number of each call.",
        |o, _| on(&mut o.number)),
    flag("-N", &["--arg-names"], Nothing, Output, "Show argument names.",
        |o, _| on(&mut o.arg_names)),
    flag("-o", &["--output"], Value("FILE"), Output, "Write to FILE; -: to stdout; '|COMMAND' or '!COMMAND': to the input of COMMAND. A FILE.trace gets a recording, unless called as strace.",
        |o, g| { o.output = g.value.map(Into::into); Ok(()) }).files(),
    flag("-A", &["--output-append-mode"], Nothing, Output, "Append to the file of -o instead of replacing it.",
        |o, _| on(&mut o.append)),
    flag("-q", &[], Nothing, Output, "Suppress messages about attaching; -qq: also about exits; -qqq: all messages.",
        |o, _| count(&mut o.quiet_short)),
    flag("", &["--quiet", "--silent", "--silence"], Maybe("SET"), Output, "Suppress these messages: attach, exit, path-resolution, personality, thread-execve (default attach,personality).",
        |o, g| { o.quiet = Some(match g.value { Some(_) => quiet(words_of(g, "quiet", NOTICES)?), None => super::opts::QUIET_ATTACH }); Ok(()) }).qual(&["quiet", "silent", "silence", "q"]).words(&["attach", "exit", "path-resolution", "personality", "thread-execve", "all"]),
    flag("-r", &["--relative-timestamps"], Maybe("UNIT"), Output, "Show the time since the previous line; UNIT is s, ms, us (the default) or ns.",
        |o, g| put(&mut o.relative, unit(g).map(Some), g)).words(&["s", "ms", "us", "ns"]),
    flag("-s", &["--string-limit"], Value("SIZE"), Output, "Show at most SIZE bytes of each string (default 32); file names are always whole.",
        |o, g| put(&mut o.strlen, words::number(&text(g)).filter(|&n| n <= u32::MAX / 4), g)),
    flag("-t", &[], Nothing, Output, "Show the time of day; -tt: with microseconds; -ttt: seconds since the epoch, with microseconds.",
        |o, _| count(&mut o.t_short)),
    flag("", &["--absolute-timestamps", "--timestamps"], Maybe("FORMAT"), Output, "Show timestamps in this format: none, time or unix, with s, ms, us or ns, as in unix,us (default time,s).",
        |o, g| { o.t_long = true; words::stamp(&text(g), &mut o.stamp).ok_or_else(|| bad(g)) }).words(&["none", "time", "unix", "time,us", "unix,us"]),
    flag("-T", &["--syscall-times"], Maybe("UNIT"), Output, "Show the time spent in each call; UNIT is s, ms, us (the default) or ns.",
        |o, g| put(&mut o.duration, unit(g).map(Some), g)).words(&["s", "ms", "us", "ns"]),
    flag("-v", &["--no-abbrev"], Nothing, Output, "Do not abbreviate structures, environments and lists.",
        |o, _| { o.abbrev = Some(Calls::parse("none".as_ref())?); Ok(()) }),
    flag("-x", &[], Nothing, Output, "Show strings with non-ASCII characters in hexadecimal; -xx: all strings.",
        |o, _| count(&mut o.x_short)),
    flag("", &["--strings-in-hex"], Maybe("WHICH"), Output, "Show strings in hexadecimal: none, non-ascii-chars (only these characters), non-ascii, all (the default).",
        |o, g| put(&mut o.hex, if g.value.is_none() { Some(Some(crate::spec::Hex::All)) } else { words::hex(&text(g)).map(Some) }, g)).words(&["none", "non-ascii-chars", "non-ascii", "all"]),
    flag("-X", &["--const-print-style"], Value("FORMAT"), Output, "Show named constants as numbers (raw), names (abbrev, the default) or both (verbose).",
        |o, g| put(&mut o.names, words::names(&text(g)), g)).words(&["raw", "abbrev", "verbose"]),
    flag("-y", &[], Nothing, Output, "Show paths of descriptors; -yy: also socket addresses, device numbers and processes of pidfds.",
        |o, _| count(&mut o.y_short)),
    flag("", &["--decode-fds"], Maybe("SET"), Output, "Show these details of descriptors: path (the default), socket, dev, pidfd; eventfd, signalfd (ptrace only, as the other end of /dev/ptmx).",
        |o, g| { o.fds = Some(if g.value.is_none() { 1 } else { words_of(g, "decode-fds", FD_DETAILS)? }); Ok(()) }).qual(&["decode-fds", "decode-fd"]).words(&["path", "socket", "dev", "pidfd", "eventfd", "signalfd", "all"]),
    flag("-Y", &[], Nothing, Output, "Show command names beside pids.",
        |o, _| on(&mut o.pid_details.comm)),
    flag("", &["--decode-pids"], Value("SET"), Output, "Show these details of pids: comm (the command's name), pidns (the pid in tracer's PID namespace, where it is another).",
        |o, g| { let mask = words_of(g, "decode-pids", PID_DETAILS)?; o.pid_details = Pids { comm: mask & 1 != 0, here: mask & 2 != 0 }; Ok(()) }).qual(&["decode-pids", "decode-pid"]).words(PID_DETAILS),
    flag("", &["--pidns-translation"], Nothing, Output, "Same as --decode-pids=pidns.",
        |o, _| on(&mut o.pid_details.here)),
    flag("", &["--secontext"], Maybe("MODE"), Output, "Show SELinux contexts.",
        nothing).qual(&["secontext"]).refused("SELinux contexts are not read yet"),
    flag("", &["--always-show-pid"], Nothing, Output, "Begin every line with the pid.",
        |o, _| on(&mut o.always_pid)),
    flag("", &["--color"], Value("WHEN"), Output, "Colour the output: auto (on a terminal, without NO_COLOR; the default), always or never.",
        |o, g| put(&mut o.color, table::meaning(&table::WHEN, table::COLORS, g.value.unwrap_or_default()), g)).own().words(&table::WHEN),
    flag("", &["--json"], Nothing, Output, "Write JSON Lines: one object per event (with -c or -C, per row of the summary); the last one counts what was lost.",
        |o, _| form(o, OutputForm::JSON)).own(),
    flag("", &["--perfetto"], Nothing, Output, "Write Perfetto trace events: one JSON document, for ui.perfetto.dev.",
        |o, _| form(o, OutputForm::Lines("perfetto"))).own(),
    flag("", &["--record"], Value("FILE"), Output, "Also record to FILE; 'tracer replay FILE' shows it.",
        |o, g| { o.record = g.value.map(Into::into); Ok(()) }).own().live().files(),

    flag("", &["--html"], Value("FILE"), Output, "Write a page of the whole recording to FILE (-: stdout): processes, files, connections, programs.",
        |o, g| { o.instead = g.value.map(|page| Instead::Page(page.into())); Ok(()) }).own().recorded().files(),
    flag("", &["--verify"], Maybe("SHA256"), Output, "Show nothing; check the whole recording, and its sum, which was said when it was made.",
        |o, g| { o.instead = Some(Instead::Verified(sum(g)?)); Ok(()) }).own().recorded(),

    flag("-c", &["--summary-only"], Nothing, Statistics, "Show only a summary: calls, errors and time of each system call.",
        |o, _| if o.table { Err(c_and_c()) } else { on(&mut o.only_table) }),
    flag("-C", &["--summary"], Nothing, Statistics, "Show the summary after the usual output.",
        |o, _| if o.only_table { Err(c_and_c()) } else { on(&mut o.table) }),
    flag("-O", &["--summary-syscall-overhead"], Value("OVERHEAD"), Statistics, "Subtract OVERHEAD from the time of each call.",
        nothing).refused("times are shown as measured; subtracting an estimate is not built"),
    flag("-S", &["--summary-sort-by"], Value("KEY"), Statistics, "Sort the summary by time (the default), min-time, max-time, avg-time, p50-time, p90-time, p99-time, calls, errors, name or nothing.",
        |o, g| { o.sort_given = true; o.sort = words::sort_key(&text(g))?; Ok(()) }).words(&["time", "min-time", "max-time", "avg-time", "p50-time", "p90-time", "p99-time", "calls", "errors", "name", "nothing"]),
    flag("-U", &["--summary-columns"], Value("COLUMNS"), Statistics, "Show these columns: time-percent, total-time, min-time, max-time, avg-time, p50-time, p90-time, p99-time, calls, errors, name. pNN-time is a percentile, from a histogram in powers of two: right within a factor of two.",
        |o, g| { o.columns = Some(words::columns(&text(g), g.spelled)?); Ok(()) }).words(&["time-percent", "total-time", "min-time", "max-time", "avg-time", "p50-time", "p90-time", "p99-time", "calls", "errors", "name"]),
    flag("-w", &["--summary-wall-clock"], Nothing, Statistics, "Summarise wall-clock time from start to end of each call, not its CPU time. -C, -P, -z, -Z, --status, --histogram, --json and percentiles always do.",
        |o, _| on(&mut o.wall)),
    flag("", &["--summary-by"], Value("WHAT"), Statistics, "Also summarise each WHAT on its own (with -c or -C). WHAT is process.",
        |o, g| put(&mut o.by_process, (text(g) == "process").then_some(true), g)).own().words(&["process"]),
    flag("", &["--histogram"], Nothing, Statistics, "Draw a histogram of durations for each call, below the summary (with -c or -C).",
        |o, _| on(&mut o.histogram)).own(),

    flag("", &["--inject"], Value("SET:ACTION"), Tampering, "Change what these calls do (ptrace only). ACTION is one or more, with colons between: error=ERRNO or retval=VALUE (the call is not carried out), signal=SIGNAL, delay_enter=TIME, delay_exit=TIME, poke_enter=@argN=HEX, poke_exit=@argN=HEX (written to where the argument points; more behind commas). syscall=NAME: carry this %pure call out instead. when=FIRST[..LAST][+[STEP]]: only these calls of each task, counted by call. TIME is in us, or has a unit: s, ms, us, ns. The last rule for a call holds.",
        |o, g| o.injects.add(g, false)).qual(&["inject"]).live(),
    flag("", &["--fault"], Value("SET[:error=ERRNO]"), Tampering, "Make these calls fail, with ENOSYS where no error is named (ptrace only); when= and syscall= as for --inject.",
        |o, g| o.injects.add(g, true)).qual(&["fault"]).live().completes(Completes::From(call_words)),

    flag("-d", &["--debug"], Nothing, Miscellaneous, "Print debugging output of strace itself.",
        nothing).ignored("there is no such output; 'tracer doctor' says what works here"),
    flag("-h", &["--help"], Nothing, Miscellaneous, "Print this help.",
        |o, _| on(&mut o.help)),
    flag("", &["--tips"], Maybe("TIP"), Miscellaneous, "Print a tip at the end.",
        nothing).ignored("there are no tips"),
    flag("-V", &["--version"], Nothing, Miscellaneous, "Print the version.",
        |o, _| on(&mut o.version)),
];

/// What a shell offers for a set of calls: `all`, `none`, the classes, and the operations of io_uring.
fn call_words() -> Vec<String> {
    let words = ["all", "none", sets::OPERATIONS].into_iter().map(str::to_owned);
    words.chain(class::NAMES.iter().map(|(n, _)| format!("%{n}"))).collect()
}

/// For `-e`: `trace=`, `signal=` and so on, and classes after `trace=`; of a trace as of a replay.
fn expressions() -> Vec<String> {
    let flags = FLAGS.iter().map(|row| &row.flag).filter(|flag| !flag.refused() && flag.live && flag.replay);
    let quals = flags.filter_map(|flag| flag.quals.first()).map(|qual| format!("{qual}="));
    quals.chain(call_words().into_iter().map(|word| format!("trace={word}"))).collect()
}

/// `-e EXPR`: a qualifier, or a set of calls.
fn expression(o: &mut Opts, g: &Given<'_>) -> Result<(), Fault> {
    let whole = g.value.unwrap_or_default();
    if let Some((name, value)) = split_at_equals(whole)
        && let Some((row, qual)) = FLAGS.iter().find_map(|r| r.flag.quals.iter().find(|q| **q == name).map(|q| (r, *q)))
    {
        let spelled = format!("-e {qual}");
        return o.take(row, &Given { value: Some(value), spelled: &spelled, short: false });
    }
    calls(&mut o.trace, g).map_err(|fault| match split_at_equals(whole) {
        // Not a set with a strange name in it, but a qualifier that was mistyped.
        Some((name, _)) => {
            let meant = nearest(name, FLAGS.iter().flat_map(|r| r.flag.quals.iter().copied().filter(|q| q.len() > 1)));
            fault.or_did_you_mean(meant.map(|q| format!("{q}=")))
        }
        None => fault,
    })
}

fn split_at_equals(whole: &std::ffi::OsStr) -> Option<(&str, &std::ffi::OsStr)> {
    use std::os::unix::ffi::OsStrExt;
    let at = whole.as_bytes().iter().position(|&b| b == b'=')?;
    let name = str::from_utf8(&whole.as_bytes()[..at]).ok()?;
    Some((name, std::ffi::OsStr::from_bytes(&whole.as_bytes()[at + 1..])))
}

fn words_of(g: &Given<'_>, what: &str, words: &[&str]) -> Result<u64, Fault> {
    sets::mask(g.value.unwrap_or_default(), what, words, |word| sets::place(words, word))
}

fn status(mask: u64) -> StatusSet {
    let [successful, failed, unfinished, unavailable, detached] = std::array::from_fn(|i| mask >> i & 1 == 1);
    StatusSet { successful, failed, unfinished, unavailable, detached }
}

/// The last two words are other names of the second and the fifth.
fn quiet(mask: u64) -> u8 {
    (mask & 31 | (mask >> 5 & 1) << 1 | (mask >> 6 & 1) << 4) as u8
}

fn unit(g: &Given<'_>) -> Option<u8> {
    if g.value.is_none() { Some(6) } else { words::digits(&text(g)) }
}

fn interrupt(word: &str) -> Option<Interrupt> {
    let named = sets::place(&["anywhere", "waiting", "never", "never_tstp", "always"], word).map(|at| at % 4 + 1);
    Some(match named.or(words::number(word))? {
        1 => Interrupt::Anywhere,
        2 => Interrupt::Waiting,
        3 => Interrupt::Never,
        4 => Interrupt::NeverTstp,
        _ => return None,
    })
}

/// The sum that is expected, if one is.
fn sum(given: &Given<'_>) -> Result<Option<String>, Fault> {
    let Some(text) = given.value else { return Ok(None) };
    let sum = text.to_str().filter(|sum| sum.len() == 64 && sum.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let sum =
        sum.ok_or_else(|| Fault::usage(format!("--verify: '{}' is no SHA-256: 64 hexadecimal digits", show(text))))?;
    Ok(Some(sum.to_ascii_lowercase()))
}

fn c_and_c() -> Fault {
    Fault::usage("-c/--summary-only and -C/--summary are mutually exclusive")
}

/// Columns of the summary without `-U`.
pub const COLUMNS: &[Column] =
    &[Column::TimePercent, Column::TimeTotal, Column::TimeAvg, Column::Calls, Column::Errors, Column::Name];
