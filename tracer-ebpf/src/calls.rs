//! Entry and end of system calls.

use core::ffi::c_void;

use aya_ebpf::{EbpfContext, helpers::generated as helper, macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::Config,
    event::{Head, SKIPPED, flag, kind},
    loss::Loss,
    plan::{MAX_OPS, PLANS, Plan, SPARED, Variant, phase, plan_index},
    task::{ROOM, Task},
};

use crate::capture;
use crate::emit::{lost, lost_many, send, send_call, taken_back};
use crate::kept::{self, start};
use crate::kernel::{by_perf, compat, conf, current, load, now, off};
use crate::maps::{BEATS, Buffer, DATA, PLAN, TASKS, VARIANT, role};
use crate::parts;
use crate::sockets;
use crate::tally::tally;
use crate::tasks;

/// The kernel could not read the memory either: nothing that anybody could see is missing.
const EFAULT: i64 = 14;

#[btf_tracepoint(function = "sys_enter")]
pub fn sys_enter(ctx: BtfTracePointContext) -> i32 {
    // The second word, whoever calls the program.
    let nr = ctx.arg::<u64>(1) as u32;
    if !wanted_at_all(nr) {
        return 0;
    }
    let task = current();
    if !tasks::stored(task) {
        return 0;
    }
    let compat = compat(task);
    if !wanted(nr, compat) {
        return 0;
    }
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state; only this task's programs write it while it runs.
    let state = unsafe { &mut *state };
    if state.flags & (Task::GATED | Task::HEART) != 0 {
        if state.flags & Task::HEART != 0 {
            state.flags |= if nr == Task::HEART_NR { Task::IN_CALL } else { 0 };
            return 0;
        }
        if !opens_gate(nr, compat) {
            return 0;
        }
    }
    let regs = registers(&ctx, task);
    if answers(nr, compat) && sockets::asks_for_names(first_of(regs, compat)) == 0 {
        return 0;
    }
    if spares(regs, nr, compat) {
        return 0;
    }
    if nr == conf!(uring_nr) && !compat && submits(state, regs) {
        return 0;
    }
    begin(state, regs, nr, compat);
    if compat && parts::are_many(nr) {
        let part = parts::single_out(&mut state.head);
        if part == parts::UNASKED || part == parts::ANSWERS && sockets::asks_for_names(state.head.args[0]) == 0 {
            return 0;
        }
    }
    state.head.time = now();
    state.flags = state.flags & !Task::BORN | Task::IN_CALL;
    if conf!(flags) & Config::COUNT == 0 {
        enter_data(state, regs);
    } else if conf!(flags) & Config::CPU_TIME != 0 {
        // Until the call ends, its place for the duration is free.
        state.head.dur = away(task);
    }
    0
}

