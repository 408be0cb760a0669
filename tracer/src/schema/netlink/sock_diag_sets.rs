//! Constants of NETLINK_SOCK_DIAG.

use crate::schema::net::SOCK;
use crate::schema::set::Set;
use crate::sets;

sets! {
    /// Instructions of a filter. include/uapi/linux/inet_diag.h
    INET_DIAG_BC "INET_DIAG_BC_"
    choice all:
        INET_DIAG_BC_NOP = 0, INET_DIAG_BC_JMP = 1, INET_DIAG_BC_S_GE = 2, INET_DIAG_BC_S_LE = 3, INET_DIAG_BC_D_GE = 4,
        INET_DIAG_BC_D_LE = 5, INET_DIAG_BC_AUTO = 6, INET_DIAG_BC_S_COND = 7, INET_DIAG_BC_D_COND = 8, INET_DIAG_BC_DEV_COND = 9,
        INET_DIAG_BC_MARK_COND = 10, INET_DIAG_BC_S_EQ = 11, INET_DIAG_BC_D_EQ = 12, INET_DIAG_BC_CGROUP_COND = 13;

    /// Ciphers of TLS. include/uapi/linux/tls.h
    TLS_CIPHER "TLS_CIPHER_"
    choice all:
        TLS_CIPHER_AES_GCM_128 = 51, TLS_CIPHER_AES_GCM_256 = 52, TLS_CIPHER_AES_CCM_128 = 53, TLS_CIPHER_CHACHA20_POLY1305 = 54,
        TLS_CIPHER_SM4_GCM = 55, TLS_CIPHER_SM4_CCM = 56, TLS_CIPHER_ARIA_GCM_128 = 57, TLS_CIPHER_ARIA_GCM_256 = 58;

    /// Who does TLS. include/net/tls.h
    TLS_CONF "TLS_CONF_"
    choice all:
        TLS_CONF_BASE = 1, TLS_CONF_SW = 2, TLS_CONF_HW = 3, TLS_CONF_HW_RECORD = 4;

    /// Flags of a flow. include/uapi/linux/mptcp.h
    MPTCP_SUBFLOW_FLAG "MPTCP_SUBFLOW_FLAG_"
    bits:
        MPTCP_SUBFLOW_FLAG_MCAP_REM = 1, MPTCP_SUBFLOW_FLAG_MCAP_LOC = 2, MPTCP_SUBFLOW_FLAG_JOIN_REM = 4,
        MPTCP_SUBFLOW_FLAG_JOIN_LOC = 8, MPTCP_SUBFLOW_FLAG_BKUP_REM = 16, MPTCP_SUBFLOW_FLAG_BKUP_LOC = 32,
        MPTCP_SUBFLOW_FLAG_FULLY_ESTABLISHED = 64, MPTCP_SUBFLOW_FLAG_CONNECTED = 128, MPTCP_SUBFLOW_FLAG_MAPVALID = 256;

    /// Flags of a socket. include/uapi/linux/netlink_diag.h
    NDIAG_FLAG "NDIAG_FLAG_"
    bits:
        NDIAG_FLAG_CB_RUNNING = 1, NDIAG_FLAG_PKTINFO = 2, NDIAG_FLAG_BROADCAST_ERROR = 4, NDIAG_FLAG_NO_ENOBUFS = 8,
        NDIAG_FLAG_LISTEN_ALL_NSID = 16, NDIAG_FLAG_CAP_ACK = 32;

    /// Versions of its rings. include/uapi/linux/if_packet.h
    TPACKET "TPACKET_"
    choice all:
        TPACKET_V1 = 0, TPACKET_V2 = 1, TPACKET_V3 = 2;

    /// Its flags. include/uapi/linux/packet_diag.h
    PDI "PDI_"
    bits:
        PDI_RUNNING = 1, PDI_AUXDATA = 2, PDI_ORIGDEV = 4, PDI_VNETHDR = 8, PDI_LOSS = 16;

    /// What is asked of a unix socket. include/uapi/linux/unix_diag.h
    UDIAG_SHOW "UDIAG_SHOW_"
    bits:
        UDIAG_SHOW_NAME = 1, UDIAG_SHOW_VFS = 2, UDIAG_SHOW_PEER = 4, UDIAG_SHOW_ICONS = 8, UDIAG_SHOW_RQLEN = 16,
        UDIAG_SHOW_MEMINFO = 32, UDIAG_SHOW_UID = 64;

    /// What is asked of a socket of netlink. include/uapi/linux/netlink_diag.h
    NDIAG_SHOW "NDIAG_SHOW_"
    bits:
        NDIAG_SHOW_MEMINFO = 1, NDIAG_SHOW_GROUPS = 2, NDIAG_SHOW_RING_CFG = 4, NDIAG_SHOW_FLAGS = 8;

    /// What is asked of a packet socket. include/uapi/linux/packet_diag.h
    PACKET_SHOW "PACKET_SHOW_"
    bits:
        PACKET_SHOW_INFO = 1, PACKET_SHOW_MCLIST = 2, PACKET_SHOW_RING_CFG = 4, PACKET_SHOW_FANOUT = 8, PACKET_SHOW_MEMINFO = 16,
        PACKET_SHOW_FILTER = 32;

    /// Versions of TLS. include/uapi/linux/tls.h
    TLS_VERSION "TLS_???_VERSION"
    choice all: TLS_1_2_VERSION = 0x303, TLS_1_3_VERSION = 0x304;

    /// Protocol of a question about sockets of netlink, or all. include/uapi/linux/netlink_diag.h
    NDIAG_PROTO "NDIAG_PROTO_"
    choice all: NDIAG_PROTO_ALL = 0xff;

    /// States of a socket. include/net/tcp_states.h
    TCP "TCP_"
    choice all:
        TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_FIN_WAIT1 = 4, TCP_FIN_WAIT2 = 5, TCP_TIME_WAIT = 6,
        TCP_CLOSE = 7, TCP_CLOSE_WAIT = 8, TCP_LAST_ACK = 9, TCP_LISTEN = 10, TCP_CLOSING = 11, TCP_NEW_SYN_RECV = 12,
        TCP_BOUND_INACTIVE = 13;

    /// States of a socket of netlink. net/netlink/af_netlink.h
    NETLINK_STATE "NETLINK_"
    choice all: NETLINK_UNCONNECTED = 0, NETLINK_CONNECTED = 1, TCP_CLOSE = 7;

    /// What was shut down. include/net/sock.h
    SHUTDOWN "???_SHUTDOWN"
    bits: RCV_SHUTDOWN = 1, SEND_SHUTDOWN = 2;

    /// Memory of a socket. include/uapi/linux/sock_diag.h
    SK_MEMINFO "SK_MEMINFO_"
    choice all:
        SK_MEMINFO_RMEM_ALLOC = 0, SK_MEMINFO_RCVBUF = 1, SK_MEMINFO_WMEM_ALLOC = 2, SK_MEMINFO_SNDBUF = 3, SK_MEMINFO_FWD_ALLOC = 4,
        SK_MEMINFO_WMEM_QUEUED = 5, SK_MEMINFO_OPTMEM = 6, SK_MEMINFO_BACKLOG = 7, SK_MEMINFO_DROPS = 8;
}

