//! Whose doing something is: the unit that a thread carries out. It is told by the program that was run, by what the program says of
//! itself (a marker), and by what started the process or the thread:
//!
//! - A process belongs to the unit of the thread that started it, until it runs a program that is a unit itself.
//! - A marker holds for the process that made it, until its next. What a unit runs belongs to that unit, so a process that was started
//!   by one says nothing that counts. Where several threads of a process mark units, each marker holds for its thread.
//! - A thread that was started in a test belongs to this test for good. One that was started before (a pool of threads, a loop of
//!   events) does what its process does.
//!
//! What goes on when its unit has ended is the unit's still, and is *later*.

use std::collections::BTreeSet;

use foldhash::HashMap;

use super::accesses::Text;

/// What is known of a process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Process {
    /// The unit that threads carry out of which nothing else is known.
    pub unit: usize,
    /// The program that it runs.
    pub program: Text,
    /// The program's further names, where they are asked for; with a NUL between two.
    pub names: Option<Text>,
    /// The script for which it was run, as it was passed to the kernel.
    pub script: Option<Text>,
    /// It descends from the command.
    pub own: bool,
    /// Its program is a loader, which has not opened yet what it runs.
    loads: bool,
    /// Where its names begin: a place of [`super::collect`].
    pub place: usize,
    /// The unit to which it belongs, whatever it says.
    base: usize,
    /// The unit was begun by another process, of which it descends.
    inherited: bool,
    /// It began the unit, which ends with it.
    root: bool,
    /// It says which units it carries out, or would if there were one.
    marks: bool,
    /// A runner of tests that says so where it has tracer's plugin.
    runner: Option<&'static str>,
}

/// A thread that does not simply do what its process does.
#[derive(Debug, Clone, Copy)]
struct Thread {
    unit: usize,
    /// It was started in this unit; else it marks units itself.
    started: bool,
}

/// Processes and threads that there are, and the units that they carry out.
#[derive(Debug, Default)]
pub struct Whose {
    processes: HashMap<u32, Process>,
    threads: HashMap<u32, Thread>,
    /// The units that the threads of a process carry out by what they said.
    said: HashMap<u32, Vec<(u32, usize)>>,
    /// How many carry out a unit whose end is known. At 0 it has ended.
    running: HashMap<usize, u32>,
    /// Units that are no single test: what is started in them is not theirs for good.
    wide: BTreeSet<usize>,
    /// Tests ran in several threads of one process at the same time.
    mixed: bool,
    /// Runners that said nothing.
    silent: BTreeSet<&'static str>,
    /// Something ran tests.
    suite: bool,
}

impl Whose {
    /// What is known of a process.
    pub fn get(&self, pid: u32) -> Option<&Process> {
        self.processes.get(&pid)
    }

    /// The processes that there are.
    pub fn all(&self) -> impl Iterator<Item = (u32, &Process)> {
        self.processes.iter().map(|(pid, process)| (*pid, process))
    }

    /// A process of no unit.
    pub fn insert(&mut self, pid: u32, program: Text, own: bool) {
        self.processes.insert(pid, Process { program, own, ..Process::default() });
    }

