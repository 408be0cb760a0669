//! Calls of library functions through ptrace: a breakpoint stands where the kernel's probe would, and whoever comes to it is told of with the
//! same records. A function whose return is watched returns to a stub, which is a breakpoint as well; the address that it would have
//! returned to follows from the stub alone, so that it does not matter which stack it is on, nor who else returns there.
//!
//! A process is looked at where it has begun, by a breakpoint at what its dynamic linker calls when it has loaded files; it stands
//! still meanwhile. Whoever has the same memory comes to the same breakpoints, and is a tracee for that reason alone ([`lives`]).

mod disposition;
mod elsewhere;
mod lives;
mod made;
mod pointed;
mod room;
mod space;

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use libc::user_regs_struct;
use tracer_common::event::{Head, flag, kind};
use tracer_common::library::{DEPTH, Frame, cookie};
use tracer_common::loss::Loss;
use tracer_common::plan::Plan;

use self::disposition::Action;
pub use self::lives::OPTIONS;
use self::pointed::{BEFORE, pointed};
use self::space::{Ended, Owner, Space, Unset, What};
use super::stops::{cpu, now};
use super::{PtraceSource, sys};
use crate::capture::interpret::{Interpreter, Moment};
use crate::capture::library::probe::{self, Probe, id_of};
use crate::capture::library::{Found, Functions, count, plans};
use crate::capture::record::Record;
use crate::capture::{Batch, Count};
use crate::library::modules::Module;
use crate::spec::Watch;
use crate::system::procfs::who::Who;

/// What `int3` has a signal say (SI_KERNEL, include/uapi/asm-generic/siginfo.h).
const BY_KERNEL: i32 = 0x80;
/// `RT_CONSISTENT`, and where `r_state` stands in `struct r_debug` (link.h).
const CONSISTENT: u32 = 0;
const STATE: u64 = 24;

/// Calls of library functions.
pub struct Library {
    functions: Functions,
    plans: Vec<Plan>,
    /// Address spaces by numbers, and which each process has.
    spaces: HashMap<u32, Space>,
    of: HashMap<u32, u32>,
    next: u32,
    /// Calls that tasks are in, the outermost first; some may never return (`longjmp`).
    frames: HashMap<u32, Vec<Call>>,
    /// Tasks that come to a breakpoint once more, for a signal came before its instruction: where, and with which stack pointer.
    again: HashMap<u32, (u64, u64)>,
    /// Tasks that nobody asked for, by what they share: their process.
    silent: HashMap<u32, u32>,
    /// Children that are let go when their copy of the memory has no breakpoints any more.
    leaving: HashSet<u32>,
    /// What processes do on SIGTRAP, where it is not the usual; and what tasks are about to say of it.
    dispositions: HashMap<u32, Action>,
    disposing: HashMap<u32, Action>,
    counts: Option<HashMap<u32, Count>>,
    /// New threads of whom is traced are.
    threads: bool,
    /// Wait statuses of tasks that ended while something was done with them.
    ended: Vec<(u32, i32)>,
    /// Room for the record of a call.
    record: Record,
    /// Nothing more is watched.
    over: bool,
}

/// A call that a task is in.
struct Call {
    frame: Frame,
    /// The number by which it is told of.
    nr: u32,
    cookie: u64,
    /// The stub that it returns to.
    stub: u64,
}

impl Library {
    /// What is asked for, if it is.
    ///
    /// # Errors
    /// None here.
    pub fn new(watch: &Watch) -> Result<Option<Library>> {
        let Some(asked) = watch.library.clone() else { return Ok(None) };
        Ok(Some(Library {
            functions: Functions::new(asked),
            plans: plans(watch.detail),
            spaces: HashMap::new(),
            of: HashMap::new(),
            next: 0,
            frames: HashMap::new(),
            again: HashMap::new(),
            silent: HashMap::new(),
            leaving: HashSet::new(),
            dispositions: HashMap::new(),
            disposing: HashMap::new(),
            counts: watch.counting.map(|_| HashMap::new()),
            threads: watch.follow || watch.target.command.is_none(),
            ended: Vec::new(),
            record: Record::default(),
            over: false,
        }))
    }

    /// What was counted of each function, by their numbers.
    pub fn counts(&self) -> Vec<(u32, Count)> {
        self.counts.iter().flatten().map(|(number, count)| (*number, *count)).collect()
    }

