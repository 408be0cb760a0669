//! Blocks of memory: who is given them, and which are given back. What is still there stands in a map, so that a million calls a second
//! send nothing; which functions give and take back, the user side knows, and tells in the probes' cookies.
//!
//! A stack is copied once: its number is made of all words of it that point to code, and of where they stand, so that whatever has the
//! same number has the same frames, as far as these bytes reach. Finding frames here would take the unwinding tables.
//!
//! Only the outermost call counts: what a function of blocks calls to do its work is its own business.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::{
    EbpfContext,
    bindings::{BPF_ANY, BPF_NOEXIST},
    helpers::generated as helper,
    macros::uprobe,
    programs::ProbeContext,
};
use tracer_common::{
    blocks::{Block, CODES, Code, Giving, NO_BLOCK, Owner, Place, STACK, cookie, does},
    config::{ABSENT, Config},
    event::{Head, kind, stack},
    library,
    loss::Loss,
    task::Task,
};

use crate::capture;
use crate::emit::{lost, send};
use crate::kernel::{conf, current, load, off, peek, pointer};
use crate::library::{Registers, claim, registers};
use crate::maps::{BLOCKS, Buffer, CODE, GIVING, SENT, UNKNOWN};
use crate::stack::{MEMORY, begin, send_bytes};
use crate::tasks::{self, event};

#[uprobe]
pub fn block_entered(ctx: ProbeContext) -> u32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    if state.flags & (Task::GATED | Task::HEART) != 0 {
        return 0;
    }
    let (tid, tgid) = (state.head.tid, state.head.tgid);
    let cookie = crate::library::cookie(&ctx);
    let registers = registers(&ctx);
    // SAFETY: the storage of this task, which only its own programs change, one after the other.
    let Some(giving) = (unsafe { GIVING.get(task, true).as_mut() }) else {
        lost(Loss::MapFull);
        return 0;
    };
    let ip = if conf!(flags) & Config::ARM64 != 0 { registers.link } else { capture::user(registers.sp) };
    if giving.sp != 0 {
        if registers.sp < giving.sp || registers.sp == giving.sp && !is_of_code(tgid, ip) {
            return 0;
        }
        lost(Loss::BlockUnended);
        giving.sp = 0;
    }
    let what = cookie >> cookie::DOES & 0xf;
    let owner = owner(task, tgid);
    let first = argument(&registers, cookie, 0);
    if what == does::FREES {
        if !free(giving, Place { address: first, owner }, registers.sp) && !is_inner(tgid, registers.pc, ip) {
            unknown(owner);
        }
        return 0;
    }
    let (second, third) = (argument(&registers, cookie, 1), argument(&registers, cookie, 2));
    let size = match what {
        does::GIVES => first.wrapping_mul(second),
        does::RESIZES => second.wrapping_mul(third),
        does::PUTS => second,
        _ => first,
    };
    giving.before.size = NO_BLOCK;
    if what == does::RESIZES && first != 0 {
        // At once: when the function has given it back, another task may be given it.
        let place = Place { address: first, owner };
        if let Some(block) = BLOCKS.get_ptr(place) {
            // SAFETY: a map value.
            giving.before = unsafe { *block };
            let _ = BLOCKS.remove(place);
        }
    }
    let number = if what == does::UNMAPS {
        0
    } else {
        stack_of(
            &ctx,
            &registers,
            ip,
            &Head { tid, tgid, nr: (cookie & library::cookie::FUNCTION) as u32, ..Head::NONE },
        )
    };
    let function = (cookie & library::cookie::FUNCTION) as u32;
    giving.block = Block { size, time: crate::kernel::now(), stack: number, function, tid };
    giving.address = first;
    giving.args = [second, third];
    giving.sp = registers.sp;
    0
}

#[uprobe]
pub fn block_returned(ctx: ProbeContext) -> u32 {
    let task = current();
    let Some(state) = tasks::state_of(task) else { return 0 };
    let (tid, tgid) = (state.head.tid, state.head.tgid);
    // SAFETY: the storage of this task, which only its own programs change, one after the other.
    let Some(giving) = (unsafe { GIVING.get(task, false).as_mut() }) else { return 0 };
    let cookie = crate::library::cookie(&ctx);
    let registers = registers(&ctx);
    // x86: the address to return to was taken from the stack.
    let sp = if conf!(flags) & Config::ARM64 != 0 { registers.sp } else { registers.sp.wrapping_sub(8) };
    if giving.sp != sp || giving.block.function != (cookie & library::cookie::FUNCTION) as u32 {
        return 0;
    }
    giving.sp = 0;
    let owner = owner(task, tgid);
    let result = registers.result;
    let what = cookie >> cookie::DOES & 0xf;
    match what {
        does::GIVES => keep(Place { address: result, owner }, &giving.block),
        does::PUTS if result as u32 == 0 => {
            keep(Place { address: capture::user(giving.address), owner }, &giving.block);
        }
        does::RESIZES => {
            let had = giving.before.size != NO_BLOCK;
            if result == 0 && giving.block.size != 0 {
                if had {
                    keep(Place { address: giving.address, owner }, &giving.before);
                }
                return 0;
            }
            if !had && giving.address != 0 {
                unknown(owner);
            }
            keep(Place { address: result, owner }, &giving.block);
        }
        does::MAPS | does::UNMAPS | does::REMAPS => {
            let mut head = event(kind::MAPPED, tid, tgid);
            head.nr = giving.block.function;
            head.cpu = what as u32;
            head.ret = result as i64;
            head.dur = giving.block.stack;
            head.args[0] = giving.address;
            head.args[1] = giving.args[0];
            head.args[2] = giving.args[1];
            head.args[3] = owner.process as u64 | (owner.program as u64) << 32;
            // SAFETY: a head is as long as it says.
            unsafe { send((&raw const head).cast(), size_of::<Head>() as u64, Loss::MappedFull) };
        }
        _ => {}
    }
    0
}

