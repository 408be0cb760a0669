//! Any bytes are a file of a program or none: its symbols, and the lines of its code, are found or are not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::stack::elf::Elf;
use tracer::stack::lines::Lines;
use tracer::stack::symbols::Symbols;

fuzz_target!(|bytes: &[u8]| {
    let Some(file) = Elf::of_memory(bytes.into()) else { return };
    let symbols = Symbols::of(&file);
    let lines = Lines::of(&file);
    for address in [0, file.entry, file.entry.wrapping_add(16), u64::MAX]
        .into_iter()
        .chain(file.sections.iter().map(|it| it.address))
    {
        let _ = symbols.find(address);
        let _ = lines.as_ref().and_then(|lines| lines.find(address));
    }
});
