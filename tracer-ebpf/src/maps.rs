//! Every map, in one place.

use aya_ebpf::{
    bindings::{BPF_F_NO_PREALLOC, bpf_map_type::BPF_MAP_TYPE_TASK_STORAGE},
    btf_maps::{Array, ArrayOfMaps, HashMap, PerCpuArray, RingBuf},
    macros::btf_map,
};
use tracer_common::{
    blocks::{Block, Code, Giving, Owner, Place},
    config::{CalledKey, Config, Tally, TallyKey},
    event::Head,
    library::{Callers, Frames, PROTOTYPES, Program},
    loss::LOSSES,
    plan::{BLOB_MAX, OPERATIONS as OPCODES, Operation, PLANS, Plan, REQUEST, Variant},
    task::{PART, PARTS, STORAGE_MAX, Task},
};

/// Set before loading, frozen by it.
#[unsafe(no_mangle)]
pub static CONFIG: Config = Config::NONE;

/// What to copy, by plan index.
#[btf_map]
pub static PLAN: Array<Plan, PLANS> = Array::new();

/// What to copy where an argument decides (`fcntl`).
#[btf_map]
pub static VARIANT: HashMap<Variant, Plan, 1024> = HashMap::new();

/// What to copy of an operation of io_uring, by opcode.
#[btf_map]
pub static OPERATIONS: Array<Operation, OPCODES> = Array::new();

/// Operations that run, by the address of their request: how their records began.
#[btf_map]
pub static RUNNING: HashMap<u64, Head, 65536, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Of those that come to more than one result, the request: all results but the last name only the ring and `user_data`.
#[btf_map]
pub static REPEATING: HashMap<Repeating, u64, 65536, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// See [`REPEATING`].
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Repeating {
    pub ring: u64,
    pub data: u64,
}

/// Records on their way up: the ring in its one place, which the loader makes, and makes anew where it proves too small.
#[btf_map]
pub static EVENTS: ArrayOfMaps<RingBuf<u8, { 1 << 20 }>, 1> = ArrayOfMaps::new();

/// What is missing, by reason.
#[btf_map]
pub static LOST: PerCpuArray<u64, LOSSES> = PerCpuArray::new();

/// Counts of calls (`-c`). Without `-c` the loader makes it small.
#[btf_map]
pub static TALLY: PerCpuArray<Tally, PLANS> = PerCpuArray::new();

/// Counts of calls by process. Resized before loading; takes memory as processes come.
#[btf_map]
pub static TALLIES: HashMap<TallyKey, Tally, 1024, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Calls that found no room in the ring, of whom and which; keys as those of `TALLIES`.
#[btf_map]
pub static MISSED: HashMap<TallyKey, u64, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Processes to adopt, by tgid.
#[btf_map]
pub static ADOPT: HashMap<u32, u32, 4096, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// What the next run of the task iterator is to do, and what it could not do: `tracer_common::config::walk`.
#[btf_map]
pub static WALK: Array<u32, 2> = Array::new();

/// Heartbeats that came through, entry and end.
#[btf_map]
pub static BEATS: Array<u64, 1> = Array::new();

/// Traced tasks.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "TASKS")]
pub static TASKS: TaskStorage<Task> = TaskStorage::new();

/// What calls copied at their entry that is more than a [`Task`] has room for, piece by piece.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "PART_0")]
pub static PART_0: TaskStorage<Part> = TaskStorage::new();
/// The second piece.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "PART_1")]
pub static PART_1: TaskStorage<Part> = TaskStorage::new();
/// The third piece.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "PART_2")]
pub static PART_2: TaskStorage<Part> = TaskStorage::new();
/// The fourth piece.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "PART_3")]
pub static PART_3: TaskStorage<Part> = TaskStorage::new();

/// Calls of library functions that tasks are in.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "FRAMES")]
pub static FRAMES: TaskStorage<Frames> = TaskStorage::new();

