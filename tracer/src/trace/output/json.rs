//! JSON Lines: one flat object per event, and a summary at the end that says whether anything is
//! missing. `schema/tracer.schema.json` is the published description; a test holds what is written
//! here against it. Written by hand: the output of a busy server must not cost more than its text.
//!
//! For jq: `select(.call=="openat" and .errno=="ENOENT").args.pathname`,
//! `select(.type=="call").args.fd.path? // empty`; text that may be cut or no UTF-8 is read with
//! `def text: if type=="object" then .text // (.b64|@base64d) else . end;`.

mod counts;
mod stack;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

use tracer_common::event::{flag, kind};

use self::value::{hex, signal, text, uint, value};
use super::event::Said;
use super::{Event, Item, Line, LineForm, Order, Render, TraceEnd, loss};
use crate::decode::library::Function;
use crate::decode::value::{Call, Ret, Value};
use crate::render::json::escape;
use crate::render::json::object::Object;
use crate::schema::tampered::Tampered;
use crate::schema::types::Ty;
use crate::schema::{errno, parts, records, uring};

/// Version of the format: `v` of every object. It is raised when a reader of an older version would
/// misunderstand; new members alone do not raise it.
pub const VERSION: u32 = 1;

/// Renders events as JSON Lines.
#[derive(Debug, Default)]
pub struct Json {
    ip: bool,
    stack: bool,
    shown: u64,
    calls: u64,
    /// Calls whose entry was announced (`Item::Unfinished`) and whose end was not seen yet, as they
    /// will be shown if it never is. By task.
    open: BTreeMap<u32, Vec<u8>>,
}

/// The form, for the table of all.
pub const FORM: LineForm = LineForm {
    name: "json",
    make: |view, _| {
        let style = &view.output.style;
        Box::new(Json { stack: style.stack, ..Json::new(style.ip && !view.output.only_counts()) })
    },
    order: |_| Order::Ends,
    tasks: true,
};

impl Json {
    /// A renderer; with `ip`, calls have the instruction pointer (`-i`).
    pub fn new(ip: bool) -> Json {
        Json { ip, ..Json::default() }
    }

    /// Objects made so far.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    fn call(&self, line: &Line<'_>, call: &Call<'_>, entered: u64, detached: bool, out: &mut Vec<u8>) {
        let flags = call.head.flags;
        let operation = call.head.kind == kind::OPERATION;
        let (form, what, number) = match operation {
            true => (records::OPERATION.name, "operation", "opcode"),
            false => (records::CALL.name, "call", "nr"),
        };
        let mut object = head(out, form, line, entered);
        name(object.member(what), call);
        uint(object.member(number), parts::passed(&call.head).into());
        if flags & flag::COMPAT != 0 {
            object.flag("compat", true);
        }
        if flags & flag::BEFORE != 0 {
            object.flag("began_before", true);
        }
        arguments(object.member("args"), call);
        if detached {
            object.word("status", "detached");
        } else {
            result(&mut object, &call.ret);
            if flags & flag::BEFORE == 0 && !matches!(call.ret, Ret::Pending | Ret::Never) {
                uint(object.member("duration_ns"), call.head.dur);
            }
        }
        tampered(&mut object, &call.tampered);
        if operation {
            hex(object.member("user_data"), call.head.ip);
        } else if self.ip && call.head.ip != 0 {
            hex(object.member("ip"), call.head.ip);
        }
        if self.stack {
            stack::member(&mut object, "stack", line.stack);
        }
        if flags & flag::FULL != 0 {
            object.flag("data_missing", true);
        }
        object.line();
    }

    /// A call of a library function.
    fn function(&self, line: &Line<'_>, call: &Call<'_>, function: &Function<'_>, detached: bool, out: &mut Vec<u8>) {
        let mut object = head(out, records::LIBRARY.name, line, line.wall);
        escape::bytes(object.member("function"), function.name, false);
        escape::bytes(object.member("library"), function.library, false);
        if !function.caller.is_empty() {
            escape::bytes(object.member("caller"), function.caller, false);
        }
        uint(object.member("depth"), function.depth as u64);
        arguments(object.member("args"), call);
        if detached {
            object.word("status", "detached");
        } else {
            result(&mut object, &call.ret);
            if !matches!(call.ret, Ret::Pending | Ret::Never) {
                uint(object.member("duration_ns"), call.head.dur);
            }
        }
        if self.ip {
            hex(object.member("ip"), call.head.ip);
        }
        if self.stack {
            stack::member(&mut object, "stack", line.stack);
        }
        if call.head.flags & flag::FULL != 0 {
            object.flag("data_missing", true);
        }
        object.line();
    }

    fn event(&self, line: &Line<'_>, event: &Event<'_>, out: &mut Vec<u8>) {
        let mut object = head(out, event.line.name, line, line.wall);
        for (name, said) in event.members() {
            match said {
                Said::Words(words) => object.word(name, words),
                Said::Number(number) => object.number(name, number),
                Said::Flag(flag) => object.flag(name, flag),
                Said::Signal(n) => signal(object.member(name), n),
                Said::Value(info) => value(object.member(name), info),
                Said::Stack if self.stack => stack::member(&mut object, name, line.stack),
                Said::Frames => stack::member(&mut object, name, line.stack),
                Said::Name(of) => escape::bytes(object.member(name), of, false),
                Said::Stack => {}
            }
        }
        object.line();
    }
}

