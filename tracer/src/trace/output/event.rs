//! An event that is no call, to be shown: a record's head and the row of its line (`schema::records`), which says what it is made of.

use std::borrow::Cow;

use tracer_common::event::Head;
use tracer_common::record::blobs;

use crate::decode::siginfo;
use crate::decode::value::Value;
use crate::schema::records::{FieldType, LineKind, Member, RecordKind, Shape, Text, Word};
use crate::schema::signal_names;

/// In the place of a call's number, where there was no call.
pub const NO_CALL: u32 = u32::MAX;

/// An event.
#[derive(Debug)]
pub struct Event<'a> {
    /// The row of its line.
    pub line: &'static LineKind,
    kind: &'static RecordKind,
    head: Head,
    info: Option<Value<'a>>,
    name: &'a [u8],
}

/// What an event says with a word.
#[derive(Debug)]
pub enum Said<'e, 'a> {
    /// Words of ours.
    Words(&'static str),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A signal.
    Signal(i32),
    /// A structure.
    Value(&'e Value<'a>),
    /// The line's stack, where that was asked for.
    Stack,
    /// The line's stack.
    Frames,
    /// A name of others.
    Name(&'e [u8]),
}

impl<'a> Event<'a> {
    /// What a record says, in a line of its kind.
    pub fn new(kind: &'static RecordKind, line: &'static LineKind, head: &Head, record: &'a [u8]) -> Event<'a> {
        let named = |member: &Member| matches!(member, Member::Name(_));
        let name = match line.shape {
            Shape::Event { members, .. } if members.iter().any(named) => {
                blobs(head, record).next().map_or(&[][..], |(_, bytes)| bytes)
            }
            _ => &[],
        };
        let informed = |member: &Member| matches!(member, Member::Siginfo(_));
        let info = match line.shape {
            Shape::Event { members, .. } if members.iter().any(informed) => {
                Some(siginfo(blobs(head, record).next().map_or(&[], |(_, bytes)| bytes)))
            }
            _ => None,
        };
        Event { line, kind, head: *head, info, name }
    }

    /// What it says of the signal, to be told more of.
    pub fn info(&mut self) -> Option<&mut Value<'a>> {
        self.info.as_mut()
    }

    /// Its members, in order, with their names.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, Said<'_, 'a>)> {
        let members = if let Shape::Event { members, .. } = self.line.shape { members } else { &[] };
        members.iter().filter_map(|member| match *member {
            Member::Of(name) => Some((name, self.field(name)?)),
            Member::IfSet(name) => (self.number(name) != 0).then_some((name, Said::Flag(true))),
            Member::Siginfo(name) => Some((name, Said::Value(self.info.as_ref()?))),
            Member::Stack(name) => Some((name, Said::Stack)),
            Member::Frames(name) => Some((name, Said::Frames)),
            Member::Name(name) => Some((name, Said::Name(self.name))),
        })
    }

    /// Its text: what stands around it, and the words.
    pub fn text(&self) -> Option<(&'static str, impl Iterator<Item = Said<'_, 'a>>)> {
        match self.line.shape {
            Shape::Event { text: Text::Title(around), title, .. } => Some((around, self.words(title))),
            Shape::Event { text: Text::Words(around, words), .. } => Some((around, self.words(words))),
            _ => None,
        }
    }

    /// The name that it has.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// Its title.
    pub fn title(&self) -> String {
        let title = if let Shape::Event { title, .. } = self.line.shape { title } else { &[] };
        let word = |said: Said<'_, '_>| match said {
            Said::Words(words) => Cow::Borrowed(words),
            Said::Signal(signal) => signal_names::name(signal),
            Said::Number(number) => Cow::Owned(number.to_string()),
            Said::Flag(_) | Said::Value(_) | Said::Stack | Said::Frames | Said::Name(_) => Cow::Borrowed(""),
        };
        self.words(title).map(word).collect()
    }

    /// The number of its task's last call ([`NO_CALL`]: it made none), and where the task was, if the source told.
    pub fn registers(&self) -> Option<(u32, u64)> {
        (self.head.ip != 0).then_some((self.head.nr, self.head.ip))
    }

    /// Its task is gone.
    pub fn ends(&self) -> bool {
        matches!(self.line.shape, Shape::Event { ends: true, .. })
    }

    fn words(&self, words: &'static [Word]) -> impl Iterator<Item = Said<'_, 'a>> {
        words.iter().filter_map(|word| match *word {
            Word::Lit(words) => Some(Said::Words(words)),
            Word::Of(name) => self.field(name),
            Word::If(name, words) => (self.number(name) != 0).then_some(Said::Words(words)),
            Word::Siginfo => self.info.as_ref().map(Said::Value),
        })
    }

    /// The number that a field has.
    pub fn number(&self, name: &str) -> i64 {
        self.kind.field(name).map_or(0, |field| field.place.number(&self.head))
    }

    fn field(&self, name: &str) -> Option<Said<'_, 'a>> {
        let number = self.number(name);
        match self.kind.field(name)?.ty {
            FieldType::Number => Some(Said::Number(number)),
            FieldType::Flag => Some(Said::Flag(number != 0)),
            FieldType::Signal => Some(Said::Signal(number as i32)),
            FieldType::Comm => None,
        }
    }
}
