//! The measurement itself: for every workload and tracer, pairs of a traced and an untraced run, round by round, so that what
//! changes on the machine changes for both. Every traced run is checked: the tracer's output must show the calls that were made.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::bpf::Floor;
use super::measuring::{self, Done, Job, Scratch, failed, quiet};
use super::parsing::Lost;
use super::servers::Server;
use super::statistics::Pair;
use super::tracers::{Program, Target, Tools, Tracer};
use super::workloads::{Call, Expect, Fixtures, Workload};
use crate::command;

/// No run has more operations: outputs would fill a disk.
const MOST: f64 = 2e6;

/// Calls of the loop that proves that the floor is attached.
const PROOF: u64 = 1000;

/// Why a quick run has no figure.
const NO_TIME: &str = "no time left";

/// What all measurements share.
pub struct Bench {
    /// The folder for outputs.
    pub scratch: Scratch,
    /// What the workloads work on.
    pub fixtures: Fixtures,
    /// This repository's tracer.
    pub ours: PathBuf,
    /// How long any one program may run.
    pub limit: Duration,
    /// How long a run of a loop should take, in seconds.
    pub target: f64,
}

/// What was measured of a tracer under a workload.
#[derive(Debug)]
pub struct Row {
    /// The tracer.
    pub tracer: &'static Tracer,
    /// Operations of a run.
    pub ops: u64,
    /// Runs.
    pub pairs: Vec<Pair>,
    /// Calls that the outputs show, of those that are counted, over all runs.
    pub shown: u64,
    /// What the tracer says it lost, over all runs.
    pub lost: Lost,
    /// Why there is nothing: not installed, or no time left.
    pub absent: Option<String>,
    /// What went wrong.
    pub faults: Vec<String>,
}

impl Row {
    fn new(tracer: &'static Tracer, ops: u64) -> Row {
        let (pairs, faults) = (Vec::new(), Vec::new());
        Row { tracer, ops, pairs, shown: 0, lost: Lost::default(), absent: None, faults }
    }
}

/// The rows under a workload.
#[derive(Debug)]
pub struct Table {
    /// The workload.
    pub workload: Workload,
    /// A row for each tracer.
    pub rows: Vec<Row>,
    /// Why there is nothing.
    pub absent: Option<String>,
}

/// One run.
struct Run {
    /// Seconds an operation.
    seconds: f64,
    shown: u64,
    lost: Lost,
    fault: Option<String>,
}

/// Measures a workload under these tracers. Nothing is begun after `end`.
pub fn measure(
    bench: &Bench,
    workload: Workload,
    tracers: &[&'static Tracer],
    rounds: usize,
    end: Option<Instant>,
) -> Table {
    let mut table = Table { workload, rows: Vec::new(), absent: None };
    if let Some(missing) = workload.needs().iter().find(|program| command::find(program).is_none()) {
        table.absent = Some(format!("{missing} is not installed"));
        return table;
    }
    let late = || end.is_some_and(|end| Instant::now() > end);
    let server = match workload.is_server().then(|| Server::start(workload, &bench.scratch)).transpose() {
        Ok(server) => server,
        Err(error) => {
            table.absent = Some(format!("{error:#}"));
            return table;
        }
    };
    let one = Subject { bench, workload, server };
    let base_ops = match one.base_ops() {
        Ok(ops) => ops,
        Err(error) => {
            table.absent = Some(format!("without a tracer: {error:#}"));
            return table;
        }
    };
    for tracer in tracers.iter().filter(|tracer| tracer.applies(workload)) {
        let mut row = Row::new(tracer, base_ops);
        if late() {
            row.absent = Some(NO_TIME.into());
        } else {
            one.begin(&mut row);
        }
        table.rows.push(row);
    }
    for round in 0..rounds {
        for row in &mut table.rows {
            if row.absent.is_some() || !row.faults.is_empty() && row.pairs.is_empty() {
                continue;
            }
            if late() {
                if row.pairs.is_empty() {
                    row.absent = Some(NO_TIME.into());
                }
                continue;
            }
            one.pair(row, round, base_ops);
        }
    }
    table
}

/// A workload, with its server if it is one.
struct Subject<'a> {
    bench: &'a Bench,
    workload: Workload,
    server: Option<Server>,
}