    /// What could not be watched, and why.
    pub fn unwatched(&self) -> Vec<String> {
        self.functions.unwatched()
    }

    fn space_of(&mut self, tgid: u32) -> Option<&mut Space> {
        self.spaces.get_mut(self.of.get(&tgid)?)
    }

    /// Gives a process an address space of its own.
    fn add(&mut self, tgid: u32, space: Space) {
        self.forget_space(tgid);
        self.next += 1;
        self.spaces.insert(self.next, space);
        self.of.insert(tgid, self.next);
    }

    /// The address space of a process is no longer its.
    fn forget_space(&mut self, tgid: u32) {
        if let Some(number) = self.of.remove(&tgid)
            && !self.of.values().any(|other| *other == number)
        {
            self.spaces.remove(&number);
        }
    }
}

impl PtraceSource {
    /// A task was given a SIGTRAP: true where that was a breakpoint of tracer's, from which it goes on as if there were none.
    pub(super) fn trapped(&mut self, tid: u32, out: &mut Batch) -> bool {
        let Some(mut library) = self.library.take() else { return false };
        let was = library.trapped(self, tid, out);
        self.library = Some(library);
        was
    }
}

/// Which file a module is, and where.
fn owner(module: &Module) -> Owner {
    (id_of(&module.object), module.bias)
}

/// A task that has come to a breakpoint.
struct Stopped<'a> {
    source: &'a mut PtraceSource,
    tid: u32,
    tgid: u32,
    regs: user_regs_struct,
    out: &'a mut Batch,
}

impl Stopped<'_> {
    fn word(&mut self, at: u64) -> Option<u64> {
        let mut word = [0; 8];
        let read = self.source.memory.read(self.tid, self.tgid, at, &mut word) == word.len();
        read.then(|| u64::from_ne_bytes(word))
    }

    fn event(&self, kind: u8) -> Head {
        Head { kind, tid: self.tid, tgid: self.tgid, time: now(), cpu: cpu(), ..Head::default() }
    }
}

impl Library {
    fn trapped(&mut self, source: &mut PtraceSource, tid: u32, out: &mut Batch) -> bool {
        let told = source.tasks.get(tid).map(|task| task.tgid);
        let Some(tgid) = told.or_else(|| self.silent.get(&tid).copied()).filter(|_| is_breakpoint(tid)) else {
            return false;
        };
        // ESRCH: it was killed meanwhile.
        let Ok(regs) = sys::registers(tid) else { return false };
        let at = regs.rip.wrapping_sub(1);
        let Some(space) = self.space_of(tgid).filter(|space| space.behind(at).is_some() || space.at(at).is_some())
        else {
            return false;
        };
        let stub = space.behind(at);
        if !self.dispositions.is_empty() {
            self.put_disposition_back(tid, tgid);
        }
        if let Some(address) = stub {
            let _ = sys::set_ip(tid, address);
            if told.is_some() {
                self.returned(&mut Stopped { source, tid, tgid, regs, out }, address);
            }
            return true;
        }
        let Some(what) = self.space_of(tgid).and_then(|space| space.at(at)).map(|it| it.what) else { return true };
        let mut stopped = Stopped { source, tid, tgid, regs, out };
        match what {
            What::Function(cookie, returns) => {
                let again = self.again.remove(&tid) == Some((at, regs.rsp));
                if told.is_some() && !again && !self.over {
                    let watched = self.space_of(tgid).is_some_and(|it| !it.shadowed && returns.is_probed(it.throws));
                    let returned = if watched { cookie::RETURNS } else { 0 };
                    self.entered(&mut stopped, cookie | returned);
                }
            }
            What::Loaded(state) => {
                let mut word = [0; 4];
                let read = stopped.source.memory.read(tid, tgid, state, &mut word) == word.len();
                if read && u32::from_ne_bytes(word) == CONSISTENT && !self.over {
                    self.look(&mut stopped, true);
                }
            }
            What::Begun => {
                if let Some(space) = self.space_of(tgid) {
                    space.unset(tid, at);
                }
                if !self.over {
                    self.look(&mut stopped, true);
                }
            }
        }
        let next = self.space_of(tgid).and_then(|space| space.onward(at, regs.eflags));
        let _ = sys::set_ip(tid, next.unwrap_or(at));
        true
    }

