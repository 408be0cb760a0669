//! NETLINK_NETFILTER: messages of its subsystems, whose number is the upper half of a type.

use super::holds::Holds::Group;
use super::holds::one;
use super::messages::{Begins, Course, Groups};
use crate::schema::protocols::AF;
use crate::{attributes, layouts, messages, sets};

sets! {
    /// Subsystems. include/uapi/linux/netfilter/nfnetlink.h
    NFNL_SUBSYS "NFNL_SUBSYS_"
    choice all:
        NFNL_SUBSYS_NONE = 0, NFNL_SUBSYS_CTNETLINK = 1, NFNL_SUBSYS_CTNETLINK_EXP = 2, NFNL_SUBSYS_QUEUE = 3, NFNL_SUBSYS_ULOG = 4,
        NFNL_SUBSYS_OSF = 5, NFNL_SUBSYS_IPSET = 6, NFNL_SUBSYS_ACCT = 7, NFNL_SUBSYS_CTNETLINK_TIMEOUT = 8, NFNL_SUBSYS_CTHELPER = 9,
        NFNL_SUBSYS_NFTABLES = 10, NFNL_SUBSYS_NFT_COMPAT = 11, NFNL_SUBSYS_HOOK = 12;

    /// Versions. include/uapi/linux/netfilter/nfnetlink.h
    NFNETLINK "NFNETLINK_"
    choice all: NFNETLINK_V0 = 0;

    /// Messages about tracked connections. include/uapi/linux/netfilter/nfnetlink_conntrack.h
    CTNETLINK "IPCTNL_MSG_CT_"
    choice all:
        IPCTNL_MSG_CT_NEW = 0, IPCTNL_MSG_CT_GET = 1, IPCTNL_MSG_CT_DELETE = 2, IPCTNL_MSG_CT_GET_CTRZERO = 3,
        IPCTNL_MSG_CT_GET_STATS_CPU = 4, IPCTNL_MSG_CT_GET_STATS = 5, IPCTNL_MSG_CT_GET_DYING = 6, IPCTNL_MSG_CT_GET_UNCONFIRMED = 7;

    /// Messages about expected connections. include/uapi/linux/netfilter/nfnetlink_conntrack.h
    CTNETLINK_EXP "IPCTNL_MSG_EXP_"
    choice all:
        IPCTNL_MSG_EXP_NEW = 0, IPCTNL_MSG_EXP_GET = 1, IPCTNL_MSG_EXP_DELETE = 2, IPCTNL_MSG_EXP_GET_STATS_CPU = 3;

    /// Messages about queues of packets. include/uapi/linux/netfilter/nfnetlink_queue.h
    QUEUE "NFQNL_MSG_"
    choice all:
        NFQNL_MSG_PACKET = 0, NFQNL_MSG_VERDICT = 1, NFQNL_MSG_CONFIG = 2, NFQNL_MSG_VERDICT_BATCH = 3;

    /// Messages about logged packets. include/uapi/linux/netfilter/nfnetlink_log.h
    ULOG "NFULNL_MSG_"
    choice all:
        NFULNL_MSG_PACKET = 0, NFULNL_MSG_CONFIG = 1;

    /// Messages about fingerprints. include/uapi/linux/netfilter/nfnetlink_osf.h
    OSF "OSF_MSG_"
    choice all:
        OSF_MSG_ADD = 0, OSF_MSG_REMOVE = 1;

    /// Messages about sets of addresses. include/uapi/linux/netfilter/ipset/ip_set.h
    IPSET "IPSET_CMD_"
    choice all:
        IPSET_CMD_NONE = 0, IPSET_CMD_PROTOCOL = 1, IPSET_CMD_CREATE = 2, IPSET_CMD_DESTROY = 3, IPSET_CMD_FLUSH = 4, IPSET_CMD_RENAME =
        5, IPSET_CMD_SWAP = 6, IPSET_CMD_LIST = 7, IPSET_CMD_SAVE = 8, IPSET_CMD_ADD = 9, IPSET_CMD_DEL = 10, IPSET_CMD_TEST = 11,
        IPSET_CMD_HEADER = 12, IPSET_CMD_TYPE = 13, IPSET_CMD_GET_BYNAME = 14, IPSET_CMD_GET_BYINDEX = 15, IPSET_CMD_RESTORE = 16,
        IPSET_CMD_HELP = 17, IPSET_CMD_VERSION = 18, IPSET_CMD_QUIT = 19, IPSET_CMD_COMMIT = 20;

    /// Messages about accounts. include/uapi/linux/netfilter/nfnetlink_acct.h
    ACCT "NFNL_MSG_ACCT_"
    choice all:
        NFNL_MSG_ACCT_NEW = 0, NFNL_MSG_ACCT_GET = 1, NFNL_MSG_ACCT_GET_CTRZERO = 2, NFNL_MSG_ACCT_DEL = 3, NFNL_MSG_ACCT_OVERQUOTA = 4;

    /// Messages about timeouts of connections. include/uapi/linux/netfilter/nfnetlink_cttimeout.h
    CTNETLINK_TIMEOUT "IPCTNL_MSG_TIMEOUT_"
    choice all:
        IPCTNL_MSG_TIMEOUT_NEW = 0, IPCTNL_MSG_TIMEOUT_GET = 1, IPCTNL_MSG_TIMEOUT_DELETE = 2, IPCTNL_MSG_TIMEOUT_DEFAULT_SET = 3,
        IPCTNL_MSG_TIMEOUT_DEFAULT_GET = 4;

    /// Messages about helpers. include/uapi/linux/netfilter/nfnetlink_cthelper.h
    CTHELPER "NFNL_MSG_CTHELPER_"
    choice all:
        NFNL_MSG_CTHELPER_NEW = 0, NFNL_MSG_CTHELPER_GET = 1, NFNL_MSG_CTHELPER_DEL = 2;

    /// Messages of nf_tables. include/uapi/linux/netfilter/nf_tables.h
    NFTABLES "NFT_MSG_"
    choice all:
        NFT_MSG_NEWTABLE = 0, NFT_MSG_GETTABLE = 1, NFT_MSG_DELTABLE = 2, NFT_MSG_NEWCHAIN = 3, NFT_MSG_GETCHAIN = 4, NFT_MSG_DELCHAIN =
        5, NFT_MSG_NEWRULE = 6, NFT_MSG_GETRULE = 7, NFT_MSG_DELRULE = 8, NFT_MSG_NEWSET = 9, NFT_MSG_GETSET = 10, NFT_MSG_DELSET = 11,
        NFT_MSG_NEWSETELEM = 12, NFT_MSG_GETSETELEM = 13, NFT_MSG_DELSETELEM = 14, NFT_MSG_NEWGEN = 15, NFT_MSG_GETGEN = 16,
        NFT_MSG_TRACE = 17, NFT_MSG_NEWOBJ = 18, NFT_MSG_GETOBJ = 19, NFT_MSG_DELOBJ = 20, NFT_MSG_GETOBJ_RESET = 21,
        NFT_MSG_NEWFLOWTABLE = 22, NFT_MSG_GETFLOWTABLE = 23, NFT_MSG_DELFLOWTABLE = 24, NFT_MSG_GETRULE_RESET = 25,
        NFT_MSG_DESTROYTABLE = 26, NFT_MSG_DESTROYCHAIN = 27, NFT_MSG_DESTROYRULE = 28, NFT_MSG_DESTROYSET = 29, NFT_MSG_DESTROYSETELEM
        = 30, NFT_MSG_DESTROYOBJ = 31, NFT_MSG_DESTROYFLOWTABLE = 32, NFT_MSG_GETSETELEM_RESET = 33;

    /// Messages about extensions of iptables. include/uapi/linux/netfilter/nf_tables_compat.h
    NFT_COMPAT "NFNL_MSG_COMPAT_"
    choice all:
        NFNL_MSG_COMPAT_GET = 0;

    /// Messages about hooks. include/uapi/linux/netfilter/nfnetlink_hook.h
    HOOK "NFNL_MSG_HOOK_"
    choice all:
        NFNL_MSG_HOOK_GET = 0;
}

