//! From what a process holds to what a line shows, by lsof's rules.

use std::borrow::Cow;

use super::names::NameCache;
use super::select::{Selection, kind};
use super::sockets::{Found, Tables, View, bound_path};
use super::targets::Targets;
use crate::system::procfs::fds;
use crate::system::procfs::locks::Locks;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;
use crate::system::snapshot::{Descriptor, Dev, Process, Slot};
use crate::system::sockets::Endpoint;
use crate::tools::lsof::output::{Amount, Entry, FileRow, Node};
use crate::tools::lsof::request::{Ends, FlagsColumn, Layout, Lsof, SizeColumn};

/// A file with what decides whether it is shown, and what is at its other end.
#[derive(Debug)]
pub struct Item {
    /// The line.
    pub row: FileRow,
    /// Its bits of selection.
    pub bits: u32,
    /// By what its other end is found.
    pub end: EndKey,
}

/// By what the other end of a file is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndKey {
    /// There is none.
    None,
    /// A pipe, by inode.
    Pipe(u64),
    /// A message queue, by inode.
    Queue(u64),
    /// An eventfd, by number.
    Event(u64),
    /// The master of a pseudoterminal, by the number of its slave.
    Master(u64),
    /// A pseudoterminal, by number.
    Slave(u64),
    /// A unix socket, by inode.
    Unix(u64),
    /// An internet socket, by its ends.
    Inet(Endpoint, Endpoint),
}

/// A process and its files.
#[derive(Debug)]
pub struct Held {
    /// The process; with `-E` its rows come last.
    pub entry: Entry,
    /// With `-E`, its files.
    pub items: Vec<Item>,
}

/// Makes lines of a snapshot.
pub struct Lister<'l, 's> {
    /// The request.
    pub spec: &'l Lsof,
    /// What is wanted.
    pub selection: &'l mut Selection<'s>,
    /// What was named.
    pub targets: &'l mut Targets,
    /// Sockets.
    pub tables: &'l mut Tables,
    /// Names.
    pub names: &'l mut NameCache,
    /// Locks.
    pub locks: Locks,
    /// Mounts.
    pub mounts: &'l Mounts,
    /// Space for reading.
    pub buffer: Vec<u8>,
    /// Files of the process at hand: with `-E` all of them, else the lines that are shown.
    pub items: Vec<Item>,
    /// See above.
    pub rows: Vec<FileRow>,
    /// Processes that are complete.
    pub all: Vec<Held>,
}

/// Major numbers of pseudoterminals (Documentation/admin-guide/devices.txt), and the device `ptmx`.
const SLAVES: std::ops::Range<u32> = 136..144;
const PTMX: Dev = Dev { major: 5, minor: 2 };

impl Lister<'_, '_> {
    /// A file of the process at hand; without `-E`, those that are not shown are not kept.
    pub fn file(&mut self, file: Descriptor, process: &Process, bits: u32) {
        if file.lack.is_some() && file.stat.is_none() && !self.spec.warn {
            return;
        }
        let item = self.item(file, process, bits);
        self.selection.note(item.bits);
        if self.spec.show.ends != Ends::No {
            self.items.push(item);
        } else if self.selection.shown(item.bits) {
            self.rows.push(item.row);
        }
    }

    /// How much of the process at hand there is.
    pub fn mark(&self) -> (usize, usize) {
        (self.items.len(), self.rows.len())
    }

    /// Forgets what came after a mark.
    pub fn rewind(&mut self, (items, rows): (usize, usize)) {
        self.items.truncate(items);
        self.rows.truncate(rows);
    }

    /// The process at hand is complete; one that was gone meanwhile has nothing.
    pub fn end(&mut self, process: Process, alive: bool) {
        let items = std::mem::take(&mut self.items);
        let mut rows = std::mem::take(&mut self.rows);
        if !alive || (items.is_empty() && rows.is_empty()) {
            return;
        }
        rows.shrink_to_fit();
        let shown = !rows.is_empty() || items.iter().any(|item| self.selection.shown(item.bits));
        let login = (shown && !self.spec.show.numeric_users).then(|| self.names.user(process.uid)).flatten();
        let label = (shown && self.spec.show.labels).then(|| Who::of(&process).label()).flatten().map(Into::into);
        let Process { pid, tid, ppid, pgid, uid, comm, task_comm, .. } = process;
        self.all.push(Held { entry: Entry { pid, tid, ppid, pgid, uid, login, comm, task_comm, label, rows }, items });
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        self.rewind((0, 0));
        self.all.clear();
    }

