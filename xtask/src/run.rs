//! `run` and `build`: the program in release, and the program run with the rights that it needs.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Result, anyhow};

use crate::command;

/// Builds tracer in release; its path.
pub fn build() -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--quiet", "--release", "--package", "tracer", "--bin", "tracer"]);
    let status = cargo.status()?;
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
    // `exec` only comes back when it failed.
    let error = command.args(args).exec();
    Err(anyhow!("cannot run `{}`: {error}", command::line(&command)))
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
