//! The snapshot program: tells every open descriptor. An object of its own, so that it loads in
//! milliseconds: nothing of what tracing needs is in it. It changes nothing and attaches to nothing; reading
//! the iterator runs it.
#![no_std]
#![no_main]

mod reading;

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::{btf_maps::PerCpuArray, helpers::generated as helper, macros::btf_map};
use tracer_common::config::ABSENT;
use tracer_common::snapshot::{FileRecord, PATH_MAX, SnapshotConfig};

use self::reading::{conf, load, peek};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// The helpers used here are for GPL-compatible programs.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

/// Set before loading, frozen by it.
#[unsafe(no_mangle)]
static CONFIG: SnapshotConfig = SnapshotConfig::NONE;

/// The record being made, with room for its path and for what follows the path.
#[repr(C)]
struct Room {
    record: FileRecord,
    path: [u8; PATH_MAX],
    end: [u8; 8],
}

#[btf_map]
static ROOM: PerCpuArray<Room, 1> = PerCpuArray::new();

/// The context of an `iter/task_file` program (kernel/bpf/task_iter.c).
#[repr(C)]
struct IterTaskFile {
    meta: *const Meta,
    task: *const c_void,
    fd: u32,
    file: *const c_void,
}

/// `struct bpf_iter_meta`, include/linux/bpf.h.
#[repr(C)]
struct Meta {
    seq: *mut c_void,
}

/// O_CLOEXEC (include/uapi/asm-generic/fcntl.h) when a descriptor has it, else 0.
#[inline(always)]
fn close_on_exec(task: *const c_void, fd: u32) -> u32 {
    // SAFETY: `task` is a task.
    let files = unsafe { load::<u64>(task, conf!(off.task_files)) };
    let bits = peek::<u64>(peek::<u64>(files, conf!(off.files_fdt)), conf!(off.fdt_cloexec));
    let word = peek::<u64>(bits.wrapping_add((fd as u64 >> 6) << 3), 0);
    if word >> (fd & 63) & 1 != 0 { 0o2000000 } else { 0 }
}

/// Tells one descriptor.
#[unsafe(link_section = "iter/task_file")]
#[unsafe(no_mangle)]
extern "C" fn list_files(ctx: *const IterTaskFile) -> i32 {
    // SAFETY: the kernel passes a valid context.
    let (task, file) = unsafe { ((*ctx).task, (*ctx).file) };
    if task.is_null() || file.is_null() {
        return 0;
    }
    // SAFETY: `task` is a task; pid and tgid are ints.
    let (tid, tgid) = unsafe { (load::<u32>(task, conf!(off.task_pid)), load::<u32>(task, conf!(off.task_tgid))) };
    if (conf!(tgid) != 0 && tgid != conf!(tgid)) || tgid == conf!(not_tgid) {
        return 0;
    }
    // SAFETY: typed pointers from the file on; the kernel turns faults into zeroes.
    let (inode, mode) = unsafe {
        let inode = load::<*const c_void>(file, conf!(off.file_inode));
        (inode, load::<u16>(inode, conf!(off.inode_mode)) as u32)
    };
    let socket = mode & 0o170000 == 0o140000;
    if conf!(flags) & SnapshotConfig::SOCKETS != 0 && !socket {
        return 0;
    }
    let Some(room) = ROOM.get_ptr_mut(0) else { return 0 };
    // SAFETY: the map's value; nobody else has it while this program runs.
    let room = unsafe { &mut *room };
    let r = &mut room.record;
    // SAFETY: as above.
    unsafe {
        let leader = load::<*const c_void>(task, conf!(off.task_leader));
        let sb = load::<*const c_void>(inode, conf!(off.inode_sb));
        r.tgid = tgid;
        r.tid = tid;
        r.fd = (*ctx).fd;
        r.f_mode = load(file, conf!(off.file_mode));
        r.f_flags = load(file, conf!(off.file_flags));
        r.mode = mode;
        r.pos = load(file, conf!(off.file_pos));
        r.ino = load(inode, conf!(off.inode_ino));
        r.size = load(inode, conf!(off.inode_size));
        r.start = load(leader, conf!(off.task_start));
        r.dev = load(sb, conf!(off.sb_dev));
        r.rdev = load(inode, conf!(off.inode_rdev));
        r.nlink = load(inode, conf!(off.inode_nlink));
        r.uid = load(inode, conf!(off.inode_uid));
        r.magic = load::<u64>(sb, conf!(off.sb_magic)) as u32;
        if conf!(flags) & SnapshotConfig::CLOEXEC != 0 {
            r.f_flags |= close_on_exec(task, r.fd);
        }
        let comm = [load::<u64>(leader, conf!(off.task_comm)), load::<u64>(leader, conf!(off.task_comm) + 8)];
        core::ptr::copy_nonoverlapping(comm.as_ptr().cast::<u8>(), r.comm.as_mut_ptr(), 16);
    }
    r.netns = 0;
    if socket && conf!(off.sock_net) != ABSENT && conf!(off.net_inum) != ABSENT {
        // SAFETY: `file` is a file.
        let private = unsafe { load::<u64>(file, conf!(off.file_private)) };
        let sk = peek::<u64>(private, conf!(off.socket_sk));
        r.netns = peek(peek::<u64>(sk, conf!(off.sock_net)), conf!(off.net_inum));
    }
    r.path_len = 0;
    let mut len = size_of::<FileRecord>();
    if conf!(flags) & SnapshotConfig::NO_PATHS == 0 {
        // SAFETY: a `struct path` stands there, and the room is as long as is said.
        let got = unsafe {
            let path = file.cast::<u8>().add(conf!(off.file_path) as usize);
            helper::bpf_d_path(path.cast_mut().cast(), room.path.as_mut_ptr().cast(), PATH_MAX as u32)
        };
        if got > 1 {
            // Without its NUL; zeroes up to a multiple of 8.
            let n = black_box(got as usize - 1) & (PATH_MAX - 1);
            // SAFETY: within `path` and `end`.
            unsafe { room.path.as_mut_ptr().add(n).cast::<u64>().write_unaligned(0) };
            r.path_len = n as u32;
            len += (n + 7) & !7;
        }
    }
    r.len = len as u32;
    let len = black_box(len) & 0x1fff;
    let len = if len > size_of::<Room>() { size_of::<Room>() } else { len };
    // SAFETY: the seq file of this run; the room is longer than `len`.
    unsafe {
        let seq = (*(*ctx).meta).seq;
        helper::bpf_seq_write(seq.cast(), (&raw const *room).cast(), len as u32);
    }
    0
}
