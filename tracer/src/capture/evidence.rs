//! What `tracer audit` copies beyond what the rows say: of a program that is run its file and its environment, of a call with a path
//! the directory that the path begins in, of an open whether there was a file before. And how the ptrace source finds it.

use std::io;

use tracer_common::plan::{ARG_RET, BLOB_MAX, ENVIRON_PARTS, Op, Plan, only, phase, shape};

use crate::schema;
use crate::schema::effects::{Does, Effect, Unseen};
use crate::schema::plan::Detail;
use crate::schema::types::{Arg, Len, Row, Ty};
use crate::schema::{Abi, NUMBERS, by_nr};
use crate::spec::CallFilter;
use crate::system::procfs::who::Who;

/// Bytes of an environment at most.
pub const ENVIRON_MAX: usize = BLOB_MAX * ENVIRON_PARTS as usize;
/// Bytes of an answer of a name server that are kept: what fits into a packet of Ethernet.
const ANSWER: u32 = 1500;
/// Bytes that are kept of the first that goes out on a connection (a ClientHello with keys of two kinds, a head of HTTP), and of what is said to the
/// kernel.
const GREETING: u32 = 4096;
/// Bytes of an argument of a program.
const WORD: u32 = 512;

/// The calls that an audit sees: those that do something, those that may read what a name server says, and the numbers of which
/// nobody knows what they do.
pub fn calls() -> CallFilter {
    let of = |abi| (0..NUMBERS).map(move |nr| by_nr(abi, nr).is_none_or(|row| row.is_evidence() || answers(row)));
    CallFilter { places: of(Abi::NATIVE).chain(of(Abi::I386)).collect(), operations: true, all: false }
}

/// A call that reads into memory from a descriptor, and does nothing else: only what a name server says is of interest.
pub fn answers(row: &Row) -> bool {
    let into = |arg: &Arg| matches!(arg.ty, Ty::Out(Ty::Bytes(_) | Ty::Iovec(_)));
    !row.is_evidence() && row.has(|effect| matches!(effect, Effect::Reads(0))) && row.args.iter().any(into)
}

/// How much is copied of a call.
pub fn detail(row: &Row, detail: Detail) -> Detail {
    if row.has(|effect| matches!(effect, Effect::Runs(_))) {
        return Detail { strlen: WORD, env: false, ..detail };
    }
    if answers(row) || row.has(|effect| matches!(effect, Effect::Receives(_))) {
        return Detail { strlen: ANSWER, ..detail };
    }
    // Where to is of interest, not what.
    if row.has(|effect| matches!(effect, Effect::Writes(_))) {
        return Detail { data: false, ..detail };
    }
    Detail { strlen: 0, ..detail }
}

/// Adds to the plan of a call, or of a form of it with these arguments, what the row does not ask for.
pub fn complete(row: &Row, args: &[Arg], plan: Plan) -> Plan {
    let op = |shape, arg, phase, len_arg| Op { shape, arg, phase, len_arg, unit: 1, ..Op::NONE };
    let mut enter = Vec::new();
    let mut exit = Vec::new();
    let path = args.iter().position(|arg| matches!(arg.ty, Ty::Path));
    if let Some(at) = path {
        let directory = at.checked_sub(1).filter(|&before| matches!(args[before].ty, Ty::DirFd));
        if directory.is_none() {
            enter.push(op(shape::CWD, at as u8, phase::ENTER, 0));
        }
        if row.has(|effect| matches!(effect, Effect::Opens(..))) {
            let directory = directory.map_or(ARG_RET, |at| at as u8);
            enter.push(op(shape::EXISTS, at as u8, phase::ENTER, directory));
        }
    }
    // The name of a unix socket may begin in the current directory.
    let names = |arg: &Arg| matches!(arg.ty, Ty::Sockaddr(_) | Ty::Msghdr | Ty::Out(Ty::Mmsghdr(Len::Arg(_))));
    if let Some(at) = args.iter().position(names) {
        enter.push(op(shape::CWD, at as u8, phase::ENTER, 0));
    }
    if row.has(|effect| matches!(effect, Effect::Runs(_))) {
        exit.push(op(shape::EXE, ARG_RET, phase::EXIT_OK, 0));
        exit.push(op(shape::ENVIRON, ARG_RET, phase::EXIT_OK, 0));
    }
    let old = &plan.op[..usize::from(plan.ops).min(plan.op.len())];
    let (mut first, last): (Vec<Op>, Vec<Op>) = old.iter().partition(|op| op.phase == phase::ENTER);
    for op in said(row, args) {
        match first.iter_mut().find(|old| (old.shape, old.arg) == (op.shape, op.arg)) {
            Some(old) => *old = op,
            None => first.push(op),
        }
    }
    let keep = Plan::WANTED | Plan::BY | Plan::ANSWERS;
    let flags = plan.flags & keep | awaited(row) | if answers(row) { Plan::ANSWERS } else { 0 };
    let mut whole = Plan { flags, selector: plan.selector, written: plan.written, ..Plan::NONE };
    for op in first.into_iter().chain(enter).chain(last).chain(exit) {
        whole.add(op);
    }
    whole
}

