//! What is waited for: words in memory, what descriptors lead to, locks on files.

use std::net::IpAddr;

use crate::system::snapshot::{Access, Dev, Lock};

/// Somebody who holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process.
    pub pid: u32,
    /// Descriptor.
    pub fd: i32,
    /// For what it is open.
    pub access: Access,
}

/// A word in memory that is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Futex {
    /// Its address.
    pub address: u64,
    /// The operation, as the call has it.
    pub op: u32,
    /// The value that the word had when it began to wait.
    pub expected: u32,
    /// The value that it has now; `None` where it could not be read.
    pub value: Option<u32>,
    /// The memory is shared with other processes, or may be.
    pub shared: bool,
    /// What it is a part of.
    pub of: Kind,
    /// The task that its own memory names as the owner.
    pub owner: Option<u32>,
    /// The number that stands there; 0: none.
    pub named: u32,
    /// Another process, in which a task of that number is: this one has the mutex from it, by fork.
    pub elsewhere: Option<u32>,
    /// Readers of a lock for reading and writing.
    pub readers: u32,
    /// Other processes that have the same memory, where it is shared.
    pub sharers: Vec<u32>,
}

/// What a futex belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A mutex of the C library.
    Mutex,
    /// A mutex with priority inheritance, or a robust one: the word itself names the owner.
    Owned,
    /// A lock for reading and writing of the C library; a reader waits.
    Reading,
    /// The same; a writer waits.
    Writing,
    /// A condition variable.
    Condition,
    /// A semaphore.
    Semaphore,
    /// A barrier.
    Barrier,
    /// The end of another thread.
    Join,
    /// A lock that does not record its holder (the C library's own, Rust's, another library's).
    Lock,
    /// Nothing: it sleeps for a time that way.
    Sleep,
    /// A thread that waits until another one wakes it: a pool, a channel, parking.
    Parked,
    /// A monitor or lock of Java.
    Java,
    /// Go's runtime: no goroutine for this thread to run.
    Go,
    /// Python's global lock.
    Interpreter,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// A descriptor of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    /// Its number.
    pub fd: u32,
    /// It is waited for to be readable.
    pub read: bool,
    /// It is waited for to be writable; neither: only its end is, or, of epoll, nothing any more (EPOLLONESHOT).
    pub write: bool,
    /// What it leads to.
    pub object: Object,
}

/// What a descriptor leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// A pipe, with or without a name.
    Pipe(Pipe),
    /// A unix socket.
    Unix(Unix),
    /// An inet socket.
    Inet(Box<Inet>),
    /// A socket of another family, in words.
    Socket(String),
    /// An eventfd: what stands in it, who else has it.
    Event(Option<u64>, Vec<Holder>),
    /// A timer: seconds that are left; `None`: it is not set.
    Timer(Option<f64>),
    /// Signals, a bit each.
    Signals(u64),
    /// Changes of files.
    Changes,
    /// The end of a process; `None`: it has ended.
    Process(Option<u32>),
    /// An epoll instance, and what it watches.
    Epoll(Vec<Waited>, usize),
    /// A terminal: its path, whether this process is in the foreground.
    Terminal(Vec<u8>, Option<bool>),
    /// A ring of io_uring.
    Ring,
    /// A device.
    Device(Vec<u8>),
    /// A file or a directory.
    File(Box<File>),
    /// Something else, by its link.
    Other(Vec<u8>),
    /// No such descriptor.
    Closed,
    /// Nobody may look; why.
    Unseen(String),
}

/// A pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pipe {
    /// Its inode.
    pub inode: u64,
    /// The path of one with a name.
    pub path: Option<Vec<u8>>,
    /// Bytes in it, and bytes that it has room for.
    pub filled: Option<(u64, u64)>,
    /// Who holds it.
    pub ends: Vec<Holder>,
}

/// A unix socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unix {
    /// Its inode.
    pub inode: u64,
    /// It takes connections: those that wait, and how many may.
    pub listens: Option<(u32, u32)>,
    /// The name of the other end, or of the one that it connects to, `@` in front of an abstract one.
    pub name: Option<Vec<u8>>,
    /// Who holds the other end.
    pub peers: Vec<Holder>,
    /// There is another end.
    pub connected: bool,
    /// Bytes that came and were not read; memory of what was sent and not read there.
    pub queues: (u32, u32),
    /// Bytes that the other end has not read; of datagrams the first message only.
    pub peer_unread: Option<u32>,
    /// Who has to accept: connections that wait, and how many may; who holds it.
    pub listener: Option<Listener>,
}

/// An inet socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inet {
    /// `tcp`, `udp`.
    pub table: &'static str,
    /// This end.
    pub local: (IpAddr, u16),
    /// The other end; port 0: none.
    pub remote: (IpAddr, u16),
    /// Its state, as lists of sockets have it.
    pub state: &'static str,
    /// Bytes received and not read; of a listener, connections that wait.
    pub recv_q: u32,
    /// Bytes sent and not acknowledged; of a listener, how many may wait.
    pub send_q: u32,
    /// The timer that runs: `on`, `keepalive`, `timewait`, `persist`.
    pub timer: Option<&'static str>,
    /// Retransmissions of the oldest, or probes.
    pub retrans: u32,
    /// Milliseconds since something came.
    pub last_received: Option<u32>,
    /// Milliseconds since something was sent.
    pub last_sent: Option<u32>,
    /// The other end, where it is on this machine.
    pub peer: Option<Peer>,
    /// Who takes connections at the other end, where nobody has taken this one.
    pub listener: Option<Listener>,
}

/// The other end of an inet socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Who holds it.
    pub holders: Vec<Holder>,
    /// Bytes that came there and were not read.
    pub recv_q: u32,
    /// Its network namespace is another one.
    pub elsewhere: bool,
    /// A process has it, or had: the connection was accepted.
    pub taken: bool,
}

/// A listening socket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listener {
    /// Who holds it.
    pub holders: Vec<Holder>,
    /// Connections that wait, and how many may.
    pub waiting: (u32, u32),
}

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: Vec<u8>,
    /// Type of file system.
    pub system: Vec<u8>,
    /// What is mounted there.
    pub source: Vec<u8>,
    /// Its device.
    pub dev: Option<Dev>,
    /// Somebody else answers for it.
    pub remote: bool,
    /// The programs that serve it (FUSE).
    pub servers: Vec<Holder>,
    /// Operations of block devices that have not ended: read, write.
    pub inflight: Option<(u64, u64)>,
    /// A lease that has to be given up first.
    pub lease: Option<FileLock>,
}

/// A lock on a file that is waited for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileLock {
    /// The file's path.
    pub path: Vec<u8>,
    /// The lock that is in the way, as the machine's list has it; `None`: it is not there.
    pub held: Option<Lock>,
    /// Processes that hold it.
    pub holders: Vec<u32>,
    /// The list names the holder, not only the open file.
    pub named: bool,
}
