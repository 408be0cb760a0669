//! Mounting, the file system context calls, swap, quota and landlock.

use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// mount(2) flags. include/uapi/linux/mount.h
    MS "MS_"
    bits: MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_SYNCHRONOUS = 0x10,
          MS_REMOUNT = 0x20, MS_MANDLOCK = 0x40, MS_DIRSYNC = 0x80, MS_NOSYMFOLLOW = 0x100, MS_NOATIME = 0x400,
          MS_NODIRATIME = 0x800, MS_BIND = 0x1000, MS_MOVE = 0x2000, MS_REC = 0x4000, MS_SILENT = 0x8000,
          MS_POSIXACL = 0x10000, MS_UNBINDABLE = 0x20000, MS_PRIVATE = 0x40000, MS_SLAVE = 0x80000,
          MS_SHARED = 0x100000, MS_RELATIME = 0x200000, MS_KERNMOUNT = 0x400000, MS_I_VERSION = 0x800000,
          MS_STRICTATIME = 0x1000000, MS_LAZYTIME = 0x2000000, MS_SUBMOUNT = 0x4000000, MS_NOREMOTELOCK = 0x8000000,
          MS_NOSEC = 0x10000000, MS_BORN = 0x20000000, MS_ACTIVE = 0x40000000, MS_NOUSER = 0x80000000;

    /// umount2(2) flags. include/linux/fs.h
    UMOUNT "MNT_"
    bits: MNT_FORCE = 1, MNT_DETACH = 2, MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8;

    /// open_tree(2) flags. include/uapi/linux/mount.h
    OPEN_TREE "OPEN_TREE_"
    bits: OPEN_TREE_CLONE = 1, OPEN_TREE_NAMESPACE = 2, OPEN_TREE_CLOEXEC = 0o2000000, AT_SYMLINK_NOFOLLOW = 0x100,
          AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;

    /// move_mount(2) flags. include/uapi/linux/mount.h
    MOVE_MOUNT "MOVE_MOUNT_"
    bits: MOVE_MOUNT_F_SYMLINKS = 1, MOVE_MOUNT_F_AUTOMOUNTS = 2, MOVE_MOUNT_F_EMPTY_PATH = 4,
          MOVE_MOUNT_T_SYMLINKS = 0x10, MOVE_MOUNT_T_AUTOMOUNTS = 0x20, MOVE_MOUNT_T_EMPTY_PATH = 0x40,
          MOVE_MOUNT_SET_GROUP = 0x100, MOVE_MOUNT_BENEATH = 0x200;

    /// fsopen(2) flags. include/uapi/linux/mount.h
    FSOPEN "FSOPEN_"
    bits: FSOPEN_CLOEXEC = 1;

    /// fsconfig(2) commands. include/uapi/linux/mount.h
    FSCONFIG "FSCONFIG_"
    choice all: FSCONFIG_SET_FLAG = 0, FSCONFIG_SET_STRING = 1, FSCONFIG_SET_BINARY = 2, FSCONFIG_SET_PATH = 3,
          FSCONFIG_SET_PATH_EMPTY = 4, FSCONFIG_SET_FD = 5, FSCONFIG_CMD_CREATE = 6, FSCONFIG_CMD_RECONFIGURE = 7,
          FSCONFIG_CMD_CREATE_EXCL = 8;

    /// fsmount(2) flags. include/uapi/linux/mount.h
    FSMOUNT "FSMOUNT_"
    bits: FSMOUNT_CLOEXEC = 1, FSMOUNT_NAMESPACE = 2;

    /// Attributes that fsmount(2) gives. include/uapi/linux/mount.h
    FSMOUNT_ATTR "MOUNT_ATTR_"
    bits: MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8, MOUNT_ATTR__ATIME = 0x70,
          MOUNT_ATTR_NOATIME = 0x10, MOUNT_ATTR_STRICTATIME = 0x20, MOUNT_ATTR_NODIRATIME = 0x80,
          MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    /// Attributes of a mount. include/uapi/linux/mount.h
    MOUNT_ATTR "MOUNT_ATTR_"
    bits: MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8,
          MOUNT_ATTR_NOATIME = 0x10, MOUNT_ATTR_STRICTATIME = 0x20, MOUNT_ATTR_NODIRATIME = 0x80,
          MOUNT_ATTR_IDMAP = 0x100000, MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    /// Kinds of namespace. include/uapi/linux/sched.h
    NAMESPACE "CLONE_NEW"
    bits: CLONE_NEWTIME = 0x80, CLONE_NEWNS = 0x20000, CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000,
          CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000;

    /// mount_setattr(2) flags. include/uapi/linux/fcntl.h
    AT_SETATTR "AT_"
    bits: AT_SYMLINK_NOFOLLOW = 0x100, AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;

    /// Propagation in mount_setattr(2). include/uapi/linux/mount.h
    PROPAGATION "MS_"
    choice all: MS_UNBINDABLE = 0x20000, MS_PRIVATE = 0x40000, MS_SLAVE = 0x80000, MS_SHARED = 0x100000;

    /// fspick(2) flags. include/uapi/linux/mount.h
    FSPICK "FSPICK_"
    bits: FSPICK_CLOEXEC = 1, FSPICK_SYMLINK_NOFOLLOW = 2, FSPICK_NO_AUTOMOUNT = 4, FSPICK_EMPTY_PATH = 8;

    /// swapon(2) flags; the low 15 bits are a priority. include/linux/swap.h
    SWAP_FLAG "SWAP_FLAG_"
    bits: SWAP_FLAG_PREFER = 0x8000, SWAP_FLAG_DISCARD = 0x10000, SWAP_FLAG_DISCARD_ONCE = 0x20000,
          SWAP_FLAG_DISCARD_PAGES = 0x40000;

    /// What statmount(2) is asked for. include/uapi/linux/mount.h
    STATMOUNT "STATMOUNT_"
    bits: STATMOUNT_SB_BASIC = 1, STATMOUNT_MNT_BASIC = 2, STATMOUNT_PROPAGATE_FROM = 4, STATMOUNT_MNT_ROOT = 8,
          STATMOUNT_MNT_POINT = 0x10, STATMOUNT_FS_TYPE = 0x20, STATMOUNT_MNT_NS_ID = 0x40, STATMOUNT_MNT_OPTS = 0x80,
          STATMOUNT_FS_SUBTYPE = 0x100, STATMOUNT_SB_SOURCE = 0x200, STATMOUNT_OPT_ARRAY = 0x400,
          STATMOUNT_OPT_SEC_ARRAY = 0x800, STATMOUNT_SUPPORTED_MASK = 0x1000, STATMOUNT_MNT_UIDMAP = 0x2000,
          STATMOUNT_MNT_GIDMAP = 0x4000;

    /// listmount(2) flags. include/uapi/linux/mount.h
    LISTMOUNT "LISTMOUNT_"
    bits: LISTMOUNT_REVERSE = 1;

    /// landlock_create_ruleset(2) flags. include/uapi/linux/landlock.h
    LANDLOCK_CREATE "LANDLOCK_CREATE_RULESET_"
    bits: LANDLOCK_CREATE_RULESET_VERSION = 1, LANDLOCK_CREATE_RULESET_ERRATA = 2;

    /// landlock_restrict_self(2) flags. include/uapi/linux/landlock.h
    LANDLOCK_RESTRICT "LANDLOCK_RESTRICT_SELF_"
    bits: LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF = 1, LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON = 2,
          LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF = 4;

    /// Kinds of landlock rule. include/uapi/linux/landlock.h
    LANDLOCK_RULE "LANDLOCK_RULE_"
    choice all: LANDLOCK_RULE_PATH_BENEATH = 1, LANDLOCK_RULE_NET_PORT = 2;

    /// landlock_add_rule(2) flags. include/uapi/linux/landlock.h
    LANDLOCK_ADD_RULE "LANDLOCK_ADD_RULE_"
    bits: LANDLOCK_ADD_RULE_QUIET = 1;

    /// File access rights. include/uapi/linux/landlock.h
    LANDLOCK_FS "LANDLOCK_ACCESS_FS_"
    bits: LANDLOCK_ACCESS_FS_EXECUTE = 1, LANDLOCK_ACCESS_FS_WRITE_FILE = 2, LANDLOCK_ACCESS_FS_READ_FILE = 4,
          LANDLOCK_ACCESS_FS_READ_DIR = 8, LANDLOCK_ACCESS_FS_REMOVE_DIR = 0x10, LANDLOCK_ACCESS_FS_REMOVE_FILE = 0x20,
          LANDLOCK_ACCESS_FS_MAKE_CHAR = 0x40, LANDLOCK_ACCESS_FS_MAKE_DIR = 0x80, LANDLOCK_ACCESS_FS_MAKE_REG = 0x100,
          LANDLOCK_ACCESS_FS_MAKE_SOCK = 0x200, LANDLOCK_ACCESS_FS_MAKE_FIFO = 0x400,
          LANDLOCK_ACCESS_FS_MAKE_BLOCK = 0x800, LANDLOCK_ACCESS_FS_MAKE_SYM = 0x1000,
          LANDLOCK_ACCESS_FS_REFER = 0x2000, LANDLOCK_ACCESS_FS_TRUNCATE = 0x4000,
          LANDLOCK_ACCESS_FS_IOCTL_DEV = 0x8000;

    /// Network access rights. include/uapi/linux/landlock.h
    LANDLOCK_NET "LANDLOCK_ACCESS_NET_"
    bits: LANDLOCK_ACCESS_NET_BIND_TCP = 1, LANDLOCK_ACCESS_NET_CONNECT_TCP = 2;

    /// Scopes of a ruleset. include/uapi/linux/landlock.h
    LANDLOCK_SCOPE "LANDLOCK_SCOPE_"
    bits: LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1, LANDLOCK_SCOPE_SIGNAL = 2;

    /// quotactl(2) operations, without the type in the low byte. include/uapi/linux/quota.h, dqblk_xfs.h
    QUOTA_CMD "Q_"
    choice all: Q_SYNC = 0x800001, Q_QUOTAON = 0x800002, Q_QUOTAOFF = 0x800003, Q_GETFMT = 0x800004, Q_GETINFO = 0x800005,
          Q_SETINFO = 0x800006, Q_GETQUOTA = 0x800007, Q_SETQUOTA = 0x800008, Q_GETNEXTQUOTA = 0x800009,
          Q_XQUOTAON = 0x5801, Q_XQUOTAOFF = 0x5802, Q_XGETQUOTA = 0x5803, Q_XSETQLIM = 0x5804, Q_XGETQSTAT = 0x5805,
          Q_XQUOTARM = 0x5806, Q_XQUOTASYNC = 0x5807, Q_XGETQSTATV = 0x5808, Q_XGETNEXTQUOTA = 0x5809;

    /// Formats of quota files. include/uapi/linux/quota.h
    QUOTA_FORMAT "QFMT_VFS_"
    choice all: QFMT_VFS_OLD = 1, QFMT_VFS_V0 = 2, QFMT_OCFS2 = 3, QFMT_VFS_V1 = 4;

    /// Whose quota. include/uapi/linux/quota.h
    QUOTA_TYPE "???QUOTA"
    choice all: USRQUOTA = 0, GRPQUOTA = 1, PRJQUOTA = 2;
}

