//! Names that were something else by the time they were looked at: a link that was taken away or led elsewhere soon after it was used,
//! a directory that was renamed with all that is in it.

use std::collections::BTreeMap;

use super::{Collector, Doubt, Look, Related, Seen};
use crate::schema::effects::Of;
use crate::tools::audit::evidence::effects::inside;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{GapKind, Op};

/// What is below a directory that was renamed: as much of it is told of which rules may speak.
const MOST_BELOW: usize = 1000;
/// Names that are gone at most, of which a later call may say what they were.
const MOST_MISSING: usize = 10_000;
/// Names that were looked at that are remembered, at most.
const MOST_LOOKS: usize = 100_000;
/// A call that began so long after a look cannot have changed what the look saw, ns: calls come in the order in which they end.
const LATE: u64 = 10_000_000_000;

/// When a name was last looked at (ns of CLOCK_MONOTONIC), whose call passed it, and which.
#[derive(Debug)]
pub(super) struct Looked {
    time: u64,
    unit: usize,
    name: &'static str,
}

impl Collector<'_> {
    /// Notes of what names it was not known what they were when the call passed one, which led to `real`.
    pub(super) fn doubt(&mut self, seen: &Seen<'_, '_>, real: &[u8]) {
        let doubts = self.world.doubts();
        self.remember_looks(seen.unit, seen.name);
        let was_not_there = matches!(i32::from(seen.errno), libc::ENOENT | libc::ENOTDIR);
        if was_not_there {
            // It may be there by now, and was no link then.
            self.looks.remove(real);
        }
        // No rule asks for it, or what was passed was not there either.
        if !self.paths || was_not_there {
            return;
        }
        for doubt in doubts {
            match doubt {
                Doubt::New(path) => self.led(seen.unit, seen.name, &path),
                // The kernel told of it before, and it tells no links.
                Doubt::Gone(path) if self.effects.knows(&path) || self.effects.is_in_own(&path) => {}
                Doubt::Gone(path) if self.missing.len() < MOST_MISSING => {
                    self.missing.entry(path).or_insert((seen.unit, seen.name));
                }
                Doubt::Gone(path) => self.led(seen.unit, seen.name, &path),
            }
        }
    }

    /// Notes which names were looked at for a call: they may have been something else when it was made.
    pub(super) fn remember_looks(&mut self, unit: usize, name: &'static str) {
        for Look { time, path } in self.world.looks() {
            if self.looks.len() >= MOST_LOOKS {
                self.looks.retain(|_, look| look.time.saturating_add(LATE) >= time);
            }
            if self.looks.len() < MOST_LOOKS {
                self.looks.insert(path, Looked { time, unit, name });
            } else {
                self.gap(GapKind::Crowded, Some(unit), "names that were looked at".to_owned(), 1);
            }
        }
    }

    /// A call has removed a name, or given it to something else. What was looked at after that call began is not what was there before:
    /// a later call may say what that was.
    pub(super) fn look_again(&mut self, seen: &Seen<'_, '_>, path: &[u8]) {
        if !self.paths {
            return;
        }
        self.remember_looks(seen.unit, seen.name);
        for path in itself_and_inside(&self.looks, path) {
            // The first change after a look says what it should have seen.
            let is_late = |look: &Looked| look.time >= seen.call.head.time;
            if !self.looks.get(&path).is_some_and(is_late) {
                continue;
            }
            if let Some(Looked { unit, name, .. }) = self.looks.remove(&path)
                && !self.effects.knows(&path)
                && !self.effects.is_in_own(&path)
                && self.missing.len() < MOST_MISSING
            {
                self.missing.entry(path).or_insert((unit, name));
            }
        }
    }

    fn led(&mut self, unit: usize, name: &str, path: &[u8]) {
        let what = format!("where {} led when {name} was given it: it is another or gone since", shown(path));
        self.gap(GapKind::Unreadable, Some(unit), what, 1);
    }

    /// A name was removed: `directory`, if it was one's.
    pub(super) fn removed(&mut self, path: &[u8], directory: bool) {
        self.world.gone(path);
        if let Some((unit, name)) = self.missing.remove(path).filter(|_| !directory) {
            self.led(unit, name, path);
        }
    }

    /// Names are others, each with all that is below it: what was missing can be looked at there.
    pub(super) fn found_again(&mut self, moves: &[(&[u8], &[u8])]) {
        let mut moved = Vec::new();
        for (old, new) in moves {
            for path in itself_and_inside(&self.missing, old) {
                let whose = self.missing.remove(&path);
                moved.extend(whose.map(|whose| ([*new, &path[old.len()..]].concat(), path, whose)));
            }
        }
        for (now, path, (unit, name)) in moved {
            if self.world.is_link(&now) {
                self.led(unit, name, &path);
            } else if !self.world.exists(&now) {
                self.missing.insert(now, (unit, name));
            }
        }
    }

    /// A name was given to something else; what it was before is gone.
    pub(super) fn covered(&mut self, path: &[u8]) {
        // Where a directory takes a name, it was free or that of a directory.
        if let Some((unit, name)) = self.missing.remove(path)
            && !self.world.is_directory(path)
        {
            self.led(unit, name, path);
        }
    }

    /// Nobody said what became of the names that were gone.
    pub(super) fn never_found(&mut self) {
        for (path, (unit, name)) in std::mem::take(&mut self.missing) {
            self.led(unit, name, &path);
        }
    }

    /// All that is in a directory has another name with it.
    pub(super) fn renamed_below(&mut self, seen: &Seen<'_, '_>, old: &[u8], new: &[u8]) {
        let concerns = |path: &[u8]| {
            let above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at]);
            let below = [path, b"/"].concat();
            let within = |front: &Vec<u8>| front.starts_with(&below);
            above.chain([path]).any(|front| self.fronts.contains(front))
                || self.fronts.range(below.clone()..).next().is_some_and(within)
        };
        if !(concerns(old) || concerns(new)) || self.world.is_link(new) {
            return;
        }
        match self.world.below(new, MOST_BELOW) {
            Some(list) => {
                for path in list {
                    let before = [old, &path[new.len()..]].concat();
                    let related = Related { to: Some(&path), ..Related::default() };
                    self.access_to(seen, Op::Rename, &before, None, related);
                }
            }
            None => {
                let what = format!("what is in {}, which was renamed: more than {MOST_BELOW} files", shown(new));
                self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
            }
        }
    }
}

/// A path, if it is there, and those below it.
fn itself_and_inside<T>(paths: &BTreeMap<Vec<u8>, T>, path: &[u8]) -> Vec<Vec<u8>> {
    let itself = paths.get_key_value(path).map(|(path, _)| path.clone());
    itself.into_iter().chain(inside(paths, path)).collect()
}

/// Whether a call that removes a name removes that of a directory.
pub(super) fn is_directorys(seen: &Seen<'_, '_>, of: Of) -> bool {
    match of {
        Of::NoDirectory => false,
        Of::Directory => true,
        Of::ByFlags(flags) => seen.number(flags) as i32 & libc::AT_REMOVEDIR != 0,
    }
}
