//! Requests of what the kernel has made itself: namespaces, processes, counters, userfaultfd, seccomp, epoll, inotify.

use super::super::open::OPEN;
use super::super::set::Set as Names;
use super::super::types::Device;
use super::super::types::Join::{Unexpected, Within};
use super::super::types::Special as S;
use super::super::types::Ty::{self, *};
use super::fs::number;
use crate::{records, requests, sets};

sets! {
    /// Of the member flags. include/uapi/linux/seccomp.h
    SECCOMP_ADDFD_FLAG_SE "SECCOMP_ADDFD_FLAG_SE"
    bits: SECCOMP_ADDFD_FLAG_SETFD = 1, SECCOMP_ADDFD_FLAG_SEND = 2;

    /// Of the member flags. include/uapi/linux/seccomp.h
    SECCOMP_USER_NOTIF_FLAG "SECCOMP_USER_NOTIF_FLAG_"
    bits: SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_WRITEPROTECT_MODE "UFFDIO_WRITEPROTECT_MODE_"
    bits: UFFDIO_WRITEPROTECT_MODE_WP = 1, UFFDIO_WRITEPROTECT_MODE_DONTWAKE = 2;

    /// Of the member features. include/uapi/linux/userfaultfd.h
    UFFD_FEATURE "UFFD_FEATURE_"
    bits: UFFD_FEATURE_PAGEFAULT_FLAG_WP = 1, UFFD_FEATURE_EVENT_FORK = 2, UFFD_FEATURE_EVENT_REMAP = 4,
          UFFD_FEATURE_EVENT_REMOVE = 8, UFFD_FEATURE_MISSING_HUGETLBFS = 0x10, UFFD_FEATURE_MISSING_SHMEM = 0x20,
          UFFD_FEATURE_EVENT_UNMAP = 0x40, UFFD_FEATURE_SIGBUS = 0x80, UFFD_FEATURE_THREAD_ID = 0x100,
          UFFD_FEATURE_MINOR_HUGETLBFS = 0x200, UFFD_FEATURE_MINOR_SHMEM = 0x400, UFFD_FEATURE_EXACT_ADDRESS = 0x800,
          UFFD_FEATURE_WP_HUGETLBFS_SHMEM = 0x1000, UFFD_FEATURE_WP_UNPOPULATED = 0x2000, UFFD_FEATURE_POISON = 0x4000,
          UFFD_FEATURE_WP_ASYNC = 0x8000, UFFD_FEATURE_MOVE = 0x10000;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_REGISTER_MODE "UFFDIO_REGISTER_MODE_"
    bits: UFFDIO_REGISTER_MODE_MISSING = 1, UFFDIO_REGISTER_MODE_WP = 2, UFFDIO_REGISTER_MODE_MINOR = 4;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_ZEROPAGE_MODE_DONTWAKE "UFFDIO_ZEROPAGE_MODE_DONTWAKE"
    bits: UFFDIO_ZEROPAGE_MODE_DONTWAKE = 1;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_CONTINUE_MODE_DONTWAKE "UFFDIO_CONTINUE_MODE_DONTWAKE"
    bits: UFFDIO_CONTINUE_MODE_DONTWAKE = 1;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_POISON_MODE_DONTWAKE "UFFDIO_POISON_MODE_DONTWAKE"
    bits: UFFDIO_POISON_MODE_DONTWAKE = 1;

    /// Of the member mode. include/uapi/linux/userfaultfd.h
    UFFDIO_COPY_MODE "UFFDIO_COPY_MODE_"
    bits: UFFDIO_COPY_MODE_DONTWAKE = 1, UFFDIO_COPY_MODE_WP = 2;

    /// Flags of a listener. include/uapi/linux/seccomp.h
    SECCOMP_USER_NOTIF "SECCOMP_USER_NOTIF_"
    bits: SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1;

    /// Architectures of a seccomp SIGSYS. include/uapi/linux/audit.h
    AUDIT_ARCH "AUDIT_ARCH_"
    choice all: AUDIT_ARCH_X86_64 = 0xc000_003e, AUDIT_ARCH_I386 = 0x4000_0003, AUDIT_ARCH_AARCH64 = 0xc000_00b7,
                AUDIT_ARCH_ARM = 0x4000_0028;

    /// What is asked about a process. include/uapi/linux/pidfd.h
    PIDFD_INFO "PIDFD_INFO_"
    bits: PIDFD_INFO_PID = 1, PIDFD_INFO_CREDS = 2, PIDFD_INFO_CGROUPID = 4, PIDFD_INFO_EXIT = 8, PIDFD_INFO_COREDUMP = 0x10,
          PIDFD_INFO_SUPPORTED_MASK = 0x20, PIDFD_INFO_COREDUMP_SIGNAL = 0x40, PIDFD_INFO_COREDUMP_CODE = 0x80;

    /// How a process left its memory behind. include/uapi/linux/pidfd.h
    PIDFD_COREDUMP "PIDFD_COREDUMP"
    bits: PIDFD_COREDUMPED = 1, PIDFD_COREDUMP_SKIP = 2, PIDFD_COREDUMP_USER = 4, PIDFD_COREDUMP_ROOT = 8;

    /// Whom a request is for. include/uapi/linux/perf_event.h
    PERF_IOC_FLAG "PERF_IOC_FLAG_"
    bits: PERF_IOC_FLAG_GROUP = 1;
}

