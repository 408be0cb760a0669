//! What a descriptor of a traced task refers to, as /proc tells: readlink(2) for the name, statx(2) for
//! inode and type, sock_diag for the ends of a socket. Nothing here asks a file server: statx is told to
//! use what the kernel has cached, so a dead mount does not stop tracer.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;

use tracer_common::event::{File, path};

use super::proc_paths;
use super::procfs::fds::{FdInfo, parse_fdinfo};
use super::procfs::who::Who;
use super::socket_ends::{self, Named, Sockets};
use crate::schema::details::Details;

/// What looking a descriptor up came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It is told in full.
    Found,
    /// There is no such open descriptor.
    Absent,
    /// It could not be told, or (a socket) not in full: then the bytes hold what is known.
    Unresolved,
}

/// What of a task is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// A descriptor.
    Fd(i32),
    /// The current directory.
    Cwd,
    /// The program's file.
    Exe,
}

/// Looks descriptors up.
#[derive(Debug, Default)]
pub struct Files {
    sockets: Sockets,
}

impl Files {
    /// The unix socket that a descriptor of a process is (`own`), or that it is connected to. `None` for other sockets, and those without name.
    pub fn unix(&mut self, tid: u32, process: u32, fd: i32, own: bool) -> Option<Named> {
        self.sockets.named(tid, process, fd, own)
    }

    /// Whether a descriptor of a task is a socket of netlink. No table is asked.
    pub fn is_netlink(&self, tid: u32, fd: i32) -> bool {
        CString::new(Who::Id(tid).path(format_args!("fd/{fd}"))).is_ok_and(|link| socket_ends::is_netlink(&link))
    }

    /// Writes the `event::File` of what a link of a task leads to to `out`, with what follows it.
    pub fn look(&mut self, tid: u32, tgid: u32, link: Link, out: &mut Vec<u8>) -> Look {
        out.clear();
        let (link, fd) = match link {
            Link::Fd(fd) => (Who::Id(tid).path(format_args!("fd/{fd}")), Some(fd)),
            Link::Cwd => (Who::Id(tid).path("cwd"), None),
            Link::Exe => (Who::Id(tid).path("exe"), None),
        };
        let Ok(link) = CString::new(link) else { return Look::Unresolved };
        let mut text = [0u8; 4097];
        // SAFETY: the buffer is as long as is said; the name is NUL-terminated.
        let n = unsafe { libc::readlink(link.as_ptr(), text.as_mut_ptr().cast(), text.len()) };
        let mut cut = false;
        let text = match usize::try_from(n) {
            Ok(n) => &text[..n],
            Err(_) => match io::Error::last_os_error().raw_os_error() {
                Some(libc::ENOENT | libc::ESRCH) => return Look::Absent,
                // Deeper than PATH_MAX: inode and type still tell it apart.
                Some(libc::ENAMETOOLONG) => {
                    cut = true;
                    &[]
                }
                _ => return Look::Unresolved,
            },
        };
        let Some(stat) = stat(&link) else { return Look::Unresolved };
        let mut file = File {
            ino: stat.stx_ino,
            dev: stat.stx_dev_major << 20 | stat.stx_dev_minor,
            rdev: stat.stx_rdev_major << 20 | stat.stx_rdev_minor,
            mode: u32::from(stat.stx_mode),
            ..File::default()
        };
        // The file of a socket that was opened (O_PATH) is none.
        if file.mode & libc::S_IFMT == libc::S_IFSOCK && text.starts_with(b"socket:") {
            let (sock, name, found) = self.sockets.look(tid, fd.map(|fd| (tgid, fd)), &link, file.ino);
            file.path_len = name.len().min(usize::from(u16::MAX)) as u16;
            out.extend_from_slice(file.bytes());
            out.extend_from_slice(sock.bytes());
            out.extend_from_slice(&name[..usize::from(file.path_len)]);
            return if found { Look::Found } else { Look::Unresolved };
        }
        let (text, deleted) = without_mark(text, &stat);
        let mut details = None;
        if let (Some(kind), Some(fd)) = (kind_of(text, &file), fd)
            && let Ok(info) = Who::Id(tid).read(&format!("fdinfo/{fd}"))
        {
            let info = parse_fdinfo(&info);
            details = details_of(kind, &info);
            if kind == Kind::Process {
                // In the namespace of the /proc that is mounted; none when it has ended.
                file.rdev = info.pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
            }
        }
        file.deleted = u8::from(deleted);
        file.path = match (cut, text.is_empty()) {
            (true, _) => path::CUT,
            (false, true) => path::NONE,
            (false, false) => path::TEXT,
        };
        file.path_len = text.len() as u16;
        out.extend_from_slice(file.bytes());
        out.extend_from_slice(text);
        if let Some(details) = details {
            details.put(out);
        }
        if cut { Look::Unresolved } else { Look::Found }
    }
}

/// Files of which fdinfo tells more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Process,
    Events,
    Signals,
    Terminal,
}

fn kind_of(text: &[u8], file: &File) -> Option<Kind> {
    /// The device of either ptmx. Documentation/admin-guide/devices.txt
    const PTMX: u32 = 5 << 20 | 2;
    match text {
        b"anon_inode:[pidfd]" => Some(Kind::Process),
        b"anon_inode:[eventfd]" => Some(Kind::Events),
        b"anon_inode:[signalfd]" => Some(Kind::Signals),
        _ if file.mode & libc::S_IFMT == libc::S_IFCHR && file.rdev == PTMX => Some(Kind::Terminal),
        _ => None,
    }
}

fn details_of(kind: Kind, info: &FdInfo) -> Option<Details> {
    match kind {
        Kind::Process => None,
        Kind::Events => {
            Some(Details::Events { count: info.count?, id: info.eventfd?, semaphore: info.semaphore.unwrap_or(false) })
        }
        Kind::Signals => info.signals.map(Details::Signals),
        Kind::Terminal => info.tty.map(Details::Terminal),
    }
}

