//! What was asked of `tracer ss`: which tables, families and states, which sockets of them, and what to show.

use std::path::PathBuf;

/// Tables, as bits: the kernel's tables, unix, packet and vsock sockets also by type.
pub mod tables {
    /// tcp
    pub const TCP: u32 = 1 << 0;
    /// mptcp
    pub const MPTCP: u32 = 1 << 1;
    /// dccp
    pub const DCCP: u32 = 1 << 2;
    /// udp
    pub const UDP: u32 = 1 << 3;
    /// raw
    pub const RAW: u32 = 1 << 4;
    /// unix, datagrams
    pub const UNIX_DGRAM: u32 = 1 << 5;
    /// unix, streams
    pub const UNIX_STREAM: u32 = 1 << 6;
    /// unix, packets in sequence
    pub const UNIX_SEQPACKET: u32 = 1 << 7;
    /// packet without headers
    pub const PACKET_DGRAM: u32 = 1 << 8;
    /// packet with headers
    pub const PACKET_RAW: u32 = 1 << 9;
    /// netlink
    pub const NETLINK: u32 = 1 << 10;
    /// sctp
    pub const SCTP: u32 = 1 << 11;
    /// vsock, streams
    pub const VSOCK_STREAM: u32 = 1 << 12;
    /// vsock, datagrams
    pub const VSOCK_DGRAM: u32 = 1 << 13;
    /// tipc
    pub const TIPC: u32 = 1 << 14;
    /// xdp
    pub const XDP: u32 = 1 << 15;
    /// unix, all
    pub const UNIX: u32 = UNIX_DGRAM | UNIX_STREAM | UNIX_SEQPACKET;
    /// packet, both
    pub const PACKET: u32 = PACKET_DGRAM | PACKET_RAW;
    /// vsock, both
    pub const VSOCK: u32 = VSOCK_STREAM | VSOCK_DGRAM;
    /// inet and inet6
    pub const INET: u32 = TCP | MPTCP | DCCP | UDP | RAW | SCTP;
}

/// A request for a list of sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name by which it was called, for messages.
    pub program: String,
    /// Called as `ss`: exit codes are those of ss.
    pub peer: bool,
    /// Which tables.
    pub tables: u32,
    /// Which families, as bits `1 << AF_*`.
    pub families: u64,
    /// The family named last, on which the order of questions depends; 0 for none.
    pub preferred: u8,
    /// Which states, as bits.
    pub states: u32,
    /// Which of those sockets.
    pub filter: Option<Expression>,
    /// A file with more words of the filter (`-F`), and the words that stand before them.
    pub filter_file: Option<(PathBuf, Vec<String>)>,
    /// Counts (`-s`).
    pub summary: bool,
    /// Sockets too: not counts alone.
    pub list: bool,
    /// A file for the kernel's own bytes about TCP sockets (`-D`); `-` is stdout.
    pub dump: Option<PathBuf>,
    /// Whether they are closed.
    pub closing: Closing,
    /// Instead of those that there are, those that go, as they go (`-E`).
    pub events: bool,
    /// In which network namespaces.
    pub spaces: Spaces,
    /// What to show.
    pub show: Show,
}

/// In which network namespaces to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spaces {
    /// In this one.
    Current,
    /// In the one that `ip netns` keeps by this name (`-N`).
    Named(String),
    /// In all that can be entered.
    All,
}

/// What to show of each socket, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show {
    /// JSON Lines.
    pub json: bool,
    /// The header.
    pub header: bool,
    /// A socket on a line.
    pub oneline: bool,
    /// Numbers for ports, rates as they are.
    pub numeric: bool,
    /// Names for addresses.
    pub resolve: bool,
    /// Timers, and TCP's options among what it tells.
    pub timers: bool,
    /// User, inode, cookie.
    pub details: bool,
    /// Memory.
    pub memory: bool,
    /// What TCP tells.
    pub info: bool,
    /// What TIPC tells.
    pub tipc: bool,
    /// Type of service.
    pub tos: bool,
    /// The cgroup.
    pub cgroup: bool,
    /// Socket options.
    pub sockopt: bool,
    /// Packet filters.
    pub bpf: bool,
    /// Processes.
    pub processes: bool,
    /// Threads.
    pub threads: bool,
    /// Labels of processes (`-Z`).
    pub labels: bool,
    /// No queues (`-Q`).
    pub no_queues: bool,
}

/// Whether sockets are closed (`-K`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// They are left alone.
    No,
    /// When somebody at a terminal says so.
    Asked,
    /// They are.
    Meant,
}

/// A filter, its names not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Both.
    And(Box<Expression>, Box<Expression>),
    /// At least one.
    Or(Box<Expression>, Box<Expression>),
    /// Not this.
    Not(Box<Expression>),
    /// `src` or `sport` (local), `dst` or `dport`: an end is this.
    Is(bool, HostWord),
    /// The port of an end is this or higher.
    AtLeast(bool, HostWord),
    /// The port of an end is this or lower.
    AtMost(bool, HostWord),
    /// `dev NAME`
    Device(Word),
    /// `fwmark MARK[/MASK]`
    Mark(u32, u32),
    /// `cgroup PATH`
    Cgroup(Word),
    /// `autobound`
    Autobound,
}

/// A word of a filter, and where it stands, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub text: String,
    /// The whole filter.
    pub line: String,
    /// Where in it the word begins.
    pub at: usize,
}

/// `[FAMILY:]ADDRESS[:PORT]`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostWord {
    /// The family that was named, or that the options name; 0 for none.
    pub family: u8,
    /// The address or, for unix sockets, the pattern; `None` for any.
    pub address: Option<String>,
    /// The port; `None` for any.
    pub port: Option<String>,
    /// Tables whose ports it may name.
    pub tables: u32,
    /// The word.
    pub word: Word,
}
