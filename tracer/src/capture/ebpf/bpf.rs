//! The bpf(2) calls that are made here and not through aya. The attributes are the members of `union bpf_attr` (include/uapi/linux/bpf.h)
//! for one command each; what stands behind the last that is given is zero to the kernel.

mod batch;

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use aya_obj::generated::{bpf_insn, bpf_prog_info};

pub use self::batch::{all, update_all};
use super::object::MapRow;

const BPF_MAP_CREATE: libc::c_long = 0;
const BPF_MAP_UPDATE_ELEM: libc::c_long = 2;
const BPF_MAP_DELETE_ELEM: libc::c_long = 3;
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_OBJ_GET_INFO_BY_FD: libc::c_long = 15;
const BPF_RAW_TRACEPOINT_OPEN: libc::c_long = 17;
const BPF_BTF_LOAD: libc::c_long = 18;
const BPF_MAP_FREEZE: libc::c_long = 22;
const BPF_LINK_CREATE: libc::c_long = 28;
const BPF_ITER_CREATE: libc::c_long = 33;

const BPF_MAP_TYPE_ARRAY_OF_MAPS: u32 = 12;
const BPF_MAP_TYPE_RINGBUF: u32 = 27;
const BPF_PROG_TYPE_KPROBE: u32 = 2;
const BPF_PROG_TYPE_TRACEPOINT: u32 = 5;
const BPF_PROG_TYPE_TRACING: u32 = 26;
const BPF_PERF_EVENT: u32 = 41;
const BPF_TRACE_RAW_TP: u32 = 23;
const BPF_TRACE_ITER: u32 = 28;
const BPF_TRACE_UPROBE_MULTI: u32 = 48;
const BPF_F_UPROBE_MULTI_RETURN: u32 = 1;
const BPF_F_SLEEPABLE: u32 = 16;

/// What a program is attached to: by its number in the kernel's BTF, but for perf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attach {
    /// A tracepoint: its type, `btf_trace_NAME` (5.5).
    Tracepoint(u32),
    /// The same, of a program that may sleep (7.2).
    Sleepable(u32),
    /// An iterator: its function, `bpf_iter_NAME` (5.8).
    Iterator(u32),
    /// perf's use of a tracepoint, by the number that tracefs tells (links: 5.15).
    Perf(u64),
    /// Functions of programs and libraries, by [`probe`] (6.6): such programs may sleep.
    Functions,
}

/// A program before it is loaded.
#[derive(Debug)]
pub struct Program<'p> {
    /// At most 15 bytes of it are kept.
    pub name: &'p str,
    /// With the descriptors of its maps, and the functions that it calls.
    pub instructions: &'p [bpf_insn],
    /// What may be called is decided by this.
    pub license: &'p CStr,
    /// The object's types, where its functions are told.
    pub types: Option<BorrowedFd<'p>>,
    /// `struct bpf_func_info` of each function.
    pub functions: &'p [u8],
    /// Bytes of one of them.
    pub function_size: u32,
    /// What it is attached to.
    pub attach: Attach,
}

