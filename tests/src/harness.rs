//! Runs trials and reports them as libtest does, so that whoever reads or counts test output needs to know one form only.
//! What libtest lacks: a trial may find out that it cannot run here, and say why.

use std::process::ExitCode;
use std::time::Instant;

/// What a trial came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All was as expected.
    Passed,
    /// What was not.
    Failed(String),
    /// Why it could not run here.
    Skipped(String),
}

/// A named test.
pub struct Trial {
    /// What it proves; unique within a runner.
    pub name: String,
    /// Runs it.
    pub run: Box<dyn Fn() -> Outcome>,
}

impl Trial {
    /// A trial that calls `run`.
    pub fn new(name: impl Into<String>, run: impl Fn() -> Outcome + 'static) -> Trial {
        Trial { name: name.into(), run: Box::new(run) }
    }
}

/// Runs the trials that the command line asks for (`[--exact] [--skip WORD] [--list] [WORD...]`), one after the other: they
/// measure and count, and would disturb each other.
pub fn main(runner: &str, trials: Vec<Trial>) -> ExitCode {
    let (mut words, mut skips, mut exact, mut list) = (Vec::new(), Vec::new(), false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--exact" => exact = true,
            "--list" => list = true,
            "--skip" => skips.extend(args.next()),
            // Options of libtest that change nothing here; some have a value.
            "--test-threads" | "--format" | "--color" | "--logfile" => drop(args.next()),
            option if option.starts_with('-') => {}
            _ => words.push(arg),
        }
    }
    let full = |trial: &Trial| format!("{runner}::{}", trial.name);
    let hit = |name: &str, word: &String| if exact { name == word } else { name.contains(word.as_str()) };
    let (chosen, rest): (Vec<_>, Vec<_>) = trials.into_iter().partition(|trial| {
        let name = full(trial);
        (words.is_empty() || words.iter().any(|word| hit(&name, word))) && !skips.iter().any(|word| hit(&name, word))
    });
    if list {
        chosen.iter().for_each(|trial| println!("{}: test", full(trial)));
        return ExitCode::SUCCESS;
    }
    let start = Instant::now();
    println!("\nrunning {} tests", chosen.len());
    let (mut passed, mut skipped, mut failures) = (0, 0, Vec::new());
    for trial in &chosen {
        let name = full(trial);
        match (trial.run)() {
            Outcome::Passed => {
                passed += 1;
                println!("test {name} ... ok");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("test {name} ... ignored, {why}");
            }
            Outcome::Failed(what) => {
                println!("test {name} ... FAILED");
                failures.push((name, what));
            }
        }
    }
    for (name, what) in &failures {
        println!("\n---- {name} ----\n{}", what.trim_end());
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; {skipped} ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        if failures.is_empty() { "ok" } else { "FAILED" },
        failures.len(),
        rest.len(),
        start.elapsed().as_secs_f64()
    );
    // libtest's own code for failed tests.
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}
