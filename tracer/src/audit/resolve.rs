//! Following the links of a path that a call named, as they are now: soon after the call, not at it. Where the file itself was
//! opened, the kernel has told its path, and none of this is used.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use crate::model::audit::collect::World;

/// How long a directory is believed to be where it was: the loader and interpreters look for dozens of files in the same few.
const FRESH: Duration = Duration::from_millis(100);
/// Directories that are remembered at most.
const MOST: usize = 1000;
/// Links that are followed on the way to a directory at most, as many as the kernel does (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// The files of this machine.
#[derive(Debug)]
pub struct Machine {
    directories: HashMap<PathBuf, PathBuf>,
    since: Instant,
}

impl Machine {
    /// Nothing looked at yet.
    pub fn new() -> Machine {
        Machine { directories: HashMap::new(), since: Instant::now() }
    }

    fn directory(&mut self, path: &Path) -> PathBuf {
        if self.since.elapsed() > FRESH || self.directories.len() >= MOST {
            self.directories.clear();
            self.since = Instant::now();
        }
        self.followed(path, 0)
    }

    /// A directory with all links followed, as far as it is there; `links`: how many led here.
    fn followed(&mut self, path: &Path, links: usize) -> PathBuf {
        if let Some(known) = self.directories.get(path) {
            return known.clone();
        }
        let real = match (path.parent(), path.components().next_back()) {
            (Some(parent), Some(Component::Normal(name))) => {
                let parent = self.followed(parent, links);
                let real = parent.join(name);
                // Whose these are depends on who looks.
                let is_own = parent == Path::new("/proc") && (name == "self" || name == "thread-self");
                match std::fs::read_link(&real) {
                    Ok(target) if links < MOST_LINKS && !is_own => self.followed(&parent.join(target), links + 1),
                    _ => real,
                }
            }
            (Some(parent), Some(Component::ParentDir)) => {
                let mut real = self.followed(parent, links);
                real.pop();
                real
            }
            (Some(parent), _) => self.followed(parent, links),
            (None, _) => PathBuf::from("/"),
        };
        self.directories.insert(path.to_owned(), real.clone());
        real
    }
}

impl World for Machine {
    /// The last name is that of the file itself, be it a link.
    fn resolve(&mut self, path: &[u8]) -> Vec<u8> {
        let path = PathBuf::from(OsString::from_vec(path.to_vec()));
        let real = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.directory(parent).join(name),
            // The root, or a path that ends in `..`.
            _ => self.directory(&path),
        };
        real.into_os_string().into_vec()
    }

    fn changed(&mut self, path: &[u8]) {
        let path = Path::new(std::ffi::OsStr::from_bytes(path));
        self.directories.retain(|given, real| !given.starts_with(path) && !real.starts_with(path));
    }

    fn exists(&self, path: &[u8]) -> bool {
        Path::new(std::ffi::OsStr::from_bytes(path)).symlink_metadata().is_ok()
    }
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
            let found = machine.resolve(link.join("file").as_os_str().as_bytes());
            assert_eq!(found, base.join(target).join("file").as_os_str().as_bytes());
        }
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
            let found = Machine::new().resolve(given.as_os_str().as_bytes());
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
        assert_eq!(Machine::new().resolve(b"/proc/self/there"), b"/proc/self/there");
        assert_eq!(Machine::new().resolve(b"/"), b"/");
    }
}
