//! What became of files: operations in their order, brought down to the net effect on each name.

mod deeds;

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;

use self::deeds::Deeds;
pub use self::deeds::Kept;
use super::{Change, Effect, Op};

/// Names that are kept at most.
const MOST: usize = 1_000_000;

/// The files that something was done to.
#[derive(Debug, Default)]
pub struct Effects {
    states: BTreeMap<Vec<u8>, State>,
    /// Names that were there when something was first done to them without changing them.
    seen: HashSet<Vec<u8>>,
    /// The names of before the run of what has another name now, by that.
    origins: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Names of what nobody has looked at: it came there by another name, and may be a symbolic link.
    unknown: HashSet<Vec<u8>>,
    /// Operations on names that had no place.
    pub crowded: u64,
}

#[derive(Debug, Default, Clone)]
struct State {
    /// It was there before the run.
    before: bool,
    /// It is there.
    now: bool,
    /// Its contents may be others than before.
    changed: bool,
    /// What was here has another name now.
    moved: Option<Vec<u8>>,
    /// What is here was there before the run under this other name.
    came: Option<Vec<u8>>,
    units: BTreeSet<usize>,
    /// What was done to the file that has the name, in this run.
    deeds: Deeds,
}

impl State {
    /// A name that was there, and is.
    fn there() -> State {
        State { before: true, now: true, ..State::default() }
    }
}

impl Effects {
    /// The file is there, and was only looked at.
    pub fn seen(&mut self, path: &[u8]) {
        if self.seen.len() < MOST && !self.seen.contains(path) && !self.states.contains_key(path) {
            self.seen.insert(path.to_vec());
        }
    }

    /// Something is known of what has or had this name: it was opened, made or changed, and is no symbolic link but one that the command
    /// made.
    pub fn knows(&self, path: &[u8]) -> bool {
        !self.unknown.contains(path) && (self.seen.contains(path) || self.states.contains_key(path))
    }

    /// The name is one in a directory that the command made: what was there, was made there, and that was seen.
    pub fn is_in_own(&self, path: &[u8]) -> bool {
        let mut end = path.len();
        while let Some(slash) = memchr::memrchr(b'/', &path[..end]).filter(|slash| *slash > 0) {
            end = slash;
            if let Some(state) = self.states.get(&path[..end]) {
                return !state.before && state.now && state.came.is_none() && !self.unknown.contains(&path[..end]);
            }
        }
        false
    }

    /// What has this name now is as well known as it was by another.
    fn known(&mut self, path: &[u8], is_known: bool) {
        if is_known {
            self.unknown.remove(path);
        } else if self.unknown.len() < MOST {
            self.unknown.insert(path.to_vec());
        }
    }

    /// Whether a name was there before the run, where it is known.
    pub fn was_there(&self, path: &[u8]) -> Option<bool> {
        if self.seen.contains(path) {
            return Some(true);
        }
        self.states.get(path).map(|state| state.before)
    }

    /// The name that a file had before the run, where it has another now: it, or a directory that it is in, was renamed or linked.
    pub fn origin(&self, path: &[u8]) -> Option<Vec<u8>> {
        let mut end = if self.origins.is_empty() { 0 } else { path.len() };
        while end > 0 {
            if let Some(origin) = self.origins.get(&path[..end]) {
                return Some([origin, &path[end..]].concat());
            }
            end = memchr::memrchr(b'/', &path[..end]).unwrap_or(0);
        }
        None
    }

    /// The same; where it has no other now, that which it has.
    pub fn original(&self, path: &[u8]) -> Vec<u8> {
        self.origin(path).unwrap_or_else(|| path.to_vec())
    }

    /// The file of one name has another name, too.
    pub fn link(&mut self, name: &[u8], other: &[u8]) {
        let known = self.knows(name);
        self.leads(name, other);
        if self.states.len() >= MOST && !(self.states.contains_key(name) && self.states.contains_key(other)) {
            self.crowded += 1;
            return;
        }
        let deeds = self.states.entry(name.to_vec()).or_insert_with(State::there).deeds.clone();
        self.states.entry(other.to_vec()).or_insert_with(State::there).deeds = deeds;
        self.known(name, known);
        self.known(other, known);
    }

