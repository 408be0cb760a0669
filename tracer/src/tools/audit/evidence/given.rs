//! The command's own input and output: what goes through them is the doing of whoever gave them, as far as they were given for it.

/// What a descriptor was given for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// It may be read from.
    pub read: bool,
    /// It may be written to.
    pub write: bool,
}
