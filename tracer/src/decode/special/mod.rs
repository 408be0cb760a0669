//! Forms that need code of their own, a file per family. Each is a plain function over the bytes.

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
