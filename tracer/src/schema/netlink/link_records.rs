//! Structures about interfaces.

use super::holds::Holds::{Bytes, Flags, Htons, List, Mac, NonZero};
use super::holds::{U8, U16, U32, U64, X64, one};
use super::link_sets::*;
use crate::layouts;
use crate::schema::ethernet::ETH_P;

layouts! {
    /// struct ifla_vf_trust, ifla_vf_spoofchk, ifla_vf_rss_query_en. include/uapi/linux/if_link.h
    VF_SETTING 8 {
        vf @ 0: U32, setting @ 4: U32
    }

    /// struct ifla_vf_mac. include/uapi/linux/if_link.h
    VF_MAC 36 {
        vf @ 0: U32, mac @ 4: Mac(32)
    }

    /// struct ifla_vf_vlan. include/uapi/linux/if_link.h
    VF_VLAN 12 {
        vf @ 0: U32, vlan @ 4: U32, qos @ 8: U32
    }

    /// struct ifla_vf_tx_rate. include/uapi/linux/if_link.h
    VF_TX_RATE 8 {
        vf @ 0: U32, rate @ 4: U32
    }

    /// struct ifla_vf_link_state. include/uapi/linux/if_link.h
    VF_STATE 8 {
        vf @ 0: U32, link_state @ 4: one(4, &VF_LINK_STATE)
    }

    /// struct ifla_vf_rate. include/uapi/linux/if_link.h
    VF_RATE 12 {
        vf @ 0: U32, min_tx_rate @ 4: U32, max_tx_rate @ 8: U32
    }

    /// struct ifla_vf_guid. include/uapi/linux/if_link.h
    VF_GUID 12..16 {
        vf @ 0: U32, guid @ 8: X64
    }

    /// struct ifla_vf_vlan_info. include/uapi/linux/if_link.h
    VF_VLAN_INFO 16 {
        vf @ 0: U32, vlan @ 4: U32, qos @ 8: U32, vlan_proto @ 12: Htons(&ETH_P)
    }

    /// struct ifla_vf_broadcast. include/uapi/linux/if_link.h
    VF_BROADCAST 32 {
        broadcast @ 0: Mac(32)
    }

    /// struct ifla_port_vsi. include/uapi/linux/if_link.h
    PORT_VSI 8 {
        vsi_mgr_id @ 0: U8, vsi_type_id @ 1: Bytes(3), vsi_type_version @ 4: U8, pad @ 5: NonZero(&Bytes(3))
    }

    /// struct ifla_cacheinfo. include/uapi/linux/if_link.h
    IFLA_CACHEINFO 16 {
        max_reasm_len @ 0: U32, tstamp @ 4: U32, reachable_time @ 8: U32, retrans_time @ 12: U32
    }

    /// struct bridge_vlan_info. include/uapi/linux/if_bridge.h
    VLAN_INFO 4 {
        flags @ 0: Flags(2, &BRIDGE_VLAN_INFO), vid @ 2: U16
    }

    /// struct rtnl_link_ifmap. include/uapi/linux/if_link.h
    RTNL_LINK_IFMAP 28 {
        mem_start @ 0: X64, mem_end @ 8: X64, base_addr @ 16: X64, irq @ 24: U16, dma @ 26: U8, port @ 27: U8
    }

    /// struct rtnl_link_stats64. include/uapi/linux/if_link.h
    RTNL_LINK_STATS64 184..200 {
        rx_packets @ 0: U64, tx_packets @ 8: U64, rx_bytes @ 16: U64, tx_bytes @ 24: U64, rx_errors @ 32: U64, tx_errors @ 40: U64,
        rx_dropped @ 48: U64, tx_dropped @ 56: U64, multicast @ 64: U64, collisions @ 72: U64, rx_length_errors @ 80: U64,
        rx_over_errors @ 88: U64, rx_crc_errors @ 96: U64, rx_frame_errors @ 104: U64, rx_fifo_errors @ 112: U64,
        rx_missed_errors @ 120: U64, tx_aborted_errors @ 128: U64, tx_carrier_errors @ 136: U64, tx_fifo_errors @ 144: U64,
        tx_heartbeat_errors @ 152: U64, tx_window_errors @ 160: U64, rx_compressed @ 168: U64, tx_compressed @ 176: U64,
        rx_nohandler @ 184: U64, rx_otherhost_dropped @ 192: U64
    }

    /// struct rtnl_link_stats. include/uapi/linux/if_link.h
    RTNL_LINK_STATS 92..96 {
        rx_packets @ 0: U32, tx_packets @ 4: U32, rx_bytes @ 8: U32, tx_bytes @ 12: U32, rx_errors @ 16: U32, tx_errors @ 20: U32,
        rx_dropped @ 24: U32, tx_dropped @ 28: U32, multicast @ 32: U32, collisions @ 36: U32, rx_length_errors @ 40: U32,
        rx_over_errors @ 44: U32, rx_crc_errors @ 48: U32, rx_frame_errors @ 52: U32, rx_fifo_errors @ 56: U32,
        rx_missed_errors @ 60: U32, tx_aborted_errors @ 64: U32, tx_carrier_errors @ 68: U32, tx_fifo_errors @ 72: U32,
        tx_heartbeat_errors @ 76: U32, tx_window_errors @ 80: U32, rx_compressed @ 84: U32, tx_compressed @ 88: U32, rx_nohandler @ 92: U32
    }

    /// struct ifla_bridge_id. include/uapi/linux/if_link.h
    BRIDGE_ID 8 { prio @ 0: List(2, &U8), addr @ 2: Mac(6) }

    /// struct br_boolopt_multi. include/uapi/linux/if_bridge.h
    BOOLOPT_MULTI 8 { optval @ 0: Flags(4, &BR_BOOLOPT), optmask @ 4: Flags(4, &BR_BOOLOPT) }

    /// struct can_device_stats. include/uapi/linux/can/netlink.h
    CAN_DEVICE_STATS 24 {
        bus_error @ 0: U32, error_warning @ 4: U32, error_passive @ 8: U32, bus_off @ 12: U32, arbitration_lost @ 16: U32, restarts @ 20: U32
    }

}
