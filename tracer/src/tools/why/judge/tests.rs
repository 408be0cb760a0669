//! The judge on scenes that were put together: verdict, cause, culprits, and where a circle is none.

use super::outcome::Verdict;
use super::{Cause, Sure, story};
use crate::schema::waits::Purpose;
use crate::system::process::Group;
use crate::system::snapshot::{Access, Lock};
use crate::tools::why::report::Report;
use crate::tools::why::scene::objects::{Kind, Listener};
use crate::tools::why::scene::{
    Call, Change, FileLock, Futex, Holder, Object, Pipe, Place, Process, Scene, Task, Unix, Wait, Waited,
};

/// Processes of one thread each, whose tids are their pids.
fn scene(waits: Vec<(u32, Wait)>) -> Scene {
    let mut scene = Scene { between: 0.2, ticks: 100, cpus: 2, ..Scene::default() };
    for (pid, wait) in waits {
        add(&mut scene, pid, pid, wait);
    }
    scene
}

/// Adds a thread that waits in a call and was seen twice at the same place.
fn add(scene: &mut Scene, pid: u32, tid: u32, wait: Wait) {
    let process =
        scene.processes.entry(pid).or_insert_with(|| Process { pid, comm: b"p".to_vec(), ..Process::default() });
    process.threads.push(tid);
    let runs = matches!(wait, Wait::Nothing);
    let (state, place) = if runs { (b'R', Place::Running) } else { (b'S', Place::Call) };
    let change = Change { state, ran: if runs { 190_000_000 } else { 0 }, times: u64::from(runs), ..Change::default() };
    let call = (!runs).then(|| Call { name: "call".into(), text: "call()".into(), limit: None });
    scene.tasks.insert(
        tid,
        Task { tid, pid, comm: b"t".to_vec(), state, place, call, wait, change: Some(change), ..Task::default() },
    );
}

fn threads(waits: Vec<(u32, Wait)>) -> Scene {
    let mut scene = scene(Vec::new());
    for (tid, wait) in waits {
        add(&mut scene, 1, tid, wait);
    }
    scene
}

fn mutex(address: u64, owner: u32) -> Wait {
    Wait::Futex(Futex {
        address,
        of: Kind::Mutex,
        owner: Some(owner),
        named: owner,
        value: Some(2),
        expected: 2,
        ..Futex::default()
    })
}

fn condition(address: u64) -> Wait {
    Wait::Futex(Futex { address, of: Kind::Condition, value: Some(0), ..Futex::default() })
}

fn join(tid: u32) -> Wait {
    Wait::Futex(Futex {
        address: 9,
        of: Kind::Join,
        owner: Some(tid),
        shared: true,
        value: Some(tid),
        ..Futex::default()
    })
}

fn ends(list: &[(u32, Access)]) -> Vec<Holder> {
    list.iter().map(|&(pid, access)| Holder { pid, fd: 3, access }).collect()
}

fn pipe(purpose: Purpose, list: &[(u32, Access)]) -> Wait {
    Wait::Descriptor(
        0,
        purpose,
        Object::Pipe(Pipe { inode: 5, filled: Some((0, 65536)), ends: ends(list), path: None }),
    )
}

/// Verdict, cause, how sure, the culprits' tids.
fn check(scene: &Scene, pid: u32, verdict: Verdict, cause: Cause, culprits: &[u32]) -> Report {
    let report = story::report(scene, pid);
    let first = report.stories.first().expect("a story");
    let found: Vec<u32> = first.culprits.iter().map(|&at| first.steps[at].tid).collect();
    assert_eq!((report.verdict, first.cause, found.as_slice()), (verdict, cause, culprits), "{}", report.conclusion);
    report
}

use Access::{Read, Update, Write};

#[test]
fn one_thread_waits_for_another() {
    check(&threads(vec![(1, mutex(16, 2)), (2, Wait::Time)]), 1, Verdict::Stuck, Cause::Mutex, &[2]);
    check(&threads(vec![(1, mutex(16, 2)), (2, Wait::Nothing)]), 1, Verdict::Runs, Cause::Mutex, &[2]);
    check(&threads(vec![(1, join(2)), (2, Wait::Time)]), 1, Verdict::Idle, Cause::Join, &[2]);
    check(&threads(vec![(1, condition(16)), (2, Wait::Time)]), 1, Verdict::Idle, Cause::Condition, &[2]);
    // The owner's number is no thread's any more.
    let gone = Wait::Futex(Futex { of: Kind::Mutex, named: 77, value: Some(2), ..Futex::default() });
    check(&threads(vec![(1, gone)]), 1, Verdict::Stuck, Cause::Mutex, &[]);
    // A holder that nobody records: of two who could be, none is named.
    let lock = Wait::Futex(Futex { address: 8, of: Kind::Lock, value: Some(2), expected: 2, ..Futex::default() });
    let report =
        check(&threads(vec![(1, lock), (2, Wait::Nothing), (3, Wait::Time)]), 1, Verdict::Runs, Cause::Lock, &[]);
    assert_eq!(report.stories[0].sure, Sure::Unknown);
}

