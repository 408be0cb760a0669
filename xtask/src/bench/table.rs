//! The figures as people read them: a table for each workload with everything, the page of `docs/bench.md`, and the few of README.md.

use std::fmt::Write;
use std::ops::Range;

use super::functions::Figure;
use super::growth::Growth;
use super::limits::{Churn, Memory, Rate};
use super::lists;
use super::machine::Machine;
use super::rounds::{Row, Table};
use super::statistics::{self, Pair, Spread, added, beside, ratio};
use super::whole::Whole;
use super::workloads::Workload;

/// The marks around figures in a document.
const BEGIN: &str = "<!-- bench -->";
const END: &str = "<!-- /bench -->";

/// What README.md shows of the page.
const FEW_TRACERS: [&str; 6] = ["text", "count", "ptrace", "strace", "perf", "bpftrace"];
const FEW_WORKLOADS: [Workload; 5] =
    [Workload::Getppid, Workload::Files, Workload::Make, Workload::Nginx, Workload::Redis];

/// Everything that was measured.
pub struct Report<'a> {
    /// Where.
    pub machine: &'a Machine,
    /// How: rounds and the length of runs, in words.
    pub how: String,
    /// The pairs.
    pub tables: Vec<Table>,
    /// Peak memory, or why there is no figure.
    pub memory: Vec<Result<Memory, String>>,
    /// Whether it grows, or why that was not seen; `None` when nobody asked.
    pub churn: Option<Result<Churn, String>>,
    /// What policies take that are large, or made to take much, or why there is no figure.
    pub growth: Vec<Result<Growth, String>>,
    /// Sustained rates, or why there is none.
    pub rates: Vec<Result<Rate, String>>,
    /// Whole runs, or why there is no figure.
    pub whole: Vec<Result<Whole, String>>,
    /// Lists beside lsof and ss, or why there are none; `None` when nobody asked.
    pub lists: Option<Result<Vec<lists::Row>, String>>,
    /// What tracing library calls and watching a server cost.
    pub figures: Vec<Result<Vec<Figure>, String>>,
}

