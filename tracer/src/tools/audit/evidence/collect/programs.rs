//! Programs that are run, and whose unit they are.

use tracer_common::event::flag;
use tracer_common::plan::{ARG_RET, BLOB_MAX, phase, shape};

use super::calls::named;
use super::named::Given;
use super::{Collector, Related, Seen};
use crate::decode::calls::words;
use crate::decode::value::{Tail, Value};
use crate::decode::{self, Blobs};
use crate::schema::process::EXECVEAT;
use crate::system::proc_paths::through;
use crate::tools::audit::evidence::accesses::{Text, parts};
use crate::tools::audit::evidence::units::{self, Program, shown};
use crate::tools::audit::evidence::{GapKind, Op, Runner, Words};

impl Collector<'_> {
    /// A marker of a program that names its units itself.
    pub(super) fn marker(&mut self, seen: &Seen<'_, '_>, at: u8) {
        let Some(Value::Path { bytes, .. }) = seen.arg(at) else { return };
        let Some(marked) = units::marked(bytes) else { return };
        let (pid, tid) = (seen.call.head.tgid, seen.call.head.tid);
        if !self.whose.may_mark(pid, tid) {
            return;
        }
        let wide = marked.as_ref().is_some_and(|unit| unit.name.is_empty());
        let unit = marked.map(|unit| self.unit(unit));
        self.whose.marked(pid, tid, unit, wide);
    }

    pub(super) fn execute(&mut self, seen: &Seen<'_, '_>, at: u8) {
        if only_asks(seen) {
            return;
        }
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
        let view = file.and_then(|(_, bytes)| decode::file_view(bytes));
        // By the name that it had, where that is gone.
        let file = view.as_deref().and_then(named).map(|file| self.here(seen, file));
        if let (Some(view), Some(file)) = (&view, &file) {
            self.recognise(Some((view.file.dev, view.file.ino)), file);
        }
        let (environment, whole) = environment(seen.blobs);
        let given = passed.as_ref().map(|given| given.named().to_vec()).unwrap_or_default();
        let object = match &passed {
            Some(given) if seen.errno == 0 => self.script(seen, at, given),
            _ => None,
        };
        let Some(file) = file.or_else(|| passed.map(|passed| passed.object)) else {
            self.gap(GapKind::Unreadable, Some(seen.unit), "the program of an execve".to_owned(), 1);
            return;
        };
        let argv = seen.call.args.iter().find_map(|(name, value)| (*name == "argv").then_some(value));
        let words = argv.map(words);
        let program = Program {
            passed: &given,
            file: &file,
            words: words.as_deref().unwrap_or_default(),
            environment: &environment,
            before: self.accesses.of(seen.program),
            inside: seen.unit != 0,
        };
        let begun = self.rules.unit(&program);
        let runner = self.rules.runner(&program);
        if begun.is_none() && !whole && seen.unit == 0 {
            self.gap(GapKind::UnknownUnit, None, "an environment that was too long to be read".to_owned(), 1);
        }
        // How long pytest runs a test, its own processes do not tell.
        let ends = begun.as_ref().is_some_and(|unit| unit.runner != Runner::Pytest);
        let begun = begun.map(|unit| self.unit(unit));
        let unit = begun.unwrap_or(seen.unit);
        let (pid, tid) = (seen.call.head.tgid, seen.call.head.tid);
        if self.runs
            && let Some(memory) = [Some(&file), object.as_ref()].into_iter().flatten().find(|path| is_in_memory(path))
        {
            let what = format!("what {} is that {} ran: it is in memory alone", shown(memory), seen.name);
            self.gap(GapKind::Unseen, Some(unit), what, 1);
        }
        let passed = (!given.is_empty() && given != file).then_some(given);
        let handed = self.handed_on(pid, words.as_deref().unwrap_or_default());
        let script = object.as_ref().filter(|object| self.programs && self.world.follow(0, object) != file);
        let script = script.and_then(|_| match seen.arg(at) {
            Some(Value::Path { bytes, cut: false }) => Some(self.accesses.text(bytes)),
            _ => None,
        });
        let also = self.also(object, passed.as_deref(), &file);
        let related = Related { also: &also, ..Related::default() };
        let text = self.accesses.text(&file);
        self.whose.executed(pid, tid, begun, ends, text);
        if let Some(runner) = runner {
            self.whose.expect(pid, runner);
        }
        if let Some(words) = &words {
            self.serving.executed(pid, words);
            self.clients.executed(unit, text, words);
        }
        self.name_program(pid, &file, also.iter().chain(&passed).chain(handed.iter().flat_map(|(_, names)| names)));
        self.whose.set_script(pid, script.or(handed.map(|(script, _)| script)));
        if self.world.is_loader(&file) {
            self.whose.will_load(pid);
        }
        let later = self.whose.is_over(unit);
        self.access_to(&Seen { unit, later, ..*seen }, Op::Run, &file, passed.as_deref(), related);
        let head = &seen.call.head;
        let words = Words { list: words.unwrap_or_default(), cut: is_cut(argv) };
        self.course.run(head.tgid, unit, (head.time, head.dur), &file, words);
    }

    /// The file that an execve was given, be it a script; one that a descriptor in /proc leads to is looked for, and else is a gap.
    fn script(&mut self, seen: &Seen<'_, '_>, at: u8, given: &Given) -> Option<Vec<u8>> {
        // `/dev/fd` is a link to there.
        let by_descriptor = |path: &&[u8]| through(path, seen.call.head.tgid).is_some();
        let Some(path) = [given.named(), &given.object].into_iter().find(by_descriptor) else {
            return Some(given.object.clone());
        };
        let meant = self.meant(seen, at, path, true);
        if meant.is_none() {
            let what = format!("the file behind {} that was passed to {}", shown(given.named()), seen.name);
            self.gap(GapKind::Unreadable, Some(seen.unit), what, 1);
        }
        meant
    }

    /// A file was opened: by a loader it is the program that it runs.
    pub(super) fn loaded(&mut self, seen: &Seen<'_, '_>, file: &[u8], passed: Option<&[u8]>) {
        let pid = seen.call.head.tgid;
        if self.whose.loads(pid, || self.accesses.text(file)) {
            let loader = self.accesses.of(seen.program).to_vec();
            self.name_program(pid, file, passed.map(<[u8]>::to_vec).iter().chain([&loader]));
            self.access(seen, Op::Run, file, passed);
        }
    }

    /// Notes the further names of the program that a process runs now, where rules speak of programs.
    fn name_program<'n>(&mut self, pid: u32, file: &[u8], given: impl Iterator<Item = &'n Vec<u8>>) {
        if self.programs {
            let text = self.accesses.text(file);
            let names: Vec<Vec<u8>> = given.cloned().chain(self.other_names(text, file)).collect();
            let names = self.together(&names);
            self.whose.set_names(pid, names);
        }
    }

    /// The names of the program that a process ran before, where it was run for a script and hands this on to the next: `#!/usr/bin/env X`
    /// has env run X, which interprets the script.
    fn handed_on(&self, pid: u32, words: &[Vec<u8>]) -> Option<(Text, Vec<Vec<u8>>)> {
        let process = self.whose.get(pid)?;
        let script = process.script?;
        let hands_on = words.iter().skip(1).any(|word| word == self.accesses.of(script));
        let names = process.names.map(|names| parts(self.accesses.of(names))).unwrap_or_default();
        let program = self.accesses.of(process.program).to_vec();
        hands_on.then(|| (script, names.into_iter().chain([program]).collect()))
    }

    /// The further names of a program that was run by a link or is a script's interpreter.
    fn also(&mut self, object: Option<Vec<u8>>, passed: Option<&[u8]>, file: &[u8]) -> Vec<Vec<u8>> {
        let Some(object) = object.filter(|object| object != file) else { return Vec::new() };
        let mut names = self.world.interpreters(&object);
        // A script was renamed or linked, or is on another mount.
        let text = self.accesses.text(&object);
        names.extend(self.other_names(text, &object));
        names.push(object);
        names.retain(|name| name != file && Some(name.as_slice()) != passed);
        names.sort();
        names.dedup();
        names
    }
}

/// A program that memfd_create(2) made: the kernel gives it a name that is none of any file.
pub(super) fn is_in_memory(path: &[u8]) -> bool {
    path.starts_with(b"/memfd:")
}

/// Whether nothing is run: it is only asked whether it could be (execveat(2); 6.14).
fn only_asks(seen: &Seen<'_, '_>) -> bool {
    const CHECK: u64 = EXECVEAT.flag("AT_EXECVE_CHECK");
    seen.has_flag(CHECK)
}

/// Whether arguments are not all there, or not all whole.
fn is_cut(argv: Option<&Value<'_>>) -> bool {
    let whole = |word: &Value<'_>| matches!(word, Value::Str { cut: false, .. } | Value::Path { cut: false, .. });
    !matches!(argv, Some(Value::Array(list, Tail::Whole)) if list.iter().all(whole))
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
