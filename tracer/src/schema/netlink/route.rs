//! NETLINK_ROUTE: messages, and what they begin with. Attributes of interfaces stand in `link.rs`, others in `route_attributes.rs`.

use super::holds::Holds::{Flags, Interface, NonZero};
use super::holds::{U8, U32, X8, X16, X32, one};
use super::link::IFLA;
use super::messages::{Begins, Course};
use super::route_attributes::*;
use super::route_sets::*;
use crate::schema::ethernet::ARPHRD;
use crate::schema::ioctl::net::IFF;
use crate::schema::protocols::AF;
use crate::{layouts, messages};

/// A family, and bytes of which nothing is known.
const FAMILY: Begins = Begins::Family;
const LINK: Begins = Begins::With(&IFINFOMSG, Some(&IFLA));
const ADDR: Begins = Begins::With(&IFADDRMSG, Some(&IFA));
const MULTICAST: Begins = Begins::With(&IFADDRMSG, Some(&IFA));
const ANYCAST: Begins = Begins::With(&IFADDRMSG, Some(&IFA));
const ROUTE: Begins = Begins::With(&RTMSG, Some(&RTA));
const NEIGH: Begins = Begins::With(&NDMSG, Some(&NDA));
const RULE: Begins = Begins::With(&FIB_RULE_HDR, Some(&FRA));
const QDISC: Begins = Begins::With(&TCMSG, Some(&TCA));
const TCLASS: Begins = Begins::With(&TCMSG, Some(&TCA));
const TFILTER: Begins = Begins::With(&TCMSG, Some(&TCA));
const CHAIN: Begins = Begins::With(&TCMSG, Some(&TCA));
const ACTION: Begins = Begins::With(&TCAMSG, Some(&TCA_ROOT));
const NEIGHTBL: Begins = Begins::With(&NDTMSG, Some(&NDTA));
const ADDRLABEL: Begins = Begins::With(&IFADDRLBLMSG, Some(&IFAL));
const DCB: Begins = Begins::With(&DCBMSG, Some(&DCB_ATTR));
const NETCONF: Begins = Begins::With(&NETCONFMSG, Some(&NETCONFA));
const MDB: Begins = Begins::With(&BR_PORT_MSG, Some(&MDBA));
const NSID: Begins = Begins::With(&RTGENMSG, Some(&NETNSA));
const STATS: Begins = Begins::With(&IF_STATS_MSG, Some(&IFLA_STATS));
const CACHEREPORT: Begins = Begins::With(&RTGENMSG, None);
const NEXTHOP: Begins = Begins::With(&NHMSG, Some(&NHA));

messages! {
    /// Messages of NETLINK_ROUTE. include/uapi/linux/rtnetlink.h
    RTM "RTM_" (course, Begins::Family):
        RTM_NEWLINK = 16: LINK, RTM_DELLINK = 17: LINK, RTM_GETLINK = 18: LINK, RTM_SETLINK = 19: LINK, RTM_NEWADDR = 20: ADDR,
        RTM_DELADDR = 21: ADDR, RTM_GETADDR = 22: ADDR, RTM_NEWROUTE = 24: ROUTE, RTM_DELROUTE = 25: ROUTE, RTM_GETROUTE = 26: ROUTE,
        RTM_NEWNEIGH = 28: NEIGH, RTM_DELNEIGH = 29: NEIGH, RTM_GETNEIGH = 30: NEIGH, RTM_NEWRULE = 32: RULE, RTM_DELRULE = 33: RULE,
        RTM_GETRULE = 34: RULE, RTM_NEWQDISC = 36: QDISC, RTM_DELQDISC = 37: QDISC, RTM_GETQDISC = 38: QDISC,
        RTM_NEWTCLASS = 40: TCLASS, RTM_DELTCLASS = 41: TCLASS, RTM_GETTCLASS = 42: TCLASS, RTM_NEWTFILTER = 44: TFILTER,
        RTM_DELTFILTER = 45: TFILTER, RTM_GETTFILTER = 46: TFILTER, RTM_NEWACTION = 48: ACTION, RTM_DELACTION = 49: ACTION,
        RTM_GETACTION = 50: ACTION, RTM_NEWPREFIX = 52: FAMILY, RTM_NEWMULTICAST = 56: MULTICAST, RTM_DELMULTICAST = 57: MULTICAST,
        RTM_GETMULTICAST = 58: MULTICAST, RTM_NEWANYCAST = 60: ANYCAST, RTM_DELANYCAST = 61: ANYCAST, RTM_GETANYCAST = 62: ANYCAST,
        RTM_NEWNEIGHTBL = 64: NEIGHTBL, RTM_GETNEIGHTBL = 66: NEIGHTBL, RTM_SETNEIGHTBL = 67: NEIGHTBL, RTM_NEWNDUSEROPT = 68: FAMILY,
        RTM_NEWADDRLABEL = 72: ADDRLABEL, RTM_DELADDRLABEL = 73: ADDRLABEL, RTM_GETADDRLABEL = 74: ADDRLABEL, RTM_GETDCB = 78: DCB,
        RTM_SETDCB = 79: DCB, RTM_NEWNETCONF = 80: NETCONF, RTM_DELNETCONF = 81: NETCONF, RTM_GETNETCONF = 82: NETCONF,
        RTM_NEWMDB = 84: MDB, RTM_DELMDB = 85: MDB, RTM_GETMDB = 86: MDB, RTM_NEWNSID = 88: NSID, RTM_DELNSID = 89: NSID,
        RTM_GETNSID = 90: NSID, RTM_NEWSTATS = 92: STATS, RTM_GETSTATS = 94: STATS, RTM_NEWCACHEREPORT = 96: CACHEREPORT,
        RTM_NEWCHAIN = 100: CHAIN, RTM_DELCHAIN = 101: CHAIN, RTM_GETCHAIN = 102: CHAIN, RTM_NEWNEXTHOP = 104: NEXTHOP,
        RTM_DELNEXTHOP = 105: NEXTHOP, RTM_GETNEXTHOP = 106: NEXTHOP, RTM_NEWLINKPROP = 108: FAMILY, RTM_DELLINKPROP = 109: FAMILY,
        RTM_GETLINKPROP = 110: FAMILY, RTM_NEWVLAN = 112: FAMILY, RTM_DELVLAN = 113: FAMILY, RTM_GETVLAN = 114: FAMILY,
        RTM_NEWNEXTHOPBUCKET = 116: FAMILY, RTM_DELNEXTHOPBUCKET = 117: FAMILY, RTM_GETNEXTHOPBUCKET = 118: FAMILY;
}

