//! /proc/net, where sock_diag has nothing: sockets of inet tables, and how many sockets of a protocol there are
//! at all (/proc/net/protocols). Paths are those of the calling thread, so that they follow it into namespaces.

use std::io;

use crate::system::procfs::net::File;
use crate::system::procfs::who::Who;
use crate::system::sockets::{Socket, Table};

/// Appends what /proc/net tells of a table; `None` where it tells nothing.
pub fn read(table: Table, family: u8, states: u32, sockets: &mut Vec<Socket>) -> Option<io::Result<()>> {
    let mut text = Vec::new();
    let read = File::of(table, family)?.sockets(Who::ThisThread, &mut text);
    Some(read.map(|list| sockets.extend(list.filter(|socket| states & socket.state.bit() != 0))))
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
            (Count::Known(before), Some(more)) => Count::Known(before.saturating_add(more)),
            (Count::Absent, Some(sockets)) => Count::Known(sockets),
            _ => Count::Unknown,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_counted() {
        let text = "protocol  size sockets  memory press\nUNIX 1152 2 -1\nUNIX-STREAM 1152 8 -1\nRAW 1152 -1 -1\nAF_VSOCK 1240 0 -1\n";
        assert_eq!(count(text, Table::Unix, false), Count::Known(10));
        assert_eq!(count(text, Table::Raw, false), Count::Unknown);
        assert_eq!(count(text, Table::Vsock, false), Count::Unknown);
        assert_eq!(count(text, Table::Tipc, false), Count::Absent);
    }
}
