//! Probes in library functions, and when they are set. A process tells when it has begun a program or loaded files
//! ([`kind::LOADED`]); what it has mapped is looked at then, and what is wanted of it and not probed yet is. A command of tracer's own
//! stands still meanwhile, so that none of its calls is missed; a process that was attached to goes on, and it is counted that it did.

mod keeper;
mod links;

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use aya::maps::Map;
use rustix::process::{Pid, Signal, kill_process};
use tracer_common::event::{Head, flag, kind};
use tracer_common::library::{Callers, Program, RANGES, began};
use tracer_common::loss::Loss;

use self::keeper::Keeper;
use self::links::Links;
use super::blocks::Blocks;
use super::bpf;
use super::load::{CalledKeyValue, TallyValue};
use super::object::Object as Kernel;
use crate::capture::library::probe::id_of;
use crate::capture::library::{Found, Functions, count};
use crate::capture::{Batch, Count, Losses};
use crate::library::object::Object;
use crate::spec::Library;
use crate::stack::elf::Elf;
use crate::system::place;

/// The programs that are called at functions, as the object names them.
pub const PROGRAMS: [&str; 3] = ["library_entered", "library_returned", "library_loaded"];

/// Probes in the functions of processes.
pub struct Probes {
    functions: Functions,
    links: Links,
    callers: OwnedFd,
    waiting: OwnedFd,
    known: OwnedFd,
    called: Map,
    /// Lets go on whom tracer leaves waiting.
    keeper: Option<Keeper>,
    /// Where blocks of memory are asked for, and no calls.
    pub blocks: Option<Blocks>,
    /// Where calls are counted: those that the kernel side sends, because it cannot tell whose they are, by function.
    counts: Option<HashMap<u32, Count>>,
    /// When calls began that are not told of, by task.
    dropped: HashMap<u32, HashSet<u64>>,
    /// Nothing more is probed.
    ended: bool,
}

impl Probes {
    /// Those that are asked for, by programs that the kernel has verified, in the order of [`PROGRAMS`]; `tree`: of whatever process of the
    /// machine is traced.
    ///
    /// # Errors
    /// A map that is not there.
    pub fn new(asked: Library, programs: Vec<OwnedFd>, object: &Kernel, tree: bool, counting: bool) -> Result<Probes> {
        let map = |name| anyhow::Ok(object.map(name)?.try_clone_to_owned()?);
        let waiting = map("WAITING")?;
        let blocks = asked.leaks.map(|leaks| Blocks::new(leaks, object)).transpose()?;
        let programs = programs.try_into().ok().context("three programs are called at functions")?;
        Ok(Probes {
            functions: Functions::new(asked),
            links: Links::new(programs, tree, blocks.is_some(), counting),
            counts: counting.then(HashMap::new),
            blocks,
            callers: map("CALLERS")?,
            called: object.take("CALLED")?,
            known: map("KNOWN")?,
            keeper: None,
            waiting,
            dropped: HashMap::new(),
            ended: false,
        })
    }

    /// A command is about to begin: whoever waits is let go on, whatever becomes of tracer.
    ///
    /// # Errors
    /// Those of pipe(2) and fork(2).
    pub fn keep(&mut self) -> Result<()> {
        self.keeper = Some(Keeper::start(self.waiting.as_raw_fd()).context("cannot start what lets processes go on")?);
        Ok(())
    }

    /// A command is about to begin: where its program and what loads its libraries can be told, it need not be stopped for that.
    pub fn foresee(&mut self, program: &Path, pid: u32, losses: &mut Losses) {
        // What a program names may be no file, and must not be waited for.
        let open = |path: &Path| place::Place::find(path).and_then(|place| place.open()).ok();
        let read = |path: &Path| Some(Rc::new(Object::of(Elf::of_file(open(path)?)?, None)));
        let Some(program) = read(program) else { return };
        let Some(path) = program.file.interpreter() else { return };
        if let Some(linker) = read(Path::new(OsStr::from_bytes(&path)))
            && self.links.watch_linker(id_of(&linker), &linker, pid, losses)
        {
            self.know(&program);
        }
    }

    /// Tells the kernel side that the dynamic linker of a program tells of what it loads.
    fn know(&self, program: &Object) {
        let (dev, ino) = id_of(program);
        let dev = u64::from(rustix::fs::major(dev)) << 20 | u64::from(rustix::fs::minor(dev));
        let _ = bpf::update(self.known.as_raw_fd(), &Program { ino, dev }, &1u32);
    }

    /// Nothing more is probed; what closes the probes.
    pub fn take_links(&mut self) -> Vec<OwnedFd> {
        self.ended = true;
        self.links.take()
    }

    /// Nobody waits any more.
    pub fn end(&mut self) {
        self.keeper = None;
    }

    /// How often the kernel skipped one of the programs.
    ///
    /// # Errors
    /// The kernel does not say so.
    pub fn not_run(&self) -> std::io::Result<u64> {
        self.links.not_run()
    }

