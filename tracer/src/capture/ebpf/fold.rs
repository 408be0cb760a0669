//! Code that cannot be reached in this run, taken out of a program before the kernel sees it. What a request does not ask for is behind
//! a test of a constant; the verifier finds that too, but takes each stretch of dead code out by itself, which moves all that stands
//! behind and looks at every jump again: a sixth of the time in which the programs are loaded. One walk finds them all: the
//! conditional propagation of constants of Wegman and Zadeck (1991), over registers. It decides nothing: the kernel verifies what is
//! left. The instructions are those of Documentation/bpf/standardization/instruction-set.rst.

use std::os::fd::RawFd;

use aya_obj::generated::bpf_insn;

mod value;

use value::{Value, compare, compute};

/// Values that do not change any more, and the map that has them.
pub type Constants<'c> = (RawFd, &'c [u8]);

/// A program's code, with the records of its functions (`struct bpf_func_info`).
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// With the descriptors of its maps, and the functions that it calls.
    pub instructions: Vec<bpf_insn>,
    /// One after the other; each begins with the number of its first instruction.
    pub functions: Vec<u8>,
    /// Bytes of one of them.
    pub function_size: u32,
}

/// What registers hold.
type Registers = [Value; 11];

/// Classes of instructions, and what they do; the names are those of include/uapi/linux/bpf.h.
mod op {
    pub const LD: u8 = 0;
    pub const LDX: u8 = 1;
    pub const STX: u8 = 3;
    pub const ALU: u8 = 4;
    pub const JMP: u8 = 5;
    pub const JMP32: u8 = 6;
    pub const ALU64: u8 = 7;
    /// The operand is a register.
    pub const X: u8 = 8;
    pub const LOAD_64: u8 = 0x18;
    pub const JA: u8 = 0;
    pub const CALL: u8 = 0x80;
    pub const EXIT: u8 = 0x90;
    pub const MOV_64: u8 = 0xb7;
    pub const MEM: u8 = 0x60;
    pub const ATOMIC: u8 = 0xc0;
    /// What stands in the place of the source register: a call of a function of the program, one of its functions, the values of a map.
    pub const OWN_CALL: u8 = 1;
    pub const MAP_VALUE: u8 = 2;
    pub const OWN_FUNCTION: u8 = 4;
}

/// The code without what is dead; as it was when it is not understood.
pub fn fold(code: &Code, constants: &[Constants<'_>]) -> Code {
    Folding::new(&code.instructions, constants).and_then(|folding| folding.done(code)).unwrap_or_else(|| code.clone())
}

struct Folding<'c> {
    code: &'c [bpf_insn],
    constants: &'c [Constants<'c>],
    /// What registers hold where ways meet.
    known: Vec<Registers>,
    /// Where ways meet: by instruction, which of `known`.
    meets: Vec<Option<Meet>>,
    reached: Vec<bool>,
    /// Those to be walked from.
    open: Vec<usize>,
}

/// A place where ways meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meet {
    /// No way was seen to come.
    Never,
    /// What registers hold, by index.
    Known(u32),
}

/// What follows an instruction.
enum Next {
    /// The next one.
    On,
    /// One of these.
    To([Option<usize>; 2]),
}

