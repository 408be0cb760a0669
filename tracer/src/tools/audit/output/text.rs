//! The summary for a terminal: what is wrong first, the verdict last, where the eye is. Lines are broken where the window ends,
//! between phrases and never inside a path; a table's names are cut so that its columns stay in place.

mod processes;
mod units;

use super::tally::{self, Counts, Violated};
use super::verdict;
use super::words::{self, counted, grouped, plain};
use crate::render::amount::size;
use crate::render::escape::{Color, Line};
use crate::tools::audit::evidence::{Change, Diff, Effect, Held, Report, Verdict};

/// Units in the table, and units of which violations are shown.
const UNITS: usize = 40;
/// Violations of a unit that are shown.
const PER_UNIT: usize = 10;
/// Lines of any other list.
const LINES: usize = 40;
/// Lines of a difference.
const DIFF: usize = 12;
/// The narrowest column of names.
const NARROWEST: usize = 12;

/// Lines in the making.
struct Page<'o> {
    out: &'o mut Vec<u8>,
    color: bool,
    /// Columns of the window; `usize::MAX` where there is none.
    width: usize,
    began: bool,
}

/// A phrase and its colour.
type Phrase = (Option<Color>, String);

/// Appends the summary for a window of `width` columns; 0 where the output is no window.
pub fn text(report: &Report, color: bool, width: usize, out: &mut Vec<u8>) {
    let width = if width == 0 { usize::MAX } else { width };
    let mut page = Page { out, color, width, began: false };
    troubles(report, &mut page);
    difference(report, &mut page);
    table(report, &mut page);
    units::units(report, &mut page);
    processes::processes(report, &mut page);
    effects(report, &mut page);
    gaps(report, &mut page);
    remarks(report, &mut page);
    page.gap();
    let shade = match report.verdict {
        Verdict::Clean => Color::Text,
        Verdict::Incomplete => Color::Event,
        Verdict::Violated | Verdict::CommandFailed => Color::Error,
    };
    let sentence = verdict::sentence(report);
    // The last line is the verdict, and all of it.
    page.width = usize::MAX;
    page.flow(0, &[(Some(shade), sentence)]);
}

impl Page<'_> {
    /// An empty line between sections.
    fn gap(&mut self) {
        if std::mem::replace(&mut self.began, true) {
            self.out.push(b'\n');
        }
    }

    /// The title of a section. What others chose is one phrase, for a line must not begin in its middle.
    fn title(&mut self, color: Color, phrases: &[&str]) {
        self.gap();
        let phrases: Vec<Phrase> = phrases.iter().map(|phrase| (Some(color), (*phrase).to_owned())).collect();
        self.flow(0, &phrases);
    }

    /// Phrases with blanks between them, on as many lines as the window asks for; further lines are indented more.
    fn flow(&mut self, indent: usize, phrases: &[Phrase]) {
        let mut line = Line::new(self.out, self.color);
        line.pad(indent);
        let mut begun = false;
        for (color, phrase) in phrases {
            if begun && line.column() + 1 + phrase.len() > self.width {
                line.finish();
                line = Line::new(self.out, self.color);
                line.pad(indent + 4);
            } else if begun {
                line.lit(" ");
            }
            begun = true;
            if let Some(color) = color {
                line.paint(*color);
            }
            line.text(phrase);
            if color.is_some() {
                line.plain();
            }
        }
        line.finish();
    }

    /// A line that says how many were left out.
    fn more(&mut self, indent: usize, left: usize, what: &str) {
        if left > 0 {
            self.flow(indent, &[(Some(Color::Dim), format!("and {} {what}", grouped(left as u64)))]);
        }
    }
}

fn troubles(report: &Report, page: &mut Page<'_>) {
    let all = tally::troubles(report);
    if all.is_empty() {
        return;
    }
    page.title(Color::Error, &[&verdict::wrong(report)]);
    for trouble in all.iter().take(UNITS) {
        page.flow(2, &[(Some(Color::Name), words::whose(report, trouble.unit))]);
        for violated in trouble.violations.iter().take(PER_UNIT) {
            violation(report, violated, page);
        }
        page.more(4, trouble.violations.len().saturating_sub(PER_UNIT), "more accesses that are not allowed");
        for unmet in trouble.unmet.iter().take(PER_UNIT) {
            page.flow(4, &[(Some(Color::Error), "not met:".to_owned()), (None, plain(unmet.rule.as_bytes()))]);
        }
        page.more(4, trouble.unmet.len().saturating_sub(PER_UNIT), "more expectations that were not met");
    }
    page.more(2, all.len().saturating_sub(UNITS), "more units");
}

