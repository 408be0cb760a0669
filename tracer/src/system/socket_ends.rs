//! The ends of sockets, by inode: sock_diag(7) for inet and unix, /proc/TID/net/netlink for netlink. A
//! socket is first asked for its protocol (the `system.sockprotoname` attribute), so that one table is
//! searched, not all. What can not change any more is kept; anything else is asked again.
//!
//! Sockets live in the network namespace in which they were made, which is nearly always their task's: the
//! question is put there, from a thread that enters it for the moment of opening a netlink socket.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use anyhow::Context;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags};
use netlink_packet_sock_diag::unix::nlas::{Nla, UnixDiagName};
use netlink_packet_sock_diag::unix::{self, UnixRequest, UnixResponse};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use tracer_common::event::Sock;

use super::procfs::who::Who;

const ESTABLISHED: u8 = 1;
const LISTEN: u8 = 10;

/// A socket's ends, and a unix socket's bound name as in `sun_path`.
pub type Ends = (Sock, Vec<u8>);

/// Looks sockets up.
#[derive(Debug, Default)]
pub struct Sockets {
    /// What is settled, by namespace and inode.
    known: HashMap<(u32, u64), Ends>,
    /// A question socket in each namespace; `None` where none could be had.
    asked: HashMap<u32, Option<Socket>>,
}

/// Sockets remembered at most; then the memory starts anew.
const KNOWN_MAX: usize = 65_536;

impl Sockets {
    /// The ends of the socket with inode `ino` that `link` (/proc/TID/fd/N) leads to, its name, and whether
    /// they were told. A socket that is neither bound nor connected is told: it has no ends.
    pub fn look(&mut self, tid: u32, _tgid: u32, link: &CString, ino: u64) -> (Sock, Vec<u8>, bool) {
        let netns = netns(tid).unwrap_or(0);
        if let Some((sock, name)) = self.known.get(&(netns, ino)) {
            return (*sock, name.clone(), true);
        }
        let Some(base) = protocol(link) else {
            return (Sock { netns, ..Sock::default() }, Vec::new(), false);
        };
        let base = Sock { netns, ..base };
        let found = match i32::from(base.family) {
            libc::AF_INET | libc::AF_INET6 => self.inet(tid, base, ino),
            libc::AF_UNIX => self.unix(tid, base, ino),
            libc::AF_NETLINK => netlink(tid, base, ino),
            _ => Ok(None),
        };
        match found {
            Ok(Some((sock, name))) => {
                if settled(&sock) {
                    if self.known.len() >= KNOWN_MAX {
                        self.known.clear();
                    }
                    self.known.insert((netns, ino), (sock, name.clone()));
                }
                (sock, name, true)
            }
            Ok(None) => (base, Vec::new(), true),
            Err(_) => (base, Vec::new(), false),
        }
    }

    fn inet(&mut self, tid: u32, base: Sock, ino: u64) -> anyhow::Result<Option<Ends>> {
        let v4 = i32::from(base.family) == libc::AF_INET;
        let request = SockDiagMessage::InetRequest(InetRequest {
            family: base.family as u8,
            protocol: base.protocol as u8,
            extensions: ExtensionFlags::empty(),
            // Also those that are bound and not yet more (TCP_BOUND_INACTIVE, Linux 6.8).
            states: StateFlags::from_bits_retain(u32::MAX),
            socket_id: if v4 { SocketId::new_v4() } else { SocketId::new_v6() },
        });
        let mut found = None;
        self.dump(tid, base.netns, request, NLM_F_DUMP, |message| {
            if let SockDiagMessage::InetResponse(response) = message
                && u64::from(response.header.inode) == ino
            {
                found = Some((inet_ends(&response, base), Vec::new()));
            }
        })?;
        Ok(found)
    }

    fn unix(&mut self, tid: u32, base: Sock, ino: u64) -> anyhow::Result<Option<Ends>> {
        let request = SockDiagMessage::UnixRequest(UnixRequest {
            state_flags: unix::StateFlags::all(),
            inode: u32::try_from(ino).context("an inode beyond 32 bits")?,
            show_flags: unix::ShowFlags::NAME | unix::ShowFlags::PEER,
            cookie: [0xff; 8],
        });
        let mut found = None;
        self.dump(tid, base.netns, request, 0, |message| {
            if let SockDiagMessage::UnixResponse(response) = message {
                found = Some(unix_ends(&response, base));
            }
        })?;
        Ok(found)
    }

