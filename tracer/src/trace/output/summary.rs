//! The table of `-c` and `-C`: strace's columns, widths and order, to the letter. It is fed with counts
//! that a source made (`-c`), or call by call as they pass (`-C`).
//!
//! Two differences from strace are meant: calls without a row are counted too, as `syscall_0x1d3`
//! (strace leaves them out), and `-C`, which counts lines as they pass, counts the time from begin to end without `-w` too.
//! What strace does not have comes on request only: percentiles, a table for each process, histograms.

mod histogram;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use tracer_common::event::{flag, kind};

use crate::capture::Count;
use crate::capture::count::{Histogram, took};
use crate::decode::value::{Call, Ret};
use crate::render::escape;
use crate::schema::{Abi, by_nr, uring};
use crate::spec::{self, Column};
use crate::stack::demangle::demangled;

/// Counts by call: of all processes, and where it is asked for of each.
#[derive(Debug, Default)]
pub struct Summary {
    all: Table,
    processes: BTreeMap<u32, Table>,
    /// What processes were called last. An id that is used again names the later process.
    names: BTreeMap<u32, Vec<u8>>,
    by_process: bool,
}

/// Counts by call, native ones and those of 32-bit programs apart; and of operations of io_uring, which stand with the native calls.
#[derive(Debug, Default)]
struct Table {
    counts: [BTreeMap<u32, Entry>; 3],
    /// Of library functions, by name.
    functions: BTreeMap<Vec<u8>, Entry>,
}

/// Whose numbers a count goes by: its place in a [`Table`].
#[derive(Debug, Clone, Copy)]
enum Numbers {
    Native,
    Compat,
    Opcodes,
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Name of the call, `syscall_0x1d3` for one without a row.
    pub name: Cow<'static, str>,
    /// What was counted of it.
    pub count: Count,
    /// It is a function of a library.
    pub function: bool,
}

/// The lines of one table, in their order; never none.
#[derive(Debug)]
pub struct Section<'a> {
    /// Whose calls: a process's and its name, which is empty when it is not known, or everybody's.
    pub process: Option<(u32, &'a [u8])>,
    /// The lines: all of native calls, or all of 32-bit ones.
    pub entries: Vec<&'a Entry>,
}

impl Summary {
    /// Nothing counted; with `by_process`, [`Summary::add_call`] counts by process too.
    pub fn new(by_process: bool) -> Summary {
        Summary { by_process, ..Summary::default() }
    }

    /// Adds what a source counted of all processes.
    pub fn add(&mut self, count: &Count) {
        self.all.add(count);
    }

    /// Adds what a source counted of one process; it is in the count of all already.
    pub fn add_of(&mut self, process: u32, count: &Count) {
        self.processes.entry(process).or_default().add(count);
    }

    /// Adds what a source counted of a library function, of C++ or Rust under its name there with `demangles`.
    pub fn add_function(&mut self, name: &[u8], demangles: bool, count: &Count) {
        self.function(name, demangles).add(count);
    }

    /// Adds a call of a library function that passes by.
    pub fn take_function(&mut self, call: &Call<'_>, demangles: bool) {
        if let (Some(function), false) = (&call.function, matches!(call.ret, Ret::Pending | Ret::Never)) {
            self.function(function.name, demangles).take(took(&call.head), false);
        }
    }

    fn function(&mut self, name: &[u8], demangles: bool) -> &mut Count {
        let name = if demangles { demangled(name) } else { name.to_vec() };
        let shown = String::from_utf8_lossy(&name).escape_debug().to_string();
        let none = || Entry { name: shown.into(), count: Count::default(), function: true };
        &mut self.all.functions.entry(name).or_insert_with(none).count
    }

    /// Tells what a process is called.
    pub fn name(&mut self, process: u32, comm: &[u8]) {
        if self.by_process {
            self.names.insert(process, comm.to_vec());
        }
    }

    /// Adds a call that passes by; one that did not end is not counted.
    pub fn add_call(&mut self, call: &Call<'_>) {
        let failed = match call.ret {
            Ret::Pending | Ret::Never => return,
            Ret::Error(_) | Ret::Restart(_) => true,
            Ret::Value(_) | Ret::Noted(..) => false,
        };
        let head = &call.head;
        let numbers = match head.kind {
            kind::OPERATION => Numbers::Opcodes,
            _ if head.flags & flag::COMPAT != 0 => Numbers::Compat,
            _ => Numbers::Native,
        };
        let take = |table: &mut Table| {
            if let Some(entry) = table.entry(numbers, head.nr) {
                entry.count.take(took(head), failed);
            }
        };
        take(&mut self.all);
        if self.by_process {
            take(self.processes.entry(head.tgid).or_default());
        }
    }

