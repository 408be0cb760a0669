//! NETLINK_SOCK_DIAG: questions about sockets, and what is told of them.

use super::holds::Holds::{
    Address, Bits, Bytes, Either, Flags, Interface, List, Loose, Mask, Named, Nest, Num, Order, Raw, Rec, Row,
    Sockaddr, Spelled, Text, Whole,
};
use super::holds::{U8, U16, U32, U64, X8, X32, one};
use super::messages::{Begins, gets};
use super::sock_diag_sets::*;
use crate::schema::ethernet::ETH_P;
use crate::schema::protocols::{AF, IPPROTO, NETLINK_PROTO};
use crate::schema::types::{Special, Ty};
use crate::{attributes, layouts, messages};

messages! {
    /// Messages of NETLINK_SOCK_DIAG. include/uapi/linux/sock_diag.h, inet_diag.h
    SOCK_DIAG "SOCK_DIAG_" (gets, Begins::Family, looks looks):
        TCPDIAG_GETSOCK = 18: Begins::Family, DCCPDIAG_GETSOCK = 19: Begins::Family, SOCK_DIAG_BY_FAMILY = 20: Begins::Family,
        SOCK_DESTROY = 21: Begins::Family;
}

/// What a message begins with: its family says, and whether it asks.
fn looks(ty: u16, flags: u16, body: &[u8]) -> Begins {
    const REQUEST: u16 = 1;
    let asks = flags & REQUEST != 0;
    let first = matches!(SOCK_DIAG.types.name_of(u64::from(ty)), Some("TCPDIAG_GETSOCK" | "DCCPDIAG_GETSOCK"));
    if body.len() < 2 {
        return Begins::Family;
    }
    match (AF.name_of(u64::from(body[0])), asks) {
        (Some("AF_INET" | "AF_INET6"), true) if first => Begins::With(&INET_DIAG_REQ_V1, Some(&INET_DIAG_REQ)),
        (Some("AF_INET" | "AF_INET6"), true) => Begins::With(&INET_DIAG_REQ_V2, Some(&INET_DIAG_REQ)),
        (Some("AF_INET" | "AF_INET6"), false) => Begins::With(&INET_DIAG_MSG, Some(&INET_DIAG)),
        (Some("AF_UNIX"), true) => Begins::Only(&UNIX_DIAG_REQ),
        (Some("AF_UNIX"), false) => Begins::With(&UNIX_DIAG_MSG, Some(&UNIX_DIAG)),
        (Some("AF_NETLINK"), true) => Begins::Only(&NETLINK_DIAG_REQ),
        (Some("AF_NETLINK"), false) => Begins::With(&NETLINK_DIAG_MSG, Some(&NETLINK_DIAG)),
        (Some("AF_PACKET"), true) => Begins::Only(&PACKET_DIAG_REQ),
        (Some("AF_PACKET"), false) => Begins::With(&PACKET_DIAG_MSG, Some(&PACKET_DIAG)),
        _ => Begins::Family,
    }
}

