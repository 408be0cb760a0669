//! What watching a server costs it: nginx under wrk, with `tracer top` and with `tracer why --seconds` on it, each beside a run without.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::functions::Figure;
use super::measuring::{Job, quiet};
use super::rounds::Bench;
use super::servers::Server;
use super::workloads::Workload;
use crate::command;

/// Links to tracepoints by which each of them counts, at least.
const LINKS: usize = 4;

/// The requests of a second, of those of a server that nobody watches.
///
/// # Errors
/// A server, a load or a tool that fails.
pub fn measure(bench: &Bench, rounds: usize) -> Result<Vec<Figure>> {
    if let Some(missing) = Workload::Nginx.needs().iter().find(|program| command::find(program).is_none()) {
        bail!("{missing} is not installed");
    }
    let server = Server::start(Workload::Nginx, &bench.scratch)?;
    let pid = server.pid().to_string();
    let ways: [(&str, Vec<&str>); 3] = [
        ("`tracer top --json PID`", vec!["top", "--json", &pid]),
        ("`tracer why PID --seconds`", vec!["why", &pid, "--seconds", "3600"]),
        ("`tracer -c -p PID`", vec!["-f", "-c", "-o", "/dev/null", "-p", &pid]),
    ];
    let mut ratios = vec![Vec::new(); ways.len()];
    // What comes first is warmed up by nobody.
    server.load(1, &bench.scratch, bench.limit)?;
    for round in 0..rounds {
        for ((_, words), ratios) in ways.iter().zip(&mut ratios) {
            let alone = || server.load(1, &bench.scratch, bench.limit).map(|served| served.seconds);
            let before = if round % 2 == 0 { Some(alone()?) } else { None };
            let mut command = quiet(&bench.ours);
            command.args(words);
            let job = Job::start(command, &bench.scratch, "watching")?;
            watches(job.pid())?;
            let watched = server.load(1, &bench.scratch, bench.limit)?.seconds;
            job.interrupt()?;
            ratios.push(before.map_or_else(alone, Ok)? / watched);
        }
    }
    let figure = |((name, _), ratios): ((&str, _), Vec<f64>)| {
        Figure::new(
            format!("nginx under wrk, watched by {name}: its requests per second"),
            ratios,
            "of those unwatched",
        )
    };
    Ok(ways.into_iter().zip(ratios).map(figure).collect())
}

/// Waits until a process has its links to tracepoints.
fn watches(pid: u32) -> Result<()> {
    let begin = Instant::now();
    loop {
        let list = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fdinfo"));
        let infos = list.into_iter().flatten().flatten().filter_map(|entry| fs::read_to_string(entry.path()).ok());
        if infos.filter(|info| info.contains("link_type")).count() >= LINKS {
            return Ok(());
        }
        if begin.elapsed() > Duration::from_secs(10) {
            bail!("tracer watches nothing");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
