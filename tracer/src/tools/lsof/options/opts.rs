//! What each option does to the request.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{address, lists};
use crate::cli::fault::{Fault, show};
use crate::spec::Color;
use crate::tools::lsof::request::{
    Collect, Dir, Ends, Family, Fields, FlagsColumn, Form, Lsof, NamesAre, Repeat, Select, Show, SizeColumn, SortKey,
    Source, Tasks,
};

/// Options that may have a value; all others have none.
pub const WITH_VALUE: &[u8] = b"cdDefFgiKLmoprsSTuxZkAz";

/// Seconds between listings of `-r`.
const REPEAT: u64 = 15;
/// How long a file system that may not answer is waited for, when `-S` does not say.
const LIMIT: Duration = Duration::from_secs(2);
/// Digits of an offset before it is shown as hexadecimal.
const OFFSET_DIGITS: usize = 8;
/// Characters of a command's name.
const COMMAND_WIDTH: usize = 9;
/// Characters that the kernel keeps of a command's name.
const COMMAND_MAX: usize = 15;
/// Options as they are read.
pub struct Opts {
    /// The request so far.
    pub spec: Lsof,
    /// `-F` was given, with these letters.
    pub fields: Option<Fields>,
    /// Fields end with NUL.
    pub nul: bool,
    /// `-t`
    pub terse: bool,
    /// `-J`
    pub json: bool,
    /// `-j`
    pub lines: bool,
    /// `-x` was given.
    pub crosses: bool,
    /// `-h`
    pub help: bool,
    /// `-F?`
    pub fields_help: bool,
    /// `-v`
    pub version: bool,
}

/// How much of a value an option took.
pub enum Took {
    /// All of it.
    All,
    /// So many bytes.
    Some(usize),
}

impl Opts {
    /// Nothing asked for yet.
    pub fn new(program: &str, failure: u8) -> Opts {
        let show = Show {
            form: Form::Table,
            numeric_hosts: false,
            numeric_ports: false,
            numeric_users: false,
            parent: false,
            group: false,
            command_width: COMMAND_WIDTH,
            size: SizeColumn::Both,
            offset_digits: OFFSET_DIGITS,
            links: false,
            flags: FlagsColumn::None,
            state: true,
            queues: false,
            ends: Ends::No,
            sort: None,
            color: Color::Never,
        };
        let spec = Lsof {
            program: program.to_owned(),
            failure,
            select: Select::default(),
            show,
            collect: Collect { source: Source::Auto, no_stat: false, limit: LIMIT, exempt: Vec::new() },
            repeat: None,
            verbose: false,
            forgive: false,
            warn: true,
        };
        Opts {
            spec,
            fields: None,
            nul: false,
            terse: false,
            json: false,
            lines: false,
            crosses: false,
            help: false,
            fields_help: false,
            version: false,
        }
    }

    /// An option of our own.
    pub fn long(&mut self, text: &[u8]) -> Result<(), Fault> {
        let text = String::from_utf8_lossy(text).into_owned();
        let (name, value) = text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
        match (name, value) {
            ("json", None) => self.json = true,
            ("json-lines", None) => self.lines = true,
            ("help", None) => self.help = true,
            ("version", None) => self.version = true,
            ("sort", Some(key)) => {
                self.spec.show.sort = Some(match key {
                    "size" => SortKey::Size,
                    "offset" => SortKey::Offset,
                    "name" => SortKey::Name,
                    "pid" => SortKey::Pid,
                    _ => {
                        return Err(Fault::usage(format!(
                            "--sort takes size, offset, name or pid, not '{}'",
                            show(key)
                        )));
                    }
                });
            }
            ("color", value) => {
                self.spec.show.color = match value {
                    Some("always") | None => Color::Always,
                    Some("never") => Color::Never,
                    Some("auto") => Color::Auto,
                    Some(word) => {
                        return Err(Fault::usage(format!("--color takes auto, always or never, not '{}'", show(word))));
                    }
                };
            }
            ("source", Some(source)) => {
                self.spec.collect.source = match source {
                    "auto" => Source::Auto,
                    "iter" | "iterator" => Source::Iterator,
                    "proc" => Source::Proc,
                    _ => {
                        return Err(Fault::usage(format!("--source takes auto, iter or proc, not '{}'", show(source))));
                    }
                };
            }
            _ => return Err(Fault::usage(format!("illegal option: --{}", show(&text)))),
        }
        Ok(())
    }

