//! What names and `+d`, `+D` stand for: files by device and inode, file systems by device. A path is never
//! followed into a file system that may not answer: that one is asked with a bound.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::system::procfs::mounts::{Mounts, Trust};
use crate::system::procfs::reason;
use crate::system::procfs::stat::Asker;
use crate::system::snapshot::{Dev, FileStat};
use crate::tools::lsof::request::{NamesAre, Select};

/// What was named.
#[derive(Debug, Default)]
pub struct Targets {
    files: HashMap<(Dev, u64), usize>,
    /// Those of `files` that were found by a name of their own, and not through a link.
    own: HashSet<(Dev, u64)>,
    systems: HashMap<Dev, usize>,
    paths: HashMap<Vec<u8>, usize>,
    list: Vec<Target>,
}

/// Something named.
#[derive(Debug)]
struct Target {
    /// As it was given.
    given: Vec<u8>,
    /// As it is shown, without links; `None` for file systems: their files keep their names.
    name: Option<Vec<u8>>,
    found: bool,
}

/// What could not be used; lines for stderr.
#[derive(Debug, Default)]
pub struct Unusable {
    /// The lines.
    pub lines: Vec<String>,
    /// Nothing can be looked for at all.
    pub fatal: bool,
}

impl Targets {
    /// Finds out what was named.
    pub fn find(select: &Select, mounts: &Mounts, asker: &mut Asker, forgive: bool) -> (Targets, Unusable) {
        let mut targets = Targets::default();
        let mut bad = Unusable::default();
        let mut usable = 0;
        for given in &select.names {
            let given = given.as_bytes();
            match targets.name(given, select.names_are, mounts, asker) {
                Ok(()) => usable += 1,
                Err(_) if forgive => {}
                Err(line) => bad.lines.push(line),
            }
        }
        bad.fatal = usable == 0 && !select.names.is_empty() && !forgive;
        for dir in &select.dirs {
            let limits = Limits { deep: dir.deep, mounts: select.cross_mounts, links: select.cross_links };
            if let Err(line) = targets.dir(&dir.path, &limits, mounts, asker, &mut bad.lines) {
                bad.lines.push(line);
                bad.fatal = true;
            }
        }
        (targets, bad)
    }

    /// Whether anything was named.
    pub fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// Whether a file is named; then the name that it is shown by, if another than its own.
    pub fn hit(&mut self, dev: Dev, ino: u64) -> Option<Option<&[u8]>> {
        let at = *self.files.get(&(dev, ino)).or_else(|| self.systems.get(&dev))?;
        let target = &mut self.list[at];
        target.found = true;
        Some(target.name.as_deref())
    }

    /// Whether a unix socket that is bound to this path is named.
    pub fn hit_path(&mut self, path: &[u8]) -> bool {
        let Some(&at) = self.paths.get(path) else { return false };
        self.list[at].found = true;
        true
    }

    /// What was named and not found, and whether it is a file system.
    pub fn missing(&self) -> impl Iterator<Item = (&[u8], bool)> {
        self.list.iter().filter(|t| !t.found).map(|t| (t.given.as_slice(), t.name.is_none()))
    }

    fn name(&mut self, given: &[u8], are: NamesAre, mounts: &Mounts, asker: &mut Asker) -> Result<(), String> {
        let path = resolve(Path::new(OsStr::from_bytes(given)), mounts);
        let bytes = path.as_os_str().as_bytes();
        let systems: Vec<Dev> = match are {
            NamesAre::Files => Vec::new(),
            NamesAre::Either | NamesAre::FileSystems => {
                let block = are == NamesAre::FileSystems || is_block(&path, mounts);
                let is = |source: &[u8]| block && source == bytes;
                mounts.own.iter().filter(|m| m.point == bytes || is(&m.source)).map(|m| m.dev).collect()
            }
        };
        if !systems.is_empty() {
            let at = self.add(given, None);
            self.systems.extend(systems.into_iter().map(|dev| (dev, at)));
            return Ok(());
        }
        if are == NamesAre::FileSystems {
            return Err(format!("not a file system: {}", shown(given)));
        }
        let stat = ask(&path, mounts, asker);
        let stat = stat.map_err(|error| format!("status error on {}: {}", shown(bytes), reason(&error)))?;
        self.file(given, bytes, &stat);
        Ok(())
    }

