//! What is said first on connections, as far as it may have a host's name (greeting.rs). It may be said in several calls: what is seen of
//! them is put together. Where rules deny hosts by their names, what is not seen of it is a gap.

use std::net::SocketAddr;

use foldhash::HashMap;
use tracer_common::event::Sock;

use super::files::view_of;
use super::hosts::flags_of_sockets;
use super::sockets::{is_stream, peer, said};
use super::{Collector, Seen};
use crate::decode::calls::address;
use crate::decode::value::FileView;
use crate::schema::protocols::AF;
use crate::schema::types::Ty;
use crate::tools::audit::evidence::GapKind;
use crate::tools::audit::evidence::greeting::Rest;

/// Connections that are kept at most; bytes of what is said first on one, and on all of them.
const MOST: usize = 100_000;
const BEGINNING: usize = 16 << 10;
const HELD: usize = 16 << 20;
/// The family of sockets that speak TCP, or memory in its place (SMC).
const AF_SMC: i32 = AF.value("AF_SMC") as i32;

/// How far connections are, by their sockets' inodes.
#[derive(Debug, Default)]
pub(super) struct Talks {
    all: HashMap<u64, Talk>,
    /// Bytes that are kept in them.
    held: usize,
    /// All are of connections on which a name may still be said.
    full: bool,
}

/// How far a connection is.
#[derive(Debug)]
enum Talk {
    /// Nothing was sent yet.
    Quiet,
    /// This was, and a name may follow in it.
    Begun { to: SocketAddr, said: Vec<u8> },
    /// What follows is of no interest.
    Over,
}

impl Talks {
    fn take(&mut self, socket: u64) -> Option<Talk> {
        let talk = self.all.remove(&socket)?;
        if let Talk::Begun { said, .. } = &talk {
            self.held -= said.len();
        }
        Some(talk)
    }

    /// False where there is no room.
    fn put(&mut self, socket: u64, talk: Talk) -> bool {
        if self.all.len() >= MOST && !self.full {
            self.all.retain(|_, talk| !matches!(talk, Talk::Over));
            self.full = self.all.len() >= MOST;
        }
        let more = if let Talk::Begun { said, .. } = &talk { said.len() } else { 0 };
        if self.all.len() >= MOST || self.held + more > HELD {
            return false;
        }
        self.held += more;
        self.all.insert(socket, talk);
        true
    }
}

/// What was seen of that which a call sent.
pub(super) enum First {
    /// Nothing was sent.
    Nothing,
    /// Something, but not what.
    Unseen,
    /// The front of so many bytes.
    Seen(Vec<u8>, usize),
}

impl First {
    fn of(seen: &Seen<'_, '_>) -> First {
        if seen.errno == 0 && seen.returned() == Some(0) {
            return First::Nothing;
        }
        let returned = seen.returned().and_then(|n| usize::try_from(n).ok());
        let rows = said(seen);
        let is_many = (0..6).any(|at| matches!(seen.ty(at), Some(Ty::Out(Ty::Mmsghdr(_)))));
        let count = if is_many { returned.unwrap_or(rows.len()) } else { 1 };
        let (mut data, mut is_cut) = (Vec::new(), count > rows.len());
        for (bytes, cut) in rows.into_iter().take(count) {
            data.extend(bytes);
            is_cut |= cut;
            if cut {
                break;
            }
        }
        let sent = match returned {
            Some(sent) if !is_many => sent,
            _ if is_cut => usize::MAX,
            _ => data.len(),
        };
        // The last byte that is sent out of band is no part of what the other end reads.
        let apart = usize::from(flags_of_sockets(seen).is_some_and(|flags| flags & libc::MSG_OOB != 0));
        let sent = sent.saturating_sub(apart);
        if apart > 0 && sent == 0 {
            return First::Nothing;
        }
        data.truncate(sent);
        if data.is_empty() { First::Unseen } else { First::Seen(data, sent) }
    }
}

