//! What stands beside a descriptor: `3</etc/passwd>`, `3<TCP:[127.0.0.1:80]>`, `3</dev/null<char 1:3>>`.

use std::net::Ipv6Addr;

use tracer_common::event::Sock;

use super::Look;
use crate::decode::value::FileView;
use crate::render::escape::{Color, Line};
use crate::schema::details::Details;
use crate::schema::protocols::NETLINK_PROTO;
use crate::spec::Fds;

impl Look {
    /// A descriptor, or AT_FDCWD (a plain descriptor never has that value).
    pub(super) fn fd(&self, line: &mut Line<'_>, fd: i32, file: Option<&FileView<'_>>) {
        if fd == libc::AT_FDCWD {
            self.at_fdcwd(line);
        } else {
            line.int(i64::from(fd));
        }
        if let Some(file) = file
            && self.fds != Fds::default()
        {
            self.file(line, file);
        }
    }

    fn at_fdcwd(&self, line: &mut Line<'_>) {
        use crate::spec::NameStyle;
        match self.names {
            NameStyle::Abbrev => {
                line.paint(Color::Constant);
                line.lit("AT_FDCWD");
                line.plain();
            }
            NameStyle::Raw => line.int(libc::AT_FDCWD.into()),
            NameStyle::Verbose => {
                line.int(libc::AT_FDCWD.into());
                line.lit(" /* AT_FDCWD */");
            }
        }
    }

    /// The file behind a stream, whatever is asked for of descriptors.
    pub(super) fn behind(&self, line: &mut Line<'_>, file: &FileView<'_>) {
        let all = Look { fds: Fds { path: true, socket: true, ..self.fds }, ..*self };
        all.file(line, file);
    }

    fn file(&self, line: &mut Line<'_>, file: &FileView<'_>) {
        if let Some(sock) = &file.sock {
            if self.fds.socket && protocol(sock).is_some() {
                line.lit("<");
                self.socket(line, file, sock);
                line.lit(">");
                return;
            }
        } else if let Some(kind) = device(file.file.mode)
            && self.fds.dev
        {
            line.lit("<");
            self.path(line, file);
            line.lit("<");
            line.lit(kind);
            line.lit(" ");
            line.uint(u64::from(file.file.rdev >> 20));
            line.lit(":");
            line.uint(u64::from(file.file.rdev & 0xf_ffff));
            if let Some(Details::Terminal(index)) = file.details {
                line.lit(" @/dev/pts/");
                line.uint(index);
            }
            line.lit(">>");
            return self.deleted(line, file);
        }
        if self.fds.pidfd && file.file.rdev != 0 && file.is_pidfd() {
            line.lit("<pid:");
            line.uint(u64::from(file.file.rdev));
            if let Some(task) = &file.task {
                self.task(line, task);
            }
            line.lit(">");
            return;
        }
        match file.details {
            Some(Details::Events { count, id, semaphore }) if self.fds.eventfd => {
                line.lit("<{eventfd-count=");
                line.hex(count);
                line.lit(", eventfd-id=");
                line.uint(id);
                line.lit(", eventfd-semaphore=");
                line.uint(semaphore.into());
                return line.lit("}>");
            }
            Some(Details::Signals(set)) if self.fds.signalfd => {
                line.lit("<signalfd:");
                self.signal_set(line, set);
                return line.lit(">");
            }
            _ => {}
        }
        if (self.fds.path || self.fds.pidfd && file.is_pidfd()) && !file.path.is_empty() {
            line.lit("<");
            self.path(line, file);
            line.lit(">");
            self.deleted(line, file);
        }
    }

    fn path(&self, line: &mut Line<'_>, file: &FileView<'_>) {
        line.paint(Color::Text);
        if file.cut {
            line.lit(".../");
        }
        line.name(&file.path, self.hex);
        line.plain();
    }

    fn deleted(&self, line: &mut Line<'_>, file: &FileView<'_>) {
        if file.file.deleted != 0 && file.sock.is_none() {
            line.lit("(deleted)");
        }
    }

