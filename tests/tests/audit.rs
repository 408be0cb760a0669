//! `tracer audit` over suites whose tests do known things (`fixtures/suite`, `fixtures/pytest_suite`, ...), on
//! both sources: every access is that of the right test, none is missed, none invented, and every run gives the same report, to the
//! byte where a suite does the same each time. And over a program that swaps links under another's opens (`fixtures/swap.c`): the file is named that was opened.
//!
//! `TRACER_AUDIT_RUNS` is how often each suite runs: 3 times where it is not set. `TRACER_NODE_MODULES` is a directory in which npm
//! installed jest and vitest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tracer_tests::audit::{self, Deed, Expected, Seen, Wanted};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::script::Script;
use tracer_tests::{machine, root};

/// A suite, and how it is run.
struct Suite {
    name: &'static str,
    /// The directory beneath `fixtures`.
    fixture: &'static str,
    needs: &'static [&'static str],
    /// Once before, not under trace: builds it, and fills what caches there are.
    before: &'static str,
    /// Further options of tracer.
    options: &'static str,
    command: &'static str,
    /// What may come in another order, or at another time, gives the same deeds but not the same report of the harness.
    repeatable: bool,
}

static SUITES: &[Suite] = &[
    Suite {
        name: "nextest",
        fixture: "suite",
        needs: &["cargo-nextest"],
        // cargo notes what it was called by: that of the audits comes last.
        before: "cargo test --offline --test known -- --exact uses_io_uring --nocapture && cargo nextest run --offline",
        options: "",
        command: "cargo nextest run --offline -j 8",
        repeatable: true,
    },
    Suite {
        name: "pytest",
        fixture: "pytest_suite",
        needs: &["tool:pytest"],
        before: "pytest -q",
        options: "--pytest always",
        command: "pytest -q",
        repeatable: true,
    },
    Suite {
        name: "pytest_in_parallel",
        fixture: "pytest_suite",
        needs: &["tool:pytest", "xdist"],
        before: "pytest -q -n 2",
        options: "",
        command: "pytest -q -n 2",
        repeatable: false,
    },
    Suite {
        // A shell, make, and a virtual environment stand between.
        name: "pytest_below",
        fixture: "pytest_suite",
        needs: &["tool:pytest", "tool:make", "tool:bash"],
        before: "printf 'check:\\n\\t@pytest -q\\n' > $DIR/Makefile && pytest -q",
        options: "",
        command: "bash -c 'true && make -f $DIR/Makefile check; exit $?'",
        repeatable: true,
    },
    Suite {
        name: "node_test",
        fixture: "node_suite",
        needs: &["tool:node"],
        before: "node --test tests/",
        options: "",
        command: "node --test tests/",
        // V8 maps node's own code for a worker in one run and not in another.
        repeatable: false,
    },
    Suite {
        name: "jest",
        fixture: "jest_suite",
        needs: &["tool:node", "jest"],
        before: "$NODE_MODULES/.bin/jest -w 2",
        options: "",
        command: "sh -c '$NODE_MODULES/.bin/jest -w 2; exit $?'",
        // What a worker has loaded for one file it need not load for the next.
        repeatable: false,
    },
    Suite {
        name: "vitest",
        fixture: "vitest_suite",
        needs: &["tool:node", "vitest"],
        before: "ln -s $NODE_MODULES node_modules && node_modules/.bin/vitest run",
        options: "",
        command: "node_modules/.bin/vitest run",
        repeatable: false,
    },
    Suite {
        name: "vitest_in_threads",
        fixture: "vitest_suite",
        needs: &["tool:node", "vitest"],
        before: "ln -s $NODE_MODULES node_modules && node_modules/.bin/vitest run",
        options: "",
        // One after the other: what a pool of threads does for two is neither's.
        command: "node_modules/.bin/vitest run --pool=threads --no-file-parallelism",
        repeatable: false,
    },
    Suite {
        name: "shell",
        fixture: "shell_suite",
        needs: &["tool:xargs", "tool:setsid"],
        before: "./run.sh",
        options: "--unit-exe 'tests/*.sh'",
        command: "./run.sh",
        repeatable: true,
    },
    Suite {
        name: "go",
        fixture: "go_suite",
        needs: &["tool:go"],
        before: "go test -count=1 ./...",
        options: "",
        command: "go test -count=1 ./...",
        // What of its cache it reads, go decides anew.
        repeatable: false,
    },
    Suite {
        name: "ctest",
        fixture: "ctest_suite",
        needs: &["tool:ctest"],
        before: "ctest",
        options: "",
        command: "ctest -j 4",
        // Its logs have times.
        repeatable: false,
    },
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for backend in ["ebpf", "ptrace"] {
        for suite in SUITES {
            let name = format!("every_access_is_that_of_its_test::{}::{backend}", suite.name);
            trials.push(Trial::new(name, move || outcome(suite.needs, backend, || check(suite, backend))));
        }
        let name = format!("the_file_is_named_that_was_opened::{backend}");
        trials.push(Trial::new(name, move || outcome(&["tool:cc"], backend, || race(backend))));
    }
    harness::main("audit", trials)
}

