//! Requests of btrfs.

use super::super::types::Device;
use super::super::types::Join::Arrow;
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty;
use super::super::types::Ty::*;
use super::fs::number;
use crate::{records, requests, sets};

sets! {
    /// Of BTRFS_IOC_BALANCE_CTL. include/uapi/linux/btrfs.h
    BTRFS_BALANCE_CTL "BTRFS_BALANCE_CTL_"
    choice all: BTRFS_BALANCE_CTL_PAUSE = 1, BTRFS_BALANCE_CTL_CANCEL = 2;

    /// Of BTRFS_IOC_SUBVOL_SETFLAGS. include/uapi/linux/btrfs.h
    BTRFS_SUBVOL "BTRFS_SUBVOL_"
    bits: BTRFS_SUBVOL_CREATE_ASYNC = 1, BTRFS_SUBVOL_RDONLY = 2, BTRFS_SUBVOL_QGROUP_INHERIT = 4;

    /// Whether a device that is replaced is read from. include/uapi/linux/btrfs.h
    CONT_READING "BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_"
    choice all: BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_ALWAYS = 0,
                BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_AVOID = 1;

    /// How files are put together. include/uapi/linux/btrfs.h
    BTRFS_DEFRAG "BTRFS_DEFRAG_RANGE_"
    bits: BTRFS_DEFRAG_RANGE_COMPRESS = 1, BTRFS_DEFRAG_RANGE_START_IO = 2, BTRFS_DEFRAG_RANGE_COMPRESS_LEVEL = 4,
          BTRFS_DEFRAG_RANGE_NOCOMPRESS = 8;

    /// Compression. fs/btrfs/compression.h
    BTRFS_COMPRESS "BTRFS_COMPRESS_"
    choice all: BTRFS_COMPRESS_NONE = 0, BTRFS_COMPRESS_ZLIB = 1, BTRFS_COMPRESS_LZO = 2, BTRFS_COMPRESS_ZSTD = 3;

    /// Sums of blocks. include/uapi/linux/btrfs_tree.h
    BTRFS_CSUM "BTRFS_CSUM_TYPE_"
    choice all: BTRFS_CSUM_TYPE_CRC32 = 0, BTRFS_CSUM_TYPE_XXHASH = 1, BTRFS_CSUM_TYPE_SHA256 = 2, BTRFS_CSUM_TYPE_BLAKE2 = 3;

    /// What is told of a file system besides. include/uapi/linux/btrfs.h
    BTRFS_FS_INFO "BTRFS_FS_INFO_FLAG_"
    bits: BTRFS_FS_INFO_FLAG_CSUM_INFO = 1, BTRFS_FS_INFO_FLAG_GENERATION = 2, BTRFS_FS_INFO_FLAG_METADATA_UUID = 4;

    /// Types of keys: the greatest number is no end.
    END_32 "#"
    choice all: UINT32_MAX = 0xffffffff;

    /// Trees, and the first and the last number of what is none. include/uapi/linux/btrfs_tree.h
    OBJECTID "#"
    choice all: BTRFS_ROOT_TREE_OBJECTID = 1, BTRFS_EXTENT_TREE_OBJECTID = 2, BTRFS_CHUNK_TREE_OBJECTID = 3,
                BTRFS_DEV_TREE_OBJECTID = 4, BTRFS_FS_TREE_OBJECTID = 5, BTRFS_ROOT_TREE_DIR_OBJECTID = 6,
                BTRFS_CSUM_TREE_OBJECTID = 7, BTRFS_QUOTA_TREE_OBJECTID = 8, BTRFS_UUID_TREE_OBJECTID = 9,
                BTRFS_FREE_SPACE_TREE_OBJECTID = 0xa, BTRFS_BLOCK_GROUP_TREE_OBJECTID = 0xb, BTRFS_RAID_STRIPE_TREE_OBJECTID = 0xc,
                BTRFS_REMAP_TREE_OBJECTID = 0xd, BTRFS_FIRST_FREE_OBJECTID = 0x100,
                BTRFS_LAST_FREE_OBJECTID = 0xffffffffffffff00, UINT64_MAX = 0xffffffffffffffff;

    /// A place that may be the end. include/uapi/linux/btrfs.h
    END "#"
    choice all: UINT64_MAX = 0xffffffffffffffff;

    /// Of the member flags. include/uapi/linux/btrfs.h
    BTRFS_SEND_FLAG "BTRFS_SEND_FLAG_"
    bits: BTRFS_SEND_FLAG_NO_FILE_DATA = 1, BTRFS_SEND_FLAG_OMIT_STREAM_HEADER = 2, BTRFS_SEND_FLAG_OMIT_END_CMD = 4,
          BTRFS_SEND_FLAG_VERSION = 8, BTRFS_SEND_FLAG_COMPRESSED = 0x10;

    /// Of the member compat_flags. include/uapi/linux/btrfs.h
    BTRFS_FEATURE_COMPAT "BTRFS_FEATURE_COMPAT_"
    bits: ;

    /// Of the member compat_ro_flags. include/uapi/linux/btrfs.h
    BTRFS_FEATURE_COMPAT_RO "BTRFS_FEATURE_COMPAT_RO_"
    bits: BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE = 1, BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID = 2,
          BTRFS_FEATURE_COMPAT_RO_VERITY = 4, BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE = 8;

    /// Of the member incompat_flags. include/uapi/linux/btrfs.h
    BTRFS_FEATURE_INCOMPAT "BTRFS_FEATURE_INCOMPAT_"
    bits: BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF = 1, BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL = 2,
          BTRFS_FEATURE_INCOMPAT_MIXED_GROUPS = 4, BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO = 8,
          BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD = 0x10, BTRFS_FEATURE_INCOMPAT_BIG_METADATA = 0x20,
          BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF = 0x40, BTRFS_FEATURE_INCOMPAT_RAID56 = 0x80,
          BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA = 0x100, BTRFS_FEATURE_INCOMPAT_NO_HOLES = 0x200,
          BTRFS_FEATURE_INCOMPAT_METADATA_UUID = 0x400, BTRFS_FEATURE_INCOMPAT_RAID1C34 = 0x800,
          BTRFS_FEATURE_INCOMPAT_ZONED = 0x1000, BTRFS_FEATURE_INCOMPAT_EXTENT_TREE_V2 = 0x2000,
          BTRFS_FEATURE_INCOMPAT_RAID_STRIPE_TREE = 0x4000, BTRFS_FEATURE_INCOMPAT_SIMPLE_QUOTA = 0x10000,
          BTRFS_FEATURE_INCOMPAT_REMAP_TREE = 0x20000;

    /// Of the member flags. include/uapi/linux/btrfs.h
    BTRFS_QGROUP_LIMIT_SET "BTRFS_QGROUP_LIMIT_"
    bits: BTRFS_QGROUP_LIMIT_MAX_RFER = 1, BTRFS_QGROUP_LIMIT_MAX_EXCL = 2, BTRFS_QGROUP_LIMIT_RSV_RFER = 4,
          BTRFS_QGROUP_LIMIT_RSV_EXCL = 8, BTRFS_QGROUP_LIMIT_RFER_CMPR = 0x10, BTRFS_QGROUP_LIMIT_EXCL_CMPR = 0x20;

    /// Of the member cmd. include/uapi/linux/btrfs.h
    BTRFS_QUOTA_CTL "BTRFS_QUOTA_CTL_"
    choice all: BTRFS_QUOTA_CTL_ENABLE = 1, BTRFS_QUOTA_CTL_DISABLE = 2, BTRFS_QUOTA_CTL_RESCAN__NOTUSED = 3,
                BTRFS_QUOTA_CTL_ENABLE_SIMPLE_QUOTA = 4;

    /// Of the member flags. include/uapi/linux/btrfs.h
    BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET "BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET"
    bits: BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET = 1;

    /// Of the member flags. include/uapi/linux/btrfs.h
    BTRFS_SCRUB_READONLY "BTRFS_SCRUB_READONLY"
    bits: BTRFS_SCRUB_READONLY = 1;

    /// Of the member cmd. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_REPLACE_CMD "BTRFS_IOCTL_DEV_REPLACE_CMD_"
    choice all: BTRFS_IOCTL_DEV_REPLACE_CMD_START = 0, BTRFS_IOCTL_DEV_REPLACE_CMD_STATUS = 1,
                BTRFS_IOCTL_DEV_REPLACE_CMD_CANCEL = 2;

    /// Of the member result. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_REPLACE_RESULT "BTRFS_IOCTL_DEV_REPLACE_RESULT_"
    choice all: BTRFS_IOCTL_DEV_REPLACE_RESULT_NO_ERROR = 0, BTRFS_IOCTL_DEV_REPLACE_RESULT_NOT_STARTED = 1,
                BTRFS_IOCTL_DEV_REPLACE_RESULT_ALREADY_STARTED = 2, BTRFS_IOCTL_DEV_REPLACE_RESULT_SCRUB_INPROGRESS = 3;
}

