//! Where waits lead. Tasks and those who could end their waits are a graph in which one of several is enough. A task is *open* when
//! something that depends on nobody ends its wait, or when somebody who could end it is open. Who is not open can only be woken by others
//! who are not: a circle, for ever. Of the open ones, the way is taken that is the most likely to end first.

use std::collections::{BTreeMap, VecDeque};

use super::causes::{Cause, Nature};
use super::link::{End, Link, Node, link};
use super::work;
use crate::tools::why::scene::Scene;

/// The links of all tasks, and where they lead.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// Of each task its link.
    pub links: BTreeMap<u32, Link>,
    /// Of each open task, how far it is from its end and who comes next; `None`: itself is the end.
    best: BTreeMap<u32, (u8, u32, Option<u32>)>,
}

/// Who waits for somebody that sleeps so many seconds at most goes on soon.
const SOON: f64 = 10.0;

/// How a way ends, the most open first.
fn rank(end: End) -> u8 {
    match end {
        End::Runs => 0,
        End::Outside | End::Work => 1,
        End::Sleeps => 2,
        End::Unseen | End::Unknown => 3,
        End::Kernel => 4,
        End::Silent => 5,
        End::Held => 6,
        End::Nobody => 7,
    }
}

fn moved(scene: &Scene, tid: u32) -> bool {
    scene.tasks.get(&tid).and_then(|task| task.change).is_some_and(|change| change.times > 0)
}

/// How a task's wait ends without others. Who was given a CPU meanwhile goes on, whatever it waited for when it was first looked at.
fn end(scene: &Scene, tid: u32, link: &Link) -> Option<End> {
    match link.end {
        None | Some(End::Nobody | End::Unknown) if moved(scene, tid) => Some(End::Runs),
        end => end,
    }
}

/// Judges a whole scene.
pub fn outcomes(scene: &Scene) -> Outcomes {
    let links: BTreeMap<u32, Link> = scene.tasks.keys().filter_map(|&tid| Some((tid, link(scene, tid)?))).collect();
    let mut best: BTreeMap<u32, (u8, u32, Option<u32>)> = BTreeMap::new();
    for (&tid, link) in &links {
        if let Some(end) = end(scene, tid, link) {
            best.insert(tid, (rank(end), 0, None));
        }
    }
    // Of a process, any task that has not ended.
    let tasks_of = |node: Node| -> Vec<u32> {
        match node {
            Node::Task(tid) => vec![tid],
            Node::Process(pid) => scene.processes.get(&pid).map(|process| process.threads.clone()).unwrap_or_default(),
        }
    };
    loop {
        let mut changed = false;
        for (&tid, link) in &links {
            let now = best.get(&tid).copied();
            for other in link.on.iter().flat_map(|on| tasks_of(on.node)).filter(|&other| other != tid) {
                let Some(&(rank, far, _)) = best.get(&other) else { continue };
                let new = (rank, far + 1, Some(other));
                let better = |(old, old_far, _): (u8, u32, Option<u32>)| (new.0, new.1) < (old, old_far);
                if best.get(&tid).copied().is_none_or(better) {
                    best.insert(tid, new);
                }
            }
            changed |= best.get(&tid).copied() != now;
        }
        if !changed {
            break;
        }
    }
    Outcomes { links, best }
}

/// The way from a task to the end, or round a circle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Tasks, the one that it begins with first.
    pub tasks: Vec<u32>,
    /// From here on in `tasks` it is a circle.
    pub circle: Option<usize>,
}

impl Outcomes {
    /// Whether something may end a task's wait.
    pub fn is_open(&self, tid: u32) -> bool {
        self.best.contains_key(&tid)
    }

    /// The way from a task.
    pub fn way(&self, scene: &Scene, tid: u32) -> Way {
        if self.is_open(tid) {
            let mut tasks = vec![tid];
            let mut at = tid;
            while let Some(next) = self.next(scene, at).filter(|next| !tasks.contains(next)) {
                tasks.push(next);
                at = next;
            }
            return Way { tasks, circle: None };
        }
        self.round(scene, tid)
    }

    /// The next of an open task: the best; where the task itself is the end, though somebody could end it before, the first of those.
    fn next(&self, scene: &Scene, tid: u32) -> Option<u32> {
        let (_, _, next) = self.best.get(&tid)?;
        next.or_else(|| {
            let link = self.links.get(&tid)?;
            let tasks = link.on.iter().flat_map(|on| match on.node {
                Node::Task(tid) => vec![tid],
                Node::Process(pid) => {
                    scene.processes.get(&pid).map(|process| process.threads.clone()).unwrap_or_default()
                }
            });
            let others: Vec<u32> = tasks.filter(|&other| other != tid && self.links.contains_key(&other)).collect();
            // Whoever waits in another way than this one, rather than one of many that wait alike.
            let differs = |other: &&u32| self.links[*other].cause != link.cause;
            others.iter().find(differs).or(others.first()).copied()
        })
    }

