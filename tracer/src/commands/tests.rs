//! Command lines and what they come to, as text: `tests/cases.txt` has a line each, and behind it either
//! what of the spec differs from that of a plain command, or (`###`) the message. The same words are then
//! held against the installed strace.

mod texts;

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::own::Doctor;
use super::table::COMMANDS;
use super::{Action, Job, parse};
use crate::cli::asked::Replay;
use crate::cli::fault::UsageError;
use crate::cli::flags::FLAGS;
use crate::cli::table::{Flag, Standing, Takes};
use crate::exit;
use crate::schema;
use crate::spec::tampering::{Tampering, When};
use crate::spec::{CallFilter, Spec, Verbose};
use crate::tools::audit::options::{Rule, check::Check};
use crate::tools::audit::request::Audit;
use crate::tools::inspect::request::Inspect;
use crate::tools::lsof::request::Lsof;
use crate::tools::ss::request::Request;
use crate::tools::top::request::Top;
use crate::tools::why::request::Why;

/// Splits as a shell does: blanks, single quotes; `\xff` is a byte.
fn words(line: &str) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut rest = line.as_bytes();
    while let Some((&b, more)) = rest.split_first() {
        rest = more;
        match b {
            b'\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            b' ' if !quoted => words.extend(word.take().map(OsString::from_vec)),
            b'\\' if rest.starts_with(b"x") => {
                let hex = str::from_utf8(&rest[1..3]).expect("two digits in the test's own text");
                word.get_or_insert_default().push(u8::from_str_radix(hex, 16).expect("hex in the test's own text"));
                rest = &rest[3..];
            }
            b => word.get_or_insert_default().push(b),
        }
    }
    words.extend(word.map(OsString::from_vec));
    words
}

fn run(line: &str) -> Result<Action, UsageError> {
    parse(words(line))
}

fn spec(line: &str) -> Spec {
    match run(line) {
        Ok(Action::Run(job)) => traced(&*job).unwrap_or_else(|| panic!("{line}: {job:?}")).clone(),
        other => panic!("{line}: {other:?}"),
    }
}

/// The request, where it is of this type.
fn request<R: 'static>(job: &dyn Job) -> Option<&R> {
    job.request().downcast_ref()
}

/// What shall be traced.
fn traced(job: &dyn Job) -> Option<&Spec> {
    request::<Box<Spec>>(job).map(|spec| &**spec)
}

/// A few calls of each kind stand for all, so that new rows change nothing here.
const PROBES: [&str; 6] = ["read", "write", "getppid", "openat", "fcntl", "nanosleep"];

fn number(name: &str) -> Option<usize> {
    schema::by_name(name).map(|r| usize::from(r.nr[schema::Abi::NATIVE as usize]))
}

fn probed(set: &[bool]) -> String {
    let in_set = PROBES.into_iter().filter(|p| number(p).and_then(|n| set.get(n)).copied().unwrap_or(false));
    in_set.collect::<Vec<_>>().join("+")
}

/// What is done to the probed calls.
fn tampering(all: &Tampering) -> String {
    let rule = |name: &'static str| {
        let (_, rule) = number(name).and_then(|nr| all.rule(nr as u32, false))?;
        let mut out = format!("{name}:");
        let mut say = |word: String| {
            let _ = write!(out, " {word}");
        };
        rule.outcome.into_iter().for_each(|outcome| say(format!("{outcome:?}")));
        rule.instead.into_iter().for_each(|numbers| say(format!("instead={numbers:?}")));
        rule.signal.into_iter().for_each(|signal| say(format!("signal={signal}")));
        rule.delay_enter.into_iter().for_each(|time| say(format!("enter={time:?}")));
        rule.delay_exit.into_iter().for_each(|time| say(format!("exit={time:?}")));
        rule.poke_enter.iter().for_each(|poke| say(format!("enter@{}={:?}", poke.arg, poke.bytes)));
        rule.poke_exit.iter().for_each(|poke| say(format!("exit@{}={:?}", poke.arg, poke.bytes)));
        let When { first, last, step } = rule.when;
        if rule.when != When::default() {
            say(format!("when={first}..{}+{step}", last.map_or_else(String::new, |last| last.to_string())));
        }
        all.paths.iter().for_each(|path| say(format!("on {}", path.escape_ascii())));
        Some(out)
    };
    format!("[{}]", PROBES.into_iter().filter_map(rule).collect::<Vec<_>>().join("; "))
}