records! {
    /// struct btrfs_ioctl_qgroup_create_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QGROUP_CREATE_ARGS 16 same {
        create: 0 8 Ulong, qgroupid: 8 8 Ulong
    }
    /// struct btrfs_ioctl_qgroup_assign_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QGROUP_ASSIGN_ARGS 24 same {
        assign: 0 8 Ulong, src: 8 8 Ulong, dst: 16 8 Ulong
    }
    /// struct btrfs_ioctl_quota_rescan_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QUOTA_RESCAN_ARGS 64 same {
        flags: 0 8 Ulong
    }
    /// struct btrfs_ioctl_send_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_SEND_ARGS 72 same {
        send_fd: 0 8 Fd, clone_sources_count: 8 8 Ulong, clone_sources: 16 8 Addr, parent_root: 24 8 Set(&OBJECTID),
        flags: 32 8 Set(&BTRFS_SEND_FLAG)
    }
    /// struct btrfs_ioctl_vol_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_VOL_ARGS 4096 same {
        fd: 0 8 Fd, name: 8 4088 Chars
    }
    /// struct btrfs_ioctl_vol_args_v2. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_VOL_ARGS_V2 4096 same {
        fd: 0 8 Fd, flags: 16 8 Set(&BTRFS_SUBVOL), size: 24 8 By(inherited_size), qgroup_inherit: 32 8 By(inherit), name: 56 4040 Chars
    }
    /// struct btrfs_ioctl_vol_args_v2. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_VOL_ARGS_V2_DONE 4096 same {
        transid: 8 8 Ulong
    }
    /// struct btrfs_ioctl_feature_flags. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_FEATURE_FLAGS 24 same {
        compat_flags: 0 8 Set(&BTRFS_FEATURE_COMPAT), compat_ro_flags: 8 8 Set(&BTRFS_FEATURE_COMPAT_RO),
        incompat_flags: 16 8 Set(&BTRFS_FEATURE_INCOMPAT)
    }
    /// struct btrfs_qgroup_limit. include/uapi/linux/btrfs.h
    BTRFS_QGROUP_LIMIT 40 same {
        flags: 0 8 Set(&BTRFS_QGROUP_LIMIT_SET), max_rfer: 8 8 Ulong, max_excl: 16 8 Ulong, rsv_rfer: 24 8 Ulong,
        rsv_excl: 32 8 Ulong
    }
    /// struct btrfs_ioctl_qgroup_limit_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QGROUP_LIMIT_ARGS 48 same {
        qgroupid: 0 8 Ulong, lim: 8 40 Rec(&BTRFS_QGROUP_LIMIT)
    }
    /// struct btrfs_ioctl_quota_rescan_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QUOTA_RESCAN_ARGS_2 64 same {
        flags: 0 8 Ulong, progress: 8 8 Set(&END)
    }
    /// struct btrfs_ioctl_quota_ctl_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_QUOTA_CTL_ARGS 16 same {
        cmd: 0 8 Set(&BTRFS_QUOTA_CTL)
    }
    /// struct btrfs_ioctl_ino_path_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_INO_PATH_ARGS 56 same {
        inum: 0 8 Ulong, size: 8 8 Ulong, fspath: 48 8 Addr
    }
    /// struct btrfs_ioctl_ino_path_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_INO_PATH_ARGS_DONE 56 same {
        fspath: 48 8 Addr
    }
    /// struct btrfs_ioctl_logical_ino_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_LOGICAL_INO_ARGS 56 same {
        logical: 0 8 Ulong, size: 8 8 Ulong, reserved: 16 24 NonZero(&Array(&Hex, Fixed(3))),
        flags: 40 8 Set(&BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET), inodes: 48 8 Addr
    }
    /// struct btrfs_ioctl_logical_ino_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_LOGICAL_INO_ARGS_DONE 56 same {
        inodes: 48 8 Addr
    }
    /// struct btrfs_ioctl_defrag_range_args. include/uapi/linux/btrfs.h
    BTRFS_DEFRAG_ARGS 48 same {
        start: 0 8 Ulong, len: 8 8 Set(&END), flags: 16 8 Set(&BTRFS_DEFRAG), extent_thresh: 24 4 Uint,
        compress_type: 28 4 Set32(&BTRFS_COMPRESS)
    }
    /// struct btrfs_ioctl_fs_info_args. include/uapi/linux/btrfs.h
    BTRFS_FS_INFO_ARGS 1024 same {
        max_id: 0 8 Ulong, num_devices: 8 8 Ulong, fsid: 16 16 Special(S::Device(Device::Uuid)), nodesize: 32 4 Uint,
        sectorsize: 36 4 Uint, clone_alignment: 40 4 Uint, csum_type: 44 2 By(csum_type), csum_size: 46 2 By(csum_size),
        flags: 48 8 Set(&BTRFS_FS_INFO), generation: 56 8 By(generation), metadata_uuid: 64 16 By(metadata_uuid)
    }
    /// struct btrfs_ioctl_space_args, as it goes in. include/uapi/linux/btrfs.h
    BTRFS_SPACE_ARGS 16 same { space_slots: 0 8 Ulong }
    /// The same as it comes back; the spaces behind it are not shown.
    BTRFS_SPACE_ARGS_DONE 16 same { total_spaces: 8 8 Ulong, spaces: 0 16 Dots(&Hidden) }
    /// struct btrfs_ioctl_received_subvol_args. include/uapi/linux/btrfs.h
    BTRFS_RECEIVED 200 same {
        uuid: 0 16 Special(S::Device(Device::Uuid)), stransid: 16 8 Ulong, stime: 32 16 Special(S::Device(Device::Stamp)),
        flags: 64 8 Ulong
    }
    /// The same as it comes back.
    BTRFS_RECEIVED_DONE 200 same { rtransid: 24 8 Ulong, rtime: 48 16 Special(S::Device(Device::Stamp)) }
    /// struct btrfs_ioctl_search_key. include/uapi/linux/btrfs.h
    BTRFS_SEARCH_KEY 104 same {
        tree_id: 0 8 Set(&OBJECTID), min_objectid: 8 8 Set(&OBJECTID), max_objectid: 16 8 Set(&OBJECTID), min_offset: 24 8 Set(&END),
        max_offset: 32 8 Set(&END), min_transid: 40 8 Set(&END), max_transid: 48 8 Set(&END), min_type: 56 4 Set32(&END_32),
        max_type: 60 4 Set32(&END_32), nr_items: 64 4 Uint
    }
    /// The same as it comes back.
    BTRFS_SEARCH_KEY_DONE 104 same { nr_items: 64 4 Uint }
    /// struct btrfs_ioctl_search_args, without what is found. include/uapi/linux/btrfs.h
    BTRFS_SEARCH 104 same { key: 0 104 Rec(&BTRFS_SEARCH_KEY) }
    /// The same as it comes back.
    BTRFS_SEARCH_DONE 104 same { key: 0 104 Rec(&BTRFS_SEARCH_KEY_DONE), buf: 0 8 Dots(&Hidden) }
    /// struct btrfs_ioctl_search_args_v2, without what is found. include/uapi/linux/btrfs.h
    BTRFS_SEARCH_2 112 same { key: 0 104 Rec(&BTRFS_SEARCH_KEY), buf_size: 104 8 Ulong }
    /// The same as it comes back.
    BTRFS_SEARCH_2_DONE 112 same { key: 0 104 Rec(&BTRFS_SEARCH_KEY_DONE), buf_size: 104 8 Ulong, buf: 0 8 Dots(&Hidden) }
    /// struct btrfs_ioctl_scrub_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_SCRUB_ARGS 152 same {
        devid: 0 8 Dev, start: 8 8 Ulong, end: 16 8 Set(&END), flags: 24 8 Set(&BTRFS_SCRUB_READONLY)
    }
    /// struct btrfs_scrub_progress. include/uapi/linux/btrfs.h
    BTRFS_SCRUB_PROGRESS 120 same {
        data_extents_scrubbed: 0 8 Ulong, tree_extents_scrubbed: 8 8 Ulong, data_bytes_scrubbed: 16 8 Ulong,
        tree_bytes_scrubbed: 24 8 Ulong, read_errors: 32 8 Ulong, csum_errors: 40 8 Ulong, verify_errors: 48 8 Ulong,
        no_csum: 56 8 Ulong, csum_discards: 64 8 Ulong, super_errors: 72 8 Ulong, malloc_errors: 80 8 Ulong,
        uncorrectable_errors: 88 8 Ulong, corrected_errors: 96 8 Ulong, last_physical: 104 8 Ulong, unverified_errors: 112 8 Ulong
    }
    /// struct btrfs_ioctl_scrub_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_SCRUB_ARGS_DONE 152 same {
        progress: 32 120 Rec(&BTRFS_SCRUB_PROGRESS)
    }
    /// struct btrfs_ioctl_scrub_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_SCRUB_ARGS_2 152 same {
        devid: 0 8 Dev
    }
    /// struct btrfs_ioctl_dev_replace_start_params. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_REPLACE_START_PARAMS 2072 same {
        srcdevid: 0 8 Dev, cont_reading_from_srcdev_mode: 8 8 Set(&CONT_READING), srcdev_name: 16 1025 Chars, tgtdev_name: 1041 1025 Chars
    }
    /// struct btrfs_ioctl_dev_replace_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_REPLACE_ARGS 2600 same {
        cmd: 0 8 Set(&BTRFS_IOCTL_DEV_REPLACE_CMD), start: 16 2072 Rec(&BTRFS_IOCTL_DEV_REPLACE_START_PARAMS)
    }
    /// struct btrfs_ioctl_dev_replace_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_REPLACE_ARGS_DONE 2600 same {
        result: 8 8 Set(&BTRFS_IOCTL_DEV_REPLACE_RESULT)
    }
    /// struct btrfs_ioctl_ino_lookup_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_INO_LOOKUP_ARGS 4096 same {
        treeid: 0 8 Set(&OBJECTID), objectid: 8 8 Set(&OBJECTID)
    }
    /// struct btrfs_ioctl_ino_lookup_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_INO_LOOKUP_ARGS_DONE 4096 same {
        treeid: 0 8 Ulong, name: 16 4080 Chars
    }
    /// struct btrfs_ioctl_dev_info_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_INFO_ARGS 4096 same {
        devid: 0 8 Dev, uuid: 8 16 NonZero(&Special(S::Device(Device::Uuid)))
    }
    /// struct btrfs_ioctl_dev_info_args. include/uapi/linux/btrfs.h
    BTRFS_IOCTL_DEV_INFO_ARGS_DONE 4096 same {
        uuid: 8 16 NonZero(&Special(S::Device(Device::Uuid))), bytes_used: 24 8 Ulong, total_bytes: 32 8 Ulong, path: 3072 1024 Chars
    }
}

