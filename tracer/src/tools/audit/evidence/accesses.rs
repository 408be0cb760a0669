//! Accesses while they are collected. A suite of tests opens the same few files in every process: each text is kept once, an access
//! is a row of numbers, and names are compared, put in order and freed of what differs from run to run once and not once an access.

mod pool;
mod row;

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;

use foldhash::fast::RandomState;
use foldhash::{HashMap, HashSet};

use self::pool::{Pool, ranked};
pub use self::row::{Row, Text, Thing};
use super::effects::Kept;
use super::{Access, Given, HostName, Object, Op, Real, Shared};

/// Rows of a unit for which there is room at first: the test of a program that loads some libraries has as many.
const ROWS: usize = 112;
/// Accesses that are kept at most.
const MOST: usize = 1_000_000;

/// The accesses, each once.
#[derive(Debug, Default)]
pub struct Accesses {
    texts: Pool<[u8]>,
    /// Objects that are more than a text.
    others: Pool<Object>,
    /// By unit: what a unit does again lies close together, where a table of all would be larger than what a CPU has at hand.
    rows: Vec<HashSet<Row>>,
    /// How many these are.
    kept: usize,
    /// What was written to, by unit.
    written: HashMap<(usize, Text), Written>,
    /// The same by the names that these files have now.
    now: HashSet<(usize, Text)>,
    /// The files behind the command's own input and output: what goes through them is the doing of who gave them.
    streams: HashMap<Text, Given>,
    /// Whoever wrote to a file is told, not only who opened it.
    tells_writers: bool,
}

/// A file that was written to.
#[derive(Debug, Clone, Default)]
struct Written {
    /// It holds what was written: a file, a fifo.
    holds: bool,
    /// Its further names, when it was first written to.
    also: Option<Text>,
    /// The programs that wrote, with their further names.
    writers: Vec<Writer>,
}

/// A program, and its further names.
pub type Writer = (Text, Option<Text>);
/// Programs that wrote to a file that are told apart.
const MOST_WRITERS: usize = 16;

/// Accesses in order, each once, and the names by which rules judge those that are shown by others.
pub type Finished = (Vec<Access>, BTreeMap<usize, Vec<Real>>);

impl Accesses {
    /// Has whoever wrote to a file told, not only who opened it.
    pub fn tell_writers(&mut self, wanted: bool) {
        self.tells_writers = wanted;
    }

    /// The command has this file as its input or output.
    pub fn stream(&mut self, path: &[u8], given: Given) {
        let path = self.text(path);
        let known = self.streams.entry(path).or_default();
        known.read |= given.read;
        known.write |= given.write;
    }

    /// What the command was given a file for, that is its input or output.
    fn given(&self, path: &[u8]) -> Option<Given> {
        let number = self.texts.numbers.get(path)?;
        self.streams.get(&Text::new(*number)).copied()
    }

    /// Whether something that is done to a file was given with the command's input or output.
    pub fn gives(&self, path: &[u8], op: Op) -> bool {
        let given = self.given(path).unwrap_or_default();
        match op {
            Op::Read => given.read,
            Op::Write | Op::Truncate | Op::Create => given.write,
            _ => false,
        }
    }

    /// Whether a file is the command's input or output.
    pub fn is_stream(&self, path: &[u8]) -> bool {
        self.given(path).is_some()
    }

    /// The number of a text.
    pub fn text(&mut self, text: &[u8]) -> Text {
        Text::new(self.texts.number(text))
    }

    /// The text of a number.
    pub fn of(&self, text: Text) -> &[u8] {
        self.texts.list.get(text.place()).map_or(&[], |text| text)
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

    /// The accesses so far.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().flatten()
    }

    /// The address of an object that has one.
    pub fn address(&self, thing: Thing) -> Option<SocketAddr> {
        let Thing::Inet(object) = thing else { return None };
        match self.others.list.get(object as usize)?.as_ref() {
            Object::Inet { address, .. } => Some(*address),
            _ => None,
        }
    }

    /// Keeps an access; false when there is no place.
    pub fn add(&mut self, row: Row) -> bool {
        if self.rows.len() <= row.unit {
            self.rows.resize_with(row.unit + 1, || HashSet::with_capacity_and_hasher(ROWS, RandomState::default()));
        }
        let rows = &mut self.rows[row.unit];
        if self.kept >= MOST {
            return rows.contains(&row);
        }
        self.kept += usize::from(rows.insert(row));
        true
    }

