//! Letting go: every task is stopped for a moment and detached, so that it goes on as if nothing had been; one
//! that was stopped by a signal stays stopped. Tasks under a seccomp filter are ended instead, as all are with `--kill-on-exit`. A task that can not be stopped (in the kernel, uninterruptible)
//! is left to the kernel, which detaches it when tracer ends.

use std::time::Duration;

use tracer_common::event::flag;

use super::PtraceSource;
use super::sys::{self, Go, SYSCALL_STOP, Waited};
use super::untraced;
use crate::capture::Batch;

/// How long tasks may take to stop, all together.
const PATIENCE: Duration = Duration::from_secs(1);

impl PtraceSource {
    /// Detaches from everything. `PENDING` records tell of the calls that were running.
    pub(super) fn let_go(&mut self, out: &mut Batch) {
        if std::mem::replace(&mut self.detached, true) {
            return;
        }
        self.near.unbind();
        // The filter of a task can not be taken back, and without tracer its calls would fail.
        let kills = self.go == Go::Cont || self.options & libc::PTRACE_O_EXITKILL != 0;
        for tid in self.tasks.ids() {
            // ESRCH: it is gone; its end may still be waited for below.
            let _ = if kills { sys::kill(tid) } else { sys::interrupt(tid) };
        }
        self.clean_all();
        // A call that was begun for them ends as it was to end.
        self.wake(true);
        let mut rest = Batch::new();
        self.timer.start(PATIENCE);
        while !self.timer.over() {
            if self.tasks.is_empty() && self.early.is_empty() && !self.has_aside() {
                break;
            }
            match sys::wait(true) {
                Ok(Waited::Task(tid, status)) if self.release_aside(tid, status, &mut rest) => {}
                Ok(Waited::Task(tid, status)) if libc::WIFSTOPPED(status) => self.release(tid, status, &mut rest),
                Ok(Waited::Task(tid, status)) => self.stop(tid, status, &mut rest),
                Ok(Waited::Interrupted) => {}
                Ok(Waited::Nothing | Waited::NoTasks) | Err(_) => break,
            }
        }
        self.timer.stop();
        out.append(&mut rest);
        self.send_pending(out);
    }

    /// Detaches a process that runs another program: its execve has succeeded.
    pub(super) fn leave(&mut self, tid: u32, out: &mut Batch) {
        if let Some(task) = self.tasks.get(tid)
            && task.in_call
            && task.wanted
        {
            let record = &mut task.record;
            record.head.dur = super::stops::now().saturating_sub(record.head.time);
            record.head.ret = 0;
            if self.tally.as_mut().is_none_or(|tally| tally.add(&record.head)) {
                record.send(out);
            }
        }
        // ESRCH: it was killed meanwhile.
        let _ = sys::go(tid, Go::Detach, 0);
        self.tasks.remove(tid);
    }

    /// Detaches a task at whatever stop it came to.
    fn release(&mut self, tid: u32, status: i32, out: &mut Batch) {
        let signal = libc::WSTOPSIG(status);
        let event = status >> 16;
        let Some(own) = self.clear(tid, status) else {
            // It has come to a breakpoint, and will say so.
            let _ = sys::go(tid, Go::Cont, 0);
            return;
        };
        // What it came to is still worth telling.
        match event {
            0 if signal == SYSCALL_STOP => self.syscall(tid, out),
            0 if own => self.signal(tid, signal, out),
            libc::PTRACE_EVENT_EXEC => self.executed(tid, out),
            _ => {}
        }
        if let Some(task) = self.tasks.get(tid) {
            if let Some(undo) = task.undo.take() {
                untraced::restore(tid, undo);
            }
            if task.in_call && task.wanted {
                let record = &mut task.record;
                record.head.kind = tracer_common::event::kind::PENDING;
                record.head.dur = super::stops::now().saturating_sub(record.head.time);
                record.head.flags &= !flag::NO_RETURN;
                if self.tally.is_none() {
                    record.send(out);
                }
            }
        }
        if matches!(event, libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE)
            && let Some(child) = self.made_by(tid)
        {
            // The new task is traced too, and will stop.
            if !self.born(tid, child, event == libc::PTRACE_EVENT_CLONE, out) {
                // It is looked after.
            } else if let Some(status) = self.early.remove(&child) {
                let _ = sys::go(child, Go::Detach, leaving(status));
            } else {
                self.early.insert(child, 0);
            }
        }
        let _ = sys::go(tid, Go::Detach, if own { leaving(status) } else { 0 });
        self.tasks.remove(tid);
        self.early.remove(&tid);
    }
}

/// The signal that a task is detached with: the one that it was about to be given. A group stop needs none:
/// the kernel keeps it.
pub(super) fn leaving(status: i32) -> i32 {
    match libc::WSTOPSIG(status) {
        signal if status >> 16 == 0 && signal != SYSCALL_STOP => signal,
        _ => 0,
    }
}
