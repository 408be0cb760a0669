//! The command line of `tracer audit`.

pub mod check;

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::cli::fault::{Fault, show};
use crate::cli::getopt::Words;
use crate::cli::help::Manual;
use crate::cli::table::{self, BACKENDS, Completes, OptionRow, Set, Takes, WHEN, backend, color, one_of, row};
use crate::cli::words;
use crate::exit;
use crate::spec::{Backend, Color, Command};
use crate::tools::audit::evidence::Extent;
use crate::tools::audit::request::{Audit, Form};

/// What was given.
struct Draft {
    help: bool,
    explain: Option<String>,
    spec: Audit,
}

/// What was asked for.
#[derive(Debug)]
pub enum Asked {
    /// An audit.
    Audit(Box<Audit>),
    /// What a rule says.
    Explain(Rule),
    /// The help.
    Help,
}

/// `--explain RULE`
#[derive(Debug)]
pub struct Rule(pub String);

static FLAGS: &[OptionRow<Set<Draft>>] = &[
    row(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
        draft.help = true;
        Ok(())
    }),
    row::<Draft>(
        None,
        &["--policy"],
        Takes::Value("FILE"),
        "Judge by this policy (default tracer.toml of the working directory, if it exists).",
        |draft, value| {
            draft.spec.policy = Some(value.into());
            Ok(())
        },
    ).files(),
    row::<Draft>(
        None,
        &["--learn"],
        Takes::Value("FILE"),
        "Write a policy that allows what happened, and no more. If FILE exists, show what would be added to it.",
        |draft, value| {
            draft.spec.learn = Some(value.into());
            Ok(())
        },
    ).files(),
    row(
        None,
        &["--write"],
        Takes::Nothing,
        "Write what --learn adds to a policy that exists.",
        |draft, _| {
            draft.spec.write = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--runs"],
        Takes::Value("N"),
        "Run the command N times, up to 100 (with --learn): what differs between runs becomes a pattern.",
        |draft, value| match value.to_str().and_then(|text| text.parse().ok()).filter(|runs| (1..=100).contains(runs)) {
            Some(runs) => {
                draft.spec.runs = runs;
                Ok(())
            }
            None => Err(Fault::usage(format!("--runs takes a number from 1 to 100, not '{}'", show(value)))),
        },
    ),
    row(
        None,
        &["--explain"],
        Takes::Value("RULE"),
        "Explain a rule of a policy, and run nothing.",
        |draft, value| {
            draft.explain = Some(value.to_string_lossy().into_owned());
            Ok(())
        },
    ),
    row::<Draft>(
        None,
        &["--baseline"],
        Takes::Value("FILE"),
        "Compare with an earlier run: anything new is a violation. Written if it does not exist.",
        |draft, value| {
            draft.spec.baseline = Some(value.into());
            Ok(())
        },
    ).files(),
    row(None, &["--update"], Takes::Nothing, "Rewrite the baseline, whatever is new or gone.", |draft, _| {
        draft.spec.update = true;
        Ok(())
    }),
    row::<Draft>(
        None,
        &["--report"],
        Takes::Value("FORM=FILE"),
        "Write a report to FILE (-: stdout): text, json, junit, sarif, markdown, github or html. May be repeated.",
        |draft, value| {
            draft.spec.reports.push(report(value)?);
            Ok(())
        },
    ).completes(Completes::From(forms)),
    row::<Draft>(None, &["--record"], Takes::Value("FILE"), "Also record the events to FILE, for tracer replay.", |draft, value| {
        draft.spec.record = Some(value.into());
        Ok(())
    }).files(),
    row(
        None,
        &["--hash"],
        Takes::Nothing,
        "Report contents of files in $WORKSPACE before and after, by SHA-256.",
        |draft, _| {
            draft.spec.hash = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--diff"],
        Takes::Nothing,
        "Report how text files in $WORKSPACE differ from before the run, up to 256 KiB each.",
        |draft, _| {
            draft.spec.diff = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--timeline"],
        Takes::Nothing,
        "Also tell in text and JSON when each process ran, with its id. Two equal runs then give two reports. A page always tells.",
        |draft, _| {
            draft.spec.extent.times = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--full"],
        Takes::Nothing,
        "Cut no list of the text short: every process, unit, file, host and program.",
        |draft, _| {
            draft.spec.extent.full = true;
            Ok(())
        },
    ),
    row(
        None,
        &["--unit-env"],
        Takes::Value("NAME"),
        "Variable that names units: a program with it in its environment begins the unit of its value. May be repeated.",
        |draft, value| match value.to_str().filter(|name| !name.is_empty() && !name.contains('=')) {
            Some(name) => {
                draft.spec.unit_variables.push(name.to_owned());
                Ok(())
            }
            None => Err(Fault::usage(format!("--unit-env takes the name of a variable, not '{}'", show(value)))),
        },
    ),
    row(
        None,
        &["--unit-exe"],
        Takes::Value("GLOB"),
        "Programs that are units, by path: from $WORKSPACE on, or whole. May be repeated.",
        |draft, value| match value.to_str().filter(|glob| globset::Glob::new(glob).is_ok()) {
            Some(glob) => {
                draft.spec.unit_programs.push(glob.to_owned());
                Ok(())
            }
            None => Err(Fault::usage(format!("--unit-exe takes a glob, not '{}'", show(value)))),
        },
    ),
    row::<Draft>(
        None,
        &["--pytest"],
        Takes::Value("WHEN"),
        "Have pytest load a plugin that marks its tests, wherever it is run: auto (the default), always (the same) or never.",
        |draft, value| {
            draft.spec.pytest = one_of("--pytest", &WHEN, [true, true, false], value)?;
            Ok(())
        },
    ).words(&WHEN),
    row::<Draft>(
        None,
        &["--node"],
        Takes::Value("WHEN"),
        "Have node load a module that marks the tests of node:test, jest and vitest: auto (the default), always (the same) or never.",
        |draft, value| {
            draft.spec.node = one_of("--node", &WHEN, [true, true, false], value)?;
            Ok(())
        },
    ).words(&WHEN),
    row::<Draft>(
        None,
        &["--cgroup"],
        Takes::Value("DIRECTORY"),
        "Also attribute to the command what other processes in this cgroup v2 directory do: containers, services (eBPF only).",
        |draft, value| {
            draft.spec.cgroup = Some(value.into());
            Ok(())
        },
    ).files(),
    row(
        None,
        &["--keep"],
        Takes::Nothing,
        "If interrupted, leave running what the command started.",
        |draft, _| {
            draft.spec.keep = true;
            Ok(())
        },
    ),
    row::<Draft>(
        Some("-u"),
        &["--user"],
        Takes::Value("USER"),
        "Run the command as USER (login name or UID:GID).",
        |draft, value| {
            let user = words::user(value).ok_or_else(|| Fault::plain(format!("Cannot find user '{}'", show(value))))?;
            draft.spec.command.user = Some(user);
            Ok(())
        },
    ).completes(Completes::Users),
    row(
        Some("-E"),
        &["--env"],
        Takes::Value("VAR[=VALUE]"),
        "Set VAR to VALUE in the command's environment; without VALUE, remove it. May be repeated.",
        |draft, value| {
            draft.spec.command.env.push(words::assignment(value));
            Ok(())
        },
    ),
    row::<Draft>(None, &["--backend"], Takes::Value("SOURCE"), "Source of events: auto (the default), ebpf or ptrace.", |draft, value| {
        draft.spec.backend = backend(value)?;
        Ok(())
    }).words(&BACKENDS),
    row(
        None,
        &["--ring-size"],
        Takes::Value("BYTES"),
        "Size of the eBPF ring buffer: 4096 to 1G, with K, M or G; rounded up to a power of two.",
        |draft, value| {
            let size = value.to_str().and_then(words::ring_size);
            let wrong = || Fault::usage(format!("--ring-size takes 4096 to 1G, not '{}'", show(value)));
            draft.spec.ring_size = Some(size.ok_or_else(wrong)?);
            Ok(())
        },
    ),
    row::<Draft>(
        None,
        &["--color"],
        Takes::Value("WHEN"),
        "Colour the output: auto (on a terminal, without NO_COLOR; the default), always or never.",
        |draft, value| {
            draft.spec.color = color(value)?;
            Ok(())
        },
    ).words(&WHEN),
    row(Some("-q"), &["--quiet"], Takes::Nothing, "Print no summary on stderr.", |draft, _| {
        draft.spec.quiet = true;
        Ok(())
    }),
];

/// What a shell offers for `--report`.
fn forms() -> Vec<String> {
    Form::ALL.map(|form| format!("{}=", form.name())).into()
}

/// `FORM=FILE`
fn report(value: &OsStr) -> Result<(Form, PathBuf), Fault> {
    let forms = || Form::ALL.map(Form::name).join(", ");
    let text = value.to_string_lossy();
    let Some((form, _)) = text.split_once('=') else {
        return Err(Fault::usage(format!("--report takes FORM=FILE, with one of {}; not '{}'", forms(), show(value))));
    };
    let Some(known) = Form::ALL.into_iter().find(|known| known.name() == form) else {
        return Err(Fault::usage(format!("'{}' is not a form of report: {}", show(form), forms())));
    };
    let file = &std::os::unix::ffi::OsStrExt::as_bytes(value)[form.len() + 1..];
    if file.is_empty() {
        return Err(Fault::usage(format!("--report={form}= names no file")));
    }
    Ok((known, PathBuf::from(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(file))))
}

/// Reads the command line.
pub fn parse(program: &str, args: &[OsString]) -> Result<Asked, Fault> {
    let mut draft = Draft {
        help: false,
        explain: None,
        spec: Audit {
            program: program.to_owned(),
            command: Command::default(),
            policy: None,
            learn: None,
            runs: 1,
            write: false,
            baseline: None,
            update: false,
            reports: Vec::new(),
            keep: false,
            record: None,
            hash: false,
            diff: false,
            extent: Extent::default(),
            unit_variables: Vec::new(),
            unit_programs: Vec::new(),
            pytest: true,
            node: true,
            cgroup: None,
            backend: Backend::Auto,
            ring_size: None,
            color: Color::Auto,
            quiet: false,
        },
    };
    let Some(words) = table::read(FLAGS, args, Words::AreACommand, &mut draft, |draft| draft.help)? else {
        return Ok(Asked::Help);
    };
    if let Some(rule) = draft.explain {
        return match words.first() {
            Some(word) => Err(Fault::usage(format!("--explain runs no command, and '{}' is one", show(word)))),
            None => Ok(Asked::Explain(Rule(rule))),
        };
    }
    if words.is_empty() {
        return Err(Fault::usage("audit takes a command: tracer audit [OPTION]... -- COMMAND [ARG]..."));
    }
    if draft.spec.update && draft.spec.baseline.is_none() {
        return Err(Fault::usage("--update needs --baseline=FILE"));
    }
    if draft.spec.reports.iter().filter(|(_, path)| path.as_os_str() == "-").count() > 1 {
        return Err(Fault::usage("one report goes to stdout (-), not two"));
    }
    if draft.spec.learn.is_none() && (draft.spec.write || draft.spec.runs > 1) {
        return Err(Fault::usage("--write and --runs need --learn=FILE"));
    }
    if draft.spec.record.is_some() && draft.spec.runs > 1 {
        return Err(Fault::usage("--record keeps one run: it goes not with --runs"));
    }
    draft.spec.command.argv = words;
    Ok(Asked::Audit(Box::new(draft.spec)))
}

/// What help says.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... -- COMMAND [ARG]...", "--explain RULE"],
    about: "Runs a command, usually a test suite. Reports what it and everything that it started did to files, which programs it ran and with whom it talked; which test did it; and whether a policy allows it.",
    options: || table::flags(FLAGS),
    notes: "",
    ends: "The first that applies of 3, 1, 4 and 0; 2 and 125 when nothing was run or seen.",
    exits: &[
        (exit::OK, "Everything is allowed, and no evidence is missing."),
        (exit::NOTHING, "The command failed."),
        (exit::USAGE, "A usage error, a wrong policy or rule, or an output that cannot be written."),
        (
            exit::VIOLATED,
            "The policy is violated, an expectation is not met, or something is new against the baseline.",
        ),
        (exit::LOSS, "The evidence is incomplete."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn the_environment_is_any_bytes() {
        let os = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
        let check = |change: &[u8], expected: (&[u8], Option<&[u8]>)| {
            let args = [os(b"-E"), os(change), os(b"--"), os(b"true")];
            let Ok(Asked::Audit(audit)) = parse("tracer", &args) else { panic!("no audit: {args:?}") };
            assert_eq!(audit.command.env, [(os(expected.0), expected.1.map(os))]);
        };
        check(b"X=a\xffb", (b"X", Some(b"a\xffb")));
        check(b"X=a=b", (b"X", Some(b"a=b")));
        check(b"\xff=", (b"\xff", Some(b"")));
        check(b"X\xff", (b"X\xff", None));
    }
}
