//! Who is traced, as far as records tell: so the source knows when nothing is left.

use std::collections::{HashMap, HashSet};

use tracer_common::event::{Head, flag, kind};

use crate::capture::Batch;

/// What keeps the source going.
#[derive(Debug, Default)]
pub struct Targets {
    /// Traced tasks as far as records told, so that the source knows when nothing is left.
    pub alive: HashSet<u32>,
    /// Leaders that have exited while threads of theirs live, by process.
    pub leaders: HashMap<u32, Head>,
    /// Processes that run another program are let go, and those that were.
    pub leave_on_exec: bool,
    pub left: HashSet<u32>,
    /// The command, which has not begun its program yet.
    pub unstarted: Option<u32>,
    /// System-wide: never done by itself.
    pub endless: bool,
    /// At least one task was seen.
    pub seen: bool,
}

impl Targets {
    /// Learns from a record that is no call, and passes it on. A leader's exit is held until its process is
    /// gone, as its parent is told of it; what execve in another thread supersedes never comes.
    pub fn pass(&mut self, head: &Head, record: &[u8], batch: &mut Batch) {
        if self.leave_on_exec {
            self.leave(head);
        }
        match head.kind {
            kind::FORK if head.ret == 1 && !self.left.contains(&head.tgid) => {
                self.alive.insert(head.args[0] as u32);
            }
            kind::ATTACH => {
                self.alive.insert(head.tid);
            }
            kind::EXEC if head.flags & flag::MOVED != 0 => {
                self.alive.remove(&(head.args[0] as u32));
                if !self.left.contains(&head.tgid) {
                    self.alive.insert(head.tid);
                }
                self.leaders.remove(&head.tgid);
            }
            kind::EXIT if head.tid == head.tgid && head.args[0] == 0 => {
                self.leaders.insert(head.tgid, *head);
                return;
            }
            kind::EXIT => {
                self.alive.remove(&head.tid);
            }
            _ => {}
        }
        batch.extend_from_slice(record);
        if head.kind == kind::EXIT
            && head.args[0] == 1
            && let Some(mut leader) = self.leaders.remove(&head.tgid)
        {
            self.alive.remove(&leader.tid);
            leader.time = head.time;
            leader.args[0] = 1;
            if head.args[1] >> 32 != 0 {
                leader.ret = i64::from(head.args[1] as u32);
            }
            batch.extend_from_slice(leader.bytes());
        }
    }

    /// Whoever runs another program than the first is not waited for any more, nor is what it starts.
    fn leave(&mut self, head: &Head) {
        match head.kind {
            kind::EXEC if self.unstarted == Some(head.tgid) => self.unstarted = None,
            kind::EXEC => {
                self.left.insert(head.tgid);
                self.alive.remove(&(head.args[0] as u32));
                self.alive.remove(&head.tid);
            }
            kind::FORK if self.left.contains(&head.tgid) => drop(self.left.insert(head.args[1] as u32)),
            kind::EXIT if head.args[0] == 1 => drop(self.left.remove(&head.tgid)),
            _ => {}
        }
    }

    /// Nobody is left to trace.
    pub fn done(&self) -> bool {
        !self.endless && self.seen && self.alive.is_empty()
    }
}
