//! What the kernel side is told when it is loaded: where the fields it reads stand in this kernel's
//! structures (as its BTF says), and whom and what to trace. All of it is frozen read-only data, so the
//! verifier knows every value and drops the branches that a run does not need.

pub use crate::types::{Types, function};

macro_rules! offsets {
    ($(#[$outer:meta])* $name:ident; $($(#[$doc:meta])* $field:ident = $path:literal $need:ident;)*) => {
        $(#[$outer])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$doc])* #[doc = concat!("`", $path, "`")] pub $field: u32),* }

        impl $name {
            /// Nothing known.
            pub const NONE: $name = $name { $($field: $crate::config::ABSENT),* };

            /// Member paths in field order, `struct.member.member`, and whether tracing needs them.
            pub const PATHS: &'static [(&'static str, bool)] = &[$(($path, $crate::config::offsets!(@$need))),*];

            /// Offsets from a list in the order of `PATHS`.
            pub fn from_list(list: &[u32]) -> Option<$name> {
                let mut list = list.iter();
                Some($name { $($field: *list.next()?),* })
            }
        }
    };
    (@need) => { true };
    (@want) => { false };
}
pub(crate) use offsets;

/// An offset that this kernel does not have.
pub const ABSENT: u32 = u32::MAX;

offsets! {
    /// Byte offsets of kernel structure members; [`ABSENT`] where this kernel has no such member.
    Offsets;
    task_pid = "task_struct.pid" need;
    task_tgid = "task_struct.tgid" need;
    task_flags = "task_struct.flags" need;
    task_state = "task_struct.__state" need;
    task_comm = "task_struct.comm" need;
    task_signal = "task_struct.signal" need;
    /// Tasks of the process that have not begun to exit.
    signal_live = "signal_struct.live" need;
    signal_flags = "signal_struct.flags" need;
    signal_exit_code = "signal_struct.group_exit_code" need;
    task_mm = "task_struct.mm" need;
    mm_arg_start = "mm_struct.arg_start" need;
    mm_env_start = "mm_struct.env_start" need;
    mm_env_end = "mm_struct.env_end" need;
    mm_exe = "mm_struct.exe_file" need;
    /// More than one where tasks share it.
    bprm_filename = "linux_binprm.filename" need;
    bprm_argc = "linux_binprm.argc" need;
    bprm_envc = "linux_binprm.envc" need;
    task_exit_code = "task_struct.exit_code" need;
    /// When the time below was last brought up to date, on the CPU's own clock.
    task_exec_start = "task_struct.se.exec_start" need;
    /// How long the task has had a CPU.
    task_runtime = "task_struct.se.sum_exec_runtime" need;
    task_files = "task_struct.files" need;
    task_fs = "task_struct.fs" need;
    task_namespaces = "task_struct.nsproxy" need;
    task_parent = "task_struct.real_parent" need;
    /// Grows with each program that a task runs.
    task_exec_id = "task_struct.self_exec_id" want;
    /// Not NULL while a task has its parent's memory, and the parent waits.
    task_vfork = "task_struct.vfork_done" want;
    task_cred = "task_struct.cred" need;
    task_cgroups = "task_struct.cgroups" want;
    /// Task storages hang here; NULL while a task has none (5.11).
    task_storage = "task_struct.bpf_storage" want;
    /// x86: TS_COMPAT stands here.
    thread_status = "task_struct.thread_info.status" want;
    /// arm64: TIF_32BIT stands here.
    thread_flags = "task_struct.thread_info.flags" want;
    cred_uid = "cred.uid" need;
    css_set_dfl = "css_set.dfl_cgrp" want;
    cgroup_kn = "cgroup.kn" want;
    kn_id = "kernfs_node.id" want;
    kn_parent = "kernfs_node.__parent" want;
    kn_parent_old = "kernfs_node.parent" want;
    files_fdt = "files_struct.fdt" need;
    fdt_max = "fdtable.max_fds" need;
    fdt_fd = "fdtable.fd" need;
    fs_pwd = "fs_struct.pwd" need;
    file_inode = "file.f_inode" need;
    file_flags = "file.f_flags" need;
    file_mode = "file.f_mode" need;
    file_path = "file.f_path" need;
    file_private = "file.private_data" need;
    path_mnt = "path.mnt" need;
    path_dentry = "path.dentry" need;
    inode_mode = "inode.i_mode" need;
    inode_ino = "inode.i_ino" need;
    inode_sb = "inode.i_sb" need;
    inode_rdev = "inode.i_rdev" need;
    inode_private = "inode.i_private" need;
    /// The id in the first PID namespace stands first.
    pid_numbers = "pid.numbers" want;
    /// How many namespaces lie around that of the last of them.
    pid_level = "pid.level" want;
    task_pid_struct = "task_struct.thread_pid" want;
    upid_ns = "upid.ns" want;
    pid_ns_inum = "pid_namespace.ns.inum" want;
    sb_dev = "super_block.s_dev" need;
    sb_magic = "super_block.s_magic" need;
    dentry_parent = "dentry.d_parent" need;
    dentry_name = "dentry.d_name.name" need;
    dentry_len = "dentry.d_name.len" need;
    dentry_unhashed = "dentry.d_hash.pprev" need;
    dentry_inode = "dentry.d_inode" need;
    mount_mnt = "mount.mnt" need;
    mount_parent = "mount.mnt_parent" need;
    mount_mountpoint = "mount.mnt_mountpoint" need;
    vfsmount_root = "vfsmount.mnt_root" need;
    socket_sk = "socket.sk" need;
    socket_alloc_inode = "socket_alloc.vfs_inode" need;
    sock_family = "sock.__sk_common.skc_family" need;
    sock_state = "sock.__sk_common.skc_state" need;
    sock_num = "sock.__sk_common.skc_num" need;
    sock_dport = "sock.__sk_common.skc_dport" need;
    sock_daddr = "sock.__sk_common.skc_daddr" need;
    sock_saddr = "sock.__sk_common.skc_rcv_saddr" need;
    sock_daddr6 = "sock.__sk_common.skc_v6_daddr" want;
    sock_saddr6 = "sock.__sk_common.skc_v6_rcv_saddr" want;
    sock_net = "sock.__sk_common.skc_net.net" want;
    sock_type = "sock.sk_type" need;
    sock_protocol = "sock.sk_protocol" need;
    sock_socket = "sock.sk_socket" need;
    socket_file = "socket.file" need;
    packet_sk = "sk_buff.sk" need;
    packet_head = "sk_buff.head" need;
    packet_network = "sk_buff.network_header" need;
    packet_transport = "sk_buff.transport_header" need;
    inet_sport = "inet_sock.inet_sport" want;
    /// 4.19.
    tcp_sent = "tcp_sock.bytes_sent" want;
    net_inum = "net.ns.inum" want;
    unix_addr = "unix_sock.addr" want;
    unix_peer = "unix_sock.peer" want;
    unix_addr_len = "unix_address.len" want;
    unix_addr_name = "unix_address.name" want;
    unix_path = "unix_sock.path" want;
    netlink_portid = "netlink_sock.portid" want;
    task_leader = "task_struct.group_leader" need;
    request_file = "io_kiocb.file" want;
    request_opcode = "io_kiocb.opcode" want;
    request_flags = "io_kiocb.flags" want;
    request_data = "io_kiocb.cqe.user_data" want;
    request_ring = "io_kiocb.ctx" want;
    request_async = "io_kiocb.async_data" want;
    /// The ring's own table of files, from 6.14 on.
    ring_nodes = "io_ring_ctx.file_table.data.nodes" want;
    ring_slots = "io_ring_ctx.file_table.data.nr" want;
    node_file = "io_rsrc_node.file_ptr" want;
    /// The same before.
    ring_files = "io_ring_ctx.file_table.files" want;
    ring_slots_old = "io_ring_ctx.nr_user_files" want;
    filename_name = "filename.name" want;
    /// Where the name lay in the program's memory, up to 6.19.
    filename_user = "filename.uptr" want;
    vma_flags = "vm_area_struct.vm_flags" want;
    eventfd_count = "eventfd_ctx.count" want;
    eventfd_flags = "eventfd_ctx.flags" want;
    eventfd_id = "eventfd_ctx.id" want;
    signalfd_mask = "signalfd_ctx.sigmask" want;
    /// What the private data of an open terminal is.
    opened_tty = "tty_file_private.tty" want;
    tty_index = "tty_struct.index" want;
}

