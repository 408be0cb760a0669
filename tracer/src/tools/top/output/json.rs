//! A frame as one object of JSON on a line. `schema/top.schema.json` is the published description; a test holds what is written here
//! against it. What is not known is absent.

use crate::capture::count::Histogram;
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::tools::top::model::{Called, Counted, Frame, Link, One, Row, Worker};
use crate::tools::top::sample::{File, Looked};

/// Version of the format: `v`.
const VERSION: u32 = 1;

/// Appends the frame and a newline.
pub fn json(frame: &Frame, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("v", VERSION);
    object.word("type", "frame");
    decimal("time", frame.wall, &mut object);
    decimal("interval", frame.interval, &mut object);
    match &frame.source {
        Counted::Kernel => object.word("source", "ebpf"),
        Counted::Not(why) => {
            object.word("source", "proc");
            object.text("why_not_counted", why);
        }
    }
    object.number("cpus", frame.cpus);
    object.object("own", |own| {
        decimal("cpu_percent", frame.own.0, own);
        own.number("memory", frame.own.1);
    });
    object.object("lost", |lost| frame.losses.iter().for_each(|(name, n)| lost.number(name, *n)));
    object.list("processes", &frame.rows, row);
    if let Some(one) = &frame.one {
        self::one(one, object.member("process"));
    }
    if let Some(ended) = &frame.ended {
        object.text("ended", ended);
    }
    object.line();
}

fn row(row: &Row, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("pid", row.pid);
    object.number("ppid", row.ppid);
    object.bytes("comm", &row.comm);
    object.text("state", &(row.state as char).to_string());
    decimal("cpu_percent", row.cpu, &mut object);
    decimal("system_percent", row.system, &mut object);
    object.number("memory", row.memory);
    object.number("threads", row.threads);
    if let Some(calls) = row.calls {
        object.object("rates", |rates| {
            decimal("calls", calls.calls, rates);
            decimal("errors", calls.errors, rates);
            decimal("files", calls.files, rates);
            decimal("network", calls.network, rates);
        });
    }
    if let Some(moved) = row.moved {
        object.object("io", |io| {
            decimal("read_bytes", moved.read, io);
            decimal("written_bytes", moved.written, io);
            decimal("reads", moved.reads, io);
            decimal("writes", moved.writes, io);
        });
    }
    object.end();
}

fn one(one: &One, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("pid", one.row.pid);
    object.list("command", &one.command, |word, out| escape::bytes(out, word, false));
    object.text("states", &one.history.states.iter().map(|&state| state as char).collect::<String>());
    object.object("sizes_kb", |sizes| one.sizes.iter().for_each(|(name, kb)| sizes.number(name, *kb)));
    object.object("faults", |faults| {
        decimal("minor", one.faults.0, faults);
        decimal("major", one.faults.1, faults);
    });
    if let Some((asked, forced)) = one.switches {
        object.object("switches", |switches| {
            decimal("voluntary", asked, switches);
            decimal("forced", forced, switches);
        });
    }
    object.maybe("descriptors", one.descriptors);
    object.object("descriptor_kinds", |kinds| one.kinds.iter().for_each(|(kind, n)| kinds.number(kind, *n)));
    object
        .list("descriptor_history", &one.history.descriptors, |n, out| out.extend_from_slice(n.to_string().as_bytes()));
    object.list("threads", &one.threads, worker);
    object.list("sockets", &one.links, link);
    object.number("more_sockets", one.more_links);
    object.list("calls", &one.called, called);
    object.list("latency", buckets(&one.times), |(from, to, n), out| {
        let mut inner = Object::begin(out);
        inner.number("from_ns", from);
        inner.maybe("to_ns", to);
        inner.number("calls", n);
        inner.end();
    });
    looked(&one.looked, one.looked_ago, object.member("looked"));
    object.list("children", &one.children, |(pid, comm), out| {
        let mut inner = Object::begin(out);
        inner.number("pid", *pid);
        inner.bytes("comm", comm);
        inner.end();
    });
    object.list("missing", &one.missing, |(what, why), out| {
        let mut inner = Object::begin(out);
        inner.text("what", what);
        inner.text("why", why);
        inner.end();
    });
    object.end();
}

fn buckets(times: &Histogram) -> impl Iterator<Item = (u64, Option<u64>, u64)> {
    let of = |(at, &n): (usize, &u64)| {
        let (from, to) = Histogram::bounds(at);
        (from, to, n)
    };
    times.0.iter().enumerate().filter(|(_, n)| **n > 0).map(of)
}

fn worker(worker: &Worker, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("tid", worker.tid);
    object.bytes("comm", &worker.comm);
    object.text("state", &(worker.state as char).to_string());
    decimal("cpu_percent", worker.cpu, &mut object);
    object.text("does", &worker.does);
    object.end();
}

fn link(link: &Link, out: &mut Vec<u8>) {
    let socket = &link.socket;
    let mut object = Object::begin(out);
    object.text("kind", socket.kind);
    object.text("state", socket.state);
    object.number("recv_q", socket.recv_q);
    object.number("send_q", socket.send_q);
    object.text("local", &socket.local);
    object.text("remote", &socket.remote);
    if let Some((came, went)) = link.rates {
        decimal("in_bytes", came, &mut object);
        decimal("out_bytes", went, &mut object);
    }
    object.end();
}

fn called(called: &Called, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.text("name", &called.name);
    decimal("calls", called.calls, &mut object);
    decimal("errors", called.errors, &mut object);
    decimal("time", called.time, &mut object);
    object.number("p50_ns", called.half);
    object.number("p99_ns", called.most);
    object.end();
}

fn looked(looked: &Looked, ago: f64, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    if looked.why_not.is_empty() {
        decimal("seconds", looked.time, &mut object);
        decimal("ago", ago, &mut object);
        object.number("calls", looked.calls);
    } else {
        object.text("why_not", &looked.why_not);
    }
    object.list("latest", &looked.lines, |(tid, text), out| {
        let mut inner = Object::begin(out);
        inner.number("tid", *tid);
        inner.text("text", text);
        inner.end();
    });
    object.list("files", &looked.files, file);
    object.end();
}

fn file(file: &File, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.bytes("path", &file.path);
    object.number("calls", file.calls);
    object.number("errors", file.errors);
    object.number("read", file.read);
    object.number("written", file.written);
    object.end();
}

fn decimal(name: &'static str, value: f64, object: &mut Object<'_>) {
    let value = if value.is_finite() { value } else { 0.0 };
    object.member(name).extend_from_slice(format!("{value:.3}").as_bytes());
}
