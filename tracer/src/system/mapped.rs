//! Files that a process has mapped, and what belongs to them, opened for reading. The process decides where its paths lead, and may be
//! about to lead us astray: what it names is opened without following a link, below its own root, only where the file system answers for
//! itself, and only when it turns out to be a regular file, the one that is mapped.

use std::fs::{File, Metadata, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::process::Mapping;
use super::procfs::mounts::{Mounts, Trust, trust};
use super::procfs::regions;
use super::procfs::who::Who;
use super::snapshot::Dev;

/// Where distributions put what was stripped of their programs.
const DEBUG: &str = "/usr/lib/debug";
/// The most that a vDSO may have; it has two pages.
const VDSO_MAX: u64 = 1 << 20;

/// What tells that a file is still what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    file: (u64, u64),
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    /// That of an open file.
    pub fn of(file: &File) -> Option<Stamp> {
        let meta = file.metadata().ok()?;
        let changed = (meta.ctime(), meta.ctime_nsec());
        Some(Stamp { file: (meta.dev(), meta.ino()), size: meta.size(), changed })
    }
}

/// What a process has mapped; `None` when it is gone.
pub fn mappings(who: Who) -> Option<Vec<Mapping>> {
    let found = regions::mappings(&who.read("maps").ok()?);
    (!found.is_empty()).then_some(found)
}

/// The file of a mapping, whatever has become of its path where the kernel lets us ask (`map_files`); else the one that its path leads to,
/// if it is still the same.
pub fn open(who: Who, mapping: &Mapping, mounts: &Mounts) -> Option<File> {
    let path = &mapping.path;
    let of_device = mounts.own.iter().find(|mount| mount.dev == mapping.dev);
    let mount = of_device.or_else(|| mounts.of_path(path))?;
    if mapping.ino == 0 || trust(&mount.kind) == Trust::Remote {
        return None;
    }
    let link = who.path(format_args!("map_files/{:x}-{:x}", mapping.from, mapping.to));
    let place = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(link).ok();
    let place = match who {
        // Of a process that is gone: what its path leads to for us, if that is the same.
        Who::Myself if mounts.of_path(path).is_none_or(|mount| mount.dev != mapping.dev) => place?,
        _ => place.or_else(|| below(who, path))?,
    };
    regular(&place, |meta| meta.ino() == mapping.ino)
}

/// The file that a program names as its interpreter: a mapping of nothing yet. The kernel has just followed that path: what it still knows
/// of it is taken, and no file system is asked.
pub fn interpreter(who: Who, path: &[u8]) -> Option<Mapping> {
    let path = path.strip_prefix(b"/")?;
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::CACHED;
    let root = who.directory("root").or_else(|_| Who::Myself.directory("root")).ok()?;
    let place = File::from(openat2(root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), how).ok()?);
    let meta = place.metadata().ok().filter(Metadata::is_file)?;
    let dev = Dev { major: rustix::fs::major(meta.dev()), minor: rustix::fs::minor(meta.dev()) };
    let path = Who::Myself.link(format_args!("fd/{}", place.as_raw_fd())).ok()?;
    Some(Mapping { dev, ino: meta.ino(), path, ..Mapping::default() })
}

/// The map of its functions that a just-in-time compiler keeps, and what the process calls it: a file of the process's own owner.
pub fn perf_map(who: Who) -> Option<(Vec<u8>, File)> {
    let status = who.status().ok()?;
    let own = status.nested_pids.last().copied().unwrap_or(status.tgid);
    let path = format!("/tmp/perf-{own}.map").into_bytes();
    if Mounts::of(who).trust(&path) == Trust::Remote {
        return None;
    }
    let file = regular(&below(who, &path)?, |meta| meta.uid() == status.uids[1])?;
    Some((path, file))
}

/// What was stripped of the file with this build id.
pub fn debug_of_build_id(id: &[u8]) -> Option<File> {
    let (first, rest) = id.split_first()?;
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    ours(&Path::new(DEBUG).join(format!(".build-id/{first:02x}/{rest}.debug")))
}

