//! The calls by which files come into memory as code and leave it. A source sees them whether they are shown or not when stacks are asked
//! for: a process that was gone before anybody could ask has its frames by them.

use tracer_common::event::{Head, flag};
use tracer_common::plan::{ARG_RET, Op, Plan, phase, shape};

use crate::schema::plan::Detail;
use crate::schema::types::Row;
use crate::schema::{Abi, errno};
use crate::spec::Watch;

/// Calls that change what is mapped.
const CHANGES: [libc::c_long; 5] =
    [libc::SYS_mmap, libc::SYS_munmap, libc::SYS_mremap, libc::SYS_mprotect, libc::SYS_pkey_mprotect];
/// Calls that run a program.
const RUNS: [libc::c_long; 2] = [libc::SYS_execve, libc::SYS_execveat];

/// What a call has done to the mappings of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Something stands from the first address to before the second; of the file of the descriptor the offset.
    Mapped { from: u64, to: u64, code: bool, offset: u64 },
    /// Nothing does any more.
    Unmapped { from: u64, to: u64 },
    /// What stood from the first address on now stands at the second.
    Moved { from: u64, len: u64, to: u64, new_len: u64 },
    /// It may be executed, or may no longer be.
    Protected { from: u64, to: u64, code: bool },
    /// All of it is another program's.
    Replaced,
}

/// Whether a call of this machine's own ABI changes what its process has mapped.
pub fn changes(nr: u32) -> bool {
    CHANGES.contains(&libc::c_long::from(nr as i32))
}

/// Whether a call is to be seen for the sake of stacks.
pub fn needs(watch: &Watch, row: &Row, compat: bool) -> bool {
    let nr = libc::c_long::from(row.nr[Abi::NATIVE as usize]);
    watch.stacks.is_some() && watch.counting.is_none() && !compat && (CHANGES.contains(&nr) || RUNS.contains(&nr))
}

/// How much is copied of a call: of what is mapped, which file it is.
pub fn detail(watch: &Watch, row: &Row, compat: bool) -> Detail {
    Detail { fds: watch.detail.fds || needs(watch, row, compat), ..watch.detail }
}

/// Adds to the plan of a call that runs a program which file that is.
pub fn complete(watch: &Watch, row: &Row, mut plan: Plan) -> Plan {
    let runs = RUNS.contains(&libc::c_long::from(row.nr[Abi::NATIVE as usize]));
    let has = plan.op[..usize::from(plan.ops).min(plan.op.len())].iter().any(|op| op.shape == shape::EXE);
    if needs(watch, row, false) && runs && !has {
        plan.add(Op { shape: shape::EXE, arg: ARG_RET, phase: phase::EXIT_OK, unit: 1, ..Op::NONE });
    }
    plan
}

/// What the call of a record has changed.
pub fn changed(head: &Head) -> Option<Change> {
    const EXEC: u64 = libc::PROT_EXEC as u64;
    if head.flags & (flag::COMPAT | flag::NO_RETURN) != 0 || errno::of(head.ret).is_some() {
        return None;
    }
    let [first, len, third, ..] = head.args;
    let end = |from: u64, len: u64| from.saturating_add(len.checked_next_multiple_of(4096).unwrap_or(u64::MAX));
    let ret = head.ret as u64;
    Some(match libc::c_long::from(head.nr as i32) {
        libc::SYS_mmap => {
            Change::Mapped { from: ret, to: end(ret, len), code: third & EXEC != 0, offset: head.args[5] }
        }
        libc::SYS_munmap => Change::Unmapped { from: first, to: end(first, len) },
        libc::SYS_mremap => Change::Moved { from: first, len: end(0, len), to: ret, new_len: end(0, third) },
        libc::SYS_mprotect | libc::SYS_pkey_mprotect => {
            Change::Protected { from: first, to: end(first, len), code: third & EXEC != 0 }
        }
        nr if RUNS.contains(&nr) => Change::Replaced,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::plans::Plans;
    use crate::capture::testing::watch;
    use crate::schema::by_name;
    use crate::spec::{CallFilter, Stacks};

    #[test]
    fn what_calls_change() {
        let check = |nr: libc::c_long, args: [u64; 6], ret: i64, expected: Option<Change>| {
            assert_eq!(changed(&Head { nr: nr as u32, args, ret, ..Head::default() }), expected, "{nr}{args:x?}");
        };
        let mapped = Change::Mapped { from: 0x7000, to: 0x9000, code: true, offset: 0x1000 };
        check(libc::SYS_mmap, [0, 0x1001, 5, 2, 3, 0x1000], 0x7000, Some(mapped));
        check(libc::SYS_mmap, [0, 0x1001, 5, 2, 3, 0x1000], -12, None);
        check(libc::SYS_munmap, [0x7000, 1, 0, 0, 0, 0], 0, Some(Change::Unmapped { from: 0x7000, to: 0x8000 }));
        check(
            libc::SYS_munmap,
            [1 << 63, u64::MAX, 0, 0, 0, 0],
            0,
            Some(Change::Unmapped { from: 1 << 63, to: u64::MAX }),
        );
        let moved = Change::Moved { from: 0x7000, len: 0x1000, to: 0x9000, new_len: 0x2000 };
        check(libc::SYS_mremap, [0x7000, 0x1000, 0x2000, 1, 0, 0], 0x9000, Some(moved));
        let protected = Change::Protected { from: 0x7000, to: 0x8000, code: false };
        check(libc::SYS_mprotect, [0x7000, 0x1000, 3, 0, 0, 0], 0, Some(protected));
        check(libc::SYS_execve, [1, 2, 3, 0, 0, 0], 0, Some(Change::Replaced));
        check(libc::SYS_execve, [1, 2, 3, 0, 0, 0], -2, None);
        check(libc::SYS_read, [1, 2, 3, 0, 0, 0], 0, None);
    }

    #[test]
    fn they_are_seen_only_for_stacks() {
        let nothing = CallFilter { places: vec![false; tracer_common::plan::PLANS], operations: false, all: false };
        let plain = Watch { calls: nothing, ..watch() };
        let asked = Watch { stacks: Some(Stacks { lines: false, limit: 9 }), ..plain.clone() };
        for name in ["mmap", "munmap", "execve"] {
            let nr = u32::from(by_name(name).expect("a row").nr[Abi::NATIVE as usize]);
            let wanted = |watch: &Watch| Plans::new(watch).table[nr as usize].flags & Plan::WANTED != 0;
            assert_eq!((wanted(&plain), wanted(&asked)), (false, true), "{name}");
        }
        let (plans, exec) = (Plans::new(&asked), libc::SYS_execve as usize);
        assert!(plans.table[exec].op.iter().any(|op| op.shape == shape::EXE));
        assert!(plans.table[libc::SYS_mmap as usize].op.iter().any(|op| op.shape == shape::FD));
    }
}
