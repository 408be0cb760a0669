//! Which rules speak of something. However many there are, only those are looked at that may: rules about paths are filed by the names
//! that their globs begin with and by one name behind them, the others by an address, a host, a name. Where that says nothing, the
//! program decides, if a rule names one. That a rule really speaks of it is then found out rule by rule, as without an index.

mod network;

use foldhash::HashMap;

use self::network::Network;
use super::glob::keyed::{Key, Keyed};
use super::glob::{Component, PathGlob, components_match};
use super::judge::Side;
use super::links::Reading;
use super::rule::{Ops, Program, Target, UnixPattern};
use super::{Placed, Policy};
use crate::tools::audit::evidence::{Object, Op, Variables};

/// The program that does something, by all its names.
pub(super) struct Doer<'a> {
    pub program: &'a [u8],
    pub by: &'a [Vec<u8>],
}

impl<'a> Doer<'a> {
    fn paths(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        std::iter::once(self.program).chain(self.by.iter().map(Vec::as_slice))
    }

    /// What rules may call it: the last part of each path, and the last name.
    fn names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.paths().flat_map(|path| {
            let (base, last) = (base(path), last(path));
            [Some(base), Some(last).filter(|last| *last != base)].into_iter().flatten()
        })
    }
}

/// Rules, ready to be asked which of them speak of something.
pub(super) struct Lookup<'p> {
    pub rules: Vec<&'p Placed>,
    /// For each rule whether it denies.
    denies: Vec<bool>,
    patterns: Vec<PathRule>,
    /// Patterns of paths by the path that they all begin with.
    fronts: HashMap<Vec<u8>, Front>,
    /// For each operation the rules that speak of other things than paths.
    others: [Others; Op::ALL.len()],
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

/// Patterns that begin alike.
#[derive(Default)]
struct Front {
    /// Those that end there, by their programs.
    whole: Keyed,
    /// Those with a name behind it that says something, by that name.
    named: Keyed,
    /// The others, by their programs.
    open: Keyed,
}

/// Rules that speak of other things than paths.
#[derive(Default)]
struct Others {
    /// Of anything, by their programs.
    anything: Keyed,
    /// Of programs by the last part of their paths.
    names: Keyed,
    /// Of sockets.
    network: Network,
}

