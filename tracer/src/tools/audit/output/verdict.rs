//! The verdict in one sentence. It has nothing in it that others chose.

use std::collections::BTreeSet;

use super::tally;
use super::words::{counted, grouped};
use crate::schema::signal_names;
use crate::tools::audit::evidence::{Gap, GapKind, Report, Runner, Verdict};

/// `violated: 3 accesses by 2 units, 1 expectation not met`. What else is wrong follows: one word hides no other.
pub fn sentence(report: &Report) -> String {
    match report.verdict {
        Verdict::Clean => format!("clean: {}, nothing lost", extent(report)),
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

/// `200 units, 1,234 accesses`
pub fn extent(report: &Report) -> String {
    let units = report.evidence.units.iter().filter(|unit| unit.runner != Runner::Harness).count();
    let accesses = counted(report.evidence.accesses.len(), "access", "accesses");
    match units {
        0 => accesses,
        units => format!("{}, {accesses}", counted(units, "unit", "units")),
    }
}

/// How the command ended: `exit status 1`, `killed by SIGKILL`.
pub fn ending(status: Option<i32>) -> String {
    match status {
        None => "it could not be run".to_owned(),
        Some(status) => match status & 0x7f {
            0 => format!("exit status {}", status >> 8 & 0xff),
            signal => format!("killed by {}", signal_names::name(signal)),
        },
    }
}

/// That the command failed, when it did.
pub fn failed(report: &Report) -> Option<String> {
    let status = report.evidence.status;
    (status != Some(0)).then(|| format!("the command failed: {}", ending(status)))
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
        GapKind::Lost => format!("{} lost", counted(total, "event was", "events were")),
        GapKind::IoUring => format!("io_uring was used{by}"),
        GapKind::Unseen => format!("{}{by} cannot be known", counted(total, "effect of a call", "effects of calls")),
        GapKind::Unreadable => format!("{} not be read{of}", counted(total, "thing could", "things could")),
        GapKind::UnknownUnit => format!("the unit of {} is not known", counted(total, "process", "processes")),
        GapKind::StillRunning => {
            format!("{} still running at the end", counted(total, "process was", "processes were"))
        }
        GapKind::Crowded => format!("more was done{by} than is kept"),
    }
}
