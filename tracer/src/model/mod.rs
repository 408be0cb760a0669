//! What is known of the system: kept up to date by what a source delivers, or asked for at once.

pub mod process;
pub mod procfs;
pub mod sock_diag;
pub mod sockets;
