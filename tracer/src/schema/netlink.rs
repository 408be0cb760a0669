//! Which messages of netlink only ask. Every other one may change what outlives the process that sends it: interfaces, addresses,
//! routes, firewalls, the rules of the audit log. To say something that is only logged changes nothing either.

use std::ops::RangeInclusive;

use super::sockopt::NETLINK_PROTO;
use crate::sets;

sets! {
    /// Messages of NETLINK_SOCK_DIAG that ask. include/uapi/linux/sock_diag.h, inet_diag.h
    SOCK_DIAG_ASKS ""
    choice all: TCPDIAG_GETSOCK = 18, DCCPDIAG_GETSOCK = 19, SOCK_DIAG_BY_FAMILY = 20;

    /// Messages of NETLINK_XFRM that ask. include/uapi/linux/xfrm.h
    XFRM_ASKS "XFRM_MSG_"
    choice all:
        XFRM_MSG_GETSA = 0x12, XFRM_MSG_GETPOLICY = 0x15, XFRM_MSG_GETAE = 0x1f, XFRM_MSG_GETSADINFO = 0x23,
        XFRM_MSG_GETSPDINFO = 0x25, XFRM_MSG_GETDEFAULT = 0x28;

    /// Messages of NETLINK_AUDIT that ask. include/uapi/linux/audit.h
    AUDIT_ASKS "AUDIT_"
    choice all:
        AUDIT_GET = 1000, AUDIT_SIGNAL_INFO = 1010, AUDIT_LIST_RULES = 1013, AUDIT_TTY_GET = 1016, AUDIT_GET_FEATURE = 1019;

    /// Messages of NETLINK_CRYPTO that ask. include/uapi/linux/cryptouser.h
    CRYPTO_ASKS "CRYPTO_MSG_"
    choice all: CRYPTO_MSG_GETALG = 0x13, CRYPTO_MSG_GETSTAT = 0x15;

    /// Messages of nf_tables that ask. include/uapi/linux/netfilter/nf_tables.h
    NFT_ASKS "NFT_MSG_"
    choice all:
        NFT_MSG_GETTABLE = 1, NFT_MSG_GETCHAIN = 4, NFT_MSG_GETRULE = 7, NFT_MSG_GETSET = 10, NFT_MSG_GETSETELEM = 13,
        NFT_MSG_GETGEN = 16, NFT_MSG_GETOBJ = 19, NFT_MSG_GETFLOWTABLE = 23;

    /// Messages about tracked connections that ask. include/uapi/linux/netfilter/nfnetlink_conntrack.h
    CT_ASKS "IPCTNL_MSG_CT_"
    choice all:
        IPCTNL_MSG_CT_GET = 1, IPCTNL_MSG_CT_GET_STATS_CPU = 4, IPCTNL_MSG_CT_GET_STATS = 5, IPCTNL_MSG_CT_GET_DYING = 6,
        IPCTNL_MSG_CT_GET_UNCONFIRMED = 7;
}

/// Types below are the same in every protocol, and ask for nothing (NLMSG_MIN_TYPE, include/uapi/linux/netlink.h).
const MIN_TYPE: u16 = 0x10;
/// The controller of generic netlink, which can only be asked (GENL_ID_CTRL, include/uapi/linux/genetlink.h).
const CONTROLLER: u16 = MIN_TYPE;
/// Messages of NETLINK_AUDIT that put a line into the audit log and change nothing else: AUDIT_USER, AUDIT_FIRST_USER_MSG to
/// AUDIT_LAST_USER_MSG, AUDIT_FIRST_USER_MSG2 to AUDIT_LAST_USER_MSG2 (include/uapi/linux/audit.h). pam(8), su(1) and sudo(8) send them.
const AUDIT_SAYS: [RangeInclusive<u16>; 3] = [1005..=1005, 1100..=1199, 2100..=2999];
/// Both bits: everything is to be listed (NLM_F_DUMP).
const DUMP: u16 = 0x300;
/// Subsystems of netfilter (include/uapi/linux/netfilter/nfnetlink.h).
const CTNETLINK: u16 = 1;
const NFTABLES: u16 = 10;

