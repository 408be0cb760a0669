//! What sockets have that are not inet's.

/// What a unix socket has besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unix {
    /// The name as in `sun_path`: a path, or a NUL and an abstract name; `None` when it has none.
    pub name: Option<Box<[u8]>>,
    /// Its address in the kernel, as /proc/net/unix writes it.
    pub address: Option<Box<[u8]>>,
    /// Inode of the socket at the other end; 0 when it was closed.
    pub peer: Option<u32>,
    /// Inode and device (as the kernel encodes it, 12 bits major, 20 minor) of the file it is bound to.
    pub file: Option<(u32, u32)>,
    /// Inodes of the sockets that wait to be accepted; 0 for those that are gone.
    pub waiting: Option<Vec<u32>>,
}

/// What a netlink socket has besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Netlink {
    /// Its port: usually the pid of its maker; 0 the kernel's.
    pub port: u32,
    /// The port it is connected to, and the group.
    pub peer: Option<(u32, u32)>,
    /// Groups it hears, as bits.
    pub groups: Vec<u8>,
    /// Of the receive queue, of the transmit queue.
    pub flags: Option<u32>,
}

/// What a packet socket has besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packet {
    /// `struct packet_diag_info`
    pub info: Option<PacketInfo>,
    /// The receive ring.
    pub rx: Option<PacketRing>,
    /// The transmit ring.
    pub tx: Option<PacketRing>,
    /// Group in the lower 16 bits, kind above.
    pub fanout: Option<u32>,
    /// Classic BPF filter: code, jt, jf, k of each instruction.
    pub filter: Option<Vec<(u16, u8, u8, u32)>>,
}

/// `struct packet_diag_info`, but for the interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketInfo {
    /// TPACKET version.
    pub version: u32,
    /// `PACKET_COPY_THRESH`
    pub copy_thresh: u32,
    /// `PDI_*`
    pub flags: u32,
}

/// `struct packet_diag_ring`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PacketRing {
    /// Bytes of a block.
    pub block_size: u32,
    /// Blocks.
    pub blocks: u32,
    /// Bytes of a frame.
    pub frame_size: u32,
    /// Frames.
    pub frames: u32,
    /// Milliseconds after which a block is retired.
    pub timeout: u32,
    /// `TP_FT_*`
    pub features: u32,
}

/// What a vsock socket has besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vsock {
    /// Context id and port of this end; all ones for any.
    pub local: (u32, u32),
    /// The same of the other end.
    pub remote: (u32, u32),
}

/// What an XDP socket has besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Xdp {
    /// The queue of the interface.
    pub queue: u32,
    /// Entries of the rings: receive, transmit, fill, completion.
    pub rings: [Option<u32>; 4],
    /// Its memory.
    pub umem: Option<Umem>,
    /// Dropped, invalid and full on receiving; fill ring empty; invalid and empty on sending.
    pub stats: Option<[u64; 6]>,
}

/// `struct xdp_diag_umem`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Umem {
    /// Bytes.
    pub size: u64,
    /// `id`, `num_pages`, `chunk_size`, `headroom`, `ifindex`, `queue_id`, `flags`, `refs`
    pub rest: [u32; 8],
}

/// What a TIPC socket has besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tipc {
    /// Node and port of this end.
    pub local: (u32, u32),
    /// The same of the other end, when connected.
    pub remote: Option<(u32, u32)>,
    /// Congested: on the link, in the connection.
    pub congested: (bool, bool),
    /// Messages dropped.
    pub drops: u32,
    /// It has published a name.
    pub published: bool,
    /// Type and instance of the name through which it was connected.
    pub via: Option<(u32, u32)>,
}
