//! Sockets of a network namespace from the tables in /proc/PID/net: the one reader of them. They need no rights, and every namespace
//! that has a process can be read through it. They tell less than sock_diag(7), but for a unix socket's address in the kernel.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libc::{
    AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, SOCK_DGRAM, SOCK_RAW,
    SOCK_STREAM,
};

use super::who::Who;
use super::{hex, number};
use crate::system::sockets::{Detail, Endpoint, Inet, Netlink, Packet, Socket, State, Table, Timer, Unix};

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    name: &'static str,
    form: AddressForm,
}

/// How the lines of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressForm {
    /// Of sockets with ports: the table of sock_diag that has their like, type, protocol and family.
    Inet(Table, i32, i32, i32),
    Netlink,
    Packet,
    Unix,
}

const fn inet(name: &'static str, table: Table, kind: i32, protocol: i32, family: i32) -> File {
    File { name, form: AddressForm::Inet(table, kind, protocol, family) }
}

/// Netlink sockets.
pub const NETLINK: File = File { name: "net/netlink", form: AddressForm::Netlink };

/// The tables of TCP and UDP. Raw sockets of IPv6 go with them, as lsof has it.
const INET: &[File] = &[
    // A raw socket has no port; its protocol stands in the port's place.
    inet("net/raw6", Table::Raw, SOCK_RAW, 0, AF_INET6),
    inet("net/tcp6", Table::Tcp, SOCK_STREAM, IPPROTO_TCP, AF_INET6),
    inet("net/udp6", Table::Udp, SOCK_DGRAM, IPPROTO_UDP, AF_INET6),
    inet("net/udplite6", Table::Udp, SOCK_DGRAM, IPPROTO_UDPLITE, AF_INET6),
    inet("net/tcp", Table::Tcp, SOCK_STREAM, IPPROTO_TCP, AF_INET),
    inet("net/udp", Table::Udp, SOCK_DGRAM, IPPROTO_UDP, AF_INET),
    inet("net/udplite", Table::Udp, SOCK_DGRAM, IPPROTO_UDPLITE, AF_INET),
];

/// All others.
const OTHERS: &[File] = &[
    inet("net/raw", Table::Raw, SOCK_RAW, 0, AF_INET),
    NETLINK,
    File { name: "net/packet", form: AddressForm::Packet },
    File { name: "net/unix", form: AddressForm::Unix },
    // Ping sockets (icmp(7)) are in no table of sock_diag.
    inet("net/icmp", Table::Raw, SOCK_DGRAM, IPPROTO_ICMP, AF_INET),
    inet("net/icmp6", Table::Raw, SOCK_DGRAM, IPPROTO_ICMPV6, AF_INET6),
];

/// What to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// TCP and UDP.
    pub inet: bool,
    /// All others.
    pub others: bool,
}

/// Reads the sockets of the namespace that a process is in, by inode. What no process has any more is left out; a table that cannot be
/// read has none.
pub fn read(who: Who, wanted: Wanted) -> HashMap<u64, Box<Socket>> {
    let mut sockets = HashMap::new();
    let mut text = Vec::new();
    let files = OTHERS.iter().filter(|_| wanted.others).chain(INET.iter().filter(|_| wanted.inet));
    for file in files {
        let Ok(list) = file.sockets(who, &mut text) else { continue };
        for socket in list.filter(|socket| socket.inode != 0) {
            sockets.entry(socket.inode).or_insert_with(|| Box::new(socket));
        }
    }
    sockets
}

impl File {
    /// What has the sockets of a table of sock_diag.
    pub fn of(wanted: Table, family: u8) -> Option<File> {
        let has = |file: &&File| match file.form {
            AddressForm::Inet(table, _, protocol, of) => {
                let exact = protocol == 0 || table.protocol().is_some_and(|own| i32::from(own) == protocol);
                table == wanted && of == i32::from(family) && exact
            }
            _ => false,
        };
        INET.iter().chain(OTHERS).find(has).copied()
    }

    /// The sockets in it, as `who` sees it.
    ///
    /// # Errors
    /// What opening and reading give.
    pub fn sockets(self, who: Who, text: &mut Vec<u8>) -> io::Result<impl Iterator<Item = Socket>> {
        who.read_into(self.name, text)?;
        Ok(self.parse(text))
    }

    /// The sockets in its text, behind the line of titles.
    pub fn parse(self, text: &[u8]) -> impl Iterator<Item = Socket> {
        text.split(|&b| b == b'\n').skip(1).filter_map(move |line| self.line(line))
    }

    /// Every file that there is.
    pub fn all() -> impl Iterator<Item = File> {
        OTHERS.iter().chain(INET).copied()
    }

