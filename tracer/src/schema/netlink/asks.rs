//! Which messages of netlink only ask. Every other one may change what outlives the process that sends it: interfaces, addresses,
//! routes, firewalls, the rules of the audit log. To say something that is only logged changes nothing either.

use std::ops::RangeInclusive;

use super::messages::messages;
use super::{MIN_TYPE, netfilter};
use crate::schema::protocols::NETLINK_PROTO;

/// Messages of NETLINK_AUDIT that ask. include/uapi/linux/audit.h
const AUDIT_ASKS: [&str; 5] =
    ["AUDIT_GET", "AUDIT_SIGNAL_INFO", "AUDIT_LIST_RULES", "AUDIT_TTY_GET", "AUDIT_GET_FEATURE"];
/// The controller of generic netlink, which can only be asked (GENL_ID_CTRL, include/uapi/linux/genetlink.h).
const CONTROLLER: u16 = MIN_TYPE;
/// Messages of NETLINK_AUDIT that put a line into the audit log and change nothing else: AUDIT_USER, AUDIT_FIRST_USER_MSG to
/// AUDIT_LAST_USER_MSG, AUDIT_FIRST_USER_MSG2 to AUDIT_LAST_USER_MSG2 (include/uapi/linux/audit.h). pam(8), su(1) and sudo(8) send them.
const AUDIT_SAYS: [RangeInclusive<u16>; 3] = [1005..=1005, 1100..=1199, 2100..=2999];
/// Both bits: everything is to be listed (NLM_F_DUMP).
const DUMP: u16 = 0x300;

/// Whether a message of a protocol (`NETLINK_*`) only asks, or says what is logged, by its type, its flags (`NLM_F_*`) and what follows its head.
pub fn asks(protocol: u16, ty: u16, flags: u16, body: &[u8]) -> bool {
    let name = messages(protocol).types.name_of(u64::from(ty));
    let named = |prefix: &str| name.is_some_and(|name| name.starts_with(prefix));
    match NETLINK_PROTO.name_of(u64::from(protocol)) {
        // Their messages have no types of the kernel's.
        Some("NETLINK_CONNECTOR" | "NETLINK_KOBJECT_UEVENT" | "NETLINK_USERSOCK") | None => false,
        _ if ty < MIN_TYPE => true,
        // In groups of four: new, delete, get, set.
        Some("NETLINK_ROUTE") => ty & 3 == 2 || is_trial(ty, body),
        Some("NETLINK_GENERIC") => ty == CONTROLLER || flags & DUMP == DUMP,
        Some("NETLINK_SOCK_DIAG") => name.is_some_and(|name| name != "SOCK_DESTROY"),
        Some("NETLINK_XFRM") => named("XFRM_MSG_GET"),
        Some("NETLINK_AUDIT") => {
            name.is_some_and(|name| AUDIT_ASKS.contains(&name)) || AUDIT_SAYS.iter().any(|says| says.contains(&ty))
        }
        Some("NETLINK_CRYPTO") => named("CRYPTO_MSG_GET"),
        Some("NETLINK_NETFILTER") => netfilter::asks(ty),
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
