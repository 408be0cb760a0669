//! One process as /proc tells it: the files of /proc/PID as plain data, which `procfs` fills. Nothing here does I/O.

use super::snapshot::Dev;

/// `/proc/PID/status`; sizes are kB, as there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Name, unescaped.
    pub name: Vec<u8>,
    /// State, a letter of proc(5); 0 when it was not told.
    pub state: u8,
    /// Process.
    pub tgid: u32,
    /// Parent.
    pub ppid: u32,
    /// Who traces it; 0 for nobody.
    pub tracer: u32,
    /// Real, effective, saved, file system user.
    pub uids: [u32; 4],
    /// The same of the group.
    pub gids: [u32; 4],
    /// Supplementary groups.
    pub groups: Vec<u32>,
    /// Its id in each nested pid namespace, ours first.
    pub nested_pids: Vec<u32>,
    /// The same of the task, of its process group and of its session.
    pub nested_tids: Vec<u32>,
    /// Its process group.
    pub nested_groups: Vec<u32>,
    /// Its session.
    pub nested_sessions: Vec<u32>,
    /// umask(2)
    pub umask: Option<u32>,
    /// `Vm*`, `Rss*`: the names of proc(5) and kB.
    pub memory: Vec<(&'static str, u64)>,
    /// Number of threads.
    pub threads: u64,
    /// Queued signals of its user, and their limit.
    pub queued: Option<(u64, u64)>,
    /// Sets of signals: pending, shared pending, blocked, ignored, caught.
    pub signals: [u64; 5],
    /// Capabilities: inheritable, permitted, effective, bounding, ambient.
    pub capabilities: [u64; 5],
    /// `no_new_privs`
    pub no_new_privileges: bool,
    /// Mode of seccomp(2).
    pub seccomp: u32,
    /// A thread's return addresses are kept by the processor as well (x86_64: `shstk`).
    pub shadow_stack: bool,
    /// CPUs it may run on.
    pub cpus: String,
    /// Context switches that the task asked for, and that it did not: of one thread.
    pub switches: Option<(u64, u64)>,
}

impl Status {
    /// Whether a capability (capabilities(7)) is among the effective ones.
    pub fn is_capable(&self, capability: u32) -> bool {
        self.capabilities[2] >> capability & 1 != 0
    }

    /// A size by its name in proc(5), kB.
    pub fn kb(&self, name: &str) -> Option<u64> {
        self.memory.iter().find(|(known, _)| *known == name).map(|(_, kb)| *kb)
    }
}

/// `/proc/PID/stat`; times are in ticks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stat {
    /// Id.
    pub pid: u32,
    /// Name.
    pub comm: Vec<u8>,
    /// State, a letter of proc(5).
    pub state: u8,
    /// Parent.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// Session.
    pub session: u32,
    /// Controlling terminal.
    pub tty: Dev,
    /// `PF_*`
    pub flags: u64,
    /// Time in user mode.
    pub user_time: u64,
    /// Time in the kernel.
    pub system_time: u64,
    /// nice(2)
    pub nice: i64,
    /// How many threads it has.
    pub threads: u64,
    /// Pages of memory that it has in RAM.
    pub resident: u64,
    /// When it began, since boot.
    pub start: u64,
    /// The processor on which it last ran.
    pub processor: Option<usize>,
    /// What it ended with, or which signal stopped it; 0 where nobody says.
    pub exit_code: i64,
    /// Page faults that no I/O was needed for, and those for which it was.
    pub faults: (u64, u64),
    /// Terminal's foreground process group; -1 for none.
    pub foreground: i64,
    /// Priority among real-time tasks; 0: it is none.
    pub rt_priority: u64,
    /// `SCHED_*`
    pub policy: u64,
}

/// How far a task has come: numbers that only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// Nanoseconds on a CPU.
    pub ran: u64,
    /// Nanoseconds for which it was ready and had no CPU.
    pub delayed: u64,
    /// How often it was given a CPU.
    pub times: u64,
}

/// Whether a state is that of a task that has ended: a zombie, or one that is just taken away.
pub fn has_ended(state: u8) -> bool {
    matches!(state, b'Z' | b'X' | b'x')
}

/// The call that a thread is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Name, or `call N`.
    pub name: String,
    /// The descriptor that its first argument is.
    pub fd: Option<u32>,
}

/// `/proc/PID/io`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Io {
    /// Bytes that read(2) and its like gave.
    pub read: u64,
    /// Bytes that write(2) and its like took.
    pub written: u64,
    /// Calls that read.
    pub read_calls: u64,
    /// Calls that wrote.
    pub write_calls: u64,
    /// Bytes that came from storage.
    pub from_storage: u64,
    /// Bytes that go to storage.
    pub to_storage: u64,
    /// Of them, bytes that never will: their files were cut or deleted.
    pub cancelled: u64,
}

/// A range of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub from: u64,
    /// Address behind the last.
    pub to: u64,
    /// `rwxp`
    pub permissions: [u8; 4],
    /// What is mapped; empty for anonymous memory.
    pub path: Vec<u8>,
}

/// A range of memory, and what of which file is mapped there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// First address.
    pub from: u64,
    /// Address behind the last.
    pub to: u64,
    /// It may be executed.
    pub code: bool,
    /// Others may have it, too: what one writes all see.
    pub shared: bool,
    /// Where in the file it begins.
    pub offset: u64,
    /// Device of the file.
    pub dev: Dev,
    /// Its inode.
    pub ino: u64,
    /// Its path, ` (deleted)` behind it included, or a word of the kernel's (`[vdso]`); empty for anonymous memory.
    pub path: Vec<u8>,
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// `Max open files` and its like, or `memory.max`.
    pub name: String,
    /// `None`: unlimited.
    pub soft: Option<u64>,
    /// The same of the hard limit.
    pub hard: Option<u64>,
    /// What it is counted in.
    pub unit: String,
    /// How much is used, where that is known.
    pub used: Option<u64>,
}

impl Limit {
    /// Whether 80 % are used.
    pub fn near(&self) -> bool {
        let (Some(used), Some(soft)) = (self.used, self.soft) else { return false };
        used > 0 && u128::from(used) * 100 >= u128::from(soft) * 80
    }
}

/// What a cgroup, or one above it, does to its tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its path in its hierarchy.
    pub path: Vec<u8>,
    /// Its tasks are frozen, because of itself.
    pub frozen: bool,
    /// CPU time that it may use in a period, both in microseconds.
    pub quota: Option<(u64, u64)>,
    /// How often it was held back for that, and for how many nanoseconds.
    pub throttled: Option<(u64, u64)>,
    /// Its memory.
    pub memory: Option<GroupMemory>,
}

/// Memory of a cgroup; bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupMemory {
    /// What it has.
    pub used: u64,
    /// Above this its tasks are slowed down.
    pub high: Option<u64>,
    /// More it cannot have.
    pub max: Option<u64>,
    /// How often it met one of them.
    pub met: u64,
    /// Pages of files that had to be read again soon after they were given up.
    pub refaults: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_near_from_four_fifths_on() {
        let limit = |used, soft| Limit { name: String::new(), soft, hard: None, unit: String::new(), used };
        assert!(limit(Some(80), Some(100)).near() && limit(Some(1), Some(0)).near());
        assert!(!limit(Some(79), Some(100)).near() && !limit(None, Some(1)).near());
        assert!(!limit(Some(9), None).near() && !limit(Some(0), Some(0)).near());
    }
}
