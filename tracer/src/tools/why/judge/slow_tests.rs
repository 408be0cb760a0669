//! What follows from where the time went.

use super::slow::{findings, kind};
use crate::capture::Count;
use crate::schema::by_name;
use crate::tools::why::scene::Object;
use crate::tools::why::scene::times::{KINDS, Kind, Place, Thread, Times};

const SECOND: u64 = 1_000_000_000;

fn place(kind: Kind, call: &str, object: Option<&str>, total: u64, times: u64) -> Place {
    let mut count = Count::default();
    (0..times).for_each(|_| count.take(total / times, false));
    Place { kind, call: Some(call.to_owned()), object: object.map(str::to_owned), word: 16, is_lock: None, count }
}

fn thread(tid: u32, runs: u64, ready: u64, waits: Vec<Place>) -> Thread {
    Thread { tid, comm: b"w".to_vec(), runs, ready, taken: 7, waits, ..Thread::default() }
}

fn said(threads: Vec<Thread>, cpu: Option<(f64, f64)>) -> Vec<String> {
    findings(&Times { time: SECOND, threads, calls: Vec::new(), cpu })
}

#[test]
fn each_kind_has_its_row() {
    for (at, row) in KINDS.iter().enumerate() {
        assert_eq!(row.kind as usize, at, "{}", row.word);
        assert!(row.head.len() <= 5 && !row.what.is_empty(), "{}", row.word);
        assert!(KINDS.iter().filter(|other| other.word == row.word || other.head == row.head).count() == 1);
    }
}

#[test]
fn calls_wait_for_what_their_rows_say() {
    let file = Object::File(Box::default());
    for (call, blocks, object, expected) in [
        (Some("clock_nanosleep"), false, None, Kind::Sleep),
        (Some("futex"), false, None, Kind::Lock),
        (Some("epoll_wait"), false, None, Kind::Events),
        (Some("poll"), false, None, Kind::Events),
        (Some("pause"), false, None, Kind::Signal),
        (Some("wait4"), false, None, Kind::Peer),
        (Some("flock"), false, Some(&file), Kind::Peer),
        (Some("fsync"), true, Some(&file), Kind::File),
        (Some("read"), true, Some(&file), Kind::File),
        (Some("read"), false, Some(&Object::Pipe(Default::default())), Kind::Peer),
        (Some("recvfrom"), false, None, Kind::Network),
        (Some("recvfrom"), false, Some(&Object::Closed), Kind::Network),
        (Some("accept4"), false, None, Kind::Network),
        (Some("openat"), true, None, Kind::File),
        (None, true, None, Kind::Memory),
        (None, false, None, Kind::Other),
    ] {
        let row = call.map(|call| by_name(call).expect(call));
        assert_eq!(kind(row, blocks, object), expected, "{call:?}");
    }
}

#[test]
fn who_runs_is_cpu_bound() {
    let busy = thread(3, 9 * SECOND / 10, SECOND / 10, Vec::new());
    let idle = thread(4, 0, 0, vec![place(Kind::Sleep, "clock_nanosleep", None, SECOND, 1)]);
    assert_eq!(
        said(vec![idle, busy], Some((0.2, 0.7))),
        [
            "it is CPU bound: thread 3 (w) ran 90.0 % of the time, 78 % of that in the kernel",
            "it wants for a CPU: thread 3 (w) was ready 10.0 % of the time and had none; one was taken from it 7 times",
        ]
    );
}

#[test]
fn who_waits_for_disks_is_io_bound() {
    let waits = vec![
        place(Kind::File, "fsync", Some("5 (/var/db)"), SECOND / 2, 9),
        place(Kind::File, "read", None, SECOND / 4, 2),
        place(Kind::Sleep, "clock_nanosleep", None, SECOND / 4, 1),
    ];
    let expected =
        "it is I/O bound: thread 3 (w) waits for files and disks 75.0 % of the time, most in fsync on 5 (/var/db)";
    assert_eq!(said(vec![thread(3, 0, 0, waits)], None), [expected]);
}

#[test]
fn locks_that_threads_take_from_each_other_are_contended() {
    let lock = |times| vec![place(Kind::Lock, "futex", Some("the word at 0x10"), SECOND, times)];
    let found = said(vec![thread(3, 0, 0, lock(80)), thread(4, 0, 0, lock(80))], None);
    let expected = "locks are contended, or a pool is given work: 2 threads waited 160 times for the word at 0x10, 2.00 s together, half of them longer than 12.5 ms";
    assert_eq!(found, [expected]);
    // One that is known to be a lock is contended however long it is held; a condition variable never.
    for (is_lock, times, expected) in [(Some(true), 5, 1), (Some(false), 80, 0)] {
        let waits = || {
            let mut waits = lock(times);
            waits[0].is_lock = is_lock;
            waits
        };
        assert_eq!(said(vec![thread(3, 0, 0, waits()), thread(4, 0, 0, waits())], None).len(), expected, "{is_lock:?}");
    }
    // A pool that waits for work is none.
    assert_eq!(said(vec![thread(3, 0, 0, lock(1)), thread(4, 0, 0, lock(1))], None), Vec::<String>::new());
}

#[test]
fn who_has_nothing_to_do_is_idle() {
    let waits = || vec![place(Kind::Events, "epoll_wait", None, SECOND, 3)];
    let found = said(vec![thread(3, SECOND / 1000, 0, waits()), thread(4, 0, 0, waits())], None);
    assert_eq!(found, ["it has nothing to do: its threads wait for one of several descriptors"]);
    assert_eq!(said(Vec::new(), None), Vec::<String>::new());
}

#[test]
fn calls_that_fail_are_told() {
    let mut count = Count::default();
    (0..2000).for_each(|n| count.take(10, n % 4 != 0));
    let times = Times {
        time: SECOND,
        threads: vec![thread(3, SECOND / 2, 0, vec![place(Kind::Events, "poll", None, SECOND / 2, 9)])],
        calls: vec![("read".to_owned(), count)],
        cpu: None,
    };
    assert_eq!(findings(&times), ["1500 of 2000 calls of read failed"]);
}
