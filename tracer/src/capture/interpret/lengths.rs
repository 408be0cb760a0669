//! Where what an operation copies begins, and how much it is.

use tracer_common::plan::{ARG_RET, BLOB_MAX, Op, len};

use super::{Moment, failed};

/// The value that an operation works on.
pub fn value(arg: u8, args: &[u64; 6], moment: Moment) -> u64 {
    match moment {
        Moment::Exit(ret) if arg == ARG_RET => ret as u64,
        _ => args.get(usize::from(arg)).copied().unwrap_or(0),
    }
}

/// Where a text begins.
pub fn behind(op: &Op, ptr: u64) -> u64 {
    ptr.wrapping_add(u64::from(op.fd_at))
}

/// Number of elements, where no memory need be read to know it.
pub fn count(op: &Op, args: &[u64; 6], moment: Moment) -> Option<u64> {
    match op.len {
        len::ONE => Some(1),
        len::ARG => Some(value(op.len_arg, args, moment)),
        len::TIMES => Some(value(op.len_arg, args, moment).saturating_mul(value(op.fd_at, args, moment))),
        len::BITS => Some(value(op.len_arg, args, moment).div_ceil(64).saturating_mul(8)),
        len::RET => Some(match moment {
            Moment::Exit(ret) if !failed(ret) => ret as u64,
            _ => 0,
        }),
        _ => None,
    }
}

/// Bytes of the number that says how many there are.
pub fn deref_size(op: &Op) -> usize {
    if op.len == len::DEREF64 { 8 } else { 4 }
}

/// Bytes that `BYTES` copies, and bytes that there are.
pub fn bytes(op: &Op, n: u64) -> (usize, u64) {
    let want = n.saturating_mul(u64::from(op.unit.max(1)));
    (want.min(u64::from(op.cap)).min(BLOB_MAX as u64) as usize, want)
}

/// Word `i` of memory whose words have `wide` bytes, 4 or 8.
pub fn word(bytes: &[u8], i: usize, wide: usize) -> u64 {
    let mut word = [0u8; 8];
    let Some(found) = bytes.get(i * wide..(i + 1) * wide) else { return 0 };
    word[..wide].copy_from_slice(found);
    u64::from_le_bytes(word)
}