fn has(info: &[u8], flag: &str) -> bool {
    number(info, 48, 8) & BTRFS_FS_INFO.flag(flag) != 0
}

fn csum_type(info: &[u8]) -> &'static Ty {
    static TYPE: Ty = Set(&BTRFS_CSUM);
    if has(info, "BTRFS_FS_INFO_FLAG_CSUM_INFO") { &TYPE } else { &Hidden }
}

fn csum_size(info: &[u8]) -> &'static Ty {
    if has(info, "BTRFS_FS_INFO_FLAG_CSUM_INFO") { &Uint } else { &Hidden }
}

fn generation(info: &[u8]) -> &'static Ty {
    if has(info, "BTRFS_FS_INFO_FLAG_GENERATION") { &Ulong } else { &Hidden }
}

fn metadata_uuid(info: &[u8]) -> &'static Ty {
    if has(info, "BTRFS_FS_INFO_FLAG_METADATA_UUID") { &Special(S::Device(Device::Uuid)) } else { &Hidden }
}

/// Whether a subvolume belongs to groups of a quota from the beginning, and then what says so.
fn inherits(args: &[u8]) -> bool {
    const QGROUP_INHERIT: u64 = BTRFS_SUBVOL.flag("BTRFS_SUBVOL_QGROUP_INHERIT");
    number(args, 16, 8) & QGROUP_INHERIT != 0
}