    /// An option without a value.
    pub fn flag(&mut self, sign: u8, letter: u8) -> Result<(), Fault> {
        let plus = sign == b'+';
        let Lsof { select, show, .. } = &mut self.spec;
        match letter {
            b'a' => select.and = true,
            b'b' => self.spec.collect.no_stat = true,
            b'E' => show.ends = if plus { Ends::List } else { Ends::Tell },
            b'h' | b'?' => self.help = true,
            b'j' => self.lines = true,
            b'J' => self.json = true,
            b'l' => show.numeric_users = true,
            b'M' if plus => return Err(refused("+M", "port mapper registrations are not asked for")),
            // No portmapper is asked, and nothing is done in children that -O could forbid.
            b'M' | b'O' => {}
            b'n' => show.numeric_hosts = !plus,
            b'N' => select.nfs = true,
            b'P' => show.numeric_ports = !plus,
            b'Q' => self.spec.forgive = true,
            b'R' => show.parent = true,
            b't' => {
                self.terse = true;
                self.spec.warn = false;
            }
            b'U' => select.unix = true,
            b'v' => self.version = true,
            b'V' => self.spec.verbose = true,
            b'w' => self.spec.warn = plus,
            b'X' => select.skip_inet = !select.skip_inet,
            b'C' => return Err(Fault::usage("illegal option character: C")),
            b':' => return Err(Fault::usage("colon is an illegal option character.")),
            letter if WITH_VALUE.contains(&letter) => {
                self.value(sign, letter, None)?;
            }
            letter => return Err(Fault::usage(format!("illegal option character: {}", char_of(letter)))),
        }
        Ok(())
    }

