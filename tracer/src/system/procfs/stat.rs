//! statx(2) that cannot keep us waiting. A file system that answers for itself is simply asked. Of another,
//! first what the kernel has cached is taken (AT_STATX_DONT_SYNC: a FUSE server, alive or not, is not
//! asked); where even that may ask a server (NFS looks again at what a link in /proc leads to), a child
//! process asks, and is given up after a time. A child, because whoever waits for a server that died can
//! often not even be killed, and a thread of ours would hold us back at our end. A device that did not
//! answer once is not asked again.

use std::collections::HashSet;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Duration;

use super::mounts::Trust;
use super::patience;
use crate::system::snapshot::{Dev, FileStat};

/// Asks for what files are, with a bound.
#[derive(Debug)]
pub struct Asker {
    /// How long a file system that may not answer is waited for.
    limit: Duration,
    /// A file system that may not answer is not asked.
    never: bool,
    /// Who did not answer.
    dead: HashSet<Vec<u8>>,
}

impl Asker {
    /// `never`: `lsof -b`.
    pub fn new(limit: Duration, never: bool) -> Asker {
        Asker { limit, never, dead: HashSet::new() }
    }

    /// What is in a directory: names with their types (`DT_*`, 0 where nobody tells). `trust` and `mount` as in [`Asker::ask`].
    ///
    /// # Errors
    /// What opening and reading give; ETIMEDOUT when there was no answer.
    pub fn entries(&mut self, path: &Path, trust: Trust, mount: &[u8]) -> io::Result<Vec<(Vec<u8>, u8)>> {
        let timed_out = || io::Error::from_raw_os_error(libc::ETIMEDOUT);
        if trust == Trust::Local {
            return std::fs::read_dir(path)?
                .flatten()
                .map(|entry| Ok((entry.file_name().into_vec(), kind(&entry))))
                .collect();
        }
        if self.dead.contains(mount) {
            return Err(timed_out());
        }
        patience::entries(path, self.limit).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => {
                self.dead.insert(mount.to_vec());
                timed_out()
            }
            _ => error,
        })
    }

    /// What `path` is, following links. `mount` names what would answer: it is asked no more once it did not.
    ///
    /// # Errors
    /// What statx gives; ETIMEDOUT when there was no answer, EWOULDBLOCK when none was asked for.
    pub fn ask(&mut self, path: &[u8], trust: Trust, mount: &[u8]) -> io::Result<FileStat> {
        let path = CString::new(path).map_err(|_| io::Error::from_raw_os_error(libc::ENOENT))?;
        match trust {
            Trust::Local => return statx(&path, 0),
            Trust::Cached => return statx(&path, libc::AT_STATX_DONT_SYNC),
            Trust::Remote if self.never => return Err(io::Error::from_raw_os_error(libc::EWOULDBLOCK)),
            Trust::Remote => {}
        }
        if self.dead.contains(mount) {
            return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
        }
        let answer = in_child(&path, self.limit);
        if answer.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::ETIMEDOUT)) {
            self.dead.insert(mount.to_vec());
        }
        answer
    }
}

/// The type of an entry, as directories have it.
fn kind(entry: &std::fs::DirEntry) -> u8 {
    match entry.file_type() {
        Ok(kind) if kind.is_dir() => libc::DT_DIR,
        Ok(kind) if kind.is_symlink() => libc::DT_LNK,
        Ok(_) => libc::DT_REG,
        Err(_) => libc::DT_UNKNOWN,
    }
}

/// What a file is.
fn statx(path: &CString, flags: libc::c_int) -> io::Result<FileStat> {
    // SAFETY: plain numbers, for which zero is a value.
    let mut buffer: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: a C string, and a buffer of the right type.
    let failed = unsafe { libc::statx(libc::AT_FDCWD, path.as_ptr(), flags, libc::STATX_BASIC_STATS, &raw mut buffer) };
    if failed != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(FileStat {
        dev: Dev { major: buffer.stx_dev_major, minor: buffer.stx_dev_minor },
        ino: buffer.stx_ino,
        mode: u32::from(buffer.stx_mode),
        rdev: Dev { major: buffer.stx_rdev_major, minor: buffer.stx_rdev_minor },
        size: Some(buffer.stx_size),
        links: Some(u64::from(buffer.stx_nlink)),
    })
}

/// Has a child ask, and waits for it no longer than `limit`.
fn in_child(path: &CString, limit: Duration) -> io::Result<FileStat> {
    let device = |dev: Dev| u64::from(dev.major) << 32 | u64::from(dev.minor);
    let answer = patience::within(limit, || {
        let words = match statx(path, libc::AT_STATX_DONT_SYNC) {
            Ok(s) => {
                let (size, links) = (s.size.unwrap_or(0), s.links.unwrap_or(0));
                [0, device(s.dev), s.ino, u64::from(s.mode), device(s.rdev), size, links]
            }
            Err(error) => [error.raw_os_error().unwrap_or(libc::EIO) as u64, 0, 0, 0, 0, 0, 0],
        };
        words.map(u64::to_ne_bytes).concat()
    });
    let answer = answer.map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => io::Error::from_raw_os_error(libc::ETIMEDOUT),
        _ => error,
    })?;
    let word =
        |at: usize| answer.get(at * 8..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_ne_bytes(*word));
    if word(0) != 0 {
        return Err(io::Error::from_raw_os_error(word(0) as i32));
    }
    let dev = |at| Dev { major: (word(at) >> 32) as u32, minor: word(at) as u32 };
    Ok(FileStat {
        dev: dev(1),
        ino: word(2),
        mode: word(3) as u32,
        rdev: dev(4),
        size: Some(word(5)),
        links: Some(word(6)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_answers_as_we_would() {
        let mut asker = Asker::new(Duration::from_secs(5), false);
        for path in ["/dev/null", "/", "/proc/self/exe"] {
            let here = asker.ask(path.as_bytes(), Trust::Local, b"").expect(path);
            assert_eq!(asker.ask(path.as_bytes(), Trust::Remote, b"m").expect(path).mode, here.mode);
        }
        let missing = asker.ask(b"/nonexistent", Trust::Remote, b"m").expect_err("not there");
        assert_eq!(missing.raw_os_error(), Some(libc::ENOENT));
        assert!(asker.ask(b"/a\0b", Trust::Remote, b"m").is_err());
        // What cannot block is asked all the same.
        let mut never = Asker::new(Duration::ZERO, true);
        let refused = never.ask(b"/", Trust::Remote, b"m").expect_err("not asked");
        assert_eq!(refused.raw_os_error(), Some(libc::EWOULDBLOCK));
        assert!(never.ask(b"/", Trust::Local, b"").is_ok() && never.ask(b"/", Trust::Cached, b"").is_ok());
    }
}
