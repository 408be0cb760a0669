//! What the kernel side is told of operations of io_uring: the plan of each, made of its row and of where this kernel has the structures
//! that the row names. A kernel without the tracepoints does not show operations; what such a ring does is counted as unseen.

use std::os::fd::RawFd;

use anyhow::Result;
use tracer_common::config::{ABSENT, Config};
use tracer_common::plan::{OPERATIONS, Op, Operation, Part, Plan, REQUEST, form, phase, place, shape};

use super::bpf::{self, Attach};
use super::btf::KernelTypes;
use crate::capture::evidence;
use crate::schema::plan::plan;
use crate::schema::types::Ty;
use crate::schema::uring::{self, BESIDE, Kept, Source};
use crate::spec::Watch;

/// Programs, and the tracepoints for each in the order of preference; the last two add what few programs need.
const PROGRAMS: [(&str, &[&str]); 4] = [
    // 6.5; up to 6.4.
    ("ring_submit", &["io_uring_submit_req", "io_uring_submit_sqe"]),
    ("ring_complete", &["io_uring_complete"]),
    ("ring_refused", &["io_uring_req_failed"]),
    ("ring_overflow", &["io_uring_cqe_overflow"]),
];
/// Those without which nothing is seen.
const NEEDED: usize = 2;

/// Arguments of `io_uring_complete`, with the one that all tracepoints have: from 6.14 on ring, request, completion; before that
/// ring, request, user_data, result, flags and two more.
const WITH_CQE: usize = 4;
const WITH_MEMBERS: usize = 8;
/// Of `io_uring_req_failed`: the submission, the request, the error.
const REFUSED: usize = 4;

/// What is loaded to see operations.
pub struct Operations {
    /// Programs and what they are attached to.
    pub programs: Vec<(&'static str, Attach)>,
    plans: Vec<Operation>,
    cqe: bool,
}

impl Operations {
    /// Looks for what `watch` needs on this kernel; `None` where it asks for no operations, or the kernel does not tell of them.
    ///
    /// # Errors
    /// Types that are not whole.
    pub fn find(watch: &Watch, types: &KernelTypes, config: &Config) -> Result<Option<Operations>> {
        if !watch.calls.operations || !has_requests(config) {
            return Ok(None);
        }
        let names: Vec<&str> = PROGRAMS.iter().flat_map(|(_, points)| points.iter().copied()).collect();
        let found = types.tracepoints(&names)?;
        let mut programs = Vec::new();
        let mut cqe = false;
        for (at, (program, points)) in PROGRAMS.iter().enumerate() {
            let known = points.iter().find_map(|point| {
                let (number, arguments) = (*found.get(names.iter().position(|name| name == point)?)?)?;
                let fits = match *point {
                    "io_uring_complete" => arguments == WITH_CQE || arguments == WITH_MEMBERS,
                    "io_uring_req_failed" => arguments == REFUSED,
                    _ => true,
                };
                fits.then_some((number, arguments))
            });
            match known {
                Some((number, arguments)) => {
                    cqe |= at + 1 == NEEDED && arguments == WITH_CQE;
                    programs.push((*program, Attach::Tracepoint(number)));
                }
                None if at < NEEDED => return Ok(None),
                None => {}
            }
        }
        Ok(Some(Operations { programs, plans: plans(watch, types)?, cqe }))
    }

    /// Tells the programs.
    pub fn apply(&self, config: &mut Config) {
        config.flags |= Config::OPERATIONS | if self.cqe { Config::CQE } else { 0 };
        config.ring_shapes = self.plans.iter().fold(0, |all, operation| all | operation.plan.shapes());
    }