/// Whether a path of a task leads to a file, from a directory's descriptor on (`None`: from the current directory).
pub fn exists(tid: u32, directory: Option<i32>, path: &[u8]) -> bool {
    let who = Who::Id(tid);
    // What it has in /proc is not what we have there.
    let descriptors = path.strip_prefix(b"/dev/fd/").map(|rest| [b"/proc/self/fd/", rest].concat());
    let path = descriptors.as_deref().unwrap_or(path);
    if let Some(through) = proc_paths::through(path, tid) {
        return CString::new(through.for_anyone(path)).is_ok_and(|path| stat(&path).is_some());
    }
    let front = match directory {
        _ if path.starts_with(b"/") => who.path("root"),
        Some(fd) if fd != libc::AT_FDCWD => who.path(format_args!("fd/{fd}/")),
        _ => who.path("cwd/"),
    };
    CString::new([front.as_bytes(), path].concat()).is_ok_and(|path| stat(&path).is_some())
}

/// Takes the kernel's ` (deleted)` off, unless it is part of the file's own name.
fn without_mark<'a>(text: &'a [u8], stat: &libc::statx) -> (&'a [u8], bool) {
    let Some(name) = text.strip_suffix(b" (deleted)") else { return (text, false) };
    let same = |other: libc::statx| other.stx_ino == stat.stx_ino && other.stx_dev_minor == stat.stx_dev_minor;
    if stat.stx_nlink > 0 && CString::new(text).is_ok_and(|t| self::stat(&t).is_some_and(same)) {
        return (text, false);
    }
    (name, true)
}

/// What the kernel knows of a file without asking its server.
fn stat(path: &CString) -> Option<libc::statx> {
    let mut stat = MaybeUninit::<libc::statx>::zeroed();
    let flags = libc::AT_STATX_DONT_SYNC | libc::AT_NO_AUTOMOUNT;
    // SAFETY: the name is NUL-terminated and `stat` is a whole statx.
    let rc = unsafe { libc::statx(libc::AT_FDCWD, path.as_ptr(), flags, libc::STATX_BASIC_STATS, stat.as_mut_ptr()) };
    // SAFETY: zeroed is a value of it, and the kernel filled it in.
    (rc == 0).then(|| unsafe { stat.assume_init() })
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn what_a_task_has_in_proc_is_its_own() {
        // SAFETY: the child makes system calls and touches its own stack, nothing else.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above. It keeps no pipe of a test that runs beside this one.
            unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
            loop {
                // SAFETY: as above.
                unsafe { libc::pause() };
            }
        }
        let child = Child(child);
        // A number that no test had at the fork.
        let file = std::fs::File::open("/").expect("the root");
        let file = rustix::io::fcntl_dupfd_cloexec(&file, 800).expect("a high number");
        let check = |path: String, expected: bool| {
            assert_eq!(exists(child.0 as u32, None, path.as_bytes()), expected, "{path}");
        };
        // Opened after the fork: it has no such descriptor.
        for front in ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"] {
            check(format!("{front}/{}", file.as_raw_fd()), false);
            check(format!("{front}/{}/proc", file.as_raw_fd()), false);
        }
        check("/proc/self/cwd/Cargo.toml".to_owned(), true);
        check("/proc/self/cwd/nothing".to_owned(), false);
    }

    /// A process of ours; it ends with the test, whatever becomes of that.
    struct Child(libc::pid_t);

    impl Drop for Child {
        fn drop(&mut self) {
            // SAFETY: it is our child, and is waited for.
            unsafe {
                libc::kill(self.0, libc::SIGKILL);
                libc::waitpid(self.0, std::ptr::null_mut(), 0);
            }
        }
    }

    fn look(link: Link) -> (Look, Option<File>, Vec<u8>) {
        let mut out = Vec::new();
        let me = std::process::id();
        let found = Files::default().look(me, me, link, &mut out);
        let rest = out.get(size_of::<File>()..).unwrap_or_default().to_vec();
        (found, File::read(&out), rest)
    }

    #[test]
    fn names_of_files() {
        let dir = std::env::temp_dir();
        let named = dir.join(format!("tracer look {} (deleted)", std::process::id()));
        let gone = dir.join(format!("tracer gone {}", std::process::id()));
        let check = |path: &std::path::Path, unlink: bool, want: (&[u8], u8)| {
            let file = std::fs::File::create(path).expect("a file");
            if unlink {
                std::fs::remove_file(path).expect("it goes");
            }
            let (found, head, text) = look(Link::Fd(file.as_raw_fd()));
            assert_eq!((found, text.as_slice(), head.map(|h| h.deleted)), (Look::Found, want.0, Some(want.1)));
            let _ = std::fs::remove_file(path);
        };
        check(&named, false, (named.as_os_str().as_encoded_bytes(), 0));
        check(&gone, true, (gone.as_os_str().as_encoded_bytes(), 1));
    }

    #[test]
    fn what_is_not_there_is_absent() {
        assert_eq!(look(Link::Fd(999_999)).0, Look::Absent);
        assert_eq!(look(Link::Cwd).0, Look::Found);
    }

    #[test]
    fn what_is_there_is_found() {
        let me = std::process::id();
        let path = std::env::temp_dir();
        let path = path.to_str().expect("UTF-8").as_bytes();
        assert!(exists(me, None, path) && exists(me, Some(libc::AT_FDCWD), b".") && exists(me, Some(-1), path));
        assert!(
            !exists(me, None, b"/no/such/file") && !exists(me, Some(-1), b"relative") && !exists(me, None, b"a\0b")
        );
    }
}
