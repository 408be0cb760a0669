//! ltrace's command line (ltrace(1), 0.7.91): what it shares with that of a trace is read by the same parser.

use std::ffi::{OsStr, OsString};
use std::iter;
use std::time::Duration;

use super::asked::{Asked, trace};
use super::fault::{Fault, show};
use super::getopt::Words;
use super::help::Manual;
use super::table::{self, BACKENDS, Completes, OptionRow, Set, Takes, WHEN, row};
use crate::exit;
use crate::schema::data::data;
use crate::schema::types::{NO_NR, Row};
use crate::schema::{Abi, all, prototypes};
use crate::spec::library::{Files, Leaks};
use crate::spec::{Library, LibraryStyle, OutputForm, Spec};

/// The column of `=` where the output is no terminal: 5/8 of 80.
const COLUMN: usize = 50;

/// Frames of a stack that `--leaks` shows, where `-w` says nothing.
const FRAMES: u32 = 32;

/// Why no files of prototypes are read.
const PROTOTYPES: &str = "prototypes are built in; a function that has none shows integers";

/// What was given.
#[derive(Default)]
struct Draft {
    help: bool,
    version: bool,
    /// Options of a trace.
    words: Vec<OsString>,
    library: Library,
    /// `-e` or `-l`: without, the program's own calls are shown.
    chosen: bool,
    /// `-L`: without `-e`, none are.
    none: bool,
    system: bool,
    /// `-e tls`.
    tls: bool,
    count: bool,
    json: bool,
    /// `-w`: frames of each stack.
    frames: Option<u32>,
    leaks: Option<Leaks>,
    record: bool,
    column: Option<usize>,
    style: LibraryStyle,
}

impl Draft {
    fn word(&mut self, word: impl Into<OsString>) -> Result<(), Fault> {
        self.words.push(word.into());
        Ok(())
    }

    /// An option of a trace, with a value.
    fn pass(&mut self, option: &str, value: &OsStr) -> Result<(), Fault> {
        self.word(option)?;
        self.word(value)
    }
}

fn number(option: &str, value: &OsStr) -> Result<usize, Fault> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| Fault::usage(format!("{option} takes a number, not '{}'", show(value))))
}

fn seconds(option: &str, value: &OsStr) -> Result<Duration, Fault> {
    table::seconds(value, |seconds| seconds > 0.0)
        .ok_or_else(|| Fault::usage(format!("{option} takes a number of seconds above 0, not '{}'", show(value))))
}

fn utf8(value: &OsStr) -> Result<&str, Fault> {
    value.to_str().ok_or_else(|| Fault::usage(format!("'{}' is not UTF-8", show(value))))
}

