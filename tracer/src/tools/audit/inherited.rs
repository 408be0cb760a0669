//! What the command is given by whoever calls it: the files behind its input and output, and the descriptors beyond. Each is told as what
//! it is, by its path here; of a unix socket only the name is kept that its maker passed, so its file is asked for, and looked for.

use std::ffi::OsStr;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::net::{SocketAddrAny, SocketAddrUnix};
use tracer_common::event::Sock;

use crate::capture::inherited::closed;
use crate::decode;
use crate::decode::calls::protocol;
use crate::decode::value::FileView;
use crate::system::files::{Files, Link, Look};
use crate::system::procfs::processes;
use crate::system::procfs::who::Who;
use crate::system::sock_diag::{self, Extras, Query};
use crate::system::sockets::{Detail, Socket, Table, Unix};
use crate::tools::audit::evidence::collect::inherited::{Inherited, Lead, May, inet, of_family};
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{Given, Object, Op};
use crate::tools::audit::resolve::identity_of;

/// The files behind the first three descriptors, which the command inherits, and what each may be used for.
pub fn streams() -> Vec<(Vec<u8>, Given)> {
    let stream = |fd: i32| {
        let path = Who::Myself.link(format_args!("fd/{fd}")).ok().filter(|path| path.starts_with(b"/"))?;
        // SAFETY: fcntl takes integers; a descriptor that is not open gives an error.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        let mode = flags & libc::O_ACCMODE;
        let given = Given { read: mode != libc::O_WRONLY, write: mode != libc::O_RDONLY };
        (flags >= 0).then_some((path, given))
    };
    // What the command does not have is what the runtime of ours has put there.
    (0..3).filter(|fd| !closed(*fd)).filter_map(stream).collect()
}