    /// The program that a process runs will open another, and run that.
    pub fn will_load(&mut self, pid: u32) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.loads = true;
        }
    }

    /// A process opens this file. True: it runs it from now on, as its loader does.
    pub fn loads(&mut self, pid: u32, program: impl FnOnce() -> Text) -> bool {
        let Some(process) = self.processes.get_mut(&pid).filter(|process| process.loads) else { return false };
        (process.loads, process.program) = (false, program());
        true
    }

    /// The program that a process runs has further names.
    pub fn set_names(&mut self, pid: u32, names: Option<Text>) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.names = names;
        }
    }

    /// The program that a process runs was run for this script.
    pub fn set_script(&mut self, pid: u32, script: Option<Text>) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.script = script;
        }
    }

    /// The names of a process begin there.
    pub fn set_place(&mut self, pid: u32, place: usize) {
        if let Some(process) = self.processes.get_mut(&pid) {
            process.place = place;
        }
    }

    /// The unit that a thread carries out.
    pub fn unit(&self, pid: u32, tid: u32) -> usize {
        let process = || self.processes.get(&pid).map_or(0, |process| process.unit);
        self.threads.get(&tid).map_or_else(process, |thread| thread.unit)
    }

    /// A unit has ended, as far as that can be known.
    pub fn is_over(&self, unit: usize) -> bool {
        self.running.get(&unit) == Some(&0)
    }

    /// A thread started a process. `unit`: that to which it belongs, where it is another than the thread's.
    pub fn forked(&mut self, pid: u32, tid: u32, child: u32, unit: Option<usize>) {
        let parent = self.processes.get(&pid).copied().unwrap_or_default();
        let unit = unit.unwrap_or_else(|| self.unit(pid, tid));
        let Process { program, names, own, place, .. } = parent;
        let process =
            Process { unit, base: unit, inherited: unit != 0, program, names, own, place, ..Process::default() };
        self.processes.insert(child, process);
        self.threads.remove(&child);
    }

    /// A thread started another of its process.
    pub fn threaded(&mut self, pid: u32, tid: u32, child: u32) {
        let unit = self.unit(pid, tid);
        let base = self.processes.get(&pid).map_or(0, |process| process.base);
        let started = self.threads.get(&tid).is_some_and(|thread| thread.started);
        if started || unit != base && !self.wide.contains(&unit) {
            self.threads.insert(child, Thread { unit, started: true });
        }
    }

    /// A process runs another program; it begins a unit, or goes on with that which it has. `ends`: the unit ends with the process.
    pub fn executed(&mut self, pid: u32, tid: u32, unit: Option<usize>, ends: bool, program: Text) {
        let now = self.unit(pid, tid);
        self.silence(pid);
        let mut process = self.processes.get(&pid).copied().unwrap_or_default();
        let begun = unit.filter(|unit| *unit != now);
        match begun {
            Some(unit) => {
                self.leave(&process);
                process = Process { base: unit, inherited: false, root: ends, ..process };
                if ends {
                    self.begin(unit);
                }
                self.suite = true;
            }
            // A unit that it marked itself is that of the new program.
            None if now != process.base => {
                self.leave(&process);
                process = Process { base: now, inherited: true, root: false, ..process };
            }
            None => {}
        }
        let process = Process {
            unit: process.base,
            program,
            names: None,
            script: None,
            loads: false,
            marks: false,
            runner: None,
            ..process
        };
        self.processes.insert(pid, process);
    }

    /// The program that a process runs is a runner of tests that is to mark them.
    pub fn expect(&mut self, pid: u32, runner: &'static str) {
        self.suite = true;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.runner = Some(runner);
        }
    }

    /// A thread says which unit it carries out. False: what started it decides, whatever it says.
    pub fn may_mark(&mut self, pid: u32, tid: u32) -> bool {
        let process = self.processes.entry(pid).or_default();
        process.marks = true;
        !process.inherited && !self.threads.get(&tid).is_some_and(|thread| thread.started)
    }

    /// A thread that may do so said which unit it carries out from now on, or that it carries out none. `wide`: the unit is no single
    /// test.
    pub fn marked(&mut self, pid: u32, tid: u32, unit: Option<usize>, wide: bool) {
        let base = self.processes.get(&pid).map_or(0, |process| process.base);
        self.suite |= unit.is_some();
        if let Some(unit) = unit {
            self.begin(unit);
            if wide {
                self.wide.insert(unit);
            }
        }
        let said = self.said.entry(pid).or_default();
        let before = said.iter().position(|(by, _)| *by == tid).map(|at| said.swap_remove(at).1);
        match unit {
            Some(unit) => {
                said.push((tid, unit));
                self.threads.insert(tid, Thread { unit, started: false });
            }
            None => drop(self.threads.remove(&tid)),
        }
        let first = said.first().map_or(base, |(_, unit)| *unit);
        let same = said.iter().all(|(_, unit)| *unit == first);
        self.mixed |= !same;
        if let Some(process) = self.processes.get_mut(&pid) {
            process.unit = if same { first } else { base };
        }
        before.into_iter().for_each(|unit| self.end(unit));
    }

    /// A thread is gone.
    pub fn thread_ended(&mut self, pid: u32, tid: u32) {
        if self.threads.get(&tid).is_some_and(|thread| !thread.started) && pid != tid {
            self.marked(pid, tid, None, false);
        }
        if pid != tid {
            self.threads.remove(&tid);
        }
    }

    /// A process is gone.
    pub fn ended(&mut self, pid: u32) {
        self.silence(pid);
        if let Some(process) = self.processes.remove(&pid) {
            self.leave(&process);
            self.silent.extend(process.runner.filter(|_| !process.marks));
        }
        self.threads.remove(&pid);
    }

    /// Tests ran in several threads of one process at the same time.
    pub fn is_mixed(&self) -> bool {
        self.mixed
    }

    /// Runners that did not say which tests they ran, though they were to.
    pub fn silent(&self) -> impl Iterator<Item = &'static str> {
        let here = self.processes.values().filter(|process| !process.marks).filter_map(|process| process.runner);
        self.silent.iter().copied().chain(here).collect::<BTreeSet<_>>().into_iter()
    }

    /// Something ran tests.
    pub fn is_suite(&self) -> bool {
        self.suite
    }

    fn begin(&mut self, unit: usize) {
        *self.running.entry(unit).or_default() += 1;
    }

    fn end(&mut self, unit: usize) {
        self.running.entry(unit).and_modify(|count| *count = count.saturating_sub(1));
    }

    /// A process does not carry out the unit any more that it began.
    fn leave(&mut self, process: &Process) {
        if process.root {
            self.end(process.base);
        }
    }

    /// What a process said holds no more.
    fn silence(&mut self, pid: u32) {
        for (tid, unit) in self.said.remove(&pid).unwrap_or_default() {
            self.threads.remove(&tid);
            self.end(unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit 0 is the harness; process 1 the runner.
    fn runner() -> Whose {
        let mut whose = Whose::default();
        whose.insert(1, Text::default(), true);
        whose
    }

    #[test]
    fn a_marker_holds_until_the_next() {
        let mut whose = runner();
        whose.marked(1, 1, Some(5), false);
        assert_eq!((whose.unit(1, 1), whose.unit(1, 9), whose.is_over(5)), (5, 5, false));
        whose.marked(1, 1, Some(6), false);
        assert_eq!((whose.unit(1, 1), whose.is_over(5), whose.is_over(6)), (6, true, false));
        whose.marked(1, 1, None, false);
        assert_eq!((whose.unit(1, 1), whose.is_over(6)), (0, true));
        // The same test once more.
        whose.marked(1, 1, Some(6), false);
        assert!(!whose.is_over(6));
    }

    #[test]
    fn what_a_test_started_is_its_own_also_later() {
        let mut whose = runner();
        whose.threaded(1, 1, 2);
        whose.marked(1, 1, Some(5), false);
        whose.threaded(1, 1, 3);
        whose.threaded(1, 3, 4);
        whose.forked(1, 1, 20, None);
        whose.forked(20, 20, 21, None);
        whose.marked(1, 1, Some(6), false);
        let check = |tid: u32, unit: usize| assert_eq!(whose.unit(1, tid), unit, "thread {tid}");
        check(1, 6);
        // Started before any test: it works for the one that runs.
        check(2, 6);
        check(3, 5);
        check(4, 5);
        assert_eq!((whose.unit(20, 20), whose.unit(21, 21), whose.is_over(5)), (5, 5, true));
        // A server in a thread starts a process.
        whose.forked(1, 4, 22, None);
        assert_eq!(whose.unit(22, 22), 5);
    }

    #[test]
    fn what_is_started_in_no_single_test_does_what_its_process_does() {
        let mut whose = runner();
        whose.marked(1, 1, Some(5), true);
        whose.threaded(1, 1, 2);
        whose.marked(1, 1, Some(6), false);
        assert_eq!(whose.unit(1, 2), 6);
    }

    #[test]
    fn what_a_unit_runs_says_nothing_that_counts() {
        let mut whose = runner();
        whose.marked(1, 1, Some(5), false);
        whose.forked(1, 1, 20, None);
        whose.threaded(1, 1, 2);
        assert_eq!([(20, 20), (1, 2), (1, 1)].map(|(pid, tid)| whose.may_mark(pid, tid)), [false, false, true]);
        // But the process that a unit is may tell its parts apart.
        whose.forked(1, 99, 30, Some(0));
        whose.executed(30, 30, Some(8), true, Text::default());
        assert!(whose.may_mark(30, 30));
        whose.marked(30, 30, Some(9), false);
        assert_eq!(whose.unit(30, 30), 9);
        whose.marked(30, 30, None, false);
        assert_eq!((whose.unit(30, 30), whose.is_over(8)), (8, false));
        whose.ended(30);
        assert!(whose.is_over(8));
    }

    #[test]
    fn each_thread_that_marks_has_its_own_unit() {
        let mut whose = runner();
        whose.threaded(1, 1, 2);
        whose.threaded(1, 1, 3);
        whose.marked(1, 2, Some(5), false);
        assert_eq!((whose.unit(1, 2), whose.unit(1, 1), whose.is_mixed()), (5, 5, false));
        whose.marked(1, 3, Some(6), false);
        assert_eq!([1, 2, 3].map(|tid| whose.unit(1, tid)), [0, 5, 6]);
        assert!(whose.is_mixed());
        whose.thread_ended(1, 2);
        assert_eq!((whose.unit(1, 1), whose.is_over(5)), (6, true));
    }

    #[test]
    fn a_runner_that_says_nothing_is_told() {
        let mut whose = runner();
        for (pid, marks) in [(20, true), (21, false), (22, false)] {
            whose.forked(1, 1, pid, None);
            whose.executed(pid, pid, None, false, Text::default());
            whose.expect(pid, if pid == 22 { "jest" } else { "pytest" });
            if marks {
                assert!(whose.may_mark(pid, pid));
            }
        }
        assert_eq!(whose.silent().collect::<Vec<_>>(), ["jest", "pytest"]);
        assert!(whose.may_mark(21, 21));
        whose.ended(22);
        assert_eq!(whose.silent().collect::<Vec<_>>(), ["jest"]);
        assert!(whose.is_suite());
    }
}
