//! Perfetto's JSON, the Trace Event Format of Chrome's tracing: `ui.perfetto.dev` and `chrome://tracing` open it. A call is a slice of its
//! thread, an operation of io_uring an asynchronous one of its process, a signal or an end an instant; what was lost stands in `otherData`. Times are microseconds since the first line, whose
//! CLOCK_REALTIME is `start` there: since the epoch they would have more digits than readers of JSON keep.

use std::collections::{BTreeMap, HashMap};

use tracer_common::event::kind;

use super::{Item, Line, LineForm, Order, Render, TraceEnd, json, loss};
use crate::decode::value::{Call, Ret};
use crate::render::json::object::Object;

/// The form, for the table of all.
pub const FORM: LineForm =
    LineForm { name: "perfetto", make: |_, _| Box::new(Perfetto::default()), order: |_| Order::Ends, tasks: true };

/// Renders events as a document of trace events, one on a line.
#[derive(Debug, Default)]
pub struct Perfetto {
    events: u64,
    /// Tasks by the name under which they were announced.
    named: HashMap<u32, Vec<u8>>,
    /// Calls whose end was not seen yet, as they will be shown if it never is: by task, up to their duration.
    open: BTreeMap<u32, (u64, Vec<u8>)>,
    /// CLOCK_REALTIME of the first line, and of the latest, in ns.
    first: Option<u64>,
    last: u64,
}

impl Perfetto {
    /// Begins an event.
    fn event(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.events == 0 { b"{\"traceEvents\":[\n" } else { b",\n" });
        self.events += 1;
    }

    /// Announces a task by its name, once for each name.
    fn announce(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        if self.named.get(&line.tid).is_some_and(|name| name == line.comm) {
            return;
        }
        self.named.insert(line.tid, line.comm.to_vec());
        let kinds: &[&'static str] =
            if line.tid == line.tgid { &["process_name", "thread_name"] } else { &["thread_name"] };
        for kind in kinds {
            self.event(out);
            let mut object = Object::begin(out);
            object.word("ph", "M");
            object.word("name", kind);
            ids(&mut object, line);
            object.object("args", |args| args.text("name", &String::from_utf8_lossy(line.comm)));
            object.end();
        }
    }

    /// Nanoseconds since the first line.
    fn since(&self, wall: u64) -> i64 {
        wall.wrapping_sub(self.first.unwrap_or(wall)) as i64
    }

    /// A slice, from `start`: whole where the call ended; of one that runs, what stands before its duration.
    fn slice(&self, line: &Line<'_>, call: &Call<'_>, start: u64) -> Vec<u8> {
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        object.word("ph", "X");
        object.word("cat", "syscall");
        json::name(object.member("name"), call);
        ids(&mut object, line);
        object.object("args", |args| {
            json::arguments(args.member("arguments"), call);
            json::result(args, &call.ret);
            json::tampered(args, &call.tampered);
        });
        micros(object.member("ts"), self.since(start));
        object.member("dur");
        out
    }

    fn call(&mut self, line: &Line<'_>, call: &Call<'_>, start: u64, out: &mut Vec<u8>) {
        self.open.remove(&line.tid);
        let slice = self.slice(line, call, start);
        if matches!(call.ret, Ret::Pending | Ret::Never) {
            return self.runs(line.tid, start, slice);
        }
        self.last = self.last.max(start.saturating_add(call.head.dur));
        self.event(out);
        out.extend_from_slice(&slice);
        micros(out, call.head.dur as i64);
        out.push(b'}');
    }

    /// An operation: it runs beside what its task does, so that it is no slice of the thread.
    fn operation(&mut self, line: &Line<'_>, call: &Call<'_>, out: &mut Vec<u8>) {
        let end = line.wall.saturating_add(call.head.dur);
        self.last = self.last.max(end);
        let id = self.events;
        for (phase, wall) in [("b", line.wall), ("e", end)] {
            self.event(out);
            let mut object = Object::begin(out);
            object.word("ph", phase);
            object.word("cat", "io_uring");
            json::name(object.member("name"), call);
            object.number("id", id);
            ids(&mut object, line);
            if phase == "b" {
                object.object("args", |args| {
                    json::arguments(args.member("arguments"), call);
                    json::result(args, &call.ret);
                });
            }
            micros(object.member("ts"), self.since(wall));
            object.end();
        }
    }

    /// A call that runs: it is shown when its task or the trace ends.
    fn runs(&mut self, tid: u32, start: u64, slice: Vec<u8>) {
        self.open.insert(tid, (start, slice));
    }

    /// Shows the call of a task that never returned, until `end`.
    fn never_returned(&mut self, tid: u32, end: u64, out: &mut Vec<u8>) {
        if let Some((start, slice)) = self.open.remove(&tid) {
            self.event(out);
            out.extend_from_slice(&slice);
            micros(out, end.saturating_sub(start) as i64);
            out.push(b'}');
        }
    }

    fn instant(&mut self, line: &Line<'_>, name: &str, out: &mut Vec<u8>) {
        self.event(out);
        let mut object = Object::begin(out);
        object.word("ph", "i");
        object.word("s", "t");
        object.word("cat", "task");
        object.text("name", name);
        ids(&mut object, line);
        micros(object.member("ts"), self.since(line.wall));
        object.end();
    }
}

