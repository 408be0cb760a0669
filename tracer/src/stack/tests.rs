//! What files and processes of others may do to the walker: nothing but to lead it nowhere.

use std::rc::Rc;

use proptest::prelude::*;

use super::elf::Elf;
use super::lines::Lines;
use super::symbols::Symbols;
use super::tables::{Above, Tables};
use super::*;
use crate::system::mapped::own_vdso;

/// Registers whose stack pointer is `sp`.
fn registers(pc: u64, sp: u64) -> Registers {
    let mut registers = Registers { pc, ..Registers::default() };
    (0..16).for_each(|number| registers.set(number, Some(sp)));
    registers
}

/// Everything that is ever asked of a file.
fn ask(bytes: Vec<u8>, address: u64) {
    let Some(file) = Elf::of_memory(Rc::from(bytes)) else { return };
    let _ = (file.build_id(), file.debug_link(), file.checksum(), file.address_of(address));
    let symbols = Symbols::of(&file);
    let _ = (symbols.find(address), symbols.find(0), symbols.find(u64::MAX));
    let _ = Lines::of(&file).and_then(|lines| lines.find(address));
    if let Some(tables) = Tables::of(&file) {
        let mut read = |at: u64| (!at.is_multiple_of(3)).then_some(at);
        let _ = tables.above(address, 0, &registers(address, 0x7000), &mut read);
    }
}

#[test]
fn a_file_names_its_functions_and_tells_what_called_them() {
    let file = Elf::of_memory(own_vdso().expect("a vdso").into()).expect("an ELF file");
    let symbols = Symbols::of(&file);
    let section = file.section(b".text").expect("code").address;
    let begin = (section..section + 0x2000).find(|at| symbols.find(*at).is_some()).expect("a function");
    let (name, start) = symbols.find(begin).expect("the function");
    assert!(start == begin && name.windows(3).any(|part| part == b"get"), "{}", String::from_utf8_lossy(&name));
    let tables = Tables::of(&file).expect("unwinding tables");
    // On entry the return address lies on top of the stack.
    let mut read = |at: u64| (at == 0x7000).then_some(0x1234);
    let expected = {
        let mut expected = registers(0x1234, 0x7000);
        expected.set(ABI.stack, Some(0x7008));
        expected.set(16, Some(0x1234));
        expected
    };
    assert_eq!(tables.above(begin, 0, &registers(begin, 0x7000), &mut read), Above::Caller(expected));
    assert_eq!(tables.above(begin, 0, &registers(begin, 0x6000), &mut read), Above::Unreadable);
    assert_eq!(tables.above(u64::MAX, 0, &registers(0, 0), &mut read), Above::Untold);
}

#[test]
fn an_index_of_more_entries_than_can_be_counted_is_none() {
    let mut bytes = own_vdso().expect("a vdso");
    let file = Elf::of_memory(bytes.as_slice().into()).expect("an ELF file");
    let (address, index) = file.segment(object::elf::PT_GNU_EH_FRAME).expect("an index");
    assert!(Tables::of(&file).expect("tables").extent(u64::MAX).is_none());
    let at = bytes.windows(index.len()).position(|part| part == &*index).expect("its place");
    // DW_EH_PE_sdata8: the number is the eight bytes behind the pointer to the tables.
    bytes[at + 2] = 0x0c;
    bytes[at + 8..at + 16].fill(0xff);
    bytes[at + 15] = 0x7f;
    ask(bytes, address);
}

#[test]
fn frame_pointers_lead_up_and_never_in_a_circle() {
    let words = [(0x7000u64, 0x7020u64), (0x7008, 0xaaaa), (0x7020, 0), (0x7028, 0)];
    let mut memory = |at: u64, bytes: &mut [u8]| {
        let word = words.iter().find(|(address, _)| *address == at).map(|(_, word)| word.to_ne_bytes());
        word.map_or(0, |word| {
            bytes[..8].copy_from_slice(&word);
            8
        })
    };
    let mut blocks = Blocks { memory: &mut memory, at: 0, bytes: [0; BLOCK], got: 0, short: false };
    let first = registers(1, 0x7000);
    let next = by_frame_pointer(&first, &mut blocks).expect("a caller");
    assert_eq!((next.pc, next.get(ABI.frame), next.sp()), (0xaaaa, Some(0x7020), 0x7010));
    assert!(by_frame_pointer(&next, &mut blocks).is_none(), "the outermost");
    let mut back = registers(1, 0x7020);
    back.set(ABI.frame, Some(0x7000));
    assert!(by_frame_pointer(&back, &mut blocks).is_none(), "below the stack pointer");
    back.set(ABI.frame, Some(0x7021));
    assert!(by_frame_pointer(&back, &mut blocks).is_none(), "nowhere that a word stands");
}

#[test]
fn a_process_that_is_gone_has_no_stack_and_that_is_said() {
    let mut frames = Frames::default();
    let missing = Walker::new(9, true).walk(u32::MAX, u32::MAX, registers(5, 5), &mut |_, _| 0, &mut frames);
    assert_eq!(missing, Missing { mappings: true, ..Missing::default() });
    assert_eq!(frames.count(), 1);
}

#[test]
fn no_more_frames_than_were_asked_for() {
    // In our own code, with memory in which every word is the same place again.
    let here = registers as *const () as u64;
    let me = std::process::id();
    let deep = |limit: u32| {
        let mut frames = Frames::default();
        let mut memory = |at: u64, bytes: &mut [u8]| {
            let words = bytes.chunks_exact_mut(8).zip(0u64..);
            words.for_each(|(word, n)| {
                let at = at + 8 * n;
                word.copy_from_slice(&if at.is_multiple_of(16) { at + 16 } else { here }.to_ne_bytes());
            });
            bytes.len()
        };
        Walker::new(limit, false).walk(me, me, registers(here, 0x1000), &mut memory, &mut frames);
        frames.count()
    };
    assert_eq!(deep(1), 2, "a frame, and that there are more");
    let count = deep(u32::MAX);
    assert!(count < 10_000, "{count} entries");
}

proptest! {
    #[test]
    fn a_file_with_wrong_bytes_is_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut: prop::sample::Index,
        address in 0u64..0x2000,
    ) {
        let mut bytes = own_vdso().expect("a vdso");
        changes.iter().for_each(|(at, byte)| *at.get_mut(&mut bytes) = *byte);
        ask(bytes.clone(), address);
        bytes.truncate(cut.index(bytes.len()));
        ask(bytes, address);
    }

    #[test]
    fn headers_that_lie_are_survived(word in any::<u64>(), at in 16usize..64, address: u64) {
        let mut bytes = own_vdso().expect("a vdso");
        bytes[at..at + 8].copy_from_slice(&word.to_ne_bytes());
        ask(bytes, address);
    }
}
