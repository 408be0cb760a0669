//! Shows what processes really do on Linux, straight from the kernel. The modules in reading order.

pub mod cli;
pub mod exit;
pub mod spec;
pub mod schema;
pub mod capture;
pub mod decode;
pub mod output;
pub mod model;
pub mod trace;