impl Render for Perfetto {
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        self.first.get_or_insert(line.wall);
        self.announce(line, out);
        self.last = self.last.max(line.wall);
        match &line.item {
            Item::Call(call) if call.head.kind == kind::OPERATION => self.operation(line, call, out),
            Item::Call(call) | Item::Detached(call) => self.call(line, call, line.wall, out),
            Item::Unfinished(call) | Item::Changed(call) => {
                let slice = self.slice(line, call, line.wall);
                self.runs(line.tid, line.wall, slice);
            }
            Item::Resumed(call) => self.call(line, call, line.wall.saturating_sub(call.head.dur), out),
            Item::Event(event) => {
                if event.ends() {
                    self.never_returned(line.tid, line.wall, out);
                }
                self.instant(line, &event.title(), out);
            }
        }
    }

    /// The calls that still run, and what was lost.
    fn end(&mut self, end: &TraceEnd<'_>, out: &mut Vec<u8>) -> u64 {
        let last = self.last;
        for tid in self.open.keys().copied().collect::<Vec<_>>() {
            self.never_returned(tid, last, out);
        }
        if self.events == 0 {
            out.extend_from_slice(b"{\"traceEvents\":[");
        }
        out.extend_from_slice(b"\n],\n\"displayTimeUnit\":\"ns\",\"otherData\":");
        let mut object = Object::begin(out);
        object.word("tracer", env!("CARGO_PKG_VERSION"));
        object.text("source", end.source);
        let first = self.first.unwrap_or(0);
        object.text("start", &format!("{}.{:09}", first / 1_000_000_000, first % 1_000_000_000));
        loss::json(end.losses, object.member("lost"));
        object.end();
        out.extend_from_slice(b"}\n");
        self.events
    }
}

/// Whose an event is.
fn ids(object: &mut Object<'_>, line: &Line<'_>) {
    object.number("pid", line.tgid);
    object.number("tid", line.tid);
}