/// Flags of a descriptor that is passed, without the way in which it is open. include/uapi/asm-generic/fcntl.h
static ADDFD_O: Names = Names { prefix: "O_", mask: 0, marked: false, choice: &[], bits: OPEN.bits };

/// What a userfaultfd can be asked for, by bit. include/uapi/linux/userfaultfd.h
static UFFD_IOCTLS: Names = Names {
    prefix: "_UFFDIO_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[("1<<_UFFDIO_REGISTER", 1), ("1<<_UFFDIO_UNREGISTER", 2), ("1<<_UFFDIO_API", 1 << 0x3f)],
};

/// What can be asked for a range, by bit. include/uapi/linux/userfaultfd.h
static UFFD_RANGE_IOCTLS: Names = Names {
    prefix: "_UFFDIO_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<_UFFDIO_WAKE", 1 << 2),
        ("1<<_UFFDIO_COPY", 1 << 3),
        ("1<<_UFFDIO_ZEROPAGE", 1 << 4),
        ("1<<_UFFDIO_MOVE", 1 << 5),
        ("1<<_UFFDIO_WRITEPROTECT", 1 << 6),
        ("1<<_UFFDIO_CONTINUE", 1 << 7),
        ("1<<_UFFDIO_POISON", 1 << 8),
    ],
};

