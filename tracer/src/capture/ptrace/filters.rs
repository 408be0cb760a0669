//! Traced programs with seccomp filters of their own, where tracer has put one before them (`--seccomp-bpf`): of two filters the stricter
//! one is obeyed, so a call that theirs refuses does not stop for ours; and a call that theirs stops (SECCOMP_RET_TRACE) fails where
//! nobody traces it. From then on every call of such a process stops, as without our filter.

use super::PtraceSource;
use super::sys::{self, Go};
use super::tamper::NO_CALL;
use crate::capture::Batch;
use crate::capture::ourselves;
use crate::schema::prctl::PR;
use crate::schema::{Abi, by_nr};

/// What our filter has a stop say (SECCOMP_RET_DATA).
pub const OURS: u32 = 0x7472;

const PR_SET_SECCOMP: u64 = PR.value("PR_SET_SECCOMP");
const STRICT: u64 = libc::SECCOMP_MODE_STRICT as u64;

/// What a call asks of seccomp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Filter,
    /// seccomp's strict mode, which a process with a filter cannot enter.
    Strict,
}

/// Whether the calls of this name may ask something of seccomp.
pub fn may_ask(name: &str) -> bool {
    ["prctl", "seccomp"].contains(&name)
}

fn asks(name: &str, args: &[u64; 6]) -> Option<Asks> {
    match (name, args[0], args[1]) {
        ("prctl", PR_SET_SECCOMP, STRICT) => Some(Asks::Strict),
        ("prctl", PR_SET_SECCOMP, _) => Some(Asks::Filter),
        ("seccomp", mode, _) if mode == u64::from(libc::SECCOMP_SET_MODE_STRICT) => Some(Asks::Strict),
        ("seccomp", mode, _) if mode == u64::from(libc::SECCOMP_SET_MODE_FILTER) => Some(Asks::Filter),
        _ => None,
    }
}

impl PtraceSource {
    /// A task enters a call: when it asks for a filter of its own, all calls of its process stop from now on.
    pub(super) fn look_for_filters(&mut self, tid: u32, nr: u32, compat: bool, args: &[u64; 6]) {
        if self.go != Go::Cont {
            return;
        }
        let row = by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, nr);
        let Some(asks) = row.filter(|row| may_ask(row.name)).and_then(|row| asks(row.name, args)) else { return };
        let Some(tgid) = self.tasks.get(tid).map(|task| task.tgid) else { return };
        if asks == Asks::Strict {
            ourselves::changed(format!(
                "process {tgid} cannot enter seccomp's strict mode: it has the filter of --seccomp-bpf"
            ));
        } else if self.tasks.filtered(tgid) {
            self.say(&format!("--seccomp-bpf: process {tgid} has filters of its own: all its calls stop from now on"));
        }
    }

    /// A stop that a filter asks for. Of tasks that have filters of their own, ours says nothing new.
    pub(super) fn filter_stop(&mut self, tid: u32, out: &mut Batch) {
        let (filters, in_call) = self.tasks.get(tid).map_or((false, false), |task| (task.filters, task.in_call));
        if !filters || sys::message(tid).is_ok_and(|said| said as u32 == OURS) {
            if !(filters && in_call) {
                self.syscall(tid, out);
            }
            return;
        }
        // Theirs: whoever is to decide about the call is not there, so it fails (seccomp(2)).
        let _ = sys::set_number(tid, NO_CALL).and_then(|()| sys::set_result(tid, -i64::from(libc::ENOSYS)));
    }
}
