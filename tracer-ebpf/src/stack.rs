//! Stacks: the registers of a task and what stands on its stack, sent by programs of their own, which are only loaded when stacks are
//! asked for. They know nothing of frames: the reader finds these (`tracer::stack`). The copy is sent at once, not with the call's record,
//! because a task has no room to keep it.

use core::ffi::c_void;

use aya_ebpf::{helpers::generated as helper, macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::Config,
    event::{Blob, Head, flag, kind, stack},
    loss::Loss,
    plan::{ARG_SP, shape},
    task::Task,
};

use crate::calls::{answers, number_at_end, registers, returned_by_perf, wanted, wanted_at_all};
use crate::emit::{copy_head, send};
use crate::kept;
use crate::kernel::{by_perf, compat, conf, current};
use crate::maps::{Buffer, DATA, TASKS, role};
use crate::tasks::{self, event};

/// Where the memory begins in the record: behind the registers and both heads of blobs.
pub const MEMORY: usize = 2 * size_of::<Blob>() + stack::REGISTERS;

const _: () = assert!(MEMORY + stack::PAGES * stack::PAGE <= DATA);

/// Runs behind `sys_enter`, which says whether the call is followed.
#[btf_tracepoint(function = "sys_enter")]
pub fn stack_at_entry(ctx: BtfTracePointContext) -> i32 {
    if !wanted_at_all(ctx.arg::<u64>(1) as u32) {
        return 0;
    }
    let task = current();
    if !tasks::stored(task) || compat(task) {
        return 0;
    }
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &*state };
    // Before its gate opens a command is tracer's own code.
    if state.flags & (Task::IN_CALL | Task::GATED | Task::HEART) == Task::IN_CALL {
        let whose = Whose { tid: state.head.tid, tgid: state.head.tgid, time: state.head.time, ret: 0 };
        copy(role::STACK_ENTRY, stack::ENTRY, &whose, registers(&ctx, task));
    }
    0
}

/// Runs before `sys_exit`, while it is known how the call began.
#[btf_tracepoint(function = "sys_exit")]
pub fn stack_at_end(ctx: BtfTracePointContext) -> i32 {
    let nr = number_at_end(&ctx);
    if nr < 0 || !wanted_at_all(nr as u32) {
        return 0;
    }
    let task = current();
    if !tasks::stored(task) || compat(task) {
        return 0;
    }
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &*state };
    let mut whose = Whose { tid: state.head.tid, tgid: state.head.tgid, time: 0, ret: 0 };
    if state.signals != 0 {
        copy(role::STACK_END, stack::SIGNAL, &whose, registers(&ctx, task));
    }
    if state.flags & Task::IN_CALL != 0 {
        let runs = state.head.nr == conf!(exec_nr)[0] || state.head.nr == conf!(exec_nr)[1];
        let ret: i64 = if by_perf() { returned_by_perf(&ctx) } else { ctx.arg(1) };
        if runs && ret == 0 {
            whose.time = state.head.time;
            copy(role::STACK_END, stack::PROGRAM, &whose, registers(&ctx, task));
        }
    } else if state.flags & Task::ATTACHED != 0 && wanted(nr as u32, false) && !answers(nr as u32, false) {
        copy(role::STACK_END, stack::END, &whose, registers(&ctx, task));
    }
    0
}

/// Runs before `signal_deliver`.
#[btf_tracepoint(function = "signal_deliver")]
pub fn stack_at_signal(ctx: BtfTracePointContext) -> i32 {
    const SIGKILL: u32 = 9;
    let task = current();
    let state = TASKS.get(task, false);
    let signal = ctx.arg::<u32>(0);
    if state.is_null() || signal == SIGKILL || compat(task) {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &*state };
    if state.flags & (Task::GATED | Task::HEART) == 0 {
        let whose = Whose { tid: state.head.tid, tgid: state.head.tgid, time: 0, ret: signal as i64 };
        // SAFETY: `task` is the current task.
        let registers = unsafe { helper::bpf_task_pt_regs(task.cast()) } as *const c_void;
        copy(role::STACK_SIGNAL, stack::SIGNAL, &whose, registers);
    }
    0
}

/// Whose record the copy belongs to.
struct Whose {
    tid: u32,
    tgid: u32,
    time: u64,
    ret: i64,
}

