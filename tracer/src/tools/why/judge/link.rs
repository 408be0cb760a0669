//! One task: what it waits for, who could end that, and how sure it is. Waits of a kind are judged in rooms of their own; here is what
//! comes before any of them (it is stopped, frozen, traced; it runs), and what is left.

use super::causes::{Cause, Nature};
use super::{descriptors, futexes, work};
use crate::render::amount::time;
use crate::schema::signal_names;
use crate::tools::why::scene::{Place, Process, Scene, Task, Wait};

/// What is known of a task's wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Why.
    pub cause: Cause,
    /// In words, with a verb: `waits for the mutex at 0x7f00`.
    pub does: String,
    /// Who could end it: any of them.
    pub on: Vec<On>,
    /// How it may end without them.
    pub end: Option<End>,
    /// How sure it is that these, and no others, could end it.
    pub sure: Sure,
    /// What was seen.
    pub evidence: Vec<String>,
}

/// Somebody who could end a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct On {
    /// Who.
    pub node: Node,
    /// Why it could, in words: `holds it`.
    pub role: &'static str,
}

/// A task, or any task of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// This task.
    Task(u32),
    /// Any task of this process.
    Process(u32),
}

/// How something ends that depends on nobody who was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It goes on by itself.
    Runs,
    /// Something outside of this machine, or somebody at a terminal, decides.
    Outside,
    /// Anybody may bring work: connect, send a signal, change a file.
    Work,
    /// Time decides.
    Sleeps,
    /// Nobody knows.
    Unknown,
    /// Nobody may look.
    Unseen,
    /// A device, or a lock of the kernel's.
    Kernel,
    /// Whoever should answer does not.
    Silent,
    /// Somebody has to let it go on: it is stopped, frozen, traced, or out of CPU time.
    Held,
    /// Nobody can.
    Nobody,
}

/// How sure a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// The kernel, or the thing itself, says so.
    Certain,
    /// It is so in all usual cases.
    Likely,
    /// It is not known.
    Unknown,
}

impl Sure {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Sure::Certain => "certain",
            Sure::Likely => "likely",
            Sure::Unknown => "unknown",
        }
    }
}

impl On {
    /// A task.
    pub fn task(tid: u32, role: &'static str) -> On {
        On { node: Node::Task(tid), role }
    }

    /// A process.
    pub fn process(pid: u32, role: &'static str) -> On {
        On { node: Node::Process(pid), role }
    }
}

impl Link {
    /// One that depends on nobody else.
    pub fn ends(cause: Cause, end: End, does: impl Into<String>) -> Link {
        Link { cause, does: does.into(), on: Vec::new(), end: Some(end), sure: Sure::Certain, evidence: Vec::new() }
    }

    /// One that depends on others.
    pub fn waits(cause: Cause, sure: Sure, does: impl Into<String>, on: Vec<On>) -> Link {
        Link { cause, does: does.into(), on, end: None, sure, evidence: Vec::new() }
    }

    /// With what was seen.
    pub fn seen(mut self, evidence: impl Into<String>) -> Link {
        self.evidence.push(evidence.into());
        self
    }

    /// With another way to end.
    pub fn or(mut self, end: End) -> Link {
        self.end = Some(end);
        self
    }
}

/// Signals whose handlers only report, or end the program: those of faults, of the terminal's interrupt, of pipes that nobody reads, and the C
/// library's own two.
const FAULTS: u64 = {
    const SIGNALS: [i32; 11] = [
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGSEGV,
        libc::SIGPIPE,
        32,
        33,
    ];
    let (mut set, mut at) = (0, 0);
    while at < SIGNALS.len() {
        set |= 1 << (SIGNALS[at] - 1);
        at += 1;
    }
    set
};

/// Judges a task; `None`: it is not there.
pub fn link(scene: &Scene, tid: u32) -> Option<Link> {
    let task = scene.tasks.get(&tid)?;
    let process = scene.processes.get(&task.pid)?;
    let mut link = held(scene, process, task).unwrap_or_else(|| waiting(scene, process, task));
    // The kernel names who holds a lock by its number; of a descriptor somebody else may have one, who was not seen.
    let named = matches!(&task.wait, Wait::Lock(lock) if lock.named);
    let by_descriptor =
        matches!(task.wait, Wait::Descriptor(..) | Wait::Ready(..) | Wait::Ring(_) | Wait::Path(_) | Wait::Lock(_));
    if scene.blind && by_descriptor && !named && !link.on.is_empty() {
        link.sure = link.sure.max(Sure::Likely);
    }
    // A call that takes a time at most ends by that, also where nobody else could end it.
    let limit = task.call.as_ref().and_then(|call| call.limit);
    let open = matches!(link.end, None | Some(End::Nobody | End::Unknown));
    match limit.filter(|_| open) {
        Some(left) => {
            link.end = Some(End::Sleeps);
            link.evidence.push(format!("it waits {} longer at most", time(left.max(0.0))));
        }
        None => by_handler(process, &mut link),
    }
    Some(link)
}

/// What only the process itself could end, a handler of a signal may end: it writes to a pipe, or posts a semaphore.
fn by_handler(process: &Process, link: &mut Link) {
    let own = |on: &On| match on.node {
        Node::Process(pid) => pid == process.pid,
        Node::Task(tid) => process.threads.contains(&tid),
    };
    let alone = process.threads.len() == 1 && link.on.iter().all(own);
    let caught = process.caught & !FAULTS;
    if link.cause.nature() == Nature::Handled && alone && caught != 0 && matches!(link.end, None | Some(End::Nobody)) {
        let signal = signal_names::name(caught.trailing_zeros() as i32 + 1);
        let more = if caught.count_ones() > 1 { " and other signals" } else { "" };
        link.end = Some(End::Unknown);
        link.evidence.push(format!("it has a handler for {signal}{more}, which could do it"));
    }
}

