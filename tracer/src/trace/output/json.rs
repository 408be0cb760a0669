//! JSON Lines: one flat object per event, and a summary at the end that says whether anything is
//! missing. `schema/tracer.schema.json` is the published description; a test holds what is written
//! here against it. Written by hand: the output of a busy server must not cost more than its text.
//!
//! For jq: `select(.call=="openat" and .errno=="ENOENT").args.pathname`,
//! `select(.type=="call").args.fd.path? // empty`; text that may be cut or no UTF-8 is read with
//! `def text: if type=="object" then .text // (.b64|@base64d) else . end;`.

mod counts;
#[cfg(test)]
mod tests;
pub(super) mod value;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use tracer_common::event::flag;

use self::value::{hex, key, signal, uint, value};
use super::{End, Form, Item, Line, Render, loss};
use crate::decode::value::{Call, Ret, Value};
use crate::render::json::escape;
use crate::schema::types::Ty;
use crate::trace::sequence::Order;

/// Version of the format: `v` of every object. It is raised when a reader of an older version would
/// misunderstand; new members alone do not raise it.
pub const VERSION: u32 = 1;

/// Renders events as JSON Lines.
#[derive(Debug, Default)]
pub struct Json {
    ip: bool,
    shown: u64,
    calls: u64,
    /// Calls whose entry was announced (`Item::Unfinished`) and whose end was not seen yet, as they
    /// will be shown if it never is. By task.
    open: BTreeMap<u32, Vec<u8>>,
}

/// The form, for the table of all.
pub const FORM: Form = Form {
    name: "json",
    make: |spec| Box::new(Json::new(spec.output.style.ip && !spec.output.only_counts())),
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
        head(out, "call", line, entered);
        member(out, "call");
        name(out, call);
        member(out, "nr");
        uint(out, call.head.nr.into());
        if flags & flag::COMPAT != 0 {
            out.extend_from_slice(b",\"compat\":true");
        }
        if flags & flag::BEFORE != 0 {
            out.extend_from_slice(b",\"began_before\":true");
        }
        member(out, "args");
        arguments(out, call);
        out.extend_from_slice(if detached { b",\"status\":\"detached\"" } else { b",\"status\":\"" });
        if !detached {
            ret(out, &call.ret);
            if flags & flag::BEFORE == 0 && !matches!(call.ret, Ret::Pending | Ret::Never) {
                member(out, "duration_ns");
                uint(out, call.head.dur);
            }
        }
        if self.ip && call.head.ip != 0 {
            out.extend_from_slice(b",\"ip\":\"");
            hex(out, call.head.ip);
            out.push(b'"');
        }
        if flags & flag::FULL != 0 {
            out.extend_from_slice(b",\"data_missing\":true");
        }
        out.extend_from_slice(b"}\n");
    }
}

