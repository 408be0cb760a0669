//! struct statx, and the times that utimensat(2) and its elders set, spelled out.

use super::date::dated;
use crate::decode::scalar::at as num;
use crate::decode::value::{Tail, Value};
use crate::schema::stat::{STATX, STATX_ATTR};

fn id(raw: u64) -> Value<'static> {
    match raw as u32 {
        u32::MAX => Value::Int(-1),
        id => Value::Uint(u64::from(id)),
    }
}

/// `struct statx`; fields the mask does not name are left out. `None` when there are too few bytes.
pub fn statx<'a>(b: &[u8], verbose: bool) -> Option<Value<'a>> {
    if b.len() < 256 {
        return None;
    }
    let mask = num(b, 0, 4);
    let (mode, size) = (Value::Mode(num(b, 28, 2)), Value::Uint(num(b, 40, 8)));
    let attributes = Value::Named(&STATX_ATTR, num(b, 8, 8));
    let mut fields = vec![("stx_mask", Value::Named(&STATX, mask))];
    if !verbose {
        fields.extend([("stx_attributes", attributes), ("stx_mode", mode), ("stx_size", size)]);
        return Some(Value::Struct { fields, more: true });
    }
    fields.extend([
        ("stx_blksize", Value::Uint(num(b, 4, 4))),
        ("stx_attributes", attributes),
        ("stx_nlink", Value::Uint(num(b, 16, 4))),
        ("stx_uid", id(num(b, 20, 4))),
        ("stx_gid", id(num(b, 24, 4))),
        ("stx_mode", mode),
        ("stx_ino", Value::Uint(num(b, 32, 8))),
        ("stx_size", size),
        ("stx_blocks", Value::Uint(num(b, 48, 8))),
        ("stx_attributes_mask", Value::Named(&STATX_ATTR, num(b, 56, 8))),
    ]);
    for (bit, off, name) in
        [(0x20, 64, "stx_atime"), (0x800, 80, "stx_btime"), (0x80, 96, "stx_ctime"), (0x40, 112, "stx_mtime")]
    {
        if mask & bit != 0 {
            let (s, n) = (num(b, off, 8) as i64, num(b, off + 8, 4));
            let time =
                Value::Struct { fields: vec![("tv_sec", Value::Int(s)), ("tv_nsec", Value::Uint(n))], more: false };
            fields.push((name, dated(time, s, n, 9)));
        }
    }
    fields.extend([
        ("stx_rdev_major", Value::Uint(num(b, 128, 4))),
        ("stx_rdev_minor", Value::Uint(num(b, 132, 4))),
        ("stx_dev_major", Value::Uint(num(b, 136, 4))),
        ("stx_dev_minor", Value::Uint(num(b, 140, 4))),
    ]);
    if mask & 0x5000 != 0 {
        fields.push(("stx_mnt_id", Value::Hex(num(b, 144, 8))));
    }
    if mask & 0x2000 != 0 {
        fields.push(("stx_dio_mem_align", Value::Uint(num(b, 152, 4))));
        fields.push(("stx_dio_offset_align", Value::Uint(num(b, 156, 4))));
    }
    Some(Value::Struct { fields, more: false })
}

/// `struct utimbuf`: `{actime=5 /* 1970-01-01T00:00:05+0000 */, modtime=6 /* ... */}`.
pub fn utimbuf<'a>(b: &[u8]) -> Option<Value<'a>> {
    let time = |off| {
        let sec = num(b, off, 8) as i64;
        dated(Value::Int(sec), sec, 0, 0)
    };
    (b.len() >= 16).then(|| Value::Struct { fields: vec![("actime", time(0)), ("modtime", time(8))], more: false })
}

/// Two `struct timeval` of utimes(2).
pub fn timevals<'a>(b: &[u8]) -> Option<Value<'a>> {
    pair(b, |sec, usec| {
        let fields = vec![("tv_sec", Value::Int(sec)), ("tv_usec", Value::Uint(usec))];
        dated(Value::Struct { fields, more: false }, sec, usec, 6)
    })
}

/// Two `struct timespec` of utimensat(2).
pub fn timespecs<'a>(b: &[u8]) -> Option<Value<'a>> {
    pair(b, |sec, nsec| match nsec {
        0x3fff_ffff => Value::Word("UTIME_NOW"),
        0x3fff_fffe => Value::Word("UTIME_OMIT"),
        _ => {
            let fields = vec![("tv_sec", Value::Int(sec)), ("tv_nsec", Value::Uint(nsec))];
            dated(Value::Struct { fields, more: false }, sec, nsec, 9)
        }
    })
}

fn pair<'a>(b: &[u8], time: impl Fn(i64, u64) -> Value<'a>) -> Option<Value<'a>> {
    let one = |off| time(num(b, off, 8) as i64, num(b, off + 8, 8));
    (b.len() >= 32).then(|| Value::Array(vec![one(0), one(16)], Tail::Whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_memory_is_no_value() {
        assert_eq!(statx(&[0; 255], true), None);
        assert_eq!(timespecs(&[0; 31]), None);
    }
}
