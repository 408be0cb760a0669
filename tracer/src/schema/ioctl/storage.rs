//! Requests of disks, loop devices, flash and what is attached by SCSI.

use super::super::set::Set as Names;
use super::super::types::Join::{Arrow, Within};
use super::super::types::Len::Fixed;
use super::super::types::Ty::{self, *};
use super::fs::number;
use super::{INT, TO_INT};
use crate::{records, requests, sets};

sets! {
    /// Of NBD_SET_FLAGS. include/uapi/linux/nbd.h
    NBD_FLAG "NBD_FLAG_"
    bits: NBD_FLAG_HAS_FLAGS = 1, NBD_FLAG_READ_ONLY = 2, NBD_FLAG_SEND_FLUSH = 4, NBD_FLAG_SEND_FUA = 8, NBD_FLAG_ROTATIONAL = 0x10,
          NBD_FLAG_SEND_TRIM = 0x20, NBD_FLAG_SEND_WRITE_ZEROES = 0x40,
          NBD_FLAG_SEND_DF = 0x80, NBD_FLAG_CAN_MULTI_CONN = 0x100, NBD_FLAG_SEND_RESIZE = 0x200, NBD_FLAG_SEND_CACHE = 0x400;

    /// Of HDIO_GET_BUSSTATE. include/uapi/linux/hdreg.h
    BUSSTATE "BUSSTATE_"
    choice all: BUSSTATE_OFF = 0, BUSSTATE_ON = 1, BUSSTATE_TRISTATE = 2;

    /// Of the member lo_encrypt_type. include/uapi/linux/loop.h
    LO_CRYPT "LO_CRYPT_"
    choice all: LO_CRYPT_NONE = 0, LO_CRYPT_XOR = 1, LO_CRYPT_DES = 2, LO_CRYPT_FISH2 = 3, LO_CRYPT_BLOW = 4, LO_CRYPT_CAST128 = 5,
                LO_CRYPT_IDEA = 6, LO_CRYPT_DUMMY = 9, LO_CRYPT_SKIPJACK = 0xa, LO_CRYPT_CRYPTOAPI = 0x12;

    /// Of the member lo_flags. include/uapi/linux/loop.h
    LO_FLAGS "LO_FLAGS_"
    bits: LO_FLAGS_READ_ONLY = 1, LO_FLAGS_USE_AOPS = 2, LO_FLAGS_AUTOCLEAR = 4, LO_FLAGS_PARTSCAN = 8, LO_FLAGS_DIRECT_IO = 0x10;

    /// For how long data are expected to stay: what older kernels asked for. include/uapi/mtd/ubi-user.h
    UBI "UBI_"
    choice all: UBI_LONGTERM = 1, UBI_SHORTTERM = 2, UBI_UNKNOWN = 3;

    /// Of the member property. include/uapi/mtd/ubi-user.h
    UBI_VOL_PROP "UBI_VOL_PROP_"
    choice all: UBI_VOL_PROP_DIRECT_WRITE = 1;

    /// Of OTPSELECT. include/uapi/mtd/mtd-abi.h
    MTD_OTP "MTD_OTP_"
    choice all: MTD_OTP_OFF = 0, MTD_OTP_FACTORY = 1, MTD_OTP_USER = 2;

    /// Of the member type. include/uapi/mtd/mtd-abi.h
    MTD "MTD_"
    choice all: MTD_ABSENT = 0, MTD_RAM = 1, MTD_ROM = 2, MTD_NORFLASH = 3, MTD_NANDFLASH = 4, MTD_DATAFLASH = 6, MTD_UBIVOLUME = 7,
                MTD_MLCNANDFLASH = 8;

    /// Of the member flags. include/uapi/mtd/mtd-abi.h
    MTD_SET "MTD_"
    bits: MTD_WRITEABLE = 0x400, MTD_BIT_WRITEABLE = 0x800, MTD_NO_ERASE = 0x1000, MTD_POWERUP_LOCK = 0x2000,
          MTD_SLC_ON_MLC_EMULATION = 0x4000;

    /// Of the member useecc. include/uapi/mtd/mtd-abi.h
    MTD_NANDECC "MTD_NANDECC_"
    choice all: MTD_NANDECC_OFF = 0, MTD_NANDECC_PLACE = 1, MTD_NANDECC_AUTOPLACE = 2, MTD_NANDECC_PLACEONLY = 3,
                MTD_NANDECC_AUTOPL_USR = 4;

    /// Of the member mode. include/uapi/mtd/mtd-abi.h
    MTD_OPS "MTD_OPS_"
    choice all: MTD_OPS_PLACE_OOB = 0, MTD_OPS_AUTO_OOB = 1, MTD_OPS_RAW = 2;

    /// Flags of volumes. include/uapi/mtd/ubi-user.h
    UBI_VOL_FLAGS "UBI_VOL_"
    bits: UBI_VOL_SKIP_CRC_CHECK_FLG = 1;

    /// Kinds of volumes. include/uapi/mtd/ubi-user.h
    UBI_VOLUME "UBI_???_VOLUME"
    choice all: UBI_DYNAMIC_VOLUME = 3, UBI_STATIC_VOLUME = 4;

    /// Of SG_SCSI_RESET. include/scsi/sg.h
    SG_RESET "SG_SCSI_RESET_"
    choice 0xfffffeff marked: SG_SCSI_RESET_NOTHING = 0, SG_SCSI_RESET_DEVICE = 1, SG_SCSI_RESET_BUS = 2, SG_SCSI_RESET_HOST = 3,
                SG_SCSI_RESET_TARGET = 4;
    bits: SG_SCSI_RESET_NO_ESCALATE = 0x100;

    /// Commands of ATA. include/linux/ata.h
    ATA_CMD "ATA_CMD_"
    choice all: ATA_CMD_NOP = 0, ATA_CMD_CFA_REQ_EXT_ERR = 0x3, ATA_CMD_DSM = 0x6, ATA_CMD_DEV_RESET = 0x8,
                ATA_CMD_REQ_SENSE_DATA = 0xb, ATA_CMD_RESTORE = 0x10, ATA_CMD_PIO_READ = 0x20, ATA_CMD_READ_LONG = 0x22,
                ATA_CMD_READ_LONG_ONCE = 0x23, ATA_CMD_PIO_READ_EXT = 0x24, ATA_CMD_READ_EXT = 0x25, ATA_CMD_READ_QUEUED = 0x26,
                ATA_CMD_READ_NATIVE_MAX_EXT = 0x27, ATA_CMD_READ_MULTI_EXT = 0x29, ATA_CMD_READ_STREAM_DMA_EXT = 0x2a,
                ATA_CMD_READ_STREAM_EXT = 0x2b, ATA_CMD_READ_LOG_EXT = 0x2f, ATA_CMD_PIO_WRITE = 0x30, ATA_CMD_WRITE_LONG = 0x32,
                ATA_CMD_WRITE_LONG_ONCE = 0x33, ATA_CMD_PIO_WRITE_EXT = 0x34, ATA_CMD_WRITE_EXT = 0x35,
                ATA_CMD_WRITE_QUEUED = 0x36, ATA_CMD_SET_MAX_EXT = 0x37, ATA_CMD_CFA_WRITE_NE = 0x38,
                ATA_CMD_WRITE_MULTI_EXT = 0x39, ATA_CMD_WRITE_STREAM_DMA_EXT = 0x3a, ATA_CMD_WRITE_STREAM_EXT = 0x3b,
                ATA_CMD_WRITE_FUA_EXT = 0x3d, ATA_CMD_WRITE_QUEUED_FUA_EXT = 0x3e, ATA_CMD_WRITE_LOG_EXT = 0x3f,
                ATA_CMD_VERIFY = 0x40, ATA_CMD_VERIFY_EXT = 0x42, ATA_CMD_WRITE_UNCORR_EXT = 0x45,
                ATA_CMD_READ_LOG_DMA_EXT = 0x47, ATA_CMD_ZAC_MGMT_IN = 0x4a, ATA_CMD_CONFIG_STREAM = 0x51,
                ATA_CMD_WRITE_LOG_DMA_EXT = 0x57, ATA_CMD_TRUSTED_NONDATA = 0x5b, ATA_CMD_TRUSTED_RCV = 0x5c,
                ATA_CMD_TRUSTED_RCV_DMA = 0x5d, ATA_CMD_TRUSTED_SND = 0x5e, ATA_CMD_TRUSTED_SND_DMA = 0x5f,
                ATA_CMD_FPDMA_READ = 0x60, ATA_CMD_FPDMA_WRITE = 0x61, ATA_CMD_NCQ_NON_DATA = 0x63, ATA_CMD_FPDMA_SEND = 0x64,
                ATA_CMD_FPDMA_RECV = 0x65, ATA_CMD_CFA_TRANS_SECT = 0x87, ATA_CMD_EDD = 0x90, ATA_CMD_INIT_DEV_PARAMS = 0x91,
                ATA_CMD_DOWNLOAD_MICRO = 0x92, ATA_CMD_DOWNLOAD_MICRO_DMA = 0x93, ATA_CMD_ZAC_MGMT_OUT = 0x9f,
                ATA_CMD_PACKET = 0xa0, ATA_CMD_ID_ATAPI = 0xa1, ATA_CMD_SERVICE = 0xa2, ATA_CMD_SMART = 0xb0,
                ATA_CMD_CONF_OVERLAY = 0xb1, ATA_CMD_SANITIZE_DEVICE = 0xb4, ATA_CMD_CFA_ERASE = 0xc0, ATA_CMD_READ_MULTI = 0xc4,
                ATA_CMD_WRITE_MULTI = 0xc5, ATA_CMD_SET_MULTI = 0xc6, ATA_CMD_READ = 0xc8, ATA_CMD_WRITE = 0xca,
                ATA_CMD_CFA_WRITE_MULT_NE = 0xcd, ATA_CMD_WRITE_MULTI_FUA_EXT = 0xce, ATA_CMD_CHK_MED_CRD_TYP = 0xd1,
                ATA_CMD_MEDIA_LOCK = 0xde, ATA_CMD_MEDIA_UNLOCK = 0xdf, ATA_CMD_STANDBYNOW1 = 0xe0, ATA_CMD_IDLEIMMEDIATE = 0xe1,
                ATA_CMD_STANDBY = 0xe2, ATA_CMD_IDLE = 0xe3, ATA_CMD_PMP_READ = 0xe4, ATA_CMD_CHK_POWER = 0xe5,
                ATA_CMD_SLEEP = 0xe6, ATA_CMD_FLUSH = 0xe7, ATA_CMD_PMP_WRITE = 0xe8, ATA_CMD_PMP_READ_DMA = 0xe9,
                ATA_CMD_FLUSH_EXT = 0xea, ATA_CMD_PMP_WRITE_DMA = 0xeb, ATA_CMD_ID_ATA = 0xec, ATA_CMD_SET_FEATURES = 0xef,
                ATA_CMD_SEC_SET_PASS = 0xf1, ATA_CMD_SEC_UNLOCK = 0xf2, ATA_CMD_SEC_ERASE_PREP = 0xf3,
                ATA_CMD_SEC_ERASE_UNIT = 0xf4, ATA_CMD_SEC_FREEZE_LOCK = 0xf5, ATA_CMD_SEC_DISABLE_PASS = 0xf6,
                ATA_CMD_READ_NATIVE_MAX = 0xf8, ATA_CMD_SET_MAX = 0xf9;

    /// How a file of memory works. include/uapi/mtd/mtd-abi.h
    MTD_FILE_MODE "MTD_FILE_MODE_"
    choice all: MTD_FILE_MODE_NORMAL = 0, MTD_FILE_MODE_OTP_FACTORY = 1, MTD_FILE_MODE_OTP_USER = 2, MTD_FILE_MODE_RAW = 3;
}

