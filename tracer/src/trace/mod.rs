//! x
pub mod sequence;
