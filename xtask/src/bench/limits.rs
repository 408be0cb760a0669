//! What tracer itself needs, and how much it stands: its peak memory, and the rate of records at which the first is lost.

use std::ffi::OsString;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::measuring::{Job, failed};
use super::parsing;
use super::rounds::Bench;
use super::tracers::{self, Target, Tools};
use super::workloads::{Call, Workload};

/// The first rate that is tried, in records a second.
const FIRST: f64 = 100_000.0;

/// Peak memory of one way of output, in bytes.
#[derive(Debug)]
pub struct Memory {
    /// The row of the tracer.
    pub title: &'static str,
    /// VmHWM: everything that is mapped and was touched, the ring included.
    pub peak: u64,
    /// Of that, the mappings of BPF maps: the ring, whose pages are mapped twice and count twice.
    pub ring: u64,
}

/// How many records a second are kept.
#[derive(Debug)]
pub struct Rate {
    /// Processes that make calls.
    pub producers: u32,
    /// The greatest rate at which nothing was lost, records a second.
    pub kept: f64,
    /// The least at which something was; `None` when nothing is lost at full speed.
    pub lost_at: Option<f64>,
}

/// Runs a loop of getppid at full speed for about two seconds, and looks at the tracer meanwhile.
pub fn memory(bench: &Bench, name: &str) -> Result<Memory> {
    let tracer = tracers::ALL.iter().find(|tracer| tracer.name == name).context("no such tracer")?;
    let argv = pace(bench, 2.0, 0.0, 1);
    let command = tracer.command(&bench.ours, &Target::Command(&argv), Workload::Getppid, &bench.scratch);
    let job = Job::start(command, &bench.scratch, "tracer")?;
    let mut memory = Memory { title: tracer.title, peak: 0, ring: 0 };
    let mut next = Instant::now();
    let done = job.wait(bench.limit, |pid| {
        // smaps stops the process's page faults while it is read: not at every look.
        if Instant::now() < next {
            return;
        }
        next = Instant::now() + Duration::from_millis(50);
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        memory.peak = memory.peak.max(kilobytes(&read("status"), "VmHWM:"));
        memory.ring = memory.ring.max(resident_maps(&read("smaps")));
    })?;
    let _ = fs::remove_file(tracer.output(&bench.scratch));
    if !done.status.success() {
        return Err(failed("tracer", &done));
    }
    if memory.peak == 0 {
        bail!("the tracer's memory could not be read");
    }
    Ok(memory)
}

/// Memory of the tracer's own while processes and descriptors come and go, in bytes: what it must not do is to grow.
#[derive(Debug)]
pub struct Churn {
    /// Processes that came and went.
    pub processes: u64,
    /// Calls that were shown.
    pub calls: u64,
    /// Seconds that it took.
    pub seconds: f64,
    /// The most of the second quarter, and of the last: anonymous memory (RssAnon), without the mapped ring.
    pub early: u64,
    /// See `early`.
    pub late: u64,
}

/// Traces processes that come and go at full speed, with their descriptors' paths, and looks at the tracer's memory.
pub fn churn(bench: &Bench, processes: u64) -> Result<Churn> {
    let tracer = tracers::ALL.iter().find(|tracer| tracer.name == "text-y").context("no such tracer")?;
    let words = ["churn".into(), processes.to_string(), "/etc/passwd".into()];
    let argv: Vec<OsString> =
        std::iter::once(bench.fixtures.load.clone().into()).chain(words.into_iter().map(OsString::from)).collect();
    let command = tracer.command(&bench.ours, &Target::Command(&argv), Workload::Files, &bench.scratch);
    let job = Job::start(command, &bench.scratch, "tracer")?;
    let mut seen = Vec::new();
    let done = job.wait(bench.limit.max(Duration::from_secs(180)), |pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        seen.push(kilobytes(&status, "RssAnon:"));
    })?;
    let (_, seconds) = parsing::load(&done.stdout).context("the load printed no time")?;
    let tools = Tools { ours: &bench.ours, load: &bench.fixtures.load, scratch: &bench.scratch };
    let lost = tracer.lost(&done.stderr, &tools)?.events;
    let calls = tracer.shown(Call::Any, &tools)?;
    fs::remove_file(tracer.output(&bench.scratch))?;
    if !done.status.success() || lost > 0 || calls < processes * 122 {
        bail!("of at least {} calls {calls} are shown and {lost} said to be lost", processes * 122);
    }
    let most = |part: std::ops::Range<usize>| seen.get(part).into_iter().flatten().copied().max().unwrap_or(0);
    let n = seen.len();
    Ok(Churn { processes, calls, seconds, early: most(n / 4..n / 2), late: most(3 * n / 4..n) })
}

