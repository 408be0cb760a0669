//! Which processes have a socket open: `/proc/PID/fd/N -> socket:[INODE]`, for all processes that may be read.

use std::ffi::CStr;
use std::io;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{Mode, OFlags, openat, readlinkat_raw};
use rustix::io::Errno;

use super::covered::Covered;
use super::who::{Who, inode_of};
use super::{machine, numbers, open_directory};
use crate::system::process::has_ended;
use crate::system::snapshot::Access;
use crate::system::sockets::owners::{Owner, Owners};

/// Looks through the descriptors of all processes, with `threads` those of all threads.
///
/// # Errors
/// /proc is not there. A process that ends meanwhile is no error, nor is one that may not be read: it is counted.
pub fn owners(threads: bool) -> io::Result<Owners> {
    holders(threads, "socket")
}

/// The same of pipes: who holds the pipe with an inode.
///
/// # Errors
/// As [`owners`].
pub fn pipes() -> io::Result<Owners> {
    holders(false, "pipe")
}

/// Who holds what is of this kind by the links of descriptors: `socket:[4242]`.
fn holders(threads: bool, kind: &str) -> io::Result<Owners> {
    let (mut found, mut unreadable) = (Vec::new(), 0);
    let proc = open_directory(rustix::fs::CWD, machine::ROOT)?;
    let covered = Covered::now();
    for pid in numbers(proc.as_fd())? {
        if covered.has(pid) {
            unreadable += 1;
            continue;
        }
        // Ended, or its entry cannot be opened at all.
        let Ok(process) = open_directory(proc.as_fd(), Name::new(pid).text()) else { continue };
        let first = match task(process.as_fd(), process.as_fd(), [pid, pid], kind, &mut found) {
            // The first thread alone has ended: the others have what it had.
            Err(Errno::ACCESS | Errno::PERM) if Who::Id(pid).stat().is_some_and(|stat| has_ended(stat.state)) => 0,
            Err(Errno::ACCESS | Errno::PERM) => {
                unreadable += 1;
                continue;
            }
            first => first.unwrap_or(0),
        };
        // A first thread that has ended has nothing open, while others go on.
        if !threads && first > 0 {
            continue;
        }
        let Ok(tasks) = open_directory(process.as_fd(), c"task") else { continue };
        for tid in numbers(tasks.as_fd()).unwrap_or_default().into_iter().filter(|&tid| tid != pid) {
            let Ok(thread) = open_directory(tasks.as_fd(), Name::new(tid).text()) else { continue };
            let (named, id) = if threads { (&thread, tid) } else { (&process, pid) };
            let count = task(thread.as_fd(), named.as_fd(), [pid, id], kind, &mut found);
            if !threads && count.is_ok_and(|count| count > 0) {
                break;
            }
        }
    }
    Ok(Owners::new(found, unreadable))
}

/// Looks through the descriptors of a task, whose name is that of `named`; gives how many there are.
fn task(
    directory: BorrowedFd<'_>,
    named: BorrowedFd<'_>,
    [pid, tid]: [u32; 2],
    kind: &str,
    found: &mut Vec<(u64, Owner)>,
) -> Result<usize, Errno> {
    let descriptors = open_directory(directory, c"fd")?;
    let mut comm: Option<Arc<[u8]>> = None;
    let mut buffer = [0u8; 64];
    let list = numbers(descriptors.as_fd())?;
    let count = list.len();
    for fd in list {
        let len = match readlinkat_raw(&descriptors, Name::new(fd).text(), &mut buffer[..]) {
            Ok(len) => len,
            // Of some processes the numbers can be listed, and no more.
            Err(refused @ (Errno::ACCESS | Errno::PERM)) => return Err(refused),
            // Closed meanwhile.
            Err(_) => continue,
        };
        let Some(inode) = inode_of(kind, &buffer[..len]) else { continue };
        let comm = comm.get_or_insert_with(|| Arc::from(name(named))).clone();
        found.push((inode, Owner { pid, tid, comm, fd: fd as i32, access: Access::Unknown }));
    }
    Ok(count)
}

/// A task's name.
fn name(directory: BorrowedFd<'_>) -> Vec<u8> {
    let mut buffer = [0u8; 64];
    let read = openat(directory, c"comm", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|file| rustix::io::read(&file, &mut buffer[..]));
    let name = &buffer[..read.unwrap_or(0)];
    name.strip_suffix(b"\n").unwrap_or(name).to_vec()
}

/// A number as the name of a directory's entry.
struct Name([u8; 11]);

impl Name {
    fn new(number: u32) -> Name {
        let mut bytes = [0; 11];
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(number).as_bytes();
        bytes[..digits.len()].copy_from_slice(digits);
        Name(bytes)
    }

    fn text(&self) -> &CStr {
        // Ten digits at most: the last byte stays zero.
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn this_process_has_its_sockets() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let link = std::fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).expect("a link");
        let inode = inode_of("socket", link.to_str().expect("ASCII").as_bytes()).expect("a socket");
        let found = owners(false).expect("/proc");
        let mine = found.of(inode).iter().find(|owner| owner.pid == std::process::id());
        assert_eq!(mine.map(|owner| owner.fd), Some(listener.as_raw_fd()));
        assert_eq!(found.of(0), []);
    }
}