/// The call of a task ends by itself in so many seconds.
fn limited(mut scene: Scene, tid: u32, left: f64) -> Scene {
    scene.tasks.get_mut(&tid).and_then(|task| task.call.as_mut()).expect("a call").limit = Some(left);
    scene
}

#[test]
fn what_ends_by_itself_is_not_stuck() {
    // Nobody else could do it, and time does.
    let alone = |kind| vec![(1, Wait::Futex(Futex { address: 16, of: kind, value: Some(0), ..Futex::default() }))];
    for (kind, cause) in [(Kind::Condition, Cause::Condition), (Kind::Semaphore, Cause::Semaphore)] {
        check(&threads(alone(kind)), 1, Verdict::Stuck, cause, &[]);
        check(&limited(threads(alone(kind)), 1, 1.0), 1, Verdict::Idle, cause, &[]);
    }
    let circle = || threads(vec![(1, mutex(16, 2)), (2, mutex(32, 1))]);
    check(&circle(), 1, Verdict::Stuck, Cause::Mutex, &[1, 2]);
    check(&limited(circle(), 1, 3.0), 1, Verdict::Idle, Cause::Mutex, &[2]);
    // Who holds the lock sleeps for a moment, or for long.
    let sleeper = || threads(vec![(1, mutex(16, 2)), (2, Wait::Time)]);
    check(&limited(sleeper(), 2, 0.3), 1, Verdict::Idle, Cause::Mutex, &[2]);
    check(&limited(sleeper(), 2, 1000.0), 1, Verdict::Stuck, Cause::Mutex, &[2]);
    // It was given a CPU since: what was seen first is over.
    let mut moved =
        threads(vec![(1, Wait::Futex(Futex { of: Kind::Mutex, named: 77, value: Some(2), ..Futex::default() }))]);
    moved.tasks.get_mut(&1).and_then(|task| task.change.as_mut()).expect("a change").times = 9;
    check(&moved, 1, Verdict::Runs, Cause::Mutex, &[]);
}

#[test]
fn what_a_handler_could_do_is_not_known() {
    let caught = |waits: Vec<(u32, Wait)>, caught| {
        let mut scene = threads(waits);
        scene.processes.get_mut(&1).expect("a process").caught = caught;
        scene
    };
    let own = || pipe(Purpose::Read, &[(1, Read), (1, Write)]);
    let (alarm, int) = (1 << (libc::SIGALRM - 1), 1 << (libc::SIGINT - 1));
    check(&caught(vec![(1, own())], int), 1, Verdict::Stuck, Cause::PipeEmpty, &[1]);
    let report = check(&caught(vec![(1, own())], alarm | int), 1, Verdict::Unknown, Cause::PipeEmpty, &[]);
    assert!(report.stories[0].steps[0].evidence.iter().any(|seen| seen.contains("a handler for SIGALRM")));
    // No handler lets a mutex go, and none may signal a condition variable.
    check(&caught(vec![(1, mutex(16, 1))], alarm), 1, Verdict::Stuck, Cause::Mutex, &[1]);
    check(&caught(vec![(1, condition(16))], alarm), 1, Verdict::Stuck, Cause::Condition, &[]);
}

#[test]
fn workers_that_take_turns_at_accept_are_idle() {
    let listens = Unix { listens: Some((0, 5)), ..Unix::default() };
    let accept = || Wait::Descriptor(3, Purpose::Accept, Object::Unix(listens.clone()));
    check(&threads(vec![(1, mutex(16, 2)), (2, accept())]), 1, Verdict::Idle, Cause::Mutex, &[2]);
    // Who is to read a full pipe, and waits for connections instead, does not read it.
    let full = Wait::Descriptor(
        1,
        Purpose::Write,
        Object::Pipe(Pipe { inode: 5, filled: Some((65536, 65536)), ends: ends(&[(1, Write), (2, Read)]), path: None }),
    );
    check(&scene(vec![(1, full), (2, accept())]), 1, Verdict::Stuck, Cause::PipeFull, &[2]);
}

