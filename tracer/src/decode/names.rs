//! Constants of what is decoded by code rather than by a row: socket addresses, control messages and
//! signal information.

use crate::sets;

sets! {
    /// Address families. include/linux/socket.h
    AF "AF_"
    choice all: AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_AX25 = 3, AF_IPX = 4, AF_APPLETALK = 5, AF_NETROM = 6,
                AF_BRIDGE = 7, AF_ATMPVC = 8, AF_X25 = 9, AF_INET6 = 10, AF_ROSE = 11, AF_DECnet = 12,
                AF_NETBEUI = 13, AF_SECURITY = 14, AF_KEY = 15, AF_NETLINK = 16, AF_PACKET = 17, AF_ASH = 18,
                AF_ECONET = 19, AF_ATMSVC = 20, AF_RDS = 21, AF_SNA = 22, AF_IRDA = 23, AF_PPPOX = 24,
                AF_WANPIPE = 25, AF_LLC = 26, AF_IB = 27, AF_MPLS = 28, AF_CAN = 29, AF_TIPC = 30,
                AF_BLUETOOTH = 31, AF_IUCV = 32, AF_RXRPC = 33, AF_ISDN = 34, AF_PHONET = 35, AF_IEEE802154 = 36,
                AF_CAIF = 37, AF_ALG = 38, AF_NFC = 39, AF_VSOCK = 40, AF_KCM = 41, AF_QIPCRTR = 42, AF_SMC = 43,
                AF_XDP = 44, AF_MCTP = 45;

    /// Levels of socket options and control messages. include/linux/socket.h
    SOL "SOL_"
    choice all: SOL_IP = 0, SOL_SOCKET = 1, SOL_TCP = 6, SOL_UDP = 17, SOL_IPV6 = 41, SOL_ICMPV6 = 58, SOL_SCTP = 132,
                SOL_UDPLITE = 136, SOL_RAW = 255, SOL_IPX = 256, SOL_AX25 = 257, SOL_ATALK = 258, SOL_NETROM = 259,
                SOL_ROSE = 260, SOL_DECNET = 261, SOL_X25 = 262, SOL_PACKET = 263, SOL_ATM = 264, SOL_AAL = 265,
                SOL_IRDA = 266, SOL_NETBEUI = 267, SOL_LLC = 268, SOL_DCCP = 269, SOL_NETLINK = 270, SOL_TIPC = 271,
                SOL_RXRPC = 272, SOL_PPPOL2TP = 273, SOL_BLUETOOTH = 274, SOL_PNPIPE = 275, SOL_RDS = 276,
                SOL_IUCV = 277, SOL_CAIF = 278, SOL_ALG = 279, SOL_NFC = 280, SOL_KCM = 281, SOL_TLS = 282,
                SOL_XDP = 283, SOL_MPTCP = 284, SOL_MCTP = 285, SOL_SMC = 286, SOL_VSOCK = 287;

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

    /// Flags of messages. include/linux/socket.h
    MSG "MSG_"
    bits: MSG_OOB = 0x1, MSG_PEEK = 0x2, MSG_DONTROUTE = 0x4, MSG_CTRUNC = 0x8, MSG_PROBE = 0x10, MSG_TRUNC = 0x20,
          MSG_DONTWAIT = 0x40, MSG_EOR = 0x80, MSG_WAITALL = 0x100, MSG_FIN = 0x200, MSG_SYN = 0x400,
          MSG_CONFIRM = 0x800, MSG_RST = 0x1000, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_MORE = 0x8000,
          MSG_WAITFORONE = 0x10000, MSG_BATCH = 0x40000, MSG_ZEROCOPY = 0x4000000, MSG_FASTOPEN = 0x20000000,
          MSG_CMSG_CLOEXEC = 0x40000000;

    /// Ethernet protocols that are met. include/uapi/linux/if_ether.h
    ETH_P "ETH_P_"
    choice all: ETH_P_802_3 = 0x1, ETH_P_AX25 = 0x2, ETH_P_ALL = 0x3, ETH_P_802_2 = 0x4, ETH_P_LOOP = 0x60,
                ETH_P_IP = 0x800, ETH_P_X25 = 0x805, ETH_P_ARP = 0x806, ETH_P_RARP = 0x8035, ETH_P_8021Q = 0x8100,
                ETH_P_IPX = 0x8137, ETH_P_IPV6 = 0x86dd, ETH_P_MPLS_UC = 0x8847, ETH_P_PPP_DISC = 0x8863,
                ETH_P_PPP_SES = 0x8864, ETH_P_PAE = 0x888e, ETH_P_8021AD = 0x88a8, ETH_P_LLDP = 0x88cc;

    /// Hardware types that are met. include/uapi/linux/if_arp.h
    ARPHRD "ARPHRD_"
    choice all: ARPHRD_NETROM = 0, ARPHRD_ETHER = 1, ARPHRD_INFINIBAND = 32, ARPHRD_PPP = 512, ARPHRD_TUNNEL = 768,
                ARPHRD_TUNNEL6 = 769, ARPHRD_LOOPBACK = 772, ARPHRD_SIT = 776, ARPHRD_IPGRE = 778,
                ARPHRD_IEEE80211 = 801, ARPHRD_NONE = 0xfffe, ARPHRD_VOID = 0xffff;

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

    /// Architectures of a seccomp SIGSYS. include/uapi/linux/audit.h
    AUDIT_ARCH "AUDIT_ARCH_"
    choice all: AUDIT_ARCH_X86_64 = 0xc000_003e, AUDIT_ARCH_I386 = 0x4000_0003, AUDIT_ARCH_AARCH64 = 0xc000_00b7,
                AUDIT_ARCH_ARM = 0x4000_0028;
}
