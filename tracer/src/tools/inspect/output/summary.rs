//! What a report comes to, in a few lines that stand first: who the process is, how it is, what it holds, with whom it talks, what it did
//! while it was watched. What is said here stands below with all its numbers.

use super::activity;
use super::lists::{end, family, kind, name};
use super::text::{Page, command};
use crate::render::amount::{size, time};
use crate::render::escape::Line;
use crate::system::process::has_ended;
use crate::system::snapshot::Access;
use crate::system::sockets::{Detail, State};
use crate::tools::inspect::report::activity::{Activity, FileUse};
use crate::tools::inspect::report::{HeldSocket, Report, state_name};

/// Names of a line.
const NAMES: usize = 6;

/// Appends the lines.
pub fn summary(report: &Report, page: &mut Page<'_>) {
    page.fact("what", |line| what(report, line));
    page.fact("how", |line| how(report, line));
    if !has_ended(report.stat.state) && report.descriptors.is_some() {
        page.fact("holds", |line| holds(report, line));
        files(report, page);
        network(report, page);
    }
    if let Some(seen) = &report.activity {
        did(seen, page);
    }
}

fn what(report: &Report, line: &mut Line<'_>) {
    match &report.command {
        _ if report.kernel => line.lit("a thread of the kernel"),
        Some(words) if !words.is_empty() => command(words, line),
        _ => line.plain_name(&report.stat.comm),
    }
    line.lit(", of ");
    match &report.user_names[1] {
        Some(name) => line.plain_name(name.as_bytes()),
        None => line.text(&format!("user {}", report.status.uids[1])),
    }
    line.lit(", started by ");
    line.lit(report.origin.kind.words());
    if !report.origin.name.is_empty() {
        line.lit(" ");
        line.plain_name(&report.origin.name);
    }
    line.text(&format!(", {} ago", time(report.age)));
}

fn how(report: &Report, line: &mut Line<'_>) {
    line.lit(state_name(report.stat.state));
    let leader = report.threads.iter().find(|thread| thread.tid == report.pid());
    if let Some(call) = leader.and_then(|thread| thread.call.as_ref()) {
        line.lit(" in ");
        line.text(&call.name);
    }
    let threads = report.threads.len();
    line.text(&format!("; {threads} thread{}", if threads == 1 { "" } else { "s" }));
    line.text(&format!("; {:.1} % of a CPU since it began", 100.0 * report.ran()));
    if let Some((_, reading)) = report.switches() {
        line.lit("; switches ");
        line.lit(reading.words());
    }
    if let Some(kb) = report.status.kb("VmRSS") {
        line.text(&format!("; {} resident", size(kb * 1024)));
    }
}

fn holds(report: &Report, line: &mut Line<'_>) {
    let list = report.descriptors.as_deref().unwrap_or_default();
    line.text(&format!("{} descriptors", list.len()));
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for file in list {
        match kinds.iter_mut().find(|(known, _)| *known == kind(file)) {
            Some((_, count)) => *count += 1,
            None => kinds.push((kind(file), 1)),
        }
    }
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let said: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if !said.is_empty() {
        line.text(&format!(": {}", said.join(", ")));
    }
}

/// Regular files that are open, those for writing first.
fn files(report: &Report, page: &mut Page<'_>) {
    let mut files: Vec<_> = report.descriptors.iter().flatten().filter(|file| kind(file) == "file").collect();
    files.sort_by_key(|file| file.access == Access::Read);
    files.dedup_by(|one, other| one.path == other.path);
    if files.is_empty() {
        return;
    }
    page.fact("files", |line| {
        several(line, &files, |file, line| {
            line.plain_name(&file.path);
            line.lit(if file.access == Access::Read { "" } else { " (to write)" });
        });
    });
}

fn network(report: &Report, page: &mut Page<'_>) {
    let inet = |held: &&HeldSocket| held.socket.as_ref().is_some_and(|it| matches!(it.detail, Detail::Inet(_)));
    let listens = |held: &HeldSocket| held.socket.as_ref().is_some_and(|socket| socket.state == State::LISTEN);
    let named = |held: &&HeldSocket| inet(held) || listens(held);
    let mut list: Vec<&HeldSocket> = report.sockets.iter().filter(named).collect();
    list.sort_by_key(|held| !listens(held));
    if list.is_empty() {
        return;
    }
    page.fact("network", |line| {
        several(line, &list, |held, line| {
            let Some(socket) = &held.socket else { return };
            line.lit(if listens(held) { "listens at " } else { "" });
            line.lit(family(socket));
            line.lit(" ");
            match &socket.detail {
                Detail::Inet(inet) if inet.remote.port != 0 => {
                    line.lit("to ");
                    end(inet.remote.address, inet.remote.port, line);
                }
                Detail::Inet(inet) => end(inet.local.address, inet.local.port, line),
                Detail::Unix(unix) => name(unix.name.as_deref(), line),
                _ => {}
            }
        });
    });
}

/// What it did while it was watched.
fn did(seen: &Activity, page: &mut Page<'_>) {
    let seconds = seen.seconds().max(0.001);
    page.fact("did", |line| {
        line.text(&format!("in {seconds:.1} s {} calls, {:.1} a second", seen.total(), seen.total() as f64 / seconds));
        let calls = activity::most_first(seen);
        for (at, (call, count)) in calls.iter().take(NAMES).enumerate() {
            line.lit(if at == 0 { ": " } else { ", " });
            line.text(&format!("{} ", count.calls));
            line.lit(call);
        }
        if calls.len() > NAMES {
            line.text(&format!(" and {} other calls", calls.len() - NAMES));
        }
        line.lit(if seen.losses.is_empty() { "" } else { "; EVENTS WERE LOST" });
    });
    let used = |wanted: fn(&FileUse) -> bool| -> Vec<(&Vec<u8>, &FileUse)> {
        seen.files.iter().filter(|(_, used)| wanted(used)).collect()
    };
    let changed = used(|used| used.writes > 0 || !used.changes.is_empty());
    let read = used(|used| used.reads > 0 && used.writes == 0 && used.changes.is_empty());
    for (fact, list) in [("changed", changed), ("read", read)] {
        if !list.is_empty() {
            page.fact(fact, |line| {
                several(line, &list, |(path, used), line| {
                    line.plain_name(path);
                    activity::given(used, line);
                });
            });
        }
    }
    let hosts: Vec<_> = seen.hosts.iter().collect();
    if !hosts.is_empty() {
        page.fact("talked to", |line| {
            several(line, &hosts, |(host, used), line| {
                activity::name(host, line);
                line.text(&match used.connects {
                    0 => String::new(),
                    connects => format!(" ({connects} times)"),
                });
                line.lit(if used.connects > 0 && used.failed.values().sum::<u64>() >= used.connects {
                    " in vain"
                } else {
                    ""
                });
            });
        });
    }
    let programs: Vec<_> = seen.programs.keys().collect();
    if !programs.is_empty() {
        page.fact("ran", |line| several(line, &programs, |path, line| line.plain_name(path)));
    }
}

/// The first of a list, with a word for the rest.
fn several<T>(line: &mut Line<'_>, list: &[T], mut each: impl FnMut(&T, &mut Line<'_>)) {
    for (at, one) in list.iter().take(NAMES).enumerate() {
        line.lit(if at > 0 { ", " } else { "" });
        each(one, line);
    }
    if list.len() > NAMES {
        line.text(&format!(" and {} more", list.len() - NAMES));
    }
}
