//! Operations of io_uring: a row each, as calls have them, and where the kernel keeps each argument once it has read it. What is
//! copied of an operation, its decoding and what it does to the world outside follow from the row.

use std::sync::LazyLock;

use super::file::{AT, RENAME, XATTR};
use super::futex::FUTEX2;
use super::io::{FADVISE, FALLOC, RWF, SPLICE, SYNC_FILE_RANGE};
use super::memory::MADV;
use super::net::{MSG, SHUT, SOCK, SOCK_FLAGS};
use super::open::{OPEN, OPEN_BITS, RESOLVE};
use super::poll::{EPOLL_CTL, EPOLL_EVENT, POLL, TIMESPEC};
use super::process::{P_ID, WAIT4};
use super::protocols::AF;
use super::set::arch;
use super::stat::{AT_STATX, STATX};
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::{Row, at};
use crate::sets;

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// `IORING_OP_*`.
    pub opcode: u8,
    /// What is known of it, as of a call; its name begins with [`PREFIX`], and it has no number.
    pub row: Row,
    /// Where its arguments stand, in their order.
    pub from: &'static [Source],
    /// It may come to more than one result.
    pub repeats: bool,
}

/// What the names of operations begin with, so that they are not those of calls.
pub const PREFIX: &str = "io_uring:";

/// Where the kernel keeps an argument: members of its structures, of which this kernel may have some.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A number: in the first of these that there is.
    In(&'static [&'static str]),
    /// The same, without bits that the kernel adds.
    Less(&'static [&'static str], u64),
    /// A path, in a `struct filename`.
    Name(&'static str),
    /// A text of the kernel's own.
    Own(&'static str),
    /// What the program pointed to.
    Kept(Kept),
    /// It is the descriptor, or the place in the ring's table, of the file that the operation works on.
    File,
}

/// A structure or an address that the kernel has copied.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Where.
    pub at: &'static str,
    /// How many bytes at most, or exactly.
    pub size: u16,
    /// The argument that says how many; none: as many as there are.
    pub len: Option<u8>,
    /// The kernel may keep the bytes alone instead, and does not say so: since 2026, in 6.12 and 6.18 too.
    pub alone: bool,
    /// A kernel that has this member copies it later, and the program's own memory is read.
    pub unless: &'static str,
    /// Where the address of that memory stands.
    pub or: &'static str,
}

/// Structures in what the kernel keeps beside the request.
pub const BESIDE: &[&str] = &["io_async_msghdr", "io_timeout_data"];

/// Bytes of an address at most.
const ADDRESS: u16 = 128;
/// The address of connect; up to 6.9 it is copied when the operation is carried out.
const CONNECTED: Source = Source::Kept(Kept {
    at: "io_async_msghdr.addr",
    size: ADDRESS,
    len: Some(2),
    alone: true,
    unless: "io_async_connect.address",
    or: "io_connect.addr",
});
/// The address of bind.
const BOUND: Source =
    Source::Kept(Kept { at: "io_async_msghdr.addr", size: ADDRESS, len: Some(2), alone: true, unless: "", or: "" });
/// The address of send; up to 6.12 it is copied when the operation is carried out.
const SENT_TO: Source = Source::Kept(Kept {
    at: "io_async_msghdr.addr",
    size: ADDRESS,
    len: Some(5),
    alone: false,
    unless: "io_sr_msg.addr",
    or: "io_sr_msg.addr",
});
/// The time of a timeout.
const AFTER: Source =
    Source::Kept(Kept { at: "io_timeout_data.ts", size: 16, len: None, alone: false, unless: "", or: "" });
/// The events of epoll_ctl.
const EVENT: Source =
    Source::Kept(Kept { at: "io_epoll.event", size: EPOLL_EVENT.size, len: None, alone: false, unless: "", or: "" });

