//! The command line of `tracer why`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, OptionRow, Set, Takes, WHEN, color, row, seconds};
use crate::exit;
use crate::spec::Color;
use crate::tools::why::request::{Whom, Why};

/// What `--seconds` may be.
const SECONDS: (f64, f64) = (0.1, 86400.0);

/// What was given.
struct Draft {
    help: bool,
    spec: Why,
}

static FLAGS: &[OptionRow<Set<Draft>>] = &[
    row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
        draft.help = true;
        Ok(())
    }),
    row(
        None,
        &["--port"],
        Takes::Value("PORT"),
        "The processes with a socket at this local port, in any network namespace.",
        |draft, value| {
            let port = value.to_str().and_then(|text| text.parse::<u16>().ok()).filter(|&port| port > 0);
            let Some(port) = port else {
                return Err(Fault::usage(format!("--port takes a number from 1 to 65535, not '{}'", show(value))));
            };
            draft.spec.whom.push(Whom::Port(port));
            Ok(())
        },
    ),
    row::<Draft>(None, &["--file"], Takes::Value("PATH"), "The processes that have this file open.", |draft, value| {
        draft.spec.whom.push(Whom::File(value.as_bytes().to_vec()));
        Ok(())
    })
    .files(),
    row(
        None,
        &["--name"],
        Takes::Value("NAME"),
        "The processes of this name, or whose program's file has it.",
        |draft, value| {
            if value.is_empty() {
                return Err(Fault::usage("--name takes the name of a program".to_owned()));
            }
            draft.spec.whom.push(Whom::Name(value.as_bytes().to_vec()));
            Ok(())
        },
    ),
    row(
        None,
        &["--seconds"],
        Takes::Value("N"),
        "Watch for N seconds as well, and say where the time went: running, ready, each kind of waiting; which calls, files, peers and locks cost most.",
        |draft, value| {
            let (least, most) = SECONDS;
            let time = seconds(value, |it| it >= least && it <= most);
            draft.spec.time = Some(time.ok_or_else(|| {
                Fault::usage(format!("--seconds takes seconds, from {least} to {most}, not '{}'", show(value)))
            })?);
            Ok(())
        },
    ),
    row(
        None,
        &["--json"],
        Takes::Nothing,
        "Print a JSON object for each process; schema/why.schema.json describes it.",
        |draft, _| {
            draft.spec.json = true;
            Ok(())
        },
    ),
    row::<Draft>(
        None,
        &["--color"],
        Takes::Value("WHEN"),
        "Colour the output: auto (on a terminal, without NO_COLOR; the default), always or never.",
        |draft, value| {
            draft.spec.color = color(value)?;
            Ok(())
        },
    )
    .words(&WHEN),
];

/// Reads the command line; `None` asks for help.
pub fn parse(program: &str, args: &[OsString]) -> Result<Option<Box<Why>>, Fault> {
    let spec = Why { program: program.to_owned(), whom: Vec::new(), json: false, time: None, color: Color::Auto };
    let mut draft = Draft { help: false, spec };
    let Some(words) = table::read(FLAGS, args, Words::MayMix, &mut draft, |draft| draft.help)? else { return Ok(None) };
    for word in &words {
        draft.spec.whom.push(Whom::Pid(table::pid(word).ok_or_else(|| table::no_pid(word))?));
    }
    if draft.spec.whom.is_empty() {
        return Err(Fault::usage("why takes the PID of a process, --port, --file or --name"));
    }
    Ok(Some(Box::new(draft.spec)))
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["PID... [OPTION]...", "--port PORT | --file PATH | --name NAME"],
    about: "Says what a process waits for, and follows that to the cause: who holds the lock, who does not read the pipe, who should answer. The conclusion comes first, then the chain, then the evidence for each of its links. It looks twice, a moment apart, and changes nothing. With --seconds it says besides why a process that goes on is slow.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "Of several processes the gravest counts:",
    exits: &[
        (exit::OK, "It runs."),
        (exit::NOTHING, "It waits for something outside, or for work; or there is no such process."),
        (exit::USAGE, "A usage error."),
        (exit::STUCK, "It is stuck: what it waits for will not come by itself."),
        (exit::LOSS, "Not everything could be seen, or nobody knows."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};