/// Files that may have what was stripped of the file at `path`, which names `name` for it.
pub fn debug_of_link(who: Who, path: &[u8], name: &[u8], mounts: &Mounts) -> Vec<File> {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let (Some(directory), Some(name)) = (path.parent(), Path::new(std::ffi::OsStr::from_bytes(name)).file_name())
    else {
        return Vec::new();
    };
    let beside = [directory.join(name), directory.join(".debug").join(name)];
    let trusted = |path: &&PathBuf| mounts.trust(path.as_os_str().as_bytes()) != Trust::Remote;
    let theirs = |path: &PathBuf| regular(&below(who, path.as_os_str().as_bytes())?, |_| true);
    let mut found: Vec<File> = beside.iter().filter(trusted).filter_map(theirs).collect();
    let inside = directory.strip_prefix("/").unwrap_or(directory);
    let plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    found.extend(plain.then(|| ours(&Path::new(DEBUG).join(inside).join(name))).flatten());
    found
}

/// The vDSO of this process, which is that of every process of the same ABI.
pub fn own_vdso() -> Option<Vec<u8>> {
    let list = mappings(Who::Myself)?;
    let mapping = list.iter().find(|mapping| mapping.path == b"[vdso]")?;
    let mut bytes = vec![0; (mapping.to - mapping.from).min(VDSO_MAX) as usize];
    Who::Myself.memory().ok()?.read_exact_at(&mut bytes, mapping.from).ok()?;
    Some(bytes)
}

/// A file below a directory that only the machine's owner writes.
fn ours(path: &Path) -> Option<File> {
    let place = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path).ok()?;
    regular(&place, |meta| meta.uid() == 0)
}

/// A path of a process, below its root, without any link on the way.
fn below(who: Who, path: &[u8]) -> Option<File> {
    let path = path.strip_prefix(b"/")?;
    let root = who.directory("root").ok()?;
    let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    openat2(root, path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty(), how).ok().map(File::from)
}

/// Opens a place for reading, if it is a regular file and `is_it` says that it is the right one: nothing else is touched.
fn regular(place: &File, is_it: impl Fn(&Metadata) -> bool) -> Option<File> {
    let meta = place.metadata().ok()?;
    if !meta.is_file() || !is_it(&meta) {
        return None;
    }
    let link = Who::Myself.path(format_args!("fd/{}", place.as_raw_fd()));
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(link).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_itself_is_found() {
        let list = mappings(Who::Myself).expect("mappings");
        let here = own_vdso as *const () as u64;
        let own = list.iter().find(|mapping| mapping.from <= here && here < mapping.to).expect("our code");
        assert!(own.code);
        let mounts = Mounts::of(Who::Myself);
        let file = open(Who::Myself, own, &mounts).expect("our file");
        assert_eq!(file.metadata().expect("what it is").ino(), own.ino);
        let other = Mapping { ino: own.ino + 1, from: 1, to: 2, ..own.clone() };
        assert!(open(Who::Myself, &other, &mounts).is_none(), "another file at the path");
        assert!(own_vdso().expect("a vdso").starts_with(b"\x7fELF"));
    }

    #[test]
    fn links_are_not_followed_and_only_files_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("file"), "x").expect("a file");
        std::os::unix::fs::symlink(path("file"), path("link")).expect("a link");
        std::os::unix::fs::symlink(directory.path(), path("there")).expect("a link");
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), Mode::RWXU).expect("a fifo");
        let check = |name: &str, expected: bool| {
            let place = below(Who::Myself, path(name).as_os_str().as_bytes());
            assert_eq!(place.and_then(|place| regular(&place, |_| true)).is_some(), expected, "{name}");
        };
        check("file", true);
        check("link", false);
        check("there/file", false);
        check("fifo", false);
        check("nothing", false);
        check("", false);
    }
}