    /// Fills the map of plans.
    ///
    /// # Errors
    /// As bpf(2).
    pub fn fill(&self, map: RawFd) -> Result<()> {
        let plans: Vec<(u32, Operation)> = (0..).zip(self.plans.iter().copied()).collect();
        Ok(bpf::update_all(map, &plans)?)
    }
}

/// The kernel has what every operation's record is made of, where the programs look for it.
fn has_requests(config: &Config) -> bool {
    let off = &config.off;
    let near = |off: u32| (off as usize) + 8 <= REQUEST;
    let inside = [off.request_opcode, off.request_flags, off.request_data, off.request_ring];
    let others = [off.request_file, off.request_async, off.filename_name];
    inside.into_iter().all(|off| off != ABSENT && near(off)) && others.into_iter().all(|off| off != ABSENT)
}

/// The plans of all operations, by opcode.
fn plans(watch: &Watch, types: &KernelTypes) -> Result<Vec<Operation>> {
    let mut paths: Vec<&'static str> = uring::OPERATIONS.iter().flat_map(|op| op.from).flat_map(paths).collect();
    paths.sort_unstable();
    paths.dedup();
    let found = types.members(&paths)?;
    let member = |path: &str| paths.binary_search(&path).ok().and_then(|at| found.get(at).copied().flatten());
    let mut plans = vec![Operation::UNKNOWN; OPERATIONS];
    for operation in uring::OPERATIONS {
        if let Some(plan) = plans.get_mut(usize::from(operation.opcode)) {
            *plan = lower(operation, watch, &member);
        }
    }
    Ok(plans)
}

/// The members that a source names.
fn paths(source: &Source) -> Vec<&'static str> {
    match source {
        Source::In(list) | Source::Less(list, _) => list.to_vec(),
        Source::Name(path) | Source::Own(path) => vec![path],
        Source::Kept(kept) => [kept.at, kept.unless, kept.or].into_iter().filter(|path| !path.is_empty()).collect(),
        Source::File => vec![FILE],
    }
}

/// Where the descriptor of the file stands that an operation works on, or its place in the ring's table.
const FILE: &str = "io_kiocb.cqe.fd";

/// An operation's plan; `member` gives the offset and the size of a member.
fn lower(operation: &uring::Operation, watch: &Watch, member: &dyn Fn(&str) -> Option<(u32, u32)>) -> Operation {
    let row = &operation.row;
    let detail = if watch.evidence { evidence::detail(row, watch.detail) } else { watch.detail };
    let plan = plan(row, detail);
    let plan = if watch.evidence { evidence::complete(row, row.args, plan) } else { plan };
    let mut lowered = Operation { flags: Operation::KNOWN, ..Operation::UNKNOWN };
    let mut from_kernel = [false; 8];
    for (at, (source, arg)) in operation.from.iter().zip(row.args).enumerate() {
        let (path, form, cap, len) = place_of(source, member);
        if matches!(source, Source::File) {
            lowered.file = at as u8;
        }
        match member(path) {
            Some((off, size)) => {
                let size = if form == form::MEMORY { cap } else { size.min(8) as u16 };
                if form != form::NUMBER && !detail.data {
                    continue;
                }
                from_kernel[at] = form != form::NUMBER;
                let place = match source {
                    Source::Kept(kept) if form == form::MEMORY && kept.alone => place::EITHER,
                    _ => beside(path),
                };
                let added = if let Source::Less(_, bits) = source { *bits } else { 0 };
                let len_arg = len.unwrap_or(u8::MAX);
                lowered.part[at] = Part { place, form, off: off as u16, size, len_arg, added, ..Part::NONE };
            }
            // What is shown where it is not 0 only is not missed.
            None if matches!(arg.ty, Ty::When(..)) => {}
            None => lowered.flags &= !Operation::KNOWN,
        }
    }
    lowered.flags |= if operation.repeats { Operation::REPEATS } else { 0 };
    lowered.plan = without(&plan, &from_kernel);
    if lowered.plan.op.iter().take(usize::from(lowered.plan.ops)).any(|op| !shape::OF_OPERATIONS.contains(&op.shape)) {
        lowered.flags &= !Operation::KNOWN;
    }
    if detail.fds && lowered.file != u8::MAX {
        lowered.plan.add(Op { shape: shape::FILE, arg: lowered.file, phase: phase::EXIT, ..Op::NONE });
    }
    lowered
}

/// The member in which an argument is told, as what, how many bytes, and the argument that says how many.
fn place_of(source: &Source, member: &dyn Fn(&str) -> Option<(u32, u32)>) -> (&'static str, u8, u16, Option<u8>) {
    match *source {
        Source::In(list) | Source::Less(list, _) => {
            let path = list.iter().find(|path| member(path).is_some()).or(list.first()).copied();
            (path.unwrap_or_default(), form::NUMBER, 8, None)
        }
        Source::Name(path) => (path, form::NAME, 8, None),
        Source::Own(path) => (path, form::TEXT, 8, None),
        Source::File => (FILE, form::NUMBER, 4, None),
        Source::Kept(Kept { unless, or, .. }) if member(unless).is_some() => (or, form::NUMBER, 8, None),
        Source::Kept(Kept { at, size, len, .. }) => (at, form::MEMORY, size, len),
    }
}

