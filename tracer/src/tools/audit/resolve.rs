//! Following the links of a path that a call named, as they are now: soon after the call, not at it. Where the file itself was
//! opened, the kernel has told its path, and none of this is used.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::system::proc_paths;
use crate::system::procfs::who::Who;
use crate::tools::audit::evidence::collect::World;

/// How long a directory is believed to be where it was: the loader and interpreters look for dozens of files in the same few.
const FRESH: Duration = Duration::from_millis(100);
/// Directories that are remembered at most.
const MOST: usize = 1000;
/// Links that are followed on the way to a directory at most, as many as the kernel does (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// The files of this machine.
#[derive(Debug)]
pub struct Machine {
    /// Where the links of a directory's path led; by the path as it was passed.
    directories: HashMap<Vec<u8>, Vec<u8>>,
    since: Instant,
}

impl Machine {
    /// Nothing looked at yet.
    pub fn new() -> Machine {
        Machine { directories: HashMap::new(), since: Instant::now() }
    }

    /// Forgets what may not be so any more.
    fn refresh(&mut self) {
        if self.since.elapsed() > FRESH || self.directories.len() >= MOST {
            self.directories.clear();
            self.since = Instant::now();
        }
    }

    /// A directory with all links followed, as far as it is there; without a slash at its end, so that the root is empty.
    /// `links`: how many led here.
    fn followed(&mut self, path: &[u8], links: usize) -> Vec<u8> {
        if let Some(known) = self.directories.get(path) {
            return known.clone();
        }
        let Some((parent, name)) = last(path) else { return Vec::new() };
        let mut real = self.followed(parent, links);
        match name {
            b"" | b"." => {}
            b".." => real.truncate(last(&real).map_or(0, |(parent, _)| parent.len())),
            name => {
                // Whose these are, and what lies below, depends on who looks.
                let at = [&real, &b"/"[..], name].concat();
                let is_own = proc_paths::depends_on_who_looks(&at);
                real = match std::fs::read_link(as_path(&at)) {
                    Ok(target) if links < MOST_LINKS && !is_own => {
                        let target = target.into_os_string().into_vec();
                        let front = if target.starts_with(b"/") { &[][..] } else { &real };
                        self.followed(&[front, b"/", &target].concat(), links + 1)
                    }
                    _ => at,
                };
            }
        }
        self.directories.insert(path.to_vec(), real.clone());
        real
    }
}

impl World for Machine {
    /// The last name is that of the file itself, be it a link.
    fn resolve(&mut self, path: &[u8]) -> Vec<u8> {
        self.refresh();
        let slashes = path.iter().rev().take_while(|b| **b == b'/').count();
        let path = &path[..path.len() - slashes];
        let mut real = match last(path) {
            Some((parent, name)) if !matches!(name, b"." | b"..") => {
                let mut real = self.followed(parent, 0);
                real.push(b'/');
                real.extend_from_slice(name);
                real
            }
            _ => self.followed(path, 0),
        };
        if real.is_empty() {
            real.push(b'/');
        }
        real
    }

    fn follow(&mut self, path: &[u8]) -> Vec<u8> {
        self.refresh();
        let real = self.followed(path, 0);
        if real.is_empty() { b"/".to_vec() } else { real }
    }

    fn changed(&mut self, path: &[u8]) {
        let inside =
            |directory: &[u8]| directory.strip_prefix(path).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        self.directories.retain(|given, real| !inside(given) && !inside(real));
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
            names.extend([next.clone(), self.resolve(&next)]);
            script = next;
        }
        names
    }

    fn program(&self, process: u32) -> Vec<u8> {
        Who::Id(process).link("exe").unwrap_or_default()
    }
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

fn as_path(bytes: &[u8]) -> &Path {
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
            let found = machine.resolve(link.join("file").as_os_str().as_bytes());
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
            let found = Machine::new().follow(base.join(given).as_os_str().as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), base.join(expected).to_string_lossy(), "{given}");
        };
        check("link", "real/file");
        check("real/last", "real/file");
        check("real/file", "real/file");
        check("gone", "gone");
        assert_eq!(Machine::new().follow(b"/"), b"/");
        // Whose descriptor this is depends on who asks.
        assert_eq!(Machine::new().follow(b"/proc/self/fd/0"), b"/proc/self/fd/0");
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
        check("real//file/", "real/file");
        for (given, expected) in
            [("/", "/"), ("//", "/"), ("/..", "/"), ("/../tmp/.", "/tmp"), ("/nothing/here/..", "/nothing")]
        {
            assert_eq!(String::from_utf8_lossy(&Machine::new().resolve(given.as_bytes())), expected);
        }
    }
}
