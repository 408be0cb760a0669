//! Values of single options: numbers, digits after the point, columns, keys, sizes, lists of pids. Each
//! takes what strace takes and refuses what strace refuses.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::fault::{Fault, show};
use super::getopt::Given;
use crate::spec::{Column, Hex, NameStyle, User};

/// Two options of which only one can be given.
pub fn both(one: &str, other: &str) -> Fault {
    Fault::plain(format!("{one} and {other} cannot be provided simultaneously"))
}

/// The value as text; bytes that are not UTF-8 become a character that no word has.
pub fn text<'a>(given: &Given<'a>) -> std::borrow::Cow<'a, str> {
    given.value.map(|v| String::from_utf8_lossy(v.as_bytes())).unwrap_or_default()
}

/// `invalid -s argument: 'x'`
pub fn bad(given: &Given<'_>) -> Fault {
    Fault::usage(format!("invalid {} argument: '{}'", given.spelled, show(given.value.unwrap_or_default())))
}

/// How stacks are shown: with lines of the source, or without; `-k` a second time asks for them too.
pub fn stack(given: &Given<'_>, before: Option<bool>) -> Option<bool> {
    match given.value.map(OsStr::as_bytes) {
        None => Some(given.short && before.is_some()),
        Some(b"symbol") => Some(false),
        Some(b"source") => Some(true),
        Some(_) => None,
    }
}

/// A whole number from 0 to `i32::MAX`; blanks and a plus sign may stand before it.
pub fn number(text: &str) -> Option<u32> {
    let digits = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|&n| n <= i32::MAX as u32)
}

/// Digits after the point of `s`, `ms`, `us`, `ns`.
pub fn digits(word: &str) -> Option<u8> {
    super::sets::place(&["s", "ms", "us", "ns"], word).map(|at| 3 * at as u8)
}

/// Process ids, separated by commas or blanks: `-p "$(pidof nginx)"`.
pub fn pids(value: &OsStr, pids: &mut Vec<i32>) -> Result<(), Fault> {
    let mut rest = value.as_bytes();
    while !rest.is_empty() {
        let end = rest.iter().position(|b| b", \n\t".contains(b)).unwrap_or(rest.len());
        let word = OsStr::from_bytes(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        let pid = number(&word.to_string_lossy()).filter(|&n| n > 0);
        let pid = pid.ok_or_else(|| Fault::plain(format!("Invalid process id: '{}'", show(word))))? as i32;
        if pid as u32 == std::process::id() {
            return Err(Fault::plain(format!("process {pid} is tracer: it cannot trace itself")));
        }
        if !pids.contains(&pid) {
            pids.push(pid);
        }
    }
    Ok(())
}

/// A change of an environment, `VAR=VAL` or `VAR`: its parts are any bytes.
pub fn assignment(change: &OsStr) -> (OsString, Option<OsString>) {
    let bytes = change.as_bytes();
    let os = |b: &[u8]| OsStr::from_bytes(b).to_owned();
    match bytes.iter().position(|&b| b == b'=') {
        Some(at) => (os(&bytes[..at]), Some(os(&bytes[at + 1..]))),
        None => (change.to_owned(), None),
    }
}

/// The form of timestamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// `14:41:45`
    Time,
    /// Seconds since the epoch.
    Unix,
}

/// The value of `--absolute-timestamps` on top of what was given before: a form, digits, in any order.
pub fn stamp(value: &str, stamp: &mut (Option<Clock>, u8)) -> Option<()> {
    let (mut form, mut precision) = (None, None);
    for word in value.split(',').filter(|w| !w.is_empty()) {
        let lower = word.to_ascii_lowercase();
        let (named_form, named_digits) = (lower.strip_prefix("format:"), lower.strip_prefix("precision:"));
        let word = named_form.or(named_digits).unwrap_or(&lower);
        match word {
            "none" if named_digits.is_none() => form = Some(None),
            "time" if named_digits.is_none() => form = Some(Some(Clock::Time)),
            "unix" if named_digits.is_none() => form = Some(Some(Clock::Unix)),
            _ if named_form.is_none() => precision = Some(digits(word)?),
            _ => return None,
        }
    }
    stamp.0 = form.unwrap_or(stamp.0.or(Some(Clock::Time)));
    stamp.1 = precision.unwrap_or(stamp.1);
    Some(())
}

