//! What units did, in the summary: the names behind the numbers of the table.

use super::{Page, Phrase};
use crate::render::escape::Color;
use crate::tools::audit::evidence::Report;
use crate::tools::audit::output::lists;
use crate::tools::audit::output::words::{self, grouped};

/// Units whose names are shown.
const UNITS: usize = 10;
/// Names of a list that are shown.
const NAMES: usize = 5;

/// Files, hosts and programs of the first units of the table; of all that they did, where the whole is asked for.
pub(super) fn units(report: &Report, page: &mut Page<'_>) {
    let (units, names) = if report.extent.full { (usize::MAX, usize::MAX) } else { (UNITS, NAMES) };
    let busy = lists::busy(report);
    if busy.is_empty() {
        return;
    }
    let shown = &busy[..busy.len().min(units)];
    page.title(Color::Name, &["Files, hosts and programs"]);
    for (unit, lists) in shown.iter().zip(lists::lists(report, shown)) {
        page.flow(2, &[(Some(Color::Name), words::unit(report, *unit))]);
        for (title, all) in &lists {
            let mut phrases: Vec<Phrase> = vec![(Some(Color::Constant), format!("{title}:"))];
            for (at, name) in all.iter().take(names).enumerate() {
                let comma = if at + 1 == all.len() { "" } else { "," };
                phrases.push((None, format!("{name}{comma}")));
            }
            let left = all.len().saturating_sub(names);
            phrases.extend((left > 0).then(|| (Some(Color::Dim), format!("and {} more", grouped(left as u64)))));
            page.flow(4, &phrases);
        }
    }
    page.more(2, busy.len().saturating_sub(units), "more units");
}
