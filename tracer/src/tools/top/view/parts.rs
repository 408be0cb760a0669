//! Lines made from left to right, and tables of them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tools::top::words::{cut, width};

/// A line that is never wider than there is room for.
pub struct Ruler {
    spans: Vec<Span<'static>>,
    used: usize,
    room: usize,
}

impl Ruler {
    /// An empty one.
    pub fn new(room: usize) -> Ruler {
        Ruler { spans: Vec::new(), used: 0, room }
    }

    /// Appends as much of a text as fits.
    pub fn put(&mut self, text: &str, style: Style) {
        let text = cut(text, self.room - self.used);
        self.used += width(&text);
        if !text.is_empty() {
            self.spans.push(Span::styled(text, style));
        }
    }

    /// Appends a text to end at the right, if there is room for the whole of it.
    pub fn right(&mut self, text: &str, style: Style) {
        let wide = width(text);
        if self.used + wide <= self.room {
            self.put(&" ".repeat(self.room - self.used - wide), Style::new());
            self.put(text, style);
        }
    }

    /// Appends a text at the left of a column of so many.
    pub fn cell(&mut self, text: &str, wide: usize, style: Style) {
        let text = cut(text, wide);
        let pad = wide.saturating_sub(width(&text));
        self.put(&text, style);
        self.put(&" ".repeat(pad.min(self.room - self.used)), Style::new());
    }

    /// The same, at its right.
    pub fn number(&mut self, text: &str, wide: usize, style: Style) {
        let pad = wide.saturating_sub(width(text));
        self.put(&" ".repeat(pad.min(self.room - self.used)), Style::new());
        self.put(text, style);
    }

    /// Columns that are left.
    pub fn left(&self) -> usize {
        self.room - self.used
    }

    /// The line.
    pub fn done(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

/// A line as far as there is room for it.
pub fn clipped(line: Line<'static>, room: usize) -> Line<'static> {
    if line.width() <= room {
        return line;
    }
    let mut ruler = Ruler::new(room);
    line.spans.iter().for_each(|span| ruler.put(&span.content, span.style));
    ruler.done().style(line.style)
}

/// Two blocks beside each other.
pub fn beside(left: Vec<Line<'static>>, right: Vec<Line<'static>>, wide: usize) -> Vec<Line<'static>> {
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let mut lines = Vec::new();
    loop {
        let (one, other) = (left.next(), right.next());
        if one.is_none() && other.is_none() {
            return lines;
        }
        let mut line = one.unwrap_or_default();
        if let Some(other) = other {
            let pad = wide.saturating_sub(line.width());
            line.spans.push(Span::raw(" ".repeat(pad)));
            line.spans.extend(other.spans);
        }
        lines.push(line);
    }
}

/// How many lines each of some blocks gets: what one does not need goes to the others. Every block gets its least, as long as there is
/// room.
pub fn shares(wanted: &[usize], least: usize, room: usize) -> Vec<usize> {
    let mut given: Vec<usize> = vec![0; wanted.len()];
    let mut left = room;
    for (given, wanted) in given.iter_mut().zip(wanted) {
        *given = (*wanted).min(least).min(left);
        left -= *given;
    }
    while left > 0 {
        let open: Vec<usize> = (0..wanted.len()).filter(|&at| given[at] > 0 && given[at] < wanted[at]).collect();
        if open.is_empty() {
            break;
        }
        for at in open {
            if left == 0 {
                break;
            }
            given[at] += 1;
            left -= 1;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_too_wide() {
        let mut line = Ruler::new(5);
        line.cell("ab", 3, Style::new());
        line.number("12345", 6, Style::new());
        line.right("x", Style::new());
        assert_eq!((line.left(), line.done().width()), (0, 5));
    }

    #[test]
    fn what_one_does_not_need_others_get() {
        assert_eq!(shares(&[2, 10, 10], 2, 12), [2, 5, 5]);
        assert_eq!(shares(&[2, 10, 10], 3, 4), [2, 2, 0]);
        assert_eq!(shares(&[1, 1], 3, 100), [1, 1]);
        assert_eq!(shares(&[0, 9], 3, 5), [0, 5]);
    }
}
