//! The verdict in one sentence. It has nothing in it that others chose.

use std::collections::BTreeSet;

use super::tally;
use super::words::{self, counted, grouped};
use crate::schema::errno::strerror;
use crate::schema::signal_names;
use crate::tools::audit::evidence::{Evidence, Gap, GapKind, Report, Verdict};

/// `violated: 3 accesses by 2 units, 1 expectation not met`. What else is wrong follows: one word hides no other.
pub fn sentence(report: &Report) -> String {
    match report.verdict {
        Verdict::Clean => format!("{}: {}, nothing lost", all_right(report), extent(report)),
        Verdict::Violated => {
            let mut parts = vec![format!("violated: {}", violated(report))];
            parts.extend(failed(report));
            parts.extend(incomplete(report).map(|what| format!("incomplete: {what}")));
            parts.join("; ")
        }
        Verdict::CommandFailed => {
            let mut parts = vec![failed(report).unwrap_or_else(|| "the command failed".to_owned())];
            parts.extend(incomplete(report).map(|what| format!("incomplete: {what}")));
            parts.join("; ")
        }
        Verdict::Incomplete => match incomplete(report) {
            Some(what) => format!("incomplete: {what}"),
            None => "incomplete".to_owned(),
        },
    }
}

/// What a verdict that finds nothing wrong is worth.
pub fn all_right(report: &Report) -> &'static str {
    match (report.judgement.policy.is_empty(), report.difference.is_some()) {
        (false, _) => "clean",
        (true, true) => "nothing new against the baseline",
        (true, false) => "no policy: nothing was judged",
    }
}

/// `200 units, 1,234 accesses`
pub fn extent(report: &Report) -> String {
    let units = report.evidence.units.iter().filter(|unit| !unit.is_none()).count();
    let accesses = counted(report.evidence.accesses.len(), "access", "accesses");
    match units {
        0 => accesses,
        units => format!("{}, {accesses}", counted(units, "unit", "units")),
    }
}

/// How the command ended: `exit status 1`, `killed by SIGKILL`.
pub fn ending(evidence: &Evidence) -> String {
    match (evidence.status, evidence.not_run) {
        (_, Some(errno)) => format!("it could not be run: {}", strerror(errno)),
        (None, None) => "how it ended was not seen".to_owned(),
        (Some(status), None) => self::status(status),
    }
}

/// A wait status: `exit status 1`, `killed by SIGKILL`.
pub fn status(status: i32) -> String {
    match status & 0x7f {
        0 => format!("exit status {}", status >> 8 & 0xff),
        signal => format!("killed by {}", signal_names::name(signal)),
    }
}

/// That the command failed, when it did.
pub fn failed(report: &Report) -> Option<String> {
    let evidence = &report.evidence;
    match (evidence.status, evidence.not_run) {
        (Some(0), _) => None,
        // It was ended by us: that is said as what is missing.
        _ if evidence.is_interrupted() => None,
        (None, None) => Some(format!("the command: {}", ending(evidence))),
        _ => Some(format!("the command failed: {}", ending(evidence))),
    }
}

fn violated(report: &Report) -> String {
    let mut parts = Vec::new();
    let judgement = &report.judgement;
    if !judgement.violations.is_empty() {
        let units = tally::troubles(report).iter().filter(|trouble| !trouble.violations.is_empty()).count();
        let accesses = counted(judgement.violations.len(), "access", "accesses");
        parts.push(format!("{accesses} by {}", counted(units, "unit", "units")));
    }
    if !judgement.unmet.is_empty() {
        parts.push(format!("{} not met", counted(judgement.unmet.len(), "expectation", "expectations")));
    }
    if let Some(difference) = report.difference.as_ref().filter(|difference| !difference.new.is_empty()) {
        parts.push(format!("{} new against the baseline", grouped(difference.new.len() as u64)));
    }
    parts.join(", ")
}

/// `2 accesses not allowed, 1 expectation not met`
pub fn wrong(report: &Report) -> String {
    let (denied, unmet) = (report.judgement.violations.len(), report.judgement.unmet.len());
    let mut parts = Vec::new();
    if denied > 0 {
        parts.push(format!("{} not allowed", counted(denied, "access", "accesses")));
    }
    if unmet > 0 {
        parts.push(format!("{} not met", counted(unmet, "expectation", "expectations")));
    }
    parts.join(", ")
}

/// What may be missing, a phrase for each class.
fn incomplete(report: &Report) -> Option<String> {
    let phrases: Vec<String> = tally::gaps(report).iter().map(|(kind, gaps)| phrase(*kind, gaps)).collect();
    (!phrases.is_empty()).then(|| phrases.join("; "))
}

/// `io_uring was used by 1 unit`
pub fn phrase(kind: GapKind, gaps: &[&Gap]) -> String {
    let total = gaps.iter().fold(0u64, |sum, gap| sum.saturating_add(gap.count));
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    let units: BTreeSet<usize> = gaps.iter().filter_map(|gap| gap.unit).collect();
    let by = match units.len() {
        0 => String::new(),
        units => format!(" by {}", counted(units, "unit", "units")),
    };
    let of = by.replacen(" by ", " of ", 1);
    match kind {
        GapKind::Interrupted => {
            let signals: BTreeSet<String> = gaps.iter().map(|gap| words::gap(gap)).collect();
            let signals = signals.into_iter().collect::<Vec<_>>().join(", ");
            format!("interrupted by {signals}; the report covers the run until then")
        }
        GapKind::Lost => format!("{} lost", counted(total, "event was", "events were")),
        GapKind::IoUring => format!("io_uring was used{by}"),
        GapKind::Unseen => format!("{}{by} cannot be known", counted(total, "effect of a call", "effects of calls")),
        GapKind::Unreadable => format!("{} not be read{of}", counted(total, "thing could", "things could")),
        GapKind::UnknownUnit => format!("the unit of {} is not known", counted(total, "process", "processes")),
        GapKind::StillRunning => {
            format!("{} still running at the end", counted(total, "process was", "processes were"))
        }
        GapKind::Handed => format!("work was handed to others{by}"),
        GapKind::Crowded => format!("more was done{by} than is kept"),
        GapKind::Tampered => format!("the evidence was touched{by}"),
    }
}
