//! Messages of netlink, a file per protocol. A message is a row (name, number, what it begins with), and so is an attribute (name,
//! number, what it holds): literally as in the kernel's headers. Their decoding, and which messages only ask, follow from the rows.

pub mod asks;
pub mod generic;
pub mod holds;
mod link;
mod link_records;
mod link_sets;
pub mod messages;
mod netfilter;
mod others;
pub mod route;
mod route_attributes;
pub mod route_records;
mod route_sets;
mod sock_diag;
mod sock_diag_sets;

#[cfg(test)]
mod tests;

pub use asks::asks;
use messages::Course;
pub use netfilter::TABLES;

use crate::schema::set::Set;
use crate::{attributes, sets};
use holds::Holds::{List, Raw, Text};
use holds::{U8, U32};

/// Types below are the same in every protocol, and ask for nothing (NLMSG_MIN_TYPE, include/uapi/linux/netlink.h).
pub const MIN_TYPE: u16 = 0x10;
/// An error, or that there was none.
pub const NLMSG_ERROR: u16 = NLMSG.value("NLMSG_ERROR") as u16;
/// The end of a list.
pub const NLMSG_DONE: u16 = NLMSG.value("NLMSG_DONE") as u16;
/// The bits of an attribute's type that are none of its marks.
pub const NLA_TYPE_MASK: u64 = 0x3fff;

sets! {
    /// Messages that every protocol has. include/uapi/linux/netlink.h
    NLMSG "NLMSG_"
    choice all: NLMSG_NOOP = 1, NLMSG_ERROR = 2, NLMSG_DONE = 3, NLMSG_OVERRUN = 4;

    /// Flags of any message. include/uapi/linux/netlink.h
    NLM_F "NLM_F_"
    bits: NLM_F_REQUEST = 1, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_ECHO = 8, NLM_F_DUMP_INTR = 0x10, NLM_F_DUMP_FILTERED = 0x20;

    /// Flags of a message that asks. include/uapi/linux/netlink.h
    NLM_F_GET "NLM_F_"
    bits: NLM_F_REQUEST = 1, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_ECHO = 8, NLM_F_DUMP_INTR = 0x10, NLM_F_DUMP_FILTERED = 0x20,
          NLM_F_DUMP = 0x300, NLM_F_ROOT = 0x100, NLM_F_MATCH = 0x200, NLM_F_ATOMIC = 0x400;

    /// Flags of a message that makes something. include/uapi/linux/netlink.h
    NLM_F_NEW "NLM_F_"
    bits: NLM_F_REQUEST = 1, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_ECHO = 8, NLM_F_DUMP_INTR = 0x10, NLM_F_DUMP_FILTERED = 0x20,
          NLM_F_REPLACE = 0x100, NLM_F_EXCL = 0x200, NLM_F_CREATE = 0x400, NLM_F_APPEND = 0x800;

    /// Flags of a message that removes something. include/uapi/linux/netlink.h
    NLM_F_DEL "NLM_F_"
    bits: NLM_F_REQUEST = 1, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_ECHO = 8, NLM_F_DUMP_INTR = 0x10, NLM_F_DUMP_FILTERED = 0x20,
          NLM_F_NONREC = 0x100, NLM_F_BULK = 0x200;

    /// Flags of an error. include/uapi/linux/netlink.h
    NLM_F_ERROR "NLM_F_"
    bits: NLM_F_REQUEST = 1, NLM_F_MULTI = 2, NLM_F_ACK = 4, NLM_F_ECHO = 8, NLM_F_DUMP_INTR = 0x10, NLM_F_DUMP_FILTERED = 0x20,
          NLM_F_CAPPED = 0x100, NLM_F_ACK_TLVS = 0x200;

    /// Marks of an attribute's type. include/uapi/linux/netlink.h
    NLA_F "NLA_F_"
    bits: NLA_F_NESTED = 0x8000, NLA_F_NET_BYTEORDER = 0x4000;
}

attributes! {
    /// What explains an error. include/uapi/linux/netlink.h
    NLMSGERR_ATTR "NLMSGERR_ATTR_":
        NLMSGERR_ATTR_UNUSED = 0: Raw, NLMSGERR_ATTR_MSG = 1: Text, NLMSGERR_ATTR_OFFS = 2: U32, NLMSGERR_ATTR_COOKIE = 3: List(1, &U8),
        NLMSGERR_ATTR_POLICY = 4: Raw, NLMSGERR_ATTR_MISS_TYPE = 5: Raw, NLMSGERR_ATTR_MISS_NEST = 6: Raw;
}

/// The flags of a message whose upper ones mean this.
pub fn flags(course: Course) -> &'static Set {
    match course {
        Course::Plain => &NLM_F,
        Course::Get => &NLM_F_GET,
        Course::New => &NLM_F_NEW,
        Course::Del => &NLM_F_DEL,
    }
}
