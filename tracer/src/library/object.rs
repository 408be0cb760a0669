//! A file as the dynamic linker and a tracer of calls see it: which functions it defines, by which names and versions, and which it
//! wants of other files, by which slots of its GOT. What is not there is not there: nothing here fails.

mod found;

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use object::elf::{self, gnu_hash};

use self::found::{Found, together};
use super::dynamic::Dynamic;
pub use super::dynamic::{Text, Version};
use super::targets::Targets;
use crate::stack::demangle::demangled;
use crate::stack::elf::Elf;
use crate::stack::tables::Tables;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A program at addresses of its own, with libraries.
    Fixed,
    /// A program at any address, with libraries.
    Pie,
    /// A program at addresses of its own, with everything in it.
    Static,
    /// A program at any address, with everything in it.
    StaticPie,
    /// A library, or the dynamic linker.
    Library,
    /// An object that is not linked, a dump of memory.
    Other,
}

impl Kind {
    fn of(file: &Elf, dynamic: Option<&Dynamic<'_>>) -> Kind {
        let interpreted = file.interpreter().is_some();
        let said = dynamic.is_some_and(|it| it.has(elf::DT_FLAGS_1, elf::DF_1_PIE));
        // libc.so.6 has an interpreter too; and linkers of before 2015 did not say what is a program.
        let named = dynamic.is_some_and(|it| it.get(elf::DT_SONAME).is_some());
        match file.kind {
            elf::ET_EXEC if interpreted => Kind::Fixed,
            elf::ET_EXEC => Kind::Static,
            elf::ET_DYN if said && !interpreted => Kind::StaticPie,
            elf::ET_DYN if said || (interpreted && !named) => Kind::Pie,
            elf::ET_DYN => Kind::Library,
            _ => Kind::Other,
        }
    }

    /// It is run, not loaded by another.
    pub fn is_program(self) -> bool {
        !matches!(self, Kind::Library | Kind::Other)
    }
}

/// How a name is bound (`STB_*`), from the strongest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// Seen by other files; `STB_GNU_UNIQUE` too.
    Global,
    /// The same, and may be missing or replaced at link time.
    Weak,
    /// Of its own file only.
    Local,
}

/// A name of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As it stands in the file.
    pub text: Text,
    /// The version that is defined with it.
    pub version: Option<Rc<Version>>,
    /// It is not the version that programs are linked with today (`memcpy@GLIBC_2.2.5`).
    pub hidden: bool,
    /// Others can be bound to it.
    pub exported: bool,
    /// How it is bound.
    pub binding: Binding,
    /// The number of the version in the file; 0 and 1 stand for none. The dynamic linker goes by it where nobody wants a version.
    number: u16,
}

impl Name {
    /// As it is written in the source of C++ or Rust.
    pub fn demangled(&self) -> Vec<u8> {
        demangled(&self.text)
    }

    /// Which of a function's names is shown: one that others know, of today's version, and not `__libc_malloc` for `malloc`.
    fn rank(&self) -> impl Ord + use<> {
        let low = self.text.iter().take_while(|byte| **byte == b'_').count();
        (!self.exported, self.hidden, low, self.binding, self.text.len())
    }
}

impl fmt::Display for Name {
    /// As tools write it: `memcpy@GLIBC_2.2.5`, `memcpy@@GLIBC_2.14`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))?;
        self.version.iter().try_for_each(|version| {
            let at = if self.hidden { "@" } else { "@@" };
            write!(f, "{at}{}", String::from_utf8_lossy(&version.name))
        })
    }
}

/// A function that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Where it is loaded, as the file counts.
    pub address: u64,
    /// Its bytes; 0 where nobody says. Where names differ, the longest.
    pub size: u64,
    /// It is no function but one that chooses one (`STT_GNU_IFUNC`): nobody ever calls it by its name.
    pub chooses: bool,
    /// All names of this address; the one to show is the first. Never empty.
    pub names: Vec<Name>,
}

/// A function that a file calls, or whose address it takes, through a slot of its GOT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// As it stands in the file.
    pub name: Text,
    /// The version that it has to have, and the library that said so when this file was linked.
    pub version: Option<Rc<Version>>,
    /// Where the address of the function is kept, as the file counts.
    pub slot: u64,
    /// It may be bound at its first call only (`JUMP_SLOT`).
    pub lazy: bool,
    /// It may be missing.
    pub weak: bool,
    /// The file defines it, too: others may come first.
    pub own: bool,
}

/// A slot of the GOT that holds what an IFUNC of the same file has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Where the address of the function is kept, as the file counts.
    pub slot: u64,
    /// What chooses it.
    pub by: u64,
}

