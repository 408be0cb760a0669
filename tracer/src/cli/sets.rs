//! Sets as `-e` takes them: `read,write`, `!%desc`, `/^open`, `?name`, `all`, `none`. Calls are looked up
//! in the schema; the other sets (signals, statuses, notices) have their few words beside their option.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use regex::bytes::Regex;
use tracer_common::plan::{PLANS, plan_index};

use super::fault::{Fault, nearest, show};
use crate::schema::types::{NO_NR, Row, class};
use crate::schema::{self, Abi, NUMBERS, signal_names};
use crate::spec::{CallFilter, Numbers};

/// A set of calls of both ABIs by their places (`plan_index`), all of them present; and whether the operations of io_uring are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls(Vec<bool>, bool);

/// The word for operations of io_uring.
pub const OPERATIONS: &str = "%io_uring";

impl Calls {
    /// Reads `[!]none | [!]all | [!]WORD[,WORD]...`; the last of several options wins, as a whole.
    pub fn parse(set: &OsStr) -> Result<Calls, Fault> {
        let bytes = set.as_bytes();
        let marks = bytes.iter().take_while(|&&b| b == b'!').count();
        let negated = marks % 2 == 1;
        let mut calls = Calls(vec![false; PLANS], false);
        match &bytes[marks..] {
            b"none" => {}
            b"all" => {
                calls.0.fill(true);
                calls.1 = true;
            }
            words => {
                let mut any = false;
                for word in words.split(|&b| b == b',').filter(|w| !w.is_empty()) {
                    any = true;
                    calls.add(word)?;
                }
                if !any {
                    return Err(invalid_call(bytes));
                }
            }
        }
        if negated {
            calls.0.iter_mut().for_each(|x| *x = !*x);
            calls.1 = !calls.1;
        }
        Ok(calls)
    }

    /// The calls that are not in it.
    pub fn others(self) -> Vec<bool> {
        self.0.into_iter().map(|x| !x).collect()
    }

    /// As a flag per number, for the spec.
    pub fn into_set(self) -> Vec<bool> {
        self.0
    }

    /// As the filter of the trace. A number without a row is always in: nobody knows what it does, so
    /// nobody can have meant to leave it out.
    pub fn into_filter(mut self) -> CallFilter {
        for abi in ABIS {
            for nr in (0..NUMBERS).filter(|&nr| schema::by_nr(abi, nr).is_none()) {
                self.0[stands(abi, nr)] = true;
            }
        }
        match self.0.iter().all(|&x| x) && self.1 {
            true => CallFilter::everything(),
            false => CallFilter { places: self.0, operations: self.1, all: false },
        }
    }

    /// Adds `[?]...WORD[@ABI]`.
    fn add(&mut self, word: &[u8]) -> Result<(), Fault> {
        let marks = word.iter().take_while(|&&b| b == b'?').count();
        let (name, abi) = split_abi(&word[marks..])?;
        let known = match name {
            [b'0'..=b'9', ..] => self.add_number(name, abi),
            [b'/', pattern @ ..] => self.add_matching(pattern, abi)?,
            _ if name == OPERATIONS.as_bytes() => {
                self.1 = true;
                true
            }
            _ => match class_of(name) {
                Some(bits) => {
                    self.1 |= bits == 0 && abi.is(Abi::NATIVE);
                    self.add_rows(abi, |row| row.class & bits == bits);
                    true
                }
                None => self.add_rows(abi, |row| row.name.as_bytes() == name),
            },
        };
        if known || marks > 0 { Ok(()) } else { Err(invalid_call(word)) }
    }

    /// Adds the rows that `which` picks; whether there were any in the ABI that was asked for.
    fn add_rows(&mut self, abi: Which, which: impl Fn(&Row) -> bool) -> bool {
        let mut found = false;
        for row in schema::all().filter(|row| abi.has(row) && which(row)) {
            found = true;
            for of in ABIS.into_iter().filter(|&of| abi.is(of)) {
                let nr = u32::from(row.nr[of as usize]);
                if nr < NUMBERS {
                    self.0[stands(of, nr)] = true;
                }
            }
        }
        found
    }

