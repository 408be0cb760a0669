//! What is wrong with a policy: all of it at once, each with its place, the line it stands in and a mark below. The text is
//! the user's, so it passes through [`show`] and [`plain`]: nothing in it reaches the terminal as a control sequence.

use std::fmt;
use std::ops::Range;

use crate::render::escape::never_raw;
use crate::render::typed::show;

/// The most faults that are shown; the rest is counted.
const MOST: usize = 20;
/// The most characters of a line that are shown.
const WIDEST: usize = 120;

/// Everything that is wrong with one policy, in the order of the file. Its text has no line end after the last line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The first of them, in the order of the file.
    pub list: Vec<Fault>,
    /// How many there are beyond these.
    pub more: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The policy's name, escaped.
    pub name: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters, from 1.
    pub column: usize,
    /// What is wrong, and what may have been meant; one line, escaped.
    pub message: String,
    /// The line as it stands in the file, shortened where it is long; printable.
    pub source: String,
    /// Blanks before the mark below [`Fault::source`], and the characters it is wide.
    pub mark: (usize, usize),
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.list.iter().enumerate() {
            write!(f, "{}{fault}", if at == 0 { "" } else { "\n" })?;
        }
        match self.more {
            0 => Ok(()),
            1 => write!(f, "\nand one more error"),
            more => write!(f, "\nand {more} more errors"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = number.len();
        writeln!(f, "{}:{}:{}: {}", self.name, self.line, self.column, self.message)?;
        writeln!(f, "{number} | {}", self.source)?;
        write!(f, "{} | {}{}", " ".repeat(gutter), " ".repeat(self.mark.0), "^".repeat(self.mark.1))
    }
}

impl std::error::Error for Faults {}

/// Something wrong at a place of a text; the text that it is a place of is known to who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

impl Flaw {
    /// Something wrong at a place.
    pub fn new(at: Range<usize>, message: impl Into<String>) -> Flaw {
        Flaw { at, message: message.into() }
    }

    /// The same in a text that has `by` more bytes in front.
    pub fn shifted(mut self, by: usize) -> Flaw {
        self.at = self.at.start + by..self.at.end + by;
        self
    }
}

/// `; did you mean 'read'?`, or nothing.
pub fn meant(word: Option<&str>) -> String {
    word.map(|word| format!("; did you mean '{word}'?")).unwrap_or_default()
}

/// Faults of a text from flaws in it, in order, each once.
pub fn faults(text: &str, name: &str, mut flaws: Vec<Flaw>) -> Faults {
    flaws.sort_by(|a, b| (a.at.start, a.at.end, &a.message).cmp(&(b.at.start, b.at.end, &b.message)));
    flaws.dedup();
    let more = flaws.len().saturating_sub(MOST);
    flaws.truncate(MOST);
    Faults { list: flaws.into_iter().map(|flaw| place(text, name, flaw)).collect(), more }
}

/// Where the lines of a text begin, for many places.
#[derive(Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Those of a text.
    pub fn of(text: &str) -> Lines {
        Lines(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1).collect())
    }

    /// The line of a place, from 1.
    pub fn of_byte(&self, at: usize) -> usize {
        1 + self.0.partition_point(|start| *start <= at)
    }
}

/// The line of a place, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count()
}

fn place(text: &str, name: &str, flaw: Flaw) -> Fault {
    let mut at = flaw.at.start.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let source = text[start..].lines().next().unwrap_or_default();
    let before = text[start..at].chars().count();
    let stop = flaw.at.end.clamp(at, at.max(start + source.len()));
    let width = (at..stop).filter(|&byte| text.is_char_boundary(byte)).count().max(1);
    let (source, cut) = window(source, before);
    let visible = source.chars().count();
    let blanks = before.saturating_sub(cut);
    Fault {
        name: show(name),
        line: line_of(text, at),
        column: before + 1,
        message: show(flaw.message),
        mark: (blanks, width.min(visible.saturating_sub(blanks)).max(1)),
        source: source.trim_end().to_owned(),
    }
}

/// The part of a line around a column, each character printable and one column wide, and how far it was moved to the left.
fn window(line: &str, column: usize) -> (String, usize) {
    let length = line.chars().count();
    let from = if length <= WIDEST { 0 } else { column.saturating_sub(WIDEST / 2).min(length - WIDEST) };
    (line.chars().skip(from).take(WIDEST).map(plain).collect(), from)
}

/// A character that takes one column and commands nothing.
fn plain(c: char) -> char {
    match c {
        '\t' => ' ',
        c if never_raw(c) => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_line_column_and_mark() {
        let text = "a = 1\n\tb = \"ü\x1b[2J\" # c\r\nlast";
        let check = |at: Range<usize>, expected: &str| {
            assert_eq!(faults(text, "p\n", vec![Flaw::new(at, "m")]).to_string(), expected);
        };
        check(4..5, "p\\x0a:1:5: m\n1 | a = 1\n  |     ^");
        check(11..13, "p\\x0a:2:6: m\n2 |  b = \"ü\u{fffd}[2J\" # c\n  |      ^^");
        check(25..900, "p\\x0a:3:1: m\n3 | last\n  | ^^^^");
        check(900..901, "p\\x0a:3:5: m\n3 | last\n  |     ^");
    }

    #[test]
    fn a_long_line_is_shown_around_its_place() {
        let text = format!("{}raed{}", "x".repeat(300), "y".repeat(300));
        let fault = faults(&text, "p", vec![Flaw::new(300..304, "m")]).list.remove(0);
        assert_eq!(fault.source.chars().count(), WIDEST);
        assert_eq!(&fault.source[fault.mark.0..fault.mark.0 + fault.mark.1], "raed");
        assert_eq!(fault.column, 301);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let text = "x".repeat(40);
        let many = (0..25).map(|at| Flaw::new(at..at + 1, "m")).collect();
        assert!(faults(&text, "p", many).to_string().ends_with("and 5 more errors"));
        let same = vec![Flaw::new(0..1, "m"); 25];
        assert_eq!(faults(&text, "p", same).list.len(), 1);
    }
}
