//! The command line of `tracer inspect`.

use std::ffi::OsString;
use std::time::Duration;

use crate::cli::fault::{Fault, show};
use crate::cli::flags::Takes;
use crate::cli::getopt::Words;
use crate::cli::table::{self, Row, backend, color};
use crate::spec::{Backend, Color};
use crate::tools::inspect::request::Inspect;

/// The longest that a process is watched: a day, in seconds.
const LONGEST: f64 = 86_400.0;

/// What was given.
struct Draft {
    help: bool,
    spec: Inspect,
}

static FLAGS: &[Row<Draft>] = &[
    Row {
        short: Some("-h"),
        long: &["--help"],
        takes: Takes::Nothing,
        help: "This text.",
        set: |draft, _| {
            draft.help = true;
            Ok(())
        },
    },
    Row {
        short: None,
        long: &["--json"],
        takes: Takes::Nothing,
        help: "One object of JSON; schema/inspect.schema.json describes it.",
        set: |draft, _| {
            draft.spec.json = true;
            Ok(())
        },
    },
    Row {
        short: None,
        long: &["--env"],
        takes: Takes::Nothing,
        help: "Show secrets of the environment too; they are masked without it.",
        set: |draft, _| {
            draft.spec.environment = true;
            Ok(())
        },
    },
    Row {
        short: Some("-w"),
        long: &["--watch"],
        takes: Takes::Value("SECONDS"),
        help: "Trace it and its children for so long: files, hosts, programs, rates of calls. SIGINT ends it earlier.",
        set: |draft, value| {
            let seconds = value.to_str().and_then(|text| text.parse::<f64>().ok());
            match seconds.filter(|&seconds| seconds > 0.0 && seconds <= LONGEST) {
                Some(seconds) => draft.spec.watch = Some(Duration::from_secs_f64(seconds)),
                None => {
                    return Err(Fault::usage(format!(
                        "--watch takes seconds, more than 0 and at most {LONGEST}, not '{}'",
                        show(value)
                    )));
                }
            }
            Ok(())
        },
    },
    Row {
        short: None,
        long: &["--backend"],
        takes: Takes::Value("SOURCE"),
        help: "What --watch traces by: auto, ebpf or ptrace.",
        set: |draft, value| {
            draft.spec.backend = backend(value)?;
            Ok(())
        },
    },
    Row {
        short: None,
        long: &["--color"],
        takes: Takes::Value("WHEN"),
        help: "Colours: auto (on a terminal, without NO_COLOR), always or never.",
        set: |draft, value| {
            draft.spec.color = color(value)?;
            Ok(())
        },
    },
];

/// Reads the command line; `None` asks for help.
pub fn parse(program: &str, args: &[OsString]) -> Result<Option<Box<Inspect>>, Fault> {
    let mut draft = Draft {
        help: false,
        spec: Inspect {
            program: program.to_owned(),
            pid: 0,
            json: false,
            environment: false,
            watch: None,
            backend: Backend::Auto,
            color: Color::Auto,
        },
    };
    let Some(words) = table::read(FLAGS, args, Words::MayMix, &mut draft, |draft| draft.help)? else { return Ok(None) };
    let [word] = words.as_slice() else { return Err(Fault::usage("inspect takes the PID of one process")) };
    match word.to_str().and_then(|text| text.parse::<u32>().ok()).filter(|&pid| pid > 0 && pid <= i32::MAX as u32) {
        Some(pid) => draft.spec.pid = pid,
        None => return Err(Fault::usage(format!("'{}' is not the PID of a process", show(word)))),
    }
    Ok(Some(Box::new(draft.spec)))
}

/// `-h`
pub fn help(program: &str) -> String {
    let mut out = format!(
        "Usage: {program} PID [OPTION]...\n\n\
         Reports what /proc and the kernel tell of one process: what it is, what started it,\n\
         what it holds and with whom it talks. It ends with what deserves a look, with the\n\
         evidence, and with what could not be read.\n\n"
    );
    table::help(FLAGS, &mut out);
    out.push_str(
        "\nExit status: 0, also when the process ended while it was looked at; 1 when there is\n\
         no such process, 2 for a usage error, 125 when tracer could not do its job.\n",
    );
    out
}
