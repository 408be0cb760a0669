//! Reading what /proc tells of a process. What may wait for the process's memory or for a file system is read with a
//! bound on time; what may not be read is noted.

use std::io;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use super::ends;
use crate::schema::errno::strerror;
use crate::system::libc_names;
use crate::system::process::{Limit, Region, has_ended};
use crate::system::procfs::fds::Reader;
use crate::system::procfs::maps::Maps;
use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::stat::Asker;
use crate::system::procfs::who::Who;
use crate::system::procfs::{account, cgroup, machine, patience, processes, reason, regions, waiting};
use crate::system::snapshot::{Descriptor, Lack, Process, Slot};
use crate::tools::inspect::report::environment::variables;
use crate::tools::inspect::report::origin::origin;
use crate::tools::inspect::report::{Fate, Mapped, Namespace, Parent, Report, Thread};
use crate::tools::inspect::request::Inspect;

/// How long a file of /proc, or a file system, is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Parents that are told; more than any sane tree has.
const PARENTS: usize = 64;
/// `PF_KTHREAD`, include/linux/sched.h.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// Reads a process.
pub struct Gatherer {
    reader: Reader,
    /// A thread that the process is looked into through, where the first one has ended.
    through: Option<u32>,
}

impl Gatherer {
    /// Nothing read yet.
    pub fn new() -> Gatherer {
        let own = Rc::new(Mounts::of(Who::Myself));
        Gatherer { reader: Reader::new(Asker::new(PATIENCE, false), Vec::new(), own), through: None }
    }

    /// Finds the process with an id, or the process that a thread with it belongs to; `None` when there is none.
    pub fn begin(&mut self, id: u32) -> io::Result<Option<(u32, Report)>> {
        let status = |id| match Who::Id(id).status() {
            Ok(status) => Ok(Some(status)),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        };
        let Some(mut found) = status(id)? else { return Ok(None) };
        if found.tgid == 0 {
            return Err(io::Error::other("status makes no sense"));
        }
        let pid = found.tgid;
        if pid != id {
            match status(pid)? {
                Some(of_process) => found = of_process,
                None => return Ok(None),
            }
        }
        let Some(mut stat) = Who::Id(pid).stat() else { return Ok(None) };
        // A process whose first thread has ended, while others go on, is no zombie: it is looked into through one of them.
        if has_ended(stat.state)
            && let Some((tid, state)) = processes::survivor(pid, &mut Vec::new())
            && let Ok(of_thread) = Who::Id(tid).status()
        {
            stat.state = state;
            found = of_thread;
            self.through = Some(tid);
        }
        let kernel = stat.flags & KERNEL_THREAD != 0;
        Ok(Some((pid, Report { status: found, stat, kernel, ..Report::default() })))
    }

    /// Through whom a process is looked into.
    fn who(&self, report: &Report) -> Who {
        Who::Id(self.through.unwrap_or(report.pid()))
    }

    /// Reads all that there is to read.
    pub fn fill(&mut self, spec: &Inspect, report: &mut Report) {
        let process = Process {
            pid: report.pid(),
            through: self.through,
            ppid: report.stat.ppid,
            pgid: report.stat.pgid,
            uid: report.status.uids[1],
            start: report.stat.start,
            state: report.stat.state,
            comm: report.stat.comm.clone(),
            ..Process::default()
        };
        self.times(report);
        names(report);
        let words = |text: Vec<u8>| -> Vec<Vec<u8>> {
            let text = text.strip_suffix(b"\0").unwrap_or(&text);
            if text.is_empty() { Vec::new() } else { text.split(|&b| b == 0).map(<[u8]>::to_vec).collect() }
        };
        report.command = self.file(report, "cmdline", "command line").map(words);
        let cgroup = self.file(report, "cgroup", "cgroup");
        report.cgroup = cgroup.as_deref().and_then(cgroup::path).map(<[u8]>::to_vec);
        self.parents(report);
        report.origin = origin(report.pid(), report.kernel, report.cgroup.as_deref(), &report.parents);
        self.threads(report);
        report.io = self.file(report, "io", "I/O counters").as_deref().and_then(account::io);
        // A zombie and a thread of the kernel have neither files nor memory: that they cannot be read is no lack.
        if !has_ended(report.stat.state) && !report.kernel {
            self.links(report, &process);
            self.memory(report, &process);
            let environ = self.file(report, "environ", "environment");
            report.environment = environ.map(|environ| variables(&environ, spec.environment));
        }
        if !has_ended(report.stat.state) {
            self.descriptors(report, &process);
        }
        self.limits(report);
        self.namespaces(report);
        ends::find(report, self.who(report));
    }

