//! `tracer why`: what a process waits for, and who is to blame. Finds the processes that are meant (`find`), looks (`gather`: tasks, and
//! whatever the chain of waits leads to), looks again a moment later, judges ([`judge`], a pure function) and writes ([`output`]).

mod find;
mod gather;
pub mod judge;
pub mod options;
pub mod output;
pub mod report;
pub mod request;
pub mod scene;

use std::io::{self, IsTerminal, Write};

use crate::capture::interrupt;
use crate::exit;
use crate::render::sink::colored;
use crate::render::stdout::Stdout;
use crate::system::procfs::covered::Covered;
use crate::system::procfs::machine;
use crate::tools::why::judge::outcome::Verdict;
use crate::tools::why::judge::story;
use crate::tools::why::report::Report;
use crate::tools::why::request::Why;

/// Carries a request out, and gives the exit code.
pub fn run(spec: &Why) -> u8 {
    let say = |text: &str| {
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(io::stderr(), "{}: {text}", spec.program);
    };
    if let Err(why) = machine::check() {
        say(why);
        return exit::FAILED;
    }
    // Who is counted may be let go before the time is over.
    if spec.time.is_some()
        && let Err(error) = interrupt::install()
    {
        say(&format!("no handler of signals: {error}"));
        return exit::FAILED;
    }
    let found = find::find(&spec.whom, &Covered::now());
    found.said.iter().for_each(|text| say(text));
    if found.pids.is_empty() {
        return match found {
            find::Found { failed: true, .. } => exit::FAILED,
            find::Found { unseen: true, .. } => exit::LOSS,
            _ => exit::NOTHING,
        };
    }
    let scene = gather::look(&spec.program, &found.pids, spec.time);
    let reports: Vec<Report> = found.pids.iter().map(|&pid| story::report(&scene, pid)).collect();
    let mut out = Vec::new();
    let look = output::Look { color: colored(spec.color, || io::stdout().is_terminal()), utf8: is_utf8() };
    for (at, report) in reports.iter().enumerate() {
        if report.ended {
            say(&format!("process {} ended while it was looked at", report.pid));
        } else if spec.json {
            output::json(report, &mut out);
        } else {
            if at > 0 {
                out.push(b'\n');
            }
            output::text(report, look, &mut out);
        }
    }
    match Stdout.write_all(&out) {
        Ok(()) => {}
        // `| head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            say(&format!("writing to stdout: {error}"));
            return exit::FAILED;
        }
    }
    let gravest = reports.iter().filter(|report| !report.ended).max_by_key(|report| (grave(report), report.verdict));
    gravest.map_or(exit::NOTHING, Report::code)
}

/// What counts of several processes: stuck, then what could not be seen.
fn grave(report: &Report) -> u8 {
    match (report.verdict, report.code()) {
        (Verdict::Stuck, _) => 2,
        (_, exit::LOSS) => 1,
        _ => 0,
    }
}

/// Whether the locale says that text is UTF-8.
fn is_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        name.contains("utf-8") || name.contains("utf8")
    })
}
