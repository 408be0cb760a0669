//! Command lines of ss and what they come to; filters and what they mean; no words make it panic.

use proptest::prelude::*;

use super::*;
use crate::tools::ss::request::{Expression, HostWord, tables};

fn ask(line: &str) -> Result<Request, String> {
    let words: Vec<OsString> = line.split_whitespace().map(Into::into).collect();
    match parse("ss", false, &words) {
        Ok(Asked::List(request)) => Ok(*request),
        Ok(other) => Err(format!("{other:?}")),
        Err(fault) => Err(crate::cli::fault::UsageError::new("ss", 2, fault).to_string()),
    }
}

#[test]
fn options_choose_tables_families_and_states() {
    let connected = 0b11_1011_0011_0111;
    let check = |line: &str, tables: u32, families: &[i32], states: u32| {
        let request = ask(line).expect(line);
        let bits: u64 = families.iter().map(|family| 1u64 << family).sum();
        assert_eq!((request.tables, request.families, request.states), (tables, bits, states), "{line}");
    };
    let both = [libc::AF_INET, libc::AF_INET6];
    check("-t", tables::TCP, &both, connected);
    check("-ta", tables::TCP, &both, 0x3fff);
    check("-tl", tables::TCP, &both, 1 << 10 | 1 << 7);
    check("-u", tables::UDP, &both, 1 << 1);
    check("-4", tables::INET, &[libc::AF_INET], connected);
    check("-tx", tables::TCP | tables::UNIX, &[libc::AF_INET, libc::AF_INET6, libc::AF_UNIX], connected);
    check("-t state time-wait", tables::TCP, &both, 1 << 6);
    check("state established -t state syn-sent", tables::TCP, &both, 1 << 1 | 1 << 2);
    check("-t exclude listening excl closed", tables::TCP, &both, 0x3fff & !(1 << 10 | 1 << 7));
    check("-A tcp,udp", tables::TCP | tables::UDP, &both, connected);
    check("-a -A unix,!u_dgr", tables::UNIX & !tables::UNIX_DGRAM, &[libc::AF_UNIX], 0x3fff);
    check("-f netlink", tables::NETLINK, &[libc::AF_NETLINK], 1 << 7);
    check("-tn src inet6:[::1]", tables::TCP, &[libc::AF_INET6], connected);
}

#[test]
fn what_is_refused_says_why() {
    let check = |line: &str, expected: &str| {
        let error = ask(line).expect_err(line);
        assert!(error.contains(expected), "{line}: {error}");
    };
    check("-z", "labels of sockets");
    check("-f inte", "did you mean 'inet'?");
    check("-A tcp,upd", "did you mean 'udp'?");
    check("state estab", "'estab' is not a state");
    check("state", "needs the name of a state");
    check("-A !tcp", "no tables of sockets");
    check("--nonsense", "unrecognized option");
    check("-F a -F b", "more than one file");
}

/// An expression as text with all its parentheses.
fn spelled(expression: &Expression) -> String {
    let host = |local: &bool, sign: &str, word: &HostWord| {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "*".to_owned());
        format!("{}{sign}{}:{}", if *local { "local" } else { "peer" }, part(&word.address), part(&word.port))
    };
    match expression {
        Expression::And(a, b) => format!("({} & {})", spelled(a), spelled(b)),
        Expression::Or(a, b) => format!("({} | {})", spelled(a), spelled(b)),
        Expression::Not(a) => format!("!{}", spelled(a)),
        Expression::Is(local, word) => host(local, "=", word),
        Expression::AtLeast(local, word) => host(local, ">=", word),
        Expression::AtMost(local, word) => host(local, "<=", word),
        Expression::Device(word) => format!("dev={}", word.text),
        Expression::Mark(mark, mask) => format!("mark={mark:#x}/{mask:#x}"),
        Expression::Cgroup(word) => format!("cgroup={}", word.text),
        Expression::Autobound => "autobound".to_owned(),
    }
}

#[test]
fn filters_mean_what_ss_takes_them_for() {
    let check = |line: &str, expected: &str| {
        let request = ask(&format!("-ta {line}")).expect(line);
        assert_eq!(request.filter.as_ref().map(spelled).as_deref(), Some(expected), "{line}");
    };
    check("sport = :8080", "local=*:8080");
    check("sport :8080", "local=*:8080");
    check("dport ssh", "peer=*:ssh");
    check("dst 192.168.1.100", "peer=192.168.1.100:*");
    check("dst :5432", "peer=*:5432");
    check("src 10.0.0.0/8:80", "local=10.0.0.0/8:80");
    check("src [::1]:80", "local=::1:80");
    check("src [fe80::]/10", "local=fe80:::/10");
    check("src *:80", "local=*:80");
    check("sport gt :1", "!local<=*:1");
    check("sport < :1", "!local>=*:1");
    check("sport >= 1 dport le 2", "(local>=*:1 & peer<=*:2)");
    check("sport neq :1", "!local=*:1");
    check("sport = :1 or sport = :2 and dport = :3", "((local=*:1 | local=*:2) & peer=*:3)");
    check("sport = :1 or ( sport = :2 and dport = :3 )", "(local=*:1 | (local=*:2 & peer=*:3))");
    check("not sport = :1 sport = :2", "(!local=*:1 & local=*:2)");
    check("! ( sport = :1 || sport = :2 )", "!(local=*:1 | local=*:2)");
    check("dev lo", "dev=lo");
    check("dev != lo", "!dev=lo");
    check("fwmark = 0x10/0xf0", "mark=0x10/0xf0");
    check("fwmark != 010", "!mark=0x8/0xffffffff");
    check("cgroup = /a\\ b", "cgroup=/a\\ b".replace("\\ ", " ").as_str());
    check("autobound & sport = :1", "(autobound & local=*:1)");
    check("src unix:/tmp/*", "local=/tmp/*:*");
    check("dst netlink:rtnl:kernel", "peer=rtnl:kernel");
}

#[test]
fn errors_point_at_the_word() {
    let check = |line: &str, expected: &str| {
        let error = ask(line).expect_err(line);
        assert!(error.contains(expected), "{line}:\n{error}\nexpected\n{expected}");
    };
    check("sport = :80 sprot = :81", "did you mean 'sport'?\n  sport = :80 sprot = :81\n              ^^^^^");
    check("( sport = :80", "this '(' is never closed\n  ( sport = :80\n  ^");
    check("sport = :80 )", "this ')' closes nothing\n  sport = :80 )\n              ^");
    check("sport =", "'sport' needs a port behind it\n  sport = ");
    check("src != 1.2.3.4", "'src' takes no '!='; put 'not' before it\n  src != 1.2.3.4\n      ^^");
    check("sport = and", "'sport' needs a port here, not 'and'\n  sport = and\n          ^^^");
    check("fwmark = x", "'x' is not a mark");
    check("src [::1", "'[::1' has a '[' without its ']'");
    check("not", "a test is missing at the end");
    check("sport = :1 or", "a test is missing at the end");
}

proptest! {
    #[test]
    fn any_words_are_a_request_or_an_error(words in prop::collection::vec("[ -~é]{0,12}|sport|dst|=|\\(|\\)|or|not|state|-A|:80|1.2.3.4", 0..12)) {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        if let Err(fault) = parse("ss", false, &words) {
            let text = crate::cli::fault::UsageError::new("ss", 2, fault).to_string();
            prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
    }

    #[test]
    fn nesting_has_an_end(depth in 1..2000usize, word in "\\(|not") {
        let line = format!("{word} ").repeat(depth);
        prop_assert!(ask(&line).is_err());
    }
}
