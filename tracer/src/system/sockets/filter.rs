//! Which sockets are wanted: an expression over a socket's ends, with all names resolved. What matches is what
//! iproute2's ss 6.1 matches, with its peculiarities: an IPv4 address also matches the IPv4-mapped IPv6 one, a
//! port of a unix socket is its inode, a TIPC socket passes every filter.

use std::ffi::CString;
use std::net::IpAddr;

use super::{Detail, Socket};

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// At least one.
    Or(Box<Filter>, Box<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// An end has this address and port.
    Host(Side, Host),
    /// An end has a name that matches this shell pattern, whatever the case of letters (unix sockets).
    Name(Side, Vec<u8>),
    /// The port of an end is this or higher.
    PortAtLeast(Side, i32),
    /// The port of an end is this or lower.
    PortAtMost(Side, i32),
    /// Bound to the interface with this index.
    Device(u32),
    /// The bits of the mark that the mask has.
    Mark {
        /// What they must be.
        mark: u32,
        /// Which they are.
        mask: u32,
    },
    /// Made in the cgroup with this id.
    Cgroup(u64),
    /// The local port was chosen by the kernel: it is in the range of those, given here.
    Autobound(u16, u16),
}

/// An end of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This one.
    Local,
    /// The other one.
    Remote,
}

/// An address and a port, each or both of which may be any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `AF_*`; 0 when only a port was named.
    pub family: u8,
    /// One of these; none for any.
    pub addresses: Vec<Prefix>,
    /// The port, for packet sockets the interface; `None` for any.
    pub port: Option<i32>,
}

/// The first bits of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// `AF_*`
    pub family: u8,
    /// The address in network order; numbers of other families in the machine's order.
    pub bytes: [u8; 16],
    /// How many bits count.
    pub bits: u8,
}

impl Prefix {
    /// The first `bits` of an address.
    pub fn ip(address: IpAddr, bits: u8) -> Prefix {
        match address {
            IpAddr::V4(v4) => Prefix { family: libc::AF_INET as u8, bytes: first(&v4.octets()), bits },
            IpAddr::V6(v6) => Prefix { family: libc::AF_INET6 as u8, bytes: v6.octets(), bits },
        }
    }

    /// A number: protocol of a packet or netlink socket, context of vsock.
    pub fn number(family: u8, number: u32) -> Prefix {
        Prefix { family, bytes: first(&number.to_ne_bytes()), bits: 32 }
    }
}

fn first(bytes: &[u8; 4]) -> [u8; 16] {
    let mut all = [0; 16];
    all[..4].copy_from_slice(bytes);
    all
}

impl Filter {
    /// Whether the socket matches.
    pub fn matches(&self, socket: &Socket) -> bool {
        match self {
            _ if matches!(socket.detail, Detail::Tipc(_)) => true,
            Filter::And(a, b) => a.matches(socket) && b.matches(socket),
            Filter::Or(a, b) => a.matches(socket) || b.matches(socket),
            Filter::Not(a) => !a.matches(socket),
            Filter::Host(end, host) => host.matches(socket, *end),
            Filter::Name(end, pattern) => name_matches(pattern, &shown_name(socket, *end).unwrap_or_default()),
            Filter::PortAtLeast(end, port) => port_of(socket, *end) >= *port,
            Filter::PortAtMost(end, port) => port_of(socket, *end) <= *port,
            Filter::Device(index) => socket.interface == *index,
            Filter::Mark { mark, mask } => socket.mark.unwrap_or(0) & mask == *mark,
            Filter::Cgroup(id) => socket.cgroup.unwrap_or(0) == *id,
            Filter::Autobound(low, high) => autobound(socket, i32::from(*low), i32::from(*high)),
        }
    }
}