#[test]
fn circles_are_drawn_and_named() {
    let two = threads(vec![(1, join(2)), (2, mutex(16, 3)), (3, mutex(32, 2))]);
    let report = check(&two, 1, Verdict::Stuck, Cause::Join, &[2, 3]);
    assert!(report.conclusion.starts_with("stuck in a deadlock: "), "{}", report.conclusion);
    assert_eq!(report.stories.iter().filter(|story| story.circle.is_some()).count(), 3);
    let three = threads(vec![(2, mutex(16, 3)), (3, mutex(32, 4)), (4, mutex(48, 2))]);
    check(&three, 1, Verdict::Stuck, Cause::Mutex, &[2, 3, 4]);
    check(&threads(vec![(1, mutex(16, 1))]), 1, Verdict::Stuck, Cause::Mutex, &[1]);
    let pipes = scene(vec![
        (1, pipe(Purpose::Read, &[(1, Read), (2, Write)])),
        (2, pipe(Purpose::Read, &[(2, Read), (1, Write)])),
    ]);
    check(&pipes, 1, Verdict::Stuck, Cause::PipeEmpty, &[1, 2]);
    // The only one who could write reads.
    check(&scene(vec![(1, pipe(Purpose::Read, &[(1, Read), (1, Write)]))]), 1, Verdict::Stuck, Cause::PipeEmpty, &[1]);
    // Nobody is left to signal it: the other thread waits for this one.
    let report = check(&threads(vec![(1, join(2)), (2, condition(16))]), 1, Verdict::Stuck, Cause::Join, &[1, 2]);
    assert!(report.conclusion.contains("most likely a deadlock"), "{}", report.conclusion);
}

#[test]
fn a_circle_is_none_where_somebody_else_may_act() {
    let ways = |third: Wait| {
        scene(vec![
            (1, pipe(Purpose::Read, &[(1, Read), (2, Write), (3, Write)])),
            (2, pipe(Purpose::Read, &[(2, Read), (1, Write)])),
            (3, third),
        ])
    };
    check(&ways(Wait::Time), 1, Verdict::Idle, Cause::PipeEmpty, &[3]);
    check(&ways(Wait::Nothing), 1, Verdict::Idle, Cause::PipeEmpty, &[3]);
    check(&ways(pipe(Purpose::Read, &[(3, Read), (1, Write)])), 1, Verdict::Stuck, Cause::PipeEmpty, &[1, 2]);
    // A time limit opens it, and a thread that was given a CPU meanwhile is not waiting for ever.
    let mut limited = threads(vec![(2, mutex(16, 3)), (3, mutex(32, 2))]);
    limited.tasks.get_mut(&3).and_then(|task| task.call.as_mut()).expect("a call").limit = Some(5.0);
    check(&limited, 1, Verdict::Idle, Cause::Mutex, &[3]);
    let mut moved = threads(vec![(2, mutex(16, 3)), (3, mutex(32, 2))]);
    moved.tasks.get_mut(&3).and_then(|task| task.change.as_mut()).expect("a change").times = 1;
    check(&moved, 1, Verdict::Runs, Cause::Mutex, &[3]);
}

#[test]
fn processes_wait_for_each_other() {
    let full = |reader: Wait| scene(vec![(1, pipe(Purpose::Write, &[(1, Write), (2, Read)])), (2, reader)]);
    check(&full(Wait::Time), 1, Verdict::Stuck, Cause::PipeFull, &[2]);
    check(&full(Wait::Nothing), 1, Verdict::Idle, Cause::PipeFull, &[2]);
    let terminal = Wait::Descriptor(0, Purpose::Read, Object::Terminal(b"/dev/tty1".to_vec(), Some(true)));
    check(&full(terminal), 1, Verdict::Idle, Cause::PipeFull, &[2]);
    check(&scene(vec![(1, Wait::Children(vec![2])), (2, Wait::Time)]), 1, Verdict::Idle, Cause::Children, &[2]);
    let listener = Some(Listener { holders: ends(&[(2, Update)]), waiting: (2, 1) });
    let connects = Wait::Descriptor(3, Purpose::Connect, Object::Unix(Unix { listener, ..Unix::default() }));
    check(&scene(vec![(1, connects), (2, Wait::Time)]), 1, Verdict::Stuck, Cause::UnixBacklog, &[2]);
    let held = Lock {
        number: 1,
        waits: false,
        class: "FLOCK".into(),
        kind: "ADVISORY".into(),
        writes: true,
        pid: Some(2),
        file: None,
        range: (0, None),
    };
    let lock = Wait::Lock(FileLock { path: b"/a".to_vec(), held: Some(held), holders: vec![2], named: true });
    check(&scene(vec![(1, lock), (2, Wait::Signal)]), 1, Verdict::Stuck, Cause::FileLock, &[2]);
    // A chain of three.
    let chain =
        scene(vec![(1, Wait::Children(vec![2])), (2, pipe(Purpose::Write, &[(2, Write), (3, Read)])), (3, Wait::Time)]);
    check(&chain, 1, Verdict::Stuck, Cause::Children, &[3]);
}

