//! An index of globs by what everything that fits them has: the whole text, how it begins, how it ends. What is asked about a text is
//! then held only against those that may fit, however many there are.

use std::collections::BTreeSet;

use foldhash::HashMap;

use super::{Component, Kind, NameGlob, Piece};

/// What a text has that fits a glob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    Whole,
    Front,
    Back,
}

/// The part, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Part, Vec<u8>);

impl Key {
    /// Every text has it.
    pub const ANY: Key = Key(Part::Any, Vec::new());

    /// The text is this.
    pub fn whole(text: &[u8]) -> Key {
        Key(Part::Whole, text.to_vec())
    }

    /// How much it says.
    pub fn weight(&self) -> usize {
        self.1.len()
    }
}

impl NameGlob {
    /// A key for each way to read it.
    pub fn keys(&self) -> Vec<Key> {
        self.0.iter().map(|pieces| key(pieces)).collect()
    }
}

impl Component {
    /// What a name has that fits; `None`: it fits no name, or more than one.
    pub fn key(&self) -> Option<Key> {
        match &self.0 {
            Kind::Deep => None,
            Kind::Literal(name) => Some(Key::whole(name)),
            Kind::Wild(pieces) => Some(key(pieces)),
        }
    }
}

/// The longer of what stands in front of the first wild piece and what stands behind the last.
fn key(pieces: &[Piece]) -> Key {
    let byte = |piece: &Piece| if let Piece::Byte(byte) = piece { Some(*byte) } else { None };
    let front: Vec<u8> = pieces.iter().map_while(byte).collect();
    if front.len() == pieces.len() {
        return Key(Part::Whole, front);
    }
    let mut back: Vec<u8> = pieces.iter().rev().map_while(byte).collect();
    back.reverse();
    match front.len() >= back.len() {
        true if front.is_empty() => Key::ANY,
        true => Key(Part::Front, front),
        false => Key(Part::Back, back),
    }
}

/// Numbers by keys.
#[derive(Debug, Default)]
pub struct Keyed {
    any: Vec<usize>,
    whole: HashMap<Vec<u8>, Vec<usize>>,
    fronts: Affixes,
    backs: Affixes,
}

#[derive(Debug, Default)]
struct Affixes {
    lengths: BTreeSet<usize>,
    of: HashMap<Vec<u8>, Vec<usize>>,
}

impl Keyed {
    /// Files a number under a key.
    pub fn add(&mut self, key: Key, number: usize) {
        let Key(part, bytes) = key;
        let affixes = match part {
            Part::Any => return self.any.push(number),
            Part::Whole => return self.whole.entry(bytes).or_default().push(number),
            Part::Front => &mut self.fronts,
            Part::Back => &mut self.backs,
        };
        affixes.lengths.insert(bytes.len());
        affixes.of.entry(bytes).or_default().push(number);
    }

    /// Files it under each of the keys.
    pub fn add_all(&mut self, keys: &[Key], number: usize) {
        keys.iter().for_each(|key| self.add(key.clone(), number));
    }

    /// Every number whose key one of the texts has, some more than once.
    pub fn find<'t>(&self, texts: impl IntoIterator<Item = &'t [u8]>, found: &mut impl FnMut(usize)) {
        self.any.iter().copied().for_each(&mut *found);
        if self.whole.is_empty() && self.fronts.of.is_empty() && self.backs.of.is_empty() {
            return;
        }
        for text in texts {
            let mut all = |list: Option<&Vec<usize>>| list.into_iter().flatten().copied().for_each(&mut *found);
            all(self.whole.get(text));
            for &length in self.fronts.lengths.range(..=text.len()) {
                all(self.fronts.of.get(&text[..length]));
            }
            for &length in self.backs.lengths.range(..=text.len()) {
                all(self.backs.of.get(&text[text.len() - length..]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_say_what_fits_has() {
        let check = |glob: &str, expected: &[Key]| {
            assert_eq!(NameGlob::parse(glob).expect(glob).keys(), expected, "{glob}");
        };
        check("abc", &[Key::whole(b"abc")]);
        check("abc*", &[Key(Part::Front, b"abc".to_vec())]);
        check("*bc", &[Key(Part::Back, b"bc".to_vec())]);
        check("a?bc", &[Key(Part::Back, b"bc".to_vec())]);
        check("ab[c]d", &[Key(Part::Front, b"ab".to_vec())]);
        check("*", &[Key::ANY]);
        check("{a,b*}", &[Key::whole(b"a"), Key(Part::Front, b"b".to_vec())]);
    }

    proptest! {
        #[test]
        fn whatever_fits_is_found(globs in prop::collection::vec("[ab*?]{0,5}", 1..8), text in "[ab]{0,6}") {
            let globs: Vec<NameGlob> = globs.iter().map(|glob| NameGlob::parse(glob).expect("a glob")).collect();
            let mut keyed = Keyed::default();
            globs.iter().enumerate().for_each(|(number, glob)| keyed.add_all(&glob.keys(), number));
            let mut found = Vec::new();
            keyed.find([text.as_bytes()], &mut |number| found.push(number));
            for (number, glob) in globs.iter().enumerate() {
                prop_assert!(!glob.matches(text.as_bytes()) || found.contains(&number));
            }
        }
    }
}
