//! Which unit (test) a program belongs to, told when it is run: by its environment, by its name, by what runs it; or by a marker
//! call of the program itself.

use globset::GlobMatcher;

use super::{Runner, Unit};
use crate::render::escape::never_raw;

/// A call with a path that begins so is a marker: what follows is `RUNNER/SUITE/NAME`, percent-encoded, and names the unit that the
/// process carries out from now on; nothing ends it. /dev/null is no directory, so the call fails with ENOTDIR wherever it is made.
pub const MARKER: &[u8] = b"/dev/null/tracer-unit/";

/// How units are told, besides what test runners are known to do.
#[derive(Debug, Default)]
pub struct Rules {
    /// Variables whose value names a unit (`--unit-env`).
    pub variables: Vec<String>,
    /// Programs that are units, by their path or name (`--unit-exe`).
    pub programs: Vec<GlobMatcher>,
    /// The directory that such paths are relative to, when they lie in it.
    pub workspace: Vec<u8>,
    /// pytest has a plugin that marks its tests.
    pub pytest: bool,
    /// node has a preload that marks the tests of node:test, jest and vitest.
    pub node: bool,
}

/// A program that is run.
#[derive(Debug, Clone, Copy)]
pub struct Program<'p> {
    /// Its path as passed, absolute.
    pub passed: &'p [u8],
    /// Its file.
    pub file: &'p [u8],
    /// Its words.
    pub words: &'p [Vec<u8>],
    /// Its environment, as it lies in memory.
    pub environment: &'p [u8],
    /// The program that the process ran before: that of its parent, usually.
    pub before: &'p [u8],
    /// The process belongs to a unit already.
    pub inside: bool,
}

impl Rules {
    /// The unit that a program begins; `None`: it belongs to the unit that its process belongs to.
    pub fn unit(&self, program: &Program<'_>) -> Option<Unit> {
        let variable = |name: &str| value(program.environment, name.as_bytes());
        if let Some(name) = variable("NEXTEST_TEST_NAME") {
            let suite = variable("NEXTEST_BINARY_ID").unwrap_or_default();
            // All attempts (NEXTEST_ATTEMPT_ID) are the same test.
            return Some(Unit { runner: Runner::Nextest, suite: shown(suite), name: shown(name) });
        }
        for name in &self.variables {
            if let Some(value) = variable(name) {
                return Some(Unit { runner: Runner::Generic, suite: String::new(), name: shown(value) });
            }
        }
        if program.inside {
            return None;
        }
        if let Some(node) = variable("PYTEST_CURRENT_TEST") {
            return Some(pytest(node));
        }
        self.by_program(program)
    }

    /// The runner of tests that a program is, where it is one that marks its tests if it has tracer's plugin.
    pub fn runner(&self, program: &Program<'_>) -> Option<&'static str> {
        let word = |at: usize| program.words.get(at).map(|word| base(word)).unwrap_or_default();
        let first = word(0);
        let pytest = |word: &[u8]| matches!(word, b"pytest" | b"py.test");
        if self.pytest && (first.starts_with(b"python") || first.starts_with(b"pypy") || pytest(first)) {
            let module = program.words.windows(2).any(|two| two[0] == b"-m" && pytest(&two[1]));
            return (module || pytest(first) || pytest(word(1))).then_some("pytest");
        }
        if self.node && matches!(first, b"node" | b"nodejs") {
            let options = program.words.iter().skip(1).take_while(|word| word.starts_with(b"-"));
            return match word(1) {
                b"jest" | b"jest.js" => Some("jest"),
                b"vitest" | b"vitest.mjs" => Some("vitest"),
                _ if options.clone().any(|word| word == b"--test") => Some("node --test"),
                _ => None,
            };
        }
        None
    }

    /// A path from the workspace on, where it lies in it.
    fn relative<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        path.strip_prefix(self.workspace.as_slice()).and_then(|rest| rest.strip_prefix(b"/"))
    }

    fn by_program(&self, program: &Program<'_>) -> Option<Unit> {
        for path in [program.passed, program.file] {
            let relative = self.relative(path).unwrap_or(path);
            if self.programs.iter().any(|glob| glob.is_match(as_path(path)) || glob.is_match(as_path(relative))) {
                return Some(Unit { runner: Runner::Generic, suite: String::new(), name: shown(relative) });
            }
        }
        match base(program.before) {
            b"ctest" => {
                let words = program.words.iter().skip(1).map(|word| [b" ", word.as_slice()].concat());
                let name = [base(program.passed).to_vec(), words.collect::<Vec<_>>().concat()].concat();
                Some(Unit { runner: Runner::Ctest, suite: String::new(), name: shown(&name) })
            }
            b"cargo" | b"rustdoc" => {
                let name = rust_test(program.file)?;
                let package = value(program.environment, b"CARGO_PKG_NAME").unwrap_or_default();
                Some(Unit { runner: Runner::CargoTest, suite: shown(&binary(package, name)), name: String::new() })
            }
            _ if base(program.file).ends_with(b".test") && contains(program.file, b"/go-build") => {
                // A package is tested in its own directory; packages of different directories may have the same name.
                let directory = value(program.environment, b"PWD").and_then(|directory| self.relative(directory));
                let name = base(program.file);
                let name = name.strip_suffix(b".test").unwrap_or(name);
                Some(Unit { runner: Runner::GoTest, suite: shown(directory.unwrap_or(name)), name: String::new() })
            }
            _ => None,
        }
    }
}

