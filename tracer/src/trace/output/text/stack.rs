//! A stack, as lines below the line whose it is.

use crate::render::escape::{Color, Line};
use crate::stack::frames::{End, Entry, Stack};

/// ` > /usr/lib/libc.so.6(write+0x14) [0x10e1b4]`, with ` FILE:LINE` where the source is known. Without symbol strace writes `(+0x0)`
/// for a stack that it kept from a call's entry, and `()` otherwise.
pub fn stack(out: &mut Vec<u8>, found: Stack<'_>, color: bool) {
    entries(out, found, color, |_| true);
}

/// The same, as ltrace has it: that there are more frames than were asked for is not said.
pub fn frames(out: &mut Vec<u8>, found: Stack<'_>, color: bool) {
    entries(out, found, color, |entry| !matches!(entry, Entry::Ends(End::TooMany, _)));
}

fn entries(out: &mut Vec<u8>, found: Stack<'_>, color: bool, is_shown: impl Fn(&Entry<'_>) -> bool) {
    for entry in found.entries().filter(is_shown) {
        let mut line = Line::new(out, color);
        line.paint(Color::Dim);
        line.lit(" > ");
        match entry {
            Entry::Frame(frame) => {
                line.plain_name(frame.file);
                line.lit("(");
                if let Some(symbol) = frame.symbol {
                    line.plain_name(symbol);
                }
                if frame.symbol.is_some() || found.is_of_entry() {
                    line.lit("+");
                    hexadecimal(&mut line, frame.offset);
                }
                line.lit(") [");
                hexadecimal(&mut line, frame.address);
                line.lit("]");
                if let Some((file, number)) = frame.source {
                    line.lit(" ");
                    line.plain_name(file);
                    line.lit(":");
                    line.uint(number.into());
                }
            }
            Entry::Ends(end, address) => {
                line.lit(end.words());
                if address != 0 {
                    line.lit(" [");
                    hexadecimal(&mut line, address);
                    line.lit("]");
                }
            }
        }
        line.plain();
        line.finish();
    }
}

/// With `0x` in front of 0 too.
fn hexadecimal(line: &mut Line<'_>, number: u64) {
    line.lit("0x");
    line.hex_digits(number, 1);
}