records! {
    /// struct mount_attr. include/uapi/linux/mount.h
    MOUNT_ATTRS 32 same { attr_set: 0 8 Set(&MOUNT_ATTR), attr_clr: 8 8 Set(&MOUNT_ATTR), propagation: 16 8 Set(&PROPAGATION),
                     userns_fd: 24 8 Int }
    /// struct mnt_id_req. include/uapi/linux/mount.h
    MNT_ID_REQ 32 same { size: 0 4 Uint, mnt_ns_fd: 4 4 Uint, mnt_id: 8 8 Hex, param: 16 8 Set(&STATMOUNT), mnt_ns_id: 24 8 Hex }
    /// struct mnt_id_req of listmount(2), where `param` is the last id seen. include/uapi/linux/mount.h
    LIST_REQ 32 same { size: 0 4 Uint, mnt_ns_fd: 4 4 Uint, mnt_id: 8 8 Hex, param: 16 8 Hex, mnt_ns_id: 24 8 Hex }
    /// struct ns_id_req. include/uapi/linux/nsfs.h (Linux 6.19)
    NS_ID_REQ 32 same { size: 0 4 Uint, ns_id: 8 8 Hex, ns_type: 16 4 Set32(&NAMESPACE), user_ns_id: 24 8 Hex }
    /// The front of struct statmount. include/uapi/linux/mount.h
    STATMOUNT_BUF 512 same { size: 0 4 Uint, mask: 8 8 Set(&STATMOUNT), mnt_id: 40 8 Hex, mnt_parent_id: 48 8 Hex
                        ; verbose: sb_dev_major: 16 4 Uint, sb_dev_minor: 20 4 Uint, sb_magic: 24 8 Set(&super::stat::FS_MAGIC),
                        sb_flags: 32 4 Set32(&MS), mnt_id_old: 56 4 Uint, mnt_parent_id_old: 60 4 Uint,
                        mnt_attr: 64 8 Set(&MOUNT_ATTR), mnt_propagation: 72 8 Special(S::Propagation), mnt_peer_group: 80 8 Uint,
                        mnt_master: 88 8 Uint, propagate_from: 96 8 Uint }
    /// struct landlock_ruleset_attr. include/uapi/linux/landlock.h
    RULESET_ATTR 24 same { handled_access_fs: 0 8 Set(&LANDLOCK_FS), handled_access_net: 8 8 Set(&LANDLOCK_NET),
                      scoped: 16 8 Set(&LANDLOCK_SCOPE) }
    /// struct landlock_path_beneath_attr (packed). include/uapi/linux/landlock.h
    PATH_BENEATH 12 same { allowed_access: 0 8 Set(&LANDLOCK_FS), parent_fd: 8 4 Fd }
    /// struct landlock_net_port_attr. include/uapi/linux/landlock.h
    NET_PORT 16 same { allowed_access: 0 8 Set(&LANDLOCK_NET), port: 8 8 Ulong }
}