/// What a drive answers a command with.
fn sectors(registers: &[u8]) -> &'static Ty {
    if number(registers, 3, 1) > 0 {
        &Rest(&HexBytes(Fixed(512)), |registers| 512 * number(registers, 3, 1))
    } else {
        &Hidden
    }
}

/// Of HDIO_GET_NICE, by bit. include/uapi/linux/hdreg.h
static IDE_NICE: Names = Names {
    prefix: "IDE_NICE_",
    mask: 0,
    marked: false,
    choice: &[],
    bits: &[
        ("1<<IDE_NICE_DSC_OVERLAP", 1),
        ("1<<IDE_NICE_ATAPI_OVERLAP", 1 << 1),
        ("1<<IDE_NICE_1", 1 << 3),
        ("1<<IDE_NICE_0", 1 << 2),
        ("1<<IDE_NICE_2", 1 << 4),
    ],
};

records! {
    /// struct hd_geometry. include/uapi/linux/hdreg.h
    HD_GEOMETRY 16 same {
        heads: 0 1 Uint, sectors: 1 1 Uint, cylinders: 2 2 Uint, start: 8 8 Ulong
    }
    /// What HDIO_DRIVE_CMD reads: the registers of a drive. Documentation/userspace-api/ioctl/hdio.rst
    HD_DRIVE_CMD 4 same { command: 0 1 Set(&ATA_CMD), sector_number: 1 1 Uint, feature: 2 1 Uint, sector_count: 3 1 Uint }
    /// What it writes: they again, and sectors.
    HD_DRIVE_CMD_DONE 4 same { status: 0 1 Hex, error: 1 1 Uint, nsector: 2 1 Uint, buf: 4 0 By(sectors) }
    /// struct sg_scsi_id. include/scsi/sg.h
    SG_SCSI_ID 32 same {
        host_no: 0 4 Int, channel: 4 4 Int, scsi_id: 8 4 Hex32, lun: 12 4 Int, scsi_type: 16 4 Hex32, h_cmd_per_lun: 20 2 Int,
        d_queue_depth: 22 2 Int
    }
    /// struct sg_req_info. include/scsi/sg.h
    SG_REQ_INFO 24 same {
        req_state: 0 1 Int, orphan: 1 1 Int, sg_io_owned: 2 1 Int, problem: 3 1 Int, pack_id: 4 4 Int, usr_ptr: 8 8 Addr,
        duration: 16 4 Uint
    }
    /// struct loop_info. include/uapi/linux/loop.h
    LOOP_INFO 168 same {
        lo_number: 0 4 Int, lo_device: 8 8 Full(&Dev), lo_inode: 16 8 Full(&Ulong), lo_rdevice: 24 8 Full(&Dev),
        lo_offset: 32 4 Hex32, lo_encrypt_type: 36 4 By(crypt), lo_encrypt_key_size: 40 4 By(key_size),
        lo_flags: 44 4 Set32(&LO_FLAGS), lo_name: 48 64 Chars, lo_encrypt_key: 112 32 By(key),
        lo_init: 144 16 Full(&Array(&Hex, Fixed(2))), reserved: 160 4 Full(&Array(&Of(1, &Hex), Fixed(4)))
    }
    /// struct loop_info64. include/uapi/linux/loop.h
    LOOP_INFO64 232 same {
        lo_device: 0 8 Full(&Dev), lo_inode: 8 8 Full(&Ulong), lo_rdevice: 16 8 Full(&Dev), lo_offset: 24 8 Hex,
        lo_sizelimit: 32 8 Full(&Ulong), lo_number: 40 4 Uint, lo_encrypt_type: 44 4 By(crypt_64),
        lo_encrypt_key_size: 48 4 By(key_size_64), lo_flags: 52 4 Set32(&LO_FLAGS), lo_file_name: 56 64 Chars,
        lo_crypt_name: 120 64 By(crypt_name_64), lo_encrypt_key: 184 32 By(key_64), lo_init: 216 16 Full(&Array(&Hex, Fixed(2)))
    }
    /// struct loop_config. include/uapi/linux/loop.h
    LOOP_CONFIG 304 same {
        fd: 0 4 Int, block_size: 4 4 Uint, info: 8 232 Rec(&LOOP_INFO64), __reserved: 240 64 NonZero(&Array(&Hex, Fixed(8)))
    }
    /// struct erase_info_user. include/uapi/mtd/mtd-abi.h
    ERASE_INFO_USER 8 same {
        start: 0 4 Hex32, length: 4 4 Hex32
    }
    /// struct ubi_map_req. include/uapi/mtd/ubi-user.h
    UBI_MAP_REQ 8 same {
        lnum: 0 4 Int, dtype: 4 1 Set(&UBI)
    }
    /// struct otp_info. include/uapi/mtd/mtd-abi.h
    OTP_INFO 12 same {
        start: 0 4 Hex32, length: 4 4 Hex32, locked: 8 4 Uint
    }
    /// struct ubi_rsvol_req. include/uapi/mtd/ubi-user.h
    UBI_RSVOL_REQ 12 same {
        bytes: 0 8 Long, vol_id: 8 4 Int
    }
    /// struct erase_info_user64. include/uapi/mtd/mtd-abi.h
    ERASE_INFO_USER64 16 same {
        start: 0 8 Hex, length: 8 8 Hex
    }
    /// struct ubi_set_vol_prop_req. include/uapi/mtd/ubi-user.h
    UBI_SET_VOL_PROP_REQ 16 same {
        property: 0 1 Set(&UBI_VOL_PROP), value: 8 8 Hex
    }
    /// struct mtd_ecc_stats. include/uapi/mtd/mtd-abi.h
    MTD_ECC_STATS 16 same {
        corrected: 0 4 Hex32, failed: 4 4 Hex32, badblocks: 8 4 Hex32, bbtblocks: 12 4 Hex32
    }
    /// struct mtd_info_user. include/uapi/mtd/mtd-abi.h
    MTD_INFO_USER 32 same {
        type: 0 1 Set(&MTD), flags: 4 4 Set32(&MTD_SET), size: 8 4 Hex32, erasesize: 12 4 Hex32, writesize: 16 4 Hex32,
        oobsize: 20 4 Hex32, padding: 24 8 Hex
    }
    /// struct nand_oobinfo. include/uapi/mtd/mtd-abi.h
    NAND_OOBINFO 200 same {
        useecc: 0 4 Set32(&MTD_NANDECC), eccbytes: 4 4 Hex32, oobfree: 8 64 Array(&Array(&Hex32, Fixed(2)), Fixed(8)),
        eccpos: 72 128 Array(&Hex32, Fixed(32))
    }
    /// struct nand_oobfree. include/uapi/mtd/mtd-abi.h
    NAND_OOBFREE 8 same {
        offset: 0 4 Hex32, length: 4 4 Hex32
    }
    /// struct nand_ecclayout_user. include/uapi/mtd/mtd-abi.h
    NAND_ECCLAYOUT_USER 328 same {
        eccbytes: 0 4 Hex32, eccpos: 4 256 Array(&Hex32, Fixed(64)), oobavail: 260 4 Hex32,
        oobfree: 264 64 Array(&Rec(&NAND_OOBFREE), Fixed(8))
    }
    /// struct mtd_oob_buf. include/uapi/mtd/mtd-abi.h
    MTD_OOB_BUF 16 same {
        start: 0 4 Hex32, length: 4 4 Hex32, ptr: 8 8 Addr
    }
    /// struct region_info_user. include/uapi/mtd/mtd-abi.h
    REGION_INFO_USER 16 same {
        regionindex: 12 4 Hex32
    }
    /// struct region_info_user. include/uapi/mtd/mtd-abi.h
    REGION_INFO_USER_DONE 16 same {
        offset: 0 4 Hex32, erasesize: 4 4 Hex32, numblocks: 8 4 Hex32
    }
    /// struct mtd_oob_buf64. include/uapi/mtd/mtd-abi.h
    MTD_OOB_BUF64 24 same {
        start: 0 8 Hex, length: 12 4 Hex32, usr_ptr: 16 8 Addr
    }
    /// struct mtd_write_req. include/uapi/mtd/mtd-abi.h
    MTD_WRITE_REQ 48 same {
        start: 0 8 Hex, len: 8 8 Hex, ooblen: 16 8 Hex, usr_data: 24 8 Addr, usr_oob: 32 8 Addr, mode: 40 1 Set(&MTD_OPS)
    }
    /// struct ubi_attach_req. include/uapi/mtd/ubi-user.h
    UBI_ATTACH 24 same { ubi_num: 0 4 Int, mtd_num: 4 4 Int, vid_hdr_offset: 8 4 Int, max_beb_per1024: 12 2 Int, disable_fm: 14 1 Int,
        need_resv_pool: 15 1 Int }
    /// struct ubi_rnvol_req. include/uapi/mtd/ubi-user.h
    UBI_RNVOL 4368 same { count: 0 4 Int, ents: 16 4352 Rest(&Rec(&UBI_RENAMED), renamed) }
    /// One of its entries.
    UBI_RENAMED 136 same { vol_id: 0 4 Int, name_len: 4 2 Int, name: 8 128 Rest(&Chars, |entry| name_room(entry, 4)) }
    /// struct ubi_mkvol_req. include/uapi/mtd/ubi-user.h
    UBI_MKVOL 152 same {
        vol_id: 0 4 Int, alignment: 4 4 Int, bytes: 8 8 Long, vol_type: 16 1 Set(&UBI_VOLUME), flags: 17 1 Set(&UBI_VOL_FLAGS),
        name_len: 18 2 Int, name: 24 128 Rest(&Chars, |request| name_room(request, 18))
    }
}

