//! `--hash`: what files of the workspace hold before and after the run.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::tools::audit::evidence::{Change, Effect, Evidence, Gap, GapKind, Held, Variables};

/// Files that are read at most, and bytes of one.
const FILES: usize = 100_000;
const BYTES: u64 = 256 << 20;

/// Files before the run, by path.
#[derive(Debug, Default)]
pub struct Contents {
    files: HashMap<Vec<u8>, Held>,
    /// Files beyond what is read.
    left_out: u64,
}

/// Reads the files of `$WORKSPACE`, but for those of `$TARGET` and of version control.
pub fn before(variables: &Variables) -> Contents {
    let mut contents = Contents::default();
    each_file(variables, |path| match held(path, true).filter(|held| held.sum.is_some()) {
        Some(held) if contents.files.len() < FILES => {
            contents.files.insert(path.as_os_str().as_bytes().to_vec(), held);
        }
        _ => contents.left_out += 1,
    });
    contents
}

/// Gives every regular file of `$WORKSPACE`, but those of `$TARGET` and of version control.
pub(super) fn each_file(variables: &Variables, mut take: impl FnMut(&Path)) {
    let Some(workspace) = variables.path("WORKSPACE") else { return };
    let target = variables.path("TARGET").unwrap_or_default();
    let mut directories = vec![Path::new(std::ffi::OsStr::from_bytes(workspace)).to_path_buf()];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            let bytes = path.as_os_str().as_bytes();
            if kind.is_dir() && bytes != target && !matches!(entry.file_name().as_bytes(), b".git" | b".hg" | b".svn") {
                directories.push(path);
            } else if kind.is_file() {
                take(&path);
            }
        }
    }
}

impl Contents {
    /// Adds sizes and permissions to the effects, and sums where they were asked for. What was written and holds the same as before
    /// was not modified.
    pub fn after(&self, evidence: &mut Evidence, sums: bool) {
        for effect in &mut evidence.effects {
            effect.before = self.files.get(&effect.path).cloned().unwrap_or_default();
            let path = match &effect.change {
                Change::Renamed(to) => to,
                Change::Created | Change::Modified => &effect.path,
                Change::Deleted | Change::Temporary => continue,
            };
            effect.after = held(Path::new(std::ffi::OsStr::from_bytes(path)), sums).unwrap_or_default();
        }
        let same = |effect: &Effect| {
            effect.change == Change::Modified && effect.before.sum.is_some() && effect.before.sum == effect.after.sum
        };
        evidence.effects.retain(|effect| !same(effect));
        if self.left_out > 0 {
            let what = "files of the workspace whose contents were not read before".to_owned();
            evidence.gaps.push(Gap { kind: GapKind::Crowded, unit: None, what, count: self.left_out });
            evidence.gaps.sort();
        }
    }
}

/// What a regular file is, without its sum where that is not wanted or it is too long; `None` when it is none, or not there.
fn held(path: &Path, sums: bool) -> Option<Held> {
    let meta = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let sum = if sums { sum(path).ok().flatten() } else { None };
    Some(Held { size: Some(meta.size()), mode: Some(meta.mode() & 0o7777), sum })
}

/// SHA-256 of a regular file, in hex; `None` when it is none, or too long.
fn sum(path: &Path) -> io::Result<Option<String>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY;
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.size() > BYTES {
        return Ok(None);
    }
    let mut state = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => state.update(&buffer[..n]),
        }
    }
    Ok(Some(state.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_the_same_was_not_modified() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().canonicalize().expect("it is there");
        let path = |name: &str| base.join(name).as_os_str().as_bytes().to_vec();
        std::fs::create_dir(base.join("target")).expect("made");
        for name in ["a", "b", "target/c"] {
            std::fs::write(base.join(name), name).expect("written");
        }
        let variables =
            Variables(vec![("WORKSPACE", base.as_os_str().as_bytes().to_vec()), ("TARGET", path("target"))]);
        let contents = before(&variables);
        assert_eq!(contents.files.len(), 2);
        std::fs::write(base.join("b"), "other").expect("written");
        let effect =
            |name: &str| Effect { path: path(name), change: Change::Modified, units: vec![0], ..Effect::default() };
        let mut evidence = Evidence { effects: vec![effect("a"), effect("b")], ..Evidence::default() };
        contents.after(&mut evidence, true);
        let [left] = evidence.effects.as_slice() else { panic!("{:?}", evidence.effects) };
        assert_eq!((left.path.clone(), left.before.size, left.after.size), (path("b"), Some(1), Some(5)));
        assert_eq!(left.after.sum.as_deref(), Some("d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"));
    }
}