layouts! {
    /// struct inet_diag_bc_op. include/uapi/linux/inet_diag.h
    INET_DIAG_BC_OP 4 {
        code @ 0: one(1, &INET_DIAG_BC), yes @ 1: U8, no @ 2: U16
    }

    /// struct inet_diag_meminfo. include/uapi/linux/inet_diag.h
    INET_DIAG_MEMINFO_REC 16 {
        idiag_rmem @ 0: U32, idiag_wmem @ 4: U32, idiag_fmem @ 8: U32, idiag_tmem @ 12: U32
    }

    /// struct tcpvegas_info. include/uapi/linux/inet_diag.h
    TCPVEGAS_INFO 16 {
        tcpv_enabled @ 0: U32, tcpv_rttcnt @ 4: U32, tcpv_rtt @ 8: U32, tcpv_minrtt @ 12: U32
    }

    /// struct tcp_dctcp_info. include/uapi/linux/inet_diag.h
    TCP_DCTCP_INFO 16 {
        dctcp_enabled @ 0: U16, dctcp_ce_state @ 2: U16, dctcp_alpha @ 4: U32, dctcp_ab_ecn @ 8: U32, dctcp_ab_tot @ 12: U32
    }

    /// struct tcp_bbr_info. include/uapi/linux/inet_diag.h
    TCP_BBR_INFO 20 {
        bbr_bw_lo @ 0: X32, bbr_bw_hi @ 4: X32, bbr_min_rtt @ 8: U32, bbr_pacing_gain @ 12: U32, bbr_cwnd_gain @ 16: U32
    }

    /// struct unix_diag_vfs. include/uapi/linux/unix_diag.h
    UNIX_DIAG_VFS_REC 8 { udiag_vfs_dev @ 4: Num(4, Ty::Special(Special::Dev32)), udiag_vfs_ino @ 0: U32 }

    /// struct unix_diag_rqlen. include/uapi/linux/unix_diag.h
    UNIX_DIAG_RQLEN_REC 8 {
        udiag_rqueue @ 0: U32, udiag_wqueue @ 4: U32
    }

    /// struct netlink_diag_ring. include/uapi/linux/netlink_diag.h
    NETLINK_DIAG_RING 16 {
        ndr_block_size @ 0: U32, ndr_block_nr @ 4: U32, ndr_frame_size @ 8: U32, ndr_frame_nr @ 12: U32
    }

    /// struct packet_diag_info. include/uapi/linux/packet_diag.h
    PACKET_DIAG_INFO_REC 24 {
        pdi_index @ 0: Interface, pdi_version @ 4: one(4, &TPACKET), pdi_reserve @ 8: U32, pdi_copy_thresh @ 12: U32,
        pdi_tstamp @ 16: U32, pdi_flags @ 20: Flags(4, &PDI)
    }

    /// struct packet_diag_ring. include/uapi/linux/packet_diag.h
    PACKET_DIAG_RING 28 {
        pdr_block_size @ 0: U32, pdr_block_nr @ 4: U32, pdr_frame_size @ 8: U32, pdr_frame_nr @ 12: U32, pdr_retire_tmo @ 16: U32,
        pdr_sizeof_priv @ 20: U32, pdr_features @ 24: U32
    }

    /// struct packet_diag_mclist. include/uapi/linux/packet_diag.h
    PACKET_DIAG_MCLIST_REC 48 {
        pdmc_index @ 0: Interface, pdmc_count @ 4: U32, pdmc_type @ 8: U16, pdmc_alen @ 10: U16, pdmc_addr @ 12: Bytes(32)
    }

    /// struct tcp_diag_md5sig. include/uapi/linux/tcp.h
    TCP_DIAG_MD5SIG 104 {
        tcpm_family @ 0: one(1, &AF), tcpm_prefixlen @ 1: U8, tcpm_keylen @ 2: U16, tcpm_addr @ 4: Bytes(16), tcpm_key @ 20: Bytes(80)
    }

    /// struct inet_diag_sockopt, whose bits these are. include/uapi/linux/inet_diag.h
    SOCKOPT 2 {
        recverr @ 0: Bits(0, 1), is_icsk @ 0: Bits(1, 1), freebind @ 0: Bits(2, 1), hdrincl @ 0: Bits(3, 1), mc_loop @ 0: Bits(4, 1),
        transparent @ 0: Bits(5, 1), mc_all @ 0: Bits(6, 1), nodefrag @ 0: Bits(7, 1), bind_address_no_port @ 1: Bits(0, 1),
        recverr_rfc4884 @ 1: Bits(1, 1), defer_connect @ 1: Bits(2, 1)
    }

    /// struct inet_diag_sockid of IPv4. include/uapi/linux/inet_diag.h
    SOCKID 48 {
        idiag_sport @ 0: Order(2), idiag_dport @ 2: Order(2), idiag_src @ 4: Address, idiag_dst @ 20: Address, idiag_if @ 36: Interface,
        idiag_cookie @ 40: List(8, &U32)
    }

    /// struct inet_diag_req_v2. include/uapi/linux/inet_diag.h
    INET_DIAG_REQ_V2 56 {
        sdiag_family @ 0: one(1, &AF), sdiag_protocol @ 1: one(1, &IPPROTO), idiag_ext @ 2: Flags(1, &EXTENSIONS),
        idiag_states @ 4: Flags(4, &STATES), id @ 8: Rec(&SOCKID)
    }

    /// struct inet_diag_req, of the first questions. include/uapi/linux/inet_diag.h
    INET_DIAG_REQ_V1 60 {
        idiag_family @ 0: one(1, &AF), idiag_src_len @ 1: U8, idiag_dst_len @ 2: U8, idiag_ext @ 3: Flags(1, &EXTENSIONS),
        id @ 4: Rec(&SOCKID), idiag_states @ 52: Flags(4, &STATES), idiag_dbs @ 56: U32
    }

    /// struct inet_diag_msg. include/uapi/linux/inet_diag.h
    INET_DIAG_MSG 72 {
        idiag_family @ 0: one(1, &AF), idiag_state @ 1: one(1, &TCP), idiag_timer @ 2: U8, idiag_retrans @ 3: U8, id @ 4: Rec(&SOCKID),
        idiag_expires @ 52: U32, idiag_rqueue @ 56: U32, idiag_wqueue @ 60: U32, idiag_uid @ 64: U32, idiag_inode @ 68: U32
    }

    /// struct unix_diag_req. include/uapi/linux/unix_diag.h
    UNIX_DIAG_REQ 24 {
        sdiag_family @ 0: one(1, &AF), sdiag_protocol @ 1: U8, udiag_states @ 4: Flags(4, &STATES), udiag_ino @ 8: U32,
        udiag_show @ 12: Flags(4, &UDIAG_SHOW), udiag_cookie @ 16: List(8, &U32)
    }

    /// struct unix_diag_msg. include/uapi/linux/unix_diag.h
    UNIX_DIAG_MSG 16 {
        udiag_family @ 0: one(1, &AF), udiag_type @ 1: one(1, &KIND), udiag_state @ 2: one(1, &TCP), udiag_ino @ 4: U32,
        udiag_cookie @ 8: List(8, &U32)
    }

    /// struct netlink_diag_req. include/uapi/linux/netlink_diag.h
    NETLINK_DIAG_REQ 20 {
        sdiag_family @ 0: one(1, &AF), sdiag_protocol @ 1: Either(1, &NDIAG_PROTO, &NETLINK_PROTO), ndiag_ino @ 4: U32,
        ndiag_show @ 8: Flags(4, &NDIAG_SHOW), ndiag_cookie @ 12: List(8, &U32)
    }

    /// struct netlink_diag_msg. include/uapi/linux/netlink_diag.h
    NETLINK_DIAG_MSG 28 {
        ndiag_family @ 0: one(1, &AF), ndiag_type @ 1: one(1, &KIND), ndiag_protocol @ 2: one(1, &NETLINK_PROTO),
        ndiag_state @ 3: one(1, &NETLINK_STATE), ndiag_portid @ 4: U32, ndiag_dst_portid @ 8: U32, ndiag_dst_group @ 12: U32,
        ndiag_ino @ 16: U32, ndiag_cookie @ 20: List(8, &U32)
    }

    /// struct packet_diag_req. include/uapi/linux/packet_diag.h
    PACKET_DIAG_REQ 20 {
        sdiag_family @ 0: one(1, &AF), sdiag_protocol @ 1: X8, pdiag_ino @ 4: U32, pdiag_show @ 8: Flags(4, &PACKET_SHOW),
        pdiag_cookie @ 12: List(8, &U32)
    }

    /// struct packet_diag_msg. include/uapi/linux/packet_diag.h
    PACKET_DIAG_MSG 16 {
        pdiag_family @ 0: one(1, &AF), pdiag_type @ 1: one(1, &KIND), pdiag_num @ 2: one(2, &ETH_P), pdiag_ino @ 4: U32,
        pdiag_cookie @ 8: List(8, &U32)
    }
}

