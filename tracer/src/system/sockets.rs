//! Sockets as plain data: what sock_diag(7) tells of them, whatever way it came (a dump of the kernel, a
//! file of one, /proc/net). Nothing here does I/O. A socket is named by its network namespace and inode;
//! the inode is what `/proc/PID/fd/N -> socket:[INODE]` shows, and 0 when no descriptor leads to it.

pub mod filter;
mod info;
mod other;
pub mod owners;
pub mod peers;
pub mod sockstat;

use std::net::IpAddr;

pub use info::{MptcpInfo, SctpInfo, TcpInfo};
pub use other::{Netlink, Packet, PacketInfo, PacketRing, Tipc, Umem, Unix, Vsock, Xdp};

/// A socket, with everything that was asked for and told.
#[derive(Debug, Clone, PartialEq)]
pub struct Socket {
    /// Inode of its network namespace (`/proc/PID/ns/net`); 0 when not known.
    pub netns: u64,
    /// Its inode in sockfs; 0 when it has none (no longer a descriptor's, or not yet accepted).
    pub inode: u64,
    /// The kernel's number for this very socket, never used again; 0 when not told.
    pub cookie: u64,
    /// `AF_*`
    pub family: u8,
    /// `SOCK_*`; for inet sockets it follows from the protocol.
    pub kind: u8,
    /// `IPPROTO_*` for inet and inet6 (for raw sockets the IP protocol that they carry); `NETLINK_*`
    /// for netlink; `ETH_P_*` in host order for packet sockets; else 0.
    pub protocol: u16,
    /// Its state; sockets without a connection are [`State::CLOSE`].
    pub state: State,
    /// The user to whom it belongs; `None` when not told.
    pub uid: Option<u32>,
    /// Bytes received and not read; of a listening TCP or unix socket, connections not accepted.
    pub recv_q: u32,
    /// Bytes sent and not acknowledged; of a listening socket, the limit of connections not accepted.
    pub send_q: u32,
    /// Index of the interface it is bound to; 0 for none.
    pub interface: u32,
    /// `SO_MARK`; told to CAP_NET_ADMIN only.
    pub mark: Option<u32>,
    /// Id of the cgroup v2 it was made in.
    pub cgroup: Option<u64>,
    /// What was shut down: bit 0 receiving, bit 1 sending.
    pub shutdown: Option<u8>,
    /// Memory it uses.
    pub memory: Option<Memory>,
    /// What depends on the family.
    pub detail: Detail,
}

impl Socket {
    /// A closed socket of this family, of which nothing else is known.
    pub fn new(family: u8, detail: Detail) -> Socket {
        Socket {
            netns: 0,
            inode: 0,
            cookie: 0,
            family,
            kind: 0,
            protocol: 0,
            state: State::CLOSE,
            uid: None,
            recv_q: 0,
            send_q: 0,
            interface: 0,
            mark: None,
            cgroup: None,
            shutdown: None,
            memory: None,
            detail,
        }
    }

    /// The part that inet and inet6 sockets have.
    pub fn inet(&self) -> Option<&Inet> {
        match &self.detail {
            Detail::Inet(inet) => Some(inet),
            _ => None,
        }
    }
}

/// What depends on a socket's family.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// AF_INET, AF_INET6
    Inet(Box<Inet>),
    /// AF_UNIX
    Unix(Unix),
    /// AF_NETLINK
    Netlink(Netlink),
    /// AF_PACKET
    Packet(Box<Packet>),
    /// AF_VSOCK
    Vsock(Vsock),
    /// AF_XDP
    Xdp(Box<Xdp>),
    /// AF_TIPC
    Tipc(Box<Tipc>),
}

/// A table of the kernel: one kind of socket that is asked for at once. The order is that of iproute2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// `tcp`
    Tcp,
    /// `mptcp`
    Mptcp,
    /// `dccp`
    Dccp,
    /// `udp`, with ICMP's ping sockets not among them.
    Udp,
    /// `raw`
    Raw,
    /// `unix`, all types.
    Unix,
    /// `packet`, both types.
    Packet,
    /// `netlink`
    Netlink,
    /// `sctp`
    Sctp,
    /// `vsock`, both types.
    Vsock,
    /// `tipc`
    Tipc,
    /// `xdp`
    Xdp,
}

