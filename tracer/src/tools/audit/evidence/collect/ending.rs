//! The end of a run: what was taken becomes evidence, in its order, and what is worth a word beside it.

use std::collections::BTreeSet;

use super::{Collector, World};
use crate::system::proc_paths;
use crate::tools::audit::evidence::effects::Effects;
use crate::tools::audit::evidence::handed;
use crate::tools::audit::evidence::units;
use crate::tools::audit::evidence::{Change, Evidence, Gap, GapKind, Object, Runner, Timeline, Unit};

impl Collector<'_> {
    /// All that was taken, in its order. `losses`: what the source lost, by reason.
    pub fn finish(mut self, source: &str, losses: impl Iterator<Item = (&'static str, u64)>) -> (Evidence, Timeline) {
        let begun = std::mem::take(&mut self.connecting).into_values();
        for access in begun.chain(std::mem::take(&mut self.unnamed).into_values()) {
            self.add(access);
        }
        self.tell_of_units();
        self.tell_of_strangers();
        self.all_is_said();
        if self.hosts && self.names.is_unanswered() {
            let what = "an answer of a name server that was asked from a socket without a peer".to_owned();
            self.gap(GapKind::Unreadable, None, what, 1);
        }
        if self.names.crowded > 0 {
            self.gap(GapKind::Crowded, None, "names of hosts".to_owned(), self.names.crowded);
        }
        if self.effects.crowded > 0 {
            self.gap(GapKind::Crowded, None, "names of files".to_owned(), self.effects.crowded);
        }
        for (reason, count) in losses {
            self.gap(GapKind::Lost, None, reason.to_owned(), count);
        }
        self.never_found();
        let mut order: Vec<usize> = (0..self.units.len()).collect();
        order.sort_by(|a, b| self.units[*a].cmp(&self.units[*b]));
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| place[*from] = to);
        let mut was_there = |path: &[u8]| was_there(self.world, &self.effects, path);
        let settle = |object: &mut Object| {
            if let Object::Inet { protocol, address, ephemeral, hosts } = object {
                *hosts = self.names.of(*address);
                if address.port() != 0 && self.ports.is_chosen(protocol, address.port()) {
                    address.set_port(0);
                    *ephemeral = true;
                }
            }
        };
        let timeline = std::mem::take(&mut self.course).finish(&place);
        let programs = timeline.programs(&self.stable, &mut was_there);
        let mut steady = |path: &[u8]| self.stable.path(path, &mut was_there);
        let kept = self.accesses.by_other_names(&self.effects.kept(), &place);
        let (accesses, real) =
            std::mem::take(&mut self.accesses)
                .finish(&place, &mut steady, settle, |address, told| self.names.then(address, told));
        let mut effects = self.effects.finish();
        effects.retain(|effect| self.ignored.as_ref().is_none_or(|ours| !effect.path.starts_with(ours)));
        for effect in &mut effects {
            effect.path = steady(&effect.path);
            if let Change::Renamed(to) = &mut effect.change {
                *to = steady(to);
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
        let before: BTreeSet<String> = self.before.values().map(|program| units::shown(program)).collect();
        let remark = |program| format!("{program} was there before the command, and what it did is in the evidence");
        let mut remarks: Vec<String> = before.into_iter().map(remark).collect();
        if timeline.left_out > 0 {
            remarks.push(format!("{} processes have no place in the timeline, which is full", timeline.left_out));
        }
        remarks.append(&mut self.remarks);
        remarks.sort();
        let evidence = Evidence {
            command: Vec::new(),
            status: self.status,
            not_run: None,
            source: source.to_owned(),
            units: order.iter().map(|&at| self.units[at].clone()).collect(),
            accesses,
            real,
            kept,
            programs,
            effects,
            gaps,
            remarks,
        };
        (evidence, timeline)
    }

    /// What is to be said of whose doing things were, and of work that was handed to others.
    fn tell_of_units(&mut self) {
        for runner in self.whose.silent().collect::<Vec<_>>() {
            let what = format!("{runner} ran without what tells its tests apart (docs/ci-audit.md, Tests)");
            self.gap(GapKind::UnknownUnit, None, what, 1);
        }
        for handed in handed::handed(&self.accesses, &self.serving, &self.clients, self.newcomers) {
            self.gap(GapKind::Handed, Some(handed.unit), handed.what, 1);
        }
        if !self.whose.is_suite() {
            self.units[0] = Unit::none(false);
        }
        let ran = |runner: Runner| self.units.iter().any(|unit| unit.runner == runner);
        let mut remarks = Vec::new();
        if ran(Runner::CargoTest) {
            remarks.push(
                "cargo test runs the tests of a binary in one process: they are not told apart (cargo nextest run would have them told)"
                    .to_owned(),
            );
        }
        if self.whose.is_mixed() {
            remarks.push("tests ran in several threads of one process at the same time: what other threads did there is the harness's".to_owned());
        }
        if self.serving.is_unknown() {
            remarks
                .push("a fork server started processes for nobody knows which unit: they are the harness's".to_owned());
        }
        self.remarks.extend(remarks);
    }
}

/// Whether a path was there before the run, as far as is known.
fn was_there(world: &dyn World, effects: &Effects, path: &[u8]) -> bool {
    // Processes come and go there.
    !proc_paths::is_below(path) && effects.was_there(path).unwrap_or_else(|| world.exists(path))
}