/// Copies registers and memory, and sends them.
#[inline(always)]
fn copy(role: u32, what: u64, whose: &Whose, registers: *const c_void) {
    let Some(buffer) = kept::buffer(role) else { return };
    // SAFETY: `registers` is the registers' pointer, which the verifier knows, the offset is that of a word.
    let sp = unsafe { crate::kernel::load::<u64>(registers, conf!(regs.sp)) };
    let base = sp & !(stack::PAGE as u64 - 1);
    let mut head = event(kind::STACK, whose.tid, whose.tgid);
    head.time = whose.time;
    head.ret = whose.ret;
    head.args[1] = what;
    if what == stack::PROGRAM {
        // The program may be over before the reader looks by itself.
        head.flags = flag::AWAITED;
    }
    begin(buffer, &mut head, registers);
    let mut from = base;
    let mut records = 0;
    while records < stack::RECORDS {
        records += 1;
        let pages = pages(buffer, from);
        let more = pages == stack::PAGES as u64 && records < stack::RECORDS;
        buffer.head.args[0] = from;
        buffer.head.args[2] = more as u64;
        if !send_copy(buffer, pages) || !more {
            break;
        }
        from = from.wrapping_add((stack::PAGES * stack::PAGE) as u64);
    }
}

/// Begins the record of a copy: its head, and the registers.
#[inline(always)]
pub fn begin(buffer: &mut Buffer, head: &mut Head, registers: *const c_void) {
    head.blobs = 2;
    // SAFETY: both are heads.
    unsafe { copy_head((&raw mut buffer.head).cast(), head) };
    let data = (&raw mut buffer.data).cast::<u8>();
    let size = if conf!(flags) & Config::ARM64 != 0 { stack::REGISTERS } else { 21 * 8 };
    // SAFETY: the registers have their room in front of the memory.
    unsafe {
        let to = data.add(size_of::<Blob>());
        helper::bpf_probe_read_kernel(to.cast(), size as u32, registers);
    }
}

/// Copies the stack of a call of a library function, as far as it has room in one record, and sends it.
#[inline(always)]
pub fn copy_call(buffer: &mut Buffer, call: &Head, sp: u64, registers: *const c_void) {
    let base = sp & !(stack::PAGE as u64 - 1);
    let mut head = event(kind::STACK, call.tid, call.tgid);
    head.time = call.time;
    head.args[0] = base;
    head.args[1] = stack::FUNCTION;
    begin(buffer, &mut head, registers);
    let pages = pages(buffer, base);
    send_copy(buffer, pages);
}

/// Copies pages from an address on; how many there were.
#[inline(always)]
fn pages(buffer: &mut Buffer, from: u64) -> u64 {
    let data = (&raw mut buffer.data).cast::<u8>();
    let mut pages = 0;
    while pages < stack::PAGES as u64 {
        let skip = pages * stack::PAGE as u64;
        // SAFETY: asserted above that so many pages have room; the helper checks the address.
        let read = unsafe {
            let to = data.add(MEMORY).add(skip as usize);
            helper::bpf_probe_read_user(to.cast(), stack::PAGE as u32, from.wrapping_add(skip) as *const c_void)
        };
        if read != 0 {
            break;
        }
        pages += 1;
    }
    pages
}

/// Sends the record with so many pages.
#[inline(always)]
fn send_copy(buffer: &mut Buffer, pages: u64) -> bool {
    send_bytes(buffer, pages * stack::PAGE as u64)
}

/// Sends the record with so many bytes of memory.
#[inline(always)]
pub fn send_bytes(buffer: &mut Buffer, len: u64) -> bool {
    const MOST: u64 = (stack::PAGES * stack::PAGE) as u64;
    let data = (&raw mut buffer.data).cast::<u8>();
    let len = core::hint::black_box(len);
    let len = if len > MOST { MOST } else { len };
    // SAFETY: both heads have their room, aligned as the data is.
    unsafe {
        blob(data, 0, stack::REGISTERS as u32);
        blob(data.add(size_of::<Blob>() + stack::REGISTERS), 1, len as u32);
    }
    let all = (size_of::<Head>() + MEMORY) as u64 + len;
    buffer.head.len = all as u32;
    // SAFETY: data follows the head in the buffer, and what is sent of it is bounded by its size.
    unsafe { send((&raw const buffer.head).cast(), all, Loss::StackFull) }
}

/// Writes the head of a blob.
///
/// # Safety
/// There must be room for it.
#[inline(always)]
unsafe fn blob(to: *mut u8, part: u16, len: u32) {
    let head = Blob { arg: ARG_SP, shape: shape::BYTES, status: 0, phase: 0, part, pad: 0, len, want: len };
    // SAFETY: the caller vouches for the room.
    unsafe { to.cast::<Blob>().write_unaligned(head) };
}
