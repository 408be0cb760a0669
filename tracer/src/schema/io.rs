//! Data through descriptors: reading, writing, moving and making it durable.

use super::open::SEEK;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// preadv2 and pwritev2 flags. include/uapi/linux/fs.h
    RWF "RWF_"
    bits: RWF_HIPRI = 1, RWF_DSYNC = 2, RWF_SYNC = 4, RWF_NOWAIT = 8, RWF_APPEND = 16, RWF_NOAPPEND = 32,
          RWF_ATOMIC = 64, RWF_DONTCACHE = 128, RWF_NOSIGNAL = 256;

    /// splice(2), tee(2) and vmsplice(2) flags. include/linux/splice.h
    SPLICE "SPLICE_F_"
    bits: SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2, SPLICE_F_MORE = 4, SPLICE_F_GIFT = 8;

    /// fallocate(2) modes. include/uapi/linux/falloc.h
    FALLOC "FALLOC_FL_"
    bits: FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_NO_HIDE_STALE = 4,
          FALLOC_FL_COLLAPSE_RANGE = 8, FALLOC_FL_ZERO_RANGE = 16, FALLOC_FL_INSERT_RANGE = 32,
          FALLOC_FL_UNSHARE_RANGE = 64, FALLOC_FL_WRITE_ZEROES = 128;

    /// posix_fadvise(2) advice. include/uapi/linux/fadvise.h
    FADVISE "POSIX_FADV_"
    choice all: POSIX_FADV_NORMAL = 0, POSIX_FADV_RANDOM = 1, POSIX_FADV_SEQUENTIAL = 2, POSIX_FADV_WILLNEED = 3,
          POSIX_FADV_DONTNEED = 4, POSIX_FADV_NOREUSE = 5;

    /// Kinds of directory entry. include/linux/fs_types.h
    DT "DT_"
    choice all: DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12,
          DT_WHT = 14;

    /// sync_file_range(2) flags. include/uapi/linux/fs.h
    SYNC_FILE_RANGE "SYNC_FILE_RANGE_"
    bits: SYNC_FILE_RANGE_WAIT_BEFORE = 1, SYNC_FILE_RANGE_WRITE = 2, SYNC_FILE_RANGE_WAIT_AFTER = 4;
}

records! {
    /// struct cachestat_range. include/uapi/linux/mman.h
    CACHESTAT_RANGE 16 same { off: 0 8 Ulong, len: 8 8 Ulong }
    /// struct cachestat. include/uapi/linux/mman.h
    CACHESTAT 40 same { nr_cache: 0 8 Ulong, nr_dirty: 8 8 Ulong, nr_writeback: 16 8 Ulong, nr_evicted: 24 8 Ulong,
                   nr_recently_evicted: 32 8 Ulong }
}