    fn add(&mut self, given: &[u8], name: Option<Vec<u8>>) -> usize {
        self.list.push(Target { given: given.to_vec(), name, found: false });
        self.list.len() - 1
    }

    fn file(&mut self, given: &[u8], name: &[u8], stat: &FileStat) {
        let at = self.add(given, Some(name.to_vec()));
        self.files.insert((stat.dev, stat.ino), at);
        self.paths.insert(given.to_vec(), at);
    }

    /// A directory and what is in it.
    fn dir(
        &mut self,
        given: &Path,
        limits: &Limits,
        mounts: &Mounts,
        asker: &mut Asker,
        lines: &mut Vec<String>,
    ) -> Result<(), String> {
        let path = resolve(given, mounts);
        let stat = ask(&path, mounts, asker).map_err(|error| {
            format!("WARNING: can't stat({}): {}", shown(path.as_os_str().as_bytes()), reason(&error))
        })?;
        if stat.kind() != libc::S_IFDIR {
            return Err(format!("WARNING: not a directory: {}", shown(path.as_os_str().as_bytes())));
        }
        self.file(path.as_os_str().as_bytes(), path.as_os_str().as_bytes(), &stat);
        let mut stack = vec![path];
        while let Some(dir) = stack.pop() {
            let entries = match entries(&dir, mounts, asker) {
                Ok(entries) => entries,
                Err(error) => {
                    let name = shown(dir.as_os_str().as_bytes());
                    lines.push(format!("WARNING: can't opendir({name}): {}", reason(&error)));
                    continue;
                }
            };
            for (name, kind) in entries {
                let path = dir.join(OsStr::from_bytes(&name));
                // A mount point is on another device: its directory entry tells only what it covers.
                if !limits.mounts && mounts.own.iter().any(|m| m.point == path.as_os_str().as_bytes()) {
                    continue;
                }
                let link = kind == libc::DT_LNK;
                if link && !limits.links {
                    continue;
                }
                let Ok(found) = ask(&path, mounts, asker) else { continue };
                if found.dev != stat.dev && !limits.mounts {
                    continue;
                }
                // A file that stands here itself keeps its own name: a link to it is another way to it, and no name.
                if !(link && self.own.contains(&(found.dev, found.ino))) {
                    self.file(path.as_os_str().as_bytes(), path.as_os_str().as_bytes(), &found);
                }
                if !link {
                    self.own.insert((found.dev, found.ino));
                }
                if found.kind() == libc::S_IFDIR && limits.deep && !link {
                    stack.push(path);
                }
            }
        }
        Ok(())
    }
}

/// How far `+d` and `+D` go.
struct Limits {
    deep: bool,
    mounts: bool,
    links: bool,
}

/// What is in a directory, asked with a bound where it may not answer.
fn entries(dir: &Path, mounts: &Mounts, asker: &mut Asker) -> std::io::Result<Vec<(Vec<u8>, u8)>> {
    let full = absolute(dir);
    let full = full.as_os_str().as_bytes();
    let point = mounts.of_path(full).map_or(b"?".as_slice(), |mount| &mount.point);
    asker.entries(dir, mounts.trust(full), point)
}

fn ask(path: &Path, mounts: &Mounts, asker: &mut Asker) -> std::io::Result<FileStat> {
    let full = absolute(path);
    let mount = mounts.of_path(full.as_os_str().as_bytes());
    let point = mount.map_or(b"?".as_slice(), |mount| &mount.point);
    asker.ask(path.as_os_str().as_bytes(), mounts.trust(full.as_os_str().as_bytes()), point)
}

