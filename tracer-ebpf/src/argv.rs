//! Arrays of strings: what a program is given.

use core::ffi::c_void;
use core::hint::black_box;
use core::mem::MaybeUninit;

use aya_ebpf::helpers::generated as helper;
use tracer_common::event::{Blob, status};
use tracer_common::plan::ARGV_MAX;

use crate::absent;
use crate::capture::{bytes, put, text};
use crate::kernel::repeat;
use crate::maps::{Buffer, DATA_MASK};
use crate::vectors::shift;

/// Copies an array of strings: the pointers, then each string.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn argv(buffer: *mut Buffer, address: u64, cap: u64, max: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    // The count comes first, so that its blob stands first; its pointers follow as far as they are shown.
    let shift = shift(b);
    let n = counted(address, shift);
    let known = n & 0xffff_ffff;
    if n >> 32 != 0 {
        absent::bytes(b, address.wrapping_add(known << shift), 1);
    }
    let shown = b.forgotten(known.min(max).min(ARGV_MAX as u64));
    let fault = bytes(b, address, shown << shift, (ARGV_MAX as u64) << shift);
    patch_want(b, shown << shift, shown, known, n >> 32 != 0);
    let mut strings = Strings { buffer, address, shown, shift, cap, fault: b.either(fault, (n >> 32) as i64) };
    repeat(ARGV_MAX as u32, string, &mut strings);
    strings.fault
}

/// Strings of an array, each copied up to `cap` bytes.
struct Strings {
    buffer: *mut Buffer,
    address: u64,
    shown: u64,
    shift: u64,
    cap: u64,
    fault: i64,
}

/// Copies string `i` of an array.
unsafe extern "C" fn string(i: u64, strings: *mut Strings) -> i64 {
    // SAFETY: `argv`'s own, with a buffer that it has checked.
    let (strings, b) = unsafe { (&mut *strings, &mut *(*strings).buffer) };
    if i >= strings.shown {
        return 1;
    }
    b.blob.part = i as u16 + 1;
    let at = strings.address.wrapping_add(i << strings.shift);
    let mut pointer = 0u64;
    let size = if strings.shift == 2 { 4 } else { 8 };
    // SAFETY: the helper writes at most 8 bytes into 8, zeroes where it cannot read.
    let failed = unsafe { helper::bpf_probe_read_user((&raw mut pointer).cast(), size, at as *const c_void) };
    if failed != 0 {
        absent::bytes(b, at, 1);
    }
    let fault = text(b, pointer, strings.cap);
    strings.fault = b.either(strings.fault, fault | (failed != 0) as i64);
    0
}

/// Sets `want` of the blob just written, of `len` bytes that are `shown` pointers, to the number of strings; notes a fault.
#[inline(always)]
fn patch_want(b: &mut Buffer, len: u64, shown: u64, n: u64, fault: bool) {
    let at = (b.used as usize).wrapping_sub(len as usize + size_of::<Blob>());
    if at > DATA_MASK {
        return;
    }
    let at = black_box(at) & (DATA_MASK & !7);
    // SAFETY: masked to the data; a blob's head stands there.
    unsafe {
        let blob = (&raw mut b.data).cast::<u8>().add(at).cast::<Blob>();
        (*blob).want = n as u32;
        if fault {
            (*blob).status = status::FAULT;
        } else if n > shown {
            (*blob).status = status::CUT;
        }
    }
}

/// Counts the strings of an array.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn count(buffer: *mut Buffer, address: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    let shift = shift(b);
    let n = counted(address, shift);
    if n >> 32 != 0 {
        absent::bytes(b, address.wrapping_add((n & 0xffff_ffff) << shift), 1);
    }
    put(b, 0, n & 0xffff_ffff, if n >> 32 != 0 { status::FAULT } else { status::WHOLE });
    (n >> 32 != 0) as i64
}

/// The number of pointers before the NULL, at most `MOST`; bit 32 is set when one could not be read.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn counted(address: u64, shift: u64) -> u64 {
    let mut count = Count { address, shift, n: 0, fault: 0 };
    repeat(MOST / MANY as u32, further, &mut count);
    count.n | count.fault << 32
}

/// Pointers that are counted.
struct Count {
    address: u64,
    shift: u64,
    n: u64,
    fault: u64,
}

/// Counts the pointers behind those that were counted.
unsafe extern "C" fn further(_: u64, count: *mut Count) -> i64 {
    // SAFETY: `counted`'s own.
    let count = unsafe { &mut *count };
    let more = counted_here(count.address.wrapping_add(count.n << count.shift), count.shift);
    count.n += more & NUMBER;
    count.fault = (more & GONE != 0) as u64;
    (more & (END | GONE) != 0) as i64
}

/// How many pointers are counted, and how many at once: what the stack has room for (512 bytes with the callers' up to Linux 6.12).
const MOST: u32 = 2048;
const MANY: usize = 16;

/// What `counted_here` says besides a number: the NULL is there; memory is not.
const END: u64 = 1 << 12;
const GONE: u64 = 1 << 13;
const NUMBER: u64 = END - 1;

/// The number of pointers at `address` before a NULL, at most `MANY` (of 4 bytes twice as many), with `END` or `GONE`.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn counted_here(address: u64, shift: u64) -> u64 {
    let mut chunk = MaybeUninit::<[u64; MANY]>::uninit();
    // SAFETY: the helper writes as many bytes as there are.
    if unsafe { helper::bpf_probe_read_user(chunk.as_mut_ptr().cast(), 8 * MANY as u32, address as *const c_void) } != 0
    {
        // A page ends here, or memory does: one at a time.
        let mut one = 0u64;
        let size = if shift == 2 { 4 } else { 8 };
        // SAFETY: the helper writes at most 8 bytes into 8.
        if unsafe { helper::bpf_probe_read_user((&raw mut one).cast(), size, address as *const c_void) } != 0 {
            return GONE;
        }
        return if one == 0 { END } else { 1 };
    }
    // SAFETY: the helper has written all of it.
    let chunk = unsafe { chunk.assume_init_ref() };
    let mut i = 0usize;
    if shift == 2 {
        while i < MANY {
            if chunk[i] & 0xffff_ffff == 0 {
                return 2 * i as u64 | END;
            }
            if chunk[i] >> 32 == 0 {
                return (2 * i as u64 + 1) | END;
            }
            i += 1;
        }
        return 2 * MANY as u64;
    }
    while i < MANY {
        if chunk[i] == 0 {
            return i as u64 | END;
        }
        i += 1;
    }
    MANY as u64
}
