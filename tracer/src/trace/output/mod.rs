//! From values to bytes. A renderer turns one [`Line`] into text or JSON and writes to the buffer it is
//! given; it never reads /proc and never fails. Where the bytes go is the sink's business.

pub mod event;
pub mod json;
pub mod leaks;
pub mod loss;
pub mod ltrace;
pub mod perfetto;
pub mod record;
mod stamp;
pub mod strace;
pub mod summary;
#[cfg(test)]
pub mod testing;
pub mod text;

pub use self::event::Event;
use crate::capture::Losses;
use crate::decode::value::Call;
use crate::spec::{self, View};
pub use crate::stack::frames::Stack;

/// One thing to show, in the order in which it happened.
#[derive(Debug)]
pub struct Line<'a> {
    /// CLOCK_REALTIME in ns since the epoch: when the call was entered or the event happened; for
    /// `Resumed`, when the call ended.
    pub wall: u64,
    /// The task.
    pub tid: u32,
    /// Its process.
    pub tgid: u32,
    /// Its name.
    pub comm: &'a [u8],
    /// Where in the program it was, where that was asked for.
    pub stack: Stack<'a>,
    /// What is shown below it: dumps.
    pub below: &'a [u8],
    /// More than one task is being traced (or was, where output goes to a file): lines need a pid.
    pub many: bool,
    /// What happened.
    pub item: Item<'a>,
}

/// What happened.
#[derive(Debug)]
pub enum Item<'a> {
    /// A call, from its entry to its end.
    Call(&'a Call<'a>),
    /// A call was entered and another line comes before its end: `... <unfinished ...>`.
    Unfinished(&'a Call<'a>),
    /// An execve was entered by a thread that goes on as the first of its process: `... <pid changed to 7 ...>`.
    Changed(&'a Call<'a>),
    /// The end of a call whose entry was shown: `<... read resumed>`.
    Resumed(&'a Call<'a>),
    /// Tracing ended while the call was running: `<detached ...>`; the call was not shown before.
    Detached(&'a Call<'a>),
    /// What is no call.
    Event(Event<'a>),
}

/// How calls of several tasks are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As strace: a call stands where it began, cut when another line comes before its end.
    Split,
    /// Whole calls, where they ended (`-z`, JSON).
    Ends,
    /// As they come: only the order within a task counts (`-ff`, `-c`).
    Arrival,
}

/// A form of lines: each is a file of its own, and a row of [`FORMS`].
pub struct LineForm {
    /// What `spec::OutputForm::Lines` names it by.
    pub name: &'static str,
    /// Makes a renderer for one output; of coloured lines, if it has colours.
    pub make: fn(&View, bool) -> Box<dyn Render>,
    /// In which order it wants to be told.
    pub order: fn(&View) -> Order,
    /// It shows forks and execs, too.
    pub tasks: bool,
}

/// Every form.
pub const FORMS: &[LineForm] = &[strace::FORM, ltrace::FORM, leaks::FORM, json::FORM, perfetto::FORM];

/// The form of that name.
pub fn form(name: &str) -> Option<&'static LineForm> {
    FORMS.iter().find(|form| form.name == name)
}

/// Something that makes bytes of lines.
pub trait Render {
    /// Appends the line's bytes, with its newline, to `out`; nothing when it shows no such lines.
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>);

    /// Appends what comes last. Gives the number of records.
    fn end(&mut self, end: &TraceEnd<'_>, out: &mut Vec<u8>) -> u64;
}

/// What is known at the end of a trace.
#[derive(Debug)]
pub struct TraceEnd<'a> {
    /// Name of the source.
    pub source: &'a str,
    /// What was lost, by reason.
    pub losses: &'a Losses,
    /// The command's exit code, where there was a command and it ended.
    pub exit_code: Option<i32>,
    /// Counts by call (`-c`, `-C`), and in what order they come.
    pub counts: Option<(&'a summary::Summary, &'a spec::Summary)>,
}
