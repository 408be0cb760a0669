//! What a line shows, in lsof's own words.

use std::borrow::Cow;

use crate::system::snapshot::{Dev, Slot};

/// A process, or a task, and its files.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// Process id.
    pub pid: u32,
    /// Thread id.
    pub tid: Option<u32>,
    /// The parent.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// User.
    pub uid: u32,
    /// The user's name, where it has one and names are shown.
    pub login: Option<Box<str>>,
    /// Name of the process.
    pub comm: Vec<u8>,
    /// Name of the task.
    pub task_comm: Option<Vec<u8>>,
    /// The label of a security module, where it was asked for and there is one.
    pub label: Option<Box<[u8]>>,
    /// Files.
    pub rows: Vec<FileRow>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct FileRow {
    /// By what it is held.
    pub slot: Slot,
    /// `r`, `w`, `u` or a blank.
    pub access: u8,
    /// The letter of a lock, or a blank.
    pub lock: u8,
    /// TYPE: `REG`, `IPv4` and their like.
    pub kind: Cow<'static, str>,
    /// Device of the file system.
    pub dev: Option<Dev>,
    /// Device that it is.
    pub rdev: Option<Dev>,
    /// What DEVICE has instead.
    pub device_text: Option<Box<[u8]>>,
    /// SIZE/OFF.
    pub amount: Amount,
    /// The position, where `amount` is something else: programs are told both.
    pub offset: Option<u64>,
    /// NLINK.
    pub links: Option<u64>,
    /// NODE.
    pub node: Node,
    /// Flags of open(2).
    pub flags: Option<u32>,
    /// NAME, as the kernel or the user gave it.
    pub name: Box<[u8]>,
    /// Both ends of an internet socket, behind the name.
    pub ends: Option<Box<str>>,
    /// What stands behind the name: what could not be done, and who is at the other end.
    pub note: Option<Box<str>>,
    /// The state of a connection.
    pub connection: Option<Connection>,
}

/// SIZE/OFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Neither.
    None,
    /// Bytes.
    Size(u64),
    /// Position.
    Offset(u64),
}

/// NODE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Nothing.
    None,
    /// An inode number.
    Inode(u64),
    /// A protocol.
    Protocol(Cow<'static, str>),
}

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Of a socket that has states: TCP, unix.
    pub state: Option<&'static str>,
    /// Bytes not read, and bytes not sent.
    pub queues: Option<(u64, u64)>,
}

impl FileRow {
    /// What DEVICE shows as a number: the device that it is, else that of its file system.
    pub fn device(&self) -> Option<Dev> {
        self.rdev.or(self.dev)
    }

    /// The name of a descriptor, without blanks: `cwd`, `3`.
    pub fn fd(&self, out: &mut Vec<u8>) {
        match self.slot {
            Slot::Number(fd) => out.extend_from_slice(itoa::Buffer::new().format(fd).as_bytes()),
            slot => out.extend_from_slice(slot.word().as_bytes()),
        }
    }
}
