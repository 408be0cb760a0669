//! What an audit found, in every form in which it is read: text for a terminal, JSON with all of the evidence, JUnit and SARIF for
//! tools, Markdown for a step summary, workflow commands for annotations, a page to look at. All are made from one [`Report`] and from nothing else,
//! so two equal reports give equal bytes.
//!
//! [`Report`]: crate::tools::audit::evidence::Report

mod github;
mod html;
mod json;
mod junit;
mod lists;
mod markdown;
mod sarif;
mod tally;
mod text;
mod verdict;
mod words;

#[cfg(test)]
mod tests;

pub use github::github;
pub use html::{html, recording};
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;
pub use verdict::sentence;
