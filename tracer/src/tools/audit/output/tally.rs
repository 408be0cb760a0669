//! Accesses counted by unit, and what is wrong, grouped by unit.

use std::collections::BTreeMap;

use crate::tools::audit::evidence::{Access, Change, Gap, GapKind, Op, Report, Unmet, Violation};

/// Distinct accesses of a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files read and directories listed.
    pub read: usize,
    /// Whatever changes files.
    pub write: usize,
    /// Programs run.
    pub run: usize,
    /// Sockets bound, listened on, connected, sent from.
    pub net: usize,
    /// How many of all these failed.
    pub failed: usize,
    /// Accesses that are not allowed, and expectations of the unit that were not met.
    pub violations: usize,
}

impl Counts {
    fn add(&mut self, access: &Access) {
        match access.op {
            Op::Read | Op::List => self.read += 1,
            Op::Run => self.run += 1,
            Op::Bind | Op::Listen | Op::Connect | Op::Send => self.net += 1,
            Op::Create | Op::Write | Op::Truncate | Op::Rename | Op::Delete => self.write += 1,
            Op::Chmod | Op::Chown | Op::Times | Op::Attributes => self.write += 1,
        }
        self.failed += usize::from(access.errno != 0);
    }

    /// All accesses.
    pub fn all(&self) -> usize {
        self.read + self.write + self.run + self.net
    }

    /// How early the unit stands in a table: what is wrong first, then what leaves traces.
    fn rank(&self) -> u8 {
        match self {
            Counts { violations: 1.., .. } => 0,
            Counts { write: 1.., .. } | Counts { net: 1.., .. } => 1,
            _ => 2,
        }
    }
}

/// The counts of every unit, by index.
pub fn counts(report: &Report) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); report.evidence.units.len()];
    for access in &report.evidence.accesses {
        if let Some(unit) = counts.get_mut(access.unit) {
            unit.add(access);
        }
    }
    for trouble in troubles(report) {
        if let Some(unit) = trouble.unit.and_then(|index| counts.get_mut(index)) {
            unit.violations = trouble.count();
        }
    }
    counts
}

/// Units in the order of tables, with their counts; those that did nothing come last.
pub fn ranked(report: &Report) -> Vec<(usize, Counts)> {
    let mut all: Vec<(usize, Counts)> = counts(report).into_iter().enumerate().collect();
    all.sort_by_key(|(index, counts)| (counts.rank(), counts.all() == 0, *index));
    all
}

/// A violation and its access; `None` should the evidence not have it.
pub type Violated<'r> = (&'r Violation, Option<&'r Access>);

/// What is wrong with one unit, or with the whole run.
#[derive(Debug, Default)]
pub struct Trouble<'r> {
    /// The unit; `None`: the whole run.
    pub unit: Option<usize>,
    /// What it should not have done.
    pub violations: Vec<Violated<'r>>,
    /// What it should have done.
    pub unmet: Vec<&'r Unmet>,
}

impl Trouble<'_> {
    /// How many things are wrong.
    pub fn count(&self) -> usize {
        self.violations.len() + self.unmet.len()
    }
}

/// All that is wrong, by unit; the whole run last.
pub fn troubles(report: &Report) -> Vec<Trouble<'_>> {
    let mut all: BTreeMap<usize, Trouble<'_>> = BTreeMap::new();
    for violation in &report.judgement.violations {
        let access = report.evidence.accesses.get(violation.access);
        let unit = access.map(|access| access.unit);
        let entry = all.entry(unit.unwrap_or(usize::MAX)).or_default();
        entry.unit = unit;
        entry.violations.push((violation, access));
    }
    for unmet in &report.judgement.unmet {
        let entry = all.entry(unmet.unit.unwrap_or(usize::MAX)).or_default();
        entry.unit = unmet.unit;
        entry.unmet.push(unmet);
    }
    all.into_values().collect()
}

/// What may be missing, by class.
pub fn gaps(report: &Report) -> BTreeMap<GapKind, Vec<&Gap>> {
    let mut all: BTreeMap<GapKind, Vec<&Gap>> = BTreeMap::new();
    for gap in &report.evidence.gaps {
        all.entry(gap.kind).or_default().push(gap);
    }
    all
}

/// How many files were created, modified, deleted, renamed and temporary, in this order.
pub fn effects(report: &Report) -> [usize; 5] {
    let mut counts = [0; 5];
    for effect in &report.evidence.effects {
        let at = match effect.change {
            Change::Created => 0,
            Change::Modified => 1,
            Change::Deleted => 2,
            Change::Renamed(_) => 3,
            Change::Temporary => 4,
        };
        counts[at] += 1;
    }
    counts
}
