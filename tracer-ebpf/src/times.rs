//! The times program: where the time of threads goes, counted at each switch of the scheduler and each waking. Calls cost nothing more:
//! which one a thread waits in stands in the registers that it saved. An object of its own: it sees every switch of the machine, and is
//! there only as long as somebody asks.
#![no_std]
#![no_main]

mod reading;

use core::ffi::c_void;

use aya_ebpf::{
    btf_maps::{Array, HashMap, PerCpuArray},
    helpers::generated as helper,
    macros::{btf_map, btf_tracepoint},
    programs::BtfTracePointContext,
};
use tracer_common::config::{ABSENT, log2};
use tracer_common::plan::plan_index;
use tracer_common::times::{
    BORN_SHIFT, Key, NO_CALL, PROCESSES, Span, Spent, TimesConfig, WakerKey, Woken, known, missed, what,
};

use self::reading::{conf, load, peek};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The helpers used here are for GPL-compatible programs.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

/// Set before loading, frozen by it.
#[unsafe(no_mangle)]
static CONFIG: TimesConfig = TimesConfig::NONE;

/// What each thread does, by its number. As the next two made whole at once: where the programs run there is no waiting for memory.
#[btf_map]
static SPANS: HashMap<u32, Span, 16384> = HashMap::new();

/// Where time went.
#[btf_map]
static SPENT: HashMap<Key, Spent, 32768> = HashMap::new();

/// Who woke whom.
#[btf_map]
static WAKERS: HashMap<WakerKey, Woken, 16384> = HashMap::new();

/// What is to be known of a call, by its number: see [`known`].
#[btf_map]
static CALLS: Array<u32, 512> = Array::new();

/// See [`missed`].
#[btf_map]
static MISSED: PerCpuArray<u64, { missed::COUNT }> = PerCpuArray::new();

/// What a place begins with: too large for the stack.
static NOTHING: Spent = Spent::NONE;

/// States of a task: include/linux/sched.h. What is stopped waits, too; what is dead does nothing any more.
mod state {
    pub const UNINTERRUPTIBLE: u32 = 2;
    pub const STOPPED: u32 = 4;
    pub const TRACED: u32 = 8;
    pub const DEAD: u32 = 0x80;
    pub const WAKING: u32 = 0x200;
}

/// A CPU goes from one task to another.
#[btf_tracepoint(function = "sched_switch")]
fn sched_switch(ctx: BtfTracePointContext) -> i32 {
    let (prev, next) = (ctx.arg::<*mut c_void>(1), ctx.arg::<*mut c_void>(2));
    // SAFETY: takes nothing.
    let now = unsafe { helper::bpf_ktime_get_ns() };
    if let Some(tgid) = watched(prev) {
        let preempted = ctx.arg::<u64>(0) as u32 & 1 != 0;
        left(prev, tgid, preempted, now);
    }
    if let Some(tgid) = watched(next) {
        // Who is seen for the first time had a CPU before it was watched, or is new: it was ready.
        if let Some(span) = turn(next, tgid, now, what::READY) {
            span.what = what::RUNS;
            (span.index, span.object, span.taken) = (NO_CALL, 0, 0);
        }
    }
    0
}

/// A task is woken.
#[btf_tracepoint(function = "sched_waking")]
fn sched_waking(ctx: BtfTracePointContext) -> i32 {
    let task = ctx.arg::<*mut c_void>(0);
    let Some(tgid) = watched(task) else { return 0 };
    // SAFETY: takes nothing.
    let now = unsafe { helper::bpf_ktime_get_ns() };
    let tid = number(task);
    let found = SPANS.get_ptr_mut(tid);
    // Who runs, or is about to give its CPU away, goes on without having waited.
    // SAFETY: a value of the map.
    if let Some(span) = found
        && unsafe { (*span).born == born(task) && (*span).what < what::SLEEPS }
    {
        return 0;
    }
    let Some(span) = turn(task, tgid, now, what::SLEEPS) else { return 0 };
    span.what = what::READY;
    (span.index, span.object, span.taken) = (NO_CALL, 0, 0);
    0
}