    fn leads(&mut self, name: &[u8], other: &[u8]) {
        if name != other && self.origins.len() < MOST {
            self.origins.insert(other.to_vec(), self.original(name));
        }
    }

    /// The file of a name is the one that another had before the run.
    pub fn was(&mut self, name: &[u8], path: &[u8]) {
        if name != path && self.origins.len() < MOST {
            self.origins.insert(path.to_vec(), name.to_vec());
        }
    }

    /// The file was made.
    pub fn create(&mut self, path: &[u8], unit: usize) {
        self.known(path, true);
        let deeds = Deeds::default();
        deeds.add(unit, Op::Create, path);
        self.note(path, unit, |state, known| {
            state.before &= known;
            state.now = true;
            state.changed = true;
            state.deeds = deeds;
        });
    }

    /// Its contents were changed.
    pub fn change(&mut self, path: &[u8], unit: usize) {
        self.changed(path, unit);
        if let Some(state) = self.states.get(path) {
            state.deeds.add(unit, Op::Write, path);
        }
    }

    fn changed(&mut self, path: &[u8], unit: usize) {
        self.note(path, unit, |state, _| {
            state.now = true;
            state.changed = true;
        });
    }

    /// What was done to files that have another name now.
    pub fn kept(&self) -> Vec<Kept> {
        let there = self.states.iter().filter(|(_, state)| state.now);
        there.flat_map(|(name, state)| state.deeds.by_another_name(name)).collect()
    }

    /// The name was removed.
    pub fn delete(&mut self, path: &[u8], unit: usize) {
        self.origins.remove(path);
        let mut came = None;
        self.note(path, unit, |state, _| {
            state.now = false;
            state.deeds = Deeds::default();
            came = state.came.take();
        });
        // Then it is the file of the old name that is gone.
        if let Some(origin) = came {
            if self.states.get(path).is_some_and(|state| !state.before) {
                self.states.remove(path);
            }
            if let Some(state) = self.states.get_mut(&origin) {
                state.moved = None;
                state.units.insert(unit);
            }
        }
    }

    /// A name was given to what had another.
    pub fn rename(&mut self, old: &[u8], new: &[u8], unit: usize) {
        if old == new {
            return;
        }
        let known = self.knows(old);
        self.leads(old, new);
        self.known(new, known);
        self.origins.remove(old);
        self.move_one(old, new, unit);
        let there = |path: &[u8]| [new, &path[old.len()..]].concat();
        for path in inside(&self.origins, old) {
            if let Some(origin) = self.origins.remove(&path) {
                self.origins.insert(there(&path), origin);
            }
        }
        for path in inside(&self.states, old) {
            let to = there(&path);
            if let Some(state) = self.states.remove(&path) {
                if let Some(origin) = state.came.as_ref().and_then(|came| self.states.get_mut(came)) {
                    origin.moved = Some(to.clone());
                }
                self.states.insert(to, state);
            }
        }
    }

    /// Two names were exchanged (`RENAME_EXCHANGE`): both files are there, and both are others.
    pub fn exchange(&mut self, one: &[u8], other: &[u8], unit: usize) {
        let origins = (self.original(other), self.original(one));
        let known = (self.knows(other), self.knows(one));
        self.origins.insert(one.to_vec(), origins.0);
        self.origins.insert(other.to_vec(), origins.1);
        self.changed(one, unit);
        self.changed(other, unit);
        let mut deeds = Vec::new();
        for (old, new) in [(one, other), (other, one)] {
            for path in inside(&self.states, old).into_iter().chain([old.to_vec()]) {
                let of_it = self.states.get_mut(&path).map(|state| std::mem::take(&mut state.deeds));
                deeds.extend(of_it.map(|of_it| ([new, &path[old.len()..]].concat(), of_it)));
            }
        }
        for (path, of_it) in deeds {
            self.states.entry(path).or_insert_with(State::there).deeds = of_it;
        }
        self.known(one, known.0);
        self.known(other, known.1);
    }

