//! What rules judge: an access by the names that it really had, where a report shows what stays the same from run to run
//! (`/tmp/tmp.<random>`), and one access where there were many.

use super::{Access, Evidence, GapKind, Object};

/// An access as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Real {
    /// The access, with its real names.
    pub access: Access,
    /// The further names of the object: of a file those of other mounts and of before a rename; of a program that was run also the script
    /// and what its first line names.
    pub also: Vec<Vec<u8>>,
    /// The further names of the program that did it, where rules name programs.
    pub by: Vec<Vec<u8>>,
}

impl Real {
    /// Something is known that the access that is shown does not have.
    pub fn tells_more_than(&self, shown: &Access) -> bool {
        self.access != *shown || !self.also.is_empty() || !self.by.is_empty()
    }
}

/// What rules are held against.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'e> {
    /// As in [`Real`].
    pub access: &'e Access,
    /// As in [`Real`].
    pub also: &'e [Vec<u8>],
    /// As in [`Real`].
    pub by: &'e [Vec<u8>],
}

impl Evidence {
    /// The run did not come to its end: how the command ended is tracer's doing.
    pub fn is_interrupted(&self) -> bool {
        self.gaps.iter().any(|gap| gap.kind == GapKind::Interrupted)
    }

    /// The names under which rules judge an access.
    pub fn judged(&self, index: usize) -> Vec<Judged<'_>> {
        match self.real.get(&index) {
            Some(real) => real.iter().map(|Real { access, also, by }| Judged { access, also, by }).collect(),
            None => self.accesses.get(index).map(|access| Judged { access, also: &[], by: &[] }).into_iter().collect(),
        }
    }

    /// An access as it is shown; one to an address by the names that this had then, which may differ.
    pub fn as_named(&self, index: usize) -> Vec<&Access> {
        match self.accesses.get(index) {
            Some(Access { object: Object::Inet { .. }, .. }) => {
                self.judged(index).into_iter().map(|judged| judged.access).collect()
            }
            shown => shown.into_iter().collect(),
        }
    }
}
