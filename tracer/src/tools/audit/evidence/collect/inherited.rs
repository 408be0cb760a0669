//! Descriptors that nobody opened under the audit's eyes: the command was given them, or took them from another process. What they
//! are is told when they are used; of what may be read through one at once, because reads are not watched.

use std::net::SocketAddr;

use tracer_common::event::Sock;

use super::files::{returned, view_of};
use super::sockets::is_stream;
use super::{Collector, Seen};
use crate::decode::calls::{self, field, protocol};
use crate::decode::value::{FileView, Value};
use crate::schema::effects::Effect;
use crate::schema::protocols::AF;
use crate::system::sockets::State;
use crate::tools::audit::evidence::accesses::Row;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{GapKind, Object, Op};

/// Something that the command has besides its input and output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inherited {
    /// What it is: of a file its path, of a socket whom it is connected to, or the address that it has.
    pub object: Object,
    /// Device and inode of the file, or of that which the unix socket has.
    pub identity: Option<(u32, u64)>,
    /// The object's name is its path here.
    pub found: bool,
    /// What it may be used for.
    pub may: May,
    /// A socket's own port: protocol, inode, port.
    pub port: Option<(&'static str, u64, u16)>,
}

/// What an inherited descriptor may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// The file may be read.
    Read,
    /// The file may be written to.
    Write,
    /// The socket accepts connections; its inode.
    Accept(u64),
    /// The socket may be read from, which is as if this had been done; its inode.
    Do(u64, Op),
}

/// A connected unix socket that came from another process.
#[derive(Debug)]
pub(super) struct Stranger {
    /// Its inode.
    socket: u64,
    unit: usize,
    /// What took it.
    call: &'static str,
    /// The connection, where it is known to whom.
    row: Option<Row>,
}

/// Where a socket leads, which whoever else has it may change: connect it, or have it listen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lead {
    listens: bool,
    /// Of TCP, UDP and their like, whom it is connected to.
    to: Option<Object>,
    /// A unix socket is connected, and the inode of the other end, where a process has that.
    connected: bool,
    peer: u64,
}

impl Lead {
    /// That of a socket, as it is.
    pub fn of(sock: &Sock) -> Lead {
        let peer = sock.peer;
        Lead { listens: sock.state == State::LISTEN.0, to: self::peer(sock), connected: is_connected(sock), peer }
    }

    /// Another unix socket than before; one that is accepted, or closed, is still the same.
    fn is_another(&self, before: &Lead) -> bool {
        let differs = self.peer != 0 && before.peer != 0 && self.peer != before.peer;
        self.connected && (!before.connected || differs)
    }
}

