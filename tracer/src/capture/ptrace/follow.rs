//! Staying near: when tracer and tracee run on different processors, each of the two stops of a call costs
//! wake-ups across processors, of which the second may sleep: 120-180 us a call against 20 where they share
//! one. So while one task makes all the stops, tracer binds itself to the processor on which that task last
//! ran; with several active tasks, or when stops are rare, it takes the binding off. The tracee's own
//! affinity is never touched.

use std::io::Read;

/// Stops in a row by one task before its processor is looked up again.
const PERIOD: u32 = 64;

/// Which task tracer stays near to.
#[derive(Debug, Default)]
pub struct Follow {
    tid: u32,
    row: u32,
    bound: Option<usize>,
    own: Option<libc::cpu_set_t>,
}

impl Follow {
    /// A task stopped; `tasks` are traced in all.
    pub fn stopped(&mut self, tid: u32, _tasks: usize) {
        if tid != self.tid {
            self.tid = tid;
            self.row = 0;
            self.unbind();
            return;
        }
        self.row += 1;
        if self.row % PERIOD == 0
            && let Some(cpu) = last_cpu(tid)
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

/// The processor on which a task last ran: field 39 of /proc/TID/stat.
fn last_cpu(tid: u32) -> Option<usize> {
    let mut buf = [0u8; 1024];
    let n = std::fs::File::open(format!("/proc/{tid}/stat")).ok()?.read(&mut buf).ok()?;
    let stat = &buf[..n];
    let behind = stat.iter().rposition(|&b| b == b')')? + 1;
    let field = stat[behind..].split(|&b| b == b' ').filter(|f| !f.is_empty()).nth(36)?;
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}
