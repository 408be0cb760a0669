//! What a program does on SIGTRAP. Where it has blocked or ignores that signal when it comes to a breakpoint, the kernel takes its handler
//! away and unblocks it (`force_sig_info_to_task`): both are put back before it goes on. What the handler is, its own calls of
//! rt_sigaction(2) tell.

use super::super::{PtraceSource, sys};
use super::Library;
use super::made::{self, Asked};
use super::space::Space;
use crate::system::procfs::who::Who;

/// Bytes of the kernel's `struct sigaction`: handler, flags, restorer, mask.
const ACTION: usize = 32;
const SIG_IGN: u64 = 1;
const TRAP: u64 = 1 << (libc::SIGTRAP - 1);

/// What a program has said, as it lies in memory.
pub type Action = [u8; ACTION];

impl PtraceSource {
    /// A task enters a call: whether it says what is done on SIGTRAP.
    pub(in crate::capture::ptrace) fn disposes(&mut self, tid: u32, nr: u32, compat: bool, args: &[u64; 6]) {
        let Some(library) = &mut self.library else { return };
        if compat
            || libc::c_long::from(nr as i32) != libc::SYS_rt_sigaction
            || args[0] != libc::SIGTRAP as u64
            || args[1] == 0
        {
            return;
        }
        let mut action = [0; ACTION];
        if let Some(tgid) = self.tasks.get(tid).map(|task| task.tgid)
            && self.memory.read(tid, tgid, args[1], &mut action) == ACTION
        {
            library.disposing.insert(tid, action);
        }
    }

    /// The call ended.
    pub(in crate::capture::ptrace) fn disposed(&mut self, tid: u32, ret: i64) {
        let Some(library) = &mut self.library else { return };
        if let Some(action) = library.disposing.remove(&tid)
            && let Some(tgid) = self.tasks.get(tid).map(|task| task.tgid).filter(|_| ret == 0)
        {
            library.disposed(tgid, action);
        }
    }
}

impl Library {
    fn disposed(&mut self, tgid: u32, action: Action) {
        match handler(&action) {
            0 => self.dispositions.remove(&tgid),
            _ => self.dispositions.insert(tgid, action),
        };
    }

    /// A process has begun a program, with which handlers are gone; or is met: only what it ignores is known.
    pub(super) fn begins_with(&mut self, tgid: u32) {
        self.dispositions.remove(&tgid);
        if Who::Id(tgid).status().is_ok_and(|status| status.signals[3] & TRAP != 0) {
            let mut action = [0; ACTION];
            action[..8].copy_from_slice(&SIG_IGN.to_ne_bytes());
            self.disposed(tgid, action);
        }
    }

    /// A task stands at a breakpoint: what the kernel has taken away there is put back.
    pub(super) fn put_disposition_back(&mut self, tid: u32, tgid: u32) {
        let Some(action) = self.dispositions.get(&tgid).copied() else { return };
        let is_there = Who::Id(tid).status().is_ok_and(|it| (it.signals[3] | it.signals[4]) & TRAP != 0);
        if is_there {
            return;
        }
        let Some(space) = self.space_of(tgid) else { return };
        match space.dispose(tid, &action) {
            // It was blocked, or ignored.
            Some(Asked::Told(0)) if handler(&action) != SIG_IGN => {
                let _ = sys::blocked(tid).and_then(|mask| sys::block(tid, mask | TRAP));
            }
            Some(Asked::Ended(status)) => self.ended.push((tid, status)),
            _ => {}
        }
    }
}

impl Space {
    /// Has a task say what is done on SIGTRAP.
    fn dispose(&mut self, tid: u32, action: &Action) -> Option<Asked> {
        let (scratch, at) = self.place_for_data(tid, action)?;
        made::call(tid, scratch, libc::SYS_rt_sigaction, [libc::SIGTRAP as u64, at, 0, 8, 0, 0]).ok()
    }
}

fn handler(action: &Action) -> u64 {
    action.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
}
