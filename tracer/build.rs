//! What the binary says of itself: the commit of its sources, and the digest of the kernel side that it carries. The kernel side, linked.

#[path = "build/image.rs"]
mod image;

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

const OBJECT: &str = "embedded/tracer.bpf.o";
/// The same, what lists open files, and what tells where time goes.
const OBJECTS: [&str; 3] = [OBJECT, "embedded/snapshot.bpf.o", "embedded/times.bpf.o"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rustc-env=TRACER_COMMIT={}", commit());
    let digest = Sha256::digest(std::fs::read(OBJECT)?);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    println!("cargo::rustc-env=TRACER_OBJECT={hex}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for path in OBJECTS {
        println!("cargo::rerun-if-changed={path}");
        let name = Path::new(path).file_stem().unwrap_or_default().display().to_string();
        let write = |part: &str, bytes: &[u8]| {
            let file = out.join(format!("{name}.{part}"));
            std::fs::write(&file, bytes)?;
            Ok(file.to_str().ok_or("the build directory has a name that is no text")?.to_owned())
        };
        let image = image::image(&std::fs::read(path)?, write).map_err(|error| format!("{path}: {error}"))?;
        std::fs::write(out.join(format!("{name}.rs")), image)?;
    }
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