    fn add_number(&mut self, digits: &[u8], abi: Which) -> bool {
        let Some(nr) = str::from_utf8(digits).ok().and_then(|d| d.parse::<u32>().ok()) else { return false };
        let mut found = false;
        for of in ABIS.into_iter().filter(|&of| abi.is(of) && nr < NUMBERS && schema::by_nr(of, nr).is_some()) {
            self.0[stands(of, nr)] = true;
            found = true;
        }
        found
    }

    fn add_matching(&mut self, pattern: &[u8], abi: Which) -> Result<bool, Fault> {
        let wrong = |why: String| Fault::plain(format!("regcomp: {}: {why}", show(OsStr::from_bytes(pattern))));
        let text = str::from_utf8(pattern).map_err(|_| wrong("not UTF-8".to_owned()))?;
        let regex = Regex::new(text).map_err(|e| {
            // The last line of the message says what is wrong, the others draw where.
            let all = e.to_string();
            let last = all.lines().last().unwrap_or_default();
            wrong(show(last.trim_start_matches("error: ")))
        })?;
        Ok(self.add_rows(abi, |row| regex.is_match(row.name.as_bytes())))
    }
}

/// The ABI a word is about: `@64`, `@32`, `@x32`, or every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Every,
    Native,
    Compat,
    X32,
}

/// The ABIs whose calls a set can name on this machine. A row of i386 alone is named everywhere, so that a set written for both
/// kinds of program works.
const ABIS: [Abi; 2] = [Abi::NATIVE, Abi::I386];

/// Calls of x86_64 that x32 lacks (`64` in arch/x86/entry/syscalls/syscall_64.tbl, without one for x32).
const NOT_X32: &[&str] = &[
    "_sysctl",
    "create_module",
    "epoll_ctl_old",
    "epoll_wait_old",
    "get_kernel_syms",
    "get_thread_area",
    "nfsservctl",
    "query_module",
    "set_thread_area",
    "uretprobe",
    "uselib",
    "vserver",
];

/// Where a call stands in a set.
fn stands(abi: Abi, nr: u32) -> usize {
    plan_index(nr, abi != Abi::NATIVE) as usize
}

impl Which {
    /// Whether the word is about calls of an ABI.
    fn is(self, abi: Abi) -> bool {
        match self {
            Which::Every => true,
            Which::Native => abi == Abi::NATIVE,
            Which::Compat => abi != Abi::NATIVE,
            Which::X32 => false,
        }
    }

    /// Whether the row exists there. A row that no ABI of this machine has still has a name.
    fn has(self, row: &Row) -> bool {
        match self {
            Which::Every => true,
            Which::Native => row.nr[Abi::NATIVE as usize] != NO_NR,
            Which::X32 => row.nr[Abi::NATIVE as usize] != NO_NR && !NOT_X32.contains(&row.name),
            Which::Compat => row.nr[Abi::I386 as usize] != NO_NR,
        }
    }
}

fn split_abi(word: &[u8]) -> Result<(&[u8], Which), Fault> {
    let Some(at) = word.iter().rposition(|&b| b == b'@') else { return Ok((word, Which::Every)) };
    let which = match &word[at + 1..] {
        b"64" => Which::Native,
        b"32" => Which::Compat,
        b"x32" if cfg!(target_arch = "x86_64") => Which::X32,
        other => {
            let (other, word) = (show(OsStr::from_bytes(other)), show(OsStr::from_bytes(word)));
            return Err(Fault::usage(format!("incorrect personality designator '{other}' in qualification '{word}'")));
        }
    };
    Ok((&word[..at], which))
}

/// Words that name a class without a `%`, from before there were classes with one.
const OLD_CLASSES: &[&str] = &["desc", "file", "memory", "process", "signal", "ipc", "network"];

/// The class bits of `%file`, `%%stat`, `file`; 0 for `all`, which every row has.
fn class_of(word: &[u8]) -> Option<u32> {
    if word == b"all" {
        return Some(0);
    }
    let name = match word.strip_prefix(b"%") {
        Some(b"net") => "network",
        Some(name) => str::from_utf8(name).ok()?,
        None => str::from_utf8(word).ok().filter(|w| OLD_CLASSES.contains(w))?,
    };
    class::NAMES.iter().find(|(n, _)| *n == name).map(|&(_, bits)| bits)
}