impl Host {
    fn matches(&self, socket: &Socket, end: Side) -> bool {
        if self.port.is_some_and(|port| port != port_of(socket, end)) {
            return false;
        }
        match self.addresses.first() {
            None => true,
            Some(first) if first.bits == 0 => true,
            Some(_) => address_of(socket, end).is_some_and(|bytes| {
                let six = i32::from(socket.family) == libc::AF_INET6;
                self.addresses.iter().any(|prefix| prefix.matches(&bytes, six))
            }),
        }
    }
}

impl Prefix {
    fn matches(&self, bytes: &[u8; 16], six: bool) -> bool {
        if same_bits(bytes, &self.bytes, self.bits) {
            return true;
        }
        let mapped = bytes[..12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        let mut last = *bytes;
        last.copy_within(12.., 0);
        i32::from(self.family) == libc::AF_INET && six && mapped && same_bits(&last, &self.bytes, self.bits)
    }
}

fn same_bits(a: &[u8; 16], b: &[u8; 16], bits: u8) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
    (u128::from_be_bytes(*a) ^ u128::from_be_bytes(*b)) & mask == 0
}

/// An end's address; `None` when it is none that bits could be compared with.
fn address_of(socket: &Socket, end: Side) -> Option<[u8; 16]> {
    match (&socket.detail, end) {
        (Detail::Inet(inet), end) => {
            let end = if end == Side::Local { inet.local } else { inet.remote };
            Some(match end.address {
                IpAddr::V4(v4) => first(&v4.octets()),
                IpAddr::V6(v6) => v6.octets(),
            })
        }
        (Detail::Packet(_) | Detail::Netlink(_), Side::Local) => Some(first(&u32::from(socket.protocol).to_ne_bytes())),
        (Detail::Vsock(vsock), Side::Local) => Some(first(&vsock.local.0.to_ne_bytes())),
        (Detail::Vsock(vsock), Side::Remote) => Some(first(&vsock.remote.0.to_ne_bytes())),
        (Detail::Unix(unix), Side::Local) if unix.name.is_some() => None,
        _ => Some([0; 16]),
    }
}

/// What stands for an end's port.
fn port_of(socket: &Socket, end: Side) -> i32 {
    let number = match (&socket.detail, end) {
        (Detail::Inet(inet), Side::Local) => u32::from(inet.local.port),
        (Detail::Inet(inet), Side::Remote) => u32::from(inet.remote.port),
        (Detail::Unix(_), Side::Local) => socket.inode as u32,
        (Detail::Unix(unix), Side::Remote) => unix.peer.unwrap_or(0),
        (Detail::Netlink(netlink), Side::Local) => netlink.port,
        (Detail::Netlink(_), Side::Remote) => u32::MAX,
        (Detail::Packet(_), Side::Local) => socket.interface,
        (Detail::Vsock(vsock), Side::Local) => vsock.local.1,
        (Detail::Vsock(vsock), Side::Remote) => vsock.remote.1,
        (Detail::Xdp(xdp), Side::Local) => xdp.queue,
        (Detail::Packet(_) | Detail::Xdp(_), Side::Remote) => 0,
        (Detail::Tipc(tipc), _) => tipc.local.1,
    };
    // As a C int, so that all ones, which stand for none, are less than any port.
    number as i32
}

/// The name of a unix socket as it is shown: an abstract one has `@` for each NUL.
pub fn shown_name(socket: &Socket, end: Side) -> Option<Vec<u8>> {
    match (&socket.detail, end) {
        (Detail::Unix(unix), Side::Local) => unix.name.as_deref().map(|name| match name.first() {
            Some(0) => name.iter().map(|&b| if b == 0 { b'@' } else { b }).collect(),
            _ => name.split(|&b| b == 0).next().unwrap_or_default().to_vec(),
        }),
        _ => None,
    }
}

fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (Ok(pattern), Ok(name)) = (CString::new(pattern), CString::new(name)) else { return false };
    // SAFETY: both end with NUL and live through the call, which only reads them.
    unsafe { libc::fnmatch(pattern.as_ptr(), name.as_ptr(), libc::FNM_CASEFOLD) == 0 }
}

