//! Tasks: state, call, place in the kernel, how far they are. The files of a task are no snapshot together; they are read again until the
//! task has not run in between.

use std::io;
use std::time::{Duration, Instant};

use super::inside::{self, Wanted};
use super::{Gatherer, THREADS, cgroups, futexes, java};
use crate::schema::types::Row;
use crate::schema::waits::{self, Limit, Purpose, Waits};
use crate::schema::{Abi, by_nr};
use crate::system::process::{Pace, Stat, has_ended};
use crate::system::procfs::waiting::{self, Entered};
use crate::system::procfs::who::Who;
use crate::system::procfs::{account, processes, reason};
use crate::system::socket_ends;
use crate::tools::why::scene::{Call, Change, Object, Place, Process, Task, Wait};

/// `PF_KTHREAD`, include/linux/sched.h.
const KERNEL_THREAD: u64 = 0x0020_0000;
/// How often the files of a task that runs are read again.
const TRIES: usize = 3;
/// The most descriptors of a poll that are read.
const POLLED: u64 = 16384;
/// Bytes of a `struct timespec`.
const TIMESPEC: u64 = 16;

/// How far a task was when it was first looked at.
#[derive(Debug, Clone)]
pub struct First {
    at: Instant,
    pace: Pace,
    stat: Stat,
}

impl First {
    /// What the task did since then, and how long ago that was; `None`: it ended.
    pub fn change(&self, pid: u32, tid: u32) -> Option<(Change, Duration)> {
        let who = Who::Thread(pid, tid);
        let stat = who.stat().filter(|stat| stat.start == self.stat.start)?;
        let pace = pace(who)?;
        let change = Change {
            ran: pace.ran.saturating_sub(self.pace.ran),
            delayed: pace.delayed.saturating_sub(self.pace.delayed),
            times: pace.times.saturating_sub(self.pace.times),
            system: stat.system_time.saturating_sub(self.stat.system_time),
            user: stat.user_time.saturating_sub(self.stat.user_time),
            minor: stat.faults.0.saturating_sub(self.stat.faults.0),
            major: stat.faults.1.saturating_sub(self.stat.faults.1),
            state: stat.state,
        };
        Some((change, self.at.elapsed()))
    }
}

fn pace(who: Who) -> Option<Pace> {
    account::pace(&who.read("schedstat").ok()?)
}

/// The process of a task.
pub fn process_of(tid: u32) -> Option<u32> {
    Who::Id(tid).status().ok().map(|status| status.tgid).filter(|&tgid| tgid != 0)
}

/// What is read of a task besides what is told of it.
struct Looked {
    task: Task,
    entered: Option<Entered>,
    first: First,
}

impl Gatherer {
    /// Looks at a process with all its threads.
    pub(super) fn process(&mut self, pid: u32) {
        if self.covered.has(pid) {
            return self.scene.miss(format!("process {pid}"), "something else is mounted over it");
        }
        let who = Who::Id(pid);
        let Some(stat) = who.stat() else { return };
        let status = who.status().unwrap_or_default();
        let threads = who.threads().unwrap_or_default();
        let zombie = has_ended(stat.state) && processes::survivor(pid, &mut Vec::new()).is_none();
        let mut process = Process {
            pid,
            ppid: stat.ppid,
            comm: stat.comm.clone(),
            start: stat.start,
            kernel: stat.flags & KERNEL_THREAD != 0,
            zombie,
            tracer: status.tracer,
            caught: status.signals[4],
            groups: cgroups::holds(pid, &self.mounts),
            ..Process::default()
        };
        if threads.len() > THREADS {
            self.scene.miss(
                format!("threads of process {pid}"),
                format!("only {THREADS} of {} are looked at", threads.len()),
            );
        }
        let mut looked = Vec::new();
        for &tid in threads.iter().take(THREADS) {
            if let Some(found) = self.task(&mut process, tid) {
                process.threads.push(tid);
                looked.push(found);
            }
        }
        let compat = !process.zombie && !process.kernel && is_compat(who);
        let abi = if compat { Abi::I386 } else { Abi::NATIVE };
        if let Some(why) = &process.closed {
            self.scene.miss(format!("what process {pid} waits for"), why.clone());
        }
        self.scene.processes.insert(pid, process);
        self.enter(pid, abi, looked);
    }