/// It cannot go on, whatever it waits for.
fn held(scene: &Scene, process: &Process, task: &Task) -> Option<Link> {
    if process.zombie {
        let link = if process.ppid == 0 || !scene.processes.contains_key(&process.ppid) {
            Link::ends(Cause::Zombie, End::Held, "has ended, and its parent has not asked for its end")
        } else {
            let on = vec![On::process(process.ppid, "is its parent and does not ask for its end (wait)")];
            Link::waits(Cause::Zombie, Sure::Certain, "has ended and is left over (a zombie)", on)
        };
        return Some(link.or(End::Held).seen("its state is Z; killing it does nothing"));
    }
    if matches!(task.state, b'Z' | b'X' | b'x') {
        return Some(Link::ends(Cause::Ended, End::Nobody, "has ended, while other threads go on"));
    }
    if let Some(group) = process.groups.iter().find(|group| group.frozen) {
        let path = name(&group.path);
        return Some(
            Link::ends(Cause::Frozen, End::Held, format!("is frozen by its cgroup {path}"))
                .seen(format!("the cgroup {path} is frozen; writing to its freezer thaws it")),
        );
    }
    match task.state {
        b't' => {
            let does = "is stopped by its tracer";
            Some(match process.tracer {
                0 => Link::ends(Cause::Traced, End::Held, does),
                tracer => {
                    let on = vec![On::process(tracer, "traces it")];
                    Link { end: Some(End::Held), ..Link::waits(Cause::Traced, Sure::Certain, does, on) }
                        .seen(format!("its state is t, and TracerPid is {tracer}"))
                }
            })
        }
        b'T' => Some(stopped(task)),
        _ => None,
    }
}

fn stopped(task: &Task) -> Link {
    let signal = signal_names::name(task.stopped_by as i32);
    let terminal = matches!(task.stopped_by as i32, libc::SIGTTIN | libc::SIGTTOU);
    let does = match terminal {
        _ if task.stopped_by == 0 => "is stopped".to_owned(),
        true => format!("is stopped by {signal}: it uses its terminal and is not in the foreground"),
        false => format!("is stopped by {signal}"),
    };
    Link::ends(Cause::Stopped, End::Held, does)
        .seen("its state is T; SIGCONT continues it. The kernel does not keep who stopped it")
}

fn waiting(scene: &Scene, process: &Process, task: &Task) -> Link {
    if let Some(link) = work::memory(scene, process, task) {
        return link;
    }
    if task.state == b'R' || matches!((task.place, &task.wait), (Place::Running, Wait::Nothing)) {
        return work::running(scene, process, task);
    }
    if process.kernel {
        return Link::ends(Cause::Kernel, End::Work, "is a thread of the kernel that has nothing to do");
    }
    if task.place == Place::Unseen {
        let why = process.closed.clone().unwrap_or_else(|| "its call may not be read".to_owned());
        let does = if task.state == b'D' { "waits in the kernel" } else { "waits" };
        return Link::ends(Cause::Unseen, End::Unseen, format!("{does}, and nobody may see for what"))
            .seen(format!("process {}: {why}", process.pid));
    }
    match &task.wait {
        Wait::Nothing => work::running(scene, process, task),
        Wait::Time => slept(task),
        Wait::Signal => Link::ends(Cause::Signal, End::Work, "waits for a signal").seen("any process may send one"),
        Wait::Futex(futex) => futexes::link(scene, process, task, futex),
        Wait::Descriptor(fd, purpose, object) => descriptors::link(scene, task, *fd, *purpose, object),
        Wait::Ready(how, list, more) => descriptors::ready(scene, task, how, list, *more),
        Wait::Ring(list) => descriptors::ring(scene, task, list),
        Wait::Lock(lock) => descriptors::file_lock(task, lock),
        Wait::Path(object) => descriptors::open(scene, task, object),
        Wait::Children(list) => children(list),
        Wait::Vfork(list) => {
            let on = list.iter().map(|&pid| On::process(pid, "uses its memory until it runs a program")).collect();
            Link::waits(Cause::Vfork, Sure::Certain, "waits for a child that it made by vfork", on)
        }
        Wait::Call | Wait::Fault => work::in_kernel(task),
    }
}

fn slept(task: &Task) -> Link {
    let left = task.call.as_ref().and_then(|call| call.limit);
    let does = match left {
        Some(left) => format!("sleeps by itself, {} longer", time(left.max(0.0))),
        None => "sleeps by itself".to_owned(),
    };
    Link::ends(Cause::Sleep, End::Sleeps, does)
}

fn children(list: &[u32]) -> Link {
    let s = if list.len() == 1 { "its child" } else { "one of its children" };
    let on: Vec<On> = list.iter().map(|&pid| On::process(pid, "is the child")).collect();
    if on.is_empty() {
        return Link::ends(Cause::Children, End::Unknown, "waits for a child, and none was seen");
    }
    Link::waits(Cause::Children, Sure::Certain, format!("waits for {s} to end"), on)
}

/// A name that others chose, as printable ASCII.
pub fn name(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    crate::render::escape::Line::new(&mut out, false).plain_name(bytes);
    String::from_utf8(out).unwrap_or_default()
}
