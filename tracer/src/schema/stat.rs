//! What files and file systems are: stat and its kin.

use super::file::AT;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// statx(2) flags: how current, then the common ones. include/uapi/linux/fcntl.h
    AT_STATX "AT_STATX_"
    choice 0x6000: AT_STATX_SYNC_AS_STAT = 0, AT_STATX_FORCE_SYNC = 0x2000, AT_STATX_DONT_SYNC = 0x4000;
    bits: AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800,
          AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;

    /// Fields of statx. include/uapi/linux/stat.h
    STATX "STATX_"
    bits: STATX_ALL = 0xfff, STATX_BASIC_STATS = 0x7ff, STATX_TYPE = 1, STATX_MODE = 2, STATX_NLINK = 4,
          STATX_UID = 8, STATX_GID = 0x10, STATX_ATIME = 0x20, STATX_MTIME = 0x40, STATX_CTIME = 0x80,
          STATX_INO = 0x100, STATX_SIZE = 0x200, STATX_BLOCKS = 0x400, STATX_BTIME = 0x800, STATX_MNT_ID = 0x1000,
          STATX_DIOALIGN = 0x2000, STATX_MNT_ID_UNIQUE = 0x4000, STATX_SUBVOL = 0x8000, STATX_WRITE_ATOMIC = 0x10000,
          STATX_DIO_READ_ALIGN = 0x20000;

    /// Attributes in statx. include/uapi/linux/stat.h
    STATX_ATTR "STATX_ATTR_"
    bits: STATX_ATTR_COMPRESSED = 4, STATX_ATTR_IMMUTABLE = 0x10, STATX_ATTR_APPEND = 0x20, STATX_ATTR_NODUMP = 0x40,
          STATX_ATTR_ENCRYPTED = 0x800, STATX_ATTR_AUTOMOUNT = 0x1000, STATX_ATTR_MOUNT_ROOT = 0x2000,
          STATX_ATTR_VERITY = 0x100000, STATX_ATTR_DAX = 0x200000, STATX_ATTR_WRITE_ATOMIC = 0x400000;

    /// Kinds of file system. include/uapi/linux/magic.h
    FS_MAGIC "_SUPER_MAGIC"
    choice all: V9FS_MAGIC = 0x1021997, ADFS_SUPER_MAGIC = 0xadf5, AFFS_SUPER_MAGIC = 0xadff,
          AFS_SUPER_MAGIC = 0x5346414f, ANON_INODE_FS_MAGIC = 0x9041934, AUTOFS_SUPER_MAGIC = 0x187,
          BDEVFS_MAGIC = 0x62646576, BINFMTFS_MAGIC = 0x42494e4d, BPF_FS_MAGIC = 0xcafe4a11,
          BTRFS_SUPER_MAGIC = 0x9123683e, CEPH_SUPER_MAGIC = 0xc36400, CGROUP_SUPER_MAGIC = 0x27e0eb,
          CGROUP2_SUPER_MAGIC = 0x63677270, CRAMFS_MAGIC = 0x28cd3d45, DEBUGFS_MAGIC = 0x64626720,
          DEVPTS_SUPER_MAGIC = 0x1cd1, ECRYPTFS_SUPER_MAGIC = 0xf15f, EFIVARFS_MAGIC = 0xde5e81e4,
          EROFS_SUPER_MAGIC_V1 = 0xe0f5e1e2, EXFAT_SUPER_MAGIC = 0x2011bab0, EXT2_SUPER_MAGIC = 0xef53,
          F2FS_SUPER_MAGIC = 0xf2f52010, FUSE_SUPER_MAGIC = 0x65735546, FUTEXFS_SUPER_MAGIC = 0xbad1dea,
          HOSTFS_SUPER_MAGIC = 0xc0ffee, HUGETLBFS_MAGIC = 0x958458f6, ISOFS_SUPER_MAGIC = 0x9660,
          JFFS2_SUPER_MAGIC = 0x72b6, MINIX_SUPER_MAGIC = 0x137f, MINIX3_SUPER_MAGIC = 0x4d5a,
          MSDOS_SUPER_MAGIC = 0x4d44, MTD_INODE_FS_MAGIC = 0x11307854, NFS_SUPER_MAGIC = 0x6969,
          NSFS_MAGIC = 0x6e736673, OCFS2_SUPER_MAGIC = 0x7461636f, OVERLAYFS_SUPER_MAGIC = 0x794c7630,
          PID_FS_MAGIC = 0x50494446, PIPEFS_MAGIC = 0x50495045, PROC_SUPER_MAGIC = 0x9fa0,
          PSTOREFS_MAGIC = 0x6165676c, RAMFS_MAGIC = 0x858458f6, REISERFS_SUPER_MAGIC = 0x52654973,
          SECURITYFS_MAGIC = 0x73636673, SELINUX_MAGIC = 0xf97cff8c, SMACK_MAGIC = 0x43415d53,
          SMB_SUPER_MAGIC = 0x517b, CIFS_SUPER_MAGIC = 0xff534d42, SMB2_SUPER_MAGIC = 0xfe534d42,
          SOCKFS_MAGIC = 0x534f434b, SQUASHFS_MAGIC = 0x73717368, SYSFS_MAGIC = 0x62656572, TMPFS_MAGIC = 0x1021994,
          TRACEFS_MAGIC = 0x74726163, UDF_SUPER_MAGIC = 0x15013346, XENFS_SUPER_MAGIC = 0xabba1974,
          XFS_SUPER_MAGIC = 0x58465342, ZONEFS_MAGIC = 0x5a4f4653;

    /// Mount flags in statfs. include/linux/statfs.h
    STATFS_FLAGS "ST_"
    bits: ST_VALID = 0x20, ST_RDONLY = 1, ST_NOSUID = 2, ST_NODEV = 4, ST_NOEXEC = 8, ST_SYNCHRONOUS = 0x10,
          ST_MANDLOCK = 0x40, ST_NOATIME = 0x400, ST_NODIRATIME = 0x800, ST_RELATIME = 0x1000,
          ST_NOSYMFOLLOW = 0x2000;
}

