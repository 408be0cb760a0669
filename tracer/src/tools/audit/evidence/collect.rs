//! From records to evidence: every record is taken once, in the order in which it came.
//!
//! What a file is comes from the kernel where it told one: the file behind the descriptor that an open gave, the program's file, the
//! current directory. A name that led to no descriptor (of what was removed, renamed, or not found) is followed from there by
//! [`World::resolve`].

mod calls;
mod files;
pub mod inherited;
mod programs;
mod sockets;

use calls::Seen;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use tracer_common::event::{Head, flag};

use super::accesses::{Accesses, Row, Text, Thing};
use super::effects::Effects;
use super::names::Names;
use super::ports::Ports;
use super::stable::Stable;
use super::units::{self, Rules};
use super::{Evidence, Gap, GapKind, Object, Op, Runner, Unit};
use crate::decode::{self, Blobs, Options};
use crate::schema::records::{Told, is_restarted};
use crate::system::proc_paths;

/// What only the world outside can tell.
pub trait World {
    /// An absolute path with the symbolic links of its directories followed as they are now; of what is not there any
    /// more the path itself.
    fn resolve(&mut self, path: &[u8]) -> Vec<u8>;

    /// The same with the last name's link followed too: the file that is meant. What lies below /proc/self is another's.
    fn follow(&mut self, path: &[u8]) -> Vec<u8>;

    /// The name was made, removed or given to something else: links may lead elsewhere than before.
    fn changed(&mut self, path: &[u8]);

    /// Something has this absolute path now.
    fn exists(&self, path: &[u8]) -> bool;

    /// The programs that a script's first line names, and those that these name in turn, by all the names that they have.
    fn interpreters(&mut self, script: &[u8]) -> Vec<Vec<u8>>;

    /// The program that a process runs now; empty where that cannot be told.
    fn program(&self, process: u32) -> Vec<u8>;
}

/// Makes evidence of records.
pub struct Collector<'w> {
    world: &'w mut dyn World,
    options: Options,
    rules: Rules,
    processes: HashMap<u32, Process>,
    units: Vec<Unit>,
    accesses: Accesses,
    /// What descriptors were opened for, by process and descriptor: /proc/self/fd names them.
    opened: HashMap<(u32, i32), Text>,
    /// Connections whose end is not known yet, by process and descriptor.
    connecting: HashMap<(u32, i32), Row>,
    /// Connections that the command was given, by the inodes of their sockets.
    connections: HashMap<u64, Object>,
    /// Files that it was given to write to.
    writable: HashSet<Text>,
    /// Unix sockets that were bound, by their inodes: the names that they were given, from the root on.
    bound: HashMap<u64, Text>,
    effects: Effects,
    names: Names,
    ports: Ports,
    stable: Stable,
    gaps: BTreeMap<(GapKind, Option<usize>, String), u64>,
    command: Option<u32>,
    /// Processes come that the command did not start.
    others: bool,
    /// Such processes that were there before, by their programs.
    before: BTreeMap<u32, Vec<u8>>,
    status: Option<i32>,
    /// What is done to files below is not the command's doing.
    ignored: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Process {
    unit: usize,
    program: Text,
    /// It descends from the command.
    own: bool,
}

