//! Programs that are run, and whose unit they are.

use tracer_common::event::flag;
use tracer_common::plan::{ARG_RET, BLOB_MAX, phase, shape};

use super::{Collector, Process, Related, Seen};
use crate::decode::calls::{path_of, words};
use crate::decode::value::Value;
use crate::decode::{self, Blobs};
use crate::tools::audit::evidence::units::{self, Program};
use crate::tools::audit::evidence::{GapKind, Op};

impl Collector<'_> {
    /// A marker of a program that names its units itself.
    pub(super) fn marker(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(Value::Path { bytes, .. }) = seen.arg(at) else { return };
        let Some(marked) = units::marked(bytes) else { return };
        let unit = marked.map_or(0, |unit| self.unit(unit));
        self.processes.entry(seen.call.head.tgid).or_default().unit = unit;
    }

    pub(super) fn execute(&mut self, seen: &Seen<'_, '_>, at: u8) {
        // What one was given that was not traced until it had begun, is gone.
        // A link that was not run is told by where it leads, as one that was.
        let passed =
            if seen.call.head.flags & flag::BEFORE == 0 { self.given_as(seen, at, seen.errno != 0) } else { None };
        if seen.errno != 0 {
            if let Some(passed) = passed {
                self.access(seen, Op::Run, &passed.object, passed.passed.as_deref());
            }
            return;
        }
        let file = seen.blobs.find(ARG_RET, shape::EXE, phase::EXIT_OK, 0);
        let file = file.and_then(|(_, bytes)| decode::file_view(bytes)).and_then(|view| path_of(&view));
        let (environment, whole) = environment(seen.blobs);
        let given = passed.as_ref().map(|given| given.named.clone()).unwrap_or_default();
        let object = passed.as_ref().map(|given| given.object.clone());
        let Some(file) = file.or_else(|| passed.map(|passed| passed.object)) else {
            self.gap(GapKind::Unreadable, Some(seen.unit), "the program of an execve".to_owned(), 1);
            return;
        };
        let words = seen.call.args.iter().find_map(|(name, value)| (*name == "argv").then(|| words(value)));
        let program = Program {
            passed: &given,
            file: &file,
            words: words.as_deref().unwrap_or_default(),
            environment: &environment,
            before: self.accesses.of(seen.program),
            inside: seen.unit != 0,
        };
        let begun = self.rules.unit(&program);
        if begun.is_none() && !whole && seen.unit == 0 {
            self.gap(GapKind::UnknownUnit, None, "an environment that was too long to be read".to_owned(), 1);
        }
        let unit = begun.map_or(seen.unit, |unit| self.unit(unit));
        let passed = (!given.is_empty() && given != file).then_some(given);
        let also = self.also(object, passed.as_deref(), &file);
        let related = Related { also: &also, ..Related::default() };
        self.access_to(&Seen { unit, ..*seen }, Op::Run, &file, passed.as_deref(), related);
        let program = self.accesses.text(&file);
        let process = self.process(seen.call.head.tgid);
        self.processes.insert(seen.call.head.tgid, Process { unit, program, ..process });
    }

    /// The further names of a program that was run by a link or is a script's interpreter.
    fn also(&mut self, object: Option<Vec<u8>>, passed: Option<&[u8]>, file: &[u8]) -> Vec<Vec<u8>> {
        let Some(object) = object.filter(|object| object != file) else { return Vec::new() };
        let mut names = self.world.interpreters(&object);
        names.push(object);
        names.retain(|name| name != file && Some(name.as_slice()) != passed);
        names.sort();
        names.dedup();
        names
    }
}

/// The environment that an execve gave, and whether it is whole.
fn environment(blobs: &Blobs<'_>) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut want = None;
    for part in 0..tracer_common::plan::ENVIRON_PARTS {
        let Some((blob, piece)) = blobs.find(ARG_RET, shape::ENVIRON, phase::EXIT_OK, part) else { break };
        want = want.or(Some(blob.want as usize));
        bytes.extend_from_slice(piece);
        if piece.len() < BLOB_MAX {
            break;
        }
    }
    let whole = want.is_none_or(|want| bytes.len() >= want);
    (bytes, whole)
}
