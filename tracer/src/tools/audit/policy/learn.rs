//! A policy from what happened: under it the same evidence has no violations. It is a start for a person to read and to cut,
//! so it is short rather than tight: names that chance made become `*`, directories of many files become `**`, and what most
//! units do stands in `[default]`.

mod add;
mod differ;
mod difference;
mod general;
mod paths;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

pub use add::{Added, add};
pub use difference::difference;

use super::judge::{begun, is_on, is_probe};
use crate::render::escape::{Piece, Profile, never_raw};
use crate::render::typed::show;
use crate::tools::audit::evidence::{Access, Evidence, Object, Op, Unit, Variables};
use general::{addresses, target};
use paths::Paths;

/// Lines of a policy that a person reads to its end.
const READABLE: usize = 40;
/// Columns of a line with several rules or names.
const WIDE: usize = 110;
/// A list of so many rules has no titles.
const FEW: usize = 6;
/// How general a policy is, step by step: the first that is readable is taken.
const STEPS: [General; 9] = [
    General { most_names: 8, units: Units::Each },
    General { most_names: 8, units: Units::ButTemporary },
    General { most_names: 4, units: Units::ButTemporary },
    General { most_names: 8, units: Units::BySuite },
    General { most_names: 4, units: Units::BySuite },
    General { most_names: 2, units: Units::BySuite },
    General { most_names: 4, units: Units::Together },
    General { most_names: 2, units: Units::Together },
    General { most_names: 1, units: Units::Together },
];

/// What is made general.
#[derive(Debug, Clone, Copy)]
struct General {
    /// More names than these in one directory are any.
    most_names: usize,
    /// Who has rules of his own.
    units: Units,
}

/// Whose rules stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Units {
    /// Those of each unit.
    Each,
    /// The same, but what units do in directories for temporary files is for all.
    ButTemporary,
    /// Those of each suite.
    BySuite,
    /// Those of the harness only: units share theirs.
    Together,
}

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

/// What is done: the object as a rule has it, and the operation.
type Deed = (Class, String, Op);

/// Rules as text, with their kinds.
type Lines = Vec<(Class, String)>;

/// What kinds of rules there are, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Run,
    Path,
    Address,
}

impl Class {
    fn title(self) -> &'static str {
        match self {
            Class::Run => "Programs that are run.",
            Class::Path => "Files.",
            Class::Address => "Whom it talks to.",
        }
    }
}

/// Writes a policy that allows what happened in these runs of one command.
pub fn learn(runs: &[Evidence], variables: &Variables) -> String {
    let mut text = String::new();
    let evidence = Evidence::of_runs(runs);
    for general in STEPS {
        let learned = Learned::from(&evidence, runs, variables, general, |_| true);
        text = head(&evidence, runs.len(), &learned);
        write(&mut text, learned.sections);
        if text.lines().count() <= READABLE {
            break;
        }
    }
    text
}

/// Rules by whom they are for.
struct Learned {
    sections: BTreeMap<Who, Rules>,
    /// Accesses whose objects no rule can name.
    left_out: usize,
}