impl Collector<'_> {
    /// A connection was begun: nothing was sent on it yet.
    pub(super) fn begins_quiet(&mut self, seen: &Seen<'_, '_>) {
        if i32::from(seen.errno) == libc::EISCONN {
            return;
        }
        if let Some(view) = view_of(seen, 0)
            && view.sock.as_ref().is_some_and(|sock| is_stream(sock) && is_internet(sock))
        {
            self.nothing_follows(view.file.ino);
            self.keep(seen, view.file.ino, Talk::Quiet);
        }
    }

    /// The first that is sent on a connection may say a host's name. `at`: the connection's place.
    pub(super) fn greeted(&mut self, seen: &Seen<'_, '_>, at: u8) {
        self.greeted_by(seen, view_of(seen, at), &First::of(seen));
    }

    /// The same with what was seen of it.
    pub(super) fn greeted_by(&mut self, seen: &Seen<'_, '_>, view: Option<&FileView<'_>>, first: &First) {
        let Some(view) = view else { return };
        let Some(sock) = view.sock.filter(is_stream) else { return };
        let socket = view.file.ino;
        match first {
            First::Nothing => {}
            First::Unseen if seen.errno != 0 => {}
            First::Unseen => match self.talks.take(socket) {
                None => {}
                Some(Talk::Over) => _ = self.talks.put(socket, Talk::Over),
                Some(Talk::Quiet | Talk::Begun { .. }) => self.unheard(seen, socket),
            },
            First::Seen(data, sent) => {
                let named = || (0..6).find_map(|at| seen.arg(at).and_then(address));
                if let Some(to) = peer(&sock).or_else(named) {
                    self.hears_first(seen, socket, to, data, *sent);
                }
            }
        }
    }

    /// These bytes were seen, the front of what was sent.
    fn hears_first(&mut self, seen: &Seen<'_, '_>, socket: u64, to: SocketAddr, data: &[u8], sent: usize) {
        let before = match self.talks.take(socket) {
            Some(Talk::Over) => {
                self.talks.put(socket, Talk::Over);
                return;
            }
            Some(Talk::Begun { said, .. }) => said,
            Some(Talk::Quiet) | None => Vec::new(),
        };
        let whole = [&before[..], data].concat();
        if seen.errno != 0 {
            // It was tried, and may be tried again, with other words.
            self.names.greeting(to, &whole, whole.len(), true);
            let talk = if before.is_empty() { Talk::Quiet } else { Talk::Begun { to, said: before } };
            return self.keep(seen, socket, talk);
        }
        match self.names.greeting(to, &whole, before.len().saturating_add(sent), false) {
            Rest::None => _ = self.talks.put(socket, Talk::Over),
            Rest::Follows if sent == data.len() && whole.len() <= BEGINNING => {
                self.keep(seen, socket, Talk::Begun { to, said: whole });
            }
            Rest::Follows | Rest::Hidden => self.unheard(seen, socket),
        }
    }

    /// A connection's beginning is not all seen.
    fn unheard(&mut self, seen: &Seen<'_, '_>, socket: u64) {
        self.talks.put(socket, Talk::Over);
        if self.hosts {
            let what = format!("{}: a host's name in the first that was sent on a connection", seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
    }

    fn keep(&mut self, seen: &Seen<'_, '_>, socket: u64, talk: Talk) {
        if !self.talks.put(socket, talk) && self.hosts {
            let what = "connections on which a host's name may be said".to_owned();
            self.gap(GapKind::Crowded, Some(seen.unit), what, 1);
        }
    }

    /// No more will be sent on a connection: what is cut is all that was said.
    fn nothing_follows(&mut self, socket: u64) {
        if let Some(Talk::Begun { to, said }) = self.talks.take(socket) {
            self.names.greeting(to, &said, said.len(), true);
        }
    }

    /// Nothing more will be sent on any.
    pub(super) fn all_is_said(&mut self) {
        for (_, talk) in std::mem::take(&mut self.talks).all {
            if let Talk::Begun { to, said } = talk {
                self.names.greeting(to, &said, said.len(), true);
            }
        }
    }
}

fn is_internet(sock: &Sock) -> bool {
    matches!(i32::from(sock.family), libc::AF_INET | libc::AF_INET6 | AF_SMC)
}