impl Render for Json {
    fn line(&mut self, line: &Line<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        match &line.item {
            Item::Call(call) => self.call(line, call, line.wall, false, out),
            Item::Unfinished(call) => {
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
            Item::Signal { signal: n, info, ignored } => {
                head(out, "signal", line, line.wall);
                member(out, "signal");
                signal(out, *n);
                member(out, "info");
                value(out, info);
                if *ignored {
                    out.extend_from_slice(b",\"ignored\":true");
                }
            }
            Item::Stopped { signal: n } => {
                head(out, "stopped", line, line.wall);
                member(out, "signal");
                signal(out, *n);
            }
            Item::Exited { code } => {
                head(out, "exit", line, line.wall);
                member(out, "code");
                value::int(out, (*code).into());
            }
            Item::Killed { signal: n, core } => {
                head(out, "kill", line, line.wall);
                member(out, "signal");
                signal(out, *n);
                member(out, "core");
                boolean(out, *core);
            }
            Item::Superseded { by } => {
                head(out, "superseded", line, line.wall);
                member(out, "by");
                uint(out, (*by).into());
            }
            Item::Forked { child, process } => {
                head(out, "fork", line, line.wall);
                member(out, "child");
                uint(out, (*child).into());
                member(out, "process");
                uint(out, (*process).into());
            }
            Item::Executed { from } => {
                head(out, "exec", line, line.wall);
                member(out, "from");
                uint(out, (*from).into());
            }
        }
        if out.len() == start {
            return;
        }
        if !out.ends_with(b"\n") {
            out.extend_from_slice(b"}\n");
        }
        self.shown += 1;
        self.calls += u64::from(matches!(line.item, Item::Call(_) | Item::Resumed(_) | Item::Detached(_)));
    }

    /// Calls that were announced and never ended, counts by call, then the summary.
    fn end(&mut self, end: &End<'_>, out: &mut Vec<u8>) -> u64 {
        let open = std::mem::take(&mut self.open);
        for object in open.values() {
            out.extend_from_slice(object);
            self.shown += 1;
            self.calls += 1;
        }
        let counts = end.counts.map_or(0, |(summary, asked)| counts::write(summary, asked, out));
        self.shown += counts;
        begin(out, "summary");
        member(out, "tracer");
        escape::string(out, env!("CARGO_PKG_VERSION"));
        member(out, "arch");
        escape::string(out, std::env::consts::ARCH);
        member(out, "source");
        escape::string(out, end.source);
        if let Some(code) = end.exit_code {
            member(out, "exit_code");
            value::int(out, code.into());
        }
        member(out, "events");
        uint(out, self.shown);
        member(out, "calls");
        uint(out, self.calls);
        member(out, "lost");
        loss::json(end.losses, out);
        member(out, "lost_total");
        uint(out, end.losses.total());
        member(out, "lost_calls");
        loss::calls_json(end.losses, out);
        member(out, "complete");
        boolean(out, end.losses.total() == 0);
        out.extend_from_slice(b"}\n");
        open.len() as u64 + counts + 1
    }
}

/// An object of a call's arguments, by their names.
pub(super) fn arguments(out: &mut Vec<u8>, call: &Call<'_>) {
    out.push(b'{');
    for (i, (name, arg)) in call.args.iter().enumerate() {
        key(out, i == 0, name);
        match arg {
            Value::Fd(libc::AT_FDCWD, None) if is_dirfd(call, name) => out.extend_from_slice(b"\"AT_FDCWD\""),
            arg => value(out, arg),
        }
    }
    out.push(b'}');
}

/// How a call ended, as members: `"status":"successful","ret":3`.
pub(super) fn result(out: &mut Vec<u8>, of: &Ret<'_>) {
    out.extend_from_slice(b"\"status\":\"");
    ret(out, of);
}

/// The name of a call; of one without row `syscall_0x1d3`.
pub(super) fn name(out: &mut Vec<u8>, call: &Call<'_>) {
    match call.row {
        Some(row) => escape::string(out, row.name),
        None => {
            out.extend_from_slice(b"\"syscall_");
            hex(out, call.head.nr.into());
            out.push(b'"');
        }
    }
}

fn begin(out: &mut Vec<u8>, kind: &str) {
    const { assert!(VERSION == 1) };
    out.extend_from_slice(b"{\"v\":1,\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
}

/// What all events begin with.
fn head(out: &mut Vec<u8>, kind: &str, line: &Line<'_>, wall: u64) {
    begin(out, kind);
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(b",\"time\":\"");
    out.extend_from_slice(digits.format(wall / 1_000_000_000).as_bytes());
    out.push(b'.');
    // The leading 1 keeps the zeros.
    out.extend_from_slice(&digits.format(wall % 1_000_000_000 + 1_000_000_000).as_bytes()[1..]);
    out.extend_from_slice(b"\",\"pid\":");
    out.extend_from_slice(digits.format(line.tgid).as_bytes());
    out.extend_from_slice(b",\"tid\":");
    out.extend_from_slice(digits.format(line.tid).as_bytes());
    out.extend_from_slice(b",\"comm\":");
    escape::bytes(out, line.comm, false);
}

/// Behind `"status":"`.
fn ret(out: &mut Vec<u8>, ret: &Ret<'_>) {
    match ret {
        Ret::Pending => out.extend_from_slice(b"detached\""),
        Ret::Never => out.extend_from_slice(b"unfinished\",\"ret\":null"),
        Ret::Value(v) => {
            out.extend_from_slice(b"successful\",\"ret\":");
            value(out, v);
        }
        Ret::Noted(v, note) => {
            out.extend_from_slice(b"successful\",\"ret\":");
            value(out, v);
            out.extend_from_slice(b",\"note\":");
            value(out, note);
        }
        Ret::Error(errno) => {
            out.extend_from_slice(b"failed\",\"ret\":-1,\"errno\":");
            error(out, *errno);
        }
        Ret::Restart(errno) => {
            out.extend_from_slice(b"failed\",\"ret\":null,\"errno\":");
            error(out, *errno);
        }
    }
}

/// An errno by name, by number when it has none.
fn error(out: &mut Vec<u8>, errno: u16) {
    /// Names by number, as the C library has them.
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut names: Vec<String> = (0..134).map(name).collect();
        names.resize(531, String::new());
        // include/linux/errno.h: never seen by the program, but by its tracer.
        for (n, name) in [
            (512, "ERESTARTSYS"),
            (513, "ERESTARTNOINTR"),
            (514, "ERESTARTNOHAND"),
            (515, "ENOIOCTLCMD"),
            (516, "ERESTART_RESTARTBLOCK"),
            (517, "EPROBE_DEFER"),
            (524, "ENOTSUPP"),
            (530, "EIOCBQUEUED"),
        ] {
            names[n] = name.to_owned();
        }
        names
    });
    fn name(n: i32) -> String {
        let mut text = String::new();
        match nix::errno::Errno::from_raw(n) {
            nix::errno::Errno::UnknownErrno => {}
            known => _ = write!(text, "{known:?}"),
        }
        text
    }
    match NAMES.get(usize::from(errno)).filter(|n| !n.is_empty()) {
        Some(name) => escape::string(out, name),
        None => uint(out, errno.into()),
    }
}

/// Whether the row says that an argument may be AT_FDCWD.
fn is_dirfd(call: &Call<'_>, name: &str) -> bool {
    let in_args = |args: &[crate::schema::types::Arg]| args.iter().any(|a| a.name == name && matches!(a.ty, Ty::DirFd));
    call.row.is_some_and(|row| in_args(row.args) || row.variants.iter().any(|v| in_args(v.args)))
}

fn member(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn boolean(out: &mut Vec<u8>, yes: bool) {
    out.extend_from_slice(if yes { b"true" } else { b"false" });
}
