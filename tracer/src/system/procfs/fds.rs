//! What a process has open, from /proc: its directories and program (`cwd`, `root`, `exe`), its descriptors
//! (`fd` and `fdinfo`), and what more fdinfo tells of special ones.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::rc::Rc;

use super::mounts::{Mounts, Trust, trust};
use super::number;
use super::stat::Asker;
use super::who::Who;
use crate::system::snapshot::{Access, Descriptor, Dev, FileStat, Lack, Process, Slot};

/// Reads what processes have open.
#[derive(Debug)]
pub struct Reader {
    /// Asks for what files are.
    pub asker: Asker,
    /// Directories below which nothing is asked.
    pub exempt: Vec<Vec<u8>>,
    /// Mounts of each mount namespace that was met: each is read once.
    spaces: HashMap<Option<u64>, Rc<Mounts>>,
    /// Those of our own.
    own: Rc<Mounts>,
    /// All of them by their numbers, which are unique.
    numbers: HashMap<u64, (Dev, Trust)>,
    /// The process that was met last, and its mount namespace: a descriptor whose mount nobody lists asks for it again.
    last: Option<((u32, u64), Option<u64>)>,
    buffer: Vec<u8>,
    /// A process turned out to be gone, or something of one could not be read.
    pub trouble: Trouble,
}

/// What went wrong with a process since this was last cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trouble {
    /// Something was not there: the process may have ended.
    pub gone: bool,
    /// Something may not be read, or could not.
    pub denied: bool,
}

impl Trouble {
    pub(super) fn note(&mut self, error: &io::Error) {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ESRCH) => self.gone = true,
            _ => self.denied = true,
        }
    }
}

/// What fdinfo tells of any descriptor, and of special ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FdInfo {
    /// Position.
    pub pos: Option<u64>,
    /// Flags of open(2) with O_CLOEXEC.
    pub flags: Option<u32>,
    /// The mount.
    pub mount: Option<u64>,
    /// The inode (5.14).
    pub ino: Option<u64>,
    /// Of an eventfd, its number (5.2).
    pub eventfd: Option<u64>,
    /// What stands in it.
    pub count: Option<u64>,
    /// Reads take one of that (6.5).
    pub semaphore: Option<bool>,
    /// Of a signalfd, its signals; bit 0 is signal 1.
    pub signals: Option<u64>,
    /// Of a pidfd, its process; -1 when that has ended.
    pub pid: Option<i64>,
    /// Of a pseudoterminal's master, the number of the slave (4.14).
    pub tty: Option<u64>,
    /// Of a unix socket, descriptors that were sent to it and not taken yet (5.8).
    pub in_flight: Option<u64>,
    /// Of an epoll instance, what it watches.
    pub targets: Vec<u64>,
    /// The same, with for what and which file that was.
    pub watched: Vec<Watched>,
    /// Of a timerfd, the time that is left, in nanoseconds; 0: it is not set.
    pub left: Option<u64>,
    /// Of /dev/fuse, the connection: the minor number of its file system's device (6.11).
    pub fuse: Option<u32>,
    /// Of a ring of io_uring: submitted and taken, completed and seen.
    pub ring: Option<Queues>,
    /// How many submissions such a ring has room for.
    pub entries: Option<u64>,
    /// Opcodes of operations of a ring that wait for a file to be ready.
    pub polled: Vec<u8>,
    /// Locks that it holds, as lines of the machine's list.
    pub locks: Vec<u8>,
}

/// A descriptor that an epoll instance watches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watched {
    /// Its number when it was registered.
    pub fd: u32,
    /// `EPOLL*`
    pub events: u32,
    /// Inode of the file.
    pub ino: u64,
}

/// Heads and tails of a ring's two queues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queues {
    /// Submissions that the kernel has taken.
    pub sq_head: u64,
    /// Submissions that the program has put in.
    pub sq_tail: u64,
    /// Completions that the program has seen.
    pub cq_head: u64,
    /// Completions that the kernel has put in.
    pub cq_tail: u64,
}