impl<'c> Folding<'c> {
    fn new(code: &'c [bpf_insn], constants: &'c [Constants<'c>]) -> Option<Folding<'c>> {
        let len = code.len();
        let mut folding = Folding {
            code,
            constants,
            known: Vec::new(),
            meets: vec![None; len],
            reached: vec![false; len],
            open: Vec::new(),
        };
        let mut at = 0;
        while at < len {
            if let Some(to) = target(code, at)? {
                *folding.meets.get_mut(to)? = Some(Meet::Never);
            }
            at += width(&code[at]);
        }
        folding.meet(0, &[Value::Unknown; 11])?;
        while let Some(at) = folding.open.pop() {
            folding.walk(at)?;
        }
        Some(folding)
    }

    /// A way leads to an instruction, with these registers.
    fn meet(&mut self, to: usize, registers: &Registers) -> Option<()> {
        let Some(Meet::Known(known)) = *self.meets.get(to)? else {
            self.meets[to] = Some(Meet::Known(self.known.len() as u32));
            self.known.push(*registers);
            self.open.push(to);
            return Some(());
        };
        let mut changed = false;
        for (met, new) in self.known.get_mut(known as usize)?.iter_mut().zip(registers) {
            if *met != *new && *met != Value::Unknown {
                (*met, changed) = (Value::Unknown, true);
            }
        }
        if changed {
            self.open.push(to);
        }
        Some(())
    }

    /// What registers hold where a way was seen to come to a place where ways meet.
    fn at(&self, at: usize) -> Option<Registers> {
        match self.meets.get(at) {
            Some(Some(Meet::Known(known))) => self.known.get(*known as usize).copied(),
            _ => None,
        }
    }

    /// Walks to where ways meet or end.
    fn walk(&mut self, from: usize) -> Option<()> {
        let mut registers = self.at(from)?;
        let mut at = from;
        loop {
            *self.reached.get_mut(at)? = true;
            if let Some(function) = function(self.code, at)? {
                self.meet(function, &[Value::Unknown; 11])?;
            }
            match self.step(at, &mut registers)? {
                Next::On => at += width(&self.code[at]),
                Next::To(ways) => return ways.into_iter().flatten().try_for_each(|to| self.meet(to, &registers)),
            }
            if self.meets.get(at)?.is_some() {
                return self.meet(at, &registers);
            }
        }
    }

    /// What an instruction makes of the registers.
    fn step(&self, at: usize, registers: &mut Registers) -> Option<Next> {
        let this = self.code[at];
        let (to, from) = (usize::from(this.dst_reg()), usize::from(this.src_reg()));
        let operand = match this.code & op::X != 0 {
            true => *registers.get(from)?,
            false => Value::Number(i64::from(this.imm) as u64),
        };
        match this.code & 7 {
            op::JMP | op::JMP32 => match this.code & 0xf0 {
                op::EXIT => return Some(Next::To([None; 2])),
                op::CALL => registers[..6].fill(Value::Unknown),
                op::JA => return Some(Next::To([target(self.code, at)?, None])),
                _ => {
                    let (taken, on) = (target(self.code, at)?, Some(at + 1));
                    return Some(Next::To(match compare(this.code, *registers.get(to)?, operand) {
                        Some(true) => [taken, None],
                        Some(false) => [on, None],
                        None => [on, taken],
                    }));
                }
            },
            op::ALU | op::ALU64 => {
                let value = registers.get_mut(to)?;
                // A move of less than 32 bits has its width where others have an offset.
                *value = if this.off == 0 { compute(this.code, *value, operand) } else { Value::Unknown };
            }
            op::LD if this.code == op::LOAD_64 => {
                let second = self.code.get(at + 1)?.imm;
                *registers.get_mut(to)? = match this.src_reg() {
                    0 => Value::Number(u64::from(this.imm as u32) | u64::from(second as u32) << 32),
                    op::MAP_VALUE => self.place(this.imm, second),
                    _ => Value::Unknown,
                };
            }
            op::LDX => *registers.get_mut(to)? = self.loaded(&this, *registers.get(from)?),
            // It may give back what was there.
            op::STX if this.code & 0xe0 == op::ATOMIC => {
                registers[0] = Value::Unknown;
                *registers.get_mut(from)? = Value::Unknown;
            }
            op::LD => registers[..6].fill(Value::Unknown),
            _ => {}
        }
        Some(Next::On)
    }

    fn place(&self, fd: i32, offset: i32) -> Value {
        let known = self.constants.iter().position(|(map, _)| *map == fd).and_then(|map| u8::try_from(map).ok());
        known.map_or(Value::Unknown, |map| Value::Place(map, offset as u32))
    }

    /// What a load reads, where that is a constant.
    fn loaded(&self, this: &bpf_insn, from: Value) -> Value {
        let Value::Place(map, offset) = from else { return Value::Unknown };
        if this.code & 0xe0 != op::MEM {
            return Value::Unknown;
        }
        let size = match this.code & 0x18 {
            0x00 => 4,
            0x08 => 2,
            0x10 => 1,
            _ => 8,
        };
        let read = || {
            let begin = usize::try_from(i64::from(offset) + i64::from(this.off)).ok()?;
            let bytes = self.constants.get(usize::from(map))?.1.get(begin..begin.checked_add(size)?)?;
            let mut value = [0; 8];
            value[..size].copy_from_slice(bytes);
            Some(Value::Number(u64::from_le_bytes(value)))
        };
        read().unwrap_or(Value::Unknown)
    }

    /// What is left.
    fn done(&self, code: &Code) -> Option<Code> {
        let mut left = self.code.to_vec();
        let mut kept = self.reached.clone();
        for from in 0..left.len() {
            let Some(mut registers) = self.at(from) else { continue };
            let mut at = from;
            loop {
                let next = self.step(at, &mut registers)?;
                self.simplify(at, &next, &registers, &mut left[at])?;
                if width(&left[at]) == 2 {
                    *kept.get_mut(at + 1)? = true;
                }
                at += width(&left[at]);
                if matches!(next, Next::To(_)) || self.meets.get(at)?.is_some() {
                    break;
                }
            }
        }
        // A jump over what is gone is none.
        for at in (0..left.len()).rev().filter(|&at| self.reached[at]) {
            if left[at].code == op::JMP
                && let Some(to) = target(&left, at)?
                && to > at
                && !kept[at + 1..to].contains(&true)
            {
                kept[at] = false;
            }
        }
        close(&left, &kept, code)
    }

    /// Puts a number in the place of a load, and a jump in that of one that is always or never taken.
    fn simplify(&self, at: usize, next: &Next, after: &Registers, this: &mut bpf_insn) -> Option<()> {
        let to = usize::from(this.dst_reg());
        match (this.code & 7, next, after.get(to)?) {
            (op::LDX, _, Value::Number(number)) => {
                if let Ok(small) = i32::try_from(*number as i64) {
                    (this.code, this.off, this.imm) = (op::MOV_64, 0, small);
                    this.set_src_reg(0);
                }
            }
            (op::JMP | op::JMP32, Next::To([Some(only), None]), _) if this.code & 0xf0 != op::JA => {
                let off = i16::try_from(*only as i64 - at as i64 - 1).ok()?;
                (this.code, this.off, this.imm) = (op::JMP, off, 0);
                this.set_dst_reg(0);
                this.set_src_reg(0);
            }
            _ => {}
        }
        Some(())
    }
}

/// The instructions that are kept, next to each other.
fn close(left: &[bpf_insn], kept: &[bool], code: &Code) -> Option<Code> {
    let mut places = Vec::with_capacity(left.len() + 1);
    let mut place = 0_i64;
    for kept in kept {
        places.push(place);
        place += i64::from(*kept);
    }
    places.push(place);
    let mut instructions = Vec::with_capacity(place as usize);
    let mut at = 0;
    while at < left.len() {
        let width = width(&left[at]);
        if kept[at] {
            let mut this = left[at];
            let far = |to: usize| Some(*places.get(to)? - places[at] - 1);
            if let Some(function) = function(left, at)? {
                this.imm = i32::try_from(far(function)?).ok()?;
            } else if let Some(to) = target(left, at)? {
                match is_long(&this) {
                    true => this.imm = i32::try_from(far(to)?).ok()?,
                    false => this.off = i16::try_from(far(to)?).ok()?,
                }
            }
            instructions.push(this);
            instructions.extend_from_slice(left.get(at + 1..at + width)?);
        }
        at += width;
    }
    let mut functions = Vec::with_capacity(code.functions.len());
    for record in code.functions.chunks_exact(code.function_size.max(4) as usize) {
        let (first, rest) = record.split_first_chunk::<4>()?;
        let first = u32::from_ne_bytes(*first) as usize;
        if *kept.get(first)? {
            functions.extend_from_slice(&(places[first] as u32).to_ne_bytes());
            functions.extend_from_slice(rest);
        }
    }
    Some(Code { instructions, functions, function_size: code.function_size })
}

/// Slots of 8 bytes that an instruction takes.
fn width(this: &bpf_insn) -> usize {
    if this.code == op::LOAD_64 { 2 } else { 1 }
}

/// A jump with 32 bits for its distance.
fn is_long(this: &bpf_insn) -> bool {
    this.code == op::JMP32 | op::JA
}

/// Where an instruction may jump to; `None` around it when that is outside.
fn target(code: &[bpf_insn], at: usize) -> Option<Option<usize>> {
    let this = &code[at];
    if !matches!(this.code & 7, op::JMP | op::JMP32) || matches!(this.code & 0xf0, op::CALL | op::EXIT) {
        return Some(None);
    }
    let distance = if is_long(this) { i64::from(this.imm) } else { i64::from(this.off) };
    inside(code, at, distance).map(Some)
}

/// The function of the program that an instruction calls or hands over.
fn function(code: &[bpf_insn], at: usize) -> Option<Option<usize>> {
    let this = &code[at];
    let is_call = this.code == op::JMP | op::CALL && this.src_reg() == op::OWN_CALL;
    let is_handed = this.code == op::LOAD_64 && this.src_reg() == op::OWN_FUNCTION;
    match is_call || is_handed {
        true => inside(code, at, this.imm.into()).map(Some),
        false => Some(None),
    }
}

fn inside(code: &[bpf_insn], at: usize, distance: i64) -> Option<usize> {
    usize::try_from(at as i64 + 1 + distance).ok().filter(|to| *to < code.len())
}

#[cfg(test)]
mod tests;
