//! What is learned, to the letter; and that it allows what it was learned from.

use proptest::prelude::*;

use super::*;
use crate::tools::audit::evidence::{Access, HostName, KnownBy};
use crate::tools::audit::policy::Policy;
use crate::tools::audit::policy::tests::{access, evidence, policy, variables};

#[test]
fn a_learned_policy_is_short_and_general() {
    let mut seen: Vec<Access> = Vec::new();
    for unit in 1..4 {
        seen.push(access(&format!("{unit} read /usr/lib/libc.so.6")));
        seen.push(access(&format!("{unit} read /etc/ld.so.cache")));
        seen.push(access(&format!("{unit} create /tmp/.tmpAb{unit}dE9/x")));
        seen.push(access(&format!("{unit} write /proc/{unit}42/oom_score_adj")));
    }
    seen.extend((0..9).map(|n| access(&format!("1 read /h/u/p/data/{n}.json"))));
    seen.extend((0..6).map(|n| access(&format!("2 connect tcp 127.0.0.1:80{n}"))));
    for text in [
        "0 run /usr/bin/cargo",
        "0 run /usr/bin/cargo-nextest",
        "0 run /usr/bin/a,b",
        "0 run /opt/bin/x*y",
        "0 connect tcp 1.2.3.4:443 index.example.com",
        "0 write /h/u/p/target/debug/deps/x-0123456789abcdef",
        "1 connect tcp 127.0.0.1:8080",
        "1 bind tcp ephemeral",
        "1 send AF_NETLINK kernel",
        "1 read /h/u/.config/it's = 13",
        "1 read /h/u/nothing = 2",
        "2 connect unix @x-0123456789abcdef0",
        "2 rename /tmp/a -> /h/u/p/a*b",
        "3 connect tcp 127.0.0.1:8080",
    ] {
        seen.push(access(text));
    }
    let evidence =
        Evidence { command: vec![b"cargo".to_vec(), b"t\x1b\n".to_vec()], source: "ebpf".to_owned(), ..evidence(seen) };
    let learned = learn(std::slice::from_ref(&evidence), &variables());
    assert_eq!(learned, include_str!("learned.toml"));
    assert_eq!(policy(&learned).judge(&evidence, &variables()).violations, Vec::new());
}

#[test]
fn what_the_first_to_need_it_does_is_no_units_own() {
    let run = |first: usize| {
        let mut seen: Vec<Access> =
            ["0 read /h/u/p/src/a.py", "0 list /h/u/p/src", "0 write /h/u/p/.pytest_cache/v/x"].map(access).into();
        for text in [
            "read /h/u/p/src/a.py",
            "list /h/u/p/src",
            "create /h/u/p/src/__pycache__/a.pyc",
            "run /h/u/tool",
            "read /h/u/data",
        ] {
            seen.push(access(&format!("{first} {text}")));
        }
        seen.extend(["1 write /h/u/p/one", "2 write /h/u/p/two", "3 read /h/u/p/own"].map(access));
        Evidence { command: vec![b"pytest".to_vec()], source: "ebpf".to_owned(), ..evidence(seen) }
    };
    let learned = learn(&[run(1), run(2), run(3)], &variables());
    let default = learned.split("[default]").nth(1).and_then(|rest| rest.split("[[unit]]").next()).expect("a section");
    for rule in [
        "run $HOME/tool",
        "read $HOME/data",
        "create $WORKSPACE/**/__pycache__/**",
        "write $WORKSPACE/**/.pytest_cache/**",
        "list $WORKSPACE/src",
    ] {
        assert!(default.contains(rule), "{rule}: {learned}");
    }
    for (unit, rule) in [
        ("net one", "write $WORKSPACE/one"),
        ("net two", "write $WORKSPACE/two"),
        ("disk three", "read $WORKSPACE/own"),
    ] {
        let section = learned.split("[[unit]]").find(|section| section.contains(unit)).expect("a section");
        assert!(section.contains(rule) && section.matches("$").count() == 1, "{rule}: {learned}");
    }
}

