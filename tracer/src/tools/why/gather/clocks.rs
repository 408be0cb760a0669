//! The scheduler's clocks. Each CPU has its own, and on virtual machines, whose CPUs lose time to others, they differ by seconds. When a
//! task last ran is told on the clock of its CPU: what that shows now is read there.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::system::procfs::account;
use crate::system::procfs::who::Who;
use crate::system::threads;

/// How long a CPU is waited for, which a real-time task may have for itself.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the clocks of CPUs showed, and when.
#[derive(Debug, Default)]
pub struct Clocks {
    known: HashMap<usize, Option<(f64, Instant)>>,
}

impl Clocks {
    /// Milliseconds on the clock of a CPU, now; `None`: it cannot be had.
    pub fn now(&mut self, cpu: usize) -> Option<f64> {
        let (shown, at) = (*self.known.entry(cpu).or_insert_with(|| read(cpu)))?;
        Some(shown + at.elapsed().as_secs_f64() * 1000.0)
    }
}

/// A thread goes to the CPU, and sees when it began to run there.
fn read(cpu: usize) -> Option<(f64, Instant)> {
    if cpu >= CpuSet::MAX_CPU {
        return None;
    }
    let (tell, told) = mpsc::channel();
    let look = move || {
        let mut only = CpuSet::new();
        only.set(cpu);
        let there = sched_setaffinity(None, &only).is_ok();
        let text = Who::ThisThread.read("sched").ok().filter(|_| there);
        // Nobody may wait any more.
        let _ = tell.send(text.and_then(|text| Some((account::last_ran(&text)?, Instant::now()))));
    };
    threads::start(look).ok()?;
    told.recv_timeout(PATIENCE).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on() {
        let mut clocks = Clocks::default();
        let cpu = Who::ThisThread.stat().and_then(|stat| stat.processor).expect("a processor");
        let Some(first) = clocks.now(cpu) else { return eprintln!("skipped: /proc/PID/sched is not there") };
        let again = clocks.now(cpu).expect("the same");
        assert!((first..first + 1000.0).contains(&again), "{first} {again}");
        assert_eq!(clocks.now(CpuSet::MAX_CPU), None);
    }
}
