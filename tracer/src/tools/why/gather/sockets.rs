//! Sockets, by the kernel's tables of every network namespace: what is at the other end, and who should accept.

use std::net::IpAddr;

use super::holders::Holders;
use crate::schema::waits::Purpose;
use crate::system::procfs::reason;
use crate::system::sock_diag::namespaces::{self, Namespace};
use crate::system::sock_diag::{Extras, Gathered, Query, Why, gather};
use crate::system::sockets::{Detail, Endpoint, Inet as InetSocket, Socket, State, Table, Unix as UnixSocket};
use crate::tools::why::scene::objects::{Listener, Peer};
use crate::tools::why::scene::{Holder, Inet, Object, Unix};

/// Bit of `TcpInfo`'s timers: their names.
const TIMERS: [Option<&str>; 5] = [None, Some("on"), Some("keepalive"), Some("timewait"), Some("persist")];

/// Tables, read when they are first needed.
#[derive(Debug, Default)]
pub struct Sockets {
    all: Option<Vec<Socket>>,
    troubles: Vec<String>,
    /// Tables that this kernel does not list: what is found elsewhere is not in them, nor is its other end.
    unlisted: Vec<String>,
}

impl Sockets {
    /// What could not be had; told once.
    pub fn troubles(&mut self) -> Vec<String> {
        std::mem::take(&mut self.troubles)
    }

    /// A socket by its inode. `address`: where a call connects it to.
    pub fn find(&mut self, inode: u64, purpose: Purpose, address: &[u8], holders: &mut Holders) -> Object {
        self.read();
        let all = self.all.as_deref().unwrap_or_default();
        let Some(socket) = all.iter().find(|socket| socket.inode == inode) else {
            self.troubles.append(&mut self.unlisted);
            return Object::Socket(format!("socket {inode}, which no table of the kernel lists"));
        };
        match &socket.detail {
            Detail::Unix(unix) => Object::Unix(self::unix(all, socket, unix, purpose, address, holders)),
            Detail::Inet(inet) => Object::Inet(Box::new(self::inet(all, socket, inet, holders))),
            Detail::Netlink(_) => Object::Socket("a message of the kernel, by netlink".to_owned()),
            Detail::Packet(_) => Object::Socket("packets of the network, by a packet socket".to_owned()),
            Detail::Vsock(_) => Object::Socket("a virtual machine's socket (vsock)".to_owned()),
            Detail::Xdp(_) | Detail::Tipc(_) => Object::Socket("a socket of the network".to_owned()),
        }
    }

    fn read(&mut self) {
        if self.all.is_some() {
            return;
        }
        let tables = vec![Table::Tcp, Table::Udp, Table::Unix, Table::Netlink, Table::Raw, Table::Packet, Table::Vsock];
        let extras = Extras { info: true, details: true, ..Extras::default() };
        let query = Query { tables, extras, ..Query::everything() };
        let current = Namespace::current().map_or(0, |space| space.inode);
        let mut all = Vec::new();
        let mut take = |gathered: Gathered, troubles: &mut Vec<String>, unlisted: &mut Vec<String>| {
            all.extend(gathered.sockets);
            for trouble in gathered.troubles {
                match trouble.why {
                    Why::NotListed(_) => unlisted.push(trouble.to_string()),
                    _ => troubles.push(trouble.to_string()),
                }
            }
        };
        match namespaces::all() {
            Ok(found) => {
                for space in &found.namespaces {
                    let gathered = match space.inode == current {
                        true => Ok(gather(&query, space.inode)),
                        false => space.inside(|| gather(&query, space.inode)),
                    };
                    match gathered {
                        Ok(gathered) => take(gathered, &mut self.troubles, &mut self.unlisted),
                        Err(error) => {
                            self.troubles.push(format!("of network namespace {}: {}", space.inode, reason(&error)))
                        }
                    }
                }
            }
            Err(error) => self.troubles.push(reason(&error)),
        }
        // Both halves of a connection between namespaces may be in one list, and one of them in the other's, too.
        let mut seen = std::collections::HashSet::new();
        all.retain(|socket| socket.cookie == 0 || seen.insert(socket.cookie));
        self.all = Some(all);
    }
}

/// A bound name with `@` for the NUL of an abstract one.
fn shown(name: &[u8]) -> Vec<u8> {
    match name {
        [0, rest @ ..] => [b"@", rest].concat(),
        name => name.to_vec(),
    }
}