impl Render for Json {
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        match &line.item {
            Item::Call(Call { function: Some(function), .. })
            | Item::Detached(Call { function: Some(function), .. }) => {
                let (Item::Call(call) | Item::Detached(call)) = &line.item else { return };
                self.function(line, call, function, matches!(line.item, Item::Detached(_)), out);
            }
            Item::Call(call) => self.call(line, call, line.wall, false, out),
            Item::Unfinished(call) | Item::Changed(call) => {
                let mut object = self.open.remove(&line.tid).unwrap_or_default();
                object.clear();
                self.call(line, call, line.wall, true, &mut object);
                self.open.insert(line.tid, object);
            }
            Item::Resumed(call) => {
                self.open.remove(&line.tid);
                self.call(line, call, line.wall.saturating_sub(call.head.dur), false, out);
            }
            Item::Detached(call) => {
                self.open.remove(&line.tid);
                self.call(line, call, line.wall, true, out);
            }
            Item::Event(event) => self.event(line, event, out),
        }
        if out.len() == start {
            return;
        }
        self.shown += 1;
        self.calls += u64::from(match &line.item {
            Item::Call(call) => call.head.kind != kind::OPERATION,
            item => matches!(item, Item::Resumed(_) | Item::Detached(_)),
        });
    }

    /// Calls that were announced and never ended, counts by call, then the summary.
    fn end(&mut self, end: &TraceEnd<'_>, out: &mut Vec<u8>) -> u64 {
        let open = std::mem::take(&mut self.open);
        for object in open.values() {
            out.extend_from_slice(object);
            self.shown += 1;
            self.calls += 1;
        }
        let counts = end.counts.map_or(0, |(summary, asked)| counts::write(summary, asked, out));
        self.shown += counts;
        let mut object = begin(out, "summary");
        object.word("tracer", env!("CARGO_PKG_VERSION"));
        object.word("arch", std::env::consts::ARCH);
        object.text("source", end.source);
        object.maybe("exit_code", end.exit_code);
        uint(object.member("events"), self.shown);
        uint(object.member("calls"), self.calls);
        loss::json(end.losses, object.member("lost"));
        uint(object.member("lost_total"), end.losses.total());
        loss::calls_json(end.losses, object.member("lost_calls"));
        uint(object.member("began_before_attach"), end.losses.began_before());
        object.flag("complete", end.losses.total() == 0);
        object.line();
        open.len() as u64 + counts + 1
    }
}

