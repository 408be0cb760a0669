//! Real commands under strace and under both of our sources: the text must agree line by line once what differs between any two
//! runs is masked (`tracer_tests::normal`), but for what `differential/known.txt` names with a reason, and the exit must be the same.
//! Calls that are changed (`differential/inject.txt`) are compared alike, for the source that can change them.
//!
//! What two runs of strace disagree on (random bytes, pids of others, times within data) is no difference. A command may itself behave differently from run to run: what disagrees is run again, up to [`TRIES`] times, and must agree once.

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tracer_tests::compare::{Hunk, Volatile, compare, show, without_merged, without_moved};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::known::{self, Known};
use tracer_tests::normal::{self, Trace};
use tracer_tests::script::Script;
use tracer_tests::{machine, requests, root};

const BACKENDS: [&str; 2] = ["ptrace", "ebpf"];

/// `-e trace=` sets: each shows of [`EVERY`] what strace shows of it.
const CLASSES: &[&str] = &[
    "%file",
    "%process",
    "%network",
    "%net",
    "%signal",
    "%ipc",
    "%desc",
    "%memory",
    "%creds",
    "%clock",
    "%stat",
    "%lstat",
    "%fstat",
    "%%stat",
    "%statfs",
    "%fstatfs",
    "%%statfs",
    "%pure",
    "file",
    "network",
    "!%file,%desc",
    "/^get",
    "open,close,?nosuch",
    "none",
    "all",
];

/// Makes nearly every call.
const EVERY: &str = "$FIXTURES/every zero";

/// How often a command is tried.
const TRIES: u32 = 6;

/// The version of strace that is the judge: another prints some things differently. Who names another (`TRACER_PEERS`) wants to see them.
const JUDGE: &str = "7.2";

#[derive(Debug, Clone, Default)]
struct Command {
    name: String,
    needs: Vec<String>,
    options: String,
    setup: String,
    run: String,
    /// Only ptrace can do it.
    stops: bool,
}

fn main() -> ExitCode {
    let (commands, injected, known) = match read() {
        Ok(read) => read,
        Err(error) => {
            let what = format!("{error:#}");
            return harness::main("differential", vec![Trial::new("files", move || Outcome::Failed(what.clone()))]);
        }
    };
    let used = Arc::new(Mutex::new(vec![0usize; known.len()]));
    let compared = Arc::new(Mutex::new(BTreeMap::new()));
    let known = Arc::new(known);
    let classes = CLASSES.iter().map(|class| Command {
        name: format!("trace={class}"),
        options: format!("-e 'trace={class}'"),
        run: EVERY.to_owned(),
        ..Command::default()
    });
    let mut trials = Vec::new();
    for command in commands.into_iter().chain(classes).chain(injected) {
        for backend in BACKENDS.into_iter().filter(|backend| !command.stops || *backend == "ptrace") {
            let (command, known, used) = (command.clone(), Arc::clone(&known), Arc::clone(&used));
            let (name, compared) = (format!("{}::{backend}", command.name), Arc::clone(&compared));
            trials.push(Trial::new(name, move || lines(&command, backend, &known, &used, &compared)));
        }
    }
    for backend in BACKENDS {
        trials.push(Trial::new(format!("counts::{backend}"), move || counts(backend)));
    }
    let code = harness::main("differential", trials);
    for (backend, Share { lines, known }) in compared.lock().map(|shares| shares.clone()).unwrap_or_default() {
        let equal = 100.0 * (lines - known.min(lines)) as f64 / lines.max(1) as f64;
        println!("{backend}: {lines} lines compared, {equal:.2} % equal");
    }
    let used = used.lock().map(|used| used.clone()).unwrap_or_default();
    if used.iter().any(|times| *times > 0) {
        println!("known differences: {} in all", used.iter().sum::<usize>());
        for (rule, times) in known.iter().zip(&used).filter(|(_, times)| **times > 0) {
            println!("{times:>6}  {}", rule.reason);
        }
    }
    code
}

