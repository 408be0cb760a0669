//! How a trace ends: which signals end it, what becomes of the command then, and what tracer itself ends
//! with. As strace has it: the command's own status, or the signal that ended it or us, repeated.

use nix::sys::signal::{SigHandler, Signal, signal};

use crate::capture::command::StartError;
use crate::capture::{Losses, inherited};
use crate::exit;
use crate::render::typed::nearest;
use crate::schema::errno;
use crate::spec::Interrupt;

/// How tracer itself is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this exit code.
    Code(u8),
    /// By this signal, as the command did or as it was asked to.
    Signal(i32),
}

impl Ending {
    /// The exit code as a shell sees it: 128 and more for a signal.
    pub fn code(self) -> i32 {
        match self {
            Ending::Code(code) => code.into(),
            Ending::Signal(signal) => 128 + signal,
        }
    }
}

/// What tracer ends with. `status` is the command's wait status.
pub fn of(strict: bool, interrupted: Option<i32>, status: Option<i32>, losses: &Losses) -> Ending {
    if strict && losses.total() > 0 {
        return Ending::Code(exit::LOSS);
    }
    match (interrupted, status) {
        (Some(signal), _) => Ending::Signal(signal),
        (None, Some(status)) if status & 0x7f != 0 => Ending::Signal(status & 0x7f),
        (None, Some(status)) => Ending::Code((status >> 8) as u8),
        (None, None) => Ending::Code(exit::OK),
    }
}

/// Ends the process by a signal, so that a shell sees what it would have seen of the command. Leaves no
/// core file: a core of tracer would be mistaken for the command's.
pub fn die(signal: i32) -> ! {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls; the set lives on the stack; nothing of ours runs after the signal.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::signal(signal, libc::SIG_DFL);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigaddset(&raw mut set, signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
        libc::raise(signal);
        // A signal whose default is not to end a process.
        libc::_exit(128 + (signal & 0x7f))
    }
}

/// What signals do to tracer while it traces, as `-I` says. Set once the shell of `-o '|cmd'` was started, which inherits none of it.
///
/// # Errors
/// Those of sigaction(2); none are expected.
pub fn set_signals(interrupt: Interrupt) -> nix::Result<()> {
    const FATAL: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];
    // To write to a terminal in whose background it runs is what a tracer is for.
    let mut ignored = vec![Signal::SIGTTOU, Signal::SIGTTIN];
    match interrupt {
        Interrupt::Anywhere => {
            // As they were found: whoever ignored one wants it so.
            let (found, others): (Vec<_>, Vec<_>) =
                FATAL.into_iter().partition(|which| inherited::ignored(*which as i32));
            ignored.extend(found);
            for which in others {
                // SAFETY: the default runs no code of ours.
                unsafe { signal(which, SigHandler::SigDfl) }?;
            }
        }
        Interrupt::Waiting => {}
        Interrupt::Never => ignored.extend(FATAL),
        Interrupt::NeverTstp => ignored.extend(FATAL.into_iter().chain([Signal::SIGTSTP])),
    }
    for which in ignored {
        // SAFETY: ignoring a signal runs no code of ours.
        unsafe { signal(which, SigHandler::SigIgn) }?;
    }
    Ok(())
}

/// A command that tracer started does not outlive an interrupted trace: it is woken and given the signal.
pub fn stop_command(pid: u32, signal: i32) {
    for signal in [libc::SIGCONT, signal] {
        // SAFETY: kill takes two integers. The command is a child that was not waited for: the id is its own.
        unsafe { libc::kill(pid as i32, signal) };
    }
}

/// The command of our own that was meant, where a program is not there whose name is nearly that of one.
pub fn meant<'n>(error: &anyhow::Error, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    match error.downcast_ref() {
        Some(StartError::NotFound(name, _)) => nearest(name, names),
        _ => None,
    }
}

/// An error with its causes in one line, in strerror's words: without Rust's `(os error 2)`.
pub fn said(error: &anyhow::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.downcast_ref().map_or_else(|| cause.to_string(), |error| errno::said(error).into_owned());
        // Some errors repeat their cause.
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracer_common::loss::Loss;

    #[test]
    fn errors_are_said_as_strace_says_them() {
        let error = std::io::Error::from_raw_os_error(libc::ESRCH);
        let error = anyhow::Error::new(error).context("attach: ptrace(PTRACE_SEIZE, 9)");
        assert_eq!(said(&error), "attach: ptrace(PTRACE_SEIZE, 9): No such process");
    }

    #[test]
    fn the_command_speaks_unless_tracer_must() {
        let mut lost = Losses::default();
        lost.add(Loss::RingFull, 1);
        let check = |strict, interrupted, status, losses: &Losses, want| {
            assert_eq!(of(strict, interrupted, status, losses), want);
        };
        let none = Losses::default();
        check(false, None, Some(3 << 8), &none, Ending::Code(3));
        check(false, None, Some(9), &none, Ending::Signal(9));
        check(false, None, Some(0x8b), &none, Ending::Signal(11));
        check(false, Some(2), None, &none, Ending::Signal(2));
        check(false, None, None, &none, Ending::Code(0));
        check(false, None, Some(0), &lost, Ending::Code(0));
        check(true, None, Some(0), &lost, Ending::Code(4));
        check(true, None, Some(0), &none, Ending::Code(0));
    }
}
