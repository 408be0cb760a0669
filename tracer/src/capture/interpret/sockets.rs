//! What a call's descriptor is connected to, where it decides whether the call, or what it sends, is of interest.

use tracer_common::event::{File, Sock, path, status};
use tracer_common::plan::{DOMAIN, NAME_MAX, VEC_MAX};

use super::{Copy, Interpreter, bytes, word};
use crate::system::files::{Link, Look};
use crate::system::shared_memory::may_be_written_by_others;
use crate::system::socket_ends::Named;

/// Sockets of which it is known that something was sent, at most.
const SENT_MAX: usize = 100_000;

impl Interpreter<'_> {
    /// Whether a descriptor is a socket whose peer's port is that of name servers.
    pub fn asks_for_names(&mut self, fd: u64) -> bool {
        self.socket(fd).is_some_and(|(_, sock)| sock.dport == DOMAIN)
    }

    /// Whether a descriptor is a TCP socket on which nothing was seen to be sent (what is sent now is), or one of netlink.
    pub(super) fn is_heard(&mut self, fd: u64) -> bool {
        let Some((inode, sock)) = self.socket(fd) else { return false };
        if i32::from(sock.family) == libc::AF_NETLINK {
            return true;
        }
        if self.scratch.sent.len() >= SENT_MAX {
            self.scratch.sent.clear();
        }
        i32::from(sock.protocol) == libc::IPPROTO_TCP && self.scratch.sent.insert(inode)
    }

    /// Whether a descriptor is a socket of netlink.
    pub(super) fn is_netlink(&mut self, fd: u64) -> bool {
        i32::try_from(fd as u32).is_ok_and(|fd| self.files.is_netlink(self.tid, fd))
    }

    /// The inode number of a socket, and its ends.
    fn socket(&mut self, fd: u64) -> Option<(u64, Sock)> {
        let fd = i32::try_from(fd as u32).ok()?;
        let mut file = std::mem::take(&mut self.scratch.file);
        let look = self.files.look(self.tid, self.tgid, Link::Fd(fd), &mut file);
        let is_socket = |file: &File| file.mode & libc::S_IFMT == libc::S_IFSOCK;
        let inode = File::read(&file).filter(is_socket).map(|file| file.ino);
        let sock = file.get(size_of::<File>()..).and_then(Sock::read).filter(|sock| sock.family != 0);
        self.scratch.file = file;
        Some((inode?, sock.filter(|_| look == Look::Found)?))
    }
}

impl Copy<'_, '_> {
    /// The unix socket that a descriptor is, or that it is connected to. Where nobody else runs in the memory of the process, that is the one
    /// whose name was passed.
    pub(super) fn unix(&mut self, fd: i32, own: bool) {
        if !may_be_written_by_others(self.it.tgid, self.args[1]) {
            return;
        }
        let Some(Named { name, file, alone }) = self.it.files.unix(self.it.tid, self.it.tgid, fd, own) else { return };
        let (ino, dev) = file.unwrap_or_default();
        let (path_len, deleted) = (name.len() as u16, u8::from(!alone));
        let file = File { ino: ino.into(), dev, path: path::TEXT, path_len, deleted, ..File::default() };
        self.blob(0, status::WHOLE, &[file.bytes(), &name].concat(), (size_of::<File>() + name.len()) as u64);
    }

    /// The addresses that a datagram was sent to, as they stand there now.
    pub(super) fn taken(&mut self, ptr: u64, n: u64) {
        if self.op.unit != 1 {
            self.names_of_messages(ptr, n);
        } else {
            let (n, want) = bytes(self.op, n);
            self.bytes(0, ptr, n, want, None);
            self.may_differ(ptr);
        }
    }

    /// Says so where others may have written there, and back.
    fn may_differ(&mut self, at: u64) {
        if may_be_written_by_others(self.it.tgid, at) {
            self.blob(u16::MAX, status::ABSENT, &[], 0);
        }
    }

    /// The addresses that `n` message headers from `ptr` on name.
    fn names_of_messages(&mut self, ptr: u64, n: u64) {
        let size = u64::from(self.op.unit);
        let wide = if size < size_of::<libc::msghdr>() as u64 { 4 } else { 8 };
        for i in 0..n.min(VEC_MAX as u64) {
            let mut words = [0u8; 8 * 2];
            let words = &mut words[..wide * 2];
            if self.read(ptr.wrapping_add(i * size), words) < words.len() {
                return;
            }
            let (name, len) = (word(words, 0, wide), word(words, 1, wide) & 0xffff_ffff);
            if name != 0 {
                if i == 0 {
                    self.may_differ(name);
                }
                self.bytes(i as u16, name, len.min(NAME_MAX as u64) as usize, len, None);
            }
        }
    }
}
