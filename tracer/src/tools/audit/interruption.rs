//! What becomes of an interrupted run: the command and all that descends from it are ended, by the signal that tracer got, then by
//! stronger ones, while their events are still taken. Nothing is left behind but what was asked for (`--keep`).

use std::time::{Duration, Instant};

use super::resolve::Machine;
use crate::tools::audit::evidence::collect::{Collector, World};
use crate::trace::ending;

/// How long a signal has to end what got it. Shells start background jobs with SIGINT ignored.
const STEP: Duration = Duration::from_millis(700);

/// The step from which on nobody is asked.
const KILL: usize = 2;

/// A run that is being ended.
#[derive(Debug)]
pub struct Stopping {
    signal: i32,
    keep: bool,
    impatient: bool,
    /// The last step, when it was taken.
    step: Option<(usize, Instant)>,
}

impl Stopping {
    /// Nothing was sent yet. `keep`: the command alone is ended.
    pub fn new(signal: i32, keep: bool) -> Stopping {
        Stopping { signal, keep, impatient: false, step: None }
    }

    /// Asked again: nobody is waited for any more.
    pub fn hurry(&mut self) {
        self.impatient = true;
    }

    /// Goes on with it; true when there is nothing left to end, or nothing left to try.
    pub fn step(&mut self, collector: &Collector<'_>, command: Option<u32>) -> bool {
        let running = collector.descendants();
        if running.is_empty() {
            return true;
        }
        let signals = [self.signal, libc::SIGTERM, libc::SIGKILL, libc::SIGKILL];
        let next = match self.step {
            Some((step, _)) if std::mem::take(&mut self.impatient) => (step + 1).max(KILL),
            None => 0,
            Some((step, since)) if since.elapsed() >= STEP => step + 1,
            Some(_) => return false,
        };
        let Some(&signal) = signals.get(next) else { return true };
        self.step = Some((next, Instant::now()));
        for (pid, program) in running {
            // The command was not waited for: its number is its own. Another's could belong to somebody else by now.
            let own = Some(pid) == command;
            if own || !self.keep && is_still(pid, program) {
                ending::stop_command(pid, signal);
            }
        }
        self.keep
    }
}

/// Whether a process still runs the program that it was seen to run.
fn is_still(pid: u32, program: &[u8]) -> bool {
    Machine::new().program(pid) == program
}
