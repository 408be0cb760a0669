//! Made-up reports: one that has something of everything, one that has nothing wrong, one of a command that failed.

use std::net::{Ipv6Addr, SocketAddr};

use crate::tools::audit::evidence::stable::Stable;
use crate::tools::audit::evidence::timeline::{Process, Program};
use crate::tools::audit::evidence::*;

fn file(path: &str) -> Object {
    Object::File(path.as_bytes().into())
}

fn inet(protocol: &'static str, address: impl Into<SocketAddr>, ephemeral: bool, host: Option<&str>) -> Object {
    let hosts = host.map(|name| HostName { by: KnownBy::Answer, name: name.to_owned() }).into_iter().collect();
    Object::Inet { protocol, address: address.into(), ephemeral, hosts }
}

/// An access of a unit by its usual program.
fn access(unit: usize, op: Op, object: Object) -> Access {
    let program = match unit {
        0 => "/usr/bin/cargo-nextest",
        1..=4 => "/src/shop/target/debug/deps/cart-0123456789abcdef",
        _ => "/usr/bin/python3.13",
    };
    let wrote = op == Op::Write;
    Access {
        unit,
        op,
        object,
        errno: 0,
        to: None,
        passed: None,
        wrote,
        program: program.as_bytes().into(),
        later: false,
    }
}

fn unit(runner: Runner, suite: &str, name: &str) -> Unit {
    Unit { runner, suite: suite.into(), name: name.into() }
}

fn variables() -> Variables {
    let known =
        [("WORKSPACE", "/src/shop"), ("TARGET", "/src/shop/target"), ("HOME", "/users/ann"), ("TMPDIR", "/tmp")];
    Variables(known.map(|(name, path)| (name, path.into())).to_vec())
}

fn units() -> Vec<Unit> {
    let mut units = vec![
        unit(Runner::Harness, "", ""),
        unit(Runner::Nextest, "shop::cart", "tests::adds_an_item"),
        unit(Runner::Nextest, "shop::cart", "tests::prices::rounds_half_to_even_in_every_currency_that_has_no_cents"),
        unit(Runner::Nextest, "shop::cart", "tests::reads_the_key_of_the_developer"),
        unit(Runner::Nextest, "shop::cart", "tests::uses_io_uring"),
        unit(Runner::Pytest, "tests/test_api.py", "test_get[a|b<c>]"),
        unit(Runner::Generic, "", "smoke test"),
    ];
    units.extend((0..40).map(|n| unit(Runner::Generic, "load", &format!("step {n:02}"))));
    units
}

fn accesses() -> Vec<Access> {
    let mut all = vec![
        access(0, Op::Read, file("/src/shop/Cargo.toml")),
        access(0, Op::Run, file("/src/shop/target/debug/deps/cart-0123456789abcdef")),
        access(1, Op::Read, file("/etc/hostname")),
        access(1, Op::Create, file("/tmp/cart-1")),
        access(1, Op::Write, file("/tmp/cart-1")),
        Access { errno: libc::ENOENT as u16, ..access(2, Op::Read, file("/usr/share/zoneinfo/Nowhere")) },
        Access {
            passed: Some(b"/src/shop/fixtures/key"[..].into()),
            ..access(3, Op::Read, file("/users/ann/.ssh/id_ed25519"))
        },
        Access { errno: libc::EACCES as u16, ..access(3, Op::Write, file("/etc/passwd")) },
        Access { to: Some(b"/users/ann/.profile"[..].into()), ..access(3, Op::Rename, file("/tmp/profile")) },
        Access { to: Some(b"/etc/hosts"[..].into()), ..access(3, Op::Create, file("/tmp/link")) },
        Access { program: b"/usr/bin/curl"[..].into(), ..access(3, Op::Run, file("/usr/bin/curl")) },
        Access {
            program: b"/usr/bin/curl"[..].into(),
            errno: libc::ECONNREFUSED as u16,
            ..access(3, Op::Connect, inet("tcp", ([203, 0, 113, 7], 443), false, Some("telemetry.example.org")))
        },
        access(4, Op::Listen, inet("tcp", (Ipv6Addr::LOCALHOST, 0), true, None)),
        Access { wrote: false, ..access(4, Op::Write, Object::File(b"/tmp/caf\xe9"[..].into())) },
        access(5, Op::Send, inet("udp", ([192, 0, 2, 1], 53), false, None)),
        access(5, Op::Connect, Object::Unix(b"/tmp/api.sock"[..].into())),
        access(5, Op::Bind, Object::Unix(b"@api/control"[..].into())),
        access(5, Op::Bind, Object::Other("AF_NETLINK", "route, groups 0x1".to_owned())),
        access(6, Op::List, file("/src/shop")),
    ];
    all.extend((7..47).map(|unit| access(unit, Op::Read, file("/src/shop/steps.txt"))));
    all
}

