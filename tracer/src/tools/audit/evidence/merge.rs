//! Evidence of several runs as that of one: what happened in any of them.

use std::collections::BTreeMap;

use super::{Access, Effect, Evidence, Gap, Judged, Ran, Real, Unit};

impl Evidence {
    /// What happened in any of these runs of one command; how it ended is told of the first that failed, else of the last.
    pub fn of_runs(runs: &[Evidence]) -> Evidence {
        let [first, .., last] = runs else { return runs.first().cloned().unwrap_or_default() };
        let mut units: Vec<Unit> = runs.iter().flat_map(|run| run.units.iter().cloned()).collect();
        units.sort();
        units.dedup();
        let (mut accesses, mut effects) = (BTreeMap::<Access, Vec<Real>>::new(), Vec::<Effect>::new());
        let mut kept = Vec::new();
        let (mut programs, mut gaps, mut remarks) = (Vec::new(), BTreeMap::new(), Vec::new());
        for run in runs {
            let place = |unit: usize| units.iter().position(|known| *known == run.units[unit]).unwrap_or_default();
            for (index, access) in run.accesses.iter().enumerate() {
                let real = run.judged(index).into_iter().map(|Judged { access, also, by }| Real {
                    access: Access { unit: place(access.unit), ..access.clone() },
                    also: also.to_vec(),
                    by: by.to_vec(),
                });
                let names = accesses.entry(Access { unit: place(access.unit), ..access.clone() }).or_default();
                names.extend(real);
            }
            kept.extend(run.kept.iter().map(|real| Real {
                access: Access { unit: place(real.access.unit), ..real.access.clone() },
                ..real.clone()
            }));
            programs.extend(run.programs.iter().map(|ran| Ran { unit: place(ran.unit), ..ran.clone() }));
            for effect in &run.effects {
                let by = effect.units.iter().map(|unit| place(*unit));
                match effects.iter_mut().find(|known| (&known.path, &known.change) == (&effect.path, &effect.change)) {
                    Some(known) => known.units.extend(by),
                    None => effects.push(Effect { units: by.collect(), ..effect.clone() }),
                }
            }
            for gap in &run.gaps {
                let count = gaps.entry((gap.kind, gap.unit.map(place), gap.what.clone())).or_insert(0);
                *count = gap.count.saturating_add(*count);
            }
            remarks.extend(run.remarks.iter().cloned());
        }
        for effect in &mut effects {
            effect.units.sort_unstable();
            effect.units.dedup();
        }
        effects.sort();
        programs.sort();
        programs.dedup();
        remarks.sort();
        remarks.dedup();
        let ended = runs.iter().find(|run| run.status != Some(0)).unwrap_or(last);
        let mut whole = Evidence {
            command: first.command.clone(),
            status: ended.status,
            not_run: ended.not_run,
            source: first.source.clone(),
            units,
            kept,
            programs,
            effects,
            gaps: gaps.into_iter().map(|((kind, unit, what), count)| Gap { kind, unit, what, count }).collect(),
            remarks,
            ..Evidence::default()
        };
        for (access, mut real) in accesses {
            real.dedup();
            if real.iter().any(|real| real.tells_more_than(&access)) {
                whole.real.insert(whole.accesses.len(), real);
            }
            whole.accesses.push(access);
        }
        whole
    }
}