impl Report<'_> {
    /// What went wrong, a line each.
    pub fn faults(&self) -> Vec<String> {
        let rows = self.tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table.workload, row)));
        let faults = rows.flat_map(|(workload, row)| {
            row.faults.iter().map(move |fault| format!("{}, {}: {fault}", workload.name(), row.tracer.name))
        });
        let memory = self.memory.iter().filter_map(|memory| memory.as_ref().err().cloned());
        let rates = self.rates.iter().filter_map(|rate| rate.as_ref().err().cloned());
        let whole = self.whole.iter().filter_map(|whole| whole.as_ref().err().cloned());
        let churn = self.churn.iter().filter_map(|churn| churn.as_ref().err().cloned());
        let lists = self.lists.iter().filter_map(|lists| lists.as_ref().err().cloned());
        let growth = self.growth.iter().filter_map(|growth| growth.as_ref().err().cloned());
        let figures = self.figures.iter().filter_map(|figures| figures.as_ref().err().cloned());
        faults.chain(memory).chain(churn).chain(growth).chain(rates).chain(whole).chain(lists).chain(figures).collect()
    }

    /// What `docs/bench.md` shows.
    pub fn page(&self) -> String {
        let mut out = String::new();
        let facts = &self.machine.facts;
        let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let _ = writeln!(out, "{}. {}\n", facts.join("; "), self.how);
        for warning in &self.machine.warnings {
            let _ = writeln!(out, "**Not a clean run**: {warning}.\n");
        }
        let tables: Vec<_> = self.tables.iter().filter(|table| !table.rows.is_empty()).collect();
        let _ = write!(out, "| |");
        for table in &tables {
            let _ = write!(out, " {} |", table.workload.title());
        }
        let _ = writeln!(out, " lost |\n|---|{}", "---|".repeat(tables.len() + 1));
        let _ = write!(out, "| untraced |");
        for table in &tables {
            let base = statistics::spread(table.rows.iter().flat_map(|row| row.pairs.iter().map(|pair| pair.base)));
            let _ = write!(out, " {} |", base.map_or("–".into(), |base| time(base.median)));
        }
        let _ = writeln!(out, " |");
        for tracer in super::tracers::ALL {
            let rows: Vec<_> =
                tables.iter().map(|table| table.rows.iter().find(|row| row.tracer.name == tracer.name)).collect();
            if rows.iter().all(Option::is_none) {
                continue;
            }
            let _ = write!(out, "| {} |", tracer.title);
            for row in &rows {
                let _ = write!(out, " {} |", row.map_or("".into(), cell));
            }
            let worst = rows.iter().flatten().filter_map(|row| lost_share(row)).fold(0.0, f64::max);
            let _ =
                writeln!(out, " {} |", if worst > 0.0 { format!("up to {}", percent(worst)) } else { "none".into() });
        }
        out.push('\n');
        out.push_str(&self.limits());
        if let Some(Ok(rows)) = &self.lists {
            out.push('\n');
            out.push_str(&beside_peers(rows));
        }
        out
    }

    /// Memory and rate, in sentences.
    fn limits(&self) -> String {
        let mut out = String::new();
        for memory in self.memory.iter().flatten() {
            let _ = writeln!(
                out,
                "- Peak memory of {} at full speed: {}, of which {} are the mapped ring (its pages are mapped twice, and count twice); \
                 {} beyond it.",
                memory.title,
                bytes(memory.peak),
                bytes(memory.ring),
                bytes(memory.peak.saturating_sub(memory.ring))
            );
        }
        if let Some(Ok(churn)) = &self.churn {
            let _ = writeln!(
                out,
                "- An hour of a busy machine at full speed: {} processes that open and close 60 files each, one after the other ({} calls in \
                 {:.0} s, with paths): {} of the tracer's own memory at most in the second quarter, {} in the last.",
                churn.processes,
                churn.calls,
                churn.seconds,
                bytes(churn.early),
                bytes(churn.late)
            );
        }
        for Growth { what, seconds, peak } in self.growth.iter().flatten() {
            let _ =
                writeln!(out, "- A policy of {what}: {seconds:.2} s to judge `true` by it, {} at most.", bytes(*peak));
        }
        for figure in self.figures.iter().flatten().flatten() {
            let _ = writeln!(out, "- {}.", figure.line());
        }
        for rate in self.rates.iter().flatten() {
            let who = if rate.producers == 1 { "one process".into() } else { format!("{} processes", rate.producers) };
            let kept = thousands(rate.kept);
            let _ = match rate.lost_at {
                None => writeln!(
                    out,
                    "- Records a second from {who} before the first is lost: ≥ {kept} (nothing is lost at full speed)."
                ),
                Some(at) => writeln!(
                    out,
                    "- Records a second from {who} before the first is lost: {kept} (some are lost at {}).",
                    thousands(at)
                ),
            };
        }
        for whole in self.whole.iter().flatten() {
            let base = statistics::spread(whole.ways.iter().flat_map(|(_, pairs)| pairs.iter().map(|pair| pair.base)));
            let way = |(way, pairs): &(&str, Vec<Pair>)| {
                let times = statistics::spread(pairs.iter().map(|pair| pair.traced));
                format!("{way} {}, {} times", spread(times, time), spread(ratio(pairs), factor))
            };
            let ways: Vec<String> = whole.ways.iter().map(way).collect();
            let _ = writeln!(
                out,
                "- From start to end, {} takes {}; under {}.",
                whole.what,
                spread(base, time),
                ways.join("; ")
            );
        }
        for what in self
            .memory
            .iter()
            .filter_map(|memory| memory.as_ref().err())
            .chain(self.churn.iter().filter_map(|churn| churn.as_ref().err()))
            .chain(self.growth.iter().filter_map(|growth| growth.as_ref().err()))
            .chain(self.rates.iter().filter_map(|rate| rate.as_ref().err()))
            .chain(self.whole.iter().filter_map(|whole| whole.as_ref().err()))
            .chain(self.lists.iter().filter_map(|lists| lists.as_ref().err()))
            .chain(self.figures.iter().filter_map(|figures| figures.as_ref().err()))
        {
            let _ = writeln!(out, "- {what}");
        }
        out
    }
}

