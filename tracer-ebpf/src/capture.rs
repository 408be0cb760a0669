//! The plan interpreter: one loop over a plan's operations. Each shape is a global function, which the
//! verifier checks once and not once a caller; offsets are masked and kept in memory, which lets it
//! forget them between steps.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    event::{Blob, flag, status},
    loss::Loss,
    plan::{ARG_RET, ARGV_MAX, BLOB_MAX, FDS_MAX, MAX_OPS, MMSG_PARTS, Op, PATH_MAX, Plan, VEC_MAX, len, phase, shape},
};

use crate::emit::lost;
use crate::files;
use crate::maps::{Buffer, DATA_MASK};

/// Carries out the operations of a phase. `EXIT` (the call failed) leaves out those of `EXIT_OK`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn run(buffer: *mut Buffer, plan: *const Plan, now: u8) -> i64 {
    if buffer.is_null() || plan.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the type.
    let buffer = unsafe { &mut *buffer };
    let mut i = 0usize;
    while i < MAX_OPS {
        // SAFETY: `i` is within the plan; a plan in a map stays valid for this run.
        let op = unsafe { &(*plan).op[i] };
        if op.shape == shape::NONE {
            break;
        }
        let retry = now != phase::ENTER && op.phase == phase::ENTER && buffer.retry >> i & 1 != 0;
        let due = match now {
            phase::ENTER => op.phase == phase::ENTER,
            phase::EXIT_OK => op.phase != phase::ENTER || retry,
            _ => op.phase == phase::EXIT || retry,
        };
        if due {
            // What is not there at entry is tried again at the end, when the kernel has had it paged in; what
            // is not there then stays noted, and is counted.
            let faulted = operation(buffer, op);
            buffer.retry = if faulted != 0 { buffer.retry | 1 << i } else { buffer.retry & !(1 << i) };
        }
        i += 1;
    }
    0
}

/// Carries out one operation; 1 when memory could not be read.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn operation(buffer: *mut Buffer, op: *const Op) -> i64 {
    if buffer.is_null() || op.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows both types.
    let (b, op) = unsafe { (&mut *buffer, &*op) };
    b.blob.arg = op.arg;
    b.blob.shape = op.shape;
    b.blob.phase = op.phase;
    b.blob.part = 0;
    b.base = 0;
    let value = register(b, op.arg);
    let n = length(b, op);
    match op.shape {
        shape::TEXT => text(b, value, op.cap as u64),
        shape::BYTES => bytes(b, value, n, op.cap as u64),
        shape::IOVEC => {
            let total = if op.phase == phase::ENTER { u64::MAX } else { b.regs[ARG_RET as usize] };
            iovec(b, value, n >> 4, op.cap as u64, total)
        }
        shape::MSGHDR => {
            let total = if op.phase == phase::ENTER { u64::MAX } else { b.regs[ARG_RET as usize] };
            msghdr(b, value, op.cap as u64, total)
        }
        shape::MMSG => mmsg(b, value, n >> 6, op.cap as u64, op.phase as u64),
        shape::ARGV => argv(b, value, op.cap as u64, op.max as u64),
        shape::COUNT => count(b, value),
        shape::FD => files::resolve(b, value as i32 as i64, 0),
        shape::DIRFD => files::resolve(b, value as i32 as i64, 1),
        shape::FDS => {
            let n = if op.len == len::ONE { op.max as u64 * op.unit as u64 } else { n };
            fds(b, value, n, op.unit as u64)
        }
        _ => 0,
    }
}

/// The value of an argument, or the return value.
#[inline(always)]
fn register(b: &Buffer, arg: u8) -> u64 {
    let i = black_box(arg as usize) & 7;
    // SAFETY: masked to the array.
    unsafe { core::ptr::read_volatile((&raw const b.regs).cast::<u64>().add(i)) }
}

/// The operation's length in bytes.
#[inline(always)]
fn length(b: &Buffer, op: &Op) -> u64 {
    let unit = op.unit as u64;
    match op.len {
        len::ARG => register(b, op.len_arg).min(1 << 40) * unit,
        len::RET => register(b, ARG_RET).min(1 << 40) * unit,
        len::DEREF => user::<u32>(register(b, op.len_arg)) as u64 * unit,
        len::DEREF64 => user::<u64>(register(b, op.len_arg)).min(1 << 40) * unit,
        len::BITS => (register(b, op.len_arg).min(1 << 20) + 63) / 64 * 8,
        _ => unit,
    }
}

