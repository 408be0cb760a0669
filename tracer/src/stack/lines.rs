//! Lines of source: what the debugging information of a file says of an address.

use addr2line::Context;
use gimli::{Dwarf, SectionId};

use super::elf::{Elf, Reader};

/// The lines of a file.
pub struct Lines(Context<Reader>);

impl Lines {
    /// Those of a file; `None` where it has none.
    pub fn of(file: &Elf) -> Option<Lines> {
        file.section(b".debug_info")?;
        let load = |id: SectionId| -> gimli::Result<Reader> { Ok(file.reader(id.name())) };
        let context = Context::from_dwarf(Dwarf::load(load).ok()?).ok()?;
        Some(Lines(context))
    }

    /// The file and the line at an address.
    pub fn find(&self, address: u64) -> Option<(String, u32)> {
        // Who looks adds one to it.
        address.checked_add(1)?;
        let location = self.0.find_location(address).ok()??;
        Some((location.file?.to_owned(), location.line?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::mapped::own_vdso;

    #[test]
    fn nothing_stands_at_the_end_of_all_addresses() {
        let mut file = Elf::of_memory(own_vdso().expect("a vdso").into()).expect("an ELF file");
        let section = file.sections.last_mut().expect("a section");
        (section.name, section.kind) = (b".debug_info".to_vec(), object::elf::SHT_NOBITS);
        let lines = Lines::of(&file).expect("lines, none");
        assert_eq!((lines.find(u64::MAX), lines.find(u64::MAX - 1)), (None, None));
    }
}
