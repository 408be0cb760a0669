//! A bound on waiting: waitpid(2) has no time limit, so a timer of this thread interrupts it with a signal. It
//! fires again and again until it is put away, so that a signal that comes just before the wait is no loss.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::capture::interrupt;

thread_local! {
    // Of the thread: the signal is sent to the one that made the timer. It needs neither making nor dropping, so a handler may use it.
    static FIRED: AtomicBool = const { AtomicBool::new(false) };
}

extern "C" fn fire(_: i32) {
    FIRED.with(|fired| fired.store(true, Ordering::Relaxed));
}

/// A timer that signals the thread that made it.
#[derive(Debug)]
pub struct Timer {
    id: libc::timer_t,
    set: bool,
}

/// Between a first signal and the next.
const AGAIN: Duration = Duration::from_millis(1);

impl Timer {
    /// Makes the timer, for the calling thread.
    ///
    /// # Errors
    /// EAGAIN when the user has too many timers (RLIMIT_SIGPENDING).
    pub fn new() -> io::Result<Timer> {
        let signal = libc::SIGRTMIN() + 7;
        interrupt::handle(signal, fire)?;
        let mut id: libc::timer_t = std::ptr::null_mut();
        // SAFETY: zeroed is a valid sigevent; the timer's id is ours.
        let rc = unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = signal;
            event.sigev_notify_thread_id = libc::gettid();
            libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut id)
        };
        if rc == 0 { Ok(Timer { id, set: false }) } else { Err(io::Error::last_os_error()) }
    }

    /// Fires after `wait`, and from then on until [`Timer::stop`].
    pub fn start(&mut self, wait: Duration) {
        FIRED.with(|fired| fired.store(false, Ordering::Relaxed));
        // A zero would put the timer away.
        self.set(wait.max(Duration::from_nanos(1)), AGAIN);
        self.set = true;
    }

    /// Puts the timer away.
    pub fn stop(&mut self) {
        if self.set {
            self.set(Duration::ZERO, Duration::ZERO);
            self.set = false;
        }
    }

    /// Whether the time is over.
    pub fn over(&self) -> bool {
        FIRED.with(|fired| fired.load(Ordering::Relaxed))
    }

    fn set(&self, first: Duration, again: Duration) {
        let spec = libc::itimerspec { it_interval: timespec(again), it_value: timespec(first) };
        // SAFETY: the timer is ours and alive.
        unsafe { libc::timer_settime(self.id, 0, &spec, std::ptr::null_mut()) };
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: made by `new`, deleted once.
        unsafe { libc::timer_delete(self.id) };
    }
}

fn timespec(d: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: i64::try_from(d.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: libc::c_long::from(d.subsec_nanos()),
    }
}
