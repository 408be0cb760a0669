//! `struct msghdr` and `struct mmsghdr`: name, vector and control messages of sendmsg(2), recvmsg(2) and
//! their plural forms.

use std::borrow::Cow;

use tracer_common::plan::{MMSG_PARTS, phase, shape};

use super::blobs::Memory;
use super::value::{Tail, Value};
use super::{Place, fd, names, scalar, shapes, sockaddr};
use crate::schema::types::{Len, Ty, Whose};

/// Bytes of a `struct msghdr` and of a `struct mmsghdr`.
const HDR: usize = 56;
const MMSG: usize = 64;

/// Bytes of the length in a `struct cmsghdr` of whoever made the call: control data stay as they are in the 32-bit ABI.
fn word(place: Place<'_, '_>) -> usize {
    if place.cx.narrow() { 4 } else { 8 }
}

/// The message an argument points to.
pub fn msghdr<'a>(place: Place<'_, 'a>) -> Value<'a> {
    let Some(hdr) = place.part(shape::MSGHDR, 0).take(HDR) else { return place.addr() };
    // What recvmsg was given, to show what it changed.
    let room = match place.phase {
        phase::ENTER => None,
        _ => Place { phase: phase::ENTER, ..place }.memory().take(12).map(|b| scalar::at(b, 8, 4) as i32),
    };
    let limit = (place.phase != phase::ENTER).then(|| place.cx.head.ret.max(0) as u64);
    message(place, shape::MSGHDR, 0, hdr, room, limit)
}

/// The message of a recvmsg that failed: only what the program said of it.
pub fn unfilled<'a>(place: Place<'_, 'a>) -> Value<'a> {
    match place.memory().take(HDR) {
        Some(hdr) if place.cx.ended() => {
            let fields = vec![("msg_namelen", Value::Int(i64::from(scalar::at(hdr, 8, 4) as i32)))];
            Value::Struct { fields, more: false }
        }
        _ => place.addr(),
    }
}

/// The array of messages an argument points to.
pub fn mmsghdr<'a>(place: Place<'_, 'a>, n: Len) -> Value<'a> {
    let memory = place.part(shape::MMSG, 0);
    let bytes = memory.bytes();
    let written = place.phase != phase::ENTER;
    let mut count = place.cx.length(n).unwrap_or(0);
    if written {
        count = count.min(place.cx.head.ret.max(0) as u64);
    }
    if count > 0 && bytes.len() < MMSG {
        return place.addr();
    }
    let most = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    let values: Vec<_> = bytes
        .chunks_exact(MMSG)
        .take(usize::try_from(count).unwrap_or(usize::MAX).min(most))
        .enumerate()
        .map(|(i, m)| {
            let len = scalar::at(m, HDR, 4);
            let base = MMSG_PARTS.wrapping_mul(i as u16).wrapping_add(1);
            let hdr = message(place, shape::MMSG, base, &m[..HDR], None, written.then_some(len));
            let mut fields = vec![("msg_hdr", hdr)];
            // Before sendmmsg returns nothing is known of what was sent.
            if written || place.cx.succeeded {
                fields.push(("msg_len", Value::Uint(len)));
            }
            Value::Struct { fields, more: false }
        })
        .collect();
    let tail = if (values.len() as u64) < count { Tail::More } else { Tail::Whole };
    if place.value == 0 { place.addr() } else { Value::Array(values, tail) }
}

/// One message, whose parts are shifted by `base`. `room` is the size of the name's buffer.
fn message<'a>(
    place: Place<'_, 'a>,
    shape: u8,
    base: u16,
    hdr: &[u8],
    room: Option<i32>,
    limit: Option<u64>,
) -> Value<'a> {
    let (name, namelen) = (scalar::at(hdr, 0, 8), scalar::at(hdr, 8, 4) as i32);
    let (iov, iovlen) = (scalar::at(hdr, 16, 8), scalar::at(hdr, 24, 8));
    let (control, controllen) = (scalar::at(hdr, 32, 8), scalar::at(hdr, 40, 8));
    let flags = scalar::at(hdr, 48, 4);

    let mut fields = Vec::with_capacity(7);
    let usable = room.map_or(namelen, |room| namelen.min(room)).max(0) as usize;
    let bytes = place.part(shape, base.wrapping_add(1)).bytes();
    fields.push((
        "msg_name",
        match bytes.get(..usable.min(bytes.len())) {
            Some(b) if name != 0 && b.len() >= 2 => sockaddr::sockaddr(b),
            _ => Value::Addr(name),
        },
    ));
    let length = Value::Int(i64::from(namelen));
    fields.push((
        "msg_namelen",
        match room {
            Some(room) if room != namelen => Value::Changed(Box::new(Value::Int(i64::from(room))), Box::new(length)),
            _ => length,
        },
    ));
    let (array, first) = (base.wrapping_add(3), base.wrapping_add(4));
    fields.push(("msg_iov", shapes::iovec(place, shape, array, first, iov, iovlen, limit)));
    fields.push(("msg_iovlen", Value::Uint(iovlen)));
    if controllen != 0 {
        let memory = place.part(shape, base.wrapping_add(2));
        fields.push(("msg_control", control_messages(place, memory, control, controllen)));
    }
    fields.push(("msg_controllen", Value::Uint(controllen)));
    fields.push(("msg_flags", Value::Named(&names::MSG, flags)));
    Value::Struct { fields, more: false }
}

