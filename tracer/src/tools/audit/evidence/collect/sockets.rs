//! Calls on sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tracer_common::event::Sock;
use tracer_common::plan::{DOMAIN, VEC_MAX, phase, shape};

use super::files::view_of;
use super::inherited::of_family;
use super::named::lexical;
use super::{Collector, Seen};
use crate::decode::calls::{address, fd_of, field, protocol, shown, socket_error, unix_name};
use crate::decode::file_view;
use crate::decode::value::{FileView, Tail, Value};
use crate::schema::protocols::AF;
use crate::schema::types::Ty;
use crate::tools::audit::evidence::accesses::Row;
use crate::tools::audit::evidence::serving::Serving;
use crate::tools::audit::evidence::stable::CHOSEN;
use crate::tools::audit::evidence::{GapKind, Object, Op};

impl Collector<'_> {
    /// Learns the ports of the sockets that a call is on, and the names that the kernel chose for them.
    pub(super) fn look_at_sockets(&mut self, seen: &Seen<'_, '_>) {
        for (_, value) in &seen.call.args {
            if let Value::Fd(_, Some(view)) = value
                && let Some(sock) = &view.sock
            {
                self.ports.see(&view.file, sock);
                if i32::from(sock.family) == libc::AF_UNIX && view.name.starts_with(&[0]) {
                    self.has_abstract_name(view.file.ino, &shown(&view.name));
                }
            }
        }
    }

    /// The object that an address is which is given to a socket, or sent to: of AF_UNSPEC the kernel takes it as one of AF_INET.
    fn addressed(&mut self, seen: &Seen<'_, '_>, named: &Value<'_>, made: bool) -> Option<Object> {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        match sock.as_ref().filter(|sock| i32::from(sock.family) == libc::AF_INET).and_then(|_| unspecified(named)) {
            Some(address) => Some(internet(sock.as_ref(), address, made)),
            None => self.object(seen, named, made),
        }
    }

    /// The object that an address is; `None` for none, or for one that could not be read, which is noted. `made`: it is given to a
    /// socket, so that a link of its name is not followed.
    fn object(&mut self, seen: &Seen<'_, '_>, named: &Value<'_>, made: bool) -> Option<Object> {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        if let Some(address) = address(named) {
            return Some(internet(sock.as_ref(), address, made));
        }
        if let Some(name) = unix_name(named) {
            // A unix socket that asks for a name of the kernel's choice, or has none.
            if name.is_empty() {
                return None;
            }
            if name.starts_with(b"@") {
                return Some(Object::Unix(name.into()));
            }
            let path = match name.starts_with(b"/") {
                true => Some(self.below_root(seen, &name)),
                false => seen.directory().map(|directory| [directory.as_slice(), b"/", &name].concat().into()),
            };
            let meant = path.and_then(|path| self.meant(seen, 0, &path, !made));
            if meant.is_none() {
                self.gap(
                    GapKind::Unreadable,
                    Some(seen.unit),
                    format!("the directory of a name that was passed to {}", seen.name),
                    1,
                );
            }
            let name = meant.unwrap_or(name);
            self.recognise_by_name(&name);
            return Some(Object::Unix(name.into()));
        }
        let family = match field(named, "sa_family") {
            Some(Value::Named(_, family)) => i32::try_from(*family).ok(),
            _ => None,
        };
        match family {
            None | Some(libc::AF_UNSPEC | libc::AF_UNIX) => None,
            Some(family) => Some(Object::Other(AF.name_of(family as u64).unwrap_or("AF_OTHER"), String::new())),
        }
    }

    pub(super) fn bind(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(named) = seen.arg(at) else { return };
        if asks_for_any_name(named) {
            return self.bind_to_any(seen);
        }
        let Some(mut object) = self.addressed(seen, named, true) else { return };
        if let (Object::Inet { address, .. }, Some(sock)) = (&object, at_end(seen)) {
            let mut taken = own(&sock);
            if address.port() == 0 {
                taken.set_port(0);
            }
            let known =
                matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6) && !taken.ip().is_unspecified();
            if known && (taken.ip(), taken.port()) != (address.ip().to_canonical(), address.port()) {
                // Another thread changed what was passed: both are told.
                self.on_socket(seen, Op::Bind, &object);
                object = internet(Some(&sock), taken, true);
            }
        }
        if let Some(other) = self.other_unix(seen, &object) {
            self.on_socket(seen, Op::Bind, &object);
            object = other;
        }
        match &mut object {
            Object::Inet { protocol, address, ephemeral, .. } => {
                if seen.errno == 0
                    && let Some(view) = view_of(seen, 0)
                {
                    self.ports.bound(protocol, view.file.ino, address.port());
                }
                *ephemeral = address.port() == 0;
            }
            // A socket with a path is a file that is made.
            Object::Unix(path) if path.starts_with(b"/") => {
                if seen.errno == 0 {
                    if let Some(view) = view_of(seen, 0) {
                        let name = self.accesses.text(path);
                        self.bound.insert(view.file.ino, name);
                    }
                    self.effects.create(&lexical(path), seen.unit);
                }
                self.access(seen, Op::Create, &lexical(path), None);
            }
            Object::Unix(name) if seen.errno == 0 => self.stable.socket_asks(name),
            _ => {}
        }
        self.has_rings(seen, &object);
        self.on_socket(seen, Op::Bind, &object);
    }

    /// A unix socket was bound without a name: the kernel chose one, unless it has one. Which it is may only be heard later.
    fn bind_to_any(&mut self, seen: &Seen<'_, '_>) {
        let view = view_of(seen, 0);
        if let Some(object) = view.and_then(|view| self.listens_on(seen, view)) {
            return self.on_socket(seen, Op::Bind, &object);
        }
        let row = self.socket_row(seen, Op::Bind, &Object::Unix(CHOSEN.as_bytes().into()));
        let Some(socket) = view.map(|view| view.file.ino).filter(|_| seen.errno == 0) else { return self.add(row) };
        if let Some(row) = self.unnamed.insert(socket, row) {
            self.add(row);
        }
        if let Some(name) = self.world.unix_name(socket) {
            self.has_abstract_name(socket, &shown(&name));
        }
    }

    /// A socket has this abstract name.
    fn has_abstract_name(&mut self, socket: u64, name: &[u8]) {
        self.stable.socket_has(name);
        if let Some(row) = self.unnamed.remove(&socket) {
            let thing = self.accesses.thing(&Object::Unix(name.into()));
            self.add(Row { thing, ..row });
        }
    }

    pub(super) fn listen(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if view_of(seen, at).is_none() && i32::from(seen.errno) != libc::EBADF {
            self.gap(GapKind::Unreadable, Some(seen.unit), "the socket of a listen".to_owned(), 1);
        }
        if let Some(object) = self.own(seen, at) {
            self.on_socket(seen, Op::Listen, &object);
        }
    }

    /// A connection was taken.
    pub(super) fn accepted(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if seen.errno == 0
            && let Some(object) = self.own(seen, at)
        {
            let thing = self.accesses.thing(&object);
            self.serving.accepted(seen.call.head.tgid, thing);
        }
    }

    /// What a socket listens on.
    fn own(&mut self, seen: &Seen<'_, '_>, at: u8) -> Option<Object> {
        self.listens_on(seen, view_of(seen, at)?)
    }

    /// The same of a socket that is known.
    pub(super) fn listens_on(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) -> Option<Object> {
        let sock = view.sock?;
        match i32::from(sock.family) {
            libc::AF_INET | libc::AF_INET6 => {
                let address = own(&sock);
                let ephemeral = address.port() == 0;
                Some(Object::Inet { protocol: protocol(Some(&sock)), address, ephemeral, hosts: Vec::new() })
            }
            libc::AF_UNIX => match &*view.name {
                [] => None,
                [0, rest @ ..] => Some(Object::Unix([b"@", rest].concat().into())),
                // The kernel keeps the NUL that may end a path.
                name => {
                    let name = name.split(|&b| b == 0).next().unwrap_or_default();
                    if let Some(bound) = self.bound.get(&view.file.ino) {
                        return Some(Object::Unix(self.accesses.of(*bound).into()));
                    }
                    if let Some(object) = self.sockets.get(&view.file.ino) {
                        return Some(object.clone());
                    }
                    if name.starts_with(b"/") {
                        let path = self.below_root(seen, name);
                        return Some(Object::Unix(self.real(seen, &path, false).into()));
                    }
                    // Who bound it was somewhere.
                    let what = format!("the directory of a name in {}", seen.name);
                    self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
                    Some(Object::Unix(name.into()))
                }
            },
            _ => of_family(&sock),
        }
    }

    pub(super) fn connect(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(named) = seen.arg(at) else { return };
        let mut object = self.object(seen, named, false);
        if let (Some(Object::Inet { address, .. }), Some(sock)) = (&object, at_end(seen))
            && let Some(taken) = peer(&sock)
            && (taken.ip(), taken.port()) != (address.ip().to_canonical(), address.port())
        {
            // Another thread changed what was passed: both are told.
            let passed = object.replace(internet(Some(&sock), taken, false));
            passed.iter().for_each(|passed| self.on_socket(seen, Op::Connect, passed));
        }
        if let Some(other) = object.as_ref().and_then(|passed| self.other_unix(seen, passed)) {
            let passed = object.replace(other);
            passed.iter().for_each(|passed| self.on_socket(seen, Op::Connect, passed));
        }
        self.has_peer(seen, object.as_ref());
        self.has_led(seen, at_end(seen).as_ref());
        if let Some(object) = object {
            self.begun(seen, &object);
            self.begins_quiet(seen);
        }
    }

    /// A connection to this address was begun.
    fn begun(&mut self, seen: &Seen<'_, '_>, object: &Object) {
        let thing = self.accesses.thing(object);
        if let Object::Unix(name) = object
            && seen.errno == 0
            && Serving::may_be_asked(name)
        {
            self.serving.connected(thing, seen.unit);
        }
        let access = self.socket_row(seen, Op::Connect, object);
        let Some(fd) = fd_of(seen.call) else { return };
        let key = (seen.call.head.tgid, fd);
        let before = self.connecting.remove(&key);
        // What goes on was begun when it had the names that it had then.
        let told = before.filter(|before| before.thing == access.thing).map_or(access.told, |before| before.told);
        let access = Row { told, ..access };
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
    pub(super) fn connected(&mut self, seen: &Seen<'_, '_>) {
        let Some(errno) = socket_error(seen.call) else { return };
        let Some(fd) = fd_of(seen.call) else { return };
        if let Some(access) = self.connecting.remove(&(seen.call.head.tgid, fd)) {
            self.add(Row { errno, ..access });
        }
    }

    /// Something was sent: to an address that the call names, or to one that was told when it was connected to.
    pub(super) fn sent(&mut self, seen: &Seen<'_, '_>, at: u8, flags: u8) {
        if let Some(view) = view_of(seen, 0).filter(|_| seen.errno == 0) {
            self.told_kernel(seen, view);
            self.sends_packets(seen, view);
        }
        let fast = seen.number(flags) as i32 & libc::MSG_FASTOPEN != 0;
        match (seen.ty(at), seen.arg(at)) {
            (Some(Ty::Sockaddr(_)) | None, named) => self.sent_to(seen, named, fast),
            (_, Some(value)) => messages(value).for_each(|message| {
                self.passes(seen, message, false);
                self.steers(seen, message);
                self.sent_to(seen, field(message, "msg_name"), fast);
            }),
            // What could not be read goes to the peer, or nowhere.
            (_, None) => self.sent_to(seen, None, fast),
        }
        self.sent_more(seen, at, flags);
        if !self.goes_on(seen, flags) {
            self.taken_otherwise(seen, at);
        }
    }

    /// More messages may have been sent than are looked at: to any host, unless a connection has them all.
    fn sent_more(&mut self, seen: &Seen<'_, '_>, at: u8, flags: u8) {
        let Some(Value::Array(list, _)) = seen.arg(at).filter(|value| has_more(value)) else { return };
        let sent = seen.returned().and_then(|sent| usize::try_from(sent).ok()).unwrap_or(0);
        if let Some(more @ 1..) = sent.checked_sub(list.len())
            && !self.goes_on(seen, flags)
        {
            let what = format!("{}: to whom more messages go than are looked at", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, more as u64);
        }
    }

    /// Whether what was sent goes where the socket is connected to, whatever address was passed.
    pub(super) fn goes_on(&self, seen: &Seen<'_, '_>, flags: u8) -> bool {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        let fast = seen.number(flags) as i32 & libc::MSG_FASTOPEN != 0;
        sock.is_some_and(|sock| is_stream(&sock) && i32::from(sock.protocol) != libc::IPPROTO_SCTP) && !fast
    }

    /// A datagram was sent to an address, or without one to the peer, or a connection begun with what was sent; `fast`: by MSG_FASTOPEN.
    fn sent_to(&mut self, seen: &Seen<'_, '_>, named: Option<&Value<'_>>, fast: bool) {
        let sock = view_of(seen, 0).and_then(|view| view.sock);
        let stream = sock.as_ref().is_some_and(is_stream);
        // SCTP connects to whom it sends to.
        let begins = fast || sock.is_some_and(|sock| i32::from(sock.protocol) == libc::IPPROTO_SCTP);
        if stream && !begins {
            return;
        }
        let Some(object) = named.and_then(|named| self.addressed(seen, named, false)) else {
            return self.sent_on(seen, view_of(seen, 0));
        };
        // Of packets it was told.
        if matches!(object, Object::Other("AF_PACKET", _)) {
            return;
        }
        if let (Object::Inet { address, .. }, Some(view)) = (&object, view_of(seen, 0))
            && address.port() == DOMAIN
        {
            self.names.ask(view.file.ino);
        }
        if matches!(object, Object::Unix(_)) && !self.datagrams && seen.errno == 0 {
            let what = format!("{}: to which unix socket a datagram came, which this kernel does not tell", seen.name);
            self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
        }
        match stream {
            true => self.begun(seen, &object),
            false => self.on_socket(seen, Op::Send, &object),
        }
    }

    /// A datagram went out without an address, by whatever call writes: to the peer that its socket has, or to the kernel.
    pub(super) fn sent_on(&mut self, seen: &Seen<'_, '_>, view: Option<&FileView<'_>>) {
        let Some((view, sock)) = view.and_then(|view| Some((view, view.sock?))).filter(|(_, sock)| is_datagram(sock))
        else {
            return;
        };
        let object = match i32::from(sock.family) {
            libc::AF_INET | libc::AF_INET6 => {
                let address = SocketAddr::new(ip(&sock, &sock.daddr), sock.dport);
                (!address.ip().is_unspecified()).then(|| internet(Some(&sock), address, false))
            }
            libc::AF_NETLINK => Some(Object::Other("AF_NETLINK", String::new())),
            _ => self.peers.get(&view.file.ino).cloned(),
        };
        if let Some(object) = object {
            self.on_socket(seen, Op::Send, &object);
        }
    }

    /// A socket of datagrams has another peer now, or none: of TCP, UDP and their like the kernel tells it, of others nobody but this call.
    fn has_peer(&mut self, seen: &Seen<'_, '_>, object: Option<&Object>) {
        let Some(view) =
            view_of(seen, 0).filter(|view| seen.errno == 0 && view.sock.is_some_and(|sock| is_datagram(&sock)))
        else {
            return;
        };
        match object {
            Some(object @ (Object::Unix(_) | Object::Other(..))) => {
                _ = self.peers.insert(view.file.ino, object.clone())
            }
            _ => _ = self.peers.remove(&view.file.ino),
        }
    }
}

