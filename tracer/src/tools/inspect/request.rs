//! What was asked of `tracer inspect`.

use std::time::Duration;

use crate::spec::{Backend, Color};

/// A report about a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspect {
    /// The name by which it was called, for messages.
    pub program: String,
    /// The process, or one of its threads.
    pub pid: u32,
    /// As an object of JSON.
    pub json: bool,
    /// Lists of the text are whole.
    pub full: bool,
    /// Secrets of the environment are shown.
    pub environment: bool,
    /// Trace it for so long.
    pub watch: Option<Duration>,
    /// By what it is traced.
    pub backend: Backend,
    /// Colours.
    pub color: Color,
}
