//! Changing calls (`-e inject=`). A task that enters a call whose rule comes into play is given a number that no call has (or that of
//! one without effect), so that the kernel carries nothing out; at the call's end its result is put into the register. Memory is
//! written, signals are sent and the task is held at the same two stops. What was done goes into the call's record, where every output
//! finds it.
//!
//! As with strace, calls are counted by task and number, and a child begins to count anew; the execve of the command itself is never
//! meant; where only some calls are traced (`-e trace=`, `-P`), only these are.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tracer_common::event::{Head, flag, status};
use tracer_common::plan::{phase, shape};

use super::PtraceSource;
use super::sys::{self, Go, Info};
use crate::capture::interpret::{Interpreter, Moment, failed};
use crate::capture::record::{Place, Record};
use crate::capture::widen::widen;
use crate::schema::tampered::{self, Tampered};
use crate::schema::{Abi, by_nr};
use crate::spec::tampering::{Outcome, Poke, Rule, When};

/// A number that no call has.
pub(super) const NO_CALL: i64 = -1;

/// What is kept of a task.
#[derive(Debug, Default)]
pub struct State {
    /// Which of its calls are meant, by the place of the call: begun with the first of them.
    turns: HashMap<u32, When>,
    /// The rule in play, from entry to end.
    rule: Option<Arc<Rule>>,
    /// What was done to the call.
    done: Tampered,
    /// What it gets when it goes on from this stop.
    signal: i32,
    /// How long it is held at this stop.
    hold: Option<Duration>,
}

impl State {
    /// What was done to the call that ends goes into its record.
    pub fn tell(&mut self, record: &mut Record) {
        if let Some(bytes) = std::mem::take(&mut self.done).bytes() {
            record.head.flags |= tampered::FLAG;
            let place = Place { arg: tampered::ARG, shape: shape::BYTES, phase: phase::EXIT_OK, part: 0 };
            record.blob(place, status::WHOLE, &bytes, bytes.len() as u64);
        }
    }

    fn hold(&mut self, time: Option<Duration>) {
        if let Some(time) = time {
            self.hold = Some(time);
            let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            self.done.delayed = Some(self.done.delayed.unwrap_or(0).saturating_add(nanos));
        }
    }
}

impl PtraceSource {
    /// A task enters a call that was asked for, with its record begun. True when the kernel does not carry the call out.
    pub(super) fn tamper(&mut self, tid: u32, info: &Info) -> bool {
        let Some(head) = self.tasks.get(tid).filter(|task| task.wanted).map(|task| task.record.head) else {
            return false;
        };
        let compat = head.flags & flag::COMPAT != 0;
        let Some((place, rule)) = self.tampering.rule(head.nr, compat).filter(|_| !self.detached) else { return false };
        let rule = Arc::clone(rule);
        if !self.is_on_path(&head, info) {
            return false;
        }
        let Some(task) = self.tasks.get(tid) else { return false };
        let state = &mut task.tamper;
        state.done = Tampered::default();
        if !state.turns.entry(place).or_insert(rule.when).comes() {
            return false;
        }
        state.signal = rule.signal.unwrap_or(0);
        state.hold(rule.delay_enter);
        if rule.outcome.is_some() {
            let number = rule.instead.map_or(NO_CALL, |numbers| i64::from(numbers[usize::from(compat)]));
            state.done.result = sys::set_number(tid, number).is_ok();
        }
        state.rule = Some(Arc::clone(&rule));
        let skipped = state.done.result;
        let args = self.poke(&head, &rule.poke_enter);
        if let Some(task) = self.tasks.get(tid) {
            task.tamper.done.args |= args;
        }
        skipped
    }

    /// A task comes to the end of a call; the result that it gets.
    pub(super) fn tampered(&mut self, tid: u32, ret: i64) -> i64 {
        let Some(task) = self.tasks.get(tid) else { return ret };
        let Some(rule) = task.tamper.rule.take() else { return ret };
        let head = task.record.head;
        task.tamper.hold(rule.delay_exit);
        let args = self.poke(&head, &rule.poke_exit);
        let Some(task) = self.tasks.get(tid) else { return ret };
        task.tamper.done.args |= args;
        let Some(outcome) = rule.outcome.filter(|_| task.tamper.done.result) else { return ret };
        let mut done = false;
        let mut result = ret;
        if failed(ret) == rule.instead.is_some() {
            let (no, value, error) = if failed(ret) { ("", -1, -ret) } else { ("no ", ret, 0) };
            self.say(&format!(
                "Failed to tamper with process {tid}: unexpectedly got {no}error (return value {value:#x}, error {error})"
            ));
        } else {
            result = value(outcome, head.flags & flag::COMPAT != 0);
            // ESRCH: it was killed meanwhile.
            done = sys::set_result(tid, result).is_ok();
        }
        if let Some(task) = self.tasks.get(tid) {
            task.tamper.done.result = done;
        }
        if done { result } else { ret }
    }