/// Where the registers of a call stand in `struct pt_regs`, which is part of the kernel's ABI with
/// ptrace: arch/x86/include/asm/ptrace.h, arch/arm64/include/asm/ptrace.h.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regs {
    /// The six arguments.
    pub args: [u32; 6],
    /// The six arguments of a 32-bit call.
    pub compat_args: [u32; 6],
    /// The call's number, as it still is at its end.
    pub nr: u32,
    /// The instruction pointer.
    pub ip: u32,
    /// The user stack pointer.
    pub sp: u32,
    /// Unused, zero.
    pub pad: u32,
}

impl Regs {
    /// x86_64: rdi rsi rdx r10 r8 r9; 32-bit: ebx ecx edx esi edi ebp; orig_rax; rip; rsp.
    pub const X86_64: Regs = Regs {
        args: [112, 104, 96, 56, 72, 64],
        compat_args: [40, 88, 96, 104, 112, 32],
        nr: 120,
        ip: 128,
        sp: 152,
        pad: 0,
    };
    /// arm64: orig_x0, x1 to x5; syscallno (an i32 behind orig_x0); pc; sp.
    pub const AARCH64: Regs = Regs {
        args: [272, 8, 16, 24, 32, 40],
        compat_args: [272, 8, 16, 24, 32, 40],
        nr: 280,
        ip: 256,
        sp: 248,
        pad: 0,
    };
}

