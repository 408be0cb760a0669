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
        let location = self.0.find_location(address).ok()??;
        Some((location.file?.to_owned(), location.line?))
    }
}
