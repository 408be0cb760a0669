//! Tasks that run or could, and what keeps them from it.

use super::outcome::Verdict;
use super::{Cause, story};
use crate::system::process::{Group, GroupMemory};
use crate::tools::why::scene::times::Times;
use crate::tools::why::scene::{Change, Place, Process, Scene, Task, Wait};

/// A process with one task that is ready or runs, and what it did in a fifth of a second.
fn scene(change: Change) -> Scene {
    let mut scene = Scene { between: 0.2, ticks: 100, cpus: 2, runnable: 5, ..Scene::default() };
    scene.processes.insert(1, Process { pid: 1, threads: vec![1], ..Process::default() });
    let task = Task { tid: 1, pid: 1, state: b'R', place: Place::Running, change: Some(change), ..Task::default() };
    scene.tasks.insert(1, task);
    scene
}

fn share(ran: f64, delayed: f64) -> Change {
    let nanos = |share: f64| (share * 200_000_000.0) as u64;
    Change { ran: nanos(ran), delayed: nanos(delayed), times: 3, state: b'R', ..Change::default() }
}

fn check(scene: &Scene, verdict: Verdict, cause: Cause, words: &str) {
    let report = story::report(scene, 1);
    assert_eq!((report.verdict, report.stories[0].cause), (verdict, cause), "{}", report.conclusion);
    assert!(report.conclusion.contains(words), "{}", report.conclusion);
}

#[test]
fn what_a_running_task_does() {
    check(&scene(share(0.97, 0.01)), Verdict::Runs, Cause::Runs, "97 % of a CPU");
    check(&scene(Change { user: 19, ..share(0.97, 0.0) }), Verdict::Runs, Cause::Runs, "mostly in the program");
    check(&scene(Change { system: 19, ..share(0.97, 0.0) }), Verdict::Runs, Cause::Runs, "mostly in the kernel");
    check(
        &scene(Change { minor: 80_000, ..share(0.9, 0.0) }),
        Verdict::Runs,
        Cause::Faults,
        "400000 page faults a second",
    );
    check(&scene(share(0.1, 0.8)), Verdict::Runs, Cause::Ready, "others have the CPUs");
    // What it was delayed before the first look is counted when it runs at last.
    let late = story::report(&scene(share(0.25, 3.0)), 1);
    let seen = late.stories[0].steps[0].evidence.join("\n");
    assert!(seen.contains("25 % on a CPU, 75 % ready without one"), "{seen}");
}

#[test]
fn a_quota_is_told_where_it_held_back() {
    let group = |times| Group {
        path: b"/box".to_vec(),
        quota: Some((1000, 100_000)),
        throttled: Some((times, times * 50_000_000)),
        ..Group::default()
    };
    let mut held = scene(share(0.01, 0.9));
    let process = held.processes.get_mut(&1).expect("it is there");
    (process.groups, process.groups_later) = (vec![group(5)], vec![group(7)]);
    check(&held, Verdict::Runs, Cause::Throttled, "held back by the CPU quota of its cgroup /box");
    held.times.insert(1, Times::default());
    let findings = story::report(&held, 1).findings;
    assert_eq!(
        findings,
        [
            "it runs, held back by the CPU quota of its cgroup /box: /box may use 1000 us of CPU time in 100000 us; it was held back 2 times \
             meanwhile, 7 times in all"
        ]
    );
    // It was held back before, and not while it was looked at.
    let process = held.processes.get_mut(&1).expect("it is there");
    process.groups_later = vec![group(5)];
    check(&held, Verdict::Runs, Cause::Ready, "others have the CPUs");
}

#[test]
fn a_real_time_task_that_has_the_cpu_is_to_blame() {
    let mut starved = scene(share(0.0, 0.95));
    starved.tasks.get_mut(&1).expect("it is there").processor = Some(1);
    starved.hogs = vec![(9, Some(0)), (7, Some(1))];
    starved.processes.insert(7, Process { pid: 7, threads: vec![7], ..Process::default() });
    let hog =
        Task { tid: 7, pid: 7, state: b'R', place: Place::Running, change: Some(share(0.99, 0.0)), ..Task::default() };
    starved.tasks.insert(7, hog);
    check(&starved, Verdict::Stuck, Cause::Ready, "a real-time task has its CPU");
    let report = story::report(&starved, 1);
    assert_eq!(report.stories[0].culprits.iter().map(|&at| report.stories[0].steps[at].pid).collect::<Vec<_>>(), [7]);
    // One on another CPU is not.
    starved.hogs = vec![(9, Some(0))];
    check(&starved, Verdict::Runs, Cause::Ready, "others have the CPUs");
}

#[test]
fn memory_is_short_where_a_limit_was_met() {
    let group = |met, refaults| Group {
        path: b"/box".to_vec(),
        memory: Some(GroupMemory { used: 19 << 20, high: None, max: Some(20 << 20), met, refaults }),
        ..Group::default()
    };
    let mut short = scene(share(0.5, 0.0));
    let process = short.processes.get_mut(&1).expect("it is there");
    (process.groups, process.groups_later) = (vec![group(5, 0)], vec![group(50, 9000)]);
    check(&short, Verdict::Runs, Cause::Memory, "its cgroup /box is at its limit of 20.0 MiB");
    let process = short.processes.get_mut(&1).expect("it is there");
    process.groups_later = vec![group(5, 0)];
    check(&short, Verdict::Runs, Cause::Runs, "runs");
}

#[test]
fn waits_in_the_kernel_are_told_by_their_place() {
    for (wchan, state, verdict, cause) in [
        ("__iomap_dio_rw", b'D', Verdict::Idle, Cause::Disk),
        ("folio_wait_bit_common", b'D', Verdict::Idle, Cause::Disk),
        ("request_wait_answer", b'S', Verdict::Unknown, Cause::Fuse),
        ("rwsem_down_write_slowpath", b'D', Verdict::Unknown, Cause::KernelLock),
        ("something_new", b'D', Verdict::Unknown, Cause::Kernel),
        ("something_new", b'S', Verdict::Unknown, Cause::Unknown),
    ] {
        let mut waits = scene(Change { state, ..Change::default() });
        let task = waits.tasks.get_mut(&1).expect("it is there");
        (task.state, task.place, task.wait, task.wchan) = (state, Place::Outside, Wait::Fault, Some(wchan.into()));
        check(&waits, verdict, cause, "");
    }
}
