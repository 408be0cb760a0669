//! Names of hosts: what is read from name servers. Where rules deny hosts by their names, an answer that is not seen is a gap.

use tracer_common::event::Sock;
use tracer_common::plan::{DOMAIN, VEC_MAX};

use super::files::view_of;
use super::sockets::{has_more, is_stream, joined, messages, pieces};
use super::{Collector, Seen};
use crate::decode::calls::{address, field};
use crate::decode::value::{FileView, Value};
use crate::schema::net::{MSG, SOL};
use crate::schema::sockopt::SOL_TCP_OPT;
use crate::schema::types::Ty;
use crate::tools::audit::evidence::GapKind;

/// The option of getsockopt(2) by which data is taken.
const ZEROCOPY_RECEIVE: (u64, u64) = (SOL.value("SOL_TCP"), SOL_TCP_OPT.value("TCP_ZEROCOPY_RECEIVE"));

/// How bytes were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// To take them.
    Take,
    /// To look at them: they come again.
    Look,
    /// To throw them away (MSG_TRUNC of TCP).
    Skip,
}

impl Collector<'_> {
    /// What came from a name server tells names of hosts.
    pub(super) fn received(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if seen.errno != 0 {
            return;
        }
        let Some(value) = seen.arg(at) else { return };
        if let Some(Ty::Out(Ty::Bytes(_))) = seen.ty(at) {
            let from = seen.call.args.iter().find(|(name, _)| *name == "src_addr").map(|(_, value)| value);
            return self.answered(seen, from, &[value]);
        }
        for message in messages(value) {
            self.passes(seen, message, true);
            if let Some(Value::Array(list, _)) = field(message, "msg_iov") {
                let data: Vec<_> = list.iter().filter_map(|element| field(element, "iov_base")).collect();
                self.answered(seen, field(message, "msg_name"), &data);
            }
        }
        if !has_more(value) {
            return;
        }
        if let Some((view, sock)) = self.server_of(seen, None) {
            self.not_heard(seen, view, &sock);
        }
        if view_of(seen, 0).and_then(|view| view.sock).is_none_or(|sock| i32::from(sock.family) == libc::AF_UNIX) {
            let what = format!("{}: descriptors that came with more messages than are looked at", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
    }

    /// What was read from a socket.
    pub(super) fn read(&mut self, seen: &Seen<'_, '_>) {
        if seen.errno != 0 {
            return;
        }
        let into = (0..6).find(|at| matches!(seen.ty(*at), Some(Ty::Out(Ty::Bytes(_) | Ty::Iovec(_)))));
        match into.and_then(|at| seen.arg(at)) {
            Some(value) => self.answered(seen, None, &pieces(value)),
            // It went elsewhere than into memory that a call names.
            None => self.took_unseen(seen),
        }
    }

    /// What a socket had was taken by an option.
    pub(super) fn took_by_option(&mut self, seen: &Seen<'_, '_>) {
        if seen.errno == 0 && (seen.number(1), seen.number(2)) == ZEROCOPY_RECEIVE {
            self.took_unseen(seen);
        }
    }

    fn took_unseen(&mut self, seen: &Seen<'_, '_>) {
        if let Some((view, sock)) = self.server_of(seen, None).filter(|_| seen.returned() != Some(0)) {
            self.not_heard(seen, view, &sock);
        }
    }

    /// The socket of a call, where a name server is at its other end, or at this address.
    fn server_of<'s>(&self, seen: &Seen<'s, '_>, from: Option<&Value<'_>>) -> Option<(&'s FileView<'s>, Sock)> {
        let view = view_of(seen, 0)?;
        let sock = view.sock?;
        let port = from.and_then(address).map_or(sock.dport, |from| from.port());
        // Without a peer and without an address it comes from whoever was asked.
        (port == DOMAIN || port == 0 && self.names.is_asked(view.file.ino)).then_some((view, sock))
    }

    /// What came in pieces from an address, or from the peer: an answer, where that is a name server.
    fn answered(&mut self, seen: &Seen<'_, '_>, from: Option<&Value<'_>>, pieces: &[&Value<'_>]) {
        let Some((view, sock)) = self.server_of(seen, from) else { return };
        let Some(how) = how(seen, &sock) else { return };
        let socket = view.file.ino;
        if how == How::Skip {
            let skipped = seen.returned().and_then(|n| usize::try_from(n).ok());
            if !skipped.is_some_and(|skipped| self.names.skip(socket, skipped)) {
                self.not_heard(seen, view, &sock);
            }
            return;
        }
        let mut data = joined(pieces);
        if let Some(room) = room(seen) {
            data.truncate(room);
        }
        match (is_stream(&sock), how) {
            (true, How::Look) => self.names.look(socket, &data),
            (true, _) => self.names.stream(socket, &data),
            (false, _) => self.names.datagram(socket, &data),
        }
        let is_cut = |piece: &&Value<'_>| !matches!(piece, Value::Str { cut: false, .. });
        if pieces.iter().any(is_cut) || pieces.len() >= VEC_MAX {
            self.not_heard(seen, view, &sock);
        }
    }

    /// Something that a name server said was not seen: of a connection neither what follows.
    fn not_heard(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>, sock: &Sock) {
        if is_stream(sock) {
            self.names.lose(view.file.ino);
        }
        if self.hosts {
            let what = format!("{}: an answer of a name server, or a part of it, that is not looked at", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
    }
}

/// The flags of a call on a socket (MSG_*), where it has any.
pub(super) fn flags_of_sockets(seen: &Seen<'_, '_>) -> Option<i32> {
    let is_of_sockets = |ty: &Ty| matches!(ty, Ty::Set32(set) if std::ptr::eq(*set, &MSG));
    let at = (0..6).find(|at| seen.ty(*at).is_some_and(is_of_sockets))?;
    Some(seen.number(at) as i32)
}

/// How a call that receives asks for bytes; `None`: these are no part of what the other end says.
fn how(seen: &Seen<'_, '_>, sock: &Sock) -> Option<How> {
    let flags = flags_of_sockets(seen).unwrap_or(0);
    if flags & (libc::MSG_OOB | libc::MSG_ERRQUEUE) != 0 {
        return None;
    }
    match (flags & libc::MSG_PEEK != 0, flags & libc::MSG_TRUNC != 0 && is_stream(sock)) {
        (true, true) => None,
        (true, false) => Some(How::Look),
        (false, true) => Some(How::Skip),
        (false, false) => Some(How::Take),
    }
}

/// Bytes that a call had room for, where its result may be more (MSG_TRUNC of a datagram).
fn room(seen: &Seen<'_, '_>) -> Option<usize> {
    let at = seen.args.iter().position(|arg| matches!(arg.name, "size" | "len" | "count"))?;
    usize::try_from(seen.number(u8::try_from(at).ok()?)).ok()
}
