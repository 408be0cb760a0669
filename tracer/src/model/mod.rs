//! What is known of the system: kept up to date by what a source delivers ([`process`]), or taken at one
//! moment ([`snapshot`], filled from [`procfs`] and the kernel's iterators).

pub mod process;
pub mod procfs;
pub mod snapshot;
