//! Every cause for which a task does not go on: a row each.

/// Why a task is where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// It runs.
    Runs,
    /// It is ready, and others have the CPU.
    Ready,
    /// Its cgroup has used up its CPU time.
    Throttled,
    /// It takes page faults, again and again.
    Faults,
    /// Its cgroup has no memory left for it.
    Memory,
    /// It sleeps for a time.
    Sleep,
    /// It waits for a signal.
    Signal,
    /// A mutex.
    Mutex,
    /// A lock for reading and writing.
    RwLock,
    /// A lock without a known holder.
    Lock,
    /// A monitor of Java.
    Monitor,
    /// Python's global lock.
    Interpreter,
    /// A condition variable.
    Condition,
    /// A semaphore.
    Semaphore,
    /// A barrier.
    Barrier,
    /// The end of another thread.
    Join,
    /// It has nothing to do until another thread wakes it.
    Parked,
    /// A futex of which nobody knows what it is.
    Futex,
    /// An empty pipe.
    PipeEmpty,
    /// A full pipe.
    PipeFull,
    /// The other end of a pipe with a name to be opened.
    PipeOpen,
    /// Data of a unix socket.
    UnixRead,
    /// Room in a unix socket.
    UnixFull,
    /// A unix socket that does not accept.
    UnixBacklog,
    /// A connection to accept.
    Accept,
    /// Data of a TCP connection.
    TcpRead,
    /// Room in a TCP connection.
    TcpFull,
    /// A TCP connection that is not made.
    TcpConnect,
    /// A listener whose queue is full.
    TcpBacklog,
    /// A datagram.
    Datagram,
    /// Another socket.
    Socket,
    /// A lock on a file.
    FileLock,
    /// A lease on a file.
    Lease,
    /// Children.
    Children,
    /// A child that uses its memory.
    Vfork,
    /// Several descriptors.
    Readiness,
    /// A ring of io_uring.
    Ring,
    /// An eventfd.
    Event,
    /// A timer.
    Timer,
    /// Changes of files.
    Changes,
    /// The end of a process.
    ProcessEnd,
    /// A terminal.
    Terminal,
    /// A device.
    Device,
    /// A program that serves a file system.
    Fuse,
    /// A server of a file system.
    Server,
    /// A disk.
    Disk,
    /// A lock of the kernel's.
    KernelLock,
    /// Something else in the kernel.
    Kernel,
    /// It is stopped.
    Stopped,
    /// A tracer has stopped it.
    Traced,
    /// Its cgroup is frozen.
    Frozen,
    /// It has ended, and its parent has not asked for its end.
    Zombie,
    /// It has ended.
    Ended,
    /// Nobody knows.
    Unknown,
    /// Nobody may look.
    Unseen,
}

/// What it means to wait for something, where whoever could end it does not act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It does not wait.
    None,
    /// There is nothing to do until somebody brings work: that may take as long as it likes.
    Work,
    /// The same, and a handler of a signal may bring it: it may write, and post a semaphore, but not signal a condition variable.
    Handled,
    /// It has work, and somebody is in its way.
    Block,
    /// The same, who holds a lock: workers may take turns by it.
    Lock,
}

impl Nature {
    /// Whether somebody is in its way.
    pub fn blocks(self) -> bool {
        matches!(self, Nature::Block | Nature::Lock)
    }
}

impl Cause {
    /// Its word, for programs.
    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// What it means.
    pub fn nature(self) -> Nature {
        self.row().2
    }

    fn row(self) -> &'static (Cause, &'static str, Nature) {
        ROWS.iter().find(|row| row.0 == self).unwrap_or(&ROWS[0])
    }
}

/// Every cause, its word, what it means.
pub static ROWS: &[(Cause, &str, Nature)] = {
    use Cause::*;
    use Nature::{Block, Handled, Lock as Held, None, Work};
    &[
        (Unknown, "unknown", None),
        (Runs, "runs", None),
        (Ready, "cpu", None),
        (Throttled, "cpu-quota", None),
        (Faults, "page-faults", None),
        (Memory, "memory-limit", None),
        (Sleep, "sleep", None),
        (Signal, "signal", Work),
        (Mutex, "mutex", Held),
        (RwLock, "rwlock", Held),
        (Lock, "lock", Held),
        (Monitor, "monitor", Block),
        (Interpreter, "interpreter-lock", Block),
        (Condition, "condition", Work),
        (Semaphore, "semaphore", Handled),
        (Barrier, "barrier", Work),
        (Join, "join", Work),
        (Parked, "parked", Work),
        (Futex, "futex", Work),
        (PipeEmpty, "pipe-empty", Handled),
        (PipeFull, "pipe-full", Block),
        (PipeOpen, "fifo-open", Work),
        (UnixRead, "unix-read", Handled),
        (UnixFull, "unix-full", Block),
        (UnixBacklog, "unix-backlog", Block),
        (Accept, "accept", Work),
        (TcpRead, "tcp-read", Work),
        (TcpFull, "tcp-full", Block),
        (TcpConnect, "tcp-connect", Block),
        (TcpBacklog, "tcp-backlog", Block),
        (Datagram, "datagram", Work),
        (Socket, "socket", Work),
        (FileLock, "file-lock", Held),
        (Lease, "lease", Block),
        (Children, "children", Work),
        (Vfork, "vfork", Work),
        (Readiness, "readiness", Handled),
        (Ring, "io-uring", Work),
        (Event, "eventfd", Handled),
        (Timer, "timer", Work),
        (Changes, "file-changes", Work),
        (ProcessEnd, "process-end", Work),
        (Terminal, "terminal", Work),
        (Device, "device", Work),
        (Fuse, "fuse", Block),
        (Server, "file-server", Block),
        (Disk, "disk", Block),
        (KernelLock, "kernel-lock", Block),
        (Kernel, "kernel", Block),
        (Stopped, "stopped", Block),
        (Traced, "traced", Block),
        (Frozen, "frozen", Block),
        (Zombie, "zombie", Block),
        (Ended, "ended", None),
        (Unseen, "unseen", None),
    ]
};
