//! From records to evidence: every record is taken once, in the order in which it came.
//!
//! What a file is comes from the kernel where it told one: the file behind the descriptor that an open gave, the program's file, the
//! current directory. A name that led to no descriptor (of what was removed, renamed, or not found) is followed from there by
//! [`World::resolve`].

mod files;
mod sockets;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use tracer_common::event::{Head, kind, status};
use tracer_common::plan::{ARG_RET, BLOB_MAX, phase, shape};

use super::effects::Effects;
use super::names::Names;
use super::ports::Ports;
use super::stable::Stable;
use super::units::{self, Program, Rules};
use super::{Access, Evidence, Gap, GapKind, Object, Op, Runner, Unit};
use crate::decode::value::{Call, Ret, Value};
use crate::decode::{self, Blobs, Options};
use crate::model::calls::{path_of, words};

/// Accesses that are kept at most.
const MOST: usize = 1_000_000;

/// The calls that evidence is made of.
pub const CALLS: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "open_by_handle_at",
    "getdents",
    "getdents64",
    "mmap",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendfile",
    "splice",
    "copy_file_range",
    "fallocate",
    "truncate",
    "ftruncate",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "unlink",
    "unlinkat",
    "rmdir",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "execve",
    "execveat",
    "bind",
    "listen",
    "connect",
    "getsockopt",
    "getsockname",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "recvfrom",
    "recvmsg",
    "access",
    "faccessat",
    "faccessat2",
    "io_uring_setup",
    "chroot",
    "pivot_root",
];

/// What only the world outside can tell.
pub trait World {
    /// An absolute path with the symbolic links of its directories followed as they are now; of what is not there any
    /// more the path itself.
    fn resolve(&mut self, path: &[u8]) -> Vec<u8>;

    /// The name was made, removed or given to something else: links may lead elsewhere than before.
    fn changed(&mut self, path: &[u8]);
}

/// Makes evidence of records.
pub struct Collector<'w> {
    world: &'w mut dyn World,
    options: Options,
    rules: Rules,
    processes: HashMap<u32, Process>,
    units: Vec<Unit>,
    accesses: HashSet<Access>,
    /// What was written to, by unit and path; with whether it holds what was written (a file, a fifo).
    written: HashMap<(usize, Vec<u8>), bool>,
    /// Connections whose end is not known yet, by process and descriptor.
    connecting: HashMap<(u32, i32), Access>,
    effects: Effects,
    names: Names,
    ports: Ports,
    stable: Stable,
    gaps: BTreeMap<(GapKind, Option<usize>, String), u64>,
    command: Option<u32>,
    status: Option<i32>,
    /// What is done to files below is not the command's doing.
    ignored: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Default)]
struct Process {
    unit: usize,
    program: Rc<[u8]>,
}