/// What a marker says: a unit begins, or (`Some(None)`) the one that runs ends. `None`: the path is no marker.
pub fn marked(path: &[u8]) -> Option<Option<Unit>> {
    let rest = path.strip_prefix(MARKER)?;
    if rest.is_empty() {
        return Some(None);
    }
    let mut words = rest.split(|&b| b == b'/').map(decoded);
    let runner = match words.next()?.as_slice() {
        b"pytest" => Runner::Pytest,
        b"node-test" => Runner::NodeTest,
        b"jest" => Runner::Jest,
        b"vitest" => Runner::Vitest,
        _ => Runner::Generic,
    };
    let (suite, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Some(Some(Unit { runner, suite: shown(&suite), name: shown(&name) }))
}

/// The name of a binary of tests, as nextest has it: with its package, unless it is the package's own.
fn binary(package: &[u8], name: &[u8]) -> Vec<u8> {
    let own = package.iter().map(|&b| if b == b'-' { b'_' } else { b });
    match package.is_empty() || own.eq(name.iter().copied()) {
        true if package.is_empty() => name.to_vec(),
        true => package.to_vec(),
        false => [package, b"::", name].concat(),
    }
}

/// The value of a variable.
fn value<'e>(environment: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    let of = |line: &'e [u8]| line.strip_prefix(name)?.strip_prefix(b"=");
    environment.split(|&b| b == 0).find_map(of).filter(|value| !value.is_empty())
}

/// `PYTEST_CURRENT_TEST`: `FILE::NAME (call)`.
fn pytest(node: &[u8]) -> Unit {
    let text = shown(node);
    let node = text.rsplit_once(" (").map_or(text.as_str(), |(node, _)| node);
    let (suite, name) = node.split_once("::").unwrap_or((node, ""));
    Unit { runner: Runner::Pytest, suite: suite.to_owned(), name: name.to_owned() }
}

/// The name in `target/debug/deps/NAME-0123456789abcdef`; what rustdoc compiles of examples has none.
fn rust_test(file: &[u8]) -> Option<&[u8]> {
    let (directory, name) = (file.strip_suffix(base(file))?, base(file));
    if name == b"rust_out" && contains(directory, b"/rustdoctest") {
        return Some(b"doctests");
    }
    let dash = name.len().checked_sub(17)?;
    let hash = name[dash..].strip_prefix(b"-")?;
    (directory.ends_with(b"/deps/") && hash.iter().all(u8::is_ascii_hexdigit)).then_some(&name[..dash])
}

fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or_default()
}

fn contains(path: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(path, part).is_some()
}

