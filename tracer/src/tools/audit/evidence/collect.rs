//! From records to evidence: every record is taken once, in the order in which it came.
//!
//! What a file is comes from the kernel where it told one: the file behind the descriptor that an open gave, the program's file, the
//! current directory. A name that led to no descriptor (of what was removed, renamed, or not found) is followed from there by
//! [`World::resolve`].

mod calls;
mod doubts;
mod ending;
mod files;
mod hosts;
pub mod inherited;
mod kernel;
mod named;
mod packets;
mod places;
mod programs;
mod reached;
mod sockets;
mod talks;
mod watched;
mod world;

use calls::Seen;
use doubts::Looked;
use inherited::{Lead, Stranger};
pub use named::lexical;
use reached::Reached;
use talks::Talks;
pub use world::{Doubt, Look, World};

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use tracer_common::event::{Head, SKIPPED, kind};

use self::watched::Watched;
use super::accesses::{Accesses, Row, Text, Thing};
use super::effects::Effects;
use super::handed::Clients;
use super::names::Names;
use super::ports::Ports;
use super::serving::Serving;
use super::stable::Stable;
use super::timeline::Course;
use super::units::Rules;
use super::whose::Whose;
use super::{GapKind, Given, Object, Op, Unit, Words};
use crate::decode::{self, Blobs, Options};
use crate::schema::records::{Told, is_restarted};
use crate::system::proc_paths;

/// Of the status of a process: it was killed, and its memory was written to a file (WCOREDUMP, wait(2)).
const CORE: i32 = 0x80;

/// Makes evidence of records.
pub struct Collector<'w> {
    world: &'w mut dyn World,
    options: Options,
    rules: Rules,
    course: Course,
    whose: Whose,
    serving: Serving,
    clients: Clients,
    units: Vec<Unit>,
    accesses: Accesses,
    /// What descriptors were opened for, by process and descriptor: /proc/self/fd names them.
    opened: HashMap<(u32, i32), Text>,
    /// Connections whose end is not known yet, by process and descriptor.
    connecting: HashMap<(u32, i32), Row>,
    /// Listeners that the command was given, by their inodes: to use one is to listen on this.
    sockets: HashMap<u64, Object>,
    /// Whom sockets of datagrams are connected to, by their inodes, where the kernel does not tell it.
    peers: HashMap<u64, Object>,
    /// Files whose descriptors were sent to others, by their inodes.
    sent_on: HashSet<u64>,
    strangers: Vec<Stranger>,
    /// Sockets that others have, too, by their inodes: where each led when it was last used.
    shared: HashMap<u64, Lead>,
    /// Files that it was given to write to.
    writable: HashSet<Text>,
    /// Unix sockets that were bound, by their inodes: the names that they were given, from the root on.
    bound: HashMap<u64, Text>,
    /// Unix sockets for which the kernel chose a name that is not known yet, by their inodes.
    unnamed: HashMap<u64, Row>,
    effects: Effects,
    /// The other paths of files by mounts, by the places of their texts; nothing where that was not looked for.
    by_mounts: Vec<Option<Vec<Vec<u8>>>>,
    /// Names may begin elsewhere for a process than for the one that made it, without a word of it.
    astray: bool,
    names: Names,
    ports: Ports,
    stable: Stable,
    gaps: BTreeMap<(GapKind, Option<usize>, String), u64>,
    command: Option<u32>,
    /// Processes come that the command did not start.
    others: bool,
    /// Such processes were seen to begin.
    newcomers: bool,
    /// Such processes that were there before, by their programs.
    before: BTreeMap<u32, Vec<u8>>,
    status: Option<i32>,
    /// What is worth a word.
    remarks: Vec<String>,
    /// What is done to files below is not the command's doing.
    ignored: Option<Vec<u8>>,
    /// Operations of io_uring come as records, so that a ring hides nothing.
    operations: bool,
    /// What calls are given was read before seccomp filters had their say.
    early: bool,
    /// Rules deny hosts by their names.
    hosts: bool,
    talks: Talks,
    /// Raw sockets by which the program makes the heads of its packets, by their inodes.
    heads: HashSet<u64>,
    /// Programs are known by all their names: rules speak of them.
    programs: bool,
    /// Rules deny programs to be run.
    runs: bool,
    /// Rules deny something by paths.
    paths: bool,
    /// Where the names begin that may not come or go.
    fronts: BTreeSet<Vec<u8>>,
    /// Names on the way to a file that were gone when it was looked at: whose call passed them, and which.
    missing: BTreeMap<Vec<u8>, (usize, &'static str)>,
    /// Names that were looked at.
    looks: BTreeMap<Vec<u8>, Looked>,
    watched: Watched,
    /// The call that is taken was not carried out.
    refused: bool,
    /// What datagrams came to within calls that have not ended, by their tasks.
    reached: HashMap<u32, Vec<Reached>>,
    /// To what the call sent that is taken.
    sent: Vec<Object>,
    /// The source tells to which unix socket a datagram comes.
    datagrams: bool,
    /// There is a policy.
    judged: bool,
}