fn violation(report: &Report, (violation, access): &Violated<'_>, page: &mut Page<'_>) {
    let Some(access) = access else {
        return page.flow(4, &[(None, words::whole(report, None))]);
    };
    let manner = words::manner(report, access);
    let comma = |last: bool| if last { "" } else { "," };
    let mut phrases = vec![(Some(Color::Text), words::deed(report, access) + comma(manner.is_empty()))];
    for (at, phrase) in manner.iter().enumerate() {
        let color = phrase.starts_with("failed ").then_some(Color::Event);
        phrases.push((color, format!("{phrase}{}", comma(at + 1 == manner.len()))));
    }
    page.flow(4, &phrases);
    page.flow(6, &[(Some(Color::Dim), plain(violation.rule.as_bytes()))]);
}

fn difference(report: &Report, page: &mut Page<'_>) {
    let Some(difference) = &report.difference else { return };
    let file = plain(difference.baseline.as_bytes());
    let lists =
        [("New against", "+", Color::Error, &difference.new), ("Gone from", "-", Color::Event, &difference.gone)];
    for (title, mark, color, lines) in lists {
        if lines.is_empty() {
            continue;
        }
        page.title(color, &[title, &file, &format!("({})", grouped(lines.len() as u64))]);
        for line in lines.iter().take(LINES) {
            page.flow(2, &[(None, format!("{mark} {}", words::line(line)))]);
        }
        page.more(2, lines.len().saturating_sub(LINES), "more");
    }
}

/// A column of the table: its title, and a unit's number in it.
type Column = (&'static str, fn(&Counts) -> usize);

/// The columns of the table.
const COLUMNS: [Column; 6] = [
    ("READ", |counts| counts.read),
    ("WRITE", |counts| counts.write),
    ("RUN", |counts| counts.run),
    ("NET", |counts| counts.net),
    ("FAILED", |counts| counts.failed),
    ("VIOLATIONS", |counts| counts.violations),
];

fn table(report: &Report, page: &mut Page<'_>) {
    let ranked = tally::ranked(report);
    let shown = &ranked[..ranked.len().min(UNITS)];
    if shown.is_empty() {
        return;
    }
    page.gap();
    let cells: Vec<(String, [String; 6])> = shown
        .iter()
        .map(|(index, counts)| (words::unit(report, *index), COLUMNS.map(|(_, of)| grouped(of(counts) as u64))))
        .collect();
    let mut widths = COLUMNS.map(|(title, _)| title.len());
    for (_, row) in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let numbers: usize = widths.iter().map(|width| width + 2).sum();
    let longest = cells.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let names = longest.max("UNIT".len()).min(page.width.saturating_sub(numbers).max(NARROWEST));
    let mut line = Line::new(page.out, page.color);
    line.paint(Color::Name);
    line.lit("UNIT");
    line.pad(names);
    for ((title, _), width) in COLUMNS.iter().zip(widths) {
        line.text(&format!("  {title:>width$}"));
    }
    line.plain();
    line.finish();
    for (name, row) in &cells {
        let mut line = Line::new(page.out, page.color);
        line.text(&shortened(name, names));
        line.pad(names);
        for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
            let color = match (cell == "0", at) {
                (true, _) => Some(Color::Dim),
                (false, 5) => Some(Color::Error),
                (false, _) => None,
            };
            if let Some(color) = color {
                line.paint(color);
            }
            line.text(&format!("  {cell:>width$}"));
            if color.is_some() {
                line.plain();
            }
        }
        line.finish();
    }
    page.more(0, ranked.len() - shown.len(), "more units");
}

/// The end of a name that is too long: tests of one suite begin alike.
fn shortened(name: &str, width: usize) -> String {
    match name.len().checked_sub(width) {
        None | Some(0) => name.to_owned(),
        Some(over) => plain(format!("...{}", name.get(over + 3..).unwrap_or_default()).as_bytes()),
    }
}

fn effects(report: &Report, page: &mut Page<'_>) {
    let counts = tally::effects(report);
    if counts.iter().all(|count| *count == 0) {
        return;
    }
    page.title(Color::Name, &["Net effect:", &changed(counts)]);
    let lasting: Vec<&Effect> =
        report.evidence.effects.iter().filter(|effect| effect.change != Change::Temporary).collect();
    let most = if report.extent.full { usize::MAX } else { LINES };
    for effect in lasting.iter().take(most) {
        let mut phrases = vec![
            (Some(Color::Constant), format!("{:<8}", effect.change.name())),
            (Some(Color::Text), words::path(report, &effect.path)),
        ];
        if let Change::Renamed(to) = &effect.change {
            phrases.push((None, format!("to {}", words::path(report, to))));
        }
        phrases.extend(contents(effect).map(|text| (Some(Color::Dim), format!("({text})"))));
        phrases.extend(by(report, effect).map(|text| (None, text)));
        page.flow(2, &phrases);
        diff(report, effect, page);
    }
    page.more(2, lasting.len().saturating_sub(most), "more");
}

