//! Whose directory below /proc is read: the one place that spells these paths. What stands in the directory is asked for by name,
//! and comes back with its type.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;

use rustix::fd::AsFd;

use super::{account, numbers, open_directory, read_file, status};
use crate::system::proc_paths::PROC;
use crate::system::process::{Stat, Status};
use crate::system::snapshot::Process;

/// Files (or directories of files) that the kernel makes in one piece (`single_open` and `ONE` of fs/proc/base.c); others are lists.
const AT_ONCE: &[&str] = &["stat", "status", "comm", "fdinfo", "io", "limits", "cgroup", "syscall", "wchan"];

/// A process or a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// This process.
    Myself,
    /// The calling thread, which may be in namespaces of its own.
    ThisThread,
    /// A process; or, by the id of one of its threads, the process as that thread sees it.
    Id(u32),
    /// A thread of a process: nothing is there when it is another process's.
    Thread(u32, u32),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Myself => f.write_str("/proc/self"),
            Who::ThisThread => f.write_str("/proc/thread-self"),
            Who::Id(id) => write!(f, "/proc/{id}"),
            Who::Thread(pid, tid) => write!(f, "/proc/{pid}/task/{tid}"),
        }
    }
}

impl Who {
    /// Through whom a process, or a task, of a snapshot is looked into.
    pub fn of(process: &Process) -> Who {
        process.tid.map_or(Who::Id(process.seen()), |tid| Who::Thread(process.pid, tid))
    }

    /// The directory of all of them, opened as a place only (`O_PATH`).
    ///
    /// # Errors
    /// What open(2) gives.
    pub fn proc() -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY).open(PROC)
    }

    /// The path of something in its directory.
    pub fn path(self, name: impl fmt::Display) -> String {
        format!("{self}/{name}")
    }

    /// Whether it is there.
    pub fn exists(self) -> bool {
        std::fs::metadata(self.to_string()).is_ok()
    }

    /// The whole of a file.
    ///
    /// # Errors
    /// What opening and reading give.
    pub fn read(self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(name, &mut bytes).map(|()| bytes)
    }

    /// The same into a buffer, which is emptied first.
    ///
    /// # Errors
    /// What opening and reading give.
    pub fn read_into(self, name: &str, buffer: &mut Vec<u8>) -> io::Result<()> {
        let (front, _) = name.split_once('/').unwrap_or((name, ""));
        read_file(&self.path(name), buffer, AT_ONCE.contains(&front))
    }

    /// Where a link leads to.
    ///
    /// # Errors
    /// What readlink(2) gives.
    pub fn link(self, name: impl fmt::Display) -> io::Result<Vec<u8>> {
        std::fs::read_link(self.path(name)).map(|path| path.into_os_string().into_vec())
    }

    /// Its name; `None` when it is gone.
    pub fn comm(self) -> Option<Vec<u8>> {
        let mut name = self.read("comm").ok()?;
        name.pop_if(|last| *last == b'\n');
        Some(name)
    }

    /// The label that a security module gives it; `None` where none does, or it may not be read.
    pub fn label(self) -> Option<Vec<u8>> {
        let mut label = self.read("attr/current").ok()?;
        // SELinux ends it with a NUL, AppArmor with a newline.
        while label.pop_if(|last| matches!(*last, 0 | b'\n')).is_some() {}
        Some(label).filter(|label| !label.is_empty())
    }

    /// Its `stat`; `None` when it is gone.
    pub fn stat(self) -> Option<Stat> {
        self.stat_through(&mut Vec::new())
    }

    /// The same, read through a buffer that is used again.
    pub fn stat_through(self, buffer: &mut Vec<u8>) -> Option<Stat> {
        self.read_into("stat", buffer).ok()?;
        account::stat(buffer)
    }

    /// Its `status`.
    ///
    /// # Errors
    /// What opening and reading give.
    pub fn status(self) -> io::Result<Status> {
        self.read("status").map(|text| status::parse(&text))
    }

    /// The inode of one of its namespaces (namespaces(7)).
    ///
    /// # Errors
    /// What readlink(2) gives; the kind is none of this kernel's.
    pub fn namespace(self, kind: &str) -> io::Result<u64> {
        let link = self.link(format_args!("ns/{kind}"))?;
        inode_of(kind, &link).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOENT))
    }

    /// Ids of its threads, ascending.
    ///
    /// # Errors
    /// What opening the directory gives.
    pub fn threads(self) -> io::Result<Vec<u32>> {
        numbers_of(&self.path("task"))
    }

    /// Numbers of its descriptors, ascending.
    ///
    /// # Errors
    /// What opening the directory gives.
    pub fn descriptors(self) -> io::Result<Vec<u32>> {
        numbers_of(&self.path("fd"))
    }

    /// How many descriptors it has: the size of the directory (6.2); 0 where nobody says.
    pub fn descriptor_count(self) -> u64 {
        std::fs::metadata(self.path("fd")).map_or(0, |meta| meta.len())
    }

    /// The environment of its program, at most `most` bytes.
    ///
    /// # Errors
    /// It is gone, or may not be looked into.
    pub fn environ(self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path("environ"))?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A file in its directory, opened for reading.
    ///
    /// # Errors
    /// What open(2) gives.
    pub fn open(self, name: &str) -> io::Result<File> {
        File::open(self.path(name))
    }

    /// A directory that something in its directory leads to, opened as a place only (`O_PATH`).
    ///
    /// # Errors
    /// What open(2) gives.
    pub fn directory(self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY).open(self.path(name))
    }

    /// Its memory, to be read by address.
    ///
    /// # Errors
    /// It is gone, or may not be looked into.
    pub fn memory(self) -> io::Result<File> {
        File::open(self.path("mem"))
    }

    /// The same to be written, read-only pages included.
    ///
    /// # Errors
    /// As above.
    pub fn memory_to_write(self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path("mem"))
    }
}

