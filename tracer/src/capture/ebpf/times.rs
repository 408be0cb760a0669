//! Where the time of threads goes, by the times program: at each switch of the scheduler what a thread did until then is counted in its
//! place (`tp_btf`, 5.5; what is used of it, 6.1). Nothing is sent: the counts are read at the end.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use aya::maps::{HashMap, Map, MapData, PerCpuArray};
use tracer_common::config::Regs;
use tracer_common::times::{
    Key, NO_CALL, PROCESSES, Span, Spent as Sum, TimesConfig, TimesOffsets, WakerKey, Woken, known, missed, what,
};

use super::bpf;
use super::btf::KernelTypes;
use super::load::{VMLINUX, pod};
use super::object::{Image, MapRow, ProgramRow, Unlinked};
use super::ring::now;
use crate::capture::Count;
use crate::capture::count::Histogram;
use crate::schema::waits::{Waits, waits};
use crate::schema::{Abi, by_nr, place_of};

/// The kernel side that this crate was built with.
static IMAGE: Image = include!(concat!(env!("OUT_DIR"), "/times.bpf.rs"));

/// Programs and their tracepoints.
const TRACEPOINTS: [(&str, &str); 2] = [("sched_switch", "sched_switch"), ("sched_waking", "sched_waking")];

/// Processes that can be watched at once.
pub const MOST: usize = PROCESSES;

pod! {
    /// A key that aya may copy.
    KeyValue = Key;
    /// A place that aya may copy.
    SumValue = Sum;
    /// A thread's state that aya may copy.
    SpanValue = Span;
    /// Who woke whom, that aya may copy.
    WakerKeyValue = WakerKey;
    /// How often, that aya may copy.
    WokenValue = Woken;
}

/// Counts from its making on.
pub struct Times {
    links: Vec<OwnedFd>,
    spans: Map,
    spent: Map,
    wakers: Map,
    missed: Map,
    begun: u64,
}

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It has a CPU.
    Runs,
    /// It could have one. The errors of its count are how often a CPU was taken from it.
    Ready,
    /// It waits, and a signal would wake it.
    Sleeps,
    /// It waits, and no signal would.
    Blocked,
    /// It is stopped, or held by a tracer.
    Stopped,
}

/// A place where time went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// When it began, in units of 2^20 ns of CLOCK_MONOTONIC: with its number it names the thread.
    pub born: u32,
    /// What it did.
    pub does: Does,
    /// The call that it waited in: whether it is a 32-bit one, and its number.
    pub call: Option<(bool, u32)>,
    /// The argument that says for what, where one does ([`crate::schema::waits::Waits::object`]).
    pub object: u64,
    /// How often and how long.
    pub count: Count,
}

/// Who woke a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waker {
    /// The thread that was woken.
    pub tid: u32,
    /// As in [`Spent`].
    pub born: u32,
    /// Who woke it: a thread and its process; `None` for a timer, a device or the kernel.
    pub by: Option<(u32, u32)>,
    /// How often.
    pub times: u64,
    /// How long it had waited then, ns.
    pub total: u64,
}

/// All that was counted.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// How long it was counted, ns.
    pub time: u64,
    /// Where time went.
    pub spent: Vec<Spent>,
    /// Who woke whom.
    pub wakers: Vec<Waker>,
    /// ns that no thread of these has, because there was no room for further ones.
    pub no_thread: u64,
    /// ns of known threads that are in no place.
    pub no_place: u64,
    /// How often nobody noted who woke a thread.
    pub no_waker: u64,
}

impl Times {
    /// Begins to count for these processes, [`MOST`] at most.
    ///
    /// # Errors
    /// What this kernel or these rights lack.
    pub fn watch(pids: &[u32]) -> Result<Times> {
        let types = KernelTypes::read(Path::new(VMLINUX))?;
        let list = types.find_all(TimesOffsets::PATHS)?;
        let off = TimesOffsets::from_list(&list).context("offsets and paths disagree")?;
        let registers = if cfg!(target_arch = "aarch64") { Regs::AARCH64 } else { Regs::X86_64 };
        let mut tgids = [0; PROCESSES];
        tgids.iter_mut().zip(pids).for_each(|(place, pid)| *place = *pid);
        let begun = now();
        let config = TimesConfig { off, nr: registers.nr, args: registers.args, tgids, begun };
        let object = Unlinked::new(&IMAGE, &[], &[]).and_then(|unlinked| unlinked.link(config.bytes(), &[], &[]));
        let object = object.context("cannot load the times program")?;
        let places = object.map("CALLS")?.as_raw_fd();
        for (nr, known) in calls() {
            bpf::update(places, &nr, &known).context("cannot say what calls wait for")?;
        }
        let wanted = types.attachable(&TRACEPOINTS, None)?;
        let (programs, ()) = object.load(&wanted, || ())?;
        let attach = |program: &OwnedFd| bpf::attach(program.as_fd()).context("cannot attach to the scheduler");
        Ok(Times {
            links: programs.iter().map(attach).collect::<Result<_>>()?,
            spans: object.take("SPANS")?,
            spent: object.take("SPENT")?,
            wakers: object.take("WAKERS")?,
            missed: object.take("MISSED")?,
            begun,
        })
    }

