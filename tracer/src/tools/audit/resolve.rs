//! Following the links of a path that a call named, as they are now: soon after the call, not at it. Where the file itself was
//! opened, the kernel has told its path, and none of this is used. Names are followed from the root and through the mounts of the
//! process that passed them.

mod following;

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use foldhash::HashMap;
use rustix::time::{ClockId, clock_gettime};

use crate::system::procfs::mounts::{Overlay, Unknown};
use crate::system::procfs::who::Who;
use crate::system::sock_diag::Link;
use crate::system::sockets::Detail;
use crate::tools::audit::disk::Disk;
use crate::tools::audit::evidence::collect::{Doubt, Look, World};
use crate::tools::audit::evidence::names::HOSTS_MAX;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::links::{Links, Made};
use crate::tools::audit::loaders::is_loader;
use crate::tools::audit::places::Places;

/// How long a directory is believed to be where it was: the loader and interpreters look for dozens of files in the same few.
const FRESH: Duration = Duration::from_millis(100);
/// Directories that are remembered at most.
const MOST: usize = 1000;
/// Other paths of a file at most.
const MOST_OTHERS: usize = 100;
/// Links that are followed on the way to a directory at most, as many as the kernel does (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// The files of this machine.
#[derive(Debug)]
pub struct Machine {
    places: Places,
    /// Files of this machine may have several paths, by mounts.
    has_others: bool,
    /// Or by overlays.
    overlays: Vec<Overlay>,
    /// Where the links of a directory's path led; by the place, and by the path as it was passed.
    directories: Vec<HashMap<Vec<u8>, Vec<u8>>>,
    /// How many these are.
    known: usize,
    since: Instant,
    /// Programs that were looked at, and whether they are loaders.
    loaders: HashMap<Vec<u8>, bool>,
    /// What the command made of names.
    links: Links,
    /// What may have been links when they were passed.
    doubts: Vec<Doubt>,
    /// Names that were looked at, and when (CLOCK_MONOTONIC), where somebody asks for them.
    looks: Vec<Look>,
    tells_looks: bool,
    /// CLOCK_MONOTONIC of the call whose names are followed.
    time: u64,
    /// When nothing had run yet, by the clock of files (CLOCK_REALTIME_COARSE).
    begun: i128,
}

impl Machine {
    /// Nothing looked at yet.
    pub fn new() -> Machine {
        let places = Places::new();
        let mut machine = Machine {
            places,
            has_others: false,
            overlays: Vec::new(),
            directories: Vec::new(),
            known: 0,
            since: Instant::now(),
            loaders: HashMap::default(),
            links: Links::default(),
            doubts: Vec::new(),
            looks: Vec::new(),
            tells_looks: false,
            time: 0,
            begun: clock(ClockId::RealtimeCoarse),
        };
        machine.look_at_mounts();
        machine
    }

    fn look_at_mounts(&mut self) {
        self.has_others = self.places.mounts().has_others();
        self.overlays = self.places.mounts().overlays(&Disk::Now);
    }
}

impl World for Machine {
    fn place(&mut self, process: u32) -> Option<usize> {
        self.places.of(process)
    }

    fn rooted(&mut self, place: usize, root: &[u8]) -> Option<usize> {
        self.places.rooted(place, root)
    }

    fn root(&self, place: usize) -> &[u8] {
        &self.places.get(place).root
    }

    fn mounted(&mut self, place: usize) {
        self.forget();
        self.places.mounted(place);
        self.look_at_mounts();
    }

    fn own(&self, place: usize, path: &[u8]) -> Option<Vec<u8>> {
        self.places.own(place, path)
    }

    fn others(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let (mounts, mut others, mut next) = (self.places.mounts(), Vec::new(), 0);
        let mut at = path.to_vec();
        // A layer may lie on another overlay, or on a mount that has others.
        loop {
            let by_mounts = if self.has_others { mounts.others(&at) } else { Vec::new() };
            let by_layers = self.overlays.iter().flat_map(|overlay| overlay.others(&at, &Disk::Now));
            for other in by_mounts.into_iter().chain(by_layers) {
                if other != path && !others.contains(&other) && others.len() < MOST_OTHERS {
                    others.push(other);
                }
            }
            let Some(other) = others.get(next) else { return others };
            at.clone_from(other);
            next += 1;
        }
    }

