//! Opening what is written, and what is read because a path was given, without being led elsewhere. tracer often runs as root, and a
//! traced program (or anybody) may plant a link where the output is going to be. So a path is walked name by
//! name: a link is followed only when nobody but root and ourselves could have put it there, a file
//! that stands in a directory others can write must be a regular one with one name. What is made has mode 0600, and belongs to whom sudo
//! runs us for; what was there has that mode from then on. The kernel's `protected_*` settings do part of this, where they are on. What is read is a regular file within a bound:
//! a FIFO without a writer or a device without an end would be waited for without one.

mod walk;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;
use thiserror::Error;

use self::walk::Walk;
use crate::schema::errno;

/// Why an output could not be opened.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The kernel refused.
    #[error("Can't open '{path}': {reason}", path = shown(.path), reason = errno::said(.errno))]
    Os {
        /// The path as it was named.
        path: PathBuf,
        /// The errno.
        errno: std::io::Error,
    },
    /// It would have led somewhere others choose.
    #[error("Can't open '{path}': {why}", path = shown(.path))]
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
    /// Whether what is there is no regular file.
    pub fn is_of_another_kind(&self) -> bool {
        match self {
            PlaceError::Os { errno, .. } => {
                let kinds = [libc::EISDIR, libc::ELOOP, libc::ENXIO];
                errno.raw_os_error().is_some_and(|errno| kinds.contains(&errno))
            }
            PlaceError::Unsafe { .. } => true,
        }
    }

    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, PlaceError::Os { errno, .. } if errno.kind() == ErrorKind::NotFound)
    }
}

