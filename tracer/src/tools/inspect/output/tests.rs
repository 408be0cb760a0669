//! The text is printable whatever the process chose; JSON is as the schema describes it, and without control
//! characters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value as J;

use crate::render::json::schema::valid;
use crate::system::process::*;
use crate::system::snapshot::{Access, Descriptor, FileStat, Slot};
use crate::system::sockets::{Detail, Endpoint, Inet, Socket, State, Table, Unix};
use crate::tools::inspect::report::activity::{Activity, Count, FileUse, Host, HostUse, Program};
use crate::tools::inspect::report::environment::Variable;
use crate::tools::inspect::report::findings::Finding;
use crate::tools::inspect::report::origin::{Origin, OriginKind};
use crate::tools::inspect::report::*;

static SCHEMA: LazyLock<J> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../../schema/inspect.schema.json")).expect("the schema is JSON")
});

/// What a terminal would obey, and what is no UTF-8.
const EVIL: &[u8] = b"a\x1b[2J\r\nb\x07\xff\xe2\x80\xae\xc2\x9b\x7fz";

/// A report in which every string that others choose is evil.
fn evil() -> Report {
    let file = |slot| Descriptor {
        access: Access::Read,
        pos: Some(1),
        flags: Some(libc::O_CLOEXEC as u32),
        stat: Some(FileStat { mode: libc::S_IFREG, size: Some(2), links: Some(1), ..FileStat::default() }),
        ..Descriptor::new(slot, EVIL)
    };
    let holder = Holder { pid: 1, comm: EVIL.to_vec(), fd: 3, access: Access::Write };
    let end = |port| Endpoint { address: [127, 0, 0, 1].into(), port };
    let tcp = Socket {
        state: State::ESTABLISHED,
        ..Socket::new(2, Detail::Inet(Box::new(Inet::new(Table::Tcp, end(1), end(2)))))
    };
    let unix = Socket::new(1, Detail::Unix(Unix { name: Some(EVIL.into()), ..Unix::default() }));
    let held = |socket: Option<Socket>| HeldSocket {
        fds: vec![4],
        inode: 5,
        socket,
        peers: vec![holder.clone()],
        peer_name: Some(EVIL.to_vec()),
    };
    let region = Region { from: 1, to: 2, permissions: *b"rwxp", path: EVIL.to_vec() };
    let limit = Limit { name: "a".into(), soft: Some(1), hard: None, unit: "b".into(), used: Some(1) };
    let one = BTreeMap::from([(13u16, 1u64)]);
    let used = FileUse { opened: 1, refused: one.clone(), changes: BTreeSet::from(["unlink"]), ..FileUse::default() };
    let talk = HostUse { connects: 3, failed: one, times: vec![0, 1 << 30, 2 << 30], ..HostUse::default() };
    let activity = Activity {
        watched: 1_000_000_000,
        source: "ebpf".into(),
        calls: BTreeMap::from([("read", Count { calls: 2, errors: 1, time: 3 })]),
        files: BTreeMap::from([(EVIL.to_vec(), used)]),
        hosts: BTreeMap::from([
            (Host::Unix(EVIL.to_vec()), talk.clone()),
            (Host::Inet("tcp", ([127, 0, 0, 1], 1).into()), talk),
        ]),
        programs: BTreeMap::from([(EVIL.to_vec(), Program { runs: 1, failed: 0, words: vec![EVIL.to_vec()] })]),
        forks: 1,
        signals: BTreeMap::from([(15, 1)]),
        losses: vec![("ring_full", 3)],
        crowded: 1,
        ..Activity::default()
    };
    Report {
        status: Status {
            tgid: 7,
            name: EVIL.to_vec(),
            uids: [1, 2, 3, 4],
            groups: vec![5],
            nested_pids: vec![7, 1],
            memory: vec![("VmRSS", 4)],
            capabilities: [1; 5],
            ..Status::default()
        },
        stat: Stat { pid: 7, comm: EVIL.to_vec(), state: b'S', ..Stat::default() },
        command: Some(vec![EVIL.to_vec(), Vec::new()]),
        ticks: 100,
        program: Some(file(Slot::Text)),
        directory: Some(file(Slot::Cwd)),
        parents: vec![Parent { pid: 1, comm: EVIL.to_vec(), tty: Default::default() }],
        origin: Origin { kind: OriginKind::Unit, name: EVIL.to_vec(), how: EVIL.to_vec() },
        user_names: [Some("\u{1b}x".into()), Some("\u{202e}y".into())],
        last_capability: 40,
        threads: vec![Thread {
            tid: 7,
            comm: EVIL.to_vec(),
            state: b'S',
            call: Some(Running { name: "read".into(), fd: Some(3) }),
            waits_in: Some(EVIL.to_vec()),
            switches: Some((3, 4)),
            ..Thread::default()
        }],
        io: Some(Io::default()),
        descriptors: Some(vec![file(Slot::Number(3))]),
        sockets: vec![held(Some(tcp)), held(Some(unix)), held(None)],
        pipes: vec![HeldPipe { fds: vec![3], inode: 9, others: vec![holder] }],
        mapped: Some(vec![Mapped { file: file(Slot::Mem), bytes: 1, executable: true, written_shared: true }]),
        writable_code: vec![region],
        limits: Some(vec![limit.clone()]),
        cgroup_limits: vec![limit],
        namespaces: vec![Namespace { kind: "net".into(), inode: Some(1), same: Some(false) }],
        cgroup: Some(EVIL.to_vec()),
        environment: Some(vec![Variable { name: EVIL.to_vec(), value: EVIL.to_vec(), masked: false }]),
        activity: Some(activity),
        end: Fate::Ended,
        missing: vec![Missing { what: "root directory", why: "\u{1b}why".into() }],
        findings: vec![Finding { kind: "k", title: "t", evidence: vec![EVIL.to_vec()] }],
        ..Report::default()
    }
}

#[test]
fn text_is_printable() {
    for report in [evil(), Report::default()] {
        let mut out = Vec::new();
        super::text(&report, super::Look::default(), &mut out);
        let bad: Vec<u8> = out.iter().copied().filter(|b| !matches!(b, b' '..=b'~' | b'\n')).collect();
        assert!(bad.is_empty(), "{bad:?} in {}", String::from_utf8_lossy(&out));
        // The newline of a name makes no line.
        assert!(!out.split(|&b| b == b'\n').any(|line| line.starts_with(b"b")));
    }
    let mut plain = Vec::new();
    super::text(&evil(), super::Look::default(), &mut plain);
    let mut colored = Vec::new();
    super::text(&evil(), super::Look { color: true, full: true }, &mut colored);
    let stripped = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    assert_eq!(
        stripped.replace_all(std::str::from_utf8(&colored).expect("ASCII"), ""),
        String::from_utf8_lossy(&plain)
    );
}

#[test]
fn json_is_what_the_schema_says() {
    for report in [evil(), Report::default()] {
        let mut out = Vec::new();
        super::json(&report, &mut out);
        let text = std::str::from_utf8(&out).expect("UTF-8");
        assert!(
            text.strip_suffix('\n').expect("one line").chars().all(|c| !c.is_control() && c != '\u{202e}'),
            "{text}"
        );
        let object: J = serde_json::from_str(text).expect("JSON");
        if let Err(why) = valid(&SCHEMA, &SCHEMA, &object) {
            panic!("{why}\n{text}");
        }
    }
}
