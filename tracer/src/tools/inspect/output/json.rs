//! The report as one object of JSON. `schema/inspect.schema.json` is the published description; a test holds what
//! is written here against it. What is not known is absent, and stands in `missing`.

use super::lists::{family, kind};
use crate::render::amount::{capability_names, open_flags};
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::schema::errno;
use crate::schema::signal_names;
use crate::system::process::{Io, Limit};
use crate::system::snapshot::{Access, Descriptor, Slot};
use crate::system::sockets::{Detail, State};
use crate::tools::inspect::report::activity::{Activity, Count, FileUse, Host, HostUse, Program, period};
use crate::tools::inspect::report::{Fate, HeldSocket, Holder, Report, Thread, state_name};

/// Version of the format: `v`.
const VERSION: u32 = 1;

/// Appends the report and a newline.
pub fn json(report: &Report, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("v", VERSION);
    object.text("type", "process");
    identity(report, &mut object);
    rights(report, &mut object);
    running(report, &mut object);
    holdings(report, &mut object);
    if let Some(list) = &report.environment {
        object.list("environment", list, |variable, out| {
            let mut inner = Object::begin(out);
            inner.bytes("name", &variable.name);
            inner.bytes("value", &variable.value);
            inner.flag("masked", variable.masked);
            inner.end();
        });
    }
    if let Some(seen) = &report.activity {
        object.object("activity", |inner| activity(seen, inner));
    }
    object.list("findings", &report.findings, |finding, out| {
        let mut inner = Object::begin(out);
        inner.text("kind", finding.kind);
        inner.text("title", finding.title);
        inner.list("evidence", &finding.evidence, |line, out| escape::bytes(out, line, false));
        inner.end();
    });
    object.list("missing", &report.missing, |missing, out| {
        let mut inner = Object::begin(out);
        inner.text("what", missing.what);
        inner.text("why", &missing.why);
        inner.end();
    });
    object.end();
    out.push(b'\n');
}

fn identity(report: &Report, object: &mut Object<'_>) {
    object.number("pid", report.pid());
    object.number("start_ticks", report.stat.start);
    object.flag("ended", report.end == Fate::Ended);
    object.bytes("comm", &report.stat.comm);
    object.flag("kernel_thread", report.kernel);
    if let Some(words) = &report.command {
        object.list("command", words, |word, out| escape::bytes(out, word, false));
    }
    place("program", &report.program, object);
    place("directory", &report.directory, object);
    place("root", &report.root, object);
    decimal("started", report.started, object);
    decimal("age", report.age, object);
    object.object("started_by", |inner| {
        inner.text("kind", report.origin.kind.word());
        inner.bytes("name", &report.origin.name);
        inner.bytes("how", &report.origin.how);
    });
    object.list("parents", &report.parents, |parent, out| {
        let mut inner = Object::begin(out);
        inner.number("pid", parent.pid);
        inner.bytes("comm", &parent.comm);
        inner.end();
    });
    object.number("process_group", report.stat.pgid);
    object.number("session", report.stat.session);
    numbers("nested_pids", &report.status.nested_pids, object);
    if let Some(path) = &report.cgroup {
        object.bytes("cgroup", path);
    }
    object.list("namespaces", &report.namespaces, |space, out| {
        let mut inner = Object::begin(out);
        inner.text("kind", &space.kind);
        inner.maybe("inode", space.inode);
        if let Some(same) = space.same {
            inner.flag("same", same);
        }
        inner.end();
    });
}

fn rights(report: &Report, object: &mut Object<'_>) {
    let status = &report.status;
    let names = ["real", "effective", "saved", "filesystem"];
    let four = |ids: [u32; 4]| {
        move |inner: &mut Object<'_>| names.iter().zip(ids).for_each(|(name, id)| inner.number(name, id))
    };
    object.object("uids", four(status.uids));
    object.object("gids", four(status.gids));
    numbers("groups", &status.groups, object);
    if let Some(name) = &report.user_names[1] {
        object.text("user", name);
    }
    object.object("capabilities", |inner| {
        let sets = ["inheritable", "permitted", "effective", "bounding", "ambient"];
        for (name, set) in sets.iter().zip(status.capabilities) {
            inner.list(name, capability_names(set), |name, out| escape::string(out, &name));
        }
    });
    object.flag("no_new_privileges", status.no_new_privileges);
    object.number("seccomp", status.seccomp);
}

