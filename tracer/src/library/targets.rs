//! Where the code of a file goes on from elsewhere: the targets of all its branches, and the addresses that it computes. Assemblers'
//! functions share code: `mempcpy` of glibc jumps over the first instruction of its `memcpy`, and a probe behind that one would take both
//! for `memcpy`.
//!
//! The code is read from the beginning of its segment to the end, as if there were nothing else in it. Where there is, some
//! instructions are taken for others until the reading is in step again, which it is after a few.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind};

use crate::stack::elf::Elf;

/// The most code that is read of a file, in bytes: 0.3 s.
const CODE_MAX: u64 = 64 << 20;
/// Segments of code of a file; linkers make one.
const SEGMENTS_MAX: usize = 16;
/// What is read at once.
const PIECE: u64 = 1 << 20;
/// No instruction is longer.
const LONGEST: u64 = 15;

/// Addresses at which code goes on: a bit for each byte of the code.
#[derive(Debug, Default)]
pub struct Targets {
    segments: Vec<(u64, Vec<u64>)>,
}

impl Targets {
    /// Whether there is not too much code to be read, nor in too many pieces.
    pub fn can_be_read(file: &Elf) -> bool {
        let sizes = || code(file).map(|(_, size)| size);
        sizes().count() <= SEGMENTS_MAX && sizes().fold(0, u64::saturating_add) <= CODE_MAX
    }

    /// Those of a file; none where it cannot be read.
    pub fn of(file: &Elf) -> Targets {
        let mut found = Targets::default();
        if Targets::can_be_read(file) {
            found.segments = code(file).map(|(from, size)| (from, vec![0; size.div_ceil(64) as usize])).collect();
            code(file).for_each(|(from, size)| found.read(file, from, size));
        }
        found
    }

    fn read(&mut self, file: &Elf, from: u64, size: u64) {
        let mut done = 0;
        while done < size {
            let left = size - done;
            let Some(bytes) = file.bytes_at(from.wrapping_add(done), left.min(PIECE)) else { return };
            let mut decoder = Decoder::with_ip(64, &bytes, from.wrapping_add(done), DecoderOptions::NONE);
            // The last instruction of a piece may go on in the next one.
            let until = if left <= PIECE { left } else { PIECE - LONGEST };
            while (decoder.position() as u64) < until {
                if let Some(target) = target(&decoder.decode(), is_fixed(file)) {
                    self.mark(target);
                }
            }
            done += decoder.position() as u64;
        }
    }

    fn mark(&mut self, address: u64) {
        for (from, bits) in &mut self.segments {
            let at = address.wrapping_sub(*from);
            if let Some(word) = usize::try_from(at / 64).ok().and_then(|word| bits.get_mut(word)) {
                *word |= 1 << (at % 64);
            }
        }
    }

    fn is_marked(&self, address: u64) -> bool {
        self.segments.iter().any(|(from, bits)| {
            let at = address.wrapping_sub(*from);
            let word = usize::try_from(at / 64).ok().and_then(|word| bits.get(word));
            word.is_some_and(|word| word >> (at % 64) & 1 != 0)
        })
    }

    /// The first of them behind an address and up to another.
    pub fn first(&self, behind: u64, up_to: u64) -> Option<u64> {
        (behind.saturating_add(1)..=up_to).find(|address| self.is_marked(*address))
    }
}

/// Where segments of code are loaded, and their lengths.
fn code(file: &Elf) -> impl Iterator<Item = (u64, u64)> + '_ {
    file.loaded().filter(|segment| segment.code).map(|segment| (segment.address, segment.size))
}

/// Whether a file has its addresses in its instructions.
pub fn is_fixed(file: &Elf) -> bool {
    file.kind == object::elf::ET_EXEC
}

/// Where code may go on because of an instruction, but for the one behind it.
pub fn target(instruction: &Instruction, fixed: bool) -> Option<u64> {
    match instruction.flow_control() {
        FlowControl::UnconditionalBranch
        | FlowControl::ConditionalBranch
        | FlowControl::Call
        | FlowControl::XbeginXabortXend => Some(instruction.near_branch_target()),
        _ => computed(instruction, fixed),
    }
}

/// The address that an instruction computes: `lea 0x1234(%rip),%rax`, and `mov $0x401234,%eax` where the file has fixed addresses.
pub fn computed(instruction: &Instruction, fixed: bool) -> Option<u64> {
    match instruction.mnemonic() {
        Mnemonic::Lea if instruction.is_ip_rel_memory_operand() => Some(instruction.ip_rel_memory_address()),
        Mnemonic::Mov if fixed && instruction.op_count() == 2 => match instruction.op1_kind() {
            OpKind::Immediate32 => Some(instruction.immediate32().into()),
            OpKind::Immediate64 => Some(instruction.immediate64()),
            OpKind::Immediate32to64 => Some(instruction.immediate32to64() as u64),
            _ => None,
        },
        _ => None,
    }
}
