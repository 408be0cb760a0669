//! Learning into a policy that is there: rules are added where their sections end, and nothing that a person wrote is changed.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::super::Policy;
use super::{Class, Learned, Rules, STEPS, Who, lines, quoted, unit_glob, write_rules};
use crate::tools::audit::evidence::{Evidence, Variables};

/// A policy with what it has been taught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The file as it should be.
    pub text: String,
    /// How many rules were added.
    pub rules: usize,
    /// Accesses that rules deny in words: learning allows none of them.
    pub denied: usize,
}

/// Adds to a policy, whose text this is, what these runs did and no rule of it speaks of.
pub fn add(text: &str, policy: &Policy, runs: &[Evidence], variables: &Variables) -> Added {
    let evidence = Evidence::of_runs(runs);
    let violations = policy.judge(&evidence, variables).violations;
    let (unknown, denied): (Vec<_>, Vec<_>) =
        violations.into_iter().partition(|violation| violation.rule.starts_with("otherwise"));
    let unknown: BTreeSet<usize> = unknown.into_iter().map(|violation| violation.access).collect();
    let learned = Learned::from(&evidence, runs, variables, STEPS[0], |index| unknown.contains(&index));
    let mut added = Added { text: text.to_owned(), rules: 0, denied: denied.len() };
    for (who, rules) in learned.sections {
        added.section(&who, rules);
    }
    added
}

impl Added {
    /// Adds rules to a section, which is made where there is none.
    fn section(&mut self, who: &Who, rules: Rules) {
        let rules = lines(rules);
        self.rules += rules.len();
        let place = place(&self.text, who);
        let items = |rules: &[(Class, String)]| -> String {
            rules.iter().map(|(_, rule)| format!("    {},\n", quoted(rule))).collect()
        };
        match place {
            Place::List { end, comma, line } => {
                let front = match (comma, line) {
                    (false, _) => ",\n",
                    (true, false) => "\n",
                    (true, true) => "",
                };
                // Where the list ends on the line of its last rule, its bracket goes to a line of its own.
                let mut new = format!("{front}{}", items(&rules));
                if line {
                    self.text.insert_str(end, &new);
                } else {
                    let rest = self.text[end..].trim_start_matches([' ', '\t']).len();
                    let blank = self.text.len() - rest;
                    if self.text[blank..].starts_with('\n') {
                        new.truncate(new.len() - 1);
                    }
                    self.text.replace_range(end..blank, &new);
                }
            }
            Place::Empty { inside } => self.text.replace_range(inside, &format!("\n{}", items(&rules))),
            Place::Section { after } => {
                let mut list = String::new();
                write_rules(&mut list, &rules);
                self.text.insert_str(after, &list);
            }
            Place::Nowhere => {
                let mut section = match who {
                    Who::Default => "\n[default]\n".to_owned(),
                    Who::Harness => "\n[harness]\n".to_owned(),
                    Who::Unit(label) => format!("\n[[unit]]\nmatch = {}\n", quoted(&unit_glob(label))),
                };
                write_rules(&mut section, &rules);
                if !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
                self.text.push_str(&section);
            }
        }
    }
}

/// Where rules go.
enum Place {
    /// Behind the last rule of a list.
    List {
        /// Where the rule ends, with its comma; with the rest of its line where that is a comment or nothing.
        end: usize,
        /// A comma is there already.
        comma: bool,
        /// The end is that of a line.
        line: bool,
    },
    /// Between the brackets of a list without rules.
    Empty {
        /// What stands there.
        inside: std::ops::Range<usize>,
    },
    /// In a section without a list, behind its first line.
    Section {
        /// The end of that line.
        after: usize,
    },
    /// There is no such section.
    Nowhere,
}