/// Whom and what to trace, and where things stand.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Kernel structures.
    pub off: Offsets,
    /// Registers.
    pub regs: Regs,
    /// Types to cast to.
    pub types: Types,
    /// Bits of [`Config::COUNT`] and its neighbours.
    pub flags: u32,
    /// The tracer's own process: never traced.
    pub own_tgid: u32,
    /// New tasks that are followed: a word of [`follow`].
    pub follow: u32,
    /// Which tasks besides the marked ones: a word of [`target`].
    pub target: u32,
    /// User id, with `target::UID`.
    pub uid: u32,
    /// `execve` and `execveat` by native number: a command's gate opens here.
    pub exec_nr: [u32; 2],
    /// `io_uring_enter` by native number: what it submits is not seen, and counted.
    pub uring_nr: u32,
    /// Whether the reader must be woken is looked at when these bits of a record's time are zero.
    pub look: u32,
    /// The consumer is woken when this many bytes wait in the ring.
    pub wake: u32,
    /// With [`Config::PERF`]: where `child_pid` stands in the record of `sched_process_fork`.
    pub fork_child: u32,
    /// With [`Config::PERF`]: where `old_pid` stands in the record of `sched_process_exec`.
    pub exec_old: u32,
    /// A bit for each word of `plan::shape` that a plan of a call has: others are not verified.
    pub shapes: u32,
    /// The same of the plans of operations.
    pub ring_shapes: u32,
    /// Unused, zero.
    pub pad: u32,
    /// cgroup v2 id, with `target::CGROUP`.
    pub cgroup: u64,
    /// Name, NUL-padded, with `target::COMM`.
    pub comm: [u8; 16],
    /// A bit per plan (see `plan::plan_index`): the call is wanted.
    pub wanted: [u64; crate::plan::PLANS / 64],
    /// The same of those that are sent even where calls are counted.
    pub told: [u64; crate::plan::PLANS / 64],
    /// The same of those whose plan has `Plan::ANSWERS`.
    pub answers: [u64; crate::plan::PLANS / 64],
    /// Calls of interest only by what an argument says, with [`Config::SPARES`].
    pub spared: [crate::plan::Spared; crate::plan::SPARED],
    /// How parts are singled out, with [`Config::MANY`].
    pub parts: [u32; crate::parts::PARTS],
}

