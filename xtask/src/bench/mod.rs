//! `bench`: what tracing costs here, beside other tracers and beside the least that it can cost.
//!
//! A figure is a ratio of two runs side by side, traced and untraced; the median of several, with the least and the greatest.
//! Programs time themselves (load.c), so that neither the start of a tracer nor this debug build is in a figure. A tracer that
//! does not show the calls that were made has no figure worth having: every traced run is counted, and a wrong count fails.

mod bpf;
mod functions;
mod growth;
mod json;
mod limits;
mod lists;
mod machine;
mod measuring;
pub mod parsing;
mod rounds;
mod servers;
mod statistics;
mod table;
mod tracers;
mod watching;
mod whole;
mod workloads;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{command, run};
use machine::Machine;
use measuring::Scratch;
use rounds::Bench;
use table::Report;
use tracers::Tracer;
use workloads::{Fixtures, Workload};

const USAGE: &str = "\
usage: cargo xtask bench [--quick] [--only WORKLOAD,...] [--tracers NAME,...]
                         [--rounds N] [--docs] [--json FILE]";

/// Rounds of a loop, and of what takes longer.
const ROUNDS: usize = 5;
const LONG_ROUNDS: usize = 3;

/// What is measured besides workloads.
const OTHERS: [&str; 9] = ["memory", "churn", "growth", "rate", "start", "audit", "lists", "functions", "watching"];

/// A quick run begins nothing more after so long.
const QUICK: Duration = Duration::from_secs(150);

