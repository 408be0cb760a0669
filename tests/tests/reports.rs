//! Validates the golden reports of audits (which tests of the renderers hold against what is rendered, byte by byte) by the
//! published schemas, and shows that the schemas refuse what is wrong.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::{reports, root};

/// A form: the end of the file's name, how it is validated, something in every such report, and what breaks it.
type Form = (&'static str, fn(&[u8]) -> Result<()>, &'static str, &'static str);

const FORMS: [Form; 3] = [
    ("junit.xml", reports::junit, " tests=", " skipped="),
    ("sarif", reports::sarif, "\"version\": \"2.1.0\"", "\"version\": \"2.0.0\""),
    ("json", reports::json, "\"verdict\":", "\"judgement\":"),
];

fn main() -> ExitCode {
    let dir = root().join("tests/golden/audit");
    let mut files: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(form) = FORMS.iter().find(|(end, ..)| name.ends_with(&format!(".{end}"))) else { continue };
        trials.push(Trial::new(name, move || {
            let lacking = if form.0 == "junit.xml" { reports::lacks_junit() } else { None };
            match lacking {
                Some(why) => Outcome::Skipped(why),
                None => match std::fs::read_to_string(&path).map_err(Into::into).and_then(|text| check(form, &text)) {
                    Ok(()) => Outcome::Passed,
                    Err(error) => Outcome::Failed(format!("{error:#}")),
                },
            }
        }));
    }
    if trials.is_empty() {
        trials.push(Trial::new("golden_files", || Outcome::Failed("there are none in tests/golden/audit".to_owned())));
    }
    harness::main("reports", trials)
}

fn check((_, validate, from, to): &Form, text: &str) -> Result<()> {
    validate(text.as_bytes())?;
    ensure!(text.contains(from), "it has no {from}");
    ensure!(validate(text.replacen(from, to, 1).as_bytes()).is_err(), "the schema allows {to}");
    Ok(())
}
