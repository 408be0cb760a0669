//! What is wrong with a command line, in strace's words where strace has some. A message quotes what the
//! user typed, so it passes through [`show`]: nothing typed reaches the terminal as a control sequence.

use std::fmt;

pub use crate::render::typed::{nearest, show};

/// Why a command line was refused; one line, without the program's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    hint: Option<String>,
    try_help: bool,
}

impl Fault {
    /// An error after which `Try 'strace -h' for more information.` is printed.
    pub fn usage(message: impl Into<String>) -> Self {
        Fault { message: message.into(), hint: None, try_help: true }
    }

    /// An error that speaks for itself.
    pub fn plain(message: impl Into<String>) -> Self {
        Fault { message: message.into(), hint: None, try_help: false }
    }

    /// Adds a second line: the word that may have been meant.
    pub fn or_did_you_mean(mut self, word: Option<String>) -> Self {
        self.hint = word.map(|w| format!("did you mean '{w}'?"));
        self
    }

    /// Adds a second line.
    pub fn hint(mut self, line: impl Into<String>) -> Self {
        self.hint = Some(line.into());
        self
    }
}

/// A refused command line: the lines for stderr, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// The name of the program, in messages.
    pub program: String,
    /// Exit code: 1 as strace, else 2.
    pub code: u8,
    fault: Fault,
}

impl UsageError {
    /// A fault, reported by `program`.
    pub fn new(program: &str, code: u8, fault: Fault) -> Self {
        UsageError { program: program.to_owned(), code, fault }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UsageError { program, fault, .. } = self;
        write!(f, "{program}: {}", fault.message)?;
        if let Some(hint) = &fault.hint {
            write!(f, "\n{program}: {hint}")?;
        }
        if fault.try_help {
            write!(f, "\nTry '{program} -h' for more information.")?;
        }
        Ok(())
    }
}

impl std::error::Error for UsageError {}
