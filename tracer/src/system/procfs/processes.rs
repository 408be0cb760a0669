//! Who there is: /proc/PID and /proc/PID/task/TID, and their `stat` (proc(5)).

use std::io;
use std::os::unix::fs::MetadataExt;

use super::{number, read_into};
use crate::system::snapshot::Process;

/// Ids of all processes, ascending.
///
/// # Errors
/// /proc cannot be read.
pub fn all() -> io::Result<Vec<u32>> {
    ids("/proc")
}

/// Ids of the tasks of a process, ascending, without the process itself.
pub fn tasks(pid: u32) -> Vec<u32> {
    let mut list = ids(&format!("/proc/{pid}/task")).unwrap_or_default();
    list.retain(|&tid| tid != pid);
    list
}

fn ids(dir: &str) -> io::Result<Vec<u32>> {
    let names = std::fs::read_dir(dir)?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut list: Vec<u32> = names.collect();
    list.sort_unstable();
    Ok(list)
}

/// A process; `None` when it is gone, or a zombie: it has nothing open then. One whose first thread has ended while
/// others go on looks like a zombie, and is none.
pub fn process(pid: u32, buffer: &mut Vec<u8>) -> Option<Process> {
    let dir = format!("/proc/{pid}");
    let uid = std::fs::metadata(&dir).ok()?.uid();
    read_into(format!("{dir}/stat"), buffer).ok()?;
    let (process, _) = parse(buffer)?;
    if !matches!(process.state, b'Z' | b'X') {
        return Some(Process { uid, ..process });
    }
    let (tid, state) = survivor(pid, buffer)?;
    Some(Process { uid, through: Some(tid), state, ..process })
}

/// A thread that goes on where the first one has ended, and its state.
pub fn survivor(pid: u32, buffer: &mut Vec<u8>) -> Option<(u32, u8)> {
    tasks(pid).into_iter().find_map(|tid| {
        read_into(format!("/proc/{pid}/task/{tid}/stat"), buffer).ok()?;
        let (task, flags) = parse(buffer)?;
        (!over(task.state, flags)).then_some((tid, task.state))
    })
}

/// Whether a task has ended or is about to.
fn over(state: u8, flags: u64) -> bool {
    state == b'Z' || state == b'X' || flags & PF_EXITING != 0
}

/// A task of a process; `None` as for [`process`].
pub fn task(of: &Process, tid: u32, buffer: &mut Vec<u8>) -> Option<Process> {
    read_into(format!("/proc/{}/task/{tid}/stat", of.pid), buffer).ok()?;
    let (task, _) = parse(buffer)?;
    let (comm, task_comm) = (of.comm.clone(), Some(task.comm));
    let alive = task.state != b'Z' && task.state != b'X';
    alive.then_some(Process { pid: of.pid, tid: Some(tid), uid: of.uid, comm, task_comm, files: Vec::new(), ..task })
}

/// Whether the process (or task) that began then is still there, and neither a zombie nor about to be one: while it
/// exits it lets go of what it had open, one thing after the other.
pub fn still_there(process: &Process, buffer: &mut Vec<u8>) -> bool {
    let path = match process.tid {
        None => format!("/proc/{}/stat", process.pid),
        Some(tid) => format!("/proc/{}/task/{tid}/stat", process.pid),
    };
    let found = read_into(path, buffer).ok().and_then(|()| parse(buffer));
    found.is_some_and(|(now, flags)| {
        let goes_on = |buffer| process.through.is_some() && survivor(process.pid, buffer).is_some();
        now.start == process.start && (!over(now.state, flags) || goes_on(buffer))
    })
}

/// A flag of a task that exits, include/linux/sched.h.
const PF_EXITING: u64 = 4;

/// Reads `PID (COMM) STATE PPID PGRP ...`, and the task's flags. The name may have blanks and parentheses in it: the last one ends it.
fn parse(stat: &[u8]) -> Option<(Process, u64)> {
    let (pid, rest) = number(stat)?;
    let open = rest.iter().position(|&b| b == b'(')?;
    let close = rest.iter().rposition(|&b| b == b')')?;
    let comm = rest.get(open + 1..close)?.to_vec();
    let mut fields = rest.get(close + 2..)?.split(|&b| b == b' ');
    let state = *fields.next()?.first()?;
    let mut value = |skip: usize| number(fields.nth(skip)?).map(|(value, _)| value);
    let (ppid, pgid) = (value(0)?, value(0)?);
    // Fields 9 and 22 of proc_pid_stat(5).
    let (flags, start) = (value(3)?, value(12)?);
    let (pid, ppid, pgid) = (pid as u32, ppid as u32, pgid as u32);
    Some((Process { pid, ppid, pgid, start, state, comm, ..Process::default() }, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_lines() {
        let tail = " S 1 7 7 0 -1 4194304 5 0 0 0 0 0 0 0 20 0 1 0 4321 0 0\n";
        for comm in ["sh", "a b", "x) S 9 9", "(sd-pam)", ""] {
            let (p, flags) = parse(format!("42 ({comm}){tail}").as_bytes()).expect(comm);
            assert_eq!(flags, 4_194_304);
            assert_eq!((p.pid, p.ppid, p.pgid, p.start, p.state), (42, 1, 7, 4321, b'S'));
            assert_eq!(p.comm, comm.as_bytes());
        }
        for bad in
            ["", "x", "42", "42 (sh", "42 (sh)", "42 (sh) S", "42 (sh) S 1 2 3", "99999999999999999999999 (a) S 1"]
        {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }

    /// The whole of a process whose first thread ends is the case of `kinds.test`.
    #[test]
    fn a_thread_that_goes_on_is_found() {
        let mut buffer = Vec::new();
        let (end, wait) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || wait.recv());
        assert!(survivor(std::process::id(), &mut buffer).is_some());
        assert_eq!(survivor(u32::MAX, &mut buffer), None);
        drop(end);
        assert!(thread.join().expect("no panic").is_err());
        let check = |state, flags, expected| assert_eq!(over(state, flags), expected, "{} {flags}", char::from(state));
        check(b'S', 0x40_0000, false);
        check(b'R', PF_EXITING, true);
        check(b'Z', 0, true);
        check(b'X', 0, true);
    }

    #[test]
    fn this_process_is_there() {
        let mut buffer = Vec::new();
        let me = process(std::process::id(), &mut buffer).expect("alive");
        assert_eq!(me.ppid, rustix::process::getppid().map_or(0, |pid| pid.as_raw_pid() as u32));
        assert!(all().expect("/proc").contains(&me.pid));
        assert!(still_there(&me, &mut buffer));
        assert!(!still_there(&Process { start: me.start + 1, ..me }, &mut buffer));
    }
}
