//! Outputs are tried before anything runs: that one cannot be written is better known before than behind a command that cannot be undone.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::render::typed::show;
use crate::spec::{To, View};
use crate::system::place::Place;
pub use crate::system::place::PlaceError;

/// Whether each of these files can be written, and is another one than the rest, and than those that are `read`.
///
/// # Errors
/// The first that cannot, or is one of those before it.
pub fn attempt<'p>(
    paths: impl IntoIterator<Item = &'p Path>,
    read: impl IntoIterator<Item = &'p Path>,
) -> Result<(), PlaceError> {
    let read: Vec<Place> = read.into_iter().filter_map(|path| Place::find(path).ok()).collect();
    let mut places: Vec<Place> = Vec::new();
    for path in paths {
        let place = Place::find(path)?;
        place.attempt()?;
        let same = |others: &[Place], what: &str| {
            let same = others.iter().find(|other| other.is_same(&place))?;
            let why = format!("it is '{}', {what}", show(same.path()));
            Some(PlaceError::Unsafe { path: path.to_owned(), why })
        };
        let found = same(&places, "into which something else is written");
        if let Some(error) = found.or_else(|| same(&read, "which is read")) {
            return Err(error);
        }
        places.push(place);
    }
    Ok(())
}

/// The same of what a trace writes; `own`: under tracer's own name, for strace starts whatever `-o '|command'` says.
///
/// # Errors
/// As [`attempt`]; a command to write to that the shell does not know.
pub fn attempt_those_of<'p>(
    view: &'p View,
    read: impl IntoIterator<Item = &'p Path>,
    own: bool,
) -> Result<(), PlaceError> {
    let file = match &view.output.to {
        To::File(path, _) => Some(path.as_path()),
        To::Pipe(command) if own && !is_known(command) => {
            let path = [b"|", command.as_bytes()].concat();
            let why = "the shell knows no such command".to_owned();
            return Err(PlaceError::Unsafe { path: OsStr::from_bytes(&path).into(), why });
        }
        _ => None,
    };
    attempt(file.into_iter().chain(view.output.record.as_deref()), read)
}

/// Whether the shell knows the command that a line begins with; also where that cannot be told from its first word.
fn is_known(line: &OsStr) -> bool {
    let line = line.as_bytes().trim_ascii_start();
    let end = line.iter().position(|b| b" \t\n;|&<>()".contains(b)).unwrap_or(line.len());
    let word = &line[..end];
    if word.is_empty() || word.iter().any(|b| b"$`'\"\\={}*?[~!#".contains(b)) {
        return true;
    }
    let shell = Command::new("/bin/sh")
        .args(["-c", "command -v -- \"$1\"", "sh"])
        .arg(OsStr::from_bytes(word))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    shell.map_or(true, |status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_knows() {
        for (line, known) in [
            ("cat > log", true),
            ("true;false", true),
            (" exec cat", true),
            ("no-such-program -x", false),
            ("no-such-program|cat", false),
            ("/no/such/program", false),
            ("A=1 no-such-program", true),
            ("$PAGER", true),
            ("(cat)", true),
            ("", true),
        ] {
            assert_eq!(is_known(OsStr::new(line)), known, "{line:?}");
        }
    }

    #[test]
    fn two_outputs_are_two_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("there"), "old").expect("a file");
        std::os::unix::fs::symlink("there", path("link")).expect("a link");
        let good = |names: &[&str]| {
            attempt(names.iter().map(|name| path(name)).collect::<Vec<_>>().iter().map(|p| p.as_path()), []).is_ok()
        };
        assert!(good(&["there", "new", "other"]));
        assert!(!good(&["new", "new"]));
        assert!(!good(&["there", "link"]));
        assert!(!good(&["none/new"]));
        assert!(!good(&["."]));
        assert_eq!(std::fs::read(path("there")).expect("still there"), b"old");
        assert!(!path("new").exists(), "nothing was made");
    }
}
