//! Requests of files and file systems.

use super::super::types::Join::Arrow;
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty::*;
use crate::{records, requests, sets};

sets! {
    /// Of FS_IOC32_SETFLAGS. include/uapi/linux/fs.h
    FS_FLAGS "FS_"
    bits: FS_SECRM_FL = 1, FS_UNRM_FL = 2, FS_COMPR_FL = 4, FS_SYNC_FL = 8, FS_IMMUTABLE_FL = 0x10, FS_APPEND_FL = 0x20,
          FS_NODUMP_FL = 0x40, FS_NOATIME_FL = 0x80, FS_DIRTY_FL = 0x100, FS_COMPRBLK_FL = 0x200, FS_NOCOMP_FL = 0x400,
          FS_ENCRYPT_FL = 0x800, FS_INDEX_FL = 0x1000, FS_IMAGIC_FL = 0x2000, FS_JOURNAL_DATA_FL = 0x4000, FS_NOTAIL_FL = 0x8000,
          FS_DIRSYNC_FL = 0x10000, FS_TOPDIR_FL = 0x20000, FS_HUGE_FILE_FL = 0x40000, FS_EXTENT_FL = 0x80000,
          FS_VERITY_FL = 0x100000, FS_EA_INODE_FL = 0x200000, FS_EOFBLOCKS_FL = 0x400000, FS_NOCOW_FL = 0x800000,
          FS_DAX_FL = 0x2000000, FS_INLINE_DATA_FL = 0x10000000, FS_PROJINHERIT_FL = 0x20000000, FS_CASEFOLD_FL = 0x40000000,
          FS_RESERVED_FL = 0x80000000;

    /// Of the member fsx_xflags. include/uapi/linux/fs.h
    FS_XFLAG "FS_XFLAG_"
    bits: FS_XFLAG_REALTIME = 1, FS_XFLAG_PREALLOC = 2, FS_XFLAG_IMMUTABLE = 8, FS_XFLAG_APPEND = 0x10, FS_XFLAG_SYNC = 0x20,
          FS_XFLAG_NOATIME = 0x40, FS_XFLAG_NODUMP = 0x80, FS_XFLAG_RTINHERIT = 0x100, FS_XFLAG_PROJINHERIT = 0x200,
          FS_XFLAG_NOSYMLINKS = 0x400, FS_XFLAG_EXTSIZE = 0x800, FS_XFLAG_EXTSZINHERIT = 0x1000, FS_XFLAG_NODEFRAG = 0x2000,
          FS_XFLAG_FILESTREAM = 0x4000, FS_XFLAG_DAX = 0x8000, FS_XFLAG_COWEXTSIZE = 0x10000, FS_XFLAG_VERITY = 0x20000,
          FS_XFLAG_HASATTR = 0x80000000, FS_XFLAG_CASEFOLD = 0x40000, FS_XFLAG_CASENONPRESERVING = 0x80000;

    /// Of FS_IOC_SHUTDOWN. include/uapi/linux/fs.h
    FS_SHUTDOWN_FLAGS "FS_SHUTDOWN_FLAGS_"
    choice all: FS_SHUTDOWN_FLAGS_DEFAULT = 0, FS_SHUTDOWN_FLAGS_LOGFLUSH = 1, FS_SHUTDOWN_FLAGS_NOLOGFLUSH = 2;

    /// Of the member lbmd_flags. include/uapi/linux/fs.h
    LBMD_PI_CAP "LBMD_PI_CAP_"
    bits: LBMD_PI_CAP_INTEGRITY = 1, LBMD_PI_CAP_REFTAG = 2;

    /// Of the member lbmd_guard_tag_type. include/uapi/linux/fs.h
    LBMD_PI_CSUM "LBMD_PI_CSUM_"
    choice all: LBMD_PI_CSUM_NONE = 0, LBMD_PI_CSUM_IP = 1, LBMD_PI_CSUM_CRC16_T10DIF = 2, LBMD_PI_CSUM_CRC64_NVME = 4;

    /// Flags of FS_IOC_FIEMAP. include/uapi/linux/fiemap.h
    FIEMAP_FLAG "FIEMAP_FLAG_"
    bits: FIEMAP_FLAG_SYNC = 1, FIEMAP_FLAG_XATTR = 2, FIEMAP_FLAG_CACHE = 4;

    /// Flags of an extent. include/uapi/linux/fiemap.h
    FIEMAP_EXTENT_FLAG "FIEMAP_EXTENT_"
    bits: FIEMAP_EXTENT_LAST = 1, FIEMAP_EXTENT_UNKNOWN = 2, FIEMAP_EXTENT_DELALLOC = 4, FIEMAP_EXTENT_ENCODED = 8,
          FIEMAP_EXTENT_DATA_ENCRYPTED = 0x80, FIEMAP_EXTENT_NOT_ALIGNED = 0x100, FIEMAP_EXTENT_DATA_INLINE = 0x200,
          FIEMAP_EXTENT_DATA_TAIL = 0x400, FIEMAP_EXTENT_UNWRITTEN = 0x800, FIEMAP_EXTENT_MERGED = 0x1000,
          FIEMAP_EXTENT_SHARED = 0x2000;
}

