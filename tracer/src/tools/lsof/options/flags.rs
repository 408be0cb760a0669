//! Every option of `tracer lsof`, a row each. A letter has a row for each sign with a meaning of its own; any other letter means behind
//! `+` what it means behind `-`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use super::opts::{Opts, Took, char_of, leading};
use super::{address, lists};
use crate::cli::fault::{Fault, show};
use crate::cli::table::{self, COLORS, Completes, Flag, OptionRow, Standing, Takes, WHEN, one_of};
use crate::spec::Color;
use crate::tools::lsof::request::{Dir, Ends, Family, SizeColumn, SortKey, Source, Tasks};

/// Characters that the kernel keeps of a command's name.
const COMMAND_MAX: usize = 15;
/// Words of `--sort`.
const KEYS: [&str; 4] = ["size", "offset", "name", "pid"];
/// Words of `--source`.
const SOURCES: [&str; 3] = ["auto", "iter", "proc"];

/// How an option is set.
#[derive(Debug)]
pub enum Set {
    /// Without a value.
    Switch(fn(&mut Opts)),
    /// With what follows it; it may take a part of that.
    Value(fn(&mut Opts, Given<'_>) -> Result<Took, Fault>),
}

/// What follows an option that may have a value.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a>(pub Option<&'a [u8]>);

impl<'a> Given<'a> {
    /// Its value; where the value may be missing, what looks like an option is none.
    fn bytes(self) -> Option<&'a [u8]> {
        self.0.filter(|value| !matches!(value.first(), Some(b'-' | b'+')))
    }

    fn text(self) -> Option<String> {
        self.bytes().map(lossy)
    }

    fn path(self) -> Option<PathBuf> {
        self.bytes().filter(|path| !path.is_empty()).map(|path| PathBuf::from(OsStr::from_bytes(path)))
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const WHICH: &str = "Selection";
const SHOWN: &str = "Output";
const FOUND: &str = "Collection";
const ABOUT: &str = "Miscellaneous";

use Set::{Switch, Value};

const fn row(group: &'static str, short: &'static str, takes: Takes, help: &'static str, set: Set) -> OptionRow<Set> {
    let mut flag = Flag::new(if short.is_empty() { None } else { Some(short) }, &[], takes, help);
    flag.group = group;
    OptionRow { flag, set }
}

const fn switch(group: &'static str, short: &'static str, help: &'static str, set: fn(&mut Opts)) -> OptionRow<Set> {
    row(group, short, Takes::Nothing, help, Switch(set))
}

impl OptionRow<Set> {
    const fn long(mut self, long: &'static [&'static str]) -> Self {
        self.flag.long = long;
        self
    }
}

/// The row of a letter behind a sign.
pub fn letter(sign: u8, letter: u8) -> Result<&'static OptionRow<Set>, Fault> {
    let find = |sign| FLAGS.iter().find(|row| row.flag.short.is_some_and(|short| short.as_bytes() == [sign, letter]));
    let row = find(sign).or_else(|| find(b'-')).ok_or_else(|| match letter {
        b':' => Fault::usage("colon is an illegal option character."),
        b'D' => Fault::usage("unsupported option: -D"),
        _ => Fault::usage(format!("illegal option character: {}", char_of(letter))),
    })?;
    match row.flag.standing {
        Standing::Refused(why) => Err(Fault::usage(format!("{} is not supported: {why}", row.flag.name()))),
        _ => Ok(row),
    }
}

/// `NAME` or `NAME=VALUE` behind `--`: the row, and the value.
pub fn long(text: &[u8]) -> Result<(&'static OptionRow<Set>, Option<&[u8]>), Fault> {
    let (name, value) = match text.iter().position(|&b| b == b'=') {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let named = FLAGS.iter().find(|row| row.flag.long.iter().any(|long| &long.as_bytes()[2..] == name));
    match named.map(|row| (row, row.flag.takes, value)) {
        Some((row, Takes::Nothing, None) | (row, Takes::Value(_), Some(_)) | (row, Takes::Maybe(_), _)) => {
            Ok((row, value))
        }
        _ => Err(Fault::usage(format!("illegal option: --{}", show(OsStr::from_bytes(text))))),
    }
}

/// The options, in the order in which help lists them.
#[rustfmt::skip]
pub static FLAGS: &[OptionRow<Set>] = &[
    row(WHICH, "-p", Takes::Value("PIDS"), "Files of these processes: 12,34; ^34 excludes one.", Value(|o, g| {
        let text = g.0.map(lossy).ok_or_else(|| Fault::usage("no process ID specified"))?;
        lists::ids(&text, "process", "PID", &mut o.spec.select.pids)?;
        Ok(Took::All)
    })).completes(Completes::Pids),
    row(WHICH, "-g", Takes::Maybe("GROUPS"), "Files of these process groups; also show the group.", Value(|o, g| {
        o.spec.show.group = true;
        match g.text() {
            Some(text) => lists::ids(&text, "process group", "PGID", &mut o.spec.select.groups)?,
            None => return Ok(Took::Some(0)),
        }
        Ok(Took::All)
    })),
    row(WHICH, "-u", Takes::Value("USERS"), "Files of these users, by name or number.", Value(|o, g| {
        let text = g.text().ok_or_else(|| Fault::usage("no UIDs specified"))?;
        lists::users(&text, &mut o.spec.select)?;
        Ok(Took::All)
    })).completes(Completes::Users),
    row(WHICH, "-c", Takes::Value("COMMAND"), "Files of commands that begin with COMMAND, or match /REGEX/[bix].", Value(|o, g| {
        lists::command(g.bytes(), &mut o.spec.select)?;
        Ok(Took::All)
    })),
    row(WHICH, "-d", Takes::Value("FDS"), "Only these descriptors: cwd,txt,mem,0-2; a ^ before each excludes them.", Value(|o, g| {
        lists::fds(g.text().as_deref(), &mut o.spec.select)?;
        Ok(Took::All)
    })),
    row(WHICH, "-i", Takes::Maybe("ADDRESS"), "Internet sockets: [46][PROTOCOL][@HOST][:PORTS].", Value(|o, g| {
        match g.text() {
            Some(text) => address::enter(&text, &mut o.spec.select)?,
            None => {
                o.spec.select.inet = Some(Family::Any);
                return Ok(Took::Some(0));
            }
        }
        Ok(Took::All)
    })),
    row(WHICH, "-s", Takes::Maybe("PROTOCOL:STATES"), "Only sockets in these states (with -i); without a value: show sizes only.", Value(|o, g| {
        match g.text() {
            Some(text) => lists::states(&text, &mut o.spec.select)?,
            None => {
                o.column(SizeColumn::Size)?;
                return Ok(Took::Some(0));
            }
        }
        Ok(Took::All)
    })),
    switch(WHICH, "-U", "Unix sockets.", |o| o.spec.select.unix = true),
    switch(WHICH, "-N", "Files on NFS.", |o| o.spec.select.nfs = true),
    row(WHICH, "-K", Takes::Maybe("i"), "List threads too; i: do not.", Value(|o, g| {
        match g.text().as_deref() {
            None => {
                o.spec.select.tasks = Tasks::Select;
                return Ok(Took::Some(0));
            }
            Some("i" | "I") => o.spec.select.tasks = Tasks::Ignore,
            Some(other) => return Err(Fault::usage(format!("-K not followed by i (but by {})", show(other)))),
        }
        Ok(Took::All)
    })).words(&["i"]),
    row(WHICH, "+L", Takes::Maybe("NUMBER"), "Show link counts; with NUMBER: only files with fewer links. +L1 finds deleted files.", Value(|o, g| links(o, g, true))),
    row(WHICH, "-f", Takes::Maybe("g|G"), "Names are files, not file systems; show no file flags.", Value(|o, g| {
        o.file_flags(false, g.text().as_deref())
    })).words(&["g", "G"]),
    row(WHICH, "+f", Takes::Maybe("g|G"), "Names are file systems; show file flags by name (g) or as a number (G).", Value(|o, g| {
        o.file_flags(true, g.text().as_deref())
    })).words(&["g", "G"]),
    row(WHICH, "+d", Takes::Value("DIR"), "Files that are open in this directory.", Value(|o, g| directory(o, g, false))).files(),
    row(WHICH, "+D", Takes::Value("DIR"), "Files that are open in this directory and below.", Value(|o, g| directory(o, g, true))).files(),
    row(WHICH, "-x", Takes::Maybe("fl"), "Cross mount points (f), symbolic links (l) or, alone, both (with +d, +D).", Value(|o, g| {
        o.crosses = true;
        let select = &mut o.spec.select;
        let Some(text) = g.text() else {
            (select.cross_mounts, select.cross_links) = (true, true);
            return Ok(Took::Some(0));
        };
        for letter in text.bytes() {
            match letter {
                b'f' => select.cross_mounts = true,
                b'l' => select.cross_links = true,
                other => return Err(Fault::usage(format!("unknown cross-over option: {}", char_of(other)))),
            }
        }
        Ok(Took::All)
    })),
    switch(WHICH, "-a", "Require every kind of selection (AND), not just one (OR).", |o| o.spec.select.and = true),
    switch(WHICH, "-X", "Skip TCP and UDP sockets.", |o| o.spec.select.skip_inet = !o.spec.select.skip_inet),

    switch(SHOWN, "-t", "Print process ids only.", |o| {
        o.terse = true;
        o.spec.warn = false;
    }),
    row(SHOWN, "-F", Takes::Maybe("FIELDS"), "Print fields, one per line; 0 ends each by NUL, ? explains the letters.", Value(|o, g| {
        o.field_letters(g.text().as_deref())
    })),
    switch(SHOWN, "-J", "Print one JSON document.", |o| o.json = true).long(&["--json"]),
    switch(SHOWN, "-j", "Print JSON Lines: an object per file.", |o| o.lines = true).long(&["--json-lines"]),
    switch(SHOWN, "-n", "Print host addresses, not names.", |o| o.spec.show.numeric_hosts = true),
    switch(SHOWN, "+n", "Print host names.", |o| o.spec.show.numeric_hosts = false),
    switch(SHOWN, "-P", "Print port numbers, not names.", |o| o.spec.show.numeric_ports = true),
    switch(SHOWN, "+P", "Print port names.", |o| o.spec.show.numeric_ports = false),
    switch(SHOWN, "-l", "Print user ids, not login names.", |o| o.spec.show.numeric_users = true),
    switch(SHOWN, "-H", "Show sizes for people: 4.0K, 1.5M.", |o| o.spec.show.human = true),
    switch(SHOWN, "-Z", "Show the label that a security module (SELinux, AppArmor, Smack) gives each process.", |o| o.spec.show.labels = true),
    switch(SHOWN, "-R", "Show the parent's process id.", |o| o.spec.show.parent = true),
    row(SHOWN, "+c", Takes::Value("WIDTH"), "Show WIDTH characters of the command (default 9; 0 shows all).", Value(|o, g| {
        let width = g.text().and_then(|text| text.parse::<usize>().ok());
        let width = width.ok_or_else(|| Fault::usage("+c not followed by width number"))?;
        if width > COMMAND_MAX {
            return Err(Fault::usage(format!("+c {width} > what system provides ({COMMAND_MAX})")));
        }
        // No narrower than its title.
        o.spec.show.command_width = if width == 0 { 0 } else { width.max("COMMAND".len()) };
        Ok(Took::All)
    })),
    row(SHOWN, "-o", Takes::Maybe("DIGITS"), "Show offsets only; with DIGITS: decimal digits of an offset before it turns hexadecimal (default 8).", Value(|o, g| {
        let text = g.text();
        let (number, used) = leading(text.as_deref());
        match number {
            Some(digits) => o.spec.show.offset_digits = usize::try_from(digits).unwrap_or(usize::MAX),
            None => o.column(SizeColumn::Offset)?,
        }
        Ok(Took::Some(used).all_of(text.as_deref()))
    })),
    row(SHOWN, "-L", Takes::Nothing, "Show no link counts.", Value(|o, g| links(o, g, false))),
    row(SHOWN, "-T", Takes::Maybe("sq"), "Show state (s) and queues (q) of connections; alone: neither.", Value(|o, g| connections(o, g, false))),
    row(SHOWN, "+T", Takes::Maybe("sq"), "Same as -T; alone: show the state.", Value(|o, g| connections(o, g, true))),
    switch(SHOWN, "-E", "Show who holds the other end.", |o| o.spec.show.ends = Ends::Tell),
    switch(SHOWN, "+E", "Same as -E, and list the other end too.", |o| o.spec.show.ends = Ends::List),
    row(SHOWN, "", Takes::Value("KEY"), "Sort lines by size, offset, name or pid.", Value(|o, g| {
        let keys = [SortKey::Size, SortKey::Offset, SortKey::Name, SortKey::Pid];
        o.spec.show.sort = Some(one_of("--sort", &KEYS, keys, OsStr::from_bytes(g.0.unwrap_or_default()))?);
        Ok(Took::All)
    })).long(&["--sort"]).words(&KEYS),
    row(SHOWN, "", Takes::Maybe("WHEN"), "Colour the output: auto, always or never (the default).", Value(|o, g| {
        o.spec.show.color = match g.0 {
            Some(word) => one_of("--color", &WHEN, COLORS, OsStr::from_bytes(word))?,
            None => Color::Always,
        };
        Ok(Took::All)
    })).long(&["--color"]).words(&WHEN),

    row(FOUND, "-r", Takes::Maybe("[S][cN][mFORMAT]"), "Repeat every S seconds (default 15), N times, with FORMAT between.", Value(|o, g| {
        o.repeat(false, g.text().as_deref())
    })),
    row(FOUND, "+r", Takes::Maybe("[S][cN][mFORMAT]"), "Same as -r, until nothing is found.", Value(|o, g| o.repeat(true, g.text().as_deref()))),
    switch(FOUND, "-b", "Avoid calls that may block on a file system (stat, readlink).", |o| o.spec.collect.no_stat = true),
    row(FOUND, "-S", Takes::Maybe("SECONDS"), "Give up on a file system after SECONDS (default 2; 15 when SECONDS is left out).", Value(|o, g| {
        let text = g.text();
        let (number, used) = leading(text.as_deref());
        o.spec.collect.limit = Duration::from_secs(number.unwrap_or(15).max(1));
        Ok(Took::Some(used).all_of(text.as_deref()))
    })),
    row(FOUND, "-e", Takes::Value("DIR"), "Make no such call on the file system mounted at DIR.", Value(|o, g| {
        let path = g.bytes().ok_or_else(|| Fault::usage("-e not followed by a file system path"))?;
        o.spec.collect.exempt.push(PathBuf::from(OsStr::from_bytes(path)));
        Ok(Took::All)
    })).files(),
    switch(FOUND, "-w", "Suppress warnings.", |o| o.spec.warn = false),
    switch(FOUND, "+w", "Print warnings.", |o| o.spec.warn = true),
    switch(FOUND, "-V", "Report what was not found.", |o| o.spec.verbose = true),
    switch(FOUND, "-Q", "Succeed even if something was not found.", |o| o.spec.forgive = true),
    row(FOUND, "", Takes::Value("SOURCE"), "Source of descriptors: the kernel's iterator (iter), /proc (proc), or the faster one (auto, the default).", Value(|o, g| {
        let word = g.0.filter(|word| *word != b"iterator").unwrap_or(b"iter");
        let sources = [Source::Auto, Source::Iterator, Source::Proc];
        o.spec.collect.source = one_of("--source", &SOURCES, sources, OsStr::from_bytes(word))?;
        Ok(Took::All)
    })).long(&["--source"]).words(&SOURCES),
    switch(FOUND, "-M", "Ask no port mapper.", |_| {}).ignored("none is ever asked"),
    switch(FOUND, "+M", "Ask the port mapper.", |_| {}).refused("port mapper registrations are not asked for"),
    switch(FOUND, "-O", "Use no child processes.", |_| {}).ignored("nothing is done in children"),
    row(FOUND, "-m", Takes::Value("FILE"), "Read devices of mounts from FILE.", Value(|_, _| Ok(Took::All)))
        .refused("devices of mounts are known without a supplement file"),

    switch(ABOUT, "-h", "Print this help.", |o| o.help = true).long(&["--help"]),
    switch(ABOUT, "-?", "Same as -h.", |o| o.help = true),
    switch(ABOUT, "-v", "Print the version.", |o| o.version = true).long(&["--version"]),
];

/// `+d` and `+D`.
fn directory(o: &mut Opts, g: Given<'_>, deep: bool) -> Result<Took, Fault> {
    let path = g.path().ok_or_else(|| Fault::usage("+d not followed by a directory path"))?;
    o.spec.select.dirs.push(Dir { path, deep });
    Ok(Took::All)
}

/// `-L` and `+L`.
fn links(o: &mut Opts, g: Given<'_>, shown: bool) -> Result<Took, Fault> {
    o.spec.show.links = shown;
    let text = g.text();
    let (number, used) = leading(text.as_deref());
    if number.is_some() && !shown {
        return Err(Fault::usage("no number may follow -L"));
    }
    o.spec.select.links_below = number;
    Ok(Took::Some(used).all_of(text.as_deref()))
}

/// `-T` and `+T`.
fn connections(o: &mut Opts, g: Given<'_>, shown: bool) -> Result<Took, Fault> {
    let show = &mut o.spec.show;
    let Some(text) = g.text() else {
        (show.state, show.queues) = (shown, false);
        return Ok(Took::Some(0));
    };
    (show.state, show.queues) = (false, false);
    for letter in text.bytes() {
        match letter {
            b's' => show.state = true,
            b'q' => show.queues = true,
            // /proc does not have the options of sockets; lsof shows none either.
            b'f' => {}
            other => return Err(Fault::usage(format!("unsupported TCP/TPI info selection: {}", char_of(other)))),
        }
    }
    Ok(Took::All)
}

/// The options, without what they set.
pub fn flags() -> Vec<&'static Flag> {
    table::flags(FLAGS)
}
