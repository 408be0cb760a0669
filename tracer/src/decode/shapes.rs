//! What lies in memory: strings, records, arrays, vectors, argument lists, signal sets. Every function
//! falls back to the address when too little was read to say anything, and says where it ends when
//! something was.

use std::borrow::Cow;

use tracer_common::event::status;
use tracer_common::plan::{PATH_MAX, VEC_MAX, phase, shape};

use super::blobs::Memory;
use super::value::{Tail, Value};
use super::{Place, fd, msghdr, netlink, scalar, sockaddr, special};
use crate::schema::narrow;
use crate::schema::plan::width;
use crate::schema::types::{Field, Join, Len, Rec, Ty};

/// Types that point to memory, and are not special.
pub fn is_memory(ty: &Ty) -> bool {
    matches!(
        ty,
        Ty::Path
            | Ty::Text
            | Ty::Bytes(_)
            | Ty::HexBytes(_)
            | Ty::Rec(_)
            | Ty::Sized(..)
            | Ty::Ptr(_)
            | Ty::Bare(_)
            | Ty::Array(..)
            | Ty::Refs(..)
            | Ty::Iovec(_)
            | Ty::Msghdr
            | Ty::Mmsghdr(_)
            | Ty::Sockaddr(_)
            | Ty::Argv
            | Ty::Envp
            | Ty::SigSet(_)
            | Ty::Of(_, Ty::Chars)
    )
}

/// Strings and data, which are shown even of calls whose structures are not.
pub fn is_string(ty: &Ty) -> bool {
    matches!(ty, Ty::Path | Ty::Text | Ty::Bytes(_) | Ty::HexBytes(_) | Ty::Of(_, Ty::Chars))
}

impl<'a> Place<'_, 'a> {
    /// The bytes that were copied from where the argument points.
    pub fn memory(&self) -> Memory<'a> {
        self.part(shape::BYTES, 0)
    }

    /// A piece of the argument's memory.
    pub fn part(&self, shape: u8, part: u16) -> Memory<'a> {
        self.cx.blobs.memory(self.arg, shape, self.phase, part)
    }

    /// Bytes of an address in the memory of whoever made the call.
    fn word(&self) -> u64 {
        if self.cx.narrow() { 4 } else { 8 }
    }

    /// The address, for when there is nothing better to show; NULL when it is 0.
    pub fn addr(&self) -> Value<'a> {
        Value::Addr(self.value)
    }
}

/// The value of a type for which [`is_memory`] holds.
pub fn value<'a>(place: Place<'_, 'a>, ty: &'static Ty) -> Value<'a> {
    let whole = |n: usize| Some(place.memory().bytes()).filter(|bytes| bytes.len() >= n);
    match *ty {
        Ty::Path => match place.part(shape::TEXT, 0) {
            Memory::Bytes(bytes, _) => {
                // The last byte of PATH_MAX is the NUL's.
                let shown = &bytes[..bytes.len().min(PATH_MAX - 1)];
                Value::Path { bytes: shown, cut: is_cut(place, shape::TEXT) }
            }
            _ => place.addr(),
        },
        Ty::Text => match place.part(shape::TEXT, 0) {
            Memory::Bytes(bytes, _) => text(bytes, place.cx.options.strlen, is_cut(place, shape::TEXT)),
            _ => place.addr(),
        },
        Ty::Bytes(n) => data(place, n, false),
        Ty::HexBytes(n) => data(place, n, true),
        Ty::Rec(rec) => whole(usize::from(rec.size)).map_or_else(|| place.addr(), |b| record(place, rec, b, 0)),
        Ty::Of(width, inner) => {
            whole(usize::from(width)).map_or_else(|| place.addr(), |bytes| field(place, inner, bytes, 0))
        }
        Ty::Sized(rec, _) => sized(place, rec),
        Ty::Ptr(inner) => match place.memory().take(usize::from(width(inner))) {
            Some(bytes) => Value::Array(vec![field(place, inner, bytes, 0)], Tail::Whole),
            None => place.addr(),
        },
        Ty::Bare(inner) => match place.memory().take(usize::from(width(inner))) {
            Some(bytes) => field(place, inner, bytes, 0),
            None => place.addr(),
        },
        Ty::Array(inner, n) => array(place, inner, n),
        Ty::Refs(rec, n) => refs(place, rec, n),
        Ty::Iovec(n) => match place.cx.length(n) {
            Some(count) => {
                let limit = (place.phase != phase::ENTER).then(|| place.cx.head.ret.max(0) as u64);
                iovec(place, shape::IOVEC, 0, 1, place.value, count, limit)
            }
            None => place.addr(),
        },
        Ty::Msghdr => msghdr::msghdr(place),
        Ty::Mmsghdr(n) => msghdr::mmsghdr(place, n),
        Ty::Sockaddr(n) => sockaddr::pointed(place, n),
        Ty::Argv => argv(place),
        Ty::Envp => envp(place),
        Ty::SigSet(_) => match place.memory() {
            Memory::Bytes(bytes @ [_, ..], _) if bytes.len() <= 8 => Value::SigSet(scalar::read(bytes)),
            _ => place.addr(),
        },
        _ => place.addr(),
    }
}

