//! Sockets of a network namespace, by inode, from the tables in /proc/PID/net: what lsof shows of a socket
//! is what stands there, to the letter. They need no rights, and every namespace that has a process can be
//! read through it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::who::Who;
use super::{hex, number};

/// A socket, as its table tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetSocket {
    /// TCP, UDP, UDP-Lite.
    Inet(Inet),
    /// A raw socket; addresses and state as the table writes them.
    Raw {
        /// Of IPv6.
        v6: bool,
        /// Local address.
        local: Box<[u8]>,
        /// Remote address.
        remote: Box<[u8]>,
        /// State.
        state: Box<[u8]>,
    },
    /// A ping socket (icmp(7)).
    Icmp {
        /// Local address.
        local: Box<[u8]>,
        /// Remote address.
        remote: Box<[u8]>,
    },
    /// netlink(7)
    Netlink {
        /// `NETLINK_ROUTE` and its like.
        protocol: u32,
    },
    /// packet(7)
    Packet {
        /// `SOCK_RAW` or `SOCK_DGRAM`.
        kind: u32,
        /// `ETH_P_ALL` and its like.
        protocol: u32,
    },
    /// unix(7)
    Unix(Unix),
}

/// An internet socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inet {
    /// Which protocol.
    pub protocol: InetProtocol,
    /// From a table of IPv6.
    pub v6: bool,
    /// Local address and port.
    pub local: (IpAddr, u16),
    /// Remote address and port.
    pub remote: (IpAddr, u16),
    /// State, include/net/tcp_states.h.
    pub state: u8,
    /// Bytes not sent or not acknowledged.
    pub send_queue: u64,
    /// Bytes not read; of a listening socket, connections not accepted.
    pub receive_queue: u64,
}

/// A protocol with ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InetProtocol {
    /// TCP
    Tcp,
    /// UDP
    Udp,
    /// UDP-Lite
    UdpLite,
}

/// A unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unix {
    /// What the table has for the socket's address in the kernel.
    pub pcb: Box<[u8]>,
    /// `SOCK_STREAM` and its like.
    pub kind: u32,
    /// It waits for connections (`__SO_ACCEPTCON`).
    pub listens: bool,
    /// `SS_CONNECTED` and its like, include/uapi/linux/net.h.
    pub state: u32,
    /// The name that it is bound to; `@` for the abstract namespace.
    pub path: Box<[u8]>,
}

/// `__SO_ACCEPTCON`, include/uapi/linux/net.h.
const ACCEPTS: u64 = 1 << 16;

/// The sockets of a namespace.
pub type Table = HashMap<u64, NetSocket>;

/// Reads a line of a table, as fields and as a whole.
type Parse<'p> = &'p dyn Fn(&[&[u8]], &[u8]) -> Option<(u64, NetSocket)>;

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// TCP and UDP.
    pub inet: bool,
    /// All others.
    pub others: bool,
}

/// Reads the sockets of the namespace that a process is in. Raw sockets of IPv6 go with TCP and UDP, as lsof
/// has it.
pub fn read(pid: u32, wanted: Wanted) -> Table {
    let mut table = Table::new();
    let mut text = Vec::new();
    let mut each = |name: &str, parse: Parse<'_>| {
        if Who::Id(pid).read_into(&format!("net/{name}"), &mut text).is_err() {
            return;
        }
        for line in text.split(|&b| b == b'\n').skip(1) {
            let fields: Vec<&[u8]> = line.split(|&b| b == b' ').filter(|f| !f.is_empty()).collect();
            if let Some((ino, socket)) = parse(&fields, line) {
                table.entry(ino).or_insert(socket);
            }
        }
    };
    if wanted.others {
        each("raw", &|f, _| raw(f, false));
        each("netlink", &|f, _| netlink(f));
        each("packet", &|f, _| packet(f));
        each("unix", &unix);
        each("icmp", &|f, _| icmp(f));
        each("icmp6", &|f, _| icmp(f));
    }
    if wanted.inet {
        each("raw6", &|f, _| raw(f, true));
        each("tcp6", &|f, _| inet(f, InetProtocol::Tcp, true));
        each("udp6", &|f, _| inet(f, InetProtocol::Udp, true));
        each("udplite6", &|f, _| inet(f, InetProtocol::UdpLite, true));
        each("tcp", &|f, _| inet(f, InetProtocol::Tcp, false));
        each("udp", &|f, _| inet(f, InetProtocol::Udp, false));
        each("udplite", &|f, _| inet(f, InetProtocol::UdpLite, false));
    }
    table
}

/// `SL: LOCAL REMOTE ST TX:RX TR:WHEN RETRNSMT UID TIMEOUT INODE ...`
fn inet(f: &[&[u8]], protocol: InetProtocol, v6: bool) -> Option<(u64, NetSocket)> {
    let ino = inode(f.get(9)?)?;
    let (local, remote) = (address(f.get(1)?, v6)?, address(f.get(2)?, v6)?);
    let (tx, rx) = split(f.get(4)?, b':')?;
    let (send_queue, receive_queue, state) = (hex(tx)?, hex(rx)?, hex(f.get(3)?)? as u8);
    Some((ino, NetSocket::Inet(Inet { protocol, v6, local, remote, state, send_queue, receive_queue })))
}

