//! Calls of library functions: as a call of the row of their prototype; of a function without one, integers. A format of printf(3) says
//! what stands behind it.

use tracer_common::event::{Head, kind};
use tracer_common::plan::{ARG_RET, ARG_SP, phase, shape};

use super::blobs::{Blobs, Memory};
use super::value::{Call, Ret, Value};
use super::{Context, Options, argument, fd, scalar, shapes, special};
use crate::schema::plan::{ARGUMENTS, STACKED};
use crate::schema::prototypes::{self, Prototype};
use crate::schema::tampered::Tampered;
use crate::schema::types::Ty;
use crate::spec::Verbose;

/// Arguments that are shown of a function of which nothing is known, as ltrace shows.
const UNKNOWN: usize = 4;
/// Names of arguments behind a format, which has none for them: as many as are shown.
const BEHIND: [&str; 16] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

/// What a number of a function stands for, and who called it.
#[derive(Debug, Clone, Copy)]
pub struct Function<'a> {
    /// Its name; empty where no record told of it.
    pub name: &'a [u8],
    /// The library that has it.
    pub library: &'a [u8],
    /// What is known of its arguments and of how it ends.
    pub prototype: Option<&'static Prototype>,
    /// The module that called it; empty where nobody asked who does.
    pub caller: &'a [u8],
    /// Calls that it is within.
    pub depth: usize,
}

/// Decodes the record of a call: that of its entry, or one that was joined of both.
pub fn decode<'a>(record: &'a [u8], function: Function<'a>, options: &Options) -> Call<'a> {
    const NAMES: [&str; UNKNOWN] = ["arg1", "arg2", "arg3", "arg4"];
    let head = Head::read(record).unwrap_or_default();
    let blobs = Blobs::new(record, &head);
    let returned = head.kind == kind::RETURNED;
    let prototype = function.prototype.map(|prototype| prototype.row);
    let cx = Context {
        head: &head,
        blobs: &blobs,
        options,
        verbose: options.verbose == Verbose::All,
        addresses: false,
        succeeded: returned && head.ret as i32 != -1,
        talks: None,
    };
    let mut args = Vec::new();
    let mut entered = None;
    match prototype {
        Some(row) => {
            for (i, arg) in row.args.iter().enumerate() {
                let register = prototypes::register(row, i).unwrap_or_default();
                if register >= ARGUMENTS {
                    break;
                }
                let place = cx.at(register as u8, phase::ENTER);
                let shown = match arg.ty {
                    Ty::Stream | Ty::Dir => Some((stream(&cx, register as u8, phase::ENTER), false)),
                    Ty::Format => Some((shapes::value(place, &Ty::Text), false)),
                    _ => argument(place, &arg.ty),
                };
                let Some((value, late)) = shown else { continue };
                if late && entered.is_none() {
                    entered = Some(args.len());
                }
                args.push((arg.name, value));
                if matches!(arg.ty, Ty::Format) {
                    behind(&cx, register, &mut args);
                }
            }
        }
        None => args.extend((0..UNKNOWN).map(|i| (NAMES[i], scalar::word(head.args[i] as i64)))),
    }
    let ret = match prototype {
        _ if !returned => Ret::Never,
        Some(row) => Ret::Value(match &row.ret {
            Ty::Stream | Ty::Dir => stream(&cx, ARG_RET, phase::EXIT_OK),
            ty => result(&cx, ty),
        }),
        None => Ret::Value(scalar::word(head.ret)),
    };
    let entered = entered.unwrap_or(args.len());
    Call { head, row: prototype, args, entered, ret, tampered: Tampered::default(), function: Some(function) }
}

/// What a function returned.
fn result<'a>(cx: &Context<'_, 'a>, ty: &'static Ty) -> Value<'a> {
    let place = cx.at(ARG_RET, phase::EXIT_OK);
    match ty {
        Ty::Text | Ty::Rec(_) => shapes::value(place, ty),
        Ty::Special(kind) => special::special(*kind, place),
        _ => scalar::value(ty, place.value, 8),
    }
}

/// A stream, with the file behind it.
fn stream<'a>(cx: &Context<'_, 'a>, arg: u8, phase: u8) -> Value<'a> {
    let place = cx.at(arg, phase);
    let found = cx.blobs.find(arg, shape::FD, phase, 0);
    let file = found.filter(|(blob, _)| blob.status != tracer_common::event::status::ABSENT);
    Value::Pointer(place.value, file.and_then(|(_, bytes)| fd::view(bytes)))
}

