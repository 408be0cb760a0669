//! What an audit said of attempts, beside what had to be said and what the files say themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Attempt, Expect};

/// What was told of the attempts that were audited together.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// What violates the policy: operation and object.
    pub violations: BTreeSet<(String, String)>,
    /// All gaps, in words.
    pub gaps: BTreeSet<String>,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is told: 3.
    Violated,
    /// The call is named as what nobody can tell: 4.
    Incomplete,
    /// Nothing was done, and nothing told: 0.
    Clean,
    /// It could not be tried here.
    Untried(String),
    /// What is wrong.
    Wrong(String),
}

/// A file as far as a change of it shows: inode, time of the last change in two parts, size, names.
pub type State = Option<(u64, i64, i64, u64, u64)>;

/// A file as it is; `None`: there is none.
pub fn state(path: &str) -> State {
    fs::symlink_metadata(path).ok().map(|it| (it.ino(), it.ctime(), it.ctime_nsec(), it.size(), it.nlink()))
}

/// Reads a report in JSON.
///
/// # Errors
/// It is no report.
pub fn read(report: &str) -> Result<Told> {
    let report: Value = serde_json::from_str(report).context("the report is no JSON")?;
    let list = |path: &str| report.pointer(path).and_then(Value::as_array).with_context(|| format!("no {path}"));
    let accesses = list("/accesses")?;
    let mut told = Told::default();
    for violation in list("/policy/violations")? {
        let access = violation["access"].as_u64().and_then(|at| accesses.get(at as usize)).context("no access")?;
        let op = access["op"].as_str().unwrap_or_default();
        told.violations.insert((op.to_owned(), object(&access["object"])));
        if let Some(to) = access["to"].as_str().filter(|_| op == "rename") {
            told.violations.insert((op.to_owned(), to.to_owned()));
        }
    }
    for gap in list("/gaps")? {
        told.gaps.insert(gap["what"].as_str().unwrap_or_default().to_owned());
    }
    Ok(told)
}

fn object(object: &Value) -> String {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    match text("kind") {
        "file" => text("path").to_owned(),
        "unix" => text("name").to_owned(),
        "inet" if text("address").contains(':') => format!("[{}]:{}", text("address"), object["port"]),
        "inet" => format!("{}:{}", text("address"), object["port"]),
        _ => text("family").to_owned(),
    }
}

/// Errors that say that the machine, its kernel or its file system has none of the kind.
const LACKS: &[i64] = &[
    38, // ENOSYS
    95, // EOPNOTSUPP
    25, // ENOTTY
    15, // ENOTBLK
    19, // ENODEV
    3,  // ESRCH: of quota, which is not counted
];
/// "Operation not permitted".
const EPERM: i64 = 1;
/// "Bad address": the kernel could not read the name either.
const EFAULT: i64 = 14;

/// The verdict on each. `said`: what the calls returned, by name; `before`: the states of their files.
pub fn judge<'a>(
    attempts: &'a [Attempt],
    said: &BTreeMap<&str, &str>,
    before: &BTreeMap<&str, State>,
    told: &Told,
) -> Vec<(&'a Attempt, Verdict)> {
    attempts.iter().map(|attempt| (attempt, one(attempt, said, before, told))).collect()
}

fn one(attempt: &Attempt, said: &BTreeMap<&str, &str>, before: &BTreeMap<&str, State>, told: &Told) -> Verdict {
    let Some(answer) = said.get(attempt.id.as_str()) else { return Verdict::Wrong("it was not made".to_owned()) };
    let Ok(returned) = answer.parse::<i64>() else { return Verdict::Untried((*answer).to_owned()) };
    let changed = before.get(attempt.file.as_str()) != Some(&state(&attempt.file));
    let gap = || {
        told.gaps
            .iter()
            .any(|gap| gap.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == attempt.row))
    };
    match &attempt.expect {
        Expect::Nothing if changed => Verdict::Wrong("it changed what it must not".to_owned()),
        Expect::Nothing => Verdict::Clean,
        Expect::Gap if returned >= 0 && !gap() => Verdict::Wrong(format!("returned {returned}, and is no gap")),
        Expect::Gap if returned >= 0 || gap() && changed => Verdict::Incomplete,
        Expect::Gap if changed => Verdict::Wrong("it failed and did something".to_owned()),
        Expect::Gap => Verdict::Clean,
        Expect::Told(deeds) => {
            let missing: Vec<_> = deeds
                .iter()
                .filter(|(op, object)| !told.violations.contains(&((*op).to_owned(), object.clone())))
                .collect();
            match missing.first() {
                None => Verdict::Violated,
                // What failed is judged as what succeeded, where it names what it is about.
                Some(_)
                    if returned < 0
                        && returned != -EFAULT
                        && attempt.named
                        && !missing.is_empty()
                        && returned != -38 =>
                {
                    Verdict::Wrong(format!("failed with {}, and was not told: {missing:?}", -returned))
                }
                Some(_) if returned >= 0 || changed => {
                    Verdict::Wrong(format!("returned {returned}, and was not told: {missing:?}"))
                }
                Some(_) => Verdict::Clean,
            }
        }
    }
}

/// Whether an attempt could only fail here.
pub fn is_lacking(returned: i64, root: bool) -> bool {
    LACKS.contains(&-returned) || !root && returned == -EPERM
}
