//! Waiting for descriptors, and descriptors made to be waited for.

use super::open::OPEN;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::*;
use crate::{records, sets, syscalls};

sets! {
    /// poll(2) events. include/uapi/asm-generic/poll.h
    POLL "POLL"
    bits: POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20, POLLRDNORM = 0x40,
          POLLRDBAND = 0x80, POLLWRNORM = 0x100, POLLWRBAND = 0x200, POLLMSG = 0x400, POLLREMOVE = 0x1000,
          POLLRDHUP = 0x2000, POLL_BUSY_LOOP = 0x8000;

    /// epoll events. include/uapi/linux/eventpoll.h
    EPOLL "EPOLL"
    bits: EPOLLIN = 1, EPOLLPRI = 2, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 0x10, EPOLLNVAL = 0x20, EPOLLRDNORM = 0x40,
          EPOLLRDBAND = 0x80, EPOLLWRNORM = 0x100, EPOLLWRBAND = 0x200, EPOLLMSG = 0x400, EPOLLRDHUP = 0x2000,
          EPOLLEXCLUSIVE = 0x10000000, EPOLLWAKEUP = 0x20000000, EPOLLONESHOT = 0x40000000, EPOLLET = 0x80000000;

    /// epoll_ctl(2) operations. include/uapi/linux/eventpoll.h
    EPOLL_CTL "EPOLL_CTL_"
    choice all: EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;

    /// epoll_create1(2) flags. include/uapi/linux/eventpoll.h
    EPOLL_CREATE "EPOLL_"
    bits: EPOLL_CLOEXEC = 0o2000000;

    /// eventfd2(2) flags. include/uapi/linux/eventfd.h
    EFD "EFD_"
    bits: EFD_SEMAPHORE = 1, EFD_CLOEXEC = 0o2000000, EFD_NONBLOCK = 0o4000;

    /// signalfd4(2) flags. include/uapi/linux/signalfd.h
    SFD "SFD_"
    bits: SFD_CLOEXEC = 0o2000000, SFD_NONBLOCK = 0o4000;

    /// inotify_init1(2) flags. include/uapi/linux/inotify.h
    IN_INIT "IN_"
    bits: IN_NONBLOCK = 0o4000, IN_CLOEXEC = 0o2000000;

    /// inotify events and watch flags. include/uapi/linux/inotify.h
    IN "IN_"
    bits: IN_ACCESS = 1, IN_MODIFY = 2, IN_ATTRIB = 4, IN_CLOSE_WRITE = 8, IN_CLOSE_NOWRITE = 0x10, IN_OPEN = 0x20,
          IN_MOVED_FROM = 0x40, IN_MOVED_TO = 0x80, IN_CREATE = 0x100, IN_DELETE = 0x200, IN_DELETE_SELF = 0x400,
          IN_MOVE_SELF = 0x800, IN_UNMOUNT = 0x2000, IN_Q_OVERFLOW = 0x4000, IN_IGNORED = 0x8000,
          IN_ONLYDIR = 0x1000000, IN_DONT_FOLLOW = 0x2000000, IN_EXCL_UNLINK = 0x4000000, IN_MASK_CREATE = 0x10000000,
          IN_MASK_ADD = 0x20000000, IN_ISDIR = 0x40000000, IN_ONESHOT = 0x80000000;

    /// fanotify_init(2) flags. include/uapi/linux/fanotify.h
    FAN_INIT "FAN_CLASS_"
    choice 0xc marked: FAN_CLASS_NOTIF = 0, FAN_CLASS_CONTENT = 4, FAN_CLASS_PRE_CONTENT = 8;
    bits: FAN_CLOEXEC = 1, FAN_NONBLOCK = 2, FAN_UNLIMITED_QUEUE = 0x10, FAN_UNLIMITED_MARKS = 0x20,
          FAN_ENABLE_AUDIT = 0x40, FAN_REPORT_PIDFD = 0x80, FAN_REPORT_TID = 0x100, FAN_REPORT_FID = 0x200,
          FAN_REPORT_DIR_FID = 0x400, FAN_REPORT_NAME = 0x800, FAN_REPORT_TARGET_FID = 0x1000,
          FAN_REPORT_FD_ERROR = 0x2000, FAN_REPORT_MNT = 0x4000;

    /// fanotify_mark(2) flags. include/uapi/linux/fanotify.h
    FAN_MARK "FAN_MARK_"
    bits: FAN_MARK_ADD = 1, FAN_MARK_REMOVE = 2, FAN_MARK_FLUSH = 0x80, FAN_MARK_DONT_FOLLOW = 4, FAN_MARK_ONLYDIR = 8,
          FAN_MARK_MNTNS = 0x110, FAN_MARK_MOUNT = 0x10, FAN_MARK_FILESYSTEM = 0x100, FAN_MARK_IGNORED_MASK = 0x20,
          FAN_MARK_IGNORED_SURV_MODIFY = 0x40, FAN_MARK_IGNORE = 0x400, FAN_MARK_EVICTABLE = 0x200;

    /// fanotify events. include/uapi/linux/fanotify.h
    FAN "FAN_"
    bits: FAN_ACCESS = 1, FAN_MODIFY = 2, FAN_ATTRIB = 4, FAN_CLOSE_WRITE = 8, FAN_CLOSE_NOWRITE = 0x10, FAN_OPEN = 0x20,
          FAN_MOVED_FROM = 0x40, FAN_MOVED_TO = 0x80, FAN_CREATE = 0x100, FAN_DELETE = 0x200, FAN_DELETE_SELF = 0x400,
          FAN_MOVE_SELF = 0x800, FAN_OPEN_EXEC = 0x1000, FAN_Q_OVERFLOW = 0x4000, FAN_FS_ERROR = 0x8000,
          FAN_OPEN_PERM = 0x10000, FAN_ACCESS_PERM = 0x20000, FAN_OPEN_EXEC_PERM = 0x40000, FAN_DIR_MODIFY = 0x80000,
          FAN_PRE_ACCESS = 0x100000, FAN_MNT_ATTACH = 0x1000000, FAN_MNT_DETACH = 0x2000000,
          FAN_EVENT_ON_CHILD = 0x08000000, FAN_RENAME = 0x10000000, FAN_ONDIR = 0x40000000;
}

