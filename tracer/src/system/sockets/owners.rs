//! Which processes have a socket open.

use std::sync::Arc;

use crate::system::snapshot::Access;

/// A descriptor of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// The thread, when threads were asked for; else the process.
    pub tid: u32,
    /// Its name, any bytes.
    pub comm: Arc<[u8]>,
    /// The descriptor.
    pub fd: i32,
    /// For what it is open, where that came along: /proc has it in another file.
    pub access: Access,
}

/// The owners of all sockets, in the order of inodes: one list, as there may be many with one owner each.
#[derive(Debug, Default)]
pub struct Owners {
    inodes: Vec<u64>,
    owners: Vec<Owner>,
    /// Processes whose descriptors may not be read.
    pub unreadable: u64,
}

impl Owners {
    /// Those that were found, each with the inode of what it has open. Of one inode they stay in their order.
    pub fn new(mut found: Vec<(u64, Owner)>, unreadable: u64) -> Owners {
        found.sort_by_key(|(inode, _)| *inode);
        let inodes = found.iter().map(|(inode, _)| *inode).collect();
        Owners { inodes, owners: found.into_iter().map(|(_, owner)| owner).collect(), unreadable }
    }

    /// The owners of the socket with this inode, in the order of pids and descriptors.
    pub fn of(&self, inode: u64) -> &[Owner] {
        // No descriptor leads to what has none.
        let from = self.inodes.partition_point(|&other| other < inode.max(1));
        let count = self.inodes[from..].iter().take_while(|&&other| other == inode).count();
        &self.owners[from..from + count]
    }
}