attributes! {
    /// What a question about sockets of the internet has besides. include/uapi/linux/inet_diag.h
    INET_DIAG_REQ "INET_DIAG_REQ_":
        INET_DIAG_REQ_NONE = 0: Raw, INET_DIAG_REQ_BYTECODE = 1: Row(4, &Rec(&INET_DIAG_BC_OP)),
        INET_DIAG_REQ_SK_BPF_STORAGES = 2: Raw, INET_DIAG_REQ_PROTOCOL = 3: Whole(&IPPROTO);

    /// What is told of one. include/uapi/linux/inet_diag.h
    INET_DIAG "INET_DIAG_":
        INET_DIAG_NONE = 0: Raw, INET_DIAG_MEMINFO = 1: Rec(&INET_DIAG_MEMINFO_REC), INET_DIAG_INFO = 2: Raw,
        INET_DIAG_VEGASINFO = 3: Rec(&TCPVEGAS_INFO), INET_DIAG_CONG = 4: Text, INET_DIAG_TOS = 5: U8,
        INET_DIAG_TCLASS = 6: U8, INET_DIAG_SKMEMINFO = 7: Named(4, &U32, &SK_MEMINFO),
        INET_DIAG_SHUTDOWN = 8: Spelled(1, &SHUTDOWN), INET_DIAG_DCTCPINFO = 9: Rec(&TCP_DCTCP_INFO),
        INET_DIAG_PROTOCOL = 10: Whole(&IPPROTO), INET_DIAG_SKV6ONLY = 11: U8,
        INET_DIAG_LOCALS = 12: List(128, &Sockaddr),
        INET_DIAG_PEERS = 13: List(128, &Sockaddr),
        INET_DIAG_PAD = 14: Raw, INET_DIAG_MARK = 15: U32, INET_DIAG_BBRINFO = 16: Rec(&TCP_BBR_INFO),
        INET_DIAG_CLASS_ID = 17: U32,
        INET_DIAG_MD5SIG = 18: List(104, &Rec(&TCP_DIAG_MD5SIG)),
        INET_DIAG_ULP_INFO = 19: Nest(&INET_ULP_INFO), INET_DIAG_SK_BPF_STORAGES = 20: Nest(&SK_DIAG_BPF_STORAGES),
        INET_DIAG_CGROUP_ID = 21: U64, INET_DIAG_SOCKOPT = 22: Rec(&SOCKOPT);

    /// What lies upon it. include/uapi/linux/inet_diag.h
    INET_ULP_INFO "INET_ULP_INFO_":
        INET_ULP_INFO_UNSPEC = 0: Raw, INET_ULP_INFO_NAME = 1: Text, INET_ULP_INFO_TLS = 2: Nest(&TLS_INFO),
        INET_ULP_INFO_MPTCP = 3: Nest(&MPTCP_SUBFLOW_ATTR);

    /// TLS. include/uapi/linux/tls.h
    TLS_INFO "TLS_INFO_":
        TLS_INFO_UNSPEC = 0: Raw, TLS_INFO_VERSION = 1: Loose(2, &TLS_VERSION),
        TLS_INFO_CIPHER = 2: Loose(2, &TLS_CIPHER), TLS_INFO_TXCONF = 3: Loose(2, &TLS_CONF), TLS_INFO_RXCONF = 4: Loose(2, &TLS_CONF),
        TLS_INFO_ZC_RO_TX = 5: Raw, TLS_INFO_RX_NO_PAD = 6: Raw, TLS_INFO_TX_MAX_PAYLOAD_LEN = 7: Raw;

    /// A flow of multipath TCP. include/uapi/linux/mptcp.h
    MPTCP_SUBFLOW_ATTR "MPTCP_SUBFLOW_ATTR_":
        MPTCP_SUBFLOW_ATTR_UNSPEC = 0: Raw, MPTCP_SUBFLOW_ATTR_TOKEN_REM = 1: X32, MPTCP_SUBFLOW_ATTR_TOKEN_LOC = 2: X32,
        MPTCP_SUBFLOW_ATTR_RELWRITE_SEQ = 3: U32, MPTCP_SUBFLOW_ATTR_MAP_SEQ = 4: U64, MPTCP_SUBFLOW_ATTR_MAP_SFSEQ = 5: U32,
        MPTCP_SUBFLOW_ATTR_SSN_OFFSET = 6: U32, MPTCP_SUBFLOW_ATTR_MAP_DATALEN = 7: U16,
        MPTCP_SUBFLOW_ATTR_FLAGS = 8: Flags(4, &MPTCP_SUBFLOW_FLAG), MPTCP_SUBFLOW_ATTR_ID_REM = 9: U8,
        MPTCP_SUBFLOW_ATTR_ID_LOC = 10: U8, MPTCP_SUBFLOW_ATTR_PAD = 11: Raw;

    /// What is told of a unix socket. include/uapi/linux/unix_diag.h
    UNIX_DIAG "UNIX_DIAG_":
        UNIX_DIAG_NAME = 0: Text, UNIX_DIAG_VFS = 1: Rec(&UNIX_DIAG_VFS_REC), UNIX_DIAG_PEER = 2: U32,
        UNIX_DIAG_ICONS = 3: List(4, &U32), UNIX_DIAG_RQLEN = 4: Rec(&UNIX_DIAG_RQLEN_REC),
        UNIX_DIAG_MEMINFO = 5: Named(4, &U32, &SK_MEMINFO), UNIX_DIAG_SHUTDOWN = 6: U8,
        UNIX_DIAG_UID = 7: Num(4, Ty::Id);

    /// What is told of a socket of netlink. include/uapi/linux/netlink_diag.h
    NETLINK_DIAG "NETLINK_DIAG_":
        NETLINK_DIAG_MEMINFO = 0: Named(4, &U32, &SK_MEMINFO),
        NETLINK_DIAG_GROUPS = 1: List(8, &Mask), NETLINK_DIAG_RX_RING = 2: Rec(&NETLINK_DIAG_RING),
        NETLINK_DIAG_TX_RING = 3: Rec(&NETLINK_DIAG_RING), NETLINK_DIAG_FLAGS = 4: one(4, &NDIAG_FLAG);

    /// What is told of a packet socket. include/uapi/linux/packet_diag.h
    PACKET_DIAG "PACKET_DIAG_":
        PACKET_DIAG_INFO = 0: Rec(&PACKET_DIAG_INFO_REC),
        PACKET_DIAG_MCLIST = 1: List(48, &Rec(&PACKET_DIAG_MCLIST_REC)),
        PACKET_DIAG_RX_RING = 2: Rec(&PACKET_DIAG_RING), PACKET_DIAG_TX_RING = 3: Rec(&PACKET_DIAG_RING),
        PACKET_DIAG_FANOUT = 4: U32, PACKET_DIAG_UID = 5: Num(4, Ty::Id),
        PACKET_DIAG_MEMINFO = 6: Named(4, &U32, &SK_MEMINFO),
        PACKET_DIAG_FILTER = 7: Raw;

    /// What programs keep with a socket. include/uapi/linux/sock_diag.h
    SK_DIAG_BPF_STORAGES "SK_DIAG_BPF_STORAGE_":
        SK_DIAG_BPF_STORAGE_REP_NONE = 0: Raw, SK_DIAG_BPF_STORAGE = 1: Nest(&SK_DIAG_BPF_STORAGE);

    /// What one keeps. include/uapi/linux/sock_diag.h
    SK_DIAG_BPF_STORAGE "SK_DIAG_BPF_STORAGE_":
        SK_DIAG_BPF_STORAGE_NONE = 0: Raw, SK_DIAG_BPF_STORAGE_PAD = 1: Raw, SK_DIAG_BPF_STORAGE_MAP_ID = 2: U32,
        SK_DIAG_BPF_STORAGE_MAP_VALUE = 3: Raw;
}
