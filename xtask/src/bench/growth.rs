//! What grows with what others write: policies of 100,000 rules of several kinds, and files that are made to take time or memory. Each is
//! read, and `true` judged by it, to the end of the process.

use std::fmt::Write;
use std::fs;
use std::mem::zeroed;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::measuring::quiet;
use super::rounds::Bench;

/// Rules of each policy.
const RULES: usize = 100_000;

/// One file, and what it took.
#[derive(Debug)]
pub struct Growth {
    /// What is in it.
    pub what: &'static str,
    /// Seconds, the median.
    pub seconds: f64,
    /// Peak memory in bytes.
    pub peak: u64,
}

/// What a policy is made of: a word for it, its text, and the exit code.
type Case = (&'static str, String, i32);

/// Measures all of them.
pub fn growth(bench: &Bench, rounds: usize) -> Result<Vec<Growth>> {
    let cases: [Case; 6] = [
        ("100,000 rules of files", rules(|i| format!("read /usr/share/d{}/f{i}", i % 1000)), 0),
        ("100,000 globs with `**` in front", rules(|i| format!("read /**/*f{i}")), 0),
        ("100,000 rules of hosts", rules(|i| format!("connect tcp h{i}.example.com:443")), 0),
        ("100,000 rules of one path, for a program each", rules(|i| format!("write /** by p{i}")), 0),
        ("a list in a list, five million times", format!("version = 1\nx = {}", "[".repeat(5_000_000)), 2),
        ("10 MB of stars", format!("version = 1\n[default]\ndeny = ['read /{}']\n", "*a".repeat(5_000_000)), 2),
    ];
    cases.into_iter().map(|case| one(bench, case, rounds)).collect()
}

fn rules(rule: impl Fn(usize) -> String) -> String {
    let mut text = "version = 1\n".to_owned();
    for (section, list) in [("[default]\nallow", 0..RULES / 2), ("deny", RULES / 2..RULES)] {
        let _ = writeln!(text, "{section} = [");
        list.for_each(|i| _ = writeln!(text, "'{}',", rule(i)));
        text.push_str("]\n");
    }
    text
}

fn one(bench: &Bench, (what, text, code): Case, rounds: usize) -> Result<Growth> {
    let path = bench.scratch.path("policy.toml");
    fs::write(&path, text)?;
    let (mut seconds, mut peak) = (Vec::new(), 0);
    for _ in 0..rounds {
        let mut command = quiet(&bench.ours);
        command.args(["audit", "--backend", "ptrace", "--policy"]).arg(&path).args(["--", "true"]);
        crate::run::without_cargo(&mut command);
        let begin = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot run tracer")?;
        // SAFETY: all zeros are a value of rusage.
        let (mut status, mut usage) = (0, unsafe { zeroed::<libc::rusage>() });
        // SAFETY: the child is ours and not waited for, both results are there for the call; it is not waited for again.
        if unsafe { libc::wait4(child.id().cast_signed(), &raw mut status, 0, &raw mut usage) } < 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        seconds.push(begin.elapsed().as_secs_f64());
        peak = peak.max(usage.ru_maxrss as u64 * 1024);
        if !libc::WIFEXITED(status) || libc::WEXITSTATUS(status) != code {
            bail!("{what}: status {status:#x}");
        }
    }
    seconds.sort_by(f64::total_cmp);
    Ok(Growth { what, seconds: seconds[seconds.len() / 2], peak })
}