/// Reads a number of the traced program; 0 when it can not be read.
#[inline(always)]
pub fn user<T: Copy + Default>(address: u64) -> T {
    let mut value = T::default();
    // SAFETY: the helper checks the address and writes within `value`.
    unsafe { helper::bpf_probe_read_user((&raw mut value).cast(), size_of::<T>() as u32, address as *const c_void) };
    value
}

/// Where the next blob's bytes go; null when the record is full.
#[inline(always)]
pub fn room(b: &mut Buffer) -> *mut u8 {
    let used = b.used as usize;
    if used > DATA_MASK {
        b.head.flags |= flag::FULL;
        return core::ptr::null_mut();
    }
    let at = black_box(used) & (DATA_MASK & !7);
    // SAFETY: masked to the data, behind which there is room for a whole blob.
    unsafe { (&raw mut b.data).cast::<u8>().add(at + size_of::<Blob>()) }
}

/// Writes the blob's head before its `len` bytes and makes them part of the record.
#[inline(always)]
pub fn put(b: &mut Buffer, len: u64, want: u64, status: u8) {
    let used = b.used as usize;
    if used > DATA_MASK {
        b.head.flags |= flag::FULL;
        return;
    }
    let at = black_box(used) & (DATA_MASK & !7);
    b.blob.len = len as u32;
    b.blob.want = if want > u32::MAX as u64 { u32::MAX } else { want as u32 };
    b.blob.status = status;
    // SAFETY: masked to the data, behind which there is room for a whole blob.
    unsafe { core::ptr::write((&raw mut b.data).cast::<u8>().add(at).cast::<Blob>(), b.blob) };
    b.used = (at + size_of::<Blob>()) as u64 + ((len + 7) & !7);
    b.head.blobs += 1;
    b.blob.part += 1;
}

/// Copies `n` bytes from `address`, at most `cap`: one blob.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn bytes(buffer: *mut Buffer, address: u64, n: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    let n = if n > i64::MAX as u64 { 0 } else { n };
    let mut take = if n < cap { n } else { cap };
    if take > BLOB_MAX as u64 {
        take = BLOB_MAX as u64;
    }
    if take == 0 {
        put(b, 0, n, if n == 0 { status::WHOLE } else { status::CUT });
        return 0;
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let size = black_box(take as usize) & 0x3fff;
    let size = if size > BLOB_MAX { BLOB_MAX } else { size };
    // SAFETY: there is room for BLOB_MAX bytes and the padding.
    unsafe { to.add(last_word(size)).cast::<u64>().write(0) };
    // SAFETY: as above; the helper checks the address.
    if unsafe { helper::bpf_probe_read_user(to.cast(), size as u32, address as *const c_void) } == 0 {
        put(b, size as u64, n, if (size as u64) < n { status::CUT } else { status::WHOLE });
        if n > BLOB_MAX as u64 && cap >= BLOB_MAX as u64 {
            lost(Loss::BlobCut);
        }
        return 0;
    }
    // What stands before the page that is not there.
    let head = black_box(4096 - (address & 4095) as usize) & 0x1fff;
    if head < size && head <= 4096 {
        // SAFETY: as above, `head` is less than `size`.
        unsafe { to.add(last_word(head)).cast::<u64>().write(0) };
        // SAFETY: as above.
        if unsafe { helper::bpf_probe_read_user(to.cast(), head as u32, address as *const c_void) } == 0 {
            put(b, head as u64, n, status::FAULT);
            return 1;
        }
    }
    put(b, 0, n, status::FAULT);
    1
}

/// Where the last of the words begins that `size` bytes take; at most one blob's.
#[inline(always)]
fn last_word(size: usize) -> usize {
    let at = black_box(size.wrapping_sub(1)) & 0x3ff8;
    if at > BLOB_MAX - 8 { BLOB_MAX - 8 } else { at }
}