static FLAGS: &[OptionRow<Set<Draft>>] = &[
    row::<Draft>(
        Some("-a"),
        &["--align"],
        Takes::Value("COLUMN"),
        "Align what functions return in this column.",
        |draft, value| {
            draft.column = Some(number("-a", value)?);
            Ok(())
        },
    ),
    row::<Draft>(
        Some("-A"),
        &[],
        Takes::Value("MAXELTS"),
        "Print at most so many elements of an array.",
        |_, value| number("-A", value).map(drop),
    )
    .ignored("arrays are cut as strings are, by -s"),
    row::<Draft>(Some("-b"), &["--no-signals"], Takes::Nothing, "Do not print signals.", |draft, _| {
        draft.word("--signal=none")
    }),
    row::<Draft>(
        Some("-c"),
        &[],
        Takes::Nothing,
        "Count time and calls of each function, and print a table.",
        |draft, _| {
            draft.count = true;
            Ok(())
        },
    ),
    row::<Draft>(
        Some("-C"),
        &["--demangle"],
        Takes::Nothing,
        "Print names of C++ and Rust as they are written there.",
        |draft, _| {
            draft.style.demangle = true;
            Ok(())
        },
    ),
    row::<Draft>(Some("-D"), &["--debug"], Takes::Value("MASK"), "Debug ltrace itself.", |_, _| Ok(()))
        .ignored("TRACER_BPF_LOG=debug says what the kernel side does"),
    row::<Draft>(
        Some("-e"),
        &[],
        Takes::Value("FILTER"),
        "Trace these calls from one file to another: NAME+NAME@CALLER-NAME, with globs or /regular expressions/; tls: what is said within TLS.",
        |draft, value| {
            if value == "tls" {
                draft.tls = true;
                return Ok(());
            }
            draft.chosen = true;
            draft.library.calls.add(utf8(value)?).map_err(|fault| Fault::usage(fault.to_string()))
        },
    ),
    row::<Draft>(
        Some("-E"),
        &["--env"],
        Takes::Value("VAR[=VALUE]"),
        "Set or remove a variable of the command.",
        |draft, value| draft.pass("-E", value),
    ),
    row::<Draft>(Some("-f"), &[], Takes::Nothing, "Trace children too.", |draft, _| draft.word("-f")),
    row::<Draft>(Some("-F"), &["--config"], Takes::Value("FILE"), "Load prototypes.", |_, _| {
        Err(Fault::usage(format!("-F: {PROTOTYPES}")))
    })
    .refused(PROTOTYPES),
    row::<Draft>(Some("-h"), &["--help"], Takes::Nothing, "Print this help.", |draft, _| {
        draft.help = true;
        Ok(())
    }),
    row::<Draft>(Some("-i"), &[], Takes::Nothing, "Print the address that the call returns to.", |draft, _| {
        draft.word("-i")
    }),
    row::<Draft>(
        Some("-l"),
        &["--library"],
        Takes::Value("LIBRARY"),
        "Trace calls of functions that this library has, whoever calls.",
        |draft, value| {
            draft.chosen = true;
            let files = Files::of(utf8(value)?);
            draft
                .library
                .into
                .push(files.map_err(|why| Fault::usage(format!("invalid library '{}': {why}", show(value))))?);
            Ok(())
        },
    ),
    row::<Draft>(Some("-L"), &[], Takes::Nothing, "Without -e, trace no calls: for -x and -S.", |draft, _| {
        draft.none = true;
        Ok(())
    }),
    row::<Draft>(
        Some("-n"),
        &["--indent"],
        Takes::Value("NR"),
        "Indent by so many blanks for each call that one is within.",
        |draft, value| {
            draft.style.indent = number("-n", value)?.min(64);
            Ok(())
        },
    ),
    row::<Draft>(Some("-o"), &["--output"], Takes::Value("FILE"), "Write to a file, not to stderr.", |draft, value| {
        draft.pass("-o", value)
    })
    .completes(Completes::Files),
    row::<Draft>(
        Some("-p"),
        &["--pid"],
        Takes::Value("PID"),
        "Attach to a process; may be given again.",
        |draft, value| draft.pass("-p", value),
    )
    .completes(Completes::Pids),
    row::<Draft>(Some("-r"), &[], Takes::Nothing, "Print the time since the line before.", |draft, _| draft.word("-r")),
    row::<Draft>(
        Some("-s"),
        &[],
        Takes::Value("STRSIZE"),
        "Print at most so many bytes of a string (default: 32).",
        |draft, value| draft.pass("-s", value),
    ),
    row::<Draft>(Some("-S"), &[], Takes::Nothing, "Trace system calls as well.", |draft, _| {
        draft.system = true;
        Ok(())
    }),
    row::<Draft>(
        Some("-t"),
        &[],
        Takes::Nothing,
        "Print the time of day; -tt with microseconds, -ttt as seconds since the epoch.",
        |draft, _| draft.word("-t"),
    ),
    row::<Draft>(Some("-T"), &[], Takes::Nothing, "Print the time spent in each call.", |draft, _| draft.word("-T")),
    row::<Draft>(Some("-u"), &[], Takes::Value("USERNAME"), "Run the command as this user.", |draft, value| {
        draft.pass("-u", value)
    })
    .completes(Completes::Users),
    row::<Draft>(Some("-V"), &["--version"], Takes::Nothing, "Print the version.", |draft, _| {
        draft.version = true;
        Ok(())
    }),
    row::<Draft>(
        Some("-w"),
        &["--where"],
        Takes::Value("NR"),
        "Print at most so many frames of the stack behind each call.",
        |draft, value| {
            let frames = number("-w", value)?;
            draft.frames = Some(u32::try_from(frames).unwrap_or(u32::MAX)).filter(|frames| *frames > 0);
            Ok(())
        },
    ),
    row::<Draft>(
        Some("-x"),
        &[],
        Takes::Value("FILTER"),
        "Trace these functions whoever calls them: NAME@LIBRARY, as in -e; MAIN is the program.",
        |draft, value| draft.library.entries.add(utf8(value)?).map_err(|fault| Fault::usage(fault.to_string())),
    ),
    own(row::<Draft>(
        None,
        &["--leaks"],
        Takes::Maybe("SECONDS"),
        "Print no calls, but what was allocated and is not freed at the end, by call stack; every so many SECONDS, too.",
        |draft, value| {
            let every = if value.is_empty() { None } else { Some(seconds("--leaks", value)?) };
            draft.leaks = Some(Leaks { every, ..Leaks::default() });
            Ok(())
        },
    )),
    own(row::<Draft>(
        None,
        &["--histogram"],
        Takes::Nothing,
        "With -c: how long the calls of each took.",
        |draft, _| draft.word("--histogram"),
    )),
    own(row::<Draft>(
        None,
        &["--json"],
        Takes::Nothing,
        "Print JSON Lines; schema/tracer.schema.json describes them.",
        |draft, _| {
            draft.json = true;
            Ok(())
        },
    )),
    own(row::<Draft>(None, &["--color"], Takes::Value("WHEN"), "Colour text: auto, always, never.", |draft, value| {
        draft.pass("--color", value)
    }))
    .words(&WHEN),
    own(row::<Draft>(
        None,
        &["--backend"],
        Takes::Value("SOURCE"),
        "Source of events: auto, ebpf or ptrace.",
        |draft, value| draft.pass("--backend", value),
    ))
    .words(&BACKENDS),
    own(row::<Draft>(
        None,
        &["--record"],
        Takes::Value("FILE"),
        "Also record the trace: 'tracer replay FILE' shows it again.",
        |draft, value| {
            draft.record = true;
            draft.pass("--record", value)
        },
    ))
    .completes(Completes::Files),
    own(row::<Draft>(None, &["--ring-size"], Takes::Value("SIZE"), "Size of the kernel's buffer.", |draft, value| {
        draft.pass("--ring-size", value)
    })),
    own(row::<Draft>(None, &["--strict"], Takes::Nothing, "End with 4 when anything was lost.", |draft, _| {
        draft.word("--strict")
    })),
];

