//! Calls of library functions under ltrace and under both of our sources: each call that ltrace shows must stand in our lines, in its
//! place, with ltrace's strings and result (`tracer_tests::functions`). `differential/functions.txt` has the command lines,
//! `differential/functions-known.txt` the differences that stay, with reasons; a rule that nothing needs is a failure.
//!
//! What one of the two cannot see follows from the programs themselves ([`Seen`]), so that nobody lists it. What two runs of ltrace do
//! not agree on is no difference.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tracer_tests::compare::{Hunk, show};
use tracer_tests::functions::{self, Call, Task};
use tracer_tests::harness::{self, Outcome, Trial};
use tracer_tests::known::{self, Known};
use tracer_tests::script::Script;
use tracer_tests::{machine, root};

const BACKENDS: [&str; 2] = ["ebpf", "ptrace"];

/// The version of ltrace that is the judge.
const JUDGE: &str = "ltrace 0.7.91";

/// How often a command is tried: it may itself behave differently from run to run.
const TRIES: usize = 4;

/// How far ahead a call is looked for that is not where it should be.
const AHEAD: usize = 200;

#[derive(Debug, Clone)]
struct Line {
    name: String,
    options: String,
    run: String,
}

/// What all trials share.
struct Shared {
    known: Vec<Known>,
    used: RefCell<Vec<usize>>,
    /// Calls that both show, and of those the equal ones, by source.
    counts: RefCell<BTreeMap<&'static str, (usize, usize)>>,
    seen: RefCell<HashMap<PathBuf, Rc<Seen>>>,
    /// Trials that did not pass.
    unpassed: RefCell<usize>,
    ran: RefCell<usize>,
}

fn main() -> ExitCode {
    let (lines, known) = match read() {
        Ok(read) => read,
        Err(error) => {
            let what = format!("{error:#}");
            return harness::main("functions", vec![Trial::new("files", move || Outcome::Failed(what.clone()))]);
        }
    };
    let shared = Rc::new(Shared {
        used: RefCell::new(vec![0; known.len()]),
        known,
        counts: RefCell::default(),
        seen: RefCell::default(),
        unpassed: RefCell::default(),
        ran: RefCell::default(),
    });
    let mut trials = Vec::new();
    for line in &lines {
        for backend in BACKENDS {
            let (line, shared) = (line.clone(), Rc::clone(&shared));
            trials.push(Trial::new(format!("{}::{backend}", line.name), move || {
                let outcome = trial(&line, backend, &shared);
                *shared.unpassed.borrow_mut() += usize::from(outcome != Outcome::Passed);
                *shared.ran.borrow_mut() += 1;
                outcome
            }));
        }
    }
    let (all, rules) = (trials.len(), Rc::clone(&shared));
    trials.push(Trial::new("every_rule_is_needed", move || needed(&rules, all)));
    let code = harness::main("functions", trials);
    for (backend, (both, equal)) in shared.counts.borrow().iter() {
        println!("{backend}: {both} calls that ltrace shows too, {equal} of them equal");
    }
    for (rule, times) in shared.known.iter().zip(shared.used.borrow().iter()).filter(|(_, times)| **times > 0) {
        println!("{times:>6}  {}", rule.reason);
    }
    code
}

fn read() -> Result<(Vec<Line>, Vec<Known>)> {
    let dir = root().join("tests/differential");
    let known = known::parse(&fs::read_to_string(dir.join("functions-known.txt"))?).context("functions-known.txt")?;
    let mut lines: Vec<Line> = Vec::new();
    for (number, line) in (1..).zip(fs::read_to_string(dir.join("functions.txt"))?.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<_> = line.splitn(3, '|').map(|part| part.trim().to_owned()).collect();
        let [name, options, run] = <[String; 3]>::try_from(parts).map_err(|_| {
            anyhow::anyhow!("functions.txt:{number}: NAME | OPTIONS | COMMAND is not what stands in {line}")
        })?;
        if lines.iter().any(|line| line.name == name) {
            bail!("functions.txt:{number}: {name} is there already");
        }
        lines.push(Line { name, options, run });
    }
    Ok((lines, known))
}

/// Rules are judged once all lines have passed: one that was skipped may be what needs a rule.
fn needed(shared: &Shared, all: usize) -> Outcome {
    if *shared.ran.borrow() < all || *shared.unpassed.borrow() > 0 {
        return Outcome::Skipped("needs every line to run, and to pass".to_owned());
    }
    let used = shared.used.borrow();
    let idle = shared.known.iter().zip(used.iter()).filter(|(_, times)| **times == 0);
    let idle: Vec<_> = idle.map(|(rule, _)| format!("no difference needs the rule: {}", rule.reason)).collect();
    if idle.is_empty() { Outcome::Passed } else { Outcome::Failed(idle.join("\n")) }
}

