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

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

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

/// What a child says of its question: an errno or 0, and the answer.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Answer {
    words: [u64; 8],
}

/// Has a child ask, and waits for it no longer than `limit`.
fn in_child(path: &CString, limit: Duration) -> io::Result<FileStat> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // SAFETY: between fork and _exit the child makes system calls and touches its own stack, nothing else.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if child == 0 {
        use std::os::fd::AsRawFd;
        // It may outlive us, and must hold nothing that others wait for: the answer's pipe alone is left.
        // SAFETY: numbers only.
        unsafe {
            libc::dup2(writer.as_raw_fd(), 0);
            libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0);
        }
        let answer = match statx(path, libc::AT_STATX_DONT_SYNC) {
            Ok(s) => Answer {
                words: [
                    0,
                    u64::from(s.dev.major) << 32 | u64::from(s.dev.minor),
                    s.ino,
                    u64::from(s.mode),
                    u64::from(s.rdev.major) << 32 | u64::from(s.rdev.minor),
                    s.size.unwrap_or(0),
                    s.links.unwrap_or(0),
                    0,
                ],
            },
            Err(error) => Answer { words: [error.raw_os_error().unwrap_or(libc::EIO) as u64, 0, 0, 0, 0, 0, 0, 0] },
        };
        let bytes = bytes_of(&answer);
        // SAFETY: a buffer with its length.
        unsafe { libc::write(0, bytes.as_ptr().cast(), bytes.len()) };
        // SAFETY: ends the child at once; nothing of the parent's is run.
        unsafe { libc::_exit(0) };
    }
    drop(writer);
    let mut bytes = [0u8; size_of::<Answer>()];
    let ready = poll(
        &mut [PollFd::new(&reader, PollFlags::IN)],
        Some(&Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) }),
    );
    let answered = matches!(ready, Ok(1)) && rustix::io::read(&reader, &mut bytes) == Ok(bytes.len());
    if !answered {
        // SAFETY: our own child, which was not waited for yet.
        unsafe { libc::kill(child, libc::SIGKILL) };
        // It may be beyond being killed: init will have it.
        // SAFETY: as above; does not wait.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), libc::WNOHANG) };
        return Err(io::Error::from_raw_os_error(libc::ETIMEDOUT));
    }
    // SAFETY: the child has answered and ends.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at * 8 + i]));
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

fn bytes_of(answer: &Answer) -> [u8; size_of::<Answer>()] {
    let mut bytes = [0; size_of::<Answer>()];
    for (to, word) in bytes.chunks_exact_mut(8).zip(answer.words) {
        to.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
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
