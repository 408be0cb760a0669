//! Samples as they were read of a server and its neighbours, for tests.

use std::collections::BTreeMap;

use crate::capture::Count;
use crate::schema::{Abi, by_name};
use crate::system::process::{Io, Stat, Status};
use crate::tools::top::model::{Counted, Frame, Model, Setting};
use crate::tools::top::sample::*;

/// What a terminal would obey, and what is no UTF-8.
pub const EVIL: &[u8] = b"a\x1b[2J\r\nb\x07\xff\xe2\x80\xae\xc2\x9b\x7fz";

/// Counts of a call: how often, how often it failed, each so long.
pub fn count(name: &str, calls: u64, errors: u64, ns: u64) -> Count {
    let nr = u32::from(by_name(name).expect(name).nr[Abi::NATIVE as usize]);
    let mut count = Count::none(false, nr);
    (0..calls).for_each(|at| count.take(ns + at * 16, at < errors));
    count
}

/// A process that has used so many ticks.
fn process(pid: u32, ppid: u32, comm: &[u8], state: u8, (user, system): (u64, u64), io: u64) -> (u32, Process) {
    let stat = Stat {
        pid,
        ppid,
        comm: comm.to_vec(),
        state,
        user_time: user,
        system_time: system,
        start: u64::from(pid),
        threads: if pid == 42 { 3 } else { 1 },
        resident: u64::from(pid) * 100,
        faults: (io / 1000, io / 100_000),
        ..Stat::default()
    };
    let io = Io { read: io, written: io / 2, read_calls: io / 1024, write_calls: io / 4096, ..Io::default() };
    (pid, Process { stat, io: Some(io) })
}

/// The server as it was read at a time: `step` grows.
fn focus(step: u64) -> Focus {
    let thread = |tid: u32, comm: &[u8], state, ticks, does: &str| Thread {
        tid,
        comm: comm.to_vec(),
        state,
        ticks,
        does: does.to_owned(),
        switches: Some((step * 50, step * 3)),
    };
    let socket = |id, state, queues: (u64, u64), local: &str, remote: &str, bytes| Connection {
        id,
        kind: "tcp",
        state,
        recv_q: queues.0,
        send_q: queues.1,
        local: local.to_owned(),
        remote: remote.to_owned(),
        bytes,
    };
    let file = |path: &[u8], calls, errors, read| File { path: path.to_vec(), calls, errors, read, written: 0 };
    let memory = vec![("VmSize", 220_000), ("VmHWM", 18_000), ("VmSwap", 64)];
    Focus {
        pid: 42,
        command: [b"/usr/bin/server".as_slice(), b"--port", b"8642"].map(<[u8]>::to_vec).into(),
        status: Status { memory, ..Status::default() },
        threads: vec![
            thread(42, b"server", b'S', step * 2, "epoll_wait: waits for events of 5<anon_inode:[eventpoll]>"),
            thread(43, b"worker", b'R', step * 40, "runs"),
            thread(44, EVIL, b'D', step, "fsync: waits for 9</srv/data.db>"),
        ],
        descriptors: Some(10 + step),
        kinds: vec![("sockets", 6), ("files", 3), ("pipes", 2)],
        connections: vec![
            socket(7, "ESTAB", (0, 2048), "127.0.0.1:8642", "127.0.0.1:40001", Some((step * 900, step * 120_000))),
            socket(8, "ESTAB", (512, 0), "127.0.0.1:8642", "127.0.0.1:40002", Some((step * 10, step * 20))),
            socket(6, "LISTEN", (1, 5), "127.0.0.1:8642", "", None),
        ],
        more_connections: 2,
        looked: Looked {
            at: 1.0,
            time: 0.15,
            calls: 812,
            lines: (0..40)
                .map(|at| {
                    (42 + at % 3, format!("read({}</srv/page-{at}.html>, \"<html>\"..., 8192) = {}", 9 + at, 512 * at))
                })
                .collect(),
            files: vec![
                file(b"/srv/data.db", 300, 0, 1 << 20),
                file(b"/srv/index.html", 90, 0, 9000),
                file(EVIL, 2, 2, 0),
            ],
            why_not: String::new(),
        },
        missing: Vec::new(),
    }
}

/// A sample; `step` 1, 2, ...
pub fn sample(step: u64, counted: bool) -> Sample {
    let ms = |n: u64| n * step;
    let mut processes = BTreeMap::from([
        process(1, 0, b"systemd", b'S', (100, 50), 4096),
        process(42, 1, b"server", b'S', (ms(30), ms(13)), ms(400_000)),
        process(50, 42, b"helper", b'S', (ms(1), 0), ms(1000)),
        process(77, 1, b"backup", b'D', (ms(5), ms(20)), ms(9_000_000)),
        process(90, 1, EVIL, b'Z', (0, 0), 0),
    ]);
    if step > 1 {
        processes.extend([process(99, 42, b"new", b'R', (80, 10), 50_000)]);
    }
    let counts = BTreeMap::from([
        (1, vec![count("epoll_wait", 1, 0, 1000)]),
        (
            42,
            vec![
                count("epoll_wait", ms(400), 0, 2_000_000),
                count("recvfrom", ms(800), ms(100), 900),
                count("sendto", ms(400), 0, 12_000),
                count("openat", ms(100), ms(90), 3000),
                count("futex", ms(7), 0, 800_000_000),
            ],
        ),
        (50, vec![count("write", ms(3), 0, 4000)]),
        (77, vec![count("read", ms(2200), 0, 60_000)]),
    ]);
    Sample {
        at: step as f64,
        wall: 1_764_500_000.0 + step as f64,
        clock: format!("12:00:{step:02}"),
        processes,
        counts: counted.then_some(counts),
        focus: None,
        losses: vec![],
        own: Own { cpu: ms(4_000_000), memory: 12 << 20 },
    }
}

/// A frame of the third sample; `one`: the server is looked into.
pub fn frame(counted: bool, one: bool) -> Frame {
    let source =
        if counted { Counted::Kernel } else { Counted::Not("it needs root, or CAP_BPF and CAP_PERFMON".into()) };
    let mut model = Model::new(Setting { ticks: 100, page: 4096, cpus: 2, source });
    let mut frame = Frame::default();
    for step in 1..=3 {
        let mut sample = sample(step, counted);
        sample.focus = one.then(|| focus(step));
        frame = model.frame(sample);
    }
    frame
}
