//! From stops to records: what each kind of stop means, what is sent for it, and how the task goes on.

use tracer_common::event::{Head, flag, kind, status};
use tracer_common::loss::Loss;
use tracer_common::parts::PART;
use tracer_common::plan::{Plan, phase, shape};

use super::PtraceSource;
use super::called::{self, Called};
use super::sys::{self, At, EVENT_STOP, Go, Info, SYSCALL_STOP};
use super::task::{Task, comm};
use super::untraced;
use crate::capture::Batch;
use crate::capture::command::Started;
use crate::capture::interpret::{Interpreter, Missing, Moment, failed};
use crate::capture::mappings;
use crate::capture::record::{Place, Record, set_comm};
use crate::capture::stacks::Task as Stacked;

/// Bytes of a siginfo that a record carries.
const SIGINFO: usize = 48;

/// CLOCK_MONOTONIC in ns.
pub fn now() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is ours; the clock exists everywhere.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

pub fn cpu() -> u32 {
    // SAFETY: takes nothing; -1 where it is not known.
    u32::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}

impl PtraceSource {
    /// Handles what waitpid reported of a task, and lets it go on.
    pub(super) fn stop(&mut self, tid: u32, status: i32, out: &mut Batch) {
        if self.aside(tid, status, out) {
            return;
        }
        if !libc::WIFSTOPPED(status) {
            return self.ended(tid, status, out);
        }
        if !self.tasks.has(tid) {
            if self.follow || self.library.is_some() {
                // Its parent will tell of it.
                self.early.insert(tid, status);
            } else {
                // Nobody asked for it: CLONE_PTRACE made it a tracee. ESRCH: it was killed meanwhile.
                let _ = sys::go(tid, Go::Detach, 0);
            }
            return;
        }
        self.met(tid, status, out);
        let signal = libc::WSTOPSIG(status);
        let (go, signal) = match status >> 16 {
            0 if signal == SYSCALL_STOP => {
                self.syscall(tid, out);
                (self.onward(tid), 0)
            }
            0 if signal == libc::SIGTRAP && self.trapped(tid, out) => (self.onward(tid), 0),
            0 => {
                self.settle(tid);
                self.signal(tid, signal, out);
                (self.onward(tid), signal)
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                let is_clone = status >> 16 == libc::PTRACE_EVENT_CLONE;
                if let Some(child) = self.made_by(tid)
                    && self.born(tid, child, is_clone, out)
                {
                    self.forked(tid, child, is_clone, out);
                }
                (self.onward(tid), 0)
            }
            libc::PTRACE_EVENT_EXEC => {
                let began = self.started.as_ref().is_some_and(|started| started.pid() == tid && !started.ran());
                self.executed(tid, out);
                self.look_at_rights(tid);
                if self.leave_on_exec && !began {
                    return self.leave(tid, out);
                }
                (self.onward(tid), 0)
            }
            libc::PTRACE_EVENT_SECCOMP => {
                self.filter_stop(tid, out);
                (self.onward(tid), 0)
            }
            EVENT_STOP if signal != libc::SIGTRAP => {
                self.group_stop(tid, signal, out);
                (Go::Listen, 0)
            }
            _ => (self.onward(tid), 0),
        };
        self.resume(tid, go, signal);
    }

    /// With a filter, only calls that it stopped are followed to their end.
    fn onward(&mut self, tid: u32) -> Go {
        match self.go {
            Go::Cont if self.tasks.get(tid).is_some_and(|t| t.in_call || t.filters) => Go::Syscall,
            go => go,
        }
    }

    /// A system-call stop, from which the task does not go on yet or goes on otherwise.
    pub(super) fn syscall(&mut self, tid: u32, out: &mut Batch) {
        let info = match sys::syscall_info(tid) {
            Ok(info) => info,
            Err(error) => return self.untold(tid, &error),
        };
        match info.at {
            At::Entry { nr, args } => {
                let call = self.called(tid, info.compat, nr as u32, args);
                self.enter(tid, &info, call);
            }
            At::Exit { ret } => self.exit(tid, &info, ret, out),
            At::None => {}
        }
    }