syscalls! { pub IO harmless "positions, caches and disks: the contents stay what they are":
    read            [0 3 63]        (fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong)                   -> Long, DESC, does [Reads(fd)];
    write           [1 4 64]        (fd: Fd, buf: Bytes(count), count: Ulong) -> Long, DESC, does [Writes(fd)];
    pread64         [17 180 67]     (fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Wide(&Long))     -> Long, DESC, does [Reads(fd)];
    pwrite64        [18 181 68]     (fd: Fd, buf: Bytes(count), count: Ulong, offset: Wide(&Long)) -> Long, DESC, does [Writes(fd)];
    readv           [19 145 65]     (fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Ulong)               -> Long, DESC, does [Reads(fd)];
    writev          [20 146 66]     (fd: Fd, iov: Iovec(iovcnt), iovcnt: Ulong) -> Long, DESC, does [Writes(fd)];
    preadv          [295 333 69]    (fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Ulong, offset: Wide(&Long)) -> Long, DESC, does [Reads(fd)];
    pwritev         [296 334 70]    (fd: Fd, iov: Iovec(iovcnt), iovcnt: Ulong, offset: Wide(&Long)) -> Long, DESC, does [Writes(fd)];
    preadv2         [327 378 286]   (fd: Fd, iov: Out(&Iovec(iovcnt)), iovcnt: Ulong, offset: Wide(&Long), offset_high: Hidden,
                                     flags: Set32(&RWF))                                            -> Long, DESC, does [Reads(fd)];
    pwritev2        [328 379 287]   (fd: Fd, iov: Iovec(iovcnt), iovcnt: Ulong, offset: Wide(&Long), offset_high: Hidden,
                                     flags: Set32(&RWF)) -> Long, DESC, does [Writes(fd)];
    lseek           [8 19 62]       (fd: Fd, offset: Long, whence: Set32(&SEEK))                    -> Long, DESC;
    sendfile        [40 187 71]     (out_fd: Fd, in_fd: Fd, offset: Special(S::MovedOffset),
                                     count: Ulong) -> Long, DESC | NET, does [Reads(in_fd), Writes(out_fd)];
    splice          [275 313 76]    (fd_in: Fd, off_in: Ptr(&Wide(&Long)), fd_out: Fd, off_out: Ptr(&Wide(&Long)), len: Ulong,
                                     flags: Set32(&SPLICE)) -> Long, DESC, does [Reads(fd_in), Writes(fd_out)];
    tee             [276 315 77]    (fd_in: Fd, fd_out: Fd, len: Ulong, flags: Set32(&SPLICE)) -> Long, DESC, does [Reads(fd_in), Writes(fd_out)];
    vmsplice        [278 316 75]    (fd: Fd, iov: Iovec(nr_segs), nr_segs: Ulong, flags: Set32(&SPLICE)) -> Long, DESC, does [Writes(fd)];
    copy_file_range [326 377 285]   (fd_in: Fd, off_in: Ptr(&Wide(&Long)), fd_out: Fd, off_out: Ptr(&Wide(&Long)), len: Ulong,
                                     flags: Uint) -> Long, DESC, does [Reads(fd_in), Writes(fd_out)];
    truncate        [76 92 45]      (path: Path, length: Ulong) -> Int, FILE, does [Truncates(path)];
    ftruncate       [77 93 46]      (fd: Fd, length: Ulong) -> Int, DESC, does [Truncates(fd)];
    fallocate       [285 324 47]    (fd: Fd, mode: Set32(&FALLOC), offset: Wide(&Long), len: Wide(&Long)) -> Int, DESC, does [Rewrites(fd)];
    fadvise64       [221 250 223]   (fd: Fd, offset: Wide(&Long), len: Ulong, advice: Set32(&FADVISE))     -> Int, DESC;
    readahead       [187 225 213]   (fd: Fd, offset: Wide(&Long), count: Ulong)                            -> Int, DESC;
    fsync           [74 118 82]     (fd: Fd)                                                        -> Int, DESC;
    fdatasync       [75 148 83]     (fd: Fd)                                                        -> Int, DESC;
    sync            [162 36 81]     ()                                                              -> Int, 0;
    syncfs          [306 344 267]   (fd: Fd)                                                        -> Int, DESC;
    sync_file_range [277 314 84]    (fd: Fd, offset: Wide(&Long), nbytes: Wide(&Long), flags: Set32(&SYNC_FILE_RANGE)) -> Int, DESC;
    cachestat       [451 451 451]   (fd: Fd, cstat_range: Rec(&CACHESTAT_RANGE), cstat: Out(&Rec(&CACHESTAT)),
                                     flags: Hex32)                                                  -> Int, DESC;
    getdents        [78 141 _]      (fd: Fd, dirp: Out(&Special(S::Dirents)), count: Uint)
                                                                                                    -> Int, DESC, does [Lists(fd)];
    getdents64      [217 220 61]    (fd: Fd, dirp: Out(&Special(S::Dirents64)), count: Uint)
                                                                                                    -> Int, DESC, does [Lists(fd)];
}
