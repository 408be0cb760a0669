//! One rule of one line: `OPERATIONS OBJECT [by PROGRAM]`.

use std::ops::Range;

use super::address::{AddressPattern, PROTOCOLS};
use super::fault::{Flaw, meant};
use super::glob::{LONGEST, NameGlob, PathGlob};
use crate::render::typed::nearest;
use crate::schema::protocols::AF;
use crate::tools::audit::evidence::Op;

/// A set of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Ops(u16);

impl Ops {
    /// One operation.
    pub const fn of(op: Op) -> Ops {
        Ops(1 << op as u16)
    }

    /// Those of both.
    pub const fn with(self, other: Ops) -> Ops {
        Ops(self.0 | other.0)
    }

    /// Those of this set that the other has too.
    pub const fn within(self, other: Ops) -> Ops {
        Ops(self.0 & other.0)
    }

    /// None.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that a condition holds of.
    pub fn where_(condition: impl Fn(Op) -> bool) -> Ops {
        Op::ALL.into_iter().filter(|op| condition(*op)).fold(Ops::default(), |all, op| all.with(Ops::of(op)))
    }

    /// Every operation of the set.
    pub fn iter(self) -> impl Iterator<Item = Op> {
        Op::ALL.into_iter().filter(move |op| !self.within(Ops::of(*op)).is_empty())
    }

    /// Bind, listen, connect, send.
    pub fn network() -> Ops {
        Ops::where_(|op| matches!(op, Op::Bind | Op::Listen | Op::Connect | Op::Send))
    }

    /// All others.
    pub fn paths() -> Ops {
        Ops::where_(|op| Ops::of(op).within(Ops::network()).is_empty())
    }
}

/// What a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `*`
    Anything,
    /// Files, directories and programs by their paths.
    Path(PathGlob),
    /// Programs by the last part of their paths.
    Name(NameGlob),
    /// Addresses of IPv4 and IPv6.
    Inet(AddressPattern),
    /// Unix sockets: any, those of paths, abstract ones.
    Unix(UnixPattern),
    /// Another family, and the address in words.
    Other(String, NameGlob),
}

/// Unix sockets by their names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UnixPattern {
    /// `*`
    Any,
    /// Sockets that are files.
    Path(PathGlob),
    /// Sockets of names that begin with `@`.
    Abstract(NameGlob),
}

/// The program that does it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Program {
    /// By its path.
    Path(PathGlob),
    /// By the last part of its path.
    Name(NameGlob),
}

/// A rule without its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The operations that it speaks of.
    pub ops: Ops,
    /// Their object.
    pub target: Target,
    /// Who does it; `None` is anyone.
    pub program: Option<Program>,
}

/// The most bytes of a rule: both its globs, and the operations.
const LONGEST_RULE: usize = 2 * LONGEST + 1024;

/// Words for several operations.
const GROUPS: [&str; 5] = ["change", "file", "network", "any", "*"];

/// Words of other tools, and ours.
const SYNONYMS: &[(&str, &str)] = &[
    ("open", "read"),
    ("stat", "read"),
    ("readdir", "list"),
    ("ls", "list"),
    ("exec", "run"),
    ("execve", "run"),
    ("execute", "run"),
    ("unlink", "delete"),
    ("remove", "delete"),
    ("rm", "delete"),
    ("rmdir", "delete"),
    ("mkdir", "create"),
    ("modify", "change"),
    ("move", "rename"),
    ("mv", "rename"),
    ("chgrp", "chown"),
    ("touch", "times"),
    ("utime", "times"),
    ("xattr", "attributes"),
    ("setxattr", "attributes"),
    ("accept", "listen"),
    ("sendto", "send"),
    ("net", "network"),
    ("all", "any"),
];