    /// Looks at what a process has mapped, and sets breakpoints where they are wanted and not there yet. `asks`: the task stands where it
    /// can be made to ask for memory.
    fn look(&mut self, stopped: &mut Stopped<'_>, asks: bool) {
        let Stopped { source, tid, tgid, .. } = stopped;
        let (tid, tgid) = (*tid, *tgid);
        let Some(found) = self.functions.look(tgid, stopped.out, &mut source.losses) else { return };
        let Found { scope, ids, functions, throws } = found;
        let Some(space) = self.of.get(&tgid).and_then(|number| self.spaces.get_mut(number)) else { return };
        space.throws |= throws;
        space.shadowed |= Who::Id(tid).status().is_ok_and(|status| status.shadow_stack);
        space.has_room_behind(scope.modules());
        space.keep(tid, &scope.modules().iter().map(owner).collect());
        // Where each breakpoint stands and what it is for, or why there is none.
        let mut wanted = Vec::new();
        for (number, module) in scope.modules().iter().enumerate() {
            let Some(placed) = probe::of_linker(&module.object) else { continue };
            let placed = placed.map(|(placed, state)| {
                let at = module.in_process(placed.address);
                (at, What::Loaded(at.wrapping_add(state).wrapping_add(STATE)))
            });
            wanted.push((number, probe::LOADED.to_vec(), placed.ok_or_else(|| "no probe can stand in it".to_owned())));
        }
        for (number, functions) in functions {
            let module = &scope.modules()[number];
            for (function, nr) in functions {
                let probe = Probe::of(&module.object, &function, nr).map_err(|refused| refused.to_string());
                let of = |probe: Probe| {
                    (module.in_process(probe.placed.address), What::Function(probe.cookie, function.returns))
                };
                wanted.push((number, function.name, probe.map(of)));
            }
        }
        for (number, name, at) in wanted {
            let set = at.and_then(|(at, what)| {
                space.set(tid, owner(&scope.modules()[number]), at, what, asks).map_err(|unset| {
                    if let Unset::Ended(Ended(status)) = unset {
                        self.ended.push((tid, status));
                    }
                    unset.why()
                })
            });
            if let Err(why) = set {
                self.functions.unprobed(ids[number], &scope.modules()[number], name, why, &mut source.losses);
            }
        }
    }

    fn entered(&mut self, stopped: &mut Stopped<'_>, cookie: u64) {
        let (tgid, sp) = (stopped.tgid, stopped.regs.rsp);
        let ip = stopped.word(sp).unwrap_or(0);
        // Its caller is a function that has jumped here instead of returning.
        let behind = self.space_of(tgid).and_then(|space| space.behind(ip));
        let mut head = stopped.event(kind::ENTERED);
        head.nr = (cookie & cookie::FUNCTION) as u32;
        head.ip = ip;
        head.ret = sp.cast_signed();
        let regs = &stopped.regs;
        head.args = [regs.rdi, regs.rsi, regs.rdx, regs.rcx, regs.r8, regs.r9];
        if cookie & cookie::FROM != 0 {
            let from = self.functions.callers(tgid).map(|mut all| all.any(|[from, to]| (from..to).contains(&ip)));
            if from != Some(true) {
                head.dur = if behind.is_some() { 0 } else { called_by_pointer(stopped, ip) };
                if head.dur == 0 && from == Some(false) {
                    return;
                }
            }
        }
        if !self.functions.entered(&mut head) {
            return;
        }
        head.ip = behind.unwrap_or(ip);
        if cookie & cookie::RETURNS == 0 {
            head.flags |= flag::NO_RETURN;
        } else {
            self.watch_return(stopped, &mut head, cookie, behind.map(|_| ip));
        }
        match &mut self.counts {
            Some(_) if head.flags & flag::NO_RETURN == 0 => {}
            Some(counts) => count(counts, &head),
            None => self.tell(stopped, &head, cookie, Moment::Enter),
        }
    }

