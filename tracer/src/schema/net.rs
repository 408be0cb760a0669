//! Sockets.

use super::poll::TIMESPEC;
use super::protocols::*;
use super::set;
use super::sockopt;
use super::types::Len::*;
use super::types::Special as S;
use super::types::Ty::*;
use super::types::class::*;
use super::types::{self, *};
use crate::{sets, syscalls};

/// Names of TCP's states by number, include/net/tcp_states.h, where none has number 0: that one is lsof's. Other
/// protocols use two of them.
pub const TCP_STATES: [&str; 14] = [
    "CLOSED",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
    "BOUND_INACTIVE",
];

sets! {
    /// Socket types, and the flags that go with them. include/linux/net.h
    SOCK "SOCK_"
    choice 0xf: SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_RDM = 4, SOCK_SEQPACKET = 5, SOCK_DCCP = 6,
          SOCK_PACKET = 10;
    bits: SOCK_CLOEXEC = 0o2000000, SOCK_NONBLOCK = 0o4000;

    /// The flags of accept4(2). include/linux/net.h
    SOCK_FLAGS "SOCK_"
    bits: SOCK_CLOEXEC = 0o2000000, SOCK_NONBLOCK = 0o4000;

    /// Flags of send and receive. include/linux/socket.h
    MSG "MSG_"
    bits: MSG_OOB = 1, MSG_PEEK = 2, MSG_DONTROUTE = 4, MSG_CTRUNC = 8, MSG_PROBE = 0x10, MSG_TRUNC = 0x20,
          MSG_DONTWAIT = 0x40, MSG_EOR = 0x80, MSG_WAITALL = 0x100, MSG_FIN = 0x200, MSG_SYN = 0x400,
          MSG_CONFIRM = 0x800, MSG_RST = 0x1000, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000, MSG_MORE = 0x8000,
          MSG_WAITFORONE = 0x10000, MSG_SENDPAGE_NOTLAST = 0x20000, MSG_BATCH = 0x40000,
          MSG_NO_SHARED_FRAGS = 0x80000, MSG_SOCK_DEVMEM = 0x2000000, MSG_ZEROCOPY = 0x4000000,
          MSG_FASTOPEN = 0x20000000, MSG_CMSG_CLOEXEC = 0x40000000, MSG_CMSG_COMPAT = 0x80000000;

    /// shutdown(2). include/linux/net.h
    SHUT "SHUT_"
    choice all: SHUT_RD = 0, SHUT_WR = 1, SHUT_RDWR = 2;

    /// Levels of socket options. include/linux/socket.h
    SOL "SOL_"
    choice all: SOL_IP = 0, SOL_SOCKET = 1, SOL_TCP = 6, SOL_UDP = 17, SOL_IPV6 = 41, SOL_ICMPV6 = 58, SOL_SCTP = 132,
          SOL_UDPLITE = 136, SOL_RAW = 255, SOL_IPX = 256, SOL_AX25 = 257, SOL_ATALK = 258, SOL_NETROM = 259,
          SOL_ROSE = 260, SOL_DECNET = 261, SOL_X25 = 262, SOL_PACKET = 263, SOL_ATM = 264, SOL_AAL = 265,
          SOL_IRDA = 266, SOL_NETBEUI = 267, SOL_LLC = 268, SOL_DCCP = 269, SOL_NETLINK = 270, SOL_TIPC = 271,
          SOL_RXRPC = 272, SOL_PPPOL2TP = 273, SOL_BLUETOOTH = 274, SOL_PNPIPE = 275, SOL_RDS = 276, SOL_IUCV = 277,
          SOL_CAIF = 278, SOL_ALG = 279, SOL_NFC = 280, SOL_KCM = 281, SOL_TLS = 282, SOL_XDP = 283, SOL_MPTCP = 284,
          SOL_MCTP = 285, SOL_SMC = 286, SOL_VSOCK = 287;
}

/// Levels as setsockopt(2) and getsockopt(2) name those that are unknown: `SOL_??`.
static SOL_LEVEL: set::Set =
    set::Set { marked: false, prefix: "SOL_??", mask: SOL.mask, choice: SOL.choice, bits: SOL.bits };

const AF_INET: u64 = AF.value("AF_INET");
const AF_INET6: u64 = AF.value("AF_INET6");
const AF_NETLINK: u64 = AF.value("AF_NETLINK");
const AF_PACKET: u64 = AF.value("AF_PACKET");
const AF_BLUETOOTH: u64 = AF.value("AF_BLUETOOTH");

/// Whether a call with these arguments sends or receives on its socket, as flags of that say (`MSG_*`): what is said to the kernel by
/// netlink is shown in words then.
pub fn talks(args: &[types::Arg]) -> bool {
    let flags = |arg: &types::Arg| matches!(arg.ty, Set32(set) if std::ptr::eq(set, &MSG));
    matches!(args.first(), Some(types::Arg { ty: Fd, .. })) && args.iter().any(flags)
}

