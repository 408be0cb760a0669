//! A socket as a line (or two, with more to say): state, queues, both ends, and what was asked for besides.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv6Addr};

use super::columns::Column;
use super::{List, Names};
use crate::render::escape::Line;
use crate::system::sockets::owners::Owners;
use crate::system::sockets::{Detail, Endpoint, Inet, Socket, Table};

/// A line in the making.
pub struct SocketRow<'a> {
    pub list: &'a mut List,
    pub socket: &'a Socket,
    pub owners: Option<&'a Owners>,
    pub names: &'a mut dyn Names,
    pub out: &'a mut Vec<u8>,
}

impl SocketRow<'_> {
    /// Makes the line.
    pub fn print(mut self) {
        let socket = self.socket;
        match &socket.detail {
            Detail::Inet(inet) => self.inet(inet),
            Detail::Unix(unix) => self.unix(unix),
            Detail::Netlink(netlink) => self.netlink(netlink),
            Detail::Packet(packet) => self.packet(packet),
            Detail::Vsock(vsock) => self.vsock(*vsock),
            Detail::Xdp(xdp) => self.xdp(xdp),
            Detail::Tipc(tipc) => self.tipc(tipc),
        }
    }

    /// Appends text of our own to the current field.
    pub fn text(&mut self, text: fmt::Arguments<'_>) {
        struct Ascii<'a>(&'a mut Vec<u8>);
        impl fmt::Write for Ascii<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
        if let Some(field) = self.list.columns.field() {
            let _ = Ascii(field).write_fmt(text);
        }
    }

    /// Appends a name that others chose.
    pub fn name(&mut self, name: &[u8]) {
        if let Some(field) = self.list.columns.field() {
            Line::new(field, false).plain_name(name);
        }
    }

    fn next(&mut self) {
        self.list.columns.next(self.out);
    }

    /// Namespace, table, state and queues.
    pub fn head(&mut self, netid: &str) {
        let socket = self.socket;
        let association = netid == "sctp" && self.list.sctp != 0 && self.list.sctp == socket.inode;
        if self.list.namespaces {
            self.list.columns.go(Column::Netns, self.out);
            let namespace = self.names.namespace(socket.netns);
            self.name(namespace.as_bytes());
        }
        if association {
            self.list.columns.go(Column::State, self.out);
            self.text(format_args!("`- {}", sctp_state(socket.state.0)));
        } else {
            self.list.columns.go(Column::Netid, self.out);
            self.text(format_args!("{netid}"));
            self.list.columns.go(Column::State, self.out);
            self.text(format_args!("{}", socket.state.name()));
        }
        self.list.columns.go(Column::RecvQ, self.out);
        // As C's int: the kernel's numbers are never that large.
        self.text(format_args!("{:<6}", socket.recv_q as i32));
        self.list.columns.go(Column::SendQ, self.out);
        self.text(format_args!("{:<6}", socket.send_q as i32));
        self.list.columns.go(Column::Address, self.out);
    }

    /// Address and port of an end, of text of our own.
    pub fn end(&mut self, address: fmt::Arguments<'_>, delimiter: &str, port: fmt::Arguments<'_>) {
        self.text(address);
        self.text(format_args!("{delimiter}"));
        self.next();
        self.text(port);
        self.next();
    }

    /// A name of others and a port.
    pub fn named_end(&mut self, name: &[u8], delimiter: &str, port: &[u8]) {
        self.name(name);
        self.text(format_args!("{delimiter}"));
        self.next();
        self.name(port);
        self.next();
    }

    fn inet(&mut self, inet: &Inet) {
        let netid = match (inet.table, self.socket.protocol) {
            // What a raw socket carries stands in the place of the table.
            (Table::Raw, 0 | 255) if self.socket.protocol == 0 => "raw",
            (Table::Raw, 6) => "tcp",
            (Table::Raw, 17) => "udp",
            (Table::Raw, 33) => "dccp",
            (Table::Raw, 58) => "icmp6",
            (Table::Raw, 132) => "sctp",
            (Table::Raw, _) => "???",
            (table, _) => table.name(),
        };
        self.head(netid);
        let v6only = inet.v6only == Some(true);
        self.inet_end(inet.local, self.socket.interface, v6only);
        self.inet_end(inet.remote, 0, v6only);
        self.processes();
        self.inet_details(inet);
        self.list.sctp = self.socket.inode;
    }

    fn inet_end(&mut self, end: Endpoint, interface: u32, v6only: bool) {
        match end.address {
            IpAddr::V6(any) if any.is_unspecified() && !v6only => self.text(format_args!("*")),
            address => {
                let host = if self.list.show.resolve { self.names.host(address) } else { None };
                match (host, address) {
                    // A name has no colon, else it is an address.
                    (Some(host), IpAddr::V6(_)) if host.contains(':') => {
                        self.text(format_args!("["));
                        self.name(host.as_bytes());
                        self.text(format_args!("]"));
                    }
                    (Some(host), _) => self.name(host.as_bytes()),
                    (None, IpAddr::V4(v4)) => self.text(format_args!("{v4}")),
                    (None, IpAddr::V6(v6)) => self.text(format_args!("[{}]", v6_text(v6))),
                }
            }
        }
        if interface > 0 {
            let name = self.names.interface(self.socket.netns, interface);
            self.text(format_args!("%"));
            self.name(name.as_bytes());
        }
        self.text(format_args!(":"));
        self.next();
        self.port(end.port);
        self.next();
    }

    fn port(&mut self, port: u16) {
        if port == 0 {
            return self.text(format_args!("*"));
        }
        if !self.list.show.numeric {
            let name = match self.list.services {
                Some("raw") => Some(self.names.protocol(port).unwrap_or_else(|| format!("ipproto-{port}"))),
                protocol => self.names.service(port, protocol),
            };
            if let Some(name) = name {
                return self.name(name.as_bytes());
            }
        }
        self.text(format_args!("{port}"));
    }

    /// `users:(("name",pid=1,fd=2))`, the latest descriptor first, as ss finds them.
    pub fn processes(&mut self) {
        let Some(owners) = self.owners else { return };
        let found = owners.of(self.socket.inode);
        if found.is_empty() {
            return;
        }
        let threads = self.list.show.threads;
        self.text(format_args!(" users:("));
        for (i, owner) in found.iter().rev().enumerate() {
            self.text(format_args!("{}(\"", if i > 0 { "," } else { "" }));
            self.name(&owner.comm);
            self.text(format_args!("\",pid={},", owner.pid));
            if self.list.show.labels {
                let label = self.names.label(owner.pid);
                self.text(format_args!("proc_ctx="));
                self.name(label.as_deref().unwrap_or(b"unavailable"));
                self.text(format_args!(","));
            }
            if threads {
                self.text(format_args!("tid={},", owner.tid));
            }
            self.text(format_args!("fd={})", owner.fd));
        }
        self.text(format_args!(")"));
    }

    /// A new line within the field, unless all is to stand on one.
    pub fn indent(&mut self, oneline: &str) {
        if self.list.show.oneline {
            self.text(format_args!("{oneline}"));
        } else {
            self.text(format_args!("\n\t"));
        }
    }
}

/// As inet_ntop(3): an address that only has its last four bytes is written as IPv4's.
pub fn v6_text(address: Ipv6Addr) -> String {
    match address.octets() {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] if (a, b) != (0, 0) => format!("::{a}.{b}.{c}.{d}"),
        _ => address.to_string(),
    }
}

/// Names of SCTP's states.
pub fn sctp_state(state: u8) -> &'static str {
    match state {
        0 => "CLOSED",
        1 => "COOKIE_WAIT",
        2 => "COOKIE_ECHOED",
        3 => "ESTAB",
        4 => "SHUTDOWN_PENDING",
        5 => "SHUTDOWN_SENT",
        6 => "SHUTDOWN_RECEIVED",
        7 => "ACK_SENT",
        _ => "UNKNOWN",
    }
}
