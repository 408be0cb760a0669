//! Loading the kernel side: offsets from BTF, plans and filter from the request, maps, programs, links.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail};
use aya::maps::Map;
use tracer_common::config::{CalledKey, Config, Regs, Tally, TallyKey, follow, target};
use tracer_common::plan::{PLANS, Plan, plan_index};

use super::blocks;
use super::bpf::{self, Attach};
use super::btf::KernelTypes;
use super::growing::{EVENTS, Growing, Place};
use super::library::{self, Probes};
use super::log::{self, Log};
use super::object::{Image, Unlinked};
use super::operations::Operations;
use super::perf::{Perf, needs_tracefs};
use super::sleepable::{self, PAGE_IN};
use crate::capture::library as functions;
use crate::capture::plans::Plans;
use crate::schema::reach::may_reach;
use crate::schema::types::NO_NR;
use crate::schema::{Abi, by_name, parts, place_of};
use crate::spec::{CallFilter, Counting, Target, Watch};
use crate::system::names::cgroup_id;
use crate::system::place::shown;
use crate::system::threads;

/// The kernel's own type information.
pub const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// The kernel side, loaded and running.
pub struct Loaded {
    /// Closing these detaches.
    pub links: Vec<OwnedFd>,
    /// Where records come.
    pub ring: Growing,
    /// What the kernel side says of itself, if it is to.
    pub log: Option<Log>,
    /// Task storage: what is traced.
    pub tasks: OwnedFd,
    /// Processes to adopt.
    pub adopt: Map,
    /// What the iterator does.
    pub walk: Map,
    /// Loss counters.
    pub lost: Map,
    /// Heartbeats that came through.
    pub beats: Map,
    /// Call counters.
    pub tally: Map,
    /// Call counters by process.
    pub tallies: Map,
    /// Calls that found no room, by process and call.
    pub missed: Map,
    /// Operations of io_uring are seen.
    pub operations: bool,
    /// Where unix datagrams come to is told, in audits.
    pub reached: bool,
    /// What was asked for: other calls are seen and counted, too.
    pub asked: CallFilter,
    /// Those of library functions, where they are asked for.
    pub probes: Option<Probes>,
    /// Those of [`TRACEPOINTS`], and the task iterator, by their names.
    pub(super) programs: Vec<(&'static str, OwnedFd)>,
}

/// Programs and their tracepoints; kernel 5.5 for tp_btf. The first is only there beside programs that perf calls.
const TRACEPOINTS: &[(&str, &str)] = &[
    ("given_to_exec", "sched_process_exec"),
    ("sys_enter", "sys_enter"),
    (PAGE_IN, "sys_enter"),
    ("stack_at_entry", "sys_enter"),
    ("stack_at_end", "sys_exit"),
    ("sys_exit", "sys_exit"),
    ("sched_process_fork", "sched_process_fork"),
    ("sched_process_exec", "sched_process_exec"),
    ("sched_process_exit", "sched_process_exit"),
    ("signal_generate", "signal_generate"),
    ("stack_at_signal", "signal_deliver"),
    ("signal_deliver", "signal_deliver"),
    (PACKETS[0], "net_dev_queue"),
    (PACKETS[1], "sk_data_ready"),
];

/// Those of them that tell of signals.
const SIGNALS: [&str; 2] = ["signal_generate", "signal_deliver"];
/// Those of them that copy stacks.
const STACKS: [&str; 3] = ["stack_at_entry", "stack_at_end", "stack_at_signal"];
/// Those that tell where datagrams go: only an audit wants to know. Kernel 6.3 for the second.
const PACKETS: [&str; 2] = ["net_dev_queue", "sk_data_ready"];
/// Buffers of records that are being made, without those of [`PAGE_IN`] and [`STACKS`].
const BUFFERS: u32 = 6;

/// Maps that only probes of library functions use.
const LIBRARY: [&str; 6] = ["PROTOTYPE", "CALLERS", "WAITING", "KNOWN", "CALLED", "MADE"];

/// System calls that are no program's: the kernel's code for probes makes them.
const KERNELS_OWN: [&str; 2] = ["uretprobe", "uprobe"];

/// A program that carries out plans.
const SAYS: &str = "sys_enter";

/// The task iterator's program name, and the kernel's (5.8).
const WALK_TASKS: (&str, &str) = ("walk_tasks", "task");

macro_rules! pod {
    ($($(#[$doc:meta])* $name:ident = $inner:ty;)*) => {$(
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy)]
        pub struct $name(pub $inner);
        // SAFETY: the inner type is repr(C) without padding or references; any bytes are a value of it.
        unsafe impl aya::Pod for $name {}
    )*};
}
pub(super) use pod;
pod! {
    /// A counter that aya may copy.
    TallyValue = Tally;
    /// The key of a function's counter that aya may copy.
    CalledKeyValue = CalledKey;
    /// The key of a process's counter that aya may copy.
    TallyKeyValue = TallyKey;
}

