//! Sockets that are not inet's: unix, netlink, packet, vsock, XDP and TIPC (include/uapi/linux/*_diag.h).

use super::wire::{self, Attributes, Request, array, u16_at, u32_at, u64_at};
use super::{Extras, memory};
use crate::system::sockets::{
    Detail, Netlink, Packet, PacketInfo, PacketRing, Socket, State, Table, Tipc, Umem, Unix, Vsock, Xdp,
};

/// The request for a table; they all have room for a set of states, or an inode, and for what to show.
pub fn request(table: Table, states: u32, extras: Extras) -> Vec<u8> {
    // Family, protocol, 16 bits of nothing; a word; an inode or a choice of what to show; ...; a cookie.
    let mut fixed = [0u8; 24];
    let len = match table {
        // NAME, PEER, RQLEN; VFS and ICONS; MEMINFO; UID
        Table::Unix => {
            let details = if extras.details { 0x0a } else { 0 };
            let show = 0x15 | details | if extras.memory { 0x20 } else { 0 } | if extras.owner { 0x40 } else { 0 };
            fixed = of_unix(states, 0, show);
            24
        }
        Table::Netlink => {
            fixed[0] = libc::AF_NETLINK as u8;
            // NDIAG_PROTO_ALL; MEMINFO, GROUPS, FLAGS
            fixed[1] = 0xff;
            fixed[8..12].copy_from_slice(&0x0bu32.to_ne_bytes());
            20
        }
        Table::Packet => {
            fixed[0] = libc::AF_PACKET as u8;
            // INFO, RING_CFG, FANOUT, MEMINFO, FILTER
            fixed[8..12].copy_from_slice(&0x3du32.to_ne_bytes());
            20
        }
        Table::Vsock => {
            fixed[0] = libc::AF_VSOCK as u8;
            fixed[4..8].copy_from_slice(&states.to_ne_bytes());
            24
        }
        Table::Xdp => {
            fixed[0] = libc::AF_XDP as u8;
            // INFO, RING_CFG, UMEM, MEMINFO, STATS
            fixed[8..12].copy_from_slice(&0x1fu32.to_ne_bytes());
            20
        }
        Table::Tipc => {
            fixed[0] = libc::AF_TIPC as u8;
            fixed[4..8].copy_from_slice(&states.to_ne_bytes());
            8
        }
        Table::Tcp | Table::Mptcp | Table::Dccp | Table::Udp | Table::Raw | Table::Sctp => 8,
    };
    Request::new(wire::SOCK_DIAG_BY_FAMILY, wire::DUMP, super::SEQUENCE, &fixed[..len]).bytes()
}

/// `struct unix_diag_req`, whatever the cookie.
fn of_unix(states: u32, inode: u32, show: u32) -> [u8; 24] {
    let mut fixed = [0u8; 24];
    fixed[0] = libc::AF_UNIX as u8;
    fixed[4..8].copy_from_slice(&states.to_ne_bytes());
    fixed[8..12].copy_from_slice(&inode.to_ne_bytes());
    fixed[12..16].copy_from_slice(&show.to_ne_bytes());
    fixed
}

/// The request for one unix socket: its name, its file and its peer.
pub fn unix_by_inode(inode: u32) -> Vec<u8> {
    let mut fixed = of_unix(u32::MAX, inode, 0x07);
    fixed[16..].fill(0xff);
    Request::new(wire::SOCK_DIAG_BY_FAMILY, wire::REQUEST, super::SEQUENCE, &fixed).bytes()
}

/// Reads an answer about `table`.
pub fn parse(body: &[u8], table: Table) -> Option<Socket> {
    match table {
        Table::Unix => unix(body),
        Table::Netlink => netlink(body),
        Table::Packet => packet(body),
        Table::Vsock => vsock(body),
        Table::Xdp => xdp(body),
        Table::Tipc => tipc(body),
        Table::Tcp | Table::Mptcp | Table::Dccp | Table::Udp | Table::Raw | Table::Sctp => None,
    }
}

fn unix(body: &[u8]) -> Option<Socket> {
    let mut socket = Socket::new(*body.first()?, Detail::Unix(Unix::default()));
    socket.kind = *body.get(1)?;
    socket.state = State(*body.get(2)?);
    socket.inode = u64::from(u32_at(body, 4)?);
    socket.cookie = wire::cookie_at(body, 8)?;
    let mut unix = Unix::default();
    for (kind, payload) in Attributes(&body[16..]) {
        match kind {
            // The kernel counts the NUL behind a path as part of the name; an abstract name has none behind it.
            0 if payload.first() != Some(&0) => unix.name = Some(payload.strip_suffix(b"\0").unwrap_or(payload).into()),
            0 => unix.name = Some(payload.into()),
            1 => unix.file = u32_at(payload, 0).zip(u32_at(payload, 4)),
            2 => unix.peer = u32_at(payload, 0),
            3 => unix.waiting = Some(payload.chunks_exact(4).filter_map(|c| u32_at(c, 0)).collect()),
            4 => (socket.recv_q, socket.send_q) = u32_at(payload, 0).zip(u32_at(payload, 4))?,
            5 => socket.memory = memory(payload),
            6 => socket.shutdown = payload.first().copied(),
            7 => socket.uid = u32_at(payload, 0),
            _ => {}
        }
    }
    socket.detail = Detail::Unix(unix);
    Some(socket)
}

