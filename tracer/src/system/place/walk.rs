//! Walking a path name by name, so that no link is followed that others could have made.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Place, PlaceError, shown};
use crate::schema::stat::FS_MAGIC;

/// How many links a path may go through, as in the kernel (`MAXSYMLINKS`).
const LINKS: u32 = 40;
const PROC_SUPER_MAGIC: u64 = FS_MAGIC.value("PROC_SUPER_MAGIC");

/// A walk along a path.
pub(super) struct Walk<'a> {
    path: &'a Path,
    names: VecDeque<OsString>,
    links: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn along(path: &'a Path) -> Walk<'a> {
        Walk { path, names: VecDeque::new(), links: 0 }
    }

    /// The place where the path has its last name.
    pub(super) fn run(mut self) -> Result<Place, PlaceError> {
        let mut dir = self.push(self.path.as_os_str())?;
        loop {
            let Some(name) = self.names.pop_front() else {
                return Err(self.os(Errno::ISDIR));
            };
            let last = self.names.is_empty();
            if name == ".." || name == "." {
                dir = self.open(&dir, &name, OFlags::empty())?;
                continue;
            }
            let stat = match rustix::fs::statat(&dir, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Some(stat),
                Err(Errno::NOENT) if last => None,
                Err(e) => return Err(self.os(e)),
            };
            let link = stat.is_some_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Symlink);
            if link {
                if let Some(place) = self.follow(&mut dir, &name, last)? {
                    return Ok(place);
                }
            } else if last {
                return self.place(dir, name, false);
            } else {
                dir = self.open(&dir, &name, OFlags::NOFOLLOW)?;
            }
        }
    }

    /// Goes through the link `name`; the place itself, when only the kernel can.
    fn follow(&mut self, dir: &mut OwnedFd, name: &OsStr, last: bool) -> Result<Option<Place>, PlaceError> {
        let (shared, _) = self.shared(&*dir)?;
        if shared {
            let why = format!("'{}' is a symbolic link in a directory others can write", shown(name));
            return Err(PlaceError::Unsafe { path: self.path.to_owned(), why });
        }
        self.links += 1;
        if self.links > LINKS {
            return Err(self.os(Errno::LOOP));
        }
        let fs = rustix::fs::fstatfs(&*dir).map_err(|e| self.os(e))?;
        if fs.f_type as u64 == PROC_SUPER_MAGIC {
            let here = std::mem::replace(dir, self.open(dir, OsStr::new("."), OFlags::empty())?);
            if last {
                return self.place(here, name.to_owned(), true).map(Some);
            }
            *dir = self.open(&here, name, OFlags::empty())?;
            return Ok(None);
        }
        let target = rustix::fs::readlinkat(&*dir, name, Vec::new()).map_err(|e| self.os(e))?;
        let target = OsString::from_vec(target.into_bytes());
        let rest = std::mem::take(&mut self.names);
        if target.as_bytes().starts_with(b"/") {
            *dir = self.push(&target)?;
        } else {
            self.split(&target)?;
        }
        self.names.extend(rest);
        Ok(None)
    }

    /// Queues the names of `path` and opens the directory they start from.
    fn push(&mut self, path: &OsStr) -> Result<OwnedFd, PlaceError> {
        self.split(path)?;
        let start = if path.as_bytes().starts_with(b"/") { "/" } else { "." };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, start, flags, Mode::empty()).map_err(|e| self.os(e))
    }

    fn split(&mut self, path: &OsStr) -> Result<(), PlaceError> {
        if path.is_empty() {
            return Err(self.os(Errno::NOENT));
        }
        let names = path.as_bytes().split(|&b| b == b'/').filter(|n| !n.is_empty());
        self.names.extend(names.map(|n| OsStr::from_bytes(n).to_owned()));
        if path.as_bytes().ends_with(b"/") {
            self.names.push_back(OsString::from("."));
        }
        Ok(())
    }

    fn open(&self, dir: &OwnedFd, name: &OsStr, more: OFlags) -> Result<OwnedFd, PlaceError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | more;
        rustix::fs::openat(dir, name, flags, Mode::empty()).map_err(|e| self.os(e))
    }

    fn place(&self, dir: OwnedFd, name: OsString, magic: bool) -> Result<Place, PlaceError> {
        let (shared, owner) = self.shared(&dir)?;
        Ok(Place { path: self.path.to_owned(), dir, name, shared, owner, magic })
    }

    /// Whether others than root and ourselves can change names in a directory, and whose it is.
    fn shared(&self, dir: impl AsFd) -> Result<(bool, u32), PlaceError> {
        let stat = rustix::fs::fstat(dir).map_err(|e| self.os(e))?;
        let me = rustix::process::geteuid().as_raw();
        Ok((stat.st_mode & 0o022 != 0 || ![0, me].contains(&stat.st_uid), stat.st_uid))
    }

    fn os(&self, errno: Errno) -> PlaceError {
        PlaceError::Os { path: self.path.to_owned(), errno: errno.into() }
    }
}
