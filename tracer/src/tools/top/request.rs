//! What was asked of `tracer top`.

use std::ffi::OsString;
use std::time::Duration;

use crate::spec::Color;

/// A request to watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Top {
    /// The name by which it was called, for messages.
    pub program: String,
    /// Whom it is about.
    pub whom: Whom,
    /// One frame as text.
    pub once: bool,
    /// Frames as objects of JSON.
    pub json: bool,
    /// Time from frame to frame.
    pub interval: Duration,
    /// Where numbers come from.
    pub from: From,
    /// Colours.
    pub color: Color,
}

/// Who is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Every process.
    All,
    /// A process and its children.
    Process(u32),
    /// A command that is started, and its children.
    Command(Vec<OsString>),
}

/// Where numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// Calls are counted in the kernel where that works.
    Auto,
    /// Calls are counted in the kernel, or it is an error.
    Ebpf,
    /// Only what /proc and the tables of sockets tell.
    Proc,
}
