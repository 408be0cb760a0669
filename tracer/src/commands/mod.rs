//! A command line becomes an [`Action`], and nothing else happens here: nothing is opened, started or
//! printed (only the user database is read, for `-u`). Called as `strace`, or with `strace` as the first
//! word, the grammar and the messages are strace's; called as tracer, a first word may be a subcommand.
//! The tracer's own options stand in one table, [`crate::cli::flags`]; those of a tool are its own.

mod complete;
mod help;
mod man;

#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::cli::fault::{Fault, UsageError, nearest, show};
use crate::cli::flags;
use crate::cli::getopt::{self, Words};
use crate::cli::opts::Opts;
use crate::exit;
use crate::spec::Spec;
use crate::tools::{audit, inspect, lsof, ss};

/// What a command line asks for. Texts end with a newline and belong on stdout.
#[derive(Debug)]
pub enum Action {
    /// Trace.
    Trace(Box<Spec>),
    /// Show a recording; the spec has no target.
    Replay {
        /// The recording.
        file: PathBuf,
        /// What of it, and how.
        spec: Box<Spec>,
    },
    /// List open files.
    Lsof(Box<lsof::request::Lsof>),
    /// Show sockets.
    Sockets(Box<ss::request::Request>),
    /// Report about a process.
    Inspect(Box<inspect::request::Inspect>),
    /// Audit a command.
    Audit(Box<audit::request::Audit>),
    /// Explain a rule of a policy.
    Explain(String),
    /// Say whether this policy of audits is right.
    CheckPolicy(PathBuf),
    /// Say what works here and what does not.
    Doctor {
        /// As JSON.
        json: bool,
    },
    /// Print this help.
    Help(String),
    /// Print this version.
    Version(String),
    /// Print this completion script.
    Completions(String),
    /// Print this manual page.
    Man(String),
}

/// A subcommand: its name, its arguments, what it is for.
struct Subcommand {
    name: &'static str,
    args: &'static str,
    help: &'static str,
}

const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "strace",
        args: "[OPTION]... COMMAND [ARG]...",
        help: "Trace with exactly strace's grammar and messages.",
    },
    Subcommand {
        name: "lsof",
        args: "[OPTION]... [NAME]...",
        help: "List open files, with lsof's options and output.",
    },
    Subcommand {
        name: "ss",
        args: "[OPTION]... [state STATE] [EXPRESSION]",
        help: "Show sockets, with the options, the filters and the output of iproute2's ss.",
    },
    Subcommand {
        name: "inspect",
        args: "PID [OPTION]...",
        help: "Report what is known of a process, and what deserves a look.",
    },
    Subcommand {
        name: "audit",
        args: "[OPTION]... -- COMMAND [ARG]...",
        help: "Run a command; tell what it did to files and with whom it talked, by test.",
    },
    Subcommand {
        name: "policy",
        args: "check FILE",
        help: "Say whether a policy of audit is right, and what it has; nothing is run.",
    },
    Subcommand {
        name: "replay",
        args: "FILE [OPTION]...",
        help: "Show a recording, with any option about filtering and output.",
    },
    Subcommand {
        name: "doctor",
        args: "[--json]",
        help: "Say what works on this machine, what does not, and what to do.",
    },
    Subcommand { name: "completions", args: "bash|zsh|fish", help: "Print a completion script for this shell." },
    Subcommand { name: "man", args: "", help: "Print the manual page, in roff." },
    Subcommand {
        name: "help",
        args: "[compat|SUBCOMMAND]",
        help: "Print help; compat: every option of strace, and what became of it.",
    },
];

/// Names kept for what is to come.
const RESERVED: &[&str] = &["ltrace", "top", "why"];

/// Who speaks, and in which grammar.
#[derive(Debug, Clone)]
struct Speaker {
    /// The name in messages.
    program: String,
    /// The exit code of usage errors.
    code: u8,
    /// Called as tracer: not every word is strace's.
    own: bool,
}

impl Speaker {
    fn strace(program: String) -> Self {
        Speaker { program, code: exit::STRACE_USAGE, own: false }
    }
}

