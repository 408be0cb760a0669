//! The manual page, from the table of options.

use std::fmt::Write;

use super::SUBCOMMANDS;
use crate::cli::flags::{FLAGS, Group, Standing};
use crate::cli::help::{spelling, text};

/// The page, for man(7).
pub fn page() -> String {
    let mut out = format!(".TH TRACER 1 \"\" \"tracer {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    out.push_str(".SH NAME\ntracer \\- show the system calls and signals of processes\n.SH SYNOPSIS\n.nf\n");
    for form in
        ["COMMAND [ARG]...", "\\-p PID...", "{ \\-\\-all | \\-\\-cgroup PATH | \\-\\-comm NAME | \\-\\-uid USER }"]
    {
        let _ = writeln!(out, "\\fBtracer\\fR [OPTION]... {form}");
    }
    for s in SUBCOMMANDS {
        let _ = writeln!(out, "\\fBtracer {}\\fR {}", s.name, escape(s.args));
    }
    out.push_str(".fi\n.SH DESCRIPTION\n");
    out.push_str(concat!(
        "Runs COMMAND, or attaches to running processes, and writes a line for each system call they make and each\n",
        "signal they get, to standard error or to a file, as strace does. Events come from eBPF programs in the\n",
        "kernel where these can be loaded, and from ptrace(2) where not.\n.PP\n",
        "Called by the name strace, or as \\fBtracer strace\\fR, it has exactly the grammar of strace.\n",
        "A first word that is a subcommand is one; a double dash before it makes it a command.\n.PP\n",
        "Everything that could not be shown is counted and said: a line at the end, and in JSON the last object.\n",
        ".SH SUBCOMMANDS\n"
    ));
    for s in SUBCOMMANDS {
        let _ = write!(out, ".TP\n\\fB{}\\fR {}\n{}\n", s.name, escape(s.args), escape(s.help));
    }
    out.push_str(".SH OPTIONS\n");
    for (group, title) in Group::ALL {
        let _ = writeln!(out, ".SS {title}");
        for flag in FLAGS.iter().filter(|f| f.group == *group && !matches!(f.standing, Standing::Refused(_))) {
            let _ = write!(out, ".TP\n\\fB{}\\fR\n{}\n", escape(&spelling(flag)), escape(&text(flag)));
        }
        if FLAGS.iter().all(|f| f.group != *group || matches!(f.standing, Standing::Refused(_))) {
            out.push_str("Not in this version.\n");
        }
    }
    out.push_str(".SH COMPATIBILITY\nThese options of strace are refused, with the reason:\n");
    for flag in FLAGS {
        if let Standing::Refused(why) = flag.standing {
            let _ = write!(out, ".TP\n\\fB{}\\fR\n{}.\n", escape(&spelling(flag)), escape(why));
        }
    }
    out.push_str(".SH EXIT STATUS\nThat of COMMAND; a signal that ended it is repeated. Otherwise:\n");
    let codes = [
        ("0", "Done."),
        ("1", "A usage error, called as strace."),
        ("2", "A usage error."),
        ("4", "Something was lost, under \\-\\-strict."),
        ("125", "tracer could not do its job."),
    ];
    for (code, what) in codes {
        let _ = write!(out, ".TP\n.B {code}\n{what}\n");
    }
    out.push_str(".SH SEE ALSO\n.BR strace (1),\n.BR ptrace (2),\n.BR bpf (2)\n");
    out
}

/// Text that roff takes as it is.
fn escape(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}
