//! Tasks that run or could: how much of a CPU they get, and what keeps it from them; memory that they lack; and waits in the kernel of
//! which a call's arguments say nothing.

use super::causes::Cause;
use super::link::{End, Link, Node, On, Sure, name};
use crate::render::amount::{size, time};
use crate::tools::why::scene::{Change, Process, Scene, Task};

/// Shares of the time between both looks from which on something counts.
const MOSTLY: f64 = 0.5;
const SOME: f64 = 0.05;
/// Page faults of a second that are a storm.
const STORM: f64 = 20_000.0;
/// Pages of files that are read again, of a second, that mean that memory is short.
const REFAULTS: f64 = 1000.0;

/// The share of the time for which a task had a CPU, and for which it wanted one.
pub fn shares(scene: &Scene, change: &Change) -> (f64, f64) {
    let all = (scene.between * 1e9).max(1.0);
    let ran = (change.ran as f64 / all).min(1.0);
    // What it was delayed before the first look is counted when it runs at last.
    (ran, (change.delayed as f64 / all).min(1.0 - ran))
}

/// Whether a task did something between both looks that is worth being called so.
pub fn is_busy(scene: &Scene, task: &Task) -> bool {
    task.change.is_some_and(|change| {
        let (ran, delayed) = shares(scene, &change);
        ran + delayed >= SOME || (change.state == b'R' && task.state == b'R')
    })
}

/// A task that runs or is ready.
pub fn running(scene: &Scene, process: &Process, task: &Task) -> Link {
    let Some(change) = task.change else {
        return Link::ends(Cause::Runs, End::Runs, "runs");
    };
    let (ran, delayed) = shares(scene, &change);
    let percent = |share: f64| (share * 100.0).round().min(100.0);
    let seen = format!(
        "in {}: {:.0} % on a CPU, {:.0} % ready without one",
        time(scene.between),
        percent(ran),
        percent(delayed)
    );
    if let Some(link) = throttled(scene, process) {
        return link.seen(seen);
    }
    if delayed >= MOSTLY || (delayed >= SOME && delayed > ran) {
        return ready(scene, task, ran).seen(seen);
    }
    let faults = (change.minor + change.major) as f64 / scene.between.max(0.001);
    if faults >= STORM {
        let does = format!("runs, and takes {faults:.0} page faults a second");
        let kind = format!("{} page faults without I/O, {} with I/O", change.minor, change.major);
        return Link::ends(Cause::Faults, End::Runs, does).seen(kind).seen(seen);
    }
    let does = match (change.user, change.system) {
        _ if ran < SOME => "runs".to_owned(),
        (user, system) if system > 2 * user => format!("runs: {:.0} % of a CPU, mostly in the kernel", percent(ran)),
        (user, system) if user > 2 * system => format!("runs: {:.0} % of a CPU, mostly in the program", percent(ran)),
        _ => format!("runs: {:.0} % of a CPU", percent(ran)),
    };
    Link::ends(Cause::Runs, End::Runs, does).seen(seen)
}

/// A task whose cgroup was held back for a good part of the time. Some kernels count that as waiting for a CPU, others do not.
pub fn throttled(scene: &Scene, process: &Process) -> Option<Link> {
    let before = |path: &[u8]| process.groups.iter().find(|group| group.path == path).and_then(|group| group.throttled);
    process.groups_later.iter().find_map(|group| {
        let ((quota, period), (times, ns)) = (group.quota?, group.throttled?);
        let (had, had_ns) = before(&group.path).unwrap_or_default();
        let share = ns.saturating_sub(had_ns) as f64 / (scene.between * 1e9).max(1.0);
        (times > had && share >= SOME).then(|| {
            let path = name(&group.path);
            let does = format!("runs, held back by the CPU quota of its cgroup {path}");
            let allowed = format!("{path} may use {quota} us of CPU time in {period} us");
            let counted = format!("it was held back {} times meanwhile, {} times in all", times - had, times);
            Link::ends(Cause::Throttled, End::Runs, does).seen(allowed).seen(counted)
        })
    })
}