records! {
    /// struct epoll_params. include/uapi/linux/eventpoll.h
    EPOLL_PARAMS 8 same {
        busy_poll_usecs: 0 4 Special(S::Device(Device::Micros)), busy_poll_budget: 4 2 Uint, prefer_busy_poll: 6 1 Hex, __pad: 7 1 NonZero(&Hex)
    }
    /// struct seccomp_notif_addfd. include/uapi/linux/seccomp.h
    SECCOMP_NOTIF_ADDFD 24 same {
        id: 0 8 Hex, flags: 8 4 Set32(&SECCOMP_ADDFD_FLAG_SE), srcfd: 12 4 Int, newfd: 16 4 Int,
        newfd_flags: 20 4 Set32(&ADDFD_O)
    }
    /// struct perf_event_query_bpf, as it goes in. include/uapi/linux/perf_event.h
    QUERY_BPF 4 same { ids_len: 0 4 Uint, prog_cnt: 0 4 Dots(&Hidden) }
    /// The same as it comes back.
    QUERY_BPF_DONE 8 same { prog_cnt: 4 4 Uint, ids: 8 0 Rest(&Uint, programs) }
    /// struct pidfd_info, as it goes in. include/uapi/linux/pidfd.h
    PIDFD_INFO_ASKED 8 same { mask: 0 8 Set(&PIDFD_INFO) }
    /// The same as it comes back: members that the mask names.
    PIDFD_INFO_DONE 88 same {
        cgroupid: 8 8 By(info_cgroup), pid: 16 4 By(info_pid), tgid: 20 4 By(info_tgid), ppid: 24 4 By(info_tgid),
        ruid: 28 4 By(info_id), rgid: 32 4 By(info_id), euid: 36 4 By(info_id), egid: 40 4 By(info_id), suid: 44 4 By(info_id),
        sgid: 48 4 By(info_id), fsuid: 52 4 By(info_id), fsgid: 56 4 By(info_id), exit_code: 60 4 By(info_exit),
        coredump_mask: 64 4 By(info_dump), coredump_signal: 68 4 By(info_signal), coredump_code: 72 4 By(info_code),
        supported_mask: 80 8 By(info_supported)
    }
    /// struct uffdio_range. include/uapi/linux/userfaultfd.h
    UFFDIO_RANGE 16 same {
        start: 0 8 Hex, len: 8 8 Hex
    }
    /// struct mnt_ns_info. include/uapi/linux/nsfs.h
    MNT_NS_INFO 16 same {
        size: 0 4 Uint, nr_mounts: 4 4 Uint, mnt_ns_id: 8 8 Hex
    }
    /// struct seccomp_notif_resp. include/uapi/linux/seccomp.h
    SECCOMP_NOTIF_RESP 24 same {
        id: 0 8 Hex, val: 8 8 Long, error: 16 4 Special(S::Failure), flags: 20 4 Set32(&SECCOMP_USER_NOTIF_FLAG)
    }
    /// struct uffdio_writeprotect. include/uapi/linux/userfaultfd.h
    UFFDIO_WRITEPROTECT_REC 24 same {
        range: 0 16 Rec(&UFFDIO_RANGE), mode: 16 8 Set(&UFFDIO_WRITEPROTECT_MODE)
    }
    /// struct uffdio_api. include/uapi/linux/userfaultfd.h
    UFFDIO_API_REC 24 same {
        api: 0 8 Hex, features: 8 8 Set(&UFFD_FEATURE)
    }
    /// struct uffdio_api. include/uapi/linux/userfaultfd.h
    UFFDIO_API_DONE 24 same {
        ioctls: 16 8 Set(&UFFD_IOCTLS)
    }
    /// struct uffdio_register. include/uapi/linux/userfaultfd.h
    UFFDIO_REGISTER_REC 32 same {
        range: 0 16 Rec(&UFFDIO_RANGE), mode: 16 8 Set(&UFFDIO_REGISTER_MODE)
    }
    /// struct uffdio_register. include/uapi/linux/userfaultfd.h
    UFFDIO_REGISTER_DONE 32 same {
        ioctls: 24 8 Set(&UFFD_RANGE_IOCTLS)
    }
    /// struct uffdio_zeropage. include/uapi/linux/userfaultfd.h
    UFFDIO_ZEROPAGE_REC 32 same {
        range: 0 16 Rec(&UFFDIO_RANGE), mode: 16 8 Set(&UFFDIO_ZEROPAGE_MODE_DONTWAKE)
    }
    /// struct uffdio_zeropage. include/uapi/linux/userfaultfd.h
    UFFDIO_ZEROPAGE_DONE 32 same {
        zeropage: 24 8 Hex
    }
    /// struct uffdio_continue. include/uapi/linux/userfaultfd.h
    UFFDIO_CONTINUE_REC 32 same {
        range: 0 16 Rec(&UFFDIO_RANGE), mode: 16 8 Set(&UFFDIO_CONTINUE_MODE_DONTWAKE)
    }
    /// struct uffdio_continue. include/uapi/linux/userfaultfd.h
    UFFDIO_CONTINUE_DONE 32 same {
        mapped: 24 8 Ulong
    }
    /// struct uffdio_poison. include/uapi/linux/userfaultfd.h
    UFFDIO_POISON_REC 32 same {
        range: 0 16 Rec(&UFFDIO_RANGE), mode: 16 8 Set(&UFFDIO_POISON_MODE_DONTWAKE)
    }
    /// struct uffdio_poison. include/uapi/linux/userfaultfd.h
    UFFDIO_POISON_DONE 32 same {
        updated: 24 8 Ulong
    }
    /// struct uffdio_copy. include/uapi/linux/userfaultfd.h
    UFFDIO_COPY_REC 40 same {
        dst: 0 8 Hex, src: 8 8 Hex, len: 16 8 Hex, mode: 24 8 Set(&UFFDIO_COPY_MODE)
    }
    /// struct uffdio_copy. include/uapi/linux/userfaultfd.h
    UFFDIO_COPY_DONE 40 same {
        copy: 32 8 Hex
    }
    /// struct seccomp_notif. include/uapi/linux/seccomp.h
    SECCOMP_NOTIF 80 same { id: 0 8 Hex, pid: 8 4 Int, flags: 12 4 Hex32, data: 16 64 Rec(&SECCOMP_DATA) }
    /// struct seccomp_data. include/uapi/linux/seccomp.h
    SECCOMP_DATA 64 same { nr: 0 4 Uint, arch: 4 4 Set32(&AUDIT_ARCH), instruction_pointer: 8 8 Addr, args: 16 48 Array(&Wide(&Hex), super::super::types::Len::Fixed(6)) }
}