    /// An option that may have a value: what follows it.
    pub fn value(&mut self, sign: u8, letter: u8, value: Option<&[u8]>) -> Result<Took, Fault> {
        let plus = sign == b'+';
        // What looks like an option is none of its value, where that may be missing.
        let given = value.filter(|value| !matches!(value.first(), Some(b'-' | b'+')));
        let text = given.map(|value| String::from_utf8_lossy(value).into_owned());
        let Lsof { select, show, .. } = &mut self.spec;
        match letter {
            b'c' if plus => {
                let width = text.as_deref().and_then(|text| text.parse::<usize>().ok());
                let width = width.ok_or_else(|| Fault::usage("+c not followed by width number"))?;
                if width > COMMAND_MAX {
                    let why = format!("+c {width} > what system provides ({COMMAND_MAX})");
                    return Err(Fault::usage(why));
                }
                // No narrower than its title.
                show.command_width = if width == 0 { 0 } else { width.max("COMMAND".len()) };
            }
            b'c' => lists::command(given, select)?,
            b'd' | b'D' if plus => {
                let path = given.filter(|path| !path.is_empty());
                let path = path.ok_or_else(|| Fault::usage("+d not followed by a directory path"))?;
                select.dirs.push(Dir { path: PathBuf::from(OsStr::from_bytes(path)), deep: letter == b'D' });
            }
            b'd' => lists::fds(text.as_deref(), select)?,
            b'D' => return Err(Fault::usage("unsupported option: -D")),
            b'e' => {
                let path = given.ok_or_else(|| Fault::usage("-e not followed by a file system path"))?;
                self.spec.collect.exempt.push(PathBuf::from(OsStr::from_bytes(path)));
            }
            b'f' => return self.file_flags(plus, text.as_deref()),
            b'F' => return self.field_letters(text.as_deref()),
            b'g' => {
                show.group = true;
                match text {
                    Some(text) => lists::ids(&text, "process group", "PGID", &mut select.groups)?,
                    None => return Ok(Took::Some(0)),
                }
            }
            b'i' => match text {
                None => {
                    select.inet = Some(Family::Any);
                    return Ok(Took::Some(0));
                }
                Some(text) => address::enter(&text, select)?,
            },
            b'K' => match text.as_deref() {
                None => {
                    select.tasks = Tasks::Select;
                    return Ok(Took::Some(0));
                }
                Some("i" | "I") => select.tasks = Tasks::Ignore,
                Some(other) => return Err(Fault::usage(format!("-K not followed by i (but by {})", show_text(other)))),
            },
            b'L' => {
                show.links = plus;
                let (number, used) = leading(text.as_deref());
                if number.is_some() && !plus {
                    return Err(Fault::usage("no number may follow -L"));
                }
                select.links_below = number;
                return Ok(Took::Some(used).all_of(text.as_deref()));
            }
            b'm' => return Err(refused("m", "devices of mounts are known without a supplement file")),
            b'o' => {
                let (number, used) = leading(text.as_deref());
                match number {
                    Some(digits) => show.offset_digits = usize::try_from(digits).unwrap_or(usize::MAX),
                    None => self.offsets()?,
                }
                return Ok(Took::Some(used).all_of(text.as_deref()));
            }
            b'p' => {
                let text = value.map(|value| String::from_utf8_lossy(value).into_owned());
                let text = text.ok_or_else(|| Fault::usage("no process ID specified"))?;
                lists::ids(&text, "process", "PID", &mut select.pids)?;
            }
            b'r' => return self.repeat(plus, text.as_deref()),
            b's' => match text {
                Some(text) => lists::states(&text, select)?,
                None => {
                    self.sizes()?;
                    return Ok(Took::Some(0));
                }
            },
            b'S' => {
                let (number, used) = leading(text.as_deref());
                self.spec.collect.limit = Duration::from_secs(number.unwrap_or(15).max(1));
                return Ok(Took::Some(used).all_of(text.as_deref()));
            }
            b'T' => match text.as_deref() {
                None => {
                    (show.state, show.queues) = (plus, false);
                    return Ok(Took::Some(0));
                }
                Some(text) => {
                    (show.state, show.queues) = (false, false);
                    for letter in text.bytes() {
                        match letter {
                            b's' => show.state = true,
                            b'q' => show.queues = true,
                            // Options of sockets are not to be had from /proc; lsof shows none either.
                            b'f' => {}
                            other => {
                                let why = format!("unsupported TCP/TPI info selection: {}", char_of(other));
                                return Err(Fault::usage(why));
                            }
                        }
                    }
                }
            },
            b'u' => {
                let text = text.ok_or_else(|| Fault::usage("no UIDs specified"))?;
                lists::users(&text, select)?;
            }
            b'x' => {
                self.crosses = true;
                match text.as_deref() {
                    None => {
                        (select.cross_mounts, select.cross_links) = (true, true);
                        return Ok(Took::Some(0));
                    }
                    Some(text) => {
                        for letter in text.bytes() {
                            match letter {
                                b'f' => select.cross_mounts = true,
                                b'l' => select.cross_links = true,
                                other => {
                                    return Err(Fault::usage(format!("unknown cross-over option: {}", char_of(other))));
                                }
                            }
                        }
                    }
                }
            }
            b'Z' => return Err(refused("-Z", "security contexts are not shown")),
            b'k' | b'A' | b'z' => return Err(Fault::usage(format!("illegal option character: {}", char_of(letter)))),
            _ => return Err(Fault::usage(format!("illegal option character: {}", char_of(letter)))),
        }
        Ok(Took::All)
    }

    fn offsets(&mut self) -> Result<(), Fault> {
        self.column(SizeColumn::Offset)
    }

    fn sizes(&mut self) -> Result<(), Fault> {
        self.column(SizeColumn::Size)
    }

    fn column(&mut self, column: SizeColumn) -> Result<(), Fault> {
        if self.spec.show.size != SizeColumn::Both && self.spec.show.size != column {
            return Err(Fault::usage("-o and -s are mutually exclusive"));
        }
        self.spec.show.size = column;
        Ok(())
    }

