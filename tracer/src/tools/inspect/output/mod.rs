//! A report about a process: as text for people, as JSON for programs. Nothing is judged here.

mod activity;
pub(super) mod json;
mod lists;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub use json::json;
pub use text::text;

/// How text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// Lists are whole, not cut.
    pub full: bool,
}