/// The arguments that a format asks for, which is argument `at`.
fn behind<'a>(cx: &Context<'_, 'a>, at: usize, args: &mut Vec<(&'static str, Value<'a>)>) {
    let format = match cx.blobs.memory(at as u8, shape::TEXT, phase::ENTER, 0) {
        Memory::Bytes(bytes, _) => bytes,
        _ => return,
    };
    let mut next = at + 1;
    for (conversion, name) in conversions(format).zip(BEHIND) {
        let Conversion { kind, long } = conversion;
        if matches!(kind, b'e' | b'f' | b'g' | b'a' | b'E' | b'F' | b'G' | b'A') {
            // In a vector register.
            args.push((name, Value::Word("?")));
            continue;
        }
        let Some(word) = word(cx, next) else { return args.push((name, Value::Word("..."))) };
        let width = if long { 8 } else { 4 };
        let value = match kind {
            b's' => text(cx, next, word),
            b'd' | b'i' | b'*' if long => Value::Int(word as i64),
            b'd' | b'i' | b'*' => Value::Int(i64::from(word as i32)),
            b'u' => Value::Uint(if width == 8 { word } else { u64::from(word as u32) }),
            b'x' | b'X' => Value::Hex(if width == 8 { word } else { u64::from(word as u32) }),
            b'o' => Value::Octal(if width == 8 { word } else { u64::from(word as u32) }),
            b'c' => scalar::value(&Ty::Char, word, 8),
            _ => Value::Addr(word),
        };
        args.push((name, value));
        next += 1;
    }
}

/// The integer argument of that number: in a register, or on the stack behind the return address.
fn word(cx: &Context<'_, '_>, number: usize) -> Option<u64> {
    if number < ARGUMENTS {
        return Some(cx.head.args[number]);
    }
    let stack = cx.blobs.memory(ARG_SP, shape::BYTES, phase::ENTER, 0).bytes();
    let at = number - ARGUMENTS;
    let skip = if cfg!(target_arch = "x86_64") { 8 } else { 0 };
    (at < usize::from(STACKED) && stack.len() >= skip + 8 * (at + 1)).then(|| scalar::at(stack, skip + 8 * at, 8))
}

/// The string that an argument behind a format points to, where it was copied.
fn text<'a>(cx: &Context<'_, 'a>, number: usize, word: u64) -> Value<'a> {
    match cx.blobs.find(number as u8, shape::PERHAPS, phase::ENTER, 0) {
        Some((blob, bytes)) if number < ARGUMENTS => {
            shapes::text(bytes, cx.options.strlen, blob.status == tracer_common::event::status::CUT)
        }
        _ => Value::Addr(word),
    }
}

/// What a format asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Conversion {
    /// Its letter; `*` for a width that is passed.
    kind: u8,
    /// It is of 64 bits.
    long: bool,
}

/// The conversions of a format, in the order in which they take arguments (printf(3)).
fn conversions(format: &[u8]) -> impl Iterator<Item = Conversion> + '_ {
    let mut at = 0;
    let mut long = false;
    let mut inside = false;
    std::iter::from_fn(move || {
        while let Some(&byte) = format.get(at) {
            at += 1;
            if !inside {
                inside = byte == b'%';
                long = false;
                continue;
            }
            match byte {
                b'%' => inside = false,
                b'#' | b'0'..=b'9' | b'-' | b' ' | b'+' | b'\'' | b'I' | b'.' | b'$' | b'h' | b'L' => {}
                b'l' | b'q' | b'j' | b'z' | b't' | b'Z' => long = true,
                b'*' => return Some(Conversion { kind: b'*', long: false }),
                b'm' => inside = false,
                _ => {
                    inside = false;
                    return Some(Conversion { kind: byte, long: long || matches!(byte, b'p' | b's' | b'n') });
                }
            }
        }
        None
    })
}

/// The record of a call that has returned: its entry's blobs, and those of its end.
pub fn join(entered: &[u8], returned: &[u8]) -> Vec<u8> {
    let (Some(first), Some(last)) = (Head::read(entered), Head::read(returned)) else { return returned.to_vec() };
    let blobs = |record: &'_ [u8]| record.get(size_of::<Head>()..).unwrap_or_default().to_vec();
    let head = Head {
        len: (entered.len() + returned.len() - size_of::<Head>()) as u32,
        blobs: first.blobs + last.blobs,
        kind: kind::RETURNED,
        time: first.time,
        dur: last.dur,
        ret: last.ret,
        flags: first.flags | last.flags,
        ..first
    };
    let mut record = head.bytes().to_vec();
    record.extend(blobs(entered));
    record.extend(blobs(returned));
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_tells_what_it_takes() {
        let of = |format: &str| {
            conversions(format.as_bytes())
                .map(|it| format!("{}{}", it.kind as char, if it.long { "l" } else { "" }))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(of("%s %d %c\n"), "sl d c");
        assert_eq!(of("%-*.*s|%5$d|%%|%lu%zx%hhd%p"), "* * sl d ul xl d pl");
        assert_eq!(of("100%"), "");
        assert_eq!(of("%m %f %Lf"), "f f");
    }
}
