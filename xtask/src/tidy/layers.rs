//! The rooms of the library, which of them may know which, and which touch nothing of the operating system. A test may use what it
//! wants.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, Source};

/// The rooms from the bottom up, and what each may import besides itself. Every folder of `tools` is a room of its own, which may
/// import what is said of `tools`, and no other of them.
const ROOMS: &[(&str, &[&str])] = &[
    ("exit", &[]),
    ("schema", &[]),
    ("spec", &["exit", "schema"]),
    ("system", &["schema"]),
    ("render", &["schema", "spec", "system"]),
    ("decode", &["schema", "spec"]),
    ("stack", &["system"]),
    ("library", &["schema", "system", "stack"]),
    ("capture", &["schema", "spec", "system", "stack", "library"]),
    ("cli", &["exit", "schema", "spec", "render"]),
    ("trace/output", &["schema", "spec", "render", "system", "decode", "stack", "capture"]),
    ("trace", &["exit", "schema", "spec", "render", "system", "decode", "capture", "trace/output"]),
    (
        "tools",
        &["exit", "schema", "spec", "render", "system", "stack", "decode", "capture", "cli", "trace", "trace/output"],
    ),
    ("doctor", &["render", "system", "capture", "cli", "trace"]),
    ("commands", &["exit", "render", "cli", "trace", "tools", "doctor"]),
];

/// What crosses layers nevertheless: who, what, and why.
const CROSSINGS: &[(&str, &str, &str)] =
    &[("system/owners.rs", "capture", "the iterator over descriptors is loaded by the eBPF source's loader")];

/// Macros, which stand at the root whatever room they are of.
const MACROS: &[(&str, &str)] = &[
    ("attributes", "schema"),
    ("layouts", "schema"),
    ("messages", "schema"),
    ("options", "schema"),
    ("prototypes", "schema"),
    ("records", "schema"),
    ("request_names", "schema"),
    ("requests", "schema"),
    ("selectors", "schema"),
    ("sets", "schema"),
    ("syscalls", "schema"),
];

/// Modules that touch nothing of the operating system, but for the named ones below them, which exist to do so.
const PURE: &[(&str, &[&str])] = &[
    ("schema", &[]),
    ("decode", &[]),
    ("render", &["sink", "stdout"]),
    ("system/proc_paths", &[]),
    ("system/process", &[]),
    ("system/snapshot", &[]),
    ("system/sockets", &[]),
    ("stack/frames", &[]),
    ("trace/tasks", &[]),
    ("trace/output", &["record"]),
    ("tools/audit/evidence", &[]),
    ("tools/audit/output", &[]),
    ("tools/audit/policy", &[]),
    ("tools/inspect/output", &[]),
    ("tools/inspect/report", &[]),
    ("tools/lsof/output", &[]),
    ("tools/ss/output", &[]),
    ("tools/top/keys", &[]),
    ("tools/top/model", &[]),
    ("tools/top/output", &[]),
    ("tools/top/sample", &[]),
    ("tools/top/view", &[]),
    ("tools/top/words", &[]),
    ("tools/why/judge", &[]),
    ("tools/why/output", &[]),
    ("tools/why/report", &[]),
    ("tools/why/scene", &[]),
];

/// What a pure module may not name.
const WORLD: &[&str] = &[
    "std::fs",
    "TcpStream",
    "UdpSocket",
    "std::process",
    "env::args",
    "env::args_os",
    "env::current_dir",
    "env::current_exe",
    "env::temp_dir",
    "env::var",
    "env::var_os",
    "File::open",
    "File::create",
    "io::stdout",
    "io::stderr",
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "procfs",
    "rustix",
    "SystemTime::now",
    "Instant::now",
];

/// Files of the library by their name below `tracer/src`.
pub type Files = BTreeMap<String, String>;

