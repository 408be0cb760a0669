//! `-K`: closes the sockets that were found. Somebody is asked first, unless it was said that it is meant: a wrong filter would cut
//! every connection of the machine.

use std::io::{self, IsTerminal, Write};

use super::{Failure, Listing};
use crate::cli::fault::{Fault, UsageError};
use crate::exit;
use crate::system::sock_diag::Closer;
use crate::tools::ss::request::Closing;

impl Listing<'_> {
    /// Closes those that are to be closed, in the namespace of this thread, and shows those that are.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        let doomed = std::mem::take(&mut self.doomed);
        if doomed.is_empty() || self.request.closing == Closing::Asked && !self.agreed(doomed.len())? {
            return Ok(());
        }
        let closer = Closer::open().map_err(|error| Failure::Other(format!("sock_diag: {error}")))?;
        let mut refused: Vec<(String, u64)> = Vec::new();
        for socket in &doomed {
            match closer.close(socket) {
                Ok(()) => self.show(socket)?,
                // It went by itself.
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
                Err(error) => {
                    let why = error.to_string();
                    match refused.iter_mut().find(|(other, _)| *other == why) {
                        Some((_, count)) => *count += 1,
                        None => refused.push((why, 1)),
                    }
                }
            }
        }
        let line = |(why, count): (String, u64)| match count {
            1 => format!("1 socket could not be closed: {why}"),
            count => format!("{count} sockets could not be closed: {why}"),
        };
        self.notices.extend(refused.into_iter().map(line));
        Ok(())
    }

    /// Whether somebody at the terminal says yes.
    fn agreed(&self, count: usize) -> Result<bool, Failure> {
        let stdin = io::stdin();
        if !stdin.is_terminal() || !io::stderr().is_terminal() {
            let fault = Fault::usage(
                "-K closes sockets of other programs, and nobody can be asked here: --yes says that it is meant",
            );
            return Err(Failure::Usage(UsageError::new(&self.request.program, exit::USAGE, fault)));
        }
        let s = if count == 1 { "" } else { "s" };
        let mut stderr = io::stderr();
        let asked =
            write!(stderr, "{}: close {count} socket{s}? [y/N] ", self.request.program).and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = asked.and_then(|()| stdin.read_line(&mut answer));
        Ok(read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }
}