/// A file.
pub struct Object {
    /// Its headers, and what is loaded of it.
    pub file: Elf,
    /// What it is.
    pub kind: Kind,
    /// Its name as a library.
    pub soname: Option<Text>,
    /// The libraries it asks for, in the order in which they are searched.
    pub needed: Vec<Text>,
    /// It was made by the compiler of Go, which moves stacks: no return address on them may be changed.
    pub go: bool,
    /// There is Rust in it.
    pub rust: bool,
    /// All slots are bound before it runs (`-z now`), unless whoever starts it says otherwise.
    pub now: bool,
    /// It looks for names in itself first (`-Bsymbolic`).
    pub symbolic: bool,
    /// By their addresses. An IFUNC and a function may have the same.
    pub functions: Vec<Function>,
    /// By their slots.
    pub imports: Vec<Import>,
    /// What its own IFUNCs have chosen for itself.
    pub choices: Vec<Choice>,
    /// Names that there was no room for, or that are longer than any.
    pub left_out: u64,
    /// Where a dynamic linker tells debuggers what it does: its `_r_debug`.
    pub debugged: Option<u64>,
    /// Addresses in the PLT that stand for functions of others, where the program compares their addresses (no PIE).
    stubs: Vec<(u64, Text)>,
    /// Hash of a name, function, name of it.
    exported: Vec<(u32, u32, u32)>,
    /// Hash of a name, import.
    imported: Vec<(u32, u32)>,
    versioned: bool,
    tables: OnceCell<Option<Tables>>,
    targets: OnceCell<Targets>,
}

impl Object {
    /// What a file tells; `debug` is the one that has what was stripped of it.
    pub fn of(file: Elf, debug: Option<&Elf>) -> Object {
        let mut found = Found::default();
        let kind = Kind::of(&file, Dynamic::of(&file).as_ref());
        let mut object = Object {
            kind,
            soname: None,
            needed: Vec::new(),
            go: is_go(&file),
            rust: false,
            now: false,
            symbolic: false,
            functions: Vec::new(),
            imports: Vec::new(),
            choices: Vec::new(),
            left_out: 0,
            debugged: None,
            stubs: Vec::new(),
            exported: Vec::new(),
            imported: Vec::new(),
            versioned: false,
            tables: OnceCell::new(),
            targets: OnceCell::new(),
            file,
        };
        if let Some(dynamic) = Dynamic::of(&object.file) {
            let mut strings = dynamic.strings();
            object.soname = dynamic.get(elf::DT_SONAME).and_then(|at| strings.at(at));
            object.needed = dynamic.all(elf::DT_NEEDED).filter_map(|at| strings.at(at)).collect();
            object.now = dynamic.get(elf::DT_BIND_NOW).is_some()
                || dynamic.has(elf::DT_FLAGS, elf::DF_BIND_NOW)
                || dynamic.has(elf::DT_FLAGS_1, elf::DF_1_NOW);
            object.symbolic = dynamic.get(elf::DT_SYMBOLIC).is_some() || dynamic.has(elf::DT_FLAGS, elf::DF_SYMBOLIC);
            object.versioned = found.dynamic(&object.file, &dynamic, &mut strings);
        } else {
            found.choices_of_sections(&object.file);
        }
        let tables = [Some(&object.file), debug].into_iter().flatten();
        tables.for_each(|tables| found.symbols_of_sections(&object.file, tables));
        object.rust = has_rust(&object.file) || found.rust;
        object.left_out = found.left_out;
        object.debugged = found.debugged;
        object.stubs = found.stubs;
        object.stubs.sort_by_key(|(address, _)| *address);
        object.choices = found.choices;
        object.imports = found.imports;
        object.imports.sort_by_key(|import| import.slot);
        object.imports.dedup_by_key(|import| import.slot);
        object.functions = together(found.names);
        object.index();
        object
    }

    fn index(&mut self) {
        for (number, function) in (0..).zip(&self.functions) {
            let names = (0..).zip(&function.names).filter(|(_, name)| name.exported);
            self.exported.extend(names.map(|(n, name)| (gnu_hash(&name.text), number, n)));
        }
        self.exported.sort_unstable();
        self.imported = (0..).zip(&self.imports).map(|(n, import)| (gnu_hash(&import.name), n)).collect();
        self.imported.sort_unstable();
    }

    /// The function that begins at an address; of an IFUNC and another one, the other.
    pub fn function_at(&self, address: u64) -> Option<&Function> {
        let from = self.functions.partition_point(|it| it.address < address);
        self.functions.get(from).filter(|it| it.address == address)
    }

    /// The IFUNC at an address.
    pub fn chooser_at(&self, address: u64) -> Option<&Function> {
        let from = self.functions.partition_point(|it| (it.address, it.chooses) < (address, true));
        self.functions.get(from).filter(|it| it.address == address && it.chooses)
    }

