//! The tables of a file that the dynamic linker reads, as it finds them: by the dynamic segment, not by sections, which a file need not
//! have. elf(5); the versions of symbols are those of the Linux Standard Base, "Symbol Versioning".

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use object::NativeEndian as NE;
use object::elf::{self, Dyn64, Rela64, Sym64, Verdaux, Verdef, Vernaux, Verneed};
use object::pod::{Pod, from_bytes, slice_from_bytes};

use crate::stack::elf::Elf;

/// Entries of a dynamic segment that are read; real ones have 40.
const ENTRIES_MAX: usize = 4096;
/// Versions of symbols that a file has or wants; libc has 50.
const VERSIONS_MAX: usize = 1 << 15;
/// The longest name, in bytes. A longer one is as if it were not there.
const NAME_MAX: usize = 4096;
/// The most bytes of names that are looked at in a file: names may lie within each other, and a million of them be one.
const NAMES_MAX: usize = 256 << 20;

const E: object::NativeEndian = object::NativeEndian;

/// A text out of a table of strings, which is shared.
#[derive(Clone)]
pub struct Text {
    table: Rc<[u8]>,
    from: usize,
    to: usize,
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.table.get(self.from..self.to).unwrap_or_default()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self))
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Text {
    /// What stands before the first of these bytes; all of it where there is none.
    pub(super) fn before(&self, byte: u8) -> Text {
        let len = memchr::memchr(byte, self).unwrap_or(self.len());
        Text { to: self.from + len, ..self.clone() }
    }
}

/// A table of strings.
#[derive(Debug, Default)]
pub(super) struct Strings {
    table: Rc<[u8]>,
    /// Bytes of names that were given out.
    given: usize,
}

impl Strings {
    pub(super) fn new(table: Rc<[u8]>) -> Strings {
        Strings { table, given: 0 }
    }

    /// The text at an offset; `None` where there is none, an empty or a long one, or where too much was asked for already.
    pub(super) fn at(&mut self, offset: u64) -> Option<Text> {
        let from = usize::try_from(offset).ok()?;
        let rest = self.table.get(from..)?;
        let len = memchr::memchr(0, &rest[..rest.len().min(NAME_MAX)])?;
        self.given = self.given.saturating_add(len);
        let taken = len > 0 && self.given <= NAMES_MAX;
        taken.then(|| Text { table: self.table.clone(), from, to: from + len })
    }
}

/// A version of symbols, as one file defines and others want it.
#[derive(Debug, PartialEq, Eq)]
pub struct Version {
    /// `GLIBC_2.34`
    pub name: Text,
    /// The library that has to have it (its `DT_SONAME`), where this is a wish.
    pub file: Option<Text>,
}

/// The versions of a file's symbols.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// A `u16` for each symbol: its version's number, and whether it is hidden.
    numbers: Rc<[u8]>,
    by_number: HashMap<u16, Rc<Version>>,
}

impl Versions {
    /// The number of a symbol's version, with [`elf::VERSYM_HIDDEN`]; `None` where the file has no versions.
    pub(super) fn number(&self, symbol: usize) -> Option<u16> {
        let bytes = self.numbers.get(symbol.checked_mul(2)?..)?.first_chunk()?;
        Some(u16::from_ne_bytes(*bytes))
    }

    pub(super) fn get(&self, number: u16) -> Option<Rc<Version>> {
        self.by_number.get(&(number & elf::VERSYM_VERSION)).cloned()
    }
}

/// The dynamic segment.
pub(super) struct Dynamic<'e> {
    elf: &'e Elf,
    entries: Vec<(i64, u64)>,
}

