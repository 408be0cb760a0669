//! Where the time of the processes that were asked for goes: counted for a while by the kernel side, then given names. What a descriptor
//! led to is looked up at the end, and where it is closed by then, only its call tells what it was.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Gatherer;
use crate::capture::ebpf::times::{Does, MOST, Spent, Times as Counting, Told};
use crate::capture::ebpf::{EbpfSource, available};
use crate::capture::{self, Batch, Count, Source, interrupt};
use crate::schema::types::Row;
use crate::schema::waits::{Purpose, Waits, waits};
use crate::schema::{Abi, by_nr};
use crate::spec::{Backend, Counting as Asked, Target, Watch};
use crate::system::process::Stat;
use crate::system::procfs::waiting::{self, Place as At};
use crate::system::procfs::who::Who;
use crate::tools::why::judge::descriptors::short;
use crate::tools::why::judge::slow;
use crate::tools::why::scene::objects::Kind as Of;
use crate::tools::why::scene::times::{Kind, Place, Thread, Times, Waker};
use crate::tools::why::scene::{Object, Wait};

/// How often is looked whether to go on.
const TURN: Duration = Duration::from_millis(100);
/// Descriptors of a process whose ends are looked up: those that were waited for the longest.
const OBJECTS: usize = 64;
/// Descriptors of a process that are looked at when it begins.
const LINKS: usize = 8192;
/// Of those who woke a thread, so many are told.
const WAKERS: usize = 3;

/// What counts.
pub struct Watching {
    pids: Vec<u32>,
    begun: Instant,
    times: Counting,
    calls: Option<EbpfSource>,
    /// CPU time of each process at the begin: in its program, in the kernel, ticks.
    cpu: BTreeMap<u32, (u64, u64)>,
    /// Where descriptors led at the begin, by process.
    links: BTreeMap<u32, Links>,
    /// Names of threads at the begin.
    names: BTreeMap<u32, Vec<u8>>,
}

/// Where descriptors lead.
type Links = BTreeMap<u32, Vec<u8>>;

impl Watching {
    /// Begins to count.
    ///
    /// # Errors
    /// Why that cannot be done here.
    pub fn begin(program: &str, pids: &[u32]) -> Result<Watching> {
        let pids: Vec<u32> = pids.iter().copied().take(MOST).collect();
        let target = Target { pids: pids.iter().map(|pid| *pid as i32).collect(), ..Target::default() };
        let mut watch = Watch { follow: false, ..Watch::events(program, target, Backend::Ebpf, 0) };
        watch.detail.data = false;
        watch.detail.fds = false;
        watch.counting = Some(Asked { by_process: true, cpu_time: false });
        available(&watch)?;
        let calls = EbpfSource::open(&watch, &mut None)?;
        // As `top` has it: reading is not to take the CPU from whoever is watched.
        let _ = rustix::process::setpriority_process(None, 0);
        let cpu = pids.iter().filter_map(|pid| Some((*pid, cpu(&Who::Id(*pid).stat()?)))).collect();
        let links = pids.iter().map(|&pid| (pid, links(pid))).collect();
        let threads = pids.iter().flat_map(|&pid| Who::Id(pid).threads().unwrap_or_default());
        let names = threads.filter_map(|tid| Some((tid, Who::Id(tid).comm()?))).collect();
        let times = Counting::watch(&pids)?;
        Ok(Watching { pids, begun: Instant::now(), times, calls: Some(calls), cpu, links, names })
    }

    /// Waits until so long has passed since the begin, a signal comes, or all of them have ended.
    pub fn wait(&mut self, time: Duration) {
        let mut batch = Batch::new();
        while let Some(left) = time.checked_sub(self.begun.elapsed()).filter(|left| !left.is_zero()) {
            if interrupt::interrupted().is_some() || !self.pids.iter().any(|&pid| Who::Id(pid).exists()) {
                break;
            }
            std::thread::sleep(left.min(TURN));
            // What comes there is none of ours: it makes room.
            while let Some(calls) = &mut self.calls {
                batch.clear();
                if !matches!(calls.read(&mut batch, Duration::ZERO), Ok(capture::Status::More)) {
                    break;
                }
            }
        }
    }

