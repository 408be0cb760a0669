//! Which processes a script made and left behind: stopped, zombies, or waiting for what never comes.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions};
use rustix::process::{getpid, kill_process, pidfd_open, set_child_subreaper, waitpid};

use crate::machine;

/// How long processes may take to end once the script has.
const PATIENCE: Duration = Duration::from_secs(5);

/// Processes that are made from now on by children of this process. Orphans among them become its own children meanwhile.
#[derive(Debug)]
pub struct Made {
    before: HashSet<i32>,
}

/// A process.
#[derive(Debug)]
struct Process {
    pid: i32,
    parent: i32,
    /// Its name and its state.
    what: String,
    zombie: bool,
}

impl Made {
    /// Begins to watch. One watch at a time.
    pub fn watch() -> Result<Made> {
        set_child_subreaper(Some(getpid())).context("cannot adopt orphans")?;
        Ok(Made { before: descendants().into_iter().map(|process| process.pid).collect() })
    }

    /// Ends the watch: which processes are left after a time that is enough for those that are ending, when the script has `ended`. They
    /// are killed.
    pub fn left(self, ended: bool) -> Result<Vec<String>> {
        let end = Instant::now() + if ended { PATIENCE * machine::slowness() } else { Duration::ZERO };
        let left = loop {
            let mut left = descendants();
            left.retain(|process| !self.before.contains(&process.pid));
            // An orphan that ended is ours to wait for: its own parent had no chance to.
            left.retain(|process| {
                let orphan = process.zombie && process.parent == getpid().as_raw_nonzero().get();
                let waited = orphan.then(|| waitpid(Pid::from_raw(process.pid), WaitOptions::NOHANG));
                !matches!(waited, Some(Ok(Some(_)) | Err(_)))
            });
            let now = Instant::now();
            if left.is_empty() || now >= end {
                break left;
            }
            first_end(&left, end - now);
        };
        set_child_subreaper(None).context("cannot stop adopting orphans")?;
        for process in &left {
            // It is gone by now, or it is one that the script made.
            let _ = Pid::from_raw(process.pid).map(|pid| kill_process(pid, Signal::KILL));
        }
        Ok(left.into_iter().map(|process| process.what).collect())
    }
}

/// Waits until one of the processes has ended, or as long as that.
fn first_end(processes: &[Process], wait: Duration) {
    let open = |process: &Process| pidfd_open(Pid::from_raw(process.pid)?, PidfdFlags::empty()).ok();
    let pidfds: Vec<_> = processes.iter().filter(|process| !process.zombie).filter_map(open).collect();
    let mut polled: Vec<_> = pidfds.iter().map(|pidfd| PollFd::new(pidfd, PollFlags::IN)).collect();
    // A zombie whose parent lives has nothing to wait for but its parent.
    let wait = rustix::time::Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
    let _ = poll(&mut polled, Some(&wait));
}

/// Every process below this one.
fn descendants() -> Vec<Process> {
    let mut found: HashSet<i32> = HashSet::from([getpid().as_raw_nonzero().get()]);
    let mut rest: Vec<Process> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(process)
        .collect();
    let mut below = Vec::new();
    loop {
        let (more, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|process| found.contains(&process.parent));
        if more.is_empty() {
            return below;
        }
        found.extend(more.iter().map(|process| process.pid));
        below.extend(more);
        rest = others;
    }
}

/// What /proc says of a process.
fn process(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (head, rest) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut words = rest.split_whitespace();
    let (state, parent) = (words.next()?, words.next()?.parse().ok()?);
    Some(Process { pid, parent, what: format!("{pid} {name} ({state})"), zombie: state == "Z" })
}
