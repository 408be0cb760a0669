//! `struct stat` of the native ABI (arch/x86/include/uapi/asm/stat.h, include/uapi/asm-generic/stat.h).

use super::date;
use crate::decode::value::Value;
use crate::decode::{Place, scalar};

/// Bytes of a `struct stat`.
pub const SIZE: usize = if cfg!(target_arch = "x86_64") { 144 } else { 128 };

/// Offsets of: st_nlink and its width, st_mode, st_uid, st_gid, st_rdev, st_size, st_blksize and its width, st_blocks, st_atime.
struct Layout {
    nlink: (usize, usize),
    mode: usize,
    uid: usize,
    rdev: usize,
    size: usize,
    blksize: (usize, usize),
    blocks: usize,
    atime: usize,
}

const LAYOUT: Layout = if cfg!(target_arch = "x86_64") {
    Layout { nlink: (16, 8), mode: 24, uid: 28, rdev: 40, size: 48, blksize: (56, 8), blocks: 64, atime: 72 }
} else {
    Layout { nlink: (20, 4), mode: 16, uid: 24, rdev: 32, size: 48, blksize: (56, 4), blocks: 64, atime: 72 }
};

/// `{st_mode=S_IFREG|0644, st_size=8, ...}`, all fields with `-v`.
pub fn stat<'a>(place: Place<'_, 'a>, bytes: &[u8]) -> Value<'a> {
    let at = |off, width| scalar::at(bytes, off, width);
    let uint = |off, width| Value::Uint(at(off, width));
    let id = |off| match at(off, 4) {
        0xffff_ffff => Value::Int(-1),
        id => Value::Uint(id),
    };
    let mode = at(LAYOUT.mode, 4);
    let mut fields = Vec::new();
    let verbose = place.cx.verbose;
    if verbose {
        fields.push(("st_dev", Value::Dev(at(0, 8))));
        fields.push(("st_ino", uint(8, 8)));
    }
    fields.push(("st_mode", Value::Mode(mode)));
    if verbose {
        fields.push(("st_nlink", uint(LAYOUT.nlink.0, LAYOUT.nlink.1)));
        fields.push(("st_uid", id(LAYOUT.uid)));
        fields.push(("st_gid", id(LAYOUT.uid + 4)));
        fields.push(("st_blksize", uint(LAYOUT.blksize.0, LAYOUT.blksize.1)));
        fields.push(("st_blocks", uint(LAYOUT.blocks, 8)));
    }
    match mode as u32 & libc::S_IFMT {
        libc::S_IFCHR | libc::S_IFBLK => fields.push(("st_rdev", Value::Dev(at(LAYOUT.rdev, 8)))),
        _ => fields.push(("st_size", Value::Int(at(LAYOUT.size, 8) as i64))),
    }
    if verbose {
        let stamps = [("st_atime", "st_atime_nsec"), ("st_mtime", "st_mtime_nsec"), ("st_ctime", "st_ctime_nsec")];
        for (i, (seconds, nanos)) in stamps.into_iter().enumerate() {
            let (sec, nsec) = (at(LAYOUT.atime + 16 * i, 8) as i64, at(LAYOUT.atime + 16 * i + 8, 8));
            fields.push((seconds, date::dated(Value::Int(sec), sec, nsec, 9)));
            fields.push((nanos, Value::Uint(nsec)));
        }
    }
    Value::Struct { fields, more: !verbose }
}
