//! What a just-in-time compiler tells of its code: `/tmp/perf-PID.map`, a line `START SIZE NAME` for each function, in hexadecimal. It
//! grows while the program runs.

use std::io::Read;

use crate::system::mapped::{self, Stamp};
use crate::system::procfs::who::Who;

/// The most of a map that is read.
const MAP_MAX: u64 = 64 << 20;

/// The map of a process, as far as it was read.
#[derive(Debug, Default)]
pub struct PerfMap {
    stamp: Option<Stamp>,
    /// What the process calls the file.
    pub path: Vec<u8>,
    functions: Vec<(u64, u64, Vec<u8>)>,
}

impl PerfMap {
    /// The function at an address and where it begins; the map is read anew when it has changed and does not know the address.
    pub fn find(&mut self, who: Who, address: u64) -> Option<(&[u8], u64)> {
        if self.place(address).is_none() {
            self.refresh(who);
        }
        let (start, _, name) = &self.functions[self.place(address)?];
        Some((name, *start))
    }

    fn place(&self, address: u64) -> Option<usize> {
        let before = self.functions.partition_point(|(start, ..)| *start <= address).checked_sub(1)?;
        let (start, size, _) = &self.functions[before];
        (address - start < *size).then_some(before)
    }

    fn refresh(&mut self, who: Who) {
        let Some((path, file)) = mapped::perf_map(who) else { return };
        let stamp = Stamp::of(&file);
        if stamp.is_none() || stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        self.path = path;
        let mut text = Vec::new();
        if file.take(MAP_MAX).read_to_end(&mut text).is_ok() {
            self.functions = parse(&text);
        }
    }
}

fn parse(text: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let mut found: Vec<(u64, u64, Vec<u8>)> = text.split(|&b| b == b'\n').filter_map(line).collect();
    // Of code that stands where other code stood, the younger counts.
    found.reverse();
    found.sort_by_key(|(start, ..)| *start);
    found.dedup_by_key(|(start, ..)| *start);
    found
}

fn line(line: &[u8]) -> Option<(u64, u64, Vec<u8>)> {
    let mut words = line.splitn(3, |&b| b == b' ');
    let mut number = || {
        let word = std::str::from_utf8(words.next()?).ok()?;
        u64::from_str_radix(word.strip_prefix("0x").unwrap_or(word), 16).ok()
    };
    let (start, size) = (number()?, number()?);
    let name = words.next()?;
    (!name.is_empty()).then(|| (start, size, name.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let functions =
            parse(b"1000 10 old\n2000 8 LazyCompile:~foo a.js:1\n0x1000 10 new\nbad\n3000 zz x\n\n4000 4 \n");
        let map = PerfMap { functions, ..PerfMap::default() };
        let check = |address: u64, expected: Option<&str>| {
            let found = map.place(address).map(|n| String::from_utf8_lossy(&map.functions[n].2).into_owned());
            assert_eq!(found.as_deref(), expected, "{address:#x}");
        };
        check(0xfff, None);
        check(0x100f, Some("new"));
        check(0x1010, None);
        check(0x2000, Some("LazyCompile:~foo a.js:1"));
        check(0x3000, None);
        check(0x4000, None);
    }
}
