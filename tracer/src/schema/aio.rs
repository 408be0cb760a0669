//! Asynchronous input and output: the old interface and io_uring.

use super::io::RWF;
use super::poll::TIMESPEC;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// Operations of io_submit(2). include/uapi/linux/aio_abi.h
    IOCB_CMD "IOCB_CMD_"
    choice all: IOCB_CMD_PREAD = 0, IOCB_CMD_PWRITE = 1, IOCB_CMD_FSYNC = 2, IOCB_CMD_FDSYNC = 3, IOCB_CMD_POLL = 5,
          IOCB_CMD_NOOP = 6, IOCB_CMD_PREADV = 7, IOCB_CMD_PWRITEV = 8;

    /// Flags of an operation of io_submit(2). include/uapi/linux/aio_abi.h
    IOCB_FLAG "IOCB_FLAG_"
    bits: IOCB_FLAG_RESFD = 1, IOCB_FLAG_IOPRIO = 2;

    /// io_uring_setup(2) flags. include/uapi/linux/io_uring.h
    URING_SETUP "IORING_SETUP_"
    bits: IORING_SETUP_IOPOLL = 1, IORING_SETUP_SQPOLL = 2, IORING_SETUP_SQ_AFF = 4, IORING_SETUP_CQSIZE = 8,
          IORING_SETUP_CLAMP = 0x10, IORING_SETUP_ATTACH_WQ = 0x20, IORING_SETUP_R_DISABLED = 0x40,
          IORING_SETUP_SUBMIT_ALL = 0x80, IORING_SETUP_COOP_TASKRUN = 0x100, IORING_SETUP_TASKRUN_FLAG = 0x200,
          IORING_SETUP_SQE128 = 0x400, IORING_SETUP_CQE32 = 0x800, IORING_SETUP_SINGLE_ISSUER = 0x1000,
          IORING_SETUP_DEFER_TASKRUN = 0x2000, IORING_SETUP_NO_MMAP = 0x4000, IORING_SETUP_REGISTERED_FD_ONLY = 0x8000,
          IORING_SETUP_NO_SQARRAY = 0x10000, IORING_SETUP_HYBRID_IOPOLL = 0x20000, IORING_SETUP_CQE_MIXED = 0x40000;

    /// Features of a ring. include/uapi/linux/io_uring.h
    URING_FEAT "IORING_FEAT_"
    bits: IORING_FEAT_SINGLE_MMAP = 1, IORING_FEAT_NODROP = 2, IORING_FEAT_SUBMIT_STABLE = 4, IORING_FEAT_RW_CUR_POS = 8,
          IORING_FEAT_CUR_PERSONALITY = 0x10, IORING_FEAT_FAST_POLL = 0x20, IORING_FEAT_POLL_32BITS = 0x40,
          IORING_FEAT_SQPOLL_NONFIXED = 0x80, IORING_FEAT_EXT_ARG = 0x100, IORING_FEAT_NATIVE_WORKERS = 0x200,
          IORING_FEAT_RSRC_TAGS = 0x400, IORING_FEAT_CQE_SKIP = 0x800, IORING_FEAT_LINKED_FILE = 0x1000,
          IORING_FEAT_REG_REG_RING = 0x2000, IORING_FEAT_RECVSEND_BUNDLE = 0x4000, IORING_FEAT_MIN_TIMEOUT = 0x8000,
          IORING_FEAT_RW_ATTR = 0x10000, IORING_FEAT_NO_IOWAIT = 0x20000;

    /// io_uring_enter(2) flags. include/uapi/linux/io_uring.h
    URING_ENTER "IORING_ENTER_"
    bits: IORING_ENTER_GETEVENTS = 1, IORING_ENTER_SQ_WAKEUP = 2, IORING_ENTER_SQ_WAIT = 4, IORING_ENTER_EXT_ARG = 8,
          IORING_ENTER_REGISTERED_RING = 0x10, IORING_ENTER_ABS_TIMER = 0x20, IORING_ENTER_EXT_ARG_REG = 0x40,
          IORING_ENTER_NO_IOWAIT = 0x80;

    /// io_uring_register(2) operations. include/uapi/linux/io_uring.h
    URING_REGISTER "IORING_REGISTER_"
    choice 0x7fffffff marked: IORING_REGISTER_BUFFERS = 0, IORING_UNREGISTER_BUFFERS = 1, IORING_REGISTER_FILES = 2,
          IORING_UNREGISTER_FILES = 3, IORING_REGISTER_EVENTFD = 4, IORING_UNREGISTER_EVENTFD = 5,
          IORING_REGISTER_FILES_UPDATE = 6, IORING_REGISTER_EVENTFD_ASYNC = 7, IORING_REGISTER_PROBE = 8,
          IORING_REGISTER_PERSONALITY = 9, IORING_UNREGISTER_PERSONALITY = 10, IORING_REGISTER_RESTRICTIONS = 11,
          IORING_REGISTER_ENABLE_RINGS = 12, IORING_REGISTER_FILES2 = 13, IORING_REGISTER_FILES_UPDATE2 = 14,
          IORING_REGISTER_BUFFERS2 = 15, IORING_REGISTER_BUFFERS_UPDATE = 16, IORING_REGISTER_IOWQ_AFF = 17,
          IORING_UNREGISTER_IOWQ_AFF = 18, IORING_REGISTER_IOWQ_MAX_WORKERS = 19, IORING_REGISTER_RING_FDS = 20,
          IORING_UNREGISTER_RING_FDS = 21, IORING_REGISTER_PBUF_RING = 22, IORING_UNREGISTER_PBUF_RING = 23,
          IORING_REGISTER_SYNC_CANCEL = 24, IORING_REGISTER_FILE_ALLOC_RANGE = 25, IORING_REGISTER_PBUF_STATUS = 26,
          IORING_REGISTER_NAPI = 27, IORING_UNREGISTER_NAPI = 28, IORING_REGISTER_CLOCK = 29,
          IORING_REGISTER_CLONE_BUFFERS = 30, IORING_REGISTER_SEND_MSG_RING = 31, IORING_REGISTER_ZCRX_IFQ = 32,
          IORING_REGISTER_RESIZE_RINGS = 33, IORING_REGISTER_MEM_REGION = 34, IORING_REGISTER_QUERY = 35;
    bits: IORING_REGISTER_USE_REGISTERED_RING = 0x80000000;
}

