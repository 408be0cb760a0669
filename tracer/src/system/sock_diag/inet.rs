//! Sockets of inet and inet6 (include/uapi/linux/inet_diag.h): the question, and the answer's bytes as a
//! [`Socket`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::wire::{self, Attributes, Request, array, u16_at, u32_at, u64_at};
use super::{Extras, memory};
use crate::system::sockets::{
    Control, Detail, Endpoint, Inet, Info, Md5Key, MptcpInfo, SctpInfo, Socket, State, Subflow, Table, TcpInfo, Timer,
    Tls, Ulp,
};

/// Bytes of `struct inet_diag_msg`.
const MESSAGE: usize = 72;

/// Attributes of the request.
mod ask {
    pub const BYTECODE: u16 = 1;
    pub const PROTOCOL: u16 = 3;
}

/// Attributes of the answer, `INET_DIAG_*`; up to 8 they can be asked for, as a bit one lower.
mod attr {
    pub const MEMINFO: u16 = 1;
    pub const INFO: u16 = 2;
    pub const VEGASINFO: u16 = 3;
    pub const CONG: u16 = 4;
    pub const TOS: u16 = 5;
    pub const TCLASS: u16 = 6;
    pub const SKMEMINFO: u16 = 7;
    pub const SHUTDOWN: u16 = 8;
    pub const DCTCPINFO: u16 = 9;
    pub const PROTOCOL: u16 = 10;
    pub const SKV6ONLY: u16 = 11;
    pub const LOCALS: u16 = 12;
    pub const PEERS: u16 = 13;
    pub const MARK: u16 = 15;
    pub const BBRINFO: u16 = 16;
    pub const CLASS_ID: u16 = 17;
    pub const MD5SIG: u16 = 18;
    pub const ULP_INFO: u16 = 19;
    pub const CGROUP_ID: u16 = 21;
    pub const SOCKOPT: u16 = 22;
}

/// The request for a table: `struct inet_diag_req_v2`, the filter's bytecode, the protocol beyond 255.
pub fn request(table: Table, family: u8, states: u32, extras: Extras, bytecode: Option<&[u8]>) -> Vec<u8> {
    let protocol = table.protocol().unwrap_or_default();
    let mut fixed = [0u8; 56];
    fixed[0] = family;
    fixed[1] = protocol as u8;
    let mut bits = 0u8;
    let wanted = [
        (extras.memory, [attr::MEMINFO, attr::SKMEMINFO, 0]),
        (extras.info, [attr::INFO, attr::VEGASINFO, attr::CONG]),
        (extras.tos, [attr::TOS, attr::TCLASS, 0]),
    ];
    for kind in wanted.iter().filter(|(wanted, _)| *wanted).flat_map(|(_, kinds)| kinds).filter(|kind| **kind > 0) {
        bits |= 1 << (kind - 1);
    }
    fixed[2] = bits;
    fixed[4..8].copy_from_slice(&states.to_ne_bytes());
    let mut request = Request::new(wire::SOCK_DIAG_BY_FAMILY, wire::DUMP, super::SEQUENCE, &fixed);
    // A filter too long for an attribute is carried out here alone.
    if let Some(bytecode) = bytecode {
        let _ = request.attribute(ask::BYTECODE, bytecode);
    }
    if protocol > 255 {
        let _ = request.attribute(ask::PROTOCOL, &u32::from(protocol).to_ne_bytes());
    }
    request.bytes()
}

