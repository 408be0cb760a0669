//! The walk over all tasks: begins tracing those that were asked for, and shows what is running.

use core::ffi::c_void;

use aya_ebpf::helpers::generated as helper;
use tracer_common::{
    config::{target, walk},
    event::{Head, flag, kind},
    loss::Loss,
    task::Task,
};

use crate::emit::{lost, send_head, send_pending};
use crate::kept;
use crate::kernel::{compat, conf, load, off, peek, pointer};
use crate::maps::{ADOPT, DATA, TASKS, WALK, WALKED};
use crate::tasks::event;

/// Whether a task is one of those asked for by a property.
#[inline(always)]
pub fn matches(task: *const c_void) -> bool {
    match conf!(target) {
        target::ALL => true,
        target::UID => peek::<u32>(pointer(task, off!(task_cred)), off!(cred_uid)) == conf!(uid),
        target::COMM => {
            // SAFETY: `task` is a task, its comm has 16 bytes.
            let comm = unsafe { [load::<u64>(task, off!(task_comm)), load::<u64>(task, off!(task_comm) + 8)] };
            let want = conf!(comm);
            let want = [word(&want, 0), word(&want, 8)];
            comm[0] == want[0] && comm[1] == want[1]
        }
        target::CGROUP => in_cgroup(task),
        _ => false,
    }
}

#[inline(always)]
fn word(bytes: &[u8; 16], at: usize) -> u64 {
    // SAFETY: `at` is 0 or 8.
    unsafe { core::ptr::read_unaligned(bytes.as_ptr().add(at).cast::<u64>()) }
}

/// Whether a task's cgroup is the one asked for, or below it.
#[inline(always)]
fn in_cgroup(task: *const c_void) -> bool {
    let cgroup = peek::<u64>(pointer(task, off!(task_cgroups)), off!(css_set_dfl));
    let mut node = peek::<u64>(cgroup, off!(cgroup_kn));
    let up = if off!(kn_parent) == tracer_common::config::ABSENT { off!(kn_parent_old) } else { off!(kn_parent) };
    let mut depth = 0;
    while depth < 24 {
        if node == 0 {
            return false;
        }
        if peek::<u64>(node, off!(kn_id)) == conf!(cgroup) {
            return true;
        }
        node = peek(node, up);
        depth += 1;
    }
    false
}

/// The context of an `iter/task` program (kernel/bpf/task_iter.c).
#[repr(C)]
pub struct IterTask {
    _meta: *mut c_void,
    task: *mut c_void,
}

/// Walks over all tasks, and does what `WALK` says.
#[unsafe(link_section = "iter/task")]
#[unsafe(no_mangle)]
extern "C" fn walk_tasks(ctx: *mut IterTask) -> i32 {
    // SAFETY: the kernel passes a valid context.
    let task = unsafe { (*ctx).task };
    if task.is_null() {
        return 0;
    }
    let Some(&what) = WALK.get(walk::WHAT) else { return 0 };
    match what {
        walk::ADOPT => adopt_one(task),
        walk::PENDING => pending_one(task),
        _ => {}
    }
    0
}

#[inline(always)]
fn adopt_one(task: *mut c_void) {
    const PF_KTHREAD: u32 = 0x0020_0000;
    const PF_EXITING: u32 = 4;
    // SAFETY: `task` is a task; the offsets are those of ints.
    let (pid, tgid, flags) = unsafe {
        (load::<u32>(task, off!(task_pid)), load::<u32>(task, off!(task_tgid)), load::<u32>(task, off!(task_flags)))
    };
    if flags & (PF_KTHREAD | PF_EXITING) != 0 || tgid == conf!(own_tgid) {
        return;
    }
    // SAFETY: only presence matters.
    if unsafe { ADOPT.get(&tgid) }.is_none() && !matches(task) {
        return;
    }
    if !TASKS.get(task, false).is_null() {
        return;
    }
    let state = TASKS.get(task, true);
    if state.is_null() {
        lost(Loss::MapFull);
        return;
    }
    // SAFETY: not null, so it is the task's state, new and zero.
    let state = unsafe { &mut *state };
    state.head.tid = pid;
    state.head.tgid = tgid;
    state.flags |= Task::ATTACHED | Task::ROOT;
    let mut head = event(kind::ATTACH, pid, tgid);
    // SAFETY: `task` is a task, its comm has 16 bytes.
    unsafe {
        head.args[4] = load(task, off!(task_comm));
        head.args[5] = load(task, off!(task_comm) + 8);
    }
    send_head(&head);
}