impl Subject<'_> {
    /// The operations of an untraced run: as many as take the time that a run should take.
    fn base_ops(&self) -> Result<u64> {
        let (first, choice) = self.workload.first_ops();
        if !choice {
            return Ok(first);
        }
        let rough = self.untraced(10 * first)?;
        Ok((self.bench.target / rough).clamp(first as f64, MOST) as u64)
    }

    /// A first run of a tracer: it proves that the tracer works here, warms it up, and tells its pace.
    fn begin(&self, row: &mut Row) {
        let tracer = row.tracer;
        if let Some(program) = tracer.needs().filter(|program| command::find(program).is_none()) {
            row.absent = Some(format!("{program} is not installed"));
            return;
        }
        if tracer.program == Program::Floor
            && let Err(error) = self.prove_floor()
        {
            row.faults.push(format!("{error:#}"));
            return;
        }
        let (first, choice) = self.workload.first_ops();
        if !choice {
            return;
        }
        match self.traced(tracer, first) {
            Ok(run) => {
                row.ops = (self.bench.target / run.seconds).clamp(first as f64, row.ops.max(first) as f64) as u64;
                row.faults.extend(run.fault);
            }
            Err(error) => row.faults.push(format!("{error:#}")),
        }
    }

    /// A traced and an untraced run; which comes first changes with the round.
    fn pair(&self, row: &mut Row, round: usize, base_ops: u64) {
        let untraced = || self.untraced(base_ops);
        let before = round.is_multiple_of(2).then(untraced);
        let traced = self.traced(row.tracer, row.ops);
        let base = before.unwrap_or_else(untraced);
        match (base, traced) {
            (Ok(base), Ok(run)) => {
                row.pairs.push(Pair { round, base: base * 1e9, traced: run.seconds * 1e9 });
                row.shown += run.shown;
                row.lost.events += run.lost.events;
                row.lost.other += run.lost.other;
                row.faults.extend(run.fault);
            }
            (base, traced) => {
                let errors = [base.err(), traced.err()];
                row.faults.extend(errors.into_iter().flatten().map(|error| format!("{error:#}")));
            }
        }
    }

    /// A run without a tracer: seconds an operation.
    fn untraced(&self, ops: u64) -> Result<f64> {
        Ok(self.plain(ops)?.1)
    }

    /// A run of the workload itself: operations, and seconds for each.
    fn plain(&self, ops: u64) -> Result<(u64, f64)> {
        let bench = self.bench;
        if let Some(server) = &self.server {
            let served = server.load(ops, &bench.scratch, bench.limit)?;
            return Ok((served.requests, served.seconds));
        }
        if self.workload == Workload::Make {
            bench.fixtures.clean()?;
        }
        let argv = self.workload.argv(&bench.fixtures, ops);
        let mut command = quiet(&argv[0]);
        command.args(&argv[1..]);
        let done = measuring::run(command, &bench.scratch, "load", bench.limit)?;
        Ok((ops, self.workload.seconds(&done, ops)?))
    }

    /// A run with a tracer.
    fn traced(&self, tracer: &Tracer, ops: u64) -> Result<Run> {
        if tracer.program == Program::Floor {
            let floor = Floor::attach()?;
            let seconds = self.plain(ops)?.1;
            drop(floor);
            return Ok(Run { seconds, shown: 0, lost: Lost::default(), fault: None });
        }
        let _ = fs::remove_file(tracer.output(&self.bench.scratch));
        let run = if tracer.elsewhere {
            self.traced_elsewhere(tracer, ops)
        } else if let Some(server) = &self.server {
            self.traced_server(tracer, server, ops)
        } else {
            self.traced_command(tracer, ops)
        };
        let _ = fs::remove_file(tracer.output(&self.bench.scratch));
        run
    }

    /// The tracer starts the command.
    fn traced_command(&self, tracer: &Tracer, ops: u64) -> Result<Run> {
        let bench = self.bench;
        if self.workload == Workload::Make {
            bench.fixtures.clean()?;
        }
        let argv = self.workload.argv(&bench.fixtures, ops);
        let command = tracer.command(&bench.ours, &Target::Command(&argv), self.workload, &bench.scratch);
        let done = measuring::run(command, &bench.scratch, "tracer", bench.limit)?;
        let seconds = self.workload.seconds(&done, ops)?;
        self.check(tracer, seconds, self.workload.expect(tracer.asked, ops), &done)
    }

    /// The tracer comes to a server that runs, and goes again.
    fn traced_server(&self, tracer: &Tracer, server: &Server, ops: u64) -> Result<Run> {
        let job = self.attach(tracer, server.pid(), || server.poke())?;
        let (requests, seconds) = self.plain(ops)?;
        let done = interrupted(job)?;
        self.check(tracer, seconds, self.workload.expect(tracer.asked, requests), &done)
    }

    /// The tracer is on an idle process, and the workload is another one. At the end the idle one makes a single call, which
    /// must be shown, and nothing else.
    fn traced_elsewhere(&self, tracer: &Tracer, ops: u64) -> Result<Run> {
        let bench = self.bench;
        let mut echo = quiet(&bench.fixtures.load);
        echo.arg("echo").stdin(Stdio::piped());
        let mut idle = Job::start(echo, &bench.scratch, "idle")?;
        let mut stdin = idle.stdin().context("the idle process has no stdin")?;
        let job = self.attach(tracer, idle.pid(), || Ok(()))?;
        let (_, seconds) = self.plain(ops)?;
        stdin.write_all(b"x")?;
        drop(stdin);
        idle.wait(bench.limit, |_| ())?;
        // The tracer ends with its process.
        let done = job.wait(bench.limit, |_| ())?;
        if !done.status.success() {
            return Err(failed("tracer, on another process", &done));
        }
        self.check(tracer, seconds, Expect { call: Call::Getppid, at_least: 1, at_most: Some(1) }, &done)
    }

    /// Starts the tracer on a process, and waits until it is attached.
    fn attach(&self, tracer: &Tracer, pid: u32, poke: impl Fn() -> Result<()>) -> Result<Job> {
        let scratch = &self.bench.scratch;
        let command = tracer.command(&self.bench.ours, &Target::Pid(pid), self.workload, scratch);
        let mut job = Job::start(command, scratch, "tracer")?;
        let output = tracer.output(scratch);
        job.wait_until(|job| {
            if tracer.announces() {
                return job.stderr().contains("attached");
            }
            // It is attached when it shows what the process does, so the process is given something to do.
            poke().is_ok() && fs::metadata(&output).is_ok_and(|meta| meta.len() > 0)
        })?;
        Ok(job)
    }

    /// Compares what a tracer shows with what was done.
    fn check(&self, tracer: &Tracer, seconds: f64, expect: Expect, done: &Done) -> Result<Run> {
        let bench = self.bench;
        let tools = Tools { ours: &bench.ours, load: &bench.fixtures.load, scratch: &bench.scratch };
        let lost = tracer.lost(&done.stderr, &tools)?;
        let shown = tracer.shown(expect.call, &tools)?;
        Ok(Run { seconds, shown, lost, fault: fault(expect, shown, lost.events, tracer.repeats(expect.call)) })
    }

    /// That the empty programs run at all.
    fn prove_floor(&self) -> Result<()> {
        let floor = Floor::attach()?;
        let runs = floor.runs(|| {
            let argv = Workload::Getppid.argv(&self.bench.fixtures, PROOF);
            let mut command = quiet(&argv[0]);
            command.args(&argv[1..]);
            measuring::run(command, &self.bench.scratch, "proof", self.bench.limit).map(|_| ())
        })?;
        if runs < PROOF {
            bail!("the empty programs ran {runs} times in {PROOF} calls");
        }
        Ok(())
    }
}