#[btf_tracepoint(function = "sys_exit")]
pub fn sys_exit(ctx: BtfTracePointContext) -> i32 {
    let nr = number_at_end(&ctx);
    // What rt_sigreturn left behind is -1, and an execve may end in the other ABI: only the task's state knows what it was.
    if nr >= 0 && !wanted_at_all(nr as u32) {
        return 0;
    }
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    if state.flags & Task::HEART != 0 {
        return beat(state);
    }
    if state.flags & Task::SUBMITS != 0 {
        state.flags &= !Task::SUBMITS;
        settle(registers(&ctx, task), if by_perf() { returned_by_perf(&ctx) } else { ctx.arg(1) });
    }
    if state.flags & Task::IN_CALL == 0 {
        let born = state.flags & Task::BORN != 0 && nr as u32 == state.head.nr;
        state.flags &= !Task::BORN;
        if (born || state.flags & Task::GATED != 0) && state.flags & Task::ATTACHED == 0 || nr < 0 {
            return 0;
        }
        let compat = compat(task);
        if !wanted(nr as u32, compat) || answers(nr as u32, compat) {
            return 0;
        }
        // It is seen though nobody may have asked for it.
        if nr as u32 == conf!(uring_nr) && state.flags & Task::ATTACHED == 0 {
            return 0;
        }
        let regs = registers(&ctx, task);
        if spares(regs, nr as u32, compat) {
            return 0;
        }
        begin(state, regs, nr as u32, compat);
        if compat && parts::are_many(nr as u32) && parts::single_out(&mut state.head) != parts::ASKED {
            return 0;
        }
        state.sp = stack(regs);
        if state.flags & Task::ATTACHED != 0 {
            lost(Loss::BeganBefore);
            state.head.time = 0;
            state.head.flags |= flag::BEFORE;
        } else {
            state.head.time = now();
            state.head.cpu |= SKIPPED;
        }
    }
    state.flags &= !(Task::IN_CALL | Task::ATTACHED | Task::GATED);
    if state.head.flags & flag::BEFORE != 0 {
        state.head.dur = now();
    } else if conf!(flags) & Config::CPU_TIME != 0 {
        let wall = now().wrapping_sub(state.head.time);
        let waited = away(task).wrapping_sub(state.head.dur);
        // The CPU's clock is another one than ours: what it says can be some ns more.
        state.head.dur = if waited < wall { wall - waited } else { 0 };
    } else {
        state.head.dur = now().wrapping_sub(state.head.time);
    }
    state.head.ret = if by_perf() { returned_by_perf(&ctx) } else { ctx.arg(1) };
    if conf!(flags) & Config::COUNT != 0 {
        count(&state.head);
    } else {
        finish(state, task);
    }
    tasks::show_all_kept(state);
    0
}

/// How long the task has had no CPU, from some time on that is always the same for it: when its account was last brought up to
/// date, without what stands in it.
#[inline(always)]
fn away(task: *const c_void) -> u64 {
    // SAFETY: `task` is a task, the offsets are those of words.
    unsafe { load::<u64>(task, off!(task_exec_start)).wrapping_sub(load::<u64>(task, off!(task_runtime))) }
}

/// The registers of the call, as a pointer that the verifier knows.
#[inline(always)]
pub fn registers(ctx: &BtfTracePointContext, task: *mut c_void) -> *const c_void {
    if by_perf() {
        // SAFETY: `task` is the current task.
        return unsafe { helper::bpf_task_pt_regs(task.cast()) } as *const c_void;
    }
    ctx.arg::<*const c_void>(0)
}

/// What the call returned, in perf's record.
#[inline(always)]
pub fn returned_by_perf(ctx: &BtfTracePointContext) -> i64 {
    // Out of the compiler's sight: else it makes one load of this and of the other way, at an offset that is computed, which the
    // verifier does not allow.
    let record = core::hint::black_box(ctx.as_ptr());
    // SAFETY: the third word of the record, behind what all have and the number of the call.
    unsafe { core::ptr::read_volatile(record.cast::<i64>().add(2)) }
}

/// The number of the call that ends.
#[inline(always)]
pub fn number_at_end(ctx: &BtfTracePointContext) -> i32 {
    if by_perf() {
        return ctx.arg::<i64>(1) as i32;
    }
    let regs = ctx.arg::<*const c_void>(0);
    // SAFETY: the first argument is the registers' pointer, which the verifier knows.
    unsafe { load::<u64>(regs, conf!(regs.nr)) as i32 }
}

/// Whether anybody asked for the call. Numbers beyond the plans are unknown calls, always shown.
#[inline(always)]
pub fn wanted(nr: u32, compat: bool) -> bool {
    nr > 511 || asked_for(&raw const crate::maps::CONFIG.wanted, plan_index(nr, compat)) != 0
}

/// Whether the call is only of interest on what leads to a name server.
#[inline(always)]
pub fn answers(nr: u32, compat: bool) -> bool {
    conf!(flags) & Config::ANSWERS != 0
        && nr <= 511
        && asked_for(&raw const crate::maps::CONFIG.answers, plan_index(nr, compat)) != 0
}