    /// Round a circle: the shortest that can be reached.
    fn round(&self, scene: &Scene, tid: u32) -> Way {
        let mut before: BTreeMap<u32, u32> = BTreeMap::new();
        let mut wave = VecDeque::from([tid]);
        let mut order = vec![tid];
        while let Some(at) = wave.pop_front() {
            for next in self.shut(scene, at) {
                if next == tid || order.contains(&next) {
                    // Back to somebody on the way to here?
                    let mut way = vec![at];
                    while let Some(&earlier) = before.get(way.last().unwrap_or(&at)) {
                        way.push(earlier);
                    }
                    way.reverse();
                    if let Some(place) = way.iter().position(|&on| on == next) {
                        return Way { tasks: way, circle: Some(place) };
                    }
                    continue;
                }
                before.insert(next, at);
                order.push(next);
                wave.push_back(next);
            }
        }
        Way { tasks: vec![tid], circle: None }
    }

    /// Those of whom a task waits that are not open themselves; itself where it waits for itself.
    fn shut(&self, scene: &Scene, tid: u32) -> Vec<u32> {
        let Some(link) = self.links.get(&tid) else { return Vec::new() };
        let mut found = Vec::new();
        for on in &link.on {
            match on.node {
                Node::Task(other) => found.push(other),
                Node::Process(pid) => {
                    let threads = scene.processes.get(&pid).map(|process| process.threads.clone()).unwrap_or_default();
                    found.extend(threads);
                }
            }
        }
        found.retain(|other| self.links.contains_key(other) && !self.is_open(*other));
        // Others before itself.
        found.sort_by_key(|&other| other == tid);
        found
    }

    /// What comes of a task's wait.
    pub fn verdict(&self, scene: &Scene, tid: u32) -> Verdict {
        let Some(link) = self.links.get(&tid) else { return Verdict::Unknown };
        match link.cause {
            Cause::Ended => return Verdict::Idle,
            // Whatever its parent does, it has not asked for it yet.
            Cause::Zombie => return Verdict::Stuck,
            _ => {}
        }
        let way = self.way(scene, tid);
        if !self.is_open(tid) {
            let gone = way.tasks.iter().any(|task| !self.links.contains_key(task));
            return if gone || way.circle.is_none() { Verdict::Unknown } else { Verdict::Stuck };
        }
        let last = way.tasks.last().copied().unwrap_or(tid);
        let last_link = self.links.get(&last);
        let end = last_link.and_then(|link| self::end(scene, last, link));
        let moved = |tid: u32| moved(scene, tid);
        // Whoever has the lock does not use it: it waits for work from outside, as they all would.
        let lock = |tid: &u32| self.links[tid].cause.nature() == Nature::Lock;
        let takes_turns = last_link.is_some_and(|link| matches!(link.cause, Cause::Accept | Cause::Readiness))
            && way.tasks[..way.tasks.len() - 1].iter().all(lock);
        let left = scene.tasks.get(&last).and_then(|task| task.call.as_ref()?.limit);
        let soon = end == Some(End::Sleeps) && left.is_some_and(|left| left < SOON);
        let blocks = way.tasks[..way.tasks.len() - 1].iter().any(|tid| self.links[tid].cause.nature().blocks());
        let first_end = link.end;
        let own = scene.tasks[&tid].pid;
        let in_own = way.tasks.iter().all(|tid| scene.tasks.get(tid).is_some_and(|task| task.pid == own));
        // Somebody holds it, and be it that that one runs; but a tracer stops whom it traces again and again.
        if first_end == Some(End::Held) && (link.cause == Cause::Ready || !moved(tid)) {
            return Verdict::Stuck;
        }
        match end {
            // A time of its own ends it, whatever the others do.
            _ if matches!(first_end, Some(End::Sleeps)) && way.tasks.len() > 1 => Verdict::Idle,
            None => {
                if moved(last) && in_own {
                    Verdict::Runs
                } else {
                    Verdict::Idle
                }
            }
            Some(End::Runs) => {
                if in_own {
                    Verdict::Runs
                } else {
                    Verdict::Idle
                }
            }
            Some(End::Outside) => Verdict::Idle,
            Some(End::Work | End::Sleeps) if blocks && (takes_turns || soon) => Verdict::Idle,
            Some(End::Work | End::Sleeps) if blocks && !moved(tid) => Verdict::Stuck,
            Some(End::Work | End::Sleeps) if blocks => Verdict::Runs,
            Some(End::Work | End::Sleeps) => {
                if work::is_busy(scene, &scene.tasks[&tid]) {
                    Verdict::Runs
                } else {
                    Verdict::Idle
                }
            }
            Some(End::Kernel) => Verdict::Idle,
            Some(End::Unknown | End::Unseen) => Verdict::Unknown,
            Some(End::Silent | End::Held | End::Nobody) => Verdict::Stuck,
        }
    }
}

/// What is to be said of a task, or of a process: the gravest of its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verdict {
    /// It waits for something outside, or for work.
    #[default]
    Idle,
    /// It runs.
    Runs,
    /// Nobody knows.
    Unknown,
    /// It will not go on by itself.
    Stuck,
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Idle => "idle",
            Verdict::Runs => "runs",
            Verdict::Unknown => "unknown",
            Verdict::Stuck => "stuck",
        }
    }
}