fn place(text: &str, who: &Who) -> Place {
    // It was read as a policy before.
    let Ok(document) = DeTable::parse(text) else { return Place::Nowhere };
    let top = document.get_ref();
    let section = match who {
        Who::Default => top.get("default"),
        Who::Harness => top.get("harness"),
        Who::Unit(label) => {
            let glob = unit_glob(label);
            let matches = |table: &DeTable<'_>| {
                table.get("match").is_some_and(|value| match value.get_ref() {
                    DeValue::Array(list) => {
                        list.len() == 1 && list.iter().all(|one| one.get_ref().as_str() == Some(&glob))
                    }
                    value => value.as_str() == Some(&glob),
                })
            };
            let units = top.get("unit").and_then(|units| units.get_ref().as_array());
            units.and_then(|units| units.iter().find(|unit| unit.get_ref().as_table().is_some_and(matches)))
        }
    };
    let Some(section) = section else { return Place::Nowhere };
    let Some(list) = section.get_ref().as_table().and_then(|table| table.get("allow")) else {
        let start = section.span().start;
        let after = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
        return Place::Section { after };
    };
    let last = list.get_ref().as_array().and_then(|rules| rules.iter().last());
    let Some(last) = last else { return Place::Empty { inside: list.span().start + 1..list.span().end - 1 } };
    let mut end = last.span().end;
    let comma = text[end..].trim_start().starts_with(',');
    if comma {
        end += text[end..].find(',').map_or(0, |at| at + 1);
    }
    let rest = text[end..].lines().next().unwrap_or_default();
    let is_line = comma && (rest.trim().is_empty() || rest.trim_start().starts_with('#'));
    if is_line {
        end += rest.len() + 1;
    }
    Place::List { end: end.min(text.len()), comma, line: is_line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::policy::tests::{access, evidence, policy, variables};

    #[test]
    fn what_a_person_wrote_stays() {
        let check = |before: &str, seen: &[&str], after: &str| {
            let runs = [evidence(seen.iter().map(|text| access(text)).collect())];
            let before = format!("version = 1\n{before}");
            let added = add(&before, &policy(&before), &runs, &variables());
            assert_eq!(added.text, format!("version = 1\n{after}"));
            let again = add(&added.text, &policy(&added.text), &runs, &variables());
            assert_eq!((again.text, again.rules), (added.text, 0), "what was added is known");
        };
        let all = ["1 read /a", "2 read /a"];
        let deny = "[default]\notherwise = 'deny'\n";
        check("", &all, "");
        check(deny, &all, "[default]\nallow = [\n    \"read /a\",\n]\notherwise = 'deny'\n");
        check(&format!("{deny}allow = []\n"), &all, &format!("{deny}allow = [\n    \"read /a\",\n]\n"));
        check(
            &format!("{deny}allow = [\n    'read /b', # why\n]\n"),
            &all,
            &format!("{deny}allow = [\n    'read /b', # why\n    \"read /a\",\n]\n"),
        );
        check(
            &format!("{deny}allow = [\n    'read /b' # why\n]\n"),
            &all,
            &format!("{deny}allow = [\n    'read /b',\n    \"read /a\",\n# why\n]\n"),
        );
        check(
            &format!("{deny}allow = ['read /b']\n"),
            &all,
            &format!("{deny}allow = ['read /b',\n    \"read /a\",\n]\n"),
        );
        check(
            &format!("{deny}allow = ['read /b', 'read /c',]"),
            &all,
            &format!("{deny}allow = ['read /b', 'read /c',\n    \"read /a\",\n]"),
        );
        check(
            deny,
            &["0 read /h", "1 read /one"],
            "[default]\notherwise = 'deny'\n\n[harness]\nallow = [\n    \"read /h\",\n]\n\n\
             [[unit]]\nmatch = \"net one\"\nallow = [\n    \"read /one\",\n]\n",
        );
        check(
            &format!("{deny}[[unit]]\nmatch = ['net one']\nallow = ['read /x']\n"),
            &["1 read /one"],
            &format!("{deny}[[unit]]\nmatch = ['net one']\nallow = ['read /x',\n    \"read /one\",\n]\n"),
        );
    }

    #[test]
    fn what_is_denied_in_words_is_not_learned() {
        let text = "version = 1\n[default]\notherwise = 'deny'\nallow = []\ndeny = ['read /a']\n";
        let added = add(text, &policy(text), &[evidence(vec![access("1 read /a")])], &variables());
        assert_eq!(added, Added { text: text.to_owned(), rules: 0, denied: 1 });
    }
}