    /// All tables: that of all processes, native calls first, then those of each.
    pub fn sections(&self, sort: Option<Column>) -> Vec<Section<'_>> {
        let mut processes: Vec<_> = self.processes.iter().map(|(&id, table)| (id, table, table.sum())).collect();
        let name = |id: u32| self.names.get(&id).map_or(&[][..], Vec::as_slice);
        order(&mut processes, sort, |of| &of.2, |a, b| name(a.0).cmp(name(b.0)));
        let of_each = processes.into_iter().map(|(id, table, _)| (Some((id, name(id))), table));
        let mut sections = Vec::new();
        for (process, table) in std::iter::once((None, &self.all)).chain(of_each) {
            let [native, compat, operations] = &table.counts;
            let native = table.functions.values().chain(native.values()).chain(operations.values()).collect();
            for mut entries in [native, compat.values().collect::<Vec<&Entry>>()] {
                if entries.is_empty() {
                    continue;
                }
                order(&mut entries, sort, |entry| &entry.count, |a, b| a.name.cmp(&b.name));
                sections.push(Section { process, entries });
            }
        }
        sections
    }

    /// Appends the tables to `out`; nothing when nothing was counted.
    pub fn render(&self, spec: &spec::Summary, out: &mut Vec<u8>) {
        let mut of = None;
        for section in self.sections(spec.sort) {
            if let (Some((id, name)), true) = (section.process, of != section.process) {
                let mut line = escape::Line::new(out, false);
                line.lit("\nProcess ");
                line.uint(id.into());
                if !name.is_empty() {
                    line.lit("<");
                    line.name(name, spec::Hex::None);
                    line.lit(">");
                }
                line.lit(":\n");
            }
            of = section.process;
            if section.entries.iter().any(|entry| entry.count.compat) {
                out.extend_from_slice(b"System call usage summary for 32 bit mode:\n");
            }
            table(&section.entries, spec, out);
            if spec.histogram {
                section.entries.iter().for_each(|entry| histogram::draw(entry, out));
            }
        }
    }
}

impl Table {
    fn add(&mut self, count: &Count) {
        if count.calls > 0
            && let Some(entry) = self.entry(if count.compat { Numbers::Compat } else { Numbers::Native }, count.nr)
        {
            entry.count.add(count);
        }
    }

    /// The line of a call. Calls that never return have none, as strace counts the ends of calls.
    fn entry(&mut self, numbers: Numbers, nr: u32) -> Option<&mut Entry> {
        use std::collections::btree_map::Entry::{Occupied, Vacant};
        match self.counts[numbers as usize].entry(nr) {
            Occupied(entry) => Some(entry.into_mut()),
            Vacant(place) => {
                let row = match (numbers, Abi::NATIVE) {
                    (Numbers::Opcodes, _) => uring::by_opcode(nr).map(|operation| &operation.row),
                    (Numbers::Native, native) => by_nr(native, nr),
                    (Numbers::Compat, Abi::X86_64) => by_nr(Abi::I386, nr),
                    (Numbers::Compat, _) => None,
                };
                let unknown = match numbers {
                    Numbers::Opcodes => format!("{}op_{nr:#x}", uring::PREFIX),
                    Numbers::Native | Numbers::Compat => format!("syscall_{nr:#x}"),
                };
                let name = row.map_or(Cow::Owned(unknown), |row| Cow::Borrowed(row.name));
                let counted = name != "exit" && name != "exit_group";
                let compat = matches!(numbers, Numbers::Compat);
                counted.then(|| place.insert(Entry { name, count: Count::none(compat, nr), function: false }))
            }
        }
    }

    fn sum(&self) -> Count {
        sum(self.counts.iter().flat_map(BTreeMap::values))
    }
}

fn sum<'a>(entries: impl Iterator<Item = &'a Entry>) -> Count {
    let mut sum = Count::default();
    entries.for_each(|entry| sum.add(&entry.count));
    sum
}

