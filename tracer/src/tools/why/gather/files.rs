//! Files: what serves them, locks and leases on them, and what a path leads to.

use std::time::Duration;

use super::Gatherer;
use super::holders::info;
use crate::system::procfs::fds::FdInfo;
use crate::system::procfs::locks;
use crate::system::procfs::machine;
use crate::system::procfs::mounts::{Mount, Mounts, Trust, trust};
use crate::system::procfs::stat::Asker;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Dev, FileStat, Lock};
use crate::tools::why::scene::objects::File;
use crate::tools::why::scene::{FileLock, Object, Pipe, Wait};

/// How long a file system is waited for.
const PATIENCE: Duration = Duration::from_millis(200);
/// The device by which programs serve file systems.
const FUSE: &[u8] = b"/dev/fuse";
/// Major numbers of terminals: consoles, ttys, pseudoterminals.
const TERMINALS: [std::ops::RangeInclusive<u32>; 2] = [4..=5, 136..=143];

impl Gatherer {
    /// A descriptor that a path leads to.
    pub(super) fn file(&mut self, pid: u32, fd: u32, link: &[u8]) -> Object {
        let who = Who::Id(pid);
        let found = info(pid, fd);
        let mounts = Mounts::of(who);
        let by_id = found.mount.and_then(|id| mounts.own.iter().find(|mount| mount.id == id));
        let mount = by_id.or_else(|| mounts.of_path(link));
        let local = mount.map_or(Trust::Remote, |mount| trust(&mount.kind));
        // What a remote one is nobody need be asked for: it waits for whoever serves it.
        let stat = match local {
            Trust::Local => ask(&who.path(format_args!("fd/{fd}"))),
            Trust::Cached | Trust::Remote => None,
        };
        // It is on another file system than its path: what has none (a POSIX queue), or has it elsewhere.
        let is_elsewhere = by_id.is_none() && mount.zip(stat).is_some_and(|(mount, stat)| mount.dev != stat.dev);
        match stat.map(|stat| stat.kind()) {
            Some(libc::S_IFREG | libc::S_IFDIR) if is_elsewhere && found.mount.is_some() => {
                Object::Other(link.to_vec())
            }
            Some(libc::S_IFIFO) => self.fifo(link, stat.map(|stat| stat.ino), Some((pid, fd))),
            Some(libc::S_IFCHR) => device(pid, link, stat.unwrap_or_default()),
            _ => Object::File(Box::new(self.served(link, mount))),
        }
    }

    /// A pipe with a name: who has it open, by path and inode.
    fn fifo(&mut self, path: &[u8], ino: Option<u64>, held: Option<(u32, u32)>) -> Object {
        let ends = self.holders.of_link(path, |info| ino.is_none() || info.ino.is_none() || info.ino == ino);
        let filled = held.and_then(|(pid, fd)| crate::system::pipes::filled(pid, fd));
        Object::Pipe(Pipe { inode: ino.unwrap_or(0), path: Some(path.to_vec()), filled, ends })
    }

    /// A file of a mount, and who serves that.
    fn served(&mut self, path: &[u8], mount: Option<&Mount>) -> File {
        let Some(mount) = mount else { return File { path: path.to_vec(), remote: true, ..File::default() } };
        let remote = trust(&mount.kind) == Trust::Remote;
        let fuse = mount.kind.starts_with(b"fuse") && mount.kind != b"fusectl";
        let minor = mount.dev.minor;
        let servers = match fuse {
            // An older kernel does not say which connection it is: then any that has the device may be.
            true => self.holders.of_link(FUSE, |info| info.fuse.is_none_or(|connection| connection == minor)),
            false => Vec::new(),
        };
        self.unreadable();
        File {
            path: path.to_vec(),
            system: mount.kind.clone(),
            source: mount.source.clone(),
            dev: Some(mount.dev),
            remote,
            servers,
            inflight: machine::inflight(mount.dev),
            lease: None,
        }
    }