/// The process of a task that is watched.
#[inline(always)]
fn watched(task: *mut c_void) -> Option<u32> {
    // SAFETY: `task` is a task, the offset that of an int.
    let tgid = unsafe { load::<u32>(task, conf!(off.task_tgid)) };
    let mut at = 0;
    while at < PROCESSES {
        let one = conf!(tgids[at]);
        if one != 0 && one == tgid {
            return Some(tgid);
        }
        at += 1;
    }
    None
}

#[inline(always)]
fn number(task: *mut c_void) -> u32 {
    // SAFETY: `task` is a task, the offset that of an int.
    unsafe { load(task, conf!(off.task_pid)) }
}

#[inline(always)]
fn born(task: *mut c_void) -> u32 {
    // SAFETY: `task` is a task, the offset that of a u64.
    (unsafe { load::<u64>(task, conf!(off.task_start)) } >> BORN_SHIFT) as u32
}

/// A task gives its CPU away, or it is taken.
#[inline(always)]
fn left(task: *mut c_void, tgid: u32, preempted: bool, now: u64) {
    let Some(span) = turn(task, tgid, now, what::RUNS) else { return };
    // SAFETY: `task` is a task, the offset that of an unsigned int.
    let is = unsafe { load::<u32>(task, conf!(off.task_state)) };
    if is & state::DEAD != 0 {
        let _ = SPANS.remove(&number(task));
        return;
    }
    // Who is woken before it has gone is ready, too.
    if preempted || is == 0 || is & state::WAKING != 0 {
        span.what = what::READY;
        (span.index, span.object, span.taken) = (NO_CALL, 0, 1);
        return;
    }
    span.what = match is {
        is if is & (state::STOPPED | state::TRACED) != 0 => what::STOPPED,
        is if is & state::UNINTERRUPTIBLE != 0 => what::BLOCKED,
        _ => what::SLEEPS,
    };
    (span.index, span.object) = call_of(task);
    span.taken = 0;
}

/// What a task did until now is counted; what it does from now on is to be said in what this gives. `first`: what it did where nobody saw
/// it before.
#[inline(always)]
fn turn<'m>(task: *mut c_void, tgid: u32, now: u64, first: u8) -> Option<&'m mut Span> {
    let (tid, born) = (number(task), born(task));
    let known = SPANS.get_ptr_mut(tid);
    // SAFETY: a value of the map.
    if known.is_none_or(|span| unsafe { (*span).born } != born) {
        // SAFETY: `task` is a task, the offset that of a u64.
        let start = unsafe { load::<u64>(task, conf!(off.task_start)) };
        let begun = conf!(begun);
        let since = if start > begun { start } else { begun };
        let (index, object) = if first == what::SLEEPS { call_of(task) } else { (NO_CALL, 0) };
        let span = Span { since, object, born, index, what: first, taken: 0 };
        if SPANS.insert(&tid, &span, 0).is_err() {
            miss(missed::THREADS, now.wrapping_sub(since));
            return None;
        }
    }
    let span = SPANS.get_ptr_mut(tid)?;
    // SAFETY: a value of the map; what happens to a task happens under the lock of its run queue.
    let span = unsafe { &mut *span };
    let took = now.wrapping_sub(span.since);
    span.since = now;
    // The clocks of two CPUs may differ by some ns.
    let took = if took as i64 > 0 { took } else { 0 };
    let key = Key { tid, born, object: span.object, tgid, index: span.index, what: span.what, pad: 0 };
    spend(&key, took, span.taken != 0);
    if span.what >= what::SLEEPS && first == what::SLEEPS {
        woken(tid, born, span.index, took);
    }
    Some(span)
}

