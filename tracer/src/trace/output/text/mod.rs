//! Values as strace writes them: numbers, strings, named constants, descriptors.

mod dump;
mod file;
mod names;
mod stack;
mod value;

pub use dump::dump;
pub(super) use names::signal_name;
pub(super) use stack::{frames, stack};

use crate::spec::{Fds, Hex, NameStyle, Style};

/// What of a style bears on values.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Strings in hex.
    pub hex: Hex,
    /// Named constants.
    pub names: NameStyle,
    /// Descriptors.
    pub fds: Fds,
    /// A null pointer is `nil`, as ltrace has it, not `NULL`.
    pub nil: bool,
}

impl Look {
    /// What a style asks for.
    pub fn new(style: &Style) -> Look {
        Look { hex: style.hex, names: style.names, fds: style.fds, nil: false }
    }
}