impl<'p> Lookup<'p> {
    pub fn new(policy: &Policy, rules: Vec<&'p Placed>, denies: Vec<bool>, variables: &Variables) -> Lookup<'p> {
        let places = policy.places(variables);
        let resolve = |glob: &PathGlob, ops: Ops, denies: bool| {
            let patterns = places.patterns(glob).into_iter();
            patterns.flat_map(|pattern| policy.readings(pattern, ops, denies)).collect::<Vec<_>>()
        };
        let whole = |glob: &PathGlob, denies: bool| {
            resolve(glob, Ops::default(), denies).into_iter().map(Reading::pattern).collect()
        };
        let mut lookup = Lookup {
            sockets: vec![Vec::new(); rules.len()],
            programs: vec![Vec::new(); rules.len()],
            patterns: Vec::new(),
            fronts: HashMap::default(),
            others: Default::default(),
            denies,
            rules: Vec::new(),
        };
        for (number, placed) in rules.iter().enumerate() {
            let denies = lookup.denies[number];
            if let Some(Program::Path(glob)) = &placed.rule.program {
                lookup.programs[number] = whole(glob, denies);
            }
            let programs = match &placed.rule.program {
                None => vec![Key::ANY],
                Some(Program::Name(name)) => name.keys(),
                Some(Program::Path(_)) => lookup.programs[number].iter().map(|pattern| last_of(pattern)).collect(),
            };
            match &placed.rule.target {
                Target::Path(glob) => {
                    for reading in resolve(glob, placed.rule.ops, denies) {
                        lookup.add_path(number, reading, &programs);
                    }
                    continue;
                }
                Target::Unix(UnixPattern::Path(glob)) => lookup.sockets[number] = whole(glob, denies),
                _ => {}
            }
            for op in placed.rule.ops.iter() {
                let others = &mut lookup.others[op as usize];
                match &placed.rule.target {
                    Target::Anything => others.anything.add_all(&programs, number),
                    Target::Name(name) => others.names.add_all(&name.keys(), number),
                    Target::Unix(UnixPattern::Path(_)) => {
                        let last = lookup.sockets[number].iter().map(|pattern| last_of(pattern));
                        last.for_each(|key| others.network.add_socket(key, number));
                    }
                    target => others.network.add(target, denies, &programs, number),
                }
            }
        }
        lookup.rules = rules;
        lookup
    }

    fn add_path(&mut self, rule: usize, reading: Reading, programs: &[Key]) {
        let Reading { front, rest, ops } = reading;
        let key = rest.iter().filter_map(Component::key).filter(|key| key.weight() > 0).max_by_key(Key::weight);
        let (number, entry) = (self.patterns.len(), self.fronts.entry(front).or_default());
        match key {
            _ if rest.is_empty() => entry.whole.add_all(programs, number),
            Some(key) => entry.named.add(key, number),
            None => entry.open.add_all(programs, number),
        }
        self.patterns.push(PathRule { rule, ops, rest });
    }

    /// Appends the rules that speak of this, some more than once.
    pub fn hits(&self, side: &Side<'_>, doer: &Doer<'_>, hits: &mut Vec<usize>) {
        let own = if let Object::File(path) = &*side.object { Some(&**path) } else { None };
        for path in own.into_iter().chain(side.also.iter().copied()).filter(|path| path.starts_with(b"/")) {
            let names = names(path);
            let mut front = Vec::with_capacity(path.len());
            for depth in 0..=names.len() {
                if let Some(name) = depth.checked_sub(1).map(|last| names[last]) {
                    front.push(b'/');
                    front.extend_from_slice(name);
                }
                let Some(found) = self.fronts.get(&front) else { continue };
                let behind = &names[depth..];
                let mut check = |number: usize| {
                    let candidate = &self.patterns[number];
                    if !candidate.ops.within(side.ops).is_empty()
                        && components_match(&candidate.rest, behind)
                        && self.done_by(candidate.rule, doer)
                    {
                        hits.push(candidate.rule);
                    }
                };
                if behind.is_empty() {
                    found.whole.find(doer.names(), &mut check);
                }
                found.named.find(behind.iter().copied(), &mut check);
                found.open.find(doer.names(), &mut check);
            }
        }
        for op in side.ops.iter() {
            let others = &self.others[op as usize];
            let named = |path: &[u8]| match &*side.object {
                Object::Unix(_) => Object::Unix(path.into()),
                _ => Object::File(path.into()),
            };
            let also: Vec<Object> = side.also.iter().map(|path| named(path)).collect();
            let mut check = |number: usize| {
                let mut objects = std::iter::once(&*side.object).chain(&also);
                if objects.any(|object| self.speaks_of(number, object)) && self.done_by(number, doer) {
                    hits.push(number);
                }
            };
            others.anything.find(doer.names(), &mut check);
            for object in std::iter::once(&*side.object).chain(&also) {
                match object {
                    Object::File(path) => others.names.find([base(path)], &mut check),
                    object => others.network.find(object, doer.names(), &mut check),
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
        match &self.rules[number].rule.program {
            None => true,
            Some(Program::Name(name)) => doer.paths().any(|program| name.matches(base(program))),
            Some(Program::Path(_)) => doer.paths().any(|program| any_path(&self.programs[number], program)),
        }
    }
}

/// What the last name of a path has that fits.
fn last_of(pattern: &[Component]) -> Key {
    match pattern.last() {
        Some(component) => component.key().unwrap_or(Key::ANY),
        None => Key::whole(b""),
    }
}

fn any_path(patterns: &[Vec<Component>], path: &[u8]) -> bool {
    path.starts_with(b"/") && patterns.iter().any(|pattern| components_match(pattern, &names(path)))
}

/// The names of an absolute path.
fn names(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/').filter(|name| !name.is_empty()).collect()
}

/// The last of them.
fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').find(|name| !name.is_empty()).unwrap_or_default()
}

/// The last part of a path.
fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
