//! Calls of library functions, made of the records of their entries and returns: which are within which, and which was shown already.

use std::collections::HashMap;

use tracer_common::event::{Head, named};
use tracer_common::library::began;
use tracer_common::record::blobs;

use crate::decode::library::{Function, join};
use crate::schema::prototypes::{self, Prototype};

/// Calls within each other that are kept of a task; who is deeper in has lost its way (`longjmp`).
const DEEP: usize = 4096;

/// What is known of library calls.
#[derive(Debug, Default)]
pub struct Calls {
    functions: HashMap<u32, Known>,
    modules: HashMap<u32, Vec<u8>>,
    tasks: HashMap<u32, Vec<Entered>>,
    /// The task whose last call was not shown yet: nothing came behind its entry.
    open: Option<u32>,
}

/// What is known of a function.
#[derive(Debug)]
struct Known {
    name: Vec<u8>,
    library: Vec<u8>,
    prototype: Option<&'static Prototype>,
}

/// A call that runs.
#[derive(Debug)]
pub struct Entered {
    /// The record of its entry.
    pub record: Vec<u8>,
    head: Head,
    /// A line tells of it.
    pub shown: bool,
}

/// A call that returned.
#[derive(Debug)]
pub struct Returned {
    /// The record that tells all of it.
    pub record: Vec<u8>,
    /// A line tells of its entry.
    pub shown: bool,
    /// Calls that it was within.
    pub depth: usize,
}

impl Calls {
    /// Learns what a number stands for.
    pub fn name(&mut self, head: &Head, record: &[u8]) {
        let mut texts = blobs(head, record).map(|(_, bytes)| bytes.to_vec());
        let first = texts.next().unwrap_or_default();
        if head.args[0] == named::MODULE {
            self.modules.insert(head.nr, first);
        } else {
            let prototype = prototypes::find(&first).map(|(_, prototype)| prototype);
            let library = texts.next().unwrap_or_default();
            self.functions.insert(head.nr, Known { name: first, library, prototype });
        }
    }

    /// Which function a record is of.
    pub fn function(&self, head: &Head, depth: usize) -> Function<'_> {
        let known = self.functions.get(&head.nr);
        let (name, library) = known.map_or((&[][..], &[][..]), |known| (&known.name, &known.library));
        let prototype = known.and_then(|known| known.prototype);
        let caller = self.modules.get(&head.cpu).map_or(&[][..], Vec::as_slice);
        Function { name, library, prototype, caller, depth }
    }

    /// Calls that a task is in.
    pub fn depth(&self, tid: u32) -> usize {
        self.tasks.get(&tid).map_or(0, Vec::len)
    }

    /// A call begins.
    pub fn entered(&mut self, head: &Head, record: &[u8]) {
        let calls = self.tasks.entry(head.tid).or_default();
        if calls.len() >= DEEP {
            calls.remove(0);
        }
        calls.push(Entered { record: record.to_vec(), head: *head, shown: false });
        self.open = Some(head.tid);
    }

    /// Whether a record is of the return of the call that was entered last, by anybody.
    pub fn is_open(&self, head: &Head) -> bool {
        let last = self.tasks.get(&head.tid).and_then(|calls| calls.last());
        self.open == Some(head.tid) && last.is_some_and(|call| call.head.nr == head.nr && call.head.time == began(head))
    }

    /// A call returns; those that it made, and that never did, are forgotten. `None`: nobody saw it begin.
    pub fn returned(&mut self, head: &Head, record: &[u8]) -> Option<Returned> {
        let calls = self.tasks.get_mut(&head.tid)?;
        let since = began(head);
        let depth = calls.iter().rposition(|call| call.head.nr == head.nr && call.head.time == since)?;
        calls.truncate(depth + 1);
        let call = calls.pop()?;
        if self.open == Some(head.tid) {
            self.open = None;
        }
        Some(Returned { record: join(&call.record, record), shown: call.shown, depth })
    }

    /// The call of which nothing was shown yet, and how deep it is; it is shown now.
    pub fn take_open(&mut self) -> Option<(Vec<u8>, usize)> {
        let tid = self.open.take()?;
        let calls = self.tasks.get_mut(&tid)?;
        let depth = calls.len().checked_sub(1)?;
        let call = calls.last_mut()?;
        call.shown = true;
        Some((call.record.clone(), depth))
    }

    /// A task is gone, or runs another program: its calls that never returned, the outermost first.
    pub fn gone(&mut self, tid: u32) -> Vec<Entered> {
        if self.open == Some(tid) {
            self.open = None;
        }
        self.tasks.remove(&tid).unwrap_or_default()
    }

    /// The same of all tasks.
    pub fn rest(&mut self) -> Vec<(usize, Entered)> {
        self.open = None;
        let mut left: Vec<_> = self.tasks.drain().collect();
        left.sort_by_key(|(tid, _)| *tid);
        left.into_iter().flat_map(|(_, calls)| calls.into_iter().enumerate()).collect()
    }
}
