//! Wrong policies: `tests/policies/NAME.toml`, and what is said of them in `NAME.err`. `BLESS=1` writes what is said now.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::{access, evidence, policy, variables};
use crate::tools::audit::policy::Policy;

#[test]
fn wrong_policies_are_told_what_is_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/policies");
    let bless = std::env::var_os("BLESS").is_some();
    let (mut count, mut differ) = (0, Vec::new());
    for entry in fs::read_dir(&folder).expect("tests/policies") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "toml") {
            continue;
        }
        count += 1;
        let bytes = fs::read(&path).expect("a policy");
        let said = match Policy::parse_bytes(&bytes, "tracer.toml") {
            Ok(_) => "nothing is wrong\n".to_owned(),
            Err(faults) => format!("{faults}\n"),
        };
        let golden = path.with_extension("err");
        if bless {
            fs::write(&golden, &said).expect("a golden file");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if said != expected || said.starts_with("nothing") {
            differ.push(format!("{}: says\n{said}instead of\n{expected}", path.display()));
        }
    }
    assert!(differ.is_empty(), "{} differ (BLESS=1 writes them anew)\n{}", differ.len(), differ.join("\n"));
    assert!(count >= 30, "only {count} wrong policies");
}

#[test]
fn the_reference_s_own_example_is_right() {
    let reference =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/policy.md")).expect("the reference");
    let example = reference.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let judged = policy(example).judge(
        &evidence(vec![
            access("1 read /usr/lib/x"),
            access("1 read /h/u/.ssh/id"),
            access("1 read /etc/passwd by /usr/bin/git"),
            access("0 connect tcp 1.2.3.4:443 index.example.com by /usr/bin/cargo"),
        ]),
        &variables(),
    );
    assert_eq!(judged.violations.iter().map(|violation| violation.access).collect::<Vec<_>>(), [1]);
    assert_eq!(judged.unmet.len(), 1);
}

/// Pieces of policies, put together in any order.
const PIECES: &[&str] = &[
    "version = 1\n",
    "[default]\n",
    "[[unit]]\n",
    "[harness]\n",
    "[[expect]]\n",
    "[variables]\n",
    "A = '$B/x'\n",
    "B = '$A'\n",
    "match = 'x'\n",
    "match = [\"\\u00e9\\\\\", 'é*']\n",
    "allow = [",
    "deny = ['read /é', \"rea\\td \\U0001F600\"",
    "]\n",
    "that = 'write $X/y by z'\n",
    "otherwise = ",
    "'deny'\n",
    "probes = 3\n",
    "\"connect tcp [::1\"",
    ", ",
    "'''\nraed /x\n'''",
    "\"\"\"re\\\n ad\"\"\"",
    "unit = ''\n",
    "é",
    "\"",
    "'",
    "\\",
    "{",
    "= 1979-05-27\n",
    "\0",
    "# \x1b[2J\n",
    "'any {a,b} by'",
];

#[test]
fn a_blank_that_is_kept_is_no_object() {
    for rule in ["\\\\  ", "read\\\\  ", "\\\\ ", "read,\\\\   "] {
        let faults = Policy::parse(&format!("version = 1\n[default]\nallow = [\"{rule}\"]\n"), "p").err();
        assert!(faults.is_some_and(|faults| !faults.list.is_empty()), "{rule}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_is_a_policy_or_wrong(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20), any in ".{0,8}", at in 0usize..20) {
        let mut words: Vec<&str> = pieces;
        words.insert(at.min(words.len()), &any);
        if let Err(faults) = Policy::parse(&words.concat(), "p") {
            let said = faults.to_string();
            prop_assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", said);
            prop_assert!(!faults.list.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_a_policy_or_wrong(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = Policy::parse_bytes(&bytes, "p").map_err(|faults| faults.to_string());
    }

    #[test]
    fn any_rule_is_one_or_wrong(rule in "(read|connect|any|run|raed|,| |tcp|unix|by|/|\\*|127.0.0.1|:|80|-|\\[|::1|\\]|example.com|AF_X|@|\\$HOME|\\\\|é){0,12}") {
        let text = format!("version = 1\n[default]\ndeny = ['{rule}']\n");
        match Policy::parse(&text, "p") {
            Ok(policy) => {
                let what = ["1 read /é", "1 connect tcp 127.0.0.1:80", "1 send unix @x", "1 run /a", "1 bind AF_NETLINK x"];
                policy.judge(&evidence(what.iter().map(|text| access(text)).collect()), &variables());
            }
            Err(faults) => prop_assert!(faults.list.iter().all(|fault| fault.line == 3), "{}", faults),
        }
    }
}
