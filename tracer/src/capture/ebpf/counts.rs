//! What the kernel side has counted of calls (`-c`): read while it counts on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aya::maps::{HashMap, PerCpuArray};
use tracer_common::config::Tally;

use super::{EbpfSource, load};
use crate::capture::Count;
use crate::capture::count::Histogram;
use crate::schema::place_of;

impl EbpfSource {
    /// Of every call, all CPUs together.
    pub(super) fn counts_of_all(&self) -> Result<Vec<Count>> {
        let tally = PerCpuArray::<_, load::TallyValue>::try_from(&self.loaded.tally)?;
        let mut counts = Vec::new();
        for index in 0..tally.len() {
            let (compat, nr) = place_of(index);
            if !self.loaded.asked.wants(nr, compat) {
                continue;
            }
            let mut count = Count::none(compat, nr);
            tally.get(&index, 0)?.iter().for_each(|of_cpu| count.add(&counted(count.compat, count.nr, &of_cpu.0)));
            counts.extend((count.calls > 0).then_some(count));
        }
        Ok(counts)
    }

    /// The same by process.
    pub(super) fn counts_of_each(&self) -> Result<Vec<(u32, Count)>> {
        let tallies = HashMap::<_, load::TallyKeyValue, load::TallyValue>::try_from(&self.loaded.tallies)?;
        let mut counts: BTreeMap<(u32, u16), Count> = BTreeMap::new();
        for entry in tallies.iter() {
            let (key, tally) = entry?;
            let (compat, nr) = place_of(key.0.index.into());
            if !self.loaded.asked.wants(nr, compat) {
                continue;
            }
            let count = counts.entry((key.0.tgid, key.0.index)).or_insert_with(|| Count::none(compat, nr));
            count.add(&counted(compat, nr, &tally.0));
        }
        Ok(counts.into_iter().map(|((process, _), count)| (process, count)).collect())
    }

    /// Takes away what was counted of processes.
    pub(super) fn forget_counts(&mut self, processes: &BTreeSet<u32>) {
        let Ok(mut tallies) = HashMap::<_, load::TallyKeyValue, load::TallyValue>::try_from(&mut self.loaded.tallies)
        else {
            return;
        };
        let gone: Vec<load::TallyKeyValue> =
            tallies.keys().flatten().filter(|key| processes.contains(&key.0.tgid)).collect();
        for key in gone {
            // It may be gone already.
            let _ = tallies.remove(&key);
        }
    }
}

/// What one CPU counted.
pub(super) fn counted(compat: bool, nr: u32, tally: &Tally) -> Count {
    let times = Histogram(tally.histogram());
    Count {
        compat,
        nr,
        calls: times.sum(),
        errors: tally.errors,
        total: tally.total,
        min: tally.min1.saturating_sub(1),
        max: tally.max,
        times,
    }
}
