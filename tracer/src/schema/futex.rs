//! Futexes and what else keeps threads in step.

use super::time::{CLOCKS, TIMESPEC};
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// futex(2) operations, with FUTEX_PRIVATE_FLAG as strace names them. include/uapi/linux/futex.h
    FUTEX "FUTEX_"
    choice 0xffff_feff: FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_FD = 2, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE = 4,
        FUTEX_WAKE_OP = 5, FUTEX_LOCK_PI = 6, FUTEX_UNLOCK_PI = 7, FUTEX_TRYLOCK_PI = 8, FUTEX_WAIT_BITSET = 9,
        FUTEX_WAKE_BITSET = 10, FUTEX_WAIT_REQUEUE_PI = 11, FUTEX_CMP_REQUEUE_PI = 12, FUTEX_LOCK_PI2 = 13,
        FUTEX_WAIT_PRIVATE = 128, FUTEX_WAKE_PRIVATE = 129, FUTEX_FD_PRIVATE = 130, FUTEX_REQUEUE_PRIVATE = 131,
        FUTEX_CMP_REQUEUE_PRIVATE = 132, FUTEX_WAKE_OP_PRIVATE = 133, FUTEX_LOCK_PI_PRIVATE = 134,
        FUTEX_UNLOCK_PI_PRIVATE = 135, FUTEX_TRYLOCK_PI_PRIVATE = 136, FUTEX_WAIT_BITSET_PRIVATE = 137,
        FUTEX_WAKE_BITSET_PRIVATE = 138, FUTEX_WAIT_REQUEUE_PI_PRIVATE = 139, FUTEX_CMP_REQUEUE_PI_PRIVATE = 140,
        FUTEX_LOCK_PI2_PRIVATE = 141;
    bits: FUTEX_CLOCK_REALTIME = 256;

    /// The mask of the bitset operations. include/uapi/linux/futex.h
    BITSET ""
    choice all: FUTEX_BITSET_MATCH_ANY = 0xffff_ffff;

    /// Flags of a struct futex_waitv and of futex_wait, futex_wake: a size and more. include/uapi/linux/futex.h
    FUTEX2 "FUTEX_"
    choice 3: FUTEX2_SIZE_U8 = 0, FUTEX2_SIZE_U16 = 1, FUTEX_32 = 2, FUTEX2_SIZE_U64 = 3;
    bits: FUTEX2_NUMA = 4, FUTEX2_MPOL = 8, FUTEX_PRIVATE_FLAG = 128;

    /// rseq(2) flags. include/uapi/linux/rseq.h
    RSEQ_FLAG "RSEQ_FLAG_"
    bits: RSEQ_FLAG_UNREGISTER = 1, RSEQ_FLAG_SLICE_EXT_DEFAULT_ON = 2;

    /// The CPU that a struct rseq tells, where it tells none.
    RSEQ_CPU "#"
    choice all: RSEQ_CPU_ID_UNINITIALIZED = 0xffff_ffff, RSEQ_CPU_ID_REGISTRATION_FAILED = 0xffff_fffe;

    /// Flags of a struct rseq.
    RSEQ_CS "RSEQ_CS_FLAG_"
    bits: RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT = 1, RSEQ_CS_FLAG_NO_RESTART_ON_SIGNAL = 2,
        RSEQ_CS_FLAG_NO_RESTART_ON_MIGRATE = 4, RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE = 0x10,
        RSEQ_CS_FLAG_SLICE_EXT_ENABLED = 0x20;

    /// membarrier(2) commands. include/uapi/linux/membarrier.h
    MEMBARRIER "MEMBARRIER_CMD_"
    bits: MEMBARRIER_CMD_QUERY = 0, MEMBARRIER_CMD_GLOBAL = 1, MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2,
        MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4, MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 0x10, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 0x20,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = 0x80,
        MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = 0x100, MEMBARRIER_CMD_GET_REGISTRATIONS = 0x200;

    /// membarrier(2) flags. include/uapi/linux/membarrier.h
    MEMBARRIER_FLAG "MEMBARRIER_CMD_FLAG_"
    bits: MEMBARRIER_CMD_FLAG_CPU = 1;

}

