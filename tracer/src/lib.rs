//! Shows what processes really do on Linux, straight from the kernel. The modules in reading order.

pub mod capture;
pub mod cli;
pub mod decode;
pub mod doctor;
pub mod exit;
pub mod inspect;
pub mod lsof;
pub mod model;
pub mod output;
pub mod owners;
pub mod policy;
pub mod schema;
pub mod spec;
pub mod ss;
pub mod trace;
pub mod typed;
