//! A command line becomes an [`Action`]; until that is run nothing is opened, started or printed (only the user database is read, for
//! `-u`). `table` has all commands; help, the man page and the completions are made of it. Called as `strace`, or with `strace` as the
//! first word, the grammar and the messages are strace's; called as tracer, a first word may be a command; anything else is a trace.

mod complete;
mod help;
mod job;
mod man;
mod own;
mod table;
mod version;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cli::fault::{UsageError, show};
use crate::exit;
pub use job::Job;
use table::{COMMANDS, Caller, Command};

/// What a command line asks for. Texts end with a newline and belong on stdout.
#[derive(Debug)]
pub enum Action {
    /// Do this.
    Run(Box<dyn Job>),
    /// Print this help.
    Help(String),
    /// Print this version.
    Version(String),
    /// Print this completion script.
    Completions(String),
    /// Print this manual page.
    Man(String),
}

impl Action {
    /// Carries it out.
    pub fn run(self) -> ExitCode {
        match self {
            Action::Run(job) => job.run(),
            Action::Help(text) | Action::Version(text) | Action::Completions(text) | Action::Man(text) => {
                job::print(&text, exit::OK)
            }
        }
    }
}

/// The command of this name.
fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().copied().find(|command| command.name == name)
}

/// Reads a command line; its first word is the name that the program was called by.
///
/// # Errors
/// What is wrong with it.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Action, UsageError> {
    let mut args = args.into_iter();
    let called = args.next().unwrap_or_default();
    let args: Vec<OsString> = args.collect();
    let name = called.to_string_lossy();
    let name = name.rsplit('/').next().unwrap_or_default();
    if let Some(command) = command(name).filter(|command| command.peer) {
        return (command.parse)(&Caller { program: show(&called), command, peer: true }, &args);
    }
    let program = if name.is_empty() { "tracer".to_owned() } else { show(name) };
    let word = args.first().and_then(|word| word.to_str());
    match word.and_then(command) {
        Some(command) => (command.parse)(&Caller { program, command, peer: false }, &args[1..]),
        None => (table::TRACE.parse)(&Caller { program, command: &table::TRACE, peer: false }, &args),
    }
}