/// The descriptors beyond the first three that the command inherits, in words, what they may be used for, and where the sockets among them
/// lead.
pub fn descriptors() -> (Vec<String>, Vec<Inherited>, Vec<(u64, Lead)>) {
    let (mut list, mut given, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    let (mut files, mut bytes) = (Files::default(), Vec::new());
    let numbers = Who::Myself.descriptors().unwrap_or_default();
    for fd in numbers.into_iter().filter_map(|fd| i32::try_from(fd).ok()).filter(|fd| *fd > 2) {
        // SAFETY: fcntl takes integers; a descriptor that is not open gives an error.
        let [of_descriptor, of_file] = [libc::F_GETFD, libc::F_GETFL].map(|ask| unsafe { libc::fcntl(fd, ask) });
        if of_descriptor < 0 || of_descriptor & libc::FD_CLOEXEC != 0 {
            continue;
        }
        let myself = std::process::id();
        if files.look(myself, myself, Link::Fd(fd), &mut bytes) != Look::Absent
            && let Some(view) = decode::file_view(&bytes)
        {
            match &view.sock {
                Some(sock) => {
                    // SAFETY: it was found open, and nobody closes what the command inherits.
                    given.extend(socket(&view, sock, unsafe { BorrowedFd::borrow_raw(fd) }));
                    shared.push((view.file.ino, Lead::of(sock)));
                }
                None => given.extend(file(&view, of_file)),
            }
        }
        let Ok(target) = Who::Myself.link(format_args!("fd/{fd}")) else { continue };
        // The number of a pipe or a socket is of this run only.
        let target = shown(&target);
        let kind = target.split_once(":[").map(|(kind, _)| kind).filter(|kind| matches!(*kind, "pipe" | "socket"));
        list.push((fd, kind.map_or_else(|| target.clone(), |kind| format!("a {kind}"))));
    }
    list.sort();
    let words = list.into_iter().map(|(fd, target)| format!("descriptor {fd} was inherited: {target}"));
    (words.collect(), given, shared)
}

/// What an inherited file may be used for without a call that is seen and names it.
fn file(view: &FileView<'_>, flags: i32) -> Vec<Inherited> {
    let kind = view.file.mode & libc::S_IFMT;
    if flags < 0 || flags & libc::O_PATH != 0 || kind == libc::S_IFDIR || !view.path.starts_with(b"/") {
        return Vec::new();
    }
    let identity = Some((view.file.dev, view.file.ino));
    // The path of a file of other mounts means something else here.
    let found = kind != libc::S_IFREG || view.file.deleted != 0 || identity_of(&view.path) == identity;
    let may = |may| Inherited { object: Object::File(view.path[..].into()), identity, found, may, port: None };
    match flags & libc::O_ACCMODE {
        libc::O_RDONLY => vec![may(May::Read)],
        libc::O_WRONLY => vec![may(May::Write)],
        _ => vec![may(May::Read), may(May::Write)],
    }
}

/// What an inherited socket may be used for: a listener listens when it is used, another is connected, or has an address.
fn socket(view: &FileView<'_>, sock: &Sock, fd: BorrowedFd<'_>) -> Option<Inherited> {
    let inode = view.file.ino;
    let port = (sock.sport != 0).then(|| (protocol(Some(sock)), inode, sock.sport));
    let plain = |may, object| Inherited { object, identity: None, found: true, may, port };
    let of_unix = |may, name: Vec<u8>, of_peer| {
        let (identity, name, found) = match name.starts_with(b"@") {
            true => (None, name, true),
            false => {
                let file = bound_to(inode, of_peer, &name);
                place(name, file)
            }
        };
        Inherited { identity, found, ..plain(may, Object::Unix(name.into())) }
    };
    let own = |may| {
        let own = inet(sock, sock.saddr, sock.sport).map(|own| plain(may, own));
        let name = || unix(rustix::net::getsockname(fd).ok()?).map(|name| of_unix(may, name, false));
        own.or_else(name).or_else(|| of_family(sock).map(|family| plain(may, family)))
    };
    if rustix::net::sockopt::socket_acceptconn(fd) == Ok(true) {
        return own(May::Accept(inode));
    }
    let connect = May::Do(inode, Op::Connect);
    let peer = inet(sock, sock.daddr, sock.dport).map(|peer| plain(connect, peer));
    let name = || unix(rustix::net::getpeername(fd).ok()??).map(|name| of_unix(connect, name, true));
    peer.or_else(name).or_else(|| own(May::Do(inode, Op::Bind)))
}

/// The name of a unix socket's address, as it was passed to bind.
fn unix(address: SocketAddrAny) -> Option<Vec<u8>> {
    let address = SocketAddrUnix::try_from(address).ok()?;
    let name = address.abstract_name().map(|name| [b"@", name].concat());
    name.or_else(|| Some(address.path()?.to_bytes().to_vec()))
}

/// The file that a unix socket, or its peer, was bound to: device and inode, as far as the kernel tells them (`UNIX_DIAG_VFS`).
fn bound_to(inode: u64, of_peer: bool, name: &[u8]) -> Option<(u32, u32)> {
    let link = sock_diag::Link::open().ok()?;
    let own = link.unix(u32::try_from(inode).ok()?).ok()??;
    if !of_peer {
        return file_of(&own);
    }
    let peer = unix_of(&own)?.peer.filter(|peer| *peer != 0).and_then(|peer| link.unix(peer).ok()?);
    peer.as_ref().and_then(file_of).or_else(|| bound_by_name(name))
}

/// The file of the sockets that have a name, where it is one: of a connection that nobody has accepted the other end is not told.
fn bound_by_name(name: &[u8]) -> Option<(u32, u32)> {
    let extras = Extras { details: true, ..Extras::default() };
    let query = Query { tables: vec![Table::Unix], states: u32::MAX, extras, ..Query::default() };
    let sockets = sock_diag::gather(&query, 0).sockets;
    let named = sockets.iter().filter(|socket| unix_of(socket).is_some_and(|it| it.name.as_deref() == Some(name)));
    let mut files = named.filter_map(file_of);
    let file = files.next()?;
    files.all(|other| other == file).then_some(file)
}

fn unix_of(socket: &Socket) -> Option<&Unix> {
    match &socket.detail {
        Detail::Unix(unix) => Some(unix),
        _ => None,
    }
}

fn file_of(socket: &Socket) -> Option<(u32, u32)> {
    unix_of(socket)?.file.map(|(inode, device)| (device, inode))
}

/// Where the file is of which a unix socket has the name that its maker passed: relative to the directory or the root of that, which may be
/// that of any process, or of none any more. Its identity, its path here or else its name, and whether that is its path.
fn place(name: Vec<u8>, file: Option<(u32, u32)>) -> (Option<(u32, u64)>, Vec<u8>, bool) {
    let Some(file) = file else {
        let found = name.starts_with(b"/");
        return (None, name, found);
    };
    // The kernel tells 32 bits of the inode.
    let same = |path: &[u8]| identity_of(path).filter(|(device, inode)| (*device, *inode as u32) == file);
    let of = |who: Who| {
        let from = if name.starts_with(b"/") { "root" } else { "cwd" };
        let path = [&who.link(from).ok()?, &b"/"[..], &name].concat();
        let path = Path::new(OsStr::from_bytes(&path));
        let parent = path.parent()?.canonicalize().ok()?;
        Some(parent.join(path.file_name()?).into_os_string().into_vec())
    };
    let others = processes::all().unwrap_or_default().into_iter().map(Who::Id);
    let found = std::iter::once(Who::Myself).chain(others).filter_map(of).find_map(|path| Some((same(&path)?, path)));
    match found {
        Some((identity, path)) => (Some(identity), path, true),
        None => (Some((file.0, u64::from(file.1))), name, false),
    }
}