/// The commands, those whose calls are changed, and the differences that stay.
fn read() -> Result<(Vec<Command>, Vec<Command>, Vec<Known>)> {
    let dir = root().join("tests/differential");
    let known = known::parse(&fs::read_to_string(dir.join("known.txt"))?).context("known.txt")?;
    let mut commands: Vec<Command> = Vec::new();
    for (number, line) in (1..).zip(fs::read_to_string(dir.join("commands.txt"))?.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word == "NAME" {
            commands.push(Command { name: rest.to_owned(), ..Command::default() });
            continue;
        }
        let command = commands.last_mut().with_context(|| format!("commands.txt:{number}: {word} before NAME"))?;
        match word {
            "NEEDS" => command.needs.extend(rest.split(' ').map(str::to_owned)),
            "OPTIONS" => command.options = rest.to_owned(),
            "SETUP" => command.setup += &format!("{rest}\n"),
            "RUN" => command.run = rest.to_owned(),
            "STOPS" => command.stops = true,
            _ => bail!("commands.txt:{number}: what is {word:?}?"),
        }
    }
    let mut injected = Vec::new();
    for (number, line) in (1..).zip(fs::read_to_string(dir.join("inject.txt"))?.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (call, what) =
            line.split_once(' ').with_context(|| format!("inject.txt:{number}: nothing is done to {line}"))?;
        injected.push(Command {
            name: format!("inject={call}:{what}"),
            options: format!("-e trace={call} -e inject={call}:{what}"),
            run: EVERY.to_owned(),
            stops: true,
            ..Command::default()
        });
    }
    commands.extend(short(&fs::read_to_string(dir.join("lines.txt"))?)?);
    Ok((commands, injected, known))
}

/// Commands that are a line each.
fn short(text: &str) -> Result<Vec<Command>> {
    let mut commands = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match line {
            line if line.is_empty() || line.starts_with('#') => {}
            line => {
                let (options, run) =
                    line.split_once(" -- ").with_context(|| format!("lines.txt:{number}: nothing runs in {line}"))?;
                let (name, options, run) = (line.to_owned(), options.to_owned(), run.to_owned());
                commands.push(Command { name, options, run, ..Command::default() });
            }
        }
    }
    Ok(commands)
}

/// What is missing to run the command under strace and under this backend.
fn lacking(command: &Command, backend: &str) -> Option<String> {
    let mut tools: Vec<_> = command.needs.iter().map(String::as_str).collect();
    tools.extend(["strace", "setarch"]);
    match command.run.split(' ').next() {
        Some(program) if program.starts_with("$FIXTURES") => tools.push("cc"),
        Some(program) => tools.push(program),
        None => {}
    }
    let needs = tools.iter().map(|tool| format!("tool:{tool}")).chain([machine::of_backend(backend).to_owned()]);
    let reasons: Vec<_> = needs.filter_map(|word| machine::lacks(&word)).collect();
    if !reasons.is_empty() {
        return Some(reasons.join("; "));
    }
    if machine::peers().is_some() {
        return None;
    }
    let version = std::process::Command::new(machine::find("strace")?).arg("-V").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().to_owned();
    (!version.ends_with(JUDGE))
        .then(|| format!("needs strace {JUDGE} (`cargo xtask test` brings it), this is `{version}`"))
}

/// Runs the command under `tool`, in the same directory whichever it is; what the tool wrote, and its exit code.
fn trace(command: &Command, tool: &str, options: &str, backend: &str) -> Result<(String, i32)> {
    let name = format!("tracer-diff-{}", std::process::id());
    let text = format!(
        "# The same environment for strace as for tracer: a shell may give it on in an order of its own.\nmkdir w && cd w\n{}\nsetarch \"$(uname -m)\" -R sh -c 'exec \"$0\" \"$@\"' {tool} {options} -o \"$DIR/log\" {} </dev/null >\"$DIR/stdout\" 2>\"$DIR/stderr\"\n\
         code=$?\ncat \"$DIR/stderr\" >&2\nexit $code",
        command.setup, command.run
    );
    let mut script = Script::in_dir(&text, &std::env::temp_dir().join(name))?;
    script.backend(Some(backend));
    script.timeout(Duration::from_secs(60));
    if command.run.contains("$REQUESTS") {
        script.env("REQUESTS", requests::list()?);
    }
    if command.run.contains("$OPTIONS") {
        script.env("OPTIONS", requests::options()?);
    }
    let took = script.run()?;
    let log = fs::read(script.dir().join("log")).with_context(|| format!("{tool} wrote nothing: {}", took.show()))?;
    if took.timed_out {
        bail!("{tool} did not end\n{}", took.show());
    }
    let ours = took
        .stderr
        .lines()
        .find(|line| tool == "$tracer" && line.starts_with("tracer:") && !line.contains("incomplete:"));
    match ours {
        Some(line) => bail!("tracer says: {line}"),
        None => Ok((String::from_utf8_lossy(&log).into_owned(), took.code)),
    }
}

