//! Blocks of memory that processes are given and do not give back (`tracer ltrace --leaks`). The kernel side keeps those that are there in
//! a map; here stand what it does not know: which frames a stack's number stands for, what is mapped, and what is made of it: records of
//! what a process has not freed, at its end, and while it runs.
//!
//! What a child has of its parent is the parent's: a table of its own has what it was given itself.

mod code;
mod mapped;
mod report;
mod stacks;
mod telling;

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::Result;
use tracer_common::blocks::{Block, Owner, Place};
use tracer_common::event::{Head, kind, stack};
use tracer_common::loss::Loss;

use self::code::Codes;
use self::mapped::Mapped;
use self::report::{Held, Report};
use self::stacks::Stacks;
use super::object::Object as Kernel;
use super::{bpf, ring};
use crate::capture::{Batch, Losses};
use crate::spec::Watch;
use crate::spec::library::Leaks;
use crate::system::mapped::mappings;
use crate::system::procfs::who::Who;

/// The programs that are called at functions, as the object names them: instead of those of calls.
pub const PROGRAMS: [&str; 3] = ["block_entered", "block_returned", "library_loaded"];

/// Whether blocks of memory are followed, and not calls of functions.
pub fn are_followed(watch: &Watch) -> bool {
    watch.library.as_ref().is_some_and(|asked| asked.leaks.is_some())
}

/// Maps that only they use.
pub const MAPS: [&str; 4] = ["BLOCKS", "SENT", "CODE", "UNKNOWN"];

/// Blocks that there is room for: a 64th of memory at most, of which each takes so many bytes in the kernel.
pub fn room(memory: usize) -> u32 {
    const BYTES: usize = 128;
    (memory / 64 / BYTES).clamp(1 << 16, 1 << 22) as u32
}

/// What is known of blocks.
pub struct Blocks {
    /// Those that are there.
    kept: OwnedFd,
    /// Those that were given back and that nobody had seen given.
    unknown: OwnedFd,
    codes: Codes,
    stacks: Stacks,
    mapped: HashMap<Owner, Mapped>,
    /// Processes that were looked at, and whether functions that give blocks were found.
    processes: HashMap<u32, bool>,
    /// Those that ended without such a function having been found.
    blind: HashSet<u32>,
    /// How often the kernel did not let a map be read.
    unread: Cell<u64>,
    every: Option<Duration>,
    due: Instant,
}

impl Blocks {
    /// None yet.
    ///
    /// # Errors
    /// A map that is not there.
    pub fn new(asked: Leaks, object: &Kernel) -> Result<Blocks> {
        let map = |name| anyhow::Ok(object.map(name)?.try_clone_to_owned()?);
        let every = asked.every;
        Ok(Blocks {
            kept: map("BLOCKS")?,
            unknown: map("UNKNOWN")?,
            codes: Codes::new(map("CODE")?),
            stacks: Stacks::new(asked.frames, map("SENT")?),
            mapped: HashMap::new(),
            processes: HashMap::new(),
            blind: HashSet::new(),
            unread: Cell::new(0),
            every,
            due: Instant::now() + every.unwrap_or_default(),
        })
    }

    /// What a function's number stands for.
    pub fn name(&mut self, number: u32, name: &[u8]) {
        self.stacks.name(number, name);
    }

    /// A process that runs a program has loaded files; `found`: functions that give blocks among them.
    pub fn loaded(&mut self, tgid: u32, program: Option<&[u8]>, found: bool) {
        *self.processes.entry(tgid).or_default() |= found;
        let Some(list) = mappings(Who::Id(tgid)) else { return };
        self.stacks.changed(tgid);
        self.codes.tell(tgid, program, &list);
    }

    /// A record came from the ring: true when it is to be handed on. `missed`: how much was, all over, that may make a report wrong.
    pub fn pass(&mut self, head: &Head, record: &[u8], batch: &mut Batch, missed: u64) -> bool {
        match head.kind {
            kind::STACK if head.args[1] == stack::BLOCK => {
                self.stacks.add(head, record, &self.codes);
                return false;
            }
            kind::MAPPED => {
                let owner = Owner { process: head.args[3] as u32, program: (head.args[3] >> 32) as u32 };
                // What a library maps for itself, it never gives to anybody: stacks of threads, arenas.
                if !self.stacks.is_own(head.dur) {
                    self.mapped.entry(owner).or_default().change(head);
                }
                return false;
            }
            kind::FORK if head.args[1] as u32 != head.tgid => {
                let child = head.args[1] as u32;
                if let Some(found) = self.processes.get(&head.tgid).copied() {
                    self.processes.insert(child, found);
                    self.codes.forked(head.tgid, child);
                    self.stacks.forked(head.tgid, child);
                }
            }
            kind::EXEC => {
                // All of its memory is gone.
                self.drop_before(head.tgid, head.time);
                self.forget(head.tgid);
                if let Some(found) = self.processes.get_mut(&head.tgid) {
                    *found = false;
                }
            }
            kind::EXIT if head.args[0] == 1 => {
                // Before the task's end is told, behind which it has no name any more.
                self.report(Some(head.tgid), head.tid, head.time.saturating_sub(1), true, missed, batch);
                self.drop_before(head.tgid, u64::MAX);
                if self.processes.remove(&head.tgid) == Some(false) {
                    self.blind.insert(head.tgid);
                }
                self.forget(head.tgid);
            }
            _ => {}
        }
        true
    }

