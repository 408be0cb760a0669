//! System V semaphores, shared memory and messages, and POSIX message queues.

use super::open::OPEN;
use super::time::TIMESPEC;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, selectors, sets, syscalls};

sets! {
    /// Flags of semget(2) and msgget(2) besides the permissions. include/uapi/linux/ipc.h
    IPC_GET "IPC_"
    bits: IPC_CREAT = 0o1000, IPC_EXCL = 0o2000, IPC_NOWAIT = 0o4000;

    /// Flags of shmget(2) besides the permissions. include/uapi/linux/shm.h
    SHM_GET "SHM_"
    bits: IPC_CREAT = 0o1000, IPC_EXCL = 0o2000, SHM_HUGETLB = 0o4000, SHM_NORESERVE = 0o10000;

    /// shmat(2) flags. include/uapi/linux/shm.h
    SHM_AT "SHM_"
    bits: SHM_RDONLY = 0o10000, SHM_RND = 0o20000, SHM_REMAP = 0o40000, SHM_EXEC = 0o100000;

    /// shmctl(2) commands. include/uapi/linux/shm.h
    SHM_CTL "SHM_"
    choice all: IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, SHM_LOCK = 11, SHM_UNLOCK = 12, SHM_STAT = 13,
                SHM_INFO = 14, SHM_STAT_ANY = 15;

    /// semctl(2) commands. include/uapi/linux/sem.h
    SEM_CTL "SEM_"
    choice all: IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, GETPID = 11, GETVAL = 12, GETALL = 13,
                GETNCNT = 14, GETZCNT = 15, SETVAL = 16, SETALL = 17, SEM_STAT = 18, SEM_INFO = 19, SEM_STAT_ANY = 20;

    /// msgctl(2) commands. include/uapi/linux/msg.h
    MSG_CTL "MSG_"
    choice all: IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, MSG_STAT = 11, MSG_INFO = 12, MSG_STAT_ANY = 13;

    /// semop(2) flags. include/uapi/linux/sem.h
    SEM_OP "SEM_"
    bits: SEM_UNDO = 0x1000, IPC_NOWAIT = 0o4000;

    /// msgsnd(2) and msgrcv(2) flags. include/uapi/linux/msg.h
    MSG "MSG_"
    bits: MSG_NOERROR = 0o10000, MSG_EXCEPT = 0o20000, MSG_COPY = 0o40000, IPC_NOWAIT = 0o4000;

    /// Flags of an open message queue. include/uapi/asm-generic/fcntl.h
    MQ "O_"
    bits: O_NONBLOCK = 0o4000;
}

records! {
    /// struct sembuf. include/uapi/linux/sem.h
    SEMBUF 6 { sem_num: 0 2 Uint, sem_op: 2 2 Int, sem_flg: 4 2 Set(&SEM_OP) }

    /// struct ipc64_perm as IPC_STAT gives it. include/uapi/asm-generic/ipcbuf.h
    PERM 48 { uid: 4 4 Id, gid: 8 4 Id, mode: 20 4 Perm, key: 0 4 Uint, cuid: 12 4 Id, cgid: 16 4 Id, seq: 24 8 Hidden, unused: 32 16 Hidden }

    /// What IPC_SET takes of a struct ipc64_perm. include/uapi/asm-generic/ipcbuf.h
    PERM_SET 48 { key: 0 4 Hidden, uid: 4 4 Id, gid: 8 4 Id, cuid: 12 4 Hidden, cgid: 16 4 Hidden, mode: 20 4 Perm,
                  seq: 24 8 Hidden, unused: 32 16 Hidden }

    /// struct shmid64_ds. include/uapi/asm-generic/shmbuf.h
    SHMID 112 {
        shm_perm: 0 48 Rec(&PERM), shm_segsz: 48 8 Ulong, shm_cpid: 80 4 Pid, shm_lpid: 84 4 Pid, shm_nattch: 88 8 Ulong,
        shm_atime: 56 8 Wide(&Long), shm_dtime: 64 8 Wide(&Long), shm_ctime: 72 8 Wide(&Long), unused: 96 16 Hidden
    }

    /// What IPC_SET takes of a struct shmid64_ds. include/uapi/asm-generic/shmbuf.h
    SHMID_SET 112 { shm_perm: 0 48 Rec(&PERM_SET), rest: 48 64 Hidden }

    /// struct shminfo64. include/uapi/asm-generic/shmbuf.h
    SHMINFO 72 { shmmax: 0 8 Ulong, shmmin: 8 8 Ulong, shmmni: 16 8 Ulong, shmseg: 24 8 Ulong, shmall: 32 8 Ulong, unused: 40 32 Hidden }

    /// struct shm_info. include/uapi/linux/shm.h
    SHM_USED 48 { used_ids: 0 4 Int, shm_tot: 8 8 Ulong, shm_rss: 16 8 Ulong, shm_swp: 24 8 Ulong, swap_attempts: 32 8 Ulong, swap_successes: 40 8 Ulong }

    /// struct seminfo. include/uapi/linux/sem.h
    SEMINFO 40 {
        semmap: 0 4 Int, semmni: 4 4 Int, semmns: 8 4 Int, semmnu: 12 4 Int, semmsl: 16 4 Int, semopm: 20 4 Int,
        semume: 24 4 Int, semusz: 28 4 Int, semvmx: 32 4 Int, semaem: 36 4 Int
    }

    /// struct msqid64_ds. include/uapi/asm-generic/msgbuf.h
    MSQID 120 {
        msg_perm: 0 48 Rec(&PERM), msg_stime: 48 8 Wide(&Long), msg_rtime: 56 8 Wide(&Long), msg_ctime: 64 8 Wide(&Long),
        msg_cbytes: 72 8 Hidden, msg_qnum: 80 8 Ulong,
        msg_qbytes: 88 8 Ulong, msg_lspid: 96 4 Pid, msg_lrpid: 100 4 Pid, unused: 104 16 Hidden
    }

    /// What IPC_SET takes of a struct msqid64_ds. include/uapi/asm-generic/msgbuf.h
    MSQID_SET 120 { msg_perm: 0 48 Rec(&PERM_SET), times: 48 24 Wide(&Hidden), counts: 72 16 Hidden, msg_qbytes: 88 8 Ulong,
                    rest: 96 24 Hidden }

    /// struct msginfo. include/uapi/linux/msg.h
    MSGINFO 32 {
        msgpool: 0 4 Int, msgmap: 4 4 Int, msgmax: 8 4 Int, msgmnb: 12 4 Int, msgmni: 16 4 Int, msgssz: 20 4 Int,
        msgtql: 24 4 Int, msgseg: 28 2 Uint
    }

    /// struct mq_attr. include/uapi/linux/mqueue.h
    MQ_ATTR 64 { mq_flags: 0 8 Set(&MQ), mq_maxmsg: 8 8 Long, mq_msgsize: 16 8 Long, mq_curmsgs: 24 8 Long, reserved: 32 32 Hidden }
}

