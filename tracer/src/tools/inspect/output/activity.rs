//! What a process did while it was watched, as text.

use std::collections::BTreeMap;

use super::text::{Page, command};
use crate::render::amount::size;
use crate::render::escape::Line;
use crate::schema::errno;
use crate::schema::signal_names;
use crate::tools::inspect::report::activity::{Activity, Count, FileUse, Host, HostUse, period};

/// Lines of a list that are shown.
const MOST: usize = 25;

/// Appends it.
pub fn text(seen: &Activity, page: &mut Page<'_>) {
    let seconds = seen.seconds().max(0.001);
    page.title(|line| {
        let rate = seen.total() as f64 / seconds;
        line.text(&format!(
            "Watched for {seconds:.1} s by {}: {} calls, {rate:.1} a second",
            seen.source,
            seen.total()
        ));
    });
    losses(seen, page);
    let calls = most_first(seen);
    for (name, count) in calls.iter().take(page.most(MOST)) {
        page.line(|line| {
            line.padded(count.calls, 9, b' ');
            line.lit("  ");
            line.lit(name);
            line.pad(32);
            line.text(&format!("{:.1}/s, {:.6} s each", count.calls as f64 / seconds, each(count.time, count.calls)));
            if count.errors > 0 {
                line.text(&format!(", {} failed", count.errors));
            }
        });
    }
    page.more(calls.len(), MOST);
    files(seen, page);
    hosts(seen, page);
    if !seen.programs.is_empty() || seen.forks > 0 || seen.threads > 0 {
        page.title(|line| {
            line.text(&format!("It made {} processes and {} threads, and ran", seen.forks, seen.threads))
        });
    }
    for (path, program) in seen.programs.iter().take(page.most(MOST)) {
        page.line(|line| {
            line.plain_name(path);
            line.text(&format!("  {} times", program.runs));
            if program.failed > 0 {
                line.text(&format!(", {} failed", program.failed));
            }
            line.lit("  ");
            command(&program.words, line);
        });
    }
    page.more(seen.programs.len(), MOST);
    if !seen.signals.is_empty() {
        page.title(|line| line.lit("Signals that it got"));
        for (number, count) in &seen.signals {
            page.line(|line| line.text(&format!("{} {count} times", signal_names::name(*number))));
        }
    }
}

/// Calls, those that were made most often first.
pub fn most_first(seen: &Activity) -> Vec<(&'static str, Count)> {
    let mut calls: Vec<_> = seen.calls.iter().map(|(name, count)| (*name, *count)).collect();
    calls.sort_by_key(|(name, count)| (std::cmp::Reverse(count.calls), *name));
    calls
}

fn each(time: u64, calls: u64) -> f64 {
    time as f64 / 1e9 / calls.max(1) as f64
}

fn losses(seen: &Activity, page: &mut Page<'_>) {
    page.line(|line| match seen.losses.as_slice() {
        [] => line.lit("nothing was lost"),
        losses => {
            line.lit("LOST:");
            losses.iter().for_each(|(reason, count)| line.text(&format!(" {reason} {count}")));
        }
    });
    if seen.crowded > 0 {
        page.line(|line| line.text(&format!("{} calls had no place in the lists below", seen.crowded)));
    }
}

fn files(seen: &Activity, page: &mut Page<'_>) {
    if seen.files.is_empty() {
        return;
    }
    page.title(|line| line.text(&format!("Files that it used ({})", seen.files.len())));
    let mut files: Vec<_> = seen.files.iter().collect();
    // What was changed first, then what was read, then what was only asked for.
    let rank = |used: &FileUse| match used {
        used if used.writes > 0 || !used.changes.is_empty() => 0,
        used if used.reads > 0 || used.opened > 0 => 1,
        _ => 2,
    };
    files.sort_by_key(|(_, used)| rank(used));
    for (path, used) in files.iter().take(page.most(MOST)) {
        page.line(|line| {
            line.plain_name(path);
            given(used, line);
            line.text(&file(used));
        });
    }
    page.more(files.len(), MOST);
}

/// By which other names it was opened.
pub fn given(used: &FileUse, line: &mut Line<'_>) {
    for (at, name) in used.given.iter().enumerate() {
        line.lit(if at == 0 { " (as " } else { ", " });
        line.plain_name(name);
    }
    line.lit(if used.given.is_empty() { "" } else { ")" });
}

fn file(used: &FileUse) -> String {
    let mut parts = Vec::new();
    let mut part = |count: u64, text: String| {
        if count > 0 {
            parts.push(text);
        }
    };
    part(used.writes, format!("wrote {} in {} calls", size(used.written), used.writes));
    part(used.changes.len() as u64, used.changes.iter().copied().collect::<Vec<_>>().join(", "));
    part(used.reads, format!("read {} in {} calls", size(used.read), used.reads));
    part(used.opened, format!("opened {} times", used.opened));
    part(used.refused.len() as u64, format!("not opened: {}", errors(&used.refused)));
    part(used.asked, format!("asked for {} times", used.asked));
    format!("  {}", parts.join("; "))
}

fn errors(list: &BTreeMap<u16, u64>) -> String {
    let one = |(number, count): (&u16, &u64)| match errno::name(*number) {
        Some(name) => format!("{name} {count} times"),
        None => format!("error {number} {count} times"),
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn hosts(seen: &Activity, page: &mut Page<'_>) {
    if seen.hosts.is_empty() {
        return;
    }
    page.title(|line| line.text(&format!("Whom it talked to ({})", seen.hosts.len())));
    for (host, used) in seen.hosts.iter().take(page.most(MOST)) {
        page.line(|line| {
            name(host, line);
            line.text(&talk(used));
        });
    }
    page.more(seen.hosts.len(), MOST);
}

/// A host.
pub fn name(host: &Host, line: &mut Line<'_>) {
    match host {
        Host::Inet(protocol, address) => line.text(&format!("{protocol} {address}")),
        Host::Unix(name) => {
            line.lit("unix ");
            line.plain_name(name);
        }
    }
}

fn talk(used: &HostUse) -> String {
    let mut parts = Vec::new();
    if used.connects > 0 {
        parts.push(format!("connected {} times", used.connects));
        if let Some(every) = period(&used.times) {
            parts.push(format!("every {:.1} s", every as f64 / 1e9));
        }
        if !used.failed.is_empty() {
            parts.push(format!("failed: {}", errors(&used.failed)));
        }
    }
    if used.accepted > 0 {
        parts.push(format!("accepted {} times", used.accepted));
    }
    parts.push(format!("sent {}, received {}", size(used.sent), size(used.received)));
    format!("  {}", parts.join("; "))
}