/// States that are asked for, a bit each.
pub static STATES: Set = Set {
    prefix: "1<<TCP_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<TCP_ESTABLISHED", 1 << 1),
        ("1<<TCP_SYN_SENT", 1 << 2),
        ("1<<TCP_SYN_RECV", 1 << 3),
        ("1<<TCP_FIN_WAIT1", 1 << 4),
        ("1<<TCP_FIN_WAIT2", 1 << 5),
        ("1<<TCP_TIME_WAIT", 1 << 6),
        ("1<<TCP_CLOSE", 1 << 7),
        ("1<<TCP_CLOSE_WAIT", 1 << 8),
        ("1<<TCP_LAST_ACK", 1 << 9),
        ("1<<TCP_LISTEN", 1 << 10),
        ("1<<TCP_CLOSING", 1 << 11),
        ("1<<TCP_NEW_SYN_RECV", 1 << 12),
        ("1<<TCP_BOUND_INACTIVE", 1 << 13),
    ],
};

/// Attributes that are asked for, a bit each.
pub static EXTENSIONS: Set = Set {
    prefix: "1<<INET_DIAG_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<(INET_DIAG_MEMINFO-1)", 1 << 0),
        ("1<<(INET_DIAG_INFO-1)", 1 << 1),
        ("1<<(INET_DIAG_VEGASINFO-1)", 1 << 2),
        ("1<<(INET_DIAG_CONG-1)", 1 << 3),
        ("1<<(INET_DIAG_TOS-1)", 1 << 4),
        ("1<<(INET_DIAG_TCLASS-1)", 1 << 5),
        ("1<<(INET_DIAG_SKMEMINFO-1)", 1 << 6),
        ("1<<(INET_DIAG_SHUTDOWN-1)", 1 << 7),
    ],
};

/// Types of a socket.
pub static KIND: Set = Set { prefix: SOCK.prefix, mask: u64::MAX, marked: false, choice: SOCK.choice, bits: &[] };