records! {
    /// struct futex_waitv. include/uapi/linux/futex.h
    FUTEX_WAITV 24 same { val: 0 8 Hex, uaddr: 8 8 Addr, flags: 16 4 Set32(&FUTEX2) }
    /// struct rseq_slice_ctrl. include/uapi/linux/rseq.h
    RSEQ_SLICE 4 same { request: 0 1 Uint, granted: 1 1 Uint, __reserved: 2 2 Hex }
}

macro_rules! rseq {
    ($($(#[$doc:meta])+ $name:ident $size:literal $reserved:literal;)*) => { records! { $(
        $(#[$doc])+
        $name $size same {
            cpu_id_start: 0 4 Set32(&RSEQ_CPU), cpu_id: 4 4 Set32(&RSEQ_CPU), rseq_cs: 8 8 Addr, flags: 16 4 Set32(&RSEQ_CS),
            node_id: 20 4 Uint, mm_cid: 24 4 Uint, slice_ctrl: 28 4 Rec(&RSEQ_SLICE), __reserved: 32 $reserved Hex
        }
    )* } };
}
rseq! {
    /// struct rseq of 32 bytes: what behind it is reserved is not there. include/uapi/linux/rseq.h
    RSEQ_32 32 0;
    /// struct rseq. include/uapi/linux/rseq.h
    RSEQ 33 1;
}

// Lengths of a struct rseq that a C library passes: the kernel's own, rounded up to its alignment.
selectors! { LEN_32 = 32, LEN_33 = 33, LEN_36 = 36, LEN_40 = 40, LEN_48 = 48, LEN_64 = 64 }

/// Operation numbers by themselves, with FUTEX_PRIVATE_FLAG (`P`), FUTEX_CLOCK_REALTIME (`C`) and both.
macro_rules! operations {
    ($($name:ident $p:ident $c:ident $pc:ident = $n:literal;)*) => {
        selectors! { $($name = $n, $p = $n + 128, $c = $n + 256, $pc = $n + 384),* }
    };
}
operations! {
    WAIT WAIT_P WAIT_C WAIT_PC = 0;
    WAKE WAKE_P WAKE_C WAKE_PC = 1;
    FD FD_P FD_C FD_PC = 2;
    REQUEUE REQUEUE_P REQUEUE_C REQUEUE_PC = 3;
    CMP_REQUEUE CMP_REQUEUE_P CMP_REQUEUE_C CMP_REQUEUE_PC = 4;
    WAKE_OP WAKE_OP_P WAKE_OP_C WAKE_OP_PC = 5;
    LOCK_PI LOCK_PI_P LOCK_PI_C LOCK_PI_PC = 6;
    UNLOCK_PI UNLOCK_PI_P UNLOCK_PI_C UNLOCK_PI_PC = 7;
    TRYLOCK_PI TRYLOCK_PI_P TRYLOCK_PI_C TRYLOCK_PI_PC = 8;
    WAIT_BITSET WAIT_BITSET_P WAIT_BITSET_C WAIT_BITSET_PC = 9;
    WAKE_BITSET WAKE_BITSET_P WAKE_BITSET_C WAKE_BITSET_PC = 10;
    WAIT_REQUEUE_PI WAIT_REQUEUE_PI_P WAIT_REQUEUE_PI_C WAIT_REQUEUE_PI_PC = 11;
    CMP_REQUEUE_PI CMP_REQUEUE_PI_P CMP_REQUEUE_PI_C CMP_REQUEUE_PI_PC = 12;
    LOCK_PI2 LOCK_PI2_P LOCK_PI2_C LOCK_PI2_PC = 13;
}

/// The call in both of its forms: a 32-bit program can give a time of 64 bits.
macro_rules! futexes {
    ($table:ident: $name:ident $numbers:tt, $time:expr) => { syscalls! { pub $table harmless "waits for memory":
        $name $numbers (uaddr: Addr, op: Set32(&FUTEX), val: Uint, timeout: Hex, uaddr2: Hex, val3: Hex32) -> Int, 0,
            by op {
                WAIT | WAIT_P | WAIT_C | WAIT_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, timeout: $time) -> Int;
                WAIT_BITSET | WAIT_BITSET_P | WAIT_BITSET_C | WAIT_BITSET_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, timeout: $time, uaddr2: Hidden, val3: Set32(&BITSET)) -> Int;
                WAKE_BITSET | WAKE_BITSET_P | WAKE_BITSET_C | WAKE_BITSET_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, timeout: Hidden, uaddr2: Hidden, val3: Set32(&BITSET)) -> Int;
                WAKE | WAKE_P | WAKE_C | WAKE_PC | FD | FD_P | FD_C | FD_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint) -> Int;
                REQUEUE | REQUEUE_P | REQUEUE_C | REQUEUE_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, val2: Uint, uaddr2: Addr) -> Int;
                CMP_REQUEUE | CMP_REQUEUE_P | CMP_REQUEUE_C | CMP_REQUEUE_PC
                | CMP_REQUEUE_PI | CMP_REQUEUE_PI_P | CMP_REQUEUE_PI_C | CMP_REQUEUE_PI_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, val2: Uint, uaddr2: Addr, val3: Uint) -> Int;
                WAKE_OP | WAKE_OP_P | WAKE_OP_C | WAKE_OP_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, val2: Uint, uaddr2: Addr, val3: Special(S::FutexWakeOp)) -> Int;
                WAIT_REQUEUE_PI | WAIT_REQUEUE_PI_P | WAIT_REQUEUE_PI_C | WAIT_REQUEUE_PI_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Uint, timeout: $time, uaddr2: Addr) -> Int;
                LOCK_PI | LOCK_PI_P | LOCK_PI_C | LOCK_PI_PC | LOCK_PI2 | LOCK_PI2_P | LOCK_PI2_C | LOCK_PI2_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX), val: Hidden, timeout: $time) -> Int;
                UNLOCK_PI | UNLOCK_PI_P | UNLOCK_PI_C | UNLOCK_PI_PC | TRYLOCK_PI | TRYLOCK_PI_P | TRYLOCK_PI_C | TRYLOCK_PI_PC =>
                    (uaddr: Addr, op: Set32(&FUTEX)) -> Int;
            };
    } };
}
futexes!(FUTEX_CALL: futex [202 240 98], Rec(&TIMESPEC));
futexes!(FUTEX_TIME64: futex_time64 [_ 422 _], Wide(&Rec(&TIMESPEC)));