    fn line(self, line: &[u8]) -> Option<Socket> {
        let fields: Vec<&[u8]> = line.split(|&b| b == b' ').filter(|f| !f.is_empty()).collect();
        match self.form {
            AddressForm::Inet(table, kind, protocol, family) => {
                let mut socket = inet_socket(&fields, table, family as u8)?;
                (socket.kind, socket.protocol) = (kind as u8, protocol as u16);
                Some(socket)
            }
            AddressForm::Netlink => netlink(&fields),
            AddressForm::Packet => packet(&fields),
            AddressForm::Unix => unix(&fields, line),
        }
    }
}

/// `SL: LOCAL REMOTE ST TX:RX TR:WHEN RETRNSMT UID TIMEOUT INODE ...`
fn inet_socket(f: &[&[u8]], table: Table, family: u8) -> Option<Socket> {
    let mut inet = Inet::new(table, endpoint(f.get(1)?)?, endpoint(f.get(2)?)?);
    let (timer, when) = split(f.get(5)?)?;
    inet.timer = Timer {
        kind: hex(timer)? as u8,
        // In hundredths of a second, whatever the kernel's HZ.
        expires: (hex(when)? as u32).saturating_mul(10),
        retrans: hex(f.get(6)?)?.min(255) as u8,
    };
    let (send, receive) = split(f.get(4)?)?;
    let mut socket = Socket::new(family, Detail::Inet(Box::new(inet)));
    socket.state = State(hex(f.get(3)?)? as u8);
    (socket.send_q, socket.recv_q) = (hex(send)? as u32, hex(receive)? as u32);
    socket.uid = Some(number(f.get(7)?)?.0 as u32);
    socket.inode = number(f.get(9)?)?.0;
    Some(socket)
}

/// `SK ETH PID GROUPS RMEM WMEM DUMP LOCKS DROPS INODE`
fn netlink(f: &[&[u8]]) -> Option<Socket> {
    let port = number(f.get(2)?)?.0 as u32;
    let mut socket = Socket::new(libc::AF_NETLINK as u8, Detail::Netlink(Netlink { port, ..Netlink::default() }));
    socket.protocol = number(f.get(1)?)?.0 as u16;
    socket.inode = number(f.get(9)?)?.0;
    Some(socket)
}

/// `SK REFCNT TYPE PROTO IFACE R RMEM USER INODE`
fn packet(f: &[&[u8]]) -> Option<Socket> {
    let mut socket = Socket::new(libc::AF_PACKET as u8, Detail::Packet(Box::<Packet>::default()));
    (socket.kind, socket.protocol) = (number(f.get(2)?)?.0 as u8, hex(f.get(3)?)? as u16);
    socket.inode = number(f.get(8)?)?.0;
    Some(socket)
}

/// `__SO_ACCEPTCON`, include/uapi/linux/net.h.
const ACCEPTS: u64 = 1 << 16;
/// `SS_CONNECTED`, there too: what the table has where the socket's own state is `TCP_ESTABLISHED`.
const CONNECTED: u64 = 3;

/// `NUM: REFCOUNT PROTOCOL FLAGS TYPE ST INODE PATH`; the path may have blanks in it, and begins with `@` where the name is an
/// abstract one (or, which nothing tells apart, a path that begins so).
fn unix(f: &[&[u8]], line: &[u8]) -> Option<Socket> {
    let address = f.first()?.strip_suffix(b":")?;
    let field = f.get(6)?;
    // Where the field ends within the line: the path is what follows one blank.
    let end = field.as_ptr() as usize - line.as_ptr() as usize + field.len();
    let name = match line.get(end + 1..).unwrap_or_default() {
        [] => None,
        [b'@', rest @ ..] => Some([b"\0", rest].concat().into()),
        path => Some(path.into()),
    };
    let unix = Unix { name, address: Some(address.into()), ..Unix::default() };
    let mut socket = Socket::new(libc::AF_UNIX as u8, Detail::Unix(unix));
    socket.kind = hex(f.get(4)?)? as u8;
    socket.state = match (hex(f.get(3)?)? & ACCEPTS != 0, hex(f.get(5)?)?) {
        (true, _) => State::LISTEN,
        (false, CONNECTED) => State::ESTABLISHED,
        (false, _) => State::CLOSE,
    };
    socket.inode = number(field)?.0;
    Some(socket)
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&b| b == b':')?;
    Some((&text[..at], &text[at + 1..]))
}