records! {
    /// struct fsxattr. include/uapi/linux/fs.h
    FSXATTR 28 same {
        fsx_xflags: 0 4 Set32(&FS_XFLAG), fsx_extsize: 4 4 Uint, fsx_projid: 12 4 Hex32, fsx_cowextsize: 16 4 Uint
    }
    /// struct file_clone_range. include/uapi/linux/fs.h
    FILE_CLONE_RANGE 32 same {
        src_fd: 0 8 Fd, src_offset: 8 8 Ulong, src_length: 16 8 Ulong, dest_offset: 24 8 Ulong
    }
    /// struct fsuuid2. include/uapi/linux/fs.h
    FSUUID2 17 same {
        len: 0 1 Uint, uuid: 1 16 Rest(&HexBytes(Fixed(16)), |uuid| number(uuid, 0, 1))
    }
    /// struct fsxattr. include/uapi/linux/fs.h
    FSXATTR_2 28 same {
        fsx_xflags: 0 4 Set32(&FS_XFLAG), fsx_extsize: 4 4 Uint, fsx_nextents: 8 4 Uint, fsx_projid: 12 4 Hex32,
        fsx_cowextsize: 16 4 Uint
    }
    /// struct fs_sysfs_path. include/uapi/linux/fs.h
    FS_SYSFS_PATH 129 same {
        len: 0 1 Uint, name: 1 128 Rest(&Chars, |path| number(path, 0, 1) + 1)
    }
    /// struct logical_block_metadata_cap. include/uapi/linux/fs.h
    LOGICAL_BLOCK_METADATA_CAP 16 same {
        lbmd_flags: 0 4 Set32(&LBMD_PI_CAP), lbmd_interval: 4 2 Uint, lbmd_size: 6 1 Uint, lbmd_opaque_size: 7 1 Uint,
        lbmd_opaque_offset: 8 1 Uint, lbmd_pi_size: 9 1 Uint, lbmd_pi_offset: 10 1 Uint,
        lbmd_guard_tag_type: 11 1 Set(&LBMD_PI_CSUM), lbmd_app_tag_size: 12 1 Uint, lbmd_ref_tag_size: 13 1 Uint,
        lbmd_storage_tag_size: 14 1 Uint
    }
    /// struct file_dedupe_range, as it comes back. include/uapi/linux/fs.h
    DEDUPED 24 same { ; verbose: info: 24 0 Rest(&Rec(&DEDUPED_INFO), destinations) }
    /// struct file_dedupe_range_info, as it comes back. include/uapi/linux/fs.h
    DEDUPED_INFO 32 same { bytes_deduped: 16 8 Ulong, status: 24 4 Int }
    /// struct fstrim_range. include/uapi/linux/fs.h
    FSTRIM 24 same { start: 0 8 Hex, len: 8 8 Ulong, minlen: 16 8 Ulong }
    /// struct fiemap, as it goes in. include/uapi/linux/fiemap.h
    FIEMAP 32 same {
        fm_start: 0 8 Ulong, fm_length: 8 8 Ulong, fm_flags: 16 4 Set32(&FIEMAP_FLAG), fm_extent_count: 24 4 Uint
    }
    /// struct file_dedupe_range, as it goes in. include/uapi/linux/fs.h
    DEDUPE 24 same {
        src_offset: 0 8 Ulong, src_length: 8 8 Ulong, dest_count: 16 2 Uint;
        verbose: info: 24 0 Rest(&Rec(&DEDUPE_INFO), destinations)
    }
    /// struct file_dedupe_range_info, as it goes in. include/uapi/linux/fs.h
    DEDUPE_INFO 32 same { dest_fd: 0 8 Fd, dest_offset: 8 8 Ulong }
    /// The same as it comes back.
    FIEMAP_DONE 32 same {
        fm_flags: 16 4 Set32(&FIEMAP_FLAG), fm_mapped_extents: 20 4 Uint;
        verbose: fm_extents: 32 0 Rest(&Rec(&FIEMAP_EXTENT), mapped)
    }
    /// struct fiemap_extent. include/uapi/linux/fiemap.h
    FIEMAP_EXTENT 56 same {
        fe_logical: 0 8 Ulong, fe_physical: 8 8 Ulong, fe_length: 16 8 Ulong, fe_reserved64: 24 16 Hidden,
        fe_flags: 40 4 Set32(&FIEMAP_EXTENT_FLAG), fe_reserved: 44 12 Hidden
    }
}