    /// Orders processes by their ids.
    pub fn in_order(&mut self) {
        self.all.sort_by_key(|held| held.entry.pid);
    }

    fn item(&mut self, file: Descriptor, process: &Process, bits: u32) -> Item {
        let show = &self.spec.show;
        let mut row = FileRow {
            slot: file.slot,
            access: file.access.letter(),
            lock: b' ',
            kind: Cow::Borrowed("unknown"),
            dev: None,
            rdev: None,
            device_text: None,
            amount: Amount::None,
            offset: None,
            links: None,
            node: Node::None,
            flags: file.flags.filter(|_| show.flags != FlagsColumn::None),
            name: Box::default(),
            ends: None,
            note: file.lack.as_ref().map(|lack| lack.to_string().into()),
            connection: None,
        };
        let mut bits = bits | self.selection.slot(file.slot);
        let mut end = EndKey::None;
        if file.slot == Slot::NoFd {
            row.kind = Cow::Borrowed("");
            return Item { row, bits, end };
        }
        let Some(stat) = file.stat else {
            if let Some((dev, ino)) = file.place {
                row.dev = Some(dev);
                row.node = if ino == 0 { Node::None } else { Node::Inode(ino) };
            }
            row.name = file.path;
            return Item { row, bits, end };
        };
        let offset = || file.pos.filter(|_| show.size != SizeColumn::Size).map_or(Amount::None, Amount::Offset);
        if stat.kind() == libc::S_IFSOCK {
            row.dev = Some(stat.dev);
            row.amount = offset();
            let mut view = View {
                tables: self.tables,
                names: self.names,
                selection: self.selection,
                select: &self.spec.select,
                show,
            };
            let (more, found) = view.fill(&mut row, process, (file.netns, stat.ino), bits, self.targets.any());
            bits |= more;
            match found {
                Found::Unix => {
                    end = EndKey::Unix(stat.ino);
                    // What others sent and nobody took yet is open too, and no process has it.
                    if let Slot::Number(fd) = file.slot
                        && self.selection.shown(bits)
                        && let Some(waiting) = fds::fdinfo(process, fd, &mut self.buffer).in_flight.filter(|&n| n > 0)
                    {
                        row.note = Some(format!("(in flight={waiting})").into());
                    }
                    if self.targets.any() && self.targets.hit_path(bound_path(&row)) {
                        bits |= kind::NAME;
                    }
                }
                Found::Inet(local, remote) => end = EndKey::Inet(local, remote),
                Found::Other => {}
            }
            return Item { row, bits, end };
        }
        // `pipe:[1]` and its like: what it is, and which.
        let path: &[u8] = &file.path;
        let (word, which) = match path.iter().position(|&b| b == b':') {
            Some(at) if path.first() != Some(&b'/') => (&path[..at], &path[at + 1..]),
            _ => (path, b"".as_slice()),
        };
        let device = matches!(stat.kind(), libc::S_IFCHR | libc::S_IFBLK);
        let queue = self.mounts.own.iter().any(|m| m.kind == b"mqueue" && m.dev == stat.dev);
        row.kind = type_name(stat.kind(), word, queue);
        row.dev = Some(stat.dev);
        row.rdev = device.then_some(stat.rdev);
        row.node = Node::Inode(stat.ino);
        row.lock = self.locks.letter(process.pid, stat.dev, stat.ino);
        row.amount = match stat.kind() {
            libc::S_IFCHR | libc::S_IFBLK | libc::S_IFIFO => offset(),
            _ if show.size == SizeColumn::Offset => offset(),
            _ => stat.size.map_or(Amount::None, Amount::Size),
        };
        // Programs are told both.
        let both = matches!(show.form, Layout::Json(_) | Layout::JsonLines(_) | Layout::Fields { .. });
        row.offset =
            file.pos.filter(|_| both && matches!(row.amount, Amount::Size(_)) && show.size != SizeColumn::Size);
        row.links = stat.links.filter(|_| show.links);
        let below = self.spec.select.links_below.unwrap_or(0);
        if row.links.is_some_and(|links| links < below) {
            bits |= kind::LINKS;
        }
        row.name = word.into();
        if self.targets.any()
            && let Some(name) = self.targets.hit(stat.dev, stat.ino)
        {
            bits |= kind::NAME;
            if let Some(name) = name {
                row.name = name.into();
            }
        }
        let nfs = |m: &&crate::system::procfs::mounts::Mount| {
            m.dev == stat.dev && matches!(m.kind.as_slice(), b"nfs" | b"nfs3" | b"nfs4") && path.starts_with(&m.point)
        };
        if let Some(mount) = self.mounts.own.iter().find(nfs) {
            row.name = [&row.name, b" (".as_slice(), &mount.source, b")"].concat().into();
            if self.spec.select.nfs {
                bits |= kind::NFS;
            }
        }
        end = match stat.kind() {
            libc::S_IFIFO => EndKey::Pipe(stat.ino),
            libc::S_IFCHR if SLAVES.contains(&stat.rdev.major) => {
                EndKey::Slave(u64::from((stat.rdev.major - SLAVES.start) << 8 | stat.rdev.minor))
            }
            _ if queue => EndKey::Queue(stat.ino),
            _ => end,
        };
        if let Slot::Number(fd) = file.slot {
            if row.kind == "a_inode" {
                end = self.anonymous(&mut row, process, fd, which, bits);
            } else if stat.rdev == PTMX && device && show.ends != Ends::No {
                let master = fds::fdinfo(process, fd, &mut self.buffer).tty;
                end = master.map_or(EndKey::None, EndKey::Master);
            }
        }
        Item { row, bits, end }
    }

