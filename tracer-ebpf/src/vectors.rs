//! Shapes that point on: iovec arrays, message headers, arrays of message headers, arrays of pointers.

use core::hint::black_box;

use tracer_common::event::{Blob, flag, status};
use tracer_common::loss::Loss;
use tracer_common::plan::{ENTRIES_MAX, MMSG_PARTS, REFS_MAX, VEC_MAX, phase};

use crate::capture::{bytes, put, user};
use crate::emit::lost;
use crate::files;
use crate::kernel::repeat;
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
    let (array, shift) = (next(b), shift(b));
    let faulted = bytes(b, address, n.min(1024) << (shift + 1), (VEC_MAX as u64) << (shift + 1));
    // Of elements that could not be read, or that found no room, nothing is known.
    let copied = if b.used > array { b.used - array } else { 0 };
    let n = b.forgotten(n.min(copied >> (shift + 1)));
    b.left = if total > i64::MAX as u64 && total != u64::MAX { 0 } else { total };
    let mut list = List { buffer, array, n, limit: cap, more: 0, fault: b.either(faulted, 0) };
    repeat(VEC_MAX as u32, element, &mut list);
    list.fault
}

/// An array that was copied to `array` of the buffer, of which `n` elements are gone through.
struct List {
    buffer: *mut Buffer,
    array: u64,
    n: u64,
    limit: u64,
    more: u64,
    fault: i64,
}

/// A word of the program's memory has 1 << so many bytes. Vectors and messages have their members a word apart in every ABI.
#[inline(always)]
pub fn shift(b: &Buffer) -> u64 {
    // Without a branch, as in `word`: the verifier would follow all that comes for both.
    3 - (black_box(b.head.flags >> flag::COMPAT.trailing_zeros()) & 1) as u64
}

/// What stands in the first bytes of a word, where one has 1 << `shift`.
#[inline(always)]
pub fn narrowed(word: u64, shift: u64) -> u64 {
    word & u64::MAX >> ((3 - shift & 1) << 5)
}

/// Where the bytes of the next blob will stand in the buffer.
#[inline(always)]
fn next(b: &Buffer) -> u64 {
    b.used + size_of::<Blob>() as u64
}

/// A word of a blob: what was copied once is not read from the program again, which costs more than all the rest.
#[inline(always)]
fn word(b: &Buffer, at: u64) -> u64 {
    // Volatile: what is kept for later words would take room on the stack, of which up to 6.12 there is none left.
    // SAFETY: a field of the buffer.
    let flags = unsafe { core::ptr::read_volatile(&raw const b.head.flags) };
    let narrow = ((flags >> flag::COMPAT.trailing_zeros() & 1) as u64) << 5;
    pair(b, at) >> ((at & 4) << 3 & narrow) & u64::MAX >> narrow
}

/// The eight bytes of a blob that `at` is among the first or the last four of.
#[inline(always)]
fn pair(b: &Buffer, at: u64) -> u64 {
    let whole = black_box(at as usize) & (DATA_MASK & !7);
    // SAFETY: masked to the data.
    unsafe { core::ptr::read_volatile((&raw const b.data).cast::<u8>().add(whole).cast::<u64>()) }
}

/// Copies what element `i` of an iovec array points to, as far as `left` reaches.
unsafe extern "C" fn element(i: u64, list: *mut List) -> i64 {
    // SAFETY: that of `iovec`, with a buffer that it has checked.
    let (list, b) = unsafe { (&mut *list, &mut *(*list).buffer) };
    if i >= list.n {
        return 1;
    }
    let at = list.array.wrapping_add(i << (shift(b) + 1));
    let (base, len) = (word(b, at), word(b, at.wrapping_add(1 << shift(b))));
    let len = if len < b.left { len } else { b.left };
    b.left -= len;
    b.blob.part = part_of(b, i);
    let fault = bytes(b, base, len, list.limit);
    list.fault = b.either(list.fault, fault);
    0
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
    let (header, shift) = (next(b), shift(b));
    if bytes(b, address, 7 << shift, 7 << shift) != 0 {
        return 1;
    }
    message(b, header, shift, 1, cap, total)
}

/// Copies what the message header at `at` of the buffer points to, as parts from `first` on. In line: calls go eight deep here.
#[inline(always)]
fn message(b: &mut Buffer, at: u64, shift: u64, first: u64, cap: u64, total: u64) -> i64 {
    let member = |b: &Buffer, i: u64| word(b, at.wrapping_add(i << shift));
    b.blob.part = first as u16;
    let mut fault = bytes(b, member(b, 0), member(b, 1) & 0xffff_ffff, 128);
    b.blob.part = first as u16 + 1;
    fault |= bytes(b, member(b, 4), member(b, 5), 1024);
    b.blob.part = first as u16 + 2;
    b.base = first + 2;
    fault |= iovec(b, member(b, 2), member(b, 3), cap, total);
    fault
}

