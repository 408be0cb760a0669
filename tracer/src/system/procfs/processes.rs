//! Who there is: /proc/PID and /proc/PID/task/TID, and their `stat` (proc(5)).

use std::io;
use std::os::unix::fs::MetadataExt;

use super::who::{Who, numbers_of};
use super::{account, machine};
use crate::system::process::{Stat, has_ended};
use crate::system::snapshot::Process;

/// Ids of all processes, ascending.
///
/// # Errors
/// /proc cannot be read.
pub fn all() -> io::Result<Vec<u32>> {
    numbers_of(machine::ROOT)
}

/// Ids of the tasks of a process, ascending, without the process itself.
pub fn tasks(pid: u32) -> Vec<u32> {
    let mut list = Who::Id(pid).threads().unwrap_or_default();
    list.retain(|&tid| tid != pid);
    list
}

/// A process; `None` when it is gone, or a zombie: it has nothing open then. One whose first thread has ended while
/// others go on looks like a zombie, and is none.
///
/// # Errors
/// It is there, and the kernel does not say what it is.
pub fn process(pid: u32, buffer: &mut Vec<u8>) -> io::Result<Option<Process>> {
    let looked = std::fs::metadata(Who::Id(pid).to_string())
        .and_then(|found| Who::Id(pid).read_into("stat", buffer).map(|()| found.uid()));
    let uid = match looked {
        Ok(uid) => uid,
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(stat) = account::stat(buffer) else { return Ok(None) };
    let (through, state) = match has_ended(stat.state) {
        false => (None, stat.state),
        true => match survivor(pid, buffer) {
            Some((tid, state)) => (Some(tid), state),
            None => return Ok(None),
        },
    };
    Ok(Some(Process { uid, through, state, ..of_stat(stat) }))
}

/// A process, or a task, by its `stat`.
fn of_stat(stat: Stat) -> Process {
    let Stat { pid, ppid, pgid, start, state, comm, .. } = stat;
    Process { pid, ppid, pgid, start, state, comm, ..Process::default() }
}

/// A thread that goes on where the first one has ended, and its state.
pub fn survivor(pid: u32, buffer: &mut Vec<u8>) -> Option<(u32, u8)> {
    tasks(pid).into_iter().find_map(|tid| {
        let task = Who::Thread(pid, tid).stat_through(buffer)?;
        (!over(task.state, task.flags)).then_some((tid, task.state))
    })
}

/// Whether a task has ended or is about to.
fn over(state: u8, flags: u64) -> bool {
    has_ended(state) || flags & PF_EXITING != 0
}

/// A task of a process; `None` as for [`process`].
pub fn task(of: &Process, tid: u32, buffer: &mut Vec<u8>) -> Option<Process> {
    let stat = Who::Thread(of.pid, tid).stat_through(buffer).filter(|stat| !has_ended(stat.state))?;
    let task = of_stat(stat);
    let (comm, task_comm) = (of.comm.clone(), Some(task.comm));
    Some(Process { pid: of.pid, tid: Some(tid), uid: of.uid, comm, task_comm, ..task })
}

/// Whether the process (or task) that began then is still there, and neither a zombie nor about to be one: while it
/// exits it lets go of what it had open, one thing after the other.
pub fn still_there(process: &Process, buffer: &mut Vec<u8>) -> bool {
    let who = process.tid.map_or(Who::Id(process.pid), |tid| Who::Thread(process.pid, tid));
    who.stat_through(buffer).is_some_and(|now| {
        let goes_on = |buffer| process.through.is_some() && survivor(process.pid, buffer).is_some();
        now.start == process.start && (!over(now.state, now.flags) || goes_on(buffer))
    })
}

/// Calls that read /proc in the time in which the kernel's iterator over descriptors is loaded: measured, 6 ms and 3 us.
const LOADING: u64 = 2000;
/// Files of the machine that the iterator walks over in the time of one such call: measured, with their paths.
const WALKED: u64 = 3;
/// Descriptors of a usual process, where the kernel does not say how many there are (before 6.2).
const USUAL: u64 = 13;

/// Whether the kernel's iterator may be asked, and tells processes by the numbers that they have for us: it has those of the machine's
/// first PID namespace.
pub fn iterator_sees_all() -> bool {
    let first = |space| space == machine::FIRST_PID_NAMESPACE;
    rustix::process::geteuid().is_root() && Who::Myself.namespace("pid").is_ok_and(first)
}

/// Whether the kernel's iterator, which walks over all that the machine has open, finds sooner than /proc what these processes have open.
/// `calls`: how many /proc takes for each descriptor.
pub fn iterator_pays(pids: impl IntoIterator<Item = u32>, calls: u64) -> bool {
    let walking = LOADING + machine::open_files() / WALKED;
    pays(pids.into_iter().map(|pid| Who::Id(pid).descriptor_count()), calls, walking)
}

fn pays(counts: impl Iterator<Item = u64>, calls: u64, walking: u64) -> bool {
    let (mut sum, mut silent) = (0, 0);
    for count in counts {
        sum += count * calls;
        silent += u64::from(count == 0);
        if sum > walking {
            return true;
        }
    }
    sum == 0 && silent * USUAL * calls > walking
}

/// Children of a process: those of all its threads. By the kernel's list of them, else (it is not built in) by the parents of all.
pub fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut listed = false;
    for tid in Who::Id(pid).threads().unwrap_or_default() {
        let Ok(text) = Who::Thread(pid, tid).read("children") else { continue };
        listed = true;
        found.extend(text.split(|&b| b == b' ').filter_map(|word| std::str::from_utf8(word).ok()?.parse::<u32>().ok()));
    }
    if !listed {
        let mut buffer = Vec::new();
        let is = |other: &u32| Who::Id(*other).stat_through(&mut buffer).is_some_and(|stat| stat.ppid == pid);
        found = all().unwrap_or_default().into_iter().filter(is).collect();
    }
    found.sort_unstable();
    found
}