/// Reads a command line; the first word is the name by which the program was called.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Action, UsageError> {
    let mut args = args.into_iter();
    let called = args.next().unwrap_or_default();
    let args: Vec<OsString> = args.collect();
    let name = called.to_string_lossy();
    let name = name.rsplit('/').next().unwrap_or_default();
    if name == "strace" {
        let speaker = Speaker::strace(show(&called));
        return trace(&speaker, &args).map_err(|f| UsageError::new(&speaker.program, speaker.code, f));
    }
    if name == "lsof" {
        return list_files("lsof", false, &args);
    }
    if name == "ss" {
        return list_sockets("ss", true, &args).map_err(|f| UsageError::new("ss", exit::SS_USAGE, f));
    }
    if RESERVED.contains(&name) {
        return Err(UsageError::new(name, exit::USAGE, Fault::plain("not in this version of tracer")));
    }
    let program = if name.is_empty() { "tracer".to_owned() } else { show(name) };
    let mut speaker = Speaker { program, code: exit::USAGE, own: true };
    if args.first().is_some_and(|a| a == "strace") {
        speaker = Speaker::strace("strace".to_owned());
        return trace(&speaker, &args[1..]).map_err(|f| UsageError::new(&speaker.program, speaker.code, f));
    }
    if args.first().is_some_and(|a| a == "lsof") {
        return list_files(&format!("{} lsof", speaker.program), true, &args[1..]);
    }
    if args.first().is_some_and(|a| a == "ss") {
        let program = format!("{} ss", speaker.program);
        return list_sockets(&program, false, &args[1..]).map_err(|f| UsageError::new(&program, speaker.code, f));
    }
    if args.first().is_some_and(|a| a == "inspect") {
        let program = format!("{} inspect", speaker.program);
        return match inspect::options::parse(&program, &args[1..]) {
            Ok(Some(spec)) => Ok(Action::Inspect(spec)),
            Ok(None) => Ok(Action::Help(inspect::options::help(&program))),
            Err(fault) => Err(UsageError::new(&program, speaker.code, fault)),
        };
    }
    if args.first().is_some_and(|a| a == "audit") {
        let program = format!("{} audit", speaker.program);
        return match audit::options::parse(&program, &args[1..]) {
            Ok(audit::options::Asked::Audit(spec)) => Ok(Action::Audit(spec)),
            Ok(audit::options::Asked::Explain(rule)) => Ok(Action::Explain(rule)),
            Ok(audit::options::Asked::Help) => Ok(Action::Help(audit::options::help(&program))),
            Err(fault) => Err(UsageError::new(&program, speaker.code, fault)),
        };
    }
    first_word(&speaker, &args).map_err(|f| UsageError::new(&speaker.program, speaker.code, f))
}

/// A subcommand, where the first word is one.
fn first_word(speaker: &Speaker, args: &[OsString]) -> Result<Action, Fault> {
    let Some((word, rest)) = args.split_first() else { return trace(speaker, args) };
    let Some(word) = word.to_str() else { return trace(speaker, args) };
    if RESERVED.contains(&word) {
        return Err(Fault::plain(format!("'{word}' is not in this version"))
            .hint(format!("to trace a command of that name: {} -- {word}", speaker.program)));
    }
    let asks_help = rest.first().is_some_and(|a| a == "-h" || a == "--help");
    match SUBCOMMANDS.iter().find(|s| s.name == word) {
        None => trace(speaker, args),
        Some(s) if asks_help && word != "help" => Ok(Action::Help(help::subcommand(&speaker.program, s))),
        Some(_) => match word {
            "replay" => replay(speaker, rest),
            "policy" => policy(rest),
            "doctor" => doctor(rest),
            "completions" => completions(rest),
            "man" => no_more(word, rest).map(|()| Action::Man(man::page())),
            _ => topic(speaker, rest),
        },
    }
}

/// `policy check FILE`
fn policy(args: &[OsString]) -> Result<Action, Fault> {
    match args {
        [check, file] if check == "check" && !file.is_empty() => Ok(Action::CheckPolicy(file.into())),
        [check, ..] if check != "check" => {
            Err(Fault::usage(format!("policy has one command, 'check FILE'; '{}' is none", show(check))))
        }
        [_, _, more, ..] => Err(Fault::usage(format!("policy check takes one FILE, and '{}' is another", show(more)))),
        _ => Err(Fault::usage("policy check needs the FILE of a policy")),
    }
}

/// The options of lsof.
fn list_files(program: &str, own: bool, args: &[OsString]) -> Result<Action, UsageError> {
    Ok(match lsof::options::parse(program, own, args)? {
        lsof::options::Asked::List(spec) => Action::Lsof(spec),
        lsof::options::Asked::Help(text) => Action::Help(text),
        lsof::options::Asked::Version(text) => Action::Version(text),
    })
}

