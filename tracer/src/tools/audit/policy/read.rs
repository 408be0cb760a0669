//! From TOML to a policy. Everything that is wrong is found in one go; only where the text is no TOML, that alone is said.

mod against;

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::against::Denied;
use super::fault::{Faults, Flaw, Lines, faults, meant};
use super::glob::NameGlob;
use super::rule::Rule;
use super::source::Quoted;
use super::{BUILT_IN, Expectation, Placed, Policy, Section, Switch, UnitSection, Variable};
use crate::render::typed::nearest;

/// What tables are in the file, and their keys.
const TOP: [&str; 6] = ["version", "variables", "default", "harness", "unit", "expect"];
const SECTION: [&str; 4] = ["allow", "deny", "otherwise", "probes"];
const UNIT: [&str; 5] = ["match", "allow", "deny", "otherwise", "probes"];
const EXPECT: [&str; 2] = ["unit", "that"];

/// The most variables. Each rule may name one, and names that are wrong are held against all.
const MOST_VARIABLES: usize = 256;
/// The most bytes of all ways to read the braces of rules: a file without braces has no more.
const MOST_WAYS: usize = 16 << 20;

type Value<'t> = Spanned<DeValue<'t>>;

/// Reads a policy.
pub fn read(text: &str, name: &str) -> Result<Policy, Faults> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let flaw = |error: &toml::de::Error| {
            let message = error.message().trim().replace('\n', ", ");
            Flaw::new(error.span().unwrap_or_default(), format!("this is not TOML: {message}"))
        };
        return Err(faults(text, name, errors.iter().map(flaw).collect()));
    }
    let mut reader = Reader {
        text,
        lines: Lines::of(text),
        flaws: Vec::new(),
        names: BUILT_IN.map(str::to_owned).to_vec(),
        ways: 0,
    };
    let policy = reader.policy(document.get_ref(), name);
    if reader.flaws.is_empty() { Ok(policy) } else { Err(faults(text, name, reader.flaws)) }
}

struct Reader<'t> {
    text: &'t str,
    lines: Lines,
    flaws: Vec<Flaw>,
    /// The variables that rules may use.
    names: Vec<String>,
    /// Bytes of the ways to read the braces of rules.
    ways: usize,
}

