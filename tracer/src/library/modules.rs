//! The files that a process has mapped as code, and by how much their addresses differ from what the files count: out of its mappings.

use std::rc::Rc;

use super::object::Object;
use crate::stack::elf::Elf;
use crate::stack::{Met, Unread};
use crate::system::mapped;
use crate::system::process::Mapping;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;

/// Files that are looked at of a process; a browser has 300.
const MODULES_MAX: usize = 4096;
/// The largest page, in bytes: a mapping begins at most this far before its segment.
const PAGE_MAX: u64 = 64 << 10;

/// A file where a process has it.
#[derive(Clone)]
pub struct Module {
    /// Its path, as the kernel tells it of the mapping.
    pub path: Rc<[u8]>,
    /// What is added to an address of the file (modulo 2^64) for that in the process.
    pub bias: u64,
    /// The file.
    pub object: Rc<Object>,
}

impl Module {
    /// Where something of the file is in the process.
    pub fn in_process(&self, address: u64) -> u64 {
        address.wrapping_add(self.bias)
    }

    /// Whether something of the file is there in the process.
    pub fn has(&self, address: u64) -> bool {
        let address = address.wrapping_sub(self.bias);
        self.object.file.loaded().any(|it| address >= it.address && address - it.address < it.memory)
    }

    /// What of the file is there in the process, if it is code.
    pub fn in_file(&self, address: u64) -> Option<u64> {
        let address = address.wrapping_sub(self.bias);
        self.object.is_code(address).then_some(address)
    }
}

/// The files that were met.
#[derive(Default)]
pub struct Objects {
    met: Met<Object>,
}

/// What a process has mapped.
#[derive(Default)]
pub struct Loaded {
    /// Its files, by their addresses.
    pub modules: Vec<Module>,
    /// Paths of files with code that could not be opened: what is called there is not known.
    pub unread: Vec<Vec<u8>>,
}

impl Objects {
    /// The files that a process has mapped as code. `None` when it is gone.
    pub fn loaded(&mut self, who: Who) -> Option<Loaded> {
        let mounts = Mounts::of(who);
        Some(self.of_mappings(who, &mapped::mappings(who)?, &mounts))
    }

    /// The same of mappings that are known.
    pub fn of_mappings(&mut self, who: Who, mappings: &[Mapping], mounts: &Mounts) -> Loaded {
        let mut found = Loaded::default();
        let code = mappings.iter().filter(|mapping| mapping.code && mapping.path.starts_with(b"/"));
        for mapping in code {
            let read = |file| Elf::of_file(file).map(|file| Object::of(file, None));
            match self.met.of(mapping, mapped::open(who, mapping, mounts), read) {
                Ok(Some(object)) => found.add(mapping, object),
                Ok(None) => {}
                Err(Unread) if found.unread.contains(&mapping.path) => {}
                Err(Unread) => found.unread.push(mapping.path.clone()),
            }
            if found.modules.len() >= MODULES_MAX {
                break;
            }
        }
        found
    }
}

impl Loaded {
    fn add(&mut self, mapping: &Mapping, object: Rc<Object>) {
        let Some(bias) = bias(&object.file, mapping) else { return };
        let known = |module: &Module| module.bias == bias && Rc::ptr_eq(&module.object, &object);
        if !self.modules.iter().any(known) {
            self.modules.push(Module { path: mapping.path.as_slice().into(), bias, object });
        }
    }
}

/// By how much addresses differ where a mapping has a segment of code. One that is no segment's beginning (somebody has changed the
/// protection of a part) counts by the segment that it is in.
fn bias(file: &Elf, mapping: &Mapping) -> Option<u64> {
    let begins = |offset: u64| offset >= mapping.offset && offset - mapping.offset < PAGE_MAX;
    let within = |offset: u64, size: u64| mapping.offset >= offset && mapping.offset - offset < size;
    let code = || file.loaded().filter(|segment| segment.code);
    // The nearest: pages of two segments may be the same of the file.
    let segment = code().filter(|s| begins(s.offset)).min_by_key(|s| s.offset);
    let segment = segment.or_else(|| code().find(|s| within(s.offset, s.size)))?;
    let address = segment.address.wrapping_sub(segment.offset).wrapping_add(mapping.offset);
    Some(mapping.from.wrapping_sub(address))
}
