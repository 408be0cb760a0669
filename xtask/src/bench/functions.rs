//! What tracing library calls costs: a call of malloc or free, whole programs, setting probes and letting them go, and whoever uses the same
//! library and is not traced. Beside ltrace, the newest that `cargo xtask peers` has brought.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::measuring::{self, Job, quiet};
use super::rounds::Bench;
use crate::command;

/// Functions of the libraries whose probes are timed.
const MANY: [usize; 2] = [500, 2000];

/// A figure: what was measured, its rounds in order of size, and their unit.
#[derive(Debug)]
pub struct Figure {
    /// What it is.
    pub what: String,
    /// Every round.
    pub rounds: Vec<f64>,
    /// Their unit.
    pub unit: &'static str,
}

impl Figure {
    /// A figure, its rounds in any order.
    pub fn new(what: impl Into<String>, mut rounds: Vec<f64>, unit: &'static str) -> Figure {
        rounds.sort_by(f64::total_cmp);
        Figure { what: what.into(), rounds, unit }
    }

    /// `what: median (from–to) unit`
    pub fn line(&self) -> String {
        let [first, .., last] = self.rounds[..] else {
            return format!(
                "{}: {}",
                self.what,
                self.rounds.first().map_or("–".into(), |n| format!("{n:.2} {}", self.unit))
            );
        };
        let median = self.rounds[self.rounds.len() / 2];
        format!("{}: {median:.2} {} ({first:.2}–{last:.2})", self.what, self.unit)
    }
}

/// Every figure.
///
/// # Errors
/// A compiler or a program that fails.
pub fn measure(bench: &Bench, rounds: usize) -> Result<Vec<Figure>> {
    let load = bench.scratch.path("functions");
    let mut cc = quiet("cc");
    cc.args(["-O1", "-fno-builtin", "-o"]).arg(&load).arg(command::root().join("xtask/src/bench/functions.c"));
    measuring::run(cc, &bench.scratch, "cc", Duration::from_secs(60))?;
    let mut figures = Vec::new();
    let ours = |options: &[&str]| words(&bench.ours, &[&["ltrace"], options].concat());
    let peer = command::target().join("peers/bin/ltrace");
    let mut ways = vec![
        ("untraced", Vec::new(), 2_000_000),
        ("`tracer ltrace -o FILE`", ours(&["-o", "/dev/null"]), 200_000),
        ("`tracer ltrace -c`", ours(&["-c", "-o", "/dev/null"]), 200_000),
    ];
    if peer.exists() {
        ways.push(("`ltrace -o FILE` 0.7.91", words(&peer, &["-o", "/dev/null"]), 2000));
    }
    // As `tracer` has it: what each call was given, and what it gave. It takes its command as one word.
    if command::find("bpftrace").is_some() {
        let script = script(&libc(bench, &load)?);
        let words = ["bpftrace", "-o", "/dev/null", "-e", &script, "-c"].map(str::to_owned);
        ways.push(("bpftrace, a `printf` at each entry and each return", words.to_vec(), 100_000));
    }
    let mut times = vec![Vec::new(); ways.len()];
    // Interleaved, so that what else the machine does falls upon all.
    for _ in 0..rounds {
        for ((_, before, n), times) in ways.iter().zip(&mut times) {
            times.push(heap(bench, before, &load, *n)?);
        }
    }
    for ((name, ..), times) in ways.iter().zip(times) {
        figures.push(Figure::new(format!("a call of malloc or free, {name}"), times, "ns"));
    }
    figures.extend(beside(bench, &load, rounds)?);
    let whole: [(&str, &[&str]); 2] =
        [("git status", &["git", "status"]), ("import json", &["python3", "-c", "import json"])];
    for (name, program) in whole {
        for (who, before) in
            [("tracer ltrace", ours(&["-o", "/dev/null"])), ("ltrace 0.7.91", words(&peer, &["-o", "/dev/null"]))]
        {
            if Path::new(&before[0]).exists() {
                let times = (0..rounds.min(5)).map(|_| seconds(bench, &before, program)).collect::<Result<_>>()?;
                figures.push(Figure::new(format!("`{name}`, whole, under {who}"), times, "s"));
            }
        }
    }
    for n in MANY {
        figures.extend(many(bench, n, rounds.min(5))?);
    }
    Ok(figures)
}

fn words(program: &Path, options: &[&str]) -> Vec<String> {
    std::iter::once(program.display().to_string()).chain(options.iter().map(|word| (*word).to_owned())).collect()
}

/// The ns of a call, as the load itself has timed them.
fn heap(bench: &Bench, before: &[String], load: &Path, n: usize) -> Result<f64> {
    let mut of_load = words(load, &["heap", &n.to_string()]);
    if before.last().is_some_and(|word| word == "-c" && before[0] == "bpftrace") {
        of_load = vec![of_load.join(" ")];
    }
    let all: Vec<String> = before.iter().cloned().chain(of_load).collect();
    let (program, options) = all.split_first().context("no program")?;
    let mut command = quiet(program);
    command.args(options);
    let told = measuring::run(command, &bench.scratch, "heap", bench.limit)?.stdout;
    told.trim().parse().with_context(|| format!("`{told}` is no time"))
}

