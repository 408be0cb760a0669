//! Help for a terminal, from the rows of a command: how an option is spelled and explained, in two columns of 80; and the whole
//! page of a command, from its [`Manual`].

use std::fmt::Write;

use super::table::{Flag, Standing, Takes};

const WIDTH: usize = 79;
/// Column of the explanations.
const INDENT: usize = 26;

/// What help and the man page say of a command.
#[derive(Debug)]
pub struct Manual {
    /// The forms of its command line, behind its name.
    pub usage: &'static [&'static str],
    /// What it does, in sentences.
    pub about: &'static str,
    /// Its options, in the order in which they are listed.
    pub options: fn() -> Vec<&'static Flag>,
    /// The grammar of its words, where there is one: lines for a terminal.
    pub notes: &'static str,
    /// What of its exit code does not fit in the rows of `exits`.
    pub ends: &'static str,
    /// Its exit codes.
    pub exits: &'static [(u8, &'static str)],
}

/// The page of a command. `program` is how it was called; `lists` stands between what it does and its options.
pub fn page(program: &str, manual: &Manual, lists: &str) -> String {
    let mut out = String::new();
    for (at, form) in manual.usage.iter().enumerate() {
        let label = if at == 0 { "Usage:" } else { "   or:" };
        let _ = writeln!(out, "{}", format!("{label} {program} {form}").trim_end());
    }
    out.push('\n');
    paragraph(&mut out, manual.about);
    out.push_str(lists);
    let mut group = None;
    for flag in (manual.options)().into_iter().filter(|flag| !flag.refused()) {
        if group != Some(flag.group) {
            group = Some(flag.group);
            out.push('\n');
            if !flag.group.is_empty() {
                let _ = writeln!(out, "{}:", flag.group);
            }
        }
        entry(&mut out, &spelling(flag), &text(flag));
    }
    if !manual.notes.is_empty() {
        let _ = write!(out, "\n{}", manual.notes);
    }
    out.push_str("\nExit status:\n");
    if !manual.ends.is_empty() {
        paragraph(&mut out, manual.ends);
    }
    for (code, what) in manual.exits {
        entry(&mut out, &code.to_string(), what);
    }
    out
}

/// `-o, --output=FILE`, `-e trace=SET, --trace=SET`
pub fn spelling(flag: &Flag) -> String {
    spelled(flag, flag.long.get(..1).unwrap_or_default())
}

/// The same, with every name.
pub fn spellings(flag: &Flag) -> String {
    spelled(flag, flag.long)
}

fn spelled(flag: &Flag, long: &[&str]) -> String {
    let mut forms = Vec::new();
    if let Some(short) = flag.short {
        forms.push(match flag.takes {
            Takes::Value(what) if flag.long.is_empty() => format!("{short} {what}"),
            Takes::Maybe(what) if flag.long.is_empty() => format!("{short} [{what}]"),
            _ => short.to_owned(),
        });
    }
    if let (Some(qual), Takes::Value(what) | Takes::Maybe(what)) = (flag.quals.first(), flag.takes) {
        forms.push(format!("-e {qual}={what}"));
    }
    forms.extend(long.iter().map(|long| match flag.takes {
        Takes::Nothing => (*long).to_owned(),
        Takes::Value(what) => format!("{long}={what}"),
        Takes::Maybe(what) => format!("{long}[={what}]"),
    }));
    forms.join(", ")
}

/// The explanation; of an option that is ignored or refused, with the reason.
pub fn text(flag: &Flag) -> String {
    match flag.standing {
        Standing::Supported => flag.help.to_owned(),
        Standing::Ignored(why) => format!("{} Accepted, ignored: {why}.", flag.help),
        Standing::Refused(why) => format!("{} Refused: {why}.", flag.help),
    }
}

/// The first part of an explanation, without details.
pub fn first_sentence(help: &str) -> &str {
    let end = [". ", "; ", ": "].iter().filter_map(|mark| help.find(mark)).min();
    end.map_or(help.trim_end_matches('.'), |end| &help[..end])
}

/// A paragraph, broken into lines.
pub fn paragraph(out: &mut String, text: &str) {
    fill(out, text, 0);
}

/// An option and its explanation, in two columns.
pub fn entry(out: &mut String, left: &str, right: &str) {
    let left = left.trim_end();
    let mut column = 2 + left.len();
    let _ = write!(out, "  {left}");
    if column + 2 > INDENT {
        out.push('\n');
        column = 0;
    }
    let _ = write!(out, "{:1$}", "", INDENT - column);
    fill(out, right, INDENT);
}

/// Breaks words into lines that begin at `indent`, the column at which the output stands.
fn fill(out: &mut String, text: &str, indent: usize) {
    let mut column = indent;
    for word in text.split(' ') {
        if column > indent && column + 1 + word.len() > WIDTH {
            let _ = write!(out, "\n{:1$}", "", indent);
            column = indent;
        }
        if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
}