/// Runs a check where the machine has what it needs.
fn outcome(needs: &[&str], backend: &str, check: impl Fn() -> Result<()>) -> Outcome {
    let lacks = |word: &&str| match *word {
        "cargo-nextest" => nextest().is_none().then(|| "needs cargo-nextest".to_owned()),
        "xdist" => (!has_xdist()).then(|| "needs xdist, of pytest".to_owned()),
        "jest" | "vitest" => (!node_modules().join(".bin").join(word).exists())
            .then(|| format!("needs {word} (TRACER_NODE_MODULES names no directory with it)")),
        word => machine::lacks(word),
    };
    let lacking: Vec<_> = needs.iter().chain(&[machine::of_backend(backend)]).filter_map(lacks).collect();
    if !lacking.is_empty() {
        return Outcome::Skipped(lacking.join("; "));
    }
    match check() {
        Ok(()) => Outcome::Passed,
        Err(error) => Outcome::Failed(format!("{error:#}")),
    }
}

/// Where cargo keeps what it installed.
fn cargo_home() -> PathBuf {
    std::env::var_os("CARGO_HOME")
        .map_or_else(|| std::env::home_dir().unwrap_or_default().join(".cargo"), PathBuf::from)
}

/// Where rustup keeps its toolchains.
fn rustup_home() -> PathBuf {
    std::env::var_os("RUSTUP_HOME")
        .map_or_else(|| std::env::home_dir().unwrap_or_default().join(".rustup"), PathBuf::from)
}

fn nextest() -> Option<PathBuf> {
    Some(cargo_home().join("bin/cargo-nextest"))
        .filter(|file| file.is_file())
        .or_else(|| machine::find("cargo-nextest"))
}

/// What npm installed for these tests.
fn node_modules() -> PathBuf {
    std::env::var_os("TRACER_NODE_MODULES").map(PathBuf::from).unwrap_or_default()
}

fn has_xdist() -> bool {
    let python = machine::find("python3");
    python
        .is_some_and(|it| Command::new(it).args(["-c", "import xdist"]).output().is_ok_and(|out| out.status.success()))
}

