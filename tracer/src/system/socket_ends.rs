//! The ends of sockets, by inode: sock_diag(7) for inet and unix, the table of /proc for netlink. A
//! socket is first asked for its protocol (the `system.sockprotoname` attribute), so that one table is
//! searched, not all. What can not change any more is kept; anything else is asked again.
//!
//! Sockets live in the network namespace in which they were made, which is nearly always their task's: the
//! question is put there, from a thread that enters it for the moment of opening a netlink socket.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use rustix::net::{SocketAddrUnix, getpeername, getsockname, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use tracer_common::event::Sock;

use super::procfs::net;
use super::procfs::who::Who;
use super::sock_diag::namespaces::Namespace;
use super::sock_diag::{Extras, Link, Query};
use super::sockets::{Detail, Socket, State, Table};

/// A socket's ends, and a unix socket's bound name as in `sun_path`.
pub type Ends = (Sock, Vec<u8>);

/// A unix socket that has a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// As in `sun_path`, as it was bound; the whole path where it begins in the directory of the task that was asked about.
    pub name: Vec<u8>,
    /// Inode and device of its file, where it is known.
    pub file: Option<(u32, u32)>,
    /// No other socket has the name.
    pub alone: bool,
}

/// Looks sockets up.
#[derive(Debug, Default)]
pub struct Sockets {
    /// What is settled, by namespace and inode.
    known: HashMap<(u32, u64), Ends>,
    /// A way to ask in each namespace; `None` where none could be had.
    links: HashMap<u32, Option<Link>>,
}

/// Sockets remembered at most; then the memory starts anew.
const KNOWN_MAX: usize = 65_536;

impl Sockets {
    /// The ends of the socket with inode `ino` that `link` (/proc/TID/fd/N) leads to, its name, and whether
    /// they were told. A socket that is neither bound nor connected is told: it has no ends. `fd`: the process and its descriptor, where
    /// it is one.
    pub fn look(&mut self, tid: u32, fd: Option<(u32, i32)>, link: &CString, ino: u64) -> (Sock, Vec<u8>, bool) {
        let netns = netns(tid).unwrap_or(0);
        if let Some((sock, name)) = self.known.get(&(netns, ino)) {
            return (*sock, name.clone(), true);
        }
        let Some(base) = protocol(link) else {
            let told = fd.and_then(|(process, fd)| self::told(tid, process, fd, ino));
            let found = told.is_some();
            return (Sock { netns, ..told.unwrap_or_default() }, Vec::new(), found);
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
            Ok(None) if i32::from(base.family) == libc::AF_NETLINK => {
                let protocol = fd.and_then(|(process, fd)| of_unbound(process, fd)).unwrap_or(base.protocol);
                (Sock { protocol, ..base }, Vec::new(), true)
            }
            Ok(None) => (base, Vec::new(), true),
            Err(_) => (base, Vec::new(), false),
        }
    }

    /// The unix socket that a descriptor is (`own`), or that it is connected to.
    pub fn named(&mut self, tid: u32, process: u32, fd: i32, own: bool) -> Option<Named> {
        let socket = itself(process, fd)?;
        let address = if own { getsockname(&socket).ok()? } else { getpeername(&socket).ok()?? };
        let address = SocketAddrUnix::try_from(address).ok()?;
        let name = match (address.abstract_name(), address.path_bytes()) {
            (Some(name), _) => return Some(Named { name: [&[0], name].concat(), file: None, alone: true }),
            (None, Some(path)) => path.to_vec(),
            (None, None) => return None,
        };
        let extras = Extras { details: true, ..Extras::default() };
        let query = Query { states: u32::MAX, extras, ..Query::default() };
        let files = RefCell::new(BTreeSet::new());
        let look = |socket: &Socket| {
            if let Detail::Unix(unix) = &socket.detail
                && unix.name.as_deref().is_some_and(|other| other.strip_suffix(b"\0").unwrap_or(other) == name)
            {
                files.borrow_mut().extend(unix.file);
            }
            false
        };
        let netns = netns(tid).unwrap_or(0);
        let asked = self.ask(tid, netns, |link| link.find(&query, Table::Unix, libc::AF_UNIX as u8, look));
        let mut files = files.into_inner();
        let alone = asked.is_ok() && files.len() <= 1;
        let file = files.pop_first().filter(|_| alone);
        // It was bound in some directory: is it that of the task?
        let here = Who::Id(tid).path("cwd");
        let in_here = || file_at(&[here.as_bytes(), b"/", &name].concat());
        let name = match file {
            Some(file) if !name.starts_with(b"/") && in_here() == Some(file) => {
                let directory = Who::Id(tid).link("cwd").unwrap_or_default();
                [
                    directory.as_slice(),
                    if directory.ends_with(b"/") { b"" } else { b"/" },
                    name.strip_prefix(b"./").unwrap_or(&name),
                ]
                .concat()
            }
            _ => name,
        };
        Some(Named { name, file, alone })
    }