/// `0100007F:1F90`, or four such words: each as this machine has it in memory, and the port.
fn endpoint(text: &[u8]) -> Option<Endpoint> {
    let (words, port) = split(text)?;
    let word = |at: usize| Some((hex(words.get(at * 8..at * 8 + 8)?)? as u32).to_ne_bytes());
    let address = match words.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (at, to) in bytes.chunks_exact_mut(4).enumerate() {
                to.copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(Endpoint { address, port: hex(port)? as u16 })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixListener;

    use proptest::prelude::*;

    use super::*;

    fn of(sockets: &HashMap<u64, Box<Socket>>, fd: &impl AsFd) -> Socket {
        (*sockets[&rustix::fs::fstat(fd).expect("stat").st_ino]).clone()
    }

    fn file(name: &str) -> File {
        *INET.iter().chain(OTHERS).find(|file| file.name.strip_prefix("net/") == Some(name)).expect("a table")
    }

    #[test]
    fn own_sockets_are_found() {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let path = std::env::temp_dir().join(format!("tracer net {}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let unix = UnixListener::bind(&path).expect("a socket");
        let sockets = read(Who::Myself, Wanted { inet: true, others: true });
        let found = of(&sockets, &tcp);
        let local = found.inet().expect("inet").local;
        let here = tcp.local_addr().expect("bound");
        assert_eq!((i32::from(found.protocol), found.state), (IPPROTO_TCP, State::LISTEN));
        assert_eq!((local.address, local.port), (here.ip(), here.port()));
        let found = of(&sockets, &udp);
        assert_eq!(i32::from(found.protocol), IPPROTO_UDP);
        assert_eq!(found.inet().map(|inet| inet.local.port), Some(udp.local_addr().expect("bound").port()));
        let found = of(&sockets, &unix);
        let Detail::Unix(detail) = &found.detail else { panic!("not unix") };
        assert_eq!((detail.name.as_deref(), found.state), (Some(path.as_os_str().as_encoded_bytes()), State::LISTEN));
        let _ = std::fs::remove_file(&path);
    }

    #[test]
    fn rows_are_read() {
        let line =
            b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 23456 1 \
                     0000000000000000 100 0 0 10 0";
        let socket = file("tcp").line(line).expect("a row");
        let inet = socket.inet().expect("inet");
        assert_eq!((inet.local.address.to_string(), inet.local.port), ("127.0.0.1".to_owned(), 8080));
        assert_eq!((socket.state, socket.recv_q, socket.uid, socket.inode), (State::LISTEN, 3, Some(1000), 23456));
        let six = endpoint(b"00000000000000000000000001000000:0016").expect("an end");
        assert_eq!((six.address.to_string(), six.port), ("::1".to_owned(), 22));
        let check = |row: &str, state: State, name: Option<&[u8]>| {
            let line = format!("0000000000000000: 00000002 00000000 {row}");
            let socket = file("unix").line(line.as_bytes()).expect("a row");
            let Detail::Unix(unix) = &socket.detail else { panic!("not unix") };
            assert_eq!((socket.state, unix.name.as_deref()), (state, name), "{row}");
            assert_eq!((unix.address.as_deref(), socket.inode), (Some(&b"0000000000000000"[..]), 9));
        };
        check("00010000 0001 01     9 /run/a b", State::LISTEN, Some(b"/run/a b"));
        check("00000000 0001 03     9 @x", State::ESTABLISHED, Some(b"\0x"));
        check("00000000 0002 01     9", State::CLOSE, None);
        let socket = file("netlink").line(b"0000000000000000 15  2147 00000001 0 0 0 2 0 77").expect("a row");
        assert_eq!((socket.protocol, socket.inode), (15, 77));
        assert!(matches!(&socket.detail, Detail::Netlink(netlink) if netlink.port == 2147));
        let socket =
            file("packet").line(b"0000000000000000 3      3    88cc   2     1 0      0      88").expect("a row");
        assert_eq!((socket.kind, socket.protocol, socket.inode), (3, 0x88cc, 88));
    }

    #[test]
    fn tables_of_the_kernel_have_their_files() {
        let name = |table, family: i32| File::of(table, family as u8).map(|file| file.name);
        assert_eq!(name(Table::Tcp, AF_INET), Some("net/tcp"));
        assert_eq!(name(Table::Udp, AF_INET6), Some("net/udp6"));
        assert_eq!(name(Table::Raw, AF_INET), Some("net/raw"));
        assert_eq!(name(Table::Raw, AF_INET6), Some("net/raw6"));
        assert_eq!((name(Table::Sctp, AF_INET), name(Table::Unix, 0)), (None, None));
    }

    #[test]
    fn lines_that_are_none() {
        for line in ["", "a", "0: 1 2", "0: zz:1 2:3 01 1:2 0 0 0 0 5", "0: 0100007F 0:0 0A 0:0 0 0 0 0 5"] {
            for file in INET
                .iter()
                .chain(OTHERS)
                .filter(|file| !matches!(file.form, AddressForm::Netlink | AddressForm::Packet))
            {
                assert_eq!(file.line(line.as_bytes()), None, "{line}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_line_will_do(line in "[ 0-9a-fA-F:@é]{0,120}") {
            for file in INET.iter().chain(OTHERS) {
                let _ = file.line(line.as_bytes());
            }
        }
    }
}
