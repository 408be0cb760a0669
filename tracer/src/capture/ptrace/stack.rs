//! Stacks of stopped tasks. That of a call is looked at when the call begins, as strace does: execve and exit leave none behind, and
//! rt_sigreturn another one. Only of a call whose beginning was not seen, or was tracer's own, it is looked at at the end.

use tracer_common::plan::phase;

use super::PtraceSource;
use super::sys;
use crate::capture::record::Record;
use crate::capture::stacks::Task;
use crate::stack::Registers;

impl PtraceSource {
    /// Adds the stack of the call that a task begins.
    pub(super) fn stack_at_entry(&mut self, tid: u32) {
        let own = self.started.as_ref().is_some_and(|started| started.pid() == tid && !started.ran());
        if !own {
            self.stack_of_call(tid, phase::ENTER);
        }
    }

    /// Adds the stack of a call that ends, unless it is there.
    pub(super) fn stack_at_exit(&mut self, tid: u32) {
        if self.tasks.get(tid).is_some_and(|task| !task.stacked && !task.hidden) {
            self.stack_of_call(tid, phase::EXIT);
        }
    }

    fn stack_of_call(&mut self, tid: u32, phase: u8) {
        let Some(task) = self.tasks.get(tid) else { return };
        task.stacked = true;
        let tgid = task.tgid;
        let mut record = std::mem::take(&mut task.record);
        self.stack(Task { tid, tgid, phase, copied: false }, &mut record);
        if let Some(task) = self.tasks.get(tid) {
            task.record = record;
        }
    }

    /// Adds the stack of a task as it is now. Of 32-bit programs there is none, as with strace.
    pub(super) fn stack(&mut self, task: Task, record: &mut Record) {
        let Some(stacks) = &mut self.stacks else { return };
        let Some(registers) = sys::words(task.tid).ok().flatten().and_then(|words| Registers::of_words(&words)) else {
            return;
        };
        let memory = &mut self.memory;
        let mut read = |address: u64, bytes: &mut [u8]| memory.read(task.tid, task.tgid, address, bytes);
        stacks.add(task, registers, &mut read, record, &mut self.losses);
    }
}
