//! strace's lines, to the letter of strace 7.2: who and when, the call with its arguments, blanks up to
//! the column of `=` (which counts what stands in front of the call too), how it ended, how long it took.

use std::collections::{BTreeMap, HashMap};

use tracer_common::event::{flag, kind};

use super::event::{self, Said};
use super::stamp::{Clock, NANOS, fraction};
use super::text::{self, Look, signal_name};
use super::{Event, Item, LineForm, Order, Render, TraceEnd};
use crate::decode::value::{Call, Ret};
use crate::render::escape::{Color, Line};
use crate::schema::tampered::Tampered;
use crate::schema::types::Ty;
use crate::schema::{errno, parts, uring};
use crate::spec::{Output, Stamp, Style, To};

/// How a line says whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PidFormat {
    /// `[pid  7895] `, on a terminal.
    Stderr,
    /// `7895  `, in a file.
    File,
    /// Not at all: a file per task (`-ff`).
    None,
}

/// Renders strace text.
#[derive(Debug)]
pub struct StraceText {
    look: Look,
    style: Style,
    pids: PidFormat,
    color: bool,
    clock: Clock,
    /// The previous line's time, for `-r`.
    previous: Option<u64>,
    /// Number and instruction pointer of each task's last call: events between calls show them too.
    last: HashMap<u32, (u32, u64)>,
    /// Stacks of calls that never return: they stand below the task's last line, as strace has it.
    held: BTreeMap<u32, Vec<u8>>,
    /// Those last lines are not shown.
    quiet_exit: bool,
}

/// The form, for the table of all. Lines of calls that overlap are split, unless only some of them are shown.
pub const FORM: LineForm = LineForm {
    name: "text",
    make: |view, color| {
        let text = StraceText::new(&view.output.style, PidFormat::of(&view.output), color);
        Box::new(StraceText { quiet_exit: view.show.quiet_exit, ..text })
    },
    order: |view| if view.show.status.all() { Order::Split } else { Order::Ends },
    tasks: false,
};

impl PidFormat {
    /// How a line names its task, by where it goes.
    fn of(output: &Output) -> PidFormat {
        match output.to {
            To::Stderr if !output.style.always_pid => PidFormat::Stderr,
            To::Stderr | To::Stdout | To::File(..) | To::Pipe(_) => PidFormat::File,
            To::Each(_) => PidFormat::None,
        }
    }
}

impl StraceText {
    /// A renderer for one output. It keeps what `-r`, `-n` and `-i` need of earlier lines.
    pub fn new(style: &Style, pids: PidFormat, color: bool) -> StraceText {
        StraceText {
            look: Look::new(style),
            style: style.clone(),
            pids,
            color,
            clock: Clock::default(),
            previous: None,
            last: HashMap::new(),
            held: BTreeMap::new(),
            quiet_exit: false,
        }
    }

    /// Everything in front of the call: pid, times, number, instruction pointer.
    fn leader(&mut self, out: &mut Line<'_>, line: &super::Line<'_>) {
        let style = &self.style;
        if (line.many || style.always_pid) && self.pids != PidFormat::None {
            pid(out, line, self.pids, style);
        }
        out.paint(Color::Dim);
        self.clock.stamp(out, style.stamp, line.wall);
        if let Some(digits) = style.relative {
            let since = line.wall.saturating_sub(self.previous.unwrap_or(line.wall));
            self.previous = Some(line.wall);
            let stamped = style.stamp != Stamp::None;
            out.lit(if stamped { "(+" } else { "" });
            out.padded(since / NANOS, 6, b' ');
            fraction(out, since % NANOS, digits);
            out.lit(if stamped { ") " } else { " " });
        }
        if style.number || style.ip {
            self.registers(out, line);
        }
        out.plain();
    }

    fn registers(&mut self, out: &mut Line<'_>, line: &super::Line<'_>) {
        let seen = match &line.item {
            // It has neither a number among calls nor an instruction.
            Item::Call(call) if call.head.kind == kind::OPERATION => None,
            Item::Call(call)
            | Item::Unfinished(call)
            | Item::Changed(call)
            | Item::Resumed(call)
            | Item::Detached(call) => {
                let seen = (parts::passed(&call.head), call.head.ip);
                self.last.insert(line.tid, seen);
                Some(seen)
            }
            Item::Event(event) if event.ends() => {
                event.registers().or(self.last.remove(&line.tid)).map(|(nr, _)| (nr, 0))
            }
            Item::Event(event) => event.registers().or_else(|| self.last.get(&line.tid).copied()),
        };
        if self.style.number {
            match seen {
                Some((nr, _)) if nr != event::NO_CALL => {
                    out.lit("[");
                    out.padded(number(nr), 4, b' ');
                    out.lit("] ");
                }
                // A call that no number is left for; what came before any call.
                Some(_) if !matches!(line.item, Item::Event(_)) => out.lit("[???] "),
                _ => out.lit("[????] "),
            }
        }
        if self.style.ip {
            match seen {
                Some((_, ip)) if ip != 0 => {
                    out.lit("[");
                    out.hex_digits(ip, 16);
                    out.lit("] ");
                }
                _ => out.lit("[????????????????] "),
            }
        }
    }

