//! Tasks: who is traced, to which process each belongs, and its name. Kept up to date by the records of
//! forks, execs and exits, in the order in which lines are shown, so that what a line says of its task is
//! what was true then. A task is forgotten when it exits: memory is bounded by the tasks that live.

use std::collections::HashMap;

use tracer_common::event::{Blob, Head, flag, status};
use tracer_common::plan::shape;
use tracer_common::record::blobs;

use crate::schema::records::{COMM_LEN, Comm, Told};
use crate::schema::{Abi, by_name};

/// What is known of a task.
#[derive(Debug, Clone, Copy)]
pub struct TracedTask {
    /// Its process.
    pub tgid: u32,
    /// When tracing of it began, CLOCK_MONOTONIC in ns.
    pub since: u64,
    /// The leader is gone with this wait status, but other threads of its process live.
    pub left: Option<i32>,
    /// Its last call was a 32-bit one.
    pub compat: bool,
    comm: Comm,
}

/// The traced tasks.
#[derive(Debug, Default)]
pub struct Processes {
    tasks: HashMap<u32, TracedTask>,
    /// How many of a process's tasks live, where more than one does.
    threads: HashMap<u32, u32>,
    /// When there came to be more than one.
    several_since: u64,
    /// The number of prctl(2), once it was asked for.
    prctl: Option<u32>,
}

impl Processes {
    /// Takes what a record says of tasks. For an `EXIT` the task is still known until [`Processes::gone`].
    pub fn learn(&mut self, head: &Head) {
        match Told::of(head) {
            Told::Attach { comm, .. } => self.add(head.tid, head.tgid, head.time, comm),
            Told::Fork { child, process, traced: true, comm, .. } => self.add(child, process, head.time, comm),
            Told::Exec { from, moved, comm, .. } => {
                if moved {
                    self.gone(from);
                }
                self.add(head.tid, head.tgid, head.time, comm);
            }
            Told::Mark {} => {}
            _ => {
                if !self.tasks.contains_key(&head.tid) {
                    self.add(head.tid, head.tgid, head.time, [0; COMM_LEN]);
                }
            }
        }
    }

    /// The task has exited and its last line was shown.
    pub fn gone(&mut self, tid: u32) {
        let Some(task) = self.tasks.remove(&tid) else { return };
        if let Some(n) = self.threads.get_mut(&task.tgid) {
            *n -= 1;
            if *n <= 1 {
                self.threads.remove(&task.tgid);
            }
        }
    }

    /// How many tasks of a process live.
    pub fn threads(&self, tgid: u32) -> u32 {
        self.threads.get(&tgid).copied().unwrap_or(1)
    }

    /// A task that was not announced: the started command.
    pub fn found(&mut self, head: &Head, comm: &[u8]) {
        self.add(head.tid, head.tgid, head.time, [0; COMM_LEN]);
        self.rename(head.tid, comm);
    }

    /// The task's name was changed, as by `prctl(PR_SET_NAME)`.
    pub fn rename(&mut self, tid: u32, name: &[u8]) {
        if let Some(task) = self.tasks.get_mut(&tid) {
            let n = name.len().min(COMM_LEN - 1);
            task.comm = [0; COMM_LEN];
            task.comm[..n].copy_from_slice(&name[..n]);
        }
    }

    /// A call has ended: `prctl(PR_SET_NAME)` changes what later lines call its task.
    pub fn ended(&mut self, head: &Head, record: &[u8]) {
        // What could not be read at first was read again at the end.
        let named = |blob: &Blob| blob.arg == 1 && blob.shape == shape::TEXT && blob.status != status::FAULT;
        let prctl = *self.prctl.get_or_insert_with(|| number("prctl"));
        if head.nr == prctl
            && head.args[0] == libc::PR_SET_NAME as u64
            && head.ret == 0
            && head.flags & flag::COMPAT == 0
            && let Some((_, name)) = blobs(head, record).find(|(blob, _)| named(blob))
        {
            self.rename(head.tid, name);
        }
    }

    /// What is known of a task.
    pub fn get(&self, tid: u32) -> Option<&TracedTask> {
        self.tasks.get(&tid)
    }

    /// What is known of a task, to change.
    pub fn get_mut(&mut self, tid: u32) -> Option<&mut TracedTask> {
        self.tasks.get_mut(&tid)
    }

