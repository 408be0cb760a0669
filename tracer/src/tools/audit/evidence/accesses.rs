//! Accesses while they are collected. A suite of tests opens the same few files in every process: each text is kept once, an access
//! is a row of numbers, and names are compared, put in order and freed of what differs from run to run once and not once an access.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::rc::Rc;

use super::{Access, Object, Op};

/// Accesses that are kept at most.
const MOST: usize = 1_000_000;

/// The number of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(u32);

/// The accesses, each once.
#[derive(Debug, Default)]
pub struct Accesses {
    texts: Pool<[u8]>,
    /// Objects that are more than a text.
    others: Pool<Object>,
    rows: HashSet<Row>,
    /// What was written to, by unit; with whether it holds what was written (a file, a fifo).
    written: HashMap<(usize, Text), bool>,
    /// The same by the names that these files have now.
    now: HashSet<(usize, Text)>,
}

/// An object by numbers, in the order of [`Object`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A file.
    File(Text),
    /// An address.
    Inet(u32),
    /// A unix socket.
    Unix(Text),
    /// Another address.
    Other(u32),
}

/// An [`Access`] by numbers; the order of the fields is that of its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Index of the unit.
    pub unit: usize,
    /// What was done.
    pub op: Op,
    /// To what.
    pub thing: Thing,
    /// The errno, or 0.
    pub errno: u16,
    /// As [`Access::to`].
    pub to: Option<Text>,
    /// As [`Access::passed`].
    pub passed: Option<Text>,
    /// As [`Access::wrote`]; of a write set when all is known.
    pub wrote: bool,
    /// The program that did it.
    pub program: Text,
}

impl Accesses {
    /// The number of a text.
    pub fn text(&mut self, text: &[u8]) -> Text {
        Text(self.texts.number(text))
    }

    /// The text of a number.
    pub fn of(&self, text: Text) -> &[u8] {
        self.texts.list.get(text.0 as usize).map_or(&[], |text| text)
    }

    /// An object by numbers.
    pub fn thing(&mut self, object: &Object) -> Thing {
        match object {
            Object::File(path) => Thing::File(self.text(path)),
            Object::Inet { .. } => Thing::Inet(self.others.number(object)),
            Object::Unix(name) => Thing::Unix(self.text(name)),
            Object::Other(..) => Thing::Other(self.others.number(object)),
        }
    }

    /// Keeps an access; false when there is no place.
    pub fn add(&mut self, row: Row) -> bool {
        let place = self.rows.len() < MOST || self.rows.contains(&row);
        if place {
            self.rows.insert(row);
        }
        place
    }

    /// Something was written to a file. `holds`: it can be read there.
    pub fn wrote(&mut self, unit: usize, path: &[u8], holds: bool) {
        let path = self.text(path);
        self.written.insert((unit, path), holds);
        self.now.insert((unit, path));
    }

    /// A file got another name, or (`None`) lost the one that it had. Whether the unit had written to it.
    pub fn moved(&mut self, unit: usize, old: &[u8], new: Option<&[u8]>) -> bool {
        let old = self.text(old);
        let wrote = self.now.remove(&(unit, old));
        if let Some(new) = new {
            let new = self.text(new);
            if wrote {
                self.now.insert((unit, new));
            } else {
                self.now.remove(&(unit, new));
            }
        }
        wrote
    }

    /// All of them in order, each once. `place`: the final index of each unit; `steady`: a text without what differs from run to
    /// run; `settle`: the same of objects that are more than a text.
    pub fn finish(
        mut self,
        place: &[usize],
        steady: impl FnMut(&[u8]) -> Vec<u8>,
        settle: impl FnMut(&mut Object),
    ) -> Vec<Access> {
        let none = self.text(b"");
        let mut rows = self.with_writes(none);
        let texts = ranked(self.texts.list.iter().map(|text| &**text).map(steady));
        let mut settle = settle;
        let others = ranked(self.others.list.iter().map(|object| {
            let mut object = (**object).clone();
            settle(&mut object);
            object
        }));
        let text = |text: Text| Text(texts.rank[text.0 as usize]);
        for row in &mut rows {
            row.unit = place[row.unit];
            row.thing = match row.thing {
                Thing::File(path) => Thing::File(text(path)),
                Thing::Inet(object) => Thing::Inet(others.rank[object as usize]),
                Thing::Unix(name) => Thing::Unix(text(name)),
                Thing::Other(object) => Thing::Other(others.rank[object as usize]),
            };
            row.to = row.to.map(text);
            row.passed = row.passed.map(text);
            row.program = text(row.program);
        }
        // Of a name that a unit gave more than once, once is enough to have written to the file.
        let unwritten = |row: &Row| Row { wrote: false, ..*row };
        let written: HashSet<Row> =
            rows.iter().filter(|row| row.op == Op::Rename && row.wrote).map(unwritten).collect();
        rows.retain(|row| !written.contains(row));
        rows.sort_unstable();
        rows.dedup();
        let text = |text: Text| texts.list[text.0 as usize].clone();
        let access = |row: Row| Access {
            unit: row.unit,
            op: row.op,
            object: match row.thing {
                Thing::File(path) => Object::File(text(path)),
                Thing::Unix(name) => Object::Unix(text(name)),
                Thing::Inet(object) | Thing::Other(object) => others.list[object as usize].clone(),
            },
            errno: row.errno,
            to: row.to.map(text),
            passed: row.passed.map(text),
            wrote: row.wrote,
            program: text(row.program),
        };
        rows.into_iter().map(access).collect()
    }