/// In what a member stands.
fn beside(path: &str) -> u8 {
    let root = path.split('.').next().unwrap_or_default();
    if BESIDE.contains(&root) { place::ASYNC } else { place::REQUEST }
}

/// A plan without what the kernel has read already.
fn without(plan: &Plan, from_kernel: &[bool; 8]) -> Plan {
    let keep = |op: &&Op| {
        let told = from_kernel.get(usize::from(op.arg)).copied().unwrap_or(false);
        let read = told && op.phase == phase::ENTER && matches!(op.shape, shape::TEXT | shape::BYTES);
        !read && !matches!(op.shape, shape::EXISTS | shape::RIGHTS | shape::TAKEN | shape::UNIX)
    };
    let mut kept = Plan { flags: Plan::WANTED, ..Plan::NONE };
    for op in plan.op.iter().take(usize::from(plan.ops)).filter(keep) {
        kept.add(*op);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::ebpf::load::VMLINUX;
    use crate::capture::testing::watch;
    use std::path::Path;

    #[test]
    fn this_kernel_tells_what_its_operations_are_given() {
        if !Path::new(VMLINUX).exists() {
            println!("SKIP: no {VMLINUX}");
            return;
        }
        let types = KernelTypes::read(Path::new(VMLINUX)).expect("the kernel's BTF is valid");
        let config = Config { off: types.offsets().expect("all that is needed"), ..Config::NONE };
        let names = types.enumeration("io_uring_op", "IORING_OP_").expect("valid");
        assert!(!names.is_empty(), "opcodes");
        for (fds, evidence) in [(false, false), (true, false), (true, true)] {
            let mut watch = watch();
            (watch.detail.fds, watch.detail.env, watch.evidence) = (fds, fds, evidence);
            let Some(operations) = Operations::find(&watch, &types, &config).expect("valid") else {
                println!("SKIP: this kernel has no tracepoints of io_uring");
                return;
            };
            for (name, opcode) in names.iter().filter(|(name, _)| name != "LAST") {
                let row = uring::by_opcode(*opcode).unwrap_or_else(|| panic!("{name} ({opcode}) has no row"));
                assert_eq!(uring::bare(&row.row).to_uppercase(), *name);
                let plan = &operations.plans[*opcode as usize];
                let (ops, from) = (&plan.plan.op[..usize::from(plan.plan.ops)], row.from);
                assert!(plan.flags & Operation::KNOWN != 0, "{name}: no member of {from:?}, or a shape of {ops:?}");
            }
        }
    }

    #[test]
    fn what_the_kernel_has_read_is_not_read_again() {
        let everything =
            |path: &str| (!path.starts_with("io_async_connect") && path != "io_sr_msg.addr").then_some((16, 8));
        let mut watch = watch();
        watch.detail.fds = true;
        let shapes = |opcode| {
            let lowered = lower(uring::by_opcode(opcode).expect("a row"), &watch, &everything);
            let ops = &lowered.plan.op[..usize::from(lowered.plan.ops)];
            (ops.iter().map(|op| (op.shape, op.arg)).collect::<Vec<_>>(), lowered.part.map(|part| part.form))
        };
        use tracer_common::plan::ARG_RET;
        let (openat, forms) = shapes(18);
        assert_eq!(openat, [(shape::DIRFD, 0), (shape::SLOT, ARG_RET)]);
        assert_eq!(forms[1], form::NAME);
        let (connect, forms) = shapes(16);
        assert_eq!(connect, [(shape::FD, 0), (shape::FILE, 0)]);
        assert_eq!(forms[1], form::MEMORY);
    }

    #[test]
    fn every_plan_has_room() {
        for evidence in [false, true] {
            let mut watch = watch();
            (watch.detail.fds, watch.detail.env, watch.evidence) = (true, true, evidence);
            for operation in uring::OPERATIONS {
                let nothing_kept = |path: &str| path.starts_with("io_").then_some((16, 8));
                let lowered = lower(operation, &watch, &nothing_kept);
                let last = lowered.plan.op[usize::from(lowered.plan.ops).saturating_sub(1)];
                let file = operation.from.iter().any(|source| matches!(source, Source::File));
                assert_eq!(last.shape == shape::FILE, file, "{}", operation.row.name);
            }
        }
    }
}