/// What to copy of calls of library functions, by the places that their probes' cookies tell. Where none are probed the loader makes it
/// small, as the maps below.
#[btf_map]
pub static PROTOTYPE: Array<Plan, { PROTOTYPES as usize }> = Array::new();

/// From where calls are of interest, by process; of one that is not in it, from everywhere.
#[btf_map]
pub static CALLERS: HashMap<u32, Callers, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Programs whose dynamic linker tells when it has loaded files.
#[btf_map]
pub static KNOWN: HashMap<Program, u32, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Processes that were stopped until probes are set.
#[btf_map]
pub static WAITING: HashMap<u32, u32, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Counts of calls of functions, by their numbers.
#[btf_map]
pub static CALLED: HashMap<CalledKey, Tally, 65536, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Blocks of memory that were given and not given back. Resized before loading; as the next three, small where nobody asks for blocks.
#[btf_map]
pub static BLOCKS: HashMap<Place, Block, 1024, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Stacks of which a copy was sent, by their numbers.
#[btf_map]
pub static SENT: HashMap<u64, u32, 65536, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Where code is, by process.
#[btf_map]
pub static CODE: HashMap<u32, Code, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// Blocks that were given back and that nobody had seen given, by whose they were.
#[btf_map]
pub static UNKNOWN: HashMap<Owner, u64, 8192, { BPF_F_NO_PREALLOC as usize }> = HashMap::new();

/// The calls that give blocks that tasks are in.
#[unsafe(link_section = ".maps")]
#[unsafe(export_name = "GIVING")]
pub static GIVING: TaskStorage<Giving> = TaskStorage::new();

/// The records of library calls that are made on this CPU. Programs of uprobes may be preempted by others of their kind: whoever finds
/// one in use takes the next.
#[btf_map]
pub static MADE: PerCpuArray<Claimed, { CLAIMS as usize }> = PerCpuArray::new();

/// Programs that may be preempted on a CPU within each other.
pub const CLAIMS: u32 = 8;

/// A buffer that one program has at a time.
#[repr(C)]
pub struct Claimed {
    /// Not 0 while it is in use.
    pub busy: u64,
    /// The record.
    pub buffer: Buffer,
}

/// A piece of the blobs of a call.
pub type Part = [u8; PART];

/// The records that are being made on this CPU, one for each word of [`role`]. The loader makes room for those that are asked for.
#[btf_map]
pub static BUFFERS: PerCpuArray<Buffer, 6> = PerCpuArray::new();

/// The record that the task iterator makes; only one runs.
#[btf_map]
pub static WALKED: Array<Buffer, 1> = Array::new();

/// Whose a buffer is. Programs of tracepoints may be preempted from Linux 7 on, but not by themselves on the same CPU: the
/// kernel then does not run the second, and counts it (`Loss::NotRun`). So each program has a buffer of its own.
pub mod role {
    /// `sys_enter`.
    pub const ENTRY: u32 = 0;
    /// `sys_exit`.
    pub const END: u32 = 1;
    /// `sched_process_exec`.
    pub const EXEC: u32 = 2;
    /// `sched_process_exit`.
    pub const GONE: u32 = 3;
    /// The begin of operations of io_uring.
    pub const SUBMIT: u32 = 4;
    /// Their results.
    pub const RESULT: u32 = 5;
    /// `page_in`, where there is such a program.
    pub const PAGED: u32 = 6;
    /// `sk_data_ready`, in audits, which copy no stacks.
    pub const REACHED: u32 = 7;
    /// `stack_at_entry`. This and what follows is only there when stacks are asked for.
    pub const STACK_ENTRY: u32 = 7;
    /// `stack_at_end`.
    pub const STACK_END: u32 = 8;
    /// `stack_at_signal`.
    pub const STACK_SIGNAL: u32 = 9;
}

/// Bytes of blobs before which a further one may begin, less one: a mask.
pub const DATA_MASK: usize = 0x3fff;
/// Bytes of blobs in all.
pub const DATA: usize = DATA_MASK + 1 + BLOB_MAX + 16;

