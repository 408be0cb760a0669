//! `--diff`: how text files differ from before the run. What a file held is read before the command is started, so no write can come
//! first; that takes knowing which files to read: those of the workspace. Of any other file it is said that its earlier contents are not
//! known.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use similar::TextDiff;

use super::contents;
use crate::tools::audit::evidence::{Change, Diff, Evidence, Variables};

/// Bytes and lines of a file that is compared, at most.
const BYTES: usize = 256 << 10;
const LINES: usize = 5000;
/// Bytes of all files that are kept before the run.
const KEPT: usize = 64 << 20;
/// Lines of a difference, and bytes of all of them.
const SHOWN: usize = 2000;
const REPORTED: usize = 8 << 20;
/// Lines around what differs.
const AROUND: usize = 3;

const UNKNOWN: &str = "what it held before is not known: only files of $WORKSPACE are read before the run";
const NO_TEXT: &str = "no text";
const LONG: &str = "longer than 256 KiB or 5,000 lines";
const FULL_BEFORE: &str = "what it held before was not kept: 64 MiB of others were";
const FULL: &str = "the differences that came before fill the report";
const SAME: &str = "it holds the same as before";

/// What files held before the run, by path; or why that is not known.
#[derive(Debug, Default)]
pub struct Snapshot {
    files: HashMap<Vec<u8>, Result<String, &'static str>>,
}

/// Reads the files of `$WORKSPACE`, but for those of `$TARGET` and of version control.
pub fn before(variables: &Variables) -> Snapshot {
    let (mut files, mut kept) = (HashMap::new(), 0);
    contents::each_file(variables, |path| {
        let mut held = text(path);
        if held.as_ref().is_ok_and(|text| kept + text.len() > KEPT) {
            held = Err(FULL_BEFORE);
        }
        kept += held.as_ref().map_or(0, String::len);
        files.insert(path.as_os_str().as_bytes().to_vec(), held);
    });
    Snapshot { files }
}

impl Snapshot {
    /// Adds the differences to the effects.
    pub fn after(&self, evidence: &mut Evidence) {
        let mut reported = 0;
        for effect in &mut evidence.effects {
            let before = self.files.get(&effect.path).cloned();
            let now = |path: &[u8]| text(Path::new(std::ffi::OsStr::from_bytes(path)));
            let unknown = || before.clone().unwrap_or(Err(UNKNOWN));
            let (old, new) = match &effect.change {
                // It was not there: it held nothing.
                Change::Created => (before.clone().unwrap_or(Ok(String::new())), now(&effect.path)),
                Change::Modified => (unknown(), now(&effect.path)),
                Change::Renamed(to) => (unknown(), now(to)),
                Change::Deleted => (unknown(), Ok(String::new())),
                Change::Temporary => continue,
            };
            effect.diff = Some(match (old, new) {
                _ if reported > REPORTED => Diff::Not(FULL),
                (Ok(old), Ok(new)) => difference(&old, &new),
                (Err(why), _) | (_, Err(why)) => Diff::Not(why),
            });
            if let Some(Diff::Lines(lines)) = &effect.diff {
                reported += lines.iter().map(String::len).sum::<usize>();
            }
        }
    }
}

/// The lines that differ, as diff -u tells them, without its head.
fn difference(old: &str, new: &str) -> Diff {
    if old == new {
        return Diff::Not(SAME);
    }
    let diff = TextDiff::from_lines(old, new);
    let text = diff.unified_diff().context_radius(AROUND).to_string();
    let mut lines: Vec<String> = text.lines().take(SHOWN).map(str::to_owned).collect();
    let left = text.lines().count() - lines.len();
    if left > 0 {
        lines.push(format!("\\ and {left} more lines"));
    }
    Diff::Lines(lines)
}

/// The text of a regular file; or why it is none that is compared.
fn text(path: &Path) -> Result<String, &'static str> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY;
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(|_| "it cannot be read")?;
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err("no regular file");
    }
    let mut bytes = Vec::new();
    file.take(BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|_| "it cannot be read")?;
    if bytes.len() > BYTES || bytes.iter().filter(|b| **b == b'\n').count() > LINES {
        return Err(LONG);
    }
    if bytes.contains(&0) {
        return Err(NO_TEXT);
    }
    String::from_utf8(bytes).map_err(|_| NO_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::audit::evidence::Effect;

    #[test]
    fn text_files_are_told_by_what_differs() {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().canonicalize().expect("it is there");
        let path = |name: &str| base.join(name).as_os_str().as_bytes().to_vec();
        let write = |name: &str, text: &[u8]| std::fs::write(base.join(name), text).expect("written");
        write("kept", b"1\n2\n3\n");
        write("same", b"x\n");
        write("gone", b"last words\n");
        write("data", b"\x00\x01");
        write("long", "line\n".repeat(LINES + 1).as_bytes());
        let variables = Variables(vec![("WORKSPACE", base.as_os_str().as_bytes().to_vec())]);
        let snapshot = before(&variables);
        write("kept", b"1\ntwo\n3\n");
        write("data", b"\x00\x02");
        write("long", b"short\n");
        write("new", b"a\nb\n");
        std::fs::remove_file(base.join("gone")).expect("removed");
        let check = |path: Vec<u8>, change: Change, expected: Result<&[&str], &str>| {
            let mut evidence =
                Evidence { effects: vec![Effect { path, change, ..Effect::default() }], ..Evidence::default() };
            snapshot.after(&mut evidence);
            match (&evidence.effects[0].diff, expected) {
                (Some(Diff::Lines(lines)), Ok(expected)) => assert_eq!(lines, expected),
                (Some(Diff::Not(why)), Err(expected)) => assert_eq!(*why, expected),
                other => panic!("{other:?}"),
            }
        };
        check(path("kept"), Change::Modified, Ok(&["@@ -1,3 +1,3 @@", " 1", "-2", "+two", " 3"]));
        check(path("gone"), Change::Deleted, Ok(&["@@ -1 +0,0 @@", "-last words"]));
        check(path("new"), Change::Created, Ok(&["@@ -0,0 +1,2 @@", "+a", "+b"]));
        check(path("same"), Change::Renamed(path("new")), Ok(&["@@ -1 +1,2 @@", "-x", "+a", "+b"]));
        check(path("same"), Change::Modified, Err(SAME));
        check(path("data"), Change::Modified, Err(NO_TEXT));
        check(path("long"), Change::Modified, Err(LONG));
        check(b"/etc/hostname".to_vec(), Change::Modified, Err(UNKNOWN));
        check(path("never"), Change::Created, Err("it cannot be read"));
    }
}
