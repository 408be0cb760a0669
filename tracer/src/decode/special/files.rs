//! Forms of file calls: directory entries, file handles, offsets, and words made of several sets.

use std::borrow::Cow;

use crate::decode::scalar::at as num;
use crate::decode::value::{Ret, Tail, Value};
use crate::schema::io::DT;
use crate::schema::ioctl::{self, IOCTL};
use crate::schema::mount::{MS, PROPAGATION, QUOTA_CMD, QUOTA_TYPE, SWAP_FLAG};
use crate::schema::open::{MFD, OWNER};
use crate::schema::types::Whose;

/// `struct f_owner_ex`: `{type=F_OWNER_PGRP, pid=5}`.
pub fn owner_ex<'a>(bytes: &[u8]) -> Option<Value<'a>> {
    let bytes = bytes.get(..8)?;
    let kind = num(bytes, 0, 4);
    let whose = match kind {
        0 => Whose::Thread,
        2 => Whose::Group,
        _ => Whose::Process,
    };
    let pid = Value::Pid(num(bytes, 4, 4) as i32, whose, None);
    Some(Value::Struct { fields: vec![("type", Value::Named(&OWNER, kind)), ("pid", pid)], more: false })
}

/// Entries of getdents64 (`old`: of getdents). Counted, or listed when `verbose`; `whole` is false when
/// there were more bytes than these, whose `number` may be known.
pub fn dirents<'a>(
    addr: u64,
    bytes: &'a [u8],
    whole: bool,
    number: Option<u32>,
    old: bool,
    verbose: bool,
) -> Value<'a> {
    let mut entries = Vec::new();
    let (mut count, mut rest) = (0, bytes);
    let head = if old { 18 } else { 19 };
    while rest.len() >= head {
        let reclen = num(rest, 16, 2) as usize;
        let Some(entry) = rest.get(..reclen).filter(|e| e.len() > head) else { break };
        count += 1;
        if verbose {
            entries.push(record_of(entry, reclen, old));
        }
        rest = &rest[reclen..];
    }
    if verbose {
        return Value::Array(entries, if whole { Tail::Whole } else { Tail::More });
    }
    let (least, count) = match number {
        Some(number) => ("", number),
        None => (if whole { "" } else { "at least " }, count),
    };
    Value::Comment(Box::new(Value::Addr(addr)), format!("{least}{count} entries"))
}

/// What readdir returned: the bytes before the name, and the name.
pub fn dirent<'a>(head: &'a [u8], name: Value<'a>, verbose: bool) -> Option<Value<'a>> {
    let mut fields = vec![("d_ino", Value::Uint(num(head, 0, 8)))];
    if verbose {
        fields.push(("d_off", Value::Int(num(head, 8, 8) as i64)));
        fields.push(("d_reclen", Value::Uint(num(head, 16, 2))));
    }
    let kind = Value::Named(&DT, u64::from(*head.get(18)?));
    fields.extend([("d_type", kind), ("d_name", name)]);
    Some(Value::Struct { fields, more: !verbose })
}

fn record_of(entry: &[u8], reclen: usize, old: bool) -> Value<'_> {
    let (from, kind) = if old { (18, entry.last().copied().unwrap_or(0)) } else { (19, entry[18]) };
    let name = &entry[from..];
    let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
    let name = ("d_name", Value::Str { bytes: Cow::Borrowed(name), cut: false, hex: false });
    let kind = ("d_type", Value::Named(&DT, u64::from(kind)));
    let mut fields = vec![
        ("d_ino", Value::Uint(num(entry, 0, 8))),
        ("d_off", Value::Int(num(entry, 8, 8) as i64)),
        ("d_reclen", Value::Uint(reclen as u64)),
    ];
    fields.extend(if old { [name, kind] } else { [kind, name] });
    Value::Struct { fields, more: false }
}

/// Bytes a file handle may have (MAX_HANDLE_SZ, include/uapi/linux/fs.h).
const HANDLE_MAX: u64 = 128;

/// `{handle_bytes=8, handle_type=1, f_handle="\xa7..."}`. `None` when not even the head was read.
pub fn file_handle(b: &[u8]) -> Option<Value<'_>> {
    let size = (b.len() >= 8).then(|| num(b, 0, 4))?;
    let mut fields = vec![("handle_bytes", Value::Uint(size)), ("handle_type", Value::Int(num(b, 4, 4) as i32 as i64))];
    handle(&mut fields, b, size);
    Some(Value::Struct { fields, more: false })
}