impl<'e> Dynamic<'e> {
    /// That of a file; `None` where it has none: it is linked statically, or no program.
    pub(super) fn of(elf: &'e Elf) -> Option<Dynamic<'e>> {
        let (_, bytes) = elf.segment(elf::PT_DYNAMIC)?;
        let list: &[Dyn64<NE>] = all(&bytes, ENTRIES_MAX);
        let entries = list.iter().map(|entry| (entry.d_tag.get(E), entry.d_val.get(E)));
        let entries = entries.take_while(|(tag, _)| *tag != elf::DT_NULL).collect();
        Some(Dynamic { elf, entries })
    }

    /// The values of a tag, in the order of the file.
    pub(super) fn all(&self, tag: i64) -> impl Iterator<Item = u64> + '_ {
        self.entries.iter().filter(move |(is, _)| *is == tag).map(|(_, value)| *value)
    }

    /// The value of a tag. The last counts, as for the dynamic linker.
    pub(super) fn get(&self, tag: i64) -> Option<u64> {
        self.all(tag).last()
    }

    /// Whether one of these bits is set in a tag's value.
    pub(super) fn has(&self, tag: i64, bits: u32) -> bool {
        self.get(tag).is_some_and(|value| value & u64::from(bits) != 0)
    }

    /// What two tags say where it begins and how long it is.
    fn table(&self, at: i64, size: i64) -> Option<Rc<[u8]>> {
        self.elf.bytes_at(self.get(at)?, self.get(size)?)
    }

    pub(super) fn strings(&self) -> Strings {
        Strings::new(self.table(elf::DT_STRTAB, elf::DT_STRSZ).unwrap_or_default())
    }

    /// The symbols, as bytes of `Sym64`. How many there are is not said: the section tells, or what finds them by their names.
    pub(super) fn symbols(&self) -> Rc<[u8]> {
        let Some(at) = self.get(elf::DT_SYMTAB) else { return Rc::default() };
        let size = size_of::<Sym64<NE>>() as u64;
        let section = self.elf.sections.iter().find(|it| it.kind == elf::SHT_DYNSYM && it.address == at);
        let by_section = section.and_then(|section| self.elf.data(section));
        let counted = || {
            let count = self.hash_count().or_else(|| self.gnu_hash_count())?;
            self.elf.bytes_at(at, count.checked_mul(size)?)
        };
        by_section.or_else(counted).unwrap_or_default()
    }

    /// `DT_HASH`: the second word is the number of symbols.
    fn hash_count(&self) -> Option<u64> {
        let header = self.elf.bytes_at(self.get(elf::DT_HASH)?, 8)?;
        Some(u64::from(u32::from_ne_bytes(*header.last_chunk()?)))
    }

    /// `DT_GNU_HASH`: the last chain ends with the last symbol.
    fn gnu_hash_count(&self) -> Option<u64> {
        let table = self.elf.loaded_from(self.get(elf::DT_GNU_HASH)?)?;
        let word = |at: usize| -> Option<u32> {
            let bytes = table.get(at.checked_mul(4)?..)?.first_chunk()?;
            Some(u32::from_ne_bytes(*bytes))
        };
        let (buckets, base, bloom) = (word(0)? as usize, word(1)? as usize, word(2)? as usize);
        let first = bloom.checked_mul(2)?.checked_add(4)?;
        let chains = first.checked_add(buckets)?;
        let mut last = 0;
        for bucket in first..chains {
            last = last.max(word(bucket)? as usize);
        }
        let Some(mut chain) = last.checked_sub(base) else { return Some(base as u64) };
        while word(chains.checked_add(chain)?)? & 1 == 0 {
            chain += 1;
        }
        Some((base + chain + 1) as u64)
    }