fn invalid_call(word: &[u8]) -> Fault {
    let typed = String::from_utf8_lossy(word);
    let bare = typed.trim_start_matches(['!', '?']);
    let class = format!("%{bare}");
    // `waitpid@64` is not mistyped: the call exists, but not there.
    let real = bare.rsplit_once('@').is_some_and(|(name, _)| schema::all().any(|row| row.name == name));
    let meant = if class_of(class.as_bytes()).is_some() {
        Some(class)
    } else if real {
        None
    } else {
        let mut classes: Vec<String> = class::NAMES.iter().map(|(n, _)| format!("%{n}")).collect();
        classes.push(OPERATIONS.to_owned());
        nearest(bare, schema::all().map(|r| r.name).chain(classes.iter().map(String::as_str))).map(str::to_owned)
    };
    Fault::plain(format!("invalid system call '{}'", show(OsStr::from_bytes(word)))).or_did_you_mean(meant)
}

/// Reads `[!]none | [!]all | [!]WORD[,WORD]...` over few values: `member` gives the number of a word.
/// The result is a mask; `what` names the set in the message.
pub fn mask(set: &OsStr, what: &str, words: &[&str], member: impl Fn(&str) -> Option<u32>) -> Result<u64, Fault> {
    let bytes = set.as_bytes();
    let invalid = |word: &[u8]| {
        let typed = String::from_utf8_lossy(word);
        let meant = nearest(&typed, words.iter().copied()).map(str::to_owned);
        Fault::plain(format!("invalid {what} '{}'", show(OsStr::from_bytes(word)))).or_did_you_mean(meant)
    };
    let marks = bytes.iter().take_while(|&&b| b == b'!').count();
    let mut mask = 0u64;
    match &bytes[marks..] {
        b"none" => {}
        b"all" => mask = u64::MAX,
        list => {
            let mut any = false;
            for word in list.split(|&b| b == b',').filter(|w| !w.is_empty()) {
                any = true;
                let n = str::from_utf8(word).ok().and_then(&member).ok_or_else(|| invalid(word))?;
                mask |= 1u64.checked_shl(n).unwrap_or(0);
            }
            if !any {
                return Err(invalid(bytes));
            }
        }
    }
    Ok(if marks % 2 == 1 { !mask } else { mask })
}

/// `-e fd=`: descriptors.
pub fn descriptors(set: &OsStr) -> Result<Numbers, Fault> {
    let bytes = set.as_bytes();
    let invalid = |word: &[u8]| Fault::plain(format!("invalid descriptor '{}'", show(OsStr::from_bytes(word))));
    let marks = bytes.iter().take_while(|&&b| b == b'!').count();
    let mut numbers = Numbers { others: marks % 2 == 1, ..Numbers::default() };
    match &bytes[marks..] {
        b"none" => {}
        b"all" => numbers.others = !numbers.others,
        list => {
            for word in list.split(|&b| b == b',').filter(|word| !word.is_empty()) {
                let number = str::from_utf8(word).ok().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
                numbers.listed.insert(number.and_then(|word| word.parse().ok()).ok_or_else(|| invalid(word))?);
            }
            if numbers.listed.is_empty() {
                return Err(invalid(bytes));
            }
        }
    }
    Ok(numbers)
}

/// `-e signal=`: bit 0 is signal 1.
pub fn signals(set: &OsStr) -> Result<u64, Fault> {
    // Signal 0 and those above 64 are accepted, as strace does, and are in no set.
    let names = signal_names::NAMES.into_iter().skip(1);
    let words: Vec<&str> = names.chain((1..32).filter_map(signal_names::short)).collect();
    mask(set, "signal", &words, |word| signal_names::number(word).map(|n| n.checked_sub(1).unwrap_or(64)))
}

/// The place of a word in a list, without regard to case.
pub fn place(words: &[&str], word: &str) -> Option<u32> {
    words.iter().position(|w| w.eq_ignore_ascii_case(word)).map(|at| at as u32)
}
