//! Structures in attributes of NETLINK_ROUTE.

use super::holds::Holds::{Choose, Flags, Htons, Interface, Ip4, Ip6, Named, NonZero, Padded, Rec};
use super::holds::{Around, Holds, S8, S16, S32, U8, U16, U32, U64, X16, X32, one};
use super::link_sets::BRIDGE_VLAN_INFO;
use super::route_sets::*;
use crate::layouts;
use crate::schema::protocols::AF;

layouts! {
    /// struct rta_cacheinfo. include/uapi/linux/rtnetlink.h
    RTA_CACHEINFO_INFO 32 {
        rta_clntref @ 0: U32, rta_lastuse @ 4: U32, rta_expires @ 8: U32, rta_error @ 12: U32, rta_used @ 16: U32, rta_id @ 20: X32,
        rta_ts @ 24: U32, rta_tsage @ 28: U32
    }

    /// struct fib_rule_port_range. include/uapi/linux/fib_rules.h
    PORT_RANGE 4 {
        start @ 0: U16, end @ 2: U16
    }

    /// struct gnet_stats_basic. include/uapi/linux/gen_stats.h
    GNET_STATS_BASIC 12 {
        bytes @ 0: U64, packets @ 8: U32
    }

    /// struct gnet_stats_rate_est. include/uapi/linux/gen_stats.h
    GNET_STATS_RATE_EST 8 {
        bps @ 0: U32, pps @ 4: U32
    }

    /// struct gnet_stats_rate_est64. include/uapi/linux/gen_stats.h
    GNET_STATS_RATE_EST64 16 {
        bps @ 0: U64, pps @ 8: U64
    }

    /// struct gnet_stats_queue. include/uapi/linux/gen_stats.h
    GNET_STATS_QUEUE 20 {
        qlen @ 0: U32, backlog @ 4: U32, drops @ 8: U32, requeues @ 12: U32, overlimits @ 16: U32
    }

    /// struct tc_stats. include/uapi/linux/pkt_sched.h
    TC_STATS 36 {
        bytes @ 0: U64, packets @ 8: U32, drops @ 12: U32, overlimits @ 16: U32, bps @ 20: U32, pps @ 24: U32, qlen @ 28: U32,
        backlog @ 32: U32
    }

    /// struct tc_estimator. include/uapi/linux/pkt_sched.h
    TC_ESTIMATOR 2 {
        interval @ 0: S8, ewma_log @ 1: U8
    }

    /// struct tc_sizespec. include/uapi/linux/pkt_sched.h
    TC_SIZESPEC 24 {
        cell_log @ 0: U8, size_log @ 1: U8, cell_align @ 2: S16, overhead @ 4: S32, linklayer @ 8: U32, mpu @ 12: U32, mtu @ 16: U32,
        tsize @ 20: U32
    }

    /// struct ndt_config. include/uapi/linux/neighbour.h
    NDT_CONFIG 32 {
        ndtc_key_len @ 0: U16, ndtc_entry_size @ 2: U16, ndtc_entries @ 4: U32, ndtc_last_flush @ 8: U32, ndtc_last_rand @ 12: U32,
        ndtc_hash_rnd @ 16: U32, ndtc_hash_mask @ 20: Padded, ndtc_hash_chain_gc @ 24: U32, ndtc_proxy_qlen @ 28: U32
    }

    /// struct ndt_stats. include/uapi/linux/neighbour.h
    NDT_STATS 80..88 {
        ndts_allocs @ 0: U64, ndts_destroys @ 8: U64, ndts_hash_grows @ 16: U64, ndts_res_failed @ 24: U64, ndts_lookups @ 32: U64,
        ndts_hits @ 40: U64, ndts_rcv_probes_mcast @ 48: U64, ndts_rcv_probes_ucast @ 56: U64, ndts_periodic_gc_runs @ 64: U64,
        ndts_forced_gc_runs @ 72: U64, ndts_table_fulls @ 80: U64
    }

    /// struct nda_cacheinfo. include/uapi/linux/neighbour.h
    NDA_CACHEINFO_INFO 16 {
        ndm_confirmed @ 0: U32, ndm_used @ 4: U32, ndm_updated @ 8: U32, ndm_refcnt @ 12: U32
    }

    /// struct rta_mfc_stats. include/uapi/linux/rtnetlink.h
    RTA_MFC 24 {
        mfcs_packets @ 0: U64, mfcs_bytes @ 8: U64, mfcs_wrong_if @ 16: U64
    }

    /// struct fib_rule_uid_range. include/uapi/linux/fib_rules.h
    UID_RANGE 8 {
        start @ 0: U32, end @ 4: U32
    }

    /// struct ifa_cacheinfo. include/uapi/linux/if_addr.h
    IFA_CACHEINFO_REC 16 {
        ifa_prefered @ 0: U32, ifa_valid @ 4: U32, cstamp @ 8: U32, tstamp @ 12: U32
    }

    /// struct bridge_vlan_xstats. include/uapi/linux/if_bridge.h
    BRIDGE_XSTATS_VLAN_REC 40 {
        rx_bytes @ 0: U64, rx_packets @ 8: U64, tx_bytes @ 16: U64, tx_packets @ 24: U64, vid @ 32: U16,
        flags @ 34: Flags(2, &BRIDGE_VLAN_INFO), pad2 @ 36: NonZero(&X32)
    }

    /// struct br_mcast_stats. include/uapi/linux/if_bridge.h
    BRIDGE_XSTATS_MCAST_REC 240 {
        igmp_v1queries @ 0: DIRECTIONS,
        igmp_v2queries @ 16: DIRECTIONS,
        igmp_v3queries @ 32: DIRECTIONS,
        igmp_leaves @ 48: DIRECTIONS,
        igmp_v1reports @ 64: DIRECTIONS,
        igmp_v2reports @ 80: DIRECTIONS,
        igmp_v3reports @ 96: DIRECTIONS,
        igmp_parse_errors @ 112: U64,
        mld_v1queries @ 120: DIRECTIONS,
        mld_v2queries @ 136: DIRECTIONS,
        mld_leaves @ 152: DIRECTIONS,
        mld_v1reports @ 168: DIRECTIONS,
        mld_v2reports @ 184: DIRECTIONS,
        mld_parse_errors @ 200: U64,
        mcast_bytes @ 208: DIRECTIONS,
        mcast_packets @ 224: DIRECTIONS
    }

    /// struct bridge_stp_xstats. include/uapi/linux/if_bridge.h
    BRIDGE_XSTATS_STP_REC 48 {
        transition_blk @ 0: U64, transition_fwd @ 8: U64, rx_bpdu @ 16: U64, tx_bpdu @ 24: U64, rx_tcn @ 32: U64, tx_tcn @ 40: U64
    }

    /// struct rtnexthop. include/uapi/linux/rtnetlink.h
    RTNEXTHOP 8 { rtnh_len @ 0: U16, rtnh_flags @ 2: Flags(1, &RTNH_F), rtnh_hops @ 3: U8, rtnh_ifindex @ 4: Interface }

    /// struct mpls_link_stats. include/uapi/linux/mpls.h
    MPLS_LINK_STATS 72 {
        rx_packets @ 0: U64, tx_packets @ 8: U64, rx_bytes @ 16: U64, tx_bytes @ 24: U64, rx_errors @ 32: U64, tx_errors @ 40: U64,
        rx_dropped @ 48: U64, tx_dropped @ 56: U64, rx_noroute @ 64: U64
    }

    /// struct nexthop_grp. include/uapi/linux/nexthop.h
    NEXTHOP_GRP 8 { id @ 0: U32, weight @ 4: U8, weight_high @ 5: NonZero(&U8), resvd2 @ 6: NonZero(&X16) }

    /// struct br_mdb_entry. include/uapi/linux/if_bridge.h
    BR_MDB_ENTRY 28 {
        ifindex @ 0: Interface, state @ 4: one(1, &MDB), flags @ 5: Flags(1, &MDB_FLAGS), vid @ 6: U16, addr @ 8: Rec(&MDB_ADDR)
    }

    /// The address in it.
    MDB_ADDR 18 { u @ 0: Choose(16, group), proto @ 16: Htons(&AF) }
}

/// What came, and what went.
const DIRECTIONS: Holds = Choose(16, directions);

fn directions(_: &Around<'_>) -> Holds {
    Named(8, &U64, &BR_MCAST_DIR)
}

/// The address of a group, by its protocol.
fn group(around: &Around<'_>) -> Holds {
    match around.within.get(16..18) {
        Some([0, 2]) => Ip4,
        Some([0, 10]) => Ip6,
        _ => Holds::Bytes(16),
    }
}
