//! Attaching to programs that run, and letting go of them: they must not notice.

use std::process::Stdio;

use super::*;
use crate::capture::testing::watch;
use crate::spec::Target;

/// A child that runs until it is killed, whatever becomes of its test.
struct Running(std::process::Child);

impl Running {
    fn new(argv: &[&str]) -> Running {
        let child = std::process::Command::new(argv[0]).args(&argv[1..]).stdin(Stdio::null()).spawn();
        Running(child.expect("a child"))
    }

    fn state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).expect("it is there");
        stat.rsplit(')').next().and_then(|s| s.trim_start().chars().next()).expect("a state")
    }

    fn tracer(&self) -> u32 {
        crate::system::procfs::who::Who::Id(self.0.id()).status().expect("it is there").tracer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn attached(running: &Running) -> Watch {
    Watch { target: Target { pids: vec![running.0.id() as i32], ..Target::default() }, follow: true, ..watch() }
}

#[test]
fn detaching_leaves_programs_running() {
    let running = Running::new(&["sh", "-c", "while :; do :; done"]);
    let mut trace = Trace::of(&attached(&running));
    assert_ne!(running.tracer(), 0);
    let seen = trace.until(|seen| !seen.is_empty());
    assert_eq!((seen[0].head.kind, seen[0].head.tid), (kind::ATTACH, running.0.id()));
    trace.source.detach(&mut trace.batch).expect("it lets go");
    assert_eq!((running.tracer(), running.state()), (0, 'R'));
}

#[test]
fn a_sleeping_program_sleeps_on() {
    let running = Running::new(&["sleep", "1000"]);
    for _ in 0..20 {
        let mut trace = Trace::of(&attached(&running));
        trace.source.read(&mut trace.batch, Duration::from_millis(1)).expect("it reads");
        drop(trace);
        assert_eq!(running.tracer(), 0);
    }
    let begun = Instant::now();
    while running.state() != 'S' {
        assert!(begun.elapsed() < PATIENCE, "state {}", running.state());
    }
}

#[test]
fn a_stopped_program_stays_stopped() {
    let running = Running::new(&["sleep", "1000"]);
    // SAFETY: the child is ours.
    unsafe { libc::kill(running.0.id() as i32, libc::SIGSTOP) };
    let begun = Instant::now();
    while running.state() != 'T' {
        assert!(begun.elapsed() < PATIENCE);
    }
    let mut trace = Trace::of(&attached(&running));
    let seen = trace.until(|seen| seen.iter().any(|s| s.head.kind == kind::STOPPED));
    assert_eq!(seen.last().map(|s| s.head.ret), Some(i64::from(libc::SIGSTOP)));
    drop(trace);
    assert_eq!(running.tracer(), 0);
    // It wakes for a moment, inside the kernel, to stop again.
    let begun = Instant::now();
    while running.state() != 'T' {
        assert!(begun.elapsed() < PATIENCE);
    }
}

#[test]
fn all_threads_are_attached() {
    let program = fixture!(
        "threads",
        r#"#include <pthread.h>
        #include <unistd.h>
        static void *run(void *p) { for (;;) { getppid(); usleep(1000); } return p; }
        int main(void) { pthread_t t; for (int i = 0; i < 3; i++) pthread_create(&t, 0, run, 0); for (;;) pause(); }"#
    );
    let running = Running::new(&[&program]);
    let tasks = || std::fs::read_dir(format!("/proc/{}/task", running.0.id())).expect("its tasks").count();
    let begun = Instant::now();
    while tasks() < 4 {
        assert!(begun.elapsed() < PATIENCE);
    }
    let mut trace = Trace::of(&attached(&running));
    let callers = |seen: &[Seen]| {
        let mut tids: Vec<u32> = calls(seen, libc::SYS_getppid).iter().map(|s| s.head.tid).collect();
        tids.sort_unstable();
        tids.dedup();
        tids.len()
    };
    let seen = trace.until(|seen| callers(seen) == 3);
    assert_eq!(seen.iter().filter(|s| s.head.kind == kind::ATTACH).count(), 4);
}

#[test]
fn who_is_not_there_is_refused() {
    let watch = Watch { target: Target { pids: vec![i32::MAX], ..Target::default() }, ..watch() };
    let error = PtraceSource::open(&watch, None).err().expect("nobody to attach to");
    assert_eq!(
        format!("{error:#}").split(" (").next(),
        Some("attach: ptrace(PTRACE_SEIZE, 2147483647): No such process")
    );
}
