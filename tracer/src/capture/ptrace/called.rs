//! Which call a stopped task makes: what its registers say, and of a 32-bit call that is many in one the part that is meant.

use tracer_common::event::{Head, SKIPPED, flag};
use tracer_common::loss::Loss;
use tracer_common::parts::{PART, Single, is_many, place, single_out};
use tracer_common::plan::Plan;

use super::{PtraceSource, sys};
use crate::schema::ioctl::kernel::USERFAULTFD_IOC_NEW;
use crate::schema::parts;

/// A call, as its record's head tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Called {
    pub nr: u32,
    pub args: [u64; 6],
    /// [`PART`], or 0.
    pub cpu: u32,
    /// [`flag::COMPAT`], or 0.
    pub flags: u8,
}

impl PtraceSource {
    /// The kernel does not say of a stopped task at which call it is. ESRCH: killed meanwhile. Where it was the entry of a call, its end
    /// counts it.
    pub(super) fn untold(&mut self, tid: u32, error: &std::io::Error) {
        let is_gone = error.raw_os_error() == Some(libc::ESRCH);
        let Some(task) = self.tasks.get(tid).filter(|task| !is_gone && task.in_call) else { return };
        task.in_call = false;
        let lost = std::mem::take(&mut task.wanted);
        self.lose(Loss::EndMissing, lost.into());
    }

    /// The call with this number and these arguments.
    pub(super) fn called(&mut self, tid: u32, compat: bool, nr: u32, args: [u64; 6]) -> Called {
        let call = Called { nr, args, cpu: 0, flags: if compat { flag::COMPAT } else { 0 } };
        if !compat || !is_many(nr) || cfg!(not(target_arch = "x86_64")) {
            return call;
        }
        let Some(tgid) = self.tasks.get(tid).map(|task| task.tgid) else { return call };
        let word = parts::table()[place(nr, args[0])];
        let memory = &mut self.memory;
        let found = single_out(nr, &args, word, |from, count, words| {
            let mut bytes = [0; 24];
            let bytes = &mut bytes[..count * 4];
            let read = memory.read(tid, tgid, from, bytes) == bytes.len();
            for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
                *word = u32::from_ne_bytes(*bytes);
            }
            read
        });
        match found {
            Single::Part(nr, args) => Called { nr, args, cpu: PART, ..call },
            Single::Unknown => call,
            Single::Unread => {
                // It is not shown as what it is: as one of many nobody may have asked for it.
                if self.plans.get(nr, true, &args).0.flags & Plan::WANTED == 0 {
                    self.losses.add(Loss::BlobFault, 1);
                }
                call
            }
        }
    }
}

/// [`SKIPPED`], where a filter has put a signal in the place of a call (SECCOMP_RET_TRAP): the number comes back then, and the signal is
/// already there. What a filter returns by itself cannot be told from what the kernel returns.
pub fn skipped(tid: u32, head: &Head, ret: i64) -> u32 {
    /// Of a SIGSYS. include/uapi/asm-generic/siginfo.h
    const SYS_SECCOMP: i32 = 1;
    let is_trapped = ret == i64::from(parts::passed(head)) && sys::waits(tid, libc::SIGSYS, SYS_SECCOMP);
    if is_trapped { SKIPPED } else { 0 }
}

/// How many requests a call hands over to io_uring: its second argument says so, and its number is the same for 32-bit calls.
pub fn submits(nr: u32, args: &[u64; 6]) -> u32 {
    if libc::c_long::from(nr as i32) == libc::SYS_io_uring_enter { args[1] as u32 } else { 0 }
}

/// Whether the call hands out a descriptor with which memory can be made to wait.
pub fn makes_userfaultfd(nr: u32, compat: bool, args: &[u64; 6]) -> bool {
    let (own, ioctl) = if compat { (374, 54) } else { (libc::SYS_userfaultfd as u32, libc::SYS_ioctl as u32) };
    nr == own || (nr == ioctl && args[1] & 0xffff_ffff == USERFAULTFD_IOC_NEW)
}

/// What the registers say of the call that a task has made.
#[cfg(target_arch = "x86_64")]
pub fn registers(regs: &libc::user_regs_struct, compat: bool) -> (u32, [u64; 6]) {
    let native = [regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9];
    let narrow = [regs.rbx, regs.rcx, regs.rdx, regs.rsi, regs.rdi, regs.rbp].map(|arg| arg & 0xffff_ffff);
    (regs.orig_rax as u32, if compat { narrow } else { native })
}

#[cfg(target_arch = "aarch64")]
pub fn registers(regs: &libc::user_regs_struct, _: bool) -> (u32, [u64; 6]) {
    let r = &regs.regs;
    (r[8] as u32, [r[0], r[1], r[2], r[3], r[4], r[5]])
}