    /// Asks in the task's namespace, and gives every answer to `each`.
    fn dump(
        &mut self,
        tid: u32,
        netns: u32,
        request: SockDiagMessage,
        flags: u16,
        mut each: impl FnMut(SockDiagMessage),
    ) -> anyhow::Result<()> {
        let socket = self.asked.entry(netns).or_insert_with(|| open(tid, netns));
        let socket = socket.as_ref().context("no netlink socket in the task's network namespace")?;
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        let mut packet = NetlinkMessage::new(header, request.into());
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        socket.send(&bytes, 0)?;
        loop {
            let (bytes, _) = socket.recv_from_full()?;
            let mut rest = bytes.as_slice();
            while let Some(len) = rest.first_chunk::<4>().map(|l| u32::from_ne_bytes(*l) as usize) {
                if len < 16 || len > rest.len() {
                    anyhow::bail!("a netlink message of {len} bytes in {}", rest.len());
                }
                // A message that can not be understood (an odd name) does not hide the others.
                if let Ok(message) = NetlinkMessage::<SockDiagMessage>::deserialize(&rest[..len]) {
                    match message.payload {
                        NetlinkPayload::InnerMessage(inner) => each(inner),
                        NetlinkPayload::Done(_) => return Ok(()),
                        NetlinkPayload::Error(e) => match e.code {
                            // No such socket: the answer to the question for one.
                            Some(code) if code.get() == -libc::ENOENT => return Ok(()),
                            _ => return Err(e.to_io().into()),
                        },
                        _ => {}
                    }
                }
                rest = &rest[((len + 3) & !3).min(rest.len())..];
            }
            if flags & NLM_F_DUMP == 0 {
                return Ok(());
            }
        }
    }
}

/// Of each unix socket of our network namespace, the inode of the socket at its other end, as lsof pairs them: a
/// datagram socket that others are connected to, and that is connected to none, has one of them; a socket that
/// listens has one that waits to be accepted.
///
/// # Errors
/// What sock_diag(7) gives.
pub fn unix_peers() -> anyhow::Result<HashMap<u64, u64>> {
    let request = SockDiagMessage::UnixRequest(UnixRequest {
        state_flags: unix::StateFlags::all(),
        inode: 0,
        show_flags: unix::ShowFlags::PEER | unix::ShowFlags::ICONS,
        cookie: [0xff; 8],
    });
    let mut found = HashMap::new();
    let mut back = Vec::new();
    let me = std::process::id();
    Sockets::default().dump(me, netns(me).unwrap_or(0), request, NLM_F_DUMP, |message| {
        if let SockDiagMessage::UnixResponse(response) = message {
            let (sock, _) = unix_ends(&response, Sock::default());
            let inode = u64::from(response.header.inode);
            if sock.peer != 0 {
                found.insert(inode, sock.peer);
                back.push((sock.peer, inode));
            }
            let waiting = response.nlas.iter().find_map(|nla| match nla {
                Nla::PendingConnections(list) => list.iter().find(|&&inode| inode != 0),
                _ => None,
            });
            if let Some(&first) = waiting {
                found.entry(inode).or_insert(u64::from(first));
            }
        }
    })?;
    for (of, other) in back {
        found.entry(of).or_insert(other);
    }
    Ok(found)
}

/// Whether the ends will stay as they are: connected or listening.
fn settled(sock: &Sock) -> bool {
    match i32::from(sock.family) {
        libc::AF_UNIX => sock.peer != 0 || sock.state == LISTEN,
        libc::AF_INET | libc::AF_INET6 if i32::from(sock.protocol) == libc::IPPROTO_TCP => {
            sock.state == ESTABLISHED || sock.state == LISTEN
        }
        libc::AF_NETLINK => sock.peer != 0,
        _ => false,
    }
}

fn inet_ends(response: &InetResponse, base: Sock) -> Sock {
    let id = &response.header.socket_id;
    Sock {
        state: response.header.state,
        sport: id.source_port,
        dport: id.destination_port,
        saddr: address(id.source_address),
        daddr: address(id.destination_address),
        ..base
    }
}

fn address(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.octets());
            bytes
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn unix_ends(response: &UnixResponse, base: Sock) -> Ends {
    let mut sock = Sock { state: response.header.state, ty: u16::from(response.header.kind), ..base };
    let mut name = Vec::new();
    for nla in &response.nlas {
        match nla {
            Nla::Peer(inode) => sock.peer = u64::from(*inode),
            Nla::Name(UnixDiagName::Pathname(path)) => name = path.as_bytes().to_vec(),
            Nla::Name(UnixDiagName::Abstract(bytes)) => {
                name = bytes.clone();
                name.insert(0, 0);
            }
            _ => {}
        }
    }
    (sock, name)
}

/// The row of /proc/TID/net/netlink: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`.
fn netlink(tid: u32, base: Sock, ino: u64) -> anyhow::Result<Option<Ends>> {
    let table = Who::Id(tid).read("net/netlink").context("the table of netlink sockets")?;
    let table = String::from_utf8_lossy(&table);
    Ok(table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let protocol = fields.nth(1)?.parse().ok()?;
        let peer = fields.next()?.parse().ok()?;
        let inode: u64 = fields.last()?.parse().ok()?;
        (inode == ino).then(|| (Sock { protocol, peer, ty: libc::SOCK_RAW as u16, ..base }, Vec::new()))
    }))
}

