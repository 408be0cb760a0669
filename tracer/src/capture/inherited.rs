//! What tracer inherited from its parent: the signals it found ignored, its signal mask, which of its first three descriptors were
//! closed. The Rust runtime ignores SIGPIPE and opens `/dev/null` in the place of these before `main`, and tracer installs handlers; a
//! traced program must start as if nothing of it had happened. So this is noted before the runtime starts, from `.init_array`.

use std::sync::atomic::{AtomicU64, Ordering};

static IGNORED: AtomicU64 = AtomicU64::new(0);
static BLOCKED: AtomicU64 = AtomicU64::new(0);
static CLOSED: AtomicU64 = AtomicU64::new(0);

/// Signals are numbered from 1 to this.
pub const SIGNALS: i32 = 64;

#[used]
#[unsafe(link_section = ".init_array")]
static NOTE: extern "C" fn() = note;

extern "C" fn note() {
    let mut ignored = 0u64;
    for signal in 1..=SIGNALS {
        // SAFETY: a null new action only asks; zeroed is a valid sigaction to be overwritten.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &mut old) == 0 && old.sa_sigaction == libc::SIG_IGN {
                ignored |= 1 << (signal - 1);
            }
        }
    }
    IGNORED.store(ignored, Ordering::Relaxed);
    let mut blocked = 0u64;
    // SAFETY: the kernel's signal set is 64 bits; a null new set only asks.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, std::ptr::null::<u64>(), &raw mut blocked, 8);
    }
    BLOCKED.store(blocked, Ordering::Relaxed);
    // SAFETY: only asks.
    let closed = (0..3).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } < 0).fold(0, |all, fd| all | 1 << fd);
    CLOSED.store(closed, Ordering::Relaxed);
}

/// Whether one of the first three descriptors was closed when tracer started.
pub fn closed(fd: i32) -> bool {
    std::hint::black_box(&NOTE);
    (0..3).contains(&fd) && CLOSED.load(Ordering::Relaxed) & 1 << fd != 0
}

/// Has writes to what was closed fail, and reads from it: in the place of `/dev/null`, which takes all, stands what is open the other way.
/// Nothing was lost unseen then.
pub fn keep_closed() {
    for fd in (0..3).filter(|fd| closed(*fd)) {
        let other_way = if fd == 0 { libc::O_WRONLY } else { libc::O_RDONLY };
        // SAFETY: the path is a C string; the descriptors are the runtime's stand-in, and one that was just opened.
        unsafe {
            let null = libc::open(c"/dev/null".as_ptr(), other_way | libc::O_CLOEXEC);
            if null >= 0 {
                libc::dup2(null, fd);
                libc::close(null);
            }
        }
    }
}

/// Whether the signal was ignored when tracer started.
pub fn ignored(signal: i32) -> bool {
    std::hint::black_box(&NOTE);
    (1..=SIGNALS).contains(&signal) && IGNORED.load(Ordering::Relaxed) & 1 << (signal - 1) != 0
}

/// Sets every signal to what tracer inherited, and closes what was closed. For the child between fork and exec: only makes system
/// calls. SIGKILL and SIGSTOP refuse, as they should.
pub(super) fn restore() {
    for signal in 1..=SIGNALS {
        let action = if ignored(signal) { libc::SIG_IGN } else { libc::SIG_DFL };
        // SAFETY: sigaction is async-signal-safe; zeroed is a valid sigaction.
        unsafe {
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = action;
            libc::sigaction(signal, &new, std::ptr::null_mut());
        }
    }
    for fd in (0..3).filter(|fd| closed(*fd)) {
        // SAFETY: what the runtime has put there, or an end of a pipe of ours that nobody uses any more.
        unsafe { libc::close(fd) };
    }
    let mask = BLOCKED.load(Ordering::Relaxed);
    // SAFETY: as above, the kernel's signal set is 64 bits.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut::<u64>(), 8);
    }
}
