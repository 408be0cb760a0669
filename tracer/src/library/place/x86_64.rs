//! The rules of x86_64. What the kernel emulates and what it refuses stands in arch/x86/kernel/uprobes.c: `uprobe_init_insn` (prefixes,
//! opcodes), `branch_setup_xol_ops` (relative jumps and calls, `nop`), `push_setup_xol_ops`. It looks at bytes, and so does this: where
//! it takes an instruction for another one, no probe must stand. What an instruction reads and writes is told by iced-x86.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, OpAccess, Register};

use super::super::targets;
use super::{Arguments, Body, Cost, Entered, Objection, Refused, Stop, Verdict, Why};

/// Instructions that a probe passes at most.
const PASSED_MAX: usize = 16;

/// The first bytes of instructions that the kernel refuses in programs of 64 bits (`good_insns_64`): such as no program can run (privileged,
/// or none at all), and those during which a single step would go wrong: `int3`, `int`, `iret`. It holds the same list
/// against the opcode behind a VEX or EVEX prefix, which has nothing to do with it: `vpxor` and `vmovdqu` of memory are among them.
const REFUSED: &[u8] = &[
    0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61, 0x62, 0x6c, 0x6d, 0x6e, 0x6f, 0x82,
    0x9a, 0xcc, 0xcd, 0xce, 0xcf, 0xd4, 0xd5, 0xd6, 0xe4, 0xe5, 0xe6, 0xe7, 0xea, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf4,
    0xfa, 0xfb,
];

/// The second bytes, behind 0x0f, of those that must not run under single step, or that trap (`good_2byte_insns`): `syscall`, `ud2`,
/// `sysenter` and their like, and the group of `xsave`. Some kernels forget to look, and take them.
const REFUSED_SECOND: &[u8] =
    &[0x00, 0x01, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x30, 0x34, 0x35, 0x37, 0x78, 0x79, 0xae, 0xff];

/// Bytes behind the entry, what a hit costs there, and why there.
pub(super) fn place(body: &Body, arguments: Arguments, entered: &Entered<'_>) -> Result<(u64, Cost, Why), Refused> {
    let mut head = Head::of(body, arguments)?;
    let is_best = |(_, verdict): &(u64, Verdict)| *verdict == Verdict::Takes(Cost::Emulated);
    if head.candidates.len() > 1 && !is_best(&head.candidates[0]) {
        head.keep_before_targets(body, entered);
    }
    let taken = |cost: Cost| {
        let found = head.candidates.iter().find(|(_, verdict)| *verdict == Verdict::Takes(cost))?;
        Some((found.0, cost))
    };
    let best = [Cost::Emulated, Cost::Nop, Cost::SingleStep].into_iter().find_map(taken);
    let Some((slid, cost)) = best else {
        return match head.candidates.first() {
            Some((_, Verdict::Refuses(objection))) => Err(Refused::Instruction(body.at, *objection)),
            _ => Err(Refused::Short(body.at)),
        };
    };
    let why = match (slid, cost) {
        (_, Cost::SingleStep) => Why::Stopped(head.stop),
        (0, _) => Why::Entry,
        _ => Why::Slid,
    };
    Ok((slid, cost, why))
}

/// The addresses that a function computes without a branch being there.
pub(super) fn computed(body: &Body) -> Vec<u64> {
    let known = decoder(body).into_iter().take_while(|instruction| !instruction.is_invalid());
    known.filter_map(|instruction| targets::computed(&instruction, body.fixed)).collect()
}

fn decoder(body: &Body) -> Decoder<'_> {
    Decoder::with_ip(64, &body.bytes, body.at, DecoderOptions::NONE)
}

/// The straight beginning of a function: the places where a probe sees what one at the entry sees.
struct Head {
    /// Bytes behind the entry, and what the kernel makes of the instruction there.
    candidates: Vec<(u64, Verdict)>,
    /// Why no other follows.
    stop: Stop,
}

impl Head {
    fn of(body: &Body, arguments: Arguments) -> Result<Head, Refused> {
        let mut decoder = decoder(body);
        let mut factory = InstructionInfoFactory::new();
        let mut head = Head { candidates: Vec::new(), stop: Stop::End };
        while decoder.can_decode() && head.candidates.len() < PASSED_MAX {
            let from = decoder.position();
            let instruction = decoder.decode();
            if instruction.is_invalid() {
                head.stop = Stop::Unknown;
                break;
            }
            let bytes = &body.bytes[from..decoder.position()];
            head.candidates.push((from as u64, verdict(bytes)));
            if !body.whole {
                break;
            }
            if let Some(stop) = passed(&instruction, arguments, &mut factory) {
                head.stop = stop;
                break;
            }
        }
        if head.candidates.is_empty() {
            let short = head.stop == Stop::End || decoder.last_error() == iced_x86::DecoderError::NoMoreBytes;
            return Err(if short { Refused::Short(body.at) } else { Refused::NoInstruction(body.at) });
        }
        Ok(head)
    }

    /// Leaves what stands behind an address of the head that is jumped to: from within the function (which is read as its instructions
    /// stand, whatever is around it), or from elsewhere.
    fn keep_before_targets(&mut self, body: &Body, entered: &Entered<'_>) {
        let last = body.at + self.candidates.last().map_or(0, |(slid, _)| *slid);
        let own = decoder(body).into_iter().filter_map(|instruction| targets::target(&instruction, body.fixed));
        let own = own.filter(|target| *target > body.at && *target <= last).min();
        let first = own.into_iter().chain(entered(body.at, last)).min().unwrap_or(u64::MAX);
        let len = self.candidates.len();
        self.candidates.retain(|(slid, _)| body.at + slid < first);
        if self.candidates.len() < len {
            self.stop = Stop::Target;
        }
    }
}

