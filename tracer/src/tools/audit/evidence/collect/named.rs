//! The file that a name means: one that a call passed, from the root or a directory on, or through what a process has in /proc.

use std::borrow::Cow;

use super::files::whole_path;
use super::{Collector, Seen};
use crate::decode::calls::field;
use crate::decode::value::Value;
use crate::system::proc_paths::{Way, through};
use crate::tools::audit::evidence::GapKind;

/// Below this no program has memory (vm.mmap_min_addr is at least a page, where it is not 0).
const LOWEST: u64 = 4096;

/// A file that a call named.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// Its path, its directories resolved.
    pub(super) object: Vec<u8>,
    /// The path as it was passed, absolute; where that is another.
    pub(super) passed: Option<Vec<u8>>,
}

impl Given {
    /// The path as it was passed, absolute.
    pub(super) fn named(&self) -> &[u8] {
        self.passed.as_ref().unwrap_or(&self.object)
    }
}

impl Collector<'_> {
    /// The file that the path in a place named; what it was is noted as a gap when it cannot be told.
    pub(super) fn given(&mut self, seen: &Seen<'_, '_>, at: u8) -> Option<Given> {
        self.given_as(seen, at, false)
    }

    /// The same; `follow`: with the link followed that the path may end in.
    pub(super) fn given_as(&mut self, seen: &Seen<'_, '_>, at: u8, follow: bool) -> Option<Given> {
        let given = self.named(seen, at).and_then(|named| {
            let object = self.meant(seen, at, &named, follow)?;
            self.recognise_by_name(&object);
            let named = lexical(&named);
            let passed = (*named != *object).then(|| named.into_owned());
            Some(Given { object, passed })
        });
        if given.is_none() && !leads_nowhere(seen, at) {
            // It was tried, whatever it was.
            self.refused &= matches!(seen.arg(at), Some(Value::Addr(0..LOWEST)));
            self.gap(GapKind::Unreadable, Some(seen.unit), format!("a name that was passed to {}", seen.name), 1);
        }
        given
    }

    /// The file that a path means; `follow`: with the link followed that it may end in. What a process has in /proc leads where that
    /// process had it at the call, as far as this was seen, else where it has it now. Where these differ, nobody knows.
    pub(super) fn meant(&mut self, seen: &Seen<'_, '_>, at: u8, path: &[u8], follow: bool) -> Option<Vec<u8>> {
        let asks = seen.call.head.tgid;
        let given = self.real(seen, path, follow);
        let Some(way) = through(&given, asks) else { return Some(given) };
        let theirs = way.for_anyone(&given);
        if way.rest.is_empty() && !follow {
            return Some(theirs);
        }
        let then = match way.way {
            Way::Descriptor(fd) => {
                let then = self.opened.get(&(way.process, fd)).map(|text| self.accesses.of(*text).to_vec());
                then.map(|then| self.on(&then, way.rest, follow))
            }
            Way::Directory if way.process == asks => {
                seen.current(at).map(|then| self.real(seen, &[then.as_slice(), way.rest].concat(), follow))
            }
            Way::Root if way.process == asks => {
                let path = self.below_root(seen, way.rest);
                Some(self.real(seen, &path, follow))
            }
            Way::Program => self.whose.get(way.process).map(|it| self.accesses.of(it.program).to_vec()),
            Way::Directory | Way::Root | Way::Mapped => None,
        };
        // Where it is known what it was, what it is now only tells whether a descriptor was given to another file.
        let now = match &then {
            Some(_) if !matches!(way.way, Way::Descriptor(_)) => None,
            _ => {
                let now = Some(self.real(seen, &theirs, follow)).filter(|now| through(now, asks).is_none());
                now.map(|now| if way.rest.is_empty() { self.still_named(now) } else { now })
            }
        };
        let origin = |path: &[u8]| self.effects.original(path);
        let meant = match (then, now) {
            (Some(then), Some(now)) if matches!(way.way, Way::Descriptor(_)) && origin(&then) != origin(&now) => None,
            (then, now) => then.or(now),
        }?;
        // Its name may be gone.
        if way.rest.is_empty() {
            self.recognise(self.world.identity_behind(&theirs), &meant);
        }
        Some(meant)
    }

    /// The name that a file had to which a link in /proc leads, where it has none any more.
    fn still_named(&self, path: Vec<u8>) -> Vec<u8> {
        match path.strip_suffix(b" (deleted)") {
            Some(name) if !self.world.exists(&path) => name.to_vec(),
            _ => path,
        }
    }

    /// From a path here on: its links followed; `last`: with the one that it may end in.
    fn on(&mut self, from: &[u8], rest: &[u8], last: bool) -> Vec<u8> {
        let path = [from, rest].concat();
        match rest.is_empty() {
            true => path,
            false if last => self.world.follow(0, &path),
            false => self.world.resolve(0, &path),
        }
    }

    /// The path in a place, from the root on.
    fn named<'s>(&self, seen: &Seen<'s, '_>, at: u8) -> Option<Cow<'s, [u8]>> {
        let base = || match seen.before(at) {
            Some(Value::Fd(_, view)) => whole_path(view.as_deref()?),
            // AT_FDCWD is a name of its own where its directory could not be told.
            _ => seen.directory(),
        };
        match seen.arg(at)? {
            Value::Path { bytes, cut: false } if !bytes.is_empty() && is_in_root(seen) => {
                // Of a name that begins at the root the kernel side tells no directory.
                let opened = || match seen.before(at) {
                    Some(Value::Fd(fd, _)) => self.opened.get(&(seen.call.head.tgid, *fd)),
                    _ => None,
                };
                let base = base().or_else(|| opened().map(|text| self.accesses.of(*text).to_vec()))?;
                let below = [b"/", *bytes].concat();
                Some([base.as_slice(), &*lexical(&below)].concat().into())
            }
            Value::Path { bytes, cut: false } if bytes.starts_with(b"/") => Some(self.below_root(seen, bytes)),
            Value::Path { bytes: [], cut: false } => base().map(Cow::Owned),
            Value::Path { bytes, cut: false } => Some([base()?.as_slice(), b"/", bytes].concat().into()),
            // Calls that take a directory take NULL for the file that its descriptor is.
            Value::Addr(0) if seen.before(at).is_some() => base().map(Cow::Owned),
            _ => None,
        }
    }

    /// What the program passed, absolute, where that is not `path`.
    pub(super) fn passed(&self, seen: &Seen<'_, '_>, at: u8, path: &[u8]) -> Option<Vec<u8>> {
        if matches!(seen.arg(at), Some(Value::Path { bytes, cut: false }) if *bytes == path) {
            return None;
        }
        self.named(seen, at).map(|named| lexical(&named).into_owned()).filter(|named| named != path)
    }
}

