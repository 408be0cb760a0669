//! Reading files of /proc that may not answer: `cmdline`, `environ` and `maps` wait for a lock of the process's
//! memory, or for a page that a file system provides, or does not. Directories of a server that is gone wait as well. A child process reads, and is given up after a time without
//! data: such a wait can often not even be killed, and a thread would keep tracer from exiting.

use std::ffi::CString;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

/// The most that is read of a file.
const MOST: usize = 64 << 20;

/// The bytes of a file of a process's memory. `limit`: the longest time without data.
///
/// # Errors
/// What opening and reading give; `TimedOut` when nothing came.
pub fn read(path: &str, limit: Duration) -> io::Result<Vec<u8>> {
    ask(path.as_bytes(), limit, libc::SYS_read)
}

/// What `work` gives, in a child process: for what may wait for memory of a process, in more than one step. The child has no descriptors
/// but the answer's pipe. `limit`: the longest time without data.
///
/// # Errors
/// What starting a child gives; `TimedOut` when nothing came.
pub fn within(limit: Duration, work: impl FnOnce() -> Vec<u8>) -> io::Result<Vec<u8>> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // SAFETY: the child runs `work` and ends, whatever comes of it; it uses nothing that another thread may hold but the allocator, which
    // the C library makes usable behind fork(2).
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if child == 0 {
        // SAFETY: numbers only.
        unsafe {
            libc::dup2(writer.as_raw_fd(), 0);
            libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0);
        }
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        let code = answer.map_or(1, |bytes| {
            let errno = 0i32;
            i32::from(!(put(&errno.to_ne_bytes()) && put(&bytes)))
        });
        // SAFETY: ends the child at once; nothing of the parent's is run.
        unsafe { libc::_exit(code) }
    }
    drop(writer);
    answer_of(child, reader, limit)
}

/// In the child: writes all of it to the answer's pipe, which is descriptor 0.
fn put(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        // SAFETY: a buffer with its length.
        let wrote = unsafe { libc::write(0, bytes.as_ptr().cast(), bytes.len()) };
        let Some(rest) = usize::try_from(wrote).ok().filter(|&wrote| wrote > 0).and_then(|wrote| bytes.get(wrote..))
        else {
            return false;
        };
        bytes = rest;
    }
    true
}

/// What a call gives of a file, again and again, until there is no more: read(2) or getdents64(2).
fn ask(path: &[u8], limit: Duration, call: libc::c_long) -> io::Result<Vec<u8>> {
    let path = CString::new(path).map_err(|_| io::Error::from_raw_os_error(libc::ENOENT))?;
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // SAFETY: between fork and _exit the child makes system calls and touches its own stack, nothing else.
    let child = unsafe { libc::fork() };
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    if child == 0 {
        tell(&path, call, &writer);
    }
    drop(writer);
    answer_of(child, reader, limit)
}

