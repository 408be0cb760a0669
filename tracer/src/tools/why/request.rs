//! What was asked of `tracer why`.

use std::time::Duration;

use crate::spec::Color;

/// A question about processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The name by which it was called, for messages.
    pub program: String,
    /// Whom it is about.
    pub whom: Vec<Whom>,
    /// As objects of JSON.
    pub json: bool,
    /// How long to count where their time goes.
    pub time: Option<Duration>,
    /// Colours.
    pub color: Color,
}

/// How a process is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// By its number, or that of one of its threads.
    Pid(u32),
    /// By a local port of one of its sockets.
    Port(u16),
    /// By a file that it has open.
    File(Vec<u8>),
    /// By the name of its program, or its own.
    Name(Vec<u8>),
}