/// Everything about one workload.
pub fn detail(table: &Table) -> String {
    let mut out = format!("## {}\n\n", table.workload.title());
    if let Some(absent) = &table.absent {
        let _ = writeln!(out, "Not measured: {absent}");
        return out;
    }
    out += "| tracer | runs × operations | time | × untraced | added | × strace | × floor | calls shown | lost | |\n";
    out += "|---|---|---|---|---|---|---|---|---|---|\n";
    let of = |name: &str| table.rows.iter().find(|row| row.tracer.name == name).map_or(&[][..], |row| &row.pairs);
    let base = statistics::spread(table.rows.iter().flat_map(|row| row.pairs.iter().map(|pair| pair.base)));
    let runs: usize = table.rows.iter().map(|row| row.pairs.len()).sum();
    let _ = writeln!(out, "| untraced | {runs} | {} | 1 | | | | | | |", spread(base, time));
    for row in &table.rows {
        let mut remarks: Vec<&str> = row.faults.iter().map(String::as_str).collect();
        remarks.extend(row.absent.as_deref());
        let lost = match (lost_share(row), row.lost.events) {
            (None, _) => "–".into(),
            (_, 0) => "none".into(),
            (Some(share), events) => format!("{events} ({})", percent(share)),
        };
        let details = if row.lost.other > 0 { format!("; {} details missing", row.lost.other) } else { String::new() };
        let times = statistics::spread(row.pairs.iter().map(|pair| pair.traced));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {lost}{details} | {} |",
            row.tracer.title,
            if table.workload.first_ops().1 {
                format!("{} × {}", row.pairs.len(), row.ops)
            } else {
                row.pairs.len().to_string()
            },
            spread(times, time),
            spread(ratio(&row.pairs), factor),
            spread(added(&row.pairs), time),
            beside(&row.pairs, of("strace")).map_or("–".into(), factor),
            beside(&row.pairs, of("floor")).map_or("–".into(), factor),
            if row.tracer.program == super::tracers::Program::Floor { "–".into() } else { row.shown.to_string() },
            remarks.join("; ").replace('|', "\\|").replace('\n', " "),
        );
    }
    out
}

/// Lists beside those of lsof and ss: whole runs, and the greatest memory of any.
fn beside_peers(rows: &[lists::Row]) -> String {
    let mut out = String::from("| list | lsof, ss | tracer | ratio | memory | ratio | lines | loses in |\n");
    out += "|---|---|---|---|---|---|---|---|\n";
    for row in rows {
        let times = |of: fn(&Pair) -> f64| spread(statistics::spread(row.pairs.iter().map(of)), time);
        let [theirs, ours] = row.memory;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} / {} | {} | {} / {} | {} |",
            row.what,
            times(|pair| pair.base),
            times(|pair| pair.traced),
            spread(ratio(&row.pairs), factor),
            bytes(theirs * 1024),
            bytes(ours * 1024),
            factor(ours as f64 / theirs.max(1) as f64),
            row.lines[0],
            row.lines[1],
            row.losses().join(", "),
        );
    }
    out
}

/// What README.md shows: medians of a few rows and columns of the page.
pub fn few(page: &str) -> String {
    let mut lines = page.lines().filter_map(cells);
    let head = lines.next().unwrap_or_default();
    let rows: Vec<Vec<&str>> = lines.collect();
    let columns: Vec<usize> =
        FEW_WORKLOADS.iter().filter_map(|workload| head.iter().position(|cell| *cell == workload.title())).collect();
    let line = |first: &str, row: &[&str]| {
        let rest = columns.iter().map(|&at| format!(" {} |", median(row.get(at).copied().unwrap_or_default())));
        format!("| {first} |{}\n", rest.collect::<String>())
    };
    let mut out = line("", &head).replacen("|  |", "| |", 1);
    let _ = writeln!(out, "|---|{}", "---|".repeat(columns.len()));
    for tracer in super::tracers::ALL.iter().filter(|tracer| FEW_TRACERS.contains(&tracer.name)) {
        if let Some(row) = rows.iter().find(|row| row.first() == Some(&tracer.title)) {
            out += &line(tracer.title, row);
        }
    }
    out
}

/// The cells of a line of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    Some(line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect())
}

/// `3.35 (3.26–3.44)` without its range.
fn median(cell: &str) -> String {
    let parts = cell.split_once(" (").and_then(|(median, rest)| Some((median, rest.split_once(')')?)));
    match parts {
        Some((median, (range, more))) if range.contains('–') => format!("{median}{more}"),
        _ => cell.to_owned(),
    }
}

/// What stands between the marks of a document; `None` when it has no marks.
fn marked(document: &str) -> Option<Range<usize>> {
    let begin = document.find(BEGIN)? + BEGIN.len();
    Some(begin..begin + document[begin..].find(END)?)
}

/// Replaces what stands between the marks of a document; `None` when it has no marks.
pub fn replace(document: &str, text: &str) -> Option<String> {
    let Range { start, end } = marked(document)?;
    Some(format!("{}\n{}\n{}", &document[..start], text.trim_end(), &document[end..]))
}

/// A cell of the page's table.
fn cell(row: &Row) -> String {
    match (ratio(&row.pairs), &row.absent, row.faults.is_empty()) {
        (Some(ratio), _, true) => spread(Some(ratio), factor),
        (Some(ratio), _, false) => format!("{} (wrong count)", spread(Some(ratio), factor)),
        (None, Some(absent), _) => absent.clone(),
        (None, None, _) => "failed".into(),
    }
}

