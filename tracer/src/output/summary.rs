//! The table of `-c` and `-C`: strace's columns, widths and order, to the letter. It is fed with counts
//! that a source made (`-c`), or call by call as they pass (`-C`).
//!
//! Two differences from strace are meant: calls without a row are counted too, as `syscall_0x1d3`
//! (strace leaves them out), and times are what the source knows, which may be wall time without `-w`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use tracer_common::event::flag;

use crate::capture::Count;
use crate::decode::value::{Call, Ret};
use crate::schema::{Abi, by_nr};
use crate::spec::{self, Column};

/// Counts by call, native ones and those of 32-bit programs apart.
#[derive(Debug, Default)]
pub struct Summary {
    counts: [BTreeMap<u32, Entry>; 2],
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name of the call, `syscall_0x1d3` for one without a row.
    pub name: Cow<'static, str>,
    /// What was counted of it.
    pub count: Count,
}

impl Summary {
    /// Adds what a source counted. Calls that never return are left out, as strace counts the ends of
    /// calls.
    pub fn add(&mut self, count: &Count) {
        if count.calls == 0 {
            return;
        }
        let table = &mut self.counts[usize::from(count.compat)];
        if let Some(entry) = table.get_mut(&count.nr) {
            return entry.add(count);
        }
        let row = match (count.compat, Abi::NATIVE) {
            (false, native) => by_nr(native, count.nr),
            (true, Abi::X86_64) => by_nr(Abi::I386, count.nr),
            (true, _) => None,
        };
        let name = row.map_or_else(|| Cow::Owned(format!("syscall_{:#x}", count.nr)), |row| Cow::Borrowed(row.name));
        if name != "exit" && name != "exit_group" {
            table.insert(count.nr, Entry { name, count: *count });
        }
    }

    /// Adds a call that passes by; one that did not end is not counted.
    pub fn add_call(&mut self, call: &Call<'_>) {
        let errors = match call.ret {
            Ret::Pending | Ret::Never => return,
            Ret::Error(_) | Ret::Restart(_) => 1,
            Ret::Value(_) | Ret::Noted(..) => 0,
        };
        let compat = call.head.flags & flag::COMPAT != 0;
        let dur = call.head.dur;
        self.add(&Count { compat, nr: call.head.nr, calls: 1, errors, total: dur, min: dur, max: dur });
    }

    /// All lines, native calls first, by number.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.counts.iter().flat_map(BTreeMap::values)
    }

    /// Appends the table to `out`; nothing when nothing was counted.
    pub fn render(&self, spec: &spec::Summary, out: &mut Vec<u8>) {
        for (compat, counts) in self.counts.iter().enumerate() {
            if counts.is_empty() {
                continue;
            }
            if compat == 1 {
                out.extend_from_slice(b"System call usage summary for 32 bit mode:\n");
            }
            table(counts.values().collect(), spec, out);
        }
    }
}

impl Entry {
    fn add(&mut self, more: &Count) {
        let count = &mut self.count;
        count.calls += more.calls;
        count.errors += more.errors;
        count.total = count.total.saturating_add(more.total);
        count.min = count.min.min(more.min);
        count.max = count.max.max(more.max);
    }

    /// ns a call, rounded down.
    fn avg(&self) -> u64 {
        self.count.total / self.count.calls.max(1)
    }
}

/// Widths are at least those of the headings (for some columns, larger ones that strace always had).
struct Widths {
    calls: usize,
    errors: usize,
    total: usize,
    min: usize,
    max: usize,
    avg: usize,
    name: usize,
}

impl Widths {
    fn of(&self, column: Column) -> usize {
        match column {
            Column::TimePercent => 6,
            Column::TimeTotal => self.total,
            Column::TimeMin => self.min,
            Column::TimeMax => self.max,
            Column::TimeAvg => self.avg,
            Column::Calls => self.calls,
            Column::Errors => self.errors,
            Column::Name => self.name,
        }
    }
}