impl<'w> Collector<'w> {
    /// Nothing taken yet.
    pub fn new(world: &'w mut dyn World, options: Options, rules: Rules) -> Collector<'w> {
        let harness = Unit { runner: Runner::Harness, suite: String::new(), name: String::new() };
        Collector {
            world,
            options,
            rules,
            processes: HashMap::new(),
            units: vec![harness],
            accesses: HashSet::new(),
            written: HashMap::new(),
            connecting: HashMap::new(),
            effects: Effects::default(),
            names: Names::default(),
            ports: Ports::default(),
            stable: Stable::default(),
            gaps: BTreeMap::new(),
            command: None,
            status: None,
            ignored: None,
        }
    }

    /// The directory of temporary files: names that are drawn there may have nothing before or behind them.
    pub fn temporary(&mut self, directory: &[u8]) {
        self.stable.temporary(directory);
    }

    /// Has what is done to a directory of tracer's own left out.
    pub fn ignore(&mut self, directory: &[u8]) {
        self.ignored = Some(self.world.resolve(directory));
    }

    /// The process of the command, whose first call will be its execve; `program`: what starts it.
    pub fn expect(&mut self, pid: u32, program: &[u8]) {
        self.command = Some(pid);
        self.processes.insert(pid, Process { unit: 0, program: program.into() });
        self.stable.task(pid);
    }

    /// Takes one record.
    pub fn take(&mut self, record: &[u8]) {
        let Some(head) = Head::read(record) else { return };
        match head.kind {
            // To let a task go, ptrace cuts its call short: it was not its doing.
            kind::CALL if (-516..=-512).contains(&head.ret) => {}
            kind::CALL => {
                let blobs = Blobs::new(record, &head);
                let call = decode::decode(record, &self.options);
                self.call(&call, &blobs);
            }
            kind::FORK => {
                let (task, process) = (head.args[0] as u32, head.args[1] as u32);
                self.stable.task(task);
                if process != head.tgid {
                    let parent = self.process(head.tgid).clone();
                    self.processes.insert(process, parent);
                }
            }
            kind::EXIT if head.args[0] == 1 => {
                if self.command == Some(head.tgid) {
                    // The process's own status, where exit_group or a signal gave one.
                    let of_process = head.args[1];
                    self.status = Some(if of_process >> 32 != 0 { of_process as i32 } else { head.ret as i32 });
                }
                self.processes.remove(&head.tgid);
            }
            _ => {}
        }
    }

    /// The processes that have not ended, with their programs: what was left behind.
    pub fn running(&self) -> Vec<(u32, &[u8])> {
        let mut running: Vec<_> = self.processes.iter().map(|(pid, process)| (*pid, &*process.program)).collect();
        running.sort_unstable();
        running
    }

    /// The command's wait status, once it has ended.
    pub fn status(&self) -> Option<i32> {
        self.status
    }

    /// Notes something that may hide accesses.
    pub fn gap(&mut self, kind: GapKind, unit: Option<usize>, what: String, count: u64) {
        *self.gaps.entry((kind, unit, what)).or_default() += count;
    }

    fn process(&mut self, pid: u32) -> &Process {
        if !self.processes.contains_key(&pid) {
            self.gap(GapKind::UnknownUnit, None, "a process whose beginning was not seen".to_owned(), 1);
        }
        self.processes.entry(pid).or_default()
    }

    fn call<'a>(&mut self, call: &Call<'a>, blobs: &Blobs<'a>) {
        let Some(row) = call.row else { return };
        let errno = match call.ret {
            Ret::Error(errno) => errno,
            Ret::Value(_) | Ret::Noted(..) => 0,
            Ret::Pending | Ret::Never | Ret::Restart(_) => return,
        };
        let (unit, program) = {
            let process = self.process(call.head.tgid);
            (process.unit, process.program.clone())
        };
        let seen = Seen { call, blobs, errno, unit, program };
        self.look_at_sockets(&seen);
        match row.name {
            "open" | "openat" | "openat2" | "creat" | "open_by_handle_at" => self.open(&seen),
            "getdents" | "getdents64" if errno == 0 => self.listed(&seen),
            "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "sendfile" | "splice" | "copy_file_range"
            | "fallocate" | "mmap" => self.written(&seen, row.name),
            "execve" | "execveat" => self.execute(&seen),
            "access" | "faccessat" | "faccessat2" => self.marker(&seen),
            "bind" | "listen" | "connect" | "getsockopt" | "sendto" | "sendmsg" | "sendmmsg" | "recvfrom"
            | "recvmsg" => {
                self.socket(&seen, row.name);
            }
            "io_uring_setup" if errno == 0 => {
                self.gap(GapKind::IoUring, Some(unit), "io_uring_setup".to_owned(), 1);
            }
            "chroot" | "pivot_root" if errno == 0 => {
                let what = format!("{}: names are told from the new root on", row.name);
                self.gap(GapKind::Unreadable, Some(unit), what, 1);
            }
            name => self.change(&seen, name),
        }
    }

    /// A marker of a program that names its units itself.
    fn marker(&mut self, seen: &Seen<'_, '_>) {
        let Some(Value::Path { bytes, .. }) = seen.path(0).map(|(_, value)| value) else { return };
        let Some(marked) = units::marked(bytes) else { return };
        let unit = marked.map_or(0, |unit| self.unit(unit));
        self.processes.entry(seen.call.head.tgid).or_default().unit = unit;
    }

