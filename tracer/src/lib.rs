//! Shows what processes really do on Linux, straight from the kernel.
//!
//! The modules stand in layers: each imports only what is above it in this list, and `cargo xtask tidy` checks it.
//!
//! | module | is |
//! |---|---|
//! | [`exit`] | every exit code |
//! | [`schema`] | a row for each system call |
//! | [`spec`] | what was asked of a trace |
//! | [`render`] | what everything is written with: escaping, colours, JSON, sinks, places |
//! | [`system`] | what asks the machine: /proc, netlink, names |
//! | [`library`] | where the functions of libraries can be probed |
//! | [`cli`] | what an option is; those of the tracer, and what grammars of other tools share |
//! | [`capture`] | sources of records |
//! | [`decode`] | from records to values |
//! | [`trace`] | the loop, from a record to a line; the forms of output |
//! | [`tools`] | lsof, ss, inspect, why, audit: a room each |
//! | [`doctor`] | what works on this machine |
//! | [`commands`] | the table of commands: from a command line to what is done |
//!
//! Start reading at [`trace`], then [`schema::types`].

pub mod capture;
pub mod cli;
pub mod commands;
pub mod decode;
pub mod doctor;
pub mod exit;
pub mod library;
pub mod render;
pub mod schema;
pub mod spec;
pub mod stack;
pub mod system;
pub mod tools;
pub mod trace;