impl Collector<'_> {
    /// The command has this socket, and others have it, too.
    pub fn shares(&mut self, socket: u64, lead: Lead) {
        self.shared.insert(socket, lead);
    }

    /// The command has this from whoever called it.
    pub fn inherits(&mut self, inherited: Inherited) {
        let Inherited { mut object, identity, found, may, port } = inherited;
        if let Some((protocol, inode, port)) = port {
            // The port was there before the run.
            self.ports.came(protocol, inode, port);
        }
        if let Object::File(path) | Object::Unix(path) = &mut object {
            let known = self.recognise(identity, path);
            match known {
                Some(name) if !found => *path = name.into(),
                None if !found => {
                    let what = format!("where {} is, which was inherited", shown(path));
                    self.gap(GapKind::Unreadable, None, what, 1);
                }
                _ => {}
            }
        }
        match (may, object) {
            (May::Read | May::Write, Object::File(path)) if self.accesses.is_stream(&path) => {}
            (May::Write, Object::File(path)) => {
                let path = self.accesses.text(&path);
                self.writable.insert(path);
            }
            (May::Accept(inode), object) => _ = self.sockets.insert(inode, object),
            // The command may do this all the time.
            (May::Read | May::Write, object) => self.by_command(Op::Read, &object),
            (May::Do(inode, op), object) => {
                self.by_command(op, &object);
                if op == Op::Connect {
                    self.peers.insert(inode, object);
                }
            }
        }
    }

    fn by_command(&mut self, op: Op, object: &Object) {
        let process = self.command.and_then(|pid| self.whose.get(pid)).copied().unwrap_or_default();
        let (thing, also) = (self.accesses.thing(object), self.names_of(object));
        self.add(Row { also, ..Row::new(process.unit, op, thing, process.program) });
    }

    /// A file was mapped, to be shared and not yet to be written to: mprotect names no file, so of one that nobody was seen to open
    /// this is the last that is seen.
    pub(super) fn may_write(&mut self, seen: &Seen<'_, '_>, path: &[u8]) {
        let text = self.accesses.text(path);
        if self.writable.contains(&text) {
            self.access(seen, Op::Write, path, None);
        }
    }

    /// Another process's descriptor was taken: the file is open as that process had it.
    pub(super) fn taken(&mut self, seen: &Seen<'_, '_>) {
        if seen.errno != 0 {
            return;
        }
        let (fd, view) = returned(seen);
        if let Some(stranger) = view.and_then(|view| self.stranger(seen, view)) {
            self.tell_of(stranger);
        }
        self.came(seen, fd, view);
    }

    /// Descriptors that a message passes, sent or received.
    pub(super) fn passes(&mut self, seen: &Seen<'_, '_>, message: &Value<'_>, received: bool) {
        let Some(Value::Array(list, _)) = field(message, "msg_control") else { return };
        for control in list {
            let Some(Value::Array(passed, _)) = field(control, "cmsg_data") else { continue };
            for one in passed {
                match one {
                    Value::Fd(fd, view) if received => self.was_passed(seen, *fd, view.as_deref()),
                    Value::Fd(_, Some(view)) => {
                        self.sent_on.insert(view.file.ino);
                        self.is_shared(view);
                    }
                    _ => {}
                }
            }
        }
    }

    /// A descriptor came with a message. Who sent it may be of the run, though its call is told later.
    fn was_passed(&mut self, seen: &Seen<'_, '_>, fd: i32, view: Option<&FileView<'_>>) {
        if let Some(stranger) = view.and_then(|view| self.stranger(seen, view)) {
            self.strangers.push(stranger);
        }
        self.came(seen, Some(fd), view);
    }

    /// Sockets came whose other end nobody of the run has passed on.
    pub(super) fn tell_of_strangers(&mut self) {
        for stranger in std::mem::take(&mut self.strangers) {
            if !self.sent_on.contains(&stranger.socket) {
                self.tell_of(stranger);
            }
        }
    }

    /// A socket that came, where its other end is a unix socket: by its name, where that says which it is. A path may begin elsewhere.
    fn stranger(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) -> Option<Stranger> {
        if !leads_nowhere(view) {
            return None;
        }
        let name = view.sock.filter(|sock| sock.peer != 0).and_then(|sock| self.world.unix_name(sock.peer));
        let peer = name.map(|name| calls::shown(&name)).filter(|name| name.starts_with(b"@"));
        let row = peer.map(|name| {
            let object = Object::Unix(name.into());
            self.peers.insert(view.file.ino, object.clone());
            self.socket_row(seen, Op::Connect, &object)
        });
        Some(Stranger { socket: view.file.ino, unit: seen.unit, call: seen.name, row })
    }

    fn tell_of(&mut self, stranger: Stranger) {
        match stranger.row {
            Some(row) => self.add(row),
            None => {
                let what = format!("whom the socket leads to that {} took", stranger.call);
                self.gap(GapKind::Unreadable, Some(stranger.unit), what, 1);
            }
        }
    }

    /// A descriptor came from another process.
    fn came(&mut self, seen: &Seen<'_, '_>, fd: Option<i32>, view: Option<&FileView<'_>>) {
        let Some(view) = view else {
            return self.gap(GapKind::Unreadable, Some(seen.unit), format!("the file that {} took", seen.name), 1);
        };
        self.may_make_heads(view);
        if let Some(object) = view.sock.as_ref().and_then(peer) {
            self.on_socket(seen, Op::Connect, &object);
        }
        if let Some(sock) = view.sock.filter(|_| !self.sent_on.contains(&view.file.ino)) {
            self.came_bound(seen, view, &sock);
        }
        self.is_shared(view);
        let Some((view, path)) = self.has(seen, fd, Some(view)) else { return };
        // No flags at all: the source does not know them.
        let mode = match view.file.flags as i32 {
            0 => libc::O_RDWR,
            flags => flags & libc::O_ACCMODE,
        };
        if mode != libc::O_RDONLY {
            self.access(seen, Op::Write, &path, None);
        }
        if mode != libc::O_WRONLY {
            self.access(seen, Op::Read, &path, None);
        }
    }

    /// A socket came that others of the run did not pass on: a listener listens when it is used; of another that has an address it is
    /// as if it had been given it here.
    fn came_bound(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>, sock: &Sock) {
        self.ports.came(protocol(Some(sock)), view.file.ino, sock.sport);
        if sock.state == State::LISTEN.0 {
            if let Some(object) = self.listens_on(seen, view) {
                self.sockets.insert(view.file.ino, object);
            }
        } else if sock.dport == 0 && !leads_nowhere(view) {
            match self.listens_on(seen, view) {
                Some(Object::Inet { ephemeral: true, .. }) | None => {}
                Some(object) => self.on_socket(seen, Op::Bind, &object),
            }
        }
    }

    /// A call uses its descriptors: a listener that was given is told as if it had been made.
    pub(super) fn uses(&mut self, seen: &Seen<'_, '_>, effects: &[Effect]) {
        let talks = |effect: &Effect| {
            matches!(effect, Effect::Writes(_) | Effect::Sends(..) | Effect::Receives(_) | Effect::Accepts(_))
        };
        if self.sockets.is_empty() && self.shared.is_empty() || !effects.iter().any(talks) {
            return;
        }
        for (_, value) in &seen.call.args {
            if let Value::Fd(_, Some(view)) = value {
                self.uses_socket(seen, view);
            }
        }
    }

    pub(super) fn uses_socket(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) {
        if view.sock.is_some()
            && let Some(object) = self.sockets.get(&view.file.ino).cloned()
        {
            self.on_socket(seen, Op::Listen, &object);
        }
        self.leads_elsewhere(seen, view);
    }

    fn is_shared(&mut self, view: &FileView<'_>) {
        if let Some(sock) = &view.sock {
            self.shared.entry(view.file.ino).or_insert_with(|| Lead::of(sock));
        }
    }

    /// A call has told itself where it leads its socket.
    pub(super) fn has_led(&mut self, seen: &Seen<'_, '_>, sock: Option<&Sock>) {
        let socket = view_of(seen, 0).map(|view| view.file.ino).filter(|socket| self.shared.contains_key(socket));
        if let (Some(socket), Some(sock)) = (socket, sock) {
            self.shares(socket, Lead::of(sock));
        }
    }

    /// A socket that others have is used: where it leads since it was last used is told as if the command had done that.
    fn leads_elsewhere(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) {
        let socket = view.file.ino;
        let (Some(sock), Some(before)) = (&view.sock, self.shared.get(&socket)) else { return };
        let lead = Lead::of(sock);
        // What went through, though nobody led anywhere when the call began, went where somebody connected it to meanwhile.
        let leads = lead.listens || lead.connected || lead.to.is_some() || of_family(sock).is_some();
        if is_stream(sock) && !leads && seen.errno == 0 {
            let what = format!("{}: whom others connected its socket to meanwhile", seen.name);
            return self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
        if lead == *before {
            return;
        }
        if lead.listens && !before.listens {
            if let Some(object) = self.listens_on(seen, view) {
                self.on_socket(seen, Op::Listen, &object);
                self.sockets.insert(socket, object);
            }
        } else if let Some(object) = lead.to.as_ref().filter(|_| is_stream(sock)) {
            self.on_socket(seen, Op::Connect, object);
        } else if lead.is_another(before) {
            self.peers.remove(&socket);
            if let Some(stranger) = self.stranger(seen, view) {
                self.tell_of(stranger);
            }
        }
        self.shared.insert(socket, lead);
    }
}

