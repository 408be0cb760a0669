//! `test`: every test of the workspace by one command, counted in one line. `ci`: everything that must hold.
//!
//! The count is the sum of the `test result:` lines: of libtest, and of our own runners, which print the same line.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use crate::{command, run, tidy, vm};

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

/// Runs the tests whose names contain the filter; all without one.
pub fn test(args: &[OsString]) -> Result<ExitCode> {
    let program = run::build()?;
    let mut cargo = command::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]).args(args);
    cargo.env("TRACER", program).stdout(Stdio::piped());
    let line = command::line(&cargo);
    let mut child = cargo.spawn().with_context(|| format!("cannot run `{line}`"))?;
    let mut tally = Tally::default();
    let mut out = std::io::stdout();
    let mut lines = BufReader::new(child.stdout.take().context("cargo test has no output")?);
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes)? > 0 {
        out.write_all(&bytes)?;
        tally.add(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // What did not compile, or a test program that died: no result line tells of it.
        tally.failed = 1;
    }
    println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped);
    out.flush()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Everything that must hold before a change is merged; goes on after a failure, so that one run shows all.
pub fn ci() -> Result<ExitCode> {
    let mut bad = Vec::new();
    let mut step = |name: &'static str, done: Result<()>| {
        if let Err(error) = done {
            eprintln!("xtask: {name}: {error:#}");
            bad.push(name);
        }
    };
    let cargo = |args: &[&str]| command::run(command::cargo().args(args));
    step("fmt", cargo(&["fmt", "--all", "--check"]));
    step("clippy", cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]));
    step("tidy", tidy::check().map(drop));
    let this = std::env::current_exe()?;
    step("ebpf --check", command::run(Command::new(this).args(["ebpf", "--check"])));
    let tests = test(&[])?;
    step("audit", audit());
    step("vm", other_kernels());
    if !bad.is_empty() {
        eprintln!("xtask: failed: {}", bad.join(", "));
    }
    Ok(if bad.is_empty() { tests } else { ExitCode::FAILURE })
}

/// The unit tests once more, audited by `tracer.toml`: they do nothing to files but in the target and temporary directories, and talk
/// to nobody. They trace by ptrace themselves, so only eBPF can look on: where it does not work, this is left out, and said.
fn audit() -> Result<()> {
    let program = run::build()?;
    let mut look = Command::new(&program);
    let works = look.current_dir("/").args(["audit", "-q", "--backend", "ebpf", "--", "true"]).output();
    if !works.is_ok_and(|out| out.status.success()) {
        println!("xtask: audit: skipped: eBPF does not work here (tracer doctor says why)");
        return Ok(());
    }
    // Once more where tests failed or something was lost, which a busy machine can do.
    match audited(&program)? {
        Some(0) => Ok(()),
        Some(3) => bail!("the policy is violated"),
        _ => match audited(&program)? {
            Some(0) => Ok(()),
            code => bail!("ended with {code:?}, twice"),
        },
    }
}

/// The basics on the oldest and the newest kernel: whether a verifier takes the object, and what storage a kernel gives, is known only
/// there. Left out, and said, where qemu or the kernels cannot be had.
fn other_kernels() -> Result<()> {
    if let Err(reason) = vm::bring(&vm::ENDS) {
        println!("xtask: vm: skipped: {reason:#}");
        return Ok(());
    }
    let this = std::env::current_exe()?;
    let boot = || command::run(Command::new(&this).arg("vm").args(vm::ENDS).args(["--", "basics", "large"]));
    // Once more where a case failed, which a guest does on a machine that is busy: its processors are emulated.
    boot().or_else(|_| boot())
}

/// One audited run; its exit code. Its output goes through pipes: that the log of CI is written to is not the tests' doing.
fn audited(program: &std::path::Path) -> Result<Option<i32>> {
    let cargo = command::cargo();
    let mut audit = Command::new(program);
    audit.current_dir(command::root()).args(["audit", "--backend", "ebpf", "--policy", "tracer.toml", "--"]);
    audit.arg(cargo.get_program()).args(["test", "--quiet", "--workspace", "--lib", "--bins"]);
    println!("+ {}", command::line(&audit));
    let out = audit.output()?;
    std::io::stdout().write_all(&out.stdout)?;
    std::io::stderr().write_all(&out.stderr)?;
    Ok(out.status.code())
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
}