/// Looks for the rate at which records begin to be lost, with text to a file and the default ring: doubles, then halves the gap.
pub fn rate(bench: &Bench, producers: u32, seconds: f64, steps: u32) -> Result<Rate> {
    let full = attempt(bench, producers, seconds, 0.0)?;
    if full.lost == 0 {
        return Ok(Rate { producers, kept: full.rate, lost_at: None });
    }
    let (mut kept, mut lost) = (0.0, full.rate);
    let mut asked = FIRST;
    while asked < full.rate {
        let found = attempt(bench, producers, seconds, asked)?;
        if found.lost > 0 {
            lost = asked.min(lost);
            break;
        }
        kept = found.rate;
        asked *= 2.0;
    }
    for _ in 0..steps {
        let middle = f64::midpoint(kept, lost);
        let found = attempt(bench, producers, seconds, middle)?;
        if found.lost > 0 {
            lost = middle;
        } else {
            kept = found.rate.max(kept);
        }
    }
    Ok(Rate { producers, kept, lost_at: Some(lost) })
}

/// What came of one rate.
struct Attempt {
    /// Calls a second that were made.
    rate: f64,
    /// Events that were lost.
    lost: u64,
}

fn attempt(bench: &Bench, producers: u32, seconds: f64, asked: f64) -> Result<Attempt> {
    let tracer = tracers::ALL.iter().find(|tracer| tracer.name == "text").context("no such tracer")?;
    let argv = pace(bench, seconds, asked, producers);
    let command = tracer.command(&bench.ours, &Target::Command(&argv), Workload::Getppid, &bench.scratch);
    let done = super::measuring::run(command, &bench.scratch, "tracer", bench.limit)?;
    let (made, took) = parsing::load(&done.stdout).context("the load printed no rate")?;
    let tools = Tools { ours: &bench.ours, load: &bench.fixtures.load, scratch: &bench.scratch };
    let lost = tracer.lost(&done.stderr, &tools)?.events;
    let shown = tracer.shown(Call::Any, &tools)?;
    fs::remove_file(tracer.output(&bench.scratch))?;
    if shown + lost < made {
        bail!("of {made} calls {shown} are shown and {lost} said to be lost");
    }
    Ok(Attempt { rate: made as f64 / took, lost })
}

/// The load that makes calls at a rate.
fn pace(bench: &Bench, seconds: f64, rate: f64, producers: u32) -> Vec<OsString> {
    let words = ["pace".into(), seconds.to_string(), rate.to_string(), producers.to_string()];
    std::iter::once(bench.fixtures.load.clone().into()).chain(words.into_iter().map(OsString::from)).collect()
}

/// A field of /proc/PID/status that is in kB, in bytes (proc_pid_status(5)).
fn kilobytes(status: &str, field: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(field));
    value.and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// The resident bytes of the mappings of BPF maps (proc_pid_smaps(5)).
fn resident_maps(smaps: &str) -> u64 {
    let (mut sum, mut ours) = (0, false);
    for line in smaps.lines() {
        if line.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_lowercase()) {
            ours = line.contains("anon_inode:bpf-map") || line.contains("anon_inode:bpf_map");
        } else if ours {
            sum += kilobytes(line, "Rss:");
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_proc() {
        let status = "Name:\ttracer\nVmPeak:\t  999 kB\nVmHWM:\t   12 kB\n";
        assert_eq!(kilobytes(status, "VmHWM:"), 12 * 1024);
        assert_eq!(kilobytes(status, "VmSwap:"), 0);
        let smaps = "\
7f0000000000-7f0000001000 rw-s 00000000 00:0e 1 anon_inode:bpf-map
Size: 4 kB
Rss: 4 kB
7f0000002000-7f0000004000 r--s 00001000 00:0e 1 anon_inode:bpf-map
Rss: 8 kB
7f0000005000-7f0000006000 rw-p 00000000 00:00 0 [heap]
Rss: 100 kB
";
        assert_eq!(resident_maps(smaps), 12 * 1024);
        assert_eq!(resident_maps(""), 0);
    }
}
