//! Following the names of a path, one after the other: where each led when it was passed, as far as that is known.

use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::time::Instant;

use foldhash::HashMap;
use rustix::time::ClockId;

use super::{FRESH, MOST, MOST_LINKS, Machine, as_path, changed_at, clock, last};
use crate::system::proc_paths;
use crate::tools::audit::evidence::collect::{Doubt, Look};
use crate::tools::audit::links::Made;

/// How far the time of a change may be before the change: the kernel takes that of the last tick (`ktime_get_coarse_real_ts64`).
const TICK: i128 = 10_000_000;

impl Machine {
    /// Forgets what may not be so any more.
    pub(super) fn refresh(&mut self) {
        if self.since.elapsed() > FRESH || self.known >= MOST {
            self.forget();
            self.since = Instant::now();
        }
    }

    pub(super) fn forget(&mut self) {
        self.directories.iter_mut().for_each(HashMap::clear);
        self.known = 0;
    }

    /// The name was made, removed or given to something else: links may lead elsewhere than before.
    pub(super) fn changed(&mut self, path: &[u8]) {
        let inside =
            |directory: &[u8]| directory.strip_prefix(path).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        self.loaders.remove(path);
        // In another place the same path may be another file's, or another path the same file's.
        for (place, known) in self.directories.iter_mut().enumerate() {
            known.retain(|given, real| place == 0 && !inside(given) && !inside(real));
        }
        self.known = self.directories.iter().map(HashMap::len).sum();
    }

    /// A directory with all links followed, as far as it is there; without a slash at its end, so that the root is empty. The path
    /// begins at the root of its place. `links`: how many led here.
    pub(super) fn followed(&mut self, place: usize, path: &[u8], links: usize) -> Vec<u8> {
        if let Some(known) = self.directories.get(place).and_then(|known| known.get(path)) {
            return known.clone();
        }
        let Some((parent, name)) = last(path) else { return Vec::new() };
        let mut real = self.followed(place, parent, links);
        match name {
            b"" | b"." => {}
            b".." => real.truncate(last(&real).map_or(0, |(parent, _)| parent.len())),
            name => {
                // Whose these are, and what lies below, depends on who looks.
                let at = [&real, &b"/"[..], name].concat();
                let target = if links < MOST_LINKS && !proc_paths::depends_on_who_looks(&at) {
                    self.target(place, &at)
                } else {
                    None
                };
                real = match target {
                    Some(target) => {
                        let front = if target.starts_with(b"/") { &[][..] } else { &real };
                        let doubts = self.doubts.len();
                        let real = self.followed(place, &[front, b"/", &target].concat(), links + 1);
                        // What the kernel says there has no links, and may be gone.
                        if proc_paths::is_below(&at) {
                            self.doubts.truncate(doubts);
                        }
                        real
                    }
                    None => at,
                };
            }
        }
        if self.directories.len() <= place {
            self.directories.resize_with(place + 1, HashMap::default);
        }
        self.known += usize::from(self.directories[place].insert(path.to_vec(), real.clone()).is_none());
        real
    }

    /// Where a name led when it was passed, if it was a symbolic link.
    fn target(&mut self, place: usize, at: &[u8]) -> Option<Vec<u8>> {
        let is_own = self.places.is_own(place);
        let there = self.places.get(place);
        let whole = [there.root.as_slice(), at].concat();
        match self.links.get(&whole).filter(|_| is_own) {
            Some(Made::Link(target)) => return Some(target.clone()),
            Some(Made::Other) => return None,
            None => {}
        }
        let from_here = [there.way.as_slice(), at].concat();
        let from_here = as_path(&from_here);
        let found = std::fs::read_link(from_here).map(|target| target.into_os_string().into_vec());
        // The links of processes are as they are when they are asked for; what they were is seen by their calls.
        if !is_own || proc_paths::is_below(at) {
            return found.ok();
        }
        self.looked(&whole);
        match found {
            // One that the command did not make before, and that is that new, took the place of something else.
            Ok(_) if self.is_new(from_here) => self.doubts.push(Doubt::New(whole)),
            Ok(target) => return Some(target),
            Err(error) if error.kind() == ErrorKind::NotFound => self.doubts.push(Doubt::Gone(whole)),
            Err(_) => {}
        }
        None
    }

    /// Notes that a name was looked at just now.
    fn looked(&mut self, path: &[u8]) {
        if self.tells_looks {
            let time = u64::try_from(clock(ClockId::Monotonic)).unwrap_or_default();
            self.looks.push(Look { time, path: path.to_vec() });
        }
    }

    /// What is written in the link of a name here; `None` where it is none.
    pub(super) fn link_of(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let target = std::fs::read_link(as_path(path)).ok();
        self.looked(path);
        target.map(|target| target.into_os_string().into_vec())
    }

    /// Notes what is written in a link of before the run that has this name now.
    pub(super) fn find_link(&mut self, path: &[u8]) {
        if self.links.get(path).is_none()
            && let Some(target) = self.link_of(path)
        {
            self.links.make(path, Made::Link(target));
        }
    }

    /// Whether a link is newer than the call whose names are followed.
    fn is_new(&self, link: &Path) -> bool {
        let new = || Some(changed_at(&link.symlink_metadata().ok()?) >= self.passed_at()?);
        new().unwrap_or_default()
    }

    /// CLOCK_REALTIME of the call whose names are followed, less what clocks may differ by; `None` where it is not known.
    pub(super) fn passed_at(&self) -> Option<i128> {
        let since = clock(ClockId::Monotonic) - i128::from(self.time);
        (self.time != 0).then(|| (clock(ClockId::Realtime) - since - TICK).max(self.begun))
    }

    /// A path in the namespace of a place, from the place's root on. One beside that root is followed in tracer's place, if its namespace
    /// is the same; else it cannot be.
    pub(super) fn inside<'p>(&self, place: usize, path: &'p [u8]) -> Option<(usize, &'p [u8])> {
        let rest = path.strip_prefix(self.places.get(place).root.as_slice());
        match rest.filter(|rest| rest.first().is_none_or(|&b| b == b'/')) {
            Some(rest) => Some((place, rest)),
            None => self.places.is_own(place).then_some((0, path)),
        }
    }

    /// A path that begins at the root of a place, from the root of its namespace on.
    pub(super) fn whole(&self, place: usize, inside: Vec<u8>) -> Vec<u8> {
        let root = &self.places.get(place).root;
        match (root.is_empty(), inside.is_empty()) {
            (true, true) => b"/".to_vec(),
            (true, false) => inside,
            (false, _) => [root.as_slice(), &inside].concat(),
        }
    }
}
