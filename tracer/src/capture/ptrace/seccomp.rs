//! A seccomp filter that lets unwanted calls pass without a stop. It is written by hand: a jump per range
//! of wanted numbers, in the order that strace's own filter has: architecture, then number.

use tracer_common::plan::Plan;

use super::Options;
use super::filters::{OURS, may_ask};
use super::sys::NATIVE_ARCH;
use crate::capture::command::Filter;
use crate::capture::plans::Plans;
use crate::schema::reach::may_reach;
use crate::schema::{Abi, NUMBERS, by_nr};
use crate::spec::Watch;
use crate::system::procfs::who::Who;

const NR: u32 = 0;
const ARCH: u32 = 4;
const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const GE: u16 = (libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K) as u16;
const EQ: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RET: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

/// Calls that must stop whether they are wanted or not: those by which the source knows its tasks, and
/// what it can not see (io_uring). ioctl can
/// make a userfaultfd too, from /dev/userfaultfd, where the device exists.
const ALWAYS: [libc::c_long; 6] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_enter,
];

/// The filter for a request; `None` when it may not or need not be used.
pub fn filter(watch: &Watch, options: Options) -> Option<Filter> {
    let usable = options.seccomp
        && watch.follow
        && !watch.calls.all
        && watch.target.command.is_some()
        && watch.target.pids.is_empty()
        // At the stop that a filter makes no signal can be given.
        && !watch.tampering.signals()
        && has_sys_admin();
    usable.then(|| build(&Plans::new(watch)))
}

/// Stops for wanted calls of this ABI, for unknown numbers, and for every call of another ABI.
fn build(plans: &Plans) -> Filter {
    let stops = |nr: u32| {
        ALWAYS.contains(&libc::c_long::from(nr as i32))
            || (libc::c_long::from(nr as i32) == libc::SYS_ioctl && std::path::Path::new("/dev/userfaultfd").exists())
            || may_reach(false, nr)
            || by_nr(Abi::NATIVE, nr).is_some_and(|row| may_ask(row.name))
            || plans.table.get(nr as usize).is_none_or(|plan| plan.flags & Plan::WANTED != 0)
    };
    let op = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let trace = op(RET, 0, 0, libc::SECCOMP_RET_TRACE | OURS);
    let allow = op(RET, 0, 0, libc::SECCOMP_RET_ALLOW);
    let mut filter = vec![op(LOAD, 0, 0, ARCH), op(EQ, 1, 0, NATIVE_ARCH), trace, op(LOAD, 0, 0, NR)];
    // From the highest range down: at or above its start, its answer is known.
    filter.extend([op(GE, 0, 1, NUMBERS), trace]);
    let mut end = NUMBERS;
    while end > 0 {
        let answer = stops(end - 1);
        let start = (0..end).rev().find(|&nr| stops(nr) != answer).map_or(0, |nr| nr + 1);
        filter.extend([op(GE, 0, 1, start), if answer { trace } else { allow }]);
        end = start;
    }
    filter.push(trace);
    filter
}

/// CAP_SYS_ADMIN among the effective capabilities: then no no_new_privs is needed.
fn has_sys_admin() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    Who::ThisThread.status().is_ok_and(|status| status.is_capable(CAP_SYS_ADMIN))
}

#[cfg(test)]
mod tests {
    use tracer_common::plan::PLANS;

    use super::*;
    use crate::capture::testing::watch;
    use crate::spec::CallFilter;

    /// Runs the filter as the kernel would.
    fn answer(filter: &Filter, arch: u32, nr: u32) -> u32 {
        let (mut at, mut acc) = (0, 0);
        loop {
            let op = filter[at];
            at += 1;
            match op.code {
                LOAD => acc = if op.k == NR { nr } else { arch },
                GE => at += usize::from(if acc >= op.k { op.jt } else { op.jf }),
                EQ => at += usize::from(if acc == op.k { op.jt } else { op.jf }),
                _ => return op.k,
            }
        }
    }

    #[test]
    fn the_filter_agrees_with_the_plans() {
        let mut watch = watch();
        watch.calls = CallFilter { places: vec![false; PLANS], operations: false, all: false };
        for nr in [0, 1, 2, 100, 257, 511] {
            watch.calls.places[nr] = true;
        }
        let plans = Plans::new(&watch);
        let filter = build(&plans);
        for nr in 0..520u32 {
            let wanted = watch.calls.wants(nr, false)
                || ALWAYS.contains(&libc::c_long::from(nr as i32))
                || may_reach(false, nr)
                || by_nr(Abi::NATIVE, nr).is_some_and(|row| may_ask(row.name))
                || libc::c_long::from(nr as i32) == libc::SYS_ioctl;
            if libc::c_long::from(nr as i32) != libc::SYS_ioctl {
                assert_eq!(answer(&filter, NATIVE_ARCH, nr) == libc::SECCOMP_RET_TRACE | OURS, wanted, "{nr}");
            }
        }
        assert_eq!(answer(&filter, 0x4000_0003, 20), libc::SECCOMP_RET_TRACE | OURS);
        assert!(filter.len() < 4096);
    }
}