fn running(report: &Report, object: &mut Object<'_>) {
    object.text("state", &(report.stat.state as char).to_string());
    object.text("state_name", state_name(report.stat.state));
    object.number("nice", report.stat.nice);
    object.number("tracer", report.status.tracer);
    let seconds = |ticks: u64| ticks as f64 / report.ticks.max(1) as f64;
    decimal("user_time", seconds(report.stat.user_time), object);
    decimal("system_time", seconds(report.stat.system_time), object);
    object.list("threads", &report.threads, |thread, out| self::thread(report, thread, out));
    object.object("memory_kb", |inner| {
        for (name, kb) in &report.status.memory {
            inner.number(name, *kb);
        }
    });
    if let Some(((voluntary, involuntary), reading)) = report.switches() {
        object.object("switches", |inner| {
            inner.number("voluntary", voluntary);
            inner.number("involuntary", involuntary);
            inner.text("reading", reading.word());
        });
    }
    if let Some(Io { read, written, read_calls, write_calls, from_storage, to_storage, cancelled }) = report.io {
        object.object("io", |inner| {
            inner.number("read", read);
            inner.number("written", written);
            inner.number("read_calls", read_calls);
            inner.number("write_calls", write_calls);
            inner.number("from_storage", from_storage);
            inner.number("to_storage", to_storage);
            inner.number("cancelled", cancelled);
        });
    }
}

fn thread(report: &Report, thread: &Thread, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    inner.number("tid", thread.tid);
    inner.bytes("comm", &thread.comm);
    inner.text("state", &(thread.state as char).to_string());
    decimal("cpu_time", thread.time as f64 / report.ticks.max(1) as f64, &mut inner);
    if let Some(call) = &thread.call {
        inner.text("call", &call.name);
        inner.maybe("call_fd", call.fd);
    }
    if let Some(function) = &thread.waits_in {
        inner.bytes("waits_in", function);
    }
    if let Some((voluntary, involuntary)) = thread.switches {
        inner.number("voluntary_switches", voluntary);
        inner.number("involuntary_switches", involuntary);
    }
    inner.end();
}

fn holdings(report: &Report, object: &mut Object<'_>) {
    if let Some(list) = &report.descriptors {
        object.list("descriptors", list, descriptor);
    }
    object.list("sockets", &report.sockets, socket);
    object.list("pipes", &report.pipes, |pipe, out| {
        let mut inner = Object::begin(out);
        numbers("fds", &pipe.fds, &mut inner);
        inner.number("inode", pipe.inode);
        inner.list("others", &pipe.others, holder);
        inner.end();
    });
    if let Some(list) = &report.mapped {
        object.list("mapped", list, |mapped, out| {
            let mut inner = Object::begin(out);
            inner.bytes("path", &mapped.file.path);
            inner.number("bytes", mapped.bytes);
            inner.flag("executable", mapped.executable);
            inner.flag("written_shared", mapped.written_shared);
            inner.flag("deleted", mapped.file.slot == Slot::Deleted);
            inner.end();
        });
    }
    object.list("writable_code", &report.writable_code, |region, out| {
        let mut inner = Object::begin(out);
        inner.text("from", &format!("{:x}", region.from));
        inner.text("to", &format!("{:x}", region.to));
        inner.bytes("path", &region.path);
        inner.end();
    });
    if let Some(list) = &report.limits {
        object.list("limits", list, limit);
    }
    object.list("cgroup_limits", &report.cgroup_limits, limit);
}

fn place(name: &str, file: &Option<Descriptor>, object: &mut Object<'_>) {
    if let Some(file) = file {
        object.bytes(name, &file.path);
    }
}

fn descriptor(file: &Descriptor, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    if let Slot::Number(fd) = file.slot {
        inner.number("fd", fd);
    }
    access(file.access, &mut inner);
    inner.text("kind", kind(file));
    inner.bytes("target", &file.path);
    inner.maybe("pos", file.pos);
    if let Some(flags) = file.flags {
        inner.list("flags", open_flags(flags), |name, out| escape::string(out, name));
    }
    if let Some(stat) = file.stat {
        inner.maybe("size", stat.size);
        inner.maybe("links", stat.links);
        inner.number("inode", stat.ino);
        inner.text("device", &format!("{}:{}", stat.dev.major, stat.dev.minor));
        inner.text("mode", &format!("{:06o}", stat.mode));
    }
    if let Some(lack) = &file.lack {
        inner.text("trouble", &lack.to_string());
    }
    inner.end();
}

fn access(access: Access, object: &mut Object<'_>) {
    match access {
        Access::Unknown => {}
        Access::Read => object.text("access", "read"),
        Access::Write => object.text("access", "write"),
        Access::Update => object.text("access", "update"),
    }
}

fn holder(holder: &Holder, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    inner.number("pid", holder.pid);
    inner.bytes("comm", &holder.comm);
    inner.number("fd", holder.fd);
    access(holder.access, &mut inner);
    inner.end();
}

