//! What a policy says of evidence. `lookup.rs` finds the rules that speak of an access.

use std::borrow::Cow;
use std::collections::HashSet;

use super::lookup::{Doer, Lookup};
use super::rule::{Ops, Rule};
use super::units::Fitting;
use super::{Placed, Policy, Section, Switch};
use crate::render::typed::show;
use crate::tools::audit::evidence::{
    Access, Evidence, Judged, Judgement, Object, Op, Real, Shared, Unit, Unmet, Variables, Violation,
};

/// "No such file or directory".
const ENOENT: u16 = 2;
/// "Not a directory".
const ENOTDIR: u16 = 20;
/// A connection that is begun and goes on.
const EINPROGRESS: u16 = 115;

/// The numbers of sections; those of units follow.
const DEFAULT: usize = 0;
const HARNESS: usize = 1;

impl Policy {
    /// Judges evidence: violations in the order of accesses, and expectations that were not met, in the order of the file.
    pub fn judge(&self, evidence: &Evidence, variables: &Variables) -> Judgement {
        Judgement {
            policy: show(&self.name),
            violations: self.violations(evidence, variables),
            unmet: self.unmet(evidence, variables),
        }
    }

    /// Variables that rules use and that are not known on this machine, so that those rules match nothing.
    pub fn unknown_variables(&self, variables: &Variables) -> Vec<&str> {
        let sections = self.sections().flat_map(|section| section.deny.iter().chain(&section.allow));
        let rules = sections.chain(self.expectations.iter().map(|expectation| &expectation.rule));
        self.unknown_of(rules, variables)
    }

    /// Those of them by which something would be denied.
    pub fn unknown_denials(&self, variables: &Variables) -> Vec<&str> {
        self.unknown_of(self.sections().flat_map(|section| &section.deny), variables)
    }

    fn unknown_of<'p>(&'p self, rules: impl Iterator<Item = &'p Placed>, variables: &Variables) -> Vec<&'p str> {
        let mut names: Vec<&str> = rules.flat_map(|placed| placed.rule.variables()).collect();
        names.sort_unstable();
        names.dedup();
        let places = self.places(variables);
        names.retain(|name| !places.know(name));
        names
    }

