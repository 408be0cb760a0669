//! Calls of library functions: uprobes at their entries and returns, by links of many at once (6.6). What a function is called, and which
//! of them are probed, only the user side knows: a cookie tells its number, the place of its plan, and whether it matters who calls.
//!
//! A program of a uprobe may be preempted by another of its kind, which then runs on the same CPU: it has its buffer for itself while it
//! makes a record, and what is kept of a call until its end stands in the storage of the task. It may sleep, too: memory that is not
//! present comes.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::{EbpfContext, helpers::generated as helper, macros::uprobe, programs::ProbeContext};
use tracer_common::{
    config::{CalledKey, Config, Tally},
    event::{Head, flag, kind},
    library::{DEPTH, Frame, Frames, Program, RANGES, cookie},
    loss::Loss,
    plan::{Plan, phase},
    task::Task,
};

use crate::absent;
use crate::calls::send_buffer;
use crate::capture;
use crate::emit::{lost, send_call, send_last};
use crate::kernel::{conf, current, off, peek, pointer};
use crate::maps::{Buffer, CALLED, CALLERS, CLAIMS, Claimed, FRAMES, KNOWN, MADE, PROTOTYPE, WAITING};
use crate::pointed::pointed;
use crate::stack;
use crate::tally::{EMPTY, count};
use crate::tasks::{self, event};

/// The registers of a function, by the machine's convention for calls: arch/x86/include/asm/ptrace.h, arch/arm64/include/uapi/asm/ptrace.h.
pub struct Registers {
    pub args: [u64; 6],
    pub result: u64,
    pub sp: u64,
    pub pc: u64,
    /// The frame pointer, where code keeps one.
    pub frame: u64,
    /// arm64: the address to return to.
    pub link: u64,
}

/// Reads them. The verifier allows loads of a context only at offsets that stand in the instruction.
#[inline(always)]
pub fn registers(ctx: &ProbeContext) -> Registers {
    macro_rules! word {
        ($at:ident, $off:literal) => {
            // SAFETY: within the context, which is the registers.
            unsafe { $at.add($off / 8).read_volatile() }
        };
    }
    // Out of the compiler's sight, each for itself: else it makes one load of both, at an offset that is computed.
    if conf!(flags) & Config::ARM64 != 0 {
        let at = black_box(ctx.as_ptr()).cast::<u64>();
        return Registers {
            args: [word!(at, 0), word!(at, 8), word!(at, 16), word!(at, 24), word!(at, 32), word!(at, 40)],
            result: word!(at, 0),
            sp: word!(at, 248),
            pc: word!(at, 256),
            frame: word!(at, 232),
            link: word!(at, 240),
        };
    }
    let at = black_box(ctx.as_ptr()).cast::<u64>();
    Registers {
        args: [word!(at, 112), word!(at, 104), word!(at, 96), word!(at, 88), word!(at, 72), word!(at, 64)],
        result: word!(at, 80),
        sp: word!(at, 152),
        pc: word!(at, 128),
        frame: word!(at, 32),
        link: 0,
    }
}

/// The cookie of the probe that was hit.
#[inline(always)]
pub fn cookie(ctx: &ProbeContext) -> u64 {
    // SAFETY: the context is this program's own.
    unsafe { helper::bpf_get_attach_cookie(ctx.as_ptr()) }
}