/// Lines that were compared, and those whose difference is known.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    lines: usize,
    known: usize,
}

/// Line by line.
fn lines(
    command: &Command,
    backend: &'static str,
    known: &[Known],
    used: &Mutex<Vec<usize>>,
    compared: &Mutex<BTreeMap<&'static str, Share>>,
) -> Outcome {
    if let Some(why) = lacking(command, backend) {
        return Outcome::Skipped(why);
    }
    let once = || -> Result<(Vec<Hunk>, Vec<usize>, usize)> {
        let options = format!("-f {}", command.options);
        let read = |tool: &str| -> Result<(Trace, i32)> {
            let (log, code) = trace(command, tool, &options, backend)?;
            Ok((normal::read(&log), code))
        };
        let ((strace, code), (tracer, our_code)) = (read("strace")?, read("$tracer")?);
        if code != our_code {
            bail!("strace ended with {code}, tracer with {our_code}");
        }
        let mut hunks = compare(&strace, &tracer);
        if !hunks.is_empty() {
            hunks = Volatile::learn(&strace, &read("strace")?.0).sift(hunks);
        }
        let (hunks, times) = known::sift(hunks, known, backend);
        let count = strace.values().map(Vec::len).sum();
        Ok((without_merged(without_moved(hunks), &strace, &tracer), times, count))
    };
    let mut least: Option<Vec<Hunk>> = None;
    for _ in 0..TRIES {
        match once() {
            Err(error) => return Outcome::Failed(format!("{error:#}")),
            Ok((hunks, times, count)) if hunks.is_empty() => {
                if let Ok(mut compared) = compared.lock() {
                    let share = compared.entry(backend).or_insert(Share::default());
                    *share = Share { lines: share.lines + count, known: share.known + times.iter().sum::<usize>() };
                }
                if let Ok(mut used) = used.lock() {
                    used.iter_mut().zip(times).for_each(|(used, times)| *used += times);
                }
                return Outcome::Passed;
            }
            Ok((hunks, ..)) => {
                if least.as_ref().is_none_or(|least| hunks.len() < least.len()) {
                    least = Some(hunks);
                }
            }
        }
    }
    Outcome::Failed(show(&least.unwrap_or_default(), "strace", backend))
}

/// Calls and errors of each system call, from a table of `-c`.
fn table(text: &str) -> BTreeMap<String, (u64, u64)> {
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |index: usize| words.get(index)?.parse::<u64>().ok();
        words[..].first()?.parse::<f64>().ok()?;
        match words.len() {
            5 => Some((words[4].to_owned(), (number(3)?, 0))),
            6 => Some((words[5].to_owned(), (number(3)?, number(4)?))),
            _ => None,
        }
    };
    text.lines().filter_map(row).collect()
}

/// The table of a program that always makes the same calls.
fn counts(backend: &str) -> Outcome {
    let command = Command { name: "counts".into(), run: "$FIXTURES/fixed".into(), ..Command::default() };
    if let Some(why) = lacking(&command, backend) {
        return Outcome::Skipped(why);
    }
    let read = |tool: &str| Ok::<_, anyhow::Error>(table(&trace(&command, tool, "-c -f", backend)?.0));
    match (read("strace"), read("$tracer")) {
        (Ok(strace), Ok(_)) if strace.len() < 10 => {
            Outcome::Failed(format!("strace's table was not understood: {strace:?}"))
        }
        (Ok(strace), Ok(tracer)) if strace == tracer => Outcome::Passed,
        (Ok(strace), Ok(tracer)) => {
            let names: std::collections::BTreeSet<_> = strace.keys().chain(tracer.keys()).collect();
            let differ = names.into_iter().filter(|name| strace.get(*name) != tracer.get(*name));
            let text =
                differ.map(|name| format!("{name}: strace {:?}, {backend} {:?}", strace.get(name), tracer.get(name)));
            Outcome::Failed(text.collect::<Vec<_>>().join("\n"))
        }
        (Err(error), _) | (_, Err(error)) => Outcome::Failed(format!("{error:#}")),
    }
}
