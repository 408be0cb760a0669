//! Runs `cases/*.test`, and `attacks/*.test` (what a hostile world tries): see `tracer_tests::case` for their form.

use std::process::ExitCode;

use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::{case, root};

fn main() -> ExitCode {
    let mut trials = Vec::new();
    let folder = |name: &str| std::fs::read_dir(root().join("tests").join(name)).into_iter().flatten().flatten();
    let mut files: Vec<_> = ["attacks", "cases"].into_iter().flat_map(folder).collect();
    files.sort_by_key(|entry| entry.path());
    for path in files.iter().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "test")) {
        let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let cases = std::fs::read_to_string(&path).map_err(anyhow::Error::from).and_then(|text| case::parse(&text));
        match cases {
            Err(error) => {
                let what = format!("{error:#}");
                trials.push(Trial::new(file, move || Outcome::Failed(what.clone())));
            }
            Ok(cases) => {
                for case in cases {
                    let name = format!("{file}::{}", case.name);
                    if case.backends.is_empty() {
                        let case = case.clone();
                        trials.push(Trial::new(&name, move || case.check(None)));
                    }
                    for backend in case.backends.clone() {
                        let case = case.clone();
                        trials.push(Trial::new(format!("{name}::{backend}"), move || case.check(Some(&backend))));
                    }
                }
            }
        }
    }
    harness::main("live", trials)
}