fn calls(filter: &CallFilter) -> String {
    let operations = if filter.operations { "+%io_uring" } else { "" };
    if filter.all { "all".to_owned() } else { format!("[{}{operations}]", probed(&filter.places)) }
}

/// The parts of a spec by name.
fn parts(s: &Spec) -> Vec<(&'static str, String)> {
    let (w, t, v, o, y) = (&s.watch, &s.watch.target, &s.view, &s.view.output, &s.view.output.style);
    let verbose = match &y.verbose {
        Verbose::Some(set) => format!("[{}]", probed(set)),
        other => format!("{other:?}"),
    };
    let command = t.command.clone().unwrap_or_default();
    vec![
        ("argv", format!("{:?}", command.argv)),
        ("argv0", format!("{:?}", command.argv0)),
        ("env", format!("{:?}", command.env)),
        ("user", format!("{:?}", command.user.map(|u| (u.name, u.uid, u.gid)))),
        ("pids", format!("{:?}", t.pids)),
        ("all", format!("{:?}", t.all)),
        ("cgroup", format!("{:?}", t.cgroup)),
        ("comm", format!("{:?}", t.comm.as_deref().map(String::from_utf8_lossy))),
        ("uid", format!("{:?}", t.uid)),
        ("follow", format!("{:?}", w.follow)),
        ("calls", calls(&w.calls)),
        ("status", format!("{:?}", v.show.status).replace("StatusSet ", "")),
        ("signals", format!("{:#x}", v.show.signals)),
        ("paths", format!("{:?}", v.show.paths.iter().map(|p| String::from_utf8_lossy(p)).collect::<Vec<_>>())),
        ("quiet_exit", format!("{:?}", v.show.quiet_exit)),
        ("quiet_attach", format!("{:?}", v.show.quiet_attach)),
        ("quiet_superseded", format!("{:?}", v.show.quiet_superseded)),
        ("quiet_personality", format!("{:?}", v.show.quiet_personality)),
        ("quiet_paths", format!("{:?}", v.show.quiet_paths)),
        ("detail", format!("{:?}", w.detail).replace("Detail ", "")),
        ("backend", format!("{:?}", w.backend)),
        ("ring_size", format!("{:?}", w.ring_size)),
        ("form", format!("{:?}", o.form)),
        ("by_process", format!("{:?}", o.by_process())),
        ("histogram", format!("{:?}", o.summary.as_ref().is_some_and(|s| s.histogram))),
        ("json_counts", format!("{:?}", o.summary.as_ref().is_some_and(|s| s.json))),
        ("summary", format!("{:?}", o.summary.as_ref().map(|s| (&s.columns, s.sort, s.wall)))),
        ("to", format!("{:?}", o.to)),
        ("record", format!("{:?}", o.record)),
        ("color", format!("{:?}", o.color)),
        ("strlen", format!("{:?}", y.strlen)),
        ("column", format!("{:?}", y.column)),
        ("verbose", verbose),
        ("addresses", format!("[{}]", probed(&y.addresses))),
        ("raw", format!("[{}]", probed(&y.raw))),
        ("hex", format!("{:?}", y.hex)),
        ("names", format!("{:?}", y.names)),
        ("fds", format!("{:?}", y.fds).replace("Fds ", "")),
        ("comm_names", format!("{:?}", y.pids.comm)),
        ("pidns", format!("{:?}", y.pids.here)),
        ("beside", format!("{:?}", (w.beside == y.beside, w.beside))),
        ("names_seen", format!("{:?}", w.names)),
        ("leave_on_exec", format!("{:?}", w.leave_on_exec)),
        ("whole", format!("{:?}", w.whole).replace("Whole ", "")),
        ("trace_fds", format!("{:?}", v.show.fds).replace("Numbers ", "")),
        ("reads", format!("{:?}", v.show.reads).replace("Numbers ", "")),
        ("writes", format!("{:?}", v.show.writes).replace("Numbers ", "")),
        ("limit", format!("{:?}", v.show.limit)),
        ("stamp", format!("{:?}", y.stamp)),
        ("relative", format!("{:?}", y.relative)),
        ("duration", format!("{:?}", y.duration)),
        ("number", format!("{:?}", y.number)),
        ("arg_names", format!("{:?}", y.arg_names)),
        ("ip", format!("{:?}", y.ip)),
        ("always_pid", format!("{:?}", y.always_pid)),
        ("stack", format!("{:?}", y.stack)),
        ("stacks", format!("{:?}", w.stacks.map(|stacks| (stacks.lines, stacks.limit)))),
        ("strict", format!("{:?}", v.strict)),
        ("tampering", tampering(&w.tampering)),
        ("kill_on_exit", format!("{:?}", w.kill_on_exit)),
        ("daemonize", format!("{:?}", w.target.command.as_ref().and_then(|command| command.daemonize))),
        ("btf", format!("{:?}", w.btf)),
        ("interrupt", format!("{:?}", v.interrupt)),
        ("notices", format!("{:?}", v.notices)),
    ]
}

