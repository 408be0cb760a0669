//! How much an operation of a plan copies, and whose memory.

use core::hint::black_box;

use tracer_common::plan::{ARG_RET, ARG_SP, Op, len};

use crate::absent;
use crate::capture::read;
use crate::maps::Buffer;

/// The value of an argument, the return value, or the stack pointer.
#[inline(always)]
pub fn register(b: &Buffer, arg: u8) -> u64 {
    match arg {
        ARG_RET => b.head.ret as u64,
        ARG_SP => b.sp,
        _ => {
            let i = black_box(arg as usize) & 7;
            // SAFETY: arguments are 0 to 5; what 6 and 7 would read still is the buffer.
            unsafe { core::ptr::read_volatile((&raw const b.head.args).cast::<u64>().add(i)) }
        }
    }
}

/// A length that stands in memory which could not be read.
pub const UNREAD: u64 = u64::MAX;

/// The operation's length in bytes, or `UNREAD`.
#[inline(always)]
pub fn length(b: &mut Buffer, op: &Op) -> u64 {
    let unit = op.unit as u64;
    match op.len {
        len::ARG => register(b, op.len_arg).min(1 << 40) * unit,
        len::RET => register(b, ARG_RET).min(1 << 40) * unit,
        len::TIMES => register(b, op.len_arg).min(1 << 20) * register(b, op.fd_at).min(1 << 20) * unit,
        len::DEREF | len::DEREF64 => {
            let at = register(b, op.len_arg);
            let n = if op.len == len::DEREF { read::<u32>(at).map(u64::from) } else { read::<u64>(at) };
            match n {
                Some(n) => n.min(1 << 40) * unit,
                None => {
                    absent::bytes(b, at, 1);
                    UNREAD
                }
            }
        }
        len::BITS => (register(b, op.len_arg).min(1 << 20) + 63) / 64 * 8,
        _ => unit,
    }
}