/// The notes of the plan interpreter and the record being made, close together: a short record touches one page, where
/// each more that is not at hand costs as much as the copy.
#[repr(C)]
pub struct Buffer {
    /// Bytes of `data` in use.
    pub used: u64,
    /// The user stack pointer at the call's entry.
    pub sp: u64,
    /// A bit for each argument that is a path which begins at the root (`plan::is_rooted`).
    pub rooted: u64,
    /// Operations to repeat at the end: their memory was not present at entry.
    pub retry: u64,
    /// Of these, those that are not: a result may stand there now.
    pub results: u64,
    /// Where the path walk stands: `struct dentry *`, `struct vfsmount *`, bytes written.
    pub dentry: u64,
    pub vfsmount: u64,
    pub path: u64,
    /// The `struct socket *` that is to be described.
    pub socket: u64,
    /// The part number of the vector whose elements are being copied.
    pub base: u64,
    /// Bytes that the elements of the vector may still take.
    pub left: u64,
    /// Of `Buffer::forgotten`.
    word: u64,
    /// The blob being written.
    pub blob: tracer_common::event::Blob,
    /// The record: it is sent from here on.
    pub head: Head,
    pub data: [u8; DATA],
    /// Of an operation: the addresses of its request, of what the kernel keeps besides, of the ring, and of the file in the ring's own
    /// table that it works on.
    pub at: u64,
    pub kept: u64,
    pub ring: u64,
    pub file: u64,
    /// The begin of the request, and room so that no offset of a part reaches behind.
    pub request: [u64; REQUEST_WORDS],
    /// Pages that were not present (`crate::absent`), and how many of these words say something.
    pub absent: [u64; ABSENT],
    pub absences: u64,
}

impl Buffer {
    /// The same number, of which the verifier knows nothing any more: what comes then is followed once, not once for each way on which
    /// the number was found to be less or more than another. `black_box` does not do it: what stands on the stack stays known.
    #[inline(always)]
    pub fn forgotten(&mut self, n: u64) -> u64 {
        let word = &raw mut self.word;
        // SAFETY: a field of the buffer.
        unsafe {
            word.write_volatile(n);
            word.read_volatile()
        }
    }

    /// Whether one or the other: what goes from round to round of a loop, which else is verified for each of its values.
    #[inline(always)]
    pub fn either(&mut self, one: i64, other: i64) -> i64 {
        self.forgotten((one | other) as u64) as i64
    }
}

/// How many of its `absent` a buffer has: a mask, and one.
pub const ABSENT: usize = 16;

/// A part's offset is masked to 256 bytes, and eight are read there.
const REQUEST_WORDS: usize = 256 / 8 + 1;

const _: () = assert!(REQUEST <= 256);

const _: () = assert!(DATA <= PARTS * PART);

/// A task storage map; aya-ebpf 0.2 has no type for it.
#[repr(C)]
pub struct TaskStorage<T> {
    r#type: *const [i32; BPF_MAP_TYPE_TASK_STORAGE as usize],
    key: *const i32,
    value: *const T,
    max_entries: *const [i32; 0],
    map_flags: *const [i32; BPF_F_NO_PREALLOC as usize],
}

// SAFETY: the fields are never read; the loader replaces the definition by a map.
unsafe impl<T> Sync for TaskStorage<T> {}

impl<T> TaskStorage<T> {
    const fn new() -> Self {
        const { assert!(size_of::<T>() <= STORAGE_MAX) };
        use core::ptr::null;
        Self { r#type: null(), key: null(), value: null(), max_entries: null(), map_flags: null() }
    }

    /// The value of `task`, null when it has none (or, with `create`, when there is no memory).
    #[inline(always)]
    pub fn get(&self, task: *mut core::ffi::c_void, create: bool) -> *mut T {
        let map = core::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: `task` is a task pointer that the verifier knows, the map is a task storage.
        unsafe {
            aya_ebpf::helpers::generated::bpf_task_storage_get(map, task.cast(), core::ptr::null_mut(), create as u64)
        }
        .cast()
    }
}
