//! From records to values.

pub mod special;
pub mod value;
