//! Attempts: for every effect in a row of the schema, one call in each of the ways in which it can be done. Nothing here is a list of
//! calls: what is passed follows from the types of the row's arguments, what has to be told from its effects. A row for which
//! no attempt can be made is an error that names it, so that a new one is tried as soon as it stands in the schema.
//!
//! The text of attempts is what `fixtures/call.c` reads. Each has a directory of its own, by which what was told of it is found.

mod judge;
mod kinds;
mod ring;
mod sockets;
mod values;
mod ways;

use std::collections::BTreeMap;
use std::fmt::Write;

use tracer::schema::effects::{Does, Effect};
use tracer::schema::types::{Arg, NO_NR, Row};
use tracer::schema::{Abi, all, uring};

pub use ring::UNTAUGHT;

pub use judge::{Told, Verdict, is_lacking, judge, read, state};

/// What an audit has to say of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// All of these: operation and object.
    Told(Vec<(&'static str, String)>),
    /// The call is named as a gap: of what was done only that is known.
    Gap,
    /// Nothing: no rule speaks of it, and it leaves everything as it was.
    Nothing,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its name, and that of its directory.
    pub id: String,
    /// The call's name.
    pub row: &'static str,
    /// The form of the call and the effect, as a person reads it.
    pub form: String,
    /// The way in which it is done.
    pub way: &'static str,
    /// What it does is on a name or an address, of which a failed attempt is told too.
    pub named: bool,
    /// It is made to fail.
    pub fails: bool,
    /// What must be told.
    pub expect: Expect,
    /// What it is done to, as far as that is a file: it must be as before when nothing was told.
    pub file: String,
    prepare: Vec<String>,
    hold: Vec<String>,
    call: String,
}

/// Where attempts are made, and what they find there.
#[derive(Debug, Clone)]
pub struct Place {
    /// The directory of all of them: nothing below it may be touched.
    pub base: String,
    /// A directory where everything may be done.
    pub aside: String,
    /// A port at which TCP listens, on all addresses.
    pub tcp: u16,
    /// A port at which UDP receives.
    pub udp: u16,
}

/// How what a row says is asked of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// By a call of an ABI.
    Call(Abi),
    /// By an operation of io_uring; whether the source sees what goes through a ring.
    Ring(bool),
}

/// A form of a call: what an argument chooses, or the call as such.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    row: &'static Row,
    does: Does,
    args: &'static [Arg],
    /// The argument that chooses, and its value.
    selected: Option<(u8, u64)>,
}

/// What the words of a call are, by place; further words stand before them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    by_place: BTreeMap<u8, String>,
    before: Option<String>,
}

/// The attempts that go through a door, and the forms for which there is none.
pub fn all_of(door: Door, place: &Place) -> (Vec<Attempt>, Vec<String>) {
    let rows: Vec<&'static Row> = match door {
        Door::Call(abi) => all().filter(|row| row.nr[abi as usize] != NO_NR).collect(),
        Door::Ring(_) => uring::OPERATIONS.iter().map(|it| &it.row).filter(|row| !ring::is_untaught(row)).collect(),
    };
    let (mut attempts, mut unfit) = (Vec::new(), Vec::new());
    for form in rows.into_iter().flat_map(forms) {
        for effect in form.does.effects() {
            let mut maker = Maker { door, place, form, effect: *effect, made: Vec::new(), number: attempts.len() };
            match maker.make() {
                Ok(()) if maker.made.is_empty() => {
                    unfit.push(format!("{}: {effect:?}: no way to do it", form.row.name));
                }
                Ok(()) => attempts.append(&mut maker.made),
                Err(why) => unfit.push(format!("{}: {effect:?}: {why}", form.row.name)),
            }
        }
    }
    (attempts, unfit)
}

/// What `call` reads: what is to be prepared, held open and called.
pub fn text<'a>(attempts: impl IntoIterator<Item = &'a Attempt>) -> String {
    let mut text = String::new();
    for attempt in attempts {
        for line in attempt.prepare.iter().chain(&attempt.hold) {
            let _ = writeln!(text, "{line}");
        }
        let _ = writeln!(text, "C {}", attempt.call);
    }
    text
}

/// The forms of a row that have a class of their own: with each value that chooses one.
fn forms(row: &'static Row) -> Vec<Form> {
    let own = match row.variants.first() {
        None => None,
        // A form that says nothing of itself does what the row says.
        Some(first) => {
            let plain = row.variants.iter().find(|variant| variant.does == Does::Unsaid);
            Some((first.selector, plain.map_or(values::UNKNOWN, |variant| variant.values[0])))
        }
    };
    let mut forms = vec![Form { row, does: row.does, args: row.args, selected: own }];
    for variant in row.variants.iter().filter(|variant| variant.does != Does::Unsaid) {
        forms.extend(variant.values.iter().map(|&value| Form {
            row,
            does: variant.does,
            args: variant.args,
            selected: Some((variant.selector, value)),
        }));
    }
    forms
}

