//! The command line of `tracer inspect`.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::time::Duration;

use super::fault::{Fault, show};
use super::flags::Takes;
use super::getopt::{self, Known, Words};
use super::help::entry;
use crate::spec::inspect::Inspect;
use crate::spec::{Backend, Color};

/// The longest that a process is watched: a day, in seconds.
const LONGEST: f64 = 86_400.0;

/// An option.
struct Flag {
    short: Option<&'static str>,
    long: &'static [&'static str],
    takes: Takes,
    help: &'static str,
    set: fn(&mut Draft, &OsStr) -> Result<(), Fault>,
}

impl Known for Flag {
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

/// What was given.
struct Draft {
    help: bool,
    spec: Inspect,
}

static FLAGS: &[Flag] = &[
    Flag {
        short: Some("-h"),
        long: &["--help"],
        takes: Takes::Nothing,
        help: "This text.",
        set: |draft, _| {
            draft.help = true;
            Ok(())
        },
    },
    Flag {
        short: None,
        long: &["--json"],
        takes: Takes::Nothing,
        help: "One object of JSON; schema/inspect.schema.json describes it.",
        set: |draft, _| {
            draft.spec.json = true;
            Ok(())
        },
    },
    Flag {
        short: None,
        long: &["--env"],
        takes: Takes::Nothing,
        help: "Show secrets of the environment too; they are masked without it.",
        set: |draft, _| {
            draft.spec.environment = true;
            Ok(())
        },
    },
    Flag {
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
    Flag {
        short: None,
        long: &["--backend"],
        takes: Takes::Value("SOURCE"),
        help: "What --watch traces by: auto, ebpf or ptrace.",
        set: |draft, value| {
            draft.spec.backend = match value.to_str() {
                Some("auto") => Backend::Auto,
                Some("ebpf") => Backend::Ebpf,
                Some("ptrace") => Backend::Ptrace,
                _ => return Err(Fault::usage(format!("--backend is auto, ebpf or ptrace, not '{}'", show(value)))),
            };
            Ok(())
        },
    },
    Flag {
        short: None,
        long: &["--color"],
        takes: Takes::Value("WHEN"),
        help: "Colours: auto (on a terminal, without NO_COLOR), always or never.",
        set: |draft, value| {
            draft.spec.color = match value.to_str() {
                Some("auto") => Color::Auto,
                Some("always") => Color::Always,
                Some("never") => Color::Never,
                _ => return Err(Fault::usage(format!("--color is auto, always or never, not '{}'", show(value)))),
            };
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
    let words = getopt::read(FLAGS, args, Words::MayMix, |flag, given| {
        (flag.set)(&mut draft, given.value.unwrap_or_default())?;
        Ok(if draft.help { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if draft.help {
        return Ok(None);
    }
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
    for flag in FLAGS {
        let mut left = flag.short.into_iter().chain(flag.long.iter().copied()).collect::<Vec<_>>().join(", ");
        if let Takes::Value(what) = flag.takes {
            left += &format!("={what}");
        }
        entry(&mut out, &left, flag.help);
    }
    out.push_str(
        "\nExit status: 0, also when the process ended while it was looked at; 1 when there is\n\
         no such process, 2 for a usage error, 125 when tracer could not do its job.\n",
    );
    out
}
