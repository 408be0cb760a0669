//! Who holds what: pipes and sockets by the machine's lists, files by a walk over all descriptors. Each is asked for once, when it is first
//! needed.

use crate::system::owners::{every_owner, every_pipe};
use crate::system::procfs::fds::{FdInfo, fdinfo};
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Access, Process};
use crate::system::sockets::owners::{Owner, Owners};
use crate::tools::why::scene::Holder;

/// Holders that are kept.
#[derive(Debug, Default)]
pub struct Holders {
    pipes: Option<Owners>,
    sockets: Option<Owners>,
    /// Every descriptor that leads to a path, or to something without inode: process, number, link.
    links: Option<Vec<(u32, u32, Vec<u8>)>>,
    /// Processes that may not be looked into.
    unreadable: u64,
}

impl Holders {
    /// Who holds a pipe.
    pub fn of_pipe(&mut self, inode: u64) -> Vec<Holder> {
        let owners = self.pipes.get_or_insert_with(|| every_pipe().unwrap_or_default());
        self.unreadable = self.unreadable.max(owners.unreadable);
        owners.of(inode).iter().map(with_access).collect()
    }

    /// Who holds a socket.
    pub fn of_socket(&mut self, inode: u64) -> Vec<Holder> {
        if inode == 0 {
            return Vec::new();
        }
        let owners = self.sockets.get_or_insert_with(|| every_owner().unwrap_or_default());
        self.unreadable = self.unreadable.max(owners.unreadable);
        owners.of(inode).iter().map(|owner| Holder { pid: owner.pid, fd: owner.fd, access: Access::Update }).collect()
    }

    /// Who has something open to which this link leads, and of which fdinfo says what is wanted.
    pub fn of_link(&mut self, link: &[u8], wanted: impl Fn(&FdInfo) -> bool) -> Vec<Holder> {
        if self.links.is_none() {
            let (links, unreadable) = walk();
            self.links = Some(links);
            self.unreadable = self.unreadable.max(unreadable);
        }
        let same = self.links.iter().flatten().filter(|(_, _, target)| target == link);
        let mut found = Vec::new();
        for &(pid, fd, _) in same {
            let info = info(pid, fd);
            if wanted(&info) {
                let access = info.flags.map_or(Access::Unknown, Access::of_flags);
                found.push(Holder { pid, fd: fd as i32, access });
            }
        }
        found
    }

    /// How many processes could not be looked into, of those that may hold something.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }
}

/// fdinfo of a descriptor of a process.
pub fn info(pid: u32, fd: u32) -> FdInfo {
    let process = Process { pid, ..Process::default() };
    let found = fdinfo(&process, fd, &mut Vec::new());
    if found != FdInfo::default() {
        return found;
    }
    // The first thread may have ended, while others go on.
    match processes::survivor(pid, &mut Vec::new()) {
        Some((tid, _)) if tid != pid => {
            fdinfo(&Process { pid, through: Some(tid), ..Process::default() }, fd, &mut Vec::new())
        }
        _ => found,
    }
}

fn with_access(owner: &Owner) -> Holder {
    let access = match owner.access {
        Access::Unknown => {
            let flags = u32::try_from(owner.fd).ok().and_then(|fd| info(owner.pid, fd).flags);
            flags.map_or(Access::Unknown, Access::of_flags)
        }
        known => known,
    };
    Holder { pid: owner.pid, fd: owner.fd, access }
}

/// Links of all descriptors but pipes and sockets, and how many processes may not be looked into.
fn walk() -> (Vec<(u32, u32, Vec<u8>)>, u64) {
    let (mut found, mut unreadable) = (Vec::new(), 0);
    for pid in processes::all().unwrap_or_default() {
        let who = Who::Id(pid);
        let numbers = match who.descriptors() {
            Ok(numbers) => numbers,
            Err(error) => {
                unreadable += u64::from(error.kind() == std::io::ErrorKind::PermissionDenied);
                continue;
            }
        };
        for fd in numbers {
            let Ok(link) = who.link(format_args!("fd/{fd}")) else { continue };
            if !link.starts_with(b"pipe:") && !link.starts_with(b"socket:") {
                found.push((pid, fd, link));
            }
        }
    }
    (found, unreadable)
}