/// `cargo xtask bench`
pub fn main(args: &[&str]) -> Result<ExitCode> {
    let Some(options) = Options::parse(args)? else {
        println!(
            "{USAGE}\n\nworkloads: {}\n  and {}\ntracers: {}",
            names(&Workload::ALL.map(Workload::name)),
            names(&OTHERS),
            names(&all_tracers())
        );
        return Ok(ExitCode::SUCCESS);
    };
    if !command::is_root() {
        bail!(
            "attaching to servers, eBPF and perf need root: run it as root, as in `sudo -E env PATH=\"$PATH\" cargo xtask bench`"
        );
    }
    if options.docs {
        // Before hours of measuring: whether there is a place for them.
        documents("")?;
    }
    let ours = run::build()?;
    let machine = Machine::look(&["strace", "perf", "bpftrace", "nginx", "wrk", "redis-server"]);
    for (name, value) in &machine.facts {
        println!("{name}: {value}");
    }
    for warning in &machine.warnings {
        println!("WARNING: {warning}");
    }
    let report = measure(&options, &machine, ours)?;
    let page = report.page();
    println!("\n# All together: times as long as untraced, median (least–greatest)\n\n{page}");
    if let Some(file) = &options.json {
        fs::write(file, json::report(&report)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if options.docs {
        for (path, text) in documents(&page)? {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    let faults = report.faults();
    for fault in &faults {
        eprintln!("xtask: bench: {fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The documents with these figures in them: the page, and the few that README.md shows.
fn documents(page: &str) -> Result<Vec<(PathBuf, String)>> {
    let figures = [("docs/bench.md", page.to_owned()), ("README.md", table::few(page))];
    let filled = figures.into_iter().map(|(name, text)| {
        let path = command::root().join(name);
        let old = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
        let new = table::replace(&old, &text);
        Ok((path, new.with_context(|| format!("{name} has no place for figures: <!-- bench --> and <!-- /bench -->"))?))
    });
    filled.collect()
}

/// Everything that was asked for, one after the other; tables are printed when they are complete.
fn measure<'a>(options: &Options, machine: &'a Machine, ours: PathBuf) -> Result<Report<'a>> {
    let scratch = Scratch::new()?;
    let fixtures = Fixtures::make(&scratch)?;
    let begin = Instant::now();
    let (target, limit) = if options.quick { (0.15, 15) } else { (0.35, 60) };
    let deadline = options.quick.then(|| begin + QUICK);
    let bench = Bench { scratch, fixtures, ours, limit: Duration::from_secs(limit), target };
    println!("outputs: {} (removed afterwards)\n", bench.scratch.dir().display());
    let mut report = Report {
        machine,
        how: options.how(),
        tables: Vec::new(),
        memory: Vec::new(),
        churn: None,
        growth: Vec::new(),
        rates: Vec::new(),
        whole: Vec::new(),
        lists: None,
        figures: Vec::new(),
    };
    // What is small comes first: a quick run has it in any case.
    if options.wants("memory") {
        let ways: &[&str] = if options.quick { &["text"] } else { &["text", "json", "count"] };
        for name in ways {
            let memory = limits::memory(&bench, name);
            report.memory.push(memory.map_err(|error| format!("memory of {name}: {error:#}")));
        }
    }
    if options.wants("churn") {
        let processes = if options.quick { 3000 } else { 36_000 };
        report.churn = Some(limits::churn(&bench, processes).map_err(|error| format!("churn: {error:#}")));
    }
    if options.wants("growth") {
        match growth::growth(&bench, if options.quick { 1 } else { 5 }) {
            Ok(list) => report.growth.extend(list.into_iter().map(Ok)),
            Err(error) => report.growth.push(Err(format!("growth: {error:#}"))),
        }
    }
    if options.wants("rate") {
        let (seconds, steps) = if options.quick { (0.7, 2) } else { (3.0, 5) };
        for producers in [1, 2] {
            let rate = limits::rate(&bench, producers, seconds, steps);
            report.rates.push(rate.map_err(|error| format!("rate of {producers}: {error:#}")));
        }
    }
    if options.wants("start") {
        let rounds = if options.quick { 5 } else { 15 };
        report.whole.push(whole::start(&bench, rounds).map_err(|error| format!("start: {error:#}")));
    }
    // A quick run has no time to build the suite.
    if options.wants("audit") && (!options.quick || !options.only.is_empty()) {
        match whole::audit(&bench, options.rounds(Workload::Make) * 2 - 1) {
            Ok(list) => report.whole.extend(list.into_iter().map(Ok)),
            Err(error) => report.whole.push(Err(format!("audit: {error:#}"))),
        }
    }
    // Nor to fill a system with processes.
    if options.wants("lists") && (!options.quick || !options.only.is_empty()) {
        let lists = lists::measure(&bench, options.rounds(Workload::Getppid));
        report.lists = Some(lists.map_err(|error| format!("lists: {error:#}")));
    }
    if options.wants("functions") && (!options.quick || !options.only.is_empty()) {
        let figures = functions::measure(&bench, options.rounds(Workload::Getppid));
        report.figures.push(figures.map_err(|error| format!("functions: {error:#}")));
    }
    if options.wants("watching") && (!options.quick || !options.only.is_empty()) {
        let figures = watching::measure(&bench, options.rounds(Workload::Nginx) * 2 + 1);
        report.figures.push(figures.map_err(|error| format!("watching: {error:#}")));
    }
    let workloads: Vec<_> = Workload::ALL.into_iter().filter(|workload| options.wants(workload.name())).collect();
    for (done, workload) in workloads.iter().enumerate() {
        let tracers: Vec<_> = tracers::ALL.iter().filter(|tracer| options.has(tracer, *workload)).collect();
        // An equal share of what is left for each, so that none is left out.
        let share = deadline.map(|end| {
            let now = Instant::now();
            now + end.saturating_duration_since(now) / u32::try_from(workloads.len() - done).unwrap_or(1)
        });
        let table = rounds::measure(&bench, *workload, &tracers, options.rounds(*workload), share);
        println!("{}", table::detail(&table));
        report.tables.push(table);
    }
    Ok(report)
}

/// The command line.
#[derive(Debug, Default, PartialEq)]
struct Options {
    quick: bool,
    only: Vec<String>,
    tracers: Vec<String>,
    rounds: Option<usize>,
    docs: bool,
    json: Option<PathBuf>,
}

impl Options {
    /// `None` when help was asked for.
    fn parse(args: &[&str]) -> Result<Option<Options>> {
        let mut options = Options::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let (name, inline) = arg.split_once('=').map_or((*arg, None), |(name, value)| (name, Some(value)));
            let mut value =
                || inline.or_else(|| args.next().copied()).with_context(|| format!("{name} needs a value\n{USAGE}"));
            match name {
                "--quick" => options.quick = true,
                "--docs" => options.docs = true,
                "--only" => {
                    let known: Vec<_> = Workload::ALL.iter().map(|workload| workload.name()).chain(OTHERS).collect();
                    options.only = chosen(value()?, &known)?;
                }
                "--tracers" => options.tracers = chosen(value()?, &all_tracers())?,
                "--rounds" => {
                    let rounds = value()?.parse().ok().filter(|n| (1..=1000).contains(n));
                    options.rounds = Some(rounds.context("--rounds is a number from 1 to 1000")?);
                }
                "--json" => options.json = Some(value()?.into()),
                "--help" | "-h" => return Ok(None),
                _ => bail!("no option {arg}\n{USAGE}"),
            }
        }
        if options.docs && !(options.only.is_empty() && options.tracers.is_empty()) {
            bail!("--docs takes all workloads and tracers: docs/bench.md shows no part of the table");
        }
        Ok(Some(options))
    }

    /// Whether a workload, or one of [`OTHERS`], is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }

    /// Whether a tracer has a row under this workload.
    fn has(&self, tracer: &Tracer, workload: Workload) -> bool {
        match (self.tracers.is_empty(), self.quick) {
            (false, _) => self.tracers.iter().any(|name| name == tracer.name),
            (true, false) => true,
            // bpftrace compiles its script for longer than a short run takes.
            (true, true) => tracer.quick && !(workload.is_long() && tracer.name == "bpftrace"),
        }
    }

    /// How often each pair is run.
    fn rounds(&self, workload: Workload) -> usize {
        let usual = match (self.quick, workload.is_long()) {
            (true, true) => 2,
            (true, false) | (false, true) => LONG_ROUNDS,
            (false, false) => ROUNDS,
        };
        self.rounds.unwrap_or(usual)
    }

    /// How it was measured, in words.
    fn how(&self) -> String {
        format!(
            "Times as long as untraced: median (least–greatest) of {} pairs of a traced and an untraced run, {} for processes, make and \
             servers{}. Loads time themselves: the start of a tracer is in no figure.",
            self.rounds(Workload::Getppid),
            self.rounds(Workload::Make),
            if self.quick { "; a quick run, so rough" } else { "" }
        )
    }
}

/// The names in a list; an error names those that do not exist.
fn chosen(list: &str, known: &[&str]) -> Result<Vec<String>> {
    let list: Vec<_> = list.split(',').filter(|name| !name.is_empty()).collect();
    if let Some(wrong) = list.iter().find(|name| !known.contains(name)) {
        bail!("'{wrong}' is none of {}", names(known));
    }
    if list.is_empty() {
        bail!("an empty list; known are {}", names(known));
    }
    Ok(list.into_iter().map(str::to_owned).collect())
}

fn all_tracers() -> Vec<&'static str> {
    tracers::ALL.iter().map(|tracer| tracer.name).collect()
}

fn names(list: &[&str]) -> String {
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines() {
        let parse = |line: &str| Options::parse(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(parse("").unwrap(), Some(Options::default()));
        let options = parse("--quick --only dd,rate --tracers=text,strace --rounds 7 --json out").unwrap().unwrap();
        assert!(options.quick && options.wants("rate") && options.wants("dd") && !options.wants("make"));
        assert_eq!((options.rounds(Workload::Dd), options.json), (7, Some("out".into())));
        assert_eq!(options.tracers, ["text", "strace"]);
        assert!(parse("--help").unwrap().is_none());
        for wrong in ["--only x", "--only", "--rounds 0", "--rounds x", "--tracers ,", "--fast", "--docs --only dd"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
