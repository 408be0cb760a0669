//! Rows of help: how an option is spelled and explained, in two columns of 80.

use std::fmt::Write;

use super::flags::{Flag, Standing, Takes};

const WIDTH: usize = 79;
/// Column of the explanations.
const INDENT: usize = 26;

/// `-o, --output=FILE`, `-e trace=SET, --trace=SET`
pub fn spelling(flag: &Flag) -> String {
    let mut forms = Vec::new();
    if let Some(short) = flag.short {
        match flag.takes {
            Takes::Value(what) if flag.long.is_empty() => forms.push(format!("{short} {what}")),
            _ => forms.push(short.to_owned()),
        }
    }
    if let (Some(qual), Takes::Value(what) | Takes::Maybe(what)) = (flag.quals.first(), flag.takes) {
        forms.push(format!("-e {qual}={what}"));
    }
    if let Some(long) = flag.long.first() {
        forms.push(match flag.takes {
            Takes::Nothing => (*long).to_owned(),
            Takes::Value(what) => format!("{long}={what}"),
            Takes::Maybe(what) => format!("{long}[={what}]"),
        });
    }
    forms.join(", ")
}

/// The explanation, with what an accepted option does not do.
pub fn text(flag: &Flag) -> String {
    match flag.standing {
        Standing::Supported => flag.help.to_owned(),
        Standing::Ignored(why) => format!("{} Accepted, ignored: {why}.", flag.help),
        Standing::Refused(why) => format!("{} Refused: {why}.", flag.help),
    }
}

/// The first part of an explanation, without what is said of details.
pub fn first_sentence(help: &str) -> &str {
    let end = [". ", "; ", ": "].iter().filter_map(|mark| help.find(mark)).min();
    end.map_or(help.trim_end_matches('.'), |end| &help[..end])
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
    column = INDENT;
    for word in right.split(' ') {
        if column > INDENT && column + 1 + word.len() > WIDTH {
            let _ = write!(out, "\n{:1$}", "", INDENT);
            column = INDENT;
        }
        if column > INDENT {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out.push('\n');
}
