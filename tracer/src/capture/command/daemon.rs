//! `-D`: the process that a user started becomes the command, so that whoever waits for it waits for the command. It forks a child,
//! which forks tracer and ends at once: tracer goes on as an orphan, and the command waits for it at the gate.

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem;
use std::os::fd::OwnedFd;

use super::{Child, Filter, StartError, Started, pipe};
use crate::spec::{Command, Daemonize};

/// The word that tracer may go on: the command lets itself be traced by it.
const ALLOWED: u8 = b'y';

impl Started {
    /// Returns in tracer, the grandchild; this process becomes the command. `filter` is installed where [`Started::filter`] asks for it;
    /// `failure` is what the process ends with when tracer ends before it opened the gate. To be called before there are threads.
    ///
    /// # Errors
    /// As [`Started::spawn`], in this process when it could not fork, else in the grandchild.
    pub fn daemonize(
        cmd: &Command,
        how: Daemonize,
        filter: Option<&Filter>,
        failure: u8,
    ) -> Result<Started, StartError> {
        let child = Child { failure, ..Child::prepare(cmd, filter)? };
        let (gate_read, gate_write) = pipe()?;
        let (status_read, status_write) = pipe()?;
        let pid = std::process::id();
        match fork()? {
            Some(between) => {
                drop(status_read);
                ended(between)?;
                become_traceable(&gate_read, &status_write, failure);
                child.run(&gate_read, &gate_write, &status_write)
            }
            None => {
                match fork() {
                    Ok(None) => {}
                    Ok(Some(_)) => exit(0),
                    Err(StartError::System(_, error)) => exit(error.raw_os_error().unwrap_or(libc::EAGAIN)),
                    Err(_) => exit(libc::EAGAIN),
                }
                drop((gate_read, status_write));
                begin(how)?;
                // It closes with this process: until then, its error has been said.
                let kept = gate_write.try_clone().map_err(|error| StartError::System("dup", error))?;
                mem::forget(kept);
                let (mut gate, mut status) = (File::from(gate_write), File::from(status_read));
                let allowed = |gate: &mut File, status: &mut File| {
                    gate.write_all(&std::process::id().to_ne_bytes())?;
                    status.read_exact(&mut [0])
                };
                allowed(&mut gate, &mut status).map_err(|error| StartError::System("the command", error))?;
                Ok(Started {
                    pid,
                    gate: Some(gate),
                    status,
                    failed: None,
                    filtered: false,
                    filters: false,
                    ran: false,
                    above: true,
                })
            }
        }
    }
}

/// The child's id; `None` in the child.
fn fork() -> Result<Option<libc::pid_t>, StartError> {
    // SAFETY: no other thread is there whose locks a copy could find taken.
    match unsafe { libc::fork() } {
        -1 => Err(StartError::System("fork", io::Error::last_os_error())),
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}

fn exit(code: i32) -> ! {
    // SAFETY: it never returns; nothing is to be written.
    unsafe { libc::_exit(code) }
}

/// Waits for the child between, which ends with the errno of its fork.
fn ended(between: libc::pid_t) -> Result<(), StartError> {
    let mut status = 0;
    loop {
        // SAFETY: the status is ours.
        let waited = unsafe { libc::waitpid(between, &raw mut status, 0) };
        match io::Error::last_os_error().raw_os_error() {
            _ if waited == between && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) != 0 => {
                return Err(StartError::System("fork", io::Error::from_raw_os_error(libc::WEXITSTATUS(status))));
            }
            Some(libc::EINTR) if waited == -1 => {}
            // Where SIGCHLD is ignored there is no status.
            _ => return Ok(()),
        }
    }
}

/// The group or session that was asked for.
fn begin(how: Daemonize) -> Result<(), StartError> {
    // SAFETY: both take numbers, or nothing.
    let (what, failed) = unsafe {
        match how {
            Daemonize::Grandchild => return Ok(()),
            Daemonize::Group => ("setpgid", libc::setpgid(0, 0) == -1),
            Daemonize::Session => ("setsid", libc::setsid() == -1),
        }
    };
    if failed { Err(StartError::System(what, io::Error::last_os_error())) } else { Ok(()) }
}

/// Lets tracer attach to this process where only ancestors may (kernel.yama.ptrace_scope); its id is the first that the gate tells.
fn become_traceable(gate: &OwnedFd, status: &OwnedFd, failure: u8) {
    let mut id = [0; 4];
    let words = || -> io::Result<(File, File)> { Ok((gate.try_clone()?.into(), status.try_clone()?.into())) };
    let told = words().and_then(|(mut gate, mut status)| {
        gate.read_exact(&mut id)?;
        // SAFETY: takes numbers. EINVAL: this kernel has no such rule.
        unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::c_ulong::from(u32::from_ne_bytes(id)), 0, 0, 0) };
        status.write_all(&[ALLOWED])
    });
    if told.is_err() {
        exit(failure.into());
    }
}
