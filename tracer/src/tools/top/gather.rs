//! Reading: samples of processes, of one process, and of what the kernel counted of their calls.

mod account;
mod counting;
mod look;
mod process;
mod waits;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};

use self::counting::Counting;
pub use self::written::Written;
use crate::capture::command::Started;
use crate::exit;
use crate::spec::{self, Target};
use crate::system::process::{Stat, has_ended};
use crate::system::procfs::covered::Covered;
use crate::system::procfs::who::Who;
use crate::system::procfs::{account as accounts, processes};
use crate::system::threads;
use crate::tools::top::model::{Counted, Setting};
use crate::tools::top::request::{From, Top, Whom};
use crate::tools::top::sample::{Focus, Looked, Process, Sample};

/// How long calls are looked at one by one.
const LOOK: Duration = Duration::from_millis(150);
/// And how often: it costs the process more than counting does.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Who is not there to be watched.
#[derive(Debug, thiserror::Error)]
#[error("{0}: no such process")]
pub struct NoProcess(pub u32);

/// Takes samples.
pub struct Gatherer {
    program: String,
    begun: Instant,
    /// The process that was asked for, or the command's.
    root: Option<Root>,
    counting: Option<Counting>,
    /// The command, where nobody traces it.
    started: Option<Started>,
    source: Counted,
    looking: Option<(u32, JoinHandle<Looked>)>,
    looked: Option<(u32, Looked)>,
    /// Which process is the command's, or was asked for: it ended so.
    ended: Option<Ended>,
    /// The processes of the sample before.
    last: BTreeMap<u32, Process>,
    /// Words of processes: they are read once a process.
    words: BTreeMap<(u32, u64), Vec<Vec<u8>>>,
}

/// The process that it is about.
#[derive(Debug, Clone, Copy)]
struct Root {
    pid: u32,
    /// When it began; not known of a command yet.
    start: Option<u64>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this wait status.
    Status(i32),
    /// Nobody told how.
    Unknown,
}

impl Ended {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Ended::Unknown => "ended; how was not seen".to_owned(),
            Ended::Status(status) if status & 0x7f == 0 => format!("exited with {}", status >> 8 & 0xff),
            Ended::Status(status) => {
                let core = if status & 0x80 != 0 { " (core dumped)" } else { "" };
                let name = crate::schema::signal_names::name(status & 0x7f);
                format!("was killed by {name}{core}")
            }
        }
    }
}

impl Gatherer {
    /// Begins to watch: finds the process or starts the command.
    ///
    /// # Errors
    /// There is no such process, the command cannot be started, or calls cannot be counted where that is a must.
    pub fn open(spec: &Top) -> Result<Gatherer> {
        let mut root = None;
        let mut target = Target::default();
        match &spec.whom {
            Whom::All => target.all = true,
            Whom::Process(id) => {
                if let Some(hidden) = Covered::now().said(*id) {
                    bail!(hidden);
                }
                let process = Who::Id(*id).status().ok().map(|status| status.tgid).filter(|&pid| pid > 0);
                let stat = process.and_then(|pid| Who::Id(pid).stat()).filter(|stat| !has_ended(stat.state));
                let Some(stat) = stat else { return Err(NoProcess(*id).into()) };
                root = Some(Root { pid: stat.pid, start: Some(stat.start) });
                target.pids = vec![stat.pid as i32];
            }
            Whom::Command(argv) => {
                target.command = Some(spec::Command { argv: argv.clone(), ..spec::Command::default() });
            }
        }
        let mut started = target.command.as_ref().map(Started::spawn).transpose()?;
        if let Some(started) = &started {
            root = Some(Root { pid: started.pid(), start: None });
        }
        let opened = match spec.from {
            From::Proc => Err(anyhow::anyhow!("--backend proc was given")),
            From::Auto | From::Ebpf => Counting::open(&spec.program, target, &mut started),
        };
        let (counting, source) = match opened {
            Ok(counting) => (Some(counting), Counted::Kernel),
            Err(error) if spec.from == From::Ebpf => return Err(error),
            Err(error) => {
                // Nobody waits for it: it begins now.
                started.as_mut().map(Started::release).transpose()?;
                (None, Counted::Not(crate::trace::said(&error)))
            }
        };
        Ok(Gatherer {
            program: spec.program.clone(),
            begun: Instant::now(),
            root,
            counting,
            started,
            source,
            looking: None,
            looked: None,
            ended: None,
            last: BTreeMap::new(),
            words: BTreeMap::new(),
        })
    }

