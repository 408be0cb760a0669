//! What readers of a form rely on, beyond its bytes.

use serde_json::Value as J;

use super::{rendered, sample};
use crate::tools::audit::evidence::*;
use crate::tools::audit::output::sentence;

fn parsed(form: &str, report: &Report) -> J {
    serde_json::from_str(&rendered(form, report)).expect("JSON")
}

#[test]
fn the_verdict_is_one_sentence() {
    let gap = |kind, unit, count| Gap { kind, unit, what: "x".into(), count };
    let check = |change: &dyn Fn(&mut Report), expected: &str| {
        let mut report = sample::clean();
        change(&mut report);
        assert_eq!(sentence(&report), expected);
    };
    check(&|_| {}, "clean: 1 unit, 2 accesses, nothing lost");
    check(&|report| report.evidence.units.truncate(1), "clean: 2 accesses, nothing lost");
    let violation = Violation { access: 1, rule: "r".into(), line: 1 };
    let unmet = Unmet { unit: None, rule: "r".into(), line: 1 };
    check(
        &|report| {
            report.verdict = Verdict::Violated;
            report.judgement.violations = vec![violation.clone()];
            report.judgement.unmet = vec![unmet.clone(); 2];
        },
        "violated: 1 access by 1 unit, 2 expectations not met",
    );
    check(
        &|report| {
            report.verdict = Verdict::Violated;
            report.difference = Some(Difference { new: vec!["a".into()], ..Difference::default() });
            report.evidence.status = Some(1 << 8);
            report.evidence.gaps = vec![gap(GapKind::Lost, None, 1)];
        },
        "violated: 1 new against the baseline; the command failed: exit status 1; incomplete: 1 event was lost",
    );
    for (status, expected) in [
        (Some(1 << 8), "the command failed: exit status 1"),
        (Some(libc::SIGSEGV | 0x80), "the command failed: killed by SIGSEGV"),
        (None, "the command: how it ended was not seen"),
    ] {
        check(&|report| (report.verdict, report.evidence.status) = (Verdict::CommandFailed, status), expected);
    }
    check(
        &|report| {
            report.verdict = Verdict::CommandFailed;
            (report.evidence.status, report.evidence.not_run) = (None, Some(libc::ENOENT));
        },
        "the command failed: it could not be run: No such file or directory",
    );
    check(&|report| report.judgement.policy.clear(), "no policy: nothing was judged: 1 unit, 2 accesses, nothing lost");
    check(
        &|report| {
            report.judgement.policy.clear();
            report.difference = Some(Difference::default());
        },
        "nothing new against the baseline: 1 unit, 2 accesses, nothing lost",
    );
    let interrupted = Gap { what: "SIGINT".into(), ..gap(GapKind::Interrupted, None, 1) };
    for (verdict, status) in [(Verdict::Incomplete, None), (Verdict::Incomplete, Some(libc::SIGINT))] {
        check(
            &|report| {
                (report.verdict, report.evidence.status) = (verdict, status);
                report.evidence.gaps = vec![interrupted.clone()];
            },
            "incomplete: interrupted by SIGINT; the report covers the run until then",
        );
    }
    for (gaps, expected) in [
        (vec![gap(GapKind::IoUring, Some(1), 9)], "io_uring was used by 1 unit"),
        (vec![gap(GapKind::Lost, None, 2000), gap(GapKind::Lost, Some(1), 2)], "2,002 events were lost"),
        (vec![gap(GapKind::Unseen, Some(1), 1)], "1 effect of a call by 1 unit cannot be known"),
        (vec![gap(GapKind::Unreadable, Some(1), 2)], "2 things could not be read of 1 unit"),
        (vec![gap(GapKind::UnknownUnit, None, 1)], "the unit of 1 process is not known"),
        (vec![gap(GapKind::Handed, Some(1), 1)], "work was handed to others by 1 unit"),
        (
            vec![gap(GapKind::StillRunning, None, 2), gap(GapKind::Crowded, Some(0), 1)],
            "2 processes were still running at the end; more was done by 1 unit than is kept",
        ),
    ] {
        let expected = format!("incomplete: {expected}");
        check(
            &|report| (report.verdict, report.evidence.gaps) = (Verdict::Incomplete, gaps.clone()),
            expected.as_str(),
        );
    }
}

#[test]
fn lines_of_the_table_stay_in_the_window() {
    let mut report = sample::everything();
    let many = vec![report.evidence.accesses[0].clone(); 123_456];
    report.evidence.accesses.extend(many);
    for width in [60, 80, 100, 200] {
        let mut out = Vec::new();
        super::super::text(&report, false, width, &mut out);
        let text = String::from_utf8(out).expect("ASCII");
        let table: Vec<&str> =
            text.lines().skip_while(|line| !line.starts_with("UNIT")).take_while(|line| !line.is_empty()).collect();
        assert_eq!(table.len(), 42, "a title, 40 units, and how many more");
        assert_eq!(table[41], "and 7 more units");
        let longest = table.iter().map(|line| line.len()).max();
        assert!(longest <= Some(width), "{longest:?} of {width}");
        assert!(table[1].contains("developer"), "violations first: {}", table[1]);
    }
}