fn raw(f: &[&[u8]], v6: bool) -> Option<(u64, NetSocket)> {
    let text = |at: usize| f.get(at).map(|text| Box::from(*text));
    Some((inode(f.get(9)?)?, NetSocket::Raw { v6, local: text(1)?, remote: text(2)?, state: text(3)? }))
}

fn icmp(f: &[&[u8]]) -> Option<(u64, NetSocket)> {
    let text = |at: usize| f.get(at).map(|text| Box::from(*text));
    Some((inode(f.get(9)?)?, NetSocket::Icmp { local: text(1)?, remote: text(2)? }))
}

/// `SK ETH PID GROUPS RMEM WMEM DUMP LOCKS DROPS INODE`
fn netlink(f: &[&[u8]]) -> Option<(u64, NetSocket)> {
    Some((inode(f.get(9)?)?, NetSocket::Netlink { protocol: number(f.get(1)?)?.0 as u32 }))
}

/// `SK REFCNT TYPE PROTO IFACE R RMEM USER INODE`
fn packet(f: &[&[u8]]) -> Option<(u64, NetSocket)> {
    let (kind, protocol) = (number(f.get(2)?)?.0 as u32, hex(f.get(3)?)? as u32);
    Some((inode(f.get(8)?)?, NetSocket::Packet { kind, protocol }))
}

/// `NUM: REFCOUNT PROTOCOL FLAGS TYPE ST INODE PATH`; the path may have blanks in it.
fn unix(f: &[&[u8]], line: &[u8]) -> Option<(u64, NetSocket)> {
    let pcb = f.first()?.strip_suffix(b":")?.into();
    let (flags, kind, state) = (hex(f.get(3)?)?, hex(f.get(4)?)? as u32, hex(f.get(5)?)? as u32);
    let field = f.get(6)?;
    let ino = inode(field)?;
    // Where the field ends within the line: the path is what follows one blank.
    let end = field.as_ptr() as usize - line.as_ptr() as usize + field.len();
    let path = line.get(end + 1..).unwrap_or_default().into();
    Some((ino, NetSocket::Unix(Unix { pcb, kind, listens: flags & ACCEPTS != 0, state, path })))
}

/// An inode; 0 is that of a socket that no process has any more.
fn inode(text: &[u8]) -> Option<u64> {
    number(text).map(|(ino, _)| ino).filter(|&ino| ino != 0)
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&b| b == at)?;
    Some((&text[..at], &text[at + 1..]))
}

/// `0100007F:1F90`: words of the address as this machine has them in memory, and the port.
fn address(text: &[u8], v6: bool) -> Option<(IpAddr, u16)> {
    let (words, port) = split(text, b':')?;
    let port = hex(port)? as u16;
    let word = |at: usize| Some((hex(words.get(at * 8..at * 8 + 8)?)? as u32).to_ne_bytes());
    if !v6 {
        return Some((IpAddr::V4(Ipv4Addr::from(word(0)?)), port));
    }
    let mut bytes = [0; 16];
    for at in 0..4 {
        bytes[at * 4..at * 4 + 4].copy_from_slice(&word(at)?);
    }
    Some((IpAddr::V6(Ipv6Addr::from(bytes)), port))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn all() -> Table {
        read(std::process::id(), Wanted { inet: true, others: true })
    }

    fn of(table: &Table, fd: &impl AsFd) -> NetSocket {
        table[&rustix::fs::fstat(fd).expect("stat").st_ino].clone()
    }

    #[test]
    fn own_sockets_are_found() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let path = std::env::temp_dir().join(format!("tracer net {}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let unix = UnixListener::bind(&path).expect("a socket");
        let table = all();
        let NetSocket::Inet(found) = of(&table, &tcp) else { panic!("not inet") };
        let here = tcp.local_addr().expect("bound");
        assert_eq!((found.protocol, found.local, found.state), (InetProtocol::Tcp, (here.ip(), here.port()), 10));
        let NetSocket::Inet(found) = of(&table, &udp) else { panic!("not inet") };
        assert_eq!((found.protocol, found.local.1), (InetProtocol::Udp, udp.local_addr().expect("bound").port()));
        let NetSocket::Unix(found) = of(&table, &unix) else { panic!("not unix") };
        assert_eq!((found.path.as_ref(), found.listens), (path.as_os_str().as_encoded_bytes(), true));
        let _ = std::fs::remove_file(&path);
    }

    #[test]
    fn lines_that_are_none() {
        for line in ["", "a", "0: 1 2", "0: zz:1 2:3 01 1:2 0 0 0 0 5", "0: 0100007F 0:0 0A 0:0 0 0 0 0 5"] {
            let fields: Vec<&[u8]> = line.as_bytes().split(|&b| b == b' ').filter(|f| !f.is_empty()).collect();
            assert!(inet(&fields, InetProtocol::Tcp, false).is_none(), "{line}");
            assert!(unix(&fields, line.as_bytes()).is_none() && packet(&fields).is_none(), "{line}");
        }
        let loopback = address(b"00000000000000000000000001000000:0050", true);
        assert_eq!(loopback, Some((IpAddr::V6(Ipv6Addr::LOCALHOST), 80)));
    }
}
