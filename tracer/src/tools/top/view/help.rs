//! What keys do, from their table.

use ratatui::text::Line;

use super::list::columns;
use super::parts::Ruler;
use super::{At, Sight, style};
use crate::tools::top::keys::KEYS;
use crate::tools::top::model::{Counted, Frame};
use crate::tools::top::view::COLUMNS;

/// The keys that matter, in a line.
pub fn short(sight: &Sight, frame: &Frame) -> String {
    let in_list = matches!(sight.at, At::List | At::Fitting) && (frame.one.is_none() || sight.at == At::List);
    let text = matches!(sight.at, At::Help | At::Text(..));
    let fits = |row: &&super::super::keys::KeyRow| {
        !row.short.is_empty()
            && (if text {
                row.text
            } else if in_list {
                row.list
            } else {
                row.one
            })
    };
    KEYS.iter().filter(fits).map(|row| format!("{} {}", row.names, row.short)).collect::<Vec<_>>().join("  ")
}

/// All of it.
pub fn lines(width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for row in KEYS {
        let mut line = Ruler::new(width);
        line.cell(row.names, 20, style::HEAD);
        line.put(row.about, ratatui::style::Style::new());
        lines.push(line.done());
    }
    lines.push(Line::default());
    lines.push(Line::from("Columns, in the order in which s goes through them:"));
    let kernel = Frame { source: Counted::Kernel, ..Frame::default() };
    let mine: Vec<&str> = columns(&kernel).map(|column| column.title).collect();
    for column in COLUMNS {
        let mut line = Ruler::new(width);
        line.cell(column.title, 20, style::HEAD);
        line.put(column.about, ratatui::style::Style::new());
        if !mine.contains(&column.title) {
            line.put(" (where calls are not counted)", style::DIM);
        }
        lines.push(line.done());
    }
    lines
}
