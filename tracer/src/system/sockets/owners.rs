//! Which processes have a socket open.

use std::collections::HashMap;
use std::sync::Arc;

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
}

/// The owners of all sockets.
#[derive(Debug, Default)]
pub struct Owners {
    by_inode: HashMap<u64, Vec<Owner>>,
    /// Processes whose descriptors may not be read.
    pub unreadable: u64,
}

impl Owners {
    /// The owners of the socket with this inode, in the order of pids and descriptors.
    pub fn of(&self, inode: u64) -> &[Owner] {
        match inode {
            // No descriptor leads to it.
            0 => &[],
            inode => self.by_inode.get(&inode).map_or(&[], Vec::as_slice),
        }
    }

    /// Adds an owner.
    pub fn add(&mut self, inode: u64, owner: Owner) {
        self.by_inode.entry(inode).or_default().push(owner);
    }
}