/// Why a probe may not stand behind an instruction; `None` where it may.
fn passed(instruction: &Instruction, arguments: Arguments, factory: &mut InstructionInfoFactory) -> Option<Stop> {
    if instruction.flow_control() != FlowControl::Next {
        return Some(Stop::Branch);
    }
    // What it reads and writes depends on a mask.
    if instruction.is_save_restore_instruction() || instruction.is_privileged() {
        return Some(Stop::Unknown);
    }
    let writes = |access: OpAccess| {
        matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
    };
    let info = factory.info(instruction);
    let written = info.used_registers().iter().filter(|used| writes(used.access()));
    for register in written.map(|used| used.register().full_register()) {
        match register {
            Register::RSP => return Some(Stop::Stack),
            register if is_argument(register, arguments) => return Some(Stop::Argument),
            _ => {}
        }
    }
    // A load that is an address only, or that no operand decides over, does not fail.
    let fixed = |base: Register| matches!(base, Register::None | Register::RIP | Register::EIP | Register::RSP);
    let mut memory = info.used_memory().iter().filter(|used| used.access() != OpAccess::NoMemAccess);
    memory.find_map(|used| match used.access() {
        access if writes(access) => Some(Stop::Store),
        _ if fixed(used.base()) && used.index() == Register::None => None,
        _ => Some(Stop::Load),
    })
}

/// Registers in which the System V ABI passes arguments, and how many of them are in vector registers.
fn is_argument(register: Register, arguments: Arguments) -> bool {
    use Register::{R8, R9, RAX, RCX, RDI, RDX, RSI, ZMM0};
    const INTEGERS: [Register; 6] = [RDI, RSI, RDX, RCX, R8, R9];
    let vector = (register as usize).wrapping_sub(ZMM0 as usize);
    INTEGERS.iter().take(arguments.integers).any(|it| *it == register)
        || vector < arguments.vectors.min(8)
        || (arguments.counted && register == RAX)
}

/// What the kernel makes of an instruction, by its bytes.
fn verdict(bytes: &[u8]) -> Verdict {
    let legacy = |byte: &u8| matches!(byte, 0x66 | 0x67 | 0xf2 | 0xf3 | 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0xf0);
    let count = bytes.iter().take_while(|byte| legacy(byte)).count();
    let (prefixes, rest) = bytes.split_at(count);
    if let Some(bad) = prefixes.iter().find(|byte| matches!(byte, 0x26 | 0x2e | 0x36 | 0x3e | 0xf0)) {
        return Verdict::Refuses(Objection::Prefix(*bad));
    }
    let (rex, rest) = match rest {
        [rex @ 0x40..=0x4f, rest @ ..] => (*rex, rest),
        _ => (0, rest),
    };
    let takes = Verdict::Takes;
    let stepped = |opcode: u8| match REFUSED.contains(&opcode) {
        true => Verdict::Refuses(Objection::Opcode(opcode)),
        false => takes(Cost::SingleStep),
    };
    let branch = || match prefixes.contains(&0x66) {
        true => Verdict::Refuses(Objection::Short),
        false => takes(Cost::Emulated),
    };
    match rest {
        // VEX of two and of three bytes, EVEX.
        [0xc5, _, opcode, ..] | [0xc4, _, _, opcode, ..] | [0x62, _, _, _, opcode, ..] => stepped(*opcode),
        // XOP, which kernels read as `pop`; with a ModRM of a `pop` it is one.
        [0x8f, modrm, ..] if modrm & 0x38 != 0 => Verdict::Refuses(Objection::Mistaken),
        // mov to ss masks the trap behind it.
        [0x8e, modrm, ..] if modrm >> 3 & 7 == 2 => Verdict::Refuses(Objection::Exclusive),
        // `xchg %r8,%rax`, which kernels up to 6.18 do as `nop`; and `pause`, which newer ones do not.
        [0x90, ..] if rex & 1 != 0 => Verdict::Refuses(Objection::Mistaken),
        [0x90, ..] if prefixes.contains(&0xf3) => takes(Cost::SingleStep),
        [0x90, ..] => takes(Cost::Emulated),
        [0xe8 | 0xe9 | 0xeb | 0x70..=0x7f, ..] | [0x0f, 0x80..=0x8f, ..] => branch(),
        // Two bytes with the prefix of the upper registers, or one.
        [0x50..=0x57, ..] if (bytes.len(), rex) == (1, 0) || (bytes.len(), rex) == (2, 0x41) => takes(Cost::Emulated),
        [0x0f, 0x1f, modrm, ..] if modrm & 0x38 == 0 => takes(Cost::Nop),
        // 3DNow!, whose opcode stands behind its operands.
        [0x0f, 0x0f, ..] => Verdict::Refuses(Objection::Mistaken),
        [0x0f, second, ..] if REFUSED_SECOND.contains(second) => Verdict::Refuses(Objection::Opcode(*second)),
        [opcode, ..] => stepped(*opcode),
        [] => Verdict::Refuses(Objection::Mistaken),
    }
}

#[cfg(test)]
mod tests;
