//! What is known of the system: kept up to date by what a source delivers.

pub mod process;