/// Widths are at least those of the headings (for some columns, larger ones that strace always had).
struct Widths {
    calls: usize,
    errors: usize,
    total: usize,
    min: usize,
    max: usize,
    avg: usize,
    percentile: usize,
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
            Column::TimeP50 | Column::TimeP90 | Column::TimeP99 => self.percentile,
            Column::Calls => self.calls,
            Column::Errors => self.errors,
            Column::Name => self.name,
        }
    }
}

fn table(entries: &[&Entry], spec: &spec::Summary, out: &mut Vec<u8>) {
    let max = |f: fn(&Entry) -> u64| entries.iter().map(|e| f(e)).max().unwrap_or(0);
    let functions = entries.iter().any(|entry| entry.function);
    let total = sum(entries.iter().copied());
    let whole = |ns: u64| digits(ns / 1_000_000_000) + 7;
    let widths = Widths {
        calls: digits(total.calls).max(9),
        errors: digits(total.errors).max(9),
        total: format!("{:.6}", seconds(total.total)).len().max(11),
        min: whole(max(|e| e.count.min)).max(8),
        max: whole(total.max).max(7),
        avg: digits(micros(seconds(max(|e| e.count.mean())))).max(11),
        percentile: (whole(total.max) + 3).max(11),
        name: max(|e| e.name.len() as u64 + 1).max(if functions { 20 } else { 16 }) as usize,
    };
    let mut columns = spec.columns.clone();
    if !columns.contains(&Column::Name) {
        columns.push(Column::Name);
    }
    let divider = |out: &mut Vec<u8>| {
        line(&columns, out, |column, _, out| out.resize(out.len() + widths.of(column), b'-'));
    };

    line(&columns, out, |column, last, out| {
        let (heading, width) = (heading(column, functions), widths.of(column));
        put(column, last, width, heading, out);
    });
    divider(out);
    for entry in entries {
        let time = seconds(entry.count.total);
        // 0/0 is none.
        let percent = if time == 0.0 { 0.0 } else { 100.0 * time / seconds(total.total) };
        let avg = micros(seconds(entry.count.mean()));
        line(&columns, out, |column, last, out| {
            let named = functions && !entry.function;
            let name = if named { Cow::Owned(format!("{}@SYS", entry.name)) } else { Cow::Borrowed(&*entry.name) };
            cell(column, last, widths.of(column), &name, &entry.count, percent, avg, out);
        });
    }
    divider(out);
    let avg = micros(seconds(total.total) / total.calls.max(1) as f64);
    line(&columns, out, |column, last, out| {
        // ltrace has no mean of all.
        if functions && column == Column::TimeAvg {
            return out.resize(out.len() + widths.of(column), b' ');
        }
        cell(column, last, widths.of(column), "total", &total, 100.0, avg, out);
    });
}

/// Largest first, names by the alphabet, equal ones by number; without a key by number.
fn order<T>(
    list: &mut [T],
    key: Option<Column>,
    count: impl Fn(&T) -> &Count,
    by_name: impl Fn(&T, &T) -> std::cmp::Ordering,
) {
    let value: fn(&Count) -> u64 = match key {
        None => return,
        Some(Column::Name) => return list.sort_by(by_name),
        Some(Column::TimePercent | Column::TimeTotal) => |c| c.total,
        Some(Column::TimeMin) => |c| c.min,
        Some(Column::TimeMax) => |c| c.max,
        Some(Column::TimeAvg) => Count::mean,
        Some(Column::TimeP50) => |c| c.percentile(50),
        Some(Column::TimeP90) => |c| c.percentile(90),
        Some(Column::TimeP99) => |c| c.percentile(99),
        Some(Column::Calls) => |c| c.calls,
        Some(Column::Errors) => |c| c.errors,
    };
    list.sort_by_cached_key(|item| std::cmp::Reverse(value(count(item))));
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

const fn heading(column: Column, functions: bool) -> &'static str {
    match column {
        Column::TimePercent => "% time",
        Column::TimeTotal => "seconds",
        Column::TimeMin => "shortest",
        Column::TimeMax => "longest",
        Column::TimeAvg => "usecs/call",
        Column::TimeP50 => "p50",
        Column::TimeP90 => "p90",
        Column::TimeP99 => "p99",
        Column::Calls => "calls",
        Column::Errors => "errors",
        Column::Name if functions => "function",
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
        Column::TimeP50 => write!(out, "{:width$.9}", seconds(count.percentile(50))),
        Column::TimeP90 => write!(out, "{:width$.9}", seconds(count.percentile(90))),
        Column::TimeP99 => write!(out, "{:width$.9}", seconds(count.percentile(99))),
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