fn is_cut(place: Place<'_, '_>, shape: u8) -> bool {
    place.cx.blobs.find(place.arg, shape, place.phase, 0).is_some_and(|(b, _)| b.status == status::CUT)
}

/// A string: at most `strlen` bytes of it.
pub fn text(bytes: &[u8], strlen: usize, cut: bool) -> Value<'_> {
    let shown = &bytes[..bytes.len().min(strlen)];
    Value::Str { bytes: Cow::Borrowed(shown), cut: cut || shown.len() < bytes.len(), hex: false }
}

/// A string in a field of fixed size. The last byte of one without NUL is taken for the place of the NUL.
pub fn chars(bytes: &[u8]) -> Value<'_> {
    let end = memchr::memchr(0, bytes);
    let shown = &bytes[..end.unwrap_or(bytes.len().saturating_sub(1))];
    Value::Str { bytes: Cow::Borrowed(shown), cut: end.is_none() && !bytes.is_empty(), hex: false }
}

/// Data: at most `strlen` bytes, with dots when there are more.
pub fn bytes(bytes: &[u8], want: usize, strlen: usize, hex: bool) -> Value<'_> {
    let shown = &bytes[..bytes.len().min(strlen)];
    Value::Str { bytes: Cow::Borrowed(shown), cut: want > shown.len(), hex }
}

fn data<'a>(place: Place<'_, 'a>, n: Len, hex: bool) -> Value<'a> {
    let strlen = place.cx.options.strlen;
    match place.memory() {
        Memory::Bytes(b, want) => netlink::buffer(place, b, want).unwrap_or_else(|| bytes(b, want, strlen, hex)),
        Memory::Missing if place.value != 0 && place.cx.length(n) == Some(0) => bytes(&[], 0, strlen, hex),
        // Enough was read for what is shown: what lies behind it does not matter.
        Memory::Fault(b) if b.len() >= strlen && strlen > 0 => bytes(b, usize::MAX, strlen, hex),
        _ => place.addr(),
    }
}