#[test]
fn who_is_held_is_held_by_somebody() {
    let mut frozen = scene(vec![(1, Wait::Call)]);
    let groups = vec![Group { path: b"/box".to_vec(), frozen: true, ..Group::default() }];
    frozen.processes.get_mut(&1).expect("it is there").groups = groups;
    let report = check(&frozen, 1, Verdict::Stuck, Cause::Frozen, &[]);
    assert!(report.conclusion.contains("/box"), "{}", report.conclusion);
    let mut stopped = scene(vec![(1, Wait::Call)]);
    let task = stopped.tasks.get_mut(&1).expect("it is there");
    (task.state, task.stopped_by) = (b'T', libc::SIGSTOP as u32);
    check(&stopped, 1, Verdict::Stuck, Cause::Stopped, &[]);
    let mut traced = scene(vec![(1, Wait::Call), (2, Wait::Time)]);
    traced.tasks.get_mut(&1).expect("it is there").state = b't';
    traced.processes.get_mut(&1).expect("it is there").tracer = 2;
    check(&traced, 1, Verdict::Stuck, Cause::Traced, &[2]);
    let mut zombie = scene(vec![(1, Wait::Call), (2, Wait::Time)]);
    let process = zombie.processes.get_mut(&1).expect("it is there");
    (process.zombie, process.ppid) = (true, 2);
    zombie.tasks.get_mut(&1).expect("it is there").state = b'Z';
    check(&zombie, 1, Verdict::Stuck, Cause::Zombie, &[2]);
}

#[test]
fn idle_ones_are_idle() {
    for wait in [
        Wait::Time,
        Wait::Signal,
        Wait::Ready("poll", Vec::new(), 0),
        Wait::Descriptor(0, Purpose::Read, Object::Changes),
        Wait::Descriptor(0, Purpose::Read, Object::Timer(Some(5.0))),
        Wait::Descriptor(3, Purpose::Accept, Object::Unix(Unix { listens: Some((0, 5)), ..Unix::default() })),
    ] {
        let report = story::report(&scene(vec![(1, wait.clone())]), 1);
        assert_eq!((report.verdict, report.code()), (Verdict::Idle, 1), "{wait:?}: {}", report.conclusion);
    }
    // A pool: who waits for work waits for the thread that waits for connections.
    let listens = Wait::Descriptor(3, Purpose::Accept, Object::Unix(Unix { listens: Some((0, 5)), ..Unix::default() }));
    let pool = threads(vec![(1, listens), (2, condition(16)), (3, condition(16))]);
    let report = story::report(&pool, 1);
    assert_eq!(report.verdict, Verdict::Idle, "{}", report.conclusion);
    assert_eq!(report.stories.iter().map(|story| story.tids.len()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn sets_of_descriptors_end_by_any_of_them() {
    let object = |list: &[(u32, Access)]| Object::Pipe(Pipe { inode: 5, ends: ends(list), ..Pipe::default() });
    let one = |fd, object| Waited { fd, read: true, write: false, object };
    let only = vec![one(3, object(&[(1, Read), (2, Write)]))];
    check(&scene(vec![(1, Wait::Ready("epoll", only, 0)), (2, Wait::Time)]), 1, Verdict::Idle, Cause::PipeEmpty, &[2]);
    let several = vec![one(3, object(&[(1, Read), (2, Write)])), one(4, Object::Changes)];
    check(
        &scene(vec![(1, Wait::Ready("poll", several, 0)), (2, Wait::Time)]),
        1,
        Verdict::Idle,
        Cause::Readiness,
        &[2],
    );
    // More than are followed: work may come from anywhere.
    let many = vec![one(3, object(&[(1, Read), (2, Write)]))];
    check(&scene(vec![(1, Wait::Ready("epoll", many, 20)), (2, Wait::Time)]), 1, Verdict::Idle, Cause::Readiness, &[]);
}

#[test]
fn what_nobody_sees_is_not_invented() {
    let mut closed = scene(vec![(1, Wait::Fault)]);
    let task = closed.tasks.get_mut(&1).expect("it is there");
    (task.place, task.call) = (Place::Unseen, None);
    closed.processes.get_mut(&1).expect("it is there").closed = Some("Permission denied".into());
    let report = check(&closed, 1, Verdict::Unknown, Cause::Unseen, &[]);
    assert_eq!(report.code(), 4);
    assert!(report.conclusion.starts_with("I do not know: "), "{}", report.conclusion);
    // The other end could not be found.
    let alone = scene(vec![(1, pipe(Purpose::Read, &[(1, Read)]))]);
    assert_eq!(check(&alone, 1, Verdict::Unknown, Cause::PipeEmpty, &[]).code(), 4);
    let nobody = story::report(&Scene::default(), 1);
    assert!(nobody.ended && nobody.stories.is_empty());
}
