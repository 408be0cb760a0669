//! Options of a subcommand whose grammar is our own: a table of rows from which the parser and the help follow, and the values that
//! several subcommands take.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;

use super::fault::{Fault, show};
use super::flags::Takes;
use super::getopt::{self, Known, Words};
use super::help::entry;
use crate::spec::{Backend, Color};

/// An option; `D` is what it changes.
pub struct Row<D: 'static> {
    /// `-w`
    pub short: Option<&'static str>,
    /// `--watch`
    pub long: &'static [&'static str],
    /// What comes behind it.
    pub takes: Takes,
    /// What it is for.
    pub help: &'static str,
    /// Carries it out; the value is empty when none is taken.
    pub set: fn(&mut D, &OsStr) -> Result<(), Fault>,
}

impl<D> Known for Row<D> {
    fn short(&self) -> Option<&'static str> {
        self.short
    }

    fn long(&self) -> &'static [&'static str] {
        self.long
    }

    fn takes(&self) -> Takes {
        self.takes
    }

    fn own(&self) -> bool {
        false
    }
}

/// A row.
pub const fn row<D>(
    short: Option<&'static str>,
    long: &'static [&'static str],
    takes: Takes,
    help: &'static str,
    set: fn(&mut D, &OsStr) -> Result<(), Fault>,
) -> Row<D> {
    Row { short, long, takes, help, set }
}

/// Reads the options; gives the words that are left, or `None` as soon as `asks_help` holds.
pub fn read<D>(
    table: &'static [Row<D>],
    args: &[OsString],
    words: Words,
    draft: &mut D,
    asks_help: fn(&D) -> bool,
) -> Result<Option<Vec<OsString>>, Fault> {
    let words = getopt::read(table, args, words, |row, given| {
        (row.set)(draft, given.value.unwrap_or_default())?;
        Ok(if asks_help(draft) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(if asks_help(draft) { None } else { Some(words) })
}

/// The help of every row.
pub fn help<D>(table: &[Row<D>], out: &mut String) {
    for row in table {
        let mut left = row.short.into_iter().chain(row.long.iter().copied()).collect::<Vec<_>>().join(", ");
        if let Takes::Value(what) = row.takes {
            left += &format!("={what}");
        }
        entry(out, &left, row.help);
    }
}

/// The value of `--backend`.
pub fn backend(value: &OsStr) -> Result<Backend, Fault> {
    match value.to_str() {
        Some("auto") => Ok(Backend::Auto),
        Some("ebpf") => Ok(Backend::Ebpf),
        Some("ptrace") => Ok(Backend::Ptrace),
        _ => Err(Fault::usage(format!("--backend is auto, ebpf or ptrace, not '{}'", show(value)))),
    }
}

/// The value of `--color`.
pub fn color(value: &OsStr) -> Result<Color, Fault> {
    match value.to_str() {
        Some("auto") => Ok(Color::Auto),
        Some("always") => Ok(Color::Always),
        Some("never") => Ok(Color::Never),
        _ => Err(Fault::usage(format!("--color is auto, always or never, not '{}'", show(value)))),
    }
}
