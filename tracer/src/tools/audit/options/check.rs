//! The command line of `tracer policy`.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, Row, Set, Takes, row};
use crate::exit;

/// `tracer policy check FILE`
#[derive(Debug)]
pub struct Check {
    /// The policy.
    pub file: PathBuf,
}

static FLAGS: &[Row<Set<bool>>] = &[row(Some("-h"), &["--help"], Takes::Nothing, "This text.", |help, _| {
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
        [_, _, more, ..] => Err(Fault::usage(format!("policy check takes one FILE, and '{}' is another", show(more)))),
        _ => Err(Fault::usage("policy check needs the FILE of a policy")),
    }
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["check FILE"],
    about: "Says whether a policy of audit is right, and what it has; nothing is run. What is wrong with it is told with line and column.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "",
    exits: &[
        (exit::OK, "It is right."),
        (exit::USAGE, "A usage error, or a wrong policy."),
        (exit::FAILED, "It could not be read."),
    ],
};
