//! One process as plain data: everything that /proc and the model of files and sockets tell of it, and what
//! follows from that ([`origin`], [`findings`], [`environment`], [`activity`]). Nothing here does I/O. What could
//! not be read is `None`, and stands in [`Report::missing`] with the reason: never an empty list without a word.

pub mod activity;
pub mod environment;
pub mod findings;
pub mod origin;

use self::activity::Activity;
use self::environment::Variable;
use self::findings::Finding;
use self::origin::Origin;
use crate::system::process::{Io, Limit, Region, Running, Stat, Status};
use crate::system::snapshot::{Access, Descriptor, Dev, Slot};
use crate::system::sockets::Socket;

/// What is known of a process.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// `/proc/PID/status`
    pub status: Status,
    /// `/proc/PID/stat`
    pub stat: Stat,
    /// The kernel's own thread: it has no program and no memory.
    pub kernel: bool,
    /// The command line, word by word; empty for the kernel's threads and zombies.
    pub command: Option<Vec<Vec<u8>>>,
    /// Seconds since the epoch at which it began.
    pub started: f64,
    /// The same in words, by the local time zone.
    pub started_text: String,
    /// Seconds since it began.
    pub age: f64,
    /// Ticks of a second: the unit of times in [`Stat`].
    pub ticks: u64,
    /// The program.
    pub program: Option<Descriptor>,
    /// The current directory.
    pub directory: Option<Descriptor>,
    /// The root directory.
    pub root: Option<Descriptor>,
    /// Parents, the nearest first.
    pub parents: Vec<Parent>,
    /// What started it.
    pub origin: Origin,
    /// Names of its real and effective user, and of its effective group.
    pub user_names: [Option<String>; 2],
    /// Name of its effective group.
    pub group_name: Option<String>,
    /// The highest capability of this kernel.
    pub last_capability: u32,
    /// Threads, in the order of their ids.
    pub threads: Vec<Thread>,
    /// I/O counters.
    pub io: Option<Io>,
    /// Descriptors, in the order of their numbers.
    pub descriptors: Option<Vec<Descriptor>>,
    /// Its sockets.
    pub sockets: Vec<HeldSocket>,
    /// Its pipes with other ends that are not its own alone.
    pub pipes: Vec<HeldPipe>,
    /// Mapped files.
    pub mapped: Option<Vec<Mapped>>,
    /// Memory that may be both written and executed.
    pub writable_code: Vec<Region>,
    /// Limits.
    pub limits: Option<Vec<Limit>>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Its cgroup of v2, or that of systemd in v1.
    pub cgroup: Option<Vec<u8>>,
    /// What its cgroup allows.
    pub cgroup_limits: Vec<Limit>,
    /// Environment.
    pub environment: Option<Vec<Variable>>,
    /// What it did while it was watched.
    pub activity: Option<Activity>,
    /// Whether it is still there.
    pub end: Fate,
    /// What could not be read.
    pub missing: Vec<Missing>,
    /// What deserves a look.
    pub findings: Vec<Finding>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What.
    pub what: &'static str,
    /// Why.
    pub why: String,
}

/// What became of the process while it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// The same process is still there.
    #[default]
    Alive,
    /// It has ended; what could still be read is told.
    Ended,
}

/// What a letter of a state means (proc(5)).
pub fn state_name(letter: u8) -> &'static str {
    match letter {
        b'R' => "running",
        b'S' => "sleeping",
        b'D' => "waiting, not to be interrupted",
        b'T' => "stopped",
        b't' => "stopped by a tracer",
        b'Z' => "ended, not waited for by its parent (zombie)",
        b'X' | b'x' => "dead",
        b'I' => "idle",
        b'P' => "parked",
        _ => "unknown",
    }
}

/// A parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Process.
    pub pid: u32,
    /// Name.
    pub comm: Vec<u8>,
    /// Controlling terminal.
    pub tty: Dev,
}

/// A thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub tid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// State, a letter of proc(5).
    pub state: u8,
    /// Ticks of CPU time.
    pub time: u64,
    /// The call that it is in.
    pub call: Option<Running>,
    /// The kernel's function in which it waits.
    pub waits_in: Option<Vec<u8>>,
    /// Context switches that it asked for, and that it did not.
    pub switches: Option<(u64, u64)>,
}

/// What context switches say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Too few to say anything.
    TooFew,
    /// It mostly gave the CPU away to wait: for I/O, locks, timers, others.
    Waits,
    /// Mostly it was taken away: CPU bound.
    Runs,
    /// The same, but most of the time it does not run at all.
    Bursts,
    /// Neither.
    Both,
}