    fn others_then(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let mut others = self.others(path);
        others.extend(self.overlays.iter().flat_map(|overlay| overlay.others(path, &Disk::Then)));
        others
    }

    fn unknown(&self, path: &[u8]) -> Option<String> {
        let unknown = self.overlays.iter().find_map(|overlay| overlay.unknown(path, &Disk::Now))?;
        Some(match unknown {
            Unknown::Layers(at) => {
                format!("where the layers of the overlay at {} are: they were mounted by relative names", shown(at))
            }
            Unknown::Place(at) => {
                format!(
                    "where the overlay at {} shows {}, if it does: it renamed or removed a directory",
                    shown(at),
                    shown(path)
                )
            }
        })
    }

    /// Which file of an overlay a path is, depends on what there is in its layers.
    fn others_stay(&self) -> bool {
        self.overlays.is_empty()
    }

    fn hosts(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let read = std::fs::File::open("/etc/hosts").map(|file| file.take(HOSTS_MAX).read_to_end(&mut text));
        if matches!(read, Ok(Ok(_))) { text } else { Vec::new() }
    }

    /// The last name is that of the file itself, be it a link.
    fn resolve(&mut self, place: usize, path: &[u8]) -> Vec<u8> {
        self.refresh();
        let Some((place, inside)) = self.inside(place, path) else { return path.to_vec() };
        let slashes = inside.iter().rev().take_while(|b| **b == b'/').count();
        let inside = &inside[..inside.len() - slashes];
        let real = match last(inside) {
            Some((parent, name)) if !matches!(name, b"." | b"..") => {
                let mut real = self.followed(place, parent, 0);
                real.push(b'/');
                real.extend_from_slice(name);
                real
            }
            _ => self.followed(place, inside, 0),
        };
        self.whole(place, real)
    }

    fn follow(&mut self, place: usize, path: &[u8]) -> Vec<u8> {
        self.refresh();
        let Some((place, inside)) = self.inside(place, path) else { return path.to_vec() };
        let real = self.followed(place, inside, 0);
        self.whole(place, real)
    }

    fn at(&mut self, time: u64) {
        self.time = time;
    }

    fn doubts(&mut self) -> Vec<Doubt> {
        std::mem::take(&mut self.doubts)
    }

    fn tell_looks(&mut self, wanted: bool) {
        self.tells_looks = wanted;
    }

    fn looks(&mut self) -> Vec<Look> {
        std::mem::take(&mut self.looks)
    }

    fn is_link(&mut self, path: &[u8]) -> bool {
        match self.links.get(path) {
            Some(made) => matches!(made, Made::Link(_)),
            None => self.link_of(path).is_some(),
        }
    }

    fn is_directory(&self, path: &[u8]) -> bool {
        as_path(path).symlink_metadata().is_ok_and(|found| found.is_dir())
    }

    fn made(&mut self, path: &[u8], made: Made) {
        self.changed(path);
        self.links.make(path, made);
    }

    fn gone(&mut self, path: &[u8]) {
        self.changed(path);
        self.links.forget(path);
    }

    fn renamed(&mut self, old: &[u8], new: &[u8], exchanged: bool) {
        self.changed(old);
        self.changed(new);
        match exchanged {
            true => self.links.exchange(old, new),
            false => self.links.rename(old, new),
        }
        self.find_link(new);
        if exchanged {
            self.find_link(old);
        }
    }

    fn linked(&mut self, old: &[u8], new: &[u8]) {
        self.changed(new);
        match self.links.get(old).cloned() {
            Some(made) => self.links.make(new, made),
            None => {
                self.links.forget(new);
                self.find_link(new);
            }
        }
    }

