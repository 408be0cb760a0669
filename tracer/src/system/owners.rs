//! Which processes have a socket or a pipe open: from the kernel's iterator where there are many descriptors, else from
//! /proc. The iterator sees processes that may not be looked into through /proc too.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use tracer_common::snapshot::FileRecord;

use crate::capture::ebpf::snapshot::{FileIterator, Wanted};
use crate::schema::stat::FS_MAGIC;
use crate::system::procfs::owners::{owners as from_proc, pipes as pipes_from_proc};
use crate::system::procfs::processes;
use crate::system::snapshot::Access;
use crate::system::sockets::owners::{Owner, Owners};

/// The owners of all sockets; with `threads` every thread is one.
///
/// # Errors
/// /proc is not there.
pub fn owners(threads: bool) -> io::Result<Owners> {
    if threads || !iterator_pays()? {
        return from_proc(threads);
    }
    // /proc tells the same, more slowly.
    from_iterator(SOCKFS).or_else(|_| from_proc(threads))
}

/// The same of pipes.
///
/// # Errors
/// As [`owners`].
pub fn pipes() -> io::Result<Owners> {
    if !iterator_pays()? {
        return pipes_from_proc();
    }
    from_iterator(PIPEFS).or_else(|_| pipes_from_proc())
}

/// The owners of all sockets, of processes that may not be looked into through /proc too, where the iterator can tell.
///
/// # Errors
/// As [`owners`].
pub fn every_owner() -> io::Result<Owners> {
    owners(false).map(|found| with_hidden(found, SOCKFS))
}

/// The same of pipes.
///
/// # Errors
/// As [`owners`].
pub fn every_pipe() -> io::Result<Owners> {
    pipes().map(|found| with_hidden(found, PIPEFS))
}

fn with_hidden(found: Owners, system: u64) -> Owners {
    if found.unreadable > 0 && processes::iterator_sees_all() { from_iterator(system).unwrap_or(found) } else { found }
}

/// File systems of sockets and of pipes.
const SOCKFS: u64 = FS_MAGIC.value("SOCKFS_MAGIC");
const PIPEFS: u64 = FS_MAGIC.value("PIPEFS_MAGIC");

/// The iterator tells descriptors that tasks share once; /proc takes one link for each.
fn iterator_pays() -> io::Result<bool> {
    Ok(processes::iterator_sees_all() && processes::iterator_pays(processes::all()?, 1))
}

/// The owners that the iterator tells, of files of one file system.
fn from_iterator(system: u64) -> anyhow::Result<Owners> {
    let mut names: HashMap<u32, Arc<[u8]>> = HashMap::new();
    // Of a process whose first thread has ended, another one stands for it.
    let mut stands_for: HashMap<u32, u32> = HashMap::new();
    let mut found: Vec<(u64, Owner)> = Vec::new();
    let wanted = Wanted { sockets: system == SOCKFS, own: true, ..Wanted::default() };
    FileIterator::load(wanted)?.run(|record, _| {
        let &FileRecord { ino, tgid: pid, tid, fd, magic, .. } = record;
        if u64::from(magic) != system {
            return;
        }
        let stands = stands_for.entry(pid).or_insert(tid);
        *stands = if tid == pid { pid } else { *stands };
        let end = record.comm.iter().position(|&b| b == 0).unwrap_or(record.comm.len());
        let comm = Arc::clone(names.entry(pid).or_insert_with(|| record.comm[..end].into()));
        let access = if system == PIPEFS { Access::of_mode(record.f_mode) } else { Access::Unknown };
        let fd = i32::try_from(fd).unwrap_or(i32::MAX);
        found.push((ino, Owner { pid, tid, comm, fd, access }));
    })?;
    found.retain(|(_, owner)| stands_for.get(&owner.pid) == Some(&owner.tid));
    found.iter_mut().for_each(|(_, owner)| owner.tid = owner.pid);
    Ok(Owners::new(found, 0))
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn an_own_socket_has_us_for_its_owner() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let ino = rustix::fs::fstat(&socket).expect("stat").st_ino;
        let owners = owners(false).expect("/proc");
        let hit = |owner: &&Owner| owner.pid == std::process::id() && owner.fd == socket.as_raw_fd();
        assert!(owners.of(ino).iter().any(|owner| hit(&owner)));
    }
}