    /// Whether it is time to tell of those that run.
    pub fn is_due(&mut self) -> bool {
        let Some(every) = self.every.filter(|_| Instant::now() >= self.due) else { return false };
        self.due = Instant::now() + every;
        true
    }

    /// Tells of the processes that run.
    pub fn tell(&self, missed: u64, batch: &mut Batch) {
        self.report(None, 0, ring::now(), false, missed, batch);
    }

    /// Processes in which nothing that gives blocks was found, those that have ended among them.
    pub fn blind(&self) -> Vec<u32> {
        let now = self.processes.iter().filter(|(_, found)| !**found).map(|(tgid, _)| *tgid);
        let mut all: Vec<u32> = self.blind.iter().copied().chain(now).collect();
        all.sort_unstable();
        all
    }

    /// What was lost that may make a report wrong.
    pub fn missed(losses: &Losses) -> u64 {
        losses.lost().filter(|(loss, _)| hides(*loss)).fold(0, |sum, (_, n)| sum.saturating_add(n))
    }

    fn report(&self, of: Option<u32>, tid: u32, time: u64, ended: bool, missed: u64, batch: &mut Batch) {
        let Some(first) = of.or_else(|| self.processes.keys().copied().min()) else { return };
        let wanted = |process: u32| of.map_or(self.processes.contains_key(&process), |of| of == process);
        if !wanted(first) || of.is_some_and(|of| !self.processes.contains_key(&of)) {
            return;
        }
        let unread = self.unread();
        let mut reports: HashMap<u32, Vec<Held>> = HashMap::new();
        for (process, _) in self.processes.iter().filter(|(process, _)| wanted(**process)) {
            reports.insert(*process, Vec::new());
        }
        for (place, block) in self.read::<Place, Block>(&self.kept) {
            if let Some(held) = reports.get_mut(&place.owner.process) {
                held.push(Held { address: place.address, block });
            }
        }
        for (owner, mapped) in &self.mapped {
            if let Some(held) = reports.get_mut(&owner.process) {
                held.extend(mapped.held());
            }
        }
        let unknown = self.read::<Owner, u64>(&self.unknown);
        let missed = missed.saturating_add(self.unread() - unread);
        let mut processes: Vec<_> = reports.into_iter().collect();
        processes.sort_unstable_by_key(|(process, _)| *process);
        for (process, held) in processes {
            let tid = if ended { tid } else { process };
            let unknown = unknown.iter().filter(|(owner, _)| owner.process == process).map(|(_, n)| n).sum();
            Report { process, tid, time, ended, unknown, missed }.send(held, &self.stacks, batch);
        }
    }

    /// The code and the stacks of a process are nobody's, but for those of its children.
    fn forget(&mut self, tgid: u32) {
        self.stacks.forget(tgid);
        for code in self.codes.forget(tgid) {
            self.stacks.forget_code(code);
        }
    }

    /// All that a map has. Nothing, and that is counted, where the kernel does not let it be read.
    fn read<K: Copy + Default, V: Copy + Default>(&self, map: &OwnedFd) -> Vec<(K, V)> {
        bpf::all(map.as_raw_fd()).unwrap_or_else(|_| {
            self.unread.set(self.unread.get() + 1);
            Vec::new()
        })
    }

    /// How often a map could not be read.
    pub fn unread(&self) -> u64 {
        self.unread.get()
    }

    /// Forgets what a process was given before a time.
    fn drop_before(&mut self, tgid: u32, time: u64) {
        for (place, block) in self.read::<Place, Block>(&self.kept) {
            if place.owner.process == tgid && block.time < time {
                let _ = bpf::delete(self.kept.as_raw_fd(), &place);
            }
        }
        for (owner, _) in self.read::<Owner, u64>(&self.unknown) {
            if owner.process == tgid {
                let _ = bpf::delete(self.unknown.as_raw_fd(), &owner);
            }
        }
        self.mapped.retain(|owner, mapped| owner.process != tgid || mapped.is_after(time));
    }
}

/// Whether such a loss may make a report wrong: a block may be missing in it, or stand there though it was freed.
const fn hides(loss: Loss) -> bool {
    matches!(
        loss,
        Loss::BlocksFull
            | Loss::BlockUnended
            | Loss::BlockReused
            | Loss::MappedFull
            | Loss::MapFull
            | Loss::NotRun
            | Loss::Unprobed
            | Loss::LateProbes
            | Loss::ChildNotFollowed
            | Loss::LifecycleLost
    )
}