sets! {
    /// Flags of a submission. include/uapi/linux/io_uring.h
    IOSQE "IOSQE_"
    bits: IOSQE_FIXED_FILE = 1, IOSQE_IO_DRAIN = 2, IOSQE_IO_LINK = 4, IOSQE_IO_HARDLINK = 8, IOSQE_ASYNC = 0x10,
          IOSQE_BUFFER_SELECT = 0x20, IOSQE_CQE_SKIP_SUCCESS = 0x40;

    /// Flags of a completion, below the number of a buffer. include/uapi/linux/io_uring.h
    IORING_CQE "IORING_CQE_F_"
    bits: IORING_CQE_F_BUFFER = 1, IORING_CQE_F_MORE = 2, IORING_CQE_F_SOCK_NONEMPTY = 4, IORING_CQE_F_NOTIF = 8,
          IORING_CQE_F_BUF_MORE = 0x10, IORING_CQE_F_SKIP = 0x20, IORING_CQE_F_32 = 0x8000;

    /// Flags of fsync. include/uapi/linux/io_uring.h
    IORING_FSYNC "IORING_FSYNC_"
    bits: IORING_FSYNC_DATASYNC = 1;

    /// Flags of timeouts. include/uapi/linux/io_uring.h
    IORING_TIMEOUT "IORING_TIMEOUT_"
    bits: IORING_TIMEOUT_ABS = 1, IORING_TIMEOUT_UPDATE = 2, IORING_TIMEOUT_BOOTTIME = 4, IORING_TIMEOUT_REALTIME = 8,
          IORING_LINK_TIMEOUT_UPDATE = 0x10, IORING_TIMEOUT_ETIME_SUCCESS = 0x20, IORING_TIMEOUT_MULTISHOT = 0x40;

    /// Which operations are cancelled. include/uapi/linux/io_uring.h
    IORING_ASYNC_CANCEL "IORING_ASYNC_CANCEL_"
    bits: IORING_ASYNC_CANCEL_ALL = 1, IORING_ASYNC_CANCEL_FD = 2, IORING_ASYNC_CANCEL_ANY = 4,
          IORING_ASYNC_CANCEL_FD_FIXED = 8, IORING_ASYNC_CANCEL_USERDATA = 0x10, IORING_ASYNC_CANCEL_OP = 0x20;

    /// What is sent to another ring. include/uapi/linux/io_uring.h
    IORING_MSG "IORING_MSG_"
    choice all: IORING_MSG_DATA = 0, IORING_MSG_SEND_FD = 1;
}