    /// Ends, and tells what was counted. Of threads that did the same all the while nothing is known here.
    ///
    /// # Errors
    /// The kernel does not give it.
    pub fn end(mut self) -> Result<Told> {
        self.links.clear();
        let ended = now();
        let mut told = Told { time: ended.saturating_sub(self.begun), ..Told::default() };
        for (key, sum) in entries::<KeyValue, SumValue>(&self.spent)? {
            told.spent.push(spent(&key.0, counted(&sum.0)));
        }
        for (tid, span) in entries::<u32, SpanValue>(&self.spans)? {
            told.goes_on(tid, &span.0, ended);
        }
        for (key, woken) in entries::<WakerKeyValue, WokenValue>(&self.wakers)? {
            let (key, woken) = (key.0, woken.0);
            let by = (key.waker != 0).then_some((key.waker, key.process));
            told.wakers.push(Waker { tid: key.tid, born: key.born, by, times: woken.times, total: woken.total });
        }
        let missed = PerCpuArray::<_, u64>::try_from(&self.missed)?;
        let sum = |which| Ok::<u64, anyhow::Error>(missed.get(&which, 0)?.iter().sum());
        told.no_thread = sum(missed::THREADS)?;
        told.no_place = sum(missed::PLACES)?;
        told.no_waker = sum(missed::WAKERS)?;
        Ok(told)
    }
}

impl Told {
    /// What a thread has done since its last switch.
    fn goes_on(&mut self, tid: u32, span: &Span, ended: u64) {
        let same = |it: &&mut Spent| (it.tid, it.born) == (tid, span.born);
        let Some(tgid) = self.spent.iter_mut().find(same).map(|it| it.pid) else { return };
        let key = Key { tid, born: span.born, object: span.object, tgid, index: span.index, what: span.what, pad: 0 };
        let mut further = spent(&key, Count::default());
        further.count.take(ended.saturating_sub(span.since), span.taken != 0);
        let here = |it: &&mut Spent| {
            same(it) && it.does == further.does && it.call == further.call && it.object == further.object
        };
        match self.spent.iter_mut().find(here) {
            Some(known) => known.count.add(&further.count),
            None => self.spent.push(further),
        }
    }
}

fn spent(key: &Key, count: Count) -> Spent {
    let does = match key.what {
        what::RUNS => Does::Runs,
        what::READY => Does::Ready,
        what::SLEEPS => Does::Sleeps,
        what::BLOCKED => Does::Blocked,
        _ => Does::Stopped,
    };
    let call = (key.index != NO_CALL).then(|| place_of(key.index.into()));
    Spent { pid: key.tgid, tid: key.tid, born: key.born, does, call, object: key.object, count }
}

fn counted(sum: &Sum) -> Count {
    let mut times = Histogram::default();
    for (at, n) in sum.buckets.iter().enumerate() {
        times.0[at.min(times.0.len() - 1)] += u64::from(*n);
    }
    let calls = times.sum();
    let min = sum.min1.saturating_sub(1);
    Count { calls, errors: sum.taken, total: sum.total, min, max: sum.max, times, ..Count::default() }
}

/// What the kernel side is to know of calls, with their numbers.
fn calls() -> impl Iterator<Item = (u32, u32)> {
    (0..512).filter_map(|nr| {
        let waits = waits(by_nr(Abi::NATIVE, nr)?, &[0; 6])?;
        // The program reads three arguments.
        let place = waits.object().filter(|at| *at < 3).map_or(0, |at| u32::from(at) + 1);
        let more = match waits {
            Waits::Time => known::TIME,
            Waits::Futex(..) | Waits::Word(..) => known::WORD,
            _ => 0,
        };
        Some((nr, place | more)).filter(|(_, known)| *known != 0)
    })
}

/// What a map holds.
fn entries<K: aya::Pod, V: aya::Pod>(map: &Map) -> Result<Vec<(K, V)>> {
    let map = HashMap::<&MapData, K, V>::try_from(map)?;
    map.iter().map(|entry| entry.context("the kernel does not give what was counted")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::by_name;

    #[test]
    fn calls_say_what_they_wait_for() {
        let all: Vec<(u32, u32)> = calls().collect();
        let of = |name: &str| {
            let nr = u32::from(by_name(name).expect(name).nr[Abi::NATIVE as usize]);
            all.iter().find(|(it, _)| *it == nr).map(|(_, known)| *known)
        };
        for name in ["read", "recvfrom", "accept4", "epoll_wait", "flock", "fsync", "wait4"] {
            assert_eq!(of(name), Some(1), "{name}");
        }
        for name in ["poll", "select", "pause", "openat"] {
            assert_eq!(of(name), None, "{name}");
        }
        assert_eq!((of("futex"), of("nanosleep")), (Some(1 | known::WORD), Some(known::TIME)));
    }

    #[test]
    fn what_a_thread_still_does_is_added_where_it_belongs() {
        let key = Key { tid: 2, born: 9, object: 3, tgid: 1, index: 0, what: what::SLEEPS, pad: 0 };
        let mut count = Count::default();
        count.take(1000, false);
        let mut told = Told { spent: vec![spent(&key, count)], ..Told::default() };
        let span = Span { since: 500, object: 3, born: 9, index: 0, what: what::SLEEPS, taken: 0 };
        told.goes_on(2, &span, 800);
        assert_eq!((told.spent.len(), told.spent[0].count.calls, told.spent[0].count.total), (1, 2, 1300));
        told.goes_on(2, &Span { what: what::RUNS, index: NO_CALL, object: 0, ..span }, 700);
        assert_eq!((told.spent.len(), told.spent[1].does, told.spent[1].count.total), (2, Does::Runs, 200));
        // Another thread of that number.
        told.goes_on(2, &Span { born: 10, ..span }, 800);
        assert_eq!(told.spent.len(), 2);
    }
}