    /// `name(`
    fn open(&self, out: &mut Line<'_>, call: &Call<'_>) {
        out.paint(Color::Name);
        name(out, call);
        out.plain();
        out.lit("(");
    }

    fn args(&self, out: &mut Line<'_>, call: &Call<'_>, from: usize, to: usize) {
        let named = self.style.arg_names || call.shows_names();
        for (i, (name, value)) in call.args.iter().enumerate().take(to).skip(from) {
            if i > from {
                out.lit(", ");
            }
            if named {
                out.lit(name);
                out.lit("=");
            }
            self.look.value(out, value);
        }
    }

    /// The arguments known at entry, and a comma when others follow. Of a call that is shown by names
    /// the comma stands before what follows.
    fn entered(&self, out: &mut Line<'_>, call: &Call<'_>) {
        self.args(out, call, 0, call.entered);
        if call.entered > 0 && call.entered < call.args.len() && !call.shows_names() {
            out.lit(", ");
        }
    }

    /// What follows the arguments that were known at entry.
    fn rest(&self, out: &mut Line<'_>, call: &Call<'_>) {
        if matches!(call.ret, Ret::Never | Ret::Pending) && !said_all(call) {
            out.lit(" <unfinished ...>");
        } else {
            if call.entered > 0 && call.entered < call.args.len() && call.shows_names() {
                out.lit(", ");
            }
            self.args(out, call, call.entered, call.args.len());
        }
        close(out, &self.look, &self.style, call);
    }

    /// The stack below the line: of a call that never returns, below the line of its task's end.
    fn stack(&mut self, line: &super::Line<'_>, out: &mut Vec<u8>) {
        if !self.style.stack {
            return;
        }
        let never = match &line.item {
            Item::Unfinished(_) | Item::Changed(_) => return,
            Item::Call(call) | Item::Resumed(call) => call.ret == Ret::Never,
            Item::Detached(_) | Item::Event(_) => false,
        };
        if never && !self.quiet_exit {
            text::stack(self.held.entry(line.tid).or_default(), line.stack, self.color);
        } else {
            text::stack(out, line.stack, self.color);
        }
        if matches!(&line.item, Item::Event(event) if event.ends()) {
            out.append(&mut self.held.remove(&line.tid).unwrap_or_default());
        }
    }

    fn event(&self, out: &mut Line<'_>, event: &Event<'_>) {
        let Some((around, words)) = event.text() else { return };
        out.paint(Color::Event);
        out.lit(around);
        out.lit(" ");
        for word in words {
            match word {
                Said::Words(words) => out.lit(words),
                Said::Number(number) => out.int(number),
                Said::Signal(signal) => signal_name(out, signal),
                Said::Value(value) => self.look.value(out, value),
                Said::Flag(_) | Said::Stack | Said::Frames | Said::Name(_) => {}
            }
        }
        out.lit(" ");
        out.lit(around);
        out.plain();
    }
}

impl Render for StraceText {
    fn line(&mut self, line: &super::Line<'_>, bytes: &mut Vec<u8>) {
        if matches!(&line.item, Item::Event(event) if !event.line.has_text()) {
            return;
        }
        let mut out = Line::new(bytes, self.color);
        let out = &mut out;
        self.leader(out, line);
        match &line.item {
            Item::Call(call) => {
                self.open(out, call);
                self.entered(out, call);
                self.rest(out, call);
            }
            Item::Unfinished(call) => {
                self.open(out, call);
                self.entered(out, call);
                out.lit(" <unfinished ...>");
            }
            Item::Changed(call) => {
                self.open(out, call);
                self.entered(out, call);
                out.lit(" <pid changed to ");
                out.uint(line.tgid.into());
                out.lit(" ...>");
            }
            Item::Resumed(call) => {
                out.lit("<... ");
                out.paint(Color::Name);
                name(out, call);
                out.plain();
                out.lit(" resumed>");
                self.rest(out, call);
            }
            Item::Detached(call) => {
                self.open(out, call);
                self.entered(out, call);
                out.lit(" <detached ...>");
            }
            Item::Event(event) => self.event(out, event),
        }
        out.finish();
        bytes.extend_from_slice(line.below);
        self.stack(line, bytes);
    }

    /// The tables that were asked for.
    fn end(&mut self, end: &TraceEnd<'_>, out: &mut Vec<u8>) -> u64 {
        std::mem::take(&mut self.held).values().for_each(|stack| out.extend_from_slice(stack));
        if let Some((summary, columns)) = end.counts {
            summary.render(columns, out);
        }
        0
    }
}