/// What is missing to run the line under ltrace and under this backend.
fn lacking(line: &Line, backend: &str) -> Option<String> {
    let program = line.run.split(' ').next().unwrap_or_default();
    let tools = ["ltrace", "setarch", "readelf", "ldd", program].map(|tool| format!("tool:{tool}"));
    let mut needs: Vec<_> = tools.to_vec();
    needs.extend([machine::of_backend(backend).to_owned(), "arch:x86_64".to_owned()]);
    if backend == "ebpf" {
        needs.extend(["root".to_owned(), "kernel>=6.6".to_owned()]);
    }
    let reasons: Vec<_> = needs.iter().filter_map(|word| machine::lacks(word)).collect();
    if !reasons.is_empty() {
        return Some(reasons.join("; "));
    }
    let version = Command::new(machine::find("ltrace")?).arg("-V").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().to_owned();
    if version != JUDGE {
        return Some(format!("needs {JUDGE} (`cargo xtask test` brings it), this is `{version}`"));
    }
    prototypes().is_none().then(|| format!("needs the prototypes of {JUDGE}, beside it"))
}

/// The folder of ltrace's prototypes, beside it.
fn prototypes() -> Option<PathBuf> {
    let ltrace = machine::find("ltrace")?;
    let beside = ltrace.parent()?.join("../tree/usr/share/ltrace");
    [beside, PathBuf::from("/usr/share/ltrace")].into_iter().find(|dir| dir.join("libc.so.conf").is_file())
}

/// Runs the line under `tool`, in the same directory whichever it is; what the tool wrote.
fn trace(line: &Line, tool: &str, backend: &str) -> Result<String> {
    let dir = std::env::temp_dir().join(format!("tracer-functions-{}", std::process::id()));
    let text = format!(
        "# The same environment for ltrace as for tracer, and the same order of what perl hashes.\n\
         export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 PYTHONHASHSEED=0 LC_ALL=C.UTF-8 TZ=UTC\nmkdir w && cd w && printf '%s\\n' three one two one > words\n\
         setarch \"$(uname -m)\" -R sh -c 'exec \"$0\" \"$@\"' {tool} {} -o \"$DIR/log\" {} </dev/null >\"$DIR/stdout\" 2>\"$DIR/stderr\"\n\
         cat \"$DIR/stderr\" >&2",
        line.options, line.run
    );
    let mut script = Script::in_dir(&text, &dir)?;
    script.backend(Some(backend));
    script.timeout(Duration::from_secs(60));
    let took = script.run()?;
    let log = fs::read(script.dir().join("log")).with_context(|| format!("{tool} wrote nothing: {}", took.show()))?;
    if took.timed_out {
        bail!("{tool} did not end\n{}", took.show());
    }
    Ok(String::from_utf8_lossy(&log).into_owned())
}

fn trial(line: &Line, backend: &'static str, shared: &Shared) -> Outcome {
    if let Some(why) = lacking(line, backend) {
        return Outcome::Skipped(why);
    }
    let mut last = String::new();
    for _ in 0..TRIES {
        match once(line, backend, shared) {
            Err(error) => return Outcome::Failed(format!("{error:#}")),
            Ok(found) if found.hunks.is_empty() => {
                if found.both == 0 {
                    return Outcome::Failed("there is nothing that both show".to_owned());
                }
                let mut used = shared.used.borrow_mut();
                used.iter_mut().zip(found.used).for_each(|(used, times)| *used += times);
                let mut counts = shared.counts.borrow_mut();
                let count = counts.entry(backend).or_default();
                *count = (count.0 + found.both, count.1 + found.equal);
                return Outcome::Passed;
            }
            Ok(found) => last = show(&found.hunks, "ltrace", backend),
        }
    }
    Outcome::Failed(last)
}

/// What a comparison found.
#[derive(Default)]
struct Found {
    hunks: Vec<Hunk>,
    used: Vec<usize>,
    both: usize,
    equal: usize,
}