/// tracer's own option.
const fn own(mut row: OptionRow<Set<Draft>>) -> OptionRow<Set<Draft>> {
    row.flag.own = true;
    row
}

/// Its help.
pub const MANUAL: Manual = Manual {
    usage: &["[OPTION]... COMMAND [ARG]...", "[OPTION]... -p PID..."],
    about: "Shows the calls of library functions that a program makes: with their arguments and results, as ltrace does.",
    options: || table::flags(FLAGS).into_iter().collect(),
    notes: "",
    ends: "With a COMMAND, tracer ends as the command did.",
    exits: &[
        (exit::OK, "Done."),
        (exit::USAGE, "A usage error."),
        (exit::LOSS, "Something was lost (with --strict)."),
        (exit::FAILED, "tracer could not do its job."),
    ],
};

/// Reads ltrace's words.
///
/// # Errors
/// What is wrong with them.
pub fn parse(program: &str, peer: bool, args: &[OsString]) -> Result<Asked<Box<Spec>>, Fault> {
    let mut draft = Draft::default();
    let informs = |draft: &Draft| draft.help || draft.version;
    let command = table::read(FLAGS, args, Words::AreACommand, &mut draft, informs)?;
    if draft.help {
        return Ok(Asked::Help);
    }
    if draft.version {
        return Ok(Asked::Version);
    }
    if draft.count && draft.json {
        return Err(Fault::usage("-c and --json exclude each other"));
    }
    if draft.leaks.is_some() {
        let all = Draft::default();
        let shows =
            draft.chosen || draft.none || draft.system || draft.tls || draft.count || !draft.library.entries.is_empty();
        if shows || draft.record || draft.style != all.style || draft.column.is_some() {
            return Err(Fault::usage(
                "--leaks shows no calls: it goes with none of -a, -c, -C, -e, -l, -L, -n, -S, -x, --record",
            ));
        }
    }
    if draft.tls {
        let names: Vec<&str> = prototypes::said_in_tls().map(|it| it.row.name).collect();
        let filter = format!("/^({})$/", names.join("|"));
        draft.library.entries.add(&filter).map_err(|fault| Fault::usage(fault.to_string()))?;
        draft.none = true;
        draft.style.within = !draft.system && !draft.count;
    }
    let mut words = std::mem::take(&mut draft.words);
    if let (Some(frames), None, false) = (draft.frames, draft.leaks, draft.count) {
        words.extend(["-k".into(), format!("--stack-trace-frame-limit={frames}").into()]);
    }
    if draft.leaks.is_some() {
        words.push("--signal=none".into());
    }
    if draft.style.within {
        // By which a library of TLS may send and receive, with the ends of its sockets.
        let native = |row: &&Row| row.nr[Abi::NATIVE as usize] != NO_NR;
        let carry = all().filter(native).filter(|row| data(row).is_some()).map(|row| row.name);
        let calls: Vec<&str> = iter::once("%network").chain(carry).collect();
        words.extend([format!("--trace={}", calls.join(",")).into(), "-yy".into()]);
    } else if !draft.system {
        words.push("--trace=none".into());
    }
    if draft.count {
        // Wall time, as ltrace has it.
        words.extend(["-c", "-w", "--summary-columns=time-percent,total-time,avg-time,calls,name"].map(OsString::from));
    } else if draft.json {
        words.push("--json".into());
    }
    words.push("--".into());
    words.extend(command.into_iter().flatten());
    let mut spec = match trace(program, true, &words)? {
        Asked::For(spec) => spec,
        informs => return Ok(informs),
    };
    if let Some(leaks) = draft.leaks {
        let followed = prototypes::of_blocks().filter(|it| it.block.is_followed()).map(|it| it.row.name);
        draft.library = Library::of_blocks(followed, Leaks { frames: draft.frames.unwrap_or(FRAMES), ..leaks });
    } else if !draft.chosen && !draft.none {
        draft.library.calls = Library::of_program().calls;
    }
    draft.style.callers = draft.chosen;
    let Spec { watch, view } = &mut *spec;
    watch.library = Some(draft.library);
    watch.detail.data = (!draft.count || draft.record) && draft.leaks.is_none();
    view.output.style.library = draft.style;
    view.output.style.column = draft.column.unwrap_or(COLUMN).saturating_sub(1);
    if view.output.form == OutputForm::TEXT {
        view.output.form = if draft.leaks.is_some() { OutputForm::LEAKS } else { OutputForm::LTRACE };
    }
    view.show.quiet_attach = true;
    view.output.style.always_pid = watch.follow;
    view.failure = if peer { exit::LTRACE_FAILED } else { exit::FAILED };
    Ok(Asked::For(spec))
}
