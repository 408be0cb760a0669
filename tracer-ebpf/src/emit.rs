//! The only place that submits to the ring, so that no loss can go uncounted.

use core::cell::UnsafeCell;
use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    config::TallyKey,
    event::{Head, flag, kind},
    loss::Loss,
    plan::plan_index,
};

use crate::kernel::{conf, now};
use crate::log;
use crate::maps::{EVENTS, LOST, MISSED};

/// `BPF_RB_NO_WAKEUP` and `BPF_RB_FORCE_WAKEUP`, include/uapi/linux/bpf.h.
const NO_WAKEUP: u64 = 1;
const FORCE_WAKEUP: u64 = 2;

/// Counts something that is missing.
#[inline(always)]
pub fn lost(reason: Loss) {
    lost_many(reason, 1);
}

/// Counts `n` things that are missing.
#[inline(always)]
pub fn lost_many(reason: Loss, n: u64) {
    log::lost(reason);
    count(reason, n);
}

/// Takes back `n` things that were counted as missing, and are not. Another CPU may have counted them: only the sum over all has a
/// meaning, modulo 2^64.
#[inline(always)]
pub fn taken_back(reason: Loss, n: u64) {
    count(reason, n.wrapping_neg());
}

#[inline(always)]
fn count(reason: Loss, n: u64) {
    if let Some(count) = LOST.get_ptr_mut(reason as u32) {
        // Atomic, because from Linux 7 on a program may be preempted by another one on the same CPU.
        // SAFETY: the instruction of BPF that adds at once; `count` is a map value, aligned.
        unsafe { core::arch::asm!("lock *(u64 *)({to} + 0) += {n}", to = in(reg) count, n = in(reg) n) };
    }
}

/// The ring that takes records now; null, as the verifier sees it, where there is none.
#[inline(always)]
fn ring() -> *mut c_void {
    EVENTS.get(0).map_or(core::ptr::null_mut(), |ring| (&raw const *ring).cast_mut().cast())
}

/// Sends a record of `len` bytes; counts it under `reason` when there is no room.
///
/// # Safety
/// `len` bytes must be readable at `record`, as the verifier sees it; a record begins with a head.
#[inline(always)]
pub unsafe fn send(record: *const c_void, len: u64, reason: Loss) -> bool {
    let ring = ring();
    let sent = !ring.is_null() && {
        // SAFETY: the caller vouches for the record, which begins with a head.
        let flags = wanted_now(unsafe { &*record.cast::<Head>() }, ring);
        // SAFETY: `ring` is a ring map, the caller vouches for the record.
        unsafe { helper::bpf_ringbuf_output(ring, record.cast_mut(), len, flags) == 0 }
    };
    if !sent {
        if reason as u32 == Loss::RingFull as u32 {
            // SAFETY: as above.
            missed(unsafe { &*record.cast::<Head>() });
        } else {
            lost(reason);
        }
    }
    sent
}

/// Sends a record of a call that still runs, as long as that leaves half of the ring to what cannot be sent again; `again`: it was
/// sent before, and is only where the ring is nearly empty. False when it is still to be sent.
///
/// # Safety
/// As of [`send`].
#[inline(always)]
pub unsafe fn send_pending(record: *const c_void, len: u64, again: bool) -> bool {
    let ring = ring();
    if ring.is_null() {
        lost(Loss::LifecycleLost);
        return true;
    }
    // SAFETY: `ring` is a ring map; flag 0 asks for the bytes that wait, flag 1 for its size.
    let (waiting, size) = unsafe { (helper::bpf_ringbuf_query(ring, 0), helper::bpf_ringbuf_query(ring, 1)) };
    if again && waiting > size >> 3 {
        return true;
    }
    if waiting > size >> 1 {
        return false;
    }
    // SAFETY: the caller vouches for the record.
    let sent = unsafe { helper::bpf_ringbuf_output(ring, record.cast_mut(), len, NO_WAKEUP) } == 0;
    if !sent && waiting == 0 && !again {
        // The ring is smaller than the record: trying again would not help, and is not counted again.
        lost(Loss::LifecycleLost);
    }
    sent || again || waiting == 0
}

/// Counts a call that found no room: in the ledger, and of whom and which it was. A ring that one process floods has no
/// room for others either, and that must show.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn missed(head: *const Head) -> i64 {
    if head.is_null() {
        count(Loss::RingFull, 1);
        return 0;
    }
    // SAFETY: checked above; the verifier knows the type.
    let head = unsafe { &*head };
    if matches!(head.kind, kind::ENTERED | kind::RETURNED) {
        count(Loss::LibraryFull, 1);
        return 0;
    }
    count(Loss::RingFull, 1);
    log::unsent(head);
    let index = plan_index(head.nr.min(511), head.flags & flag::COMPAT != 0);
    // SAFETY: takes nothing.
    let cpu = unsafe { helper::bpf_get_smp_processor_id() };
    let key = TallyKey { tgid: head.tgid, index: index as u16, cpu: cpu as u16 };
    match MISSED.get_ptr_mut(key) {
        // SAFETY: no other CPU has this key, and programs do not move between CPUs while they run.
        Some(count) => unsafe { *count += 1 },
        // Where this map is full too, the ledger has the call all the same.
        None => _ = MISSED.insert(key, 1, 0),
    }
    0
}