    fn below(&self, path: &[u8], most: usize) -> Option<Vec<Vec<u8>>> {
        let (mut found, mut open) = (Vec::new(), vec![path.to_vec()]);
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(as_path(&directory)).into_iter().flatten().flatten() {
                if found.len() >= most {
                    return None;
                }
                let path = entry.path().into_os_string().into_vec();
                if entry.file_type().is_ok_and(|it| it.is_dir()) {
                    open.push(path.clone());
                }
                found.push(path);
            }
        }
        Some(found)
    }

    fn identity(&self, path: &[u8]) -> Option<(u32, u64)> {
        identity_of(path)
    }

    fn links(&self, path: &[u8]) -> u64 {
        as_path(path).symlink_metadata().map_or(1, |found| found.nlink())
    }
    fn identity_behind(&self, path: &[u8]) -> Option<(u32, u64)> {
        as_path(path).metadata().ok().as_ref().and_then(identity)
    }

    fn are_same(&self, one: &[u8], other: &[u8]) -> Option<bool> {
        let mounts = self.places.mounts();
        let on = |path| mounts.of_path(path).filter(|mount| mount.tells_other_devices());
        let (Some(mount), true) = (on(one).or_else(|| on(other)), one.starts_with(b"/")) else { return Some(false) };
        let look = |path| as_path(path).symlink_metadata();
        let (one, other) = (look(one).ok()?, look(other).ok()?);
        let contents = |file: &Metadata| (file.size(), file.mtime(), file.mtime_nsec());
        let change = |file: &Metadata| (file.ctime(), file.ctime_nsec());
        Some(contents(&one) == contents(&other) && (mount.may_copy_less() || change(&one) == change(&other)))
    }

    fn exists(&self, path: &[u8]) -> bool {
        as_path(path).symlink_metadata().is_ok()
    }

    fn interpreters(&mut self, script: &[u8]) -> Vec<Vec<u8>> {
        let (mut names, mut script) = (Vec::new(), script.to_vec());
        // As many as the kernel follows (fs/exec.c).
        for _ in 0..5 {
            // A link to a script; the interpreter is told by the name that it was given, and by where that leads.
            if let Ok(real) = as_path(&script).canonicalize() {
                names.push(real.into_os_string().into_vec());
            }
            let Some(next) = first_line(&script).and_then(|line| interpreter(&line).map(<[u8]>::to_vec)) else { break };
            names.extend([next.clone(), self.resolve(0, &next)]);
            script = next;
        }
        names
    }

    fn is_loader(&mut self, program: &[u8]) -> bool {
        if let Some(known) = self.loaders.get(program) {
            return *known;
        }
        if self.loaders.len() >= MOST {
            self.loaders.clear();
        }
        let is_loader = is_loader(as_path(program));
        self.loaders.insert(program.to_vec(), is_loader);
        is_loader
    }

    fn unix_name(&self, socket: u64) -> Option<Vec<u8>> {
        let found = Link::open().ok()?.unix(u32::try_from(socket).ok()?).ok()??;
        let Detail::Unix(unix) = found.detail else { return None };
        unix.name.map(|name| name.into_vec()).filter(|name| !name.is_empty())
    }

    fn program(&self, process: u32) -> Vec<u8> {
        Who::Id(process).link("exe").unwrap_or_default()
    }
}

/// The device, in the kernel's encoding, and the inode of what has this path, unless it is a directory.
pub fn identity_of(path: &[u8]) -> Option<(u32, u64)> {
    as_path(path).symlink_metadata().ok().as_ref().and_then(identity)
}

fn identity(found: &Metadata) -> Option<(u32, u64)> {
    let device = libc::major(found.dev()) << 20 | libc::minor(found.dev()) & 0xf_ffff;
    (!found.is_dir()).then(|| (device, found.ino()))
}

/// When a file's inode was changed last, in ns of CLOCK_REALTIME.
fn changed_at(found: &Metadata) -> i128 {
    i128::from(found.ctime()) * 1_000_000_000 + i128::from(found.ctime_nsec())
}

/// A clock, in ns.
fn clock(id: ClockId) -> i128 {
    let time = clock_gettime(id);
    i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
}

/// The beginning of a file, as much as the kernel looks at; of what is no regular file nothing.
fn first_line(path: &[u8]) -> Option<Vec<u8>> {
    let file = std::fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(as_path(path)).ok()?;
    let mut line = Vec::new();
    file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    file.take(256).read_to_end(&mut line).ok()?;
    Some(line)
}

