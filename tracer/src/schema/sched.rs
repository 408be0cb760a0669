//! Scheduling, priorities and limits.

use super::process::RUSAGE;
use super::set::Set;
use super::time::TIMESPEC;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::*;
use crate::{records, selectors, sets, syscalls};

/// Scheduling policies, by themselves and with the flag that children begin anew, which strace writes before them.
macro_rules! policies {
    ($($name:ident = $value:literal),* $(,)?) => {
        /// Scheduling policies. include/uapi/linux/sched.h
        pub static SCHED: Set = Set { marked: false, prefix: "SCHED_", mask: u64::MAX, choice: &[$((stringify!($name), $value)),*], bits: &[] };
        /// The same as calls take and give them. include/uapi/linux/sched.h
        static SCHED_POLICY: Set = Set {
            marked: false,
            prefix: "SCHED_",
            mask: u64::MAX,
            choice: &[
                $((stringify!($name), $value),)*
                $((concat!("SCHED_RESET_ON_FORK|", stringify!($name)), SCHED_RESET_ON_FORK | $value),)*
            ],
            bits: &[],
        };
    };
}

/// include/uapi/linux/sched.h
const SCHED_RESET_ON_FORK: u64 = 0x4000_0000;

policies! {
    SCHED_OTHER = 0, SCHED_FIFO = 1, SCHED_RR = 2, SCHED_BATCH = 3, SCHED_ISO = 4, SCHED_IDLE = 5, SCHED_DEADLINE = 6,
    SCHED_EXT = 7,
}

sets! {
    /// sched_getattr(2) flags. include/uapi/linux/sched.h
    SCHED_GETATTR "SCHED_GETATTR_FLAG_"
    bits: SCHED_GETATTR_FLAG_DL_DYNAMIC = 1;

    /// No limit, in the width of the 32-bit ABI. include/uapi/asm-generic/resource.h
    RLIM "RLIM_"
    choice all: RLIM_INFINITY = 0xffffffff;

    /// Flags of struct sched_attr. include/uapi/linux/sched.h
    SCHED_FLAG "SCHED_FLAG_"
    bits: SCHED_FLAG_RESET_ON_FORK = 1, SCHED_FLAG_RECLAIM = 2, SCHED_FLAG_DL_OVERRUN = 4,
          SCHED_FLAG_KEEP_POLICY = 8, SCHED_FLAG_KEEP_PARAMS = 0x10, SCHED_FLAG_UTIL_CLAMP_MIN = 0x20,
          SCHED_FLAG_UTIL_CLAMP_MAX = 0x40;

    /// Whose priority. include/uapi/linux/resource.h
    PRIO "PRIO_"
    choice all: PRIO_PROCESS = 0, PRIO_PGRP = 1, PRIO_USER = 2;

    /// Whose I/O priority. include/uapi/linux/ioprio.h
    IOPRIO_WHO "IOPRIO_WHO_"
    choice all: IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP = 2, IOPRIO_WHO_USER = 3;

    /// I/O priority classes. include/uapi/linux/ioprio.h
    IOPRIO_CLASS "IOPRIO_CLASS_"
    choice all: IOPRIO_CLASS_NONE = 0, IOPRIO_CLASS_RT = 1, IOPRIO_CLASS_BE = 2, IOPRIO_CLASS_IDLE = 3;

    /// Resources. include/uapi/asm-generic/resource.h
    RLIMIT "RLIMIT_"
    choice all: RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_DATA = 2, RLIMIT_STACK = 3, RLIMIT_CORE = 4, RLIMIT_RSS = 5,
                RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMIT_MEMLOCK = 8, RLIMIT_AS = 9, RLIMIT_LOCKS = 10,
                RLIMIT_SIGPENDING = 11, RLIMIT_MSGQUEUE = 12, RLIMIT_NICE = 13, RLIMIT_RTPRIO = 14, RLIMIT_RTTIME = 15;

    /// Whose usage. include/uapi/linux/resource.h
    RUSAGE_WHO "RUSAGE_"
    choice all: RUSAGE_SELF = 0, RUSAGE_CHILDREN = 0xffff_ffff, RUSAGE_BOTH = 0xffff_fffe, RUSAGE_THREAD = 1;
}

records! {
    /// struct rlimit64. include/uapi/linux/resource.h
    RLIMITS 16 { rlim_cur: 0 8 Special(S::Rlim), rlim_max: 8 8 Special(S::Rlim) }

    /// struct tms. include/uapi/linux/times.h
    TMS 32 { tms_utime: 0 8 Special(S::Ticks), tms_stime: 8 8 Special(S::Ticks), tms_cutime: 16 8 Special(S::Ticks), tms_cstime: 24 8 Special(S::Ticks) }

    /// struct sched_attr. include/uapi/linux/sched/types.h
    SCHED_ATTR 56 same {
        size: 0 4 Uint, sched_policy: 4 4 Set32(&SCHED), sched_flags: 8 8 Set(&SCHED_FLAG), sched_nice: 16 4 Int,
        sched_priority: 20 4 Uint, sched_runtime: 24 8 Ulong, sched_deadline: 32 8 Ulong, sched_period: 40 8 Ulong,
        sched_util_min: 48 4 Uint, sched_util_max: 52 4 Uint
    }
}

