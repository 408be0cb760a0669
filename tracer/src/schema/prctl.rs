//! prctl(2), arch_prctl(2) and seccomp(2): one call, many operations, each a form of its own.

use super::creds::CAP;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// Options. include/uapi/linux/prctl.h
    PR "PR_"
    choice all: PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4,
                PR_GET_UNALIGN = 5, PR_SET_UNALIGN = 6, PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_GET_FPEMU = 9,
                PR_SET_FPEMU = 10, PR_GET_FPEXC = 11, PR_SET_FPEXC = 12, PR_GET_TIMING = 13, PR_SET_TIMING = 14,
                PR_SET_NAME = 15, PR_GET_NAME = 16, PR_GET_ENDIAN = 19, PR_SET_ENDIAN = 20, PR_GET_SECCOMP = 21,
                PR_SET_SECCOMP = 22, PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_TSC = 25, PR_SET_TSC = 26,
                PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28, PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK = 30,
                PR_TASK_PERF_EVENTS_DISABLE = 31, PR_TASK_PERF_EVENTS_ENABLE = 32, PR_MCE_KILL = 33,
                PR_MCE_KILL_GET = 34, PR_SET_MM = 35, PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER = 37,
                PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39, PR_GET_TID_ADDRESS = 40,
                PR_SET_THP_DISABLE = 41, PR_GET_THP_DISABLE = 42, PR_MPX_ENABLE_MANAGEMENT = 43,
                PR_MPX_DISABLE_MANAGEMENT = 44, PR_SET_FP_MODE = 45, PR_GET_FP_MODE = 46, PR_CAP_AMBIENT = 47,
                PR_SVE_SET_VL = 50, PR_SVE_GET_VL = 51, PR_GET_SPECULATION_CTRL = 52, PR_SET_SPECULATION_CTRL = 53,
                PR_PAC_RESET_KEYS = 54, PR_SET_TAGGED_ADDR_CTRL = 55, PR_GET_TAGGED_ADDR_CTRL = 56,
                PR_SET_IO_FLUSHER = 57, PR_GET_IO_FLUSHER = 58, PR_SET_SYSCALL_USER_DISPATCH = 59,
                PR_PAC_SET_ENABLED_KEYS = 60, PR_PAC_GET_ENABLED_KEYS = 61, PR_SCHED_CORE = 62, PR_SME_SET_VL = 63,
                PR_SME_GET_VL = 64, PR_SET_MDWE = 65, PR_GET_MDWE = 66, PR_SET_MEMORY_MERGE = 67,
                PR_GET_MEMORY_MERGE = 68, PR_GET_SHADOW_STACK_STATUS = 74, PR_SET_SHADOW_STACK_STATUS = 75,
                PR_LOCK_SHADOW_STACK_STATUS = 76, PR_TIMER_CREATE_RESTORE_IDS = 77, PR_FUTEX_HASH = 78,
                PR_SET_VMA = 0x5356_4d41, PR_SET_PTRACER = 0x5961_6d61;

    /// Who may dump a process. include/linux/sched/coredump.h
    DUMP "SUID_DUMP_"
    choice all: SUID_DUMP_DISABLE = 0, SUID_DUMP_USER = 1, SUID_DUMP_ROOT = 2;

    /// Secure bits. include/uapi/linux/securebits.h
    SECBIT "SECBIT_"
    bits: SECBIT_NOROOT = 1, SECBIT_NOROOT_LOCKED = 2, SECBIT_NO_SETUID_FIXUP = 4, SECBIT_NO_SETUID_FIXUP_LOCKED = 8,
          SECBIT_KEEP_CAPS = 0x10, SECBIT_KEEP_CAPS_LOCKED = 0x20, SECBIT_NO_CAP_AMBIENT_RAISE = 0x40,
          SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED = 0x80, SECBIT_EXEC_RESTRICT_FILE = 0x100,
          SECBIT_EXEC_RESTRICT_FILE_LOCKED = 0x200, SECBIT_EXEC_DENY_INTERACTIVE = 0x400,
          SECBIT_EXEC_DENY_INTERACTIVE_LOCKED = 0x800;

    /// PR_SET_UNALIGN modes. include/uapi/linux/prctl.h
    UNALIGN "PR_UNALIGN_"
    bits: PR_UNALIGN_NOPRINT = 1, PR_UNALIGN_SIGBUS = 2;

    /// PR_SET_TSC modes. include/uapi/linux/prctl.h
    TSC "PR_TSC_"
    choice all: PR_TSC_ENABLE = 1, PR_TSC_SIGSEGV = 2;

    /// PR_CAP_AMBIENT operations. include/uapi/linux/prctl.h
    AMBIENT "PR_CAP_AMBIENT_"
    choice all: PR_CAP_AMBIENT_IS_SET = 1, PR_CAP_AMBIENT_RAISE = 2, PR_CAP_AMBIENT_LOWER = 3, PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// PR_MCE_KILL operations. include/uapi/linux/prctl.h
    MCE "PR_MCE_KILL_"
    choice all: PR_MCE_KILL_CLEAR = 0, PR_MCE_KILL_SET = 1;

    /// PR_MCE_KILL policies. include/uapi/linux/prctl.h
    MCE_POLICY "PR_MCE_KILL_"
    choice all: PR_MCE_KILL_LATE = 0, PR_MCE_KILL_EARLY = 1, PR_MCE_KILL_DEFAULT = 2;

    /// PR_SET_MM fields. include/uapi/linux/prctl.h
    MM "PR_SET_MM_"
    choice all: PR_SET_MM_START_CODE = 1, PR_SET_MM_END_CODE = 2, PR_SET_MM_START_DATA = 3, PR_SET_MM_END_DATA = 4,
                PR_SET_MM_START_STACK = 5, PR_SET_MM_START_BRK = 6, PR_SET_MM_BRK = 7, PR_SET_MM_ARG_START = 8,
                PR_SET_MM_ARG_END = 9, PR_SET_MM_ENV_START = 10, PR_SET_MM_ENV_END = 11, PR_SET_MM_AUXV = 12,
                PR_SET_MM_EXE_FILE = 13, PR_SET_MM_MAP = 14, PR_SET_MM_MAP_SIZE = 15;

    /// PR_SET_VMA attributes. include/uapi/linux/prctl.h
    VMA "PR_SET_VMA_"
    choice all: PR_SET_VMA_ANON_NAME = 0;

    /// Speculation features. include/uapi/linux/prctl.h
    SPEC "PR_SPEC_"
    choice all: PR_SPEC_STORE_BYPASS = 0, PR_SPEC_INDIRECT_BRANCH = 1, PR_SPEC_L1D_FLUSH = 2;

    /// States of a speculation feature. include/uapi/linux/prctl.h
    SPEC_STATE "PR_SPEC_"
    bits: PR_SPEC_NOT_AFFECTED = 0, PR_SPEC_PRCTL = 1, PR_SPEC_ENABLE = 2, PR_SPEC_DISABLE = 4,
          PR_SPEC_FORCE_DISABLE = 8, PR_SPEC_DISABLE_NOEXEC = 0x10;

    /// Kinds of pid of PR_SCHED_CORE. include/linux/pid_types.h
    PIDTYPE "PIDTYPE_"
    choice all: PIDTYPE_PID = 0, PIDTYPE_TGID = 1, PIDTYPE_PGID = 2, PIDTYPE_SID = 3;

    /// PR_SCHED_CORE operations. include/uapi/linux/prctl.h
    CORE "PR_SCHED_CORE_"
    choice all: PR_SCHED_CORE_GET = 0, PR_SCHED_CORE_CREATE = 1, PR_SCHED_CORE_SHARE_TO = 2, PR_SCHED_CORE_SHARE_FROM = 3;

    /// PR_SET_SYSCALL_USER_DISPATCH modes. include/uapi/linux/prctl.h
    DISPATCH "PR_SYS_DISPATCH_"
    choice all: PR_SYS_DISPATCH_OFF = 0, PR_SYS_DISPATCH_ON = 1, PR_SYS_DISPATCH_INCLUSIVE_ON = 2;

    /// prctl's seccomp modes. include/uapi/linux/seccomp.h
    SECCOMP_MODE "SECCOMP_MODE_"
    choice all: SECCOMP_MODE_DISABLED = 0, SECCOMP_MODE_STRICT = 1, SECCOMP_MODE_FILTER = 2;

    /// seccomp(2) operations. include/uapi/linux/seccomp.h
    SECCOMP "SECCOMP_SET_MODE_"
    choice all: SECCOMP_SET_MODE_STRICT = 0, SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2,
                SECCOMP_GET_NOTIF_SIZES = 3;

    /// SECCOMP_SET_MODE_FILTER flags. include/uapi/linux/seccomp.h
    SECCOMP_FLAG "SECCOMP_FILTER_FLAG_"
    bits: SECCOMP_FILTER_FLAG_TSYNC = 1, SECCOMP_FILTER_FLAG_LOG = 2, SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4,
          SECCOMP_FILTER_FLAG_NEW_LISTENER = 8, SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 0x10,
          SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 0x20;

    /// Actions of a filter. include/uapi/linux/seccomp.h
    SECCOMP_RET "SECCOMP_RET_"
    choice all: SECCOMP_RET_KILL_PROCESS = 0x8000_0000, SECCOMP_RET_KILL_THREAD = 0, SECCOMP_RET_TRAP = 0x3_0000,
                SECCOMP_RET_ERRNO = 0x5_0000, SECCOMP_RET_USER_NOTIF = 0x7fc0_0000, SECCOMP_RET_TRACE = 0x7ff0_0000,
                SECCOMP_RET_LOG = 0x7ffc_0000, SECCOMP_RET_ALLOW = 0x7fff_0000;

    /// arch_prctl(2) codes of x86. arch/x86/include/uapi/asm/prctl.h
    ARCH "ARCH_"
    choice all: ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004,
                ARCH_GET_CPUID = 0x1011, ARCH_SET_CPUID = 0x1012, ARCH_GET_XCOMP_SUPP = 0x1021,
                ARCH_GET_XCOMP_PERM = 0x1022, ARCH_REQ_XCOMP_PERM = 0x1023, ARCH_GET_XCOMP_GUEST_PERM = 0x1024,
                ARCH_REQ_XCOMP_GUEST_PERM = 0x1025, ARCH_XCOMP_TILECFG = 17, ARCH_XCOMP_TILEDATA = 18,
                ARCH_MAP_VDSO_X32 = 0x2001, ARCH_MAP_VDSO_32 = 0x2002, ARCH_MAP_VDSO_64 = 0x2003,
                ARCH_SHSTK_ENABLE = 0x5001, ARCH_SHSTK_DISABLE = 0x5002, ARCH_SHSTK_LOCK = 0x5003,
                ARCH_SHSTK_UNLOCK = 0x5004, ARCH_SHSTK_STATUS = 0x5005;
}

