//! Lines of ltrace and of `tracer ltrace`, brought into a form in which they can be compared: the calls of each task in order, by name,
//! with the strings and the result that each shows.
//!
//! Ours may show more: names of flags, structures, the file behind a stream. So strings must be there that ltrace shows, and results
//! must agree where both are numbers. Where ltrace has no prototype it shows registers: what is wider there than the result is no difference.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// A call as a tool shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// Of the function, with who calls it before it and whose it is behind it, where the options ask for that.
    pub name: String,
    /// What stands within the parentheses.
    pub args: String,
    /// What stands behind the equals sign.
    pub result: Option<String>,
}

/// What a task did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// In the order in which they began.
    pub calls: Vec<Call>,
    /// How it ended.
    pub ends: Vec<String>,
}

/// ltrace says so in the midst of a line where its own prototypes have an array without a length.
const BROKEN: &str = "error: maximum array length seems negative\n";

/// What a line may begin with: a time (`-t`, `-r`), and the address that the call returns to (`-i`).
static BEFORE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^\s*(?:\d\d:\d\d:\d\d(?:\.\d+)?\s+|\d+\.\d+\s+)?(?:\[0x[0-9a-f]+\]\s+)?\s*"));
static CALL: LazyLock<Regex> = LazyLock::new(|| regex(r#"^((?:[^\s()"]+->)?[A-Za-z_~][^\s("]*)\((.*)$"#));
static RESUMED: LazyLock<Regex> = LazyLock::new(|| regex(r"^<\.\.\. (\S+) resumed>\s?(.*)$"));
static RESULT: LazyLock<Regex> = LazyLock::new(|| regex(r"^(.*)\)\s+= (.*?)(?: <\d+\.\d+>)?$"));
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| regex(r"\b0x[0-9a-f]{5,16}\b(?:<[^>]*>)?"));
static TEXT: LazyLock<Regex> = LazyLock::new(|| regex(r#""((?:[^"\\]|\\.)*)""#));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"^(-?)(?:0x([0-9a-f]+)|(\d+))(?:$|[ <,])"));

fn regex(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}

impl Call {
    /// For rules and for persons: addresses are masked.
    pub fn line(&self) -> String {
        let result = self.result.as_ref().map_or(String::new(), |result| format!(" = {result}"));
        ADDRESS.replace_all(&format!("{}({}){result}", self.name, self.args), "ADDR").into_owned()
    }

    /// Without who calls and whose it is.
    pub fn function(&self) -> &str {
        function(&self.name)
    }

    /// The strings within quotes, as bytes.
    pub fn texts(&self) -> Vec<Vec<u8>> {
        let all = format!("{} {}", self.args, self.result.as_deref().unwrap_or_default());
        TEXT.captures_iter(&all).map(|found| unescaped(&found[1])).collect()
    }

    /// The result, where it is a number, and whether it is written as an address.
    pub fn number(&self) -> Option<(i128, bool)> {
        let text = self.result.as_deref()?;
        if text == "nil" {
            return Some((0, false));
        }
        let found = NUMBER.captures(text)?;
        let value = match found.get(2) {
            Some(hex) => i128::from_str_radix(hex.as_str(), 16).ok()?,
            None => found[3].parse().ok()?,
        };
        Some((if found[1].is_empty() { value } else { -value }, found.get(2).is_some() && value > 0xffff))
    }
}

fn function(name: &str) -> &str {
    let name = name.rsplit_once("->").map_or(name, |(_, name)| name);
    name.split_once('@').map_or(name, |(name, _)| name)
}

/// Reads a log; the tasks by their numbers, which are given in the order in which tasks are made.
pub fn read(log: &str) -> Vec<Task> {
    let mut tasks: BTreeMap<u32, Task> = BTreeMap::new();
    let mut open: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let has_pid = |line: &str| {
        line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(' ')
            && line.starts_with(|c: char| c.is_ascii_digit())
    };
    let whole = log.replace(BROKEN, "");
    let pids = whole.lines().next().is_some_and(has_pid);
    // ltrace does not escape the end of a line within a string.
    let mut lines: Vec<String> = Vec::new();
    for line in whole.lines() {
        match lines.last_mut() {
            Some(last) if pids && !has_pid(line) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    for line in lines.iter().map(String::as_str) {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (pid, rest) = match line[digits..].strip_prefix(' ') {
            Some(rest) if digits > 0 => (line[..digits].parse().unwrap_or(0), rest),
            _ => (0, line),
        };
        let rest = BEFORE.replace(rest, "");
        let (task, open) = (tasks.entry(pid).or_default(), open.entry(pid).or_default());
        if let Some(found) = RESUMED.captures(&rest) {
            let at = open.iter().rposition(|at| task.calls[*at].function() == function(&found[1]));
            if let Some(at) = at {
                let call = &mut task.calls[open[at]];
                let whole = format!("{}{}", call.args, &found[2]);
                (call.args, call.result) = parts(&whole);
                open.truncate(at);
            }
        } else if let Some(found) = CALL.captures(&rest) {
            let left = ["<unfinished ...>", "<no return ...>"].iter().find_map(|mark| found[2].strip_suffix(mark));
            let (args, result) = left.map_or_else(|| parts(&found[2]), |left| (left.trim_end().to_owned(), None));
            if left.is_some() {
                open.push(task.calls.len());
            }
            task.calls.push(Call { name: found[1].to_owned(), args, result });
        } else if rest.starts_with("+++") {
            task.ends.push(rest.into_owned());
        }
    }
    tasks.into_values().collect()
}

/// What stands in the parentheses, and what behind them.
fn parts(text: &str) -> (String, Option<String>) {
    match RESULT.captures(text) {
        Some(found) => (found[1].trim_end().to_owned(), Some(found[2].to_owned())),
        None => (text.trim_end().trim_end_matches(')').to_owned(), None),
    }
}

/// How often each function was called, from a table of `-c`.
pub fn table(log: &str) -> BTreeMap<String, u64> {
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.first()?.parse::<f64>().ok()?;
        Some((words.get(4)?.trim_end_matches("@SYS").to_owned(), words.get(3)?.parse().ok()?))
    };
    log.lines().filter_map(row).filter(|(name, _)| name != "total").collect()
}

/// The bytes of a string as C writes it.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut out, mut bytes) = (Vec::new(), text.bytes().peekable());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(next) = bytes.next() else { break };
        let (base, most) = if next == b'x' { (16, 2) } else { (8, 2) };
        out.push(match next {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'v' => 11,
            b'f' => 12,
            b'0'..=b'7' | b'x' => {
                let mut value = char::from(next).to_digit(8).unwrap_or(0);
                for _ in 0..most {
                    let Some(digit) = bytes.peek().and_then(|byte| char::from(*byte).to_digit(base)) else { break };
                    value = value * base + digit;
                    bytes.next();
                }
                value as u8
            }
            other => other,
        });
    }
    out
}

/// What is wrong with our form of a call that both show, if anything is.
pub fn disagree(theirs: &Call, ours: &Call) -> Option<&'static str> {
    let shown = ours.texts();
    if !theirs.texts().iter().all(|text| shown.iter().any(|ours| same_text(text, ours))) {
        return Some("string");
    }
    if theirs.result.is_some() && ours.result.as_deref().is_none_or(|result| result == "?") {
        return Some("no result");
    }
    // A system call that fails: ltrace shows the kernel's number, ours -1 and its name.
    if let (Some((error, false)), Some(ours)) = (theirs.number(), &ours.result)
        && (-4095..0).contains(&error)
        && ours.starts_with("-1 E")
    {
        return None;
    }
    match (theirs.number(), ours.number()) {
        (Some((_, true)), Some((_, true))) => None,
        (Some((a, _)), Some((b, _))) => {
            // Of an int the upper half of the register says nothing.
            let wide = |n: i128| n < 0 || n > i128::from(u32::MAX >> 1);
            let same = a == b || (wide(a) || wide(b)) && a as u32 == b as u32;
            (!same).then_some("result")
        }
        _ => None,
    }
}

/// One may be cut where the other goes on: by `-s`, at a zero (ltrace), or at the end of what the function was given (ours).
fn same_text(theirs: &[u8], ours: &[u8]) -> bool {
    match (theirs.is_empty(), ours.is_empty()) {
        (true, _) => ours.first().is_none_or(|byte| *byte == 0),
        (_, true) => false,
        _ => ours.starts_with(theirs) || theirs.starts_with(ours),
    }
}

/// Whether the first arguments are plain numbers that differ: then these are not the same call.
pub fn other_call(theirs: &Call, ours: &Call) -> bool {
    let first = |call: &Call| call.args.split(',').next().and_then(|arg| arg.trim().parse::<i64>().ok());
    matches!((first(theirs), first(ours)), (Some(a), Some(b)) if a != b) || disagree(theirs, ours).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Call {
        read(line)[0].calls[0].clone()
    }

    #[test]
    fn halves_of_a_call_are_joined_and_what_is_within_stands_behind() {
        let log = "7 sort(1 <unfinished ...>\n7   a->cmp(2, 3)   = 1\n7 <... sort resumed> )  = <void>\n7 +++ exited (status 0) +++\n";
        let task = &read(log)[0];
        let lines: Vec<_> = task.calls.iter().map(Call::line).collect();
        assert_eq!(lines, ["sort(1) = <void>", "a->cmp(2, 3) = 1"]);
        assert_eq!(task.ends, ["+++ exited (status 0) +++"]);
        assert_eq!(one("12:00:01.5 [0x555] puts(\"a) = b\") = 7 <0.000012>").line(), "puts(\"a) = b\") = 7");
        assert_eq!(table("% time x\n 9.0 0.1 2 3 read@SYS\n100.00 0.1 3 total\n")["read"], 3);
    }

    #[test]
    fn what_both_show_must_agree() {
        let check = |theirs: &str, ours: &str, expected: Option<&str>| {
            assert_eq!(disagree(&one(theirs), &one(ours)), expected, "{theirs} | {ours}");
        };
        check("f(\"\\b\\001\") = 1", "f(\"\\10\\1\\0\", 3) = 1", None);
        check("f(\"ab\"...) = 1", "f(\"abc\") = 1", None);
        check("f(\"ab\") = 1", "f(0x5555555) = 1", Some("string"));
        check("f(\"\") = 1", "f(\"x\") = 1", Some("string"));
        check("f(1) = 0xffffffff", "f(1) = -1", None);
        check("f(1) = 18446744073709551615", "f(1) = -1", None);
        check("f(1) = 3", "f(1) = 4", Some("result"));
        check("f(1) = 3", "f(1 <unfinished ...>", Some("no result"));
        check("f(1) = 0x7f0011112222", "f(1) = 0x7f0011113333</etc>", None);
        check("f(1) = nil", "f(1) = 0x7f0011113333", Some("result"));
        check("f(1) = -2", "f(1) = -1 ENOENT (No such file or directory)", None);
        check("f(1) = -2", "f(1) = -1", Some("result"));
    }
}
