//! bpf(2), perf_event_open(2) and seccomp's relatives in the kernel's eyes: programs and counters.

use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// Commands. include/uapi/linux/bpf.h
    BPF "BPF_"
    choice all: BPF_MAP_CREATE = 0, BPF_MAP_LOOKUP_ELEM = 1, BPF_MAP_UPDATE_ELEM = 2, BPF_MAP_DELETE_ELEM = 3,
                BPF_MAP_GET_NEXT_KEY = 4, BPF_PROG_LOAD = 5, BPF_OBJ_PIN = 6, BPF_OBJ_GET = 7, BPF_PROG_ATTACH = 8,
                BPF_PROG_DETACH = 9, BPF_PROG_TEST_RUN = 10, BPF_PROG_GET_NEXT_ID = 11, BPF_MAP_GET_NEXT_ID = 12,
                BPF_PROG_GET_FD_BY_ID = 13, BPF_MAP_GET_FD_BY_ID = 14, BPF_OBJ_GET_INFO_BY_FD = 15,
                BPF_PROG_QUERY = 16, BPF_RAW_TRACEPOINT_OPEN = 17, BPF_BTF_LOAD = 18, BPF_BTF_GET_FD_BY_ID = 19,
                BPF_TASK_FD_QUERY = 20, BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21, BPF_MAP_FREEZE = 22,
                BPF_BTF_GET_NEXT_ID = 23, BPF_MAP_LOOKUP_BATCH = 24, BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25,
                BPF_MAP_UPDATE_BATCH = 26, BPF_MAP_DELETE_BATCH = 27, BPF_LINK_CREATE = 28, BPF_LINK_UPDATE = 29,
                BPF_LINK_GET_FD_BY_ID = 30, BPF_LINK_GET_NEXT_ID = 31, BPF_ENABLE_STATS = 32, BPF_ITER_CREATE = 33,
                BPF_LINK_DETACH = 34, BPF_PROG_BIND_MAP = 35, BPF_TOKEN_CREATE = 36,
                BPF_PROG_STREAM_READ_BY_FD = 37;

    /// Map types. include/uapi/linux/bpf.h
    BPF_MAP "BPF_MAP_TYPE_"
    choice all: BPF_MAP_TYPE_UNSPEC = 0, BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2,
                BPF_MAP_TYPE_PROG_ARRAY = 3, BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4, BPF_MAP_TYPE_PERCPU_HASH = 5,
                BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_STACK_TRACE = 7, BPF_MAP_TYPE_CGROUP_ARRAY = 8,
                BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_LRU_PERCPU_HASH = 10, BPF_MAP_TYPE_LPM_TRIE = 11,
                BPF_MAP_TYPE_ARRAY_OF_MAPS = 12, BPF_MAP_TYPE_HASH_OF_MAPS = 13, BPF_MAP_TYPE_DEVMAP = 14,
                BPF_MAP_TYPE_SOCKMAP = 15, BPF_MAP_TYPE_CPUMAP = 16, BPF_MAP_TYPE_XSKMAP = 17,
                BPF_MAP_TYPE_SOCKHASH = 18, BPF_MAP_TYPE_CGROUP_STORAGE = 19,
                BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE = 21,
                BPF_MAP_TYPE_QUEUE = 22, BPF_MAP_TYPE_STACK = 23, BPF_MAP_TYPE_SK_STORAGE = 24,
                BPF_MAP_TYPE_DEVMAP_HASH = 25, BPF_MAP_TYPE_STRUCT_OPS = 26, BPF_MAP_TYPE_RINGBUF = 27,
                BPF_MAP_TYPE_INODE_STORAGE = 28, BPF_MAP_TYPE_TASK_STORAGE = 29, BPF_MAP_TYPE_BLOOM_FILTER = 30,
                BPF_MAP_TYPE_USER_RINGBUF = 31, BPF_MAP_TYPE_CGRP_STORAGE = 32, BPF_MAP_TYPE_ARENA = 33;

    /// Program types. include/uapi/linux/bpf.h
    BPF_PROG "BPF_PROG_TYPE_"
    choice all: BPF_PROG_TYPE_UNSPEC = 0, BPF_PROG_TYPE_SOCKET_FILTER = 1, BPF_PROG_TYPE_KPROBE = 2,
                BPF_PROG_TYPE_SCHED_CLS = 3, BPF_PROG_TYPE_SCHED_ACT = 4, BPF_PROG_TYPE_TRACEPOINT = 5,
                BPF_PROG_TYPE_XDP = 6, BPF_PROG_TYPE_PERF_EVENT = 7, BPF_PROG_TYPE_CGROUP_SKB = 8,
                BPF_PROG_TYPE_CGROUP_SOCK = 9, BPF_PROG_TYPE_LWT_IN = 10, BPF_PROG_TYPE_LWT_OUT = 11,
                BPF_PROG_TYPE_LWT_XMIT = 12, BPF_PROG_TYPE_SOCK_OPS = 13, BPF_PROG_TYPE_SK_SKB = 14,
                BPF_PROG_TYPE_CGROUP_DEVICE = 15, BPF_PROG_TYPE_SK_MSG = 16, BPF_PROG_TYPE_RAW_TRACEPOINT = 17,
                BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18, BPF_PROG_TYPE_LWT_SEG6LOCAL = 19,
                BPF_PROG_TYPE_LIRC_MODE2 = 20, BPF_PROG_TYPE_SK_REUSEPORT = 21, BPF_PROG_TYPE_FLOW_DISSECTOR = 22,
                BPF_PROG_TYPE_CGROUP_SYSCTL = 23, BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE = 24,
                BPF_PROG_TYPE_CGROUP_SOCKOPT = 25, BPF_PROG_TYPE_TRACING = 26, BPF_PROG_TYPE_STRUCT_OPS = 27,
                BPF_PROG_TYPE_EXT = 28, BPF_PROG_TYPE_LSM = 29, BPF_PROG_TYPE_SK_LOOKUP = 30,
                BPF_PROG_TYPE_SYSCALL = 31, BPF_PROG_TYPE_NETFILTER = 32;

    /// Attach types. include/uapi/linux/bpf.h
    BPF_ATTACH "BPF_"
    choice all: BPF_CGROUP_INET_INGRESS = 0, BPF_CGROUP_INET_EGRESS = 1, BPF_CGROUP_INET_SOCK_CREATE = 2,
                BPF_CGROUP_SOCK_OPS = 3, BPF_SK_SKB_STREAM_PARSER = 4, BPF_SK_SKB_STREAM_VERDICT = 5,
                BPF_CGROUP_DEVICE = 6, BPF_SK_MSG_VERDICT = 7, BPF_CGROUP_INET4_BIND = 8,
                BPF_CGROUP_INET6_BIND = 9, BPF_CGROUP_INET4_CONNECT = 10, BPF_CGROUP_INET6_CONNECT = 11,
                BPF_CGROUP_INET4_POST_BIND = 12, BPF_CGROUP_INET6_POST_BIND = 13, BPF_CGROUP_UDP4_SENDMSG = 14,
                BPF_CGROUP_UDP6_SENDMSG = 15, BPF_LIRC_MODE2 = 16, BPF_FLOW_DISSECTOR = 17, BPF_CGROUP_SYSCTL = 18,
                BPF_CGROUP_UDP4_RECVMSG = 19, BPF_CGROUP_UDP6_RECVMSG = 20, BPF_CGROUP_GETSOCKOPT = 21,
                BPF_CGROUP_SETSOCKOPT = 22, BPF_TRACE_RAW_TP = 23, BPF_TRACE_FENTRY = 24, BPF_TRACE_FEXIT = 25,
                BPF_MODIFY_RETURN = 26, BPF_LSM_MAC = 27, BPF_TRACE_ITER = 28, BPF_CGROUP_INET4_GETPEERNAME = 29,
                BPF_CGROUP_INET6_GETPEERNAME = 30, BPF_CGROUP_INET4_GETSOCKNAME = 31,
                BPF_CGROUP_INET6_GETSOCKNAME = 32, BPF_XDP_DEVMAP = 33, BPF_CGROUP_INET_SOCK_RELEASE = 34,
                BPF_XDP_CPUMAP = 35, BPF_SK_LOOKUP = 36, BPF_XDP = 37, BPF_SK_SKB_VERDICT = 38,
                BPF_SK_REUSEPORT_SELECT = 39, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE = 40, BPF_PERF_EVENT = 41,
                BPF_TRACE_KPROBE_MULTI = 42, BPF_LSM_CGROUP = 43, BPF_STRUCT_OPS = 44, BPF_NETFILTER = 45,
                BPF_TCX_INGRESS = 46, BPF_TCX_EGRESS = 47, BPF_TRACE_UPROBE_MULTI = 48,
                BPF_CGROUP_UNIX_CONNECT = 49, BPF_CGROUP_UNIX_SENDMSG = 50, BPF_CGROUP_UNIX_RECVMSG = 51,
                BPF_CGROUP_UNIX_GETPEERNAME = 52, BPF_CGROUP_UNIX_GETSOCKNAME = 53, BPF_NETKIT_PRIMARY = 54,
                BPF_NETKIT_PEER = 55, BPF_TRACE_KPROBE_SESSION = 56, BPF_TRACE_UPROBE_SESSION = 57;

    /// Flags of an element. include/uapi/linux/bpf.h
    BPF_ELEM "BPF_"
    choice 3: BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2;
    bits: BPF_F_LOCK = 4;

    /// Flags of BPF_MAP_CREATE. include/uapi/linux/bpf.h
    BPF_MAP_FLAG "BPF_F_"
    bits: BPF_F_NO_PREALLOC = 1, BPF_F_NO_COMMON_LRU = 2, BPF_F_NUMA_NODE = 4, BPF_F_RDONLY = 8, BPF_F_WRONLY = 0x10,
          BPF_F_STACK_BUILD_ID = 0x20, BPF_F_ZERO_SEED = 0x40, BPF_F_RDONLY_PROG = 0x80, BPF_F_WRONLY_PROG = 0x100,
          BPF_F_CLONE = 0x200, BPF_F_MMAPABLE = 0x400, BPF_F_PRESERVE_ELEMS = 0x800, BPF_F_INNER_MAP = 0x1000,
          BPF_F_LINK = 0x2000, BPF_F_PATH_FD = 0x4000, BPF_F_VTYPE_BTF_OBJ_FD = 0x8000, BPF_F_TOKEN_FD = 0x10000,
          BPF_F_SEGV_ON_FAULT = 0x20000, BPF_F_NO_USER_CONV = 0x40000;

    /// Flags of BPF_PROG_LOAD. include/uapi/linux/bpf.h
    BPF_PROG_FLAG "BPF_F_"
    bits: BPF_F_STRICT_ALIGNMENT = 1, BPF_F_ANY_ALIGNMENT = 2, BPF_F_TEST_RND_HI32 = 4, BPF_F_TEST_STATE_FREQ = 8,
          BPF_F_SLEEPABLE = 0x10, BPF_F_XDP_HAS_FRAGS = 0x20, BPF_F_XDP_DEV_BOUND_ONLY = 0x40,
          BPF_F_TEST_REG_INVARIANTS = 0x80, BPF_F_TOKEN_FD = 0x10000;

    /// Event types. include/uapi/linux/perf_event.h
    PERF_TYPE "PERF_TYPE_"
    choice all: PERF_TYPE_HARDWARE = 0, PERF_TYPE_SOFTWARE = 1, PERF_TYPE_TRACEPOINT = 2, PERF_TYPE_HW_CACHE = 3,
                PERF_TYPE_RAW = 4, PERF_TYPE_BREAKPOINT = 5;

    /// Hardware events. include/uapi/linux/perf_event.h
    PERF_HW "PERF_COUNT_HW_"
    choice all: PERF_COUNT_HW_CPU_CYCLES = 0, PERF_COUNT_HW_INSTRUCTIONS = 1, PERF_COUNT_HW_CACHE_REFERENCES = 2,
                PERF_COUNT_HW_CACHE_MISSES = 3, PERF_COUNT_HW_BRANCH_INSTRUCTIONS = 4, PERF_COUNT_HW_BRANCH_MISSES = 5,
                PERF_COUNT_HW_BUS_CYCLES = 6, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND = 7,
                PERF_COUNT_HW_STALLED_CYCLES_BACKEND = 8, PERF_COUNT_HW_REF_CPU_CYCLES = 9;

    /// Software events. include/uapi/linux/perf_event.h
    PERF_SW "PERF_COUNT_SW_"
    choice all: PERF_COUNT_SW_CPU_CLOCK = 0, PERF_COUNT_SW_TASK_CLOCK = 1, PERF_COUNT_SW_PAGE_FAULTS = 2,
                PERF_COUNT_SW_CONTEXT_SWITCHES = 3, PERF_COUNT_SW_CPU_MIGRATIONS = 4, PERF_COUNT_SW_PAGE_FAULTS_MIN = 5,
                PERF_COUNT_SW_PAGE_FAULTS_MAJ = 6, PERF_COUNT_SW_ALIGNMENT_FAULTS = 7, PERF_COUNT_SW_EMULATION_FAULTS = 8,
                PERF_COUNT_SW_DUMMY = 9, PERF_COUNT_SW_BPF_OUTPUT = 10, PERF_COUNT_SW_CGROUP_SWITCHES = 11;

    /// Sizes of struct perf_event_attr. include/uapi/linux/perf_event.h
    PERF_SIZE "PERF_ATTR_SIZE_"
    choice all: PERF_ATTR_SIZE_VER0 = 64, PERF_ATTR_SIZE_VER1 = 72, PERF_ATTR_SIZE_VER2 = 80, PERF_ATTR_SIZE_VER3 = 96,
                PERF_ATTR_SIZE_VER4 = 104, PERF_ATTR_SIZE_VER5 = 112, PERF_ATTR_SIZE_VER6 = 120,
                PERF_ATTR_SIZE_VER7 = 128, PERF_ATTR_SIZE_VER8 = 136;

    /// What a sample holds. include/uapi/linux/perf_event.h
    PERF_SAMPLE "PERF_SAMPLE_"
    bits: PERF_SAMPLE_IP = 1, PERF_SAMPLE_TID = 2, PERF_SAMPLE_TIME = 4, PERF_SAMPLE_ADDR = 8, PERF_SAMPLE_READ = 0x10,
          PERF_SAMPLE_CALLCHAIN = 0x20, PERF_SAMPLE_ID = 0x40, PERF_SAMPLE_CPU = 0x80, PERF_SAMPLE_PERIOD = 0x100,
          PERF_SAMPLE_STREAM_ID = 0x200, PERF_SAMPLE_RAW = 0x400, PERF_SAMPLE_BRANCH_STACK = 0x800,
          PERF_SAMPLE_REGS_USER = 0x1000, PERF_SAMPLE_STACK_USER = 0x2000, PERF_SAMPLE_WEIGHT = 0x4000,
          PERF_SAMPLE_DATA_SRC = 0x8000, PERF_SAMPLE_IDENTIFIER = 0x10000, PERF_SAMPLE_TRANSACTION = 0x20000,
          PERF_SAMPLE_REGS_INTR = 0x40000, PERF_SAMPLE_PHYS_ADDR = 0x80000, PERF_SAMPLE_AUX = 0x100000,
          PERF_SAMPLE_CGROUP = 0x200000, PERF_SAMPLE_DATA_PAGE_SIZE = 0x400000,
          PERF_SAMPLE_CODE_PAGE_SIZE = 0x800000, PERF_SAMPLE_WEIGHT_STRUCT = 0x1000000;

    /// What a read gives. include/uapi/linux/perf_event.h
    PERF_READ "PERF_FORMAT_"
    bits: PERF_FORMAT_TOTAL_TIME_ENABLED = 1, PERF_FORMAT_TOTAL_TIME_RUNNING = 2, PERF_FORMAT_ID = 4,
          PERF_FORMAT_GROUP = 8, PERF_FORMAT_LOST = 16;

    /// perf_event_open(2) flags. include/uapi/linux/perf_event.h
    PERF_FLAG "PERF_FLAG_"
    bits: PERF_FLAG_FD_NO_GROUP = 1, PERF_FLAG_FD_OUTPUT = 2, PERF_FLAG_PID_CGROUP = 4, PERF_FLAG_FD_CLOEXEC = 8;
}

