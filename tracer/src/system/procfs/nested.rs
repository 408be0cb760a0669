//! The numbers that a task has in each of the pid namespaces that it is seen from (pid_namespaces(7)), as /proc tells them.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use super::processes;
use super::who::Who;
use crate::schema::ioctl::kernel::NS_GET_PARENT;
use crate::schema::types::Whose;
use crate::system::process::Status;

/// As deep as pid namespaces lie in each other at most (`MAX_PID_NS_LEVEL`).
const DEEPEST: usize = 33;

/// A task's namespaces, and its numbers in them.
#[derive(Debug)]
pub struct Nested {
    /// Inodes of its namespaces: its own first, then those around it, as far as tracer may see.
    spaces: Vec<u32>,
    status: Status,
}

impl Nested {
    /// What /proc tells of a task; `None` when it is gone, or may not be looked into.
    pub fn of(who: Who) -> Option<Nested> {
        let status = who.status().ok()?;
        let spaces = spaces(who)?;
        Some(Nested { spaces, status })
    }

    /// Its own namespace.
    pub fn own(&self) -> Option<u32> {
        self.spaces.first().copied()
    }

    /// Its number in a namespace; `None` where it is not seen from there.
    pub fn number(&self, whose: Whose, space: u32) -> Option<u32> {
        let above = self.spaces.iter().position(|&known| known == space)?;
        let numbers = self.numbers(whose);
        numbers.get(numbers.len().checked_sub(above + 1)?).copied()
    }

    /// Its number in tracer's own namespace: the outermost that can be seen.
    pub fn here(&self, whose: Whose) -> Option<u32> {
        let numbers = self.numbers(whose);
        numbers.get(numbers.len().checked_sub(self.spaces.len())?).copied()
    }

    fn numbers(&self, whose: Whose) -> &[u32] {
        match whose {
            Whose::Process | Whose::ProcessOrGroup => &self.status.nested_pids,
            Whose::Thread => &self.status.nested_tids,
            Whose::Group => &self.status.nested_groups,
            Whose::Session => &self.status.nested_sessions,
        }
    }
}

/// Finds who has this number in a namespace, among all tasks: its number in tracer's own.
pub fn find(space: u32, number: u32, whose: Whose) -> Option<u32> {
    let is_it = |who: Who| {
        let nested = Nested::of(who)?;
        if nested.number(whose, space) == Some(number) { nested.here(whose) } else { None }
    };
    for pid in processes::all().ok()? {
        if let Some(here) = is_it(Who::Id(pid)) {
            return Some(here);
        }
        if whose == Whose::Thread {
            let threads = Who::Id(pid).threads().unwrap_or_default();
            if let Some(here) =
                threads.into_iter().filter(|&tid| tid != pid).find_map(|tid| is_it(Who::Thread(pid, tid)))
            {
                return Some(here);
            }
        }
    }
    None
}

fn spaces(who: Who) -> Option<Vec<u32>> {
    let mut space = std::fs::File::open(who.path("ns/pid")).ok()?;
    let mut spaces = Vec::new();
    while spaces.len() < DEEPEST {
        spaces.push(space.metadata().ok()?.ino() as u32);
        // SAFETY: takes a descriptor, which stays ours, and gives another or an error.
        let parent = unsafe { libc::ioctl(space.as_raw_fd(), NS_GET_PARENT as libc::Ioctl) };
        if parent < 0 {
            // EPERM: what lies around it is not tracer's to see.
            break;
        }
        // SAFETY: the kernel has just opened it for us.
        space = unsafe { OwnedFd::from_raw_fd(parent) }.into();
    }
    Some(spaces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_the_inside_out() {
        let status = Status { nested_pids: vec![500, 20, 3], nested_tids: vec![501, 21, 4], ..Status::default() };
        let seen = Nested { spaces: vec![30, 20, 10], status: status.clone() };
        let check = |nested: &Nested, whose, space, expected| assert_eq!(nested.number(whose, space), expected);
        check(&seen, Whose::Process, 30, Some(3));
        check(&seen, Whose::Thread, 20, Some(21));
        check(&seen, Whose::Process, 10, Some(500));
        check(&seen, Whose::Process, 11, None);
        check(&seen, Whose::Group, 30, None);
        assert_eq!((seen.here(Whose::Process), seen.own()), (Some(500), Some(30)));
        // /proc is mounted for a namespace around tracer's own: its first number is none of ours.
        let inner = Nested { spaces: vec![30, 20], status };
        assert_eq!(inner.here(Whose::Thread), Some(21));
    }

    #[test]
    fn a_task_is_found_by_its_number() {
        let me = std::process::id();
        let Some(nested) = Nested::of(Who::Id(me)) else { return println!("SKIP /proc/{me}/ns/pid cannot be opened") };
        let space = nested.own().expect("a namespace");
        let number = nested.number(Whose::Process, space).expect("a number");
        assert_eq!(find(space, number, Whose::Process), nested.here(Whose::Process));
        assert_eq!(find(space, u32::MAX, Whose::Process), None);
    }
}
