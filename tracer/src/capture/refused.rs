//! Processes that cannot be attached to, in strace's words: why, and which other tracer holds them.

use std::fmt;
use std::io;

use crate::schema::errno;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::who::Who;

/// A process that was to be attached to.
#[derive(Debug, thiserror::Error)]
pub struct Refused {
    /// The name by which tracer was called.
    program: String,
    /// Its number, as it was given.
    pub pid: i32,
    /// Why.
    pub error: io::Error,
    /// Who traces it.
    holder: Option<u32>,
    /// It is a thread of the kernel.
    kernel: bool,
}

impl Refused {
    /// What the kernel said of `pid`.
    pub fn new(program: &str, pid: i32, error: io::Error) -> Refused {
        Refused { program: program.to_owned(), pid, error, holder: holder(pid), kernel: is_kernels(pid) }
    }

    /// A process over whose directory in /proc something else is mounted: what its threads are is somebody else's word.
    pub fn hidden(program: &str, pid: i32) -> Option<Refused> {
        let error = io::Error::other(Covered::now().said(u32::try_from(pid).ok()?)?);
        Some(Refused { program: program.to_owned(), pid, error, holder: None, kernel: false })
    }

    /// As the kernel would say, of a process that is not there, or is a thread of the kernel: it makes no calls.
    pub fn none(program: &str, pid: i32) -> Option<Refused> {
        let there = u32::try_from(pid).is_ok_and(|pid| Who::Id(pid).exists());
        let errno = match there {
            false => libc::ESRCH,
            true if is_kernels(pid) => libc::EPERM,
            true => return None,
        };
        Some(Refused::new(program, pid, io::Error::from_raw_os_error(errno)))
    }

    /// As the kernel would say, of a process that another tracer holds.
    pub fn held(program: &str, pid: i32) -> Option<Refused> {
        let error = io::Error::from_raw_os_error(libc::EPERM);
        let held = |holder| Refused { program: program.to_owned(), pid, error, holder: Some(holder), kernel: false };
        holder(pid).map(held)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { program, pid, error, holder, kernel } = self;
        write!(f, "attach: ptrace(PTRACE_SEIZE, {pid}): {}", errno::said(error))?;
        match holder {
            Some(holder) => write!(f, "\n{program}: Process {pid} is already being traced by pid {holder}"),
            None if *kernel => write!(f, "\n{program}: Process {pid} is a thread of the kernel, which makes no calls"),
            None => Ok(()),
        }
    }
}

/// Whether it is a thread of the kernel's own (`PF_KTHREAD`, include/linux/sched.h).
fn is_kernels(pid: i32) -> bool {
    const PF_KTHREAD: u64 = 0x20_0000;
    let stat = u32::try_from(pid).ok().and_then(|pid| Who::Id(pid).stat());
    stat.is_some_and(|stat| stat.flags & PF_KTHREAD != 0)
}

/// The process that traces this one by ptrace, when it is none of our own threads.
fn holder(pid: i32) -> Option<u32> {
    let tracer = Who::Id(u32::try_from(pid).ok()?).status().ok()?.tracer;
    (tracer != 0 && tracer != std::process::id()).then_some(tracer)
}