/// Real-time tasks that run or are ready, each with the processor that it is on.
pub fn real_time() -> Vec<(u32, Option<usize>)> {
    let mut buffer = Vec::new();
    let mut found = Vec::new();
    for pid in all().unwrap_or_default() {
        for tid in Who::Id(pid).threads().unwrap_or_default() {
            let Some(stat) = Who::Thread(pid, tid).stat_through(&mut buffer) else { continue };
            if stat.rt_priority > 0 && stat.state == b'R' {
                found.push((tid, stat.processor));
            }
        }
    }
    found
}

/// A flag of a task that exits, include/linux/sched.h.
const PF_EXITING: u64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_iterator_is_for_many_descriptors() {
        let check = |counts: &[u64], calls, expected| {
            assert_eq!(pays(counts.iter().copied(), calls, LOADING), expected, "{counts:?} {calls}");
        };
        check(&[LOADING], 1, false);
        check(&[LOADING, 1], 1, true);
        check(&[LOADING / 5, 1], 5, true);
        // A kernel that does not say it.
        check(&[0; 1000], 1, true);
        check(&[0; 10], 5, false);
        // Threads of the kernel have none.
        let mut usual = vec![0; 1000];
        usual.push(10);
        check(&usual, 5, false);
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
    fn children_are_found() {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("a child");
        assert!(children(std::process::id()).contains(&child.id()));
        drop(child.stdin.take());
        child.wait().expect("it ends");
    }

    #[test]
    fn this_process_is_there() {
        let mut buffer = Vec::new();
        let me = process(std::process::id(), &mut buffer).expect("read").expect("alive");
        assert_eq!(me.ppid, rustix::process::getppid().map_or(0, |pid| pid.as_raw_pid() as u32));
        assert!(all().expect("/proc").contains(&me.pid));
        assert!(still_there(&me, &mut buffer));
        assert!(!still_there(&Process { start: me.start + 1, ..me }, &mut buffer));
    }
}
