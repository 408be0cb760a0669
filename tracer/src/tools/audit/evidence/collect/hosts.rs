//! Names of hosts: what is read from name servers, and what is said first on a connection. Where rules deny hosts by their names, a
//! connection whose first bytes are not seen is a gap.

use tracer_common::event::Sock;
use tracer_common::plan::{DOMAIN, VEC_MAX};

use super::files::view_of;
use super::sockets::{is_stream, joined, messages, peer, pieces, said};
use super::{Collector, Seen};
use crate::decode::calls::{address, field};
use crate::decode::value::Value;
use crate::schema::types::Ty;
use crate::tools::audit::evidence::GapKind;

/// Connections of which is remembered that nothing was sent yet.
const MOST: usize = 100_000;

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
    }

    /// What was read from a socket.
    pub(super) fn read(&mut self, seen: &Seen<'_, '_>) {
        let into = (0..6).find(|at| matches!(seen.ty(*at), Some(Ty::Out(Ty::Bytes(_) | Ty::Iovec(_)))));
        if seen.errno == 0
            && let Some(value) = into.and_then(|at| seen.arg(at))
        {
            self.answered(seen, None, &pieces(value));
        }
    }

    /// What came in pieces from an address, or from the peer: an answer, where that is a name server.
    fn answered(&mut self, seen: &Seen<'_, '_>, from: Option<&Value<'_>>, pieces: &[&Value<'_>]) {
        let Some(view) = view_of(seen, 0) else { return };
        let Some(sock) = view.sock else { return };
        let port = from.and_then(address).map_or(sock.dport, |from| from.port());
        // Without a peer and without an address it comes from whoever was asked.
        if port != DOMAIN && !(port == 0 && self.names.is_asked(view.file.ino)) {
            return;
        }
        let data = joined(pieces);
        let is_cut = |piece: &&Value<'_>| matches!(piece, Value::Str { cut: true, .. });
        if pieces.iter().any(is_cut) || pieces.len() >= VEC_MAX {
            let what = "an answer of a name server that was read in longer or in more pieces than are looked at";
            self.gap(GapKind::Unreadable, Some(seen.unit), what.to_owned(), 1);
        }
        match is_stream(&sock) {
            true => self.names.stream(view.file.ino, &data),
            false => self.names.datagram(&data),
        }
    }

    /// A connection was begun: nothing was sent on it yet.
    pub(super) fn begins_quiet(&mut self, seen: &Seen<'_, '_>) {
        if let Some(view) = view_of(seen, 0).filter(|_| self.hosts && self.quiet.len() < MOST)
            && view.sock.as_ref().is_some_and(|sock| is_stream(sock) && is_internet(sock))
        {
            self.quiet.insert(view.file.ino);
        }
    }

    /// The first that is sent on a connection may say a host's name. `at`: the connection's place.
    pub(super) fn greeted(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(view) = view_of(seen, at) else { return };
        let Some(sock) = view.sock.filter(is_stream) else { return };
        let first = said(seen).into_iter().next().filter(|(data, _)| !data.is_empty());
        let goes_on = match first {
            Some((data, _)) => {
                self.quiet.remove(&view.file.ino);
                let named = || (0..6).find_map(|at| seen.arg(at).and_then(address));
                let to = peer(&sock).or_else(named);
                to.is_some_and(|to| self.names.greeting(to, &data))
            }
            None => seen.errno == 0 && self.quiet.remove(&view.file.ino),
        };
        if goes_on && self.hosts {
            let what = format!("{}: a host's name in the first that was sent on a connection", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
    }
}

fn is_internet(sock: &Sock) -> bool {
    matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6)
}
