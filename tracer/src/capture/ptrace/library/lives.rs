//! Who has breakpoints in its memory. A program begins with none; a child of fork(2) has a copy of its parent's, and is let go without
//! them where nobody asked for children; a thread, and a child of vfork(2), share them. Such a one is a tracee whether anybody asked for it
//! or not: what it comes to would else be its end. Of those that nobody asked for nothing is told.

use tracer_common::loss::Loss;

use super::super::PtraceSource;
use super::super::sys::{self, EVENT_STOP, Go};
use super::space::{Space, What};
use super::{BY_KERNEL, Library, STATE, Stopped, owner};
use crate::capture::Batch;
use crate::capture::library::probe;
use crate::system::procfs::who::Who;

/// The options that a task needs whose memory has breakpoints: none that comes of it may escape.
pub const OPTIONS: i32 = libc::PTRACE_O_TRACEFORK | libc::PTRACE_O_TRACEVFORK | libc::PTRACE_O_TRACECLONE;

impl PtraceSource {
    /// A process has begun a program: it is looked at once its libraries are loaded, or where it begins if it has none.
    pub(in crate::capture::ptrace) fn begun(&mut self, tid: u32, old: u32) {
        let Some(mut library) = self.library.take() else { return };
        library.left_by(old);
        library.left_by(tid);
        library.silent.remove(&old);
        if let Some(task) = self.tasks.get(tid).filter(|_| !library.over) {
            let tgid = task.tgid;
            library.forget_space(tgid);
            library.functions.gone(tgid);
            let mut space = Space::default();
            let mut set = false;
            let modules = library.functions.modules(tgid);
            space.has_room_behind(&modules);
            for module in &modules {
                if let Some(Some((placed, state))) = probe::of_linker(&module.object) {
                    let state = module.in_process(placed.address).wrapping_add(state).wrapping_add(STATE);
                    let at = module.in_process(placed.address);
                    set |= space.set(tid, owner(module), at, What::Loaded(state), false).is_ok();
                }
            }
            if let Some(program) = modules.iter().find(|it| it.object.kind.is_program()).filter(|_| !set) {
                let entry = program.in_process(program.object.file.entry);
                set = space.set(tid, owner(program), entry, What::Begun, false).is_ok();
            }
            // What is no program of this machine's has no functions that anybody could see.
            self.lose(Loss::Unprobed, u64::from(!set));
            library.add(tgid, space);
            library.begins_with(tgid);
        }
        self.library = Some(library);
    }

    /// A task that was attached to stops for the first time: what its process has mapped is looked at.
    pub(in crate::capture::ptrace) fn met(&mut self, tid: u32, status: i32, out: &mut Batch) {
        // The command is looked at when it has begun.
        if self.library.is_none() || self.started.as_ref().is_some_and(|started| started.pid() == tid && !started.ran())
        {
            return;
        }
        let Some(mut library) = self.library.take() else { return };
        if let Some(task) = self.tasks.get(tid).filter(|_| !library.over)
            && !library.of.contains_key(&task.tgid)
            && let tgid = task.tgid
            && let Ok(regs) = sys::registers(tid)
        {
            let mut space = Space::default();
            space.attached = true;
            library.add(tgid, space);
            library.begins_with(tgid);
            // A signal that it is about to be given would be lost.
            let asks = status >> 16 == EVENT_STOP;
            library.look(&mut Stopped { source: self, tid, tgid, regs, out }, asks);
        }
        self.library = Some(library);
    }

    /// A task made another one. Whether it is one that is told of.
    pub(in crate::capture::ptrace) fn born(
        &mut self,
        parent: u32,
        child: u32,
        maybe_thread: bool,
        out: &mut Batch,
    ) -> bool {
        let Some(mut library) = self.library.take() else { return true };
        let told = self.tasks.get(parent).filter(|task| !task.hidden).map(|task| task.tgid);
        let tgid = told.or_else(|| library.silent.get(&parent).copied());
        let mut follows = self.follow || tgid.is_none();
        if let Some(tgid) = tgid {
            let is_thread = maybe_thread && Who::Thread(tgid, child).exists();
            // Where the kernel does not say, it is taken for what harms nobody: its own copy.
            let shares = is_thread || sys::share_memory(parent, child).unwrap_or(false);
            let of_child = if is_thread { tgid } else { child };
            if !is_thread {
                library.inherit(tgid, child, shares);
            }
            follows = told.is_some() && (self.follow || is_thread && library.threads);
            if !follows && shares {
                library.silent.insert(child, of_child);
            } else if !follows {
                library.leaving.insert(child);
            }
        }
        self.library = Some(library);
        if !follows && let Some(status) = self.early.remove(&child) {
            self.aside(child, status, out);
        }
        follows
    }

