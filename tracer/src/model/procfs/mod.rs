//! Readers of /proc.

pub mod owners;
pub mod sockstat;
