//! The tools: a room each, with its options, its request, its gathering, its judging and its output. None knows another; what two of
//! them need stands in a room below.

pub mod audit;
pub mod inspect;
pub mod lsof;
pub mod ss;
pub mod top;
pub mod why;