#[uprobe]
pub fn library_entered(ctx: ProbeContext) -> u32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    if state.flags & (Task::GATED | Task::HEART) != 0 {
        return 0;
    }
    let cookie = cookie(&ctx);
    let registers = registers(&ctx);
    let ip = if conf!(flags) & Config::ARM64 != 0 { registers.link } else { capture::user(registers.sp) };
    let mut target = 0;
    let counts = conf!(flags) & Config::COUNT != 0;
    // What is counted here must be of those who were asked for, and by its name.
    let mut sends = !counts || cookie & cookie::ASK != 0;
    if cookie & cookie::FROM != 0 {
        let from = is_from(state.head.tgid, ip);
        if from != FROM_THERE {
            sends = true;
            target = pointed(&ctx, ip);
            if target == 0 && from == FROM_ELSEWHERE {
                return 0;
            }
        }
    }
    let mut head = event(kind::ENTERED, state.head.tid, state.head.tgid);
    head.nr = (cookie & cookie::FUNCTION) as u32;
    head.ip = ip;
    head.ret = registers.sp as i64;
    head.dur = target;
    head.args = registers.args;
    if cookie & cookie::RETURNS != 0 {
        // SAFETY: the storage of this task, which only its own programs change, one after the other.
        match unsafe { FRAMES.get(task, true).as_mut() } {
            Some(frames) => push(frames, &head, if counts && sends { Frame::SENT } else { 0 }),
            None => lost(Loss::MapFull),
        }
    } else {
        head.flags |= flag::NO_RETURN;
        if !sends {
            called(&head);
        }
    }
    if counts && sends {
        send_call(&mut head);
    } else if sends {
        if conf!(flags) & Config::FRAMES != 0 {
            match claim() {
                Some(claimed) => {
                    stack::copy_call(&mut claimed.buffer, &head, registers.sp, ctx.as_ptr().cast());
                    claimed.busy = 0;
                }
                None => lost(Loss::StackFull),
            }
        }
        tell(&mut head, cookie, registers.sp, phase::ENTER);
    }
    0
}

#[uprobe]
pub fn library_returned(ctx: ProbeContext) -> u32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    // SAFETY: the storage of this task, which only its own programs change, one after the other.
    let Some(frames) = (unsafe { FRAMES.get(task, false).as_mut() }) else { return 0 };
    let cookie = cookie(&ctx);
    let registers = registers(&ctx);
    // x86: the address to return to was taken from the stack.
    let sp = if conf!(flags) & Config::ARM64 != 0 { registers.sp } else { registers.sp.wrapping_sub(8) };
    let function = cookie & cookie::FUNCTION;
    let Some(frame) = pop(frames, function, sp) else { return 0 };
    let mut head = event(kind::RETURNED, state.head.tid, state.head.tgid);
    head.nr = function as u32;
    head.ip = frame.ip;
    head.dur = head.time.wrapping_sub(frame.time);
    head.args = frame.args;
    head.ret = registers.result as i64;
    if conf!(flags) & Config::COUNT == 0 {
        tell(&mut head, cookie, sp, phase::EXIT_OK);
    } else if frame.function & Frame::SENT != 0 {
        send_call(&mut head);
    } else {
        called(&head);
    }
    0
}

/// The dynamic linker tells debuggers that it has begun or ended to load files. The cookie says where its `_r_debug` stands, counted from
/// this function.
#[uprobe]
pub fn library_loaded(ctx: ProbeContext) -> u32 {
    /// `RT_CONSISTENT`, and where `r_state` stands in `struct r_debug` (link.h).
    const CONSISTENT: u32 = 0;
    const STATE: u64 = 24;
    let Some(state) = tasks::state_of(current()) else { return 0 };
    if state.flags & (Task::GATED | Task::HEART) != 0 {
        return 0;
    }
    let told = registers(&ctx).pc.wrapping_add(cookie(&ctx)).wrapping_add(STATE);
    if capture::user::<u32>(told) == CONSISTENT {
        wait(state);
    }
    0
}

/// A task runs another program: it is in no function any more, and has yet to load the libraries. Where it is not known that its dynamic
/// linker will tell of them, it is stopped, if it is of tracer's own.
#[inline(always)]
pub fn begun(state: &mut Task, task: *mut c_void) {
    // SAFETY: the storage of this task, which only its own programs change, one after the other.
    if let Some(frames) = unsafe { FRAMES.get(task, false).as_mut() } {
        frames.depth = 0;
    }
    crate::blocks::begun(task);
    if !is_known(task) {
        wait(state);
    }
}

