//! The tables, checked.

mod constants;
