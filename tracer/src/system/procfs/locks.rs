//! Locks on files: /proc/locks (proc(5)). Locks of open file descriptions have no process there.

use std::collections::HashMap;

use super::{hex, machine, number};
use crate::system::snapshot::{Dev, Lock};

/// Reads a line `N: [->] CLASS KIND MODE PID MAJ:MIN:INODE FROM TO`.
fn line(line: &[u8]) -> Option<Lock> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split_ascii_whitespace().peekable();
    let number = words.next()?.strip_suffix(':')?.parse().ok()?;
    let waits = words.next_if_eq(&"->").is_some();
    let (class, kind, mode) = (words.next()?.to_owned(), words.next()?.to_owned(), words.next()?);
    let pid = words.next()?.parse::<i64>().ok()?;
    let mut parts = words.next()?.rsplitn(2, ':');
    let (ino, dev) = (parts.next()?.parse().ok()?, parts.next()?);
    let file = dev.split_once(':').and_then(|(major, minor)| {
        let part = |text: &str| hex(text.as_bytes()).map(|value| value as u32);
        Some((Dev { major: part(major)?, minor: part(minor)? }, ino))
    });
    let (from, to) = (words.next()?.parse().ok()?, words.next()?);
    let writes = mode == "WRITE";
    Some(Lock {
        number,
        waits,
        class,
        kind,
        writes,
        pid: u32::try_from(pid).ok().filter(|&pid| pid > 0),
        file,
        range: (from, to.parse().ok()),
    })
}

/// All lines, as the machine has them or as fdinfo of a descriptor does (behind `lock:`).
pub fn lines(text: &[u8]) -> Vec<Lock> {
    text.split(|&b| b == b'\n').filter_map(line).collect()
}

/// All locks of this machine that this pid namespace may see.
pub fn all() -> Vec<Lock> {
    lines(&machine::locks())
}

/// Locks, by process, device and inode.
#[derive(Debug, Clone, Default)]
pub struct Locks {
    held: HashMap<(u32, Dev, u64), u8>,
}

impl Locks {
    /// Reads them; none when that is not possible.
    pub fn read() -> Locks {
        Locks::parse(&machine::locks())
    }

    /// lsof's letter for the lock that a process holds on a file: `R` and `W` for all of it, `r` and `w` for
    /// a part; a blank for none.
    pub fn letter(&self, pid: u32, dev: Dev, ino: u64) -> u8 {
        if self.held.is_empty() {
            return b' ';
        }
        self.held.get(&(pid, dev, ino)).copied().unwrap_or(b' ')
    }

    /// Reads lines `N: CLASS KIND MODE PID MAJ:MIN:INODE FROM TO`; those with `->` only wait for a lock.
    pub fn parse(text: &[u8]) -> Locks {
        let held = text.split(|&b| b == b'\n').filter_map(|line| {
            let fields: Vec<&[u8]> = line.split(|&b| b == b' ').filter(|f| !f.is_empty()).collect();
            let [_, class, _, mode, pid, file, from, to] = fields[..] else { return None };
            if class == b"->" {
                return None;
            }
            let mut parts = file.split(|&b| b == b':');
            let dev = Dev { major: hex(parts.next()?)? as u32, minor: hex(parts.next()?)? as u32 };
            let (ino, _) = number(parts.next()?)?;
            let whole = from == b"0" && to == b"EOF";
            let letter = match (mode.first()?, whole) {
                (b'R', true) => b'R',
                (b'R', false) => b'r',
                (b'W', true) => b'W',
                (b'W', false) => b'w',
                _ => return None,
            };
            Some(((number(pid)?.0 as u32, dev, ino), letter))
        });
        Locks { held: held.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines() {
        let list = lines(
            b"1: POSIX  ADVISORY  WRITE 100 fe:00:7 5 9\n1: -> POSIX  ADVISORY  READ  104 fe:00:7 0 EOF\n\
              2: OFDLCK ADVISORY  WRITE -1 fe:00:9 0 EOF\n3: LEASE  BREAKING  WRITE 7 fe:00:8 0 EOF\n\
              3: -> LEASE  BREAKER   READ  8 <none>:0 0 EOF\nx\n4: \xff\n",
        );
        let dev = Dev { major: 254, minor: 0 };
        let short: Vec<_> =
            list.iter().map(|l| (l.number, l.waits, l.class.as_str(), l.writes, l.pid, l.file)).collect();
        assert_eq!(
            short,
            [
                (1, false, "POSIX", true, Some(100), Some((dev, 7))),
                (1, true, "POSIX", false, Some(104), Some((dev, 7))),
                (2, false, "OFDLCK", true, None, Some((dev, 9))),
                (3, false, "LEASE", true, Some(7), Some((dev, 8))),
                (3, true, "LEASE", false, Some(8), None),
            ]
        );
        assert_eq!((list[0].range, list[1].range, list[3].kind.as_str()), ((5, Some(9)), (0, None), "BREAKING"));
    }

    #[test]
    fn letters() {
        let locks = Locks::parse(
            b"1: POSIX  ADVISORY  WRITE 100 fe:00:7 0 EOF\n\
              2: POSIX  ADVISORY  READ  101 fe:00:7 5 9\n\
              3: FLOCK  ADVISORY  READ  102 fe:00:8 0 EOF\n\
              4: POSIX  ADVISORY  WRITE 103 fe:00:9 0 10\n\
              4: -> POSIX  ADVISORY  WRITE 104 fe:00:9 0 10\n\
              5: OFDLCK ADVISORY  WRITE -1 fe:00:9 0 EOF\n\
              6: \xff\n",
        );
        let dev = Dev { major: 254, minor: 0 };
        for (pid, ino, letter) in [(100, 7, b'W'), (101, 7, b'r'), (102, 8, b'R'), (103, 9, b'w'), (104, 9, b' ')] {
            assert_eq!(locks.letter(pid, dev, ino), letter, "{pid}");
        }
        assert_eq!(Locks::default().letter(1, dev, 1), b' ');
    }
}
