//! Staying near. A call costs two stops, and each stop two wake-ups; what they cost depends on where tracer
//! and tracee run. Where another processor is idle the kernel wakes each on it, out of its sleep: 65-95 us a
//! call on a virtual machine with two processors. Two ways out, chosen by what happens:
//!
//! * After a stop tracer looks for the next one a little while before it sleeps: it then needs no wake-up
//!   (26 us a call there). As long as stops come in that time, it goes on so; when they do not, because the
//!   task waits or because it needs the very processor that tracer holds, tracer sleeps at once for the next
//!   stops and then tries again.
//! * Where that does not pay and one task makes all the stops, tracer binds itself to the processor on which
//!   the task last ran (15-20 us a call, when no other is idle).
//!
//! The tracee's own affinity is never touched.

use std::time::{Duration, Instant};

use crate::system::procfs::who::Who;

/// Stops in a row by one task before its processor is looked up again.
const PERIOD: u32 = 64;
/// How long to look for the next stop before sleeping.
const LOOK: Duration = Duration::from_micros(40);
/// What a vain look costs, and the most that stops found can earn.
const VAIN: i32 = 4;
const CREDIT: i32 = 16;
/// Stops without looking after the credit is used up.
const PAUSE: i32 = 128;

/// Which task tracer stays near to, and how.
#[derive(Debug)]
pub struct Follow {
    tid: u32,
    row: u32,
    bound: Option<usize>,
    own: Option<libc::cpu_set_t>,
    /// Positive: look before sleeping; else stops to go until the next try.
    credit: i32,
}

impl Default for Follow {
    fn default() -> Follow {
        Follow { tid: 0, row: 0, bound: None, own: None, credit: VAIN }
    }
}

impl Follow {
    /// Looks for a stop with `poll` for a short while, when that has paid lately.
    pub fn look<T>(&mut self, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
        if self.credit <= 0 {
            self.credit += 1;
            if self.credit == 0 {
                self.credit = VAIN;
                self.unbind();
            }
            return None;
        }
        let begun = Instant::now();
        loop {
            if let Some(found) = poll() {
                self.credit = (self.credit + 1).min(CREDIT);
                return Some(found);
            }
            if begun.elapsed() > LOOK {
                self.credit -= VAIN;
                if self.credit <= 0 {
                    self.credit = -PAUSE;
                }
                return None;
            }
            std::hint::spin_loop();
        }
    }

    /// A task stopped.
    pub fn stopped(&mut self, tid: u32) {
        if self.credit > 0 {
            return;
        }
        if tid != self.tid {
            self.tid = tid;
            self.row = 0;
            self.unbind();
            return;
        }
        self.row += 1;
        if self.row.is_multiple_of(PERIOD)
            && let Some(cpu) = Who::Id(tid).stat().and_then(|stat| stat.processor)
            && self.bound != Some(cpu)
        {
            self.bind(cpu);
        }
    }

    /// Runs where tracer may run by its own affinity.
    pub fn unbind(&mut self) {
        if self.bound.take().is_some()
            && let Some(own) = &self.own
        {
            set_affinity(own);
        }
    }

    fn bind(&mut self, cpu: usize) {
        if self.own.is_none() {
            self.own = affinity();
        }
        let Some(own) = &self.own else { return };
        // SAFETY: zeroed is an empty set; the number is checked against its size.
        unsafe {
            if cpu >= libc::CPU_SETSIZE as usize || !libc::CPU_ISSET(cpu, own) {
                return;
            }
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(cpu, &mut set);
            if set_affinity(&set) {
                self.bound = Some(cpu);
            }
        }
    }
}

fn affinity() -> Option<libc::cpu_set_t> {
    // SAFETY: zeroed is an empty set of the size that is said.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        (libc::sched_getaffinity(0, size_of_val(&set), &mut set) == 0).then_some(set)
    }
}

fn set_affinity(set: &libc::cpu_set_t) -> bool {
    // SAFETY: the set is whole; 0 is this thread.
    unsafe { libc::sched_setaffinity(0, size_of_val(set), set) == 0 }
}