/// Copies a string, at most `cap` bytes: one blob without the NUL.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn text(buffer: *mut Buffer, address: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    // The limit counts the NUL, which the helper puts at the end in any case.
    let size = black_box(cap as usize) & 0x3fff;
    let size = if size > BLOB_MAX { BLOB_MAX } else { size };
    // SAFETY: there is room for BLOB_MAX bytes and the padding.
    let got = unsafe { helper::bpf_probe_read_user_str(to.cast(), size as u32, address as *const c_void) };
    if got <= 0 {
        put(b, 0, 0, status::FAULT);
        return 1;
    }
    let len = black_box(got as usize - 1) & 0x3fff;
    let len = if len > BLOB_MAX { BLOB_MAX } else { len };
    // SAFETY: as above; this clears the NUL and the padding behind it.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    let cut = got as usize == size && user::<u8>(address.wrapping_add(len as u64)) != 0;
    put(b, len as u64, len as u64 + cut as u64, if cut { status::CUT } else { status::WHOLE });
    0
}

/// Copies an iovec array of `n` elements and what they point to, `total` bytes at most together.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn iovec(buffer: *mut Buffer, address: u64, n: u64, cap: u64, total: u64) -> i64 {
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

/// Copies what an execve was given from where the kernel has put it, for operations whose memory was not
/// present at entry and is gone now: the path from the kernel, arguments and environment from the new stack.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn executed(buffer: *mut Buffer, plan: *const Plan, given: *const Given) -> i64 {
    if buffer.is_null() || plan.is_null() || given.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the types.
    let (b, given) = unsafe { (&mut *buffer, &*given) };
    let mut path = 0u8;
    let mut i = 0usize;
    while i < MAX_OPS {
        // SAFETY: `i` is within the plan; a plan in a map stays valid for this run.
        let op = unsafe { &(*plan).op[i] };
        if op.shape == shape::TEXT {
            path = op.arg;
        }
        if op.phase == phase::ENTER && b.retry >> i & 1 != 0 {
            b.blob.arg = op.arg;
            b.blob.shape = op.shape;
            b.blob.phase = op.phase;
            b.blob.part = 0;
            // execve and execveat agree: path, arguments, environment.
            let environment = op.arg == path.wrapping_add(2);
            let (start, n) =
                if environment { (given.environment, given.variables) } else { (given.arguments, given.words) };
            let done = match op.shape {
                shape::TEXT => kernel_text(b, given.path),
                shape::ARGV => stacked(b, start, n, op.cap as u64),
                shape::COUNT => {
                    put(b, 0, n, status::WHOLE);
                    1
                }
                _ => 0,
            };
            if done != 0 {
                b.retry &= !(1 << i);
            }
        }
        i += 1;
    }
    0
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
    let len = black_box(got as usize - 1) & 0xfff;
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
    // The pointers that the program had are not known any more; what matters is that they were none.
    let mut i = 0usize;
    while i < ARGV_MAX {
        // SAFETY: within the room for a blob.
        unsafe { to.add(i * 8).cast::<u64>().write_unaligned(address) };
        i += 1;
    }
    let shown = if n < ARGV_MAX as u64 { n } else { ARGV_MAX as u64 };
    put(b, shown << 3, n, if shown < n { status::CUT } else { status::WHOLE });
    b.left = address;
    let mut i = 0u64;
    while i < ARGV_MAX as u64 {
        if i >= shown {
            break;
        }
        b.blob.part = i as u16 + 1;
        stacked_word(b, cap);
        i += 1;
    }
    1
}

/// Copies the string at `left`, at most `cap` bytes, and moves `left` behind it.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn stacked_word(buffer: *mut Buffer, cap: u64) -> i64 {
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
    let got = unsafe { helper::bpf_probe_read_user_str(to.cast(), BLOB_MAX as u32, b.left as *const c_void) };
    if got <= 0 {
        put(b, 0, 0, status::FAULT);
        return 0;
    }
    b.left = b.left.wrapping_add(got as u64);
    let all = got as u64 - 1;
    let len = black_box(if all < cap { all } else { cap } as usize) & 0x3fff;
    let len = if len > BLOB_MAX { BLOB_MAX } else { len };
    // SAFETY: as above; clears what is not shown and the padding.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    put(b, len as u64, all, if (len as u64) < all { status::CUT } else { status::WHOLE });
    1
}

