//! The rows against the kernel: its headers, its tracefs, and strace's classes, where these are installed.
//! What is absent is said on a line that begins with SKIP.

use std::collections::{BTreeMap, BTreeSet};

use tracer_common::plan::{MAX_OPS, Plan};

use crate::schema::plan::{Detail, plan, variant};
use crate::schema::types::{NO_NR, Row, class};
use crate::schema::{Abi, all, by_name, by_nr, parts};

/// Calls that are newer than the headers of most systems: the same number everywhere.
/// scripts/syscall.tbl, arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.18.
const NEW: &[(&str, u16)] = &[
    ("futex_waitv", 449),
    ("set_mempolicy_home_node", 450),
    ("cachestat", 451),
    ("fchmodat2", 452),
    ("map_shadow_stack", 453),
    ("futex_wake", 454),
    ("futex_wait", 455),
    ("futex_requeue", 456),
    ("statmount", 457),
    ("listmount", 458),
    ("lsm_get_self_attr", 459),
    ("lsm_set_self_attr", 460),
    ("lsm_list_modules", 461),
    ("mseal", 462),
    ("setxattrat", 463),
    ("getxattrat", 464),
    ("listxattrat", 465),
    ("removexattrat", 466),
    ("open_tree_attr", 467),
    ("file_getattr", 468),
    ("file_setattr", 469),
    ("listns", 470),
    ("rseq_slice_yield", 471),
];

/// Names under which a header has a call that the rows (and strace) name otherwise.
fn ours(abi: Abi, name: &str) -> &str {
    match (abi, name) {
        // The 32-bit ABI's first mmap takes a pointer to its arguments.
        (Abi::I386, "mmap") => "old_mmap",
        (Abi::I386, "select") => "old_select",
        (Abi::Aarch64, "fstatat") => "newfstatat",
        _ => name,
    }
}

/// `__NR_name` and numbers of a header; `None` when it is not there.
fn header(path: &str) -> Option<BTreeMap<String, u16>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            println!("SKIP {path}: {error}");
            return None;
        }
    };
    let mut calls = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some("#define"), Some(name), Some(number)) = (words.next(), words.next(), words.next()) else { continue };
        let name = name.strip_prefix("__NR3264_").or_else(|| name.strip_prefix("__NR_"));
        if let (Some(name), Ok(number)) = (name, number.parse()) {
            calls.insert(name.to_owned(), number);
        }
    }
    Some(calls)
}

fn check_numbers(abi: Abi, mut calls: BTreeMap<String, u16>) {
    calls.extend(NEW.iter().map(|(name, nr)| ((*name).to_owned(), *nr)));
    for (name, nr) in &calls {
        let row = by_name(ours(abi, name)).unwrap_or_else(|| panic!("no row for {name}"));
        assert_eq!(row.nr[abi as usize], *nr, "{name} on {abi:?}");
    }
    let known: BTreeSet<_> = calls.keys().map(|name| ours(abi, name)).collect();
    for row in all().filter(|row| row.nr[abi as usize] != NO_NR) {
        // No header of today has x86_64's two calls for probes.
        let probe = matches!(row.name, "uretprobe" | "uprobe");
        let part = abi == Abi::I386 && parts::is_only_part(row);
        assert!(known.contains(row.name) != part || probe, "{} has a number on {abi:?}, the header has none", row.name);
    }
}

#[test]
fn numbers_are_those_of_the_headers() {
    let x86 = "/usr/include/x86_64-linux-gnu/asm";
    if let Some(calls) = header(&format!("{x86}/unistd_64.h")) {
        check_numbers(Abi::X86_64, calls);
    }
    if let Some(calls) = header(&format!("{x86}/unistd_32.h")) {
        check_numbers(Abi::I386, calls);
    }
    if let Some(mut calls) = header("/usr/include/asm-generic/unistd.h") {
        // 32-bit ABIs only: 64-bit time, and what arm64 has in another form.
        calls.retain(|name, nr| !(403..=423).contains(nr) && !name.ends_with("64_64"));
        for other in ["sync_file_range2", "arch_specific_syscall", "syscalls"] {
            calls.remove(other);
        }
        check_numbers(Abi::Aarch64, calls);
    }
}

