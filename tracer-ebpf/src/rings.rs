//! Operations of io_uring: a record when one is submitted, with what it was asked, and one for each result. What it was asked stands
//! in structures of the kernel, which the program cannot change any more; where in them the plan of the opcode says. The source joins
//! the two, so that nothing of an operation need be kept here but how its record began.
//!
//! An operation belongs to the task that submitted it; where a thread of the kernel's polls the ring, to the task that made the ring.
//! Results are told wherever they come up: in that task, in a worker of its process, or in a thread of the kernel's own.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::{EbpfContext, helpers::generated as helper, macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::{ABSENT, Config, follow, target},
    event::{Head, flag, kind, status},
    loss::Loss,
    plan::{BLOB_MAX, Operation, PATH_MAX, Part, Plan, REQUEST, form, phase, place, shape},
    task::Task,
};

use crate::calls::{failed, send_buffer};
use crate::capture::{put, room, run_ring};
use crate::emit::{copy_head, lost, send};
use crate::kept;
use crate::kernel::{compat, conf, current, load, now, off, peek, release, task_of};
use crate::maps::{Buffer, OPERATIONS, REPEATING, RUNNING, Repeating, TASKS, role};
use crate::tasks::event;

/// A thread that works for a ring: `PF_IO_WORKER`, include/linux/sched.h.
const WORKER: u32 = 0x10;
/// `IOSQE_FIXED_FILE`: the file is one of the ring's own table. `IOSQE_ASYNC`: it is done aside, which the kernel decides by itself for
/// many. `IORING_CQE_F_MORE`: more results come; `IORING_CQE_F_NOTIF`: it tells only that what was sent is not needed any more.
/// include/uapi/linux/io_uring.h
const FIXED_FILE: u64 = 1;
const ASIDE: u64 = 0x10;
const MORE: u32 = 2;
const NOTIFIES: u32 = 8;
/// Families of addresses: `AF_MAX`, include/linux/socket.h.
const FAMILIES: u64 = 46;
/// The most that is copied of an address or a structure that the kernel has kept.
const KEPT_MAX: usize = 128;

#[btf_tracepoint(function = "io_uring_submit_req")]
pub fn ring_submit(ctx: BtfTracePointContext) -> i32 {
    // A pointer that the verifier knows.
    let request = ctx.arg::<*const c_void>(0);
    let Some((tid, tgid, polled)) = owner() else { return 0 };
    let Some(b) = kept::buffer(role::SUBMIT) else { return 0 };
    // Through memory, from where it comes back as a number.
    // SAFETY: a field of the buffer.
    b.at = unsafe {
        core::ptr::write_volatile(&raw mut b.at, request as u64);
        core::ptr::read_volatile(&raw const b.at)
    };
    // SAFETY: there is room for so many bytes; the helper checks where it reads.
    unsafe { helper::bpf_probe_read_kernel((&raw mut b.request).cast(), REQUEST as u32, request) };
    b.ring = word(b, off!(request_ring));
    let opcode = word(b, off!(request_opcode)) as u8;
    let Some(operation) = OPERATIONS.get_ptr(if opcode > 127 { 127 } else { opcode as u32 }) else { return 0 };
    // SAFETY: a pointer from a map is valid for this run.
    let (plan, known, file) = unsafe { ((*operation).plan.flags, (*operation).flags, (*operation).file) };
    if plan & Plan::WANTED == 0 {
        return 0;
    }
    // Structures of 32-bit programs have another layout: what they point to is left out.
    let narrow = !polled && compat(current());
    if known & Operation::KNOWN == 0 || narrow {
        lost(Loss::OperationUnread);
    }
    let sqe = word(b, off!(request_flags)) & 0xff & !ASIDE;
    b.used = 0;
    b.retry = 0;
    b.sp = 0;
    b.file = 0;
    let (flags, data) = (if narrow { flag::COMPAT } else { 0 }, word(b, off!(request_data)));
    b.head = Head { flags, nr: opcode as u32, cpu: sqe as u32, ip: data, ..event(kind::BEGUN, tid, tgid) };
    b.kept = peek(b.at, off!(request_async));
    fill(b, operation);
    if conf!(ring_shapes) != 0 && plan & Plan::AT_ENTER != 0 && !narrow {
        let i = black_box(file as usize) & 7;
        let fixed = sqe & FIXED_FILE != 0 && i < 6;
        // SAFETY: arguments are 0 to 5, and `i` is one of these where it is used.
        let at = unsafe { (&raw mut b.head.args).cast::<u64>().add(if i < 6 { i } else { 0 }) };
        // SAFETY: as above.
        let number = unsafe { at.read_volatile() };
        if fixed {
            // A place in the ring's table is no descriptor: no file is told of it now.
            // SAFETY: as above.
            unsafe { at.write_volatile(u64::MAX) };
        }
        // SAFETY: the plan stands first in a map value.
        run_ring(b, unsafe { &raw const (*operation).plan }, phase::ENTER);
        // SAFETY: as above.
        unsafe { at.write_volatile(number) };
    }
    if RUNNING.insert(b.at, &b.head, 0).is_err() {
        lost(Loss::MapFull);
    }
    if known & Operation::REPEATS != 0 {
        let key = Repeating { ring: b.ring, data: b.head.ip };
        if REPEATING.insert(key, b.at, 0).is_err() {
            lost(Loss::MapFull);
        }
    }
    b.head.ret = b.at as i64;
    send_buffer(b, Loss::OperationLost);
    0
}

