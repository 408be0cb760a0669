//! Names in the file system: making, renaming, linking, removing them, and what is attached to them.

use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use crate::{records, sets, syscalls};

sets! {
    /// What access(2) asks for. include/uapi/asm-generic/fcntl.h, unistd.h
    ACCESS "?_OK"
    bits: R_OK = 4, W_OK = 2, X_OK = 1, F_OK = 0;

    /// Flags of the *at calls. include/uapi/linux/fcntl.h
    AT "AT_"
    bits: AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_NO_AUTOMOUNT = 0x800,
          AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;

    /// faccessat2(2) flags. include/uapi/linux/fcntl.h
    AT_ACCESS "AT_"
    bits: AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000;

    /// renameat2(2) flags. include/uapi/linux/fs.h
    RENAME "RENAME_"
    bits: RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4;

    /// setxattr(2) flags. include/uapi/linux/xattr.h
    XATTR "XATTR_"
    bits: XATTR_CREATE = 1, XATTR_REPLACE = 2;

    /// Inode flags of FS_IOC_FSGETXATTR and file_getattr(2). include/uapi/linux/fs.h
    FS_XFLAG "FS_XFLAG_"
    bits: FS_XFLAG_REALTIME = 1, FS_XFLAG_PREALLOC = 2, FS_XFLAG_IMMUTABLE = 8, FS_XFLAG_APPEND = 0x10,
          FS_XFLAG_SYNC = 0x20, FS_XFLAG_NOATIME = 0x40, FS_XFLAG_NODUMP = 0x80, FS_XFLAG_RTINHERIT = 0x100,
          FS_XFLAG_PROJINHERIT = 0x200, FS_XFLAG_NOSYMLINKS = 0x400, FS_XFLAG_EXTSIZE = 0x800,
          FS_XFLAG_EXTSZINHERIT = 0x1000, FS_XFLAG_NODEFRAG = 0x2000, FS_XFLAG_FILESTREAM = 0x4000,
          FS_XFLAG_DAX = 0x8000, FS_XFLAG_COWEXTSIZE = 0x10000, FS_XFLAG_HASATTR = 0x80000000;
}

records! {
    /// struct file_attr. include/uapi/linux/fs.h
    FILE_ATTR 24 same { fa_xflags: 0 8 Set(&FS_XFLAG), fa_extsize: 8 4 Uint, fa_nextents: 12 4 Uint, fa_projid: 16 4 Uint,
                   fa_cowextsize: 20 4 Uint }
    /// struct xattr_args; the value's bytes are not followed. include/uapi/linux/xattr.h
    XATTR_ARGS 16 same { value: 0 8 Addr, size: 8 4 Uint, flags: 12 4 Set32(&XATTR) }
}