/// A connected unix socket: its peer has no name that is known here.
fn leads_nowhere(view: &FileView<'_>) -> bool {
    view.sock.is_some_and(|sock| is_connected(&sock))
}

fn is_connected(sock: &Sock) -> bool {
    i32::from(sock.family) == libc::AF_UNIX && (sock.peer != 0 || sock.state == State::ESTABLISHED.0)
}

/// Whom a socket of TCP, UDP or their like is connected to.
pub(super) fn peer(sock: &Sock) -> Option<Object> {
    inet(sock, sock.daddr, sock.dport)
}

/// An address of a socket of TCP, UDP or their like; `None` without a port.
pub fn inet(sock: &Sock, address: [u8; 16], port: u16) -> Option<Object> {
    let [a, b, c, d, ..] = address;
    let ip = match i32::from(sock.family) {
        libc::AF_INET => std::net::Ipv4Addr::new(a, b, c, d).into(),
        libc::AF_INET6 => std::net::Ipv6Addr::from(address).to_canonical(),
        _ => return None,
    };
    let address = SocketAddr::new(ip, port);
    (port != 0).then(|| Object::Inet { protocol: protocol(Some(sock)), address, ephemeral: false, hosts: Vec::new() })
}

/// A socket of a family of which no more is told; `None` where it reaches nobody but the kernel.
pub fn of_family(sock: &Sock) -> Option<Object> {
    match i32::from(sock.family) {
        libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX | libc::AF_NETLINK => None,
        family => AF.name_of(family as u64).map(|family| Object::Other(family, String::new())),
    }
}