fn control_messages<'a>(place: Place<'_, 'a>, memory: Memory<'a>, addr: u64, len: u64) -> Value<'a> {
    let bytes = memory.bytes();
    let bytes = &bytes[..bytes.len().min(usize::try_from(len).unwrap_or(usize::MAX))];
    let word = word(place);
    let head = word + 8;
    if bytes.len() < head {
        return Value::Addr(addr);
    }
    let mut values = Vec::new();
    let mut rest = bytes;
    while rest.len() >= head {
        let said = scalar::at(rest, 0, word);
        let (level, kind) = (scalar::at(rest, word, 4), scalar::at(rest, word + 4, 4));
        let len = usize::try_from(said).unwrap_or(usize::MAX);
        let data = &rest[head..len.clamp(head, rest.len())];
        let mut fields = vec![("cmsg_len", Value::Uint(said)), ("cmsg_level", Value::Named(&names::SOL, level))];
        let at = bytes.len() - rest.len() + head;
        control_message(place, &mut fields, (level, kind), at, data);
        values.push(Value::Struct { fields, more: false });
        if len < head {
            rest = &rest[head..];
            break;
        }
        match len.checked_next_multiple_of(word) {
            Some(next) if next < rest.len() => rest = &rest[next..],
            _ => rest = &[],
        }
    }
    let tail = match rest.len() {
        0 if (bytes.len() as u64) < len => Tail::More,
        0 => Tail::Whole,
        n => Tail::Fault(addr.wrapping_add((bytes.len() - n) as u64)),
    };
    Value::Array(values, tail)
}

fn control_message<'a>(
    place: Place<'_, 'a>,
    fields: &mut Vec<(&'static str, Value<'a>)>,
    (level, kind): (u64, u64),
    at: usize,
    data: &'a [u8],
) {
    let (kind_name, value) = match level {
        1 => (Value::Named(&names::SCM, kind), socket_level(place, kind, at, data)),
        0 => (Value::Named(&names::IP_CMSG, kind), ip_level(kind, data)),
        _ => (Value::Hex(kind), None),
    };
    fields.push(("cmsg_type", kind_name));
    if let Some(value) = value {
        fields.push(("cmsg_data", value));
    }
}

/// What stands `at` bytes into the control data.
fn socket_level<'a>(place: Place<'_, 'a>, kind: u64, at: usize, data: &'a [u8]) -> Option<Value<'a>> {
    // The new kinds have 64 bits in both ABIs.
    let word = if kind >= 63 { 8 } else { word(place) };
    let time = |b: &[u8], second: &'static str| Value::Struct {
        fields: vec![
            ("tv_sec", scalar::value(&Ty::Long, scalar::at(b, 0, word), word)),
            (second, Value::Uint(scalar::at(b, word, word))),
        ],
        more: false,
    };
    match kind {
        // SCM_RIGHTS
        1 if data.len() >= 4 => {
            let part = |i: usize| u16::try_from(at / 4 + i).unwrap_or(u16::MAX);
            let fds = data.chunks_exact(4).enumerate();
            let fds = fds.map(|(i, b)| fd::element(place, scalar::read(b) as i32, part(i)));
            Some(Value::Array(fds.collect(), Tail::Whole))
        }
        // SCM_CREDENTIALS: struct ucred
        2 if data.len() >= 12 => {
            let id = |off| match scalar::at(data, off, 4) {
                0xffff_ffff => Value::Int(-1),
                id => Value::Uint(id),
            };
            let pid = Value::Pid(scalar::at(data, 0, 4) as i32, Whose::Process, None);
            Some(Value::Struct { fields: vec![("pid", pid), ("uid", id(4)), ("gid", id(8))], more: false })
        }
        // SCM_SECURITY
        3 if !data.is_empty() => Some(Value::Str { bytes: Cow::Borrowed(data), cut: false, hex: false }),
        // SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING, old and new
        29 | 63 if data.len() >= 2 * word => Some(time(data, "tv_usec")),
        35 | 64 if data.len() >= 2 * word => Some(time(data, "tv_nsec")),
        37 | 65 if data.len() >= 6 * word => {
            Some(Value::Array(data.chunks_exact(2 * word).take(3).map(|b| time(b, "tv_nsec")).collect(), Tail::Whole))
        }
        _ => None,
    }
}

fn ip_level(kind: u64, data: &[u8]) -> Option<Value<'_>> {
    let ip = |off| Value::Ip4((scalar::at(data, off, 4) as u32).to_le_bytes());
    match kind {
        // IP_PKTINFO: struct in_pktinfo
        8 if data.len() >= 12 => Some(Value::Struct {
            fields: vec![
                ("ipi_ifindex", Value::Uint(scalar::at(data, 0, 4))),
                ("ipi_spec_dst", ip(4)),
                ("ipi_addr", ip(8)),
            ],
            more: false,
        }),
        // IP_TTL, IP_CHECKSUM
        2 | 23 if data.len() >= 4 => {
            Some(Value::Array(data.chunks_exact(4).map(|b| Value::Uint(scalar::read(b))).collect(), Tail::Whole))
        }
        // IP_TOS, IP_RECVOPTS, IP_RETOPTS
        1 | 6 | 7 if !data.is_empty() => {
            Some(Value::Array(data.iter().map(|&b| Value::Hex(u64::from(b))).collect(), Tail::Whole))
        }
        // IP_ORIGDSTADDR
        20 if data.len() >= 16 => Some(sockaddr::sockaddr(data)),
        _ => None,
    }
}
