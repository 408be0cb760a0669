//! Values that fit into a register or a field: the type decides how many bits count and whether they
//! have a sign, not the register they came in.

use super::special;
use super::value::Value;
use crate::schema::types::{Ty, Whose};

/// The value of `raw`, which came from `width` bytes (a register: 8).
pub fn value<'a>(ty: &Ty, raw: u64, width: usize) -> Value<'a> {
    let narrow = width.min(4);
    match *ty {
        Ty::Int => Value::Int(signed(raw, narrow)),
        Ty::Uint => Value::Uint(unsigned(raw, narrow)),
        Ty::Long => Value::Int(signed(raw, width)),
        Ty::Ulong => Value::Uint(unsigned(raw, width)),
        Ty::Hex => Value::Hex(unsigned(raw, width)),
        Ty::Hex32 => Value::Hex(unsigned(raw, narrow)),
        Ty::Octal => Value::Octal(unsigned(raw, narrow)),
        // umode_t is an unsigned short.
        Ty::Perm => Value::Perm(unsigned(raw, 2)),
        Ty::Mode => Value::Mode(unsigned(raw, 2)),
        Ty::Dev => Value::Dev(unsigned(raw, width)),
        Ty::Fd | Ty::Slot(_) => match signed(raw, narrow) as i32 {
            // AT_FDCWD means something to `DirFd` only.
            libc::AT_FDCWD => Value::Int(libc::AT_FDCWD.into()),
            fd => Value::Fd(fd, None),
        },
        Ty::DirFd => Value::Fd(signed(raw, narrow) as i32, None),
        Ty::Pid => Value::Pid(signed(raw, narrow) as i32, Whose::Process, None),
        Ty::Tid => Value::Pid(signed(raw, narrow) as i32, Whose::Thread, None),
        Ty::Pgid => Value::Pid(signed(raw, narrow) as i32, Whose::Group, None),
        Ty::Sid => Value::Pid(signed(raw, narrow) as i32, Whose::Session, None),
        Ty::PidOrPgid => Value::Pid(signed(raw, narrow) as i32, Whose::ProcessOrGroup, None),
        Ty::Id => match unsigned(raw, narrow) {
            0xffff_ffff => Value::Int(-1),
            id => Value::Uint(id),
        },
        Ty::Signal => Value::Signal(signed(raw, narrow) as i32),
        Ty::Set(set) => Value::Named(set, unsigned(raw, width)),
        Ty::Set32(set) => Value::Named(set, unsigned(raw, narrow)),
        Ty::Out(inner) | Ty::InOut(inner) | Ty::When(_, _, inner) => value(inner, raw, width),
        Ty::Positive(inner) | Ty::Interrupted(inner) | Ty::Late(inner) | Ty::Note(inner, _) | Ty::Wide(inner) => {
            value(inner, raw, width)
        }
        Ty::Of(bytes, inner) => value(inner, raw, width.min(usize::from(bytes))),
        Ty::Char => character(signed(raw, narrow)),
        Ty::Word => word(raw as i64),
        // A register of another kind has it.
        Ty::Double | Ty::Float => Value::Word("?"),
        Ty::Void => Value::Word("<void>"),
        Ty::Special(kind) => special::number(kind, unsigned(raw, width)).unwrap_or(Value::Addr(unsigned(raw, width))),
        _ => Value::Addr(unsigned(raw, width)),
    }
}

/// A character as C writes it; what is none is a number.
fn character<'a>(n: i64) -> Value<'a> {
    match u8::try_from(n) {
        Ok(byte) => Value::Text(format!("'{}'", byte.escape_ascii())),
        Err(_) if n == -1 => Value::Word("EOF"),
        Err(_) => Value::Int(n),
    }
}

/// A word of which nothing is known, as ltrace writes it.
pub fn word<'a>(n: i64) -> Value<'a> {
    const SMALL: i64 = 10_000;
    if (-SMALL..=SMALL).contains(&n) { Value::Int(n) } else { Value::Hex(n as u64) }
}

/// The little-endian number in up to 8 bytes.
pub fn read(bytes: &[u8]) -> u64 {
    let mut raw = [0; 8];
    let n = bytes.len().min(8);
    raw[..n].copy_from_slice(&bytes[..n]);
    u64::from_le_bytes(raw)
}

/// The number at `off`, `width` bytes wide; 0 where the bytes end.
pub fn at(bytes: &[u8], off: usize, width: usize) -> u64 {
    let rest = bytes.get(off..).unwrap_or_default();
    read(&rest[..width.min(rest.len())])
}

fn unsigned(raw: u64, width: usize) -> u64 {
    if width >= 8 { raw } else { raw & ((1 << (8 * width)) - 1) }
}

fn signed(raw: u64, width: usize) -> i64 {
    let shift = 64 - 8 * width.clamp(1, 8) as u32;
    ((raw << shift) as i64) >> shift
}
