//! Any records are evidence of which every report can be made: those for machines can be read, those for people command no terminal,
//! and the policy that is learned of it is one.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tracer::capture::replay::ReplaySource;
use tracer::tools::audit::evidence::Verdict;
use tracer::tools::audit::policy::{Policy, learn};
use tracer::tools::audit::{output, report};
use tracer_fuzz::{is_calm, recording, whole_records};

fuzz_target!(|bytes: &[u8]| {
    let batch = whole_records(bytes);
    let file = recording(&batch);
    let source = ReplaySource::from_reader(Box::new(Cursor::new(file.clone())), "input".to_owned());
    let (report, whole) = report(source.expect("a recording"), "input").expect("a report");
    assert!(whole.is_ok());
    let made = |make: fn(&_, &mut Vec<u8>)| {
        let mut out = Vec::new();
        make(&report, &mut out);
        String::from_utf8(out).expect("reports are UTF-8")
    };
    for text in [
        made(|report, out| output::text(report, false, 80, out)),
        made(output::markdown),
        made(output::github),
        made(output::junit),
    ] {
        assert!(is_calm(&text), "{text:?}");
    }
    for text in [made(output::json), made(output::sarif)] {
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}: {text:?}"));
    }
    made(output::recording);
    let learned = learn(std::slice::from_ref(&report.evidence), &report.variables);
    Policy::parse(&learned, "learned").unwrap_or_else(|faults| panic!("{faults}\n{learned}"));
    // The same recording without its last byte: nobody may call what it tells all there was.
    let cut = file[..file.len() - 1].to_vec();
    let source = ReplaySource::from_reader(Box::new(Cursor::new(cut)), "input".to_owned());
    let (report, whole) = tracer::tools::audit::report(source.expect("its front is whole"), "input").expect("a report");
    assert!(whole.is_err() && report.verdict != Verdict::Clean && !report.evidence.gaps.is_empty());
});
