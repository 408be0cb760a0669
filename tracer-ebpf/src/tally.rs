//! Counts of calls (`-c`), in the kernel: no record of them is sent.

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    config::{Config, Tally, TallyKey, log2},
    event::{Head, flag},
    loss::Loss,
    plan::plan_index,
};

use crate::calls::failed;
use crate::emit::lost;
use crate::kernel::conf;
use crate::maps::{TALLIES, TALLY};

/// Counts a call instead of sending it. One that never returns is none, as strace has it.
#[inline(always)]
pub fn tally(head: &Head) {
    if head.flags & flag::NO_RETURN != 0 {
        return;
    }
    let index = plan_index(head.nr.min(511), head.flags & flag::COMPAT != 0);
    if let Some(tally) = TALLY.get_ptr_mut(index) {
        // SAFETY: a per-CPU value, and programs do not move between CPUs while they run.
        count(unsafe { &mut *tally }, head);
    }
    if conf!(flags) & Config::BY_PROCESS != 0 {
        tally_of_process(head, index);
    }
}

/// Counts a call of its process, in a value of this CPU's own.
#[inline(always)]
fn tally_of_process(head: &Head, index: u32) {
    // SAFETY: takes nothing.
    let cpu = unsafe { helper::bpf_get_smp_processor_id() };
    let key = TallyKey { tgid: head.tgid, index: index as u16, cpu: cpu as u16 };
    let tally = match TALLIES.get_ptr_mut(key) {
        Some(tally) => tally,
        None => {
            // Full, or no memory: the lookup then says so.
            let _ = TALLIES.insert(key, &EMPTY, 0);
            match TALLIES.get_ptr_mut(key) {
                Some(tally) => tally,
                None => return lost(Loss::ByProcess),
            }
        }
    };
    // SAFETY: no other CPU has this key, and programs do not move between CPUs while they run.
    count(unsafe { &mut *tally }, head);
}

/// What a process's count begins with: too large for the stack.
pub static EMPTY: Tally = Tally::NONE;

/// Counts a call.
#[inline(always)]
pub fn count(tally: &mut Tally, head: &Head) {
    let dur = if head.flags & flag::BEFORE == 0 { head.dur } else { 0 };
    let bucket = core::hint::black_box(log2(dur)) & 63;
    // SAFETY: masked to the buckets and those behind them.
    unsafe { *(&raw mut tally.buckets).cast::<u64>().add(bucket) += 1 };
    tally.total += dur;
    if failed(head) {
        tally.errors += 1;
    }
    if tally.min1 == 0 || dur < tally.min1 - 1 {
        tally.min1 = dur + 1;
    }
    if dur > tally.max {
        tally.max = dur;
    }
}
