//! `faults`: tracer while the machine fails. Every call that it makes itself is made to fail, with three errors, the first, second and third
//! time and some on the way to the last; then every kind of request for memory. The tracer under test runs under another, which changes its calls and nothing else: what
//! it traces is not followed by the outer one. A run has to end by itself with a code that says what came of it, without a panic, and a
//! command that began has to come to its end.
//!
//! Calls before `main` are the loader's, the C library's and Rust's own, which end a program where they fail; they are let pass.

mod jobs;
mod judge;
pub mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};

use self::jobs::Job;
use self::judge::{Outcome, judge};
use self::run::{Done, Folder, run};
use crate::command;

/// What calls fail with: no memory, no right, and what asks to be tried again.
const ERRORS: [&str; 3] = ["ENOMEM", "EACCES", "EINTR"];
/// How many times each.
const TIMES: usize = 3;
/// Calls that never fail so: those from which nobody comes back to see it; `brk`, which tells of a failure by the old address; `getrandom`
/// and `futex`, of which Rust and the C library know every error that there is, and end the program at another.
const NEVER_FAIL: [&str; 7] = ["exit", "exit_group", "rt_sigreturn", "execve", "brk", "getrandom", "futex"];
/// Requests for memory that fail in turn, at the beginning and all over the run.
const FIRST: u64 = 40;
const SPREAD: u64 = 60;

/// What was asked.
struct Asked {
    only: Vec<String>,
    calls: Vec<String>,
    memory: bool,
    parallel: usize,
}

/// What is the same for all runs.
struct Faults {
    tracer: PathBuf,
    preload: PathBuf,
    seed: Folder,
    still: Child,
    asked: Asked,
    number: AtomicUsize,
}

/// What fails in a run.
#[derive(Debug, Clone)]
enum Failing {
    Call { name: String, error: &'static str, when: usize },
    Memory(u64),
}

/// Runs everything, prints the matrix, and how to repeat what is wrong.
pub fn main(words: &[&str]) -> Result<ExitCode> {
    let asked = parse(words)?;
    let tracer = crate::run::build()?;
    let seed = Folder::new("seed")?;
    let preload = seed.path().join("alloc.so");
    let source = command::root().join("xtask/src/faults/alloc.c");
    command::run(Command::new("cc").args(["-O1", "-shared", "-fPIC", "-w", "-o"]).arg(&preload).arg(source))?;
    // Stands still until its stdin ends, which is when we do.
    let still = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).current_dir("/").spawn()?;
    let mut faults = Faults { tracer, preload, seed, still, asked, number: AtomicUsize::new(0) };
    let done = faults.all();
    drop(faults.still.stdin.take());
    faults.still.wait()?;
    done
}

fn parse(words: &[&str]) -> Result<Asked> {
    let mut asked = Asked { only: Vec::new(), calls: Vec::new(), memory: true, parallel: 2 };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut list = || -> Result<Vec<String>> {
            let value = words.next().with_context(|| format!("{word} takes a value"))?;
            Ok(value.split(',').map(str::to_owned).collect())
        };
        match *word {
            "--only" => asked.only = list()?,
            "--calls" => (asked.calls, asked.memory) = (list()?, false),
            "--jobs" => asked.parallel = list()?[0].parse().context("--jobs takes a number")?,
            other => bail!("faults: what is '{other}'? There are --only JOB,..., --calls CALL,... and --jobs N"),
        }
    }
    for name in &asked.only {
        if !jobs::ALL.iter().any(|job| job.name == *name) {
            bail!("no job '{name}'; there are {}", jobs::ALL.map(|job| job.name).join(", "));
        }
    }
    Ok(asked)
}

