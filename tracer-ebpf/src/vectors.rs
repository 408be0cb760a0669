//! Shapes that point on: iovec arrays, message headers, arrays of message headers, arrays of pointers.

use core::hint::black_box;

use tracer_common::event::Blob;
use tracer_common::loss::Loss;
use tracer_common::plan::{MMSG_PARTS, REFS_MAX, VEC_MAX, phase};

use crate::capture::bytes;
use crate::emit::lost;
use crate::files;
use crate::maps::{Buffer, DATA_MASK};

/// Copies an iovec array of `n` elements and what they point to, `total` bytes at most together.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn iovec(buffer: *mut Buffer, address: u64, n: u64, cap: u64, total: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let array = next(b);
    let faulted = bytes(b, address, n.min(1024) << 4, (VEC_MAX as u64) << 4);
    // Of elements that could not be read, or that found no room, nothing is known.
    let copied = if b.used > array { b.used - array } else { 0 };
    let n = n.min(copied >> 4);
    b.left = if total > i64::MAX as u64 && total != u64::MAX { 0 } else { total };
    let mut fault = faulted;
    let mut i = 0u64;
    while i < VEC_MAX as u64 {
        if i >= n {
            break;
        }
        fault |= element(b, array.wrapping_add(i << 4), i, cap);
        i += 1;
    }
    fault
}

/// Where the bytes of the next blob will stand in the buffer.
#[inline(always)]
fn next(b: &Buffer) -> u64 {
    b.used + size_of::<Blob>() as u64
}

/// A word of a blob: what was copied once is not read from the program again, which costs more than all the rest.
#[inline(always)]
fn word(b: &Buffer, at: u64) -> u64 {
    let at = black_box(at as usize) & (DATA_MASK & !7);
    // SAFETY: masked to the data.
    unsafe { core::ptr::read_volatile((&raw const b.data).cast::<u8>().add(at).cast::<u64>()) }
}

/// Copies what element `i` of an iovec array points to, as far as `left` reaches; the element stands at `at`.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn element(buffer: *mut Buffer, at: u64, i: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let (base, len) = (word(b, at), word(b, at.wrapping_add(8)));
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
    let header = next(b);
    if bytes(b, address, 56, 56) != 0 {
        return 1;
    }
    message(b, header, 1, cap, total)
}

/// Copies what the message header at `at` of the buffer points to, as parts from `first` on.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn message(buffer: *mut Buffer, at: u64, first: u64, cap: u64, total: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    b.blob.part = first as u16;
    let mut fault = bytes(b, word(b, at), word(b, at.wrapping_add(8)) & 0xffff_ffff, 128);
    b.blob.part = first as u16 + 1;
    fault |= bytes(b, word(b, at.wrapping_add(32)), word(b, at.wrapping_add(40)), 1024);
    b.blob.part = first as u16 + 2;
    b.base = first + 2;
    fault |= iovec(b, word(b, at.wrapping_add(16)), word(b, at.wrapping_add(24)), cap, total);
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
    let array = next(b);
    if bytes(b, address, n.min(1024) << 6, MESSAGES << 6) != 0 {
        return 1;
    }
    let mut fault = 0;
    let mut i = 0u64;
    while i < MESSAGES {
        if i >= n {
            break;
        }
        let at = array.wrapping_add(i << 6);
        let total = if when == phase::ENTER as u64 { u64::MAX } else { word(b, at.wrapping_add(56)) & 0xffff_ffff };
        fault |= message(b, at, i * MMSG_PARTS as u64 + 2, cap, total);
        i += 1;
    }
    fault
}

/// Copies an array of `n` pointers and the `size` bytes behind each, with the file of the descriptor that stands at `fd_at`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn refs(buffer: *mut Buffer, address: u64, n: u64, size: u64, fd_at: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let array = next(b);
    let mut fault = bytes(b, address, n.min(1024) << 3, (REFS_MAX as u64) << 3);
    let copied = if b.used > array { b.used - array } else { 0 };
    let known = n.min(copied >> 3);
    let mut i = 0u64;
    while i < REFS_MAX as u64 {
        if i >= known {
            break;
        }
        fault |= referred(b, array.wrapping_add(i << 3), i, size, fd_at);
        i += 1;
    }
    if n > REFS_MAX as u64 {
        lost(Loss::BlobCut);
    }
    fault
}

/// Copies the structure behind pointer `i`, which stands at `at` of the buffer.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn referred(buffer: *mut Buffer, at: u64, i: u64, size: u64, fd_at: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let structure = next(b);
    b.blob.part = (1 + 2 * i) as u16;
    let fault = bytes(b, word(b, at), size, size);
    if fault == 0 && fd_at != 0 && b.used > structure {
        // The descriptor as it was copied: the program may have written another one since.
        let pair = word(b, structure.wrapping_add(fd_at));
        let fd = if fd_at & 4 != 0 { pair >> 32 } else { pair };
        b.blob.part = (2 + 2 * i) as u16;
        files::resolve(b, fd as i32 as i64, files::DESCRIPTOR);
    }
    fault
}
