//! The figures for programs: one JSON object, every sample in it.

use std::fmt::Write;

use super::statistics::Pair;
use super::table::Report;

/// The report as one object. Times are nanoseconds an operation, memory is bytes, rates are records a second.
pub fn report(report: &Report) -> String {
    let mut out = String::from("{\"v\":1");
    for (name, value) in &report.machine.facts {
        let _ = write!(out, ",{}:{}", string(name), string(value));
    }
    let _ = write!(out, ",\"how\":{},\"warnings\":", string(&report.how));
    list(&mut out, &report.machine.warnings, |out, warning| out.push_str(&string(warning)));
    out += ",\"rows\":";
    let rows: Vec<_> =
        report.tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table.workload, row))).collect();
    list(&mut out, &rows, |out, (workload, row)| {
        let _ = write!(
            out,
            "{{\"workload\":{},\"tracer\":{},\"operations\":{},\"shown\":{},\"lost\":{},\"lost_details\":{}",
            string(workload.name()),
            string(row.tracer.name),
            row.ops,
            row.shown,
            row.lost.events,
            row.lost.other
        );
        out.push_str(",\"pairs\":");
        list(out, &row.pairs, pair);
        let _ = write!(out, ",\"absent\":{}", row.absent.as_deref().map_or("null".into(), string));
        out.push_str(",\"faults\":");
        list(out, &row.faults, |out, fault| out.push_str(&string(fault)));
        out.push('}');
    });
    out += ",\"absent\":";
    let absent: Vec<_> =
        report.tables.iter().filter_map(|table| Some((table.workload.name(), table.absent.as_ref()?))).collect();
    list(&mut out, &absent, |out, (name, why)| {
        let _ = write!(out, "{{\"workload\":{},\"why\":{}}}", string(name), string(why));
    });
    out += ",\"memory\":";
    let memory: Vec<_> = report.memory.iter().flatten().collect();
    list(&mut out, &memory, |out, memory| {
        let _ =
            write!(out, "{{\"tracer\":{},\"peak\":{},\"ring\":{}}}", string(memory.title), memory.peak, memory.ring);
    });
    out += ",\"churn\":";
    let churn: Vec<_> = report.churn.iter().flatten().collect();
    list(&mut out, &churn, |out, churn| {
        let _ = write!(
            out,
            "{{\"processes\":{},\"calls\":{},\"seconds\":{:.3},\"early\":{},\"late\":{}}}",
            churn.processes, churn.calls, churn.seconds, churn.early, churn.late
        );
    });
    out += ",\"rates\":";
    let rates: Vec<_> = report.rates.iter().flatten().collect();
    list(&mut out, &rates, |out, rate| {
        let lost = rate.lost_at.map_or("null".into(), |rate| format!("{rate:.0}"));
        let _ = write!(out, "{{\"producers\":{},\"kept\":{:.0},\"lost_at\":{lost}}}", rate.producers, rate.kept);
    });
    out += ",\"whole\":";
    let whole: Vec<_> =
        report.whole.iter().flatten().flat_map(|whole| whole.ways.iter().map(move |way| (whole, way))).collect();
    list(&mut out, &whole, |out, (whole, (way, pairs))| {
        let _ = write!(out, "{{\"what\":{},\"tracer\":{},\"pairs\":", string(&whole.what), string(way));
        list(out, pairs, pair);
        out.push('}');
    });
    out += ",\"lists\":";
    let lists: Vec<_> = report.lists.iter().flatten().flatten().collect();
    list(&mut out, &lists, |out, row| {
        let ([theirs, ours], [lines, our_lines]) = (row.memory, row.lines);
        let _ = write!(
            out,
            "{{\"what\":{},\"peer_kib\":{theirs},\"kib\":{ours},\"peer_lines\":{lines},\"lines\":{our_lines},\"pairs\":",
            string(&row.what)
        );
        list(out, &row.pairs, pair);
        out.push('}');
    });
    out += ",\"faults\":";
    list(&mut out, &report.faults(), |out, fault| out.push_str(&string(fault)));
    out += "}\n";
    out
}

fn pair(out: &mut String, pair: &Pair) {
    let Pair { round, base, traced } = pair;
    let _ = write!(out, "{{\"round\":{round},\"untraced_ns\":{base:.1},\"traced_ns\":{traced:.1}}}");
}

fn list<T>(out: &mut String, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

/// A JSON string (RFC 8259).
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a \"b\" \\ \n × é"), "\"a \\\"b\\\" \\\\ \\u000a × é\"");
    }
}