syscalls! { pub FUTEXES harmless "waits for memory":
    futex_waitv [449 449 449] (waiters: Array(&Rec(&FUTEX_WAITV), nr_futexes), nr_futexes: Uint, flags: Hex32,
                               timeout: Wide(&Rec(&TIMESPEC)), clockid: Set32(&CLOCKS))                -> Int, 0;
    futex_wake  [454 454 454] (uaddr: Addr, mask: Hex, nr: Int, flags: Set32(&FUTEX2))          -> Int, 0;
    futex_wait  [455 455 455] (uaddr: Addr, val: Hex, mask: Hex, flags: Set32(&FUTEX2),
                               timeout: Wide(&Rec(&TIMESPEC)), clockid: Set32(&CLOCKS))                -> Int, 0;
    futex_requeue [456 456 456] (waiters: Array(&Rec(&FUTEX_WAITV), Fixed(2)), flags: Hex32, nr_wake: Int, nr_requeue: Int) -> Int, 0;
    set_robust_list [273 311 99] (head: Addr, len: Ulong)                                       -> Int, 0;
    get_robust_list [274 312 100] (pid: Pid, head_ptr: Out(&Ptr(&Addr)), len_ptr: Out(&Ptr(&Ulong))) -> Int, 0;
    rseq        [334 386 293] (rseq: Addr, rseq_len: Uint, flags: Set32(&RSEQ_FLAG), sig: Hex32)           -> Int, 0,
        by rseq_len {
            LEN_32 => (rseq: Rec(&RSEQ_32), rseq_len: Uint, flags: Set32(&RSEQ_FLAG), sig: Hex32) -> Int;
            LEN_33 | LEN_36 | LEN_40 | LEN_48 | LEN_64 => (rseq: Rec(&RSEQ), rseq_len: Uint, flags: Set32(&RSEQ_FLAG), sig: Hex32) -> Int;
        };
    rseq_slice_yield [471 471 471] ()                                                           -> Int, 0;
    membarrier  [324 375 283] (cmd: Set32(&MEMBARRIER), flags: Set32(&MEMBARRIER_FLAG), cpu_id: When(flags, 1, &Int)) -> Note(&Hex, &Set(&MEMBARRIER)), 0;
}
