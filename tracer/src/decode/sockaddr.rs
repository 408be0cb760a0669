//! Socket addresses by family; families without a form of their own show their bytes as `sa_data`.

use std::borrow::Cow;

use tracer_common::plan::{phase, shape};

use super::blobs::Memory;
use super::value::{Tail, Value};
use super::{Place, names, scalar};
use crate::schema::types::Len;

/// Bytes of a `struct sockaddr_un` at most.
const UN: usize = 110;

/// The address an argument points to.
pub fn pointed<'a>(place: Place<'_, 'a>, n: Len) -> Value<'a> {
    let Memory::Bytes(bytes, want) = place.memory() else { return place.addr() };
    let want = match n {
        Len::Arg(_) => place.cx.length(n).map_or(want, |n| (n as i32).max(0) as usize),
        _ => want,
    };
    match bytes.get(..want.min(room(place, n)).min(bytes.len())) {
        Some(b) if b.len() >= 2 => sockaddr(b),
        // The kernel had no address to give (recvfrom on a connected stream).
        _ if place.phase != phase::ENTER && place.value != 0 && want == 0 => {
            Value::Str { bytes: Cow::Borrowed(b""), cut: false, hex: false }
        }
        _ => place.addr(),
    }
}

/// How many bytes the program's buffer took. The length that the kernel gives back is the address's own: what
/// lies behind the buffer is none of it.
fn room(place: Place<'_, '_>, n: Len) -> usize {
    let Len::At(at) = n else { return usize::MAX };
    match place.cx.blobs.find(at, shape::BYTES, phase::ENTER, 0) {
        Some((_, bytes)) if place.phase != phase::ENTER && bytes.len() >= 4 => {
            (scalar::at(bytes, 0, 4) as i32).max(0) as usize
        }
        _ => usize::MAX,
    }
}

/// An address of at least two bytes.
pub fn sockaddr(bytes: &[u8]) -> Value<'_> {
    let family = scalar::at(bytes, 0, 2);
    let mut fields = vec![("sa_family", Value::Named(&names::AF, family))];
    let len = bytes.len();
    match i32::try_from(family).unwrap_or(0) {
        libc::AF_UNIX if len > 2 => fields.push(("sun_path", unix(&bytes[2..len.min(UN)]))),
        libc::AF_INET if len >= 16 => {
            fields.push(("sin_port", port(bytes)));
            fields.push(("sin_addr", Value::Ip4([bytes[4], bytes[5], bytes[6], bytes[7]])));
        }
        libc::AF_INET6 if len >= 24 => {
            fields.push(("sin6_port", port(bytes)));
            let flow = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
            fields.push(("sin6_flowinfo", Value::Apply("htonl", vec![Value::Uint(u64::from(flow))])));
            let mut addr = [0; 16];
            addr.copy_from_slice(&bytes[8..24]);
            fields.push(("sin6_addr", Value::Ip6(addr)));
            if len > 24 {
                fields.push(("sin6_scope_id", Value::Uint(scalar::at(bytes, 24, 4))));
            }
        }
        libc::AF_NETLINK if len >= 12 => {
            let pad = scalar::at(bytes, 2, 2);
            if pad != 0 {
                fields.push(("nl_pad", Value::Hex(pad)));
            }
            fields.push(("nl_pid", Value::Int(i64::from(scalar::at(bytes, 4, 4) as i32))));
            fields.push(("nl_groups", Value::Text(groups(scalar::at(bytes, 8, 4) as u32))));
        }
        libc::AF_PACKET if len >= 12 => packet(&mut fields, bytes),
        _ if len > 2 => {
            fields.push(("sa_data", Value::Str { bytes: Cow::Borrowed(&bytes[2..]), cut: false, hex: false }));
        }
        _ => {}
    }
    Value::Struct { fields, more: false }
}

/// `sun_path`: a path up to its NUL, or an abstract name, `@` and all its bytes.
fn unix(path: &[u8]) -> Value<'_> {
    match path {
        [0, name @ ..] => Value::Apply("@", vec![Value::Str { bytes: Cow::Borrowed(name), cut: false, hex: false }]),
        _ => {
            let end = memchr::memchr(0, path).unwrap_or(path.len());
            Value::Str { bytes: Cow::Borrowed(&path[..end]), cut: false, hex: false }
        }
    }
}

fn port<'a>(bytes: &[u8]) -> Value<'a> {
    Value::Port(u16::from_be_bytes([bytes[2], bytes[3]]))
}

/// As printf's `%#08x`.
fn groups(groups: u32) -> String {
    if groups == 0 { "00000000".to_owned() } else { format!("0x{groups:06x}") }
}

/// `struct sockaddr_ll`.
fn packet<'a>(fields: &mut Vec<(&'static str, Value<'a>)>, bytes: &'a [u8]) {
    let protocol = u64::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    fields.push(("sll_protocol", Value::Apply("htons", vec![Value::Named(&names::ETH_P, protocol)])));
    fields.push(("sll_ifindex", Value::Uint(scalar::at(bytes, 4, 4))));
    fields.push(("sll_hatype", Value::Named(&names::ARPHRD, scalar::at(bytes, 8, 2))));
    fields.push(("sll_pkttype", Value::Named(&names::PACKET, scalar::at(bytes, 10, 1))));
    let halen = usize::from(bytes[11]);
    fields.push(("sll_halen", Value::Uint(halen as u64)));
    if halen > 0 {
        let addr = bytes.get(12..).unwrap_or_default();
        let shown: Vec<_> = addr.iter().take(halen).map(|b| Value::Text(format!("{b:#04x}"))).collect();
        let tail = if shown.len() < halen { Tail::More } else { Tail::Whole };
        fields.push(("sll_addr", Value::Array(shown, tail)));
    }
}
