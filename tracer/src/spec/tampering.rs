//! What is done to calls (`-e inject=`, `-e fault=`): a rule for each call that is meant. Only a source that stops tasks can carry it
//! out.

use std::sync::Arc;
use std::time::Duration;

use tracer_common::plan::{PLANS, plan_index};

use crate::schema::NUMBERS;

/// What is done, and to which calls.
#[derive(Debug, Clone, Default)]
pub struct Tampering {
    /// The rule of each call, by its place (`plan_index`); empty where there is none at all.
    rules: Vec<Option<Arc<Rule>>>,
    /// Only calls that touch one of these paths are meant (`-P`), where there are any.
    pub paths: Vec<Vec<u8>>,
}

impl Tampering {
    /// Gives a rule to these calls, by their places. One that had another has this one now.
    pub fn add(&mut self, calls: &[bool], rule: Rule) {
        self.rules.resize(PLANS, None);
        let rule = Arc::new(rule);
        for (slot, _) in self.rules.iter_mut().zip(calls).filter(|(_, meant)| **meant) {
            *slot = Some(Arc::clone(&rule));
        }
    }

    /// Nothing is done to any call.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule of call `nr`, with the call's place.
    pub fn rule(&self, nr: u32, compat: bool) -> Option<(u32, &Arc<Rule>)> {
        let place = (nr < NUMBERS).then(|| plan_index(nr, compat))?;
        self.rules.get(place as usize)?.as_ref().map(|rule| (place, rule))
    }

    /// Some rule sends a signal.
    pub fn signals(&self) -> bool {
        self.rules.iter().flatten().any(|rule| rule.signal.is_some())
    }
}

/// What is done to a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Which of a task's calls.
    pub when: When,
    /// It is not carried out, and this comes of it.
    pub outcome: Option<Outcome>,
    /// The numbers of a call without effect that is carried out in its place, in the machine's own ABI and in the 32-bit one; none:
    /// a number that no call has.
    pub instead: Option<[u16; 2]>,
    /// The task gets this signal when it enters the call.
    pub signal: Option<i32>,
    /// How long it is held before the call.
    pub delay_enter: Option<Duration>,
    /// How long it is held behind it.
    pub delay_exit: Option<Duration>,
    /// What is written to its memory before the call.
    pub poke_enter: Vec<Poke>,
    /// What is written there behind it.
    pub poke_exit: Vec<Poke>,
}

/// What comes of a call that is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// This error.
    Error(u16),
    /// This value.
    Value(u64),
}

/// Bytes for the memory that an argument points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poke {
    /// The argument, counted from 0.
    pub arg: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Which of the calls with one number that a task makes, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    /// The first.
    pub first: u16,
    /// None behind this one.
    pub last: Option<u16>,
    /// How many calls further the next one is; 0: there is none.
    pub step: u16,
}

impl Default for When {
    fn default() -> When {
        When { first: 1, last: None, step: 1 }
    }
}

impl When {
    /// Counts a call; true when it is one of them.
    pub fn comes(&mut self) -> bool {
        if self.first == 0 || self.last == Some(0) {
            return false;
        }
        self.last = self.last.map(|left| left - 1);
        self.first -= 1;
        let comes = self.first == 0;
        if comes {
            self.first = self.step;
        }
        comes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted() {
        let check = |first, last, step, expected: &[usize]| {
            let mut when = When { first, last, step };
            let comes: Vec<usize> = (1..=12).filter(|_| when.comes()).collect();
            assert_eq!(comes, expected, "{first}..{last:?}+{step}");
        };
        check(1, None, 1, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        check(3, None, 0, &[3]);
        check(10, None, 1, &[10, 11, 12]);
        check(2, None, 4, &[2, 6, 10]);
        check(2, Some(4), 1, &[2, 3, 4]);
        check(2, Some(9), 3, &[2, 5, 8]);
        check(2, Some(8), 3, &[2, 5, 8]);
        check(5, Some(5), 1, &[5]);
        check(u16::MAX, None, 1, &[]);
    }
}