    fn inet(&mut self, tid: u32, base: Sock, ino: u64) -> io::Result<Option<Ends>> {
        let table = if i32::from(base.protocol) == libc::IPPROTO_TCP { Table::Tcp } else { Table::Udp };
        // Also those that are bound and not yet more (TCP_BOUND_INACTIVE, Linux 6.8).
        let query = Query { states: u32::MAX, ..Query::default() };
        let is_it = |socket: &Socket| socket.inode == ino;
        let found = self.ask(tid, base.netns, |link| link.find(&query, table, base.family as u8, is_it))?;
        Ok(found.map(|socket| (inet_ends(&socket, base), Vec::new())))
    }

    fn unix(&mut self, tid: u32, base: Sock, ino: u64) -> io::Result<Option<Ends>> {
        let ino = u32::try_from(ino).map_err(io::Error::other)?;
        let found = self.ask(tid, base.netns, |link| link.unix(ino))?;
        Ok(found.map(|socket| unix_ends(socket, base)))
    }

    /// Asks in the task's namespace.
    fn ask<T>(&mut self, tid: u32, netns: u32, question: impl FnOnce(&Link) -> io::Result<T>) -> io::Result<T> {
        let link = self.links.entry(netns).or_insert_with(|| open(tid, netns).ok());
        let answer = match link {
            Some(link) => question(link),
            None => return Err(io::Error::other("no netlink socket in the task's network namespace")),
        };
        if answer.is_err() {
            self.links.remove(&netns);
        }
        answer
    }
}

/// Whether the ends will stay as they are: connected or listening.
fn settled(sock: &Sock) -> bool {
    match i32::from(sock.family) {
        libc::AF_UNIX => sock.peer != 0 || sock.state == State::LISTEN.0,
        libc::AF_INET | libc::AF_INET6 if i32::from(sock.protocol) == libc::IPPROTO_TCP => {
            sock.state == State::ESTABLISHED.0 || sock.state == State::LISTEN.0
        }
        libc::AF_NETLINK => sock.peer != 0,
        _ => false,
    }
}

fn inet_ends(socket: &Socket, base: Sock) -> Sock {
    let Some(inet) = socket.inet() else { return base };
    Sock {
        state: socket.state.0,
        sport: inet.local.port,
        dport: inet.remote.port,
        saddr: address(inet.local.address),
        daddr: address(inet.remote.address),
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

fn unix_ends(socket: Socket, base: Sock) -> Ends {
    let sock = Sock { state: socket.state.0, ty: u16::from(socket.kind), ..base };
    match socket.detail {
        Detail::Unix(unix) => {
            let peer = unix.peer.map_or(0, u64::from);
            (Sock { peer, ..sock }, unix.name.unwrap_or_default().into_vec())
        }
        _ => (sock, Vec::new()),
    }
}

/// Of a netlink socket, what its table has. It is always a raw one there.
fn netlink(tid: u32, base: Sock, ino: u64) -> io::Result<Option<Ends>> {
    let mut text = Vec::new();
    let found = net::NETLINK.sockets(Who::Id(tid), &mut text)?.find(|socket| socket.inode == ino);
    Ok(found.and_then(|socket| match socket.detail {
        Detail::Netlink(netlink) => {
            let (protocol, peer) = (socket.protocol, u64::from(netlink.port));
            Some((Sock { protocol, peer, ty: libc::SOCK_RAW as u16, ..base }, Vec::new()))
        }
        _ => None,
    }))
}

/// Inode and device, as the kernel encodes it, of what has a path; a link is not followed.
fn file_at(path: &[u8]) -> Option<(u32, u32)> {
    let stat = std::fs::symlink_metadata(OsStr::from_bytes(path)).ok()?;
    let (dev, ino) = (stat.dev(), u32::try_from(stat.ino()).ok()?);
    Some((ino, libc::major(dev) << 20 | libc::minor(dev)))
}

/// How long a call that sends, or one that receives, waits at most at a socket of a process (SO_SNDTIMEO, SO_RCVTIMEO); `None`: for ever, or
/// nobody may ask.
pub fn time_limit(process: u32, fd: i32, sends: bool) -> Option<Duration> {
    let which = if sends { sockopt::Timeout::Send } else { sockopt::Timeout::Recv };
    sockopt::socket_timeout(itself(process, fd)?, which).ok()?
}

/// A socket of a process, to be asked itself what no table tells (pidfd_getfd(2), Linux 5.6).
fn itself(process: u32, fd: i32) -> Option<OwnedFd> {
    let process = pidfd_open(Pid::from_raw(i32::try_from(process).ok()?)?, PidfdFlags::empty()).ok()?;
    pidfd_getfd(process, fd, PidfdGetfdFlags::empty()).ok()
}

/// The protocol of a netlink socket that is not bound, which no table has.
fn of_unbound(process: u32, fd: i32) -> Option<u16> {
    // NETLINK_ROUTE is 0, which is no protocol elsewhere.
    let protocol = sockopt::socket_protocol(itself(process, fd)?).ok()?;
    Some(protocol.map_or(0, |protocol| protocol.as_raw().get() as u16))
}

/// What a socket of another protocol (raw, UDP-Lite, ping, MPTCP, SCTP) tells of itself: there are tables of most, but not on each kernel.
fn told(tid: u32, process: u32, fd: i32, ino: u64) -> Option<Sock> {
    let socket = itself(process, fd)?;
    let family = sockopt::socket_domain(&socket).ok()?.as_raw();
    let ty = sockopt::socket_type(&socket).ok()?.as_raw() as u16;
    let protocol = sockopt::socket_protocol(&socket).ok()?.map_or(0, |protocol| protocol.as_raw().get() as u16);
    let mut sock = Sock { family, ty, protocol, ..Sock::default() };
    if !matches!(i32::from(family), libc::AF_INET | libc::AF_INET6) {
        return Some(sock);
    }
    if let Ok(Ok(own)) = getsockname(&socket).map(SocketAddr::try_from) {
        (sock.saddr, sock.sport) = (address(own.ip()), own.port());
    }
    if let Ok(Some(peer)) = getpeername(&socket)
        && let Ok(peer) = SocketAddr::try_from(peer)
    {
        (sock.daddr, sock.dport) = (address(peer.ip()), peer.port());
        sock.state = State::ESTABLISHED.0;
    } else if i32::from(ty) == libc::SOCK_RAW {
        // A raw socket may be connected to a host without a port, of which it does not tell.
        sock.daddr = peer_of_raw(tid, family, ino).map_or([0; 16], address);
    }
    if sockopt::socket_acceptconn(&socket).unwrap_or(false) {
        sock.state = State::LISTEN.0;
    }
    Some(sock)
}

/// To whom a raw socket is connected, by the table of them.
fn peer_of_raw(tid: u32, family: u16, ino: u64) -> Option<IpAddr> {
    let mut text = Vec::new();
    let table = net::File::of(Table::Raw, u8::try_from(family).ok()?)?;
    let found = table.sockets(Who::Id(tid), &mut text).ok()?.find(|socket| socket.inode == ino)?;
    found.inet().map(|inet| inet.remote.address)
}

/// Whether the socket that a link leads to is one of netlink.
pub fn is_netlink(link: &CString) -> bool {
    protocol(link).is_some_and(|sock| i32::from(sock.family) == libc::AF_NETLINK)
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
        // Its protocol stands in the table, where it is once it is bound; all ones before.
        b"NETLINK" => sock(AF_NETLINK, SOCK_RAW, -1),
        b"PACKET" => sock(AF_PACKET, SOCK_RAW, 0),
        _ => return None,
    })
}