fn once(line: &Line, backend: &str, shared: &Shared) -> Result<Found> {
    let ltrace = format!("ltrace -F {}", prototypes().context("no prototypes")?.display());
    let theirs = trace(line, &ltrace, backend)?;
    let again = trace(line, &ltrace, backend)?;
    let ours = trace(line, "$TRACER ltrace --backend $backend", backend)?;
    let programs = Programs::of(line, shared);
    let mut found = Found { used: vec![0; shared.known.len()], ..Found::default() };
    let mut known = |wanted: Option<String>, got: Option<String>| {
        let lines = |line: Option<String>| line.into_iter().collect();
        let hunk = Hunk { task: String::new(), wanted: lines(wanted), got: lines(got) };
        let (left, used) = known::sift(vec![hunk], &shared.known, backend);
        found.used.iter_mut().zip(used).for_each(|(all, times)| *all += times);
        left.is_empty()
    };
    if line.options.split(' ').any(|word| word == "-c") {
        let (theirs, ours) = (functions::table(&theirs), functions::table(&ours));
        for name in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            let of = |table: &BTreeMap<String, u64>| table.get(name).copied().unwrap_or(0);
            let (a, b) = (of(&theirs), of(&ours));
            let row = |times: u64| (times > 0).then(|| format!("{name} {times}"));
            found.both += a as usize;
            if a == b || b > a && programs.hides(name) || a > b && programs.lends(name) {
                found.equal += a.min(b) as usize;
            } else if !known(row(a), row(b)) {
                let lines = |line: Option<String>| line.into_iter().collect();
                found.hunks.push(Hunk { task: "-c".to_owned(), wanted: lines(row(a)), got: lines(row(b)) });
            }
        }
        return Ok(found);
    }
    let (theirs, again, ours) = (functions::read(&theirs), functions::read(&again), functions::read(&ours));
    if theirs.len() != ours.len() {
        bail!("ltrace shows {} tasks, tracer {}", theirs.len(), ours.len());
    }
    for (number, (theirs, ours)) in (1..).zip(theirs.iter().zip(&ours)) {
        let again = again.get(number - 1).filter(|again| {
            again.calls.len() == theirs.calls.len()
                && again.calls.iter().zip(&theirs.calls).all(|(a, b)| a.name == b.name)
        });
        let mut task = Compared { theirs, again, ours, programs: &programs, hunks: Vec::new(), both: 0, equal: 0 };
        task.walk(&mut known);
        for hunk in &mut task.hunks {
            hunk.task = number.to_string();
        }
        (found.both, found.equal) = (found.both + task.both, found.equal + task.equal);
        found.hunks.append(&mut task.hunks);
    }
    Ok(found)
}

/// A task, as each of the two shows it.
struct Compared<'a> {
    theirs: &'a Task,
    /// Another run under ltrace, where it made the same calls.
    again: Option<&'a Task>,
    ours: &'a Task,
    programs: &'a Programs,
    hunks: Vec<Hunk>,
    both: usize,
    equal: usize,
}

impl Compared<'_> {
    /// Goes along both, and takes down what differs.
    fn walk(&mut self, known: &mut dyn FnMut(Option<String>, Option<String>) -> bool) {
        let (theirs, ours) = (&self.theirs.calls, &self.ours.calls);
        let (mut i, mut j) = (0, 0);
        while i < theirs.len() || j < ours.len() {
            let (a, b) = (theirs.get(i), ours.get(j));
            let lends = a.is_some_and(|a| self.programs.lends(&a.name));
            let hides = b.is_some_and(|b| self.programs.hides(&b.name));
            if let (Some(a), Some(b)) = (a, b)
                && self.programs.same(&a.name, &b.name)
                && !((lends || hides) && functions::other_call(a, b) && !self.is_volatile(i))
            {
                self.both += 1;
                match functions::disagree(a, b) {
                    None => self.equal += 1,
                    Some(_) if self.is_volatile(i) => self.equal += 1,
                    Some(_) if known(Some(a.line()), Some(b.line())) => {}
                    Some(what) => self.differ(what, Some(a), Some(b)),
                }
                (i, j) = (i + 1, j + 1);
            } else if lends || a.is_some_and(|a| known(Some(a.line()), None)) {
                i += 1;
            } else if hides || b.is_some_and(|b| known(None, Some(b.line()))) {
                j += 1;
            } else if a.is_some() && b.is_some() && known(a.map(Call::line), b.map(Call::line)) {
                self.both += 1;
                (i, j) = (i + 1, j + 1);
            } else if let Some(b) = b
                && a.is_none_or(|a| ours[j..].iter().take(AHEAD).any(|other| other.name == a.name))
            {
                self.differ("only ours", None, Some(b));
                j += 1;
            } else {
                self.differ("only ltrace's", a, None);
                i += 1;
            }
        }
        if self.theirs.ends != self.ours.ends {
            self.hunks.push(Hunk {
                task: String::new(),
                wanted: self.theirs.ends.clone(),
                got: self.ours.ends.clone(),
            });
        }
    }

    /// Whether ltrace itself shows this call otherwise in another run.
    fn is_volatile(&self, at: usize) -> bool {
        let Some(again) = self.again.and_then(|again| again.calls.get(at)) else { return false };
        let call = &self.theirs.calls[at];
        call.texts() != again.texts() || call.number().map(|it| it.0) != again.number().map(|it| it.0)
    }

    fn differ(&mut self, what: &str, a: Option<&Call>, b: Option<&Call>) {
        let line = |call: Option<&Call>| call.map(|call| format!("[{what}] {}", call.line())).into_iter().collect();
        self.hunks.push(Hunk { task: String::new(), wanted: line(a), got: line(b) });
    }
}