fn inherited_size(args: &[u8]) -> &'static Ty {
    if inherits(args) { &Ulong } else { &Hidden }
}

fn inherit(args: &[u8]) -> &'static Ty {
    if inherits(args) { &Addr } else { &Hidden }
}

requests! {
    /// include/uapi/linux/btrfs.h, linux/fs.h
    BTRFS:
    BTRFS_IOC_SNAP_CREATE = 0x50009401 => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_DEFRAG = 0x50009402 => Hidden;
    BTRFS_IOC_RESIZE = 0x50009403 => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_SCAN_DEV = 0x50009404 => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_FORGET_DEV = 0x50009405 => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_TRANS_START = 0x9406 => Hidden;
    BTRFS_IOC_TRANS_END = 0x9407 => Hidden;
    BTRFS_IOC_SYNC = 0x9408 => Hidden;
    BTRFS_IOC_ADD_DEV = 0x5000940a => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_RM_DEV = 0x5000940b => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_BALANCE = 0x5000940c => Hidden;
    BTRFS_IOC_SUBVOL_CREATE = 0x5000940e => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_SNAP_DESTROY = 0x5000940f => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_DEFRAG_RANGE = 0x40309410 => Rec(&BTRFS_DEFRAG_ARGS);
    BTRFS_IOC_TREE_SEARCH = 0xd0009411 => Both(&BTRFS_SEARCH, Arrow, &BTRFS_SEARCH_DONE);
    BTRFS_IOC_TREE_SEARCH_V2 = 0xc0709411 => Both(&BTRFS_SEARCH_2, Arrow, &BTRFS_SEARCH_2_DONE);
    BTRFS_IOC_INO_LOOKUP = 0xd0009412 => Both(&BTRFS_IOCTL_INO_LOOKUP_ARGS, Arrow, &BTRFS_IOCTL_INO_LOOKUP_ARGS_DONE);
    BTRFS_IOC_DEFAULT_SUBVOL = 0x40089413 => Ptr(&Wide(&Ulong));
    BTRFS_IOC_SPACE_INFO = 0xc0109414 => Both(&BTRFS_SPACE_ARGS, Arrow, &BTRFS_SPACE_ARGS_DONE);
    BTRFS_IOC_WAIT_SYNC = 0x40089416 => Ptr(&Wide(&Ulong));
    BTRFS_IOC_SNAP_CREATE_V2 = 0x50009417 => Both(&BTRFS_IOCTL_VOL_ARGS_V2, Arrow, &BTRFS_IOCTL_VOL_ARGS_V2_DONE);
    BTRFS_IOC_SUBVOL_CREATE_V2 = 0x50009418 => Both(&BTRFS_IOCTL_VOL_ARGS_V2, Arrow, &BTRFS_IOCTL_VOL_ARGS_V2_DONE);
    BTRFS_IOC_START_SYNC = 0x80089418 => Out(&Ptr(&Wide(&Ulong)));
    BTRFS_IOC_SUBVOL_GETFLAGS = 0x80089419 => Out(&Bare(&Set(&BTRFS_SUBVOL)));
    BTRFS_IOC_SUBVOL_SETFLAGS = 0x4008941a => Bare(&Set(&BTRFS_SUBVOL));
    BTRFS_IOC_SCRUB = 0xc400941b => Both(&BTRFS_IOCTL_SCRUB_ARGS, Arrow, &BTRFS_IOCTL_SCRUB_ARGS_DONE);
    BTRFS_IOC_SCRUB_CANCEL = 0x941c => Hidden;
    BTRFS_IOC_SCRUB_PROGRESS = 0xc400941d => Both(&BTRFS_IOCTL_SCRUB_ARGS_2, Arrow, &BTRFS_IOCTL_SCRUB_ARGS_DONE);
    BTRFS_IOC_DEV_INFO = 0xd000941e => Both(&BTRFS_IOCTL_DEV_INFO_ARGS, Arrow, &BTRFS_IOCTL_DEV_INFO_ARGS_DONE);
    BTRFS_IOC_FS_INFO = 0x8400941f => Out(&Rec(&BTRFS_FS_INFO_ARGS));
    BTRFS_IOC_BALANCE_CTL = 0x40049421 => Set32(&BTRFS_BALANCE_CTL);
    BTRFS_IOC_INO_PATHS = 0xc0389423 => Both(&BTRFS_IOCTL_INO_PATH_ARGS, Arrow, &BTRFS_IOCTL_INO_PATH_ARGS_DONE);
    BTRFS_IOC_LOGICAL_INO = 0xc0389424 => Both(&BTRFS_IOCTL_LOGICAL_INO_ARGS, Arrow, &BTRFS_IOCTL_LOGICAL_INO_ARGS_DONE);
    BTRFS_IOC_SET_RECEIVED_SUBVOL = 0xc0c89425 => Both(&BTRFS_RECEIVED, Arrow, &BTRFS_RECEIVED_DONE);
    BTRFS_IOC_SEND = 0x40489426 => Rec(&BTRFS_IOCTL_SEND_ARGS);
    BTRFS_IOC_DEVICES_READY = 0x90009427 => Rec(&BTRFS_IOCTL_VOL_ARGS);
    BTRFS_IOC_QUOTA_CTL = 0xc0109428 => Rec(&BTRFS_IOCTL_QUOTA_CTL_ARGS);
    BTRFS_IOC_QGROUP_ASSIGN = 0x40189429 => Rec(&BTRFS_IOCTL_QGROUP_ASSIGN_ARGS);
    BTRFS_IOC_QGROUP_CREATE = 0x4010942a => Rec(&BTRFS_IOCTL_QGROUP_CREATE_ARGS);
    BTRFS_IOC_QGROUP_LIMIT = 0x8030942b => Out(&Rec(&BTRFS_IOCTL_QGROUP_LIMIT_ARGS));
    BTRFS_IOC_QUOTA_RESCAN = 0x4040942c => Rec(&BTRFS_IOCTL_QUOTA_RESCAN_ARGS);
    BTRFS_IOC_QUOTA_RESCAN_STATUS = 0x8040942d => Out(&Rec(&BTRFS_IOCTL_QUOTA_RESCAN_ARGS_2));
    BTRFS_IOC_QUOTA_RESCAN_WAIT = 0x942e => Hidden;
    BTRFS_IOC_DEV_REPLACE = 0xca289435 => Both(&BTRFS_IOCTL_DEV_REPLACE_ARGS, Arrow, &BTRFS_IOCTL_DEV_REPLACE_ARGS_DONE);
    BTRFS_IOC_SET_FEATURES = 0x40309439 => Array(&Rec(&BTRFS_IOCTL_FEATURE_FLAGS), Fixed(2));
    BTRFS_IOC_GET_FEATURES = 0x80189439 => Out(&Rec(&BTRFS_IOCTL_FEATURE_FLAGS));
}
