//! Calls of library functions: which are probed, in which files, and when. A process tells when it has begun a program or loaded files
//! ([`kind::LOADED`]); what it has mapped is looked at then, and what is wanted of it and not probed yet is. A command of tracer's own
//! stands still meanwhile, so that none of its calls is missed; a process that was attached to goes on, and it is counted that it did.
//!
//! A function has a number, of which a record tells once ([`kind::NAMED`]); so has a module that calls. Whoever reads the records needs
//! no file and no process.

mod keeper;
mod links;
mod sites;
mod wanted;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use aya::maps::Map;
use rustix::process::{Pid, Signal, kill_process};
use tracer_common::event::{Head, flag, kind, named};
use tracer_common::library::{Callers, Program, RANGES, began};
use tracer_common::loss::Loss;
use tracer_common::plan::{phase, shape};

use self::keeper::Keeper;
use self::links::{FileId, Links, id_of};
use self::sites::{Called, Sites};
use self::wanted::{Function, Missing, Wanted};
use super::blocks::Blocks;
use super::bpf;
use super::load::{CalledKeyValue, TallyValue};
use super::object::Object as Kernel;
use crate::capture::memory::Memory;
use crate::capture::record::{Place, Record};
use crate::capture::{Batch, Count, Losses};
use crate::library::modules::{Loaded, Module, Objects};
use crate::library::object::Object;
use crate::library::resolve::Scope;
use crate::spec::{self, Library};
use crate::stack::elf::Elf;
use crate::system::place;
use crate::system::procfs::who::Who;

/// The programs that are called at functions, as the object names them.
pub const PROGRAMS: [&str; 3] = ["library_entered", "library_returned", "library_loaded"];

/// Probes in the functions of processes.
pub struct Probes {
    asked: Library,
    links: Links,
    callers: OwnedFd,
    waiting: OwnedFd,
    known: OwnedFd,
    called: Map,
    /// Lets go on whom tracer leaves waiting.
    keeper: Option<Keeper>,
    objects: Objects,
    /// Numbers of functions, by their files, addresses and names.
    functions: HashMap<(FileId, u64, Rc<[u8]>), u32>,
    /// Numbers of modules that call.
    modules: HashMap<Rc<[u8]>, u32>,
    /// Functions that could not be probed, and were counted; what each is called with its file, and why.
    unprobed: HashMap<(FileId, Vec<u8>), (Vec<u8>, String)>,
    /// Files that could not be read.
    unread: HashSet<Vec<u8>>,
    /// From where calls are of interest, by process.
    from: HashMap<u32, Vec<From>>,
    /// Functions that are of interest whoever calls them.
    entries: HashSet<u32>,
    sites: Sites,
    /// Where blocks of memory are asked for, and no calls.
    pub blocks: Option<Blocks>,
    /// When calls began that are not told of, by task.
    dropped: HashMap<u32, HashSet<u64>>,
    memory: Memory,
    /// Nothing more is probed.
    ended: bool,
}

/// A module of a process that calls.
#[derive(Debug, Clone)]
struct From {
    from: u64,
    to: u64,
    module: u32,
    calls: Rc<Calls>,
}

/// The functions whose calls from a module are of interest, by their numbers.
#[derive(Debug, Default)]
struct Calls {
    functions: HashSet<u32>,
    /// By the slot of the GOT through which the module calls: one function may have several names.
    slots: HashMap<u64, u32>,
}