/// What follows from a file about what the two can see of its calls.
#[derive(Debug, Default)]
struct Seen {
    /// Functions that it reaches through a slot of the GOT that is no slot of the PLT (`.plt.got`, `-fno-plt`, a pointer): ltrace, whose
    /// breakpoints stand in the PLT, does not see such a call.
    by_pointer: BTreeSet<String>,
    /// Functions whose address in the whole process is that of a stub in this program's PLT (it takes their address and may not be
    /// moved): ltrace takes a call of a library through a pointer for the program's.
    lent: BTreeSet<String>,
}

impl Seen {
    fn of(path: &Path) -> Seen {
        let readelf = |options: &[&str]| {
            let out = Command::new("readelf").args(options).arg(path).env("PATH", machine::path()).output();
            out.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).into_owned())
        };
        let name = |word: &str| word.split('@').next().unwrap_or_default().to_owned();
        let mut seen = Seen::default();
        for line in readelf(&["-rW"]).lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let [_, _, "R_X86_64_GLOB_DAT" | "R_X86_64_64", _, symbol, ..] = words[..] {
                seen.by_pointer.insert(name(symbol));
            }
        }
        for line in readelf(&["--dyn-syms", "-W"]).lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let [_, value, _, "FUNC", _, _, "UND", symbol, ..] = words[..]
                && value.bytes().any(|digit| digit != b'0')
            {
                seen.lent.insert(name(symbol));
            }
        }
        seen
    }
}

/// The programs that a line names, and their libraries, by what the tools call them.
struct Programs(HashMap<String, Rc<Seen>>, Vec<Rc<Seen>>);

impl Programs {
    fn of(line: &Line, shared: &Shared) -> Programs {
        let mut programs = Programs(HashMap::new(), Vec::new());
        for word in line.run.split(|c: char| c.is_whitespace() || "';&".contains(c)).filter(|word| !word.is_empty()) {
            let path = if word.starts_with('/') { Some(PathBuf::from(word)) } else { machine::find(word) };
            let Some(path) = path.and_then(|path| path.canonicalize().ok()) else { continue };
            if fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF")) {
                let seen = shared.seen(&path);
                programs.0.insert(last(&path), Rc::clone(&seen));
                programs.0.insert(word.rsplit('/').next().unwrap_or(word).to_owned(), Rc::clone(&seen));
                programs.1.push(seen);
                let ldd = Command::new("ldd").arg(&path).env("PATH", machine::path()).output();
                let ldd = ldd.map_or(String::new(), |out| String::from_utf8_lossy(&out.stdout).into_owned());
                for line in ldd.lines() {
                    if let [soname, "=>", path, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
                        programs.0.insert(soname.to_owned(), shared.seen(Path::new(path)));
                    }
                }
            }
        }
        programs
    }

    /// Whether two names are of one function, and called by one file: ltrace calls a program as it was called, tracer as its file is.
    fn same(&self, a: &str, b: &str) -> bool {
        let file = |caller| self.0.get(caller).map(Rc::as_ptr);
        match (a.split_once("->"), b.split_once("->")) {
            (Some((x, f)), Some((y, g))) => f == g && (x == y || file(x).is_some() && file(x) == file(y)),
            _ => a == b,
        }
    }

    fn any(&self, name: &str, has: impl Fn(&Seen, &str) -> bool) -> bool {
        match name.split_once("->") {
            Some((caller, name)) => self.0.get(caller).is_some_and(|seen| has(seen, name)),
            None => self.1.iter().any(|seen| has(seen, name)),
        }
    }

    /// Whether ltrace may not see a call of this name.
    fn hides(&self, name: &str) -> bool {
        self.any(name, |seen, name| seen.by_pointer.contains(name))
    }

    /// Whether ltrace may take a call of a library for one of this name.
    fn lends(&self, name: &str) -> bool {
        self.any(name, |seen, name| seen.lent.contains(name))
    }
}

impl Shared {
    fn seen(&self, path: &Path) -> Rc<Seen> {
        let mut all = self.seen.borrow_mut();
        Rc::clone(all.entry(path.to_owned()).or_insert_with(|| Rc::new(Seen::of(path))))
    }
}

fn last(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
