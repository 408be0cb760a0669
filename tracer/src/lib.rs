//! Shows what processes really do on Linux, straight from the kernel. The modules in reading order.

pub mod spec;
pub mod schema;
pub mod capture;
pub mod decode;
pub mod output;