#[test]
fn names_and_numbers_are_unique() {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for row in all() {
        assert!(names.insert(row.name), "two rows for {}", row.name);
        for (abi, &nr) in row.nr.iter().enumerate() {
            assert!(nr == NO_NR || nr < 512, "{} {nr}", row.name);
            assert!(nr == NO_NR || numbers.insert((abi, nr)), "two rows for number {nr}: {}", row.name);
        }
        assert!(row.nr.iter().any(|&nr| nr != NO_NR), "{} has no number", row.name);
    }
}

#[test]
fn no_number_is_missing() {
    let missing = |abi: Abi, holes: &[std::ops::RangeInclusive<u32>]| {
        let hole = |nr: &u32| holes.iter().any(|h| h.contains(nr));
        let without: Vec<_> = (0..=471).filter(|nr| !hole(nr) && by_nr(abi, *nr).is_none()).collect();
        assert!(without.is_empty(), "{abi:?} lacks {without:?}");
        let inside: Vec<_> = (0..512).filter(|nr| hole(nr) && by_nr(abi, *nr).is_some()).collect();
        assert!(inside.is_empty(), "{abi:?} has {inside:?}, which are free");
    };
    missing(Abi::X86_64, &[337..=423, 472..=511]);
    missing(Abi::Aarch64, &[244..=259, 295..=423, 472..=511]);
    missing(Abi::I386, &[222..=223, 251..=251, 285..=285, 387..=392, 415..=415, 472..=505, 511..=511]);
}

fn details() -> impl Iterator<Item = Detail> {
    (0..8u32).flat_map(|bits| {
        [0, 32, u32::MAX].map(|strlen| Detail { data: bits & 1 != 0, strlen, fds: bits & 2 != 0, env: bits & 4 != 0 })
    })
}

#[test]
fn every_row_fits_a_plan() {
    for row in all() {
        assert!(row.args.len() <= 6, "{}", row.name);
        assert!(row.order.is_empty() || row.order.len() == row.args.len(), "{}", row.name);
        for detail in details() {
            let check = |plan: Plan| {
                assert!(usize::from(plan.ops) <= MAX_OPS, "{}: {} operations", row.name, plan.ops);
                for op in &plan.op[..usize::from(plan.ops)] {
                    let stack = op.arg == tracer_common::plan::ARG_SP && op.shape == tracer_common::plan::shape::BYTES;
                    let register = op.arg < 6 || op.arg == tracer_common::plan::ARG_RET || stack;
                    assert!(register && op.len_arg < 6, "{}: {op:?}", row.name);
                }
            };
            check(plan(row, detail));
            row.variants.iter().for_each(|v| check(variant(v, detail)));
        }
    }
}

#[test]
fn variants_are_told_apart() {
    for row in all() {
        let mut seen = BTreeSet::new();
        for variant in row.variants {
            assert_eq!(variant.selector, row.variants[0].selector, "{}: one selector a row", row.name);
            assert!(variant.args.len() <= 6, "{}", row.name);
            for value in variant.values {
                assert!(seen.insert(*value as u32), "{}: {value:#x} chooses two forms", row.name);
            }
        }
    }
}

#[test]
fn nothing_is_copied_for_counting() {
    let count = Detail { data: false, strlen: 32, fds: false, env: false };
    for row in all() {
        assert_eq!(plan(row, count).ops, 0, "{}", row.name);
    }
}

#[test]
fn classes_have_the_names_of_strace() {
    let words: BTreeSet<_> = class::NAMES.iter().map(|(word, _)| *word).collect();
    let strace = [
        "%stat", "%statfs", "clock", "creds", "desc", "file", "fstat", "fstatfs", "ipc", "lstat", "memory", "network",
        "process", "pure", "signal", "stat", "statfs",
    ];
    assert_eq!(words, strace.into_iter().collect());
}

/// Fields of a call's `format` file in tracefs: the names of its arguments.
fn traced_args(format: &str) -> Vec<String> {
    let fields = format.lines().filter_map(|line| line.trim().strip_prefix("field:"));
    let after = fields.skip_while(|field| !field.contains("__syscall_nr")).skip(1);
    after
        .filter_map(|field| field.split(';').next()?.rsplit([' ', '*']).next().map(str::to_owned))
        // Not arguments but strings that newer kernels copy along.
        .filter(|name| !(name.starts_with("__") && name.ends_with("_val")))
        .collect()
}

/// Where tracefs has the kernel's declarations of calls; says so where it has not.
fn declarations() -> Option<&'static str> {
    const DIR: &str = "/sys/kernel/tracing/events/syscalls";
    match std::fs::read_dir(DIR) {
        Ok(_) => Some(DIR),
        Err(error) => {
            println!("SKIP {DIR}: {error}");
            None
        }
    }
}

