//! The request that the options become, and what takes more than a line of them; the rest stands in their rows.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::cli::fault::{Fault, show};
use crate::spec::Color;
use crate::tools::lsof::request::{
    Collect, Ends, Fields, FlagsColumn, Layout, Lsof, NamesAre, Repeat, Select, Show, SizeColumn, Source,
};

/// Seconds between listings of `-r`.
const REPEAT: u64 = 15;
/// The longest wait for a file system that may not answer, without `-S`.
const LIMIT: Duration = Duration::from_secs(2);
/// Digits of an offset before it is shown as hexadecimal.
const OFFSET_DIGITS: usize = 8;
/// Characters of a command's name.
const COMMAND_WIDTH: usize = 9;
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
    /// The defaults.
    pub fn new(program: &str, failure: u8) -> Opts {
        let show = Show {
            form: Layout::Table,
            numeric_hosts: false,
            numeric_ports: false,
            numeric_users: false,
            parent: false,
            group: false,
            command_width: COMMAND_WIDTH,
            human: false,
            labels: false,
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

    /// `-o` and `-s`.
    pub fn column(&mut self, column: SizeColumn) -> Result<(), Fault> {
        if self.spec.show.size != SizeColumn::Both && self.spec.show.size != column {
            return Err(Fault::usage("-o and -s are mutually exclusive"));
        }
        self.spec.show.size = column;
        Ok(())
    }

    /// `-f` and `+f`, with or without letters.
    pub fn file_flags(&mut self, plus: bool, text: Option<&str>) -> Result<Took, Fault> {
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
    pub fn field_letters(&mut self, text: Option<&str>) -> Result<Took, Fault> {
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
                }
            }
        }
        self.fields = Some(fields);
        Ok(if text.is_some() { Took::All } else { Took::Some(0) })
    }

    /// `-r` and `+r`: `[SECONDS][cCOUNT][mFORMAT]`.
    pub fn repeat(&mut self, until_none: bool, text: Option<&str>) -> Result<Took, Fault> {
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
    pub fn all_of(self, text: Option<&str>) -> Took {
        match (self, text) {
            (Took::Some(n), Some(text)) if n == text.len() => Took::All,
            (took, _) => took,
        }
    }
}

/// Every field but the one that lsof leaves out for old readers.
pub fn every_field(fields: &mut Fields, show: &mut Show) {
    for letter in Fields::LETTERS.bytes().filter(|letter| !matches!(letter, b'r' | b'Z' | b'0')) {
        fields.add(letter);
        implied(letter, show);
    }
}

/// Shows what a field needs.
fn implied(letter: u8, show: &mut Show) {
    match letter {
        b'g' => show.group = true,
        b'Z' => show.labels = true,
        b'R' => show.parent = true,
        b'k' => show.links = true,
        b'G' => show.flags = FlagsColumn::Hex,
        b'T' => (show.state, show.queues) = (true, true),
        _ => {}
    }
}

/// A number at the beginning, and how many digits it has.
pub fn leading(text: Option<&str>) -> (Option<u64>, usize) {
    let text = text.unwrap_or_default();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (text[..digits].parse().ok(), digits)
}

/// A letter in a message.
pub fn char_of(letter: u8) -> String {
    show(OsStr::from_bytes(&[letter]))
}
