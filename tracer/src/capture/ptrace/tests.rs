//! Record sequences of small programs. Fixtures in C are skipped by name where there is no compiler.

use std::time::Instant;

use tracer_common::event::{Head, flag, kind, status};
use tracer_common::plan::PLANS;

use super::*;
use crate::capture::testing::{Seen, compile, records, run};
use crate::spec::CallFilter;

/// Far beyond what any of these needs; a test that comes here has hung.
const PATIENCE: Duration = Duration::from_secs(20);

struct Trace {
    source: PtraceSource,
    batch: Batch,
}

impl Trace {
    fn of(watch: &Watch) -> Trace {
        Trace { source: PtraceSource::open(watch, None).expect("it opens"), batch: Batch::new() }
    }

    /// Reads until `enough` of the records so far, or the end.
    fn until(&mut self, enough: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let begun = Instant::now();
        loop {
            let status = self.source.read(&mut self.batch, Duration::from_millis(100)).expect("it reads");
            let seen = records(&self.batch);
            if status == Status::Done || enough(&seen) {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "hangs after {:?}", kinds(&seen));
        }
    }

    fn all(watch: &Watch) -> Vec<Seen> {
        Trace::of(watch).until(|_| false)
    }
}

fn kinds(seen: &[Seen]) -> Vec<(u8, u32)> {
    seen.iter().map(|s| (s.head.kind, s.head.nr)).collect()
}

fn is(head: &Head, nr: libc::c_long) -> bool {
    head.kind == kind::CALL && head.nr == nr as u32
}

fn calls(seen: &[Seen], nr: libc::c_long) -> Vec<&Seen> {
    seen.iter().filter(|s| is(&s.head, nr)).collect()
}

fn text(seen: &Seen) -> Option<&[u8]> {
    seen.blobs.iter().find(|(b, _)| b.shape == tracer_common::plan::shape::TEXT).map(|(_, bytes)| bytes.as_slice())
}

macro_rules! fixture {
    ($name:literal, $source:expr) => {
        match compile($name, $source) {
            Some(program) => program.to_str().expect("a path in UTF-8").to_owned(),
            None => {
                eprintln!("skipped: {} needs a C compiler", $name);
                return;
            }
        }
    };
}

mod attached;

#[test]
fn execve_is_first_and_exit_is_last() {
    let seen = Trace::all(&run(&["true"]));
    assert_eq!(seen[0].head.kind, kind::EXEC);
    assert!(is(&seen[1].head, libc::SYS_execve), "{:?}", seen[1].head);
    assert_eq!((seen[1].head.ret, seen[1].head.flags), (0, 0));
    let [.., leaving, exit] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(is(&leaving.head, libc::SYS_exit_group));
    assert_ne!(leaving.head.flags & flag::NO_RETURN, 0);
    assert_eq!((exit.head.kind, exit.head.ret, exit.head.args[0]), (kind::EXIT, 0, 1));
    assert!(seen.iter().filter(|s| s.head.kind == kind::CALL).all(|s| s.head.time > 0));
}

#[test]
fn a_failed_execve_is_the_only_call() {
    let mut trace = Trace::of(&run(&["/etc/passwd"]));
    let seen = trace.until(|_| false);
    assert_eq!(kinds(&seen), [(kind::CALL, libc::SYS_execve as u32), (kind::EXIT, libc::SYS_exit_group as u32)]);
    assert_eq!(seen[0].head.ret, -i64::from(libc::EACCES));
    assert_eq!(seen[1].head.ret, 1 << 8);
    assert_eq!(trace.source.exec_error(), Some(libc::EACCES));
}

/// Whether a call is sent whatever was asked for.
fn is_told(head: &Head) -> bool {
    crate::schema::reach::may_reach(head.flags & flag::COMPAT != 0, head.nr)
}

#[test]
fn only_wanted_calls_are_sent() {
    let mut watch = run(&["cat", "/etc/hostname"]);
    watch.calls = CallFilter { places: vec![false; PLANS], operations: false, all: false };
    watch.calls.places[libc::SYS_openat as usize] = true;
    for seccomp in [false, true] {
        watch.follow = seccomp;
        let mut source = PtraceSource::open_with(&watch, Options { seccomp }, None).expect("it opens");
        let mut batch = Batch::new();
        while source.read(&mut batch, Duration::from_millis(100)).expect("it reads") != Status::Done {}
        let seen = records(&batch);
        assert!(seen.iter().all(|s| s.head.kind != kind::CALL || is(&s.head, libc::SYS_openat) || is_told(&s.head)));
        assert!(calls(&seen, libc::SYS_openat).iter().any(|s| text(s) == Some(b"/etc/hostname")), "{seccomp}");
        assert_eq!(seen.last().map(|s| (s.head.kind, s.head.ret)), Some((kind::EXIT, 0)), "{seccomp}");
    }
}