fn table(mut entries: Vec<&Entry>, spec: &spec::Summary, out: &mut Vec<u8>) {
    sort(&mut entries, spec.sort);
    let sum = |f: fn(&Count) -> u64| entries.iter().fold(0u64, |sum, e| sum.saturating_add(f(&e.count)));
    let max = |f: fn(&Entry) -> u64| entries.iter().map(|e| f(e)).max().unwrap_or(0);
    let total = Count {
        compat: false,
        nr: 0,
        calls: sum(|c| c.calls),
        errors: sum(|c| c.errors),
        total: sum(|c| c.total),
        min: entries.iter().map(|e| e.count.min).min().unwrap_or(0),
        max: max(|e| e.count.max),
    };
    let whole = |ns: u64| digits(ns / 1_000_000_000) + 7;
    let widths = Widths {
        calls: digits(total.calls).max(9),
        errors: digits(total.errors).max(9),
        total: format!("{:.6}", seconds(total.total)).len().max(11),
        min: whole(max(|e| e.count.min)).max(8),
        max: whole(total.max).max(7),
        avg: digits(micros(seconds(max(Entry::avg)))).max(11),
        name: max(|e| e.name.len() as u64 + 1).max(16) as usize,
    };
    let mut columns = spec.columns.clone();
    if !columns.contains(&Column::Name) {
        columns.push(Column::Name);
    }
    let divider = |out: &mut Vec<u8>| {
        line(&columns, out, |column, _, out| out.resize(out.len() + widths.of(column), b'-'));
    };

    line(&columns, out, |column, last, out| {
        let (heading, width) = (heading(column), widths.of(column));
        put(column, last, width, heading, out);
    });
    divider(out);
    for entry in &entries {
        let time = seconds(entry.count.total);
        // 0/0 is none.
        let percent = if time == 0.0 { 0.0 } else { 100.0 * time / seconds(total.total) };
        let avg = micros(seconds(entry.avg()));
        line(&columns, out, |column, last, out| {
            cell(column, last, widths.of(column), &entry.name, &entry.count, percent, avg, out);
        });
    }
    divider(out);
    let avg = micros(seconds(total.total) / total.calls.max(1) as f64);
    line(&columns, out, |column, last, out| {
        cell(column, last, widths.of(column), "total", &total, 100.0, avg, out);
    });
}

/// Largest first, names by the alphabet, equal ones by number; without a key by number.
fn sort(entries: &mut [&Entry], key: Option<Column>) {
    use std::cmp::Reverse;
    match key {
        None => {}
        Some(Column::TimePercent | Column::TimeTotal) => entries.sort_by_key(|e| Reverse(e.count.total)),
        Some(Column::TimeMin) => entries.sort_by_key(|e| Reverse(e.count.min)),
        Some(Column::TimeMax) => entries.sort_by_key(|e| Reverse(e.count.max)),
        Some(Column::TimeAvg) => entries.sort_by_key(|e| Reverse(e.avg())),
        Some(Column::Calls) => entries.sort_by_key(|e| Reverse(e.count.calls)),
        Some(Column::Errors) => entries.sort_by_key(|e| Reverse(e.count.errors)),
        Some(Column::Name) => entries.sort_by(|a, b| a.name.cmp(&b.name)),
    }
}

fn line(columns: &[Column], out: &mut Vec<u8>, mut each: impl FnMut(Column, bool, &mut Vec<u8>)) {
    for (i, &column) in columns.iter().enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        each(column, i + 1 == columns.len(), out);
    }
    out.push(b'\n');
}

const fn heading(column: Column) -> &'static str {
    match column {
        Column::TimePercent => "% time",
        Column::TimeTotal => "seconds",
        Column::TimeMin => "shortest",
        Column::TimeMax => "longest",
        Column::TimeAvg => "usecs/call",
        Column::Calls => "calls",
        Column::Errors => "errors",
        Column::Name => "syscall",
    }
}

#[expect(clippy::too_many_arguments, reason = "what a line has to say, for any of its columns")]
fn cell(
    column: Column,
    last: bool,
    width: usize,
    name: &str,
    count: &Count,
    percent: f64,
    avg: u64,
    out: &mut Vec<u8>,
) {
    // Writing to a Vec does not fail.
    let _ = match column {
        Column::TimePercent => write!(out, "{percent:width$.2}"),
        Column::TimeTotal => write!(out, "{:width$.6}", seconds(count.total)),
        Column::TimeMin => write!(out, "{:width$.6}", seconds(count.min)),
        Column::TimeMax => write!(out, "{:width$.6}", seconds(count.max)),
        Column::TimeAvg => write!(out, "{avg:width$}"),
        Column::Calls => write!(out, "{:width$}", count.calls),
        Column::Errors if count.errors == 0 => write!(out, "{:width$}", ""),
        Column::Errors => write!(out, "{:width$}", count.errors),
        Column::Name => return put(column, last, width, name, out),
    };
}

/// Names stand at the left, and the last column has no blanks behind.
fn put(column: Column, last: bool, width: usize, text: &str, out: &mut Vec<u8>) {
    // Writing to a Vec does not fail.
    let _ = match column {
        Column::Name if last => write!(out, "{text}"),
        Column::Name => write!(out, "{text:<width$}"),
        _ => write!(out, "{text:>width$}"),
    };
}

/// As strace computes it, so that rounding comes out the same.
fn seconds(ns: u64) -> f64 {
    (ns / 1_000_000_000) as f64 + (ns % 1_000_000_000) as f64 / 1e9
}

fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

fn digits(n: u64) -> usize {
    itoa::Buffer::new().format(n).len()
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