/// A task runs another program: it is in no function any more.
#[inline(always)]
pub fn begun(task: *mut c_void) {
    // SAFETY: the storage of this task, which only its own programs change, one after the other.
    if let Some(giving) = unsafe { GIVING.get(task, false).as_mut() } {
        giving.sp = 0;
        giving.freed = [0; 2];
    }
}

/// Whose memory a task has.
#[inline(always)]
fn owner(task: *mut c_void, tgid: u32) -> Owner {
    if off!(task_exec_id) == ABSENT {
        return Owner { process: tgid, program: 0 };
    }
    if off!(task_vfork) != ABSENT && pointer(task, off!(task_vfork)) != 0 {
        let parent = pointer(task, off!(task_parent));
        return Owner { process: peek(parent, off!(task_tgid)), program: peek(parent, off!(task_exec_id)) };
    }
    // SAFETY: `task` is a task, the offset is that of a u64.
    Owner { process: tgid, program: unsafe { load::<u64>(task, off!(task_exec_id)) } as u32 }
}

/// An argument of interest, by its place in the cookie; 1 where there is none.
#[inline(always)]
fn argument(registers: &Registers, cookie: u64, place: usize) -> u64 {
    let number = black_box(cookie >> cookie::ARGS[place]) & 7;
    let args = &registers.args;
    let mut found = 1;
    let mut i = 0;
    while i < 6 {
        if number == i as u64 {
            found = args[i];
        }
        i += 1;
    }
    found
}

/// A block was given back; false where nobody had seen it given.
#[inline(always)]
fn free(giving: &mut Giving, place: Place, sp: u64) -> bool {
    if place.address == 0 {
        return true;
    }
    if BLOCKS.remove(place).is_ok() {
        giving.freed = [place.address, sp];
        return true;
    }
    // By a function that has another do its work.
    giving.freed[0] == place.address && sp <= giving.freed[1]
}

/// Whether a function is called by its own file: what an allocator does with blocks that it keeps for later (at a thread's end) is no
/// program's.
#[inline(always)]
fn is_inner(tgid: u32, pc: u64, ip: u64) -> bool {
    code_of(tgid).is_some_and(|code| {
        let range = is_code(code, pc);
        range != 0 && range == is_code(code, ip)
    })
}

/// A block was given back that nobody had seen given.
#[inline(always)]
fn unknown(owner: Owner) {
    match UNKNOWN.get_ptr_mut(owner) {
        // SAFETY: the instruction of BPF that adds at once; a map value, aligned.
        Some(count) => unsafe {
            core::arch::asm!("lock *(u64 *)({to} + 0) += {n}", to = in(reg) count, n = in(reg) 1u64);
        },
        None => _ = UNKNOWN.insert(owner, 1, 0),
    }
}

/// A block was given.
#[inline(always)]
fn keep(place: Place, block: &Block) {
    if place.address == 0 || BLOCKS.insert(place, block, BPF_NOEXIST as u64).is_ok() {
        return;
    }
    if BLOCKS.get_ptr(place).is_none() {
        return lost(Loss::BlocksFull);
    }
    lost(Loss::BlockReused);
    let _ = BLOCKS.insert(place, block, BPF_ANY as u64);
}

/// Where the code of a process is: that of its parent, as long as nobody has told of its own.
#[inline(always)]
fn code_of(tgid: u32) -> Option<*const Code> {
    if let Some(code) = CODE.get_ptr(tgid) {
        return Some(code);
    }
    let parent = pointer(current(), off!(task_leader));
    let parent: u64 = peek(parent, off!(task_parent));
    CODE.get_ptr(peek::<u32>(parent, off!(task_tgid)))
}

/// Whether an address of a process is one of its code.
#[inline(always)]
fn is_of_code(tgid: u32, address: u64) -> bool {
    code_of(tgid).is_some_and(|code| is_code(code, address) != 0)
}

