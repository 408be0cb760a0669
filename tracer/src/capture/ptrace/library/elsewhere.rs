//! The instruction in whose place a breakpoint stands is done elsewhere, so that the breakpoint is never taken out while anybody runs. Where
//! it only says which instruction comes next (a jump, `nop`), the instruction pointer is set. Else a copy of it runs, with a jump
//! back behind it: nothing has to stop there, so signals and other threads see nothing special, and whatever the processor does, the copy
//! does. What a copy says relative to its own place is made to say the same there.

use iced_x86::{ConditionCode, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// The longest instruction, in bytes.
pub const LONGEST: usize = 15;
/// The most that is written for one, in bytes.
const CODE_MAX: usize = 32;

/// How a task goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// At this address.
    To(u64),
    /// At the first address where the flags say so, else at the second.
    If(ConditionCode, u64, u64),
    /// By a copy.
    Copy(Copied),
}

/// An instruction to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    bytes: Vec<u8>,
    /// Where in the instruction a distance stands, and what is at that distance from its end.
    relative: Option<(usize, u64)>,
    /// Where it goes on; `None` where the instruction itself says so.
    next: Option<u64>,
    /// A word that stands behind the code.
    word: Option<u64>,
}

/// Why an instruction is not done elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmovable;

/// `push` of the word at the end of the code, which is behind an instruction of so many bytes and a jump.
const PUSH_WORD: [u8; 2] = [0xff, 0x35];
/// Bytes of that instruction, and of a jump to an address.
const PUSHED: usize = 6;
const JUMP: usize = 5;

impl Step {
    /// That of the instruction at an address, which begins with these bytes.
    pub fn of(bytes: &[u8], at: u64) -> Result<Step, Unmovable> {
        let mut decoder = Decoder::with_ip(64, bytes, at, DecoderOptions::NONE);
        let instruction = decoder.decode();
        if instruction.is_invalid() {
            return Err(Unmovable);
        }
        let next = instruction.next_ip();
        let offsets = decoder.get_constant_offsets(&instruction);
        let bytes = bytes[..instruction.len()].to_vec();
        let relative = instruction
            .is_ip_rel_memory_operand()
            .then(|| (offsets.displacement_offset(), instruction.ip_rel_memory_address()));
        let copied = Copied { bytes, relative, next: Some(next), word: None };
        let is_near = matches!(instruction.op0_kind(), OpKind::NearBranch64);
        match instruction.flow_control() {
            FlowControl::Next if matches!(instruction.mnemonic(), Mnemonic::Nop | Mnemonic::Endbr64) => {
                Ok(Step::To(next))
            }
            FlowControl::Next if is_plain(&instruction) => Ok(Step::Copy(copied)),
            FlowControl::UnconditionalBranch if is_near => Ok(Step::To(instruction.near_branch_target())),
            FlowControl::ConditionalBranch if is_near && instruction.is_jcc_short_or_near() => {
                Ok(Step::If(instruction.condition_code(), instruction.near_branch_target(), next))
            }
            FlowControl::IndirectBranch | FlowControl::Return => Ok(Step::Copy(Copied { next: None, ..copied })),
            // The address that it pushes has to be the caller's own.
            FlowControl::Call if is_near => Ok(Step::Copy(Copied {
                bytes: Vec::new(),
                relative: None,
                next: Some(instruction.near_branch_target()),
                word: Some(next),
            })),
            FlowControl::IndirectCall => copied.jumping(&instruction, next),
            _ => Err(Unmovable),
        }
    }
}

/// Whether a copy does what the instruction does: it does not look at where it stands, nor stop there.
fn is_plain(instruction: &Instruction) -> bool {
    !instruction.is_privileged()
        && !matches!(instruction.mnemonic(), Mnemonic::Syscall | Mnemonic::Sysenter | Mnemonic::Int3)
}

impl Copied {
    /// A call through a register or a pointer: the address is pushed, and the same said as a jump (4 in the middle of the byte behind the
    /// opcode, where a call has 2).
    fn jumping(mut self, instruction: &Instruction, next: u64) -> Result<Step, Unmovable> {
        let by_stack = [instruction.memory_base(), instruction.memory_index(), instruction.op0_register()]
            .iter()
            .any(|it| it.full_register() == Register::RSP);
        let modrm = self.bytes.iter().position(|byte| *byte == 0xff).map(|at| at + 1);
        let byte = modrm.and_then(|at| self.bytes.get_mut(at)).filter(|byte| **byte & 0x38 == 0x10 && !by_stack);
        *byte.ok_or(Unmovable)? ^= 0x30;
        Ok(Step::Copy(Copied { next: None, word: Some(next), ..self }))
    }

    /// Bytes of the code.
    pub fn len(&self) -> usize {
        let word = if self.word.is_some() { PUSHED + size_of::<u64>() } else { 0 };
        self.bytes.len() + if self.next.is_some() { JUMP } else { 0 } + word
    }

    /// The code at an address; `None` where what it refers to is too far from there.
    pub fn code(&self, at: u64) -> Option<Vec<u8>> {
        let mut code = Vec::with_capacity(CODE_MAX);
        if self.word.is_some() {
            code.extend(PUSH_WORD);
            let behind = self.len() - size_of::<u64>() - PUSHED;
            code.extend(u32::try_from(behind).ok()?.to_le_bytes());
        }
        let begin = code.len();
        code.extend(&self.bytes);
        if let Some((place, target)) = self.relative {
            let distance = distance(at + code.len() as u64, target)?;
            code.get_mut(begin + place..begin + place + 4)?.copy_from_slice(&distance);
        }
        if let Some(next) = self.next {
            code.push(0xe9);
            code.extend(distance(at + code.len() as u64 + 4, next)?);
        }
        code.extend(self.word.iter().flat_map(|word| word.to_le_bytes()));
        Some(code)
    }

    /// Behind how many bytes of the code the instruction is done, and what follows then.
    pub fn done(&self) -> Option<(u64, u64)> {
        let pushes = self.word.is_some();
        self.next.filter(|_| !pushes).map(|next| (self.bytes.len() as u64, next))
    }
}

fn distance(from: u64, to: u64) -> Option<[u8; 4]> {
    i32::try_from(to.wrapping_sub(from).cast_signed()).ok().map(i32::to_le_bytes)
}

/// Whether the flags (of rflags) say what a conditional jump asks.
pub fn holds(condition: ConditionCode, flags: u64) -> bool {
    let flag = |bit: u32| flags >> bit & 1 != 0;
    let (carry, parity, zero, sign, overflow) = (flag(0), flag(2), flag(6), flag(7), flag(11));
    match condition {
        ConditionCode::None => true,
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
    }
}

#[cfg(test)]
mod tests;
