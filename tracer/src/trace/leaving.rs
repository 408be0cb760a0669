//! Processes that are let go when they run another program (`-b execve`). Nothing of them is shown from then on, nor of what they start;
//! the program that tracer itself was to start is none of those. Two states are kept, because records are judged as they come and shown
//! in order.

use std::collections::HashSet;

use tracer_common::event::Head;

use crate::schema::records::Told;

/// Who was let go.
#[derive(Debug, Default)]
pub struct Leaving {
    asked: bool,
    come: Course,
    shown: Course,
}

/// What is known of those who leave, in one order of records.
#[derive(Debug, Default)]
struct Course {
    /// The command, which has not begun its program yet.
    unstarted: Option<u32>,
    /// They run another program, and the call that did so has not ended yet.
    running: HashSet<u32>,
    gone: HashSet<u32>,
}

/// What a record means for its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is traced.
    Stays,
    /// This is the call with which it leaves.
    Leaves,
    /// It has left.
    Gone,
}

impl Leaving {
    /// Whether it was asked for.
    pub fn new(asked: bool) -> Leaving {
        Leaving { asked, ..Leaving::default() }
    }

    /// The command's process.
    pub fn expect(&mut self, pid: u32) {
        (self.come.unstarted, self.shown.unstarted) = (Some(pid), Some(pid));
    }

    /// A record has come: whether its process is still there.
    pub fn comes(&mut self, head: &Head) -> bool {
        !self.asked || self.come.take(head) != Part::Gone
    }

    /// A record is to be shown.
    pub fn shows(&mut self, head: &Head) -> Part {
        if self.asked { self.shown.take(head) } else { Part::Stays }
    }
}

impl Course {
    fn take(&mut self, head: &Head) -> Part {
        let process = head.tgid;
        if self.gone.contains(&process) {
            match Told::of(head) {
                Told::Fork { process, .. } => drop(self.gone.insert(process)),
                Told::Exit { last: true, .. } => drop(self.gone.remove(&process)),
                _ => {}
            }
            return Part::Gone;
        }
        match Told::of(head) {
            Told::Exec { .. } if self.unstarted == Some(process) => self.unstarted = None,
            Told::Exec { .. } => drop(self.running.insert(process)),
            Told::Call {} if self.running.remove(&process) => {
                self.gone.insert(process);
                return Part::Leaves;
            }
            _ => {}
        }
        Part::Stays
    }
}

#[cfg(test)]
mod tests {
    use tracer_common::event::kind;

    use super::*;

    #[test]
    fn who_runs_another_program_leaves() {
        let mut leaving = Leaving::new(true);
        leaving.expect(1);
        let mut check = |word, tgid, args, expected| {
            let head = Head { kind: word, tid: tgid, tgid, args, ..Head::default() };
            assert_eq!(leaving.comes(&head), expected != Part::Gone, "{head:?}");
            assert_eq!(leaving.shows(&head), expected, "{head:?}");
        };
        let none = [0; 6];
        check(kind::EXEC, 1, none, Part::Stays);
        check(kind::CALL, 1, none, Part::Stays);
        check(kind::FORK, 1, [2, 2, 0, 0, 0, 0], Part::Stays);
        check(kind::CALL, 2, none, Part::Stays);
        check(kind::EXEC, 2, none, Part::Stays);
        check(kind::CALL, 2, none, Part::Leaves);
        check(kind::CALL, 2, none, Part::Gone);
        check(kind::FORK, 2, [3, 3, 0, 0, 0, 0], Part::Gone);
        check(kind::CALL, 3, none, Part::Gone);
        check(kind::EXIT, 3, [1, 0, 0, 0, 0, 0], Part::Gone);
        check(kind::CALL, 1, none, Part::Stays);
        check(kind::EXEC, 1, none, Part::Stays);
        check(kind::CALL, 1, none, Part::Leaves);
    }
}
