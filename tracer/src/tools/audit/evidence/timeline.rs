//! When which process ran: the tree of a run's processes with their ids, times and ends, in the order in which they began. Chance has
//! a part in all of that, so it stands beside the evidence and not in it: two equal runs have two timelines. What evidence keeps of
//! processes are the programs that were run, each once ([`Ran`]).

use foldhash::HashMap;

use super::Ran;
use super::stable::Stable;

/// Processes that are kept at most.
const MOST: usize = 100_000;
/// Bytes of arguments that are kept at most.
const MOST_BYTES: usize = 64 << 20;

/// The processes of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// In the order in which they began. A parent stands before its children.
    pub processes: Vec<Process>,
    /// Processes that had no place.
    pub left_out: u64,
    /// From the first event to the last, in ns.
    pub length: u64,
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// The process that made it, by index; `None` for the command, and for what the command did not start.
    pub parent: Option<usize>,
    /// Its id, in that run.
    pub pid: u32,
    /// The unit that it belonged to when it began or last ran a program, by index.
    pub unit: usize,
    /// When it began, in ns from the first event of the run.
    pub began: u64,
    /// When it ended; `None` when that was not seen.
    pub ended: Option<u64>,
    /// Its wait status, as `waitpid(2)` gives it.
    pub status: Option<i32>,
    /// The programs that it ran, one after the other; none when it went on with its parent's.
    pub programs: Vec<Program>,
}

/// A program that a process ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// When it began, in ns from the first event of the run.
    pub began: u64,
    /// Its file.
    pub file: Vec<u8>,
    /// Its arguments, the first of which is its name.
    pub words: Words,
}

/// Arguments of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Words {
    /// One after the other.
    pub list: Vec<Vec<u8>>,
    /// There were more, or longer ones.
    pub cut: bool,
}

/// A timeline in the making.
#[derive(Debug, Default)]
pub struct Course {
    processes: Vec<Process>,
    /// Those that have not ended, by their ids.
    running: HashMap<u32, usize>,
    /// CLOCK_MONOTONIC at the first event.
    origin: Option<u64>,
    length: u64,
    bytes: usize,
    left_out: u64,
}

impl Course {
    /// Something happened at this time, and for so long.
    pub fn pass(&mut self, time: u64, lasted: u64) {
        // What began before tracing did has no time.
        if time != 0 {
            let origin = *self.origin.get_or_insert(time);
            self.length = self.length.max(time.saturating_add(lasted).saturating_sub(origin));
        }
    }

    fn since(&self, time: u64) -> u64 {
        time.saturating_sub(self.origin.unwrap_or(time))
    }

    /// A process began; without a time, at once.
    pub fn begin(&mut self, pid: u32, parent: Option<u32>, unit: usize, time: u64) {
        if self.processes.len() >= MOST {
            self.left_out += 1;
            self.running.remove(&pid);
            return;
        }
        let parent = parent.and_then(|parent| self.running.get(&parent).copied());
        self.running.insert(pid, self.processes.len());
        self.processes.push(Process { parent, pid, unit, began: self.since(time), ..Process::default() });
    }

    /// A process ran a program: when it asked for that, and how long it took to begin.
    pub fn run(&mut self, pid: u32, unit: usize, (time, lasted): (u64, u64), file: &[u8], mut words: Words) {
        let began = self.since(time.saturating_add(lasted));
        let Some(process) = self.running.get(&pid).and_then(|&at| self.processes.get_mut(at)) else { return };
        let bytes = words.list.iter().map(Vec::len).sum::<usize>();
        if self.bytes + bytes > MOST_BYTES {
            words = Words { list: Vec::new(), cut: true };
        } else {
            self.bytes += bytes;
        }
        process.unit = unit;
        process.programs.push(Program { began, file: file.to_vec(), words });
    }

    /// A process ended.
    pub fn end(&mut self, pid: u32, time: u64, status: i32) {
        let ended = self.since(time);
        if let Some(process) = self.running.remove(&pid).and_then(|at| self.processes.get_mut(at)) {
            process.ended = Some(ended);
            process.status = Some(status);
        }
    }

    /// All of it. `place`: the final index of each unit.
    pub fn finish(mut self, place: &[usize]) -> Timeline {
        for process in &mut self.processes {
            process.unit = place.get(process.unit).copied().unwrap_or_default();
        }
        Timeline { processes: self.processes, left_out: self.left_out, length: self.length }
    }
}

