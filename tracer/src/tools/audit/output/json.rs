//! The report as one object of JSON, with all of the evidence. `schema/audit.schema.json` is the published description; a test
//! holds what is written here against it. What does not apply is absent.

use super::{verdict, words};
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::schema::signal_names;
use crate::tools::audit::evidence::timeline::{Process, Program};
use crate::tools::audit::evidence::{
    Access, Change, Diff, Difference, Effect, Gap, HostName, Judgement, Object as Target, Op, Ran, Report, Timeline,
    Unit, Words,
};

/// Version of the format: `v`.
const VERSION: u32 = 1;

/// Appends the report and a newline.
pub fn json(report: &Report, out: &mut Vec<u8>) {
    let evidence = &report.evidence;
    let mut object = Object::begin(out);
    object.number("v", VERSION);
    object.text("type", "audit");
    object.text("verdict", report.verdict.name());
    object.text("summary", &verdict::sentence(report));
    object.list("command", &evidence.command, |word, out| escape::bytes(out, word, false));
    if let Some(status) = evidence.status {
        object.object("status", |inner| ending(status, inner));
    }
    object.text("source", &evidence.source);
    object.object("variables", |inner| {
        for (name, path) in &report.variables.0 {
            inner.bytes(name, path);
        }
    });
    object.list("units", &evidence.units, unit);
    object.list("accesses", &evidence.accesses, access);
    object.list("programs", &evidence.programs, ran);
    object.list("effects", &evidence.effects, effect);
    object.list("gaps", &evidence.gaps, gap);
    object.list("remarks", &evidence.remarks, |remark, out| escape::string(out, remark));
    object.object("policy", |inner| judgement(&report.judgement, inner));
    if let Some(seen) = &report.difference {
        object.object("baseline", |inner| difference(seen, inner));
    }
    if report.extent.times {
        object.object("timeline", |inner| timeline(&report.timeline, inner));
    }
    object.end();
    out.push(b'\n');
}

fn ending(status: i32, object: &mut Object<'_>) {
    match status & 0x7f {
        0 => object.number("exited", status >> 8 & 0xff),
        signal => object.text("killed", &signal_names::name(signal)),
    }
}

fn unit(unit: &Unit, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.text("runner", unit.runner.name());
    object.text("suite", &unit.suite);
    object.text("name", &unit.name);
    object.end();
}

fn access(access: &Access, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("unit", access.unit as u64);
    object.text("op", access.op.name());
    object.object("object", |inner| target(&access.object, inner));
    if access.errno != 0 {
        object.text("error", &words::error(access.errno));
    }
    if let Some(to) = &access.to {
        object.bytes("to", to);
    }
    if let Some(passed) = &access.passed {
        object.bytes("passed", passed);
    }
    if access.op == Op::Write || access.wrote {
        object.flag("wrote", access.wrote);
    }
    object.bytes("program", &access.program);
    if access.later {
        object.flag("later", true);
    }
    object.end();
}

fn target(target: &Target, object: &mut Object<'_>) {
    match target {
        Target::File(path) => {
            object.text("kind", "file");
            object.bytes("path", path);
        }
        Target::Inet { protocol, address, ephemeral, hosts } => {
            object.text("kind", "inet");
            object.text("protocol", protocol);
            object.text("address", &address.ip().to_string());
            object.number("port", address.port());
            object.flag("ephemeral", *ephemeral);
            if let Some(surest) = hosts.first() {
                object.text("host", &surest.name);
                object.list("hosts", hosts, host);
            }
        }
        Target::Unix(name) => {
            object.text("kind", "unix");
            object.bytes("name", name);
        }
        Target::Other(family, address) => {
            object.text("kind", "other");
            object.text("family", family);
            object.text("address", address);
        }
    }
}

fn ran(ran: &Ran, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("unit", ran.unit as u64);
    object.bytes("program", &ran.program);
    words(&ran.words, &mut object);
    if !ran.by.is_empty() {
        object.bytes("by", &ran.by);
    }
    if let Some(status) = ran.status {
        object.object("status", |inner| ending(status, inner));
    }
    object.end();
}

fn words(words: &Words, object: &mut Object<'_>) {
    object.list("args", &words.list, |word, out| escape::bytes(out, word, false));
    if words.cut {
        object.flag("args_cut", true);
    }
}

fn timeline(timeline: &Timeline, object: &mut Object<'_>) {
    object.number("length_ns", timeline.length);
    if timeline.left_out > 0 {
        object.number("left_out", timeline.left_out);
    }
    object.list("processes", &timeline.processes, process);
}

fn process(process: &Process, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("pid", process.pid);
    object.maybe("parent", process.parent.map(|parent| parent as u64));
    object.number("unit", process.unit as u64);
    object.number("began_ns", process.began);
    object.maybe("ended_ns", process.ended);
    if let Some(status) = process.status {
        object.object("status", |inner| ending(status, inner));
    }
    object.list("programs", &process.programs, |Program { began, file, words: all }, out| {
        let mut inner = Object::begin(out);
        inner.number("began_ns", *began);
        inner.bytes("program", file);
        words(all, &mut inner);
        inner.end();
    });
    object.end();
}

fn host(host: &HostName, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.text("name", &host.name);
    object.text("by", host.by.word());
    object.end();
}

fn effect(effect: &Effect, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.bytes("path", &effect.path);
    object.text("change", effect.change.name());
    if let Change::Renamed(to) = &effect.change {
        object.bytes("to", to);
    }
    object.list("units", &effect.units, |index, out| out.extend_from_slice(index.to_string().as_bytes()));
    let (before, after) = (&effect.before, &effect.after);
    object.maybe("size_before", before.size);
    object.maybe("size", after.size);
    for (key, mode) in [("mode_before", before.mode), ("mode", after.mode)] {
        if let Some(mode) = mode {
            object.text(key, &format!("{mode:04o}"));
        }
    }
    for (key, sum) in [("sha256_before", &before.sum), ("sha256", &after.sum)] {
        if let Some(sum) = sum {
            object.text(key, sum);
        }
    }
    match &effect.diff {
        Some(Diff::Lines(lines)) => object.list("diff", lines, |line, out| escape::string(out, line)),
        Some(Diff::Not(why)) => object.text("no_diff", why),
        None => {}
    }
    object.end();
}

fn gap(gap: &Gap, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.text("kind", gap.kind.name());
    object.maybe("unit", gap.unit.map(|index| index as u64));
    object.text("what", &gap.what);
    object.number("count", gap.count);
    object.end();
}

fn judgement(judgement: &Judgement, object: &mut Object<'_>) {
    if !judgement.policy.is_empty() {
        object.text("file", &judgement.policy);
    }
    object.list("violations", &judgement.violations, |violation, out| {
        let mut inner = Object::begin(out);
        inner.number("access", violation.access as u64);
        inner.text("rule", &violation.rule);
        if violation.line > 0 {
            inner.number("line", violation.line);
        }
        inner.end();
    });
    object.list("unmet", &judgement.unmet, |unmet, out| {
        let mut inner = Object::begin(out);
        inner.maybe("unit", unmet.unit.map(|index| index as u64));
        inner.text("rule", &unmet.rule);
        if unmet.line > 0 {
            inner.number("line", unmet.line);
        }
        inner.end();
    });
}

fn difference(difference: &Difference, object: &mut Object<'_>) {
    object.text("file", &difference.baseline);
    object.list("new", &difference.new, |line, out| escape::string(out, line));
    object.list("gone", &difference.gone, |line, out| escape::string(out, line));
}
