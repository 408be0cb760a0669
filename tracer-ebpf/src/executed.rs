//! What an execve was given, from where the kernel has put it: at the call's entry its strings may not be in
//! memory (constants of a program that never looked at them), and at its end the program that held them is gone.

use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    event::status,
    plan::{ARGV_MAX, BLOB_MAX, MAX_OPS, Op, PATH_MAX, Plan, phase, shape},
};

use crate::capture::{put, room};
use crate::kernel::repeat;
use crate::maps::Buffer;
use crate::vectors::shift;

/// Copies what an execve was given from where the kernel has put it, for operations whose memory was not
/// present at entry and is gone now: the path from the kernel, arguments and environment from the new stack.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn executed(buffer: *mut Buffer, plan: *const Plan, given: *const Given) -> i64 {
    if buffer.is_null() || plan.is_null() || given.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the types.
    let b = unsafe { &mut *buffer };
    let mut path = 0u8;
    let mut i = 0usize;
    while i < MAX_OPS {
        // SAFETY: `i` is within the plan; a plan in a map stays valid for this run.
        let op = unsafe { &(*plan).op[i] };
        if op.shape == shape::TEXT {
            path = op.arg;
        }
        if op.phase == phase::ENTER && b.retry >> i & 1 != 0 {
            let done = executed_one(b, op, given, path as u64) as u64 & 1;
            b.retry &= !(done << i);
        }
        i += 1;
    }
    0
}

/// Carries out one such operation; 1 when its memory was found. `path`: the argument that is the program's path.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn executed_one(buffer: *mut Buffer, op: *const Op, given: *const Given, path: u64) -> i64 {
    if buffer.is_null() || op.is_null() || given.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the types.
    let (b, op, given) = unsafe { (&mut *buffer, &*op, &*given) };
    b.blob.arg = op.arg;
    b.blob.shape = op.shape;
    b.blob.phase = op.phase;
    b.blob.part = 0;
    // execve and execveat agree: path, arguments, environment.
    let environment = op.arg as u64 == path.wrapping_add(2);
    let (start, n) = if environment { (given.environment, given.variables) } else { (given.arguments, given.words) };
    match op.shape {
        shape::TEXT => kernel_text(b, given.path),
        shape::ARGV => stacked(b, start, n, op.cap as u64),
        shape::COUNT => {
            put(b, 0, n, status::WHOLE);
            1
        }
        _ => 0,
    }
}

/// What the kernel knows of a program that it has just begun to execute.
#[repr(C)]
pub struct Given {
    /// Address of the path, in the kernel.
    pub path: u64,
    /// Address of the first argument, in the program; the others follow.
    pub arguments: u64,
    /// Their number.
    pub words: u64,
    /// Address of the first environment variable.
    pub environment: u64,
    /// Their number.
    pub variables: u64,
}

/// Copies a string of the kernel: one blob; 1 when it could be read.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn kernel_text(buffer: *mut Buffer, address: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    // SAFETY: there is room for a whole blob.
    let got = unsafe { helper::bpf_probe_read_kernel_str(to.cast(), PATH_MAX as u32, address as *const c_void) };
    if got <= 0 {
        return 0;
    }
    let len = b.forgotten(got as u64 - 1) as usize & 0xfff;
    // SAFETY: as above; clears the NUL and the padding behind it.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    put(b, len as u64, len as u64, status::WHOLE);
    1
}

/// Copies `n` strings that stand one behind the other from `address` on, as an array of strings.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn stacked(buffer: *mut Buffer, address: u64, n: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    // The pointers that the program had are not known any more; what matters is that they were none, and as long as those of the
    // program that made the call: the new one may be of the other ABI.
    let shift = shift(b);
    let word = if shift == 2 { (address & 0xffff_ffff) << 32 | address & 0xffff_ffff } else { address };
    let mut i = 0usize;
    while i < ARGV_MAX {
        // SAFETY: within the room for a blob.
        unsafe { to.add(i * 8).cast::<u64>().write_unaligned(word) };
        i += 1;
    }
    let shown = if n < ARGV_MAX as u64 { n } else { ARGV_MAX as u64 };
    put(b, shown << shift, n, if shown < n { status::CUT } else { status::WHOLE });
    b.left = address;
    repeat(ARGV_MAX as u32, stacked_word, &mut Stacked { buffer, shown, cap });
    1
}

/// Strings that stand one behind the other, the next one at `left` of the buffer.
struct Stacked {
    buffer: *mut Buffer,
    shown: u64,
    cap: u64,
}

/// Copies string `i`, at most `cap` bytes, and moves `left` behind it.
unsafe extern "C" fn stacked_word(i: u64, stacked: *mut Stacked) -> i64 {
    // SAFETY: that of `stacked`, with a buffer that it has checked.
    let (Stacked { shown, cap, .. }, b) = unsafe { (&*stacked, &mut *(*stacked).buffer) };
    if i >= *shown {
        return 1;
    }
    b.blob.part = i as u16 + 1;
    let to = room(b);
    if to.is_null() {
        return 1;
    }
    // SAFETY: there is room for a whole blob.
    let got = unsafe { helper::bpf_probe_read_user_str(to.cast(), BLOB_MAX as u32, b.left as *const c_void) };
    if got < 0 {
        put(b, 0, 0, status::FAULT);
        return 0;
    }
    // The NUL counts, but older kernels (6.1, 6.12) say 0 for an empty text.
    let got = if got == 0 { 1 } else { got as u64 };
    let (start, copied) = (b.left, got - 1);
    b.left = start.wrapping_add(copied);
    if got == BLOB_MAX as u64 {
        repeat(CHUNKS, longer, &mut Rest { buffer: b, to });
        // SAFETY: as above; the rest was read into it.
        unsafe { helper::bpf_probe_read_user_str(to.cast(), BLOB_MAX as u32, start as *const c_void) };
    }
    let all = b.left.wrapping_sub(start);
    b.left = b.left.wrapping_add(1);
    let len = b.forgotten(if copied < *cap { copied } else { *cap }) as usize & 0x3fff;
    let len = if len > BLOB_MAX { BLOB_MAX } else { len };
    // SAFETY: as above; clears what is not shown and the padding.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    put(b, len as u64, all, if (len as u64) < all { status::CUT } else { status::WHOLE });
    0
}

/// How often what is copied at once fits into the longest string that an execve may have (MAX_ARG_STRLEN, 32 pages of at most 64 KiB).
const CHUNKS: u32 = ((32 << 16) / (BLOB_MAX - 1) + 1) as u32;

/// A string that is longer than what is copied of it; `left` of the buffer is behind what was read. (Numbers on the stack that grow
/// would be followed by the verifier round by round.)
struct Rest {
    buffer: *mut Buffer,
    /// Room for a whole blob.
    to: *mut u8,
}

/// Reads on behind what was read; 1 at the string's end.
unsafe extern "C" fn longer(_: u64, rest: *mut Rest) -> i64 {
    // SAFETY: that of `stacked_word`.
    let (to, b) = unsafe { ((*rest).to, &mut *(*rest).buffer) };
    // SAFETY: there is room for a whole blob.
    let got = unsafe { helper::bpf_probe_read_user_str(to.cast(), BLOB_MAX as u32, b.left as *const c_void) };
    if got <= 1 {
        return 1;
    }
    b.left = b.left.wrapping_add(got as u64 - 1);
    (got != BLOB_MAX as i64) as i64
}
