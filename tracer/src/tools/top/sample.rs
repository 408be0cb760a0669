//! What was read at one moment: numbers that grow, and states. Rates are made of two of them ([`super::model`]). Nothing here does I/O.

use std::collections::BTreeMap;

use crate::capture::Count;
use crate::system::process::{Io, Stat, Status};

/// A moment.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Seconds, on a clock that only grows.
    pub at: f64,
    /// Seconds since the epoch.
    pub wall: f64,
    /// The time of day, for people.
    pub clock: String,
    /// The processes that are watched.
    pub processes: BTreeMap<u32, Process>,
    /// Their calls, as far as they were counted; none where nobody counts.
    pub counts: Option<BTreeMap<u32, Vec<Count>>>,
    /// The process that is looked into.
    pub focus: Option<Focus>,
    /// What was lost, by reason.
    pub losses: Vec<(&'static str, u64)>,
    /// What watching takes.
    pub own: Own,
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Process {
    /// Its account.
    pub stat: Stat,
    /// What it read and wrote, where that may be seen.
    pub io: Option<Io>,
}

/// What tracer itself takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Own {
    /// CPU time, ns.
    pub cpu: u64,
    /// Memory, bytes.
    pub memory: u64,
}

/// A process that is looked into.
#[derive(Debug, Clone, Default)]
pub struct Focus {
    /// Its id.
    pub pid: u32,
    /// Its words, of which the first names its program.
    pub command: Vec<Vec<u8>>,
    /// Its `status`.
    pub status: Status,
    /// Its threads, as many as are told.
    pub threads: Vec<Thread>,
    /// How many descriptors it has.
    pub descriptors: Option<u64>,
    /// Kinds of descriptors, with their numbers.
    pub kinds: Vec<(&'static str, u64)>,
    /// Its sockets.
    pub connections: Vec<Connection>,
    /// Sockets that are not told.
    pub more_connections: u64,
    /// What it called, where that was looked at.
    pub looked: Looked,
    /// What could not be read, and why.
    pub missing: Vec<(&'static str, String)>,
}

/// A thread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thread {
    /// Its id.
    pub tid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// Its state, a letter of proc(5).
    pub state: u8,
    /// CPU time, ticks.
    pub ticks: u64,
    /// What it does, or waits for, in words: printable.
    pub does: String,
    /// Context switches that it asked for, and that it did not.
    pub switches: Option<(u64, u64)>,
}

/// A socket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Connection {
    /// A number that no other socket has.
    pub id: u64,
    /// `tcp`
    pub kind: &'static str,
    /// `ESTAB`
    pub state: &'static str,
    /// Not read yet; of a listener, connections that wait.
    pub recv_q: u64,
    /// Not acknowledged yet; of a listener, how many may wait.
    pub send_q: u64,
    /// This end: printable.
    pub local: String,
    /// The other end.
    pub remote: String,
    /// Bytes that came and went since it was made, where the kernel counts them.
    pub bytes: Option<(u64, u64)>,
}

/// Calls that were looked at one by one, for a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looked {
    /// When that was, as [`Sample::at`].
    pub at: f64,
    /// How long, in seconds.
    pub time: f64,
    /// How many calls that were.
    pub calls: u64,
    /// The last of them, oldest first, with their threads: printable.
    pub lines: Vec<(u32, String)>,
    /// Files that they used.
    pub files: Vec<File>,
    /// Why nothing was looked at; empty when it was.
    pub why_not: String,
}

/// A file that calls used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: Vec<u8>,
    /// Calls on it.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Bytes read from it.
    pub read: u64,
    /// Bytes written to it.
    pub written: u64,
}