fn netlink(body: &[u8]) -> Option<Socket> {
    let mut socket = Socket::new(*body.first()?, Detail::Netlink(Netlink::default()));
    socket.kind = *body.get(1)?;
    socket.protocol = u16::from(*body.get(2)?);
    let connected = *body.get(3)? == 1;
    let mut netlink = Netlink { port: u32_at(body, 4)?, ..Netlink::default() };
    netlink.peer = connected.then_some((u32_at(body, 8)?, u32_at(body, 12)?));
    socket.inode = u64::from(u32_at(body, 16)?);
    socket.cookie = wire::cookie_at(body, 20)?;
    for (kind, payload) in Attributes(&body[28..]) {
        match kind {
            0 => socket.memory = memory(payload),
            1 => netlink.groups = payload.to_vec(),
            4 => netlink.flags = u32_at(payload, 0),
            _ => {}
        }
    }
    if let Some(memory) = &socket.memory {
        (socket.recv_q, socket.send_q) = (memory.rmem, memory.wmem);
    }
    socket.detail = Detail::Netlink(netlink);
    Some(socket)
}

fn packet(body: &[u8]) -> Option<Socket> {
    let mut socket = Socket::new(*body.first()?, Detail::Packet(Box::default()));
    socket.kind = *body.get(1)?;
    socket.protocol = u16_at(body, 2)?;
    socket.inode = u64::from(u32_at(body, 4)?);
    socket.cookie = wire::cookie_at(body, 8)?;
    let mut packet = Packet::default();
    for (kind, payload) in Attributes(&body[16..]) {
        match kind {
            0 => {
                socket.interface = u32_at(payload, 0)?;
                packet.info = Some(PacketInfo {
                    version: u32_at(payload, 4)?,
                    copy_thresh: u32_at(payload, 12)?,
                    flags: u32_at(payload, 20)?,
                });
            }
            2 => packet.rx = packet_ring(payload),
            3 => packet.tx = packet_ring(payload),
            4 => packet.fanout = u32_at(payload, 0),
            5 => socket.uid = u32_at(payload, 0),
            6 => socket.memory = memory(payload),
            7 => packet.filter = payload.chunks_exact(8).map(instruction).collect(),
            _ => {}
        }
    }
    socket.recv_q = socket.memory.map_or(0, |m| m.rmem);
    socket.detail = Detail::Packet(Box::new(packet));
    Some(socket)
}

/// `struct sock_filter`
fn instruction(bytes: &[u8]) -> Option<(u16, u8, u8, u32)> {
    Some((u16_at(bytes, 0)?, *bytes.get(2)?, *bytes.get(3)?, u32_at(bytes, 4)?))
}

fn packet_ring(payload: &[u8]) -> Option<PacketRing> {
    let word = |i: usize| u32_at(payload, 4 * i);
    Some(PacketRing {
        block_size: word(0)?,
        blocks: word(1)?,
        frame_size: word(2)?,
        frames: word(3)?,
        timeout: word(4)?,
        features: word(6)?,
    })
}

fn vsock(body: &[u8]) -> Option<Socket> {
    let word = |i: usize| u32_at(body, 4 * i);
    let vsock = Vsock { local: (word(1)?, word(2)?), remote: (word(3)?, word(4)?) };
    let mut socket = Socket::new(*body.first()?, Detail::Vsock(vsock));
    socket.kind = body[1];
    socket.state = State(body[2]);
    socket.shutdown = Some(body[3]);
    socket.inode = u64::from(word(5)?);
    socket.cookie = wire::cookie_at(body, 24)?;
    Some(socket)
}

fn xdp(body: &[u8]) -> Option<Socket> {
    let mut socket = Socket::new(*body.first()?, Detail::Xdp(Box::default()));
    socket.kind = *body.get(1)?;
    socket.inode = u64::from(u32_at(body, 4)?);
    socket.cookie = wire::cookie_at(body, 8)?;
    let mut xdp = Xdp::default();
    for (kind, payload) in Attributes(&body[16..]) {
        match kind {
            1 => (socket.interface, xdp.queue) = u32_at(payload, 0).zip(u32_at(payload, 4))?,
            2 => socket.uid = u32_at(payload, 0),
            3 => xdp.rings[0] = u32_at(payload, 0),
            4 => xdp.rings[1] = u32_at(payload, 0),
            5 => xdp.umem = umem(payload),
            6 => xdp.rings[2] = u32_at(payload, 0),
            7 => xdp.rings[3] = u32_at(payload, 0),
            8 => socket.memory = memory(payload),
            9 => xdp.stats = words64(payload),
            _ => {}
        }
    }
    socket.recv_q = socket.memory.map_or(0, |m| m.rmem);
    socket.detail = Detail::Xdp(Box::new(xdp));
    Some(socket)
}

