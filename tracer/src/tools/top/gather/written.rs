//! What a command writes while the screen is ours: the last of it is kept, and shown when the screen is given back.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::system::threads;

/// Bytes that are kept.
const KEPT: usize = 256 << 10;

/// Takes what a command writes to stdout and stderr.
pub struct Written {
    kept: Arc<Mutex<Kept>>,
    /// Ends when the last writer does.
    _reader: JoinHandle<()>,
    /// Our own stdin, stdout and stderr, until they are put back.
    own: Option<[OwnedFd; 3]>,
}

#[derive(Default)]
struct Kept {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Written {
    /// From now on stdin is empty, and stdout and stderr are kept: for a child that is started next.
    ///
    /// # Errors
    /// There are no descriptors, or there is no thread.
    pub fn begin() -> io::Result<Written> {
        let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let kept = Arc::new(Mutex::new(Kept::default()));
        let into = Arc::clone(&kept);
        let thread = threads::start(move || read(std::fs::File::from(reader), &into))?;
        let own = [
            rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?,
            rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?,
            rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?,
        ];
        let nothing = std::fs::File::open("/dev/null")?;
        let written = Written { kept, _reader: thread, own: Some(own) };
        rustix::stdio::dup2_stdin(nothing.as_fd())?;
        rustix::stdio::dup2_stdout(writer.as_fd())?;
        rustix::stdio::dup2_stderr(writer.as_fd())?;
        Ok(written)
    }

    /// Our own descriptors are put back: the child has its copies.
    ///
    /// # Errors
    /// Those of dup2(2).
    pub fn put_back(&mut self) -> io::Result<()> {
        let Some([stdin, stdout, stderr]) = self.own.take() else { return Ok(()) };
        rustix::stdio::dup2_stdin(stdin)?;
        rustix::stdio::dup2_stdout(stdout)?;
        rustix::stdio::dup2_stderr(stderr)?;
        Ok(())
    }

    /// Hands on what was kept.
    ///
    /// # Errors
    /// Those of writing.
    pub fn show(&self, program: &str, out: &mut impl Write) -> io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.dropped > 0 {
            writeln!(out, "{program}: {} bytes that the command wrote before were not kept", kept.dropped)?;
        }
        out.write_all(kept.bytes.make_contiguous())?;
        out.flush()
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = self.put_back();
    }
}

fn read(mut from: std::fs::File, into: &Mutex<Kept>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(n) => {
                let mut kept = into.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                kept.bytes.extend(&buffer[..n]);
                let over = kept.bytes.len().saturating_sub(KEPT);
                kept.bytes.drain(..over);
                kept.dropped += over as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