/// Loads and attaches everything.
pub fn load(watch: &Watch, image: &'static Image) -> Result<Loaded> {
    // Made by whoever comes to them first.
    let plans = OnceLock::new();
    let plans = || plans.get_or_init(|| Plans::new(watch));
    let (size, largest) = ring_sizes(watch.ring_size, watch.counting.is_some())?;
    let level = log::asked()?;
    let of_functions = plans_of_functions(watch);
    let (tally, tallies) = counters(watch.counting);
    let buffers = match (copies_stacks(watch), watch.evidence) {
        (true, _) => BUFFERS + 1 + STACKS.len() as u32,
        // That of `PAGE_IN`, too.
        (false, true) => BUFFERS + 2,
        // Kernels that take `PAGE_IN` are among those.
        (false, false) => BUFFERS + u32::from(needs_tracefs()),
    };
    let mut sizes = vec![("TALLY", tally), ("TALLIES", tallies), ("BUFFERS", buffers)];
    let none = if watch.library.is_none() { LIBRARY.as_slice() } else { &[] };
    sizes.extend(none.iter().map(|name| (*name, 1)));
    match blocks::are_followed(watch) {
        true => sizes.push((blocks::MAPS[0], blocks::room(memory()))),
        false => sizes.extend(blocks::MAPS.iter().map(|name| (*name, 1))),
    }
    sizes.extend((level == 0).then_some(log::RING_OFF));
    // Each takes about as long as the other.
    let (prepared, unlinked) = std::thread::scope(|scope| {
        let make = || make(image, &sizes, plans(), &of_functions);
        let other = threads::scoped(scope, make);
        let prepared = Place::make(size)
            .context("cannot load the kernel side")
            .and_then(|place| Ok((place, prepare(watch, image, plans, &of_functions, size)?)));
        let unlinked =
            other.map_or_else(|_| make(), |other| other.join().map_err(|_| anyhow!("making maps panicked"))?);
        (prepared, unlinked)
    });
    let (place, Prepared { config, wanted, functions, operations, reached }) = prepared?;
    let mut unlinked = unlinked.context("cannot load the kernel side")?;
    unlinked.give(EVENTS, place.fd().try_clone_to_owned()?)?;
    let object =
        unlinked.link(config.bytes(), &[(log::LEVEL, &[level])], &functions).context("cannot load the kernel side")?;
    if let Some(operations) = &operations {
        operations.fill(object.map("OPERATIONS")?.as_raw_fd())?;
    }

    let (programs, ring) = object.load(&wanted, || place.open(largest))?;
    let mut ring = ring?;
    let mut programs: Vec<_> = wanted.iter().map(|(name, _)| *name).zip(programs).collect();
    // The ring of what is said is found by a program that may say something.
    let log = match programs.iter().find(|(name, _)| *name == SAYS) {
        Some((_, program)) if level > 0 => Some(Log::open(program.as_fd())?),
        _ => None,
    };
    ring.begin()?;
    let mut links = Vec::new();
    for ((_, to), (name, program)) in wanted.iter().zip(&programs) {
        let link = match to {
            Attach::Tracepoint(_) | Attach::Sleepable(_) => bpf::attach(program.as_fd()),
            Attach::Perf(id) => bpf::attach_perf(program.as_fd(), *id),
            Attach::Iterator(_) | Attach::Functions => continue,
        };
        links.push(link.with_context(|| format!("cannot attach to tracepoint {name}"))?);
    }
    // That the kernel did not run it, because it slept for another task, is no loss: it repeats what is repeated at the end again.
    programs.retain(|(name, _)| *name != PAGE_IN);
    let probes = match &watch.library {
        Some(asked) => {
            let theirs = programs_of_functions(watch);
            let of_functions =
                programs.extract_if(.., |(name, _)| theirs.contains(name)).map(|(_, program)| program).collect();
            let tree = watch.follow || super::only(&watch.target);
            Some(Probes::new(asked.clone(), of_functions, &object, tree, watch.counting.is_some())?)
        }
        None => None,
    };
    Loaded {
        links,
        probes,
        ring,
        log,
        tasks: object.map("TASKS")?.try_clone_to_owned()?,
        adopt: object.take("ADOPT")?,
        walk: object.take("WALK")?,
        lost: object.take("LOST")?,
        beats: object.take("BEATS")?,
        tally: object.take("TALLY")?,
        tallies: object.take("TALLIES")?,
        missed: object.take("MISSED")?,
        operations: operations.is_some(),
        reached,
        asked: watch.calls.clone(),
        programs,
    }
    .attempt()
}