impl Config {
    /// Count calls, send none (`-c`).
    pub const COUNT: u32 = 1;
    /// The thread flags are arm64's.
    pub const ARM64: u32 = 2;
    /// Count by process too (`-c --summary-by=process`).
    pub const BY_PROCESS: u32 = 4;
    /// The programs of calls and of the lives of tasks are called by perf, not by the tracepoints themselves: their context is
    /// perf's record, in which no pointers stand.
    pub const PERF: u32 = 8;
    /// Count the time for which calls had a CPU, not the time from their begin to their end (`-c` without `-w`).
    pub const CPU_TIME: u32 = 16;
    /// The tracepoint of completions hands over the completion itself, not its members.
    pub const CQE: u32 = 32;
    /// The operations of io_uring are seen: what is submitted need not be counted as unseen.
    pub const OPERATIONS: u32 = 64;
    /// Some plan has `Plan::ANSWERS`.
    pub const ANSWERS: u32 = 128;
    /// Some call is spared.
    pub const SPARES: u32 = 256;
    /// Some part of a call that is many in one (`parts`) is asked for.
    pub const MANY: u32 = 512;
    /// There is a program that may sleep, for memory that is not present.
    pub const SLEEPABLE: u32 = 1024;
    /// Functions of libraries are probed: a command of tracer's own waits when it begins a program.
    pub const LIBRARY: u32 = 2048;
    /// Stacks of calls of library functions are copied (`ltrace -w`).
    pub const FRAMES: u32 = 4096;

    /// Nothing asked for.
    pub const NONE: Config = Config {
        off: Offsets::NONE,
        regs: Regs::X86_64,
        types: Types::NONE,
        flags: 0,
        own_tgid: 0,
        follow: 0,
        target: 0,
        uid: 0,
        exec_nr: [0; 2],
        uring_nr: 0,
        look: 0,
        wake: 0,
        fork_child: 0,
        exec_old: 0,
        shapes: 0,
        ring_shapes: 0,
        pad: 0,
        cgroup: 0,
        comm: [0; 16],
        wanted: [0; crate::plan::PLANS / 64],
        told: [0; crate::plan::PLANS / 64],
        answers: [0; crate::plan::PLANS / 64],
        spared: [crate::plan::Spared::NONE; crate::plan::SPARED],
        parts: [0; crate::parts::PARTS],
    };
}

/// Which new tasks of traced tasks are traced.
pub mod follow {
    /// None.
    pub const NONE: u32 = 0;
    /// Threads of the same process.
    pub const THREADS: u32 = 1;
    /// Threads and child processes (`-f`).
    pub const ALL: u32 = 2;
}

/// Which tasks are traced besides those marked one by one.
pub mod target {
    /// None.
    pub const MARKED: u32 = 0;
    /// Every task.
    pub const ALL: u32 = 1;
    /// Those of a user.
    pub const UID: u32 = 2;
    /// Those with a name.
    pub const COMM: u32 = 3;
    /// Those in a cgroup or below it.
    pub const CGROUP: u32 = 4;
}

/// What a run of the task iterator does; the first word of the control map.
pub mod walk {
    /// Begin tracing every task that matches.
    pub const ADOPT: u32 = 1;
    /// Send a `PENDING` record for every call that is running.
    pub const PENDING: u32 = 2;

    /// Where in the map stands what is to be done.
    pub const WHAT: u32 = 0;
    /// Where the walk counts running calls that it did not tell of, because the ring was half full.
    pub const UNTOLD: u32 = 1;
}