impl Table {
    /// Every table, in the order in which iproute2 shows them.
    pub const ALL: [Table; 12] = [
        Table::Netlink,
        Table::Packet,
        Table::Unix,
        Table::Raw,
        Table::Udp,
        Table::Tcp,
        Table::Dccp,
        Table::Sctp,
        Table::Vsock,
        Table::Tipc,
        Table::Xdp,
        Table::Mptcp,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Tcp => "tcp",
            Table::Mptcp => "mptcp",
            Table::Dccp => "dccp",
            Table::Udp => "udp",
            Table::Raw => "raw",
            Table::Unix => "unix",
            Table::Packet => "packet",
            Table::Netlink => "netlink",
            Table::Sctp => "sctp",
            Table::Vsock => "vsock",
            Table::Tipc => "tipc",
            Table::Xdp => "xdp",
        }
    }

    /// Its protocol, where the table is one of inet and inet6 sockets.
    pub const fn protocol(self) -> Option<u16> {
        match self {
            Table::Tcp => Some(libc::IPPROTO_TCP as u16),
            Table::Mptcp => Some(libc::IPPROTO_MPTCP as u16),
            Table::Dccp => Some(libc::IPPROTO_DCCP as u16),
            Table::Udp => Some(libc::IPPROTO_UDP as u16),
            Table::Raw => Some(libc::IPPROTO_RAW as u16),
            Table::Sctp => Some(libc::IPPROTO_SCTP as u16),
            _ => None,
        }
    }
}

/// A state of a socket, as the kernel numbers it (include/net/tcp_states.h); SCTP has numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State(pub u8);

impl State {
    /// `TCP_ESTABLISHED`
    pub const ESTABLISHED: State = State(1);
    /// `TCP_SYN_SENT`
    pub const SYN_SENT: State = State(2);
    /// `TCP_SYN_RECV`
    pub const SYN_RECV: State = State(3);
    /// `TCP_FIN_WAIT1`
    pub const FIN_WAIT1: State = State(4);
    /// `TCP_FIN_WAIT2`
    pub const FIN_WAIT2: State = State(5);
    /// `TCP_TIME_WAIT`
    pub const TIME_WAIT: State = State(6);
    /// `TCP_CLOSE`
    pub const CLOSE: State = State(7);
    /// `TCP_CLOSE_WAIT`
    pub const CLOSE_WAIT: State = State(8);
    /// `TCP_LAST_ACK`
    pub const LAST_ACK: State = State(9);
    /// `TCP_LISTEN`
    pub const LISTEN: State = State(10);
    /// `TCP_CLOSING`
    pub const CLOSING: State = State(11);

    /// Its name in a list of sockets.
    pub const fn name(self) -> &'static str {
        match self.0 {
            1 => "ESTAB",
            2 => "SYN-SENT",
            3 => "SYN-RECV",
            4 => "FIN-WAIT-1",
            5 => "FIN-WAIT-2",
            6 => "TIME-WAIT",
            7 => "UNCONN",
            8 => "CLOSE-WAIT",
            9 => "LAST-ACK",
            10 => "LISTEN",
            11 => "CLOSING",
            12 => "NEW-SYN-RECV",
            13 => "BOUND-INACTIVE",
            _ => "UNKNOWN",
        }
    }

    /// Its bit in a set of states; 0 for numbers that no set has.
    pub const fn bit(self) -> u32 {
        if self.0 < 32 { 1 << self.0 } else { 0 }
    }
}

/// Memory of a socket in bytes (`SK_MEMINFO_*`, include/uapi/linux/sock_diag.h).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// In the receive queue.
    pub rmem: u32,
    /// Receive buffer's limit.
    pub rcvbuf: u32,
    /// In the transmit queue, handed to the layer below.
    pub wmem: u32,
    /// Send buffer's limit.
    pub sndbuf: u32,
    /// Reserved and not used.
    pub forward: u32,
    /// Queued to be sent.
    pub queued: u32,
    /// Options.
    pub optmem: u32,
    /// In the backlog; older kernels do not tell.
    pub backlog: Option<u32>,
    /// Packets dropped; older kernels do not tell.
    pub drops: Option<u32>,
}

/// An address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The address; all zeroes for any.
    pub address: IpAddr,
    /// The port; 0 for none.
    pub port: u16,
}

