//! What a process has mapped, as far as it is code of files: read when a frame is first looked for, and again when its mappings have
//! changed or know nothing of an address.

use std::rc::Rc;

use super::image::{Image, Images};
use super::perf_map::PerfMap;
use crate::system::mapped;
use crate::system::process::Mapping;
use crate::system::procfs::who::Who;

/// Code of a file, where a process has it.
#[derive(Clone)]
pub struct Code {
    /// The path of the file.
    pub path: Rc<[u8]>,
    /// The address of its first byte that is mapped here.
    from: u64,
    /// Where in the file that stands.
    offset: u64,
    /// The file, where it can be read.
    pub image: Option<Rc<Image>>,
}

impl Code {
    /// Where in the file an address is.
    pub fn offset_of(&self, address: u64) -> u64 {
        address.wrapping_sub(self.from).wrapping_add(self.offset)
    }

    /// An address as the file counts them, and by how much all of them differ.
    pub fn in_file(&self, image: &Image, address: u64) -> Option<(u64, u64)> {
        let in_file = image.address_of(self.offset_of(address))?;
        Some((in_file, address.wrapping_sub(in_file)))
    }
}

#[derive(Clone)]
struct Mapped {
    mapping: Mapping,
    code: Option<Code>,
}

/// The mappings of a process.
#[derive(Default)]
pub struct Space {
    list: Vec<Mapped>,
    read: bool,
    stale: bool,
    /// It was told from the program's beginning, and nobody need be asked; unless something turns out to be missing, once.
    told: bool,
    /// What its compilers tell.
    pub perf_map: PerfMap,
    /// Files that should have been read and could not be, since this was last asked for.
    unread: u64,
}

impl Space {
    /// Something was mapped or unmapped.
    pub fn changed(&mut self) {
        self.stale = true;
    }

    /// Whether the mappings are known: now or from before, when the process is gone.
    pub fn is_known(&mut self, who: Who) -> bool {
        if !self.read || self.stale {
            self.refresh(who);
        }
        self.read
    }

    /// What a new process has of the one that made it.
    pub fn inherited(&self) -> Space {
        Space { list: self.list.clone(), read: self.read, stale: self.stale, told: self.told, ..Space::default() }
    }

    /// What a program has when it begins.
    pub fn begun(list: Vec<Mapping>) -> Space {
        let mut space = Space { read: true, told: true, ..Space::default() };
        list.into_iter().for_each(|mapping| space.map(mapping));
        space
    }

    /// Something is mapped, in the place of whatever was there.
    pub fn map(&mut self, mapping: Mapping) {
        if self.read && mapping.from < mapping.to {
            self.unmap(mapping.from, mapping.to);
            let at = self.list.partition_point(|mapped| mapped.mapping.from < mapping.from);
            self.list.insert(at, Mapped { mapping, code: None });
        }
    }

    /// Nothing is mapped there any more.
    pub fn unmap(&mut self, from: u64, to: u64) {
        self.split(from);
        self.split(to);
        self.list.retain(|mapped| mapped.mapping.from < from || mapped.mapping.from >= to);
    }

    /// What is there may be executed, or may not.
    pub fn protect(&mut self, from: u64, to: u64, code: bool) {
        self.split(from);
        self.split(to);
        let there = |mapped: &&mut Mapped| mapped.mapping.from >= from && mapped.mapping.from < to;
        self.list.iter_mut().filter(there).for_each(|mapped| mapped.mapping.code = code);
    }

    /// What is mapped at an address now stands elsewhere.
    pub fn move_to(&mut self, from: u64, len: u64, to: u64, new_len: u64) {
        self.split(from);
        let moved = self.place(from).map(|n| self.list[n].mapping.clone());
        self.unmap(from, from.saturating_add(len));
        self.unmap(to, to.saturating_add(new_len));
        if let Some(moved) = moved {
            self.map(Mapping { from: to, to: to.saturating_add(new_len), ..moved });
        }
    }

    /// Makes two of the mapping that an address is in the middle of.
    fn split(&mut self, at: u64) {
        let Some(place) = self.place(at).filter(|&n| self.list[n].mapping.from < at) else { return };
        let mut behind = self.list[place].clone();
        behind.mapping.offset = behind.mapping.offset.wrapping_add(at - behind.mapping.from);
        behind.mapping.from = at;
        self.list[place].mapping.to = at;
        self.list.insert(place + 1, behind);
    }

