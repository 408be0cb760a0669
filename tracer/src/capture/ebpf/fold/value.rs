//! What is known of a register, and what instructions make of it.

/// What is known of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// An address in the constants: which of them, and bytes from their begin.
    Place(u8, u32),
    /// Nothing.
    Unknown,
}

use Value::{Number, Place, Unknown};

const WIDE: u8 = 7;

/// What an instruction of arithmetic (`code`) makes of a register and its operand.
pub fn compute(code: u8, value: Value, operand: Value) -> Value {
    let wide = code & 7 == WIDE;
    match (code & 0xf0, value, operand) {
        (0xb0, _, operand) if wide => operand,
        (0xb0, _, Number(number)) => Number(number & 0xffff_ffff),
        (0x00, Place(map, offset), Number(more)) if wide => Place(map, offset.wrapping_add(more as u32)),
        // Nothing is left of nothing.
        (0x50, Number(0), _) | (0x50, _, Number(0)) => Number(0),
        (operation, Number(value), Number(operand)) if wide => wide_of(operation, value, operand),
        (operation, Number(value), Number(operand)) => narrow_of(operation, value as u32, operand as u32),
        _ => Unknown,
    }
}

fn wide_of(operation: u8, value: u64, operand: u64) -> Value {
    Number(match operation {
        0x00 => value.wrapping_add(operand),
        0x10 => value.wrapping_sub(operand),
        0x20 => value.wrapping_mul(operand),
        0x40 => value | operand,
        0x50 => value & operand,
        0x60 => value.wrapping_shl(operand as u32),
        0x70 => value.wrapping_shr(operand as u32),
        0x80 => value.wrapping_neg(),
        0xa0 => value ^ operand,
        0xc0 => (value as i64).wrapping_shr(operand as u32) as u64,
        _ => return Unknown,
    })
}

fn narrow_of(operation: u8, value: u32, operand: u32) -> Value {
    Number(u64::from(match operation {
        0x00 => value.wrapping_add(operand),
        0x10 => value.wrapping_sub(operand),
        0x20 => value.wrapping_mul(operand),
        0x40 => value | operand,
        0x50 => value & operand,
        0x60 => value.wrapping_shl(operand),
        0x70 => value.wrapping_shr(operand),
        0x80 => value.wrapping_neg(),
        0xa0 => value ^ operand,
        0xc0 => (value as i32).wrapping_shr(operand) as u32,
        _ => return Unknown,
    }))
}

/// Whether a jump (`code`) is taken.
pub fn compare(code: u8, value: Value, operand: Value) -> Option<bool> {
    let wide = code & 7 == 5;
    let (a, b) = match (value, operand) {
        (Number(a), Number(b)) if wide => (a, b),
        (Number(a), Number(b)) => (a & 0xffff_ffff, b & 0xffff_ffff),
        // No bit is in nothing.
        (Number(0), _) | (_, Number(0)) if code & 0xf0 == 0x40 => return Some(false),
        _ => return None,
    };
    let signed = |number: u64| if wide { number as i64 } else { i64::from(number as i32) };
    let (x, y) = (signed(a), signed(b));
    Some(match code & 0xf0 {
        0x10 => a == b,
        0x20 => a > b,
        0x30 => a >= b,
        0x40 => a & b != 0,
        0x50 => a != b,
        0x60 => x > y,
        0x70 => x >= y,
        0xa0 => a < b,
        0xb0 => a <= b,
        0xc0 => x < y,
        0xd0 => x <= y,
        _ => return None,
    })
}
