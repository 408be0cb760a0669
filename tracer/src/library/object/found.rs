//! What is collected of a file's tables, before it is put in order.

use std::collections::HashSet;

use object::NativeEndian as NE;
use object::elf::{self, Sym64};

use super::super::dynamic::{Dynamic, Strings, Text, Versions, all, relocations};
use super::{Binding, Choice, Function, Import, Name};
use crate::stack::elf::{Elf, Section};

/// Names of functions that are kept of a file, and slots; a browser's main library has a million and a half.
const NAMES_MAX: usize = 2 << 20;

const E: object::NativeEndian = object::NativeEndian;

/// What the relocations of a GOT are called on this machine: for a slot of the PLT, for another slot, for the choice of an IFUNC.
const SLOTS: (u32, u32, u32) = if cfg!(target_arch = "aarch64") {
    (elf::R_AARCH64_JUMP_SLOT, elf::R_AARCH64_GLOB_DAT, elf::R_AARCH64_IRELATIVE)
} else {
    (elf::R_X86_64_JUMP_SLOT, elf::R_X86_64_GLOB_DAT, elf::R_X86_64_IRELATIVE)
};

/// What is collected of the tables.
#[derive(Default)]
pub(super) struct Found {
    pub(super) names: Vec<(u64, u64, bool, Name)>,
    pub(super) imports: Vec<Import>,
    pub(super) choices: Vec<Choice>,
    pub(super) stubs: Vec<(u64, Text)>,
    pub(super) left_out: u64,
    pub(super) rust: bool,
    pub(super) debugged: Option<u64>,
}

impl Found {
    /// What the dynamic linker reads. Gives whether symbols have versions.
    pub(super) fn dynamic(&mut self, file: &Elf, dynamic: &Dynamic<'_>, strings: &mut Strings) -> bool {
        let bytes = dynamic.symbols();
        let symbols: &[Sym64<NE>] = all(&bytes, NAMES_MAX);
        let versions = dynamic.versions(strings, symbols.len());
        for (place, symbol) in symbols.iter().enumerate() {
            self.symbol(file, symbol, place, Some(&versions), strings);
        }
        for (bytes, plt) in dynamic.relocations() {
            for (slot, kind, place, addend) in relocations(&bytes, NAMES_MAX) {
                if kind == SLOTS.2 && self.choices.len() < NAMES_MAX {
                    self.choices.push(Choice { slot, by: addend });
                }
                let symbol = symbols.get(place).filter(|_| kind == SLOTS.0 || (kind == SLOTS.1 && !plt));
                if let Some(symbol) = symbol {
                    self.import(symbol, place, slot, kind == SLOTS.0, &versions, strings);
                }
            }
        }
        versions.number(0).is_some()
    }

    fn import(
        &mut self,
        symbol: &Sym64<NE>,
        place: usize,
        slot: u64,
        lazy: bool,
        versions: &Versions,
        strings: &mut Strings,
    ) {
        // Linkers differ in whether they say of what others define that it is a function.
        if ![elf::STT_FUNC, elf::STT_GNU_IFUNC, elf::STT_NOTYPE].contains(&symbol.st_type()) {
            return;
        }
        let Some(name) = strings.at(symbol.st_name.get(E).into()).filter(|_| self.imports.len() < NAMES_MAX) else {
            self.left_out += 1;
            return;
        };
        let version = versions.number(place).and_then(|number| versions.get(number));
        let (weak, own) = (symbol.st_bind() == elf::STB_WEAK, symbol.st_shndx.get(E) != elf::SHN_UNDEF);
        self.imports.push(Import { name, version, slot, lazy, weak, own });
    }