/// The options of ss.
fn list_sockets(program: &str, peer: bool, args: &[OsString]) -> Result<Action, Fault> {
    Ok(match ss::options::parse(program, peer, args)? {
        ss::options::Asked::List(request) => Action::Sockets(request),
        ss::options::Asked::Help => Action::Help(ss::options::help(program)),
        // Scripts read the number behind these words.
        ss::options::Asked::Version => Action::Version(format!(
            "ss utility, iproute2-6.1.0\ntracer {}, with the options and the output of that version\n",
            env!("CARGO_PKG_VERSION")
        )),
    })
}

/// Options and a command.
fn trace(speaker: &Speaker, args: &[OsString]) -> Result<Action, Fault> {
    let mut opts = Opts::new(false);
    let command = read(&mut opts, args, Words::AreACommand)?;
    match informs(speaker, &opts) {
        Some(action) => Ok(action),
        None => Ok(Action::Trace(Box::new(opts.into_spec(&speaker.program, speaker.own, command)?))),
    }
}

/// `replay FILE [OPTION]...`, in any order.
fn replay(speaker: &Speaker, args: &[OsString]) -> Result<Action, Fault> {
    let mut opts = Opts::new(true);
    let mut files = read(&mut opts, args, Words::MayMix)?.into_iter();
    if let Some(action) = informs(speaker, &opts) {
        return Ok(action);
    }
    match (files.next(), files.next()) {
        (Some(file), None) if !file.is_empty() => {
            let spec = Box::new(opts.into_spec(&speaker.program, speaker.own, Vec::new())?);
            Ok(Action::Replay { file: file.into(), spec })
        }
        (Some(_), Some(more)) => Err(Fault::usage(format!("replay takes one FILE, and '{}' is another", show(&more)))),
        _ => Err(Fault::usage("replay needs the FILE of a recording")),
    }
}

/// Reads options up to `-h`, which is obeyed at once, as strace does; `-V` waits for the end.
fn read(opts: &mut Opts, args: &[OsString], words: Words) -> Result<Vec<OsString>, Fault> {
    getopt::read(flags::FLAGS, args, words, |flag, given| {
        opts.take(flag, &given)?;
        Ok(if opts.help { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })
}

fn informs(speaker: &Speaker, opts: &Opts) -> Option<Action> {
    let version = env!("CARGO_PKG_VERSION");
    if opts.help {
        Some(Action::Help(help::usage(&speaker.program, speaker.own)))
    } else if opts.version {
        Some(Action::Version(match speaker.own {
            true => format!("tracer {version}\n"),
            // Scripts read the number behind these words to know what they may ask for.
            false => {
                format!("strace -- version 6.1\ntracer {version}, with the options and the output of that version\n")
            }
        }))
    } else {
        None
    }
}

fn doctor(args: &[OsString]) -> Result<Action, Fault> {
    let mut json = false;
    for arg in args {
        match arg.to_str() {
            Some("--json") => json = true,
            _ => return Err(Fault::usage(format!("doctor takes --json only, not '{}'", show(arg)))),
        }
    }
    Ok(Action::Doctor { json })
}

fn completions(args: &[OsString]) -> Result<Action, Fault> {
    match args.first().and_then(|a| a.to_str()).and_then(complete::script) {
        Some(script) => no_more("completions", &args[1..]).map(|()| Action::Completions(script)),
        None => Err(Fault::usage("completions needs the name of a shell: bash, zsh or fish")),
    }
}

fn topic(speaker: &Speaker, args: &[OsString]) -> Result<Action, Fault> {
    let text = match args.first().map(OsString::as_os_str).map(|a| a.to_str().ok_or(a)) {
        None => help::usage(&speaker.program, true),
        Some(Ok("compat")) => help::compat(),
        Some(Ok(word)) if SUBCOMMANDS.iter().any(|s| s.name == word) => {
            SUBCOMMANDS.iter().filter(|s| s.name == word).map(|s| help::subcommand(&speaker.program, s)).collect()
        }
        Some(Ok(word)) => {
            let meant = nearest(word, SUBCOMMANDS.iter().map(|s| s.name).chain(["compat"])).map(str::to_owned);
            return Err(no_topic(word.as_ref()).or_did_you_mean(meant));
        }
        Some(Err(word)) => return Err(no_topic(word)),
    };
    no_more("help", &args[1.min(args.len())..])?;
    Ok(Action::Help(text))
}

fn no_topic(word: &OsStr) -> Fault {
    Fault::usage(format!("no help about '{}'", show(word)))
}

fn no_more(subcommand: &str, args: &[OsString]) -> Result<(), Fault> {
    match args.first() {
        Some(arg) => Err(Fault::usage(format!("{subcommand} does not take '{}'", show(arg)))),
        None => Ok(()),
    }
}
