//! From values to bytes. A renderer turns one [`Line`] into text or JSON and writes to the buffer it is
//! given; it never reads /proc and never fails. Where the bytes go is the sink's business.

pub mod errno;
pub mod escape;
pub mod json;
pub mod loss;
pub mod place;
pub mod record;
pub mod sink;
pub mod strace;
pub mod summary;
pub mod text;

use crate::decode::value::{Call, Value};

/// One thing to show, in the order in which it happened.
#[derive(Debug)]
pub struct Line<'a> {
    /// CLOCK_REALTIME in ns since the epoch: when the call was entered or the event happened; for
    /// `Resumed`, when the call ended.
    pub wall: u64,
    /// The task.
    pub tid: u32,
    /// Its process.
    pub tgid: u32,
    /// Its name.
    pub comm: &'a [u8],
    /// More than one task is being traced (or was, where output goes to a file): lines need a pid.
    pub many: bool,
    /// What happened.
    pub item: Item<'a>,
}

/// What happened.
#[derive(Debug)]
pub enum Item<'a> {
    /// A call, from its entry to its end.
    Call(&'a Call<'a>),
    /// A call was entered and another line comes before its end: `... <unfinished ...>`.
    Unfinished(&'a Call<'a>),
    /// The end of a call whose entry was shown: `<... read resumed>`.
    Resumed(&'a Call<'a>),
    /// Tracing ended while the call was running: `<detached ...>`; the call was not shown before.
    Detached(&'a Call<'a>),
    /// `--- SIGCHLD {...} ---`; `ignored`: the kernel discarded it unseen by the program.
    Signal { signal: i32, info: Value<'a>, ignored: bool },
    /// `--- stopped by SIGSTOP ---`
    Stopped { signal: i32 },
    /// `+++ exited with 0 +++`
    Exited { code: i32 },
    /// `+++ killed by SIGKILL (core dumped) +++`
    Killed { signal: i32, core: bool },
    /// `+++ superseded by execve in pid 12 +++`
    Superseded { by: u32 },
    /// A new task: JSON only.
    Forked { child: u32, process: u32 },
    /// A program was replaced: JSON only (text has the execve line).
    Executed { from: u32 },
}

/// Something that makes bytes of lines.
pub trait Render {
    /// Appends the line's bytes, with its newline, to `out`; nothing when it shows no such lines.
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>);
}
