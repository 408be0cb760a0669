//! Every kind of line and value, as it is written, and all of it against the published schema.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value as J;
use tracer_common::event::{File, Head, Sock, kind};
use tracer_common::loss::Loss;

use super::*;
use crate::capture::Losses;
use crate::decode::value::{FileView, Tail, Task};
use crate::schema::by_name;
use crate::schema::set::Set;
use crate::schema::types::Whose;
use crate::spec;
use crate::trace::output::testing::{ended, executed, forked, signal, stopped};
use crate::trace::output::{Stack, summary};

#[path = "schema_tests.rs"]
mod schema;

fn line<'a>(item: Item<'a>) -> Line<'a> {
    Line {
        wall: 1_795_444_905_020_896_123,
        tid: 12,
        tgid: 11,
        comm: b"sh",
        stack: Stack::default(),
        below: &[],
        many: true,
        item,
    }
}

fn head_of(nr: u32, dur: u64) -> Head {
    Head { nr, dur, tid: 12, tgid: 11, ..Head::default() }
}

fn call<'a>(args: &[(&'static str, Value<'a>)], ret: Ret<'a>) -> Call<'a> {
    Call {
        head: head_of(257, 1500),
        row: by_name("openat"),
        args: args.to_vec(),
        entered: 0,
        ret,
        tampered: Tampered::default(),
        function: None,
    }
}

/// The line as text; it must be valid by the schema.
fn render(json: &mut Json, item: Item<'_>) -> String {
    let mut out = Vec::new();
    json.line(&line(item), &mut out);
    let text = String::from_utf8(out).unwrap();
    for line in text.lines() {
        schema::check(line);
    }
    text
}

const START: &str = r#","time":"1795444905.020896123","pid":11,"tid":12,"comm":"sh","#;

#[test]
fn what_was_done_to_a_call_is_told() {
    let tampered = Tampered { result: true, args: true, delayed: Some(5) };
    let call = Call { tampered, ..call(&[], Ret::Error(2)) };
    let text = render(&mut Json::new(false), Item::Call(&call));
    let told = r#""duration_ns":1500,"injected":true,"args_injected":true,"delayed_ns":5}"#;
    assert!(text.trim_end().ends_with(told), "{text}");
}

#[test]
fn a_call_is_one_flat_object() {
    let mut json = Json::new(false);
    let openat = call(
        &[("dirfd", Value::Fd(-100, None)), ("pathname", Value::Path { bytes: b"/etc/x", cut: false })],
        Ret::Error(2),
    );
    assert_eq!(
        render(&mut json, Item::Call(&openat)),
        format!(
            r#"{{"v":1,"type":"call"{START}"call":"openat","nr":257,"args":{{"dirfd":"AT_FDCWD","pathname":"/etc/x"}},"status":"failed","ret":-1,"errno":"ENOENT","duration_ns":1500}}"#
        ) + "\n"
    );
    for (number, name) in [(38, "\"ENOSYS\""), (529, "\"EIOCBQUEUED\""), (530, "\"ERECALLCONFLICT\""), (4000, "4000")] {
        let text = render(&mut Json::new(false), Item::Call(&call(&[], Ret::Error(number))));
        assert!(text.contains(&format!("\"ret\":-1,\"errno\":{name},")), "{text}");
    }
    let head = Head { ip: 0x7f00, flags: flag::COMPAT | flag::BEFORE | flag::FULL, ..head_of(0x1d3, 9) };
    let unknown = Call {
        head,
        row: None,
        args: vec![("arg1", Value::Hex(1))],
        entered: 0,
        ret: Ret::Restart(512),
        tampered: Tampered::default(),
        function: None,
    };
    assert_eq!(
        render(&mut Json::new(true), Item::Call(&unknown)),
        format!(
            r#"{{"v":1,"type":"call"{START}"call":"syscall_0x1d3","nr":467,"compat":true,"began_before":true,"args":{{"arg1":1}},"status":"failed","ret":null,"errno":"ERESTARTSYS","ip":"0x7f00","data_missing":true}}"#
        ) + "\n"
    );
    assert_eq!((json.shown, json.calls), (1, 1));
}