/// Has the kernel verify a program. The verifier says in `log` why not, when there is one.
///
/// # Errors
/// As bpf(2): EACCES, EINVAL for a program that is refused, EPERM without rights, E2BIG.
pub fn load(program: &Program<'_>, log: &mut [u8]) -> io::Result<OwnedFd> {
    #[repr(C)]
    #[derive(Default)]
    struct Attr {
        prog_type: u32,
        insn_cnt: u32,
        insns: u64,
        license: u64,
        log_level: u32,
        log_size: u32,
        log_buf: u64,
        kern_version: u32,
        prog_flags: u32,
        prog_name: [u8; 16],
        prog_ifindex: u32,
        expected_attach_type: u32,
        prog_btf_fd: u32,
        func_info_rec_size: u32,
        func_info: u64,
        func_info_cnt: u32,
        line_info_rec_size: u32,
        line_info: u64,
        line_info_cnt: u32,
        attach_btf_id: u32,
    }
    let (prog_type, expected_attach_type, attach_btf_id) = match program.attach {
        Attach::Tracepoint(id) | Attach::Sleepable(id) => (BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, id),
        Attach::Iterator(id) => (BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, id),
        Attach::Perf(_) => (BPF_PROG_TYPE_TRACEPOINT, 0, 0),
        Attach::Functions => (BPF_PROG_TYPE_KPROBE, BPF_TRACE_UPROBE_MULTI, 0),
    };
    let mut attr = Attr {
        prog_type,
        insn_cnt: program.instructions.len() as u32,
        insns: program.instructions.as_ptr() as u64,
        license: program.license.as_ptr() as u64,
        expected_attach_type,
        prog_btf_fd: program.types.map_or(0, |types| types.as_raw_fd() as u32),
        func_info_rec_size: program.function_size,
        func_info: program.functions.as_ptr() as u64,
        func_info_cnt: program.functions.len() as u32 / program.function_size.max(1),
        attach_btf_id,
        ..Attr::default()
    };
    if !log.is_empty() {
        (attr.log_level, attr.log_size, attr.log_buf) = (1, log.len() as u32, log.as_mut_ptr() as u64);
    }
    attr.prog_name = short(program.name);
    attr.prog_flags =
        if matches!(program.attach, Attach::Sleepable(_) | Attach::Functions) { BPF_F_SLEEPABLE } else { 0 };
    // A signal that waits ends the verification.
    let mut tries = 0;
    loop {
        match descriptor(BPF_PROG_LOAD, &attr) {
            Err(error) if error.raw_os_error() == Some(libc::EAGAIN) && tries < 10 => tries += 1,
            done => return done,
        }
    }
}

/// Loads an object's types (4.18). The kernel says in `log` what is wrong with them, when there is one.
///
/// # Errors
/// As bpf(2).
pub fn load_types(types: &[u8], log: &mut [u8]) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attr {
        btf: u64,
        log_buf: u64,
        size: u32,
        log_size: u32,
        log_level: u32,
        pad: u32,
    }
    let mut attr =
        Attr { btf: types.as_ptr() as u64, log_buf: 0, size: types.len() as u32, log_size: 0, log_level: 0, pad: 0 };
    if !log.is_empty() {
        (attr.log_buf, attr.log_size, attr.log_level) = (log.as_mut_ptr() as u64, log.len() as u32, 1);
    }
    descriptor(BPF_BTF_LOAD, &attr)
}

/// Makes a map of `entries`. `types`: the object's, which the row has numbers of.
///
/// # Errors
/// As bpf(2).
pub fn make_map(row: &MapRow, entries: u32, types: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let types = if row.key_type == 0 && row.value_type == 0 { 0 } else { types.as_raw_fd() as u32 };
    create(&MapAttr {
        map_type: row.kind,
        key_size: row.key,
        value_size: row.value,
        max_entries: entries,
        map_flags: row.flags,
        map_name: short(row.name),
        btf_fd: types,
        btf_key_type_id: row.key_type,
        btf_value_type_id: row.value_type,
        ..MapAttr::default()
    })
}

/// Makes a ring buffer of `size` bytes, a power of two of whole pages (5.8).
///
/// # Errors
/// As bpf(2).
pub fn make_ring(name: &str, size: u32) -> io::Result<OwnedFd> {
    create(&MapAttr { map_type: BPF_MAP_TYPE_RINGBUF, max_entries: size, map_name: short(name), ..MapAttr::default() })
}

/// Makes an array of one map, which may hold those of the kind of `first`, of any size (5.10), and holds none yet.
///
/// # Errors
/// As bpf(2).
pub fn make_place(name: &str, first: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    create(&MapAttr {
        map_type: BPF_MAP_TYPE_ARRAY_OF_MAPS,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        inner_map_fd: first.as_raw_fd() as u32,
        map_name: short(name),
        ..MapAttr::default()
    })
}

/// Puts a map into the place that `make_place` made. When this returns, no program uses the one that was there.
///
/// # Errors
/// As bpf(2).
pub fn put(place: BorrowedFd<'_>, map: BorrowedFd<'_>) -> io::Result<()> {
    // The kernel waits for the programs that run (`maybe_wait_bpf_programs`, kernel/bpf/syscall.c).
    update(place.as_raw_fd(), &0u32, &map.as_raw_fd())
}