    fn move_one(&mut self, old: &[u8], new: &[u8], unit: usize) {
        let from = self.states.remove(old).unwrap_or_else(State::there);
        let origin = if from.before { Some(old.to_vec()) } else { from.came };
        if let Some(state) = origin.as_ref().and_then(|origin| self.states.get_mut(origin)) {
            state.moved = Some(new.to_vec());
        }
        if from.before {
            let units = BTreeSet::from([unit]);
            let left = State { before: true, moved: Some(new.to_vec()), units, ..State::default() };
            self.states.insert(old.to_vec(), left);
        }
        let was = self.seen.contains(new);
        let target = self.states.entry(new.to_vec()).or_insert_with(|| State { before: was, ..State::default() });
        target.now = true;
        target.changed = true;
        target.came = origin;
        target.deeds = from.deeds;
        target.units.extend(from.units);
        target.units.insert(unit);
    }

    fn note(&mut self, path: &[u8], unit: usize, change: impl FnOnce(&mut State, bool)) {
        if !self.states.contains_key(path) && self.states.len() >= MOST {
            self.crowded += 1;
            return;
        }
        let known = self.states.contains_key(path);
        let state = self.states.entry(path.to_vec());
        let state = state.or_insert_with(State::there);
        change(state, known);
        state.units.insert(unit);
    }

    /// The net effects, by path.
    pub fn finish(&self) -> Vec<Effect> {
        let effect = |(path, state): (&Vec<u8>, &State)| {
            let change = match (state.before, state.now, state.moved.clone()) {
                (false, true, _) if state.came.is_some() => return None,
                (false, true, _) => Change::Created,
                (false, false, _) => Change::Temporary,
                (true, false, Some(to)) => Change::Renamed(to),
                (true, false, None) => Change::Deleted,
                (true, true, _) if state.changed => Change::Modified,
                (true, true, _) => return None,
            };
            let units = state.units.iter().copied().collect();
            Some(Effect { path: path.clone(), change, units, ..Effect::default() })
        };
        self.states.iter().filter_map(effect).collect()
    }
}

