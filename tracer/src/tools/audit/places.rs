//! Where names begin: the root and the mounts of a process that are not tracer's own. A root is held open together with its
//! namespace, so that names can still be followed there when the process has ended.

use std::fs::File;
use std::os::fd::AsRawFd;

use crate::system::procfs::mounts::Mounts;
use crate::system::procfs::who::Who;

/// A root in a mount namespace.
#[derive(Debug)]
pub struct Place {
    /// The inode of the namespace.
    namespace: u64,
    /// The root's path in the namespace; empty for the namespace's own root.
    pub root: Vec<u8>,
    /// What leads there from here, without a slash at its end.
    pub way: Vec<u8>,
    /// What is mounted in the namespace.
    mounts: Mounts,
    /// What keeps it from being taken apart; of tracer's own place nothing.
    held: Option<Held>,
}

/// A root and a mount namespace that stay.
#[derive(Debug)]
struct Held {
    root: File,
    namespace: File,
}

/// All places; the first is tracer's own.
#[derive(Debug)]
pub struct Places(Vec<Place>);

impl Places {
    /// Tracer's own place.
    pub fn new() -> Places {
        let namespace = Who::Myself.namespace("mnt").unwrap_or(0);
        let mounts = Mounts::of(Who::Myself);
        Places(vec![Place { namespace, root: Vec::new(), way: Vec::new(), mounts, held: None }])
    }

    /// The place in which the names of a process begin; `None` when the process is gone.
    pub fn of(&mut self, process: u32) -> Option<usize> {
        let who = Who::Id(process);
        let namespace = who.namespace("mnt").ok()?;
        let mut root = who.link("root").ok()?;
        if root == b"/" {
            root.clear();
        }
        let known = self.0.iter().position(|place| place.namespace == namespace && place.root == root);
        if known.is_some() {
            return known;
        }
        let held = Held { root: who.directory("root").ok()?, namespace: who.open("ns/mnt").ok()? };
        let way = Who::Myself.path(format_args!("fd/{}", held.root.as_raw_fd())).into_bytes();
        let mounts = Mounts::in_namespace(&held.namespace);
        self.0.push(Place { namespace, root, way, mounts, held: Some(held) });
        Some(self.0.len() - 1)
    }

    /// The place with another root in tracer's own namespace, where the other place is in that.
    pub fn rooted(&mut self, place: usize, root: &[u8]) -> Option<usize> {
        let namespace = self.is_own(place).then(|| self.get(place).namespace)?;
        let root = if root == b"/" { Vec::new() } else { root.to_vec() };
        if let Some(known) = self.0.iter().position(|place| place.namespace == namespace && place.root == root) {
            return Some(known);
        }
        self.0.push(Place { namespace, way: root.clone(), root, mounts: Mounts::default(), held: None });
        Some(self.0.len() - 1)
    }

    /// A place, by its number; tracer's own where there is none of that number.
    pub fn get(&self, place: usize) -> &Place {
        self.0.get(place).unwrap_or(&self.0[0])
    }

    /// A place is in tracer's own namespace.
    pub fn is_own(&self, place: usize) -> bool {
        self.get(place).namespace == self.0[0].namespace
    }

    /// Something was mounted or unmounted in the namespace of a place.
    pub fn mounted(&mut self, place: usize) {
        let namespace = self.get(place).namespace;
        for place in self.0.iter_mut().filter(|place| place.namespace == namespace) {
            place.mounts = match &place.held {
                Some(held) => Mounts::in_namespace(&held.namespace),
                None => Mounts::of(Who::Myself),
            };
        }
    }

    /// The path here of what has this path in a place's namespace; `None` where it has none.
    pub fn own(&self, place: usize, path: &[u8]) -> Option<Vec<u8>> {
        let (here, there) = (&self.0[0], self.get(place));
        if self.is_own(place) {
            return Some(path.to_vec());
        }
        let (dev, on) = there.mounts.on_file_system(path)?;
        let mut paths = here.mounts.paths(dev, &on);
        let same = paths.iter().position(|own| own == path).unwrap_or(0);
        (same < paths.len()).then(|| paths.swap_remove(same))
    }

    /// What is mounted here.
    pub fn mounts(&self) -> &Mounts {
        &self.0[0].mounts
    }
}