/// What a line comes to, in one line.
fn outcome(line: &str) -> String {
    let differences = |s: &Spec| {
        let plain = parts(&spec("strace true"));
        let mut out = String::new();
        for ((name, value), (_, usual)) in parts(s).into_iter().zip(plain) {
            match (value == usual, value.as_str()) {
                (true, _) => {}
                (_, "true") => {
                    let _ = write!(out, " {name}");
                }
                _ => {
                    let _ = write!(out, " {name}={value}");
                }
            }
        }
        out
    };
    match run(line) {
        Ok(Action::Run(job)) => job_outcome(&*job, differences),
        Ok(Action::Help(text)) => format!("=> help, {}", text.lines().next().unwrap_or_default()),
        Ok(Action::Version(text)) => format!("=> version, {}", text.lines().next().unwrap_or_default()),
        Ok(Action::Completions(text)) => format!("=> completions, {}", text.lines().next().unwrap_or_default()),
        Ok(Action::Man(text)) => format!("=> man, {}", text.lines().next().unwrap_or_default()),
        Err(e) => format!("### {} {}", e.code, e.to_string().replace('\n', " | ")),
    }
}

fn job_outcome(job: &dyn Job, differences: impl Fn(&Spec) -> String) -> String {
    if let Some(spec) = traced(job) {
        format!("=>{}", differences(spec))
    } else if let Some(Replay { file, instead, spec }) = request(job) {
        let instead = instead.as_ref().map_or_else(String::new, |instead| format!(" {instead:?}"));
        format!("=> replay {file:?}:{instead}{}", differences(spec))
    } else if let Some(list) = request::<Box<Lsof>>(job) {
        format!("=> lsof {:?}", list.select.names)
    } else if let Some(list) = request::<Box<Request>>(job) {
        format!("=> sockets, tables {:#x}", list.tables)
    } else if let Some(Doctor { json }) = request(job) {
        format!("=> doctor json={json}")
    } else if let Some(spec) = request::<Box<Inspect>>(job) {
        let watch = spec.watch.map_or_else(String::new, |time| format!(" watch={}ms", time.as_millis()));
        let json = if spec.json { " json" } else { "" };
        let full = if spec.full { " full" } else { "" };
        let env = if spec.environment { " env" } else { "" };
        format!("=> inspect {}{json}{full}{env}{watch} {:?} {:?}", spec.pid, spec.backend, spec.color)
    } else if let Some(spec) = request::<Box<Why>>(job) {
        let time = spec.time.map_or_else(String::new, |time| format!(" {time:?}"));
        format!("=> why {:?}{}{time} {:?}", spec.whom, if spec.json { " json" } else { "" }, spec.color)
    } else if let Some(spec) = request::<Box<Top>>(job) {
        let flags = format!("{}{}", if spec.once { " once" } else { "" }, if spec.json { " json" } else { "" });
        format!("=> top {:?}{flags} {}ms {:?} {:?}", spec.whom, spec.interval.as_millis(), spec.from, spec.color)
    } else if let Some(spec) = request::<Box<Audit>>(job) {
        let reports: Vec<_> =
            spec.reports.iter().map(|(form, path)| format!("{}={}", form.name(), path.display())).collect();
        let files = [&spec.policy, &spec.learn, &spec.baseline, &spec.record];
        let files: Vec<_> = files.into_iter().flatten().map(|path| path.display().to_string()).collect();
        let flags = [
            (spec.update, " update"),
            (spec.hash, " hash"),
            (spec.quiet, " quiet"),
            (spec.keep, " keep"),
            (spec.write, " write"),
        ];
        let mut flags: String = flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
        if spec.runs != 1 {
            let _ = write!(flags, " runs {}", spec.runs);
        }
        format!(
            "=> audit {:?} files {files:?} reports {reports:?} units {:?} {:?}{flags} plugins {} {} {:?}",
            spec.command.argv, spec.unit_variables, spec.unit_programs, spec.pytest, spec.node, spec.backend
        )
    } else if let Some(Rule(rule)) = request(job) {
        format!("=> explain {rule:?}")
    } else if let Some(Check { file }) = request(job) {
        format!("=> check policy {file:?}")
    } else {
        panic!("a request of a type that the tests do not know: {job:?}")
    }
}