    /// More than one task was traced at `time`. A call that made the second one began before it.
    pub fn several(&self, time: u64) -> bool {
        self.tasks.len() > 1 && time >= self.several_since
    }

    /// The tasks that live, by id.
    pub fn tids(&self) -> Vec<u32> {
        let mut tids: Vec<u32> = self.tasks.keys().copied().collect();
        tids.sort_unstable();
        tids
    }

    /// The tasks of a process.
    pub fn of(&self, tgid: u32) -> Vec<u32> {
        self.tasks.iter().filter(|(_, task)| task.tgid == tgid).map(|(tid, _)| *tid).collect()
    }

    /// How many tasks live.
    pub fn count(&self) -> usize {
        self.tasks.len()
    }

    fn add(&mut self, tid: u32, tgid: u32, since: u64, comm: Comm) {
        let task = TracedTask { tgid, since, left: None, compat: false, comm };
        if self.tasks.insert(tid, task).is_some() {
            return;
        }
        if self.tasks.len() == 2 {
            self.several_since = since;
        }
        // A process of one task has no count of its own: most have one.
        if tid != tgid {
            *self.threads.entry(tgid).or_insert(1) += 1;
        }
    }
}

impl TracedTask {
    /// Its name, without the NUL.
    pub fn comm(&self) -> &[u8] {
        let end = self.comm.iter().position(|&b| b == 0).unwrap_or(COMM_LEN);
        &self.comm[..end]
    }
}

/// The native number of a call, one that none has where there is no such call.
pub fn number(name: &str) -> u32 {
    by_name(name).map_or(u32::MAX, |row| u32::from(row.nr[Abi::NATIVE as usize]))
}

#[cfg(test)]
mod tests {
    use tracer_common::event::kind;

    use super::*;

    fn head(what: u8, tid: u32, time: u64, name: &[u8]) -> Head {
        let mut comm = [0; 16];
        comm[..name.len()].copy_from_slice(name);
        let word = |i: usize| u64::from_ne_bytes(std::array::from_fn(|k| comm[i * 8 + k]));
        Head {
            kind: what,
            tid,
            tgid: tid,
            time,
            args: [u64::from(tid), u64::from(tid), 0, 0, word(0), word(1)],
            ..Head::default()
        }
    }

    #[test]
    fn tasks_come_are_renamed_and_go() {
        let mut p = Processes::default();
        p.learn(&head(kind::ATTACH, 1, 5, b"sh"));
        assert!(!p.several(10));
        let fork = Head { tid: 1, ret: 1, ..head(kind::FORK, 2, 20, b"sh") };
        p.learn(&fork);
        assert!(!p.several(19), "the call that made the second task began alone");
        assert!(p.several(20));
        p.learn(&head(kind::EXEC, 2, 30, b"a-long-name-cut"));
        assert_eq!(p.get(2).map(TracedTask::comm), Some(&b"a-long-name-cut"[..]));
        p.rename(2, b"0123456789abcdef-more");
        assert_eq!(p.get(2).map(TracedTask::comm), Some(&b"0123456789abcde"[..]));
        p.gone(2);
        assert!(!p.several(40) && p.count() == 1);
    }

    #[test]
    fn threads_are_counted() {
        let mut p = Processes::default();
        let thread = |tid, time| Head { ret: 1, tid: 1, args: [tid, 1, 0, 0, 0, 0], ..head(kind::FORK, 1, time, b"") };
        p.learn(&head(kind::ATTACH, 1, 5, b"a"));
        assert_eq!(p.threads(1), 1);
        p.learn(&thread(2, 6));
        p.learn(&thread(3, 7));
        assert_eq!(p.threads(1), 3);
        p.gone(3);
        p.gone(3);
        assert_eq!(p.threads(1), 2);
        p.gone(2);
        assert_eq!(p.threads(1), 1);
    }

    #[test]
    fn execve_in_a_thread_leaves_one_task() {
        let mut p = Processes::default();
        p.learn(&head(kind::ATTACH, 1, 5, b"a"));
        p.learn(&Head { ret: 1, tid: 1, ..head(kind::FORK, 2, 6, b"a") });
        let exec = head(kind::EXEC, 1, 7, b"b");
        p.learn(&Head { flags: flag::MOVED, args: [2, 0, 0, 0, exec.args[4], exec.args[5]], ..exec });
        assert_eq!((p.count(), p.get(1).map(TracedTask::comm)), (1, Some(&b"b"[..])));
    }
}