    /// The rows, with what is known of writes.
    fn with_writes(&mut self, program: Text) -> Vec<Row> {
        let mut rows: Vec<Row> = std::mem::take(&mut self.rows).into_iter().collect();
        let mut opened = HashSet::new();
        for row in &mut rows {
            if row.op == Op::Write
                && row.errno == 0
                && let Thing::File(path) = row.thing
            {
                let key = (row.unit, path);
                row.wrote = self.written.contains_key(&key);
                opened.insert(key);
            }
        }
        // Written through a descriptor that another unit opened, or that was inherited.
        let inherited = self.written.iter().filter(|(key, holds)| **holds && !opened.contains(key));
        rows.extend(inherited.map(|((unit, path), _)| Row {
            unit: *unit,
            op: Op::Write,
            thing: Thing::File(*path),
            errno: 0,
            to: None,
            passed: None,
            wrote: true,
            program,
        }));
        rows
    }
}

/// Values, each once, by their numbers.
#[derive(Debug)]
struct Pool<T: ?Sized> {
    list: Vec<Rc<T>>,
    numbers: HashMap<Rc<T>, u32>,
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
    fn number(&mut self, value: &T) -> u32 {
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
struct Ranked<T> {
    list: Vec<T>,
    /// The place in it of each value that was given.
    rank: Vec<u32>,
}

fn ranked<T: Ord>(values: impl Iterator<Item = T>) -> Ranked<T> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object() -> impl Strategy<Value = Object> {
        prop_oneof![
            "/[ab]{0,2}".prop_map(|path| Object::File(path.into_bytes())),
            "@[ab]".prop_map(|name| Object::Unix(name.into_bytes())),
            (0u8..3, 1u16..3).prop_map(|(host, port)| Object::Inet {
                protocol: "tcp",
                address: ([127, 0, 0, host], port).into(),
                ephemeral: false,
                host: None,
            }),
            Just(Object::Other("AF_NETLINK", String::new())),
        ]
    }

    fn access() -> impl Strategy<Value = Access> {
        let name = || proptest::option::of("/[ab]{0,2}".prop_map(String::into_bytes));
        let op = prop_oneof![Just(Op::Read), Just(Op::Rename), Just(Op::Send)];
        (0usize..3, op, object(), 0u16..3, name(), name(), "[xy]").prop_map(
            |(unit, op, object, errno, to, passed, program)| Access {
                unit,
                op,
                object,
                errno,
                to,
                passed,
                wrote: false,
                program: program.into_bytes(),
            },
        )
    }

    proptest! {
        /// What comes out is what sorting the accesses themselves would give.
        #[test]
        fn numbers_keep_the_order(list in proptest::collection::vec(access(), 0..40)) {
            let place = [2, 0, 1];
            let steady = |text: &[u8]| text.iter().map(|b| if *b == b'b' { b'a' } else { *b }).collect::<Vec<u8>>();
            let settle = |object: &mut Object| {
                if let Object::Inet { address, .. } = object {
                    address.set_port(1);
                }
            };
            let mut accesses = Accesses::default();
            let mut expected = Vec::new();
            for access in list {
                let row = Row {
                    unit: access.unit,
                    op: access.op,
                    thing: accesses.thing(&access.object),
                    errno: access.errno,
                    to: access.to.as_ref().map(|to| accesses.text(to)),
                    passed: access.passed.as_ref().map(|passed| accesses.text(passed)),
                    wrote: false,
                    program: accesses.text(&access.program),
                };
                prop_assert!(accesses.add(row));
                let mut access = access;
                access.unit = place[access.unit];
                match &mut access.object {
                    Object::File(path) | Object::Unix(path) => *path = steady(path),
                    object => settle(object),
                }
                access.to = access.to.map(|to| steady(&to));
                access.passed = access.passed.map(|passed| steady(&passed));
                expected.push(access);
            }
            expected.sort();
            expected.dedup();
            prop_assert_eq!(accesses.finish(&place, steady, settle), expected);
        }
    }
}
