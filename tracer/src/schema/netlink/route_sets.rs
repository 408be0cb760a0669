//! Constants of NETLINK_ROUTE.

use crate::schema::set::Set;
use crate::sets;

sets! {
    /// Kinds of tunnels. include/uapi/linux/lwtunnel.h
    LWTUNNEL_ENCAP "LWTUNNEL_ENCAP_"
    choice all:
        LWTUNNEL_ENCAP_NONE = 0, LWTUNNEL_ENCAP_MPLS = 1, LWTUNNEL_ENCAP_IP = 2, LWTUNNEL_ENCAP_ILA = 3, LWTUNNEL_ENCAP_IP6 = 4,
        LWTUNNEL_ENCAP_SEG6 = 5, LWTUNNEL_ENCAP_BPF = 6, LWTUNNEL_ENCAP_SEG6_LOCAL = 7, LWTUNNEL_ENCAP_RPL = 8;

    /// When to tell. include/uapi/linux/neighbour.h
    FDB_NOTIFY "FDB_NOTIFY_"
    bits:
        FDB_NOTIFY_BIT = 1, FDB_NOTIFY_INACTIVE_BIT = 2;

    /// More flags of a neighbour. include/uapi/linux/neighbour.h
    NTF_EXT "NTF_EXT_"
    bits:
        NTF_EXT_MANAGED = 1, NTF_EXT_LOCKED = 2, NTF_EXT_EXT_VALIDATED = 4;

    /// States of a neighbour. include/uapi/linux/neighbour.h
    NUD "NUD_"
    bits:
        NUD_NONE = 0, NUD_INCOMPLETE = 1, NUD_REACHABLE = 2, NUD_STALE = 4, NUD_DELAY = 8, NUD_PROBE = 16, NUD_FAILED = 32,
        NUD_NOARP = 64, NUD_PERMANENT = 128;

    /// Its flags. include/uapi/linux/neighbour.h
    NTF "NTF_"
    bits:
        NTF_USE = 1, NTF_SELF = 2, NTF_MASTER = 4, NTF_PROXY = 8, NTF_EXT_LEARNED = 16, NTF_OFFLOADED = 32, NTF_STICKY = 64,
        NTF_ROUTER = 128;

    /// Who made a route. include/uapi/linux/rtnetlink.h
    RTPROT "RTPROT_"
    choice all:
        RTPROT_UNSPEC = 0, RTPROT_REDIRECT = 1, RTPROT_KERNEL = 2, RTPROT_BOOT = 3, RTPROT_STATIC = 4, RTPROT_GATED = 8, RTPROT_RA = 9,
        RTPROT_MRT = 10, RTPROT_ZEBRA = 11, RTPROT_BIRD = 12, RTPROT_DNROUTED = 13, RTPROT_XORP = 14, RTPROT_NTK = 15, RTPROT_DHCP = 16,
        RTPROT_MROUTED = 17, RTPROT_KEEPALIVED = 18, RTPROT_BABEL = 42, RTPROT_OVN = 84, RTPROT_OPENR = 99, RTPROT_BGP = 186,
        RTPROT_ISIS = 187, RTPROT_OSPF = 188, RTPROT_RIP = 189, RTPROT_EIGRP = 192;

    /// How actions are listed. include/uapi/linux/rtnetlink.h
    TCA_ACT_FLAG "TCA_ACT_FLAG_"
    bits:
        TCA_ACT_FLAG_LARGE_DUMP_ON = 1, TCA_ACT_FLAG_TERSE_DUMP = 2;

    /// States of an entry. include/uapi/linux/if_bridge.h
    MDB "MDB_"
    choice all:
        MDB_TEMPORARY = 0, MDB_PERMANENT = 1;

    /// Its flags. include/uapi/linux/if_bridge.h
    MDB_FLAGS "MDB_FLAGS_"
    bits:
        MDB_FLAGS_OFFLOAD = 1, MDB_FLAGS_FAST_LEAVE = 2, MDB_FLAGS_STAR_EXCL = 4, MDB_FLAGS_BLOCKED = 8, MDB_FLAGS_OFFLOAD_FAILED = 16;

    /// Kinds of groups. include/uapi/linux/nexthop.h
    NEXTHOP_GRP_TYPE "NEXTHOP_GRP_TYPE_"
    choice all:
        NEXTHOP_GRP_TYPE_MPATH = 0, NEXTHOP_GRP_TYPE_RES = 1;

    /// Tables of routes. include/uapi/linux/rtnetlink.h
    RT_TABLE "RT_TABLE_"
    choice all:
        RT_TABLE_UNSPEC = 0, RT_TABLE_COMPAT = 252, RT_TABLE_DEFAULT = 253, RT_TABLE_MAIN = 254, RT_TABLE_LOCAL = 255;

    /// Kinds of service. include/uapi/linux/ip.h
    IPTOS "IPTOS_"
    bits:
        IPTOS_LOWDELAY = 16, IPTOS_THROUGHPUT = 8, IPTOS_RELIABILITY = 4, IPTOS_MINCOST = 2;

    /// Flags of a hop. include/uapi/linux/rtnetlink.h
    RTNH_F "RTNH_F_"
    bits:
        RTNH_F_DEAD = 1, RTNH_F_PERVASIVE = 2, RTNH_F_ONLINK = 4, RTNH_F_OFFLOAD = 8, RTNH_F_LINKDOWN = 16, RTNH_F_UNRESOLVED = 32,
        RTNH_F_TRAP = 64;

    /// Flags of an address. include/uapi/linux/if_addr.h
    IFA_F "IFA_F_"
    bits:
        IFA_F_SECONDARY = 1, IFA_F_NODAD = 2, IFA_F_OPTIMISTIC = 4, IFA_F_DADFAILED = 8, IFA_F_HOMEADDRESS = 16, IFA_F_DEPRECATED = 32,
        IFA_F_TENTATIVE = 64, IFA_F_PERMANENT = 128, IFA_F_MANAGETEMPADDR = 256, IFA_F_NOPREFIXROUTE = 512, IFA_F_MCAUTOJOIN = 0x400,
        IFA_F_STABLE_PRIVACY = 0x800;

    /// Ways of packets. include/uapi/linux/if_bridge.h
    BR_MCAST_DIR "BR_MCAST_DIR_"
    choice all: BR_MCAST_DIR_RX = 0, BR_MCAST_DIR_TX = 1;

    /// Tables of routes, as a route has them. include/uapi/linux/rtnetlink.h
    ROUTE_TABLE ""
    choice all: RT_TABLE_UNSPEC = 0, RT_TABLE_COMPAT = 252, RT_TABLE_DEFAULT = 253, RT_TABLE_MAIN = 254, RT_TABLE_LOCAL = 255;

    /// How far an address goes. include/uapi/linux/rtnetlink.h
    RT_SCOPE ""
    choice all:
        RT_SCOPE_UNIVERSE = 0, RT_SCOPE_SITE = 200, RT_SCOPE_LINK = 253, RT_SCOPE_HOST = 254, RT_SCOPE_NOWHERE = 255;

    /// Kinds of routes. include/uapi/linux/rtnetlink.h
    RTN "RTN_"
    choice all:
        RTN_UNSPEC = 0, RTN_UNICAST = 1, RTN_LOCAL = 2, RTN_BROADCAST = 3, RTN_ANYCAST = 4, RTN_MULTICAST = 5, RTN_BLACKHOLE = 6,
        RTN_UNREACHABLE = 7, RTN_PROHIBIT = 8, RTN_THROW = 9, RTN_NAT = 10, RTN_XRESOLVE = 11;

    /// Flags of a route. include/uapi/linux/rtnetlink.h
    RTM_F "RTM_F_"
    bits: RTM_F_NOTIFY = 0x100, RTM_F_CLONED = 0x200, RTM_F_EQUALIZE = 0x400, RTM_F_PREFIX = 0x800, RTM_F_LOOKUP_TABLE = 0x1000,
          RTM_F_FIB_MATCH = 0x2000, RTM_F_OFFLOAD = 0x4000, RTM_F_TRAP = 0x8000, RTM_F_OFFLOAD_FAILED = 0x20000000;

    /// What a rule does. include/uapi/linux/fib_rules.h
    FR_ACT "FR_ACT_"
    choice all:
        FR_ACT_UNSPEC = 0, FR_ACT_TO_TBL = 1, FR_ACT_GOTO = 2, FR_ACT_NOP = 3, FR_ACT_RES3 = 4, FR_ACT_RES4 = 5, FR_ACT_BLACKHOLE = 6,
        FR_ACT_UNREACHABLE = 7, FR_ACT_PROHIBIT = 8;

    /// Flags of a rule. include/uapi/linux/fib_rules.h
    FIB_RULE "FIB_RULE_"
    bits: FIB_RULE_PERMANENT = 1, FIB_RULE_INVERT = 2, FIB_RULE_UNRESOLVED = 4, FIB_RULE_IIF_DETACHED = 8, FIB_RULE_OIF_DETACHED = 0x10,
          FIB_RULE_FIND_SADDR = 0x10000;

    /// Commands. include/uapi/linux/dcbnl.h
    DCB_CMD "DCB_CMD_"
    choice all:
        DCB_CMD_UNDEFINED = 0, DCB_CMD_GSTATE = 1, DCB_CMD_SSTATE = 2, DCB_CMD_PGTX_GCFG = 3, DCB_CMD_PGTX_SCFG = 4,
        DCB_CMD_PGRX_GCFG = 5, DCB_CMD_PGRX_SCFG = 6, DCB_CMD_PFC_GCFG = 7, DCB_CMD_PFC_SCFG = 8, DCB_CMD_SET_ALL = 9,
        DCB_CMD_GPERM_HWADDR = 10, DCB_CMD_GCAP = 11, DCB_CMD_GNUMTCS = 12, DCB_CMD_SNUMTCS = 13, DCB_CMD_PFC_GSTATE = 14,
        DCB_CMD_PFC_SSTATE = 15, DCB_CMD_BCN_GCFG = 16, DCB_CMD_BCN_SCFG = 17, DCB_CMD_GAPP = 18, DCB_CMD_SAPP = 19,
        DCB_CMD_IEEE_SET = 20, DCB_CMD_IEEE_GET = 21, DCB_CMD_GDCBX = 22, DCB_CMD_SDCBX = 23, DCB_CMD_GFEATCFG = 24,
        DCB_CMD_SFEATCFG = 25, DCB_CMD_CEE_GET = 26, DCB_CMD_IEEE_DEL = 27;

    /// Flags of an action. include/uapi/linux/pkt_cls.h
    TCA_ACT_FLAGS "TCA_ACT_FLAGS_"
    bits: TCA_ACT_FLAGS_NO_PERCPU_STATS = 1, TCA_ACT_FLAGS_SKIP_HW = 2, TCA_ACT_FLAGS_SKIP_SW = 4;

    /// Who counts. include/uapi/linux/pkt_cls.h
    TCA_ACT_HW_STATS "TCA_ACT_HW_STATS_"
    bits: TCA_ACT_HW_STATS_IMMEDIATE = 1, TCA_ACT_HW_STATS_DELAYED = 2;
}

/// Counts that are asked for, a bit each.
pub static STATS_FILTER: Set = Set {
    prefix: "1<<IFLA_STATS_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<IFLA_STATS_UNSPEC", 1 << 0),
        ("1<<IFLA_STATS_LINK_64", 1 << 1),
        ("1<<IFLA_STATS_LINK_XSTATS", 1 << 2),
        ("1<<IFLA_STATS_LINK_XSTATS_SLAVE", 1 << 3),
        ("1<<IFLA_STATS_LINK_OFFLOAD_XSTATS", 1 << 4),
        ("1<<IFLA_STATS_AF_SPEC", 1 << 5),
    ],
};