/// Tells that a process has loaded files, or begun a program; where it is of tracer's own it stands still until it is let go on.
#[inline(always)]
fn wait(state: &mut Task) {
    let mut head = event(kind::LOADED, state.head.tid, state.head.tgid);
    if state.flags & Task::OURS != 0 && WAITING.insert(state.head.tgid, state.head.tid, 0).is_ok() {
        state.flags |= Task::WAITS;
        // SAFETY: takes a number; the signal is that of the current process.
        if unsafe { helper::bpf_send_signal(tasks::SIGSTOP) } == 0 {
            head.ret = 1;
        } else {
            state.flags &= !Task::WAITS;
        }
    }
    send_last(&head);
}

/// Whether the dynamic linker of the program that a task runs tells of what it loads.
#[inline(always)]
fn is_known(task: *const c_void) -> bool {
    let mm = pointer(task, off!(task_mm));
    let inode: u64 = peek(peek(mm, off!(mm_exe)), off!(file_inode));
    let device: u32 = peek(peek(inode, off!(inode_sb)), off!(sb_dev));
    let key = Program { ino: peek(inode, off!(inode_ino)), dev: device as u64 };
    KNOWN.get_ptr(key).is_some()
}

/// From where a call comes: from where calls are of interest; from elsewhere; of a process of which that is not known yet.
const FROM_THERE: u64 = 1;
const FROM_ELSEWHERE: u64 = 0;
const FROM_UNKNOWN: u64 = 2;

/// Whether a call comes from where calls are of interest.
#[inline(always)]
fn is_from(tgid: u32, ip: u64) -> u64 {
    let Some(callers) = CALLERS.get_ptr(tgid) else { return FROM_UNKNOWN };
    let mut found = 0u64;
    let mut i = 0;
    while i < RANGES {
        // SAFETY: a map value, within its array.
        let [from, to] = unsafe { (*callers).ranges[i] };
        found |= (ip >= from && ip < to) as u64 * FROM_THERE;
        i += 1;
    }
    found
}

/// Keeps what is known of a call until its end.
#[inline(always)]
fn push(frames: &mut Frames, head: &Head, sent: u64) {
    // Who is called at the same place of the stack again, has not returned and never will; another is jumped to there, and both return.
    let top = black_box(frames.depth as usize).wrapping_sub(1) & (DEPTH - 1);
    let again = |frame: &Frame| frame.sp == head.ret as u64 && frame.function as u32 == head.nr;
    if frames.depth != 0 && again(&frames.frame[top]) {
        frames.depth = top as u64;
    }
    if frames.depth >= DEPTH as u64 {
        forget(frames, head.ret as u64);
        if frames.depth >= DEPTH as u64 {
            return lost(Loss::TooDeep);
        }
    }
    let at = black_box(frames.depth as usize) & (DEPTH - 1);
    frames.frame[at] =
        Frame { function: head.nr as u64 | sent, sp: head.ret as u64, time: head.time, ip: head.ip, args: head.args };
    frames.depth = at as u64 + 1;
}

/// Takes those away that can return no more: whoever calls now has left their part of the stack.
#[inline(always)]
fn forget(frames: &mut Frames, sp: u64) {
    let mut i = 0;
    while i < DEPTH {
        let top = black_box(frames.depth as usize).wrapping_sub(1) & (DEPTH - 1);
        if frames.depth == 0 || frames.frame[top].sp > sp {
            break;
        }
        frames.depth = top as u64;
        i += 1;
    }
}

/// What was kept of a call that returns; those that it made and that never returned are forgotten.
#[inline(always)]
fn pop(frames: &mut Frames, function: u64, sp: u64) -> Option<Frame> {
    let mut i = 0;
    let depth = frames.depth as usize;
    while i < DEPTH {
        if i >= depth {
            break;
        }
        let at = black_box(depth - 1 - i) & (DEPTH - 1);
        let frame = &frames.frame[at];
        if frame.sp == sp && frame.function & cookie::FUNCTION == function {
            frames.depth = at as u64;
            return Some(*frame);
        }
        i += 1;
    }
    None
}

