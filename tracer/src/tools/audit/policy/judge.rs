//! What a policy says of evidence. Rules about paths are found by the names that their globs begin with, so that an access is
//! held only against the few that may speak of it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::glob::{Component, PathGlob, components_match};
use super::links::Reading;
use super::rule::{Ops, Program, Target, UnixPattern};
use super::units::unit_fits;
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
        names.retain(|name| self.resolve(name, variables).is_none());
        names
    }

    fn violations(&self, evidence: &Evidence, variables: &Variables) -> Vec<Violation> {
        let mut rules = Vec::new();
        let mut owners = Vec::new();
        for (number, section) in self.sections().enumerate() {
            for (deny, list) in [(true, &section.deny), (false, &section.allow)] {
                owners.extend(list.iter().map(|_| Owner { section: number, deny }));
                rules.extend(list);
            }
        }
        let denies = owners.iter().map(|owner| owner.deny).collect();
        let lookup = Lookup::new(self, rules, denies, variables);
        let views: Vec<View> = evidence.units.iter().map(|unit| self.view(unit)).collect();
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
        // The units that did what an expectation claims, for each.
        let mut done = vec![vec![false; evidence.units.len()]; self.expectations.len()];
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
            hits.iter().for_each(|&hit| done[hit][access.unit] = true);
        }
        let mut unmet = Vec::new();
        for (expectation, done) in self.expectations.iter().zip(done) {
            let Placed { text, line, .. } = &expectation.rule;
            let rule = show(format!("expect {text} ({}:{line})", self.name));
            let Some(names) = &expectation.units else {
                if !done.contains(&true) {
                    unmet.push(Unmet { unit: None, rule, line: *line });
                }
                continue;
            };
            let fits = |unit: &Unit| names.iter().any(|name| unit_fits(name, unit));
            let claimed: Vec<usize> = (0..evidence.units.len()).filter(|&at| fits(&evidence.units[at])).collect();
            if claimed.is_empty() {
                unmet.push(Unmet { unit: None, rule: format!("{rule}: no unit of this name ran"), line: *line });
                continue;
            }
            for unit in claimed.into_iter().filter(|&unit| !done[unit]) {
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
    fn view(&self, unit: &Unit) -> View {
        let mut own = vec![false, unit.is_none()];
        own.extend(self.units.iter().map(|section| section.fits(unit)));
        let switch = |of: fn(&Section) -> Option<Switch>| {
            let mine = self.sections().zip(&own).filter(|(_, own)| **own).filter_map(|(section, _)| of(section));
            // Where sections of one unit differ, deny has precedence: `min` of "not denied", the first of equals.
            mine.min_by_key(|switch| !switch.deny).or(of(&self.default))
        };
        let otherwise = switch(|section| section.otherwise).filter(|switch| switch.deny);
        let probes = switch(|section| section.probes).map(|switch| switch.deny);
        View { own, otherwise, probes }
    }

    /// The names of a variable's path.
    pub(super) fn resolve(&self, name: &str, variables: &Variables) -> Option<Vec<Vec<u8>>> {
        let (mut name, mut tail, mut steps) = (name, Vec::new(), 0);
        while let Some(variable) = self.variables.iter().find(|variable| variable.name == name) {
            tail.splice(0..0, variable.names.iter().cloned());
            match variable.base.as_deref() {
                // A policy with circles is refused; this ends all the same.
                Some(base) if steps <= self.variables.len() => (name, steps) = (base, steps + 1),
                Some(_) => return None,
                None => return Some(tail),
            }
        }
        let path = variables.path(name).filter(|path| path.starts_with(b"/"))?;
        let front = path.split(|&b| b == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec);
        Some(front.chain(tail).collect())
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

/// The program that does something, by all its names.
struct Doer<'a> {
    program: &'a [u8],
    by: &'a [Vec<u8>],
}

/// What an access does to one object: a rename takes a name away, and makes another.
struct Side<'a> {
    ops: Ops,
    object: Cow<'a, Object>,
    /// Further names of the object: a rule that speaks of one of them speaks of it.
    also: Vec<&'a [u8]>,
}

impl<'a> Side<'a> {
    fn of(ops: Ops, object: Cow<'a, Object>) -> Side<'a> {
        Side { ops, object, also: Vec::new() }
    }
}

fn sides<'a>(access: &'a Access, also: &'a [Vec<u8>]) -> Vec<Side<'a>> {
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
    /// Whether a section is the unit's own.
    own: Vec<bool>,
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
                if default { section == 0 } else { self.own[section] }
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

/// Rules, ready to be asked which of them speak of something.
struct Lookup<'p> {
    rules: Vec<&'p Placed>,
    /// For each rule whether it denies.
    denies: Vec<bool>,
    /// Patterns of paths by the path that they all begin with.
    paths: HashMap<Vec<u8>, Vec<PathRule>>,
    /// For each operation the rules that speak of other things than paths.
    others: [Vec<usize>; Op::ALL.len()],
    /// For each rule the patterns of its unix socket's path.
    sockets: Vec<Vec<Vec<Component>>>,
    /// For each rule the patterns of its program's path.
    programs: Vec<Vec<Vec<Component>>>,
}

/// What is left of a pattern behind the path that it begins with.
struct PathRule {
    rule: usize,
    ops: Ops,
    rest: Vec<Component>,
}

impl<'p> Lookup<'p> {
    fn new(policy: &Policy, rules: Vec<&'p Placed>, denies: Vec<bool>, variables: &Variables) -> Lookup<'p> {
        let known = |name: &str| policy.resolve(name, variables);
        let resolve = |glob: &PathGlob, ops: Ops, denies: bool| {
            let patterns = glob.resolve(&known).into_iter();
            patterns.flat_map(|pattern| policy.readings(pattern, ops, denies)).collect::<Vec<_>>()
        };
        let whole = |glob: &PathGlob, denies: bool| {
            resolve(glob, Ops::default(), denies).into_iter().map(Reading::pattern).collect()
        };
        let mut paths: HashMap<Vec<u8>, Vec<PathRule>> = HashMap::new();
        let mut others: [Vec<usize>; Op::ALL.len()] = Default::default();
        for (number, placed) in rules.iter().enumerate() {
            let ops = placed.rule.ops;
            let Target::Path(glob) = &placed.rule.target else {
                ops.iter().for_each(|op| others[op as usize].push(number));
                continue;
            };
            for Reading { front, rest, ops } in resolve(glob, ops, denies[number]) {
                paths.entry(front).or_default().push(PathRule { rule: number, ops, rest });
            }
        }
        let sockets = rules.iter().zip(&denies).map(|(placed, denies)| match &placed.rule.target {
            Target::Unix(UnixPattern::Path(glob)) => whole(glob, *denies),
            _ => Vec::new(),
        });
        let programs = rules.iter().zip(&denies).map(|(placed, denies)| match &placed.rule.program {
            Some(Program::Path(glob)) => whole(glob, *denies),
            _ => Vec::new(),
        });
        let (sockets, programs) = (sockets.collect(), programs.collect());
        Lookup { rules, denies, paths, others, sockets, programs }
    }

    /// Appends the rules that speak of this.
    fn hits(&self, side: &Side<'_>, doer: &Doer<'_>, hits: &mut Vec<usize>) {
        let own = if let Object::File(path) = &*side.object { Some(&**path) } else { None };
        for path in own.into_iter().chain(side.also.iter().copied()).filter(|path| path.starts_with(b"/")) {
            let names = names(path);
            let mut front = Vec::with_capacity(path.len());
            for depth in 0..=names.len() {
                if let Some(name) = depth.checked_sub(1).map(|last| names[last]) {
                    front.push(b'/');
                    front.extend_from_slice(name);
                }
                for candidate in self.paths.get(&front).into_iter().flatten() {
                    if !candidate.ops.within(side.ops).is_empty()
                        && components_match(&candidate.rest, &names[depth..])
                        && self.done_by(candidate.rule, doer)
                    {
                        hits.push(candidate.rule);
                    }
                }
            }
        }
        for op in side.ops.iter() {
            for &number in &self.others[op as usize] {
                let named = |path: &&[u8]| match &*side.object {
                    Object::Unix(_) => Object::Unix((*path).into()),
                    _ => Object::File((*path).into()),
                };
                let speaks = self.speaks_of(number, &side.object)
                    || side.also.iter().any(|path| self.speaks_of(number, &named(path)));
                if speaks && self.done_by(number, doer) {
                    hits.push(number);
                }
            }
        }
    }

    fn speaks_of(&self, number: usize, object: &Object) -> bool {
        match (&self.rules[number].rule.target, object) {
            (Target::Anything, _) => true,
            (Target::Name(name), Object::File(path)) => name.matches(base(path)),
            (Target::Inet(pattern), Object::Inet { protocol, address, ephemeral, hosts }) => {
                // What a program only says of itself denies, and allows nothing.
                let mut names = hosts.iter().filter(|host| self.denies[number] || host.by.is_told());
                pattern.matches(protocol, address, *ephemeral, None)
                    || names.any(|host| pattern.matches(protocol, address, *ephemeral, Some(&host.name)))
            }
            (Target::Unix(UnixPattern::Any), Object::Unix(_)) => true,
            (Target::Unix(UnixPattern::Abstract(glob)), Object::Unix(name)) => {
                name.starts_with(b"@") && glob.matches(name)
            }
            (Target::Unix(UnixPattern::Path(_)), Object::Unix(name)) => any_path(&self.sockets[number], name),
            // An address that is not known may be any: it is denied, and not allowed.
            (Target::Other(family, glob), Object::Other(theirs, address)) => {
                let is_unknown = address.is_empty() && self.denies[number];
                family == theirs && (is_unknown || glob.matches(address.as_bytes()))
            }
            _ => false,
        }
    }

    fn done_by(&self, number: usize, doer: &Doer<'_>) -> bool {
        let mut names = std::iter::once(doer.program).chain(doer.by.iter().map(Vec::as_slice));
        match &self.rules[number].rule.program {
            None => true,
            Some(Program::Name(name)) => names.any(|program| name.matches(base(program))),
            Some(Program::Path(_)) => names.any(|program| any_path(&self.programs[number], program)),
        }
    }
}

fn any_path(patterns: &[Vec<Component>], path: &[u8]) -> bool {
    path.starts_with(b"/") && patterns.iter().any(|pattern| components_match(pattern, &names(path)))
}

/// The names of an absolute path.
fn names(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty()).collect()
}

/// The last part of a path.
fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}