impl Rule {
    /// Parses a rule; places of flaws are bytes of `text`. `variables` are the names that it may use.
    pub fn parse(text: &str, variables: &[String]) -> Result<Rule, Vec<Flaw>> {
        if text.len() > LONGEST_RULE {
            return Err(vec![Flaw::new(0..text.len(), format!("longer than {LONGEST_RULE} bytes"))]);
        }
        let blank = |c: char| c.is_ascii_whitespace();
        let start = text.len() - text.trim_start_matches(blank).len();
        let text_end = trimmed(text).len();
        if start >= text_end {
            let message = "the rule is empty; rules are 'OPERATIONS OBJECT', as in 'read /etc/**'";
            return Err(vec![Flaw::new(0..text.len(), message)]);
        }
        let end = text[start..text_end].find(blank).map_or(text_end, |at| start + at);
        let mut flaws = Vec::new();
        let given = operations(&text[start..end], start, &mut flaws);
        let rest = text.len() - text[end..].trim_start_matches(blank).len();
        // Behind the first word there may be a blank that a backslash keeps, and nothing else.
        if rest >= text_end {
            let word = &text[start..end];
            let what = if word.contains(['/', '$']) { "the operations are missing" } else { "the object is missing" };
            let message = match what {
                "the operations are missing" => format!("{what}; did you mean 'read {word}'?"),
                _ => format!("{what}; '{word} *' is everything"),
            };
            // A word that is no operation says more.
            if flaws.is_empty() || word.contains(['/', '$']) {
                flaws = vec![Flaw::new(start..end, message)];
            }
            return Err(flaws);
        }
        if text[start..end].ends_with(',') {
            let message = "the operations have no blanks between them, as in 'read,list /etc/**'";
            return Err(vec![Flaw::new(end - 1..end, message)]);
        }
        let (object, program) = by(text, rest, text_end);
        if program.is_none()
            && let Some(front) = text[object.clone()].strip_suffix(" by")
            && !is_escaped(front)
        {
            let message =
                "by whom? a program follows 'by', as in 'read /etc/** by cat'; a path that ends so has '\\ by'";
            return Err(vec![Flaw::new(object.end - 2..object.end, message)]);
        }
        let program = program.map(|at| program_of(&text[at.clone()], variables).map_err(|flaw| flaw.shifted(at.start)));
        let target = given
            .target(&text[object.clone()], variables)
            .map_err(|flaws| flaws.into_iter().map(|flaw| flaw.shifted(object.start)).collect::<Vec<_>>());
        match (target, program.transpose()) {
            (Ok((ops, target)), Ok(program)) if flaws.is_empty() => Ok(Rule { ops, target, program }),
            (target, program) => {
                // What the object should be is not known where an operation is not.
                if flaws.is_empty() {
                    flaws.extend(target.err().into_iter().flatten());
                }
                flaws.extend(program.err());
                Err(flaws)
            }
        }
    }

    /// In how many ways its braces can be read.
    pub fn ways(&self) -> usize {
        let target = match &self.target {
            Target::Path(glob) | Target::Unix(UnixPattern::Path(glob)) => glob.ways(),
            Target::Name(glob) | Target::Unix(UnixPattern::Abstract(glob)) | Target::Other(_, glob) => glob.ways(),
            _ => 1,
        };
        let program = match &self.program {
            Some(Program::Path(glob)) => glob.ways(),
            Some(Program::Name(glob)) => glob.ways(),
            None => 1,
        };
        target.max(program)
    }

    /// The variables that it uses.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let target = match &self.target {
            Target::Path(glob) | Target::Unix(UnixPattern::Path(glob)) => Some(glob),
            _ => None,
        };
        let program = match &self.program {
            Some(Program::Path(glob)) => Some(glob),
            _ => None,
        };
        target.into_iter().chain(program).flat_map(PathGlob::variables)
    }
}

/// The operations, the object and the program of a rule that was parsed.
pub fn parts(text: &str) -> (&str, &str, Option<&str>) {
    let text = trimmed(text.trim_start());
    let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    let start = text.len() - text[end..].trim_start().len();
    let (object, program) = by(text, start, text.len());
    (&text[..end], &text[object], program.map(|at| &text[at]))
}