/// Nanoseconds, as microseconds.
fn micros(out: &mut Vec<u8>, ns: i64) {
    let sign = if ns < 0 { "-" } else { "" };
    let ns = ns.unsigned_abs();
    out.extend_from_slice(format!("{sign}{}.{:03}", ns / 1000, ns % 1000).as_bytes());
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as J, json};
    use tracer_common::event::Head;
    use tracer_common::loss::Loss;

    use super::*;
    use crate::capture::Losses;
    use crate::schema::by_name;
    use crate::schema::tampered::Tampered;
    use crate::trace::output::Stack;
    use crate::trace::output::testing::ended;

    const START: u64 = 1_795_444_905_020_896_123;

    fn line<'a>(tid: u32, wall: u64, item: Item<'a>) -> Line<'a> {
        Line { wall, tid, tgid: 11, comm: b"s\"h", stack: Stack::default(), below: &[], many: true, item }
    }

    fn call(dur: u64, ret: Ret<'static>) -> Call<'static> {
        let head = Head { nr: 39, dur, tid: 11, tgid: 11, ..Head::default() };
        Call {
            head,
            row: by_name("getppid"),
            args: Vec::new(),
            entered: 0,
            ret,
            tampered: Tampered::default(),
            function: None,
        }
    }

    /// The document that lines give; it must be JSON.
    fn document(lines: &[Line<'_>]) -> J {
        let (mut form, mut out) = (Perfetto::default(), Vec::new());
        lines.iter().for_each(|line| form.line(line, &mut out));
        let mut losses = Losses::default();
        losses.add(Loss::RingFull, 3);
        form.end(&TraceEnd { source: "replay", losses: &losses, exit_code: None, counts: None }, &mut out);
        serde_json::from_slice(&out).expect("a document")
    }

    #[test]
    fn a_call_is_a_slice_of_its_thread() {
        let done = call(1500, Ret::Error(2));
        let document = document(&[line(11, START, Item::Call(&done))]);
        let events = document["traceEvents"].as_array().expect("events");
        assert_eq!(events.len(), 3);
        assert_eq!(
            events[0],
            json!({ "ph": "M", "name": "process_name", "pid": 11, "tid": 11, "args": { "name": "s\"h" } })
        );
        assert_eq!(events[2]["name"], "getppid");
        assert_eq!(events[2]["ph"], "X");
        assert_eq!(events[2]["ts"], 0.0);
        assert_eq!(events[2]["dur"], 1.5);
        assert_eq!(events[2]["args"], json!({ "arguments": {}, "status": "failed", "ret": -1, "errno": "ENOENT" }));
        assert_eq!(document["otherData"]["start"], "1795444905.020896123");
        assert_eq!(document["otherData"]["lost"]["ring_full"], 3);
    }

    #[test]
    fn a_call_that_never_returns_lasts_until_its_task_ends() {
        let runs = call(0, Ret::Pending);
        let document = document(&[line(12, START, Item::Unfinished(&runs)), line(12, START + 2000, ended(9))]);
        let events = document["traceEvents"].as_array().expect("events");
        let kinds: Vec<_> = events.iter().map(|event| event["ph"].as_str().unwrap_or_default()).collect();
        assert_eq!(kinds, ["M", "X", "i"]);
        assert_eq!(events[1]["dur"], 2.0);
        assert_eq!(events[2]["name"], "killed by SIGKILL");
    }

    #[test]
    fn an_operation_is_no_slice_of_its_thread() {
        let head = Head { kind: kind::OPERATION, nr: 36, dur: 1500, tid: 11, tgid: 11, ..Head::default() };
        let row = crate::schema::uring::by_opcode(36).map(|operation| &operation.row);
        let done = Call {
            head,
            row,
            args: Vec::new(),
            entered: 0,
            ret: Ret::Error(2),
            tampered: Tampered::default(),
            function: None,
        };
        let document = document(&[line(11, START, Item::Call(&done))]);
        let events = document["traceEvents"].as_array().expect("events");
        let said: Vec<_> = events[2..].iter().map(|e| (&e["ph"], &e["name"], &e["ts"])).collect();
        assert_eq!(
            said,
            [(&json!("b"), &json!("unlinkat"), &json!(0.0)), (&json!("e"), &json!("unlinkat"), &json!(1.5))]
        );
        assert_eq!(events[2]["id"], events[3]["id"]);
    }

    #[test]
    fn a_call_may_begin_before_the_first_line() {
        let done = call(2500, Ret::Error(2));
        let document = document(&[line(11, START, ended(0)), line(11, START + 1000, Item::Resumed(&done))]);
        assert_eq!(document["traceEvents"][3]["ts"], -1.5);
    }

    #[test]
    fn nothing_is_a_document_too() {
        assert_eq!(document(&[])["traceEvents"], json!([]));
    }
}
