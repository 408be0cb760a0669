//! `soak`: tracer for long under a load whose calls are counted by who makes them, while threads, processes and descriptors come and go, in
//! every way in turn. What was shown and what tracer says it lost have to be what was made, exactly; its memory stays what it was; nothing
//! of it is left in the kernel. Then it is killed at random moments: who was traced goes on to its end, and again nothing is left.

mod jobs;
mod objects;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::jobs::{Count, Job};
use self::objects::Objects;
use crate::bench::parsing;
use crate::command;
use crate::faults::run::{self, Folder};

/// How often a running tracer is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How much longer than its load a run may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Seconds of the load under a tracer that is killed, and within which it is.
const SHORT: f64 = 0.5;

/// What is the same for all runs.
struct Soak {
    tracer: PathBuf,
    load: PathBuf,
    /// Where the load is.
    _folder: Folder,
}

/// What a run came to.
struct Round {
    made: u64,
    shown: u64,
    lost: u64,
    seconds: f64,
    threads: u64,
    processes: u64,
    /// The most anonymous memory of the second quarter, and of the last, in KiB.
    memory: (u64, u64),
    objects: usize,
    left: usize,
    verdict: String,
}

/// Runs everything, and prints a line for each.
pub fn main(words: &[&str]) -> Result<ExitCode> {
    let (mut minutes, mut kills) = (100.0, 1000);
    for pair in words.chunks(2) {
        match pair {
            ["--minutes", value] => minutes = value.parse().context("--minutes takes a number")?,
            ["--kills", value] => kills = value.parse().context("--kills takes a number")?,
            _ => bail!("soak: there are --minutes N and --kills N"),
        }
    }
    if !command::is_root() {
        bail!("soak: only root may load programs into the kernel");
    }
    let tracer = crate::run::build()?;
    let folder = Folder::new("soak")?;
    let load = folder.path().join("soak");
    let source = command::root().join("xtask/src/soak/soak.c");
    command::run(Command::new("cc").args(["-O1", "-pthread", "-o"]).arg(&load).arg(source))?;
    let soak = Soak { tracer, load, _folder: folder };
    let mut wrong = soak.long(minutes * 60.0)?;
    wrong += soak.killed(kills)?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Soak {
    /// All ways in turn, each as long as the others; how many rounds were wrong.
    fn long(&self, seconds: f64) -> Result<usize> {
        println!(
            "{:8} {:>7} {:>9} {:>11} {:>11} {:>9} {:>8} {:>9} {:>17} {:>8}",
            "job", "seconds", "calls/s", "made", "shown", "lost", "threads", "processes", "memory KiB", "objects"
        );
        let mut wrong = 0;
        let begin = Instant::now();
        while begin.elapsed().as_secs_f64() < seconds {
            for job in &jobs::ALL {
                let each = (seconds / jobs::ALL.len() as f64).min(job.most);
                let round = self.round(job, each).with_context(|| job.name.to_owned())?;
                let rate = round.made as f64 / round.seconds;
                let books = job.count == Count::Verdict || round.made == round.shown + round.lost;
                // A table of a hash grows by doubling; what grows with what came and went is more.
                let kept = round.processes / 2 * job.kept / 1024;
                let flat = round.memory.1 <= round.memory.0 + round.memory.0 / 4 + 1024 + kept;
                let mut said = Vec::new();
                said.extend((!books).then_some("THE BOOKS DO NOT BALANCE"));
                said.extend((!flat).then_some("MEMORY GROWS"));
                said.extend((round.left > 0).then_some("OBJECTS ARE LEFT"));
                wrong += usize::from(!said.is_empty());
                println!(
                    "{:8} {:>7.0} {:>9.0} {:>11} {:>11} {:>9} {:>8} {:>9} {:>8} {:>8} {:>4}/{:<3} {} {}",
                    job.name,
                    round.seconds,
                    rate,
                    round.made,
                    round.shown,
                    round.lost,
                    round.threads,
                    round.processes,
                    round.memory.0,
                    round.memory.1,
                    round.left,
                    round.objects,
                    round.verdict,
                    said.join(", ")
                );
            }
        }
        Ok(wrong)
    }

    /// tracer, and the load under it.
    fn command(&self, job: &Job, seconds: f64, dir: &Path) -> Command {
        let mut command = Command::new(&self.tracer);
        command.args(job.words.split(' ').map(|word| word.replace("{dir}", &dir.to_string_lossy()))).arg("--");
        command.arg(&self.load).args([seconds.to_string(), job.rate.to_string()]).arg(dir.join("made"));
        crate::run::without_cargo(&mut command);
        command
    }

    fn round(&self, job: &Job, seconds: f64) -> Result<Round> {
        let dir = Folder::new("round")?;
        let mut command = self.command(job, seconds, dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(dir.path().join("stderr"))?);
        let mut child = command.spawn()?;
        let end = Instant::now() + Duration::from_secs_f64(seconds) + PATIENCE;
        let (mut objects, mut memory) = (Objects::default(), Vec::new());
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if Instant::now() > end {
                child.kill()?;
                child.wait()?;
                bail!("it did not end");
            }
            memory.push(anonymous(&child));
            if memory.len() % 16 == 8 {
                objects.see(child.id());
            }
            std::thread::sleep(LOOK);
        };
        let left = objects.left();
        let stderr = dir.text("stderr");
        let made = Counts::read(&dir.text("made")).with_context(|| format!("{status}: {stderr}"))?;
        let most = |from: usize, to: usize| memory.get(from..to).into_iter().flatten().copied().max().unwrap_or(0);
        let n = memory.len();
        let verdict = match job.count {
            Count::Verdict => format!("exit {}", status.code().unwrap_or(-1)),
            _ => String::new(),
        };
        Ok(Round {
            made: made.calls,
            shown: job.shown(&self.tracer, dir.path())?,
            lost: parsing::lost_line(&stderr).events,
            seconds: made.seconds,
            threads: made.threads,
            processes: made.processes,
            memory: (most(n / 4, n / 2), most(3 * n / 4, n)),
            objects: objects.len(),
            left,
            verdict,
        })
    }

    /// Kills tracer at random moments; how many times that was felt by somebody.
    fn killed(&self, kills: u32) -> Result<usize> {
        let (mut begun, mut wrong, mut random) = (0, 0, seed());
        let (mut seen, mut left) = (0, 0);
        for number in 0..kills {
            let job = &jobs::ALL[number as usize % jobs::ALL.len()];
            // xorshift64: which moments these are matters to nobody.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let after = Duration::from_micros(random % (SHORT * 1e6) as u64);
            let dir = Folder::new("kill")?;
            let mut objects = Objects::default();
            let done = run::killed(self.command(job, SHORT, dir.path()), dir.path(), after, |pid| objects.see(pid))?;
            let is_whole = Counts::read(&dir.text("made")).is_some();
            let has_begun = dir.path().join("made").exists();
            begun += u32::from(has_begun);
            if done.hung || has_begun && !is_whole {
                println!("{}: killed after {} us: the command is not whole: {done:?}", job.name, after.as_micros());
                wrong += 1;
            }
            seen += objects.len();
            let still = objects.left();
            if still > 0 {
                println!("{}: killed after {} us: {still} objects are left in the kernel", job.name, after.as_micros());
                left += still;
                wrong += 1;
            }
        }
        println!(
            "{kills} times killed, {begun} of them while the command ran; {wrong} wrong; {left} of {seen} objects of the kernel left"
        );
        Ok(wrong)
    }
}

/// A number that differs from run to run.
fn seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.as_nanos() as u64 | 1
}

/// Anonymous memory of our child, in KiB: without the rings, which are mapped.
fn anonymous(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What the load says it made.
struct Counts {
    calls: u64,
    threads: u64,
    processes: u64,
    seconds: f64,
}

impl Counts {
    fn read(text: &str) -> Option<Counts> {
        let of = |name: &str| {
            let mut words = text.split_ascii_whitespace();
            words.find(|word| *word == name)?;
            words.next()
        };
        let number = |name: &str| of(name)?.parse::<u64>().ok();
        let calls = jobs::CALLS.iter().map(|call| number(call)).sum::<Option<u64>>()?;
        let (threads, processes) = (number("threads")?, number("processes")?);
        Some(Counts { calls, threads, processes, seconds: of("seconds")?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_read() {
        let counts = Counts::read("getppid 7 getpgid 2 dup 3 threads 1 processes 4 seconds 0.5\n").expect("counts");
        assert_eq!((counts.calls, counts.threads, counts.processes, counts.seconds), (12, 1, 4, 0.5));
        assert!(Counts::read("getppid 7").is_none());
    }
}