/// Arguments of a call that the kernel has as `pid_t`, by its `format` file in tracefs.
fn traced_pids(format: &str) -> Vec<String> {
    let fields = format.lines().filter_map(|line| line.trim().strip_prefix("field:pid_t "));
    fields.filter_map(|field| field.split(';').next()).map(str::to_owned).collect()
}

/// What the rows say of numbers of tasks is what the kernel's declarations say: a `pid_t` is a number of a task, of a thread where it is
/// called so, of a group or a session where that is its name.
#[test]
fn numbers_of_tasks_are_said_to_be_such() {
    use crate::schema::types::Whose;
    let Some(dir) = declarations() else { return };
    let mut compared = 0;
    let mut wrong = Vec::new();
    for row in all() {
        let Ok(format) = std::fs::read_to_string(format!("{dir}/sys_enter_{}/format", row.name)) else { continue };
        for theirs in traced_pids(&format) {
            compared += 1;
            let at = traced_args(&format).iter().position(|name| *name == theirs);
            let Some(arg) = at.and_then(|at| row.args.get(at)) else { continue };
            let fits = match (theirs.as_str(), arg.ty.whose()) {
                (_, None) => false,
                ("pgid", Some(whose)) => whose == Whose::Group,
                (_, Some(whose)) if arg.name == "tid" => whose == Whose::Thread,
                (_, Some(whose)) => !matches!(whose, Whose::Group | Whose::Session),
            };
            if !fits {
                wrong.push(format!("{}: {theirs} is a pid_t of the kernel, {} is {:?}", row.name, arg.name, arg.ty));
            }
        }
    }
    assert!(compared > 25, "only {compared} numbers of tasks were found in tracefs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls whose number of arguments differs from the kernel's for a reason.
fn other_arity(row: &Row) -> bool {
    match row.name {
        // The kernel gives the arguments of another architecture, or none at all.
        "clone" | "mmap" | "rt_sigreturn" | "arch_prctl" | "uprobe" | "uretprobe" => true,
        // The last one exists for one command only: a variant has it.
        "reboot" => true,
        // One number, which 32-bit ABIs pass in two halves.
        "preadv" | "pwritev" => true,
        // Six with the two that only some operations read.
        "fcntl" | "ioctl" => true,
        _ => false,
    }
}

#[test]
fn arguments_are_those_of_the_kernel() {
    if Abi::NATIVE != Abi::X86_64 {
        println!("SKIP tracefs: names of calls are compared on x86_64 only");
        return;
    }
    let Some(dir) = declarations() else { return };
    let mut compared = 0;
    let mut wrong = Vec::new();
    for row in all().filter(|row| row.nr[0] != NO_NR && !other_arity(row)) {
        let kernel = match row.name {
            "stat" | "lstat" | "fstat" | "uname" | "sendfile" => match row.name {
                "uname" => "newuname".to_owned(),
                "sendfile" => "sendfile64".to_owned(),
                name => format!("new{name}"),
            },
            "umount2" => "umount".to_owned(),
            name => name.to_owned(),
        };
        let Ok(format) = std::fs::read_to_string(format!("{dir}/sys_enter_{kernel}/format")) else { continue };
        compared += 1;
        let theirs = traced_args(&format);
        if theirs.len() != row.args.len() {
            wrong.push(format!("{}: {} arguments, the kernel has {theirs:?}", row.name, row.args.len()));
            continue;
        }
        for (arg, theirs) in row.args.iter().zip(&theirs) {
            // A name of ours that the kernel has for another place: two arguments are swapped.
            if arg.name != theirs && row.args.iter().any(|other| other.name == theirs) {
                wrong.push(format!("{}: {} stands where the kernel has {theirs}", row.name, arg.name));
            }
        }
    }
    assert!(compared > 250, "only {compared} calls were found in tracefs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_place_is_read_back() {
    use tracer_common::plan::{PLANS, plan_index};

    use crate::schema::{NO_PLAN, place_of};
    for (nr, compat) in [(0, false), (0, true), (NO_PLAN, false), (NO_PLAN, true)] {
        assert_eq!(place_of(plan_index(nr, compat)), (compat, nr));
        assert!((plan_index(nr, compat) as usize) < PLANS);
    }
}
