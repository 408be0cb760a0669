//! Mapped files: /proc/PID/maps. A file that is mapped by many is asked for once.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::fds::Reader;
use super::mounts::{Mounts, Trust};
use super::regions;
use super::who::Who;
use crate::system::snapshot::{Descriptor, Dev, FileStat, Lack, Process, Slot};

/// Reads mapped files.
#[derive(Debug, Default)]
pub struct Maps {
    buffer: Vec<u8>,
    asked: HashMap<(usize, Dev, u64, Vec<u8>), Asked>,
}

/// What was found out of a mapped file.
#[derive(Debug, Clone)]
enum Asked {
    Is(FileStat),
    Fails(Lack),
}

/// A line of maps that names a file.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    range: &'a [u8],
    dev: Dev,
    ino: u64,
    path: &'a [u8],
    deleted: bool,
}

impl Maps {
    /// The mapped files of a process but for its program, each once, in the order of addresses.
    pub fn files(&mut self, process: &Process, program: Option<FileStat>, reader: &mut Reader) -> Vec<Descriptor> {
        let mut text = std::mem::take(&mut self.buffer);
        let read = Who::of(process).read_into("maps", &mut text);
        let found = match read {
            Ok(()) => self.files_of(&text, process, program, reader),
            Err(error) => {
                reader.trouble.note(&error);
                Vec::new()
            }
        };
        self.buffer = text;
        found
    }

    /// The same, of the bytes of `/proc/PID/maps` that were read already.
    pub fn files_of(
        &mut self,
        text: &[u8],
        process: &Process,
        program: Option<FileStat>,
        reader: &mut Reader,
    ) -> Vec<Descriptor> {
        let mut found = Vec::new();
        let mounts = reader.mounts(process);
        let mut seen = HashSet::new();
        for line in text.split(|&b| b == b'\n').filter_map(parse) {
            let is_program = program.is_some_and(|p| p.dev == line.dev && p.ino == line.ino);
            if !is_program && seen.insert((line.dev, line.ino)) {
                found.push(self.file(&line, process, &mounts, reader));
            }
        }
        found
    }

    /// A mapped file. Its path is asked for what is there now: when that is another file, the path and the
    /// mapping disagree, and only what the mapping tells is certain.
    fn file(&mut self, line: &Line<'_>, process: &Process, mounts: &Rc<Mounts>, reader: &mut Reader) -> Descriptor {
        // A namespace lives as long as the reader, so its address names it.
        let key = (Rc::as_ptr(mounts) as usize, line.dev, line.ino, line.path.to_vec());
        let asked = self.asked.entry(key).or_insert_with(|| ask(line, process, mounts, reader)).clone();
        let certain = FileStat { dev: line.dev, ino: line.ino, mode: libc::S_IFREG, ..FileStat::default() };
        let mut found = Descriptor::new(Slot::Mem, line.path);
        match asked {
            Asked::Is(stat) if stat.dev == line.dev && stat.ino == line.ino => found.stat = Some(stat),
            _ if line.deleted => {
                found.slot = Slot::Deleted;
                found.stat = Some(certain);
            }
            Asked::Is(stat) => {
                found.stat = Some(certain);
                found.lack = Some(differs(line, &stat));
            }
            Asked::Fails(lack) => {
                found.stat = Some(certain);
                found.lack = Some(lack);
            }
        }
        found
    }
}

/// How a path and a mapping disagree.
fn differs(line: &Line<'_>, there: &FileStat) -> Lack {
    Lack::Elsewhere((there.dev != line.dev).then_some(there.dev), (there.ino != line.ino).then_some(there.ino))
}

