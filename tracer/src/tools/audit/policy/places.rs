//! The directories behind variables, looked up once for all rules.

use std::collections::HashMap;

use super::Policy;
use super::glob::{Component, LONGEST, PathGlob};
use crate::tools::audit::evidence::Variables;

/// The names of the paths of variables; those that are not known here have none.
pub struct Places<'p>(HashMap<&'p str, Vec<Vec<u8>>>);

impl Places<'_> {
    /// Whether a variable is known here.
    pub fn know(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The patterns of a glob here.
    pub fn patterns(&self, glob: &PathGlob) -> Vec<Vec<Component>> {
        glob.resolve(&|name| self.0.get(name).cloned())
    }
}

impl Policy {
    /// The directories behind all variables.
    pub(super) fn places<'p>(&'p self, variables: &'p Variables) -> Places<'p> {
        let ours = self.variables.iter().map(|variable| variable.name.as_str());
        let names = ours.chain(variables.0.iter().map(|(name, _)| *name));
        Places(names.filter_map(|name| Some((name, self.resolve(name, variables)?))).collect())
    }

    /// The names of a variable's path. What is longer than any path that the kernel tells is none.
    fn resolve(&self, name: &str, variables: &Variables) -> Option<Vec<Vec<u8>>> {
        let (mut name, mut tail, mut steps) = (name, Vec::new(), 0);
        while let Some(variable) = self.variables.iter().find(|variable| variable.name == name) {
            tail.splice(0..0, variable.names.iter().cloned());
            match variable.base.as_deref() {
                // A policy with circles is refused; this ends all the same.
                Some(base) if steps <= self.variables.len() => (name, steps) = (base, steps + 1),
                Some(_) => return None,
                None => return is_short(&tail).then_some(tail),
            }
        }
        let path = variables.path(name).filter(|path| path.starts_with(b"/"))?;
        let front = path.split(|&b| b == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec);
        let whole: Vec<Vec<u8>> = front.chain(tail).collect();
        is_short(&whole).then_some(whole)
    }
}

fn is_short(names: &[Vec<u8>]) -> bool {
    names.iter().map(|name| name.len() + 1).sum::<usize>() <= LONGEST
}
