//! Counts of calls as JSON Lines (`--json` with `-c` or `-C`): an object for each line that the tables would have,
//! with its histogram whole.

use super::begin;
use super::value::uint;
use crate::spec;
use crate::trace::output::summary::{Section, Summary};

/// Appends the objects, in the order of the tables; how many there were.
pub fn write(summary: &Summary, spec: &spec::Summary, out: &mut Vec<u8>) -> u64 {
    let sections = summary.sections(spec.sort);
    sections.iter().for_each(|section| objects(section, out));
    sections.iter().map(|section| section.entries.len() as u64).sum()
}

fn objects(section: &Section<'_>, out: &mut Vec<u8>) {
    for entry in &section.entries {
        let count = &entry.count;
        let mut object = begin(out, "count");
        if let Some((process, comm)) = section.process {
            object.number("pid", process);
            object.bytes("comm", comm);
        }
        object.text("call", &entry.name);
        object.number("nr", count.nr);
        if count.compat {
            object.flag("compat", true);
        }
        let members = [
            ("calls", count.calls),
            ("errors", count.errors),
            ("total_ns", count.total),
            ("min_ns", count.min),
            ("max_ns", count.max),
            ("mean_ns", count.mean()),
            ("p50_ns", count.percentile(50)),
            ("p90_ns", count.percentile(90)),
            ("p99_ns", count.percentile(99)),
        ];
        for (name, n) in members {
            uint(object.member(name), n);
        }
        let used = count.times.0.iter().rposition(|&n| n > 0).map_or(0, |last| last + 1);
        object.list("buckets", &count.times.0[..used], |n, out| uint(out, *n));
        object.line();
    }
}