/// Whether a call failed before the kernel came to any file by the name in a place: it could not read the name either, the name is longer
/// than one may be, or the directory in which it begins is none.
fn leads_nowhere(seen: &Seen<'_, '_>, at: u8) -> bool {
    match i32::from(seen.errno) {
        libc::EFAULT | libc::ENAMETOOLONG | libc::EBADF => true,
        libc::ENOTDIR => match seen.before(at) {
            Some(Value::Fd(_, Some(view))) => view.file.mode & libc::S_IFMT != libc::S_IFDIR,
            _ => false,
        },
        _ => false,
    }
}

/// Whether the directory before a name is the root for all of it (RESOLVE_IN_ROOT, openat2(2)).
fn is_in_root(seen: &Seen<'_, '_>) -> bool {
    const RESOLVE_IN_ROOT: u64 = 0x10;
    let how = seen.args.iter().position(|arg| arg.name == "how").and_then(|at| seen.arg(u8::try_from(at).ok()?));
    match how.and_then(|how| field(how, "resolve")) {
        Some(Value::Named(_, bits) | Value::Uint(bits) | Value::Hex(bits)) => bits & RESOLVE_IN_ROOT != 0,
        _ => false,
    }
}

/// A path without `.`, doubled slashes and, where that needs no look at the files, `..`.
pub fn lexical(path: &[u8]) -> Cow<'_, [u8]> {
    // Most are like this.
    let simple = |name: &[u8]| !matches!(name, b"" | b"." | b"..");
    if path.strip_prefix(b"/").is_some_and(|rest| rest.split(|&b| b == b'/').all(simple)) {
        return path.into();
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
    if out.is_empty() { b"/"[..].into() } else { out.into() }
}