impl Faults {
    fn all(&self) -> Result<ExitCode> {
        let record = "--backend ptrace -f --record rec -o log sh -c";
        let mut words: Vec<&str> = record.split(' ').collect();
        words.push(jobs::SCRIPT);
        run(self.plain(&words), self.seed.path())?;
        let mut failures = Vec::new();
        let columns = Outcome::ALL.map(|outcome| format!("{:>9}", outcome.name())).join(" ");
        println!("{:12} {:6} {:>5} {columns}", "job", "fails", "runs");
        for job in jobs::ALL.iter().filter(|job| self.wants(job)) {
            let (calls, amount, memory) = self.learn(job).with_context(|| format!("job {}", job.name))?;
            let mut failing = Vec::new();
            for (name, made) in calls.iter().filter(|(name, _)| self.fails(name)) {
                for (error, when) in
                    ERRORS.into_iter().flat_map(|error| made.times().into_iter().map(move |at| (error, at)))
                {
                    failing.push(Failing::Call { name: name.clone(), error, when });
                }
            }
            self.row(job, "calls", amount, failing, &mut failures)?;
            if self.asked.memory {
                let spread = (1..=SPREAD).map(|step| FIRST + memory.saturating_sub(FIRST) * step / SPREAD);
                let all: BTreeSet<u64> = (1..=FIRST).chain(spread).filter(|nth| *nth <= memory).collect();
                self.row(job, "memory", amount, all.into_iter().map(Failing::Memory).collect(), &mut failures)?;
            }
        }
        for (outcome, line, said) in &failures {
            println!("{}: {line}\n    {said}", outcome.name());
        }
        println!("{} of {} runs are wrong", failures.len(), self.number.load(Ordering::Relaxed));
        Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn wants(&self, job: &Job) -> bool {
        let named = self.asked.only.iter().any(|name| name == job.name);
        named || self.asked.only.is_empty() && (!job.bpf || command::is_root())
    }

    fn fails(&self, call: &str) -> bool {
        let named = self.asked.calls.iter().any(|name| name == call);
        !NEVER_FAIL.contains(&call) && (named || self.asked.calls.is_empty())
    }

    /// The calls of a job, what it shows, its requests for memory.
    fn learn(&self, job: &Job) -> Result<(BTreeMap<String, Made>, usize, u64)> {
        let dir = self.folder()?;
        let outer = dir.path().join("outer");
        let words = job.words(&dir.path().to_string_lossy(), &self.seed.path().to_string_lossy(), self.still.id());
        let mut traced = Command::new(&self.tracer);
        traced.args(["--backend", "ptrace", "-o"]).arg(&outer).arg("--").arg(&self.tracer).args(&words);
        let done = run(traced, dir.path())?;
        let amount = self.check(job, &done, &dir)?;
        let calls = calls(&dir.text("outer"));
        let dir = self.folder()?;
        let words = job.words(&dir.path().to_string_lossy(), &self.seed.path().to_string_lossy(), self.still.id());
        let mut counted = self.plain(&words);
        counted.env("LD_PRELOAD", &self.preload).env("FAULT_COUNT", dir.path().join("count"));
        let done = run(counted, dir.path())?;
        self.check(job, &done, &dir)?;
        let memory = dir.text("count").trim().parse().context("requests for memory are not counted")?;
        Ok((calls, amount, memory))
    }

    /// A run in which nothing fails has to be right.
    fn check(&self, job: &Job, done: &Done, dir: &Folder) -> Result<usize> {
        let shown = job.shown.map_or_else(|| done.stdout.clone(), |name| dir.text(name));
        let amount = job.amount(&shown);
        if judge(job, amount, done, dir) != Outcome::Whole || amount == 0 {
            let said: String = done.stderr.chars().take(500).collect();
            bail!("without faults: code {:?}, {amount} lines, {said}", done.code);
        }
        Ok(amount)
    }

    fn folder(&self) -> Result<Folder> {
        Folder::new(&self.number.fetch_add(1, Ordering::Relaxed).to_string())
    }

    fn plain(&self, words: &[impl AsRef<std::ffi::OsStr>]) -> Command {
        let mut command = Command::new(&self.tracer);
        command.args(words);
        command
    }

    /// Every run of a job, and its line of the matrix.
    fn row(
        &self,
        job: &Job,
        what: &str,
        amount: usize,
        failing: Vec<Failing>,
        failures: &mut Vec<(Outcome, String, String)>,
    ) -> Result<()> {
        let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || -> Result<()> {
            while let Some(one) = failing.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (outcome, line, said) = self.one(job, amount, one)?;
                found.lock().map_err(|_| anyhow::anyhow!("a run panicked"))?.push((outcome, line, said));
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.asked.parallel.max(1)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| bail!("a run panicked")))
        })?;
        let found = found.into_inner().unwrap_or_default();
        let count = |outcome| found.iter().filter(|(other, ..)| *other == outcome).count();
        let counts = Outcome::ALL.map(|outcome| format!("{:>9}", count(outcome))).join(" ");
        println!("{:12} {what:6} {:>5} {counts}", job.name, found.len());
        failures.extend(found.into_iter().filter(|(outcome, ..)| outcome.is_fault()));
        Ok(())
    }

    /// One run; how to repeat it, and what it said last.
    fn one(&self, job: &Job, amount: usize, failing: &Failing) -> Result<(Outcome, String, String)> {
        let dir = self.folder()?;
        let words = job.words(&dir.path().to_string_lossy(), &self.seed.path().to_string_lossy(), self.still.id());
        let outer = dir.path().join("outer");
        let (command, front) = match failing {
            Failing::Call { name, error, when } => {
                let mut command = Command::new(&self.tracer);
                let inject = format!("inject={name}:error={error}:when={when}");
                command.args(["--backend", "ptrace", "-o"]).arg(&outer).args(["-e", &format!("trace={name}")]);
                command.args(["-e", &inject, "--"]).arg(&self.tracer).args(&words);
                (command, format!("tracer --backend ptrace -o outer -e trace={name} -e {inject} -- tracer"))
            }
            Failing::Memory(nth) => {
                let mut command = self.plain(&words);
                command.env("LD_PRELOAD", &self.preload).env("FAULT_NTH", nth.to_string());
                (command, format!("LD_PRELOAD=alloc.so FAULT_NTH={nth} tracer"))
            }
        };
        let done = run(command, dir.path())?;
        let mut outcome = judge(job, amount, &done, &dir);
        if matches!(failing, Failing::Call { .. }) && !outcome.is_fault() && !dir.text("outer").contains("(INJECTED)") {
            outcome = Outcome::Unreached;
        }
        let line = done.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no word").to_owned();
        let how = done.code.map_or_else(|| format!("signal {:?}", done.signal), |code| format!("exit code {code}"));
        Ok((outcome, format!("{front} {}", job.words), format!("{how}: {line}")))
    }
}

