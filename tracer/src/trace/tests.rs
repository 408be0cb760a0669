//! Whole traces of made-up records, from a source to the bytes of a file.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::Duration;

use anyhow::Result;
use tracer_common::event::{Head, flag, kind};

use super::*;
use crate::capture::{Batch, Count, Losses, Status};
use crate::cli::asked;

/// Gives one batch a read.
struct Made {
    batches: VecDeque<Vec<Head>>,
    /// What `detach` gives.
    last: Vec<Head>,
    losses: Losses,
}

fn put(heads: impl IntoIterator<Item = Head>, batch: &mut Batch) {
    heads.into_iter().for_each(|head| batch.extend_from_slice(Head { len: 104, ..head }.bytes()));
}

impl Source for Made {
    fn read(&mut self, batch: &mut Batch, _: Duration) -> Result<Status> {
        let Some(heads) = self.batches.pop_front() else { return Ok(Status::Done) };
        put(heads, batch);
        Ok(Status::Idle)
    }
    fn pending(&mut self, _: &mut Batch) -> Result<()> {
        Ok(())
    }
    fn detach(&mut self, batch: &mut Batch) -> Result<()> {
        put(std::mem::take(&mut self.last), batch);
        Ok(())
    }
    fn losses(&mut self) -> Losses {
        self.losses.clone()
    }
    fn counts(&mut self) -> Result<Vec<Count>> {
        Ok(Vec::new())
    }
    fn name(&self) -> &'static str {
        "made"
    }
}

/// Runs a trace of command 1 with these options; gives what is in the file, and how tracer ends.
fn trace(options: &[&str], made: Made) -> (String, Ending) {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("out");
    let mut words: Vec<OsString> = vec!["-o".into(), file.clone().into()];
    words.extend(options.iter().map(OsString::from));
    words.push("true".into());
    let spec = asked::spec(words).expect("a request to trace");
    let mut shower = Shower::open(&spec).expect("an output");
    shower.expect(1);
    let mut trace = Trace::new(&spec, Box::new(made), shower, None);
    trace.follow().expect("no error");
    let ending = trace.end(None).expect("no error");
    (std::fs::read_to_string(file).expect("text"), ending)
}

fn getppid(tid: u32, time: u64, end: u64) -> Head {
    Head { kind: kind::CALL, nr: 110, tid, tgid: tid, time, dur: end - time, ret: 7, ..Head::default() }
}

fn exit(tid: u32, tgid: u32, time: u64, status: i64, last: bool) -> Head {
    let args = [u64::from(last), 0, 0, 0, 0, 0];
    Head { kind: kind::EXIT, tid, tgid, time, ret: status, args, ..Head::default() }
}

fn fork(tid: u32, child: u32, process: u32, time: u64) -> Head {
    let args = [u64::from(child), u64::from(process), 0, 0, 0, 0];
    Head { kind: kind::FORK, tid, tgid: tid, time, ret: 1, args, ..Head::default() }
}

fn made(batches: Vec<Vec<Head>>) -> Made {
    Made { batches: batches.into(), last: Vec::new(), losses: Losses::default() }
}

#[test]
fn a_command_from_its_first_call_to_its_exit() {
    let check = |options: &[&str], status: i64, text: &str, ending: Ending| {
        let heads = vec![getppid(1, 10, 11), exit(1, 1, 20, status, true)];
        assert_eq!(trace(options, made(vec![heads])), (text.to_owned(), ending));
    };
    let line = "getppid()                               = 7\n";
    check(&[], 3 << 8, &format!("{line}+++ exited with 3 +++\n"), Ending::Code(3));
    check(&["-qq"], 3 << 8, line, Ending::Code(3));
    check(&[], 9, &format!("{line}+++ killed by SIGKILL +++\n"), Ending::Signal(9));
    check(&["-qq"], 9, &format!("{line}+++ killed by SIGKILL +++\n"), Ending::Signal(9));
    check(&["-e", "signal=none"], 9, line, Ending::Signal(9));
    check(&["-Z"], 0, "+++ exited with 0 +++\n", Ending::Code(0));
    let after_pid = line.replacen("      ", "", 1);
    check(&["-f"], 0, &format!("1     {after_pid}1     +++ exited with 0 +++\n"), Ending::Code(0));
}

#[test]
fn lines_of_two_tasks_are_cut_as_strace_cuts_them() {
    let heads = vec![
        fork(1, 2, 2, 5),
        getppid(2, 12, 13),
        exit(2, 2, 14, 0, true),
        getppid(1, 10, 20),
        exit(1, 1, 30, 0, true),
    ];
    let (text, _) = trace(&["-f"], made(vec![heads.clone()]));
    let want = "1     getppid( <unfinished ...>\n\
                2     getppid()                         = 7\n\
                2     +++ exited with 0 +++\n\
                1     <... getppid resumed>)            = 7\n\
                1     +++ exited with 0 +++\n";
    assert_eq!(text, want);
    let (text, _) = trace(&["-f", "-z"], made(vec![heads]));
    assert!(!text.contains("unfinished"), "{text}");
}

#[test]
fn a_leader_that_is_gone_has_its_line_when_its_last_thread_ends() {
    let heads = vec![fork(1, 2, 1, 5), exit(1, 1, 10, 0, false), exit(2, 1, 20, 5 << 8, true)];
    let (text, ending) = trace(&["-f"], made(vec![heads]));
    assert_eq!(text, "2     +++ exited with 5 +++\n1     +++ exited with 0 +++\n");
    assert_eq!(ending, Ending::Code(0));
}

#[test]
fn a_call_that_runs_at_the_end_is_detached() {
    let running = Head { kind: kind::CALL, ret: -512, ..getppid(1, 10, 11) };
    let pending = Head { kind: kind::PENDING, ..getppid(1, 10, 11) };
    let (text, _) = trace(&[], Made { last: vec![running, pending], ..made(vec![vec![getppid(1, 5, 6)]]) });
    assert_eq!(text, "getppid()                               = 7\ngetppid( <detached ...>\n");
}

#[test]
fn losses_are_told_by_the_exit_code_when_asked_for() {
    let mut losses = Losses::default();
    losses.add(Loss::RingFull, 1);
    let run = |options: &[&str]| {
        trace(options, Made { losses: losses.clone(), ..made(vec![vec![exit(1, 1, 20, 0, true)]]) }).1
    };
    assert_eq!(run(&[]), Ending::Code(0));
    assert_eq!(run(&["--strict"]), Ending::Code(4));
}

#[test]
fn execve_in_a_thread_goes_on_as_the_leader() {
    let exec = Head {
        kind: kind::EXEC,
        flags: flag::MOVED,
        tid: 1,
        tgid: 1,
        time: 12,
        args: [2, 0, 0, 0, 0, 0],
        ..Head::default()
    };
    let call = Head { flags: flag::MOVED, ..getppid(1, 10, 20) };
    let (text, _) = trace(&["-f"], made(vec![vec![fork(1, 2, 1, 5), exec, call, exit(1, 1, 30, 0, true)]]));
    let words: Vec<&str> = text.lines().map(|line| line.split("  =").next().unwrap_or_default().trim_end()).collect();
    assert_eq!(
        words,
        [
            "2     getppid( <pid changed to 1 ...>",
            "1     +++ superseded by execve in pid 2 +++",
            "1     <... getppid resumed>)",
            "1     +++ exited with 0 +++"
        ]
    );
}