fn effects() -> Vec<Effect> {
    let effect = |path: &str, change, units: &[usize]| Effect {
        path: path.into(),
        change,
        units: units.to_vec(),
        ..Effect::default()
    };
    let held = |size, mode, sum: &str| Held {
        size: Some(size),
        mode: Some(mode),
        sum: (!sum.is_empty()).then(|| sum.repeat(32)),
    };
    vec![
        Effect { after: held(1536, 0o644, ""), ..effect("/src/shop/target/report.html", Change::Created, &[0, 1, 2]) },
        Effect {
            before: held(7, 0o600, "0f"),
            after: held(20, 0o644, "a1"),
            diff: Some(Diff::Lines(["@@ -1 +1,2 @@", "-before", "+after\tthat", "+more"].map(str::to_owned).to_vec())),
            ..effect("/src/shop/Cargo.lock", Change::Modified, &[0])
        },
        Effect {
            before: held(7, 0o644, "0f"),
            after: held(7, 0o644, "0f"),
            diff: Some(Diff::Not("it holds the same as before")),
            ..effect("/src/shop/notes", Change::Modified, &[5])
        },
        effect("/tmp/cart-1", Change::Temporary, &[1]),
        Effect { before: held(3, 0o644, ""), ..effect("/tmp/lock", Change::Deleted, &[6]) },
        effect("/tmp/profile", Change::Renamed(b"/users/ann/.profile".to_vec()), &[3]),
    ]
}

/// A runner with its tests, one of which runs a program that fails, and one that is killed; a shell that becomes another program;
/// something that outlives them all.
fn timeline() -> Timeline {
    const MS: u64 = 1_000_000;
    let (cargo, cart) = ("/usr/bin/cargo-nextest", "/src/shop/target/debug/deps/cart-0123456789abcdef");
    let program = |began: u64, file: &str, words: &[&str]| Program {
        began: began * MS,
        file: file.into(),
        words: Words { list: words.iter().map(|word| (*word).into()).collect(), cut: false },
    };
    let process = |parent, pid, unit, (began, ended): (u64, Option<u64>), status, programs| Process {
        parent,
        pid,
        unit,
        began: began * MS,
        ended: ended.map(|ended| ended * MS),
        status,
        programs,
    };
    let mut processes = vec![
        process(
            None,
            100,
            0,
            (0, Some(2400)),
            Some(100 << 8),
            vec![program(0, cargo, &["cargo", "nextest", "run", "--no-fail-fast"])],
        ),
        process(Some(0), 101, 1, (200, Some(260)), Some(0), vec![program(201, cart, &["cart", "tests::adds_an_item"])]),
        process(Some(0), 102, 3, (210, Some(900)), Some(101 << 8), vec![program(211, cart, &["cart", "tests::reads"])]),
        process(
            Some(2),
            103,
            3,
            (300, Some(890)),
            Some(7 << 8),
            vec![
                program(302, "/usr/bin/dash", &["sh", "-c", "exec curl -s https://telemetry.example.org/"]),
                program(310, "/usr/bin/curl", &["curl", "-s", "https://telemetry.example.org/"]),
            ],
        ),
        process(Some(0), 104, 4, (950, Some(2390)), Some(libc::SIGKILL), vec![program(951, cart, &["cart", "ring"])]),
        process(Some(4), 105, 4, (1000, None), None, vec![]),
        process(Some(0), 106, 6, (1200, None), None, vec![program(1201, "/usr/bin/sleep", &["sleep", "1000"])]),
    ];
    // A poll: the same again and again.
    processes.extend((0..12).map(|n| {
        let words = program(1300 + n * 50, "/usr/bin/true", &["true"]);
        process(Some(0), 110 + n as u32, 0, (1300 + n * 50, Some(1310 + n * 50)), Some(0), vec![words])
    }));
    Timeline { processes, left_out: 0, length: 2400 * MS }
}