records! {
    /// struct sock_fprog. include/uapi/linux/filter.h
    FPROG 16 { len: 0 2 Uint, filter: 8 8 Addr }

    /// struct seccomp_notif_sizes. include/uapi/linux/seccomp.h
    NOTIF_SIZES 6 { seccomp_notif: 0 2 Uint, seccomp_notif_resp: 2 2 Uint, seccomp_data: 4 2 Uint }
}

selectors! {
    PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4, PR_GET_SECCOMP = 21, PR_GET_KEEPCAPS = 7, PR_GET_TIMERSLACK = 30,
    PR_GET_TIMING = 13, PR_TASK_PERF_EVENTS_DISABLE = 31, PR_TASK_PERF_EVENTS_ENABLE = 32,
    PR_MPX_ENABLE_MANAGEMENT = 43, PR_MPX_DISABLE_MANAGEMENT = 44, PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS =
    28, PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_CHILD_SUBREAPER = 37, PR_GET_ENDIAN = 19,
    PR_GET_FPEMU = 9, PR_GET_FPEXC = 11, PR_GET_UNALIGN = 5, PR_SET_UNALIGN = 6, PR_GET_TSC = 25, PR_SET_TSC =
    26, PR_GET_TID_ADDRESS = 40, PR_SET_NAME = 15, PR_GET_NAME = 16, PR_SET_KEEPCAPS = 8, PR_SET_CHILD_SUBREAPER
    = 36, PR_SET_TIMERSLACK = 29, PR_SET_TIMING = 14, PR_SET_ENDIAN = 20, PR_SET_FPEMU = 10, PR_SET_FPEXC = 12,
    PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_CAP_AMBIENT = 47, PR_SET_NO_NEW_PRIVS = 38,
    PR_SET_THP_DISABLE = 41, PR_SET_IO_FLUSHER = 57, PR_SET_MDWE = 65, PR_SET_MEMORY_MERGE = 67,
    PR_GET_NO_NEW_PRIVS = 39, PR_GET_THP_DISABLE = 42, PR_GET_IO_FLUSHER = 58, PR_MCE_KILL_GET = 34, PR_GET_MDWE
    = 66, PR_GET_MEMORY_MERGE = 68, PR_MCE_KILL = 33, PR_SET_MM = 35, PR_SET_VMA = 0x5356_4d41, PR_SET_PTRACER =
    0x5961_6d61, PR_GET_SPECULATION_CTRL = 52, PR_SET_SPECULATION_CTRL = 53, PR_SET_SECCOMP = 22, PR_SCHED_CORE
    = 62, PR_SVE_SET_VL = 50, PR_SME_SET_VL = 63, PR_SET_SYSCALL_USER_DISPATCH = 59,
    SECCOMP_SET_MODE_FILTER = 1, SECCOMP_GET_ACTION_AVAIL = 2, SECCOMP_GET_NOTIF_SIZES = 3,
    ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004, ARCH_GET_CPUID = 0x1011, ARCH_GET_XCOMP_SUPP = 0x1021,
    ARCH_GET_XCOMP_PERM = 0x1022, ARCH_GET_XCOMP_GUEST_PERM = 0x1024,
}