/// Sends the record of a call of which nothing was copied: its head. Written in place, which the kernel's general
/// copy takes longer for than all the rest.
#[inline(always)]
pub fn send_call(head: &Head) {
    let ring = ring();
    if ring.is_null() {
        missed(head);
        return;
    }
    // SAFETY: `ring` is a ring map; what it gives is null or has room for a head.
    let to = unsafe { helper::bpf_ringbuf_reserve(ring, size_of::<Head>() as u64, 0) }.cast::<u64>();
    if to.is_null() {
        missed(head);
        return;
    }
    // SAFETY: that is what was reserved.
    unsafe { copy_head(to, head) };
    let flags = wanted_now(head, ring);
    // SAFETY: what was reserved above, given back once.
    unsafe { helper::bpf_ringbuf_submit(to.cast(), flags) };
}

/// Copies a head.
///
/// # Safety
/// `to` must have room for one.
#[inline(always)]
pub unsafe fn copy_head(to: *mut u64, head: &Head) {
    const WORDS: usize = size_of::<Head>() / 8;
    let from = (&raw const *head).cast::<u64>();
    let mut i = 0;
    while i < WORDS {
        // SAFETY: a head is so many words; volatile, or the compiler calls a function that copies byte by byte.
        unsafe { to.add(i).write_volatile(from.add(i).read()) };
        i += 1;
    }
}

/// The flags of a submission: whether the reader is woken.
#[inline(always)]
fn wanted_now(head: &Head, ring: *mut c_void) -> u64 {
    if head.flags & flag::AWAITED != 0 {
        FORCE_WAKEUP
    } else if looks(head) {
        wakeup(ring)
    } else {
        NO_WAKEUP
    }
}

/// Whether to look if the reader must be woken: not at every record, where the ring has room for what comes until
/// the next look.
#[inline(always)]
fn looks(head: &Head) -> bool {
    head.time as u32 & conf!(look) == 0
}

/// When the reader was last woken. Races lose or add a wake-up, nothing else.
static LAST_WAKE: Shared = Shared(UnsafeCell::new(0));

/// A word that all CPUs read and write; the BPF target has no atomic loads.
struct Shared(UnsafeCell<u64>);

// SAFETY: only accessed by volatile loads and stores of one aligned word, where any value will do.
unsafe impl Sync for Shared {}

/// Nanoseconds within which the reader is not woken again: it is on its way.
const ON_ITS_WAY: u64 = 500_000;

/// Whether to wake the reader: a wake-up costs ten times the rest of the record (an interrupt of this CPU to
/// itself, dear in virtual machines), so the reader is only woken when much waits, and not while it is
/// already coming; it looks by itself every few milliseconds.
#[inline(always)]
fn wakeup(ring: *mut c_void) -> u64 {
    // SAFETY: `ring` is a ring map; flag 0 asks for the bytes that wait.
    let waiting = unsafe { helper::bpf_ringbuf_query(ring, 0) };
    if waiting < conf!(wake) as u64 {
        return NO_WAKEUP;
    }
    let now = now();
    // SAFETY: see `Shared`.
    if now.wrapping_sub(unsafe { LAST_WAKE.0.get().read_volatile() }) < ON_ITS_WAY {
        return NO_WAKEUP;
    }
    // SAFETY: see `Shared`.
    unsafe { LAST_WAKE.0.get().write_volatile(now) };
    FORCE_WAKEUP
}

/// Sends the head of an exit after which the trace may be over, and wakes the reader.
#[inline(always)]
pub fn send_last(head: &Head) {
    let (ring, record) = (ring(), (&raw const *head).cast_mut().cast());
    // SAFETY: `ring` is a ring map, a head is as long as it says.
    let sent = !ring.is_null()
        && unsafe { helper::bpf_ringbuf_output(ring, record, size_of::<Head>() as u64, FORCE_WAKEUP) == 0 };
    if !sent {
        lost(Loss::LifecycleLost);
    }
}

/// Sends a record that is only a head.
#[inline(always)]
pub fn send_head(head: &Head) -> bool {
    // SAFETY: a head is as long as it says.
    unsafe { send((&raw const *head).cast(), size_of::<Head>() as u64, Loss::LifecycleLost) }
}
