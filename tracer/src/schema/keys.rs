//! Keys and keyrings.

use super::types::Special as S;
use super::types::Ty::*;
use super::types::*;
use crate::{selectors, sets, syscalls};

sets! {
    /// keyctl(2) operations. include/uapi/linux/keyctl.h
    KEYCTL "KEYCTL_"
    choice all: KEYCTL_GET_KEYRING_ID = 0, KEYCTL_JOIN_SESSION_KEYRING = 1, KEYCTL_UPDATE = 2, KEYCTL_REVOKE = 3,
                KEYCTL_CHOWN = 4, KEYCTL_SETPERM = 5, KEYCTL_DESCRIBE = 6, KEYCTL_CLEAR = 7, KEYCTL_LINK = 8,
                KEYCTL_UNLINK = 9, KEYCTL_SEARCH = 10, KEYCTL_READ = 11, KEYCTL_INSTANTIATE = 12,
                KEYCTL_NEGATE = 13, KEYCTL_SET_REQKEY_KEYRING = 14, KEYCTL_SET_TIMEOUT = 15,
                KEYCTL_ASSUME_AUTHORITY = 16, KEYCTL_GET_SECURITY = 17, KEYCTL_SESSION_TO_PARENT = 18,
                KEYCTL_REJECT = 19, KEYCTL_INSTANTIATE_IOV = 20, KEYCTL_INVALIDATE = 21,
                KEYCTL_GET_PERSISTENT = 22, KEYCTL_DH_COMPUTE = 23, KEYCTL_PKEY_QUERY = 24,
                KEYCTL_PKEY_ENCRYPT = 25, KEYCTL_PKEY_DECRYPT = 26, KEYCTL_PKEY_SIGN = 27, KEYCTL_PKEY_VERIFY = 28,
                KEYCTL_RESTRICT_KEYRING = 29, KEYCTL_MOVE = 30, KEYCTL_CAPABILITIES = 31, KEYCTL_WATCH_KEY = 32;

    /// Key ids with a meaning of their own. include/uapi/linux/keyctl.h
    KEY_SPEC "KEY_SPEC_"
    choice all: KEY_SPEC_THREAD_KEYRING = 0xffff_ffff, KEY_SPEC_PROCESS_KEYRING = 0xffff_fffe,
                KEY_SPEC_SESSION_KEYRING = 0xffff_fffd, KEY_SPEC_USER_KEYRING = 0xffff_fffc,
                KEY_SPEC_USER_SESSION_KEYRING = 0xffff_fffb, KEY_SPEC_GROUP_KEYRING = 0xffff_fffa,
                KEY_SPEC_REQKEY_AUTH_KEY = 0xffff_fff9, KEY_SPEC_REQUESTOR_KEYRING = 0xffff_fff8;

    /// Default keyrings. include/uapi/linux/keyctl.h
    REQKEY "KEY_REQKEY_DEFL_"
    choice all: KEY_REQKEY_DEFL_NO_CHANGE = 0xffff_ffff, KEY_REQKEY_DEFL_DEFAULT = 0, KEY_REQKEY_DEFL_THREAD_KEYRING = 1,
                KEY_REQKEY_DEFL_PROCESS_KEYRING = 2, KEY_REQKEY_DEFL_SESSION_KEYRING = 3, KEY_REQKEY_DEFL_USER_KEYRING = 4,
                KEY_REQKEY_DEFL_USER_SESSION_KEYRING = 5, KEY_REQKEY_DEFL_GROUP_KEYRING = 6,
                KEY_REQKEY_DEFL_REQUESTOR_KEYRING = 7;

    /// Permissions of a key. include/linux/key.h
    KEY_PERM "KEY_"
    bits: KEY_POS_VIEW = 0x0100_0000, KEY_POS_READ = 0x0200_0000, KEY_POS_WRITE = 0x0400_0000,
          KEY_POS_SEARCH = 0x0800_0000, KEY_POS_LINK = 0x1000_0000, KEY_POS_SETATTR = 0x2000_0000,
          KEY_USR_VIEW = 0x01_0000, KEY_USR_READ = 0x02_0000, KEY_USR_WRITE = 0x04_0000, KEY_USR_SEARCH = 0x08_0000,
          KEY_USR_LINK = 0x10_0000, KEY_USR_SETATTR = 0x20_0000, KEY_GRP_VIEW = 0x0100, KEY_GRP_READ = 0x0200,
          KEY_GRP_WRITE = 0x0400, KEY_GRP_SEARCH = 0x0800, KEY_GRP_LINK = 0x1000, KEY_GRP_SETATTR = 0x2000,
          KEY_OTH_VIEW = 1, KEY_OTH_READ = 2, KEY_OTH_WRITE = 4, KEY_OTH_SEARCH = 8, KEY_OTH_LINK = 0x10,
          KEY_OTH_SETATTR = 0x20;

    /// KEYCTL_MOVE flags. include/uapi/linux/keyctl.h
    KEY_MOVE "KEYCTL_MOVE_"
    bits: KEYCTL_MOVE_EXCL = 1;
}

