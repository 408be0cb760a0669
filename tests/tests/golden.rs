//! Replays recordings, which needs no rights at all, and compares every output with the file beside it:
//! `golden/NAME.trace` gives `NAME.strace`, `NAME.json` and `NAME.perfetto`. `UPDATE_EXPECT=1` writes the files anew.

use std::path::Path;
use std::process::{Command, ExitCode};

use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::{compare, root, tracer};

/// The outputs: the end of the file's name, and the options that give it. Times are UTC everywhere.
const OUTPUTS: &[(&str, &[&str])] = &[
    ("strace", &["-f", "-yy", "-ttt", "-T", "-o", "/dev/stdout"]),
    ("json", &["--json", "-yy", "-o", "/dev/stdout"]),
    ("perfetto", &["--perfetto", "-yy", "-o", "/dev/stdout"]),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir(root().join("tests/golden")).into_iter().flatten().flatten().collect();
    files.sort_by_key(|entry| entry.file_name());
    for path in files.iter().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "trace")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (end, options) in OUTPUTS {
            let path = path.clone();
            trials.push(Trial::new(format!("{name}::{end}"), move || check(&path, end, options)));
        }
    }
    harness::main("golden", trials)
}

fn check(recording: &Path, end: &str, options: &[&str]) -> Outcome {
    let run = || -> anyhow::Result<Option<String>> {
        let tracer = tracer().map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut command = Command::new(tracer);
        let out = command.arg("replay").args(options).arg(recording).env("TZ", "UTC").env("LC_ALL", "C").output()?;
        if !out.status.success() {
            return Ok(Some(format!("{}: {}", out.status, String::from_utf8_lossy(&out.stderr))));
        }
        let file = recording.with_extension(end);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&file, &out.stdout)?;
            return Ok(None);
        }
        let expected = std::fs::read(&file)?;
        if expected == out.stdout {
            return Ok(None);
        }
        let trace = |bytes: &[u8]| {
            let lines = String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
            compare::Trace::from([("all".to_owned(), lines)])
        };
        Ok(Some(compare::show(&compare::compare(&trace(&expected), &trace(&out.stdout)), "expected", "now")))
    };
    match run() {
        Ok(None) => Outcome::Passed,
        Ok(Some(what)) => Outcome::Failed(what),
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}
