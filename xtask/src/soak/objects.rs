//! What a tracer has in the kernel: programs, maps and links by their ids, which are not given twice. Others use eBPF on the machine, too,
//! so what is left is not found by counting.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// `BPF_*_GET_FD_BY_ID`, include/uapi/linux/bpf.h.
const PROGRAM: (&str, i64) = ("prog_id:", 13);
const MAP: (&str, i64) = ("map_id:", 14);
const LINK: (&str, i64) = ("link_id:", 30);

/// How long the kernel may take to let go: it waits for grace periods.
const BOUND: Duration = Duration::from_secs(20);

/// Objects, each with the command by which it is asked for.
#[derive(Debug, Default)]
pub struct Objects(BTreeSet<(i64, u32)>);

impl Objects {
    /// Adds those that a process has descriptors of.
    pub fn see(&mut self, pid: u32) {
        let Ok(list) = fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return };
        for entry in list.flatten() {
            let text = fs::read_to_string(entry.path()).unwrap_or_default();
            for (name, command) in [PROGRAM, MAP, LINK] {
                let id = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
                self.0.extend(id.map(|id| (command, id)));
            }
        }
    }

    /// How many were seen.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many are still there, when those that go have gone.
    pub fn left(&self) -> usize {
        let end = Instant::now() + BOUND;
        loop {
            let left = self.0.iter().filter(|(command, id)| is_there(*command, *id)).count();
            if left == 0 || Instant::now() > end {
                return left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Whether there is an object of this id.
fn is_there(command: i64, id: u32) -> bool {
    // The union of bpf(2): the id, what follows it, and flags.
    let attributes = [id, 0, 0, 0];
    // SAFETY: the attributes are as long as it is said, and there for the call.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, command, attributes.as_ptr(), size_of_val(&attributes)) };
    if fd >= 0 {
        // SAFETY: the descriptor is new and nobody else's.
        unsafe { libc::close(fd as i32) };
    }
    fd >= 0
}
