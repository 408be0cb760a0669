//! What policies allow, deny and expect.

use std::time::{Duration, Instant};

use super::{access, evidence, policy, variables};
use crate::tools::audit::evidence::{Access, Evidence, Object, Op, Real, Unit};

/// One access under one policy: the rule against it, if any.
fn ruling(text: &str, what: &str) -> Option<String> {
    let judged = policy(&format!("version = 1\n{text}")).judge(&evidence(vec![access(what)]), &variables());
    judged.violations.into_iter().next().map(|violation| violation.rule)
}

#[test]
fn rules_speak_of_what_they_say() {
    let check = |rule: &str, what: &str, expected: bool| {
        let denied = ruling(&format!("[default]\ndeny = ['{rule}']\n"), what).is_some();
        assert_eq!(denied, expected, "deny {rule}: {what}");
    };
    for (rule, what, expected) in [
        ("read /etc/**", "1 read /etc/passwd", true),
        ("read /etc/**", "1 write /etc/passwd", false),
        ("read,write /etc/**", "1 write /etc/passwd", true),
        ("file /etc/**", "1 list /etc", true),
        ("file /etc/**", "1 run /etc/x", false),
        ("change /etc/**", "1 chmod /etc/x", true),
        ("change /etc/**", "1 read /etc/x", false),
        ("any /etc/**", "1 run /etc/x", true),
        ("* /etc/**", "1 truncate /etc/x", true),
        ("any *", "1 connect tcp 1.2.3.4:5", true),
        ("any *", "1 read /x", true),
        ("read,connect *", "1 connect unix /x", true),
        ("read,connect *", "1 send unix /x", false),
        ("read $HOME/.ssh/**", "1 read /h/u/.ssh/id", true),
        ("read $WORKSPACE/**", "1 read /h/u/p/x", true),
        ("read $WORKSPACE/**", "1 read /h/u/q", false),
        ("run cargo", "1 run /usr/bin/cargo", true),
        ("run cargo", "1 run /usr/bin/cargo-nextest", false),
        ("run cargo*", "1 run /usr/bin/cargo-nextest", true),
        ("run /usr/bin/*", "1 run /usr/bin/x", true),
        ("run *", "1 run /usr/bin/x", true),
        ("read /etc/passwd by git", "1 read /etc/passwd by /usr/bin/git", true),
        ("read /etc/passwd by git", "1 read /etc/passwd by /usr/bin/id", false),
        ("read /etc/passwd by /usr/bin/id", "1 read /etc/passwd by /usr/bin/id", true),
        ("read /etc/passwd by $HOME/**", "1 read /etc/passwd by /h/u/bin/id", true),
        ("read /a\\ by\\ b", "1 read /a by b", false),
        ("connect tcp 127.0.0.0/8:*", "1 connect tcp 127.0.0.1:80", true),
        ("connect tcp 127.0.0.0/8:*", "1 connect mptcp 127.0.0.1:80", true),
        ("connect tcp 127.0.0.0/8:*", "1 connect udp 127.0.0.1:80", false),
        ("connect 127.0.0.0/8:*", "1 connect udp 127.0.0.1:80", true),
        ("connect * 127.0.0.0/8:*", "1 connect udp 127.0.0.1:80", true),
        ("any 127.0.0.1:80", "1 bind tcp 127.0.0.1:80", true),
        ("any tcp 127.0.0.1", "1 bind tcp 127.0.0.1:80", true),
        ("connect * *.example.com:443", "1 connect tcp 1.2.3.4:443 www.example.com", true),
        ("connect * *.example.com:443", "1 connect tcp 1.2.3.4:443", false),
        ("connect,send udp [::]/0:53", "1 send udp [::1]:53", true),
        ("connect,send udp [::]/0:53", "1 send udp 8.8.8.8:53", false),
        ("bind,listen tcp *:ephemeral", "1 bind tcp ephemeral", true),
        ("bind,listen tcp *:ephemeral", "1 bind tcp 127.0.0.1:80", false),
        ("bind unix /run/**", "1 bind unix /run/x.sock", true),
        ("bind unix /run/**", "1 bind unix @/run/x.sock", false),
        ("connect unix @*", "1 connect unix @/tmp/x", true),
        ("connect unix @*", "1 connect unix /tmp/x", false),
        ("connect unix *", "1 connect unix /tmp/x", true),
        ("connect unix $TMPDIR/*", "1 connect unix /tmp/x", true),
        ("network *", "1 send AF_NETLINK 0", true),
        ("connect AF_NETLINK", "1 connect AF_NETLINK kernel", true),
        ("connect AF_NETLINK user*", "1 connect AF_NETLINK kernel", false),
        ("connect * *", "1 connect unix /x", false),
    ] {
        check(rule, what, expected);
    }
}

