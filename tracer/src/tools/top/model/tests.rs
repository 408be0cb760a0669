//! Frames of recorded samples: rates, what is new, what ended.

use super::*;
use crate::capture::Count;
use crate::tools::top::testing::{count, frame, sample};

fn model(counted: bool) -> Model {
    let source = if counted { Counted::Kernel } else { Counted::Not("no".into()) };
    Model::new(Setting { ticks: 100, page: 4096, cpus: 2, source })
}

fn row(frame: &Frame, pid: u32) -> &Row {
    frame.rows.iter().find(|row| row.pid == pid).expect("a row")
}

#[test]
fn rates_are_since_the_sample_before() {
    let frame = frame(true, false);
    let server = row(&frame, 42);
    assert_eq!((server.cpu, server.system, server.memory), (43.0, 13.0, 42 * 100 * 4096));
    let calls = server.calls.expect("counted");
    assert_eq!((calls.calls, calls.errors, calls.files, calls.network), (1707.0, 190.0, 500.0, 1200.0));
    assert_eq!(server.moved.expect("told").read, 400_000.0);
    assert_eq!(frame.own.0, 0.4);
}

#[test]
fn the_first_frame_has_no_rates() {
    let frame = model(true).frame(sample(1, true));
    assert!(frame.rows.iter().all(|row| row.cpu == 0.0 && row.calls.is_some_and(|calls| calls.calls == 0.0)));
}

#[test]
fn who_came_since_has_everything_since() {
    let mut model = model(true);
    model.frame(sample(1, true));
    let frame = model.frame(sample(2, true));
    assert_eq!(row(&frame, 99).cpu, 90.0);
}

#[test]
fn a_number_that_another_process_has_now_begins_anew() {
    let mut model = model(true);
    model.frame(sample(2, true));
    let mut later = sample(3, true);
    let process = later.processes.get_mut(&42).expect("the server");
    process.stat.start += 1;
    process.stat.user_time = 10;
    process.stat.system_time = 0;
    let frame = model.frame(later);
    assert_eq!(row(&frame, 42).cpu, 10.0);
}

#[test]
fn counts_that_grow_less_give_no_negative_rates() {
    let mut model = model(true);
    model.frame(sample(3, true));
    let frame = model.frame(Sample { at: 4.0, ..sample(1, true) });
    assert!(frame.rows.iter().all(|row| row.cpu >= 0.0 && row.calls.is_some_and(|calls| calls.calls >= 0.0)));
}

#[test]
fn without_counts_there_are_reads_and_writes() {
    let frame = frame(false, true);
    let server = row(&frame, 42);
    assert!(server.calls.is_none() && server.moved.is_some_and(|moved| moved.reads > 0.0));
    let one = frame.one.expect("looked into");
    assert!(one.called.is_empty() && one.history.calls.len() == 3, "{:?}", one.history);
}

#[test]
fn one_process_in_all_its_parts() {
    let one = frame(true, true).one.expect("looked into");
    assert_eq!(one.history.states, b"SSS");
    assert_eq!(one.history.descriptors, [11, 12, 13]);
    let order: Vec<(u32, f64)> = one.threads.iter().map(|thread| (thread.tid, thread.cpu)).collect();
    assert_eq!(order, [(43, 40.0), (42, 2.0), (44, 1.0)]);
    // Listeners first, then by what goes through them.
    let order: Vec<u64> = one.links.iter().map(|link| link.socket.id).collect();
    assert_eq!(order, [6, 7, 8]);
    assert_eq!(one.links[1].rates, Some((900.0, 120_000.0)));
    let names: Vec<&str> = one.called.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["recvfrom", "epoll_wait", "sendto", "openat", "futex"]);
    assert_eq!(one.times.sum(), 1707);
    assert_eq!(one.switches, Some((150.0, 9.0)));
    assert_eq!(one.children.iter().map(|child| child.0).collect::<Vec<_>>(), [50, 99]);
    assert_eq!(one.looked_ago, 2.0);
}

#[test]
fn a_history_is_of_one_process_and_has_an_end() {
    let mut history = None;
    let row = Row::default();
    for _ in 0..300 {
        remember(&mut history, (1, 1), &row, Some(3));
    }
    assert_eq!(history.as_ref().map(|history| history.states.len()), Some(HISTORY));
    assert_eq!(remember(&mut history, (1, 2), &row, None).states.len(), 1);
}

#[test]
fn counts_since() {
    let (before, now) = (count("read", 10, 2, 1000), count("read", 25, 2, 1000));
    let since = now.since(&before);
    assert_eq!((since.calls, since.errors, since.times.sum()), (15, 0, 15));
    assert!(since.min <= since.max && since.min >= 512 && since.max <= now.max, "{since:?}");
    let none = now.since(&now);
    assert_eq!((none.calls, none.percentile(99)), (0, 0));
    assert_eq!(now.since(&Count::none(false, now.nr)).calls, 25);
}