    /// `-f`, `+f`, and what of a file's structure is shown.
    fn file_flags(&mut self, plus: bool, text: Option<&str>) -> Result<Took, Fault> {
        let Some(text) = text else {
            self.spec.select.names_are = if plus { NamesAre::FileSystems } else { NamesAre::Files };
            return Ok(Took::Some(0));
        };
        for letter in text.bytes() {
            self.spec.show.flags = match (letter, plus) {
                (b'g', true) => FlagsColumn::Names,
                (b'G', true) => FlagsColumn::Hex,
                (b'g' | b'G', false) => FlagsColumn::None,
                (other, _) => return Err(Fault::usage(format!("unknown file struct option: {}", char_of(other)))),
            };
        }
        Ok(Took::All)
    }

    /// `-F`, with or without letters.
    fn field_letters(&mut self, text: Option<&str>) -> Result<Took, Fault> {
        let mut fields = self.fields.unwrap_or_default();
        match text {
            None | Some("0") => {
                self.nul |= text.is_some();
                every_field(&mut fields, &mut self.spec.show);
            }
            Some("?") => self.fields_help = true,
            Some(text) => {
                for letter in text.bytes() {
                    if !Fields::LETTERS.bytes().any(|known| known == letter) {
                        return Err(Fault::usage(format!("unknown field: {}", char_of(letter))));
                    }
                    self.nul |= letter == b'0';
                    fields.add(letter);
                    implied(letter, &mut self.spec.show);
                    // Who asks for offsets gets no sizes.
                    if letter == b'o' {
                        self.column(SizeColumn::Offset)?;
                    }
                }
            }
        }
        self.fields = Some(fields);
        Ok(if text.is_some() { Took::All } else { Took::Some(0) })
    }

    /// `-r` and `+r`: `[SECONDS][cCOUNT][mFORMAT]`.
    fn repeat(&mut self, until_none: bool, text: Option<&str>) -> Result<Took, Fault> {
        let mut repeat = Repeat { every: REPEAT, until_none, count: 0, marker: None };
        let (number, used) = leading(text);
        repeat.every = number.unwrap_or(REPEAT);
        let mut rest = text.map_or("", |text| &text[used..]).trim_start();
        let mut took = used;
        if let Some(tail) = rest.strip_prefix('c') {
            let (count, digits) = leading(Some(tail));
            repeat.count = count.unwrap_or(0);
            rest = &tail[digits..];
            took += 1 + digits;
        }
        if let Some(format) = rest.strip_prefix('m') {
            if format.is_empty() {
                return Err(Fault::usage("<fmt> too short: \"\""));
            }
            repeat.marker = Some(format.to_owned());
            rest = "";
        }
        self.spec.repeat = Some(repeat);
        Ok(if rest.is_empty() && text.is_some() { Took::All } else { Took::Some(took) })
    }
}

impl Took {
    /// All of it when nothing is left.
    fn all_of(self, text: Option<&str>) -> Took {
        match (self, text) {
            (Took::Some(n), Some(text)) if n == text.len() => Took::All,
            (took, _) => took,
        }
    }
}

/// Every field but the one that lsof leaves out for the sake of old readers.
pub fn every_field(fields: &mut Fields, show: &mut Show) {
    for letter in Fields::LETTERS.bytes().filter(|letter| !matches!(letter, b'r' | b'0')) {
        fields.add(letter);
        implied(letter, show);
    }
}

/// What is shown because its field is wanted.
fn implied(letter: u8, show: &mut Show) {
    match letter {
        b'g' => show.group = true,
        b'R' => show.parent = true,
        b'k' => show.links = true,
        b'G' => show.flags = FlagsColumn::Hex,
        b'T' => (show.state, show.queues) = (true, true),
        _ => {}
    }
}

/// A number at the beginning, and how many digits it has.
fn leading(text: Option<&str>) -> (Option<u64>, usize) {
    let text = text.unwrap_or_default();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..digits].parse().ok(), digits)
}

fn refused(option: &str, why: &str) -> Fault {
    Fault::usage(format!("{option} is not supported: {why}"))
}

fn char_of(letter: u8) -> String {
    show(OsStr::from_bytes(&[letter]))
}

fn show_text(text: &str) -> String {
    show(text)
}