records! {
    /// struct io_sqring_offsets. include/uapi/linux/io_uring.h
    SQ_OFFSETS 40 same { head: 0 4 Uint, tail: 4 4 Uint, ring_mask: 8 4 Uint, ring_entries: 12 4 Uint, flags: 16 4 Uint,
                    dropped: 20 4 Uint, array: 24 4 Uint, user_addr: 32 8 Addr }
    /// struct io_cqring_offsets. include/uapi/linux/io_uring.h
    CQ_OFFSETS 40 same { head: 0 4 Uint, tail: 4 4 Uint, ring_mask: 8 4 Uint, ring_entries: 12 4 Uint, overflow: 16 4 Uint,
                    cqes: 20 4 Uint, flags: 24 4 Uint, user_addr: 32 8 Addr }
    /// struct io_uring_params, as the kernel filled it in. include/uapi/linux/io_uring.h
    URING_PARAMS 120 same { flags: 8 4 Set32(&URING_SETUP), sq_thread_cpu: 12 4 Uint, sq_thread_idle: 16 4 Uint, sq_entries: 0 4 Uint,
                       cq_entries: 4 4 Uint, features: 20 4 Set32(&URING_FEAT), sq_off: 40 40 Rec(&SQ_OFFSETS),
                       cq_off: 80 40 Rec(&CQ_OFFSETS) }
    /// struct iocb, little endian. include/uapi/linux/aio_abi.h
    IOCB 64 same { aio_data: 0 8 NonZero(&Hex), aio_key: 8 4 NonZero(&Uint), aio_rw_flags: 12 4 NonZero(&Set32(&RWF)),
              aio_lio_opcode: 16 2 Set32(&IOCB_CMD), aio_reqprio: 18 2 NonZero(&Special(S::Ioprio)), aio_fildes: 20 4 Fd, aio_buf: 24 8 Addr,
              aio_nbytes: 32 8 Ulong, aio_offset: 40 8 Long, aio_flags: 56 4 NonZero(&Set32(&IOCB_FLAG)),
              aio_resfd: 60 4 NonZero(&Uint) }
    /// struct io_event. include/uapi/linux/aio_abi.h
    IO_EVENT 32 same { data: 0 8 Hex, obj: 8 8 Addr, res: 16 8 Long, res2: 24 8 Long }
}

/// The operations of io_submit(2) that write.
pub const WRITES: [u64; 2] = [IOCB_CMD.value("IOCB_CMD_PWRITE"), IOCB_CMD.value("IOCB_CMD_PWRITEV")];

syscalls! { pub AIO harmless "waits for what was submitted, or makes room for it":
    io_setup        [206 245 0]     (nr_events: Uint, ctx_idp: Out(&Ptr(&Addr)))                    -> Int, MEM;
    io_destroy      [207 246 1]     (ctx_id: Addr)                                                  -> Int, MEM;
    io_getevents    [208 247 4]     (ctx_id: Addr, min_nr: Long, nr: Long, events: Out(&Array(&Rec(&IO_EVENT), Ret)),
                                     timeout: Rec(&TIMESPEC))                                       -> Long, 0;
    io_pgetevents   [333 385 292]   (ctx_id: Addr, min_nr: Long, nr: Long, events: Out(&Array(&Rec(&IO_EVENT), Ret)),
                                     timeout: Rec(&TIMESPEC), usig: Special(S::MaskPair))        -> Long, 0;
    io_submit       [209 248 2]     (ctx_id: Addr, nr: Long, iocbpp: Refs(&IOCB, nr)) -> Long, 0, does [Submits(iocbpp)];
    io_cancel       [210 249 3]     (ctx_id: Addr, iocb: Addr, result: Out(&Rec(&IO_EVENT)))        -> Int, 0;
    io_uring_setup  [425 425 425]   (entries: Uint, params: Out(&Rec(&URING_PARAMS))) -> Fd, DESC, ring "what goes through the ring is not seen";
    io_uring_enter  [426 426 426]   (fd: Fd, to_submit: Uint, min_complete: Uint, flags: Set32(&URING_ENTER),
                                     sigmask: Special(S::UringArg), sigsetsize: Ulong) -> Int, DESC | SIG, ring "what goes through the ring is not seen";
    io_uring_register [427 427 427] (fd: Fd, opcode: Set32(&URING_REGISTER), arg: Addr, nr_args: Uint) -> Int, DESC | MEM, harmless "the ring was given up when it was made";
}
