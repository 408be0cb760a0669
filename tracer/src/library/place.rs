//! Where in a function a probe stands. The kernel puts a breakpoint in the place of an instruction, and when it was hit, does what the
//! instruction would have done: by itself, where it knows how (one trap, 1 us), else by letting a copy run under single step (two traps,
//! and 25 us in a virtual machine). So the probe stands at the first instruction that the kernel emulates, if nothing is lost on the way
//! there: every call comes by once and only once, what it was called with is where it was, and nobody else comes by.
//!
//! **The stack pointer at a placement is always that of the function's entry**: on x86_64 the return address lies at it, so a probe of
//! the return can be set from there, and arguments on the stack are where the ABI says. A `push` is where a probe may stand, never what
//! it has passed.

mod aarch64;
mod x86_64;

use std::fmt;
use std::rc::Rc;

use thiserror::Error;

use super::object::Object;
use super::targets::{Targets, is_fixed};
use crate::stack::elf::Elf;

/// The longest function that is looked through for jumps back to where a probe would stand, in bytes. In a longer one it stands at the
/// entry.
const BODY_MAX: u64 = 256 << 10;
/// What is looked at of a function whose length nobody says, in bytes: no instruction is longer.
const LONGEST: u64 = 15;

/// What a hit costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// The kernel emulates the instruction: one trap.
    Emulated,
    /// Emulated from Linux 6.18 on (`nopl`), where one of five bytes may become a call that needs no trap; a single step before.
    Nop,
    /// The instruction runs out of line under single step: two traps.
    SingleStep,
}

/// Registers in which a function is given what a probe has to see: those that nothing before the probe may write. Where nobody knows the
/// function's prototype, all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arguments {
    /// How many of rdi, rsi, rdx, rcx, r8, r9. What is returned in memory takes the first.
    pub integers: usize,
    /// How many of xmm0 to xmm7.
    pub vectors: usize,
    /// How many vector registers are used is told, in al: the function takes any number of arguments.
    pub counted: bool,
}

impl Arguments {
    /// Of a function of which nothing is known.
    pub const ALL: Arguments = Arguments { integers: 6, vectors: 8, counted: true };
}

/// Why a probe may stand no further on in a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The next instruction writes a register in which the ABI passes arguments, or that counts them.
    Argument,
    /// It moves the stack pointer.
    Stack,
    /// It stores to memory.
    Store,
    /// It reads memory that may not be there: a call that dies of it would not be seen.
    Load,
    /// It goes elsewhere, or may.
    Branch,
    /// What follows is reached otherwise, too: a call would be seen more than once, or another function's for one.
    Target,
    /// The function ends, or its length is not known, or it or its file is too long to be looked through.
    End,
    /// It is none that is known.
    Unknown,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Argument => "an argument is overwritten",
            Stop::Stack => "the stack pointer moves",
            Stop::Store => "memory is written",
            Stop::Load => "memory is read that may not be there",
            Stop::Branch => "the line is left",
            Stop::Target => "what follows is jumped to",
            Stop::End => "the function ends, or nobody knows where",
            Stop::Unknown => "an instruction is not known",
        })
    }
}

/// Why a probe stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The first instruction is as good as any, or the only one that is looked at (aarch64).
    Entry,
    /// The instructions before it cost more, or are none that the kernel takes.
    Slid,
    /// None that is emulated can be reached.
    Stopped(Stop),
}

/// Where a probe stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// In the file, in bytes from its beginning: what the kernel is told.
    pub offset: u64,
    /// The same place as it is loaded, as the file counts.
    pub address: u64,
    /// Bytes behind the function's entry. Registers of arguments and the stack pointer are there what they were at the entry.
    pub slid: u64,
    /// What a hit costs.
    pub cost: Cost,
    /// Why here.
    pub why: Why,
}

/// Why a function cannot be probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no code at the address.
    #[error("{0:#x} is data, not code")]
    NotCode(u64),
    /// The kernel sets no probe in a mapping that may be written (`valid_vma` of kernel/events/uprobes.c).
    #[error("the code at {0:#x} may be written")]
    Writable(u64),
    /// Not even an instruction.
    #[error("the function at {0:#x} has no whole instruction")]
    Short(u64),
    /// The bytes are no instruction.
    #[error("the bytes at {0:#x} are no instruction")]
    NoInstruction(u64),
    /// The kernel takes no probe in the place of this instruction (`arch_uprobe_analyze_insn`), or would do it wrong.
    #[error("no probe can stand at {0:#x}: {1}")]
    Instruction(u64, Objection),
}

/// What there is against an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Objection {
    /// A prefix of a segment or of a lock.
    #[error("prefix {0:#04x}")]
    Prefix(u8),
    /// The opcode, in the kernel's reading.
    #[error("opcode {0:#04x}")]
    Opcode(u8),
    /// A branch with a prefix of the operand's size, which processors differ in.
    #[error("a branch with prefix 0x66")]
    Short,
    /// Kernels take it for another instruction than it is.
    #[error("kernels take it for another instruction")]
    Mistaken,
    /// What it does must not be interrupted, or traps by itself.
    #[error("it traps, or must not be interrupted")]
    Exclusive,
}

/// What the kernel makes of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Takes(Cost),
    Refuses(Objection),
}

/// What there is of a function.
struct Body {
    /// Its address.
    at: u64,
    bytes: Rc<[u8]>,
    /// Nothing of it is missing.
    whole: bool,
    /// Its addresses may stand in its instructions.
    fixed: bool,
}

/// The first address behind one and up to another to which code of the file leads from anywhere.
type Entered<'a> = dyn Fn(u64, u64) -> Option<u64> + 'a;

/// Where a probe stands in the function at an address, that sees these arguments as they were given.
///
/// # Errors
/// None can.
pub fn place(object: &Object, address: u64, arguments: Arguments) -> Result<Placement, Refused> {
    let body = body(object, address)?;
    let (slid, cost, why) = if cfg!(target_arch = "aarch64") {
        aarch64::place(&body)?
    } else {
        x86_64::place(&body, arguments, &|behind, up_to| object.targets().first(behind, up_to))?
    };
    let offset = object.file.offset_of(address).ok_or(Refused::NotCode(address))?;
    Ok(Placement { offset: offset + slid, address: address + slid, slid, cost, why })
}

/// Where a function of this machine that chooses another one (an IFUNC) may lead: the addresses in its code that it computes.
pub fn choosable(object: &Object, resolver: u64) -> Vec<u64> {
    let computed = match body(object, resolver) {
        Ok(body) if cfg!(target_arch = "x86_64") => x86_64::computed(&body),
        _ => Vec::new(),
    };
    let mut found: Vec<u64> = computed.into_iter().filter(|at| object.is_code(*at) && *at != resolver).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn body(object: &Object, address: u64) -> Result<Body, Refused> {
    let file: &Elf = &object.file;
    let segment = file.loaded_at(address).filter(|segment| segment.code).ok_or(Refused::NotCode(address))?;
    if segment.writable {
        return Err(Refused::Writable(address));
    }
    let left = segment.size - (address - segment.address);
    let said = object.length(address).unwrap_or(0);
    // What has a name of its own is another function, even within this one.
    let next = object.next_after(address).map_or(u64::MAX, |next| next - address);
    let whole = said > 0 && said <= left && said <= BODY_MAX && Targets::can_be_read(file);
    let size = if whole { said.min(next) } else { LONGEST.min(next).min(left) };
    let bytes = file.bytes_at(address, size).filter(|bytes| !bytes.is_empty()).ok_or(Refused::Short(address))?;
    Ok(Body { at: address, bytes, whole, fixed: is_fixed(file) })
}
