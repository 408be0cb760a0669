//! What the source keeps of a traced task, and the tables of tasks and processes.

use std::collections::HashMap;

use super::tamper::State;
use super::untraced::Undo;
use crate::capture::record::Record;
use crate::schema::namespaces::Entered;
use crate::schema::types::Whose;
use crate::system::procfs::nested::Nested;
use crate::system::procfs::who::Who;

/// A traced task.
#[derive(Debug, Default)]
pub struct Task {
    /// Its process.
    pub tgid: u32,
    /// It runs tracer's own code yet: nothing of it is shown but its end.
    pub hidden: bool,
    /// It is in a call.
    pub in_call: bool,
    /// The number of the call that it made last, and from where.
    pub last: Option<(u32, u64)>,
    /// That call was asked for: `record` holds its entry.
    pub wanted: bool,
    /// The call's record.
    pub record: Record,
    /// The stack of that call is in `record`, or is not wanted.
    pub stacked: bool,
    /// When that call ends, the process may have mapped other files.
    pub maps: bool,
    /// Requests that the call hands over to io_uring, as long as it runs.
    pub submits: u32,
    /// Blobs of the entry that could not be read.
    pub faults: u32,
    /// What was changed for the call and is to be put back at its end.
    pub undo: Option<Undo>,
    /// The namespaces of the child that the call has made, where they are asked for.
    pub child: Vec<Entered>,
    /// It has seccomp filters of its own behind that of `--seccomp-bpf`.
    pub filters: bool,
    /// What `-e inject=` does to its calls.
    pub tamper: State,
}

/// All traced tasks.
#[derive(Debug, Default)]
pub struct Tasks {
    tasks: HashMap<u32, Task>,
    threads: HashMap<u32, u32>,
}

impl Tasks {
    /// The task with this id.
    pub fn get(&mut self, tid: u32) -> Option<&mut Task> {
        self.tasks.get_mut(&tid)
    }

    /// All tasks of a process have filters of their own; whether that is new.
    pub fn filtered(&mut self, tgid: u32) -> bool {
        let own = self.tasks.values_mut().filter(|task| task.tgid == tgid && !task.filters);
        own.map(|task| task.filters = true).count() > 0
    }

    /// Whether the task is known.
    pub fn has(&self, tid: u32) -> bool {
        self.tasks.contains_key(&tid)
    }

    /// Adds a task.
    pub fn add(&mut self, tid: u32, task: Task) {
        *self.threads.entry(task.tgid).or_default() += 1;
        self.tasks.insert(tid, task);
    }

    /// Removes a task; the flag tells whether it was the last of its process.
    pub fn remove(&mut self, tid: u32) -> Option<(Task, bool)> {
        let task = self.tasks.remove(&tid)?;
        let left = self.threads.get_mut(&task.tgid).map_or(0, |n| {
            *n -= 1;
            *n
        });
        if left == 0 {
            self.threads.remove(&task.tgid);
        }
        Some((task, left == 0))
    }

    /// Ids of all tasks, ascending.
    pub fn ids(&self) -> Vec<u32> {
        let mut ids: Vec<u32> = self.tasks.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// Number of tasks.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

/// A task's name; empty when it is gone.
pub fn comm(tid: u32) -> Vec<u8> {
    Who::Id(tid).comm().unwrap_or_default()
}

/// The pid namespace of a new task, and its numbers there and in that of the task that made it, as records of new tasks have them.
pub fn numbers(parent: u32, child: u32) -> Option<(u64, u64)> {
    let nested = Nested::of(Who::Id(child))?;
    let space = nested.own()?;
    let own = nested.number(Whose::Thread, space)?;
    let outer = Nested::of(Who::Id(parent)).and_then(|parent| nested.number(Whose::Thread, parent.own()?));
    Some((space.into(), u64::from(outer.unwrap_or(0)) << 32 | u64::from(own)))
}
