//! What is written of a frame: text with colours or without, an object of JSON.

mod json;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

pub use self::json::json;

/// Columns of text that goes to no terminal.
pub const WIDTH: usize = 120;

/// Appends lines. Without `color` they are nothing but text.
pub fn text(lines: &[Line<'_>], color: bool, out: &mut Vec<u8>) {
    for line in lines {
        let end = out.len();
        for span in &line.spans {
            let codes = if color { codes(line.style.patch(span.style)) } else { Vec::new() };
            if codes.is_empty() {
                out.extend_from_slice(span.content.as_bytes());
            } else {
                out.extend_from_slice(format!("\x1b[{}m", codes.join(";")).as_bytes());
                out.extend_from_slice(span.content.as_bytes());
                out.extend_from_slice(b"\x1b[0m");
            }
        }
        while out.len() > end && out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(b'\n');
    }
}

/// The parameters of SGR for a style.
fn codes(style: Style) -> Vec<&'static str> {
    let color = style.fg.and_then(|color| match color {
        Color::Red => Some("31"),
        Color::Green => Some("32"),
        Color::Yellow => Some("33"),
        Color::Cyan => Some("36"),
        _ => None,
    });
    let mut codes: Vec<&'static str> = color.into_iter().collect();
    for (modifier, code) in [(Modifier::BOLD, "1"), (Modifier::DIM, "2"), (Modifier::REVERSED, "7")] {
        if style.add_modifier.contains(modifier) {
            codes.push(code);
        }
    }
    codes
}

#[cfg(test)]
mod tests;
