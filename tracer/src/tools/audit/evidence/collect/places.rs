//! Names that mean something else to a process than to tracer: those of another root or of another mount namespace. A file is told
//! by its path here where it has one, else as one of other mounts.

use std::borrow::Cow;

use super::files::whole_path;
use super::named::lexical;
use super::{Collector, Seen};
use crate::decode::value::FileView;
use crate::schema::types::Ty;
use crate::tools::audit::evidence::GapKind;
use crate::tools::audit::evidence::accesses::Text;

/// The place of a process that was gone before it was looked at.
pub(super) const LOST: usize = usize::MAX;
/// What stands before the path of a file that only another mount namespace has.
const ELSEWHERE: &[u8] = b"<other mounts>";

impl Collector<'_> {
    /// Looks where a process is, if it can still be told; else it is where it was.
    pub(super) fn look_where(&mut self, process: u32) {
        if let Some(place) = self.world.place(process) {
            self.whose.set_place(process, place);
        }
    }

    /// The names of a call's process begin elsewhere from now on.
    pub(super) fn moved(&mut self, seen: &Seen<'_, '_>) {
        let process = seen.call.head.tgid;
        // One that changes its root may change that of others, too (pivot_root(2)).
        self.astray = true;
        let place = match self.world.place(process) {
            Some(place) => place,
            None => self.rooted(seen).unwrap_or(LOST),
        };
        self.process(process);
        self.whose.set_place(process, place);
        if place == LOST {
            self.lost_place(seen);
        }
    }

    /// The place of a process that is gone, by the path that it gave for its root.
    fn rooted(&mut self, seen: &Seen<'_, '_>) -> Option<usize> {
        let was = self.place_of(seen);
        seen.ty(0).filter(|ty| matches!(ty, Ty::Path))?;
        let given = self.given_as(seen, 0, true)?;
        self.world.rooted(was, &given.object)
    }

    /// The process of a call has mounted or unmounted something.
    pub(super) fn mounted(&mut self, seen: &Seen<'_, '_>) {
        self.astray = true;
        self.by_mounts.clear();
        self.look_where(seen.call.head.tgid);
        match self.place_of(seen) {
            LOST => {}
            place => self.world.mounted(place),
        }
    }

    /// The process of a call has left namespaces: that of its mounts, if the flags say so.
    pub(super) fn unshared(&mut self, seen: &Seen<'_, '_>, flags: u8) {
        if seen.errno == 0 && seen.number(flags) as i32 & libc::CLONE_NEWNS != 0 {
            self.moved(seen);
        }
    }

    fn lost_place(&mut self, seen: &Seen<'_, '_>) {
        let what = format!("the mounts of a process that had ended soon after {}", seen.name);
        self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
    }

    pub(super) fn place_of(&self, seen: &Seen<'_, '_>) -> usize {
        self.whose.get(seen.call.head.tgid).map_or(0, |process| process.place)
    }

    /// A path that a process passed from its root on, from the root of its namespace on.
    pub(super) fn below_root<'p>(&self, seen: &Seen<'_, '_>, path: &'p [u8]) -> Cow<'p, [u8]> {
        match self.place_of(seen) {
            LOST => path.into(),
            place => match self.world.root(place) {
                b"" => path.into(),
                root => [root, path].concat().into(),
            },
        }
    }

    /// A path from the root of a process's namespace on: as a path here, its links followed. `follow`: also the one that it may end in.
    pub(super) fn real(&mut self, seen: &Seen<'_, '_>, path: &[u8], follow: bool) -> Vec<u8> {
        match self.place_of(seen) {
            LOST => {
                self.lost_place(seen);
                elsewhere(&lexical(path))
            }
            place => {
                let real = if follow { self.world.follow(place, path) } else { self.world.resolve(place, path) };
                self.doubt(seen, &real);
                if place == 0 { real } else { self.world.own(place, &real).unwrap_or_else(|| elsewhere(&real)) }
            }
        }
    }

    /// The path here of a file that the kernel told; `None` where it told none.
    pub(super) fn told(&mut self, seen: &Seen<'_, '_>, view: &FileView<'_>) -> Option<Vec<u8>> {
        whole_path(view).map(|path| self.here(seen, path))
    }

    /// The path here of what the kernel told by its path in the namespace of a process.
    pub(super) fn here(&mut self, seen: &Seen<'_, '_>, path: Vec<u8>) -> Vec<u8> {
        match self.place_of(seen) {
            0 => path,
            LOST => {
                self.lost_place(seen);
                elsewhere(&path)
            }
            place => self.world.own(place, &path).unwrap_or_else(|| elsewhere(&path)),
        }
    }

    /// The further names of a file: by other mounts of its file system, and those that it had before the command renamed or linked it.
    pub(super) fn other_names(&mut self, text: Text, path: &[u8]) -> Vec<Vec<u8>> {
        let mut names = self.by_mounts(text, path).to_vec();
        if self.paths
            && let Some(what) = self.world.unknown(path)
        {
            self.gap(GapKind::Unreadable, None, what, 1);
        }
        let before: Vec<_> =
            names.iter().map(Vec::as_slice).chain([path]).filter_map(|name| self.effects.origin(name)).collect();
        for before in before {
            names.extend(self.world.others_then(&before));
            names.push(before);
        }
        self.watched.add_names(path, &mut names);
        names.retain(|name| name != path);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The paths by other mounts of a path, which is a text: looked for once, as long as they stay.
    fn by_mounts(&mut self, text: Text, path: &[u8]) -> &[Vec<u8>] {
        let place = text.place();
        if self.by_mounts.len() <= place {
            self.by_mounts.resize(place + 1, None);
        }
        let known = &mut self.by_mounts[place];
        if !self.world.others_stay() {
            *known = None;
        }
        known.get_or_insert_with(|| self.world.others(path))
    }
}

fn elsewhere(path: &[u8]) -> Vec<u8> {
    [ELSEWHERE, path].concat()
}
