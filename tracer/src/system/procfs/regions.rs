//! Memory of a process by `/proc/PID/maps`, with its permissions.

use crate::system::process::Region;

/// Reads the file.
pub fn parse(text: &[u8]) -> Vec<Region> {
    text.split(|&b| b == b'\n').filter_map(line).collect()
}

/// `FROM-TO PERM OFFSET MAJ:MIN INODE PATH`
fn line(line: &[u8]) -> Option<Region> {
    let mut rest = line;
    let mut field = || {
        let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        let found = &rest[..end];
        rest = rest[end..].trim_ascii_start();
        (!found.is_empty()).then_some(found)
    };
    let (range, permissions) = (field()?, field()?);
    let (_, _, _) = (field()?, field()?, field()?);
    let dash = range.iter().position(|&b| b == b'-')?;
    Some(Region {
        from: super::hex(&range[..dash])?,
        to: super::hex(&range[dash + 1..])?,
        permissions: permissions.try_into().ok()?,
        path: rest.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let text = b"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a b (deleted)\n\
            7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \nx-y rwxp 0 0 0\nnothing\n1-2 rw 0 0:0 0\n";
        let list = parse(text);
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].from, list[0].to, &list[0].permissions), (0x40_0000, 0x45_2000, b"r-xp"));
        assert_eq!(list[0].path, b"/usr/bin/a b (deleted)");
        assert_eq!((list[1].path.as_slice(), &list[1].permissions), (b"".as_slice(), b"rwxp"));
    }
}
