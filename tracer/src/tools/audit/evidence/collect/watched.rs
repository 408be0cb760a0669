//! Files and sockets of which rules speak by their whole paths: they are the same by whatever name they are used. They are known by device
//! and inode, as they were when the run began. Of some file systems two devices are told: the kernel's own, and that of stat(2); there a
//! file is known by its inode, and by what else belongs to it.

use foldhash::HashMap;

use super::Collector;
use crate::tools::audit::evidence::GapKind;
use crate::tools::audit::evidence::units::shown;

/// The bits of an inode that overlays leave as they are in their layers; above may stand the layer's number (`xino`).
const OWN_BITS: u64 = (1 << 32) - 1;

/// What is watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// For each file the names that rules have for it.
    names: Vec<Vec<Vec<u8>>>,
    /// How many names each of them has.
    links: Vec<u64>,
    /// The file of each of these names.
    files: HashMap<Vec<u8>, usize>,
    /// By device, in the kernel's encoding, and inode.
    identities: HashMap<(u32, u64), usize>,
    /// By the inode's own bits.
    inodes: HashMap<u64, Vec<usize>>,
    /// The names of those that a path is one of, told with another device.
    alike: HashMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Watched {
    fn watch(&mut self, identity: (u32, u64), links: u64, path: &[u8]) {
        let file = *self.identities.entry(identity).or_insert_with(|| {
            self.names.push(Vec::new());
            self.links.push(links);
            self.inodes.entry(identity.1 & OWN_BITS).or_default().push(self.names.len() - 1);
            self.names.len() - 1
        });
        if self.files.insert(path.to_vec(), file).is_none() {
            self.names[file].push(path.to_vec());
        }
    }

    /// The file of a path has another name.
    pub(super) fn linked(&mut self, path: &[u8]) {
        if let Some(&file) = self.files.get(path) {
            self.links[file] += 1;
        }
    }

    /// A name of the file of a path is gone: after the last one its inode may become another file's.
    fn unlinked(&mut self, path: &[u8]) {
        let Some(&file) = self.files.get(path) else { return };
        self.links[file] = self.links[file].saturating_sub(1);
        if self.links[file] == 0 {
            self.identities.retain(|_, known| *known != file);
            self.inodes.values_mut().for_each(|files| files.retain(|known| *known != file));
        }
    }

    /// The names that rules have for the file of a path, where they are known by this one.
    pub(super) fn names(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let alike = self.alike.get(path).into_iter().flatten().map(Vec::as_slice);
        let files = std::iter::once(path).chain(alike).filter_map(|name| self.files.get(name));
        files.flat_map(|file| self.names[*file].iter().cloned()).collect()
    }

    /// Adds those of a path and of its further names.
    pub(super) fn add_names(&self, path: &[u8], names: &mut Vec<Vec<u8>>) {
        if !self.names.is_empty() {
            let known: Vec<_> = names.iter().flat_map(|name| self.names(name)).chain(self.names(path)).collect();
            names.extend(known);
        }
    }

    /// The name of a file that is certainly this one.
    fn certain(&self, identity: (u32, u64)) -> Option<&[u8]> {
        self.identities.get(&identity).map(|file| self.names[*file][0].as_slice())
    }

    /// The names of files that may be this one, told with another device.
    fn possible(&self, identity: (u32, u64)) -> Vec<Vec<u8>> {
        let files = self.inodes.get(&(identity.1 & OWN_BITS)).into_iter().flatten();
        files.map(|file| self.names[*file][0].clone()).collect()
    }
}

impl Collector<'_> {
    /// Files and sockets that are the same by whatever name they are used: those that rules name by these paths.
    pub fn watch(&mut self, paths: &[Vec<u8>]) {
        for path in paths {
            if let Some(identity) = self.world.identity(path) {
                self.watched.watch(identity, self.world.links(path), path);
            }
        }
    }

    /// A name is gone, or becomes another file's.
    pub(super) fn unwatch(&mut self, path: &[u8]) {
        if !self.watched.names.is_empty() {
            let was = self.effects.original(path);
            self.watched.unlinked(&was);
        }
    }

    /// A file or a socket: the name by which rules speak of it, if they do.
    pub(super) fn recognise(&mut self, identity: Option<(u32, u64)>, path: &[u8]) -> Option<Vec<u8>> {
        // It may be another by now: one that was copied to another layer.
        self.watched.alike.remove(path);
        let identity = identity?;
        let certain = self.watched.certain(identity).map(<[u8]>::to_vec);
        if let Some(name) = &certain {
            self.effects.was(name, path);
        }
        let mut found = certain.clone();
        for name in self.watched.possible(identity).into_iter().filter(|name| certain.as_ref() != Some(name)) {
            match self.world.are_same(path, &name) {
                Some(true) => {
                    self.watched.alike.entry(path.to_vec()).or_default().push(name.clone());
                    found = found.or(Some(name));
                }
                Some(false) => {}
                None => {
                    let what = format!("whether {} is {}, of which a rule speaks", shown(path), shown(&name));
                    self.gap(GapKind::Unreadable, None, what, 1);
                }
            }
        }
        found
    }

    /// The same of what no descriptor tells: what has this name now.
    pub(super) fn recognise_by_name(&mut self, path: &[u8]) {
        if !self.watched.names.is_empty() && path.starts_with(b"/") {
            self.recognise(self.world.identity(path), path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_all_the_names_that_rules_have_for_it() {
        let mut watched = Watched::default();
        let high = 1 << 62;
        for (device, inode, path) in [(1, 5, "/a"), (1, 5, "/b"), (1, 6, "/c"), (2, high | 5, "/d"), (1, 5, "/a")] {
            watched.watch((device, inode), 1, path.as_bytes());
        }
        let check = |path: &str, expected: &[&str]| {
            let names = watched.names(path.as_bytes());
            assert_eq!(names.iter().map(|name| text(name)).collect::<Vec<_>>(), expected, "{path}");
        };
        check("/a", &["/a", "/b"]);
        check("/b", &["/a", "/b"]);
        check("/c", &["/c"]);
        check("/x", &[]);
        watched.alike.insert(b"/m/a".to_vec(), vec![b"/b".to_vec(), b"/c".to_vec()]);
        let check = |path: &str, expected: &[&str]| {
            let names = watched.names(path.as_bytes());
            assert_eq!(names.iter().map(|name| text(name)).collect::<Vec<_>>(), expected, "{path}");
        };
        check("/m/a", &["/a", "/b", "/c"]);
        assert_eq!(watched.certain((1, 5)).map(text), Some("/a"));
        watched.linked(b"/b");
        watched.unlinked(b"/a");
        assert_eq!(watched.certain((1, 5)).map(text), Some("/a"));
        watched.unlinked(b"/b");
        assert_eq!(watched.certain((1, 5)), None);
        assert_eq!(watched.certain((3, 5)), None);
        assert_eq!(watched.possible((3, 5)).iter().map(|name| text(name)).collect::<Vec<_>>(), ["/d"]);
    }

    fn text(name: &[u8]) -> &str {
        std::str::from_utf8(name).expect("text")
    }
}