#[repr(C)]
#[derive(Default)]
struct MapAttr {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
    inner_map_fd: u32,
    numa_node: u32,
    map_name: [u8; 16],
    map_ifindex: u32,
    btf_fd: u32,
    btf_key_type_id: u32,
    btf_value_type_id: u32,
}

fn create(attr: &MapAttr) -> io::Result<OwnedFd> {
    descriptor(BPF_MAP_CREATE, attr)
}

/// Attaches a program to its tracepoint, until the descriptor is closed.
///
/// # Errors
/// As bpf(2).
pub fn attach(program: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attr {
        name: u64,
        prog_fd: u32,
        pad: u32,
    }
    descriptor(BPF_RAW_TRACEPOINT_OPEN, &Attr { name: 0, prog_fd: program.as_raw_fd() as u32, pad: 0 })
}

/// Has perf call a program at a tracepoint, by the number that tracefs tells, on every CPU until the descriptor is closed. The
/// event belongs to one CPU, as every event does; its programs do not.
///
/// # Errors
/// As perf_event_open(2) and bpf(2).
pub fn attach_perf(program: BorrowedFd<'_>, tracepoint: u64) -> io::Result<OwnedFd> {
    /// `struct perf_event_attr` as it was first published, include/uapi/linux/perf_event.h.
    #[repr(C)]
    #[derive(Default)]
    struct Event {
        kind: u32,
        size: u32,
        config: u64,
        sample_period: u64,
        rest: [u64; 5],
    }
    const PERF_TYPE_TRACEPOINT: u32 = 2;
    const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
    let size = size_of::<Event>() as u32;
    let event = Event { kind: PERF_TYPE_TRACEPOINT, size, config: tracepoint, sample_period: 1, ..Event::default() };
    // SAFETY: takes nothing.
    let cpu = unsafe { libc::sched_getcpu() };
    // SAFETY: the attribute outlives the call; -1 is every process, and no group.
    let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call gave a new descriptor, which nobody else knows.
    let event = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
    link(program, event.as_raw_fd() as u32, BPF_PERF_EVENT)
}

/// A run of an iterator program: reading the descriptor to its end has it called for everything.
///
/// # Errors
/// As bpf(2).
pub fn iterate(program: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Run {
        link_fd: u32,
        flags: u32,
    }
    let link = link(program, 0, BPF_TRACE_ITER)?;
    descriptor(BPF_ITER_CREATE, &Run { link_fd: link.as_raw_fd() as u32, flags: 0 })
}

/// Links a program to what `target` is, until the descriptor is closed.
fn link(program: BorrowedFd<'_>, target: u32, attach_type: u32) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attr {
        prog_fd: u32,
        target_fd: u32,
        attach_type: u32,
        flags: u32,
        info: u64,
        info_len: u32,
        pad: u32,
    }
    let prog_fd = program.as_raw_fd() as u32;
    descriptor(
        BPF_LINK_CREATE,
        &Attr { prog_fd, target_fd: target, attach_type, flags: 0, info: 0, info_len: 0, pad: 0 },
    )
}

/// Has a program called at instructions of a file, until the descriptor is closed: at entries of functions, or with `returns` when those
/// return that begin there (6.6). `cookies`: a number for each, which the program can ask for. `process`: in this one alone; 0: in all that
/// have the file mapped, now or later.
///
/// # Errors
/// As bpf(2): where one place is refused, none is probed (EINVAL, ENOTSUPP, which has no name in libc: 524).
pub fn probe(
    program: BorrowedFd<'_>,
    path: &CStr,
    offsets: &[u64],
    cookies: &[u64],
    process: u32,
    returns: bool,
) -> io::Result<OwnedFd> {
    #[repr(C)]
    struct Attr {
        prog_fd: u32,
        target_fd: u32,
        attach_type: u32,
        flags: u32,
        path: u64,
        offsets: u64,
        references: u64,
        cookies: u64,
        count: u32,
        multi_flags: u32,
        pid: u32,
        pad: u32,
    }
    if offsets.len() != cookies.len() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    descriptor(
        BPF_LINK_CREATE,
        &Attr {
            prog_fd: program.as_raw_fd() as u32,
            target_fd: 0,
            attach_type: BPF_TRACE_UPROBE_MULTI,
            flags: 0,
            path: path.as_ptr() as u64,
            offsets: offsets.as_ptr() as u64,
            references: 0,
            cookies: cookies.as_ptr() as u64,
            count: offsets.len() as u32,
            multi_flags: if returns { BPF_F_UPROBE_MULTI_RETURN } else { 0 },
            pid: process,
            pad: 0,
        },
    )
}

