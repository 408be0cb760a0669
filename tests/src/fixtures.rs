//! The fixtures: small C programs that do one thing to be seen. C, because a test of system calls wants no runtime of its own
//! to make calls in between. Compiled when a test needs them, and again when the source is newer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};

use crate::{root, target};

/// The directory with the compiled fixtures.
pub fn dir() -> Result<&'static Path> {
    static DIR: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let dir = DIR.get_or_init(|| compile().map_err(|error| format!("{error:#}")));
    dir.as_deref().map_err(|error| anyhow!("{error}"))
}

fn compile() -> Result<PathBuf> {
    let dir = target().join("fixtures");
    fs::create_dir_all(&dir)?;
    for entry in fs::read_dir(root().join("tests/fixtures"))? {
        let source = entry?.path();
        if source.extension().is_none_or(|extension| extension != "c") {
            continue;
        }
        let program = dir.join(source.file_stem().context("a fixture without name")?);
        let newer =
            |a: &Path, b: &Path| Some(a.metadata().ok()?.modified().ok()? >= b.metadata().ok()?.modified().ok()?);
        if newer(&program, &source) == Some(true) {
            continue;
        }
        // Into a name of its own first: two test programs may compile at the same time.
        let new = program.with_extension(std::process::id().to_string());
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-w", "-pthread", "-o"]).arg(&new).arg(&source);
        let out = cc.output().context("cannot run cc")?;
        if !out.status.success() {
            bail!("cc {}: {}", source.display(), String::from_utf8_lossy(&out.stderr));
        }
        fs::rename(&new, &program)?;
    }
    Ok(dir)
}
