//! Calls of library functions, as far as it is the same for every source: which are wanted of a process, what each is called, where in a
//! file a probe stands, and whose call one is. How a probe is set, and when a process is looked at, is a source's own.
//!
//! A function has a number, of which a record tells once ([`kind::NAMED`]); so has a module that calls. Whoever reads the records needs
//! no file and no process.

pub mod probe;
mod sites;
mod wanted;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use tracer_common::event::{Head, kind, named};
use tracer_common::loss::Loss;
use tracer_common::plan::{Plan, phase, shape};

use self::probe::{FileId, id_of};
use self::sites::{Called, Sites};
pub use self::wanted::{Function, Returns};
use self::wanted::{Missing, Wanted};
use super::interpret::failed;
use super::memory::Memory;
use super::record::{Place, Record};
use super::{Batch, Count, Losses};
use crate::library::modules::{Loaded, Module, Objects};
use crate::library::resolve::Scope;
use crate::schema::plan::{self, Detail};
use crate::schema::prototypes;
use crate::spec::{self, Library};
use crate::system::procfs::who::Who;

/// The plans of functions, by their places.
pub fn plans(detail: Detail) -> Vec<Plan> {
    prototypes::all().iter().map(|it| plan::prototype(it.row, detail)).collect()
}

/// Functions that are wanted, and who calls them.
pub struct Functions {
    asked: Library,
    objects: Objects,
    /// Numbers of functions, by their files, addresses and names.
    numbers: HashMap<(FileId, u64, Rc<[u8]>), u32>,
    /// Numbers of modules that call.
    modules: HashMap<Rc<[u8]>, u32>,
    /// Functions that could not be probed, and were counted; what each is called with its file, and why.
    unprobed: HashMap<(FileId, Vec<u8>), (Vec<u8>, String)>,
    /// Files that could not be read.
    unread: HashSet<Vec<u8>>,
    /// Names that were asked for as they are, and that no file had so far.
    absent: HashSet<Vec<u8>>,
    /// From where calls are of interest, by process.
    from: HashMap<u32, Vec<From>>,
    /// Functions that are of interest whoever calls them.
    entries: HashSet<u32>,
    sites: Sites,
    memory: Memory,
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

/// What is wanted of a process.
pub struct Found {
    /// Its files.
    pub scope: Scope,
    /// Which they are.
    pub ids: Vec<FileId>,
    /// Functions to be probed with their numbers, by the module that has them.
    pub functions: HashMap<usize, Vec<(Function, u32)>>,
    /// Exceptions may be thrown in it.
    pub throws: bool,
}

impl Functions {
    /// Those that are asked for.
    pub fn new(asked: Library) -> Functions {
        let names = asked.leaks.is_none().then(|| asked.entries.exact().map(<[u8]>::to_vec));
        let absent = names.into_iter().flatten().collect();
        Functions {
            asked,
            objects: Objects::default(),
            numbers: HashMap::new(),
            modules: HashMap::new(),
            unprobed: HashMap::new(),
            unread: HashSet::new(),
            absent,
            from: HashMap::new(),
            entries: HashSet::new(),
            sites: Sites::default(),
            memory: Memory::default(),
        }
    }

