//! Calls on files.

use tracer_common::event::status;
use tracer_common::plan::{phase, shape};

use super::{Collector, Related, Seen};
use crate::decode::calls::field;
use crate::decode::value::{FileView, Ret, Value};
use crate::tools::audit::evidence::{GapKind, Op};

/// `RENAME_EXCHANGE`, include/uapi/linux/fs.h.
const RENAME_EXCHANGE: u64 = 2;

/// A file that a call named.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// Its path, its directories resolved.
    pub(super) object: Vec<u8>,
    /// The path as it was passed, absolute; where that is another.
    pub(super) passed: Option<Vec<u8>>,
    /// The path as it was passed, absolute.
    pub(super) named: Vec<u8>,
}

impl Collector<'_> {
    /// The `nth` file that a call named; what it was is noted as a gap when it cannot be told.
    pub(super) fn given(&mut self, seen: &Seen<'_, '_>, nth: usize) -> Option<Given> {
        let given = self.named(seen, nth).map(|named| {
            let object = self.world.resolve(&named);
            let named = lexical(&named);
            let passed = (named != object).then(|| named.clone());
            Given { object, passed, named }
        });
        // EFAULT: the kernel could not read it either.
        if given.is_none() && i32::from(seen.errno) != libc::EFAULT {
            let call = seen.call.row.map_or("a call", |row| row.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("a name that was passed to {call}"), 1);
        }
        given
    }

    /// The `nth` path that was passed, from the root on.
    fn named(&self, seen: &Seen<'_, '_>, nth: usize) -> Option<Vec<u8>> {
        let (at, value) = seen.path(nth)?;
        let Value::Path { bytes, cut: false } = value else { return None };
        if bytes.starts_with(b"/") {
            return Some(bytes.to_vec());
        }
        let base = match at.checked_sub(1).and_then(|before| seen.call.args.get(before)) {
            Some((_, Value::Fd(_, view))) => whole_path(view.as_deref()?)?,
            // AT_FDCWD is a name of its own where its directory could not be told.
            _ => seen.directory()?,
        };
        if bytes.is_empty() {
            return Some(base);
        }
        Some([base.as_slice(), b"/", bytes].concat())
    }

    /// What the program passed for the first path, absolute, where that is not `path`.
    fn passed(&self, seen: &Seen<'_, '_>, path: &[u8]) -> Option<Vec<u8>> {
        if matches!(seen.path(0), Some((_, Value::Path { bytes, cut: false })) if *bytes == path) {
            return None;
        }
        self.named(seen, 0).map(|named| lexical(&named)).filter(|named| named != path)
    }

    pub(super) fn open(&mut self, seen: &Seen<'_, '_>) {
        let Some(flags) = open_flags(seen) else {
            self.gap(GapKind::Unreadable, Some(seen.unit), "the flags of an openat2".to_owned(), 1);
            return;
        };
        if flags & libc::O_PATH != 0 {
            return;
        }
        if seen.errno != 0 {
            let Some(given) = self.given(seen, 0) else { return };
            let op = match (flags & libc::O_ACCMODE, flags & libc::O_DIRECTORY) {
                (libc::O_RDONLY, 0) if flags & libc::O_CREAT == 0 => Op::Read,
                (libc::O_RDONLY, 1..) => Op::List,
                _ if flags & (libc::O_CREAT | libc::O_EXCL) == libc::O_CREAT | libc::O_EXCL => Op::Create,
                _ => Op::Write,
            };
            return self.access(seen, op, &given.object, given.passed.as_deref());
        }
        let view = match &seen.call.ret {
            Ret::Value(Value::Fd(_, view)) | Ret::Noted(Value::Fd(_, view), _) => view.as_deref(),
            _ => None,
        };
        let Some((view, path)) = view.and_then(|view| Some((view, whole_path(view)?))) else {
            // A pipe, a socket, what has no name: nothing to tell. Without any view the file is not known.
            if view.is_none() {
                let call = seen.call.row.map_or("an open", |row| row.name);
                self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {call} opened"), 1);
            }
            return;
        };
        let unnamed = flags & libc::O_TMPFILE == libc::O_TMPFILE;
        let passed = if unnamed { None } else { self.passed(seen, &path) };
        let passed = passed.as_deref();
        let is_directory = view.file.mode & libc::S_IFMT == libc::S_IFDIR;
        let made = unnamed || flags & libc::O_CREAT != 0 && was_made(seen, flags, view);
        if made {
            self.access(seen, Op::Create, &path, passed);
            self.effects.create(&path, seen.unit);
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

    /// The entries of a directory were read.
    pub(super) fn listed(&mut self, seen: &Seen<'_, '_>) {
        if let Some(path) = view_of(seen, 0).and_then(whole_path) {
            self.access(seen, Op::List, &path, None);
        }
    }

    /// Data went into a file.
    pub(super) fn written(&mut self, seen: &Seen<'_, '_>, name: &str) {
        let args = &seen.call.head.args;
        let at = match name {
            "splice" | "copy_file_range" => 2,
            "mmap" => {
                let shared = args[3] as i32 & libc::MAP_TYPE;
                let writes = args[2] as i32 & libc::PROT_WRITE != 0 && shared != libc::MAP_PRIVATE;
                if !writes || args[3] as i32 & libc::MAP_ANONYMOUS != 0 {
                    return;
                }
                4
            }
            _ => 0,
        };
        let nothing = matches!(seen.call.ret, Ret::Value(Value::Int(0) | Value::Uint(0))) && name != "fallocate";
        if seen.errno != 0 || nothing {
            return;
        }
        let Some(view) = view_of(seen, at) else {
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {name} wrote to"), 1);
            return;
        };
        let kind = view.file.mode & libc::S_IFMT;
        if let Some(path) = whole_path(view).filter(|_| kind != libc::S_IFDIR) {
            if kind == libc::S_IFREG {
                self.effects.change(&path, seen.unit);
            }
            self.accesses.wrote(seen.unit, &path, matches!(kind, libc::S_IFREG | libc::S_IFIFO));
        }
    }

    /// A call that changes names or what belongs to them.
    pub(super) fn change(&mut self, seen: &Seen<'_, '_>, name: &str) {
        match name {
            "truncate" => self.one(seen, Op::Truncate, 0),
            "chmod" | "fchmodat" | "fchmodat2" => self.one(seen, Op::Chmod, 0),
            "chown" | "lchown" | "fchownat" => self.one(seen, Op::Chown, 0),
            "unlink" | "unlinkat" | "rmdir" => self.one(seen, Op::Delete, 0),
            "mkdir" | "mkdirat" | "mknod" | "mknodat" => self.one(seen, Op::Create, 0),
            "symlink" | "symlinkat" => self.linked(seen, true),
            "link" | "linkat" => self.linked(seen, false),
            "rename" | "renameat" | "renameat2" => self.rename(seen),
            "ftruncate" => self.open_file(seen, Op::Truncate),
            "fchmod" => self.open_file(seen, Op::Chmod),
            "fchown" => self.open_file(seen, Op::Chown),
            _ => {}
        }
    }

    fn one(&mut self, seen: &Seen<'_, '_>, op: Op, nth: usize) {
        let Some(given) = self.given(seen, nth) else { return };
        if seen.errno == 0 {
            match op {
                Op::Create => self.effects.create(&given.object, seen.unit),
                Op::Delete => {
                    self.effects.delete(&given.object, seen.unit);
                    self.accesses.moved(seen.unit, &given.object, None);
                    self.world.changed(&given.object);
                }
                Op::Truncate => self.effects.change(&given.object, seen.unit),
                _ => {}
            }
        }
        self.access(seen, op, &given.object, given.passed.as_deref());
    }

    fn open_file(&mut self, seen: &Seen<'_, '_>, op: Op) {
        let Some(view) = view_of(seen, 0) else { return };
        let Some(path) = whole_path(view).filter(|_| op != Op::Truncate || is_regular(view)) else { return };
        if seen.errno == 0 && op == Op::Truncate {
            self.effects.change(&path, seen.unit);
        }
        self.access(seen, op, &path, None);
    }

    /// A link was made: of a symbolic one the target is a text, of another a file.
    fn linked(&mut self, seen: &Seen<'_, '_>, symbolic: bool) {
        let Some(given) = self.given(seen, 1) else { return };
        let to = if symbolic {
            match seen.path(0) {
                Some((_, Value::Path { bytes, .. })) => Some(bytes.to_vec()),
                _ => None,
            }
        } else {
            self.given(seen, 0).map(|target| target.object)
        };
        if seen.errno == 0 {
            self.effects.create(&given.object, seen.unit);
            self.world.changed(&given.object);
        }
        self.access_to(
            seen,
            Op::Create,
            &given.object,
            given.passed.as_deref(),
            Related { to: to.as_deref(), ..Related::default() },
        );
    }

    fn rename(&mut self, seen: &Seen<'_, '_>) {
        let (Some(old), Some(new)) = (self.given(seen, 0), self.given(seen, 1)) else { return };
        let exchange =
            seen.call.row.is_some_and(|row| row.name == "renameat2") && seen.call.head.args[4] & RENAME_EXCHANGE != 0;
        if seen.errno == 0 && exchange {
            self.effects.exchange(&old.object, &new.object, seen.unit);
        } else if seen.errno == 0 {
            self.effects.rename(&old.object, &new.object, seen.unit);
        }
        if seen.errno == 0 {
            self.world.changed(&old.object);
            self.world.changed(&new.object);
        }
        // What two exchange, both have written or not: nothing is claimed of it.
        let wrote = seen.errno == 0 && !exchange && self.accesses.moved(seen.unit, &old.object, Some(&new.object));
        let related = Related { to: Some(&new.object), wrote, ..Related::default() };
        self.access_to(seen, Op::Rename, &old.object, old.passed.as_deref(), related);
    }
}

/// The flags of an open.
fn open_flags(seen: &Seen<'_, '_>) -> Option<i32> {
    let args = &seen.call.head.args;
    Some(match seen.call.row?.name {
        "open" => args[1] as i32,
        "openat" | "open_by_handle_at" => args[2] as i32,
        "creat" => libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC,
        _ => match field(&seen.call.args.get(2)?.1, "flags")? {
            Value::Named(_, flags) | Value::Uint(flags) | Value::Hex(flags) => *flags as i32,
            _ => return None,
        },
    })
}

/// Whether an open with O_CREAT made the file: the kernel says so, or ptrace looked before.
fn was_made(seen: &Seen<'_, '_>, flags: i32, view: &FileView<'_>) -> bool {
    if flags & libc::O_EXCL != 0 || view.file.flags & libc::O_CREAT as u32 != 0 {
        return true;
    }
    let looked = (0..6).find_map(|arg| seen.blobs.find(arg, shape::EXISTS, phase::ENTER, 0));
    looked.is_some_and(|(blob, bytes)| blob.status == status::WHOLE && bytes == [0])
}

/// What the descriptor in an argument refers to.
pub(super) fn view_of<'s>(seen: &Seen<'s, '_>, at: usize) -> Option<&'s FileView<'s>> {
    match seen.call.args.get(at) {
        Some((_, Value::Fd(_, view))) => view.as_deref(),
        _ => None,
    }
}

/// The path of a file that has one.
fn whole_path(view: &FileView<'_>) -> Option<Vec<u8>> {
    (view.path.starts_with(b"/") && !view.cut && view.sock.is_none()).then(|| view.path.to_vec())
}

fn is_regular(view: &FileView<'_>) -> bool {
    view.file.mode & libc::S_IFMT == libc::S_IFREG
}

/// A path without `.`, doubled slashes and, where that needs no look at the files, `..`.
pub(super) fn lexical(path: &[u8]) -> Vec<u8> {
    // Most are like this.
    let simple = |name: &[u8]| !matches!(name, b"" | b"." | b"..");
    if path.strip_prefix(b"/").is_some_and(|rest| rest.split(|&b| b == b'/').all(simple)) {
        return path.to_vec();
    }
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path.split(|&b| b == b'/') {
        match name {
            b"" | b"." => {}
            b".." => _ = names.pop(),
            name => names.push(name),
        }
    }
    let mut out = Vec::with_capacity(path.len());
    for name in &names {
        out.push(b'/');
        out.extend_from_slice(name);
    }
    if out.is_empty() { b"/".to_vec() } else { out }
}
