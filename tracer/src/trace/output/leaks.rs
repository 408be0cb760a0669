//! What processes were given of memory and have not freed, as people read it: a line for each process, then a paragraph for each call
//! stack. Not freed is all that is known: whether the program could still reach a block is not looked at.

use super::{Event, Item, LineForm, Order, Render, TraceEnd};
use crate::render::amount::duration;
use crate::render::escape::{Color, Line};
use crate::spec::View;
use crate::stack::frames::Entry;

/// The form, for the table of all.
pub const FORM: LineForm = LineForm {
    name: "leaks",
    make: |view, color| Box::new(Leaks::new(view, color)),
    order: |_| Order::Ends,
    tasks: false,
};

/// Renders the reports.
#[derive(Debug)]
struct Leaks {
    color: bool,
}

impl Leaks {
    fn new(_: &View, color: bool) -> Leaks {
        Leaks { color }
    }

    /// `Process 7 (name), at its end: 400 bytes in 4 blocks not freed, from 2 call stacks`
    fn heap(&self, line: &super::Line<'_>, event: &Event<'_>, out: &mut Vec<u8>) {
        let number = |name: &str| event.number(name).cast_unsigned();
        let mut text = Line::new(out, self.color);
        text.paint(Color::Event);
        text.lit("Process ");
        text.uint(line.tgid.into());
        text.lit(" (");
        text.plain_name(line.comm);
        text.lit(if number("ended") != 0 { "), at its end: " } else { "), until now: " });
        amount(&mut text, number("bytes"), number("blocks"));
        text.lit(" not freed");
        if number("stacks") > 0 {
            text.text(&format!(", from {}", counted(number("stacks"), "call stack")));
        }
        text.plain();
        text.finish();
        if number("unknown") > 0 {
            let mut text = Line::new(out, self.color);
            text.text(&format!(
                "  {} freed that it was not seen to be given: from before tracing, of its parent, or an allocator's own",
                counted(number("unknown"), "block")
            ));
            text.finish();
        }
        if number("missed") > 0 {
            let mut text = Line::new(out, self.color);
            text.text(&format!(
                "  not to be relied on: {} missed, so blocks may be missing here, or have been freed",
                counted(number("missed"), "event")
            ));
            text.finish();
        }
    }

    fn unfreed(&self, line: &super::Line<'_>, event: &Event<'_>, out: &mut Vec<u8>) {
        let number = |name: &str| event.number(name).cast_unsigned();
        out.push(b'\n');
        let mut text = Line::new(out, self.color);
        text.lit("  ");
        amount(&mut text, number("bytes"), number("blocks"));
        text.lit(", by ");
        text.paint(Color::Name);
        text.plain_name(event.name());
        text.plain();
        let (oldest, youngest) = (number("oldest_ns"), number("youngest_ns"));
        text.text(&format!(", {} ago", duration(oldest)));
        if number("blocks") > 1 {
            text.text(&format!(" to {} ago", duration(youngest)));
        }
        text.finish();
        if line.stack.is_empty() {
            let mut text = Line::new(out, self.color);
            text.lit("    (the stack is not known)");
            text.finish();
        }
        for (n, entry) in line.stack.entries().enumerate() {
            self.frame(n, &entry, out);
        }
    }

    /// `    #0 malloc+0x1 (/lib/libc.so.6)`, `    #1 main+0x20 at a.c:7 (/bin/a)`
    fn frame(&self, n: usize, entry: &Entry<'_>, out: &mut Vec<u8>) {
        let mut text = Line::new(out, self.color);
        match entry {
            Entry::Frame(frame) => {
                text.lit("    #");
                text.uint(n as u64);
                text.lit(" ");
                match frame.symbol {
                    Some(symbol) => text.plain_name(symbol),
                    None => text.lit("?"),
                }
                text.lit("+");
                text.lit("0x");
                text.hex_digits(if frame.symbol.is_some() { frame.offset } else { frame.address }, 1);
                if let Some((file, number)) = frame.source {
                    text.lit(" at ");
                    text.plain_name(file);
                    text.lit(":");
                    text.uint(number.into());
                }
                text.lit(" (");
                text.plain_name(frame.file);
                text.lit(")");
            }
            Entry::Ends(end, _) => {
                text.lit("    (");
                text.lit(end.words());
                text.lit(")");
            }
        }
        text.finish();
    }
}

/// `400 bytes in 4 blocks`
fn amount(text: &mut Line<'_>, bytes: u64, blocks: u64) {
    text.text(&format!("{} in {}", counted(bytes, "byte"), counted(blocks, "block")));
}

/// `1 block`, `2,000 blocks`
fn counted(n: u64, what: &str) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {what}{}", if n == 1 { "" } else { "s" })
}

impl Render for Leaks {
    fn line(&mut self, line: &super::Line<'_>, out: &mut Vec<u8>) {
        let Item::Event(event) = &line.item else { return };
        match event.line.name {
            "heap" => self.heap(line, event, out),
            "unfreed" => self.unfreed(line, event, out),
            _ => {}
        }
    }

    fn end(&mut self, _: &TraceEnd<'_>, _: &mut Vec<u8>) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_groups() {
        for (n, expected) in [
            (0, "0 blocks"),
            (1, "1 block"),
            (999, "999 blocks"),
            (1000, "1,000 blocks"),
            (1234567, "1,234,567 blocks"),
        ] {
            assert_eq!(counted(n, "block"), expected);
        }
    }
}
