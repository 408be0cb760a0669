//! What a call copied at its entry, kept until its end. The kernel gives a task little memory of ours (`STORAGE_MAX`), and a
//! record may be three times as long. So a record is made in a buffer of the CPU, and what little most calls copy is then
//! kept beside the state of the task; what is more goes into pieces, which only tasks have that needed them.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    event::{Head, flag},
    loss::Loss,
    task::{PART, ROOM, Task},
};

use crate::emit::{copy_head, lost, send};
use crate::kernel::current;
use crate::maps::{BUFFERS, Buffer, DATA, PART_0, PART_1, PART_2, PART_3, Part, TaskStorage};

/// The buffer of a program on this CPU, by a word of `role`.
#[inline(always)]
pub fn buffer<'a>(role: u32) -> Option<&'a mut Buffer> {
    // SAFETY: a map value; programs do not move between CPUs while they run, and none runs twice on one.
    BUFFERS.get_ptr_mut(role).map(|buffer| unsafe { &mut *buffer })
}

/// Begins a record of the call that `state` tells of.
#[inline(always)]
pub fn start(buffer: &mut Buffer, state: &Task) {
    buffer.used = 0;
    buffer.retry = 0;
    buffer.results = 0;
    // Volatile: a store, where the compiler would call a function for this and its neighbour.
    // SAFETY: a field of the buffer.
    unsafe { core::ptr::write_volatile(&raw mut buffer.rooted, 0) };
    buffer.sp = state.sp;
    // SAFETY: both are heads.
    unsafe { copy_head((&raw mut buffer.head).cast(), &state.head) };
}

/// Keeps what was copied at the call's entry.
#[inline(always)]
pub fn keep(state: &mut Task, buffer: &mut Buffer) {
    state.head.blobs = buffer.head.blobs;
    state.head.flags = buffer.head.flags;
    state.retry = buffer.retry as u16;
    let used = black_box(buffer.used);
    state.used = used as u32;
    if used > ROOM as u64 {
        if spill(buffer) == 0 {
            // No memory: the call is shown without.
            lost(Loss::MapFull);
            state.head.blobs = 0;
            state.retry = 0;
            state.used = 0;
        }
        return;
    }
    // SAFETY: both have room for `ROOM` bytes.
    unsafe { copy((&raw mut state.data).cast(), (&raw const buffer.data).cast(), used) };
}

/// Puts what was kept of a task's running call into a buffer, where its record has been begun.
#[inline(always)]
pub fn take(buffer: &mut Buffer, state: &Task, task: *mut c_void) {
    if state.head.blobs == 0 {
        return;
    }
    let used = black_box(state.used as u64);
    buffer.retry = state.retry as u64;
    if used > ROOM as u64 {
        buffer.used = if gather(buffer, task, used) { used } else { 0 };
        if buffer.used == 0 {
            buffer.head.blobs = 0;
        }
        return;
    }
    buffer.used = used;
    // SAFETY: both have room for `ROOM` bytes.
    unsafe { copy((&raw mut buffer.data).cast(), (&raw const state.data).cast(), used) };
}

/// Sends the call as it was kept: nothing is to be added to it.
#[inline(always)]
pub fn send_kept(state: &mut Task) {
    let used = black_box(state.used as u64);
    let used = if used > ROOM as u64 { ROOM as u64 } else { used };
    let len = size_of::<Head>() as u64 + used;
    if state.head.flags & flag::FULL != 0 {
        lost(Loss::BlobCut);
    }
    state.head.len = len as u32;
    // SAFETY: the data follow the head, and `used` is bounded by their size.
    unsafe { send((&raw const state.head).cast(), len, Loss::RingFull) };
}

/// Bytes that are copied in any case: by loads and stores, which for so few take less than a call.
const FEW: u64 = 128;

/// Copies `n` bytes, at most `ROOM`, and perhaps some of what stands behind them.
///
/// # Safety
/// Both must have `ROOM` bytes, aligned to words.
#[inline(always)]
unsafe fn copy(to: *mut u64, from: *const u64, n: u64) {
    if n <= FEW {
        let mut i = 0;
        while i < FEW as usize / 8 {
            // SAFETY: within `ROOM`; volatile, or the compiler calls a function that copies byte by byte.
            unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) };
            i += 1;
        }
        return;
    }
    let n = black_box(n) & 0x3ff;
    let n = if n > ROOM as u64 { ROOM as u64 } else { n };
    // SAFETY: the caller vouches for both.
    unsafe { helper::bpf_probe_read_kernel(to.cast(), n as u32, from.cast()) };
}

/// Keeps the blobs of a buffer in the pieces of the current task; 0 when there is no memory.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn spill(buffer: *mut Buffer) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let task = current();
    let n = b.used;
    (put(b, task, &PART_0, 0, n)
        && put(b, task, &PART_1, 1, n)
        && put(b, task, &PART_2, 2, n)
        && put(b, task, &PART_3, 3, n)) as i64
}

/// Keeps piece `i` of `n` bytes, where there is one.
#[inline(always)]
fn put(b: &mut Buffer, task: *mut c_void, map: &TaskStorage<Part>, i: usize, n: u64) -> bool {
    let Some(size) = size_of_part(i, n) else { return true };
    let part = map.get(task, true);
    if part.is_null() {
        return false;
    }
    // SAFETY: not null, so it is a piece; `size` is bounded by what both have.
    unsafe { helper::bpf_probe_read_kernel(part.cast(), size, (&raw const b.data).cast::<u8>().add(i * PART).cast()) };
    true
}

/// Puts `n` bytes of a task's pieces into a buffer; false when they are not there.
#[inline(always)]
fn gather(b: &mut Buffer, task: *mut c_void, n: u64) -> bool {
    get(b, task, &PART_0, 0, n)
        && get(b, task, &PART_1, 1, n)
        && get(b, task, &PART_2, 2, n)
        && get(b, task, &PART_3, 3, n)
}

/// Puts piece `i` of `n` bytes where it belongs.
#[inline(always)]
fn get(b: &mut Buffer, task: *mut c_void, map: &TaskStorage<Part>, i: usize, n: u64) -> bool {
    let Some(size) = size_of_part(i, n) else { return true };
    let part = map.get(task, false);
    if part.is_null() {
        return false;
    }
    // SAFETY: not null, so it is a piece; `size` is bounded by what both have.
    unsafe { helper::bpf_probe_read_kernel((&raw mut b.data).cast::<u8>().add(i * PART).cast(), size, part.cast()) };
    true
}

/// Bytes of piece `i` of `n` bytes; none where they end before it.
#[inline(always)]
fn size_of_part(i: usize, n: u64) -> Option<u32> {
    let most = if DATA - i * PART < PART { DATA - i * PART } else { PART };
    let before = (i * PART) as u64;
    if n <= before {
        return None;
    }
    // 6.12 loses the bounds of what was compared with another.
    let size = black_box(n - before) & 0x7fff;
    Some(if size > most as u64 { most as u32 } else { size as u32 })
}
