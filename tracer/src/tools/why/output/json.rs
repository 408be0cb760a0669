//! The report as one object of JSON on a line. `schema/why.schema.json` is the published description; a test holds what is written here
//! against it. What is not known is absent.

use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::tools::why::report::{Report, Step, Story};

/// Version of the format: `v`.
const VERSION: u32 = 1;

/// Appends the report and a newline.
pub fn json(report: &Report, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("v", VERSION);
    object.word("type", "why");
    object.number("pid", report.pid);
    object.number("start_ticks", report.start);
    object.bytes("comm", &report.comm);
    object.word("verdict", report.verdict.word());
    object.number("code", report.code());
    object.text("conclusion", &report.conclusion);
    if let Some(story) = report.stories.first() {
        object.word("cause", story.cause.word());
        object.word("sure", story.sure.word());
        object.list("culprits", &story.culprits, |&at, out| match story.steps.get(at) {
            Some(step) => culprit(step, out),
            None => out.extend_from_slice(b"null"),
        });
    }
    object.number("threads", report.threads as u64);
    object.list("stories", &report.stories, self::story);
    decimal("between", report.between, &mut object);
    if let Some(times) = &report.times {
        super::times::json(times, &report.findings, object.member("times"));
    }
    object.list("missing", &report.missing, |(what, why), out| {
        let mut inner = Object::begin(out);
        inner.text("what", what);
        inner.text("why", why);
        inner.end();
    });
    object.line();
}

fn culprit(step: &Step, out: &mut Vec<u8>) {
    let mut inner = Object::begin(out);
    inner.number("pid", step.pid);
    inner.number("tid", step.tid);
    inner.bytes("comm", &step.comm);
    inner.word("cause", step.cause.word());
    inner.text("does", &step.does);
    inner.end();
}

fn story(story: &Story, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.list("tids", &story.tids, |tid, out| out.extend_from_slice(tid.to_string().as_bytes()));
    object.word("verdict", story.verdict.word());
    object.word("cause", story.cause.word());
    object.word("sure", story.sure.word());
    object.maybe("circle", story.circle.map(|at| at as u64));
    object.list("chain", &story.steps, step);
    object.end();
}

fn step(step: &Step, out: &mut Vec<u8>) {
    let mut object = Object::begin(out);
    object.number("pid", step.pid);
    object.number("tid", step.tid);
    object.bytes("comm", &step.comm);
    object.text("state", &(step.state as char).to_string());
    if let Some(role) = step.role {
        object.word("role", role);
    }
    object.word("cause", step.cause.word());
    object.text("does", &step.does);
    object.word("sure", step.sure.word());
    if let Some(call) = &step.call {
        object.text("call", call);
    }
    if let Some(age) = step.age {
        decimal("age", age, &mut object);
    }
    object.list("stack", &step.frames, |frame, out| escape::bytes(out, frame, false));
    object.list("others", &step.others, |(pid, comm), out| {
        let mut inner = Object::begin(out);
        inner.number("pid", *pid);
        inner.bytes("comm", comm);
        inner.end();
    });
    object.list("evidence", &step.evidence, |line, out| escape::string(out, line));
    object.end();
}

fn decimal(name: &'static str, value: f64, object: &mut Object<'_>) {
    object.member(name).extend_from_slice(format!("{value:.3}").as_bytes());
}
