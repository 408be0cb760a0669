//! The ends of a socket, from `struct sock`.

use core::ffi::c_void;
use core::hint::black_box;

use aya_ebpf::helpers::generated as helper;
use tracer_common::config::ABSENT;
use tracer_common::event::{File, Sock, path, status};
use tracer_common::plan::DOMAIN;

use crate::capture::{put, room};
use crate::files::{self, sock};
use crate::kernel::{off, peek};
use crate::maps::Buffer;

const _: () =
    assert!(size_of::<File>().is_multiple_of(8) && size_of::<Sock>().is_multiple_of(8) && align_of::<Sock>() <= 8);

pub const AF_UNIX: u16 = 1;
pub const AF_INET: u16 = 2;
pub const AF_INET6: u16 = 10;
const AF_NETLINK: u16 = 16;

/// Writes a `Sock` and a unix socket's name behind the `File` of the blob being made; the name's length.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn describe(buffer: *mut Buffer) -> i64 {
    if buffer.is_null() {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    // In place: on the stack it would be too much together with the callers' (512 bytes up to Linux 6.12).
    // SAFETY: there is room for a whole blob, and the File before it is a multiple of eight bytes long.
    let sock = unsafe {
        let words = to.add(size_of::<File>()).cast::<u64>();
        let mut i = 0;
        while i < size_of::<Sock>() / 8 {
            words.add(i).write_volatile(0);
            i += 1;
        }
        &mut *words.cast::<Sock>()
    };
    let mut name = 0;
    let sk = peek::<u64>(b.socket, off!(socket_sk));
    if sk != 0 {
        sock.family = peek(sk, off!(sock_family));
        sock.ty = peek(sk, off!(sock_type));
        sock.protocol = peek(sk, off!(sock_protocol));
        sock.state = peek(sk, off!(sock_state));
        if off!(sock_net) != ABSENT && off!(net_inum) != ABSENT {
            sock.netns = peek(peek::<u64>(sk, off!(sock_net)), off!(net_inum));
        }
        match sock.family {
            AF_INET | AF_INET6 => internet(sock, sk),
            AF_UNIX => name = unix(sock, sk, to),
            AF_NETLINK if off!(netlink_portid) != ABSENT => sock.peer = peek::<u32>(sk, off!(netlink_portid)) as u64,
            _ => {}
        }
    }
    name
}

/// The file that a unix socket is bound to, from its `struct sock`: mount, dentry, no inode.
#[inline(always)]
pub fn file_of(sk: u64) -> (u64, u64, u64) {
    let at = off!(unix_path);
    (peek(sk, at + off!(path_mnt)), peek(sk, at + off!(path_dentry)), 0)
}

/// Tells the file or the name of the unix socket that a descriptor is (`own`), or of that which it is connected to: one blob, or none.
#[inline(always)]
pub fn named(b: &mut Buffer, fd: u64, own: u64) -> i64 {
    let sk = sock(fd);
    if sk == 0 || peek::<u16>(sk, off!(sock_family)) != AF_UNIX || off!(unix_path) == ABSENT {
        return 0;
    }
    reached(b, if own == 1 { sk } else { peek(sk, off!(unix_peer)) })
}

/// The same of a unix socket that was reached, by its `struct sock`.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn reached(buffer: *mut Buffer, sk: u64) -> i64 {
    if buffer.is_null() || sk == 0 {
        return 0;
    }
    // SAFETY: checked above.
    let b = unsafe { &mut *buffer };
    if file_of(sk).1 != 0 {
        return files::resolve(b, sk as i64, files::BOUND);
    }
    let to = room(b);
    if to.is_null() {
        return 0;
    }
    let len = b.forgotten(name(sk, to, size_of::<File>()) as u64) as usize & 127;
    if len == 0 {
        return 0;
    }
    let file = File {
        ino: 0,
        dev: 0,
        rdev: 0,
        mode: 0,
        flags: 0,
        magic: 0,
        path: path::TEXT,
        deleted: 0,
        path_len: len as u16,
    };
    // SAFETY: there is room for a whole blob; clears the padding behind the name.
    unsafe {
        core::ptr::write(to.cast::<File>(), file);
        to.add(size_of::<File>() + len).cast::<u64>().write_unaligned(0);
    }
    let len = (size_of::<File>() + len) as u64;
    put(b, len, len, status::WHOLE);
    0
}

