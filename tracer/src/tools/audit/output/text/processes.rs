//! The tree of processes in the summary: in the order in which they began, each with its arguments and how it ended.

use super::{LINES, Page, Phrase};
use crate::render::amount;
use crate::render::escape::Color;
use crate::tools::audit::evidence::timeline::Process;
use crate::tools::audit::evidence::{Report, Timeline, Words};
use crate::tools::audit::output::verdict;
use crate::tools::audit::output::words::{self, counted, grouped, plain};

/// Characters of arguments that are shown of a process.
const LONG: usize = 160;
/// Levels that are indented.
const DEEP: usize = 12;

/// The tree, where there is one: one process alone is the command.
pub(super) fn processes(report: &Report, page: &mut Page<'_>) {
    let timeline = &report.timeline;
    let extent = report.extent;
    if timeline.processes.len() < 2 && !extent.times {
        return;
    }
    let all = timeline.processes.len();
    let took = if extent.times { format!(", {}", time(timeline.length)) } else { String::new() };
    page.title(Color::Name, &[&format!("Processes ({}{took})", grouped(all as u64))]);
    let most = if extent.full { usize::MAX } else { LINES };
    let mut shown = 0;
    let lines = lines(timeline, extent.times);
    for line in lines.iter().take(most) {
        shown += line.times;
        let Some(process) = timeline.processes.get(line.process) else { continue };
        let mut phrases = arguments(report, process, extent.full);
        if line.times > 1 {
            phrases.push((Some(Color::Dim), format!("({} times)", grouped(line.times as u64))));
        }
        phrases.extend(ending(process));
        if extent.times {
            phrases.push((Some(Color::Dim), when(process)));
        }
        page.flow(2 + 2 * line.depth.min(DEEP), &phrases);
    }
    let left = (all - shown) as u64 + timeline.left_out;
    if left > 0 {
        let more = counted(usize::try_from(left).unwrap_or(usize::MAX), "more process", "more processes");
        page.flow(2, &[(Some(Color::Dim), format!("and {more}"))]);
    }
}

/// A line of the tree.
struct Line {
    process: usize,
    depth: usize,
    /// So many children of one process, one after the other, that did the same and had no children.
    times: usize,
}

/// The lines, from the top down.
fn lines(timeline: &Timeline, times: bool) -> Vec<Line> {
    let children = timeline.children();
    let of = |process: usize| children.get(process + 1).map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<Line> = Vec::new();
    // From the end, so that the first is taken first.
    let mut open: Vec<(usize, usize)> = children[0].iter().rev().map(|&process| (process, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        let Some(process) = timeline.processes.get(at) else { continue };
        let same = |line: &&mut Line| {
            let before = timeline.processes.get(line.process);
            let alike = |before: &Process| {
                let same = (before.parent, before.status) == (process.parent, process.status);
                same && programs(before).eq(programs(process))
            };
            !times && of(line.process).is_empty() && of(at).is_empty() && before.is_some_and(alike)
        };
        if let Some(line) = lines.last_mut().filter(same) {
            line.times += 1;
            continue;
        }
        lines.push(Line { process: at, depth, times: 1 });
        open.extend(of(at).iter().rev().map(|&child| (child, depth + 1)));
    }
    lines
}

/// What a process ran, without when.
fn programs(process: &Process) -> impl Iterator<Item = (&[u8], &Words)> {
    process.programs.iter().map(|program| (program.file.as_slice(), &program.words))
}

/// A phrase for each argument, so that a line is broken between them.
fn arguments(report: &Report, process: &Process, full: bool) -> Vec<Phrase> {
    let Some((last, before)) = process.programs.split_last() else {
        let name = match report.timeline.begun_with(process) {
            [] => "a process".to_owned(),
            file => words::path(report, file),
        };
        let name = (Some(Color::Text), name);
        return vec![name, (Some(Color::Dim), "(no program of its own)".to_owned())];
    };
    let mut phrases = Vec::new();
    let mut left = if full { usize::MAX } else { LONG };
    let mut cut = last.words.cut;
    for word in &last.words.list {
        let text = words::argument(report, word);
        if text.len() > left {
            cut = true;
            phrases.extend(
                text.get(..left).filter(|front| !front.is_empty()).map(|front| (None, plain(front.as_bytes()))),
            );
            break;
        }
        left -= text.len();
        phrases.push((phrases.is_empty().then_some(Color::Text), text));
    }
    if phrases.is_empty() {
        phrases.push((Some(Color::Text), words::path(report, &last.file)));
    }
    if cut {
        phrases.push((None, "...".to_owned()));
    }
    if !before.is_empty() {
        let names: Vec<String> = before.iter().map(|program| words::path(report, &program.file)).collect();
        phrases.push((Some(Color::Dim), format!("(before: {})", names.join(", "))));
    }
    phrases
}

/// How it ended, where that is worth a word.
fn ending(process: &Process) -> Option<Phrase> {
    match process.status {
        Some(0) => None,
        Some(status) => Some((Some(Color::Event), format!("({})", verdict::status(status)))),
        None => Some((Some(Color::Event), "(its end was not seen)".to_owned())),
    }
}

/// `[+200.0 ms, 60.0 ms, pid 7]`
fn when(process: &Process) -> String {
    let lasted =
        process.ended.map_or_else(|| "until the end".to_owned(), |ended| time(ended - process.began.min(ended)));
    format!("[+{}, {lasted}, pid {}]", time(process.began), process.pid)
}

fn time(ns: u64) -> String {
    amount::duration(ns)
}
