//! A frame as lines, of any size. The list of processes, or one process in all its parts; what does not fit is left out from below, and
//! said. Nothing here does I/O.

mod help;
pub mod list;
mod one;
mod parts;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

pub use self::list::{COLUMNS, Column};
use self::parts::{Ruler, clipped};
use crate::tools::top::model::{Counted, Frame};
use crate::tools::top::words::{bytes, percent};

/// What of a frame is seen, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sight {
    /// What is on the screen.
    pub at: At,
    /// Only processes whose name, command or number has this.
    pub filter: String,
    /// The filter is being typed.
    pub typing: bool,
    /// The column by which processes are sorted: its title; nothing for the first that there is.
    pub sort: Option<&'static str>,
    /// The process that is chosen.
    pub chosen: Option<u32>,
    /// Frames stand still.
    pub paused: bool,
    /// Lines that are scrolled past.
    pub scrolled: usize,
    /// Something to say.
    pub said: String,
    /// Keys work: they are named below.
    pub keys: bool,
}

/// What is on the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum At {
    /// One process where one is looked into, else the list.
    #[default]
    Fitting,
    /// The list of processes.
    List,
    /// One process.
    One,
    /// What keys do.
    Help,
    /// What another command said: its title, its lines.
    Text(String, Vec<String>),
}

/// Styles: the 16 colours of any terminal.
pub mod style {
    use super::{Color, Modifier, Style};

    /// Titles.
    pub const TITLE: Style = Style::new().add_modifier(Modifier::BOLD);
    /// Heads of columns.
    pub const HEAD: Style = Style::new().fg(Color::Cyan);
    /// What is beside the point.
    pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
    /// What deserves a look.
    pub const BAD: Style = Style::new().fg(Color::Red);
    /// What may deserve one.
    pub const ODD: Style = Style::new().fg(Color::Yellow);
    /// What is well.
    pub const GOOD: Style = Style::new().fg(Color::Green);
    /// What is chosen.
    pub const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);
}

/// The style of a process's state.
pub fn of_state(state: u8) -> Style {
    match state {
        b'R' | b'S' | b'I' => style::GOOD,
        b'D' | b'T' | b't' => style::ODD,
        b'Z' | b'X' | b'x' => style::BAD,
        _ => Style::new(),
    }
}

/// What a state is called.
pub fn state_word(state: u8) -> &'static str {
    match state {
        b'R' => "running",
        b'S' => "sleeping",
        b'D' => "waiting for the kernel",
        b'T' => "stopped",
        b't' => "held by a tracer",
        b'Z' => "ended, not waited for",
        b'X' | b'x' => "ended",
        b'I' => "idle",
        _ => "unknown",
    }
}

/// The lines of a frame: at most `rows` of `width` columns; without `rows` as many as there are.
pub fn page(frame: &Frame, sight: &Sight, width: usize, rows: Option<usize>) -> Vec<Line<'static>> {
    let most = rows.unwrap_or(usize::MAX);
    let mut lines = vec![title(frame, sight, width)];
    if rows.is_none_or(|rows| rows > 5) {
        lines.push(about(frame, width));
    }
    let below = below(frame, sight, width, rows);
    let room = most.saturating_sub(lines.len() + below.len());
    let room = rows.map(|_| room);
    match &sight.at {
        At::Help => lines.extend(scrolled(help::lines(width), sight.scrolled, room)),
        At::Text(_, text) => {
            let all = text.iter().map(|line| Line::from(super::words::cut(line, width))).collect();
            lines.extend(scrolled(all, sight.scrolled, room));
        }
        At::List => lines.extend(list::lines(frame, sight, width, room)),
        At::One | At::Fitting => match &frame.one {
            Some(one) => lines.extend(one::lines(frame, one, width, room)),
            None if sight.at == At::One => lines.push(Line::from("This process is not there any more.")),
            None => lines.extend(list::lines(frame, sight, width, room)),
        },
    }
    if rows.is_some() {
        lines.truncate(most.saturating_sub(below.len()));
        while lines.len() + below.len() < most {
            lines.push(Line::default());
        }
    }
    lines.extend(below);
    lines.truncate(most);
    lines.into_iter().map(|line| clipped(line, width)).collect()
}

