//! Shapes that point on: iovec arrays, message headers, arrays of message headers.

use tracer_common::plan::{MMSG_PARTS, VEC_MAX, phase};

use crate::capture::{bytes, user};
use crate::maps::Buffer;

/// Copies an iovec array of `n` elements and what they point to, `total` bytes at most together.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn iovec(buffer: *mut Buffer, address: u64, n: u64, cap: u64, total: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let faulted = bytes(b, address, n.min(1024) << 4, (VEC_MAX as u64) << 4);
    b.left = if total > i64::MAX as u64 && total != u64::MAX { 0 } else { total };
    let mut fault = faulted;
    let mut i = 0u64;
    while i < VEC_MAX as u64 {
        if i >= n {
            break;
        }
        fault |= element(b, address, i, cap);
        i += 1;
    }
    fault
}

/// Copies what element `i` of an iovec array points to, as far as `left` reaches.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn element(buffer: *mut Buffer, address: u64, i: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let base = user::<u64>(address.wrapping_add(i << 4));
    let len = user::<u64>(address.wrapping_add((i << 4) + 8));
    let len = if len < b.left { len } else { b.left };
    b.left -= len;
    b.blob.part = part_of(b, i);
    bytes(b, base, len, cap)
}

/// The part number of a vector's element: elements follow the vector, which has part `base`.
#[inline(always)]
fn part_of(b: &Buffer, i: u64) -> u16 {
    (b.base as u16).wrapping_add(1).wrapping_add(i as u16)
}

/// Copies a message header and what it points to.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn msghdr(buffer: *mut Buffer, address: u64, cap: u64, total: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if bytes(b, address, 56, 56) != 0 {
        return 1;
    }
    message(b, address, 1, cap, total)
}

/// Copies what the message header at `address` points to, as parts from `first` on.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn message(buffer: *mut Buffer, address: u64, first: u64, cap: u64, total: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    b.blob.part = first as u16;
    let mut fault = bytes(b, user(address), user::<u32>(address.wrapping_add(8)) as u64, 128);
    b.blob.part = first as u16 + 1;
    fault |= bytes(b, user(address.wrapping_add(32)), user(address.wrapping_add(40)), 1024);
    b.blob.part = first as u16 + 2;
    b.base = first + 2;
    fault |= iovec(b, user(address.wrapping_add(16)), user(address.wrapping_add(24)), cap, total);
    fault
}

/// Copies an array of `n` message headers and what they point to.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn mmsg(buffer: *mut Buffer, address: u64, n: u64, cap: u64, when: u64) -> i64 {
    const MESSAGES: u64 = 8;
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if bytes(b, address, n.min(1024) << 6, MESSAGES << 6) != 0 {
        return 1;
    }
    let mut fault = 0;
    let mut i = 0u64;
    while i < MESSAGES {
        if i >= n {
            break;
        }
        let at = address.wrapping_add(i << 6);
        let total = if when == phase::ENTER as u64 { u64::MAX } else { user::<u32>(at.wrapping_add(56)) as u64 };
        fault |= message(b, at, i * MMSG_PARTS as u64 + 2, cap, total);
        i += 1;
    }
    fault
}