    fn execute(&mut self, seen: &Seen<'_, '_>) {
        let passed = self.given(seen, 0);
        if seen.errno != 0 {
            if let Some(passed) = passed {
                self.access(seen, Op::Run, passed.object, passed.passed);
            }
            return;
        }
        let file = seen.blobs.find(ARG_RET, shape::EXE, phase::EXIT_OK, 0);
        let file = file.and_then(|(_, bytes)| decode::file_view(bytes)).and_then(|view| path_of(&view));
        let (environment, whole) = environment(seen.blobs);
        let given = passed.as_ref().map(|given| given.named.clone()).unwrap_or_default();
        let Some(file) = file.or_else(|| passed.map(|passed| passed.object)) else {
            self.gap(GapKind::Unreadable, Some(seen.unit), "the program of an execve".to_owned(), 1);
            return;
        };
        let words = seen.call.args.iter().find_map(|(name, value)| (*name == "argv").then(|| words(value)));
        let program = Program {
            passed: &given,
            file: &file,
            words: words.as_deref().unwrap_or_default(),
            environment: &environment,
            before: &seen.program,
            inside: seen.unit != 0,
        };
        let begun = self.rules.unit(&program);
        if begun.is_none() && !whole && seen.unit == 0 {
            self.gap(GapKind::UnknownUnit, None, "an environment that was too long to be read".to_owned(), 1);
        }
        let unit = begun.map_or(seen.unit, |unit| self.unit(unit));
        let seen = Seen { unit, program: seen.program.clone(), ..*seen };
        let passed = (!given.is_empty() && given != file).then_some(given);
        self.access(&seen, Op::Run, file.clone(), passed);
        self.processes.insert(seen.call.head.tgid, Process { unit, program: file.into() });
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
    fn access(&mut self, seen: &Seen<'_, '_>, op: Op, path: Vec<u8>, passed: Option<Vec<u8>>) {
        if self.ignored.as_ref().is_some_and(|ours| path.starts_with(ours)) {
            return;
        }
        self.add(Access { passed, ..seen.access(op, Object::File(path)) });
    }

    fn add(&mut self, access: Access) {
        if self.accesses.len() >= MOST && !self.accesses.contains(&access) {
            self.gap(GapKind::Crowded, Some(access.unit), "accesses".to_owned(), 1);
            return;
        }
        self.accesses.insert(access);
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
        let accesses = self.settled(&place);
        let mut effects = std::mem::take(&mut self.effects).finish();
        for effect in &mut effects {
            effect.path = self.stable.path(&effect.path);
            if let super::Change::Renamed(to) = &mut effect.change {
                *to = self.stable.path(to);
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
        Evidence {
            command: Vec::new(),
            status: self.status,
            source: source.to_owned(),
            units: order.iter().map(|&at| self.units[at].clone()).collect(),
            accesses,
            effects,
            gaps,
            remarks: Vec::new(),
        }
    }

    /// Accesses in order, without what differs from run to run.
    fn settled(&mut self, place: &[usize]) -> Vec<Access> {
        let written = std::mem::take(&mut self.written);
        let mut inherited: HashSet<(usize, Vec<u8>)> =
            written.iter().filter(|(_, holds)| **holds).map(|(key, _)| key.clone()).collect();
        let mut list = Vec::with_capacity(self.accesses.len());
        for mut access in std::mem::take(&mut self.accesses) {
            if access.op == Op::Write
                && access.errno == 0
                && let Object::File(path) = &access.object
            {
                let key = (access.unit, path.clone());
                access.wrote = written.contains_key(&key);
                inherited.remove(&key);
            }
            list.push(access);
        }
        // Written through a descriptor that another unit opened, or that was inherited.
        list.extend(inherited.into_iter().map(|(unit, path)| Access {
            unit,
            op: Op::Write,
            object: Object::File(path),
            errno: 0,
            to: None,
            passed: None,
            wrote: true,
            program: Vec::new(),
        }));
        // The same few files are used by every unit.
        let mut known: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        let mut steady = |path: &mut Vec<u8>| match known.get(path) {
            Some(steady) => path.clone_from(steady),
            None => {
                let steady = self.stable.path(path);
                known.insert(std::mem::replace(path, steady.clone()), steady);
            }
        };
        for access in &mut list {
            access.unit = place[access.unit];
            steady(&mut access.program);
            access.passed.iter_mut().for_each(&mut steady);
            access.to.iter_mut().for_each(&mut steady);
            match &mut access.object {
                Object::File(path) | Object::Unix(path) => steady(path),
                Object::Inet { protocol, address, ephemeral, host } => {
                    *host = self.names.of(address.ip()).cloned();
                    if address.port() != 0 && self.ports.is_chosen(protocol, address.port()) {
                        address.set_port(0);
                        *ephemeral = true;
                    }
                }
                Object::Other(..) => {}
            }
        }
        list.sort_unstable();
        list.dedup();
        list
    }
}

/// A call that has ended, and whose it is.
#[derive(Clone)]
struct Seen<'s, 'a> {
    call: &'s Call<'a>,
    blobs: &'s Blobs<'a>,
    /// 0 when it did not fail.
    errno: u16,
    unit: usize,
    program: Rc<[u8]>,
}

impl<'s, 'a> Seen<'s, 'a> {
    /// The `nth` path that was passed, with its place among the arguments.
    fn path(&self, nth: usize) -> Option<(usize, &'s Value<'a>)> {
        let is_path = |(_, value): &(usize, &'s Value<'a>)| matches!(value, Value::Path { .. });
        self.call.args.iter().map(|(_, value)| value).enumerate().filter(is_path).nth(nth)
    }

    /// The current directory of the process, where the plan asked for it.
    fn directory(&self) -> Option<Vec<u8>> {
        let found = (0..6).find_map(|arg| self.blobs.find(arg, shape::CWD, phase::ENTER, 0));
        let (_, bytes) = found.filter(|(blob, _)| blob.status == status::WHOLE)?;
        path_of(&*decode::file_view(bytes)?)
    }

    fn access(&self, op: Op, object: Object) -> Access {
        Access {
            unit: self.unit,
            op,
            object,
            errno: self.errno,
            to: None,
            passed: None,
            wrote: false,
            program: self.program.to_vec(),
        }
    }
}

/// The environment that an execve gave, and whether it is whole.
fn environment(blobs: &Blobs<'_>) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut want = None;
    for part in 0..tracer_common::plan::ENVIRON_PARTS {
        let Some((blob, piece)) = blobs.find(ARG_RET, shape::ENVIRON, phase::EXIT_OK, part) else { break };
        want = want.or(Some(blob.want as usize));
        bytes.extend_from_slice(piece);
        if piece.len() < BLOB_MAX {
            break;
        }
    }
    let whole = want.is_none_or(|want| bytes.len() >= want);
    (bytes, whole)
}
