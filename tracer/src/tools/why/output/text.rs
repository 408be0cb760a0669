//! The report for people: the conclusion, the chain as a tree, the evidence of each link. Lines are 80 columns at most where words allow;
//! names of others are printable ASCII by then.

use super::Look;
use crate::render::amount::time;
use crate::render::escape::{Color, Line};
use crate::tools::why::judge::link::name;
use crate::tools::why::judge::{Nature, Sure, story};
use crate::tools::why::report::{Report, Step, Story};

/// Columns of a line.
const WIDTH: usize = 80;
/// Stories that are told in full.
const STORIES: usize = 5;
/// Functions of a stack that are shown.
const FRAMES: usize = 4;

/// Appends the report.
pub fn text(report: &Report, look: Look, out: &mut Vec<u8>) {
    let mut page = Page { out, look };
    page.wrapped(0, &format!("{} ({}): {}", report.pid, name(&report.comm), report.conclusion), Some(Color::Title));
    // A thread that stands in a chain that is told has no chain of its own.
    let mut told: Vec<u32> = Vec::new();
    let mut stories: Vec<&Story> = Vec::new();
    for story in &report.stories {
        if stories.is_empty() || story.tids.iter().any(|tid| !told.contains(tid)) {
            told.extend(story.tids.iter().chain(story.steps.iter().map(|step| &step.tid)));
            stories.push(story);
        }
    }
    for (at, story) in stories.iter().enumerate() {
        match at {
            0..STORIES => page.story(report, story, at == 0),
            STORIES => {
                let rest = &stories[at..];
                let threads: usize = rest.iter().map(|story| story.tids.len()).sum();
                page.blank();
                page.wrapped(0, &format!("{threads} more threads: --json has them all"), None);
            }
            _ => break,
        }
    }
    if let Some(times) = &report.times {
        page.blank();
        page.times(times, &report.findings);
    }
    if report
        .stories
        .iter()
        .any(|story| story.steps.iter().any(|step| step.call.is_some() || !step.evidence.is_empty()))
    {
        page.blank();
        page.wrapped(0, "Evidence", Some(Color::Title));
        let mut told = Vec::new();
        for step in stories.iter().take(STORIES).flat_map(|story| &story.steps) {
            if !told.contains(&step.tid) {
                told.push(step.tid);
                page.evidence(step);
            }
        }
    }
    if !report.missing.is_empty() {
        page.blank();
        page.wrapped(0, "Not seen", Some(Color::Title));
        report.missing.iter().for_each(|(what, why)| page.wrapped(2, &format!("{what}: {why}"), None));
    }
}

/// Lines of text in the making.
pub(super) struct Page<'o> {
    out: &'o mut Vec<u8>,
    look: Look,
}