impl Reader<'_> {
    fn policy(&mut self, top: &DeTable<'_>, name: &str) -> Policy {
        self.keys(top, &TOP, "of a policy");
        match top.get("version").map(|value| (value.span(), value.get_ref())) {
            None => self.flaw(0..1, "the version is missing; the first line is 'version = 1'"),
            Some((_, DeValue::Integer(number))) if number.radix() == 10 && number.as_str() == "1" => {}
            Some((at, DeValue::Integer(number))) => {
                self.flaw(at, format!("version {number} is not known here; this program knows version 1"));
            }
            Some((at, value)) => self.flaw(at, format!("the version is a number: 1, not {}", article(value))),
        }
        let mut policy = Policy { name: name.to_owned(), ..Policy::default() };
        policy.variables = self.variables(top);
        if let Some(table) = self.table(top, "default") {
            policy.default = self.section(table, &SECTION, "[default]");
        }
        if let Some(table) = self.table(top, "harness") {
            policy.harness = self.section(table, &SECTION, "[harness]");
        }
        let mut matches: HashMap<String, usize> = HashMap::new();
        for (table, at) in self.tables(top, "unit") {
            let section = self.section(table, &UNIT, "[[unit]]");
            let Some(value) = table.get("match") else {
                self.flaw(at, "a [[unit]] has no match; 'match = \"NAME\"' says of which units it speaks");
                continue;
            };
            let names = self.units(value);
            let words = self.strings(value);
            let text = words.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ");
            let line = self.lines.of_byte(value.span().start) as u32;
            for (text, at) in words {
                match matches.get(&text) {
                    Some(line) => self.flaw(at, format!("line {line} has the same match; make one [[unit]] of both")),
                    None => drop(matches.insert(text, self.lines.of_byte(at.start))),
                }
            }
            policy.units.push(UnitSection { names, text, line, section });
        }
        for (table, at) in self.tables(top, "expect") {
            self.keys(table, &EXPECT, "of [[expect]]");
            let units = table.get("unit").map(|value| self.units(value));
            match table.get("that") {
                Some(value) => {
                    for rule in self.rules(value, true) {
                        policy.expectations.push(Expectation { units: units.clone(), rule });
                    }
                }
                None => self.flaw(at, "an [[expect]] has no claim; 'that = \"write $TARGET/report.xml\"' is one"),
            }
        }
        policy
    }

    fn flaw(&mut self, at: Range<usize>, message: impl Into<String>) {
        self.flaws.push(Flaw::new(at, message));
    }

    /// Complains about keys that nobody reads.
    fn keys(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        for key in table.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                let better = match word {
                    "units" | "test" | "tests" if known.contains(&"unit") => Some("unit"),
                    "name" | "unit" | "glob" if known.contains(&"match") => Some("match"),
                    _ => nearest(word, known.iter().copied()),
                };
                let known = if better.is_none() { format!("; there are {}", known.join(", ")) } else { meant(better) };
                self.flaw(key.span(), format!("unknown key '{word}' {of}{known}"));
            }
        }
    }

    fn table<'v>(&mut self, top: &'v DeTable<'_>, key: &str) -> Option<&'v DeTable<'v>> {
        let value = top.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => return Some(table),
            DeValue::Array(array) if !array.is_empty() && array.iter().all(|item| item.get_ref().is_table()) => {
                let at = array.iter().next().map_or(value.span(), Spanned::span);
                self.flaw(at, format!("there is one {key} section; did you mean '[{key}]'?"));
            }
            other => self.flaw(value.span(), format!("{key} is a table, '[{key}]', not {}", article(other))),
        }
        None
    }

    fn tables<'v>(&mut self, top: &'v DeTable<'_>, key: &str) -> Vec<(&'v DeTable<'v>, Range<usize>)> {
        let Some(value) = top.get(key) else { return Vec::new() };
        let mut tables = Vec::new();
        match value.get_ref() {
            DeValue::Array(array) => {
                for item in array.iter() {
                    match item.get_ref() {
                        DeValue::Table(table) => tables.push((table, item.span())),
                        other => {
                            self.flaw(
                                item.span(),
                                format!("{key} is a list of tables, '[[{key}]]', not of {}", kind(other)),
                            );
                        }
                    }
                }
            }
            DeValue::Table(_) => {
                self.flaw(value.span(), format!("there may be many of these sections; did you mean '[[{key}]]'?"));
            }
            other => self.flaw(value.span(), format!("{key} is a list of tables, '[[{key}]]', not {}", article(other))),
        }
        tables.sort_by_key(|(_, at)| at.start);
        tables
    }

    /// Names for directories; each begins with `/` or with another name.
    fn variables(&mut self, top: &DeTable<'_>) -> Vec<Variable> {
        let Some(table) = self.table(top, "variables") else { return Vec::new() };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        if let Some((key, _)) = entries.get(MOST_VARIABLES) {
            self.flaw(key.span(), format!("more than {MOST_VARIABLES} variables"));
            entries.truncate(MOST_VARIABLES);
        }
        self.names.extend(entries.iter().map(|(key, _)| key.get_ref().to_string()));
        let mut variables: Vec<Variable> = Vec::new();
        for (key, value) in entries {
            let name = key.get_ref().to_string();
            let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            if BUILT_IN.contains(&name.as_str()) {
                self.flaw(key.span(), format!("'{name}' is known already and can not be another directory"));
            } else if name.is_empty() || !name.chars().all(upper) || name.starts_with(|c: char| c.is_ascii_digit()) {
                let better = name.to_ascii_uppercase().replace(|c| !upper(c), "_");
                let hint = meant(
                    Some(better.as_str()).filter(|b| !b.is_empty() && !b.starts_with(|c: char| c.is_ascii_digit())),
                );
                self.flaw(key.span(), format!("a variable's name is of capitals, digits and '_'{hint}"));
            }
            let Some(quoted) = self.string(value, "the path of a directory") else { continue };
            match Variable::parse(name, quoted.value, &self.names) {
                Ok(variable) => variables.push(variable),
                Err(flaw) => self.inside(&quoted, flaw),
            }
        }
        for at in 0..variables.len() {
            // Longer than there are variables: it goes in circles.
            let (mut next, mut steps) = (variables[at].base.as_deref(), 0);
            while let Some(name) = next.filter(|_| steps <= variables.len()) {
                next = variables.iter().find(|variable| variable.name == name).and_then(|v| v.base.as_deref());
                steps += 1;
            }
            if next.is_some() {
                let place =
                    table.iter().find(|(key, _)| *key.get_ref() == variables[at].name).map(|(_, value)| value.span());
                self.flaw(place.unwrap_or_default(), format!("'{}' is defined by itself", variables[at].name));
            }
        }
        variables
    }

    fn section(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) -> Section {
        self.keys(table, known, &format!("of {of}"));
        let allow = table.get("allow").map(|value| self.rules(value, false)).unwrap_or_default();
        let deny = table.get("deny").map(|value| self.rules(value, false)).unwrap_or_default();
        let denied = Denied::of(&deny);
        for rule in &allow {
            if let Some(line) = denied.by_line(&rule.rule) {
                let message = format!("nothing is allowed by this: line {line} denies it, and deny has precedence");
                self.flaw(rule.at.clone(), message);
            }
        }
        Section { otherwise: self.switch(table, "otherwise"), probes: self.switch(table, "probes"), allow, deny }
    }

    /// `allow` or `deny`.
    fn switch(&mut self, table: &DeTable<'_>, key: &str) -> Option<Switch> {
        let value = table.get(key)?;
        let line = self.lines.of_byte(value.span().start) as u32;
        match value.get_ref() {
            DeValue::String(word) if word == "allow" => return Some(Switch { deny: false, line }),
            DeValue::String(word) if word == "deny" => return Some(Switch { deny: true, line }),
            DeValue::String(word) => {
                let near = nearest(word, ["allow", "deny"]);
                self.flaw(value.span(), format!("{key} is 'allow' or 'deny', not '{word}'{}", meant(near)));
            }
            other => self.flaw(value.span(), format!("{key} is \"allow\" or \"deny\", not {}", article(other))),
        }
        None
    }

    /// Rules, from a list, or, of claims, from one text.
    fn rules(&mut self, value: &Value<'_>, claims: bool) -> Vec<Placed> {
        let items: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            DeValue::String(_) if claims => vec![value],
            DeValue::String(word) => {
                let message = format!("rules are a list; did you mean '[\"{word}\"]'?");
                self.flaw(value.span(), message);
                return Vec::new();
            }
            other => {
                self.flaw(value.span(), format!("rules are a list of strings, not {}", article(other)));
                return Vec::new();
            }
        };
        if claims && items.is_empty() {
            self.flaw(value.span(), "this claims nothing");
        }
        let mut rules = Vec::new();
        for item in items {
            let Some(quoted) = self.string(item, "a rule") else { continue };
            if self.ways > MOST_WAYS {
                self.flaw(item.span(), "the braces of the rules up to here can be read in more ways than 16 MiB hold");
                break;
            }
            match Rule::parse(quoted.value, &self.names) {
                Ok(rule) => {
                    self.ways += (rule.ways() - 1) * quoted.value.len();
                    let line = self.lines.of_byte(item.span().start) as u32;
                    rules.push(Placed { rule, text: quoted.value.trim().to_owned(), line, at: item.span() });
                }
                Err(flaws) => flaws.into_iter().for_each(|flaw| self.inside(&quoted, flaw)),
            }
        }
        rules
    }

    /// Globs of units: one, or a list.
    fn units(&mut self, value: &Value<'_>) -> Vec<NameGlob> {
        let items: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::Array(list) if list.is_empty() => {
                self.flaw(value.span(), "the list is empty, so no unit fits");
                return Vec::new();
            }
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let mut globs = Vec::new();
        for item in items {
            let Some(quoted) = self.string(item, "a unit's name") else { continue };
            if quoted.value.is_empty() {
                self.flaw(item.span(), "an empty name fits no unit; '*' fits all");
                continue;
            }
            match NameGlob::unit(quoted.value) {
                Ok(glob) => globs.push(glob),
                Err(flaw) => self.inside(&quoted, flaw),
            }
        }
        globs
    }

    /// The strings of a string or a list, with their places.
    fn strings(&self, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
        let one = |item: &Value<'_>| item.get_ref().as_str().map(|word| (word.to_owned(), item.span()));
        match value.get_ref() {
            DeValue::Array(list) => list.iter().filter_map(one).collect(),
            _ => one(value).into_iter().collect(),
        }
    }

    fn string<'v>(&mut self, value: &'v Value<'_>, what: &str) -> Option<Quoted<'v>> {
        match value.get_ref() {
            DeValue::String(word) => Some(Quoted { value: word, at: value.span() }),
            other => {
                self.flaw(value.span(), format!("{what} is a string, not {}", article(other)));
                None
            }
        }
    }

    /// A flaw within a string.
    fn inside(&mut self, quoted: &Quoted<'_>, flaw: Flaw) {
        self.flaws.push(Flaw { at: quoted.place(self.text, flaw.at), message: flaw.message });
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "strings",
        DeValue::Integer(_) | DeValue::Float(_) => "numbers",
        DeValue::Boolean(_) => "truth values",
        DeValue::Datetime(_) => "dates",
        DeValue::Array(_) => "lists",
        DeValue::Table(_) => "tables",
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