    /// Ends, and puts into the scene what was counted.
    ///
    /// # Errors
    /// The kernel does not give it.
    pub fn end(mut self, gatherer: &mut Gatherer) -> Result<()> {
        let told = self.times.end()?;
        let mut calls: BTreeMap<u32, Vec<(String, Count)>> = BTreeMap::new();
        if let Some(mut source) = self.calls.take() {
            for (pid, count) in source.counts_by_process()? {
                calls.entry(pid).or_default().push((call(count.compat, count.nr), count));
            }
            source.detach(&mut Batch::new())?;
        }
        for (what, much) in [("threads", told.no_thread), ("waits", told.no_place)] {
            if much > 0 {
                let why = format!("{:.3} s of some are not told: there were too many", much as f64 / 1e9);
                gatherer.scene.miss(what, why);
            }
        }
        if told.no_waker > 0 {
            gatherer.scene.miss("who woke threads", format!("{} times there was no room to note it", told.no_waker));
        }
        for pid in self.pids {
            let before = self.links.remove(&pid).unwrap_or_default();
            let mut times = gatherer.times(pid, &told, &before, &self.names);
            times.calls = calls.remove(&pid).unwrap_or_default();
            times.calls.sort_by_key(|(_, count)| std::cmp::Reverse(count.total));
            let now = Who::Id(pid).stat().map(|stat| cpu(&stat));
            times.cpu = self.cpu.get(&pid).zip(now).map(|(then, now)| {
                let seconds = |ticks: u64| ticks as f64 / gatherer.scene.ticks.max(1) as f64;
                (seconds(now.0.saturating_sub(then.0)), seconds(now.1.saturating_sub(then.1)))
            });
            gatherer.scene.times.insert(pid, times);
        }
        Ok(())
    }
}

impl Gatherer {
    /// The times of one process.
    fn times(&mut self, pid: u32, told: &Told, before: &Links, names: &BTreeMap<u32, Vec<u8>>) -> Times {
        let own: Vec<&Spent> = told.spent.iter().filter(|it| it.pid == pid).collect();
        let objects = self.objects(pid, &own, before);
        let mut threads: BTreeMap<(u32, u32), Thread> = BTreeMap::new();
        for spent in own {
            let thread = threads.entry((spent.tid, spent.born)).or_default();
            thread.tid = spent.tid;
            match spent.does {
                Does::Runs => thread.runs += spent.count.total,
                Does::Ready => {
                    thread.ready += spent.count.total;
                    thread.taken += spent.count.errors;
                }
                Does::Sleeps | Does::Blocked | Does::Stopped => add(&mut thread.waits, place(spent, &objects)),
            }
        }
        for ((tid, born), thread) in &mut threads {
            let comm = Who::Thread(pid, *tid).comm();
            thread.ended = comm.is_none();
            thread.comm = comm.or_else(|| names.get(tid).cloned()).unwrap_or_default();
            thread.waits.sort_by_key(|place| std::cmp::Reverse(place.count.total));
            let mut by: BTreeMap<Option<u32>, u64> = BTreeMap::new();
            for waker in told.wakers.iter().filter(|it| (it.tid, it.born) == (*tid, *born)) {
                *by.entry(waker.by.map(|(_, process)| process)).or_default() += waker.times;
            }
            let mut by: Vec<(Option<u32>, u64)> = by.into_iter().collect();
            by.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
            let named = |process: u32| (process, Who::Id(process).comm().unwrap_or_default());
            let waker = |(process, times): (Option<u32>, u64)| Waker { by: process.map(named), times };
            thread.wakers = by.into_iter().take(WAKERS).map(waker).collect();
        }
        let known: Vec<u32> = threads.keys().map(|(tid, _)| *tid).collect();
        let mut threads: Vec<Thread> = threads.into_values().collect();
        for tid in Who::Id(pid).threads().unwrap_or_default().into_iter().filter(|tid| !known.contains(tid)) {
            threads.extend(self.unchanged(pid, tid, told.time));
        }
        let words = self.words(pid);
        for place in threads.iter_mut().flat_map(|thread| &mut thread.waits).filter(|place| place.kind == Kind::Lock) {
            // A condition variable is several words.
            let near = |(address, _): &&(u64, bool)| address & !15 == place.word & !15;
            place.is_lock = words.iter().find(near).map(|(_, is_lock)| *is_lock);
        }
        threads.sort_by_key(|thread| (std::cmp::Reverse(thread.busy()), thread.tid));
        Times { time: told.time, threads, calls: Vec::new(), cpu: None }
    }

    /// Words that threads were seen to wait for, and whether each is a lock's.
    fn words(&self, pid: u32) -> Vec<(u64, bool)> {
        let tasks = self.scene.tasks.values().filter(|task| task.pid == pid);
        let words = tasks.filter_map(|task| match &task.wait {
            Wait::Futex(futex) => Some((futex.address, futex.of)),
            _ => None,
        });
        words
            .filter_map(|(address, of)| match of {
                Of::Mutex | Of::Owned | Of::Reading | Of::Writing | Of::Lock => Some((address, true)),
                Of::Condition | Of::Semaphore | Of::Barrier | Of::Join | Of::Sleep | Of::Parked => {
                    Some((address, false))
                }
                Of::Java | Of::Go | Of::Interpreter | Of::Unknown => None,
            })
            .collect()
    }