/// The fields of a record whose bytes are `bytes`; fields that reach past them are left out. `part`
/// counts the records of an array, for the descriptors in them.
pub fn record<'a>(place: Place<'_, 'a>, rec: &'static Rec, bytes: &'a [u8], part: u16) -> Value<'a> {
    let mut fields: Vec<(&'static str, Value<'a>)> = Vec::with_capacity(rec.fields.len());
    let mut more = false;
    for f in rec.fields {
        let (off, end) = (usize::from(f.off), usize::from(f.off) + usize::from(f.width));
        let (ty, verbose) = of_type(f, bytes);
        if let (Ty::Rest(_, count), Ty::Dots(_), false) = (ty, f.ty, place.cx.verbose) {
            let tail = if count(bytes) > 0 { Tail::More } else { Tail::Whole };
            fields.push((f.name, Value::Array(Vec::new(), tail)));
        } else if verbose && !place.cx.verbose && matches!(f.ty, Ty::Dots(_)) {
            if fields.last().is_none_or(|(name, _)| !name.is_empty()) {
                fields.push(("", Value::Word("...")));
            }
        } else if verbose && !place.cx.verbose {
            more = true;
        } else if let Some(b) = bytes.get(off..end) {
            match *ty {
                Ty::Rest(inner, count) => {
                    let room = if f.width == 0 { bytes } else { &bytes[..end] };
                    fields.push((f.name, rest(place, inner, room, off, count(bytes), f.width > 0)));
                }
                Ty::Hidden | Ty::Wide(Ty::Hidden) => {}
                Ty::NonZero(_) if b.iter().all(|&b| b == 0) => {}
                ref ty => fields.push((
                    f.name,
                    field(place, ty, b, if off == 0 || matches!(ty, Ty::Fd) { part } else { u16::MAX }),
                )),
            }
        }
    }
    Value::Struct { fields, more }
}

/// What a field is, by the bytes of its structure where they decide, and whether it is only shown with `-v`.
fn of_type(field: &'static Field, bytes: &[u8]) -> (&'static Ty, bool) {
    let (mut ty, mut verbose) = (&field.ty, field.verbose);
    loop {
        ty = match *ty {
            Ty::By(choose) => choose(bytes),
            Ty::Full(inner) | Ty::Dots(inner) => {
                verbose = true;
                inner
            }
            _ => return (ty, verbose),
        };
    }
}

/// The `count` elements that stand `off` bytes into a structure, as far as they were read and there is room for them.
/// `within` a field all of a text is shown.
fn rest<'a>(
    place: Place<'_, 'a>,
    inner: &'static Ty,
    bytes: &'a [u8],
    off: usize,
    count: u64,
    within: bool,
) -> Value<'a> {
    let room = bytes.get(off..).unwrap_or_default();
    let want = usize::try_from(count).unwrap_or(usize::MAX);
    if let Ty::Bytes(_) | Ty::HexBytes(_) = inner {
        let hex = matches!(inner, Ty::HexBytes(_));
        if room.is_empty() && want > 0 && !within {
            return Value::Addr(place.value.wrapping_add(off as u64));
        }
        let most = if within { usize::MAX } else { place.cx.options.strlen };
        return self::bytes(&room[..room.len().min(want)], if within { 0 } else { want }, most, hex);
    }
    if let Ty::Chars = inner {
        return chars(&room[..room.len().min(want)]);
    }
    let unit = usize::from(width(inner)).max(1);
    let limit = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    let most = want.min(limit);
    let elements = room.chunks_exact(unit).take(most);
    let values: Vec<_> = elements.map(|element| field(place, inner, element, u16::MAX)).collect();
    let reached = place.value.wrapping_add((off + unit * values.len()) as u64);
    let tail = match (values.len() as u64) < count {
        true if values.len() < most && matches!(place.memory(), Memory::Fault(_)) => match values.is_empty() {
            true => return Value::Addr(reached),
            false => Tail::Fault(reached),
        },
        true => Tail::More,
        false => Tail::Whole,
    };
    Value::Array(values, tail)
}