/// How often a suite runs.
fn runs() -> u32 {
    std::env::var("TRACER_AUDIT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3).max(1)
}

fn check(suite: &Suite, backend: &str) -> Result<()> {
    let runs = runs();
    // PYTHONDONTWRITEBYTECODE: the first run would leave something for the second.
    let text = format!(
        "cp -rL $ROOT/tests/fixtures/{fixture} project && cd project || exit 90\n\
         test -e prepare.sh || cp $ROOT/tests/fixtures/shell_suite/prepare.sh .\n\
         export HOME=$DIR/home TMPDIR=$DIR/tmp OUTSIDE=$DIR/outside CARGO_TARGET_DIR=$DIR/target PYTHONDONTWRITEBYTECODE=1\n\
         export GOCACHE=$DIR/gocache GOPATH=$DIR/gopath GOFLAGS=-mod=mod GOPROXY=off NODE_MODULES={modules}\n\
         ./prepare.sh $HOME $TMPDIR $OUTSIDE; ({before}) > $DIR/before 2>&1 || {{ cat $DIR/before; exit 91; }}\n\
         for run in $(seq {runs}); do\n\
         ./prepare.sh $HOME $TMPDIR $OUTSIDE\n\
         $TRACER audit --backend $backend {options} --report json=$DIR/report.$run -- {command} > >(cat > $DIR/out) 2> >(cat > $DIR/err)\n\
         code=$?; echo exit $code\n\
         case $code in 0|4) ;; *) tail -n 40 $DIR/out $DIR/err; exit 92 ;; esac\n\
         done\n",
        fixture = suite.fixture,
        modules = node_modules().display(),
        before = suite.before,
        options = suite.options,
        command = suite.command,
    );
    let mut script = Script::new(&text)?;
    script.backend(Some(backend));
    script.with_cargo();
    nextest().as_deref().and_then(Path::parent).into_iter().for_each(|dir| script.path(dir));
    script.timeout((Duration::from_secs(120) + Duration::from_secs(60) * runs) * machine::slowness());
    let took = script.run()?;
    ensure!(!took.timed_out && took.code == 0, "the suite did not run\n{}", took.show());
    let dir = script.dir();
    let before = fs::read_to_string(dir.join("before"))?;
    // Only ptrace does not see what goes through a ring.
    let expected = expected(suite, backend == "ptrace" && !before.contains("no io_uring here"))?;
    let report = fs::read_to_string(dir.join("report.1"))?;
    let (verdict, exit) = if expected.gaps.is_empty() { ("clean", "exit 0") } else { ("incomplete", "exit 4") };
    for run in 1..=runs {
        let other = fs::read_to_string(dir.join(format!("report.{run}")))?;
        let seen = read(&other, dir)?;
        let lines = audit::differences(&expected, &seen);
        ensure!(lines.is_empty(), "{} differences in run {run}\n{}", lines.len(), cut(&lines));
        ensure!(seen.verdict == verdict, "the verdict of run {run} is {}, expected {verdict}", seen.verdict);
        let same = !suite.repeatable || report == other;
        ensure!(same, "run {run} gives another report than the first\n{}", changes(&report, &other));
    }
    let other = took.stdout.lines().find(|line| *line != exit);
    ensure!(other.is_none(), "{other:?}, expected {exit}\n{}", took.show());
    Ok(())
}

/// The directories that have names, the inner ones first.
fn read(report: &str, dir: &Path) -> Result<Seen> {
    let [home, tmp, outside, workspace, target] =
        ["home", "tmp", "outside", "project", "target"].map(|name| dir.join(name));
    let [cargo, rustup] = [cargo_home(), rustup_home()].map(|home| home.canonicalize().unwrap_or(home));
    let nextest = nextest().and_then(|file| Some(file.canonicalize().ok()?.parent()?.to_owned()));
    audit::read(
        report,
        &[
            ("HOME", &home),
            ("TMPDIR", &tmp),
            ("OUTSIDE", &outside),
            ("WORKSPACE", &workspace),
            ("TARGET", &target),
            // Where cargo itself is, or anywhere else.
            ("NEXTEST", nextest.as_deref().unwrap_or(&cargo)),
            ("CARGO_HOME", &cargo),
            ("RUSTUP_HOME", &rustup),
        ],
    )
}

fn expected(suite: &Suite, hidden: bool) -> Result<Expected> {
    let file = root().join("tests/fixtures").join(suite.fixture).join("expected.txt");
    let mut expected = audit::parse(&fs::read_to_string(&file)?).with_context(|| file.display().to_string())?;
    if !hidden {
        expected.gaps.clear();
    }
    if suite.name == "nextest" {
        for (binary, modules) in [("plain_a", 6), ("plain_b", 6), ("plain_c", 5)] {
            for (module, test) in (0..modules).flat_map(|module| (0..10).map(move |test| (module, test))) {
                let file = format!("{binary}-t{module}-u{test}");
                let mut deeds = vec![Wanted::new("read", &format!("$WORKSPACE/data/{file}"), None)?];
                for op in ["create", "write", "delete"] {
                    deeds.push(Wanted::new(op, &format!("$TMPDIR/{file}"), None)?);
                }
                expected.units.insert(format!("suite::{binary} t{module}::u{test}"), deeds);
            }
        }
        ensure!(expected.units.len() == 200, "{} tests", expected.units.len());
    }
    Ok(expected)
}

/// The beginning of a long list.
fn cut(lines: &[String]) -> String {
    lines.iter().take(60).map(|line| format!("  {line}\n")).collect()
}

/// Where two reports part, the list elements of the first difference.
fn changes(first: &str, second: &str) -> String {
    let parts = |text: &str| text.replace("},{", "},\n{").lines().map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (parts(first), parts(second));
    let only = |mark: char, some: &[String], other: &[String]| {
        let lines = some.iter().filter(|line| !other.contains(line));
        lines.map(|line| format!("{mark} {}", line.chars().take(400).collect::<String>())).collect::<Vec<_>>()
    };
    cut(&[only('-', &a, &b), only('+', &b, &a)].concat())
}

/// How many opens there are in a race.
const OPENS: usize = 3000;

/// How often a race is run when nothing raced.
const TRIES: usize = 5;

fn race(backend: &str) -> Result<()> {
    let text = format!(
        "export OUT=$PWD/said; mkdir race && cd race\n\
         $TRACER audit --backend $backend --report json=../report -- $FIXTURES/swap {OPENS} > $OUT 2> ../err\n"
    );
    for _ in 0..TRIES {
        let mut script = Script::new(&text)?;
        script.backend(Some(backend));
        script.timeout(Duration::from_secs(120) * machine::slowness());
        let took = script.run()?;
        let err = || fs::read_to_string(script.dir().join("err")).unwrap_or_default();
        ensure!(!took.timed_out && matches!(took.code, 0 | 4), "{}\n{}", took.show(), err());
        let said = fs::read_to_string(script.dir().join("said"))?;
        let seen =
            audit::read(&fs::read_to_string(script.dir().join("report"))?, &[("RACE", &script.dir().join("race"))])?;
        let opened = judge(&said, &seen)?;
        // A processor of its own for each is what makes a race.
        if ["real1", "real2"].iter().all(|file| opened.contains_key(file)) {
            return Ok(());
        }
    }
    bail!("nothing raced in {TRIES} tries of {OPENS} opens")
}

/// Holds each open against the program's own word; gives how often each file was opened.
fn judge<'s>(said: &'s str, seen: &Seen) -> Result<BTreeMap<&'s str, usize>> {
    let mut opened = BTreeMap::new();
    let lost = seen.gaps.iter().any(|(_, kind)| kind == "lost");
    for (number, file) in
        said.lines().filter_map(|line| line.split_once(' ')).filter(|(number, _)| !number.ends_with(':'))
    {
        *opened.entry(file).or_default() += 1;
        let object = format!("$RACE/{file}");
        let wanted = Deed { op: "read".to_owned(), object, ..Deed::default() };
        let deeds = seen.units.get(&format!("swap {number}"));
        // What the program passed is of no interest here, as it is relative.
        let deeds: Vec<_> = deeds.into_iter().flatten().map(|deed| Deed { passed: None, ..deed.clone() }).collect();
        // Where events were lost, and that was said, one may be missing, but none may be wrong.
        ensure!(deeds == [wanted] || lost && deeds.is_empty(), "open {number} was of {file}, the report has {deeds:?}");
    }
    let sum: usize = opened.values().sum();
    ensure!(sum == OPENS, "{sum} opens, expected {OPENS}");
    Ok(opened)
}