    fn violations(&self, evidence: &Evidence, variables: &Variables) -> Vec<Violation> {
        let mut rules = Vec::new();
        let mut owners = Vec::new();
        for (number, section) in self.sections().enumerate() {
            for (deny, list) in [(true, &section.deny), (false, &section.allow)] {
                // Of rules that say the same the first is told.
                let mut known: foldhash::HashSet<&Rule> = foldhash::HashSet::default();
                let list: Vec<&Placed> = list.iter().filter(|placed| known.insert(&placed.rule)).collect();
                owners.extend(list.iter().map(|_| Owner { section: number, deny }));
                rules.extend(list);
            }
        }
        let denies = owners.iter().map(|owner| owner.deny).collect();
        let lookup = Lookup::new(self, rules, denies, variables);
        let fitting = Fitting::of_sections(self);
        let views: Vec<View> = evidence.units.iter().map(|unit| self.view(unit, &fitting)).collect();
        let begun = begun(evidence);
        let (mut violations, mut hits) = (Vec::new(), Vec::new());
        let mut cause = |shown: &Access, Judged { access, also, by }: Judged<'_>| {
            let view = views.get(access.unit)?;
            let probe = is_probe(access);
            if probe && view.probes == Some(false) {
                return None;
            }
            let cause = sides(access, also).into_iter().find_map(|side| {
                hits.clear();
                lookup.hits(&side, &Doer { program: &access.program, by }, &mut hits);
                view.ruling(&lookup.rules, &owners, &hits)
            });
            // What was only looked for is judged by what speaks of it; so is what goes where a connection was judged.
            let spoken = matches!(cause, Some(Cause::Rule(_)));
            let spared = probe && view.probes != Some(true) || is_on(shown, &begun);
            cause.filter(|_| spoken || !spared).map(|cause| (cause, is_named_later(shown, access)))
        };
        for index in 0..evidence.accesses.len() {
            let shown = &evidence.accesses[index];
            let names = evidence.judged(index);
            if let Some((cause, later)) = names.into_iter().find_map(|names| cause(shown, names)) {
                violations.push(self.violation(index, cause, later));
            }
        }
        violations
    }

    /// `later`: the address had less names than reports show.
    fn violation(&self, access: usize, cause: Cause<'_>, later: bool) -> Violation {
        let (words, line) = match cause {
            Cause::Rule(placed) => (format!("deny {}", placed.text), placed.line),
            Cause::Otherwise(switch) if later => {
                ("otherwise = \"deny\", before the command was told the host's name".to_owned(), switch.line)
            }
            Cause::Otherwise(switch) => ("otherwise = \"deny\"".to_owned(), switch.line),
        };
        Violation { access, rule: show(format!("{words} ({}:{line})", self.name)), line }
    }

    fn unmet(&self, evidence: &Evidence, variables: &Variables) -> Vec<Unmet> {
        let rules: Vec<&Placed> = self.expectations.iter().map(|expectation| &expectation.rule).collect();
        if rules.is_empty() {
            return Vec::new();
        }
        let denies = vec![false; rules.len()];
        let lookup = Lookup::new(self, rules, denies, variables);
        // Expectations, and the units that did what they claim.
        let (mut done, mut met) = (HashSet::new(), vec![false; self.expectations.len()]);
        let mut hits = Vec::new();
        let names = (0..evidence.accesses.len()).flat_map(|index| evidence.judged(index));
        let kept = evidence.kept.iter().map(|Real { access, also, by }| Judged { access, also, by });
        // A claim is of the name that the file has, then or in the end; of a program it is any.
        let fits = |access: &Access| succeeded(access) && access.unit < evidence.units.len();
        for Judged { access, also, by } in names.chain(kept).filter(|judged| fits(judged.access)) {
            let also = if access.op == Op::Run { also } else { &[] };
            hits.clear();
            let written = access.to.as_ref().filter(|_| access.op == Op::Rename && access.wrote);
            let written = written.map(|to| Side::of(Ops::of(Op::Write), Cow::Owned(Object::File(to.clone()))));
            let sides = sides(access, also).into_iter().chain(written);
            let doer = Doer { program: &access.program, by };
            sides.for_each(|side| lookup.hits(&side, &doer, &mut hits));
            for &hit in &hits {
                done.insert((hit, access.unit));
                met[hit] = true;
            }
        }
        let claims = Fitting::of_claims(self);
        let claimed = claims.units(evidence);
        let mut unmet = Vec::new();
        for (number, expectation) in self.expectations.iter().enumerate() {
            let Placed { text, line, .. } = &expectation.rule;
            let rule = show(format!("expect {text} ({}:{line})", self.name));
            let Some(names) = &expectation.units else {
                if !met[number] {
                    unmet.push(Unmet { unit: None, rule, line: *line });
                }
                continue;
            };
            let claimed = claims.of(names).map(|list| claimed[list].as_slice()).unwrap_or_default();
            if claimed.is_empty() {
                unmet.push(Unmet { unit: None, rule: format!("{rule}: no unit of this name ran"), line: *line });
                continue;
            }
            for &unit in claimed.iter().filter(|&&unit| !done.contains(&(number, unit))) {
                unmet.push(Unmet { unit: Some(unit), rule: rule.clone(), line: *line });
            }
        }
        unmet
    }

    /// Default, harness, units: the number of a section is its place here.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Section> {
        [&self.default, &self.harness].into_iter().chain(self.units.iter().map(|unit| &unit.section))
    }

    /// What holds for a unit.
    fn view(&self, unit: &Unit, fitting: &Fitting<'_>) -> View {
        let harness = unit.is_none().then_some(HARNESS);
        let own: Vec<usize> = harness.into_iter().chain(fitting.sections(unit).map(|at| HARNESS + 1 + at)).collect();
        let switch = |of: fn(&Section) -> Option<Switch>| {
            let mine = own.iter().filter_map(|&number| self.section(number).and_then(of));
            // Where sections of one unit differ, deny has precedence: `min` of "not denied", the first of equals.
            mine.min_by_key(|switch| !switch.deny).or(of(&self.default))
        };
        let otherwise = switch(|section| section.otherwise).filter(|switch| switch.deny);
        let probes = switch(|section| section.probes).map(|switch| switch.deny);
        View { own, otherwise, probes }
    }

    /// The section of a number.
    fn section(&self, number: usize) -> Option<&Section> {
        match number {
            DEFAULT => Some(&self.default),
            HARNESS => Some(&self.harness),
            number => self.units.get(number - HARNESS - 1).map(|unit| &unit.section),
        }
    }
}