/// The inode in the link of a namespace, `net:[4026531840]`; of a socket's or a pipe's too.
pub(in crate::system) fn inode_of(kind: &str, link: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(kind.as_bytes())?.strip_prefix(b":[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The entries of a directory that are numbers, ascending.
///
/// # Errors
/// What opening and reading the directory give.
pub(super) fn numbers_of(directory: &str) -> io::Result<Vec<u32>> {
    Ok(numbers(open_directory(rustix::fs::CWD, directory)?.as_fd())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn directories() {
        let task = Process { pid: 7, tid: Some(8), ..Process::default() };
        let through = Process { pid: 7, through: Some(9), ..Process::default() };
        for (who, expected) in [
            (Who::Myself, "/proc/self"),
            (Who::ThisThread, "/proc/thread-self"),
            (Who::of(&task), "/proc/7/task/8"),
            (Who::of(&through), "/proc/9"),
        ] {
            assert_eq!(who.to_string(), expected);
            assert_eq!(who.path("fd"), format!("{expected}/fd"));
        }
    }

    #[test]
    fn this_process_is_told() {
        let me = Who::Id(std::process::id());
        let status = me.status().expect("status");
        assert_eq!((status.tgid, me.stat().expect("stat").pid), (std::process::id(), std::process::id()));
        assert_eq!(me.comm(), Some(me.stat().expect("stat").comm));
        let there = std::fs::metadata(me.path("ns/net")).expect("a namespace");
        assert_eq!(me.namespace("net").expect("a namespace"), there.ino());
        assert_eq!(me.namespace("none").map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
        assert!(me.threads().expect("threads").contains(&std::process::id()) && me.exists());
        assert!(me.descriptors().expect("descriptors").contains(&0));
        assert!(me.environ(3).expect("an environment").len() <= 3);
        let nobody = Who::Id(u32::MAX);
        assert!(!nobody.exists() && nobody.comm().is_none() && nobody.threads().is_err());
    }

    #[test]
    fn inodes_of_links() {
        for (kind, link, expected) in [
            ("net", "net:[4026531840]", Some(4_026_531_840)),
            ("net", "mnt:[1]", None),
            ("socket", "socket:[42]", Some(42)),
            ("socket", "socket:[x]", None),
            ("socket", "/socket:[1]", None),
            ("pipe", "pipe:[42] (deleted)", None),
        ] {
            assert_eq!(inode_of(kind, link.as_bytes()), expected, "{link}");
        }
    }
}
