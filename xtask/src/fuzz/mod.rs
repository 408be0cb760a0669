//! `fuzz`: every target of `fuzz/` in turn, built with what libFuzzer needs to see which code an input reaches, and run over its corpus.
//! `cargo fuzz` does the same and more, but has to be installed, with a nightly compiler; this takes the compiler that there is, and a
//! C++ compiler for libFuzzer itself. What a run has found stays under `fuzz/target/` and is where the next begins; what is worth keeping of it goes to
//! `fuzz/corpus/` by hand.

mod said;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

use self::said::Said;
use crate::command;

/// Coverage as libFuzzer counts it, and comparisons, whose operands it tries; with every check that a debug build has.
const FLAGS: [&str; 10] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=4",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg",
    "fuzzing",
];
/// Seconds that one input may take, and MiB that a target may.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// What was asked.
#[derive(Debug, PartialEq)]
struct Asked {
    minutes: f64,
    targets: Vec<String>,
}

/// Builds the targets, runs each, and prints a line for it, and how to repeat what it found.
pub fn main(words: &[&str]) -> Result<ExitCode> {
    let asked = parse(words, &all()?)?;
    if ["c++", "g++", "clang++"].iter().all(|name| command::find(name).is_none()) {
        bail!("fuzz: libFuzzer is C++, and there is no compiler for it (on Debian: apt-get install g++)");
    }
    let programs = build(&asked.targets)?;
    println!("{:10} {:>8} {:>12} {:>8} {:>8} {:>9}  found", "target", "minutes", "runs", "runs/s", "edges", "features");
    let mut found = 0;
    for name in &asked.targets {
        let said = run(&programs.join(name), name, asked.minutes).with_context(|| name.clone())?;
        let what = if said.failed { "SOMETHING" } else { "nothing" };
        let Said { seconds, runs, edges, features, .. } = said;
        let rate = runs.checked_div(seconds).unwrap_or(runs);
        println!("{name:10} {:>8.1} {runs:>12} {rate:>8} {edges:>8} {features:>9}  {what}", seconds as f64 / 60.0);
        if said.failed {
            found += 1;
            println!("    {}\n    {} {}", said.why, programs.join(name).display(), said.input);
        }
    }
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse(words: &[&str], all: &[String]) -> Result<Asked> {
    let mut asked = Asked { minutes: 60.0, targets: Vec::new() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--minutes" => {
                let value = words.next().and_then(|value| value.parse().ok());
                asked.minutes = value.context("--minutes takes a number")?;
            }
            name if all.iter().any(|target| target == name) => asked.targets.push(name.to_owned()),
            other => bail!("fuzz: what is '{other}'? There are --minutes N and {}", all.join(", ")),
        }
    }
    if asked.targets.is_empty() {
        asked.targets = all.to_vec();
    }
    Ok(asked)
}

/// The folder of the targets.
fn folder() -> PathBuf {
    command::root().join("fuzz")
}

/// The names of all targets.
fn all() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder().join("targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Builds the targets; where they are.
fn build(targets: &[String]) -> Result<PathBuf> {
    let host = command::host()?;
    let mut cargo = command::cargo();
    cargo.current_dir(folder()).args(["build", "--release", "--locked", "--target-dir", "target", "--target", &host]);
    for name in targets {
        cargo.args(["--bin", name]);
    }
    // The pass of LLVM is not for stable compilers, but in them.
    cargo.env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    command::run(&mut cargo)?;
    Ok(folder().join("target").join(host).join("release"))
}

/// Runs a target for so long, or until it finds something.
fn run(program: &Path, name: &str, minutes: f64) -> Result<Said> {
    let place = |what: &str| folder().join("target").join(what).join(name);
    let (corpus, artifacts, log) = (place("corpus"), place("artifacts"), place("log"));
    for dir in [Some(&*corpus), Some(&*artifacts), log.parent()].into_iter().flatten() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    let mut command = Command::new(program);
    // What is new goes to the first folder; those behind it are only read.
    command.arg(&corpus).arg(folder().join("corpus").join(name));
    command.arg(format!("-max_total_time={}", (minutes * 60.0).ceil()));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.args(LIMITS).args(["-max_len=4096", "-print_final_stats=1"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
    let begun = std::time::Instant::now();
    let status = command.status().with_context(|| format!("cannot run {}", program.display()))?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(Said { seconds: begun.elapsed().as_secs(), failed: !status.success(), ..Said::read(&text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        let all = ["cli", "elf"].map(str::to_owned);
        let asked = |words: &[&str]| parse(words, &all).ok().map(|asked| (asked.minutes, asked.targets.join(" ")));
        assert_eq!(asked(&[]), Some((60.0, "cli elf".to_owned())));
        assert_eq!(asked(&["elf", "--minutes", "0.5"]), Some((0.5, "elf".to_owned())));
        assert_eq!(asked(&["--minutes"]), None);
        assert_eq!(asked(&["other"]), None);
    }

    #[test]
    fn every_target_is_built_and_has_a_small_corpus() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).expect("a manifest");
        for name in all().expect("targets") {
            assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is in no [[bin]]");
            let inputs = fs::read_dir(folder().join("corpus").join(&name)).expect("a corpus");
            let sizes: Vec<u64> = inputs.map(|it| it.and_then(|it| it.metadata()).expect("a file").len()).collect();
            assert!((1..=12).contains(&sizes.len()), "{name} has {} inputs", sizes.len());
            assert!(sizes.iter().all(|&size| size <= 4096), "{name} has inputs of {sizes:?} bytes");
        }
    }
}