    /// The relocations of the GOT, those for the PLT behind the others, and whether they are for it.
    pub(super) fn relocations(&self) -> impl Iterator<Item = (Rc<[u8]>, bool)> + '_ {
        let others = self.table(elf::DT_RELA, elf::DT_RELASZ).map(|bytes| (bytes, false));
        let plt = self.table(elf::DT_JMPREL, elf::DT_PLTRELSZ).map(|bytes| (bytes, true));
        others.into_iter().chain(plt.filter(|_| self.get(elf::DT_PLTREL) == Some(elf::DT_RELA as u64)))
    }

    pub(super) fn versions(&self, strings: &mut Strings, symbols: usize) -> Versions {
        let numbers = self.get(elf::DT_VERSYM).and_then(|at| self.elf.bytes_at(at, symbols as u64 * 2));
        let mut found = Versions { numbers: numbers.unwrap_or_default(), by_number: HashMap::new() };
        let mut add = |number: u16, name: u32, file: Option<u32>| {
            if let Some(name) = strings.at(name.into()).filter(|_| found.by_number.len() < VERSIONS_MAX) {
                let file = file.and_then(|file| strings.at(file.into()));
                found.by_number.insert(number & elf::VERSYM_VERSION, Rc::new(Version { name, file }));
            }
        };
        self.defined_versions().into_iter().for_each(|(number, name)| add(number, name, None));
        self.wanted_versions().into_iter().for_each(|(number, name, file)| add(number, name, Some(file)));
        found
    }

    /// Numbers and names of the versions that the file defines. The one that stands for the file itself (`VER_FLG_BASE`) is none.
    fn defined_versions(&self) -> Vec<(u16, u32)> {
        let mut found = Vec::new();
        let Some(table) = self.get(elf::DT_VERDEF).and_then(|at| self.elf.loaded_from(at)) else { return found };
        let mut at = 0;
        for _ in 0..self.get(elf::DT_VERDEFNUM).unwrap_or(0).min(VERSIONS_MAX as u64) {
            let Some(def) = one::<Verdef<NE>>(&table, at) else { break };
            let aux = at.saturating_add(def.vd_aux.get(E) as usize);
            if let Some(aux) = one::<Verdaux<NE>>(&table, aux)
                && def.vd_flags.get(E) & elf::VER_FLG_BASE == 0
            {
                found.push((def.vd_ndx.get(E), aux.vda_name.get(E)));
            }
            match def.vd_next.get(E) {
                0 => break,
                next => at = at.saturating_add(next as usize),
            }
        }
        found
    }

    /// Numbers, names and files of the versions that the file wants of others.
    fn wanted_versions(&self) -> Vec<(u16, u32, u32)> {
        let mut found = Vec::new();
        let Some(table) = self.get(elf::DT_VERNEED).and_then(|at| self.elf.loaded_from(at)) else { return found };
        let mut at = 0;
        let mut left = VERSIONS_MAX;
        for _ in 0..self.get(elf::DT_VERNEEDNUM).unwrap_or(0).min(VERSIONS_MAX as u64) {
            let Some(need) = one::<Verneed<NE>>(&table, at) else { break };
            let mut place = at.saturating_add(need.vn_aux.get(E) as usize);
            for _ in 0..need.vn_cnt.get(E) {
                let Some(aux) = one::<Vernaux<NE>>(&table, place) else { break };
                let Some(less) = left.checked_sub(1) else { return found };
                left = less;
                found.push((aux.vna_other.get(E), aux.vna_name.get(E), need.vn_file.get(E)));
                match aux.vna_next.get(E) {
                    0 => break,
                    next => place = place.saturating_add(next as usize),
                }
            }
            match need.vn_next.get(E) {
                0 => break,
                next => at = at.saturating_add(next as usize),
            }
        }
        found
    }
}

/// As many as there are, at most `most`.
pub(super) fn all<T: Pod>(bytes: &[u8], most: usize) -> &[T] {
    let count = (bytes.len() / size_of::<T>()).min(most);
    slice_from_bytes(bytes, count).map_or(&[], |(list, _)| list)
}

fn one<T: Pod>(bytes: &[u8], at: usize) -> Option<&T> {
    from_bytes(bytes.get(at..)?).ok().map(|(it, _)| it)
}

/// Relocations, as `(slot, kind, symbol, addend)`; at most `most`.
pub(super) fn relocations(bytes: &[u8], most: usize) -> impl Iterator<Item = (u64, u32, usize, u64)> + '_ {
    let of = |rela: &Rela64<NE>| {
        let info = rela.r_info.get(E);
        (rela.r_offset.get(E), info as u32, (info >> 32) as usize, rela.r_addend.get(E) as u64)
    };
    all::<Rela64<NE>>(bytes, most).iter().map(of)
}