    fn symbol(
        &mut self,
        file: &Elf,
        symbol: &Sym64<NE>,
        place: usize,
        versions: Option<&Versions>,
        strings: &mut Strings,
    ) {
        let (kind, address) = (symbol.st_type(), symbol.st_value.get(E));
        let defined = ![elf::SHN_UNDEF, elf::SHN_ABS, elf::SHN_COMMON].contains(&symbol.st_shndx.get(E));
        let untyped = || kind == elf::STT_NOTYPE && versions.is_some();
        let function = [elf::STT_FUNC, elf::STT_GNU_IFUNC].contains(&kind) || untyped();
        if kind == elf::STT_OBJECT && defined && versions.is_some() && self.debugged.is_none() {
            let name = strings.at(symbol.st_name.get(E).into());
            self.debugged = name.filter(|name| **name == *b"_r_debug").map(|_| address);
        }
        if !function || address == 0 || file.loaded_at(address).is_none_or(|segment| !segment.code) {
            return;
        }
        let Some(text) = strings.at(symbol.st_name.get(E).into()).filter(|_| self.names.len() < NAMES_MAX) else {
            self.left_out += 1;
            return;
        };
        if !defined {
            self.stubs.push((address, text));
            return;
        }
        let binding = match symbol.st_bind() {
            elf::STB_GLOBAL | elf::STB_GNU_UNIQUE => Binding::Global,
            elf::STB_WEAK => Binding::Weak,
            _ => Binding::Local,
        };
        let seen = [elf::STV_DEFAULT, elf::STV_PROTECTED].contains(&symbol.st_visibility());
        let number = versions.and_then(|versions| versions.number(place)).unwrap_or(0);
        self.rust |= text.starts_with(b"rust_eh_personality") || text.starts_with(b"__rust_");
        let name = Name {
            // The linker writes versions into the table of all symbols, too.
            text: if versions.is_some() { text } else { text.before(b'@') },
            version: versions.and_then(|versions| versions.get(number)),
            hidden: number & elf::VERSYM_HIDDEN != 0,
            exported: versions.is_some() && seen && binding != Binding::Local,
            binding,
            number: number & elf::VERSYM_VERSION,
        };
        self.names.push((address, symbol.st_size.get(E), kind == elf::STT_GNU_IFUNC, name));
    }

    /// The symbols of the compiler, which are often stripped.
    pub(super) fn symbols_of_sections(&mut self, file: &Elf, tables: &Elf) {
        for section in tables.sections.iter().filter(|section| section.kind == elf::SHT_SYMTAB) {
            let table = tables.sections.get(section.link).and_then(|strings| tables.data(strings));
            let (Some(data), Some(table)) = (tables.data(section), table) else { continue };
            let mut strings = Strings::new(table);
            for symbol in all::<Sym64<NE>>(&data, NAMES_MAX) {
                if symbol.st_shndx.get(E) != elf::SHN_UNDEF {
                    self.symbol(file, symbol, 0, None, &mut strings);
                }
            }
        }
    }

    /// A static program chooses for itself: it finds its relocations between two symbols.
    pub(super) fn choices_of_sections(&mut self, file: &Elf) {
        let loaded = |section: &&Section| section.kind == elf::SHT_RELA && section.address != 0;
        for data in file.sections.iter().filter(loaded).filter_map(|section| file.data(section)) {
            let found = relocations(&data, NAMES_MAX).filter(|(_, kind, ..)| *kind == SLOTS.2);
            self.choices.extend(found.map(|(slot, _, _, by)| Choice { slot, by }));
        }
    }
}

/// All names of an address in one place, those that say the same once.
pub(super) fn together(mut names: Vec<(u64, u64, bool, Name)>) -> Vec<Function> {
    names.sort_by(|(a, _, choose_a, _), (b, _, choose_b, _)| (a, choose_a).cmp(&(b, choose_b)));
    let mut found: Vec<Function> = Vec::new();
    let mut exported: HashSet<Text> = HashSet::new();
    for (address, size, chooses, name) in names {
        match found.last_mut().filter(|last| last.address == address && last.chooses == chooses) {
            Some(last) => {
                last.size = last.size.max(size);
                // Those of the dynamic linker came first.
                if name.exported || !exported.contains(&name.text) {
                    exported.insert(name.text.clone());
                    last.names.push(name);
                }
            }
            None => {
                exported.clear();
                exported.insert(name.text.clone());
                found.push(Function { address, size, chooses, names: vec![name] });
            }
        }
    }
    found.iter_mut().for_each(|function| function.names.sort_by_key(Name::rank));
    found
}
