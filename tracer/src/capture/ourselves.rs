//! Whether somebody laid hands on tracer itself: a traced program that may do so can stop it, trace it, change its memory. None of that can
//! be prevented where it has the right; it is noted, and the evidence is not called whole then.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracer_common::event::{Head, SKIPPED, flag, kind};

use super::{interrupt, waker};
use crate::schema::reach::{Hold, Whom, hold, may_reach, reached};
use crate::schema::{Abi, by_nr};
use crate::system::procfs::nested::Nested;
use crate::system::procfs::who::Who;

/// What is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// Something was done to tracer.
    Reached,
    /// A traced program could not do what it would have done, or may have done otherwise than is told.
    Changed,
}

static NOTED: Mutex<BTreeMap<(Noted, String), u64>> = Mutex::new(BTreeMap::new());
/// Who traces this process from its beginning: whoever started it wants that.
static TRACED: OnceLock<u32> = OnceLock::new();
/// There are maps of ours in the kernel.
static OWNS: AtomicBool = AtomicBool::new(false);
/// A traced task has taken hold of maps by their numbers.
static HELD: AtomicBool = AtomicBool::new(false);
/// What could be set of this process when it began to look.
static SET: OnceLock<[Vec<u8>; SETTINGS.len()]> = OnceLock::new();
static CONTINUED: AtomicBool = AtomicBool::new(false);

/// From now on only who may trace any process may trace this one, or read its memory. To be called once the command was started, which
/// shall not inherit that.
pub fn keep_to_ourselves() {
    // SAFETY: takes integers, and changes how the kernel protects this process. It has no reason to refuse.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
}

/// From now on there are maps of ours in the kernel.
pub fn owns_maps() {
    OWNS.store(true, Ordering::Relaxed);
}

/// Begins to look: for SIGCONT, which comes when a stopped process goes on.
///
/// # Errors
/// Those of sigaction(2); none are expected.
pub fn watch() -> io::Result<()> {
    if let Ok(status) = Who::ThisThread.status() {
        let _ = TRACED.set(status.tracer);
    }
    let _ = SET.set(set());
    // SAFETY: an all-zero sigaction is a valid value; the pointers live through the call.
    let rc = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = continued as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigaction(libc::SIGCONT, &action, std::ptr::null_mut())
    };
    if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Async-signal-safe: it reads what the kernel passed, and stores to an atomic.
extern "C" fn continued(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a siginfo; a SIGCONT of kill(2) has the sender's id.
    let sender = unsafe { (*info).si_pid() };
    // Whoever started tracer may stop it and continue it: a shell (`fg`), timeout(1).
    // SAFETY: these take an integer at most.
    if unsafe { sender != libc::getppid() && sender != libc::getsid(0) } {
        CONTINUED.store(true, Ordering::Relaxed);
    }
}

/// Whether this process, or a thread of it, is among those whom a traced task names.
pub fn is_us(tid: u32, whom: Whom) -> bool {
    match whom {
        Whom::Task(id) => is_task_of_us(tid, id),
        Whom::Group(group) => {
            let of = |id| Who::Id(id).stat().map(|stat| stat.pgid);
            let named = if group == 0 { of(tid) } else { u32::try_from(group).ok() };
            named.is_some() && named == of(std::process::id())
        }
        Whom::User(user) => {
            let caller = || Who::Id(tid).status().ok().map(|status| status.uids[0]);
            let named = if user == 0 { caller() } else { Some(user) };
            named == Some(rustix::process::getuid().as_raw())
        }
        Whom::Everyone => true,
    }
}

fn is_task_of_us(tid: u32, id: i32) -> bool {
    let me = std::process::id();
    // SAFETY: signal 0 only asks whether the thread is there, and of this process.
    let ours = id > 0 && unsafe { libc::syscall(libc::SYS_tgkill, me, id, 0) } == 0;
    let space = |who| Nested::of(who).and_then(|nested| nested.own());
    ours && space(Who::ThisThread).is_none_or(|own| space(Who::Id(tid)).is_none_or(|theirs| theirs == own))
}

/// Notes a call that reached for tracer.
pub fn look(head: &Head) {
    let compat = head.flags & flag::COMPAT != 0;
    let failed = (-4095..0).contains(&head.ret);
    if head.kind != kind::CALL || !may_reach(compat, head.nr) || failed || head.cpu & SKIPPED != 0 {
        return;
    }
    let Some(row) = by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, head.nr) else { return };
    match hold(row, &head.args) {
        Some(Hold::Takes) => HELD.store(true, Ordering::Relaxed),
        // Whose it is is not known: it may be one of the kernel side's.
        Some(Hold::Changes) if HELD.load(Ordering::Relaxed) && OWNS.load(Ordering::Relaxed) => {
            note(format!("a map that may be tracer's own was changed by bpf of process {}", head.tgid));
        }
        _ => {}
    }
    if let Some((whom, _)) = reached(row, &head.args)
        && is_us(head.tid, whom)
    {
        note(format!("tracer itself was reached by {} of process {}", row.name, head.tgid));
    }
}

/// Notes what was done to tracer, in words.
pub fn note(what: String) {
    add(Noted::Reached, what);
}

/// Notes, in words, what a traced program did otherwise than without tracer, or what is told of it though it may have been otherwise.
pub fn changed(what: String) {
    add(Noted::Changed, what);
}

fn add(kind: Noted, what: String) {
    *NOTED.lock().unwrap_or_else(PoisonError::into_inner).entry((kind, what)).or_default() += 1;
}

/// Files of this process in /proc whose contents others may change and tracer never does. Who is moved to another cgroup may be frozen there.
const SETTINGS: [&str; 3] = ["oom_score_adj", "coredump_filter", "cgroup"];

fn set() -> [Vec<u8>; SETTINGS.len()] {
    SETTINGS.map(|name| Who::Myself.read(name).unwrap_or_default())
}

/// All that was noted, and how often; and what shows only now.
pub fn noted() -> Vec<((Noted, String), u64)> {
    let Some(before) = TRACED.get() else { return Vec::new() };
    let mut noted = std::mem::take(&mut *NOTED.lock().unwrap_or_else(PoisonError::into_inner));
    // Who ends a stopped process continues it, so that it can end.
    if CONTINUED.swap(false, Ordering::Relaxed) && interrupt::interrupted().is_none() {
        let what = "tracer itself was continued: it may have been stopped for a while".to_owned();
        noted.insert((Noted::Reached, what), 1);
    }
    if let Some(who) = Who::ThisThread.status().ok().map(|status| status.tracer).filter(|who| *who != 0)
        && who != *before
    {
        noted.insert((Noted::Reached, format!("tracer itself is traced by process {who}")), 1);
    }
    // Who wrote there is not seen where nobody asks for opens.
    for (name, (was, is)) in SETTINGS.iter().zip(SET.get().into_iter().flatten().zip(set())) {
        if *was != is {
            noted.insert((Noted::Reached, format!("tracer's own {name} was changed while it ran")), 1);
        }
    }
    if waker::is_disturbed() {
        let what = "the process that continues tracer when it is stopped was stopped or ended itself".to_owned();
        noted.insert((Noted::Reached, what), 1);
    }
    noted.into_iter().collect()
}
