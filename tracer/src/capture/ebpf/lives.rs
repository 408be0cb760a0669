//! How traced tasks stand when tracer comes to them, and what becomes of them: told by /proc and waitpid(2), where no record tells.

use std::time::Instant;

use tracer_common::event::{Head, kind};

use super::{EbpfSource, ring};
use crate::capture::command::Started;
use crate::capture::{Batch, Source};
use crate::system::procfs::who::Who;

impl EbpfSource {
    /// Tells which tasks of a process were stopped when it was attached to, and by which signal.
    pub(super) fn tell_stopped(&mut self, process: u32) {
        let time = ring::now();
        // The signal is told of processes only; where the kernel says nothing of it, nothing is said of the stop.
        let Some(signal) = Who::Id(process).stat().map(|stat| stat.exit_code).filter(|signal| *signal != 0) else {
            return;
        };
        for tid in Who::Id(process).threads().unwrap_or_default() {
            if Who::Thread(process, tid).stat().is_none_or(|stat| stat.state != b'T') {
                continue;
            }
            let len = size_of::<Head>() as u32;
            let head = Head { len, kind: kind::STOPPED, tid, tgid: process, time, ret: signal, ..Head::default() };
            self.held.extend_from_slice(head.bytes());
        }
    }

    /// Sees whether the tasks that are thought to live still do: the record of an exit may have been lost,
    /// and the trace must end all the same.
    pub(super) fn check_lives(&mut self, batch: &mut Batch) {
        self.checked = Instant::now();
        let command = self.command();
        let gone = |tid: &u32| match command == Some(*tid) {
            true => ended(libc::P_PID, *tid).is_some(),
            false => !Who::Id(*tid).exists(),
        };
        let gone: Vec<u32> = self.targets.alive.iter().copied().filter(gone).collect();
        if gone.is_empty() {
            return;
        }
        // What they are known by came before they were gone: whose record is there has it read by now.
        while self.drain(batch) {}
        for tid in gone {
            if !self.targets.alive.remove(&tid) || command != Some(tid) {
                continue;
            }
            if let Some((_, status)) = ended(libc::P_PID, tid) {
                let head = Head {
                    len: size_of::<Head>() as u32,
                    kind: kind::EXIT,
                    tid,
                    tgid: tid,
                    time: ring::now(),
                    ret: status.into(),
                    // The last of its process is gone, be it a thread of the kernel's own (io_uring's) that nobody tells of.
                    args: [1, 0, 0, 0, 0, 0],
                    ..Head::default()
                };
                batch.extend_from_slice(head.bytes());
            }
        }
    }
}

impl EbpfSource {
    /// Waits for children that have ended, the command and what it made as its siblings (CLONE_PARENT), traced or not: a trace may go on
    /// for long, and they are not to stay zombies. The command's end is told first.
    pub(super) fn reap(&mut self) {
        let Some(command) = self.command.as_ref().filter(|command| command.is_child()).map(Started::pid) else {
            return;
        };
        let told = !self.targets.alive.contains(&command);
        if told && !self.reaped {
            self.reaped = wait(command) != 0;
        }
        while let Some((pid, _)) = ended(libc::P_ALL, 0).filter(|(pid, _)| *pid != command) {
            wait(pid);
        }
    }
}

/// Waits for a child that may have ended: what waitpid(2) gives.
fn wait(pid: u32) -> libc::pid_t {
    // SAFETY: takes numbers, and no status.
    unsafe { libc::waitpid(pid as libc::pid_t, std::ptr::null_mut(), libc::WNOHANG | libc::__WALL) }
}

/// A child that is gone, and its wait status; it stays to be waited for.
fn ended(which: libc::idtype_t, id: u32) -> Option<(u32, i32)> {
    // SAFETY: plain numbers, for which zero is a value.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL;
    // SAFETY: writes into `info` only.
    let rc = unsafe { libc::waitid(which, id, &raw mut info, flags) };
    // SAFETY: waitid filled these in, or left zero.
    let (who, status) = unsafe { (info.si_pid(), info.si_status()) };
    if rc != 0 || who == 0 {
        return None;
    }
    let status = match info.si_code {
        libc::CLD_EXITED => (status & 0xff) << 8,
        libc::CLD_DUMPED => status | 0x80,
        _ => status,
    };
    Some((who as u32, status))
}