    /// How many bytes the function at an address has; `None` where neither a symbol nor the unwinding tables say so.
    pub fn length(&self, address: u64) -> Option<u64> {
        let said = self.function_at(address).map(|function| function.size).filter(|size| *size > 0);
        let by_tables = || {
            let tables = self.tables.get_or_init(|| Tables::of(&self.file)).as_ref()?;
            tables.extent(address).filter(|(start, _)| *start == address).map(|(_, len)| len)
        };
        said.or_else(by_tables).filter(|len| *len > 0)
    }

    /// Where its code goes on from elsewhere; read when it is first asked for.
    pub fn targets(&self) -> &Targets {
        self.targets.get_or_init(|| Targets::of(&self.file))
    }

    /// Where the next function begins.
    pub fn next_after(&self, address: u64) -> Option<u64> {
        let from = self.functions.partition_point(|it| it.address <= address);
        self.functions.get(from).map(|it| it.address)
    }

    /// The functions that others can be bound to by a name.
    pub fn exported<'o, 'n>(&'o self, name: &'n [u8]) -> impl Iterator<Item = (&'o Function, &'o Name)> + use<'o, 'n> {
        let hash = gnu_hash(name);
        let from = self.exported.partition_point(|(of, ..)| *of < hash);
        let same = self.exported[from..].iter().take_while(move |(of, ..)| *of == hash);
        let both = same.filter_map(|&(_, function, n)| {
            let function = self.functions.get(function as usize)?;
            Some((function, function.names.get(n as usize)?))
        });
        both.filter(move |(_, is)| *is.text == *name)
    }

    /// The function that a reference to a name is bound to, if this file is asked (`check_match` of glibc's elf/dl-lookup.c): the one of the
    /// version that is wanted, or one without version; where none is wanted, the oldest, or the only one of today.
    pub fn definition(&self, name: &[u8], version: Option<&[u8]>) -> Option<&Function> {
        let is_wanted = |of: &Name, wanted: &[u8]| match &of.version {
            Some(version) => *version.name == *wanted,
            None => !of.hidden,
        };
        let first = self.exported(name).find(|(_, of)| match version {
            _ if !self.versioned => true,
            Some(wanted) => is_wanted(of, wanted),
            None => of.number <= elf::VER_NDX_GLOBAL + 1,
        });
        let only = || {
            let mut today = self.exported(name).filter(|(_, of)| !of.hidden);
            today.next().filter(|_| version.is_none() && today.next().is_none())
        };
        first.or_else(only).map(|(function, _)| function)
    }

    /// The imports by a name.
    pub fn imported<'o, 'n>(&'o self, name: &'n [u8]) -> impl Iterator<Item = &'o Import> + use<'o, 'n> {
        let hash = gnu_hash(name);
        let from = self.imported.partition_point(|(of, _)| *of < hash);
        let same = self.imported[from..].iter().take_while(move |(of, _)| *of == hash);
        same.filter_map(|&(_, n)| self.imports.get(n as usize)).filter(move |import| *import.name == *name)
    }

    /// The function of another file that an address in the PLT stands for.
    pub fn stub(&self, address: u64) -> Option<&Text> {
        let place = self.stubs.binary_search_by_key(&address, |(at, _)| *at).ok()?;
        self.stubs.get(place).map(|(_, name)| name)
    }

    /// Whether this is where code of the file is loaded.
    pub fn is_code(&self, address: u64) -> bool {
        self.file.loaded_at(address).is_some_and(|segment| segment.code)
    }

    /// The names by which others can ask for it as a library, if it was loaded from `path`.
    pub fn names<'o>(&'o self, path: &'o [u8]) -> Vec<&'o [u8]> {
        let file = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.soname.iter().map(|soname| &**soname).chain([file, path]).collect()
    }

    /// Whether a library that is asked for by this name can be this one, which was loaded from `path`.
    pub fn is_called(&self, name: &[u8], path: &[u8]) -> bool {
        self.names(path).contains(&name)
    }
}

/// Go's own tables are there, whatever was stripped.
fn is_go(file: &Elf) -> bool {
    let names: [&[u8]; 3] = [b".go.buildinfo", b".gopclntab", b".data.rel.ro.gopclntab"];
    names.iter().any(|name| file.section(name).is_some())
}

/// The compiler says so in the notes that it leaves.
fn has_rust(file: &Elf) -> bool {
    let comment = file.section(b".comment").and_then(|section| file.data(section));
    let said = |comment: Rc<[u8]>| memchr::memmem::find(&comment, b"rustc version").is_some();
    comment.is_some_and(said) || file.section(b".rustc").is_some()
}