/// How the text of a file differs.
fn diff(report: &Report, effect: &Effect, page: &mut Page<'_>) {
    match &effect.diff {
        Some(Diff::Lines(lines)) => {
            let most = if report.extent.full { usize::MAX } else { DIFF };
            for line in lines.iter().take(most) {
                let color = match line.as_bytes().first() {
                    Some(b'+') => Some(Color::Text),
                    Some(b'-') => Some(Color::Gone),
                    Some(b'@') => Some(Color::Name),
                    _ => None,
                };
                page.flow(6, &[(color, words::line(line))]);
            }
            page.more(6, lines.len().saturating_sub(most), "more lines");
        }
        Some(Diff::Not(why)) => page.flow(6, &[(Some(Color::Dim), format!("no difference is told: {why}"))]),
        None => {}
    }
}

/// `2 created, 1 modified, 14 temporary`
pub fn changed(counts: [usize; 5]) -> String {
    let names = ["created", "modified", "deleted", "renamed", "temporary"];
    let parts = names.iter().zip(counts).filter(|(_, count)| *count > 0);
    parts.map(|(name, count)| format!("{} {name}", grouped(count as u64))).collect::<Vec<_>>().join(", ")
}

/// What is known of the file: `20 B -> 1.5 KiB, mode 600 -> 644, sha256 0123456789ab`.
pub fn contents(effect: &Effect) -> Option<String> {
    let Effect { before, after, .. } = effect;
    let sum = |held: &Held| held.sum.as_ref().map(|sum| plain(sum.as_bytes()).chars().take(12).collect::<String>());
    let mode = |held: &Held| held.mode.map(|mode| format!("{mode:03o}"));
    let mut parts = Vec::new();
    parts.extend(turned(before.size.map(size), after.size.map(size)));
    parts.extend(turned(mode(before), mode(after)).map(|text| format!("mode {text}")));
    parts.extend(match (sum(before), sum(after)) {
        (Some(before), Some(after)) if before == after => Some("contents as before".to_owned()),
        (before, after) => turned(before, after).map(|text| format!("sha256 {text}")),
    });
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What something was and is: `600 -> 644`, or what it is where that is the same; `was 600` where it is no more.
fn turned(before: Option<String>, after: Option<String>) -> Option<String> {
    match (before, after) {
        (Some(before), Some(after)) if before != after => Some(format!("{before} -> {after}")),
        (_, Some(after)) => Some(after),
        (Some(before), None) => Some(format!("was {before}")),
        (None, None) => None,
    }
}

/// Who changed it: `by UNIT and 2 more units`.
pub fn by(report: &Report, effect: &Effect) -> Option<String> {
    let first = words::unit(report, *effect.units.first()?);
    Some(match effect.units.len() - 1 {
        0 => format!("by {first}"),
        more => format!("by {first} and {}", counted(more, "more unit", "more units")),
    })
}

fn gaps(report: &Report, page: &mut Page<'_>) {
    let all = tally::gaps(report);
    if all.is_empty() {
        return;
    }
    page.title(Color::Event, &["The evidence is incomplete"]);
    for (kind, gaps) in &all {
        page.flow(2, &[(Some(Color::Event), format!("{}:", kind.name())), (None, verdict::phrase(*kind, gaps))]);
        for gap in gaps.iter().take(LINES) {
            let whose = gap.unit.map_or_else(|| "anyone".to_owned(), |unit| words::unit(report, unit));
            page.flow(4, &[(None, format!("{whose}:")), (None, words::gap(gap))]);
        }
        page.more(4, gaps.len().saturating_sub(LINES), "more");
    }
}

fn remarks(report: &Report, page: &mut Page<'_>) {
    let all = &report.evidence.remarks;
    if all.is_empty() {
        return;
    }
    page.title(Color::Name, &[&format!("Remarks ({})", grouped(all.len() as u64))]);
    for remark in all.iter().take(LINES) {
        page.flow(2, &[(None, plain(remark.as_bytes()))]);
    }
    page.more(2, all.len().saturating_sub(LINES), "more");
}
