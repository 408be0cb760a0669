//! Markdown for the step summary of a workflow: what is wrong first, details folded. Whatever others chose stands in a span of
//! code, in which nothing is markup; the two characters that could end the span or the cell of a table are escaped as all
//! unprintable bytes are. GitHub takes at most a mebibyte, so every table has a bound.

use super::lists;
use super::tally::{self, Counts};
use super::text::{by, changed, contents};
use super::verdict;
use super::words::{self, counted, grouped, plain};
use crate::tools::audit::evidence::{Change, Report, Verdict};

/// Rows of a table.
const ROWS: usize = 200;
/// Bytes of a table.
const BYTES: usize = 120 << 10;
/// Names in a cell.
const NAMES: usize = 10;
/// Characters of a name.
const LONG: usize = 300;

/// A table in the making; rows beyond its bounds are counted.
struct Table<'o> {
    out: &'o mut String,
    start: usize,
    rows: usize,
    left: usize,
}

/// Appends the summary.
pub fn markdown(report: &Report, out: &mut Vec<u8>) {
    let mut page = String::new();
    let mark = match report.verdict {
        Verdict::Clean => verdict::all_right(report),
        Verdict::Violated => "violated",
        Verdict::CommandFailed => "the command failed",
        Verdict::Incomplete => "incomplete",
    };
    page.push_str(&format!("## Audit: {mark}\n\n{}\n\n", verdict::sentence(report)));
    troubles(report, &mut page);
    difference(report, &mut page);
    gaps(report, &mut page);
    units(report, &mut page);
    names(report, &mut page);
    effects(report, &mut page);
    if !report.evidence.remarks.is_empty() {
        folded(&mut page, &counted(report.evidence.remarks.len(), "remark", "remarks"), |page| {
            let mut table = Table::begin(page, &["Remark"]);
            report.evidence.remarks.iter().for_each(|remark| table.row(&[code(&plain(remark.as_bytes()))]));
            table.end();
        });
    }
    let command: Vec<String> = report.evidence.command.iter().map(|word| plain(word)).collect();
    page.push_str(&format!("Command: {}\n", code(&command.join(" "))));
    out.extend_from_slice(page.as_bytes());
}

impl<'o> Table<'o> {
    fn begin(out: &'o mut String, titles: &[&str]) -> Table<'o> {
        out.push_str(&format!("| {} |\n|{}\n", titles.join(" | "), " --- |".repeat(titles.len())));
        let start = out.len();
        Table { out, start, rows: 0, left: 0 }
    }

    fn row(&mut self, cells: &[String]) {
        if self.rows < ROWS && self.out.len() - self.start < BYTES {
            self.rows += 1;
            self.out.push_str(&format!("| {} |\n", cells.join(" | ")));
        } else {
            self.left += 1;
        }
    }

    fn end(self) {
        if self.left > 0 {
            self.out.push_str(&format!("\nand {} more rows\n", grouped(self.left as u64)));
        }
        self.out.push('\n');
    }
}

/// A section that is folded.
fn folded(page: &mut String, title: &str, fill: impl FnOnce(&mut String)) {
    page.push_str(&format!("<details><summary>{title}</summary>\n\n"));
    fill(page);
    page.push_str("</details>\n\n");
}

/// Text of others, printable already, as a span of code; nothing for nothing.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut span = String::from("`");
    for c in text.chars().take(LONG) {
        match c {
            '`' => span.push_str(r"\140"),
            '|' => span.push_str(r"\174"),
            c => span.push(c),
        }
    }
    span.push('`');
    if text.len() > LONG {
        span.push_str(" ...");
    }
    span
}

