//! What `tracer audit` copies beyond what the rows say: of a program that is run its file and its environment, of a call with a path
//! the directory that the path begins in, of an open whether there was a file before. And how the ptrace source finds it.

use std::io;

use tracer_common::plan::{ARG_RET, BLOB_MAX, ENVIRON_PARTS, Op, Plan, len, only, phase, shape};

use crate::schema;
use crate::schema::effects::{Does, Effect, Unseen};
use crate::schema::plan::Detail;
use crate::schema::reach::reaches;
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
    let of = |abi| {
        (0..NUMBERS).map(move |nr| by_nr(abi, nr).is_none_or(|row| row.is_evidence() || answers(row) || reaches(row)))
    };
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
            let beside =
                |at: &usize| matches!(args[*at].ty, Ty::Path) && (*at == 0 || !matches!(args[at - 1].ty, Ty::DirFd));
            let paths = (0..args.len()).filter(beside).map(|at| 1 << at).sum();
            enter.push(Op { only: only::RELATIVE, ..op(shape::CWD, at as u8, phase::ENTER, paths) });
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
    // What was passed may have been changed meanwhile: the socket knows what the kernel took.
    if row.has(|effect| matches!(effect, Effect::Connects(_))) {
        exit.push(op(shape::FD, 0, phase::EXIT, 0));
        exit.push(op(shape::UNIX, 0, phase::EXIT_OK, 0));
    }
    if row.has(|effect| matches!(effect, Effect::Binds(_))) {
        exit.push(op(shape::FD, 0, phase::EXIT_OK, 0));
        exit.push(op(shape::UNIX, 0, phase::EXIT_OK, 1));
    }
    // Of a datagram no socket knows it.
    if row.has(|effect| matches!(effect, Effect::Sends(..))) {
        exit.extend(args.iter().zip(0..).filter_map(|(arg, at)| match arg.ty {
            Ty::Sockaddr(Len::Arg(n)) => {
                Some(Op { len: len::ARG, len_arg: n, cap: 128, ..op(shape::TAKEN, at, phase::EXIT_OK, 0) })
            }
            Ty::Msghdr => {
                Some(Op { unit: size_of::<libc::msghdr>() as u16, ..op(shape::TAKEN, at, phase::EXIT_OK, 0) })
            }
            // As many as were sent.
            Ty::Out(Ty::Mmsghdr(_)) => Some(Op { len: len::RET, unit: 64, ..op(shape::TAKEN, at, phase::EXIT_OK, 0) }),
            _ => None,
        }));
    }
    if row.has(|effect| matches!(effect, Effect::Runs(_))) {
        exit.push(op(shape::EXE, ARG_RET, phase::EXIT_OK, 0));
        exit.push(op(shape::ENVIRON, ARG_RET, phase::EXIT_OK, 0));
    }
    let old = &plan.op[..usize::from(plan.ops).min(plan.op.len())];
    let (mut first, last): (Vec<Op>, Vec<Op>) = old.iter().partition(|op| op.phase == phase::ENTER);
    relative(args, plan.written, &mut first);
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

/// The directory of a path is only told where the path begins there, for which the path is copied first.
fn relative(args: &[Arg], written: u8, ops: &mut [Op]) {
    let is_path =
        |op: &Op| op.shape == shape::TEXT && matches!(args.get(usize::from(op.arg)), Some(Arg { ty: Ty::Path, .. }));
    for at in 1..ops.len() {
        let (directory, path) = (ops[at - 1], ops[at]);
        if directory.shape == shape::DIRFD
            && is_path(&path)
            && path.arg == directory.arg + 1
            && written >> (at - 1) & 3 == 0
        {
            ops[at - 1] = path;
            ops[at] = Op { only: only::RELATIVE, len_arg: 1 << path.arg, ..directory };
        }
    }
}

/// Where a call says that nobody wants to know of it: the argument, the bits of it, and what these say. A file that is mapped for
/// the process alone was opened before, and is changed by nobody.
pub fn spared(row: &Row) -> Option<(u8, u32, u32)> {
    row.does.effects().iter().find_map(|effect| match effect {
        Effect::Maps(_, _, flags) => Some((*flags, libc::MAP_TYPE as u32, libc::MAP_PRIVATE as u32)),
        _ => None,
    })
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
        check("openat", &[TEXT, DIRFD, EXISTS, FD]);
        check("open", &[TEXT, CWD, EXISTS, FD]);
        check("rename", &[TEXT, TEXT, CWD]);
        check("unlinkat", &[TEXT, DIRFD]);
        check("write", &[FD, BYTES]);
        check("writev", &[FD, IOVEC]);
        check("read", &[FD, BYTES]);
        check("connect", &[FD, BYTES, CWD, FD, UNIX]);
        check("bind", &[FD, BYTES, CWD, FD, UNIX]);
        check("sendmsg", &[FD, MSGHDR, RIGHTS, CWD, TAKEN]);
        check("sendto", &[FD, BYTES, BYTES, CWD, TAKEN]);
        check("quotactl", &[TEXT, CWD]);
        check("utimensat", &[TEXT, DIRFD, BYTES]);
        check("setxattr", &[TEXT, TEXT, BYTES, CWD]);
        check("execve", &[TEXT, ARGV, COUNT, CWD, EXE, ENVIRON]);
        check("getppid", &[]);
    }

    #[test]
    fn a_directory_is_told_where_a_path_may_begin_there() {
        let check = |name: &str, expected: Option<(u8, u8)>| {
            let row = by_name(name).expect("a row");
            let whole = Detail { data: true, strlen: 32, fds: true, env: false };
            let plan = complete(row, row.args, plan(row, detail(row, whole)));
            let ops = &plan.op[..usize::from(plan.ops)];
            let found = ops.iter().position(|op| op.only == only::RELATIVE);
            assert_eq!(found.map(|at| (ops[at].shape, ops[at].len_arg)), expected, "{name}");
            let paths = found.map_or(0, |at| ops[at].len_arg);
            let copied = ops.iter().take(found.unwrap_or(0)).filter(|op| op.shape == shape::TEXT);
            let copied = copied.fold(0, |all, op| all | 1 << op.arg);
            assert_eq!(paths & !copied, 0, "{name}: paths are copied before");
        };
        check("openat", Some((shape::DIRFD, 0b10)));
        check("open", Some((shape::CWD, 0b1)));
        check("rename", Some((shape::CWD, 0b11)));
        check("renameat", Some((shape::DIRFD, 0b10)));
        check("symlinkat", Some((shape::DIRFD, 0b100)));
        check("execve", Some((shape::CWD, 0b1)));
        check("connect", None);
    }

    #[test]
    fn private_memory_is_spared() {
        let check = |name: &str, expected: Option<(u8, u32, u32)>| {
            assert_eq!(spared(by_name(name).expect("a row")), expected, "{name}");
        };
        check("mmap", Some((3, 0xf, 2)));
        check("mmap2", Some((3, 0xf, 2)));
        check("openat", None);
    }

    #[test]
    fn every_plan_has_room() {
        let whole = Detail { data: true, strlen: 32, fds: true, env: true };
        for row in crate::schema::all().filter(|row| row.is_evidence()) {
            let forms = row.variants.iter().map(|form| (form.args, variant(form, detail(row, whole))));
            for (args, asked) in std::iter::once((row.args, plan(row, detail(row, whole)))).chain(forms) {
                let given = complete(row, args, asked);
                for op in &asked.op[..usize::from(asked.ops)] {
                    let same = |given: &Op| given == op || given.only != only::ALL && given.arg == op.arg;
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