    /// Something was written to a file. `holds`: it can be read there. Whether this is the first that the unit wrote there.
    pub fn wrote(&mut self, unit: usize, path: &[u8], holds: bool, writer: Writer) -> bool {
        let path = self.text(path);
        let written = self.written.entry((unit, path));
        let is_first = matches!(written, Entry::Vacant(_));
        let written = written.or_default();
        written.holds = holds;
        if written.writers.len() < MOST_WRITERS && !written.writers.contains(&writer) {
            written.writers.push(writer);
        }
        self.now.insert((unit, path));
        is_first
    }

    /// The further names of a file that was written to.
    pub fn wrote_to(&mut self, unit: usize, path: &[u8], also: Option<Text>) {
        let path = self.text(path);
        if let Some(written) = self.written.get_mut(&(unit, path)) {
            written.also = also;
        }
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

    /// What was done to files by the names that these have now, and by whom, in order. `place`: the final index of each unit.
    pub fn by_other_names(&self, kept: &[Kept], place: &[usize]) -> Vec<Real> {
        let mut made: HashMap<(usize, Text), Vec<&Kept>> = HashMap::default();
        let mut found = Vec::new();
        for one in kept {
            let Some(then) = self.texts.numbers.get(&one.then).map(|number| Text::new(*number)) else { continue };
            match self.written.get(&(one.unit, then)) {
                _ if one.op != Op::Write => made.entry((one.unit, then)).or_default().push(one),
                Some(written) => found.extend(written.writers.iter().map(|writer| (one, *writer))),
                None => {}
            }
        }
        for row in self.rows().filter(|row| !made.is_empty() && row.op == Op::Create && row.errno == 0) {
            let Thing::File(path) = row.thing else { continue };
            let here = made.get(&(row.unit, path)).into_iter().flatten();
            found.extend(here.map(|one| (*one, (row.program, row.by))));
        }
        let real = |(one, (program, by)): (&Kept, Writer)| Real {
            access: Access {
                unit: place[one.unit],
                op: one.op,
                object: Object::File(one.now.clone()),
                errno: 0,
                to: None,
                passed: None,
                wrote: one.op == Op::Write,
                program: self.of(program).into(),
                later: false,
            },
            also: Vec::new(),
            by: by.map(|by| parts(self.of(by))).unwrap_or_default(),
        };
        let mut all: Vec<Real> = found.into_iter().map(real).collect();
        all.sort_by(|one, other| one.access.cmp(&other.access).then_with(|| one.by.cmp(&other.by)));
        all.dedup();
        all
    }

    /// All of them. `place`: the final index of each unit; `steady`: a text without what differs from run to run; `settle`: the
    /// same of objects that are more than a text; `then`: the names that such an address had when so many had been told.
    pub fn finish(
        mut self,
        place: &[usize],
        steady: impl FnMut(&[u8]) -> Vec<u8>,
        settle: impl FnMut(&mut Object),
        then: impl Fn(SocketAddr, u32) -> Vec<HostName>,
    ) -> Finished {
        let rows = self.with_writes();
        let texts = ranked(self.texts.list.iter().map(|text| &**text).map(steady).map(Shared::from));
        let mut settle = settle;
        let others = ranked(self.others.list.iter().map(|object| {
            let mut object = (**object).clone();
            settle(&mut object);
            object
        }));
        let text = |text: Text| Text::new(texts.rank[text.place()]);
        let shown = |row: &Row| Row {
            unit: place[row.unit],
            thing: match row.thing {
                Thing::File(path) => Thing::File(text(path)),
                Thing::Inet(object) => Thing::Inet(others.rank[object as usize]),
                Thing::Unix(name) => Thing::Unix(text(name)),
                Thing::Other(object) => Thing::Other(others.rank[object as usize]),
            },
            to: row.to.map(text),
            passed: row.passed.map(text),
            program: text(row.program),
            also: None,
            by: None,
            told: 0,
            ..*row
        };
        let of = |at: &u32| shown(&rows[*at as usize]);
        let mut order: Vec<u32> = (0..).take(rows.len()).collect();
        // Of a name that a unit gave more than once, once is enough to have written to the file.
        let unwritten = |row: Row| Row { wrote: false, ..row };
        let written: HashSet<Row> =
            rows.iter().filter(|row| row.op == Op::Rename && row.wrote).map(shown).map(unwritten).collect();
        if !written.is_empty() {
            order.retain(|at| !written.contains(&of(at)));
        }
        // What a unit did and what it had started did later are one thing.
        let sooner = |row: Row| Row { later: false, ..row };
        let later: HashSet<Row> = rows.iter().filter(|row| row.later).map(shown).map(sooner).collect();
        if !later.is_empty() {
            let done: HashSet<Row> = order.iter().map(of).filter(|row| !row.later && later.contains(row)).collect();
            order.retain(|at| !rows[*at as usize].later || !done.contains(&sooner(of(at))));
        }
        // Most are told apart by what is unlike most, which is one comparison.
        let mut keyed: Vec<(u128, u32)> = order.iter().map(|at| (of(at).begin(), *at)).collect();
        keyed.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| (of(&a.1), &rows[a.1 as usize]).cmp(&(of(&b.1), &rows[b.1 as usize])))
        });
        let is_shown: Vec<bool> =
            self.texts.list.iter().zip(&texts.rank).map(|(real, rank)| **real == *texts.list[*rank as usize]).collect();
        let is_named = |object: u32| {
            let object = &others.list[others.rank[object as usize] as usize];
            matches!(object, Object::Inet { hosts, .. } if HostName::told(hosts).is_some())
        };
        let texts_shown = |text: Text| texts.list[text.place()].clone();
        let texts_real = |text: Text| self.texts.list.get(text.place()).cloned().unwrap_or_default();
        let mut finished = Finished::default();
        finished.0.reserve(keyed.len());
        for group in keyed.chunk_by(|one, other| one.0 == other.0 && of(&one.1) == of(&other.1)) {
            let object = |object: u32| others.list[object as usize].clone();
            let access = access_of(&of(&group[0].1), &texts_shown, object);
            // An address is the same in both, with the port that was found out later, and the names that it had then.
            let object = |row: &Row, number: u32| {
                let mut object = others.list[others.rank[number as usize] as usize].clone();
                if let (Object::Inet { hosts, .. }, Some(address)) = (&mut object, self.address(row.thing))
                    && HostName::told(hosts).is_some()
                {
                    *hosts = then(address, row.told);
                }
                object
            };
            let real = |row: &Row| Real {
                access: Access { unit: access.unit, ..access_of(row, &texts_real, |number| object(row, number)) },
                also: row.also.map(|also| parts(self.of(also))).unwrap_or_default(),
                by: row.by.map(|by| parts(self.of(by))).unwrap_or_default(),
            };
            let group = || group.iter().map(|(_, at)| &rows[*at as usize]);
            if !group().all(|row| row.is_whole(|text| is_shown[text.place()], is_named)) {
                let mut real: Vec<Real> = group().map(real).collect();
                real.dedup();
                if real.iter().any(|real| real.tells_more_than(&access)) {
                    finished.1.insert(finished.0.len(), real);
                }
            }
            finished.0.push(access);
        }
        finished
    }

    /// The rows, with what is known of writes.
    fn with_writes(&mut self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.kept);
        rows.extend(std::mem::take(&mut self.rows).into_iter().flatten());
        let (mut opened, mut openers) = (HashSet::default(), HashSet::default());
        for row in &mut rows {
            if row.op == Op::Write
                && row.errno == 0
                && let Thing::File(path) = row.thing
            {
                let key = (row.unit, path);
                row.wrote = self.written.contains_key(&key);
                opened.insert(key);
                openers.insert((key, row.program));
            }
        }
        // Written through a descriptor that another unit or another program opened, or that was inherited.
        for (key, written) in
            self.written.iter().filter(|((_, path), written)| written.holds && !self.streams.contains_key(path))
        {
            let is_told = |(program, _): &&Writer| openers.contains(&(*key, *program));
            let writers = written.writers.iter().filter(|writer| !is_told(writer));
            let most = match (opened.contains(key), self.tells_writers) {
                (_, true) => MOST_WRITERS,
                (true, false) => 0,
                (false, false) => 1,
            };
            rows.extend(writers.take(most).map(|(program, by)| Row {
                wrote: true,
                also: written.also,
                by: *by,
                ..Row::new(key.0, Op::Write, Thing::File(key.1), *program)
            }));
        }
        rows
    }
}

