//! Symbolic links and directories that the command itself made, renamed and removed, in the order of its calls: a name is followed a
//! little after the call that passed it, and meanwhile a link may be gone or lead elsewhere.

use std::collections::BTreeMap;

use crate::tools::audit::evidence::effects::inside;

/// Names that are remembered at most; of the others the file system is asked, as of what was there before.
const MOST: usize = 200_000;

/// What a name was last made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A symbolic link, with what is written in it.
    Link(Vec<u8>),
    /// Something else.
    Other,
}

/// What the command has made.
#[derive(Debug, Default)]
pub struct Links {
    made: BTreeMap<Vec<u8>, Made>,
}

impl Links {
    /// What this name was made, if it was.
    pub fn get(&self, path: &[u8]) -> Option<&Made> {
        self.made.get(path)
    }

    /// A name was made.
    pub fn make(&mut self, path: &[u8], made: Made) {
        if self.made.len() < MOST || self.made.contains_key(path) {
            self.made.insert(path.to_vec(), made);
        }
    }

    /// A name is gone, or has become what nobody saw being made.
    pub fn forget(&mut self, path: &[u8]) {
        self.made.remove(path);
    }

    /// A name, and all that is below it, has another one.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) {
        self.made.remove(new);
        for (path, made) in self.take(old) {
            self.make(&[new, &path[old.len()..]].concat(), made);
        }
    }

    /// Two names were exchanged, with what is below them.
    pub fn exchange(&mut self, one: &[u8], other: &[u8]) {
        let (ones, others) = (self.take(one), self.take(other));
        for (from, to, taken) in [(one, other, ones), (other, one, others)] {
            for (path, made) in taken {
                self.make(&[to, &path[from.len()..]].concat(), made);
            }
        }
    }

    fn take(&mut self, path: &[u8]) -> Vec<(Vec<u8>, Made)> {
        let itself = self.made.remove_entry(path);
        let inside = inside(&self.made, path);
        itself.into_iter().chain(inside.into_iter().filter_map(|path| self.made.remove_entry(&path))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_move_with_their_directories() {
        let mut links = Links::default();
        links.make(b"/a", Made::Other);
        links.make(b"/a/l", Made::Link(b"../s".to_vec()));
        links.make(b"/ab", Made::Link(b"x".to_vec()));
        links.rename(b"/a", b"/b");
        let to = |links: &Links, path: &str| links.get(path.as_bytes()).cloned();
        assert_eq!(to(&links, "/a"), None);
        assert_eq!(to(&links, "/a/l"), None);
        assert_eq!(to(&links, "/b/l"), Some(Made::Link(b"../s".to_vec())));
        assert_eq!(to(&links, "/ab"), Some(Made::Link(b"x".to_vec())));
        links.exchange(b"/b", b"/ab");
        assert_eq!(to(&links, "/b"), Some(Made::Link(b"x".to_vec())));
        assert_eq!(to(&links, "/ab/l"), Some(Made::Link(b"../s".to_vec())));
        links.forget(b"/b");
        assert_eq!(to(&links, "/b"), None);
    }
}
