//! The index finds what asking each rule finds.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::tools::audit::evidence::Access;
use crate::tools::audit::policy::judge::sides;
use crate::tools::audit::policy::tests::{access, policy, variables};

/// The rules that speak of it, found by asking each: what the index must give, too.
fn plain(lookup: &Lookup<'_>, policy: &Policy, side: &Side<'_>, doer: &Doer<'_>) -> BTreeSet<usize> {
    let variables = variables();
    let places = policy.places(&variables);
    let own = if let Object::File(path) = &*side.object { Some(&**path) } else { None };
    let paths: Vec<&[u8]> = own.into_iter().chain(side.also.iter().copied()).filter(|p| p.starts_with(b"/")).collect();
    let also: Vec<Object> = side
        .also
        .iter()
        .map(|path| match &*side.object {
            Object::Unix(_) => Object::Unix((*path).into()),
            _ => Object::File((*path).into()),
        })
        .collect();
    let speaks = |number: usize| {
        let rule = &lookup.rules[number].rule;
        if let Target::Path(glob) = &rule.target {
            return places.patterns(glob).into_iter().any(|pattern| {
                policy.readings(pattern, rule.ops, lookup.denies[number]).into_iter().any(|reading| {
                    let within = !reading.ops.within(side.ops).is_empty();
                    let pattern = reading.pattern();
                    within && paths.iter().any(|path| components_match(&pattern, &names(path)))
                })
            });
        }
        let objects = std::iter::once(&*side.object).chain(&also);
        !rule.ops.within(side.ops).is_empty() && objects.into_iter().any(|object| lookup.speaks_of(number, object))
    };
    (0..lookup.rules.len()).filter(|&number| speaks(number) && lookup.done_by(number, doer)).collect()
}

fn check(rules: &[String], access: &Access, also: &[Vec<u8>], by: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let list = rules.iter().map(|rule| format!("'''{rule}''',\n")).collect::<String>();
    let mut policy = policy(&format!("version = 1\n[variables]\nX = '/a/b'\n[default]\ndeny = [\n{list}]\n"));
    // `/a/l` is a link to `/b`.
    let follow = |path: &[u8]| path.strip_prefix(b"/a/l").map_or(path.to_vec(), |rest| [b"/b", rest].concat());
    policy.follow(&variables(), follow);
    for denies in [true, false] {
        let all: Vec<&Placed> = policy.default.deny.iter().collect();
        let lookup = Lookup::new(&policy, all, vec![denies; policy.default.deny.len()], &variables());
        for side in sides(access, also) {
            let doer = Doer { program: &access.program, by };
            let mut hits = Vec::new();
            lookup.hits(&side, &doer, &mut hits);
            let hits: BTreeSet<usize> = hits.into_iter().collect();
            prop_assert_eq!(hits, plain(&lookup, &policy, &side, &doer), "{} {:?} {:?}", list, access, also);
        }
    }
    Ok(())
}

fn glob() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "l", "ab", "ba"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["*", "a*", "*b", "a?", "?", "[ab]", "{a,b*}", "*a*"]).prop_map(str::to_owned),
        1 => Just("**".to_owned()),
    ];
    let front = prop::sample::select(vec!["/", "/", "/", "$X/", "$HOME/"]);
    (front, prop::collection::vec(name, 1..4)).prop_map(|(front, names)| format!("{front}{}", names.join("/")))
}

fn rule() -> impl Strategy<Value = String> {
    let words = |words: &'static [&'static str]| prop::sample::select(words.to_vec()).prop_map(str::to_owned);
    let path = (words(&["read", "write", "change", "any", "run", "rename", "create,delete"]), glob());
    let target = prop_oneof![
        6 => path.prop_map(|(ops, glob)| format!("{ops} {glob}")),
        1 => words(&["any *", "read *", "connect *", "run a", "run *b", "run {a,b?}", "network *"]),
        3 => words(&[
            "connect tcp 10.0.0.0/8:80", "connect tcp 10.1.2.3", "connect tcp *:80", "connect tcp *", "connect tcp a.b:80",
            "connect * *.b", "connect tcp [::ffff:10.1.2.3]:*", "connect [::]/0", "bind *:ephemeral", "connect udp *:1-90",
            "connect unix *", "connect unix @a*", "connect unix @*b", "connect unix @ab", "connect AF_NETLINK",
            "connect AF_NETLINK a*", "send AF_NETLINK *b",
        ]),
        2 => glob().prop_map(|glob| format!("connect unix {glob}")),
    ];
    let by = prop_oneof![
        3 => Just(String::new()),
        1 => words(&["a", "b*", "*", "{a,b}"]).prop_map(|name| format!(" by {name}")),
        1 => glob().prop_map(|glob| format!(" by {glob}")),
    ];
    (target, by).prop_map(|(target, by)| format!("{target}{by}"))
}

fn path() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "l", "ab", "ba", "h", "u"]);
    prop::collection::vec(name, 0..5).prop_map(|names| format!("/{}", names.join("/")))
}

fn done() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec!["read", "write", "run", "delete", "chmod", "create"]);
    prop_oneof![
        4 => (op, path()).prop_map(|(op, path)| format!("1 {op} {path}")),
        1 => (path(), path()).prop_map(|(old, new)| format!("1 rename {old} -> {new}")),
        1 => path().prop_map(|path| format!("1 connect unix {path}")),
        2 => prop::sample::select(vec![
            "1 connect unix @ab", "1 connect unix @", "1 connect tcp 10.1.2.3:80", "1 connect tcp 10.1.2.3:80 a.b",
            "1 connect tcp [::ffff:10.1.2.3]:80 c.a.b", "1 connect mptcp [::1]:90 A.B.", "1 bind tcp ephemeral",
            "1 connect udp 1.2.3.4:80 b", "1 connect AF_NETLINK ab", "1 send AF_NETLINK b", "1 connect AF_NETLINK ",
        ]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// The index finds every rule that asking each finds, and no other.
    #[test]
    fn the_index_gives_what_asking_each_rule_gives(
        rules in prop::collection::vec(rule(), 1..12),
        what in done(),
        program in path(),
        also in prop::collection::vec(path(), 0..3),
        by in prop::collection::vec(path(), 0..2),
    ) {
        let access = access(&format!("{what} by {program}"));
        let bytes = |list: Vec<String>| list.into_iter().map(String::into_bytes).collect::<Vec<_>>();
        check(&rules, &access, &bytes(also), &bytes(by))?;
    }
}
