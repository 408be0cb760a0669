//! Which sockets are at each other's ends, found among those that were listed.

use std::collections::HashMap;

use super::{Detail, Endpoint, Socket, Table};

/// Inodes of the sockets at the other end of one: of a unix socket the one that it is connected to; of an inet socket those in its
/// network namespace that have its ends the other way round, or (UDP) only its remote one.
pub fn of(socket: &Socket, all: &[Socket]) -> Vec<u64> {
    match &socket.detail {
        Detail::Unix(_) => connected(socket).into_iter().collect(),
        Detail::Inet(inet) if inet.remote.port != 0 => {
            // An IPv4 address that was mapped into IPv6 is itself.
            let same =
                |a: &Endpoint, b: &Endpoint| a.port == b.port && a.address.to_canonical() == b.address.to_canonical();
            let is_other = |other: &&Socket| {
                other.netns == socket.netns
                    && other.inode != 0
                    && other.inet().is_some_and(|o| {
                        o.table == inet.table
                            && same(&o.local, &inet.remote)
                            && (same(&o.remote, &inet.local) || inet.table == Table::Udp && o.remote.port == 0)
                    })
            };
            all.iter().filter(is_other).map(|other| other.inode).collect()
        }
        _ => Vec::new(),
    }
}

/// The socket that a unix socket is connected to.
fn connected(socket: &Socket) -> Option<u64> {
    match &socket.detail {
        Detail::Unix(unix) => unix.peer.filter(|&peer| peer != 0).map(u64::from),
        _ => None,
    }
}

/// Of each unix socket the inode of one at its other end, as lsof pairs them: a datagram socket that others are connected to, and that
/// is connected to none, has one of them; a socket that listens has one that waits to be accepted.
pub fn unix_pairs(all: &[Socket]) -> HashMap<u64, u64> {
    let mut found = HashMap::new();
    let mut back = Vec::new();
    for socket in all {
        let Detail::Unix(unix) = &socket.detail else { continue };
        let peer = connected(socket);
        back.extend(peer.map(|peer| (peer, socket.inode)));
        let waiting = unix.waiting.iter().flatten().find(|&&inode| inode != 0);
        if let Some(other) = peer.or(waiting.map(|&first| first.into())) {
            found.insert(socket.inode, other);
        }
    }
    for (of, other) in back {
        found.entry(of).or_insert(other);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::sockets::{Inet, Unix};

    fn unix(inode: u64, peer: Option<u32>, waiting: Option<Vec<u32>>) -> Socket {
        let detail = Detail::Unix(Unix { peer, waiting, ..Unix::default() });
        Socket { inode, ..Socket::new(libc::AF_UNIX as u8, detail) }
    }

    fn inet(inode: u64, netns: u64, table: Table, ends: [&str; 2]) -> Socket {
        let [local, remote] = ends.map(|text| {
            let end: std::net::SocketAddr = text.parse().expect("an end");
            Endpoint { address: end.ip(), port: end.port() }
        });
        let detail = Detail::Inet(Box::new(Inet::new(table, local, remote)));
        Socket { inode, netns, ..Socket::new(libc::AF_INET as u8, detail) }
    }

    #[test]
    fn inet_sockets_know_their_others() {
        let (a, b) = ("127.0.0.1:80", "127.0.0.1:4000");
        let all = [
            inet(1, 7, Table::Tcp, [a, b]),
            inet(2, 7, Table::Tcp, ["[::ffff:127.0.0.1]:4000", "[::ffff:127.0.0.1]:80"]),
            inet(3, 8, Table::Tcp, [b, a]),
            inet(0, 7, Table::Tcp, [b, a]),
            inet(4, 7, Table::Tcp, [a, "0.0.0.0:0"]),
            inet(5, 7, Table::Udp, [b, a]),
            inet(6, 7, Table::Udp, [a, "0.0.0.0:0"]),
        ];
        for (at, expected) in [(0, vec![2]), (1, vec![1]), (2, vec![]), (4, vec![]), (5, vec![6]), (6, vec![])] {
            assert_eq!(of(&all[at], &all), expected, "{at}");
        }
    }

    #[test]
    fn unix_sockets_are_paired() {
        let all = [
            unix(1, Some(2), None),
            unix(2, Some(1), None),
            unix(3, Some(0), Some(vec![0, 9])),
            unix(4, None, None),
            unix(5, Some(4), None),
            unix(6, None, None),
        ];
        assert_eq!(unix_pairs(&all), HashMap::from([(1, 2), (2, 1), (3, 9), (4, 5), (5, 4)]));
        assert_eq!((of(&all[0], &all), of(&all[2], &all)), (vec![2], vec![]));
    }
}
