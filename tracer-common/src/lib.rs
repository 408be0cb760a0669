//! The contract between the kernel side (`tracer-ebpf`) and the user side (`tracer`).
//!
//! Everything here is plain old data with a fixed layout: a [`plan::Plan`] goes down and says what
//! to copy for a call, a [`event::Head`] with its blobs comes up and says what was copied. Both
//! sides compile this crate, so a layout can not drift; sizes are asserted at compile time. The
//! ptrace source and recordings use the very same layouts: they are the kernel side's equals.
#![no_std]

pub mod blocks;
pub mod config;
pub mod event;
pub mod library;
pub mod loss;
pub mod parts;
pub mod plan;
pub mod record;
pub mod snapshot;
pub mod task;
pub mod times;
pub mod types;