/// What went into a structure, and what has come of it.
pub fn both<'a>(place: Place<'_, 'a>, before: &'static Rec, join: Join, after: &'static Rec) -> Value<'a> {
    let read = |place: Place<'_, 'a>, rec: &'static Rec| {
        let bytes = Some(place.memory().bytes()).filter(|bytes| bytes.len() >= usize::from(rec.size))?;
        Some(record(place, rec, bytes, 0))
    };
    let end = Place { phase: phase::EXIT_OK, ..place };
    let Some(first) = read(place, before).filter(|_| !place.cx.addresses) else { return place.addr() };
    let second = if place.cx.succeeded { read(end, after) } else { None };
    let unexpected = place.memory().bytes()[..usize::from(before.size)].iter().any(|&byte| byte != 0);
    match (first, second, join) {
        (_, None, Join::Unexpected) if !unexpected => place.addr(),
        (_, Some(second), Join::Unexpected) if !unexpected => second,
        (first, None, Join::Address | Join::Unexpected) => Value::Changed(Box::new(first), Box::new(place.addr())),
        (first, None, _) => first,
        (Value::Struct { mut fields, more }, Some(Value::Struct { fields: came, more: also }), Join::Within) => {
            // Dots stand for what has come now.
            if matches!(fields.last(), Some(("", _))) {
                fields.pop();
            }
            fields.extend(came);
            Value::Struct { fields, more: more || also }
        }
        (first, Some(second), _) => Value::Changed(Box::new(first), Box::new(second)),
    }
}

/// A record whose size the caller states: fields that fit, and dots when unknown bytes are set.
fn sized<'a>(place: Place<'_, 'a>, rec: &'static Rec) -> Value<'a> {
    let Memory::Bytes(bytes @ [_, ..], want) = place.memory() else { return place.addr() };
    let mut value = record(place, rec, bytes, 0);
    let tail = bytes.get(usize::from(rec.size)..).unwrap_or_default();
    if let Value::Struct { more, .. } = &mut value {
        *more |= tail.iter().any(|&b| b != 0) || want > bytes.len();
    }
    value
}

/// A value inside memory that was read: a field, an array's element.
pub fn field<'a>(place: Place<'_, 'a>, ty: &'static Ty, bytes: &'a [u8], part: u16) -> Value<'a> {
    match *ty {
        Ty::Rec(rec) => record(place, rec, bytes, part),
        Ty::Chars | Ty::Text | Ty::Path => chars(bytes),
        Ty::Bytes(_) => Value::Str { bytes: Cow::Borrowed(bytes), cut: false, hex: false },
        Ty::HexBytes(_) => Value::Str { bytes: Cow::Borrowed(bytes), cut: false, hex: true },
        Ty::Array(inner, n) => {
            // A byte or a short has no word of its own: the field's width and count tell.
            let unit = match n {
                Len::Fixed(n @ 1..) => bytes.len() / usize::from(n),
                _ => usize::from(width(inner)),
            };
            let unit = unit.max(1);
            let limit = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
            let values = bytes.chunks_exact(unit).take(limit).map(|b| field(place, inner, b, u16::MAX)).collect();
            Value::Array(values, if bytes.len() / unit > limit { Tail::More } else { Tail::Whole })
        }
        Ty::SigSet(_) => Value::SigSet(scalar::read(bytes)),
        Ty::Sockaddr(_) => sockaddr::sockaddr(bytes),
        Ty::Special(kind) => special::field(kind, place, bytes),
        Ty::NonZero(inner) | Ty::Wide(inner) | Ty::Of(_, inner) => field(place, inner, bytes, part),
        Ty::Fd => fd::element(place, scalar::read(bytes) as i32, part),
        _ => scalar::value(ty, scalar::read(bytes), bytes.len()),
    }
}