/// An address of unix sockets that has no name: the kernel is to choose one (unix(7), Autobind feature).
fn asks_for_any_name(named: &Value<'_>) -> bool {
    let is_unix = matches!(field(named, "sa_family"), Some(Value::Named(_, family)) if *family == libc::AF_UNIX as u64);
    is_unix && unix_name(named).is_none_or(|name| name.is_empty())
}

/// An address of AF_UNSPEC, read as one of AF_INET.
fn unspecified(named: &Value<'_>) -> Option<SocketAddr> {
    match (field(named, "sa_family")?, field(named, "sa_data")?) {
        (Value::Named(_, family), Value::Str { bytes, .. }) if *family == libc::AF_UNSPEC as u64 => match **bytes {
            [high, low, a, b, c, d, ..] => Some(SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low])))),
            _ => None,
        },
        _ => None,
    }
}

/// An address that a socket has, or that it goes to: there the one of no host is this host's (ip(7), RFC 1122).
pub(super) fn internet(sock: Option<&Sock>, mut address: SocketAddr, made: bool) -> Object {
    if !made && address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Object::Inet { protocol: protocol(sock), address, ephemeral: false, hosts: Vec::new() }
}

/// What was copied of what a call sends or writes, a row for each message, and whether there was more of it.
pub(super) fn said(seen: &Seen<'_, '_>) -> Vec<(Vec<u8>, bool)> {
    let data = |value| {
        let pieces = pieces(value);
        let is_cut = |piece: &&Value<'_>| !matches!(piece, Value::Str { cut: false, .. });
        (joined(&pieces), pieces.len() >= VEC_MAX || pieces.iter().any(is_cut))
    };
    let sent = (0..6).find_map(|at| match seen.ty(at)? {
        Ty::Bytes(_) | Ty::Iovec(_) => Some(vec![data(seen.arg(at)?)]),
        Ty::Msghdr | Ty::Out(Ty::Mmsghdr(_)) => {
            let value = seen.arg(at)?;
            let said = messages(value).filter_map(|message| field(message, "msg_iov")).map(data);
            Some(said.chain(has_more(value).then_some((Vec::new(), true))).collect())
        }
        _ => None,
    });
    sent.unwrap_or_default()
}

