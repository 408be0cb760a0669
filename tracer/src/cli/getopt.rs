//! The grammar of a command line, as GNU getopt_long has it and strace's users know it: bundled short
//! options (`-fp 7`, `-veexecve`), values attached or as the next word, long options cut short as far as
//! they stay unique, `--` ends the options. Knows no option by name: the table does.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

use super::fault::{Fault, nearest, show};
use super::table::{OptionRow, Takes};

/// An option as it was given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Its value.
    pub value: Option<&'a OsStr>,
    /// As it was spelled, `-s`, `--string-limit` or `-e signal`; for messages.
    pub spelled: &'a str,
    /// Spelled by its letter.
    pub short: bool,
}

/// What the first word that is no option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// It begins a command: stop.
    AreACommand,
    /// Options may follow: keep it and go on.
    MayMix,
}

/// Reads the options of a table, hands each to `take`, and returns the words that are left. `take` may end
/// the reading.
pub fn read<'a, S>(
    table: &'static [OptionRow<S>],
    args: &'a [OsString],
    words: Words,
    mut take: impl FnMut(&'static OptionRow<S>, Given<'a>) -> Result<ControlFlow<()>, Fault>,
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
            let (row, given) = one_long(table, arg, long, &mut rest)?;
            take(row, given)?
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
fn one_long<'a, S>(
    table: &'static [OptionRow<S>],
    arg: &OsStr,
    long: &'a [u8],
    rest: &mut impl Iterator<Item = &'a OsString>,
) -> Result<(&'static OptionRow<S>, Given<'a>), Fault> {
    let (name, attached) = match long.iter().position(|&b| b == b'=') {
        Some(at) => (&long[..at], Some(OsStr::from_bytes(&long[at + 1..]))),
        None => (long, None),
    };
    let (row, spelled) = find_long(table, arg, name)?;
    let full = &spelled[2..];
    let value = match (row.flag.takes, attached) {
        (Takes::Nothing, Some(_)) => return Err(Fault::usage(format!("option '--{full}' doesn't allow an argument"))),
        (Takes::Value(_), None) => match rest.next() {
            Some(next) => Some(next.as_os_str()),
            None => return Err(Fault::usage(format!("option '--{full}' requires an argument"))),
        },
        (_, attached) => attached,
    };
    Ok((row, Given { value, spelled, short: false }))
}

/// The option with this name, or the only one that begins so. tracer's own options must be written in
/// full, so that they take no abbreviation away from strace's.
fn find_long<S>(
    table: &'static [OptionRow<S>],
    arg: &OsStr,
    name: &[u8],
) -> Result<(&'static OptionRow<S>, &'static str), Fault> {
    let all = || table.iter().flat_map(|r| r.flag.long.iter().map(move |&l| (r, l)));
    if let Some(exact) = all().find(|(_, l)| &l.as_bytes()[2..] == name) {
        return Ok(exact);
    }
    let near: Vec<_> =
        all().filter(|(r, l)| !r.flag.own && !name.is_empty() && l.as_bytes()[2..].starts_with(name)).collect();
    match near.first() {
        None => {
            let word = String::from_utf8_lossy(name);
            let meant = nearest(&word, all().map(|(_, l)| &l[2..])).map(|w| format!("--{w}"));
            Err(Fault::usage(format!("unrecognized option '{}'", show(arg))).or_did_you_mean(meant))
        }
        Some(first) if near.iter().all(|(r, _)| std::ptr::eq(*r, first.0)) => Ok(*first),
        Some(_) => {
            let list: String = near.iter().map(|(_, l)| format!(" '{l}'")).collect();
            Err(Fault::usage(format!("option '{}' is ambiguous; possibilities:{list}", show(arg))))
        }
    }
}

/// `-fp 7`: letters up to the first that takes a value.
fn bundle<'a, S>(
    table: &'static [OptionRow<S>],
    letters: &'a [u8],
    rest: &mut impl Iterator<Item = &'a OsString>,
    take: &mut impl FnMut(&'static OptionRow<S>, Given<'a>) -> Result<ControlFlow<()>, Fault>,
) -> Result<ControlFlow<()>, Fault> {
    for (i, &letter) in letters.iter().enumerate() {
        let Some((row, spelled)) =
            table.iter().find_map(|r| r.flag.short.filter(|s| s.as_bytes()[1] == letter).map(|s| (r, s)))
        else {
            return Err(Fault::usage(format!("invalid option -- '{}'", show(OsStr::from_bytes(&[letter])))));
        };
        // An optional value belongs to the long form only.
        let value = match row.flag.takes {
            Takes::Value(_) if i + 1 < letters.len() => Some(OsStr::from_bytes(&letters[i + 1..])),
            Takes::Value(_) => match rest.next() {
                Some(next) => Some(next.as_os_str()),
                None => return Err(Fault::usage(format!("option requires an argument -- '{}'", letter as char))),
            },
            _ => None,
        };
        if take(row, Given { value, spelled, short: true })?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        if value.is_some() {
            break;
        }
    }
    Ok(ControlFlow::Continue(()))
}
