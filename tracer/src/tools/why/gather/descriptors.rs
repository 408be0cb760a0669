//! What a descriptor leads to: by its link, by fdinfo, and by the list of whatever it is.

use std::time::Duration;

use super::Gatherer;
use super::holders::info;
use crate::schema::waits::Purpose;
use crate::system::pipes;
use crate::system::procfs::fds::FdInfo;
use crate::system::procfs::who::Who;
use crate::system::procfs::{patience, reason, regions};
use crate::tools::why::judge::descriptors::FEW;
use crate::tools::why::scene::{Object, Pipe, Wait, Waited};

/// How long memory of a process is waited for.
const PATIENCE: Duration = Duration::from_millis(300);
/// An epoll instance in an epoll instance in ... is followed so far.
const DEEP: usize = 3;
/// Events that mean to read; those that mean to write are EPOLLOUT and its like.
const READS: u32 = 0x1 | 0x2 | 0x40 | 0x80 | 0x2000;
const WRITES: u32 = 0x4 | 0x100 | 0x200;
/// Where the entries of a ring's queue are mapped (`IORING_OFF_SQES`), and the size of one.
const ENTRIES: u64 = 0x1000_0000;
const ENTRY: usize = 64;

impl Gatherer {
    /// What descriptor `fd` of a process leads to. `address`: where a call connects it to.
    pub(super) fn object(&mut self, pid: u32, fd: u32, purpose: Purpose, address: &[u8], depth: usize) -> Object {
        let who = Who::Id(pid);
        let link = match who.link(format_args!("fd/{fd}")) {
            Ok(link) => link,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Object::Closed,
            Err(error) => return Object::Unseen(reason(&error)),
        };
        if let Some(inode) = inode(b"pipe:[", &link) {
            let ends = self.holders.of_pipe(inode);
            self.unreadable();
            return Object::Pipe(Pipe { inode, path: None, filled: pipes::filled(pid, fd), ends });
        }
        if let Some(inode) = inode(b"socket:[", &link) {
            let object = self.sockets.find(inode, purpose, address, &mut self.holders);
            let troubles = self.sockets.troubles();
            troubles.into_iter().for_each(|trouble| self.scene.miss("sockets", trouble));
            self.unreadable();
            return object;
        }
        let kind = link.strip_prefix(b"anon_inode:").map(|kind| kind.strip_prefix(b"[").unwrap_or(kind));
        match kind.map(|kind| kind.strip_suffix(b"]").unwrap_or(kind)) {
            Some(kind) => self.anonymous(pid, fd, kind, &link, depth),
            None if link == b"pidfd:" || link.starts_with(b"pidfd:[") => process(&info(pid, fd)),
            None => self.file(pid, fd, &link),
        }
    }

    fn anonymous(&mut self, pid: u32, fd: u32, kind: &[u8], link: &[u8], depth: usize) -> Object {
        let found = info(pid, fd);
        match kind {
            b"eventfd" => {
                // All of them have one inode: their own number tells them apart.
                let number = found.eventfd;
                let mut holders = self.holders.of_link(link, |other| number.is_some() && other.eventfd == number);
                self.unreadable();
                // Whoever waits has it as well, and says nothing by that.
                let others = holders.iter().any(|holder| holder.pid != pid);
                holders.retain(|holder| !others || holder.pid != pid);
                Object::Event(found.count, holders)
            }
            b"timerfd" => Object::Timer(found.left.filter(|&left| left > 0).map(|left| left as f64 / 1e9)),
            b"signalfd" => Object::Signals(found.signals.unwrap_or(0)),
            b"inotify" | b"fanotify" => Object::Changes,
            b"pidfd" => process(&found),
            b"eventpoll" if depth < DEEP => {
                let (list, more) = self.watched(pid, &found, depth + 1);
                Object::Epoll(list, more)
            }
            b"io_uring" => Object::Ring,
            _ => Object::Other(link.to_vec()),
        }
    }

    /// What an epoll instance watches, and how much more.
    fn watched(&mut self, pid: u32, found: &FdInfo, depth: usize) -> (Vec<Waited>, usize) {
        let mut list = Vec::new();
        for watched in found.watched.iter().take(FEW) {
            // The number is that of the registration: it may lead elsewhere now, or nowhere.
            let same = Who::Id(pid).link(format_args!("fd/{}", watched.fd)).is_ok_and(|link| {
                link.starts_with(b"anon_inode:")
                    || inode(b"pipe:[", &link).or(inode(b"socket:[", &link)).is_none_or(|ino| ino == watched.ino)
            });
            let (read, write) = (watched.events & READS != 0, watched.events & WRITES != 0);
            let purpose = if read { Purpose::Read } else { Purpose::Write };
            let object = if same { self.object(pid, watched.fd, purpose, &[], depth) } else { Object::Closed };
            list.push(Waited { fd: watched.fd, read, write, object });
        }
        (list, found.watched.len().saturating_sub(FEW))
    }

