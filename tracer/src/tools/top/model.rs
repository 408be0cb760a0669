//! A frame: what is shown at a time, as plain data; and how it is made of two samples and of what was before. Nothing here does I/O: the
//! same samples give the same frame.

mod counted;
mod one;

use std::collections::{BTreeMap, VecDeque};

use crate::system::process::{Stat, has_ended};
use crate::tools::top::sample::{Process, Sample};

pub use self::counted::{Called, Rates};
pub use self::one::{Link, One, Worker};

/// Frames that a history reaches back.
pub const HISTORY: usize = 120;

/// What does not change from sample to sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setting {
    /// Clock ticks a second.
    pub ticks: u64,
    /// Bytes of a page.
    pub page: u64,
    /// CPUs.
    pub cpus: u64,
    /// Where numbers come from.
    pub source: Counted,
}

/// Where numbers of calls come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// The kernel counts them.
    Kernel,
    /// Nobody does, and why.
    Not(String),
}

impl Default for Counted {
    fn default() -> Counted {
        Counted::Not(String::new())
    }
}

/// What is shown at a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Seconds since the epoch.
    pub wall: f64,
    /// The time of day.
    pub clock: String,
    /// The time that rates are of, in seconds.
    pub interval: f64,
    /// Where numbers come from.
    pub source: Counted,
    /// CPUs of the machine.
    pub cpus: u64,
    /// The processes, by their ids.
    pub rows: Vec<Row>,
    /// The process that is looked into.
    pub one: Option<One>,
    /// What was lost, by reason.
    pub losses: Vec<(&'static str, u64)>,
    /// What watching takes: percent of a CPU, bytes of memory.
    pub own: (f64, u64),
    /// The process that was asked for has ended: how, in words.
    pub ended: Option<String>,
}

/// A process, with rates: all are by the second.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its id.
    pub pid: u32,
    /// Its parent's.
    pub ppid: u32,
    /// Its name.
    pub comm: Vec<u8>,
    /// Its state, a letter of proc(5).
    pub state: u8,
    /// Percent of a CPU.
    pub cpu: f64,
    /// The part of it that was spent in the kernel.
    pub system: f64,
    /// Bytes of memory.
    pub memory: u64,
    /// Threads.
    pub threads: u64,
    /// Its calls, where they are counted.
    pub calls: Option<Rates>,
    /// What it reads and writes, where that may be seen.
    pub moved: Option<Moved>,
}

/// What is read and written in a second, by calls on descriptors of any kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moved {
    /// Bytes.
    pub read: f64,
    /// Bytes.
    pub written: f64,
    /// Calls.
    pub reads: f64,
    /// Calls.
    pub writes: f64,
}

/// Makes frames.
#[derive(Debug, Default)]
pub struct Model {
    setting: Setting,
    before: Option<Sample>,
    history: Option<History>,
}

/// What became of the process that is looked into, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Its id, and when it began.
    of: (u32, u64),
    /// States.
    pub states: VecDeque<u8>,
    /// Descriptors.
    pub descriptors: VecDeque<u64>,
    /// Percent of a CPU.
    pub cpu: VecDeque<u64>,
    /// Calls a second; reads and writes where nobody counts calls.
    pub calls: VecDeque<u64>,
}

impl Model {
    /// Nothing seen yet.
    pub fn new(setting: Setting) -> Model {
        Model { setting, before: None, history: None }
    }

    /// The frame of a sample: its rates are since the one before, of which the first has none.
    pub fn frame(&mut self, sample: Sample) -> Frame {
        let none = Sample::default();
        let before = self.before.as_ref().unwrap_or(&none);
        let interval = if self.before.is_some() { (sample.at - before.at).max(1e-3) } else { 0.0 };
        let step = Step { setting: &self.setting, before, now: &sample, interval };
        let rows: Vec<Row> = sample.processes.iter().map(|(&pid, process)| step.row(pid, process)).collect();
        let one = sample.focus.as_ref().map(|focus| {
            let row = rows.iter().find(|row| row.pid == focus.pid).cloned().unwrap_or_default();
            let start = sample.processes.get(&focus.pid).map_or(0, |process| process.stat.start);
            let history = remember(&mut self.history, (focus.pid, start), &row, focus.descriptors);
            step.one(focus, row, history)
        });
        let own = (step.rate(sample.own.cpu, before.own.cpu) / 1e7, sample.own.memory);
        let frame = Frame {
            wall: sample.wall,
            clock: sample.clock.clone(),
            interval,
            source: self.setting.source.clone(),
            cpus: self.setting.cpus,
            rows,
            one,
            losses: sample.losses.clone(),
            own,
            ended: None,
        };
        self.before = Some(sample);
        frame
    }
}