pub const TCP: u16 = 6;

/// Whether a descriptor is a socket whose peer's port is that of name servers.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn asks_for_names(fd: u64) -> i64 {
    let sk = sock(fd);
    if sk == 0 {
        return 0;
    }
    let family: u16 = peek(sk, off!(sock_family));
    (matches!(family, AF_INET | AF_INET6) && peek::<u16>(sk, off!(sock_dport)) == DOMAIN.to_be()) as i64
}

/// That a descriptor is a socket of netlink, see `is_heard`.
pub const NETLINK: i64 = 2;

/// Whether a descriptor is a TCP socket on which nothing was sent yet, or one of netlink (`NETLINK`).
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn is_heard(fd: u64) -> i64 {
    let sk = sock(fd);
    if sk == 0 {
        return 0;
    }
    let (family, protocol): (u16, u16) = (peek(sk, off!(sock_family)), peek(sk, off!(sock_protocol)));
    if off!(tcp_sent) == ABSENT || protocol != TCP || !matches!(family, AF_INET | AF_INET6) {
        return ((family == AF_NETLINK) as i64) << 1;
    }
    (peek::<u64>(sk, off!(tcp_sent)) == 0) as i64
}

#[inline(always)]
fn internet(sock: &mut Sock, sk: u64) {
    sock.sport = peek(sk, off!(sock_num));
    sock.dport = u16::from_be(peek(sk, off!(sock_dport)));
    if sock.family == AF_INET {
        address::<u32>(&mut sock.saddr, sk, off!(sock_saddr));
        address::<u32>(&mut sock.daddr, sk, off!(sock_daddr));
    } else if off!(sock_saddr6) != ABSENT {
        address::<u128>(&mut sock.saddr, sk, off!(sock_saddr6));
        address::<u128>(&mut sock.daddr, sk, off!(sock_daddr6));
    }
}

/// Copies an address of that size to the front of `to`.
#[inline(always)]
fn address<T>(to: &mut [u8; 16], sk: u64, off: u32) {
    // SAFETY: no address is longer than `to`; the helper checks where it reads.
    unsafe {
        helper::bpf_probe_read_kernel(to.as_mut_ptr().cast(), size_of::<T>() as u32, (sk + off as u64) as *const c_void)
    };
}

/// A unix socket's peer and bound name; the name's length.
#[inline(always)]
fn unix(sock: &mut Sock, sk: u64, to: *mut u8) -> i64 {
    if off!(unix_addr) == ABSENT {
        return 0;
    }
    let peer = peek::<u64>(sk, off!(unix_peer));
    if peer != 0 {
        let socket = peek::<u64>(peer, off!(sock_socket));
        if socket != 0 {
            sock.peer = peek(socket, off!(socket_alloc_inode) + off!(inode_ino));
        }
    }
    name(sk, to, size_of::<File>() + size_of::<Sock>())
}

/// Copies the name that a unix socket is bound to, as in `sun_path`, to `at` bytes behind `to`; its length.
#[inline(always)]
fn name(sk: u64, to: *mut u8, at: usize) -> i64 {
    let address = peek::<u64>(sk, off!(unix_addr));
    if address == 0 {
        return 0;
    }
    // The length counts the family's two bytes.
    let len = peek::<i32>(address, off!(unix_addr_len)) - 2;
    if len <= 0 {
        return 0;
    }
    let len = black_box(len as usize) & 127;
    let len = if len > 108 { 108 } else { len };
    let from = address.wrapping_add(off!(unix_addr_name) as u64 + 2);
    // SAFETY: at most 108 bytes behind File and Sock, within the room for a blob.
    unsafe { helper::bpf_probe_read_kernel(to.add(at).cast(), len as u32, from as *const c_void) };
    len as i64
}
