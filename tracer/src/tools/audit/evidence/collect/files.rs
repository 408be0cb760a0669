//! Calls on files.

use tracer_common::event::status;
use tracer_common::plan::{phase, shape};

use super::doubts::is_directorys;
use super::programs::is_in_memory;
use super::talks::First;
use super::{Collector, Related, Seen};
use crate::decode::calls::field;
use crate::decode::value::{FileView, Ret, Value};
use crate::schema::aio;
use crate::schema::effects::{Flags, Last, Meta, Of};
use crate::schema::ioctl::changes_network;
use crate::system::proc_paths;
use crate::tools::audit::evidence::{GapKind, Object, Op};
use crate::tools::audit::links::Made;

/// `RENAME_EXCHANGE`, include/uapi/linux/fs.h.
const RENAME_EXCHANGE: u64 = 2;
/// Descriptors that are remembered at most.
const MOST: usize = 1_000_000;

impl Collector<'_> {
    pub(super) fn open(&mut self, seen: &Seen<'_, '_>, at: Option<u8>, flags: Flags) {
        let Some(flags) = open_flags(seen, flags) else {
            // The kernel could not read them, or made nothing of them: it came to no name.
            if matches!(i32::from(seen.errno), libc::EFAULT | libc::EINVAL | libc::E2BIG) {
                return;
            }
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("the flags of an {}", seen.name), 1);
            return;
        };
        if seen.errno != 0 {
            if flags & libc::O_PATH != 0 {
                return;
            }
            let Some(at) = at else {
                self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {} did not open", seen.name), 1);
                return;
            };
            return self.not_opened(seen, at, flags);
        }
        if let Some(at) = at.filter(|_| flags & libc::O_PATH != 0) {
            return self.located(seen, at, flags & libc::O_NOFOLLOW == 0);
        }
        let Some((view, path)) = self.opened(seen).filter(|(_, path)| !self.is_memory(path)) else { return };
        if path == b"/etc/hosts" {
            self.names.hosts_file(&self.world.hosts());
        }
        let unnamed = flags & libc::O_TMPFILE == libc::O_TMPFILE;
        let passed = at.filter(|_| !unnamed).and_then(|at| self.passed(seen, at, &path));
        let passed = passed.as_deref();
        self.loaded(seen, &path, passed);
        let is_directory = view.file.mode & libc::S_IFMT == libc::S_IFDIR;
        let made = unnamed || flags & libc::O_CREAT != 0 && was_made(seen, flags, view);
        if made {
            self.access(seen, Op::Create, &path, passed);
            self.effects.create(&path, seen.unit);
            // As mkstemp(3) and its like in other languages make a file.
            if flags & libc::O_EXCL != 0 && view.file.mode & 0o7777 == 0o600 {
                self.stable.drawn(&path);
            }
            if unnamed {
                self.effects.delete(&path, seen.unit);
            }
        }
        let mode = flags & libc::O_ACCMODE;
        if mode != libc::O_RDONLY {
            self.access(seen, Op::Write, &path, passed);
        }
        if mode != libc::O_WRONLY && !is_directory && !made {
            self.access(seen, Op::Read, &path, passed);
        }
        if flags & libc::O_TRUNC != 0 && !made && is_regular(view) {
            self.access(seen, Op::Truncate, &path, passed);
            self.effects.change(&path, seen.unit);
        } else if !made {
            self.effects.seen(&path);
        }
    }

    /// What an open would have done that failed.
    fn not_opened(&mut self, seen: &Seen<'_, '_>, at: u8, flags: i32) {
        let (makes, anew) = (flags & libc::O_CREAT != 0, flags & libc::O_EXCL != 0);
        let itself = flags & libc::O_NOFOLLOW != 0 || makes && anew;
        let Some(given) = self.given_as(seen, at, !itself) else { return };
        let mode = flags & libc::O_ACCMODE;
        let is_there = !makes || !anew && self.world.exists(&given.object);
        let unnamed = flags & libc::O_TMPFILE == libc::O_TMPFILE;
        let reads = if flags & libc::O_DIRECTORY != 0 { Op::List } else { Op::Read };
        for (op, is_tried) in [
            (Op::Create, !is_there),
            (Op::Write, mode != libc::O_RDONLY && !(makes && anew)),
            (reads, mode != libc::O_WRONLY && is_there && !unnamed),
            (Op::Truncate, flags & libc::O_TRUNC != 0 && makes && is_there),
        ] {
            if is_tried {
                self.access(seen, op, &given.object, given.passed.as_deref());
            }
        }
    }

    /// A file was opened, and neither to be read nor to be written to (O_PATH).
    fn located(&mut self, seen: &Seen<'_, '_>, at: u8, follow: bool) {
        let known = self.opened(seen).is_some();
        // That of a socket may be told as the socket that it is not.
        if let (Some(fd), Some(view)) = returned(seen)
            && !known
            && view.file.mode & libc::S_IFMT == libc::S_IFSOCK
            && let Some(given) = self.given_as(seen, at, follow)
        {
            self.recognise(Some((view.file.dev, view.file.ino)), &given.object);
            self.opens(seen, fd, &given.object);
        }
    }

    /// A descriptor has another file from now on, which was open already.
    pub(super) fn copied(&mut self, seen: &Seen<'_, '_>) {
        let (Some(fd), view) = returned(seen) else { return };
        match view.and_then(|view| self.told(seen, view)) {
            Some(path) => self.opens(seen, fd, &path),
            None => _ = self.opened.remove(&(seen.call.head.tgid, fd)),
        }
    }

    /// The descriptor that came back, by its path; `None` for what has no name. Without any view the file is not known.
    fn opened<'s>(&mut self, seen: &Seen<'s, '_>) -> Option<(&'s FileView<'s>, Vec<u8>)> {
        let (fd, view) = returned(seen);
        if view.is_none() {
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {} opened", seen.name), 1);
        }
        self.has(seen, fd, view)
    }

    /// A descriptor that the process has from now on, by its path.
    pub(super) fn has<'s>(
        &mut self,
        seen: &Seen<'_, '_>,
        fd: Option<i32>,
        view: Option<&'s FileView<'s>>,
    ) -> Option<(&'s FileView<'s>, Vec<u8>)> {
        // A pipe or a socket has nothing to tell.
        let (view, path) = view.and_then(|view| Some((view, self.told(seen, view)?)))?;
        self.recognise(Some((view.file.dev, view.file.ino)), &path);
        if let Some(fd) = fd {
            self.opens(seen, fd, &path);
        }
        Some((view, path))
    }

    /// A descriptor of the process is of this file from now on.
    fn opens(&mut self, seen: &Seen<'_, '_>, fd: i32, path: &[u8]) {
        if self.opened.len() < MOST {
            let text = self.accesses.text(path);
            self.opened.insert((seen.call.head.tgid, fd), text);
        }
    }

    /// The entries of a directory were read.
    pub(super) fn listed(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if seen.errno == 0
            && let Some(path) = view_of(seen, at).and_then(|view| self.told(seen, view))
        {
            self.access(seen, Op::List, &path, None);
        }
    }

    /// Data went into a file, if `anything` did.
    pub(super) fn written(&mut self, seen: &Seen<'_, '_>, at: u8, anything: bool) {
        if seen.errno != 0 || !anything {
            return;
        }
        self.written_to(seen, view_of(seen, at));
    }

    /// Operations were submitted: those that write.
    pub(super) fn submitted(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(accepted) = seen.returned().and_then(|n| usize::try_from(n).ok()) else { return };
        let list = match seen.arg(at) {
            Some(Value::Array(list, _)) => &list[..list.len().min(accepted)],
            _ => &[],
        };
        for operation in list {
            match requested(operation) {
                Some((opcode, view)) if aio::WRITES.contains(&opcode) => {
                    self.sent_on(seen, view);
                    self.greeted_by(seen, view, &First::Unseen);
                    self.written_to(seen, view);
                }
                Some(_) => {}
                None => self.gap(GapKind::Unreadable, Some(seen.unit), format!("an operation of {}", seen.name), 1),
            }
        }
        if let Some(more @ 1..) = accepted.checked_sub(list.len()) {
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("an operation of {}", seen.name), more as u64);
        }
    }

    /// Data went into the file of a descriptor.
    fn written_to(&mut self, seen: &Seen<'_, '_>, view: Option<&FileView<'_>>) {
        let Some(view) = view else {
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {} wrote to", seen.name), 1);
            return;
        };
        self.uses_socket(seen, view);
        self.told_kernel(seen, view);
        self.sends_packets(seen, view);
        let kind = view.file.mode & libc::S_IFMT;
        let path = self.told(seen, view).filter(|_| kind != libc::S_IFDIR);
        if let Some(path) = path.filter(|path| !self.is_memory(path) && !self.is_ignored(path)) {
            self.pokes(seen, &path);
            if kind == libc::S_IFREG {
                self.effects.change(&path, seen.unit);
            }
            if self.accesses.wrote(
                seen.unit,
                &path,
                matches!(kind, libc::S_IFREG | libc::S_IFIFO),
                (seen.program, seen.by),
            ) {
                let also = self.names_of(&Object::File(path.as_slice().into()));
                self.accesses.wrote_to(seen.unit, &path, also);
            }
        }
    }

    /// A file was mapped: when it is shared and may be written, it is written through memory.
    pub(super) fn mapped(&mut self, seen: &Seen<'_, '_>, at: u8, protection: u8, flags: u8) {
        let flags = seen.number(flags) as i32;
        let shared = flags & libc::MAP_TYPE != libc::MAP_PRIVATE && flags & libc::MAP_ANONYMOUS == 0;
        if shared && seen.number(protection) as i32 & libc::PROT_WRITE != 0 {
            self.written(seen, at, true);
        } else if shared && let Some(path) = view_of(seen, at).and_then(whole_path) {
            self.may_write(seen, &path);
        }
    }

    /// A request was made of a descriptor that no form of the call knows: of a file it is not known what came of it.
    pub(super) fn controlled(&mut self, seen: &Seen<'_, '_>, at: u8, request: u8) {
        if seen.errno != 0 {
            return;
        }
        let kind = view_of(seen, at).map(|view| view.file.mode & libc::S_IFMT);
        let is_file = matches!(kind, None | Some(libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK));
        if is_file || changes_network(seen.number(request)) {
            let on = if is_file { "a file" } else { "the network of the machine" };
            let what = format!("{} {:#x} on {on}", seen.name, seen.number(request) as u32);
            self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
        }
    }

    /// A name was made.
    pub(super) fn makes(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(given) = self.given(seen, at) else { return };
        if seen.errno == 0 {
            self.effects.create(&given.object, seen.unit);
            self.world.made(&given.object, Made::Other);
            // As mkdtemp(3) makes a directory.
            if matches!(seen.arg(at + 1), Some(Value::Perm(0o700))) {
                self.stable.drawn(&given.object);
            }
        }
        self.access(seen, Op::Create, &given.object, given.passed.as_deref());
    }

    /// A name was removed.
    pub(super) fn removes(&mut self, seen: &Seen<'_, '_>, at: u8, of: Of) {
        let Some(given) = self.given(seen, at) else { return };
        self.access(seen, Op::Delete, &given.object, given.passed.as_deref());
        if seen.errno == 0 {
            self.look_again(seen, &given.object);
            self.unwatch(&given.object);
            self.effects.delete(&given.object, seen.unit);
            self.accesses.moved(seen.unit, &given.object, None);
            self.removed(&given.object, is_directorys(seen, of));
        }
    }

    /// A file was cut or extended.
    pub(super) fn truncated(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if seen.is_fd(at) && view_of(seen, at).is_some_and(|view| !is_regular(view)) {
            return;
        }
        let Some((path, passed)) = self.file(seen, at, true) else { return };
        if seen.errno == 0 {
            self.effects.change(&path, seen.unit);
        }
        self.access(seen, Op::Truncate, &path, passed.as_deref());
    }

    /// What belongs to a file was changed.
    pub(super) fn changed(&mut self, seen: &Seen<'_, '_>, meta: Meta, at: u8, last: Last) {
        let op = match meta {
            Meta::Mode => Op::Chmod,
            Meta::Owner => Op::Chown,
            Meta::Times => Op::Times,
            Meta::Attributes => Op::Attributes,
        };
        let follow = match last {
            Last::Followed => true,
            Last::Itself => false,
            Last::Unless(flags) => seen.number(flags) as i32 & libc::AT_SYMLINK_NOFOLLOW == 0,
        };
        if let Some((path, passed)) = self.file(seen, at, follow) {
            self.access(seen, op, &path, passed.as_deref());
        }
    }

    /// The file of a path or of a descriptor, and what was passed where that is another path.
    fn file(&mut self, seen: &Seen<'_, '_>, at: u8, follow: bool) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        if !seen.is_fd(at) {
            return self.given_as(seen, at, follow).map(|given| (given.object, given.passed));
        }
        let view = view_of(seen, at);
        if view.is_none() && i32::from(seen.errno) != libc::EBADF {
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {} was on", seen.name), 1);
        }
        let path = self.told(seen, view?)?;
        (!self.is_memory(&path)).then_some((path, None))
    }

    /// Whether a path is none: of what memfd_create(2) made, the kernel tells a name that no file has.
    fn is_memory(&self, path: &[u8]) -> bool {
        is_in_memory(path) && !self.world.exists(path)
    }

    /// The memory of another process was written, if a path is that of one (proc_pid_mem(5)).
    fn pokes(&mut self, seen: &Seen<'_, '_>, path: &[u8]) {
        if proc_paths::memory_of(path).is_some_and(|whose| whose != seen.call.head.tgid) {
            let what = format!("{}: memory of another process is written", seen.name);
            self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
        }
    }

    /// A link was made: of a symbolic one the target is a text, of another a file.
    pub(super) fn linked(&mut self, seen: &Seen<'_, '_>, target: u8, at: u8, symbolic: bool) {
        let Some(given) = self.given(seen, at) else { return };
        let to = if symbolic {
            match seen.arg(target) {
                Some(Value::Path { bytes, .. }) => Some(bytes.to_vec()),
                _ => None,
            }
        } else {
            let follow = seen.has_flag(libc::AT_SYMLINK_FOLLOW as u64);
            self.given_as(seen, target, follow).map(|target| target.object)
        };
        if seen.errno == 0 {
            self.effects.create(&given.object, seen.unit);
            match (&to, symbolic) {
                (Some(text), true) => self.world.made(&given.object, Made::Link(text.clone())),
                (Some(target), false) => self.world.linked(target, &given.object),
                (None, _) => self.world.made(&given.object, Made::Other),
            }
            self.remember_looks(seen.unit, seen.name);
        }
        if let Some(target) = to.as_deref().filter(|_| seen.errno == 0 && !symbolic) {
            self.watched.linked(&self.effects.original(target));
            self.effects.link(target, &given.object);
        }
        let related = Related { to: to.as_deref(), ..Related::default() };
        self.access_to(seen, Op::Create, &given.object, given.passed.as_deref(), related);
    }

    pub(super) fn rename(&mut self, seen: &Seen<'_, '_>, old: u8, new: u8, flags: Option<u8>) {
        let (Some(old), Some(new)) = (self.given(seen, old), self.given(seen, new)) else { return };
        let exchange = flags.is_some_and(|at| seen.number(at) & RENAME_EXCHANGE != 0);
        if seen.errno == 0 {
            self.look_again(seen, &old.object);
            self.look_again(seen, &new.object);
        }
        if seen.errno == 0 && exchange {
            self.effects.exchange(&old.object, &new.object, seen.unit);
        } else if seen.errno == 0 {
            self.unwatch(&new.object);
            self.effects.rename(&old.object, &new.object, seen.unit);
        }
        if seen.errno == 0 {
            self.world.renamed(&old.object, &new.object, exchange);
            let (old, new) = (old.object.as_slice(), new.object.as_slice());
            if exchange {
                self.found_again(&[(old, new), (new, old)]);
            } else {
                self.covered(new);
                self.found_again(&[(old, new)]);
            }
            self.remember_looks(seen.unit, seen.name);
            self.renamed_below(seen, old, new);
        }
        // What two exchange, both have written or not: nothing is claimed of it.
        let wrote = seen.errno == 0 && !exchange && self.accesses.moved(seen.unit, &old.object, Some(&new.object));
        let related = Related { to: Some(&new.object), wrote, ..Related::default() };
        self.access_to(seen, Op::Rename, &old.object, old.passed.as_deref(), related);
        if exchange {
            let related = Related { to: Some(&old.object), ..Related::default() };
            self.access_to(seen, Op::Rename, &new.object, new.passed.as_deref(), related);
        }
    }
}