/// Messages come in groups of four: new, delete, get, set. Actions are asked for by their deletion, too.
fn course(ty: u16, name: Option<&str>) -> Course {
    match ty & 3 {
        _ if name == Some("RTM_DELACTION") => Course::Get,
        0 => Course::New,
        1 => Course::Del,
        2 => Course::Get,
        _ => Course::Plain,
    }
}

layouts! {
    /// struct ifinfomsg. include/uapi/linux/rtnetlink.h
    IFINFOMSG 16 {
        ifi_family @ 0: one(1, &AF), ifi_type @ 2: one(2, &ARPHRD), ifi_index @ 4: Interface, ifi_flags @ 8: Flags(4, &IFF),
        ifi_change @ 12: X32
    }

    /// struct ifaddrmsg. include/uapi/linux/if_addr.h
    IFADDRMSG 8 {
        ifa_family @ 0: one(1, &AF), ifa_prefixlen @ 1: U8, ifa_flags @ 2: Flags(1, &IFA_F), ifa_scope @ 3: one(1, &RT_SCOPE),
        ifa_index @ 4: Interface
    }

    /// struct rtmsg. include/uapi/linux/rtnetlink.h
    RTMSG 12 {
        rtm_family @ 0: one(1, &AF), rtm_dst_len @ 1: U8, rtm_src_len @ 2: U8, rtm_tos @ 3: Flags(1, &IPTOS),
        rtm_table @ 4: one(1, &ROUTE_TABLE), rtm_protocol @ 5: one(1, &RTPROT), rtm_scope @ 6: one(1, &RT_SCOPE),
        rtm_type @ 7: one(1, &RTN), rtm_flags @ 8: Flags(4, &RTM_F)
    }

    /// struct ndmsg. include/uapi/linux/neighbour.h
    NDMSG 12 {
        ndm_family @ 0: one(1, &AF), ndm_ifindex @ 4: Interface, ndm_state @ 8: Flags(2, &NUD), ndm_flags @ 10: Flags(1, &NTF),
        ndm_type @ 11: one(1, &RTN)
    }

    /// struct fib_rule_hdr. include/uapi/linux/fib_rules.h
    FIB_RULE_HDR 12 {
        family @ 0: one(1, &AF), dst_len @ 1: U8, src_len @ 2: U8, tos @ 3: Flags(1, &IPTOS), table @ 4: one(1, &RT_TABLE),
        action @ 7: one(1, &FR_ACT), flags @ 8: Flags(4, &FIB_RULE)
    }

    /// struct tcmsg. include/uapi/linux/rtnetlink.h
    TCMSG 20 {
        tcm_family @ 0: one(1, &AF), tcm_ifindex @ 4: Interface, tcm_handle @ 8: U32, tcm_parent @ 12: U32, tcm_info @ 16: U32
    }

    /// struct tcamsg. include/uapi/linux/rtnetlink.h
    TCAMSG 1 { tca_family @ 0: one(1, &AF) }

    /// struct ndtmsg. include/uapi/linux/neighbour.h
    NDTMSG 1 { ndtm_family @ 0: one(1, &AF) }

    /// struct ifaddrlblmsg. include/uapi/linux/if_addrlabel.h
    IFADDRLBLMSG 12 {
        ifal_family @ 0: one(1, &AF), ifal_prefixlen @ 2: U8, ifal_flags @ 3: U8, ifal_index @ 4: Interface, ifal_seq @ 8: U32
    }

    /// struct dcbmsg. include/uapi/linux/dcbnl.h
    DCBMSG 4 { dcb_family @ 0: one(1, &AF), cmd @ 1: one(1, &DCB_CMD) }

    /// struct netconfmsg. include/uapi/linux/netconf.h
    NETCONFMSG 1 { ncm_family @ 0: one(1, &AF) }

    /// struct br_port_msg. include/uapi/linux/if_bridge.h
    BR_PORT_MSG 8 { family @ 0: one(1, &AF), ifindex @ 4: Interface }

    /// struct rtgenmsg. include/uapi/linux/rtnetlink.h
    RTGENMSG 1 { rtgen_family @ 0: one(1, &AF) }

    /// struct if_stats_msg. include/uapi/linux/if_link.h
    IF_STATS_MSG 12 {
        family @ 0: one(1, &AF), pad1 @ 1: NonZero(&X8), pad2 @ 2: NonZero(&X16), ifindex @ 4: Interface, filter_mask @ 8: Flags(4, &STATS_FILTER)
    }

    /// struct nhmsg. include/uapi/linux/nexthop.h
    NHMSG 8 {
        nh_family @ 0: one(1, &AF), nh_scope @ 1: one(1, &RT_SCOPE), nh_protocol @ 2: one(1, &RTPROT), resvd @ 3: NonZero(&X8),
        nh_flags @ 4: Flags(4, &RTNH_F)
    }
}
