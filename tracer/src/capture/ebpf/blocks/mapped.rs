//! Memory that a program has mapped by itself and not unmapped. What is unmapped may be a part of what was mapped, so this is no table of
//! addresses, as that of blocks is.

use std::collections::BTreeMap;

use tracer_common::blocks::{Block, does};
use tracer_common::event::Head;

use super::report::Held;

/// Bytes of a page: what is mapped are whole ones.
const PAGE: u64 = 4096;

/// What is mapped, by where it begins.
#[derive(Debug, Default)]
pub struct Mapped(BTreeMap<u64, Block>);

impl Mapped {
    /// Takes a record of what was mapped or unmapped.
    pub fn change(&mut self, head: &Head) {
        let [first, second, third, ..] = head.args;
        let failed = head.ret as u64 > u64::MAX - PAGE;
        let new = |size| Block { size, time: head.time, stack: head.dur, function: head.nr, tid: head.tid };
        match u64::from(head.cpu) {
            _ if failed => {}
            does::MAPS => self.map(head.ret as u64, new(first)),
            does::UNMAPS => self.unmap(first, second),
            does::REMAPS => {
                let there = self.0.range(..=first).next_back().filter(|(at, block)| first - **at < whole(block.size));
                let is_known = there.is_some();
                self.unmap(first, second);
                if is_known {
                    self.map(head.ret as u64, new(third));
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, at: u64, block: Block) {
        self.unmap(at, block.size);
        self.0.insert(at, block);
    }

    fn unmap(&mut self, from: u64, len: u64) {
        let to = from.saturating_add(whole(len));
        let before = self.0.range(..from).next_back().map(|(at, _)| *at);
        let within = self.0.range(from..to).map(|(at, _)| *at);
        let touched: Vec<u64> = before.into_iter().chain(within).collect();
        for at in touched {
            let Some(block) = self.0.remove(&at) else { continue };
            let end = at.saturating_add(block.size);
            if at < from {
                self.0.insert(at, Block { size: block.size.min(from - at), ..block });
            }
            if end > to {
                self.0.insert(to, Block { size: end - to, ..block });
            }
        }
    }

    /// All of it.
    pub fn held(&self) -> impl Iterator<Item = Held> {
        self.0.iter().map(|(address, block)| Held { address: *address, block: *block })
    }

    /// All of it was mapped at a time or later.
    pub fn is_after(&self, time: u64) -> bool {
        self.0.values().all(|block| block.time >= time) && time < u64::MAX
    }
}

/// Bytes of whole pages.
fn whole(len: u64) -> u64 {
    len.checked_next_multiple_of(PAGE).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(does: u64, args: [u64; 3], ret: u64) -> Head {
        let [a, b, c] = args;
        Head { cpu: does as u32, args: [a, b, c, 0, 0, 0], ret: ret as i64, time: 7, ..Head::default() }
    }

    #[test]
    fn parts_are_unmapped_and_moved() {
        let check = |records: &[Head], expected: &[(u64, u64)]| {
            let mut mapped = Mapped::default();
            records.iter().for_each(|head| mapped.change(head));
            assert_eq!(mapped.held().map(|held| (held.address, held.block.size)).collect::<Vec<_>>(), expected);
        };
        let map = record(does::MAPS, [0x3800, 0, 0], 0x10000);
        check(&[map], &[(0x10000, 0x3800)]);
        check(&[map, record(does::MAPS, [9, 0, 0], u64::MAX)], &[(0x10000, 0x3800)]);
        check(&[map, record(does::UNMAPS, [0x10000, 0x3800, 0], 0)], &[]);
        check(&[map, record(does::UNMAPS, [0x10000, 0x3800, 0], u64::MAX)], &[(0x10000, 0x3800)]);
        check(&[map, record(does::UNMAPS, [0x11000, 0x1000, 0], 0)], &[(0x10000, 0x1000), (0x12000, 0x1800)]);
        check(&[map, record(does::UNMAPS, [0xf000, 0x2000, 0], 0)], &[(0x11000, 0x2800)]);
        check(&[map, record(does::REMAPS, [0x10000, 0x3800, 0x9000], 0x40000)], &[(0x40000, 0x9000)]);
        check(&[map, record(does::REMAPS, [0x90000, 0x1000, 0x9000], 0x40000)], &[(0x10000, 0x3800)]);
        check(&[map, record(does::UNMAPS, [0, u64::MAX, 0], 0)], &[]);
        check(&[map, map], &[(0x10000, 0x3800)]);
    }
}