#[inline(always)]
fn pending_one(task: *mut c_void) {
    let state = TASKS.get(task, false);
    if state.is_null() {
        return;
    }
    // SAFETY: not null, so it is the task's state. The task may be running: its call may end meanwhile.
    let state = unsafe { &mut *state };
    if state.flags & Task::GATED != 0 {
        return;
    }
    if state.flags & Task::IN_CALL == 0 {
        return before_attach(state, task);
    }
    pending(state, task);
}

/// A call that began before tracing did: its registers still stand on the kernel stack.
#[inline(always)]
fn before_attach(state: &Task, task: *mut c_void) {
    // SAFETY: `task` is a task; the offset is that of an int.
    let sleeps = unsafe { load::<u32>(task, off!(task_state)) } != 0;
    if state.flags & Task::ATTACHED == 0 || !sleeps {
        return;
    }
    // SAFETY: `task` is a task that the verifier knows.
    let regs = unsafe { helper::bpf_task_pt_regs(task.cast()) } as u64;
    let nr = peek::<i64>(regs, conf!(regs.nr)) as i32;
    if regs == 0 || nr < 0 {
        return;
    }
    let mut head = event(kind::PENDING, state.head.tid, state.head.tgid);
    head.time = 0;
    head.nr = nr as u32;
    head.flags = flag::BEFORE;
    let off = conf!(regs.args);
    if compat(task) {
        head.flags |= flag::COMPAT;
    }
    let off = if head.flags & flag::COMPAT != 0 { conf!(regs.compat_args) } else { off };
    head.ip = peek(regs, conf!(regs.ip));
    head.args = [
        peek(regs, off[0]),
        peek(regs, off[1]),
        peek(regs, off[2]),
        peek(regs, off[3]),
        peek(regs, off[4]),
        peek(regs, off[5]),
    ];
    // SAFETY: a head is as long as it says.
    if !unsafe { send_pending((&raw const head).cast(), size_of::<Head>() as u64, false) } {
        untold();
    }
}

/// Counts a running call that was not told of: nothing is lost by it, the walk is to come again.
#[inline(always)]
fn untold() {
    if let Some(count) = WALK.get_ptr_mut(walk::UNTOLD) {
        // SAFETY: only one walk runs at a time.
        unsafe { *count += 1 };
    }
}

/// Sends what is known of a running call. The task may be running too: what was put together while its call ended is
/// dropped, for the whole record has been sent.
#[inline(always)]
fn pending(state: &mut Task, task: *mut c_void) {
    let Some(buffer) = WALKED.get_ptr_mut(0) else { return };
    // SAFETY: a map value; only one walk runs at a time.
    let buffer = unsafe { &mut *buffer };
    kept::start(buffer, state);
    kept::take(buffer, state, task);
    // SAFETY: words of a valid state; volatile, because its task writes them meanwhile.
    let (time, flags) =
        unsafe { ((&raw const state.head.time).read_volatile(), (&raw const state.flags).read_volatile()) };
    if time != buffer.head.time || flags & Task::IN_CALL == 0 {
        return;
    }
    let used = core::hint::black_box(buffer.used);
    let used = if used > DATA as u64 { DATA as u64 } else { used };
    let len = size_of::<Head>() as u64 + used;
    buffer.head.kind = kind::PENDING;
    buffer.head.len = len as u32;
    let again = state.told == time;
    // SAFETY: data follows the head in the buffer, and `used` is bounded by its size.
    if unsafe { send_pending((&raw const buffer.head).cast(), len, again) } {
        state.told = time;
    } else {
        untold();
    }
}