records! {
    /// union bpf_attr of BPF_MAP_CREATE. include/uapi/linux/bpf.h
    MAP_CREATE 80 same {
        map_type: 0 4 Set32(&BPF_MAP), key_size: 4 4 Uint, value_size: 8 4 Uint, max_entries: 12 4 Uint,
        map_flags: 16 4 Set32(&BPF_MAP_FLAG), inner_map_fd: 20 4 Fd, map_name: 28 16 Chars, map_ifindex: 44 4 Uint,
        btf_fd: 48 4 Fd, btf_key_type_id: 52 4 Uint, btf_value_type_id: 56 4 Uint,
        btf_vmlinux_value_type_id: 60 4 Uint, map_extra: 64 8 Hex
    }
    /// union bpf_attr of the calls on one element. include/uapi/linux/bpf.h
    ELEM 32 same { map_fd: 0 4 Fd, key: 8 8 Addr, value: 16 8 Addr, flags: 24 8 Set(&BPF_ELEM) }
    /// union bpf_attr of BPF_MAP_DELETE_ELEM. include/uapi/linux/bpf.h
    KEY 16 same { map_fd: 0 4 Fd, key: 8 8 Addr }
    /// union bpf_attr of BPF_MAP_GET_NEXT_KEY. include/uapi/linux/bpf.h
    NEXT_KEY 24 same { map_fd: 0 4 Fd, key: 8 8 Addr, next_key: 16 8 Addr }
    /// union bpf_attr of BPF_PROG_LOAD. include/uapi/linux/bpf.h
    PROG_LOAD 128 same {
        prog_type: 0 4 Set32(&BPF_PROG), insn_cnt: 4 4 Uint, insns: 8 8 Addr, license: 16 8 Addr, log_level: 24 4 Uint,
        log_size: 28 4 Uint, log_buf: 32 8 Addr, kern_version: 40 4 Special(S::KernelVersion), prog_flags: 44 4 Set32(&BPF_PROG_FLAG),
        prog_name: 48 16 Chars, prog_ifindex: 64 4 Uint, expected_attach_type: 68 4 Set32(&BPF_ATTACH), prog_btf_fd: 72 4 Fd,
        func_info_rec_size: 76 4 Uint, func_info: 80 8 Addr, func_info_cnt: 88 4 Uint, line_info_rec_size: 92 4 Uint,
        line_info: 96 8 Addr, line_info_cnt: 104 4 Uint, attach_btf_id: 108 4 Uint, attach_prog_fd: 112 4 Fd, fd_array: 120 8 Addr
    }
    /// union bpf_attr of BPF_OBJ_PIN and BPF_OBJ_GET. include/uapi/linux/bpf.h
    OBJ 16 same { pathname: 0 8 Addr, bpf_fd: 8 4 Fd, file_flags: 12 4 Set32(&BPF_MAP_FLAG) }
    /// union bpf_attr of BPF_PROG_ATTACH. include/uapi/linux/bpf.h
    ATTACH 16 same { target_fd: 0 4 Fd, attach_bpf_fd: 4 4 Fd, attach_type: 8 4 Set32(&BPF_ATTACH), attach_flags: 12 4 Hex32 }
    /// union bpf_attr of BPF_PROG_DETACH. include/uapi/linux/bpf.h
    DETACH 12 same { target_fd: 0 4 Fd, attach_bpf_fd: 4 4 Fd, attach_type: 8 4 Set32(&BPF_ATTACH) }
    /// union bpf_attr of the GET_NEXT_ID calls. include/uapi/linux/bpf.h
    NEXT_ID 12 same { start_id: 0 4 Uint, next_id: 4 4 Uint, open_flags: 8 4 Set32(&BPF_MAP_FLAG) }
    /// union bpf_attr of BPF_PROG_GET_FD_BY_ID. include/uapi/linux/bpf.h
    PROG_ID 12 same { prog_id: 0 4 Uint, next_id: 4 4 Uint, open_flags: 8 4 Set32(&BPF_MAP_FLAG) }
    /// union bpf_attr of BPF_MAP_GET_FD_BY_ID. include/uapi/linux/bpf.h
    MAP_ID 12 same { map_id: 0 4 Uint, next_id: 4 4 Uint, open_flags: 8 4 Set32(&BPF_MAP_FLAG) }
    /// union bpf_attr of BPF_OBJ_GET_INFO_BY_FD, inside. include/uapi/linux/bpf.h
    INFO 16 same { bpf_fd: 0 4 Fd, info_len: 4 4 Uint, info: 8 8 Addr }
    /// union bpf_attr of BPF_OBJ_GET_INFO_BY_FD. include/uapi/linux/bpf.h
    OBJ_INFO 16 same { info: 0 16 Rec(&INFO) }
    /// union bpf_attr of BPF_RAW_TRACEPOINT_OPEN, inside. include/uapi/linux/bpf.h
    RAW_TP 12 same { name: 0 8 Addr, prog_fd: 8 4 Fd }
    /// union bpf_attr of BPF_RAW_TRACEPOINT_OPEN. include/uapi/linux/bpf.h
    RAW_TP_OPEN 12 same { raw_tracepoint: 0 12 Rec(&RAW_TP) }
    /// union bpf_attr of BPF_BTF_LOAD. include/uapi/linux/bpf.h
    BTF_LOAD 28 same { btf: 0 8 Addr, btf_log_buf: 8 8 Addr, btf_size: 16 4 Uint, btf_log_size: 20 4 Uint, btf_log_level: 24 4 Uint }
    /// union bpf_attr of BPF_LINK_CREATE, inside. include/uapi/linux/bpf.h
    LINK 16 same { prog_fd: 0 4 Fd, target_fd: 4 4 Fd, attach_type: 8 4 Set32(&BPF_ATTACH), flags: 12 4 Hex32 }
    /// union bpf_attr of BPF_LINK_CREATE. include/uapi/linux/bpf.h
    LINK_CREATE 16 same { link_create: 0 16 Rec(&LINK) }
    /// union bpf_attr of BPF_MAP_FREEZE. include/uapi/linux/bpf.h
    FREEZE 4 same { map_fd: 0 4 Fd }
}

