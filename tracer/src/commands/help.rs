//! Help for a terminal, from the table of options. Fits 80 columns.

use std::fmt::Write;

use super::{SUBCOMMANDS, Subcommand};
use crate::cli::flags::{FLAGS, Flag, Group, Standing};
use crate::cli::help::{entry, first_sentence, spelling, text};

/// `-h`
pub fn usage(program: &str, own: bool) -> String {
    let mut out = format!("Usage: {program} [OPTION]... COMMAND [ARG]...\n   or: {program} [OPTION]... -p PID...\n");
    if own {
        let _ = write!(
            out,
            "   or: {program} [OPTION]... {{ --all | --cgroup PATH | --comm NAME | --uid USER }}\n   or: {program} SUBCOMMAND [ARG]...\n"
        );
    }
    out.push_str("\nShows the system calls a program makes, and the signals it gets.\n");
    if own {
        out.push_str("\nSubcommands (-- before a command of such a name):\n");
        for s in SUBCOMMANDS {
            entry(&mut out, &format!("{} {}", s.name, s.args), s.help);
        }
    }
    for (group, title) in Group::ALL {
        let flags: Vec<&Flag> =
            FLAGS.iter().filter(|f| f.group == *group && !matches!(f.standing, Standing::Refused(_))).collect();
        if flags.is_empty() {
            continue;
        }
        let _ = write!(out, "\n{title}:\n");
        for flag in flags {
            entry(&mut out, &spelling(flag), &text(flag));
        }
    }
    out.push_str("\nExit status: that of COMMAND; a signal that ended it is repeated. ");
    out.push_str(if own {
        "Otherwise\n0, 2 for a usage error, 4 for a loss under --strict, 125 when tracing failed.\n"
    } else {
        "Otherwise\n0, or 1 for an error.\n"
    });
    out
}

/// Help of one subcommand.
pub fn subcommand(program: &str, s: &Subcommand) -> String {
    let mut out = format!("Usage: {program} {}", s.name);
    if !s.args.is_empty() {
        let _ = write!(out, " {}", s.args);
    }
    let _ = write!(out, "\n\n{}\n", s.help);
    if s.name == "replay" {
        for (group, title) in Group::ALL {
            let flags: Vec<&Flag> =
                FLAGS.iter().filter(|f| f.group == *group && f.replay && f.standing == Standing::Supported).collect();
            if !flags.is_empty() {
                let _ = write!(out, "\n{title}:\n");
            }
            for flag in flags {
                entry(&mut out, &spelling(flag), &text(flag));
            }
        }
    }
    out
}

/// Every option of strace, and what became of it.
pub fn compat() -> String {
    let mut out = String::from("Options of strace (6.1 and later), and what tracer does with them.\n");
    for title in ["Supported", "Accepted, ignored", "Refused"] {
        let _ = write!(out, "\n{title}:\n");
        for flag in FLAGS.iter().filter(|f| !f.own) {
            let (standing, what) = match flag.standing {
                Standing::Supported => ("Supported", first_sentence(flag.help)),
                Standing::Ignored(why) => ("Accepted, ignored", why),
                Standing::Refused(why) => ("Refused", why),
            };
            if standing == title {
                entry(&mut out, &spelling(flag), what);
            }
        }
    }
    out.push_str("\ntracer's own:\n");
    for flag in FLAGS.iter().filter(|f| f.own) {
        entry(&mut out, &spelling(flag), first_sentence(flag.help));
    }
    out
}