/// However many programs were run of a directory, and however much was read of what a user has, what was not is not allowed.
#[test]
fn what_is_new_is_not_allowed_for_its_neighbours() {
    let seen = (0..30).flat_map(|n| {
        [
            format!("1 run /usr/bin/tool{n}"),
            format!("1 run /h/u/p/target/debug/deps/suite{n}"),
            format!("1 run /tmp/.tmpAb{}dE9/built{n}", n % 10),
            format!("1 read /usr/share/x/{n}"),
            format!("1 read /h/u/.tool/{n}"),
            format!("1 read /h/u/.tool/cache/{n}"),
            format!("1 write /h/u/p/out/{n}"),
        ]
    });
    let seen = evidence(seen.map(|text| access(&text)).collect());
    let text = learn(std::slice::from_ref(&seen), &variables());
    assert!(text.contains("\"run /usr/bin/{tool0,tool1,tool10,"), "{text}");
    let learned = policy(&text);
    let check = |text: &str, allowed: bool| {
        let violations = learned.judge(&evidence(vec![access(text)]), &variables()).violations;
        assert_eq!(violations.is_empty(), allowed, "{text}");
    };
    check("1 run /usr/bin/tool7", true);
    check("1 run /usr/bin/curl", false);
    check("1 run /h/u/p/target/debug/deps/another", true);
    check("1 run /tmp/.tmpXy7Zw2/another", true);
    check("1 run /h/u/bin/another", false);
    check("1 read /usr/share/y", true);
    check("1 read /h/u/.tool/cache/another", true);
    check("1 read /h/u/.tool/credentials", false);
    check("1 read /h/u/.ssh/id_rsa", false);
    check("1 write /h/u/p/out/another", true);
    check("1 write /h/u/p/src", false);
}

#[test]
fn what_is_not_there_is_learned_from_nothing() {
    let learned = learn(&[Evidence::default()], &variables());
    assert!(learned.ends_with("version = 1\n\n[default]\notherwise = \"deny\"\nallow = []\n"), "{learned}");
    policy(&learned);
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let any = prop::collection::vec(any::<u8>().prop_filter("a name", |b| *b != 0 && *b != b'/'), 1..8);
    prop_oneof![
        4 => prop::sample::select(&["usr", "lib", "etc", "tmp", "h", "u", "p", "proc", "42", "target", "by", "a by b", ".tmpAb3dE9", "0123456789abcdef*"][..]).prop_map(|s| s.as_bytes().to_vec()),
        1 => any.prop_filter("resolved", |name| name != b"." && name != b".."),
    ]
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(name(), 0..5).prop_map(|names| [b"/", names.join(&b'/').as_slice()].concat())
}

fn object() -> impl Strategy<Value = (Object, bool)> {
    let address = prop_oneof![
        any::<([u8; 4], u16)>().prop_map(std::net::SocketAddr::from),
        any::<([u16; 8], u16)>().prop_map(std::net::SocketAddr::from),
        (0u16..10).prop_map(|port| ([127, 0, 0, 1], port).into()),
    ];
    let host = prop::option::of("([a-z]{1,5}\\.){0,2}[a-z0-9 ü]{0,4}\\.?");
    let inet = (prop::sample::select(&["tcp", "udp", "mptcp", "ip"][..]), address, any::<bool>(), host);
    prop_oneof![
        6 => path().prop_map(|path| (Object::File(path.into()), true)),
        2 => inet.prop_map(|(protocol, address, ephemeral, host)| {
            let hosts = host.into_iter().map(|name| HostName { by: KnownBy::Answer, name }).collect();
            (Object::Inet { protocol, address, ephemeral, hosts }, false)
        }),
        1 => path().prop_map(|path| (Object::Unix(path.into()), false)),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(|rest| (Object::Unix([b"@", &rest[..]].concat().into()), false)),
        1 => ".{0,5}".prop_map(|words| (Object::Other("AF_VSOCK", words), false)),
    ]
}

fn accesses() -> impl Strategy<Value = Vec<Access>> {
    let one = (0usize..4, object(), any::<prop::sample::Index>(), prop::sample::select(&[0u16, 0, 2, 13][..]), path());
    let one = one.prop_map(|(unit, (object, path), op, errno, to)| {
        let ops: Vec<Op> = Op::ALL.into_iter().filter(|op| (*op as usize <= Op::Run as usize) == path).collect();
        let op = *op.get(&ops);
        let to = matches!(op, Op::Rename | Op::Create).then(|| to.into());
        Access { unit, op, object, errno, to, passed: None, wrote: false, program: b"/bin/x"[..].into(), later: false }
    });
    prop::collection::vec(one, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_was_learned_allows_what_it_was_learned_from(accesses in accesses(), names in prop::collection::vec("[^\\p{Cc}]{0,6}", 6)) {
        let mut evidence = evidence(accesses);
        for (unit, pair) in evidence.units.iter_mut().skip(1).zip(names.chunks(2)) {
            (unit.suite, unit.name) = (pair[0].clone(), pair[1].clone());
        }
        let learned = learn(std::slice::from_ref(&evidence), &variables());
        prop_assert_eq!(&learned, &learn(std::slice::from_ref(&evidence), &variables()));
        match Policy::parse(&learned, "learned.toml") {
            Err(faults) => prop_assert!(false, "{}\n{}", faults, learned),
            Ok(policy) => {
                let judged = policy.judge(&evidence, &variables());
                let wrong: Vec<&Access> = judged.violations.iter().map(|v| &evidence.accesses[v.access]).collect();
                prop_assert!(wrong.is_empty(), "{:?}\n{}", wrong, learned);
            }
        }
    }
}