selectors! {
    BPF_MAP_CREATE = 0, BPF_MAP_LOOKUP_ELEM = 1, BPF_MAP_UPDATE_ELEM = 2, BPF_MAP_DELETE_ELEM = 3,
    BPF_MAP_GET_NEXT_KEY = 4, BPF_PROG_LOAD = 5, BPF_OBJ_PIN = 6, BPF_OBJ_GET = 7, BPF_PROG_ATTACH = 8,
    BPF_PROG_DETACH = 9, BPF_PROG_GET_NEXT_ID = 11, BPF_MAP_GET_NEXT_ID = 12, BPF_PROG_GET_FD_BY_ID = 13,
    BPF_MAP_GET_FD_BY_ID = 14, BPF_OBJ_GET_INFO_BY_FD = 15, BPF_RAW_TRACEPOINT_OPEN = 17, BPF_BTF_LOAD = 18,
    BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21, BPF_MAP_FREEZE = 22, BPF_BTF_GET_NEXT_ID = 23, BPF_LINK_CREATE = 28,
    BPF_LINK_GET_NEXT_ID = 31,
}

syscalls! { pub PROGRAMS:
    bpf         [321 357 280] (cmd: Set32(&BPF), attr: Addr, size: Uint) -> Int, DESC, gap "what the program does in the kernel is not seen",
        by cmd {
            BPF_MAP_CREATE       => (cmd: Set32(&BPF), attr: Sized(&MAP_CREATE, size), size: Uint) -> Fd, harmless "data, and no program";
            BPF_MAP_LOOKUP_ELEM  => (cmd: Set32(&BPF), attr: Sized(&ELEM, size), size: Uint)    -> Int, harmless "data, and no program";
            BPF_MAP_UPDATE_ELEM | BPF_MAP_LOOKUP_AND_DELETE_ELEM => (cmd: Set32(&BPF), attr: Sized(&ELEM, size), size: Uint) -> Int, gap "programs of the kernel may go by what is changed";
            BPF_MAP_DELETE_ELEM  => (cmd: Set32(&BPF), attr: Sized(&KEY, size), size: Uint)     -> Int, gap "programs of the kernel may go by what is changed";
            BPF_MAP_GET_NEXT_KEY => (cmd: Set32(&BPF), attr: Sized(&NEXT_KEY, size), size: Uint) -> Int, harmless "data, and no program";
            BPF_PROG_LOAD        => (cmd: Set32(&BPF), attr: Sized(&PROG_LOAD, size), size: Uint) -> Fd;
            BPF_OBJ_PIN          => (cmd: Set32(&BPF), attr: Sized(&OBJ, size), size: Uint)     -> Int;
            BPF_OBJ_GET          => (cmd: Set32(&BPF), attr: Sized(&OBJ, size), size: Uint)     -> Fd;
            BPF_PROG_ATTACH      => (cmd: Set32(&BPF), attr: Sized(&ATTACH, size), size: Uint)  -> Int;
            BPF_PROG_DETACH      => (cmd: Set32(&BPF), attr: Sized(&DETACH, size), size: Uint)  -> Int;
            BPF_PROG_GET_NEXT_ID | BPF_MAP_GET_NEXT_ID | BPF_BTF_GET_NEXT_ID | BPF_LINK_GET_NEXT_ID => (cmd: Set32(&BPF), attr: Sized(&NEXT_ID, size), size: Uint) -> Int, harmless "data, and no program";
            BPF_PROG_GET_FD_BY_ID => (cmd: Set32(&BPF), attr: Sized(&PROG_ID, size), size: Uint) -> Fd;
            BPF_MAP_GET_FD_BY_ID => (cmd: Set32(&BPF), attr: Sized(&MAP_ID, size), size: Uint)  -> Fd;
            BPF_OBJ_GET_INFO_BY_FD => (cmd: Set32(&BPF), attr: Sized(&OBJ_INFO, size), size: Uint) -> Int, harmless "data, and no program";
            BPF_RAW_TRACEPOINT_OPEN => (cmd: Set32(&BPF), attr: Sized(&RAW_TP_OPEN, size), size: Uint) -> Fd;
            BPF_BTF_LOAD         => (cmd: Set32(&BPF), attr: Sized(&BTF_LOAD, size), size: Uint) -> Fd, harmless "data, and no program";
            BPF_LINK_CREATE      => (cmd: Set32(&BPF), attr: Sized(&LINK_CREATE, size), size: Uint) -> Fd;
            BPF_MAP_FREEZE       => (cmd: Set32(&BPF), attr: Sized(&FREEZE, size), size: Uint)  -> Int, gap "programs of the kernel may go by what is changed";
        };
    perf_event_open [298 336 241] (attr: Special(S::PerfAttr), pid: Tid, cpu: Int, group_fd: Fd, flags: Set(&PERF_FLAG)) -> Fd, DESC, harmless "counts and samples, and changes nothing";
}
