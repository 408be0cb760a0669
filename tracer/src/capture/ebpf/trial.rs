//! Whether the source sees what it must: a child makes a call, and its record, the path that it passed and the name of
//! the file must come back. A kernel may take every program and still give them no memory, or no file's name.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tracer_common::event::{kind, status};
use tracer_common::plan::{ARG_RET, shape};
use tracer_common::record::{blobs, records};

use super::EbpfSource;
use crate::capture::{Losses, Source, Status};
use crate::spec::Watch;
use crate::system::procfs::machine;

/// What the child opens: a file that is there wherever anything can be traced, with a name in three parts.
const OPENED: &CStr = machine::OWN_STATUS;
/// The last part of the file's name, as the kernel tells it: names from the file upwards.
const NAME: &[u8] = b"status\0";

/// How long the record may take: it comes within milliseconds, but on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Loads and attaches the whole object as a trace of `watch` would, and traces a child that opens a file. `watch` asks for
/// openat(2) and for files' names.
///
/// # Errors
/// What the kernel refuses and why; what did not come back, with what was lost meanwhile.
pub fn attempt(mut watch: Watch) -> Result<()> {
    let mut child = Child::start().context("cannot start a child")?;
    watch.target.pids = vec![child.pid];
    let mut source = EbpfSource::open(&watch, &mut None)?;
    child.go()?;
    let until = Instant::now() + PATIENCE;
    let mut seen = Seen::default();
    let mut batch = Vec::new();
    loop {
        batch.clear();
        let status = source.read(&mut batch, PATIENCE)?;
        seen.look(&batch);
        if status == Status::Done || seen.name || Instant::now() > until {
            break;
        }
    }
    seen.verdict(&source.losses())
}

/// What came back of the child's call.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    call: bool,
    path: bool,
    name: bool,
}

impl Seen {
    fn look(&mut self, batch: &[u8]) {
        for (head, record) in records(batch).filter(|(head, _)| head.kind == kind::CALL) {
            self.call |= i64::from(head.nr) == libc::SYS_openat;
            for (blob, bytes) in blobs(&head, record) {
                self.path |= blob.shape == shape::TEXT && blob.status == status::WHOLE && bytes == OPENED.to_bytes();
                self.name |= blob.shape == shape::FD
                    && blob.arg == ARG_RET
                    && bytes.windows(NAME.len()).any(|part| part == NAME);
            }
        }
    }

    fn verdict(self, losses: &Losses) -> Result<()> {
        let missing = match self {
            Seen { call: false, .. } => "a call that a child made was not seen",
            Seen { path: false, .. } => "a call came without the path that was passed to it",
            Seen { name: false, .. } => "a call came without the name of the file that it opened",
            _ => return Ok(()),
        };
        let lost: Vec<_> = losses.reasons.iter().map(|(loss, n)| format!("{n} {}", loss.name())).collect();
        let lost = if lost.is_empty() { "nothing was lost".to_owned() } else { format!("lost: {}", lost.join(", ")) };
        bail!("the kernel took every program, but {missing} ({lost})")
    }
}

/// A child that waits, opens a file, and ends. It ends with its parent, too.
struct Child {
    pid: i32,
    gate: Option<File>,
}

impl Child {
    fn start() -> io::Result<Child> {
        let (wait, go): (OwnedFd, OwnedFd) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        // SAFETY: the child only makes system calls on memory of its own, and ends.
        let pid = unsafe {
            match libc::fork() {
                -1 => return Err(io::Error::last_os_error()),
                0 => {
                    libc::close(go.as_raw_fd());
                    let mut word = 0u8;
                    libc::read(wait.as_raw_fd(), (&raw mut word).cast(), 1);
                    libc::syscall(libc::SYS_openat, libc::AT_FDCWD, OPENED.as_ptr(), libc::O_RDONLY);
                    libc::_exit(0)
                }
                pid => pid,
            }
        };
        Ok(Child { pid, gate: Some(go.into()) })
    }

    fn go(&mut self) -> io::Result<()> {
        self.gate.take().map_or(Ok(()), |mut gate| gate.write_all(b"g"))
    }
}

impl Drop for Child {
    /// Where it was not told to go on, the end of the pipe tells it.
    fn drop(&mut self) {
        self.gate = None;
        // SAFETY: the child is ours and was not waited for, so the id is its own; it does nothing that could block.
        unsafe { libc::waitpid(self.pid, std::ptr::null_mut(), 0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracer_common::loss::Loss;

    #[test]
    fn what_did_not_come_back_is_named() {
        let mut losses = Losses::default();
        losses.add(Loss::MapFull, 6);
        let said = |seen: Seen| seen.verdict(&losses).map_err(|e| e.to_string());
        assert_eq!(said(Seen { call: true, path: true, name: true }), Ok(()));
        for (seen, part) in [
            (Seen::default(), "was not seen"),
            (Seen { call: true, ..Seen::default() }, "without the path"),
            (Seen { call: true, path: true, name: false }, "without the name of the file"),
        ] {
            let text = said(seen).unwrap_err();
            assert!(text.contains(part) && text.contains("lost: 6 map_full"), "{text}");
        }
    }
}
