//! A traced program that stops or traces the tracer that it waits for: both would wait for ever. Such a call is not made.

use super::tamper::NO_CALL;
use super::{PtraceSource, sys};
use crate::capture::ourselves;
use crate::schema::ptrace::PTRACE;
use crate::schema::reach::{Reach, Whom, may_reach, reached};
use crate::schema::{Abi, by_nr};

const ATTACH: u64 = PTRACE.value("PTRACE_ATTACH");
const SEIZE: u64 = PTRACE.value("PTRACE_SEIZE");

impl PtraceSource {
    /// Looks at a call for what concerns tracer itself. Keeps one from being made that would stop it; true when it fails with EPERM
    /// instead.
    pub(super) fn keep_off(&mut self, tid: u32, nr: u32, compat: bool, args: &[u64; 6]) -> bool {
        self.look_for_filters(tid, nr, compat, args);
        if !may_reach(compat, nr) {
            return false;
        }
        let Some(row) = by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, nr) else { return false };
        let Some((whom, reach)) = reached(row, args) else { return false };
        let stops = match reach {
            Reach::Traces(at) => [ATTACH, SEIZE].contains(&args[usize::from(at)]),
            Reach::Signals(at) => is_stop(args[usize::from(at)]),
            Reach::Always | Reach::With(_) | Reach::Maps => false,
        };
        // What stops a whole group, as editors do it to theirs at a terminal, is made: who continues them continues tracer.
        let Whom::Task(id) = whom else { return false };
        if !stops || !ourselves::is_us(tid, whom) {
            return false;
        }
        let kept = sys::set_number(tid, NO_CALL).is_ok() && sys::set_result(tid, -i64::from(libc::EPERM)).is_ok();
        let what = if kept { "was kept from" } else { "was not kept from" };
        ourselves::note(format!("process {tid} {what} stopping tracer itself, process {id}, by {}", row.name));
        kept
    }
}

fn is_stop(signal: u64) -> bool {
    [libc::SIGSTOP, libc::SIGTSTP].contains(&(signal as i32))
}
