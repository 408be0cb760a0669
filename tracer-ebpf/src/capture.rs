//! The plan interpreter: one loop over a plan's operations. Each shape is a global function, which the
//! verifier checks once and not once a caller; offsets are masked and kept in memory, which lets it
//! forget them between steps.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    event::{Blob, flag, status},
    loss::Loss,
    plan::{BLOB_MAX, ENVIRON_PARTS, MAX_OPS, Op, Plan, is_rooted, len, only, phase, shape},
};

use crate::absent;
use crate::argv;
use crate::descriptors::{fds, fdset, rights};
use crate::emit::lost;
use crate::files;
use crate::kernel::{conf, current, off, peek, pointer, repeat};
use crate::lengths::{UNREAD, length, register};
use crate::library;
use crate::log;
use crate::maps::{Buffer, DATA_MASK};
use crate::rings;
use crate::sockets;
use crate::vectors::{entries, iovec, mmsg, msghdr, refs};

/// Carries out the operations of a phase. `EXIT` (the call failed) leaves out those of `EXIT_OK`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn run(buffer: *mut Buffer, plan: *const Plan, now: u8) -> i64 {
    carry_out(buffer, plan, now, operation)
}

/// As `run`, for the plan of an operation of io_uring.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn run_ring(buffer: *mut Buffer, plan: *const Plan, now: u8) -> i64 {
    carry_out(buffer, plan, now, operation_ring)
}

#[inline(always)]
fn carry_out(
    buffer: *mut Buffer,
    plan: *const Plan,
    now: u8,
    one: extern "C" fn(*mut Buffer, *const Op) -> i64,
) -> i64 {
    if buffer.is_null() || plan.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the type.
    let buffer = unsafe { &mut *buffer };
    // SAFETY: as above.
    let (ops, exit, always) = unsafe { ((*plan).ops as u64 & 15, (*plan).exit as u64 & 15, (*plan).always as u64) };
    // One bit for each operation: a condition of several parts would be followed anew for each of them.
    let (first, all) = ((1u64 << exit) - 1, (1u64 << ops) - 1);
    // What was not there at entry is tried again at the end, when the kernel has had it paged in; what is not there then
    // stays noted, and is counted. What the call may have written is no longer what was passed.
    // SAFETY: as above.
    let written = unsafe { (*plan).written as u64 };
    let again = buffer.retry & first & !written & !buffer.results;
    let due = match now {
        phase::ENTER => first,
        phase::AGAIN => buffer.retry & all,
        phase::EXIT_OK => all & !first | again,
        _ => always & all & !first | again,
    };
    let mut i = 0usize;
    while i < MAX_OPS {
        let rest = due >> i;
        if rest == 0 {
            break;
        }
        if rest & 1 != 0 {
            // SAFETY: `i` is within the plan; a plan in a map stays valid for this run.
            let op = unsafe { &(*plan).op[i] };
            let faulted = one(buffer, op) as u64 & 1;
            log::done(op, faulted);
            buffer.retry = buffer.retry & !(1 << i) | faulted << i;
        }
        i += 1;
    }
    log::carried_out(buffer.head.nr);
    0
}

/// A bit for each operation whose memory is where a result of the call is copied from, which is that of another argument
/// (`sigprocmask(how, &set, &set)`): what could not be read at entry is not known any more.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn results(buffer: *mut Buffer, plan: *const Plan) -> u64 {
    if buffer.is_null() || plan.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows both types.
    let (args, plan) = unsafe { (&(*buffer).head.args, &*plan) };
    // Without branches: the verifier would follow what comes for each of them. 1 where the number is not 0.
    let any = |n: u64| (n | n.wrapping_neg()) >> 63;
    let mut found = 0u64;
    let mut to = 0usize;
    while to < 6 {
        let asked = plan.results as u64 >> to & any(args[to]);
        let mut arg = 0usize;
        while arg < 6 {
            found |= (asked & any((to ^ arg) as u64) & (any(args[arg] ^ args[to]) ^ 1)) << arg;
            arg += 1;
        }
        to += 1;
    }
    let (mut ops, mut i) = (0, 0usize);
    while i < MAX_OPS {
        ops |= (found >> (plan.op[i].arg as u64 & 7) & 1) << i;
        i += 1;
    }
    ops
}

/// Carries out the only operation of the end of a call, where there is only one: what `run` would come to.
#[inline(always)]
pub fn run_one(buffer: &mut Buffer, plan: *const Plan, at: usize, failed: bool) {
    // SAFETY: a plan in a map stays valid for this run; the caller has checked that `at` is within it.
    let op = unsafe { (&raw const (*plan).op).cast::<Op>().add(at) };
    // SAFETY: as above.
    if !failed || unsafe { (*op).phase } == phase::EXIT {
        let faulted = operation(buffer, op);
        // SAFETY: as above.
        log::done(unsafe { &*op }, faulted as u64);
        log::carried_out(buffer.head.nr);
        buffer.retry = if faulted != 0 { 1 } else { 0 };
    }
}

