//! /proc/net, where sock_diag has nothing: sockets of inet tables, and how many sockets of a protocol there are
//! at all (/proc/net/protocols). Paths are those of the calling thread, so that they follow it into namespaces.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::system::procfs::who::Who;
use crate::system::sockets::{Detail, Endpoint, Inet, Socket, State, Table};

/// Appends what /proc/net tells of a table; `None` where it tells nothing.
pub fn read(table: Table, family: u8, states: u32, sockets: &mut Vec<Socket>) -> Option<io::Result<()>> {
    let six = i32::from(family) == libc::AF_INET6;
    let name = match (table, six) {
        (Table::Tcp, false) => "tcp",
        (Table::Tcp, true) => "tcp6",
        (Table::Udp, false) => "udp",
        (Table::Udp, true) => "udp6",
        (Table::Raw, false) => "raw",
        (Table::Raw, true) => "raw6",
        _ => return None,
    };
    Some(Who::ThisThread.read(&format!("net/{name}")).map(|text| {
        let lines = text.split(|&b| b == b'\n').skip(1);
        let rows = lines.filter_map(|line| row(std::str::from_utf8(line).ok()?, table, family));
        sockets.extend(rows.filter(|socket| states & socket.state.bit() != 0));
    }))
}

/// How many sockets a protocol has in this namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// The kernel does not know the protocol.
    Absent,
    /// So many.
    Known(u64),
    /// The protocol does not count them.
    Unknown,
}

/// Looks a table's protocols up in /proc/net/protocols.
pub fn protocols(table: Table, family: u8) -> Option<Count> {
    let text = Who::ThisThread.read("net/protocols").ok()?;
    Some(count(&String::from_utf8_lossy(&text), table, i32::from(family) == libc::AF_INET6))
}

fn count(text: &str, table: Table, six: bool) -> Count {
    let names: &[&str] = match (table, six) {
        (Table::Tcp, false) => &["TCP"],
        (Table::Tcp, true) => &["TCPv6"],
        (Table::Mptcp, false) => &["MPTCP"],
        (Table::Mptcp, true) => &["MPTCPv6"],
        (Table::Dccp, false) => &["DCCP"],
        (Table::Dccp, true) => &["DCCPv6"],
        (Table::Udp, false) => &["UDP"],
        (Table::Udp, true) => &["UDPv6"],
        (Table::Raw, false) => &["RAW"],
        (Table::Raw, true) => &["RAWv6"],
        (Table::Sctp, false) => &["SCTP"],
        (Table::Sctp, true) => &["SCTPv6"],
        (Table::Unix, _) => &["UNIX", "UNIX-STREAM"],
        (Table::Packet, _) => &["PACKET"],
        (Table::Netlink, _) => &["NETLINK"],
        (Table::Vsock, _) => &["AF_VSOCK"],
        (Table::Tipc, _) => &["TIPC"],
        (Table::Xdp, _) => &["XDP"],
    };
    let mut found = Count::Absent;
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace();
        if !fields.next().is_some_and(|name| names.contains(&name)) {
            continue;
        }
        let sockets = fields.nth(1).and_then(|field| field.parse::<i64>().ok()).and_then(|n| u64::try_from(n).ok());
        found = match (found, sockets) {
            // vsock is registered but does not count.
            _ if table == Table::Vsock => Count::Unknown,
            (Count::Known(before), Some(more)) => Count::Known(before + more),
            (Count::Absent, Some(sockets)) => Count::Known(sockets),
            _ => Count::Unknown,
        };
    }
    found
}

/// `sl local rem st tx:rx tr:when retrnsmt uid timeout inode ...`
fn row(line: &str, table: Table, family: u8) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let local = endpoint(fields.next()?)?;
    let remote = endpoint(fields.next()?)?;
    let mut inet = Inet::new(table, local, remote);
    let state = State(u8::from_str_radix(fields.next()?, 16).ok()?);
    let (send, receive) = fields.next()?.split_once(':')?;
    let (timer, when) = fields.next()?.split_once(':')?;
    inet.timer.kind = u8::from_str_radix(timer, 16).ok()?;
    // In hundredths of a second, whatever the kernel's HZ.
    inet.timer.expires = u32::from_str_radix(when, 16).ok()?.saturating_mul(10);
    inet.timer.retrans = u32::from_str_radix(fields.next()?, 16).ok()?.min(255) as u8;
    let uid = fields.next()?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    let mut socket = Socket::new(family, Detail::Inet(Box::new(inet)));
    socket.state = state;
    socket.send_q = u32::from_str_radix(send, 16).ok()?;
    socket.recv_q = u32::from_str_radix(receive, 16).ok()?;
    socket.uid = Some(uid);
    socket.inode = inode;
    // A raw socket has no port; the protocol stands in its place.
    socket.protocol = if table == Table::Raw { 0 } else { table.protocol()? };
    socket.kind = match table {
        Table::Udp => libc::SOCK_DGRAM as u8,
        Table::Raw => libc::SOCK_RAW as u8,
        _ => libc::SOCK_STREAM as u8,
    };
    Some(socket)
}

/// `0100007F:1F90`, or four such words: each in the machine's order, as the kernel prints them.
fn endpoint(text: &str) -> Option<Endpoint> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = [0u8; 16];
    let words = address.len().checked_div(8)?;
    if address.len() % 8 != 0 || !address.is_ascii() || words > 4 {
        return None;
    }
    for (i, word) in bytes.chunks_exact_mut(4).take(words).enumerate() {
        word.copy_from_slice(&u32::from_str_radix(address.get(8 * i..8 * i + 8)?, 16).ok()?.to_ne_bytes());
    }
    let address = match words {
        1 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        4 => IpAddr::V6(Ipv6Addr::from(bytes)),
        _ => return None,
    };
    Some(Endpoint { address, port: u16::from_str_radix(port, 16).ok()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_are_read() {
        let line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 23456 1 \
                    0000000000000000 100 0 0 10 0";
        let socket = row(line, Table::Tcp, 2).expect("a row");
        let inet = socket.inet().expect("inet");
        assert_eq!((inet.local.address.to_string(), inet.local.port), ("127.0.0.1".to_owned(), 8080));
        assert_eq!((socket.state, socket.recv_q, socket.uid, socket.inode), (State::LISTEN, 3, Some(1000), 23456));
        let six = endpoint("00000000000000000000000001000000:0016").expect("an end");
        assert_eq!((six.address.to_string(), six.port), ("::1".to_owned(), 22));
    }

    #[test]
    fn protocols_are_counted() {
        let text = "protocol  size sockets  memory press\nUNIX 1152 2 -1\nUNIX-STREAM 1152 8 -1\nRAW 1152 -1 -1\nAF_VSOCK 1240 0 -1\n";
        assert_eq!(count(text, Table::Unix, false), Count::Known(10));
        assert_eq!(count(text, Table::Raw, false), Count::Unknown);
        assert_eq!(count(text, Table::Vsock, false), Count::Unknown);
        assert_eq!(count(text, Table::Tipc, false), Count::Absent);
    }

    proptest! {
        #[test]
        fn any_line_will_do(line in "[ 0-9a-fA-F:é]{0,120}") {
            let _ = row(&line, Table::Tcp, 2);
            let _ = endpoint(&line);
        }
    }
}
