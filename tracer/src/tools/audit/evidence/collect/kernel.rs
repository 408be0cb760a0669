//! What the kernel was asked to change, by messages of netlink or of the clock: none of it is a file, so it is a gap, unless it was
//! only asked how things are.

use super::sockets::said;
use super::{Collector, Seen};
use crate::decode::calls::field;
use crate::decode::value::{FileView, Value};
use crate::schema::netlink::asks;
use crate::schema::prctl::SECCOMP_FLAG;
use crate::schema::protocols::NETLINK_PROTO;
use crate::schema::time::ADJ_OFFSET_SS_READ;
use crate::system::sock_diag::wire::Message;
use crate::tools::audit::evidence::GapKind;

impl Collector<'_> {
    /// Something was sent or written to a descriptor: to the kernel, where it is one of netlink.
    pub(super) fn told_kernel(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) {
        let Some(sock) = view.sock.filter(|sock| i32::from(sock.family) == libc::AF_NETLINK) else {
            return;
        };
        let protocol = NETLINK_PROTO.name_of(u64::from(sock.protocol)).unwrap_or("netlink");
        let mut changes = 0;
        let mut whole = false;
        for (data, is_cut) in said(seen) {
            let mut rest = data.as_slice();
            while let Some((message, behind)) = Message::split(rest) {
                changes += u64::from(!asks(sock.protocol, message.kind, message.flags, message.body));
                rest = behind;
            }
            // What does not fit behind the last message is nothing to the kernel either.
            whole = !is_cut;
            if !whole {
                break;
            }
        }
        if changes > 0 {
            self.gap(
                GapKind::Unseen,
                Some(seen.unit),
                format!("{}: the kernel is asked for a change ({protocol})", seen.name),
                changes,
            );
        }
        if !whole {
            let what = format!("what {} said to the kernel ({protocol})", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
    }
}

/// Whether a filter asks another process about calls (seccomp(2); 5.0).
pub(super) fn has_listener(seen: &Seen<'_, '_>) -> bool {
    const NEW_LISTENER: u64 = SECCOMP_FLAG.flag("SECCOMP_FILTER_FLAG_NEW_LISTENER");
    seen.has_flag(NEW_LISTENER)
}

/// Whether a call that may set the clock changes nothing.
pub(super) fn leaves_clock(seen: &Seen<'_, '_>) -> bool {
    let modes = seen.call.args.iter().find_map(|(_, value)| field(value, "modes"));
    matches!(modes, Some(Value::Named(_, 0 | ADJ_OFFSET_SS_READ)))
}
