//! (row, record) -> [`Call`]: pure, total, no I/O. Any bytes give some call: what is missing, cut or
//! unreadable shows as the address the program passed. The row's arguments are walked in order, each
//! finds its blobs by (argument, shape, phase, part), and code stands only behind shapes (`shapes`,
//! `sockaddr`, `msghdr`) and the forms of their own in [`special`].

mod beside;
mod blobs;
pub mod calls;
mod fd;
pub mod library;
mod msghdr;
mod names;
mod netlink;
mod operation;
mod scalar;
mod shapes;
mod sockaddr;
pub mod special;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod value;

use tracer_common::event::{Head, flag, kind};
use tracer_common::plan::{ARG_RET, phase};

use crate::schema::set::Set;
use crate::schema::tampered::Tampered;
use crate::schema::types::{Arg, Len, Row, Special, Ty};
use crate::schema::{Abi, by_nr, errno, parts};
use crate::spec::{Beside, Style, Verbose};
pub use blobs::{Blobs, Memory};
pub use fd::view as file_view;
pub use sockaddr::sockaddr;
pub use special::siginfo::siginfo;
use value::{Call, Ret, Value};

/// How calls are decoded; taken from the style of the output, once.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of a string and elements of an array that are shown (`-s`).
    pub strlen: usize,
    /// Calls whose structures are shown in full (`-v`).
    pub verbose: Verbose,
    /// Calls whose structures are not followed (`-e verbose=` inverted), by native number.
    pub addresses: Vec<bool>,
    /// Calls whose arguments are shown raw (`-e raw=`), by native number.
    pub raw: Vec<bool>,
    /// What is shown behind the results of calls.
    pub beside: Beside,
    /// What is sent stays bytes, also where it could be shown in words: for who takes it apart.
    pub bytes: bool,
}

impl Options {
    /// What a style asks of the decoder.
    pub fn new(style: &Style) -> Options {
        Options {
            strlen: style.strlen,
            verbose: style.verbose.clone(),
            addresses: style.addresses.clone(),
            raw: style.raw.clone(),
            beside: style.beside,
            bytes: false,
        }
    }

    /// For events that the caller takes itself, with strings of so many bytes.
    pub fn events(strlen: u32) -> Options {
        Options { bytes: true, ..Options::new(&Style::events(strlen)) }
    }

    fn is_verbose(&self, head: &Head, row: &Row) -> bool {
        match &self.verbose {
            Verbose::None => false,
            Verbose::All => true,
            Verbose::Some(set) => named(set, head, Some(row)),
        }
    }
}

/// Everything a shape or a special form may look at while one call is decoded.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c, 'a> {
    /// The record's head.
    pub head: &'c Head,
    /// The record's blobs.
    pub blobs: &'c Blobs<'a>,
    /// How to decode.
    pub options: &'c Options,
    /// Structures are shown in full.
    pub verbose: bool,
    /// Structures are not followed: their addresses are shown.
    pub addresses: bool,
    /// The call has returned, and did not fail.
    pub succeeded: bool,
    /// It sends or receives on a socket of netlink, of this protocol.
    pub talks: Option<u16>,
}

/// One value in a call: where its bytes are to be found.
#[derive(Debug, Clone, Copy)]
pub struct Place<'c, 'a> {
    /// The call.
    pub cx: &'c Context<'c, 'a>,
    /// The argument, 0 to 5, or [`ARG_RET`].
    pub arg: u8,
    /// `phase::ENTER` for what the call read, `phase::EXIT_OK` for what it wrote.
    pub phase: u8,
    /// The argument's value: a scalar, or the address of the memory.
    pub value: u64,
}

