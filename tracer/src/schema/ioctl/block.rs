//! Requests of block devices.

use super::super::types::Join::Within;
use super::super::types::Len::Fixed;
use super::super::types::Ty::*;
use super::{INT, TO_INT};
use crate::{records, requests, sets};

sets! {
    /// Of BLKPG. include/uapi/linux/blkpg.h
    BLKPG_OP "BLKPG_"
    choice all: BLKPG_ADD_PARTITION = 1, BLKPG_DEL_PARTITION = 2, BLKPG_RESIZE_PARTITION = 3;
}

records! {
    /// struct blk_user_trace_setup. include/uapi/linux/fs.h
    BLK_USER_TRACE_SETUP 72 same {
        act_mask: 32 2 Uint, buf_size: 36 4 Uint, buf_nr: 40 4 Uint, start_lba: 48 8 Ulong, end_lba: 56 8 Ulong, pid: 64 4 Int
    }
    /// struct blk_user_trace_setup. include/uapi/linux/fs.h
    BLK_USER_TRACE_SETUP_DONE 72 same {
        name: 0 32 Chars
    }
    /// struct blkpg_ioctl_arg. include/uapi/linux/blkpg.h
    BLKPG_ARG 24 same { op: 0 4 Set32(&BLKPG_OP), flags: 4 4 Int, datalen: 8 4 Int, data: 16 8 Addr }
}

requests! {
    /// include/uapi/linux/blkzoned.h, linux/fs.h
    BLOCK:
    BLKROSET = 0x125d => INT, gap "a disk or file system is another, or stands still, for all who use it";
    BLKROGET = 0x125e => TO_INT, harmless "asks what a descriptor is, or has";
    BLKRRPART = 0x125f => Hidden, gap "a disk or file system is another, or stands still, for all who use it";
    BLKGETSIZE = 0x1260 => Out(&Ptr(&Ulong)), harmless "asks for a size";
    BLKFLSBUF = 0x1261 => Hidden, gap "a disk or file system is another, or stands still, for all who use it";
    BLKRASET = 0x1262 => Ulong;
    BLKRAGET = 0x1263 => Out(&Ptr(&Long));
    BLKFRASET = 0x1264 => Ulong;
    BLKFRAGET = 0x1265 => Out(&Ptr(&Long));
    BLKSECTGET = 0x1267 => Out(&Ptr(&Of(2, &Uint)));
    BLKSSZGET = 0x1268 => TO_INT, harmless "asks what a descriptor is, or has";
    BLKBSZGET = 0x80081270 => TO_INT;
    BLKBSZSET = 0x40081271 => INT;
    BLKGETSIZE64 = 0x80081272 => Out(&Ptr(&Wide(&Ulong))), harmless "asks for a size";
    BLKTRACESETUP = 0xc0481273 => Both(&BLK_USER_TRACE_SETUP, Within, &BLK_USER_TRACE_SETUP_DONE);
    BLKTRACESTART = 0x1274 => Hidden;
    BLKTRACESTOP = 0x1275 => Hidden;
    BLKTRACETEARDOWN = 0x1276 => Hidden;
    BLKDISCARD = 0x1277 => Array(&Wide(&Ulong), Fixed(2));
    BLKPG = 0x1269 => Rec(&BLKPG_ARG), gap "a disk or file system is another, or stands still, for all who use it";
    BLKIOMIN = 0x1278 => Out(&Ptr(&Uint)), harmless "asks what a descriptor is, or has";
    BLKIOOPT = 0x1279 => Out(&Ptr(&Uint)), harmless "asks what a descriptor is, or has";
    BLKALIGNOFF = 0x127a => TO_INT, harmless "asks what a descriptor is, or has";
    BLKPBSZGET = 0x127b => Out(&Ptr(&Uint)), harmless "asks what a descriptor is, or has";
    BLKDISCARDZEROES = 0x127c => Out(&Ptr(&Uint));
    BLKSECDISCARD = 0x127d => Array(&Wide(&Ulong), Fixed(2));
    BLKROTATIONAL = 0x127e => Out(&Ptr(&Of(2, &Uint)));
    BLKZEROOUT = 0x127f => Array(&Wide(&Ulong), Fixed(2));
    BLKGETDISKSEQ = 0x80081280 => Out(&Ptr(&Wide(&Ulong)));
    BLKGETZONESZ = 0x80041284 => Out(&Ptr(&Uint));
    BLKGETNRZONES = 0x80041285 => Out(&Ptr(&Uint));
}
