//! The report as a page: one file that loads nothing, with its style and its script in it. The head, what is wrong and what is missing
//! are there without the script; the lists are data, of which the script shows what is looked at.
//!
//! Text of others is harmless before it comes here ([`put`], [`said`]): what could not be read, or would turn the text around it, is
//! written as an escape. Then it is text for the template, which escapes markup, or it stands in the data ([`data`]), of which the
//! script makes nodes of text and nothing else. Should all of that fail, the page's own policy of contents runs no script but ours.

mod data;

use askama::Template;
use sha2::{Digest, Sha256};

use super::tally;
use super::verdict;
use super::words::{self, Voice, grouped};
use crate::render::amount;
use crate::render::escape::{Profile, pieces};
use crate::render::json::escape::base64;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{Gap, GapKind, Report, Verdict};

/// The style, and the script.
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Lines of each list of the head.
const LINES: usize = 1000;

/// Appends the page.
pub fn html(report: &Report, out: &mut Vec<u8>) {
    page(report, "tracer audit", (STYLE, SCRIPT), out);
}

/// Appends the page of a recording.
pub fn recording(report: &Report, out: &mut Vec<u8>) {
    page(report, "tracer replay", (STYLE, SCRIPT), out);
}

/// Appends the page with this style and this script.
pub(super) fn page(report: &Report, made_by: &'static str, (style, script): (&str, &str), out: &mut Vec<u8>) {
    let voice = Voice { report, put };
    let data = data::data(voice);
    let page = Page {
        policy: policy(style, script),
        version: env!("CARGO_PKG_VERSION"),
        made_by,
        verdict: match report.verdict {
            Verdict::Clean if report.judgement.policy.is_empty() && report.difference.is_none() => "unjudged",
            verdict => verdict.name(),
        },
        mark: mark(report),
        sentence: verdict::sentence(report),
        command: report.evidence.command.iter().map(|word| voice.argument(word)).collect::<Vec<_>>().join(" "),
        facts: facts(report),
        troubles: troubles(voice),
        wrong: verdict::wrong(report),
        difference: difference(report),
        gaps: gaps(report),
        remarks: Bounded::of(report.evidence.remarks.iter().map(|remark| said(remark))),
        style,
        script,
        data: &data,
    };
    let rendered = page.render_into(&mut Text(out));
    debug_assert!(rendered.is_ok(), "memory takes all that is written: {rendered:?}");
    out.push(b'\n');
}

/// What the template is filled with.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'p> {
    policy: String,
    version: &'static str,
    made_by: &'static str,
    verdict: &'static str,
    mark: &'static str,
    sentence: String,
    command: String,
    facts: Vec<(&'static str, String)>,
    troubles: Bounded<Trouble>,
    wrong: String,
    difference: Option<Difference>,
    gaps: Vec<Gaps>,
    remarks: Bounded<String>,
    style: &'p str,
    script: &'p str,
    data: &'p str,
}

/// What a unit did that is not allowed, and did not do that was expected.
struct Trouble {
    unit: String,
    violations: Bounded<Violation>,
    unmet: Bounded<String>,
}

/// An access that is not allowed.
struct Violation {
    deed: String,
    manner: String,
    rule: String,
}

/// What is new, and what is gone.
struct Difference {
    baseline: String,
    new: Bounded<String>,
    gone: Bounded<String>,
}

/// What may be missing, of one class.
struct Gaps {
    kind: &'static str,
    phrase: String,
    list: Bounded<(String, String)>,
}

/// The first of a list, and how many more there are, grouped; empty when there are none.
struct Bounded<T> {
    list: Vec<T>,
    more: String,
}

impl<T> Bounded<T> {
    fn of(mut all: impl Iterator<Item = T>) -> Bounded<T> {
        let list: Vec<T> = all.by_ref().take(LINES).collect();
        let left = all.count();
        Bounded { list, more: if left > 0 { grouped(left as u64) } else { String::new() } }
    }
}

