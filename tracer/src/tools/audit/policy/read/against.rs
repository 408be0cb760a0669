//! Rules that allow what a rule of the same section denies, found without holding each of these against each of those.

use foldhash::HashMap;

use super::super::Placed;
use super::super::rule::{Ops, Program, Rule, Target};

/// What a rule speaks of, and by whom.
type Whose<'p> = (&'p Target, Option<&'p Program>);

/// Rules that deny, by what they speak of and by whom.
pub struct Denied<'p>(HashMap<Whose<'p>, Vec<(Ops, &'p Placed)>>);

impl<'p> Denied<'p> {
    /// Those of a section.
    pub fn of(rules: &'p [Placed]) -> Denied<'p> {
        let mut denied: HashMap<_, Vec<(Ops, &Placed)>> = HashMap::default();
        for placed in rules {
            let same = denied.entry((&placed.rule.target, placed.rule.program.as_ref())).or_default();
            // A set of operations once: there are few, and the first rule is told.
            if !same.iter().any(|(ops, _)| *ops == placed.rule.ops) {
                same.push((placed.rule.ops, placed));
            }
        }
        Denied(denied)
    }

    /// The line of the first that denies all of what a rule allows.
    pub fn by_line(&self, rule: &Rule) -> Option<u32> {
        let targets = [&rule.target, &Target::Anything];
        let whose = targets.into_iter().flat_map(|target| [(target, None), (target, rule.program.as_ref())]);
        let all = whose.filter_map(|whose| self.0.get(&whose)).flatten();
        let against = all.filter(|(ops, _)| rule.ops.within(*ops) == rule.ops);
        against.min_by_key(|(_, placed)| placed.at.start).map(|(_, placed)| placed.line)
    }
}
