//! Of which units sections speak. A section that speaks of none may have a name that is misspelt, or that the units had before, so it is
//! said; only some of the units may have run, so that nothing is wrong with it.

use super::glob::NameGlob;
use super::{Policy, UnitSection};
use crate::render::typed::show;
use crate::tools::audit::evidence::{Evidence, Runner, Unit};

/// Sections that are named at most.
const MOST: usize = 8;

impl UnitSection {
    /// It speaks of this unit. Of what belongs to none beside tests `[harness]` does; where nothing runs tests, that is a unit of its own.
    pub(super) fn fits(&self, unit: &Unit) -> bool {
        unit.runner != Runner::Harness && self.names.iter().any(|name| unit_fits(name, unit))
    }
}

impl Policy {
    /// What is to be said of sections that speak of no unit.
    pub fn unfitted(&self, evidence: &Evidence) -> Option<String> {
        let fits = |section: &&UnitSection| !evidence.units.iter().any(|unit| section.fits(unit));
        let all: Vec<&UnitSection> = self.units.iter().filter(fits).collect();
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
pub(super) fn unit_fits(name: &NameGlob, unit: &Unit) -> bool {
    let fits = |text: &str| !text.is_empty() && name.matches(text.as_bytes());
    fits(&unit.name) || fits(&unit.suite) || fits(&unit.label())
}