/// The kernel refuses an operation before it has read what it was asked: only which it is, is told. Without a buffer: where this is
/// preempted, another program may have it.
#[btf_tracepoint(function = "io_uring_req_failed")]
pub fn ring_refused(ctx: BtfTracePointContext) -> i32 {
    let Some((tid, tgid, _)) = owner() else { return 0 };
    let request = ctx.arg::<u64>(1);
    // Of an opcode that the kernel does not know the request has none; it stands first in the submission.
    let opcode = peek::<u8>(ctx.arg(0), 0);
    let sqe = peek::<u32>(request, off!(request_flags)) & 0xff & !(ASIDE as u32);
    let data = peek(request, off!(request_data));
    let mut head =
        Head { flags: flag::REFUSED, nr: opcode as u32, cpu: sqe, ip: data, ..event(kind::BEGUN, tid, tgid) };
    head.ret = request as i64;
    if RUNNING.insert(request, &head, 0).is_err() {
        lost(Loss::MapFull);
    }
    // SAFETY: a head is as long as it says.
    unsafe { send((&raw const head).cast(), size_of::<Head>() as u64, Loss::OperationLost) };
    0
}

/// The task that an operation belongs to which is submitted now, its process, and whether a thread of the kernel's submits it; `None`
/// where nobody traces it.
#[inline(always)]
fn owner() -> Option<(u32, u32, bool)> {
    let task = current();
    // SAFETY: `task` is the current task; the offset is that of an unsigned int.
    let polled = unsafe { load::<u32>(task, off!(task_flags)) } & WORKER != 0;
    let state = if polled { of_leader() } else { TASKS.get(task, false) };
    if state.is_null() {
        return None;
    }
    // SAFETY: not null, so it is the task's state.
    let state = unsafe { &*state };
    if state.flags & (Task::GATED | Task::HEART) != 0 {
        return None;
    }
    let (mut tid, tgid) = (state.head.tid, state.head.tgid);
    if polled {
        tid = maker();
        tid = if tid == 0 { tgid } else { tid };
        if conf!(follow) == follow::NONE && conf!(target) == target::MARKED && tid != tgid {
            return None;
        }
    }
    Some((tid, tgid, polled))
}

/// The state of the task that leads the current process; null where it has none.
#[inline(always)]
fn of_leader() -> *mut Task {
    if conf!(types.file) == 0 {
        // SAFETY: it is the current task; the offset is that of a pointer to a task, which the verifier knows then. That costs it as much
        // as half of the program, since it looks three names up among all types of the kernel.
        return TASKS.get(unsafe { load(current(), off!(task_leader)) }, false);
    }
    let leader = task_of((aya_ebpf::helpers::bpf_get_current_pid_tgid() >> 32) as u32);
    if leader.is_null() {
        return core::ptr::null_mut();
    }
    let state = TASKS.get(leader, false);
    release(leader);
    state
}