impl<'w> Collector<'w> {
    /// Nothing taken yet.
    pub fn new(world: &'w mut dyn World, options: Options, rules: Rules) -> Collector<'w> {
        let mut accesses = Accesses::default();
        // What a process has of which nothing is known.
        accesses.text(b"");
        Collector {
            world,
            options,
            rules,
            course: Course::default(),
            whose: Whose::default(),
            serving: Serving::default(),
            clients: Clients::default(),
            units: vec![Unit::none(true)],
            accesses,
            opened: HashMap::new(),
            connecting: HashMap::new(),
            sockets: HashMap::new(),
            peers: HashMap::new(),
            sent_on: HashSet::new(),
            shared: HashMap::new(),
            strangers: Vec::new(),
            writable: HashSet::new(),
            bound: HashMap::new(),
            unnamed: HashMap::new(),
            effects: Effects::default(),
            by_mounts: Vec::new(),
            astray: false,
            names: Names::default(),
            ports: Ports::default(),
            stable: Stable::default(),
            gaps: BTreeMap::new(),
            command: None,
            others: false,
            newcomers: false,
            before: BTreeMap::new(),
            status: None,
            remarks: Vec::new(),
            ignored: None,
            operations: false,
            early: false,
            hosts: false,
            talks: Talks::default(),
            heads: HashSet::new(),
            programs: false,
            runs: false,
            paths: false,
            fronts: BTreeSet::new(),
            missing: BTreeMap::new(),
            looks: BTreeMap::new(),
            refused: false,
            reached: HashMap::new(),
            sent: Vec::new(),
            datagrams: true,
            judged: false,
            watched: Watched::default(),
        }
    }

    /// The directory of temporary files: names that are drawn there may have nothing before or behind them.
    pub fn temporary(&mut self, directory: &[u8]) {
        self.stable.temporary(directory);
    }

    /// The files that the command has as its input and output.
    pub fn streams(&mut self, streams: &[(Vec<u8>, Given)]) {
        streams.iter().for_each(|(path, given)| self.accesses.stream(path, *given));
    }

    /// Whether rules say which program may do something: then each is told by all its names.
    pub fn name_programs(&mut self, wanted: bool) {
        self.programs = wanted;
        self.accesses.tell_writers(wanted);
    }

    /// Whether rules deny programs to be run: then of each its file has to be known.
    pub fn know_programs(&mut self, wanted: bool) {
        self.runs = wanted;
    }

    /// Whether rules deny something by paths: then files have to be known by all that they have. `fronts`: where the names begin that may
    /// not come or go.
    pub fn know_paths(&mut self, wanted: bool, fronts: &[Vec<u8>]) {
        self.paths = wanted;
        self.world.tell_looks(wanted);
        self.fronts = fronts.iter().cloned().collect();
    }

    /// Whether rules deny hosts by their names: then what name servers answer, and what is said first on a connection, has to be seen.
    pub fn hear_hosts(&mut self, wanted: bool) {
        self.hosts = wanted;
    }

    /// Whether there is a policy, to which it matters where datagrams may have gone.
    pub fn is_judged(&mut self, is: bool) {
        self.judged = is;
    }

    /// Has what is done to a directory of tracer's own left out.
    pub fn ignore(&mut self, directory: &[u8]) {
        self.ignored = Some(self.world.resolve(0, directory));
    }

    /// The process of the command, whose first call will be its execve; `program`: what starts it.
    pub fn expect(&mut self, pid: u32, program: &[u8]) {
        self.command = Some(pid);
        let program = self.accesses.text(program);
        self.whose.insert(pid, program, true);
        self.course.begin(pid, None, 0, 0);
        self.stable.task(pid);
    }

    /// Operations of io_uring come as records of their own.
    pub fn sees_operations(&mut self, seen: bool) {
        self.operations = seen;
    }

    /// Whether the source tells to which unix socket a datagram comes.
    pub fn sees_datagrams(&mut self, seen: bool) {
        self.datagrams = seen;
    }

    /// What calls are given was read before seccomp filters had their say.
    pub fn is_read_before_filters(&mut self, is: bool) {
        self.early = is;
    }

    /// There will be processes that the command did not start, but that work for it.
    pub fn expect_others(&mut self) {
        self.others = true;
        self.astray = true;
    }

    /// Takes one record.
    pub fn take(&mut self, record: &[u8]) {
        let Some(head) = Head::read(record) else { return };
        self.course.pass(head.time, head.dur);
        match Told::of(&head) {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            Told::Call {} if is_restarted(&head) => {}
            Told::Call {} | Told::Operation {} => {
                let blobs = Blobs::new(record, &head);
                self.refused = head.kind == kind::CALL && head.cpu & SKIPPED != 0;
                self.call(&decode::decode_with(record, head, &blobs, &self.options), &blobs);
                self.refused = false;
            }
            Told::Fork { child, process, together, .. } => {
                self.stable.task(child);
                self.process(head.tgid);
                match process == head.tgid {
                    true => self.whose.threaded(head.tgid, head.tid, child),
                    false => {
                        let unit = self.serving.works_for(head.tgid);
                        self.whose.forked(head.tgid, head.tid, process, unit);
                        if self.astray || !together {
                            self.look_where(process);
                        }
                        let unit = self.whose.unit(process, process);
                        self.course.begin(process, Some(head.tgid), unit, head.time);
                    }
                }
            }
            Told::Attach { .. } if self.whose.get(head.tgid).is_none() => {
                let program = self.world.program(head.tgid);
                let text = self.accesses.text(&program);
                self.whose.insert(head.tgid, text, false);
                self.course.begin(head.tgid, None, 0, head.time);
                self.course.run(head.tgid, 0, (head.time, 0), &program, Words { list: Vec::new(), cut: true });
                self.before.insert(head.tgid, program);
                self.stable.task(head.tgid);
            }
            Told::Exit { status, of_process, last: true, .. } => {
                // The process's own status, where exit_group or a signal gave one.
                let status = if of_process >> 32 != 0 { of_process as i32 } else { status };
                if self.command == Some(head.tgid) {
                    self.status = Some(status);
                }
                if status & CORE != 0 {
                    let unit = self.whose.unit(head.tgid, head.tid);
                    self.gap(
                        GapKind::Unseen,
                        Some(unit),
                        "a core file: the kernel writes it where core_pattern says".to_owned(),
                        1,
                    );
                }
                self.course.end(head.tgid, head.time, status);
                self.whose.ended(head.tgid);
                self.serving.ended(head.tgid);
            }
            Told::Exit { .. } => self.whose.thread_ended(head.tgid, head.tid),
            // One that came into the cgroup.
            Told::Exec { .. } => {
                self.process(head.tgid);
                if self.astray {
                    self.look_where(head.tgid);
                }
            }
            Told::Packet { family, port, first, second, kind } => {
                self.packet(&head, record, family, port, [first, second], kind)
            }
            _ => {}
        }
    }

    /// The processes that have not ended, with their programs: what was left behind.
    pub fn running(&self) -> Vec<(u32, &[u8])> {
        let own = self.whose.all().filter(|(pid, _)| !self.before.contains_key(pid));
        let mut running: Vec<_> = own.map(|(pid, process)| (pid, self.accesses.of(process.program))).collect();
        running.sort_unstable();
        running
    }

    /// Those of them that descend from the command.
    pub fn descendants(&self) -> Vec<(u32, &[u8])> {
        let own = |pid: &u32| self.whose.get(*pid).is_some_and(|process| process.own);
        self.running().into_iter().filter(|(pid, _)| own(pid)).collect()
    }

    /// The command's wait status, once it has ended.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// Notes something that may hide accesses.
    pub fn gap(&mut self, kind: GapKind, unit: Option<usize>, what: String, count: u64) {
        // What was not carried out hides nothing, also where it is not known what it was.
        if self.refused && matches!(kind, GapKind::Unreadable | GapKind::Unseen) {
            return;
        }
        let known = self.gaps.entry((kind, unit, what)).or_default();
        *known = known.saturating_add(count);
    }

    /// A process is heard of, perhaps for the first time.
    fn process(&mut self, pid: u32) {
        if self.whose.get(pid).is_some() {
            return;
        }
        if self.others {
            self.newcomers = true;
            self.stable.task(pid);
        } else {
            self.gap(GapKind::UnknownUnit, None, "a process whose beginning was not seen".to_owned(), 1);
        }
        self.astray = true;
        self.whose.insert(pid, Text::default(), false);
        self.course.begin(pid, None, 0, 0);
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

    fn is_ignored(&self, path: &[u8]) -> bool {
        self.ignored.as_ref().is_some_and(|ours| path.starts_with(ours))
    }

    /// Something was done to a file.
    fn access(&mut self, seen: &Seen<'_, '_>, op: Op, path: &[u8], passed: Option<&[u8]>) {
        self.access_to(seen, op, path, passed, Related::default());
    }

    /// Something was done to a file that has to do with another name.
    fn access_to(&mut self, seen: &Seen<'_, '_>, op: Op, path: &[u8], passed: Option<&[u8]>, related: Related<'_>) {
        if self.is_ignored(path) {
            return;
        }
        // The command's own input or output, by one of the names that lead to a descriptor, as far as it was given.
        if passed.is_some_and(proc_paths::names_own_descriptor) && self.accesses.gives(path, op) {
            return;
        }
        let text = self.accesses.text(path);
        let thing = Thing::File(text);
        let own = own_names(seen, path, passed);
        let [to, passed] = [related.to, passed].map(|text| text.map(|text| self.accesses.text(text)));
        let mut names = related.also.to_vec();
        names.extend(self.other_names(text, path));
        names.extend(own);
        let also = self.together(&names);
        let row = Row { to, passed, wrote: related.wrote, also, ..seen.row(op, thing) };
        self.add(match op == Op::Read && proc_paths::is_for_the_allocator(path) {
            true => Row { unit: 0, later: false, ..row },
            false => row,
        });
    }

    /// Something was done to a socket.
    fn on_socket(&mut self, seen: &Seen<'_, '_>, op: Op, object: &Object) {
        if op == Op::Send {
            self.sent.push(object.clone());
        }
        let row = self.socket_row(seen, op, object);
        self.add(row);
    }

    fn socket_row(&mut self, seen: &Seen<'_, '_>, op: Op, object: &Object) -> Row {
        let also = self.names_of(object);
        let told = match object {
            Object::Inet { address, .. } => self.names.told_by(address.ip(), seen.call.head.time),
            _ => 0,
        };
        Row { also, told, ..seen.row(op, self.accesses.thing(object)) }
    }

    /// The further names of an object that has a path.
    fn names_of(&mut self, object: &Object) -> Option<Text> {
        let (Object::File(path) | Object::Unix(path)) = object else { return None };
        let names = match path.starts_with(b"/") {
            true => {
                let text = self.accesses.text(path);
                self.other_names(text, path)
            }
            false => Vec::new(),
        };
        self.together(&names)
    }

    /// Names as one text; `None` where there are none.
    fn together(&mut self, names: &[Vec<u8>]) -> Option<Text> {
        (!names.is_empty()).then(|| self.accesses.text(&names.join(&0)))
    }

    fn add(&mut self, row: Row) {
        if !self.accesses.add(row) {
            self.gap(GapKind::Crowded, Some(row.unit), "accesses".to_owned(), 1);
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

/// The names that mean something else for everyone who passes them.
fn own_names(seen: &Seen<'_, '_>, path: &[u8], passed: Option<&[u8]>) -> Vec<Vec<u8>> {
    let mut names = proc_paths::as_own(path, seen.call.head.tgid, seen.call.head.tid);
    names.extend(passed.filter(|passed| proc_paths::is_of_who_looks(passed)).map(<[u8]>::to_vec));
    names
}