fn array<'a>(place: Place<'_, 'a>, inner: &'static Ty, n: Len) -> Value<'a> {
    let unit = usize::from(width(inner)).max(1);
    let (bytes, fault) = match place.memory() {
        Memory::Bytes(bytes, _) => (bytes, false),
        Memory::Fault(bytes) => (bytes, true),
        Memory::Missing if place.value != 0 && place.cx.length(n) == Some(0) => (&[][..], false),
        Memory::Missing => return place.addr(),
    };
    if fault && bytes.len() < unit {
        return place.addr();
    }
    // A count is what the program said; one that can not be told is what was read.
    let count = match (n, place.cx.length(n)) {
        (Len::Bits(_), Some(n)) => n / unit as u64,
        (_, Some(n)) => u64::from(n as u32),
        (_, None) => match place.memory() {
            Memory::Bytes(_, want) => (want / unit) as u64,
            _ => u64::MAX,
        },
    };
    let limit = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    let shown = (bytes.len() / unit).min(usize::try_from(count).unwrap_or(usize::MAX)).min(limit);
    let values =
        bytes.chunks_exact(unit).take(shown).enumerate().map(|(i, b)| field(place, inner, b, i as u16)).collect();
    let tail = match (shown as u64) < count {
        true if fault && shown < limit => {
            Tail::Fault(place.value.wrapping_add(shown as u64 * narrow::stride(inner, place.cx.narrow())))
        }
        true => Tail::More,
        false => Tail::Whole,
    };
    Value::Array(values, tail)
}

/// Structures that an array of pointers points to; a pointer where one could not be read.
fn refs<'a>(place: Place<'_, 'a>, rec: &'static Rec, n: Len) -> Value<'a> {
    let count = place.cx.length(n).unwrap_or(0);
    let memory = place.part(shape::REFS, 0);
    let pointers = memory.bytes();
    if place.value == 0 || (count > 0 && pointers.len() < 8) {
        return place.addr();
    }
    let most = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    let one = |(i, pointer): (usize, &[u8])| match place.part(shape::REFS, 1 + 2 * i as u16) {
        Memory::Bytes(bytes, _) => record(place, rec, bytes, 2 + 2 * i as u16),
        _ => Value::Addr(scalar::read(pointer)),
    };
    let values: Vec<_> = pointers.chunks_exact(8).enumerate().take(most).map(one).collect();
    let tail = match (values.len() as u64) < count {
        true if matches!(memory, Memory::Fault(_)) && values.len() < most => {
            Tail::Fault(place.value.wrapping_add(place.word() * values.len() as u64))
        }
        true => Tail::More,
        false => Tail::Whole,
    };
    Value::Array(values, tail)
}

/// An array of `struct iovec` and what its elements point to. The array is part `head` of `shape`, the
/// elements' bytes follow from part `first` on; `limit` bounds what was transferred in all.
pub fn iovec<'a>(
    place: Place<'_, 'a>,
    shape: u8,
    head: u16,
    first: u16,
    addr: u64,
    count: u64,
    limit: Option<u64>,
) -> Value<'a> {
    let memory = place.part(shape, head);
    let bytes = memory.bytes();
    if count == 0 && addr != 0 {
        return Value::Array(Vec::new(), Tail::Whole);
    }
    if bytes.len() < 16 {
        return Value::Addr(addr);
    }
    let strlen = place.cx.options.strlen;
    let most = if place.cx.verbose { usize::MAX } else { strlen };
    let mut left = limit;
    let mut values = Vec::new();
    for (i, iov) in bytes.chunks_exact(16).take(usize::try_from(count).unwrap_or(usize::MAX)).take(most).enumerate() {
        let (base, len) = (scalar::at(iov, 0, 8), scalar::at(iov, 8, 8));
        let want = left.map_or(len, |left| left.min(len));
        left = left.map(|left| left - want);
        let part = (i < VEC_MAX).then(|| place.part(shape, first.wrapping_add(i as u16)));
        let base = match part {
            Some(Memory::Bytes(b, _)) if base != 0 => {
                let b = &b[..b.len().min(usize::try_from(want).unwrap_or(usize::MAX))];
                let want = usize::try_from(want).unwrap_or(usize::MAX);
                netlink::buffer(place, b, want).unwrap_or_else(|| self::bytes(b, want, strlen, false))
            }
            _ if base != 0 && want == 0 => self::bytes(&[], 0, strlen, false),
            _ => Value::Addr(base),
        };
        values.push(Value::Struct { fields: vec![("iov_base", base), ("iov_len", Value::Uint(len))], more: false });
    }
    let shown = values.len();
    let tail = match (shown as u64) < count {
        true if matches!(memory, Memory::Fault(_)) && shown < most => {
            Tail::Fault(addr.wrapping_add(2 * place.word() * shown as u64))
        }
        true => Tail::More,
        false => Tail::Whole,
    };
    Value::Array(values, tail)
}