/// The task that made the ring which the current thread polls: the kernel gives such a thread a name that ends in its number, and
/// tells it nowhere else. 0 where it has another name.
#[inline(always)]
fn maker() -> u32 {
    let task = current();
    // SAFETY: `task` is the current task, its comm has 16 bytes.
    let (name, digits) = unsafe { (load::<u64>(task, off!(task_comm)), load::<u64>(task, off!(task_comm) + 8)) };
    if name != u64::from_ne_bytes(*b"iou-sqp-") {
        return 0;
    }
    let mut number = 0;
    let mut rest = digits;
    let mut i = 0;
    while i < 8 {
        let digit = (rest as u8).wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number * 10 + digit as u32;
        rest >>= 8;
        i += 1;
    }
    number
}

/// Eight bytes of the request.
#[inline(always)]
fn word(b: &Buffer, off: u32) -> u64 {
    let at = black_box(off as usize) & 0xff;
    // SAFETY: masked to the request, behind which there is room for a word.
    unsafe { (&raw const b.request).cast::<u8>().add(at).cast::<u64>().read_unaligned() }
}

/// Puts the arguments of an operation into its head, and the texts and structures that the kernel has kept behind it.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn fill(buffer: *mut Buffer, operation: *const Operation) -> i64 {
    if buffer.is_null() || operation.is_null() {
        return 0;
    }
    let mut i = 0;
    while i < 12 {
        // Numbers first: the length of memory is one.
        if i < 6 {
            argument(buffer, operation, i, 0);
        } else {
            argument(buffer, operation, i - 6, 1);
        }
        i += 1;
    }
    0
}

/// Puts one argument there: what is a number, or (`memory`) what is more.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn argument(buffer: *mut Buffer, operation: *const Operation, i: u64, memory: u64) -> i64 {
    if buffer.is_null() || operation.is_null() || i > 5 {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the types.
    let b = unsafe { &mut *buffer };
    let at = black_box(i as usize) & 7;
    // SAFETY: an operation has eight parts.
    let part = unsafe { &*(&raw const (*operation).part).cast::<Part>().add(at) };
    if part.place == place::NONE || (part.form == form::NUMBER) != (memory == 0) {
        return 0;
    }
    let base = if part.place == place::REQUEST { b.at } else { b.kept };
    if base == 0 {
        return 0;
    }
    b.blob.arg = at as u8;
    b.blob.phase = phase::ENTER;
    b.blob.part = 0;
    let (value, fault) = match part.form {
        form::MEMORY => {
            b.blob.shape = shape::BYTES;
            let n = if part.len_arg > 5 { part.size as u64 } else { length(b, part) };
            let off = if part.place == place::EITHER && is_address(base) { 0 } else { part.off as u64 };
            (base, bytes(b, base.wrapping_add(off), n))
        }
        form::NUMBER => {
            let value =
                if part.place == place::REQUEST { word(b, part.off as u32) } else { peek(base, part.off as u32) };
            let value = value & !part.added;
            (if part.size < 8 { value & ((1u64 << ((part.size as u64 & 7) * 8)) - 1) } else { value }, 0)
        }
        named => {
            b.blob.shape = shape::TEXT;
            let from =
                if part.place == place::REQUEST { word(b, part.off as u32) } else { peek(base, part.off as u32) };
            let name: u64 = if named == form::NAME && from != 0 { peek(from, off!(filename_name)) } else { from };
            let user = if named == form::NAME && from != 0 && off!(filename_user) != ABSENT {
                peek(from, off!(filename_user))
            } else {
                0
            };
            (user, text(b, name))
        }
    };
    if part.form != form::MEMORY {
        // SAFETY: `at` is 0 to 5.
        unsafe { (&raw mut b.head.args).cast::<u64>().add(if at < 6 { at } else { 0 }).write_volatile(value) };
    }
    b.retry |= fault as u64;
    0
}

/// Whether an address begins there, as its family says: what else may stand there begins with a pointer, or with nothing yet.
#[inline(always)]
fn is_address(at: u64) -> bool {
    let first: u64 = peek(at, 0);
    let family = first & 0xffff;
    let pointer = first >> 52 == 0xfff && first & 7 == 0;
    family != 0 && family < FAMILIES && !pointer
}

