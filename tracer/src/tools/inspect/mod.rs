//! `tracer inspect`: one report about one process. Reads (`gather`, `ends`), watches where that was asked for
//! (`watch`), makes sure that the process is still the same, judges, writes.

mod ends;
mod gather;
pub mod options;
pub mod output;
pub mod report;
pub mod request;
mod watch;

use std::io::{self, IsTerminal, Write};

use crate::exit;
use crate::render::sink::colored;
use crate::render::stdout::Stdout;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::machine;
use crate::system::procfs::who::Who;
use crate::tools::inspect::report::findings::findings;
use crate::tools::inspect::report::{Fate, Report};
use crate::tools::inspect::request::Inspect;
use gather::Gatherer;

/// Carries a request out, and gives the exit code.
pub fn run(spec: &Inspect) -> u8 {
    let say = |text: &str| {
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(io::stderr(), "{}: {text}", spec.program);
    };
    if let Err(why) = machine::check() {
        say(why);
        return exit::FAILED;
    }
    let covered = Covered::now();
    if let Some(hidden) = covered.said(spec.pid) {
        say(&hidden);
        return exit::FAILED;
    }
    let mut gatherer = Gatherer::new();
    let (pid, mut report) = match gatherer.begin(spec.pid) {
        Ok(Some(begun)) => begun,
        Ok(None) => {
            say(&format!("{}: no such process", spec.pid));
            return exit::NOTHING;
        }
        Err(error) => {
            say(&format!("{}: {}", Who::Id(spec.pid), crate::system::procfs::reason(&error)));
            return exit::FAILED;
        }
    };
    if let Some(hidden) = covered.said(pid) {
        say(&hidden);
        return exit::FAILED;
    }
    if pid != spec.pid {
        say(&format!("{} is a thread of process {pid}, which is reported", spec.pid));
    }
    gatherer.fill(spec, &mut report);
    let mut code = exit::OK;
    if let Some(time) = spec.watch {
        match watch::watch(spec, pid, time) {
            Ok(activity) => report.activity = Some(activity),
            Err(error) => {
                let why = crate::trace::said(&error);
                say(&format!("--watch: {why}"));
                report.miss("what it does", why);
                code = exit::FAILED;
            }
        }
    }
    // The source tells of an exit before /proc does.
    let ended = report.activity.as_ref().is_some_and(|activity| activity.ended);
    report.end = if ended { Fate::Ended } else { gatherer.end(&report) };
    report.findings = findings(&report);
    let mut out = Vec::new();
    if spec.json {
        output::json(&report, &mut out)
    } else {
        let look = output::Look { color: colored(spec.color, || io::stdout().is_terminal()), full: spec.full };
        output::text(&report, look, &mut out)
    }
    match Stdout.write_all(&out) {
        Ok(()) => {}
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return code,
        Err(error) => {
            say(&format!("writing to stdout: {error}"));
            return exit::FAILED;
        }
    }
    tell(&report, say);
    code
}

/// What the reader of stdout may have missed.
fn tell(report: &Report, say: impl Fn(&str)) {
    if report.end == Fate::Ended {
        say(&format!("process {} ended while it was looked at: what could still be read is told", report.pid()));
    }
    let parts: Vec<&str> = report.missing.iter().map(|missing| missing.what).collect();
    if !parts.is_empty() {
        say(&format!("not readable: {}", parts.join(", ")));
    }
}
