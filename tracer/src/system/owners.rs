//! Which processes have a socket open: from the kernel's iterator where there are many descriptors, else from
//! /proc. The iterator sees processes that may not be looked into through /proc too.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use crate::capture::ebpf::snapshot::socket_owners;
use crate::system::procfs::owners::owners as from_proc;
use crate::system::procfs::processes;
use crate::system::sockets::owners::{Owner, Owners};

/// The owners of all sockets; with `threads` every thread is one.
///
/// # Errors
/// /proc is not there.
pub fn owners(threads: bool) -> io::Result<Owners> {
    // The iterator tells descriptors that tasks share once; /proc takes one link for each.
    if threads || !rustix::process::geteuid().is_root() || !processes::iterator_pays(processes::all()?, 1) {
        return from_proc(threads);
    }
    // /proc tells the same, more slowly.
    let Ok(list) = socket_owners() else { return from_proc(threads) };
    let mut owners = Owners::default();
    let mut names: HashMap<u32, Arc<[u8]>> = HashMap::new();
    // Of a process whose first thread has ended, another one stands for it.
    let mut stands_for: HashMap<u32, u32> = HashMap::new();
    for found in &list {
        let tid = stands_for.entry(found.pid).or_insert(found.tid);
        *tid = if found.tid == found.pid { found.pid } else { *tid };
    }
    for found in list.into_iter().filter(|found| stands_for.get(&found.pid) == Some(&found.tid)) {
        let comm = Arc::clone(names.entry(found.pid).or_insert_with(|| found.comm.into()));
        let fd = i32::try_from(found.fd).unwrap_or(i32::MAX);
        owners.add(found.ino, Owner { pid: found.pid, tid: found.pid, comm, fd });
    }
    Ok(owners)
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