/// Reads a file of /proc/PID/fdinfo.
pub fn parse_fdinfo(text: &[u8]) -> FdInfo {
    let mut info = FdInfo::default();
    for line in text.split(|&b| b == b'\n') {
        let colon = line.iter().position(|&b| b == b':').unwrap_or(line.len());
        let (name, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default().trim_ascii_start());
        let hexadecimal = || u64::from_str_radix(std::str::from_utf8(value).ok()?.trim(), 16).ok();
        let decimal = || number(value).map(|(value, _)| value);
        match name {
            b"pos" => info.pos = decimal(),
            b"flags" => {
                info.flags = std::str::from_utf8(value).ok().and_then(|v| u32::from_str_radix(v.trim(), 8).ok())
            }
            b"mnt_id" => info.mount = decimal(),
            b"ino" => info.ino = decimal(),
            b"eventfd-id" => info.eventfd = decimal(),
            b"eventfd-count" => info.count = hexadecimal(),
            b"eventfd-semaphore" => info.semaphore = decimal().map(|is| is != 0),
            b"sigmask" => info.signals = hexadecimal(),
            b"Pid" => info.pid = std::str::from_utf8(value).ok().and_then(|v| v.trim().parse().ok()),
            b"tty-index" => info.tty = decimal(),
            b"scm_fds" => info.in_flight = decimal(),
            b"tfd" => {
                info.targets.extend(decimal());
                info.watched.extend(watched(value));
            }
            b"it_value" => info.left = left(value),
            b"fuse_connection" => info.fuse = decimal().and_then(|n| u32::try_from(n).ok()),
            b"SqMask" => {
                info.entries = value.strip_prefix(b"0x").and_then(super::hex).map(|mask| mask.saturating_add(1))
            }
            b"SqHead" => info.ring.get_or_insert_default().sq_head = decimal().unwrap_or(0),
            b"SqTail" => info.ring.get_or_insert_default().sq_tail = decimal().unwrap_or(0),
            b"CqHead" => info.ring.get_or_insert_default().cq_head = decimal().unwrap_or(0),
            b"CqTail" => info.ring.get_or_insert_default().cq_tail = decimal().unwrap_or(0),
            b"lock" => {
                info.locks.extend_from_slice(value);
                info.locks.push(b'\n');
            }
            // A line of a ring's list: `  op=6, task_works=0`.
            _ => info.polled.extend(
                line.trim_ascii_start().strip_prefix(b"op=").and_then(number).and_then(|(op, _)| u8::try_from(op).ok()),
            ),
        }
    }
    info
}

/// `5 events: 19 data: 5  pos:0 ino:2dd sdev:f`, behind `tfd:`.
fn watched(value: &[u8]) -> Option<Watched> {
    let mut words = value.split(|b| matches!(b, b' ' | b':')).filter(|word| !word.is_empty());
    let (fd, _) = number(words.next()?)?;
    let mut found = Watched { fd: u32::try_from(fd).ok()?, ..Watched::default() };
    while let Some(word) = words.next() {
        match word {
            b"events" => found.events = super::hex(words.next()?)? as u32,
            b"ino" => found.ino = super::hex(words.next()?)?,
            _ => {}
        }
    }
    Some(found)
}