/// Whether a message of a protocol (`NETLINK_*`) only asks, or says what is logged, by its type, its flags (`NLM_F_*`) and what follows its head.
pub fn asks(protocol: u16, ty: u16, flags: u16, body: &[u8]) -> bool {
    let named = |set: &super::set::Set| set.name_of(u64::from(ty)).is_some();
    match NETLINK_PROTO.name_of(u64::from(protocol)) {
        // Their messages have no types of the kernel's.
        Some("NETLINK_CONNECTOR" | "NETLINK_KOBJECT_UEVENT" | "NETLINK_USERSOCK") | None => false,
        _ if ty < MIN_TYPE => true,
        // In groups of four: new, delete, get, set.
        Some("NETLINK_ROUTE") => ty & 3 == 2 || is_trial(ty, body),
        Some("NETLINK_GENERIC") => ty == CONTROLLER || flags & DUMP == DUMP,
        Some("NETLINK_SOCK_DIAG") => named(&SOCK_DIAG_ASKS),
        Some("NETLINK_XFRM") => named(&XFRM_ASKS),
        Some("NETLINK_AUDIT") => named(&AUDIT_ASKS) || AUDIT_SAYS.iter().any(|says| says.contains(&ty)),
        Some("NETLINK_CRYPTO") => named(&CRYPTO_ASKS),
        Some("NETLINK_NETFILTER") => match ty >> 8 {
            NFTABLES => NFT_ASKS.name_of(u64::from(ty & 0xff)).is_some(),
            CTNETLINK => CT_ASKS.name_of(u64::from(ty & 0xff)).is_some(),
            _ => false,
        },
        Some(_) => false,
    }
}

/// RTM_NEWLINK of no interface and without attributes: iproute2 asks so whether the kernel knows the message, which changes nothing.
fn is_trial(ty: u16, body: &[u8]) -> bool {
    const NEWLINK: u16 = 16;
    /// Bytes of `struct ifinfomsg`.
    const INFO: usize = 16;
    ty == NEWLINK && body.len() == INFO && body.iter().all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: u16 = 0;
    const GENERIC: u16 = 16;

    #[test]
    fn questions_change_nothing() {
        let check = |protocol, ty, flags, expected| {
            assert_eq!(asks(protocol, ty, flags, &[1; 16]), expected, "{protocol} {ty} {flags:#x}");
        };
        // RTM_GETADDR, RTM_NEWLINK, RTM_SETLINK, RTM_DELADDR; NLM_F_REPLACE with NLM_F_EXCL is no list.
        check(ROUTE, 22, 0x301, true);
        check(ROUTE, 18, 1, true);
        check(ROUTE, 16, 0x305, false);
        check(ROUTE, 19, 5, false);
        check(ROUTE, 21, 5, false);
        check(ROUTE, 2, 0, true);
        for (body, expected) in [(&[0; 16][..], true), (&[0; 24], false), (&[0; 15], false)] {
            assert_eq!(asks(ROUTE, 16, 5, body), expected);
        }
        // SOCK_DIAG_BY_FAMILY, SOCK_DESTROY.
        check(4, 20, 0x301, true);
        check(4, 21, 5, false);
        // The controller; a family that lists; one that is told something.
        check(GENERIC, 16, 1, true);
        check(GENERIC, 30, 0x301, true);
        check(GENERIC, 30, 5, false);
        // nft list, nft add rule, counters that are read and set to 0; conntrack.
        check(12, 10 << 8 | 7, 1, true);
        check(12, 10 << 8 | 6, 1, false);
        check(12, 10 << 8 | 21, 1, false);
        check(12, 1 << 8 | 1, 1, true);
        check(12, 6 << 8 | 1, 1, false);
        // AUDIT_GET, AUDIT_SET, AUDIT_ADD_RULE; what is only logged, as AUDIT_USER and AUDIT_USER_AUTH, and what stands beside it.
        check(9, 1000, 5, true);
        check(9, 1001, 5, false);
        check(9, 1011, 5, false);
        for (ty, expected) in [
            (1004, false),
            (1005, true),
            (1006, false),
            (1099, false),
            (1100, true),
            (1199, true),
            (1200, false),
            (2099, false),
            (2100, true),
            (2999, true),
            (3000, false),
        ] {
            check(9, ty, 5, expected);
        }
        // An event of udev; a protocol that nobody knows.
        check(15, 3, 0, false);
        check(99, 18, 0, false);
    }
}