/// Every complaint about the files, and the arrows between rooms: who imports whom.
pub fn check(files: &Files) -> (Vec<String>, BTreeSet<(String, String)>) {
    let mut bad = Vec::new();
    let mut sources = BTreeMap::new();
    for (name, text) in files {
        match source::read(text, &module(name)) {
            Ok(source) => drop(sources.insert(name.as_str(), source)),
            Err(error) => bad.push(format!("tracer/src/{name}:{}: no Rust: {error}", error.span().start().line)),
        }
    }
    let tests = tests(&sources);
    let mut arrows = BTreeSet::new();
    for (name, source) in &sources {
        let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
        if !tests.iter().any(|test| below(path, test)) {
            imports(name, source, &mut bad, &mut arrows);
            purity(name, path, source, &mut bad);
            asking(name, path, source, &mut bad);
        }
    }
    for (name, to, _) in CROSSINGS {
        if sources
            .get(name)
            .is_some_and(|source| !source.names.iter().any(|named| named.path.get(1).is_some_and(|t| t == to)))
        {
            bad.push(format!("tracer/src/{name}:1: no longer needs its line in CROSSINGS"));
        }
    }
    (bad, arrows)
}

/// The path of the module that a file is.
fn module(name: &str) -> Vec<String> {
    let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|name| !["lib", "main"].contains(name)).map(str::to_owned).collect()
}

/// The modules, as paths of files without their end, that are compiled for tests alone.
fn tests(sources: &BTreeMap<&str, Source>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, source) in sources {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let stem = file.trim_end_matches(".rs");
        for test in &source.tests {
            // A path is that of a file beside this one; a name is looked for below the module.
            let path = match &test.path {
                Some(path) => format!("{folder}/{}", path.trim_end_matches(".rs")),
                None if ["mod", "lib", "main"].contains(&stem) => format!("{folder}/{}", test.name),
                None => format!("{folder}/{stem}/{}", test.name),
            };
            found.push(path.trim_start_matches('/').to_owned());
        }
    }
    found
}

/// Whether a module is another, or one of those in it.
fn below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The room of a module: its first name, or its first two.
fn room(path: &[String]) -> Option<String> {
    match path {
        [first, second, ..] if first == "tools" => Some(format!("tools/{second}")),
        [first, second, ..] if ROOMS.iter().any(|(room, _)| *room == format!("{first}/{second}")) => {
            Some(format!("{first}/{second}"))
        }
        [first, ..] => {
            Some(MACROS.iter().find(|(name, _)| name == first).map_or(first.as_str(), |(_, of)| of).to_owned())
        }
        [] => None,
    }
}

/// The line of ROOMS that speaks of a room.
fn kind(room: &str) -> &str {
    if below(room, "tools") { "tools" } else { room }
}

/// The import rule.
fn imports(name: &str, source: &Source, bad: &mut Vec<String>, arrows: &mut BTreeSet<(String, String)>) {
    let Some(room) = room(&module(name)) else { return };
    let Some((_, allowed)) = ROOMS.iter().find(|(known, _)| *known == kind(&room)) else {
        bad.push(format!("tracer/src/{name}:1: `{room}` has no line in ROOMS: nobody knows what it may import"));
        return;
    };
    for named in &source.names {
        let Some((root, path)) = named.path.split_first() else { continue };
        let Some(target) = self::room(path).filter(|target| root == "crate" && *target != room) else { continue };
        let mut complain = |what: String| bad.push(format!("tracer/src/{name}:{}: {what}", named.line));
        let wanted = kind(&target);
        if !ROOMS.iter().any(|(known, _)| *known == wanted) {
            complain(format!("`{target}` is neither a room nor a macro of one"));
        } else if kind(&room) == "tools" && wanted == "tools" {
            complain(format!("`{room}` may not know `{target}`: what two tools need stands in a room below"));
        } else if !allowed.contains(&wanted) && !CROSSINGS.iter().any(|(file, to, _)| *file == name && *to == target) {
            complain(format!("`{room}` may not know `{target}`"));
        }
        arrows.insert((room.clone(), target));
    }
}