impl<'a> Context<'_, 'a> {
    /// The value of an argument as it was at entry.
    pub fn arg(&self, i: u8) -> u64 {
        self.head.args.get(usize::from(i)).copied().unwrap_or(0)
    }

    /// The call was interrupted by a signal and will be restarted (or fail with EINTR).
    pub fn interrupted(&self) -> bool {
        self.ended() && errno::of(self.head.ret).is_some_and(|error| errno::restart(error).is_some())
    }

    /// The call is one of the 32-bit ABI, whose memory has other widths.
    pub fn narrow(&self) -> bool {
        self.head.flags & flag::COMPAT != 0
    }

    /// The call has ended and its return value means something.
    pub fn ended(&self) -> bool {
        self.head.kind != kind::PENDING && self.head.flags & flag::NO_RETURN == 0
    }

    /// Elements or bytes that a length stands for, where it is known without looking at memory.
    pub fn length(&self, len: Len) -> Option<u64> {
        match len {
            Len::Arg(i) => Some(self.arg(i)),
            Len::Ret => Some(self.head.ret.max(0) as u64),
            Len::Times(i, ARG_RET) => Some(self.arg(i).saturating_mul(self.head.ret.max(0) as u64)),
            Len::Times(i, j) => Some(self.arg(i).saturating_mul(self.arg(j))),
            Len::Fixed(n) => Some(u64::from(n)),
            Len::Bits(i) => Some(self.arg(i).div_ceil(64).saturating_mul(8)),
            Len::At(_) | Len::At64(_) => None,
        }
    }

    fn at(&self, arg: u8, phase: u8) -> Place<'_, 'a> {
        let value = if arg == ARG_RET { self.head.ret as u64 } else { self.arg(arg) };
        Place { cx: self, arg, phase, value }
    }
}

/// Decodes one whole record. Never panics, never reads past the record.
pub fn decode<'a>(record: &'a [u8], options: &Options) -> Call<'a> {
    let head = Head::read(record).unwrap_or_default();
    decode_with(record, head, &Blobs::new(record, &head), options)
}

/// The same, where the record was opened already: its head, its blobs.
pub fn decode_with<'a>(record: &'a [u8], head: Head, blobs: &Blobs<'a>, options: &Options) -> Call<'a> {
    if head.kind == kind::OPERATION {
        return operation::decode(record, head, blobs, options);
    }
    let compat = head.flags & flag::COMPAT != 0;
    let row = by_nr(if compat { Abi::I386 } else { Abi::NATIVE }, head.nr);
    let row = row.filter(|row| !parts::is_no_call(&head, row));
    match row {
        Some(row) if !named(&options.raw, &head, Some(row)) => decode_as(record, head, blobs, row, options),
        _ => raw(record, head, row, compat),
    }
}

/// Whether a call is one of those that a list by native number names. A 32-bit call has the number of its native namesake.
fn named(list: &[bool], head: &Head, row: Option<&Row>) -> bool {
    let number = match row {
        _ if head.kind == kind::OPERATION => return false,
        Some(row) if head.flags & flag::COMPAT != 0 => usize::from(row.nr[Abi::NATIVE as usize]),
        _ => head.nr as usize,
    };
    list.get(number).copied().unwrap_or(false)
}

/// Decodes a record as a call of `row`, whatever its number says.
fn decode_as<'a>(record: &'a [u8], head: Head, blobs: &Blobs<'a>, row: &'static Row, options: &Options) -> Call<'a> {
    let (args, ret) = match row.variant(&head.args) {
        Some(variant) => (variant.args, &variant.ret),
        None => (row.args, &row.ret),
    };
    let addresses = named(&options.addresses, &head, Some(row));
    let cx = Context {
        head: &head,
        blobs,
        options,
        verbose: options.is_verbose(&head, row),
        addresses,
        succeeded: head.kind != kind::PENDING && head.flags & flag::NO_RETURN == 0 && !failed(head.ret),
        talks: if addresses || options.bytes { None } else { netlink::protocol(blobs, args) },
    };

    let mut shown: Vec<(&'static str, Value<'a>)> = Vec::with_capacity(args.len());
    let mut entered = None;
    let mut show = |i: usize, arg: &'static Arg| {
        let place = cx.at(i as u8, phase::ENTER);
        let Some((value, late)) = argument(place, &arg.ty) else { return };
        if late && entered.is_none() {
            entered = Some(shown.len());
        }
        shown.push((arg.name, value));
    };
    if row.order.is_empty() {
        for (i, arg) in args.iter().enumerate().take(6) {
            show(i, arg);
        }
    } else {
        for &i in row.order {
            if let Some(arg) = args.get(usize::from(i)) {
                show(usize::from(i), arg);
            }
        }
    }
    let entered = entered.unwrap_or(shown.len());
    let ret = beside::noted(&cx, returned(&cx, ret));
    Call { head, row: Some(row), args: shown, entered, ret, tampered: Tampered::of(&head, record), function: None }
}

