//! The command line of `tracer policy`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, OptionRow, Set, Takes, row};
use crate::exit;

/// `tracer policy check FILE`
#[derive(Debug)]
pub struct Check {
    /// The policy.
    pub file: PathBuf,
}

static FLAGS: &[OptionRow<Set<bool>>] =
    &[row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |help, _| {
        *help = true;
        Ok(())
    })];

/// Reads the command line; `None` asks for help.
pub fn parse(args: &[OsString]) -> Result<Option<Check>, Fault> {
    let Some(words) = table::read(FLAGS, args, Words::MayMix, &mut false, |help| *help)? else { return Ok(None) };
    match &words[..] {
        [check, file] if check == "check" && !file.is_empty() => Ok(Some(Check { file: file.into() })),
        [check, ..] if check != "check" => {
            Err(Fault::usage(format!("policy has one command, 'check FILE'; '{}' is none", show(check))))
        }
        [_, _, more, ..] => Err(Fault::usage(format!("policy check takes one FILE; '{}' is a second one", show(more)))),
        _ => Err(Fault::usage("policy check needs the FILE of a policy")),
    }
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["check FILE"],
    about: "Checks a policy of audit and says what it has; runs nothing. An error has its line and column.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "",
    exits: &[
        (exit::OK, "The policy is right."),
        (exit::USAGE, "A usage error, or a wrong policy."),
        (exit::FAILED, "The policy could not be read."),
    ],
};
