//! Policies of `tracer audit`: what a command may do, and what it must have done. The reference of their language is
//! `docs/policy.md`; `rule.rs` has what a rule may say, `read.rs` the sections of a file, `judge.rs` what decides.

mod address;
mod explain;
mod fault;
mod glob;
mod judge;
mod learn;
mod links;
mod lookup;
mod places;
mod read;
mod rule;
mod source;
mod units;

use std::ops::Range;

pub use explain::explain;
pub use fault::{Fault, Faults};
pub use learn::{Added, add, difference, learn};

use crate::render::typed::show;
use fault::{Flaw, faults};
use glob::NameGlob;
use links::Links;
use rule::Rule;

/// The variables that every policy may use.
pub const BUILT_IN: [&str; 4] = ["HOME", "TMPDIR", "WORKSPACE", "TARGET"];

/// A policy that was read.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    name: String,
    variables: Vec<Variable>,
    default: Section,
    harness: Section,
    units: Vec<UnitSection>,
    expectations: Vec<Expectation>,
    links: Links,
}

/// What has to be looked at during a run, because rules speak of it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Files and sockets that rules deny by their whole paths.
    pub denied: Vec<Vec<u8>>,
    /// Some rule says which program may do something.
    pub programs: bool,
    /// Some rule denies something by its path.
    pub paths: bool,
    /// Where names begin that rules deny to be made, removed or changed.
    pub fronts: Vec<Vec<u8>>,
    /// Some rule denies a program to be run.
    pub runs: bool,
    /// Some rule denies a host by its name.
    pub hosts: bool,
    /// There is a policy, which judges where datagrams go.
    pub judged: bool,
}

impl Policy {
    /// Reads a policy; `name` is its file's name, for messages.
    pub fn parse(text: &str, name: &str) -> Result<Policy, Faults> {
        read::read(text, name)
    }

    /// Reads a policy from bytes, which are UTF-8 or wrong.
    pub fn parse_bytes(bytes: &[u8], name: &str) -> Result<Policy, Faults> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Policy::parse(text, name),
            Err(error) => {
                let at = error.valid_up_to();
                let message = format!("this is not UTF-8: there is a byte 0x{:02x}", bytes[at]);
                Err(faults(&String::from_utf8_lossy(bytes), name, vec![Flaw::new(at..at + 1, message)]))
            }
        }
    }
}

/// What is said in one place.
#[derive(Debug, Clone, Default)]
struct Section {
    otherwise: Option<Switch>,
    probes: Option<Switch>,
    allow: Vec<Placed>,
    deny: Vec<Placed>,
}

/// Units, and what holds for them.
#[derive(Debug, Clone)]
struct UnitSection {
    names: Vec<NameGlob>,
    /// Its `match`, in words.
    text: String,
    line: u32,
    section: Section,
}

/// `"allow"` or `"deny"`, and its line.
#[derive(Debug, Clone, Copy)]
struct Switch {
    deny: bool,
    line: u32,
}

/// A rule and its place.
#[derive(Debug, Clone)]
struct Placed {
    rule: Rule,
    text: String,
    line: u32,
    /// Bytes of the file.
    at: Range<usize>,
}

/// A claim.
#[derive(Debug, Clone)]
struct Expectation {
    /// The units of which it is claimed; `None`: of all of them together.
    units: Option<Vec<NameGlob>>,
    rule: Placed,
}

/// A name for a directory.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    /// The variable that its path begins with.
    base: Option<String>,
    /// The names of its path, behind the base.
    names: Vec<Vec<u8>>,
}

impl Variable {
    fn parse(name: String, path: &str, known: &[String]) -> Result<Variable, Flaw> {
        let one = glob::PathGlob::parse(path, known)?.directory();
        let message = "a variable is one directory; globs are for rules, and '\\*' is a star";
        let (base, names) = one.ok_or_else(|| Flaw::new(0..path.len(), message))?;
        Ok(Variable { name, base, names })
    }
}

#[cfg(test)]
mod tests;