layouts! {
    /// What every message begins with. include/uapi/linux/netfilter/nfnetlink.h
    NFGENMSG 4 { nfgen_family @ 0: one(1, &AF), version @ 1: one(1, &NFNETLINK), res_id @ 2: Group(&NFNL_SUBSYS) }
}

attributes! {
    /// Attributes, whose names depend on the subsystem, and are not told.
    NFATTR "": ;
}

/// The subsystems by number, with their messages.
static GROUPS: Groups = Groups {
    names: &NFNL_SUBSYS,
    within: &[
        (1, &CTNETLINK),
        (2, &CTNETLINK_EXP),
        (3, &QUEUE),
        (4, &ULOG),
        (5, &OSF),
        (6, &IPSET),
        (7, &ACCT),
        (8, &CTNETLINK_TIMEOUT),
        (9, &CTHELPER),
        (10, &NFTABLES),
        (11, &NFT_COMPAT),
        (12, &HOOK),
    ],
};

/// What a message begins with.
const GENERAL: Begins = Begins::Whole(&NFGENMSG, Some(&NFATTR));

messages! {
    /// Messages of no subsystem: a batch of others stands between them. include/uapi/linux/netfilter/nfnetlink.h
    NFNL "NFNL_MSG_" (course, GENERAL, groups &GROUPS):
        NFNL_MSG_BATCH_BEGIN = 16: Begins::Whole(&NFGENMSG, None), NFNL_MSG_BATCH_END = 17: Begins::Whole(&NFGENMSG, None);
}

/// The number of tracked connections.
const TRACKED: u16 = NFNL_SUBSYS.value("NFNL_SUBSYS_CTNETLINK") as u16;
/// The number of nf_tables.
pub const TABLES: u16 = NFNL_SUBSYS.value("NFNL_SUBSYS_NFTABLES") as u16;

/// What flags mean, by the name of a message within its subsystem. Those of sets of addresses mean nothing more.
fn course(ty: u16, name: Option<&str>) -> Course {
    const IPSET: u16 = NFNL_SUBSYS.value("NFNL_SUBSYS_IPSET") as u16;
    match verb(ty, name) {
        _ if ty >> 8 == IPSET => Course::Plain,
        verb if verb.starts_with("NEW") => Course::New,
        verb if verb.starts_with("DEL") || verb.starts_with("DESTROY") => Course::Del,
        verb if verb.starts_with("GET") => Course::Get,
        _ => Course::Plain,
    }
}

/// A message of tables or of tracked connections that only asks. Some set what they ask for to 0.
pub fn asks(ty: u16) -> bool {
    let name = NFNL.name(ty);
    let known = matches!(ty >> 8, TABLES | TRACKED);
    let resets = name.is_some_and(|name| name.ends_with("_RESET") || name.ends_with("_CTRZERO"));
    known && course(ty, name) == Course::Get && !resets
}

/// What a name says behind that of its subsystem.
fn verb(ty: u16, name: Option<&'_ str>) -> &'_ str {
    let within = GROUPS.within.iter().find(|(group, _)| *group == ty >> 8);
    name.zip(within).and_then(|(name, (_, set))| name.strip_prefix(set.prefix)).unwrap_or("")
}
