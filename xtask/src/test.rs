//! `test`: every test of the workspace by one command, counted in one line.
//!
//! The count is the sum of the `test result:` lines: of libtest, and of our own runners, which print the same line. libtest knows no
//! test that finds out that it cannot run: such a test prints a line that begins with `SKIP` or `skipped:` and passes. It is counted as
//! skipped here, also when it is only a part of the test that did not run.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::{command, peers, run};

/// What a run of the tests came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// What held.
    pub passed: u64,
    /// What did not.
    pub failed: u64,
    /// What could not run.
    pub skipped: u64,
}

impl Tally {
    /// The line that CI is judged by.
    pub fn line(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }

    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ...`; other lines are none of ours.
    pub fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        let counts = rest.split_once(". ").map_or("", |(_, counts)| counts);
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Reads what libtest prints of tests that passed (`--show-output`), of which only the reasons of skips are for people.
#[derive(Debug, Default)]
struct Shown {
    /// Inside of the section of outputs.
    inside: bool,
    /// Whose output comes.
    test: Option<String>,
    /// Tests that told it, of the program whose result has not come yet.
    skipped: u64,
}

impl Shown {
    /// What is to be printed of the line, if anything. A line that [`Tally::add`] has counted is corrected.
    fn read(&mut self, line: &str, tally: &mut Tally) -> Option<String> {
        match line {
            "successes:" => (self.inside, self.test) = (true, None),
            "failures:" => self.inside = false,
            line if line.starts_with("test result: ") => {
                self.inside = false;
                // They are among those that passed.
                let skipped = std::mem::take(&mut self.skipped).min(tally.passed);
                tally.passed -= skipped;
                tally.skipped += skipped;
            }
            _ => {}
        }
        if !self.inside {
            return Some(line.to_owned());
        }
        if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.test = Some(name.to_owned());
        }
        let why = line.strip_prefix("SKIP").or_else(|| line.strip_prefix("skipped"))?;
        let test = self.test.take()?;
        self.skipped += 1;
        Some(format!("test {test} ... skipped: {}", why.trim_start_matches(':').trim()))
    }
}

/// Runs the tests whose names contain the filter; all without one. The last line is the count.
pub fn test(args: &[OsString]) -> Result<ExitCode> {
    let (tally, code) = counted(args)?;
    println!("\n{}", tally.line());
    Ok(code)
}

/// Runs the tests; their count and the exit code.
pub fn counted(args: &[OsString]) -> Result<(Tally, ExitCode)> {
    let program = run::build()?;
    let mut cargo = command::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(args);
    if !args.iter().any(|arg| arg == "--") {
        cargo.arg("--");
    }
    cargo.arg("--show-output");
    cargo.env("TRACER", program).stdout(Stdio::piped());
    match peers::judge() {
        Ok(dir) => _ = cargo.env("TRACER_JUDGE", dir),
        Err(error) => {
            eprintln!("xtask: lines are compared with the system's strace, lsof and ss, if with those: {error:#}")
        }
    }
    let line = command::line(&cargo);
    let mut child = cargo.spawn().with_context(|| format!("cannot run `{line}`"))?;
    let (mut tally, mut shown) = (Tally::default(), Shown::default());
    let mut out = std::io::stdout();
    let mut lines = BufReader::new(child.stdout.take().context("cargo test has no output")?);
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes)? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        tally.add(line.trim_end());
        if let Some(line) = shown.read(line.trim_end_matches('\n'), &mut tally) {
            writeln!(out, "{line}")?;
        }
        bytes.clear();
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // What did not compile, or a test program that died: no result line tells of it.
        tally.failed = 1;
    }
    out.flush()?;
    Ok((tally, if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.20s",
            "test parse::test result: odd ... ok",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 13, failed: 2, skipped: 1 });
    }

    #[test]
    fn tests_that_say_so_are_skipped_once() {
        let text = "\
running 3 tests
test a ... ok
successes:

---- a::b stdout ----
SKIP a: no zsh
SKIP a: no fish

---- c stdout ----
something else

---- d stdout ----
skipped: it needs a C compiler

successes:
    a
    a::b

test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
SKIP is no matter here";
        let (mut tally, mut shown, mut out) = (Tally::default(), Shown::default(), Vec::new());
        for line in text.lines() {
            tally.add(line);
            out.extend(shown.read(line, &mut tally));
        }
        let expected = [
            "running 3 tests",
            "test a ... ok",
            "test a::b ... skipped: a: no zsh",
            "test d ... skipped: it needs a C compiler",
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "SKIP is no matter here",
        ];
        assert_eq!(out, expected);
        assert_eq!(tally, Tally { passed: 1, failed: 0, skipped: 2 });
    }
}
