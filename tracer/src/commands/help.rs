//! Help for a terminal, from the table of commands and their options. Fits 80 columns.

use std::fmt::Write;

use super::table::{self, COMMANDS, Command};
use crate::cli::flags::FLAGS;
use crate::cli::help::{Manual, entry, first_sentence, page, spelling};
use crate::cli::table::{Flag, Standing, flags};
use crate::exit;

const SHOWS: &str = "Shows the system calls a program makes, and the signals it gets.";
const OF_COMMAND: &str = "That of COMMAND; a signal that killed it is raised again. Otherwise:";
const DONE: (u8, &str) = (exit::OK, "Done.");

/// Of a trace.
pub const TRACE: Manual = Manual {
    usage: &[
        "[OPTION]... COMMAND [ARG]...",
        "[OPTION]... -p PID...",
        "[OPTION]... { --all | --cgroup PATH | --comm NAME | --uid USER }",
    ],
    about: SHOWS,
    options: || flags(FLAGS).into_iter().filter(|flag| flag.live).collect(),
    notes: "",
    ends: OF_COMMAND,
    exits: &[
        DONE,
        (exit::USAGE, "A usage error, or an output that cannot be written."),
        (exit::LOSS, "Something was lost (with --strict)."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};

/// Of a trace in strace's grammar.
pub const STRACE: Manual = Manual {
    usage: &["[OPTION]... COMMAND [ARG]...", "[OPTION]... -p PID..."],
    about: SHOWS,
    options: || flags(FLAGS).into_iter().filter(|flag| flag.live).collect(),
    notes: "",
    ends: OF_COMMAND,
    exits: &[
        DONE,
        (exit::STRACE_USAGE, "A usage error, or tracer could not do its job."),
        (exit::LOSS, "Something was lost (with --strict)."),
    ],
};

/// Of a replay.
pub const REPLAY: Manual = Manual {
    usage: &["FILE [OPTION]..."],
    about: "Shows a recording, with any option for filtering and output.",
    options: || flags(FLAGS).into_iter().filter(|flag| flag.replay && flag.standing == Standing::Supported).collect(),
    notes: "",
    ends: "",
    exits: &[
        DONE,
        (exit::USAGE, "A usage error."),
        (exit::LOSS, "Something was lost while it was recorded (with --strict)."),
        (exit::FAILED, "The recording could not be read or shown."),
    ],
};

/// `tracer -h`: the commands, and how to trace.
pub fn overview(program: &str) -> String {
    let mut lists = String::from("\nCommands (tracer help COMMAND says more; -- traces a program of such a name):\n");
    for command in COMMANDS {
        entry(&mut lists, command.name, command.summary);
    }
    page(program, &table::TRACE.manual, &lists)
}

/// The help of a command; `program` is what stands before its words.
pub fn of(program: &str, command: &Command) -> String {
    page(program, &command.manual, "")
}

/// Every option of strace, and what tracer does with it.
pub fn compat() -> String {
    let mut out = String::from("Options of strace (6.1 and later), and what tracer does with each.\n");
    let options = || FLAGS.iter().map(|row| &row.flag);
    for title in ["Supported", "Accepted, ignored", "Refused"] {
        let _ = write!(out, "\n{title}:\n");
        for flag in options().filter(|flag| !flag.own) {
            let (standing, what) = standing(flag);
            if standing == title {
                entry(&mut out, &spelling(flag), what);
            }
        }
    }
    out.push_str("\ntracer's own:\n");
    for flag in options().filter(|flag| flag.own) {
        entry(&mut out, &spelling(flag), first_sentence(flag.help));
    }
    out
}

fn standing(flag: &Flag) -> (&'static str, &'static str) {
    match flag.standing {
        Standing::Supported => ("Supported", first_sentence(flag.help)),
        Standing::Ignored(why) => ("Accepted, ignored", why),
        Standing::Refused(why) => ("Refused", why),
    }
}