    /// What an anonymous inode is, with what only fdinfo tells of it.
    fn anonymous(&mut self, row: &mut FileRow, process: &Process, fd: u32, which: &[u8], bits: u32) -> EndKey {
        row.name = which.into();
        let special = matches!(which, b"[eventfd]" | b"[pidfd]" | b"[eventpoll]");
        let ends = self.spec.show.ends != Ends::No;
        if !special || !(ends || self.selection.shown(bits)) {
            return EndKey::None;
        }
        let info = fds::fdinfo(process, fd, &mut self.buffer);
        let named = |word: &str, value: String| format!("[{word}:{value}]").into_bytes().into();
        match which {
            b"[eventfd]" => {
                if let Some(id) = info.eventfd {
                    row.name = named("eventfd", id.to_string());
                    return EndKey::Event(id);
                }
            }
            b"[pidfd]" => {
                if let Some(pid) = info.pid {
                    row.name = named("pidfd", pid.to_string());
                }
            }
            _ if !info.targets.is_empty() => {
                /// As many as lsof shows.
                const TARGETS: usize = 32;
                let mut targets = info.targets;
                targets.truncate(TARGETS);
                targets.sort_unstable();
                let text: Vec<String> = targets.iter().map(u64::to_string).collect();
                let more = if targets.len() == TARGETS { "..." } else { "" };
                row.name = named("eventpoll", text.join(",") + more);
            }
            _ => {}
        }
        EndKey::None
    }
}

/// TYPE.
fn type_name(kind: u32, word: &[u8], queue: bool) -> Cow<'static, str> {
    Cow::Borrowed(match kind {
        libc::S_IFBLK => "BLK",
        libc::S_IFCHR => "CHR",
        libc::S_IFDIR => "DIR",
        libc::S_IFIFO => "FIFO",
        libc::S_IFREG if queue => "PSXMQ",
        libc::S_IFREG => "REG",
        libc::S_IFLNK => "LINK",
        0 if word == b"anon_inode" => "a_inode",
        kind => return Cow::Owned(format!("{:04o}", kind >> 12 & 0xf)),
    })
}