fn troubles(report: &Report, page: &mut String) {
    let all = tally::troubles(report);
    if all.iter().any(|trouble| !trouble.violations.is_empty()) {
        page.push_str("### Not allowed\n\n");
        let mut table = Table::begin(page, &["Unit", "Access", "How", "Rule"]);
        for trouble in &all {
            for (violation, access) in &trouble.violations {
                let what = access.map_or_else(|| words::whole(report, None), |access| words::deed(report, access));
                let how = access.map_or_else(String::new, |access| words::manner(report, access).join(", "));
                table.row(&[
                    code(&words::whose(report, trouble.unit)),
                    code(&what),
                    code(&how),
                    code(&plain(violation.rule.as_bytes())),
                ]);
            }
        }
        table.end();
    }
    if all.iter().any(|trouble| !trouble.unmet.is_empty()) {
        page.push_str("### Expected, and not done\n\n");
        let mut table = Table::begin(page, &["Unit", "Expectation"]);
        for trouble in &all {
            for unmet in &trouble.unmet {
                table.row(&[code(&words::whose(report, trouble.unit)), code(&plain(unmet.rule.as_bytes()))]);
            }
        }
        table.end();
    }
}

fn difference(report: &Report, page: &mut String) {
    let Some(difference) = &report.difference else { return };
    if !difference.new.is_empty() {
        page.push_str("### New against the baseline\n\n");
        lines(&difference.new, page);
    }
    if !difference.gone.is_empty() {
        folded(page, &format!("{} gone from the baseline", grouped(difference.gone.len() as u64)), |page| {
            lines(&difference.gone, page);
        });
    }
    page.push_str(&format!("Baseline: {}\n\n", code(&plain(difference.baseline.as_bytes()))));
}

fn lines(lines: &[String], page: &mut String) {
    let mut table = Table::begin(page, &["Line"]);
    lines.iter().for_each(|line| table.row(&[code(&words::line(line))]));
    table.end();
}

fn gaps(report: &Report, page: &mut String) {
    if report.evidence.gaps.is_empty() {
        return;
    }
    page.push_str("### What the evidence lacks\n\n");
    let mut table = Table::begin(page, &["Class", "Unit", "What"]);
    for gap in &report.evidence.gaps {
        let whose = gap.unit.map_or_else(|| "anyone".to_owned(), |unit| words::unit(report, unit));
        table.row(&[gap.kind.name().replace('_', "\\_"), code(&whose), code(&words::gap(gap))]);
    }
    table.end();
}

fn units(report: &Report, page: &mut String) {
    let ranked = tally::ranked(report);
    if ranked.is_empty() {
        return;
    }
    folded(page, &verdict::extent(report), |page| {
        let mut table = Table::begin(page, &["Unit", "Read", "Write", "Run", "Net", "Failed", "Violations"]);
        for (index, Counts { read, write, run, net, failed, violations }) in ranked {
            let mut cells = vec![code(&words::unit(report, index))];
            cells.extend([read, write, run, net, failed, violations].map(|count| grouped(count as u64)));
            table.row(&cells);
        }
        table.end();
    });
}

/// Files, hosts and programs of the first units.
fn names(report: &Report, page: &mut String) {
    let busy = lists::busy(report);
    if busy.is_empty() {
        return;
    }
    folded(page, "Files, hosts and programs", |page| {
        let mut table = Table::begin(page, &["Unit", "What", "Names"]);
        for (&unit, lists) in busy.iter().zip(lists::lists(report, &busy)) {
            for (title, names) in &lists {
                let mut spans: Vec<String> = names.iter().take(NAMES).map(|name| code(name)).collect();
                let left = names.len().saturating_sub(NAMES);
                spans.extend((left > 0).then(|| format!("and {} more", grouped(left as u64))));
                table.row(&[code(&words::unit(report, unit)), (*title).to_owned(), spans.join(", ")]);
            }
        }
        table.end();
    });
}

fn effects(report: &Report, page: &mut String) {
    let counts = tally::effects(report);
    if counts.iter().all(|count| *count == 0) {
        return;
    }
    folded(page, &format!("Net effect: {}", changed(counts)), |page| {
        let mut table = Table::begin(page, &["Change", "File", "Contents", "By"]);
        for effect in report.evidence.effects.iter().filter(|effect| effect.change != Change::Temporary) {
            let mut file = code(&words::path(report, &effect.path));
            if let Change::Renamed(to) = &effect.change {
                file = format!("{file} to {}", code(&words::path(report, to)));
            }
            table.row(&[
                effect.change.name().to_owned(),
                file,
                code(&contents(effect).unwrap_or_default()),
                code(&by(report, effect).unwrap_or_default()),
            ]);
        }
        table.end();
    });
}
