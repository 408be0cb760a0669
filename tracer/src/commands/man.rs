//! The manual page, from the table of commands: one page, with a section for each command.

use std::fmt::Write;

use super::table::{COMMANDS, Command, TRACE};
use crate::cli::help::{Manual, spellings, text};
use crate::cli::table::{Flag, Standing};
use crate::exit;

/// What each code means for any command; each command says it of itself.
pub const CODES: &[(u8, &str)] = &[
    (exit::OK, "Done; a search found something."),
    (
        exit::NOTHING,
        "A search found nothing; a process waits for work; an audited command failed; called as strace, lsof or ss: any error.",
    ),
    (exit::USAGE, "A usage error, or a wrong policy."),
    (exit::VIOLATED, "A policy is violated; a process is stuck."),
    (
        exit::LOSS,
        "Something was lost (with --strict); the evidence of an audit is incomplete; nobody knows why a process waits.",
    ),
    (exit::FAILED, "tracer could not do its job."),
    (exit::SS_USAGE, "A usage error, called as ss."),
];

/// The page, for man(7).
pub fn page() -> String {
    let mut out = format!(".TH TRACER 1 \"\" \"tracer {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    out.push_str(".SH NAME\ntracer \\- show the system calls and signals of processes\n.SH SYNOPSIS\n.nf\n");
    synopsis(&mut out, "tracer", &TRACE.manual);
    for command in others() {
        synopsis(&mut out, &name(command), &command.manual);
    }
    out.push_str(".fi\n.SH DESCRIPTION\n");
    out.push_str(concat!(
        "Runs COMMAND, or attaches to running processes, and writes a line for each system call they make and each\n",
        "signal they get, to standard error or to a file, as strace does. Events come from eBPF programs in the\n",
        "kernel, or from ptrace(2) where eBPF is not available.\n.PP\n",
        "A first word that names one of the commands below runs that command; a double dash before it traces a\n",
        "program of that name. Called as strace, lsof or ss, tracer behaves as that program.\n.PP\n",
        "Everything that could not be shown is counted: the last line says so, and in JSON the last object.\n",
        ".SH COMMANDS\n"
    ));
    for command in COMMANDS {
        let _ = write!(out, ".TP\n.B {}\n{}\n", escape(command.name), escape(command.summary));
    }
    out.push_str(".SH OPTIONS\n");
    options(&mut out, &(TRACE.manual.options)());
    out.push_str(".SH COMPATIBILITY\nThese options of strace are refused, with the reason:\n");
    for flag in (TRACE.manual.options)() {
        if let Standing::Refused(why) = flag.standing {
            tagged(&mut out, &spellings(flag), &format!("{why}."));
        }
    }
    for command in others() {
        let _ = writeln!(out, ".SH {}", escape(&name(command).to_uppercase()));
        let _ = writeln!(out, "{}", escape(command.manual.about));
        section(&mut out, command);
    }
    out.push_str(".SH EXIT STATUS\nOf a trace, that of COMMAND; a signal that killed it is raised again. Otherwise:\n");
    for (code, what) in CODES {
        tagged(&mut out, &code.to_string(), what);
    }
    out.push_str(".SH SEE ALSO\n.BR strace (1),\n.BR lsof (8),\n.BR ss (8),\n.BR ptrace (2),\n.BR bpf (2)\n");
    out
}

/// All but the trace, which the page begins with.
fn others() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().copied().filter(|command| command.name != TRACE.name)
}

fn name(command: &Command) -> String {
    format!("tracer {}", command.name)
}

fn synopsis(out: &mut String, name: &str, manual: &Manual) {
    for form in manual.usage {
        let _ = writeln!(out, "{}", format!("\\fB{name}\\fR {}", escape(form)).trim_end());
    }
}

/// Options, notes and exit codes of a command. Those that have the options of a trace do not list them again.
fn section(out: &mut String, command: &Command) {
    let manual = &command.manual;
    let flags = (manual.options)();
    if flags.iter().all(|flag| (TRACE.manual.options)().iter().any(|known| std::ptr::eq(*known, *flag))) {
        let names: Vec<String> = flags.iter().filter(|flag| !flag.refused()).map(|flag| escape(flag.name())).collect();
        let _ = write!(out, ".PP\nOptions, as of a trace: {}.\n", names.join(", "));
    } else {
        options(out, &flags);
    }
    if !manual.notes.is_empty() {
        out.push_str(".PP\n.nf\n");
        for line in manual.notes.lines() {
            let _ = writeln!(out, "{}", escape(line));
        }
        out.push_str(".fi\n");
    }
    out.push_str(".PP\nExit status:");
    let _ = writeln!(out, "{}", format!(" {}", escape(manual.ends)).trim_end());
    for (code, what) in manual.exits {
        tagged(out, &code.to_string(), what);
    }
}

/// Options under their titles.
fn options(out: &mut String, flags: &[&Flag]) {
    let mut group = "";
    for flag in flags.iter().filter(|flag| !flag.refused()) {
        if flag.group != group {
            group = flag.group;
            let _ = writeln!(out, ".SS {}", escape(group));
        }
        tagged(out, &spellings(flag), &text(flag));
    }
}

fn tagged(out: &mut String, tag: &str, what: &str) {
    let _ = write!(out, ".TP\n\\fB{}\\fR\n{}\n", escape(tag), escape(what));
}

/// Text that roff takes as it is.
pub fn escape(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}