/// All arguments in hex: calls asked for raw, numbers without a row.
fn raw<'a>(record: &[u8], head: Head, row: Option<&'static Row>, compat: bool) -> Call<'a> {
    const NAMES: [&str; 6] = ["arg0", "arg1", "arg2", "arg3", "arg4", "arg5"];
    let count =
        row.map_or(6, |r| r.args.iter().filter(|a| !matches!(a.ty, Ty::Special(Special::SigFrame))).count().min(6));
    let args: Vec<_> = (0..count)
        .map(|i| {
            let value = if compat { u64::from(head.args[i] as u32) } else { head.args[i] };
            let name = row.and_then(|r| r.args.get(i)).map_or(NAMES[i], |a| a.name);
            (name, Value::Hex(value))
        })
        .collect();
    let ret = outcome(&head).unwrap_or(Ret::Value(match row {
        Some(_) => Value::Hex(head.ret as u64),
        None => Value::Int(head.ret),
    }));
    let entered = args.len();
    Call { head, row, args, entered, ret, tampered: Tampered::of(&head, record), function: None }
}

/// A return value in the range of errors.
fn failed(ret: i64) -> bool {
    errno::of(ret).is_some()
}

/// How the call ended, when it did not simply return a value.
fn outcome<'a>(head: &Head) -> Option<Ret<'a>> {
    if head.kind == kind::PENDING {
        return Some(Ret::Pending);
    }
    if head.flags & flag::NO_RETURN != 0 {
        return Some(Ret::Never);
    }
    let error = errno::of(head.ret)?;
    Some(if errno::restart(error).is_some() { Ret::Restart(error) } else { Ret::Error(error) })
}

fn returned<'a>(cx: &Context<'_, 'a>, ty: &'static Ty) -> Ret<'a> {
    if let Some(ret) = outcome(cx.head) {
        return ret;
    }
    let place = cx.at(ARG_RET, phase::EXIT_OK);
    match *ty {
        // A return value is a whole register: the kernel has already extended it.
        Ty::Int | Ty::Long => Ret::Value(Value::Int(cx.head.ret)),
        // No descriptor or id is as large, but a value that was injected may be.
        Ty::Fd | Ty::Id if i32::try_from(cx.head.ret).is_err() && cx.head.ret != i64::from(u32::MAX) => {
            Ret::Value(Value::Int(cx.head.ret))
        }
        Ty::Note(first, second) => match value(place, second) {
            // A value without a name needs no note that has none either.
            Value::Named(set, v) if (v == 0 || set.mask == u64::MAX) && set.name_of(v).is_none() => {
                Ret::Value(scalar::value(first, place.value, 8))
            }
            note => Ret::Noted(scalar::value(first, place.value, 8), Box::new(note)),
        },
        Ty::Noted(word, set) => noted(cx.head.ret as u64, word, set),
        Ty::Special(kind) => special::returned(kind, place),
        Ty::Hidden => Ret::Never,
        _ => Ret::Value(value(place, ty)),
    }
}

/// `0x1 (flags FD_CLOEXEC)`: hex, and behind it the names that are known.
fn noted<'a>(ret: u64, word: &'static str, set: &'static Set) -> Ret<'a> {
    let named = set.name_of(ret).is_some()
        || set.bits.iter().any(|(_, v)| *v != 0 && ret & v == *v)
        || set.choice.iter().any(|(_, v)| ret & set.mask == *v);
    match named {
        true => Ret::Noted(Value::Hex(ret), Box::new(Value::Phrase(vec![(word, Value::Named(set, ret))]))),
        false => Ret::Value(Value::Hex(ret)),
    }
}