/// Copies the first that a call sends on a connection, and what it says to the kernel.
fn said(row: &Row, args: &[Arg]) -> Vec<Op> {
    let sends = |effect| matches!(effect, Effect::Writes(0) | Effect::Sends(..));
    if !row.has(sends) || !matches!(args.first(), Some(Arg { ty: Ty::Fd, .. })) {
        return Vec::new();
    }
    let data = |op: &&Op| {
        let ty = args.get(usize::from(op.arg)).map(|arg| arg.ty);
        op.phase == phase::ENTER && matches!(ty, Some(Ty::Bytes(_) | Ty::Iovec(_) | Ty::Msghdr))
    };
    let whole = schema::plan::plan(row, Detail { data: true, strlen: GREETING, fds: false, env: false });
    whole.op[..usize::from(whole.ops)].iter().filter(data).map(|op| Op { only: only::HEARD, ..*op }).collect()
}

/// What names mean after such a call is looked at in the process itself, which may end soon.
fn awaited(row: &Row) -> u16 {
    let moves = |does: Does| match does {
        Does::Gap(unseen, _) => matches!(unseen, Unseen::Names | Unseen::Root),
        does => does.effects().iter().any(|effect| matches!(effect, Effect::Unshares(_))),
    };
    if row.all_does().any(|(does, _)| moves(does)) { Plan::AWAITED } else { 0 }
}

/// The environment of the program that a process runs, at most [`ENVIRON_MAX`] bytes and one more.
///
/// # Errors
/// The process is gone, or may not be looked into.
pub fn environ(tgid: u32) -> io::Result<Vec<u8>> {
    Who::Id(tgid).environ(ENVIRON_MAX as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;
    use crate::schema::plan::{plan, variant};

    #[test]
    fn a_plan_is_completed() {
        let check = |name: &str, expected: &[u8]| {
            let row = by_name(name).expect("a row");
            let whole = Detail { data: true, strlen: 32, fds: true, env: false };
            let plan = complete(row, row.args, plan(row, detail(row, whole)));
            let shapes: Vec<u8> = plan.op[..usize::from(plan.ops)].iter().map(|op| op.shape).collect();
            assert_eq!(shapes, expected, "{name}");
            let enter = plan.op[..usize::from(plan.exit)].iter().all(|op| op.phase == phase::ENTER);
            assert!(enter, "{name}: what is copied at entry stands first");
        };
        use shape::*;
        check("openat", &[DIRFD, TEXT, EXISTS, FD]);
        check("open", &[TEXT, CWD, EXISTS, FD]);
        check("rename", &[TEXT, TEXT, CWD]);
        check("unlinkat", &[DIRFD, TEXT]);
        check("write", &[FD, BYTES]);
        check("writev", &[FD, IOVEC]);
        check("read", &[FD, BYTES]);
        check("connect", &[FD, BYTES, CWD]);
        check("sendmsg", &[FD, MSGHDR, RIGHTS, CWD]);
        check("sendto", &[FD, BYTES, BYTES, CWD]);
        check("quotactl", &[TEXT, CWD]);
        check("utimensat", &[DIRFD, TEXT, BYTES]);
        check("setxattr", &[TEXT, TEXT, BYTES, CWD]);
        check("execve", &[TEXT, ARGV, COUNT, CWD, EXE, ENVIRON]);
        check("getppid", &[]);
    }

    #[test]
    fn every_plan_has_room() {
        let whole = Detail { data: true, strlen: 32, fds: true, env: true };
        for row in crate::schema::all().filter(|row| row.is_evidence()) {
            let forms = row.variants.iter().map(|form| (form.args, variant(form, detail(row, whole))));
            for (args, asked) in std::iter::once((row.args, plan(row, detail(row, whole)))).chain(forms) {
                let given = complete(row, args, asked);
                for op in &asked.op[..usize::from(asked.ops)] {
                    let same = |given: &Op| given == op || given.only == only::HEARD && given.arg == op.arg;
                    assert!(given.op[..usize::from(given.ops)].iter().any(same), "{}: {op:?}", row.name);
                }
                assert!(usize::from(given.ops) < tracer_common::plan::MAX_OPS, "{}: {}", row.name, given.ops);
            }
        }
    }

    #[test]
    fn calls_that_do_something_are_seen() {
        let calls = calls();
        let nr = |name: &str| u32::from(by_name(name).expect("a row").nr[Abi::NATIVE as usize]);
        for (name, expected) in
            [("openat", true), ("utimensat", true), ("mount", true), ("read", true), ("lseek", false), ("brk", false)]
        {
            assert_eq!(calls.wants(nr(name), false), expected, "{name}");
        }
        // Nobody knows what a number without a row does.
        assert!(calls.wants(511, false));
    }

    #[test]
    fn an_environment_is_read() {
        assert!(environ(std::process::id()).is_ok());
    }
}