/// The paths below one.
pub fn inside<T>(paths: &BTreeMap<Vec<u8>, T>, path: &[u8]) -> Vec<Vec<u8>> {
    let front = [path, b"/"].concat();
    let from_there = paths.range(front.clone()..).map(|(path, _)| path);
    from_there.take_while(|path| path.starts_with(&front)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_come_down_to_their_effect() {
        let check = |script: &str, expected: &[&str]| {
            let mut effects = Effects::default();
            for line in script.split(';') {
                let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
                match *words.as_slice() {
                    [b"create", path] => effects.create(path, 1),
                    [b"change", path] => effects.change(path, 2),
                    [b"delete", path] => effects.delete(path, 3),
                    [b"seen", path] => effects.seen(path),
                    [b"rename", old, new] => effects.rename(old, new, 4),
                    [b"exchange", one, other] => effects.exchange(one, other, 4),
                    _ => panic!("{line}"),
                }
            }
            let text = |effect: &Effect| {
                let to = match &effect.change {
                    Change::Renamed(to) => format!(" {}", String::from_utf8_lossy(to)),
                    _ => String::new(),
                };
                format!("{} {}{to}", effect.change.name(), String::from_utf8_lossy(&effect.path))
            };
            assert_eq!(effects.finish().iter().map(text).collect::<Vec<_>>(), expected, "{script}");
        };
        check("create /a", &["created /a"]);
        check("create /a;delete /a", &["temporary /a"]);
        check("create /a;delete /a;create /a", &["created /a"]);
        check("change /a", &["modified /a"]);
        check("delete /a", &["deleted /a"]);
        check("delete /a;create /a", &["modified /a"]);
        check("change /a;delete /a", &["deleted /a"]);
        check("rename /a /b", &["renamed /a /b"]);
        check("change /a;rename /a /b", &["renamed /a /b"]);
        check("create /t;rename /t /b", &["created /b"]);
        check("seen /b;create /t;rename /t /b", &["modified /b"]);
        check("change /b;create /t;rename /t /b", &["modified /b"]);
        check("create /t;rename /t /b;delete /b", &["temporary /b"]);
        check("create /d;create /d/f;rename /d /e", &["created /e", "created /e/f"]);
        check("create /q;rename /s/a /q/k;rename /q /r", &["created /r", "renamed /s/a /r/k"]);
        check("exchange /a /b", &["modified /a", "modified /b"]);
        check("seen /a", &[]);
        check("seen /a;create /a;delete /a", &["temporary /a"]);
        check("rename /a /b;delete /b", &["deleted /a"]);
        check("rename /a /b;rename /b /c", &["renamed /a /c"]);
        check("seen /b;rename /a /b", &["renamed /a /b", "modified /b"]);
    }

    #[test]
    fn a_file_keeps_its_origin_when_the_directory_moves_that_it_was_moved_into() {
        let mut effects = Effects::default();
        effects.rename(b"/s/key", b"/q/k", 0);
        effects.link(b"/s/other", b"/q/o");
        effects.rename(b"/q", b"/r", 0);
        effects.rename(b"/r", b"/t", 0);
        for (path, origin) in
            [("/t/k", Some("/s/key")), ("/t/o", Some("/s/other")), ("/t/x", Some("/q/x")), ("/q/k", None)]
        {
            assert_eq!(effects.origin(path.as_bytes()).as_deref(), origin.map(str::as_bytes), "{path}");
        }
    }

    #[test]
    fn what_was_done_is_known_by_the_names_of_the_end() {
        let check = |script: &str, expected: &[&str]| {
            let mut effects = Effects::default();
            for line in script.split(';') {
                let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
                match *words.as_slice() {
                    [b"create", path] => effects.create(path, 1),
                    [b"change", path] => effects.change(path, 2),
                    [b"delete", path] => effects.delete(path, 3),
                    [b"rename", old, new] => effects.rename(old, new, 4),
                    [b"exchange", one, other] => effects.exchange(one, other, 4),
                    [b"link", name, other] => {
                        effects.create(other, 5);
                        effects.link(name, other);
                    }
                    _ => panic!("{line}"),
                }
            }
            let text = |kept: &Kept| {
                let [then, now] = [&kept.then, &kept.now].map(|name| String::from_utf8_lossy(name));
                format!("{} {then} {now}", kept.op.name())
            };
            assert_eq!(effects.kept().iter().map(text).collect::<Vec<_>>(), expected, "{script}");
        };
        check("create /a;change /a", &[]);
        check("create /a;change /a;rename /a /b", &["create /a /b", "write /a /b"]);
        check("change /a;rename /a /b;rename /b /c", &["write /a /c"]);
        check("change /a;rename /a /b;delete /b", &[]);
        check("change /a;rename /a /b;create /a;change /a", &["write /a /b"]);
        check("change /t/d/f;rename /t /o", &["write /t/d/f /o/d/f"]);
        check("change /t/f;rename /t /o;create /o/f", &[]);
        check("change /t/f;create /t/g;rename /t/f /t/g;rename /t /o", &["write /t/f /o/g"]);
        check("change /a;link /a /b", &["write /a /b"]);
        check("link /a /b;change /a;change /b", &["write /b /a", "write /a /b"]);
        check("change /a;link /a /b;delete /a", &["write /a /b"]);
        check("create /#1;delete /#1;change /#1;link /#1 /b", &["write /#1 /b"]);
        check("change /a;exchange /a /b", &["write /a /b"]);
        check("change /a;change /b;exchange /a /b", &["write /b /a", "write /a /b"]);
        check("change /t/f;exchange /t /o", &["write /t/f /o/f"]);
    }

    #[test]
    fn those_who_changed_it_are_named() {
        let mut effects = Effects::default();
        effects.create(b"/a", 7);
        effects.change(b"/a", 2);
        effects.rename(b"/a", b"/b", 5);
        assert_eq!(effects.finish()[0].units, [2, 5, 7]);
    }
}