    fn enter(&mut self, tid: u32, info: &Info, Called { nr, args, cpu, flags }: Called) {
        let Some(task) = self.tasks.get(tid) else { return };
        let ours = task.hidden;
        task.last = Some((nr, info.ip));
        task.in_call = true;
        task.faults = 0;
        task.stacked = self.stacks.is_none() || info.compat;
        task.maps = self.stacks.is_some() && !info.compat && mappings::changes(nr);
        if task.hidden {
            if info.compat || libc::c_long::from(nr as i32) != libc::SYS_execve {
                task.wanted = false;
                return;
            }
            task.hidden = false;
            if std::mem::take(&mut self.filter_asked) && self.started.as_mut().is_some_and(Started::filtered) {
                // From here on a call without tracer would fail: better no task than a broken one.
                let _ = sys::set_options(tid, self.options | libc::PTRACE_O_EXITKILL);
                self.go = Go::Cont;
            }
        }
        self.disposes(tid, nr, info.compat, &args);
        let Some(task) = self.tasks.get(tid) else { return };
        if called::makes_userfaultfd(nr, info.compat, &args) {
            self.memory.careful();
        }
        let (plan, variant) = self.plans.get(nr, info.compat, &args);
        task.wanted = plan.flags & Plan::WANTED != 0;
        let tgid = task.tgid;
        if plan.flags & Plan::ANSWERS != 0 {
            let (memory, files, scratch) = (&mut self.memory, &mut self.files, &mut self.scratch);
            task.wanted = Interpreter { tid, tgid, sp: info.sp, memory, files, scratch }.asks_for_names(args[0]);
        }
        if plan.flags & Plan::OPAQUE != 0 && task.wanted && self.tally.is_none() {
            self.losses.add(Loss::Compat, 1);
        }
        if task.wanted {
            let flags = flags | if variant { flag::VARIANT } else { 0 };
            let time = now();
            task.record.start(Head {
                kind: kind::CALL,
                flags,
                tid,
                tgid,
                nr,
                cpu,
                time,
                ip: info.ip,
                args,
                // Until the call ends, its place for the duration is free.
                dur: self.system.unwrap_or(0),
                ..Head::default()
            });
        }
        let kept_off = !ours && self.keep_off(tid, nr, info.compat, &args);
        let skipped = kept_off || !ours && !self.tampering.is_empty() && self.tamper(tid, info);
        let (plan, _) = self.plans.get(nr, info.compat, &args);
        let Some(task) = self.tasks.get(tid) else { return };
        task.submits = if skipped { 0 } else { called::submits(nr, &args) };
        if task.wanted && self.tally.is_none() {
            let mut it = Interpreter {
                tid,
                tgid,
                sp: info.sp,
                memory: &mut self.memory,
                files: &mut self.files,
                scratch: &mut self.scratch,
            };
            let missing = it.run(plan, Moment::Enter, &args, &mut task.record);
            task.faults = missing.faults;
            let stacked = task.stacked;
            self.count_missing(Missing { faults: 0, ..missing });
            if !stacked {
                self.stack_at_entry(tid);
            }
        }
        // With breakpoints in its memory a child must not escape either.
        if (self.follow || self.library.is_some()) && !skipped {
            match untraced::clear(tid, tgid, nr, info.compat, &args, &mut self.memory) {
                Ok(undo) => {
                    if let Some(task) = self.tasks.get(tid) {
                        task.undo = undo;
                    }
                }
                Err(()) => {
                    self.lose(Loss::ChildNotFollowed, 1);
                    // What it does to shared memory will not be seen.
                    self.memory.careful();
                }
            }
        }
    }