syscalls! { pub CONTROL harmless "settings of the process itself":
    prctl       [157 172 167] (option: Set32(&PR), arg2: Hex, arg3: Hex, arg4: Hex, arg5: Hex)  -> Int, CREDS,
        by option {
            PR_GET_DUMPABLE => (option: Set32(&PR)) -> Note(&Int, &Set32(&DUMP));
            PR_SET_DUMPABLE => (option: Set32(&PR), dumpable: Set32(&DUMP)) -> Int;
            PR_GET_SECCOMP | PR_GET_KEEPCAPS | PR_GET_TIMERSLACK | PR_GET_TIMING | PR_TASK_PERF_EVENTS_DISABLE
            | PR_TASK_PERF_EVENTS_ENABLE | PR_MPX_ENABLE_MANAGEMENT | PR_MPX_DISABLE_MANAGEMENT => (option: Set32(&PR)) -> Int;
            PR_GET_SECUREBITS => (option: Set32(&PR)) -> Note(&Hex, &Set(&SECBIT));
            PR_SET_SECUREBITS => (option: Set32(&PR), securebits: Set(&SECBIT)) -> Int;
            PR_SET_PDEATHSIG => (option: Set32(&PR), sig: Signal) -> Int;
            PR_GET_PDEATHSIG => (option: Set32(&PR), sig: Out(&Ptr(&Signal))) -> Int;
            PR_GET_CHILD_SUBREAPER | PR_GET_ENDIAN | PR_GET_FPEMU | PR_GET_FPEXC => (option: Set32(&PR), value: Out(&Ptr(&Int))) -> Int;
            PR_GET_UNALIGN => (option: Set32(&PR), value: Out(&Ptr(&Set32(&UNALIGN)))) -> Int;
            PR_SET_UNALIGN => (option: Set32(&PR), value: Set32(&UNALIGN)) -> Int;
            PR_GET_TSC => (option: Set32(&PR), mode: Out(&Ptr(&Set32(&TSC)))) -> Int;
            PR_SET_TSC => (option: Set32(&PR), mode: Set32(&TSC)) -> Int;
            PR_GET_TID_ADDRESS => (option: Set32(&PR), tidptr: Out(&Ptr(&Addr))) -> Int;
            PR_SET_NAME => (option: Set32(&PR), name: Text) -> Int;
            PR_GET_NAME => (option: Set32(&PR), name: Out(&Text)) -> Int;
            PR_SET_KEEPCAPS | PR_SET_CHILD_SUBREAPER | PR_SET_TIMERSLACK | PR_SET_TIMING | PR_SET_ENDIAN
            | PR_SET_FPEMU | PR_SET_FPEXC => (option: Set32(&PR), value: Ulong) -> Int;
            PR_CAPBSET_READ | PR_CAPBSET_DROP => (option: Set32(&PR), cap: Set(&CAP)) -> Int;
            PR_CAP_AMBIENT => (option: Set32(&PR), op: Set(&AMBIENT), cap: Set(&CAP), arg4: Hex, arg5: Hex) -> Int;
            PR_SET_NO_NEW_PRIVS | PR_SET_THP_DISABLE | PR_SET_IO_FLUSHER | PR_SET_MDWE | PR_SET_MEMORY_MERGE => (option: Set32(&PR), value: Ulong, arg3: Hex, arg4: Hex, arg5: Hex) -> Int;
            PR_GET_NO_NEW_PRIVS | PR_GET_THP_DISABLE | PR_GET_IO_FLUSHER | PR_MCE_KILL_GET | PR_GET_MDWE
            | PR_GET_MEMORY_MERGE => (option: Set32(&PR), arg2: Hex, arg3: Hex, arg4: Hex, arg5: Hex) -> Int;
            PR_MCE_KILL => (option: Set32(&PR), op: Set(&MCE), policy: Set(&MCE_POLICY), arg4: Hex, arg5: Hex) -> Int;
            PR_SET_MM => (option: Set32(&PR), field: Set(&MM), addr: Hex, arg4: Hex, arg5: Hex) -> Int;
            PR_SET_VMA => (option: Set32(&PR), attr: Set(&VMA), addr: Addr, size: Ulong, name: Text) -> Int;
            PR_SET_PTRACER => (option: Set32(&PR), pid: Special(S::Ptracer)) -> Int;
            PR_GET_SPECULATION_CTRL => (option: Set32(&PR), feature: Set(&SPEC)) -> Note(&Hex, &Set(&SPEC_STATE));
            PR_SET_SPECULATION_CTRL => (option: Set32(&PR), feature: Set(&SPEC), state: Set(&SPEC_STATE)) -> Int;
            PR_SET_SECCOMP => (option: Set32(&PR), mode: Set(&SECCOMP_MODE), filter: When(mode, 2, &Rec(&FPROG))) -> Int;
            PR_SCHED_CORE => (option: Set32(&PR), op: Set32(&CORE), pid: Special(S::PidOf(r#type)), r#type: Special(S::Spelled(&PIDTYPE)), cookie: Special(S::Cookie(op))) -> Int;
            PR_SVE_SET_VL | PR_SME_SET_VL => (option: Set32(&PR), flags: Hex) -> Int;
            PR_SET_SYSCALL_USER_DISPATCH => (option: Set32(&PR), mode: Set(&DISPATCH), offset: Hex, length: Hex, selector: Hex) -> Int;
        };
    arch_prctl  [158 384 _]   (op: Set32(&ARCH), addr: Hex)                                   -> Int, 0,
        by op {
            ARCH_GET_CPUID => (op: Set32(&ARCH)) -> Int;
            ARCH_GET_FS | ARCH_GET_GS | ARCH_GET_XCOMP_SUPP | ARCH_GET_XCOMP_PERM | ARCH_GET_XCOMP_GUEST_PERM =>
                (op: Set32(&ARCH), addr: Out(&Ptr(&Wide(&Hex)))) -> Int;
        };
    seccomp     [317 354 277] (operation: Set32(&SECCOMP), flags: Hex32, args: Addr)            -> Int, 0,
        by operation {
            SECCOMP_SET_MODE_FILTER  => (operation: Set32(&SECCOMP), flags: Set32(&SECCOMP_FLAG), args: Rec(&FPROG)) -> Int,
                listener "who is asked before calls are made may change what they are given";
            SECCOMP_GET_ACTION_AVAIL => (operation: Set32(&SECCOMP), flags: Hex32, args: Ptr(&Set32(&SECCOMP_RET))) -> Int;
            SECCOMP_GET_NOTIF_SIZES  => (operation: Set32(&SECCOMP), flags: Hex32, args: Out(&Rec(&NOTIF_SIZES))) -> Int;
        };
}