/// The C library of a program.
fn libc(bench: &Bench, program: &Path) -> Result<String> {
    let mut ldd = quiet("ldd");
    ldd.arg(program);
    let told = measuring::run(ldd, &bench.scratch, "ldd", bench.limit)?.stdout;
    let path = told.lines().find_map(|line| line.trim().strip_prefix("libc.so.6 => ")?.split(' ').next());
    path.map(str::to_owned).with_context(|| format!("no libc.so.6 in {told}"))
}

/// bpftrace's script: a line for each end of each call of malloc and free of its command.
fn script(libc: &str) -> String {
    let probe =
        |kind: &str, name: &str, print: &str| format!("{kind}:{libc}:{name} /pid == cpid/ {{ printf({print}); }}");
    [
        probe("uprobe", "malloc", "\"malloc(%d)\\n\", arg0"),
        probe("uretprobe", "malloc", "\"= %lx\\n\", retval"),
        probe("uprobe", "free", "\"free(%lx)\\n\", arg0"),
        probe("uretprobe", "free", "\"=\\n\""),
    ]
    .join(" ")
}

/// How much slower whoever uses the same functions is while another process is traced: alone, and as one of a tree, for which probes are in
/// every process.
fn beside(bench: &Bench, load: &Path, rounds: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, follow) in [("by its id", &[][..]), ("with its children (`-f`)", &["-f"][..])] {
        let mut ratios = Vec::new();
        for _ in 0..rounds {
            let alone = heap(bench, &[], load, 2_000_000)?;
            let mut waits = quiet(load);
            waits.arg("wait");
            let waits = Job::start(waits, &bench.scratch, "waits")?;
            let log = bench.scratch.path("log");
            let mut traced = quiet(&bench.ours);
            traced
                .arg("ltrace")
                .args(follow)
                .args(["-e", "malloc+free+pause", "-o"])
                .arg(&log)
                .args(["-p", &waits.pid().to_string()]);
            let job = Job::start(traced, &bench.scratch, "traced")?;
            let pid = job.pid();
            let begin = Instant::now();
            // Its probes are there when its links are.
            while !holds_links(pid) {
                if begin.elapsed() > Duration::from_secs(10) {
                    bail!("tracer set no probes");
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let with = heap(bench, &[], load, 2_000_000)?;
            ratios.push(with / alone);
            drop(job);
            drop(waits);
        }
        figures.push(Figure::new(
            format!("whoever is not traced, beside a process that is {name}"),
            ratios,
            "times as long",
        ));
    }
    Ok(figures)
}

/// Whether a process has probes of functions: descriptors of links of that kind.
fn holds_links(pid: u32) -> bool {
    let Ok(list) = fs::read_dir(format!("/proc/{pid}/fdinfo")) else { return false };
    let infos = list.flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
    infos.filter(|info| info.contains("uprobe_multi")).count() >= 2
}

fn seconds(bench: &Bench, before: &[String], program: &[&str]) -> Result<f64> {
    let mut command = quiet(&before[0]);
    command.args(&before[1..]).args(program).current_dir(command::root());
    let begin = Instant::now();
    measuring::run(command, &bench.scratch, "whole", bench.limit)?;
    Ok(begin.elapsed().as_secs_f64())
}

/// Probing so many functions of a library, and letting go of them: what that takes longer than probing one.
fn many(bench: &Bench, n: usize, rounds: usize) -> Result<Vec<Figure>> {
    let (source, library) = (bench.scratch.path("many.c"), bench.scratch.path(&format!("libmany{n}.so")));
    let program = bench.scratch.path(&format!("many{n}"));
    let mut text = String::new();
    (0..n).for_each(|i| _ = writeln!(text, "int function_{i}(int n) {{ return n + {i}; }}"));
    fs::write(&source, text)?;
    let mut cc = quiet("cc");
    cc.args(["-O1", "-fPIC", "-shared", "-o"]).arg(&library).arg(&source);
    measuring::run(cc, &bench.scratch, "cc", Duration::from_secs(60))?;
    fs::write(&source, "int function_0(int); int main(void) { return function_0(0); }")?;
    let mut cc = quiet("cc");
    cc.args(["-O1", "-o"]).arg(&program).arg(&source).arg(&library);
    measuring::run(cc, &bench.scratch, "cc", Duration::from_secs(60))?;
    let times = |filter: &str| -> Result<Vec<f64>> {
        let before = words(&bench.ours, &["ltrace", "-L", "-x", filter, "-o", "/dev/null"]);
        let program: PathBuf = program.clone();
        (0..rounds).map(|_| seconds(bench, &before, &[&program.display().to_string()])).collect()
    };
    let (one, all) = (times("function_0")?, times("function_*")?);
    Ok(vec![
        Figure::new(format!("from start to end, a program with 1 of {n} functions probed"), one, "s"),
        Figure::new(format!("from start to end, with all {n} probed"), all, "s"),
    ])
}
