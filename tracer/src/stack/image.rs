//! A file of code: its unwinding tables, its symbols and its lines, each read when it is first asked for; and the files that are kept,
//! by device and inode.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::rc::Rc;

use super::elf::Elf;
use super::lines::Lines;
use super::symbols::Symbols;
use super::tables::Tables;
use crate::system::mapped::{self, Stamp};
use crate::system::process::Mapping;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;
use crate::system::snapshot::Dev;

/// Files that are kept.
const FILES_MAX: usize = 512;
/// Addresses of a file of which the name is kept.
const PLACES_MAX: usize = 64 << 10;

/// What a place in a file is called.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The function and where it begins.
    pub symbol: Option<(Rc<[u8]>, u64)>,
    /// File and line of the source.
    pub source: Option<(String, u32)>,
}

/// A file.
pub struct Image {
    file: Elf,
    /// What was stripped of it and stands in a file of its own.
    debug: Option<Elf>,
    tables: OnceCell<Option<Tables>>,
    symbols: OnceCell<Symbols>,
    lines: OnceCell<Option<Lines>>,
    places: RefCell<HashMap<u64, Rc<Place>>>,
}

impl Image {
    fn new(file: Elf, debug: Option<Elf>) -> Image {
        Image {
            file,
            debug,
            tables: OnceCell::new(),
            symbols: OnceCell::new(),
            lines: OnceCell::new(),
            places: RefCell::default(),
        }
    }

    /// The address, as the file counts them, of what stands at an offset of it.
    pub fn address_of(&self, offset: u64) -> Option<u64> {
        self.file.address_of(offset)
    }

    /// Its headers.
    pub fn file(&self) -> &Elf {
        &self.file
    }

    /// Its unwinding tables.
    pub fn tables(&self) -> Option<&Tables> {
        self.tables.get_or_init(|| Tables::of(&self.file)).as_ref()
    }

    /// What is at an address; with `lines`, of the source too.
    pub fn place(&self, address: u64, lines: bool) -> Rc<Place> {
        let mut places = self.places.borrow_mut();
        if places.len() > PLACES_MAX {
            places.clear();
        }
        let place = places.entry(address).or_insert_with(|| {
            let symbol = self.symbols.get_or_init(|| self.read_symbols()).find(address);
            let source = if lines { self.lines().and_then(|lines| lines.find(address)) } else { None };
            Rc::new(Place { symbol, source })
        });
        place.clone()
    }

    fn read_symbols(&self) -> Symbols {
        let stripped = self.debug.as_ref().map(Symbols::of).filter(|symbols| !symbols.is_empty());
        stripped.unwrap_or_else(|| Symbols::of(&self.file))
    }

    fn lines(&self) -> Option<&Lines> {
        let read = || self.debug.as_ref().and_then(Lines::of).or_else(|| Lines::of(&self.file));
        self.lines.get_or_init(read).as_ref()
    }
}

/// Files that were met, by device and inode, and as what each was read: read once, until it is another.
pub struct Met<T> {
    kept: HashMap<(Dev, u64), Kept<T>>,
}

/// A file as it was when it was read, and as what.
type Kept<T> = (Stamp, Option<Rc<T>>);

/// A file should have been read, and could not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread;

impl<T> Default for Met<T> {
    fn default() -> Met<T> {
        Met { kept: HashMap::new() }
    }
}

impl<T> Met<T> {
    /// The file of a mapping, where it could be opened; `None` where it is none of these.
    ///
    /// # Errors
    /// It cannot be opened, and was not met before.
    pub fn of(
        &mut self,
        mapping: &Mapping,
        file: Option<File>,
        read: impl FnOnce(File) -> Option<T>,
    ) -> Result<Option<Rc<T>>, Unread> {
        let key = (mapping.dev, mapping.ino);
        // As it was met before it is known.
        let Some(file) = file else { return self.kept.get(&key).map(|(_, found)| found.clone()).ok_or(Unread) };
        let stamp = Stamp::of(&file).ok_or(Unread)?;
        if let Some((_, found)) = self.kept.get(&key).filter(|(kept, _)| *kept == stamp) {
            return Ok(found.clone());
        }
        if self.kept.len() >= FILES_MAX {
            self.kept.clear();
        }
        let found = read(file).map(Rc::new);
        self.kept.insert(key, (stamp, found.clone()));
        Ok(found)
    }
}

/// The files that were met.
#[derive(Default)]
pub struct Images {
    met: Met<Image>,
    vdso: OnceCell<Option<Rc<Image>>>,
}

impl Images {
    /// The file of a mapping; `None` where it is no ELF file, or may not be read.
    ///
    /// # Errors
    /// It should have been read, and could not be.
    pub fn of(&mut self, who: Who, mapping: &Mapping) -> Result<Option<Rc<Image>>, Unread> {
        if mapping.path == b"[vdso]" {
            // The kernel maps the same into every process of this machine's own ABI.
            let read = || mapped::own_vdso().and_then(|bytes| Elf::of_memory(bytes.into()));
            return Ok(self.vdso.get_or_init(|| read().map(|file| Rc::new(Image::new(file, None)))).clone());
        }
        // Of a process that is gone, or goes at this moment, our own view may be what its was.
        let opened = opened(who, mapping).or_else(|| opened(Who::Myself, mapping));
        let (file, seen) = opened.map_or((None, who), |(file, seen)| (Some(file), seen));
        self.met.of(mapping, file, |file| {
            let file = Elf::of_file(file)?;
            let debug =
                debug_file(&file, seen, &mapping.path).or_else(|| debug_file(&file, Who::Myself, &mapping.path));
            Some(Image::new(file, debug))
        })
    }
}

/// The file of a mapping, and through whom it was found.
fn opened(who: Who, mapping: &Mapping) -> Option<(File, Who)> {
    Some((mapped::open(who, mapping, &Mounts::of(who))?, who))
}

/// The file that has what was stripped: by the build id, else by the name in the debug link, beside the file or below /usr/lib/debug.
fn debug_file(file: &Elf, who: Who, path: &[u8]) -> Option<Elf> {
    if let Some(id) = file.build_id()
        && let Some(found) = mapped::debug_of_build_id(&id).and_then(Elf::of_file)
        && found.build_id() == Some(id)
    {
        return Some(found);
    }
    let (name, checksum) = file.debug_link()?;
    let found = mapped::debug_of_link(who, path, &name, &Mounts::of(who));
    found.into_iter().filter_map(Elf::of_file).find(|found| found.checksum() == Some(checksum))
}