impl Probes {
    /// Those that are asked for, by programs that the kernel has verified, in the order of [`PROGRAMS`]; `tree`: of whatever process of the
    /// machine is traced.
    ///
    /// # Errors
    /// A map that is not there.
    pub fn new(asked: Library, programs: Vec<OwnedFd>, object: &Kernel, tree: bool) -> Result<Probes> {
        let map = |name| anyhow::Ok(object.map(name)?.try_clone_to_owned()?);
        let waiting = map("WAITING")?;
        let blocks = asked.leaks.map(|leaks| Blocks::new(leaks, object)).transpose()?;
        let programs = programs.try_into().ok().context("three programs are called at functions")?;
        Ok(Probes {
            asked,
            links: Links::new(programs, tree, blocks.is_some()),
            blocks,
            callers: map("CALLERS")?,
            called: object.take("CALLED")?,
            known: map("KNOWN")?,
            keeper: None,
            waiting,
            objects: Objects::default(),
            functions: HashMap::new(),
            modules: HashMap::new(),
            unprobed: HashMap::new(),
            unread: HashSet::new(),
            from: HashMap::new(),
            entries: HashSet::new(),
            sites: Sites::default(),
            dropped: HashMap::new(),
            memory: Memory::default(),
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
        let read = |path: &Path| Some(Object::of(Elf::of_file(open(path)?)?, None));
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
    pub fn not_run(&self) -> u64 {
        self.links.not_run()
    }

    /// What was counted of each function, by their numbers.
    pub fn counts(&self) -> Vec<(u32, Count)> {
        let mut counts: HashMap<u32, Count> = HashMap::new();
        let Ok(called) = aya::maps::HashMap::<_, CalledKeyValue, TallyValue>::try_from(&self.called) else {
            return Vec::new();
        };
        for (key, tally) in called.iter().flatten() {
            let count = super::counted(false, key.0.function, &tally.0);
            counts.entry(key.0.function).or_insert_with(|| Count::none(false, key.0.function)).add(&count);
        }
        counts.into_iter().collect()
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
                if let Some(from) = self.from.get(&head.tgid).cloned() {
                    let child = head.args[1] as u32;
                    self.tell_callers(child, &from);
                    self.from.insert(child, from);
                    self.sites.forked(head.tgid, child);
                }
            }
            kind::EXEC => {
                self.from.remove(&head.tgid);
                self.sites.forget(head.tgid);
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
        let Some(loaded) = self.objects.loaded(Who::Id(tgid)) else { return };
        self.memory.forget(tgid);
        let Loaded { modules, unread } = loaded;
        for path in unread {
            if self.unread.insert(path) {
                losses.add(Loss::Unprobed, 1);
            }
        }
        let scope = Scope::of(modules);
        let ids: Vec<FileId> = scope.modules().iter().map(|module| id_of(&module.object)).collect();
        let memory = &mut self.memory;
        let mut read = |at: u64, bytes: &mut [u8]| memory.read(tgid, tgid, at, bytes);
        let Wanted { functions, slots, callers, missing, throws } = Wanted::of(&self.asked, &scope, &mut read);
        for Missing { module, name, why } in missing {
            self.unprobed(ids[module], &scope.modules()[module], name, why, losses);
        }
        if let Some(blocks) = &mut self.blocks {
            let program = scope.modules().iter().find(|it| it.object.kind.is_program()).map(|it| &*it.path);
            blocks.loaded(tgid, program, !functions.is_empty());
        }
        let mut new = 0;
        let mut by_file: HashMap<usize, Vec<(Function, u32)>> = HashMap::new();
        let mut calls: HashMap<usize, Calls> = HashMap::new();
        let mut numbers = Vec::with_capacity(functions.len());
        for function in functions {
            let number = self.number(&scope, &ids, &function, tgid, batch);
            for caller in &function.callers {
                calls.entry(*caller).or_default().functions.insert(number);
            }
            numbers.push(number);
            by_file.entry(function.target.module).or_default().push((function, number));
        }
        for (caller, slot, function) in slots {
            calls.entry(caller).or_default().slots.insert(slot, numbers[function]);
        }
        let calls: HashMap<usize, Rc<Calls>> = calls.into_iter().map(|(of, all)| (of, Rc::new(all))).collect();
        if throws {
            let others = self.from.keys().any(|other| *other != tgid);
            self.links.let_exceptions_pass(others, losses);
        }
        let callers = callers.into_iter().filter_map(|(number, from, to)| {
            let calls = calls.get(&number)?.clone();
            let module = self.module(called(&scope.modules()[number]), tgid, batch);
            Some(From { from, to, module, calls })
        });
        let callers: Vec<From> = callers.collect();
        self.tell_callers(tgid, &callers);
        self.from.insert(tgid, callers);
        self.sites.know(tgid, scope.modules(), &ids);
        let mut tells = false;
        for (id, module) in ids.iter().zip(scope.modules()) {
            tells |= self.links.watch_linker(*id, &module.object, tgid, losses);
        }
        if let (true, Some(program)) = (tells, scope.modules().iter().find(|it| it.object.kind.is_program())) {
            self.know(&program.object);
        }
        for (module, functions) in by_file {
            let (id, module) = (ids[module], &scope.modules()[module]);
            for (name, why) in self.links.probe(id, &module.object, &functions, tgid, &mut new) {
                self.unprobed(id, module, name, why, losses);
            }
        }
        if late && new > 0 {
            losses.add(Loss::LateProbes, 1);
        }
    }

    /// A function of a module cannot be probed.
    fn unprobed(&mut self, id: FileId, module: &Module, name: Vec<u8>, why: String, losses: &mut Losses) {
        let library = called(module).to_vec();
        self.unprobed.entry((id, name)).or_insert_with(|| {
            losses.add(Loss::Unprobed, 1);
            (library, why)
        });
    }

    /// What could not be probed, and why: a line for each reason.
    pub fn unwatched(&self) -> Vec<String> {
        const NAMES: usize = 8;
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((_, name), (library, why)) in &self.unprobed {
            let shown = format!("{}@{}", name.escape_ascii(), library.escape_ascii());
            by_reason.entry(why).or_default().push(shown);
        }
        for path in &self.unread {
            by_reason.entry("it cannot be read").or_default().push(path.escape_ascii().to_string());
        }
        let line = |(why, mut names): (&str, Vec<String>)| {
            names.sort_unstable();
            let more = names.len().saturating_sub(NAMES);
            names.truncate(NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("not probed: {}{more}: {why}", names.join(", "))
        };
        by_reason.into_iter().map(line).collect()
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
        self.from.remove(&tgid);
        self.sites.forget(tgid);
        self.memory.forget(tgid);
        let _ = bpf::delete(self.callers.as_raw_fd(), &tgid);
        let _ = bpf::delete(self.waiting.as_raw_fd(), &tgid);
    }

    /// Tells the kernel side from where calls are of interest. Where there are more places than it has room for, all of them are, and what is
    /// none of them is left out here.
    fn tell_callers(&mut self, tgid: u32, from: &[From]) {
        let mut callers = Callers::default();
        if from.len() > RANGES {
            callers.ranges[0] = [0, u64::MAX];
        } else {
            callers.ranges.iter_mut().zip(from).for_each(|(range, it)| *range = [it.from, it.to]);
        }
        let _ = bpf::update(self.callers.as_raw_fd(), &tgid, &callers);
    }

    /// Whether a call is told of; who calls stands in its record then, and by which name.
    fn entered(&mut self, head: &mut Head) -> bool {
        let pointed = std::mem::take(&mut head.dur);
        head.cpu = 0;
        let told = self.attribute(head, pointed) || self.entries.contains(&head.nr);
        if !told && head.flags & flag::NO_RETURN == 0 {
            self.dropped.entry(head.tid).or_default().insert(head.time);
        }
        self.name_by_slot(head);
        told
    }

    fn returned(&mut self, head: &mut Head) -> bool {
        self.name_by_slot(head);
        !self.dropped.get_mut(&head.tid).is_some_and(|dropped| dropped.remove(&began(head)))
    }

    /// Notes the module that calls, if that is asked for; false where it is not.
    fn attribute(&mut self, head: &mut Head, pointed: u64) -> bool {
        let Some(all) = self.from.get(&head.tgid) else { return false };
        let wants = |it: &&From| it.calls.functions.contains(&head.nr);
        if let Some(by) = all.iter().find(|it| (it.from..it.to).contains(&head.ip)) {
            let told = wants(&by);
            head.cpu = if told { by.module } else { 0 };
            return told;
        }
        // A jump at the end of a function leaves no address: what was called instead tells whose it was.
        let called = match self.sites.called(head.tgid, head.ip) {
            Called::Address(address) => address,
            Called::Pointer if pointed != 0 => pointed,
            Called::Pointer | Called::Slot(_) => return false,
        };
        let whose = |it: &&From| (it.from..it.to).contains(&called);
        let by = match all.iter().filter(wants).find(whose) {
            Some(by) => Some(by),
            // It is not known any more: it may be whoever ends a function so.
            None if self.sites.is_code(head.tgid, called) || self.sites.is_linker(head.tgid, head.ip) => None,
            None => all.iter().filter(wants).find(|it| self.sites.jumps(head.tgid, it.from, head.nr, &it.calls.slots)),
        };
        head.cpu = by.map_or(0, |by| by.module);
        by.is_some()
    }

    /// One function may have several names: that by which it is called, where the call goes through a slot of the GOT.
    fn name_by_slot(&mut self, head: &mut Head) {
        let by = self.from.get(&head.tgid).and_then(|all| all.iter().find(|it| (it.from..it.to).contains(&head.ip)));
        if let Some(by) = by
            && by.calls.slots.len() > 1
            && let Called::Slot(slot) = self.sites.called(head.tgid, head.ip)
            && let Some(number) = by.calls.slots.get(&slot)
        {
            head.nr = *number;
        }
    }

    /// The number of a function; it is told of when it is new.
    fn number(&mut self, scope: &Scope, ids: &[FileId], function: &Function, tgid: u32, batch: &mut Batch) -> u32 {
        let module = &scope.modules()[function.target.module];
        let key = (ids[function.target.module], function.target.address, Rc::from(function.name.as_slice()));
        let next = self.functions.len() as u32 + 1;
        let number = *self.functions.entry(key).or_insert(next);
        if !function.from {
            self.entries.insert(number);
        }
        if number == next {
            if let Some(blocks) = &mut self.blocks {
                blocks.name(number, &function.name);
            }
            let library = called(module);
            tell(named::FUNCTION, number, (tgid, function.target.address), &[&function.name, library], batch);
        }
        number
    }

    /// The number of a module that calls.
    fn module(&mut self, name: &[u8], tgid: u32, batch: &mut Batch) -> u32 {
        if let Some(number) = self.modules.get(name) {
            return *number;
        }
        let number = self.modules.len() as u32 + 1;
        self.modules.insert(name.into(), number);
        tell(named::MODULE, number, (tgid, 0), &[name], batch);
        number
    }
}

/// A record of what a number stands for, in the first process that has it, and at which address of its file.
fn tell(what: u64, number: u32, (tgid, address): (u32, u64), texts: &[&[u8]], batch: &mut Batch) {
    let mut record = Record::default();
    let args = [what, 0, 0, 0, 0, 0];
    let (time, tid) = (super::ring::now(), tgid);
    record.start(Head { kind: kind::NAMED, tid, tgid, nr: number, ip: address, args, time, ..Head::default() });
    for (arg, text) in (0..).zip(texts) {
        record.blob(Place { arg, shape: shape::TEXT, phase: phase::ENTER, part: 0 }, 0, text, text.len() as u64);
    }
    record.send(batch);
}

/// What a module is called: its soname, or the last name of its path.
fn called(module: &Module) -> &[u8] {
    module.object.names(&module.path).first().copied().unwrap_or(&module.path)
}

/// A module, as rules speak of it.
fn spoken_of(module: &Module) -> spec::library::Module<'_> {
    spec::library::Module { main: module.object.kind.is_program(), name: called(module), path: &module.path }
}