/// As [`file_handle`], with the size as it was before the call. `after` is empty when the call failed
/// before it wrote anything.
pub fn file_handle_out<'a>(before: &[u8], after: &'a [u8], succeeded: bool) -> Option<Value<'a>> {
    let was = (before.len() >= 4).then(|| num(before, 0, 4))?;
    let is = if after.len() >= 8 { num(after, 0, 4) } else { was };
    let size = match is == was {
        true => Value::Uint(was),
        false => Value::Changed(Box::new(Value::Uint(was)), Box::new(Value::Uint(is))),
    };
    let mut fields = vec![("handle_bytes", size)];
    if succeeded && after.len() >= 8 {
        fields.push(("handle_type", Value::Int(num(after, 4, 4) as i32 as i64)));
        handle(&mut fields, after, is);
    }
    Some(Value::Struct { fields, more: false })
}

fn handle<'a>(fields: &mut Vec<(&'static str, Value<'a>)>, b: &'a [u8], size: u64) {
    let end = 8 + size.min(HANDLE_MAX) as usize;
    if let Some(bytes) = b.get(8..end) {
        fields.push(("f_handle", Value::Str { bytes: Cow::Borrowed(bytes), cut: size > HANDLE_MAX, hex: true }));
    }
}

/// `[1] => [6]`: an offset before and after a call that moved it.
pub fn moved_offset<'a>(before: &[u8], after: Option<&[u8]>) -> Option<Value<'a>> {
    let one = |b: &[u8]| (b.len() >= 8).then(|| Value::Array(vec![Value::Int(num(b, 0, 8) as i64)], Tail::Whole));
    let before = one(before)?;
    Some(match after.and_then(one) {
        Some(after) => Value::Changed(Box::new(before), Box::new(after)),
        None => before,
    })
}

/// `MFD_CLOEXEC|MFD_HUGETLB|21<<MFD_HUGE_SHIFT`: names, then the page size in the top six bits.
pub fn memfd_flags<'a>(flags: u32) -> Value<'a> {
    let (low, shift) = (u64::from(flags & 0x03ff_ffff), flags >> 26);
    match (low, shift) {
        (_, 0) => Value::Named(&MFD, low),
        (0, _) => Value::Text(format!("{shift}<<MFD_HUGE_SHIFT")),
        _ => Value::Phrase(vec![("", Value::Named(&MFD, low)), ("|", Value::Text(format!("{shift}<<MFD_HUGE_SHIFT")))]),
    }
}

/// Names, then the priority in the low 15 bits.
pub fn swap_flags<'a>(flags: u32) -> Value<'a> {
    let (names, priority) = (u64::from(flags & !0x7fff), Value::Uint(u64::from(flags & 0x7fff)));
    match (names, flags & 0x7fff) {
        (0, _) => priority,
        (_, 0) => Value::Named(&SWAP_FLAG, names),
        _ => Value::Phrase(vec![("", Value::Named(&SWAP_FLAG, names)), ("|", priority)]),
    }
}

/// `QCMD(Q_GETQUOTA, USRQUOTA)`.
pub fn quota_cmd<'a>(cmd: u32) -> Value<'a> {
    let of = |v: u32| u64::from(v);
    Value::Apply("QCMD", vec![Value::Named(&QUOTA_CMD, of(cmd >> 8)), Value::Named(&QUOTA_TYPE, of(cmd & 0xff))])
}

/// Flags of mount(2). Programs of the last century put a magic number into the upper half.
pub fn mount_flags<'a>(flags: u64) -> Value<'a> {
    let magic = flags >> 16 == 0xc0ed;
    let low = Value::Named(&MS, if magic { flags & 0xffff } else { flags });
    match (magic, flags & 0xffff) {
        (false, _) => low,
        (true, 0) => Value::Word("MS_MGC_VAL"),
        (true, _) => Value::Phrase(vec![("MS_MGC_VAL|", low)]),
    }
}

/// One of MS_SHARED and its kin; 0 for no change.
pub fn propagation<'a>(value: u64) -> Value<'a> {
    if value == 0 { Value::Uint(0) } else { Value::Named(&PROPAGATION, value) }
}

