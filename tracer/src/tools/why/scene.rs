//! What was seen, as plain data: processes, their tasks, what each task waits for, and who else holds that. Nothing here does I/O.
//! What nobody could read is said in [`Scene::missing`], or by a variant of its own; never by an empty list.

pub mod objects;
pub mod times;

use std::collections::BTreeMap;

pub use self::objects::{FileLock, Futex, Holder, Inet, Object, Pipe, Unix, Waited};
use crate::schema::waits::Purpose;
use crate::system::process::Group;

/// Everything that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Processes, by pid.
    pub processes: BTreeMap<u32, Process>,
    /// Tasks, by tid.
    pub tasks: BTreeMap<u32, Task>,
    /// Somebody may hold something and could not be looked into: nobody is the only one for certain.
    pub blind: bool,
    /// What could not be seen, and why: each once.
    pub missing: Vec<(String, String)>,
    /// Seconds between both looks.
    pub between: f64,
    /// Clock ticks of a second.
    pub ticks: u64,
    /// CPUs of this machine.
    pub cpus: u64,
    /// Tasks that want a CPU now.
    pub runnable: u64,
    /// Names of processes that could end a wait and were not looked at.
    pub names: BTreeMap<u32, Vec<u8>>,
    /// Real-time tasks that run, with the CPU that each is on: looked for where somebody waits for a CPU.
    pub hogs: Vec<(u32, Option<usize>)>,
    /// Where their time goes was asked for: why it is not known of those who are not in `times`.
    pub uncounted: Option<String>,
    /// Where the time of processes went, where it was counted.
    pub times: BTreeMap<u32, times::Times>,
}

impl Scene {
    /// Something could not be seen.
    pub fn miss(&mut self, what: impl Into<String>, why: impl Into<String>) {
        let entry = (what.into(), why.into());
        if !self.missing.contains(&entry) {
            self.missing.push(entry);
        }
    }

    /// A process of a task.
    pub fn process_of(&self, tid: u32) -> Option<&Process> {
        self.processes.get(&self.tasks.get(&tid)?.pid)
    }
}

/// A process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Its parent.
    pub ppid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// When it began, in ticks since boot.
    pub start: u64,
    /// A thread of the kernel.
    pub kernel: bool,
    /// It has ended, and its parent has not asked for its end.
    pub zombie: bool,
    /// Who traces it; 0 for nobody.
    pub tracer: u32,
    /// Signals that it has handlers for, a bit each.
    pub caught: u64,
    /// Its threads.
    pub threads: Vec<u32>,
    /// What its cgroups do to it, and what they counted until the second look.
    pub groups: Vec<Group>,
    /// The same at the second look.
    pub groups_later: Vec<Group>,
    /// Why it could not be looked into.
    pub closed: Option<String>,
}

/// A task: a thread of a process.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// Its id.
    pub tid: u32,
    /// Its process.
    pub pid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// State, a letter of proc(5).
    pub state: u8,
    /// The signal that stopped it, where it is stopped.
    pub stopped_by: u32,
    /// nice(2)
    pub nice: i64,
    /// Priority among real-time tasks; 0: it is none.
    pub rt_priority: u64,
    /// The processor on which it last ran.
    pub processor: Option<usize>,
    /// Where it is.
    pub place: Place,
    /// The call that it is in.
    pub call: Option<Call>,
    /// The kernel's function in which it waits.
    pub wchan: Option<Vec<u8>>,
    /// Functions of the kernel on its stack, where they may be read.
    pub kernel: Vec<Vec<u8>>,
    /// Functions of the program on its stack, the innermost first; those that were looked for.
    pub frames: Vec<Vec<u8>>,
    /// Seconds since it last ran.
    pub age: Option<f64>,
    /// What it waits for.
    pub wait: Wait,
    /// How far it went until the second look; `None`: it ended, or was not looked at again.
    pub change: Option<Change>,
}

/// Where a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// It runs, or is ready to.
    Running,
    /// Within a call.
    Call,
    /// It waits, and not within a call.
    Outside,
    /// Nobody may look.
    #[default]
    Unseen,
}

/// A call that has not ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// The call with its arguments, as a trace has it: printable ASCII.
    pub text: String,
    /// When it ends by itself at the latest, in seconds from now.
    pub limit: Option<f64>,
}

/// What a task did from the first look to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Nanoseconds on a CPU.
    pub ran: u64,
    /// Nanoseconds ready, without one.
    pub delayed: u64,
    /// How often it was given a CPU.
    pub times: u64,
    /// Ticks in the kernel.
    pub system: u64,
    /// Ticks in the program.
    pub user: u64,
    /// Page faults without I/O.
    pub minor: u64,
    /// Page faults with I/O.
    pub major: u64,
    /// State at the second look.
    pub state: u8,
}

/// What a task waits for.
#[derive(Debug, Clone, Default)]
pub enum Wait {
    /// Nothing: it runs or is ready.
    #[default]
    Nothing,
    /// A time.
    Time,
    /// A signal.
    Signal,
    /// A word in memory to change.
    Futex(Futex),
    /// Something that a descriptor leads to.
    Descriptor(u32, Purpose, Object),
    /// One of several descriptors: `poll`, `epoll`, `select`; how many more there are.
    Ready(&'static str, Vec<Waited>, usize),
    /// Operations of a ring of io_uring: descriptors of those that wait for a file to be ready, as far as its own queue still tells.
    Ring(Vec<Waited>),
    /// A lock on a file.
    Lock(FileLock),
    /// A file that a path leads to, to be opened or asked about.
    Path(Object),
    /// Children: those that it waits for.
    Children(Vec<u32>),
    /// The child that uses its memory.
    Vfork(Vec<u32>),
    /// A call of which nothing of the kind is known.
    Call,
    /// A page of memory, or something else outside of a call.
    Fault,
}