/// Whether nobody wants to know of the call, by what an argument of it says.
#[inline(always)]
fn spares(regs: *const c_void, nr: u32, compat: bool) -> bool {
    if conf!(flags) & Config::SPARES == 0 || nr > 511 {
        return false;
    }
    let index = plan_index(nr, compat);
    // SAFETY: `regs` is the registers' pointer, which the verifier knows; the offset is that of a word.
    let says = |at: u32, mask: u32| unsafe { load::<u64>(regs, at) } as u32 & mask;
    if index == conf!(spared[0].index) {
        return says(conf!(spared[0].at), conf!(spared[0].mask)) == conf!(spared[0].value);
    }
    index == conf!(spared[1].index) && says(conf!(spared[1].at), conf!(spared[1].mask)) == conf!(spared[1].value)
}

const _: () = assert!(SPARED == 2);

/// The first argument of a call.
#[inline(always)]
fn first_of(regs: *const c_void, compat: bool) -> u64 {
    let off = if compat { conf!(regs.compat_args) } else { conf!(regs.args) };
    // SAFETY: `regs` is the registers' pointer, which the verifier knows, the offset is that of a word.
    unsafe { load(regs, off[0]) }
}

/// Whether anybody asked for the call of that number, be it a 64-bit or a 32-bit one: what can be told of a call
/// before anything is known of its task.
#[inline(always)]
pub fn wanted_at_all(nr: u32) -> bool {
    let table = &raw const crate::maps::CONFIG.wanted;
    nr > 511 || asked_for(table, plan_index(nr, false)) | asked_for(table, plan_index(nr, true)) != 0
}

/// Counts a call, and sends it as well where it is one of those that are always told.
#[inline(always)]
fn count(head: &Head) {
    tally(head);
    let table = &raw const crate::maps::CONFIG.told;
    if head.nr < 512 && asked_for(table, plan_index(head.nr, head.flags & flag::COMPAT != 0)) != 0 {
        send_call(head);
    }
}

/// The bit of a plan in a table of the configuration.
#[inline(always)]
fn asked_for(table: *const [u64; PLANS / 64], index: u32) -> u64 {
    // 6.1 loses the bounds of what was put together of two parts.
    let word = core::hint::black_box(index >> 6) & (PLANS as u32 / 64 - 1);
    // SAFETY: the word is masked to the table; volatile, because the loader sets it after compilation.
    let bits = unsafe { core::ptr::read_volatile(table.cast::<u64>().add(word as usize)) };
    bits >> (index & 63) & 1
}

/// Whether the call is the execve that ends the start of a command.
#[inline(always)]
fn opens_gate(nr: u32, compat: bool) -> bool {
    !compat && (nr == conf!(exec_nr)[0] || nr == conf!(exec_nr)[1])
}

/// Counts a heartbeat of the tracer that was seen at both ends.
#[inline(always)]
fn beat(state: &mut Task) -> i32 {
    if state.flags & Task::IN_CALL != 0 {
        state.flags &= !Task::IN_CALL;
        if let Some(beats) = BEATS.get_ptr_mut(0) {
            // SAFETY: a valid map value; only the tracer's own thread counts here.
            unsafe { *beats += 1 };
        }
    }
    0
}

/// Counts what a call submits to io_uring; true when nobody asked for the call itself.
#[inline(always)]
fn submits(state: &mut Task, regs: *const c_void) -> bool {
    if conf!(flags) & Config::OPERATIONS == 0 {
        state.flags |= Task::SUBMITS;
        lost_many(Loss::IoUring, to_submit(regs));
    }
    match PLAN.get_ptr(plan_index(conf!(uring_nr), false)) {
        // SAFETY: a pointer from a map is valid for this run.
        Some(plan) => unsafe { (*plan).flags & Plan::WANTED == 0 },
        None => true,
    }
}

/// How many operations a call is given to submit.
#[inline(always)]
fn to_submit(regs: *const c_void) -> u64 {
    // SAFETY: `regs` is the registers' pointer, which the verifier knows; the second argument is a count.
    unsafe { load::<u64>(regs, conf!(regs.args)[1]) as u32 as u64 }
}

/// Takes back what was counted at its entry of a call that submitted less, or has failed.
#[inline(always)]
fn settle(regs: *const c_void, ret: i64) {
    let (given, taken) = (to_submit(regs), if ret > 0 { ret as u64 } else { 0 });
    if taken < given {
        taken_back(Loss::IoUring, given - taken);
    }
}

