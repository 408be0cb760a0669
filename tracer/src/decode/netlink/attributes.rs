//! Attributes and structures of netlink, by their rows.

use std::borrow::Cow;

use super::{How, only};
use crate::decode::scalar;
use crate::decode::sockaddr::sockaddr;
use crate::decode::value::{Tail, Value};
use crate::schema::netlink::holds::{Around, Attributes, Holds, Layout};
use crate::schema::netlink::route_records::RTNEXTHOP;
use crate::schema::netlink::{NLA_F, NLA_TYPE_MASK, TABLES};
use crate::schema::protocols::AF;
use crate::schema::set::Set;
use crate::schema::types::Ty;

/// Bytes of `struct nlattr`.
const HEAD: usize = 4;
/// Attributes within attributes that are gone into.
const DEEP: usize = 16;
/// Bytes of a hardware address at most (`MAX_ADDR_LEN`, include/linux/netdevice.h).
const HARDWARE: usize = 32;
/// Bytes of an interface's that are shown.
const STATION: usize = 7;

impl How {
    /// Attributes, one behind the other.
    pub(super) fn attributes<'a>(
        &self,
        around: Around<'a>,
        table: &'static Attributes,
        bytes: &'a [u8],
        deep: usize,
    ) -> Value<'a> {
        let mut around = Around { kind: &[], ..around };
        let mut values = Vec::new();
        let mut at = 0;
        let tail = loop {
            let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { break Tail::Whole };
            let Some(head) = rest.get(..HEAD) else {
                values.push(self.raw(rest));
                break Tail::Whole;
            };
            if values.len() >= self.most {
                break Tail::More;
            }
            let (len, ty) = (scalar::at(head, 0, 2) as usize, scalar::at(head, 2, 2));
            let payload = &rest[HEAD..len.clamp(HEAD, rest.len())];
            let head = Value::Struct {
                fields: vec![("nla_len", Value::Uint(len as u64)), ("nla_type", marked(&table.types, ty))],
                more: false,
            };
            let ty = (ty & NLA_TYPE_MASK) as u16;
            around.ty = ty;
            values.push(match payload {
                [] => head,
                _ => Value::Array(vec![head, self.attribute(&around, table.holds(ty), payload, deep)], Tail::Whole),
            });
            if let Holds::Text | Holds::Kind = table.holds(ty) {
                around.kind = payload.split(|byte| *byte == 0).next().unwrap_or_default();
            }
            if len < HEAD {
                break Tail::Whole;
            }
            at += len.next_multiple_of(4);
        };
        only(values, tail)
    }

    /// What one holds.
    fn attribute<'a>(&self, around: &Around<'a>, holds: Holds, bytes: &'a [u8], deep: usize) -> Value<'a> {
        self.held(around, holds, bytes, deep).unwrap_or_else(|| self.raw(bytes))
    }

    /// The same; `None` where the bytes are not what it takes.
    fn held<'a>(&self, around: &Around<'a>, holds: Holds, bytes: &'a [u8], deep: usize) -> Option<Value<'a>> {
        if deep > DEEP {
            return None;
        }
        Some(match holds {
            Holds::By(choose) => return self.held(around, choose(around), bytes, deep + 1),
            Holds::Text => {
                let (shown, whole) = match bytes {
                    _ if bytes.len() > self.strlen => (&bytes[..self.strlen], false),
                    [text @ .., 0] => (text, true),
                    text => (text, false),
                };
                Value::Str { bytes: Cow::Borrowed(shown), cut: !whole, hex: false }
            }
            Holds::Hardware if bytes.len() <= HARDWARE => Value::Hardware(bytes),
            Holds::Station if bytes.len() <= HARDWARE => Value::Hardware(&bytes[..bytes.len().min(STATION)]),
            Holds::Address => return address(around.family, bytes),
            Holds::Flags(..) | Holds::Loose(..) | Holds::Whole(_) if bytes.len() > 8 => return None,
            Holds::Whole(set) => Value::Named(set, scalar::read(bytes)),
            Holds::Ticks(..) if bytes.len() > 8 => return None,
            Holds::Ticks(..) => return self.field(around, holds, bytes, deep),
            Holds::Kind => match memchr::memchr(0, bytes) {
                Some(end) => return self.held(around, Holds::Text, &bytes[..=end], deep + 1),
                None => return self.held(around, Holds::Text, bytes, deep + 1),
            },
            Holds::Nest(table) if bytes.len() >= HEAD => self.attributes(*around, table, bytes, deep + 1),
            Holds::Rec(layout) if bytes.len() >= usize::from(layout.least) => {
                self.structure(around, layout, bytes, deep)
            }
            Holds::Hops(table) => return self.hops(around, table, bytes, deep),
            Holds::Via if bytes.len() >= 2 => {
                let (family, addr) = bytes.split_at(2);
                let mut fields = vec![("rtvia_family", number(Ty::Set(&AF), family, 0, 2))];
                if !addr.is_empty() {
                    fields.push(("rtvia_addr", address(family[0], addr).unwrap_or_else(|| self.raw(addr))));
                }
                Value::Struct { fields, more: false }
            }
            Holds::Row(width, inner) => match self.list(around, (width, inner), None, bytes, deep)? {
                Value::Array(values, tail) => only(values, tail),
                value => value,
            },
            Holds::List(width, inner) => self.list(around, (width, inner), None, bytes, deep)?,
            Holds::Named(width, inner, set) => self.list(around, (width, inner), Some(set), bytes, deep)?,
            Holds::Raw | Holds::Hardware | Holds::Nest(_) | Holds::Rec(_) => return None,
            _ => return self.field(around, holds, bytes.get(..holds.width())?, deep),
        })
    }

    /// The fields of a structure that are there.
    pub(super) fn structure<'a>(
        &self,
        around: &Around<'a>,
        layout: &'static Layout,
        bytes: &'a [u8],
        deep: usize,
    ) -> Value<'a> {
        let around = &Around { within: bytes, ..*around };
        let field = |&(name, off, holds): &(&'static str, u16, Holds)| {
            let off = usize::from(off);
            let bytes = bytes.get(off..off + holds.width())?;
            let shown = match holds {
                Holds::Bits(from, count) => bytes[0] >> from & ((1 << count) - 1) != 0,
                Holds::NonZero(_) => bytes.iter().any(|byte| *byte != 0),
                _ => true,
            };
            if !shown {
                return None;
            }
            Some((name, self.field(around, holds, bytes, deep).unwrap_or_else(|| self.raw(bytes))))
        };
        Value::Struct { fields: layout.fields.iter().filter_map(field).collect(), more: false }
    }

    /// A value of just the bytes that it takes.
    pub(super) fn field<'a>(
        &self,
        around: &Around<'a>,
        holds: Holds,
        bytes: &'a [u8],
        deep: usize,
    ) -> Option<Value<'a>> {
        let width = bytes.len();
        Some(match holds {
            Holds::Num(_, ty) => scalar::value(&ty, scalar::read(bytes), width),
            Holds::Flags(_, set) | Holds::Loose(_, set) => Value::Named(set, scalar::read(bytes)),
            Holds::Mask => Value::Text(match scalar::read(bytes) {
                0 => "0".repeat(16),
                word => format!("{word:#016x}"),
            }),
            Holds::Padded => Value::Text(match scalar::read(bytes) {
                0 => "0".repeat(8),
                number => format!("{number:#08x}"),
            }),
            Holds::Net(_, ty) => scalar::value(&ty, backward(bytes), width),
            Holds::Order(2) => Value::Port(backward(bytes) as u16),
            Holds::Order(n) => {
                Value::Apply(if n == 4 { "htonl" } else { "htobe64" }, vec![Value::Uint(backward(bytes))])
            }
            Holds::Bits(from, count) => Value::Uint(scalar::read(bytes) >> from & ((1 << count) - 1)),
            Holds::Spelled(_, set) => spelled(set, scalar::read(bytes)),
            Holds::Htons(set) => Value::Apply("htons", vec![Value::Named(set, backward(bytes))]),
            Holds::Either(_, first, second) => {
                let value = scalar::read(bytes);
                Value::Named(if first.name_of(value).is_some() { first } else { second }, value)
            }
            Holds::Sockaddr if bytes.len() >= 2 => sockaddr(bytes),
            Holds::Address => return address(around.family, bytes),
            Holds::Group(set) => match backward(bytes) {
                n if n == u64::from(TABLES) && around.message >> 8 == TABLES => {
                    Value::Apply("htons", vec![Value::Named(set, n)])
                }
                n => Value::Port(n as u16),
            },
            Holds::NonZero(inner) => return self.field(around, *inner, bytes, deep + 1),
            Holds::Choose(_, choose) => return self.field(around, choose(around), bytes, deep + 1),
            Holds::Ip4 => Value::Ip4(bytes.try_into().ok()?),
            Holds::Ip6 => Value::Ip6(bytes.try_into().ok()?),
            Holds::Interface => Value::Interface(scalar::read(bytes) as u32, None),
            Holds::Descriptor => Value::Fd(scalar::read(bytes) as i32, None),
            Holds::Error => Value::Failure(i64::from(scalar::read(bytes) as i32)),
            Holds::Ticks(_, hz) => {
                let (ticks, hz) = (scalar::read(bytes), u64::from(hz));
                let digits = if hz == 100 { 2 } else { 3 };
                let seconds = format!("{}.{:0digits$} s", ticks / hz, ticks % hz);
                match ticks {
                    0 => Value::Uint(0),
                    _ => Value::Comment(Box::new(Value::Uint(ticks)), seconds),
                }
            }
            Holds::Bytes(_) => Value::Str { bytes: Cow::Borrowed(bytes), cut: false, hex: true },
            Holds::Mac(_) => Value::Hardware(bytes),
            Holds::Chars(_) => {
                let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
                Value::Str { bytes: Cow::Borrowed(&bytes[..end]), cut: end == bytes.len(), hex: false }
            }
            Holds::Rec(layout) => self.structure(around, layout, bytes, deep + 1),
            Holds::Named(width, inner, set) => return self.list(around, (width, inner), Some(set), bytes, deep),
            Holds::List(_, inner) => {
                let each = bytes.chunks_exact(inner.width().max(1));
                Value::Array(each.filter_map(|bytes| self.field(around, *inner, bytes, deep)).collect(), Tail::Whole)
            }
            _ => return None,
        })
    }

    /// Hops of a route, each with attributes of its own.
    fn hops<'a>(
        &self,
        around: &Around<'a>,
        table: &'static Attributes,
        bytes: &'a [u8],
        deep: usize,
    ) -> Option<Value<'a>> {
        let size = usize::from(RTNEXTHOP.size);
        let mut values = Vec::new();
        let mut at = 0;
        let tail = loop {
            let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else { break Tail::Whole };
            if values.len() >= self.most {
                break Tail::More;
            }
            if rest.len() < size {
                values.push(self.raw(rest));
                break Tail::Whole;
            }
            let len = scalar::at(rest, 0, 2) as usize;
            let hop = self.structure(around, &RTNEXTHOP, rest, deep);
            let said = &rest[size..len.clamp(size, rest.len())];
            values.push(match said {
                [] => hop,
                _ => Value::Array(vec![hop, self.attributes(*around, table, said, deep + 1)], Tail::Whole),
            });
            if len < size {
                break Tail::Whole;
            }
            at += len.next_multiple_of(4);
        };
        if bytes.len() < size { None } else { Some(only(values, tail)) }
    }

    /// As many as there are; `None` where there is not even one.
    fn list<'a>(
        &self,
        around: &Around<'a>,
        (width, inner): (u8, &'static Holds),
        names: Option<&'static Set>,
        bytes: &'a [u8],
        deep: usize,
    ) -> Option<Value<'a>> {
        let width = usize::from(width).max(1);
        let all = bytes.len() / width;
        let one = |(i, bytes): (usize, &'a [u8])| {
            let value = self.field(around, *inner, bytes, deep)?;
            Some(match names {
                Some(set) => Value::At(Box::new(place(set, i as u64)), Box::new(value)),
                None => value,
            })
        };
        let values: Vec<_> = bytes.chunks_exact(width).enumerate().take(self.most).filter_map(one).collect();
        let tail = if values.len() < all { Tail::More } else { Tail::Whole };
        if all == 0 { None } else { Some(Value::Array(values, tail)) }
    }
}