impl Learned {
    /// Rules that allow those of the accesses that are `wanted`, by index; from all of them follows what is general.
    fn from(
        evidence: &Evidence,
        runs: &[Evidence],
        variables: &Variables,
        general: General,
        wanted: impl Fn(usize) -> bool,
    ) -> Learned {
        let known = |(name, path): &&(&'static str, Vec<u8>)| super::BUILT_IN.contains(name) && path.starts_with(b"/");
        let variables = Variables(variables.0.iter().filter(known).cloned().collect());
        let judged = |evidence: &Evidence, access: &Access| !is_probe(access) && access.unit < evidence.units.len();
        let of_runs: Vec<Vec<(Op, &[u8])>> = runs
            .iter()
            .map(|run| run.accesses.iter().filter(|access| judged(run, access)).flat_map(named).collect())
            .collect();
        let paths = Paths::new(&variables, &of_runs, general.most_names);
        // Who may connect may send.
        let begun = begun(evidence);
        let counts = |access: &Access| judged(evidence, access) && !is_on(access, &begun);
        let counted = (0..evidence.accesses.len()).filter(|index| counts(&evidence.accesses[*index]));
        let counted: Vec<usize> = counted.collect();
        let accesses =
            || counted.iter().flat_map(|&index| evidence.as_named(index).into_iter().map(move |it| (index, it)));
        let ports = addresses(accesses().filter_map(|(_, access)| match &access.object {
            object @ Object::Inet { .. } => Some((access.op, object)),
            _ => None,
        }));
        let objects = |access: &Access| {
            let mut objects = vec![target(access.op, &access.object, &paths, &ports)];
            if let Some(to) = access.to.as_deref().filter(|_| access.op == Op::Rename) {
                objects.push(paths.rule(access.op, to).map(|text| (Class::Path, text)));
            }
            objects
        };
        let first = FirstUse::of(runs, |run, access| {
            let objects = if judged(run, access) { objects(access) } else { Vec::new() };
            objects.into_iter().flatten().map(|(class, text)| (class, text, access.op)).collect()
        });
        // Which units do it, by index.
        let mut done: BTreeMap<Deed, BTreeSet<usize>> = BTreeMap::new();
        let mut left_out = 0;
        for (_, access) in accesses().filter(|(index, _)| wanted(*index)) {
            for object in objects(access) {
                match object {
                    Some((class, text)) => {
                        done.entry((class, text, access.op)).or_default().insert(access.unit);
                    }
                    None => left_out += 1,
                }
            }
        }
        let mut sections: BTreeMap<Who, Rules> = BTreeMap::new();
        for (deed, units) in done {
            let moves = first.moves(&deed) || is_shared(&evidence.units, &deed, &units);
            let owners = match moves {
                true => BTreeSet::from([Who::Default]),
                false => owners(&evidence.units, &units, general.units),
            };
            let (class, mut text, op) = deed;
            let scratch = paths.temporary(&text).filter(|_| general.units >= Units::ButTemporary);
            let tests = || owners.iter().any(|who| !matches!(who, Who::Harness));
            let owners = match scratch.filter(|_| class != Class::Run && tests()) {
                Some(directory) => {
                    text = directory;
                    BTreeSet::from([Who::Default])
                }
                None => owners,
            };
            for who in owners {
                sections.entry(who).or_default().entry((class, text.clone())).or_default().insert(op);
            }
        }
        Learned { sections, left_out }
    }

    /// The objects of all rules.
    fn objects(&self) -> impl Iterator<Item = &str> {
        self.sections.values().flat_map(|rules| rules.keys().map(|(_, object)| object.as_str()))
    }
}

/// What is done once in each run, by whichever unit comes first: it is no unit's own.
struct FirstUse(Vec<BTreeMap<Deed, BTreeSet<String>>>);

impl FirstUse {
    /// Looks at what the units of each run do.
    fn of(runs: &[Evidence], deeds: impl Fn(&Evidence, &Access) -> Vec<Deed>) -> FirstUse {
        let units = |run: &Evidence| {
            let mut done: BTreeMap<Deed, BTreeSet<String>> = BTreeMap::new();
            for access in (0..run.accesses.len()).flat_map(|index| run.as_named(index)) {
                let unit = run.units.get(access.unit).filter(|unit| !unit.is_none());
                for (deed, unit) in deeds(run, access).into_iter().zip(unit.into_iter().cycle()) {
                    done.entry(deed).or_default().insert(unit.label());
                }
            }
            done
        };
        FirstUse(if runs.len() > 1 { runs.iter().map(units).collect() } else { Vec::new() })
    }