/// Bytes of a struct epoll_event, which is packed on x86_64 alone.
const EPOLL_EVENT_SIZE: u16 = if cfg!(target_arch = "x86_64") { 12 } else { 16 };
/// Where its data begin.
const EPOLL_DATA_AT: u16 = EPOLL_EVENT_SIZE - 8;

records! {
    /// struct timespec. include/uapi/linux/time.h
    TIMESPEC 16 { tv_sec: 0 8 Long, tv_nsec: 8 8 Ulong }
    /// struct timeval. include/uapi/linux/time.h
    TIMEVAL 16 { tv_sec: 0 8 Long, tv_usec: 8 8 Ulong }
}

/// struct pollfd as it goes in; a negative descriptor is ignored by the kernel and has no events.
/// include/uapi/asm-generic/poll.h
pub static POLLFD: super::types::Rec = super::types::Rec {
    size: 8,
    narrow: super::types::Narrow::Same,
    fields: &[
        Field { name: "fd", off: 0, width: 4, ty: Fd, verbose: false },
        Field { name: "events", off: 4, width: 2, ty: Set(&POLL), verbose: false },
    ],
};

/// struct epoll_event. include/uapi/linux/eventpoll.h
pub static EPOLL_EVENT: super::types::Rec = super::types::Rec {
    size: EPOLL_EVENT_SIZE,
    narrow: super::types::Narrow::Same,
    fields: &[
        Field { name: "events", off: 0, width: 4, ty: Set32(&EPOLL), verbose: false },
        Field { name: "data", off: EPOLL_DATA_AT, width: 8, ty: Hex, verbose: false },
    ],
};