/// The pieces of a buffer, or of a vector of them.
pub(super) fn pieces<'v, 'a>(value: &'v Value<'a>) -> Vec<&'v Value<'a>> {
    match value {
        Value::Array(list, _) => list.iter().filter_map(|element| field(element, "iov_base")).collect(),
        one => vec![one],
    }
}

/// What was copied of them, as far as it has no hole.
pub(super) fn joined(pieces: &[&Value<'_>]) -> Vec<u8> {
    let mut whole = Vec::new();
    for piece in pieces {
        let Value::Str { bytes, .. } = piece else { break };
        whole.extend_from_slice(bytes);
    }
    whole
}

pub(super) fn is_stream(sock: &Sock) -> bool {
    i32::from(sock.ty) == libc::SOCK_STREAM
}

/// What goes out is one message after the other, each for itself.
fn is_datagram(sock: &Sock) -> bool {
    matches!(i32::from(sock.ty), libc::SOCK_DGRAM | libc::SOCK_RAW | libc::SOCK_RDM)
}

/// The messages of a `msghdr`, or of an array of `mmsghdr`.
pub(super) fn messages<'v, 'a>(value: &'v Value<'a>) -> Box<dyn Iterator<Item = &'v Value<'a>> + 'v> {
    match value {
        Value::Array(list, _) => Box::new(list.iter().filter_map(|one| field(one, "msg_hdr"))),
        one => Box::new(std::iter::once(one)),
    }
}

/// There were more messages than are looked at.
pub(super) fn has_more(value: &Value<'_>) -> bool {
    matches!(value, Value::Array(_, Tail::More | Tail::Fault(_)))
}

/// The own address of a socket.
fn own(sock: &Sock) -> SocketAddr {
    SocketAddr::new(ip(sock, &sock.saddr), sock.sport)
}

/// What the socket of a call was at its end.
fn at_end(seen: &Seen<'_, '_>) -> Option<Sock> {
    let (_, bytes) = seen.blobs.find(0, shape::FD, phase::EXIT, 0)?;
    file_view(bytes)?.sock
}

/// The address that a socket is connected to.
pub(super) fn peer(sock: &Sock) -> Option<SocketAddr> {
    let inet = matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6);
    (inet && sock.dport != 0).then(|| SocketAddr::new(ip(sock, &sock.daddr), sock.dport))
}

fn ip(sock: &Sock, bytes: &[u8; 16]) -> IpAddr {
    match i32::from(sock.family) {
        libc::AF_INET => std::net::Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).into(),
        _ => std::net::Ipv6Addr::from(*bytes).to_canonical(),
    }
}
