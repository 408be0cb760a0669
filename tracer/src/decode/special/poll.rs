//! poll and select: what was asked for is an argument, what came of it stands behind the return value.

use crate::decode::scalar::at as num;
use crate::decode::value::{Ret, Tail, Value};
use crate::schema::poll::POLL;

/// How `struct pollfd[]` was read, for the arrays in this file.
#[derive(Debug, Clone, Copy)]
pub struct Pollfds<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Elements the program says there are.
    pub count: u64,
    /// The address after the last element that could be read, where the rest could not.
    pub fault: Option<u64>,
    /// Elements that are shown at most.
    pub limit: usize,
}

/// `[{fd=3, events=POLLIN}, {fd=-1}]`. `fd` makes the descriptor of element i a value.
pub fn poll_fds<'a>(fds: Pollfds<'_>, fd: impl Fn(usize, i32) -> Value<'a>) -> Option<Value<'a>> {
    if fds.count > 0 && fds.bytes.len() < 8 {
        return None;
    }
    let shown = (fds.bytes.len() / 8).min(usize::try_from(fds.count).unwrap_or(usize::MAX)).min(fds.limit);
    let values = fds.bytes.chunks_exact(8).take(shown).enumerate();
    let values = values.map(|(i, b)| {
        let raw = num(b, 0, 4) as i32;
        let mut fields = vec![("fd", fd(i, raw))];
        if raw >= 0 {
            fields.push(("events", Value::Named(&POLL, num(b, 4, 2))));
        }
        Value::Struct { fields, more: false }
    });
    let values = values.collect();
    let tail = match fds.fault {
        _ if shown as u64 == fds.count => Tail::Whole,
        Some(at) if shown < fds.limit => Tail::Fault(at),
        _ => Tail::More,
    };
    Some(Value::Array(values, tail))
}

/// `1 ([{fd=4, revents=POLLOUT}])`, `0 (Timeout)`: descriptors bare, as strace has them here; `left`: the timespec that ppoll leaves.
pub fn poll_ret<'a>(ret: i64, fds: Pollfds<'_>, left: Option<&[u8]>) -> Ret<'a> {
    if ret == 0 {
        return timeout();
    }
    let mut values = Vec::new();
    let mut tail = Tail::Whole;
    for b in fds.bytes.chunks_exact(8).take(usize::try_from(fds.count).unwrap_or(usize::MAX)) {
        let revents = num(b, 6, 2);
        if revents == 0 {
            continue;
        }
        if values.len() >= fds.limit {
            tail = Tail::More;
            break;
        }
        let fields = vec![("fd", Value::Fd(num(b, 0, 4) as i32, None)), ("revents", Value::Named(&POLL, revents))];
        values.push(Value::Struct { fields, more: false });
    }
    let ready = Value::Array(values, tail);
    let note = match left.and_then(|b| time(b, "tv_nsec")) {
        Some(left) => Value::Phrase(vec![("", ready), (", left ", left)]),
        None => ready,
    };
    Ret::Noted(Value::Int(ret), Box::new(note))
}

/// `[3 4]`: the descriptors below `count` whose bits are set, each as `shown` makes it a value.
pub fn fd_set<'a>(bytes: &[u8], count: i32, shown: impl Fn(i32) -> Value<'a>) -> Option<Value<'a>> {
    let count = usize::try_from(count).ok().filter(|n| n.div_ceil(64) * 8 <= bytes.len())?;
    let mut fds = Vec::new();
    for (i, word) in bytes.chunks_exact(8).enumerate() {
        let mut word = num(word, 0, 8);
        while word != 0 {
            let fd = i * 64 + word.trailing_zeros() as usize;
            word &= word - 1;
            if fd < count {
                fds.push(shown(fd as i32));
            }
        }
    }
    Some(Value::List(fds))
}

/// `1 (in [3], out [4], left {tv_sec=0, tv_usec=1})`; sets that are empty are left out. `fraction` names
/// the part below a second.
pub fn select_ret<'a>(ret: i64, count: i32, sets: [&[u8]; 3], left: Option<&[u8]>, fraction: &'static str) -> Ret<'a> {
    if ret == 0 {
        return timeout();
    }
    const WORDS: [[&str; 3]; 2] = [["in ", "out ", "except "], [", in ", ", out ", ", except "]];
    let mut parts: Vec<(&'static str, Value<'a>)> = Vec::new();
    for (i, set) in sets.iter().enumerate() {
        match fd_set(set, count, bare) {
            Some(Value::List(fds)) if !fds.is_empty() => {
                parts.push((WORDS[usize::from(!parts.is_empty())][i], Value::List(fds)));
            }
            _ => {}
        }
    }
    if let Some(left) = left.and_then(|b| time(b, fraction)) {
        parts.push((if parts.is_empty() { "left " } else { ", left " }, left));
    }
    match parts.is_empty() {
        true => Ret::Value(Value::Int(ret)),
        false => Ret::Noted(Value::Int(ret), Box::new(Value::Phrase(parts))),
    }
}