    /// A file of the process; what cannot be read is noted.
    fn file(&mut self, report: &mut Report, name: &str, what: &'static str) -> Option<Vec<u8>> {
        let who = self.who(report);
        let of_memory = matches!(name, "cmdline" | "environ" | "maps");
        match if of_memory { patience::read(&who.path(name), PATIENCE) } else { who.read(name) } {
            Ok(bytes) => Some(bytes),
            // That it has ended is said as a whole.
            Err(error) if is_gone(&error) => None,
            Err(error) => {
                report.miss(what, said(&error));
                None
            }
        }
    }

    fn times(&mut self, report: &mut Report) {
        report.ticks = rustix::param::clock_ticks_per_second();
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let since_boot = now.tv_sec as f64 + now.tv_nsec as f64 / 1e9;
        report.age = (since_boot - report.stat.start as f64 / report.ticks.max(1) as f64).max(0.0);
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        report.started = wall.as_secs_f64() - report.age;
        report.started_text = jiff::Timestamp::from_second(report.started as i64)
            .map(|time| jiff::ZonedDateTime::new(time, jiff::tz::TimeZone::system()))
            .and_then(|time| jiff::fmt::strtime::format("%Y-%m-%d %H:%M:%S %z", &time))
            .unwrap_or_default();
        report.last_capability = machine::last_capability().unwrap_or(40).min(63);
    }

    fn parents(&mut self, report: &mut Report) {
        let mut at = report.stat.ppid;
        let mut born = report.stat.start;
        while at != 0 && report.parents.len() < PARENTS {
            // A parent is not younger than its child: such a one got the number of a parent that has ended.
            let Some(stat) = Who::Id(at).stat().filter(|stat| stat.start <= born) else { break };
            report.parents.push(Parent { pid: at, comm: stat.comm, tty: stat.tty });
            (at, born) = (stat.ppid, stat.start);
        }
    }

    fn threads(&mut self, report: &mut Report) {
        let pid = report.pid();
        let mut silent = None;
        for tid in Who::Id(pid).threads().unwrap_or_else(|_| vec![pid]) {
            let who = Who::Thread(pid, tid);
            let Some(stat) = who.stat() else { continue };
            let status = who.status();
            let mut optional = |name: &str| match who.read(name) {
                Ok(text) => Some(text),
                Err(error) => {
                    if !is_gone(&error) {
                        silent = Some(said(&error));
                    }
                    None
                }
            };
            let call = if report.kernel { None } else { optional("syscall") };
            let waits_in = optional("wchan").filter(|name| !name.is_empty() && name != b"0");
            report.threads.push(Thread {
                tid,
                comm: stat.comm,
                state: stat.state,
                time: stat.user_time + stat.system_time,
                call: call.as_deref().and_then(waiting::parse),
                waits_in,
                switches: status.ok().and_then(|status| status.switches),
            });
        }
        if let Some(why) = silent {
            report.miss("what its threads wait for", why);
        }
    }

    /// Its directories and its program.
    fn links(&mut self, report: &mut Report, process: &Process) {
        for link in self.reader.links(process) {
            let (place, what) = match link.slot {
                Slot::Cwd => (&mut report.directory, "current directory"),
                Slot::Root => (&mut report.root, "root directory"),
                _ => (&mut report.program, "program"),
            };
            match &link.lack {
                // A link that could not be read has no path; one whose file did not answer has.
                Some(lack) if lack.is_gone() => {}
                Some(Lack::Link(errno)) => report.miss(what, strerror(*errno)),
                _ => *place = Some(link),
            }
        }
    }

    /// Mapped files, and memory that can be written and executed.
    fn memory(&mut self, report: &mut Report, process: &Process) {
        let Some(text) = self.file(report, "maps", "mapped files") else { return };
        let list = regions::parse(&text);
        let is_code = |region: &&Region| region.permissions[1] == b'w' && region.permissions[2] == b'x';
        report.writable_code = list.iter().filter(is_code).cloned().collect();
        let files = Maps::default().files_of(&text, process, None, &mut self.reader);
        report.mapped = Some(files.into_iter().map(|file| mapped(file, &list)).collect());
    }