/// The interpreter that a script's first line names by an absolute path (execve(2)).
fn interpreter(file: &[u8]) -> Option<&[u8]> {
    let line = file.strip_prefix(b"#!")?.split(|&b| b == b'\n').next()?;
    line.split(|b| matches!(b, b' ' | b'\t')).find(|word| !word.is_empty()).filter(|word| word.starts_with(b"/"))
}

/// A path's last name, and what stands before the slash before it; `None` for the empty path.
fn last(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = memchr::memrchr(b'/', path)?;
    Some((&path[..slash], &path[slash + 1..]))
}

pub(super) fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_changed_is_looked_at_again() {
        let base = tempfile::tempdir().expect("a directory");
        let base = base.path().canonicalize().expect("it is there");
        let link = base.join("link");
        let mut machine = Machine::new();
        machine.since = Instant::now() + Duration::from_secs(60);
        for target in ["one", "other"] {
            std::fs::create_dir(base.join(target)).expect("made");
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(target, &link).expect("made");
            machine.changed(link.as_os_str().as_bytes());
            let found = machine.resolve(0, link.join("file").as_os_str().as_bytes());
            assert_eq!(found, base.join(target).join("file").as_os_str().as_bytes());
        }
    }

    #[test]
    fn a_first_line_names_an_interpreter() {
        for (line, expected) in [
            ("#!/bin/sh\nx", Some("/bin/sh")),
            ("#! /usr/bin/env python3 -I\n", Some("/usr/bin/env")),
            ("#!\t/bin/sh", Some("/bin/sh")),
            ("#!sh\n", None),
            ("#!\n/bin/sh", None),
            ("/bin/sh", None),
            ("", None),
        ] {
            assert_eq!(interpreter(line.as_bytes()), expected.map(str::as_bytes), "{line:?}");
        }
    }

    #[test]
    fn the_file_that_is_meant_is_behind_the_last_link() {
        let base = tempfile::tempdir().expect("a directory");
        let base = base.path().canonicalize().expect("it is there");
        std::fs::create_dir(base.join("real")).expect("made");
        std::os::unix::fs::symlink("real/last", base.join("link")).expect("made");
        std::os::unix::fs::symlink("file", base.join("real/last")).expect("made");
        let check = |given: &str, expected: &str| {
            let found = Machine::new().follow(0, base.join(given).as_os_str().as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), base.join(expected).to_string_lossy(), "{given}");
        };
        check("link", "real/file");
        check("real/last", "real/file");
        check("real/file", "real/file");
        check("gone", "gone");
        assert_eq!(Machine::new().follow(0, b"/"), b"/");
        // Whose descriptor this is depends on who asks.
        assert_eq!(Machine::new().follow(0, b"/proc/self/fd/0"), b"/proc/self/fd/0");
    }

    #[test]
    fn links_of_directories_are_followed() {
        let base = tempfile::tempdir().expect("a directory");
        let base = base.path().canonicalize().expect("it is there");
        std::fs::create_dir(base.join("real")).expect("made");
        std::os::unix::fs::symlink("real", base.join("link")).expect("made");
        std::os::unix::fs::symlink("file", base.join("real/last")).expect("made");
        let check = |given: &str, expected: &str| {
            let given = base.join(given);
            let found = Machine::new().resolve(0, given.as_os_str().as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), base.join(expected).to_string_lossy(), "{}", given.display());
        };
        check("link/file", "real/file");
        check("link/last", "real/last");
        check("link/../other", "other");
        check("link/gone/below", "real/gone/below");
        check("gone/../other", "other");
        check("./link/./file", "real/file");
        check("link", "link");
        std::os::unix::fs::symlink("round", base.join("round")).expect("made");
        check("round/file", "round/file");
        assert_eq!(Machine::new().resolve(0, b"/proc/self/there"), b"/proc/self/there");
        check("real//file/", "real/file");
        for (given, expected) in
            [("/", "/"), ("//", "/"), ("/..", "/"), ("/../tmp/.", "/tmp"), ("/nothing/here/..", "/nothing")]
        {
            assert_eq!(String::from_utf8_lossy(&Machine::new().resolve(0, given.as_bytes())), expected);
        }
    }
}
