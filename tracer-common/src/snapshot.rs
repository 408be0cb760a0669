//! What the snapshot program sends: a record for every open descriptor of every process, in the order in
//! which the kernel walks them (by task, then by descriptor). A task that shares its descriptors with its
//! process is not walked again.
//!
//! Everything comes from structures in memory; no file system is asked, so none can keep the reader waiting.

use crate::config::offsets;

offsets! {
    /// Byte offsets of the members that the snapshot program reads.
    SnapshotOffsets;
    task_pid = "task_struct.pid" need;
    task_tgid = "task_struct.tgid" need;
    task_leader = "task_struct.group_leader" need;
    task_comm = "task_struct.comm" need;
    task_start = "task_struct.start_boottime" need;
    task_files = "task_struct.files" need;
    files_fdt = "files_struct.fdt" need;
    fdt_cloexec = "fdtable.close_on_exec" need;
    file_mode = "file.f_mode" need;
    file_flags = "file.f_flags" need;
    file_pos = "file.f_pos" need;
    file_inode = "file.f_inode" need;
    file_path = "file.f_path" need;
    file_private = "file.private_data" need;
    inode_mode = "inode.i_mode" need;
    inode_ino = "inode.i_ino" need;
    inode_sb = "inode.i_sb" need;
    inode_rdev = "inode.i_rdev" need;
    inode_size = "inode.i_size" need;
    inode_nlink = "inode.i_nlink" need;
    inode_uid = "inode.i_uid" need;
    sb_dev = "super_block.s_dev" need;
    sb_magic = "super_block.s_magic" need;
    socket_sk = "socket.sk" need;
    sock_net = "sock.__sk_common.skc_net.net" want;
    net_inum = "net.ns.inum" want;
}

/// What the snapshot program is told.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotConfig {
    /// Kernel structures.
    pub off: SnapshotOffsets,
    /// Bits of [`SnapshotConfig::SOCKETS`] and its neighbours.
    pub flags: u32,
    /// Only this process; 0 for all.
    pub tgid: u32,
    /// Not this process: whoever takes the snapshot has descriptors only for that.
    pub not_tgid: u32,
}

impl SnapshotConfig {
    /// Sockets only.
    pub const SOCKETS: u32 = 1;
    /// No paths: who owns what is the question, not where it is.
    pub const NO_PATHS: u32 = 2;
    /// O_CLOEXEC too, which is the descriptor's and not the file's.
    pub const CLOEXEC: u32 = 4;

    /// Nothing known, everything asked for.
    pub const NONE: SnapshotConfig = SnapshotConfig { off: SnapshotOffsets::NONE, flags: 0, tgid: 0, not_tgid: 0 };
}

/// An open descriptor. The path follows, `path_len` bytes without a NUL, then zeroes up to a multiple of 8.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileRecord {
    /// Bytes of the record with its path, a multiple of 8.
    pub len: u32,
    /// Bytes of the path; 0 when there is none: not asked for, or longer than [`PATH_MAX`].
    pub path_len: u32,
    /// The process.
    pub tgid: u32,
    /// The task: another than the process when it has descriptors of its own.
    pub tid: u32,
    /// The descriptor.
    pub fd: u32,
    /// `file.f_mode`: bit 0 for reading, bit 1 for writing.
    pub f_mode: u32,
    /// `file.f_flags`: as given to open(2), without O_CLOEXEC unless it was asked for.
    pub f_flags: u32,
    /// Type and permissions, as in `st_mode`.
    pub mode: u32,
    /// The position.
    pub pos: u64,
    /// Inode number.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// When the process began, ns of CLOCK_BOOTTIME.
    pub start: u64,
    /// Device of the file system, as the kernel has it: major << 20 | minor.
    pub dev: u32,
    /// Device that the file is, encoded likewise.
    pub rdev: u32,
    /// Links.
    pub nlink: u32,
    /// Owner.
    pub uid: u32,
    /// The file system's magic number, include/uapi/linux/magic.h.
    pub magic: u32,
    /// Of a socket, the inode of its network namespace.
    pub netns: u32,
    /// The process's name, NUL-padded.
    pub comm: [u8; 16],
}

/// Bytes of a path at most, with its NUL (include/uapi/linux/limits.h).
pub const PATH_MAX: usize = 4096;

const _: () = assert!(size_of::<SnapshotConfig>() == size_of::<SnapshotOffsets>() + 3 * 4);
const _: () = assert!(size_of::<FileRecord>() == 104);
const _: () = assert!(size_of::<FileRecord>() & 7 == 0);
