//! NETLINK_ROUTE: attributes of everything but interfaces.

use super::holds::Holds::{
    Address, By, Descriptor, Flags, Hardware, Hops, Interface, List, Loose, Nest, Order, Raw, Rec, Text, Ticks, Via,
    Whole,
};
use super::holds::{Around, Attributes, Holds, S32, U8, U16, U32, U64, X8, X16, again, one};
use super::link_records::RTNL_LINK_STATS64;
use super::route_records::*;
use super::route_sets::*;
use crate::attributes;
use crate::schema::protocols::{AF, IPPROTO};

/// What families say, by their number.
static STATS_AF_SPEC: Attributes = Attributes { types: again(&AF), rows: &[], other: By(of_family) };

/// What a family counts.
fn of_family(around: &Around<'_>) -> Holds {
    if i32::from(around.ty) == libc::AF_MPLS { Nest(&MPLS_STATS) } else { Raw }
}

attributes! {
    /// An address. include/uapi/linux/if_addr.h
    IFA "IFA_":
        IFA_UNSPEC = 0: Raw, IFA_ADDRESS = 1: Address, IFA_LOCAL = 2: Address, IFA_LABEL = 3: Text, IFA_BROADCAST = 4: Address,
        IFA_ANYCAST = 5: Address, IFA_CACHEINFO = 6: Rec(&IFA_CACHEINFO_REC), IFA_MULTICAST = 7: Address, IFA_FLAGS = 8: one(4, &IFA_F),
        IFA_RT_PRIORITY = 9: U32, IFA_TARGET_NETNSID = 10: S32, IFA_PROTO = 11: Raw;

    /// A route. include/uapi/linux/rtnetlink.h
    RTA "RTA_":
        RTA_UNSPEC = 0: Raw, RTA_DST = 1: Address, RTA_SRC = 2: Address, RTA_IIF = 3: Interface, RTA_OIF = 4: Interface, RTA_GATEWAY = 5: Address,
        RTA_PRIORITY = 6: U32, RTA_PREFSRC = 7: Address, RTA_METRICS = 8: Nest(&RTAX),
        RTA_MULTIPATH = 9: Hops(&RTA),
        RTA_PROTOINFO = 10: U32, RTA_FLOW = 11: U32, RTA_CACHEINFO = 12: Rec(&RTA_CACHEINFO_INFO), RTA_SESSION = 13: Raw,
        RTA_MP_ALGO = 14: U32, RTA_TABLE = 15: one(4, &ROUTE_TABLE), RTA_MARK = 16: U32, RTA_MFC_STATS = 17: Rec(&RTA_MFC),
        RTA_VIA = 18: Via, RTA_NEWDST = 19: Address, RTA_PREF = 20: U8, RTA_ENCAP_TYPE = 21: one(2, &LWTUNNEL_ENCAP),
        RTA_ENCAP = 22: Raw, RTA_EXPIRES = 23: U64, RTA_PAD = 24: Raw, RTA_UID = 25: U32, RTA_TTL_PROPAGATE = 26: U8,
        RTA_IP_PROTO = 27: U8, RTA_SPORT = 28: U16, RTA_DPORT = 29: U16, RTA_NH_ID = 30: U32, RTA_FLOWLABEL = 31: Order(4);

    /// Its metrics. include/uapi/linux/rtnetlink.h
    RTAX "RTAX_":
        RTAX_UNSPEC = 0: Raw, RTAX_LOCK = 1: U32, RTAX_MTU = 2: U32, RTAX_WINDOW = 3: U32, RTAX_RTT = 4: U32, RTAX_RTTVAR = 5: U32,
        RTAX_SSTHRESH = 6: U32, RTAX_CWND = 7: U32, RTAX_ADVMSS = 8: U32, RTAX_REORDERING = 9: U32, RTAX_HOPLIMIT = 10: U32,
        RTAX_INITCWND = 11: U32, RTAX_FEATURES = 12: U32, RTAX_RTO_MIN = 13: U32, RTAX_INITRWND = 14: U32, RTAX_QUICKACK = 15: U32,
        RTAX_CC_ALGO = 16: Text, RTAX_FASTOPEN_NO_COOKIE = 17: Raw;

    /// A neighbour. include/uapi/linux/neighbour.h
    NDA "NDA_":
        NDA_UNSPEC = 0: Raw, NDA_DST = 1: Address, NDA_LLADDR = 2: Hardware, NDA_CACHEINFO = 3: Rec(&NDA_CACHEINFO_INFO),
        NDA_PROBES = 4: U32, NDA_VLAN = 5: U16, NDA_PORT = 6: Order(2), NDA_VNI = 7: U32, NDA_IFINDEX = 8: Interface,
        NDA_MASTER = 9: Interface, NDA_LINK_NETNSID = 10: U32, NDA_SRC_VNI = 11: U32, NDA_PROTOCOL = 12: Whole(&IPPROTO),
        NDA_NH_ID = 13: U32, NDA_FDB_EXT_ATTRS = 14: Nest(&NFEA), NDA_FLAGS_EXT = 15: Flags(4, &NTF_EXT),
        NDA_NDM_STATE_MASK = 16: Flags(2, &NUD), NDA_NDM_FLAGS_MASK = 17: Flags(1, &NTF);

    /// An entry of a forwarding table. include/uapi/linux/neighbour.h
    NFEA "NFEA_":
        NFEA_UNSPEC = 0: Raw, NFEA_ACTIVITY_NOTIFY = 1: Flags(1, &FDB_NOTIFY), NFEA_DONT_REFRESH = 2: Raw;

    /// A rule. include/uapi/linux/fib_rules.h
    FRA "FRA_":
        FRA_UNSPEC = 0: Raw, FRA_DST = 1: Address, FRA_SRC = 2: Address, FRA_IIFNAME = 3: Text, FRA_GOTO = 4: U32, FRA_UNUSED2 = 5: Raw,
        FRA_PRIORITY = 6: U32, FRA_UNUSED3 = 7: Raw, FRA_UNUSED4 = 8: Raw, FRA_UNUSED5 = 9: Raw, FRA_FWMARK = 10: U32,
        FRA_FLOW = 11: U32, FRA_TUN_ID = 12: Order(8), FRA_SUPPRESS_IFGROUP = 13: U32, FRA_SUPPRESS_PREFIXLEN = 14: U32,
        FRA_TABLE = 15: one(4, &ROUTE_TABLE), FRA_FWMASK = 16: U32, FRA_OIFNAME = 17: Text, FRA_PAD = 18: Raw, FRA_L3MDEV = 19: U8,
        FRA_UID_RANGE = 20: Rec(&UID_RANGE), FRA_PROTOCOL = 21: one(1, &RTPROT), FRA_IP_PROTO = 22: Whole(&IPPROTO),
        FRA_SPORT_RANGE = 23: Rec(&PORT_RANGE), FRA_DPORT_RANGE = 24: Rec(&PORT_RANGE), FRA_DSCP = 25: U8,
        FRA_FLOWLABEL = 26: Order(4), FRA_FLOWLABEL_MASK = 27: Order(4), FRA_SPORT_MASK = 28: X16, FRA_DPORT_MASK = 29: X16,
        FRA_DSCP_MASK = 30: X8;

    /// A queue, a class or a filter. include/uapi/linux/rtnetlink.h
    TCA "TCA_":
        TCA_UNSPEC = 0: Raw, TCA_KIND = 1: Text, TCA_OPTIONS = 2: Raw, TCA_STATS = 3: Rec(&TC_STATS), TCA_XSTATS = 4: Raw,
        TCA_RATE = 5: Rec(&TC_ESTIMATOR), TCA_FCNT = 6: U32, TCA_STATS2 = 7: Nest(&TCA_STATS), TCA_STAB = 8: Nest(&TCA_STAB),
        TCA_PAD = 9: Raw, TCA_DUMP_INVISIBLE = 10: Raw, TCA_CHAIN = 11: U32, TCA_HW_OFFLOAD = 12: U8, TCA_INGRESS_BLOCK = 13: U32,
        TCA_EGRESS_BLOCK = 14: U32, TCA_DUMP_FLAGS = 15: U32, TCA_EXT_WARN_MSG = 16: Text;

    /// Its counts. include/uapi/linux/gen_stats.h
    TCA_STATS "TCA_STATS_":
        TCA_STATS_UNSPEC = 0: Raw, TCA_STATS_BASIC = 1: Rec(&GNET_STATS_BASIC), TCA_STATS_RATE_EST = 2: Rec(&GNET_STATS_RATE_EST),
        TCA_STATS_QUEUE = 3: Rec(&GNET_STATS_QUEUE), TCA_STATS_APP = 4: Raw,
        TCA_STATS_RATE_EST64 = 5: Rec(&GNET_STATS_RATE_EST64), TCA_STATS_PAD = 6: Raw,
        TCA_STATS_BASIC_HW = 7: Rec(&GNET_STATS_BASIC), TCA_STATS_PKT64 = 8: U64;

    /// Its sizes. include/uapi/linux/pkt_sched.h
    TCA_STAB "TCA_STAB_":
        TCA_STAB_UNSPEC = 0: Raw, TCA_STAB_BASE = 1: Rec(&TC_SIZESPEC), TCA_STAB_DATA = 2: List(2, &U16);

    /// Actions. include/uapi/linux/rtnetlink.h
    TCA_ROOT "TCA_ROOT_":
        TCA_ROOT_UNSPEC = 0: Raw, TCA_ROOT_TAB = 1: Nest(&ACTIONS), TCA_ROOT_FLAGS = 2: Flags(4, &TCA_ACT_FLAG),
        TCA_ROOT_COUNT = 3: U32, TCA_ROOT_TIME_DELTA = 4: Ticks(1, 1000), TCA_ROOT_EXT_WARN_MSG = 5: Text;

    /// A table of neighbours. include/uapi/linux/neighbour.h
    NDTA "NDTA_":
        NDTA_UNSPEC = 0: Raw, NDTA_NAME = 1: Text, NDTA_THRESH1 = 2: U32, NDTA_THRESH2 = 3: U32, NDTA_THRESH3 = 4: U32,
        NDTA_CONFIG = 5: Rec(&NDT_CONFIG), NDTA_PARMS = 6: Nest(&NDTPA), NDTA_STATS = 7: Rec(&NDT_STATS),
        NDTA_GC_INTERVAL = 8: U64, NDTA_PAD = 9: Raw;

    /// Its parameters. include/uapi/linux/neighbour.h
    NDTPA "NDTPA_":
        NDTPA_UNSPEC = 0: Raw, NDTPA_IFINDEX = 1: Interface, NDTPA_REFCNT = 2: U32, NDTPA_REACHABLE_TIME = 3: U64,
        NDTPA_BASE_REACHABLE_TIME = 4: U64, NDTPA_RETRANS_TIME = 5: U64, NDTPA_GC_STALETIME = 6: U64, NDTPA_DELAY_PROBE_TIME = 7: U64,
        NDTPA_QUEUE_LEN = 8: U32, NDTPA_APP_PROBES = 9: U32, NDTPA_UCAST_PROBES = 10: U32, NDTPA_MCAST_PROBES = 11: U32,
        NDTPA_ANYCAST_DELAY = 12: U64, NDTPA_PROXY_DELAY = 13: U64, NDTPA_PROXY_QLEN = 14: U32, NDTPA_LOCKTIME = 15: U64,
        NDTPA_QUEUE_LENBYTES = 16: U32, NDTPA_MCAST_REPROBES = 17: U32, NDTPA_PAD = 18: Raw, NDTPA_INTERVAL_PROBE_TIME_MS = 19: U64;

    /// A label of addresses. include/uapi/linux/if_addrlabel.h
    IFAL "IFAL_":
        IFAL_ADDRESS = 1: Address, IFAL_LABEL = 2: U32;

    /// Bridging of data centres. include/uapi/linux/dcbnl.h
    DCB_ATTR "DCB_ATTR_":
        DCB_ATTR_UNDEFINED = 0: Raw, DCB_ATTR_IFNAME = 1: Raw, DCB_ATTR_STATE = 2: Raw, DCB_ATTR_PFC_STATE = 3: Raw,
        DCB_ATTR_PFC_CFG = 4: Raw, DCB_ATTR_NUM_TC = 5: Raw, DCB_ATTR_PG_CFG = 6: Raw, DCB_ATTR_SET_ALL = 7: Raw,
        DCB_ATTR_PERM_HWADDR = 8: Raw, DCB_ATTR_CAP = 9: Raw, DCB_ATTR_NUMTCS = 10: Raw, DCB_ATTR_BCN = 11: Raw, DCB_ATTR_APP = 12: Raw,
        DCB_ATTR_IEEE = 13: Raw, DCB_ATTR_DCBX = 14: Raw, DCB_ATTR_FEATCFG = 15: Raw, DCB_ATTR_CEE = 16: Raw;

    /// Settings. include/uapi/linux/netconf.h
    NETCONFA "NETCONFA_":
        NETCONFA_UNSPEC = 0: Raw, NETCONFA_IFINDEX = 1: Interface, NETCONFA_FORWARDING = 2: S32, NETCONFA_RP_FILTER = 3: S32,
        NETCONFA_MC_FORWARDING = 4: S32, NETCONFA_PROXY_NEIGH = 5: S32, NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN = 6: S32,
        NETCONFA_INPUT = 7: S32, NETCONFA_BC_FORWARDING = 8: S32, NETCONFA_FORCE_FORWARDING = 9: S32;

    /// Groups in a bridge. include/uapi/linux/if_bridge.h
    MDBA "MDBA_":
        MDBA_UNSPEC = 0: Raw, MDBA_MDB = 1: Nest(&MDBA_MDB), MDBA_ROUTER = 2: Nest(&MDBA_ROUTER);

    /// Entries. include/uapi/linux/if_bridge.h
    MDBA_MDB "MDBA_MDB_":
        MDBA_MDB_UNSPEC = 0: Raw, MDBA_MDB_ENTRY = 1: Nest(&MDBA_MDB_ENTRY);

    /// An entry. include/uapi/linux/if_bridge.h
    MDBA_MDB_ENTRY "MDBA_MDB_ENTRY_":
        MDBA_MDB_ENTRY_UNSPEC = 0: Raw, MDBA_MDB_ENTRY_INFO = 1: Rec(&BR_MDB_ENTRY);

    /// Ports of routers. include/uapi/linux/if_bridge.h
    MDBA_ROUTER "MDBA_ROUTER_":
        MDBA_ROUTER_UNSPEC = 0: Raw, MDBA_ROUTER_PORT = 1: Interface;

    /// Numbers of namespaces. include/uapi/linux/net_namespace.h
    NETNSA "NETNSA_":
        NETNSA_NONE = 0: Raw, NETNSA_NSID = 1: S32, NETNSA_PID = 2: U32, NETNSA_FD = 3: Descriptor, NETNSA_TARGET_NSID = 4: S32,
        NETNSA_CURRENT_NSID = 5: S32;

    /// Counts of an interface. include/uapi/linux/if_link.h
    IFLA_STATS "IFLA_STATS_":
        IFLA_STATS_UNSPEC = 0: Raw, IFLA_STATS_LINK_64 = 1: Rec(&RTNL_LINK_STATS64),
        IFLA_STATS_LINK_XSTATS = 2: Nest(&LINK_XSTATS_TYPE), IFLA_STATS_LINK_XSTATS_SLAVE = 3: Nest(&LINK_XSTATS_TYPE),
        IFLA_STATS_LINK_OFFLOAD_XSTATS = 4: Nest(&IFLA_OFFLOAD_XSTATS), IFLA_STATS_AF_SPEC = 5: Nest(&STATS_AF_SPEC);

    /// Counts of its kind. include/uapi/linux/if_link.h
    LINK_XSTATS_TYPE "LINK_XSTATS_TYPE_":
        LINK_XSTATS_TYPE_UNSPEC = 0: Raw, LINK_XSTATS_TYPE_BRIDGE = 1: Nest(&BRIDGE_XSTATS),
        LINK_XSTATS_TYPE_BOND = 2: Nest(&BOND_XSTATS);

    /// Counts of a bridge. include/uapi/linux/if_bridge.h
    BRIDGE_XSTATS "BRIDGE_XSTATS_":
        BRIDGE_XSTATS_UNSPEC = 0: Raw, BRIDGE_XSTATS_VLAN = 1: Rec(&BRIDGE_XSTATS_VLAN_REC),
        BRIDGE_XSTATS_MCAST = 2: Rec(&BRIDGE_XSTATS_MCAST_REC), BRIDGE_XSTATS_PAD = 3: Raw,
        BRIDGE_XSTATS_STP = 4: Rec(&BRIDGE_XSTATS_STP_REC);

    /// Counts of hardware. include/uapi/linux/if_link.h
    IFLA_OFFLOAD_XSTATS "IFLA_OFFLOAD_XSTATS_":
        IFLA_OFFLOAD_XSTATS_UNSPEC = 0: Raw, IFLA_OFFLOAD_XSTATS_CPU_HIT = 1: Rec(&RTNL_LINK_STATS64);

    /// Counts of a bond. include/uapi/linux/if_link.h
    BOND_XSTATS "BOND_XSTATS_":
        BOND_XSTATS_UNSPEC = 0: Raw, BOND_XSTATS_3AD = 1: Nest(&BOND_3AD_STAT);

    /// Counts of 802.3ad. include/uapi/linux/if_link.h
    BOND_3AD_STAT "BOND_3AD_STAT_":
        BOND_3AD_STAT_LACPDU_RX = 0: U64, BOND_3AD_STAT_LACPDU_TX = 1: U64, BOND_3AD_STAT_LACPDU_UNKNOWN_RX = 2: U64,
        BOND_3AD_STAT_LACPDU_ILLEGAL_RX = 3: U64, BOND_3AD_STAT_MARKER_RX = 4: U64, BOND_3AD_STAT_MARKER_TX = 5: U64,
        BOND_3AD_STAT_MARKER_RESP_RX = 6: U64, BOND_3AD_STAT_MARKER_RESP_TX = 7: U64, BOND_3AD_STAT_MARKER_UNKNOWN_RX = 8: U64,
        BOND_3AD_STAT_PAD = 9: Raw;

    /// A next hop. include/uapi/linux/nexthop.h
    NHA "NHA_":
        NHA_UNSPEC = 0: Raw, NHA_ID = 1: U32, NHA_GROUP = 2: List(8, &Rec(&NEXTHOP_GRP)),
        NHA_GROUP_TYPE = 3: Loose(2, &NEXTHOP_GRP_TYPE), NHA_BLACKHOLE = 4: U32, NHA_OIF = 5: Interface, NHA_GATEWAY = 6: Address,
        NHA_ENCAP_TYPE = 7: one(2, &LWTUNNEL_ENCAP), NHA_ENCAP = 8: Raw, NHA_GROUPS = 9: U32, NHA_MASTER = 10: Interface,
        NHA_FDB = 11: U32, NHA_RES_GROUP = 12: Nest(&NHA_RES_GROUP), NHA_RES_BUCKET = 13: Nest(&NHA_RES_BUCKET);

    /// A group that resists changes. include/uapi/linux/nexthop.h
    NHA_RES_GROUP "NHA_RES_GROUP_":
        NHA_RES_GROUP_PAD = 0: Raw, NHA_RES_GROUP_BUCKETS = 1: U16, NHA_RES_GROUP_IDLE_TIMER = 2: Ticks(1, 100),
        NHA_RES_GROUP_UNBALANCED_TIMER = 3: Ticks(1, 100), NHA_RES_GROUP_UNBALANCED_TIME = 4: Ticks(1, 100);

    /// One of its buckets. include/uapi/linux/nexthop.h
    NHA_RES_BUCKET "NHA_RES_BUCKET_":
        NHA_RES_BUCKET_PAD = 0: Raw, NHA_RES_BUCKET_INDEX = 1: U16, NHA_RES_BUCKET_IDLE_TIME = 2: Ticks(1, 100),
        NHA_RES_BUCKET_NH_ID = 3: U32;

    /// Counts of MPLS. include/uapi/linux/mpls.h
    MPLS_STATS "MPLS_STATS_": MPLS_STATS_UNSPEC = 0: Raw, MPLS_STATS_LINK = 1: Rec(&MPLS_LINK_STATS);

    /// Actions, by number.
    ACTIONS "" else Nest(&TCA_ACT), : ;

    /// An action. include/uapi/linux/pkt_cls.h
    TCA_ACT "TCA_ACT_":
        TCA_ACT_UNSPEC = 0: Raw, TCA_ACT_KIND = 1: Text, TCA_ACT_OPTIONS = 2: Raw, TCA_ACT_INDEX = 3: U32,
        TCA_ACT_STATS = 4: Nest(&TCA_STATS), TCA_ACT_PAD = 5: Raw, TCA_ACT_COOKIE = 6: Raw, TCA_ACT_FLAGS = 7: Flags(4, &TCA_ACT_FLAGS),
        TCA_ACT_HW_STATS = 8: Flags(4, &TCA_ACT_HW_STATS), TCA_ACT_USED_HW_STATS = 9: Flags(4, &TCA_ACT_HW_STATS),
        TCA_ACT_IN_HW_COUNT = 10: U32;

}