    /// A thread that did the same all the while: no switch tells of it.
    fn unchanged(&mut self, pid: u32, tid: u32, time: u64) -> Option<Thread> {
        let who = Who::Thread(pid, tid);
        let stat = who.stat()?;
        let mut thread = Thread { tid, comm: stat.comm, ..Thread::default() };
        if stat.state == b'R' {
            thread.runs = time;
            return Some(thread);
        }
        let entered = match who.read("syscall").ok().and_then(|text| waiting::place(&text)) {
            Some(At::Call(entered)) => Some(entered),
            _ => None,
        };
        let does = match stat.state {
            b'D' => Does::Blocked,
            b'T' | b't' => Does::Stopped,
            _ => Does::Sleeps,
        };
        let row = entered.and_then(|entered| by_nr(Abi::NATIVE, entered.nr));
        let at = row.and_then(|row| waits(row, &[0; 6])?.object());
        let object = entered.zip(at).map_or(0, |(entered, at)| entered.args[usize::from(at)]);
        let mut count = Count::default();
        count.take(time, false);
        let call = entered.map(|entered| (false, entered.nr));
        let spent = Spent { pid, tid, born: 0, does, call, object, count };
        let objects = self.objects(pid, &[&spent], &links(pid));
        thread.waits.push(place(&spent, &objects));
        Some(thread)
    }

    /// What descriptors lead to that were waited for; of those that led there at the begin, too.
    fn objects(&mut self, pid: u32, spent: &[&Spent], before: &Links) -> BTreeMap<u32, Object> {
        let mut waited: BTreeMap<u32, (u64, Purpose)> = BTreeMap::new();
        for it in spent {
            if let Some(purpose) = row(it.call).filter(|_| is_native(it)).and_then(descriptor) {
                let entry = waited.entry(it.object as u32).or_insert((0, purpose));
                entry.0 += it.count.total;
            }
        }
        let mut list: Vec<(u32, (u64, Purpose))> = waited.into_iter().collect();
        list.sort_by_key(|(_, (total, _))| std::cmp::Reverse(*total));
        let same = |fd: u32| {
            before.get(&fd).is_some_and(|link| Who::Id(pid).link(format_args!("fd/{fd}")).is_ok_and(|now| now == *link))
        };
        list.into_iter()
            .filter(|(fd, _)| same(*fd))
            .take(OBJECTS)
            .map(|(fd, (_, purpose))| (fd, self.object(pid, fd, purpose, &[], 0)))
            .collect()
    }
}

/// Where the descriptors of a process lead.
fn links(pid: u32) -> Links {
    let numbers = Who::Id(pid).descriptors().unwrap_or_default();
    let link = |fd: u32| Some((fd, Who::Id(pid).link(format_args!("fd/{fd}")).ok()?));
    numbers.into_iter().take(LINKS).filter_map(link).collect()
}

/// The arguments of 32-bit calls are elsewhere, and not told.
fn is_native(spent: &Spent) -> bool {
    spent.call.is_some_and(|(compat, _)| !compat)
}

/// For what a call waits for a descriptor, where it does.
fn descriptor(row: &Row) -> Option<Purpose> {
    match waits(row, &[0; 6])? {
        Waits::Descriptor(_, purpose) => Some(purpose),
        Waits::Epoll(_) | Waits::Ring(_) | Waits::Flock(_) | Waits::Range(..) => Some(Purpose::Other),
        _ => None,
    }
}

fn row(call: Option<(bool, u32)>) -> Option<&'static Row> {
    let (compat, nr) = call?;
    by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, nr)
}

/// A call's name.
fn call(compat: bool, nr: u32) -> String {
    row(Some((compat, nr))).map_or_else(|| format!("call {nr}"), |row| row.name.to_owned())
}

/// What a thread waited for, with names.
fn place(spent: &Spent, objects: &BTreeMap<u32, Object>) -> Place {
    let row = row(spent.call);
    let waits = row.and_then(|row| waits(row, &[0; 6]));
    let is_descriptor = is_native(spent) && row.is_some_and(|row| descriptor(row).is_some());
    let object = objects.get(&(spent.object as u32)).filter(|_| is_descriptor);
    let said = match waits {
        _ if !is_native(spent) => None,
        Some(Waits::Futex(..) | Waits::Word(..)) => Some(format!("the word at {:#x}", spent.object)),
        Some(Waits::Children(..)) if spent.object as i32 > 0 => Some(format!("child {}", spent.object as i32)),
        _ if is_descriptor => Some(match object {
            Some(object) => format!("{} ({})", spent.object as u32, short(object)),
            None => format!("{} (not the same all the while)", spent.object as u32),
        }),
        _ => None,
    };
    let kind = match spent.does {
        Does::Stopped => Kind::Stopped,
        does => slow::kind(row, does == Does::Blocked, object),
    };
    let word = if kind == Kind::Lock { spent.object } else { 0 };
    let call = spent.call.map(|(compat, nr)| call(compat, nr));
    Place { kind, call, object: said, word, is_lock: None, count: spent.count }
}

/// Adds what was waited for to where the same is.
fn add(waits: &mut Vec<Place>, place: Place) {
    match waits.iter_mut().find(|it| it.kind == place.kind && it.call == place.call && it.object == place.object) {
        Some(known) => known.count.add(&place.count),
        None => waits.push(place),
    }
}

fn cpu(stat: &Stat) -> (u64, u64) {
    (stat.user_time, stat.system_time)
}