/// Carries out one operation; 1 when memory could not be read.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn operation(buffer: *mut Buffer, op: *const Op) -> i64 {
    operate::<false>(buffer, op)
}

/// As `operation`, of the shapes in `shape::OF_OPERATIONS`.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn operation_ring(buffer: *mut Buffer, op: *const Op) -> i64 {
    operate::<true>(buffer, op)
}

/// Elements that so many bytes are.
#[inline(always)]
fn elements(bytes: u64, op: &Op) -> u64 {
    if op.unit == 0 { 0 } else { bytes / op.unit as u64 }
}

/// Whether some plan has the shape: the rest is dropped before it is verified.
#[inline(always)]
fn asks<const RING: bool>(shape: u8) -> bool {
    (if RING { conf!(ring_shapes) } else { conf!(shapes) }) >> (shape & 31) & 1 != 0
}

#[inline(always)]
fn operate<const RING: bool>(buffer: *mut Buffer, op: *const Op) -> i64 {
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
    // Through memory: else the verifier follows every shape with every kind of length.
    // SAFETY: a field of the buffer.
    let n = unsafe {
        core::ptr::write_volatile(&raw mut b.left, length(b, op));
        core::ptr::read_volatile(&raw const b.left)
    };
    if n == UNREAD && value != 0 {
        put(b, 0, 0, status::FAULT);
        return 1;
    }
    let kind = match op.only {
        only::HEARD | only::NETLINK => sockets::is_heard(register(b, 0)),
        _ => 0,
    };
    let none = op.only == only::HEARD && kind == 0;
    let talks = op.only == only::NETLINK && kind == sockets::NETLINK;
    let cap = match (none, talks) {
        (true, _) => 0,
        (_, true) => BLOB_MAX as u64,
        _ => op.cap as u64,
    };
    let rooted = op.only == only::RELATIVE && !b.rooted & op.len_arg as u64 == 0;
    match op.shape {
        shape::BYTES | shape::IOVEC if none => 0,
        shape::FD if op.only == only::NETLINK && !talks => 0,
        shape::DIRFD | shape::CWD if rooted => 0,
        shape::TEXT if !RING && asks::<RING>(shape::TEXT) => {
            text_here(b, if value == 0 { 0 } else { value + op.fd_at as u64 }, cap)
        }
        shape::BYTES if asks::<RING>(shape::BYTES) => bytes_here(b, value, n, cap),
        shape::IOVEC if asks::<RING>(shape::IOVEC) => {
            let total = if op.phase == phase::ENTER { u64::MAX } else { b.head.ret as u64 };
            iovec(b, value, elements(n, op), cap, total)
        }
        shape::MSGHDR if asks::<RING>(shape::MSGHDR) => {
            let total = if op.phase == phase::ENTER { u64::MAX } else { b.head.ret as u64 };
            msghdr(b, value, cap, total)
        }
        shape::MMSG if !RING && asks::<RING>(shape::MMSG) => mmsg(b, value, elements(n, op), cap, op.phase as u64),
        shape::ARGV if !RING && asks::<RING>(shape::ARGV) => argv::argv(b, value, op.cap as u64, op.max as u64),
        shape::COUNT if !RING && asks::<RING>(shape::COUNT) => argv::count(b, value),
        shape::FD if asks::<RING>(shape::FD) => files::resolve(b, value as i32 as i64, files::DESCRIPTOR),
        shape::DIRFD if asks::<RING>(shape::DIRFD) => files::resolve(b, value as i32 as i64, files::DIRECTORY),
        shape::FDS if asks::<RING>(shape::FDS) => {
            let n = if op.len == len::ONE { op.max as u64 * op.unit as u64 } else { n };
            fds(b, value, n, op.unit as u64)
        }
        shape::RIGHTS if !RING && asks::<RING>(shape::RIGHTS) => rights(b, value),
        shape::FDSET if !RING && asks::<RING>(shape::FDSET) => {
            let fault = bytes(b, value, n, op.cap as u64);
            if fault == 0 {
                fdset(b, value, n);
            }
            fault
        }
        shape::REFS if !RING && asks::<RING>(shape::REFS) => {
            refs(b, value, elements(n, op), op.cap as u64, op.fd_at as u64)
        }
        shape::ENTRIES if !RING && asks::<RING>(shape::ENTRIES) && n > cap => entries(b, value, n, op.fd_at as u64),
        shape::ENVIRON if !RING && asks::<RING>(shape::ENVIRON) => environ(b),
        shape::EXE if !RING && asks::<RING>(shape::EXE) => files::resolve(b, 0, files::EXE),
        shape::CWD if asks::<RING>(shape::CWD) => files::resolve(b, files::AT_FDCWD, files::DIRECTORY),
        shape::PERHAPS if !RING && asks::<RING>(shape::PERHAPS) => library::perhaps(b, value, cap),
        shape::STREAM if !RING && asks::<RING>(shape::STREAM) && value != 0 => {
            b.blob.shape = shape::FD;
            let fd: i32 = user(value.wrapping_add(op.fd_at as u64));
            files::resolve(b, fd as i64, files::DESCRIPTOR)
        }
        shape::UNIX if !RING && asks::<RING>(shape::UNIX) => sockets::named(b, value, op.len_arg as u64),
        shape::SLOT if RING && asks::<RING>(shape::SLOT) => {
            b.blob.shape = shape::FD;
            match register(b, op.len_arg) {
                0 => files::resolve(b, value as i32 as i64, files::DESCRIPTOR),
                slot => files::resolve(b, rings::file(b.ring, slot, value) as i64, files::OPEN),
            }
        }
        shape::FILE if RING && asks::<RING>(shape::FILE) && b.file != 0 => {
            b.blob.shape = shape::FD;
            b.blob.phase = phase::ENTER;
            files::resolve(b, b.file as i64, files::OPEN)
        }
        _ => 0,
    }
}

