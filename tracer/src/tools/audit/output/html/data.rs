//! What the script shows, as one object of JSON: every text once, in a list, and rows of numbers that point into it. All texts are
//! harmless already; `<`, `>` and `&` are written as `\u003c` and its like, so that nothing in them ends the element they stand in.

use std::collections::HashMap;

use super::said;
use crate::render::json::escape;
use crate::render::json::object::{Object as Json, list};
use crate::tools::audit::evidence::timeline::{Process, Program};
use crate::tools::audit::evidence::{Access, Change, Diff, Effect, Object, Op, Ran, Words};
use crate::tools::audit::output::words::{self, Voice};
use crate::tools::audit::output::{text, verdict};

/// Accesses in the page at most.
const MOST: usize = 200_000;

/// Texts, each once.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    places: HashMap<String, usize>,
}

impl Texts {
    fn add(&mut self, text: String) -> usize {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = self.list.len();
        self.list.push(text.clone());
        self.places.insert(text, place);
        place
    }

    /// The place of a text, or -1 for none.
    fn maybe(&mut self, text: Option<String>) -> i64 {
        text.map_or(-1, |text| self.add(text) as i64)
    }
}

/// A row of numbers.
type Numbers = Vec<i64>;

/// The object, as text that may stand in an element `script`.
pub(super) fn data(voice: Voice<'_>) -> String {
    let report = voice.report;
    let evidence = &report.evidence;
    let mut texts = Texts::default();
    let none = texts.add(String::new());
    debug_assert_eq!(none, 0);
    let units: Vec<Numbers> = evidence
        .units
        .iter()
        .map(|unit| vec![texts.add(said(&unit.label())) as i64, texts.add(unit.runner.name().to_owned()) as i64])
        .collect();
    let accesses: Vec<Numbers> =
        evidence.accesses.iter().take(MOST).map(|access| access_row(voice, access, &mut texts)).collect();
    let effects: Vec<Numbers> = evidence.effects.iter().map(|effect| effect_row(voice, effect, &mut texts)).collect();
    let programs: Vec<Numbers> = evidence.programs.iter().map(|ran| ran_row(voice, ran, &mut texts)).collect();
    let processes: Vec<Numbers> =
        report.timeline.processes.iter().map(|process| process_row(voice, process, &mut texts)).collect();
    let violations: Vec<Numbers> = report
        .judgement
        .violations
        .iter()
        .map(|violation| vec![violation.access as i64, texts.add(said(&violation.rule)) as i64])
        .collect();
    let diffs: Vec<Numbers> =
        evidence.effects.iter().enumerate().filter_map(|(at, effect)| diff_row(at, effect, &mut texts)).collect();
    let mut out = Vec::new();
    let mut object = Json::begin(&mut out);
    object.list("ops", Op::ALL, |op, out| escape::string(out, op.name()));
    object.list("texts", &texts.list, |text, out| escape::string(out, text));
    for (key, rows) in [
        ("units", &units),
        ("accesses", &accesses),
        ("effects", &effects),
        ("diffs", &diffs),
        ("programs", &programs),
        ("processes", &processes),
        ("violations", &violations),
    ] {
        object.list(key, rows, |row, out| numbers(row, out));
    }
    object.number("length", micros(report.timeline.length));
    object.number("processesLeft", report.timeline.left_out);
    object.number("accessesLeft", evidence.accesses.len().saturating_sub(MOST) as u64);
    object.end();
    inert(&String::from_utf8_lossy(&out))
}

fn numbers(row: &[i64], out: &mut Vec<u8>) {
    list(out, row, |number, out| out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()));
}

/// In JSON these stand in strings alone, where the escape means the same.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn micros(ns: u64) -> i64 {
    i64::try_from(ns / 1000).unwrap_or(i64::MAX)
}