#[test]
fn the_special_has_precedence_and_deny_over_allow() {
    let check = |text: &str, what: &str, expected: Option<&str>| {
        assert_eq!(ruling(text, what).as_deref(), expected, "{what}\n{text}");
    };
    let text = "[default]\notherwise = 'deny'\nallow = ['read /a/**', 'read /c']\ndeny = ['read /a/b/**']\n\
        [[unit]]\nmatch = 'net *'\nallow = ['read /a/b/x']\ndeny = ['read /c']\n\
        [[unit]]\nmatch = ['one']\notherwise = 'allow'\n[harness]\nallow = ['read /h']\n";
    check(text, "3 read /a/x", None);
    check(text, "3 read /a/b/x", Some("deny read /a/b/** (tracer.toml:5)"));
    check(text, "3 read /z", Some("otherwise = \"deny\" (tracer.toml:3)"));
    check(text, "3 read /c", None);
    check(text, "1 read /a/b/x", None);
    check(text, "1 read /a/b/y", Some("deny read /a/b/** (tracer.toml:5)"));
    check(text, "1 read /c", Some("deny read /c (tracer.toml:9)"));
    check(text, "1 read /z", None);
    check(text, "2 read /z", Some("otherwise = \"deny\" (tracer.toml:3)"));
    check(text, "0 read /h", None);
    check(text, "1 read /h", None);
    check(text, "2 read /h", Some("otherwise = \"deny\" (tracer.toml:3)"));
    // Sections of one unit that differ: deny has precedence, wherever it stands.
    let differ = "[[unit]]\nmatch = 'net'\notherwise = 'allow'\n[[unit]]\nmatch = 'one'\notherwise = 'deny'\n";
    check(differ, "1 read /z", Some("otherwise = \"deny\" (tracer.toml:7)"));
    check(differ, "2 read /z", None);
    check("", "1 read /z", None);
    // No [[unit]] speaks of the harness.
    check("[[unit]]\nmatch = '*'\notherwise = 'deny'\n", "0 read /z", None);
    check("[[unit]]\nmatch = 'harness'\notherwise = 'deny'\n", "0 read /z", None);
}

#[test]
fn where_nothing_runs_tests_the_command_is_a_unit() {
    let seen = Evidence { units: vec![Unit::none(false)], accesses: vec![access("0 read /z")], ..Evidence::default() };
    let check = |text: &str, expected: bool| {
        let judged = policy(&format!("version = 1\n{text}")).judge(&seen, &variables());
        assert_eq!(!judged.violations.is_empty(), expected, "{text}");
    };
    for (name, expected) in [("command", true), ("comm*", true), ("*", true), ("harness", false), ("comman", false)] {
        check(&format!("[[unit]]\nmatch = '{name}'\notherwise = 'deny'\n"), expected);
        check(&format!("[default]\nallow = ['read /z']\n[[unit]]\nmatch = '{name}'\ndeny = ['read /z']\n"), expected);
    }
    check("[[unit]]\nmatch = 'command'\nallow = ['read /z']\n[harness]\notherwise = 'deny'\n", false);
}

#[test]
fn a_section_that_fits_no_unit_is_told() {
    let seen = evidence(Vec::new());
    let check = |text: &str, expected: Option<&str>| {
        assert_eq!(policy(&format!("version = 1\n{text}")).unfitted(&seen).as_deref(), expected, "{text}");
    };
    check("", None);
    check("[[unit]]\nmatch = 'net one'\n[[unit]]\nmatch = ['gone', 'disk']\n", None);
    check(
        "[[unit]]\nmatch = 'net one'\n[[unit]]\nmatch = ['net', 'gone']\n[[unit]]\nmatch = 'three '\n",
        Some("no unit of this run fits [[unit]] three  (tracer.toml:7)"),
    );
    check("[[unit]]\nmatch = ['a', 'b']\n", Some("no unit of this run fits [[unit]] a, b (tracer.toml:3)"));
    check("[[unit]]\nmatch = 'harness'\n", Some("no unit of this run fits [[unit]] harness (tracer.toml:3)"));
    let many: String = (0..10).map(|name| format!("[[unit]]\nmatch = 'x{name}'\n")).collect();
    let told = policy(&format!("version = 1\n{many}")).unfitted(&seen).expect("a remark");
    assert!(told.ends_with("x7 (tracer.toml:17), and 2 more"), "{told}");
}

