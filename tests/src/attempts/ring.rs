//! What goes through a ring: where a program puts the arguments of an operation, by their names. include/uapi/linux/io_uring.h

use tracer::schema::types::{Row, Ty};
use tracer::schema::{Abi, uring};

use super::{Form, Words};

/// Members of `struct io_uring_sqe`, in the order in which the fixture takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Fd,
    /// `addr2` too.
    Off,
    Addr,
    Len,
    Flags,
    /// `splice_fd_in`, which is `addr_len` too.
    File,
    Addr3,
}

/// How many there are.
const MEMBERS: usize = 7;

/// Operations that need more than a ring has here, and what.
pub const UNTAUGHT: &[(&str, &str)] =
    &[("read_multishot", "a group of buffers that were provided"), ("recv_zc", "a queue of a network card")];

/// Whether the fixture cannot make an operation.
pub fn is_untaught(row: &Row) -> bool {
    UNTAUGHT.iter().any(|(name, _)| *name == uring::bare(row))
}

impl Form {
    pub(crate) fn opcode(&self) -> u16 {
        let known = uring::OPERATIONS.iter().find(|operation| operation.row.name == self.row.name);
        known.map_or(u16::MAX, |operation| operation.opcode.into())
    }

    /// The words of a submission.
    pub(crate) fn submission(&self, words: &Words) -> Result<String, String> {
        let mut members = [const { String::new() }; MEMBERS];
        let mut how = None;
        for (arg, word) in self.args.iter().zip(self.arguments(Abi::NATIVE, words)?) {
            let member = match (uring::bare(self.row), arg.name) {
                // A file that gets no descriptor, and the first buffer of those that were registered.
                (_, "file_slot" | "buf_index") => continue,
                ("openat2", "flags") => {
                    how = word.strip_prefix('=').and_then(|flags| flags.parse().ok());
                    continue;
                }
                ("openat2", "mode" | "resolve") => continue,
                ("symlinkat", "newdirfd") | (_, "fd" | "dirfd" | "olddirfd" | "fd_out") => Member::Fd,
                ("fallocate", "len") => Member::Addr,
                ("connect" | "bind" | "accept", "addrlen") => Member::Off,
                ("setxattr" | "getxattr", "path") => Member::Addr3,
                (_, "newpath" | "linkpath" | "value" | "statxbuf" | "dest_addr" | "off_out" | "offset" | "length") => {
                    Member::Off
                }
                (_, "pathname" | "oldpath" | "target" | "buf" | "iov" | "msg" | "addr" | "name" | "off_in") => {
                    Member::Addr
                }
                (_, "count" | "iovcnt" | "len" | "size" | "mode" | "newdirfd" | "backlog" | "mask") => Member::Len,
                (_, "addrlen" | "fd_in") => Member::File,
                (_, "flags") => Member::Flags,
                (_, name) => return Err(format!("where {name} stands in a submission")),
            };
            // Where the descriptor of a pipe is: no offset.
            let none = matches!(arg.name, "off_in" | "off_out") && matches!(arg.ty, Ty::Long);
            members[member as usize] = if none { "=-1".to_owned() } else { word };
        }
        if uring::bare(self.row) == "openat2" {
            members[Member::Off as usize] = super::kinds::how(how.unwrap_or_default());
            members[Member::Len as usize] = "=24".to_owned();
        }
        // Of one message.
        if self.args.iter().any(|arg| matches!(arg.ty, Ty::Msghdr | Ty::InOut(Ty::Msghdr))) {
            members[Member::Len as usize] = "=1".to_owned();
        }
        Ok(members.map(|word| if word.is_empty() { "=0".to_owned() } else { word }).join(" "))
    }
}