/// unit, op, kind, object, host, error, to, passed, program, wrote
fn access_row(voice: Voice<'_>, access: &Access, texts: &mut Texts) -> Numbers {
    let (kind, object, host) = match &access.object {
        Object::File(path) => (0, voice.path(path), None),
        Object::Inet { protocol, address, ephemeral, hosts } => {
            let end = Object::endpoint(address, *ephemeral);
            (1, format!("{protocol} {end}"), (!hosts.is_empty()).then(|| voice.hosts(hosts)))
        }
        Object::Unix(_) => (2, voice.object(&access.object), None),
        Object::Other(..) => (3, voice.object(&access.object), None),
    };
    let op = Op::ALL.iter().position(|op| *op == access.op).unwrap_or_default();
    vec![
        index(access.unit),
        op as i64,
        kind,
        texts.add(object) as i64,
        texts.maybe(host),
        texts.maybe((access.errno != 0).then(|| words::error(access.errno))),
        texts.maybe(access.to.as_ref().map(|to| voice.path(to))),
        texts.maybe(access.passed.as_ref().map(|passed| voice.path(passed))),
        texts.add(voice.path(&access.program)) as i64,
        i64::from(access.wrote),
    ]
}

/// path, change, to, contents, units...
fn effect_row(voice: Voice<'_>, effect: &Effect, texts: &mut Texts) -> Numbers {
    let to = match &effect.change {
        Change::Renamed(to) => Some(voice.path(to)),
        Change::Created | Change::Modified | Change::Deleted | Change::Temporary => None,
    };
    let contents = text::contents(effect).map(|text| said(&text));
    let mut row = vec![
        texts.add(voice.path(&effect.path)) as i64,
        texts.add(effect.change.name().to_owned()) as i64,
        texts.maybe(to),
        texts.maybe(contents),
    ];
    row.extend(effect.units.iter().map(|unit| index(*unit)));
    row
}

/// effect, lines...; of what differs in no way that is told, why as the only one
fn diff_row(at: usize, effect: &Effect, texts: &mut Texts) -> Option<Numbers> {
    let lines: Vec<String> = match effect.diff.as_ref()? {
        // A tab is no line's end.
        Diff::Lines(lines) => lines.iter().map(|line| said(&line.replace('\t', "    "))).collect(),
        Diff::Not(why) => vec![format!("no difference is told: {why}")],
    };
    Some([index(at)].into_iter().chain(lines.into_iter().map(|line| texts.add(line) as i64)).collect())
}

/// unit, program, arguments, by, end
fn ran_row(voice: Voice<'_>, ran: &Ran, texts: &mut Texts) -> Numbers {
    vec![
        index(ran.unit),
        texts.add(voice.path(&ran.program)) as i64,
        texts.add(arguments(voice, &ran.program, &ran.words)) as i64,
        texts.add(voice.path(&ran.by)) as i64,
        texts.maybe(ran.status.map(verdict::status)),
    ]
}

/// parent, id, unit, began, ended, end, (began, program, arguments)...
fn process_row(voice: Voice<'_>, process: &Process, texts: &mut Texts) -> Numbers {
    let mut row = vec![
        process.parent.map_or(-1, index),
        process.pid.into(),
        index(process.unit),
        micros(process.began),
        process.ended.map_or(-1, micros),
        texts.maybe(process.status.map(verdict::status)),
    ];
    for Program { began, file, words } in &process.programs {
        let words = texts.add(arguments(voice, file, words)) as i64;
        row.extend([micros(*began), texts.add(voice.path(file)) as i64, words]);
    }
    row
}

/// The command line; of what has none the file.
fn arguments(voice: Voice<'_>, file: &[u8], words: &Words) -> String {
    let mut all: Vec<String> = words.list.iter().map(|word| voice.argument(word)).collect();
    if all.is_empty() {
        all.push(voice.path(file));
    }
    if words.cut {
        all.push("...".to_owned());
    }
    all.join(" ")
}

/// An index that leads somewhere, or nowhere.
fn index(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
