//! Whole runs, a tracer's start and end included: of a program that ends at once, and of a test suite under audit.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::measuring::Scratch;
use super::rounds::Bench;
use super::statistics::Pair;
use crate::{command, run};

/// A program, and how long it takes under others.
#[derive(Debug)]
pub struct Whole {
    /// What is run.
    pub what: String,
    /// Each way of running it, with its pairs; times are of whole runs, in nanoseconds.
    pub ways: Vec<(&'static str, Vec<Pair>)>,
}

/// Runs of the suite in one audit, to see what is left where the start is no part of it worth speaking of.
const REPEATED: u32 = 10;

/// `true`, under tracer and strace.
pub fn start(bench: &Bench, rounds: usize) -> Result<Whole> {
    let tracer = bench.ours.to_str().context("the path of tracer is no text")?;
    let output = bench.scratch.path("start").display().to_string();
    let ways: [(&str, Vec<&str>); 4] = [
        ("`tracer -o FILE`", vec![tracer, "--backend", "ebpf", "-o", &output]),
        ("`tracer --backend ptrace -o FILE`", vec![tracer, "--backend", "ptrace", "-o", &output]),
        ("`tracer audit`", vec![tracer, "audit", "--backend", "ebpf", "--"]),
        ("`strace -o FILE`", vec!["strace", "-o", &output]),
    ];
    let runs = ways.iter().map(|(way, words)| (*way, words.as_slice())).collect::<Vec<_>>();
    measure("`true`", &["true"], &runs, rounds, |words| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(bench.scratch.dir());
        Ok(command)
    })
}

/// The suite that audits are tried on, 200 tests in parallel; once, and again and again within one audit.
pub fn audit(bench: &Bench, rounds: usize) -> Result<Vec<Whole>> {
    let suite = Suite::make(&bench.scratch)?;
    let tracer = bench.ours.to_str().context("the path of tracer is no text")?;
    let output = bench.scratch.path("audit").display().to_string();
    let ebpf = ("`tracer audit`", &[tracer, "audit", "--backend", "ebpf", "--"][..]);
    let others = [
        ebpf,
        ("`tracer audit --backend ptrace`", &[tracer, "audit", "--backend", "ptrace", "--"]),
        (
            "`strace -f -o FILE`, of files, processes and sockets",
            &["strace", "-f", "-o", &output, "-e", "trace=%file,%process,%network,write"],
        ),
    ];
    let runner = "cargo nextest run --offline -j 8";
    let once = measure("a run of 200 tests by nextest", &words(runner), &others, rounds, |words| suite.command(words))?;
    let again =
        format!("for run in $(seq {REPEATED}); do ./prepare.sh $HOME $TMPDIR $OUTSIDE && {runner} || exit; done");
    let what = format!("{REPEATED} such runs in a row");
    let again = measure(&what, &["sh", "-c", &again], &[ebpf], rounds.min(3), |words| suite.command(words))?;
    Ok(vec![once, again])
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// Runs a program alone and under each of the others, side by side.
fn measure(
    what: &str,
    program: &[&str],
    ways: &[(&'static str, &[&str])],
    rounds: usize,
    prepare: impl Fn(&[&str]) -> Result<Command>,
) -> Result<Whole> {
    let time = |front: &[&str]| -> Result<f64> {
        let mut command = prepare(&[front, program].concat())?;
        run::without_cargo(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let status = command.status().with_context(|| format!("cannot run `{}`", command::line(&command)))?;
        let took = begin.elapsed();
        // 4: io_uring was used, and could not be looked into (ptrace).
        ensure!(matches!(status.code(), Some(0 | 4)), "`{}`: {status}", command::line(&command));
        Ok(took.as_nanos() as f64)
    };
    time(&[])?;
    let mut whole = Whole { what: what.to_owned(), ways: Vec::new() };
    for (way, front) in ways {
        let mut pairs = Vec::new();
        for round in 0..rounds {
            pairs.push(Pair { round, base: time(&[])?, traced: time(front)? });
        }
        whole.ways.push((way, pairs));
    }
    Ok(whole)
}

/// A copy of the suite, with directories of its own.
struct Suite<'s> {
    scratch: &'s Scratch,
}

impl Suite<'_> {
    /// Copies it, and builds it.
    fn make(scratch: &Scratch) -> Result<Suite<'_>> {
        copy(&command::root().join("tests/fixtures/suite"), &scratch.path("suite"))?;
        let suite = Suite { scratch };
        let built = suite.command(&words("cargo nextest run --offline --no-run"))?.output()?;
        ensure!(built.status.success(), "needs cargo-nextest: {}", String::from_utf8_lossy(&built.stderr).trim());
        Ok(suite)
    }

    /// A command in it, with its directories laid out anew.
    fn command(&self, words: &[&str]) -> Result<Command> {
        let [home, tmp, outside] = ["home", "tmp", "outside"].map(|name| self.scratch.path(&format!("suite-{name}")));
        let project = self.scratch.path("suite");
        let laid = Command::new("./prepare.sh").args([&home, &tmp, &outside]).current_dir(&project).status()?;
        ensure!(laid.success(), "prepare.sh: {laid}");
        let of_cargo = |variable: &str, directory: &str| {
            let home = std::env::home_dir().unwrap_or_default();
            std::env::var_os(variable).unwrap_or_else(|| home.join(directory).into_os_string())
        };
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(project);
        command.env("CARGO_HOME", of_cargo("CARGO_HOME", ".cargo"));
        command.env("RUSTUP_HOME", of_cargo("RUSTUP_HOME", ".rustup"));
        command.env("HOME", home).env("TMPDIR", tmp).env("OUTSIDE", outside);
        command.env("CARGO_TARGET_DIR", self.scratch.path("suite-target"));
        Ok(command)
    }
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}