/// How many extents were mapped.
fn mapped(fiemap: &[u8]) -> u64 {
    number(fiemap, 20, 4)
}

/// How many places data is shared with.
fn destinations(range: &[u8]) -> u64 {
    number(range, 16, 2)
}

/// A number in a structure; 0 where it ends before.
pub(super) fn number(bytes: &[u8], off: usize, width: usize) -> u64 {
    let bytes = bytes.get(off..off + width).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

requests! {
    /// include/uapi/linux/fs.h
    FS:
    FIBMAP = 1 => Special(S::IoctlArg), harmless "leaves the file as it was";
    FIGETBSZ = 2 => Special(S::IoctlArg), harmless "leaves the file as it was";
    FS_IOC_GETFSUUID = 0x80111500 => Out(&Rec(&FSUUID2));
    FS_IOC_GETFSSYSFSPATH = 0x80811501 => Out(&Rec(&FS_SYSFS_PATH));
    FS_IOC_GETLBMD_CAP = 0xc0101502 => Out(&Rec(&LOGICAL_BLOCK_METADATA_CAP));
    FS_IOC_FSGETXATTR = 0x801c581f => Out(&Rec(&FSXATTR_2)), harmless "leaves the file as it was";
    FS_IOC_FSSETXATTR = 0x401c5820 => Rec(&FSXATTR), does [Changes(Attributes, fd, Itself)];
    FIFREEZE = 0xc0045877 => Hidden, gap "a disk or file system is another, or stands still, for all who use it";
    FITHAW = 0xc0045878 => Hidden, gap "a disk or file system is another, or stands still, for all who use it";
    FITRIM = 0xc0185879 => InOut(&Rec(&FSTRIM)), harmless "what belongs to no file";
    FS_IOC_SHUTDOWN = 0x8004587d => Ptr(&Set32(&FS_SHUTDOWN_FLAGS));
    FS_IOC32_GETFLAGS = 0x80046601 => Out(&Ptr(&Set32(&FS_FLAGS)));
    FS_IOC_GETFLAGS = 0x80086601 => Out(&Ptr(&Set32(&FS_FLAGS))), harmless "asks for flags";
    FS_IOC32_SETFLAGS = 0x40046602 => Ptr(&Set32(&FS_FLAGS)), does [Changes(Attributes, fd, Itself)];
    FS_IOC_SETFLAGS = 0x40086602 => Ptr(&Set32(&FS_FLAGS)), does [Changes(Attributes, fd, Itself)];
    FS_IOC_FIEMAP = 0xc020660b => Both(&FIEMAP, Arrow, &FIEMAP_DONE), harmless "leaves the file as it was";
    FS_IOC_SET_ENCRYPTION_POLICY = 0x800c6613 => Special(S::IoctlArg), does [Changes(Attributes, fd, Itself)];
    FS_IOC_ENABLE_VERITY = 0x40806685 => Special(S::IoctlArg), does [Changes(Attributes, fd, Itself)];
    FS_IOC_MEASURE_VERITY = 0xc0046686 => Special(S::IoctlArg), harmless "leaves the file as it was";
    FAT_IOCTL_SET_ATTRIBUTES = 0x40047211 => Special(S::IoctlArg), does [Changes(Attributes, fd, Itself)];
    FS_IOC_GETVERSION = 0x80087601 => Special(S::IoctlArg), harmless "leaves the file as it was";
    FS_IOC32_SETVERSION = 0x40047602 => Special(S::IoctlArg), does [Changes(Attributes, fd, Itself)];
    FS_IOC_SETVERSION = 0x40087602 => Special(S::IoctlArg), does [Changes(Attributes, fd, Itself)];
    FICLONE = 0x40049409 => Fd, does [Rewrites(fd)];
    FICLONERANGE = 0x4020940d => Rec(&FILE_CLONE_RANGE), does [Rewrites(fd)];
    FS_IOC_GETFSLABEL = 0x81009431 => Out(&Of(256, &Chars)), harmless "leaves the file as it was";
    FS_IOC_SETFSLABEL = 0x41009432 => Of(256, &Chars);
    FIDEDUPERANGE = 0xc0189436 => Both(&DEDUPE, Arrow, &DEDUPED), harmless "leaves the file as it was";
}
