//! `run` and `build`: the program in release, and the program run with the rights that it needs.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, anyhow};

use crate::command;

/// Builds tracer in release; its path. What cargo does is shown while it does something: when all is built there is nothing to say,
/// and the trace begins at once.
pub fn build() -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--release", "--package", "tracer", "--bin", "tracer"]).stderr(Stdio::piped());
    let mut child = cargo.spawn().with_context(|| format!("cannot run `{}`", command::line(&cargo)))?;
    if let Some(lines) = child.stderr.take() {
        for line in BufReader::new(lines).lines() {
            let line = line?;
            if !line.trim_start().starts_with("Finished ") {
                eprintln!("{line}");
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        return Err(anyhow!("`{}` failed: {status}", command::line(&cargo)));
    }
    Ok(command::target().join("release/tracer"))
}

/// Builds tracer and becomes it, so that exit code, signals and terminal are its own.
pub fn run(args: &[OsString]) -> Result<ExitCode> {
    let program = build()?;
    let args = match args.first() {
        Some(first) if first == "--" => &args[1..],
        _ => args,
    };
    let mut command = if command::is_root() {
        Command::new(&program)
    } else if sudo_works() {
        let mut sudo = Command::new("sudo");
        sudo.arg("--").arg(&program);
        sudo
    } else {
        eprintln!("xtask: not root, and sudo does not work here: running tracer as the user you are");
        Command::new(&program)
    };
    without_cargo(&mut command);
    // `exec` only comes back when it failed.
    let error = command.args(args).exec();
    Err(anyhow!("cannot run `{}`: {error}", command::line(&command)))
}

/// Takes out of the environment what cargo put there for us: the traced program would look for its libraries in our folders.
pub fn without_cargo(command: &mut Command) {
    let of_package =
        |name: &str| name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_package) {
            command.env_remove(name);
        }
    }
    let Some(paths) = std::env::var_os("LD_LIBRARY_PATH") else { return };
    let cargo = std::env::var_os("CARGO").map(PathBuf::from).unwrap_or_default();
    let toolchain = cargo.ancestors().nth(2).filter(|dir| dir.join("lib/rustlib").is_dir());
    let added = |dir: &Path| dir.starts_with(command::target()) || toolchain.is_some_and(|top| dir.starts_with(top));
    let kept: Vec<_> = std::env::split_paths(&paths).filter(|dir| !added(dir)).collect();
    match std::env::join_paths(&kept) {
        Ok(paths) if !paths.is_empty() => command.env("LD_LIBRARY_PATH", paths),
        _ => command.env_remove("LD_LIBRARY_PATH"),
    };
}

/// Whether sudo is there and will run something: without a password, or because someone can type one.
fn sudo_works() -> bool {
    let quiet = |args: &[&str]| {
        let mut sudo = Command::new("sudo");
        sudo.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        sudo.status().is_ok_and(|status| status.success())
    };
    command::find("sudo").is_some() && (quiet(&["-n", "true"]) || std::io::stdin().is_terminal())
}