/// The plans of library functions, by their places; none where they are not asked for.
fn plans_of_functions(watch: &Watch) -> Vec<(u32, Plan)> {
    watch.library.iter().flat_map(|_| (0..).zip(functions::plans(watch.detail))).collect()
}

/// What the kernel side is told, and what of it is loaded.
struct Prepared {
    config: Config,
    /// Programs, and what they are attached to; the iterator is the last.
    wanted: Vec<(&'static str, Attach)>,
    /// Functions of the kernel.
    functions: Vec<(u32, u32)>,
    operations: Option<Operations>,
    /// This kernel tells to which unix socket a datagram came.
    reached: bool,
}

/// Reads what has to be known of this kernel.
fn prepare<'p>(
    watch: &Watch,
    image: &Image,
    plans: impl Fn() -> &'p Plans,
    of_functions: &[(u32, Plan)],
    ring: u32,
) -> Result<Prepared> {
    let path = watch.btf.clone().unwrap_or_else(|| PathBuf::from(VMLINUX));
    let types = KernelTypes::read(&path)?;
    let mut config = config(watch, &types, plans(), ring)?;
    let functions = types.functions();
    let functions = functions.map_or_else(Vec::new, |(functions, types)| {
        config.types = types;
        functions
    });
    let perf = if needs_tracefs() { Perf::find().ok().filter(|_| !functions.is_empty()) } else { None };
    let programs = &TRACEPOINTS[usize::from(perf.is_none())..];
    let stacks = copies_stacks(watch);
    let loads = |(name, _): &&(&str, &str)| {
        (stacks || !STACKS.contains(name))
            && (watch.evidence || !PACKETS.contains(name))
            && (watch.signals || stacks || !SIGNALS.contains(name))
    };
    let mut programs: Vec<_> = programs.iter().filter(loads).copied().collect();
    let reached = types.tracepoints(&PACKETS[1..])?.iter().all(Option::is_some);
    programs.retain(|(name, _)| reached || *name != PACKETS[1]);
    let mut wanted = types.attachable(&programs, Some(WALK_TASKS))?;
    sleepable::apply(image, &mut config, &mut wanted);
    if let Some(perf) = &perf {
        perf.apply(&mut config, &mut wanted);
    }
    let operations = Operations::find(watch, &types, &config)?;
    if let Some(operations) = &operations {
        operations.apply(&mut config);
        // The iterator is the last.
        let at = wanted.len().saturating_sub(1);
        wanted.splice(at..at, operations.programs.iter().copied());
    }
    if watch.library.is_some() {
        let at = wanted.len().saturating_sub(1);
        wanted.splice(at..at, programs_of_functions(watch).map(|name| (name, Attach::Functions)));
        config.flags |= Config::LIBRARY | Config::SLEEPABLE;
        config.flags |= if stacks { Config::FRAMES } else { 0 };
        config.shapes |= of_functions.iter().fold(0, |all, (_, plan)| all | plan.shapes());
    }
    Ok(Prepared { config, wanted, functions, operations, reached })
}

/// The programs that are called at functions.
fn programs_of_functions(watch: &Watch) -> [&'static str; 3] {
    if blocks::are_followed(watch) { blocks::PROGRAMS } else { library::PROGRAMS }
}

