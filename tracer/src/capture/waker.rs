//! A process that continues tracer when somebody stops it (SIGSTOP cannot be caught): a test suite in CI would otherwise end, and nobody
//! would ever be told of it. Where there is a terminal, a person may stop tracer and continue it, and none is started.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::system::procfs::who::Who;

/// Between two looks.
static EVERY: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 500_000_000 };

static CHILD: AtomicI32 = AtomicI32::new(0);

/// Starts it once, where there is no terminal. It ends with this process.
pub fn start() {
    static STARTED: AtomicBool = AtomicBool::new(false);
    let me = std::process::id() as i32;
    if STARTED.swap(true, Ordering::Relaxed) || File::open("/dev/tty").is_ok() {
        return;
    }
    let Ok(stat) = File::open(Who::Id(std::process::id()).path("stat")) else { return };
    // SAFETY: the child makes system calls only, until it ends.
    match unsafe { libc::fork() } {
        // SAFETY: as above; what it is given lives on its own stack.
        0 => unsafe { watch(me, stat.as_raw_fd()) },
        child => CHILD.store(child, Ordering::Relaxed),
    }
}

/// Whether somebody ended or stopped it.
pub fn is_disturbed() -> bool {
    let child = CHILD.load(Ordering::Relaxed);
    let stat = u32::try_from(child).ok().filter(|child| *child > 0).map(|child| Who::Id(child).stat());
    stat.is_some_and(|stat| stat.is_none_or(|stat| matches!(stat.state, b'T' | b't' | b'Z' | b'X')))
}

/// In the child: continues `parent` whenever its state, of which `stat` tells, is `T`.
///
/// # Safety
/// To be called after fork(2), in a process that does nothing else.
unsafe fn watch(parent: i32, stat: i32) -> ! {
    // SAFETY: system calls with integers and what lies on the stack; nothing is allocated.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
        libc::prctl(libc::PR_SET_NAME, c"tracer-waker".as_ptr(), 0, 0, 0);
        // What stops the group of its parent does not stop it.
        libc::setpgid(0, 0);
        if libc::dup2(stat, 0) != 0 {
            libc::_exit(0);
        }
        libc::syscall(libc::SYS_close_range, 1, u32::MAX, 0);
        while libc::getppid() == parent {
            libc::nanosleep(&raw const EVERY, std::ptr::null_mut());
            let mut text = [0u8; 256];
            let n = libc::pread(0, text.as_mut_ptr().cast(), text.len(), 0);
            let Ok(n) = usize::try_from(n) else { break };
            // "7 (a) name) T ...": the name may have anything in it.
            let mut end = n.min(text.len());
            while end > 0 && text[end - 1] != b')' {
                end -= 1;
            }
            if end > 0 && text.get(end + 1) == Some(&b'T') && libc::getppid() == parent {
                libc::kill(parent, libc::SIGCONT);
            }
        }
        libc::_exit(0)
    }
}
