//! The command line of `tracer top`.

use std::ffi::OsString;
use std::time::Duration;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, OptionRow, Set, Takes, WHEN, color, meaning, row, seconds};
use crate::exit;
use crate::spec::Color;
use crate::tools::top::request::{From, Top, Whom};

/// Seconds from frame to frame, at least and at most.
const INTERVALS: (f64, f64) = (0.1, 3600.0);
/// Sources of numbers, by their names.
const FROM: [&str; 3] = ["auto", "ebpf", "proc"];
const SOURCES: [From; 3] = [From::Auto, From::Ebpf, From::Proc];

/// What was given.
struct Draft {
    help: bool,
    spec: Top,
}

static FLAGS: &[OptionRow<Set<Draft>>] = &[
    row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
        draft.help = true;
        Ok(())
    }),
    row(None, &["--once"], Takes::Nothing, "Print one frame as text, after one interval, and end.", |draft, _| {
        draft.spec.once = true;
        Ok(())
    }),
    row(
        None,
        &["--json"],
        Takes::Nothing,
        "Print a JSON object for each frame; schema/top.schema.json describes it.",
        |draft, _| {
            draft.spec.json = true;
            Ok(())
        },
    ),
    row(
        Some("-i"),
        &["--interval"],
        Takes::Value("SECONDS"),
        "Time from frame to frame; 1 by default, at least 0.1.",
        |draft, value| {
            let (least, most) = INTERVALS;
            draft.spec.interval = seconds(value, |it| it >= least && it <= most).ok_or_else(|| {
                Fault::usage(format!("--interval takes seconds, from {least} to {most}, not '{}'", show(value)))
            })?;
            Ok(())
        },
    ),
    row::<Draft>(
        None,
        &["--backend"],
        Takes::Value("SOURCE"),
        "Where numbers come from: auto (the default), ebpf (calls are counted in the kernel) or proc (only /proc and the tables of sockets).",
        |draft, value| {
            let Some(from) = meaning(&FROM, SOURCES, value) else {
                return Err(Fault::usage(format!("--backend takes auto, ebpf or proc, not '{}'", show(value))));
            };
            draft.spec.from = from;
            Ok(())
        },
    )
    .words(&FROM),
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
pub fn parse(program: &str, args: &[OsString]) -> Result<Option<Box<Top>>, Fault> {
    let spec = Top {
        program: program.to_owned(),
        whom: Whom::All,
        once: false,
        json: false,
        interval: Duration::from_secs(1),
        from: From::Auto,
        color: Color::Auto,
    };
    let mut draft = Draft { help: false, spec };
    let read = table::read(FLAGS, args, Words::AreACommand, &mut draft, |draft| draft.help)?;
    let Some(words) = read else { return Ok(None) };
    let is_number = |word: &OsString| word.to_str().is_some_and(|text| text.parse::<u32>().is_ok());
    let Some(first) = words.first() else { return Ok(Some(Box::new(draft.spec))) };
    if !is_number(first) {
        draft.spec.whom = Whom::Command(words);
        return Ok(Some(Box::new(draft.spec)));
    }
    let pid = table::pid(first).ok_or_else(|| table::no_pid(first))?;
    draft.spec.whom = Whom::Process(pid);
    // Options may stand behind a PID; behind a command they are the command's.
    let read = table::read(FLAGS, &words[1..], Words::MayMix, &mut draft, |draft| draft.help)?;
    match read {
        None => Ok(None),
        Some(more) if more.is_empty() => Ok(Some(Box::new(draft.spec))),
        Some(_) => Err(Fault::usage("top takes the PID of one process, or a command")),
    }
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... [PID [OPTION]... | COMMAND [ARG]...]"],
    about: "Watches all processes, one process (PID) and its children, or a command that it starts. Calls are counted in the kernel, by process and call; the rest comes from /proc and the kernel's tables of sockets. On a terminal it is a screen with keys (? lists them); it ends with the process that was asked for. What a command writes meanwhile is shown when it has ended.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "With a command it ends as the command does, otherwise:",
    exits: &[
        (exit::OK, "Done, even if the process ended meanwhile."),
        (exit::NOTHING, "No such process."),
        (exit::USAGE, "A usage error."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};