/// The request to close a socket: `struct inet_diag_req_v2` with its ends and its cookie; `None` where it is none of inet.
pub fn destroy(socket: &Socket) -> Option<Vec<u8>> {
    let inet = socket.inet()?;
    let mut fixed = [0u8; 56];
    fixed[0] = socket.family;
    fixed[1] = inet.table.protocol()? as u8;
    fixed[4..8].copy_from_slice(&(1u32 << socket.state.0.min(31)).to_ne_bytes());
    for (at, end) in [(8, inet.local), (10, inet.remote)] {
        fixed[at..at + 2].copy_from_slice(&end.port.to_be_bytes());
    }
    for (at, end) in [(12, inet.local), (28, inet.remote)] {
        match end.address {
            IpAddr::V4(v4) => fixed[at..at + 4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => fixed[at..at + 16].copy_from_slice(&v6.octets()),
        }
    }
    fixed[44..48].copy_from_slice(&socket.interface.to_ne_bytes());
    fixed[48..52].copy_from_slice(&(socket.cookie as u32).to_ne_bytes());
    fixed[52..56].copy_from_slice(&((socket.cookie >> 32) as u32).to_ne_bytes());
    Some(Request::new(wire::SOCK_DESTROY, wire::ACKNOWLEDGED, super::SEQUENCE, &fixed).bytes())
}

/// A socket that was destroyed, as it is told to who listens: the protocol stands in an attribute.
pub fn destroyed(body: &[u8]) -> Option<Socket> {
    let protocol = Attributes(body.get(MESSAGE..)?).find(|(kind, _)| *kind == attr::PROTOCOL)?.1.first().copied()?;
    let is = |table: &&Table| table.protocol() == Some(protocol.into());
    parse(body, *[Table::Tcp, Table::Udp].iter().find(is)?)
}

/// Reads `struct inet_diag_msg` and its attributes, an answer about `table`.
pub fn parse(body: &[u8], table: Table) -> Option<Socket> {
    if body.len() < MESSAGE {
        return None;
    }
    let family = body[0];
    let endpoint = |port: usize, address: usize| {
        Some(Endpoint { address: address_at(body, address, family)?, port: u16::from_be_bytes(array(body, port)?) })
    };
    let mut inet = Inet::new(table, endpoint(4, 8)?, endpoint(6, 24)?);
    inet.timer = Timer { kind: body[2], retrans: body[3], expires: u32_at(body, 52)? };
    let mut socket = Socket::new(family, Detail::Inet(Box::new(Inet::new(table, inet.local, inet.remote))));
    socket.state = State(body[1]);
    socket.interface = u32_at(body, 40)?;
    socket.cookie = wire::cookie_at(body, 44)?;
    socket.recv_q = u32_at(body, 56)?;
    socket.send_q = u32_at(body, 60)?;
    socket.uid = u32_at(body, 64);
    socket.inode = u64::from(u32_at(body, 68)?);
    socket.protocol = table.protocol().unwrap_or_default();
    socket.kind = match table {
        Table::Udp => libc::SOCK_DGRAM as u8,
        Table::Raw => libc::SOCK_RAW as u8,
        Table::Sctp => libc::SOCK_SEQPACKET as u8,
        Table::Dccp => 6,
        _ => libc::SOCK_STREAM as u8,
    };
    for (kind, payload) in Attributes(&body[MESSAGE..]) {
        attribute(&mut socket, &mut inet, kind, payload);
    }
    socket.detail = Detail::Inet(Box::new(inet));
    Some(socket)
}

fn attribute(socket: &mut Socket, inet: &mut Inet, kind: u16, payload: &[u8]) {
    let byte = payload.first().copied();
    match kind {
        attr::MEMINFO => {
            inet.old_memory =
                (0..4).map(|i| u32_at(payload, 4 * i)).collect::<Option<Vec<_>>>().and_then(|m| m.try_into().ok());
        }
        attr::SKMEMINFO => socket.memory = memory(payload),
        attr::INFO => {
            inet.info = Some(match inet.table {
                Table::Mptcp => Info::Mptcp(Box::new(MptcpInfo::parse(payload))),
                Table::Sctp => Info::Sctp(Box::new(SctpInfo::parse(payload))),
                _ => Info::Tcp(Box::new(TcpInfo::parse(payload))),
            });
        }
        attr::CONG => inet.congestion = Some(wire::text(payload).into()),
        attr::VEGASINFO | attr::DCTCPINFO | attr::BBRINFO => inet.control = control(kind, payload).or(inet.control),
        attr::TOS => inet.tos = byte,
        attr::TCLASS => inet.tclass = byte,
        attr::CLASS_ID => inet.class_id = u32_at(payload, 0),
        attr::SHUTDOWN => socket.shutdown = byte,
        attr::PROTOCOL if inet.table == Table::Raw => {
            socket.protocol = byte.map_or(socket.protocol, u16::from);
        }
        attr::SKV6ONLY => inet.v6only = byte.map(|b| b != 0),
        attr::LOCALS => inet.locals = addresses(payload),
        attr::PEERS => inet.peers = addresses(payload),
        attr::MARK => socket.mark = u32_at(payload, 0),
        attr::MD5SIG => inet.md5 = md5(payload),
        attr::ULP_INFO => inet.ulp = Some(Box::new(ulp(payload))),
        attr::CGROUP_ID => socket.cgroup = u64_at(payload, 0),
        attr::SOCKOPT => inet.options = array(payload, 0).map(u16::from_le_bytes),
        _ => {}
    }
}

fn control(kind: u16, payload: &[u8]) -> Option<Control> {
    match kind {
        attr::VEGASINFO => Some(Control::Vegas { enabled: u32_at(payload, 0)? != 0, rtt: u32_at(payload, 8)? }),
        attr::DCTCPINFO => Some(Control::Dctcp {
            enabled: u16_at(payload, 0)? != 0,
            ce_state: u16_at(payload, 2)?,
            alpha: u32_at(payload, 4)?,
            ab_ecn: u32_at(payload, 8)?,
            ab_tot: u32_at(payload, 12)?,
        }),
        _ => Some(Control::Bbr {
            bandwidth: u64::from(u32_at(payload, 0)?) | u64::from(u32_at(payload, 4)?) << 32,
            min_rtt: u32_at(payload, 8)?,
            pacing_gain: u32_at(payload, 12)?,
            cwnd_gain: u32_at(payload, 16)?,
        }),
    }
}

/// An address of this family: 4 or 16 bytes in network order.
fn address_at(bytes: &[u8], at: usize, family: u8) -> Option<IpAddr> {
    if i32::from(family) == libc::AF_INET {
        array::<4>(bytes, at).map(|b| IpAddr::V4(Ipv4Addr::from(b)))
    } else {
        array::<16>(bytes, at).map(|b| IpAddr::V6(Ipv6Addr::from(b)))
    }
}

/// An array of `struct sockaddr_storage`.
fn addresses(payload: &[u8]) -> Vec<IpAddr> {
    let one = |bytes: &[u8]| {
        let family = u16_at(bytes, 0)?;
        match i32::from(family) {
            libc::AF_INET => address_at(bytes, 4, family as u8),
            libc::AF_INET6 => address_at(bytes, 8, family as u8),
            _ => None,
        }
    };
    payload.chunks(128).filter_map(one).collect()
}

/// An array of `struct tcp_diag_md5sig`.
fn md5(payload: &[u8]) -> Vec<Md5Key> {
    let one = |bytes: &[u8]| {
        let len = usize::from(u16_at(bytes, 2)?);
        let key = bytes.get(20..100)?;
        Some(Md5Key { address: address_at(bytes, 4, bytes[0])?, prefix: bytes[1], key: key.get(..len)?.into() })
    };
    payload.chunks_exact(100).filter_map(one).collect()
}

/// `INET_ULP_INFO_*`: 1 the name, 2 TLS, 3 MPTCP.
fn ulp(payload: &[u8]) -> Ulp {
    let mut ulp = Ulp::default();
    for (kind, payload) in Attributes(payload) {
        match kind {
            1 => ulp.name = Some(wire::text(payload).into()),
            2 => ulp.tls = Some(tls(payload)),
            3 => ulp.subflow = Some(subflow(payload)),
            _ => {}
        }
    }
    ulp
}

fn tls(payload: &[u8]) -> Tls {
    let mut tls = Tls::default();
    for (kind, payload) in Attributes(payload) {
        match kind {
            1 => tls.version = u16_at(payload, 0),
            2 => tls.cipher = u16_at(payload, 0),
            3 => tls.tx = u16_at(payload, 0),
            4 => tls.rx = u16_at(payload, 0),
            5 => tls.zero_copy = true,
            _ => {}
        }
    }
    tls
}

fn subflow(payload: &[u8]) -> Subflow {
    let mut flow = Subflow::default();
    let (mut tokens, mut ids) = ([None; 2], [None; 2]);
    for (kind, payload) in Attributes(payload) {
        match kind {
            1 => tokens[0] = u32_at(payload, 0),
            2 => tokens[1] = u32_at(payload, 0),
            4 => flow.map_seq = u64_at(payload, 0),
            5 => flow.map_sfseq = u32_at(payload, 0),
            6 => flow.ssn_offset = u32_at(payload, 0),
            // 16 bits, which iproute2 reads as 32: the padding behind them is zero.
            7 => flow.map_len = u32_at(payload, 0).or_else(|| u16_at(payload, 0).map(u32::from)),
            8 => flow.flags = u32_at(payload, 0),
            9 => ids[0] = payload.first().copied(),
            10 => ids[1] = payload.first().copied(),
            _ => {}
        }
    }
    if let ([Some(remote), Some(local)], [Some(remote_id), Some(local_id)]) = (tokens, ids) {
        flow.tokens = Some([(remote, remote_id), (local, local_id)]);
    }
    flow
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_socket_is_closed_by_its_ends_and_its_cookie() {
        let end = |text: &str, port| Endpoint { address: text.parse().expect("an address"), port };
        let inet = Inet::new(Table::Tcp, end("127.0.0.1", 0x1234), end("127.0.0.2", 0x5678));
        let mut socket = Socket::new(libc::AF_INET as u8, Detail::Inet(Box::new(inet)));
        (socket.cookie, socket.state) = (0x1_0000_0002, State::ESTABLISHED);
        let request = destroy(&socket).expect("of inet");
        assert_eq!(request[4..8], [21, 0, 5, 0]);
        assert_eq!(request[16..18], [2, 6]);
        assert_eq!(request[24..32], [0x12, 0x34, 0x56, 0x78, 127, 0, 0, 1]);
        assert_eq!(request[44..48], [127, 0, 0, 2]);
        assert_eq!(u64::from_ne_bytes(array(&request, 64).expect("a cookie")), 0x1_0000_0002);
        assert_eq!(destroyed(&request), None);
    }

    #[test]
    fn a_message_becomes_a_socket() {
        let mut body = vec![0u8; MESSAGE];
        body[0] = libc::AF_INET as u8;
        body[1] = State::LISTEN.0;
        body[4..6].copy_from_slice(&8080u16.to_be_bytes());
        body[8..12].copy_from_slice(&[127, 0, 0, 1]);
        body[44..52].copy_from_slice(&0x1_0000_0002u64.to_le_bytes());
        body[60..64].copy_from_slice(&128u32.to_ne_bytes());
        body[68..72].copy_from_slice(&4242u32.to_ne_bytes());
        let socket = parse(&body, Table::Tcp).expect("a socket");
        let inet = socket.inet().expect("inet");
        assert_eq!((inet.local.address.to_string(), inet.local.port), ("127.0.0.1".to_owned(), 8080));
        assert_eq!(
            (socket.state.name(), socket.send_q, socket.inode, socket.cookie),
            ("LISTEN", 128, 4242, 0x1_0000_0002)
        );
        assert_eq!(parse(&body[..71], Table::Tcp), None);
    }

    #[test]
    fn requests_ask_for_what_is_wanted() {
        let extras = Extras { memory: true, info: true, tos: true, ..Extras::default() };
        let bytes = request(Table::Mptcp, libc::AF_INET6 as u8, 0xfff, extras, Some(&[1, 4, 8, 0]));
        assert_eq!((bytes[16], bytes[17], bytes[18]), (10, 6, 0b111_1111));
        let attributes: Vec<_> = Attributes(&bytes[72..]).map(|(kind, payload)| (kind, payload.len())).collect();
        assert_eq!(attributes, [(1, 4), (3, 4)]);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(mut bytes in prop::collection::vec(any::<u8>(), 0..600), family in 0u8..12) {
            if let Some(first) = bytes.first_mut() { *first = family; }
            for table in Table::ALL { let _ = parse(&bytes, table); }
        }

        #[test]
        fn any_attribute_will_do(kind in 0u16..24, payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut message = Request::new(0, 0, 0, &[0; MESSAGE]);
            prop_assert!(message.attribute(kind, &payload));
            let bytes = message.bytes();
            for table in [Table::Tcp, Table::Mptcp, Table::Sctp, Table::Raw] {
                prop_assert!(parse(&bytes[wire::HEADER..], table).is_some());
            }
        }
    }
}