fn ask(line: &Line<'_>, process: &Process, mounts: &Rc<Mounts>, reader: &mut Reader) -> Asked {
    let path = line.path;
    let mount = mounts.of_path(path);
    let point = mount.map_or(b"?".as_slice(), |mount| &mount.point);
    let trust = mounts.trust(path);
    if reader.exempts(path).is_some() {
        return Asked::Fails(Lack::MappingExempt);
    }
    let who = Who::Id(process.seen());
    let full = if trust == Trust::Remote && line.deleted {
        // The link to the mapping leads to the file still; no path does.
        return Asked::Fails(Lack::MappingDeleted);
    } else if trust == Trust::Remote {
        // The way along the path would ask whoever may not answer; the link to the mapping asks nobody.
        who.path(format_args!("map_files/{}", link_name(line.range))).into_bytes()
    } else if reader.is_own(mounts) {
        path.to_vec()
    } else {
        // In another mount namespace, or below another root, the path means what it means there.
        [who.path("root").as_bytes(), path].concat()
    };
    match reader.asker.ask(&full, trust, point) {
        Ok(stat) => Asked::Is(stat),
        Err(error) => Asked::Fails(Lack::of(&error, Lack::Stat)),
    }
}

/// The name in map_files of a range of maps: that has no zeroes in front of its addresses.
fn link_name(range: &[u8]) -> String {
    let text = String::from_utf8_lossy(range);
    let ends: Vec<&str> = text.split('-').map(|end| end.trim_start_matches('0')).collect();
    ends.join("-")
}

/// Reads a line; `None` for what is no file.
fn parse(line: &[u8]) -> Option<Line<'_>> {
    let regions::Line { range, dev, ino, path, .. } = regions::line(line)?;
    if path.is_empty() || (dev == Dev::default() && ino == 0) {
        return None;
    }
    let (path, deleted) = match path.strip_suffix(b" (deleted)") {
        Some(before) if !before.is_empty() => (before, true),
        _ => (path, false),
    };
    Some(Line { range, dev, ino, path, deleted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_maps() {
        let check = |line: &str, expected: Option<(u32, u32, u64, &str, bool)>| {
            let found = parse(line.as_bytes()).map(|l| {
                let path = String::from_utf8_lossy(l.path).into_owned();
                (l.dev.major, l.dev.minor, l.ino, path, l.deleted)
            });
            let expected = expected.map(|(a, b, c, d, e)| (a, b, c, d.to_owned(), e));
            assert_eq!(found, expected, "{line}");
        };
        let head = "7f0000000000-7f0000001000 r--p 00000000";
        check(
            &format!("{head} fe:00 326279        /usr/lib/libc.so.6"),
            Some((254, 0, 326279, "/usr/lib/libc.so.6", false)),
        );
        check(&format!("{head} fe:00 9      /tmp/a b (deleted)"), Some((254, 0, 9, "/tmp/a b", true)));
        check(&format!("{head} 00:01 12      /SYSV00000000 (deleted)"), Some((0, 1, 12, "/SYSV00000000", true)));
        check(&format!("{head} 00:00 0       [heap]"), None);
        check(&format!("{head} 00:00 0"), None);
        check("", None);
        check("x y z", None);
        check(&format!("{head} zz:00 1 /a"), None);
    }

    #[test]
    fn ranges_are_named_without_zeroes() {
        assert_eq!(link_name(b"00400000-00401000"), "400000-401000");
        assert_eq!(link_name(b"7f0000000000-7f0000001000"), "7f0000000000-7f0000001000");
    }

    #[test]
    fn paths_and_mappings_disagree() {
        let line = Line { range: b"1-2", dev: Dev { major: 1, minor: 2 }, ino: 3, path: b"/a", deleted: false };
        let there = |major, ino| FileStat { dev: Dev { major, minor: 2 }, ino, ..FileStat::default() };
        let dev = Some(Dev { major: 9, minor: 2 });
        assert_eq!(differs(&line, &there(9, 3)), Lack::Elsewhere(dev, None));
        assert_eq!(differs(&line, &there(9, 4)), Lack::Elsewhere(dev, Some(4)));
        assert_eq!(differs(&line, &there(1, 4)), Lack::Elsewhere(None, Some(4)));
    }
}