/// What a child says: an errno, then bytes. One that does not answer is killed.
fn answer_of(child: libc::pid_t, reader: OwnedFd, limit: Duration) -> io::Result<Vec<u8>> {
    let answer = listen(reader, limit);
    if answer.is_err() {
        // SAFETY: our own child, which was not waited for yet.
        unsafe { libc::kill(child, libc::SIGKILL) };
    }
    // One that does not answer may be beyond being killed: init will have it.
    let flags = if answer.is_err() { libc::WNOHANG } else { 0 };
    // SAFETY: our own child, and no status is asked for.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), flags) };
    let bytes = answer?;
    let Some((errno, bytes)) = bytes.split_first_chunk() else {
        return Err(io::Error::other("the child that reads it ended without an answer"));
    };
    match i32::from_ne_bytes(*errno) {
        0 => Ok(bytes.to_vec()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// The entries of a directory, but for itself and its parent: names with their types (`DT_*`, 0 where nobody tells). `limit`: the longest
/// time without data.
///
/// # Errors
/// As [`read`].
pub fn entries(path: &Path, limit: Duration) -> io::Result<Vec<(Vec<u8>, u8)>> {
    let records = ask(path.as_os_str().as_bytes(), limit, libc::SYS_getdents64)?;
    Ok(entries_of(&records))
}

/// `struct linux_dirent64`, one behind the other: inode, offset, length, type, name.
fn entries_of(mut records: &[u8]) -> Vec<(Vec<u8>, u8)> {
    let mut list = Vec::new();
    while let Some(&[low, high, kind]) = records.get(16..19).and_then(|head| head.first_chunk()) {
        let len = usize::from(u16::from_ne_bytes([low, high]));
        let Some((record, rest)) = records.split_at_checked(len).filter(|_| len >= 19) else { break };
        let name = record[19..].split(|&b| b == 0).next().unwrap_or_default();
        if !matches!(name, b"." | b"..") {
            list.push((name.to_vec(), kind));
        }
        records = rest;
    }
    list
}

/// In the child: writes the errno of opening and of the first read, or 0 and the bytes.
fn tell(path: &CString, call: libc::c_long, writer: &OwnedFd) -> ! {
    // Whole words, as records of directories want it.
    let mut buffer = [0u64; 2 << 10];
    let size = size_of_val(&buffer);
    // It may outlive us, and must hold nothing that others wait for: the answer's pipe alone is left.
    // SAFETY: numbers, a C string, a buffer with its length; nothing that another thread may hold is touched.
    unsafe {
        libc::dup2(writer.as_raw_fd(), 0);
        libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0);
        let file = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let mut got = if file < 0 { -1 } else { libc::syscall(call, file, buffer.as_mut_ptr(), size) as isize };
        let errno: i32 = if got < 0 { *libc::__errno_location() } else { 0 };
        libc::write(0, (&raw const errno).cast(), size_of::<i32>());
        while got > 0 {
            let mut done = 0;
            while done < got {
                let wrote =
                    libc::write(0, buffer.as_ptr().cast::<u8>().add(done as usize).cast(), (got - done) as usize);
                if wrote <= 0 {
                    libc::_exit(1);
                }
                done += wrote;
            }
            got = libc::syscall(call, file, buffer.as_mut_ptr(), size) as isize;
        }
        libc::_exit(0)
    }
}

/// What the child says, to its end.
fn listen(reader: OwnedFd, limit: Duration) -> io::Result<Vec<u8>> {
    let wait = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: i64::from(limit.subsec_nanos()) };
    let silent = || io::Error::new(io::ErrorKind::TimedOut, format!("did not answer within {limit:?}"));
    let mut file = std::fs::File::from(reader);
    let mut bytes = Vec::new();
    let mut buffer = [0u8; 16 << 10];
    while bytes.len() < MOST {
        match poll(&mut [PollFd::new(&file, PollFlags::IN)], Some(&wait)) {
            Ok(0) => return Err(silent()),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match file.read(&mut buffer)? {
            0 => break,
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_answer_is_given_up() {
        let dir = tempfile::tempdir().expect("a directory");
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
        let limit = Duration::from_millis(100);
        let silent = read(fifo.to_str().expect("ASCII"), limit).expect_err("nobody writes");
        assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn work_is_given_up() {
        let limit = Duration::from_secs(10);
        assert_eq!(within(limit, || vec![7; 100_000]).expect("an answer"), vec![7; 100_000]);
        let silent = within(Duration::from_millis(50), || {
            loop {
                // SAFETY: waits for a signal, in a child of its own.
                unsafe { libc::pause() };
            }
        });
        assert_eq!(silent.expect_err("it waits").kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn directories_are_listed() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("file"), "").expect("written");
        std::fs::create_dir(dir.path().join("deeper")).expect("made");
        let mut list = entries(dir.path(), Duration::from_secs(10)).expect("listed");
        list.sort();
        assert_eq!(list, [(b"deeper".to_vec(), libc::DT_DIR), (b"file".to_vec(), libc::DT_REG)]);
        let none = entries(&dir.path().join("file"), Duration::from_secs(10)).expect_err("a file");
        assert_eq!(none.raw_os_error(), Some(libc::ENOTDIR));
        // Cut off, or no records at all.
        for bytes in [&[0; 18][..], &[0; 40], &[0xff; 40]] {
            assert_eq!(entries_of(bytes), []);
        }
    }

    #[test]
    fn others_are_read_whole() {
        let limit = Duration::from_secs(10);
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        let text: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
        std::fs::write(&file, &text).expect("written");
        assert_eq!(read(file.to_str().expect("ASCII"), limit).expect("read"), text);
        assert_eq!(read("/dev/null", limit).expect("read"), b"");
        assert_eq!(read("/proc/self/none", limit).expect_err("not there").kind(), io::ErrorKind::NotFound);
        assert_eq!(read("/proc", limit).expect_err("a directory").raw_os_error(), Some(libc::EISDIR));
        assert_eq!(read("/a\0b", limit).expect_err("no path").kind(), io::ErrorKind::NotFound);
    }
}
