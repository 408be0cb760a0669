//! Where the time of threads goes: what the times program is told, and what it counts. Every nanosecond of a thread is in one place: it
//! runs, it could run and has no CPU, or it waits, in a call and for an object.

use crate::config::offsets;

offsets! {
    /// Byte offsets of the members that the times program reads.
    TimesOffsets;
    task_pid = "task_struct.pid" need;
    task_tgid = "task_struct.tgid" need;
    task_start = "task_struct.start_time" need;
    task_state = "task_struct.__state" need;
    /// x86: TS_COMPAT stands here.
    thread_status = "task_struct.thread_info.status" want;
}

/// Processes that are watched at once.
pub const PROCESSES: usize = 8;

/// What the times program is told.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimesConfig {
    /// Kernel structures.
    pub off: TimesOffsets,
    /// Where the saved registers have the number of the call, and its arguments.
    pub nr: u32,
    /// See `nr`.
    pub args: [u32; 6],
    /// The processes; 0 for none.
    pub tgids: [u32; PROCESSES],
    /// When it begins, ns of CLOCK_MONOTONIC.
    pub begun: u64,
}

impl TimesConfig {
    /// Nothing known, nobody watched.
    pub const NONE: TimesConfig =
        TimesConfig { off: TimesOffsets::NONE, nr: 0, args: [0; 6], tgids: [0; PROCESSES], begun: 0 };
}

/// What a thread does, as the scheduler sees it.
pub mod what {
    /// It has a CPU.
    pub const RUNS: u8 = 0;
    /// It could have one. The errors of its count are how often a CPU was taken from it.
    pub const READY: u8 = 1;
    /// It waits, and a signal would wake it.
    pub const SLEEPS: u8 = 2;
    /// It waits, and no signal would.
    pub const BLOCKED: u8 = 3;
    /// It is stopped, or held by a tracer.
    pub const STOPPED: u8 = 4;
}

/// The place of a call in [`Key::index`] of a thread that is in none, or that does not wait.
pub const NO_CALL: u16 = u16::MAX;

/// What a thread does since when.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// ns of CLOCK_MONOTONIC.
    pub since: u64,
    /// See [`Key`].
    pub object: u64,
    /// See [`Key`].
    pub born: u32,
    /// See [`Key`].
    pub index: u16,
    /// A word of [`what`].
    pub what: u8,
    /// It had a CPU and did not give it away.
    pub taken: u8,
}

/// Where time goes. The value is a [`Spent`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The thread.
    pub tid: u32,
    /// When it began, in units of 2^20 ns: its number may be another's later.
    pub born: u32,
    /// The argument of the call that says what it waits for, where one does.
    pub object: u64,
    /// The process.
    pub tgid: u32,
    /// The call that it waits in: see `plan::plan_index`.
    pub index: u16,
    /// A word of [`what`].
    pub what: u8,
    /// Zero.
    pub pad: u8,
}

/// How much time, how often. As [`crate::config::Tally`], in half of its bytes: room for all of them is made at the begin, for where they are
/// counted none can be had.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Time, ns.
    pub total: u64,
    /// How often a CPU was taken away at its end.
    pub taken: u64,
    /// The shortest, ns, plus 1; 0 when there was none.
    pub min1: u64,
    /// The longest, ns.
    pub max: u64,
    /// How often, by the whole part of log2 of ns.
    pub buckets: [u32; 64],
}

impl Spent {
    /// Nothing.
    pub const NONE: Spent = Spent { total: 0, taken: 0, min1: 0, max: 0, buckets: [0; 64] };
}

/// Who woke a thread. The value is a [`Woken`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WakerKey {
    /// The thread, and when it began.
    pub tid: u32,
    /// See [`Key`].
    pub born: u32,
    /// Who woke it: 0 for a timer, a device or the kernel.
    pub waker: u32,
    /// Their process.
    pub process: u32,
}

/// How often, and after how long.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// ns that it had waited.
    pub total: u64,
    /// Times.
    pub times: u64,
}

/// What could not be counted, by its place in a map.
pub mod missed {
    /// No room for a further thread, ns that are in no place.
    pub const THREADS: u32 = 0;
    /// No room for a further place: ns of it.
    pub const PLACES: u32 = 1;
    /// No room for who woke a thread: how often.
    pub const WAKERS: u32 = 2;
    /// How many there are.
    pub const COUNT: usize = 3;
}

/// What the kernel side knows of a call, by its number.
pub mod known {
    /// The place of the argument that says what it waits for, and 1; 0 for none.
    pub const PLACE: u32 = 0xff;
    /// Only a time wakes who waits in it: whoever seems to have done so was interrupted.
    pub const TIME: u32 = 0x100;
    /// It waits for words in memory, and wakes who waits for them: nobody does that from another call.
    pub const WORD: u32 = 0x200;
}

/// Bit of an interval in [`Key::born`].
pub const BORN_SHIFT: u32 = 20;

const _: () = assert!(size_of::<Key>() == 24);
const _: () = assert!(size_of::<Span>() == 24);
const _: () = assert!(size_of::<TimesConfig>() == size_of::<TimesOffsets>() + 4 * (1 + 6 + PROCESSES) + 8);
