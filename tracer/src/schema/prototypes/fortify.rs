//! What the compiler calls with `_FORTIFY_SOURCE` in the place of a function: it knows how large the buffer is. (bits/string_fortified.h,
//! bits/stdio2.h, bits/unistd.h, bits/socket2.h, bits/wchar2.h)

use crate::prototypes;
use crate::schema::net::MSG;
use crate::schema::open::OPEN;
use crate::schema::time::TIMESPEC;
use crate::schema::types::Len::{Fixed, Ret};
use crate::schema::types::Special as S;
use crate::schema::types::Ty::*;

use super::formats::PRIORITY;
use super::names::CONFSTR;

prototypes! { pub CHECKED:
    __memcpy_chk(dest: Addr, src: Bytes(n), n: Ulong, destlen: Ulong) -> Addr;
    __memmove_chk(dest: Addr, src: Bytes(n), n: Ulong, destlen: Ulong) -> Addr;
    __mempcpy_chk(dest: Addr, src: Bytes(n), n: Ulong, destlen: Ulong) -> Addr;
    __memset_chk(s: Addr, c: Char, n: Ulong, destlen: Ulong) -> Addr;
    __explicit_bzero_chk(s: Addr, n: Ulong, destlen: Ulong) -> Void;
    __strcpy_chk(dst: Addr, src: Text, destlen: Ulong) -> Addr;
    __stpcpy_chk(dst: Addr, src: Text, destlen: Ulong) -> Addr;
    __strncpy_chk(dst: Addr, src: Text, dsize: Ulong, destlen: Ulong) -> Addr;
    __stpncpy_chk(dst: Addr, src: Text, dsize: Ulong, destlen: Ulong) -> Addr;
    __strcat_chk(dst: Text, src: Text, destlen: Ulong) -> Text;
    __strncat_chk(dst: Text, src: Text, ssize: Ulong, destlen: Ulong) -> Text;
    __strlcpy_chk(dst: Addr, src: Text, size: Ulong, destlen: Ulong) -> Ulong;
    __strlcat_chk(dst: Text, src: Text, size: Ulong, destlen: Ulong) -> Ulong;
    __fgets_chk(s: Out(&Text), destlen: Ulong, size: Int, stream: Stream) -> Addr;
    __fgets_unlocked_chk(s: Out(&Text), destlen: Ulong, size: Int, stream: Stream) -> Addr;
    __gets_chk(s: Out(&Text), destlen: Ulong) -> Addr;
    __fread_chk(ptr: Addr, ptrlen: Ulong, size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    __fread_unlocked_chk(ptr: Addr, ptrlen: Ulong, size: Ulong, n: Ulong, stream: Stream) -> Ulong;
    __read_chk(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, buflen: Ulong) -> Long;
    __pread_chk(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Long, buflen: Ulong) -> Long;
    __pread64_chk(fd: Fd, buf: Out(&Bytes(Ret)), count: Ulong, offset: Long, buflen: Ulong) -> Long;
    __readlink_chk(pathname: Path, buf: Out(&Bytes(Ret)), bufsiz: Ulong, buflen: Ulong) -> Long;
    __readlinkat_chk(dirfd: DirFd, pathname: Path, buf: Out(&Bytes(Ret)), bufsiz: Ulong, buflen: Ulong) -> Long;
    __recv_chk(fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, buflen: Ulong, flags: Set32(&MSG)) -> Long;
    __recvfrom_chk(fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, buflen: Ulong, flags: Set32(&MSG), src_addr: Addr) -> Long;
    __getcwd_chk(buf: Addr, size: Ulong, buflen: Ulong) -> Text => hands;
    __getwd_chk(buf: Addr, buflen: Ulong) -> Text;
    __gethostname_chk(name: Out(&Text), len: Ulong, buflen: Ulong) -> Int;
    __getdomainname_chk(name: Out(&Text), len: Ulong, buflen: Ulong) -> Int;
    __getlogin_r_chk(buf: Out(&Text), bufsize: Ulong, buflen: Ulong) -> Int;
    __ttyname_r_chk(fd: Fd, buf: Out(&Text), buflen: Ulong, destlen: Ulong) -> Int;
    __ptsname_r_chk(fd: Fd, buf: Out(&Text), buflen: Ulong, destlen: Ulong) -> Int;
    __realpath_chk(path: Path, resolved_path: Addr, resolvedlen: Ulong) -> Text => hands;
    __confstr_chk(name: Set32(&CONFSTR), buf: Out(&Text), size: Ulong, buflen: Ulong) -> Ulong;
    __getgroups_chk(size: Int, list: Out(&Array(&Id, Ret)), listlen: Ulong) -> Int;
    __poll_chk(fds: Special(S::PollFds), nfds: Ulong, timeout: Int, fdslen: Ulong) -> Int;
    __ppoll_chk(fds: Special(S::PollFds), nfds: Ulong, tmo_p: Rec(&TIMESPEC), sigmask: SigSet(Fixed(8)), fdslen: Ulong) -> Int;
    __fdelt_chk(d: Long) -> Long;
    __fdelt_warn(d: Long) -> Long;
    __open_2(pathname: Path, flags: Set32(&OPEN)) -> Fd;
    __open64_2(pathname: Path, flags: Set32(&OPEN)) -> Fd;
    __openat_2(dirfd: DirFd, pathname: Path, flags: Set32(&OPEN)) -> Fd;
    __openat64_2(dirfd: DirFd, pathname: Path, flags: Set32(&OPEN)) -> Fd;
    __mq_open_2(name: Path, oflag: Set32(&OPEN)) -> Fd;
}

prototypes! { pub CHECKED_FORMATS:
    __printf_chk(flag: Int, format: Format) -> Int;
    __fprintf_chk(stream: Stream, flag: Int, format: Format) -> Int;
    __sprintf_chk(str: Out(&Text), flag: Int, strlen: Ulong, format: Format) -> Int;
    __snprintf_chk(str: Out(&Text), maxlen: Ulong, flag: Int, strlen: Ulong, format: Format) -> Int;
    __asprintf_chk(strp: Out(&Ptr(&Addr)), flag: Int, format: Format) -> Int => hands;
    __dprintf_chk(fd: Fd, flag: Int, format: Format) -> Int;
    __obstack_printf_chk(obstack: Addr, flag: Int, format: Format) -> Int;
    __syslog_chk(priority: Set32(&PRIORITY), flag: Int, format: Format) -> Void;
    __vprintf_chk(flag: Int, format: Text, ap: Addr) -> Int;
    __vfprintf_chk(stream: Stream, flag: Int, format: Text, ap: Addr) -> Int;
    __vsprintf_chk(str: Out(&Text), flag: Int, strlen: Ulong, format: Text, ap: Addr) -> Int;
    __vsnprintf_chk(str: Out(&Text), maxlen: Ulong, flag: Int, strlen: Ulong, format: Text, ap: Addr) -> Int;
    __vasprintf_chk(strp: Out(&Ptr(&Addr)), flag: Int, format: Text, ap: Addr) -> Int => hands;
    __vdprintf_chk(fd: Fd, flag: Int, format: Text, ap: Addr) -> Int;
    __obstack_vprintf_chk(obstack: Addr, flag: Int, format: Text, ap: Addr) -> Int;
    __vsyslog_chk(priority: Set32(&PRIORITY), flag: Int, format: Text, ap: Addr) -> Void;
}

prototypes! { pub CHECKED_WIDE:
    __mbstowcs_chk(dest: Addr, src: Text, n: Ulong, destlen: Ulong) -> Long;
    __mbsrtowcs_chk(dest: Addr, src: Addr, len: Ulong, ps: Addr, destlen: Ulong) -> Long;
    __mbsnrtowcs_chk(dest: Addr, src: Addr, nms: Ulong, len: Ulong, ps: Addr, destlen: Ulong) -> Long;
    __wcstombs_chk(dest: Out(&Bytes(Ret)), src: Addr, n: Ulong, destlen: Ulong) -> Long;
    __wcsrtombs_chk(dest: Out(&Bytes(Ret)), src: Addr, len: Ulong, ps: Addr, destlen: Ulong) -> Long;
    __wcsnrtombs_chk(dest: Out(&Bytes(Ret)), src: Addr, nwc: Ulong, len: Ulong, ps: Addr, destlen: Ulong) -> Long;
    __wcrtomb_chk(s: Out(&Bytes(Ret)), wc: Int, ps: Addr, buflen: Ulong) -> Long;
    __wctomb_chk(s: Out(&Bytes(Ret)), wc: Int, buflen: Ulong) -> Int;
    __wcscpy_chk(dest: Addr, src: Addr, destlen: Ulong) -> Addr;
    __wcsncpy_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wcpcpy_chk(dest: Addr, src: Addr, destlen: Ulong) -> Addr;
    __wcpncpy_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wcscat_chk(dest: Addr, src: Addr, destlen: Ulong) -> Addr;
    __wcsncat_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wmemcpy_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wmemmove_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wmempcpy_chk(dest: Addr, src: Addr, n: Ulong, destlen: Ulong) -> Addr;
    __wmemset_chk(s: Addr, c: Int, n: Ulong, destlen: Ulong) -> Addr;
    __fgetws_chk(ws: Addr, destlen: Ulong, n: Int, stream: Stream) -> Addr;
    __fgetws_unlocked_chk(ws: Addr, destlen: Ulong, n: Int, stream: Stream) -> Addr;
    __wprintf_chk(flag: Int, format: Addr) -> Int;
    __fwprintf_chk(stream: Stream, flag: Int, format: Addr) -> Int;
    __swprintf_chk(wcs: Addr, maxlen: Ulong, flag: Int, wcslen: Ulong, format: Addr) -> Int;
    __vwprintf_chk(flag: Int, format: Addr, ap: Addr) -> Int;
    __vfwprintf_chk(stream: Stream, flag: Int, format: Addr, ap: Addr) -> Int;
    __vswprintf_chk(wcs: Addr, maxlen: Ulong, flag: Int, wcslen: Ulong, format: Addr, ap: Addr) -> Int;
}
