//! SARIF 2.1.0, as code scanning reads it: a result for each thing that is wrong, at the line of the policy that says so; what is
//! missing from the evidence as notifications of the invocation. Fingerprints are made of what was done, by which unit, against
//! which rule, with variables for directories: they stay when lines of the policy move, and are the same on every machine.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::words::{self, plain};
use super::{tally, verdict};
use crate::tools::audit::evidence::{Gap, Report};

/// Of the version that is written here.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Something that is wrong.
struct Finding {
    /// What the rule is about: `policy`, `expect`, `baseline`.
    family: &'static str,
    /// The rule in words, without its place.
    rule: String,
    /// The file that has the rule, and the line in it; 0 where no line says it.
    file: String,
    line: u32,
    /// Whose it is.
    unit: Option<usize>,
    /// What is wrong.
    message: String,
}

/// Appends the report.
pub fn sarif(report: &Report, out: &mut Vec<u8>) {
    let findings = findings(report);
    let mut rules: Vec<Value> = Vec::new();
    let mut indexes: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<u64, u32> = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let id = identity(finding);
            let index = *indexes.entry(id.clone()).or_insert_with(|| {
                rules.push(json!({
                    "id": id,
                    "shortDescription": {"text": message(&finding.rule)},
                    "defaultConfiguration": {"level": "error"},
                    "properties": {"tags": [finding.family]},
                }));
                rules.len() - 1
            });
            result(report, finding, &id, index, &mut seen)
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tracer audit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
                "notifications": notification_kinds(report),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                // It is tracer's own invocation: it did its job. How the command ended is a notification.
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report),
            }],
            "results": results,
            "properties": {
                "verdict": report.verdict.name(),
                "summary": verdict::sentence(report),
                "command": report.evidence.command.iter().map(|word| plain(word)).collect::<Vec<_>>(),
                "source": plain(report.evidence.source.as_bytes()),
            },
        }],
    });
    out.extend_from_slice(format!("{log:#}\n").as_bytes());
}

fn findings(report: &Report) -> Vec<Finding> {
    let policy = plain(report.judgement.policy.as_bytes());
    let mut findings = Vec::new();
    for trouble in tally::troubles(report) {
        for (violation, access) in &trouble.violations {
            findings.push(Finding {
                family: "policy",
                rule: plain(words::placeless(report, &violation.rule, violation.line).as_bytes()),
                file: policy.clone(),
                line: violation.line,
                unit: trouble.unit,
                message: words::whole(report, *access),
            });
        }
        for unmet in &trouble.unmet {
            let rule = plain(words::placeless(report, &unmet.rule, unmet.line).as_bytes());
            findings.push(Finding {
                family: "expect",
                message: format!("not met: {rule}"),
                rule,
                file: policy.clone(),
                line: unmet.line,
                unit: trouble.unit,
            });
        }
    }
    if let Some(difference) = &report.difference {
        findings.extend(difference.new.iter().map(|line| Finding {
            family: "baseline",
            rule: "what the baseline does not have".to_owned(),
            file: plain(difference.baseline.as_bytes()),
            line: 0,
            unit: None,
            message: format!("new: {}", words::line(line)),
        }));
    }
    findings
}

fn result(report: &Report, finding: &Finding, id: &str, index: usize, seen: &mut BTreeMap<u64, u32>) -> Value {
    let whose = words::whose(report, finding.unit);
    let text = match finding.family {
        "baseline" => finding.message.clone(),
        "expect" => format!("{whose}: {}", finding.message),
        _ => format!("{whose}: {}. Rule: {}", finding.message, finding.rule),
    };
    let print = hash(&[id, &whose, &finding.message]);
    let count = seen.entry(print).or_insert(0);
    *count += 1;
    let print = format!("{print:016x}:{count}");
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": whose, "kind": kind(report, finding.unit)}]});
    if !finding.file.is_empty() {
        let mut place = json!({"artifactLocation": artifact(&finding.file)});
        if finding.line > 0 {
            place["region"] = json!({"startLine": finding.line});
        }
        location["physicalLocation"] = place;
    }
    json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": "error",
        "message": {"text": message(&text)},
        "locations": [location],
        // The second is the one that GitHub tells alerts apart by.
        "partialFingerprints": {"tracerAudit/v1": print, "primaryLocationLineHash": print},
    })
}

