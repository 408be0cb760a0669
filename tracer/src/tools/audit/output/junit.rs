//! JUnit's XML, of the form that Jenkins, GitLab and the others read: a suite for each suite of units, a case for each unit. A
//! failure is something that was not allowed or did not happen though it was expected; an error is evidence that is missing.
//! What belongs to no unit stands in a suite `audit`. There are no times in it: two equal runs give equal reports.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::tally::{self, Trouble};
use super::verdict;
use super::words::{self, plain};
use crate::tools::audit::evidence::{Gap, Report};

/// A case of a suite.
#[derive(Debug, Default)]
struct Case {
    name: String,
    class: String,
    failures: Vec<Finding>,
    errors: Vec<Finding>,
}

/// A failure or an error.
#[derive(Debug)]
struct Finding {
    kind: &'static str,
    message: String,
    text: String,
}

/// Appends the report.
pub fn junit(report: &Report, out: &mut Vec<u8>) {
    let written = write(&suites(report), &mut Writer::new_with_indent(&mut *out, b' ', 2));
    debug_assert!(written.is_ok(), "memory takes all that is written: {written:?}");
    out.push(b'\n');
}

/// Suites with their names, in the order of units.
fn suites(report: &Report) -> Vec<(String, Vec<Case>)> {
    let troubles = tally::troubles(report);
    let of = |unit: Option<usize>| troubles.iter().find(|trouble| trouble.unit == unit);
    let mut by_unit: Vec<Vec<&Gap>> = vec![Vec::new(); report.evidence.units.len()];
    let mut of_nobody = Vec::new();
    for gap in &report.evidence.gaps {
        gap.unit.and_then(|unit| by_unit.get_mut(unit)).unwrap_or(&mut of_nobody).push(gap);
    }
    let mut suites: Vec<(String, Vec<Case>)> = vec![("audit".to_owned(), whole(report, of(None), &of_nobody))];
    let mut last = None;
    for (index, (unit, gaps)) in report.evidence.units.iter().zip(&by_unit).enumerate() {
        let suite = match (unit, unit.suite.is_empty()) {
            (unit, empty) if empty || unit.is_none() => unit.runner.name().to_owned(),
            _ => plain(unit.suite.as_bytes()),
        };
        let name = match (unit, unit.name.is_empty()) {
            (unit, _) if unit.is_none() => unit.label(),
            (_, true) => suite.clone(),
            (_, false) => plain(unit.name.as_bytes()),
        };
        if last != Some((unit.runner, &unit.suite)) {
            last = Some((unit.runner, &unit.suite));
            suites.push((suite.clone(), Vec::new()));
        }
        let mut case = Case { name, class: suite, ..Case::default() };
        case.failures = of(Some(index)).map_or_else(Vec::new, |trouble| failures(report, trouble));
        case.errors = gaps.iter().map(|gap| missing(gap)).collect();
        suites.last_mut().into_iter().for_each(|(_, cases)| cases.push(std::mem::take(&mut case)));
    }
    suites
}

/// The suite of what belongs to no unit.
fn whole(report: &Report, trouble: Option<&Trouble<'_>>, gaps: &[&Gap]) -> Vec<Case> {
    let case =
        |name: &str, failures, errors| Case { name: name.to_owned(), class: "audit".to_owned(), failures, errors };
    let failed = verdict::failed(report).map(|message| Finding { kind: "command", text: message.clone(), message });
    let mut cases = vec![
        case("command", failed.into_iter().collect(), Vec::new()),
        case("policy", trouble.map_or_else(Vec::new, |trouble| failures(report, trouble)), Vec::new()),
    ];
    if let Some(difference) = &report.difference {
        let file = plain(difference.baseline.as_bytes());
        let new = difference.new.iter().map(|line| {
            let line = words::line(line);
            Finding { kind: "baseline", message: format!("new: {line}"), text: format!("{line}\nis not in {file}") }
        });
        cases.push(case("baseline", new.collect(), Vec::new()));
    }
    cases.push(case("evidence", Vec::new(), gaps.iter().map(|gap| missing(gap)).collect()));
    cases
}

fn failures(report: &Report, trouble: &Trouble<'_>) -> Vec<Finding> {
    let violations = trouble.violations.iter().map(|(violation, access)| Finding {
        kind: "violation",
        message: match access {
            Some(access) => format!("not allowed: {}", words::deed(report, access)),
            None => "not allowed".to_owned(),
        },
        text: format!("{}\n{}", words::whole(report, *access), plain(violation.rule.as_bytes())),
    });
    let unmet = trouble.unmet.iter().map(|unmet| {
        let rule = plain(unmet.rule.as_bytes());
        Finding { kind: "expectation", message: format!("not met: {rule}"), text: rule }
    });
    violations.chain(unmet).collect()
}

fn missing(gap: &Gap) -> Finding {
    let what = words::gap(gap);
    Finding { kind: "incomplete", message: format!("the evidence is incomplete: {}", gap.kind.name()), text: what }
}

fn write(suites: &[(String, Vec<Case>)], xml: &mut Writer<&mut Vec<u8>>) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all: Vec<&Case> = suites.iter().flat_map(|(_, cases)| cases).collect();
    let [tests, failures, errors] = counts(&all);
    let head = [("name", "tracer audit"), ("tests", &tests), ("failures", &failures), ("errors", &errors)];
    xml.create_element("testsuites").with_attributes(head).write_inner_content(|xml| {
        for (name, cases) in suites {
            let [tests, failures, errors] = counts(&cases.iter().collect::<Vec<_>>());
            let head = [("name", name.as_str()), ("tests", &tests), ("failures", &failures), ("errors", &errors)];
            xml.create_element("testsuite")
                .with_attributes(head)
                .write_inner_content(|xml| cases.iter().try_for_each(|case| write_case(case, xml)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Cases, those with failures, those with errors.
fn counts(cases: &[&Case]) -> [String; 3] {
    let failed = cases.iter().filter(|case| !case.failures.is_empty()).count();
    let wrong = cases.iter().filter(|case| !case.errors.is_empty()).count();
    [cases.len(), failed, wrong].map(|count| count.to_string())
}

fn write_case(case: &Case, xml: &mut Writer<&mut Vec<u8>>) -> io::Result<()> {
    let head = [("name", case.name.as_str()), ("classname", case.class.as_str())];
    let element = xml.create_element("testcase").with_attributes(head);
    if case.failures.is_empty() && case.errors.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        let failures = case.failures.iter().map(|finding| ("failure", finding));
        for (name, finding) in failures.chain(case.errors.iter().map(|finding| ("error", finding))) {
            let head = [("type", finding.kind), ("message", finding.message.as_str())];
            xml.create_element(name).with_attributes(head).write_text_content(BytesText::new(&finding.text))?;
        }
        Ok(())
    })?;
    Ok(())
}