/// Whether the programs of [`STACKS`] are asked for.
fn copies_stacks(watch: &Watch) -> bool {
    watch.stacks.is_some() && watch.counting.is_none()
}

/// Makes the maps but for the ring, and fills in the plans.
fn make(image: &'static Image, sizes: &[(&str, u32)], plans: &Plans, of_functions: &[(u32, Plan)]) -> Result<Unlinked> {
    // As many plans of requests of ioctl as there are.
    let variants = ("VARIANT", plans.variants.len().max(1) as u32);
    let unlinked = Unlinked::new(image, &[sizes, &[variants]].concat(), &[EVENTS])?;
    fill_plans(&unlinked, plans)?;
    bpf::update_all(unlinked.map("PROTOTYPE")?.as_raw_fd(), of_functions)?;
    Ok(unlinked)
}

impl Loaded {
    /// Does once what else is only done when the command runs: whoever refuses it (seccomp) has the trace begin by ptrace, not end.
    fn attempt(self) -> Result<Loaded> {
        self.iterate()?;
        self.tells_losses().context("cannot read what was lost")?;
        Ok(self)
    }

    /// A fresh run of the task iterator: reading it to its end visits every task.
    pub fn iterate(&self) -> Result<File> {
        let walker = self.programs.iter().find(|(name, _)| *name == WALK_TASKS.0);
        let (_, walker) = walker.context("the task iterator is not loaded")?;
        Ok(bpf::iterate(walker.as_fd()).context("cannot attach the task iterator")?.into())
    }
}

fn fill_plans(object: &Unlinked, plans: &Plans) -> Result<()> {
    let raw = |map: BorrowedFd<'_>| map.as_raw_fd();
    let (table, variants) = (object.map("PLAN").map(raw)?, object.map("VARIANT").map(raw)?);
    let rows: Vec<(u32, Plan)> =
        (0..).zip(plans.table.iter().copied()).filter(|(_, plan)| *plan != Plan::NONE).collect();
    bpf::update_all(table, &rows)?;
    let forms: Vec<_> = plans.variants.iter().map(|(key, plan)| (*key, *plan)).collect();
    bpf::update_all(variants, &forms)?;
    Ok(())
}

/// The command's gate opens at its execve, and what io_uring does is counted: the kernel side looks at these calls
/// whether they are shown or not.
const ALWAYS_SEEN: [u32; 3] = [libc::SYS_execve as u32, libc::SYS_execveat as u32, libc::SYS_io_uring_enter as u32];

/// Whether a call, by its plan index, is to be shown or counted.
fn asked(plans: &Plans, index: usize) -> bool {
    plans.table.get(index).is_some_and(|plan| plan.flags & Plan::WANTED != 0)
}

