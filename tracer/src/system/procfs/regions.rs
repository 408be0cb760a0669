//! Memory of a process by `/proc/PID/maps`, with its permissions.

use super::{hex, number};
use crate::system::process::{Mapping, Region};
use crate::system::snapshot::Dev;

/// A line, `FROM-TO PERM OFFSET MAJ:MIN INODE PATH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// `FROM-TO`
    pub range: &'a [u8],
    permissions: &'a [u8],
    offset: &'a [u8],
    /// Device of the file; nothing for anonymous memory.
    pub dev: Dev,
    /// Its inode.
    pub ino: u64,
    /// What is mapped, ` (deleted)` behind it included; empty for anonymous memory.
    pub path: &'a [u8],
}

/// Takes a line apart.
pub(super) fn line(line: &[u8]) -> Option<Line<'_>> {
    let mut rest = line;
    let mut field = || {
        let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        let found = &rest[..end];
        rest = rest[end..].trim_ascii_start();
        (!found.is_empty()).then_some(found)
    };
    let (range, permissions, offset, dev) = (field()?, field()?, field()?, field()?);
    let (ino, _) = number(field()?)?;
    let colon = dev.iter().position(|&b| b == b':')?;
    let dev = Dev { major: hex(&dev[..colon])? as u32, minor: hex(&dev[colon + 1..])? as u32 };
    Some(Line { range, permissions, offset, dev, ino, path: rest })
}

/// Reads the file.
pub fn parse(text: &[u8]) -> Vec<Region> {
    text.split(|&b| b == b'\n').filter_map(|text| region(&line(text)?)).collect()
}

/// Reads the file, for what is mapped.
pub fn mappings(text: &[u8]) -> Vec<Mapping> {
    text.split(|&b| b == b'\n').filter_map(|text| mapping(&line(text)?)).collect()
}

/// Where files of this name are mapped from their beginning on.
pub fn named(text: &[u8], name: &[u8]) -> Vec<u64> {
    let at = |text: &[u8]| mapping(&line(text)?).filter(|found| found.path == name && found.offset == 0);
    text.split(|&b| b == b'\n').filter_map(at).map(|found| found.from).collect()
}

fn ends(line: &Line<'_>) -> Option<(u64, u64)> {
    let dash = line.range.iter().position(|&b| b == b'-')?;
    Some((hex(&line.range[..dash])?, hex(&line.range[dash + 1..])?))
}

fn mapping(line: &Line<'_>) -> Option<Mapping> {
    let (from, to) = ends(line)?;
    let is = |at: usize, letter: u8| line.permissions.get(at) == Some(&letter);
    let (code, shared, offset) = (is(2, b'x'), is(3, b's'), hex(line.offset)?);
    Some(Mapping { from, to, code, shared, offset, dev: line.dev, ino: line.ino, path: line.path.to_vec() })
}

fn region(line: &Line<'_>) -> Option<Region> {
    let (from, to) = ends(line)?;
    Some(Region { from, to, permissions: line.permissions.try_into().ok()?, path: line.path.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = b"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a b (deleted)\n\
            7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \nx-y rwxp 0 0:0 0\nnothing\n1-2 rw 0 0:0 0\n";
        let list = parse(text);
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].from, list[0].to, &list[0].permissions), (0x40_0000, 0x45_2000, b"r-xp"));
        assert_eq!(list[0].path, b"/usr/bin/a b (deleted)");
        assert_eq!((list[1].path.as_slice(), &list[1].permissions), (b"".as_slice(), b"rwxp"));
    }

    #[test]
    fn mapped_files() {
        let text = b"00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/a b (deleted)\n\
            7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \nx-y rwxp 0 0:0 0\n1-2 rwxp zz 0:0 0\n";
        let list = mappings(text);
        let expected = Mapping {
            from: 0x40_0000,
            to: 0x45_2000,
            code: true,
            shared: false,
            offset: 0x1000,
            dev: Dev { major: 8, minor: 2 },
            ino: 173_521,
            path: b"/usr/bin/a b (deleted)".to_vec(),
        };
        assert_eq!(list.len(), 2);
        assert_eq!(list[0], expected);
        assert_eq!((list[1].code, list[1].ino, list[1].path.as_slice()), (false, 0, b"".as_slice()));
    }
}
