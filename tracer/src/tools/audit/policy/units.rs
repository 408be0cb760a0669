//! Of which units sections speak. A section that speaks of none may have a name that is misspelt, or that the units had before, so it is
//! said; only some of the units may have run, so that nothing is wrong with it.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::glob::NameGlob;
use super::glob::keyed::Keyed;
use super::{Policy, UnitSection};
use crate::render::typed::show;
use crate::tools::audit::evidence::{Evidence, Runner, Unit};

/// Sections that are named at most.
const MOST: usize = 8;

/// Lists of globs of units, of which those that fit a unit are found without asking each.
pub(super) struct Fitting<'p> {
    lists: Vec<&'p [NameGlob]>,
    numbers: HashMap<&'p [NameGlob], usize>,
    /// The lists by what units have that they fit.
    keyed: Keyed,
}

impl<'p> Fitting<'p> {
    /// Those of sections, a number for each.
    pub fn of_sections(policy: &'p Policy) -> Fitting<'p> {
        let mut fitting = Fitting { lists: Vec::new(), numbers: HashMap::new(), keyed: Keyed::default() };
        policy.units.iter().for_each(|section| fitting.add(&section.names));
        fitting
    }

    /// Those of expectations; equal ones have one number.
    pub fn of_claims(policy: &'p Policy) -> Fitting<'p> {
        let mut fitting = Fitting { lists: Vec::new(), numbers: HashMap::new(), keyed: Keyed::default() };
        for names in policy.expectations.iter().filter_map(|expectation| expectation.units.as_deref()) {
            if let Entry::Vacant(vacant) = fitting.numbers.entry(names) {
                vacant.insert(fitting.lists.len());
                fitting.add(names);
            }
        }
        fitting
    }

    fn add(&mut self, names: &'p [NameGlob]) {
        names.iter().for_each(|name| self.keyed.add_all(&name.keys(), self.lists.len()));
        self.lists.push(names);
    }

    /// The number of a list of expectations.
    pub fn of(&self, names: &[NameGlob]) -> Option<usize> {
        self.numbers.get(names).copied()
    }

    /// The lists that fit a unit, in order.
    fn find(&self, unit: &Unit) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let label = unit.label();
        let texts = [&unit.name, &unit.suite, &label].map(|text| text.as_bytes());
        self.keyed.find(texts, &mut |number| {
            if !found.contains(&number) && self.lists[number].iter().any(|name| unit_fits(name, unit)) {
                found.insert(number);
            }
        });
        found
    }

    /// The sections that speak of a unit, in order. Of what belongs to none beside tests `[harness]` does; where nothing runs tests, that
    /// is a unit of its own.
    pub fn sections(&self, unit: &Unit) -> impl Iterator<Item = usize> + use<> {
        let found = if unit.runner == Runner::Harness { BTreeSet::new() } else { self.find(unit) };
        found.into_iter()
    }

    /// For each list the units that it fits.
    pub fn units(&self, evidence: &Evidence) -> Vec<Vec<usize>> {
        let mut units = vec![Vec::new(); self.lists.len()];
        for (number, unit) in evidence.units.iter().enumerate() {
            self.find(unit).into_iter().for_each(|list| units[list].push(number));
        }
        units
    }
}

impl Policy {
    /// What is to be said of sections that speak of no unit.
    pub fn unfitted(&self, evidence: &Evidence) -> Option<String> {
        let fitting = Fitting::of_sections(self);
        let fitted: HashSet<usize> = evidence.units.iter().flat_map(|unit| fitting.sections(unit)).collect();
        let all = self.units.iter().enumerate().filter(|(number, _)| !fitted.contains(number));
        let all: Vec<&UnitSection> = all.map(|(_, section)| section).collect();
        let one = |section: &&UnitSection| show(format!("{} ({}:{})", section.text, self.name, section.line));
        let mut list: Vec<String> = all.iter().take(MOST).map(one).collect();
        match all.len().checked_sub(MOST) {
            Some(more @ 1..) => list.push(format!("and {more} more")),
            _ if list.is_empty() => return None,
            _ => {}
        }
        Some(format!("no unit of this run fits [[unit]] {}", list.join(", ")))
    }
}

/// A unit has this name.
fn unit_fits(name: &NameGlob, unit: &Unit) -> bool {
    let fits = |text: &str| !text.is_empty() && name.matches(text.as_bytes());
    fits(&unit.name) || fits(&unit.suite) || fits(&unit.label())
}