/// Notes who calls what.
#[inline(always)]
fn begin(state: &mut Task, regs: *const c_void, nr: u32, compat: bool) {
    let head = &mut state.head;
    head.kind = kind::CALL;
    head.flags = if compat { flag::COMPAT } else { 0 };
    head.blobs = 0;
    head.len = size_of::<Head>() as u32;
    head.nr = nr;
    head.cpu = 0;
    // Volatile: two stores, where the compiler would call a function that clears byte by byte.
    // SAFETY: fields of a valid head.
    unsafe {
        core::ptr::write_volatile(&raw mut head.dur, 0);
        core::ptr::write_volatile(&raw mut head.ret, 0);
    }
    // Read back: else all that follows is verified for each way on which this came about.
    // SAFETY: as above.
    let compat = unsafe { core::ptr::read_volatile(&raw const head.flags) } & flag::COMPAT != 0;
    let off = if compat { conf!(regs.compat_args) } else { conf!(regs.args) };
    // SAFETY: `regs` is the registers' pointer, which the verifier knows, the offsets are those of words.
    unsafe {
        head.ip = load(regs, conf!(regs.ip));
        head.args[0] = load(regs, off[0]);
        head.args[1] = load(regs, off[1]);
        head.args[2] = load(regs, off[2]);
        head.args[3] = load(regs, off[3]);
        head.args[4] = load(regs, off[4]);
        head.args[5] = load(regs, off[5]);
    }
    if compat {
        let mut i = 0;
        while i < 6 {
            head.args[i] &= 0xffff_ffff;
            i += 1;
        }
    }
}

/// The plan of a call; its variant when an argument decides.
#[inline(always)]
pub fn plan_of(head: &mut Head) -> Option<*const Plan> {
    if head.nr > 511 {
        return None;
    }
    let index = plan_index(head.nr, head.flags & flag::COMPAT != 0);
    let plan = PLAN.get_ptr(index)?;
    // SAFETY: a pointer from a map is valid for this run.
    let (flags, selector) = unsafe { ((*plan).flags, (*plan).selector) };
    if flags & Plan::BY != 0 {
        let i = core::hint::black_box(selector as usize) & 7;
        // SAFETY: the plan says 0 to 5; what 6 and 7 would read still is this task's state.
        let value = unsafe { core::ptr::read_volatile((&raw const head.args).cast::<u64>().add(i)) };
        let key = Variant { index, value: value as u32 };
        if let Some(variant) = VARIANT.get_ptr(&key) {
            head.flags |= flag::VARIANT;
            return Some(variant);
        }
    }
    Some(plan)
}

/// The user stack pointer.
#[inline(always)]
fn stack(regs: *const c_void) -> u64 {
    // SAFETY: `regs` is the registers' pointer, which the verifier knows, the offset is that of a word.
    unsafe { load(regs, conf!(regs.sp)) }
}

/// Copies what the plan wants at entry, and keeps it.
#[inline(always)]
fn enter_data(state: &mut Task, regs: *const c_void) {
    let Some(plan) = plan_of(&mut state.head) else { return };
    // SAFETY: a pointer from a map is valid for this run.
    let flags = unsafe { (*plan).flags };
    if flags & Plan::OPAQUE != 0 {
        lost(Loss::Compat);
    }
    if flags & Plan::AT_ENTER == 0 {
        return;
    }
    let Some(buffer) = kept::buffer(role::ENTRY) else { return };
    state.sp = stack(regs);
    start(buffer, state);
    capture::run(buffer, plan, phase::ENTER);
    kept::keep(state, buffer);
}

/// What is known of a call at its end: it was seen to begin, its plan has something for the end, it has failed.
const BEGUN: u64 = 1;
const DUE: u64 = 2;
const FAILED: u64 = 4;