/// How many bytes a part has, by an argument.
#[inline(always)]
fn length(b: &Buffer, part: &Part) -> u64 {
    let at = black_box(part.len_arg as usize) & 7;
    // SAFETY: arguments are 0 to 5; what 6 and 7 would read still is the buffer.
    let n = unsafe { core::ptr::read_volatile((&raw const b.head.args).cast::<u64>().add(at)) } as u32 as u64;
    if n > part.size as u64 { part.size as u64 } else { n }
}

/// Copies `n` bytes of the kernel: one blob; 1 where they cannot be read.
#[inline(always)]
fn bytes(b: &mut Buffer, address: u64, n: u64) -> i64 {
    if n == 0 {
        return 0;
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let size = black_box(n as usize) & 0xff;
    let size = if size > KEPT_MAX { KEPT_MAX } else { size };
    // SAFETY: there is room for a whole blob; the helper checks where it reads.
    unsafe {
        to.add(size & !7).cast::<u64>().write(0);
        if helper::bpf_probe_read_kernel(to.cast(), size as u32, address as *const c_void) != 0 {
            return 1;
        }
    }
    put(b, size as u64, size as u64, status::WHOLE);
    0
}

/// Copies a text of the kernel, with its NUL at most `PATH_MAX` bytes: one blob; 1 where it cannot be read.
#[inline(always)]
fn text(b: &mut Buffer, address: u64) -> i64 {
    if address == 0 {
        return 0;
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    // SAFETY: there is room for BLOB_MAX bytes and the padding; the helper checks where it reads.
    let got = unsafe { helper::bpf_probe_read_kernel_str(to.cast(), PATH_MAX as u32, address as *const c_void) };
    if got < 0 {
        return 1;
    }
    let len = black_box(if got > 0 { got as usize - 1 } else { 0 }) & 0x1fff;
    let len = if len > PATH_MAX { PATH_MAX } else { len };
    // SAFETY: as above; this clears the NUL and the padding behind it.
    unsafe { to.add(len).cast::<u64>().write_unaligned(0) };
    put(b, len as u64, len as u64, status::WHOLE);
    0
}

const _: () = assert!(PATH_MAX + 8 <= BLOB_MAX && KEPT_MAX <= 0xff);

#[btf_tracepoint(function = "io_uring_complete")]
pub fn ring_complete(ctx: BtfTracePointContext) -> i32 {
    let ring = ctx.arg::<u64>(0);
    let request = ctx.arg::<u64>(1);
    if conf!(flags) & Config::CQE != 0 {
        let cqe = ctx.arg::<*const c_void>(2);
        // SAFETY: a completion, of which the verifier knows the type: user_data, res, flags, include/uapi/linux/io_uring.h.
        let (data, result, flags) = unsafe { (load(cqe, 0), load::<i32>(cqe, 8), load::<u32>(cqe, 12)) };
        return result_of(ring, request, data, result, flags);
    }
    // Out of the compiler's sight: the third word is a number here.
    let words = black_box(ctx.as_ptr()).cast::<u64>();
    // SAFETY: the arguments of the tracepoint.
    let (data, result, flags) = unsafe {
        (
            core::ptr::read_volatile(words.add(2)),
            core::ptr::read_volatile(words.add(3)) as i32,
            core::ptr::read_volatile(words.add(4)) as u32,
        )
    };
    result_of(ring, request, data, result, flags)
}

/// A result found no room in the ring of completions, and waits beside it. It names no request, and is told without what it gave.
/// Without a buffer, as above.
#[btf_tracepoint(function = "io_uring_cqe_overflow")]
pub fn ring_overflow(ctx: BtfTracePointContext) -> i32 {
    // The process in which it comes up.
    let Some((tid, tgid, _)) = owner() else { return 0 };
    let flags = ctx.arg::<u32>(3);
    let mut head = event(kind::ENDED, tid, tgid);
    head.ip = ctx.arg(1);
    head.ret = ctx.arg::<i32>(2) as i64;
    head.args[1] = flags as u64;
    head.args[2] = (flags & MORE != 0) as u64;
    // SAFETY: a head is as long as it says.
    unsafe { send((&raw const head).cast(), size_of::<Head>() as u64, Loss::OperationLost) };
    0
}

/// An operation has come to a result.
#[inline(always)]
fn result_of(ring: u64, request: u64, data: u64, result: i32, flags: u32) -> i32 {
    let mut request = request;
    let repeats = request == 0;
    if repeats {
        match REPEATING.get_ptr(Repeating { ring, data }) {
            // SAFETY: a pointer from a map is valid for this run.
            Some(known) => request = unsafe { *known },
            None => return unknown(flags & MORE != 0 && flags & NOTIFIES == 0),
        }
    }
    let Some(begun) = RUNNING.get_ptr(request) else { return unknown(flags & NOTIFIES == 0) };
    let Some(b) = kept::buffer(role::RESULT) else { return 0 };
    // SAFETY: both are heads.
    unsafe { copy_head((&raw mut b.head).cast(), &*begun) };
    // Another request had the address before.
    if b.head.ip != data {
        return 0;
    }
    b.used = 0;
    b.retry = 0;
    b.sp = 0;
    b.file = 0;
    b.head.kind = kind::ENDED;
    b.head.blobs = 0;
    b.head.len = size_of::<Head>() as u32;
    b.head.dur = now().wrapping_sub(b.head.time);
    b.head.ret = result as i64;
    finish(b, ring, request);
    let more = repeats && flags & MORE != 0;
    if !more {
        let _ = RUNNING.remove(request);
        let _ = REPEATING.remove(Repeating { ring, data });
    }
    b.head.args[0] = request;
    b.head.args[1] = flags as u64;
    b.head.args[2] = more as u64;
    send_buffer(b, Loss::OperationLost);
    0
}

/// A result of what nobody saw begin. What a ring is told without a request (by another ring, or that memory is free again) is none.
#[inline(always)]
fn unknown(counts: bool) -> i32 {
    if counts && owner().is_some() {
        lost(Loss::BeganBefore);
    }
    0
}

/// Copies what the plan wants of a result: only where the memory and the descriptors are those of the process that submitted.
#[inline(always)]
fn finish(b: &mut Buffer, ring: u64, request: u64) {
    let task = current();
    // SAFETY: `task` is the current task, the offset is that of an int.
    if unsafe { load::<u32>(task, off!(task_tgid)) } != b.head.tgid
        || b.head.flags & (flag::REFUSED | flag::COMPAT) != 0
    {
        return;
    }
    let opcode = b.head.nr;
    let Some(operation) = OPERATIONS.get_ptr(if opcode > 127 { 127 } else { opcode }) else { return };
    // SAFETY: a pointer from a map is valid for this run.
    let (flags, always) = unsafe { ((*operation).plan.flags, (*operation).plan.always) };
    let failed = failed(&b.head);
    if conf!(ring_shapes) == 0 || flags & Plan::AT_EXIT == 0 || failed && always == 0 {
        return;
    }
    // Through memory, from where it comes back as a number.
    // SAFETY: a field of the buffer.
    b.ring = unsafe {
        core::ptr::write_volatile(&raw mut b.ring, ring);
        core::ptr::read_volatile(&raw const b.ring)
    };
    if b.head.cpu as u64 & FIXED_FILE != 0 {
        b.file = peek(request, off!(request_file));
    }
    // SAFETY: the plan stands first in a map value.
    run_ring(b, unsafe { &raw const (*operation).plan }, if failed { phase::EXIT } else { phase::EXIT_OK });
}

/// The file in a place of a ring's own table, counted from 1, or in the place that `value` is; 0 for none.
#[inline(always)]
pub fn file(ring: u64, slot: u64, value: u64) -> u64 {
    let at = (if slot as u32 == u32::MAX { value as u32 } else { (slot as u32).wrapping_sub(1) }) as u64;
    let file: u64 = if off!(ring_nodes) != ABSENT && off!(node_file) != ABSENT {
        if at >= peek::<u32>(ring, off!(ring_slots)) as u64 {
            return 0;
        }
        let node: u64 = peek(peek::<u64>(ring, off!(ring_nodes)).wrapping_add(at << 3), 0);
        if node == 0 { 0 } else { peek(node, off!(node_file)) }
    } else if off!(ring_files) != ABSENT {
        if at >= peek::<u32>(ring, off!(ring_slots_old)) as u64 {
            return 0;
        }
        peek(peek::<u64>(ring, off!(ring_files)).wrapping_add(at << 3), 0)
    } else {
        0
    };
    // The lowest bits are flags.
    file & !7
}
