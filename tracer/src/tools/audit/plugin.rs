//! pytest runs its tests in one process, so nothing that the kernel sees tells them apart. A plugin of pytest marks them
//! (`integrations/pytest`); it is put into a directory of its own for the time of the run.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::render::place::Place;
use crate::spec::Command;

/// The plugin, and the name by which Python imports it.
const PLUGIN: &str = include_str!("../../../embedded/tracer_audit.py");
const NAME: &str = "tracer_audit";

/// A directory with the plugin in it, removed at the end.
#[derive(Debug)]
pub struct Plugin {
    directory: PathBuf,
}

impl Plugin {
    /// Puts the plugin in place, and has the command's environment name it.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn install(command: &mut Command) -> Result<Plugin> {
        let template = std::env::temp_dir().join("tracer-pytest-XXXXXX");
        let directory = nix::unistd::mkdtemp(&template).with_context(|| format!("making {}", template.display()))?;
        let plugin = Plugin { directory };
        let file = plugin.directory.join(format!("{NAME}.py"));
        let mut made = Place::find(&file)?.create(false)?;
        made.write_all(PLUGIN.as_bytes()).with_context(|| format!("writing {}", file.display()))?;
        // The command may run as another user; nobody else can change what it runs.
        for (path, mode) in [(file.as_path(), 0o644), (plugin.directory.as_path(), 0o755)] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
        }
        let set = |command: &mut Command, name: &str, before: bool, word: &std::ffi::OsStr, between: &str| {
            let old = match command.env.iter().rev().find(|(changed, _)| changed == name) {
                Some((_, value)) => value.clone(),
                None => std::env::var_os(name),
            };
            let mut value = OsString::new();
            match old.filter(|old| !old.is_empty()) {
                Some(old) if before => [word, between.as_ref(), &old].into_iter().for_each(|part| value.push(part)),
                Some(old) => [old.as_os_str(), between.as_ref(), word].into_iter().for_each(|part| value.push(part)),
                None => value.push(word),
            }
            command.env.push((name.into(), Some(value)));
        };
        set(command, "PYTHONPATH", true, plugin.directory.as_os_str(), ":");
        set(command, "PYTEST_ADDOPTS", false, format!("-p {NAME}").as_ref(), " ");
        Ok(plugin)
    }

    /// Where it is: what is done to it is tracer's doing.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // What is left of it is a file in a directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Whether a command is pytest: `pytest`, `py.test`, `python -m pytest`, perhaps behind `coverage run -m` and the like.
pub fn is_pytest(command: &Command) -> bool {
    let base = |word: &OsString| word.as_bytes().rsplit(|&b| b == b'/').next().unwrap_or_default().to_vec();
    command.argv.iter().take(8).map(base).any(|word| matches!(word.as_slice(), b"pytest" | b"py.test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pytest_is_known_by_its_name() {
        let check = |line: &str, expected: bool| {
            let argv = line.split(' ').map(OsString::from).collect();
            assert_eq!(is_pytest(&Command { argv, ..Command::default() }), expected, "{line}");
        };
        check("pytest -q", true);
        check("/usr/bin/python3 -m pytest", true);
        check("uv run pytest tests", true);
        check("cargo test", false);
    }

    #[test]
    fn it_is_there_for_the_time_of_the_run() {
        let mut command = Command::default();
        command.env.push(("PYTEST_ADDOPTS".into(), Some("-q".into())));
        let plugin = Plugin::install(&mut command).expect("a place");
        let directory = plugin.directory().to_path_buf();
        assert!(directory.join("tracer_audit.py").exists());
        let value = |name: &str| command.env.iter().rev().find(|(n, _)| n == name).and_then(|(_, value)| value.clone());
        assert_eq!(value("PYTEST_ADDOPTS").as_deref(), Some("-q -p tracer_audit".as_ref()));
        assert!(value("PYTHONPATH").is_some_and(|path| path.as_bytes().starts_with(directory.as_os_str().as_bytes())));
        drop(plugin);
        assert!(!directory.exists());
    }
}
