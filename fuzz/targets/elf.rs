//! Any bytes are a file of a program or none: its symbols, the lines of its code and what called what are found or are not. Names in
//! it are read as those of C++ and Rust.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tracer::stack::Registers;
use tracer::stack::demangle::demangled;
use tracer::stack::elf::Elf;
use tracer::stack::lines::Lines;
use tracer::stack::symbols::Symbols;
use tracer::stack::tables::{Above, Tables};

/// Frames above each other that are looked for.
const DEEP: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    assert!(demangled(bytes).len() <= 4096);
    let Some(file) = Elf::of_memory(bytes.into()) else { return };
    let (symbols, lines, tables) = (Symbols::of(&file), Lines::of(&file), Tables::of(&file));
    let _ = (file.build_id(), file.debug_link(), file.checksum(), file.interpreter(), file.address_of(file.entry));
    let sections = file.sections.iter().map(|it| it.address);
    for address in [0, file.entry, file.entry.wrapping_add(16), u64::MAX].into_iter().chain(sections.take(64)) {
        let _ = symbols.find(address);
        let _ = lines.as_ref().and_then(|lines| lines.find(address));
        let Some(tables) = &tables else { continue };
        let mut registers = Registers::default();
        registers.pc = address;
        (0..17).for_each(|number| registers.set(number, Some(address.wrapping_add(u64::from(number) * 8))));
        for _ in 0..DEEP {
            let mut read = |at: u64| (!at.is_multiple_of(3)).then_some(at.wrapping_mul(0x1_0001));
            match tables.above(registers.pc, 0, &registers, &mut read) {
                Above::Caller(more) | Above::Interrupted(more) => registers = more,
                _ => break,
            }
        }
    }
});
