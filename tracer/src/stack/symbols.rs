//! Which function an address belongs to. The choice is that of libunwind, by which strace prints: of the functions and untyped symbols
//! that an address lies in, the one that begins last; of those, the one that stands first in the file. One without a size has none.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use object::NativeEndian as NE;
use object::elf::{self, Sym64};
use object::pod::slice_from_bytes;

use super::demangle::demangled;
use super::elf::{Elf, word};

/// Symbols that are kept of a file at most.
const SYMBOLS_MAX: usize = 8 << 20;

#[derive(Debug, Clone, Copy)]
struct Symbol {
    start: u64,
    end: u64,
    name: u32,
    table: u32,
}

/// Names that were asked for, demangled, by their tables and places.
type Names = HashMap<(u32, u32), Rc<[u8]>>;

/// The symbols of a file that can name code.
#[derive(Debug, Default)]
pub struct Symbols {
    /// By their starts; those with the same in the order of the file.
    list: Vec<Symbol>,
    /// How far the symbols up to here reach.
    reach: Vec<u64>,
    strings: Vec<Rc<[u8]>>,
    names: RefCell<Names>,
}

impl Symbols {
    /// Those of a file.
    pub fn of(file: &Elf) -> Symbols {
        let mut found = Symbols::default();
        for section in file.sections.iter().filter(|s| [elf::SHT_SYMTAB, elf::SHT_DYNSYM].contains(&s.kind)) {
            let strings = file.sections.get(section.link).and_then(|strings| file.data(strings));
            if let (Some(data), Some(strings)) = (file.data(section), strings) {
                found.add(&data, strings);
            }
        }
        found.order();
        found
    }

    fn order(&mut self) {
        self.list.sort_by_key(|symbol| symbol.start);
        let mut furthest = 0;
        let reach = self.list.iter().map(|symbol| {
            furthest = symbol.end.max(furthest);
            furthest
        });
        self.reach = reach.collect();
    }

    fn add(&mut self, data: &[u8], strings: Rc<[u8]>) {
        let table = self.strings.len() as u32;
        self.strings.push(strings);
        let count = data.len() / size_of::<Sym64<NE>>();
        let Ok((symbols, _)) = slice_from_bytes::<Sym64<NE>>(data, count) else { return };
        for symbol in symbols {
            let index = symbol.st_shndx.get(NE);
            let code = [elf::STT_FUNC, elf::STT_NOTYPE].contains(&symbol.st_type());
            if code && ![elf::SHN_UNDEF, elf::SHN_ABS].contains(&index) && self.list.len() < SYMBOLS_MAX {
                let start = symbol.st_value.get(NE);
                let end = start.saturating_add(symbol.st_size.get(NE));
                self.list.push(Symbol { start, end, name: symbol.st_name.get(NE), table });
            }
        }
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The function at an address, and where it begins.
    pub fn find(&self, address: u64) -> Option<(Rc<[u8]>, u64)> {
        let before = self.list.partition_point(|symbol| symbol.start <= address);
        let mut found: Option<&Symbol> = None;
        for (symbol, reach) in self.list[..before].iter().zip(&self.reach).rev() {
            if *reach <= address || found.is_some_and(|found| found.start != symbol.start) {
                break;
            }
            if symbol.end > address {
                found = Some(symbol);
            }
        }
        found.map(|symbol| (self.name(symbol), symbol.start))
    }

    fn name(&self, symbol: &Symbol) -> Rc<[u8]> {
        let mut names = self.names.borrow_mut();
        let name = names.entry((symbol.table, symbol.name)).or_insert_with(|| {
            let strings = self.strings.get(symbol.table as usize);
            demangled(strings.map_or(&[], |strings| word(strings, symbol.name))).into()
        });
        name.clone()
    }
}

/// Where a file has something of this name, code or not; the first there is.
pub fn address_of(file: &Elf, name: &[u8]) -> Option<u64> {
    let tables = file.sections.iter().filter(|section| [elf::SHT_SYMTAB, elf::SHT_DYNSYM].contains(&section.kind));
    tables.into_iter().find_map(|section| {
        let (data, strings) = (file.data(section)?, file.data(file.sections.get(section.link)?)?);
        let (symbols, _) = slice_from_bytes::<Sym64<NE>>(&data, data.len() / size_of::<Sym64<NE>>()).ok()?;
        let there = symbols.iter().filter(|symbol| symbol.st_shndx.get(NE) != elf::SHN_UNDEF);
        there
            .into_iter()
            .find(|symbol| word(&strings, symbol.st_name.get(NE)) == name)
            .map(|symbol| symbol.st_value.get(NE))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(list: &[(u64, u64, &str)]) -> Symbols {
        let (mut data, mut strings) = (Vec::new(), vec![0]);
        for (start, size, name) in list {
            data.extend_from_slice(&(strings.len() as u32).to_ne_bytes());
            data.extend_from_slice(&[elf::STT_FUNC, 0, 1, 0]);
            data.extend_from_slice(&start.to_ne_bytes());
            data.extend_from_slice(&size.to_ne_bytes());
            strings.extend_from_slice(name.as_bytes());
            strings.push(0);
        }
        let mut found = Symbols::default();
        found.add(&data, strings.into());
        found.order();
        found
    }

    #[test]
    fn the_nearest_that_contains_it_and_of_those_the_first() {
        let found = symbols(&[
            (0x100, 0x100, "outer"),
            (0x140, 0x10, "inner"),
            (0x140, 0x10, "alias"),
            (0x140, 0x4, "short"),
            (0x300, 0, "bare"),
            (0x400, 8, "_ZN3foo3barEi"),
            (u64::MAX - 3, 100, "last"),
        ]);
        let check = |address: u64, expected: Option<(&str, u64)>| {
            let got = found.find(address).map(|(name, start)| (String::from_utf8_lossy(&name).into_owned(), start));
            assert_eq!(got, expected.map(|(name, start)| (name.to_owned(), start)), "{address:#x}");
        };
        check(0xff, None);
        check(0x100, Some(("outer", 0x100)));
        check(0x140, Some(("inner", 0x140)));
        check(0x14f, Some(("inner", 0x140)));
        check(0x150, Some(("outer", 0x100)));
        check(0x200, None);
        check(0x300, None);
        check(0x404, Some(("foo::bar(int)", 0x400)));
        check(u64::MAX - 1, Some(("last", u64::MAX - 3)));
        assert!(symbols(&[]).find(5).is_none());
    }
}