    /// What a path leads to, that a call is about to open or to ask about. `directory`: the descriptor that it begins at.
    pub(super) fn path(&mut self, pid: u32, bytes: &[u8], directory: Option<i32>) -> Wait {
        let who = Who::Id(pid);
        let path = bytes.split(|&b| b == 0).next().unwrap_or_default();
        if path.is_empty() {
            return Wait::Call;
        }
        let whole = match path.starts_with(b"/") {
            true => path.to_vec(),
            false => {
                let from = directory.map_or_else(|| who.link("cwd"), |fd| who.link(format_args!("fd/{fd}")));
                [from.unwrap_or_default().as_slice(), b"/", path].concat()
            }
        };
        if let Some(lease) = self.lease(pid, &whole) {
            let mounts = Mounts::of(who);
            let file = File { lease: Some(lease), ..self.served(&whole, mounts.of_path(&whole)) };
            return Wait::Path(Object::File(Box::new(file)));
        }
        let mounts = Mounts::of(who);
        let mount = mounts.of_path(&whole);
        if mount.is_some_and(|mount| trust(&mount.kind) == Trust::Local) {
            // As the process sees it: below its own root.
            let seen = format!("{}{}", who.path("root"), String::from_utf8_lossy(&whole));
            if let Some(stat) = ask(&seen).filter(|stat| stat.kind() == libc::S_IFIFO) {
                return Wait::Path(self.fifo(&whole, Some(stat.ino), None));
            }
        }
        Wait::Path(Object::File(Box::new(self.served(&whole, mount))))
    }

    /// The lease that a process waits for to be given up.
    fn lease(&mut self, pid: u32, path: &[u8]) -> Option<FileLock> {
        let list = self.locks();
        let waiter = list.iter().find(|lock| lock.waits && lock.class == "LEASE" && lock.pid == Some(pid))?;
        let held = list.iter().find(|lock| !lock.waits && lock.number == waiter.number).cloned()?;
        let holders = held.pid.into_iter().collect();
        Some(FileLock { path: path.to_vec(), named: held.pid.is_some(), held: Some(held), holders })
    }

    /// A lock on the file of a descriptor.
    pub(super) fn lock(&mut self, pid: u32, fd: u32, class: &str) -> Wait {
        let path = Who::Id(pid).link(format_args!("fd/{fd}")).unwrap_or_default();
        let ino = info(pid, fd).ino;
        let list = self.locks();
        let of_file = |lock: &&Lock| ino.is_none() || lock.file.is_none() || lock.file.map(|(_, file)| file) == ino;
        // A lock of an open file has no process: it is told by its file alone.
        let waits = |lock: &&Lock| lock.waits && lock.class == class && lock.pid.is_none_or(|asked| asked == pid);
        let waiter = list.iter().filter(of_file).find(waits).map(|lock| lock.number);
        let held = waiter.and_then(|number| list.iter().find(|lock| !lock.waits && lock.number == number)).cloned();
        let mut lock = FileLock { path: path.clone(), held, holders: Vec::new(), named: false };
        if let Some(held) = lock.held.clone() {
            (lock.holders, lock.named) = self.lock_holders(&path, &held, ino);
            if !lock.named {
                self.unreadable();
            }
        }
        Wait::Lock(lock)
    }

    /// Processes that hold a lock; whether the list names them.
    fn lock_holders(&mut self, path: &[u8], held: &Lock, ino: Option<u64>) -> (Vec<u32>, bool) {
        let shows = |info: &FdInfo| {
            let same = |lock: &Lock| {
                (lock.class.as_str(), lock.writes, lock.range, lock.file)
                    == (held.class.as_str(), held.writes, held.range, held.file)
            };
            (ino.is_none() || info.ino.is_none() || info.ino == ino) && locks::lines(&info.locks).iter().any(same)
        };
        let alive = held.pid.filter(|&pid| Who::Id(pid).exists());
        if let Some(pid) = alive.filter(|_| held.class == "POSIX") {
            return (vec![pid], true);
        }
        let mut having: Vec<u32> = self.holders.of_link(path, shows).into_iter().map(|holder| holder.pid).collect();
        having.dedup();
        match alive {
            // Who took it still has the file.
            Some(pid) if having.contains(&pid) || having.is_empty() => (vec![pid], true),
            _ => (having, false),
        }
    }
}

/// What a file is, that its own file system answers for.
fn ask(path: &str) -> Option<FileStat> {
    Asker::new(PATIENCE, false).ask(path.as_bytes(), Trust::Cached, b"").ok()
}

fn device(pid: u32, path: &[u8], stat: FileStat) -> Object {
    let Dev { major, .. } = stat.rdev;
    if !TERMINALS.iter().any(|range| range.contains(&major)) {
        return Object::Device(path.to_vec());
    }
    let own = Who::Id(pid).stat();
    let controls = own.as_ref().is_some_and(|own| own.tty == stat.rdev);
    let foreground = own.filter(|_| controls).map(|own| own.foreground == i64::from(own.pgid));
    Object::Terminal(path.to_vec(), foreground)
}
