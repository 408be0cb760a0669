//! The system at one moment: processes and what they have open. Plain values; how they were obtained is
//! noted where it decides what can be missing.

use std::{fmt, io};

use crate::schema::errno::strerror;

/// A process, or a task of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Thread id, of a task that is not the process's first.
    pub tid: Option<u32>,
    /// Another thread of it, where its first one has ended and others go on: /proc tells of the first neither files
    /// nor memory then.
    pub through: Option<u32>,
    /// The parent.
    pub ppid: u32,
    /// Process group.
    pub pgid: u32,
    /// Effective user, as the owner of /proc/PID tells it.
    pub uid: u32,
    /// When it began, in clock ticks since boot: with the pid it names the process for ever.
    pub start: u64,
    /// State, a letter of proc(5).
    pub state: u8,
    /// Name, at most 15 bytes.
    pub comm: Vec<u8>,
    /// Name of the task.
    pub task_comm: Option<Vec<u8>>,
    /// What it has open, in the order of lsof: directories, program, mappings, descriptors.
    pub files: Vec<Descriptor>,
}

impl Process {
    /// The id in /proc by which it is looked into: of the process, or of a thread that goes on in its place.
    pub fn seen(&self) -> u32 {
        self.through.unwrap_or(self.pid)
    }
}

/// By what a process holds a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A descriptor.
    Number(u32),
    /// Current directory.
    Cwd,
    /// Root directory.
    Root,
    /// The program.
    Text,
    /// A mapping.
    Mem,
    /// A mapping of a file that is deleted.
    Deleted,
    /// The directory of descriptors could not be read.
    NoFd,
}

impl Slot {
    /// lsof's word; nothing for numbers.
    pub fn word(self) -> &'static str {
        match self {
            Slot::Number(_) => "",
            Slot::Cwd => "cwd",
            Slot::Root => "rtd",
            Slot::Text => "txt",
            Slot::Mem => "mem",
            Slot::Deleted => "DEL",
            Slot::NoFd => "NOFD",
        }
    }
}

/// For what a descriptor is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Not a descriptor, or it could not be read.
    #[default]
    Unknown,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Both, or neither (O_PATH).
    Update,
}

impl Access {
    /// Of `file.f_mode`: bit 0 for reading, bit 1 for writing.
    pub fn of_mode(f_mode: u32) -> Access {
        match f_mode & 3 {
            1 => Access::Read,
            2 => Access::Write,
            _ => Access::Update,
        }
    }

    /// Of the flags of open(2).
    pub fn of_flags(flags: u32) -> Access {
        match flags & 0o3 {
            _ if flags & libc::O_PATH as u32 != 0 => Access::Update,
            0 => Access::Read,
            1 => Access::Write,
            _ => Access::Update,
        }
    }

    /// lsof's letter.
    pub fn letter(self) -> u8 {
        match self {
            Access::Unknown => b' ',
            Access::Read => b'r',
            Access::Write => b'w',
            Access::Update => b'u',
        }
    }
}

/// A device number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Dev {
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

impl Dev {
    /// From the kernel's own encoding: major << 20 | minor.
    pub fn of_kernel(dev: u32) -> Dev {
        Dev { major: dev >> 20, minor: dev & 0xf_ffff }
    }

    /// As `dev_t` of the C library, makedev(3), its low 32 bits.
    pub fn word(self) -> u32 {
        self.minor & 0xff | (self.major & 0xfff) << 8 | (self.minor & !0xff) << 12
    }
}

/// What is known of a file: a part of `struct stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileStat {
    /// Device of its file system.
    pub dev: Dev,
    /// Inode number.
    pub ino: u64,
    /// Type and permissions.
    pub mode: u32,
    /// Device that it is; told for all files, and of meaning for devices.
    pub rdev: Dev,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Links, where known.
    pub links: Option<u64>,
}

impl FileStat {
    /// The type: `S_IFMT` of the mode.
    pub fn kind(&self) -> u32 {
        self.mode & libc::S_IFMT
    }
}

/// Why something open is not told in full. Errors are numbers of errno(3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The directory of descriptors at this path cannot be listed.
    Directory(Box<str>, i32),
    /// The link to it cannot be read.
    Link(i32),
    /// What it is cannot be asked.
    Stat(i32),
    /// It lies below this directory, of which nothing is asked.
    Exempt(Box<[u8]>),
    /// A mapped file that lies below such a directory.
    MappingExempt,
    /// A mapped file that is deleted, on a file system that may not answer.
    MappingDeleted,
    /// The path of a mapped file leads to another: what is there instead, its device and its inode, where they differ.
    Elsewhere(Option<Dev>, Option<u64>),
}

impl Lack {
    /// The lack of what an error kept from being read.
    pub fn of(error: &io::Error, lack: fn(i32) -> Lack) -> Lack {
        lack(error.raw_os_error().unwrap_or(libc::EIO))
    }

    /// Whether it was not there (any more).
    pub fn is_gone(&self) -> bool {
        matches!(self, Lack::Directory(_, libc::ENOENT | libc::ESRCH) | Lack::Link(libc::ENOENT | libc::ESRCH))
    }
}