/// Whether a backslash takes the meaning from what follows the text.
fn is_escaped(text: &str) -> bool {
    text.bytes().rev().take_while(|&b| b == b'\\').count() % 2 == 1
}

/// A text without the blanks at its end; one that is escaped stays.
fn trimmed(text: &str) -> &str {
    let short = text.trim_end_matches(|c: char| c.is_ascii_whitespace());
    if is_escaped(short) && text.as_bytes().get(short.len()) == Some(&b' ') { &text[..=short.len()] } else { short }
}

/// The object, and the program after the last ` by `.
fn by(text: &str, start: usize, end: usize) -> (Range<usize>, Option<Range<usize>>) {
    let whole = &text[start..end];
    match whole.rmatch_indices(" by ").find(|(at, _)| *at > 0 && !is_escaped(&whole[..*at])) {
        Some((at, _)) => {
            let program = start + at + 4;
            let program = end - text[program..end].trim_start().len();
            (start..start + trimmed(&whole[..at]).len(), Some(program..end))
        }
        None => (start..end, None),
    }
}

fn program_of(text: &str, variables: &[String]) -> Result<Program, Flaw> {
    if text.contains('/') || text.starts_with('$') {
        return PathGlob::parse(text, variables).map(Program::Path);
    }
    NameGlob::parse(text).map(Program::Name)
}

/// The operations of a rule's first word.
struct Given {
    /// Those that were named.
    named: Ops,
    /// The object decides which.
    any: bool,
}

fn operations(list: &str, start: usize, flaws: &mut Vec<Flaw>) -> Given {
    let (mut given, mut at) = (Given { named: Ops::default(), any: false }, start);
    for word in list.split(',') {
        let place = at..at + word.len().max(1);
        at += word.len() + 1;
        let ops = match word {
            "any" | "*" => {
                given.any = true;
                continue;
            }
            "change" => Ops::where_(Op::changes),
            "file" => Ops::where_(|op| op.changes() || matches!(op, Op::Read | Op::List)),
            "network" => Ops::network(),
            // The blank after it is the flaw.
            "" if at > start + list.len() && list.len() > 1 => continue,
            "" => {
                flaws.push(Flaw::new(place, "an operation is missing beside the ','"));
                continue;
            }
            word => match Op::parse(word) {
                Some(op) => Ops::of(op),
                None => {
                    let lower = word.to_ascii_lowercase();
                    let same = SYNONYMS.iter().find(|(theirs, _)| *theirs == lower).map(|(_, ours)| *ours);
                    let near = same.or_else(|| nearest(word, Op::ALL.map(Op::name).into_iter().chain(GROUPS)));
                    flaws.push(Flaw::new(place, format!("unknown operation '{word}'{}", meant(near))));
                    continue;
                }
            },
        };
        given.named = given.named.with(ops);
    }
    given
}

impl Given {
    /// The operations and the object that they are about.
    fn target(&self, text: &str, variables: &[String]) -> Result<(Ops, Target), Vec<Flaw>> {
        let whole = 0..text.len();
        let all = Ops::where_(|_| true);
        let (paths, network) = (self.named.within(Ops::paths()), self.named.within(Ops::network()));
        if text == "*" {
            return Ok((if self.any { all } else { self.named }, Target::Anything));
        }
        if !paths.is_empty() && !network.is_empty() {
            let name = |ops: Ops| ops.iter().next().map(Op::name).unwrap_or_default();
            let message =
                format!("'{}' takes a path, '{}' an address: make two rules of it", name(paths), name(network));
            return Err(vec![Flaw::new(whole, message)]);
        }
        let one = |flaw| vec![flaw];
        if !network.is_empty() || (paths.is_empty() && looks_like_address(text)) {
            let ops = if self.any { Ops::network() } else { network };
            return address(text, variables).map(|target| (ops, target)).map_err(one);
        }
        let ops = if self.any { Ops::paths() } else { paths };
        if ops == Ops::of(Op::Run) && !text.contains('/') && !text.starts_with(['$', '~']) {
            return NameGlob::parse(text).map(|name| (ops, Target::Name(name))).map_err(one);
        }
        PathGlob::parse(text, variables).map(|glob| (ops, Target::Path(glob))).map_err(one)
    }
}