    fn refresh(&mut self, who: Who) {
        let Some(list) = mapped::mappings(who) else { return };
        let mut old = std::mem::take(&mut self.list);
        // What stayed keeps its file.
        let mut keep = |mapping: Mapping| {
            let place = old.binary_search_by_key(&mapping.from, |mapped| mapped.mapping.from).ok();
            let same = place.filter(|&n| old[n].mapping == mapping);
            Mapped { code: same.and_then(|n| old[n].code.take()), mapping }
        };
        self.list = list.into_iter().map(&mut keep).collect();
        self.read = true;
        self.told = false;
        self.stale = false;
    }

    /// The code at an address; `None` where there is none of a file.
    pub fn code(&mut self, who: Who, address: u64, images: &mut Images) -> Option<Code> {
        if self.place(address).is_none() && !self.told {
            self.refresh(who);
        }
        let place = self.place(address)?;
        let Mapped { mapping, code } = &mut self.list[place];
        if !mapping.code || mapping.path.is_empty() {
            return None;
        }
        if code.is_none() {
            let image = images.of(who, mapping).unwrap_or_else(|_| {
                self.unread += 1;
                None
            });
            let path = mapping.path.as_slice().into();
            *code = Some(Code { path, from: mapping.from, offset: mapping.offset, image });
        }
        code.clone()
    }

    fn place(&self, address: u64) -> Option<usize> {
        let before = self.list.partition_point(|mapped| mapped.mapping.from <= address).checked_sub(1)?;
        (address < self.list[before].mapping.to).then_some(before)
    }

    /// Files that could not be read.
    pub fn take_unread(&mut self) -> u64 {
        std::mem::take(&mut self.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(from: u64, to: u64, code: bool, offset: u64, path: &str) -> Mapping {
        Mapping { from, to, code, offset, path: path.as_bytes().to_vec(), ..Mapping::default() }
    }

    fn shown(space: &Space) -> Vec<(u64, u64, bool, u64, String)> {
        let one = |m: &Mapping| (m.from, m.to, m.code, m.offset, String::from_utf8_lossy(&m.path).into_owned());
        space.list.iter().map(|mapped| one(&mapped.mapping)).collect()
    }

    #[test]
    fn what_calls_do_to_mappings() {
        let list = || vec![mapping(0x1000, 0x5000, true, 0x100, "a"), mapping(0x6000, 0x7000, false, 0, "b")];
        let check = |change: &dyn Fn(&mut Space), expected: &[(u64, u64, bool, u64, &str)]| {
            let mut space = Space::begun(list());
            change(&mut space);
            let expected: Vec<_> = expected.iter().map(|&(a, b, c, d, e)| (a, b, c, d, e.to_owned())).collect();
            assert_eq!(shown(&space), expected);
        };
        let b = (0x6000, 0x7000, false, 0, "b");
        check(&|_| (), &[(0x1000, 0x5000, true, 0x100, "a"), b]);
        check(
            &|s| s.unmap(0x2000, 0x3000),
            &[(0x1000, 0x2000, true, 0x100, "a"), (0x3000, 0x5000, true, 0x2100, "a"), b],
        );
        check(&|s| s.unmap(0, u64::MAX), &[]);
        check(
            &|s| s.map(mapping(0x4000, 0x6800, true, 9, "c")),
            &[(0x1000, 0x4000, true, 0x100, "a"), (0x4000, 0x6800, true, 9, "c"), (0x6800, 0x7000, false, 0x800, "b")],
        );
        check(
            &|s| s.protect(0x4000, 0x7000, true),
            &[(0x1000, 0x4000, true, 0x100, "a"), (0x4000, 0x5000, true, 0x3100, "a"), (0x6000, 0x7000, true, 0, "b")],
        );
        check(
            &|s| s.move_to(0x6000, 0x1000, 0x9000, 0x2000),
            &[(0x1000, 0x5000, true, 0x100, "a"), (0x9000, 0xb000, false, 0, "b")],
        );
        check(&|s| s.map(mapping(5, 5, true, 0, "none")), &[(0x1000, 0x5000, true, 0x100, "a"), b]);
        let mut unknown = Space::default();
        unknown.map(mapping(1, 2, true, 0, "a"));
        assert!(shown(&unknown).is_empty(), "of a process that nobody has looked at yet");
        assert_eq!(shown(&Space::begun(list()).inherited()), shown(&Space::begun(list())));
    }
}
