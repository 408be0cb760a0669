//! Reading /proc: who there is, what each has open, mounts, locks, sockets. [`who`] spells the paths of processes, [`machine`] those
//! of the machine; no other room does. Nothing here waits for a file system that does not answer: [`stat`] knows which those may be
//! and asks them with a bound.

pub mod account;
pub mod cgroup;
pub mod covered;
pub mod fds;
pub mod locks;
pub mod machine;
pub mod maps;
pub mod mounts;
pub mod nested;
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

use std::io;
use std::mem::MaybeUninit;

use rustix::buffer::spare_capacity;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, RawDir, openat};
use rustix::io::{Errno, retry_on_intr};
use rustix::path::Arg;

/// Room for each read: the kernel hands out a page at most of a list.
const PIECE: usize = 4096;

/// Room for entries of a directory.
const ENTRIES: usize = 16 << 10;

/// Reads a file into `buffer`, which is emptied first. It is opened, read to its end and closed: what a file of /proc is, and how long,
/// is not worth asking.
fn read_into(path: &str, buffer: &mut Vec<u8>) -> io::Result<()> {
    read_file(path, buffer, false)
}

/// The same; `at_once`: the kernel makes the file in one piece, so that a read that leaves room has reached the end.
fn read_file(path: &str, buffer: &mut Vec<u8>, at_once: bool) -> io::Result<()> {
    buffer.clear();
    let file = openat(rustix::fs::CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    loop {
        buffer.reserve(PIECE);
        let got = retry_on_intr(|| rustix::io::read(&file, spare_capacity(buffer)))?;
        if got == 0 || at_once && buffer.len() < buffer.capacity() {
            return Ok(());
        }
    }
}

/// The entries of a directory that are numbers, ascending.
fn numbers(directory: BorrowedFd<'_>) -> Result<Vec<u32>, Errno> {
    let mut buffer = [const { MaybeUninit::uninit() }; ENTRIES];
    let mut entries = RawDir::new(directory, &mut buffer);
    let mut list = Vec::new();
    while let Some(entry) = entries.next() {
        list.extend(entry?.file_name().to_str().ok().and_then(|name| name.parse::<u32>().ok()));
    }
    list.sort_unstable();
    Ok(list)
}

/// Opens a directory, to list it or what is in it.
fn open_directory(at: impl AsFd, name: impl Arg) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let check = |bytes: &[u8]| {
            let path = dir.path().join("file");
            std::fs::write(&path, bytes).expect("written");
            for at_once in [false, true] {
                let mut buffer = b"before".to_vec();
                read_file(path.to_str().expect("UTF-8"), &mut buffer, at_once).expect("read");
                assert_eq!(buffer, bytes);
            }
        };
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            check(&vec![b'x'; len]);
        }
        let missing = read_into("/nonexistent", &mut Vec::new()).map_err(|error| error.kind());
        assert_eq!(missing, Err(io::ErrorKind::NotFound));
    }

    #[test]
    fn numbers_of_a_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut expected: Vec<u32> = (0..500).map(|n| n * 7).collect();
        for name in expected.iter().map(u32::to_string).chain(["x".into(), "4294967296".into()]) {
            std::fs::write(dir.path().join(name), "").expect("written");
        }
        expected.sort_unstable();
        let open = open_directory(rustix::fs::CWD, dir.path()).expect("a directory");
        assert_eq!(numbers(open.as_fd()), Ok(expected));
    }
}
