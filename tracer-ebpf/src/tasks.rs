//! The lives of tasks: fork, exec, signals, exit.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::{EbpfContext, helpers::generated as helper, macros::btf_tracepoint, programs::BtfTracePointContext};
use tracer_common::{
    config::{ABSENT, Config, follow, target},
    event::{Blob, Head, flag, kind},
    loss::Loss,
    plan::shape,
    task::{Siginfo, Task},
};

use crate::calls;
use crate::emit::{lost, send, send_head, send_last};
use crate::executed;
use crate::kept;
use crate::kernel::{by_perf, conf, current, load, member, now, off, peek, pointer, release, task_of};
use crate::library;
use crate::maps::{TASKS, role};
use crate::walk;

/// Whether anything at all is stored for a task: those that nobody traces go on after one load, not after a
/// look-up that finds nothing.
#[inline(always)]
pub fn stored(task: *const c_void) -> bool {
    off!(task_storage) == ABSENT || pointer(task, off!(task_storage)) != 0
}

/// What is stored of the current task, where it is traced.
#[inline(always)]
pub fn state_of<'a>(task: *mut c_void) -> Option<&'a mut Task> {
    if !stored(task) {
        return None;
    }
    let state = TASKS.get(task, false);
    if state.is_null() {
        return None;
    }
    // SAFETY: not null, so it is this task's state; only this task's programs write it while it runs.
    Some(unsafe { &mut *state })
}

#[btf_tracepoint(function = "sched_process_fork")]
pub fn sched_process_fork(ctx: BtfTracePointContext) -> i32 {
    if !by_perf() {
        let state = TASKS.get(ctx.arg(0), false);
        return if state.is_null() { 0 } else { forked(state, ctx.arg(1)) };
    }
    // The parent tells of its child.
    let state = TASKS.get(current(), false);
    if state.is_null() {
        return 0;
    }
    let child = task_of(peek(ctx.as_ptr() as u64, conf!(fork_child)));
    if child.is_null() {
        lost(Loss::ChildNotFollowed);
        return 0;
    }
    forked(state, child);
    release(child);
    0
}

/// A task, whose state is not null, has made another.
#[inline(always)]
fn forked(state: *mut Task, child: *mut c_void) -> i32 {
    // SAFETY: not null, so it is the parent's state.
    let state = unsafe { &*state };
    if state.flags & Task::GATED != 0 {
        return 0;
    }
    // SAFETY: `child` is a task that the verifier knows; the offsets are those of ints.
    let (pid, tgid) = unsafe { (load::<u32>(child, off!(task_pid)), load::<u32>(child, off!(task_tgid))) };
    let thread = tgid == state.head.tgid;
    let followed = conf!(follow) == follow::ALL || (conf!(follow) == follow::THREADS && thread);
    if followed {
        // Where the call that makes it is seen, its end is seen in the child too.
        let born = if state.flags & Task::IN_CALL != 0 { Task::BORN } else { 0 };
        let kept = state.flags & if thread { Task::ROOT | Task::OURS } else { Task::OURS };
        adopt(child, pid, tgid, state.head.nr, born | kept);
    }
    let mut head = event(kind::FORK, state.head.tid, state.head.tgid);
    head.ret = followed as i64;
    head.args[0] = pid as u64;
    head.args[1] = tgid as u64;
    if pointer(current(), off!(task_namespaces)) == pointer(child, off!(task_namespaces)) {
        head.flags |= flag::TOGETHER;
    }
    (head.args[2], head.args[3]) = numbers(child);
    // SAFETY: `child` is a task, its comm has 16 bytes.
    unsafe {
        head.args[4] = load(child, off!(task_comm));
        head.args[5] = load(child, off!(task_comm) + 8);
    }
    send_head(&head);
    0
}

/// Bytes of a `struct upid`: a task's number in a PID namespace, and the namespace. The number stands first.
const UPID: u32 = 16;

/// The PID namespace of a new task, and its number there; above 1 << 32 its number in that of the current task.
#[inline(always)]
fn numbers(child: *mut c_void) -> (u64, u64) {
    if off!(pid_level) == ABSENT || off!(task_pid_struct) == ABSENT || off!(pid_ns_inum) == ABSENT {
        return (0, 0);
    }
    let pid = pointer(child, off!(task_pid_struct));
    let depth: u32 = peek(pid, off!(pid_level));
    let around: u32 = peek(pointer(current(), off!(task_pid_struct)), off!(pid_level));
    let number = |depth: u32| off!(pid_numbers) + UPID * (depth & 63);
    let space: u64 = peek(pid, number(depth) + off!(upid_ns));
    let own: u32 = peek(pid, number(depth));
    let outer: u32 = if around <= depth { peek(pid, number(around)) } else { 0 };
    (peek::<u32>(space, off!(pid_ns_inum)) as u64, (outer as u64) << 32 | own as u64)
}

