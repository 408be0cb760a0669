//! Descriptors in memory of the program: those of an array, those of a set.

use tracer_common::config::log2;
use tracer_common::loss::Loss;
use tracer_common::plan::{CONTROL_MAX, FDS_MAX, RIGHTS_STEPS, SCM_RIGHTS, SET_WORDS, shape};

use crate::absent;
use crate::capture::{read, user};
use crate::emit::lost;
use crate::files;
use crate::kernel::repeat;
use crate::maps::Buffer;
use crate::vectors::{narrowed, shift};

/// Resolves `n / unit` descriptors that stand `unit` bytes apart.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn fds(buffer: *mut Buffer, address: u64, n: u64, unit: u64) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    let mut numbers = Numbers { buffer, address, n, unit, at: 0, fault: 0 };
    repeat(FDS_MAX as u32, numbered, &mut numbers);
    numbers.fault
}

/// Descriptors in memory of the program: `n` bytes at `address`; the next one, which stands `at` bytes behind, or which it is.
struct Numbers {
    buffer: *mut Buffer,
    address: u64,
    n: u64,
    unit: u64,
    at: u64,
    fault: i64,
}

/// Resolves descriptor `i` of an array.
unsafe extern "C" fn numbered(i: u64, numbers: *mut Numbers) -> i64 {
    // SAFETY: that of `fds`, with a buffer that it has checked.
    let (numbers, b) = unsafe { (&mut *numbers, &mut *(*numbers).buffer) };
    if numbers.at.wrapping_add(numbers.unit) > numbers.n {
        return 1;
    }
    b.blob.part = i as u16;
    let at = numbers.address.wrapping_add(numbers.at);
    let Some(fd) = read::<i32>(at) else {
        absent::bytes(b, at, 1);
        numbers.fault = 1;
        return 1;
    };
    files::resolve(b, fd as i64, files::DESCRIPTOR);
    numbers.at = numbers.at.wrapping_add(numbers.unit);
    0
}

/// Resolves the descriptors that the control data of the message header at `address` pass.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn rights(buffer: *mut Buffer, address: u64) -> i64 {
    if buffer.is_null() || address == 0 {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    b.blob.shape = shape::FDS;
    let shift = shift(b);
    let at = (address.wrapping_add(4 << shift), address.wrapping_add(5 << shift));
    let (Some(control), Some(len)) = (pointed(at.0, shift), pointed(at.1, shift)) else {
        absent::bytes(b, at.0, 2 << shift);
        return 1;
    };
    let len = if len > CONTROL_MAX as u64 { CONTROL_MAX as u64 } else { len };
    // In the buffer: numbers on the stack that grow would be followed by the verifier step by step.
    b.left = control;
    b.base = control;
    let mut rights = Rights { buffer, control, end: control.wrapping_add(len), shift, fault: 0 };
    repeat(RIGHTS_STEPS, right, &mut rights);
    if b.left != u64::MAX && rights.fault == 0 {
        lost(Loss::FdUnresolved);
    }
    rights.fault
}

/// Control data from `control` to `end`. `left` of the buffer is the next descriptor, up to `base`, where a control message ends; both
/// are all ones behind the last.
struct Rights {
    buffer: *mut Buffer,
    control: u64,
    end: u64,
    shift: u64,
    fault: i64,
}

