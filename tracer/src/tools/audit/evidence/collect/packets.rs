//! Packets that a program makes and hears by itself (packet(7), AF_XDP): to whom they go stands in them, and is not looked at. So what is
//! sent is told of the family, and is a gap beside: it could reach any host.

use super::{Collector, Seen};
use crate::decode::value::FileView;
use crate::schema::sockopt::AF;
use crate::tools::audit::evidence::{GapKind, Object, Op};

const AF_PACKET: &str = "AF_PACKET";
const AF_XDP: &str = "AF_XDP";

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
        let family = view.sock.and_then(|sock| AF.name_of(u64::from(sock.family)));
        if let Some(family @ (AF_PACKET | AF_XDP)) = family {
            self.on_socket(seen, Op::Send, &Object::Other(family, String::new()));
            self.packets(seen, family);
        }
    }

    fn packets(&mut self, seen: &Seen<'_, '_>, family: &str) {
        let what = format!("{}: to whom packets go that the program makes itself ({family})", seen.name);
        self.gap(GapKind::Unseen, Some(seen.unit), what, 1);
    }
}
