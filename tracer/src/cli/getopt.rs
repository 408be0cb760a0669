//! The grammar of a command line, as GNU getopt_long has it and strace's users know it: bundled short
//! options (`-fp 7`, `-veexecve`), values attached or as the next word, long options cut short as far as
//! they stay unique, `--` ends the options. Knows no option by name: the table does.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

use super::fault::{Fault, nearest, show};
use super::flags::Takes;

/// An option of a table, as far as the grammar needs to know it.
pub trait Known: 'static {
    /// `-f`
    fn short(&self) -> Option<&'static str>;
    /// `--follow-forks`, and other names of it.
    fn long(&self) -> &'static [&'static str];
    /// What comes behind it.
    fn takes(&self) -> Takes;
    /// tracer's own: the tool whose grammar this is does not have it.
    fn own(&self) -> bool;
}

/// An option as it was given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Its value.
    pub value: Option<&'a OsStr>,
    /// As it was spelled, `-s`, `--string-limit` or `-e signal`; for messages.
    pub spelled: &'a str,
    /// By its letter.
    pub short: bool,
}

/// What to do at the first word that is not an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Stop: it and the rest are a command.
    AreACommand,
    /// Keep it and go on: options may follow.
    MayMix,
}

/// Reads the options of a table, hands each to `take`, and returns the words that are left. `take` may end
/// the reading.
pub fn read<'a, F: Known>(
    table: &'static [F],
    args: &'a [OsString],
    words: Words,
    mut take: impl FnMut(&'static F, Given<'a>) -> Result<ControlFlow<()>, Fault>,
) -> Result<Vec<OsString>, Fault> {
    let mut left = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let bytes = arg.as_bytes();
        if bytes == b"--" {
            left.extend(rest.cloned());
            break;
        }
        let flow = if let Some(long) = bytes.strip_prefix(b"--") {
            let (flag, given) = one_long(table, arg, long, &mut rest)?;
            take(flag, given)?
        } else if bytes.len() > 1 && bytes[0] == b'-' {
            bundle(table, &bytes[1..], &mut rest, &mut take)?
        } else {
            left.push(arg.clone());
            if words == Words::AreACommand {
                left.extend(rest.cloned());
                break;
            }
            ControlFlow::Continue(())
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(left)
}

/// `--name`, `--name=value`, `--name value`.
fn one_long<'a, F: Known>(
    table: &'static [F],
    arg: &OsStr,
    long: &'a [u8],
    rest: &mut impl Iterator<Item = &'a OsString>,
) -> Result<(&'static F, Given<'a>), Fault> {
    let (name, attached) = match long.iter().position(|&b| b == b'=') {
        Some(at) => (&long[..at], Some(OsStr::from_bytes(&long[at + 1..]))),
        None => (long, None),
    };
    let (flag, spelled) = find_long(table, arg, name)?;
    let full = &spelled[2..];
    let value = match (flag.takes(), attached) {
        (Takes::Nothing, Some(_)) => return Err(Fault::usage(format!("option '--{full}' doesn't allow an argument"))),
        (Takes::Value(_), None) => match rest.next() {
            Some(next) => Some(next.as_os_str()),
            None => return Err(Fault::usage(format!("option '--{full}' requires an argument"))),
        },
        (_, attached) => attached,
    };
    Ok((flag, Given { value, spelled, short: false }))
}

/// The option with this name, or the only one that begins so. tracer's own options must be written in
/// full, so that they take no abbreviation away from strace's.
fn find_long<F: Known>(table: &'static [F], arg: &OsStr, name: &[u8]) -> Result<(&'static F, &'static str), Fault> {
    let all = || table.iter().flat_map(|f| f.long().iter().map(move |&l| (f, l)));
    if let Some(exact) = all().find(|(_, l)| &l.as_bytes()[2..] == name) {
        return Ok(exact);
    }
    let near: Vec<_> =
        all().filter(|(f, l)| !f.own() && !name.is_empty() && l.as_bytes()[2..].starts_with(name)).collect();
    match near.first() {
        None => {
            let word = String::from_utf8_lossy(name);
            let meant = nearest(&word, all().map(|(_, l)| &l[2..])).map(|w| format!("--{w}"));
            Err(Fault::usage(format!("unrecognized option '{}'", show(arg))).or_did_you_mean(meant))
        }
        Some(first) if near.iter().all(|(f, _)| std::ptr::eq(*f, first.0)) => Ok(*first),
        Some(_) => {
            let list: String = near.iter().map(|(_, l)| format!(" '{l}'")).collect();
            Err(Fault::usage(format!("option '{}' is ambiguous; possibilities:{list}", show(arg))))
        }
    }
}

/// `-fp 7`: letters up to the first that takes a value.
fn bundle<'a, F: Known>(
    table: &'static [F],
    letters: &'a [u8],
    rest: &mut impl Iterator<Item = &'a OsString>,
    take: &mut impl FnMut(&'static F, Given<'a>) -> Result<ControlFlow<()>, Fault>,
) -> Result<ControlFlow<()>, Fault> {
    for (i, &letter) in letters.iter().enumerate() {
        let Some((flag, spelled)) =
            table.iter().find_map(|f| f.short().filter(|s| s.as_bytes()[1] == letter).map(|s| (f, s)))
        else {
            return Err(Fault::usage(format!("invalid option -- '{}'", show(OsStr::from_bytes(&[letter])))));
        };
        // An optional value belongs to the long form only.
        let value = match flag.takes() {
            Takes::Value(_) if i + 1 < letters.len() => Some(OsStr::from_bytes(&letters[i + 1..])),
            Takes::Value(_) => match rest.next() {
                Some(next) => Some(next.as_os_str()),
                None => return Err(Fault::usage(format!("option requires an argument -- '{}'", letter as char))),
            },
            _ => None,
        };
        if take(flag, Given { value, spelled, short: true })?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if value.is_some() {
            break;
        }
    }
    Ok(ControlFlow::Continue(()))
}