    /// Looks at what a process has mapped now: what is wanted of it, and from where. `None`: it is gone.
    pub fn look(&mut self, tgid: u32, batch: &mut Batch, losses: &mut Losses) -> Option<Found> {
        let Loaded { modules, unread } = self.objects.loaded(Who::Id(tgid))?;
        self.memory.forget(tgid);
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
        let named = functions.iter().map(|it| &it.name).chain(missing.iter().map(|it| &it.name));
        for name in named.filter(|name| self.absent.contains(name.as_slice())).cloned().collect::<Vec<_>>() {
            self.absent.remove(&name);
        }
        for Missing { module, name, why } in missing {
            self.unprobed(ids[module], &scope.modules()[module], name, why, losses);
        }
        let mut by_module: HashMap<usize, Vec<(Function, u32)>> = HashMap::new();
        let mut calls: HashMap<usize, Calls> = HashMap::new();
        let mut numbers = Vec::with_capacity(functions.len());
        for function in functions {
            let number = self.number(&scope, &ids, &function, tgid, batch);
            for caller in &function.callers {
                calls.entry(*caller).or_default().functions.insert(number);
            }
            numbers.push(number);
            by_module.entry(function.target.module).or_default().push((function, number));
        }
        for (caller, slot, function) in slots {
            calls.entry(caller).or_default().slots.insert(slot, numbers[function]);
        }
        let calls: HashMap<usize, Rc<Calls>> = calls.into_iter().map(|(of, all)| (of, Rc::new(all))).collect();
        let callers = callers.into_iter().filter_map(|(number, from, to)| {
            let calls = calls.get(&number)?.clone();
            let module = self.module(called(&scope.modules()[number]), tgid, batch);
            Some(From { from, to, module, calls })
        });
        let callers: Vec<From> = callers.collect();
        self.from.insert(tgid, callers);
        self.sites.know(tgid, scope.modules(), &ids);
        Some(Found { scope, ids, functions: by_module, throws })
    }

    /// The files that a process has mapped.
    pub fn modules(&mut self, tgid: u32) -> Vec<Module> {
        self.objects.loaded(Who::Id(tgid)).map_or_else(Vec::new, |loaded| loaded.modules)
    }

    /// From where calls of a process are of interest; `None` where it was not looked at.
    pub fn callers(&self, tgid: u32) -> Option<impl ExactSizeIterator<Item = [u64; 2]>> {
        self.from.get(&tgid).map(|all| all.iter().map(|it| [it.from, it.to]))
    }

    /// Whether other processes than this one were looked at.
    pub fn knows_others(&self, tgid: u32) -> bool {
        self.from.keys().any(|other| *other != tgid)
    }

    /// A process is another's copy. Whether that one was looked at.
    pub fn forked(&mut self, parent: u32, child: u32) -> bool {
        let Some(from) = self.from.get(&parent).cloned() else { return false };
        self.from.insert(child, from);
        self.sites.forked(parent, child);
        true
    }

    /// A process is gone, or runs another program.
    pub fn gone(&mut self, tgid: u32) {
        self.from.remove(&tgid);
        self.sites.forget(tgid);
        self.memory.forget(tgid);
    }

    /// A function of a module cannot be probed.
    pub fn unprobed(&mut self, id: FileId, module: &Module, name: Vec<u8>, why: String, losses: &mut Losses) {
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
        let absent = (!self.absent.is_empty()).then(|| {
            let mut names: Vec<String> = self.absent.iter().map(|name| name.escape_ascii().to_string()).collect();
            names.sort_unstable();
            format!("no file that was loaded has a function {}", names.join(", "))
        });
        by_reason.into_iter().map(line).chain(absent).collect()
    }

    /// Whether a call is told of; who calls stands in its record then, and by which name.
    pub fn entered(&mut self, head: &mut Head) -> bool {
        let pointed = std::mem::take(&mut head.dur);
        head.cpu = 0;
        let told = self.attribute(head, pointed) || self.entries.contains(&head.nr);
        self.name_by_slot(head);
        told
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
    pub fn name_by_slot(&mut self, head: &mut Head) {
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
        let next = self.numbers.len() as u32 + 1;
        let number = *self.numbers.entry(key).or_insert(next);
        if !function.from {
            self.entries.insert(number);
        }
        if number == next {
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

/// Counts a call; one whose return is not seen takes no time.
pub fn count(counts: &mut HashMap<u32, Count>, head: &Head) {
    let returned = head.kind == kind::RETURNED;
    let count = counts.entry(head.nr).or_insert_with(|| Count::none(false, head.nr));
    count.take(if returned { head.dur } else { 0 }, returned && failed(head.ret));
}

/// A record of what a number stands for, in the first process that has it, and at which address of its file.
fn tell(what: u64, number: u32, (tgid, address): (u32, u64), texts: &[&[u8]], batch: &mut Batch) {
    let mut record = Record::default();
    let args = [what, 0, 0, 0, 0, 0];
    let (time, tid) = (super::ptrace::now(), tgid);
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