/// How many volumes are renamed: a number with a sign.
fn renamed(request: &[u8]) -> u64 {
    u64::try_from(number(request, 0, 4) as i32).unwrap_or(0).min(32)
}

/// Bytes that a volume's name has room in, with its NUL, by where its length stands.
fn name_room(bytes: &[u8], at: usize) -> u64 {
    1 + u64::try_from(number(bytes, at, 2) as i16).unwrap_or(0)
}

/// Whether a loop device encrypts, by where its structure says so; and how many bytes of its key there are.
fn encrypts(info: &[u8], at: usize) -> (bool, u64) {
    (number(info, at, 4) != LO_CRYPT.value("LO_CRYPT_NONE"), number(info, at + 4, 4))
}

/// Members of a device that does not encrypt are shown with `-v` only.
static CRYPT: Ty = Set32(&LO_CRYPT);
static CRYPT_FULL: Ty = Full(&CRYPT);
static KEY_FULL: Ty = Full(&KEY);
static KEY_64_FULL: Ty = Full(&KEY_64);
static KEY: Ty = Rest(&Bytes(Fixed(32)), |info| encrypts(info, 36).1);
static KEY_64: Ty = Rest(&Bytes(Fixed(32)), |info| encrypts(info, 44).1);

fn crypt(info: &[u8]) -> &'static Ty {
    if encrypts(info, 36).0 { &CRYPT } else { &CRYPT_FULL }
}