    /// What was counted of each function, by their numbers.
    ///
    /// # Errors
    /// The kernel does not say so.
    pub fn counts(&self) -> Result<Vec<(u32, Count)>> {
        let mut counts = self.counts.clone().unwrap_or_default();
        let called = aya::maps::HashMap::<_, CalledKeyValue, TallyValue>::try_from(&self.called)?;
        for found in called.iter() {
            let (key, tally) = found.context("cannot read how often functions were called")?;
            let count = super::counts::counted(false, key.0.function, &tally.0);
            counts.entry(key.0.function).or_insert_with(|| Count::none(false, key.0.function)).add(&count);
        }
        Ok(counts.into_iter().collect())
    }

    /// A record came from the ring: true when it is to be handed on.
    pub fn pass(&mut self, head: &mut Head, batch: &mut Batch, losses: &mut Losses) -> bool {
        match head.kind {
            kind::LOADED => {
                let waits = head.ret == 1;
                self.look(head.tgid, !waits, batch, losses);
                if waits {
                    self.let_go(head.tgid);
                }
                return false;
            }
            kind::ENTERED => return self.entered(head),
            kind::RETURNED => return self.returned(head),
            kind::FORK if head.args[1] as u32 != head.tgid => {
                let child = head.args[1] as u32;
                if self.functions.forked(head.tgid, child) {
                    self.tell_callers(child);
                }
            }
            kind::EXEC => {
                self.functions.gone(head.tgid);
                self.dropped.remove(&head.tid);
            }
            kind::EXIT => {
                self.dropped.remove(&head.tid);
                if head.args[0] == 1 {
                    self.gone(head.tgid);
                }
            }
            _ => {}
        }
        true
    }

    /// Probes what is wanted of a process. It has run before (`late`), and may have called what is probed only now.
    pub fn look(&mut self, tgid: u32, late: bool, batch: &mut Batch, losses: &mut Losses) {
        if self.ended {
            return;
        }
        let Some(found) = self.functions.look(tgid, batch, losses) else { return };
        let Found { scope, ids, functions, throws } = found;
        if let Some(blocks) = &mut self.blocks {
            let program = scope.modules().iter().find(|it| it.object.kind.is_program()).map(|it| &*it.path);
            blocks.loaded(tgid, program, !functions.is_empty());
            functions.values().flatten().for_each(|(function, number)| blocks.name(*number, &function.name));
        }
        let mut new = 0;
        if throws {
            self.links.let_exceptions_pass(self.functions.knows_others(tgid), losses);
        }
        self.tell_callers(tgid);
        let mut tells = false;
        for (id, module) in ids.iter().zip(scope.modules()) {
            tells |= self.links.watch_linker(*id, &module.object, tgid, losses);
        }
        if let (true, Some(program)) = (tells, scope.modules().iter().find(|it| it.object.kind.is_program())) {
            self.know(&program.object);
        }
        for (module, functions) in functions {
            let (id, module) = (ids[module], &scope.modules()[module]);
            for (name, why) in self.links.probe(id, &module.object, &functions, tgid, &mut new) {
                self.functions.unprobed(id, module, name, why, losses);
            }
        }
        if late && new > 0 {
            losses.add(Loss::LateProbes, 1);
        }
    }

    /// What could not be probed, and why: a line for each reason.
    pub fn unwatched(&self) -> Vec<String> {
        self.functions.unwatched()
    }

    /// A process that waited goes on.
    fn let_go(&mut self, tgid: u32) {
        // In this order: as long as it may stand, it is known to wait.
        if let Some(pid) = Pid::from_raw(tgid as i32) {
            let _ = kill_process(pid, Signal::CONT);
        }
        let _ = bpf::delete(self.waiting.as_raw_fd(), &tgid);
    }

    fn gone(&mut self, tgid: u32) {
        self.functions.gone(tgid);
        let _ = bpf::delete(self.callers.as_raw_fd(), &tgid);
        let _ = bpf::delete(self.waiting.as_raw_fd(), &tgid);
    }

    /// Tells the kernel side from where calls are of interest. Where there are more places than it has room for, all of them are, and what is
    /// none of them is left out here.
    fn tell_callers(&mut self, tgid: u32) {
        let Some(from) = self.functions.callers(tgid) else { return };
        let mut callers = Callers::default();
        if from.len() > RANGES {
            // Where calls are counted, all of them are sent: nobody leaves them out later.
            if self.counts.is_some() {
                return;
            }
            callers.ranges[0] = [0, u64::MAX];
        } else {
            callers.ranges.iter_mut().zip(from).for_each(|(range, it)| *range = it);
        }
        let _ = bpf::update(self.callers.as_raw_fd(), &tgid, &callers);
    }

    /// Whether a call is told of.
    fn entered(&mut self, head: &mut Head) -> bool {
        let told = self.functions.entered(head);
        if !told && head.flags & flag::NO_RETURN == 0 {
            self.dropped.entry(head.tid).or_default().insert(head.time);
        }
        self.shown(told, head)
    }

    fn returned(&mut self, head: &mut Head) -> bool {
        self.functions.name_by_slot(head);
        let told = !self.dropped.get_mut(&head.tid).is_some_and(|dropped| dropped.remove(&began(head)));
        self.shown(told, head)
    }

    /// A call that is told of is counted instead, where calls are: at its end, if it has one.
    fn shown(&mut self, told: bool, head: &Head) -> bool {
        let Some(counts) = &mut self.counts else { return told };
        if told && (head.kind == kind::RETURNED || head.flags & flag::NO_RETURN != 0) {
            count(counts, head);
        }
        false
    }
}
