//! Names that were something else by the time they were looked at: a link that was taken away or led elsewhere soon after it was used,
//! a directory that was renamed with all that is in it.

use super::{Collector, Doubt, Related, Seen};
use crate::schema::effects::Of;
use crate::tools::audit::evidence::units::shown;
use crate::tools::audit::evidence::{GapKind, Op};

/// What is below a directory that was renamed: as much of it is told of which rules may speak.
const MOST_BELOW: usize = 1000;
/// Names that are gone at most, of which a later call may say what they were.
const MOST_MISSING: usize = 10_000;

impl Collector<'_> {
    /// Notes of what names it was not known what they were when the call passed one.
    pub(super) fn doubt(&mut self, seen: &Seen<'_, '_>) {
        let doubts = self.world.doubts();
        // No rule asks for it, or what was passed was not there either.
        if !self.paths || matches!(i32::from(seen.errno), libc::ENOENT | libc::ENOTDIR) {
            return;
        }
        for doubt in doubts {
            match doubt {
                Doubt::New(path) => self.led(seen.unit, seen.name, &path),
                // The kernel told of it before, and it tells no links.
                Doubt::Gone(path) if self.effects.knows(&path) => {}
                Doubt::Gone(path) if self.missing.len() < MOST_MISSING => {
                    self.missing.entry(path).or_insert((seen.unit, seen.name));
                }
                Doubt::Gone(path) => self.led(seen.unit, seen.name, &path),
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

    /// A name is another: what was missing can be looked at there.
    pub(super) fn found_again(&mut self, old: &[u8], new: &[u8]) {
        let front = [old, b"/"].concat();
        let moved = |path: &&Vec<u8>| path.as_slice() == old || path.starts_with(&front);
        let moved: Vec<_> = self.missing.range(old.to_vec()..).map(|(path, _)| path).filter(moved).cloned().collect();
        for path in moved {
            let Some((unit, name)) = self.missing.remove(&path) else { continue };
            let now = [new, &path[old.len()..]].concat();
            if self.world.is_link(&now) {
                self.led(unit, name, &path);
            } else if !self.world.exists(&now) {
                self.missing.insert(now, (unit, name));
            }
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
            let within = |one: &[u8], other: &[u8]| {
                one.strip_prefix(other).is_some_and(|rest| rest.first().is_none_or(|&b| b == b'/'))
            };
            self.fronts.iter().any(|front| within(front, path) || within(path, front))
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

/// Whether a call that removes a name removes that of a directory.
pub(super) fn is_directorys(seen: &Seen<'_, '_>, of: Of) -> bool {
    match of {
        Of::NoDirectory => false,
        Of::Directory => true,
        Of::ByFlags(flags) => seen.number(flags) as i32 & libc::AT_REMOVEDIR != 0,
    }
}
