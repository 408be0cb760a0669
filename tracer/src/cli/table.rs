//! What an option is, for every command: a [`Flag`] says how it is spelled, what it takes, how a shell completes that, and what it is
//! for; a [`OptionRow`] adds what it does. Parser, help, man page and completions read the same rows, so an option can not be in one and
//! not in another. The grammars differ (`getopt`, lsof's), the rows do not.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::time::Duration;

use super::fault::{Fault, show};
use super::getopt::{self, Words};
use crate::spec::{Backend, Color};

/// An option, without what it does.
#[derive(Debug)]
pub struct Flag {
    /// `-f`; in lsof's grammar also `+f`.
    pub short: Option<&'static str>,
    /// `--follow-forks`, and other names of it.
    pub long: &'static [&'static str],
    /// What comes behind it.
    pub takes: Takes,
    /// How a shell completes its value.
    pub completes: Completes,
    /// As a qualifier: `trace` and `t`, for `-e trace=` and `-e t=`.
    pub quals: &'static [&'static str],
    /// The title under which help lists it; empty: before all titles.
    pub group: &'static str,
    /// tracer's own: the program whose grammar this is does not have it.
    pub own: bool,
    /// Useful when a recording is replayed.
    pub replay: bool,
    /// Useful when processes are traced.
    pub live: bool,
    /// Whether it does here what it does in that program.
    pub standing: Standing,
    /// What it is for.
    pub help: &'static str,
}

/// An option and what it does; `S` is the function of the grammar at hand.
#[derive(Debug)]
pub struct OptionRow<S: 'static> {
    /// The option.
    pub flag: Flag,
    /// Carries it out.
    pub set: S,
}

/// Sets an option in a draft; the value is empty when it takes none.
pub type Set<D> = fn(&mut D, &OsStr) -> Result<(), Fault>;

/// What comes behind an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A value, with its name in help.
    Value(&'static str),
    /// A value after `=` in the long form, or nothing.
    Maybe(&'static str),
}

/// What a value or a word is, as far as a shell can help with it.
#[derive(Debug, Clone, Copy)]
pub enum Completes {
    /// Not at all.
    Free,
    /// Files and directories.
    Files,
    /// Process ids.
    Pids,
    /// Login names.
    Users,
    /// A program, then its arguments.
    Command,
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of the words that a table elsewhere gives.
    From(fn() -> Vec<String>),
}

/// Whether an option does what it does in the program whose grammar this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Supported,
    /// It is accepted and changes nothing; why.
    Ignored(&'static str),
    /// It is refused; why.
    Refused(&'static str),
}

impl Flag {
    /// An option that its program has too.
    pub const fn new(
        short: Option<&'static str>,
        long: &'static [&'static str],
        takes: Takes,
        help: &'static str,
    ) -> Flag {
        Flag {
            short,
            long,
            takes,
            completes: Completes::Free,
            quals: &[],
            group: "",
            own: false,
            replay: true,
            live: true,
            standing: Standing::Supported,
            help,
        }
    }

    /// Every spelling.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.short.into_iter().chain(self.long.iter().copied())
    }

    /// The first spelling, for messages and lists.
    pub fn name(&self) -> &'static str {
        self.names().next().unwrap_or_default()
    }

    /// Whether it is refused.
    pub fn refused(&self) -> bool {
        matches!(self.standing, Standing::Refused(_))
    }
}

impl<S> OptionRow<S> {
    /// Accepted, and changes nothing: why.
    pub const fn ignored(mut self, why: &'static str) -> Self {
        self.flag.standing = Standing::Ignored(why);
        self
    }

    /// Known, and refused: why.
    pub const fn refused(mut self, why: &'static str) -> Self {
        self.flag.standing = Standing::Refused(why);
        self
    }

    /// Its value is completed so.
    pub const fn completes(mut self, completes: Completes) -> Self {
        self.flag.completes = completes;
        self
    }

    /// Its value is a file.
    pub const fn files(self) -> Self {
        self.completes(Completes::Files)
    }

    /// Its value is one of these words.
    pub const fn words(self, words: &'static [&'static str]) -> Self {
        self.completes(Completes::Words(words))
    }
}

/// A row of a grammar in which the spelling of an option does not matter.
pub const fn row<D>(
    short: Option<&'static str>,
    long: &'static [&'static str],
    takes: Takes,
    help: &'static str,
    set: Set<D>,
) -> OptionRow<Set<D>> {
    OptionRow { flag: Flag::new(short, long, takes, help), set }
}

/// The options of a table.
pub fn flags<S>(table: &'static [OptionRow<S>]) -> Vec<&'static Flag> {
    table.iter().map(|row| &row.flag).collect()
}

/// Reads the options; gives the words that are left, or `None` as soon as `asks_help` holds.
pub fn read<D>(
    table: &'static [OptionRow<Set<D>>],
    args: &[OsString],
    words: Words,
    draft: &mut D,
    asks_help: fn(&D) -> bool,
) -> Result<Option<Vec<OsString>>, Fault> {
    let words = getopt::read(table, args, words, |row, given| {
        (row.set)(draft, given.value.unwrap_or_default())?;
        Ok(if asks_help(draft) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(if asks_help(draft) { None } else { Some(words) })
}

/// The words of `--color`, and of other options that `auto` leaves to us.
pub const WHEN: [&str; 3] = ["auto", "always", "never"];
/// Their meanings as colours.
pub const COLORS: [Color; 3] = [Color::Auto, Color::Always, Color::Never];
/// The words of `--backend`.
pub const BACKENDS: [&str; 3] = ["auto", "ebpf", "ptrace"];
/// Their meanings.
pub const SOURCES: [Backend; 3] = [Backend::Auto, Backend::Ebpf, Backend::Ptrace];

/// The meaning of a word; `None` for one that is not among `words`.
pub fn meaning<T: Copy, const N: usize>(words: &[&str; N], meanings: [T; N], word: &OsStr) -> Option<T> {
    words.iter().zip(meanings).find(|(known, _)| word == **known).map(|(_, meaning)| meaning)
}

/// The meaning of an option's value; the error lists the words.
pub fn one_of<T: Copy, const N: usize>(
    option: &str,
    words: &[&str; N],
    meanings: [T; N],
    value: &OsStr,
) -> Result<T, Fault> {
    meaning(words, meanings, value).ok_or_else(|| {
        let (last, first) = words.split_last().unwrap_or((&"", &[]));
        Fault::usage(format!("{option} is {} or {last}, not '{}'", first.join(", "), show(value)))
    })
}

/// The value of `--backend`.
pub fn backend(value: &OsStr) -> Result<Backend, Fault> {
    one_of("--backend", &BACKENDS, SOURCES, value)
}

/// A word that is the PID of a process; `None`: it is no such number.
pub fn pid(word: &OsStr) -> Option<u32> {
    word.to_str()?.parse().ok().filter(|&pid| pid > 0 && pid <= i32::MAX as u32)
}

/// That a word is none.
pub fn no_pid(word: &OsStr) -> Fault {
    Fault::usage(format!("'{}' is not the PID of a process", show(word)))
}

/// A number of seconds of which `fits` says that it may be.
pub fn seconds(value: &OsStr, fits: impl Fn(f64) -> bool) -> Option<Duration> {
    let seconds = value.to_str()?.parse().ok().filter(|&seconds| fits(seconds))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The value of `--color`.
pub fn color(value: &OsStr) -> Result<Color, Fault> {
    one_of("--color", &WHEN, COLORS, value)
}
