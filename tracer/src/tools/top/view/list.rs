//! The list of processes: a row for each column says what it is, when there is room for it, and how it sorts.

use std::cmp::Ordering;

use ratatui::style::Style;
use ratatui::text::Line;

use super::parts::Ruler;
use super::{Sight, of_state, style};
use crate::tools::top::model::{Counted, Frame, Row};
use crate::tools::top::words::{bytes, number, percent, plain};

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its head; the word by which it sorts.
    pub title: &'static str,
    /// What it has, in words.
    pub about: &'static str,
    /// How wide it is.
    wide: usize,
    /// The least width of a screen that has it.
    from: usize,
    /// It needs calls to be counted, or that nobody counts them.
    counted: Option<bool>,
    /// What stands there.
    text: fn(&Row) -> String,
    /// What sorts: greater ones come first.
    key: fn(&Row) -> f64,
    /// Its style.
    style: fn(&Row) -> Style,
}

/// All of them, in their order. The first that has numbers sorts, unless another one is asked for.
pub static COLUMNS: &[Column] = &[
    Column {
        title: "CALLS/s",
        about: "calls in a second",
        wide: 8,
        from: 0,
        counted: Some(true),
        text: |row| row.calls.map_or_else(none, |calls| number(calls.calls)),
        key: |row| row.calls.map_or(0.0, |calls| calls.calls),
        style: |_| Style::new(),
    },
    Column {
        title: "CPU%",
        about: "percent of a CPU",
        wide: 6,
        from: 0,
        counted: None,
        text: |row| percent(row.cpu),
        key: |row| row.cpu,
        style: |row| if row.cpu >= 90.0 { style::ODD } else { Style::new() },
    },
    Column {
        title: "SYS%",
        about: "the part of it spent in the kernel",
        wide: 6,
        from: 60,
        counted: None,
        text: |row| percent(row.system),
        key: |row| row.system,
        style: |_| Style::new(),
    },
    Column {
        title: "ERR/s",
        about: "calls that failed in a second",
        wide: 6,
        from: 60,
        counted: Some(true),
        text: |row| row.calls.map_or_else(none, |calls| number(calls.errors)),
        key: |row| row.calls.map_or(0.0, |calls| calls.errors),
        style: |row| {
            if row.calls.is_some_and(|calls| calls.errors > calls.calls / 10.0) { style::ODD } else { Style::new() }
        },
    },
    Column {
        title: "FILE/s",
        about: "calls on files and other descriptors in a second",
        wide: 7,
        from: 70,
        counted: Some(true),
        text: |row| row.calls.map_or_else(none, |calls| number(calls.files)),
        key: |row| row.calls.map_or(0.0, |calls| calls.files),
        style: |_| Style::new(),
    },
    Column {
        title: "NET/s",
        about: "calls of the network in a second",
        wide: 6,
        from: 70,
        counted: Some(true),
        text: |row| row.calls.map_or_else(none, |calls| number(calls.network)),
        key: |row| row.calls.map_or(0.0, |calls| calls.network),
        style: |_| Style::new(),
    },
    Column {
        title: "READS/s",
        about: "calls that read in a second",
        wide: 8,
        from: 60,
        counted: Some(false),
        text: |row| row.moved.map_or_else(none, |moved| number(moved.reads)),
        key: |row| row.moved.map_or(0.0, |moved| moved.reads),
        style: |_| Style::new(),
    },
    Column {
        title: "WRITES/s",
        about: "calls that write in a second",
        wide: 9,
        from: 70,
        counted: Some(false),
        text: |row| row.moved.map_or_else(none, |moved| number(moved.writes)),
        key: |row| row.moved.map_or(0.0, |moved| moved.writes),
        style: |_| Style::new(),
    },
    Column {
        title: "READ",
        about: "bytes read in a second",
        wide: 6,
        from: 96,
        counted: None,
        text: |row| row.moved.map_or_else(none, |moved| bytes(moved.read)),
        key: |row| row.moved.map_or(0.0, |moved| moved.read),
        style: |_| Style::new(),
    },
    Column {
        title: "WRITTEN",
        about: "bytes written in a second",
        wide: 8,
        from: 96,
        counted: None,
        text: |row| row.moved.map_or_else(none, |moved| bytes(moved.written)),
        key: |row| row.moved.map_or(0.0, |moved| moved.written),
        style: |_| Style::new(),
    },
    Column {
        title: "MEM",
        about: "memory in RAM",
        wide: 6,
        from: 50,
        counted: None,
        text: |row| bytes(row.memory as f64),
        key: |row| row.memory as f64,
        style: |_| Style::new(),
    },
    Column {
        title: "THR",
        about: "threads",
        wide: 5,
        from: 110,
        counted: None,
        text: |row| row.threads.to_string(),
        key: |row| row.threads as f64,
        style: |_| Style::new(),
    },
];

