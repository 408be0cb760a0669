//! Counts of calls (`-c`, `-C`): how many, how many failed, how long they took. A source that counts in the
//! kernel reads them there; everybody else makes them here, call by call, in the same histograms, so that all
//! sources give the same.

use std::collections::BTreeMap;

use tracer_common::config::{BUCKETS, bucket};
use tracer_common::event::{Head, flag};

use super::interpret::failed;
use crate::schema::reach::may_reach;
use crate::spec::CallFilter;

/// What was counted of one system call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// A 32-bit call of a 64-bit kernel.
    pub compat: bool,
    /// Number of the call.
    pub nr: u32,
    /// How often it ended.
    pub calls: u64,
    /// How often it failed.
    pub errors: u64,
    /// Wall time spent in it, ns.
    pub total: u64,
    /// The shortest, ns.
    pub min: u64,
    /// The longest, ns.
    pub max: u64,
    /// How many took how long: together as many as `calls`.
    pub times: Histogram,
}

impl Count {
    /// Nothing counted of a call yet.
    pub fn none(compat: bool, nr: u32) -> Count {
        Count { compat, nr, ..Count::default() }
    }

    /// Counts a call that took `ns`.
    pub fn take(&mut self, ns: u64, failed: bool) {
        self.min = if self.calls == 0 { ns } else { self.min.min(ns) };
        self.max = self.max.max(ns);
        self.calls += 1;
        self.errors += u64::from(failed);
        self.total = self.total.saturating_add(ns);
        self.times.0[bucket(ns)] += 1;
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, more: &Count) {
        match (self.calls, more.calls) {
            (_, 0) => return,
            (0, _) => self.min = more.min,
            _ => self.min = self.min.min(more.min),
        }
        self.max = self.max.max(more.max);
        self.calls = self.calls.saturating_add(more.calls);
        self.errors = self.errors.saturating_add(more.errors);
        self.total = self.total.saturating_add(more.total);
        for (sum, n) in self.times.0.iter_mut().zip(more.times.0) {
            *sum = sum.saturating_add(n);
        }
    }

    /// What was counted since an earlier look: the shortest and the longest are known by their buckets.
    pub fn since(&self, before: &Count) -> Count {
        let mut times = self.times;
        for (now, then) in times.0.iter_mut().zip(before.times.0) {
            *now = now.saturating_sub(then);
        }
        let place = |at: Option<usize>| at.map(Histogram::bounds);
        let shortest = place(times.0.iter().position(|n| *n > 0)).map_or(0, |(from, _)| from.max(self.min));
        let longest = place(times.0.iter().rposition(|n| *n > 0));
        let longest = longest.map_or(0, |(_, to)| to.map_or(self.max, |to| (to - 1).min(self.max)));
        Count {
            calls: self.calls.saturating_sub(before.calls),
            errors: self.errors.saturating_sub(before.errors),
            total: self.total.saturating_sub(before.total),
            min: shortest.min(longest),
            max: longest,
            times,
            ..*self
        }
    }

    /// ns a call, rounded down.
    pub fn mean(&self) -> u64 {
        self.total / self.calls.max(1)
    }

    /// What `percent` of the calls took at most, ns; 0 when there was none. Only the bucket of that call is known,
    /// within which calls are taken to lie evenly: the truth is more than half of it and less than twice (in the
    /// last bucket, of calls of nine minutes and more, between its begin and the longest).
    pub fn percentile(&self, percent: u64) -> u64 {
        // The call at this place, counted from 1, when all stand in order.
        let place = (u128::from(self.calls) * u128::from(percent)).div_ceil(100).max(1);
        let mut before = 0u128;
        for (at, &n) in self.times.0.iter().enumerate().filter(|(_, n)| **n > 0) {
            let n = u128::from(n);
            if before + n >= place {
                let (from, to) = Histogram::bounds(at);
                let from = from.max(self.min);
                let wide = to.map_or(self.max, |to| to - 1).min(self.max).saturating_sub(from);
                // At most `wide`.
                let into = (u128::from(wide) * (place - before) / n) as u64;
                return from.saturating_add(into).clamp(self.min, self.max);
            }
            before += n;
        }
        self.max
    }
}

/// Calls by how long they took, in powers of two: see [`bucket`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram(pub [u64; BUCKETS]);

impl Default for Histogram {
    fn default() -> Self {
        Histogram([0; BUCKETS])
    }
}

impl Histogram {
    /// Where a bucket begins and where the next one does, ns; the last has no end.
    pub fn bounds(at: usize) -> (u64, Option<u64>) {
        let from = if at == 0 { 0 } else { 1 << at.min(BUCKETS - 1) };
        (from, (at + 1 < BUCKETS).then(|| 2 << at))
    }

