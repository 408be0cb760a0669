//! Why something is missing, said where it happens: `TRACER_BPF_LOG=debug`. The level is a constant to the verifier, which drops all
//! of this when it is off, as it is unless asked for.

use aya_ebpf::{btf_maps::PerCpuArray, helpers::bpf_get_current_pid_tgid, macros::btf_map};
use aya_log_ebpf::{debug, macro_support};
use tracer_common::{
    event::Head,
    loss::{LOSSES, Loss, NAMES},
    plan::Op,
};

/// Whether it is on.
#[inline(always)]
fn on() -> bool {
    macro_support::level_enabled(macro_support::Level::Debug)
}

/// What was lost on this CPU and not yet said: a bit for each reason.
#[btf_map]
static NOTED: PerCpuArray<u64, 1> = PerCpuArray::new();

/// The current task.
#[inline(always)]
fn task() -> u32 {
    bpf_get_current_pid_tgid() as u32
}

/// Something is missing. It is noted, and said where the stack has room for it: eight functions deep nothing more can be called.
#[inline(always)]
pub fn lost(reason: Loss) {
    if on()
        && let Some(noted) = NOTED.get_ptr_mut(0)
    {
        // SAFETY: no other CPU has this value; a program that comes between two that are preempted says it as its own.
        unsafe { *noted |= 1 << reason as u64 };
    }
}

/// A plan was carried out for call `nr`: what was noted meanwhile, and before where no plan was, is said.
#[inline(always)]
pub fn carried_out(nr: u32) {
    if on() {
        say_lost(nr as u64);
    }
}

/// The record of a call found no room.
#[inline(always)]
pub fn unsent(head: &Head) {
    if on() {
        say_unsent(head.nr as u64, head.ret as u64);
    }
}

/// An operation of a plan is done; `faulted` when it met memory that cannot be read.
#[inline(always)]
pub fn done(op: &Op, faulted: u64) {
    if on() && faulted != 0 {
        say_stopped(op.arg as u64, op.shape as u64, op.phase as u64);
    }
}

// Functions of their own, which the verifier looks at once and only if they are called.

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn say_lost(nr: u64) -> i64 {
    let Some(noted) = NOTED.get_ptr_mut(0) else { return 0 };
    // SAFETY: as above.
    let reasons = unsafe { core::mem::take(&mut *noted) };
    let mut i = 0;
    while i < LOSSES {
        if reasons >> i & 1 != 0 {
            // SAFETY: the names are ASCII.
            let name = unsafe { core::str::from_utf8_unchecked(&NAMES[i]) };
            debug!((), "task {}: call {}: {}", task(), nr, name);
        }
        i += 1;
    }
    0
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn say_unsent(nr: u64, ret: u64) -> i64 {
    debug!((), "task {}: no room for call {}, which returned {}", task(), nr, ret as i64);
    0
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn say_stopped(arg: u64, shape: u64, phase: u64) -> i64 {
    debug!((), "task {}: argument {} cannot be read (shape {}, phase {})", task(), arg, shape, phase);
    0
}
