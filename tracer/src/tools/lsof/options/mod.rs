//! The grammar of lsof, which no other program has: options bundle behind `-` or `+`, the sign is part of an
//! option's meaning, and many take a value that may be missing. Messages are lsof's where it has one.
//! `flags` has a row for each option; our own are long: `--json`, `--sort`, `--color`, `--source`.

mod address;
mod flags;
mod help;
mod lists;
mod opts;

pub use help::MANUAL;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use flags::{Given, Set};
use opts::{Opts, Took, every_field};

use crate::cli::fault::{Fault, UsageError};
use crate::cli::table::OptionRow;
use crate::exit;
use crate::tools::lsof::request::{Layout, Lsof, Pick, Select, Tasks};

/// What the command line asks for.
#[derive(Debug)]
pub enum Asked {
    /// A list of open files.
    List(Box<Lsof>),
    /// Help.
    Help,
    /// The letters of `-F`, as text.
    Fields(String),
    /// The version.
    Version,
}

/// Reads a command line of lsof, without the program's name.
///
/// # Errors
/// What is wrong with it; the exit code is lsof's 1 under its name, else 2.
pub fn parse(program: &str, own: bool, args: &[OsString]) -> Result<Asked, UsageError> {
    let (code, failure) = if own { (exit::USAGE, exit::FAILED) } else { (exit::NOTHING, exit::NOTHING) };
    read(program, failure, args).map_err(|fault| UsageError::new(program, code, fault))
}

fn read(program: &str, failure: u8, args: &[OsString]) -> Result<Asked, Fault> {
    let mut opts = Opts::new(program, failure);
    let mut at = 0;
    while let Some(arg) = args.get(at).map(|arg| arg.as_bytes()) {
        let sign = match arg.first() {
            Some(sign @ (b'-' | b'+')) if arg.len() > 1 => *sign,
            _ => break,
        };
        at += 1;
        if arg == b"--" || arg == b"++" {
            break;
        }
        if let Some(text) = arg.strip_prefix(b"--") {
            let (row, value) = flags::long(text)?;
            opts.take(row, value)?;
            continue;
        }
        let mut place = 1;
        while place < arg.len() {
            let letter = arg[place];
            place += 1;
            let row = flags::letter(sign, letter)?;
            if let Set::Switch(_) = row.set {
                opts.take(row, None)?;
                continue;
            }
            // What follows the letter, else the next word: the option decides how much of it is its value.
            let rest = &arg[place..];
            let next = args.get(at).map(|next| next.as_bytes()).filter(|next| *next != b"--");
            let (value, inside) = if rest.is_empty() { (next, false) } else { (Some(rest), true) };
            match (opts.take(row, value)?, inside) {
                (Took::All, true) => break,
                (Took::All, false) => at += usize::from(value.is_some()),
                // The rest are letters again.
                (Took::Some(n), true) => place += n,
                (Took::Some(0), false) => {}
                // As in lsof: the rest of the next word are letters behind this sign.
                (Took::Some(n), false) => {
                    at += 1;
                    for &letter in &value.unwrap_or_default()[n..] {
                        opts.take(flags::letter(sign, letter)?, None)?;
                    }
                }
            }
        }
    }
    opts.finish(&args[at.min(args.len())..])
}

impl Opts {
    /// Sets an option; says how much of the value it took.
    fn take(&mut self, row: &OptionRow<Set>, value: Option<&[u8]>) -> Result<Took, Fault> {
        match row.set {
            Set::Switch(set) => {
                set(self);
                Ok(Took::Some(0))
            }
            Set::Value(set) => set(self, Given(value)),
        }
    }

    /// Takes the rest as names, and refuses what does not go together.
    fn finish(mut self, names: &[OsString]) -> Result<Asked, Fault> {
        if self.help {
            return Ok(Asked::Help);
        }
        if self.fields_help {
            return Ok(Asked::Fields(help::fields(&self.spec.program)));
        }
        if self.version {
            return Ok(Asked::Version);
        }
        let exclusive = |one: &str, other: &str| Fault::usage(format!("{one} and {other} are mutually exclusive"));
        match (self.fields.is_some(), self.terse, self.json, self.lines) {
            (true, true, ..) => return Err(exclusive("-F", "-t")),
            (_, true, true, _) => return Err(exclusive("-J", "-t")),
            (_, true, _, true) => return Err(exclusive("-j", "-t")),
            (_, _, true, true) => return Err(exclusive("-J", "-j")),
            _ => {}
        }
        if self.crosses && self.spec.select.dirs.is_empty() {
            return Err(Fault::usage("-x must accompany +d or +D"));
        }
        let select = &mut self.spec.select;
        select.names = names.iter().map(|name| OsString::from_vec(name.as_bytes().to_vec())).collect();
        if select.and && nothing(select) {
            return Err(Fault::usage("no select options to AND via -a"));
        }
        if self.json || self.lines {
            let mut fields = self.fields.unwrap_or_default();
            if self.fields.is_none() {
                every_field(&mut fields, &mut self.spec.show);
            }
            fields.add(b'p');
            self.spec.show.form = if self.json { Layout::Json(fields) } else { Layout::JsonLines(fields) };
        } else if let Some(mut fields) = self.fields {
            fields.add(b'p');
            self.spec.show.form = Layout::Fields { fields, nul: self.nul };
        } else if self.terse {
            self.spec.show.form = Layout::Pids;
        }
        Ok(Asked::List(Box::new(self.spec)))
    }
}

/// Whether nothing is selected.
fn nothing(select: &Select) -> bool {
    fn only_out<T>(picks: &[Pick<T>]) -> bool {
        picks.iter().all(|pick| pick.not)
    }
    only_out(&select.pids)
        && only_out(&select.groups)
        && only_out(&select.users)
        && only_out(&select.commands)
        && select.patterns.is_empty()
        && select.fds.is_none()
        && select.inet.is_none()
        && select.addresses.is_empty()
        && select.names.is_empty()
        && select.dirs.is_empty()
        && !(select.unix || select.nfs || select.tasks == Tasks::Select || select.links_below.is_some())
}