/// What part of the calls was lost; `None` when nothing can be.
fn lost_share(row: &Row) -> Option<f64> {
    let all = row.shown + row.lost.events;
    (all > 0).then(|| row.lost.events as f64 / all as f64)
}

/// `MEDIAN (MIN–MAX)`, with the unit of the median where the others have the same.
fn spread(spread: Option<Spread>, unit: fn(f64) -> String) -> String {
    let Some(Spread { median, min, max }) = spread else { return "–".into() };
    let [median, min, max] = [median, min, max].map(unit);
    let of = |text: &str| text.split_once(' ').map(|(_, unit)| unit.to_owned());
    if of(&min) == of(&median) && of(&max) == of(&median) {
        let bare = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        return format!("{median} ({}–{})", bare(&min), bare(&max));
    }
    format!("{median} ({min}–{max})")
}

/// Nanoseconds, in a unit that suits.
fn time(ns: f64) -> String {
    match ns.abs() {
        size if size < 10_000.0 => format!("{ns:.0} ns"),
        size if size < 1e6 => format!("{:.1} µs", ns / 1e3),
        size if size < 1e8 => format!("{:.1} ms", ns / 1e6),
        _ => format!("{:.0} ms", ns / 1e6),
    }
}

/// A ratio, with as many digits as mean something.
fn factor(ratio: f64) -> String {
    match ratio.abs() {
        size if size < 0.1 => format!("{ratio:.4}"),
        size if size < 10.0 => format!("{ratio:.2}"),
        size if size < 100.0 => format!("{ratio:.1}"),
        _ => format!("{ratio:.0}"),
    }
}

fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.001 { "less than 0.1 %".into() } else { format!("{:.1} %", share * 100.0) }
}

fn bytes(n: u64) -> String {
    format!("{:.1} MiB", n as f64 / f64::from(1 << 20))
}

/// A rate, rounded to thousands: finer figures would mean nothing.
fn thousands(rate: f64) -> String {
    {
        let n = (rate / 1000.0) as u64;
        if n >= 1000 { format!("{},{:03},000", n / 1000, n % 1000) } else { format!("{n},000") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let check = |found: String, expected: &str| assert_eq!(found, expected);
        check(time(250.4), "250 ns");
        check(time(-12.0), "-12 ns");
        check(time(27_529.5), "27.5 µs");
        check(time(1_094_800.0), "1.1 ms");
        check(time(345e6), "345 ms");
        check(factor(1.891), "1.89");
        check(factor(0.0085), "0.0085");
        check(factor(46.04), "46.0");
        check(factor(1015.3), "1015");
        check(percent(0.0), "0.0 %");
        check(percent(0.00001), "less than 0.1 %");
        check(percent(0.436), "43.6 %");
        check(bytes(3 << 19), "1.5 MiB");
        check(thousands(1_083_495.0), "1,083,000");
        check(thousands(83_495.0), "83,000");
        check(spread(Some(Spread { median: 2.0, min: 1.0, max: 30.0 }), factor), "2.00 (1.00–30.0)");
        check(spread(Some(Spread { median: 2.0, min: 1.0, max: 30.0 }), time), "2 ns (1–30)");
        check(spread(Some(Spread { median: 9000.0, min: 1.0, max: 30_000.0 }), time), "9000 ns (1 ns–30.0 µs)");
        check(spread(None, factor), "–");
    }

    #[test]
    fn a_document_keeps_what_is_around_the_marks() {
        let readme = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
        assert_eq!(
            replace(readme, "new\n\n").as_deref(),
            Some("before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n")
        );
        assert_eq!(replace("no marks", "new"), None);
        assert_eq!(replace("<!-- bench -->", "new"), None);
        let once = replace(readme, "new").unwrap();
        assert_eq!(replace(&once, "new"), Some(once.clone()), "twice is as once");
    }

    #[test]
    fn the_readme_has_the_medians_of_the_page() {
        let check = |cell: &str, expected: &str| assert_eq!(median(cell), expected, "{cell}");
        check("3.35 (3.26–3.44)", "3.35");
        check("178 (171–180) (wrong count)", "178 (wrong count)");
        check("77.2 ms", "77.2 ms");
        check("no perf (not installed)", "no perf (not installed)");
        check("", "");
        let (readme, page) = (include_str!("../../../README.md"), include_str!("../../../docs/bench.md"));
        let figures = few(&page[marked(page).expect("marks")]);
        assert_eq!(figures.lines().count(), 2 + FEW_TRACERS.len(), "{figures}");
        assert_eq!(figures.lines().next().and_then(cells).map(|head| head.len()), Some(1 + FEW_WORKLOADS.len()));
        assert_eq!(readme[marked(readme).expect("marks")].trim(), figures.trim());
    }
}
