//! Rules that name a file by a symbolic link. Files are told by their real paths, so such a rule alone would never fire: where its path
//! leads is looked up once, when the policy is read, and what a rule denies is denied there, too.

use foldhash::{HashMap, HashSet};

use super::glob::{Component, PathGlob, escape};
use super::places::Places;
use super::rule::{Ops, Program, Target, UnixPattern};
use super::{Asked, Placed, Policy};
use crate::render::typed::show;
use crate::system::proc_paths;
use crate::tools::audit::evidence::{Op, Variables};

/// Where paths lead that rules begin with; those that lead to themselves have no entry.
#[derive(Debug, Clone, Default)]
pub struct Links(HashMap<Vec<u8>, Leads>);

#[derive(Debug, Clone)]
struct Leads {
    /// The path with the links of its directories followed.
    place: Vec<u8>,
    /// And with the one followed that it may end in.
    target: Vec<u8>,
}

/// What a pattern means: itself, or what it leads to by a link.
pub struct Reading {
    /// The path that it begins with.
    pub front: Vec<u8>,
    /// What follows.
    pub rest: Vec<Component>,
    /// The operations of which it speaks.
    pub ops: Ops,
}

impl Policy {
    /// Looks where the paths of rules lead. `follow`: the real path of one, as far as it is there.
    pub fn follow(&mut self, variables: &Variables, mut follow: impl FnMut(&[u8]) -> Vec<u8>) {
        let mut links = HashMap::default();
        let (mut seen, mut parents) = (HashSet::default(), HashMap::default());
        let places = self.places(variables);
        for (_, placed) in self.decisive() {
            for (front, _) in Self::patterns(placed, &places).into_iter().map(split) {
                // Of whoever looks there, which is not tracer.
                if !seen.insert(front.clone()) || proc_paths::is_of_who_looks(&front) {
                    continue;
                }
                let Some(slash) = front.iter().rposition(|&b| b == b'/') else { continue };
                let (parent, name) = front.split_at(slash);
                let parent = match parents.get(parent) {
                    _ if parent.is_empty() => Vec::new(),
                    Some(real) => Vec::clone(real),
                    None => parents.entry(parent.to_vec()).insert_entry(follow(parent)).get().clone(),
                };
                let leads = Leads { place: [&parent, name].concat(), target: follow(&front) };
                if leads.target != front {
                    links.insert(front, leads);
                }
            }
        }
        self.links = Links(links);
    }

    /// What is to be said of rules that name files by links.
    pub fn led(&self, variables: &Variables) -> Vec<String> {
        let mut lines = Vec::new();
        if self.links.0.is_empty() {
            return lines;
        }
        let places = self.places(variables);
        for (denies, placed) in self.decisive() {
            for (front, rest) in Self::patterns(placed, &places).into_iter().map(split) {
                let Some(leads) = self.links.0.get(&front) else { continue };
                // What it says of a link is meant.
                if rest.is_empty() && leads.place == front && placed.rule.ops.within(through()).is_empty() {
                    continue;
                }
                let what = match denies {
                    true => "what is there is denied by this name, too",
                    false => "files have their real paths, so the rule allows nothing there",
                };
                let (name, text, line) = (&self.name, &placed.text, placed.line);
                lines.push(format!(
                    "{}: {} is a link to {}: {what}",
                    show(format!("{name}:{line}: {text}")),
                    show(String::from_utf8_lossy(&front).into_owned()),
                    show(String::from_utf8_lossy(&leads.target).into_owned())
                ));
            }
        }
        lines
    }

    /// What has to be looked at during the run, because rules speak of it.
    pub fn asks(&self, variables: &Variables) -> Asked {
        let denied =
            |speaks: &dyn Fn(&Placed) -> bool| self.decisive().any(|(denies, placed)| denies && speaks(placed));
        let places = self.places(variables);
        let claims = || self.expectations.iter().map(|expectation| &expectation.rule);
        Asked {
            denied: self.denied(&places),
            programs: self.decisive().map(|(_, placed)| placed).chain(claims()).any(|it| it.rule.program.is_some()),
            paths: denied(&|placed| !Self::patterns(placed, &places).is_empty()),
            fronts: self.fronts(&places),
            runs: denied(&|placed| !placed.rule.ops.within(Ops::of(Op::Run)).is_empty()),
            hosts: denied(&|placed| matches!(&placed.rule.target, Target::Inet(pattern) if pattern.is_named())),
            judged: true,
        }
    }

    /// Where the names begin that may not come or go.
    fn fronts(&self, places: &Places<'_>) -> Vec<Vec<u8>> {
        let speaks = |ops: Ops| NAMES.iter().any(|op| !ops.within(Ops::of(*op)).is_empty());
        let denying = self.decisive().filter(|(denies, placed)| *denies && speaks(placed.rule.ops));
        let patterns = denying.flat_map(|(_, placed)| Self::patterns(placed, places));
        patterns.flat_map(|pattern| self.readings(pattern, Ops::default(), true)).map(|reading| reading.front).collect()
    }

    /// The files and the sockets that rules deny by their whole paths, and the programs to which they deny something.
    fn denied(&self, places: &Places<'_>) -> Vec<Vec<u8>> {
        let denying = self.decisive().filter(|(denies, _)| *denies);
        let patterns = denying.flat_map(|(_, placed)| Self::patterns(placed, places));
        let readings = patterns.flat_map(|pattern| self.readings(pattern, Ops::default(), true));
        readings.filter(|reading| reading.rest.is_empty()).map(|reading| reading.front).collect()
    }