syscalls! { pub FILES:
    access          [21 33 _]       (pathname: Path, mode: Set32(&ACCESS)) -> Int, FILE, does [Probes(pathname)];
    faccessat       [269 307 48]    (dirfd: DirFd, pathname: Path, mode: Set32(&ACCESS)) -> Int, DESC | FILE, does [Probes(pathname)];
    faccessat2      [439 439 439]   (dirfd: DirFd, pathname: Path, mode: Set32(&ACCESS), flags: Set32(&AT_ACCESS))
                                        -> Int, DESC | FILE, does [Probes(pathname)];
    getcwd          [79 183 17]     (buf: Out(&Path), size: Ulong) -> Long, FILE, harmless "names the directory in which the process is";
    chdir           [80 12 49]      (path: Path)                                                    -> Int, FILE, does [Asks(path)];
    fchdir          [81 133 50]     (fd: Fd)                                                        -> Int, DESC, does [Asks(fd)];
    chroot          [161 61 51]     (path: Path) -> Int, FILE, root "names are told from the new root on";
    rename          [82 38 _]       (oldpath: Path, newpath: Path) -> Int, FILE, does [Renames(oldpath, newpath, None)];
    renameat        [264 302 38]    (olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path) -> Int, DESC | FILE, does [Renames(oldpath, newpath, None)];
    renameat2       [316 353 276]   (olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path,
                                     flags: Set32(&RENAME)) -> Int, DESC | FILE, does [Renames(oldpath, newpath, Some(flags))];
    mkdir           [83 39 _]       (pathname: Path, mode: Perm) -> Int, FILE, does [Makes(pathname)];
    mkdirat         [258 296 34]    (dirfd: DirFd, pathname: Path, mode: Perm) -> Int, DESC | FILE, does [Makes(pathname)];
    rmdir           [84 40 _]       (pathname: Path) -> Int, FILE, does [Removes(pathname, Directory)];
    link            [86 9 _]        (oldpath: Path, newpath: Path) -> Int, FILE, does [Links(oldpath, newpath)];
    linkat          [265 303 37]    (olddirfd: DirFd, oldpath: Path, newdirfd: DirFd, newpath: Path, flags: Set32(&AT))
                                        -> Int, DESC | FILE, does [Links(oldpath, newpath)];
    unlink          [87 10 _]       (pathname: Path) -> Int, FILE, does [Removes(pathname, NoDirectory)];
    unlinkat        [263 301 35]    (dirfd: DirFd, pathname: Path, flags: Set32(&AT)) -> Int, DESC | FILE, does [Removes(pathname, ByFlags(flags))];
    symlink         [88 83 _]       (target: Path, linkpath: Path) -> Int, FILE, does [LinksText(target, linkpath)];
    symlinkat       [266 304 36]    (target: Path, newdirfd: DirFd, linkpath: Path) -> Int, DESC | FILE, does [LinksText(target, linkpath)];
    readlink        [89 85 _]       (pathname: Path, buf: Out(&Bytes(Ret)), bufsiz: Ulong) -> Int, FILE, does [Asks(pathname)];
    readlinkat      [267 305 78]    (dirfd: DirFd, pathname: Path, buf: Out(&Bytes(Ret)), bufsiz: Ulong)
                                        -> Int, DESC | FILE, does [Asks(pathname)];
    chmod           [90 15 _]       (pathname: Path, mode: Perm) -> Int, FILE, does [Changes(Mode, pathname, Followed)];
    fchmod          [91 94 52]      (fd: Fd, mode: Perm) -> Int, DESC, does [Changes(Mode, fd, Itself)];
    fchmodat        [268 306 53]    (dirfd: DirFd, pathname: Path, mode: Perm) -> Int, DESC | FILE, does [Changes(Mode, pathname, Followed)];
    fchmodat2       [452 452 452]   (dirfd: DirFd, pathname: Path, mode: Perm, flags: Set32(&AT)) -> Int, DESC | FILE, does [Changes(Mode, pathname, Unless(flags))];
    chown           [92 182 _]      (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Followed)];
    fchown          [93 95 55]      (fd: Fd, owner: Id, group: Id) -> Int, DESC, does [Changes(Owner, fd, Itself)];
    lchown          [94 16 _]       (pathname: Path, owner: Id, group: Id) -> Int, FILE, does [Changes(Owner, pathname, Itself)];
    fchownat        [260 298 54]    (dirfd: DirFd, pathname: Path, owner: Id, group: Id, flags: Set32(&AT))
                                        -> Int, DESC | FILE, does [Changes(Owner, pathname, Unless(flags))];
    mknod           [133 14 _]      (pathname: Path, mode: Mode, dev: Special(S::NodeDev))     -> Int, FILE, does [Makes(pathname)];
    mknodat         [259 297 33]    (dirfd: DirFd, pathname: Path, mode: Mode, dev: Special(S::NodeDev))
                                        -> Int, DESC | FILE, does [Makes(pathname)];
    utime           [132 30 _]      (filename: Path, times: Special(S::Utimbuf)) -> Int, FILE, does [Changes(Times, filename, Followed)];
    utimes          [235 271 _]     (filename: Path, times: Special(S::Timevals)) -> Int, FILE, does [Changes(Times, filename, Followed)];
    futimesat       [261 299 _]     (dirfd: DirFd, pathname: Path, times: Special(S::Timevals))
                                        -> Int, DESC | FILE, does [Changes(Times, pathname, Followed)];
    utimensat       [280 320 88]    (dirfd: DirFd, pathname: Path, times: Special(S::Timespecs),
                                     flags: Set32(&AT)) -> Int, DESC | FILE, does [Changes(Times, pathname, Unless(flags))];
    setxattr        [188 226 5]     (path: Path, name: Text, value: Bytes(size), size: Ulong, flags: Set32(&XATTR))
                                        -> Int, FILE, does [Changes(Attributes, path, Followed)];
    lsetxattr       [189 227 6]     (path: Path, name: Text, value: Bytes(size), size: Ulong, flags: Set32(&XATTR))
                                        -> Int, FILE, does [Changes(Attributes, path, Itself)];
    fsetxattr       [190 228 7]     (fd: Fd, name: Text, value: Bytes(size), size: Ulong, flags: Set32(&XATTR))
                                        -> Int, DESC, does [Changes(Attributes, fd, Itself)];
    getxattr        [191 229 8]     (path: Path, name: Text, value: Special(S::XattrOut), size: Ulong)
                                        -> Long, FILE, does [Asks(path)];
    lgetxattr       [192 230 9]     (path: Path, name: Text, value: Special(S::XattrOut), size: Ulong)
                                        -> Long, FILE, does [Asks(path)];
    fgetxattr       [193 231 10]    (fd: Fd, name: Text, value: Special(S::XattrOut), size: Ulong)
                                                                                                    -> Long, DESC, does [Asks(fd)];
    listxattr       [194 232 11]    (path: Path, list: Special(S::XattrOut), size: Ulong) -> Long, FILE, does [Asks(path)];
    llistxattr      [195 233 12]    (path: Path, list: Special(S::XattrOut), size: Ulong) -> Long, FILE, does [Asks(path)];
    flistxattr      [196 234 13]    (fd: Fd, list: Special(S::XattrOut), size: Ulong) -> Long, DESC, does [Asks(fd)];
    removexattr     [197 235 14]    (path: Path, name: Text) -> Int, FILE, does [Changes(Attributes, path, Followed)];
    lremovexattr    [198 236 15]    (path: Path, name: Text) -> Int, FILE, does [Changes(Attributes, path, Itself)];
    fremovexattr    [199 237 16]    (fd: Fd, name: Text) -> Int, DESC, does [Changes(Attributes, fd, Itself)];
    setxattrat      [463 463 463]   (dirfd: DirFd, pathname: Path, at_flags: Set32(&AT), name: Text,
                                     uargs: Sized(&XATTR_ARGS, usize), usize: Ulong) -> Int, DESC | FILE, does [Changes(Attributes, pathname, Unless(at_flags))];
    getxattrat      [464 464 464]   (dirfd: DirFd, pathname: Path, at_flags: Set32(&AT), name: Text,
                                     uargs: Sized(&XATTR_ARGS, usize), usize: Ulong) -> Long, DESC | FILE, does [Asks(pathname)];
    listxattrat     [465 465 465]   (dirfd: DirFd, pathname: Path, at_flags: Set32(&AT),
                                     list: Special(S::XattrOut), size: Ulong)   -> Long, DESC | FILE, does [Asks(pathname)];
    removexattrat   [466 466 466]   (dirfd: DirFd, pathname: Path, at_flags: Set32(&AT), name: Text) -> Int, DESC | FILE, does [Changes(Attributes, pathname, Unless(at_flags))];
    file_getattr    [468 468 468]   (dirfd: DirFd, pathname: Path, attr: Out(&Sized(&FILE_ATTR, size)), size: Ulong,
                                     at_flags: Set32(&AT)) -> Int, DESC | FILE, does [Asks(pathname)];
    file_setattr    [469 469 469]   (dirfd: DirFd, pathname: Path, attr: Sized(&FILE_ATTR, size), size: Ulong,
                                     at_flags: Set32(&AT)) -> Int, DESC | FILE, does [Changes(Attributes, pathname, Unless(at_flags))];
    acct            [163 51 89]     (filename: Path) -> Int, FILE, gap "the kernel writes to the file from now on";
}