    /// One task; `None`: it is gone.
    fn task(&mut self, process: &mut Process, tid: u32) -> Option<Looked> {
        let who = Who::Thread(process.pid, tid);
        let mut tries = 0;
        loop {
            tries += 1;
            let before = pace(who).unwrap_or_default();
            let at = Instant::now();
            let stat = who.stat()?;
            let place = who.read("syscall").map(|text| waiting::place(&text));
            let wchan = who.read("wchan").ok().filter(|name| !name.is_empty() && name != b"0");
            let after = pace(who).unwrap_or_default();
            if before.times != after.times && tries < TRIES {
                continue;
            }
            // 0: the kernel has moved it to another CPU since.
            let ran = who.read("sched").ok().and_then(|text| account::last_ran(&text)).filter(|&ran| ran > 0.0);
            let now = ran.and_then(|_| self.clocks.now(stat.processor?));
            let age = now.zip(ran).map(|(now, ran)| (now - ran) / 1000.0).filter(|&age| age >= 0.0);
            let (place, entered) = match place {
                // A thread of the kernel has no calls.
                _ if process.kernel => (Place::Outside, None),
                Ok(Some(waiting::Place::Running)) => (Place::Running, None),
                Ok(Some(waiting::Place::Call(entered))) => (Place::Call, Some(entered)),
                Ok(Some(waiting::Place::Outside(..))) => (Place::Outside, None),
                Ok(None) => (Place::Outside, None),
                Err(error) if is_gone(&error) => (Place::Outside, None),
                Err(error) => {
                    process.closed = Some(reason(&error));
                    (Place::Unseen, None)
                }
            };
            // Where it waits in the kernel is only worth a look where the call does not tell.
            let kernel =
                if matches!(stat.state, b'D') || place == Place::Outside { kernel_stack(who) } else { Vec::new() };
            let running = place == Place::Running || stat.state == b'R';
            let task = Task {
                tid,
                pid: process.pid,
                comm: stat.comm.clone(),
                state: stat.state,
                stopped_by: (stat.exit_code & 0x7f) as u32,
                nice: stat.nice,
                rt_priority: stat.rt_priority,
                processor: stat.processor,
                place: if running { Place::Running } else { place },
                wchan,
                kernel,
                age: if running { None } else { age },
                wait: if running { Wait::Nothing } else { Wait::Fault },
                ..Task::default()
            };
            let first = First { at, pace: after, stat };
            return Some(Looked { task, entered: entered.filter(|_| !running), first });
        }
    }