/// Whether mount(2) looks at type and data: not when these flags are set.
pub fn mount_ignores(flags: u64) -> (bool, bool) {
    const MS_REMOUNT: u64 = 0x20;
    const MOVED: u64 = 0x1000 | 0x2000 | 0x20000 | 0x40000 | 0x80000 | 0x100000;
    let flags = if flags >> 16 == 0xc0ed { flags & 0xffff } else { flags };
    (flags & (MS_REMOUNT | MOVED) != 0, flags & MS_REMOUNT == 0 && flags & MOVED != 0)
}

/// An ioctl request by its name, or taken apart.
pub fn ioctl_cmd<'a>(cmd: u32) -> Value<'a> {
    let value = u64::from(cmd);
    if let Some(text) = ioctl::spelled(cmd) {
        return Value::Made(value, Box::new(Value::Text(text)));
    }
    if ioctl::name_of(value).is_some() {
        return Value::Named(&IOCTL, value);
    }
    let dir = match cmd >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    let hex = |shift: u32, mask: u32| Value::Hex(u64::from(cmd >> shift & mask));
    let parts = vec![Value::Word(dir), hex(8, 0xff), hex(0, 0xff), hex(16, 0x3fff)];
    Value::Made(value, Box::new(Value::Apply("_IOC", parts)))
}

/// F_GETSIG: `29 (SIGIO)`.
pub fn signal_ret<'a>(ret: i64) -> Ret<'a> {
    match ret {
        0 => Ret::Value(Value::Int(0)),
        sig => Ret::Noted(Value::Int(sig), Box::new(Value::Signal(sig as i32))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8) -> Vec<u8> {
        let len = (19 + name.len() + 1).next_multiple_of(8);
        let mut e = vec![0; len];
        e[0] = 7;
        e[16] = len as u8;
        e[18] = kind;
        e[19..19 + name.len()].copy_from_slice(name.as_bytes());
        e
    }

    #[test]
    fn entries_are_counted() {
        let bytes = [entry(".", 4), entry("a.c", 8)].concat();
        let counted = |bytes, whole, number| match dirents(0x1000, bytes, whole, number, false, false) {
            Value::Comment(_, text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(counted(&bytes, true, None), "2 entries");
        assert_eq!(counted(&bytes[..40], false, None), "at least 1 entries");
        assert_eq!(counted(&bytes[..40], false, Some(900)), "900 entries");
        assert_eq!(counted(&[], true, None), "0 entries");
        // A length that does not advance ends the walk.
        assert_eq!(counted(&[0; 64], true, None), "0 entries");
    }

    #[test]
    fn requests_have_names_or_parts() {
        assert_eq!(ioctl_cmd(0x5401), Value::Named(&IOCTL, 0x5401));
        for (request, text) in [
            (0x8100_4506, "EVIOCGNAME(256)"),
            (0x8060_4521, "EVIOCGBIT(EV_KEY, 96)"),
            (0x8004_4520, "EVIOCGBIT(0, 4)"),
            (0x8018_4540, "EVIOCGABS(ABS_X)"),
            (0x4018_45cd, "EVIOCSABS(0xd /* ABS_??? */)"),
            (0x8004_4d76, "MIXER_READ(118) or OSS_GETVERSION"),
            (0x4020_6b00, "SPI_IOC_MESSAGE(32)"),
        ] {
            assert_eq!(ioctl_cmd(request), Value::Made(request.into(), Box::new(Value::Text(text.to_owned()))));
        }
        let parts =
            |dir, a, b, c| Value::Apply("_IOC", vec![Value::Word(dir), Value::Hex(a), Value::Hex(b), Value::Hex(c)]);
        let parts = |number, dir, a, b, c| Value::Made(number, Box::new(parts(dir, a, b, c)));
        assert_eq!(ioctl_cmd(0xc004_5678), parts(0xc004_5678, "_IOC_READ|_IOC_WRITE", 0x56, 0x78, 4));
        assert_eq!(ioctl_cmd(5), parts(5, "_IOC_NONE", 0, 5, 0));
    }

    #[test]
    fn a_handle_shows_how_its_size_changed() {
        let mut after = vec![0; 136];
        after[0] = 8;
        after[4] = 1;
        let Some(Value::Struct { fields, .. }) = file_handle_out(&[128, 0, 0, 0, 0, 0, 0, 0], &after, true) else {
            panic!()
        };
        assert_eq!(fields[0].1, Value::Changed(Box::new(Value::Uint(128)), Box::new(Value::Uint(8))));
        assert_eq!(fields[2].1, Value::Str { bytes: Cow::Owned(vec![0; 8]), cut: false, hex: true });
        assert_eq!(file_handle(&[0; 7]), None);
    }
}
