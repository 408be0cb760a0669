//! Tasks that are held at a stop for a while (`-e inject=...:delay_enter=`): by when each goes on, and how. Others are looked after
//! meanwhile; the wait for their stops ends when the first of these is due.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::sys::Go;

/// The held tasks, in the order in which they go on.
#[derive(Debug, Default)]
pub struct HeldTasks(BTreeMap<(Instant, u32), (Go, i32)>);

impl HeldTasks {
    /// Holds a task from now on.
    pub fn hold(&mut self, tid: u32, time: Duration, go: Go, signal: i32) {
        // A time beyond all clocks is one that nobody lives to see.
        let now = Instant::now();
        let until = now.checked_add(time).unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        self.0.insert((until, tid), (go, signal));
    }

    /// The next task that goes on now, how, and with which signal; with `all`, whatever its time.
    pub fn due(&mut self, all: bool) -> Option<(u32, Go, i32)> {
        let first = self.0.first_entry()?;
        let (until, tid) = *first.key();
        (all || until <= Instant::now()).then(|| {
            let (go, signal) = first.remove();
            (tid, go, signal)
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A task is gone.
    pub fn forget(&mut self, tid: u32) {
        self.0.retain(|(_, held), _| *held != tid);
    }

    /// A wait of at most so long, that ends when the first is due.
    pub fn bound(&self, wait: Duration) -> Duration {
        match self.0.first_key_value() {
            Some(((until, _), _)) => wait.min(until.saturating_duration_since(Instant::now())),
            None => wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_due_comes_first() {
        let mut held = HeldTasks::default();
        held.hold(1, Duration::from_secs(1000), Go::Syscall, 0);
        held.hold(2, Duration::ZERO, Go::Cont, 10);
        held.hold(3, Duration::MAX, Go::Syscall, 0);
        assert_eq!(held.bound(Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(held.due(false), Some((2, Go::Cont, 10)));
        assert_eq!(held.due(false), None);
        assert_eq!(held.bound(Duration::from_secs(1)), Duration::from_secs(1));
        assert!(held.bound(Duration::MAX) <= Duration::from_secs(1000));
        held.forget(1);
        assert_eq!(held.due(true), Some((3, Go::Syscall, 0)));
        assert_eq!(held.due(true), None);
    }
}
