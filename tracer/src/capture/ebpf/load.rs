//! Loading the kernel side: offsets from BTF, plans and filter from the request, maps, programs, links.

use std::borrow::Cow;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use aya::maps::{Array, HashMap, Map};
use aya::programs::{BtfTracePoint, Iter, Program, tp_btf::BtfTracePointLink};
use aya::{Btf, Ebpf, EbpfLoader, Pod};
use tracer_common::config::{CAST, Config, Regs, Tally, TallyKey, follow, target};
use tracer_common::plan::{PLANS, Plan, Variant};

use super::btf::KernelTypes;
use crate::capture::plans::Plans;
use crate::spec::{Form, Spec, Target};

/// The kernel's own type information.
pub const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// The kernel side, loaded and running.
pub struct Loaded {
    /// Dropping these detaches.
    pub links: Vec<BtfTracePointLink>,
    /// The ring.
    pub events: OwnedFd,
    /// Bytes of the ring.
    pub ring: u32,
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
    /// Plan indexes of calls that are seen and counted though nobody asked for them.
    pub unasked: Vec<u32>,
    programs: Vec<RawFd>,
    object: Ebpf,
}

/// The tracepoints, as program name; kernel 5.5 for tp_btf.
const TRACEPOINTS: &[&str] = &[
    "sys_enter",
    "sys_exit",
    "sched_process_fork",
    "sched_process_exec",
    "sched_process_exit",
    "signal_generate",
    "signal_deliver",
];

/// The task iterator's program name.
const WALK_TASKS: &str = "walk_tasks";

macro_rules! pod {
    ($($(#[$doc:meta])* $name:ident = $inner:ty;)*) => {$(
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy)]
        pub struct $name(pub $inner);
        // SAFETY: the inner type is repr(C) without padding or references; any bytes are a value of it.
        unsafe impl Pod for $name {}
    )*};
}
pod! {
    /// A configuration that aya may copy.
    ConfigValue = Config;
    /// A plan that aya may copy.
    PlanValue = Plan;
    /// A variant's key that aya may copy.
    VariantKey = Variant;
    /// A counter that aya may copy.
    TallyValue = Tally;
    /// The key of a process's counter that aya may copy.
    TallyKeyValue = TallyKey;
}

/// Loads and attaches everything.
pub fn load(spec: &Spec, object: &[u8]) -> Result<Loaded> {
    let path = spec.btf.clone().unwrap_or_else(|| PathBuf::from(VMLINUX));
    let plans = Plans::new(spec);
    let ring = ring_size(spec.ring_size)?;
    // Start-up is short of time, and each of these takes a tenth of what there is.
    let (prepared, mut loader) = std::thread::scope(|scope| {
        let prepared = scope.spawn(|| prepare(spec, &path, &plans, ring));
        // Reads the kernel's BTF too, whether it is needed or not.
        let loader = EbpfLoader::new();
        (prepared.join(), loader)
    });
    let Prepared { config, btf, cast } = prepared.map_err(|_| anyhow!("reading the kernel's BTF panicked"))??;
    let object = &*with_casts(object, cast);
    // The object has no CO-RE relocations.
    loader.btf(None).allow_unsupported_maps().override_global("CONFIG", &config, true).map_max_entries("EVENTS", ring);
    let (tally, tallies) = counters(config.0.flags);
    loader.map_max_entries("TALLY", tally).map_max_entries("TALLIES", tallies);
    let mut ebpf = loader.load(object).context("cannot load the kernel side")?;
    fill_plans(&mut ebpf, &plans)?;

    load_programs(&mut ebpf, &btf)?;
    let mut programs = Vec::new();
    for name in TRACEPOINTS {
        let program: &mut BtfTracePoint = program(&mut ebpf, name)?.try_into()?;
        programs.push(program.fd()?.as_fd().as_raw_fd());
    }

    let mut links = Vec::new();
    for name in TRACEPOINTS {
        let program: &mut BtfTracePoint = program(&mut ebpf, name)?.try_into()?;
        let id = program.attach().with_context(|| format!("cannot attach to tracepoint {name}"))?;
        links.push(program.take_link(id)?);
    }
    let fd_of = |name| match ebpf.map(name) {
        Some(Map::Unsupported(data) | Map::RingBuf(data)) => Ok(data.fd().as_fd().try_clone_to_owned()?),
        _ => Err(anyhow!("the object has no map {name}")),
    };
    let (tasks, events) = (fd_of("TASKS")?, fd_of("EVENTS")?);
    Ok(Loaded {
        links,
        events,
        ring,
        tasks,
        adopt: take(&mut ebpf, "ADOPT")?,
        walk: take(&mut ebpf, "WALK")?,
        lost: take(&mut ebpf, "LOST")?,
        beats: take(&mut ebpf, "BEATS")?,
        tally: take(&mut ebpf, "TALLY")?,
        tallies: take(&mut ebpf, "TALLIES")?,
        missed: take(&mut ebpf, "MISSED")?,
        unasked: ALWAYS_SEEN.into_iter().filter(|&nr| !asked(&plans, nr as usize)).collect(),
        programs,
        object: ebpf,
    })
}