/// What `-c` counts, per CPU and plan index; and, where it is asked for, per process as well. How many calls
/// there were is the sum of the buckets: nothing can be counted in one and not in the other.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Calls that failed.
    pub errors: u64,
    /// Time, ns: from begin to end, or on a CPU.
    pub total: u64,
    /// The shortest, ns, plus 1; 0 when there was none.
    pub min1: u64,
    /// The longest, ns.
    pub max: u64,
    /// Calls by how long they took: see [`bucket`].
    pub buckets: [u64; BUCKETS],
    /// What took longer still, by log2: 6.1's verifier follows no comparison here, so that the kernel side does not put
    /// these into the last bucket. [`Tally::histogram`] does.
    pub beyond: [u64; 64 - BUCKETS],
}

impl Tally {
    /// Nothing counted.
    pub const NONE: Tally =
        Tally { errors: 0, total: 0, min1: 0, max: 0, buckets: [0; BUCKETS], beyond: [0; 64 - BUCKETS] };

    /// Calls by how long they took, all of them.
    pub fn histogram(&self) -> [u64; BUCKETS] {
        let mut all = self.buckets;
        all[BUCKETS - 1] += self.beyond.iter().sum::<u64>();
        all
    }
}

/// Which count of a process a [`Tally`] is. Each CPU has its own, so that none waits for another.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyKey {
    /// The process.
    pub tgid: u32,
    /// See `plan::plan_index`.
    pub index: u16,
    /// The CPU that counts.
    pub cpu: u16,
}

/// Which count of calls of a library function a [`Tally`] is. Each CPU has its own.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledKey {
    /// The function's number.
    pub function: u32,
    /// The CPU that counts.
    pub cpu: u32,
}

/// Buckets of a histogram of durations. The last one begins at 2^39 ns, which is nine minutes.
pub const BUCKETS: usize = 40;

/// The bucket of a duration: the whole part of log2 of its ns. The first holds 0 as well, the last all that is
/// longer.
#[inline(always)]
pub const fn bucket(ns: u64) -> usize {
    let log = log2(ns);
    if log < BUCKETS { log } else { BUCKETS - 1 }
}

/// The whole part of log2, 0 for 0. By halves, for BPF has no instruction that counts zeros.
#[inline(always)]
pub const fn log2(ns: u64) -> usize {
    let (mut rest, mut log) = (ns, 0);
    if rest >> 32 != 0 {
        rest >>= 32;
        log += 32;
    }
    if rest >> 16 != 0 {
        rest >>= 16;
        log += 16;
    }
    if rest >> 8 != 0 {
        rest >>= 8;
        log += 8;
    }
    if rest >> 4 != 0 {
        rest >>= 4;
        log += 4;
    }
    if rest >> 2 != 0 {
        rest >>= 2;
        log += 2;
    }
    log + (rest >> 1) as usize
}

/// No padding: `Config::bytes` shows all of it.
const _: () = assert!(
    size_of::<Config>()
        == size_of::<Offsets>()
            + size_of::<Regs>()
            + size_of::<Types>()
            + 15 * 4
            + 8
            + 16
            + 3 * crate::plan::PLANS / 8
            + size_of::<[crate::plan::Spared; crate::plan::SPARED]>()
            + 4 * crate::parts::PARTS
);
const _: () = assert!(align_of::<Regs>() == 4);
const _: () = assert!(size_of::<Tally>() == (4 + 64) * 8);
const _: () = assert!(size_of::<TallyKey>() == 8);
const _: () = assert!(crate::plan::PLANS <= 1 << 16);

#[cfg(test)]
mod tests {
    use super::{BUCKETS, bucket};

    #[test]
    fn a_bucket_is_a_power_of_two() {
        assert_eq!((bucket(0), bucket(1), bucket(2), bucket(3), bucket(4)), (0, 0, 1, 1, 2));
        for log in 0..64 {
            let want = (log as usize).min(BUCKETS - 1);
            for ns in [1u64 << log, (1 << log) + (1 << log) / 3, u64::MAX >> (63 - log)] {
                assert_eq!((bucket(ns), ns.ilog2()), (want, log), "{ns}");
            }
        }
    }
}
