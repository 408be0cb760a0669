//! Which calls carry data from and to descriptors, and which way: their rows say so. The first argument is the descriptor, the second the
//! data.

use super::types::{Len, Row, Special, Ty};

/// The argument that has the data.
pub const DATA: usize = 1;

/// Which way data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the descriptor.
    Read,
    /// To it.
    Written,
}

/// Which way the data of a call goes, if it has any, and what its length is, where an argument tells it.
pub fn data(row: &Row) -> Option<(Way, Option<Len>)> {
    if !matches!(row.args.first()?.ty, Ty::Fd) {
        return None;
    }
    let ty = &row.args.get(DATA)?.ty;
    Some(match (ty, plain(ty)) {
        (Ty::Out(_), Ty::Bytes(_)) => (Way::Read, None),
        (_, Ty::Bytes(length)) => (Way::Written, Some(*length)),
        // Of messages that are sent, the lengths are written.
        (_, Ty::Mmsghdr(Len::Ret)) => (Way::Read, None),
        (_, Ty::Mmsghdr(_)) => (Way::Written, None),
        (Ty::Out(_) | Ty::InOut(_), Ty::Iovec(_) | Ty::Msghdr) => (Way::Read, None),
        (_, Ty::Iovec(_) | Ty::Msghdr) => (Way::Written, None),
        _ => return None,
    })
}

/// Whether a call is given an array of descriptors, as many as it likes.
pub fn has_descriptors(row: &Row) -> bool {
    row.args.iter().any(|arg| matches!(arg.ty, Ty::Special(Special::PollFds)))
}

/// Without what says when it is read.
pub fn plain(ty: &Ty) -> &Ty {
    match ty {
        Ty::Out(inner) | Ty::InOut(inner) => inner,
        ty => ty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;

    #[test]
    fn rows_say_which_way_data_goes() {
        let check = |name, expected| {
            let row = by_name(name).expect("a row");
            assert_eq!(data(row).map(|(way, _)| way), expected, "{name}");
        };
        for name in ["read", "pread64", "readv", "preadv2", "recvfrom", "recvmsg", "recvmmsg", "mq_timedreceive"] {
            check(name, Some(Way::Read));
        }
        for name in
            ["write", "pwrite64", "writev", "pwritev2", "vmsplice", "sendto", "sendmsg", "sendmmsg", "mq_timedsend"]
        {
            check(name, Some(Way::Written));
        }
        for name in ["fsetxattr", "getdents64", "openat", "process_vm_readv", "fstat", "getpid", "bind"] {
            check(name, None);
        }
    }
}
