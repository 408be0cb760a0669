//! NETLINK_GENERIC: the controller, and families whose numbers are given while the machine runs.

use super::holds::Holds::{Flags, Loose, Nest, NonZero, Raw, Text};
use super::holds::{S64, U8, U32, U64, X8, X16, X32, X64, one};
use super::messages::{Begins, gets};
use crate::{attributes, layouts, messages, sets};

sets! {
    /// Commands of the controller. include/uapi/linux/genetlink.h
    CTRL_CMD "CTRL_CMD_"
    choice all:
        CTRL_CMD_UNSPEC = 0, CTRL_CMD_NEWFAMILY = 1, CTRL_CMD_DELFAMILY = 2, CTRL_CMD_GETFAMILY = 3, CTRL_CMD_NEWOPS = 4,
        CTRL_CMD_DELOPS = 5, CTRL_CMD_GETOPS = 6, CTRL_CMD_NEWMCAST_GRP = 7, CTRL_CMD_DELMCAST_GRP = 8, CTRL_CMD_GETMCAST_GRP = 9,
        CTRL_CMD_GETPOLICY = 10;

    /// What an operation takes. include/uapi/linux/genetlink.h
    GENL "GENL_"
    bits: GENL_ADMIN_PERM = 1, GENL_CMD_CAP_DO = 2, GENL_CMD_CAP_DUMP = 4, GENL_CMD_CAP_HASPOL = 8, GENL_UNS_ADMIN_PERM = 0x10;

    /// Kinds of attributes in a policy. include/uapi/linux/netlink.h
    NL_ATTR_TYPE "NL_ATTR_TYPE_"
    choice all:
        NL_ATTR_TYPE_INVALID = 0, NL_ATTR_TYPE_FLAG = 1, NL_ATTR_TYPE_U8 = 2, NL_ATTR_TYPE_U16 = 3, NL_ATTR_TYPE_U32 = 4,
        NL_ATTR_TYPE_U64 = 5, NL_ATTR_TYPE_S8 = 6, NL_ATTR_TYPE_S16 = 7, NL_ATTR_TYPE_S32 = 8, NL_ATTR_TYPE_S64 = 9,
        NL_ATTR_TYPE_BINARY = 10, NL_ATTR_TYPE_STRING = 11, NL_ATTR_TYPE_NUL_STRING = 12, NL_ATTR_TYPE_NESTED = 13,
        NL_ATTR_TYPE_NESTED_ARRAY = 14, NL_ATTR_TYPE_BITFIELD32 = 15, NL_ATTR_TYPE_SINT = 16, NL_ATTR_TYPE_UINT = 17;
}

layouts! {
    /// struct genlmsghdr, as the controller has it. include/uapi/linux/genetlink.h
    CONTROL 4 { cmd @ 0: one(1, &CTRL_CMD), version @ 1: U8, reserved @ 2: NonZero(&X16) }
    /// The same of other families, whose commands are not told.
    FAMILY 4 { cmd @ 0: X8, version @ 1: U8, reserved @ 2: NonZero(&X16) }
}

attributes! {
    /// Attributes of the controller. include/uapi/linux/genetlink.h
    CTRL_ATTR "CTRL_ATTR_":
        CTRL_ATTR_UNSPEC = 0: Raw, CTRL_ATTR_FAMILY_ID = 1: X16, CTRL_ATTR_FAMILY_NAME = 2: Text, CTRL_ATTR_VERSION = 3: U32,
        CTRL_ATTR_HDRSIZE = 4: U32, CTRL_ATTR_MAXATTR = 5: U32, CTRL_ATTR_OPS = 6: Nest(&OPS),
        CTRL_ATTR_MCAST_GROUPS = 7: Nest(&GROUPS), CTRL_ATTR_POLICY = 8: Nest(&POLICIES), CTRL_ATTR_OP_POLICY = 9: Nest(&OP_POLICIES),
        CTRL_ATTR_OP = 10: U32;

    /// Operations, by number.
    OPS "" else Nest(&CTRL_ATTR_OP), : ;

    /// An operation. include/uapi/linux/genetlink.h
    CTRL_ATTR_OP "CTRL_ATTR_OP_":
        CTRL_ATTR_OP_UNSPEC = 0: Raw, CTRL_ATTR_OP_ID = 1: Loose(4, &CTRL_CMD), CTRL_ATTR_OP_FLAGS = 2: Flags(4, &GENL);

    /// Groups, by number.
    GROUPS "" else Nest(&CTRL_ATTR_MCAST_GRP), : ;

    /// A group of those that listen. include/uapi/linux/genetlink.h
    CTRL_ATTR_MCAST_GRP "CTRL_ATTR_MCAST_GRP_":
        CTRL_ATTR_MCAST_GRP_UNSPEC = 0: Raw, CTRL_ATTR_MCAST_GRP_NAME = 1: Text, CTRL_ATTR_MCAST_GRP_ID = 2: X32;

    /// Policies, by number.
    POLICIES "" else Nest(&POLICY), : ;

    /// A policy: what is asked of attributes, by their type.
    POLICY "" else Nest(&NL_POLICY_TYPE_ATTR), : ;

    /// What is asked of an attribute. include/uapi/linux/netlink.h
    NL_POLICY_TYPE_ATTR "NL_POLICY_TYPE_ATTR_":
        NL_POLICY_TYPE_ATTR_UNSPEC = 0: Raw, NL_POLICY_TYPE_ATTR_TYPE = 1: Loose(4, &NL_ATTR_TYPE),
        NL_POLICY_TYPE_ATTR_MIN_VALUE_S = 2: S64, NL_POLICY_TYPE_ATTR_MAX_VALUE_S = 3: S64, NL_POLICY_TYPE_ATTR_MIN_VALUE_U = 4: U64,
        NL_POLICY_TYPE_ATTR_MAX_VALUE_U = 5: U64, NL_POLICY_TYPE_ATTR_MIN_LENGTH = 6: U32, NL_POLICY_TYPE_ATTR_MAX_LENGTH = 7: U32,
        NL_POLICY_TYPE_ATTR_POLICY_IDX = 8: X32, NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE = 9: X32,
        NL_POLICY_TYPE_ATTR_BITFIELD32_MASK = 10: X32, NL_POLICY_TYPE_ATTR_PAD = 11: Raw, NL_POLICY_TYPE_ATTR_MASK = 12: X64;

    /// Policies of operations, by their number.
    OP_POLICIES "" else Nest(&CTRL_ATTR_POLICY), : ;

    /// Which policy an operation has. include/uapi/linux/genetlink.h
    CTRL_ATTR_POLICY "CTRL_ATTR_POLICY_":
        CTRL_ATTR_POLICY_UNSPEC = 0: Raw, CTRL_ATTR_POLICY_DO = 1: U32, CTRL_ATTR_POLICY_DUMP = 2: U32;

    /// Attributes of a family, whose names are not told.
    FAMILY_ATTR "": ;
}

messages! {
    /// Families by number: that of the controller is fixed. include/uapi/linux/genetlink.h
    GENERIC_FAMILY "GENERIC_FAMILY_" (gets, Begins::Whole(&FAMILY, Some(&FAMILY_ATTR))):
        nlctrl = 16: Begins::Whole(&CONTROL, Some(&CTRL_ATTR));
}