/// struct semid64_ds: its words are padded on x86, not elsewhere.
#[cfg(target_arch = "x86_64")]
mod semid {
    use super::*;
    records! {
        /// struct semid64_ds. arch/x86/include/uapi/asm/sembuf.h
        SEMID 104 { sem_perm: 0 48 Rec(&PERM), sem_otime: 48 8 Long, unused1: 56 8 Hidden, sem_ctime: 64 8 Long,
                    unused2: 72 8 Hidden, sem_nsems: 80 8 Ulong, unused: 88 16 Hidden }
        /// What IPC_SET takes of it.
        SEMID_SET 104 { sem_perm: 0 48 Rec(&PERM_SET), rest: 48 56 Hidden }
    }
}
/// struct semid64_ds: its words are padded on x86, not elsewhere.
#[cfg(not(target_arch = "x86_64"))]
mod semid {
    use super::*;
    records! {
        /// struct semid64_ds. include/uapi/asm-generic/sembuf.h
        SEMID 88 { sem_perm: 0 48 Rec(&PERM), sem_otime: 48 8 Long, sem_ctime: 56 8 Long, sem_nsems: 64 8 Ulong }
        /// What IPC_SET takes of it.
        SEMID_SET 88 { sem_perm: 0 48 Rec(&PERM_SET) }
    }
}
pub use semid::{SEMID, SEMID_SET};

selectors! {
    IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3, SHM_STAT = 13, SHM_INFO = 14, SHM_STAT_ANY = 15,
    SEM_STAT = 18, SEM_INFO = 19, SEM_STAT_ANY = 20, MSG_STAT = 11, MSG_INFO = 12, MSG_STAT_ANY = 13, SETVAL = 16,
}