#[test]
fn a_rule_that_denies_speaks_of_failed_attempts_too() {
    let check = |more: &str, what: &str, expected: bool| {
        let text = format!("[default]\ndeny = ['any *']\n{more}");
        assert_eq!(ruling(&text, what).is_some(), expected, "{what} {more}");
    };
    check("", "1 read /x = 13", true);
    check("", "1 read /x = 2", true);
    check("", "1 list /x = 20", true);
    check("", "1 run /x = 2", true);
    check("", "1 connect unix /x = 2", true);
    check("", "1 connect tcp 127.0.0.1:1 = 111", true);
    check("", "1 delete /x = 2", true);
    check("", "1 create /x = 2", true);
    check("probes = 'deny'\n", "1 read /x = 2", true);
    check("[[unit]]\nmatch='one'\nprobes = 'deny'\n", "1 read /x = 2", true);
    check("probes = 'allow'\n", "1 read /x = 2", false);
    check("probes = 'allow'\n", "1 read /x = 13", true);
    check("[[unit]]\nmatch='one'\nprobes = 'allow'\n", "1 read /x = 2", false);
    check("[[unit]]\nmatch='one'\nprobes = 'allow'\n", "2 read /x = 2", true);
    check("probes = 'deny'\n[harness]\nprobes = 'allow'\n", "0 read /x = 2", false);
}

#[test]
fn what_no_rule_speaks_of_may_be_looked_for() {
    let check = |more: &str, what: &str, expected: bool| {
        let text = format!("[default]\notherwise = 'deny'\ndeny = ['read /key']\n{more}");
        assert_eq!(ruling(&text, what).is_some(), expected, "{what} {more}");
    };
    check("", "1 read /x = 2", false);
    check("", "1 list /x = 20", false);
    check("", "1 run /x = 2", false);
    check("", "1 connect unix /x = 2", false);
    check("", "1 read /x = 13", true);
    check("", "1 read /key = 2", true);
    check("allow = ['any *']\n", "1 read /key = 2", true);
    check("[[unit]]\nmatch='one'\nallow = ['read /key']\n", "1 read /key = 2", false);
    check("probes = 'deny'\n", "1 read /x = 2", true);
    check("probes = 'deny'\n", "1 connect unix /x = 20", true);
    check("[[unit]]\nmatch='one'\nprobes = 'deny'\n", "1 read /x = 2", true);
    check("[[unit]]\nmatch='one'\nprobes = 'deny'\n", "2 read /x = 2", false);
}

#[test]
fn who_may_connect_may_send() {
    let check = |text: &str, accesses: &[&str], expected: &[usize]| {
        let seen = evidence(accesses.iter().map(|what| access(what)).collect());
        let judged = policy(&format!("version = 1\n[default]\n{text}\n")).judge(&seen, &variables());
        let found: Vec<usize> = judged.violations.iter().map(|violation| violation.access).collect();
        assert_eq!(found, expected, "{text}");
    };
    let peer = ["1 connect udp 10.0.0.1:53", "1 send udp 10.0.0.1:53"];
    let allowed = "otherwise = 'deny'\nallow = ['connect *']";
    check(allowed, &peer, &[]);
    check("allow = ['connect *']\ndeny = ['send udp *']", &peer, &[1]);
    check("otherwise = 'deny'", &peer, &[0]);
    // To others, and of others.
    check(allowed, &["1 connect udp 10.0.0.1:53", "1 send udp 10.0.0.2:53", "2 send udp 10.0.0.1:53"], &[1, 2]);
    check("otherwise = 'deny'\nallow = ['bind *']", &["1 bind AF_NETLINK kernel", "1 send AF_NETLINK kernel"], &[]);
    check("otherwise = 'deny'\nallow = ['bind *']", &["1 bind udp 10.0.0.1:53", "1 send udp 10.0.0.1:53"], &[1]);
}

