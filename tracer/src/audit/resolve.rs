//! Following the links of a path that a call named, as they are now: soon after the call, not at it. Where the file itself was
//! opened, the kernel has told its path, and none of this is used.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use crate::model::audit::collect::World;

/// The files of this machine.
#[derive(Debug, Default)]
pub struct Machine;

impl World for Machine {
    fn resolve(&mut self, path: &[u8]) -> Vec<u8> {
        resolve(Path::new(&OsString::from_vec(path.to_vec()))).into_os_string().into_vec()
    }
}

/// The path with the links of its directories followed; the last name is that of the file itself, be it a link.
fn resolve(path: &Path) -> PathBuf {
    let parent = path.parent();
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => directory(parent).join(name),
        // The root, or a path that ends in `..`.
        _ => directory(path),
    }
}

/// A directory with all links followed, as far as it is there.
fn directory(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match (path.parent(), path.components().next_back()) {
        (Some(parent), Some(Component::Normal(name))) => directory(parent).join(name),
        (Some(parent), Some(Component::ParentDir)) => {
            let mut real = directory(parent);
            real.pop();
            real
        }
        (Some(parent), _) => directory(parent),
        (None, _) => PathBuf::from(std::ffi::OsStr::from_bytes(b"/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_directories_are_followed() {
        let base = tempfile::tempdir().expect("a directory");
        let base = base.path().canonicalize().expect("it is there");
        std::fs::create_dir(base.join("real")).expect("made");
        std::os::unix::fs::symlink("real", base.join("link")).expect("made");
        std::os::unix::fs::symlink("file", base.join("real/last")).expect("made");
        let check = |given: &str, expected: &str| {
            let given = base.join(given);
            let found = Machine.resolve(given.as_os_str().as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), base.join(expected).to_string_lossy(), "{}", given.display());
        };
        check("link/file", "real/file");
        check("link/last", "real/last");
        check("link/../other", "other");
        check("link/gone/below", "real/gone/below");
        check("gone/../other", "other");
        check("./link/./file", "real/file");
        check("link", "link");
        assert_eq!(Machine.resolve(b"/"), b"/");
    }
}
