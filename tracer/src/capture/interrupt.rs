//! Signals that ask tracer to stop. They only set a flag: the handlers are installed without
//! SA_RESTART, so whatever waits returns early with EINTR and looks at the flag.

use std::io;
use std::sync::atomic::{AtomicI32, Ordering};

static ASKED: AtomicI32 = AtomicI32::new(0);

/// The signals that end tracing, as strace has them.
pub const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// The signal that asked tracer to stop, if one did.
pub fn interrupted() -> Option<i32> {
    match ASKED.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// The same, once: sources go on until the next one comes.
pub fn take() -> Option<i32> {
    match ASKED.swap(0, Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// Installs the handlers of [`SIGNALS`], also of those that were ignored when tracer started: a shell starts
/// background jobs with SIGINT ignored, and such a tracer must be stoppable as well (strace has it so). What
/// the command inherits is kept apart, see `inherited`.
///
/// # Errors
/// Those of sigaction(2); none are expected.
pub fn install() -> io::Result<()> {
    SIGNALS.into_iter().try_for_each(|signal| handle(signal, note))
}

/// Has a file that may grow no more (setrlimit(2), RLIMIT_FSIZE) be an error of the write, which is told, where the signal would end tracer.
pub fn outlive_limits() {
    // SAFETY: ignoring a signal runs no code of ours.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Sets a handler that interrupts system calls.
pub(super) fn handle(signal: i32, handler: extern "C" fn(i32)) -> io::Result<()> {
    // SAFETY: an all-zero sigaction is a valid value; the handler is async-signal-safe by contract of
    // this module (it stores to atomics only), and the pointers live through the call.
    let rc = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        libc::sigaction(signal, &action, std::ptr::null_mut())
    };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

extern "C" fn note(signal: i32) {
    ASKED.store(signal, Ordering::Relaxed);
}
