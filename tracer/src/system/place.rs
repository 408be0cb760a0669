//! Opening what is written, and what is read because a path was given, without being led elsewhere. tracer often runs as root, and a
//! traced program (or anybody) may plant a link where the output is going to be. So a path is walked name by
//! name: a link is followed only when nobody but root and ourselves could have put it there, a file
//! that stands in a directory others can write must be a regular one with one name, and what is made
//! has mode 0600. The kernel's `protected_*` settings do part of this, where they are on. What is read is a regular file within a bound:
//! a FIFO without a writer or a device without an end would be waited for without one.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use thiserror::Error;

use crate::schema::errno;
use crate::schema::stat::FS_MAGIC;

/// Why an output could not be opened.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The kernel refused.
    #[error("Can't open '{path}': {reason}", path = .path.display(), reason = errno::said(.errno))]
    Os {
        /// The path as it was named.
        path: PathBuf,
        /// The errno.
        errno: std::io::Error,
    },
    /// It would have led somewhere others choose.
    #[error("Can't open '{path}': {why}", path = .path.display())]
    Unsafe {
        /// The path as it was named.
        path: PathBuf,
        /// What stands in the way.
        why: String,
    },
}

impl From<PlaceError> for std::io::Error {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Os { errno, .. } => errno,
            PlaceError::Unsafe { why, .. } => std::io::Error::other(why),
        }
    }
}

impl PlaceError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, PlaceError::Os { errno, .. } if errno.kind() == ErrorKind::NotFound)
    }
}

/// A name in an open directory: where an output is, for good, however paths change meanwhile.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    dir: OwnedFd,
    name: OsString,
    /// Others than root and ourselves can change names in `dir`.
    shared: bool,
    owner: u32,
    /// A magic link of /proc (`/proc/self/fd/2`), which only the kernel can follow.
    magic: bool,
}

/// How many links a path may go through, as in the kernel (`MAXSYMLINKS`).
const LINKS: u32 = 40;
const PROC_SUPER_MAGIC: u64 = FS_MAGIC.value("PROC_SUPER_MAGIC");

impl Place {
    /// Walks to the directory in which `path` has its last name. Fails where a link would have to be
    /// followed that others could have made.
    pub fn find(path: &Path) -> Result<Place, PlaceError> {
        Walk { path, names: VecDeque::new(), links: 0 }.run()
    }

    /// The path as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file to write, made with mode 0600 when there is none, else emptied unless `append`.
    pub fn create(&self, append: bool) -> Result<File, PlaceError> {
        self.create_as(&self.name, append)
    }

    /// As [`Place::create`], for the file whose name has `suffix` behind (`-ff`).
    pub fn create_beside(&self, suffix: &str, append: bool) -> Result<File, PlaceError> {
        self.create_as(&self.named(suffix), append)
    }