#[test]
fn a_filtered_command_does_not_outlive_its_tracer() {
    let mut watch = run(&["sh", "-c", "while :; do :; done"]);
    watch.follow = true;
    watch.calls = CallFilter { places: vec![false; PLANS], operations: false, all: false };
    let mut source = PtraceSource::open_with(&watch, Options { seccomp: true }, None).expect("it opens");
    let mut batch = Batch::new();
    while !records(&batch).iter().any(|s| s.head.kind == kind::EXEC) {
        source.read(&mut batch, Duration::from_millis(100)).expect("it reads");
    }
    if source.go != sys::Go::Cont {
        eprintln!("skipped: a filter needs CAP_SYS_ADMIN");
        return;
    }
    source.detach(&mut batch).expect("it ends");
    let end = records(&batch).into_iter().find(|s| s.head.kind == kind::EXIT).expect("its end");
    assert_eq!(end.head.ret, i64::from(libc::SIGKILL));
}

#[test]
fn children_are_followed() {
    let mut watch = run(&["sh", "-c", "for i in 1 2 3 4 5; do /bin/cat /etc/hostname; done >/dev/null; (exit 3)"]);
    watch.follow = true;
    watch.detail.fds = true;
    let seen = Trace::all(&watch);
    let forks: Vec<u64> = seen.iter().filter(|s| s.head.kind == kind::FORK).map(|s| s.head.args[0]).collect();
    assert!(forks.len() >= 5, "{forks:?}");
    for child in forks {
        let of = |s: &&Seen| u64::from(s.head.tid) == child;
        assert_eq!(seen.iter().filter(of).filter(|s| s.head.kind == kind::EXIT).count(), 1);
        let fork = seen.iter().position(|s| s.head.kind == kind::FORK && s.head.args[0] == child);
        assert!(fork < seen.iter().position(|s| of(&s)), "announced before its first record");
    }
    let hostname: Vec<_> =
        calls(&seen, libc::SYS_openat).into_iter().filter(|s| text(s) == Some(b"/etc/hostname")).collect();
    assert_eq!(hostname.len(), 5);
    for open in hostname {
        let file = open.blobs.iter().find(|(b, _)| b.arg == tracer_common::plan::ARG_RET).expect("a file");
        assert!(file.1.ends_with(b"/etc/hostname"));
    }
}

#[test]
fn without_follow_children_are_not_seen() {
    let seen = Trace::all(&run(&["sh", "-c", "/bin/true; exit 4"]));
    let pid = seen[0].head.tid;
    assert!(seen.iter().all(|s| s.head.tid == pid));
    assert_eq!(seen.last().map(|s| s.head.ret), Some(4 << 8));
}

#[test]
fn a_killed_task_leaves_its_call_unreturned() {
    let mut trace = Trace::of(&run(&["sleep", "1000"]));
    let pid = trace.source.command_pid().expect("a command");
    let mut pending = Batch::new();
    let begun = Instant::now();
    loop {
        trace.source.read(&mut trace.batch, Duration::from_millis(5)).expect("it reads");
        pending.clear();
        trace.source.pending(&mut pending).expect("it tells");
        let seen = records(&pending);
        assert_eq!(seen.last().map(|s| s.head.kind), Some(kind::MARK));
        if seen.iter().any(|s| s.head.kind == kind::PENDING && s.head.nr == libc::SYS_clock_nanosleep as u32) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE);
    }
    // SAFETY: the child is ours.
    unsafe { libc::kill(pid as i32, libc::SIGKILL) };
    let seen = trace.until(|_| false);
    let [.., call, exit] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(is(&call.head, libc::SYS_clock_nanosleep));
    assert_ne!(call.head.flags & flag::NO_RETURN, 0);
    assert_eq!((exit.head.kind, exit.head.ret), (kind::EXIT, i64::from(libc::SIGKILL)));
}

#[test]
fn signals_carry_their_siginfo_and_are_delivered() {
    let seen = Trace::all(&run(&["sh", "-c", "kill -USR1 $$"]));
    let signal = seen.iter().find(|s| s.head.kind == kind::SIGNAL).expect("a signal");
    assert_eq!(signal.head.ret, i64::from(libc::SIGUSR1));
    let (blob, info) = &signal.blobs[0];
    assert_eq!((blob.status, info.len()), (status::WHOLE, 48));
    assert_eq!(info[..4], libc::SIGUSR1.to_ne_bytes());
    assert_eq!(seen.last().map(|s| s.head.ret), Some(i64::from(libc::SIGUSR1)));
}

