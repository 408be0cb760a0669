//! What becomes of tasks that are shown: the command, which is a copy of tracer before it runs; those that change to other programs.

use tracer_common::event::{Head, flag, kind};

use super::Shower;
use crate::decode::value::Call;
use crate::schema::records::Told;
use crate::trace::output::Item;
use crate::trace::sequence::{Part, Step};

impl Shower {
    /// Before its program runs, the command's process is a copy of tracer: when execve failed, what it still
    /// does is to say so and to exit, which is not the command's doing.
    pub(super) fn is_ours(&mut self, head: &Head) -> bool {
        match Told::of(head) {
            Told::Exec { .. } => self.unstarted = false,
            Told::Call {} if self.refused => return true,
            Told::Call {} if head.nr == self.execve && head.ret < 0 => self.refused = true,
            _ => {}
        }
        false
    }

    /// A task made a 32-bit call, or its first 64-bit one after such.
    pub(super) fn personality(&mut self, head: &Head) {
        self.compat = true;
        let compat = head.flags & flag::COMPAT != 0;
        let changed = match self.processes.get_mut(head.tid) {
            Some(task) => std::mem::replace(&mut task.compat, compat) != compat,
            None => false,
        };
        if changed && !self.quiet_personality {
            let bits = if compat { 32 } else { 64 };
            self.say(&format!("[ Process PID={} runs in {bits} bit mode. ]", head.tgid));
        }
    }

    /// The started command comes unannounced: its first record is its execve.
    pub(super) fn meet(&mut self, head: &Head) {
        if self.command.pid == Some(head.tid) && head.kind != kind::MARK {
            self.unmet = false;
            self.naming.started(head.tid);
            // Until its execve it bears our own name.
            self.processes.found(head, rustix::thread::name().unwrap_or_default().as_bytes());
        }
    }

    /// The execve of a thread that is not the first of its process: where each has a file, that of the thread ends with its entry, and that
    /// of the first has its end. Whether the call is one.
    pub(super) fn goes_on_elsewhere(&mut self, step: &Step<'_>, call: &Call<'_>) -> bool {
        let head = step.head;
        let from = match (&mut self.moved, step.part) {
            (Some(moved), Part::Whole) if head.flags & flag::MOVED != 0 => moved.remove(&head.tid),
            _ => None,
        };
        let Some(from) = from else { return false };
        self.line(&Head { tid: from, ..*head }, step.record, head.time, Item::Changed(call));
        self.hand_over();
        self.sink.task_gone(from);
        self.line(head, step.record, head.time.saturating_add(head.dur), Item::Resumed(call));
        true
    }

    /// The call with which a process leaves the trace: it ends out of sight.
    pub(super) fn leave_task(&mut self, step: &Step<'_>) {
        if step.shown && step.part == Part::Whole {
            self.call(&Step { part: Part::Detached, ..*step });
        }
        for tid in self.processes.of(step.head.tgid) {
            self.forget(tid);
        }
        if !self.notices.quiet() {
            self.say(&format!("Process {} detached", step.head.tgid));
        }
    }
}