records! {
    /// fsid_t. include/uapi/asm-generic/posix_types.h
    FSID 8 { val: 0 8 Array(&Hex32, Fixed(2)) }
    /// struct statfs. include/uapi/asm-generic/statfs.h
    STATFS_BUF 120 { f_type: 0 8 Set(&FS_MAGIC), f_bsize: 8 8 Ulong, f_blocks: 16 8 Ulong, f_bfree: 24 8 Ulong,
                 f_bavail: 32 8 Ulong, f_files: 40 8 Ulong, f_ffree: 48 8 Ulong, f_fsid: 56 8 Rec(&FSID),
                 f_namelen: 64 8 Ulong, f_frsize: 72 8 Ulong, f_flags: 80 8 Set(&STATFS_FLAGS), f_spare: 88 32 Hidden }
    /// struct statfs64 of the 32-bit ABI; offsets are those of the native structure. include/uapi/asm-generic/statfs.h
    STATFS64 120 { f_type: 0 8 Set(&FS_MAGIC), f_bsize: 8 8 Ulong, f_blocks: 16 8 Wide(&Ulong), f_bfree: 24 8 Wide(&Ulong),
                 f_bavail: 32 8 Wide(&Ulong), f_files: 40 8 Wide(&Ulong), f_ffree: 48 8 Wide(&Ulong), f_fsid: 56 8 Rec(&FSID),
                 f_namelen: 64 8 Ulong, f_frsize: 72 8 Ulong, f_flags: 80 8 Set(&STATFS_FLAGS), f_spare: 88 32 Hidden }
    /// struct ustat; the names are never set by the kernel. include/linux/types.h
    USTAT 32 { f_tfree: 0 4 Uint, f_tinode: 8 8 Ulong, f_names: 16 12 Hidden }
}

syscalls! { pub STATS:
    stat            [4 106 _]       (pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int, FILE | STAT | STATLIKE, does [Asks(pathname)];
    fstat           [5 108 80]      (fd: Fd, statbuf: Out(&Special(S::Stat))) -> Int, DESC | FSTAT | STATLIKE, does [Asks(fd)];
    lstat           [6 107 _]       (pathname: Path, statbuf: Out(&Special(S::Stat))) -> Int, FILE | LSTAT | STATLIKE, does [Asks(pathname)];
    newfstatat      [262 _ 79]      (dirfd: DirFd, pathname: Path, statbuf: Out(&Special(S::Stat)), flags: Set32(&AT))
                                        -> Int, DESC | FILE | FSTAT | STATLIKE, does [Asks(pathname)];
    statx           [332 383 291]   (dirfd: DirFd, pathname: Path, flags: Set32(&AT_STATX), mask: Set32(&STATX),
                                     statxbuf: Out(&Special(S::Statx))) -> Int, DESC | FILE | FSTAT | STATLIKE, does [Asks(pathname)];
    statfs          [137 99 43]     (path: Path, buf: Out(&Rec(&STATFS_BUF))) -> Int, FILE | STATFS | STATFSLIKE, does [Asks(path)];
    fstatfs         [138 100 44]    (fd: Fd, buf: Out(&Rec(&STATFS_BUF))) -> Int, DESC | FSTATFS | STATFSLIKE, does [Asks(fd)];
    ustat           [136 62 _]      (dev: Special(S::Dev32), ubuf: Out(&Rec(&USTAT))) -> Int, STATFSLIKE, harmless "asks for the room of a file system";
}
