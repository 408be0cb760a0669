//! Calls that a process is made to make while it stands still, by code in its own memory. It goes on from where it stood as from a signal
//! that it was not given, so that a call of its own that was interrupted begins anew.

use std::io;

use crate::capture::ptrace::sys::{self, Go};

/// `syscall`, and a breakpoint behind it.
pub const ASK: [u8; 3] = [0x0f, 0x05, 0xcc];

/// What became of a task that was made to call.
pub enum Asked {
    /// It stands where it stood, and this is what the call returned.
    Told(i64),
    /// It ended, with this wait status.
    Ended(i32),
}

/// Has a stopped task make a call, by code at `scratch` ([`ASK`]).
///
/// # Errors
/// It cannot be looked into.
pub fn call(tid: u32, scratch: u64, nr: libc::c_long, args: [u64; 6]) -> io::Result<Asked> {
    let saved = sys::registers(tid)?;
    let mask = sys::blocked(tid)?;
    let mut regs = saved;
    regs.rax = nr as u64;
    regs.orig_rax = u64::MAX;
    [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9] = args;
    regs.rip = scratch;
    // All but that of the breakpoint: where it is blocked, the kernel takes its handler away.
    sys::block(tid, !(1 << (libc::SIGTRAP - 1)))?;
    sys::set_registers(tid, &regs)?;
    let (result, stopped) = loop {
        sys::go(tid, Go::Cont, 0)?;
        let status = sys::wait_for(tid)?;
        if !libc::WIFSTOPPED(status) {
            return Ok(Asked::Ended(status));
        }
        let at = sys::registers(tid)?;
        match libc::WSTOPSIG(status) {
            libc::SIGTRAP if status >> 16 == 0 && at.rip == scratch + ASK.len() as u64 => {
                break (at.rax.cast_signed(), false);
            }
            // Nobody can block it; it is sent again.
            libc::SIGSTOP if status >> 16 == 0 => break (-i64::from(libc::EINTR), true),
            _ => {}
        }
    };
    sys::set_registers(tid, &saved)?;
    sys::block(tid, mask)?;
    if stopped {
        // SAFETY: takes numbers only.
        unsafe { libc::syscall(libc::SYS_tkill, tid, libc::SIGSTOP) };
    }
    Ok(Asked::Told(result))
}