fn is_block(path: &Path, mounts: &Mounts) -> bool {
    use std::os::unix::fs::FileTypeExt;
    mounts.trust(absolute(path).as_os_str().as_bytes()) == Trust::Local
        && fs::metadata(path).is_ok_and(|meta| meta.file_type().is_block_device())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A path without links and without slashes at its end; as it was given where there is no link in it. What is
/// on a file system that may not answer is left as it is.
fn resolve(path: &Path, mounts: &Mounts) -> PathBuf {
    /// As the kernel: MAXSYMLINKS of include/linux/namei.h.
    const LINKS: usize = 40;
    let mut todo = parts(path.as_os_str().as_bytes());
    let mut done: Vec<u8> = Vec::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        let before = done.len();
        if !(done.is_empty() || done.ends_with(b"/")) {
            done.push(b'/');
        }
        done.extend_from_slice(&part);
        let so_far = Path::new(OsStr::from_bytes(&done));
        if mounts.trust(absolute(so_far).as_os_str().as_bytes()) == Trust::Remote {
            continue;
        }
        let Ok(target) = fs::read_link(so_far) else { continue };
        links += 1;
        if links > LINKS {
            break;
        }
        let target = target.as_os_str().as_bytes();
        done.truncate(if target.starts_with(b"/") { 0 } else { before });
        todo.extend(parts(target));
    }
    PathBuf::from(OsStr::from_bytes(&done))
}

/// The parts of a path, the first of them last; the first of an absolute one is its slash.
fn parts(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|&b| b == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec);
    let root = path.starts_with(b"/").then(|| b"/".to_vec());
    let mut parts: Vec<Vec<u8>> = root.into_iter().chain(names).collect();
    parts.reverse();
    parts
}

/// A name fit for a message.
fn shown(name: &[u8]) -> String {
    crate::render::typed::show(OsStr::from_bytes(name))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::tools::lsof::request::Dir;

    #[test]
    fn links_are_followed_and_directories_are_searched() {
        let dir = tempfile::tempdir().expect("a directory");
        let top = dir.path().canonicalize().expect("its path");
        fs::create_dir_all(top.join("a/b")).expect("made");
        for name in ["a/one", "a/b/two"] {
            fs::write(top.join(name), "x").expect("written");
        }
        std::os::unix::fs::symlink("a/one", top.join("link")).expect("linked");
        let mounts = Mounts::of(crate::system::procfs::who::Who::Myself);
        let mut asker = Asker::new(Duration::from_secs(5), false);
        assert_eq!(resolve(&top.join("link"), &mounts), top.join("a/one"));
        for (given, expected) in
            [("/usr/../usr/", "/usr/../usr"), (".", "."), ("./x", "./x"), ("/", "/"), ("a//b", "a/b")]
        {
            assert_eq!(resolve(Path::new(given), &mounts).as_os_str(), expected);
        }
        let one = ask(&top.join("a/one"), &mounts, &mut asker).expect("there");
        let two = ask(&top.join("a/b/two"), &mounts, &mut asker).expect("there");
        for (deep, hits) in [(false, [true, false]), (true, [true, true])] {
            let select = Select { dirs: vec![Dir { path: top.join("a"), deep }], ..Select::default() };
            let (mut targets, bad) = Targets::find(&select, &mounts, &mut asker, false);
            assert!(bad.lines.is_empty() && !bad.fatal, "{bad:?}");
            assert_eq!([&one, &two].map(|s| targets.hit(s.dev, s.ino).is_some()), hits);
        }
        // A link to a file that stands there too, in whatever order the directory has them.
        for name in ["a/alink", "a/zlink"] {
            std::os::unix::fs::symlink("one", top.join(name)).expect("linked");
        }
        let dirs = vec![Dir { path: top.join("a"), deep: true }];
        let select = Select { dirs, cross_links: true, ..Select::default() };
        let (mut targets, _) = Targets::find(&select, &mounts, &mut asker, false);
        let name = top.join("a/one");
        assert_eq!(targets.hit(one.dev, one.ino), Some(Some(name.as_os_str().as_bytes())));
        let select = Select { names: vec![top.join("link").into(), "/nonexistent".into()], ..Select::default() };
        let (mut targets, bad) = Targets::find(&select, &mounts, &mut asker, false);
        assert_eq!(bad.lines, ["status error on /nonexistent: No such file or directory"]);
        assert_eq!(targets.hit(one.dev, one.ino), Some(Some(name.as_os_str().as_bytes())));
        assert_eq!(targets.missing().count(), 0);
    }
}