fn umem(payload: &[u8]) -> Option<Umem> {
    let mut rest = [0; 8];
    for (i, word) in rest.iter_mut().enumerate() {
        *word = u32_at(payload, 8 + 4 * i)?;
    }
    Some(Umem { size: u64_at(payload, 0)?, rest })
}

fn words64(payload: &[u8]) -> Option<[u64; 6]> {
    let mut words = [0; 6];
    for (i, word) in words.iter_mut().enumerate() {
        *word = u64_at(payload, 8 * i)?;
    }
    Some(words)
}

/// TIPC answers with nested attributes alone: `TIPC_NLA_SOCK` of include/uapi/linux/tipc_netlink.h.
fn tipc(body: &[u8]) -> Option<Socket> {
    let nest = Attributes(body).find(|(kind, _)| *kind == 2)?.1;
    let mut socket = Socket::new(libc::AF_TIPC as u8, Detail::Tipc(Box::default()));
    let mut tipc = Tipc::default();
    let word = |payload: &[u8]| u32_at(payload, 0).unwrap_or_default();
    for (kind, payload) in Attributes(nest) {
        match kind {
            1 => tipc.local.0 = word(payload),
            2 => tipc.local.1 = word(payload),
            3 => tipc_connection(&mut tipc, payload),
            4 => tipc.published = true,
            5 => {
                for (kind, payload) in Attributes(payload) {
                    match kind {
                        0 => socket.recv_q = word(payload),
                        1 => socket.send_q = word(payload),
                        2 => tipc.congested.0 = true,
                        3 => tipc.congested.1 = true,
                        4 => tipc.drops = word(payload),
                        _ => {}
                    }
                }
            }
            6 => socket.kind = word(payload) as u8,
            7 => socket.inode = u64::from(word(payload)),
            8 => socket.uid = Some(word(payload)),
            9 => socket.state = State(word(payload) as u8),
            10 => socket.cookie = array(payload, 0).map_or(0, u64::from_ne_bytes),
            _ => {}
        }
    }
    socket.detail = Detail::Tipc(Box::new(tipc));
    Some(socket)
}

/// `TIPC_NLA_CON_*`: 1 a flag, 2 node, 3 socket, 4 type, 5 instance.
fn tipc_connection(tipc: &mut Tipc, payload: &[u8]) {
    let mut words = [0; 6];
    let mut through_a_name = false;
    for (kind, payload) in Attributes(payload) {
        through_a_name |= kind == 1;
        if let (Some(slot), Some(word)) = (words.get_mut(usize::from(kind)), u32_at(payload, 0)) {
            *slot = word;
        }
    }
    tipc.remote = Some((words[2], words[3]));
    tipc.via = through_a_name.then_some((words[4], words[5]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OTHERS: [Table; 6] = [Table::Unix, Table::Netlink, Table::Packet, Table::Vsock, Table::Xdp, Table::Tipc];

    #[test]
    fn a_unix_message_becomes_a_socket() {
        let mut message = Request::new(0, 0, 0, &[1, 1, 10, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        assert!(message.attribute(0, b"/run/x\0"));
        assert!(message.attribute(4, &[3, 0, 0, 0, 128, 0, 0, 0]));
        let bytes = message.bytes();
        let socket = parse(&bytes[wire::HEADER..], Table::Unix).expect("a socket");
        assert_eq!((socket.kind, socket.state, socket.inode), (1, State::LISTEN, 9));
        assert_eq!((socket.recv_q, socket.send_q), (3, 128));
        let Detail::Unix(unix) = socket.detail else { panic!("unix") };
        assert_eq!(unix.name.as_deref(), Some(&b"/run/x"[..]));
    }

    #[test]
    fn a_request_is_as_long_as_its_family_wants() {
        for table in OTHERS {
            let bytes = request(table, 0xfff, Extras::default());
            let expected = match table {
                Table::Tipc => 8,
                Table::Unix | Table::Vsock => 24,
                _ => 20,
            };
            assert_eq!(bytes.len() - wire::HEADER, expected, "{table:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for table in OTHERS { let _ = parse(&bytes, table); }
        }

        #[test]
        fn any_attribute_will_do(kind in 0u16..12, payload in prop::collection::vec(any::<u8>(), 0..120)) {
            for (table, fixed) in OTHERS.iter().zip([16, 28, 16, 32, 16, 0]) {
                let mut message = Request::new(0, 0, 0, &vec![0; fixed]);
                prop_assert!(message.attribute(kind, &payload));
                let _ = parse(&message.bytes()[wire::HEADER..], *table);
            }
        }
    }
}