const FSCONFIG_SET_STRING: u64 = 1;
const FSCONFIG_SET_BINARY: u64 = 2;
const FSCONFIG_SET_PATH: u64 = 3;
const FSCONFIG_SET_PATH_EMPTY: u64 = 4;
const FSCONFIG_CMD_CREATE: u64 = 6;
const FSCONFIG_CMD_RECONFIGURE: u64 = 7;
const FSCONFIG_CMD_CREATE_EXCL: u64 = 8;
const LANDLOCK_RULE_PATH_BENEATH: u64 = 1;
const LANDLOCK_RULE_NET_PORT: u64 = 2;

/// A quota command with the type in its low byte.
const CMD: Ty = Special(S::QuotaCmd);

// Quota commands without a user: for users, groups and projects. Q_SYNC, Q_QUOTAON, Q_QUOTAOFF, Q_GETFMT,
// Q_GETINFO and Q_SETINFO of include/uapi/linux/quota.h.
const SYNC_USR: u64 = 0x8000_0100;
const SYNC_GRP: u64 = SYNC_USR + 1;
const SYNC_PRJ: u64 = SYNC_USR + 2;
const ON_USR: u64 = 0x8000_0200;
const ON_GRP: u64 = ON_USR + 1;
const ON_PRJ: u64 = ON_USR + 2;
const OFF_USR: u64 = 0x8000_0300;
const OFF_GRP: u64 = OFF_USR + 1;
const OFF_PRJ: u64 = OFF_USR + 2;
const FMT_USR: u64 = 0x8000_0400;
const FMT_GRP: u64 = FMT_USR + 1;
const FMT_PRJ: u64 = FMT_USR + 2;
const GET_USR: u64 = 0x8000_0500;
const GET_GRP: u64 = GET_USR + 1;
const GET_PRJ: u64 = GET_USR + 2;
const SET_USR: u64 = 0x8000_0600;
const SET_GRP: u64 = SET_USR + 1;
const SET_PRJ: u64 = SET_USR + 2;

