//! An access by numbers: what is compared and sorted, as long as a run lasts.

use std::num::NonZeroU32;

use crate::tools::audit::evidence::Op;

/// The number of a text, from 1 on, so that none takes no room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(NonZeroU32);

impl Text {
    /// That of the text in a place.
    pub fn new(place: u32) -> Text {
        Text(NonZeroU32::MIN.saturating_add(place))
    }

    /// Its place among all texts.
    pub fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl Default for Text {
    /// The first.
    fn default() -> Text {
        Text(NonZeroU32::MIN)
    }
}

/// An object by numbers, in the order of [`Object`](crate::tools::audit::evidence::Object).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A file.
    File(Text),
    /// An address.
    Inet(u32),
    /// A unix socket.
    Unix(Text),
    /// Another address.
    Other(u32),
}

/// An [`Access`](crate::tools::audit::evidence::Access) by numbers; the order of the fields is that of its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Index of the unit.
    pub unit: usize,
    /// What was done.
    pub op: Op,
    /// To what.
    pub thing: Thing,
    /// The errno, or 0.
    pub errno: u16,
    /// As [`Access::to`](crate::tools::audit::evidence::Access::to).
    pub to: Option<Text>,
    /// As [`Access::passed`](crate::tools::audit::evidence::Access::passed).
    pub passed: Option<Text>,
    /// As [`Access::wrote`](crate::tools::audit::evidence::Access::wrote); of a write set when all is known.
    pub wrote: bool,
    /// The program that did it.
    pub program: Text,
    /// As [`Real::also`](crate::tools::audit::evidence::Real::also), with a NUL between two; a path has none.
    pub also: Option<Text>,
    /// As [`Real::by`](crate::tools::audit::evidence::Real::by), likewise.
    pub by: Option<Text>,
    /// As [`Access::later`](crate::tools::audit::evidence::Access::later).
    pub later: bool,
    /// How many names of hosts the command had been told for the address: those that it had then.
    pub told: u32,
}

impl Row {
    /// Something that did not fail, and of which no more is known.
    pub fn new(unit: usize, op: Op, thing: Thing, program: Text) -> Row {
        Row {
            unit,
            op,
            thing,
            errno: 0,
            to: None,
            passed: None,
            wrote: false,
            program,
            also: None,
            by: None,
            later: false,
            told: 0,
        }
    }
}

impl Row {
    /// The first of what tells rows apart, in their order: rows with other begins are in the order of these.
    pub fn begin(&self) -> u128 {
        let (kind, number) = match self.thing {
            Thing::File(text) => (0, text.place() as u32),
            Thing::Inet(object) => (1, object),
            Thing::Unix(text) => (2, text.place() as u32),
            Thing::Other(object) => (3, object),
        };
        let fields = [
            (self.unit as u128, 32),
            (self.op as u128, 8),
            (kind, 8),
            (u128::from(number), 32),
            (u128::from(self.errno), 16),
        ];
        fields.into_iter().fold(0, |begin, (field, bits)| begin << bits | field)
    }

    /// Nothing more is known than what is shown. `is_shown`: a text is shown as it is; `is_named`: an address is shown with names that it
    /// was told for.
    pub fn is_whole(&self, is_shown: impl Fn(Text) -> bool, is_named: impl Fn(u32) -> bool) -> bool {
        let name = match self.thing {
            Thing::File(text) | Thing::Unix(text) => Some(text),
            Thing::Inet(object) if is_named(object) => return false,
            Thing::Inet(_) | Thing::Other(_) => None,
        };
        let texts = [name, self.to, self.passed, Some(self.program)];
        self.also.is_none() && self.by.is_none() && texts.into_iter().flatten().all(is_shown)
    }
}