    pub(super) fn epoll(&mut self, pid: u32, fd: u32) -> Wait {
        match Who::Id(pid).link(format_args!("fd/{fd}")) {
            Ok(_) => {
                let (list, more) = self.watched(pid, &info(pid, fd), 0);
                Wait::Ready("epoll", list, more)
            }
            Err(error) => Wait::Descriptor(fd, Purpose::Other, Object::Unseen(reason(&error))),
        }
    }

    /// An array of `struct pollfd`.
    pub(super) fn poll(&mut self, pid: u32, array: &[u8], count: usize) -> Wait {
        let entries = array.chunks_exact(8).filter_map(|entry| {
            let fd = entry.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes))?;
            let events = u32::from(u16::from_ne_bytes([entry[4], entry[5]]));
            Some((u32::try_from(fd).ok()?, events))
        });
        let entries: Vec<(u32, bool, bool)> =
            entries.map(|(fd, events)| (fd, events & READS != 0, events & WRITES != 0)).collect();
        let unread = count.saturating_sub(array.len() / 8);
        self.several(pid, "poll", entries, unread)
    }

    /// Sets of bits: to read, to write, for exceptions.
    pub(super) fn select(&mut self, pid: u32, bits: usize, sets: &[Vec<u8>]) -> Wait {
        let is = |set: usize, fd: usize| {
            sets.get(set).and_then(|set| set.get(fd / 8)).is_some_and(|byte| byte >> (fd % 8) & 1 != 0)
        };
        let wanted = (0..bits.min(1024)).filter(|&fd| (0..3).any(|set| is(set, fd)));
        let entries = wanted.map(|fd| (fd as u32, is(0, fd) || is(2, fd), is(1, fd))).collect();
        self.several(pid, "select", entries, 0)
    }

    fn several(&mut self, pid: u32, how: &'static str, entries: Vec<(u32, bool, bool)>, unread: usize) -> Wait {
        let more = entries.len().saturating_sub(FEW) + unread;
        let list = entries.into_iter().take(FEW).map(|(fd, read, write)| {
            let purpose = if read || !write { Purpose::Read } else { Purpose::Write };
            Waited { fd, read, write, object: self.object(pid, fd, purpose, &[], 0) }
        });
        let list = list.collect();
        Wait::Ready(how, list, more)
    }

    /// A ring of io_uring. Of operations that wait for a file the kernel tells the kind; the queue in the process's memory still has them.
    pub(super) fn ring(&mut self, pid: u32, fd: u32) -> Wait {
        let found = info(pid, fd);
        let mut polled = found.polled.clone();
        let mut list = Vec::new();
        for (opcode, of) in self.submitted(pid, &found) {
            if let Some(at) = polled.iter().position(|&waiting| waiting == opcode) {
                polled.remove(at);
                let object = self.object(pid, of, Purpose::Read, &[], 1);
                list.push(Waited { fd: of, read: true, write: false, object });
            }
        }
        Wait::Ring(list)
    }

    /// Opcodes and descriptors of what was submitted last, the newest first.
    fn submitted(&self, pid: u32, found: &FdInfo) -> Vec<(u8, u32)> {
        let Some(queues) = found.ring.filter(|_| !found.polled.is_empty()) else { return Vec::new() };
        let text = patience::read(&Who::Id(pid).path("maps"), PATIENCE).unwrap_or_default();
        let entries = regions::mappings(&text)
            .into_iter()
            .find(|mapping| mapping.path == b"anon_inode:[io_uring]" && mapping.offset == ENTRIES);
        let Some(mapping) = entries else { return Vec::new() };
        let room = ((mapping.to - mapping.from) as usize / ENTRY).next_power_of_two().max(1);
        let room = if room * ENTRY > (mapping.to - mapping.from) as usize { room / 2 } else { room };
        let Ok(bytes) = super::inside::memory(pid, mapping.from, room * ENTRY) else { return Vec::new() };
        let size = found.entries.unwrap_or(room as u64).clamp(1, room as u64);
        let newest = (1..=size.min(queues.sq_tail)).map(|back| ((queues.sq_tail - back) & (size - 1)) as usize);
        newest
            .filter_map(|at| {
                let entry = bytes.get(at * ENTRY..(at + 1) * ENTRY)?;
                let fd = entry[4..8].first_chunk().map(|bytes| i32::from_ne_bytes(*bytes))?;
                Some((entry[0], u32::try_from(fd).ok()?))
            })
            .collect()
    }

    /// That others could not be looked into is said once.
    pub(super) fn unreadable(&mut self) {
        self.scene.blind |= self.holders.unreadable() > 0;
        match self.holders.unreadable() {
            0 => {}
            1 => self.scene.miss("who is at other ends", "1 process may not be looked into"),
            n => self.scene.miss("who is at other ends", format!("{n} processes may not be looked into")),
        }
    }
}

fn process(found: &FdInfo) -> Object {
    Object::Process(found.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0))
}

/// The inode in a link.
fn inode(kind: &[u8], link: &[u8]) -> Option<u64> {
    std::str::from_utf8(link.strip_prefix(kind)?.strip_suffix(b"]")?).ok()?.parse().ok()
}
