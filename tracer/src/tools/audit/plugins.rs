//! pytest, node:test, jest and vitest run their tests in one process, so nothing that the kernel sees tells them apart. A plugin of
//! pytest and a preload of node mark them (`integrations/`). Both are put into a directory of their own for the time of the run, and the
//! environment names them, so that they are loaded wherever below the command these programs run: behind a shell, make or uv, in a
//! virtual environment. Other programs take no notice.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::spec::Command;
use crate::system::place::Place;

/// The plugin of pytest, and the name by which Python imports it.
const PYTEST: &str = include_str!("../../../embedded/tracer_audit.py");
const PYTEST_NAME: &str = "tracer_audit";
/// The preload of node.
const NODE: &str = include_str!("../../../embedded/tracer_audit.cjs");
const NODE_FILE: &str = "tracer_audit.cjs";

/// A directory with the plugins in it, removed at the end.
#[derive(Debug)]
pub struct Plugins {
    directory: PathBuf,
}

/// A variable of the environment that has a plugin loaded.
struct Variable {
    name: &'static str,
    /// What is added to it, and what stands between that and what it has.
    word: OsString,
    between: &'static str,
    /// It is added in front.
    front: bool,
}

impl Plugins {
    /// Puts the plugins in place that are wanted, and has the command's environment name them.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn install(command: &mut Command, pytest: bool, node: bool) -> Result<Option<Plugins>> {
        if !pytest && !node {
            return Ok(None);
        }
        let template = std::env::temp_dir().join("tracer-plugins-XXXXXX");
        let directory = nix::unistd::mkdtemp(&template).with_context(|| format!("making {}", template.display()))?;
        let plugins = Plugins { directory };
        // The command may run as another user; nobody else can change what it runs. The umask says nothing here.
        std::fs::set_permissions(&plugins.directory, std::fs::Permissions::from_mode(0o755))?;
        if pytest {
            plugins.write(&format!("{PYTEST_NAME}.py"), PYTEST)?;
            let word = plugins.directory.clone().into();
            set(command, &Variable { name: "PYTHONPATH", word, between: ":", front: true });
            let word = format!("-p {PYTEST_NAME}").into();
            set(command, &Variable { name: "PYTEST_ADDOPTS", word, between: " ", front: false });
            // tox makes environments of its own, with what it is told to pass.
            let word = "testenv.pass_env+=PYTHONPATH,PYTEST_ADDOPTS".into();
            set(command, &Variable { name: "TOX_OVERRIDE", word, between: ";", front: false });
        }
        if node {
            let file = plugins.write(NODE_FILE, NODE)?;
            let word = [b"--require ", quoted(file.as_os_str()).as_bytes()].concat();
            set(command, &Variable { name: "NODE_OPTIONS", word: OsString::from_vec(word), between: " ", front: true });
        }
        Ok(Some(plugins))
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let file = self.directory.join(name);
        let mut made = Place::find(&file)?.create(false)?;
        made.write_all(text.as_bytes()).with_context(|| format!("writing {}", file.display()))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644))?;
        Ok(file)
    }

    /// Where they are: what is done to them is tracer's doing.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Plugins {
    fn drop(&mut self) {
        // What is left of them is files in a directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Adds to a variable of the command's environment.
fn set(command: &mut Command, variable: &Variable) {
    let old = match command.env.iter().rev().find(|(changed, _)| changed == variable.name) {
        Some((_, value)) => value.clone(),
        None => std::env::var_os(variable.name),
    };
    let word = variable.word.as_os_str();
    let value = match old.filter(|old| !old.is_empty()) {
        Some(old) if variable.front => [word, variable.between.as_ref(), &old].into_iter().collect(),
        Some(old) => [old.as_os_str(), variable.between.as_ref(), word].into_iter().collect(),
        None => word.to_owned(),
    };
    command.env.push((variable.name.into(), Some(value)));
}

/// A path as node reads it in NODE_OPTIONS.
fn quoted(path: &OsStr) -> OsString {
    let mut out = vec![b'"'];
    for byte in path.as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(command: &Command, name: &str) -> Option<OsString> {
        command.env.iter().rev().find(|(known, _)| known == name).and_then(|(_, value)| value.clone())
    }

    #[test]
    fn they_are_there_for_the_time_of_the_run() {
        let mut command = Command::default();
        for (name, value) in [("PYTEST_ADDOPTS", "-q"), ("NODE_OPTIONS", "--no-warnings"), ("TOX_OVERRIDE", "a.b=c")] {
            command.env.push((name.into(), Some(value.into())));
        }
        let plugins = Plugins::install(&mut command, true, true).expect("a place").expect("plugins");
        let directory = plugins.directory().to_path_buf();
        for file in ["tracer_audit.py", NODE_FILE] {
            let mode = std::fs::metadata(directory.join(file)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o644, "{file}");
        }
        let check = |name: &str, expected: &str| assert_eq!(value(&command, name), Some(expected.into()), "{name}");
        check("PYTEST_ADDOPTS", "-q -p tracer_audit");
        check("NODE_OPTIONS", &format!("--require \"{}/tracer_audit.cjs\" --no-warnings", directory.display()));
        check("TOX_OVERRIDE", "a.b=c;testenv.pass_env+=PYTHONPATH,PYTEST_ADDOPTS");
        assert!(
            value(&command, "PYTHONPATH")
                .is_some_and(|path| path.as_bytes().starts_with(directory.as_os_str().as_bytes()))
        );
        drop(plugins);
        assert!(!directory.exists());
    }

    #[test]
    fn only_what_is_wanted_is_installed() {
        let check = |pytest: bool, node: bool| {
            let mut command = Command::default();
            let plugins = Plugins::install(&mut command, pytest, node).expect("a place");
            assert_eq!(plugins.is_some(), pytest || node);
            assert_eq!(value(&command, "PYTEST_ADDOPTS").is_some(), pytest);
            assert_eq!(value(&command, "NODE_OPTIONS").is_some(), node);
        };
        [(false, false), (true, false), (false, true)].into_iter().for_each(|(pytest, node)| check(pytest, node));
    }

    #[test]
    fn node_reads_the_path_as_it_is() {
        for (path, expected) in [("/tmp/a b", "\"/tmp/a b\""), ("/tmp/\"x\\", "\"/tmp/\\\"x\\\\\"")] {
            assert_eq!(quoted(path.as_ref()), OsString::from(expected));
        }
    }
}