/// Names of the summary's columns and sort keys.
const COLUMNS: &[(&str, Column)] = &[
    ("time", Column::TimePercent),
    ("time-percent", Column::TimePercent),
    ("total-time", Column::TimeTotal),
    ("time-total", Column::TimeTotal),
    ("min-time", Column::TimeMin),
    ("time-min", Column::TimeMin),
    ("shortest", Column::TimeMin),
    ("max-time", Column::TimeMax),
    ("time-max", Column::TimeMax),
    ("longest", Column::TimeMax),
    ("avg-time", Column::TimeAvg),
    ("time-avg", Column::TimeAvg),
    ("p50-time", Column::TimeP50),
    ("p50", Column::TimeP50),
    ("p90-time", Column::TimeP90),
    ("p90", Column::TimeP90),
    ("p99-time", Column::TimeP99),
    ("p99", Column::TimeP99),
    ("calls", Column::Calls),
    ("count", Column::Calls),
    ("error", Column::Errors),
    ("errors", Column::Errors),
    ("name", Column::Name),
    ("syscall", Column::Name),
    ("syscall-name", Column::Name),
];

fn column(word: &str) -> Option<Column> {
    let word = word.replace('_', "-");
    COLUMNS.iter().find(|(name, _)| *name == word).map(|&(_, column)| column)
}

/// `-S`: the sort key, `None` for no order.
pub fn sort_key(word: &str) -> Result<Option<Column>, Fault> {
    match (word, column(word)) {
        ("nothing" | "none", _) => Ok(None),
        (_, Some(Column::TimePercent)) => Ok(Some(Column::TimeTotal)),
        (_, Some(column)) => Ok(Some(column)),
        _ => Err(Fault::usage(format!("invalid sortby: '{}'", show(word)))),
    }
}

/// `-U`: columns, each once; the name is added as the last where it is missing.
pub fn columns(list: &str, option: &str) -> Result<Vec<Column>, Fault> {
    let mut columns = Vec::new();
    let mut rest = Some(list);
    while let Some(residual) = rest {
        let (word, more) = residual.split_once(',').map_or((residual, None), |(word, more)| (word, Some(more)));
        let column = column(word).ok_or_else(|| Fault::usage(format!("unknown column name: '{}'", show(word))))?;
        if columns.contains(&column) {
            return Err(Fault::usage(format!(
                "call summary column has been provided more than once: '{}' ({option} option residual: '{}')",
                show(word),
                show(residual)
            )));
        }
        columns.push(column);
        rest = more;
    }
    if !columns.contains(&Column::Name) {
        columns.push(Column::Name);
    }
    Ok(columns)
}

/// `--strings-in-hex`
pub fn hex(word: &str) -> Option<Hex> {
    Some(match super::sets::place(&["none", "non-ascii-chars", "non-ascii", "all"], word)? {
        0 => Hex::None,
        1 => Hex::NonAsciiChars,
        2 => Hex::NonAscii,
        _ => Hex::All,
    })
}

/// `-X`
pub fn names(word: &str) -> Option<NameStyle> {
    match word {
        "raw" => Some(NameStyle::Raw),
        "abbrev" => Some(NameStyle::Abbrev),
        "verbose" => Some(NameStyle::Verbose),
        _ => None,
    }
}

/// Size of the ring buffer: 4096 to 1 GiB, with K, M or G; rounded up to a power of two.
pub fn ring_size(word: &str) -> Option<usize> {
    let at = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    let (digits, unit) = word.split_at(at);
    let shift = match unit.to_ascii_lowercase().trim_end_matches("ib") {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    let bytes = digits.parse::<u64>().ok()?.checked_mul(1 << shift)?;
    (4096..=1 << 30).contains(&bytes).then(|| bytes.next_power_of_two() as usize)
}

/// A user by login name, by number, or `UID:GID`. Reads the user database.
pub fn user(value: &OsStr) -> Option<User> {
    let word = value.to_str()?;
    let of = |u: nix::unistd::User| User { name: u.name, uid: u.uid.as_raw(), gid: u.gid.as_raw() };
    if word.is_empty() || word.contains('\0') {
        return None;
    }
    if let Ok(Some(user)) = nix::unistd::User::from_name(word) {
        return Some(of(user));
    }
    if let Some((uid, gid)) = word.split_once(':') {
        return Some(User { name: String::new(), uid: id(uid)?, gid: id(gid)? });
    }
    nix::unistd::User::from_uid(nix::unistd::Uid::from_raw(id(word)?)).ok().flatten().map(of)
}

/// A user id: of a login name, or a number that needs no entry in the user database.
pub fn uid(value: &OsStr) -> Option<u32> {
    let word = value.to_str()?;
    id(word).or_else(|| user(value).map(|u| u.uid))
}

/// A user or group id; -1 is not one.
fn id(word: &str) -> Option<u32> {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten().filter(|&n| n != u32::MAX)
}