/// That pure modules are pure.
fn purity(name: &str, path: &str, source: &Source, bad: &mut Vec<String>) {
    let pure = PURE.iter().find(|(module, except)| {
        below(path, module) && !except.iter().any(|inner| below(path, &format!("{module}/{inner}")))
    });
    let Some((module, _)) = pure else { return };
    for named in &source.names {
        let names = |word: &&&str| {
            let word: Vec<&str> = word.split("::").collect();
            named.path.windows(word.len()).any(|part| part.iter().eq(word.iter()))
        };
        if let Some(word) = WORLD.iter().find(names) {
            bad.push(format!("tracer/src/{name}:{}: `{module}` does no I/O, but names `{word}`", named.line));
        }
    }
}

/// That one room alone spells paths below /proc: the others ask it.
fn asking(name: &str, path: &str, source: &Source, bad: &mut Vec<String>) {
    let is_proc = |text: &str| text.strip_prefix("/proc").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    for (line, text) in source.texts.iter().filter(|(_, text)| is_proc(text) && !below(path, "system")) {
        bad.push(format!("tracer/src/{name}:{line}: only `system` knows paths below /proc, but here stands {text:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        check(&files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()).0
    }

    #[test]
    fn what_a_room_may_not_know_is_found() {
        let check = |name: &str, text: &str, expected: &str| {
            let found = complaints(&[(name, text)]);
            assert!(found.len() == 1 && found[0].contains(expected), "{text:?} gave {found:?}, expected {expected:?}");
        };
        check("decode/a.rs", "use crate::capture::Source;", "a.rs:1: `decode` may not know `capture`");
        check(
            "decode/a.rs",
            "use crate::{\n    schema::Row,\n    capture::{Batch},\n};",
            "a.rs:3: `decode` may not know `capture`",
        );
        check("capture/a.rs", "fn f(x: crate::decode::Call) {}", "`capture` may not know `decode`");
        check("schema/a.rs", "use super::super::spec::Spec;", "`schema` may not know `spec`");
        check("schema/mod.rs", "fn f() -> super::spec::Spec {}", "`schema` may not know `spec`");
        check(
            "decode/a.rs",
            "#[cfg(test)]\nmod tests {}\nuse crate::capture::Source;",
            "a.rs:3: `decode` may not know",
        );
        check(
            "decode/a.rs",
            "#[cfg(test)]\nuse crate::trace::x;\nfn f() { crate::trace::y() }",
            "a.rs:3: `decode` may not",
        );
        check("decode/latest.rs", "use crate::trace::Trace;", "`decode` may not know `trace`");
        check("system/a.rs", "use crate::tools::inspect::Report;", "`system` may not know `tools/inspect`");
        check("cli/a.rs", "use crate::{tools::{lsof}};", "`cli` may not know `tools/lsof`");
        check("trace/a.rs", "use crate::commands;", "`trace` may not know `commands`");
        check("trace/a.rs", "use crate::doctor::examine;", "`trace` may not know `doctor`");
        check("trace/output/a.rs", "use crate::trace::stage::Shower;", "`trace/output` may not know `trace`");
        check("trace/output/a.rs", "use super::super::stage::Shower;", "`trace/output` may not know `trace`");
        check("exit.rs", "use crate::sets;", "`exit` may not know `schema`");
        check("system/a.rs", "use crate::capture::Source;", "`system` may not know `capture`");
        check("spec.rs", "use crate::*;", "`*` is neither a room nor a macro");
        check("system/owners.rs", "use crate::schema::net;", "no longer needs its line in CROSSINGS");
        check("util/a.rs", "fn f() {}", "`util` has no line in ROOMS");
        check("spec.rs", "fn f() { \" }", "no Rust");
    }

    #[test]
    fn a_tool_knows_no_other_tool() {
        let check = |name: &str, text: &str, expected: &str| {
            let found = complaints(&[(name, text)]);
            assert!(found.len() == 1 && found[0].contains(expected), "{text:?} gave {found:?}, expected {expected:?}");
        };
        check("tools/lsof/a.rs", "use crate::tools::ss::names;", "`tools/lsof` may not know `tools/ss`");
        check("tools/lsof/mod.rs", "use super::ss::names;", "`tools/lsof` may not know `tools/ss`");
        check("tools/lsof/output/a.rs", "use crate::tools;", "`tools/lsof` may not know `tools`");
        check("tools/lsof/a.rs", "use crate::commands::Action;", "`tools/lsof` may not know `commands`");
    }

    #[test]
    fn what_is_allowed_is_left_alone() {
        for (name, text) in [
            ("trace/mod.rs", "use crate::{capture, decode};\nuse crate::capture::Source;"),
            ("decode/a.rs", "use crate::schema::Row;\n#[cfg(test)]\nmod tests { use crate::capture::x; }"),
            (
                "decode/a.rs",
                "use super::scalar; use crate::sets; // crate::capture\nconst A: &str = \"crate::capture::x\";",
            ),
            ("tools/lsof/a.rs", "use crate::tools::lsof::request::Lsof; use super::gather;"),
            ("commands/mod.rs", "use crate::tools::{lsof, ss};"),
            ("system/owners.rs", "use crate::capture::ebpf::snapshot;"),
            ("main.rs", "use tracer::commands;"),
        ] {
            assert_eq!(complaints(&[(name, text)]), Vec::<String>::new(), "{text:?}");
        }
    }

    #[test]
    fn files_for_tests_may_use_what_they_want() {
        let wild = "use crate::tools::lsof; fn f() { println!() }";
        for (declared, file) in [
            (("decode/mod.rs", "#[cfg(test)]\nmod tests;"), "decode/tests.rs"),
            (("decode/mod.rs", "#[cfg(test)]\nmod tests;"), "decode/tests/more.rs"),
            (("decode/a.rs", "#[cfg(test)]\nmod tests;"), "decode/a/tests/mod.rs"),
            (("decode/a.rs", "#[cfg(test)]\n#[path = \"a_tests.rs\"]\nmod tests;"), "decode/a_tests.rs"),
        ] {
            assert_eq!(complaints(&[declared, (file, wild)]), Vec::<String>::new(), "{file}");
            assert_eq!(complaints(&[(file, wild)]).len(), 2, "{file}");
        }
    }

    #[test]
    fn one_room_knows_proc() {
        let check =
            |name: &str, text: &str, expected: usize| assert_eq!(complaints(&[(name, text)]).len(), expected, "{text}");
        for text in [
            "const A: &str = \"/proc\";",
            "fn f() { read(b\"/proc/self/maps\") }",
            "fn f() { g(&format!(\"/proc/{pid}/stat\")) }",
            "const A: &CStr = c\"/proc/self\";",
            "const A: &str = r#\"/proc/x\"#;",
            "#[cfg(not(test))]\nconst A: &[&str] = &[\"/tmp\", \"/proc/\"];",
        ] {
            check("tools/lsof/a.rs", text, 1);
            check("main.rs", text, 1);
            check("system/procfs/a.rs", text, 0);
            check("system.rs", text, 0);
            check("tools/lsof/a.rs", &format!("#[cfg(test)]\nmod tests {{ {text} }}"), 0);
        }
        for text in ["\"/processes\"", "\"/tmp/proc/x\"", "\"reads /proc/1\"", "1 /* \"/proc/1\" */", "'/'"] {
            check("tools/lsof/a.rs", &format!("/// \"/proc/1\"\nfn f() {{ g({text}) }}"), 0);
        }
    }

    #[test]
    fn pure_modules_are_pure() {
        let check =
            |name: &str, text: &str, expected: usize| assert_eq!(complaints(&[(name, text)]).len(), expected, "{text}");
        check("decode/a.rs", "use std::fs::File;", 1);
        check("decode/a.rs", "use std::{fmt, fs};", 1);
        check("decode/a.rs", "fn f() { eprintln!(\"no\") }", 1);
        check("render/text.rs", "fn f() { std::env::var(\"A\") }", 1);
        check("tools/audit/policy.rs", "use std::time::Instant; fn f() { Instant::now() }", 1);
        check("tools/audit/evidence/a.rs", "use crate::system::procfs::account;", 1);
        check("render/sink.rs", "use std::fs::File;", 0);
        check("system/procfs/a.rs", "use std::fs::File;", 0);
        check("tools/audit/watch.rs", "use std::fs::File;", 0);
        check("decode/a.rs", "#[cfg(test)]\nuse std::fs::File;\nfn print(f: fs::X) { footprint!(std) }", 0);
    }
}