    /// Looks into the calls that tasks of a process are in.
    fn enter(&mut self, pid: u32, abi: Abi, looked: Vec<Looked>) {
        let calls: Vec<(u32, Entered, Option<&'static Row>)> =
            looked.iter().filter_map(|one| one.entered.map(|call| (one.task.tid, call, by_nr(abi, call.nr)))).collect();
        let tids: Vec<u32> = looked.iter().map(|one| one.task.tid).collect();
        for one in looked {
            self.first.insert(one.task.tid, one.first);
            self.scene.tasks.insert(one.task.tid, one.task);
        }
        let wanted: Vec<Wanted> = calls.iter().map(|(tid, call, row)| wanted(*tid, call, *row, abi)).collect();
        let seen = inside::look(pid, abi != Abi::NATIVE, &wanted);
        let seen = seen.unwrap_or_else(|why| {
            if !wanted.is_empty() {
                self.scene.miss(format!("memory of process {pid}"), why);
            }
            Vec::new()
        });
        let frames = futexes::stacks(pid, &calls);
        // Who runs Java has a thread of this name.
        if tids.iter().any(|tid| self.scene.tasks[tid].comm == b"VM Thread") {
            let found = java::monitors(pid);
            let numbers = futexes::Numbers::new(pid, &tids);
            self.monitors
                .extend(found.into_iter().filter_map(|(number, monitor)| Some((numbers.own(number)?, monitor))));
        }
        for (at, (tid, call, row)) in calls.iter().enumerate() {
            let mut inside = seen.get(at).cloned().unwrap_or_default();
            // Who has run meanwhile has other arguments in its memory by now.
            let ran = |first: &First| pace(Who::Thread(pid, *tid)).is_some_and(|now| now.times != first.pace.times);
            if self.first.get(tid).is_some_and(ran) {
                inside.limit.clear();
                inside.text.clear();
            }
            let (name, text) = match row {
                Some(row) => (row.name.to_owned(), inside.text.clone()),
                None => (format!("call {}", call.nr), String::new()),
            };
            let text = if text.is_empty() { format!("{name}(...)") } else { text };
            let limit = row.and_then(|row| limit(row, call, &inside.limit, self.scene.tasks[tid].age));
            let functions = frames.get(tid).cloned().unwrap_or_default();
            if let Some(task) = self.scene.tasks.get_mut(tid) {
                task.call = Some(Call { name, text, limit });
                task.frames = functions;
            }
            let waits = row.and_then(|row| waits::waits(row, &call.args));
            let wait = self.wait(pid, *tid, call, waits, &inside.memory, &tids);
            if let Some(task) = self.scene.tasks.get_mut(tid) {
                task.wait = wait;
            }
        }
    }

    /// What a call waits for, with whatever is known of that.
    fn wait(
        &mut self,
        pid: u32,
        tid: u32,
        call: &Entered,
        waits: Option<Waits>,
        memory: &[Vec<u8>],
        tids: &[u32],
    ) -> Wait {
        let arg = |at: u8| call.args.get(usize::from(at)).copied().unwrap_or(0);
        match waits {
            Some(Waits::Time) => Wait::Time,
            Some(Waits::Signal) => Wait::Signal,
            Some(Waits::Futex(_, op)) => self.futex(pid, tid, call, arg(op) as u32, memory, tids),
            Some(Waits::Word(_, flags)) => {
                // A word of its own process only has FUTEX_PRIVATE_FLAG in these flags, too.
                self.futex(pid, tid, call, arg(flags) as u32 & 0x80, memory, tids)
            }
            Some(Waits::Descriptor(fd, purpose)) => {
                let fd = arg(fd) as u32;
                let object = self.object(pid, fd, purpose, memory.first().map_or(&[], Vec::as_slice), 0);
                if matches!(object, Object::Unix(_) | Object::Inet(_) | Object::Socket(_)) {
                    self.limit_of_socket(pid, tid, fd, purpose);
                }
                Wait::Descriptor(fd, purpose, object)
            }
            Some(Waits::Poll(_, count)) => {
                let count = (arg(count) & 0xffff_ffff) as usize;
                self.poll(pid, memory.first().map_or(&[], Vec::as_slice), count)
            }
            Some(Waits::Select(_, bits)) => self.select(pid, arg(bits) as usize, memory),
            Some(Waits::Epoll(fd)) => self.epoll(pid, arg(fd) as u32),
            Some(Waits::Ring(fd)) => self.ring(pid, arg(fd) as u32),
            Some(Waits::Flock(fd)) => self.lock(pid, arg(fd) as u32, "FLOCK"),
            Some(Waits::Range(fd, open)) => self.lock(pid, arg(fd) as u32, if open { "OFDLCK" } else { "POSIX" }),
            Some(Waits::Path(_, directory)) => {
                let from = directory.map(|at| arg(at) as i32).filter(|&fd| fd >= 0);
                self.path(pid, memory.first().map_or(&[], Vec::as_slice), from)
            }
            Some(Waits::Children(which, kind)) => self.children(pid, arg(which) as i32, kind.map(arg)),
            Some(Waits::Vfork) => Wait::Vfork(processes::children(pid)),
            None => Wait::Call,
        }
    }

    /// A socket may have a limit of its own (SO_RCVTIMEO, SO_SNDTIMEO), which no call tells of.
    fn limit_of_socket(&mut self, pid: u32, tid: u32, fd: u32, purpose: Purpose) {
        let sends = matches!(purpose, Purpose::Write | Purpose::Connect);
        let Some(most) = socket_ends::time_limit(pid, fd as i32, sends) else { return };
        let Some(task) = self.scene.tasks.get_mut(&tid) else { return };
        let left = (most.as_secs_f64() - task.age.unwrap_or(0.0)).max(0.0);
        if let Some(call) = task.call.as_mut().filter(|call| call.limit.is_none()) {
            call.limit = Some(left);
        }
    }

    fn children(&self, pid: u32, which: i32, kind: Option<u64>) -> Wait {
        let list = processes::children(pid);
        // As the number is in the namespace of whoever waits, which may not be the child's innermost.
        let depth = Who::Id(pid).status().map_or(1, |status| status.nested_pids.len()).max(1);
        let inner = |child: u32| Who::Id(child).status().ok()?.nested_pids.get(depth - 1).copied();
        let own = Who::Id(pid).stat().map_or(0, |stat| stat.pgid);
        let group = |child: u32| Who::Id(child).stat().map_or(0, |stat| stat.pgid);
        let wanted = |child: &u32| match (kind, which) {
            // P_PID, P_PGID, P_PIDFD of waitid
            (Some(1), id) => inner(*child) == u32::try_from(id).ok(),
            (Some(2), 0) | (None, 0) => group(*child) == own,
            (Some(2), id) => group(*child) == id as u32,
            (Some(_), _) | (None, -1) => true,
            (None, id) if id > 0 => inner(*child) == u32::try_from(id).ok(),
            (None, id) => group(*child) == id.unsigned_abs(),
        };
        Wait::Children(list.into_iter().filter(wanted).collect())
    }
}

/// What is to be read of a call's memory.
fn wanted(tid: u32, call: &Entered, row: Option<&'static Row>, abi: Abi) -> Wanted {
    let arg = |at: u8| call.args.get(usize::from(at)).copied().unwrap_or(0);
    let mut spans = Vec::new();
    match row.and_then(|row| waits::waits(row, &call.args)) {
        Some(Waits::Futex(..) | Waits::Word(..)) => spans.extend(futexes::spans(call.args[0])),
        Some(Waits::Poll(list, count)) => spans.push((arg(list), (arg(count) & 0xffff_ffff).min(POLLED) * 8)),
        Some(Waits::Select(first, bits)) => {
            let bytes = ((arg(bits) & 0xffff_ffff).min(1024)).div_ceil(64) * 8;
            spans.extend((first..first + 3).map(|at| (arg(at), bytes)));
        }
        Some(Waits::Descriptor(_, waits::Purpose::Connect)) => spans.push((call.args[1], call.args[2].min(128))),
        Some(Waits::Path(at, _)) => spans.push((arg(at), 4096)),
        _ => {}
    }
    let limit = row.filter(|_| abi == Abi::NATIVE).and_then(|row| waits::limit(row, &call.args));
    let limit = limit.and_then(|limit| match limit {
        Limit::Nanos(at) | Limit::Micros(at) => Some((arg(at), TIMESPEC)).filter(|(address, _)| *address != 0),
        Limit::Millis(_) => None,
    });
    Wanted { tid, call: *call, spans, limit }
}

/// Seconds until a call ends by itself.
fn limit(row: &Row, call: &Entered, bytes: &[u8], age: Option<f64>) -> Option<f64> {
    let arg = |at: u8| call.args.get(usize::from(at)).copied().unwrap_or(0);
    let word = |at: usize| bytes.get(at..at + 8)?.first_chunk().map(|bytes| i64::from_ne_bytes(*bytes));
    let since = age.unwrap_or(0.0);
    let (seconds, nanos) = match waits::limit(row, &call.args)? {
        Limit::Millis(at) => {
            let millis = arg(at) as i32;
            return (millis >= 0).then(|| (f64::from(millis) / 1000.0 - since).max(0.0));
        }
        Limit::Nanos(_) => (word(0)?, word(8)?),
        Limit::Micros(_) => (word(0)?, word(8)?.saturating_mul(1000)),
    };
    let span = seconds as f64 + nanos as f64 / 1e9;
    if !waits::is_moment(row, &call.args) {
        return Some((span - since).max(0.0));
    }
    // A moment is on the clock that an argument names; futex has a bit for the real one.
    let clock = match row.args.iter().position(|arg| arg.name == "clockid") {
        Some(at) => call.args[at],
        None if call.args[1] & 0x100 != 0 => 0,
        None => 1,
    };
    let clock = if clock == 0 { rustix::time::ClockId::Realtime } else { rustix::time::ClockId::Monotonic };
    let now = rustix::time::clock_gettime(clock);
    Some((span - now.tv_sec as f64 - now.tv_nsec as f64 / 1e9).max(0.0))
}

/// Functions of the kernel on a task's stack; nothing where they may not be read.
fn kernel_stack(who: Who) -> Vec<Vec<u8>> {
    let text = who.read("stack").unwrap_or_default();
    let function = |line: &[u8]| {
        let from = line.iter().position(|&b| b == b' ')? + 1;
        let rest = line.get(from..)?;
        let end = rest.iter().position(|&b| b == b'+')?;
        Some(rest[..end].to_vec())
    };
    text.split(|&b| b == b'\n').filter_map(function).collect()
}

/// Whether a process is of 32 bits: its auxiliary vector has words of 4 bytes, so that the second half of the first 8 is a value.
fn is_compat(who: Who) -> bool {
    who.read("auxv").is_ok_and(|auxv| auxv.len() >= 8 && auxv[4..8] != [0; 4])
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}