/// Interrupts a tracer. Ending as if by the interrupt is as good as ending well.
fn interrupted(job: Job) -> Result<Done> {
    use std::os::unix::process::ExitStatusExt;
    let done = job.interrupt()?;
    let well = matches!(done.status.code(), Some(0 | 130)) || done.status.signal() == Some(libc::SIGINT);
    if well { Ok(done) } else { Err(failed("tracer, interrupted", &done)) }
}

/// What is wrong with a count of calls, if anything is.
fn fault(expect: Expect, shown: u64, lost: u64, repeats: bool) -> Option<String> {
    let Expect { at_least, at_most, .. } = expect;
    if shown.saturating_add(lost) < at_least {
        return Some(format!("of {at_least} calls {shown} are shown and {lost} said to be lost"));
    }
    let most = at_most.filter(|_| !repeats)?;
    (shown > most).then(|| format!("{shown} calls are shown, but only {most} were made"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_counts_are_found() {
        let exact = Expect { call: Call::Getppid, at_least: 100, at_most: Some(100) };
        let open = Expect { at_most: None, ..exact };
        let check = |expect, shown, lost, repeats, wrong| {
            let found = fault(expect, shown, lost, repeats);
            assert_eq!(found.is_some(), wrong, "{shown} shown, {lost} lost: {found:?}");
        };
        check(exact, 100, 0, false, false);
        check(exact, 99, 0, false, true);
        check(exact, 99, 1, false, false);
        check(exact, 101, 0, false, true);
        check(exact, 101, 0, true, false);
        check(open, 1000, 0, false, false);
        check(open, 0, 0, false, true);
        check(exact, 0, u64::MAX, false, false);
    }
}