/// Keeps what is shown of the past; another process has another one.
fn remember<'h>(history: &'h mut Option<History>, of: (u32, u64), row: &Row, descriptors: Option<u64>) -> &'h History {
    if history.as_ref().is_none_or(|history| history.of != of) {
        *history = Some(History { of, ..History::default() });
    }
    let history = history.get_or_insert_default();
    let calls = row.calls.map(|rates| rates.calls).or(row.moved.map(|moved| moved.reads + moved.writes));
    put(&mut history.states, row.state);
    put(&mut history.descriptors, descriptors.unwrap_or(0));
    put(&mut history.cpu, row.cpu.round() as u64);
    put(&mut history.calls, calls.unwrap_or(0.0).round() as u64);
    history
}

fn put<T>(list: &mut VecDeque<T>, value: T) {
    if list.len() == HISTORY {
        list.pop_front();
    }
    list.push_back(value);
}

/// From one sample to the next.
struct Step<'s> {
    setting: &'s Setting,
    before: &'s Sample,
    now: &'s Sample,
    interval: f64,
}

impl Step<'_> {
    /// By the second; 0 without an interval. A number that became less began anew.
    fn rate(&self, now: u64, before: u64) -> f64 {
        if self.interval == 0.0 { 0.0 } else { now.saturating_sub(before) as f64 / self.interval }
    }

    /// Ticks as percent of a CPU.
    fn percent(&self, now: u64, before: u64) -> f64 {
        self.rate(now, before) * 100.0 / self.setting.ticks.max(1) as f64
    }

    /// The process as it was before, if it is the same: a number may be another process's meanwhile. One that began since has
    /// everything from then on.
    fn earlier(&self, pid: u32, stat: &Stat) -> Option<&Process> {
        self.before.processes.get(&pid).filter(|before| before.stat.start == stat.start)
    }

    fn row(&self, pid: u32, process: &Process) -> Row {
        let stat = &process.stat;
        let none = Process { stat: Stat::default(), io: process.io.map(|_| Default::default()) };
        let began = self.interval > 0.0 && !self.before.processes.is_empty();
        // Of whom nothing is known before, everything is since it began; in the first sample there is nothing to compare with.
        let before = self.earlier(pid, stat).unwrap_or(if began { &none } else { process });
        let system = self.percent(stat.system_time, before.stat.system_time);
        let moved = process.io.zip(before.io).map(|(now, before)| Moved {
            read: self.rate(now.read, before.read),
            written: self.rate(now.written, before.written),
            reads: self.rate(now.read_calls, before.read_calls),
            writes: self.rate(now.write_calls, before.write_calls),
        });
        Row {
            pid,
            ppid: stat.ppid,
            comm: stat.comm.clone(),
            state: stat.state,
            cpu: system + self.percent(stat.user_time, before.stat.user_time),
            system,
            memory: if has_ended(stat.state) { 0 } else { stat.resident.saturating_mul(self.setting.page) },
            threads: stat.threads,
            calls: self.now.counts.as_ref().map(|_| Rates::of(&self.called(pid), self.interval)),
            moved,
        }
    }

    /// What a process called since the sample before.
    fn called(&self, pid: u32) -> Vec<crate::capture::Count> {
        let counts = |sample: &'_ Sample| sample.counts.as_ref().and_then(|counts| counts.get(&pid)).cloned();
        let before: BTreeMap<(bool, u32), crate::capture::Count> =
            counts(self.before).into_iter().flatten().map(|count| ((count.compat, count.nr), count)).collect();
        let since = counts(self.now).into_iter().flatten().map(|count| {
            let zero = crate::capture::Count::none(count.compat, count.nr);
            count.since(before.get(&(count.compat, count.nr)).unwrap_or(&zero))
        });
        since.filter(|count| count.calls > 0).collect()
    }
}

#[cfg(test)]
mod tests;