/// The number of the stack of a call, whose copy is sent when it is new; 0 where nobody knows.
#[inline(always)]
fn stack_of(ctx: &ProbeContext, registers: &Registers, ip: u64, whose: &Head) -> u64 {
    let Some(code) = code_of(whose.tgid) else {
        lost(Loss::StackGone);
        return 0;
    };
    let Some(claimed) = claim() else {
        lost(Loss::StackFull);
        return 0;
    };
    let buffer = &mut claimed.buffer;
    let number = number(buffer, code, registers.sp);
    // A frame pointer that points into these bytes decides over frames, as do functions: one that begins elsewhere is another.
    let frame = registers.frame.wrapping_sub(registers.sp);
    let frame = if frame < STACK as u64 { frame } else { 0 };
    let number = mixed(mixed(mixed(number, frame), ip), whose.nr as u64) | 1;
    if SENT.get_ptr(number).is_some() {
        // Its copy is known, or on its way.
    } else if SENT.insert(number, 1, BPF_NOEXIST as u64).is_err() {
        // Another CPU may have been first.
        if SENT.get_ptr(number).is_none() {
            lost(Loss::StackFull);
        }
    } else {
        let mut head = event(kind::STACK, whose.tid, whose.tgid);
        head.nr = whose.nr;
        head.dur = number;
        head.args[0] = registers.sp;
        head.args[1] = stack::BLOCK;
        // SAFETY: a map value.
        head.args[3] = unsafe { (*code).number };
        let len = buffer.used;
        begin(buffer, &mut head, ctx.as_ptr().cast());
        if !send_bytes(buffer, len) {
            // The next one may have room.
            let _ = SENT.remove(number);
        }
    }
    claimed.busy = 0;
    number
}

/// One number of two.
#[inline(always)]
fn mixed(number: u64, word: u64) -> u64 {
    let mixed = (number ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

/// Words that are looked at in one go.
const LINE: usize = 8;

/// Copies the stack; the number of what points to code in it.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn number(buffer: *mut Buffer, code: *const Code, sp: u64) -> u64 {
    const PAGE: u64 = stack::PAGE as u64;
    const { assert!(STACK == 2 * stack::PAGE) };
    if buffer.is_null() || code.is_null() {
        return 0;
    }
    // SAFETY: not null; the verifier knows both types.
    let (buffer, code) = unsafe { (&mut *buffer, &*code) };
    // SAFETY: within the buffer.
    let data = unsafe { (&raw mut buffer.data).cast::<u8>().add(MEMORY) };
    // To the end of the page, a page, and the rest: what stands behind the last page of a stack may not be there.
    let first = black_box(PAGE - (sp & (PAGE - 1)));
    let first = if first > PAGE { PAGE } else { first };
    let read = |skip: u64, len: u64| {
        // SAFETY: `skip` and `len` are at most a page each; the helper checks the address.
        unsafe {
            let from = sp.wrapping_add(skip) as *const c_void;
            helper::bpf_probe_read_user(data.add(skip as usize).cast(), len as u32, from) == 0
        }
    };
    let mut len = 0;
    if read(0, first) {
        len = first;
        if read(first, PAGE) {
            len += PAGE;
            let skip = black_box(len);
            let skip = if skip > STACK as u64 { STACK as u64 } else { skip };
            let rest = STACK as u64 - skip;
            if read(skip, rest) {
                len += rest;
            }
        }
    }
    // Whole lines of words, each looked at in one go.
    let len = len & !(LINE as u64 * 8 - 1);
    buffer.used = len;
    let words = data.cast::<u64>();
    // Between the first code and the last: most words are not.
    let from = code.around[0][0];
    let size = code.around[1][1].wrapping_sub(from);
    let mut number = code.number;
    let mut line = 0;
    while line < STACK / 8 {
        if (line * 8) as u64 >= len {
            break;
        }
        let mut at = line;
        while at < line + LINE {
            // SAFETY: within the bytes that were read.
            let word = unsafe { words.add(at).read_volatile() };
            if word.wrapping_sub(from) < size && is_code(code, word) != 0 {
                number = mixed(number, word ^ (at as u64) << 48);
            }
            at += 1;
        }
        line += LINE;
    }
    number
}

/// Whether an address is one of code: the place of its range, and one; else 0.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn is_code(code: *const Code, address: u64) -> u64 {
    if code.is_null() {
        return 0;
    }
    // SAFETY: not null; the verifier knows the type.
    let code = unsafe { &*code };
    let within = |[from, to]: [u64; 2]| address.wrapping_sub(from) < to.wrapping_sub(from);
    if !within(code.around[0]) && !within(code.around[1]) {
        return 0;
    }
    let ranges = (&raw const code.ranges).cast::<u64>();
    // SAFETY: masked to the array.
    let word = |at: u64| unsafe { ranges.add(black_box(at) as usize & (2 * CODES - 1)).read_volatile() };
    let mut before = 0;
    let mut step = CODES as u64 / 2;
    while step > 0 {
        let next = before + step;
        if next <= code.count && word(2 * (next - 1)) <= address {
            before = next;
        }
        step /= 2;
    }
    if before > 0 && address < word(2 * (before - 1) + 1) { before } else { 0 }
}
