//! Compares `tracer ss` with the newest ss, line by line, over sockets of every family and state that
//! `fixtures/states.c` makes in a network namespace of its own: `differential/ss.txt` has the options, and
//! `differential/ss-known.txt` the differences that stay, with reasons.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use regex::Regex;
use tracer_tests::compare::{Hunk, show};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::{fixtures, known, machine, root, tracer};

/// The ss that is the judge: any of this line (`cargo xtask test` brings the newest).
const JUDGE: &str = "iproute2-7.";

/// Tries at a list that changes between two looks at it.
const TRIES: usize = 8;

fn main() -> ExitCode {
    let text = fs::read_to_string(root().join("tests/differential/ss.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let trial = |line: &str| {
        let line = line.to_owned();
        Trial::new(line.clone(), move || outcome(&line))
    };
    let code = harness::main("ss", lines.map(trial).collect());
    // The namespace ends with the process that has it.
    if let Some(Ok(place)) = PLACE.get() {
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_raw(place.pid as i32).unwrap_or(rustix::process::Pid::INIT),
            rustix::process::Signal::KILL,
        );
        let _ = fs::remove_dir_all(&place.dir);
    }
    code
}

fn outcome(options: &str) -> Outcome {
    let lacking: Vec<_> =
        ["root", "tool:ss", "tool:nsenter", "tool:cc"].iter().filter_map(|word| machine::lacks(word)).collect();
    if !lacking.is_empty() {
        return Outcome::Skipped(lacking.join("; "));
    }
    if !is_judge() {
        return Outcome::Skipped(format!("needs ss of {JUDGE}"));
    }
    match check(options) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Whether the ss that is there is the judge.
fn is_judge() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| {
        let out = machine::find("ss").and_then(|ss| Command::new(ss).arg("-V").output().ok());
        out.is_some_and(|out| String::from_utf8_lossy(&out.stdout).contains(JUDGE))
    })
}

static PLACE: OnceLock<Result<Place, String>> = OnceLock::new();

/// The fixture, running, and a directory with a link to tracer that is named ss.
struct Place {
    pid: u32,
    dir: PathBuf,
    _child: Child,
}

fn place() -> Result<&'static Place> {
    PLACE.get_or_init(|| begin().map_err(|error| format!("{error:#}"))).as_ref().map_err(|error| anyhow!("{error}"))
}

fn begin() -> Result<Place> {
    let dir = std::env::temp_dir().join(format!("tracer-test-ss-{}", std::process::id()));
    fs::create_dir_all(&dir)?;
    let program = tracer().map_err(|error| anyhow!("{error}"))?;
    symlink(program, dir.join("ss"))?;
    fs::write(dir.join("filter"), "# a comment\n( sport = :8080\nor sport = :22 )\n")?;
    let mut fixture = Command::new(fixtures::dir()?.join("states"));
    fixture.current_dir(&dir).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = fixture.spawn().context("the fixture")?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
    if line != "ready\n" {
        bail!("the fixture says {line:?}");
    }
    Ok(Place { pid: child.id(), dir, _child: child })
}

/// What a program prints in the fixture's namespace, as lines without what moves.
fn run(program: &Path, options: &str) -> Result<Vec<String>> {
    let place = place()?;
    let script = format!(
        "cd {} && exec nsenter -n -t {} {} {options} 2>{}/err",
        place.dir.display(),
        place.pid,
        program.display(),
        place.dir.display()
    );
    let out = Command::new("/bin/bash").env_clear().env("PATH", machine::path()).args(["-c", &script]).output()?;
    let errors = fs::read_to_string(place.dir.join("err")).unwrap_or_default();
    if out.status.code() != Some(0) {
        bail!("{} {options}: {}\n{errors}", program.display(), out.status);
    }
    Ok(masked(&String::from_utf8_lossy(&out.stdout)))
}

/// Times move, and the program that asks is itself a netlink socket; what is left is compared to the byte, but for blanks at
/// the end, which depend on the longest line.
fn masked(text: &str) -> Vec<String> {
    static MASKS: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    let masks = MASKS.get_or_init(|| {
        let mask = |pattern: &str, by| (Regex::new(pattern).expect("a mask"), by);
        vec![
            mask(r"timer:\((\w+),[^,]*,\d+\)", "timer:($1,TIME,N)"),
            mask(r" (lastsnd|lastrcv|lastack|last_data_sent|last_data_recv|last_ack_recv|busy|rwnd_limited|sndbuf_limited|unacked|retrans|backoff|segs_out|segs_in):\S+", ""),
            mask(r"^(Total: )\d+$", "$1N"),
            mask(r" +$", ""),
        ]
    });
    let own = Regex::new(r"^(nl +)?(UNCONN +)?\d+ +\d+ +(4|tcpdiag):").expect("a mask");
    // Its name may be longer than all others: then columns are wider.
    let squeezed = text.lines().any(|line| own.is_match(line));
    let blanks = Regex::new(" +").expect("a mask");
    let squeeze = |line: &str| if squeezed { blanks.replace_all(line, " ").into_owned() } else { line.to_owned() };
    let lines = text.lines().filter(|line| !own.is_match(line)).map(squeeze);
    lines.map(|line| masks.iter().fold(line, |line, (mask, by)| mask.replace_all(&line, *by).into_owned())).collect()
}

fn check(options: &str) -> Result<()> {
    let text = fs::read_to_string(root().join("tests/differential/ss-known.txt"))?;
    let rules = known::parse(&text.replace("\nss:", "\nstrace:"))?;
    let peer = machine::find("ss").context("no ss")?;
    let mut left = Vec::new();
    for _ in 0..TRIES {
        let before = run(&peer, options)?;
        let ours = run(&place()?.dir.join("ss"), options)?;
        let after = run(&peer, options)?;
        if before.is_empty() && !options.contains("-H") {
            bail!("ss says nothing");
        }
        if [&before, &after].into_iter().any(|theirs| *theirs == ours) {
            return Ok(());
        }
        (left, _) = known::sift(hunks(&after, &ours), &rules, "");
        if left.is_empty() {
            return Ok(());
        }
        if before == after {
            break;
        }
    }
    bail!("{}", show(&left, "ss", "tracer"))
}

/// Lines that stand on one side only: in the order of each side, equal ones taken out.
fn hunks(theirs: &[String], ours: &[String]) -> Vec<Hunk> {
    let (mut wanted, mut got) = (Vec::new(), Vec::new());
    let (mut a, mut b) = (theirs.iter().peekable(), ours.iter().peekable());
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        if x == y {
            a.next();
            b.next();
        } else if theirs.contains(y) && !ours.contains(x) {
            wanted.extend(a.next().cloned());
        } else if ours.contains(x) && !theirs.contains(y) {
            got.extend(b.next().cloned());
        } else {
            wanted.extend(a.next().cloned());
            got.extend(b.next().cloned());
        }
    }
    wanted.extend(a.cloned());
    got.extend(b.cloned());
    if wanted.is_empty() && got.is_empty() { Vec::new() } else { vec![Hunk { task: String::new(), wanted, got }] }
}