/// A type with its marks: `NLA_F_NESTED|IFLA_LINKINFO`.
fn marked<'a>(types: &'static Set, ty: u64) -> Value<'a> {
    let name = Value::Named(types, ty & NLA_TYPE_MASK);
    match ty & !NLA_TYPE_MASK {
        0 => name,
        marks => Value::Joined(vec![Value::Named(&NLA_F, marks), name]),
    }
}

/// The name of a place, or its number.
fn place<'a>(names: &'static Set, place: u64) -> Value<'a> {
    match names.name_of(place) {
        Some(_) => Value::Named(names, place),
        None => Value::Comment(Box::new(Value::Uint(place)), format!("{}???", names.prefix)),
    }
}

/// Flags whose number is always shown: `0x1 /* RCV_SHUTDOWN */`.
fn spelled<'a>(flags: &'static Set, value: u64) -> Value<'a> {
    let named = flags.bits.iter().filter(|(_, bit)| value & bit != 0);
    let rest = named.clone().fold(value, |rest, (_, bit)| rest & !bit);
    let mut words: Vec<String> = named.map(|(name, _)| (*name).to_owned()).collect();
    match words.is_empty() {
        true => Value::Spelled(flags, value),
        false => {
            words.extend((rest != 0).then(|| format!("{rest:#x}")));
            Value::Comment(Box::new(Value::Hex(value)), words.join("|"))
        }
    }
}

fn backward(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
}

/// An address of that family.
pub(super) fn address<'a>(family: u8, bytes: &'a [u8]) -> Option<Value<'a>> {
    match i32::from(family) {
        libc::AF_INET => Some(Value::Ip4(*bytes.first_chunk()?)),
        libc::AF_INET6 => Some(Value::Ip6(*bytes.first_chunk()?)),
        _ => None,
    }
}

/// A number of the kernel's own in a structure (`Ty`), for messages that are decoded by hand.
pub(super) fn number<'a>(ty: Ty, bytes: &[u8], off: usize, width: usize) -> Value<'a> {
    scalar::value(&ty, scalar::at(bytes, off, width), width)
}
