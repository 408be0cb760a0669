//! NETLINK_ROUTE: attributes of interfaces.

use super::holds::Holds::{
    By, Descriptor, Flags, Hardware, Htons, Interface, Ip4, Ip6, Kind, Loose, Named, Nest, Num, Raw, Rec, Station,
    Text, Ticks,
};
use super::holds::{Around, Attributes, Holds, S32, U8, U16, U32, U64, X8, X16, X32, again, one};
use super::link_records::*;
use super::link_sets::*;
use crate::attributes;
use crate::schema::protocols::AF;
use crate::schema::types::Ty;

/// A user or a group.
const ID: Holds = Num(4, Ty::Id);

/// Properties of an interface: its other names.
static PROPERTIES: Attributes = Attributes { types: again(&IFLA.types), rows: &[], other: By(property) };

/// What families say of an interface, by their number.
static AF_SPEC: Attributes = Attributes { types: again(&AF), rows: &[], other: By(of_one) };

attributes! {
    /// An interface. include/uapi/linux/if_link.h
    IFLA "IFLA_":
        IFLA_UNSPEC = 0: Raw, IFLA_ADDRESS = 1: Station, IFLA_BROADCAST = 2: Station, IFLA_IFNAME = 3: Text, IFLA_MTU = 4: U32,
        IFLA_LINK = 5: U32, IFLA_QDISC = 6: Text, IFLA_STATS = 7: Rec(&RTNL_LINK_STATS), IFLA_COST = 8: Raw, IFLA_PRIORITY = 9: Raw,
        IFLA_MASTER = 10: U32, IFLA_WIRELESS = 11: Raw, IFLA_PROTINFO = 12: By(of_family), IFLA_TXQLEN = 13: U32,
        IFLA_MAP = 14: Rec(&RTNL_LINK_IFMAP), IFLA_WEIGHT = 15: U32, IFLA_OPERSTATE = 16: U8, IFLA_LINKMODE = 17: U8,
        IFLA_LINKINFO = 18: Nest(&IFLA_INFO), IFLA_NET_NS_PID = 19: U32, IFLA_IFALIAS = 20: Text, IFLA_NUM_VF = 21: U32,
        IFLA_VFINFO_LIST = 22: Nest(&IFLA_VF_INFO), IFLA_STATS64 = 23: Rec(&RTNL_LINK_STATS64), IFLA_VF_PORTS = 24: Nest(&IFLA_VF_PORT),
        IFLA_PORT_SELF = 25: Nest(&IFLA_PORT), IFLA_AF_SPEC = 26: By(of_families), IFLA_GROUP = 27: U32, IFLA_NET_NS_FD = 28: Descriptor,
        IFLA_EXT_MASK = 29: Flags(4, &RTEXT_FILTER), IFLA_PROMISCUITY = 30: U32, IFLA_NUM_TX_QUEUES = 31: U32,
        IFLA_NUM_RX_QUEUES = 32: U32, IFLA_CARRIER = 33: U8, IFLA_PHYS_PORT_ID = 34: Raw, IFLA_CARRIER_CHANGES = 35: U32,
        IFLA_PHYS_SWITCH_ID = 36: Raw, IFLA_LINK_NETNSID = 37: S32, IFLA_PHYS_PORT_NAME = 38: Text, IFLA_PROTO_DOWN = 39: U8,
        IFLA_GSO_MAX_SEGS = 40: U32, IFLA_GSO_MAX_SIZE = 41: U32, IFLA_PAD = 42: Raw, IFLA_XDP = 43: Nest(&IFLA_XDP),
        IFLA_EVENT = 44: one(4, &EVENT), IFLA_NEW_NETNSID = 45: S32, IFLA_IF_NETNSID = 46: S32, IFLA_CARRIER_UP_COUNT = 47: U32,
        IFLA_CARRIER_DOWN_COUNT = 48: U32, IFLA_NEW_IFINDEX = 49: Interface, IFLA_MIN_MTU = 50: U32, IFLA_MAX_MTU = 51: U32,
        IFLA_PROP_LIST = 52: Nest(&PROPERTIES), IFLA_ALT_IFNAME = 53: Text, IFLA_PERM_ADDRESS = 54: Station,
        IFLA_PROTO_DOWN_REASON = 55: Nest(&IFLA_PROTO_DOWN_REASON), IFLA_PARENT_DEV_NAME = 56: Text,
        IFLA_PARENT_DEV_BUS_NAME = 57: Text, IFLA_GRO_MAX_SIZE = 58: U32, IFLA_TSO_MAX_SIZE = 59: U32, IFLA_TSO_MAX_SEGS = 60: U32,
        IFLA_ALLMULTI = 61: U32, IFLA_DEVLINK_PORT = 62: U32, IFLA_GSO_IPV4_MAX_SIZE = 63: U32, IFLA_GRO_IPV4_MAX_SIZE = 64: U32,
        IFLA_DPLL_PIN = 65: Raw, IFLA_MAX_PACING_OFFLOAD_HORIZON = 66: U64, IFLA_NETNS_IMMUTABLE = 67: U8, IFLA_HEADROOM = 68: U16,
        IFLA_TAILROOM = 69: U16;

    /// Its kind. include/uapi/linux/if_link.h
    IFLA_INFO "IFLA_INFO_":
        IFLA_INFO_UNSPEC = 0: Raw, IFLA_INFO_KIND = 1: Kind, IFLA_INFO_DATA = 2: By(data), IFLA_INFO_XSTATS = 3: By(xstats),
        IFLA_INFO_SLAVE_KIND = 4: Kind, IFLA_INFO_SLAVE_DATA = 5: By(slave);

    /// Its virtual functions. include/uapi/linux/if_link.h
    IFLA_VF_INFO "IFLA_VF_INFO_":
        IFLA_VF_INFO_UNSPEC = 0: Raw, IFLA_VF_INFO = 1: Nest(&IFLA_VF);

    /// A virtual function. include/uapi/linux/if_link.h
    IFLA_VF "IFLA_VF_":
        IFLA_VF_UNSPEC = 0: Raw, IFLA_VF_MAC = 1: Rec(&VF_MAC), IFLA_VF_VLAN = 2: Rec(&VF_VLAN),
        IFLA_VF_TX_RATE = 3: Rec(&VF_TX_RATE), IFLA_VF_SPOOFCHK = 4: Rec(&VF_SETTING),
        IFLA_VF_LINK_STATE = 5: Rec(&VF_STATE), IFLA_VF_RATE = 6: Rec(&VF_RATE),
        IFLA_VF_RSS_QUERY_EN = 7: Rec(&VF_SETTING), IFLA_VF_STATS = 8: Nest(&IFLA_VF_STATS),
        IFLA_VF_TRUST = 9: Rec(&VF_SETTING), IFLA_VF_IB_NODE_GUID = 10: Rec(&VF_GUID),
        IFLA_VF_IB_PORT_GUID = 11: Rec(&VF_GUID), IFLA_VF_VLAN_LIST = 12: Nest(&IFLA_VF_VLAN_INFO),
        IFLA_VF_BROADCAST = 13: Rec(&VF_BROADCAST);

    /// Counts of one. include/uapi/linux/if_link.h
    IFLA_VF_STATS "IFLA_VF_STATS_":
        IFLA_VF_STATS_RX_PACKETS = 0: U64, IFLA_VF_STATS_TX_PACKETS = 1: U64, IFLA_VF_STATS_RX_BYTES = 2: U64,
        IFLA_VF_STATS_TX_BYTES = 3: U64, IFLA_VF_STATS_BROADCAST = 4: U64, IFLA_VF_STATS_MULTICAST = 5: U64, IFLA_VF_STATS_PAD = 6: Raw,
        IFLA_VF_STATS_RX_DROPPED = 7: U64, IFLA_VF_STATS_TX_DROPPED = 8: U64;

    /// Its networks. include/uapi/linux/if_link.h
    IFLA_VF_VLAN_INFO "IFLA_VF_VLAN_INFO_":
        IFLA_VF_VLAN_INFO_UNSPEC = 0: Raw, IFLA_VF_VLAN_INFO = 1: Rec(&VF_VLAN_INFO);

    /// Ports of virtual functions. include/uapi/linux/if_link.h
    IFLA_VF_PORT "IFLA_VF_PORT_":
        IFLA_VF_PORT_UNSPEC = 0: Raw, IFLA_VF_PORT = 1: Nest(&IFLA_PORT);

    /// A port. include/uapi/linux/if_link.h
    IFLA_PORT "IFLA_PORT_":
        IFLA_PORT_UNSPEC = 0: Raw, IFLA_PORT_VF = 1: U32, IFLA_PORT_PROFILE = 2: Text,
        IFLA_PORT_VSI_TYPE = 3: Rec(&PORT_VSI), IFLA_PORT_INSTANCE_UUID = 4: Raw, IFLA_PORT_HOST_UUID = 5: Raw,
        IFLA_PORT_REQUEST = 6: U8, IFLA_PORT_RESPONSE = 7: U16;

    /// Programs of an interface. include/uapi/linux/if_link.h
    IFLA_XDP "IFLA_XDP_":
        IFLA_XDP_UNSPEC = 0: Raw, IFLA_XDP_FD = 1: Descriptor, IFLA_XDP_ATTACHED = 2: Loose(1, &XDP_ATTACHED),
        IFLA_XDP_FLAGS = 3: one(4, &XDP_FLAGS), IFLA_XDP_PROG_ID = 4: U32, IFLA_XDP_DRV_PROG_ID = 5: U32, IFLA_XDP_SKB_PROG_ID = 6: U32,
        IFLA_XDP_HW_PROG_ID = 7: U32, IFLA_XDP_EXPECTED_FD = 8: Descriptor;

    /// Why it is held down. include/uapi/linux/if_link.h
    IFLA_PROTO_DOWN_REASON "IFLA_PROTO_DOWN_REASON_":
        IFLA_PROTO_DOWN_REASON_UNSPEC = 0: Raw, IFLA_PROTO_DOWN_REASON_MASK = 1: X32, IFLA_PROTO_DOWN_REASON_VALUE = 2: X32;

    /// IPv4. include/uapi/linux/if_link.h
    IFLA_INET "IFLA_INET_":
        IFLA_INET_UNSPEC = 0: Raw, IFLA_INET_CONF = 1: Named(4, &S32, &IPV4_DEVCONF);

    /// IPv6. include/uapi/linux/if_link.h
    IFLA_INET6 "IFLA_INET6_":
        IFLA_INET6_UNSPEC = 0: Raw, IFLA_INET6_FLAGS = 1: Flags(4, &INET6_IF),
        IFLA_INET6_CONF = 2: Named(4, &S32, &DEVCONF),
        IFLA_INET6_STATS = 3: Named(8, &U64, &IPSTATS_MIB), IFLA_INET6_MCAST = 4: Raw,
        IFLA_INET6_CACHEINFO = 5: Rec(&IFLA_CACHEINFO),
        IFLA_INET6_ICMP6STATS = 6: Named(8, &U64, &ICMP6_MIB), IFLA_INET6_TOKEN = 7: Ip6,
        IFLA_INET6_ADDR_GEN_MODE = 8: Loose(1, &IN6_ADDR_GEN_MODE), IFLA_INET6_RA_MTU = 9: U32;

    /// MCTP. include/uapi/linux/if_link.h
    IFLA_MCTP "IFLA_MCTP_":
        IFLA_MCTP_UNSPEC = 0: Raw, IFLA_MCTP_NET = 1: U32, IFLA_MCTP_PHYS_BINDING = 2: X8;

    /// A bridge, of AF_BRIDGE. include/uapi/linux/if_bridge.h
    IFLA_BRIDGE "IFLA_BRIDGE_":
        IFLA_BRIDGE_FLAGS = 0: Flags(2, &BRIDGE_FLAGS), IFLA_BRIDGE_MODE = 1: Loose(2, &BRIDGE_MODE),
        IFLA_BRIDGE_VLAN_INFO = 2: Rec(&VLAN_INFO), IFLA_BRIDGE_VLAN_TUNNEL_INFO = 3: Nest(&IFLA_BRIDGE_VLAN_TUNNEL),
        IFLA_BRIDGE_MRP = 4: Raw, IFLA_BRIDGE_CFM = 5: Raw, IFLA_BRIDGE_MST = 6: Raw;

    /// Networks of tunnels. include/uapi/linux/if_bridge.h
    IFLA_BRIDGE_VLAN_TUNNEL "IFLA_BRIDGE_VLAN_TUNNEL_":
        IFLA_BRIDGE_VLAN_TUNNEL_UNSPEC = 0: Raw, IFLA_BRIDGE_VLAN_TUNNEL_ID = 1: U32, IFLA_BRIDGE_VLAN_TUNNEL_VID = 2: U16,
        IFLA_BRIDGE_VLAN_TUNNEL_FLAGS = 3: Flags(2, &BRIDGE_VLAN_INFO);

    /// A port of a bridge. include/uapi/linux/if_link.h
    IFLA_BRPORT "IFLA_BRPORT_":
        IFLA_BRPORT_UNSPEC = 0: Raw, IFLA_BRPORT_STATE = 1: U8, IFLA_BRPORT_PRIORITY = 2: U16, IFLA_BRPORT_COST = 3: U32,
        IFLA_BRPORT_MODE = 4: U8, IFLA_BRPORT_GUARD = 5: U8, IFLA_BRPORT_PROTECT = 6: U8, IFLA_BRPORT_FAST_LEAVE = 7: U8,
        IFLA_BRPORT_LEARNING = 8: U8, IFLA_BRPORT_UNICAST_FLOOD = 9: U8, IFLA_BRPORT_PROXYARP = 10: U8,
        IFLA_BRPORT_LEARNING_SYNC = 11: U8, IFLA_BRPORT_PROXYARP_WIFI = 12: U8, IFLA_BRPORT_ROOT_ID = 13: Rec(&BRIDGE_ID),
        IFLA_BRPORT_BRIDGE_ID = 14: Rec(&BRIDGE_ID), IFLA_BRPORT_DESIGNATED_PORT = 15: U16,
        IFLA_BRPORT_DESIGNATED_COST = 16: U16, IFLA_BRPORT_ID = 17: U16, IFLA_BRPORT_NO = 18: U16,
        IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19: U8, IFLA_BRPORT_CONFIG_PENDING = 20: U8,
        IFLA_BRPORT_MESSAGE_AGE_TIMER = 21: Ticks(1, 100), IFLA_BRPORT_FORWARD_DELAY_TIMER = 22: Ticks(1, 100),
        IFLA_BRPORT_HOLD_TIMER = 23: Ticks(1, 100), IFLA_BRPORT_FLUSH = 24: Raw, IFLA_BRPORT_MULTICAST_ROUTER = 25: U8,
        IFLA_BRPORT_PAD = 26: Raw, IFLA_BRPORT_MCAST_FLOOD = 27: U8, IFLA_BRPORT_MCAST_TO_UCAST = 28: U8,
        IFLA_BRPORT_VLAN_TUNNEL = 29: U8, IFLA_BRPORT_BCAST_FLOOD = 30: U8, IFLA_BRPORT_GROUP_FWD_MASK = 31: X16,
        IFLA_BRPORT_NEIGH_SUPPRESS = 32: U8, IFLA_BRPORT_ISOLATED = 33: U8, IFLA_BRPORT_BACKUP_PORT = 34: Interface,
        IFLA_BRPORT_MRP_RING_OPEN = 35: U8, IFLA_BRPORT_MRP_IN_OPEN = 36: U8, IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37: U32,
        IFLA_BRPORT_MCAST_EHT_HOSTS_CNT = 38: U32, IFLA_BRPORT_LOCKED = 39: U8, IFLA_BRPORT_MAB = 40: U8,
        IFLA_BRPORT_MCAST_N_GROUPS = 41: U32, IFLA_BRPORT_MCAST_MAX_GROUPS = 42: U32, IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43: U8,
        IFLA_BRPORT_BACKUP_NHID = 44: U32, IFLA_BRPORT_NEIGH_FORWARD_GRAT = 45: U8;

    /// A bridge, as a kind of interface. include/uapi/linux/if_link.h
    INFO_BRIDGE "IFLA_BR_":
        IFLA_BR_UNSPEC = 0: Raw, IFLA_BR_FORWARD_DELAY = 1: Ticks(1, 100), IFLA_BR_HELLO_TIME = 2: Ticks(1, 100),
        IFLA_BR_MAX_AGE = 3: Ticks(1, 100), IFLA_BR_AGEING_TIME = 4: Ticks(1, 100), IFLA_BR_STP_STATE = 5: U32,
        IFLA_BR_PRIORITY = 6: U16, IFLA_BR_VLAN_FILTERING = 7: U8,
        IFLA_BR_VLAN_PROTOCOL = 8: Htons(&ETHER_P), IFLA_BR_GROUP_FWD_MASK = 9: X16,
        IFLA_BR_ROOT_ID = 10: Rec(&BRIDGE_ID), IFLA_BR_BRIDGE_ID = 11: Rec(&BRIDGE_ID),
        IFLA_BR_ROOT_PORT = 12: U16, IFLA_BR_ROOT_PATH_COST = 13: U32, IFLA_BR_TOPOLOGY_CHANGE = 14: U8,
        IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15: U8, IFLA_BR_HELLO_TIMER = 16: Ticks(1, 100), IFLA_BR_TCN_TIMER = 17: Ticks(1, 100),
        IFLA_BR_TOPOLOGY_CHANGE_TIMER = 18: Ticks(1, 100), IFLA_BR_GC_TIMER = 19: Ticks(1, 100), IFLA_BR_GROUP_ADDR = 20: Hardware,
        IFLA_BR_FDB_FLUSH = 21: Raw, IFLA_BR_MCAST_ROUTER = 22: U8, IFLA_BR_MCAST_SNOOPING = 23: U8,
        IFLA_BR_MCAST_QUERY_USE_IFADDR = 24: U8, IFLA_BR_MCAST_QUERIER = 25: U8, IFLA_BR_MCAST_HASH_ELASTICITY = 26: U32,
        IFLA_BR_MCAST_HASH_MAX = 27: U32, IFLA_BR_MCAST_LAST_MEMBER_CNT = 28: U32, IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29: U32,
        IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30: Ticks(1, 100), IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31: Ticks(1, 100),
        IFLA_BR_MCAST_QUERIER_INTVL = 32: Ticks(1, 100), IFLA_BR_MCAST_QUERY_INTVL = 33: Ticks(1, 100),
        IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34: Ticks(1, 100), IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35: Ticks(1, 100),
        IFLA_BR_NF_CALL_IPTABLES = 36: U8, IFLA_BR_NF_CALL_IP6TABLES = 37: U8, IFLA_BR_NF_CALL_ARPTABLES = 38: U8,
        IFLA_BR_VLAN_DEFAULT_PVID = 39: U16, IFLA_BR_PAD = 40: Raw, IFLA_BR_VLAN_STATS_ENABLED = 41: U8,
        IFLA_BR_MCAST_STATS_ENABLED = 42: U8, IFLA_BR_MCAST_IGMP_VERSION = 43: U8, IFLA_BR_MCAST_MLD_VERSION = 44: U8,
        IFLA_BR_VLAN_STATS_PER_PORT = 45: U8, IFLA_BR_MULTI_BOOLOPT = 46: Rec(&BOOLOPT_MULTI),
        IFLA_BR_MCAST_QUERIER_STATE = 47: Nest(&BRIDGE_QUERIER), IFLA_BR_FDB_N_LEARNED = 48: U32, IFLA_BR_FDB_MAX_LEARNED = 49: U32,
        IFLA_BR_STP_MODE = 50: Loose(4, &BR_STP_MODE);

    /// Who asks for members of groups. include/uapi/linux/if_bridge.h
    BRIDGE_QUERIER "BRIDGE_QUERIER_":
        BRIDGE_QUERIER_UNSPEC = 0: Raw, BRIDGE_QUERIER_IP_ADDRESS = 1: Ip4, BRIDGE_QUERIER_IP_PORT = 2: Interface,
        BRIDGE_QUERIER_IP_OTHER_TIMER = 3: Ticks(1, 100), BRIDGE_QUERIER_PAD = 4: Raw, BRIDGE_QUERIER_IPV6_ADDRESS = 5: Ip6,
        BRIDGE_QUERIER_IPV6_PORT = 6: Interface, BRIDGE_QUERIER_IPV6_OTHER_TIMER = 7: Ticks(1, 100);

    /// An interface that a program stands behind. include/uapi/linux/if_link.h
    INFO_TUN "IFLA_TUN_":
        IFLA_TUN_UNSPEC = 0: Raw, IFLA_TUN_OWNER = 1: ID, IFLA_TUN_GROUP = 2: ID, IFLA_TUN_TYPE = 3: Loose(1, &TUN_TYPE),
        IFLA_TUN_PI = 4: U8, IFLA_TUN_VNET_HDR = 5: U8, IFLA_TUN_PERSIST = 6: U8, IFLA_TUN_MULTI_QUEUE = 7: U8,
        IFLA_TUN_NUM_QUEUES = 8: U32, IFLA_TUN_NUM_DISABLED_QUEUES = 9: U32;

}

