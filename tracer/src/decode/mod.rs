//! (row, record) -> Call: pure, total, no I/O.

pub mod value;