impl Timeline {
    /// The children of each process, in order; those that have no parent come first, at index 0, the children of process `n` at
    /// `n + 1`.
    pub fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.processes.len() + 1];
        for (at, process) in self.processes.iter().enumerate() {
            // A parent stands before.
            let parent = process.parent.filter(|parent| *parent < at).map_or(0, |parent| parent + 1);
            children[parent].push(at);
        }
        children
    }

    /// The program that a process began with: that of the process that made it; empty where that is not known.
    pub fn begun_with(&self, process: &Process) -> &[u8] {
        process.parent.map_or(&[], |parent| self.program(parent, process.began))
    }

    /// The program that a process ran at a time: its own, or that of the process that made it.
    fn program(&self, mut process: usize, mut time: u64) -> &[u8] {
        loop {
            let Some(this) = self.processes.get(process) else { return &[] };
            if let Some(program) = this.programs.iter().rev().find(|program| program.began <= time) {
                return &program.file;
            }
            match this.parent.filter(|parent| *parent < process) {
                Some(parent) => (process, time) = (parent, this.began),
                None => return &[],
            }
        }
    }

    /// The programs that were run, each once, without what chance has a part in. `was_there`: whether a path was there before the run.
    pub fn programs(&self, stable: &Stable, was_there: &mut dyn FnMut(&[u8]) -> bool) -> Vec<Ran> {
        let mut all = Vec::new();
        let mut by_id: HashMap<u32, Vec<usize>> = HashMap::default();
        self.processes.iter().enumerate().for_each(|(at, process)| by_id.entry(process.pid).or_default().push(at));
        for (at, process) in self.processes.iter().enumerate() {
            for (nth, program) in process.programs.iter().enumerate() {
                // Who starts a program does not know the number of the process that was made for it.
                let is_new = nth == 0 && process.parent.is_some();
                let mut is_there = |id: u32| {
                    let had_it = by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
                    had_it.iter().any(|&other| {
                        let was = &self.processes[other];
                        let there = was.began <= program.began && was.ended.is_none_or(|ended| ended >= program.began);
                        there && !(other == at && is_new)
                    })
                };
                let by = match nth.checked_sub(1) {
                    Some(before) => process.programs[before].file.as_slice(),
                    None => self.begun_with(process),
                };
                let last = nth + 1 == process.programs.len();
                let words = program.words.list.iter().map(|word| stable.word(word, was_there, &mut is_there));
                all.push(Ran {
                    unit: process.unit,
                    words: Words { list: words.collect(), ..program.words },
                    program: stable.path(&program.file, was_there),
                    by: stable.path(by, was_there),
                    status: process.status.filter(|_| last),
                });
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words { list: text.split(' ').map(|word| word.as_bytes().to_vec()).collect(), cut: false }
    }

    /// make, which runs sh twice, which runs cc in its own place and true in another; in an order that chance has a part in.
    fn course(order: [u32; 2]) -> Timeline {
        let mut course = Course::default();
        course.pass(1000, 10);
        course.begin(10, None, 0, 1000);
        course.run(10, 0, (990, 10), b"/bin/make", words("make"));
        let mut time = 1100;
        for pid in order {
            course.begin(pid, Some(10), 0, time);
            course.run(pid, 1, (time, 10), b"/bin/sh", words("sh -c cc"));
            course.begin(pid + 1, Some(pid), 1, time + 15);
            course.run(pid + 1, 1, (time + 15, 0), b"/bin/true", words("true"));
            course.end(pid + 1, time + 18, 256);
            course.run(pid, 1, (time + 20, 0), b"/bin/cc", words(&format!("cc /tmp/x-{pid}.s 10 -p{pid}")));
            course.end(pid, time + 30, 0);
            time += 100;
        }
        course.pass(time, 0);
        course.end(10, time, 0);
        course.finish(&[0, 1])
    }

    #[test]
    fn processes_are_a_tree_with_times() {
        let timeline = course([20, 30]);
        let told: Vec<_> =
            timeline.processes.iter().map(|it| (it.pid, it.parent, it.began, it.ended, it.status)).collect();
        assert_eq!(
            told,
            [
                (10, None, 0, Some(300), Some(0)),
                (20, Some(0), 100, Some(130), Some(0)),
                (21, Some(1), 115, Some(118), Some(256)),
                (30, Some(0), 200, Some(230), Some(0)),
                (31, Some(3), 215, Some(218), Some(256)),
            ]
        );
        assert_eq!(timeline.length, 300);
        assert_eq!(timeline.children(), [vec![0], vec![1, 3], vec![2], vec![], vec![4], vec![]]);
    }

    #[test]
    fn a_recording_may_have_times_beyond_the_last() {
        let mut course = Course::default();
        course.pass(7, u64::MAX);
        course.begin(1, None, 0, 7);
        course.run(1, 0, (u64::MAX, 9), b"/bin/x", Words::default());
        course.end(1, u64::MAX, 0);
        let timeline = course.finish(&[0]);
        let process = &timeline.processes[0];
        let end = u64::MAX - 7;
        assert_eq!((timeline.length, process.programs[0].began, process.ended), (end, end, Some(end)));
    }

    #[test]
    fn programs_do_not_depend_on_chance() {
        let mut stable = Stable::default();
        for id in [200, 201, 300, 301] {
            stable.task(id);
        }
        let programs = course([200, 300]).programs(&stable, &mut |_| false);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let told: Vec<_> = programs
            .iter()
            .map(|ran| (ran.unit, text(&ran.words.list.join(&b' ')), text(&ran.by), ran.status))
            .collect();
        let told: Vec<_> =
            told.iter().map(|(unit, words, by, status)| (*unit, words.as_str(), by.as_str(), *status)).collect();
        assert_eq!(
            told,
            [
                (0, "make", "", Some(0)),
                (1, "cc /tmp/x-<pid>.s 10 -p<pid>", "/bin/sh", Some(0)),
                (1, "sh -c cc", "/bin/make", None),
                (1, "true", "/bin/sh", Some(256)),
            ]
        );
        assert_eq!(course([300, 200]).programs(&stable, &mut |_| false), programs);
    }

    #[test]
    fn what_has_no_place_is_counted() {
        let mut course = Course::default();
        for pid in 0..MOST as u32 + 2 {
            course.begin(pid + 1, None, 0, 1);
        }
        course.run(MOST as u32 + 1, 0, (1, 0), b"/bin/x", Words::default());
        let timeline = course.finish(&[0]);
        assert_eq!((timeline.processes.len(), timeline.left_out), (MOST, 2));
        assert!(timeline.programs(&Stable::default(), &mut |_| false).is_empty());
    }
}
