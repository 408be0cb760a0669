//! What functions do to blocks of memory, as the rows of their prototypes say it: which give them, and which take them back
//! (`tracer ltrace --leaks`). Arguments stand there by their names.

use tracer_common::blocks::{cookie, does};

use super::{Prototype, register};
use crate::schema::types::Row;

/// What a function does to blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// Nothing.
    None,
    /// It returns a new one, whose size is the product of these arguments.
    Gives(&'static [&'static str]),
    /// It puts the address of a new one where the first points to, and returns 0; the second is its size.
    Puts(&'static [&'static str]),
    /// It makes another of the first, and returns that; the product of the others is its size.
    Resizes(&'static [&'static str]),
    /// It takes it back.
    Frees(&'static [&'static str]),
    /// It maps so many bytes, and returns where.
    Maps(&'static [&'static str]),
    /// It unmaps, from the first on, as many bytes as the second says.
    Unmaps(&'static [&'static str]),
    /// It makes another mapping of the first, which has as many bytes as the second says: the third says how many then.
    Remaps(&'static [&'static str]),
    /// It hands on what one of these gives, which it calls: it is the one to be named, and needs not be followed.
    Hands,
}

impl Block {
    /// What the kernel side calls it, and the arguments of interest; `None` for what need not be followed.
    fn words(self) -> Option<(u64, &'static [&'static str])> {
        Some(match self {
            Block::None | Block::Hands => return None,
            Block::Gives(args) => (does::GIVES, args),
            Block::Puts(args) => (does::PUTS, args),
            Block::Resizes(args) => (does::RESIZES, args),
            Block::Frees(args) => (does::FREES, args),
            Block::Maps(args) => (does::MAPS, args),
            Block::Unmaps(args) => (does::UNMAPS, args),
            Block::Remaps(args) => (does::REMAPS, args),
        })
    }

    /// It is to be followed.
    pub fn is_followed(self) -> bool {
        self.words().is_some()
    }

    /// What it does is known only when it has returned.
    pub fn ends(self) -> bool {
        !matches!(self, Block::Frees(_))
    }

    /// It gives memory, by itself or from another.
    pub fn gives(self) -> bool {
        !matches!(self, Block::None | Block::Frees(_) | Block::Unmaps(_))
    }
}

/// What the kernel side is told of a function: a part of its probe's cookie.
pub fn told(of: &Prototype) -> Option<u64> {
    let (does, names) = of.block.words()?;
    let mut told = does << cookie::DOES;
    for (place, at) in cookie::ARGS.into_iter().enumerate() {
        let number = match names.get(place) {
            Some(name) => place_of(of.row, name)? as u64,
            None => cookie::NONE,
        };
        told |= number << at;
    }
    Some(told)
}

/// The register of an argument.
fn place_of(row: &Row, name: &str) -> Option<usize> {
    register(row, row.args.iter().position(|arg| arg.name == name)?)
}

#[cfg(test)]
mod tests {
    use super::super::{Ends, find, of_blocks};
    use super::*;

    fn block(name: &str) -> Block {
        find(name.as_bytes()).map_or(Block::None, |(_, it)| it.block)
    }

    #[test]
    fn arguments_are_those_of_the_row() {
        for it in of_blocks() {
            let told = told(it);
            assert_eq!(told.is_some(), it.block.is_followed(), "{}: an argument that is none", it.row.name);
            let probed = matches!(it.ends, Ends::Returns | Ends::CallsBack) || !it.block.is_followed();
            assert!(probed, "{}: its return could not be followed", it.row.name);
        }
        let told = |name: &str| super::told(find(name.as_bytes()).expect(name).1);
        let [first, second, third] = cookie::ARGS;
        assert_eq!(told("malloc"), Some(does::GIVES << cookie::DOES | 7 << second | 7 << third));
        assert_eq!(told("calloc"), Some(does::GIVES << cookie::DOES | 1 << second | 7 << third));
        assert_eq!(told("reallocarray"), Some(does::RESIZES << cookie::DOES | 1 << second | 2 << third));
        assert_eq!(told("posix_memalign"), Some(does::PUTS << cookie::DOES | 2 << second | 7 << third));
        assert_eq!(told("aligned_alloc"), Some(does::GIVES << cookie::DOES | 1 << first | 7 << second | 7 << third));
        assert_eq!((told("strdup"), block("strdup")), (None, Block::Hands));
    }

    #[test]
    fn what_does_nothing_to_blocks_says_so() {
        for name in ["free", "mmap", "munmap", "mremap", "realpath", "open_memstream", "getcwd"] {
            assert_ne!(block(name), Block::None, "{name}");
        }
        for name in ["strlen", "malloc_usable_size", "malloc_trim", "fclose"] {
            assert_eq!(block(name), Block::None, "{name}");
        }
    }
}
