//! Where the code of a process is, as the kernel side is told: the words on a stack that point there make its number.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsRawFd, OwnedFd};

use tracer_common::blocks::{CODES, Code};

use crate::capture::ebpf::bpf;
use crate::system::process::Mapping;

/// What was told.
pub struct Codes {
    map: OwnedFd,
    /// The files of what was told, by its number: frames of others are not part of a stack's number.
    files: HashMap<u64, HashSet<Vec<u8>>>,
    /// The file of the program, where it was known.
    programs: HashMap<u64, Vec<u8>>,
    /// Of each process what was told last.
    of: HashMap<u32, Code>,
    /// Of which processes each was told.
    users: HashMap<u64, HashSet<u32>>,
    last: u64,
}

impl Codes {
    /// Nothing yet.
    pub fn new(map: OwnedFd) -> Codes {
        Codes {
            map,
            files: HashMap::new(),
            programs: HashMap::new(),
            of: HashMap::new(),
            users: HashMap::new(),
            last: 0,
        }
    }

    /// Tells of a process that runs a program and has these mappings.
    pub fn tell(&mut self, tgid: u32, program: Option<&[u8]>, list: &[Mapping]) {
        let own = || list.iter().filter(|mapping| mapping.code && is_file(&mapping.path));
        let mut code = code_of(own().map(|mapping| [mapping.from, mapping.to]).collect());
        if self.of.get(&tgid).is_some_and(|told| (told.count, told.ranges) == (code.count, code.ranges)) {
            return;
        }
        self.last += 1;
        code.number = self.last;
        self.files.insert(self.last, own().map(|mapping| mapping.path.clone()).collect());
        self.programs.extend(program.map(|program| (self.last, program.to_vec())));
        self.put(tgid, code);
    }

    /// Whether a file is a library, and not the program.
    pub fn is_library(&self, number: u64, file: &[u8]) -> bool {
        self.programs.get(&number).is_some_and(|program| program != file)
    }

    /// A process is the copy of another.
    pub fn forked(&mut self, parent: u32, child: u32) {
        if let Some(code) = self.of.get(&parent).copied() {
            self.put(child, code);
        }
    }

    /// A process is gone, or runs another program. Gives the numbers of what is nobody's any more.
    pub fn forget(&mut self, tgid: u32) -> Vec<u64> {
        self.of.remove(&tgid);
        let _ = bpf::delete(self.map.as_raw_fd(), &tgid);
        let mut left = Vec::new();
        self.users.retain(|number, users| {
            users.remove(&tgid);
            left.extend(users.is_empty().then_some(*number));
            !users.is_empty()
        });
        for number in &left {
            self.files.remove(number);
            self.programs.remove(number);
        }
        left
    }

    /// Whether frames in a file are part of the numbers that stacks have, where this was told.
    pub fn has(&self, number: u64, file: &[u8]) -> bool {
        self.files.get(&number).is_some_and(|files| files.contains(file))
    }

    fn put(&mut self, tgid: u32, code: Code) {
        let _ = bpf::update(self.map.as_raw_fd(), &tgid, &code);
        self.users.entry(code.number).or_default().insert(tgid);
        self.of.insert(tgid, code);
    }
}

/// Whether code is of a file, or the kernel's as a file: not what stands in the way of returns (`[uprobes]`).
fn is_file(path: &[u8]) -> bool {
    path == b"[vdso]" || path.first().is_some_and(|first| *first != b'[')
}

/// What the kernel side is told of these ranges. Where there are more than it has room for, those that are nearest to each other are one.
fn code_of(mut ranges: Vec<[u64; 2]>) -> Code {
    ranges.sort_unstable();
    ranges.dedup_by(|next, before| {
        let adjoins = next[0] <= before[1];
        before[1] = if adjoins { before[1].max(next[1]) } else { before[1] };
        adjoins
    });
    while ranges.len() >= CODES {
        let Some(gap) = nearest(&ranges) else { break };
        ranges[gap][1] = ranges[gap + 1][1];
        ranges.remove(gap + 1);
    }
    let mut code = Code { count: ranges.len() as u64, ..Code::NONE };
    code.ranges.iter_mut().zip(&ranges).for_each(|(to, range)| *to = *range);
    // The widest gap parts the program from its libraries.
    let widest = (1..ranges.len()).max_by_key(|&at| ranges[at][0] - ranges[at - 1][1]).unwrap_or(ranges.len());
    let (front, back) = ranges.split_at(widest);
    for (around, part) in code.around.iter_mut().zip([front, back]) {
        if let (Some(first), Some(last)) = (part.first(), part.last()) {
            *around = [first[0], last[1]];
        }
    }
    if code.around[1] == [0; 2] {
        // All of it is one range.
        code.around[1] = code.around[0];
    }
    code
}

/// The range behind which the next begins first.
fn nearest(ranges: &[[u64; 2]]) -> Option<usize> {
    (0..ranges.len().checked_sub(1)?).min_by_key(|&at| ranges[at + 1][0] - ranges[at][1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_order_and_all_within_two() {
        let check = |given: &[[u64; 2]], ranges: &[[u64; 2]], around: [[u64; 2]; 2]| {
            let code = code_of(given.to_vec());
            assert_eq!(&code.ranges[..code.count as usize], ranges);
            assert_eq!(code.around, around);
        };
        check(&[], &[], [[0; 2]; 2]);
        check(&[[5, 9]], &[[5, 9]], [[5, 9], [5, 9]]);
        check(&[[500, 600], [5, 9], [9, 12], [700, 800]], &[[5, 12], [500, 600], [700, 800]], [[5, 12], [500, 800]]);
    }

    #[test]
    fn more_ranges_than_there_is_room_for_become_wider() {
        let many: Vec<[u64; 2]> = (0..1000u64).map(|n| [n * n * 10, n * n * 10 + 5]).collect();
        let code = code_of(many.clone());
        let ranges = &code.ranges[..code.count as usize];
        assert!(ranges.len() < CODES && ranges.is_sorted());
        assert!(many.iter().all(|[from, to]| ranges.iter().any(|range| range[0] <= *from && *to <= range[1])));
    }
}