selectors! {
    GET_KEYRING_ID = 0, JOIN_SESSION_KEYRING = 1, UPDATE = 2, REVOKE = 3, CHOWN = 4, SETPERM = 5, DESCRIBE = 6, CLEAR = 7,
    LINK = 8, UNLINK = 9, SEARCH = 10, READ = 11, INSTANTIATE = 12, NEGATE = 13, SET_REQKEY_KEYRING = 14,
    SET_TIMEOUT = 15, ASSUME_AUTHORITY = 16, GET_SECURITY = 17, SESSION_TO_PARENT = 18, REJECT = 19,
    INSTANTIATE_IOV = 20, INVALIDATE = 21, GET_PERSISTENT = 22, RESTRICT_KEYRING = 29, MOVE = 30, CAPABILITIES = 31,
    WATCH_KEY = 32,
}

/// A key's id.
const KEY: Ty = Special(S::KeySerial);

syscalls! { pub KEYS harmless "asks for keys":
    add_key     [248 286 217] (r#type: Text, description: Text, payload: Bytes(plen), plen: Ulong, keyring: KEY) -> KEY, 0, gap "a key outlives the process: who uses it is not seen";
    request_key [249 287 218] (r#type: Text, description: Text, callout_info: Text, dest_keyring: KEY) -> KEY, 0, unread "for a key that it has not, the kernel runs a program";
    keyctl      [250 288 219] (operation: Set32(&KEYCTL), arg2: Hex, arg3: Hex, arg4: Hex, arg5: Hex) -> Long, 0, gap "a key outlives the process: who uses it is not seen",
        by operation {
            GET_KEYRING_ID       => (operation: Set32(&KEYCTL), id: KEY, create: Int)           -> KEY, harmless "asks for keys, or which of them the process itself has";
            JOIN_SESSION_KEYRING => (operation: Set32(&KEYCTL), name: Text)                     -> KEY, harmless "asks for keys, or which of them the process itself has";
            UPDATE               => (operation: Set32(&KEYCTL), id: KEY, payload: Bytes(plen), plen: Ulong) -> Long;
            REVOKE | CLEAR | INVALIDATE | ASSUME_AUTHORITY => (operation: Set32(&KEYCTL), id: KEY) -> Long;
            CHOWN                => (operation: Set32(&KEYCTL), id: KEY, uid: Id, gid: Id)      -> Long;
            SETPERM              => (operation: Set32(&KEYCTL), id: KEY, perm: Set32(&KEY_PERM)) -> Long;
            DESCRIBE | GET_SECURITY => (operation: Set32(&KEYCTL), id: KEY, buffer: Out(&Text), buflen: Ulong) -> Long, harmless "asks for keys, or which of them the process itself has";
            LINK | UNLINK        => (operation: Set32(&KEYCTL), id: KEY, keyring: KEY)          -> Long;
            SEARCH               => (operation: Set32(&KEYCTL), keyring: KEY, r#type: Text, description: Text, dest: KEY) -> KEY, harmless "asks for keys, or which of them the process itself has";
            READ                 => (operation: Set32(&KEYCTL), id: KEY, buffer: Out(&Bytes(Len::Ret)), buflen: Ulong) -> Long, harmless "asks for keys, or which of them the process itself has";
            INSTANTIATE          => (operation: Set32(&KEYCTL), id: KEY, payload: Bytes(plen), plen: Ulong, keyring: KEY) -> Long;
            INSTANTIATE_IOV      => (operation: Set32(&KEYCTL), id: KEY, iov: Iovec(count), count: Uint, keyring: KEY) -> Long;
            NEGATE               => (operation: Set32(&KEYCTL), id: KEY, timeout: Uint, keyring: KEY) -> Long;
            REJECT               => (operation: Set32(&KEYCTL), id: KEY, timeout: Uint, error: Uint, keyring: KEY) -> Long;
            SET_REQKEY_KEYRING   => (operation: Set32(&KEYCTL), reqkey_defl: Set32(&REQKEY))    -> Long, harmless "asks for keys, or which of them the process itself has";
            SET_TIMEOUT          => (operation: Set32(&KEYCTL), id: KEY, timeout: Uint)         -> Long;
            SESSION_TO_PARENT    => (operation: Set32(&KEYCTL))                                 -> Long;
            GET_PERSISTENT       => (operation: Set32(&KEYCTL), uid: Id, keyring: KEY)          -> KEY;
            RESTRICT_KEYRING     => (operation: Set32(&KEYCTL), keyring: KEY, r#type: Text, restriction: Text) -> Long;
            MOVE                 => (operation: Set32(&KEYCTL), id: KEY, from: KEY, to: KEY, flags: Set32(&KEY_MOVE)) -> Long;
            CAPABILITIES         => (operation: Set32(&KEYCTL), buffer: Out(&HexBytes(Len::Ret)), buflen: Ulong) -> Long, harmless "asks for keys, or which of them the process itself has";
            WATCH_KEY            => (operation: Set32(&KEYCTL), id: KEY, watch_queue_fd: Fd, watch_id: Int) -> Long;
        };
}