    /// All calls.
    pub fn sum(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Counts calls one by one: of all processes, and where it is asked for of each.
#[derive(Debug, Default)]
pub struct Counter {
    all: BTreeMap<(bool, u32), Count>,
    processes: Option<BTreeMap<(u32, bool, u32), Count>>,
    asked: CallFilter,
}

impl Counter {
    /// Nothing counted yet; calls that were not asked for will not be.
    pub fn new(by_process: bool, asked: CallFilter) -> Counter {
        Counter { all: BTreeMap::new(), processes: by_process.then(BTreeMap::new), asked }
    }

    /// Counts a call by its finished head; one that never returns is none, as strace has it. Whether it is sent nevertheless.
    pub fn add(&mut self, head: &Head) -> bool {
        let compat = head.flags & flag::COMPAT != 0;
        if head.flags & flag::NO_RETURN == 0 && self.asked.wants(head.nr, compat) {
            self.take(head, compat);
        }
        may_reach(compat, head.nr)
    }

    fn take(&mut self, head: &Head, compat: bool) {
        let (took, failed) = (took(head), failed(head.ret));
        let none = || Count::none(compat, head.nr);
        self.all.entry((compat, head.nr)).or_insert_with(none).take(took, failed);
        if let Some(processes) = &mut self.processes {
            processes.entry((head.tgid, compat, head.nr)).or_insert_with(none).take(took, failed);
        }
    }

    /// Everything counted, by number.
    pub fn counts(&self) -> Vec<Count> {
        self.all.values().copied().collect()
    }

    /// The same by process.
    pub fn by_process(&self) -> Vec<(u32, Count)> {
        self.processes.iter().flatten().map(|(&(process, ..), &count)| (process, count)).collect()
    }
}

/// How long a call took, ns. Of one that began before tracing did, only the end is known.
pub fn took(head: &Head) -> u64 {
    if head.flags & flag::BEFORE == 0 { head.dur } else { 0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(times: &[u64]) -> Count {
        let mut count = Count::none(false, 1);
        times.iter().for_each(|&ns| count.take(ns, false));
        count
    }

    #[test]
    fn percentiles_of_known_times() {
        let check = |times: &[u64], want: [u64; 3]| {
            let count = of(times);
            assert_eq!([50, 90, 99].map(|p| count.percentile(p)), want, "{times:?}");
        };
        check(&[], [0, 0, 0]);
        check(&[0], [0, 0, 0]);
        check(&[300], [300, 300, 300]);
        // One bucket, from 256 to 512: halfway between the shortest and the longest.
        check(&[260, 300, 400, 500], [380, 500, 500]);
        // Nine fast ones, one slow one.
        check(&[100, 100, 100, 100, 100, 100, 100, 100, 100, 5000], [115, 127, 5000]);
        check(&[1, 1 << 45], [1, 1 << 45, 1 << 45]);
        check(&[u64::MAX, u64::MAX], [u64::MAX, u64::MAX, u64::MAX]);
    }

    #[test]
    fn bounds_are_those_of_the_buckets() {
        for at in 0..BUCKETS {
            let (from, to) = Histogram::bounds(at);
            assert_eq!(bucket(from), at);
            match to {
                Some(to) => assert_eq!((bucket(to - 1), bucket(to)), (at, at + 1)),
                None => assert_eq!(at, BUCKETS - 1),
            }
        }
    }

    #[test]
    fn calls_that_never_return_are_not_counted_and_processes_make_up_the_whole() {
        let mut counter = Counter::new(true, CallFilter::everything());
        let head = |tgid, nr, dur, ret| Head { tgid, nr, dur, ret, ..Head::default() };
        counter.add(&head(1, 5, 100, 0));
        counter.add(&head(2, 5, 300, -2));
        counter.add(&Head { flags: flag::NO_RETURN, ..head(2, 5, 300, 0) });
        counter.add(&Head { flags: flag::BEFORE, ..head(2, 6, 1 << 60, -4095) });
        counter.add(&head(2, 6, 7, -4096));
        let [five, six] = counter.counts()[..] else { panic!("two calls") };
        assert_eq!((five.calls, five.errors, five.total, five.min, five.max), (2, 1, 400, 100, 300));
        assert_eq!((six.calls, six.errors, six.total, six.min, six.max), (2, 1, 7, 0, 7));
        let mut sums: BTreeMap<u32, Count> = BTreeMap::new();
        for (_, count) in counter.by_process() {
            sums.entry(count.nr).or_insert(Count::none(false, count.nr)).add(&count);
        }
        assert_eq!(sums.into_values().collect::<Vec<_>>(), counter.counts());
        assert_eq!(Counter::new(false, CallFilter::everything()).by_process(), []);
    }

    proptest! {
        /// A percentile is in the bucket of the call that it stands for, and so less than a factor of two away.
        #[test]
        fn percentiles_are_close(mut times in prop::collection::vec(0u64..1 << 39, 1..200), percent in 1u64..=100) {
            let count = of(&times);
            times.sort_unstable();
            let place = (times.len() * percent as usize).div_ceil(100);
            let (truth, told) = (times[place - 1], count.percentile(percent));
            prop_assert!(told <= truth.saturating_mul(2).max(2) && truth <= told.saturating_mul(2).max(2), "{told} for {truth}");
            prop_assert!((times[0]..=times[times.len() - 1]).contains(&told));
            prop_assert_eq!(count.times.sum(), count.calls);
        }

        /// What is counted in two places and added is what is counted in one.
        #[test]
        fn counts_add_up(a: Vec<u64>, b: Vec<u64>) {
            let mut sum = of(&a);
            sum.add(&of(&b));
            prop_assert_eq!(sum, of(&[a, b].concat()));
        }
    }
}