#[btf_tracepoint(function = "sched_process_exec")]
pub fn sched_process_exec(ctx: BtfTracePointContext) -> i32 {
    let task = current();
    let old = if by_perf() { peek(ctx.as_ptr() as u64, conf!(exec_old)) } else { ctx.arg::<u32>(1) };
    let mut state = TASKS.get(task, false);
    // SAFETY: `task` is the current task; the offsets are those of ints.
    let (pid, tgid) = unsafe { (load::<u32>(task, off!(task_pid)), load::<u32>(task, off!(task_tgid))) };
    if state.is_null() {
        if conf!(target) == target::MARKED || conf!(target) == target::ALL || !walk::matches(task) {
            return 0;
        }
        adopt(task, pid, tgid, 0, Task::ATTACHED);
        state = TASKS.get(task, false);
        if state.is_null() {
            return 0;
        }
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &mut *state };
    let mut head = event(kind::EXEC, pid, tgid);
    head.args[0] = old as u64;
    if old != pid {
        state.head.tid = pid;
        state.head.flags |= flag::MOVED;
        head.flags |= flag::MOVED;
    }
    // SAFETY: `task` is a task, its comm has 16 bytes.
    unsafe {
        head.args[4] = load(task, off!(task_comm));
        head.args[5] = load(task, off!(task_comm) + 8);
    }
    send_head(&head);
    if !by_perf() && state.flags & Task::IN_CALL != 0 {
        complete(state, task, ctx.arg::<u64>(2));
    }
    if conf!(flags) & Config::LIBRARY != 0 {
        library::begun(state, task);
    }
    0
}

/// What `sched_process_exec` does besides where perf calls it, which does not tell what the program was given. Where this is not run
/// because it was preempted, what could not be read at the call's entry is counted, and nothing else is missing.
#[btf_tracepoint(function = "sched_process_exec")]
pub fn given_to_exec(ctx: BtfTracePointContext) -> i32 {
    let task = current();
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &mut *state };
    if state.flags & Task::IN_CALL != 0 {
        complete(state, task, ctx.arg::<u64>(2));
    }
    0
}

/// Completes a running execve with what could not be read when it was entered.
#[inline(always)]
fn complete(state: &mut Task, task: *mut c_void, bprm: u64) {
    if state.head.blobs == 0 || state.retry == 0 {
        return;
    }
    let Some(plan) = calls::plan_of(&mut state.head) else { return };
    let mm = pointer(task, off!(task_mm));
    let given = executed::Given {
        path: peek(bprm, off!(bprm_filename)),
        arguments: peek(mm, off!(mm_arg_start)),
        words: peek::<u32>(bprm, off!(bprm_argc)) as u64,
        environment: peek(mm, off!(mm_env_start)),
        variables: peek::<u32>(bprm, off!(bprm_envc)) as u64,
    };
    let Some(buffer) = kept::buffer(role::EXEC) else { return };
    kept::start(buffer, state);
    kept::take(buffer, state, task);
    executed::executed(buffer, plan, &given);
    kept::keep(state, buffer);
}

#[btf_tracepoint(function = "sched_process_exit")]
pub fn sched_process_exit(ctx: BtfTracePointContext) -> i32 {
    let task = current();
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &mut *state };
    if state.flags & Task::IN_CALL != 0 {
        calls::never(state, task);
    }
    show_all_kept(state);
    let mut head = event(kind::EXIT, state.head.tid, state.head.tgid);
    // SAFETY: `task` is a task; the offset is that of an int.
    head.ret = unsafe { load::<i32>(task, off!(task_exit_code)) } as i64;
    let signal = pointer(task, off!(task_signal));
    let live: u32 = member!(signal, signal, signal_live);
    head.args[0] = (live == 0) as u64;
    if head.args[0] != 0 {
        head.args[1] = group_status(signal);
    }
    // To be woken for every process of a build would take more of the reader's time than their records. Threads end in any order.
    let is_last = head.args[0] != 0 || conf!(follow) == follow::NONE;
    if state.flags & Task::ROOT != 0 && is_last {
        send_last(&head);
    } else {
        send_head(&head);
    }
    let _ = ctx.as_ptr();
    0
}