impl Reading {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Reading::TooFew => "too few to say",
            Reading::Waits => "mostly voluntary: it waits (for I/O, locks, timers or others)",
            Reading::Runs => "mostly involuntary: it is CPU bound",
            Reading::Bursts => "mostly involuntary, but it seldom runs: it computes in bursts",
            Reading::Both => "some of both: it computes and waits",
        }
    }

    /// A word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Reading::TooFew => "too-few",
            Reading::Waits => "waits",
            Reading::Runs => "cpu-bound",
            Reading::Bursts => "bursts",
            Reading::Both => "both",
        }
    }
}

/// Below so many switches nothing is said.
const FEW: u128 = 10;

/// The share of its life that a CPU-bound process has a CPU, at least: others want one, too.
const BUSY: f64 = 0.25;

/// Reads (voluntary, involuntary) switches of a process that had a CPU for such a share of its life.
pub fn reading((voluntary, involuntary): (u64, u64), ran: f64) -> Reading {
    let (all, taken) = (u128::from(voluntary) + u128::from(involuntary), u128::from(involuntary));
    if all < FEW {
        Reading::TooFew
    } else if taken * 2 >= all {
        if ran < BUSY { Reading::Bursts } else { Reading::Runs }
    } else if taken * 4 <= all {
        Reading::Waits
    } else {
        Reading::Both
    }
}

/// A process that holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process.
    pub pid: u32,
    /// Name.
    pub comm: Vec<u8>,
    /// Descriptor.
    pub fd: i32,
    /// For what, where it is known.
    pub access: Access,
}

/// A socket that it holds.
#[derive(Debug, Clone)]
pub struct HeldSocket {
    /// Its descriptors.
    pub fds: Vec<u32>,
    /// Inode.
    pub inode: u64,
    /// What the kernel tells of it; `None` when no table lists it.
    pub socket: Option<Socket>,
    /// Who holds the other end, when that is on this machine.
    pub peers: Vec<Holder>,
    /// The name that the other end is bound to (unix).
    pub peer_name: Option<Vec<u8>>,
}

/// A pipe that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldPipe {
    /// Its descriptors.
    pub fds: Vec<u32>,
    /// Inode.
    pub inode: u64,
    /// Who else holds it.
    pub others: Vec<Holder>,
}

/// A mapped file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// What it is.
    pub file: Descriptor,
    /// Bytes of address space.
    pub bytes: u64,
    /// Some of it may be executed.
    pub executable: bool,
    /// Some of it may be written, and others see that.
    pub written_shared: bool,
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// `net`, `mnt` and their like.
    pub kind: String,
    /// Inode; `None` when it may not be read.
    pub inode: Option<u64>,
    /// Whether tracer is in the same.
    pub same: Option<bool>,
}

impl Report {
    /// Process id.
    pub fn pid(&self) -> u32 {
        self.status.tgid
    }

    /// CPUs that it had on the average since it began.
    pub fn ran(&self) -> f64 {
        let seconds = (self.stat.user_time + self.stat.system_time) as f64 / self.ticks.max(1) as f64;
        if self.age > 0.0 { seconds / self.age } else { 0.0 }
    }

    /// Context switches of all threads, and what they say; `None` when they could not be read.
    pub fn switches(&self) -> Option<((u64, u64), Reading)> {
        let known = self.threads.iter().filter_map(|thread| thread.switches);
        let sum = known.fold(None, |sum: Option<(u64, u64)>, (a, b)| {
            let (c, d) = sum.unwrap_or_default();
            Some((a.saturating_add(c), b.saturating_add(d)))
        })?;
        Some((sum, reading(sum, self.ran())))
    }

    /// The descriptor with a number.
    pub fn descriptor(&self, fd: u32) -> Option<&Descriptor> {
        let number = Slot::Number(fd);
        self.descriptors.iter().flatten().find(|descriptor| descriptor.slot == number)
    }

    /// Something could not be read.
    pub fn miss(&mut self, what: &'static str, why: impl Into<String>) {
        self.missing.push(Missing { what, why: why.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read() {
        for (switches, ran, expected) in [
            ((0, 0), 1.0, Reading::TooFew),
            ((9, 0), 1.0, Reading::TooFew),
            ((100, 3), 1.0, Reading::Waits),
            ((3, 100), 0.9, Reading::Runs),
            // A server that sleeps in poll.
            ((20, 34), 0.01, Reading::Bursts),
            ((60, 40), 0.5, Reading::Both),
            ((u64::MAX, u64::MAX), 1.0, Reading::Runs),
        ] {
            assert_eq!(reading(switches, ran), expected, "{switches:?}");
        }
    }
}