#[test]
fn a_group_stop_is_told_and_ends() {
    let mut watch = run(&["sh", "-c", "(sleep 0.2; kill -CONT $$) & kill -STOP $$; exit 5"]);
    watch.follow = true;
    let seen = Trace::all(&watch);
    assert!(seen.iter().any(|s| s.head.kind == kind::STOPPED && s.head.ret == i64::from(libc::SIGSTOP)));
    assert!(seen.iter().any(|s| s.head.kind == kind::EXIT && s.head.ret == 5 << 8));
}

#[test]
fn a_thread_may_run_another_program() {
    let program = fixture!(
        "thread-exec",
        r#"#include <pthread.h>
        #include <stdio.h>
        #include <unistd.h>
        static void *run(void *p) {
            char name[64], state = 0;
            sprintf(name, "/proc/%d/stat", getpid());
            while (state != 'S') {
                FILE *f = fopen(name, "r");
                fscanf(f, "%*d %*s %c", &state);
                fclose(f);
            }
            execl("/bin/true", "true", (char *)0);
            return p;
        }
        int main(void) { pthread_t t; pthread_create(&t, 0, run, 0); for (;;) pause(); }"#
    );
    let mut watch = run(&[&program]);
    watch.follow = true;
    let seen = Trace::all(&watch);
    let leader = seen[0].head.tid;
    let exec = seen.iter().find(|s| s.head.kind == kind::EXEC && s.head.flags & flag::MOVED != 0).expect("an exec");
    assert_eq!(exec.head.tid, leader);
    assert_ne!(exec.head.args[0], u64::from(leader));
    let call =
        seen.iter().find(|s| is(&s.head, libc::SYS_execve) && s.head.flags & flag::MOVED != 0).expect("its call");
    assert_eq!((call.head.tid, call.head.ret), (leader, 0));
    assert!(seen.iter().any(|s| is(&s.head, libc::SYS_pause) && s.head.flags & flag::NO_RETURN != 0));
    assert_eq!(seen.last().map(|s| (s.head.kind, s.head.tid, s.head.ret)), Some((kind::EXIT, leader, 0)));
}

#[test]
fn vfork_and_a_dead_leader() {
    let program = fixture!(
        "vfork",
        r#"#include <pthread.h>
        #include <unistd.h>
        #include <stdlib.h>
        #include <sys/wait.h>
        static void *last(void *p) { (void)p; usleep(20000); exit(9); return 0; }
        int main(void) {
            pid_t c = vfork();
            if (c == 0) { execl("/bin/true", "true", (char *)0); _exit(1); }
            int st; waitpid(c, &st, 0);
            pthread_t t; pthread_create(&t, 0, last, 0); pthread_exit(0);
        }"#
    );
    let mut watch = run(&[&program]);
    watch.follow = true;
    let seen = Trace::all(&watch);
    let leader = seen[0].head.tid;
    let exits: Vec<_> = seen.iter().filter(|s| s.head.kind == kind::EXIT).map(|s| (s.head.tid, s.head.ret)).collect();
    assert_eq!(exits.len(), 3, "{exits:?}");
    assert_eq!(exits.last(), Some(&(leader, 9 << 8)));
}

#[test]
fn untraced_children_are_followed_all_the_same() {
    let program = fixture!(
        "untraced",
        r#"#define _GNU_SOURCE
        #include <sched.h>
        #include <signal.h>
        #include <stdint.h>
        #include <unistd.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        struct args { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; };
        int main(void) {
            if (syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0) == 0) { getppid(); _exit(21); }
            struct args a = { .flags = CLONE_UNTRACED, .exit_signal = SIGCHLD };
            if (syscall(SYS_clone3, &a, sizeof a) == 0) { getppid(); _exit(22); }
            wait(0); wait(0);
            return a.flags == CLONE_UNTRACED ? 0 : 1;
        }"#
    );
    let mut watch = run(&[&program]);
    watch.follow = true;
    let mut trace = Trace::of(&watch);
    let seen = trace.until(|_| false);
    let mut exits: Vec<_> = seen.iter().filter(|s| s.head.kind == kind::EXIT).map(|s| s.head.ret >> 8).collect();
    exits.sort_unstable();
    assert_eq!(exits, [0, 21, 22], "both children, and the struct is as it was");
    assert_eq!(calls(&seen, libc::SYS_getppid).len(), 2);
    assert_ne!(calls(&seen, libc::SYS_clone)[0].head.args[0] & 0x0080_0000, 0, "shown as the program gave it");
    assert_eq!(trace.source.losses(), Losses::default());
}