const EPOLL_CTL_DEL: u64 = 2;

syscalls! { pub POLLING harmless "waits for descriptors that are open already":
    poll            [7 168 _]       (fds: Special(S::PollFds), nfds: Uint, timeout: Int)         -> Special(S::PollRet), DESC;
    ppoll           [271 309 73]    (fds: Special(S::PollFds), nfds: Uint, tmo_p: Rec(&TIMESPEC), sigmask: SigSet(sigsetsize),
                                     sigsetsize: Ulong)                                     -> Special(S::PpollRet), DESC;
    select          [23 _ _]        (nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet),
                                     exceptfds: Special(S::FdSet), timeout: Rec(&TIMEVAL)) -> Special(S::SelectRet), DESC;
    pselect6        [270 308 72]    (nfds: Int, readfds: Special(S::FdSet), writefds: Special(S::FdSet),
                                     exceptfds: Special(S::FdSet), timeout: Rec(&TIMESPEC),
                                     sigmask: Special(S::MaskPair))                      -> Special(S::Pselect6Ret), DESC;
    epoll_create    [213 254 _]     (size: Int)                                                     -> Fd, DESC;
    epoll_create1   [291 329 20]    (flags: Set32(&EPOLL_CREATE))                                   -> Fd, DESC;
    epoll_ctl       [233 255 21]    (epfd: Fd, op: Set32(&EPOLL_CTL), fd: Fd, event: Rec(&EPOLL_EVENT)) -> Int, DESC,
        by op {
            EPOLL_CTL_DEL => (epfd: Fd, op: Set32(&EPOLL_CTL), fd: Fd, event: Addr) -> Int;
        };
    epoll_wait      [232 256 _]     (epfd: Fd, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)), maxevents: Int, timeout: Int)
                                                                                                    -> Int, DESC;
    epoll_pwait     [281 319 22]    (epfd: Fd, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)), maxevents: Int, timeout: Int,
                                     sigmask: Out(&SigSet(sigsetsize)), sigsetsize: Ulong)                -> Int, DESC;
    epoll_pwait2    [441 441 441]   (epfd: Fd, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)), maxevents: Int,
                                     timeout: Out(&Wide(&Rec(&TIMESPEC))), sigmask: Out(&SigSet(sigsetsize)), sigsetsize: Ulong) -> Int, DESC;
    eventfd         [284 323 _]     (initval: Uint)                                                 -> Fd, DESC;
    eventfd2        [290 328 19]    (initval: Uint, flags: Set32(&EFD))                             -> Fd, DESC;
    signalfd        [282 321 _]     (fd: Fd, mask: SigSet(sizemask), sizemask: Ulong)               -> Fd, DESC | SIG;
    signalfd4       [289 327 74]    (fd: Fd, mask: SigSet(sizemask), sizemask: Ulong, flags: Set32(&SFD)) -> Fd, DESC | SIG;
    inotify_init    [253 291 _]     ()                                                              -> Fd, DESC;
    inotify_init1   [294 332 26]    (flags: Set32(&IN_INIT))                                        -> Fd, DESC;
    inotify_add_watch [254 292 27]  (fd: Fd, pathname: Path, mask: Set32(&IN)) -> Int, DESC | FILE, does [Asks(pathname)];
    inotify_rm_watch [255 293 28]   (fd: Fd, wd: Int)                                               -> Int, DESC;
    fanotify_init   [300 338 262]   (flags: Set32(&FAN_INIT), event_f_flags: Set32(&OPEN)) -> Fd, DESC, gap "files that others open are handed to it by read";
    fanotify_mark   [301 339 263]   (fanotify_fd: Fd, flags: Set32(&FAN_MARK), mask: Wide(&Set(&FAN)), dirfd: Special(S::FanDirFd),
                                     pathname: Path) -> Int, DESC | FILE, does [Asks(pathname)];
}