/// In lsof's words: `(readlink: Permission denied)`.
impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lack::Directory(path, errno) => write!(f, "{path} (opendir: {})", strerror(*errno)),
            Lack::Link(errno) => write!(f, "(readlink: {})", strerror(*errno)),
            Lack::Stat(errno) => write!(f, "(stat: {})", strerror(*errno)),
            Lack::Exempt(dir) => write!(f, "(-e {})", String::from_utf8_lossy(dir)),
            Lack::MappingExempt => write!(f, "(stat: exempt by -e)"),
            Lack::MappingDeleted => write!(f, "(stat: deleted)"),
            Lack::Elsewhere(Some(Dev { major, minor }), None) => write!(f, "(path dev={major},{minor})"),
            Lack::Elsewhere(Some(Dev { major, minor }), Some(ino)) => {
                write!(f, "(path dev={major},{minor}, inode={ino})")
            }
            Lack::Elsewhere(None, ino) => write!(f, "(path inode={})", ino.unwrap_or_default()),
        }
    }
}

/// Something open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// By what.
    pub slot: Slot,
    /// For what.
    pub access: Access,
    /// Position in the file.
    pub pos: Option<u64>,
    /// Flags of open(2) with O_CLOEXEC, where they were asked for.
    pub flags: Option<u32>,
    /// What it is; `None` when that could not be found out, then `lack` says why.
    pub stat: Option<FileStat>,
    /// Its device and inode where nothing else is known.
    pub place: Option<(Dev, u64)>,
    /// The path that the kernel gives, or `pipe:[1]` and its like; else where it would have been read.
    pub path: Box<[u8]>,
    /// What could not be found out.
    pub lack: Option<Lack>,
    /// Of a socket, its network namespace, where known.
    pub netns: u32,
}

impl Descriptor {
    /// Something of which nothing is known yet.
    pub fn new(slot: Slot, path: &[u8]) -> Descriptor {
        Descriptor {
            slot,
            access: Access::Unknown,
            pos: None,
            flags: None,
            stat: None,
            place: None,
            path: path.into(),
            lack: None,
            netns: 0,
        }
    }

    /// Whether it is a socket.
    pub fn is_socket(&self) -> bool {
        self.stat.is_some_and(|stat| stat.kind() == libc::S_IFSOCK)
    }
}

/// A lock on a file that is held, or one that is waited for: a line of the machine's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Its number in the list; who waits for it has the same.
    pub number: u64,
    /// It is not held but waited for.
    pub waits: bool,
    /// `FLOCK`, `POSIX`, `OFDLCK`, `LEASE`, `DELEG`.
    pub class: String,
    /// `ADVISORY`; of leases `ACTIVE`, `BREAKING`, `BREAKER`.
    pub kind: String,
    /// It is for writing.
    pub writes: bool,
    /// Who took it; `None` where the kernel names nobody (an open file description, another namespace).
    pub pid: Option<u32>,
    /// The file; `None` where it is not told.
    pub file: Option<(Dev, u64)>,
    /// First and last byte; `None`: the end of the file.
    pub range: (u64, Option<u64>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_is_lsofs() {
        let path = libc::O_PATH as u32;
        for (flags, letter) in [(0, b'r'), (1, b'w'), (2, b'u'), (3, b'u'), (path, b'u'), (path | 1, b'u')] {
            assert_eq!(Access::of_flags(flags).letter(), letter, "{flags:o}");
        }
        for (mode, letter) in [(1, b'r'), (2, b'w'), (3, b'u'), (0, b'u'), (0x1d, b'r')] {
            assert_eq!(Access::of_mode(mode).letter(), letter, "{mode:x}");
        }
    }

    #[test]
    fn lacks_in_words() {
        let dev = Dev { major: 9, minor: 2 };
        for (lack, words, gone) in [
            (Lack::Directory("/x/fd".into(), libc::EACCES), "/x/fd (opendir: Permission denied)", false),
            (Lack::Directory("/x/fd".into(), libc::ENOENT), "/x/fd (opendir: No such file or directory)", true),
            (Lack::Link(libc::EACCES), "(readlink: Permission denied)", false),
            (Lack::Link(libc::ESRCH), "(readlink: No such process)", true),
            (Lack::Stat(libc::ENOENT), "(stat: No such file or directory)", false),
            (Lack::Exempt(b"/a".as_slice().into()), "(-e /a)", false),
            (Lack::MappingExempt, "(stat: exempt by -e)", false),
            (Lack::MappingDeleted, "(stat: deleted)", false),
            (Lack::Elsewhere(Some(dev), None), "(path dev=9,2)", false),
            (Lack::Elsewhere(Some(dev), Some(4)), "(path dev=9,2, inode=4)", false),
            (Lack::Elsewhere(None, Some(4)), "(path inode=4)", false),
        ] {
            assert_eq!((lack.to_string().as_str(), lack.is_gone()), (words, gone));
        }
        let error = io::Error::from_raw_os_error(libc::ELOOP);
        assert_eq!(Lack::of(&error, Lack::Stat), Lack::Stat(libc::ELOOP));
    }

    #[test]
    fn device_numbers() {
        let dev = Dev::of_kernel(254 << 20 | 3);
        assert_eq!((dev.major, dev.minor, dev.word()), (254, 3, 0xfe03));
        assert_eq!(u64::from(Dev { major: 0x123, minor: 0x45678 }.word()), libc::makedev(0x123, 0x45678) & 0xffff_ffff);
    }
}
