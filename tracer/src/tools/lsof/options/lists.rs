//! Lists of lsof's options: ids, users, descriptors, commands, states. `^` takes an item out.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::cli::fault::{Fault, show};
use crate::schema::net::TCP_STATES;
use crate::system::libc_names;
use crate::tools::lsof::request::{CommandPattern, FdItem, FdList, Pick, Select, User};

/// Characters of a command's name that the kernel keeps.
const COMMAND_MAX: usize = 15;

/// An item without its `^`, and whether it has one.
fn pick(item: &str) -> (&str, bool) {
    item.strip_prefix('^').map_or((item, false), |item| (item, true))
}

/// `-p` and `-g`: `12,^34`.
pub fn ids(text: &str, what: &str, name: &str, list: &mut Vec<Pick<u32>>) -> Result<(), Fault> {
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let (digits, not) = pick(item);
        let what = if what == "process" { "process ID" } else { "process group ID" };
        let value = digits.parse().map_err(|_| Fault::usage(format!("illegal {what}: {}", show(text))))?;
        if list.iter().any(|p| p.value == value && p.not != not) {
            return Err(Fault::usage(format!("{name} {value} has been included and excluded.")));
        }
        if !list.iter().any(|p| p.value == value) {
            list.push(Pick { value, not });
        }
    }
    Ok(())
}

/// `-u`: `root,^1000`.
pub fn users(text: &str, select: &mut Select) -> Result<(), Fault> {
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let (word, not) = pick(item);
        let user = match word.parse::<u32>() {
            Ok(uid) => User { uid, name: None },
            Err(_) => {
                let found = libc_names::user_id(word);
                let uid = found.ok_or_else(|| Fault::usage(format!("can't get UID for {}", show(word))))?;
                User { uid, name: Some(word.to_owned()) }
            }
        };
        let same = |p: &&Pick<User>| p.value.uid == user.uid;
        match select.users.iter().find(same) {
            Some(before) if before.not != not => {
                return Err(Fault::usage(format!("UID {} has been included and excluded.", user.uid)));
            }
            Some(_) => {}
            None => select.users.push(Pick { value: user, not }),
        }
    }
    Ok(())
}

/// `-d`: `cwd,1-3`, or all with `^`.
pub fn fds(text: Option<&str>, select: &mut Select) -> Result<(), Fault> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| Fault::usage("no file descriptor specified"))?;
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let (word, not) = pick(item);
        let list = select.fds.get_or_insert(FdList { not, items: Vec::new() });
        if list.not != not {
            let kind = |not| if not { "exclude" } else { "include" };
            let why = format!("{} in an {} -d list: {}", kind(not), kind(list.not), show(item));
            return Err(Fault::usage(why));
        }
        let item = match word.split_once('-') {
            _ if word == "fd" => FdItem::Numbers(0, u32::MAX),
            Some((from, to)) if !from.is_empty() && !to.is_empty() => {
                let number = |digits: &str| {
                    digits.parse().map_err(|_| Fault::usage(format!("non-digit in -d FD range: {}", show(word))))
                };
                let (from, to) = (number(from)?, number(to)?);
                if from >= to {
                    return Err(Fault::usage(format!("-d FD range's low >= its high: {}", show(word))));
                }
                FdItem::Numbers(from, to)
            }
            Some(_) => return Err(Fault::usage(format!("illegal FD range for -d: {}", show(word)))),
            None => match word.parse() {
                Ok(n) => FdItem::Numbers(n, n),
                Err(_) => FdItem::Name(word.to_owned()),
            },
        };
        if !list.items.contains(&item) {
            list.items.push(item);
        }
    }
    Ok(())
}

/// `-c`: a prefix, or `/REGEX/[bix]`.
pub fn command(value: Option<&[u8]>, select: &mut Select) -> Result<(), Fault> {
    let value = value.ok_or_else(|| Fault::usage("missing -c option value"))?;
    if value.first() == Some(&b'/') {
        select.patterns.push(pattern(&String::from_utf8_lossy(value))?);
        return Ok(());
    }
    let (prefix, not) = value.strip_prefix(b"^").map_or((value, false), |prefix| (prefix, true));
    if prefix.len() > COMMAND_MAX {
        let text = show(OsStr::from_bytes(prefix));
        let why = format!("\"-c {text}\" length ({}) > what system provides ({COMMAND_MAX})", prefix.len());
        return Err(Fault::usage(why));
    }
    if select.commands.iter().any(|c| c.value == prefix && c.not != not) {
        let text = show(OsStr::from_bytes(prefix));
        return Err(Fault::usage(format!("-c^{text} and -c{text} conflict.")));
    }
    select.commands.push(Pick { value: prefix.to_vec(), not });
    Ok(())
}

/// `/REGEX/` with modifiers: `b` basic, `i` regardless of case, `x` extended (as without any).
fn pattern(text: &str) -> Result<CommandPattern, Fault> {
    let inside = &text[1..];
    let end = inside.rfind('/').ok_or_else(|| Fault::usage(format!("invalid regular expression: {}", show(text))))?;
    let (mut regex, mut basic, mut ignore) = (inside[..end].to_owned(), false, false);
    for modifier in inside[end + 1..].chars() {
        match modifier {
            'b' => basic = true,
            'x' => basic = false,
            'i' => ignore = true,
            other => {
                return Err(Fault::usage(format!("invalid regular expression modifier: {}", show(other.to_string()))));
            }
        }
    }
    if basic {
        regex = extended(&regex);
    }
    let built = regex::bytes::RegexBuilder::new(&regex).case_insensitive(ignore).unicode(false).build();
    let regex = built.map_err(|_| Fault::usage(format!("regular expression error in: {}", show(text))))?;
    Ok(CommandPattern { text: inside[..end].to_owned(), regex })
}

/// A basic regular expression as an extended one (regex(7)): what is special with a backslash in one is so
/// without in the other.
fn extended(basic: &str) -> String {
    let mut out = String::new();
    let mut chars = basic.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// `-s TCP:LISTEN,^CLOSE`
pub fn states(text: &str, select: &mut Select) -> Result<(), Fault> {
    let (protocol, names) = text.split_once(':').unwrap_or((text, ""));
    match protocol.to_ascii_lowercase().as_str() {
        "tcp" => {}
        // Linux has no states of UDP with names.
        "udp" => return Err(Fault::usage(format!("no UDP state names available: {}", show(text)))),
        _ => return Err(Fault::usage(format!("unknown -s protocol: \"{}\"", show(text)))),
    }
    if names.is_empty() {
        return Err(Fault::usage(format!("no TCP state names in: {}", show(text))));
    }
    for item in names.split(',') {
        let (name, not) = pick(item);
        if name.is_empty() {
            return Err(Fault::usage(format!("NULL TCP state name in: {}", show(text))));
        }
        let value = TCP_STATES.iter().position(|state| state.eq_ignore_ascii_case(name));
        let value = value.ok_or_else(|| Fault::usage(format!("unknown TCP state name: {}", show(name))))? as u8;
        match select.states.iter().find(|s| s.value == value) {
            Some(before) if before.not != not => {
                return Err(Fault::usage(format!(
                    "can't include and exclude TCP state: {}",
                    TCP_STATES[value as usize]
                )));
            }
            Some(_) => {
                let kind = if not { "ex" } else { "in" };
                return Err(Fault::usage(format!("duplicate TCP {kind}clusion: {}", show(name))));
            }
            None => select.states.push(Pick { value, not }),
        }
    }
    Ok(())
}