/// Programs that were counted.
fn programs(query: &[u8]) -> u64 {
    number(query, 4, 4)
}

/// Whether the kernel has told this about a process.
fn told(info: &[u8], what: &str) -> bool {
    number(info, 0, 8) & PIDFD_INFO.flag(what) != 0
}

fn info_cgroup(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_CGROUPID") { &Ulong } else { &Hidden }
}

fn info_pid(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_PID") { &Tid } else { &Hidden }
}

fn info_tgid(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_PID") { &Pid } else { &Hidden }
}

fn info_id(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_CREDS") { &Id } else { &Hidden }
}

fn info_exit(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_EXIT") { &Special(S::WaitStatus) } else { &Hidden }
}

fn info_dump(info: &[u8]) -> &'static Ty {
    static HOW: Ty = Set32(&PIDFD_COREDUMP);
    if told(info, "PIDFD_INFO_COREDUMP") { &HOW } else { &Hidden }
}

fn info_signal(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_COREDUMP_SIGNAL") { &Signal } else { &Hidden }
}

fn info_code(info: &[u8]) -> &'static Ty {
    if told(info, "PIDFD_INFO_COREDUMP_CODE") { &Uint } else { &Hidden }
}

fn info_supported(info: &[u8]) -> &'static Ty {
    static MASK: Ty = Set(&PIDFD_INFO);
    if told(info, "PIDFD_INFO_SUPPORTED_MASK") { &MASK } else { &Hidden }
}

