//! Command lines of the tracer itself: options and a command, or a recording.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::fault::{Fault, show};
use super::flags::FLAGS;
use super::getopt::{self, Words};
use super::opts::Opts;
use crate::spec::Spec;

/// What a command line asks for.
#[derive(Debug)]
pub enum Asked<T> {
    /// This.
    For(T),
    /// Help.
    Help,
    /// The version.
    Version,
}

/// What is made of a recording that is not shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Instead {
    /// A page, into this file.
    Page(PathBuf),
    /// It is checked, and has this sum: 64 hexadecimal digits.
    Verified(Option<String>),
}

/// A recording, and what of it is shown, and how; the spec has no target.
#[derive(Debug)]
pub struct Replay {
    /// The file.
    pub file: PathBuf,
    /// It is not shown; this is done instead.
    pub instead: Option<Instead>,
    /// The rest.
    pub spec: Box<Spec>,
}

/// Options and a command. `program` is the name in messages; `own`: in tracer's grammar, not in strace's.
///
/// # Errors
/// What is wrong with it.
pub fn trace(program: &str, own: bool, args: &[OsString]) -> Result<Asked<Box<Spec>>, Fault> {
    let mut opts = Opts::new(false);
    let command = read(&mut opts, args, Words::AreACommand)?;
    informs(&opts).map_or_else(|| Ok(Asked::For(Box::new(opts.into_spec(program, own, command)?))), Ok)
}

/// `FILE [OPTION]...`, in any order.
///
/// # Errors
/// What is wrong with it.
pub fn replay(program: &str, args: &[OsString]) -> Result<Asked<Replay>, Fault> {
    let mut opts = Opts::new(true);
    let mut files = read(&mut opts, args, Words::MayMix)?.into_iter();
    if let Some(asked) = informs(&opts) {
        return Ok(asked);
    }
    match (files.next(), files.next()) {
        (Some(file), None) if !file.is_empty() => {
            let instead = opts.instead.take();
            if opts.given > 1
                && let Some(instead) = &instead
            {
                let what = match instead {
                    Instead::Page(_) => "--html makes a page of",
                    Instead::Verified(_) => "--verify checks",
                };
                return Err(Fault::usage(format!("{what} the whole recording: it goes with no other option")));
            }
            let spec = Box::new(opts.into_spec(program, true, Vec::new())?);
            Ok(Asked::For(Replay { file: file.into(), instead, spec }))
        }
        (Some(_), Some(more)) => Err(Fault::usage(format!("replay takes one FILE; '{}' is a second one", show(&more)))),
        _ => Err(Fault::usage("replay needs the FILE of a recording")),
    }
}

/// The spec of a trace that our own code asks for, in tracer's grammar.
///
/// # Errors
/// What is wrong with the words.
pub fn spec(words: impl IntoIterator<Item: Into<OsString>>) -> Result<Spec, Fault> {
    let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
    match trace("tracer", true, &words)? {
        Asked::For(spec) => Ok(*spec),
        Asked::Help | Asked::Version => Err(Fault::plain("no trace is asked for")),
    }
}

/// Reads options up to `-h`, which takes effect at once, as in strace; `-V` waits for the end.
fn read(opts: &mut Opts, args: &[OsString], words: Words) -> Result<Vec<OsString>, Fault> {
    getopt::read(FLAGS, args, words, |row, given| {
        opts.take(row, &given)?;
        Ok(if opts.help { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

fn informs<T>(opts: &Opts) -> Option<Asked<T>> {
    if opts.help {
        Some(Asked::Help)
    } else if opts.version {
        Some(Asked::Version)
    } else {
        None
    }
}
