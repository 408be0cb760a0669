//! The tables, checked.

mod calls;
mod constants;