requests! {
    /// include/uapi/linux/eventpoll.h, linux/inotify.h, linux/nsfs.h, linux/perf_event.h, linux/pidfd.h, linux/seccomp.h, linux/userfaultfd.h
    KERNEL:
    SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100 => Both(&SECCOMP_NOTIF, Unexpected, &SECCOMP_NOTIF);
    SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101 => Rec(&SECCOMP_NOTIF_RESP);
    SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102 => Ptr(&Wide(&Hex));
    SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103 => Rec(&SECCOMP_NOTIF_ADDFD);
    SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104 => Set(&SECCOMP_USER_NOTIF);
    PERF_EVENT_IOC_ENABLE = 0x2400 => Set32(&PERF_IOC_FLAG), harmless "a flag of a descriptor, a terminal, a counter";
    PERF_EVENT_IOC_DISABLE = 0x2401 => Set32(&PERF_IOC_FLAG), harmless "a flag of a descriptor, a terminal, a counter";
    PERF_EVENT_IOC_REFRESH = 0x2402 => Int;
    PERF_EVENT_IOC_RESET = 0x2403 => Set32(&PERF_IOC_FLAG), harmless "a flag of a descriptor, a terminal, a counter";
    PERF_EVENT_IOC_PERIOD = 0x40082404 => Ptr(&Wide(&Ulong));
    PERF_EVENT_IOC_SET_OUTPUT = 0x2405 => Fd;
    PERF_EVENT_IOC_SET_FILTER = 0x40082406 => Text;
    PERF_EVENT_IOC_ID = 0x80082407 => Out(&Ptr(&Wide(&Ulong)));
    PERF_EVENT_IOC_SET_BPF = 0x40042408 => Fd;
    PERF_EVENT_IOC_PAUSE_OUTPUT = 0x40042409 => Ulong;
    PERF_EVENT_IOC_QUERY_BPF = 0xc008240a => Both(&QUERY_BPF, Within, &QUERY_BPF_DONE);
    PERF_EVENT_IOC_MODIFY_ATTRIBUTES = 0x4008240b => Addr;
    INOTIFY_IOC_SETNEXTWD = 0x40044900 => Int;
    EPIOCSPARAMS = 0x40088a01 => Rec(&EPOLL_PARAMS);
    EPIOCGPARAMS = 0x80088a02 => Out(&Rec(&EPOLL_PARAMS));
    USERFAULTFD_IOC_NEW = 0xaa00 => Special(S::IoctlArg), gap "memory may change between what is seen of it and what a call reads";
    UFFDIO_REGISTER = 0xc020aa00 => Both(&UFFDIO_REGISTER_REC, Within, &UFFDIO_REGISTER_DONE);
    UFFDIO_UNREGISTER = 0x8010aa01 => Rec(&UFFDIO_RANGE);
    UFFDIO_WAKE = 0x8010aa02 => Rec(&UFFDIO_RANGE);
    UFFDIO_COPY = 0xc028aa03 => Both(&UFFDIO_COPY_REC, Within, &UFFDIO_COPY_DONE);
    UFFDIO_ZEROPAGE = 0xc020aa04 => Both(&UFFDIO_ZEROPAGE_REC, Within, &UFFDIO_ZEROPAGE_DONE);
    UFFDIO_WRITEPROTECT = 0xc018aa06 => Rec(&UFFDIO_WRITEPROTECT_REC);
    UFFDIO_CONTINUE = 0xc020aa07 => Both(&UFFDIO_CONTINUE_REC, Within, &UFFDIO_CONTINUE_DONE);
    UFFDIO_POISON = 0xc020aa08 => Both(&UFFDIO_POISON_REC, Within, &UFFDIO_POISON_DONE);
    UFFDIO_API = 0xc018aa3f => Both(&UFFDIO_API_REC, Within, &UFFDIO_API_DONE);
    NS_GET_USERNS = 0xb701 => Hidden, returns Fd, harmless "asks how namespaces belong together";
    NS_GET_PARENT = 0xb702 => Hidden, returns Fd, harmless "asks how namespaces belong together";
    NS_GET_NSTYPE = 0xb703 => Hidden, harmless "leaves the file as it was";
    NS_GET_OWNER_UID = 0xb704 => Out(&Ptr(&Id)), harmless "leaves the file as it was";
    NS_GET_MNTNS_ID = 0x8008b705 => Out(&Ptr(&Wide(&Hex)));
    NS_GET_PID_FROM_PIDNS = 0x8004b706 => Int;
    NS_GET_TGID_FROM_PIDNS = 0x8004b707 => Int;
    NS_GET_PID_IN_PIDNS = 0x8004b708 => Int;
    NS_GET_TGID_IN_PIDNS = 0x8004b709 => Int;
    NS_MNT_GET_INFO = 0x8010b70a => Out(&Rec(&MNT_NS_INFO));
    NS_MNT_GET_NEXT = 0x8010b70b => Out(&Rec(&MNT_NS_INFO)), returns Fd;
    NS_MNT_GET_PREV = 0x8010b70c => Out(&Rec(&MNT_NS_INFO)), returns Fd;
    PIDFD_GET_CGROUP_NAMESPACE = 0xff01 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_IPC_NAMESPACE = 0xff02 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_MNT_NAMESPACE = 0xff03 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_NET_NAMESPACE = 0xff04 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_PID_NAMESPACE = 0xff05 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE = 0xff06 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_TIME_NAMESPACE = 0xff07 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE = 0xff08 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_USER_NAMESPACE = 0xff09 => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_UTS_NAMESPACE = 0xff0a => Special(S::IoctlArg), returns Fd;
    PIDFD_GET_INFO = 0xc058ff0b => Both(&PIDFD_INFO_ASKED, Within, &PIDFD_INFO_DONE);
}
