//! A policy from what happened: under it the same evidence has no violations. It is a start for a person to read and to cut,
//! so it is short rather than tight: names that chance made become `*`, directories of many files become `**`, and what most
//! units do stands in `[default]`.

mod general;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

use super::judge::is_probe;
use crate::render::escape::{Piece, Profile, never_raw};
use crate::render::typed::show;
use crate::tools::audit::evidence::{Evidence, Object, Op, Runner, Unit, Variables};
use general::{addresses, target};
use paths::Paths;

/// Whom a rule is for. The order is that of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Default,
    Harness,
    /// A unit by its label.
    Unit(String),
}

/// Objects as rules have them, in the order of the file; the operations of each.
type Rules = BTreeMap<(Class, String), BTreeSet<Op>>;

/// What kinds of rules there are, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Run,
    Path,
    Address,
}

/// Writes a policy that allows what happened.
pub fn learn(evidence: &Evidence, variables: &Variables) -> String {
    let known = |(name, path): &&(&'static str, Vec<u8>)| super::BUILT_IN.contains(name) && path.starts_with(b"/");
    let variables = Variables(variables.0.iter().filter(known).cloned().collect());
    let mut left_out = 0;
    // Which units do it, by index.
    let mut done: BTreeMap<(Class, String, Op), BTreeSet<usize>> = BTreeMap::new();
    let judged = || evidence.accesses.iter().filter(|access| !is_probe(access) && access.unit < evidence.units.len());
    let paths = Paths::new(
        &variables,
        judged().flat_map(|access| {
            let object = if let Object::File(path) = &access.object { Some(path.as_slice()) } else { None };
            object
                .into_iter()
                .chain(access.to.as_deref().filter(|_| access.op == Op::Rename))
                .map(|path| (access.op, path))
        }),
    );
    let ports = addresses(judged().filter_map(|access| match &access.object {
        object @ Object::Inet { .. } => Some((access.op, object)),
        _ => None,
    }));
    for access in judged() {
        let mut objects = vec![target(access.op, &access.object, &paths, &ports)];
        if let Some(to) = access.to.as_deref().filter(|_| access.op == Op::Rename) {
            objects.push(paths.rule(access.op, to).map(|text| (Class::Path, text)));
        }
        for object in objects {
            match object {
                Some((class, text)) => {
                    done.entry((class, text, access.op)).or_default().insert(access.unit);
                }
                None => left_out += 1,
            }
        }
    }
    let mut sections: BTreeMap<Who, Rules> = BTreeMap::new();
    for ((class, text, op), units) in done {
        for who in owners(&evidence.units, &units) {
            sections.entry(who).or_default().entry((class, text.clone())).or_default().insert(op);
        }
    }
    let mut out = head(evidence, left_out);
    write(&mut out, sections);
    out
}

/// Whose rules speak of what these units do.
fn owners(all: &[Unit], units: &BTreeSet<usize>) -> BTreeSet<Who> {
    let tests = all.iter().filter(|unit| unit.runner != Runner::Harness).count();
    let doing = units.iter().filter(|&&unit| all[unit].runner != Runner::Harness).count();
    // One unit alone is no majority among few; where there is but one, it is everything.
    if tests <= 1 && doing > 0 || doing > 1 && doing * 2 > tests || tests == 0 {
        return BTreeSet::from([Who::Default]);
    }
    let who = |&unit: &usize| match all[unit].runner {
        Runner::Harness => Who::Harness,
        _ if all[unit].label().is_empty() => Who::Default,
        _ => Who::Unit(all[unit].label()),
    };
    let owners: BTreeSet<Who> = units.iter().map(who).collect();
    if owners.contains(&Who::Default) { BTreeSet::from([Who::Default]) } else { owners }
}

fn head(evidence: &Evidence, left_out: usize) -> String {
    let words: Vec<String> = evidence.command.iter().map(|word| show(std::ffi::OsStr::from_bytes(word))).collect();
    let tests = evidence.units.iter().filter(|unit| unit.runner != Runner::Harness).count();
    let mut out = format!("# Learned by tracer audit from: {}\n", words.join(" "));
    let units = if tests == 1 { "1 unit".to_owned() } else { format!("{tests} units") };
    let _ = writeln!(
        out,
        "# It allows what was seen there ({units}, source {}), generalised, and nothing else.",
        show(&evidence.source)
    );
    out.push_str("# What is allowed here has happened; whether it should is for you to say.\n");
    if !evidence.gaps.is_empty() {
        out.push_str("# The evidence was incomplete, so something may be missing here:\n");
        for gap in &evidence.gaps {
            let _ = writeln!(out, "#   {}: {}", gap.kind.name(), show(&gap.what));
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "# {left_out} accesses have no object that a rule can name; they are not here.");
    }
    out.push_str("version = 1\n");
    out
}

fn write(out: &mut String, mut sections: BTreeMap<Who, Rules>) {
    out.push_str("\n[default]\notherwise = \"deny\"\n");
    let default = lines(sections.remove(&Who::Default).unwrap_or_default());
    write_rules(out, &default);
    let harness = lines(sections.remove(&Who::Harness).unwrap_or_default());
    let harness: Vec<String> = harness.into_iter().filter(|line| !default.contains(line)).collect();
    if !harness.is_empty() {
        out.push_str("\n# What belongs to no unit.\n[harness]\n");
        write_rules(out, &harness);
    }
    // Units that do the same share a section.
    let mut shared: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (who, rules) in sections {
        if let Who::Unit(label) = who {
            shared.entry(lines(rules)).or_default().push(label);
        }
    }
    let mut units: Vec<(Vec<String>, Vec<String>)> =
        shared.into_iter().map(|(rules, labels)| (labels, rules)).collect();
    units.sort();
    for (labels, rules) in units {
        out.push_str("\n[[unit]]\n");
        match labels.as_slice() {
            [label] => {
                let _ = writeln!(out, "match = {}", quoted(&unit_glob(label)));
            }
            labels => {
                out.push_str("match = [\n");
                labels.iter().for_each(|label| out.push_str(&format!("    {},\n", quoted(&unit_glob(label)))));
                out.push_str("]\n");
            }
        }
        write_rules(out, &rules);
    }
}

/// Rules as text: objects of the same operations stand together.
fn lines(rules: Rules) -> Vec<String> {
    let mut ordered: Vec<(Class, Vec<Op>, String)> =
        rules.into_iter().map(|((class, object), ops)| (class, ops.into_iter().collect(), object)).collect();
    ordered.sort();
    ordered.into_iter().map(|(_, ops, object)| format!("{} {object}", operations(&ops))).collect()
}

/// The shortest word for a set of operations.
fn operations(ops: &[Op]) -> String {
    let change: Vec<Op> = Op::ALL.into_iter().filter(|op| op.changes()).collect();
    let mut words: Vec<&str> = Vec::new();
    let all_changes = change.iter().all(|op| ops.contains(op));
    for op in ops.iter().filter(|op| !(all_changes && op.changes())) {
        words.push(op.name());
    }
    if all_changes {
        words.push("change");
    }
    words.join(",")
}

fn write_rules(out: &mut String, rules: &[String]) {
    if rules.is_empty() {
        out.push_str("allow = []\n");
        return;
    }
    out.push_str("allow = [\n");
    rules.iter().for_each(|rule| out.push_str(&format!("    {},\n", quoted(rule))));
    out.push_str("]\n");
}

/// The glob of a label that fits it alone.
fn unit_glob(label: &str) -> String {
    label.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '*' | '?' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A string of TOML: literal where that is possible, so that backslashes stay single.
fn quoted(text: &str) -> String {
    let plain = !text.chars().any(never_raw);
    if plain && !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    if plain && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut out = vec![b'"'];
    text.chars().for_each(|c| Profile::Toml.put(Piece::Char(c), &mut out));
    out.push(b'"');
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
#[path = "learn/tests.rs"]
mod tests;