syscalls! { pub NET_CALLS harmless "the address is told when it is bound, connected or sent to":
    socket          [41 359 198]    (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Uint)      -> Fd, NET,
        by domain {
            AF_INET | AF_INET6  => (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Set32(&IPPROTO))        -> Fd;
            AF_NETLINK          => (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Set32(&NETLINK_PROTO))  -> Fd;
            AF_PACKET           => (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Special(S::EthProto)) -> Fd, does [Hears(protocol)];
            AF_BLUETOOTH        => (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Set32(&BTPROTO))        -> Fd;
        };
    socketpair      [53 360 199]    (domain: Set32(&AF), r#type: Set32(&SOCK), protocol: Uint, sv: Out(&Array(&Fd, Fixed(2))))
                                                                                                    -> Int, NET;
    bind            [49 361 200]    (fd: Fd, addr: Sockaddr(addrlen), addrlen: Int)                 -> Int, NET, does [Binds(addr)];
    connect         [42 362 203]    (fd: Fd, addr: Sockaddr(addrlen), addrlen: Int) -> Int, NET, does [Connects(addr)];
    listen          [50 363 201]    (fd: Fd, backlog: Int)                                          -> Int, NET, does [Listens(fd)];
    accept          [43 508 202]    (fd: Fd, addr: Out(&Sockaddr(at(addrlen))), addrlen: InOut(&Ptr(&Int))) -> Fd, NET, does [Accepts(fd)];
    accept4         [288 364 242]   (fd: Fd, addr: Out(&Sockaddr(at(addrlen))), addrlen: InOut(&Ptr(&Int)),
                                     flags: Set32(&SOCK_FLAGS))                                     -> Fd, NET, does [Accepts(fd)];
    getsockname     [51 367 204]    (fd: Fd, addr: Out(&Sockaddr(at(addrlen))), addrlen: InOut(&Ptr(&Int))) -> Int, NET, does [Locates(fd)];
    getpeername     [52 368 205]    (fd: Fd, addr: Out(&Sockaddr(at(addrlen))), addrlen: InOut(&Ptr(&Int))) -> Int, NET;
    sendto          [44 369 206]    (fd: Fd, buf: Bytes(len), len: Ulong, flags: Set32(&MSG), dest_addr: Sockaddr(addrlen),
                                     addrlen: Int) -> Long, NET, does [Sends(dest_addr, flags)];
    recvfrom        [45 371 207]    (fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, flags: Set32(&MSG),
                                     src_addr: Out(&Sockaddr(at(addrlen))), addrlen: InOut(&Ptr(&Int))) -> Long, NET, does [Receives(buf)];
    sendmsg         [46 370 211]    (fd: Fd, msg: Msghdr, flags: Set32(&MSG)) -> Long, NET, does [Sends(msg, flags)];
    recvmsg         [47 372 212]    (fd: Fd, msg: InOut(&Msghdr), flags: Set32(&MSG)) -> Long, NET, does [Receives(msg)];
    sendmmsg        [307 345 269]   (fd: Fd, msgvec: Out(&Mmsghdr(vlen)), vlen: Uint, flags: Set32(&MSG)) -> Int, NET, does [Sends(msgvec, flags)];
    recvmmsg        [299 337 243]   (fd: Fd, msgvec: Out(&Mmsghdr(Ret)), vlen: Uint, flags: Set32(&MSG),
                                     timeout: Rec(&TIMESPEC)) -> Special(S::MmsgRet), NET, does [Receives(msgvec)];
    recv            [_ 509 _]       (fd: Fd, buf: Out(&Bytes(Ret)), size: Ulong, flags: Set32(&MSG)) -> Long, NET, does [Receives(buf)];
    send            [_ 510 _]       (fd: Fd, buf: Bytes(len), len: Ulong, flags: Set32(&MSG)) -> Long, NET, does [Writes(fd)];
    shutdown        [48 373 210]    (fd: Fd, how: Set32(&SHUT))                                     -> Int, NET;
    setsockopt      [54 366 208]    (fd: Fd, level: Set32(&SOL_LEVEL), optname: Uint, optval: sockopt::SET, optlen: Int) -> Int, NET, harmless "what a socket is asked to do goes to the address that is told",
        forms &sockopt::SETS;
    getsockopt      [55 365 209]    (fd: Fd, level: Set32(&SOL_LEVEL), optname: Uint, optval: sockopt::GET, optlen: InOut(&Ptr(&Int))) -> Int, NET, does [Settles(fd)],
        forms &sockopt::GETS;
}
