//! Each text, and each object, is kept once and told by a number; numbers become places in an order when all are known.

use std::hash::Hash;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt};

/// Values, each once, by their numbers.
#[derive(Debug)]
pub(super) struct Pool<T: ?Sized> {
    pub(super) list: Vec<Rc<T>>,
    pub(super) numbers: HashMap<Rc<T>, u32>,
}

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { list: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Eq + Hash + ToOwned + ?Sized> Pool<T>
where
    Rc<T>: From<T::Owned>,
{
    /// The number of a value.
    pub(super) fn number(&mut self, value: &T) -> u32 {
        match self.numbers.get(value) {
            Some(number) => *number,
            None => {
                let number = self.list.len() as u32;
                let value: Rc<T> = value.to_owned().into();
                self.list.push(value.clone());
                self.numbers.insert(value, number);
                number
            }
        }
    }
}

/// Values in order, each once.
pub(super) struct Ranked<T> {
    pub(super) list: Vec<T>,
    /// The place in it of each value that was given.
    pub(super) rank: Vec<u32>,
}

/// Puts values in order.
pub(super) fn ranked<T: Ord>(values: impl Iterator<Item = T>) -> Ranked<T> {
    let mut numbered: Vec<(T, usize)> = values.enumerate().map(|(number, value)| (value, number)).collect();
    numbered.sort_unstable();
    let mut ranked = Ranked { list: Vec::with_capacity(numbered.len()), rank: vec![0; numbered.len()] };
    for (value, number) in numbered {
        if ranked.list.last() != Some(&value) {
            ranked.list.push(value);
        }
        ranked.rank[number] = ranked.list.len() as u32 - 1;
    }
    ranked
}