    /// Has a function return to a stub. `stub`: it returns to that one anyway.
    fn watch_return(&mut self, stopped: &mut Stopped<'_>, head: &mut Head, cookie: u64, stub: Option<u64>) {
        let sp = head.ret.cast_unsigned();
        let frames = self.frames.entry(stopped.tid).or_default();
        // Who is called at the same place of the stack again, has not returned and never will; who is jumped to there returns for both.
        while stub.is_none() && frames.pop_if(|call| call.frame.sp == sp).is_some() {}
        if frames.len() >= DEPTH {
            // Nor will whoever calls now return to what lies below.
            while frames.pop_if(|call| call.frame.sp <= sp).is_some() {}
        }
        if frames.len() >= DEPTH {
            return stopped.source.lose(Loss::TooDeep, 1);
        }
        let stub = match stub {
            Some(stub) => Ok(stub),
            None => match self.space_of(stopped.tgid).map(|space| space.stub(stopped.tid, head.ip)) {
                Some(Ok(stub)) => {
                    sys::poke(stopped.tid, sp, &stub.to_ne_bytes()).map(|()| stub).map_err(|_| Unset::Memory)
                }
                Some(Err(unset)) => Err(unset),
                None => Err(Unset::Memory),
            },
        };
        match stub {
            Ok(stub) => {
                let function = cookie & cookie::FUNCTION;
                let frame = Frame { function, sp, time: head.time, ip: head.ip, args: head.args };
                let call = Call { frame, nr: head.nr, cookie, stub };
                self.frames.entry(stopped.tid).or_default().push(call);
            }
            Err(unset) => {
                if let Unset::Ended(Ended(status)) = unset {
                    self.ended.push((stopped.tid, status));
                }
                head.flags |= flag::NO_RETURN;
                stopped.source.lose(Loss::EndMissing, 1);
            }
        }
    }

    fn returned(&mut self, stopped: &mut Stopped<'_>, ip: u64) {
        // The address to return to was taken from the stack.
        let sp = stopped.regs.rsp.wrapping_sub(8);
        let Some(frames) = self.frames.get_mut(&stopped.tid) else { return };
        // What it called and what never returned is forgotten.
        let Some(at) = frames.iter().rposition(|call| call.frame.sp == sp) else { return };
        frames.truncate(at + 1);
        // The last that was jumped to comes first.
        let mut ended = Vec::new();
        while let Some(call) = frames.pop_if(|call| call.frame.sp == sp) {
            ended.push(call);
        }
        for call in ended {
            let mut head = stopped.event(kind::RETURNED);
            head.nr = call.nr;
            head.ip = ip;
            head.dur = head.time.saturating_sub(call.frame.time);
            head.args = call.frame.args;
            head.ret = stopped.regs.rax.cast_signed();
            match &mut self.counts {
                Some(counts) => count(counts, &head),
                None => self.tell(stopped, &head, call.cookie, Moment::Exit(head.ret)),
            }
        }
    }

    /// Sends the record, with what the function's plan copies.
    fn tell(&mut self, stopped: &mut Stopped<'_>, head: &Head, cookie: u64, moment: Moment) {
        let place = (cookie >> cookie::PLAN) as usize & 0xffff;
        let plan = place.checked_sub(1).and_then(|place| self.plans.get(place));
        let source = &mut *stopped.source;
        let mut record = std::mem::take(&mut self.record);
        record.start(*head);
        if let Some(plan) = plan {
            let (memory, files, scratch) = (&mut source.memory, &mut source.files, &mut source.scratch);
            let sp = stopped.regs.rsp;
            let (tid, tgid) = (stopped.tid, stopped.tgid);
            let missing =
                Interpreter { tid, tgid, sp, memory, files, scratch }.run(plan, moment, &head.args, &mut record);
            source.count_missing(missing);
        }
        record.send(stopped.out);
        self.record = record;
    }
}

/// Whether the signal that a task is about to be given is that of an `int3`.
fn is_breakpoint(tid: u32) -> bool {
    let code = |info: [u8; 128]| info.get(8..12).and_then(|code| code.try_into().ok()).map(i32::from_ne_bytes);
    sys::siginfo(tid).is_ok_and(|info| code(info) == Some(BY_KERNEL))
}

/// What a call through a pointer has called that returns to an address.
fn called_by_pointer(stopped: &mut Stopped<'_>, ip: u64) -> u64 {
    let mut code = [0; BEFORE];
    let read = stopped.source.memory.read(stopped.tid, stopped.tgid, ip.wrapping_sub(BEFORE as u64), &mut code);
    let regs = stopped.regs;
    if read < code.len() { 0 } else { pointed(code, &regs, |at| stopped.word(at)) }
}