#[test]
fn an_operation_has_a_name_of_its_own() {
    let head = |nr| Head { kind: kind::OPERATION, ip: 0x2a, ..head_of(nr, 1500) };
    let row = crate::schema::uring::by_opcode(36).map(|operation| &operation.row);
    let args = vec![("pathname", Value::Path { bytes: b"x", cut: false })];
    let unlinkat = Call {
        head: head(36),
        row,
        args,
        entered: 1,
        ret: Ret::Value(Value::Int(0)),
        tampered: Tampered::default(),
        function: None,
    };
    let mut json = Json::new(false);
    assert_eq!(
        render(&mut json, Item::Call(&unlinkat)),
        format!(
            r#"{{"v":1,"type":"operation"{START}"operation":"unlinkat","opcode":36,"args":{{"pathname":"x"}},"status":"successful","ret":0,"duration_ns":1500,"user_data":"0x2a"}}"#
        ) + "\n"
    );
    let unknown = Call {
        head: head(127),
        row: None,
        args: vec![],
        entered: 0,
        ret: Ret::Never,
        tampered: Tampered::default(),
        function: None,
    };
    let text = render(&mut json, Item::Call(&unknown));
    assert!(
        text.contains(r#""operation":"op_0x7f","opcode":127,"args":{},"status":"unfinished","ret":null,"#),
        "{text}"
    );
    assert_eq!((json.shown, json.calls), (2, 0));
}

#[test]
fn every_ending_has_its_status() {
    let check = |ret: Ret<'_>, expected: &str| {
        let text = render(&mut Json::new(false), Item::Call(&call(&[], ret)));
        let tail = text.split_once(r#""args":{},"status":"#).unwrap().1;
        assert_eq!(tail, format!("{expected}}}\n"));
    };
    check(Ret::Value(Value::Fd(3, None)), r#""successful","ret":3,"duration_ns":1500"#);
    check(
        Ret::Noted(Value::Int(0), Box::new(Value::Word("Timeout"))),
        r#""successful","ret":0,"note":"Timeout","duration_ns":1500"#,
    );
    check(Ret::Never, r#""unfinished","ret":null"#);
    check(Ret::Pending, r#""detached""#);
    check(Ret::Error(11), r#""failed","ret":-1,"errno":"EAGAIN","duration_ns":1500"#);
    check(Ret::Error(95), r#""failed","ret":-1,"errno":"EOPNOTSUPP","duration_ns":1500"#);
    check(Ret::Error(4000), r#""failed","ret":-1,"errno":4000,"duration_ns":1500"#);
}

#[test]
fn an_interrupted_call_is_shown_once_and_never_forgotten() {
    let mut json = Json::new(false);
    let begun = call(&[], Ret::Pending);
    let ended = call(&[], Ret::Value(Value::Int(0)));
    assert_eq!(render(&mut json, Item::Unfinished(&begun)), "");
    let text = render(&mut json, Item::Resumed(&ended));
    assert!(text.contains(r#""time":"1795444905.020894623""#), "the time is that of the entry: {text}");
    assert_eq!(render(&mut json, Item::Unfinished(&begun)), "");
    let mut out = Vec::new();
    let losses = Losses::default();
    let end = TraceEnd { source: "ebpf", losses: &losses, exit_code: None, counts: None };
    assert_eq!(json.end(&end, &mut out), 2);
    let text = String::from_utf8(out).unwrap();
    let (first, last) = text.split_once('\n').unwrap();
    assert_eq!(schema::check(first)["status"], "detached");
    let last = schema::check(last);
    assert_eq!((&last["events"], &last["calls"], &last["complete"]), (&J::from(2), &J::from(2), &J::from(true)));
    assert_eq!(render(&mut json, Item::Detached(&begun)).matches("detached").count(), 1);
}

#[test]
fn events_that_are_no_calls() {
    let check = |item: Item<'_>, kind: &str, rest: &str| {
        assert_eq!(render(&mut Json::new(false), item), format!(r#"{{"v":1,"type":"{kind}"{START}{rest}}}"#) + "\n");
    };
    let info: Vec<u8> = [10, 0, 0, 0, 9, 0].into_iter().flat_map(i32::to_ne_bytes).collect();
    check(
        signal(10, &info, true),
        "signal",
        r#""signal":"SIGUSR1","info":{"si_signo":"SIGUSR1","si_code":"SI_USER","si_pid":9,"si_uid":0},"ignored":true"#,
    );
    check(stopped(34), "stopped", r#""signal":"SIGRT_2""#);
    check(ended(3 << 8), "exit", r#""code":3"#);
    check(ended(9), "kill", r#""signal":"SIGKILL","core":false"#);
    check(executed("superseded", 12), "superseded", r#""by":12"#);
    check(forked(13, 11), "fork", r#""child":13,"process":11"#);
    check(executed("exec", 12), "exec", r#""from":12"#);
}

static FLAGS: Set = Set {
    marked: false,
    prefix: "O_",
    mask: 3,
    choice: &[("O_RDONLY", 0), ("O_WRONLY", 1)],
    bits: &[("O_SYNC", 0o4010000), ("O_DSYNC", 0o10000), ("O_CREAT", 0o100)],
};
static PLAIN: Set = Set { marked: false, prefix: "P_", mask: 0, choice: &[], bits: &[("P_NONE", 0), ("P_A", 1)] };
static ENUM: Set = Set { marked: false, prefix: "E_", mask: u64::MAX, choice: &[("E_ONE", 1)], bits: &[] };

fn inet() -> Sock {
    let addr = |last| [127, 0, 0, last, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    Sock {
        family: 2,
        ty: 1,
        protocol: 6,
        state: 1,
        sport: 80,
        dport: 4000,
        saddr: addr(1),
        daddr: addr(2),
        ..Sock::default()
    }
}

fn view(mode: u32, path: &'static [u8], sock: Option<Sock>, name: &'static [u8]) -> Value<'static> {
    let file = File { mode, ino: 7, dev: 8 << 20 | 1, rdev: 1 << 20 | 3, ..File::default() };
    Value::Fd(
        3,
        Some(Box::new(FileView {
            file,
            path: path.into(),
            cut: false,
            sock,
            name: name.into(),
            task: None,
            details: None,
        })),
    )
}

#[test]
fn values_have_one_form_each() {
    let check = |v: Value<'_>, expected: &str| {
        let mut out = Vec::new();
        value(&mut out, &v);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        render(&mut Json::new(false), Item::Call(&call(&[("x", v)], Ret::Never)));
    };
    check(Value::Int(-1), "-1");
    check(Value::Uint((1 << 53) - 1), "9007199254740991");
    check(Value::Uint(1 << 53), r#"{"int":"9007199254740992"}"#);
    check(Value::Int(i64::MIN), r#"{"int":"-9223372036854775808"}"#);
    check(Value::Limit(8192 * 1024), "8388608");
    check(Value::Limit(u64::MAX), r#""RLIM64_INFINITY""#);
    check(Value::Addr(0), "null");
    check(Value::Addr(0x7ffc_0000_0010), r#"{"addr":"0x7ffc00000010"}"#);
    check(Value::Addr(u64::MAX), r#"{"addr":"0xffffffffffffffff"}"#);
    check(Value::Counted(16, 35, "vars"), r#"{"addr":"0x10","count":35}"#);
    check(Value::Counted(0, 0, "vars"), "null");
    check(Value::Perm(0o644), r#""0644""#);
    check(Value::Octal(0o4755), r#""04755""#);
    check(Value::Perm(0), r#""0000""#);
    check(Value::Mode(0o100644), r#"{"type":"S_IFREG","perm":"0644"}"#);
    check(Value::Mode(0o4755), r#"{"type":0,"perm":"04755"}"#);
    check(Value::Dev(0x0107), r#""1:7""#);
    check(Value::Dev(0xffff_f0ab), r#""4080:1048491""#);
    check(Value::Named(&FLAGS, 0o101), r#"["O_WRONLY","O_CREAT"]"#);
    check(Value::Named(&FLAGS, 0o4010000), r#"["O_RDONLY","O_SYNC"]"#);
    check(Value::Named(&FLAGS, 0x8000_0000), r#"["O_RDONLY",2147483648]"#);
    check(Value::Named(&FLAGS, 3), "[3]");
    check(Value::Named(&PLAIN, 0), r#"["P_NONE"]"#);
    check(Value::Named(&PLAIN, 2), "[2]");
    check(Value::Named(&ENUM, 1), r#""E_ONE""#);
    check(Value::Named(&ENUM, 2), "2");
    check(Value::SigSet(1 << 1 | 1 << 63), r#"["SIGINT","SIGRT_32"]"#);
    check(Value::SigSet(0), "[]");
    let task = |comm, here| Some(Box::new(Task { comm, here }));
    check(Value::Pid(3, Whose::Thread, task(Some(b"\x1b".to_vec()), None)), r#"{"pid":3,"comm":"\u001b"}"#);
    check(Value::Pid(3, Whose::Group, task(None, Some(70))), r#"{"pid":3,"tracer_pid":70}"#);
    check(Value::Str { bytes: Cow::Borrowed(b"ab"), cut: true, hex: false }, r#"{"text":"ab","cut":true}"#);
    check(Value::Path { bytes: b"/\xff", cut: false }, r#"{"b64":"L/8="}"#);
    check(Value::Word("SIG_IGN"), r#""SIG_IGN""#);
    check(Value::Text("a && b".into()), r#""a && b""#);
    check(Value::Port(80), "80");
    check(Value::Ip4([127, 0, 0, 1]), r#""127.0.0.1""#);
    check(Value::Ip6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), r#""::1""#);
    check(Value::Apply("_IOC", vec![Value::Int(1)]), r#"{"macro":"_IOC","args":[1]}"#);
    check(Value::Struct { fields: vec![], more: true }, r#"{"...":true}"#);
    check(Value::Struct { fields: vec![("a", Value::Int(1))], more: true }, r#"{"a":1,"...":true}"#);
    let items = || vec![Value::Int(1), Value::Int(2)];
    check(Value::Array(items(), Tail::Whole), "[1,2]");
    check(Value::Array(items(), Tail::More), r#"{"items":[1,2],"more":true}"#);
    check(Value::Array(items(), Tail::Fault(16)), r#"{"items":[1,2],"fault":"0x10"}"#);
    check(Value::List(items()), "[1,2]");
    check(Value::Comment(Box::new(Value::Int(1)), "one".into()), "1");
    check(Value::Changed(Box::new(Value::Int(1)), Box::new(Value::Int(2))), r#"{"before":1,"after":2}"#);
    check(
        view(0o100644, b"/etc/passwd", None, b""),
        r#"{"fd":3,"path":"/etc/passwd","kind":"file","dev":"8:1","ino":7}"#,
    );
    check(
        view(0o20666, b"/dev/null", None, b""),
        r#"{"fd":3,"path":"/dev/null","kind":"char","rdev":"1:3","dev":"8:1","ino":7}"#,
    );
    check(
        view(0o140777, b"socket:[7]", Some(inet()), b""),
        r#"{"fd":3,"path":"socket:[7]","kind":"socket","dev":"8:1","ino":7,"socket":{"family":"AF_INET","type":"SOCK_STREAM","protocol":6,"state":"ESTABLISHED","local":{"ip":"127.0.0.1","port":80},"peer":{"ip":"127.0.0.2","port":4000}}}"#,
    );
    let unix = Sock { family: 1, ty: 5, peer: 9, netns: 4, ..Sock::default() };
    check(
        view(0o140777, b"socket:[7]", Some(unix), b"\0x"),
        r#"{"fd":3,"path":"socket:[7]","kind":"socket","dev":"8:1","ino":7,"socket":{"family":"AF_UNIX","type":"SOCK_SEQPACKET","protocol":0,"name":"\u0000x","peer_ino":9,"netns":4}}"#,
    );
}

#[test]
fn the_summary_tells_what_is_missing() {
    let mut losses = Losses::default();
    losses.add(Loss::RingFull, 5);
    let mut out = Vec::new();
    let end = TraceEnd { source: "ptrace", losses: &losses, exit_code: Some(7), counts: None };
    Json::new(false).end(&end, &mut out);
    let last = schema::check(std::str::from_utf8(&out).unwrap().trim_end());
    assert_eq!(last["complete"], false);
    assert_eq!(last["lost"]["ring_full"], 5);
    assert_eq!(last["lost_total"], 5);
    assert_eq!(last["exit_code"], 7);
}

#[test]
fn counts_come_before_the_summary() {
    let mut counts = summary::Summary::new(true);
    counts.add_call(&call(&[], Ret::Error(2)));
    counts.add_call(&call(&[], Ret::Value(Value::Int(3))));
    counts.add_call(&call(&[], Ret::Never));
    counts.name(11, b"sh\xff");
    let compat = crate::capture::Count { calls: 1, ..crate::capture::Count::none(true, 0x1ff) };
    counts.add(&compat);
    let asked =
        spec::Summary { columns: vec![], sort: None, wall: false, by_process: true, histogram: false, json: true };
    let mut out = Vec::new();
    let losses = Losses::default();
    let end = TraceEnd { source: "ebpf", losses: &losses, exit_code: None, counts: Some((&counts, &asked)) };
    assert_eq!(Json::new(false).end(&end, &mut out), 4);
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let one = r#""call":"openat","nr":257,"calls":2,"errors":1,"total_ns":3000,"min_ns":1500,"max_ns":1500,"mean_ns":1500,"p50_ns":1500,"p90_ns":1500,"p99_ns":1500,"buckets":[0,0,0,0,0,0,0,0,0,0,2]}"#;
    assert_eq!(lines[0], format!(r#"{{"v":1,"type":"count",{one}"#));
    assert_eq!(lines[2], format!(r#"{{"v":1,"type":"count","pid":11,"comm":{{"b64":"c2j/"}},{one}"#));
    let objects: Vec<J> = lines.into_iter().map(schema::check).collect();
    assert_eq!((&objects[1]["compat"], &objects[1]["buckets"]), (&J::from(true), &serde_json::json!([])));
    assert_eq!((&objects[3]["events"], &objects[3]["calls"]), (&J::from(3), &J::from(0)));
}

proptest! {
    /// Whatever names and bytes programs choose: one line, JSON, by the schema, without control characters.
    #[test]
    fn hostile_bytes_stay_inside(comm: Vec<u8>, path: Vec<u8>, name: Vec<u8>, cut: bool, fd: i32, mode: u16, sock: bool, family in 0u16..20) {
        let file = File { mode: mode.into(), ino: 1, deleted: 1, ..File::default() };
        let sock = sock.then_some(Sock { family, ..inet() });
        let view = FileView { file, path: path.as_slice().into(), cut, sock, name: name.as_slice().into(), task: None, details: None };
        let call = call(&[("a", Value::Path { bytes: &path, cut }), ("b", Value::Fd(fd, Some(Box::new(view)))), ("c", Value::Mode(mode.into()))],
            Ret::Value(Value::Str { bytes: Cow::Borrowed(&name), cut, hex: false }));
        let mut out = Vec::new();
        Json::new(true).line(&Line { comm: &comm, ..line(Item::Call(&call)) }, &mut out);
        let text = String::from_utf8(out).unwrap();
        let inner = text.strip_suffix('\n').unwrap();
        prop_assert!(inner.chars().all(|c| !c.is_control()));
        schema::check(inner);
    }
}