#[test]
fn a_program_is_run_by_all_its_names() {
    let passed = Access { passed: Some(b"/w/tool"[..].into()), ..access("1 run /usr/bin/dash") };
    let also = vec![b"/w/real".to_vec(), b"/bin/sh".to_vec()];
    let mut seen = evidence(vec![passed.clone()]);
    seen.real.insert(0, vec![Real { access: passed, also, by: Vec::new() }]);
    let check = |text: &str, expected: bool| {
        let judged = policy(&format!("version = 1\n[default]\n{text}\n")).judge(&seen, &variables());
        assert_eq!(judged.violations.is_empty(), !expected, "{text}");
    };
    for rule in ["/usr/bin/dash", "dash", "/w/tool", "tool", "/w/*", "/w/real", "real", "/bin/sh", "sh"] {
        check(&format!("deny = ['run {rule}']"), true);
        check(&format!("otherwise = 'deny'\nallow = ['run {rule}']"), false);
        check(&format!("allow = ['run {{dash,x}}']\ndeny = ['run {rule}']"), true);
        check(&format!("[[expect]]\nthat = 'run {rule}'"), false);
    }
    for rule in ["/usr/bin/sh", "bash", "/w"] {
        check(&format!("deny = ['run {rule}']"), false);
        check(&format!("otherwise = 'deny'\nallow = ['run {rule}']"), true);
    }
}

#[test]
fn rules_are_held_against_real_names() {
    let shown = access("1 write /tmp/tmp.<random>/x");
    let mut seen = evidence(vec![access("1 read /a"), shown]);
    let real = |text: &str| Real { access: access(text), also: Vec::new(), by: Vec::new() };
    seen.real.insert(1, vec![real("1 write /tmp/tmp.sjCV0AFEKc/x"), real("1 write /tmp/tmp.bbbbbbbbbb/x")]);
    let check = |text: &str, expected: &[usize]| {
        let judged = policy(&format!("version = 1\n[default]\n{text}\n")).judge(&seen, &variables());
        let found: Vec<usize> = judged.violations.iter().map(|violation| violation.access).collect();
        assert_eq!(found, expected, "{text}");
    };
    check("deny = ['write /tmp/tmp.sjCV0AFEKc/x']", &[1]);
    check("deny = ['write /tmp/tmp.bbbbbbbbbb/*']", &[1]);
    check("deny = ['write /tmp/tmp.cccccccccc/x']", &[]);
    check("deny = ['write /tmp/tmp.<random>/x']", &[]);
    check("otherwise = 'deny'\nallow = ['read /a', 'write /tmp/tmp.sjCV0AFEKc/x']", &[1]);
    check("otherwise = 'deny'\nallow = ['read /a', 'write /tmp/tmp.*/x']", &[]);
    check("[[expect]]\nthat = 'write /tmp/tmp.sjCV0AFEKc/x'", &[]);
}

#[test]
fn a_rename_is_judged_by_both_names() {
    let check = |rules: &str, expected: bool| {
        let text = format!("[default]\notherwise = 'deny'\n{rules}\n");
        assert_eq!(ruling(&text, "1 rename /a/x -> /b/y").is_none(), expected, "{rules}");
    };
    check("allow = ['rename /a/**', 'rename /b/**']", true);
    check("allow = ['delete /a/**', 'create /b/**']", true);
    check("allow = ['rename /{a,b}/**']", true);
    check("allow = ['rename /a/**']", false);
    check("allow = ['rename /b/**']", false);
    check("allow = ['create /a/**', 'delete /b/**']", false);
    check("allow = ['change /**']\ndeny = ['create /b/y']", false);
    check("allow = ['change /**']\ndeny = ['delete /b/y', 'create /a/x']", true);
    // Of links, only the name that is made.
    let link = "[default]\ndeny = ['create /secret']\n";
    assert_eq!(ruling(link, "1 create /x -> /secret"), None);
}