fn unix(
    all: &[Socket],
    socket: &Socket,
    unix: &UnixSocket,
    purpose: Purpose,
    address: &[u8],
    holders: &mut Holders,
) -> Unix {
    let of = |inode: u64| all.iter().find(|other| other.inode == inode && matches!(other.detail, Detail::Unix(_)));
    let peer_inode = unix.peer.map(u64::from).filter(|&inode| inode != 0);
    let peer = peer_inode.and_then(of);
    let name = |socket: &Socket| match &socket.detail {
        Detail::Unix(unix) => unix.name.as_deref().map(shown),
        _ => None,
    };
    let mut found = Unix {
        inode: socket.inode,
        listens: (socket.state == State::LISTEN).then_some((socket.recv_q, socket.send_q)),
        name: peer.and_then(name).or_else(|| name(socket)),
        peers: peer_inode.map(|inode| holders.of_socket(inode)).unwrap_or_default(),
        connected: peer_inode.is_some(),
        queues: (socket.recv_q, socket.send_q),
        peer_unread: peer.map(|peer| peer.recv_q),
        listener: None,
    };
    let listener = |other: &Socket, holders: &mut Holders| Listener {
        holders: holders.of_socket(other.inode),
        waiting: (other.recv_q, other.send_q),
    };
    if purpose == Purpose::Connect {
        // struct sockaddr_un: the family, then a path, or a NUL and an abstract name.
        let path = address.get(2..).unwrap_or_default();
        let path = match path.first() {
            Some(0) | None => path,
            Some(_) => path.split(|&b| b == 0).next().unwrap_or_default(),
        };
        let named = |other: &&Socket| match &other.detail {
            Detail::Unix(unix) => {
                other.state == State::LISTEN && unix.name.as_deref().is_some_and(|name| same_name(name, path))
            }
            _ => false,
        };
        if let Some(other) = all.iter().find(named) {
            found.name = Some(shown(path));
            found.listener = Some(listener(other, holders));
        }
    } else if found.peers.is_empty() && socket.state != State::LISTEN {
        // Connected and not accepted yet: the listener has us in its list.
        let waits = |other: &&Socket| match &other.detail {
            Detail::Unix(unix) => {
                let ours = |&waiting: &u32| u64::from(waiting) == socket.inode || peer_inode == Some(waiting.into());
                unix.waiting.as_ref().is_some_and(|list| list.iter().any(ours))
            }
            _ => false,
        };
        if let Some(other) = all.iter().find(waits) {
            found.name = name(other).or(found.name);
            found.listener = Some(listener(other, holders));
        }
    }
    found
}

/// Whether a bound name is what was asked for: the kernel has the path that was bound, which may be a relative one.
fn same_name(bound: &[u8], asked: &[u8]) -> bool {
    let base = |path: &[u8]| path.rsplit(|&b| b == b'/').next().unwrap_or_default().to_vec();
    let absolute = |path: &[u8]| path.starts_with(b"/");
    bound == asked
        || (bound.first() != Some(&0)
            && !asked.is_empty()
            && absolute(bound) != absolute(asked)
            && base(bound) == base(asked))
}

/// An IPv4 address that was mapped into IPv6 is itself.
fn plain(end: Endpoint) -> (IpAddr, u16) {
    (end.address.to_canonical(), end.port)
}

fn inet(all: &[Socket], socket: &Socket, inet: &InetSocket, holders: &mut Holders) -> Inet {
    let (local, remote) = (plain(inet.local), plain(inet.remote));
    let tcp = inet.tcp();
    let mut found = Inet {
        table: inet.table.name(),
        local,
        remote,
        state: socket.state.name(),
        recv_q: socket.recv_q,
        send_q: socket.send_q,
        timer: TIMERS.get(usize::from(inet.timer.kind)).copied().flatten(),
        retrans: inet.timer.retrans.into(),
        last_received: tcp.map(|info| info.last_data_recv),
        last_sent: tcp.map(|info| info.last_data_sent),
        peer: None,
        listener: None,
    };
    if remote.1 == 0 || socket.state == State::LISTEN {
        return found;
    }
    let others = || {
        all.iter().filter_map(|other| Some((other, other.inet()?))).filter(|(other, inet2)| {
            inet2.table == inet.table
                && other.cookie != socket.cookie
                && (other.netns == socket.netns || !remote.0.is_loopback())
        })
    };
    // The same connection the other way round; of UDP also one that has no other end of its own.
    let whole = others().find(|(_, other)| plain(other.local) == remote && plain(other.remote) == local);
    let half = || {
        others().find(|(_, other)| {
            inet.table == Table::Udp
                && other.remote.port == 0
                && covers(plain(other.local), remote, other.local.address)
        })
    };
    if let Some((other, _)) = whole.or_else(half) {
        let list: Vec<Holder> = holders.of_socket(other.inode);
        let (elsewhere, taken) = (other.netns != socket.netns, other.inode != 0);
        found.peer = Some(Peer { holders: list, recv_q: other.recv_q, elsewhere, taken });
    }
    // Nobody has taken the connection there, or it is not made yet: the listener's queue.
    if inet.table == Table::Tcp && found.peer.as_ref().is_none_or(|peer| !peer.taken) {
        let netns = whole.map_or(socket.netns, |(other, _)| other.netns);
        // One that listens at any address counts where the address is known to be its namespace's.
        let has = |other: &Socket| {
            remote.0.is_loopback()
                || remote.0 == local.0
                || all
                    .iter()
                    .any(|one| one.netns == other.netns && one.inet().is_some_and(|inet| plain(inet.local) == remote))
        };
        let mut listeners = others().filter(|(other, inet2)| {
            let fits = covers(plain(inet2.local), remote, inet2.local.address);
            let known = if whole.is_some() { other.netns == netns } else { plain(inet2.local) == remote || has(other) };
            other.state == State::LISTEN && fits && known
        });
        if let Some((other, _)) = listeners.next() {
            found.listener =
                Some(Listener { holders: holders.of_socket(other.inode), waiting: (other.recv_q, other.send_q) });
        }
    }
    found
}

/// Whether what is bound there gets what goes to an address.
fn covers(bound: (IpAddr, u16), to: (IpAddr, u16), address: IpAddr) -> bool {
    bound.1 == to.1 && (bound.0 == to.0 || address.is_unspecified())
}
