//! A report about a process: as text for people, as JSON for programs. Nothing is judged here.

mod activity;
pub(super) mod json;
mod lists;
mod text;

#[cfg(test)]
mod tests;

pub use json::json;
pub use text::text;
