//! Words that the forms of a report share: what was done, to what, by whom. All that comes from here is printable ASCII, and
//! none of it is taken for a command by what reads the log of a workflow.

use crate::render::escape::Line;
use crate::schema::errno;
use crate::tools::audit::evidence::{Access, Gap, HostName, Object, Op, Report};

/// Bytes of others as printable ASCII. A runner of workflows obeys lines that begin with `::`, and `##[` anywhere in a line:
/// those are escaped too, as a summary often stands in such a log.
pub fn plain(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    Line::new(&mut out, false).plain_name(bytes);
    let text: String = out.into_iter().map(char::from).collect();
    let text = text.replace("##[", r"#\43[");
    match text.trim_start().strip_prefix("::") {
        Some(rest) => format!("{}\\72:{rest}", &text[..text.len() - rest.len() - 2]),
        None => text,
    }
}

/// A line of a baseline: what its tabs hold apart stays apart.
pub fn line(text: &str) -> String {
    plain(text.replace('\t', "  ").as_bytes())
}

/// The words of a form: how text of others is made harmless for who reads it.
#[derive(Clone, Copy)]
pub struct Voice<'r> {
    /// The report that is told.
    pub report: &'r Report,
    /// Makes bytes harmless.
    pub put: fn(&[u8]) -> String,
}

impl Voice<'_> {
    /// A path with a variable in front where one fits.
    pub fn path(self, path: &[u8]) -> String {
        (self.put)(&self.report.variables.shorten(path))
    }

    /// Names of a host, and how each is known.
    pub fn hosts(self, hosts: &[HostName]) -> String {
        let one = |host: &HostName| format!("{} by {}", (self.put)(host.name.as_bytes()), host.by.word());
        hosts.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// What something was done to.
    pub fn object(self, object: &Object) -> String {
        match object {
            Object::File(name) => self.path(name),
            Object::Inet { protocol, address, ephemeral, hosts } => {
                let end = Object::endpoint(address, *ephemeral);
                let hosts = if hosts.is_empty() { String::new() } else { format!(" ({})", self.hosts(hosts)) };
                format!("{protocol} {end}{hosts}")
            }
            Object::Unix(name) => format!("unix {}", self.path(name)),
            Object::Other(family, address) => format!("{family} {}", (self.put)(address.as_bytes())),
        }
    }

    /// What was done, and to what: `rename $TMPDIR/a to $TMPDIR/b`.
    pub fn deed(self, access: &Access) -> String {
        let what = format!("{} {}", access.op.name(), self.object(&access.object));
        match &access.to {
            Some(to) if access.op == Op::Rename => format!("{what} to {}", self.path(to)),
            Some(to) => format!("{what} as a link to {}", self.path(to)),
            None => what,
        }
    }

    /// How it was done, a phrase each: how it failed, what the program passed, which program it was.
    pub fn manner(self, access: &Access) -> Vec<String> {
        let mut phrases = Vec::new();
        if access.errno != 0 {
            phrases.push(format!("failed with {}", error(access.errno)));
        } else if access.op == Op::Write && !access.wrote {
            phrases.push("nothing was written".to_owned());
        }
        if let Some(passed) = &access.passed {
            phrases.push(format!("as {}", self.path(passed)));
        }
        if !access.program.is_empty() {
            phrases.push(format!("by {}", self.path(&access.program)));
        }
        if access.later {
            phrases.push("later, when the unit had ended".to_owned());
        }
        phrases
    }

    /// An argument of a program, in quotes where it would not be taken for one.
    pub fn argument(self, word: &[u8]) -> String {
        let bare = |b: u8| b.is_ascii_alphanumeric() || b"_-+=.,/:@%^".contains(&b);
        let text = (self.put)(word);
        if !word.is_empty() && word.iter().copied().all(bare) { text } else { format!("'{text}'") }
    }
}

/// The words of forms that are printable ASCII.
fn ascii(report: &Report) -> Voice<'_> {
    Voice { report, put: plain }
}

/// A path with a variable in front where one fits.
pub fn path(report: &Report, path: &[u8]) -> String {
    ascii(report).path(path)
}

/// The name of a unit.
pub fn unit(report: &Report, index: usize) -> String {
    match report.evidence.units.get(index) {
        Some(unit) => plain(unit.label().as_bytes()),
        None => format!("unit {index}"),
    }
}

/// The name of a unit, where something may belong to none.
pub fn whose(report: &Report, index: Option<usize>) -> String {
    index.map_or_else(|| "the whole run".to_owned(), |index| unit(report, index))
}

/// What was done, and to what: `rename $TMPDIR/a to $TMPDIR/b`.
pub fn deed(report: &Report, access: &Access) -> String {
    ascii(report).deed(access)
}

/// How it was done, a phrase each.
pub fn manner(report: &Report, access: &Access) -> Vec<String> {
    ascii(report).manner(access)
}

/// An argument of a program, in quotes where it would not be taken for one.
pub fn argument(report: &Report, word: &[u8]) -> String {
    ascii(report).argument(word)
}

/// Deed and manner, as one phrase.
pub fn whole(report: &Report, access: Option<&Access>) -> String {
    match access {
        Some(access) => {
            let mut phrases = vec![deed(report, access)];
            phrases.extend(manner(report, access));
            phrases.join(", ")
        }
        None => "an access that the evidence does not have".to_owned(),
    }
}

/// The name of an error.
pub fn error(number: u16) -> String {
    errno::name(number).map_or_else(|| format!("error {number}"), str::to_owned)
}

/// What may be missing: `io_uring_enter, 3 times`.
pub fn gap(gap: &Gap) -> String {
    match gap.count {
        1 => plain(gap.what.as_bytes()),
        count => format!("{}, {} times", plain(gap.what.as_bytes()), grouped(count)),
    }
}

/// A number with its thousands apart: `1,234`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 unit`, `2 units`
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number as u64), if number == 1 { one } else { many })
}

/// A rule without the place at its end, ` (tracer.toml:12)`: what stays the same when lines move.
pub fn placeless<'r>(report: &Report, rule: &'r str, line: u32) -> &'r str {
    let place = format!(" ({}:{line})", report.judgement.policy);
    rule.strip_suffix(place.as_str()).unwrap_or(rule)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_taken_for_a_command() {
        for (bytes, expected) in [
            (&b"plain name"[..], "plain name"),
            (b"::error::x", r"\72:error::x"),
            (b"  ::error::x", r"  \72:error::x"),
            (b":x::y", ":x::y"),
            (b"a ##[add-mask]b", r"a #\43[add-mask]b"),
            (b"###[x", r"##\43[x"),
            (b"a\n::error::x", r"a\12::error::x"),
            (b"\xff\x1b[2J", r"\377\33[2J"),
            (b"", ""),
        ] {
            assert_eq!(plain(bytes), expected);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), expected);
        }
    }

    proptest! {
        #[test]
        fn all_is_printable_and_no_command(bytes: Vec<u8>, start in "[ :#\\[a]{0,8}") {
            let text = plain(&[start.as_bytes(), &bytes].concat());
            prop_assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert!(!text.trim_start().starts_with("::") && !text.contains("##["));
        }
    }
}