/// What follows an operation that takes both is an address.
fn looks_like_address(text: &str) -> bool {
    let first = text.split_ascii_whitespace().next().unwrap_or_default();
    let family = PROTOCOLS.contains(&first) || first == "unix" || first == "*" || first.starts_with("AF_");
    let path = text.starts_with(['/', '$', '~', '.', '{']);
    family || !path && (text.contains(':') || text.starts_with(|c: char| c.is_ascii_digit() || c == '['))
}

fn address(text: &str, variables: &[String]) -> Result<Target, Flaw> {
    let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    let first = &text[..end];
    let at = text.len() - text[end..].trim_start().len();
    let rest = &text[at..];
    let family = 0..end;
    match first {
        "unix" if rest.is_empty() => Err(Flaw::new(family, "the socket is missing; 'unix *' is any")),
        "unix" if rest == "*" => Ok(Target::Unix(UnixPattern::Any)),
        "unix" if rest.starts_with('@') => {
            let name = NameGlob::parse(rest).map_err(|flaw| flaw.shifted(at))?;
            Ok(Target::Unix(UnixPattern::Abstract(name)))
        }
        "unix" => {
            let path = PathGlob::parse(rest, variables).map_err(|flaw| flaw.shifted(at))?;
            Ok(Target::Unix(UnixPattern::Path(path)))
        }
        "AF_UNIX" | "AF_LOCAL" => Err(Flaw::new(family, format!("'{first}' is written 'unix'"))),
        "AF_INET" | "AF_INET6" => {
            Err(Flaw::new(family, format!("'{first}' is written 'tcp', 'udp' or '*', before the address")))
        }
        _ if is_family(first) => {
            let name = if rest.is_empty() { "*" } else { rest };
            Ok(Target::Other(first.to_owned(), NameGlob::parse(name).map_err(|flaw| flaw.shifted(at))?))
        }
        _ if rest.is_empty() && PROTOCOLS.contains(&first) => {
            Err(Flaw::new(family, format!("the address is missing; '{first} *' is any")))
        }
        _ if rest.is_empty() && first.starts_with(['/', '$', '@']) => {
            Err(Flaw::new(family, format!("an address is no path; did you mean 'unix {first}'?")))
        }
        _ if rest.is_empty() => AddressPattern::parse(first, None).map(Target::Inet),
        _ => {
            let protocol = match PROTOCOLS.into_iter().find(|known| *known == first) {
                None if first == "*" => None,
                None => {
                    let near = nearest(first, PROTOCOLS.into_iter().chain(["unix"]).chain(families()));
                    return Err(Flaw::new(family, format!("unknown protocol '{first}'{}", meant(near))));
                }
                known => known,
            };
            if let Some(blank) = rest.find(|c: char| c.is_ascii_whitespace()) {
                return Err(Flaw::new(at + blank..text.len(), "something follows the address"));
            }
            AddressPattern::parse(rest, protocol).map(Target::Inet).map_err(|flaw| flaw.shifted(at))
        }
    }
}

/// The families that have no words of their own.
fn families() -> impl Iterator<Item = &'static str> {
    let ours = |name: &&str| matches!(*name, "AF_UNIX" | "AF_INET" | "AF_INET6" | "AF_UNSPEC");
    AF.choice.iter().map(|(name, _)| *name).filter(move |name| !ours(name))
}

/// `AF_NETLINK` and its like.
pub fn is_family(word: &str) -> bool {
    families().any(|family| family == word)
}
