//! The layouts of the 32-bit ABI: every row has them, or says that it has none.

use std::collections::BTreeSet;

use crate::schema::narrow::{Known, behind, plain, registers, short_ids, structure, value};
use crate::schema::types::{Arg, NO_NR, Narrow, Rec, Row, Special, Ty};
use crate::schema::{Abi, all, by_name};

/// Structures that a type speaks of.
fn structures(ty: &'static Ty, found: &mut Vec<&'static Rec>) {
    match *plain(ty) {
        Ty::Rec(rec) | Ty::Sized(rec, _) | Ty::Refs(rec, _) => found.push(rec),
        Ty::Ptr(inner) | Ty::Bare(inner) | Ty::Array(inner, _) => structures(inner, found),
        _ => {}
    }
}

/// All arguments of the calls that 32-bit programs make, with the call.
fn arguments() -> impl Iterator<Item = (&'static Row, &'static Arg)> {
    let forms = |row: &'static Row| std::iter::once(row.args).chain(row.variants.iter().map(|form| form.args));
    let calls = all().filter(|row| row.nr[Abi::I386 as usize] != NO_NR);
    calls.flat_map(move |row| forms(row).flat_map(move |args| args.iter().map(move |arg| (row, arg))))
}

#[test]
fn every_structure_has_a_layout_or_says_that_it_has_none() {
    if Abi::NATIVE != Abi::X86_64 {
        return println!(
            "SKIP every_structure_has_a_layout_or_says_that_it_has_none: no calls of i386 on this machine"
        );
    }
    let mut wrong = Vec::new();
    for (row, arg) in arguments() {
        let mut found = Vec::new();
        structures(&arg.ty, &mut found);
        for rec in found {
            let told = structure(rec).is_some();
            let said = matches!(rec.narrow, Narrow::Untold(why) if why.len() > 20);
            if told == said {
                wrong.push(format!("{}: {}: fields give no layout, and no reason is said", row.name, arg.name));
            }
        }
        // What is read is told, or one of the few that are known to be not.
        if behind(&arg.ty, short_ids(row)) == Known::Untold {
            let mut found = Vec::new();
            structures(&arg.ty, &mut found);
            let special = matches!(plain(&arg.ty), Ty::Special(Special::NodeMask(_) | Special::SigFrame));
            if !special && !found.iter().any(|rec| matches!(rec.narrow, Narrow::Untold(_))) {
                wrong.push(format!("{}: {} is not told", row.name, arg.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_told_is_little() {
    let untold: BTreeSet<&str> = arguments()
        .filter(|(row, arg)| behind(&arg.ty, short_ids(row)) == Known::Untold)
        .map(|(row, _)| row.name)
        .collect();
    let expected = [
        "get_mempolicy",
        "ipc",
        "mbind",
        "migrate_pages",
        "old_mmap",
        "old_select",
        "oldfstat",
        "oldlstat",
        "oldolduname",
        "oldstat",
        "olduname",
        "ptrace",
        "readdir",
        "rt_sigreturn",
        "set_mempolicy",
        "sigaction",
        "socketcall",
    ];
    assert_eq!(untold, BTreeSet::from(expected));
}

#[test]
fn arguments_stand_in_their_registers() {
    let check = |name: &str, expected: &[u64]| {
        let row = by_name(name).expect("a row");
        let given = [1, 2, 3, 4, 5, 6];
        let args: Vec<u64> = (0..row.args.len()).map(|at| value(row, row.args, at, &given)).collect();
        assert_eq!(args, expected, "{name}");
    };
    let wide = |low: u64, high: u64| high << 32 | low;
    check("openat", &[1, 2, 3, 4]);
    check("pread64", &[1, 2, 3, wide(4, 5)]);
    check("preadv", &[1, 2, 3, wide(4, 5)]);
    check("preadv2", &[1, 2, 3, wide(4, 5), 5, 6]);
    check("fallocate", &[1, 2, wide(3, 4), wide(5, 6)]);
    check("fanotify_mark", &[1, 2, wide(3, 4), 5, 6]);
    check("_llseek", &[1, wide(3, 2), 4, 5]);
    check("truncate64", &[1, wide(2, 3)]);
    check("clock_nanosleep_time64", &[1, 2, 3, 4]);
    if Abi::NATIVE == Abi::X86_64 {
        check("clone", &[1, 2, 3, 5, 4]);
        assert_eq!(registers(by_name("clone").expect("a row"), &[], 3), (4, None));
    }
}

#[test]
fn numbers_have_the_width_of_the_abi() {
    let check = |name: &str, at: usize, given: u64, expected: u64| {
        let row = by_name(name).expect("a row");
        assert_eq!(value(row, row.args, at, &[given; 6]), expected, "{name}");
    };
    check("lseek", 1, 0xffff_ffff, u64::MAX);
    check("lseek", 1, 5, 5);
    check("read", 2, 0xffff_ffff, 0xffff_ffff);
    // Ids of two bytes.
    check("chown", 1, 0xffff_ffff, 0xffff_ffff);
    check("chown", 1, 0x1_0005, 5);
    check("chown32", 1, 0x1_0005, 0x1_0005);
}
