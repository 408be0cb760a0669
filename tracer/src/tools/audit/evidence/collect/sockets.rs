//! Calls on sockets.

use std::net::SocketAddr;

use tracer_common::plan::{phase, shape};

use super::files::{lexical, view_of};
use super::{Collector, Seen};
use crate::decode::calls::{address, fd_of, field, protocol, socket_error, unix_name};
use crate::decode::value::Value;
use crate::tools::audit::evidence::accesses::Row;
use crate::tools::audit::evidence::{GapKind, Object, Op, names};

impl Collector<'_> {
    /// Learns the ports of the sockets that a call is on.
    pub(super) fn look_at_sockets(&mut self, seen: &Seen<'_, '_>) {
        for (_, value) in &seen.call.args {
            if let Value::Fd(_, Some(view)) = value
                && let Some(sock) = &view.sock
            {
                self.ports.see(&view.file, sock);
            }
        }
    }

    pub(super) fn socket(&mut self, seen: &Seen<'_, '_>, name: &str) {
        match name {
            "bind" => self.bind(seen),
            "listen" => self.listen(seen),
            "connect" => self.connect(seen),
            "getsockopt" => self.connected(seen),
            "sendto" => {
                if let Some((_, named)) = seen.call.args.get(4) {
                    self.sent(seen, named);
                }
            }
            "sendmsg" => {
                if let Some(named) = seen.call.args.get(1).and_then(|(_, message)| field(message, "msg_name")) {
                    self.sent(seen, named);
                }
            }
            "sendmmsg" => {
                let Some((_, Value::Array(list, _))) = seen.call.args.get(1) else { return };
                let headers = list.iter().filter_map(|one| field(one, "msg_hdr"));
                for named in headers.filter_map(|header| field(header, "msg_name")) {
                    self.sent(seen, named);
                }
            }
            _ => self.received(seen, name),
        }
    }

    /// The object that an address is; `None` for none, or for one that could not be read, which is noted.
    fn object(&mut self, seen: &Seen<'_, '_>, named: &Value<'_>) -> Option<Object> {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        if let Some(address) = address(named) {
            return Some(Object::Inet { protocol: protocol(sock.as_ref()), address, ephemeral: false, host: None });
        }
        if let Some(name) = unix_name(named) {
            // A unix socket that asks for a name of the kernel's choice, or has none.
            if name.is_empty() {
                return None;
            }
            if name.starts_with(b"@") || name.starts_with(b"/") {
                return Some(Object::Unix(if name.starts_with(b"/") { self.world.resolve(&name) } else { name }));
            }
            let Some(directory) = seen.directory() else {
                self.gap(GapKind::Unreadable, Some(seen.unit), "the directory of a socket's name".to_owned(), 1);
                return Some(Object::Unix(name));
            };
            let path = [directory.as_slice(), b"/", &name].concat();
            return Some(Object::Unix(self.world.resolve(&path)));
        }
        let family = (0..6).find_map(|arg| seen.blobs.find(arg, shape::BYTES, phase::ENTER, 0));
        let family = family.and_then(|(_, bytes)| bytes.first_chunk::<2>().map(|b| u16::from_ne_bytes(*b)));
        let family = match family.map(i32::from) {
            None | Some(libc::AF_UNSPEC) => return None,
            Some(libc::AF_NETLINK) => "AF_NETLINK",
            Some(libc::AF_PACKET) => "AF_PACKET",
            Some(libc::AF_VSOCK) => "AF_VSOCK",
            Some(libc::AF_ALG) => "AF_ALG",
            Some(libc::AF_UNIX) => return None,
            Some(_) => "AF_OTHER",
        };
        Some(Object::Other(family, String::new()))
    }

    fn bind(&mut self, seen: &Seen<'_, '_>) {
        let Some((_, named)) = seen.call.args.get(1) else { return };
        let Some(mut object) = self.object(seen, named) else { return };
        match &mut object {
            Object::Inet { protocol, address, ephemeral, .. } => {
                if seen.errno == 0
                    && let Some(view) = view_of(seen, 0)
                {
                    self.ports.bound(protocol, view.file.ino, address.port());
                }
                *ephemeral = address.port() == 0;
            }
            Object::Unix(path) if path.starts_with(b"/") && seen.errno == 0 => {
                let path = lexical(path);
                self.effects.create(&path, seen.unit);
            }
            _ => {}
        }
        self.on_socket(seen, Op::Bind, &object);
    }

    fn listen(&mut self, seen: &Seen<'_, '_>) {
        let Some(view) = view_of(seen, 0) else {
            if i32::from(seen.errno) != libc::EBADF {
                self.gap(GapKind::Unreadable, Some(seen.unit), "the socket of a listen".to_owned(), 1);
            }
            return;
        };
        let Some(sock) = view.sock else { return };
        let object = match i32::from(sock.family) {
            libc::AF_INET | libc::AF_INET6 => {
                let address = own(&sock);
                Object::Inet { protocol: protocol(Some(&sock)), address, ephemeral: address.port() == 0, host: None }
            }
            libc::AF_UNIX if view.name.is_empty() => return,
            libc::AF_UNIX => match &*view.name {
                [0, rest @ ..] => Object::Unix([b"@", rest].concat()),
                // The kernel keeps the NUL that may end a path.
                name => {
                    let name = name.split(|&b| b == 0).next().unwrap_or_default();
                    match seen.directory().filter(|_| !name.starts_with(b"/")) {
                        Some(directory) => Object::Unix([directory.as_slice(), b"/", name].concat()),
                        None => Object::Unix(self.world.resolve(name)),
                    }
                }
            },
            _ => return,
        };
        self.on_socket(seen, Op::Listen, &object);
    }

    fn connect(&mut self, seen: &Seen<'_, '_>) {
        let Some((_, named)) = seen.call.args.get(1) else { return };
        let Some(object) = self.object(seen, named) else { return };
        let access = seen.row(Op::Connect, self.accesses.thing(&object));
        let Some(fd) = fd_of(seen.call) else { return };
        let key = (seen.call.head.tgid, fd);
        let before = self.connecting.remove(&key);
        match i32::from(seen.errno) {
            libc::EINPROGRESS | libc::EALREADY => {
                // Of another connection that had the descriptor no more will be heard.
                if let Some(before) = before.filter(|before| before.thing != access.thing) {
                    self.add(before);
                }
                self.connecting.insert(key, Row { errno: 0, ..access });
            }
            libc::EISCONN => self.add(Row { errno: 0, ..access }),
            _ => self.add(access),
        }
    }

    /// How a connection ended that connect did not wait for.
    fn connected(&mut self, seen: &Seen<'_, '_>) {
        let Some(errno) = socket_error(seen.call) else { return };
        let Some(fd) = fd_of(seen.call) else { return };
        if let Some(access) = self.connecting.remove(&(seen.call.head.tgid, fd)) {
            self.add(Row { errno, ..access });
        }
    }

    /// A datagram was sent to an address; a connection's was told when it was made.
    fn sent(&mut self, seen: &Seen<'_, '_>, named: &Value<'_>) {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        if sock.is_some_and(|sock| i32::from(sock.ty) == libc::SOCK_STREAM) {
            return;
        }
        if let Some(object) = self.object(seen, named) {
            self.on_socket(seen, Op::Send, &object);
        }
    }

    /// What came from a name server tells names of hosts.
    fn received(&mut self, seen: &Seen<'_, '_>, name: &str) {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        let from = match name {
            "recvfrom" => seen.call.args.get(4).map(|(_, value)| value),
            _ => seen.call.args.get(1).and_then(|(_, message)| field(message, "msg_name")),
        };
        let port = from.and_then(address).map(|address| address.port());
        if port.or(sock.map(|sock| sock.dport)) != Some(names::PORT) {
            return;
        }
        match name {
            "recvfrom" => {
                if let Some((_, data)) = seen.call.args.get(1) {
                    self.names.learn(data);
                }
            }
            _ => {
                let vector = seen.call.args.get(1).and_then(|(_, message)| field(message, "msg_iov"));
                let Some(Value::Array(list, _)) = vector else { return };
                if let Some(data) = list.first().and_then(|element| field(element, "iov_base")) {
                    self.names.learn(data);
                }
            }
        }
    }
}

/// The own address of a socket.
fn own(sock: &tracer_common::event::Sock) -> SocketAddr {
    let ip = match i32::from(sock.family) {
        libc::AF_INET => std::net::Ipv4Addr::new(sock.saddr[0], sock.saddr[1], sock.saddr[2], sock.saddr[3]).into(),
        _ => std::net::Ipv6Addr::from(sock.saddr).to_canonical(),
    };
    SocketAddr::new(ip, sock.sport)
}
