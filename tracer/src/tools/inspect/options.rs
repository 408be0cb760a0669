//! The command line of `tracer inspect`.

use std::ffi::OsString;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, BACKENDS, OptionRow, Set, Takes, WHEN, backend, color, row, seconds};
use crate::exit;
use crate::spec::{Backend, Color};
use crate::tools::inspect::request::Inspect;

/// The longest that a process is watched: a day, in seconds.
const LONGEST: f64 = 86_400.0;

/// What was given.
struct Draft {
    help: bool,
    spec: Inspect,
}

static FLAGS: &[OptionRow<Set<Draft>>] = &[
    row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
        draft.help = true;
        Ok(())
    }),
    row(
        None,
        &["--json"],
        Takes::Nothing,
        "Print one JSON object; schema/inspect.schema.json describes it.",
        |draft, _| {
            draft.spec.json = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--full"],
        Takes::Nothing,
        "Print lists whole; without this option long ones are cut, which is said.",
        |draft, _| {
            draft.spec.full = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--env"],
        Takes::Nothing,
        "Show secrets in the environment; without this option they are masked.",
        |draft, _| {
            draft.spec.environment = true;
            Ok(())
        },
    ),
    row(
        Some("-w"),
        &["--watch"],
        Takes::Value("SECONDS"),
        "Also trace it and its children for SECONDS: files, hosts, programs, rates of calls. SIGINT ends it early.",
        |draft, value| {
            let time = seconds(value, |it| it > 0.0 && it <= LONGEST).ok_or_else(|| {
                Fault::usage(format!("--watch takes seconds, more than 0 and at most {LONGEST}, not '{}'", show(value)))
            })?;
            draft.spec.watch = Some(time);
            Ok(())
        },
    ),
    row::<Draft>(
        None,
        &["--backend"],
        Takes::Value("SOURCE"),
        "Source of events for --watch: auto (the default), ebpf or ptrace.",
        |draft, value| {
            draft.spec.backend = backend(value)?;
            Ok(())
        },
    )
    .words(&BACKENDS),
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
pub fn parse(program: &str, args: &[OsString]) -> Result<Option<Box<Inspect>>, Fault> {
    let mut draft = Draft {
        help: false,
        spec: Inspect {
            program: program.to_owned(),
            pid: 0,
            json: false,
            full: false,
            environment: false,
            watch: None,
            backend: Backend::Auto,
            color: Color::Auto,
        },
    };
    let Some(words) = table::read(FLAGS, args, Words::MayMix, &mut draft, |draft| draft.help)? else { return Ok(None) };
    let [word] = words.as_slice() else { return Err(Fault::usage("inspect takes the PID of one process")) };
    draft.spec.pid = table::pid(word).ok_or_else(|| table::no_pid(word))?;
    Ok(Some(Box::new(draft.spec)))
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["PID [OPTION]..."],
    about: "Reports what /proc and the kernel tell of one process: what it is, what started it, what it holds open and with whom it talks. What it comes to stands first, then findings, each with its evidence, and what could not be read; then all of it.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "",
    exits: &[
        (exit::OK, "Done, even if the process ended meanwhile."),
        (exit::NOTHING, "No such process."),
        (exit::USAGE, "A usage error."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};
