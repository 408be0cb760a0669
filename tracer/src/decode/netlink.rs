//! What is sent and received on sockets of netlink: messages, one behind the other, each with a structure and attributes. What they
//! hold stands in `schema/netlink`; lengths that lie are shown as far as there are bytes.

mod attributes;
mod messages;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use tracer_common::plan::{phase, shape};

use super::value::{Tail, Value};
use super::{Blobs, Place, fd, scalar};
use crate::schema::net::talks;
use crate::schema::types::Arg;

/// Bytes of `struct nlmsghdr`.
const HEADER: usize = 16;

/// The protocol (`NETLINK_*`) of the socket that a call with these arguments talks on, where it is one of netlink.
pub fn protocol(blobs: &Blobs<'_>, args: &[Arg]) -> Option<u16> {
    if !talks(args) {
        return None;
    }
    let (_, bytes) = blobs.find(0, shape::FD, phase::ENTER, 0)?;
    let sock = fd::view(bytes)?.sock?;
    (i32::from(sock.family) == libc::AF_NETLINK).then_some(sock.protocol)
}

/// How to decode: as the call is.
#[derive(Debug, Clone, Copy)]
struct How {
    protocol: u16,
    strlen: usize,
    /// Elements of a list.
    most: usize,
}

/// The `want` bytes that were sent or received, of which `bytes` were copied; `None` where the protocol has messages of its own.
pub fn buffer<'a>(place: Place<'_, 'a>, bytes: &'a [u8], want: usize) -> Option<Value<'a>> {
    const KOBJECT_UEVENT: u16 = 15;
    let protocol = place.cx.talks.filter(|protocol| *protocol != KOBJECT_UEVENT)?;
    if bytes.is_empty() {
        return None;
    }
    let strlen = place.cx.options.strlen;
    let most = if place.cx.verbose { usize::MAX } else { strlen };
    Some(How { protocol, strlen, most }.buffer(bytes, want))
}

impl How {
    fn buffer<'a>(&self, bytes: &'a [u8], want: usize) -> Value<'a> {
        let mut at = 0;
        let one = |rest: &'a [u8]| {
            let Some(head) = rest.get(..HEADER) else { return (self.raw(rest), None) };
            let len = scalar::at(head, 0, 4) as usize;
            let body = &rest[HEADER..len.clamp(HEADER, rest.len())];
            (self.message(head, body, 0), (len >= HEADER).then(|| len.next_multiple_of(4)))
        };
        let mut values = Vec::new();
        let tail = loop {
            match bytes.get(at..) {
                Some(rest) if !rest.is_empty() && (values.len() < self.most || rest.len() < HEADER) => {
                    let (value, step) = one(rest);
                    values.push(value);
                    match step {
                        Some(step) => at = at.saturating_add(step),
                        None => break Tail::Whole,
                    }
                }
                Some([]) | None if bytes.len() >= want || at >= want => break Tail::Whole,
                _ => break Tail::More,
            }
        };
        only(values, tail)
    }

    /// Bytes of which nothing more is known.
    fn raw<'a>(&self, bytes: &'a [u8]) -> Value<'a> {
        let shown = &bytes[..bytes.len().min(self.strlen)];
        Value::Str { bytes: Cow::Borrowed(shown), cut: shown.len() < bytes.len(), hex: true }
    }
}

/// A list, which one alone does not need.
fn only<'a>(mut values: Vec<Value<'a>>, tail: Tail) -> Value<'a> {
    match (values.len(), tail) {
        (0, Tail::More) => Value::Word("..."),
        (1, Tail::Whole) => values.remove(0),
        _ => Value::Array(values, tail),
    }
}
