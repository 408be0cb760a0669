//! Tests of the whole program, each a text that a person can read: live cases (`cases/*.test`), real commands compared with
//! strace (`differential/`), recordings that need no rights (`golden/`), and the examples of README.md and docs/.
//!
//! The runners in `tests/` find the texts; what they share is here, in reading order. `fixtures` and `machine` are for xtask too, which
//! has the rest left out (the feature `suite`).

#[cfg(feature = "suite")]
pub mod attempts;
#[cfg(feature = "suite")]
pub mod audit;
#[cfg(feature = "suite")]
pub mod case;
#[cfg(feature = "suite")]
pub mod compare;
#[cfg(feature = "suite")]
pub mod console;
pub mod fixtures;
#[cfg(feature = "suite")]
pub mod functions;
#[cfg(feature = "suite")]
pub mod harness;
#[cfg(feature = "suite")]
pub mod known;
#[cfg(feature = "suite")]
pub mod left;
pub mod machine;
#[cfg(feature = "suite")]
pub mod normal;
#[cfg(feature = "suite")]
pub mod pattern;
#[cfg(feature = "suite")]
pub mod reports;
#[cfg(feature = "suite")]
pub mod requests;
#[cfg(feature = "suite")]
pub mod script;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The top of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The tracer under test: what `TRACER` names (`cargo xtask test` sets it), else the release build, made now.
pub fn tracer() -> Result<&'static Path, &'static str> {
    static PATH: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let path = PATH.get_or_init(|| {
        if let Some(path) = std::env::var_os("TRACER") {
            return Ok(PathBuf::from(path));
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root()).args(["build", "--quiet", "--release", "--package", "tracer", "--bin", "tracer"]);
        match cargo.status() {
            Ok(status) if status.success() => Ok(target().join("release/tracer")),
            Ok(status) => Err(format!("cargo build: {status}")),
            Err(error) => Err(format!("cargo build: {error}")),
        }
    });
    path.as_deref().map_err(String::as_str)
}
