//! Readers of /proc.

pub mod owners;