fn as_path(bytes: &[u8]) -> &std::path::Path {
    std::path::Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

/// Printable: what is not is escaped as Rust writes it in a string.
pub fn shown(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            // Also what changes the direction of text, or has no width.
            let plain = char == ' ' || !(char.is_whitespace() || never_raw(char));
            if plain && char != '\\' {
                out.push(char);
            } else {
                out.extend(char.escape_default());
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Percent-encoding undone; what is no code stays.
fn decoded(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut at = 0;
    while at < word.len() {
        let code = word.get(at + 1..at + 3).filter(|_| word[at] == b'%');
        match code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(word[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program<'p>(file: &'p str, environment: &'p str, before: &'p str) -> Program<'p> {
        Program {
            passed: file.as_bytes(),
            file: file.as_bytes(),
            words: &[],
            environment: environment.as_bytes(),
            before: before.as_bytes(),
            inside: false,
        }
    }

    #[test]
    fn units_are_told_by_what_runs_them() {
        let glob = |text: &str| globset::Glob::new(text).expect("a glob").compile_matcher();
        let rules = Rules {
            variables: vec!["CASE".to_owned()],
            programs: vec![glob("tests/*.sh")],
            workspace: b"/w".to_vec(),
            ..Rules::default()
        };
        let check = |file: &str, environment: &str, before: &str, expected: &str| {
            let unit = rules.unit(&program(file, environment, before));
            let text = unit.map_or("none".to_owned(), |unit| format!("{} {}", unit.runner.name(), unit.label()));
            assert_eq!(text, expected, "{file}");
        };
        check("/t/a", "A=1\0NEXTEST_BINARY_ID=p::b\0NEXTEST_TEST_NAME=m::t\0", "/c/cargo-nextest", "nextest p::b m::t");
        check("/t/a", "NEXTEST_TEST_NAME=t\0NEXTEST_ATTEMPT=2\0NEXTEST_BINARY_ID=b", "", "nextest b t");
        check("/t/a", "NEXTEST=1\0XNEXTEST_TEST_NAME=x\0", "/c/cargo-nextest", "none");
        check("/t/a", "CASE=one", "", "generic one");
        check(
            "/bin/git",
            "PYTEST_CURRENT_TEST=t/test_a.py::test_x[1 (a)] (call)",
            "",
            "pytest t/test_a.py test_x[1 (a)]",
        );
        check("/w/tests/a.sh", "", "/bin/sh", "generic tests/a.sh");
        check("/w/other/a.sh", "", "/bin/sh", "none");
        check("/w/target/debug/deps/suite-0123456789abcdef", "", "/c/cargo", "cargo-test suite");
        let deps = |name: &str| format!("/w/target/debug/deps/{name}-0123456789abcdef");
        check(&deps("it"), "CARGO_PKG_NAME=my-shop", "/c/cargo", "cargo-test my-shop::it");
        check("/tmp/rustdoctestAbCdEf/rust_out", "CARGO_PKG_NAME=shop", "/c/rustdoc", "cargo-test shop::doctests");
        check("/tmp/rust_out", "", "/c/rustdoc", "none");
        check(&deps("my_shop"), "CARGO_PKG_NAME=my-shop", "/c/cargo", "cargo-test my-shop");
        check("/w/target/debug/deps/suite-0123456789abcdef", "", "/bin/sh", "none");
        check("/w/target/debug/suite-0123456789abcdef", "", "/c/cargo", "none");
        check("/tmp/go-build12345/b001/foo.test", "", "/go/bin/go", "go-test foo");
        check("/tmp/go-build12345/b001/foo.test", "PWD=/w/net/foo", "/go/bin/go", "go-test net/foo");
        check("/tmp/go-build12345/b001/foo.test", "PWD=/w", "/go/bin/go", "go-test foo");
        check("/b/unit", "", "/usr/bin/ctest", "ctest unit");
    }

    #[test]
    fn what_a_unit_runs_belongs_to_it() {
        let rules =
            Rules { programs: vec![globset::Glob::new("*.sh").expect("a glob").compile_matcher()], ..Rules::default() };
        let outside = program("/w/a.sh", "", "/bin/sh");
        assert!(rules.unit(&outside).is_some());
        assert_eq!(rules.unit(&Program { inside: true, ..outside }), None);
    }

    #[test]
    fn runners_that_are_to_mark_their_tests_are_known() {
        let both = Rules { pytest: true, node: true, ..Rules::default() };
        let check = |line: &str, expected: Option<&str>| {
            let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            let program = Program { words: &words, ..program("/x", "", "") };
            assert_eq!(both.runner(&program), expected, "{line}");
            assert_eq!(Rules::default().runner(&program), None, "{line}");
        };
        check("pytest -q", Some("pytest"));
        check("python3 /w/.venv/bin/pytest", Some("pytest"));
        check("/usr/bin/python3.13 -I -m pytest tests", Some("pytest"));
        check("python3 setup.py", None);
        check("sh -c pytest", None);
        check("uv run pytest", None);
        check("node --test tests", Some("node --test"));
        check("node tool.js --test", None);
        check("node /w/node_modules/.bin/jest -w 2", Some("jest"));
        check("/usr/bin/node /w/node_modules/vitest/vitest.mjs run", Some("vitest"));
        check("node server.js", None);
    }

    #[test]
    fn a_program_may_mark_its_units() {
        let check = |path: &str, expected: Option<Option<&str>>| {
            let unit =
                marked(path.as_bytes()).map(|unit| unit.map(|unit| format!("{} {}", unit.runner.name(), unit.label())));
            assert_eq!(unit, expected.map(|unit| unit.map(str::to_owned)), "{path}");
        };
        check("/dev/null/tracer-unit/pytest/t%2Ftest_a.py/test_x%5B1%5D", Some(Some("pytest t/test_a.py test_x[1]")));
        check(
            "/dev/null/tracer-unit/node-test/a.test.mjs/outer%20%3E%20inner",
            Some(Some("node-test a.test.mjs outer > inner")),
        );
        check("/dev/null/tracer-unit/jest/a.test.js/", Some(Some("jest a.test.js")));
        check("/dev/null/tracer-unit/mine/suite/a%20b", Some(Some("generic suite a b")));
        check("/dev/null/tracer-unit/", Some(None));
        check("/dev/null", None);
        check("/dev/null/tracer-unit/x/s/%zz%1b%e2%80%ae", Some(Some("generic s %zz\\u{1b}\\u{202e}")));
    }
}
