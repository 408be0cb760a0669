//! The machine on which a run takes place, as far as evidence needs to look at it: a recording has none.

use crate::tools::audit::links::Made;

/// What only the world outside can tell.
pub trait World {
    /// The place in which the names that a process passes begin (its root, in its mount namespace), by a number; 0 is our own.
    /// `None` when the process is gone.
    fn place(&mut self, process: u32) -> Option<usize>;

    /// The place with another root in the namespace of a place, which must be our own.
    fn rooted(&mut self, place: usize, root: &[u8]) -> Option<usize>;

    /// The path of a place's root in its namespace; empty for the namespace's own.
    fn root(&self, place: usize) -> &[u8];

    /// Something was mounted or unmounted in the namespace of a place.
    fn mounted(&mut self, place: usize);

    /// The path here of what has a path in the namespace of a place; `None` where it has none.
    fn own(&self, place: usize, path: &[u8]) -> Option<Vec<u8>>;

    /// The other paths here of the same file, by mounts.
    fn others(&self, path: &[u8]) -> Vec<Vec<u8>>;

    /// What is not known of the other paths of the same file, in words.
    fn unknown(&self, path: &[u8]) -> Option<String>;

    /// These stay the same until something is mounted or unmounted.
    fn others_stay(&self) -> bool;

    /// A path in the namespace of a place with the symbolic links of its directories followed as they are now; of what is not there
    /// any more the path itself.
    fn resolve(&mut self, place: usize, path: &[u8]) -> Vec<u8>;

    /// The same with the last name's link followed too: the file that is meant. What lies below /proc/self is another's.
    fn follow(&mut self, place: usize, path: &[u8]) -> Vec<u8>;

    /// The other paths that the file of a path had which is not there any more.
    fn others_then(&self, path: &[u8]) -> Vec<Vec<u8>>;

    /// When the call ended whose names are followed next, in ns of CLOCK_MONOTONIC.
    fn at(&mut self, time: u64);

    /// Of what names passed on the way it is not known what it was, since this was asked last.
    fn doubts(&mut self) -> Vec<Doubt>;

    /// Whether names that are looked at are to be told.
    fn tell_looks(&mut self, wanted: bool);

    /// The names that were looked at since this was asked last, of which no call of the command said what they were.
    fn looks(&mut self) -> Vec<Look>;

    /// The name is that of a symbolic link.
    fn is_link(&mut self, path: &[u8]) -> bool;

    /// The name is that of a directory.
    fn is_directory(&self, path: &[u8]) -> bool;

    /// The name was made: links may lead elsewhere than before.
    fn made(&mut self, path: &[u8], made: Made);

    /// The name is gone.
    fn gone(&mut self, path: &[u8]);

    /// What has a name has another one, too.
    fn linked(&mut self, old: &[u8], new: &[u8]);

    /// The name is another, or two were exchanged.
    fn renamed(&mut self, old: &[u8], new: &[u8], exchanged: bool);

    /// What is below a directory now; `None` where that is more than `most`.
    fn below(&self, path: &[u8], most: usize) -> Option<Vec<Vec<u8>>>;

    /// How many names the file of a path has.
    fn links(&self, path: &[u8]) -> u64;

    /// The device, in the kernel's encoding, and the inode of what has this path now; links are not followed. `None` for a directory, and for
    /// what is not there.
    fn identity(&self, path: &[u8]) -> Option<(u32, u64)>;

    /// The same of the file to which a link below /proc leads.
    fn identity_behind(&self, path: &[u8]) -> Option<(u32, u64)>;

    /// Two paths of equal inodes are of one file, though their devices differ, as those of overlays do; `None` where that cannot be told.
    fn are_same(&self, one: &[u8], other: &[u8]) -> Option<bool>;

    /// Something has this absolute path now.
    fn exists(&self, path: &[u8]) -> bool;

    /// The programs that a script's first line names, and those that these name in turn, by all the names that they have.
    fn interpreters(&mut self, script: &[u8]) -> Vec<Vec<u8>>;

    /// This program is a loader: what it runs is the first file that it opens.
    fn is_loader(&mut self, program: &[u8]) -> bool;

    /// What `/etc/hosts` says here, as far as can be told.
    fn hosts(&self) -> Vec<u8>;

    /// The name that a unix socket has now, as in `sun_path`; `None` for none, and for one of another network namespace.
    fn unix_name(&self, socket: u64) -> Option<Vec<u8>>;

    /// The program that a process runs now; empty where that cannot be told.
    fn program(&self, process: u32) -> Vec<u8>;
}

/// A name that was looked at to know whether it is a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When, in ns of CLOCK_MONOTONIC.
    pub time: u64,
    /// The name, absolute.
    pub path: Vec<u8>,
}

/// What was not known when a name was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It is a link that is newer than the call.
    New(Vec<u8>),
    /// Nothing has this name any more: it may have been a link or a directory.
    Gone(Vec<u8>),
}
