//! Errors by number: their names, what they mean, and which return values are errors. What is said of them is what glibc says in the C
//! locale: tables rather than strerror(3), so that the text is the same whatever the libc and the locale.

use std::borrow::Cow;
use std::io;

use super::set::Set;

/// The largest error that a call returns (`MAX_ERRNO`, include/linux/err.h).
pub const MAX: u16 = 4095;

/// The error in what a call returned.
#[inline]
pub fn of(ret: i64) -> Option<u16> {
    (-i64::from(MAX)..0).contains(&ret).then(|| ret.unsigned_abs() as u16)
}

/// `ENOENT`; `None` for numbers no error has. include/uapi/asm-generic/errno.h, include/linux/errno.h
pub fn name(errno: u16) -> Option<&'static str> {
    match TABLE.get(usize::from(errno)) {
        Some((name, _)) => Some(*name).filter(|name| !name.is_empty()),
        None => INTERNAL.iter().find(|row| row.0 == errno).map(|row| row.1),
    }
}

/// `No such file or directory`; `None` where strerror(3) would say `Unknown error N`.
pub fn text(errno: u16) -> Option<&'static str> {
    TABLE.get(usize::from(errno)).map(|e| e.1).filter(|t| !t.is_empty())
}

/// How a call goes on that a signal interrupted, when this is what it returned: `To be restarted if SA_RESTART is set`.
pub fn restart(errno: u16) -> Option<&'static str> {
    INTERNAL.iter().find(|row| row.0 == errno).map(|row| row.2).filter(|text| !text.is_empty())
}

/// What strerror(3) says in the C locale.
pub fn strerror(errno: i32) -> Cow<'static, str> {
    let known = u16::try_from(errno).ok().and_then(text);
    known.map_or_else(|| Cow::Owned(format!("Unknown error {errno}")), Cow::Borrowed)
}

/// An error of the system in [`strerror`]'s words: without Rust's `(os error 2)`. Others in their own.
pub fn said(error: &io::Error) -> Cow<'static, str> {
    error.raw_os_error().map_or_else(|| Cow::Owned(error.to_string()), strerror)
}

/// Errors as values of programs (`SO_ERROR`).
pub static ERRNO: Set = Set { marked: false, prefix: "E", mask: u64::MAX, choice: &CHOICE, bits: &[] };

/// Numbers that are nobody's: EWOULDBLOCK and EDEADLOCK have others on some machines.
const UNUSED: usize = 2;

const CHOICE: [(&str, u64); TABLE.len() - 1 - UNUSED] = {
    let mut choice = [("", 0); TABLE.len() - 1 - UNUSED];
    let (mut at, mut errno) = (0, 1);
    while errno < TABLE.len() {
        if !TABLE[errno].0.is_empty() {
            choice[at] = (TABLE[errno].0, errno as u64);
            at += 1;
        }
        errno += 1;
    }
    assert!(at == choice.len());
    choice
};

/// Errors that should not leave the kernel, and sometimes do; with a text, the call is restarted. include/linux/errno.h
const INTERNAL: &[(u16, &str, &str)] = &[
    (512, "ERESTARTSYS", "To be restarted if SA_RESTART is set"),
    (513, "ERESTARTNOINTR", "To be restarted"),
    (514, "ERESTARTNOHAND", "To be restarted if no handler"),
    (515, "ENOIOCTLCMD", ""),
    (516, "ERESTART_RESTARTBLOCK", "Interrupted by signal"),
    (517, "EPROBE_DEFER", ""),
    (518, "EOPENSTALE", ""),
    (519, "ENOPARAM", ""),
    (521, "EBADHANDLE", ""),
    (522, "ENOTSYNC", ""),
    (523, "EBADCOOKIE", ""),
    (524, "ENOTSUPP", ""),
    (525, "ETOOSMALL", ""),
    (526, "ESERVERFAULT", ""),
    (527, "EBADTYPE", ""),
    (528, "EJUKEBOX", ""),
    (529, "EIOCBQUEUED", ""),
    (530, "ERECALLCONFLICT", ""),
];