/// Bytes of others as text for people.
fn put(bytes: &[u8]) -> String {
    shown(bytes)
}

/// Text that is harmless already, or was put together by us: whatever is in it that must not come out raw, is escaped.
fn said(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    pieces(text.as_bytes()).for_each(|piece| Profile::Typed.put(piece, &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// The policy of contents: nothing is loaded, and of what stands in the page only this style and this script count.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| {
        let mut out = b"'sha256-".to_vec();
        base64(&mut out, &Sha256::digest(text.as_bytes()));
        out.push(b'\'');
        String::from_utf8_lossy(&out).into_owned()
    };
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'",
        hash(style),
        hash(script)
    )
}

fn mark(report: &Report) -> &'static str {
    match report.verdict {
        Verdict::Clean => verdict::all_right(report),
        Verdict::Violated => "violated",
        Verdict::CommandFailed => "the command failed",
        Verdict::Incomplete => "incomplete",
    }
}

/// What is worth knowing first.
fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let evidence = &report.evidence;
    let mut facts = vec![("ended", verdict::ending(evidence))];
    if report.timeline.length > 0 {
        facts.push(("took", amount::duration(report.timeline.length)));
    }
    facts.push(("accesses", grouped(evidence.accesses.len() as u64)));
    if evidence.units.len() > 1 {
        facts.push(("units", grouped(evidence.units.len() as u64 - 1)));
    }
    facts.push(("processes", grouped(report.timeline.processes.len() as u64 + report.timeline.left_out)));
    let changed = super::text::changed(tally::effects(report));
    facts.push(("files", if changed.is_empty() { "none changed".to_owned() } else { changed }));
    if !evidence.source.is_empty() {
        facts.push(("seen by", said(&evidence.source)));
    }
    if !report.judgement.policy.is_empty() {
        facts.push(("policy", said(&report.judgement.policy)));
    }
    facts
}

fn unit(report: &Report, index: Option<usize>) -> String {
    match index.map(|index| report.evidence.units.get(index)) {
        None => "the whole run".to_owned(),
        Some(Some(unit)) => said(&unit.label()),
        Some(None) => "a unit that the report does not have".to_owned(),
    }
}

fn troubles(voice: Voice<'_>) -> Bounded<Trouble> {
    let report = voice.report;
    Bounded::of(tally::troubles(report).into_iter().map(|trouble| Trouble {
        unit: unit(report, trouble.unit),
        violations: Bounded::of(trouble.violations.iter().map(|(violation, access)| Violation {
            deed: access.map_or_else(|| words::whole(report, None), |access| voice.deed(access)),
            manner: access.map_or_else(String::new, |access| voice.manner(access).join(", ")),
            rule: said(&violation.rule),
        })),
        unmet: Bounded::of(trouble.unmet.iter().map(|unmet| said(&unmet.rule))),
    }))
}

fn difference(report: &Report) -> Option<Difference> {
    let difference = report.difference.as_ref()?;
    let lines = |lines: &[String]| Bounded::of(lines.iter().map(|line| said(&line.replace('\t', "  "))));
    Some(Difference {
        baseline: said(&difference.baseline),
        new: lines(&difference.new),
        gone: lines(&difference.gone),
    })
}

fn gaps(report: &Report) -> Vec<Gaps> {
    let line = |gap: &&Gap| {
        let times = if gap.count == 1 { String::new() } else { format!(", {} times", grouped(gap.count)) };
        let whose = gap.unit.map_or_else(|| "anyone".to_owned(), |index| unit(report, Some(index)));
        (whose, format!("{}{times}", said(&gap.what)))
    };
    let of = |(kind, gaps): (GapKind, Vec<&Gap>)| Gaps {
        kind: kind.name(),
        phrase: said(&verdict::phrase(kind, &gaps)),
        list: Bounded::of(gaps.iter().map(line)),
    };
    tally::gaps(report).into_iter().map(of).collect()
}

/// Bytes that text is appended to.
struct Text<'o>(&'o mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