/// The vector of a read that failed: addresses instead of data, where the array was read.
pub fn iovec_addresses<'a>(place: Place<'_, 'a>, n: Len) -> Value<'a> {
    let bytes = match place.part(shape::IOVEC, 0) {
        Memory::Missing => place.memory().bytes(),
        memory => memory.bytes(),
    };
    let count = place.cx.length(n).unwrap_or(0);
    if count > 0 && bytes.len() < 16 {
        return place.addr();
    }
    let most = if place.cx.verbose { usize::MAX } else { place.cx.options.strlen };
    let values: Vec<_> = bytes
        .chunks_exact(16)
        .take(usize::try_from(count).unwrap_or(usize::MAX).min(most))
        .map(|iov| {
            let fields =
                vec![("iov_base", Value::Addr(scalar::at(iov, 0, 8))), ("iov_len", Value::Uint(scalar::at(iov, 8, 8)))];
            Value::Struct { fields, more: false }
        })
        .collect();
    let tail = if (values.len() as u64) < count { Tail::More } else { Tail::Whole };
    if place.value == 0 { place.addr() } else { Value::Array(values, tail) }
}

fn argv<'a>(place: Place<'_, 'a>) -> Value<'a> {
    let Some((blob, pointers)) = place.cx.blobs.find(place.arg, shape::ARGV, place.phase, 0) else {
        return place.addr();
    };
    let fault = blob.status == status::FAULT;
    if place.value == 0 || (fault && pointers.len() < 8) {
        return place.addr();
    }
    let strlen = place.cx.options.strlen;
    let most = if place.cx.verbose { usize::MAX } else { strlen };
    let mut values = Vec::new();
    let mut shown = 0;
    for (i, p) in pointers.chunks_exact(8).enumerate() {
        let pointer = scalar::read(p);
        if pointer == 0 {
            return Value::Array(values, Tail::Whole);
        }
        if i >= most {
            return Value::Array(values, Tail::More);
        }
        let part = 1 + i as u16;
        values.push(match place.cx.blobs.find(place.arg, shape::ARGV, place.phase, part) {
            Some((b, bytes)) if b.status == status::WHOLE || b.status == status::CUT => {
                text(bytes, strlen, b.status == status::CUT)
            }
            _ => Value::Addr(pointer),
        });
        shown += 1;
    }
    let tail = if fault {
        Tail::Fault(place.value.wrapping_add(place.word() * shown as u64))
    } else if blob.want as usize > shown || blob.status == status::CUT || blob.status == status::NO_ROOM {
        Tail::More
    } else {
        Tail::Whole
    };
    Value::Array(values, tail)
}

fn envp<'a>(place: Place<'_, 'a>) -> Value<'a> {
    if let (true, Some(_)) = (place.cx.verbose, place.cx.blobs.find(place.arg, shape::ARGV, place.phase, 0)) {
        return argv(place);
    }
    let counted = place.cx.blobs.find(place.arg, shape::COUNT, place.phase, 0);
    let counted = counted.or_else(|| place.cx.blobs.find(place.arg, shape::ARGV, place.phase, 0));
    match counted {
        Some((blob, _)) if place.value != 0 && matches!(blob.status, status::WHOLE | status::CUT) => {
            Value::Counted(place.value, blob.want, if blob.want == 1 { "var" } else { "vars" })
        }
        _ => place.addr(),
    }
}