impl<'w> Collector<'w> {
    /// Nothing taken yet.
    pub fn new(world: &'w mut dyn World, options: Options, rules: Rules) -> Collector<'w> {
        let harness = Unit { runner: Runner::Harness, suite: String::new(), name: String::new() };
        let mut accesses = Accesses::default();
        // What `Process::default` has.
        accesses.text(b"");
        Collector {
            world,
            options,
            rules,
            processes: HashMap::new(),
            units: vec![harness],
            accesses,
            opened: HashMap::new(),
            connecting: HashMap::new(),
            connections: HashMap::new(),
            writable: HashSet::new(),
            bound: HashMap::new(),
            effects: Effects::default(),
            names: Names::default(),
            ports: Ports::default(),
            stable: Stable::default(),
            gaps: BTreeMap::new(),
            command: None,
            others: false,
            before: BTreeMap::new(),
            status: None,
            ignored: None,
        }
    }

    /// The directory of temporary files: names that are drawn there may have nothing before or behind them.
    pub fn temporary(&mut self, directory: &[u8]) {
        self.stable.temporary(directory);
    }

    /// The files that the command has as its input and output.
    pub fn streams(&mut self, paths: &[Vec<u8>]) {
        paths.iter().for_each(|path| self.accesses.stream(path));
    }

    /// Has what is done to a directory of tracer's own left out.
    pub fn ignore(&mut self, directory: &[u8]) {
        self.ignored = Some(self.world.resolve(directory));
    }

    /// The process of the command, whose first call will be its execve; `program`: what starts it.
    pub fn expect(&mut self, pid: u32, program: &[u8]) {
        self.command = Some(pid);
        let program = self.accesses.text(program);
        self.processes.insert(pid, Process { unit: 0, program, own: true });
        self.stable.task(pid);
    }

    /// There will be processes that the command did not start, but that work for it.
    pub fn expect_others(&mut self) {
        self.others = true;
    }

    /// Takes one record.
    pub fn take(&mut self, record: &[u8]) {
        let Some(head) = Head::read(record) else { return };
        match Told::of(&head) {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            Told::Call {} if is_restarted(&head) => {}
            Told::Call {} => {
                let blobs = Blobs::new(record, &head);
                let call = match head.flags & flag::COMPAT {
                    0 => decode::decode(record, &self.options),
                    _ => decode::narrow(record, &self.options),
                };
                self.call(&call, &blobs);
            }
            Told::Fork { child, process, .. } => {
                self.stable.task(child);
                if process != head.tgid {
                    let parent = self.process(head.tgid);
                    self.processes.insert(process, parent);
                }
            }
            Told::Attach { .. } if !self.processes.contains_key(&head.tgid) => {
                let program = self.world.program(head.tgid);
                let text = self.accesses.text(&program);
                self.processes.insert(head.tgid, Process { program: text, ..Process::default() });
                self.before.insert(head.tgid, program);
                self.stable.task(head.tgid);
            }
            Told::Exit { status, of_process, last: true, .. } => {
                if self.command == Some(head.tgid) {
                    // The process's own status, where exit_group or a signal gave one.
                    self.status = Some(if of_process >> 32 != 0 { of_process as i32 } else { status });
                }
                self.processes.remove(&head.tgid);
            }
            // One that came into the cgroup.
            Told::Exec { .. } => drop(self.process(head.tgid)),
            _ => {}
        }
    }

    /// The processes that have not ended, with their programs: what was left behind.
    pub fn running(&self) -> Vec<(u32, &[u8])> {
        let program = |process: &Process| self.accesses.of(process.program);
        let own = self.processes.iter().filter(|(pid, _)| !self.before.contains_key(pid));
        let mut running: Vec<_> = own.map(|(pid, process)| (*pid, program(process))).collect();
        running.sort_unstable();
        running
    }

    /// Those of them that descend from the command.
    pub fn descendants(&self) -> Vec<(u32, &[u8])> {
        let own = |pid: &u32| self.processes.get(pid).is_some_and(|process| process.own);
        self.running().into_iter().filter(|(pid, _)| own(pid)).collect()
    }

    /// The command's wait status, once it has ended.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// Notes something that may hide accesses.
    pub fn gap(&mut self, kind: GapKind, unit: Option<usize>, what: String, count: u64) {
        *self.gaps.entry((kind, unit, what)).or_default() += count;
    }

    fn process(&mut self, pid: u32) -> Process {
        if let Some(process) = self.processes.get(&pid) {
            return *process;
        }
        if self.others {
            self.stable.task(pid);
        } else {
            self.gap(GapKind::UnknownUnit, None, "a process whose beginning was not seen".to_owned(), 1);
        }
        *self.processes.entry(pid).or_default()
    }

    fn unit(&mut self, unit: Unit) -> usize {
        match self.units.iter().position(|known| *known == unit) {
            Some(at) => at,
            None => {
                self.units.push(unit);
                self.units.len() - 1
            }
        }
    }

    /// Something was done to a file.
    fn access(&mut self, seen: &Seen<'_, '_>, op: Op, path: &[u8], passed: Option<&[u8]>) {
        self.access_to(seen, op, path, passed, Related::default());
    }

    /// Something was done to a file that has to do with another name.
    fn access_to(&mut self, seen: &Seen<'_, '_>, op: Op, path: &[u8], passed: Option<&[u8]>, related: Related<'_>) {
        if self.ignored.as_ref().is_some_and(|ours| path.starts_with(ours)) {
            return;
        }
        // The command's own output, by one of the names that lead to a descriptor.
        if passed.is_some_and(proc_paths::names_own_descriptor) && self.accesses.is_stream(path) {
            return;
        }
        let thing = Thing::File(self.accesses.text(path));
        let [to, passed] = [related.to, passed].map(|text| text.map(|text| self.accesses.text(text)));
        let also = (!related.also.is_empty()).then(|| self.accesses.text(&related.also.join(&0)));
        self.add(Row { to, passed, wrote: related.wrote, also, ..seen.row(op, thing) });
    }

    /// Something was done to a socket.
    fn on_socket(&mut self, seen: &Seen<'_, '_>, op: Op, object: &Object) {
        let row = seen.row(op, self.accesses.thing(object));
        self.add(row);
    }

    fn add(&mut self, row: Row) {
        if !self.accesses.add(row) {
            self.gap(GapKind::Crowded, Some(row.unit), "accesses".to_owned(), 1);
        }
    }

    /// All that was taken, in its order. `losses`: what the source lost, by reason.
    pub fn finish(mut self, source: &str, losses: impl Iterator<Item = (&'static str, u64)>) -> Evidence {
        for (_, access) in std::mem::take(&mut self.connecting) {
            self.add(access);
        }
        if self.effects.crowded > 0 {
            self.gap(GapKind::Crowded, None, "names of files".to_owned(), self.effects.crowded);
        }
        for (reason, count) in losses {
            self.gap(GapKind::Lost, None, reason.to_owned(), count);
        }
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        order.sort_by(|a, b| self.units[*a].cmp(&self.units[*b]));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| place[*from] = to);
        let mut was_there = |path: &[u8]| was_there(self.world, &self.effects, path);
        let settle = |object: &mut Object| {
            if let Object::Inet { protocol, address, ephemeral, host } = object {
                *host = self.names.of(address.ip()).cloned();
                if address.port() != 0 && self.ports.is_chosen(protocol, address.port()) {
                    address.set_port(0);
                    *ephemeral = true;
                }
            }
        };
        let mut steady = |path: &[u8]| self.stable.path(path, &mut was_there);
        let (accesses, real) = std::mem::take(&mut self.accesses).finish(&place, &mut steady, settle);
        let mut effects = self.effects.finish();
        for effect in &mut effects {
            effect.path = steady(&effect.path);
            if let super::Change::Renamed(to) = &mut effect.change {
                *to = steady(to);
            }
            effect.units.iter_mut().for_each(|unit| *unit = place[*unit]);
            effect.units.sort_unstable();
        }
        effects.sort();
        effects.dedup_by(|b, a| {
            let same = a.path == b.path && a.change == b.change;
            if same {
                a.units.append(&mut b.units);
                a.units.sort_unstable();
                a.units.dedup();
            }
            same
        });
        let gap = |((kind, unit, what), count): ((GapKind, Option<usize>, String), u64)| Gap {
            kind,
            unit: unit.map(|unit| place[unit]),
            what,
            count,
        };
        let mut gaps: Vec<Gap> = std::mem::take(&mut self.gaps).into_iter().map(gap).collect();
        gaps.sort();
        let programs: BTreeSet<String> = self.before.values().map(|program| units::shown(program)).collect();
        let remark = |program| format!("{program} was there before the command, and what it did is in the evidence");
        let remarks = programs.into_iter().map(remark).collect();
        Evidence {
            command: Vec::new(),
            status: self.status,
            not_run: None,
            source: source.to_owned(),
            units: order.iter().map(|&at| self.units[at].clone()).collect(),
            accesses,
            real,
            effects,
            gaps,
            remarks,
        }
    }
}

/// The other name of a link or a rename, and what is told of the file.
#[derive(Debug, Clone, Copy, Default)]
struct Related<'r> {
    to: Option<&'r [u8]>,
    wrote: bool,
    /// Further names of a program.
    also: &'r [Vec<u8>],
}

/// Whether a path was there before the run, as far as is known.
fn was_there(world: &dyn World, effects: &Effects, path: &[u8]) -> bool {
    // Processes come and go there.
    !proc_paths::is_below(path) && effects.was_there(path).unwrap_or_else(|| world.exists(path))
}
