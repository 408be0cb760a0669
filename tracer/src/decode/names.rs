//! Constants of what is decoded by code rather than by a row: socket addresses, control messages and
//! signal information.

pub use crate::schema::ethernet::{ARPHRD, ETH_P};
pub use crate::schema::ioctl::kernel::AUDIT_ARCH;
pub use crate::schema::net::{MSG, SOL};
pub use crate::schema::protocols::AF;
use crate::sets;

sets! {
    /// Control messages of SOL_SOCKET. include/linux/socket.h, include/uapi/asm-generic/socket.h
    SCM "SCM_"
    choice all: SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_SECURITY = 3, SCM_PIDFD = 4, SO_TIMESTAMP_OLD = 29,
                SO_TIMESTAMPNS_OLD = 35, SO_TIMESTAMPING_OLD = 37, SO_RXQ_OVFL = 40, SO_WIFI_STATUS = 41,
                SCM_TIMESTAMPING_OPT_STATS = 54, SCM_TIMESTAMPING_PKTINFO = 58, SCM_TXTIME = 61,
                SO_TIMESTAMP_NEW = 63, SO_TIMESTAMPNS_NEW = 64, SO_TIMESTAMPING_NEW = 65;

    /// Control messages of SOL_IP. include/uapi/linux/in.h
    IP_CMSG "IP_"
    choice all: IP_TOS = 1, IP_TTL = 2, IP_RECVOPTS = 6, IP_RETOPTS = 7, IP_PKTINFO = 8, IP_RECVERR = 11,
                IP_ORIGDSTADDR = 20, IP_CHECKSUM = 23;

    /// Directions of packets. include/uapi/linux/if_packet.h
    PACKET "PACKET_"
    choice all: PACKET_HOST = 0, PACKET_BROADCAST = 1, PACKET_MULTICAST = 2, PACKET_OTHERHOST = 3,
                PACKET_OUTGOING = 4, PACKET_LOOPBACK = 5, PACKET_USER = 6, PACKET_KERNEL = 7;

    /// Codes of any signal. include/uapi/asm-generic/siginfo.h
    SI "SI_"
    choice all: SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = 0xffff_ffff, SI_TIMER = 0xffff_fffe,
                SI_MESGQ = 0xffff_fffd, SI_ASYNCIO = 0xffff_fffc, SI_SIGIO = 0xffff_fffb, SI_TKILL = 0xffff_fffa,
                SI_DETHREAD = 0xffff_fff9, SI_ASYNCNL = 0xffff_ffc4;

    /// Codes of SIGILL. include/uapi/asm-generic/siginfo.h
    ILL "ILL_"
    choice all: ILL_ILLOPC = 1, ILL_ILLOPN = 2, ILL_ILLADR = 3, ILL_ILLTRP = 4, ILL_PRVOPC = 5, ILL_PRVREG = 6,
                ILL_COPROC = 7, ILL_BADSTK = 8, ILL_BADIADDR = 9;

    /// Codes of SIGFPE. include/uapi/asm-generic/siginfo.h
    FPE "FPE_"
    choice all: FPE_INTDIV = 1, FPE_INTOVF = 2, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6,
                FPE_FLTINV = 7, FPE_FLTSUB = 8, FPE_FLTUNK = 14, FPE_CONDTRAP = 15;

    /// Codes of SIGSEGV. include/uapi/asm-generic/siginfo.h
    SEGV "SEGV_"
    choice all: SEGV_MAPERR = 1, SEGV_ACCERR = 2, SEGV_BNDERR = 3, SEGV_PKUERR = 4, SEGV_ACCADI = 5, SEGV_ADIDERR = 6,
                SEGV_ADIPERR = 7, SEGV_MTEAERR = 8, SEGV_MTESERR = 9, SEGV_CPERR = 10;

    /// Codes of SIGBUS. include/uapi/asm-generic/siginfo.h
    BUS "BUS_"
    choice all: BUS_ADRALN = 1, BUS_ADRERR = 2, BUS_OBJERR = 3, BUS_MCEERR_AR = 4, BUS_MCEERR_AO = 5;

    /// Codes of SIGTRAP. include/uapi/asm-generic/siginfo.h
    TRAP "TRAP_"
    choice all: TRAP_BRKPT = 1, TRAP_TRACE = 2, TRAP_BRANCH = 3, TRAP_HWBKPT = 4, TRAP_UNK = 5, TRAP_PERF = 6;

    /// Codes of SIGCHLD. include/uapi/asm-generic/siginfo.h
    CLD "CLD_"
    choice all: CLD_EXITED = 1, CLD_KILLED = 2, CLD_DUMPED = 3, CLD_TRAPPED = 4, CLD_STOPPED = 5, CLD_CONTINUED = 6;

    /// Codes of SIGIO. include/uapi/asm-generic/siginfo.h
    POLL "POLL_"
    choice all: POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3, POLL_ERR = 4, POLL_PRI = 5, POLL_HUP = 6;

    /// Codes of SIGSYS. include/uapi/asm-generic/siginfo.h
    SYS "SYS_"
    choice all: SYS_SECCOMP = 1, SYS_USER_DISPATCH = 2;

}