/// What the kernel's types tell.
struct Prepared {
    /// What the kernel side is told.
    config: ConfigValue,
    /// What its programs attach to.
    btf: Btf,
    /// The number of `bpf_rdonly_cast`.
    cast: Option<u32>,
}

fn prepare(spec: &Spec, path: &Path, plans: &Plans, ring: u32) -> Result<Prepared> {
    let types = KernelTypes::read(path)?;
    let mut config = config(spec, &types, plans, ring)?;
    let casts = types.casts();
    if let Some((_, types)) = casts {
        config.types = types;
    }
    let btf = Btf::parse(&types.attachable(), aya::Endianness::default()).context("cannot read the kernel's BTF")?;
    Ok(Prepared { config: ConfigValue(config), btf, cast: casts.map(|(function, _)| function) })
}

/// The object with calls of the kernel function `cast` in the place of those that stand for it. aya knows no kernel
/// functions; a call of one names its type in the kernel's BTF (`BPF_PSEUDO_KFUNC_CALL`, include/uapi/linux/bpf.h).
/// Without the function the calls stay, where the verifier sees that they are not reached.
fn with_casts(object: &[u8], cast: Option<u32>) -> Cow<'_, [u8]> {
    const CALL: u8 = 0x85;
    const KFUNC: u8 = 2 << 4;
    let Some(function) = cast else { return Cow::Borrowed(object) };
    let stand_in = instruction(CALL, 0, CAST);
    let mut object = object.to_vec();
    for place in object.chunks_exact_mut(8).filter(|place| **place == stand_in) {
        place.copy_from_slice(&instruction(CALL, KFUNC, function));
    }
    Cow::Owned(object)
}

/// A BPF instruction without offset: opcode, registers, immediate.
fn instruction(code: u8, registers: u8, immediate: u32) -> [u8; 8] {
    let [a, b, c, d] = immediate.to_ne_bytes();
    [code, registers, 0, 0, a, b, c, d]
}

/// Has the kernel verify every program: the two that carry the plan interpreter side by side with the rest.
fn load_programs(ebpf: &mut Ebpf, btf: &Btf) -> Result<()> {
    let (enter, rest): (Vec<_>, Vec<_>) = ebpf.programs_mut().partition(|(name, _)| *name == "sys_enter");
    std::thread::scope(|scope| {
        let enter = scope.spawn(|| load_each(enter, btf));
        load_each(rest, btf)?;
        enter.join().map_err(|_| anyhow!("loading a program panicked"))?
    })
}

fn load_each(programs: Vec<(&str, &mut Program)>, btf: &Btf) -> Result<()> {
    for (name, program) in programs {
        let loaded = match program {
            Program::BtfTracePoint(program) => program.load(name, btf),
            Program::Iter(program) => program.load("task", btf),
            _ => bail!("the object has a program {name} of a kind that it should not have"),
        };
        loaded.with_context(|| format!("the kernel refuses program {name}"))?;
    }
    Ok(())
}

impl Loaded {
    /// A fresh run of the task iterator: reading it to its end visits every task.
    pub fn iterate(&mut self) -> Result<File> {
        let walker: &mut Iter = program(&mut self.object, WALK_TASKS)?.try_into()?;
        let id = walker.attach().context("cannot attach the task iterator")?;
        Ok(walker.take_link(id)?.into_file()?)
    }

    /// How often the kernel skipped one of our programs, because it would have interrupted itself (5.11).
    pub fn not_run(&self) -> u64 {
        self.programs.iter().map(|&fd| recursion_misses(fd)).sum()
    }
}

fn program<'a>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut Program> {
    ebpf.program_mut(name).with_context(|| format!("the object has no program {name}"))
}

fn take(ebpf: &mut Ebpf, name: &str) -> Result<Map> {
    ebpf.take_map(name).with_context(|| format!("the object has no map {name}"))
}

