//! What a descriptor refers to: the record's [`File`] and [`Sock`] turned into a [`FileView`] with the
//! name that readlink(2) of /proc/PID/fd/N would give.

use std::borrow::Cow;

use tracer_common::event::{File, Sock, path, status};
use tracer_common::plan::shape;

use super::value::{FileView, Value};
use super::{Place, scalar};
use crate::schema::details::Details;
use crate::schema::types::Ty;

/// Magic numbers of file systems whose files have no path (include/uapi/linux/magic.h).
const ANON_INODE: u32 = 0x0904_1934;
const PIPE: u32 = 0x5049_5045;
const PIDFS: u32 = 0x5049_4446;
const NSFS: u32 = 0x6e73_6673;

/// The descriptor in an argument or a return value.
pub fn value<'a>(place: Place<'_, 'a>, dir: bool) -> Value<'a> {
    let ty = if dir { &Ty::DirFd } else { &Ty::Fd };
    let value = scalar::value(ty, place.value, 8);
    let Value::Fd(fd, _) = value else { return value };
    let of = |shape| place.cx.blobs.find(place.arg, shape, place.phase, 0);
    let found = if dir { of(shape::DIRFD).or_else(|| of(shape::FD)) } else { of(shape::FD) };
    match found {
        Some((blob, bytes)) if blob.status != status::ABSENT => Value::Fd(fd, view(bytes)),
        _ => value,
    }
}

/// A descriptor in memory, the `part`th of its array.
pub fn element<'a>(place: Place<'_, 'a>, fd: i32, part: u16) -> Value<'a> {
    let of = |shape| place.cx.blobs.find(place.arg, shape, place.phase, part);
    let found = of(shape::FDS).or_else(|| of(shape::REFS));
    match found {
        Some((blob, bytes)) if blob.status != status::ABSENT => Value::Fd(fd, view(bytes)),
        _ if fd == libc::AT_FDCWD => Value::Int(fd.into()),
        _ => Value::Fd(fd, None),
    }
}

/// A descriptor of a set.
pub fn member<'a>(place: Place<'_, 'a>, fd: i32) -> Value<'a> {
    let part = u16::try_from(fd).ok().and_then(|fd| fd.checked_add(1));
    let found = part.and_then(|part| place.cx.blobs.find(place.arg, shape::FDSET, place.phase, part));
    match found {
        Some((blob, bytes)) if blob.status != status::ABSENT => Value::Fd(fd, view(bytes)),
        _ => Value::Fd(fd, None),
    }
}

/// Reads the bytes of an `FD`, `DIRFD` or `FDS` blob; `None` when they are too few.
pub fn view(bytes: &[u8]) -> Option<Box<FileView<'_>>> {
    let file = File::read(bytes)?;
    let mut rest = bytes.get(size_of::<File>()..)?;
    let is_socket = file.mode & libc::S_IFMT == libc::S_IFSOCK;
    let mut sock = None;
    if is_socket && let Some(s) = Sock::read(rest) {
        sock = Some(s);
        rest = &rest[size_of::<Sock>()..];
    }
    let (raw, behind) = rest.split_at(rest.len().min(usize::from(file.path_len)));
    let details = if sock.is_none() { Details::read(behind) } else { None };
    let numbered = |kind: &str| Cow::Owned(format!("{kind}:[{}]", file.ino).into_bytes());
    let (path, name, cut) = match file.path {
        _ if sock.is_some() => (numbered("socket"), Cow::Borrowed(raw), false),
        path::TEXT => {
            let deleted = if file.deleted != 0 { raw.strip_suffix(b" (deleted)") } else { None };
            (Cow::Borrowed(deleted.unwrap_or(raw)), Cow::Borrowed(&[][..]), false)
        }
        _ if is_socket => (numbered("socket"), Cow::Borrowed(&[][..]), false),
        _ if file.magic == PIPE => (numbered("pipe"), Cow::Borrowed(&[][..]), false),
        // Which kind of namespace it is, is not among what was copied.
        _ if file.magic == NSFS => (numbered("nsfs"), Cow::Borrowed(&[][..]), false),
        _ if file.magic == PIDFS => (Cow::Borrowed(&b"anon_inode:[pidfd]"[..]), Cow::Borrowed(&[][..]), false),
        path::NAMES | path::CUT if file.magic == ANON_INODE => {
            let name = raw.split(|&b| b == 0).next().unwrap_or_default();
            (Cow::Owned([b"anon_inode:", name].concat()), Cow::Borrowed(&[][..]), false)
        }
        path::NAMES => (Cow::Owned(joined(raw, true)), Cow::Borrowed(&[][..]), false),
        path::CUT => (Cow::Owned(joined(raw, false)), Cow::Borrowed(&[][..]), true),
        _ => (Cow::Borrowed(&[][..]), Cow::Borrowed(&[][..]), false),
    };
    Some(Box::new(FileView { file, path, cut, sock, name, task: None, details }))
}

/// Names from leaf to root, each ended by a NUL, as a path.
fn joined(names: &[u8], rooted: bool) -> Vec<u8> {
    let mut path = Vec::with_capacity(names.len() + 1);
    for name in names.split(|&b| b == 0).rev().filter(|name| !name.is_empty() && *name != b"/") {
        if rooted || !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }
    if path.is_empty() && rooted {
        path.push(b'/');
    }
    path
}
