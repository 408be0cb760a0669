//! How full a pipe of another process is. Its descriptor is borrowed (pidfd_getfd(2)), not opened again: that would make a reader or a
//! writer of us, whom the other end could see.

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::fd::BorrowedFd;

/// Bytes in a pipe, and bytes that it has room for; `None` where it may not be asked.
pub fn filled(pid: u32, fd: u32) -> Option<(u64, u64)> {
    let pipe = borrowed(pid, fd)?;
    held(pipe.as_fd())
}

/// A descriptor of a process, as one of our own.
fn borrowed(pid: u32, fd: u32) -> Option<OwnedFd> {
    // SAFETY: numbers only; what comes back is a new descriptor or an error.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let process = i32::try_from(process).ok().filter(|&fd| fd >= 0)?;
    // SAFETY: the kernel has just opened it for us.
    let process = unsafe { OwnedFd::from_raw_fd(process) };
    // SAFETY: numbers only; what comes back is a new descriptor or an error.
    let ours = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) };
    let ours = i32::try_from(ours).ok().filter(|&fd| fd >= 0)?;
    // SAFETY: the kernel has just opened it for us.
    Some(unsafe { OwnedFd::from_raw_fd(ours) })
}

fn held(pipe: BorrowedFd<'_>) -> Option<(u64, u64)> {
    let size = rustix::pipe::fcntl_getpipe_size(pipe).ok()?;
    Some((rustix::io::ioctl_fionread(pipe).ok()?, size as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_are_measured() {
        let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
        assert_eq!(rustix::io::write(&writer, b"abc"), Ok(3));
        let (held, size) = filled(std::process::id(), reader.as_raw_fd() as u32).expect("our own");
        assert!(held == 3 && size >= 4096, "{held} {size}");
        let file = std::fs::File::open("/dev/null").expect("a file");
        assert_eq!(filled(std::process::id(), file.as_raw_fd() as u32), None);
        assert_eq!(filled(std::process::id(), 1_000_000), None);
    }
}