#[test]
fn color_adds_nothing_but_color() {
    let colors = regex::Regex::new("\x1b\\[[0-9;]*m").expect("a pattern");
    let report = sample::everything();
    assert_eq!(colors.replace_all(&rendered("color.txt", &report), ""), rendered("txt", &report));
}

#[test]
fn json_keeps_every_byte() {
    let mut report = sample::clean();
    report.evidence.accesses[0].object = Object::File(b"/caf\xe9"[..].into());
    report.evidence.accesses[1].object = Object::File("/caf\u{e9}".as_bytes().into());
    let json = parsed("json", &report);
    assert_eq!(json["accesses"][0]["object"]["path"]["b64"], "L2NhZuk=");
    assert_eq!(json["accesses"][1]["object"]["path"], "/caf\u{e9}");
    let all = sample::everything();
    let json = parsed("json", &all);
    assert_eq!(json["accesses"].as_array().map(Vec::len), Some(all.evidence.accesses.len()));
    assert_eq!(json["units"].as_array().map(Vec::len), Some(all.evidence.units.len()));
}

/// `[(fingerprint, rule)]` of the results.
fn prints(report: &Report) -> Vec<(String, String)> {
    let log = parsed("sarif", report);
    let results = log["runs"][0]["results"].as_array().expect("results");
    let text = |value: &J| value.as_str().expect("text").to_owned();
    results.iter().map(|it| (text(&it["partialFingerprints"]["tracerAudit/v1"]), text(&it["ruleId"]))).collect()
}

#[test]
fn fingerprints_stay_when_lines_move_and_differ_otherwise() {
    let report = sample::everything();
    let before = prints(&report);
    assert_eq!(before.len(), 8);
    let mut moved = report.clone();
    for (rule, line) in moved.judgement.violations.iter_mut().map(|it| (&mut it.rule, &mut it.line)) {
        *rule = rule.replace(&format!(":{line})"), &format!(":{})", *line + 3));
        *line += 3;
    }
    assert_eq!(prints(&moved), before, "lines of the policy");
    // Another person's machine: the home is elsewhere.
    let mut elsewhere = report.clone();
    elsewhere.variables.0[2].1 = b"/users/bob".to_vec();
    for access in &mut elsewhere.evidence.accesses {
        let moved = |path: &mut Shared| {
            if let Some(rest) = path.strip_prefix(b"/users/ann") {
                *path = [b"/users/bob", rest].concat().into();
            }
        };
        access.to.as_mut().map(moved);
        if let Object::File(path) = &mut access.object {
            moved(path);
        }
    }
    assert_eq!(prints(&elsewhere), before, "directories");
    let mut distinct: Vec<_> = before.iter().map(|(print, _)| print).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), before.len());
    // The same again is told from the first.
    let mut twice = report;
    twice.judgement.violations.push(twice.judgement.violations[0].clone());
    let after = prints(&twice);
    assert!(after.iter().any(|(print, _)| *print == before[0].0.replace(":1", ":2")), "{after:?}");
}

#[test]
fn annotations_are_bounded() {
    let mut report = sample::everything();
    let one = report.judgement.violations[0].clone();
    report.judgement.violations = vec![one; 500];
    let text = rendered("github.txt", &report);
    let errors: Vec<&str> = text.lines().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!(errors.len(), 11);
    assert_eq!(errors[10], "::error title=tracer audit::and 494 more; the reports have all of them");
}

#[test]
fn a_summary_fits_github_whatever_happened() {
    let mut report = sample::everything();
    let long = Shared::from([b'`'; 4096]);
    for access in &mut report.evidence.accesses {
        (access.object, access.to, access.passed) =
            (Object::File(long.clone()), Some(long.clone()), Some(long.clone()));
    }
    let rule = "|".repeat(4096);
    let count = report.evidence.accesses.len();
    report.judgement.violations = (0..count).map(|access| Violation { access, rule: rule.clone(), line: 1 }).collect();
    report.judgement.unmet = vec![Unmet { unit: Some(1), rule: rule.clone(), line: 1 }; 5000];
    report.evidence.remarks = vec![rule.clone(); 5000];
    report.evidence.gaps = vec![Gap { kind: GapKind::Lost, unit: None, what: rule.clone(), count: 1 }; 5000];
    report.difference =
        Some(Difference { baseline: rule.clone(), new: vec![rule.clone(); 5000], gone: vec![rule; 5000] });
    let text = rendered("md", &report);
    assert!(text.len() < 1 << 20, "{}", text.len());
    assert!(text.contains("and 4,9") && text.ends_with('\n'));
}

#[test]
fn junit_counts_cases() {
    let text = rendered("junit.xml", &sample::everything());
    let head = text.lines().nth(1).expect("a root");
    assert_eq!(head, r#"<testsuites name="tracer audit" tests="51" failures="6" errors="4">"#);
    assert_eq!(text.matches("<failure ").count(), 9);
    assert_eq!(text.matches("<error ").count(), 5);
    assert_eq!(text.matches("<testcase ").count(), 51);
    assert!(!text.contains("time="), "no times");
}