    /// A stop of a task that is not told of; false where it is none of those.
    pub(in crate::capture::ptrace) fn aside(&mut self, tid: u32, status: i32, out: &mut Batch) -> bool {
        let Some(library) = &mut self.library else { return false };
        if library.leaving.contains(&tid) {
            if libc::WIFSTOPPED(status) {
                library.clean(tid);
                let _ = sys::go(tid, Go::Detach, 0);
            }
            library.leaving.remove(&tid);
            library.gone(tid, tid);
            return true;
        }
        if !library.silent.contains_key(&tid) {
            return false;
        }
        if !libc::WIFSTOPPED(status) {
            library.silent_gone(tid);
            return true;
        }
        let signal = libc::WSTOPSIG(status);
        let (go, signal) = match status >> 16 {
            0 if signal == libc::SIGTRAP && self.trapped(tid, out) => (Go::Cont, 0),
            0 => {
                self.settle(tid);
                (Go::Cont, signal)
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                if let Some(child) = self.made_by(tid) {
                    self.born(tid, child, status >> 16 == libc::PTRACE_EVENT_CLONE, out);
                }
                (Go::Cont, 0)
            }
            // Its memory is another one.
            libc::PTRACE_EVENT_EXEC => {
                self.library.iter_mut().for_each(|library| library.silent_gone(tid));
                (Go::Detach, 0)
            }
            EVENT_STOP if signal != libc::SIGTRAP => (Go::Listen, 0),
            _ => (Go::Cont, 0),
        };
        let _ = sys::go(tid, go, signal);
        true
    }

    /// A task is about to be given a signal: within a copy of an instruction it is where the program has the instruction.
    pub(in crate::capture::ptrace) fn settle(&mut self, tid: u32) {
        let Some(library) = &mut self.library else { return };
        let tgid = self.tasks.get(tid).map(|task| task.tgid).or_else(|| library.silent.get(&tid).copied());
        let Some(space) = tgid.and_then(|tgid| library.space_of(tgid)) else { return };
        if let Ok(regs) = sys::registers(tid)
            && let Some((address, to_come)) = space.origin(regs.rip)
        {
            let _ = sys::set_ip(tid, address);
            if to_come {
                library.again.insert(tid, (address, regs.rsp));
            }
        }
    }

    /// A task is gone; `last`: its process is.
    pub(in crate::capture::ptrace) fn left(&mut self, tid: u32, tgid: u32, last: bool) {
        let Some(library) = &mut self.library else { return };
        library.left_by(tid);
        if last && !library.silent.values().any(|other| *other == tgid) {
            library.gone(tid, tgid);
        }
    }

    /// Takes all breakpoints out, where that can be done while tasks run.
    pub(in crate::capture::ptrace) fn clean_all(&mut self) {
        let Some(library) = &mut self.library else { return };
        library.over = true;
        let of: Vec<u32> = library.of.keys().copied().collect();
        of.into_iter().for_each(|tgid| library.clean(tgid));
        for tid in library.silent.keys() {
            let _ = sys::interrupt(*tid);
        }
    }

    /// Whether somebody is still to be let go who is not told of.
    pub(in crate::capture::ptrace) fn has_aside(&self) -> bool {
        self.library.as_ref().is_some_and(|library| !library.silent.is_empty() || !library.leaving.is_empty())
    }

    /// A task is about to be let go at a stop: it is where it would be without breakpoints. `None` where it has to go on to its next stop
    /// first; else whether its signal is its own.
    pub(in crate::capture::ptrace) fn clear(&mut self, tid: u32, status: i32) -> Option<bool> {
        let Some(library) = &mut self.library else { return Some(true) };
        let told = self.tasks.get(tid).map(|task| task.tgid);
        let Some(tgid) = told.or_else(|| library.silent.get(&tid).copied()) else { return Some(true) };
        library.put_back(tid, tgid);
        let Some(space) = library.space_of(tgid) else { return Some(true) };
        space.leave(tid);
        let Ok(regs) = sys::registers(tid) else { return Some(true) };
        let at = regs.rip.wrapping_sub(1);
        let before = space.behind(at).or_else(|| space.at(at).map(|_| at));
        let is_signal = status >> 16 == 0 && libc::WSTOPSIG(status) == libc::SIGTRAP;
        if let Some(address) = before {
            if is_signal && super::is_breakpoint(tid) {
                let _ = sys::set_ip(tid, address);
                return Some(false);
            }
            if !is_signal && sys::waits(tid, libc::SIGTRAP, BY_KERNEL) {
                return None;
            }
        }
        if let Some((address, _)) = space.origin(regs.rip) {
            let _ = sys::set_ip(tid, address);
        }
        Some(true)
    }

