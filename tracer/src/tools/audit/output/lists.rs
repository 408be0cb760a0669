//! What a unit did, by name: the files that it changed and read, the programs that it ran, with whom it talked, and what failed. Each
//! name stands once.

use std::collections::{BTreeMap, BTreeSet};

use super::{tally, words};
use crate::tools::audit::evidence::{Access, Object, Op, Report};

/// A list of names, with what was done to them.
pub type List = (&'static str, Vec<String>);

/// The units that did anything, in the order of tables.
pub fn busy(report: &Report) -> Vec<usize> {
    tally::ranked(report).into_iter().filter(|(_, counts)| counts.all() > 0).map(|(unit, _)| unit).collect()
}

/// What some units did, in their order; lists without names are left out.
pub fn lists(report: &Report, units: &[usize]) -> Vec<Vec<List>> {
    let places: BTreeMap<usize, usize> = units.iter().copied().zip(0..).collect();
    let mut sets: Vec<[BTreeSet<String>; KINDS.len()]> = vec![Default::default(); units.len()];
    // What is the same but for who did it lies next to each other.
    let same = |one: &Access, other: &Access| {
        (one.unit, one.op, &one.object, one.errno, &one.to)
            == (other.unit, other.op, &other.object, other.errno, &other.to)
    };
    for alike in report.evidence.accesses.chunk_by(same) {
        let access = &alike[0];
        let Some(&place) = places.get(&access.unit) else { continue };
        if let Some((at, _)) = KINDS.iter().enumerate().find(|(_, (_, takes))| takes(access)) {
            sets[place][at].insert(name(report, access));
        }
    }
    let named = |sets: [BTreeSet<String>; KINDS.len()]| {
        let lists = KINDS.iter().zip(sets).map(|((title, _), names)| (*title, names.into_iter().collect::<Vec<_>>()));
        lists.filter(|(_, names)| !names.is_empty()).collect()
    };
    sets.into_iter().map(named).collect()
}

/// The title of a list, and whether an access belongs there.
type Kind = (&'static str, fn(&Access) -> bool);

/// All lists; the first that takes an access has it.
const KINDS: [Kind; 5] = [
    ("failed", |access| access.errno != 0),
    ("changed", |access| access.op.changes()),
    ("talked to", |access| !matches!(access.object, Object::File(_))),
    ("ran", |access| access.op == Op::Run),
    ("read", |_| true),
];

/// The object; of what failed or is no file, with what was done.
fn name(report: &Report, access: &Access) -> String {
    if access.errno != 0 {
        return format!("{} ({})", words::deed(report, access), words::error(access.errno));
    }
    match (&access.object, &access.to) {
        (Object::File(path), Some(to)) => format!("{} -> {}", words::path(report, path), words::path(report, to)),
        (Object::File(path), None) => words::path(report, path),
        _ => words::deed(report, access),
    }
}