/// Copies an array of `n` message headers and what they point to.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn mmsg(buffer: *mut Buffer, address: u64, n: u64, cap: u64, when: u64) -> i64 {
    const MESSAGES: u32 = 8;
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let (array, shift) = (next(b), shift(b));
    if bytes(b, address, n.min(1024) << (shift + 3), (MESSAGES as u64) << (shift + 3)) != 0 {
        return 1;
    }
    let mut list = List { buffer, array, n, limit: cap, more: when, fault: b.either(0, 0) };
    repeat(MESSAGES, message_of, &mut list);
    list.fault
}

/// Copies what message `i` of an array points to; `more` is the phase.
unsafe extern "C" fn message_of(i: u64, list: *mut List) -> i64 {
    // SAFETY: that of `mmsg`, with a buffer that it has checked.
    let (list, b) = unsafe { (&mut *list, &mut *(*list).buffer) };
    if i >= list.n {
        return 1;
    }
    let at = list.array.wrapping_add(i << (shift(b) + 3));
    let sent = word(b, at.wrapping_add(7 << shift(b))) & 0xffff_ffff;
    let total = if list.more == phase::ENTER as u64 { u64::MAX } else { sent };
    let fault = message(b, at, shift(b), i * MMSG_PARTS as u64 + 2, list.limit, total);
    list.fault = b.either(list.fault, fault);
    0
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
    let (array, shift) = (next(b), shift(b));
    let fault = bytes(b, address, n.min(1024) << shift, (REFS_MAX as u64) << shift);
    let copied = if b.used > array { b.used - array } else { 0 };
    let mut list = List {
        buffer,
        array,
        n: b.forgotten(n.min(copied >> shift)),
        limit: size,
        more: fd_at,
        fault: b.either(fault, 0),
    };
    repeat(REFS_MAX as u32, referred, &mut list);
    if n > REFS_MAX as u64 {
        lost(Loss::BlobCut);
    }
    list.fault
}

/// Copies the structure behind pointer `i`; `more` is where in it a descriptor stands.
unsafe extern "C" fn referred(i: u64, list: *mut List) -> i64 {
    // SAFETY: that of `refs`, with a buffer that it has checked.
    let (list, b) = unsafe { (&mut *list, &mut *(*list).buffer) };
    if i >= list.n {
        return 1;
    }
    let structure = next(b);
    let fd_at = list.more;
    b.blob.part = (1 + 2 * i) as u16;
    let fault = bytes(b, word(b, list.array.wrapping_add(i << shift(b))), list.limit, list.limit);
    list.fault = b.either(list.fault, fault);
    if fault == 0 && fd_at != 0 && b.used > structure {
        // The descriptor as it was copied: the program may have written another one since.
        let at = structure.wrapping_add(fd_at);
        let fd = pair(b, at) >> ((at & 4) << 3);
        b.blob.part = (2 + 2 * i) as u16;
        files::resolve(b, fd as i32 as i64, files::DESCRIPTOR);
    }
    0
}

/// Directory entries that are being counted.
struct Entries {
    /// Where the next one is, and where they end.
    at: u64,
    end: u64,
    /// Where in an entry its length stands.
    length: u64,
    number: u64,
}

/// Counts the directory entries in `n` bytes at `address`, whose lengths stand `length` bytes into them.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn entries(buffer: *mut Buffer, address: u64, n: u64, length: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    // A number that the verifier knows would have it follow every step.
    let number = b.forgotten(0);
    let mut entries = Entries { at: address, end: address.wrapping_add(n), length, number };
    repeat(ENTRIES_MAX, entry, &mut entries);
    if entries.at == entries.end {
        put(b, 0, entries.number, status::WHOLE);
    } else {
        lost(Loss::BlobCut);
    }
    0
}

/// Steps over an entry.
unsafe extern "C" fn entry(_: u64, entries: *mut Entries) -> i64 {
    // SAFETY: that of `entries`.
    let entries = unsafe { &mut *entries };
    if entries.at >= entries.end {
        return 1;
    }
    let size = user::<u16>(entries.at.wrapping_add(entries.length)) as u64;
    if size < entries.length {
        return 1;
    }
    entries.at = entries.at.wrapping_add(size);
    entries.number += 1;
    0
}
