//! What was done to a file, whatever names it has by then: a claim of a file is of the name that it has in the end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::tools::audit::evidence::{Op, Shared};

/// Names by which one unit did the same to one file, at most.
const MOST_NAMES: usize = 8;

/// By whom and what was done, the names by which it was.
type Names = BTreeMap<(usize, Op), Vec<Shared>>;

/// What was done to one file. All names of the file have the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Deeds(Rc<RefCell<Names>>);

/// Something was done to a file, by a name that is not the one it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Who did it.
    pub unit: usize,
    /// [`Op::Create`], [`Op::Write`].
    pub op: Op,
    /// The name that the file had then.
    pub then: Shared,
    /// The name that it has now.
    pub now: Shared,
}

impl Deeds {
    /// A unit did something, by this name.
    pub(super) fn add(&self, unit: usize, op: Op, name: &[u8]) {
        let mut deeds = self.0.borrow_mut();
        let names = deeds.entry((unit, op)).or_default();
        if names.len() < MOST_NAMES && !names.iter().any(|known| **known == *name) {
            names.push(name.into());
        }
    }

    /// What was done by other names than this.
    pub(super) fn by_another_name(&self, now: &[u8]) -> Vec<Kept> {
        let deeds = self.0.borrow();
        let all = deeds.iter().flat_map(|((unit, op), names)| names.iter().map(move |then| (*unit, *op, then)));
        let others = all.filter(|(_, _, then)| ***then != *now);
        others.map(|(unit, op, then)| Kept { unit, op, then: then.clone(), now: now.into() }).collect()
    }
}