/// A task that wants a CPU and mostly gets none.
fn ready(scene: &Scene, task: &Task, ran: f64) -> Link {
    let hog = scene.hogs.iter().find(|(tid, on)| *tid != task.tid && (on.is_none() || *on == task.processor));
    if let Some(&(tid, _)) = hog.filter(|_| ran < SOME && task.rt_priority == 0) {
        let on = vec![On { node: Node::Task(tid), role: "has the CPU, as a real-time task" }];
        let does = "is ready to run, and a real-time task has its CPU";
        return Link { end: Some(End::Held), ..Link::waits(Cause::Ready, Sure::Likely, does, on) };
    }
    let mut does = "is ready to run, and others have the CPUs".to_owned();
    if task.nice > 0 {
        does += &format!(" (its niceness is {})", task.nice);
    }
    Link::ends(Cause::Ready, End::Runs, does)
        .seen(format!("{} tasks want a CPU now, of which there are {}", scene.runnable, scene.cpus))
}

/// A process whose cgroup has no memory left for it.
pub fn memory(scene: &Scene, process: &Process, task: &Task) -> Option<Link> {
    let waits = matches!(task.wchan.as_deref(), Some(wchan) if wchan.starts_with(b"mem_cgroup"))
        || task.kernel.iter().any(|function| function.starts_with(b"mem_cgroup_handle_over_high"));
    for later in &process.groups_later {
        let Some(now) = later.memory else { continue };
        let before = process.groups.iter().find(|group| group.path == later.path).and_then(|group| group.memory);
        let before = before.unwrap_or(now);
        let rate = now.refaults.saturating_sub(before.refaults) as f64 / scene.between.max(0.001);
        let met = now.met.saturating_sub(before.met);
        let limit = now.high.into_iter().chain(now.max).min()?;
        let full = now.used as f64 >= limit as f64 * 0.9;
        if !(waits || full && met > 0 && (rate >= REFAULTS || task.state == b'D')) {
            continue;
        }
        let path = name(&later.path);
        let does = format!("lacks memory: its cgroup {path} is at its limit of {}", size(limit));
        let seen = format!("{path} uses {} and met its limit {met} times meanwhile", size(now.used));
        let again = format!("{rate:.0} pages of files a second had to be read again");
        return Some(Link::ends(Cause::Memory, End::Runs, does).seen(seen).seen(again));
    }
    None
}

/// A wait in the kernel that no argument explains.
pub fn in_kernel(task: &Task) -> Link {
    let place = task.wchan.as_deref().map(name);
    let is = |names: &[&str]| {
        let known = |found: &[u8]| names.iter().any(|name| found.starts_with(name.as_bytes()));
        task.wchan.as_deref().is_some_and(known) || task.kernel.iter().any(|function| known(function))
    };
    let seen = |link: Link| match &place {
        Some(place) => link.seen(format!("in the kernel it is in {place}")),
        None => link,
    };
    let call = task.call.as_ref().map_or_else(|| "outside of a call".to_owned(), |call| format!("in {}", call.name));
    if is(&["rwsem_down", "__mutex_lock", "mutex_lock"]) {
        return seen(Link::ends(Cause::KernelLock, End::Unknown, format!("waits {call} for a lock of the kernel's")));
    }
    if is(&["request_wait_answer", "fuse_"]) {
        return seen(Link::ends(
            Cause::Fuse,
            End::Unknown,
            format!("waits {call} for a program that serves a file system"),
        ));
    }
    if is(&["folio_wait", "wait_on_page", "__iomap_dio", "blk_", "io_schedule", "submit_bio", "__blockdev_direct"]) {
        return seen(Link::ends(Cause::Disk, End::Kernel, format!("waits {call} for a disk")));
    }
    if is(&["hrtimer_nanosleep", "do_nanosleep"]) || call == "in restart_syscall" {
        let does = "goes on with a call that was interrupted, of which the kernel does not tell the arguments";
        return seen(Link::ends(Cause::Unknown, End::Unknown, does));
    }
    let does = match task.state {
        b'D' => format!("waits {call} in the kernel, not to be interrupted"),
        _ => format!("waits {call}"),
    };
    seen(Link::ends(if task.state == b'D' { Cause::Kernel } else { Cause::Unknown }, End::Unknown, does))
}
