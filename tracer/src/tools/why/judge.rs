//! From what was seen to a judgement: pure functions over a [`Scene`](crate::tools::why::scene::Scene). `link` says of one task what it
//! waits for and who could end that, `outcome` follows that to the end or round a circle, `story` puts it into words.

pub mod causes;
pub mod descriptors;
pub mod futexes;
pub mod link;
pub mod outcome;
pub mod slow;
#[cfg(test)]
mod slow_tests;
pub mod story;
#[cfg(test)]
mod tests;
pub mod work;
#[cfg(test)]
mod work_tests;

pub use causes::{Cause, Nature};
pub use link::{End, Link, Node, On, Sure, link};
