//! Packets of which no address says where they go: those that a program makes itself (packet(7), AF_XDP, raw(7) with their heads), and
//! those that take a route that it gives (RFC 791, RFC 8754). What is sent is told of the family or of the address, and is a gap beside: it
//! could reach any host. And the packets that the kernel side has seen leave.

use tracer_common::event::{Sock, status};
use tracer_common::plan::{phase, shape};

use super::files::view_of;
use super::sockets::{has_more, internet, messages};
use super::{Collector, Seen};
use crate::decode::calls::{address, field};
use crate::decode::sockaddr;
use crate::decode::value::{FileView, Value};
use crate::schema::net::SOL;
use crate::schema::protocols::AF;
use crate::schema::sockopt::{SO, SOL_IP_OPT, SOL_IPV6_OPT};
use crate::tools::audit::evidence::{GapKind, Object, Op};

const AF_PACKET: &str = "AF_PACKET";
const AF_XDP: &str = "AF_XDP";

/// What an option of a socket means for what it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Steer {
    /// The program makes the heads of its packets, and their destinations, where the value is not 0.
    Heads,
    /// Options of IPv4, in which a route may stand.
    Options,
    /// A route of IPv6.
    Route,
    /// What is looked at begins elsewhere.
    Look,
}

/// Options of setsockopt(2), by level and number.
const STEERS: [(u64, u64, Steer); 7] = [
    (SOL.value("SOL_IP"), SOL_IP_OPT.value("IP_HDRINCL"), Steer::Heads),
    (SOL.value("SOL_IP"), SOL_IP_OPT.value("IP_OPTIONS"), Steer::Options),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_2292RTHDR"), Steer::Route),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_2292PKTOPTIONS"), Steer::Route),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_HDRINCL"), Steer::Heads),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_RTHDR"), Steer::Route),
    (SOL.value("SOL_SOCKET"), SO.value("SO_PEEK_OFF"), Steer::Look),
];
/// The same of messages.
const ROUTES: [(u64, u64); 3] = [
    (SOL.value("SOL_IP"), SOL_IP_OPT.value("IP_RETOPTS")),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_2292RTHDR")),
    (SOL.value("SOL_IPV6"), SOL_IPV6_OPT.value("IPV6_RTHDR")),
];

