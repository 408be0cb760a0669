//! ltrace's lines, in the form of ltrace 0.7.91: whose they are and when, blanks for what they are within, the call with its arguments,
//! blanks up to the column of `=`, what it returned, how long it took. System calls (`-S`) are decoded as everywhere here, and named
//! `NAME@SYS`.

use std::collections::HashMap;

use super::event::Said;
use super::stamp::{Clock, NANOS, fraction};
use super::strace;
use super::text::{self, Look, signal_name};
use super::{Event, Item, LineForm, Order, Render, TraceEnd};
use crate::decode::value::Call;
use crate::render::escape::{Color, Line};
use crate::schema::signal_names::meaning;
use crate::spec::{Style, To, View};
use crate::stack::demangle::demangled;

/// The form, for the table of all.
pub const FORM: LineForm = LineForm {
    name: "ltrace",
    make: |view, color| Box::new(Ltrace::new(view, color)),
    order: |_| Order::Split,
    tasks: false,
};

/// Renders ltrace's text.
#[derive(Debug)]
struct Ltrace {
    look: Look,
    style: Style,
    /// `[pid 7]` and not `7`.
    on_stderr: bool,
    color: bool,
    clock: Clock,
    /// The previous line's time, for `-r`.
    previous: Option<u64>,
    /// How deep each task was in calls when it was last shown: a system call stands within them.
    depths: HashMap<u32, usize>,
}

impl Ltrace {
    fn new(view: &View, color: bool) -> Ltrace {
        let style = &view.output.style;
        Ltrace {
            look: Look { nil: true, ..Look::new(style) },
            style: style.clone(),
            on_stderr: matches!(view.output.to, To::Stderr),
            color,
            clock: Clock::default(),
            previous: None,
            depths: HashMap::new(),
        }
    }

    /// Everything in front of the call.
    fn leader(&mut self, out: &mut Line<'_>, line: &super::Line<'_>, call: Option<&Call<'_>>) {
        out.paint(Color::Dim);
        if line.many && self.on_stderr {
            out.lit("[pid ");
            out.uint(u64::from(line.tid));
            out.lit("] ");
        } else if line.many {
            out.uint(u64::from(line.tid));
            out.lit(" ");
        }
        if self.style.relative.is_some() {
            let since = line.wall.saturating_sub(self.previous.unwrap_or(line.wall));
            self.previous = Some(line.wall);
            out.padded(since / NANOS, 3, b' ');
            fraction(out, since % NANOS, 6);
            out.lit(" ");
        }
        self.clock.stamp(out, self.style.stamp, line.wall);
        if self.style.ip {
            out.lit("[0x");
            out.hex_digits(call.map_or(0, |call| call.head.ip), 1);
            out.lit("] ");
        }
        out.plain();
        let depth = match call.map(|call| call.function) {
            Some(Some(function)) => {
                self.depths.insert(line.tid, function.depth + 1);
                function.depth
            }
            // What is within the call that was shown last.
            Some(None) => self.depths.get(&line.tid).copied().unwrap_or(0),
            None => 0,
        };
        (0..depth * self.style.library.indent).for_each(|_| out.lit(" "));
    }

    /// `main->name@library(`
    fn open(&self, out: &mut Line<'_>, call: &Call<'_>) {
        self.name(out, call, true);
        out.lit("(");
    }

    fn name(&self, out: &mut Line<'_>, call: &Call<'_>, whole: bool) {
        out.paint(Color::Name);
        let Some(function) = &call.function else {
            strace::name(out, call);
            out.lit(if whole { "@SYS" } else { "" });
            return out.plain();
        };
        if whole && self.style.library.callers && !function.caller.is_empty() {
            out.plain_name(function.caller);
            out.lit("->");
        }
        match self.style.library.demangle {
            true => out.plain_name(&demangled(function.name)),
            false => out.plain_name(function.name),
        }
        if whole && function.caller.is_empty() {
            out.lit("@");
            out.plain_name(function.library);
        }
        out.plain();
    }

    fn args(&self, out: &mut Line<'_>, call: &Call<'_>, from: usize, to: usize) {
        for (i, (_, value)) in call.args.iter().enumerate().take(to).skip(from) {
            out.lit(if i > 0 { ", " } else { "" });
            self.look.value(out, value);
        }
    }

    /// What follows the arguments that were known at entry.
    fn rest(&self, out: &mut Line<'_>, call: &Call<'_>) {
        self.args(out, call, call.entered, call.args.len());
        strace::close(out, &self.look, &self.style, call);
    }

    fn event(&self, out: &mut Line<'_>, event: &Event<'_>) {
        let Some((around, words)) = event.text() else { return };
        out.paint(Color::Event);
        out.lit(around);
        out.lit(" ");
        for word in words {
            match word {
                Said::Words("exited with ") => out.lit("exited (status "),
                Said::Words(words) if words != " " => out.lit(words),
                Said::Number(number) => {
                    out.int(number);
                    out.lit(if event.line.name == "exit" { ")" } else { "" });
                }
                Said::Signal(signal) => {
                    signal_name(out, signal);
                    if let Some(meaning) = meaning(signal).filter(|_| event.line.name == "signal") {
                        out.lit(" (");
                        out.lit(meaning);
                        out.lit(")");
                    }
                }
                // ltrace names the signal alone.
                Said::Words(_) | Said::Value(_) | Said::Flag(_) | Said::Stack | Said::Frames | Said::Name(_) => {}
            }
        }
        out.lit(" ");
        out.lit(around);
        out.plain();
    }
}

impl Render for Ltrace {
    fn line(&mut self, line: &super::Line<'_>, bytes: &mut Vec<u8>) {
        if matches!(&line.item, Item::Event(event) if !event.line.has_text()) {
            return;
        }
        let mut out = Line::new(bytes, self.color);
        let out = &mut out;
        let call = match &line.item {
            Item::Call(call)
            | Item::Unfinished(call)
            | Item::Changed(call)
            | Item::Resumed(call)
            | Item::Detached(call) => Some(*call),
            Item::Event(_) => None,
        };
        self.leader(out, line, call);
        match &line.item {
            Item::Call(call) => {
                self.open(out, call);
                self.args(out, call, 0, call.entered);
                self.rest(out, call);
            }
            Item::Unfinished(call) | Item::Changed(call) | Item::Detached(call) => {
                self.open(out, call);
                self.args(out, call, 0, call.entered);
                out.lit(" <unfinished ...>");
            }
            Item::Resumed(call) => {
                out.lit("<... ");
                self.name(out, call, false);
                out.lit(" resumed> ");
                self.rest(out, call);
            }
            Item::Event(event) => self.event(out, event),
        }
        out.finish();
        if self.style.stack && matches!(line.item, Item::Call(_) | Item::Resumed(_)) {
            text::frames(bytes, line.stack, self.color);
            bytes.push(b'\n');
        }
        if matches!(&line.item, Item::Event(event) if event.ends()) {
            self.depths.remove(&line.tid);
        }
        if let (Item::Call(call) | Item::Resumed(call), Some(depth)) = (&line.item, self.depths.get_mut(&line.tid))
            && call.function.is_some()
        {
            *depth = depth.saturating_sub(1);
        }
    }

    fn end(&mut self, end: &TraceEnd<'_>, out: &mut Vec<u8>) -> u64 {
        if let Some((summary, columns)) = end.counts {
            summary.render(columns, out);
        }
        0
    }
}