fn gap(kind: GapKind, unit: Option<usize>, what: &str, count: u64) -> Gap {
    Gap { kind, unit, what: what.into(), count }
}

/// Something of everything.
pub fn everything() -> Report {
    let violation = |access, rule: &str, line| Violation { access, rule: rule.into(), line };
    Report {
        evidence: Evidence {
            command: ["cargo", "nextest", "run", "--no-fail-fast"].map(|word| word.as_bytes().to_vec()).to_vec(),
            status: Some(100 << 8),
            not_run: None,
            source: "ebpf".into(),
            units: units(),
            accesses: accesses(),
            real: std::collections::BTreeMap::new(),
            kept: Vec::new(),
            programs: timeline().programs(&Stable::default(), &mut |_| false),
            effects: effects(),
            gaps: vec![
                gap(GapKind::Lost, None, "ring_full", 12),
                gap(GapKind::IoUring, Some(4), "io_uring_enter by $TARGET/debug/deps/cart-0123456789abcdef", 3),
                gap(GapKind::Unreadable, Some(2), "the path of openat", 1),
                gap(GapKind::Unreadable, Some(5), "the address of sendto", 2),
                gap(GapKind::StillRunning, None, "sleep", 1),
            ],
            remarks: vec![
                "descriptor 3 was inherited: /var/log/build.log, open for writing".into(),
                "1 process of unit smoke test outlived it: /usr/bin/sleep".into(),
            ],
        },
        variables: variables(),
        judgement: Judgement {
            policy: "tracer.toml".into(),
            violations: vec![
                violation(6, "deny read $HOME/.ssh/** (tracer.toml:12)", 12),
                violation(7, "deny write /etc/** (tracer.toml:14)", 14),
                violation(8, "write is only allowed below $TMPDIR, $TARGET", 0),
                violation(11, "deny connect *.example.org (tracer.toml:21)", 21),
                violation(14, "deny send 192.0.2.0/24 (tracer.toml:22)", 22),
            ],
            unmet: vec![
                Unmet { unit: Some(6), rule: "expect write $TARGET/smoke.log (tracer.toml:40)".into(), line: 40 },
                Unmet { unit: None, rule: "expect connect tcp 127.0.0.1:5432 (tracer.toml:44)".into(), line: 44 },
            ],
        },
        difference: Some(Difference {
            baseline: "audit.baseline".into(),
            new: vec!["shop::cart tests::reads_the_key_of_the_developer\tread\t$HOME/.ssh/id_ed25519".into()],
            gone: vec!["harness\tread\t$WORKSPACE/Cargo.lock".into(), "harness\trun\t/usr/bin/git".into()],
        }),
        verdict: Verdict::Violated,
        timeline: timeline(),
        extent: Extent::default(),
    }
}

/// Nothing wrong.
pub fn clean() -> Report {
    let evidence = Evidence {
        command: vec![b"./suite".to_vec()],
        status: Some(0),
        source: "ptrace".into(),
        units: vec![unit(Runner::Harness, "", ""), unit(Runner::Generic, "", "one")],
        accesses: vec![access(0, Op::Read, file("/etc/hostname")), access(1, Op::Read, file("/etc/hostname"))],
        ..Evidence::default()
    };
    let judgement = Judgement { policy: "tracer.toml".into(), ..Judgement::default() };
    let (timeline, extent) = (Timeline::default(), Extent::default());
    Report { evidence, variables: variables(), judgement, difference: None, verdict: Verdict::Clean, timeline, extent }
}

/// A command that was killed, of which nothing is known.
pub fn failed() -> Report {
    let evidence = Evidence { command: vec![b"./suite".to_vec()], status: Some(9), ..Evidence::default() };
    let judgement = Judgement::default();
    let verdict = Verdict::CommandFailed;
    let (timeline, extent) = (Timeline::default(), Extent::default());
    Report { evidence, variables: Variables::default(), judgement, difference: None, verdict, timeline, extent }
}