fn fill_plans(ebpf: &mut Ebpf, plans: &Plans) -> Result<()> {
    let mut table: Array<_, PlanValue> = Array::try_from(ebpf.map_mut("PLAN").context("the object has no map PLAN")?)?;
    for (index, plan) in plans.table.iter().enumerate() {
        if *plan != Plan::NONE {
            table.set(index as u32, PlanValue(*plan), 0)?;
        }
    }
    let map = ebpf.map_mut("VARIANT").context("the object has no map VARIANT")?;
    let mut variants: HashMap<_, VariantKey, PlanValue> = HashMap::try_from(map)?;
    for (key, plan) in &plans.variants {
        variants.insert(VariantKey(*key), PlanValue(*plan), 0)?;
    }
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
fn config(spec: &Spec, types: &KernelTypes, plans: &Plans, ring: u32) -> Result<Config> {
    let mut config = Config { off: types.offsets()?, own_tgid: std::process::id(), ..Config::NONE };
    if cfg!(target_arch = "aarch64") {
        config.regs = Regs::AARCH64;
        config.flags |= Config::ARM64;
    }
    if spec.output.form == Form::Summary {
        config.flags |= Config::COUNT;
        config.flags |= if spec.output.by_process() { Config::BY_PROCESS } else { 0 };
    }
    config.follow = match (spec.follow || super::only(&spec.target), spec.target.command.is_none()) {
        (true, _) => follow::ALL,
        (false, true) => follow::THREADS,
        (false, false) => follow::NONE,
    };
    [config.exec_nr[0], config.exec_nr[1], config.uring_nr] = ALWAYS_SEEN;
    for index in 0..PLANS {
        if asked(plans, index) {
            config.wanted[index / 64] |= 1 << (index % 64);
        }
    }
    for nr in ALWAYS_SEEN {
        config.wanted[nr as usize / 64] |= 1 << (nr % 64);
    }
    config.wake = (ring / 4).min(256 << 10);
    config.look = if ring >= 4 << 20 { 7 } else { 0 };
    aim(&mut config, &spec.target)?;
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
        config.cgroup = cgroup_id(path)?;
    }
    Ok(())
}

/// The id of a cgroup v2 directory: its inode number (Documentation/admin-guide/cgroup-v2.rst).
fn cgroup_id(path: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).with_context(|| format!("cannot find cgroup {}", path.display()))?;
    Ok(meta.ino())
}

/// How many counters there are: of calls, and of calls by process, which take memory as they come: at most a 64th
/// of it. A process that starts a program has about 25.
fn counters(flags: u32) -> (u32, u32) {
    const MIN: usize = 1 << 12;
    const MAX: usize = 1 << 18;
    let tally = if flags & Config::COUNT != 0 { PLANS as u32 } else { 1 };
    let tallies =
        if flags & Config::BY_PROCESS != 0 { (memory() / 64 / size_of::<Tally>()).clamp(MIN, MAX) } else { 1 };
    (tally, tallies as u32)
}

/// Bytes of memory that this machine has.
fn memory() -> usize {
    let info = rustix::system::sysinfo();
    info.totalram as usize * info.mem_unit as usize
}

/// Bytes of the ring: a power of two of whole pages. By default 16 MiB a CPU, at most a 64th of memory.
fn ring_size(asked: Option<usize>) -> Result<u32> {
    const MAX: usize = 1 << 30;
    let size = match asked {
        Some(size) if size > MAX => bail!("a ring of {size} bytes is more than the kernel allows ({MAX})"),
        Some(size) => size,
        None => {
            let cpus = std::thread::available_parallelism().map_or(1, usize::from);
            (cpus * (16 << 20)).min(memory() / 64).min(256 << 20)
        }
    };
    Ok(size.next_power_of_two().max(rustix::param::page_size()) as u32)
}

/// Sets `key` of a map to `value`, for maps that aya has no type for.
pub fn update<K, V>(map: RawFd, key: &K, value: &V) -> std::io::Result<()> {
    /// `union bpf_attr` for BPF_MAP_UPDATE_ELEM, include/uapi/linux/bpf.h.
    #[repr(C)]
    struct Attr {
        map: u32,
        pad: u32,
        key: u64,
        value: u64,
        flags: u64,
    }
    const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
    let attr = Attr { map: map as u32, pad: 0, key: &raw const *key as u64, value: &raw const *value as u64, flags: 0 };
    bpf(BPF_MAP_UPDATE_ELEM, &attr)
}

fn recursion_misses(program: RawFd) -> u64 {
    use aya_obj::generated::bpf_prog_info;
    #[repr(C)]
    struct Attr {
        fd: u32,
        len: u32,
        info: u64,
    }
    const BPF_OBJ_GET_INFO_BY_FD: libc::c_long = 15;
    // SAFETY: plain numbers and addresses, for which zero is a value.
    let mut info: bpf_prog_info = unsafe { std::mem::zeroed() };
    let attr = Attr { fd: program as u32, len: size_of::<bpf_prog_info>() as u32, info: &raw mut info as u64 };
    if bpf(BPF_OBJ_GET_INFO_BY_FD, &attr).is_err() {
        return 0;
    }
    info.recursion_misses
}

fn bpf<A>(command: libc::c_long, attr: &A) -> std::io::Result<()> {
    // SAFETY: the attribute is the one of the command, and what it points to outlives the call.
    match unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attr, size_of::<A>()) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}