fn key_size(info: &[u8]) -> &'static Ty {
    if encrypts(info, 36).0 { &Uint } else { &Full(&Uint) }
}

fn key(info: &[u8]) -> &'static Ty {
    if encrypts(info, 36).0 { &KEY } else { &KEY_FULL }
}

fn crypt_64(info: &[u8]) -> &'static Ty {
    if encrypts(info, 44).0 { &CRYPT } else { &CRYPT_FULL }
}

fn key_size_64(info: &[u8]) -> &'static Ty {
    if encrypts(info, 44).0 { &Uint } else { &Full(&Uint) }
}

fn key_64(info: &[u8]) -> &'static Ty {
    if encrypts(info, 44).0 { &KEY_64 } else { &KEY_64_FULL }
}

fn crypt_name_64(info: &[u8]) -> &'static Ty {
    if encrypts(info, 44).0 { &Chars } else { &Full(&Chars) }
}

requests! {
    /// include/uapi/linux/dm-ioctl.h, linux/hdreg.h, linux/loop.h, linux/nbd.h, mtd/mtd-abi.h, mtd/ubi-user.h, scsi/sg.h
    STORAGE:
    HDIO_GETGEO = 0x301 => Out(&Rec(&HD_GEOMETRY));
    HDIO_GET_UNMASKINTR = 0x302 => Out(&Ptr(&Ulong));
    HDIO_GET_MULTCOUNT = 0x304 => Out(&Ptr(&Ulong));
    HDIO_OBSOLETE_IDENTITY = 0x307 => Out(&Bytes(Fixed(142)));
    HDIO_GET_KEEPSETTINGS = 0x308 => Out(&Ptr(&Ulong));
    HDIO_GET_32BIT = 0x309 => Out(&Ptr(&Ulong));
    HDIO_GET_NOWERR = 0x30a => Out(&Ptr(&Ulong));
    HDIO_GET_DMA = 0x30b => Out(&Ptr(&Ulong));
    HDIO_GET_NICE = 0x30c => Out(&Ptr(&Set(&IDE_NICE)));
    HDIO_GET_IDENTITY = 0x30d => Out(&Bytes(Fixed(512)));
    HDIO_GET_WCACHE = 0x30e => Out(&Ptr(&Ulong));
    HDIO_GET_ACOUSTIC = 0x30f => Out(&Ptr(&Ulong));
    HDIO_GET_ADDRESS = 0x310 => Out(&Ptr(&Ulong));
    HDIO_GET_BUSSTATE = 0x31a => Out(&Ptr(&Set(&BUSSTATE)));
    HDIO_DRIVE_RESET = 0x31c => Array(&Hex32, Fixed(3));
    HDIO_DRIVE_CMD = 0x31f => Both(&HD_DRIVE_CMD, Arrow, &HD_DRIVE_CMD_DONE);
    HDIO_SET_MULTCOUNT = 0x321 => Ulong;
    HDIO_SET_UNMASKINTR = 0x322 => Ulong;
    HDIO_SET_KEEPSETTINGS = 0x323 => Ulong;
    HDIO_SET_32BIT = 0x324 => Ulong;
    HDIO_SET_NOWERR = 0x325 => Ulong;
    HDIO_SET_DMA = 0x326 => Ulong;
    HDIO_SET_PIO_MODE = 0x327 => Ulong;
    HDIO_SCAN_HWIF = 0x328 => Array(&Hex32, Fixed(3));
    HDIO_UNREGISTER_HWIF = 0x32a => Ulong;
    HDIO_SET_NICE = 0x329 => Set(&IDE_NICE);
    HDIO_SET_WCACHE = 0x32b => Ulong;
    HDIO_SET_ACOUSTIC = 0x32c => Ulong;
    HDIO_SET_BUSSTATE = 0x32d => Set(&BUSSTATE);
    HDIO_SET_ADDRESS = 0x32f => Ulong;
    SG_SET_TIMEOUT = 0x2201 => INT;
    SG_GET_TIMEOUT = 0x2202 => Hidden;
    SG_EMULATED_HOST = 0x2203 => TO_INT;
    SG_SET_TRANSFORM = 0x2204 => Hex32;
    SG_GET_TRANSFORM = 0x2205 => TO_INT;
    SG_GET_COMMAND_Q = 0x2270 => TO_INT;
    SG_SET_COMMAND_Q = 0x2271 => INT;
    SG_GET_RESERVED_SIZE = 0x2272 => TO_INT;
    SG_SET_RESERVED_SIZE = 0x2275 => INT;
    SG_GET_SCSI_ID = 0x2276 => Out(&Rec(&SG_SCSI_ID));
    SG_SET_FORCE_LOW_DMA = 0x2279 => INT;
    SG_GET_LOW_DMA = 0x227a => TO_INT;
    SG_SET_FORCE_PACK_ID = 0x227b => INT;
    SG_GET_PACK_ID = 0x227c => TO_INT;
    SG_GET_NUM_WAITING = 0x227d => TO_INT;
    SG_SET_DEBUG = 0x227e => INT;
    SG_GET_SG_TABLESIZE = 0x227f => TO_INT;
    SG_GET_VERSION_NUM = 0x2282 => TO_INT;
    SG_NEXT_CMD_LEN = 0x2283 => INT;
    SG_SCSI_RESET = 0x2284 => Ptr(&Set32(&SG_RESET));
    SG_IO = 0x2285 => Ptr(&Uint);
    SG_GET_REQUEST_TABLE = 0x2286 => Out(&Rec(&SG_REQ_INFO));
    SG_SET_KEEP_ORPHAN = 0x2287 => INT;
    SG_GET_KEEP_ORPHAN = 0x2288 => TO_INT;
    LOOP_SET_FD = 0x4c00 => Fd;
    LOOP_CLR_FD = 0x4c01 => Hidden;
    LOOP_SET_STATUS = 0x4c02 => Rec(&LOOP_INFO);
    LOOP_GET_STATUS = 0x4c03 => Out(&Rec(&LOOP_INFO));
    LOOP_SET_STATUS64 = 0x4c04 => Rec(&LOOP_INFO64);
    LOOP_GET_STATUS64 = 0x4c05 => Out(&Rec(&LOOP_INFO64));
    LOOP_CHANGE_FD = 0x4c06 => Fd;
    LOOP_SET_CAPACITY = 0x4c07 => Hidden;
    LOOP_SET_DIRECT_IO = 0x4c08 => Ulong;
    LOOP_SET_BLOCK_SIZE = 0x4c09 => Ulong;
    LOOP_CONFIGURE = 0x4c0a => Rec(&LOOP_CONFIG);
    LOOP_CTL_ADD = 0x4c80 => Int;
    LOOP_CTL_REMOVE = 0x4c81 => Int;
    LOOP_CTL_GET_FREE = 0x4c82 => Hidden;
    MEMGETINFO = 0x80204d01 => Out(&Rec(&MTD_INFO_USER));
    MEMERASE = 0x40084d02 => Rec(&ERASE_INFO_USER);
    MEMWRITEOOB = 0xc0104d03 => Rec(&MTD_OOB_BUF);
    MEMREADOOB = 0xc0104d04 => Rec(&MTD_OOB_BUF);
    MEMLOCK = 0x40084d05 => Rec(&ERASE_INFO_USER);
    MEMUNLOCK = 0x40084d06 => Rec(&ERASE_INFO_USER);
    MEMGETREGIONCOUNT = 0x80044d07 => TO_INT;
    MEMGETREGIONINFO = 0xc0104d08 => Both(&REGION_INFO_USER, Within, &REGION_INFO_USER_DONE);
    MEMGETOOBSEL = 0x80c84d0a => Out(&Rec(&NAND_OOBINFO));
    MEMGETBADBLOCK = 0x40084d0b => Ptr(&Wide(&Ulong));
    MEMSETBADBLOCK = 0x40084d0c => Ptr(&Wide(&Ulong));
    OTPSELECT = 0x80044d0d => Ptr(&Set32(&MTD_OTP));
    OTPGETREGIONCOUNT = 0x40044d0e => Out(&Ptr(&Uint));
    OTPGETREGIONINFO = 0x400c4d0f => Out(&Rec(&OTP_INFO));
    OTPLOCK = 0x800c4d10 => Rec(&OTP_INFO);
    ECCGETLAYOUT = 0x81484d11 => Out(&Rec(&NAND_ECCLAYOUT_USER));
    ECCGETSTATS = 0x80104d12 => Out(&Rec(&MTD_ECC_STATS));
    MTDFILEMODE = 0x4d13 => Set(&MTD_FILE_MODE);
    MEMERASE64 = 0x40104d14 => Rec(&ERASE_INFO_USER64);
    MEMWRITEOOB64 = 0xc0184d15 => Rec(&MTD_OOB_BUF64);
    MEMREADOOB64 = 0xc0184d16 => Rec(&MTD_OOB_BUF64);
    MEMISLOCKED = 0x80084d17 => Rec(&ERASE_INFO_USER);
    MEMWRITE = 0xc0304d18 => Rec(&MTD_WRITE_REQ);
    UBI_IOCVOLUP = 0x40084f00 => Ptr(&Wide(&Long));
    UBI_IOCEBER = 0x40044f01 => INT;
    UBI_IOCEBCH = 0x40044f02 => Addr;
    UBI_IOCEBMAP = 0x40084f03 => Rec(&UBI_MAP_REQ);
    UBI_IOCEBUNMAP = 0x40044f04 => INT;
    UBI_IOCEBISMAP = 0x80044f05 => INT;
    UBI_IOCSETVOLPROP = 0x40104f06 => Rec(&UBI_SET_VOL_PROP_REQ);
    UBI_IOCVOLCRBLK = 0x40804f07 => Hidden;
    UBI_IOCVOLRMBLK = 0x4f08 => Hidden;
    UBI_IOCMKVOL = 0x40986f00 => Rec(&UBI_MKVOL);
    UBI_IOCRMVOL = 0x40046f01 => INT;
    UBI_IOCRSVOL = 0x400c6f02 => Rec(&UBI_RSVOL_REQ);
    UBI_IOCRNVOL = 0x51106f03 => Rec(&UBI_RNVOL);
    UBI_IOCRPEB = 0x40046f04 => INT;
    UBI_IOCSPEB = 0x40046f05 => INT;
    UBI_IOCATT = 0x40186f40 => Rec(&UBI_ATTACH);
    UBI_IOCDET = 0x40046f41 => INT;
    NBD_SET_SOCK = 0xab00 => Fd;
    NBD_SET_BLKSIZE = 0xab01 => Ulong;
    NBD_SET_SIZE = 0xab02 => Ulong;
    NBD_DO_IT = 0xab03 => Hidden;
    NBD_CLEAR_SOCK = 0xab04 => Hidden;
    NBD_CLEAR_QUE = 0xab05 => Hidden;
    NBD_PRINT_DEBUG = 0xab06 => Hidden;
    NBD_SET_SIZE_BLOCKS = 0xab07 => Ulong;
    NBD_DISCONNECT = 0xab08 => Hidden;
    NBD_SET_TIMEOUT = 0xab09 => Ulong;
    NBD_SET_FLAGS = 0xab0a => Set32(&NBD_FLAG);
}
