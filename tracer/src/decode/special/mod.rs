//! Forms that need code of their own, a file per family. Each is a plain function over the bytes.

pub mod files;
pub mod ifreq;
pub mod poll;
pub mod sockopt;
pub mod stat;
pub mod tty;