/// What an inet or inet6 socket has besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Inet {
    /// Its table.
    pub table: Table,
    /// This end.
    pub local: Endpoint,
    /// The other end.
    pub remote: Endpoint,
    /// The timer that runs.
    pub timer: Timer,
    /// `IPV6_V6ONLY`
    pub v6only: Option<bool>,
    /// `IP_TOS`
    pub tos: Option<u8>,
    /// `IPV6_TCLASS`
    pub tclass: Option<u8>,
    /// Class of net_cls, or `SO_PRIORITY`.
    pub class_id: Option<u32>,
    /// Bits of `struct inet_diag_sockopt`.
    pub options: Option<u16>,
    /// Name of the congestion control.
    pub congestion: Option<Box<[u8]>>,
    /// What the protocol tells of the connection.
    pub info: Option<Info>,
    /// What the congestion control tells.
    pub control: Option<Control>,
    /// Keys of RFC 2385 signatures.
    pub md5: Vec<Md5Key>,
    /// The protocol on top: TLS, MPTCP.
    pub ulp: Option<Box<Ulp>>,
    /// All addresses of this end (SCTP).
    pub locals: Vec<IpAddr>,
    /// All addresses of the other end (SCTP).
    pub peers: Vec<IpAddr>,
    /// Memory as older kernels tell it: `rmem`, `wmem`, `fmem`, `tmem` of `struct inet_diag_meminfo`.
    pub old_memory: Option<[u32; 4]>,
}

impl Inet {
    /// A socket of this table between these ends.
    pub fn new(table: Table, local: Endpoint, remote: Endpoint) -> Inet {
        Inet {
            table,
            local,
            remote,
            timer: Timer::default(),
            v6only: None,
            tos: None,
            tclass: None,
            class_id: None,
            options: None,
            congestion: None,
            info: None,
            control: None,
            md5: Vec::new(),
            ulp: None,
            locals: Vec::new(),
            peers: Vec::new(),
            old_memory: None,
        }
    }

    /// What TCP tells of the connection.
    pub fn tcp(&self) -> Option<&TcpInfo> {
        match &self.info {
            Some(Info::Tcp(info)) => Some(info),
            _ => None,
        }
    }
}

/// `INET_DIAG_INFO`, by protocol.
#[derive(Debug, Clone, PartialEq)]
pub enum Info {
    /// `struct tcp_info`
    Tcp(Box<TcpInfo>),
    /// `struct mptcp_info`
    Mptcp(Box<MptcpInfo>),
    /// `struct sctp_info`
    Sctp(Box<SctpInfo>),
}

/// The timer of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timer {
    /// Which: 0 none, 1 retransmission, 2 keepalive, 3 TIME-WAIT, 4 zero window probe.
    pub kind: u8,
    /// Milliseconds until it expires.
    pub expires: u32,
    /// Retransmissions or probes so far.
    pub retrans: u8,
}

/// What a congestion control tells of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `struct tcpvegas_info`
    Vegas {
        /// In use.
        enabled: bool,
        /// µs
        rtt: u32,
    },
    /// `struct tcp_dctcp_info`
    Dctcp {
        /// In use, not fallen back.
        enabled: bool,
        /// Congestion was met.
        ce_state: u16,
        /// Fraction of marked bytes, in 1/1024.
        alpha: u32,
        /// Bytes acknowledged with a mark.
        ab_ecn: u32,
        /// Bytes acknowledged.
        ab_tot: u32,
    },
    /// `struct tcp_bbr_info`
    Bbr {
        /// Bytes per second.
        bandwidth: u64,
        /// µs
        min_rtt: u32,
        /// In 1/256.
        pacing_gain: u32,
        /// In 1/256.
        cwnd_gain: u32,
    },
}

/// A key of RFC 2385 signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Md5Key {
    /// The peers it is for.
    pub address: IpAddr,
    /// Bits of the address that count.
    pub prefix: u8,
    /// The key.
    pub key: Box<[u8]>,
}

/// The protocol on top of TCP (`INET_DIAG_ULP_INFO`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ulp {
    /// Its name.
    pub name: Option<Box<[u8]>>,
    /// TLS in the kernel.
    pub tls: Option<Tls>,
    /// Part of an MPTCP connection.
    pub subflow: Option<Subflow>,
}

/// TLS in the kernel (`TLS_INFO_*`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tls {
    /// 0x0303: 1.2, 0x0304: 1.3.
    pub version: Option<u16>,
    /// `TLS_CIPHER_*`
    pub cipher: Option<u16>,
    /// `TLS_CONF_*` of receiving.
    pub rx: Option<u16>,
    /// `TLS_CONF_*` of sending.
    pub tx: Option<u16>,
    /// Files are sent without a copy.
    pub zero_copy: bool,
}

/// Part of an MPTCP connection (`MPTCP_SUBFLOW_ATTR_*`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subflow {
    /// `MPTCP_SUBFLOW_FLAG_*`
    pub flags: Option<u32>,
    /// Token and id of the other end and of this one.
    pub tokens: Option<[(u32, u8); 2]>,
    /// Sequence number of the mapping.
    pub map_seq: Option<u64>,
    /// The same in the subflow.
    pub map_sfseq: Option<u32>,
    /// Offset between them.
    pub ssn_offset: Option<u32>,
    /// Bytes of the mapping.
    pub map_len: Option<u32>,
}
