//! Reading /proc: who there is, what each has open, mounts, locks, sockets. [`who`] spells the paths of processes, [`machine`] those
//! of the machine; no other room does. Nothing here waits for a file system that does not answer: [`stat`] knows which those may be
//! and asks them with a bound.

pub mod account;
pub mod cgroup;
pub mod fds;
pub mod locks;
pub mod machine;
pub mod maps;
pub mod mounts;
pub mod net;
pub mod owners;
pub mod patience;
pub mod processes;
pub mod regions;
pub mod sockstat;
pub mod stat;
pub mod status;
pub mod waiting;
pub mod who;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a file of /proc into `buffer`, which is emptied first.
pub fn read_into(path: impl AsRef<Path>, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    File::open(path)?.read_to_end(buffer).map(drop)
}

/// The text of a file; empty when it cannot be read.
fn read_text(path: &str) -> String {
    let mut bytes = Vec::new();
    let read = read_into(path, &mut bytes);
    read.map_or_else(|_| String::new(), |()| String::from_utf8_lossy(&bytes).into_owned())
}

/// A number in decimal at the start of `bytes`, and what follows it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let value = std::str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    Some((value, &bytes[digits..]))
}

/// A number in hexadecimal, the whole of `bytes`.
fn hex(bytes: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(bytes).ok()?, 16).ok()
}

/// What strerror(3) says of an error, in the C locale.
pub fn reason(error: &io::Error) -> String {
    crate::schema::errno::said(error).into_owned()
}