/// Copies the environment of the program that the task runs, in as many blobs as there are parts.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn environ(buffer: *mut Buffer) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let mm = pointer(current(), off!(task_mm));
    let (at, end): (u64, u64) = (peek(mm, off!(mm_env_start)), peek(mm, off!(mm_env_end)));
    let mut memory = Memory { buffer, at, end, fault: 0 };
    repeat(ENVIRON_PARTS as u32, part, &mut memory);
    memory.fault
}

/// Memory of the program, from `at` to `end`.
struct Memory {
    buffer: *mut Buffer,
    at: u64,
    end: u64,
    fault: i64,
}

/// Copies the next blob of it.
unsafe extern "C" fn part(_: u64, memory: *mut Memory) -> i64 {
    // SAFETY: `environ`'s own, with a buffer that it has checked.
    let (memory, b) = unsafe { (&mut *memory, &mut *(*memory).buffer) };
    if memory.at >= memory.end {
        return 1;
    }
    memory.fault |= bytes(b, memory.at, memory.end.wrapping_sub(memory.at), BLOB_MAX as u64);
    memory.at = memory.at.wrapping_add(BLOB_MAX as u64);
    0
}

/// Reads a number of the traced program; 0 where nothing can be, by a pointer into the first page.
#[inline(always)]
pub fn read<T: Copy + Default>(address: u64) -> Option<T> {
    let mut value = T::default();
    // A NULL pointer is common, and the fault that it would give costs more than all the rest of the call.
    if address < 4096 {
        return Some(value);
    }
    let (to, from) = ((&raw mut value).cast(), address as *const c_void);
    // SAFETY: the helper checks the address and writes within `value`.
    let failed = unsafe { helper::bpf_probe_read_user(to, size_of::<T>() as u32, from) };
    if failed == 0 { Some(value) } else { None }
}

/// As `read`; 0 when it can not be read.
#[inline(always)]
pub fn user<T: Copy + Default>(address: u64) -> T {
    let mut value = T::default();
    if address < 4096 {
        return value;
    }
    // SAFETY: the helper checks the address and writes within `value`, zeroes where it cannot read.
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
pub extern "C" fn bytes(buffer: *mut Buffer, address: u64, n: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    bytes_here(unsafe { &mut *buffer }, address, n, cap)
}

/// As `bytes`, without a call: most operations are of this shape.
#[inline(always)]
fn bytes_here(b: &mut Buffer, address: u64, n: u64, cap: u64) -> i64 {
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
    absent::bytes(b, address, size as u64);
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
pub extern "C" fn text(buffer: *mut Buffer, address: u64, cap: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    text_here(unsafe { &mut *buffer }, address, cap)
}

/// As `text`, without a call.
#[inline(always)]
pub fn text_here(b: &mut Buffer, address: u64, cap: u64) -> i64 {
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
    if got < 0 {
        absent::text(b, address);
        put(b, 0, 0, status::FAULT);
        return 1;
    }
    // The NUL counts, but older kernels (6.1, 6.12) say 0 for an empty text.
    let len = black_box(if got > 0 { got as usize - 1 } else { 0 }) & 0x3fff;
    let len = if len > BLOB_MAX { BLOB_MAX } else { len };
    // SAFETY: as above; this clears the NUL and the padding behind it.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    let cut = got as usize == size && user::<u8>(address.wrapping_add(len as u64)) != 0;
    put(b, len as u64, len as u64 + cut as u64, if cut { status::CUT } else { status::WHOLE });
    // SAFETY: what was copied, or the zeroes behind it.
    let begin = unsafe { to.cast::<u16>().read_unaligned() }.to_ne_bytes();
    b.rooted |= (is_rooted(begin[0], begin[1]) as u64) << (b.blob.arg & 7);
    if cut && cap > BLOB_MAX as u64 {
        lost(Loss::BlobCut);
    }
    0
}
