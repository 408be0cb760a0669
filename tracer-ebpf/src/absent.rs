//! Memory of the program that is not present when a call begins: what was never touched, or is paged out. A program that may not sleep
//! cannot read it, and the kernel has it paged in only within the call. Where programs of tracepoints may sleep (Linux 7.2),
//! `page_in` runs behind `sys_enter`: it has the pages come, as the call would, and repeats just the copies that failed.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::helpers::generated as helper;
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::config::{ABSENT as NO_MEMBER, Config};
use tracer_common::plan::{Plan, phase};
use tracer_common::task::Task;

use crate::calls::plan_of;
use crate::capture::{self, read};
use crate::kept::{self, start};
use crate::kernel::{conf, current, load, off, repeat};
use crate::maps::{ABSENT, Buffer, role};
use crate::tasks;

/// Bytes of a page, on every machine that is watched.
const PAGE: u64 = 4096;
/// The most pages that a copy can lie in.
const PAGES: u64 = 5;
/// `-EBUSY`.
const BUSY: i64 = -16;
/// How often copies are repeated: each time a text is known to reach one page further.
const ROUNDS: u64 = 8;

/// Bits of `vm_area_struct.vm_flags` of memory that another program has to fill (include/linux/mm.h; userfaultfd: missing, written to,
/// minor): who waits for it may wait for ever.
const FILLED_BY_OTHERS: u64 = 1 << 9 | 1 << 12 | 1 << 41;

/// Whether `page_in` will come to what is noted.
#[inline(always)]
fn can_sleep() -> bool {
    conf!(flags) & Config::SLEEPABLE != 0
}

/// Notes the pages of `n` bytes at `address`, which could not be read.
#[inline(always)]
pub fn bytes(b: &mut Buffer, address: u64, n: u64) {
    if can_sleep() {
        note(b, address, ((address & (PAGE - 1)) + n + PAGE - 1) / PAGE);
    }
}

/// Notes the page in which a text at `address` could not be read on.
#[inline(always)]
pub fn text(b: &mut Buffer, address: u64) {
    if !can_sleep() {
        return;
    }
    let (mut at, mut i) = (address, 0);
    while i < PAGES {
        if read::<u8>(at).is_none() {
            return note(b, at, 1);
        }
        at = (at & !(PAGE - 1)).wrapping_add(PAGE);
        i += 1;
    }
}

/// Notes `pages` pages from that of `address` on: their number is in the bits that an address of a page has no use for.
#[inline(always)]
fn note(b: &mut Buffer, address: u64, pages: u64) {
    let i = black_box(b.absences as usize) & (ABSENT - 1);
    // SAFETY: masked to the array.
    unsafe { (&raw mut b.absent).cast::<u64>().add(i).write_volatile(address & !(PAGE - 1) | pages & (PAGE - 1)) };
    b.absences = i as u64 + 1;
}

/// May sleep. Whose copies it repeats stands in the task's state, where `sys_enter` has left it.
#[btf_tracepoint(function = "sys_enter")]
pub fn page_in(_: BtfTracePointContext) -> i32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    if state.flags & Task::IN_CALL == 0 || state.head.blobs == 0 || state.retry == 0 {
        return 0;
    }
    let Some(plan) = plan_of(&mut state.head) else { return 0 };
    // The program is not run for another task on this CPU before it has ended here, though it sleeps: the buffer is its own.
    let Some(buffer) = kept::buffer(role::PAGED) else { return 0 };
    start(buffer, state);
    kept::take(buffer, state, task);
    complete(buffer, plan);
    kept::keep(state, buffer);
    0
}

/// Repeats the copies that failed, once the pages have come. Only where the program may sleep.
#[inline(always)]
pub fn complete(buffer: &mut Buffer, plan: *const Plan) {
    let (used, blobs, retry) = (buffer.used, buffer.head.blobs, buffer.retry);
    let mut round = 0;
    while round < ROUNDS {
        buffer.absences = 0;
        capture::run(buffer, plan, phase::AGAIN);
        if buffer.absences == 0 || round + 1 == ROUNDS {
            break;
        }
        let mut come = Come { buffer, came: 0 };
        repeat(ABSENT as u32, pages, &mut come);
        if come.came == 0 {
            break;
        }
        // What could not be read leaves blobs that say so: of them there are enough.
        (buffer.used, buffer.head.blobs, buffer.retry) = (used, blobs, retry);
        round += 1;
    }
}

/// Pages that are to come, as a buffer has them noted; whether some did.
struct Come {
    buffer: *mut Buffer,
    came: u64,
}

/// Has the pages of note `i` come.
unsafe extern "C" fn pages(i: u64, come: *mut Come) -> i64 {
    // SAFETY: `page_in`'s own, with a buffer that it has.
    let (come, b) = unsafe { (&mut *come, &*(*come).buffer) };
    if i >= b.absences {
        return 1;
    }
    let at = black_box(i as usize) & (ABSENT - 1);
    // SAFETY: masked to the array.
    let noted = unsafe { (&raw const b.absent).cast::<u64>().add(at).read_volatile() };
    let (first, count) = (noted & !(PAGE - 1), noted & (PAGE - 1));
    let mut page = 0;
    while page < PAGES {
        if page < count && comes(first.wrapping_add(page * PAGE)) {
            come.came = 1;
        }
        page += 1;
    }
    0
}

/// Has a page come; whether it did.
#[inline(always)]
fn comes(address: u64) -> bool {
    let mut filled = Filled { by_others: 1 };
    // SAFETY: the task is the current one; the kernel gives the callback a mapping and `filled`.
    let found = unsafe {
        let task = helper::bpf_get_current_task_btf() as *mut _;
        helper::bpf_find_vma(task, address, mapping as *mut c_void, (&raw mut filled).cast(), 0)
    };
    // Another thread changes what is mapped: the next round looks again.
    if found == BUSY {
        return true;
    }
    if found != 0 || filled.by_others != 0 {
        return false;
    }
    let mut byte = 0u8;
    // SAFETY: the helper checks the address and writes one byte.
    unsafe { helper::bpf_copy_from_user((&raw mut byte).cast(), 1, address as *const c_void) == 0 }
}

/// What there is to know of a mapping.
struct Filled {
    by_others: u64,
}

/// Looks whether a mapping is filled by another program.
unsafe extern "C" fn mapping(_: *mut c_void, vma: *const c_void, filled: *mut Filled) -> i64 {
    if off!(vma_flags) != NO_MEMBER {
        // SAFETY: the kernel's mapping, of a type that the verifier knows; the offset is that of a word. `filled` is `comes`'s.
        unsafe { (*filled).by_others = load::<u64>(vma, off!(vma_flags)) & FILLED_BY_OTHERS };
    }
    0
}