syscalls! { pub MOUNTS:
    mount           [165 21 40]     (source: Path, target: Path, filesystemtype: Special(S::MountType), mountflags: Special(S::MountFlags),
                                     data: Special(S::MountData)) -> Int, FILE, names "names below the mount mean something else from now on";
    umount2         [166 52 39]     (target: Path, flags: Set32(&UMOUNT)) -> Int, FILE, names "names below the mount mean something else from now on";
    pivot_root      [155 217 41]    (new_root: Path, put_old: Path) -> Int, FILE, root "names are told from the new root on";
    open_tree       [428 428 428]   (dfd: DirFd, filename: Path, flags: Set32(&OPEN_TREE)) -> Fd, DESC | FILE, gap "what is opened from its descriptor has a name in no directory";
    open_tree_attr  [467 467 467]   (dfd: DirFd, filename: Path, flags: Set32(&OPEN_TREE),
                                     uattr: Sized(&MOUNT_ATTRS, usize), usize: Ulong) -> Fd, DESC | FILE, gap "what is opened from its descriptor has a name in no directory";
    move_mount      [429 429 429]   (from_dfd: DirFd, from_pathname: Path, to_dfd: DirFd, to_pathname: Path,
                                     flags: Set32(&MOVE_MOUNT)) -> Int, DESC | FILE, names "names below the mount mean something else from now on";
    fsopen          [430 430 430]   (fs_name: Text, flags: Set32(&FSOPEN)) -> Fd, DESC, harmless "prepares a mount, which fsmount makes";
    fsconfig        [431 431 431]   (fs_fd: Fd, cmd: Set32(&FSCONFIG), key: Text, value: Addr, aux: Int) -> Int, DESC | FILE, harmless "prepares a mount, which fsmount makes",
        by cmd {
            FSCONFIG_SET_STRING     => (fs_fd: Fd, cmd: Set32(&FSCONFIG), key: Text, value: Text, aux: Int) -> Int;
            FSCONFIG_SET_BINARY     => (fs_fd: Fd, cmd: Set32(&FSCONFIG), key: Text, value: HexBytes(aux), aux: Int) -> Int;
            FSCONFIG_SET_PATH | FSCONFIG_SET_PATH_EMPTY
                                    => (fs_fd: Fd, cmd: Set32(&FSCONFIG), key: Text, value: Path, aux: DirFd) -> Int;
            FSCONFIG_CMD_CREATE | FSCONFIG_CMD_RECONFIGURE | FSCONFIG_CMD_CREATE_EXCL
                                    => (fs_fd: Fd, cmd: Set32(&FSCONFIG), key: Addr, value: Addr, aux: Int) -> Int,
                gap "the file system begins to work, with what it is made of";
        };
    fsmount         [432 432 432]   (fs_fd: Fd, flags: Set32(&FSMOUNT), attr_flags: Set32(&FSMOUNT_ATTR)) -> Fd, DESC, gap "what is opened from its descriptor has a name in no directory";
    fspick          [433 433 433]   (dfd: DirFd, path: Path, flags: Set32(&FSPICK)) -> Fd, DESC | FILE, does [Asks(path)];
    mount_setattr   [442 442 442]   (dfd: DirFd, path: Path, flags: Set32(&AT_SETATTR), uattr: Sized(&MOUNT_ATTRS, usize), usize: Ulong)
                                        -> Int, DESC | FILE, harmless "flags of a mount: names below it mean what they meant";
    statmount       [457 457 457]   (req: Rec(&MNT_ID_REQ), buf: Out(&Sized(&STATMOUNT_BUF, bufsize)), bufsize: Ulong, flags: Hex32)
                                        -> Int, 0, harmless "asks for mounts and file systems";
    listmount       [458 458 458]   (req: Rec(&LIST_REQ), mnt_ids: Out(&Array(&Hex, Ret)), nr_mnt_ids: Ulong,
                                     flags: Set32(&LISTMOUNT)) -> Long, 0, harmless "asks for mounts and file systems";
    listns          [470 470 470]   (req: Rec(&NS_ID_REQ), ns_ids: Out(&Array(&Hex, Ret)), nr_ns_ids: Ulong, flags: Hex32)
                                        -> Long, 0, harmless "asks for namespaces";
    setns           [308 346 268]   (fd: Fd, nstype: Set32(&NAMESPACE)) -> Int, DESC, root "names and addresses mean what they mean in the namespace";
    sysfs           [139 135 _]     (option: Hex, arg1: Hex, arg2: Hex) -> Int, 0, harmless "asks for mounts and file systems";
    swapon          [167 87 224]    (path: Path, swapflags: Special(S::SwapFlags)) -> Int, FILE, gap "the kernel writes memory to the file from now on";
    swapoff         [168 115 225]   (path: Path) -> Int, FILE, harmless "the kernel reads back what it has written";
    quotactl        [179 131 60]    (cmd: CMD, special: Path, id: Id, addr: Addr) -> Int, FILE, does [Changes(Attributes, special, Followed)],
        by cmd {
            SYNC_USR | SYNC_GRP | SYNC_PRJ | OFF_USR | OFF_GRP | OFF_PRJ => (cmd: CMD, special: Path)                    -> Int, harmless "writes down what quota there is, or leaves off counting";
            ON_USR | ON_GRP | ON_PRJ    => (cmd: CMD, special: Path, id: Set32(&QUOTA_FORMAT), addr: Path)               -> Int, does [Changes(Attributes, special, Followed), Changes(Attributes, addr, Followed)];
            FMT_USR | FMT_GRP | FMT_PRJ | GET_USR | GET_GRP | GET_PRJ => (cmd: CMD, special: Path, id: Hidden, addr: Addr) -> Int, harmless "asks for quota";
            SET_USR | SET_GRP | SET_PRJ => (cmd: CMD, special: Path, id: Hidden, addr: Addr) -> Int;
        };
    quotactl_fd     [443 443 443]   (fd: Fd, cmd: CMD, id: Id, addr: Addr) -> Int, DESC, does [Changes(Attributes, fd, Itself)],
        by cmd {
            SYNC_USR | SYNC_GRP | SYNC_PRJ | OFF_USR | OFF_GRP | OFF_PRJ => (fd: Fd, cmd: CMD)                           -> Int, harmless "writes down what quota there is, or leaves off counting";
            FMT_USR | FMT_GRP | FMT_PRJ | GET_USR | GET_GRP | GET_PRJ => (fd: Fd, cmd: CMD, id: Hidden, addr: Addr) -> Int, harmless "asks for quota";
            SET_USR | SET_GRP | SET_PRJ => (fd: Fd, cmd: CMD, id: Hidden, addr: Addr) -> Int;
        };
    landlock_create_ruleset [444 444 444] (attr: Sized(&RULESET_ATTR, size), size: Ulong, flags: Set32(&LANDLOCK_CREATE))
                                        -> Fd, DESC, harmless "the process may do less from now on";
    landlock_add_rule [445 445 445] (ruleset_fd: Fd, rule_type: Set32(&LANDLOCK_RULE), rule_attr: Addr, flags: Set32(&LANDLOCK_ADD_RULE)) -> Int, DESC, harmless "the process may do less from now on",
        by rule_type {
            LANDLOCK_RULE_PATH_BENEATH => (ruleset_fd: Fd, rule_type: Set32(&LANDLOCK_RULE), rule_attr: Rec(&PATH_BENEATH),
                                           flags: Set32(&LANDLOCK_ADD_RULE)) -> Int;
            LANDLOCK_RULE_NET_PORT     => (ruleset_fd: Fd, rule_type: Set32(&LANDLOCK_RULE), rule_attr: Rec(&NET_PORT),
                                           flags: Set32(&LANDLOCK_ADD_RULE)) -> Int;
        };
    landlock_restrict_self [446 446 446] (ruleset_fd: Fd, flags: Set32(&LANDLOCK_RESTRICT)) -> Int, DESC, harmless "the process may do less from now on";
}