const TABLE: [(&str, &str); 134] = [
    ("", ""),
    ("EPERM", "Operation not permitted"),
    ("ENOENT", "No such file or directory"),
    ("ESRCH", "No such process"),
    ("EINTR", "Interrupted system call"),
    ("EIO", "Input/output error"),
    ("ENXIO", "No such device or address"),
    ("E2BIG", "Argument list too long"),
    ("ENOEXEC", "Exec format error"),
    ("EBADF", "Bad file descriptor"),
    ("ECHILD", "No child processes"),
    ("EAGAIN", "Resource temporarily unavailable"),
    ("ENOMEM", "Cannot allocate memory"),
    ("EACCES", "Permission denied"),
    ("EFAULT", "Bad address"),
    ("ENOTBLK", "Block device required"),
    ("EBUSY", "Device or resource busy"),
    ("EEXIST", "File exists"),
    ("EXDEV", "Invalid cross-device link"),
    ("ENODEV", "No such device"),
    ("ENOTDIR", "Not a directory"),
    ("EISDIR", "Is a directory"),
    ("EINVAL", "Invalid argument"),
    ("ENFILE", "Too many open files in system"),
    ("EMFILE", "Too many open files"),
    ("ENOTTY", "Inappropriate ioctl for device"),
    ("ETXTBSY", "Text file busy"),
    ("EFBIG", "File too large"),
    ("ENOSPC", "No space left on device"),
    ("ESPIPE", "Illegal seek"),
    ("EROFS", "Read-only file system"),
    ("EMLINK", "Too many links"),
    ("EPIPE", "Broken pipe"),
    ("EDOM", "Numerical argument out of domain"),
    ("ERANGE", "Numerical result out of range"),
    ("EDEADLK", "Resource deadlock avoided"),
    ("ENAMETOOLONG", "File name too long"),
    ("ENOLCK", "No locks available"),
    ("ENOSYS", "Function not implemented"),
    ("ENOTEMPTY", "Directory not empty"),
    ("ELOOP", "Too many levels of symbolic links"),
    ("", ""),
    ("ENOMSG", "No message of desired type"),
    ("EIDRM", "Identifier removed"),
    ("ECHRNG", "Channel number out of range"),
    ("EL2NSYNC", "Level 2 not synchronized"),
    ("EL3HLT", "Level 3 halted"),
    ("EL3RST", "Level 3 reset"),
    ("ELNRNG", "Link number out of range"),
    ("EUNATCH", "Protocol driver not attached"),
    ("ENOCSI", "No CSI structure available"),
    ("EL2HLT", "Level 2 halted"),
    ("EBADE", "Invalid exchange"),
    ("EBADR", "Invalid request descriptor"),
    ("EXFULL", "Exchange full"),
    ("ENOANO", "No anode"),
    ("EBADRQC", "Invalid request code"),
    ("EBADSLT", "Invalid slot"),
    ("", ""),
    ("EBFONT", "Bad font file format"),
    ("ENOSTR", "Device not a stream"),
    ("ENODATA", "No data available"),
    ("ETIME", "Timer expired"),
    ("ENOSR", "Out of streams resources"),
    ("ENONET", "Machine is not on the network"),
    ("ENOPKG", "Package not installed"),
    ("EREMOTE", "Object is remote"),
    ("ENOLINK", "Link has been severed"),
    ("EADV", "Advertise error"),
    ("ESRMNT", "Srmount error"),
    ("ECOMM", "Communication error on send"),
    ("EPROTO", "Protocol error"),
    ("EMULTIHOP", "Multihop attempted"),
    ("EDOTDOT", "RFS specific error"),
    ("EBADMSG", "Bad message"),
    ("EOVERFLOW", "Value too large for defined data type"),
    ("ENOTUNIQ", "Name not unique on network"),
    ("EBADFD", "File descriptor in bad state"),
    ("EREMCHG", "Remote address changed"),
    ("ELIBACC", "Can not access a needed shared library"),
    ("ELIBBAD", "Accessing a corrupted shared library"),
    ("ELIBSCN", ".lib section in a.out corrupted"),
    ("ELIBMAX", "Attempting to link in too many shared libraries"),
    ("ELIBEXEC", "Cannot exec a shared library directly"),
    ("EILSEQ", "Invalid or incomplete multibyte or wide character"),
    ("ERESTART", "Interrupted system call should be restarted"),
    ("ESTRPIPE", "Streams pipe error"),
    ("EUSERS", "Too many users"),
    ("ENOTSOCK", "Socket operation on non-socket"),
    ("EDESTADDRREQ", "Destination address required"),
    ("EMSGSIZE", "Message too long"),
    ("EPROTOTYPE", "Protocol wrong type for socket"),
    ("ENOPROTOOPT", "Protocol not available"),
    ("EPROTONOSUPPORT", "Protocol not supported"),
    ("ESOCKTNOSUPPORT", "Socket type not supported"),
    ("EOPNOTSUPP", "Operation not supported"),
    ("EPFNOSUPPORT", "Protocol family not supported"),
    ("EAFNOSUPPORT", "Address family not supported by protocol"),
    ("EADDRINUSE", "Address already in use"),
    ("EADDRNOTAVAIL", "Cannot assign requested address"),
    ("ENETDOWN", "Network is down"),
    ("ENETUNREACH", "Network is unreachable"),
    ("ENETRESET", "Network dropped connection on reset"),
    ("ECONNABORTED", "Software caused connection abort"),
    ("ECONNRESET", "Connection reset by peer"),
    ("ENOBUFS", "No buffer space available"),
    ("EISCONN", "Transport endpoint is already connected"),
    ("ENOTCONN", "Transport endpoint is not connected"),
    ("ESHUTDOWN", "Cannot send after transport endpoint shutdown"),
    ("ETOOMANYREFS", "Too many references: cannot splice"),
    ("ETIMEDOUT", "Connection timed out"),
    ("ECONNREFUSED", "Connection refused"),
    ("EHOSTDOWN", "Host is down"),
    ("EHOSTUNREACH", "No route to host"),
    ("EALREADY", "Operation already in progress"),
    ("EINPROGRESS", "Operation now in progress"),
    ("ESTALE", "Stale file handle"),
    ("EUCLEAN", "Structure needs cleaning"),
    ("ENOTNAM", "Not a XENIX named type file"),
    ("ENAVAIL", "No XENIX semaphores available"),
    ("EISNAM", "Is a named type file"),
    ("EREMOTEIO", "Remote I/O error"),
    ("EDQUOT", "Disk quota exceeded"),
    ("ENOMEDIUM", "No medium found"),
    ("EMEDIUMTYPE", "Wrong medium type"),
    ("ECANCELED", "Operation canceled"),
    ("ENOKEY", "Required key not available"),
    ("EKEYEXPIRED", "Key has expired"),
    ("EKEYREVOKED", "Key has been revoked"),
    ("EKEYREJECTED", "Key was rejected by service"),
    ("EOWNERDEAD", "Owner died"),
    ("ENOTRECOVERABLE", "State not recoverable"),
    ("ERFKILL", "Operation not possible due to RF-kill"),
    ("EHWPOISON", "Memory page has hardware error"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_c_library_s_words() {
        for (errno, expected) in [
            (2, (Some("ENOENT"), Some("No such file or directory"))),
            (11, (Some("EAGAIN"), Some("Resource temporarily unavailable"))),
            (41, (None, None)),
            (133, (Some("EHWPOISON"), Some("Memory page has hardware error"))),
            (524, (Some("ENOTSUPP"), None)),
            (529, (Some("EIOCBQUEUED"), None)),
            (530, (Some("ERECALLCONFLICT"), None)),
            (4095, (None, None)),
        ] {
            assert_eq!((name(errno), text(errno)), expected, "{errno}");
        }
    }

    #[test]
    fn return_values_are_told_from_errors() {
        for (ret, error, restarts) in [
            (0, None, false),
            (-1, Some(1), false),
            (-511, Some(511), false),
            (-512, Some(512), true),
            (-514, Some(514), true),
            // No such ioctl: a failure, whatever stands beside it in the table.
            (-515, Some(515), false),
            (-516, Some(516), true),
            (-517, Some(517), false),
            (-4095, Some(4095), false),
            (-4096, None, false),
            (i64::MIN, None, false),
        ] {
            assert_eq!((of(ret), of(ret).is_some_and(|error| restart(error).is_some())), (error, restarts), "{ret}");
        }
    }

    #[test]
    fn our_own_messages_have_the_same_words() {
        for (errno, expected) in [
            (libc::EACCES, "Permission denied"),
            (41, "Unknown error 41"),
            (5000, "Unknown error 5000"),
            (-1, "Unknown error -1"),
        ] {
            assert_eq!(said(&io::Error::from_raw_os_error(errno)), expected);
        }
        assert_eq!(said(&io::Error::other("not of the system")), "not of the system");
    }
}