syscalls! { pub IPCS harmless "what it waits for or takes was made or opened before, and that is a gap":
    semget      [64 393 190]  (key: Special(S::IpcKey), nsems: Int, semflg: Special(S::WithPerm(&IPC_GET))) -> Int, IPC, gap "a set of semaphores outlives the process: who waits for it is not seen";
    semop       [65 507 193]  (semid: Int, sops: Array(&Rec(&SEMBUF), nsops), nsops: Uint)      -> Int, IPC;
    semtimedop  [220 506 192] (semid: Int, sops: Array(&Rec(&SEMBUF), nsops), nsops: Uint, timeout: Rec(&TIMESPEC)) -> Int, IPC;
    semctl      [66 394 191]  (semid: Int, semnum: Int, cmd: Set32(&SEM_CTL), arg: Addr)        -> Int, IPC, gap "a set of semaphores outlives the process: who waits for it is not seen",
        by cmd {
            SETVAL                => (semid: Int, semnum: Int, cmd: Set32(&SEM_CTL), val: Hex)  -> Int;
            IPC_STAT | SEM_STAT | SEM_STAT_ANY => (semid: Int, semnum: Int, cmd: Set32(&SEM_CTL), buf: Out(&Rec(&SEMID))) -> Int, harmless "asks for what there is";
            IPC_SET               => (semid: Int, semnum: Int, cmd: Set32(&SEM_CTL), buf: Rec(&SEMID_SET)) -> Int;
            IPC_INFO | SEM_INFO   => (semid: Int, semnum: Int, cmd: Set32(&SEM_CTL), buf: Out(&Rec(&SEMINFO))) -> Int, harmless "asks for what there is";
        };
    shmget      [29 395 194]  (key: Special(S::IpcKey), size: Ulong, shmflg: Special(S::WithPerm(&SHM_GET))) -> Int, IPC, gap "a segment of memory outlives the process: what others do with it is not seen";
    shmat       [30 397 196]  (shmid: Int, shmaddr: Addr, shmflg: Set32(&SHM_AT))               -> Hex, IPC | MEM, gap "a segment of memory outlives the process: what others do with it is not seen";
    shmdt       [67 398 197]  (shmaddr: Addr)                                                   -> Int, IPC | MEM;
    shmctl      [31 396 195]  (shmid: Int, cmd: Set32(&SHM_CTL), buf: Addr)                     -> Int, IPC, gap "a segment of memory outlives the process: what others do with it is not seen",
        by cmd {
            IPC_STAT | SHM_STAT | SHM_STAT_ANY => (shmid: Int, cmd: Set32(&SHM_CTL), buf: Out(&Rec(&SHMID))) -> Int, harmless "asks for what there is";
            IPC_SET               => (shmid: Int, cmd: Set32(&SHM_CTL), buf: Rec(&SHMID_SET))   -> Int;
            IPC_INFO              => (shmid: Int, cmd: Set32(&SHM_CTL), buf: Out(&Rec(&SHMINFO))) -> Int, harmless "asks for what there is";
            SHM_INFO              => (shmid: Int, cmd: Set32(&SHM_CTL), buf: Out(&Rec(&SHM_USED))) -> Int, harmless "asks for what there is";
        };
    msgget      [68 399 186]  (key: Special(S::IpcKey), msgflg: Special(S::WithPerm(&IPC_GET))) -> Int, IPC, gap "a message queue outlives the process: who reads it is not seen";
    msgsnd      [69 400 189]  (msqid: Int, msgp: Special(S::MsgBuf(msgsz)), msgsz: Ulong, msgflg: Set32(&MSG)) -> Int, IPC, gap "a message queue outlives the process: who reads it is not seen";
    msgrcv      [70 401 188]  (msqid: Int, msgp: Out(&Special(S::MsgBuf(msgsz))), msgsz: Ulong, msgtyp: Long, msgflg: Set32(&MSG)) -> Long, IPC;
    msgctl      [71 402 187]  (msqid: Int, cmd: Set32(&MSG_CTL), buf: Addr)                     -> Int, IPC, gap "a message queue outlives the process: who reads it is not seen",
        by cmd {
            IPC_STAT | MSG_STAT | MSG_STAT_ANY => (msqid: Int, cmd: Set32(&MSG_CTL), buf: Out(&Rec(&MSQID))) -> Int, harmless "asks for what there is";
            IPC_SET               => (msqid: Int, cmd: Set32(&MSG_CTL), buf: Rec(&MSQID_SET))   -> Int;
            IPC_INFO | MSG_INFO   => (msqid: Int, cmd: Set32(&MSG_CTL), buf: Out(&Rec(&MSGINFO))) -> Int, harmless "asks for what there is";
        };
    mq_open     [240 277 180] (name: Path, oflag: Set32(&OPEN), mode: When(oflag, 0o100, &Perm), attr: When(oflag, 0o100, &Rec(&MQ_ATTR))) -> Fd, DESC, gap "a message queue outlives the process: who reads it is not seen";
    mq_unlink   [241 278 181] (name: Path) -> Int, 0, gap "a message queue that others may use has no name any more";
    mq_timedsend [242 279 182] (mqdes: Fd, msg_ptr: Bytes(msg_len), msg_len: Ulong, msg_prio: Uint, abs_timeout: Rec(&TIMESPEC)) -> Int, DESC;
    mq_timedreceive [243 280 183] (mqdes: Fd, msg_ptr: Out(&Bytes(Len::Ret)), msg_len: Ulong, msg_prio: Out(&Ptr(&Uint)), abs_timeout: Rec(&TIMESPEC)) -> Long, DESC;
    mq_notify   [244 281 184] (mqdes: Fd, sevp: Special(S::Sigevent))                           -> Int, DESC;
    mq_getsetattr [245 282 185] (mqdes: Fd, newattr: Rec(&MQ_ATTR), oldattr: Out(&Rec(&MQ_ATTR))) -> Int, DESC;
}