/// Takes a key out of a map; that it was not there is no error.
///
/// # Errors
/// As bpf(2).
pub fn delete<K>(map: RawFd, key: &K) -> io::Result<()> {
    #[repr(C)]
    struct Attr {
        map: u32,
        pad: u32,
        key: u64,
        rest: [u64; 2],
    }
    let attr = Attr { map: map as u32, pad: 0, key: &raw const *key as u64, rest: [0; 2] };
    match bpf(BPF_MAP_DELETE_ELEM, &attr) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map(drop),
    }
}

/// Sets `key` of a map to `value`.
///
/// # Errors
/// As bpf(2).
pub fn update<K, V: ?Sized>(map: RawFd, key: &K, value: &V) -> io::Result<()> {
    #[repr(C)]
    struct Attr {
        map: u32,
        pad: u32,
        key: u64,
        value: u64,
        flags: u64,
    }
    let value = (&raw const *value).cast::<u8>() as u64;
    let attr = Attr { map: map as u32, pad: 0, key: &raw const *key as u64, value, flags: 0 };
    bpf(BPF_MAP_UPDATE_ELEM, &attr).map(drop)
}

/// Makes a map one that programs may not change, so that its values are constants to the verifier (5.2).
///
/// # Errors
/// As bpf(2).
pub fn freeze(map: RawFd) -> io::Result<()> {
    bpf(BPF_MAP_FREEZE, &(map as u32)).map(drop)
}

/// How often the kernel did not run a program because it would have interrupted itself (5.11).
///
/// # Errors
/// The kernel's.
pub fn recursion_misses(program: RawFd) -> io::Result<u64> {
    info(program).map(|info| info.recursion_misses)
}

/// The number that the kernel gave to a program.
///
/// # Errors
/// The kernel's.
pub fn id(program: RawFd) -> std::io::Result<u32> {
    info(program).map(|info| info.id)
}

fn info(program: RawFd) -> std::io::Result<bpf_prog_info> {
    #[repr(C)]
    struct Attr {
        fd: u32,
        len: u32,
        info: u64,
    }
    // SAFETY: plain numbers and addresses, for which zero is a value.
    let mut info: bpf_prog_info = unsafe { std::mem::zeroed() };
    let attr = Attr { fd: program as u32, len: size_of::<bpf_prog_info>() as u32, info: &raw mut info as u64 };
    bpf(BPF_OBJ_GET_INFO_BY_FD, &attr)?;
    Ok(info)
}

/// What the kernel keeps of a name.
fn short(name: &str) -> [u8; 16] {
    let mut kept = [0; 16];
    let n = name.len().min(kept.len() - 1);
    kept[..n].copy_from_slice(&name.as_bytes()[..n]);
    kept
}

fn descriptor<A>(command: libc::c_long, attr: &A) -> io::Result<OwnedFd> {
    let fd = bpf(command, attr)?;
    // SAFETY: the command gives a new descriptor, which nobody else knows.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn bpf<A>(command: libc::c_long, attr: &A) -> io::Result<RawFd> {
    // SAFETY: the attribute is the one of the command, and what it points to outlives the call.
    match unsafe { libc::syscall(libc::SYS_bpf, command, &raw const *attr, size_of::<A>()) } {
        -1 => Err(io::Error::last_os_error()),
        value => Ok(value as RawFd),
    }
}