/// A part of lines that may be more than there is room for.
fn scrolled(lines: Vec<Line<'static>>, by: usize, room: Option<usize>) -> Vec<Line<'static>> {
    let room = room.unwrap_or(usize::MAX);
    let by = by.min(lines.len().saturating_sub(room.min(lines.len())));
    lines.into_iter().skip(by).take(room).collect()
}

fn title(frame: &Frame, sight: &Sight, width: usize) -> Line<'static> {
    let mut line = Ruler::new(width);
    let clock = format!("  {}{}", frame.clock, if sight.paused { " PAUSED" } else { "" });
    let room = width.saturating_sub(clock.len());
    let what = match (&sight.at, &frame.one) {
        (At::Help, _) => "tracer top: keys".to_owned(),
        (At::Text(title, _), _) => title.clone(),
        (At::One | At::Fitting, Some(one)) => one::title(one),
        _ => {
            let running = frame.rows.iter().filter(|row| row.state == b'R').count();
            let processes = if frame.rows.len() == 1 { "process" } else { "processes" };
            format!("tracer top: {} {processes}, {running} running", frame.rows.len())
        }
    };
    line.put(&super::words::cut(&what, room), style::TITLE);
    line.right(&clock, if sight.paused { style::ODD } else { style::DIM });
    line.done()
}

/// Where numbers come from, what is lost, and what watching costs.
fn about(frame: &Frame, width: usize) -> Line<'static> {
    let mut line = Ruler::new(width);
    let (cpu, memory) = frame.own;
    let short = width < 72;
    let lost: u64 = frame.losses.iter().map(|(_, n)| n).sum();
    match &frame.source {
        Counted::Kernel if lost == 0 => {
            line.put(if short { "eBPF" } else { "counted in the kernel; nothing lost" }, style::DIM)
        }
        Counted::Kernel => {
            line.put(if short { "eBPF" } else { "counted in the kernel" }, style::DIM);
            let which: Vec<String> = frame.losses.iter().map(|(name, n)| format!("{n} {name}")).collect();
            line.put(&format!("; lost: {}", which.join(", ")), style::BAD);
        }
        Counted::Not(why) => line.put(
            &if short { "no eBPF: calls not counted".to_owned() } else { format!("calls are not counted: {why}") },
            style::ODD,
        ),
    }
    let own = format!("  tracer itself: {} % CPU, {}", percent(cpu), bytes(memory as f64));
    let own = if short { format!("  own {} %", percent(cpu)) } else { own };
    line.right(&own, style::DIM);
    line.done()
}

/// What stands at the end: how the process ended, what was said, what is typed, which keys there are.
fn below(frame: &Frame, sight: &Sight, width: usize, rows: Option<usize>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(ended) = &frame.ended {
        let who = frame.one.as_ref().map_or_else(|| "The process".to_owned(), |one| format!("Process {}", one.row.pid));
        lines.push(Line::from(Span::styled(super::words::cut(&format!("{who} {ended}"), width), style::ODD)));
    }
    if sight.typing {
        lines.push(Line::from(Span::styled(super::words::cut(&format!("/{}", sight.filter), width), style::TITLE)));
    } else if !sight.said.is_empty() {
        lines.push(Line::from(Span::styled(super::words::cut(&sight.said, width), style::ODD)));
    } else if sight.keys && rows.is_none_or(|rows| rows > 7) {
        lines.push(Line::from(Span::styled(super::words::cut(&help::short(sight, frame), width), style::DIM)));
    }
    lines
}

#[cfg(test)]
mod tests;