    /// What a pattern of a rule means; `denies`: what it leads to by a link is meant, too.
    pub fn readings(&self, pattern: Vec<Component>, ops: Ops, denies: bool) -> Vec<Reading> {
        let (front, rest) = split(pattern);
        let mut readings = Vec::new();
        if let Some(Leads { place, target }) = self.links.0.get(&front).filter(|_| denies) {
            if rest.is_empty() && *place != front {
                readings.push(Reading { front: place.clone(), rest: Vec::new(), ops });
            }
            let ops = if rest.is_empty() { ops.within(through()) } else { ops };
            if !rest.is_empty() || target != place {
                readings.push(Reading { front: target.clone(), rest: rest.clone(), ops });
            }
        }
        readings.push(Reading { front, rest, ops });
        readings
    }

    /// The rules of all sections, and whether each denies.
    fn decisive(&self) -> impl Iterator<Item = (bool, &Placed)> {
        self.sections().flat_map(|section| {
            let with = |denies| move |placed| (denies, placed);
            section.deny.iter().map(with(true)).chain(section.allow.iter().map(with(false)))
        })
    }

    /// The patterns of all paths in a rule.
    fn patterns(placed: &Placed, places: &Places<'_>) -> Vec<Vec<Component>> {
        let object = match &placed.rule.target {
            Target::Path(glob) | Target::Unix(UnixPattern::Path(glob)) => Some(glob),
            _ => None,
        };
        let program = match &placed.rule.program {
            Some(Program::Path(glob)) => Some(glob),
            _ => None,
        };
        object.into_iter().chain(program).flat_map(|glob| places.patterns(glob)).collect()
    }
}

impl Reading {
    /// All of it, as one pattern.
    pub fn pattern(self) -> Vec<Component> {
        let front = PathGlob::parse(&escape(&self.front), &[]).map(|glob| glob.resolve(&|_| None));
        let front = front.ok().and_then(|mut patterns| patterns.pop()).unwrap_or_default();
        front.into_iter().chain(self.rest).collect()
    }
}

/// What makes or removes a name.
const NAMES: [Op; 3] = [Op::Create, Op::Delete, Op::Rename];

/// What is done to that which a link leads to: to remove a link, or to give it another name, does nothing to it.
fn through() -> Ops {
    Ops::where_(|op| !matches!(op, Op::Rename | Op::Delete))
}

/// The path that a pattern begins with, and what follows it.
fn split(mut pattern: Vec<Component>) -> (Vec<u8>, Vec<Component>) {
    let literal = pattern.iter().take_while(|component| component.literal().is_some()).count();
    let rest = pattern.split_off(literal);
    let front = pattern.iter().flat_map(|component| [b"/", component.literal().unwrap_or_default()].concat());
    (front.collect(), rest)
}

#[cfg(test)]
mod tests {
    use crate::tools::audit::policy::tests::{access, evidence, policy, variables};

    /// The links of a machine: `/link` to `/d/target`, `/dl` to `/d`.
    fn follow(path: &[u8]) -> Vec<u8> {
        match path {
            b"/link" | b"/d/inner" => b"/d/target".to_vec(),
            b"/dl/inner" => b"/d/target".to_vec(),
            path => path.strip_prefix(b"/dl").map_or(path.to_vec(), |rest| [b"/d", rest].concat()),
        }
    }

    #[test]
    fn what_a_link_leads_to_is_denied() {
        let check = |rule: &str, what: &str, expected: bool| {
            for (list, expected) in [("deny", expected), ("allow", false)] {
                let mut policy = policy(&format!("version = 1\n[default]\n{list} = ['{rule}']\n"));
                policy.follow(&variables(), follow);
                let judged = policy.judge(&evidence(vec![access(what)]), &variables());
                assert_eq!(!judged.violations.is_empty(), expected, "{list} {rule}: {what}");
            }
        };
        check("read /link", "1 read /d/target", true);
        check("read /link", "1 read /link", true);
        check("read /link", "1 read /d/targets", false);
        check("delete /link", "1 delete /link", true);
        check("change /link", "1 delete /d/target", false);
        check("change /link", "1 rename /d/target -> /d/x", false);
        check("change /link", "1 write /d/target", true);
        check("create /dl/new", "1 create /d/new", true);
        check("delete /dl/inner", "1 delete /d/inner", true);
        check("delete /dl/inner", "1 delete /d/target", false);
        check("read /dl/**", "1 read /d/x/y", true);
        check("read /dl/*", "1 read /d/x", true);
        check("delete /dl/*", "1 delete /d/x", true);
        check("read /x by /link", "1 read /x by /d/target", true);
        check("connect unix /link", "1 connect unix /d/target", true);
        check("connect unix /dl/*", "1 connect unix /d/s", true);
    }

    #[test]
    fn a_rule_with_a_link_is_told() {
        let mut policy = policy(
            "version = 1\n[default]\nallow = ['read /dl/**']\ndeny = ['read /link', 'read /other', 'run /x by /link', 'delete /link']\n",
        );
        policy.follow(&variables(), follow);
        assert_eq!(
            policy.led(&variables()),
            [
                "tracer.toml:4: read /link: /link is a link to /d/target: what is there is denied by this name, too",
                "tracer.toml:4: run /x by /link: /link is a link to /d/target: what is there is denied by this name, too",
                "tracer.toml:3: read /dl/**: /dl is a link to /d: files have their real paths, so the rule allows nothing there",
            ]
        );
        assert_eq!(
            policy.asks(&variables()).denied,
            [&b"/d/target"[..], b"/link", b"/other", b"/x", b"/d/target", b"/link", b"/d/target", b"/link"]
                .map(<[u8]>::to_vec)
        );
    }
}