selectors! { PRIO_PROCESS = 0, PRIO_PGRP = 1, IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP = 2 }

syscalls! { pub SCHEDULING harmless "decides how and when tasks run":
    sched_yield             [24 158 124]  ()                                                    -> Int, 0;
    sched_setparam          [142 154 118] (pid: Tid, param: Ptr(&Int))                          -> Int, 0;
    sched_getparam          [143 155 121] (pid: Tid, param: Out(&Ptr(&Int)))                    -> Int, 0;
    sched_setscheduler      [144 156 119] (pid: Tid, policy: Set32(&SCHED_POLICY), param: Ptr(&Int))   -> Int, 0;
    sched_getscheduler      [145 157 120] (pid: Tid)                                            -> Note(&Hex, &Set32(&SCHED_POLICY)), 0;
    sched_get_priority_max  [146 159 125] (policy: Set32(&SCHED))                               -> Int, 0;
    sched_get_priority_min  [147 160 126] (policy: Set32(&SCHED))                               -> Int, 0;
    sched_rr_get_interval   [148 161 127] (pid: Tid, tp: Out(&Rec(&TIMESPEC)))                  -> Int, 0;
    sched_setaffinity       [203 241 122] (pid: Tid, cpusetsize: Uint, mask: Special(S::CpuMask(cpusetsize))) -> Int, 0;
    sched_getaffinity       [204 242 123] (pid: Tid, cpusetsize: Uint, mask: Out(&Special(S::CpuMask(Len::Ret)))) -> Int, 0;
    sched_setattr           [314 351 274] (pid: Tid, attr: Sized(&SCHED_ATTR, at(attr)), flags: Hex32) -> Int, 0;
    sched_getattr           [315 352 275] (pid: Tid, attr: Out(&Sized(&SCHED_ATTR, size)), size: Uint, flags: Set32(&SCHED_GETATTR)) -> Int, 0;
    getpriority             [140 96 141]  (which: Set32(&PRIO), who: Int)                       -> Int, 0,
        by which {
            PRIO_PROCESS => (which: Set32(&PRIO), who: Pid) -> Int;
            PRIO_PGRP => (which: Set32(&PRIO), who: Pgid) -> Int;
        };
    setpriority             [141 97 140]  (which: Set32(&PRIO), who: Int, prio: Int)            -> Int, 0,
        by which {
            PRIO_PROCESS => (which: Set32(&PRIO), who: Pid, prio: Int) -> Int;
            PRIO_PGRP => (which: Set32(&PRIO), who: Pgid, prio: Int) -> Int;
        };
    ioprio_set              [251 289 30]  (which: Set32(&IOPRIO_WHO), who: Int, ioprio: Special(S::Ioprio)) -> Int, 0,
        by which {
            IOPRIO_WHO_PROCESS => (which: Set32(&IOPRIO_WHO), who: Tid, ioprio: Special(S::Ioprio)) -> Int;
            IOPRIO_WHO_PGRP => (which: Set32(&IOPRIO_WHO), who: Pgid, ioprio: Special(S::Ioprio)) -> Int;
        };
    ioprio_get              [252 290 31]  (which: Set32(&IOPRIO_WHO), who: Int)                 -> Note(&Int, &Special(S::Ioprio)), 0,
        by which {
            IOPRIO_WHO_PROCESS => (which: Set32(&IOPRIO_WHO), who: Tid) -> Note(&Int, &Special(S::Ioprio));
            IOPRIO_WHO_PGRP => (which: Set32(&IOPRIO_WHO), who: Pgid) -> Note(&Int, &Special(S::Ioprio));
        };
    getrlimit               [97 76 163]   (resource: Set32(&RLIMIT), rlim: Out(&Rec(&RLIMITS))) -> Int, 0;
    setrlimit               [160 75 164]  (resource: Set32(&RLIMIT), rlim: Rec(&RLIMITS))       -> Int, 0;
    prlimit64               [302 340 261] (pid: Pid, resource: Set32(&RLIMIT), new_limit: Wide(&Rec(&RLIMITS)), old_limit: Out(&Wide(&Rec(&RLIMITS)))) -> Int, 0;
    getrusage               [98 77 165]   (who: Set32(&RUSAGE_WHO), usage: Out(&Rec(&RUSAGE)))  -> Int, 0;
    times                   [100 43 153]  (buf: Out(&Rec(&TMS)))                                -> Long, 0;
    getcpu                  [309 318 168] (cpu: Out(&Ptr(&Uint)), node: Out(&Ptr(&Uint)), tcache: Addr) -> Int, 0;
}
