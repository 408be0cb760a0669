//! (row, record) -> Call: pure, total, no I/O.

pub mod special;
pub mod value;