/// It only looked whether something is there, and nothing was.
pub fn is_probe(access: &Access) -> bool {
    matches!(access.errno, ENOENT | ENOTDIR)
        && matches!(access.op, Op::Read | Op::List | Op::Run | Op::Connect | Op::Send)
}

/// The address did not have all the names yet that a report shows.
fn is_named_later(shown: &Access, access: &Access) -> bool {
    let told = |access: &Access| match &access.object {
        Object::Inet { hosts, .. } => hosts.iter().filter(|host| host.by.is_told()).count(),
        _ => 0,
    };
    told(access) < told(shown)
}

/// To whom units have connected, and of which other families they have sockets with an address.
pub fn begun(evidence: &Evidence) -> HashSet<(usize, &Object)> {
    let begins = |access: &&Access| match access.op {
        Op::Connect => true,
        Op::Bind => matches!(access.object, Object::Other(..)),
        _ => false,
    };
    evidence.accesses.iter().filter(begins).map(|access| (access.unit, &access.object)).collect()
}

/// It was sent where the unit has connected to: of that a connection was told, and judged.
pub fn is_on(access: &Access, begun: &HashSet<(usize, &Object)>) -> bool {
    access.op == Op::Send && begun.contains(&(access.unit, &access.object))
}

/// It did happen, as far as an expectation is concerned.
fn succeeded(access: &Access) -> bool {
    match access.op {
        Op::Write => access.errno == 0 && access.wrote,
        Op::Connect => access.errno == 0 || access.errno == EINPROGRESS,
        _ => access.errno == 0,
    }
}

/// What an access does to one object: a rename takes a name away, and makes another.
pub(super) struct Side<'a> {
    pub ops: Ops,
    pub object: Cow<'a, Object>,
    /// Further names of the object: a rule that speaks of one of them speaks of it.
    pub also: Vec<&'a [u8]>,
}

impl<'a> Side<'a> {
    fn of(ops: Ops, object: Cow<'a, Object>) -> Side<'a> {
        Side { ops, object, also: Vec::new() }
    }
}

/// The objects of an access.
pub(super) fn sides<'a>(access: &'a Access, also: &'a [Vec<u8>]) -> Vec<Side<'a>> {
    let object = Cow::Borrowed(&access.object);
    if access.op == Op::Run {
        let also = access.passed.iter().map(|passed| &**passed).chain(also.iter().map(Vec::as_slice)).collect();
        return vec![Side { ops: Ops::of(Op::Run), object, also }];
    }
    let also: Vec<&[u8]> = also.iter().map(Vec::as_slice).collect();
    if access.op != Op::Rename {
        return vec![Side { ops: Ops::of(access.op), object, also }];
    }
    let rename = Ops::of(Op::Rename);
    let old = Side { ops: rename.with(Ops::of(Op::Delete)), object, also };
    let new = |to: &Shared| Side::of(rename.with(Ops::of(Op::Create)), Cow::Owned(Object::File(to.clone())));
    std::iter::once(old).chain(access.to.as_ref().map(new)).collect()
}

/// Whose rule it is, and which way it decides.
struct Owner {
    section: usize,
    deny: bool,
}

/// Why something is denied.
enum Cause<'p> {
    Rule(&'p Placed),
    Otherwise(Switch),
}

/// What holds for one unit.
struct View {
    /// The unit's own sections, in order.
    own: Vec<usize>,
    /// Set when what no rule speaks of is denied.
    otherwise: Option<Switch>,
    /// Whether looking for what is not there is judged: by every rule, by none, or (left out) by rules that deny it in words.
    probes: Option<bool>,
}

impl View {
    /// What is against an access that these rules speak of: the unit's own sections decide before the default.
    fn ruling<'p>(&self, rules: &[&'p Placed], owners: &[Owner], hits: &[usize]) -> Option<Cause<'p>> {
        for default in [false, true] {
            let ours = hits.iter().filter(|&&hit| {
                let section = owners[hit].section;
                if default { section == DEFAULT } else { self.own.binary_search(&section).is_ok() }
            });
            let (mut denied, mut allowed) = (None, false);
            for &hit in ours {
                if owners[hit].deny {
                    denied = Some(denied.map_or(hit, |first: usize| first.min(hit)));
                } else {
                    allowed = true;
                }
            }
            match denied {
                Some(first) => return Some(Cause::Rule(rules[first])),
                None if allowed => return None,
                None => {}
            }
        }
        self.otherwise.map(Cause::Otherwise)
    }
}