    /// The same of one that is not told of: lets it go. False where it is none, or goes on to its next stop.
    pub(in crate::capture::ptrace) fn release_aside(&mut self, tid: u32, status: i32, out: &mut Batch) -> bool {
        let is_silent = self.library.as_ref().is_some_and(|library| library.silent.contains_key(&tid));
        if !is_silent || !libc::WIFSTOPPED(status) {
            return self.aside(tid, status, out);
        }
        match status >> 16 {
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                if let Some(child) = self.made_by(tid) {
                    self.born(tid, child, status >> 16 == libc::PTRACE_EVENT_CLONE, out);
                }
            }
            _ => {}
        }
        match self.clear(tid, status) {
            None => drop(sys::go(tid, Go::Cont, 0)),
            Some(own) => {
                let signal = if own { super::super::detach::leaving(status) } else { 0 };
                let _ = sys::go(tid, Go::Detach, signal);
                if let Some(library) = &mut self.library {
                    library.silent_gone(tid);
                }
            }
        }
        true
    }

    /// Tasks that ended while something was done with them.
    pub(in crate::capture::ptrace) fn ended_meanwhile(&mut self, out: &mut Batch) {
        while let Some((tid, status)) = self.library.as_mut().and_then(|library| library.ended.pop()) {
            self.stop(tid, status, out);
        }
    }

    /// New tasks whose parent may be gone before it could tell of them: what memory they have. `tgid` is a process of which a task has ended.
    pub(in crate::capture::ptrace) fn adopt_aside(&mut self, tgid: u32, out: &mut Batch) {
        let Some(library) = &mut self.library else { return };
        let mut aside = Vec::new();
        for &child in self.early.keys() {
            let status = Who::Id(child).status().unwrap_or_default();
            // Who lives will tell of it.
            let lives = library.of.contains_key(&status.ppid);
            let parent = if lives { status.ppid } else { tgid };
            if status.tgid != child && library.of.contains_key(&status.tgid) {
                if !self.follow {
                    library.silent.insert(child, status.tgid);
                    aside.push(child);
                }
                continue;
            }
            if lives && !self.follow || library.of.contains_key(&child) {
                continue;
            }
            library.inherit(parent, child, sys::share_memory(parent, child).unwrap_or(false));
            if !self.follow {
                library.leaving.insert(child);
                aside.push(child);
            }
        }
        for child in aside {
            if let Some(status) = self.early.remove(&child) {
                self.aside(child, status, out);
            }
        }
    }
}

impl Library {
    /// A task is in no function any more.
    fn left_by(&mut self, tid: u32) {
        self.frames.remove(&tid);
        self.again.remove(&tid);
        self.disposing.remove(&tid);
    }

    /// A process has what another has in its memory, or shares it.
    fn inherit(&mut self, parent: u32, child: u32, shares: bool) {
        self.functions.forked(parent, child);
        if let Some(action) = self.dispositions.get(&parent).copied() {
            self.dispositions.insert(child, action);
        }
        let Some(number) = self.of.get(&parent).copied() else { return };
        if shares {
            self.forget_space(child);
            self.of.insert(child, number);
        } else if let Some(copied) = self.spaces.get(&number).map(Space::copied) {
            self.add(child, copied);
        }
    }

    /// A process is gone.
    fn gone(&mut self, tid: u32, tgid: u32) {
        self.left_by(tid);
        self.dispositions.remove(&tgid);
        self.functions.gone(tgid);
        self.forget_space(tgid);
    }

    fn silent_gone(&mut self, tid: u32) {
        if let Some(tgid) = self.silent.remove(&tid).filter(|tgid| *tgid == tid) {
            self.gone(tid, tgid);
        }
    }

    /// Takes the breakpoints out of the memory of a process.
    fn clean(&mut self, tgid: u32) {
        if let Some(space) = self.space_of(tgid) {
            space.leave(tgid);
        }
    }

    /// Functions that a task is in return to their callers.
    fn put_back(&mut self, tid: u32, tgid: u32) {
        let frames = self.frames.remove(&tid).unwrap_or_default();
        let Some(space) = self.space_of(tgid) else { return };
        for call in frames {
            // What was left by a jump has something else there.
            if space.word(tid, call.frame.sp) == Some(call.stub) {
                let _ = sys::poke(tid, call.frame.sp, &call.frame.ip.to_ne_bytes());
            }
        }
    }
}