/// What a unit is, in SARIF's words.
fn kind(report: &Report, unit: Option<usize>) -> &'static str {
    match unit.and_then(|index| report.evidence.units.get(index)) {
        Some(unit) if !unit.is_none() && !unit.name.is_empty() => "function",
        _ => "module",
    }
}

/// A rule's id: the same wherever in the policy the rule stands.
fn identity(finding: &Finding) -> String {
    match finding.family {
        "baseline" => "baseline/new".to_owned(),
        family => format!("{family}/{:016x}", hash(&[&finding.rule])),
    }
}

/// FNV-1a over texts with an end each.
fn hash(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn artifact(file: &str) -> Value {
    let file = file.strip_prefix("./").unwrap_or(file);
    match file.starts_with('/') {
        true => json!({"uri": format!("file://{}", uri(file))}),
        false => json!({"uri": uri(file), "uriBaseId": "%SRCROOT%"}),
    }
}

/// A path as part of a URI.
fn uri(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
        uri
    })
}

/// Text of a message: brackets would be links, braces places for arguments (SARIF 2.1.0, 3.11.5 and 3.11.6).
fn message(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | ']' | '\\' => escaped.extend(['\\', c]),
            '{' | '}' => escaped.extend([c, c]),
            c => escaped.push(c),
        }
    }
    escaped
}

fn notification(report: &Report, id: &str, level: &str, text: &str, unit: Option<usize>) -> Value {
    let mut value = json!({"descriptor": {"id": id}, "level": level, "message": {"text": message(text)}});
    if let Some(unit) = unit {
        let place = json!({"fullyQualifiedName": words::unit(report, unit), "kind": kind(report, Some(unit))});
        value["locations"] = json!([{"logicalLocations": [place]}]);
    }
    value
}

fn notifications(report: &Report) -> Vec<Value> {
    let gaps = report.evidence.gaps.iter().map(|gap| {
        let text = format!("the evidence is incomplete: {}: {}", gap.kind.name(), words::gap(gap));
        notification(report, &incomplete(gap), "warning", &text, gap.unit)
    });
    let remarks = report.evidence.remarks.iter();
    let remarks = remarks.map(|remark| notification(report, "remark", "note", &plain(remark.as_bytes()), None));
    let failed = verdict::failed(report);
    let failed = failed.iter().map(|text| notification(report, "command-failed", "error", text, None));
    failed.chain(gaps).chain(remarks).collect()
}

/// What the ids of notifications mean, of those that there are.
fn notification_kinds(report: &Report) -> Vec<Value> {
    let mut kinds: Vec<(String, String)> = Vec::new();
    if verdict::failed(report).is_some() {
        kinds.push(("command-failed".to_owned(), "how the command ended".to_owned()));
    }
    for (kind, gaps) in tally::gaps(report) {
        let id = gaps.first().map(|gap| incomplete(gap)).unwrap_or_default();
        kinds.push((id, verdict::phrase(kind, &gaps)));
    }
    if !report.evidence.remarks.is_empty() {
        kinds.push(("remark".to_owned(), "what is worth a word and hides nothing".to_owned()));
    }
    kinds.into_iter().map(|(id, text)| json!({"id": id, "shortDescription": {"text": message(&text)}})).collect()
}

fn incomplete(gap: &Gap) -> String {
    format!("incomplete/{}", gap.kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_no_links_and_no_arguments() {
        assert_eq!(message(r"see [this](http://x) {0} \33"), r"see \[this\](http://x) {{0}} \\33");
    }

    #[test]
    fn files_are_uris() {
        for (file, expected) in [
            ("tracer.toml", json!({"uri": "tracer.toml", "uriBaseId": "%SRCROOT%"})),
            ("./a b/c:d.toml", json!({"uri": "a%20b/c%3Ad.toml", "uriBaseId": "%SRCROOT%"})),
            ("/etc/x", json!({"uri": "file:///etc/x"})),
        ] {
            assert_eq!(artifact(file), expected);
        }
    }
}