/// Resolves the next descriptor, or goes on to the next control message (`struct cmsghdr`).
unsafe extern "C" fn right(_: u64, rights: *mut Rights) -> i64 {
    // SAFETY: that of `rights`, with a buffer that it has checked.
    let (rights, b) = unsafe { (&mut *rights, &mut *(*rights).buffer) };
    let (control, at, word) = (rights.control, b.left, 1 << rights.shift);
    if at.wrapping_add(4) <= b.base {
        b.blob.part = (at.wrapping_sub(control) >> 2) as u16;
        b.left = at.wrapping_add(4);
        let Some(fd) = read::<i32>(at) else { return unread(rights, b, at) };
        files::resolve(b, fd as i64, files::DESCRIPTOR);
        return 0;
    }
    let head = control.wrapping_add(b.base.wrapping_sub(control).wrapping_add(word - 1) & !(word - 1));
    let whole = head.wrapping_add(word + 8) <= rights.end;
    let len = if whole { pointed(head, rights.shift) } else { Some(0) };
    let Some(len) = len else { return unread(rights, b, head) };
    if len < word + 8 {
        b.left = u64::MAX;
        return 1;
    }
    let end = head.wrapping_add(len);
    let end = if end > rights.end || len > CONTROL_MAX as u64 { rights.end } else { end };
    b.base = end;
    let Some(kind) = read::<u64>(head.wrapping_add(word)) else { return unread(rights, b, head) };
    b.left = if kind == SCM_RIGHTS { head.wrapping_add(word + 8) } else { end };
    0
}

/// Notes that control data could not be read at `at`; 1, to go no further.
#[inline(always)]
fn unread(rights: &mut Rights, b: &mut Buffer, at: u64) -> i64 {
    absent::bytes(b, at, 16);
    rights.fault = 1;
    1
}

/// A word of the program's memory of 1 << `shift` bytes.
#[inline(always)]
fn pointed(address: u64, shift: u64) -> Option<u64> {
    read(address).map(|word| narrowed(word, shift))
}

/// Resolves the descriptors in a set of `n` bytes.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn fdset(buffer: *mut Buffer, address: u64, n: u64) -> i64 {
    if buffer.is_null() || address == 0 {
        return 0;
    }
    let mut numbers = Numbers { buffer, address, n, unit: 0, at: 0, fault: 0 };
    repeat(FDS_MAX as u32, member, &mut numbers);
    if n >> 3 > SET_WORDS as u64 || first(address, n, numbers.at) >= 0 {
        lost(Loss::FdUnresolved);
    }
    0
}

/// Resolves the next descriptor of a set.
unsafe extern "C" fn member(_: u64, numbers: *mut Numbers) -> i64 {
    // SAFETY: that of `fdset`, with a buffer that it has checked.
    let (numbers, b) = unsafe { (&mut *numbers, &mut *(*numbers).buffer) };
    let fd = first(numbers.address, numbers.n, numbers.at);
    if fd < 0 {
        return 1;
    }
    b.blob.part = (fd as u64).wrapping_add(1) as u16;
    files::resolve(b, fd, files::DESCRIPTOR);
    numbers.at = (fd as u64).wrapping_add(1);
    0
}

/// The first descriptor from `at` on in a set of `n` bytes, of which only the first `SET_WORDS` words are looked at; -1 for none.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn first(address: u64, n: u64, at: u64) -> i64 {
    let mut search = Search { address, n, at, found: -1 };
    repeat(SET_WORDS as u32, searched, &mut search);
    search.found
}

/// A search in a set.
struct Search {
    address: u64,
    n: u64,
    at: u64,
    found: i64,
}

/// Looks at what is left of a word.
unsafe extern "C" fn searched(_: u64, search: *mut Search) -> i64 {
    // SAFETY: `first`'s own.
    let search = unsafe { &mut *search };
    let word = search.at >> 6;
    if word >= search.n >> 3 || word >= SET_WORDS as u64 {
        return 1;
    }
    let rest = user::<u64>(search.address.wrapping_add(word << 3)) & (!0u64 << (search.at & 63));
    search.at = word.wrapping_add(1) << 6;
    if rest == 0 {
        return 0;
    }
    search.found = (word << 6).wrapping_add(lowest(rest)) as i64;
    1
}

/// The number of the lowest bit that is set. Not in line: its many branches are followed once.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn lowest(word: u64) -> u64 {
    log2(word & word.wrapping_neg()) as u64
}
