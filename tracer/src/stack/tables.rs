//! Unwinding tables (`.eh_frame`): what stands where in a frame, for every address of the code. From them and a frame's registers
//! comes the frame that called it.
//!
//! All registers are followed, not the few that code without optimisation needs: through a signal's frame all of them come back. (The
//! crate `framehop` follows three, and does not know that what a signal interrupted is no call.)

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use gimli::{
    BaseAddresses, CfaRule, EhFrame, EhFrameHdr, EvaluationResult, Expression, FrameDescriptionEntry, Location,
    ParsedEhFrameHdr, RegisterRule, UnwindContext, UnwindSection, Value,
};

use super::arch::{ABI, Registers};
use super::elf::{Elf, Reader};

/// Bytes of an address.
const WORD: u8 = 8;
/// Steps of an expression; those of compilers have some ten.
const STEPS_MAX: u32 = 1000;
/// Rows that are kept of a file.
const ROWS_MAX: usize = 64 << 10;

/// How a word of memory is read.
pub type Read<'a> = dyn FnMut(u64) -> Option<u64> + 'a;

/// The tables of a file.
pub struct Tables {
    frames: EhFrame<Reader>,
    header: Option<ParsedEhFrameHdr<Reader>>,
    bases: BaseAddresses,
    rows: RefCell<HashMap<u64, Option<Rc<Row>>>>,
    context: RefCell<UnwindContext<usize>>,
}

/// What a table says of an address.
#[derive(Debug)]
struct Row {
    cfa: CfaRule<usize>,
    rules: Vec<(u16, RegisterRule<usize>)>,
    returns: u16,
    signal: bool,
    encoding: gimli::Encoding,
}

/// What is above a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Above {
    /// The frame that called it.
    Caller(Registers),
    /// The one that a signal interrupted.
    Interrupted(Registers),
    /// None: it is the outermost.
    Nothing,
    /// What the table leads to cannot be read.
    Unreadable,
    /// The table has no word on this address.
    Untold,
}

impl Tables {
    /// Those of a file; `None` where it has none.
    pub fn of(file: &Elf) -> Option<Tables> {
        let mut bases = BaseAddresses::default();
        if let Some(text) = file.section(b".text") {
            bases = bases.set_text(text.address);
        }
        if let Some(got) = file.section(b".got") {
            bases = bases.set_got(got.address);
        }
        let (at, header) = match file.section(b".eh_frame_hdr") {
            Some(section) => (section.address, file.data(section)),
            None => {
                let (at, bytes) = file.segment(object::elf::PT_GNU_EH_FRAME).unzip();
                (at.unwrap_or(0), bytes)
            }
        };
        bases = bases.set_eh_frame_hdr(at);
        let parse = |bytes| EhFrameHdr::from(Reader::new(bytes, gimli::NativeEndian)).parse(&bases, WORD).ok();
        // The third byte says how the number of entries is written. The library counts bytes by it, and a number of 64 bits is too much
        // for that; linkers write 32.
        let is_counted = |bytes: &Rc<[u8]>| bytes.get(2) == Some(&gimli::DW_EH_PE_udata4.0);
        let header = header.filter(is_counted).and_then(parse);
        let frames = match (file.section(b".eh_frame"), &header) {
            (Some(section), _) => (section.address, file.data(section)?),
            (None, Some(header)) => {
                let at = header.eh_frame_ptr().direct().ok()?;
                (at, file.loaded_from(at)?)
            }
            (None, None) => return None,
        };
        Some(Tables {
            frames: EhFrame::from(Reader::new(frames.1, gimli::NativeEndian)),
            bases: bases.set_eh_frame(frames.0),
            header,
            rows: RefCell::default(),
            context: RefCell::new(UnwindContext::new()),
        })
    }

    /// What is above the frame with these registers, whose code is at `address` of the file. The file is loaded at `bias`.
    pub fn above(&self, address: u64, bias: u64, registers: &Registers, read: &mut Read<'_>) -> Above {
        let Some(row) = self.row(address) else { return Above::Untold };
        let mut it = Evaluated { tables: self, row: &row, bias, registers, read };
        it.above().unwrap_or(Above::Unreadable)
    }

    fn row(&self, address: u64) -> Option<Rc<Row>> {
        let mut rows = self.rows.borrow_mut();
        if rows.len() > ROWS_MAX {
            rows.clear();
        }
        rows.entry(address).or_insert_with(|| self.look_up(address).ok().map(Rc::new)).clone()
    }

    /// Where the function at an address begins, and how long it is, in bytes: also where its name was stripped. `None` where the tables
    /// have no index, or no word on it.
    pub fn extent(&self, address: u64) -> Option<(u64, u64)> {
        self.header.as_ref().and_then(ParsedEhFrameHdr::table)?;
        let entry = self.entry(address).ok()?;
        Some((entry.initial_address(), entry.len()))
    }