fn property(around: &Around<'_>) -> Holds {
    const ALT_IFNAME: u16 = IFLA.types.value("IFLA_ALT_IFNAME") as u16;
    if around.ty == ALT_IFNAME { Text } else { Raw }
}

/// What a family says.
fn of_one(around: &Around<'_>) -> Holds {
    match AF.name_of(u64::from(around.ty)) {
        Some("AF_INET") => Nest(&IFLA_INET),
        Some("AF_INET6") => Nest(&IFLA_INET6),
        Some("AF_MCTP") => Nest(&IFLA_MCTP),
        _ => Raw,
    }
}

/// What a kind of interface says of itself.
fn data(around: &Around<'_>) -> Holds {
    match around.kind {
        b"bridge" => Nest(&INFO_BRIDGE),
        b"tun" => Nest(&INFO_TUN),
        _ => Raw,
    }
}

/// What it has counted.
fn xstats(around: &Around<'_>) -> Holds {
    if around.kind == b"can" { Rec(&CAN_DEVICE_STATS) } else { Raw }
}

/// What one that belongs to another says.
fn slave(around: &Around<'_>) -> Holds {
    if around.kind == b"bridge" { Nest(&IFLA_BRPORT) } else { Raw }
}

/// What families say: of a bridge its own.
fn of_families(around: &Around<'_>) -> Holds {
    if i32::from(around.family) == libc::AF_BRIDGE { Nest(&IFLA_BRIDGE) } else { Nest(&AF_SPEC) }
}

/// What the family of the message says.
fn of_family(around: &Around<'_>) -> Holds {
    match i32::from(around.family) {
        libc::AF_BRIDGE => Nest(&IFLA_BRPORT),
        libc::AF_INET6 => Nest(&IFLA_INET6),
        _ => Raw,
    }
}