/// A descriptor without its file.
fn bare<'a>(fd: i32) -> Value<'a> {
    Value::Fd(fd, None)
}

fn timeout<'a>() -> Ret<'a> {
    Ret::Noted(Value::Int(0), Box::new(Value::Word("Timeout")))
}

fn time<'a>(b: &[u8], fraction: &'static str) -> Option<Value<'a>> {
    let fields = vec![("tv_sec", Value::Int(num(b, 0, 8) as i64)), (fraction, Value::Uint(num(b, 8, 8)))];
    (b.len() >= 16).then_some(Value::Struct { fields, more: false })
}

/// `{sigmask=[INT], sigsetsize=8}` of pselect6: `pair` is pointer and size, `mask` what was read there.
pub fn mask_pair<'a>(pair: &[u8], mask: Option<&[u8]>) -> Option<Value<'a>> {
    if pair.len() < 16 {
        return None;
    }
    let (addr, size) = (num(pair, 0, 8), num(pair, 8, 8));
    let mask = match mask {
        Some(bytes) if addr != 0 && size == 8 && bytes.len() >= 8 => Value::SigSet(num(bytes, 0, 8)),
        _ => Value::Addr(addr),
    };
    Some(Value::Struct { fields: vec![("sigmask", mask), ("sigsetsize", Value::Uint(size))], more: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pollfd(fd: i32, events: u16, revents: u16) -> Vec<u8> {
        [&fd.to_le_bytes()[..], &events.to_le_bytes(), &revents.to_le_bytes()].concat()
    }

    fn fds(bytes: &[u8], count: u64) -> Pollfds<'_> {
        Pollfds { bytes, count, fault: None, limit: 32 }
    }

    fn plain<'a>(_: usize, fd: i32) -> Value<'a> {
        Value::Fd(fd, None)
    }

    #[test]
    fn a_negative_descriptor_has_no_events() {
        let bytes = [pollfd(3, 1, 0), pollfd(-1, 1, 0)].concat();
        let Some(Value::Array(values, Tail::Whole)) = poll_fds(fds(&bytes, 2), plain) else { panic!() };
        let count = |v: &Value<'_>| if let Value::Struct { fields, .. } = v { fields.len() } else { 0 };
        assert_eq!(values.iter().map(count).collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn arrays_end_as_they_were_read() {
        let bytes = pollfd(3, 1, 0);
        let tail = |f: Pollfds<'_>| match poll_fds(f, plain) {
            Some(Value::Array(_, tail)) => Some(tail),
            _ => None,
        };
        assert_eq!(tail(fds(&bytes, 1)), Some(Tail::Whole));
        assert_eq!(tail(fds(&bytes, 9)), Some(Tail::More));
        assert_eq!(tail(Pollfds { fault: Some(0x1008), ..fds(&bytes, 9) }), Some(Tail::Fault(0x1008)));
        assert_eq!(tail(fds(&[], 0)), Some(Tail::Whole));
        assert_eq!(tail(fds(&[], 1)), None);
        assert_eq!(tail(fds(&bytes, u64::MAX)), Some(Tail::More));
    }

    #[test]
    fn only_ready_descriptors_are_noted() {
        let bytes = [pollfd(3, 1, 0), pollfd(4, 4, 4)].concat();
        let Ret::Noted(Value::Int(1), note) = poll_ret(1, fds(&bytes, 2), None) else { panic!() };
        let fields = vec![("fd", Value::Fd(4, None)), ("revents", Value::Named(&POLL, 4))];
        assert_eq!(*note, Value::Array(vec![Value::Struct { fields, more: false }], Tail::Whole));
        assert_eq!(poll_ret(0, fds(&bytes, 2), None), timeout());
    }

    #[test]
    fn sets_are_bounded_by_the_count() {
        let bits = |n| fd_set(&[0xff; 8], n, bare).map(|v| if let Value::List(l) = v { l.len() } else { 99 });
        assert_eq!(bits(20), Some(20));
        assert_eq!(bits(64), Some(64));
        assert_eq!(bits(65), None);
        assert_eq!(bits(-1), None);
        assert_eq!(bits(0), Some(0));
    }

    #[test]
    fn select_names_what_is_ready() {
        let set = |fd: u32| (1u64 << fd).to_le_bytes();
        let (r, w) = (set(3), set(4));
        let Ret::Noted(_, note) = select_ret(2, 8, [&r, &w, &[]], Some(&[0; 16]), "tv_usec") else { panic!() };
        let Value::Phrase(parts) = *note else { panic!() };
        assert_eq!(parts.iter().map(|p| p.0).collect::<Vec<_>>(), ["in ", ", out ", ", left "]);
    }
}