    /// Whether `create` would succeed, as far as can be told without making or emptying anything.
    ///
    /// # Errors
    /// As `create`.
    pub fn attempt(&self) -> Result<(), PlaceError> {
        if self.magic {
            return Ok(());
        }
        let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.dir, &self.name, flags, Mode::empty()) {
            Ok(fd) => self.check(fd, true).map(drop),
            // A FIFO that nobody reads yet.
            Err(Errno::NXIO) if !self.shared => Ok(()),
            Err(Errno::NOENT) => {
                let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
                rustix::fs::accessat(&self.dir, ".", access, AtFlags::EACCESS).map_err(|e| self.os(e))
            }
            Err(e) => Err(self.os(e)),
        }
    }

    /// Whether the other is the same name in the same directory, or both lead to the same file.
    pub fn is_same(&self, other: &Place) -> bool {
        let id = |place: &Place| {
            let dir = rustix::fs::fstat(&place.dir).ok()?;
            let file = rustix::fs::statat(&place.dir, &place.name, AtFlags::SYMLINK_NOFOLLOW).ok();
            let file = file.filter(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
            Some((file_id(&dir), file.map(|stat| file_id(&stat))))
        };
        let (Some((dir, file)), Some((other_dir, other_file))) = (id(self), id(other)) else { return false };
        !self.magic
            && !other.magic
            && (dir == other_dir && self.name == other.name || file.is_some() && file == other_file)
    }

    /// Opens the file to read it: a regular one, or what is behind a descriptor of our own (`/dev/fd/63`), which whoever started us has
    /// opened.
    ///
    /// # Errors
    /// There is none, or another kind of file.
    pub fn open(&self) -> Result<File, PlaceError> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
        if self.magic {
            let fd = rustix::fs::openat(&self.dir, &self.name, flags, Mode::empty()).map_err(|e| self.os(e))?;
            return Ok(File::from(fd));
        }
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(&self.dir, &self.name, flags, Mode::empty()).map_err(|e| self.os(e))?;
        let stat = rustix::fs::fstat(&fd).map_err(|e| self.os(e))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(File::from(fd)),
            FileType::Directory => Err(self.os(Errno::ISDIR)),
            _ => Err(self.refuse("is not a regular file")),
        }
    }

    /// Opens a file again that `create_beside` made, to append to it; `None` when another file stands
    /// there now.
    pub fn reopen_beside(&self, suffix: &str, id: (u64, u64)) -> Result<Option<File>, PlaceError> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.dir, self.named(suffix), flags, Mode::empty()) {
            Ok(fd) => {
                let stat = rustix::fs::fstat(&fd).map_err(|e| self.os(e))?;
                Ok((file_id(&stat) == id).then(|| File::from(fd)))
            }
            Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(None),
            Err(e) => Err(self.os(e)),
        }
    }

    fn named(&self, suffix: &str) -> OsString {
        let mut name = self.name.clone();
        name.push(suffix);
        name
    }

    fn create_as(&self, name: &OsStr, append: bool) -> Result<File, PlaceError> {
        let common =
            OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | if append { OFlags::APPEND } else { OFlags::empty() };
        let mode = Mode::RUSR | Mode::WUSR;
        if self.magic {
            let fd = rustix::fs::openat(&self.dir, name, common, mode).map_err(|e| self.os(e))?;
            return Ok(File::from(fd));
        }
        // A file may come and go between the two opens; a few rounds settle it or somebody plays games.
        for _ in 0..8 {
            match rustix::fs::openat(&self.dir, name, common | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW, mode) {
                Ok(fd) => return Ok(File::from(fd)),
                Err(Errno::EXIST) => {}
                Err(e) => return Err(self.os(e)),
            }
            let wait = if self.shared { OFlags::NONBLOCK } else { OFlags::empty() };
            match rustix::fs::openat(&self.dir, name, common | OFlags::NOFOLLOW | wait, Mode::empty()) {
                Ok(fd) => return self.check(fd, append),
                Err(Errno::NOENT) => {}
                Err(Errno::LOOP) => return Err(self.refuse("is a symbolic link, made while it was opened")),
                Err(Errno::NXIO) if self.shared => {
                    return Err(self.refuse("is not a regular file, in a directory others can write"));
                }
                Err(e) => return Err(self.os(e)),
            }
        }
        Err(self.refuse("appears and vanishes again and again"))
    }

    /// A file that was there before: is it one we may write? Only then it is emptied.
    fn check(&self, fd: OwnedFd, append: bool) -> Result<File, PlaceError> {
        let stat = rustix::fs::fstat(&fd).map_err(|e| self.os(e))?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if self.shared {
            let me = rustix::process::geteuid().as_raw();
            if !regular {
                return Err(self.refuse("is not a regular file, in a directory others can write"));
            }
            if stat.st_nlink > 1 {
                return Err(self.refuse("has more than one name, in a directory others can write"));
            }
            if ![0, me, self.owner].contains(&stat.st_uid) {
                return Err(self.refuse("belongs to another user, in a directory others can write"));
            }
        }
        if regular && !append {
            rustix::fs::ftruncate(&fd, 0).map_err(|e| self.os(e))?;
        }
        Ok(File::from(fd))
    }

    fn os(&self, errno: Errno) -> PlaceError {
        PlaceError::Os { path: self.path.clone(), errno: errno.into() }
    }

    fn refuse(&self, why: &str) -> PlaceError {
        PlaceError::Unsafe { path: self.path.clone(), why: format!("it {why}") }
    }
}

/// Opens a file that is read because its path was given.
///
/// # Errors
/// As [`Place::find`] and [`Place::open`].
pub fn open(path: &Path) -> Result<File, PlaceError> {
    Place::find(path)?.open()
}