/// Sends the record, with what the function's plan copies.
#[inline(always)]
fn tell(head: &mut Head, cookie: u64, sp: u64, now: u8) {
    let place = (cookie >> cookie::PLAN) as u32 & 0xffff;
    if place == 0 {
        return send_call(head);
    }
    let Some(plan) = PROTOTYPE.get_ptr(place - 1) else { return send_call(head) };
    // SAFETY: a pointer from a map is valid for this run.
    let flags = unsafe { (*plan).flags };
    let due = if now == phase::ENTER { Plan::AT_ENTER } else { Plan::AT_EXIT };
    if flags & due == 0 {
        return send_call(head);
    }
    let Some(claimed) = claim() else { return lost(Loss::NotRun) };
    let buffer = &mut claimed.buffer;
    buffer.used = 0;
    buffer.retry = 0;
    buffer.results = 0;
    // Volatile: a store, where the compiler would call a function for this and its neighbour.
    // SAFETY: a field of the buffer.
    unsafe { core::ptr::write_volatile(&raw mut buffer.rooted, 0) };
    buffer.sp = sp;
    // SAFETY: both are heads.
    unsafe { crate::emit::copy_head((&raw mut buffer.head).cast(), head) };
    buffer.absences = 0;
    capture::run(buffer, plan, now);
    if buffer.retry != 0 {
        absent::complete(buffer, plan);
    }
    send_buffer(buffer, Loss::LibraryFull);
    claimed.busy = 0;
}

/// A buffer of this CPU that nobody has.
#[inline(always)]
pub fn claim<'a>() -> Option<&'a mut Claimed> {
    let mut i = 0;
    while i < CLAIMS {
        if let Some(claimed) = MADE.get_ptr_mut(i) {
            let mut busy = 1u64;
            // At once: what preempts this program finds it in use.
            // SAFETY: the instruction of BPF that exchanges two words; `claimed` is a map value, aligned.
            unsafe {
                core::arch::asm!("{b} = xchg_64({at} + 0, {b})", at = in(reg) claimed, b = inout(reg) busy);
            }
            if busy == 0 {
                // SAFETY: a map value that only this program has now.
                return Some(unsafe { &mut *claimed });
            }
        }
        i += 1;
    }
    None
}

/// Counts a call instead of sending it.
#[inline(always)]
fn called(head: &Head) {
    // SAFETY: takes nothing.
    let cpu = unsafe { helper::bpf_get_smp_processor_id() };
    let key = CalledKey { function: head.nr, cpu };
    let tally: *mut Tally = match CALLED.get_ptr_mut(key) {
        Some(tally) => tally,
        None => {
            // Full, or no memory: the look-up then says so.
            let _ = CALLED.insert(key, &EMPTY, 0);
            match CALLED.get_ptr_mut(key) {
                Some(tally) => tally,
                None => return lost(Loss::ByProcess),
            }
        }
    };
    // SAFETY: no other CPU has this key.
    count(unsafe { &mut *tally }, &Head { flags: head.flags & !flag::BEFORE, ..*head });
}

/// What a value must be at least, and less than, to be an address of a program.
const ADDRESSES: (u64, u64) = (1 << 16, 1 << 47);

/// Copies a string, at most `cap` bytes, from where there may be none.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn perhaps(buffer: *mut Buffer, address: u64, cap: u64) -> i64 {
    if buffer.is_null() || address < ADDRESSES.0 || address >= ADDRESSES.1 {
        return 0;
    }
    let mut first = 0u8;
    // SAFETY: the helper checks the address and writes within `first`.
    if unsafe { helper::bpf_probe_read_user((&raw mut first).cast(), 1, address as *const c_void) } != 0 {
        return 0;
    }
    // SAFETY: checked above.
    capture::text_here(unsafe { &mut *buffer }, address, cap);
    0
}