/// What a submitted operation is to do, and with what: the members of its structure that are of these types.
fn requested<'v>(operation: &'v Value<'_>) -> Option<(u64, Option<&'v FileView<'v>>)> {
    let Value::Struct { fields, .. } = operation else { return None };
    let opcode = fields.iter().find_map(|(_, value)| match value {
        Value::Named(set, opcode) if std::ptr::eq(*set, &aio::IOCB_CMD) => Some(*opcode),
        _ => None,
    })?;
    let file = fields.iter().find_map(|(_, value)| match value {
        Value::Fd(_, view) => Some(view.as_deref()),
        _ => None,
    })?;
    Some((opcode, file))
}

/// The flags of an open.
fn open_flags(seen: &Seen<'_, '_>, flags: Flags) -> Option<i32> {
    match flags {
        Flags::Arg(at) => Some(seen.number(at) as i32),
        Flags::Implied(flags) => Some(flags),
        Flags::How(at) => match field(seen.arg(at)?, "flags")? {
            Value::Named(_, flags) | Value::Uint(flags) | Value::Hex(flags) => Some(*flags as i32),
            _ => None,
        },
    }
}

/// Whether an open with O_CREAT made the file: the kernel says so, or ptrace looked before.
fn was_made(seen: &Seen<'_, '_>, flags: i32, view: &FileView<'_>) -> bool {
    if flags & libc::O_EXCL != 0 || view.file.flags & libc::O_CREAT as u32 != 0 {
        return true;
    }
    let looked = (0..6).find_map(|arg| seen.blobs.find(arg, shape::EXISTS, phase::ENTER, 0));
    looked.is_some_and(|(blob, bytes)| blob.status == status::WHOLE && bytes == [0])
}

/// The descriptor that came back.
pub(super) fn returned<'s>(seen: &Seen<'s, '_>) -> (Option<i32>, Option<&'s FileView<'s>>) {
    match &seen.call.ret {
        Ret::Value(Value::Fd(fd, view)) | Ret::Noted(Value::Fd(fd, view), _) => (Some(*fd), view.as_deref()),
        _ => (None, None),
    }
}

/// What the descriptor in a place refers to.
pub(super) fn view_of<'s>(seen: &Seen<'s, '_>, at: u8) -> Option<&'s FileView<'s>> {
    match seen.arg(at) {
        Some(Value::Fd(_, view)) => view.as_deref(),
        _ => None,
    }
}

/// The path of a file that has one.
pub(super) fn whole_path(view: &FileView<'_>) -> Option<Vec<u8>> {
    (view.path.starts_with(b"/") && !view.cut && view.sock.is_none()).then(|| view.path.to_vec())
}

fn is_regular(view: &FileView<'_>) -> bool {
    view.file.mode & libc::S_IFMT == libc::S_IFREG
}