/// Family, type and protocol by the name of the socket's protocol.
fn protocol(link: &CString) -> Option<Sock> {
    let mut name = [0u8; 64];
    let attribute: &CStr = c"system.sockprotoname";
    // SAFETY: both names are NUL-terminated and the buffer is as long as is said.
    let n = unsafe { libc::getxattr(link.as_ptr(), attribute.as_ptr(), name.as_mut_ptr().cast(), name.len()) };
    let name = name.get(..usize::try_from(n).ok()?)?;
    let sock = |family: i32, ty: i32, protocol: i32| Sock {
        family: family as u16,
        ty: ty as u16,
        protocol: protocol as u16,
        ..Sock::default()
    };
    use libc::{
        AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM,
    };
    Some(match name.strip_suffix(b"\0").unwrap_or(name) {
        b"TCP" => sock(AF_INET, SOCK_STREAM, IPPROTO_TCP),
        b"TCPv6" => sock(AF_INET6, SOCK_STREAM, IPPROTO_TCP),
        b"UDP" => sock(AF_INET, SOCK_DGRAM, IPPROTO_UDP),
        b"UDPv6" => sock(AF_INET6, SOCK_DGRAM, IPPROTO_UDP),
        b"UNIX" | b"UNIX-STREAM" => sock(AF_UNIX, SOCK_STREAM, 0),
        b"NETLINK" => sock(AF_NETLINK, SOCK_RAW, 0),
        b"PACKET" => sock(AF_PACKET, SOCK_RAW, 0),
        _ => return None,
    })
}

/// The inode of a task's network namespace.
fn netns(tid: u32) -> Option<u32> {
    Who::Id(tid).namespace("net").ok().and_then(|inode| u32::try_from(inode).ok())
}

/// A netlink socket in the task's namespace.
fn open(tid: u32, ns: u32) -> Option<Socket> {
    if netns(std::process::id()) == Some(ns) || ns == 0 {
        return Socket::new(NETLINK_SOCK_DIAG).ok();
    }
    // A thread of its own enters the namespace and ends: tracer itself stays where it is.
    let enter = move || -> io::Result<Socket> {
        let file = std::fs::File::open(Who::Id(tid).path("ns/net"))?;
        // SAFETY: the descriptor is open; only this thread changes its namespace.
        if unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Socket::new(NETLINK_SOCK_DIAG)
    };
    std::thread::Builder::new().spawn(enter).ok()?.join().ok()?.ok()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

    use super::*;

    fn look(fd: &impl AsRawFd) -> Ends {
        let me = std::process::id();
        let link = CString::new(format!("/proc/{me}/fd/{}", fd.as_raw_fd())).expect("no NUL");
        let text = std::fs::read_link(format!("/proc/{me}/fd/{}", fd.as_raw_fd())).expect("a link");
        let text = text.to_str().expect("ASCII");
        let ino = text.trim_start_matches("socket:[").trim_end_matches(']').parse().expect("an inode");
        let (sock, name, found) = Sockets::default().look(me, me, &link, ino);
        assert!(found, "{text}");
        (sock, name)
    }

    #[test]
    fn both_ends_of_tcp() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let client = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let (l, _) = look(&listener);
        assert_eq!((l.state, l.sport, l.dport), (LISTEN, port, 0));
        let (c, _) = look(&client);
        assert_eq!((c.state, c.dport, c.sport), (ESTABLISHED, port, client.local_addr().expect("bound").port()));
        assert_eq!((&c.saddr[..4], &c.daddr[..4]), (&[127, 0, 0, 1][..], &[127, 0, 0, 1][..]));
    }

    #[test]
    fn tcp_over_v6_and_udp() {
        if let Ok(listener) = TcpListener::bind("[::1]:0") {
            let (l, _) = look(&listener);
            assert_eq!((i32::from(l.family), l.saddr[15]), (libc::AF_INET6, 1));
        }
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        assert_eq!(look(&udp).0.sport, udp.local_addr().expect("bound").port());
    }

    #[test]
    fn unix_names_and_peers() {
        let path = std::env::temp_dir().join(format!("tracer sock {}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        let (sock, name) = look(&listener);
        assert_eq!((sock.state, name.as_slice()), (LISTEN, path.as_os_str().as_bytes()));
        let _ = std::fs::remove_file(&path);
        let (a, b) = UnixStream::pair().expect("a pair");
        assert_ne!(look(&a).0.peer, 0);
        assert_ne!(look(&a).0.peer, look(&b).0.peer);
        let lone = UnixDatagram::unbound().expect("a socket");
        assert_eq!(look(&lone).0.peer, 0);
    }
}
