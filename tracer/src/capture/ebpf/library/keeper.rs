//! A process of tracer's own that outlives it for a moment: should tracer be killed while a command waits for its probes, the command
//! goes on. It does nothing before that, and holds nothing but a pipe and a map.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// `BPF_MAP_GET_NEXT_KEY`, include/uapi/linux/bpf.h.
const BPF_MAP_GET_NEXT_KEY: libc::c_long = 4;

/// The process, until this is dropped.
pub struct Keeper {
    pid: libc::pid_t,
    /// Its other end is the process's: it ends when this is closed, by whomever.
    pipe: Option<OwnedFd>,
}

impl Keeper {
    /// Starts it, for the processes whose ids are the keys of a map.
    ///
    /// # Errors
    /// Those of pipe2(2) and fork(2).
    pub fn start(waiting: RawFd) -> io::Result<Keeper> {
        let mut ends = [0; 2];
        // SAFETY: the array has room for both ends.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call gave two new descriptors, which nobody else knows.
        let (read, write) = unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
        let parent = std::process::id() as libc::pid_t;
        // SAFETY: the child makes system calls only, and never returns.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => keep(read.as_raw_fd(), waiting, parent),
            pid => Ok(Keeper { pid, pipe: Some(write) }),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if let Some(pipe) = self.pipe.take() {
            // A word: nothing will have anybody wait any more, and this process lives on.
            let _ = rustix::io::write(&pipe, &[1]);
        }
        // SAFETY: the process is a child of this one, and was not waited for.
        unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
    }
}

/// What the process does: it waits for a word, or until the pipe's other end is closed. Then tracer was killed, and its probes may have
/// processes wait until they are gone, which they are when this process is another's child.
fn keep(pipe: RawFd, waiting: RawFd, parent: libc::pid_t) -> ! {
    let pause = libc::timespec { tv_sec: 0, tv_nsec: 5_000_000 };
    // SAFETY: system calls with numbers and addresses of this stack; nothing is allocated, and no lock is taken, since another thread may
    // have held it when this process was made.
    unsafe {
        // What is for tracer is not for this process: neither signals of the terminal nor descriptors.
        libc::setsid();
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
        let (low, high) = if pipe < waiting { (pipe, waiting) } else { (waiting, pipe) };
        for (from, to) in [(0, low - 1), (low + 1, high - 1), (high + 1, i32::MAX)] {
            if from <= to {
                libc::syscall(libc::SYS_close_range, from, to, 0);
            }
        }
        let mut byte = 0u8;
        let read = loop {
            match libc::read(pipe, (&raw mut byte).cast(), 1) {
                -1 if *libc::__errno_location() == libc::EINTR => {}
                read => break read,
            }
        };
        loop {
            let over = read == 1 || libc::getppid() != parent;
            let_all_go(waiting);
            if over {
                libc::_exit(0);
            }
            libc::nanosleep(&raw const pause, std::ptr::null_mut());
        }
    }
}

/// Lets every process go on that waits.
///
/// # Safety
/// `waiting` must be a map whose keys are ids of processes.
unsafe fn let_all_go(waiting: RawFd) {
    let mut before: Option<u32> = None;
    let mut pid = 0u32;
    loop {
        let key = before.as_ref().map_or(0, |key| &raw const *key as u64);
        let attr = [waiting as u64, key, &raw mut pid as u64, 0];
        // SAFETY: the attribute is that of the command, and what it points to outlives the call.
        if unsafe { libc::syscall(libc::SYS_bpf, BPF_MAP_GET_NEXT_KEY, &raw const attr, size_of_val(&attr)) } != 0 {
            return;
        }
        // SAFETY: takes numbers.
        unsafe { libc::kill(pid as i32, libc::SIGCONT) };
        before = Some(pid);
    }
}