#[test]
fn a_page_nobody_fills_does_not_stop_the_tree() {
    let program = fixture!(
        "userfault",
        r#"#define _GNU_SOURCE
        #include <fcntl.h>
        #include <signal.h>
        #include <stdio.h>
        #include <unistd.h>
        #include <sys/ioctl.h>
        #include <sys/mman.h>
        #include <sys/syscall.h>
        #include <sys/wait.h>
        #include <linux/userfaultfd.h>
        int main(void) {
            int null = open("/dev/null", O_WRONLY), p[2];
            if (pipe(p)) return 3;
            pid_t c = fork();
            if (c == 0) {
                int u = syscall(SYS_userfaultfd, O_CLOEXEC);
                struct uffdio_api a = { .api = UFFD_API };
                if (u < 0 || ioctl(u, UFFDIO_API, &a)) _exit(77);
                char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                struct uffdio_register r = { .range = { (unsigned long)m, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };
                if (ioctl(u, UFFDIO_REGISTER, &r)) _exit(77);
                write(p[1], m, 10);
                _exit(0);
            }
            for (int i = 0; i < 50; i++) { getppid(); usleep(2000); }
            int st;
            if (waitpid(c, &st, WNOHANG) == c && st == 77 << 8) return 77;
            kill(c, SIGKILL);
            waitpid(c, &st, 0);
            return null < 0;
        }"#
    );
    let mut watch = run(&[&program]);
    watch.follow = true;
    let mut trace = Trace::of(&watch);
    let seen = trace.until(|_| false);
    let leader = seen[0].head.tid;
    let end = seen.iter().find(|s| s.head.kind == kind::EXIT && s.head.tid == leader).expect("its end");
    if end.head.ret == 77 << 8 {
        eprintln!("skipped: userfaultfd is not permitted");
        return;
    }
    assert_eq!(end.head.ret, 0);
    assert_eq!(calls(&seen, libc::SYS_getppid).len(), 50, "the sibling ran on");
    let write = calls(&seen, libc::SYS_write)[0];
    assert_eq!(write.blobs[0].0.status, status::FAULT);
    assert_eq!(trace.source.losses().reasons.get(&Loss::BlobFault), Some(&1));
}

#[test]
fn strings_at_the_edge_of_memory() {
    let program = fixture!(
        "edge",
        r#"#define _GNU_SOURCE
        #include <fcntl.h>
        #include <string.h>
        #include <unistd.h>
        #include <sys/mman.h>
        int main(void) {
            char *m = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            munmap(m + 2 * 4096, 4096);
            char *end = m + 2 * 4096;
            open(strcpy(end - 10, "/edge/abc"), O_RDONLY);
            memcpy(end - 4, "/unt", 4); open(end - 4, O_RDONLY);
            strcpy(m + 4096 - 6, "/cross/pages"); open(m + 4096 - 6, O_RDONLY);
            write(-1, end - 4, 20);
            return 0;
        }"#
    );
    for careful in [false, true] {
        let mut trace = Trace::of(&run(&[&program]));
        trace.source.memory = Memory::default();
        if careful {
            trace.source.memory.careful();
        }
        let seen = trace.until(|_| false);
        let opens: Vec<_> = calls(&seen, libc::SYS_openat).into_iter().rev().take(3).rev().collect();
        let got: Vec<_> = opens.iter().map(|s| (s.blobs[0].0.status, text(s).expect("a text"))).collect();
        let want: [(u8, &[u8]); 3] =
            [(status::WHOLE, b"/edge/abc"), (status::FAULT, b"/unt"), (status::WHOLE, b"/cross/pages")];
        assert_eq!(got, want, "careful: {careful}");
        let write = &calls(&seen, libc::SYS_write)[0].blobs[0];
        assert_eq!((write.0.status, write.0.len, write.0.want), (status::FAULT, 4, 20));
    }
}

#[test]
fn counting_sends_no_calls() {
    let mut watch = run(&["cat", "/etc/hostname"]);
    watch.counting = Some(crate::spec::Counting { by_process: false, cpu_time: false });
    let mut trace = Trace::of(&watch);
    let seen = trace.until(|_| false);
    assert!(seen.iter().all(|s| s.head.kind != kind::CALL || is_told(&s.head)));
    let counts = trace.source.counts().expect("counts");
    let execve = counts.iter().find(|c| c.nr == libc::SYS_execve as u32).expect("an execve");
    assert_eq!((execve.calls, execve.errors), (1, 0));
    let read = counts.iter().find(|c| c.nr == libc::SYS_read as u32).expect("a read");
    assert!(read.calls >= 2 && read.min <= read.max && read.total >= read.max);
}
