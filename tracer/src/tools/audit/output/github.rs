//! Annotations, as commands that a runner of GitHub's workflows takes from the output: an error for each thing that is wrong, a
//! warning for each class of evidence that is missing. GitHub shows ten of each for a step, so an eleventh counts the rest.

use super::words::{self, counted, plain};
use super::{tally, verdict};
use crate::tools::audit::evidence::Report;

/// Annotations of a kind that are shown one by one.
const SHOWN: usize = 10;

/// Appends the commands, a line each.
pub fn github(report: &Report, out: &mut Vec<u8>) {
    let policy = plain(report.judgement.policy.as_bytes());
    let mut errors: Vec<Annotation> = Vec::new();
    for trouble in tally::troubles(report) {
        let whose = words::whose(report, trouble.unit);
        for (violation, access) in &trouble.violations {
            let message = format!("{}: {}", words::whole(report, *access), plain(violation.rule.as_bytes()));
            errors.push(Annotation::new(&policy, violation.line, format!("not allowed: {whose}"), message));
        }
        for unmet in &trouble.unmet {
            let message = plain(unmet.rule.as_bytes());
            errors.push(Annotation::new(&policy, unmet.line, format!("not met: {whose}"), message));
        }
    }
    if let Some(difference) = &report.difference {
        let file = plain(difference.baseline.as_bytes());
        for line in &difference.new {
            let title = "new against the baseline".to_owned();
            errors.push(Annotation::new(&file, 0, title, words::line(line)));
        }
    }
    if let Some(message) = verdict::failed(report) {
        errors.push(Annotation::new("", 0, "tracer audit".to_owned(), message));
    }
    let warnings = tally::gaps(report).into_iter().map(|(kind, gaps)| {
        let units: Vec<String> = gaps.iter().map(|gap| words::whose(report, gap.unit)).take(3).collect();
        let more = gaps.len().saturating_sub(units.len());
        let more = if more > 0 { format!(" and {} more", words::grouped(more as u64)) } else { String::new() };
        let message = format!("{} ({}{more})", verdict::phrase(kind, &gaps), units.join(", "));
        Annotation::new("", 0, "the evidence is incomplete".to_owned(), message)
    });
    write("error", &errors, out);
    write("warning", &warnings.collect::<Vec<_>>(), out);
}

/// What is annotated, and with what.
#[derive(Debug)]
struct Annotation {
    /// The file, and the line in it; empty and 0 where there is none.
    file: String,
    line: u32,
    title: String,
    message: String,
}

impl Annotation {
    fn new(file: &str, line: u32, title: String, message: String) -> Annotation {
        Annotation { file: file.to_owned(), line, title, message }
    }
}

fn write(command: &str, annotations: &[Annotation], out: &mut Vec<u8>) {
    for annotation in annotations.iter().take(SHOWN) {
        let mut properties = Vec::new();
        if !annotation.file.is_empty() {
            properties.push(format!("file={}", escaped(&annotation.file, true)));
            if annotation.line > 0 {
                properties.push(format!("line={}", annotation.line));
            }
        }
        properties.push(format!("title={}", escaped(&annotation.title, true)));
        let message = escaped(&annotation.message, false);
        out.extend_from_slice(format!("::{command} {}::{message}\n", properties.join(",")).as_bytes());
    }
    if let Some(left @ 1..) = annotations.len().checked_sub(SHOWN) {
        let message = format!("and {}; the reports have all of them", counted(left, "more", "more"));
        out.extend_from_slice(format!("::{command} title=tracer audit::{message}\n").as_bytes());
    }
}

/// As the runner reads it: values of properties end at `,` and `:`.
fn escaped(text: &str, property: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            ':' if property => escaped.push_str("%3A"),
            ',' if property => escaped.push_str("%2C"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_should() {
        for (text, property, expected) in [
            ("a: b, 100%", false, "a: b, 100%25"),
            ("a: b, 100%", true, "a%3A b%2C 100%25"),
            ("a\r\nb", true, "a%0D%0Ab"),
        ] {
            assert_eq!(escaped(text, property), expected);
        }
    }
}
