//! The commands about tracer itself: doctor, completions, man, help.

use std::ffi::{OsStr, OsString};

use super::job::{job, print};
use super::table::{COMMANDS, Caller};
use super::{Action, complete, help as texts, man as manual_page};
use crate::cli::fault::{Fault, UsageError, nearest, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, OptionRow, Set, Takes, row};
use crate::{doctor as examination, exit};

/// The shells with a script.
pub const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];
/// A topic of help, besides the commands.
const COMPAT: &str = "compat";

#[derive(Default)]
struct Draft {
    help: bool,
    json: bool,
}

const HELP_ROW: OptionRow<Set<Draft>> = row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
    draft.help = true;
    Ok(())
});

static ONLY_HELP: &[OptionRow<Set<Draft>>] = &[HELP_ROW];

static OF_DOCTOR: &[OptionRow<Set<Draft>>] = &[
    HELP_ROW,
    row(None, &["--json"], Takes::Nothing, "Print JSON Lines: an object per check, the verdict last.", |draft, _| {
        draft.json = true;
        Ok(())
    }),
];

const PRINTED: &[(u8, &str)] =
    &[(exit::OK, "Printed."), (exit::USAGE, "A usage error."), (exit::FAILED, "It could not be printed.")];

/// Of doctor.
pub const DOCTOR: Manual = Manual {
    usage: &["[--json]"],
    about: "Checks what tracer needs of this machine: kernel, rights, BTF, tracefs, ptrace. Says what is there, what is missing and what to do, and tries both sources of events on a child.",
    options: || table::flags(OF_DOCTOR),
    notes: "",
    ends: "",
    exits: &[
        (exit::OK, "A source works: traces can be made."),
        (exit::NOTHING, "No source works."),
        (exit::USAGE, "A usage error."),
    ],
};

/// Of completions.
pub const COMPLETIONS: Manual = Manual {
    usage: &["bash|zsh|fish"],
    about: "Prints a script with which a shell completes the commands and options of tracer.",
    options: || table::flags(ONLY_HELP),
    notes: "\
bash: tracer completions bash > /usr/share/bash-completion/completions/tracer
zsh:  tracer completions zsh > /usr/share/zsh/vendor-completions/_tracer
fish: tracer completions fish > /usr/share/fish/vendor_completions.d/tracer.fish
",
    ends: "",
    exits: PRINTED,
};

/// Of man.
pub const MAN: Manual = Manual {
    usage: &[""],
    about: "Prints the manual page, with every command and option, in roff: tracer man | man -l -",
    options: || table::flags(ONLY_HELP),
    notes: "",
    ends: "",
    exits: PRINTED,
};

/// Of help.
pub const HELP: Manual = Manual {
    usage: &["[compat|COMMAND]"],
    about: "Prints the help of a command, or an overview. compat: every option of strace, and what tracer does with it.",
    options: || table::flags(ONLY_HELP),
    notes: "",
    ends: "",
    exits: PRINTED,
};

/// Reads the options of a command; gives what was given and the words, or its help.
fn read(
    caller: &Caller,
    table: &'static [OptionRow<Set<Draft>>],
    args: &[OsString],
) -> Result<Result<(Draft, Vec<OsString>), Action>, UsageError> {
    let mut draft = Draft::default();
    let words = table::read(table, args, Words::MayMix, &mut draft, |draft| draft.help);
    Ok(match words.map_err(|fault| wrong(caller, fault))? {
        Some(words) => Ok((draft, words)),
        None => Err(caller.help()),
    })
}

fn wrong(caller: &Caller, fault: Fault) -> UsageError {
    UsageError::new(&caller.program, exit::USAGE, fault)
}

fn no_more(caller: &Caller, words: &[OsString]) -> Result<(), UsageError> {
    match words.first() {
        Some(word) => {
            let message = format!("{} does not take '{}'", caller.command.name, show(word));
            Err(wrong(caller, Fault::usage(message)))
        }
        None => Ok(()),
    }
}

/// `tracer doctor`
pub fn doctor(caller: &Caller, args: &[OsString]) -> Result<Action, UsageError> {
    let (draft, words) = match read(caller, OF_DOCTOR, args)? {
        Ok(given) => given,
        Err(help) => return Ok(help),
    };
    if let Some(word) = words.first() {
        return Err(wrong(caller, Fault::usage(format!("doctor takes --json only, not '{}'", show(word)))));
    }
    Ok(Action::Run(job(Doctor { json: draft.json }, |request| {
        let report = examination::examine();
        let code = if report.works() { exit::OK } else { exit::NOTHING };
        print(&if request.json { report.json() } else { report.text() }, code)
    })))
}

/// What `tracer doctor` asks for.
#[derive(Debug)]
pub struct Doctor {
    /// As JSON.
    pub json: bool,
}

/// `tracer completions`
pub fn completions(caller: &Caller, args: &[OsString]) -> Result<Action, UsageError> {
    let words = match read(caller, ONLY_HELP, args)? {
        Ok((_, words)) => words,
        Err(help) => return Ok(help),
    };
    match words.first().and_then(|word| word.to_str()).and_then(complete::script) {
        Some(script) => no_more(caller, &words[1..]).map(|()| Action::Completions(script)),
        None => Err(wrong(caller, Fault::usage("completions takes the name of a shell: bash, zsh or fish"))),
    }
}

/// `tracer man`
pub fn man(caller: &Caller, args: &[OsString]) -> Result<Action, UsageError> {
    match read(caller, ONLY_HELP, args)? {
        Ok((_, words)) => no_more(caller, &words).map(|()| Action::Man(manual_page::page())),
        Err(help) => Ok(help),
    }
}

/// What help can be asked about.
pub fn topics() -> Vec<String> {
    [COMPAT].into_iter().chain(COMMANDS.iter().map(|command| command.name)).map(str::to_owned).collect()
}

/// `tracer help X` is `tracer X --help`.
pub fn help(caller: &Caller, args: &[OsString]) -> Result<Action, UsageError> {
    let words = match read(caller, ONLY_HELP, args)? {
        Ok((_, words)) => words,
        Err(help) => return Ok(help),
    };
    let Some((topic, more)) = words.split_first() else { return Ok(Action::Help(texts::overview(&caller.program))) };
    let action = if topic == COMPAT {
        Action::Help(texts::compat())
    } else if let Some(command) = topic.to_str().and_then(super::command) {
        (command.parse)(&Caller { program: caller.program.clone(), command, peer: false }, &["--help".into()])?
    } else {
        let names = COMMANDS.iter().map(|command| command.name).chain([COMPAT]);
        let meant = topic.to_str().and_then(|topic| nearest(topic, names)).map(str::to_owned);
        return Err(wrong(caller, no_topic(topic).or_did_you_mean(meant)));
    };
    no_more(caller, more).map(|()| action)
}

fn no_topic(word: &OsStr) -> Fault {
    Fault::usage(format!("no help about '{}'", show(word)))
}