/// `(1, 5000)`: seconds and nanoseconds.
fn left(value: &[u8]) -> Option<u64> {
    let (seconds, rest) = number(value.strip_prefix(b"(")?)?;
    let (nanos, _) = number(rest.strip_prefix(b",")?.trim_ascii_start())?;
    Some(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}

/// fdinfo of a descriptor; nothing where it cannot be read.
pub fn fdinfo(process: &Process, fd: u32, buffer: &mut Vec<u8>) -> FdInfo {
    match Who::of(process).read_into(&format!("fdinfo/{fd}"), buffer) {
        Ok(()) => parse_fdinfo(buffer),
        Err(_) => FdInfo::default(),
    }
}

impl Reader {
    /// Nothing read yet but the mounts of this process's own namespace.
    pub fn new(asker: Asker, exempt: Vec<Vec<u8>>, own: Rc<Mounts>) -> Reader {
        let (spaces, numbers) = (HashMap::new(), HashMap::new());
        let (buffer, trouble) = (Vec::new(), Trouble::default());
        let own_too = Rc::clone(&own);
        let mut reader = Reader { asker, exempt, spaces, own: own_too, numbers, last: None, buffer, trouble };
        reader.learn(Who::Myself.namespace("mnt").ok(), own);
        reader
    }

    fn learn(&mut self, space: Option<u64>, mounts: Rc<Mounts>) -> Rc<Mounts> {
        self.numbers.extend(mounts.own.iter().map(|mount| (mount.id, (mount.dev, trust(&mount.kind)))));
        self.spaces.insert(space, Rc::clone(&mounts));
        mounts
    }

    /// Mounts as a process sees them.
    pub fn mounts(&mut self, process: &Process) -> Rc<Mounts> {
        let seen = Who::Id(process.seen());
        let key = (process.seen(), process.start);
        let space = match self.last.filter(|(last, _)| *last == key) {
            Some((_, space)) => space,
            None => seen.namespace("mnt").ok(),
        };
        self.last = Some((key, space));
        match self.spaces.get(&space) {
            Some(mounts) => Rc::clone(mounts),
            None => self.learn(space, Rc::new(Mounts::of(seen))),
        }
    }

    /// Whether mounts are those of our own namespace.
    pub fn is_own(&self, mounts: &Rc<Mounts>) -> bool {
        Rc::ptr_eq(&self.own, mounts)
    }

    /// The mount with a number, that a descriptor of a process is on; `None` when nobody lists it: it is the kernel's own, not
    /// mounted any more, or younger than what was read.
    fn mount(&mut self, id: u64, process: &Process) -> Option<(Dev, Trust)> {
        if !self.numbers.contains_key(&id) {
            self.mounts(process);
        }
        self.numbers.get(&id).copied()
    }

    /// The directory that exempts a path.
    pub fn exempts(&self, path: &[u8]) -> Option<&[u8]> {
        let over = |dir: &&Vec<u8>| {
            path.strip_prefix(dir.as_slice()).is_some_and(|rest| rest.first().is_none_or(|&b| b == b'/'))
        };
        self.exempt.iter().find(over).map(Vec::as_slice)
    }

    /// Current directory, root and program.
    pub fn links(&mut self, process: &Process) -> Vec<Descriptor> {
        let who = Who::of(process);
        let mounts = self.mounts(process);
        let each = [(Slot::Cwd, "cwd"), (Slot::Root, "root"), (Slot::Text, "exe")];
        each.map(|(slot, name)| self.link(slot, &who.path(name), process, &mounts)).into()
    }

    fn link(&mut self, slot: Slot, link: &str, process: &Process, mounts: &Mounts) -> Descriptor {
        let target = match fs::read_link(link) {
            Ok(target) => target.into_os_string().into_vec(),
            Err(error) => {
                let mut found = Descriptor::new(slot, link.as_bytes());
                // A kernel thread has no program, and that is all there is to say.
                let kernel = slot == Slot::Text && error.raw_os_error() == Some(libc::ENOENT) && process.uid == 0;
                if !kernel {
                    self.trouble.note(&error);
                    found.lack = Some(Lack::of(&error, Lack::Link));
                } else {
                    self.trouble.gone = true;
                }
                return found;
            }
        };
        let mut found = Descriptor::new(slot, &target);
        let mount = mounts.of_path(&target);
        let trust = mounts.trust(&target);
        if let Some(dir) = self.exempts(&target) {
            found.lack = Some(Lack::Exempt(dir.into()));
            found.place = mount.map(|mount| (mount.dev, 0));
            return found;
        }
        match self.asker.ask(link.as_bytes(), trust, mount.map_or(b"?", |mount| &mount.point)) {
            Ok(stat) => found.stat = Some(stat),
            Err(error) => {
                self.trouble.note(&error);
                found.lack = Some(Lack::of(&error, Lack::Stat));
                found.place = mount.map(|mount| (mount.dev, 0));
            }
        }
        found
    }

    /// Descriptors, in the order of their numbers. `sockets`: of the others only the links are read.
    pub fn descriptors(&mut self, process: &Process, sockets: bool) -> Vec<Descriptor> {
        let dir = Who::of(process).path("fd");
        let numbers = match Who::of(process).descriptors() {
            Ok(numbers) => numbers,
            Err(error) => {
                self.trouble.note(&error);
                let mut found = Descriptor::new(Slot::NoFd, b"");
                found.lack = Some(Lack::Directory(dir.into(), error.raw_os_error().unwrap_or(libc::EIO)));
                return vec![found];
            }
        };
        numbers.into_iter().filter_map(|fd| self.descriptor(process, &dir, fd, sockets)).collect()
    }

    /// One descriptor; `None` when it was closed meanwhile, or is not wanted.
    fn descriptor(&mut self, process: &Process, dir: &str, fd: u32, sockets: bool) -> Option<Descriptor> {
        let link = format!("{dir}/{fd}");
        let slot = Slot::Number(fd);
        let target = match fs::read_link(OsStr::from_bytes(link.as_bytes())) {
            Ok(target) => target.into_os_string().into_vec(),
            Err(error) => {
                self.trouble.note(&error);
                if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH)) {
                    return None;
                }
                let mut found = Descriptor::new(slot, link.as_bytes());
                found.lack = Some(Lack::of(&error, Lack::Link));
                return Some(found);
            }
        };
        if sockets && !target.starts_with(b"socket:[") {
            return None;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let info = fdinfo(process, fd, &mut buffer);
        self.buffer = buffer;
        let mut found = Descriptor::new(slot, &target);
        found.access = info.flags.map_or(Access::Unknown, Access::of_flags);
        (found.pos, found.flags) = (info.pos, info.flags);
        // Pipes, sockets and their like have no mount that anybody lists, and need none.
        let special = !target.starts_with(b"/");
        let mount = info.mount.filter(|_| !special).and_then(|id| self.mount(id, process));
        let trust = if special { Trust::Local } else { mount.map_or(Trust::Remote, |(_, trust)| trust) };
        let name = info.mount.unwrap_or(0).to_ne_bytes();
        if let Some(dir) = self.exempts(&target) {
            found.lack = Some(Lack::Exempt(dir.into()));
            found.place = mount.zip(info.ino).map(|((dev, _), ino)| (dev, ino));
            return Some(found);
        }
        match self.asker.ask(link.as_bytes(), trust, &name) {
            Ok(stat) => found.stat = Some(stat),
            Err(error) => {
                self.trouble.note(&error);
                if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH)) {
                    return None;
                }
                found.lack = Some(Lack::of(&error, Lack::Stat));
                found.place = mount.zip(info.ino).map(|((dev, _), ino)| (dev, ino));
            }
        }
        Some(found)
    }

    /// What a descriptor is, asked again through /proc: for file systems whose inodes alone do not tell it.
    pub fn stat_fd(&mut self, process: &Process, fd: u32, trust: Trust) -> io::Result<FileStat> {
        self.asker.ask(Who::of(process).path(format_args!("fd/{fd}")).as_bytes(), trust, b"fd")
    }
}