/// Counts time in its place.
#[inline(always)]
fn spend(key: &Key, took: u64, taken: bool) {
    let tally = match SPENT.get_ptr_mut(key) {
        Some(tally) => tally,
        None => {
            let _ = SPENT.insert(key, &NOTHING, 0);
            match SPENT.get_ptr_mut(key) {
                Some(tally) => tally,
                None => return miss(missed::PLACES, took),
            }
        }
    };
    // SAFETY: a value of the map; a thread changes only under the lock of its run queue, and its places are its own.
    let tally = unsafe { &mut *tally };
    let bucket = core::hint::black_box(log2(took)) & 63;
    // SAFETY: masked to the buckets.
    unsafe { *(&raw mut tally.buckets).cast::<u32>().add(bucket) += 1 };
    tally.total += took;
    tally.taken += taken as u64;
    if tally.min1 == 0 || took < tally.min1 - 1 {
        tally.min1 = took + 1;
    }
    if took > tally.max {
        tally.max = took;
    }
}

/// Counts who woke a task: the current one, where it is in a call that may do so. Else it was interrupted; so it may have been in a call, too.
#[inline(always)]
fn woken(tid: u32, born: u32, index: u16, took: u64) {
    // SAFETY: takes nothing.
    let ids = unsafe { helper::bpf_get_current_pid_tgid() };
    // SAFETY: takes nothing, gives a pointer that is valid in this program run.
    let current = unsafe { helper::bpf_get_current_task_btf() } as *mut c_void;
    let from = calls(current);
    let waits = known_of(index as i64);
    let interrupted =
        from < 0 || waits & known::TIME != 0 || waits & known::WORD != 0 && known_of(from) & known::WORD == 0;
    let (waker, process) = if interrupted { (0, 0) } else { (ids as u32, (ids >> 32) as u32) };
    let key = WakerKey { tid, born, waker, process };
    let found = match WAKERS.get_ptr_mut(key) {
        Some(found) => found,
        None => {
            let _ = WAKERS.insert(&key, &Woken { total: 0, times: 0 }, 0);
            match WAKERS.get_ptr_mut(key) {
                Some(found) => found,
                None => return miss(missed::WAKERS, 1),
            }
        }
    };
    // SAFETY: a value of the map.
    let found = unsafe { &mut *found };
    found.total += took;
    found.times += 1;
}

/// The call that a task is in; negative for none.
#[inline(always)]
fn calls(task: *mut c_void) -> i64 {
    // SAFETY: `task` is a task; the kernel gives an address on its stack.
    let registers = unsafe { helper::bpf_task_pt_regs(task.cast()) } as u64;
    peek::<u64>(registers, conf!(nr)) as i32 as i64
}

/// What is known of a call of this machine's own.
#[inline(always)]
fn known_of(nr: i64) -> u32 {
    if !(0..512).contains(&nr) {
        return 0;
    }
    CALLS.get(nr as u32 & 511).map_or(0, |known| *known)
}

/// The call that a task waits in, and what for.
#[inline(always)]
fn call_of(task: *mut c_void) -> (u16, u64) {
    let nr = calls(task);
    if !(0..512).contains(&nr) {
        return (NO_CALL, 0);
    }
    // SAFETY: `task` is a task, the offset that of a u32.
    let compat = conf!(off.thread_status) != ABSENT && unsafe { load::<u32>(task, conf!(off.thread_status)) } & 2 != 0;
    let nr = nr as u32;
    let index = plan_index(nr & 511, compat) as u16;
    let which = if compat { 0 } else { known_of(nr as i64) & known::PLACE };
    // SAFETY: as in `calls`.
    let registers = unsafe { helper::bpf_task_pt_regs(task.cast()) } as u64;
    let at = match which {
        1 => conf!(args[0]),
        2 => conf!(args[1]),
        3 => conf!(args[2]),
        _ => return (index, 0),
    };
    (index, peek(registers, at))
}

/// What is in no place.
#[inline(always)]
fn miss(which: u32, much: u64) {
    if let Some(sum) = MISSED.get_ptr_mut(which) {
        // SAFETY: this CPU's own value, and programs do not move between CPUs while they run.
        unsafe { *sum += much };
    }
}