/// Declares operations: `[OPCODE] name(arg: Type => From, ...) -> Type, CLASS;`, where the class is as in a row of `syscalls!`, and
/// `repeats` after the type of the result says that there may be more than one.
macro_rules! operations {
    ($($(#[$doc:meta])* [$opcode:literal] $name:ident ($($arg:ident: $ty:expr => $from:expr),* $(,)?) -> $ret:expr $(, repeats $repeats:ident)?
        $(, does [$($effect:expr),+])? $(, gap $gap:literal)? $(, harmless $harmless:literal)?;)*) => {
        /// Every operation that there is a name for.
        pub static OPERATIONS: &[Operation] = &[$(Operation {
            opcode: $opcode,
            row: Row {
                name: concat!("io_uring:", stringify!($name)),
                nr: [crate::schema::types::NO_NR; 3],
                args: $crate::syscalls!(@args $($arg: $ty),*),
                ret: {
                    $crate::syscalls!(@names 0u8; $($arg)*);
                    const RET: crate::schema::types::Ty = $ret;
                    RET
                },
                class: 0,
                does: $crate::syscalls!(@does [] ($($arg)*) $(does [$($effect),+])? $(ring $gap)? $(harmless $harmless)?),
                variants: &[],
                order: &[],
            },
            from: &[$($from),*],
            repeats: operations!(@repeats $($repeats)?),
        }),*];
    };
    (@repeats) => { false };
    (@repeats more) => { true };
}

use Source::{File, In, Less, Name, Own};

/// Where read and write keep what they were asked.
const BUFFER: Source = In(&["io_rw.addr"]);
const COUNT: Source = In(&["io_rw.len"]);
const POSITION: Source = In(&["io_rw.kiocb.ki_pos"]);
const RW_FLAGS: Source = In(&["io_rw.flags"]);
const BUFFER_INDEX: Source = In(&["io_kiocb.buf_index"]);
/// Where send and receive do.
const DATA: Source = In(&["io_sr_msg.buf"]);
const MESSAGE: Source = In(&["io_sr_msg.umsg"]);
const LENGTH: Source = In(&["io_sr_msg.len"]);
/// MSG_NOSIGNAL is the kernel's.
const SEND_FLAGS: Source = Less(&["io_sr_msg.msg_flags"], 0x4000);
const RECV_FLAGS: Source = In(&["io_sr_msg.msg_flags"]);
const ADDRESS_LENGTH: Source = In(&["io_sr_msg.addr_len", "io_async_msghdr.msg.msg_namelen"]);
/// O_LARGEFILE is the kernel's.
const OPEN_FLAGS: Source = Less(&["io_open.how.flags"], arch(0o100000, 0o400000));
/// How often to wake, which the kernel keeps among the events of poll.
const EPOLLET: u64 = 1 << 31;
const EPOLLONESHOT: u64 = 1 << 30;
/// All bits: shown where it is not 0.
const ANY: u64 = u64::MAX;
/// open takes a mode when one of these is set: O_CREAT and __O_TMPFILE.
const MODE: u64 = 0o100 | 0o20000000;

operations! {
    [0]  nop () -> Int, harmless "does nothing";
    [1]  readv (fd: Fd => File, iov: Out(&Iovec(iovcnt)) => BUFFER, iovcnt: Uint => COUNT, offset: Long => POSITION,
                flags: Set32(&RWF) => RW_FLAGS) -> Int, does [Reads(fd)];
    [2]  writev (fd: Fd => File, iov: Iovec(iovcnt) => BUFFER, iovcnt: Uint => COUNT, offset: Long => POSITION,
                 flags: Set32(&RWF) => RW_FLAGS) -> Int, does [Writes(fd)];
    [3]  fsync (fd: Fd => File, offset: Long => In(&["io_sync.off"]), len: Long => In(&["io_sync.len"]),
                flags: Set32(&IORING_FSYNC) => In(&["io_sync.flags"])) -> Int, harmless "the contents stay what they are";
    [4]  read_fixed (fd: Fd => File, buf: Out(&Bytes(Ret)) => BUFFER, count: Uint => COUNT, offset: Long => POSITION,
                     flags: Set32(&RWF) => RW_FLAGS, buf_index: Uint => BUFFER_INDEX) -> Int, does [Reads(fd)];
    [5]  write_fixed (fd: Fd => File, buf: Bytes(count) => BUFFER, count: Uint => COUNT, offset: Long => POSITION,
                      flags: Set32(&RWF) => RW_FLAGS, buf_index: Uint => BUFFER_INDEX) -> Int, does [Writes(fd)];
    [6]  poll_add (fd: Fd => File, events: Set32(&POLL) => Less(&["io_poll.events"], EPOLLET | EPOLLONESHOT)) -> Set32(&POLL), repeats more,
                  harmless "waits for what is open already";
    [7]  poll_remove (user_data: Hex => In(&["io_poll_update.old_user_data"]), events: Set32(&POLL) => Less(&["io_poll_update.events"], EPOLLET | EPOLLONESHOT))
                  -> Int, harmless "waits no more";
    [8]  sync_file_range (fd: Fd => File, offset: Long => In(&["io_sync.off"]), nbytes: Long => In(&["io_sync.len"]),
                          flags: Set32(&SYNC_FILE_RANGE) => In(&["io_sync.flags"])) -> Int, harmless "the contents stay what they are";
    [9]  sendmsg (fd: Fd => File, msg: Msghdr => MESSAGE, flags: Set32(&MSG) => SEND_FLAGS) -> Int, does [Sends(msg, flags)];
    [10] recvmsg (fd: Fd => File, msg: InOut(&Msghdr) => MESSAGE, flags: Set32(&MSG) => RECV_FLAGS) -> Int, repeats more,
                  does [Receives(msg)];
    [11] timeout (timeout: Rec(&TIMESPEC) => AFTER, count: Uint => In(&["io_timeout.off"]),
                  flags: Set32(&IORING_TIMEOUT) => In(&["io_timeout_data.flags"])) -> Int, repeats more, harmless "waits";
    [12] timeout_remove (user_data: Hex => In(&["io_timeout_rem.addr"]), flags: Set32(&IORING_TIMEOUT) => In(&["io_timeout_rem.flags"]))
                  -> Int, harmless "waits no more, or for another time";
    [13] accept (fd: Fd => File, addr: Out(&Sockaddr(at(addrlen))) => In(&["io_accept.addr"]),
                 addrlen: InOut(&Ptr(&Int)) => In(&["io_accept.addr_len"]), flags: Set32(&SOCK_FLAGS) => In(&["io_accept.flags"]),
                 file_slot: When(file_slot, ANY, &Uint) => In(&["io_accept.file_slot"])) -> Slot(file_slot), repeats more, does [Accepts(fd)];
    [14] async_cancel (user_data: Hex => In(&["io_cancel.addr"]), flags: Set32(&IORING_ASYNC_CANCEL) => In(&["io_cancel.flags"]),
                       fd: Int => In(&["io_cancel.fd"])) -> Int, harmless "what it cancels is told as cancelled";
    [15] link_timeout (timeout: Rec(&TIMESPEC) => AFTER, flags: Set32(&IORING_TIMEOUT) => In(&["io_timeout_data.flags"]))
                  -> Int, harmless "waits for the operation before it";
    [16] connect (fd: Fd => File, addr: Sockaddr(addrlen) => CONNECTED, addrlen: Int => In(&["io_connect.addr_len"])) -> Int,
                  does [Connects(addr)];
    [17] fallocate (fd: Fd => File, mode: Set32(&FALLOC) => In(&["io_sync.mode"]), offset: Long => In(&["io_sync.off"]),
                    len: Long => In(&["io_sync.len"])) -> Int, does [Rewrites(fd)];
    [18] openat (dirfd: DirFd => In(&["io_open.dfd"]), pathname: Path => Name("io_open.filename"),
                 flags: Set32(&OPEN) => OPEN_FLAGS, mode: When(flags, MODE, &Perm) => In(&["io_open.how.mode"]),
                 file_slot: When(file_slot, ANY, &Uint) => In(&["io_open.file_slot"])) -> Slot(file_slot), does [Opens(pathname, Arg(flags))];
    [19] close (fd: Slot(file_slot) => In(&["io_close.fd"]), file_slot: When(file_slot, ANY, &Uint) => In(&["io_close.file_slot"]))
                  -> Int, does [Closes(fd)];
    [20] files_update (fds: Addr => In(&["io_rsrc_update.arg"]), nr: Uint => In(&["io_rsrc_update.nr_args"]),
                       offset: Uint => In(&["io_rsrc_update.offset"])) -> Int, harmless "what is done to these files is told as done to them";
    [21] statx (dirfd: DirFd => In(&["io_statx.dfd"]), pathname: Path => Name("io_statx.filename"),
                flags: Set32(&AT_STATX) => In(&["io_statx.flags"]), mask: Set32(&STATX) => In(&["io_statx.mask"]),
                statxbuf: Out(&Special(S::Statx)) => In(&["io_statx.buffer"])) -> Int, does [Asks(pathname)];
    [22] read (fd: Fd => File, buf: Out(&Bytes(Ret)) => BUFFER, count: Uint => COUNT, offset: Long => POSITION,
               flags: When(flags, ANY, &Set32(&RWF)) => RW_FLAGS) -> Int, does [Reads(fd)];
    [23] write (fd: Fd => File, buf: Bytes(count) => BUFFER, count: Uint => COUNT, offset: Long => POSITION,
                flags: When(flags, ANY, &Set32(&RWF)) => RW_FLAGS) -> Int, does [Writes(fd)];
    [24] fadvise (fd: Fd => File, offset: Long => In(&["io_fadvise.offset"]), len: Ulong => In(&["io_fadvise.len"]),
                  advice: Set32(&FADVISE) => In(&["io_fadvise.advice"])) -> Int, harmless "the contents stay what they are";
    [25] madvise (addr: Addr => In(&["io_madvise.addr"]), length: Ulong => In(&["io_madvise.len"]),
                  advice: Set32(&MADV) => In(&["io_madvise.advice"])) -> Int, harmless "tells the kernel how memory is used";
    [26] send (fd: Fd => File, buf: Bytes(len) => DATA, len: Uint => LENGTH, flags: Set32(&MSG) => SEND_FLAGS,
               dest_addr: Sockaddr(addrlen) => SENT_TO, addrlen: Int => ADDRESS_LENGTH) -> Int, repeats more, does [Sends(dest_addr, flags)];
    [27] recv (fd: Fd => File, buf: Out(&Bytes(Ret)) => DATA, len: Uint => LENGTH, flags: Set32(&MSG) => RECV_FLAGS) -> Int, repeats more,
                  does [Receives(buf)];
    [28] openat2 (dirfd: DirFd => In(&["io_open.dfd"]), pathname: Path => Name("io_open.filename"),
                  flags: Set32(&OPEN) => OPEN_FLAGS, mode: When(flags, MODE, &Perm) => In(&["io_open.how.mode"]),
                  resolve: When(resolve, ANY, &Set32(&RESOLVE)) => In(&["io_open.how.resolve"]),
                  file_slot: When(file_slot, ANY, &Uint) => In(&["io_open.file_slot"])) -> Slot(file_slot), does [Opens(pathname, Arg(flags))];
    [29] epoll_ctl (epfd: Fd => In(&["io_epoll.epfd"]), op: Set32(&EPOLL_CTL) => In(&["io_epoll.op"]), fd: Fd => In(&["io_epoll.fd"]),
                    event: Rec(&EPOLL_EVENT) => EVENT) -> Int, harmless "waits for what is open already";
    [30] splice (fd_in: Int => In(&["io_splice.splice_fd_in"]), off_in: Long => In(&["io_splice.off_in"]), fd_out: Fd => File,
                 off_out: Long => In(&["io_splice.off_out"]), len: Ulong => In(&["io_splice.len"]),
                 flags: Set32(&SPLICE) => In(&["io_splice.flags"])) -> Int, does [Writes(fd_out)];
    [31] provide_buffers (addr: Addr => In(&["io_provide_buf.addr"]), len: Uint => In(&["io_provide_buf.len"]),
                          nr: Uint => In(&["io_provide_buf.nbufs"]), bgid: Uint => In(&["io_provide_buf.bgid"]),
                          bid: Uint => In(&["io_provide_buf.bid"])) -> Int, harmless "memory of the program's own";
    [32] remove_buffers (nr: Uint => In(&["io_provide_buf.nbufs"]), bgid: Uint => In(&["io_provide_buf.bgid"])) -> Int,
                  harmless "memory of the program's own";
    [33] tee (fd_in: Int => In(&["io_splice.splice_fd_in"]), fd_out: Fd => File, len: Ulong => In(&["io_splice.len"]),
              flags: Set32(&SPLICE) => In(&["io_splice.flags"])) -> Int, does [Writes(fd_out)];
    [34] shutdown (fd: Fd => File, how: Set32(&SHUT) => In(&["io_shutdown.how"])) -> Int, harmless "ends a connection that was told";
    [35] renameat (olddirfd: DirFd => In(&["io_rename.old_dfd"]), oldpath: Path => Name("io_rename.oldpath"),
                   newdirfd: DirFd => In(&["io_rename.new_dfd"]), newpath: Path => Name("io_rename.newpath"),
                   flags: Set32(&RENAME) => In(&["io_rename.flags"])) -> Int, does [Renames(oldpath, newpath, Some(flags))];
    [36] unlinkat (dirfd: DirFd => In(&["io_unlink.dfd"]), pathname: Path => Name("io_unlink.filename"),
                   flags: Set32(&AT) => In(&["io_unlink.flags"])) -> Int, does [Removes(pathname, ByFlags(flags))];
    [37] mkdirat (dirfd: DirFd => In(&["io_mkdir.dfd"]), pathname: Path => Name("io_mkdir.filename"),
                  mode: Perm => In(&["io_mkdir.mode"])) -> Int, does [Makes(pathname)];
    [38] symlinkat (target: Path => Name("io_link.oldpath"), newdirfd: DirFd => In(&["io_link.new_dfd"]),
                    linkpath: Path => Name("io_link.newpath")) -> Int, does [LinksText(target, linkpath)];
    [39] linkat (olddirfd: DirFd => In(&["io_link.old_dfd"]), oldpath: Path => Name("io_link.oldpath"),
                 newdirfd: DirFd => In(&["io_link.new_dfd"]), newpath: Path => Name("io_link.newpath"),
                 flags: Set32(&AT) => In(&["io_link.flags"])) -> Int, does [Links(oldpath, newpath)];
    [40] msg_ring (fd: Fd => File, cmd: Set32(&IORING_MSG) => In(&["io_msg.cmd"]), user_data: Hex => In(&["io_msg.user_data"]),
                   len: Uint => In(&["io_msg.len"]), flags: Hex32 => In(&["io_msg.flags"])) -> Int,
                  harmless "what is done to a file that is handed over is told as done to it";
    [41] fsetxattr (fd: Fd => File, name: Text => Own("io_xattr.ctx.kname"), value: Bytes(size) => In(&["io_xattr.ctx.value", "io_xattr.ctx.cvalue"]),
                    size: Ulong => In(&["io_xattr.ctx.size"]), flags: Set32(&XATTR) => In(&["io_xattr.ctx.flags"])) -> Int,
                  does [Changes(Attributes, fd, Itself)];
    [42] setxattr (path: Path => Name("io_xattr.filename"), name: Text => Own("io_xattr.ctx.kname"),
                   value: Bytes(size) => In(&["io_xattr.ctx.value", "io_xattr.ctx.cvalue"]), size: Ulong => In(&["io_xattr.ctx.size"]),
                   flags: Set32(&XATTR) => In(&["io_xattr.ctx.flags"])) -> Int, does [Changes(Attributes, path, Followed)];
    [43] fgetxattr (fd: Fd => File, name: Text => Own("io_xattr.ctx.kname"),
                    value: Special(S::XattrOut) => In(&["io_xattr.ctx.value", "io_xattr.ctx.cvalue"]),
                    size: Ulong => In(&["io_xattr.ctx.size"])) -> Int, does [Asks(fd)];
    [44] getxattr (path: Path => Name("io_xattr.filename"), name: Text => Own("io_xattr.ctx.kname"),
                   value: Special(S::XattrOut) => In(&["io_xattr.ctx.value", "io_xattr.ctx.cvalue"]),
                   size: Ulong => In(&["io_xattr.ctx.size"])) -> Int, does [Asks(path)];
    [45] socket (domain: Set32(&AF) => In(&["io_socket.domain"]), r#type: Set32(&SOCK) => In(&["io_socket.type"]),
                 protocol: Uint => In(&["io_socket.protocol"]), file_slot: When(file_slot, ANY, &Uint) => In(&["io_socket.file_slot"]))
                  -> Slot(file_slot), harmless "the address is told when it is bound, connected or sent to";
    [46] uring_cmd (fd: Fd => File, cmd_op: Hex32 => In(&["io_uring_cmd.cmd_op"])) -> Int, repeats more, gap "what a driver is told is not known";
    [47] send_zc (fd: Fd => File, buf: Bytes(len) => DATA, len: Uint => LENGTH, flags: Set32(&MSG) => SEND_FLAGS,
                  dest_addr: Sockaddr(addrlen) => SENT_TO, addrlen: Int => ADDRESS_LENGTH) -> Int, does [Sends(dest_addr, flags)];
    [48] sendmsg_zc (fd: Fd => File, msg: Msghdr => MESSAGE, flags: Set32(&MSG) => SEND_FLAGS) -> Int, does [Sends(msg, flags)];
    [49] read_multishot (fd: Fd => File, offset: Long => POSITION, flags: Set32(&RWF) => RW_FLAGS) -> Int, repeats more, does [Reads(fd)];
    [50] waitid (idtype: Set32(&P_ID) => In(&["io_waitid.which"]), id: Pid => In(&["io_waitid.upid"]),
                 infop: Out(&Special(S::Siginfo)) => In(&["io_waitid.infop"]), options: Set32(&WAIT4) => In(&["io_waitid.options"])) -> Int,
                  harmless "waits for children";
    [51] futex_wait (uaddr: Addr => In(&["io_futex.uaddr"]), val: Hex => In(&["io_futex.futex_val"]), mask: Hex => In(&["io_futex.futex_mask"]),
                     flags: Set32(&FUTEX2) => In(&["io_futex.futex_flags"])) -> Int, harmless "waits";
    [52] futex_wake (uaddr: Addr => In(&["io_futex.uaddr"]), nr: Hex => In(&["io_futex.futex_val"]), mask: Hex => In(&["io_futex.futex_mask"]),
                     flags: Set32(&FUTEX2) => In(&["io_futex.futex_flags"])) -> Int, harmless "wakes who waits";
    [53] futex_waitv (waiters: Addr => In(&["io_futex.uaddr", "io_futex.uwaitv"]), nr: Uint => In(&["io_futex.futex_nr"])) -> Int, harmless "waits";
    [54] fixed_fd_install (fd: Fd => File, flags: Set32(&OPEN_BITS) => In(&["io_fixed_install.o_flags"])) -> Fd,
                  harmless "another number for what is open already";
    [55] ftruncate (fd: Fd => File, length: Long => In(&["io_ftrunc.len"])) -> Int, does [Truncates(fd)];
    [56] bind (fd: Fd => File, addr: Sockaddr(addrlen) => BOUND, addrlen: Int => In(&["io_bind.addr_len"])) -> Int, does [Binds(addr)];
    [57] listen (fd: Fd => File, backlog: Int => In(&["io_listen.backlog"])) -> Int, does [Listens(fd)];
    [58] recv_zc (fd: Fd => File, len: Uint => In(&["io_recvzc.len"]), flags: Set32(&MSG) => In(&["io_recvzc.msg_flags"])) -> Int, repeats more,
                  does [Reads(fd)];
    [59] epoll_wait (epfd: Fd => File, events: Out(&Array(&Rec(&EPOLL_EVENT), Ret)) => In(&["io_epoll_wait.events"]),
                     maxevents: Int => In(&["io_epoll_wait.maxevents"])) -> Int, harmless "waits for what is open already";
    [60] readv_fixed (fd: Fd => File, iov: Out(&Iovec(iovcnt)) => BUFFER, iovcnt: Uint => COUNT, offset: Long => POSITION,
                      flags: Set32(&RWF) => RW_FLAGS, buf_index: Uint => BUFFER_INDEX) -> Int, does [Reads(fd)];
    [61] writev_fixed (fd: Fd => File, iov: Iovec(iovcnt) => BUFFER, iovcnt: Uint => COUNT, offset: Long => POSITION,
                       flags: Set32(&RWF) => RW_FLAGS, buf_index: Uint => BUFFER_INDEX) -> Int, does [Writes(fd)];
    [62] pipe (pipefd: Out(&Array(&Fd, Fixed(2))) => In(&["io_pipe.fds"]), flags: Set32(&OPEN_BITS) => In(&["io_pipe.flags"]),
               file_slot: When(file_slot, ANY, &Uint) => In(&["io_pipe.file_slot"])) -> Int, harmless "what goes through it stays inside";
    [63] nop128 () -> Int, harmless "does nothing";
    [64] uring_cmd128 (fd: Fd => File, cmd_op: Hex32 => In(&["io_uring_cmd.cmd_op"])) -> Int, repeats more, gap "what a driver is told is not known";
}

/// The operation with this opcode.
pub fn by_opcode(opcode: u32) -> Option<&'static Operation> {
    static TABLE: LazyLock<Vec<Option<&'static Operation>>> = LazyLock::new(|| {
        let mut table = vec![None; 256];
        for operation in OPERATIONS {
            table[usize::from(operation.opcode)] = Some(operation);
        }
        table
    });
    TABLE.get(opcode as usize).copied().flatten()
}

/// An operation's name without [`PREFIX`].
pub fn bare(row: &Row) -> &'static str {
    row.name.strip_prefix(PREFIX).unwrap_or(row.name)
}
