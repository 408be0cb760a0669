//! What is known of a kind of line: who asks for it, of which records it is made, and what it says.

/// A kind of line.
#[derive(Debug)]
pub struct LineKind {
    /// JSON's `type`.
    pub name: &'static str,
    /// What it says, in words.
    pub doc: &'static str,
    /// What decides whether it is shown.
    pub asked: Asked,
    /// Of which records it is made.
    pub when: When,
    /// How it looks.
    pub shape: Shape,
}

/// What decides whether a line is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The call set, `-e status=`, `-P`.
    Calls,
    /// `-e trace=%io_uring`, `-e status=`, `-P`.
    Operations,
    /// Calls of library functions.
    Library,
    /// Blocks of memory that are not freed.
    Blocks,
    /// `-e signal=`, by the field `signal`.
    Signals,
    /// `-e quiet=exit`.
    Exits,
    /// `-e quiet=superseded`.
    Superseded,
    /// The form: it has lines of forks and execs, or it has not.
    Tasks,
}

/// Of which records a line is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Of all.
    Always,
    /// Of those whose field is not 0.
    Set(&'static str),
    /// Of those whose field is 0.
    Unset(&'static str),
}

/// How a line looks.
#[derive(Debug)]
pub enum Shape {
    /// As a call: a name, arguments, how it ended, in two parts where need be. `decode` makes it of the row of the call.
    Call,
    /// As an event: words.
    Event {
        /// The members of its object.
        members: &'static [Member],
        /// Its words, also where it needs a title.
        title: &'static [Word],
        /// Its line of text.
        text: Text,
        /// Its task is gone.
        ends: bool,
    },
}

/// A member of an event's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// A field.
    Of(&'static str),
    /// A field, where it is not 0.
    IfSet(&'static str),
    /// What the kernel says of a signal, under this name.
    Siginfo(&'static str),
    /// Where in the program it was, under this name, where that was asked for.
    Stack(&'static str),
    /// The same, always.
    Frames(&'static str),
    /// The name that the record has, under this name.
    Name(&'static str),
}

/// A piece of what an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// These words.
    Lit(&'static str),
    /// A field.
    Of(&'static str),
    /// These words, where a field is not 0.
    If(&'static str, &'static str),
    /// What the kernel says of a signal.
    Siginfo,
}

/// An event in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// strace has no such line.
    None,
    /// Its title between these.
    Title(&'static str),
    /// These words between these.
    Words(&'static str, &'static [Word]),
}

impl LineKind {
    /// strace has such lines.
    pub fn has_text(&self) -> bool {
        !matches!(self.shape, Shape::Event { text: Text::None, .. })
    }
}
