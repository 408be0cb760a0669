//! Rows in every form.

use super::*;
use crate::system::snapshot::{Dev, Slot};
use crate::tools::lsof::request::{Fields, FlagsColumn, SizeColumn};

fn show() -> Show {
    crate::tools::lsof::testing::show()
}

fn row(slot: Slot, kind: &'static str, name: &str) -> FileRow {
    FileRow {
        slot,
        access: b' ',
        lock: b' ',
        kind: kind.into(),
        dev: Some(Dev { major: 254, minor: 0 }),
        rdev: None,
        device_text: None,
        amount: Amount::None,
        offset: None,
        links: None,
        node: Node::Inode(7),
        flags: None,
        name: name.as_bytes().into(),
        ends: None,
        note: None,
        connection: None,
    }
}

fn entries() -> Vec<Entry> {
    let listening = FileRow {
        access: b'u',
        kind: "IPv4".into(),
        dev: None,
        device_text: Some(b"115049".as_slice().into()),
        amount: Amount::Offset(0),
        node: Node::Protocol("TCP".into()),
        name: Box::default(),
        ends: Some("*:8080".into()),
        connection: Some(Connection { state: Some("LISTEN"), queues: Some((1, 2)) }),
        ..row(Slot::Number(4), "", "")
    };
    let null = FileRow {
        access: b'r',
        kind: "CHR".into(),
        rdev: Some(Dev { major: 1, minor: 3 }),
        amount: Amount::Offset(5),
        ..row(Slot::Number(0), "", "/dev/null")
    };
    let file = FileRow {
        access: b'w',
        lock: b'W',
        amount: Amount::Size(12345),
        links: Some(0),
        flags: Some(0o100001),
        ..row(Slot::Number(12345), "REG", "/tmp/a\x1b[31m b (deleted)")
    };
    let denied = FileRow {
        dev: None,
        node: Node::None,
        note: Some("(readlink: Permission denied)".into()),
        ..row(Slot::Cwd, "unknown", "/proc/1/cwd")
    };
    let one = Entry {
        pid: 1234,
        ppid: 1,
        pgid: 1234,
        uid: 1000,
        login: Some("agent".into()),
        comm: b"python3.11 -m".to_vec(),
        rows: vec![row(Slot::Cwd, "DIR", "/srv"), null, listening, file],
        ..Entry::default()
    };
    let other = Entry { pid: 1, uid: 0, comm: b"init".to_vec(), rows: vec![denied], ..Entry::default() };
    let none = Entry { pid: 99999999, comm: b"nothing".to_vec(), ..Entry::default() };
    vec![other, one, none]
}

fn written(show: &Show) -> String {
    let mut out = Vec::new();
    let mut to = Out::new(&mut out);
    write(&entries(), show, Terminal::default(), 1, &mut to);
    to.end().expect("written");
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn columns() {
    let expected = "\
COMMAND    PID     USER   FD      TYPE DEVICE SIZE/OFF NODE NAME
init         1        0  cwd   unknown                      /proc/1/cwd (readlink: Permission denied)
python3.1 1234    agent  cwd       DIR  254,0             7 /srv
python3.1 1234    agent    0r      CHR    1,3      0t5    7 /dev/null
python3.1 1234    agent    4u     IPv4 115049      0t0  TCP *:8080 (LISTEN)
python3.1 1234    agent *345wW     REG  254,0    12345    7 /tmp/a^[[31m b (deleted)
";
    assert_eq!(written(&show()), expected);
    let wide = Show {
        parent: true,
        group: true,
        links: true,
        flags: FlagsColumn::Names,
        command_width: 0,
        queues: true,
        size: SizeColumn::Size,
        ..show()
    };
    let lines: Vec<String> = written(&wide).lines().map(str::to_owned).collect();
    assert!(lines[0].starts_with("COMMAND           PID PPID PGID     USER   FD      TYPE FILE-FLAG"), "{}", lines[0]);
    assert!(lines[2].starts_with("python3.11\\x20-m 1234    1 1234    agent"), "{}", lines[2]);
    assert!(lines[4].ends_with("*:8080 (LISTEN QR=1 QS=2)"), "{}", lines[4]);
    assert!(lines[5].contains(" W,LG "), "{}", lines[5]);
    let mut out = Vec::new();
    let mut to = Out::new(&mut out);
    write(&[], &show(), Terminal::default(), 0, &mut to);
    to.end().expect("written");
    assert!(out.is_empty());
}

fn fields(letters: &str) -> Fields {
    let mut fields = Fields::default();
    letters.bytes().for_each(|letter| fields.add(letter));
    fields
}

#[test]
fn fields_for_programs() {
    let form = Layout::Fields { fields: fields("pcLfatDdrsoinPT"), nul: false };
    let text = written(&Show { form, ..show() });
    assert!(
        text.starts_with("p1\ncinit\nfcwd\na \ntunknown\nn/proc/1/cwd (readlink: Permission denied)\np1234\n"),
        "{text}"
    );
    assert!(text.contains("f4\nau\ntIPv4\nd115049\no0t0\nPTCP\nn*:8080\nTST=LISTEN\nf12345\n"), "{text}");
    assert!(text.contains("f0\nar\ntCHR\nD0xfe00\nr0x103\no0t5\ni7\nn/dev/null\n"), "{text}");
    let form = Layout::Fields { fields: fields("pfn"), nul: true };
    let text = written(&Show { form, ..show() });
    assert!(text.starts_with("p1\0\nfcwd\0n/proc/1/cwd"), "{text:?}");
}

#[test]
fn json_is_of_lsofs_shape() {
    let form = Layout::Json(fields(Fields::LETTERS));
    let text = written(&Show { form, ..show() });
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["lsof_version"], "4.99.7");
    assert_eq!(document["not_readable"], 1);
    let files = &document["processes"][1]["files"];
    assert_eq!(document["processes"].as_array().map(Vec::len), Some(2));
    assert_eq!(files[2]["tcp_info"]["state"], "LISTEN");
    assert_eq!(files[3]["size"], "12345");
    assert_eq!(files[3]["name"], "/tmp/a\u{1b}[31m b (deleted)");
    assert!(!text.contains('\u{1b}'));
    let form = Layout::JsonLines(fields("pfn"));
    let lines: Vec<serde_json::Value> =
        written(&Show { form, ..show() }).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        (&lines[1]["pid"], &lines[1]["fd"], &lines[5]["not_readable"]),
        (&1234.into(), &"cwd".into(), &1.into())
    );
    let only = lines[1].as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
    assert_eq!(only, Some(vec!["fd".to_owned(), "name".to_owned(), "pid".to_owned()]));
}

#[test]
fn pids_and_marks() {
    assert_eq!(written(&Show { form: Layout::Pids, ..show() }), "1\n1234\n");
    let mark = |form, text| {
        let mut out = Vec::new();
        marker(&Show { form, ..show() }, text, &mut out);
        String::from_utf8(out).expect("text")
    };
    assert_eq!(mark(Layout::Table, None), "=======\n");
    assert_eq!(mark(Layout::Table, Some("12:00")), "12:00\n");
    assert_eq!(mark(Layout::Fields { fields: Fields::default(), nul: true }, None), "m\0\n");
}