/// How often a call is made: before the program begins, and from then on.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Made {
    before: usize,
    after: usize,
}

impl Made {
    /// Which of them fail: the first three, and some on the way to the last.
    fn times(self) -> BTreeSet<usize> {
        let spread = (1..=TIMES).map(|part| self.after * part / TIMES);
        (1..=TIMES.min(self.after)).chain(spread).filter(|when| *when > 0).map(|when| self.before + when).collect()
    }
}

/// The calls behind the start of a program of Rust: the last that Rust's own start makes is the second `sigaltstack`.
fn calls(trace: &str) -> BTreeMap<String, Made> {
    let name = |line: &str| -> Option<String> {
        let end = line.find('(')?;
        let is_name = line[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then(|| line[..end].to_owned())
    };
    let names: Vec<String> = trace.lines().filter_map(name).collect();
    let starts = names.iter().enumerate().filter(|(_, name)| *name == "sigaltstack").nth(1).map_or(0, |(at, _)| at + 1);
    let mut calls: BTreeMap<String, Made> = BTreeMap::new();
    for (at, name) in names.into_iter().enumerate() {
        let made = calls.entry(name).or_default();
        *(if at < starts { &mut made.before } else { &mut made.after }) += 1;
    }
    calls.retain(|_, made| made.after > 0);
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_those_behind_the_start() {
        let trace = "\
execve(\"t\", [\"t\"], 0x7) = 0
read(3, \"\", 1) = 0
sigaltstack(NULL, {}) = 0
mmap(NULL, 1) = 0x7
sigaltstack({ss_sp=0x7}, NULL) = 0
read(3, \"\", 1) = 0
openat(AT_FDCWD, \"x\", 0) = 3
--- SIGCHLD {si_signo=SIGCHLD} ---
+++ exited with 0 +++
";
        let made = |before, after| Made { before, after };
        let expected = [("openat".to_owned(), made(0, 1)), ("read".to_owned(), made(1, 1))];
        assert_eq!(calls(trace), BTreeMap::from(expected));
        assert_eq!(made(2, 1).times(), BTreeSet::from([3]));
        assert_eq!(made(2, 9).times(), BTreeSet::from([3, 4, 5, 8, 11]));
    }

    #[test]
    fn words_are_filled_in() {
        let words = jobs::ALL[0].words("/d", "/s", 7);
        assert_eq!(words[words.len() - 4..], ["/d/log", "sh", "-c", jobs::SCRIPT]);
        assert!(parse(&["--only", "nothing"]).is_err());
        assert_eq!(jobs::ALL[6].words("/d", "/s", 7)[1], "/s/rec");
    }
}
