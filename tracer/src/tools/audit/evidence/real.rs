//! What rules judge: an access by the names that it really had, where a report shows what stays the same from run to run
//! (`/tmp/tmp.<random>`), and one access where there were many.

use super::{Access, Evidence, GapKind};

/// An access as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    /// The access, with its real names.
    pub access: Access,
    /// Of a program that was run, the further names that it has: the script, and what its first line names.
    pub also: Vec<Vec<u8>>,
}

impl Evidence {
    /// The run did not come to its end: how the command ended is tracer's doing.
    pub fn is_interrupted(&self) -> bool {
        self.gaps.iter().any(|gap| gap.kind == GapKind::Interrupted)
    }

    /// The names under which rules judge an access, and the further names of the program that it ran.
    pub fn judged(&self, index: usize) -> Vec<(&Access, &[Vec<u8>])> {
        match self.real.get(&index) {
            Some(real) => real.iter().map(|real| (&real.access, real.also.as_slice())).collect(),
            None => self.accesses.get(index).map(|access| (access, &[][..])).into_iter().collect(),
        }
    }
}