/// A path as errors have it: nothing of it moves a cursor or ends a line.
pub fn shown(path: impl AsRef<OsStr>) -> String {
    let mut text = String::new();
    for chunk in path.as_ref().as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '"' | '\\' => text.push(c),
                _ => text.extend(c.escape_debug()),
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
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

/// The bits of a mode that let others in.
const OTHERS: u32 = 0o077;

impl Place {
    /// Walks to the directory in which `path` has its last name. Fails where a link would have to be
    /// followed that others could have made.
    pub fn find(path: &Path) -> Result<Place, PlaceError> {
        Walk::along(path).run()
    }

    /// The path as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a descriptor that only the kernel can follow (`/proc/self/fd/2`).
    pub fn is_magic(&self) -> bool {
        self.magic
    }

    /// The same path, walked again, where it still leads to the same name in the same directory.
    ///
    /// # Errors
    /// It leads elsewhere now, or nowhere.
    pub fn same_again(&self) -> Result<Place, PlaceError> {
        let again = Place::find(&self.path)?;
        let id = |place: &Place| rustix::fs::fstat(&place.dir).map(|stat| file_id(&stat)).map_err(|e| self.os(e));
        match id(&again)? == id(self)? && again.name == self.name {
            true => Ok(again),
            false => Err(self.refuse("leads elsewhere now")),
        }
    }

    /// Opens the file to write, made with mode 0600 when there is none, else emptied unless `append`.
    pub fn create(&self, append: bool) -> Result<File, PlaceError> {
        self.create_as(&self.name, append)
    }

    /// Begins a file that takes this place once it is whole. `ours`: what was there is a file of ours, or none; a pipe that somebody put
    /// there since is replaced, not waited for.
    ///
    /// # Errors
    /// As [`Place::create`].
    pub fn replace(&self, ours: bool) -> Result<Replacement<'_>, PlaceError> {
        let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let private = match rustix::fs::openat(&self.dir, &self.name, flags, Mode::empty()) {
            _ if self.magic => None,
            Ok(fd) if ours && rustix::fs::fstat(&fd).is_ok_and(|stat| !is_regular(&stat)) => self.private(),
            Ok(fd) => {
                let regular = is_regular(&self.judge(&fd)?);
                regular.then(|| self.private()).flatten()
            }
            // A link that somebody put there meanwhile is replaced, not followed.
            Err(Errno::NOENT | Errno::LOOP) => self.private(),
            Err(Errno::NXIO) if ours => self.private(),
            Err(_) => None,
        };
        let (file, private) = match private {
            Some((file, name)) => (file, Some(name)),
            None => (self.create(false)?, None),
        };
        Ok(Replacement { place: self, file, private })
    }

    /// A new file under a name that nobody knows; `None` where none can be made.
    fn private(&self) -> Option<(File, OsString)> {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(format!(".{:016x}", RandomState::new().hash_one(&self.path)));
        self.create_new(&name).ok().map(|file| (file, name))
    }

    fn create_new(&self, name: &OsStr) -> Result<File, Errno> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(&self.dir, name, flags, Mode::RUSR | Mode::WUSR)?;
        if let Some((user, group)) = sudo_user() {
            // It stays root's where the file system knows no owners: nobody else can read it then.
            let _ = rustix::fs::fchown(&fd, Some(user), Some(group));
        }
        Ok(File::from(fd))
    }

    /// As [`Place::create`], for the file whose name has `suffix` behind (`-ff`).
    pub fn create_beside(&self, suffix: &str, append: bool) -> Result<File, PlaceError> {
        let file = self.create_as(&self.named(suffix), append)?;
        match rustix::fs::fstat(&file) {
            Ok(stat) if is_regular(&stat) => Ok(file),
            Ok(_) => Err(self.refuse("is beside something that is not a regular file")),
            Err(error) => Err(self.os(error)),
        }
    }

    /// Opens a file to read it that `create_beside` made; `None` when another stands there now.
    pub fn open_beside(&self, suffix: &str, id: (u64, u64)) -> Result<Option<File>, PlaceError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        self.again_beside(suffix, id, flags)
    }

    /// Whether `create` would succeed, as far as can be told without making or emptying anything.
    ///
    /// # Errors
    /// As `create`.
    pub fn attempt(&self) -> Result<(), PlaceError> {
        if self.magic {
            return Ok(());
        }
        let may = |name: &OsStr, access| {
            rustix::fs::accessat(&self.dir, name, access, AtFlags::EACCESS).map_err(|e| self.os(e))
        };
        if !self.shared
            && let Ok(stat) = rustix::fs::statat(&self.dir, &self.name, AtFlags::SYMLINK_NOFOLLOW)
            && FileType::from_raw_mode(stat.st_mode) == FileType::Fifo
        {
            // To open it and let go of it would be all that its reader sees.
            return may(&self.name, Access::WRITE_OK);
        }
        let flags = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        match rustix::fs::openat(&self.dir, &self.name, flags, Mode::empty()) {
            Ok(fd) => self.judge(&fd).map(drop),
            Err(Errno::NOENT) => may(OsStr::new("."), Access::WRITE_OK | Access::EXEC_OK),
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
        self.again_beside(suffix, id, flags)
    }

    fn again_beside(&self, suffix: &str, id: (u64, u64), flags: OFlags) -> Result<Option<File>, PlaceError> {
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
        let common = OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
        let mode = Mode::RUSR | Mode::WUSR;
        if self.magic {
            let common = common | if append { OFlags::APPEND } else { OFlags::empty() };
            let fd = rustix::fs::openat(&self.dir, name, common, mode).map_err(|e| self.os(e))?;
            return Ok(File::from(fd));
        }
        // What others append meanwhile is not written over: it shows at the end that it is there.
        let common = common | OFlags::APPEND;
        // A file may come and go between the two opens; a few rounds settle it or somebody plays games.
        for _ in 0..8 {
            match self.create_new(name) {
                Ok(file) => {
                    return rustix::fs::fcntl_setfl(&file, OFlags::APPEND).map(|()| file).map_err(|e| self.os(e));
                }
                Err(Errno::EXIST) => {}
                Err(e) => return Err(self.os(e)),
            }
            // Who made a pipe for a file that is only made later shall not have us wait.
            let beside = name != self.name;
            let wait = if self.shared || beside { OFlags::NONBLOCK } else { OFlags::empty() };
            match rustix::fs::openat(&self.dir, name, common | OFlags::NOFOLLOW | wait, Mode::empty()) {
                Ok(fd) => return self.take(fd, append),
                Err(Errno::NOENT) => {}
                Err(Errno::LOOP) => return Err(self.refuse("is a symbolic link, made while it was opened")),
                Err(Errno::NXIO) if self.shared => {
                    return Err(self.refuse("is not a regular file, in a directory others can write"));
                }
                Err(Errno::NXIO) if beside => return Err(self.refuse("is beside a pipe that nobody reads")),
                Err(e) => return Err(self.os(e)),
            }
        }
        Err(self.refuse("appears and vanishes again and again"))
    }

    /// A file that was there before: when it is one we may write, it is for the owner alone from now on, and emptied.
    fn take(&self, fd: OwnedFd, append: bool) -> Result<File, PlaceError> {
        let stat = self.judge(&fd)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            if stat.st_mode & OTHERS != 0 {
                rustix::fs::fchmod(&fd, Mode::RUSR | Mode::WUSR).map_err(|e| self.os(e))?;
            }
            if !append {
                rustix::fs::ftruncate(&fd, 0).map_err(|e| self.os(e))?;
            }
        }
        Ok(File::from(fd))
    }

    /// Whether a file that was there before is one we may write.
    fn judge(&self, fd: &OwnedFd) -> Result<Stat, PlaceError> {
        let stat = rustix::fs::fstat(fd).map_err(|e| self.os(e))?;
        let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let me = rustix::process::geteuid();
        if self.shared {
            if !regular {
                return Err(self.refuse("is not a regular file, in a directory others can write"));
            }
            if stat.st_nlink > 1 {
                return Err(self.refuse("has more than one name, in a directory others can write"));
            }
            let whose = sudo_user().map_or(me, |(user, _)| user);
            if ![0, me.as_raw(), self.owner, whose.as_raw()].contains(&stat.st_uid) {
                return Err(self.refuse("belongs to another user, in a directory others can write"));
            }
        }
        if regular && stat.st_mode & OTHERS != 0 && !me.is_root() && stat.st_uid != me.as_raw() {
            return Err(self.refuse("is open to others, and its mode is not ours to change"));
        }
        Ok(stat)
    }

    fn os(&self, errno: Errno) -> PlaceError {
        PlaceError::Os { path: self.path.clone(), errno: errno.into() }
    }

    fn refuse(&self, why: &str) -> PlaceError {
        PlaceError::Unsafe { path: self.path.clone(), why: format!("it {why}") }
    }
}

fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
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

/// A file that is written where nobody looks for it, and gets the name of its place when it is whole: nothing that could be altered lies
/// there before, and whoever reads it reads all of it. A device, a pipe and what is mounted there are written in place.
#[derive(Debug)]
pub struct Replacement<'p> {
    place: &'p Place,
    file: File,
    private: Option<OsString>,
}

impl Replacement<'_> {
    /// Puts it in place.
    ///
    /// # Errors
    /// Those of renameat(2), and of writing where a name cannot be given.
    pub fn put(mut self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        let Some(private) = &self.private else { return Ok(file) };
        let dir = &self.place.dir;
        match rustix::fs::renameat(dir, private, dir, &self.place.name) {
            Ok(()) => self.private = None,
            // Another file is mounted there.
            Err(Errno::BUSY) => {
                let mut there = self.place.create(false)?;
                file.rewind()?;
                io::copy(&mut file, &mut there)?;
                return Ok(there);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(file)
    }
}

impl Write for Replacement<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Replacement<'_> {
    fn drop(&mut self) {
        if let Some(private) = &self.private {
            // Its name is ours; should it stay, it holds nothing that is not to be there.
            let _ = rustix::fs::unlinkat(&self.place.dir, private, AtFlags::empty());
        }
    }
}

/// Who had root start us, as sudo(8) says it (`SUDO_UID`, `SUDO_GID`): what is made is theirs.
fn sudo_user() -> Option<(Uid, Gid)> {
    let id = |name| std::env::var(name).ok()?.parse::<u32>().ok().filter(|id| *id != u32::MAX);
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    Some((Uid::from_raw(id("SUDO_UID")?), Gid::from_raw(id("SUDO_GID")?)))
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