/// The wait status that exit_group or a fatal signal gave to a whole process, plus 1 << 32; 0 when neither
/// happened and its leader's own status counts (wait_task_zombie in kernel/exit.c).
#[inline(always)]
fn group_status(signal: u64) -> u64 {
    const SIGNAL_GROUP_EXIT: u32 = 4;
    let flags: u32 = member!(signal, signal, signal_flags);
    if flags & SIGNAL_GROUP_EXIT == 0 {
        return 0;
    }
    let code: u32 = member!(signal, signal, signal_exit_code);
    1 << 32 | code as u64
}

/// `result` of signal_generate when the signal was ignored (include/trace/events/signal.h).
const SIGNAL_IGNORED: u32 = 1;

#[btf_tracepoint(function = "signal_generate")]
pub fn signal_generate(ctx: BtfTracePointContext) -> i32 {
    let task = ctx.arg::<*mut c_void>(2);
    let state = TASKS.get(task, false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is the task's state. The sender writes here while the task may read:
    // a word may be torn between two signals that race, never more.
    let state = unsafe { &mut *state };
    if state.flags & Task::GATED != 0 {
        return 0;
    }
    let signal = ctx.arg::<u32>(0);
    if conf!(flags) & Config::LIBRARY != 0 && is_our_own(state, signal) {
        return 0;
    }
    let info = siginfo(ctx.arg::<u64>(1), signal);
    if conf!(flags) & Config::LIBRARY != 0 && signal == SIGCHLD && is_hushed(&info) {
        state.flags |= Task::SPARED;
        return 0;
    }
    if ctx.arg::<u32>(4) == SIGNAL_IGNORED {
        // What a dying process ignores would not have been delivered to it in any case.
        return if group_status(pointer(task, off!(task_signal))) != 0 { 0 } else { keep(state, &info) };
    }
    state.last = info;
    state.flags |= Task::LAST;
    0
}

/// Whether a signal is one by which tracer has a process wait, or go on.
#[inline(always)]
fn is_our_own(state: &Task, signal: u32) -> bool {
    // SAFETY: takes nothing.
    let sender = (unsafe { helper::bpf_get_current_pid_tgid() } >> 32) as u32;
    signal == SIGCONT && sender == conf!(own_tgid) || signal == SIGSTOP && state.flags & Task::WAITS != 0
}

/// Whether a child tells that it stands or goes on, which tracer has had it do.
#[inline(always)]
fn is_hushed(info: &Siginfo) -> bool {
    let Some(state) = state_of(current()) else { return false };
    let code = info.words[1] as u32;
    if state.flags & Task::HUSHED == 0 || code != CLD_STOPPED && code != CLD_CONTINUED {
        return false;
    }
    if code == CLD_CONTINUED {
        state.flags &= !Task::HUSHED;
    }
    true
}

/// `si_code` of a child that stands, and of one that goes on (include/uapi/asm-generic/siginfo.h).
const CLD_STOPPED: u32 = 5;
const CLD_CONTINUED: u32 = 6;

/// Keeps an ignored signal until the call ends that it would have interrupted; shows it at once when no call
/// runs that is watched, or when there is no room.
#[inline(always)]
fn keep(state: &mut Task, info: &Siginfo) -> i32 {
    if state.flags & Task::IN_CALL == 0 {
        show_signal(state, info, flag::IGNORED);
        return 0;
    }
    match state.signals {
        0 => state.kept[0] = *info,
        1 => state.kept[1] = *info,
        _ => {
            show_signal(state, info, flag::IGNORED);
            return 0;
        }
    }
    state.signals += 1;
    0
}

#[btf_tracepoint(function = "signal_deliver")]
pub fn signal_deliver(ctx: BtfTracePointContext) -> i32 {
    const SIGKILL: u32 = 9;
    let state = TASKS.get(current(), false);
    if state.is_null() {
        return 0;
    }
    // SAFETY: not null, so it is this task's state.
    let state = unsafe { &mut *state };
    if state.flags & Task::GATED != 0 {
        return 0;
    }
    let signal = ctx.arg::<u32>(0);
    let last = state.flags & Task::LAST != 0;
    state.flags &= !Task::LAST;
    if signal == SIGKILL {
        // A signal that ends the whole process is delivered as SIGKILL; which one it was, its sender left.
        if last && state.last.words[0] as u32 != SIGKILL {
            let info = state.last;
            show_signal(state, &info, 0);
        }
        return 0;
    }
    if state.flags & Task::WAITS != 0 && signal == SIGSTOP {
        state.flags = state.flags & !Task::WAITS | Task::HUSHED;
        return 0;
    }
    let info = siginfo(ctx.arg::<u64>(1), signal);
    let code = info.words[1] as u32;
    if state.flags & Task::SPARED != 0 && signal == SIGCHLD && (code == CLD_STOPPED || code == CLD_CONTINUED) {
        state.flags &= !Task::SPARED;
        return 0;
    }
    show_signal(state, &info, 0);
    // The handler is the first word of k_sigaction.
    if signal == SIGSTOP || ((SIGTSTP..=SIGTTOU).contains(&signal) && peek::<u64>(ctx.arg::<u64>(2), 0) == 0) {
        let mut head = event(kind::STOPPED, state.head.tid, state.head.tgid);
        head.ret = signal as i64;
        send_head(&head);
    }
    0
}

/// include/uapi/asm-generic/signal.h.
pub const SIGSTOP: u32 = 19;
const SIGCHLD: u32 = 17;
const SIGCONT: u32 = 18;
const SIGTSTP: u32 = 20;
const SIGTTOU: u32 = 22;

/// A signal's information; what the kernel did not say is told by `si_signo` and `si_code` alone.
#[inline(always)]
fn siginfo(info: u64, signal: u32) -> Siginfo {
    const SI_KERNEL: u64 = 0x80;
    if info > 4096 {
        let words = peek::<[u64; 6]>(info, 0);
        if words[0] as u32 == signal {
            return Siginfo { words };
        }
    }
    // SEND_SIG_PRIV is 1 (from the kernel), SEND_SIG_NOINFO is 0 (from a user).
    Siginfo { words: [signal as u64, if info == 1 { SI_KERNEL } else { 0 }, 0, 0, 0, 0] }
}

/// A head, a blob and a siginfo.
#[repr(C)]
struct SignalRecord {
    head: Head,
    blob: Blob,
    info: Siginfo,
}

#[inline(always)]
fn show_signal(state: &Task, info: &Siginfo, flags: u8) {
    const BLOB: Blob = Blob { arg: 0, shape: shape::BYTES, status: 0, phase: 0, part: 0, pad: 0, len: 48, want: 48 };
    let mut record =
        SignalRecord { head: event(kind::SIGNAL, state.head.tid, state.head.tgid), blob: BLOB, info: *info };
    // By words: the compiler would clear parts of it at places where the verifier allows no such store.
    // SAFETY: a blob is two words, and stands at one behind the head.
    unsafe {
        let words = core::mem::transmute::<Blob, [u64; 2]>(BLOB);
        let to = (&raw mut record.blob).cast::<u64>();
        to.write_volatile(words[0]);
        to.add(1).write_volatile(words[1]);
    }
    record.head.len = size_of::<SignalRecord>() as u32;
    record.head.blobs = 1;
    record.head.flags = flags;
    record.head.ret = (info.words[0] as u32) as i64;
    // SAFETY: the record is on the stack, as long as its type.
    unsafe { send((&raw const record).cast(), size_of::<SignalRecord>() as u64, Loss::SignalLost) };
}

/// Shows the signals that were ignored while a call ran: two at most.
#[inline(always)]
pub fn show_all_kept(state: &mut Task) {
    if state.signals != 0 {
        show_kept(state);
    }
    if state.signals != 0 {
        show_kept(state);
    }
}

/// Shows the first of them. Global, so that its stack is not that of sys_exit, below which the
/// capturing functions need theirs: a kernel allows 512 bytes together (6.13 and newer: each).
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn show_kept(state: *mut Task) -> i64 {
    if state.is_null() {
        return 0;
    }
    // SAFETY: checked above; the verifier knows the type.
    let state = unsafe { &mut *state };
    let first = state.kept[0];
    state.kept[0] = state.kept[1];
    state.signals = if state.signals > 1 { 1 } else { 0 };
    show_signal(state, &first, flag::IGNORED);
    0
}

/// The head of a record that is not a call.
#[inline(always)]
pub fn event(kind: u8, tid: u32, tgid: u32) -> Head {
    // Out of the compiler's sight: it would clear this together with half of what follows, where the verifier allows no such store.
    let none = black_box(0);
    Head {
        len: size_of::<Head>() as u32,
        kind,
        flags: 0,
        blobs: 0,
        tid,
        tgid,
        nr: none,
        cpu: none,
        time: now(),
        dur: 0,
        ret: 0,
        ip: 0,
        args: [0; 6],
    }
}

/// Begins to trace a task.
#[inline(always)]
fn adopt(task: *mut c_void, pid: u32, tgid: u32, nr: u32, flags: u32) {
    let state = TASKS.get(task, true);
    if state.is_null() {
        lost(Loss::MapFull);
        return;
    }
    // SAFETY: not null, so it is the task's state, new and zero.
    let state = unsafe { &mut *state };
    state.head.tid = pid;
    state.head.tgid = tgid;
    state.head.nr = nr;
    state.flags |= flags;
}
