//! Where the time of a process went while it was counted, as plain data.

use crate::capture::Count;

/// For what a thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A word in memory.
    Lock,
    /// A file, a directory, a disk.
    File,
    /// A socket of the network.
    Network,
    /// Another process: by a pipe, a unix socket, as a child, by a lock on a file.
    Peer,
    /// A terminal or another device.
    Device,
    /// A page of its own memory.
    Memory,
    /// One of several descriptors.
    Events,
    /// A time.
    Sleep,
    /// A signal.
    Signal,
    /// Somebody who lets it go on: it is stopped, or traced.
    Stopped,
    /// Something else.
    Other,
}

/// A row of [`KINDS`].
#[derive(Debug)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// Its word in JSON.
    pub word: &'static str,
    /// The head of its column.
    pub head: &'static str,
    /// Behind `waits for`.
    pub what: &'static str,
    /// Who waits for it has nothing to do.
    pub idle: bool,
}

const fn row(kind: Kind, word: &'static str, head: &'static str, what: &'static str, idle: bool) -> Row {
    Row { kind, word, head, what, idle }
}

/// Every kind, in the order of columns.
pub static KINDS: [Row; 11] = [
    row(Kind::Lock, "lock", "LOCK", "a word in memory (a lock, a condition, work for a pool)", false),
    row(Kind::File, "file", "FILE", "files and disks", false),
    row(Kind::Network, "network", "NET", "the network", false),
    row(Kind::Peer, "peer", "PEER", "others (at a pipe, a unix socket, a child)", false),
    row(Kind::Device, "device", "DEV", "a terminal or another device", false),
    row(Kind::Memory, "memory", "PAGE", "pages of its memory", false),
    row(Kind::Events, "events", "EVENT", "one of several descriptors", true),
    row(Kind::Sleep, "sleep", "SLEEP", "a time", true),
    row(Kind::Signal, "signal", "SIGNL", "a signal", true),
    row(Kind::Stopped, "stopped", "STOP", "somebody who lets it go on", false),
    row(Kind::Other, "other", "OTHER", "something else", false),
];

impl Kind {
    /// Its row.
    pub fn row(self) -> &'static Row {
        &KINDS[self as usize]
    }
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Times {
    /// How long it was counted, ns.
    pub time: u64,
    /// Its threads, also those that came or ended meanwhile.
    pub threads: Vec<Thread>,
    /// Its calls, by name.
    pub calls: Vec<(String, Count)>,
    /// CPU time that it used in its program and in the kernel, s.
    pub cpu: Option<(f64, f64)>,
}

/// A thread.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thread {
    /// Its number.
    pub tid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// It ended meanwhile.
    pub ended: bool,
    /// It had a CPU, ns.
    pub runs: u64,
    /// It could have had one, ns.
    pub ready: u64,
    /// How often a CPU was taken from it.
    pub taken: u64,
    /// What it waited for.
    pub waits: Vec<Place>,
    /// Who woke it, most often first.
    pub wakers: Vec<Waker>,
}

/// Who woke a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waker {
    /// A process and its name; `None` for a timer, a device or the kernel.
    pub by: Option<(u32, Vec<u8>)>,
    /// How often.
    pub times: u64,
}

/// What a thread waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// For what.
    pub kind: Kind,
    /// In which call; `None`: in none.
    pub call: Option<String>,
    /// For which object: printable ASCII.
    pub object: Option<String>,
    /// Of [`Kind::Lock`], the word's address.
    pub word: u64,
    /// Whether the word is that of a lock, where somebody knows.
    pub is_lock: Option<bool>,
    /// How often and how long.
    pub count: Count,
}

impl Thread {
    /// ns that it was there.
    pub fn lived(&self) -> u64 {
        self.waits.iter().map(|place| place.count.total).sum::<u64>() + self.runs + self.ready
    }

    /// ns that it waited for such a thing.
    pub fn waited(&self, kind: Kind) -> u64 {
        self.waits.iter().filter(|place| place.kind == kind).map(|place| place.count.total).sum()
    }

    /// ns that it had something to do.
    pub fn busy(&self) -> u64 {
        let idle: u64 = KINDS.iter().filter(|row| row.idle).map(|row| self.waited(row.kind)).sum();
        self.lived() - idle
    }
}

impl Times {
    /// Places of all threads, those of one kind, call and object together; with how many threads were there. The longest first.
    pub fn places(&self) -> Vec<(Place, usize)> {
        let mut all: Vec<(Place, usize)> = Vec::new();
        for place in self.threads.iter().flat_map(|thread| &thread.waits) {
            let same = |(it, _): &&mut (Place, usize)| {
                it.kind == place.kind && it.call == place.call && it.object == place.object
            };
            match all.iter_mut().find(same) {
                Some((known, threads)) => {
                    known.count.add(&place.count);
                    *threads += 1;
                }
                None => all.push((place.clone(), 1)),
            }
        }
        all.sort_by_key(|(place, _)| std::cmp::Reverse(place.count.total));
        all
    }
}