/// The part number of a vector's element: elements follow the vector, which has part `base`.
#[inline(always)]
fn part_of(b: &Buffer, i: u64) -> u16 {
    (b.base as u16).wrapping_add(1).wrapping_add(i as u16)
}

/// Copies a message header and what it points to.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn msghdr(buffer: *mut Buffer, address: u64, cap: u64, total: u64) -> i64 {
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
extern "C" fn mmsg(buffer: *mut Buffer, address: u64, n: u64, cap: u64, when: u64) -> i64 {
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

/// Copies an array of strings: the pointers, then each string.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn argv(buffer: *mut Buffer, address: u64, cap: u64, max: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    // The count comes first, so that its blob stands first; its pointers follow as far as they are shown.
    let n = counted(address);
    let known = n & 0xffff_ffff;
    let shown = known.min(max).min(ARGV_MAX as u64);
    let fault = bytes(b, address, shown << 3, (ARGV_MAX as u64) << 3);
    patch_want(b, shown << 3, known, n >> 32 != 0);
    let mut fault = fault;
    let mut i = 0u64;
    while i < ARGV_MAX as u64 {
        if i >= shown {
            break;
        }
        fault |= word(b, address, i, cap);
        i += 1;
    }
    fault
}

/// Copies string `i` of an array.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn word(buffer: *mut Buffer, address: u64, i: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    b.blob.part = i as u16 + 1;
    text(b, user(address.wrapping_add(i << 3)), cap)
}

/// Sets `want` of the blob just written, of `len` bytes, to the number of strings; notes a fault.
#[inline(always)]
fn patch_want(b: &mut Buffer, len: u64, n: u64, fault: bool) {
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
        } else if n > len >> 3 {
            (*blob).status = status::CUT;
        }
    }
}

/// Counts the strings of an array.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn count(buffer: *mut Buffer, address: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if address == 0 {
        return 0;
    }
    let n = counted(address);
    put(b, 0, n & 0xffff_ffff, if n >> 32 != 0 { status::FAULT } else { status::WHOLE });
    (n >> 32 != 0) as i64
}

/// The number of pointers before the NULL, at most 2048; bit 32 is set when one could not be read.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn counted(address: u64) -> u64 {
    let mut n = 0u64;
    let mut i = 0u64;
    while i < 64 {
        let more = counted_here(address.wrapping_add(n << 3));
        n += more & 63;
        if more & END != 0 {
            return n;
        }
        if more & GONE != 0 {
            return n | 1 << 32;
        }
        i += 1;
    }
    n
}

/// What `counted_here` says besides a number: the NULL is there; memory is not.
const END: u64 = 64;
const GONE: u64 = 128;

/// The number of pointers at `address` before a NULL, at most 32, with `END` or `GONE`.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn counted_here(address: u64) -> u64 {
    const MANY: usize = 32;
    let mut chunk = [0u64; MANY];
    // SAFETY: the helper writes as many bytes as there are.
    if unsafe { helper::bpf_probe_read_user((&raw mut chunk).cast(), 8 * MANY as u32, address as *const c_void) } != 0 {
        // A page ends here, or memory does: one at a time.
        let mut one = 0u64;
        // SAFETY: the helper writes 8 bytes into 8.
        if unsafe { helper::bpf_probe_read_user((&raw mut one).cast(), 8, address as *const c_void) } != 0 {
            return GONE;
        }
        return if one == 0 { END } else { 1 };
    }
    let mut i = 0usize;
    while i < MANY {
        if chunk[i] == 0 {
            return i as u64 | END;
        }
        i += 1;
    }
    MANY as u64
}

/// Resolves `n / unit` descriptors that stand `unit` bytes apart.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn fds(buffer: *mut Buffer, address: u64, n: u64, unit: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let mut i = 0u64;
    let mut at = 0u64;
    while i < FDS_MAX as u64 {
        if at.wrapping_add(unit) > n {
            break;
        }
        b.blob.part = i as u16;
        files::resolve(b, user::<i32>(address.wrapping_add(at)) as i64, 0);
        at = at.wrapping_add(unit);
        i += 1;
    }
    0
}