/// What the kernel side is told of the request.
fn config(watch: &Watch, types: &KernelTypes, plans: &Plans, ring: u32) -> Result<Config> {
    let mut config = Config { off: types.offsets()?, own_tgid: std::process::id(), ..Config::NONE };
    if cfg!(target_arch = "aarch64") {
        config.regs = Regs::AARCH64;
        config.flags |= Config::ARM64;
    }
    if let Some(Counting { by_process, cpu_time }) = watch.counting {
        config.flags |= Config::COUNT;
        config.flags |= if by_process { Config::BY_PROCESS } else { 0 };
        config.flags |= if cpu_time { Config::CPU_TIME } else { 0 };
    }
    config.follow = match (watch.follow || super::only(&watch.target), watch.target.command.is_none()) {
        (true, _) => follow::ALL,
        (false, true) => follow::THREADS,
        // What one thread is given another frees.
        (false, false) if blocks::are_followed(watch) => follow::THREADS,
        (false, false) => follow::NONE,
    };
    [config.exec_nr[0], config.exec_nr[1], config.uring_nr] = ALWAYS_SEEN;
    for index in 0..PLANS {
        if asked(plans, index) {
            config.wanted[index / 64] |= 1 << (index % 64);
        }
        let (compat, nr) = place_of(index as u32);
        if may_reach(compat, nr) {
            config.told[index / 64] |= 1 << (index % 64);
        }
        if plans.table.get(index).is_some_and(|plan| plan.flags & Plan::ANSWERS != 0) {
            config.answers[index / 64] |= 1 << (index % 64);
            config.flags |= Config::ANSWERS;
        }
    }
    config.parts = *parts::table();
    for nr in parts::many(|nr| asked(plans, plan_index(nr, true) as usize)) {
        let index = plan_index(nr, true) as usize;
        config.wanted[index / 64] |= 1 << (index % 64);
        config.flags |= Config::MANY;
    }
    config.shapes = plans.table.iter().chain(plans.variants.values()).fold(0, |all, plan| all | plan.shapes());
    for (place, spared) in config.spared.iter_mut().zip(plans.spared(watch, &config.regs)) {
        *place = spared;
        config.flags |= Config::SPARES;
    }
    if watch.library.is_some() {
        // What the kernel has the program call where it probes returns (6.11).
        for row in
            KERNELS_OWN.iter().filter_map(|name| by_name(name)).filter(|row| row.nr[Abi::NATIVE as usize] != NO_NR)
        {
            let nr = usize::from(row.nr[Abi::NATIVE as usize]);
            config.wanted[nr / 64] &= !(1 << (nr % 64));
        }
    }
    for nr in ALWAYS_SEEN {
        config.wanted[nr as usize / 64] |= 1 << (nr % 64);
    }
    config.wake = (ring / 4).min(256 << 10);
    config.look = if ring >= 4 << 20 { 7 } else { 0 };
    aim(&mut config, &watch.target)?;
    Ok(config)
}

/// Fills in whom to trace besides those that are marked one by one.
fn aim(config: &mut Config, whom: &Target) -> Result<()> {
    if whom.all {
        config.target = target::ALL;
    } else if let Some(uid) = whom.uid {
        config.target = target::UID;
        config.uid = uid;
    } else if let Some(comm) = &whom.comm {
        config.target = target::COMM;
        let n = comm.len().min(15);
        config.comm[..n].copy_from_slice(&comm[..n]);
    } else if let Some(path) = &whom.cgroup {
        config.target = target::CGROUP;
        let found = cgroup_id(path).with_context(|| format!("cannot find cgroup {}", shown(path)))?;
        let none = || {
            format!(
                "{} is no cgroup v2 directory; they are below where `mount -t cgroup2` shows, often /sys/fs/cgroup",
                shown(path)
            )
        };
        config.cgroup = found.with_context(none)?;
    }
    Ok(())
}

/// How many counters there are: of calls, and of calls by process, which take memory as they come: at most a 64th
/// of it. A process that starts a program has about 25.
fn counters(counting: Option<Counting>) -> (u32, u32) {
    const MIN: usize = 1 << 12;
    const MAX: usize = 1 << 18;
    match counting {
        Some(Counting { by_process: true, .. }) => {
            (PLANS as u32, (memory() / 64 / size_of::<Tally>()).clamp(MIN, MAX) as u32)
        }
        Some(_) => (PLANS as u32, 1),
        None => (1, 1),
    }
}

/// Bytes of memory that this machine has.
fn memory() -> usize {
    let info = rustix::system::sysinfo();
    info.totalram as usize * info.mem_unit as usize
}

/// Bytes of the ring, powers of two of whole pages: at first, and once much waits in it. By default 4 MiB a CPU, at most 32 MiB; then
/// 16 MiB a CPU, at most a 64th of memory. Where calls are `counted` it has little more than the lives of processes to carry.
fn ring_sizes(asked: Option<usize>, counted: bool) -> Result<(u32, u32)> {
    const MAX: usize = 1 << 30;
    const FIRST: usize = 32 << 20;
    const COUNTED: usize = 4 << 20;
    let size = match asked {
        Some(size) if size > MAX => bail!("a ring of {size} bytes is more than the kernel allows ({MAX})"),
        Some(size) => size,
        None => {
            let cpus = std::thread::available_parallelism().map_or(1, usize::from);
            (cpus * (16 << 20)).min(memory() / 64).min(256 << 20)
        }
    };
    let largest = size.next_power_of_two().max(rustix::param::page_size()) as u32;
    let first = match asked {
        Some(_) => largest,
        None => (largest / 4).min(if counted { COUNTED } else { FIRST } as u32),
    };
    Ok((first, largest))
}