/// The access of a row, by the texts and objects of its numbers.
fn access_of(row: &Row, text: &dyn Fn(Text) -> Shared, object: impl Fn(u32) -> Object) -> Access {
    Access {
        unit: row.unit,
        op: row.op,
        object: match row.thing {
            Thing::File(path) => Object::File(text(path)),
            Thing::Unix(name) => Object::Unix(text(name)),
            Thing::Inet(number) | Thing::Other(number) => object(number),
        },
        errno: row.errno,
        to: row.to.map(text),
        passed: row.passed.map(text),
        wrote: row.wrote,
        program: text(row.program),
        later: row.later,
    }
}

/// The texts of one text that has a NUL between two.
pub fn parts(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|&b| b == 0).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// No address has a name.
    fn unnamed(_: SocketAddr, _: u32) -> Vec<HostName> {
        Vec::new()
    }

    fn object() -> impl Strategy<Value = Object> {
        prop_oneof![
            "/[ab]{0,2}".prop_map(|path| Object::File(path.into_bytes().into())),
            "@[ab]".prop_map(|name| Object::Unix(name.into_bytes().into())),
            (0u8..3, 1u16..3).prop_map(|(host, port)| Object::Inet {
                protocol: "tcp",
                address: ([127, 0, 0, host], port).into(),
                ephemeral: false,
                hosts: Vec::new(),
            }),
            Just(Object::Other("AF_NETLINK", String::new())),
        ]
    }

    fn access() -> impl Strategy<Value = Access> {
        let name = || proptest::option::of("/[ab]{0,2}".prop_map(|name| Shared::from(name.into_bytes())));
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
                program: program.into_bytes().into(),
                later: false,
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
                let (thing, program) = (accesses.thing(&access.object), accesses.text(&access.program));
                let row = Row {
                    errno: access.errno,
                    to: access.to.as_ref().map(|to| accesses.text(to)),
                    passed: access.passed.as_ref().map(|passed| accesses.text(passed)),
                    ..Row::new(access.unit, access.op, thing, program)
                };
                prop_assert!(accesses.add(row));
                let mut access = access;
                access.unit = place[access.unit];
                match &mut access.object {
                    Object::File(path) | Object::Unix(path) => *path = steady(path).into(),
                    object => settle(object),
                }
                access.to = access.to.map(|to| steady(&to).into());
                access.passed = access.passed.map(|passed| steady(&passed).into());
                expected.push(access);
            }
            expected.sort();
            expected.dedup();
            prop_assert_eq!(accesses.finish(&place, steady, settle, unnamed).0, expected);
        }
    }

    #[test]
    fn what_was_done_sooner_and_later_is_told_once() {
        let mut accesses = Accesses::default();
        let program = accesses.text(b"/bin/x");
        for (path, later) in [("/tmp/1", false), ("/tmp/2", true), ("/etc/x", true)] {
            let thing = Thing::File(accesses.text(path.as_bytes()));
            assert!(accesses.add(Row { later, ..Row::new(0, Op::Read, thing, program) }));
        }
        let steady = |text: &[u8]| if text.starts_with(b"/tmp/") { b"/tmp/<n>".to_vec() } else { text.to_vec() };
        let (shown, _) = accesses.finish(&[0], steady, |_| {}, unnamed);
        let told: Vec<(&Object, bool)> = shown.iter().map(|access| (&access.object, access.later)).collect();
        assert_eq!(told, [(&Object::File(b"/etc/x"[..].into()), true), (&Object::File(b"/tmp/<n>"[..].into()), false)]);
    }

    #[test]
    fn what_is_shown_by_another_name_is_judged_by_its_own() {
        let mut accesses = Accesses::default();
        let program = accesses.text(b"/bin/x");
        for path in ["/tmp/1", "/tmp/2", "/etc/x"] {
            let thing = Thing::File(accesses.text(path.as_bytes()));
            assert!(accesses.add(Row::new(0, Op::Read, thing, program)));
        }
        let steady = |text: &[u8]| if text.starts_with(b"/tmp/") { b"/tmp/<n>".to_vec() } else { text.to_vec() };
        let (shown, real) = accesses.finish(&[0], steady, |_| {}, unnamed);
        let paths: Vec<&Object> = shown.iter().map(|access| &access.object).collect();
        assert_eq!(paths, [&Object::File(b"/etc/x"[..].into()), &Object::File(b"/tmp/<n>"[..].into())]);
        let names: Vec<(usize, &Object)> =
            real.iter().flat_map(|(at, list)| list.iter().map(|real| (*at, &real.access.object))).collect();
        assert_eq!(names, [(1, &Object::File(b"/tmp/1"[..].into())), (1, &Object::File(b"/tmp/2"[..].into()))]);
    }
}