    fn exit(&mut self, tid: u32, info: &Info, ret: i64, out: &mut Batch) {
        self.disposed(tid, ret);
        let Some(task) = self.tasks.get(tid) else { return };
        let end = now();
        // The kernel says how many it took of them.
        let submitted = std::mem::take(&mut task.submits).min(u32::try_from(ret).unwrap_or(0));
        self.losses.add(Loss::IoUring, submitted.into());
        if let Some(undo) = task.undo.take() {
            untraced::restore(tid, undo);
        }
        if !task.in_call && !task.hidden {
            self.began_before(tid, info);
        }
        let ret = if self.tampering.is_empty() { ret } else { self.tampered(tid, ret) };
        let Some(task) = self.tasks.get(tid) else { return };
        task.in_call = false;
        if let (Some(stacks), true) = (&mut self.stacks, std::mem::take(&mut task.maps)) {
            stacks.changed(task.tgid);
        }
        let is_command = self.started.as_ref().is_some_and(|s| s.pid() == tid);
        if !task.wanted {
            return;
        }
        task.wanted = false;
        let tgid = task.tgid;
        let head = &mut task.record.head;
        let before = head.flags & flag::BEFORE != 0;
        head.ret = ret;
        head.dur = match self.system {
            _ if before => 0,
            Some(system) => system.saturating_sub(head.dur),
            None => end.saturating_sub(head.time),
        };
        head.cpu = cpu() | head.cpu & PART | called::skipped(tid, head, ret);
        if is_command
            && failed(ret)
            && head.nr == libc::SYS_execve as u32
            && head.flags & flag::COMPAT == 0
            && self.started.as_ref().is_some_and(|s| !s.ran())
        {
            // The child's own last steps are none of the program's.
            task.hidden = true;
        }
        if let Some(tally) = &mut self.tally {
            return if tally.add(&task.record.head) {
                task.record.send(out)
            };
        }
        if !task.stacked {
            self.stack_at_exit(tid);
        }
        let Some(task) = self.tasks.get(tid) else { return };
        let head = task.record.head;
        let (plan, _) = self.plans.get(head.nr, head.flags & flag::COMPAT != 0, &head.args);
        let mut it = Interpreter {
            tid,
            tgid,
            sp: info.sp,
            memory: &mut self.memory,
            files: &mut self.files,
            scratch: &mut self.scratch,
        };
        let mut faults = task.faults;
        if before {
            faults += it.run(plan, Moment::Enter, &head.args, &mut task.record).faults;
        }
        let missing = it.run(plan, Moment::Exit(ret), &head.args, &mut task.record);
        self.beside.tell(task, &mut self.memory);
        task.tamper.tell(&mut task.record);
        let begin = out.len();
        task.record.send(out);
        self.look_again(&out[begin..]);
        // A bad pointer is the program's own business; what the kernel could read and we could not is a loss.
        let faults = if ret >= 0 { faults + missing.faults } else { 0 };
        self.count_missing(Missing { faults, ..missing });
        if before {
            self.lose(Loss::BeganBefore, 1);
        }
    }

    /// A call ends whose entry was not seen.
    fn began_before(&mut self, tid: u32, info: &Info) {
        let Ok(regs) = sys::registers(tid) else { return };
        let (nr, args) = called::registers(&regs, info.compat);
        let Called { nr, args, cpu, flags } = self.called(tid, info.compat, nr, args);
        let Some(task) = self.tasks.get(tid) else { return };
        let (plan, _) = self.plans.get(nr, info.compat, &args);
        task.wanted = plan.flags & Plan::WANTED != 0 && plan.flags & Plan::ANSWERS == 0;
        task.faults = 0;
        task.stacked = self.stacks.is_none() || info.compat;
        let flags = flags | flag::BEFORE;
        let head =
            Head { kind: kind::CALL, flags, tid, tgid: task.tgid, nr, cpu, ip: info.ip, args, ..Head::default() };
        task.record.start(head);
    }

    pub(super) fn count_missing(&mut self, missing: Missing) {
        self.lose(Loss::BlobFault, u64::from(missing.faults));
        self.lose(Loss::BlobCut, u64::from(missing.cuts));
        self.lose(Loss::FdUnresolved, u64::from(missing.files));
    }

    pub(super) fn signal(&mut self, tid: u32, signal: i32, out: &mut Batch) {
        let Some(task) = self.tasks.get(tid) else { return };
        if task.hidden {
            return;
        }
        let head = Head {
            kind: kind::SIGNAL,
            tid,
            tgid: task.tgid,
            // `-n` and `-i` show these in front of the line: the last call, and where the signal finds the task.
            nr: task.last.map_or(u32::MAX, |(nr, _)| nr),
            ip: sys::syscall_info(tid).map_or(0, |info| info.ip),
            ret: i64::from(signal),
            time: now(),
            cpu: cpu(),
            ..Head::default()
        };
        let mut record = Record::default();
        record.start(head);
        let place = Place { arg: 0, shape: shape::BYTES, phase: phase::ENTER, part: 0 };
        match sys::siginfo(tid) {
            Ok(info) => record.blob(place, status::WHOLE, &info[..SIGINFO], SIGINFO as u64),
            Err(_) => record.blob(place, status::FAULT, &[], SIGINFO as u64),
        }
        self.stack(Stacked { tid, tgid: head.tgid, phase: phase::EXIT, copied: false }, &mut record);
        record.send(out);
    }