/// An argument's value, and whether strace shows it only when the call ends; `None` when it is not shown.
fn argument<'a>(place: Place<'_, 'a>, ty: &'static Ty) -> Option<(Value<'a>, bool)> {
    let cx = place.cx;
    let end = Place { phase: phase::EXIT_OK, ..place };
    Some(match *ty {
        Ty::Hidden => return None,
        Ty::Special(Special::NodeDev) if !is_device(cx.arg(place.arg.saturating_sub(1))) => return None,
        Ty::When(len, bits, inner) => {
            if cx.length(len).unwrap_or(bits) & bits == 0 {
                return None;
            }
            return argument(place, inner);
        }
        Ty::Out(inner) if cx.succeeded => (value(end, inner), true),
        Ty::Out(Ty::Iovec(n)) => (shapes::iovec_addresses(place, *n), true),
        Ty::Out(_) => (Value::Addr(place.value), true),
        Ty::Positive(inner) if cx.succeeded && cx.head.ret > 0 => (value(end, inner), true),
        Ty::Positive(_) => (Value::Addr(place.value), true),
        Ty::Interrupted(inner) if cx.interrupted() => (value(end, inner), true),
        Ty::Interrupted(_) => (Value::Addr(place.value), true),
        Ty::Late(inner) => (value(place, inner), true),
        Ty::Wide(inner) => return argument(place, inner),
        Ty::InOut(Ty::Msghdr) if cx.succeeded => (value(end, &Ty::Msghdr), true),
        Ty::InOut(Ty::Msghdr) => (msghdr::unfilled(place), true),
        Ty::InOut(inner) => (in_out(place, inner), true),
        Ty::Both(before, join, after) => (shapes::both(place, before, join, after), true),
        Ty::Special(kind) => (special::special(kind, place), special::at_end(kind)),
        _ => (value(place, ty), false),
    })
}

/// The mode of a device file.
fn is_device(mode: u64) -> bool {
    matches!(mode as u32 & libc::S_IFMT, libc::S_IFCHR | libc::S_IFBLK)
}

fn in_out<'a>(place: Place<'_, 'a>, inner: &'static Ty) -> Value<'a> {
    let before = value(place, inner);
    if !place.cx.succeeded {
        return before;
    }
    // What stands there now is not what was passed, of which nothing is known.
    if matches!((&before, place.memory()), (Value::Addr(_), Memory::Fault(_))) {
        return before;
    }
    let after = value(Place { phase: phase::EXIT_OK, ..place }, inner);
    match (before, after) {
        (_, after @ Value::Struct { .. }) if matches!(inner, Ty::Special(kind) if special::says_both(*kind)) => after,
        (before, after) if before == after => before,
        (before, Value::Addr(_)) => before,
        (Value::Addr(_), after) => after,
        (Value::Array(mut a, tail), Value::Array(mut b, _)) if a.len() == 1 && b.len() == 1 => {
            let changed = a.pop().zip(b.pop()).map(|(a, b)| Value::Changed(Box::new(a), Box::new(b)));
            Value::Array(changed.into_iter().collect(), tail)
        }
        (before, after) => Value::Changed(Box::new(before), Box::new(after)),
    }
}

/// A value by its type, of the phase that `place` says.
pub(crate) fn value<'a>(place: Place<'_, 'a>, ty: &'static Ty) -> Value<'a> {
    match *ty {
        Ty::Fd | Ty::DirFd | Ty::Slot(_) => fd::value(place, matches!(ty, Ty::DirFd)),
        Ty::Special(kind) => special::special(kind, place),
        Ty::Out(inner) | Ty::InOut(inner) | Ty::When(_, _, inner) => value(place, inner),
        Ty::Positive(inner) | Ty::Interrupted(inner) | Ty::Late(inner) | Ty::Note(inner, _) | Ty::Wide(inner) => {
            value(place, inner)
        }
        _ if shapes::is_memory(ty) => match place.cx.addresses && !shapes::is_string(ty) {
            true => place.addr(),
            false => shapes::value(place, ty),
        },
        _ => scalar::value(ty, place.value, 8),
    }
}