fn autobound(socket: &Socket, low: i32, high: i32) -> bool {
    let port = port_of(socket, Side::Local);
    match &socket.detail {
        Detail::Unix(_) => match shown_name(socket, Side::Local) {
            // What the kernel chooses is five hexadecimal digits.
            Some(name) => {
                name.len() == 6 && name[0] == b'@' && name[1..].iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            }
            None => true,
        },
        Detail::Packet(_) => port == 0 && socket.protocol == 0,
        Detail::Netlink(_) => port < 0,
        Detail::Vsock(_) => port > 1023,
        _ => (low..=high).contains(&port),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Endpoint, Inet, Table, Unix};
    use super::*;

    fn tcp(local: &str, port: u16, remote: &str) -> Socket {
        let end = |address: &str, port| Endpoint { address: address.parse().expect("an address"), port };
        let inet = Inet::new(Table::Tcp, end(local, port), end(remote, 443));
        let family = if local.contains(':') { libc::AF_INET6 } else { libc::AF_INET };
        Socket::new(family as u8, Detail::Inet(Box::new(inet)))
    }

    fn unix(name: Option<&[u8]>) -> Socket {
        Socket::new(libc::AF_UNIX as u8, Detail::Unix(Unix { name: name.map(Into::into), ..Unix::default() }))
    }

    fn host(address: &str, bits: u8) -> Filter {
        let prefix = Prefix::ip(address.parse().expect("an address"), bits);
        Filter::Host(Side::Local, Host { family: prefix.family, addresses: vec![prefix], port: None })
    }

    #[test]
    fn addresses_match_by_their_first_bits() {
        let check =
            |filter: Filter, socket: Socket, expected| assert_eq!(filter.matches(&socket), expected, "{filter:?}");
        check(host("10.1.0.0", 16), tcp("10.1.2.3", 80, "1.1.1.1"), true);
        check(host("10.1.0.0", 16), tcp("10.2.2.3", 80, "1.1.1.1"), false);
        check(host("10.1.0.0", 15), tcp("10.0.2.3", 80, "1.1.1.1"), true);
        check(host("10.1.2.3", 32), tcp("::ffff:10.1.2.3", 80, "::1"), true);
        check(host("fe80::", 10), tcp("fe80::1", 80, "::1"), true);
        check(host("::ffff:10.1.2.3", 128), tcp("10.1.2.3", 80, "1.1.1.1"), false);
        check(host("1.2.3.4", 0), tcp("10.1.2.3", 80, "1.1.1.1"), true);
    }

    #[test]
    fn names_match_patterns() {
        let check = |pattern: &[u8], name: Option<&[u8]>, expected| {
            assert_eq!(
                Filter::Name(Side::Local, pattern.to_vec()).matches(&unix(name)),
                expected,
                "{pattern:?} {name:?}"
            );
        };
        check(b"/run/*", Some(b"/run/a/b\0"), true);
        check(b"/RUN/?", Some(b"/run/a\0"), true);
        check(b"@x*", Some(b"\0x\0y"), true);
        check(b"*", None, true);
        check(b"/run/*", None, false);
    }

    #[test]
    fn ports_are_compared() {
        let socket = tcp("10.0.0.1", 80, "1.1.1.1");
        assert!(
            Filter::PortAtLeast(Side::Local, 80).matches(&socket)
                && !Filter::PortAtLeast(Side::Local, 81).matches(&socket)
        );
        assert!(
            Filter::PortAtMost(Side::Remote, 443).matches(&socket)
                && !Filter::PortAtMost(Side::Remote, 442).matches(&socket)
        );
        assert!(Filter::Autobound(80, 90).matches(&socket) && !Filter::Autobound(81, 90).matches(&socket));
        assert!(
            Filter::Autobound(0, 0).matches(&unix(Some(b"\x0000a1f")))
                && !Filter::Autobound(0, 0).matches(&unix(Some(b"\x00name0")))
        );
    }
}