    fn descriptors(&mut self, report: &mut Report, process: &Process) {
        let list = self.reader.descriptors(process, false);
        match list.as_slice() {
            [Descriptor { lack: Some(lack @ Lack::Directory(_, errno)), .. }] => {
                if !lack.is_gone() {
                    report.miss("descriptors", strerror(*errno));
                }
            }
            _ => {
                let mut lacks = list.iter().filter_map(|file| file.lack.as_ref());
                if let Some(closed) = lacks.find(|lack| matches!(lack, Lack::Link(_))) {
                    report.miss("descriptors' targets", closed.to_string());
                }
                report.descriptors = Some(list);
            }
        }
    }

    fn limits(&mut self, report: &mut Report) {
        let Some(text) = self.file(report, "limits", "limits") else { return };
        let mut list = account::limits(&text);
        for limit in &mut list {
            limit.used = used(report, limit);
        }
        report.limits = Some(list);
        if let Some(path) = report.cgroup.clone() {
            report.cgroup_limits = cgroup::limits(&path);
        }
    }

    fn namespaces(&mut self, report: &mut Report) {
        let mut denied = None;
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
            match (self.who(report).namespace(kind), Who::Myself.namespace(kind)) {
                (Ok(theirs), ours) => report.namespaces.push(Namespace {
                    kind: kind.to_owned(),
                    inode: Some(theirs),
                    same: ours.ok().map(|ours| ours == theirs),
                }),
                (Err(error), _) if error.kind() == io::ErrorKind::PermissionDenied => denied = Some(said(&error)),
                // Not a kind of this kernel, or the process has ended.
                (Err(_), _) => {}
            }
        }
        if let Some(why) = denied {
            report.miss("namespaces", why);
        }
    }

    /// Whether the process that the report is about is still there.
    pub fn end(&mut self, report: &Report) -> Fate {
        match Who::Id(report.pid()).stat() {
            Some(stat) if stat.start == report.stat.start => {
                // One that was a zombie from the start did not end meanwhile.
                let all_ended = || processes::survivor(report.pid(), &mut Vec::new()).is_none();
                if has_ended(stat.state) && !has_ended(report.stat.state) && all_ended() {
                    Fate::Ended
                } else {
                    Fate::Alive
                }
            }
            _ => Fate::Ended,
        }
    }
}

/// How much of a limit is used, where /proc tells.
fn used(report: &Report, limit: &Limit) -> Option<u64> {
    let bytes = |name| report.status.kb(name).map(|kb| kb * 1024);
    match limit.name.as_str() {
        "Max open files" => report.descriptors.as_ref().map(|list| list.len() as u64),
        "Max address space" => bytes("VmSize"),
        "Max data size" => bytes("VmData"),
        "Max stack size" => bytes("VmStk"),
        "Max locked memory" => bytes("VmLck"),
        "Max pending signals" => report.status.queued.map(|(used, _)| used),
        "Max cpu time" => {
            let ticks = report.stat.user_time + report.stat.system_time;
            Some(ticks / report.ticks.max(1))
        }
        _ => None,
    }
}

/// Names of users and of the group.
fn names(report: &mut Report) {
    let [real, effective, ..] = report.status.uids;
    report.user_names = [real, effective].map(libc_names::user_name);
    report.group_name = libc_names::group_name(report.status.gids[1]);
}

/// A mapped file with what its regions say together.
fn mapped(file: Descriptor, list: &[Region]) -> Mapped {
    let bare = |path: &[u8]| path.strip_suffix(b" (deleted)").unwrap_or(path).to_vec();
    let path = bare(&file.path);
    let mut mapped = Mapped { file, bytes: 0, executable: false, written_shared: false };
    for region in list.iter().filter(|region| region.path.starts_with(&path) && bare(&region.path) == path) {
        mapped.bytes += region.to.saturating_sub(region.from);
        mapped.executable |= region.permissions[2] == b'x';
        mapped.written_shared |= region.permissions[1] == b'w' && region.permissions[3] == b's';
    }
    mapped
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ESRCH))
}

/// An error in words.
fn said(error: &io::Error) -> String {
    reason(error)
}
