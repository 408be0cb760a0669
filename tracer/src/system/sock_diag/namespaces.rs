//! Network namespaces: those of this moment's processes and those that `ip netns` keeps by name, and entering
//! one. A thread of its own enters and ends; the program stays where it is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::system::process::has_ended;
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::threads;

/// Where `ip netns` keeps its namespaces.
const NAMED: &str = "/run/netns";

/// A network namespace, held open: it lives as long as this does.
#[derive(Debug)]
pub struct Namespace {
    /// Its inode: what `/proc/PID/ns/net` shows.
    pub inode: u64,
    /// Its name, when `ip netns` keeps it.
    pub name: Option<String>,
    file: File,
}

impl Namespace {
    fn open(path: &Path, name: Option<String>) -> io::Result<Namespace> {
        let file = File::open(path)?;
        let inode = file.metadata()?.ino();
        Ok(Namespace { inode, name, file })
    }

    /// The namespace of a process or a thread.
    ///
    /// # Errors
    /// It is gone, or may not be looked into.
    pub fn of(who: Who) -> io::Result<Namespace> {
        Namespace::open(who.path("ns/net").as_ref(), None)
    }

    /// The namespace of this thread.
    pub fn current() -> io::Result<Namespace> {
        Namespace::of(Who::ThisThread)
    }

    /// The namespace with a name of `ip netns`, or at a path.
    pub fn named(name: &str) -> io::Result<Namespace> {
        let path = if name.contains('/') { PathBuf::from(name) } else { Path::new(NAMED).join(name) };
        Namespace::open(&path, Some(name.to_owned()))
    }

    /// Does something in this namespace.
    ///
    /// # Errors
    /// The namespace can not be entered: that takes CAP_SYS_ADMIN.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> io::Result<T> {
        thread::scope(|scope| {
            let entered = || {
                move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?;
                Ok(work())
            };
            let thread = threads::scoped(scope, entered)?;
            thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace has panicked")))
        })
    }
}

/// All namespaces that could be opened, the current one first, then by inode.
#[derive(Debug, Default)]
pub struct All {
    /// The namespaces.
    pub namespaces: Vec<Namespace>,
    /// Processes whose namespace could not be seen.
    pub unreadable: u64,
}

/// Finds them.
///
/// # Errors
/// /proc is not there.
pub fn all() -> io::Result<All> {
    let current = Namespace::current()?;
    let mut found: BTreeMap<u64, Namespace> = BTreeMap::new();
    let mut unreadable = 0;
    // Names first, so that the namespaces of processes find theirs.
    for entry in fs::read_dir(NAMED).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(space) = Namespace::open(&entry.path(), Some(name)) {
            found.entry(space.inode).or_insert(space);
        }
    }
    let mut buffer = Vec::new();
    for pid in processes::all()? {
        // The link tells the inode without opening anything; a process that has ended is no trouble, nor is its first thread alone.
        let mut who = Who::Id(pid);
        let mut net = who.namespace("net");
        if net.is_err() && who.stat_through(&mut buffer).is_none_or(|stat| has_ended(stat.state)) {
            let Some((tid, _)) = processes::survivor(pid, &mut buffer) else { continue };
            who = Who::Thread(pid, tid);
            net = who.namespace("net");
        }
        match net {
            Ok(inode) if found.contains_key(&inode) => {}
            Ok(_) => {
                if let Ok(space) = Namespace::of(who) {
                    found.entry(space.inode).or_insert(space);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => unreadable += 1,
            Err(_) => {}
        }
    }
    let first = found.remove(&current.inode).unwrap_or(current);
    Ok(All { namespaces: std::iter::once(first).chain(found.into_values()).collect(), unreadable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_namespace_is_among_all_and_first() {
        let current = Namespace::current().expect("/proc").inode;
        let all = all().expect("/proc");
        assert_eq!(all.namespaces.first().map(|space| space.inode), Some(current));
    }
}