impl Collector<'_> {
    /// A socket of AF_PACKET was made: of a protocol it hears from then on what comes to the machine, as if it had been bound.
    pub(super) fn hears(&mut self, seen: &Seen<'_, '_>, protocol: u8) {
        if seen.errno == 0 && seen.number(protocol) as u16 != 0 {
            self.on_socket(seen, Op::Bind, &Object::Other(AF_PACKET, String::new()));
        }
    }

    /// A socket has another address now: what goes through the rings of AF_XDP is seen by no call.
    pub(super) fn has_rings(&mut self, seen: &Seen<'_, '_>, object: &Object) {
        if seen.errno == 0 && matches!(object, Object::Other(AF_XDP, _)) {
            self.packets(seen, AF_XDP);
        }
    }

    /// Something was sent or written to a socket.
    pub(super) fn sends_packets(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) {
        let Some(sock) = view.sock else { return };
        match AF.name_of(u64::from(sock.family)) {
            Some(family @ (AF_PACKET | AF_XDP)) => {
                self.on_socket(seen, Op::Send, &Object::Other(family, String::new()));
                self.packets(seen, family);
            }
            Some(family) if is_raw(&sock) && self.heads.contains(&view.file.ino) => self.packets(seen, family),
            Some(family) if is_raw(&sock) && i32::from(sock.protocol) == libc::IPPROTO_RAW => {
                self.packets(seen, family)
            }
            _ => {}
        }
    }

    fn packets(&mut self, seen: &Seen<'_, '_>, family: &str) {
        let what = format!("{}: to whom packets go that the program makes itself ({family})", seen.name);
        self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
    }

    /// The address of a datagram was changed while it was sent, or may have been, and no packet was seen: the kernel may have taken either.
    pub(super) fn taken_otherwise(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(named) = seen.arg(at) else { return };
        if seen.blobs.find(at, shape::TAKEN, phase::EXIT_OK, u16::MAX).is_some() && may_go_anywhere(seen) {
            let what = format!("{}: others may have changed the address meanwhile", seen.name);
            match self.judged {
                true => self.gap(GapKind::Unseen, Some(seen.unit), what, 1),
                false if self.remarks.contains(&what) => {}
                false => self.remarks.push(what),
            }
        }
        for (message, part) in messages(named).zip(0..) {
            let Some((_, bytes)) = seen.blobs.find(at, shape::TAKEN, phase::EXIT_OK, part) else { continue };
            let before = address(field(message, "msg_name").unwrap_or(message));
            if let Some(after) = address(&sockaddr(bytes)).filter(|after| Some(*after) != before) {
                let sock = view_of(seen, 0).and_then(|view| view.sock);
                self.on_socket(seen, Op::Send, &internet(sock.as_ref(), after, false));
                let what = format!("{}: another thread changed the address meanwhile", seen.name);
                self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
            }
        }
    }

    /// A raw socket came from elsewhere: whether the program makes the heads of its packets was said there.
    pub(super) fn may_make_heads(&mut self, view: &FileView<'_>) {
        if view.sock.as_ref().is_some_and(is_raw) {
            self.heads.insert(view.file.ino);
        }
    }

    /// An option of a socket was set.
    pub(super) fn steered(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let (level, name) = (u64::from(seen.number(1) as u32), u64::from(seen.number(2) as u32));
        let Some((_, _, steer)) = STEERS.iter().find(|(of, known, _)| (*of, *known) == (level, name)) else { return };
        let value = seen.blobs.find(3, shape::BYTES, phase::ENTER, 0).filter(|(blob, _)| blob.status == status::WHOLE);
        let value = value.map(|(_, bytes)| bytes);
        let is_nothing = seen.number(4) as u32 == 0 || value.is_some_and(|value| value.iter().all(|byte| *byte == 0));
        if seen.errno != 0 {
            return;
        }
        match steer {
            Steer::Heads => match view_of(seen, at) {
                Some(view) if is_nothing => _ = self.heads.remove(&view.file.ino),
                Some(view) => _ = self.heads.insert(view.file.ino),
                None => {}
            },
            _ if is_nothing => {}
            Steer::Options if value.is_some_and(|options| !has_route(options)) => {}
            Steer::Options | Steer::Route => self.routed(seen),
            Steer::Look if self.hosts => {
                let what = format!("{}: what a name server answers, looked at from the middle on", seen.name);
                self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
            }
            Steer::Look => {}
        }
    }

    /// A message was sent: a route may stand beside it.
    pub(super) fn steers(&mut self, seen: &Seen<'_, '_>, message: &Value<'_>) {
        let Some(Value::Array(list, _)) = field(message, "msg_control") else { return };
        let is_route = |control: &Value<'_>| match (field(control, "cmsg_level"), field(control, "cmsg_type")) {
            (Some(Value::Named(_, level)), Some(Value::Named(_, kind) | Value::Hex(kind))) => {
                ROUTES.contains(&(*level, *kind))
            }
            _ => false,
        };
        let is_internet = |sock: Sock| matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6);
        let is_cut = || field(message, "msg_control").is_some_and(has_more);
        let on_internet = view_of(seen, 0).and_then(|view| view.sock).is_none_or(is_internet);
        if seen.errno == 0 && on_internet && (list.iter().any(is_route) || is_cut()) {
            self.routed(seen);
        }
    }

    fn routed(&mut self, seen: &Seen<'_, '_>) {
        let what = format!("{}: to whom packets go by a route that the program gives", seen.name);
        self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
    }
}

/// A datagram of this family may reach what a policy speaks of.
fn may_go_anywhere(seen: &Seen<'_, '_>) -> bool {
    let sock = view_of(seen, 0).and_then(|view| view.sock);
    sock.is_none_or(|sock| matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6 | libc::AF_UNIX))
}

fn is_raw(sock: &Sock) -> bool {
    i32::from(sock.ty) == libc::SOCK_RAW && matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6)
}

/// Options of IPv4 have a route (RFC 791): of any hosts between (131), or of these alone (137).
fn has_route(options: &[u8]) -> bool {
    let mut rest = options;
    loop {
        match *rest {
            [] | [0, ..] => return false,
            [131 | 137, ..] => return true,
            [1, ref behind @ ..] => rest = behind,
            [_, len, ..] if usize::from(len) >= 2 => rest = rest.get(usize::from(len)..).unwrap_or_default(),
            // The kernel takes no others.
            _ => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_route;

    #[test]
    fn options_have_a_route_or_none() {
        let check = |options: &[u8], expected| assert_eq!(has_route(options), expected, "{options:?}");
        check(&[], false);
        check(&[131, 7, 4, 127, 0, 0, 1, 0], true);
        check(&[1, 1, 137, 7, 4, 127, 0, 0, 1], true);
        check(&[148, 4, 0, 0], false);
        check(&[148, 4, 0, 0, 131, 3, 4], true);
        check(&[0, 131], false);
        check(&[148, 0, 131], true);
        check(&[148], true);
    }
}
