//! What a rule says, in sentences (`tracer audit --explain RULE`), and what a file has in it (`tracer policy check FILE`).

use super::rule::{Rule, Target, UnixPattern, parts};
use super::{BUILT_IN, Faults, Policy, faults, show};
use crate::tools::audit::evidence::{Op, Variables};

/// Explains a rule; what a report puts around one, `deny RULE (tracer.toml:12)`, may stay.
///
/// # Errors
/// The text is no rule.
pub fn explain(text: &str, variables: &Variables) -> Result<String, Faults> {
    let rule_text = bare(text);
    let names = BUILT_IN.map(str::to_owned);
    let rule = Rule::parse(rule_text, &names).map_err(|flaws| faults(rule_text, "rule", flaws))?;
    let (_, object, program) = parts(rule_text);
    let mut out = format!("{}\n\nIt speaks of\n", show(rule_text));
    for op in rule.ops.iter() {
        out.push_str(&format!("  {:10} {}\n", op.name(), meaning(op)));
    }
    out.push_str(&format!("where that is done to\n  {}\n", subject(&rule.target, object)));
    if let Some(program) = program {
        let how = if program.contains('/') || program.starts_with('$') { "whose path fits" } else { "called" };
        out.push_str(&format!("by a program {how} {}\n", show(program)));
    }
    for name in rule.variables() {
        let known = variables.path(name).map(|path| show(String::from_utf8_lossy(path).as_ref()));
        let known = known.map_or_else(
            || format!("${name} is not known here: the rule fits nothing"),
            |path| format!("${name} is {path} here"),
        );
        out.push_str(&format!("  {known}\n"));
    }
    let looks = rule.ops.iter().any(|op| matches!(op, Op::Read | Op::List | Op::Run | Op::Connect | Op::Send));
    out.push_str("\nIn deny: it is a violation, and so is an attempt that fails");
    if looks {
        out.push_str(", also at what is not there (unless probes = \"allow\")");
    }
    out.push_str(
        ".\nIn allow: it is none, unless a deny of the same section speaks of it too.\n\
         Rules of [[unit]] and [harness] decide before those of [default].\n\
         As that of [[expect]]: it must have happened, and not have failed.\n",
    );
    Ok(out)
}

/// The rule in what a report says of it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = ["deny ", "allow ", "expect "].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    match text.rsplit_once(" (") {
        Some((rule, place)) if place.strip_suffix(')').is_some_and(is_place) => rule,
        _ => text,
    }
}

/// `tracer.toml:12`
fn is_place(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, line)| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
}

fn subject(target: &Target, object: &str) -> String {
    let object = show(object);
    match target {
        Target::Anything => "anything".to_owned(),
        Target::Path(_) if object.ends_with("/**") => {
            format!("a path that fits {object}: the directory itself and all beneath (real paths, after all links)")
        }
        Target::Path(_) => format!("a path that fits {object} (real paths, after all links)"),
        Target::Name(_) => format!("a program called {object}: its file, a link to it, or a script, in any directory"),
        Target::Inet(_) => format!("an address of IPv4 or IPv6 that fits {object}"),
        Target::Unix(UnixPattern::Any) => "any unix socket".to_owned(),
        Target::Unix(UnixPattern::Path(_)) => format!("a unix socket whose path fits {object}"),
        Target::Unix(UnixPattern::Abstract(_)) => format!("an abstract unix socket whose name fits {object}"),
        Target::Other(family, _) => format!("an address of {}", show(family)),
    }
}

/// What an operation is.
fn meaning(op: Op) -> &'static str {
    match op {
        Op::Read => "a file is opened for reading, mapped, or loaded as a library",
        Op::List => "the entries of a directory are listed",
        Op::Create => "a file, directory, link, device or fifo is made",
        Op::Write => "a file is opened for writing",
        Op::Truncate => "a file is cut or extended",
        Op::Rename => "a file is given another name: by its old and by its new one",
        Op::Delete => "a name is removed",
        Op::Chmod => "permissions are changed",
        Op::Chown => "owner or group is changed",
        Op::Times => "times of a file are changed",
        Op::Attributes => "extended attributes, flags of an inode or quota are changed",
        Op::Run => "a program is run: by its file, the name it was given, its script and the script's interpreter",
        Op::Bind => "a socket is bound to an address",
        Op::Listen => "a socket is made to accept connections",
        Op::Connect => "a connection is begun, or a datagram socket is given its peer",
        Op::Send => "a datagram is sent to an address",
    }
}

impl Policy {
    /// What it has, in one sentence.
    pub fn extent(&self) -> String {
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let rules = self.sections().map(|section| section.allow.len() + section.deny.len()).sum();
        let switch = self.default.otherwise.is_some_and(|switch| switch.deny);
        format!(
            "{}, {}, {}; what no rule speaks of is {}",
            count(rules, "rule"),
            count(self.units.len(), "[[unit]] section"),
            count(self.expectations.len(), "expectation"),
            if switch { "denied" } else { "allowed" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::policy::tests::{policy, variables};

    #[test]
    fn a_rule_is_explained() {
        let check = |rule: &str, expected: &[&str]| {
            let text = explain(rule, &variables()).unwrap_or_else(|faults| panic!("{faults}"));
            for part in expected {
                assert!(text.contains(part), "{part} is not in\n{text}");
            }
        };
        check(
            "read,list $HOME/.ssh/** by git",
            &[
                "read       a file is opened",
                "list       the entries",
                "$HOME/.ssh/**: the directory itself",
                "by a program called git",
                "$HOME is /h/u here",
                "probes",
            ],
        );
        check("deny write /etc/x (tracer.toml:12)", &["write /etc/x\n", "a path that fits /etc/x ("]);
        check("run sh", &["a program called sh", "interpreter"]);
        check("connect tcp *.example.com:443", &["fits tcp *.example.com:443"]);
        check("bind unix @x", &["abstract"]);
        check("any *", &["anything", "read ", "send "]);
        assert!(explain("raed /x", &variables()).is_err_and(|faults| faults.to_string().contains("'read'")));
        assert!(!explain("write /etc/x", &variables()).is_ok_and(|text| text.contains("probes")));
    }

    #[test]
    fn every_operation_has_a_meaning_of_its_own() {
        let meanings: std::collections::BTreeSet<&str> = Op::ALL.into_iter().map(meaning).collect();
        assert_eq!(meanings.len(), Op::ALL.len());
    }

    #[test]
    fn a_policy_tells_what_it_has() {
        let check = |text: &str, expected: &str| assert_eq!(policy(text).extent(), expected);
        check("version = 1", "0 rules, 0 [[unit]] sections, 0 expectations; what no rule speaks of is allowed");
        check(
            "version = 1\n[default]\notherwise = 'deny'\nallow = ['read /x']\n[[unit]]\nmatch = 'a'\ndeny = ['run sh', 'run bash']\n\
             [[expect]]\nthat = 'read /x'",
            "3 rules, 1 [[unit]] section, 1 expectation; what no rule speaks of is denied",
        );
    }
}