/// An object of a call's arguments, by their names.
pub(super) fn arguments(out: &mut Vec<u8>, call: &Call<'_>) {
    let mut args = Object::begin(out);
    for (name, arg) in &call.args {
        match arg {
            Value::Fd(libc::AT_FDCWD, None) if is_dirfd(call, name) => args.word(name, "AT_FDCWD"),
            arg => value(args.member(name), arg),
        }
    }
    args.end();
}

/// The name of a call or an operation; of one without row `syscall_0x1d3`, `op_0x7f`.
pub(super) fn name(out: &mut Vec<u8>, call: &Call<'_>) {
    match call.row {
        Some(row) => escape::string(out, uring::bare(row)),
        None if call.head.kind == kind::OPERATION => text(out, format_args!("op_{:#x}", call.head.nr)),
        None => text(out, format_args!("syscall_{:#x}", call.head.nr)),
    }
}

fn begin<'o>(out: &'o mut Vec<u8>, kind: &'static str) -> Object<'o> {
    const { assert!(VERSION == 1) };
    let mut object = Object::begin(out);
    object.member("v").push(b'1');
    object.word("type", kind);
    object
}

/// What all events begin with.
fn head<'o>(out: &'o mut Vec<u8>, kind: &'static str, line: &Line<'_>, wall: u64) -> Object<'o> {
    let mut object = begin(out, kind);
    let mut digits = itoa::Buffer::new();
    let time = object.member("time");
    time.push(b'"');
    time.extend_from_slice(digits.format(wall / 1_000_000_000).as_bytes());
    time.push(b'.');
    // The leading 1 keeps the zeros.
    time.extend_from_slice(&digits.format(wall % 1_000_000_000 + 1_000_000_000).as_bytes()[1..]);
    time.push(b'"');
    object.member("pid").extend_from_slice(digits.format(line.tgid).as_bytes());
    object.member("tid").extend_from_slice(digits.format(line.tid).as_bytes());
    escape::bytes(object.member("comm"), line.comm, false);
    object
}

/// How a call ended, as members: `"status":"successful","ret":3`.
pub(super) fn result(object: &mut Object<'_>, ret: &Ret<'_>) {
    match ret {
        Ret::Pending => object.word("status", "detached"),
        Ret::Never => {
            object.word("status", "unfinished");
            object.null("ret");
        }
        Ret::Value(v) => {
            object.word("status", "successful");
            value(object.member("ret"), v);
        }
        Ret::Noted(v, note) => {
            object.word("status", "successful");
            value(object.member("ret"), v);
            value(object.member("note"), note);
        }
        Ret::Error(errno) => {
            object.word("status", "failed");
            object.number("ret", -1);
            error(object.member("errno"), *errno);
        }
        Ret::Restart(errno) => {
            object.word("status", "failed");
            object.null("ret");
            error(object.member("errno"), *errno);
        }
    }
}

/// What tracer did to a call, as members: `"injected":true,"delayed_ns":1000`.
pub(super) fn tampered(object: &mut Object<'_>, tampered: &Tampered) {
    if tampered.result {
        object.flag("injected", true);
    }
    if tampered.args {
        object.flag("args_injected", true);
    }
    if let Some(delayed) = tampered.delayed {
        uint(object.member("delayed_ns"), delayed);
    }
}

/// An errno by name, by number when it has none.
fn error(out: &mut Vec<u8>, error: u16) {
    match errno::name(error) {
        Some(name) => escape::string(out, name),
        None => uint(out, error.into()),
    }
}

/// Whether the row says that an argument may be AT_FDCWD.
fn is_dirfd(call: &Call<'_>, name: &str) -> bool {
    let in_args = |args: &[crate::schema::types::Arg]| args.iter().any(|a| a.name == name && matches!(a.ty, Ty::DirFd));
    call.row.is_some_and(|row| in_args(row.args) || row.variants.iter().any(|v| in_args(v.args)))
}
