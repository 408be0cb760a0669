//! Users, groups and capabilities.

use super::set::Set;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, sets, syscalls};

/// Capabilities by number, and as the bits of a mask. include/uapi/linux/capability.h
macro_rules! capabilities {
    ($($name:ident = $nr:literal),* $(,)?) => {
        /// Capabilities by number. include/uapi/linux/capability.h
        pub static CAP: Set = Set { marked: false, prefix: "CAP_", mask: u64::MAX, choice: &[$((stringify!($name), $nr)),*], bits: &[] };
        /// A set of capabilities, as strace shows it: `1<<CAP_CHOWN|1<<CAP_KILL`.
        pub static CAPS: Set = Set { marked: false, prefix: "CAP_", mask: 0, choice: &[], bits: &[$((concat!("1<<", stringify!($name)), 1 << $nr)),*] };
    };
}
capabilities! {
    CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3, CAP_FSETID = 4, CAP_KILL = 5,
    CAP_SETGID = 6, CAP_SETUID = 7, CAP_SETPCAP = 8, CAP_LINUX_IMMUTABLE = 9, CAP_NET_BIND_SERVICE = 10,
    CAP_NET_BROADCAST = 11, CAP_NET_ADMIN = 12, CAP_NET_RAW = 13, CAP_IPC_LOCK = 14, CAP_IPC_OWNER = 15,
    CAP_SYS_MODULE = 16, CAP_SYS_RAWIO = 17, CAP_SYS_CHROOT = 18, CAP_SYS_PTRACE = 19, CAP_SYS_PACCT = 20,
    CAP_SYS_ADMIN = 21, CAP_SYS_BOOT = 22, CAP_SYS_NICE = 23, CAP_SYS_RESOURCE = 24, CAP_SYS_TIME = 25,
    CAP_SYS_TTY_CONFIG = 26, CAP_MKNOD = 27, CAP_LEASE = 28, CAP_AUDIT_WRITE = 29, CAP_AUDIT_CONTROL = 30,
    CAP_SETFCAP = 31, CAP_MAC_OVERRIDE = 32, CAP_MAC_ADMIN = 33, CAP_SYSLOG = 34, CAP_WAKE_ALARM = 35,
    CAP_BLOCK_SUSPEND = 36, CAP_AUDIT_READ = 37, CAP_PERFMON = 38, CAP_BPF = 39, CAP_CHECKPOINT_RESTORE = 40,
}

sets! {
    /// Versions of struct __user_cap_header_struct. include/uapi/linux/capability.h
    CAP_VERSION "_LINUX_CAPABILITY_VERSION_"
    choice all: _LINUX_CAPABILITY_VERSION_1 = 0x1998_0330, _LINUX_CAPABILITY_VERSION_2 = 0x2007_1026,
                _LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;
}

records! {
    /// struct __user_cap_header_struct. include/uapi/linux/capability.h
    CAP_HEADER 8 { version: 0 4 Set32(&CAP_VERSION), pid: 4 4 Pid }
}

syscalls! { pub CREDENTIALS harmless "who a process is decides what its calls may do, and those are seen":
    getuid      [102 24 174]  ()                                                                -> Id, CREDS | PURE;
    getgid      [104 47 176]  ()                                                                -> Id, CREDS | PURE;
    geteuid     [107 49 175]  ()                                                                -> Id, CREDS | PURE;
    getegid     [108 50 177]  ()                                                                -> Id, CREDS | PURE;
    setuid      [105 23 146]  (uid: Id)                                                         -> Int, CREDS;
    setgid      [106 46 144]  (gid: Id)                                                         -> Int, CREDS;
    setreuid    [113 70 145]  (ruid: Id, euid: Id)                                              -> Int, CREDS;
    setregid    [114 71 143]  (rgid: Id, egid: Id)                                              -> Int, CREDS;
    setresuid   [117 164 147] (ruid: Id, euid: Id, suid: Id)                                    -> Int, CREDS;
    getresuid   [118 165 148] (ruid: Out(&Ptr(&Id)), euid: Out(&Ptr(&Id)), suid: Out(&Ptr(&Id))) -> Int, CREDS;
    setresgid   [119 170 149] (rgid: Id, egid: Id, sgid: Id)                                    -> Int, CREDS;
    getresgid   [120 171 150] (rgid: Out(&Ptr(&Id)), egid: Out(&Ptr(&Id)), sgid: Out(&Ptr(&Id))) -> Int, CREDS;
    setfsuid    [122 138 151] (fsuid: Id)                                                       -> Id, CREDS;
    setfsgid    [123 139 152] (fsgid: Id)                                                       -> Id, CREDS;
    getgroups   [115 80 158]  (size: Int, list: Out(&Array(&Id, Len::Ret)))                     -> Int, CREDS;
    setgroups   [116 81 159]  (size: Int, list: Array(&Id, size))                               -> Int, CREDS;
    capget      [125 184 90]  (hdrp: Rec(&CAP_HEADER), datap: Out(&Special(S::CapData)))        -> Int, CREDS;
    capset      [126 185 91]  (hdrp: Rec(&CAP_HEADER), datap: Special(S::CapData))              -> Int, CREDS;
}
