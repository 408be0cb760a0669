//! The directories that have names in policies and reports: of this run, with the environment that the command gets.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::spec::Command;
use crate::tools::audit::evidence::Variables;

/// `$WORKSPACE` is the working directory, `$TARGET` its `target` (or CARGO_TARGET_DIR), `$HOME` and `$TMPDIR` those of the
/// environment, the latter else /tmp. Links are followed: evidence names files as the kernel does.
pub fn variables(command: &Command) -> Variables {
    let workspace = std::env::current_dir().ok();
    let variable = |name: &str| -> Option<OsString> {
        match command.env.iter().rev().find(|(changed, _)| changed == name) {
            Some((_, value)) => value.clone(),
            None => std::env::var_os(name),
        }
    };
    let target = variable("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| PathBuf::from("target"));
    let target = workspace.as_ref().map(|workspace| workspace.join(target));
    let temporary = variable("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    let named = [
        ("TARGET", target),
        ("WORKSPACE", workspace),
        ("TMPDIR", Some(temporary)),
        ("HOME", variable("HOME").map(PathBuf::from)),
    ];
    let resolved = |(name, path): (&'static str, Option<PathBuf>)| {
        let path = path?;
        Some((name, path.canonicalize().unwrap_or(path).into_os_string().into_vec()))
    };
    Variables::of(named.into_iter().filter_map(resolved))
}