    /// What does not change.
    pub fn setting(&self) -> Setting {
        Setting {
            ticks: rustix::param::clock_ticks_per_second(),
            page: rustix::param::page_size() as u64,
            cpus: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64),
            source: self.source.clone(),
        }
    }

    /// The process that was asked for, or the command's.
    pub fn root(&self) -> Option<u32> {
        self.root.map(|root| root.pid)
    }

    /// The command's process, while it is a child that nobody has waited for.
    pub fn command(&self) -> Option<u32> {
        let traced = self.counting.as_ref().and_then(Counting::command);
        traced.or_else(|| self.started.as_ref().map(Started::pid)).filter(|_| self.ended.is_none())
    }

    /// Takes what came of the lives of processes; whether the one that was asked for still lives. The error is why a command did not
    /// begin.
    ///
    /// # Errors
    /// The source breaks down, or the command cannot be run.
    pub fn turn(&mut self) -> Result<Option<Ended>> {
        if let Some(counting) = &mut self.counting {
            counting.turn()?;
        }
        if self.ended.is_none() {
            self.ended = self.end_of_root()?;
        }
        Ok(self.ended)
    }

    fn end_of_root(&mut self) -> Result<Option<Ended>> {
        let Some(root) = &mut self.root else { return Ok(None) };
        let told = self.counting.as_ref().and_then(|counting| counting.end_of(root.pid));
        let is_command = match (&mut self.started, &mut self.counting) {
            (Some(started), None) => {
                if let Some(status) = account::wait(root.pid) {
                    if let Some(errno) = started.exec_error() {
                        bail!("cannot run the command: {}", crate::schema::errno::strerror(errno));
                    }
                    return Ok(Some(Ended::Status(status)));
                }
                true
            }
            (_, Some(counting)) => {
                if let Some(errno) = counting.exec_error().filter(|_| told.is_some()) {
                    bail!("cannot run the command: {}", crate::schema::errno::strerror(errno));
                }
                counting.is_command(root.pid)
            }
            _ => false,
        };
        if let Some(status) = told {
            return Ok(Some(Ended::Status(status)));
        }
        if is_command {
            return Ok(None);
        }
        let stat = Who::Id(root.pid).stat();
        root.start = root.start.or(stat.as_ref().map(|stat| stat.start));
        let lives = stat.as_ref().is_some_and(|stat| root.start == Some(stat.start) && !is_over(root.pid, stat));
        // The record of its end may still come.
        if lives {
            return Ok(None);
        }
        if let Some(counting) = &mut self.counting {
            std::thread::sleep(Duration::from_millis(20));
            counting.turn()?;
            if let Some(status) = counting.end_of(root.pid) {
                return Ok(Some(Ended::Status(status)));
            }
        }
        // A zombie has its status in its account, where that may be read.
        let status = stat.filter(|stat| has_ended(stat.state)).map(|stat| stat.exit_code as i32);
        Ok(Some(status.map_or(Ended::Unknown, Ended::Status)))
    }

    /// A moment; `focus` is looked into.
    ///
    /// # Errors
    /// The source breaks down.
    pub fn sample(&mut self, focus: Option<u32>) -> Result<Sample> {
        let counts = self.counting.as_mut().map(Counting::counts).transpose()?;
        let mut processes = self.processes();
        // Who has ended since the sample before is told once more: what it did is counted.
        for (&pid, process) in &self.last {
            let counted = counts.as_ref().is_some_and(|counts| counts.contains_key(&pid));
            if counted || self.root() == Some(pid) {
                let stat = || Stat { state: b'X', ..process.stat.clone() };
                processes.entry(pid).or_insert_with(|| Process { stat: stat(), io: process.io });
            }
        }
        self.last.clone_from(&processes);
        let losses = self.counting.as_mut().map(Counting::losses).unwrap_or_default();
        let at = self.begun.elapsed().as_secs_f64();
        let focus = focus.filter(|pid| processes.contains_key(pid)).map(|pid| {
            let start = processes[&pid].stat.start;
            let words = self.words.entry((pid, start)).or_insert_with(|| process::words(pid)).clone();
            let mut focus = match processes[&pid].stat.state {
                b'X' => Focus { pid, command: words, ..Focus::default() },
                _ => process::focus(pid, words),
            };
            focus.looked = self.looked(pid);
            focus
        });
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Ok(Sample { at, wall, clock: account::clock(wall), processes, counts, focus, losses, own: account::own() })
    }

    /// The processes that are watched.
    fn processes(&self) -> BTreeMap<u32, Process> {
        let mut buffer = Vec::new();
        let mut all: BTreeMap<u32, Stat> = BTreeMap::new();
        for pid in processes::all().unwrap_or_default() {
            all.extend(Who::Id(pid).stat_through(&mut buffer).map(|stat| (pid, stat)));
        }
        if let Some(root) = self.root {
            let family = family(root.pid, &all);
            all.retain(|pid, _| family.contains(pid));
        }
        let io = |pid: u32| Who::Id(pid).read("io").ok().as_deref().and_then(accounts::io);
        all.into_iter().map(|(pid, stat)| (pid, Process { io: io(pid), stat })).collect()
    }

    /// Begins to look at the calls of a process one by one, unless that was done a short time ago.
    pub fn look(&mut self, pid: u32) {
        if self.counting.is_none() || self.looking.is_some() {
            return;
        }
        let now = self.begun.elapsed().as_secs_f64();
        let fresh = |(of, looked): &(u32, Looked)| *of == pid && now - looked.at < LOOK_AGAIN.as_secs_f64();
        if self.looked.as_ref().is_some_and(fresh) {
            return;
        }
        let (program, begun) = (self.program.clone(), self.begun);
        let started = threads::start(move || {
            let mut looked = look::look(&program, pid, LOOK);
            looked.at = begun.elapsed().as_secs_f64();
            looked
        });
        self.looking = started.ok().map(|thread| (pid, thread));
    }

    /// Waits for such a look to end.
    pub fn finish_look(&mut self) {
        if let Some((pid, thread)) = self.looking.take() {
            self.looked = thread.join().ok().map(|looked| (pid, looked));
        }
    }

    fn looked(&mut self, pid: u32) -> Looked {
        if self.looking.as_ref().is_some_and(|(_, thread)| thread.is_finished()) {
            self.finish_look();
        }
        if self.counting.is_none() {
            return Looked { why_not: "calls are not seen without eBPF".to_owned(), ..Looked::default() };
        }
        let fits = self.looked.as_ref().filter(|(of, _)| *of == pid);
        fits.map_or_else(Looked::default, |(_, looked)| looked.clone())
    }

    /// Lets go: nothing is watched any more. A command that still runs is given `signal`; how it ended.
    pub fn close(mut self, signal: Option<i32>) -> Option<Ended> {
        self.finish_look();
        let command = self.command();
        if let (Some(signal), Some(pid)) = (signal, command) {
            crate::trace::ending::stop_command(pid, signal);
        }
        if let Some(counting) = self.counting.take() {
            counting.close();
        }
        self.ended
    }
}

