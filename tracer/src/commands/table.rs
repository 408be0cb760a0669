//! Every command, a row: its name, its purpose, what reads its words, and what carries out the request. The list in `tracer -h`,
//! `tracer help`, the man page and the completions are made of these rows and of the options that they name.

use std::ffi::OsString;
use std::process::ExitCode;

use super::job::{answer, end, job};
use super::{Action, help, own, version};
use crate::cli::asked::{self, Asked, Instead};
use crate::cli::fault::{Fault, UsageError};
use crate::cli::help::Manual;
use crate::cli::ltrace;
use crate::cli::table::Completes;
use crate::exit;
use crate::tools::{audit, inspect, lsof, ss, top, why};
use crate::trace::{self, Ending};

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// Called by that name, as a program, it behaves as that program does.
    pub peer: bool,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// How a shell completes its words.
    pub words: Completes,
    /// The rest of its help.
    pub manual: Manual,
    /// Reads its words, without its name.
    pub parse: fn(&Caller, &[OsString]) -> Result<Action, UsageError>,
}

/// The command that was called, and how.
pub struct Caller {
    /// The name of the program in messages: `tracer`; of a peer, as it was typed.
    pub program: String,
    /// The command.
    pub command: &'static Command,
    /// The command's name was the program's.
    pub peer: bool,
}

impl Caller {
    /// `tracer lsof`, or the peer's name.
    pub fn full(&self) -> String {
        if self.peer { self.command.name.to_owned() } else { format!("{} {}", self.program, self.command.name) }
    }

    /// Its help.
    pub fn help(&self) -> Action {
        Action::Help(help::of(&self.full(), self.command))
    }

    /// An error of a command whose messages have its full name.
    fn fault(&self, fault: Fault) -> UsageError {
        UsageError::new(&self.full(), exit::USAGE, fault)
    }
}

/// The command of a command line that names none.
pub static TRACE: Command = Command {
    name: "trace",
    peer: false,
    summary: "Trace a program, or running processes. The default: used when the first word is no command.",
    words: Completes::Command,
    manual: help::TRACE,
    parse: |caller, args| {
        let asked = asked::trace(&caller.program, true, args);
        match asked.map_err(|fault| UsageError::new(&caller.program, exit::USAGE, fault))? {
            Asked::For(spec) => {
                Ok(Action::Run(job(spec, |spec| end(&spec.watch.program, spec.view.failure, trace::run(&spec)))))
            }
            Asked::Help => Ok(Action::Help(help::overview(&caller.program))),
            Asked::Version => Ok(Action::Version(version::own())),
        }
    },
};

