//! Sets of numbers that have no bound: descriptors.

use std::collections::BTreeSet;

/// These numbers, or all but these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// All but those that are listed.
    pub others: bool,
    /// The numbers.
    pub listed: BTreeSet<i32>,
}

impl Numbers {
    /// Whether a number is among them. Descriptors that cannot be are in no set.
    pub fn has(&self, number: i32) -> bool {
        number >= 0 && self.listed.contains(&number) != self.others
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        !self.others && self.listed.is_empty()
    }
}