fn none() -> String {
    "-".to_owned()
}

/// The columns that a frame has.
pub fn columns(frame: &Frame) -> impl Iterator<Item = &'static Column> {
    let kernel = frame.source == Counted::Kernel;
    COLUMNS.iter().filter(move |column| column.counted.is_none_or(|counted| counted == kernel))
}

/// The column that sorts.
pub fn sorts(frame: &Frame, sight: &Sight) -> Option<&'static Column> {
    columns(frame).find(|column| Some(column.title) == sight.sort).or_else(|| columns(frame).next())
}

/// The processes that are shown, in their order.
pub fn rows<'f>(frame: &'f Frame, sight: &Sight) -> Vec<&'f Row> {
    let wanted = sight.filter.to_lowercase();
    let fits = |row: &&Row| {
        wanted.is_empty() || row.pid.to_string().contains(&wanted) || plain(&row.comm).to_lowercase().contains(&wanted)
    };
    let mut rows: Vec<&Row> = frame.rows.iter().filter(fits).collect();
    if let Some(column) = sorts(frame, sight) {
        // Who does as little as others stands by its CPU time, then by its number.
        let order = |a: &&Row, b: &&Row| -> Ordering {
            (column.key)(b).total_cmp(&(column.key)(a)).then(b.cpu.total_cmp(&a.cpu)).then(a.pid.cmp(&b.pid))
        };
        rows.sort_by(order);
    }
    rows
}

/// The list as lines.
pub fn lines(frame: &Frame, sight: &Sight, width: usize, room: Option<usize>) -> Vec<Line<'static>> {
    let shown: Vec<&Column> = columns(frame).filter(|column| column.from <= width).collect();
    let sorting = sorts(frame, sight).map(|column| column.title);
    let mut lines = Vec::new();
    let mut head = Ruler::new(width);
    head.number("PID", 7, style::HEAD);
    head.put(" S", style::HEAD);
    for column in &shown {
        let chosen = if Some(column.title) == sorting { style::TITLE } else { style::HEAD };
        head.number(column.title, column.wide.max(column.title.len() + 1), chosen);
    }
    head.put("  NAME", style::HEAD);
    if !sight.filter.is_empty() {
        head.right(&format!("  filter: {}", sight.filter), style::ODD);
    }
    lines.push(head.done());
    let rows = rows(frame, sight);
    let room = room.map_or(rows.len(), |room| room.saturating_sub(1));
    // The chosen one is always in sight.
    let chosen = sight.chosen.and_then(|pid| rows.iter().position(|row| row.pid == pid));
    let from = chosen.map_or(0, |at| (at + 1).saturating_sub(room));
    for (at, row) in rows.iter().enumerate().skip(from).take(room) {
        let mut line = Ruler::new(width);
        line.number(&row.pid.to_string(), 7, Style::new());
        line.put(" ", Style::new());
        line.put(&(row.state as char).to_string(), of_state(row.state));
        for column in &shown {
            line.number(&(column.text)(row), column.wide.max(column.title.len() + 1), (column.style)(row));
        }
        line.put("  ", Style::new());
        line.put(&plain(&row.comm), Style::new());
        let line = line.done();
        lines.push(if chosen == Some(at) { line.style(style::CHOSEN) } else { line });
    }
    if rows.is_empty() {
        lines.push(Line::from("No process is called so."));
    }
    lines
}