/// Makes the attempts of one effect.
pub(crate) struct Maker<'p> {
    door: Door,
    place: &'p Place,
    form: Form,
    effect: Effect,
    made: Vec<Attempt>,
    /// Of the first attempt, among all.
    number: usize,
}

impl Maker<'_> {
    /// The directory of the next attempt.
    fn dir(&self, mode: &str, way: &str) -> String {
        format!("{}/{}", self.place.base, self.id(mode, way))
    }

    /// The value that chose the form.
    fn chosen(&self) -> String {
        let chosen = self.form.selected.filter(|_| self.form.does != self.form.row.does);
        chosen.map_or(String::new(), |(_, value)| format!("-{value:x}"))
    }

    fn id(&self, mode: &str, way: &str) -> String {
        let chosen = self.chosen();
        let effect = format!("{:?}", self.effect);
        let effect = effect.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_lowercase();
        let object = self.effect.object().map_or(String::new(), |at| at.to_string());
        format!("{}{chosen}-{effect}{object}-{mode}-{way}", uring::bare(self.form.row))
    }

    /// An address that no other attempt has.
    fn host(&self) -> String {
        let number = self.number + self.made.len();
        format!("127.{}.{}.{}", 1 + number / 62_500, number / 250 % 250, 1 + number % 250)
    }

    /// A descriptor's number that no other attempt has.
    fn held(&self) -> usize {
        400 + self.number + self.made.len()
    }

    /// Adds an attempt; `kind`: what its file `it` is.
    fn add(&mut self, try_: Try<'_>) -> Result<(), String> {
        let id = self.id(try_.mode, try_.way);
        let dir = self.dir(try_.mode, try_.way);
        let mut prepare = vec![format!("P dir {dir}"), format!("P link {dir}.l {dir}")];
        if !try_.kind.is_empty() {
            prepare.push(format!("P {} {dir}/it", try_.kind));
            prepare.push(format!("P link {dir}/link {dir}/it"));
        }
        prepare.extend(try_.prepare);
        let before = try_.words.before.clone().map_or(String::new(), |word| format!(" {word}"));
        let (abi, number, arguments) = match self.door {
            Door::Call(abi) => {
                let letter = if abi == Abi::I386 { '3' } else { 'n' };
                (letter, self.form.row.nr[abi as usize], self.form.arguments(abi, &try_.words)?.join(" "))
            }
            Door::Ring(_) => ('u', self.form.opcode(), self.form.submission(&try_.words)?),
        };
        let call = format!("{id} {abi} {number}{before} {arguments}");
        let is_seen = match self.door {
            // What a 32-bit call passes is read where it is the same in both.
            Door::Call(abi) => abi != Abi::I386 || self.form.is_read(self.effect),
            Door::Ring(seen) => seen,
        };
        let expect = if is_seen || try_.expect == Expect::Nothing { try_.expect } else { Expect::Gap };
        let row = if self.door == Door::Ring(false) { "io_uring_enter" } else { self.form.row.name };
        self.made.push(Attempt {
            form: format!("{}{} {:?}", self.form.row.name, self.chosen(), self.effect),
            fails: matches!(try_.mode, "made" | "refused"),
            id,
            row,
            way: try_.way,
            named: try_.named,
            expect,
            file: format!("{dir}/{}", try_.file),
            prepare,
            hold: try_.hold,
            call,
        });
        Ok(())
    }
}

/// What an attempt is made of.
pub(crate) struct Try<'t> {
    mode: &'t str,
    way: &'static str,
    /// What `it` is: a word of the fixture; empty for nothing.
    kind: &'t str,
    /// The name of what it is done to.
    file: &'t str,
    words: Words,
    prepare: Vec<String>,
    hold: Vec<String>,
    named: bool,
    expect: Expect,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_effect_of_every_row_can_be_attempted() {
        let place = Place { base: "/base".to_owned(), aside: "/aside".to_owned(), tcp: 1, udp: 2 };
        let doors = [Door::Call(Abi::X86_64), Door::Call(Abi::I386), Door::Call(Abi::Aarch64), Door::Ring(true)];
        for door in doors {
            let (attempts, unfit) = all_of(door, &place);
            assert!(unfit.is_empty(), "teach attempts/ to make these:\n{}", unfit.join("\n"));
            let mut ids: Vec<_> = attempts.iter().map(|attempt| &attempt.id).collect();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), attempts.len(), "two attempts of one name");
            assert!(attempts.len() > 300, "{door:?}: {}", attempts.len());
        }
    }
}
