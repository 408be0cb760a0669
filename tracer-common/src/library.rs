//! What both sides know of probes in the functions of libraries.

use crate::event::Head;

/// Calls within each other that are kept of a task. The kernel itself sets no more probes of returns (`MAX_URETPROBE_DEPTH`,
/// kernel/events/uprobes.c).
pub const DEPTH: usize = 64;

/// Prototypes of functions whose plans there is room for.
pub const PROTOTYPES: u32 = 2048;

/// Ranges of addresses of a process from which calls are of interest.
pub const RANGES: usize = 4;

/// What a probe is told of its function, and with its number makes up its cookie.
pub mod cookie {
    /// The number of the function: the lower half.
    pub const FUNCTION: u64 = 0xffff_ffff;
    /// From this bit on: the place of its plan, and one; 0 where nothing is copied.
    pub const PLAN: u32 = 32;
    /// Calls are of interest only where they come from the ranges of the process, or through a pointer: then nobody but the user side can
    /// tell from where.
    pub const FROM: u64 = 1 << 63;
    /// Its return is probed.
    pub const RETURNS: u64 = 1 << 62;
    /// Where calls are counted: by which name and from where it was called only the user side can tell. Its calls are sent.
    pub const ASK: u64 = 1 << 61;
}

/// Calls of functions that a task is in: the value of a task storage.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    /// How many there are; some may never return (`longjmp`).
    pub depth: u64,
    /// The outermost first.
    pub frame: [Frame; DEPTH],
}

/// A call of a function.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Its number; with [`Frame::SENT`].
    pub function: u64,
    /// The stack pointer at its entry.
    pub sp: u64,
    /// When that was.
    pub time: u64,
    /// The address that it returns to.
    pub ip: u64,
    /// What stood in the registers of its arguments.
    pub args: [u64; 6],
}

impl Frame {
    /// The call is sent, though calls are counted.
    pub const SENT: u64 = 1 << 32;
}

/// From where calls of a process are of interest: addresses from the first up to the second of each.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Those that are unused are empty.
    pub ranges: [[u64; 2]; RANGES],
}

/// A program by its file.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Inode number.
    pub ino: u64,
    /// Device of the file system, in the kernel's encoding (`major << 20 | minor`).
    pub dev: u64,
}

/// The span of a call, of the record that tells of its end: what it began with.
pub const fn began(returned: &Head) -> u64 {
    returned.time.wrapping_sub(returned.dur)
}

const _: () = assert!(size_of::<Frames>() == 8 + DEPTH * 80 && size_of::<Frames>() <= crate::task::STORAGE_MAX);
