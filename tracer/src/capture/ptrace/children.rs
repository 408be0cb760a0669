//! New tasks: their parent tells of them, or they come before it does.

use tracer_common::event::{Head, kind};

use super::PtraceSource;
use super::stops::{cpu, now};
use super::sys;
use super::task::{Task, comm, numbers};
use crate::capture::Batch;
use crate::capture::record::{Record, set_comm};
use crate::system::procfs::who::Who;

impl PtraceSource {
    /// The task that a task has made that is stopped for it. `None` where that one has come and gone: the kernel gives stops in no
    /// order, so that the stop of the maker may come after the end of whom it has made.
    pub(super) fn made_by(&self, tid: u32) -> Option<u32> {
        let child = sys::message(tid).ok()? as u32;
        (self.early.contains_key(&child) || sys::is_waited_for(child)).then_some(child)
    }

    /// A traced task made another one.
    pub(super) fn forked(&mut self, parent: u32, child: u32, maybe_thread: bool, out: &mut Batch) {
        if self.tasks.has(child) {
            return;
        }
        let Some(task) = self.tasks.get(parent) else { return };
        let tgid = task.tgid;
        self.beside.made(task, child);
        let is_thread = maybe_thread && Who::Thread(tgid, child).exists();
        self.new_task(parent, tgid, child, if is_thread { tgid } else { child }, out);
    }

    fn new_task(&mut self, parent: u32, parent_tgid: u32, child: u32, tgid: u32, out: &mut Batch) {
        let mut head = Head {
            kind: kind::FORK,
            tid: parent,
            tgid: parent_tgid,
            ret: 1,
            time: now(),
            cpu: cpu(),
            ..Head::default()
        };
        head.args[0] = u64::from(child);
        head.args[1] = u64::from(tgid);
        if self.names {
            (head.args[2], head.args[3]) = numbers(parent, child).unwrap_or_default();
        }
        set_comm(&mut head, &comm(child));
        Record::send_bare(head, out);
        let filters = self.tasks.get(parent).is_some_and(|task| task.filters);
        self.tasks.add(child, Task { tgid, filters, ..Task::default() });
        if let Some(status) = self.early.remove(&child) {
            self.stop(child, status, out);
        }
    }

    /// New tasks whose parent died before it could tell of them.
    pub(super) fn adopt(&mut self, out: &mut Batch) {
        let waiting: Vec<u32> = self.early.keys().copied().collect();
        for child in waiting {
            let status = Who::Id(child).status().unwrap_or_default();
            let tgid = if status.tgid == 0 { child } else { status.tgid };
            let parent = if tgid == child { status.ppid } else { tgid };
            self.new_task(parent, parent, child, tgid, out);
        }
    }
}
