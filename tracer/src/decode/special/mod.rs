//! Forms that need code of their own: one file per family, plain functions from bytes to values.

pub mod files;
pub mod ifreq;
pub mod join;
pub mod pages;
pub mod perf;
pub mod poll;
pub mod signals;
pub mod sockopt;
pub mod stat;
pub mod task;
pub mod tty;
pub mod values;