/// The commands, in the order in which they are listed.
pub static COMMANDS: &[&Command] = &[
    &TRACE,
    &Command {
        name: "strace",
        peer: true,
        summary: "Trace with strace's exact grammar and messages.",
        words: Completes::Command,
        manual: help::STRACE,
        parse: |caller, args| {
            let program = if caller.peer { &caller.program } else { caller.command.name };
            let asked = asked::trace(program, false, args);
            match asked.map_err(|fault| UsageError::new(program, exit::STRACE_USAGE, fault))? {
                Asked::For(spec) => {
                    Ok(Action::Run(job(spec, |spec| end(&spec.watch.program, spec.view.failure, trace::run(&spec)))))
                }
                Asked::Help => Ok(Action::Help(help::of(program, caller.command))),
                Asked::Version => Ok(Action::Version(version::peer("strace -- version 6.1\n"))),
            }
        },
    },
    &Command {
        name: "ltrace",
        peer: true,
        summary: "Trace calls of library functions, with ltrace's options and output.",
        words: Completes::Command,
        manual: ltrace::MANUAL,
        parse: |caller, args| {
            let code = if caller.peer { exit::LTRACE_FAILED } else { exit::USAGE };
            let asked = ltrace::parse(&caller.full(), caller.peer, args);
            match asked.map_err(|fault| UsageError::new(&caller.full(), code, fault))? {
                Asked::For(spec) => {
                    Ok(Action::Run(job(spec, |spec| end(&spec.watch.program, spec.view.failure, trace::run(&spec)))))
                }
                Asked::Help => Ok(caller.help()),
                Asked::Version if caller.peer => Ok(Action::Version(version::peer("ltrace 0.7.91\n"))),
                Asked::Version => Ok(Action::Version(version::own())),
            }
        },
    },
    &Command {
        name: "lsof",
        peer: true,
        summary: "List open files, with lsof's options and output.",
        words: Completes::Files,
        manual: lsof::options::MANUAL,
        parse: |caller, args| {
            Ok(match lsof::options::parse(&caller.full(), !caller.peer, args)? {
                lsof::options::Asked::List(list) => {
                    Action::Run(job(list, |list| end(&list.program, list.failure, lsof::run(&list).map(Ending::Code))))
                }
                lsof::options::Asked::Help => caller.help(),
                lsof::options::Asked::Fields(text) => Action::Help(text),
                lsof::options::Asked::Version if caller.peer => {
                    Action::Version(version::peer("lsof version information:\n    revision: 4.99.4\n    "))
                }
                lsof::options::Asked::Version => Action::Version(version::own()),
            })
        },
    },
    &Command {
        name: "ss",
        peer: true,
        summary: "Show sockets, with iproute2 ss's options, filters and output.",
        words: Completes::Words(&[
            "state",
            "exclude",
            "src",
            "dst",
            "sport",
            "dport",
            "dev",
            "fwmark",
            "cgroup",
            "autobound",
        ]),
        manual: ss::options::MANUAL,
        parse: |caller, args| {
            let code = if caller.peer { exit::SS_USAGE } else { exit::USAGE };
            let asked = ss::options::parse(&caller.full(), caller.peer, args);
            match asked.map_err(|fault| UsageError::new(&caller.full(), code, fault))? {
                ss::options::Asked::List(list) => Ok(Action::Run(job(list, |list| ExitCode::from(ss::run(&list))))),
                ss::options::Asked::Help => Ok(caller.help()),
                ss::options::Asked::Version => Ok(Action::Version(version::peer("ss utility, iproute2-7.3.0\n"))),
            }
        },
    },
    &Command {
        name: "inspect",
        peer: false,
        summary: "Report everything known of a process, and what deserves a look.",
        words: Completes::Pids,
        manual: inspect::options::MANUAL,
        parse: |caller, args| {
            let asked = inspect::options::parse(&caller.full(), args).map_err(|fault| caller.fault(fault))?;
            Ok(asked.map_or_else(
                || caller.help(),
                |request| Action::Run(job(request, |request| ExitCode::from(inspect::run(&request)))),
            ))
        },
    },
    &Command {
        name: "why",
        peer: false,
        summary: "Say what a process waits for, and who is to blame.",
        words: Completes::Pids,
        manual: why::options::MANUAL,
        parse: |caller, args| {
            let asked = why::options::parse(&caller.full(), args).map_err(|fault| caller.fault(fault))?;
            Ok(asked.map_or_else(
                || caller.help(),
                |request| Action::Run(job(request, |request| ExitCode::from(why::run(&request)))),
            ))
        },
    },
    &Command {
        name: "top",
        peer: false,
        summary: "Watch processes live: calls, files, network, errors; and one process in all its parts.",
        words: Completes::Command,
        manual: top::options::MANUAL,
        parse: |caller, args| {
            let asked = top::options::parse(&caller.full(), args).map_err(|fault| caller.fault(fault))?;
            Ok(asked.map_or_else(
                || caller.help(),
                |request| Action::Run(job(request, |request| end(&request.program, exit::FAILED, top::run(&request)))),
            ))
        },
    },
    &Command {
        name: "audit",
        peer: false,
        summary: "Run a command; report, by test, what it did to files and with whom it talked.",
        words: Completes::Command,
        manual: audit::options::MANUAL,
        parse: |caller, args| {
            Ok(match audit::options::parse(&caller.full(), args).map_err(|fault| caller.fault(fault))? {
                audit::options::Asked::Audit(request) => {
                    Action::Run(job(request, |request| ExitCode::from(audit::run(&request))))
                }
                audit::options::Asked::Explain(rule) => Action::Run(job(rule, |rule| answer(audit::explain(&rule.0)))),
                audit::options::Asked::Help => caller.help(),
            })
        },
    },
    &Command {
        name: "policy",
        peer: false,
        summary: "Check a policy of audit, and say what it has; runs nothing.",
        words: Completes::Files,
        manual: audit::options::check::MANUAL,
        parse: |caller, args| {
            let asked = audit::options::check::parse(args).map_err(|fault| caller.fault(fault))?;
            Ok(asked.map_or_else(
                || caller.help(),
                |request| Action::Run(job(request, |request| answer(audit::check(&request.file)))),
            ))
        },
    },
    &Command {
        name: "replay",
        peer: false,
        summary: "Show a recording, with any option for filtering and output.",
        words: Completes::Files,
        manual: help::REPLAY,
        parse: |caller, args| {
            let asked = asked::replay(&caller.program, args);
            match asked.map_err(|fault| UsageError::new(&caller.program, exit::USAGE, fault))? {
                Asked::For(replay) => Ok(Action::Run(job(replay, |asked| {
                    let result = match &asked.instead {
                        Some(Instead::Page(page)) => audit::replay(&asked.file, page).map(Ending::Code),
                        Some(Instead::Verified(sum)) => trace::verify(&asked.file, sum.as_deref()).map(Ending::Code),
                        None => trace::replay(&asked.file, &asked.spec),
                    };
                    end(&asked.spec.watch.program, asked.spec.view.failure, result)
                }))),
                Asked::Help => Ok(caller.help()),
                Asked::Version => Ok(Action::Version(version::own())),
            }
        },
    },
    &Command {
        name: "doctor",
        peer: false,
        summary: "Say what works on this machine, what does not, and what to do.",
        words: Completes::Free,
        manual: own::DOCTOR,
        parse: own::doctor,
    },
    &Command {
        name: "completions",
        peer: false,
        summary: "Print a completion script for bash, zsh or fish.",
        words: Completes::Words(&own::SHELLS),
        manual: own::COMPLETIONS,
        parse: own::completions,
    },
    &Command {
        name: "man",
        peer: false,
        summary: "Print the manual page, in roff.",
        words: Completes::Free,
        manual: own::MAN,
        parse: own::man,
    },
    &Command {
        name: "help",
        peer: false,
        summary: "Print help of a command; compat: every option of strace, and what tracer does with it.",
        words: Completes::From(own::topics),
        manual: own::HELP,
        parse: own::help,
    },
];
