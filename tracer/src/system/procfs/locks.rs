//! Locks on files: /proc/locks (proc(5)). Locks of open file descriptions have no process there.

use std::collections::HashMap;

use super::{hex, machine, number};
use crate::system::snapshot::Dev;

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