/// Rewrites the expectations with `UPDATE_EXPECT=1`; read the difference before it is committed.
#[test]
fn command_lines_come_to_what_the_table_says() {
    let text = include_str!("tests/cases.txt");
    let mut now = String::new();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in text.lines() {
        if line.is_empty() || line.starts_with('#') {
            let _ = writeln!(now, "{line}");
            continue;
        }
        cases += 1;
        let (command, expected) = match (line.find("=>"), line.find("###")) {
            (Some(at), _) | (None, Some(at)) => (line[..at].trim_end(), line[at..].trim_end()),
            (None, None) => (line.trim_end(), ""),
        };
        let got = outcome(command)
            .replace(env!("CARGO_PKG_VERSION"), "VERSION")
            .replace(concat!("commit ", env!("TRACER_COMMIT")), "commit COMMIT");
        if got != expected {
            wrong.push(format!("{command}\n  expected {expected}\n  got      {got}"));
        }
        let _ = writeln!(now, "{command:<40} {got}");
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/commands/tests/cases.txt");
        std::fs::write(path, now).expect("the table can be rewritten");
        return;
    }
    assert!(cases > 200, "only {cases} cases were read");
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn skip(test: &str, why: &str) {
    // `cargo xtask test` reads it, and counts.
    println!("SKIP {test}: {why}");
}

/// The installed strace's stderr and exit code.
fn strace(args: &[OsString]) -> (String, Option<i32>) {
    let out = Command::new("timeout")
        .arg("20")
        .arg("strace")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("timeout(1) runs");
    (String::from_utf8_lossy(&out.stderr).into_owned(), out.status.code())
}

/// Every line of `tests/strace.txt` is given to both. What strace says in front of the trace, error or
/// notice, must be said here, and what strace accepts must be accepted.
#[test]
fn messages_are_those_of_the_installed_strace() {
    let name = "messages_are_those_of_the_installed_strace";
    let version = Command::new("strace").arg("-V").output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned());
    match version {
        Err(e) => return skip(name, &format!("strace does not run: {e}")),
        Ok(v) if !v.starts_with("strace -- version 6.1\n") => {
            return skip(
                name,
                &format!("the words are those of strace 6.1, this is {}", v.lines().next().unwrap_or("none")),
            );
        }
        Ok(_) => {}
    }
    if !nix::unistd::geteuid().is_root() {
        return skip(name, "-u needs root");
    }
    let mut wrong = Vec::new();
    for line in include_str!("tests/strace.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let args = words(line);
        let (stderr, code) = strace(&args);
        let theirs: Vec<&str> = stderr.lines().filter(|l| l.starts_with("strace: ") || l.starts_with("Try ")).collect();
        let (ours, our_code) = match parse([OsString::from("strace")].into_iter().chain(args)) {
            Ok(Action::Run(job)) => (
                traced(&*job).into_iter().flat_map(|spec| &spec.view.notices).map(|n| format!("strace: {n}")).collect(),
                Some(0),
            ),
            Ok(_) => (Vec::new(), Some(0)),
            Err(e) => {
                let lines = e.to_string();
                let lines = lines.lines().filter(|l| !l.starts_with("strace: did you mean")).map(str::to_owned);
                (lines.collect::<Vec<_>>(), Some(i32::from(e.code)))
            }
        };
        if ours != theirs || code != our_code {
            wrong.push(format!("strace {line}\n  strace {code:?} {theirs:?}\n  here   {our_code:?} {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_command_line_can_crash_it(args in prop::collection::vec(any_word(), 0..7)) {
        if let Err(e) = parse(args) {
            let text = e.to_string();
            prop_assert!(!text.is_empty() && text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
            prop_assert!([exit::STRACE_USAGE, exit::USAGE, exit::SS_USAGE].contains(&e.code));
        }
    }

    #[test]
    fn a_command_is_handed_on_byte_for_byte(argv in prop::collection::vec(prop::collection::vec(1u8.., 0..9), 1..5)) {
        let argv: Vec<OsString> = argv.into_iter().map(OsString::from_vec).collect();
        let line = ["tracer", "-f", "--"].into_iter().map(OsString::from).chain(argv.iter().cloned());
        match parse(line) {
            Ok(Action::Run(job)) => {
                let command = traced(&*job).and_then(|spec| spec.watch.target.command.clone());
                prop_assert_eq!(command.map(|c| c.argv), Some(argv));
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

/// Bytes, or words that get far into the grammar.
fn any_word() -> impl Strategy<Value = OsString> {
    let bytes = prop::collection::vec(any::<u8>(), 0..12).prop_map(OsString::from_vec);
    let options: Vec<&'static str> =
        COMMANDS.iter().flat_map(|command| (command.manual.options)()).flat_map(Flag::names).collect();
    let quals: Vec<&'static str> = FLAGS.iter().flat_map(|row| row.flag.quals.iter().copied()).collect();
    let first: Vec<&'static str> =
        ["tracer", "true", "--", "-", ""].into_iter().chain(COMMANDS.iter().map(|command| command.name)).collect();
    let first = prop::sample::select(first);
    prop_oneof![
        bytes.clone(),
        first.prop_map(OsString::from),
        prop::sample::select(options.clone()).prop_map(OsString::from),
        (prop::sample::select(options), bytes.clone()).prop_map(|(o, v)| join(&[o.as_bytes(), b"=", v.as_bytes()])),
        (prop::sample::select(quals), bytes).prop_map(|(q, v)| join(&[b"-e", q.as_bytes(), b"=", v.as_bytes()])),
        "-[a-zA-Z]{1,5}".prop_map(OsString::from),
        "(all|none|!|read|%file|%|/|\\?|,|@|64|32|[0-9]{1,10}|\\[|\\(|\\*|-){0,6}".prop_map(OsString::from),
    ]
}

fn join(parts: &[&[u8]]) -> OsString {
    OsString::from_vec(parts.concat())
}

#[test]
fn values_are_taken_as_bytes() {
    let s = spec(r"strace -P /\xff -E A=\xfe -o /tmp/\xfd true \xfc");
    assert_eq!(s.view.show.paths, [b"/\xff".to_vec()]);
    let command = s.watch.target.command.expect("a command");
    assert_eq!(command.env, [("A".into(), Some(OsStr::from_bytes(b"\xfe").to_owned()))]);
    assert_eq!(command.argv[1], OsStr::from_bytes(b"\xfc"));
}

#[test]
fn an_option_with_an_optional_value_never_eats_the_command() {
    for flag in FLAGS
        .iter()
        .map(|row| &row.flag)
        .filter(|f| matches!(f.takes, Takes::Maybe(_)) && f.live && f.standing == Standing::Supported)
    {
        for name in flag.names() {
            let s = spec(&format!("strace {name} true"));
            assert_eq!(s.watch.target.command.map(|c| c.argv), Some(vec!["true".into()]), "{name}");
        }
    }
}