/// `)`, blanks, `= ` and how it ended.
pub(super) fn close(out: &mut Line<'_>, look: &Look, style: &Style, call: &Call<'_>) {
    out.lit(") ");
    out.pad(style.column);
    out.lit("= ");
    match &call.ret {
        Ret::Pending | Ret::Never => out.lit("?"),
        Ret::Value(value) => look.value(out, value),
        Ret::Noted(value, note) => {
            look.value(out, value);
            out.lit(" (");
            look.value(out, note);
            out.lit(")");
        }
        Ret::Error(number) => {
            out.paint(Color::Error);
            out.lit("-1 ");
            error(out, *number);
            out.plain();
        }
        Ret::Restart(number) => {
            out.paint(Color::Error);
            restart(out, *number);
            out.plain();
        }
    }
    if !matches!(call.ret, Ret::Pending | Ret::Never) {
        tampered(out, &call.tampered);
    }
    // Of a call that ran when tracing began, nobody knows how long it took.
    let timed = call.head.flags & flag::BEFORE == 0 && !matches!(call.ret, Ret::Pending | Ret::Never);
    if let (Some(digits), true) = (style.duration, timed) {
        out.paint(Color::Dim);
        out.lit(" <");
        out.uint(call.head.dur / NANOS);
        fraction(out, call.head.dur % NANOS, digits);
        out.lit(">");
        out.plain();
    }
}

fn pid(out: &mut Line<'_>, line: &super::Line<'_>, format: PidFormat, style: &Style) {
    out.paint(Color::Dim);
    let start = out.column();
    match format {
        PidFormat::Stderr => {
            out.lit("[pid ");
            out.padded(u64::from(line.tid), 5, b' ');
        }
        _ => out.uint(u64::from(line.tid)),
    }
    if style.pids.comm {
        out.lit("<");
        out.name(line.comm, style.hex);
        out.lit(">");
    } else if format == PidFormat::File {
        out.pad(start + 5);
    }
    out.lit(if format == PidFormat::Stderr { "] " } else { " " });
    out.plain();
}

/// `read`, `syscall_0x1d3`; `io_uring: read`, `io_uring: op_0x7f`
pub(super) fn name(out: &mut Line<'_>, call: &Call<'_>) {
    if call.head.kind == kind::OPERATION {
        out.lit("io_uring: ");
        return match call.row {
            Some(row) => out.lit(uring::bare(row)),
            None => {
                out.lit("op_");
                out.hex(u64::from(call.head.nr));
            }
        };
    }
    match call.row {
        Some(row) => out.lit(row.name),
        None => {
            out.lit("syscall_");
            out.hex(number(call.head.nr));
        }
    }
}

/// The number of a call as its task passed it: the kernel takes it for an `int`.
fn number(nr: u32) -> u64 {
    i64::from(nr as i32) as u64
}

/// A call of which nobody expects a return: its line is whole without one.
fn leaves(call: &Call<'_>) -> bool {
    call.row.is_some_and(|row| matches!(row.name, "exit" | "exit_group"))
}

/// Nothing was to be said at the end but what came of it, which a call that was cut by death never knows.
fn said_all(call: &Call<'_>) -> bool {
    let noted = call.row.is_some_and(|row| matches!(row.ret, Ty::Special(_)));
    leaves(call) || (call.entered == call.args.len() && !noted)
}

/// `ENOENT (No such file or directory)`, `(errno 4000)`
fn error(out: &mut Line<'_>, number: u16) {
    match (errno::name(number), errno::text(number)) {
        (Some(name), text) => {
            out.lit(name);
            out.lit(" (");
            match text {
                Some(text) => out.lit(text),
                None => {
                    out.lit("Unknown error ");
                    out.uint(u64::from(number));
                }
            }
            out.lit(")");
        }
        (None, _) => {
            out.lit("(errno ");
            out.uint(u64::from(number));
            out.lit(")");
        }
    }
}

/// `? ERESTARTSYS (To be restarted if SA_RESTART is set)`
fn restart(out: &mut Line<'_>, number: u16) {
    out.lit("? ");
    out.lit(errno::name(number).unwrap_or_default());
    out.lit(" (");
    out.lit(errno::restart(number).unwrap_or_default());
    out.lit(")");
}

/// ` (INJECTED)`, ` (DELAYED)`
fn tampered(out: &mut Line<'_>, tampered: &Tampered) {
    match (tampered.args, tampered.result) {
        (true, true) => out.lit(" (INJECTED: args, retval)"),
        (true, false) => out.lit(" (INJECTED: args)"),
        (false, true) => out.lit(" (INJECTED)"),
        (false, false) => {}
    }
    if tampered.delayed.is_some() {
        out.lit(" (DELAYED)");
    }
}

#[cfg(test)]
#[path = "strace_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "strace_form_tests.rs"]
mod form_tests;

#[cfg(test)]
#[path = "strace_narrow_tests.rs"]
mod narrow_tests;