/// What is in a file that is read because its path was given, which is none where it has more than `most` bytes.
///
/// # Errors
/// As [`open`]; the file is too large, or cannot be read.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, PlaceError> {
    let os = |errno| PlaceError::Os { path: path.to_owned(), errno };
    let mut bytes = Vec::new();
    let n = open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(os)?;
    if n as u64 > most {
        return Err(os(std::io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {} MiB", most >> 20))));
    }
    Ok(bytes)
}

/// Which file this is: device and inode.
pub fn file_id(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

struct Walk<'a> {
    path: &'a Path,
    names: VecDeque<OsString>,
    links: u32,
}

impl Walk<'_> {
    fn run(mut self) -> Result<Place, PlaceError> {
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
            let why = format!("'{}' is a symbolic link in a directory others can write", name.display());
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn dir(mode: u32) -> tempfile::TempDir {
        // The directory above must be one of ours too: links on the way are judged as well.
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
        dir
    }

    fn write(path: &Path, append: bool) -> Result<(), PlaceError> {
        let mut file = Place::find(path)?.create(append)?;
        file.write_all(b"new").unwrap();
        Ok(())
    }

    #[test]
    fn makes_a_file_for_the_owner_alone() {
        let d = dir(0o700);
        let path = d.path().join("log");
        write(&path, false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"new");
        write(&path, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newnew");
        write(&path, false).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn follows_no_link_where_others_can_write() {
        for mode in [0o1777, 0o777, 0o770] {
            let d = dir(mode);
            let victim = d.path().join("victim");
            fs::write(&victim, "precious").unwrap();
            let link = d.path().join("log");
            symlink(&victim, &link).unwrap();
            let error = write(&link, false).unwrap_err().to_string();
            assert!(error.contains("'log' is a symbolic link in a directory others can write"), "{error}");
            fs::create_dir(d.path().join("real")).unwrap();
            symlink(d.path().join("real"), d.path().join("way")).unwrap();
            let error = write(&d.path().join("way/log"), false).unwrap_err().to_string();
            assert!(error.contains("'way' is a symbolic link"), "{error}");
            assert_eq!(fs::read(&victim).unwrap(), b"precious");
        }
    }

    #[test]
    fn follows_links_of_its_own_directories_but_not_beyond() {
        let safe = dir(0o700);
        let shared = dir(0o1777);
        symlink("target", safe.path().join("log")).unwrap();
        write(&safe.path().join("log"), false).unwrap();
        assert_eq!(fs::read(safe.path().join("target")).unwrap(), b"new");
        fs::write(safe.path().join("victim"), "precious").unwrap();
        symlink(safe.path().join("victim"), shared.path().join("trap")).unwrap();
        symlink(shared.path().join("trap"), safe.path().join("far")).unwrap();
        assert!(write(&safe.path().join("far"), false).unwrap_err().to_string().contains("'trap' is a symbolic link"));
        assert_eq!(fs::read(safe.path().join("victim")).unwrap(), b"precious");
        symlink("circle", safe.path().join("circle")).unwrap();
        assert!(matches!(write(&safe.path().join("circle"), false), Err(PlaceError::Os { .. })));
    }

    #[test]
    fn writes_no_file_with_a_second_name_or_a_foreign_owner() {
        let d = dir(0o1777);
        let victim = d.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        fs::hard_link(&victim, d.path().join("log")).unwrap();
        assert!(write(&d.path().join("log"), false).unwrap_err().to_string().contains("more than one name"));
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        nix::unistd::mkfifo(&d.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(write(&d.path().join("fifo"), false).unwrap_err().to_string().contains("not a regular file"));
        if rustix::process::geteuid().is_root() {
            let theirs = d.path().join("theirs");
            fs::write(&theirs, "").unwrap();
            std::os::unix::fs::chown(&theirs, Some(12345), None).unwrap();
            assert!(write(&theirs, false).unwrap_err().to_string().contains("belongs to another user"));
        }
    }

    #[test]
    fn knows_devices_and_plain_errors() {
        write(Path::new("/dev/null"), false).unwrap();
        Place::find(Path::new("/dev/fd/2")).unwrap().create(false).unwrap();
        let d = dir(0o700);
        for (path, text) in
            [("no/log", "No such file"), (".", "Is a directory"), ("", "Is a directory"), ("x/", "No such file")]
        {
            let error = write(&d.path().join(path), false).unwrap_err().to_string();
            assert!(error.contains(text), "{path}: {error}");
        }
        assert!(write(Path::new(""), false).unwrap_err().to_string().contains("No such file"));
    }

    #[test]
    fn reopens_only_the_file_it_made() {
        let d = dir(0o700);
        let place = Place::find(&d.path().join("log")).unwrap();
        let file = place.create_beside(".7", false).unwrap();
        let id = file_id(&rustix::fs::fstat(&file).unwrap());
        assert!(place.reopen_beside(".7", id).unwrap().is_some());
        fs::rename(d.path().join("log.7"), d.path().join("moved")).unwrap();
        assert!(place.reopen_beside(".7", id).unwrap().is_none());
        symlink("moved", d.path().join("log.7")).unwrap();
        assert!(place.reopen_beside(".7", id).unwrap().is_none());
    }
}