    /// Lets a task go on, with the signal that its rule sends, once the time for which it is held is over.
    pub(super) fn resume(&mut self, tid: u32, go: Go, signal: i32) {
        let (owed, hold) = match self.tasks.get(tid).filter(|_| !self.tampering.is_empty()) {
            Some(task) => (std::mem::take(&mut task.tamper.signal), task.tamper.hold.take()),
            None => (0, None),
        };
        let signal = if signal == 0 { owed } else { signal };
        match hold {
            Some(time) => self.held_tasks.hold(tid, time, go, signal),
            None => self.go(tid, go, signal),
        }
    }

    /// Lets those go on whose time is over; with `all`, every one.
    pub(super) fn wake(&mut self, all: bool) {
        while let Some((tid, go, signal)) = self.held_tasks.due(all) {
            self.go(tid, go, signal);
        }
    }

    /// ESRCH: killed meanwhile; its end comes with the next wait. After another error it would stand for ever, so tracer gives up: the
    /// kernel lets all go on when it has ended.
    fn go(&mut self, tid: u32, go: Go, signal: i32) {
        if let Err(error) = sys::go(tid, go, signal)
            && error.raw_os_error() != Some(libc::ESRCH)
        {
            self.stuck = Some((tid, error));
        }
    }

    /// The call touches a path of `-P`, where there are any: by what it shows at its entry.
    fn is_on_path(&mut self, head: &Head, info: &Info) -> bool {
        if self.paths.is_empty() {
            return true;
        }
        let (plan, _) = self.plans.get(head.nr, head.flags & flag::COMPAT != 0, &head.args);
        let (tid, tgid) = (head.tid, head.tgid);
        let (memory, files, scratch) = (&mut self.memory, &mut self.files, &mut self.scratch);
        let mut record = Record::default();
        record.start(*head);
        Interpreter { tid, tgid, sp: info.sp, memory, files, scratch }.run(
            plan,
            Moment::Enter,
            &head.args,
            &mut record,
        );
        let mut bytes = Vec::new();
        record.send(&mut bytes);
        widen(&mut bytes);
        Head::read(&bytes).is_some_and(|head| self.paths.touches(&head, &bytes))
    }

    /// Writes to where arguments point; whether anything was written.
    fn poke(&mut self, head: &Head, pokes: &[Poke]) -> bool {
        let compat = head.flags & flag::COMPAT != 0;
        let row = by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, head.nr);
        let (name, args) = row.map_or(("?", head.args.len()), |row| (row.name, row.args.len()));
        let mut poked = false;
        for Poke { arg, bytes } in pokes {
            let target = head.args.get(*arg).filter(|_| *arg < args).copied();
            match target {
                Some(address) if sys::poke(head.tid, address, bytes).is_ok() => poked = true,
                Some(_) => self.say(&format!("Failed to tamper with process {}: couldn't poke", head.tid)),
                None => self.say(&format!(
                    "Failed to tamper with process {}: requested to tamper with argument #{}, but system call '{name}' has \
                     only {args} arguments",
                    head.tid,
                    arg + 1
                )),
            }
        }
        poked
    }

    pub(super) fn say(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}: {text}", self.program);
    }
}

/// A result as the kernel would have it in its register: errors are negative, and a 32-bit program sees no more than its own 32 bits.
fn value(outcome: Outcome, compat: bool) -> i64 {
    match outcome {
        Outcome::Error(error) => -i64::from(error),
        Outcome::Value(value) if !compat => value as i64,
        Outcome::Value(value) => i64::from(value as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_the_kernel_s() {
        let check =
            |outcome, compat, expected: i64| assert_eq!(value(outcome, compat), expected, "{outcome:?} {compat}");
        check(Outcome::Error(38), false, -38);
        check(Outcome::Error(38), true, -38);
        check(Outcome::Value(0x7fff_0000_1000), false, 0x7fff_0000_1000);
        check(Outcome::Value(0x7fff_0000_1000), true, 0x1000);
        check(Outcome::Value(u64::MAX), false, -1);
        check(Outcome::Value(u64::MAX), true, 0xffff_ffff);
        check(Outcome::Value(0xf700_0000), true, 0xf700_0000);
    }
}