    /// The entry of the tables in which an address is.
    fn entry(&self, address: u64) -> gimli::Result<FrameDescriptionEntry<Reader>> {
        let cie = EhFrame::cie_from_offset;
        match self.header.as_ref().and_then(ParsedEhFrameHdr::table) {
            Some(table) => {
                // Not by the library's own search, which takes for granted that what the table points to is there.
                let at = table.lookup(address, &self.bases)?.direct()?;
                let begin = self.bases.eh_frame.section.unwrap_or(0);
                let none = gimli::Error::NoUnwindInfoForAddress;
                let offset = at.checked_sub(begin).and_then(|offset| usize::try_from(offset).ok()).ok_or(none)?;
                let fde = self.frames.fde_from_offset(&self.bases, offset.into(), cie)?;
                if fde.contains(address) { Ok(fde) } else { Err(none) }
            }
            None => self.frames.fde_for_address(&self.bases, address, cie),
        }
    }

    fn look_up(&self, address: u64) -> gimli::Result<Row> {
        let fde = self.entry(address)?;
        let mut context = self.context.borrow_mut();
        let row = fde.unwind_info_for_address(&self.frames, &self.bases, &mut context, address)?;
        Ok(Row {
            cfa: row.cfa().clone(),
            rules: row.registers().map(|(register, rule)| (register.0, rule.clone())).collect(),
            returns: fde.cie().return_address_register().0,
            signal: fde.is_signal_trampoline(),
            encoding: fde.cie().encoding(),
        })
    }
}

struct Evaluated<'a, 'r> {
    tables: &'a Tables,
    row: &'a Row,
    bias: u64,
    registers: &'a Registers,
    read: &'a mut Read<'r>,
}

impl Evaluated<'_, '_> {
    /// `None` when something cannot be read, or makes no sense.
    fn above(&mut self) -> Option<Above> {
        let cfa = match &self.row.cfa {
            CfaRule::RegisterAndOffset { register, offset } => {
                self.registers.get(register.0)?.wrapping_add_signed(*offset)
            }
            CfaRule::Expression(expression) => {
                let expression = expression.get(&self.tables.frames).ok()?;
                self.evaluate(expression, None)?
            }
        };
        let mut made = self.registers.clone();
        made.set(ABI.stack, Some(cfa));
        let mut returns = None;
        for (register, rule) in &self.row.rules {
            let value = match rule {
                RegisterRule::Undefined if *register == self.row.returns => return Some(Above::Nothing),
                RegisterRule::SameValue => self.registers.get(*register),
                RegisterRule::Offset(offset) => Some((self.read)(cfa.wrapping_add_signed(*offset))?),
                RegisterRule::ValOffset(offset) => Some(cfa.wrapping_add_signed(*offset)),
                RegisterRule::Register(other) => self.registers.get(other.0),
                RegisterRule::Expression(expression) => {
                    let expression = expression.get(&self.tables.frames).ok()?;
                    let at = self.evaluate(expression, Some(cfa))?;
                    Some((self.read)(at)?)
                }
                RegisterRule::ValExpression(expression) => {
                    let expression = expression.get(&self.tables.frames).ok()?;
                    Some(self.evaluate(expression, Some(cfa))?)
                }
                RegisterRule::Constant(value) => Some(*value),
                RegisterRule::Undefined | RegisterRule::Architectural => None,
            };
            made.set(*register, value);
            if *register == self.row.returns {
                returns = value;
            }
        }
        // Where a register keeps it (aarch64), it may need no rule.
        made.pc = returns.or_else(|| made.get(self.row.returns))?;
        Some(match (made.pc, self.row.signal) {
            (0, _) => Above::Nothing,
            (_, true) => Above::Interrupted(made),
            (_, false) => Above::Caller(made),
        })
    }

    fn evaluate(&mut self, expression: Expression<Reader>, first: Option<u64>) -> Option<u64> {
        let mut evaluation = expression.evaluation(self.row.encoding);
        evaluation.set_max_iterations(STEPS_MAX);
        if let Some(first) = first {
            evaluation.set_initial_value(first);
        }
        let mut result = evaluation.evaluate().ok()?;
        loop {
            result = match result {
                EvaluationResult::Complete => break,
                EvaluationResult::RequiresRegister { register, .. } => {
                    let value = self.registers.get(register.0)?;
                    evaluation.resume_with_register(Value::Generic(value)).ok()?
                }
                EvaluationResult::RequiresMemory { address, size, .. } => {
                    let word = (self.read)(address)?;
                    let bits = 8 * u32::from(size.min(WORD));
                    let word = if bits == 64 { word } else { word & ((1 << bits) - 1) };
                    evaluation.resume_with_memory(Value::Generic(word)).ok()?
                }
                EvaluationResult::RequiresRelocatedAddress(address) => {
                    evaluation.resume_with_relocated_address(address.wrapping_add(self.bias)).ok()?
                }
                _ => return None,
            };
        }
        match evaluation.as_result().first()?.location {
            Location::Address { address } => Some(address),
            _ => None,
        }
    }
}
