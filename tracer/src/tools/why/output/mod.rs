//! The report in each form.

mod json;
#[cfg(test)]
mod tests;
mod text;
mod times;

pub use self::json::json;
pub use self::text::text;

/// How text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// With colours.
    pub color: bool,
    /// The terminal shows UTF-8, so that a tree can be drawn with lines.
    pub utf8: bool,
}