#[test]
fn claims_are_checked() {
    let did =
        ["1 write /h/u/p/target/r.xml", "2 connect tcp 127.0.0.1:80 = 115", "2 read /a = 13", "3 rename /t -> /u"];
    let mut evidence = evidence(did.iter().map(|text| access(text)).collect());
    evidence.accesses.push(Access { wrote: false, ..access("3 write /opened") });
    evidence.accesses.push(Access { wrote: true, ..access("3 rename /new -> /replaced") });
    let kept = Access { wrote: true, ..access("3 write /d/moved by /bin/cc") };
    evidence.kept = vec![Real { access: kept, also: Vec::new(), by: vec![b"/bin/c99".to_vec()] }];
    let check = |text: &str, expected: &[(Option<usize>, &str)]| {
        let judged = policy(&format!("version = 1\n[[expect]]\n{text}\n")).judge(&evidence, &variables());
        let unmet: Vec<_> = judged.unmet.iter().map(|unmet| (unmet.unit, unmet.rule.as_str())).collect();
        assert_eq!(unmet, expected, "{text}");
    };
    check("that = 'write $TARGET/r.xml'", &[]);
    check("that = ['write $TARGET/r.xml', 'write /nope']", &[(None, "expect write /nope (tracer.toml:3)")]);
    check("that = 'write /opened'", &[(None, "expect write /opened (tracer.toml:3)")]);
    check("that = 'read /a'", &[(None, "expect read /a (tracer.toml:3)")]);
    check("that = 'connect tcp 127.0.0.1:80'", &[]);
    check("that = 'create /u'", &[]);
    check("that = ['write /replaced', 'create /replaced']", &[]);
    check("that = 'write /new'", &[(None, "expect write /new (tracer.toml:3)")]);
    check("unit = 'three'\nthat = ['write /d/moved', 'write /d/* by cc', 'write /d/** by c99']", &[]);
    check("that = 'write /d/moved by mv'", &[(None, "expect write /d/moved by mv (tracer.toml:3)")]);
    check("that = 'create /d/moved'", &[(None, "expect create /d/moved (tracer.toml:3)")]);
    check("that = 'write /u'", &[(None, "expect write /u (tracer.toml:3)")]);
    check("unit = 'net one'\nthat = 'write $TARGET/r.xml'", &[]);
    check("unit = 'net'\nthat = 'write $TARGET/*'", &[(Some(2), "expect write $TARGET/* (tracer.toml:4)")]);
    check("unit = 'nobody'\nthat = 'read /a'", &[(None, "expect read /a (tracer.toml:4): no unit of this name ran")]);
}

#[test]
fn variables_are_the_machine_s() {
    let text = "version = 1\n[variables]\nFIXTURES = '$TESTS/fixtures'\nTESTS = '$WORKSPACE/t\\*'\n\
        [default]\ndeny = ['read $FIXTURES/**', 'read $TARGET/x']\n";
    let policy = policy(text);
    let read = |path: &str| evidence(vec![access(&format!("1 read {path}"))]);
    assert_eq!(policy.judge(&read("/h/u/p/t*/fixtures/x"), &variables()).violations.len(), 1);
    assert_eq!(policy.judge(&read("/h/u/p/tx/fixtures/x"), &variables()).violations.len(), 0);
    let fewer = crate::tools::audit::evidence::Variables(vec![("HOME", b"/h".to_vec())]);
    assert_eq!(policy.judge(&read("/x"), &fewer).violations.len(), 0);
    assert_eq!(policy.unknown_variables(&fewer), ["FIXTURES", "TARGET"]);
    assert_eq!(policy.unknown_variables(&variables()), Vec::<&str>::new());
}

#[test]
fn many_accesses_and_rules_take_little_time() {
    let rules: Vec<String> = (0..200)
        .map(|n| match n % 4 {
            0 => format!("'read,list /data/{n}/**'"),
            1 => format!("'write /**/out{n}/*.log'"),
            2 => format!("'read /data/*/{n}/**/x{n}*' "),
            _ => format!("'connect tcp 10.{n}.0.0/16:443'"),
        })
        .collect();
    let policy = policy(&format!("version = 1\n[default]\notherwise = 'deny'\nallow = [{}]\n", rules.join(", ")));
    let accesses = (0..100_000usize).map(|n| {
        let mut one = access("1 read /x");
        (one.unit, one.op) = (n % 4, [Op::Read, Op::Write, Op::List, Op::Connect][n % 4]);
        one.object = match n % 4 {
            3 => access(&format!("1 connect tcp 10.{}.0.{}:443", n % 250, n % 200)).object,
            _ => Object::File(
                format!("/data/{}/{}/some/where/out{}/{n}.log", n % 300, n % 200, n % 200).into_bytes().into(),
            ),
        };
        one
    });
    let evidence = evidence(accesses.collect());
    let begin = Instant::now();
    let judged = policy.judge(&evidence, &variables());
    let took = begin.elapsed();
    assert!((1000..99_000).contains(&judged.violations.len()), "{}", judged.violations.len());
    println!("100000 accesses against 200 rules: {took:?}");
    // Twenty times what it takes: the machine may be busy, and the build not optimised.
    assert!(took < Duration::from_secs(20), "{took:?}");
}