fn socket(held: &HeldSocket, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    numbers("fds", &held.fds, &mut inner);
    inner.number("inode", held.inode);
    if let Some(socket) = &held.socket {
        inner.text("family", family(socket));
        inner.text("state", socket.state.name());
        inner.number("recv_q", socket.recv_q);
        inner.number("send_q", socket.send_q);
        inner.number("netns", socket.netns);
        match &socket.detail {
            Detail::Inet(inet) => {
                for (name, end) in [("local", inet.local), ("remote", inet.remote)] {
                    inner.object(name, |object| {
                        object.text("address", &end.address.to_string());
                        object.number("port", end.port);
                    });
                }
                if let Some(info) = inet.tcp().filter(|_| socket.state != State::LISTEN) {
                    inner.number("bytes_sent", info.bytes_sent);
                    inner.number("bytes_received", info.bytes_received);
                    inner.number("last_data_sent", info.last_data_sent);
                    inner.number("last_data_received", info.last_data_recv);
                }
            }
            Detail::Unix(unix) => {
                if let Some(name) = &unix.name {
                    inner.bytes("name", name);
                }
            }
            _ => {}
        }
    }
    if let Some(name) = &held.peer_name {
        inner.bytes("peer_name", name);
    }
    inner.list("peers", &held.peers, holder);
    inner.end();
}

fn limit(limit: &Limit, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    inner.text("name", &limit.name);
    inner.maybe("soft", limit.soft);
    inner.maybe("hard", limit.hard);
    inner.text("unit", &limit.unit);
    inner.maybe("used", limit.used);
    inner.flag("near", limit.near());
    inner.end();
}

fn activity(seen: &Activity, object: &mut Object<'_>) {
    decimal("seconds", seen.seconds(), object);
    object.text("source", &seen.source);
    object.object("losses", |inner| seen.losses.iter().for_each(|(reason, count)| inner.number(reason, *count)));
    object.number("not_listed", seen.crowded);
    object.list("calls", &seen.calls, |(name, count): (&&str, &Count), out| {
        let mut inner = Object::begin(out);
        inner.text("name", name);
        inner.number("calls", count.calls);
        inner.number("errors", count.errors);
        inner.number("time_ns", count.time);
        inner.end();
    });
    object.list("files", &seen.files, |(path, used): (&Vec<u8>, &FileUse), out| {
        let mut inner = Object::begin(out);
        inner.bytes("path", path);
        inner.number("opened", used.opened);
        errors("refused", &used.refused, &mut inner);
        inner.number("reads", used.reads);
        inner.number("bytes_read", used.read);
        inner.number("writes", used.writes);
        inner.number("bytes_written", used.written);
        inner.number("asked", used.asked);
        inner.list("changes", &used.changes, |name, out| escape::string(out, name));
        inner.list("given", &used.given, |name, out| escape::bytes(out, name, false));
        inner.end();
    });
    object.list("hosts", &seen.hosts, host);
    object.list("programs", &seen.programs, |(path, program): (&Vec<u8>, &Program), out| {
        let mut inner = Object::begin(out);
        inner.bytes("path", path);
        inner.number("runs", program.runs);
        inner.number("failed", program.failed);
        inner.list("words", &program.words, |word, out| escape::bytes(out, word, false));
        inner.end();
    });
    object.number("processes", seen.forks);
    object.number("threads", seen.threads);
    object.object("signals", |inner| {
        seen.signals.iter().for_each(|(number, count)| inner.number(&signal_names::name(*number), *count));
    });
}

fn host((host, used): (&Host, &HostUse), out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    match host {
        Host::Inet(protocol, end) => {
            inner.text("family", protocol);
            inner.text("address", &end.ip().to_string());
            inner.number("port", end.port());
        }
        Host::Unix(name) => {
            inner.text("family", "unix");
            inner.bytes("name", name);
        }
    }
    inner.number("connects", used.connects);
    errors("failed", &used.failed, &mut inner);
    inner.number("accepted", used.accepted);
    inner.number("sent", used.sent);
    inner.number("received", used.received);
    if let Some(every) = period(&used.times) {
        decimal("every", every as f64 / 1e9, &mut inner);
    }
    inner.end();
}

fn errors(name: &str, list: &std::collections::BTreeMap<u16, u64>, object: &mut Object<'_>) {
    object.object(name, |inner| {
        for (number, count) in list {
            inner.number(&errno::name(*number).map_or_else(|| number.to_string(), str::to_owned), *count);
        }
    });
}

fn numbers(name: &str, list: &[u32], object: &mut Object<'_>) {
    object.list(name, list, |number, out| out.extend_from_slice(number.to_string().as_bytes()));
}

/// A number with a fraction.
fn decimal(name: &str, value: f64, object: &mut Object<'_>) {
    let text = if value.is_finite() { format!("{value:.3}") } else { "0".to_owned() };
    object.key(name).extend_from_slice(text.as_bytes());
}