/// The inode of a task's network namespace.
fn netns(tid: u32) -> Option<u32> {
    Who::Id(tid).namespace("net").ok().and_then(|inode| u32::try_from(inode).ok())
}

/// A way to ask in the task's namespace.
fn open(tid: u32, ns: u32) -> io::Result<Link> {
    if ns == 0 || netns(std::process::id()) == Some(ns) {
        return Link::open();
    }
    Namespace::of(Who::Id(tid))?.inside(Link::open)?
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

    use netlink_sys::protocols;

    use super::*;

    fn look(fd: &impl AsRawFd) -> Ends {
        let me = std::process::id();
        let link = CString::new(format!("/proc/{me}/fd/{}", fd.as_raw_fd())).expect("no NUL");
        let text = std::fs::read_link(format!("/proc/{me}/fd/{}", fd.as_raw_fd())).expect("a link");
        let text = text.to_str().expect("ASCII");
        let ino = text.trim_start_matches("socket:[").trim_end_matches(']').parse().expect("an inode");
        let (sock, name, found) = Sockets::default().look(me, Some((me, fd.as_raw_fd())), &link, ino);
        assert!(found, "{text}");
        (sock, name)
    }

    #[test]
    fn both_ends_of_tcp() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let client = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        let (l, _) = look(&listener);
        assert_eq!((l.state, l.sport, l.dport), (State::LISTEN.0, port, 0));
        let (c, _) = look(&client);
        assert_eq!(
            (c.state, c.dport, c.sport),
            (State::ESTABLISHED.0, port, client.local_addr().expect("bound").port())
        );
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
    fn a_netlink_socket_tells_its_protocol_before_it_is_bound() {
        for protocol in [protocols::NETLINK_ROUTE, protocols::NETLINK_SOCK_DIAG] {
            let socket = netlink_sys::Socket::new(protocol).expect("a socket");
            let (sock, _) = look(&socket);
            assert_eq!((i32::from(sock.family), sock.protocol as isize, sock.peer), (libc::AF_NETLINK, protocol, 0));
        }
    }

    #[test]
    fn unix_names_and_peers() {
        let path = std::env::temp_dir().join(format!("tracer sock {}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        let (sock, name) = look(&listener);
        assert_eq!((sock.state, name.as_slice()), (State::LISTEN.0, path.as_os_str().as_bytes()));
        let _ = std::fs::remove_file(&path);
        let (a, b) = UnixStream::pair().expect("a pair");
        assert_ne!(look(&a).0.peer, 0);
        assert_ne!(look(&a).0.peer, look(&b).0.peer);
        let lone = UnixDatagram::unbound().expect("a socket");
        assert_eq!(look(&lone).0.peer, 0);
    }
}