/// What tracer ends with, of a command that ended so.
pub fn ending(ended: Option<Ended>, command: bool) -> crate::trace::Ending {
    use crate::trace::Ending;
    match ended {
        Some(Ended::Status(status)) if command && status & 0x7f != 0 => Ending::Signal(status & 0x7f),
        Some(Ended::Status(status)) if command => Ending::Code((status >> 8) as u8),
        _ => Ending::Code(exit::OK),
    }
}

/// Whether a process is over: its first thread has ended, and no other is left.
fn is_over(pid: u32, stat: &Stat) -> bool {
    has_ended(stat.state) && processes::survivor(pid, &mut Vec::new()).is_none()
}

/// A process and those that descend from it.
fn family(root: u32, all: &BTreeMap<u32, Stat>) -> BTreeSet<u32> {
    let mut family: BTreeSet<u32> = BTreeSet::from([root]);
    // Numbers of children may be less than those of parents: until nobody comes to it.
    loop {
        let more: Vec<u32> = all
            .iter()
            .filter(|(pid, stat)| family.contains(&stat.ppid) && !family.contains(pid))
            .map(|(&pid, _)| pid)
            .collect();
        if more.is_empty() {
            return family;
        }
        family.extend(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_all_generations() {
        let stat = |pid, ppid| (pid, Stat { pid, ppid, ..Stat::default() });
        let all = BTreeMap::from([stat(1, 0), stat(5, 9), stat(9, 1), stat(2, 5), stat(7, 1)]);
        assert_eq!(family(9, &all), BTreeSet::from([2, 5, 9]));
    }

    #[test]
    fn an_end_has_words() {
        let check = |ended: Ended, expected: &str| assert_eq!(ended.words(), expected);
        check(Ended::Status(0), "exited with 0");
        check(Ended::Status(3 << 8), "exited with 3");
        check(Ended::Status(15), "was killed by SIGTERM");
        check(Ended::Status(11 | 0x80), "was killed by SIGSEGV (core dumped)");
        check(Ended::Unknown, "ended; how was not seen");
    }
}