/// Whether two tasks share a resource: `KCMP_FILES` is 2, `KCMP_FS` is 3 (linux/kcmp.h). `None` when the
/// kernel does not say.
pub fn share(one: u32, other: u32, what: i32) -> Option<bool> {
    // SAFETY: numbers only.
    match unsafe { libc::syscall(libc::SYS_kcmp, one, other, what, 0, 0) } {
        0 => Some(true),
        1..=3 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use super::*;
    use crate::system::procfs::processes;

    #[test]
    fn fdinfo_of_every_kind() {
        let info = parse_fdinfo(b"pos:\t12\nflags:\t0100002\nmnt_id:\t15\nino:\t7\neventfd-count: 0\neventfd-id: 3\n");
        assert_eq!((info.pos, info.flags, info.mount, info.ino), (Some(12), Some(0o100002), Some(15), Some(7)));
        assert_eq!(info.eventfd, Some(3));
        let info = parse_fdinfo(
            b"pos:\t0\ntfd:        5 events:       19\ntfd:        4 events: 1\nPid:\t-1\ntty-index:\t2\n",
        );
        assert_eq!((info.targets, info.pid, info.tty), (vec![5, 4], Some(-1), Some(2)));
        let info = parse_fdinfo(b"tfd:        5 events:       19 data:                5  pos:0 ino:2dd sdev:f\n");
        assert_eq!(info.watched, [Watched { fd: 5, events: 0x19, ino: 0x2dd }]);
        let info =
            parse_fdinfo(b"it_value: (2, 5)\nfuse_connection:\t40\nlock:\t1: FLOCK  ADVISORY  WRITE 7 0:1:2 0 EOF\n");
        assert_eq!((info.left, info.fuse, info.locks.len()), (Some(2_000_000_005), Some(40), 40));
        let info = parse_fdinfo(b"SqMask:\t0x7\nSqTail:\t1\nCqHead:\t0\nPollList:\n  op=6, task_works=0\n");
        assert_eq!(
            (info.ring, info.polled, info.entries),
            (Some(Queues { sq_tail: 1, ..Queues::default() }), vec![6], Some(8))
        );
        assert_eq!(parse_fdinfo(b"\xff\npos\nflags:\t9\n:::\n"), FdInfo::default());
    }

    #[test]
    fn own_files_are_found() {
        let mut buffer = Vec::new();
        let me = processes::process(std::process::id(), &mut buffer).expect("read").expect("alive");
        let file = fs::File::open("/etc/passwd").expect("a file");
        let own = Rc::new(Mounts::of(Who::Myself));
        let mut reader = Reader::new(Asker::new(Duration::from_secs(5), false), Vec::new(), own);
        let files = reader.descriptors(&me, false);
        let found = files.iter().find(|d| d.slot == Slot::Number(file.as_raw_fd() as u32)).expect("it is open");
        let stat = found.stat.expect("it was asked");
        assert_eq!((&*found.path, found.access), (b"/etc/passwd".as_slice(), Access::Read));
        assert_eq!(stat.size, Some(file.metadata().expect("stat").len()));
        let links = reader.links(&me);
        assert_eq!(&*links[1].path, b"/");
        assert_eq!(share(me.pid, me.pid, 2), Some(true));
    }
}