/// Copies what the plan wants at the end, and sends the record.
#[inline(always)]
fn finish(state: &mut Task, task: *mut c_void) {
    let before = state.head.flags & flag::BEFORE != 0 || state.head.cpu & SKIPPED != 0;
    let Some(plan) = plan_of(&mut state.head) else { return send_call(&state.head) };
    // SAFETY: a pointer from a map is valid for this run.
    let (flags, always) = unsafe { ((*plan).flags, (*plan).always) };
    if flags & Plan::AWAITED != 0 {
        state.head.flags |= flag::AWAITED;
    }
    if flags & (Plan::AT_ENTER | Plan::AT_EXIT) == 0 {
        return send_call(&state.head);
    }
    let failed = failed(&state.head);
    let begun = flags & Plan::AT_ENTER != 0 && !before;
    let due = flags & Plan::AT_EXIT != 0 && (!failed || always != 0);
    if begun && !due && state.retry == 0 && state.used <= ROOM as u32 {
        return kept::send_kept(state);
    }
    let Some(buffer) = kept::buffer(role::END) else { return };
    // One number of which nothing is known: else all that follows is verified for each way on which these came about.
    let what = buffer.forgotten(begun as u64 * BEGUN + due as u64 * DUE + failed as u64 * FAILED);
    start(buffer, state);
    // Volatile: read anew, for the same reason.
    // SAFETY: a pointer from a map is valid for this run.
    let flags = unsafe { (&raw const (*plan).flags).read_volatile() };
    if what & BEGUN != 0 {
        kept::take(buffer, state, task);
        if buffer.retry != 0 {
            buffer.results = capture::results(buffer, plan);
        }
    } else if flags & Plan::AT_ENTER != 0 {
        capture::run(buffer, plan, phase::ENTER);
    }
    // SAFETY: a pointer from a map is valid for this run.
    let (first, last) = unsafe { ((*plan).exit as usize, (*plan).ops as usize) };
    // 6.12 loses the bounds of what was compared with another.
    let only = core::hint::black_box(first) & 15;
    let failed = what & FAILED != 0;
    if buffer.retry == 0 && first + 1 == last && only < MAX_OPS {
        capture::run_one(buffer, plan, only, failed);
    } else if what & DUE != 0 || buffer.retry != 0 {
        capture::run(buffer, plan, if failed { phase::EXIT } else { phase::EXIT_OK });
    }
    send_buffer(buffer, Loss::RingFull);
}

/// The end of a call that will never return: its task is going. Only what was copied at entry is sent.
#[inline(always)]
pub fn never(state: &mut Task, task: *mut c_void) {
    state.flags &= !Task::IN_CALL;
    state.head.flags |= flag::NO_RETURN;
    state.head.dur = if state.head.flags & flag::BEFORE == 0 { now().wrapping_sub(state.head.time) } else { now() };
    state.head.ret = 0;
    if conf!(flags) & Config::COUNT != 0 {
        return count(&state.head);
    }
    if let Some(plan) = plan_of(&mut state.head) {
        // SAFETY: a pointer from a map is valid for this run.
        if unsafe { (*plan).flags } & Plan::AT_ENTER != 0
            && state.head.flags & flag::BEFORE == 0
            && let Some(buffer) = kept::buffer(role::GONE)
        {
            start(buffer, state);
            kept::take(buffer, state, task);
            return send_buffer(buffer, Loss::RingFull);
        }
    }
    send_call(&state.head);
}

/// Whether the call returned an error number.
#[inline(always)]
pub fn failed(head: &Head) -> bool {
    head.ret as u64 > -4096i64 as u64
}

/// Sends a record with its blobs; counts it under `reason` when there is no room.
#[inline(always)]
pub fn send_buffer(buffer: &mut Buffer, reason: Loss) {
    let used = core::hint::black_box(buffer.used);
    let used = if used > DATA as u64 { DATA as u64 } else { used };
    let len = size_of::<Head>() as u64 + used;
    if buffer.head.flags & flag::FULL != 0 {
        lost(Loss::BlobCut);
    }
    if buffer.retry != 0 && buffer.head.ret != -EFAULT {
        lost(Loss::BlobFault);
    }
    buffer.head.len = len as u32;
    // SAFETY: data follows the head in the buffer, and `used` is bounded by its size.
    unsafe { send((&raw const buffer.head).cast(), len, reason) };
}