    fn socket(&self, line: &mut Line<'_>, file: &FileView<'_>, sock: &Sock) {
        line.lit(protocol(sock).unwrap_or("socket"));
        line.lit(":[");
        line.paint(Color::Text);
        match i32::from(sock.family) {
            libc::AF_INET | libc::AF_INET6 => inet(line, file, sock),
            libc::AF_UNIX => {
                line.uint(file.file.ino);
                if sock.peer != 0 {
                    line.lit("->");
                    line.uint(sock.peer);
                }
                let (mark, name) = match &*file.name {
                    [0, name @ ..] => (",@", name),
                    name => (",", name),
                };
                if !file.name.is_empty() {
                    let end = memchr::memchr(0, name).unwrap_or(name.len());
                    line.lit(mark);
                    line.quoted(&name[..end], self.hex, false);
                }
            }
            libc::AF_NETLINK if sock.peer != 0 => {
                let name = NETLINK_PROTO.name_of(sock.protocol.into());
                match name.and_then(|name| name.strip_prefix(NETLINK_PROTO.prefix)) {
                    Some(name) => line.lit(name),
                    None => line.uint(u64::from(sock.protocol)),
                }
                line.lit(":");
                line.uint(sock.peer);
            }
            _ => line.uint(file.file.ino),
        }
        line.plain();
        line.lit("]");
    }
}

/// `char`, `block`.
fn device(mode: u32) -> Option<&'static str> {
    match mode & libc::S_IFMT {
        libc::S_IFCHR => Some("char"),
        libc::S_IFBLK => Some("block"),
        _ => None,
    }
}

fn inet(line: &mut Line<'_>, file: &FileView<'_>, sock: &Sock) {
    if sock.sport == 0 && sock.dport == 0 {
        return line.uint(file.file.ino);
    }
    let v6 = i32::from(sock.family) == libc::AF_INET6;
    end(line, v6, &sock.saddr, sock.sport);
    if sock.dport != 0 {
        line.lit("->");
        end(line, v6, &sock.daddr, sock.dport);
    }
}

fn end(line: &mut Line<'_>, v6: bool, addr: &[u8; 16], port: u16) {
    if v6 {
        line.lit("[");
        line.text(&Ipv6Addr::from(*addr).to_string());
        line.lit("]");
    } else {
        ip4(line, [addr[0], addr[1], addr[2], addr[3]]);
    }
    line.lit(":");
    line.uint(u64::from(port));
}

/// `127.0.0.1`
pub(super) fn ip4(line: &mut Line<'_>, addr: [u8; 4]) {
    for (i, byte) in addr.into_iter().enumerate() {
        if i > 0 {
            line.lit(".");
        }
        line.uint(u64::from(byte));
    }
}

/// The kernel's name of a socket's protocol (`struct proto`), for those whose ends are known.
fn protocol(sock: &Sock) -> Option<&'static str> {
    const STREAM: u16 = libc::SOCK_STREAM as u16;
    const RAW: u16 = libc::SOCK_RAW as u16;
    let v6 = match i32::from(sock.family) {
        libc::AF_UNIX => return Some(if sock.ty == STREAM { "UNIX-STREAM" } else { "UNIX" }),
        libc::AF_NETLINK => return Some("NETLINK"),
        libc::AF_INET => false,
        libc::AF_INET6 => true,
        _ => return None,
    };
    let name = match (sock.ty, i32::from(sock.protocol)) {
        (RAW, _) => ["RAW", "RAWv6"],
        (_, libc::IPPROTO_TCP) => ["TCP", "TCPv6"],
        (_, libc::IPPROTO_UDP) => ["UDP", "UDPv6"],
        (_, libc::IPPROTO_UDPLITE) => ["UDP-Lite", "UDPLITEv6"],
        (_, libc::IPPROTO_ICMP) if !v6 => ["PING", "PING"],
        (_, libc::IPPROTO_ICMPV6) if v6 => ["PINGv6", "PINGv6"],
        (_, libc::IPPROTO_SCTP) => ["SCTP", "SCTPv6"],
        (_, 33) => ["DCCP", "DCCPv6"],
        (_, 262) => ["MPTCP", "MPTCPv6"],
        (STREAM, _) => ["TCP", "TCPv6"],
        (2, _) => ["UDP", "UDPv6"],
        _ => return None,
    };
    Some(name[usize::from(v6)])
}
