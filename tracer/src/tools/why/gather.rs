//! Looking: the processes that were asked for, then whoever the chain of waits leads to, until there is nobody new, too many, or no time
//! left. Then a second look at how far each task went. What may wait for somebody (memory, the files of a program) is read by children
//! that are given up ([`inside`]).

mod cgroups;
mod clocks;
mod descriptors;
mod files;
mod futexes;
mod holders;
mod inside;
mod java;
mod sockets;
mod tasks;
mod times;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::clocks::Clocks;
use self::holders::Holders;
use self::java::Monitor;
use self::sockets::Sockets;
use self::tasks::First;
use crate::capture::ebpf::times::MOST;
use crate::system::process::Mapping;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::locks;
use crate::system::procfs::machine;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::snapshot::Lock;
use crate::tools::why::judge::{Node, link};
use crate::tools::why::scene::Scene;

/// The time between both looks, at least.
const BETWEEN: Duration = Duration::from_millis(200);
/// After so long nobody is looked at but those that were asked for.
const ENOUGH: Duration = Duration::from_millis(1400);
/// The most processes of a chain.
const PROCESSES: usize = 128;
/// The most threads of a process whose waits are told.
const THREADS: usize = 4096;
/// A share of the time without a CPU from which on it is asked who has it.
const WAITED: f64 = 0.5;

/// Looks.
struct Gatherer {
    scene: Scene,
    begun: Instant,
    covered: Covered,
    /// Our own mounts, for cgroups.
    mounts: Rc<Mounts>,
    clocks: Clocks,
    holders: Holders,
    sockets: Sockets,
    locks: Option<Vec<Lock>>,
    /// Threads of Java that wait for a monitor.
    monitors: BTreeMap<u32, Monitor>,
    /// What processes have mapped, of those whose words are waited for without saying whose they are.
    maps: BTreeMap<u32, Vec<Mapping>>,
    /// How far each task was.
    first: BTreeMap<u32, First>,
}

/// Looks at processes and at whatever their waits lead to. `time`: counts so long where their time goes, too.
pub fn look(program: &str, pids: &[u32], time: Option<Duration>) -> Scene {
    let counting = time.map(|time| (time, times::Watching::begin(program, pids)));
    let mut gatherer = Gatherer {
        scene: Scene {
            ticks: rustix::param::clock_ticks_per_second(),
            cpus: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64),
            runnable: machine::runnable().unwrap_or(0),
            ..Scene::default()
        },
        begun: Instant::now(),
        covered: Covered::now(),
        mounts: Rc::new(Mounts::of(Who::Myself)),
        clocks: Clocks::default(),
        holders: Holders::default(),
        sockets: Sockets::default(),
        locks: None,
        monitors: BTreeMap::new(),
        maps: BTreeMap::new(),
        first: BTreeMap::new(),
    };
    gatherer.follow(pids);
    gatherer.again();
    let counted = counting.map(|(time, counting)| {
        counting.and_then(|mut watching| {
            watching.wait(time);
            watching.end(&mut gatherer)
        })
    });
    gatherer.scene.uncounted = match counted {
        Some(Err(error)) => Some(format!("{error:#}")),
        Some(Ok(())) => Some(format!("it is counted for {MOST} processes at once")),
        None => None,
    };
    gatherer.scene
}

impl Gatherer {
    /// Looks at these processes, at those of whom their tasks wait, and so on.
    fn follow(&mut self, pids: &[u32]) {
        let mut queue: VecDeque<u32> = pids.iter().copied().collect();
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        while let Some(pid) = queue.pop_front() {
            if !seen.insert(pid) {
                continue;
            }
            let late = self.begun.elapsed() > ENOUGH;
            if !pids.contains(&pid) && (late || seen.len() > pids.len() + PROCESSES) {
                let why = if late { "there was no time left" } else { "it leads to more processes than are looked at" };
                self.scene.miss("the rest of the chain", why);
                let name = Who::Id(pid).comm().unwrap_or_default();
                self.scene.names.insert(pid, name);
                continue;
            }
            self.process(pid);
            let Some(process) = self.scene.processes.get(&pid) else { continue };
            let nodes: Vec<Node> = process
                .threads
                .iter()
                .filter_map(|&tid| link(&self.scene, tid))
                .flat_map(|link| link.on.into_iter().map(|on| on.node))
                .collect();
            queue.extend(nodes.into_iter().filter_map(|node| match node {
                Node::Process(pid) => Some(pid),
                Node::Task(tid) => tasks::process_of(tid),
            }));
            if self.scene.processes[&pid].zombie {
                queue.extend(Some(self.scene.processes[&pid].ppid).filter(|&parent| parent != 0));
            }
        }
    }

    /// The second look.
    fn again(&mut self) {
        if let Some(rest) = BETWEEN.checked_sub(self.begun.elapsed()) {
            std::thread::sleep(rest);
        }
        let mut between = Duration::ZERO;
        let mut starved = false;
        for (&tid, first) in &self.first {
            let Some(task) = self.scene.tasks.get_mut(&tid) else { continue };
            if let Some((change, time)) = first.change(task.pid, tid) {
                starved |= change.delayed as f64 > time.as_nanos() as f64 * WAITED;
                task.change = Some(change);
                between = between.max(time);
            }
        }
        self.scene.between = between.as_secs_f64();
        self.monitors_again();
        for process in self.scene.processes.values_mut().filter(|process| !process.groups.is_empty()) {
            process.groups_later = cgroups::holds(process.pid, &self.mounts);
        }
        if starved {
            self.scene.hogs = processes::real_time();
            // They are told, too.
            let missing: Vec<u32> =
                self.scene.hogs.iter().map(|(tid, _)| *tid).filter(|tid| !self.scene.tasks.contains_key(tid)).collect();
            let pids: BTreeSet<u32> = missing.into_iter().filter_map(tasks::process_of).collect();
            pids.into_iter().take(PROCESSES).for_each(|pid| self.process(pid));
        }
    }

    /// Who waits for a monitor of Java looks again from time to time whether it is free, and sleeps again: that is no step forward. Whoever
    /// waits for the same one as before has not moved, and its time limit is none.
    fn monitors_again(&mut self) {
        let pids: BTreeSet<u32> = self.monitors.keys().filter_map(|tid| Some(self.scene.tasks.get(tid)?.pid)).collect();
        for pid in pids {
            let tids = self.scene.processes.get(&pid).map(|process| process.threads.clone()).unwrap_or_default();
            let numbers = futexes::Numbers::new(pid, &tids);
            for (number, monitor) in java::monitors(pid) {
                let Some(tid) = numbers.own(number).filter(|tid| self.monitors.get(tid) == Some(&monitor)) else {
                    continue;
                };
                let Some(task) = self.scene.tasks.get_mut(&tid) else { continue };
                task.change.iter_mut().for_each(|change| change.times = 0);
                task.call.iter_mut().for_each(|call| call.limit = None);
            }
        }
    }

    /// The machine's list of locks, read once.
    fn locks(&mut self) -> &[Lock] {
        self.locks.get_or_insert_with(locks::all)
    }
}