impl Page<'_> {
    pub(super) fn blank(&mut self) {
        self.out.push(b'\n');
    }

    /// A text, wrapped at blanks, each line indented; lines behind the first one by two more.
    pub(super) fn wrapped(&mut self, indent: usize, text: &str, color: Option<Color>) {
        let bars = vec![false; 0];
        self.branch(indent, &bars, "", text, color);
    }

    /// The same behind the drawing of a branch.
    fn branch(&mut self, indent: usize, _bars: &[bool], mark: &str, text: &str, color: Option<Color>) {
        let hang = indent + mark.chars().count() + if mark.is_empty() && indent == 0 { 2 } else { 0 };
        let mut rest = text;
        let mut first = true;
        while first || !rest.is_empty() {
            let column = if first { indent + mark.chars().count() } else { hang };
            let room = WIDTH.saturating_sub(column).max(20);
            let (now, later) = cut(rest, room);
            let drawn = if first { mark } else { "" };
            let blanks = column - drawn.chars().count();
            self.out.extend(std::iter::repeat_n(b' ', blanks.min(indent).max(if first { blanks } else { column })));
            self.out.extend_from_slice(drawn.as_bytes());
            let mut line = Line::new(self.out, self.look.color);
            if let Some(color) = color {
                line.paint(color);
            }
            line.text(now);
            if color.is_some() {
                line.plain();
            }
            line.finish();
            rest = later;
            first = false;
        }
    }

    fn story(&mut self, report: &Report, story: &Story, first: bool) {
        // A process of one thread that waits for nobody is told by the conclusion.
        if story.steps.len() < 2 && report.stories.len() == 1 && first && story.circle.is_none() {
            return;
        }
        self.blank();
        let corner = if self.look.utf8 { "\u{2514}\u{2500} " } else { "`- " };
        for (at, step) in story.steps.iter().enumerate() {
            let mark = if at == 0 { "" } else { corner };
            let text = match at {
                0 if story.tids.len() > 1 => format!("{} {}", threads(&story.tids), story::plural(&step.does)),
                _ => line(step),
            };
            self.branch(at.saturating_sub(1) * 3, &[], mark, &text, None);
            if !step.others.is_empty() {
                let others: Vec<String> =
                    step.others.iter().map(|(pid, comm)| format!("{pid} ({})", name(comm))).collect();
                self.branch(at * 3, &[], "", &format!("  so could {}", others.join(", ")), Some(Color::Dim));
            }
        }
        if let Some(back) = story.circle.and_then(|from| story.steps.get(from)) {
            let role = story.closes.unwrap_or("is waited for");
            let at = story.steps.len();
            self.branch(
                at.saturating_sub(1) * 3,
                &[],
                corner,
                &format!("{} {role}: the circle is closed", back.tid),
                Some(Color::Error),
            );
        }
    }

    fn evidence(&mut self, step: &Step) {
        let age = step.age.filter(|_| step.state != b'R').map(|age| format!(", for {}", time(age))).unwrap_or_default();
        let head = match &step.call {
            Some(call) => format!("{call}{age}"),
            None => format!("state {}{age}", step.state as char),
        };
        self.branch(2, &[], &format!("{}  ", step.tid), &head, None);
        let indent = 4 + step.tid.to_string().len();
        for line in &step.evidence {
            self.branch(indent, &[], "", line, None);
        }
        if step.cause.nature() != Nature::None && step.sure != Sure::Certain {
            let said = if step.sure == Sure::Likely {
                "who could end it is likely, not certain"
            } else {
                "who could end it is not known for certain"
            };
            self.branch(indent, &[], "", said, Some(Color::Dim));
        }
        if !step.frames.is_empty() {
            let frames: Vec<String> = step.frames.iter().take(FRAMES).map(|frame| name(frame)).collect();
            self.branch(indent, &[], "", &format!("its stack: {}", frames.join(" < ")), Some(Color::Dim));
        }
    }
}

/// `13 worker  holds it and waits for ...`
fn line(step: &Step) -> String {
    let who = format!("{} {}  ", step.tid, name(&step.comm));
    match step.role {
        Some(role) => format!("{who}{role} and {}", step.does),
        None => format!("{who}{}", step.does),
    }
}

/// `7 threads (12, 13, 14 ...)`
fn threads(tids: &[u32]) -> String {
    let some: Vec<String> = tids.iter().take(3).map(u32::to_string).collect();
    let more = if tids.len() > 3 { " ..." } else { "" };
    format!("{} threads ({}{more})", tids.len(), some.join(", "))
}

/// As much of a text as fits, up to a blank, and the rest.
fn cut(text: &str, room: usize) -> (&str, &str) {
    if text.len() <= room {
        return (text, "");
    }
    // The text is ASCII: any place is one between characters.
    let at = text.get(..=room).and_then(|front| front.rfind(' ')).filter(|&at| at > 0);
    match at.or_else(|| text.find(' ')) {
        Some(at) => (&text[..at], text[at..].trim_start()),
        None => (text, ""),
    }
}
