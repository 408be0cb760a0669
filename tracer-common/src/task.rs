//! What the kernel side keeps of a task that is traced, in storage that the kernel hangs on the task itself (5.11).

/// Bytes that a value of a local storage may have. Linux 7 takes them from an allocator that works in every context,
/// whose largest piece is 8 KiB with a header: a map with larger values loads, and every value of it is then refused.
pub const STORAGE_MAX: usize = 8000;

/// Bytes of what a call copied at its entry that are kept in its [`Task`]: enough for what nearly all calls copy, and
/// together with the rest, and the kernel's header, just below 1 KiB, which is what the kernel's allocator has.
pub const ROOM: usize = 640;

/// Bytes of what a call copied at its entry that a value of the task storages `PARTS` keeps, where `ROOM` is too small.
pub const PART: usize = 7936;

/// The task storages `PARTS`: together they keep whatever a call can copy.
pub const PARTS: usize = 4;

/// What is kept of a task that is traced; the value of the task storage `TASKS`. What a call needs of which nothing is copied stands
/// in two lines of the cache.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// Bits of [`Task::IN_CALL`] and its neighbours.
    pub flags: u32,
    /// Bytes of blobs that the running call copied at its entry: in `data`, or all of them in `PARTS`. It means something only where
    /// `head` has blobs, as do `retry` and `sp`.
    pub used: u32,
    /// Operations to repeat at the end: their memory was not present at entry.
    pub retry: u16,
    /// Signals in `kept`.
    pub signals: u16,
    /// Unused, zero.
    pub pad: u32,
    /// The call that is running, as its record will begin.
    pub head: crate::event::Head,
    /// The blobs: a record is sent from `head` on.
    pub data: [u64; ROOM / 8],
    /// The user stack pointer at the call's entry.
    pub sp: u64,
    /// When the running call began of which a `PENDING` record was last sent. Only the walk over all tasks writes it.
    pub told: u64,
    /// Signals that were generated and ignored; shown when the call that they would have interrupted ends.
    pub kept: [Siginfo; 2],
    /// The last signal generated for this task.
    pub last: Siginfo,
}

/// The first bytes of a `struct kernel_siginfo`: all that it uses.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Siginfo {
    /// Its words.
    pub words: [u64; 6],
}

impl Task {
    /// A call is running; `head` tells which.
    pub const IN_CALL: u32 = 1;
    /// Nothing is shown before the first execve: the command is being started.
    pub const GATED: u32 = 2;
    /// Attached while it was running: a call may end whose entry was not seen.
    pub const ATTACHED: u32 = 4;
    /// `last` holds a signal that was not shown yet.
    pub const LAST: u32 = 8;

    /// Of a process that was asked for itself, and not followed from another: when the last of its tasks ends, the trace may be over.
    pub const ROOT: u32 = 32;

    /// Made by the call whose number `head` has, and not seen since: what ends next may be that call, which its parent made.
    pub const BORN: u32 = 64;

    /// What a call submits to io_uring was counted at its entry.
    pub const SUBMITS: u32 = 128;

    /// Of the tree of a command that tracer started: it waits where probes are to be set.
    pub const OURS: u32 = 256;
    /// It was stopped so that it waits.
    pub const WAITS: u32 = 512;
    /// It stands, or goes on after that: what its parent is told of it is none of the program's doing.
    pub const HUSHED: u32 = 1024;
    /// It has a child that did so, and is told.
    pub const SPARED: u32 = 2048;

    /// The tracer itself: only its heartbeat is counted.
    pub const HEART: u32 = 16;
    /// The number of the heartbeat: a call that does not exist, so that it does nothing.
    pub const HEART_NR: u32 = 0x10_0000;

    /// A task of which nothing is known.
    pub const NEW: Task = Task {
        used: 0,
        retry: 0,
        pad: 0,
        sp: 0,
        told: 0,
        data: [0; ROOM / 8],
        head: crate::event::Head::NONE,
        flags: 0,
        signals: 0,
        kept: [Siginfo { words: [0; 6] }; 2],
        last: Siginfo { words: [0; 6] },
    };
}

const _: () = assert!(size_of::<Task>() == 16 + 104 + ROOM + 8 + 8 + 3 * 48);
const _: () = assert!(size_of::<Task>() <= 1024 - 96 && PART <= STORAGE_MAX && PART.is_multiple_of(8));