    fn group_stop(&mut self, tid: u32, signal: i32, out: &mut Batch) {
        let Some(task) = self.tasks.get(tid) else { return };
        if !task.hidden {
            let tgid = task.tgid;
            let ret = i64::from(signal);
            let mut record = Record::default();
            record.start(Head { kind: kind::STOPPED, tid, tgid, ret, time: now(), cpu: cpu(), ..Head::default() });
            self.stack(Stacked { tid, tgid, phase: phase::EXIT, copied: false }, &mut record);
            record.send(out);
        }
    }

    pub(super) fn executed(&mut self, tid: u32, out: &mut Batch) {
        let old = sys::message(tid).map_or(tid, |old| old as u32);
        let moved = old != tid && self.tasks.has(old);
        if moved {
            // The leader made way; what it was doing never ends.
            if let Some((mut leader, _)) = self.tasks.remove(tid) {
                self.cut_off(&mut leader, out);
            }
            if let Some((mut task, _)) = self.tasks.remove(old) {
                task.record.head.tid = tid;
                task.record.head.flags |= flag::MOVED;
                self.tasks.add(tid, task);
            }
        }
        let Some(task) = self.tasks.get(tid) else { return };
        let tgid = task.tgid;
        self.forget(tgid);
        self.begun(tid, old);
        if self.started.as_ref().is_some_and(|s| s.pid() == tid)
            && let Some(started) = &mut self.started
        {
            started.note_run();
        }
        let flags = if moved { flag::MOVED } else { 0 };
        let mut head = Head { kind: kind::EXEC, flags, tid, tgid, time: now(), cpu: cpu(), ..Head::default() };
        head.args[0] = u64::from(old);
        set_comm(&mut head, &comm(tid));
        Record::send_bare(head, out);
    }

    /// The process runs another program, or is gone.
    fn forget(&mut self, tgid: u32) {
        self.memory.forget(tgid);
        if let Some(stacks) = &mut self.stacks {
            stacks.forget(tgid);
        }
    }

    fn ended(&mut self, tid: u32, status: i32, out: &mut Batch) {
        let Some((mut task, last)) = self.tasks.remove(tid) else {
            if self.early.remove(&tid).is_none() {
                self.reaped.push((tid, status));
            }
            return;
        };
        self.held_tasks.forget(tid);
        if !self.early.is_empty() {
            self.adopt_aside(task.tgid, out);
        }
        self.left(tid, task.tgid, last);
        self.cut_off(&mut task, out);
        if last {
            self.forget(task.tgid);
        }
        let (nr, ip) = task.last.unwrap_or_default();
        let mut head = Head {
            kind: kind::EXIT,
            tid,
            tgid: task.tgid,
            nr,
            ip,
            ret: i64::from(status),
            time: now(),
            cpu: cpu(),
            ..Head::default()
        };
        head.args[0] = u64::from(last);
        Record::send_bare(head, out);
        if !self.early.is_empty() {
            self.adopt(out);
        }
    }

    /// The call that a dying task was in will never return.
    fn cut_off(&mut self, task: &mut Task, out: &mut Batch) {
        self.losses.add(Loss::IoUring, std::mem::take(&mut task.submits).into());
        if !task.in_call || !task.wanted {
            return;
        }
        task.in_call = false;
        task.wanted = false;
        let head = &mut task.record.head;
        head.flags |= flag::NO_RETURN;
        head.dur = now().saturating_sub(head.time);
        head.cpu = cpu();
        if self.tally.as_mut().is_none_or(|tally| tally.add(&task.record.head)) {
            task.tamper.tell(&mut task.record);
            task.record.send(out);
            self.losses.add(Loss::BlobFault, u64::from(task.faults));
        }
    }

    /// A `PENDING` record for every call that is running, and a `MARK`.
    pub(super) fn send_pending(&mut self, out: &mut Batch) {
        let time = now();
        if self.tally.is_none() {
            for tid in self.tasks.ids() {
                if let Some(task) = self.tasks.get(tid)
                    && task.in_call
                    && task.wanted
                {
                    let record = &mut task.record;
                    record.head.kind = kind::PENDING;
                    record.head.dur = time.saturating_sub(record.head.time);
                    record.send(out);
                    record.head.kind = kind::CALL;
                }
            }
        }
        Record::send_bare(Head { kind: kind::MARK, time, cpu: cpu(), ..Head::default() }, out);
    }
}
