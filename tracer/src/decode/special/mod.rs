//! Forms that need code of their own, one file per family.

pub mod join;
pub mod pages;
pub mod perf;
pub mod signals;
pub mod task;
pub mod values;