    /// Whether no unit does it in each of the runs in which it is done, though it is done in several.
    fn moves(&self, deed: &Deed) -> bool {
        let mut runs = self.0.iter().filter_map(|run| run.get(deed));
        let Some(first) = runs.next() else { return false };
        let mut always = first.clone();
        let mut several = false;
        for run in runs {
            several = true;
            always.retain(|unit| run.contains(unit));
        }
        several && always.is_empty()
    }
}

/// What the harness reads too (libraries, the sources of the tests), and what is kept for all (bytecode): a unit that is the first to
/// need it has it from there.
fn is_shared(all: &[Unit], (class, text, op): &Deed, units: &BTreeSet<usize>) -> bool {
    let harness = units.iter().any(|&unit| all[unit].is_none());
    let tests = units.iter().any(|&unit| !all[unit].is_none());
    *class == Class::Path && (matches!(op, Op::Read | Op::List) && harness && tests || paths::is_cache(text))
}

/// The paths of an access.
fn named(access: &Access) -> impl Iterator<Item = (Op, &[u8])> {
    let object = match &access.object {
        Object::File(path) => Some(&**path),
        Object::Unix(path) => Some(&**path).filter(|path| path.starts_with(b"/")),
        _ => None,
    };
    let to = access.to.as_deref().filter(|_| access.op == Op::Rename);
    object.into_iter().chain(to).map(|path| (access.op, path))
}

/// Whose rules speak of what these units do.
fn owners(all: &[Unit], units: &BTreeSet<usize>, apart: Units) -> BTreeSet<Who> {
    let tests = all.iter().filter(|unit| !unit.is_none()).count();
    let doing = units.iter().filter(|&&unit| !all[unit].is_none()).count();
    // One unit alone is no majority among few; where there is but one, it is everything.
    if tests <= 1 && doing > 0 || doing > 1 && doing * 2 > tests || tests == 0 {
        return BTreeSet::from([Who::Default]);
    }
    let who = |&unit: &usize| match &all[unit] {
        unit if unit.is_none() => Who::Harness,
        unit if unit.label().is_empty() || apart == Units::Together => Who::Default,
        unit if apart == Units::BySuite && !unit.suite.is_empty() => Who::Unit(unit.suite.clone()),
        unit => Who::Unit(unit.label()),
    };
    let owners: BTreeSet<Who> = units.iter().map(who).collect();
    if owners.contains(&Who::Default) { BTreeSet::from([Who::Default]) } else { owners }
}

fn head(evidence: &Evidence, runs: usize, learned: &Learned) -> String {
    let words: Vec<String> = evidence.command.iter().map(|word| show(std::ffi::OsStr::from_bytes(word))).collect();
    let tests = evidence.units.iter().filter(|unit| !unit.is_none()).count();
    let mut out = format!("# Learned by tracer audit from: {}\n", words.join(" "));
    let units = if tests == 1 { "1 unit".to_owned() } else { format!("{tests} units") };
    let runs = if runs > 1 { format!("{runs} runs, ") } else { String::new() };
    let _ = writeln!(
        out,
        "# It allows what was seen there ({runs}{units}, source {}), generalised, and nothing else.",
        show(&evidence.source)
    );
    said::generalised(learned.objects()).iter().for_each(|line| out.push_str(&format!("# {line}\n")));
    out.push_str("# What is allowed here has happened; whether it should is for you to say.\n");
    if !evidence.gaps.is_empty() {
        out.push_str("# The evidence was incomplete, so something may be missing here:\n");
        for gap in &evidence.gaps {
            let _ = writeln!(out, "#   {}: {}", gap.kind.name(), show(&gap.what));
        }
    }
    if learned.left_out > 0 {
        let left_out = learned.left_out;
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
    let harness: Lines = harness.into_iter().filter(|line| !default.contains(line)).collect();
    if !harness.is_empty() {
        out.push_str("\n# What belongs to no unit.\n[harness]\n");
        write_rules(out, &harness);
    }
    // Units that do the same share a section.
    let mut shared: BTreeMap<Lines, Vec<String>> = BTreeMap::new();
    for (who, rules) in sections {
        if let Who::Unit(label) = who {
            shared.entry(lines(rules)).or_default().push(label);
        }
    }
    let mut units: Vec<(Vec<String>, Lines)> = shared.into_iter().map(|(rules, labels)| (labels, rules)).collect();
    units.sort();
    for (labels, rules) in units {
        out.push_str("\n[[unit]]\n");
        match labels.as_slice() {
            [label] => {
                let _ = writeln!(out, "match = {}", quoted(&unit_glob(label)));
            }
            labels => {
                out.push_str("match = [\n");
                packed(out, labels.iter().map(|label| quoted(&unit_glob(label))));
                out.push_str("]\n");
            }
        }
        write_rules(out, &rules);
    }
}

/// Rules as text, by kinds; objects of the same operations stand together.
fn lines(rules: Rules) -> Lines {
    let mut ordered: Vec<(Class, Vec<Op>, String)> =
        rules.into_iter().map(|((class, object), ops)| (class, ops.into_iter().collect(), object)).collect();
    ordered.sort();
    ordered.into_iter().map(|(class, ops, object)| (class, format!("{} {object}", operations(&ops)))).collect()
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

fn write_rules(out: &mut String, rules: &[(Class, String)]) {
    if rules.is_empty() {
        out.push_str("allow = []\n");
        return;
    }
    out.push_str("allow = [\n");
    let kinds: BTreeSet<Class> = rules.iter().map(|(class, _)| *class).collect();
    // A few rules say it themselves.
    let titled = kinds.len() > 1 && rules.len() > FEW;
    for kind in kinds {
        if titled {
            out.push_str(&format!("    # {}\n", kind.title()));
        }
        let of_kind: Vec<&str> =
            rules.iter().filter(|(class, _)| *class == kind).map(|(_, rule)| rule.as_str()).collect();
        let word = |rule: &&str| rule.split(' ').next().map(str::to_owned);
        // Rules of the same operations share lines.
        for same in of_kind.chunk_by(|one, other| word(one) == word(other)) {
            match kind {
                Class::Run => packed(out, together(same).iter().map(|rule| quoted(rule))),
                Class::Path | Class::Address => packed(out, same.iter().map(|rule| quoted(rule))),
            }
        }
    }
    out.push_str("]\n");
}

/// Rules in order, those of plain names in one directory as one, as far as a line goes: `run /usr/bin/{cat,sed}`.
fn together(rules: &[&str]) -> Vec<String> {
    let parts = |rule: &&str| {
        let (directory, name) = rule.rsplit_once('/')?;
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b));
        (plain && !name.is_empty()).then(|| (directory.to_owned(), name.to_owned()))
    };
    let mut out: Vec<String> = Vec::new();
    // The directory of the rules that are being put together, and their names.
    let mut open: Option<(String, Vec<String>)> = None;
    let close = |open: Option<(String, Vec<String>)>, out: &mut Vec<String>| match open {
        Some((directory, names)) if names.len() > 1 => out.push(format!("{directory}/{{{}}}", names.join(","))),
        Some((directory, names)) => out.push(format!("{directory}/{}", names.concat())),
        None => {}
    };
    for rule in rules {
        match (parts(rule), &mut open) {
            (Some((directory, name)), Some((same, names)))
                if directory == *same
                    && directory.len() + names.iter().map(|name| name.len() + 1).sum::<usize>() + name.len()
                        < WIDE - 10 =>
            {
                names.push(name);
            }
            (Some((directory, name)), _) => close(open.replace((directory, vec![name])), &mut out),
            (None, _) => {
                close(open.take(), &mut out);
                out.push((*rule).to_owned());
            }
        }
    }
    close(open, &mut out);
    out
}

/// Writes strings of a list, several on a line where they have room.
fn packed(out: &mut String, items: impl Iterator<Item = String>) {
    let mut column = 0;
    for item in items {
        let wide = item.chars().count() + 2;
        match column {
            0 => out.push_str("    "),
            _ if column + wide > WIDE => {
                out.push_str("\n    ");
                column = 0;
            }
            _ => out.push(' '),
        }
        column += wide;
        out.push_str(&item);
        out.push(',');
    }
    if column > 0 {
        out.push('\n');
    }
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
