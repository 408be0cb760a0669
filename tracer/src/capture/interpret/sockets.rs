//! What a call's descriptor is connected to, where it decides whether the call, or what it sends, is of interest.

use tracer_common::event::{File, Sock};
use tracer_common::plan::{DOMAIN, NAME_MAX, VEC_MAX};

use super::{Copy, Interpreter, word};
use crate::system::files::{Link, Look};

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
    /// The addresses that `n` message headers from `ptr` on name.
    pub(super) fn names_of_messages(&mut self, ptr: u64, n: u64) {
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
                self.bytes(i as u16, name, len.min(NAME_MAX as u64) as usize, len, None);
            }
        }
    }
}
