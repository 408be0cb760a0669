//! What the binary says of itself: the commit of its sources, and the digest of the kernel side that it carries.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

const OBJECT: &str = "embedded/tracer.bpf.o";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rustc-env=TRACER_COMMIT={}", commit());
    println!("cargo::rerun-if-changed={OBJECT}");
    let digest = Sha256::digest(std::fs::read(OBJECT)?);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=TRACER_OBJECT={hex}");
    Ok(())
}

/// Twelve digits of the commit. Who builds from an archive may name it; else it is `unknown` outside of the repository, and in a debug
/// build: that would have to be made anew with every commit, whatever changed.
fn commit() -> String {
    println!("cargo::rerun-if-env-changed=TRACER_COMMIT");
    if let Some(commit) = std::env::var("TRACER_COMMIT").ok().filter(|commit| !commit.is_empty()) {
        return commit;
    }
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return "unknown".to_owned();
    }
    // An archive that lies inside of somebody else's repository is not of it.
    if git(&["ls-files", "build.rs"]).is_none() {
        return "unknown".to_owned();
    }
    // The log of HEAD grows with each commit and each switch; HEAD alone names a branch.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

/// What git says in one line.
fn git(args: &[&str]) -> Option<String> {
    let out = Command::new("git").args(args).output().ok().filter(|out| out.status.success())?;
    let text = String::from_utf8(out.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|line| !line.is_empty())
}
