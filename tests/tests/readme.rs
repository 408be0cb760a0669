//! Runs every example of README.md and docs/ and compares what it prints with what stands there: see `tracer_tests::console`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use tracer_tests::console::{Block, blocks, patterns, plain};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::pattern::matches;
use tracer_tests::script::Script;
use tracer_tests::{machine, root, tracer};

fn main() -> ExitCode {
    let trials = documents().into_iter().flat_map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let trial = move |block: Block| Trial::new(format!("{name}_line_{}", block.line), move || check(&block));
        match std::fs::read_to_string(&path) {
            Ok(text) => blocks(&text).into_iter().map(trial).collect(),
            Err(error) => {
                let why = format!("cannot read {}: {error}", path.display());
                vec![Trial::new(why.clone(), move || Outcome::Failed(why.clone()))]
            }
        }
    });
    harness::main("readme", trials.collect())
}

/// README.md, and what is in docs/.
fn documents() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("docs")).expect("docs/ can be listed");
    let paths = entries.map(|entry| entry.expect("docs/ can be listed").path());
    let mut docs: Vec<_> = paths.filter(|path| path.extension() == Some("md".as_ref())).collect();
    docs.sort();
    std::iter::once(root().join("README.md")).chain(docs).collect()
}

fn check(block: &Block) -> Outcome {
    let lacking: Vec<_> = block.requires.iter().filter_map(|word| machine::lacks(word)).collect();
    if !lacking.is_empty() {
        return Outcome::Skipped(lacking.join("; "));
    }
    match run(block) {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Runs the commands of a block in one shell, as a reader would: what the terminal shows of each is what stands below it.
fn run(block: &Block) -> anyhow::Result<()> {
    const MARK: &str = "----8<----";
    // What needs the sources runs among them; all else in an empty directory.
    let here = block.steps.iter().any(|(command, _)| command.starts_with("cargo "));
    let mut text = format!("{}\nexec 2>&1\n", if here { "cd \"$ROOT\"" } else { "" });
    for (command, _) in &block.steps {
        text += &format!("{command}\necho '{MARK}'\n");
    }
    let mut script = Script::new(&format!("# tracer\n{text}"))?;
    script.timeout(Duration::from_secs(120));
    // `cargo` and the program itself, as an installed one would be found.
    script.with_cargo();
    if let Some(dir) = tracer().map_err(|error| anyhow::anyhow!("{error}"))?.parent() {
        script.path(dir);
    }
    let took = script.run()?;
    let mark = format!("{MARK}\n");
    let mut outputs = took.stdout.split(&mark);
    for (command, expected) in &block.steps {
        let output = outputs.next().unwrap_or_default();
        let lines: Vec<_> = output.lines().map(plain).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        if let Err(what) = matches(&patterns(expected)?, &lines) {
            anyhow::bail!("$ {command}\n{what}\n{}", took.show());
        }
    }
    Ok(())
}
